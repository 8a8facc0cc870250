// SPDX-License-Identifier: GPL-2.0
/*
 * The ring of crash records. Each header is read, and no payload. Of what is
 * found, the newest record tells which number each slot should have; what has
 * another one is not a record of the ring.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/build_bug.h>

#include "reader.h"

static const char * const slot_state_names[] = {
	[SLOT_BLANK]		= "blank",
	[SLOT_LIVE]		= "live",
	[SLOT_ERASED]		= "erased",
	[SLOT_FOREIGN]		= "unused",
	[SLOT_STALE]		= "stale",
	[SLOT_PASSED]		= "passed over",
	[SLOT_BAD_HEADER]	= "bad header",
	[SLOT_MISPLACED]	= "misplaced",
	[SLOT_HEAD]		= "stream head",
	[SLOT_UNREADABLE]	= "unreadable",
};

static_assert(ARRAY_SIZE(slot_state_names) == SLOT_STATE_COUNT);

const char *slot_state_name(enum slot_state state)
{
	return slot_state_names[state];
}

bool slot_is_record(const struct slot *slot)
{
	return slot->state == SLOT_LIVE || slot->state == SLOT_ERASED;
}

/* Return: where in the image slot @index lies. */
__u64 ring_pos(const struct ring *ring, __u32 index)
{
	return ring->region->offset + (__u64)index * ring->region->unit_bytes;
}

static __u32 ring_index(const struct ring *ring, __u64 seq)
{
	return (__u32)((seq - ring->region->first_seq) % ring->nr);
}

/*
 * Which number belongs to slot @index, given the newest record?
 * Return: whether that number has been taken.
 */
bool ring_seq(const struct ring *ring, __u32 index, __u64 *seq)
{
	__u32 newest, back;

	if (!ring->used)
		return false;
	newest = ring_index(ring, ring->newest);
	back = newest >= index ? newest - index : newest + ring->nr - index;
	*seq = ring->newest - back;
	return ring->newest - ring->region->first_seq >= back;
}

/* Return: the slot from which on, round the ring, numbers only grow. */
__u32 ring_oldest(const struct ring *ring)
{
	return ring->used ? (ring_index(ring, ring->newest) + 1) % ring->nr : 0;
}

/*
 * Is there a header in area->block, but for its magic? The checksum covers the
 * magic, and would be right with it.
 */
bool header_has_lost_magic(struct area *area, __u32 slot_bytes)
{
	struct pstore_record_info info;

	memcpy(area->block, PSTORE_MEDIA_RECORD_MAGIC, PSTORE_MEDIA_MAGIC_BYTES);
	return pstore_media_decode_record(area->block, &area->layout, slot_bytes,
					  &info) == PSTORE_MEDIA_OK;
}

static enum slot_state slot_judge(struct area *area, const struct ring *ring,
				  __u32 index)
{
	struct slot *slot = &ring->slots[index];
	__u32 bytes = ring->region->unit_bytes;

	slot->verdict = pstore_media_decode_record(area->block, &area->layout,
						   bytes, &slot->info);
	switch (slot->verdict) {
	case PSTORE_MEDIA_OK:
		break;
	case PSTORE_MEDIA_BLANK:
		return SLOT_BLANK;
	case PSTORE_MEDIA_STALE:
		return SLOT_STALE;
	case PSTORE_MEDIA_BAD_MAGIC:
		return header_has_lost_magic(area, bytes) ? SLOT_BAD_HEADER :
							    SLOT_FOREIGN;
	default:
		return SLOT_BAD_HEADER;
	}
	if (slot->info.type != PSTORE_MEDIA_TYPE_CRASH)
		return SLOT_HEAD;
	if (slot->info.seq < ring->region->first_seq ||
	    ring_index(ring, slot->info.seq) != index)
		return SLOT_MISPLACED;
	return slot->info.state == PSTORE_MEDIA_LIVE ? SLOT_LIVE : SLOT_ERASED;
}

static void ring_look(struct area *area, struct ring *ring, __u32 index)
{
	struct slot *slot = &ring->slots[index];

	slot->state = SLOT_UNREADABLE;
	if (area_read(area, ring_pos(ring, index), area->block,
		      PSTORE_MEDIA_HEADER_BYTES))
		return;
	slot->state = slot_judge(area, ring, index);
	if (slot_is_record(slot) &&
	    (!ring->used || slot->info.seq > ring->newest)) {
		ring->used = true;
		ring->newest = slot->info.seq;
	}
}

/* What should have been written over is not shown. */
static void ring_pass_over(struct ring *ring)
{
	__u64 seq;
	__u32 i;

	for (i = 0; i < ring->nr; i++)
		if (slot_is_record(&ring->slots[i]) &&
		    (!ring_seq(ring, i, &seq) || ring->slots[i].info.seq != seq))
			ring->slots[i].state = SLOT_PASSED;
}

/* Orders records by crash. Return: as for qsort(); 0 for the same crash. */
int crash_cmp(const struct pstore_record_info *x,
	      const struct pstore_record_info *y)
{
	int ret = memcmp(x->boot_id, y->boot_id, sizeof(x->boot_id));

	if (ret)
		return ret;
	return x->count == y->count ? 0 : x->count < y->count ? -1 : 1;
}

