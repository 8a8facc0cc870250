// SPDX-License-Identifier: GPL-2.0
/*
 * The on-media format: encode and validate. Pure functions, without I/O,
 * allocation or locks, so that they also serve in a panic. Nothing that was
 * read from media is used before it has been validated here.
 */
#include <linux/build_bug.h>
#include <linux/crc32.h>
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "media.h"

static_assert(sizeof(struct pstore_media_region) == 32);
static_assert(offsetof(struct pstore_media_region, offset) == 8);
static_assert(offsetof(struct pstore_media_region, bytes) == 16);
static_assert(offsetof(struct pstore_media_region, first_seq) == 24);

static_assert(sizeof(struct pstore_media_layout) == PSTORE_MEDIA_HEADER_BYTES);
static_assert(offsetof(struct pstore_media_layout, version) == 8);
static_assert(offsetof(struct pstore_media_layout, header_bytes) == 12);
static_assert(offsetof(struct pstore_media_layout, area_id) == 16);
static_assert(offsetof(struct pstore_media_layout, generation) == 32);
static_assert(offsetof(struct pstore_media_layout, area_bytes) == 40);
static_assert(offsetof(struct pstore_media_layout, nr_regions) == 48);
static_assert(offsetof(struct pstore_media_layout, regions) == 128);
static_assert(offsetof(struct pstore_media_layout, crc) ==
	      PSTORE_MEDIA_CRC_BYTES);

static_assert(sizeof(struct pstore_media_record) == PSTORE_MEDIA_HEADER_BYTES);
static_assert(offsetof(struct pstore_media_record, version) == 8);
static_assert(offsetof(struct pstore_media_record, header_bytes) == 12);
static_assert(offsetof(struct pstore_media_record, area_id) == 16);
static_assert(offsetof(struct pstore_media_record, generation) == 32);
static_assert(offsetof(struct pstore_media_record, seq) == 40);
static_assert(offsetof(struct pstore_media_record, state) == 48);
static_assert(offsetof(struct pstore_media_record, type) == 52);
static_assert(offsetof(struct pstore_media_record, reason) == 56);
static_assert(offsetof(struct pstore_media_record, count) == 60);
static_assert(offsetof(struct pstore_media_record, part) == 64);
static_assert(offsetof(struct pstore_media_record, flags) == 68);
static_assert(offsetof(struct pstore_media_record, payload_bytes) == 72);
static_assert(offsetof(struct pstore_media_record, payload_crc) == 76);
static_assert(offsetof(struct pstore_media_record, time_sec) == 80);
static_assert(offsetof(struct pstore_media_record, time_nsec) == 88);
static_assert(offsetof(struct pstore_media_record, boot_id) == 96);
static_assert(offsetof(struct pstore_media_record, release) == 112);
static_assert(offsetof(struct pstore_media_record, machine) == 176);
static_assert(offsetof(struct pstore_media_record, kernel_offset) == 192);
static_assert(offsetof(struct pstore_media_record, note_bytes) == 200);
static_assert(offsetof(struct pstore_media_record, note_crc) == 204);
static_assert(offsetof(struct pstore_media_record, build_id) == 208);
static_assert(offsetof(struct pstore_media_record, crc) ==
	      PSTORE_MEDIA_CRC_BYTES);

static_assert(sizeof(struct pstore_media_note) == 24);
static_assert(offsetof(struct pstore_media_note, text_bytes) == 4);
static_assert(offsetof(struct pstore_media_note, type) == 8);
static_assert(offsetof(struct pstore_media_note, name) == 12);
static_assert(sizeof(PSTORE_MEDIA_NOTE_NAME "\0") == 12);

static_assert(sizeof(struct pstore_media_block) ==
	      PSTORE_MEDIA_STREAM_HEADER_BYTES);
static_assert(offsetof(struct pstore_media_block, crc) == 4);
static_assert(offsetof(struct pstore_media_block, bytes) ==
	      PSTORE_MEDIA_STREAM_CRC_FROM);
static_assert(offsetof(struct pstore_media_block, begin) == 12);
static_assert(offsetof(struct pstore_media_block, end) == 16);
static_assert(offsetof(struct pstore_media_block, next) == 20);
static_assert(offsetof(struct pstore_media_block, stream) == 24);
static_assert(offsetof(struct pstore_media_block, generation) == 32);
static_assert(offsetof(struct pstore_media_block, offset) == 40);
static_assert(offsetof(struct pstore_media_block, boot_id) == 48);

