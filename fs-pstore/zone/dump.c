// SPDX-License-Identifier: GPL-2.0
/*
 * Crash records of an area that is not in pstore.
 *
 * pstore core dumps the log to the one backend that it has. Storage that leaves that
 * place to another one gets a dumper of its own here. What comes to the media is the
 * same, but for the compression: the whole log in parts, the newest lines first, each
 * part with a line that says which one it is.
 *
 * Crashes come on several CPUs at once, in NMIs and inside of each other. There is no
 * lock, so none can be held by a CPU that is dead:
 *
 * - Each part of an oops is put together right in the staging memory, in room that a
 *   cmpxchg has taken. Oopses that come at the same time have rooms of their own.
 * - Last words have one image. A panic takes it without asking: whoever has it is a
 *   CPU that has been stopped, or a dump on this CPU that the panic has interrupted,
 *   and neither will go on. Before a restart, a dump that finds the image taken does
 *   without: the log is being written already.
 * - The rules of panic.c hold for all of it: nothing is allocated, and each part takes
 *   at least one message from the log, so that the loops end.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/kmsg_dump.h>
#include <linux/mm.h>
#include <linux/pstore.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "zone.h"

/*
 * Put the newest lines that are left into a part, behind its first line.
 * Return: whether there were any.
 */
static bool dump_fill(const struct pstore_area *area,
		      struct kmsg_dump_iter *iter, struct pstore_record *record)
{
	size_t size = pstore_area_text_bytes(area), head, text;

	head = scnprintf(record->buf, size, "%s#%d Part%u\n",
			 kmsg_dump_reason_str(record->reason), record->count,
			 record->part);
	while (kmsg_dump_get_buffer(iter, true, record->buf + head, size - head,
				    &text)) {
		if (text) {
			record->size = head + text;
			record->last = iter->cur_seq >= iter->next_seq;
			return true;
		}
		/* A message that no part can hold: go on before it. */
		iter->next_seq--;
	}
	return false;
}

/* Return: whether the part is staged. */
static bool dump_stage_part(struct pstore_dump *dump,
			    struct kmsg_dump_iter *iter,
			    struct pstore_record *record)
{
	struct pstore_staged *s = pstore_stage_take(dump->area, record->part);

	if (!s)
		return false;
	record->buf = s->image + PSTORE_MEDIA_HEADER_BYTES;
	if (!dump_fill(dump->area, iter, record)) {
		pstore_stage_give_back(s);
		return false;
	}
	pstore_stage_ready(dump->area, s, record);
	return true;
}

/* Return: whether the part is written. A device that refuses one refuses the rest. */
static bool dump_write_part(struct pstore_dump *dump,
			    struct kmsg_dump_iter *iter,
			    struct pstore_record *record)
{
	record->buf = dump->image + PSTORE_MEDIA_HEADER_BYTES;
	return dump_fill(dump->area, iter, record) &&
	       !pstore_panic_record(dump->area, record);
}

static void dump_parts(struct pstore_dump *dump, struct pstore_record *record,
		       bool (*put)(struct pstore_dump *dump,
				   struct kmsg_dump_iter *iter,
				   struct pstore_record *record))
{
	struct kmsg_dump_iter iter;

	kmsg_dump_rewind(&iter);
	for (record->part = 1; put(dump, &iter, record) && !record->last;
	     record->part++)
		;
}

static void dump_last_words(struct pstore_dump *dump,
			    struct pstore_record *record)
{
	if (atomic_xchg(&dump->busy, 1) && record->reason != KMSG_DUMP_PANIC)
		return;
	dump_parts(dump, record, dump_write_part);
	atomic_set(&dump->busy, 0);
}

static void dump_crash(struct kmsg_dumper *dumper,
		       struct kmsg_dump_detail *detail)
{
	struct pstore_dump *dump = container_of(dumper, struct pstore_dump,
						dumper);
	struct pstore_record record = {
		.type	= PSTORE_TYPE_DMESG,
		.reason	= detail->reason,
		.time	= ns_to_timespec64(ktime_get_real_fast_ns()),
	};

	if (!pstore_area_wants(dump->area, detail->reason))
		return;
	record.count = atomic_inc_return(&dump->count);
	if (pstore_reason_is_final(detail->reason))
		dump_last_words(dump, &record);
	else
		dump_parts(dump, &record, dump_stage_part);
}

/*
 * Make a dumper for an area. It is not told of crashes yet.
 *
 * Context: Process context, may sleep.
 * Return: the dumper, or NULL when there is no memory.
 */
struct pstore_dump *pstore_dump_create(struct pstore_area *area)
{
	struct pstore_dump *dump = kzalloc(sizeof(*dump), GFP_KERNEL);

	if (!dump)
		return NULL;
	dump->area = area;
	dump->dumper.dump = dump_crash;
	/* What is wanted may change, and is looked at in each crash. */
	dump->dumper.max_reason = KMSG_DUMP_MAX;
	dump->image = kvzalloc(area->slots.region.unit_bytes, GFP_KERNEL);
	if (dump->image)
		return dump;
	kfree(dump);
	return NULL;
}

/*
 * Record crashes no more. A dump that is under way is waited for.
 *
 * Context: Process context, may sleep.
 */
void pstore_dump_destroy(struct pstore_dump *dump)
{
	if (!dump)
		return;
	kmsg_dump_unregister(&dump->dumper);
	kvfree(dump->image);
	kfree(dump);
}

/*
 * Record each crash from now on, the first one as number @count + 1.
 *
 * Context: Process context.
 */
void pstore_dump_start(struct pstore_dump *dump, int count)
{
	pstore_dump_count_from(dump, count);
	kmsg_dump_register(&dump->dumper);
}

/* Let the next crash be number @count + 1. Context: Any. */
void pstore_dump_count_from(struct pstore_dump *dump, int count)
{
	atomic_set(&dump->count, count);
}
