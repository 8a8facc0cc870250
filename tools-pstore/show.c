// SPDX-License-Identifier: GPL-2.0
/*
 * Crashes and streams as text. What goes to the output is the text and nothing
 * else; what is missing in it goes to the messages.
 */
#include <stdlib.h>
#include <string.h>

#include "reader.h"

/* One record. */

static enum exit_code show_slot(struct area *area, const struct ring *ring,
				__u32 index)
{
	enum text_result result = text_write(area, ring, index, false);

	if (result == TEXT_OK)
		return EXIT_SOUND;
	area_err(area, "record %llu is not shown: %s",
		 ring->slots[index].info.seq, text_result_name(result));
	return EXIT_DAMAGE;
}

/* Record @seq, which is to be live. Return: its slot, or NULL after a message. */
static const struct slot *find_record(struct area *area,
				      const struct ring *ring, __u64 seq)
{
	__u32 i;

	for (i = 0; i < ring->nr; i++) {
		if (!slot_is_record(&ring->slots[i]) ||
		    ring->slots[i].info.seq != seq)
			continue;
		if (ring->slots[i].state == SLOT_LIVE)
			return &ring->slots[i];
		area_err(area, "record %llu was erased", seq);
		return NULL;
	}
	area_err(area, "there is no record %llu; see pstore-zone list", seq);
	return NULL;
}

/* All parts of a crash. */

/* The last part has the oldest lines. Of two copies, the second one was needed. */
static int part_cmp(const void *a, const void *b)
{
	const struct slot *x = *(const struct slot * const *)a;
	const struct slot *y = *(const struct slot * const *)b;

	if (x->info.part != y->info.part)
		return x->info.part > y->info.part ? -1 : 1;
	if (x->info.seq != y->info.seq)
		return x->info.seq > y->info.seq ? -1 : 1;
	return 0;
}

/* Collect the live parts of @crash in @parts. Return: how many there are. */
static __u32 crash_collect(const struct ring *ring,
			   const struct pstore_record_info *crash,
			   const struct slot **parts)
{
	__u32 i, n = 0;

	for (i = 0; i < ring->nr; i++)
		if (ring->slots[i].state == SLOT_LIVE &&
		    !crash_cmp(&ring->slots[i].info, crash))
			parts[n++] = &ring->slots[i];
	qsort(parts, n, sizeof(*parts), part_cmp);
	return n;
}

/* Show a part if it is intact. */
static bool crash_show_part(struct area *area, const struct ring *ring,
			    const struct slot *part)
{
	__u32 index = (__u32)(part - ring->slots);
	enum text_result result = text_verify(area, ring, index);

	if (result == TEXT_OK)
		result = text_write(area, ring, index, true);
	if (result == TEXT_OK)
		return true;
	area_err(area, "part %u of the crash, record %llu, is not shown: %s",
		 part->info.part, part->info.seq, text_result_name(result));
	return false;
}

/* Say that the parts between @above and @below are not there, if there are any. */
static bool crash_has_all(const struct area *area, __u64 above, __u64 below)
{
	if (above <= below + 1)
		return true;
	if (above == below + 2)
		area_err(area, "part %llu of the crash is missing", below + 1);
	else
		area_err(area, "parts %llu to %llu of the crash are missing",
			 below + 1, above - 1);
	return false;
}

/* Show the parts, of which there is at least one. Return: whether it was all. */
static bool crash_show_parts(struct area *area, const struct ring *ring,
			     const struct slot **parts, __u32 n)
{
	__u64 above = max(parts[0]->parts, parts[0]->info.part) + 1ULL;
	bool whole = true;
	__u32 i = 0;

	if (!parts[0]->parts) {
		area_err(area, "the oldest part of the crash is missing, so the beginning of its log is, too");
		whole = false;
	}
	while (i < n) {
		__u32 part = parts[i]->info.part;
		bool shown = false;

		whole &= crash_has_all(area, above, part);
		for (; i < n && parts[i]->info.part == part; i++)
			shown = shown || crash_show_part(area, ring, parts[i]);
		whole &= shown;
		above = part;
	}
	return crash_has_all(area, above, 0) && whole;
}

static enum exit_code show_crash(struct area *area, const struct ring *ring,
				 const struct pstore_record_info *crash)
{
	const struct slot **parts = calloc(ring->nr, sizeof(*parts));
	bool whole = false;
	__u32 n;

	if (!parts) {
		area_err(area, "no memory for the parts of a crash");
		return EXIT_DAMAGE;
	}
	n = crash_collect(ring, crash, parts);
	whole = crash_show_parts(area, ring, parts, n);
	free(parts);
	return whole ? EXIT_SOUND : EXIT_DAMAGE;
}