static_assert(sizeof(struct pstore_media_trace) == 32);
static_assert(offsetof(struct pstore_media_trace, parent_ip) == 8);
static_assert(offsetof(struct pstore_media_trace, stamp) == 16);
static_assert(offsetof(struct pstore_media_trace, cpu) == 24);

static const char * const pstore_media_verdict_names[] = {
	[PSTORE_MEDIA_OK]		= "valid",
	[PSTORE_MEDIA_BLANK]		= "blank",
	[PSTORE_MEDIA_BAD_MAGIC]	= "not a pstore area",
	[PSTORE_MEDIA_NEWER_VERSION]	= "a newer version of the format",
	[PSTORE_MEDIA_BAD_CRC]		= "a checksum that does not match",
	[PSTORE_MEDIA_BAD_FIELD]	= "a field out of range",
	[PSTORE_MEDIA_STALE]		= "left from an earlier layout",
	[PSTORE_MEDIA_TOO_LARGE]	= "an area that is larger than the device",
};

static_assert(ARRAY_SIZE(pstore_media_verdict_names) ==
	      PSTORE_MEDIA_VERDICT_COUNT);

/*
 * What a verdict means, for messages.
 *
 * Context: Any, as for all functions in this file.
 * Return: text that follows "holds" or stands in brackets.
 */
const char *pstore_media_verdict_name(enum pstore_media_verdict verdict)
{
	return pstore_media_verdict_names[verdict];
}

/*
 * CRC-32C of @len bytes: initial value and final inversion all ones, as in iSCSI.
 *
 * Return: the checksum.
 */
__u32 pstore_media_crc(const void *data, size_t len)
{
	return ~__crc32c_le(~0U, data, len);
}

/*
 * Blank is what disks and flash are made of: all 0x00 or all 0xff.
 *
 * Return: 1 if @len bytes, at least one, are blank, else 0.
 */
int pstore_media_is_blank(const void *data, size_t len)
{
	const __u8 first = *(const __u8 *)data;

	return (first == 0x00 || first == 0xff) && !memchr_inv(data, first, len);
}

static void encode_layout(void *block, const struct pstore_layout *layout,
			  const char *magic)
{
	struct pstore_media_layout *m = block;
	__u32 i;

	memset(block, 0, PSTORE_MEDIA_BLOCK_BYTES);
	memcpy(m->magic, magic, sizeof(m->magic));
	m->version = cpu_to_le32(PSTORE_MEDIA_VERSION);
	m->header_bytes = cpu_to_le32(PSTORE_MEDIA_HEADER_BYTES);
	memcpy(m->area_id, layout->area_id, sizeof(m->area_id));
	m->generation = cpu_to_le64(layout->generation);
	m->area_bytes = cpu_to_le64(layout->area_bytes);
	m->nr_regions = cpu_to_le32(layout->nr_regions);
	for (i = 0; i < layout->nr_regions; i++) {
		const struct pstore_region *r = &layout->regions[i];

		m->regions[i].type = cpu_to_le32(r->type);
		m->regions[i].unit_bytes = cpu_to_le32(r->unit_bytes);
		m->regions[i].offset = cpu_to_le64(r->offset);
		m->regions[i].bytes = cpu_to_le64(r->bytes);
		m->regions[i].first_seq = cpu_to_le64(r->first_seq);
	}
	m->crc = cpu_to_le32(pstore_media_crc(m, PSTORE_MEDIA_CRC_BYTES));
}

/*
 * Make a layout block of PSTORE_MEDIA_BLOCK_BYTES at @block. @layout has at most
 * PSTORE_MEDIA_MAX_REGIONS regions.
 */
void pstore_media_encode_layout(void *block, const struct pstore_layout *layout)
{
	encode_layout(block, layout, PSTORE_MEDIA_LAYOUT_MAGIC);
}

/*
 * Make a block that stands in for the last layout block while an older kernel's
 * area is taken over. @copied says that all of its records have been copied.
 */
void pstore_media_encode_takeover(void *block,
				  const struct pstore_layout *layout,
				  int copied)
{
	encode_layout(block, layout, copied ? PSTORE_MEDIA_COPIED_MAGIC :
					      PSTORE_MEDIA_COPYING_MAGIC);
}

