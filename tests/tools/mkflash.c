// SPDX-License-Identifier: GPL-2.0
/*
 * mkflash NUMBER FLASH AREA - write a random history of a flash, and what it adds up to
 *
 * FLASH gets the bytes of a flash on which granules of an area were written, moved and
 * erased as drivers-mtd/flash.c does it, with power cuts in the middle of writes and
 * writes that were refused; AREA gets what should be read from it. Headers are made by
 * the kernel's own flash-media.c.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "flash-media.h"

#define MAX_BYTES	(1U << 20)

static struct pstore_flash_geometry g;
static __u8 flash[MAX_BYTES], area[MAX_BYTES], image[MAX_BYTES];
static __u32 where[PSTORE_FLASH_MAX_GRANULES];	/* of each granule: block + 1 */
static bool bad[64], erased[64];
static __u32 head, pos;
static __u64 seq = 1, valid_end, state;
static bool refused;

static __u32 draw(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (__u32)(state * 0x2545f4914f6cdd1dULL >> 32);
}

static __u32 between(__u32 least, __u32 most)
{
	return least + draw() % (most - least + 1);
}

static __u8 *at(__u32 block, __u32 offset)
{
	return flash + (size_t)block * g.block_bytes + offset;
}

static void erase(__u32 block)
{
	memset(at(block, 0), 0xff, g.block_bytes);
	pstore_flash_encode_block(at(block, 0), &g, draw() % 100);
	erased[block] = true;
}

static __u32 next_block(__u32 block)
{
	do
		block = (block + 1) % g.blocks;
	while (bad[block]);
	return block;
}

static void clean(void);

/* Room for how many granules, behind the last extent or in the next block. */
static __u32 choose(__u32 want)
{
	__u32 nr = pstore_flash_fit(&g, g.block_bytes - pos);

	if (!nr) {
		head = next_block(head);
		if (!erased[head]) {
			fprintf(stderr, "mkflash: full\n");
			exit(2);
		}
		erased[head] = false;
		pos = pstore_flash_first(&g);
		clean();
		nr = pstore_flash_fit(&g, g.block_bytes - pos);
		if (!nr)
			return choose(want);
	}
	return nr < want ? nr : want;
}

/* The power fails: some of the extent is there, and some of the rest may be anything. */
static bool cut_off(const __u8 *extent, __u32 nr, __u32 span)
{
	__u32 whole = pstore_flash_header_bytes(nr) + nr * g.granule_bytes;
	__u32 done = between(1, span), end, i;
	bool counts;

	memcpy(at(head, pos), extent, done);
	if (done < span && draw() % 2)
		for (i = done; i < span && i < done + 16; i++)
			*at(head, pos + i) = draw();
	/* Bits that were being written may be read as either. */
	if (done >= PSTORE_FLASH_EXTENT_BYTES && draw() % 4 == 0)
		*at(head, pos + between(4, 31)) ^= 1 << draw() % 8;
	/* The next boot goes on behind all that is not blank, and behind what has a header. */
	for (end = g.block_bytes; end > pos && *at(head, end - 1) == 0xff; end--)
		;
	if (!memcmp(at(head, pos), extent, PSTORE_FLASH_EXTENT_BYTES + nr * 4) &&
	    pos + span > end)
		end = pos + span;
	counts = !memcmp(at(head, pos), extent, whole);
	if (counts)
		valid_end = (__u64)head * g.block_bytes + pos + span;
	pos = (end + g.unit_bytes - 1) / g.unit_bytes * g.unit_bytes + g.unit_bytes;
	if (pos > g.block_bytes)
		pos = g.block_bytes;
	seq += 1024;
	return counts;
}

/* Append @nr granules whose numbers are in the image. Return: whether it counts. */
static bool append(__u32 nr, bool may_fail)
{
	struct pstore_flash_extent_info info = {
		.seq = seq++, .valid_end = valid_end, .nr = nr,
	};
	struct pstore_flash_extent *e = (void *)image;
	__u32 span = pstore_flash_span(&g, nr), i;

	pstore_flash_encode_extent(image, &g, &info);
	if (may_fail && draw() % 8 == 0) {
		if (!cut_off(image, nr, span))
			return false;
	} else {
		memcpy(at(head, pos), image, span);
		/* Refused, though all of it is there: the rest of the block is not used. */
		refused = may_fail && draw() % 16 == 0;
		if (refused) {
			pos = g.block_bytes;
			return false;
		}
		pos += span;
		valid_end = (__u64)head * g.block_bytes + pos;
	}
	for (i = 0; i < nr; i++)
		where[le32_to_cpu(e->granules[i])] = head + 1;
	return true;
}

