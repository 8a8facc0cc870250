/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_MEDIA_H
#define _PSTORE_ZONE_MEDIA_H

/*
 * The on-media format of pstore areas.
 *
 * An area is a disk, a partition or a flash partition that pstore owns as a
 * whole. It begins with a layout block, which says what lies where, and ends
 * with a second copy of it. Between them lie regions. A region of crash records
 * is a ring of slots of one size; each slot holds one record: a header, then
 * the payload.
 *
 *	+--------+--------+--------+- - - - -+--------+--------+
 *	| layout | slot 0 | slot 1 |         | slot n | layout |
 *	+--------+--------+--------+- - - - -+--------+--------+
 *	0        4096                                 area_bytes - 4096
 *
 * All numbers are little-endian. All structures have one size and one set of
 * offsets on each architecture. Reserved bytes are written as zero. Each
 * structure ends with the CRC-32C of the bytes before it; each payload has its
 * CRC-32C in its header.
 *
 * The sequence number is the only order. Each record gets the next one, and a
 * number never comes back while the area lives, not even after records were
 * removed. It also tells the slot: record s lies in slot (s - first_seq) modulo
 * the number of slots. The clock is kept for display alone.
 *
 * Versions: one number for the whole area. A reader that finds a larger one
 * than it knows refuses the area and changes nothing in it. Whatever can be
 * added without misleading an old reader goes into reserved bytes instead.
 *
 * What an unclean shutdown can leave behind, and who wins:
 *
 * - Both layout copies valid but different: a change of layout was cut short.
 *   The larger generation wins and is written over the other. The layout only
 *   changes while no live record exists, so either is right.
 * - One layout copy invalid: the valid one wins. If it is the last one, the
 *   first block must be blank or carry our magic; anything else there means
 *   that someone else has since used the device.
 * - A record whose header is invalid, or whose area id or generation is not
 *   that of the layout: the slot counts as blank. A write to it was cut short
 *   before its header, or the header is left from before a change of layout.
 * - A record whose header is valid and whose payload does not match its CRC: a
 *   write was cut short after the header, or the media has lost data. The
 *   record is counted as torn and never shown. Its number stays used.
 * - An erase that was cut short: one logical block is written, which the
 *   device writes whole or not at all, so the record is still there or gone.
 *
 * A slot that is about to be written holds the oldest record of the ring, so a
 * torn write can only cost the record that was due to go.
 *
 * This header is also used outside the kernel.
 */

#include <linux/types.h>

#define PSTORE_MEDIA_VERSION		1
#define PSTORE_MEDIA_BLOCK_BYTES	4096
#define PSTORE_MEDIA_LAYOUT_MAGIC	"PSTAREA\n"
#define PSTORE_MEDIA_RECORD_MAGIC	"PSTRECD\n"
#define PSTORE_MEDIA_MAGIC_BYTES	8
#define PSTORE_MEDIA_ID_BYTES		16
#define PSTORE_MEDIA_MAX_REGIONS	8
#define PSTORE_MEDIA_HEADER_BYTES	512
#define PSTORE_MEDIA_CRC_BYTES		(PSTORE_MEDIA_HEADER_BYTES - 4)
#define PSTORE_MEDIA_MIN_SLOT_BYTES	4096U
#define PSTORE_MEDIA_MAX_SLOT_BYTES	(16U << 20)
#define PSTORE_MEDIA_MIN_SLOTS		2
#define PSTORE_MEDIA_MAX_SLOTS		32768	/* pstorefs shows 65535 files */
#define PSTORE_MEDIA_TYPE_CRASH		0	/* PSTORE_TYPE_DMESG */

/* What a region holds. */
enum pstore_media_region_type {
	PSTORE_MEDIA_REGION_NONE	= 0,
	PSTORE_MEDIA_REGION_CRASH	= 1,
};

/**
 * struct pstore_media_region - one region, as the layout block describes it
 * @type:	enum pstore_media_region_type; 0 in unused entries
 * @unit_bytes:	size of a slot, a multiple of 4096
 * @offset:	where it begins in the area, a multiple of 4096
 * @bytes:	its size, a multiple of @unit_bytes
 * @first_seq:	sequence number that belongs to the first slot
 */
struct pstore_media_region {
	__le32	type;
	__le32	unit_bytes;
	__le64	offset;
	__le64	bytes;
	__le64	first_seq;
};

/**
 * struct pstore_media_layout - the layout block; the rest of its 4096 is zero
 * @magic:	PSTORE_MEDIA_LAYOUT_MAGIC
 * @version:	PSTORE_MEDIA_VERSION
 * @header_bytes: PSTORE_MEDIA_HEADER_BYTES
 * @area_id:	random, made when the area is
 * @generation:	counts the layouts that the area has had, from 1
 * @area_bytes:	size of the area
 * @nr_regions:	how many entries of @regions are used
 * @reserved1:	zero
 * @regions:	the regions, in the order in which they lie
 * @reserved2:	zero
 * @crc:	CRC-32C of the bytes before it
 */