/*
 * What is common to both headers, in all versions: the first 12 bytes and the CRC
 * at the end.
 */
static enum pstore_media_verdict
validate_header(const void *header, const char *magic)
{
	const struct pstore_media_record *m = header;

	if (pstore_media_is_blank(header, PSTORE_MEDIA_HEADER_BYTES))
		return PSTORE_MEDIA_BLANK;
	if (memcmp(m->magic, magic, sizeof(m->magic)))
		return PSTORE_MEDIA_BAD_MAGIC;
	if (le32_to_cpu(m->crc) != pstore_media_crc(m, PSTORE_MEDIA_CRC_BYTES))
		return PSTORE_MEDIA_BAD_CRC;
	if (le32_to_cpu(m->version) > PSTORE_MEDIA_VERSION)
		return PSTORE_MEDIA_NEWER_VERSION;
	if (le32_to_cpu(m->version) != PSTORE_MEDIA_VERSION ||
	    le32_to_cpu(m->header_bytes) != PSTORE_MEDIA_HEADER_BYTES)
		return PSTORE_MEDIA_BAD_FIELD;
	return PSTORE_MEDIA_OK;
}

/* Does a region of type @region_type hold a stream? Return: 1 or 0. */
int pstore_media_is_stream(__u32 region_type)
{
	return region_type == PSTORE_MEDIA_REGION_CONSOLE ||
	       region_type == PSTORE_MEDIA_REGION_FTRACE ||
	       region_type == PSTORE_MEDIA_REGION_PMSG;
}

static __u32 bank_bytes(const struct pstore_region *region)
{
	return (__u32)(region->bytes / PSTORE_MEDIA_BANKS);
}

/* Return: how many blocks each bank of a stream's region has. */
__u32 pstore_media_bank_blocks(const struct pstore_region *region)
{
	return (bank_bytes(region) - PSTORE_MEDIA_BLOCK_BYTES) /
	       region->unit_bytes;
}

/* Return: where in the area the head of bank @bank lies. */
__u64 pstore_media_bank_pos(const struct pstore_region *region, __u32 bank)
{
	return region->offset + (__u64)bank * bank_bytes(region);
}

/* Return: where in the area block @block of bank @bank lies. */
__u64 pstore_media_block_pos(const struct pstore_region *region, __u32 bank,
			     __u32 block)
{
	return pstore_media_bank_pos(region, bank) + PSTORE_MEDIA_BLOCK_BYTES +
	       (__u64)block * region->unit_bytes;
}

static __u32 block_capacity(__u32 unit_bytes)
{
	return unit_bytes - PSTORE_MEDIA_STREAM_HEADER_BYTES;
}

/*
 * Blocks are not full: two neighbours in a stream may hold little more than fits
 * into one, and a block that has been continued elsewhere is of no use, at times
 * one in five. With the worst of sizes, just over two fifths of the room is used.
 *
 * Return: how many of its newest bytes a stream keeps at least.
 */
__u32 pstore_media_stream_bytes(const struct pstore_region *region)
{
	__u32 blocks = pstore_media_bank_blocks(region) -
		       PSTORE_MEDIA_SPARE_BLOCKS;

	return min(blocks / 5 * 2 * block_capacity(region->unit_bytes),
		   PSTORE_MEDIA_MAX_STREAM_BYTES);
}

/*
 * Return: the size of a region that keeps at least @stream_bytes, which are at
 * most PSTORE_MEDIA_MAX_STREAM_BYTES.
 */
__u64 pstore_media_stream_region_bytes(__u32 stream_bytes, __u32 unit_bytes)
{
	__u64 blocks = 5 * DIV_ROUND_UP(stream_bytes,
					2 * block_capacity(unit_bytes)) +
		       PSTORE_MEDIA_SPARE_BLOCKS;
	__u64 bank = PSTORE_MEDIA_BLOCK_BYTES + blocks * unit_bytes;

	return PSTORE_MEDIA_BANKS *
	       ((bank + PSTORE_MEDIA_BLOCK_BYTES - 1) &
		~(__u64)(PSTORE_MEDIA_BLOCK_BYTES - 1));
}

static int crash_region_is_valid(const struct pstore_region *r)
{
	__u64 units = r->bytes;

	if (r->unit_bytes < PSTORE_MEDIA_MIN_SLOT_BYTES ||
	    r->unit_bytes > PSTORE_MEDIA_MAX_SLOT_BYTES ||
	    r->unit_bytes % PSTORE_MEDIA_BLOCK_BYTES)
		return 0;
	return !do_div(units, r->unit_bytes) &&
	       units >= PSTORE_MEDIA_MIN_SLOTS &&
	       units <= PSTORE_MEDIA_MAX_SLOTS;
}

