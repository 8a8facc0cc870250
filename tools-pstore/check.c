// SPDX-License-Identifier: GPL-2.0
/*
 * What is sound, what was cut short, what is damaged.
 *
 * media.h lists what an unclean shutdown can leave behind. All of that was cut
 * short and is normal; anything else is damage:
 *
 * - Both layout copies valid and different. Cut short, if they are of the same
 *   area and of different generations; damage otherwise.
 * - One layout copy invalid. Cut short, if it is a blank first one and the last
 *   one is of the first generation: the area was being made, and the last copy is
 *   written first. Damage otherwise, since the device writes a copy whole or not
 *   at all.
 * - A number that has been taken, and its slot has no record with it. Cut short: a
 *   write did not reach the slot's header, or the device refused it. What is in the
 *   slot instead does not matter, unless it is a header of ours that does not
 *   match its checksum, has a field out of range or has lost its magic, or a
 *   record that belongs elsewhere. Those are damage, since a header, too, is
 *   written whole or not at all.
 * - A live record whose payload does not match its checksum. Cut short, if its
 *   boot wrote no other record after it: then that is the one which was under way
 *   when the boot ended. Also, if one of the next few records is the same one:
 *   then the device refused the first write. Damage otherwise: the boot only went
 *   on because this record was durable.
 * - A payload that is as it was written and does not inflate. Damage.
 * - A note that does not match its checksum: as the payload, with which it is
 *   written. One that does, and is not of the form of one: damage.
 *
 * check_streams.c has the rules for streams, check_flash.c those for flash.
 */
#include <stdarg.h>
#include <string.h>

#include "reader.h"

/* The same record follows within so many numbers: the kernel gives up after these. */
#define CHECK_RETRIES	8

static const char * const severity_names[] = {
	[SEVERITY_SOUND]	= "sound",
	[SEVERITY_CUT_SHORT]	= "cut short",
	[SEVERITY_DAMAGED]	= "damaged",
};

/* Print and count what was found: a place, a severity, and why. */
void check_found(struct check *check, enum severity severity,
		 const char *format, ...)
{
	FILE *out = check->area->out;
	va_list args;

	check->damaged += severity == SEVERITY_DAMAGED;
	check->cut_short += severity == SEVERITY_CUT_SHORT;
	fprintf(out, "%s: ", severity_names[severity]);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputc('\n', out);
}

/* Print the neighbours that have been seen. */
void run_end(struct run *run)
{
	FILE *out = run->check->area->out;

	if (run->state && run->nr > 1)
		fprintf(out, "%ss %u-%u: %s\n", run->what, run->first,
			run->first + run->nr - 1, run->state);
	else if (run->state)
		fprintf(out, "%s %u: %s\n", run->what, run->first, run->state);
	run->state = NULL;
	run->nr = 0;
}

/* What has @index is in state @state, which is sound. */
void run_add(struct run *run, __u32 index, const char *state)
{
	if (run->state != state || run->check->verbose)
		run_end(run);
	if (!run->nr)
		run->first = index;
	run->state = state;
	run->nr++;
}

/* The layout. */

static enum severity layout_severity(const struct layout_copy *first,
				     const struct layout_copy *last)
{
	bool same = !memcmp(first->layout.area_id, last->layout.area_id,
			    sizeof(first->layout.area_id));

	if (copy_is_valid(first) && copy_is_valid(last)) {
		if (!memcmp(&first->layout, &last->layout,
			    sizeof(first->layout)))
			return SEVERITY_SOUND;
		return same && first->layout.generation !=
			       last->layout.generation ? SEVERITY_CUT_SHORT :
							 SEVERITY_DAMAGED;
	}
	return !first->error && first->verdict == PSTORE_MEDIA_BLANK &&
	       last->layout.generation == 1 ? SEVERITY_CUT_SHORT :
					      SEVERITY_DAMAGED;
}

static void print_layout(FILE *out, const char *name,
			 const struct layout_copy *copy)
{
	if (copy_is_valid(copy))
		fprintf(out, "%s layout block: valid, generation %llu\n", name,
			copy->layout.generation);
	else
		fprintf(out, "%s layout block: %s\n", name, copy_state(copy));
}

static void check_layout(struct check *check)
{
	const struct layout_copy *first = &check->area->copies[0];
	const struct layout_copy *last = &check->area->copies[1];
	enum severity severity = layout_severity(first, last);
	FILE *out = check->area->out;

	print_layout(out, "first", first);
	print_layout(out, "last", last);
	if (severity == SEVERITY_SOUND)
		return;
	if (copy_is_valid(first) && copy_is_valid(last))
		check_found(check, severity, "the layout blocks differ%s",
			    severity == SEVERITY_CUT_SHORT ?
			    " in their generation" : "");
	else
		check_found(check, severity, "the %s layout block is invalid: %s",
			    copy_is_valid(first) ? "last" : "first",
			    copy_state(copy_is_valid(first) ? last : first));
}

/* Slots. */

/* Return: the next record after the one in slot @index, or NULL. */
static const struct slot *ring_next(const struct ring *ring, __u32 index)
{
	__u32 end = ring_oldest(ring);

	for (index = (index + 1) % ring->nr; index != end;
	     index = (index + 1) % ring->nr)
		if (slot_is_record(&ring->slots[index]))
			return &ring->slots[index];
	return NULL;
}

static bool record_is_same(const struct pstore_record_info *x,
			   const struct pstore_record_info *y)
{
	return !crash_cmp(x, y) && x->part == y->part &&
	       x->payload_bytes == y->payload_bytes &&
	       x->payload_crc == y->payload_crc;
}

