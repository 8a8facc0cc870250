// SPDX-License-Identifier: GPL-2.0
/*
 * Flash: an area that is kept as a journal of extents, see flash-media.h. What counts
 * is found by the rules of the kernel's flash-open.c, but all of the flash is searched:
 *
 * - The first valid header of an eraseblock says how the flash is divided. Where there
 *   are several areas, which the kernel refuses, that of most eraseblocks is read. A
 *   header of a newer version, or of a flash that is larger than the image, is a reason
 *   to read none of it.
 * - Extents are looked for at each unit of each eraseblock that is ours, and of those
 *   whose header is lost.
 * - Eraseblocks are ordered by the number of their first extent, and an extent that is
 *   older than one before it does not count.
 * - Whether an extent counts is said by the next one, or else by its payload.
 *
 * All of the flash is read once, and what counts of the headers once more.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/crc32.h>
#include <linux/string.h>

#include "reader.h"

/* Reads go in pieces of this size. */
#define FLASH_WINDOW	16384U

/* What cannot be read is passed over in pieces of this size, until blocks are known. */
#define FLASH_SECTOR	4096U

/* The kernel uses no more of a flash. */
#define FLASH_MAX_BYTES	((__u64)PSTORE_FLASH_MAX_GRANULES * PSTORE_FLASH_MAX_GRANULE)

/* How much of the image may be flash. */
static __u64 flash_limit(const struct flash *f)
{
	return min(f->raw->bytes, FLASH_MAX_BYTES);
}

static __u64 flash_pos(const struct flash *f, __u32 block, __u32 pos)
{
	return (__u64)block * f->geometry.block_bytes + pos;
}

static bool flash_fill_window(struct flash *f, __u64 pos, __u32 len)
{
	f->window_pos = pos;
	f->window_bytes = len;
	if (!f->raw->read(f->raw, pos, f->window, len))
		return true;
	f->window_bytes = 0;
	return false;
}

/*
 * Look at @len bytes at @pos, FLASH_WINDOW at most; up to @end is ours to read ahead.
 * Return: them, until the next look, or NULL if they cannot be read.
 */
static const void *flash_look(struct flash *f, __u64 pos, __u32 len, __u64 end)
{
	__u64 in_window = pos - f->window_pos;

	if (pos < f->window_pos || in_window + len > f->window_bytes) {
		in_window = 0;
		if (!flash_fill_window(f, pos, min(FLASH_WINDOW, end - pos)) &&
		    !flash_fill_window(f, pos, len))
			return NULL;
	}
	return f->window + in_window;
}

/* The same in an eraseblock. No read goes beyond it, where a bad one may begin. */
static const void *flash_look_in(struct flash *f, __u32 block, __u32 pos,
				 __u32 len)
{
	return flash_look(f, flash_pos(f, block, pos), len,
			  flash_pos(f, block + 1, 0));
}

/* Which flash is it? */

/* Is there, at @pos of the image, the header of an eraseblock? */
static enum pstore_flash_verdict
find_decode(const struct flash *f, const void *header, __u64 pos,
	    struct pstore_flash_geometry *g)
{
	const struct pstore_flash_block *b = header;
	__u32 block_bytes = le32_to_cpu(b->block_bytes);
	enum pstore_flash_verdict verdict;
	__u64 erases;

	if (memcmp(b->magic, PSTORE_FLASH_BLOCK_MAGIC, sizeof(b->magic)))
		return PSTORE_FLASH_FOREIGN;
	if (!block_bytes)
		return PSTORE_FLASH_DAMAGED;
	verdict = pstore_flash_decode_block(header, block_bytes,
					    (__u32)(flash_limit(f) / block_bytes),
					    g, &erases);
	if (verdict == PSTORE_FLASH_NEWER)
		return verdict;
	/* It lies where a header lies. Only then can blocks be told apart. */
	if (pos % block_bytes)
		return PSTORE_FLASH_FOREIGN;
	if (verdict == PSTORE_FLASH_OK &&
	    (g->block_bytes % g->unit_bytes || pos / block_bytes >= g->blocks))
		return PSTORE_FLASH_DAMAGED;
	return verdict;
}

/*
 * Find the first header of an eraseblock. Those before it may be bad, torn or blank,
 * and how large they are is not known yet. Return: OK, NEWER, TOO_LARGE, or FOREIGN
 * for none.
 */
