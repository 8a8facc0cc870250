// SPDX-License-Identifier: GPL-2.0
/*
 * Keep an area on flash, for tests: as what a machine leaves that has written it
 * several times, with other contents before. Nothing of the reader is used. Where the
 * kernel keeps a power cut in mind, this need not: a block is erased first, and then
 * gets what counted in it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "mkflash.h"

#define ROUNDS		4
#define NONE		(~0U)

/**
 * struct journal - a flash that is written to
 * @plan:	what was asked for
 * @g:		how it is divided
 * @flash:	its bytes
 * @area:	what is to be in the area in the end
 * @now:	what is in the area now
 * @where:	position of each granule, or NONE
 * @extent:	position of the extent that has it
 * @erases:	of each block
 * @block:	where the next extent goes
 * @pos:	where in there
 * @seq:	its number
 * @valid_end:	where the last one ended
 * @random:	state of a generator of random numbers
 */
struct journal {
	const struct flash_plan		*plan;
	struct pstore_flash_geometry	g;
	__u8				*flash;
	const __u8			*area;
	__u8				*now;
	__u32				*where;
	__u32				*extent;
	__u64				*erases;
	__u32				block;
	__u32				pos;
	__u64				seq;
	__u64				valid_end;
	__u32				random;
};

static void *need(size_t bytes)
{
	void *memory = calloc(bytes, 1);

	if (!memory) {
		fprintf(stderr, "mkimage: %s\n", strerror(errno));
		exit(2);
	}
	return memory;
}

static __u32 draw(struct journal *j, __u32 below)
{
	j->random = j->random * 1664525U + 1013904223U;
	return (j->random >> 8) % below;
}

static __u8 *block_at(const struct journal *j, __u32 block)
{
	return j->flash + (size_t)block * j->g.block_bytes;
}

static bool is_odd(const struct journal *j, __u32 block)
{
	return j->plan->odd && block == j->plan->odd_block;
}

static void write_extents(struct journal *j, const __u32 *granules, __u32 nr);

/* The granules that count in @block, into @granules. Return: how many. */
static __u32 gather(const struct journal *j, __u32 block, __u32 *granules)
{
	__u32 i, nr = 0;

	for (i = 0; i < j->g.granules; i++)
		if (j->where[i] != NONE && j->where[i] / j->g.block_bytes == block)
			granules[nr++] = i;
	return nr;
}

/* Go on in the next block, which is erased. */
static void enter_next(struct journal *j)
{
	__u32 *granules = need(j->g.granules * sizeof(*granules)), nr;

	do {
		j->block = (j->block + 1) % j->g.blocks;
	} while (is_odd(j, j->block));
	nr = gather(j, j->block, granules);
	memset(block_at(j, j->block), 0xff, j->g.block_bytes);
	pstore_flash_encode_block(block_at(j, j->block), &j->g,
				  ++j->erases[j->block]);
	j->pos = pstore_flash_first(&j->g);
	if (nr)
		write_extents(j, granules, nr);
	free(granules);
}

/* Append as many of the granules as fit. Return: how many. */
static __u32 append(struct journal *j, const __u32 *granules, __u32 nr)
{
	struct pstore_flash_extent_info info = { .seq = j->seq++,
						 .valid_end = j->valid_end };
	__u32 room = j->g.block_bytes - j->pos, i;
	__u8 *at = block_at(j, j->block) + j->pos, *data;
	struct pstore_flash_extent *e = (void *)at;

	nr = min(nr, pstore_flash_fit(&j->g, room));
	info.nr = nr;
	data = at + pstore_flash_header_bytes(nr);
	for (i = 0; i < nr; i++, data += j->g.granule_bytes) {
		e->granules[i] = cpu_to_le32(granules[i]);
		memcpy(data, j->now + (size_t)granules[i] * j->g.granule_bytes,
		       j->g.granule_bytes);
		j->where[granules[i]] = (__u32)(data - j->flash);
		j->extent[granules[i]] = (__u32)(at - j->flash);
	}
	pstore_flash_encode_extent(at, &j->g, &info);
	j->pos += pstore_flash_span(&j->g, nr);
	j->valid_end = (__u64)(block_at(j, j->block) - j->flash) + j->pos;
	return nr;
}

