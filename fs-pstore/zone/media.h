/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_MEDIA_H
#define _PSTORE_ZONE_MEDIA_H

/*
 * The on-media format of pstore areas.
 *
 * An area is a disk, a partition or a flash partition that pstore owns as a
 * whole, or was that before the device became larger. It begins with a layout
 * block, which says what lies where, and ends with a second copy of it. Between
 * them lie regions, in any order.
 *
 *	+--------+--------+- - - - -+--------+--------+- - - - -+--------+
 *	| layout | region |         | region | slot 0 |         | layout |
 *	+--------+--------+- - - - -+--------+--------+- - - - -+--------+
 *	0        4096                                  area_bytes - 4096
 *
 * All numbers are little-endian. All structures have one size and one set of
 * offsets on each architecture. Reserved bytes are written as zero. Each
 * structure has the CRC-32C of its other bytes; each payload is covered by a
 * CRC-32C, too.
 *
 * Crash records
 *
 * A region of crash records is a ring of slots of one size; each slot holds one
 * record: a header, then the payload. The sequence number is the only order.
 * Each record gets the next one, and a number never comes back while the area
 * lives, not even after records were removed. It also tells the slot: record s
 * lies in slot (s - first_seq) modulo the number of slots. The clock is kept for
 * display alone.
 *
 * One part of a crash has the kernel's vmcoreinfo behind its payload, where the slot
 * has room for it: an ELF note as kdump's, for whoever makes sense of addresses on
 * another machine. Its numbers are little-endian, too.
 *
 *	+--------+---------+-------------+------+
 *	| header | payload | 0 to 3 zero | note |
 *	+--------+---------+-------------+------+
 *
 * Streams
 *
 * What the console shows, what user space logs and what ftrace sees are streams
 * of bytes. Each has a region of two banks of equal size. A boot writes to one,
 * while the other keeps what the boot before it wrote; the next boot takes the
 * older one.
 *
 *	+------+---------+---------+- - - -+------+---------+- - - -+
 *	| head | block 0 | block 1 |       | head | block 0 |       |
 *	+------+---------+---------+- - - -+------+---------+- - - -+
 *	|<-------------- bank 0 ---------->|<------ bank 1 -------->|
 *
 * The head has 4096 bytes and is the header of a record without payload. Its
 * sequence number is that of the stream, its type that of the region. Blocks
 * have the region's unit_bytes each: a header, then bytes of the stream. Which
 * bytes, the header says by their offset in the stream, so that a block may lie
 * anywhere in its bank. A bank is written as a ring, and holds at least the
 * newest bytes of its stream that pstore_media_stream_bytes() tells.
 *
 * Bytes that have been acknowledged are never written over before another copy
 * of them is on the media, or newer bytes have taken their place in the ring. A
 * block that is not full is continued by a second block with the same offset
 * and more bytes, written elsewhere; the longer one counts, and the shorter
 * one's place is free.
 *
 * Bytes that were appended in one go may take several blocks. Each of them says
 * where the append began, and nothing is shown of a block if anything between
 * that and the block is missing. Each also says up to where the append has to be
 * there for it to count: for a message, to its end, so that it is shown as a
 * whole or not at all; for the console, to the end of the block.
 *
 * A stream gets its head when its first bytes are on the media. A boot that
 * writes nothing leaves what the boots before it wrote as it is.
 *
 * Bytes that are in no region mean nothing. The block before the last layout block,
 * where no region has it, is for tests of how a panic is written.
 *
 * Versions: one number for the whole area. Magic, version and CRC of a header stay
 * where they are in all of them. A reader that finds a larger one than it knows,
 * in either layout block, refuses the area and changes nothing in it. Whatever can be
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
 * - The same, but it is the note that does not match: the record is shown, and the
 *   note is not.
 * - An erase that was cut short: one logical block is written, which the
 *   device writes whole or not at all, so the record is still there or gone.
 * - Two valid heads in a region: the one with the larger number is newer.
 * - A bank without a valid head: it is empty.
 * - A block whose header or payload is damaged, or that is of another stream,
 *   boot or generation than the bank's head: it is not there. A write to it was
 *   cut short, or it is left from before.
 * - Blocks that cover the same bytes: each is right, since an offset of a stream
 *   only ever gets one byte. Bytes that could not be written leave a gap.
 * - The last layout block has the magic of a takeover: an older kernel's area is
 *   being made into this one, in place. While its records are copied to where
 *   none of them lies, the older format is in force, whatever has been copied; the
 *   regions then tell where that may be. Once all have been copied, the layout is
 *   in force, and is written over the first block, which may be anything until then.
 * - A change of layout keeps the streams: they are copied to where nothing of
 *   the old layout is needed, before the new layout is written.
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
#define PSTORE_MEDIA_COPYING_MAGIC	"PSTCOPY\n"	/* of a takeover: not done */
#define PSTORE_MEDIA_COPIED_MAGIC	"PSTDONE\n"	/* and done */
#define PSTORE_MEDIA_RECORD_MAGIC	"PSTRECD\n"
#define PSTORE_MEDIA_MAGIC_BYTES	8
#define PSTORE_MEDIA_ID_BYTES		16
#define PSTORE_MEDIA_MAX_REGIONS	8
#define PSTORE_MEDIA_HEADER_BYTES	512
#define PSTORE_MEDIA_CRC_BYTES		(PSTORE_MEDIA_HEADER_BYTES - 4)
#define PSTORE_MEDIA_BUILD_ID_BYTES	20
#define PSTORE_MEDIA_NOTE_NAME		"VMCOREINFO"
#define PSTORE_MEDIA_NOTE_ALIGN		4U
#define PSTORE_MEDIA_MIN_SLOT_BYTES	4096U
#define PSTORE_MEDIA_MAX_SLOT_BYTES	(16U << 20)
#define PSTORE_MEDIA_MIN_SLOTS		2
#define PSTORE_MEDIA_MAX_SLOTS		32768
#define PSTORE_MEDIA_TYPE_CRASH		0	/* PSTORE_TYPE_DMESG */
#define PSTORE_MEDIA_STREAM_BLOCK_MAGIC	0x42545350U	/* "PSTB" */
#define PSTORE_MEDIA_STREAM_HEADER_BYTES 64
#define PSTORE_MEDIA_STREAM_CRC_FROM	8	/* the CRC begins behind itself */
#define PSTORE_MEDIA_BANKS		2
#define PSTORE_MEDIA_MIN_BLOCK_BYTES	512U
#define PSTORE_MEDIA_MAX_BLOCK_BYTES	4096U
#define PSTORE_MEDIA_SPARE_BLOCKS	8U	/* what a bank cannot make use of */
#define PSTORE_MEDIA_MAX_STREAM_BYTES	(16U << 20)

