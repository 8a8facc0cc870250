// SPDX-License-Identifier: GPL-2.0
/*
 * May we use this flash, and what is on it?
 *
 * A flash is taken when it is ours, or when it is blank. Anything else belongs to
 * somebody and is refused, with a message that names what was found. Only the user
 * can override that, and nothing is written before the flash is ours.
 *
 * What the granules are is found by reading the headers of all extents in the order
 * of their numbers; of the payload only that of the last one, which may be torn.
 */
#define pr_fmt(fmt) "pstore_flash: " fmt

#include <linux/crc32.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/uuid.h>

#include "flash.h"

/* An extent's header with the largest number of granules. */
#define OPEN_HEADER	(PSTORE_FLASH_EXTENT_BYTES + 4 * PSTORE_FLASH_MAX_EXTENT)

/* What is looked at in one go for whether it is blank. */
#define OPEN_CHUNK	SZ_4K

/* How many numbers of extents each boot leaves out. */
#define OPEN_SEQ_GAP	1024

/* A block is cleaned in so many pieces or more. */
#define OPEN_PIECES	8

/* NAND may lose as many of its blocks, in percent. */
#define OPEN_SPARE	2

/* How blocks begin that belong to somebody. */
static const struct open_signature {
	const char	*name;
	u32		len;
	const char	*bytes;
} open_signatures[] = {
	{ "a UBI volume",	4, "UBI#" },
	{ "a UBIFS file system", 4, "\x31\x18\x10\x06" },
	{ "a JFFS2 file system", 2, "\x85\x19" },
	{ "a JFFS2 file system", 2, "\x19\x85" },
	{ "a squashfs file system", 4, "hsqs" },
	{ "a squashfs file system", 4, "sqsh" },
	{ "a cramfs file system", 4, "\x45\x3d\xcd\x28" },
	{ "a romfs file system", 8, "-rom1fs-" },
	{ "a U-Boot image",	4, "\x27\x05\x19\x56" },
	{ "a device tree or FIT image", 4, "\xd0\x0d\xfe\xed" },
};

/**
 * struct open_extent - an extent as it was found
 * @info:	its header
 * @block:	the eraseblock
 * @pos:	where in there
 */
struct open_extent {
	struct pstore_flash_extent_info	info;
	u32				block;
	u32				pos;
};

/**
 * struct open_order - a block in use
 * @seq:	number of its first extent
 * @block:	number of the block
 */
struct open_order {
	u64	seq;
	u32	block;
};

/**
 * struct open - what opening a flash works with
 * @f:		the flash
 * @header:	room for the header of an extent
 * @chunk:	and for what may be blank
 * @ours:	how many blocks have a header
 * @old:	a block has records of an older kernel
 * @newer:	a block has a header of a newer version
 * @larger:	a block has one of a larger flash
 * @mixed:	a block has one of another flash
 * @last:	the extent that was found last, of which is not known yet whether it
 *		counts
 * @last_granules: its granules
 * @has_last:	there is one
 * @next:	where extents go on, as far as is known yet
 * @order:	the blocks in use, oldest first in the end
 * @used:	how many there are
 * @torn:	a block that has a header, and nothing else that is good
 * @searched:	the block whose end is known: @searched_end, as open_used_end() says.
 *		No block is read more than twice, whatever is in it.
 * @searched_end: see above
 * @error:	of a read: nobody knows what is on the flash
 */
struct open {
	struct pstore_flash		*f;
	void				*header;
	u8				*chunk;
	u32				ours;
	bool				old;
	bool				newer;
	bool				larger;
	bool				mixed;
	struct open_extent		last;
	__le32				last_granules[PSTORE_FLASH_MAX_EXTENT];
	bool				has_last;
	struct pstore_flash_place	next;
	struct open_order		*order;
	u32				used;
	u32				torn;
	u32				searched;
	u32				searched_end;
	int				error;
};

/*
 * Read from the flash. An error that is not one of single bytes fails the opening, since
 * older copies of what cannot be read just now would count again. Return: 0, or -EBADMSG
 * for what cannot be corrected, or the error.
 */