static int stream_region_is_valid(const struct pstore_region *r)
{
	__u32 unit = r->unit_bytes;

	if (unit < PSTORE_MEDIA_MIN_BLOCK_BYTES ||
	    unit > PSTORE_MEDIA_MAX_BLOCK_BYTES || (unit & (unit - 1)))
		return 0;
	return !(r->bytes % (PSTORE_MEDIA_BANKS * PSTORE_MEDIA_BLOCK_BYTES)) &&
	       r->bytes >= pstore_media_stream_region_bytes(1, unit) &&
	       r->bytes <= pstore_media_stream_region_bytes(PSTORE_MEDIA_MAX_STREAM_BYTES,
							    unit);
}

static int region_is_valid(const struct pstore_region *r)
{
	if (r->type == PSTORE_MEDIA_REGION_CRASH)
		return crash_region_is_valid(r);
	return pstore_media_is_stream(r->type) && stream_region_is_valid(r);
}

/*
 * A region lies after the one before it, which ends at @floor, and before the
 * last layout block. Return: its end, or 0 if it does not.
 */
static __u64 region_end(const struct pstore_region *r, __u64 floor,
			__u64 area_bytes)
{
	__u64 end;

	if (!region_is_valid(r))
		return 0;
	if (r->offset < floor || r->offset % PSTORE_MEDIA_BLOCK_BYTES)
		return 0;
	if (check_add_overflow(r->offset, r->bytes, &end) ||
	    end > area_bytes - PSTORE_MEDIA_BLOCK_BYTES)
		return 0;
	return end;
}

/* Each type at most once, and crash records always. */
static int layout_types_are_valid(const struct pstore_layout *layout)
{
	__u32 i, seen = 0;

	for (i = 0; i < layout->nr_regions; i++) {
		__u32 bit = 1U << (layout->regions[i].type & 31);

		if (seen & bit)
			return 0;
		seen |= bit;
	}
	return seen & (1U << PSTORE_MEDIA_REGION_CRASH);
}

static int layout_is_valid(const struct pstore_layout *layout)
{
	__u64 floor = PSTORE_MEDIA_BLOCK_BYTES;
	__u32 i;

	if (!layout->generation || !layout->nr_regions ||
	    layout->nr_regions > PSTORE_MEDIA_MAX_REGIONS)
		return 0;
	if (layout->area_bytes < 2 * PSTORE_MEDIA_BLOCK_BYTES ||
	    layout->area_bytes % PSTORE_MEDIA_BLOCK_BYTES)
		return 0;
	for (i = 0; i < layout->nr_regions; i++) {
		floor = region_end(&layout->regions[i], floor,
				   layout->area_bytes);
		if (!floor)
			return 0;
	}
	return layout_types_are_valid(layout);
}

/* The fields of a layout, behind what all headers have. */
static enum pstore_media_verdict
decode_layout(const struct pstore_media_layout *m, __u64 area_bytes,
	      struct pstore_layout *layout)
{
	struct pstore_layout l = {};
	__u32 i;

	memcpy(l.area_id, m->area_id, sizeof(l.area_id));
	l.generation = le64_to_cpu(m->generation);
	l.area_bytes = le64_to_cpu(m->area_bytes);
	l.nr_regions = le32_to_cpu(m->nr_regions);
	for (i = 0; i < min(l.nr_regions, PSTORE_MEDIA_MAX_REGIONS); i++) {
		l.regions[i].type = le32_to_cpu(m->regions[i].type);
		l.regions[i].unit_bytes = le32_to_cpu(m->regions[i].unit_bytes);
		l.regions[i].offset = le64_to_cpu(m->regions[i].offset);
		l.regions[i].bytes = le64_to_cpu(m->regions[i].bytes);
		l.regions[i].first_seq = le64_to_cpu(m->regions[i].first_seq);
	}
	if (!layout_is_valid(&l))
		return PSTORE_MEDIA_BAD_FIELD;
	if (l.area_bytes > area_bytes)
		return PSTORE_MEDIA_TOO_LARGE;
	*layout = l;
	return PSTORE_MEDIA_OK;
}

