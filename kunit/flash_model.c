// SPDX-License-Identifier: GPL-2.0
/*
 * A model of what flash as storage has to keep, see flash_model.h.
 */
#include <linux/kmsg_dump.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "flash_model.h"

/* The kinds of flash that are tried. */
const struct ft_kind ft_kinds[FT_KINDS] = {
	{ "NOR, 16 blocks of 4 KiB",	16, SZ_4K, 1 },
	{ "NOR, 5 blocks of 8 KiB",	5, SZ_8K, 1 },
	{ "NOR, 3 blocks of 8 KiB",	3, SZ_8K, 1 },
	{ "NOR, 2 blocks of 16 KiB",	2, SZ_16K, 1 },
	{ "NOR, 2 blocks of 128 KiB",	2, SZ_128K, 1 },
	{ "NOR with 1 KiB units, 8 blocks of 16 KiB", 8, SZ_16K, SZ_1K },
	{ "NAND, pages of 512 bytes, 12 blocks of 8 KiB", 12, SZ_8K, SZ_512, true },
	{ "NAND, pages of 2 KiB, 8 blocks of 32 KiB", 8, SZ_32K, SZ_2K, true },
};

static void ft_describe(const struct ft_kind *kind, char *desc)
{
	strscpy(desc, kind->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ft_kinds, ft_kinds, ft_describe);

/* For KUNIT_CASE_PARAM(): all kinds. */
const void *ft_each_kind(const void *prev, char *desc)
{
	return ft_kinds_gen_params(prev, desc);
}

/* Those that have blocks to lose. */
const void *ft_each_of_many_blocks(const void *prev, char *desc)
{
	const struct ft_kind *kind = prev;

	do {
		kind = ft_kinds_gen_params(kind, desc);
	} while (kind && kind->blocks < 8);
	return kind;
}

/* Those that the log of a panic does not fill. */
const void *ft_each_for_panics(const void *prev, char *desc)
{
	const struct ft_kind *kind = prev;

	do {
		kind = ft_kinds_gen_params(kind, desc);
	} while (kind && kind->blocks * kind->block_bytes < FT_PANIC_BYTES);
	return kind;
}

const void *ft_each_nand(const void *prev, char *desc)
{
	const struct ft_kind *kind = prev;

	do {
		kind = ft_kinds_gen_params(kind, desc);
	} while (kind && !kind->nand);
	return kind;
}

u32 ft_random(struct ft *ft, u32 below)
{
	ft->random = ft->random * 1664525 + 1013904223;
	return (ft->random >> 12) % below;
}

u32 ft_granules(const struct ft *ft)
{
	return ft->flash->geometry.granules;
}

u32 ft_granule_bytes(const struct ft *ft)
{
	return ft->flash->geometry.granule_bytes;
}

/* What version @version of granule @granule says; version 0 is blank. */
static u8 ft_byte(u32 granule, unsigned int version)
{
	return version ? granule * 7 + version * 13 + version / 256 : 0xff;
}

static bool ft_is(const u8 *p, u32 len, u32 granule, unsigned int version)
{
	u32 stamp[2];

	if (!version)
		return !memchr_inv(p, 0xff, len);
	memcpy(stamp, p, sizeof(stamp));
	return stamp[0] == granule && stamp[1] == version &&
	       !memchr_inv(p + sizeof(stamp), ft_byte(granule, version),
			   len - sizeof(stamp));
}

static void ft_fill(u8 *p, u32 len, u32 granule, unsigned int version)
{
	u32 stamp[2] = { granule, version };

	memset(p, ft_byte(granule, version), len);
	memcpy(p, stamp, sizeof(stamp));
}

int ft_try_open(struct ft *ft)
{
	const struct pstore_storage params = {
		.backend	= "sim",
		.kmsg_bytes	= SZ_4K,
		.max_reason	= KMSG_DUMP_OOPS,
		.format		= ft->format,
	};
	struct pstore_flash *flash = pstore_flash_open(&ft->sim->mtd, &params);

	ft->flash = IS_ERR(flash) ? NULL : flash;
	return PTR_ERR_OR_ZERO(flash);
}

void ft_open(struct ft *ft)
{
	KUNIT_ASSERT_EQ_MSG(ft->test, 0, ft_try_open(ft), "cut %s", ft->id);
	KUNIT_ASSERT_LE(ft->test, ft_granules(ft), FT_GRANULES);
}

void ft_close(struct ft *ft)
{
	if (ft->flash)
		pstore_flash_close(ft->flash);
	ft->flash = NULL;
}

static void ft_close_action(void *data)
{
	ft_close(data);
}

static void ft_free(void *mem)
{
	vfree(mem);
}

struct ft *ft_create(struct kunit *test, const struct ft_kind *kind)
{
	struct ft *ft = vzalloc(sizeof(*ft));

	KUNIT_ASSERT_NOT_NULL(test, ft);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, ft_free, ft));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, ft_close_action, ft));
	ft->test = test;
	ft->sim = sim_flash_create(test, kind->blocks, kind->block_bytes,
				   kind->write_bytes, kind->nand);
	ft->buf = kunit_kmalloc(test, FT_MAX_RUN * SZ_4K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ft->buf);
	return ft;
}