static int open_read(struct open *o, u64 pos, void *buf, size_t len)
{
	int ret;

	/* With an error, a driver may leave it as it was; and this is not blank. */
	memset(buf, 0, len);
	ret = pstore_flash_read_raw(o->f, pos, buf, len);
	if (!ret || mtd_is_eccerr(ret))
		return ret;
	if (!o->error)
		pr_err("%s: not used for crash logs, since it cannot be read at %llu (error %d)\n",
		       o->f->storage.device, pos, ret);
	o->error = ret;
	return ret;
}

/* The same, where what cannot be corrected is as good as any: a header has a checksum. */
static bool open_look(struct open *o, u64 pos, void *buf, size_t len)
{
	int ret = open_read(o, pos, buf, len);

	return !ret || mtd_is_eccerr(ret);
}

/* The geometry. */

static int open_refuse_geometry(const struct pstore_flash *f, const char *why)
{
	pr_err("%s: cannot be used for crash logs: %s\n", f->storage.device,
	       why);
	return -EINVAL;
}

/* How the flash is divided, as the driver and the size ask for. */
static int open_plan(struct pstore_flash *f)
{
	struct pstore_flash_geometry *g = &f->geometry;
	u64 max = (u64)PSTORE_FLASH_MAX_GRANULES * PSTORE_FLASH_MAX_GRANULE;
	u64 bytes = min(f->mtd->size, max);

	g->block_bytes = f->mtd->erasesize;
	g->unit_bytes = max(f->mtd->writesize, PSTORE_FLASH_HEADER_BYTES);
	if (!g->block_bytes || !mtd_get_master(f->mtd)->_erase ||
	    !(f->mtd->flags & MTD_WRITEABLE))
		return open_refuse_geometry(f, "it is read-only or cannot be erased");
	if (!is_power_of_2(g->unit_bytes) || g->block_bytes % g->unit_bytes ||
	    g->unit_bytes > g->block_bytes / 4)
		return open_refuse_geometry(f, "the size of its writes is odd");
	g->blocks = min_t(u64, div_u64(bytes, g->block_bytes),
			  PSTORE_FLASH_MAX_BLOCKS);
	if (g->blocks < 2)
		return open_refuse_geometry(f, "less than two eraseblocks; use a larger partition");
	g->granule_bytes = PSTORE_FLASH_MIN_GRANULE;
	while (div_u64(bytes, g->granule_bytes) > PSTORE_FLASH_MAX_GRANULES)
		g->granule_bytes *= 2;
	return 0;
}

/* The blocks. */

static void open_take_header(struct open *o, u32 block)
{
	struct pstore_flash *f = o->f;
	struct pstore_flash_geometry g;
	u64 erases = 0;

	switch (pstore_flash_decode_block(o->header, f->geometry.block_bytes,
					  f->geometry.blocks, &g, &erases)) {
	case PSTORE_FLASH_OK:
		break;
	case PSTORE_FLASH_NEWER:
		o->newer = true;
		return;
	case PSTORE_FLASH_TOO_LARGE:
		o->larger = true;
		return;
	default:
		return;
	}
	/* Of a flash with other pages. */
	if (g.unit_bytes != f->geometry.unit_bytes)
		return;
	if (!o->ours)
		f->geometry = g;
	else if (memcmp(&g, &f->geometry, sizeof(g)))
		o->mixed = true;
	o->ours++;
	f->states[block] = PSTORE_FLASH_FREE;
	f->erases[block] = erases;
}

/* Which blocks are ours? */
static void open_look_at_blocks(struct open *o)
{
	struct pstore_flash *f = o->f;
	u32 block;

	for (block = 0; block < f->geometry.blocks; block++) {
		u64 pos = pstore_flash_pos(f, block, 0);

		if (mtd_block_isbad(f->mtd, pos))
			f->states[block] = PSTORE_FLASH_BAD;
		else if (open_look(o, pos, o->header, PSTORE_FLASH_HEADER_BYTES))
			open_take_header(o, block);
		cond_resched();
	}
}