static void write_extents(struct journal *j, const __u32 *granules, __u32 nr)
{
	__u32 n;

	for (; nr; nr -= n, granules += n) {
		if (!pstore_flash_fit(&j->g, j->g.block_bytes - j->pos))
			enter_next(j);
		n = append(j, granules, nr);
	}
}

/* What is never written to an area stays blank. */
static bool is_blank(const struct journal *j, __u32 granule)
{
	const __u8 *at = j->area + (size_t)granule * j->g.granule_bytes;

	return !at[0] && !memcmp(at, at + 1, j->g.granule_bytes - 1);
}

/* A boot leaves out a unit and many numbers, and a block that has no room then. */
static void begin_boot(struct journal *j)
{
	j->seq += 1024;
	j->pos += j->g.unit_bytes;
	if (j->pos > j->g.block_bytes)
		j->pos = j->g.block_bytes;
}

/* Up to 40 neighbours, from @from on, with other contents in all but the last round. */
static __u32 write_some(struct journal *j, unsigned int round, __u32 from)
{
	__u32 granules[40], nr, want = 1 + draw(j, ARRAY_SIZE(granules)), i;
	size_t size = j->g.granule_bytes, k, at;

	for (nr = 0, i = from; nr < want && i < j->g.granules; i++) {
		if (is_blank(j, i))
			break;
		granules[nr++] = i;
		at = i * size;
		for (k = at; k < at + size; k++)
			j->now[k] = (__u8)(j->area[k] ^ (ROUNDS - 1 - round) * 0x35);
	}
	if (nr)
		write_extents(j, granules, nr);
	return max(nr, 1U);
}

static void write_round(struct journal *j, unsigned int round)
{
	__u32 i;

	begin_boot(j);
	for (i = 0; i < j->g.granules;)
		i += write_some(j, round, i);
}

/* The power fails in the extent that would be the next one. */
static void cut_last(struct journal *j)
{
	__u32 granules[4] = { 0, 1, 2, 3 }, span = pstore_flash_span(&j->g, 4);
	__u32 *where = need(sizeof(granules)), keep = 1;
	__u8 *at;

	begin_boot(j);
	if (pstore_flash_fit(&j->g, j->g.block_bytes - j->pos) < 4)
		enter_next(j);
	at = block_at(j, j->block) + j->pos;
	memcpy(where, j->where, sizeof(granules));
	memset(j->now, 0xee, 4 * (size_t)j->g.granule_bytes);
	append(j, granules, 4);
	memcpy(j->where, where, sizeof(granules));
	free(where);
	if (j->plan->last == 'c')
		keep = pstore_flash_header_bytes(4) + 3 * j->g.granule_bytes + 7;
	else if (j->plan->last == 'h')
		keep = 23;
	memset(at + keep, 0xff, span - keep);
}

static void make_odd(struct journal *j)
{
	struct pstore_flash_geometry g = j->g;
	__u8 *at = block_at(j, j->plan->odd_block);

	if (j->plan->odd == 'a') {
		memset(at, 0, g.block_bytes);
	} else if (j->plan->odd == 't') {
		pstore_flash_encode_block(at, &g, 1);
		memset(at + 30, 0xff, PSTORE_FLASH_HEADER_BYTES - 30);
	} else if (j->plan->odd == 'o') {
		g.flash_id[0] ^= 1;
		pstore_flash_encode_block(at, &g, 1);
	}
}

/* Return: whether any of its granules counts. */
static bool is_live(const struct journal *j, const struct pstore_flash_extent *e,
		    size_t data)
{
	__u32 i;

	for (i = 0; i < le32_to_cpu(e->nr); i++)
		if (j->where[le32_to_cpu(e->granules[i])] ==
		    data + i * j->g.granule_bytes)
			return true;
	return false;
}

/* The payload of an extent that does not count any more. */
static void map_dead(const struct journal *j, FILE *map)
{
	const __le32 magic = cpu_to_le32(PSTORE_FLASH_EXTENT_MAGIC);
	const struct pstore_flash_extent *e;
	__u32 block, pos;
	size_t data;

	for (block = 0; block < j->g.blocks; block++) {
		pos = pstore_flash_first(&j->g);
		e = (void *)(block_at(j, block) + pos);
		if (e->magic != magic)
			continue;
		data = (size_t)(block_at(j, block) - j->flash) + pos +
		       pstore_flash_header_bytes(le32_to_cpu(e->nr));
		if (is_live(j, e, data))
			continue;
		fprintf(map, "dead %zu\n", data);
		return;
	}
}

