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
 *   both go to the same slot with the same bytes; but without a number of its own,
 *   it takes one. One that is FILLING is lost, since the CPU that filled it is gone.
 * - A record that was being erased may be erased after all. New records keep
 *   clear of its slot.
 * - log.lock and log.fill are not taken either. Streams go on in blocks that are
 *   after all those that have been taken, with all bytes that are not known to
 *   be durable. If a dead CPU's write reaches the media as well, both say the
 *   same. A message that had come in only in part is left out.
 * - The first part, which has the newest lines, is flushed before anything else
 *   is written, then each stream, and the other parts many at a time and at the
 *   end. So a machine that does not get further has saved what counts most, the
 *   time that a flush takes is not spent for each part, and a power cut leaves no
 *   gap in the ring that recovery does not look across, see slots.c.
 *
 * These functions call media.c, area.c, notes.c and the parts of log.c and trace.c that are
 * marked for it, which take no lock either, and the storage's panic_write() and
 * panic_flush().
 */
#include <linux/atomic.h>
#include <linux/kmsg_dump.h>
#include <linux/pstore.h>

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

/* A device that does not answer is not asked again. */
static int panic_check(struct pstore_area *area, int ret)
{
	if (!ret)
		return 0;
	atomic_inc(&area->stats.io_errors);
	if (ret == -ETIMEDOUT || ret == -ENODEV)
		area->panic_dead = true;
	return ret;
}

static int panic_write(struct pstore_area *area, u64 pos, const void *image,
		       size_t len)
{
	struct pstore_storage *st = area->storage;

	area->panic_dirty = true;
	return panic_check(area, st->ops->panic_write(st, pos, image, len));
}

/* Make durable what was written since the last time, if anything was. */
static int panic_flush(struct pstore_area *area)
{
	struct pstore_storage *st = area->storage;
	int ret;

	if (!area->panic_dirty || area->panic_dead || !st->ops->panic_flush)
		return 0;
	ret = panic_check(area, st->ops->panic_flush(st));
	if (ret)
		return ret;
	area->panic_dirty = false;
	area->panic_flushed = atomic64_read(&area->slots.next_seq);
	return 0;
}

static u64 panic_max_unflushed(const struct pstore_record_info *info)
{
	return info->reason == KMSG_DUMP_OOPS ? PSTORE_SLOT_MAX_UNFLUSHED_OOPS :
						PSTORE_SLOT_MAX_UNFLUSHED;
}

/*
 * Make records durable. If the device cannot do that, no more are written: they
 * would leave a gap in the ring that recovery does not look across.
 */
static int panic_flush_records(struct pstore_area *area)
{
	int ret = panic_flush(area);

	if (ret)
		area->panic_full = true;
	return ret;
}

static int panic_flush_due(struct pstore_area *area,
			   const struct pstore_record_info *info)
{
	if (info->seq - area->panic_flushed + 1 < panic_max_unflushed(info))
		return 0;
	return panic_flush_records(area);
}

/* One attempt to write a record. */
static int panic_write_slot(struct pstore_area *area, void *image,
			    const struct pstore_record_info *info)
{
	size_t len = pstore_area_seal(area, image, info);
	int ret = panic_write(area, pstore_slots_pos(&area->slots, info->seq),
			      image, len);

	if (ret) {
		pstore_slots_failed(&area->slots, info->seq);
		return ret;
	}
	area->slots.failed = 0;
	atomic_inc(&area->stats.written);
	return 0;
}

/* Would number @seq take the slot of the newest part of the same crash? */
static bool panic_wraps(const struct pstore_area *area, u64 seq)
{
	return seq >= area->panic_first &&
	       seq - area->panic_first >= area->slots.nr;
}

/*
 * Has a staged record a number of its own? Not before one is taken, not if a worker has
 * given it back, and not if a 32-bit CPU was stopped between both halves of storing it.
 */