struct pstore_media_layout {
	__u8	magic[PSTORE_MEDIA_MAGIC_BYTES];
	__le32	version;
	__le32	header_bytes;
	__u8	area_id[PSTORE_MEDIA_ID_BYTES];
	__le64	generation;
	__le64	area_bytes;
	__le32	nr_regions;
	__u8	reserved1[76];
	struct pstore_media_region regions[PSTORE_MEDIA_MAX_REGIONS];
	__u8	reserved2[124];
	__le32	crc;
};

/* What has become of a record. */
enum pstore_media_state {
	PSTORE_MEDIA_LIVE	= 1,
	PSTORE_MEDIA_ERASED	= 2,
};

/* Set in @flags of a record. */
#define PSTORE_MEDIA_COMPRESSED	0x1	/* raw deflate, see RFC 1951 */
#define PSTORE_MEDIA_LAST_PART	0x2	/* the crash has no further part */

/**
 * struct pstore_media_record - header of a record, at the start of its slot
 * @magic:	PSTORE_MEDIA_RECORD_MAGIC
 * @version:	PSTORE_MEDIA_VERSION
 * @header_bytes: PSTORE_MEDIA_HEADER_BYTES; the payload follows
 * @area_id:	that of the layout
 * @generation:	that of the layout
 * @seq:	sequence number
 * @state:	enum pstore_media_state
 * @type:	PSTORE_MEDIA_TYPE_CRASH
 * @reason:	enum kmsg_dump_reason of the kernel
 * @count:	number of the crash since boot; with @boot_id it names the crash
 * @part:	number of the part, from 1, which has the newest lines
 * @flags:	PSTORE_MEDIA_*; the part with PSTORE_MEDIA_LAST_PART has the
 *		oldest lines, and its number is the number of parts
 * @payload_bytes: size of the payload, at least 1
 * @payload_crc: CRC-32C of the payload
 * @time_sec:	wall clock, seconds since 1970, two's complement
 * @time_nsec:	wall clock, nanoseconds
 * @reserved1:	zero
 * @boot_id:	random, made once a boot
 * @release:	kernel release, padded with zeros
 * @machine:	machine name as uname -m shows it, padded with zeros
 * @reserved2:	zero
 * @crc:	CRC-32C of the bytes before it
 */
struct pstore_media_record {
	__u8	magic[PSTORE_MEDIA_MAGIC_BYTES];
	__le32	version;
	__le32	header_bytes;
	__u8	area_id[PSTORE_MEDIA_ID_BYTES];
	__le64	generation;
	__le64	seq;
	__le32	state;
	__le32	type;
	__le32	reason;
	__le32	count;
	__le32	part;
	__le32	flags;
	__le32	payload_bytes;
	__le32	payload_crc;
	__le64	time_sec;
	__le32	time_nsec;
	__le32	reserved1;
	__u8	boot_id[PSTORE_MEDIA_ID_BYTES];
	__u8	release[64];
	__u8	machine[16];
	__u8	reserved2[316];
	__le32	crc;
};

/*
 * The same, decoded: in host order, with types that code can count with.
 */

struct pstore_region {
	__u32	type;
	__u32	unit_bytes;
	__u64	offset;
	__u64	bytes;
	__u64	first_seq;
};

struct pstore_layout {
	__u8	area_id[PSTORE_MEDIA_ID_BYTES];
	__u64	generation;
	__u64	area_bytes;
	__u32	nr_regions;
	struct pstore_region regions[PSTORE_MEDIA_MAX_REGIONS];
};

struct pstore_record_info {
	__u64	seq;
	__u32	state;
	__u32	type;
	__u32	reason;
	__u32	count;
	__u32	part;
	__u32	flags;
	__u32	payload_bytes;
	__u32	payload_crc;
	__s64	time_sec;
	__u32	time_nsec;
	__u8	boot_id[PSTORE_MEDIA_ID_BYTES];
	__u8	release[64];
	__u8	machine[16];
};

/* What a look at a structure found. */
enum pstore_media_verdict {
	PSTORE_MEDIA_OK,
	PSTORE_MEDIA_BLANK,
	PSTORE_MEDIA_BAD_MAGIC,
	PSTORE_MEDIA_NEWER_VERSION,
	PSTORE_MEDIA_BAD_CRC,
	PSTORE_MEDIA_BAD_FIELD,
	PSTORE_MEDIA_STALE,
	PSTORE_MEDIA_VERDICT_COUNT,
};

const char *pstore_media_verdict_name(enum pstore_media_verdict verdict);
__u32 pstore_media_crc(const void *data, size_t len);
int pstore_media_is_blank(const void *data, size_t len);

void pstore_media_encode_layout(void *block, const struct pstore_layout *layout);
enum pstore_media_verdict
pstore_media_decode_layout(const void *block, __u64 area_bytes,
			   struct pstore_layout *layout);

void pstore_media_encode_record(void *header,
				const struct pstore_layout *layout,
				const struct pstore_record_info *info);
enum pstore_media_verdict
pstore_media_decode_record(const void *header,
			   const struct pstore_layout *layout,
			   __u32 slot_bytes, struct pstore_record_info *info);

#endif /* _PSTORE_ZONE_MEDIA_H */