static enum pstore_flash_verdict find_header(struct flash *f)
{
	__u64 end = flash_limit(f), pos = 0;
	enum pstore_flash_verdict verdict;
	const void *header;

	while (pos + PSTORE_FLASH_HEADER_BYTES <= end) {
		header = flash_look(f, pos, PSTORE_FLASH_HEADER_BYTES, end);
		if (!header) {
			pos += FLASH_SECTOR - pos % FLASH_SECTOR;
			continue;
		}
		verdict = find_decode(f, header, pos, &f->geometry);
		if (verdict == PSTORE_FLASH_OK || verdict == PSTORE_FLASH_NEWER ||
		    verdict == PSTORE_FLASH_TOO_LARGE)
			return verdict;
		pos += PSTORE_FLASH_HEADER_BYTES;
	}
	return PSTORE_FLASH_FOREIGN;
}

/* Return: whether @block has a valid header, and in @g what it says. */
static enum pstore_flash_verdict look_at_header(struct flash *f, __u32 block,
						struct pstore_flash_geometry *g,
						__u64 *erases)
{
	__u32 block_bytes = f->geometry.block_bytes;
	const void *header = flash_look_in(f, block, 0,
					   PSTORE_FLASH_HEADER_BYTES);

	/* It is compared as a whole. */
	memset(g, 0, sizeof(*g));
	f->blocks[block].state = header ? FLASH_NO_HEADER : FLASH_BAD;
	return header ? pstore_flash_decode_block(header, block_bytes,
						  (__u32)(flash_limit(f) / block_bytes),
						  g, erases) :
			PSTORE_FLASH_FOREIGN;
}

/* Blocks may belong to several areas. The one that has more than half of them is meant. */
static void find_most(struct flash *f)
{
	struct pstore_flash_geometry most = f->geometry, g;
	__u32 block, blocks = f->geometry.blocks, ahead = 0;
	__u64 erases;

	for (block = 0; block < blocks; block++) {
		if (look_at_header(f, block, &g, &erases) != PSTORE_FLASH_OK ||
		    g.blocks != blocks || g.unit_bytes != most.unit_bytes)
			continue;
		if (!ahead)
			most = g;
		if (memcmp(&g, &most, sizeof(g)))
			ahead--;
		else
			ahead++;
	}
	f->geometry = most;
}

/* What begins with a layout block is a disk, and need not be searched. */
static bool find_is_disk(struct flash *f)
{
	const void *magic = flash_look(f, 0, PSTORE_MEDIA_MAGIC_BYTES,
				       flash_limit(f));

	return magic && !memcmp(magic, PSTORE_MEDIA_LAYOUT_MAGIC,
				PSTORE_MEDIA_MAGIC_BYTES);
}

/* The eraseblocks. */

static enum pstore_flash_verdict take_header(struct flash *f, __u32 block)
{
	struct flash_block *b = &f->blocks[block];
	struct pstore_flash_geometry g;
	enum pstore_flash_verdict verdict = look_at_header(f, block, &g,
							   &b->erases);

	b->header = verdict == PSTORE_FLASH_OK;
	if (b->header)
		b->state = memcmp(&g, &f->geometry, sizeof(g)) ? FLASH_OTHER :
								 FLASH_FREE;
	return verdict;
}

/* Return: OK, or the verdict on a header that is a reason to read none of it. */
static enum pstore_flash_verdict take_headers(struct flash *f)
{
	enum pstore_flash_verdict verdict;
	__u32 block;

	for (block = 0; block < f->geometry.blocks; block++) {
		verdict = take_header(f, block);
		if (verdict == PSTORE_FLASH_NEWER ||
		    verdict == PSTORE_FLASH_TOO_LARGE)
			return verdict;
	}
	return PSTORE_FLASH_OK;
}

/* The extents. */

/* The same, which counts in what is said of the block. */
static const void *block_look(struct flash *f, __u32 block, __u32 pos, __u32 len)
{
	const void *bytes = flash_look_in(f, block, pos, len);

	f->blocks[block].unreadable |= !bytes;
	return bytes;
}

/*
 * Is there an extent at this place? What lies behind its header may be unreadable.
 * Return: the header, with all numbers of granules, until the next look, or NULL.
 */
