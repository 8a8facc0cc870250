// SPDX-License-Identifier: GPL-2.0
/*
 * vmcoreinfo of a crash, which tells what the addresses in its text mean. It is read
 * as a whole and verified before any of it is used.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/build_bug.h>

#include "reader.h"

static const char * const note_result_names[] = {
	[NOTE_OK]		= "is readable",
	[NOTE_NONE]		= "is not there",
	[NOTE_UNREADABLE]	= "cannot be read",
	[NOTE_BAD_CRC]		= "does not match its checksum",
	[NOTE_BAD_FIELD]	= "is not an ELF note of that name",
	[NOTE_NO_MEMORY]	= "finds no memory",
};

static_assert(ARRAY_SIZE(note_result_names) == NOTE_RESULT_COUNT);

/* Return: text that follows "its vmcoreinfo". */
const char *note_result_name(enum note_result result)
{
	return note_result_names[result];
}

bool build_id_is_known(const struct pstore_record_info *info)
{
	static const __u8 unknown[sizeof(info->build_id)];

	return memcmp(info->build_id, unknown, sizeof(unknown));
}

/* Read the note in slot @index, of which @text_bytes are text, to @note. */
static enum note_result note_read(struct area *area, const struct ring *ring,
				  __u32 index, __u8 *note, __u32 *text_bytes)
{
	const struct pstore_record_info *info = &ring->slots[index].info;

	if (area_read(area, ring_pos(ring, index) + pstore_media_note_pos(info),
		      note, info->note_bytes))
		return NOTE_UNREADABLE;
	switch (pstore_media_decode_note(note, info, text_bytes)) {
	case PSTORE_MEDIA_OK:
		return NOTE_OK;
	case PSTORE_MEDIA_BAD_CRC:
		return NOTE_BAD_CRC;
	default:
		return NOTE_BAD_FIELD;
	}
}

/* Write the note, or with @elf not set its text; without @out, it is only verified. */
static enum note_result note_process(struct area *area, const struct ring *ring,
				     __u32 index, FILE *out, bool elf)
{
	const struct pstore_record_info *info = &ring->slots[index].info;
	const size_t head = sizeof(struct pstore_media_note);
	enum note_result result;
	__u32 text_bytes = 0;
	__u8 *note;

	if (!info->note_bytes)
		return NOTE_NONE;
	note = malloc(info->note_bytes);
	if (!note)
		return NOTE_NO_MEMORY;
	result = note_read(area, ring, index, note, &text_bytes);
	if (result == NOTE_OK && out && elf)
		fwrite(note, 1, info->note_bytes, out);
	else if (result == NOTE_OK && out)
		fwrite(note + head, 1, text_bytes, out);
	free(note);
	return result;
}

/* Is the note of the record in slot @index, which holds one, intact? */
enum note_result note_verify(struct area *area, const struct ring *ring,
			     __u32 index)
{
	return note_process(area, ring, index, NULL, false);
}

/* vmcoreinfo */

/* Write the note of the record in @slot. Return: whether it is there and intact. */
static bool write_note(struct area *area, const struct ring *ring,
		       const struct slot *slot, bool elf)
{
	enum note_result result = note_process(area, ring,
					       (__u32)(slot - ring->slots),
					       area->out, elf);

	if (result != NOTE_OK && result != NOTE_NONE)
		area_err(area, "record %llu: its vmcoreinfo %s", slot->info.seq,
			 note_result_name(result));
	return result == NOTE_OK;
}

/* Of a crash, the oldest record with a note that is intact: part 1 comes first. */
static bool write_crash_note(struct area *area, const struct ring *ring,
			     const struct slot *crash, bool elf)
{
	__u32 i, index = ring_oldest(ring);
	bool done = false;

	for (i = 0; i < ring->nr && !done; i++) {
		const struct slot *slot = &ring->slots[(index + i) % ring->nr];

		if (slot->state == SLOT_LIVE &&
		    !crash_cmp(&slot->info, &crash->info))
			done = write_note(area, ring, slot, elf);
	}
	return done;
}

/* In place of a note that is not there: what every header has. */
static void write_header(const struct area *area,
			 const struct pstore_record_info *info)
{
	char text[BUILD_ID_CHARS], release[RELEASE_CHARS];

	fprintf(area->out, "OSRELEASE=%s\n", release_text(release, info));
	if (build_id_is_known(info))
		fprintf(area->out, "BUILD-ID=%s\nKERNELOFFSET=%llx\n",
			id_text(text, info->build_id, sizeof(info->build_id)),
			info->kernel_offset);
	fprintf(area->out, "CRASHTIME=%lld\n", info->time_sec);
}

static enum exit_code write_vmcoreinfo(struct area *area,
				       const struct ring *ring,
				       const struct slot *slot,
				       const struct options *options)
{
	bool done = options->record ?
		    write_note(area, ring, slot, options->elf) :
		    write_crash_note(area, ring, slot, options->elf);

	if (done)
		return EXIT_SOUND;
	area_err(area, "the %s has no vmcoreinfo%s",
		 options->record ? "record" : "crash",
		 options->elf ? "" : "; this is what its header says");
	if (!options->elf)
		write_header(area, &slot->info);
	return EXIT_DAMAGE;
}

/* Write the vmcoreinfo of a crash or a record. */
enum exit_code command_vmcoreinfo(struct area *area,
				  const struct options *options)
{
	enum exit_code code = EXIT_DAMAGE;
	const struct slot *slot;
	struct ring ring;

	if (!ring_load(area, &ring))
		return EXIT_DAMAGE;
	slot = find_slot(area, &ring, options);
	if (slot)
		code = write_vmcoreinfo(area, &ring, slot, options);
	ring_free(&ring);
	return area->unreadable ? EXIT_DAMAGE : code;
}