/* Begin anew, on a blank flash. */
void ft_reset(struct ft *ft)
{
	struct sim_flash *sim = ft->sim;

	memset(sim->media, 0xff, sim->mtd.size);
	memset(sim->top, 0, sizeof(sim->top));
	memset(sim->bad, 0, sizeof(sim->bad));
	memset(sim->erases, 0, sizeof(sim->erases));
	memset(sim->torn, 0, div_u64(sim->mtd.size, SIM_FLASH_PAGE));
	sim->ops = 0;
	sim->worn = SIM_FLASH_MAX_BLOCKS;
	sim->tired = SIM_FLASH_MAX_BLOCKS;
	sim->last_words = NULL;
	sim_flash_power_on(sim);
	memset(ft->acked, 0, sizeof(ft->acked));
	memset(ft->flying, 0, sizeof(ft->flying));
	memset(ft->stopped, 0, sizeof(ft->stopped));
	ft->version = 0;
}

/*
 * The run is written. If the work that this has queued has panicked since, it may have
 * written to the same granules, so all of it stays in flight: either may be there.
 */
static void ft_acknowledge(struct ft *ft, u32 first, u32 nr)
{
	u32 i;

	guard(preempt)();
	for (i = 0; i < nr && !ft->sim->off; i++) {
		ft->acked[first + i] = ft->version;
		ft->flying[first + i] = 0;
		ft->stopped[first + i] = 0;
	}
}

/* Write a run of granules. Return: 0 or -errno; then it stays in flight. */
int ft_write(struct ft *ft, u32 first, u32 nr, bool panic)
{
	struct pstore_storage *st = &ft->flash->storage;
	u32 bytes = ft_granule_bytes(ft), i;
	int ret;

	ft->version++;
	for (i = 0; i < nr; i++) {
		ft_fill(ft->buf + i * bytes, bytes, first + i, ft->version);
		if (ft->flying[first + i])
			ft->stopped[first + i] = ft->flying[first + i];
		ft->flying[first + i] = ft->version;
	}
	ret = (panic ? st->ops->panic_write : st->ops->write)
		(st, (u64)first * bytes, ft->buf, nr * bytes);
	if (!ret)
		ft_acknowledge(ft, first, nr);
	/* What is done ahead is done now, so that each run is the same. */
	if (!panic)
		flush_work(&ft->flash->work);
	return ret;
}

int ft_write_somewhere(struct ft *ft, bool panic)
{
	u32 nr = 1 + ft_random(ft, FT_MAX_RUN);

	nr = min(nr, ft_granules(ft));
	return ft_write(ft, ft_random(ft, ft_granules(ft) - nr + 1), nr, panic);
}

/*
 * All that was acknowledged is there, and what was in flight is the one or the other.
 * From now on, it is what it is.
 */
void ft_check(struct ft *ft)
{
	struct pstore_storage *st = &ft->flash->storage;
	u32 bytes = ft_granule_bytes(ft), i;

	for (i = 0; i < ft_granules(ft); i++) {
		KUNIT_ASSERT_EQ_MSG(ft->test, 0,
				    st->ops->read(st, (u64)i * bytes, ft->buf,
						  bytes),
				    "cut %s: granule %u is read", ft->id, i);
		if (ft->flying[i] && ft_is(ft->buf, bytes, i, ft->flying[i]))
			ft->acked[i] = ft->flying[i];
		else if (ft->stopped[i] &&
			 ft_is(ft->buf, bytes, i, ft->stopped[i]))
			ft->acked[i] = ft->stopped[i];
		ft->flying[i] = 0;
		ft->stopped[i] = 0;
		KUNIT_ASSERT_TRUE_MSG(ft->test,
				      ft_is(ft->buf, bytes, i, ft->acked[i]),
				      "cut %s: granule %u is version %u, not what it should be",
				      ft->id, i, ft->acked[i]);
	}
	KUNIT_ASSERT_EQ_MSG(ft->test, 0, ft->sim->breaches, "cut %s", ft->id);
}

/* One step of a script. Return: 0, or -errno when the power is off. */
static int ft_step(struct ft *ft)
{
	unsigned int i;
	int ret = 0;

	switch (ft_random(ft, 16)) {
	case 0:
		/* What a panic has no room for is not acknowledged. */
		for (i = 0; i < 3 && !ret; i++)
			ret = ft_write_somewhere(ft, true);
		fallthrough;
	case 1:
		if (ft->sim->off)
			return -EIO;
		ft_close(ft);
		ft_open(ft);
		ft_check(ft);
		return 0;
	default:
		return ft_write_somewhere(ft, false);
	}
}

int ft_run(struct ft *ft, unsigned int steps)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < steps && !ret; i++)
		ret = ft_step(ft);
	return ret;
}

/* After a power cut: all is there, it goes on, and that is there, too. */
void ft_recover(struct ft *ft)
{
	unsigned int i;

	ft_close(ft);
	sim_flash_power_on(ft->sim);
	for (i = 0; i < 2; i++) {
		ft_open(ft);
		ft_check(ft);
		KUNIT_ASSERT_EQ_MSG(ft->test, 0, ft_write_somewhere(ft, false),
				    "cut %s", ft->id);
		KUNIT_ASSERT_EQ_MSG(ft->test, 0, ft_run(ft, 3), "cut %s",
				    ft->id);
		ft_check(ft);
		ft_close(ft);
	}
}