static const struct slot *find_newest_crash(struct area *area,
					    const struct ring *ring)
{
	const struct slot *newest = NULL;
	__u32 i;

	for (i = 0; i < ring->nr; i++)
		if (ring->slots[i].state == SLOT_LIVE &&
		    (!newest || ring->slots[i].info.seq > newest->info.seq))
			newest = &ring->slots[i];
	if (!newest)
		area_err(area, "there are no crash records");
	return newest;
}

static bool slot_is_of(const struct slot *slot, const struct options *options)
{
	char id[ID_CHARS];

	return slot->state == SLOT_LIVE && slot->info.count == options->count &&
	       !strncmp(id_text(id, slot->info.boot_id, PSTORE_MEDIA_ID_BYTES),
			options->boot_id, strlen(options->boot_id));
}

static const struct slot *find_named_crash(struct area *area,
					   const struct ring *ring,
					   const struct options *options)
{
	const struct slot *found = NULL;
	__u32 i;

	for (i = 0; i < ring->nr; i++) {
		if (!slot_is_of(&ring->slots[i], options))
			continue;
		if (found && crash_cmp(&found->info, &ring->slots[i].info)) {
			area_err(area, "several boots have an id that begins with %s; give more digits of it, see pstore-zone info",
				 options->boot_id);
			return NULL;
		}
		found = &ring->slots[i];
	}
	if (!found)
		area_err(area, "there is no crash %s:%u; see pstore-zone list",
			 options->boot_id, options->count);
	return found;
}

/*
 * Return: the record that was asked for, or one of the crash that was, or NULL after a
 * message.
 */
const struct slot *find_slot(struct area *area, const struct ring *ring,
			     const struct options *options)
{
	if (options->record)
		return find_record(area, ring, options->seq);
	return options->crash ? find_named_crash(area, ring, options) :
				find_newest_crash(area, ring);
}

static enum exit_code show_found(struct area *area, const struct ring *ring,
				 const struct slot *slot,
				 const struct options *options)
{
	if (options->record)
		return show_slot(area, ring, (__u32)(slot - ring->slots));
	return show_crash(area, ring, &slot->info);
}

static enum exit_code show_decoded(struct area *area, const struct ring *ring,
				   const struct slot *slot,
				   const struct options *options)
{
	struct decoder decoder;
	enum exit_code code = decoder_start(area, &decoder, &slot->info,
					    options);

	if (code != EXIT_SOUND)
		return code;
	code = show_found(area, ring, slot, options);
	return decoder_end(area, &decoder) ? code : EXIT_NO_AREA;
}

static enum exit_code show_from_ring(struct area *area,
				     const struct options *options)
{
	enum exit_code code = EXIT_DAMAGE;
	const struct slot *slot;
	struct ring ring;

	if (!ring_load(area, &ring))
		return EXIT_DAMAGE;
	slot = find_slot(area, &ring, options);
	if (slot && options->symbols)
		code = show_decoded(area, &ring, slot, options);
	else if (slot)
		code = show_found(area, &ring, slot, options);
	ring_free(&ring);
	return code;
}

/* Streams. */

static bool show_bank(struct area *area, const struct stream *stream,
		      unsigned int nr)
{
	struct bank bank;
	bool done;

	if (!bank_load(area, stream, nr, &bank))
		return false;
	if (stream->region->type == PSTORE_MEDIA_REGION_FTRACE)
		done = bank_write_trace(area, &bank);
	else
		done = bank_write(area, &bank);
	if (!bank.bytes)
		area_err(area, "there is nothing in the %s bank of the %s stream",
			 bank_age(stream, nr),
			 region_name(stream->region->type));
	done &= bank.bytes > 0;
	bank_free(&bank);
	return done;
}

static enum exit_code show_stream(struct area *area,
				  const struct options *options)
{
	const struct pstore_region *region = area_region(area, options->stream);
	struct stream stream;
	unsigned int nr;

	if (!region) {
		area_err(area, "the area has no %s stream",
			 region_name(options->stream));
		return EXIT_DAMAGE;
	}
	stream_load(area, region, &stream);
	nr = options->older ? !stream.newest : stream.newest;
	if (bank_is_live(&stream, nr))
		return show_bank(area, &stream, nr) ? EXIT_SOUND : EXIT_DAMAGE;
	area_err(area, "the %s bank of the %s stream is not shown: %s",
		 bank_age(&stream, nr), region_name(region->type),
		 bank_state(&stream, nr));
	return EXIT_DAMAGE;
}

/* Write what a crash, a record or a stream says. */
enum exit_code command_show(struct area *area, const struct options *options)
{
	enum exit_code code = options->stream ? show_stream(area, options) :
						show_from_ring(area, options);

	return area->unreadable && code == EXIT_SOUND ? EXIT_DAMAGE : code;
}