/* Granules with what the area has for them. */
static void fill(const __u32 *numbers, __u32 nr)
{
	struct pstore_flash_extent *e = (void *)image;
	__u32 i;

	for (i = 0; i < nr; i++) {
		e->granules[i] = cpu_to_le32(numbers[i]);
		memcpy(image + pstore_flash_header_bytes(nr) + i * g.granule_bytes,
		       area + (size_t)numbers[i] * g.granule_bytes,
		       g.granule_bytes);
	}
}

/* Move what counts in the block behind the head, and erase that. */
static void clean(void)
{
	__u32 victim = next_block(head), numbers[PSTORE_FLASH_MAX_EXTENT], nr, i, n;

	if (erased[victim])
		return;
	for (;;) {
		for (i = 0, nr = 0; i < g.granules && nr < 8; i++)
			if (where[i] == victim + 1)
				numbers[nr++] = i;
		if (!nr)
			break;
		n = pstore_flash_fit(&g, g.block_bytes - pos);
		if (!n) {
			fprintf(stderr, "mkflash: no room to clean\n");
			exit(2);
		}
		n = n < nr ? n : nr;
		fill(numbers, n);
		append(n, false);
	}
	erase(victim);
}

static size_t area_bytes(void)
{
	return (size_t)g.granules * g.granule_bytes;
}

/* New contents for some granules. Until they count, the area has the old ones. */
static void write_some(void)
{
	static __u8 old[MAX_BYTES];
	__u32 numbers[PSTORE_FLASH_MAX_EXTENT], first, nr, i, j;

	nr = choose(between(1, 6));
	nr = nr < g.granules ? nr : g.granules;
	first = draw() % (g.granules - nr + 1);
	memcpy(old, area, area_bytes());
	for (i = 0; i < nr; i++) {
		numbers[i] = first + i;
		for (j = 0; j < g.granule_bytes; j++)
			area[(size_t)numbers[i] * g.granule_bytes + j] = draw();
	}
	fill(numbers, nr);
	if (append(nr, true))
		return;
	/*
	 * What a power cut took is gone. A refused write is tried again; or not, where the
	 * next extent will tell.
	 */
	if (!refused ||
	    (valid_end && (valid_end - 1) / g.block_bytes == head && draw() % 2)) {
		memcpy(area, old, area_bytes());
		refused = false;
		return;
	}
	refused = false;
	for (i = 0; i < nr; i += j) {
		j = choose(nr - i);
		fill(numbers + i, j);
		append(j, false);
	}
}

static void plan(void)
{
	__u32 i, room;

	for (i = 0; i < sizeof(g.flash_id); i++)
		g.flash_id[i] = draw();
	g.granule_bytes = 512U << between(0, 2);
	g.block_bytes = 16384U << between(0, 1);
	g.unit_bytes = 64U << between(0, 5);
	g.blocks = between(6, 16);
	room = g.block_bytes - pstore_flash_first(&g);
	for (i = 0, g.granules = 0; (i = pstore_flash_fit(&g, room > 8192 ? 8192 : room));
	     room -= pstore_flash_span(&g, i))
		g.granules += i;
	g.granules = g.granules * (g.blocks - 3) / 6 + 1;
}

static void save(const char *name, const __u8 *bytes, size_t nr)
{
	FILE *file = fopen(name, "w");

	if (!file || fwrite(bytes, 1, nr, file) != nr || fclose(file)) {
		perror(name);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	__u32 i, writes;

	if (argc != 4) {
		fprintf(stderr, "usage: mkflash NUMBER FLASH AREA\n");
		return 2;
	}
	state = (strtoull(argv[1], NULL, 0) + 1) * 0x9e3779b97f4a7c15ULL;
	plan();
	memset(flash, 0xff, sizeof(flash));
	memset(area, 0xff, sizeof(area));
	for (i = 0; i < g.blocks; i++)
		erase(i);
	if (draw() % 3 == 0) {
		i = between(1, g.blocks - 1);
		bad[i] = true;
		memset(at(i, 0), draw(), g.block_bytes);
	}
	head = 0;
	erased[0] = false;
	pos = pstore_flash_first(&g);
	for (writes = between(0, 200); writes; writes--)
		write_some();
	/* The last extent counts if it is whole: let there be one that was acknowledged. */
	writes = choose(1);
	area[0] ^= 0xff;
	fill(&(__u32){ 0 }, writes);
	append(writes, false);
	save(argv[2], flash, (size_t)g.blocks * g.block_bytes);
	save(argv[3], area, area_bytes());
	return 0;
}
