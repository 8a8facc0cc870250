// SPDX-License-Identifier: GPL-2.0
/*
 * struct pstore_storage_ops on an MTD.
 *
 * A write appends extents where the last one ended, see flash-media.h. The blocks
 * behind that place have been erased ahead of time by a worker, as many as the log
 * of a panic takes, so that a panic programs and does not erase. To erase a block,
 * the worker first appends again what still counts in it: nothing is ever erased
 * that is not elsewhere already. Blocks are used strictly in turn, so that they wear
 * evenly.
 */
#define pr_fmt(fmt) "pstore_flash: " fmt

#include <linux/cleanup.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "flash.h"

/* How many pieces of a block that is cleaned may be torn, one after the other. */
#define FLASH_TORN_PIECES	3

static struct pstore_flash *to_flash(struct pstore_storage *st)
{
	return container_of(st, struct pstore_flash, storage);
}

/*
 * Where the next extent goes.
 *
 * Context: Any, panic context too.
 */
static void flash_place(const struct pstore_flash *f,
			struct pstore_flash_place *p)
{
	/* Pairs with the release in flash_publish(). */
	*p = f->places[smp_load_acquire(&f->place)];
}

/* Context: Any, panic context too. Return: the block where extents go. */
u32 pstore_flash_head(const struct pstore_flash *f)
{
	struct pstore_flash_place p;

	flash_place(f, &p);
	return p.block;
}

static void flash_publish(struct pstore_flash *f,
			  const struct pstore_flash_place *p)
{
	unsigned int other = !f->place;

	f->places[other] = *p;
	/* Pairs with the acquire in flash_place(), when this CPU is dead. */
	smp_store_release(&f->place, other);
}

/* Room for extents in an eraseblock from @p on, in bytes. */
static u32 flash_room(const struct pstore_flash *f,
		      const struct pstore_flash_place *p)
{
	return f->geometry.block_bytes - p->pos;
}

/*
 * Context: Any, panic context too.
 * Return: the first block in this state, or PSTORE_FLASH_NOWHERE.
 */
u32 pstore_flash_find(const struct pstore_flash *f,
		      enum pstore_flash_state state)
{
	u32 i;

	for (i = 0; i < f->geometry.blocks; i++)
		if (READ_ONCE(f->states[i]) == state)
			return i;
	return PSTORE_FLASH_NOWHERE;
}

/* Is this block one that the ring passes over? */
static bool flash_is_passed_over(const struct pstore_flash *f, u32 block)
{
	u8 state = READ_ONCE(f->states[block]);

	return state == PSTORE_FLASH_BAD || state == PSTORE_FLASH_OLD;
}

/*
 * Context: Any, panic context too.
 * Return: the first block behind @block, round the ring, that has been erased, or
 *	PSTORE_FLASH_NOWHERE.
 */
u32 pstore_flash_next_free(const struct pstore_flash *f, u32 block)
{
	u32 i;

	for (i = 0; i < f->geometry.blocks; i++) {
		if (++block >= f->geometry.blocks)
			block = 0;
		if (READ_ONCE(f->states[block]) == PSTORE_FLASH_FREE)
			return block;
		if (!flash_is_passed_over(f, block))
			break;
	}
	return PSTORE_FLASH_NOWHERE;
}

/*
 * The block whose turn it is to be erased: the first one behind @head, where extents
 * go, and behind those that have been erased.
 *
 * Context: Any, panic context too.
 * Return: its number, or PSTORE_FLASH_NOWHERE.
 */
u32 pstore_flash_next_to_clean(const struct pstore_flash *f, u32 head)
{
	u32 block = head, i;

	for (i = 1; i < f->geometry.blocks; i++) {
		if (++block >= f->geometry.blocks)
			block = 0;
		if (!flash_is_passed_over(f, block) &&
		    READ_ONCE(f->states[block]) != PSTORE_FLASH_FREE)
			return block != head ? block : PSTORE_FLASH_NOWHERE;
	}
	return PSTORE_FLASH_NOWHERE;
}

/*
 * Choose where an extent of up to @want granules goes: behind the last one, or at the
 * start of the next block.
 *
 * Context: Process context with f->lock held, or panic context.
 * Return: how many granules fit, and the place; 0 when no erased block is left.
 */
u32 pstore_flash_choose(struct pstore_flash *f, u32 want,
			struct pstore_flash_place *p)
{
	u32 nr;