static const struct pstore_flash_extent *
extent_at(struct flash *f, __u32 block, __u32 pos,
	  struct pstore_flash_extent_info *info)
{
	const void *header = block_look(f, block, pos, PSTORE_FLASH_EXTENT_BYTES);

	if (!header ||
	    pstore_flash_decode_extent(header, &f->geometry,
				       f->geometry.block_bytes - pos, info) !=
	    PSTORE_FLASH_OK)
		return NULL;
	header = block_look(f, block, pos, pstore_flash_header_bytes(info->nr));
	return header && pstore_flash_check_extent(header, &f->geometry, info) ?
	       header : NULL;
}

/* Return: the header of an extent, until the next read, or NULL if it is gone. */
const struct pstore_flash_extent *
flash_extent_header(struct flash *f, const struct flash_extent *e)
{
	struct pstore_flash_extent_info info;
	const struct pstore_flash_extent *header =
		extent_at(f, e->block, e->pos, &info);

	return header && info.nr == e->info.nr ? header : NULL;
}

static __u32 extent_end(const struct flash *f, const struct flash_extent *e)
{
	return e->pos + pstore_flash_span(&f->geometry, e->info.nr);
}

/* Return: whether there was memory. */
static bool add_extent(struct flash *f, const struct flash_extent *e)
{
	struct flash_extent *more;
	__u32 room;

	if (f->nr == f->room) {
		room = f->room ? 2 * f->room : 64;
		more = realloc(f->extents, room * sizeof(*more));
		if (!more)
			return false;
		f->extents = more;
		f->room = room;
	}
	f->extents[f->nr++] = *e;
	f->blocks[e->block].nr++;
	return true;
}

static bool unit_is_blank(struct flash *f, __u32 block, __u32 pos)
{
	__u32 end = pos + f->geometry.unit_bytes, n;
	const void *bytes;

	for (; pos < end; pos += n) {
		n = min(end - pos, FLASH_WINDOW);
		bytes = block_look(f, block, pos, n);
		if (bytes && memchr_inv(bytes, 0xff, n))
			return false;
	}
	return true;
}

static void note_unknown(struct flash_block *b, __u32 pos)
{
	if (!b->unknown)
		b->unknown_pos = pos;
	b->unknown = true;
}

/*
 * Find the extents of a block. Where there should be one and is not, a write was cut
 * short, or a boot has left a unit out, or the flash is damaged: the next one may be at
 * any unit. Return: whether there was memory.
 */
static bool scan_block(struct flash *f, __u32 block)
{
	const struct pstore_flash_geometry *g = &f->geometry;
	struct flash_block *b = &f->blocks[block];
	__u32 pos = pstore_flash_first(g);
	struct flash_extent e = { .block = block };

	b->first = f->nr;
	if (!b->header && !unit_is_blank(f, block, 0))
		note_unknown(b, 0);
	while (g->block_bytes - pos >= g->unit_bytes) {
		e.pos = pos;
		if (extent_at(f, block, pos, &e.info)) {
			if (!add_extent(f, &e))
				return false;
			pos = extent_end(f, &e);
			continue;
		}
		if (!unit_is_blank(f, block, pos))
			note_unknown(b, pos);
		pos += g->unit_bytes;
	}
	if (b->nr)
		b->state = FLASH_USED;
	f->unreadable += b->unreadable;
	return true;
}

/* A block without a header may have lost just that. Return: whether there was memory. */
static bool scan_blocks(struct flash *f)
{
	__u32 block;

	for (block = 0; block < f->geometry.blocks; block++)
		if ((f->blocks[block].state == FLASH_FREE ||
		     f->blocks[block].state == FLASH_NO_HEADER) &&
		    !scan_block(f, block))
			return false;
	return true;
}

/* What counts. */

bool flash_payload_is_good(struct flash *f, const struct flash_extent *e)
{
	__u32 pos = e->pos + pstore_flash_header_bytes(e->info.nr);
	__u32 left = e->info.nr * f->geometry.granule_bytes, crc = ~0U, n;
	const void *bytes;

	for (; left; left -= n, pos += n) {
		n = min(left, FLASH_WINDOW);
		bytes = block_look(f, e->block, pos, n);
		if (!bytes)
			return false;
		crc = __crc32c_le(crc, bytes, n);
	}
	return ~crc == e->info.payload_crc;
}