/* Was the record in slot @index, which is torn, the last one of its boot? */
static enum severity torn_severity(const struct ring *ring, __u32 index)
{
	const struct pstore_record_info *info = &ring->slots[index].info;
	const struct slot *next = ring_next(ring, index);

	if (!next || memcmp(next->info.boot_id, info->boot_id,
			    sizeof(info->boot_id)))
		return SEVERITY_CUT_SHORT;
	for (; next && next->info.seq - info->seq <= CHECK_RETRIES;
	     next = ring_next(ring, (__u32)(next - ring->slots)))
		if (record_is_same(&next->info, info))
			return SEVERITY_CUT_SHORT;
	return SEVERITY_DAMAGED;
}

static const char *torn_reason(enum severity severity)
{
	return severity == SEVERITY_CUT_SHORT ?
	       ", and it was the last write of its boot or was written again" :
	       "";
}

/* The text of the record is as it was written. */
static void check_note(struct check *check, const struct ring *ring,
		       struct run *run, __u32 index)
{
	enum note_result result = note_verify(check->area, ring, index);
	enum severity severity = SEVERITY_DAMAGED;

	if (result == NOTE_OK || result == NOTE_NONE) {
		run_add(run, index, slot_state_name(SLOT_LIVE));
		return;
	}
	if (result == NOTE_BAD_CRC)
		severity = torn_severity(ring, index);
	run_end(run);
	check_found(check, severity, "slot %u: record %llu: its vmcoreinfo %s%s",
		    index, ring->slots[index].info.seq,
		    note_result_name(result), torn_reason(severity));
}

static void check_live(struct check *check, const struct ring *ring,
		       struct run *run, __u32 index)
{
	enum text_result result = text_verify(check->area, ring, index);
	enum severity severity = SEVERITY_DAMAGED;

	if (result == TEXT_OK) {
		check_note(check, ring, run, index);
		return;
	}
	if (result == TEXT_BAD_CRC)
		severity = torn_severity(ring, index);
	run_end(run);
	check_found(check, severity, "slot %u: record %llu: %s%s", index,
		    ring->slots[index].info.seq, text_result_name(result),
		    torn_reason(severity));
}

/* Is there anything in the slot that is left from before, or nothing? */
static void check_unused(struct check *check, const struct ring *ring,
			 struct run *run, __u32 index)
{
	const char *state = slot_state_name(ring->slots[index].state);
	__u64 seq;

	if (!ring_seq(ring, index, &seq)) {
		run_add(run, index, state);
		return;
	}
	run_end(run);
	check_found(check, SEVERITY_CUT_SHORT, "slot %u: record %llu was not written (%s)",
		    index, seq, state);
}

static void check_bad_header(struct check *check, const struct slot *slot,
			     __u32 index)
{
	if (slot->state == SLOT_MISPLACED)
		check_found(check, SEVERITY_DAMAGED, "slot %u: record %llu belongs elsewhere",
			    index, slot->info.seq);
	else if (slot->state == SLOT_UNREADABLE)
		check_found(check, SEVERITY_DAMAGED, "slot %u: it cannot be read",
			    index);
	else
		check_found(check, SEVERITY_DAMAGED, "slot %u: its header has %s",
			    index, slot->verdict == PSTORE_MEDIA_BAD_MAGIC ?
			    "a damaged magic number" :
			    pstore_media_verdict_name(slot->verdict));
}

static void check_slot(struct check *check, const struct ring *ring,
		       struct run *run, __u32 index)
{
	const struct slot *slot = &ring->slots[index];

	switch (slot->state) {
	case SLOT_LIVE:
		check_live(check, ring, run, index);
		break;
	case SLOT_ERASED:
		run_add(run, index, slot_state_name(slot->state));
		break;
	case SLOT_BAD_HEADER:
	case SLOT_MISPLACED:
	case SLOT_UNREADABLE:
		run_end(run);
		check_bad_header(check, slot, index);
		break;
	default:
		check_unused(check, ring, run, index);
	}
}

static void check_slots(struct check *check)
{
	struct run run = { .check = check, .what = "slot" };
	struct ring ring;
	__u32 i;

	if (!ring_load(check->area, &ring)) {
		check_found(check, SEVERITY_DAMAGED, "the slots were not checked");
		return;
	}
	for (i = 0; i < ring.nr; i++)
		check_slot(check, &ring, &run, i);
	run_end(&run);
	ring_free(&ring);
}

static enum exit_code check_conclude(const struct check *check, bool strict)
{
	const char *name = check->area->image->name;
	FILE *out = check->area->out;

	if (check->damaged)
		fprintf(out, "%s: damaged: %u; cut short: %u\n", name,
			check->damaged, check->cut_short);
	else if (check->cut_short)
		fprintf(out, "%s: cut short: %u, which is normal after an unclean shutdown\n",
			name, check->cut_short);
	else
		fprintf(out, "%s: sound\n", name);
	return check->damaged || (strict && check->cut_short) ? EXIT_DAMAGE :
								EXIT_SOUND;
}

/* Check all of an area. */
enum exit_code command_check(struct area *area, const struct options *options)
{
	struct check check = { .area = area, .verbose = options->verbose };

	if (area->image->flash)
		check_flash(&check);
	check_layout(&check);
	check_slots(&check);
	check_streams(&check);
	return check_conclude(&check, options->strict);
}