/* Where a block has its last byte that is not 0xff, plus one, from @from on. */
static u32 open_used_end(struct open *o, u32 block, u32 from)
{
	struct pstore_flash *f = o->f;
	u32 end = 0, pos, n, i;
	u8 *buf = o->chunk;

	for (pos = from; pos < f->geometry.block_bytes; pos += n) {
		n = min(f->geometry.block_bytes - pos, OPEN_CHUNK);
		if (!open_look(o, pstore_flash_pos(f, block, pos), buf, n))
			return f->geometry.block_bytes;
		for (i = n; i && buf[i - 1] == 0xff; i--)
			;
		if (i)
			end = max(end, pos + i);
		cond_resched();
	}
	return end;
}

/* Has this block records of an older kernel? */
static bool open_is_old(struct open *o, u32 block)
{
	struct pstore_flash *f = o->f;
	u32 pos;

	if (f->geometry.block_bytes % OPEN_CHUNK)
		return false;
	for (pos = 0; pos + OPEN_CHUNK <= f->geometry.block_bytes;
	     pos += OPEN_CHUNK) {
		if (!open_look(o, pstore_flash_pos(f, block, pos), o->chunk,
			       OPEN_CHUNK))
			return false;
		if (memchr_inv(o->chunk, 0xff, OPEN_CHUNK))
			return pstore_flash_is_old(o->chunk);
		cond_resched();
	}
	return false;
}

static void open_find_old(struct open *o)
{
	struct pstore_flash *f = o->f;
	u32 block;

	for (block = 0; block < f->geometry.blocks; block++)
		if (f->states[block] == PSTORE_FLASH_RAW &&
		    open_is_old(o, block)) {
			f->states[block] = PSTORE_FLASH_OLD;
			o->old = true;
		}
}

/* The name of what a block that is not ours begins with, or NULL. */
static const char *open_signature(struct open *o, u32 block)
{
	const struct open_signature *sig;
	size_t i;

	if (!open_look(o, pstore_flash_pos(o->f, block, 0), o->header,
		       PSTORE_FLASH_HEADER_BYTES))
		return NULL;
	for (i = 0; i < ARRAY_SIZE(open_signatures); i++) {
		sig = &open_signatures[i];
		if (!memcmp(o->header, sig->bytes, sig->len))
			return sig->name;
	}
	return NULL;
}

/*
 * On a flash that is blank otherwise: is what o->header has, up to @end, a header of
 * ours whose writing was cut short? Programming clears bits, so that none of those is
 * clear that a header has set.
 */
static bool open_is_torn_header(struct open *o, u32 end)
{
	struct pstore_flash_block whole;
	const u8 *want = (const u8 *)&whole, *have = o->header;
	size_t i;

	pstore_flash_encode_block(&whole, &o->f->geometry, 0);
	for (i = 0; i < offsetof(struct pstore_flash_block, flash_id); i++)
		if (want[i] & ~have[i])
			return false;
	return end <= PSTORE_FLASH_HEADER_BYTES;
}

/*
 * What else is on the flash? In one that is ours, or mtdoops', a block without our
 * header and without a known signature is one whose erase was cut short. Return:
 * whether there is anything, and in @what its name.
 */
static bool open_finds_other(struct open *o, char *what, size_t size)
{
	struct pstore_flash *f = o->f;
	const char *name;
	u32 block, end;

	for (block = 0; block < f->geometry.blocks; block++) {
		if (f->states[block] != PSTORE_FLASH_RAW)
			continue;
		name = open_signature(o, block);
		if (name) {
			strscpy(what, name, size);
			return true;
		}
		end = o->ours || o->old ? 0 : open_used_end(o, block, 0);
		if (end && !open_is_torn_header(o, end)) {
			snprintf(what, size, "unknown data before byte %llu",
				 pstore_flash_pos(f, block, end));
			return true;
		}
	}
	if (o->mixed)
		strscpy(what, "blocks of another pstore area", size);
	return o->mixed;
}