	flash_place(f, p);
	nr = pstore_flash_fit(&f->geometry, flash_room(f, p));
	if (!nr) {
		u32 next = pstore_flash_next_free(f, p->block);

		if (next == PSTORE_FLASH_NOWHERE)
			return 0;
		p->block = next;
		p->pos = pstore_flash_first(&f->geometry);
		nr = pstore_flash_fit(&f->geometry, flash_room(f, p));
	}
	return min(nr, want);
}

/* Context: Any. Return: how many granules @room bytes take, in extents of up to @max. */
u32 pstore_flash_capacity(const struct pstore_flash_geometry *g, u32 room,
			  u32 max)
{
	u32 nr, all = 0;

	while ((nr = min(max, pstore_flash_fit(g, room)))) {
		all += nr;
		room -= pstore_flash_span(g, nr);
	}
	return all;
}

/* How many granules the free blocks behind @block take, or @enough. */
static u32 flash_free_capacity(const struct pstore_flash *f, u32 block,
			       u32 enough)
{
	const struct pstore_flash_geometry *g = &f->geometry;
	u32 each = pstore_flash_capacity(g, g->block_bytes -
					    pstore_flash_first(g),
					 PSTORE_FLASH_MAX_EXTENT);
	u32 i, all = 0;

	for (i = 1; i < g->blocks && all < enough; i++) {
		block = pstore_flash_next_free(f, block);
		if (block == PSTORE_FLASH_NOWHERE)
			break;
		all += each;
	}
	return min(all, enough);
}

/* What a piece costs beyond its granules, at most, in granules. */
static u32 flash_waste(const struct pstore_flash *f)
{
	return DIV_ROUND_UP(2 * f->geometry.unit_bytes + PSTORE_FLASH_STEP,
			    f->geometry.granule_bytes);
}

/*
 * With @nr granules more at @p, the next block is to be cleaned still: only then the
 * flash can go on for ever. How many granules is there room for beyond those that
 * count in it, up to @enough? They may be lost to power cuts meanwhile.
 */
static u32 flash_slack(const struct pstore_flash *f,
		       const struct pstore_flash_place *p, u32 nr, u32 enough)
{
	u32 room = flash_room(f, p);
	u32 victim = pstore_flash_next_to_clean(f, p->block), need;

	if (nr)
		room -= pstore_flash_span(&f->geometry, nr);
	if (victim == PSTORE_FLASH_NOWHERE)
		return enough;
	need = READ_ONCE(f->live[victim]);
	room = pstore_flash_capacity(&f->geometry, room,
				     PSTORE_FLASH_MAX_EXTENT) +
	       flash_free_capacity(f, p->block, need + enough);
	return room > need ? min(room - need, enough) : 0;
}

/* The least that has to be left, see flash_piece(). */
static u32 flash_least_slack(const struct pstore_flash *f)
{
	return FLASH_TORN_PIECES * (f->piece + flash_waste(f));
}

/*
 * The same as pstore_flash_choose(), for as many granules as leave room to clean.
 *
 * Context: Process context with f->lock held, or panic context.
 * Return: how many, and the place; 0 when a block has to be cleaned first.
 */
u32 pstore_flash_choose_some(struct pstore_flash *f, u32 want,
			     struct pstore_flash_place *p)
{
	u32 nr = pstore_flash_choose(f, want, p);
	u32 least = flash_least_slack(f);

	while (nr && flash_slack(f, p, nr, least) < least)
		nr /= 2;
	return nr;
}

/*
 * Can @nr granules more be written at once, with nothing cleaned meanwhile?
 *
 * Context: Process context with f->lock held, or panic context.
 */
bool pstore_flash_has_room(struct pstore_flash *f, u32 nr)
{
	u32 all = nr + flash_least_slack(f);
	struct pstore_flash_place p;

	flash_place(f, &p);
	return flash_slack(f, &p, 0, all) >= all;
}

/*
 * Make an extent of @nr granules that follow each other, from @first on.
 *
 * Context: Any, panic context too.
 */
void pstore_flash_fill(const struct pstore_flash *f, void *image, u32 first,
		       u32 nr, const void *buf)
{
	struct pstore_flash_extent *e = image;
	u32 i;

	for (i = 0; i < nr; i++)
		e->granules[i] = cpu_to_le32(first + i);
	memcpy(image + pstore_flash_header_bytes(nr), buf,
	       nr * f->geometry.granule_bytes);
}

