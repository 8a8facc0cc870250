// SPDX-License-Identifier: GPL-2.0
/*
 * The ring of crash records.
 *
 * Record s lies in slot (s - first_seq) modulo the number of slots, and an
 * erased record keeps its header. So the ring is ordered: from slot 0 on come
 * the records of the current lap, then those of the lap before, or blank slots
 * while there was none. Attaching looks for the end of the current lap by
 * halving, which takes a handful of reads however large the area is. Slots that
 * the device refused to write, and a panic that the power was cut in, leave gaps
 * whose length is bounded, see slots_gap(). Where halving has taken a gap for the
 * end, a record shows within that distance, and each header is read instead.
 *
 * A write never reads first: a slot is written from its start, and what is left
 * of an older record behind the new payload is not covered by any header.
 */
#define pr_fmt(fmt) "pstore_zone: " fmt

#include <linux/align.h>
#include <linux/kmsg_dump.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "zone.h"

/*
 * Longest run of numbers without a record: failed writes, what a panic has not
 * flushed, and the few that CPUs took with them into a panic and a panic inside
 * of it. Parts of a panic are only missing after a part that is not its last.
 */
#define PSTORE_SLOT_GAP		(PSTORE_SLOT_MAX_FAILED + \
				 PSTORE_SLOT_MAX_UNFLUSHED_OOPS)
#define PSTORE_SLOT_PANIC_GAP	(PSTORE_SLOT_GAP + PSTORE_SLOT_MAX_UNFLUSHED)

static u64 slots_index(const struct pstore_slots *slots, u64 seq)
{
	u64 index;

	div64_u64_rem(seq - slots->region.first_seq, slots->nr, &index);
	return index;
}

static u64 slots_lap(const struct pstore_slots *slots, u64 seq)
{
	return div64_u64(seq - slots->region.first_seq, slots->nr);
}

static u64 slots_index_pos(const struct pstore_slots *slots, u64 index)
{
	return slots->region.offset + index * slots->region.unit_bytes;
}

/* Context: Any. Return: where on the media record @seq lies, in bytes. */
u64 pstore_slots_pos(const struct pstore_slots *slots, u64 seq)
{
	return slots_index_pos(slots, slots_index(slots, seq));
}

/* Context: Any. Return: number of the oldest record that the ring can hold. */
u64 pstore_slots_oldest(const struct pstore_slots *slots)
{
	u64 next = atomic64_read(&slots->next_seq);

	if (next - slots->region.first_seq <= slots->nr)
		return slots->region.first_seq;
	return next - slots->nr;
}

static int slots_read_header(struct pstore_area *area, u64 index, void *buf)
{
	struct pstore_storage *st = area->storage;
	size_t len = max_t(size_t, st->write_unit, PSTORE_MEDIA_HEADER_BYTES);
	int ret;

	ret = st->ops->read(st, slots_index_pos(&area->slots, index), buf, len);
	if (ret)
		atomic_inc(&area->stats.io_errors);
	return ret;
}

/*
 * Look at slot @index. Return: 1 and the header if a record, live or erased, is
 * in it that belongs there, 0 if not, or the device's error.
 */
static int slots_look(struct pstore_area *area, u64 index,
		      struct pstore_record_info *info)
{
	struct pstore_slots *slots = &area->slots;
	int ret;

	lockdep_assert_held(&slots->lock);
	ret = slots_read_header(area, index, slots->io_buf);
	if (ret)
		return ret;
	if (pstore_media_decode_record(slots->io_buf, &area->layout,
				       slots->region.unit_bytes, info))
		return 0;
	return info->type == PSTORE_MEDIA_TYPE_CRASH &&
	       info->seq >= slots->region.first_seq &&
	       slots_index(slots, info->seq) == index;
}

/* Is the record in slot @index one of lap @lap? If so, it goes to @record. */
static bool slots_in_lap(struct pstore_area *area, u64 index, u64 lap,
			 struct pstore_record_info *record)
{
	struct pstore_record_info info;

	if (slots_look(area, index, &info) <= 0 ||
	    slots_lap(&area->slots, info.seq) != lap)
		return false;
	*record = info;
	return true;
}

/*
 * Largest sequence number in @n slots from @index on, round the ring, plus one;
 * @next if there is none that large.
 */
