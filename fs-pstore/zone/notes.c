// SPDX-License-Identifier: GPL-2.0
/*
 * vmcoreinfo, which goes with a crash record.
 *
 * kdump's tools resolve the addresses in a dump with a note that the kernel makes at
 * boot: its build id, where it runs, where its tables are. The same note goes with
 * each crash: to the first part of it whose slot has room behind the payload.
 *
 * The text never changes once the kernel has booted. It is copied when the area is
 * attached, so that a crash, which may come in an NMI or inside of another one, copies
 * bytes from memory that is not in motion. Two crashes at the same time may both
 * give their later parts a note, which does no harm.
 */
#include <linux/hex.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmcore_info.h>

#include "zone.h"

/* The line that kdump adds in a crash, and room for it. */
#define NOTE_TIME	"CRASHTIME=%lld\n"
#define NOTE_TIME_BYTES	(sizeof("CRASHTIME=\n") + 20)

/* Digits of the largest number that 64 bits hold. */
#define NOTE_HEX_DIGITS	16

/* What follows @key at the start of a line. Return: NULL when no line begins so. */
static const char *note_find(const char *text, const char *key)
{
	const char *line = text;

	while (line && !str_has_prefix(line, key)) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return line ? line + strlen(key) : NULL;
}

static u64 note_hex(const char *at)
{
	char digits[NOTE_HEX_DIGITS + 1] = {};
	u64 value;

	memcpy(digits, at, min_t(size_t, strspn(at, "0123456789abcdef"),
				 NOTE_HEX_DIGITS));
	return kstrtou64(digits, 16, &value) ? 0 : value;
}

static void note_parse(struct pstore_note *note)
{
	const char *id = note_find(note->text, "BUILD-ID=");
	const char *offset = note_find(note->text, "KERNELOFFSET=");

	if (id && hex2bin(note->build_id, id, sizeof(note->build_id)))
		memset(note->build_id, 0, sizeof(note->build_id));
	if (offset)
		note->kernel_offset = note_hex(offset);
}

/*
 * Make a note of @bytes of vmcoreinfo; none of 0 bytes.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int pstore_note_init(struct pstore_note *note, const void *text, size_t bytes)
{
	memset(note, 0, sizeof(*note));
	if (!bytes)
		return 0;
	note->text = kmemdup_nul(text, bytes, GFP_KERNEL);
	if (!note->text)
		return -ENOMEM;
	note->text_bytes = bytes;
	note->bytes = pstore_media_note_bytes(bytes + NOTE_TIME_BYTES);
	note_parse(note);
	return 0;
}

/*
 * Make a note of this kernel's vmcoreinfo, or none where there was no memory for it.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int pstore_note_prepare(struct pstore_note *note)
{
	if (!vmcoreinfo_data)
		return 0;
	return pstore_note_init(note, vmcoreinfo_data, vmcoreinfo_size);
}

/* Context: Process context. Nobody uses the note any more. */
void pstore_note_exit(struct pstore_note *note)
{
	kfree(note->text);
	note->text = NULL;
}

/*
 * Context: Any.
 * Return: how far this kernel runs from where the one ran that @info is of, if that was
 *	the same build. If not, there is nothing to compare, and it is 0.
 */
u64 pstore_note_moved(const struct pstore_note *note,
		      const struct pstore_record_info *info)
{
	if (memcmp(note->build_id, info->build_id, sizeof(note->build_id)))
		return 0;
	return note->kernel_offset - info->kernel_offset;
}

/* Does the part that @info describes get the note: the first one that has room? */
static bool note_is_due(const struct pstore_area *area,
			const struct pstore_record_info *info)
{
	const struct pstore_note *note = &area->note;

	if (!note->bytes ||
	    note->bytes > area->slots.region.unit_bytes -
			  pstore_media_note_pos(info))
		return false;
	return atomic_read(&note->noted) != info->count;
}

/*
 * Put the note behind the payload that is at its place in @image, an image of a slot,
 * if this part gets it. @info, which describes the record, is told.
 *
 * Context: Any, NMI and panic context too.
 */
void pstore_note_put(struct pstore_area *area, void *image,
		     struct pstore_record_info *info)
{
	u32 pos = pstore_media_note_pos(info);
	void *at = image + pos, *end = image + PSTORE_MEDIA_HEADER_BYTES +
				       info->payload_bytes;
	char *text = at + sizeof(struct pstore_media_note);
	u32 bytes = area->note.text_bytes;

	if (!note_is_due(area, info))
		return;
	memset(end, 0, at - end);
	memcpy(text, area->note.text, bytes);
	bytes += scnprintf(text + bytes, NOTE_TIME_BYTES, NOTE_TIME,
			   info->time_sec);
	pstore_media_encode_note(at, bytes);
	info->note_bytes = pstore_media_note_bytes(bytes);
	info->note_crc = pstore_media_crc(at, info->note_bytes);
	atomic_set(&area->note.noted, info->count);
}