/* Return: the block in which the extent ended that was the last valid one before @e. */
__u32 flash_valid_end_block(const struct flash *f, const struct flash_extent *e)
{
	return (__u32)((e->info.valid_end - 1) / f->geometry.block_bytes);
}

/*
 * Does @last count? The one behind it, @next, tells where the last one that counts
 * ends. If that is neither here nor before, headers between them are lost.
 */
static bool last_counts(struct flash *f, const struct flash_extent *last,
			const struct flash_extent *next)
{
	__u64 end = flash_pos(f, last->block, extent_end(f, last));

	if (next && next->info.valid_end == end)
		return true;
	if (next && next->info.valid_end && next->info.valid_end < end &&
	    flash_valid_end_block(f, next) == last->block)
		return false;
	return flash_payload_is_good(f, last);
}

/* Between @last, if there is one, and @next, was there one that is not found? */
static bool has_lost_one(const struct flash *f, const struct flash_extent *last,
			 const struct flash_extent *next)
{
	__u64 end = next->info.valid_end;
	__u32 block = flash_valid_end_block(f, next);

	if (!end || block >= f->geometry.blocks)
		return false;
	if (last && block == last->block)
		return end > flash_pos(f, block, extent_end(f, last));
	if (block == next->block)
		return end <= flash_pos(f, block, next->pos);
	return last && f->blocks[block].state == FLASH_FREE &&
	       f->blocks[block].unknown;
}

/* Return: where granule @i of an extent lies, in FLASH_STEP. */
__u32 flash_extent_step(const struct flash *f, const struct flash_extent *e,
			__u32 i)
{
	return (__u32)((flash_pos(f, e->block, e->pos) +
			pstore_flash_header_bytes(e->info.nr) +
			i * f->geometry.granule_bytes) / FLASH_STEP);
}

/* Is it known whether @last counts? Then its granules are where it has them. */
static void settle(struct flash *f, struct flash_extent *last,
		   const struct flash_extent *next)
{
	const struct pstore_flash_extent *header;
	__u32 i;

	if (!last)
		return;
	if (!last_counts(f, last, next)) {
		last->state = EXTENT_CUT_SHORT;
		return;
	}
	header = flash_extent_header(f, last);
	if (!header) {
		f->unreadable++;
		return;
	}
	for (i = 0; i < last->info.nr; i++)
		f->map[le32_to_cpu(header->granules[i])] =
			flash_extent_step(f, last, i);
}

static int compare_blocks(const void *a, const void *b)
{
	const struct flash_extent *x = *(struct flash_extent * const *)a;
	const struct flash_extent *y = *(struct flash_extent * const *)b;

	if (x->info.seq == y->info.seq)
		return x->block < y->block ? -1 : x->block > y->block;
	return x->info.seq < y->info.seq ? -1 : 1;
}

/* Put the first extents of the blocks in use into @order. Return: how many. */
static __u32 order_blocks(struct flash *f, struct flash_extent **order)
{
	__u32 block, nr = 0;

	for (block = 0; block < f->geometry.blocks; block++)
		if (f->blocks[block].state == FLASH_USED)
			order[nr++] = &f->extents[f->blocks[block].first];
	qsort(order, nr, sizeof(*order), compare_blocks);
	if (nr)
		f->oldest = order[0]->block;
	return nr;
}

/* Go through all extents, oldest first. Return: whether there was memory. */
static bool replay(struct flash *f)
{
	struct flash_extent **order = calloc(f->geometry.blocks, sizeof(*order));
	struct flash_extent *last = NULL, *e, *end;
	__u64 seq = 1;
	__u32 nr, i;

	if (!order)
		return false;
	nr = order_blocks(f, order);
	for (i = 0; i < nr; i++) {
		end = order[i] + f->blocks[order[i]->block].nr;
		for (e = order[i]; e < end; e++) {
			/* Not one of ours: numbers only go up. */
			if (e->info.seq < seq) {
				e->state = EXTENT_OUT_OF_ORDER;
				continue;
			}
			settle(f, last, e);
			e->lost = has_lost_one(f, last, e);
			last = e;
			seq = e->info.seq + 1;
		}
	}
	settle(f, last, NULL);
	free(order);
	return true;
}

/* The area. */