static bool panic_has_number(struct pstore_area *area,
			     const struct pstore_record_info *info)
{
	return info->seq < (u64)atomic64_read(&area->slots.next_seq);
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
		if (tries || !panic_has_number(area, info))
			info->seq = panic_take(&area->slots);
		if (panic_wraps(area, info->seq))
			return -ENOSPC;
		ret = panic_write_slot(area, image, info);
		if (!ret)
			return panic_flush_due(area, info);
	}
	area->panic_full = true;
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

/* Streams. */

/*
 * One write of the bytes up to @to. With messages among them, all that came from
 * @begin on counts as one. Return: 0, or -errno: then what is left is not written.
 */
static int panic_write_blocks(struct pstore_log *log, u64 begin, u64 to)
{
	struct pstore_log_place *p = &log->panic;
	bool whole = log->region.type == PSTORE_MEDIA_REGION_PMSG;
	struct pstore_area *area = log->area;
	struct pstore_log_step step;
	unsigned int tries;
	size_t len;
	int ret = -EIO;

	for (tries = 0; tries < PSTORE_SLOT_TRIES && !area->panic_dead;
	     tries++) {
		pstore_log_plan(log, p, to,
				PSTORE_PANIC_IMAGE / log->region.unit_bytes,
				&step);
		len = pstore_log_encode(log, area->panic_image, p, &step,
					whole ? begin : p->durable,
					whole ? to : 0);
		ret = panic_write(area, pstore_log_pos(log, step.pos),
				  area->panic_image, len);
		if (!ret) {
			pstore_log_written(log, p, &step);
			return 0;
		}
		pstore_log_not_written(p, &step);
	}
	return ret;
}

/* The stream's first bytes are on the media. */
static void panic_write_head(struct pstore_log *log)
{
	struct pstore_area *area = log->area;
	size_t len;

	pstore_log_stamp_head(log);
	len = pstore_log_encode_head(log, log->bank, area->panic_image);
	if (!panic_write(area, pstore_media_bank_pos(&log->region, log->bank),
			 area->panic_image, len))
		log->headed = true;
}

/* What has been written over meanwhile, by lines that the driver prints. */
static void panic_skip_lost(struct pstore_log *log)
{
	struct pstore_log_place *p = &log->panic;
	u64 reserved = pstore_log_seen(&log->reserved, p->durable);

	if (reserved - p->durable <= log->size)
		return;
	p->durable = reserved - log->size;
	p->tail = p->durable;
}

/* Write what is in the ring, as much as there is now. */
static void panic_write_ring(struct pstore_log *log)
{
	struct pstore_log_place *p = &log->panic;
	u64 to = pstore_log_seen(&log->head, p->durable);
	/* What a dead CPU had begun to write is part of it. */
	u64 begin = pstore_log_seen(&log->begin, p->durable);

	while (p->durable < to) {
		panic_skip_lost(log);
		if (p->durable < to && panic_write_blocks(log, begin, to)) {
			log->panic_failed = true;
			return;
		}
		/* The next write may go over what these bytes have replaced. */
		if (panic_flush(log->area))
			return;
	}
	/* Before the head, which tells that there are bytes. */
	if (log->headed || !to || panic_flush(log->area))
		return;
	panic_write_head(log);
	panic_flush(log->area);
}

static void panic_write_log(struct pstore_area *area, struct pstore_log *log)
{
	bool more;

	if (READ_ONCE(log->open_end) || log->panic_failed)
		return;
	if (log->region.type != PSTORE_MEDIA_REGION_FTRACE) {
		panic_write_ring(log);
		return;
	}
	/* What is remembered by now, and no more: this ends. */
	pstore_trace_begin(area);
	do {
		more = pstore_trace_drain(area, log);
		panic_write_ring(log);
	} while (more && !log->panic_failed);
}

/* In the beginning, function calls are left out: there can be many. */
static bool panic_wants_log(const struct pstore_log *log, bool all)
{
	return pstore_log_active(log) &&
	       (all || log->region.type != PSTORE_MEDIA_REGION_FTRACE);
}

