// SPDX-License-Identifier: GPL-2.0
/*
 * Oopses on their way to the ring.
 *
 * An oops is recorded wherever it happens: in an interrupt, with any lock held,
 * sometimes in an NMI. So its record is copied to memory that was set aside, and
 * a worker writes it at once. If the machine panics first, the panic path writes
 * what lies here, see panic.c.
 *
 * What came first stays. A record that finds no room is dropped and counted: in
 * a storm of oopses the first ones tell why.
 */
#define pr_fmt(fmt) "pstore_zone: " fmt

#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "zone.h"

static bool staged_step(struct pstore_staged *s, enum pstore_stage_state from,
			enum pstore_stage_state to)
{
	return atomic_cmpxchg(&s->state, from, to) == from;
}

/*
 * Of the records in @state, the one that was staged first.
 *
 * Context: Any, panic context too.
 * Return: the record, or NULL when there is none.
 */
struct pstore_staged *pstore_stage_first(struct pstore_stage *stage,
					 enum pstore_stage_state state)
{
	struct pstore_staged *first = NULL;
	unsigned int i;

	for (i = 0; i < stage->nr; i++) {
		struct pstore_staged *s = &stage->records[i];

		if (atomic_read_acquire(&s->state) != state)
			continue;
		if (!first || s->order - first->order < 0)
			first = s;
	}
	return first;
}

static void stage_report_drops(struct pstore_area *area)
{
	int dropped = atomic_read(&area->stats.dropped);

	if (dropped == area->stage.reported)
		return;
	pr_warn("%s: %d crash records dropped so far: they came faster than the device takes them, or it refuses them\n",
		area->storage->device, dropped);
	area->stage.reported = dropped;
}

static void stage_write(struct pstore_stage *stage)
{
	struct pstore_area *area = container_of(stage, struct pstore_area,
						stage);
	struct pstore_staged *s;
	int ret;

	guard(mutex)(&stage->lock);
	while ((s = pstore_stage_first(stage, PSTORE_STAGE_READY))) {
		if (!staged_step(s, PSTORE_STAGE_READY, PSTORE_STAGE_WRITING))
			continue;
		ret = pstore_slots_write(area, s->image, &s->info);
		if (ret)
			pr_err("%s: a crash record is not written (error %d)\n",
			       area->storage->device, ret);
		atomic_set_release(&s->state, PSTORE_STAGE_FREE);
	}
	stage_report_drops(area);
}

static void stage_run(struct pstore_workers *workers)
{
	stage_write(container_of(workers, struct pstore_stage, workers));
}

static struct pstore_staged *stage_take_free(struct pstore_stage *stage)
{
	unsigned int i;

	for (i = 0; i < stage->nr; i++)
		if (staged_step(&stage->records[i], PSTORE_STAGE_FREE,
				PSTORE_STAGE_FILLING))
			return &stage->records[i];
	return NULL;
}

/*
 * Take room for one part of a crash: for its payload, behind the header in the image.
 * A crash with more parts than the ring has slots keeps its newest ones.
 *
 * Context: Any, NMI too.
 * Return: the room, for pstore_stage_ready() or pstore_stage_give_back(); or NULL,
 *	and the record counts as dropped.
 */
struct pstore_staged *pstore_stage_take(struct pstore_area *area,
					unsigned int part)
{
	struct pstore_stage *stage = &area->stage;
	struct pstore_staged *s = NULL;

	if (part < area->slots.nr)
		s = stage_take_free(stage);
	if (!s) {
		atomic_inc(&area->stats.dropped);
		pstore_workers_ask(&stage->workers);
	}
	return s;
}

/* Nothing has been put there. Context: Any, NMI too. */
void pstore_stage_give_back(struct pstore_staged *s)
{
	atomic_set_release(&s->state, PSTORE_STAGE_FREE);
}

/*
 * The payload is in place, and @record tells what it is.
 *
 * Context: Any, NMI too.
 */
void pstore_stage_ready(struct pstore_area *area, struct pstore_staged *s,
			const struct pstore_record *record)
{
	struct pstore_stage *stage = &area->stage;

	pstore_area_describe(area, record, &s->info);
	pstore_note_put(area, s->image, &s->info);
	s->info.seq = PSTORE_SEQ_NONE;
	s->order = atomic_inc_return(&stage->order);
	atomic_set_release(&s->state, PSTORE_STAGE_READY);
	pstore_workers_ask(&stage->workers);
}

/*
 * Stage a copy of a record of a kernel that lives on.
 *
 * Context: Any, NMI too.
 * Return: 0 or -ENOSPC when there is no room.
 */
int pstore_stage_put(struct pstore_area *area,
		     const struct pstore_record *record)
{
	struct pstore_staged *s = pstore_stage_take(area, record->part);

	if (!s)
		return -ENOSPC;
	memcpy(s->image + PSTORE_MEDIA_HEADER_BYTES, record->buf, record->size);
	pstore_stage_ready(area, s, record);
	return 0;
}

/*
 * Set aside room for @nr records.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM; pstore_stage_exit() is to be called either way.
 */
int pstore_stage_init(struct pstore_area *area, unsigned int nr)
{
	struct pstore_stage *stage = &area->stage;
	unsigned int i;

	mutex_init(&stage->lock);
	if (pstore_workers_init(&stage->workers, stage_run))
		return -ENOMEM;
	stage->records = kcalloc(nr, sizeof(*stage->records), GFP_KERNEL);
	if (!stage->records)
		return -ENOMEM;
	stage->nr = nr;
	for (i = 0; i < nr; i++) {
		stage->records[i].image =
			kvmalloc(area->slots.region.unit_bytes, GFP_KERNEL);
		if (!stage->records[i].image)
			return -ENOMEM;
	}
	return 0;
}

/*
 * Write what is staged and give the room back.
 *
 * Context: Process context, may sleep. Nobody stages any more.
 */
void pstore_stage_exit(struct pstore_area *area)
{
	struct pstore_stage *stage = &area->stage;
	unsigned int i;

	pstore_workers_exit(&stage->workers);
	if (!stage->records)
		return;
	stage_write(stage);
	for (i = 0; i < stage->nr; i++)
		kvfree(stage->records[i].image);
	kfree(stage->records);
	stage->records = NULL;
}
