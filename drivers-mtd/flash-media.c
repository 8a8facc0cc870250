// SPDX-License-Identifier: GPL-2.0
/*
 * What lies on flash: encode and validate. Pure functions, without I/O, allocation
 * or locks, so that they also serve in a panic. Nothing that was read from flash is
 * used before it has been validated here.
 */
#include <linux/build_bug.h>
#include <linux/crc32.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "flash-media.h"

static_assert(sizeof(struct pstore_flash_block) == PSTORE_FLASH_HEADER_BYTES);
static_assert(offsetof(struct pstore_flash_block, version) == 8);
static_assert(offsetof(struct pstore_flash_block, block_bytes) == 12);
static_assert(offsetof(struct pstore_flash_block, flash_id) == 16);
static_assert(offsetof(struct pstore_flash_block, erases) == 32);
static_assert(offsetof(struct pstore_flash_block, unit_bytes) == 40);
static_assert(offsetof(struct pstore_flash_block, granule_bytes) == 44);
static_assert(offsetof(struct pstore_flash_block, granules) == 48);
static_assert(offsetof(struct pstore_flash_block, blocks) == 52);
static_assert(offsetof(struct pstore_flash_block, crc) == 60);

static_assert(sizeof(struct pstore_flash_extent) == PSTORE_FLASH_EXTENT_BYTES);
static_assert(offsetof(struct pstore_flash_extent, crc) == 4);
static_assert(offsetof(struct pstore_flash_extent, seq) == 8);
static_assert(offsetof(struct pstore_flash_extent, valid_end) == 16);
static_assert(offsetof(struct pstore_flash_extent, payload_crc) == 24);
static_assert(offsetof(struct pstore_flash_extent, nr) == 28);
static_assert(offsetof(struct pstore_flash_extent, granules) == 32);

#define FLASH_BLOCK_CRC_BYTES	offsetof(struct pstore_flash_block, crc)

static __u32 flash_round_up(__u32 n, __u32 to)
{
	return (n + to - 1) / to * to;
}

/* Return: size of the header of an extent of @nr granules, and their offset in it. */
__u32 pstore_flash_header_bytes(__u32 nr)
{
	return flash_round_up(PSTORE_FLASH_EXTENT_BYTES + nr * 4,
			      PSTORE_FLASH_HEADER_BYTES);
}

/* Return: how much of an eraseblock an extent of @nr granules takes, in bytes. */
__u32 pstore_flash_span(const struct pstore_flash_geometry *g, __u32 nr)
{
	return flash_round_up(pstore_flash_header_bytes(nr) +
			      nr * g->granule_bytes, g->unit_bytes);
}

/* Return: where in an eraseblock the first extent lies. */
__u32 pstore_flash_first(const struct pstore_flash_geometry *g)
{
	return flash_round_up(PSTORE_FLASH_HEADER_BYTES, g->unit_bytes);
}

/* Return: how many granules an extent may have that fits into @room bytes. */
__u32 pstore_flash_fit(const struct pstore_flash_geometry *g, __u32 room)
{
	__u32 nr = room / g->granule_bytes;

	if (nr > PSTORE_FLASH_MAX_EXTENT)
		nr = PSTORE_FLASH_MAX_EXTENT;
	while (nr && pstore_flash_span(g, nr) > room)
		nr--;
	return nr;
}

/* Encode the header of a block into PSTORE_FLASH_HEADER_BYTES at @header. */
void pstore_flash_encode_block(void *header,
			       const struct pstore_flash_geometry *g,
			       __u64 erases)
{
	struct pstore_flash_block *b = header;

	memset(b, 0, sizeof(*b));
	memcpy(b->magic, PSTORE_FLASH_BLOCK_MAGIC, sizeof(b->magic));
	b->version = cpu_to_le32(PSTORE_FLASH_VERSION);
	b->block_bytes = cpu_to_le32(g->block_bytes);
	memcpy(b->flash_id, g->flash_id, sizeof(b->flash_id));
	b->erases = cpu_to_le64(erases);
	b->unit_bytes = cpu_to_le32(g->unit_bytes);
	b->granule_bytes = cpu_to_le32(g->granule_bytes);
	b->granules = cpu_to_le32(g->granules);
	b->blocks = cpu_to_le32(g->blocks);
	b->crc = cpu_to_le32(~__crc32c_le(~0U, header, FLASH_BLOCK_CRC_BYTES));
}

static int flash_is_power_of_2(__u32 n)
{
	return n && !(n & (n - 1));
}

static int flash_geometry_is_valid(const struct pstore_flash_geometry *g)
{
	return flash_is_power_of_2(g->unit_bytes) &&
	       g->unit_bytes >= PSTORE_FLASH_HEADER_BYTES &&
	       g->unit_bytes <= g->block_bytes / 4 &&
	       flash_is_power_of_2(g->granule_bytes) &&
	       g->granule_bytes >= PSTORE_FLASH_MIN_GRANULE &&
	       g->granule_bytes <= PSTORE_FLASH_MAX_GRANULE &&
	       g->granules && g->granules <= PSTORE_FLASH_MAX_GRANULES &&
	       (__u64)g->granules * g->granule_bytes <=
			(__u64)g->blocks * g->block_bytes &&
	       g->blocks <= PSTORE_FLASH_MAX_BLOCKS &&
	       pstore_flash_fit(g, g->block_bytes - pstore_flash_first(g));
}

