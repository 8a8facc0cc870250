// SPDX-License-Identifier: GPL-2.0
/*
 * What the mtdoops and mtdpstore of older kernels have left.
 *
 * Their records lie in eraseblocks of their own, which are left alone until zone has
 * taken all that is in a block to the new area. Blocks that hold nothing old come
 * first, so that the area has somewhere to begin. A flash that old records fill has
 * none: then what is in a few blocks is kept in memory until zone has taken it.
 *
 * What finds no room in the area stays where it is, until the ring needs its block.
 */
#define pr_fmt(fmt) "pstore_flash: " fmt

#include <linux/cleanup.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "flash.h"

/* As far as the beginning of an old record tells that it is one. */
#define OLD_HEADER	64

/*
 * Is a block, whose first 4096 bytes that are not blank are at @buf, one of an older
 * kernel?
 *
 * Context: Any.
 */
bool pstore_flash_is_old(const void *buf)
{
	return pstore_storage_old_format(buf, OLD_HEADER) != PSTORE_OLD_NONE;
}

/*
 * The block with the oldest records, or PSTORE_FLASH_NOWHERE. Those of mtdoops have
 * numbers, which come round; those of mtdpstore do not, and any is as good.
 */
static u32 old_oldest(const struct pstore_flash *f)
{
	u32 oldest = PSTORE_FLASH_NOWHERE, i;

	for (i = 0; i < f->geometry.blocks; i++) {
		if (READ_ONCE(f->states[i]) != PSTORE_FLASH_OLD)
			continue;
		if (oldest == PSTORE_FLASH_NOWHERE ||
		    (s32)(f->old_numbers[i] - f->old_numbers[oldest]) < 0)
			oldest = i;
	}
	return oldest;
}

/* What an uncorrectable error has left of a record is more than nothing. */
static int old_read_flash(struct pstore_flash *f, u64 pos, void *buf,
			  size_t len)
{
	int ret = pstore_flash_read_raw(f, pos, buf, len);

	return mtd_is_eccerr(ret) ? 0 : ret;
}

static struct pstore_flash_saved *old_saved(struct pstore_flash *f, u32 block)
{
	unsigned int i;

	for (i = 0; i < PSTORE_FLASH_SAVED; i++)
		if (f->saved[i].bytes && f->saved[i].block == block)
			return &f->saved[i];
	return NULL;
}

/* Keep what is in @block in memory. Return: 0, -ENOMEM or the flash's error. */
static int old_save(struct pstore_flash *f, struct pstore_flash_saved *saved,
		    u32 block)
{
	int ret;

	saved->bytes = kvmalloc(f->geometry.block_bytes, GFP_KERNEL);
	if (!saved->bytes)
		return -ENOMEM;
	saved->block = block;
	ret = old_read_flash(f, pstore_flash_pos(f, block, 0), saved->bytes,
			     f->geometry.block_bytes);
	if (ret) {
		kvfree(saved->bytes);
		saved->bytes = NULL;
	}
	return ret;
}

/* A block that may be erased, since its records are in memory now. */
static u32 old_save_oldest(struct pstore_flash *f)
{
	u32 block = old_oldest(f);
	unsigned int i;

	if (block == PSTORE_FLASH_NOWHERE)
		return block;
	for (i = 0; i < PSTORE_FLASH_SAVED; i++)
		if (!f->saved[i].bytes)
			break;
	if (i == PSTORE_FLASH_SAVED || old_save(f, &f->saved[i], block))
		return PSTORE_FLASH_NOWHERE;
	WRITE_ONCE(f->states[block], PSTORE_FLASH_RAW);
	return block;
}

/* With which number does the block begin? Any, if it cannot be read. */
static u32 old_number(struct pstore_flash *f, u32 block)
{
	__le32 number = 0;

	pstore_flash_read_raw(f, pstore_flash_pos(f, block, 0), &number,
			      sizeof(number));
	return le32_to_cpu(number);
}