static void make_map(const struct journal *j, FILE *map)
{
	__u32 i;

	for (i = 0; i < j->g.blocks; i++)
		if (j->erases[i])
			fprintf(map, "block %u %zu\n", i,
				(size_t)i * j->g.block_bytes);
	for (i = 0; i < j->g.granules; i++)
		if (j->where[i] != NONE)
			fprintf(map, "granule %u %u\nextent of %u %u\n", i,
				j->where[i], i, j->extent[i]);
	map_dead(j, map);
	fprintf(map, "next block %zu\n", (size_t)(j->block + 1) % j->g.blocks *
		j->g.block_bytes);
}

static void plan_geometry(struct journal *j, size_t bytes)
{
	struct pstore_flash_geometry *g = &j->g;
	__u32 i;

	for (i = 0; i < sizeof(g->flash_id); i++)
		g->flash_id[i] = (__u8)(0xf0 - i);
	g->block_bytes = j->plan->block_bytes;
	g->unit_bytes = j->plan->unit_bytes;
	g->granule_bytes = PSTORE_FLASH_MIN_GRANULE;
	g->granules = (__u32)((bytes + g->granule_bytes - 1) / g->granule_bytes);
}

/* Twice what it takes, so that there are old copies and the ring goes round. */
static void plan_blocks(struct journal *j)
{
	struct pstore_flash_geometry *g = &j->g;
	__u32 each = pstore_flash_fit(g, g->block_bytes - pstore_flash_first(g));
	__u32 nr = 0, i;

	if (!each) {
		fprintf(stderr, "mkimage: eraseblocks of this size have no room\n");
		exit(2);
	}
	for (i = 0; i < g->granules; i++)
		nr += !is_blank(j, i);
	g->blocks = 4 + 2 * DIV_ROUND_UP(nr, each);
	/* Larger than the area, as each flash is. */
	i = DIV_ROUND_UP(g->granules * g->granule_bytes, g->block_bytes);
	g->blocks = max(g->blocks, i);
}

/* A block that has nothing which counts is erased ahead. */
static void erase_ahead(struct journal *j)
{
	__u32 *granules = need(j->g.granules * sizeof(*granules));
	__u32 block = j->block, i;

	for (i = 1; i < j->g.blocks; i++) {
		block = (block + 1) % j->g.blocks;
		if (is_odd(j, block) || gather(j, block, granules))
			continue;
		memset(block_at(j, block), 0xff, j->g.block_bytes);
		pstore_flash_encode_block(block_at(j, block), &j->g,
					  ++j->erases[block]);
		break;
	}
	free(granules);
}

/*
 * Keep @area, which has @bytes, on flash. Return: the flash in its place, and in
 * @bytes its size.
 */
__u8 *make_flash(const struct flash_plan *plan, __u8 *area, size_t *bytes,
		 FILE *map)
{
	struct journal j = { .plan = plan, .seq = 1 };
	unsigned int round;
	size_t size;

	plan_geometry(&j, *bytes);
	size = (size_t)j.g.granules * j.g.granule_bytes;
	j.area = memcpy(need(size), area, *bytes);
	j.now = need(size);
	free(area);
	plan_blocks(&j);
	*bytes = (size_t)j.g.blocks * j.g.block_bytes;
	j.flash = memset(need(*bytes), 0xff, *bytes);
	j.where = memset(need(j.g.granules * 4), 0xff, j.g.granules * 4);
	j.extent = need(j.g.granules * 4);
	j.erases = need(j.g.blocks * sizeof(*j.erases));
	j.block = j.g.blocks - 1;
	j.pos = j.g.block_bytes;
	for (round = 0; round < ROUNDS; round++)
		write_round(&j, round);
	erase_ahead(&j);
	if (map)
		make_map(&j, map);
	if (plan->last)
		cut_last(&j);
	if (plan->odd)
		make_odd(&j);
	free((void *)j.area);
	free(j.now);
	free(j.where);
	free(j.extent);
	free(j.erases);
	return j.flash;
}