static u64 slots_scan(struct pstore_area *area, u64 index, u64 n, u64 next)
{
	struct pstore_record_info info;

	for (; n; n--, index++) {
		if (index >= area->slots.nr)
			index = 0;
		if (slots_look(area, index, &info) > 0)
			next = max(next, info.seq + 1);
		cond_resched();
	}
	return next;
}

/*
 * Last slot of the lap that @record, in slot 0, is of. Return: where halving comes
 * to, and in @record what is there.
 */
static u64 slots_halve(struct pstore_area *area,
		       struct pstore_record_info *record)
{
	u64 lap = slots_lap(&area->slots, record->seq);
	u64 low = 0, high = area->slots.nr;

	while (high - low > 1) {
		u64 mid = low + (high - low) / 2;

		if (slots_in_lap(area, mid, lap, record))
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* How far from this record on the next one may be. */
static u64 slots_gap(const struct pstore_record_info *info)
{
	if (info->reason == KMSG_DUMP_OOPS ||
	    info->flags & PSTORE_MEDIA_LAST_PART)
		return PSTORE_SLOT_GAP;
	return PSTORE_SLOT_PANIC_GAP;
}

/* The record that tells how far to look may be the one that cannot be read. */
static bool slots_is_unreadable(struct pstore_area *area, u64 index)
{
	struct pstore_record_info info;

	return index < area->slots.nr && slots_look(area, index, &info) < 0;
}

/* Find the next sequence number. */
static u64 slots_recover(struct pstore_area *area)
{
	struct pstore_slots *slots = &area->slots;
	u64 gap = PSTORE_SLOT_GAP, last = 0, next = slots->region.first_seq;
	struct pstore_record_info info;
	int first = slots_look(area, 0, &info);

	if (first > 0) {
		last = slots_halve(area, &info);
		next = info.seq + 1;
		gap = slots_gap(&info);
	}
	if (first < 0 || slots_is_unreadable(area, last + 1))
		gap = PSTORE_SLOT_PANIC_GAP;
	/* The end, or a gap? */
	if (slots_scan(area, last + 1, min(gap, slots->nr), next) == next)
		return next;
	return slots_scan(area, 0, slots->nr, next);
}

/*
 * Take up the ring that lies in @region of the area's device.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM. A slot that cannot be read counts as empty.
 */
int pstore_slots_init(struct pstore_area *area,
		      const struct pstore_region *region)
{
	struct pstore_slots *slots = &area->slots;

	slots->region = *region;
	slots->nr = div_u64(region->bytes, region->unit_bytes);
	mutex_init(&slots->lock);
	slots->io_buf = kvmalloc(region->unit_bytes, GFP_KERNEL);
	if (!slots->io_buf)
		return -ENOMEM;
	atomic64_set(&slots->erasing, 0);

	guard(mutex)(&slots->lock);
	atomic64_set(&slots->next_seq, slots_recover(area));
	return 0;
}

/* Context: Process context. Nobody uses the ring any more. */
void pstore_slots_exit(struct pstore_area *area)
{
	kvfree(area->slots.io_buf);
	area->slots.io_buf = NULL;
}

/*
 * Take the number for a write, and with it the slot. Numbers are only taken by
 * the one who is about to write.
 *
 * Context: Any, panic context too.
 * Return: the number.
 */
u64 pstore_slots_take(struct pstore_slots *slots)
{
	return atomic64_fetch_inc(&slots->next_seq);
}

/*
 * The write for number @seq has failed. The number is left behind, and with it a
 * slot that may be bad. After a run of failures it is not the slots, and the
 * number is given back, so that the ring has no gap which recovery cannot bridge.
 *
 * Context: Any, panic context too.
 */
void pstore_slots_failed(struct pstore_slots *slots, u64 seq)
{
	if (slots->failed < PSTORE_SLOT_MAX_FAILED)
		slots->failed++;
	else
		atomic64_cmpxchg(&slots->next_seq, seq + 1, seq);
}

/*
 * Write a record and return when it is durable. A slot that the device refuses is
 * left behind: the record then goes to the next one, a few times. @image holds
 * the payload at its place. @info gets the number before anything is written.
 *
 * Context: Process context, may sleep.
 * Return: 0 or the device's last error.
 */
int pstore_slots_write(struct pstore_area *area, void *image,
		       struct pstore_record_info *info)
{
	struct pstore_storage *st = area->storage;
	struct pstore_slots *slots = &area->slots;
	unsigned int tries;
	size_t len;
	int ret = -EIO;

	guard(mutex)(&slots->lock);
	for (tries = 0; tries < PSTORE_SLOT_TRIES; tries++) {
		WRITE_ONCE(info->seq, pstore_slots_take(slots));
		len = pstore_area_seal(area, image, info);
		ret = st->ops->write(st, pstore_slots_pos(slots, info->seq),
				     image, len);
		if (!ret) {
			slots->failed = 0;
			atomic_inc(&area->stats.written);
			return 0;
		}
		atomic_inc(&area->stats.io_errors);
		pstore_slots_failed(slots, info->seq);
	}
	atomic_inc(&area->stats.dropped);
	return ret;
}

/* Read the payload of the record whose header was looked at, and check it. */
static int slots_read_payload(struct pstore_area *area,
			      const struct pstore_record_info *info,
			      char **payload)
{
	struct pstore_storage *st = area->storage;
	struct pstore_slots *slots = &area->slots;
	size_t len = ALIGN(PSTORE_MEDIA_HEADER_BYTES + info->payload_bytes,
			   st->write_unit);
	const void *data = slots->io_buf + PSTORE_MEDIA_HEADER_BYTES;
	int ret;

	ret = st->ops->read(st, pstore_slots_pos(slots, info->seq),
			    slots->io_buf, len);
	if (ret) {
		atomic_inc(&area->stats.io_errors);
		return ret;
	}
	if (pstore_media_crc(data, info->payload_bytes) != info->payload_crc) {
		atomic_inc(&area->stats.torn);
		return -EUCLEAN;
	}
	*payload = kvmalloc(info->payload_bytes, GFP_KERNEL);
	if (!*payload)
		return -ENOMEM;
	memcpy(*payload, data, info->payload_bytes);
	return 0;
}

/*
 * Read the first live and intact record from @seq on. On success @seq is its
 * successor, and @payload is for the caller to kvfree().
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOENT when there is none; -ENOMEM.
 */
int pstore_slots_read(struct pstore_area *area, u64 *seq,
		      struct pstore_record_info *info, char **payload)
{
	struct pstore_slots *slots = &area->slots;
	u64 next;
	int ret;

	guard(mutex)(&slots->lock);
	*seq = max(*seq, pstore_slots_oldest(slots));
	next = atomic64_read(&slots->next_seq);
	while (*seq < next) {
		u64 s = (*seq)++;

		cond_resched();
		if (slots_look(area, slots_index(slots, s), info) <= 0 ||
		    info->seq != s || info->state != PSTORE_MEDIA_LIVE)
			continue;
		ret = slots_read_payload(area, info, payload);
		if (!ret || ret == -ENOMEM)
			return ret;
	}
	return -ENOENT;
}

/* Read and check the note of the record whose header was looked at. */
static int slots_load_note(struct pstore_area *area,
			   const struct pstore_record_info *info, char **text)
{
	struct pstore_storage *st = area->storage;
	u32 pos = pstore_media_note_pos(info), bytes;
	u32 from = ALIGN_DOWN(pos, st->write_unit);
	u32 to = ALIGN(pos + info->note_bytes, st->write_unit);
	const void *note = area->slots.io_buf + pos - from;
	int ret;

	ret = st->ops->read(st, pstore_slots_pos(&area->slots, info->seq) + from,
			    area->slots.io_buf, to - from);
	if (ret) {
		atomic_inc(&area->stats.io_errors);
		return ret;
	}
	if (pstore_media_decode_note(note, info, &bytes)) {
		atomic_inc(&area->stats.torn);
		return -EUCLEAN;
	}
	*text = kvmalloc(bytes, GFP_KERNEL);
	if (!*text)
		return -ENOMEM;
	memcpy(*text, note + sizeof(struct pstore_media_note), bytes);
	return bytes;
}

/*
 * Read the note of record @seq. @text is for the caller to kvfree().
 *
 * Context: Process context, may sleep.
 * Return: the size of the text; -ENOENT when the record is not there any more, or has
 *	no note; -EUCLEAN when it is damaged; -ENOMEM; or the device's error.
 */
int pstore_slots_read_note(struct pstore_area *area, u64 seq,
			   struct pstore_record_info *info, char **text)
{
	struct pstore_slots *slots = &area->slots;

	guard(mutex)(&slots->lock);
	if (slots_look(area, slots_index(slots, seq), info) <= 0 ||
	    info->seq != seq || info->state != PSTORE_MEDIA_LIVE ||
	    !info->note_bytes)
		return -ENOENT;
	return slots_load_note(area, info, text);
}

/*
 * Look at the header of record @seq.
 *
 * Context: Process context, may sleep.
 * Return: 1 and the header if the record is there, live or erased, 0 if not, or
 *	the device's error.
 */
int pstore_slots_header(struct pstore_area *area, u64 seq,
			struct pstore_record_info *info)
{
	struct pstore_slots *slots = &area->slots;
	int ret;

	guard(mutex)(&slots->lock);
	ret = slots_look(area, slots_index(slots, seq), info);
	return ret > 0 ? info->seq == seq : ret;
}

/*
 * How many records can be written before a live one gives way?
 *
 * Context: Process context, may sleep.
 */
u64 pstore_slots_room(struct pstore_area *area)
{
	u64 seq, next = atomic64_read(&area->slots.next_seq);
	struct pstore_record_info info;
	int ret;

	for (seq = pstore_slots_oldest(&area->slots); seq < next; seq++) {
		ret = pstore_slots_header(area, seq, &info);
		if (ret < 0 || (ret && info.state == PSTORE_MEDIA_LIVE))
			return area->slots.nr - (next - seq);
		cond_resched();
	}
	return area->slots.nr;
}

/*
 * May the ring hold a live record? One that cannot be read may be.
 *
 * Context: Process context, may sleep.
 */
bool pstore_slots_has_live(struct pstore_area *area)
{
	struct pstore_slots *slots = &area->slots;
	struct pstore_record_info info;
	u64 seq, next = atomic64_read(&slots->next_seq);
	int ret;

	guard(mutex)(&slots->lock);
	for (seq = pstore_slots_oldest(slots); seq < next; seq++) {
		ret = slots_look(area, slots_index(slots, seq), &info);
		if (ret < 0 || (ret && info.state == PSTORE_MEDIA_LIVE))
			return true;
		cond_resched();
	}
	return false;
}

/*
 * Write the header of record @seq again, in state @state and without a note. Only
 * one logical block is written, which the device writes whole or not at all.
 */
static int slots_drop(struct pstore_area *area, u64 seq,
		      enum pstore_media_state state)
{
	struct pstore_storage *st = area->storage;
	struct pstore_slots *slots = &area->slots;
	struct pstore_record_info info;
	size_t len = max_t(size_t, st->write_unit, PSTORE_MEDIA_HEADER_BYTES);
	int ret;

	guard(mutex)(&slots->lock);
	if (slots_look(area, slots_index(slots, seq), &info) <= 0 ||
	    info.seq != seq || info.state != PSTORE_MEDIA_LIVE ||
	    (state == PSTORE_MEDIA_LIVE && !info.note_bytes))
		return -ENOENT;

	info.state = state;
	info.note_bytes = 0;
	info.note_crc = 0;
	pstore_media_encode_record(slots->io_buf, &area->layout, &info);
	atomic64_set(&slots->erasing, seq + 1);
	ret = st->ops->write(st, pstore_slots_pos(slots, seq), slots->io_buf,
			     len);
	atomic64_set(&slots->erasing, 0);
	if (ret)
		atomic_inc(&area->stats.io_errors);
	return ret;
}

/*
 * Erase record @seq, and its note with it, and return when that is durable. Its
 * header stays, marked, so that its number stays taken.
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOENT when the ring has dropped the record; or the device's
 *	error.
 */
int pstore_slots_erase(struct pstore_area *area, u64 seq)
{
	return slots_drop(area, seq, PSTORE_MEDIA_ERASED);
}

/*
 * Erase the note of record @seq, and return when that is durable. The record stays.
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOENT when the record is not there any more, or has no note; or the
 *	device's error.
 */
int pstore_slots_erase_note(struct pstore_area *area, u64 seq)
{
	return slots_drop(area, seq, PSTORE_MEDIA_LIVE);
}