static int read_granule(const struct flash *f, __u32 granule, __u32 from,
			void *buf, __u32 len)
{
	if (f->map[granule] == FLASH_NOWHERE) {
		memset(buf, 0xff, len);
		return 0;
	}
	return f->raw->read(f->raw, (__u64)f->map[granule] * FLASH_STEP + from,
			    buf, len);
}

static int flash_read(struct image *image, __u64 pos, void *buf, size_t len)
{
	const struct flash *f = image->flash;
	__u32 size = f->geometry.granule_bytes, from, n;
	__u8 *at = buf;
	int ret = 0;

	for (; len && !ret; len -= n, pos += n, at += n) {
		from = (__u32)(pos % size);
		n = min(size - from, len);
		ret = read_granule(f, (__u32)(pos / size), from, at, n);
	}
	return ret;
}

static bool flash_alloc_blocks(struct flash *f)
{
	f->blocks = calloc(f->geometry.blocks, sizeof(*f->blocks));
	return f->blocks;
}

static bool flash_alloc_map(struct flash *f)
{
	size_t bytes = f->geometry.granules * sizeof(*f->map);

	f->map = malloc(bytes);
	if (f->map)
		memset(f->map, 0xff, bytes);
	return f->map;
}

static void flash_free(struct flash *f)
{
	free(f->window);
	free(f->extents);
	free(f->blocks);
	free(f->map);
	free(f);
}

static bool flash_refuse(const struct area *area, enum pstore_flash_verdict why)
{
	if (why == PSTORE_FLASH_NEWER)
		area_err(area, "holds flash in a newer version of the format than version %d, which is the newest one that this program knows; use a newer pstore-zone",
			 PSTORE_FLASH_VERSION);
	else
		area_err(area, "was cut off: it has %llu bytes, and the flash that it was copied from had more; copy the whole partition, bad blocks included (nanddump --bb=padbad)",
			 area->image->bytes);
	return false;
}

static bool flash_no_memory(const struct area *area)
{
	area_err(area, "not enough memory for the flash in it");
	return false;
}

/* It is flash: present the area on it. Return: false after a message. */
static bool flash_load(struct area *area, struct flash *f)
{
	enum pstore_flash_verdict verdict;

	/* What was looked at before may go across blocks. */
	f->window_bytes = 0;
	if (!flash_alloc_blocks(f))
		return flash_no_memory(area);
	find_most(f);
	verdict = take_headers(f);
	if (verdict != PSTORE_FLASH_OK)
		return flash_refuse(area, verdict);
	if (!flash_alloc_map(f) || !scan_blocks(f) || !replay(f))
		return flash_no_memory(area);
	f->image.name = f->raw->name;
	f->image.bytes = (__u64)f->geometry.granules *
			 f->geometry.granule_bytes;
	f->image.read = flash_read;
	f->image.flash = f;
	return true;
}

static void flash_warn(struct area *area, const struct flash *f)
{
	__u32 block, other = 0;

	for (block = 0; block < f->geometry.blocks; block++)
		other += f->blocks[block].state == FLASH_OTHER;
	if (other)
		area_err(area, "eraseblocks that belong to another area and are not read: %u",
			 other);
	if (f->unreadable)
		area_err(area, "eraseblocks of which some cannot be read: %u",
			 f->unreadable);
	area->unreadable += f->unreadable;
}

/*
 * Is the image flash? Then @area->image becomes the area that is kept there.
 * Return: false, after a message, if it is and cannot be used.
 */
bool flash_open(struct area *area)
{
	struct flash *f = calloc(1, sizeof(*f));
	enum pstore_flash_verdict found;
	bool good = true;

	if (f)
		f->window = malloc(FLASH_WINDOW);
	if (!f || !f->window) {
		free(f);
		area_err(area, "not enough memory");
		return false;
	}
	f->raw = area->image;
	if (!find_is_disk(f)) {
		found = find_header(f);
		if (found == PSTORE_FLASH_OK)
			good = flash_load(area, f);
		else if (found != PSTORE_FLASH_FOREIGN)
			good = flash_refuse(area, found);
	}
	if (f->image.flash) {
		area->image = &f->image;
		flash_warn(area, f);
	} else {
		flash_free(f);
	}
	return good;
}

void flash_close(struct area *area)
{
	struct flash *f = area->image->flash;

	if (!f)
		return;
	area->image = f->raw;
	flash_free(f);
}
