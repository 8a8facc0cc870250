// SPDX-License-Identifier: GPL-2.0
/*
 * Checksums for images that were made or changed on purpose. What is not a
 * structure of the format, going by its magic, is left alone.
 */
#include <stdbool.h>

#include <linux/crc32.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "flash-media.h"
#include "media.h"
#include "seal.h"

/* Give a layout block the checksum that it needs. */
void seal_layout(__u8 *block)
{
	struct pstore_media_layout *m = (void *)block;

	m->crc = cpu_to_le32(pstore_media_crc(m, PSTORE_MEDIA_CRC_BYTES));
}

/* The same for the header of a record or of a bank. */
void seal_record(__u8 *header)
{
	struct pstore_media_record *m = (void *)header;

	m->crc = cpu_to_le32(pstore_media_crc(m, PSTORE_MEDIA_CRC_BYTES));
}

/* The same for a stream's block. */
void seal_block(__u8 *block, const __u8 *area_id, __u32 unit_bytes)
{
	struct pstore_media_block *m = (void *)block;
	__u32 crc = __crc32c_le(~0U, area_id, PSTORE_MEDIA_ID_BYTES);

	m->crc = cpu_to_le32(~__crc32c_le(crc, block + PSTORE_MEDIA_STREAM_CRC_FROM,
					  unit_bytes -
					  PSTORE_MEDIA_STREAM_CRC_FROM));
}

/* The note behind a payload that fits. */
static void seal_note(struct pstore_media_record *m, __u32 slot_bytes,
		      __u32 pos)
{
	__u32 bytes = le32_to_cpu(m->note_bytes);

	if (bytes <= slot_bytes - pos)
		m->note_crc = cpu_to_le32(pstore_media_crc((__u8 *)m + pos, bytes));
}

/* @slot_bytes are there, from the header on. */
static void seal_slot(__u8 *slot, __u32 slot_bytes,
		      const struct pstore_layout *layout, unsigned int flags)
{
	struct pstore_media_record *m = (void *)slot;
	__u32 bytes = le32_to_cpu(m->payload_bytes);
	struct pstore_record_info info = { .payload_bytes = bytes };

	if (memcmp(m->magic, PSTORE_MEDIA_RECORD_MAGIC, sizeof(m->magic)))
		return;
	if (flags & SEAL_IDS) {
		memcpy(m->area_id, layout->area_id, sizeof(m->area_id));
		m->generation = cpu_to_le64(layout->generation);
	}
	if (flags & SEAL_PAYLOADS &&
	    bytes <= slot_bytes - PSTORE_MEDIA_HEADER_BYTES) {
		m->payload_crc =
			cpu_to_le32(pstore_media_crc(slot + PSTORE_MEDIA_HEADER_BYTES,
						     bytes));
		seal_note(m, slot_bytes, pstore_media_note_pos(&info));
	}
	seal_record(slot);
}

static void seal_stream_block(__u8 *block, const __u8 *head, __u32 unit_bytes,
			      const struct pstore_layout *layout,
			      unsigned int flags)
{
	const struct pstore_media_record *h = (const void *)head;
	struct pstore_media_block *m = (void *)block;

	if (le32_to_cpu(m->magic) != PSTORE_MEDIA_STREAM_BLOCK_MAGIC)
		return;
	if (flags & SEAL_IDS) {
		m->generation = cpu_to_le64(layout->generation);
		m->stream = h->seq;
		memcpy(m->boot_id, h->boot_id, sizeof(m->boot_id));
	}
	seal_block(block, layout->area_id, unit_bytes);
}

static void seal_bank(__u8 *image, const struct pstore_layout *layout,
		      const struct pstore_region *region, __u32 bank,
		      unsigned int flags)
{
	__u8 *head = image + pstore_media_bank_pos(region, bank);
	__u32 i;

	seal_slot(head, PSTORE_MEDIA_BLOCK_BYTES, layout, flags);
	for (i = 0; i < pstore_media_bank_blocks(region); i++)
		seal_stream_block(image + pstore_media_block_pos(region, bank, i),
				  head, region->unit_bytes, layout, flags);
}