/*
 * What a region holds. A stream's number is that of its PSTORE_TYPE_*, and is
 * also the type in the heads of its banks.
 */
enum pstore_media_region_type {
	PSTORE_MEDIA_REGION_NONE	= 0,
	PSTORE_MEDIA_REGION_CRASH	= 1,
	PSTORE_MEDIA_REGION_CONSOLE	= 2,
	PSTORE_MEDIA_REGION_FTRACE	= 3,
	PSTORE_MEDIA_REGION_PMSG	= 7,
};

/**
 * struct pstore_media_region - one region, as the layout block describes it
 * @type:	enum pstore_media_region_type; 0 in unused entries
 * @unit_bytes:	size of a slot, a multiple of 4096; or of a stream's block, a
 *		power of two from 512 to 4096
 * @offset:	where it begins in the area, a multiple of 4096
 * @bytes:	its size, a multiple of @unit_bytes; of a stream, of 8192
 * @first_seq:	sequence number that belongs to the first slot; of a stream, 0
 */
struct pstore_media_region {
	__le32	type;
	__le32	unit_bytes;
	__le64	offset;
	__le64	bytes;
	__le64	first_seq;
};

/**
 * struct pstore_media_layout - the layout block; the rest of its 4096 is blank
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
 * @type:	PSTORE_MEDIA_TYPE_CRASH; in the head of a bank, the region's
 * @reason:	enum kmsg_dump_reason of the kernel
 * @count:	number of the crash since boot; with @boot_id it names the crash
 * @part:	number of the part, from 1, which has the newest lines
 * @flags:	PSTORE_MEDIA_*; the part with PSTORE_MEDIA_LAST_PART has the
 *		oldest lines, and its number is the number of parts
 * @payload_bytes: size of the payload, at least 1; in the head of a bank, 0
 * @payload_crc: CRC-32C of the payload
 * @time_sec:	wall clock, seconds since 1970, two's complement
 * @time_nsec:	wall clock, nanoseconds
 * @reserved1:	zero
 * @boot_id:	random, the same for all crashes of a boot that are counted together
 * @release:	kernel release, padded with zeros
 * @machine:	machine name as uname -m shows it, padded with zeros
 * @kernel_offset: how far the kernel ran from where it is linked to, as KERNELOFFSET
 *		of vmcoreinfo; 0 where that has none
 * @note_bytes:	size of the note behind the payload; 0 for none
 * @note_crc:	CRC-32C of the note
 * @build_id:	build id of the kernel; zero where it is not known
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
	__le64	kernel_offset;
	__le32	note_bytes;
	__le32	note_crc;
	__u8	build_id[PSTORE_MEDIA_BUILD_ID_BYTES];
	__u8	reserved2[280];
	__le32	crc;
};

/**
 * struct pstore_media_note - an ELF note; its text and zeros up to a multiple of
 *	PSTORE_MEDIA_NOTE_ALIGN follow
 * @name_bytes:	size of PSTORE_MEDIA_NOTE_NAME, with the zero that ends it
 * @text_bytes:	size of the text, at least 1
 * @type:	0
 * @name:	PSTORE_MEDIA_NOTE_NAME, padded with zeros
 */
struct pstore_media_note {
	__le32	name_bytes;
	__le32	text_bytes;
	__le32	type;
	__u8	name[12];
};