static int flash_is_blank(const __u8 *p, size_t len)
{
	while (len--)
		if (*p++ != 0xff)
			return 0;
	return 1;
}

/*
 * Decode what lies at the start of an eraseblock of @block_bytes, one of @blocks:
 * PSTORE_FLASH_HEADER_BYTES. The flash may have become larger since. @g and @erases
 * are set if all is well.
 */
enum pstore_flash_verdict
pstore_flash_decode_block(const void *header, __u32 block_bytes, __u32 blocks,
			  struct pstore_flash_geometry *g, __u64 *erases)
{
	const struct pstore_flash_block *b = header;
	struct pstore_flash_geometry found = {
		.blocks		= le32_to_cpu(b->blocks),
		.block_bytes	= block_bytes,
		.unit_bytes	= le32_to_cpu(b->unit_bytes),
		.granule_bytes	= le32_to_cpu(b->granule_bytes),
		.granules	= le32_to_cpu(b->granules),
	};

	if (flash_is_blank(header, sizeof(*b)))
		return PSTORE_FLASH_BLANK;
	if (memcmp(b->magic, PSTORE_FLASH_BLOCK_MAGIC, sizeof(b->magic)))
		return PSTORE_FLASH_FOREIGN;
	if (le32_to_cpu(b->crc) !=
	    ~__crc32c_le(~0U, header, FLASH_BLOCK_CRC_BYTES))
		return PSTORE_FLASH_DAMAGED;
	if (le32_to_cpu(b->version) > PSTORE_FLASH_VERSION)
		return PSTORE_FLASH_NEWER;
	if (le32_to_cpu(b->block_bytes) != block_bytes ||
	    !flash_geometry_is_valid(&found))
		return PSTORE_FLASH_DAMAGED;
	if (found.blocks > blocks)
		return PSTORE_FLASH_TOO_LARGE;
	memcpy(found.flash_id, b->flash_id, sizeof(found.flash_id));
	*g = found;
	*erases = le64_to_cpu(b->erases);
	return PSTORE_FLASH_OK;
}

/* Of the flash's id, and of the header with the numbers of @nr granules. */
static __u32 flash_extent_crc(const void *header,
			      const struct pstore_flash_geometry *g, __u32 nr)
{
	const size_t from = offsetof(struct pstore_flash_extent, seq);
	__u32 crc = __crc32c_le(~0U, g->flash_id, sizeof(g->flash_id));

	return ~__crc32c_le(crc, header + from,
			    PSTORE_FLASH_EXTENT_BYTES + nr * 4 - from);
}

/*
 * Complete an extent that has the numbers of its granules and the granules: the
 * header, with the CRC of both, and the padding.
 */
void pstore_flash_encode_extent(void *image,
				const struct pstore_flash_geometry *g,
				const struct pstore_flash_extent_info *info)
{
	struct pstore_flash_extent *e = image;
	__u32 head = PSTORE_FLASH_EXTENT_BYTES + info->nr * 4;
	__u32 data = pstore_flash_header_bytes(info->nr);
	__u32 bytes = info->nr * g->granule_bytes;

	e->magic = cpu_to_le32(PSTORE_FLASH_EXTENT_MAGIC);
	e->seq = cpu_to_le64(info->seq);
	e->valid_end = cpu_to_le64(info->valid_end);
	e->nr = cpu_to_le32(info->nr);
	memset(image + head, 0xff, data - head);
	memset(image + data + bytes, 0xff,
	       pstore_flash_span(g, info->nr) - data - bytes);
	e->payload_crc = cpu_to_le32(~__crc32c_le(~0U, image + data, bytes));
	e->crc = cpu_to_le32(flash_extent_crc(image, g, info->nr));
}

/*
 * Decode the first PSTORE_FLASH_EXTENT_BYTES of an extent. What they say is to be
 * trusted only after pstore_flash_check_extent(). @room is what is left of the
 * eraseblock from there on.
 */
enum pstore_flash_verdict
pstore_flash_decode_extent(const void *header,
			   const struct pstore_flash_geometry *g, __u32 room,
			   struct pstore_flash_extent_info *info)
{
	const struct pstore_flash_extent *e = header;
	__u32 nr = le32_to_cpu(e->nr);

	if (flash_is_blank(header, PSTORE_FLASH_EXTENT_BYTES))
		return PSTORE_FLASH_BLANK;
	if (le32_to_cpu(e->magic) != PSTORE_FLASH_EXTENT_MAGIC)
		return PSTORE_FLASH_FOREIGN;
	if (!nr || nr > PSTORE_FLASH_MAX_EXTENT ||
	    pstore_flash_span(g, nr) > room)
		return PSTORE_FLASH_DAMAGED;
	info->seq = le64_to_cpu(e->seq);
	info->valid_end = le64_to_cpu(e->valid_end);
	info->payload_crc = le32_to_cpu(e->payload_crc);
	info->nr = nr;
	return PSTORE_FLASH_OK;
}

/* Is the header, with the numbers of its granules, as it was written? */
int pstore_flash_check_extent(const void *header,
			      const struct pstore_flash_geometry *g,
			      const struct pstore_flash_extent_info *info)
{
	const struct pstore_flash_extent *e = header;
	__u32 i;

	if (le32_to_cpu(e->crc) != flash_extent_crc(header, g, info->nr))
		return 0;
	for (i = 0; i < info->nr; i++)
		if (le32_to_cpu(e->granules[i]) >= g->granules)
			return 0;
	return 1;
}