static void seal_region(__u8 *image, const struct pstore_layout *layout,
			const struct pstore_region *region, unsigned int flags)
{
	__u64 at;
	__u32 bank;

	if (pstore_media_is_stream(region->type))
		for (bank = 0; bank < PSTORE_MEDIA_BANKS; bank++)
			seal_bank(image, layout, region, bank, flags);
	else
		for (at = 0; at < region->bytes; at += region->unit_bytes)
			seal_slot(image + region->offset + at,
				  region->unit_bytes, layout, flags);
}

/* Flash. */

static bool is_flash_block(const __u8 *at)
{
	return !memcmp(at, PSTORE_FLASH_BLOCK_MAGIC, PSTORE_FLASH_MAGIC_BYTES);
}

/* @left bytes are there, from the header on. */
static void seal_extent(__u8 *at, size_t left, const __u8 *id, __u32 granule,
			unsigned int flags)
{
	struct pstore_flash_extent *e = (void *)at;
	const size_t from = offsetof(struct pstore_flash_extent, seq);
	__u32 nr = le32_to_cpu(e->nr), bytes = nr * granule, data, crc;

	if (nr > PSTORE_FLASH_MAX_EXTENT)
		return;
	data = pstore_flash_header_bytes(nr);
	if (data > left)
		return;
	if (flags & SEAL_PAYLOADS && granule <= PSTORE_FLASH_MAX_GRANULE &&
	    bytes <= left - data)
		e->payload_crc = cpu_to_le32(pstore_media_crc(at + data, bytes));
	crc = __crc32c_le(~0U, id, PSTORE_FLASH_ID_BYTES);
	crc = __crc32c_le(crc, at + from,
			  PSTORE_FLASH_EXTENT_BYTES + nr * 4 - from);
	e->crc = cpu_to_le32(~crc);
}

/* Extents have the id of the first block that there is. */
static void seal_flash(__u8 *image, size_t bytes, unsigned int flags)
{
	const size_t step = PSTORE_FLASH_HEADER_BYTES;
	const __le32 magic = cpu_to_le32(PSTORE_FLASH_EXTENT_MAGIC);
	const struct pstore_flash_block *first = NULL;
	struct pstore_flash_block *b;
	size_t at;

	for (at = 0; at + step <= bytes; at += step) {
		b = (void *)(image + at);
		if (is_flash_block(image + at)) {
			b->crc = cpu_to_le32(pstore_media_crc(b, step - 4));
			first = first ?: b;
		}
	}
	for (at = 0; first && at + step <= bytes; at += step)
		if (!memcmp(image + at, &magic, sizeof(magic)))
			seal_extent(image + at, bytes - at, first->flash_id,
				    le32_to_cpu(first->granule_bytes), flags);
}

/* Give all structures in an image of @bytes the checksums that they need. */
void seal_image(__u8 *image, size_t bytes, unsigned int flags)
{
	size_t last = bytes & ~(PSTORE_MEDIA_BLOCK_BYTES - (size_t)1);
	struct pstore_layout layout;
	__u32 i;

	if (last < 2 * PSTORE_MEDIA_BLOCK_BYTES)
		return;
	if (memcmp(image, PSTORE_MEDIA_LAYOUT_MAGIC, PSTORE_MEDIA_MAGIC_BYTES))
		seal_flash(image, bytes, flags);
	last -= PSTORE_MEDIA_BLOCK_BYTES;
	if (!memcmp(image, PSTORE_MEDIA_LAYOUT_MAGIC, PSTORE_MEDIA_MAGIC_BYTES))
		seal_layout(image);
	if (!memcmp(image + last, PSTORE_MEDIA_LAYOUT_MAGIC,
		    PSTORE_MEDIA_MAGIC_BYTES))
		seal_layout(image + last);
	if (pstore_media_decode_layout(image, bytes, &layout) &&
	    pstore_media_decode_layout(image + last, bytes, &layout))
		return;
	for (i = 0; i < layout.nr_regions; i++)
		seal_region(image, &layout, &layout.regions[i], flags);
}
