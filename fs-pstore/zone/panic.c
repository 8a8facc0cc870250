// SPDX-License-Identifier: GPL-2.0
/*
 * Everything of pstore zone that may run once the kernel has died.
 *
 * The rules are those of include/linux/blk-panic.h: allocate nothing, never
 * sleep, wait for no lock, bound each loop, expect to be entered again. By now
 * one CPU is left, and no other will ever go on. It may have been stopped in the
 * middle of anything, so:
 *
 * - slots.lock is not taken. What it protects is not touched: each record is
 *   sealed in its own image and written as a whole to a slot that its sequence
 *   number picks.
 * - A staged record that is READY is written as it is. One that is WRITING is
 *   written again: its first write may or may not have reached the device, and
 *   both go to the same slot with the same bytes. One that is FILLING is lost,
 *   since the CPU that filled it is gone.
 * - A record that was being erased may be erased after all. Its slot is left
 *   out.
 *
 * These functions call media.c and area.c for encoding, which take no lock
 * either, and the storage's panic_write() and panic_flush().
 */
#include <linux/atomic.h>

#include "zone.h"

static bool panic_avoids(const struct pstore_slots *slots, u64 seq)
{
	u64 erasing = atomic64_read(&slots->erasing);

	return erasing && pstore_slots_pos(slots, erasing - 1) ==
			  pstore_slots_pos(slots, seq);
}

static u64 panic_next_seq(struct pstore_slots *slots)
{
	u64 seq = atomic64_fetch_inc(&slots->next_seq);

	if (panic_avoids(slots, seq))
		seq = atomic64_fetch_inc(&slots->next_seq);
	return seq;
}

/* One attempt. A device that does not answer is not asked again. */
static int panic_write(struct pstore_area *area, void *image,
		       const struct pstore_record_info *info)
{
	struct pstore_storage *st = area->storage;
	size_t len = pstore_area_seal(area, image, info);
	int ret;

	ret = st->ops->panic_write(st, pstore_slots_pos(&area->slots, info->seq),
				   image, len);
	if (!ret) {
		atomic_inc(&area->stats.written);
		return 0;
	}
	atomic_inc(&area->stats.io_errors);
	if (ret == -ETIMEDOUT || ret == -ENODEV)
		area->panic_dead = true;
	return ret;
}

/* A slot that the device refuses costs a number, not the record. */
static int panic_write_somewhere(struct pstore_area *area, void *image,
				 struct pstore_record_info *info)
{
	unsigned int tries;
	int ret = -EIO;

	for (tries = 0; tries < PSTORE_SLOT_TRIES && !area->panic_dead;
	     tries++) {
		if (tries)
			info->seq = panic_next_seq(&area->slots);
		ret = panic_write(area, image, info);
		if (!ret)
			return 0;
	}
	atomic_inc(&area->stats.dropped);
	return ret;
}

/* Write what the worker has not written, in no order: each has its number. */
static void panic_write_staged(struct pstore_area *area)
{
	struct pstore_stage *stage = &area->stage;
	unsigned int i;

	for (i = 0; i < stage->nr; i++) {
		struct pstore_staged *s = &stage->records[i];
		int state = atomic_read_acquire(&s->state);

		if (state != PSTORE_STAGE_READY &&
		    state != PSTORE_STAGE_WRITING)
			continue;
		panic_write_somewhere(area, s->image, &s->info);
		/* Not again with the next part of the crash. */
		atomic_set(&s->state, PSTORE_STAGE_FILLING);
	}
}

/*
 * Has the crash filled the ring with its own parts? Its first part, which has
 * the newest lines, must not give way to older lines.
 */
static bool panic_ring_is_full(const struct pstore_area *area,
			       const struct pstore_record *record)
{
	return record->part >= area->slots.nr;
}

/*
 * Write one part of the last words, after the oopses that are still staged. The
 * first part is made durable at once, and all of it with the last.
 *
 * Context: Panic context. Also the last moments before a restart, where the
 *	rules are the same.
 * Return: 0; -EOPNOTSUPP when the storage cannot write in a panic; -ENOSPC when
 *	the crash has more parts than the ring has slots; or the device's error.
 */
int pstore_panic_record(struct pstore_area *area,
			const struct pstore_record *record)
{
	struct pstore_storage *st = area->storage;
	struct pstore_record_info info;
	int ret;

	if (!st->ops->panic_write)
		return -EOPNOTSUPP;
	if (area->panic_dead)
		return -EIO;
	if (panic_ring_is_full(area, record))
		return -ENOSPC;

	panic_write_staged(area);
	pstore_area_describe(area, record, &info);
	info.seq = panic_next_seq(&area->slots);
	ret = panic_write_somewhere(area, area->image, &info);
	if (ret || (record->part != 1 && !record->last))
		return ret;
	return st->ops->panic_flush ? st->ops->panic_flush(st) : 0;
}
