/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_FLASH_MEDIA_H
#define _PSTORE_FLASH_MEDIA_H

/*
 * What lies on flash below a pstore area.
 *
 * An area, see fs/pstore/zone/media.h, is made of blocks that are written again and
 * again. Flash cannot do that: what has been programmed stays until its whole
 * eraseblock is erased. So the area is kept as a journal. It is divided into
 * granules of one size; each write appends an extent, which says which granules it
 * has, and the newest one counts. The eraseblocks are used in turn, as a ring.
 *
 *	eraseblock	+-------+--------+-----------+--------+- - - -+
 *			| block | extent | extent    | extent | blank |
 *			+-------+--------+-----------+--------+- - - -+
 *
 *	extent		+--------+-----------------+- - -+----------+- - -+
 *			| header | granule numbers | pad | granules | pad |
 *			+--------+-----------------+- - -+----------+- - -+
 *
 * All numbers are little-endian. The block header is written right after the block
 * has been erased: a block without one is to be erased before it is used. Both kinds
 * of header begin at multiples of unit_bytes; the granules of an extent begin at the
 * next multiple of 64 behind their numbers. Padding is 0xff.
 *
 * Before an eraseblock is erased, the granules in it that still count are appended
 * again. Extents are numbered; the larger number is newer.
 *
 * What an unclean shutdown can leave behind, and who wins:
 *
 * - A block without a valid header, blank or not: its erase was cut short, or its
 *   first use. It is erased again. If it has extents all the same, their numbers tell
 *   whether they count, as for any.
 * - An extent whose header is not valid: the write was cut short. What is there does
 *   not count, and nothing more is written to the block, except in a panic, behind it.
 * - An extent whose header is valid, while the next one says with @valid_end that
 *   what was valid ended before it: it was cut short, or refused, and does not count.
 * - The last extent of all: it counts if its payload matches its CRC.
 * - Both a granule and a copy of it: they say the same, and the copy is newer.
 *
 * So a write is there as a whole or not at all if it fits into one extent, and what
 * was there before stays until then.
 *
 * This header is also used outside the kernel.
 */

#include <linux/types.h>

#define PSTORE_FLASH_VERSION		1
#define PSTORE_FLASH_BLOCK_MAGIC	"PSTFLSH\n"
#define PSTORE_FLASH_MAGIC_BYTES	8
#define PSTORE_FLASH_ID_BYTES		16
#define PSTORE_FLASH_EXTENT_MAGIC	0x58545350U	/* "PSTX" */
#define PSTORE_FLASH_HEADER_BYTES	64U	/* of a block; also how extents are aligned */
#define PSTORE_FLASH_EXTENT_BYTES	32U	/* the granules' numbers follow */
#define PSTORE_FLASH_MAX_EXTENT		128U	/* granules */
#define PSTORE_FLASH_MIN_GRANULE	512U
#define PSTORE_FLASH_MAX_GRANULE	4096U
#define PSTORE_FLASH_MAX_GRANULES	131072U
#define PSTORE_FLASH_MAX_BLOCKS		65536U

/**
 * struct pstore_flash_block - header of an eraseblock
 * @magic:	PSTORE_FLASH_BLOCK_MAGIC
 * @version:	PSTORE_FLASH_VERSION
 * @block_bytes: size of an eraseblock
 * @flash_id:	random, made when the flash is taken; the same in all blocks
 * @erases:	how often the block has been erased, as far as that is known
 * @unit_bytes:	what headers are aligned to; a power of two, at least 64
 * @granule_bytes: size of a granule, a power of two from 512 to 4096
 * @granules:	size of the area, in granules
 * @blocks:	size of the flash, in eraseblocks; what is beyond is not ours
 * @reserved:	zero
 * @crc:	CRC-32C of the bytes before it
 */
struct pstore_flash_block {
	__u8	magic[PSTORE_FLASH_MAGIC_BYTES];
	__le32	version;
	__le32	block_bytes;
	__u8	flash_id[PSTORE_FLASH_ID_BYTES];
	__le64	erases;
	__le32	unit_bytes;
	__le32	granule_bytes;
	__le32	granules;
	__le32	blocks;
	__le32	reserved;
	__le32	crc;
};

/**
 * struct pstore_flash_extent - header of an extent
 * @magic:	PSTORE_FLASH_EXTENT_MAGIC
 * @crc:	CRC-32C of the flash's id, then of the header from @seq on and of the
 *		granules' numbers
 * @seq:	number of the extent, from 1
 * @valid_end:	where, from the start of the flash, the extent ended that counts and
 *		was the last one before this; 0 for none
 * @payload_crc: CRC-32C of the granules
 * @nr:		how many granules there are
 * @granules:	their numbers in the area
 */
struct pstore_flash_extent {
	__le32	magic;
	__le32	crc;
	__le64	seq;
	__le64	valid_end;
	__le32	payload_crc;
	__le32	nr;
	__le32	granules[];
};

/**
 * struct pstore_flash_geometry - how a flash is divided
 * @flash_id:	as in its blocks' headers
 * @blocks:	number of eraseblocks, bad ones included
 * @block_bytes: size of an eraseblock
 * @unit_bytes:	what headers are aligned to
 * @granule_bytes: size of a granule
 * @granules:	number of granules
 */
struct pstore_flash_geometry {
	__u8	flash_id[PSTORE_FLASH_ID_BYTES];
	__u32	blocks;
	__u32	block_bytes;
	__u32	unit_bytes;
	__u32	granule_bytes;
	__u32	granules;
};

/**
 * struct pstore_flash_extent_info - header of an extent, decoded
 * @seq:	number of the extent
 * @valid_end:	up to where the flash was valid before it
 * @payload_crc: CRC-32C of its granules
 * @nr:		how many granules it has
 */
struct pstore_flash_extent_info {
	__u64	seq;
	__u64	valid_end;
	__u32	payload_crc;
	__u32	nr;
};

/* What a look at a header found. */
enum pstore_flash_verdict {
	PSTORE_FLASH_OK,
	PSTORE_FLASH_BLANK,
	PSTORE_FLASH_FOREIGN,
	PSTORE_FLASH_NEWER,
	PSTORE_FLASH_DAMAGED,
	PSTORE_FLASH_TOO_LARGE,
};

__u32 pstore_flash_header_bytes(__u32 nr);
__u32 pstore_flash_span(const struct pstore_flash_geometry *g, __u32 nr);
__u32 pstore_flash_first(const struct pstore_flash_geometry *g);
__u32 pstore_flash_fit(const struct pstore_flash_geometry *g, __u32 room);

void pstore_flash_encode_block(void *header,
			       const struct pstore_flash_geometry *g,
			       __u64 erases);
enum pstore_flash_verdict
pstore_flash_decode_block(const void *header, __u32 block_bytes, __u32 blocks,
			  struct pstore_flash_geometry *g, __u64 *erases);

void pstore_flash_encode_extent(void *image,
				const struct pstore_flash_geometry *g,
				const struct pstore_flash_extent_info *info);
enum pstore_flash_verdict
pstore_flash_decode_extent(const void *header,
			   const struct pstore_flash_geometry *g, __u32 room,
			   struct pstore_flash_extent_info *info);
int pstore_flash_check_extent(const void *header,
			      const struct pstore_flash_geometry *g,
			      const struct pstore_flash_extent_info *info);

#endif /* _PSTORE_FLASH_MEDIA_H */