/*
 * Decode a layout block of PSTORE_MEDIA_BLOCK_BYTES from a device of
 * @area_bytes. @layout is only filled in when the verdict is PSTORE_MEDIA_OK.
 *
 * Return: the verdict.
 */
enum pstore_media_verdict
pstore_media_decode_layout(const void *block, __u64 area_bytes,
			   struct pstore_layout *layout)
{
	enum pstore_media_verdict verdict;

	verdict = validate_header(block, PSTORE_MEDIA_LAYOUT_MAGIC);
	if (verdict == PSTORE_MEDIA_BLANK &&
	    !pstore_media_is_blank(block, PSTORE_MEDIA_BLOCK_BYTES))
		return PSTORE_MEDIA_BAD_MAGIC;
	if (verdict != PSTORE_MEDIA_OK)
		return verdict;
	if (!pstore_media_is_blank(block + PSTORE_MEDIA_HEADER_BYTES,
				   PSTORE_MEDIA_BLOCK_BYTES -
				   PSTORE_MEDIA_HEADER_BYTES))
		return PSTORE_MEDIA_BAD_FIELD;
	return decode_layout(block, area_bytes, layout);
}

/*
 * Decode what stands in for the last layout block while an area is taken over, and
 * whether all of it has been @copied. Only PSTORE_MEDIA_HEADER_BYTES are looked at:
 * the power may have failed before the rest became blank.
 *
 * Return: the verdict, as for a layout block.
 */
enum pstore_media_verdict
pstore_media_decode_takeover(const void *block, __u64 area_bytes,
			     struct pstore_layout *layout, int *copied)
{
	enum pstore_media_verdict verdict;

	*copied = 0;
	verdict = validate_header(block, PSTORE_MEDIA_COPYING_MAGIC);
	if (verdict == PSTORE_MEDIA_BAD_MAGIC) {
		*copied = 1;
		verdict = validate_header(block, PSTORE_MEDIA_COPIED_MAGIC);
	}
	if (verdict != PSTORE_MEDIA_OK)
		return verdict;
	return decode_layout(block, area_bytes, layout);
}

/* Make a record's header of PSTORE_MEDIA_HEADER_BYTES at @header. */
void pstore_media_encode_record(void *header,
				const struct pstore_layout *layout,
				const struct pstore_record_info *info)
{
	struct pstore_media_record *m = header;

	memset(m, 0, sizeof(*m));
	memcpy(m->magic, PSTORE_MEDIA_RECORD_MAGIC, sizeof(m->magic));
	m->version = cpu_to_le32(PSTORE_MEDIA_VERSION);
	m->header_bytes = cpu_to_le32(PSTORE_MEDIA_HEADER_BYTES);
	memcpy(m->area_id, layout->area_id, sizeof(m->area_id));
	m->generation = cpu_to_le64(layout->generation);
	m->seq = cpu_to_le64(info->seq);
	m->state = cpu_to_le32(info->state);
	m->type = cpu_to_le32(info->type);
	m->reason = cpu_to_le32(info->reason);
	m->count = cpu_to_le32(info->count);
	m->part = cpu_to_le32(info->part);
	m->flags = cpu_to_le32(info->flags);
	m->payload_bytes = cpu_to_le32(info->payload_bytes);
	m->payload_crc = cpu_to_le32(info->payload_crc);
	m->time_sec = cpu_to_le64(info->time_sec);
	m->time_nsec = cpu_to_le32(info->time_nsec);
	memcpy(m->boot_id, info->boot_id, sizeof(m->boot_id));
	memcpy(m->release, info->release, sizeof(m->release));
	memcpy(m->machine, info->machine, sizeof(m->machine));
	m->kernel_offset = cpu_to_le64(info->kernel_offset);
	m->note_bytes = cpu_to_le32(info->note_bytes);
	m->note_crc = cpu_to_le32(info->note_crc);
	memcpy(m->build_id, info->build_id, sizeof(m->build_id));
	m->crc = cpu_to_le32(pstore_media_crc(m, PSTORE_MEDIA_CRC_BYTES));
}

static __u32 note_align(__u32 n)
{
	return (n + PSTORE_MEDIA_NOTE_ALIGN - 1) & ~(PSTORE_MEDIA_NOTE_ALIGN - 1);
}