/**
 * struct pstore_media_block - header of a stream's block; its bytes follow
 * @magic:	PSTORE_MEDIA_STREAM_BLOCK_MAGIC
 * @crc:	CRC-32C of the area's id, then of the block from
 *		PSTORE_MEDIA_STREAM_CRC_FROM to its last byte
 * @bytes:	how many bytes of the stream it has, at least 1
 * @begin:	where the append begins that it is part of, relative to @offset,
 *		two's complement; bytes before that were acknowledged earlier
 * @end:	up to where that append has to be there, relative to @offset; at
 *		least @bytes
 * @next:	number of the block in the bank from which on writing goes on
 * @stream:	number of the stream, as in the head
 * @generation:	that of the layout
 * @offset:	where in the stream its bytes begin
 * @boot_id:	as in the head
 */
struct pstore_media_block {
	__le32	magic;
	__le32	crc;
	__le32	bytes;
	__le32	begin;
	__le32	end;
	__le32	next;
	__le64	stream;
	__le64	generation;
	__le64	offset;
	__u8	boot_id[PSTORE_MEDIA_ID_BYTES];
};

/**
 * struct pstore_media_trace - what the ftrace stream is made of
 * @ip:		the function
 * @parent_ip:	where it was called
 * @stamp:	counts the calls of all CPUs: the order to show them in
 * @cpu:	the CPU
 * @reserved:	zero
 */
struct pstore_media_trace {
	__le64	ip;
	__le64	parent_ip;
	__le64	stamp;
	__le32	cpu;
	__le32	reserved;
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
	__u64	kernel_offset;
	__u32	note_bytes;
	__u32	note_crc;
	__u8	build_id[PSTORE_MEDIA_BUILD_ID_BYTES];
};

/**
 * struct pstore_block_info - a stream's block
 * @offset:	where in the stream its bytes begin
 * @begin:	where the append begins that it is part of
 * @end:	and up to where it has to be there
 * @bytes:	how many bytes it has
 * @next:	block from which on writing goes on
 * @block:	which block of the bank it is; for the user of pieces
 * @skip:	how many of its bytes are not needed, from its start
 * @take:	how many bytes behind those are to be shown
 * @before:	while they are put together: the block taken before this one
 */
struct pstore_block_info {
	__u64	offset;
	__u64	begin;
	__u64	end;
	__u32	bytes;
	__u32	next;
	__u32	block;
	__u32	skip;
	__u32	take;
	__u32	before;
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
	PSTORE_MEDIA_TOO_LARGE,
	PSTORE_MEDIA_VERDICT_COUNT,
};

const char *pstore_media_verdict_name(enum pstore_media_verdict verdict);
__u32 pstore_media_crc(const void *data, size_t len);
int pstore_media_is_blank(const void *data, size_t len);

void pstore_media_encode_layout(void *block, const struct pstore_layout *layout);
enum pstore_media_verdict
pstore_media_decode_layout(const void *block, __u64 area_bytes,
			   struct pstore_layout *layout);

void pstore_media_encode_takeover(void *block,
				  const struct pstore_layout *layout,
				  int copied);
enum pstore_media_verdict
pstore_media_decode_takeover(const void *block, __u64 area_bytes,
			     struct pstore_layout *layout, int *copied);

void pstore_media_encode_record(void *header,
				const struct pstore_layout *layout,
				const struct pstore_record_info *info);
enum pstore_media_verdict
pstore_media_decode_record(const void *header,
			   const struct pstore_layout *layout,
			   __u32 slot_bytes, struct pstore_record_info *info);

__u32 pstore_media_note_pos(const struct pstore_record_info *info);
__u32 pstore_media_note_bytes(__u32 text_bytes);
void pstore_media_encode_note(void *note, __u32 text_bytes);
enum pstore_media_verdict
pstore_media_decode_note(const void *note,
			 const struct pstore_record_info *info,
			 __u32 *text_bytes);

int pstore_media_is_stream(__u32 region_type);
__u32 pstore_media_bank_blocks(const struct pstore_region *region);
__u64 pstore_media_bank_pos(const struct pstore_region *region, __u32 bank);
__u64 pstore_media_block_pos(const struct pstore_region *region, __u32 bank,
			     __u32 block);
__u32 pstore_media_stream_bytes(const struct pstore_region *region);
__u64 pstore_media_stream_region_bytes(__u32 stream_bytes, __u32 unit_bytes);
void pstore_media_encode_block(void *block, const struct pstore_layout *layout,
			       const struct pstore_record_info *head,
			       __u32 unit_bytes,
			       const struct pstore_block_info *info);
enum pstore_media_verdict
pstore_media_decode_block(const void *block, const struct pstore_layout *layout,
			  const struct pstore_record_info *head,
			  __u32 unit_bytes, struct pstore_block_info *info);
int pstore_media_block_cmp(const void *a, const void *b);
__u32 pstore_media_assemble(struct pstore_block_info *blocks, __u32 nr,
			    __u32 limit);

#endif /* _PSTORE_ZONE_MEDIA_H */