/* The user wants it all the same: nobody is to find what was there. */
static int open_wipe(struct open *o)
{
	struct pstore_flash *f = o->f;
	struct erase_info erase = { .len = f->geometry.block_bytes };
	u32 block;
	int ret;

	for (block = 0; block < f->geometry.blocks; block++) {
		if (f->states[block] == PSTORE_FLASH_BAD ||
		    f->states[block] == PSTORE_FLASH_OLD)
			continue;
		erase.addr = pstore_flash_pos(f, block, 0);
		ret = mtd_erase(f->mtd, &erase);
		if (ret)
			pr_warn("%s: the block at %llu cannot be erased (error %d)\n",
				f->storage.device, erase.addr, ret);
		f->states[block] = ret ? PSTORE_FLASH_BAD : PSTORE_FLASH_RAW;
	}
	o->ours = 0;
	return open_plan(f);
}

static int open_refuse(struct open *o, const char *what)
{
	const struct pstore_storage *st = &o->f->storage;

	if (st->format) {
		pr_warn("%s: %s on it is overwritten, as format=1 asks\n",
			st->device, what);
		return open_wipe(o);
	}
	pr_err("%s: not used for crash logs, since it holds %s; nothing was changed. Name another flash partition, or erase this one with flash_erase\n",
	       st->device, what);
	return -EEXIST;
}

static int open_claim(struct open *o)
{
	const struct pstore_storage *st = &o->f->storage;
	char what[64];

	if (o->newer && !st->format) {
		pr_err("%s: not used for crash logs, since it holds an area of a newer version of the format; nothing was changed. Use a newer kernel, or erase it with flash_erase\n",
		       st->device);
		return -EPROTONOSUPPORT;
	}
	if (o->newer)
		return open_refuse(o, "an area of a newer version of the format");
	if (o->larger)
		return open_refuse(o, "an area that was made when it was larger");
	if (open_finds_other(o, what, sizeof(what)))
		return open_refuse(o, what);
	return 0;
}

/* The extents. */

/*
 * Is there an extent at this place? Its header is in o->header then. Return: whether
 * there is.
 */
static bool open_extent_at(struct open *o, u32 block, u32 pos,
			   struct open_extent *e)
{
	const struct pstore_flash_geometry *g = &o->f->geometry;
	u32 room = g->block_bytes - pos;

	if (pos + g->unit_bytes > g->block_bytes)
		return false;
	if (!open_look(o, pstore_flash_pos(o->f, block, pos), o->header,
		       min_t(u32, room, OPEN_HEADER)))
		return false;
	e->block = block;
	e->pos = pos;
	return pstore_flash_decode_extent(o->header, g, room, &e->info) ==
		       PSTORE_FLASH_OK &&
	       pstore_flash_check_extent(o->header, g, &e->info);
}

/* As far as anything is in the block. */
static u32 open_search_end(struct open *o, u32 block)
{
	if (o->searched != block) {
		o->searched = block;
		o->searched_end = open_used_end(o, block, 0);
	}
	return o->searched_end;
}

/* Each boot leaves one unit out. */
static bool open_extent_near(struct open *o, u32 block, u32 pos,
			     struct open_extent *e)
{
	return open_extent_at(o, block, pos, e) ||
	       open_extent_at(o, block, pos + o->f->geometry.unit_bytes, e);
}

/*
 * The next extent of a block from @pos on. Where there should be an extent and is not,
 * a write was cut short or the flash is damaged: look further on, as far as anything
 * is in the block. Return: whether there is one.
 */
static bool open_next_extent(struct open *o, u32 block, u32 pos,
			     struct open_extent *e)
{
	const struct pstore_flash_geometry *g = &o->f->geometry;
	u32 end;

	if (!pstore_flash_fit(g, g->block_bytes - pos))
		return false;
	if (open_extent_near(o, block, pos, e))
		return true;
	end = open_search_end(o, block);
	for (pos += 2 * g->unit_bytes; pos < end; pos += g->unit_bytes)
		if (open_extent_at(o, block, pos, e))
			return true;
	return false;
}

static u32 open_end(struct open *o, const struct open_extent *e)
{
	return e->pos + pstore_flash_span(&o->f->geometry, e->info.nr);
}