static int slot_crash_cmp(const void *a, const void *b)
{
	const struct slot *x = *(struct slot * const *)a;
	const struct slot *y = *(struct slot * const *)b;

	return crash_cmp(&x->info, &y->info);
}

/* The records from @crash on up to @end are of one crash: how many parts has it? */
static void crash_set_parts(struct slot **crash, struct slot **end)
{
	struct slot **at;
	__u32 parts = 0;

	for (at = crash; at < end; at++)
		if ((*at)->info.flags & PSTORE_MEDIA_LAST_PART)
			parts = max(parts, (*at)->info.part);
	for (at = crash; at < end; at++)
		(*at)->parts = parts;
}

/* Tell each record how many parts its crash has. */
static bool ring_set_parts(struct ring *ring)
{
	struct slot **sorted = calloc(ring->nr, sizeof(struct slot *));
	__u32 i, n = 0, begin;

	if (!sorted)
		return false;
	for (i = 0; i < ring->nr; i++)
		if (slot_is_record(&ring->slots[i]))
			sorted[n++] = &ring->slots[i];
	qsort(sorted, n, sizeof(struct slot *), slot_crash_cmp);
	for (begin = 0; begin < n; begin = i) {
		for (i = begin + 1; i < n; i++)
			if (slot_crash_cmp(&sorted[begin], &sorted[i]))
				break;
		crash_set_parts(sorted + begin, sorted + i);
	}
	free(sorted);
	return true;
}

/*
 * Look at each slot. The ring is freed with ring_free().
 * Return: whether there was memory for it, else after a message.
 */
bool ring_load(struct area *area, struct ring *ring)
{
	__u32 i;

	memset(ring, 0, sizeof(*ring));
	ring->region = area_region(area, PSTORE_MEDIA_REGION_CRASH);
	ring->nr = (__u32)(ring->region->bytes / ring->region->unit_bytes);
	ring->slots = calloc(ring->nr, sizeof(*ring->slots));
	if (!ring->slots) {
		area_err(area, "no memory for %u slots", ring->nr);
		return false;
	}
	for (i = 0; i < ring->nr; i++)
		ring_look(area, ring, i);
	ring_pass_over(ring);
	if (ring_set_parts(ring))
		return true;
	area_err(area, "no memory for %u slots", ring->nr);
	ring_free(ring);
	return false;
}

void ring_free(struct ring *ring)
{
	free(ring->slots);
	ring->slots = NULL;
}

/* list */

static const char *part_text(char *buf, size_t size, const struct slot *slot)
{
	if (slot->parts)
		snprintf(buf, size, "%u/%u", slot->info.part, slot->parts);
	else
		snprintf(buf, size, "%u/?", slot->info.part);
	return buf;
}

static void list_record(struct area *area, const struct slot *slot, bool all)
{
	const struct pstore_record_info *info = &slot->info;
	char time[TIME_CHARS], release[RELEASE_CHARS], id[ID_CHARS];
	char part[24], reason[16], build[BUILD_ID_CHARS];

	fprintf(area->out, "%6llu  %-20s  %-9s  %5u  %7s  %8u  %-10s  ",
		info->seq, time_text(time, info),
		reason_text(reason, sizeof(reason), info->reason), info->count,
		part_text(part, sizeof(part), slot), info->payload_bytes,
		info->flags & PSTORE_MEDIA_COMPRESSED ? "compressed" : "plain");
	if (all)
		fprintf(area->out, "%-6s  ", slot_state_name(slot->state));
	fprintf(area->out, "%-8s  %-8s  %s\n", id_text(id, info->boot_id, 4),
		build_id_is_known(info) ? id_text(build, info->build_id, 4) : "-",
		release_text(release, info));
}

/*
 * List the records, newest last. With @all, those that were erased, too.
 * Return: whether there was memory for it.
 */
bool list_records(struct area *area, bool all)
{
	struct ring ring;
	__u32 i, index;

	if (!ring_load(area, &ring))
		return false;
	fprintf(area->out, "%6s  %-20s  %-9s  %5s  %7s  %8s  %-10s  %s%-8s  %-8s  %s\n",
		"RECORD", "TIME", "REASON", "CRASH", "PART", "BYTES", "TEXT",
		all ? "STATE   " : "", "BOOT", "BUILD", "RELEASE");
	index = ring_oldest(&ring);
	for (i = 0; i < ring.nr; i++, index = (index + 1) % ring.nr)
		if (ring.slots[index].state == SLOT_LIVE ||
		    (all && ring.slots[index].state == SLOT_ERASED))
			list_record(area, &ring.slots[index], all);
	ring_free(&ring);
	return true;
}

/* Say what there is to show. */
enum exit_code command_list(struct area *area, const struct options *options)
{
	bool done = list_records(area, options->all);

	done &= list_streams(area, options->all);
	return done && !area->unreadable ? EXIT_SOUND : EXIT_DAMAGE;
}