/*
 * Are there old records? Tell zone.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int pstore_flash_old_begin(struct pstore_flash *f)
{
	u32 block;

	if (pstore_flash_find(f, PSTORE_FLASH_OLD) == PSTORE_FLASH_NOWHERE)
		return 0;
	f->old_numbers = kvcalloc(f->geometry.blocks, sizeof(*f->old_numbers),
				  GFP_KERNEL);
	if (!f->old_numbers)
		return -ENOMEM;
	for (block = 0; block < f->geometry.blocks; block++)
		if (f->states[block] == PSTORE_FLASH_OLD)
			f->old_numbers[block] = old_number(f, block);
	f->storage.old_unit = f->geometry.block_bytes;
	f->storage.old_bytes = pstore_flash_pos(f, f->geometry.blocks, 0);
	return 0;
}

/* struct pstore_storage_ops: read_old. */
int pstore_flash_read_old(struct pstore_storage *st, u64 pos, void *buf,
			  size_t len)
{
	struct pstore_flash *f = container_of(st, struct pstore_flash, storage);
	struct pstore_flash_saved *saved;
	u32 block, from, n;
	int ret = 0;

	guard(mutex)(&f->lock);
	for (; len && !ret; pos += n, buf += n, len -= n) {
		block = pstore_flash_block_of(f, pos);
		from = pos - pstore_flash_pos(f, block, 0);
		n = min_t(size_t, len, f->geometry.block_bytes - from);
		saved = old_saved(f, block);
		if (saved)
			memcpy(buf, saved->bytes + from, n);
		else if (f->states[block] == PSTORE_FLASH_OLD)
			ret = old_read_flash(f, pos, buf, n);
		else
			memset(buf, 0xff, n);
	}
	return ret;
}

/* struct pstore_storage_ops: old_done. */
void pstore_flash_old_done(struct pstore_storage *st, u64 pos, u64 len)
{
	struct pstore_flash *f = container_of(st, struct pstore_flash, storage);
	u32 block = pstore_flash_block_of(f, pos);
	u32 end = block + pstore_flash_block_of(f, len);
	struct pstore_flash_saved *saved;

	guard(mutex)(&f->lock);
	for (; block < end; block++) {
		saved = old_saved(f, block);
		if (saved) {
			kvfree(saved->bytes);
			saved->bytes = NULL;
		}
		if (f->states[block] == PSTORE_FLASH_OLD)
			WRITE_ONCE(f->states[block], PSTORE_FLASH_STALE);
	}
	queue_work(system_dfl_wq, &f->work);
}

/*
 * The ring needs a block, and only old records are left to give way.
 *
 * Context: Panic context, or process context with f->clean_lock held. Before zone
 *	has had its chance to take them, none does.
 * Return: the block, which is to be erased now, or PSTORE_FLASH_NOWHERE.
 */
u32 pstore_flash_old_give_up(struct pstore_flash *f)
{
	u32 block = READ_ONCE(f->offered) ? old_oldest(f) :
					    PSTORE_FLASH_NOWHERE;

	if (block != PSTORE_FLASH_NOWHERE)
		WRITE_ONCE(f->states[block], PSTORE_FLASH_RAW);
	return block;
}

/*
 * The same. Until zone has had its chance, a few blocks give way all the same, and are
 * kept in memory for it.
 *
 * Context: Process context with f->clean_lock held.
 */
u32 pstore_flash_old_make_room(struct pstore_flash *f)
{
	if (f->offered)
		return pstore_flash_old_give_up(f);
	guard(mutex)(&f->lock);
	return old_save_oldest(f);
}

/* Zone has taken what it could. Context: Process context, may sleep. */
void pstore_flash_old_offered(struct pstore_flash *f)
{
	unsigned int i;

	guard(mutex)(&f->lock);
	WRITE_ONCE(f->offered, true);
	for (i = 0; i < PSTORE_FLASH_SAVED; i++) {
		if (f->saved[i].bytes)
			pr_err("%s: crash logs of older kernels in the block at %llu have found no room and are gone\n",
			       f->storage.device,
			       pstore_flash_pos(f, f->saved[i].block, 0));
		kvfree(f->saved[i].bytes);
		f->saved[i].bytes = NULL;
	}
}