/*
 * Write the streams. What is printed meanwhile, by the device's driver or by a
 * panic inside of this one, is in the console's ring, and goes with a second
 * round.
 */
static void panic_write_logs(struct pstore_area *area, bool all)
{
	unsigned int i;

	for (i = 0; i < 2 * PSTORE_LOGS; i++) {
		struct pstore_log *log = &area->logs[i % PSTORE_LOGS];

		if (panic_wants_log(log, all))
			panic_write_log(area, log);
	}
}

/*
 * A crash begins, maybe inside of another one that will never go on. Streams go
 * on where that has left off.
 */
static void panic_begin(struct pstore_area *area)
{
	unsigned int i;

	area->panic_first = PSTORE_SEQ_NONE;
	atomic_set(&area->panic_busy, 0);
	for (i = 0; i < PSTORE_LOGS && !area->panic_logs; i++)
		pstore_log_panic_place(&area->logs[i], &area->logs[i].panic);
}

/* The crash records. */

static int panic_write_part(struct pstore_area *area,
			    const struct pstore_record *record)
{
	void *image = record->buf - PSTORE_MEDIA_HEADER_BYTES;
	struct pstore_record_info info;

	if (area->panic_full)
		return -EIO;
	if (record->part >= area->slots.nr)
		return -ENOSPC;
	panic_write_staged(area, PSTORE_STAGE_WRITING);
	panic_write_staged(area, PSTORE_STAGE_READY);
	if (record->part == 1 && panic_flush_records(area))
		return -EIO;

	pstore_area_describe(area, record, &info);
	pstore_note_put(area, image, &info);
	info.seq = panic_take(&area->slots);
	if (record->part == 1)
		area->panic_first = info.seq;
	return panic_write_somewhere(area, image, &info);
}

static int panic_write_record(struct pstore_area *area,
			      const struct pstore_record *record)
{
	int ret = panic_write_part(area, record);

	if (!ret && record->part != 1 && !record->last)
		return 0;
	/* Once the newest lines are safe, the streams, and again at the end. */
	if (record->part == 1)
		ret = panic_flush_records(area) ?: ret;
	WRITE_ONCE(area->panic_logs, true);
	panic_write_logs(area, ret || record->last);
	return panic_flush_records(area) ?: ret;
}

/*
 * Write one part of the last words, after the oopses that are still staged. Its
 * text is in an image of a slot, with room for the header before it. The
 * first part is durable when this returns, and with the last one, or one that
 * cannot be written, all are. A crash with more parts than the ring has slots
 * keeps its newest ones. After the first and the last part, the streams are
 * written.
 *
 * Context: Panic context. Also the last moments before a restart, where the
 *	rules are the same.
 * Return: 0; -EOPNOTSUPP when the storage cannot write in a panic; -ENOSPC when
 *	the crash has more parts than the ring has slots; or the device's error.
 */
int pstore_panic_record(struct pstore_area *area,
			const struct pstore_record *record)
{
	int ret;

	if (!area->storage->ops->panic_write)
		return -EOPNOTSUPP;
	if (area->panic_dead)
		return -EIO;
	if (record->part == 1)
		panic_begin(area);
	atomic_set(&area->panic_busy, 1);
	ret = panic_write_record(area, record);
	atomic_set(&area->panic_busy, 0);
	return ret;
}

/*
 * A line of the console has come in after the crash was written: to the media at
 * once, unless more lines are waiting already and there is room for them.
 *
 * Context: Panic context, or any other, where it does nothing.
 */
void pstore_panic_console(struct pstore_log *log, bool last)
{
	struct pstore_area *area = log->area;
	u64 waiting;

	if (!READ_ONCE(area->panic_logs) || area->panic_dead)
		return;
	waiting = pstore_log_seen(&log->head, log->panic.durable) -
		  log->panic.durable;
	if (!last && waiting <= log->size / 2)
		return;
	/* In the middle of a write, this comes with it. */
	if (atomic_xchg(&area->panic_busy, 1))
		return;
	panic_write_logs(area, true);
	atomic_set(&area->panic_busy, 0);
}