/* Return: where in its slot a record has its note, if it has one, in bytes. */
__u32 pstore_media_note_pos(const struct pstore_record_info *info)
{
	return note_align(PSTORE_MEDIA_HEADER_BYTES + info->payload_bytes);
}

/* Return: the size of a note with a text of @text_bytes. */
__u32 pstore_media_note_bytes(__u32 text_bytes)
{
	return sizeof(struct pstore_media_note) + note_align(text_bytes);
}

/* Complete a note at @note whose text is at its place. */
void pstore_media_encode_note(void *note, __u32 text_bytes)
{
	struct pstore_media_note *m = note;

	memset(m, 0, sizeof(*m));
	m->name_bytes = cpu_to_le32(sizeof(PSTORE_MEDIA_NOTE_NAME));
	m->text_bytes = cpu_to_le32(text_bytes);
	memcpy(m->name, PSTORE_MEDIA_NOTE_NAME, sizeof(PSTORE_MEDIA_NOTE_NAME));
	memset(note + sizeof(*m) + text_bytes, 0,
	       note_align(text_bytes) - text_bytes);
}

/*
 * Look at the note of the record that @info describes. @text_bytes, the size of the
 * text behind its struct pstore_media_note, is only filled in when the verdict is
 * PSTORE_MEDIA_OK.
 *
 * Return: the verdict.
 */
enum pstore_media_verdict
pstore_media_decode_note(const void *note,
			 const struct pstore_record_info *info,
			 __u32 *text_bytes)
{
	const struct pstore_media_note *m = note;
	__u32 bytes;

	if (pstore_media_crc(note, info->note_bytes) != info->note_crc)
		return PSTORE_MEDIA_BAD_CRC;
	bytes = le32_to_cpu(m->text_bytes);
	if (le32_to_cpu(m->name_bytes) != sizeof(PSTORE_MEDIA_NOTE_NAME) ||
	    m->type ||
	    memcmp(m->name, PSTORE_MEDIA_NOTE_NAME "\0", sizeof(m->name)))
		return PSTORE_MEDIA_BAD_FIELD;
	if (!bytes || bytes > info->note_bytes ||
	    pstore_media_note_bytes(bytes) != info->note_bytes)
		return PSTORE_MEDIA_BAD_FIELD;
	*text_bytes = bytes;
	return PSTORE_MEDIA_OK;
}

/* A payload that fits ends at a place from which on a note may fit. */
static int note_is_valid(const struct pstore_record_info *info,
			 __u32 slot_bytes)
{
	if (!info->note_bytes)
		return 1;
	return info->note_bytes >= pstore_media_note_bytes(1) &&
	       !(info->note_bytes % PSTORE_MEDIA_NOTE_ALIGN) &&
	       info->note_bytes <= slot_bytes - pstore_media_note_pos(info);
}

static int record_is_valid(const struct pstore_record_info *info,
			   __u32 slot_bytes)
{
	if (info->state != PSTORE_MEDIA_LIVE &&
	    info->state != PSTORE_MEDIA_ERASED)
		return 0;
	if (info->time_nsec >= 1000000000 || !(info->seq + 1))
		return 0;
	if (info->type != PSTORE_MEDIA_TYPE_CRASH)
		return pstore_media_is_stream(info->type) &&
		       !info->payload_bytes && !info->note_bytes;
	return info->payload_bytes &&
	       info->payload_bytes <= slot_bytes - PSTORE_MEDIA_HEADER_BYTES &&
	       note_is_valid(info, slot_bytes);
}

/*
 * Decode the header of a record, or the head of a bank, from a slot of @slot_bytes in the area that
 * @layout describes. @info is only filled in when the verdict is
 * PSTORE_MEDIA_OK. Neither the payload nor the note is looked at.
 *
 * Return: the verdict.
 */