static bool open_payload_is_good(struct open *o, const struct open_extent *e)
{
	struct pstore_flash *f = o->f;
	u32 pos = e->pos + pstore_flash_header_bytes(e->info.nr);
	u32 len = e->info.nr * f->geometry.granule_bytes;

	return !open_read(o, pstore_flash_pos(f, e->block, pos), f->image, len) &&
	       ~__crc32c_le(~0U, f->image, len) == e->info.payload_crc;
}

/*
 * Does the last extent count? The one behind it tells where the last one that counts
 * ends. If that is neither here nor before, headers between them are lost.
 */
static bool open_last_counts(struct open *o, const struct open_extent *next)
{
	struct pstore_flash *f = o->f;
	u64 end = pstore_flash_pos(f, o->last.block, open_end(o, &o->last));

	if (next && next->info.valid_end == end)
		return true;
	if (next && next->info.valid_end && next->info.valid_end < end &&
	    pstore_flash_block_of(f, next->info.valid_end - 1) ==
	    o->last.block)
		return false;
	return open_payload_is_good(o, &o->last);
}

/* Its granules are where it has them. */
static void open_settle(struct open *o, const struct open_extent *next)
{
	struct pstore_flash *f = o->f;
	const struct open_extent *e = &o->last;
	u32 i, step;

	if (!o->has_last || !open_last_counts(o, next))
		return;
	step = pstore_flash_pos(f, e->block,
				e->pos + pstore_flash_header_bytes(e->info.nr)) /
	       PSTORE_FLASH_STEP;
	for (i = 0; i < e->info.nr; i++)
		f->map[le32_to_cpu(o->last_granules[i])] = step +
			i * f->geometry.granule_bytes / PSTORE_FLASH_STEP;
	o->next.valid_end = pstore_flash_pos(f, e->block, open_end(o, e));
}

static void open_replay_extent(struct open *o, const struct open_extent *e)
{
	const struct pstore_flash_extent *header = o->header;

	/* Not one of ours: numbers only go up. */
	if (e->info.seq < o->next.seq)
		return;
	open_settle(o, e);
	memcpy(o->last_granules, header->granules,
	       e->info.nr * sizeof(__le32));
	o->last = *e;
	o->has_last = true;
	o->next.block = e->block;
	o->next.pos = open_end(o, e);
	o->next.seq = e->info.seq + 1;
}

static void open_replay_block(struct open *o, u32 block)
{
	u32 pos = pstore_flash_first(&o->f->geometry);
	struct open_extent e;

	while (open_next_extent(o, block, pos, &e)) {
		open_replay_extent(o, &e);
		pos = open_end(o, &e);
		cond_resched();
	}
}

