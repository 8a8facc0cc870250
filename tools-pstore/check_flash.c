// SPDX-License-Identifier: GPL-2.0
/*
 * Flash: what it is like, and what of it is sound, was cut short or is damaged.
 *
 * flash-media.h lists what an unclean shutdown can leave behind. Besides:
 *
 * - An extent that does not count, or bytes that are neither header nor extent. Cut
 *   short.
 * - An extent that was valid, as the next one says, and whose payload does not match
 *   its checksum. Damage, if one of its granules still counts. Else it is out of use.
 * - The next extent says that one was valid which is not found. Damage, unless nothing
 *   counts any more in the oldest block: its erase may have been cut short.
 * - An eraseblock that has extents and no header. Damage, if something in it counts.
 *   Else its erase was cut short.
 * - An eraseblock that cannot be read from its start on is bad, as flash may be. One
 *   that cannot be read further on is damaged.
 */
#include <linux/build_bug.h>

#include "reader.h"

static const char * const block_state_names[] = {
	[FLASH_NO_HEADER]	= "no header",
	[FLASH_FREE]		= "free",
	[FLASH_USED]		= "in use",
	[FLASH_OTHER]		= "other area",
	[FLASH_BAD]		= "bad",
};

static_assert(ARRAY_SIZE(block_state_names) == FLASH_STATE_COUNT);

/* info */

static void info_erases(const struct area *area, const struct flash *f)
{
	__u64 least = ~0ULL, most = 0;
	__u32 i;

	for (i = 0; i < f->geometry.blocks; i++) {
		const struct flash_block *b = &f->blocks[i];

		if (!b->header || b->state == FLASH_OTHER)
			continue;
		least = min(least, b->erases);
		most = max(most, b->erases);
	}
	fprintf(area->out, "  erased       %llu to %llu times\n", least, most);
}

/* Tell what the flash is like that keeps the area. */
void info_flash(const struct area *area, const struct flash *f)
{
	const struct pstore_flash_geometry *g = &f->geometry;
	__u32 blocks[FLASH_STATE_COUNT] = {}, extents[EXTENT_STATE_COUNT] = {}, i;
	char id[ID_CHARS];

	for (i = 0; i < g->blocks; i++)
		blocks[f->blocks[i].state]++;
	for (i = 0; i < f->nr; i++)
		extents[f->extents[i].state]++;
	fprintf(area->out, "flash          %s, version %d\n",
		id_text(id, g->flash_id, PSTORE_FLASH_ID_BYTES),
		PSTORE_FLASH_VERSION);
	fprintf(area->out, "  eraseblocks  %u of %u bytes, written in units of %u\n",
		g->blocks, g->block_bytes, g->unit_bytes);
	for (i = 0; i < FLASH_STATE_COUNT; i++)
		if (blocks[i])
			fprintf(area->out, "  %-12s %u\n",
				block_state_names[i], blocks[i]);
	info_erases(area, f);
	fprintf(area->out, "  extents      %u valid, %u cut short, %u out of order\n",
		extents[EXTENT_VALID], extents[EXTENT_CUT_SHORT],
		extents[EXTENT_OUT_OF_ORDER]);
}

/* check */

/* Return: how many granules of an extent count, after they have been counted. */
static __u32 count_live(struct flash *f, const struct flash_extent *e)
{
	const struct pstore_flash_extent *header = flash_extent_header(f, e);
	__u32 i, live = 0;

	for (i = 0; header && i < e->info.nr; i++)
		live += f->map[le32_to_cpu(header->granules[i])] ==
			flash_extent_step(f, e, i);
	f->blocks[e->block].live += live;
	return live;
}

static void extent_found(struct check *check, const struct flash_extent *e,
			 enum severity severity, const char *what)
{
	check_found(check, severity, "eraseblock %u: extent %llu at byte %u %s",
		    e->block, e->info.seq, e->pos, what);
}

static void check_extent(struct check *check, struct flash *f,
			 const struct flash_extent *e)
{
	if (e->state == EXTENT_OUT_OF_ORDER)
		extent_found(check, e, SEVERITY_DAMAGED, "is out of order");
	else if (e->state == EXTENT_CUT_SHORT)
		extent_found(check, e, SEVERITY_CUT_SHORT, "was not finished");
	else if (count_live(f, e) && !flash_payload_is_good(f, e))
		extent_found(check, e, SEVERITY_DAMAGED,
			     "has a payload that does not match its checksum");
}

/* The extent before @e is lost, which was in its block or in that of the last one. */
static void check_lost(struct check *check, const struct flash *f,
		       const struct flash_extent *e)
{
	__u32 block = flash_valid_end_block(f, e);
	bool erased = block == f->oldest && !f->blocks[block].live;

	check_found(check, erased ? SEVERITY_CUT_SHORT : SEVERITY_DAMAGED,
		    "eraseblock %u: the header of the extent before extent %llu is lost",
		    block, e->info.seq);
}

static bool block_is_sound(const struct flash_block *b)
{
	return b->state != FLASH_OTHER && !b->unreadable && !b->unknown &&
	       (b->header || b->state != FLASH_USED);
}

static void block_found(struct check *check, const struct flash_block *b,
			__u32 i)
{
	if (b->state == FLASH_OTHER)
		check_found(check, SEVERITY_DAMAGED, "eraseblock %u: belongs to another area",
			    i);
	else if (b->unreadable)
		check_found(check, SEVERITY_DAMAGED, "eraseblock %u: some of it cannot be read",
			    i);
	else if (b->state == FLASH_USED && !b->header)
		check_found(check, b->live ? SEVERITY_DAMAGED : SEVERITY_CUT_SHORT,
			    "eraseblock %u: its header is lost%s", i,
			    b->live ? "" : ", and nothing in it counts");
	else if (b->state == FLASH_NO_HEADER)
		check_found(check, SEVERITY_CUT_SHORT, "eraseblock %u: no header, and not blank: to be erased, or with records of an older kernel",
			    i);
	else
		check_found(check, SEVERITY_CUT_SHORT, "eraseblock %u: a write at byte %u was not finished",
			    i, b->unknown_pos);
}

static void check_blocks(struct check *check, const struct flash *f)
{
	struct run run = { .check = check, .what = "eraseblock" };
	__u32 i;

	for (i = 0; i < f->geometry.blocks; i++) {
		const struct flash_block *b = &f->blocks[i];

		if (block_is_sound(b)) {
			run_add(&run, i, block_state_names[b->state]);
			continue;
		}
		run_end(&run);
		block_found(check, b, i);
	}
	run_end(&run);
}

/* Check the flash that keeps an area. */
void check_flash(struct check *check)
{
	struct flash *f = check->area->image->flash;
	__u32 i;

	for (i = 0; i < f->nr; i++)
		check_extent(check, f, &f->extents[i]);
	for (i = 0; i < f->nr; i++)
		if (f->extents[i].lost)
			check_lost(check, f, &f->extents[i]);
	check_blocks(check, f);
}
