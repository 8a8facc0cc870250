// SPDX-License-Identifier: GPL-2.0
/*
 * Everything on flash that may run once the kernel has died.
 *
 * The rules are those of include/linux/blk-panic.h: allocate nothing, never sleep,
 * wait for no lock, bound each loop, expect to be entered again. The other CPUs may
 * have been stopped in the middle of anything, so:
 *
 * - No lock is taken. Where the next extent goes is published as a whole, before
 *   anything is programmed there: what a dead CPU has begun is left behind, and does
 *   not count.
 * - Extents have a memory of their own, panic_image.
 * - Nothing is read. A block in which something still counts is not erased. One in
 *   which nothing does is, if no erased block is left and the driver can, and at last
 *   one with records of an older kernel that found no room in the area.
 * - The flash is left with enough room to clean a block at the next boot.
 *
 * Those functions of flash.c are called that are marked for it, and the driver's
 * panic-time operations.
 */
#include <linux/delay.h>
#include <linux/mtd/mtd.h>
#include <linux/nmi.h>
#include <linux/string.h>

#include "flash.h"

/* How often a chip that is busy is asked again, in ms. */
#define PANIC_POLL_MS	10

/* Wait a little for a chip that is busy. Return: whether to try again. */
static bool panic_wait(struct pstore_flash *f)
{
	if (f->panic_wait_ms < PANIC_POLL_MS)
		return false;
	f->panic_wait_ms -= PANIC_POLL_MS;
	touch_nmi_watchdog();
	mdelay(PANIC_POLL_MS);
	return true;
}

/* A chip may be busy with an erase that was begun before. */
static int panic_program(struct pstore_flash *f, u64 pos, const void *buf,
			 size_t len)
{
	size_t done;
	int ret;

	do {
		ret = mtd_panic_write(f->mtd, pos, len, &done, buf);
	} while (ret == -EBUSY && !done && panic_wait(f));
	return ret ?: done == len ? 0 : -EIO;
}

/*
 * Does anything in this block count? f->live may say so for no reason, since a CPU
 * died while it counted.
 */
static bool panic_is_live(const struct pstore_flash *f, u32 block)
{
	u32 i, step;

	for (i = 0; i < f->geometry.granules; i++) {
		step = READ_ONCE(f->map[i]);
		if (step != PSTORE_FLASH_NOWHERE &&
		    pstore_flash_block_of(f, (u64)step * PSTORE_FLASH_STEP) ==
		    block)
			return true;
	}
	return false;
}

static int panic_erase(struct pstore_flash *f, u32 block)
{
	struct erase_info erase = {
		.addr	= pstore_flash_pos(f, block, 0),
		.len	= f->geometry.block_bytes,
	};
	int ret;

	WRITE_ONCE(f->states[block], PSTORE_FLASH_RAW);
	WRITE_ONCE(f->live[block], 0);
	f->erases[block]++;
	do {
		ret = mtd_panic_erase(f->mtd, &erase);
	} while (ret == -EBUSY && panic_wait(f));
	if (!ret)
		ret = pstore_flash_program_header(f, block, f->panic_image,
						  panic_program);
	WRITE_ONCE(f->states[block],
		   ret ? PSTORE_FLASH_BAD : PSTORE_FLASH_FREE);
	return ret;
}

/*
 * The last resort: a block that has nothing which counts, or else one with records of
 * an older kernel. Return: 0, or -ENOSPC when there is neither.
 */
static int panic_make_room(struct pstore_flash *f)
{
	u32 block = pstore_flash_next_to_clean(f, pstore_flash_head(f));

	if (!mtd_get_master(f->mtd)->_panic_erase)
		return -ENOSPC;
	if (block == PSTORE_FLASH_NOWHERE || panic_is_live(f, block))
		block = pstore_flash_old_give_up(f);
	if (block == PSTORE_FLASH_NOWHERE)
		return -ENOSPC;
	return panic_erase(f, block);
}

/* Return: how many granules were written, 0 when there is no room, or -errno. */
static int panic_write_some(struct pstore_flash *f, u32 first, u32 want,
			    const void *buf)
{
	struct pstore_flash_place p;
	u32 nr = pstore_flash_choose_some(f, want, &p);
	int ret;

	if (!nr)
		return 0;
	pstore_flash_fill(f, f->panic_image, first, nr, buf);
	ret = pstore_flash_append(f, &p, f->panic_image, nr, panic_program);
	return ret ?: nr;
}

/* The same, with all that it takes. Return: how many, or -errno. */
static int panic_write_extent(struct pstore_flash *f, u32 first, u32 want,
			      const void *buf)
{
	unsigned int tries;
	int ret = -ENOSPC;

	for (tries = 0; tries < PSTORE_FLASH_TRIES; tries++) {
		ret = panic_write_some(f, first, want, buf);
		if (ret > 0)
			return ret;
		if (!ret)
			ret = panic_make_room(f);
		if (ret == -ENOSPC || ret == -ETIMEDOUT || ret == -EBUSY)
			return ret;
	}
	return ret ?: -ENOSPC;
}

/*
 * struct pstore_storage_ops: panic_write. What is written is durable when this
 * returns.
 *
 * Context: Panic context.
 * Return: 0; -ENOSPC when no room is left that can be used now; or the driver's error.
 */
int pstore_flash_panic_write(struct pstore_storage *st, u64 pos,
			     const void *buf, size_t len)
{
	struct pstore_flash *f = container_of(st, struct pstore_flash, storage);

	/* What is there now is worth more than half of something new. */
	if (!mtd_get_master(f->mtd)->_panic_erase &&
	    !pstore_flash_has_room(f, div_u64(len, f->geometry.granule_bytes)))
		return -ENOSPC;
	return pstore_flash_write_all(f, pos, buf, len, panic_write_extent);
}
