// SPDX-License-Identifier: GPL-2.0
/*
 * Everything of pstore zone that may run once the kernel has died.
 *
 * The rules are those of include/linux/blk-panic.h: allocate nothing, never
 * sleep, wait for no lock, bound each loop, expect to be entered again. The other
 * CPUs are stopped, or the machine is about to restart. They may have been
 * stopped in the middle of anything, so:
 *
 * - slots.lock is not taken. What it protects is not touched: each record is
 *   sealed in its own image and written as a whole to a slot that its sequence
 *   number picks.
 * - A staged record that is READY is written as it is. One that is WRITING is
 *   written again: its first write may or may not have reached the device, and
 *   both go to the same slot with the same bytes. One that is FILLING is lost,
 *   since the CPU that filled it is gone.
 * - A record that was being erased may be erased after all. New records keep
 *   clear of its slot.
 * - Each part is flushed before it counts as written, so that a machine which
 *   does not get further has saved what it got.
 *
 * These functions call media.c and area.c for encoding, which take no lock
 * either, and the storage's panic_write() and panic_flush().
 */
#include <linux/atomic.h>

#include "zone.h"

static u64 panic_take(struct pstore_slots *slots)
{
	u64 seq = pstore_slots_take(slots);
	u64 erasing = atomic64_read(&slots->erasing);

	if (erasing && pstore_slots_pos(slots, erasing - 1) ==
		       pstore_slots_pos(slots, seq))
		seq = pstore_slots_take(slots);
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
	if (!ret && st->ops->panic_flush)
		ret = st->ops->panic_flush(st);
	if (!ret) {
		area->slots.failed = 0;
		atomic_inc(&area->stats.written);
		return 0;
	}
	atomic_inc(&area->stats.io_errors);
	pstore_slots_failed(&area->slots, info->seq);
	if (ret == -ETIMEDOUT || ret == -ENODEV)
		area->panic_dead = true;
	return ret;
}

/* Would number @seq take the slot of the newest part of the same crash? */
static bool panic_wraps(const struct pstore_area *area, u64 seq)
{
	return seq >= area->panic_first &&
	       seq - area->panic_first >= area->slots.nr;
}

/*
 * A slot that the device refuses costs a number, not the record. A device that
 * refuses several is not tried again, since each attempt takes time that the
 * restart waits for.
 */
static int panic_write_somewhere(struct pstore_area *area, void *image,
				 struct pstore_record_info *info)
{
	unsigned int tries;
	int ret = -EIO;

	for (tries = 0; tries < PSTORE_SLOT_TRIES && !area->panic_dead;
	     tries++) {
		if (tries || info->seq == PSTORE_SEQ_NONE)
			info->seq = panic_take(&area->slots);
		if (panic_wraps(area, info->seq))
			return -ENOSPC;
		ret = panic_write(area, image, info);
		if (!ret)
			return 0;
	}
	area->panic_dead = true;
	atomic_inc(&area->stats.dropped);
	return ret;
}

/*
 * Write the staged records in @state, in the order in which they were staged. As
 * each one leaves @state, the loop ends.
 */
static void panic_write_staged(struct pstore_area *area,
			       enum pstore_stage_state state)
{
	struct pstore_staged *s;

	while ((s = pstore_stage_first(&area->stage, state))) {
		panic_write_somewhere(area, s->image, &s->info);
		/* Not again with the next part of the crash. */
		atomic_set(&s->state, PSTORE_STAGE_FILLING);
	}
}

/*
 * Write one part of the last words, after the oopses that are still staged, and
 * return when it is durable. A crash with more parts than the ring has slots
 * keeps its newest ones.
 *
 * Context: Panic context. Also the last moments before a restart, where the
 *	rules are the same.
 * Return: 0; -EOPNOTSUPP when the storage cannot write in a panic; -ENOSPC when
 *	the crash has more parts than the ring has slots; or the device's error.
 */
int pstore_panic_record(struct pstore_area *area,
			const struct pstore_record *record)
{
	struct pstore_record_info info;

	if (!area->storage->ops->panic_write)
		return -EOPNOTSUPP;
	if (area->panic_dead)
		return -EIO;
	if (record->part >= area->slots.nr)
		return -ENOSPC;

	if (record->part == 1)
		area->panic_first = PSTORE_SEQ_NONE;
	panic_write_staged(area, PSTORE_STAGE_WRITING);
	panic_write_staged(area, PSTORE_STAGE_READY);

	pstore_area_describe(area, record, &info);
	info.seq = panic_take(&area->slots);
	if (record->part == 1)
		area->panic_first = info.seq;
	return panic_write_somewhere(area, area->image, &info);
}
