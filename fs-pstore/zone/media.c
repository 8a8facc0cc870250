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
static_assert(offsetof(struct pstore_media_record, crc) ==
	      PSTORE_MEDIA_CRC_BYTES);

static const char * const pstore_media_verdict_names[] = {
	[PSTORE_MEDIA_OK]		= "valid",
	[PSTORE_MEDIA_BLANK]		= "blank",
	[PSTORE_MEDIA_BAD_MAGIC]	= "not a pstore area",
	[PSTORE_MEDIA_NEWER_VERSION]	= "a newer version of the format",
	[PSTORE_MEDIA_BAD_CRC]		= "a checksum that does not match",
	[PSTORE_MEDIA_BAD_FIELD]	= "a field out of range",
	[PSTORE_MEDIA_STALE]		= "left from an earlier layout",
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

/*
 * Make a layout block of PSTORE_MEDIA_BLOCK_BYTES at @block. @layout has at most
 * PSTORE_MEDIA_MAX_REGIONS regions.
 */
void pstore_media_encode_layout(void *block, const struct pstore_layout *layout)
{
	struct pstore_media_layout *m = block;
	__u32 i;

	memset(block, 0, PSTORE_MEDIA_BLOCK_BYTES);
	memcpy(m->magic, PSTORE_MEDIA_LAYOUT_MAGIC, sizeof(m->magic));
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

/* What is common to both headers: the first 16 bytes and the CRC at the end. */
static enum pstore_media_verdict
validate_header(const void *header, const char *magic)
{
	const struct pstore_media_record *m = header;

	if (pstore_media_is_blank(header, PSTORE_MEDIA_HEADER_BYTES))
		return PSTORE_MEDIA_BLANK;
	if (memcmp(m->magic, magic, sizeof(m->magic)))
		return PSTORE_MEDIA_BAD_MAGIC;
	if (le32_to_cpu(m->version) > PSTORE_MEDIA_VERSION)
		return PSTORE_MEDIA_NEWER_VERSION;
	if (le32_to_cpu(m->crc) != pstore_media_crc(m, PSTORE_MEDIA_CRC_BYTES))
		return PSTORE_MEDIA_BAD_CRC;
	if (le32_to_cpu(m->version) != PSTORE_MEDIA_VERSION ||
	    le32_to_cpu(m->header_bytes) != PSTORE_MEDIA_HEADER_BYTES)
		return PSTORE_MEDIA_BAD_FIELD;
	return PSTORE_MEDIA_OK;
}

static int region_unit_is_valid(const struct pstore_region *r)
{
	return r->type == PSTORE_MEDIA_REGION_CRASH &&
	       r->unit_bytes >= PSTORE_MEDIA_MIN_SLOT_BYTES &&
	       r->unit_bytes <= PSTORE_MEDIA_MAX_SLOT_BYTES &&
	       !(r->unit_bytes % PSTORE_MEDIA_BLOCK_BYTES);
}

/*
 * A region lies after the one before it, which ends at @floor, and before the
 * last layout block. Return: its end, or 0 if it does not.
 */
static __u64 region_end(const struct pstore_region *r, __u64 floor,
			__u64 area_bytes)
{
	__u64 units = r->bytes, end;

	if (!region_unit_is_valid(r))
		return 0;
	if (do_div(units, r->unit_bytes) || units < PSTORE_MEDIA_MIN_SLOTS ||
	    units > PSTORE_MEDIA_MAX_SLOTS)
		return 0;
	if (r->offset < floor || r->offset % PSTORE_MEDIA_BLOCK_BYTES)
		return 0;
	if (check_add_overflow(r->offset, r->bytes, &end) ||
	    end > area_bytes - PSTORE_MEDIA_BLOCK_BYTES)
		return 0;
	return end;
}

static int layout_is_valid(const struct pstore_layout *layout, __u64 area_bytes)
{
	__u64 floor = PSTORE_MEDIA_BLOCK_BYTES;
	__u32 i;

	if (!layout->generation || !layout->nr_regions ||
	    layout->nr_regions > PSTORE_MEDIA_MAX_REGIONS)
		return 0;
	if (layout->area_bytes < 2 * PSTORE_MEDIA_BLOCK_BYTES ||
	    layout->area_bytes > area_bytes ||
	    layout->area_bytes % PSTORE_MEDIA_BLOCK_BYTES)
		return 0;
	for (i = 0; i < layout->nr_regions; i++) {
		floor = region_end(&layout->regions[i], floor,
				   layout->area_bytes);
		if (!floor)
			return 0;
	}
	return 1;
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
	const struct pstore_media_layout *m = block;
	struct pstore_layout l = {};
	enum pstore_media_verdict verdict;
	__u32 i;

	verdict = validate_header(block, PSTORE_MEDIA_LAYOUT_MAGIC);
	if (verdict == PSTORE_MEDIA_BLANK &&
	    !pstore_media_is_blank(block, PSTORE_MEDIA_BLOCK_BYTES))
		return PSTORE_MEDIA_BAD_MAGIC;
	if (verdict != PSTORE_MEDIA_OK)
		return verdict;
	if (memchr_inv(block + PSTORE_MEDIA_HEADER_BYTES, 0,
		       PSTORE_MEDIA_BLOCK_BYTES - PSTORE_MEDIA_HEADER_BYTES))
		return PSTORE_MEDIA_BAD_FIELD;

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
	if (!layout_is_valid(&l, area_bytes))
		return PSTORE_MEDIA_BAD_FIELD;
	*layout = l;
	return PSTORE_MEDIA_OK;
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
	m->crc = cpu_to_le32(pstore_media_crc(m, PSTORE_MEDIA_CRC_BYTES));
}

static int record_is_valid(const struct pstore_record_info *info,
			   __u32 slot_bytes)
{
	if (info->state != PSTORE_MEDIA_LIVE &&
	    info->state != PSTORE_MEDIA_ERASED)
		return 0;
	if (info->type != PSTORE_MEDIA_TYPE_CRASH || !info->payload_bytes)
		return 0;
	return info->payload_bytes <= slot_bytes - PSTORE_MEDIA_HEADER_BYTES &&
	       info->time_nsec < 1000000000;
}

/*
 * Decode the header of a record from a slot of @slot_bytes in the area that
 * @layout describes. @info is only filled in when the verdict is
 * PSTORE_MEDIA_OK. The payload is not looked at.
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
	if (!record_is_valid(&i, slot_bytes))
		return PSTORE_MEDIA_BAD_FIELD;
	*info = i;
	return PSTORE_MEDIA_OK;
}