enum pstore_media_verdict
pstore_media_decode_record(const void *header,
			   const struct pstore_layout *layout,
			   __u32 slot_bytes, struct pstore_record_info *info)
{
	const struct pstore_media_record *m = header;
	struct pstore_record_info i = {};
	enum pstore_media_verdict verdict;

	verdict = validate_header(header, PSTORE_MEDIA_RECORD_MAGIC);
	if (verdict != PSTORE_MEDIA_OK)
		return verdict;
	if (memcmp(m->area_id, layout->area_id, sizeof(m->area_id)) ||
	    le64_to_cpu(m->generation) != layout->generation)
		return PSTORE_MEDIA_STALE;

	i.seq = le64_to_cpu(m->seq);
	i.state = le32_to_cpu(m->state);
	i.type = le32_to_cpu(m->type);
	i.reason = le32_to_cpu(m->reason);
	i.count = le32_to_cpu(m->count);
	i.part = le32_to_cpu(m->part);
	i.flags = le32_to_cpu(m->flags);
	i.payload_bytes = le32_to_cpu(m->payload_bytes);
	i.payload_crc = le32_to_cpu(m->payload_crc);
	i.time_sec = (__s64)le64_to_cpu(m->time_sec);
	i.time_nsec = le32_to_cpu(m->time_nsec);
	memcpy(i.boot_id, m->boot_id, sizeof(i.boot_id));
	memcpy(i.release, m->release, sizeof(i.release));
	memcpy(i.machine, m->machine, sizeof(i.machine));
	i.kernel_offset = le64_to_cpu(m->kernel_offset);
	i.note_bytes = le32_to_cpu(m->note_bytes);
	i.note_crc = le32_to_cpu(m->note_crc);
	memcpy(i.build_id, m->build_id, sizeof(i.build_id));
	if (!record_is_valid(&i, slot_bytes))
		return PSTORE_MEDIA_BAD_FIELD;
	*info = i;
	return PSTORE_MEDIA_OK;
}

static __u32 block_crc(const void *block, const struct pstore_layout *layout,
		       __u32 unit_bytes)
{
	__u32 crc = __crc32c_le(~0U, layout->area_id, sizeof(layout->area_id));

	return ~__crc32c_le(crc, block + PSTORE_MEDIA_STREAM_CRC_FROM,
			    unit_bytes - PSTORE_MEDIA_STREAM_CRC_FROM);
}

/*
 * Make a block of @unit_bytes at @block, where its bytes already are behind the
 * header. It belongs to the stream whose bank has @head.
 */
void pstore_media_encode_block(void *block, const struct pstore_layout *layout,
			       const struct pstore_record_info *head,
			       __u32 unit_bytes,
			       const struct pstore_block_info *info)
{
	struct pstore_media_block *m = block;
	__u32 used = PSTORE_MEDIA_STREAM_HEADER_BYTES + info->bytes;

	memset(block + used, 0, unit_bytes - used);
	m->magic = cpu_to_le32(PSTORE_MEDIA_STREAM_BLOCK_MAGIC);
	m->bytes = cpu_to_le32(info->bytes);
	m->begin = cpu_to_le32((__u32)(info->begin - info->offset));
	m->end = cpu_to_le32((__u32)(info->end - info->offset));
	m->next = cpu_to_le32(info->next);
	m->stream = cpu_to_le64(head->seq);
	m->generation = cpu_to_le64(layout->generation);
	m->offset = cpu_to_le64(info->offset);
	memcpy(m->boot_id, head->boot_id, sizeof(m->boot_id));
	m->crc = cpu_to_le32(block_crc(block, layout, unit_bytes));
}

static int block_is_valid(const struct pstore_block_info *info)
{
	__u64 end;

	return info->bytes &&
	       !check_add_overflow(info->offset, (__u64)info->bytes, &end) &&
	       info->end >= end && info->begin < end &&
	       info->end - info->begin <= PSTORE_MEDIA_MAX_STREAM_BYTES;
}

/*
 * Decode a block of @unit_bytes from the bank that has @head. @info is only
 * filled in when the verdict is PSTORE_MEDIA_OK.
 *
 * Return: the verdict.
 */
enum pstore_media_verdict
pstore_media_decode_block(const void *block, const struct pstore_layout *layout,
			  const struct pstore_record_info *head,
			  __u32 unit_bytes, struct pstore_block_info *info)
{
	const struct pstore_media_block *m = block;
	struct pstore_block_info i = {};

	if (pstore_media_is_blank(block, PSTORE_MEDIA_STREAM_HEADER_BYTES))
		return PSTORE_MEDIA_BLANK;
	if (le32_to_cpu(m->magic) != PSTORE_MEDIA_STREAM_BLOCK_MAGIC)
		return PSTORE_MEDIA_BAD_MAGIC;
	if (le32_to_cpu(m->crc) != block_crc(block, layout, unit_bytes))
		return PSTORE_MEDIA_BAD_CRC;
	if (le64_to_cpu(m->generation) != layout->generation ||
	    le64_to_cpu(m->stream) != head->seq ||
	    memcmp(m->boot_id, head->boot_id, sizeof(m->boot_id)))
		return PSTORE_MEDIA_STALE;

	i.offset = le64_to_cpu(m->offset);
	i.begin = i.offset + (__s32)le32_to_cpu(m->begin);
	i.end = i.offset + le32_to_cpu(m->end);
	i.bytes = le32_to_cpu(m->bytes);
	i.next = le32_to_cpu(m->next);
	if (i.bytes > block_capacity(unit_bytes) || !block_is_valid(&i))
		return PSTORE_MEDIA_BAD_FIELD;
	*info = i;
	return PSTORE_MEDIA_OK;
}