/* Where granule @i of an extent of @nr lies that begins at @pos. */
static u32 flash_granule_step(const struct pstore_flash *f, u64 pos, u32 nr,
			      u32 i)
{
	pos += pstore_flash_header_bytes(nr) + i * f->geometry.granule_bytes;
	return div_u64(pos, PSTORE_FLASH_STEP);
}

/* Granule @granule is at @step now. At no time a block has more than @live says. */
static void flash_move(struct pstore_flash *f, u32 granule, u32 step)
{
	u32 old = f->map[granule], block;

	block = pstore_flash_block_of(f, (u64)step * PSTORE_FLASH_STEP);
	WRITE_ONCE(f->live[block], f->live[block] + 1);
	WRITE_ONCE(f->map[granule], step);
	if (old == PSTORE_FLASH_NOWHERE)
		return;
	block = pstore_flash_block_of(f, (u64)old * PSTORE_FLASH_STEP);
	WRITE_ONCE(f->live[block], f->live[block] - 1);
}

/*
 * Append an extent of @nr granules at @p, as pstore_flash_choose() gave it. @image has
 * their numbers and their bytes at their places. Before anything is programmed, the
 * place is given away, so that a panic in the middle goes on behind it.
 *
 * Context: Process context with f->lock held, or panic context.
 * Return: 0 or the flash's error: then the rest of the block is not used.
 */
int pstore_flash_append(struct pstore_flash *f,
			const struct pstore_flash_place *p, void *image, u32 nr,
			pstore_flash_program_fn program)
{
	struct pstore_flash_extent_info info = {
		.seq = p->seq, .valid_end = p->valid_end, .nr = nr,
	};
	const struct pstore_flash_extent *e = image;
	u32 len = pstore_flash_span(&f->geometry, nr), i;
	u64 pos = pstore_flash_pos(f, p->block, p->pos);
	struct pstore_flash_place next = *p;
	int ret;

	next.pos += len;
	next.seq++;
	flash_publish(f, &next);
	if (READ_ONCE(f->states[p->block]) == PSTORE_FLASH_FREE)
		WRITE_ONCE(f->states[p->block], PSTORE_FLASH_USED);
	pstore_flash_encode_extent(image, &f->geometry, &info);
	ret = program(f, pos, image, len);
	if (ret) {
		WRITE_ONCE(f->states[p->block], PSTORE_FLASH_FAILED);
		next.pos = f->geometry.block_bytes;
		flash_publish(f, &next);
		return ret;
	}
	/* First that the extent counts, then that what it replaces does not. */
	next.valid_end = pos + len;
	flash_publish(f, &next);
	for (i = 0; i < nr; i++)
		flash_move(f, le32_to_cpu(e->granules[i]),
			   flash_granule_step(f, pos, nr, i));
	return 0;
}

/*
 * Write to the flash itself.
 *
 * Context: Process context, may sleep.
 * Return: 0 or the flash's error.
 */
int pstore_flash_program(struct pstore_flash *f, u64 pos, const void *buf,
			 size_t len)
{
	size_t done;
	int ret = mtd_write(f->mtd, pos, len, &done, buf);

	return ret ?: done == len ? 0 : -EIO;
}

/*
 * Read from the flash itself. Bits that were corrected are as good as any.
 *
 * Context: Process context, may sleep.
 * Return: 0 or the flash's error.
 */
int pstore_flash_read_raw(struct pstore_flash *f, u64 pos, void *buf,
			  size_t len)
{
	size_t done;
	int ret = mtd_read(f->mtd, pos, len, &done, buf);

	if (ret && !mtd_is_bitflip(ret))
		return ret;
	return done == len ? 0 : -EIO;
}

/* Cleaning: make the next block an erased one. */

/* The granules that count in @block, up to @max. Return: how many. */
static u32 flash_gather(struct pstore_flash *f, u32 block, u32 max,
			struct pstore_flash_extent *e)
{
	u64 from = div_u64(pstore_flash_pos(f, block, 0), PSTORE_FLASH_STEP);
	u64 to = from + f->geometry.block_bytes / PSTORE_FLASH_STEP;
	u32 i, nr = 0;

	lockdep_assert_held(&f->lock);
	for (i = 0; i < f->geometry.granules && nr < max; i++)
		if (f->map[i] >= from && f->map[i] < to)
			e->granules[nr++] = cpu_to_le32(i);
	return nr;
}