static int open_compare(const void *a, const void *b)
{
	const struct open_order *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* One that has lost its header, and nothing else, has its extents still. */
static bool open_may_have_extents(const struct open *o, u32 block)
{
	return o->f->states[block] == PSTORE_FLASH_FREE ||
	       (o->ours && o->f->states[block] == PSTORE_FLASH_RAW);
}

static void open_take_block(struct open *o, const struct open_extent *first)
{
	o->f->states[first->block] = PSTORE_FLASH_USED;
	o->order[o->used].seq = first->info.seq;
	o->order[o->used++].block = first->block;
}

/* The blocks that have an extent where the first one should be. */
static void open_find_used(struct open *o)
{
	u32 pos = pstore_flash_first(&o->f->geometry), block;
	struct open_extent e;

	for (block = 0; block < o->f->geometry.blocks; block++) {
		if (open_may_have_extents(o, block) &&
		    open_extent_near(o, block, pos, &e))
			open_take_block(o, &e);
		cond_resched();
	}
}

/* What is in a block that has no extent there? Return: whether it has any. */
static bool open_search_block(struct open *o, u32 block)
{
	u32 pos = pstore_flash_first(&o->f->geometry);
	struct open_extent e;

	if (open_next_extent(o, block, pos, &e)) {
		open_take_block(o, &e);
		return true;
	}
	if (o->f->states[block] == PSTORE_FLASH_FREE &&
	    open_search_end(o, block) > pos) {
		o->f->states[block] = PSTORE_FLASH_RAW;
		o->torn = block;
	}
	return false;
}

/* Search those next to a block in use, @step blocks further on each time. */
static void open_search_along(struct open *o, u32 step)
{
	struct pstore_flash *f = o->f;
	u32 block = o->used ? o->order[0].block : 0, i, nr = 0;

	for (i = 0; i < f->geometry.blocks; i++) {
		if (f->states[block] == PSTORE_FLASH_USED)
			nr = 0;
		else if (open_may_have_extents(o, block) &&
			 nr++ <= PSTORE_FLASH_TRIES &&
			 open_search_block(o, block))
			nr = 0;
		block = (block + step) % f->geometry.blocks;
		cond_resched();
	}
}

/*
 * Search blocks that begin with nothing. What was cut short, or left out since a CPU
 * died, lies next to blocks that are in use; the others have been erased, as their
 * headers say.
 */
static void open_search(struct open *o)
{
	open_search_along(o, 1);
	open_search_along(o, o->f->geometry.blocks - 1);
}

/* The blocks that have extents, oldest first. */
static void open_sort_blocks(struct open *o)
{
	open_find_used(o);
	open_search(o);
	sort(o->order, o->used, sizeof(*o->order), open_compare, NULL);
}

static void open_count_live(struct pstore_flash *f)
{
	u32 i;

	for (i = 0; i < f->geometry.granules; i++)
		if (f->map[i] != PSTORE_FLASH_NOWHERE)
			f->live[pstore_flash_block_of(f, (u64)f->map[i] *
						      PSTORE_FLASH_STEP)]++;
}

/* Where the next block is written to first. */
static void open_enter_next(struct pstore_flash *f,
			    struct pstore_flash_place *p)
{
	u32 next = pstore_flash_next_free(f, p->block);

	if (next == PSTORE_FLASH_NOWHERE)
		return;
	f->states[next] = PSTORE_FLASH_USED;
	p->block = next;
	p->pos = pstore_flash_first(&f->geometry) + f->geometry.unit_bytes;
}

/*
 * Where to go on: behind all that has been programmed. One unit is left out, since a
 * write that was cut short as it began may have left bits that are neither set nor
 * clear.
 */
static void open_find_place(struct open *o)
{
	struct pstore_flash *f = o->f;
	struct pstore_flash_place *p = &o->next;
	u32 unit = f->geometry.unit_bytes;

	if (p->pos < f->geometry.block_bytes) {
		p->pos = max(p->pos, open_used_end(o, p->block, p->pos));
		p->pos = round_up(p->pos, unit) + unit;
		p->pos = min(p->pos, f->geometry.block_bytes);
	}
	if (!pstore_flash_fit(&f->geometry, f->geometry.block_bytes - p->pos))
		open_enter_next(f, p);
	/* No number twice, should a header that was torn be read differently one day. */
	p->seq += OPEN_SEQ_GAP;
	f->places[0] = *p;
}

/*
 * The very first write was cut short. Another block is to have a header before that one
 * is erased, lest a second cut leaves a flash that nobody knows.
 */
static void open_keep_torn(struct open *o)
{
	if (o->used || o->torn == PSTORE_FLASH_NOWHERE)
		return;
	o->f->states[o->torn] = PSTORE_FLASH_USED;
	o->next.block = o->torn;
}

static int open_replay(struct open *o)
{
	struct pstore_flash *f = o->f;
	u32 i;

	o->order = kvcalloc(f->geometry.blocks, sizeof(*o->order), GFP_KERNEL);
	if (!o->order)
		return -ENOMEM;
	/* So that block 0 is the first one of a blank flash. */
	o->next.block = f->geometry.blocks - 1;
	o->next.pos = f->geometry.block_bytes;
	o->next.seq = 1;
	open_sort_blocks(o);
	open_keep_torn(o);
	for (i = 0; i < o->used; i++)
		open_replay_block(o, o->order[i].block);
	open_settle(o, NULL);
	kvfree(o->order);
	open_count_live(f);
	open_find_place(o);
	return o->error;
}

/* The area. */

static u32 open_good_blocks(const struct pstore_flash *f)
{
	u32 i, nr = 0;

	for (i = 0; i < f->geometry.blocks; i++)
		nr += f->states[i] != PSTORE_FLASH_BAD;
	return nr;
}

/* How many granules are appended at a time when a block is cleaned. */
static u32 open_piece(const struct pstore_flash_geometry *g)
{
	u32 room = g->block_bytes - pstore_flash_first(g);
	u32 all = pstore_flash_capacity(g, room, PSTORE_FLASH_MAX_EXTENT);

	return clamp(all / OPEN_PIECES, 1U, PSTORE_FLASH_MAX_EXTENT);
}

/* As many erased blocks as the text of the whole log takes, or a half of all. */
static u32 open_reserve(const struct pstore_flash *f, u32 good)
{
	u32 want = 1 + DIV_ROUND_UP(log_buf_len_get(), f->geometry.block_bytes);

	return clamp((good - 1) / 2, 1U, want);
}

/*
 * How large the area is that a blank flash gets: what is neither held ready nor
 * spare for blocks that go bad, and of that a part, so that cleaning finds something
 * that does not count any more.
 */
static int open_plan_area(struct pstore_flash *f)
{
	struct pstore_flash_geometry *g = &f->geometry;
	u32 room = g->block_bytes - pstore_flash_first(g);
	u32 good = open_good_blocks(f), spare = 0, blocks;
	u64 granules;

	if (mtd_can_have_bb(f->mtd))
		spare = DIV_ROUND_UP(good * OPEN_SPARE, 100);
	if (good < 2 + spare)
		return open_refuse_geometry(f, "too few good eraseblocks; use a larger partition");
	blocks = good - spare - open_reserve(f, good - spare);
	granules = (u64)blocks * pstore_flash_capacity(g, room, open_piece(g));
	granules = blocks > 1 ? granules * 3 / 4 : granules / 2;
	granules = min_t(u64, granules, PSTORE_FLASH_MAX_GRANULES);
	g->granules = round_down(granules, PSTORE_FLASH_MAX_GRANULE /
					   g->granule_bytes);
	if (!g->granules)
		return open_refuse_geometry(f, "its eraseblocks are too small");
	generate_random_uuid(g->flash_id);
	return 0;
}

/*
 * Make a blank flash ours, which takes one header in a block that is blank: nothing is
 * erased before, so that a power cut leaves a flash that can be told from any other.
 */
static int open_begin(struct open *o)
{
	struct pstore_flash *f = o->f;
	u32 block;

	for (block = 0; block < f->geometry.blocks; block++) {
		if (f->states[block] != PSTORE_FLASH_RAW ||
		    open_used_end(o, block, 0))
			continue;
		if (pstore_flash_program_header(f, block, f->header,
						pstore_flash_program))
			continue;
		f->states[block] = PSTORE_FLASH_FREE;
		return 0;
	}
	/* Where old records are everywhere, the first write makes room. */
	return o->old ? 0 : -EIO;
}

/* How much is erased ahead, and in which pieces it is cleaned. */
static void open_plan_ahead(struct pstore_flash *f)
{
	struct pstore_flash_geometry *g = &f->geometry;
	u32 room = g->block_bytes - pstore_flash_first(g);
	u32 good = open_good_blocks(f), full, most;

	f->piece = open_piece(g);
	/* A larger log buffer than when the area was made cannot make it smaller. */
	full = DIV_ROUND_UP(g->granules,
			    pstore_flash_capacity(g, room, f->piece));
	most = good > full + 1 ? good - full - 1 : 1;
	f->reserve = min(most, open_reserve(f, good));
}

/* Memory. */

static int open_alloc_blocks(struct pstore_flash *f)
{
	u32 blocks = f->geometry.blocks;

	f->states = kvzalloc(blocks, GFP_KERNEL);
	f->live = kvcalloc(blocks, sizeof(*f->live), GFP_KERNEL);
	f->erases = kvcalloc(blocks, sizeof(*f->erases), GFP_KERNEL);
	return f->states && f->live && f->erases ? 0 : -ENOMEM;
}

static int open_alloc_images(struct pstore_flash *f)
{
	u32 len = pstore_flash_span(&f->geometry, PSTORE_FLASH_MAX_EXTENT);

	f->image = kvmalloc(len, GFP_KERNEL);
	f->panic_image = kvmalloc(len, GFP_KERNEL);
	f->header = kvmalloc(f->geometry.unit_bytes, GFP_KERNEL);
	return f->image && f->panic_image && f->header ? 0 : -ENOMEM;
}

static int open_alloc_map(struct pstore_flash *f)
{
	size_t bytes = f->geometry.granules * sizeof(*f->map);

	f->map = kvmalloc(bytes, GFP_KERNEL);
	if (!f->map)
		return -ENOMEM;
	memset(f->map, 0xff, bytes);
	return 0;
}

static int open_flash(struct open *o)
{
	struct pstore_flash *f = o->f;
	int ret;

	ret = open_plan(f) ?: open_alloc_blocks(f);
	if (ret)
		return ret;
	open_look_at_blocks(o);
	open_find_old(o);
	ret = o->error ?: open_claim(o) ?: pstore_flash_old_begin(f);
	if (!ret && !o->ours)
		ret = open_plan_area(f);
	if (!ret)
		ret = open_alloc_images(f) ?: open_alloc_map(f);
	if (!ret && !o->ours)
		ret = open_begin(o);
	if (!ret)
		ret = open_replay(o);
	if (ret)
		return ret;
	open_plan_ahead(f);
	f->storage.bytes = (u64)f->geometry.granules *
			   f->geometry.granule_bytes;
	f->storage.write_unit = f->geometry.granule_bytes;
	return 0;
}

/* mtd_panic_write() does not know the offsets of MLC flash that emulates SLC. */
static bool open_can_panic(struct mtd_info *mtd)
{
	return mtd_get_master(mtd)->_panic_write &&
	       !(mtd->flags & MTD_SLC_ON_MLC_EMULATION);
}

/*
 * Take @mtd for crash logs, as @params ask for.
 *
 * A flash that is blank is taken, and one that is ours.
 *
 * Context: Process context, may sleep.
 * Return: the flash, whose storage is for pstore_storage_register(); or an error
 *	pointer after a message that says why.
 */
struct pstore_flash *pstore_flash_open(struct mtd_info *mtd,
				       const struct pstore_storage *params)
{
	struct pstore_flash *f = kzalloc(sizeof(*f), GFP_KERNEL);
	struct open *o = kzalloc(sizeof(*o), GFP_KERNEL);
	int ret = -ENOMEM;

	if (f && o) {
		f->mtd = mtd;
		f->storage = *params;
		f->storage.device = mtd->name;
		f->storage.ops = open_can_panic(mtd) ?
				 &pstore_flash_panic_ops : &pstore_flash_ops;
		mutex_init(&f->lock);
		mutex_init(&f->clean_lock);
		f->panic_wait_ms = PSTORE_FLASH_PANIC_MS;
		INIT_WORK(&f->work, pstore_flash_work);
		o->f = f;
		o->searched = PSTORE_FLASH_NOWHERE;
		o->torn = PSTORE_FLASH_NOWHERE;
		o->header = kmalloc(OPEN_HEADER, GFP_KERNEL);
		o->chunk = kmalloc(OPEN_CHUNK, GFP_KERNEL);
		if (o->header && o->chunk)
			ret = open_flash(o);
		kfree(o->chunk);
		kfree(o->header);
	}
	kfree(o);
	if (!ret)
		return f;
	if (f)
		pstore_flash_close(f);
	return ERR_PTR(ret);
}

/*
 * Let go of a flash that is not registered any more.
 *
 * Context: Process context, may sleep.
 */
void pstore_flash_close(struct pstore_flash *f)
{
	unsigned int i;

	if (f->work.func)
		cancel_work_sync(&f->work);
	for (i = 0; i < PSTORE_FLASH_SAVED; i++)
		kvfree(f->saved[i].bytes);
	kvfree(f->old_numbers);
	kvfree(f->map);
	kvfree(f->panic_image);
	kvfree(f->image);
	kvfree(f->header);
	kvfree(f->erases);
	kvfree(f->live);
	kvfree(f->states);
	kfree(f);
}