/*
 * Orders blocks for pstore_media_assemble(), as sort() and qsort() want it: by
 * offset; of those with the same one, the longest first.
 */
int pstore_media_block_cmp(const void *a, const void *b)
{
	const struct pstore_block_info *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return 0;
}

/* What has been assembled so far. */
struct assembly {
	struct pstore_block_info *blocks;
	__u32	taken;		/* number of the last block taken, plus one */
	__u64	end;		/* up to here, bytes have been found */
	__u64	begin;		/* the append that reaches up to @end: its begin */
	__u64	append_end;	/* and its end */
	__u64	hole;		/* appends that began before this are not whole */
};

/* Of what was taken, drop the bytes from @from on. */
static void assembly_cut(struct assembly *a, __u64 from)
{
	while (a->taken) {
		struct pstore_block_info *b = &a->blocks[a->taken - 1];
		__u64 start = b->offset + b->skip;

		if (start < from) {
			b->take = (__u32)min((__u64)b->take, from - start);
			return;
		}
		b->take = 0;
		a->taken = b->before;
	}
}

/* The bytes from a->end on are not there. */
static void assembly_gap(struct assembly *a)
{
	if (a->append_end > a->end)
		assembly_cut(a, a->begin);
}

/*
 * The first block of all may have lost the beginning of its append to the ring,
 * but only if the ring has come round: then it has @limit bytes.
 */
static void assembly_start(struct assembly *a, __u32 nr, __u32 limit)
{
	__u64 first = a->blocks[0].offset, newest = 0;
	__u32 i;

	for (i = 0; i < nr; i++)
		newest = max(newest, a->blocks[i].offset + a->blocks[i].bytes);
	a->end = first;
	a->append_end = first;
	a->hole = newest - first < limit ? first : 0;
}

static void assembly_add(struct assembly *a, __u32 nr)
{
	struct pstore_block_info *b = &a->blocks[nr];
	__u64 end = b->offset + b->bytes;

	b->skip = 0;
	b->take = 0;
	if (end <= a->end)
		return;
	if (b->offset > a->end) {
		assembly_gap(a);
		a->hole = b->offset;
	} else {
		b->skip = (__u32)(a->end - b->offset);
	}
	if (b->begin >= a->hole) {
		b->take = b->bytes - b->skip;
		b->before = a->taken;
		a->taken = nr + 1;
	}
	a->end = end;
	a->begin = b->begin;
	a->append_end = b->end;
}

/* Keep the newest @limit bytes. Return: how many there are. */
static __u32 assembly_limit(struct assembly *a, __u32 nr, __u32 limit)
{
	__u32 left = limit;

	while (nr--) {
		struct pstore_block_info *b = &a->blocks[nr];
		__u32 over = b->take > left ? b->take - left : 0;

		b->skip += over;
		b->take -= over;
		left -= b->take;
	}
	return limit - left;
}

/*
 * Find out what the valid blocks of a bank add up to. They have been sorted with
 * pstore_media_block_cmp(). Afterwards, @skip and @take of each say which of its
 * bytes are to be shown, oldest first. Appends that are not whole are left out,
 * but for the oldest one, whose beginning the ring may have dropped. What is
 * older than the newest @limit bytes is left out, too.
 *
 * Return: how many bytes there are to show.
 */
__u32 pstore_media_assemble(struct pstore_block_info *blocks, __u32 nr,
			    __u32 limit)
{
	struct assembly a = { .blocks = blocks };
	__u32 i;

	if (!nr)
		return 0;
	assembly_start(&a, nr, limit);
	for (i = 0; i < nr; i++)
		assembly_add(&a, i);
	assembly_gap(&a);
	return assembly_limit(&a, nr, limit);
}