/* A granule that cannot be corrected any more is blank from now on. */
static void flash_give_up(struct pstore_flash *f, u32 granule)
{
	u64 pos = (u64)f->map[granule] * PSTORE_FLASH_STEP;

	pr_err("%s: %u bytes at %llu cannot be read and are lost\n",
	       f->storage.device, f->geometry.granule_bytes, pos);
	f->live[pstore_flash_block_of(f, pos)]--;
	f->map[granule] = PSTORE_FLASH_NOWHERE;
}

/* Return: 0 when all @nr granules were read, or -errno. */
static int flash_load(struct pstore_flash *f, struct pstore_flash_extent *e,
		      u32 nr)
{
	void *at = (void *)e + pstore_flash_header_bytes(nr);
	u32 i, granule;
	int ret;

	for (i = 0; i < nr; i++, at += f->geometry.granule_bytes) {
		granule = le32_to_cpu(e->granules[i]);
		ret = pstore_flash_read_raw(f, (u64)f->map[granule] *
					       PSTORE_FLASH_STEP,
					    at, f->geometry.granule_bytes);
		if (mtd_is_eccerr(ret))
			flash_give_up(f, granule);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * How large a piece to append: such that the block can be cleaned even if that piece
 * is lost to a power cut. Large ones, which waste least, only where that cannot be.
 */
static u32 flash_piece(struct pstore_flash *f)
{
	struct pstore_flash_place p;
	u32 slack;

	flash_place(f, &p);
	slack = flash_slack(f, &p, 0, 2 * (f->piece + flash_waste(f))) / 2;
	if (slack <= flash_waste(f))
		return PSTORE_FLASH_MAX_EXTENT;
	return min(f->piece, slack - flash_waste(f));
}

/* Append again some of what counts in @block. Return: 0 or -errno. */
static int flash_copy_some(struct pstore_flash *f, u32 block)
{
	struct pstore_flash_place p;
	u32 nr = pstore_flash_choose(f, flash_piece(f), &p);
	int ret;

	if (!nr)
		return -ENOSPC;
	nr = flash_gather(f, block, nr, f->image);
	ret = flash_load(f, f->image, nr);
	if (ret)
		return mtd_is_eccerr(ret) ? 0 : ret;
	return pstore_flash_append(f, &p, f->image, nr, pstore_flash_program);
}

/* Append again what counts in @block. */
static int flash_evacuate(struct pstore_flash *f, u32 block)
{
	unsigned int failed = 0;
	int ret;

	guard(mutex)(&f->lock);
	while (f->live[block]) {
		ret = flash_copy_some(f, block);
		if (ret == -ENOSPC || (ret && ++failed >= PSTORE_FLASH_TRIES))
			return ret;
	}
	return 0;
}

/*
 * Write a block's header, which is made in @buf. It has been erased.
 *
 * Context: Process context with f->clean_lock held, or panic context.
 * Return: 0 or the flash's error.
 */
int pstore_flash_program_header(struct pstore_flash *f, u32 block, void *buf,
				pstore_flash_program_fn program)
{
	u32 len = pstore_flash_first(&f->geometry);

	memset(buf, 0xff, len);
	pstore_flash_encode_block(buf, &f->geometry, f->erases[block]);
	return program(f, pstore_flash_pos(f, block, 0), buf, len);
}

/* Only an I/O error says that it is the block. */
static void flash_retire(struct pstore_flash *f, u32 block, int err)
{
	u64 pos = pstore_flash_pos(f, block, 0);
	int ret = err == -EIO ? mtd_block_markbad(f->mtd, pos) : err;

	pr_warn("%s: the block at %llu cannot be erased (error %d)%s\n",
		f->storage.device, pos, err,
		ret ? "; not used until the next boot" :
		      " and is marked as bad");
	WRITE_ONCE(f->states[block], PSTORE_FLASH_BAD);
}

static int flash_erase(struct pstore_flash *f, u32 block)
{
	struct erase_info erase = {
		.addr	= pstore_flash_pos(f, block, 0),
		.len	= f->geometry.block_bytes,
	};

	WRITE_ONCE(f->states[block], PSTORE_FLASH_RAW);
	f->erases[block]++;
	return mtd_erase(f->mtd, &erase) ?:
	       pstore_flash_program_header(f, block, f->header,
					   pstore_flash_program);
}

/* What counts in @block cannot be moved now. It stays where it is. */
static void flash_set_aside(struct pstore_flash *f, u32 block, int err)
{
	pr_warn("%s: the block at %llu cannot be emptied (error %d); not written to until the next boot\n",
		f->storage.device, pstore_flash_pos(f, block, 0), err);
	WRITE_ONCE(f->states[block], PSTORE_FLASH_BAD);
}

static u32 flash_victim(struct pstore_flash *f)
{
	guard(mutex)(&f->lock);
	return pstore_flash_next_to_clean(f, pstore_flash_head(f));
}

/* Make a block that has nothing which counts an erased one. */
static void flash_free(struct pstore_flash *f, u32 block)
{
	int ret;

	lockdep_assert_held(&f->clean_lock);
	ret = flash_erase(f, block);
	if (ret)
		flash_retire(f, block, ret);
	else
		/* Pairs with a panic that finds it free. */
		smp_store_release(&f->states[block], PSTORE_FLASH_FREE);
}

/* Let a block with old records give way. Return: 0, or -ENOSPC for none. */
static int flash_free_old(struct pstore_flash *f)
{
	u32 block = pstore_flash_old_make_room(f);

	if (block == PSTORE_FLASH_NOWHERE)
		return -ENOSPC;
	if (f->offered)
		pr_warn("%s: crash logs of older kernels in the block at %llu give way\n",
			f->storage.device, pstore_flash_pos(f, block, 0));
	flash_free(f, block);
	return 0;
}

/*
 * Clean a block. Meanwhile extents may go on into those that are free, and this one
 * stays the next all the same. Return: 0, or -errno when none can be cleaned.
 */
static int flash_clean(struct pstore_flash *f)
{
	u32 block = flash_victim(f);
	int ret;

	lockdep_assert_held(&f->clean_lock);

	if (block == PSTORE_FLASH_NOWHERE)
		return flash_free_old(f);
	ret = flash_evacuate(f, block);
	if (ret == -ENOSPC)
		return flash_free_old(f);
	if (ret)
		flash_set_aside(f, block, ret);
	else
		flash_free(f, block);
	return 0;
}

/* How many blocks lie ready, where extents go next. */
static u32 flash_ahead(struct pstore_flash *f)
{
	u32 i, block, nr = 0;

	guard(mutex)(&f->lock);
	block = pstore_flash_head(f);
	for (i = 1; i < f->geometry.blocks; i++) {
		block = pstore_flash_next_free(f, block);
		if (block == PSTORE_FLASH_NOWHERE)
			break;
		nr++;
	}
	return nr;
}

/* Is there a block's worth of granules that do not count any more? */
static bool flash_is_worth_cleaning(const struct pstore_flash *f)
{
	const struct pstore_flash_geometry *g = &f->geometry;
	u32 each = pstore_flash_capacity(g, g->block_bytes -
					    pstore_flash_first(g),
					 PSTORE_FLASH_MAX_EXTENT);
	u32 i, used = 0;
	u64 live = 0;

	for (i = 0; i < g->blocks; i++) {
		if (READ_ONCE(f->states[i]) == PSTORE_FLASH_RAW ||
		    READ_ONCE(f->states[i]) == PSTORE_FLASH_STALE)
			return true;
		if (flash_is_passed_over(f, i) ||
		    READ_ONCE(f->states[i]) == PSTORE_FLASH_FREE)
			continue;
		used++;
		live += READ_ONCE(f->live[i]);
	}
	/* Not the one where extents go. */
	return used > 2 && live + each <= (u64)(used - 1) * each;
}

/* One step towards what is to lie ready. Return: 0, or -errno when there is none. */
static int flash_clean_ahead(struct pstore_flash *f)
{
	u32 stale;

	guard(mutex)(&f->clean_lock);
	stale = pstore_flash_find(f, PSTORE_FLASH_STALE);
	if (stale != PSTORE_FLASH_NOWHERE) {
		flash_free(f, stale);
		return 0;
	}
	if (flash_ahead(f) >= f->reserve)
		return -EALREADY;
	return flash_is_worth_cleaning(f) ? flash_clean(f) : flash_free_old(f);
}

/*
 * Clean ahead, twice round the ring at most.
 *
 * Context: Process context, may sleep.
 */
void pstore_flash_work(struct work_struct *work)
{
	struct pstore_flash *f = container_of(work, struct pstore_flash, work);
	u32 i;
	int ret = 0;

	for (i = 0; i < 2 * f->geometry.blocks && !ret; i++)
		ret = flash_clean_ahead(f);
	if (ret && ret != -ENOSPC && ret != -EALREADY)
		pr_err("%s: no block can be erased (error %d)\n",
		       f->storage.device, ret);
}

/*
 * No room: wait for a block that is being cleaned, or clean one. Once round the ring
 * in vain, old records have to give way.
 */
static int flash_make_room(struct pstore_flash *f, u32 cleaned)
{
	guard(mutex)(&f->clean_lock);
	if (cleaned > f->geometry.blocks && !flash_free_old(f))
		return 0;
	return flash_clean(f);
}

/*
 * Write up to @want granules. Return: how many; 0 when a block has to be cleaned
 * first; or the flash's error.
 */
static int flash_write_some(struct pstore_flash *f, u32 first, u32 want,
			    const void *buf)
{
	struct pstore_flash_place p;
	u32 nr;
	int ret;

	guard(mutex)(&f->lock);
	nr = pstore_flash_choose_some(f, want, &p);
	if (!nr)
		return 0;
	pstore_flash_fill(f, f->image, first, nr, buf);
	ret = pstore_flash_append(f, &p, f->image, nr, pstore_flash_program);
	return ret ?: nr;
}

/* The same, with all that it takes. Return: how many, or -errno. */
static int flash_write_extent(struct pstore_flash *f, u32 first, u32 want,
			      const void *buf)
{
	unsigned int failed = 0, cleaned = 0;
	int ret;

	for (;;) {
		ret = flash_write_some(f, first, want, buf);
		if (ret > 0)
			return ret;
		if (ret < 0 && ++failed >= PSTORE_FLASH_TRIES)
			return ret;
		if (ret < 0)
			continue;
		if (++cleaned > 3 * f->geometry.blocks)
			return -ENOSPC;
		ret = flash_make_room(f, cleaned);
		if (ret)
			return ret;
	}
}

/*
 * Write @len bytes at @pos of the area, with @write for as much as fits into an
 * extent.
 *
 * Context: That of @write.
 * Return: 0 or -errno.
 */
int pstore_flash_write_all(struct pstore_flash *f, u64 pos, const void *buf,
			   size_t len, pstore_flash_write_fn write)
{
	u32 first = div_u64(pos, f->geometry.granule_bytes);
	u32 left = len / f->geometry.granule_bytes;
	int ret;

	while (left) {
		ret = write(f, first, left, buf);
		if (ret < 0)
			return ret;
		first += ret;
		left -= ret;
		buf += ret * f->geometry.granule_bytes;
	}
	return 0;
}

static int flash_write(struct pstore_storage *st, u64 pos, const void *buf,
		       size_t len)
{
	struct pstore_flash *f = to_flash(st);
	int ret = pstore_flash_write_all(f, pos, buf, len, flash_write_extent);

	if (ret)
		return ret;
	if (flash_ahead(f) < f->reserve)
		queue_work(system_dfl_wq, &f->work);
	return 0;
}

/* How many granules from @first on, up to @max, lie behind each other. */
static u32 flash_run(const struct pstore_flash *f, u32 first, u32 max)
{
	u32 step = f->geometry.granule_bytes / PSTORE_FLASH_STEP;
	u32 at = f->map[first], n = 1;

	while (n < max && (at == PSTORE_FLASH_NOWHERE ?
			   f->map[first + n] == at :
			   f->map[first + n] == at + n * step))
		n++;
	return n;
}

/* What has never been written reads as blank. */
static int flash_read(struct pstore_storage *st, u64 pos, void *buf,
		      size_t len)
{
	struct pstore_flash *f = to_flash(st);
	u32 first = div_u64(pos, f->geometry.granule_bytes);
	u32 left = len / f->geometry.granule_bytes, n;
	int ret = 0;

	guard(mutex)(&f->lock);
	for (; left && !ret; first += n, left -= n, buf += len) {
		n = flash_run(f, first, left);
		len = n * f->geometry.granule_bytes;
		if (f->map[first] == PSTORE_FLASH_NOWHERE)
			memset(buf, 0xff, len);
		else
			ret = pstore_flash_read_raw(f, (u64)f->map[first] *
						       PSTORE_FLASH_STEP,
						    buf, len);
	}
	return ret;
}

/* For flash that only a living kernel can write to. */
const struct pstore_storage_ops pstore_flash_ops = {
	.read		= flash_read,
	.write		= flash_write,
	.read_old	= pstore_flash_read_old,
	.old_done	= pstore_flash_old_done,
};

/* For flash whose driver can write in a panic. */
const struct pstore_storage_ops pstore_flash_panic_ops = {
	.read		= flash_read,
	.write		= flash_write,
	.panic_write	= pstore_flash_panic_write,
	.read_old	= pstore_flash_read_old,
	.old_done	= pstore_flash_old_done,
};
