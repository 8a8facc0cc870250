// SPDX-License-Identifier: GPL-2.0
/*
 * Flash as storage.
 *
 * A script writes runs of granules to a simulated flash, as a living kernel or in a
 * panic, and reopens it now and then. A model keeps which version of each granule was
 * acknowledged, and which is in flight. What is read back must be the acknowledged
 * one, or, after a power cut, for what was in flight either. The simulated flash
 * counts each breach of the rules of flash, of which there must be none.
 *
 * Scripts are made from their numbers. A failure prints "cut G-S-O-T": the geometry, the
 * script, the operation in which the power failed, and what that left.
 */
#include <kunit/test.h>
#include <linux/kmsg_dump.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "../../../../drivers/mtd/pstore/flash.h"
#include "../zone.h"
#include "sim_flash.h"

#define FT_MAX_RUN	9
#define FT_STEPS	40
#define FT_GRANULES	4096
#define FT_PANIC_BYTES	SZ_64K	/* flash that no panic of a script has to erase */

static unsigned int scripts = 1;
module_param(scripts, uint, 0444);
MODULE_PARM_DESC(scripts, "how many scripts to cut the power in");

static unsigned int every = 7;
module_param(every, uint, 0444);
MODULE_PARM_DESC(every, "cut the power in each so many-th operation");

/* The kinds of flash that are tried. */
static const struct ft_kind {
	const char	*name;
	u32		blocks;
	u32		block_bytes;
	u32		write_bytes;
	bool		nand;
} ft_kinds[] = {
	{ "NOR, 16 blocks of 4 KiB",	16, SZ_4K, 1 },
	{ "NOR, 5 blocks of 8 KiB",	5, SZ_8K, 1 },
	{ "NOR, 2 blocks of 16 KiB",	2, SZ_16K, 1 },
	{ "NOR with 1 KiB units, 8 blocks of 16 KiB", 8, SZ_16K, SZ_1K },
	{ "NAND, pages of 512 bytes, 12 blocks of 8 KiB", 12, SZ_8K, SZ_512, true },
	{ "NAND, pages of 2 KiB, 8 blocks of 32 KiB", 8, SZ_32K, SZ_2K, true },
};

static void ft_describe(const struct ft_kind *kind, char *desc)
{
	strscpy(desc, kind->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ft_kinds, ft_kinds, ft_describe);

/* A run of one script on one flash. */
struct ft {
	struct kunit		*test;
	struct sim_flash	*sim;
	struct pstore_flash	*flash;
	u8			*buf;
	unsigned int		acked[FT_GRANULES];
	unsigned int		flying[FT_GRANULES];
	unsigned int		stopped[FT_GRANULES];	/* by a panic, in flight */
	unsigned int		version;
	u32			random;
	char			id[48];
};

static u32 ft_random(struct ft *ft, u32 below)
{
	ft->random = ft->random * 1664525 + 1013904223;
	return (ft->random >> 12) % below;
}

static u32 ft_granules(const struct ft *ft)
{
	return ft->flash->geometry.granules;
}

static u32 ft_granule_bytes(const struct ft *ft)
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

static int ft_try_open(struct ft *ft)
{
	const struct pstore_storage params = {
		.backend	= "sim",
		.kmsg_bytes	= SZ_4K,
		.max_reason	= KMSG_DUMP_OOPS,
	};
	struct pstore_flash *flash = pstore_flash_open(&ft->sim->mtd, &params);

	ft->flash = IS_ERR(flash) ? NULL : flash;
	return PTR_ERR_OR_ZERO(flash);
}

static void ft_open(struct ft *ft)
{
	KUNIT_ASSERT_EQ_MSG(ft->test, 0, ft_try_open(ft), "cut %s", ft->id);
	KUNIT_ASSERT_LE(ft->test, ft_granules(ft), FT_GRANULES);
}

static void ft_close(struct ft *ft)
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

static struct ft *ft_create(struct kunit *test, const struct ft_kind *kind)
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
static void ft_reset(struct ft *ft)
{
	struct sim_flash *sim = ft->sim;

	memset(sim->media, 0xff, sim->mtd.size);
	memset(sim->top, 0, sizeof(sim->top));
	memset(sim->bad, 0, sizeof(sim->bad));
	memset(sim->erases, 0, sizeof(sim->erases));
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

/* Write a run of granules. Return: 0 or -errno; then it stays in flight. */
static int ft_write(struct ft *ft, u32 first, u32 nr, bool panic)
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
	for (i = 0; i < nr && !ret; i++) {
		ft->acked[first + i] = ft->version;
		ft->flying[first + i] = 0;
		ft->stopped[first + i] = 0;
	}
	/* What is done ahead is done now, so that each run is the same. */
	if (!panic)
		flush_work(&ft->flash->work);
	return ret;
}

static int ft_write_somewhere(struct ft *ft, bool panic)
{
	u32 nr = 1 + ft_random(ft, FT_MAX_RUN);

	nr = min(nr, ft_granules(ft));
	return ft_write(ft, ft_random(ft, ft_granules(ft) - nr + 1), nr, panic);
}

/*
 * All that was acknowledged is there, and what was in flight is the one or the other.
 * From now on, it is what it is.
 */
static void ft_check(struct ft *ft)
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

static int ft_run(struct ft *ft, unsigned int steps)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < steps && !ret; i++)
		ret = ft_step(ft);
	return ret;
}

static void ft_check_wear(struct ft *ft)
{
	unsigned int least = UINT_MAX, most = 0, i;

	for (i = 0; i < div_u64(ft->sim->mtd.size, ft->sim->mtd.erasesize);
	     i++) {
		if (ft->sim->bad[i])
			continue;
		least = min(least, ft->sim->erases[i]);
		most = max(most, ft->sim->erases[i]);
	}
	KUNIT_EXPECT_LE(ft->test, most - least, 1);
	KUNIT_EXPECT_GT(ft->test, most, 2);
}

static void test_flash_scripts(struct kunit *test)
{
	const struct ft_kind *kind = test->param_value;
	struct ft *ft = ft_create(test, kind);
	unsigned int i;

	for (i = 0; i < 4; i++) {
		ft_reset(ft);
		ft->random = i;
		snprintf(ft->id, sizeof(ft->id), "- (script %u)", i);
		ft_open(ft);
		KUNIT_ASSERT_EQ(test, 0, ft_run(ft, 400));
		ft_check(ft);
		ft_check_wear(ft);
		if (ft->sim->mtd.size >= FT_PANIC_BYTES)
			KUNIT_EXPECT_EQ(test, ft->sim->panic_erases, 0);
		ft_close(ft);
	}
}

/* After a power cut: all is there, it goes on, and that is there, too. */
static void ft_recover(struct ft *ft)
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

/* Return: whether the script came to its end before the power failed. */
static bool ft_cut(struct ft *ft, unsigned int script, unsigned int op,
		   enum sim_flash_tear tear)
{
	struct sim_flash *sim = ft->sim;
	bool done;
	int ret;

	ft_reset(ft);
	ft->random = script;
	snprintf(ft->id, sizeof(ft->id), "%td-%u-%u-%u",
		 (const struct ft_kind *)ft->test->param_value - ft_kinds,
		 script, op, tear);
	sim->cut_at = op;
	sim->tear = tear;
	ret = ft_try_open(ft) ?: ft_run(ft, FT_STEPS);
	done = !sim->off;
	if (done)
		KUNIT_ASSERT_EQ_MSG(ft->test, 0, ret, "cut %s", ft->id);
	ft_recover(ft);
	return done;
}

static void test_flash_cuts(struct kunit *test)
{
	struct ft *ft = ft_create(test, test->param_value);
	unsigned int script, op, cuts = 0;
	enum sim_flash_tear tear;
	bool done;

	for (script = 0; script < scripts; script++) {
		for (op = 1, done = false; !done; op += every) {
			for (tear = 0; tear < SIM_FLASH_TEAR_COUNT; tear++) {
				done = ft_cut(ft, script, op, tear);
				cuts++;
			}
			cond_resched();
		}
	}
	kunit_info(test, "%u power cuts", cuts);
}

/* A panic, on another CPU or on this one, that has stopped an operation. */
static void ft_panic_now(struct sim_flash *sim)
{
	struct ft *ft = sim->context;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < 2 && !ret; i++)
		ret = ft_write_somewhere(ft, true);
	/* A small flash may have no room left for so many panics. */
	if (ft->sim->mtd.size >= FT_PANIC_BYTES)
		KUNIT_EXPECT_EQ_MSG(ft->test, 0, ret, "cut %s", ft->id);
}

static void test_flash_panic_inside(struct kunit *test)
{
	struct ft *ft = ft_create(test, test->param_value);
	struct sim_flash *sim = ft->sim;
	enum sim_flash_tear tear;
	unsigned int op;
	bool done = false;
	u8 *buf = ft->buf;
	int ret;

	/* The panic has a buffer of its own. */
	ft->buf = kunit_kmalloc(test, FT_MAX_RUN * SZ_4K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ft->buf);
	kunit_kfree(test, buf);
	for (op = 1; !done; op += every) {
		for (tear = 0; tear < SIM_FLASH_TEAR_COUNT; tear++) {
			ft_reset(ft);
			ft->random = 7;
			snprintf(ft->id, sizeof(ft->id), "panic in %u-%u", op,
				 tear);
			ft_open(ft);
			sim->cut_at = sim->ops + op;
			sim->tear = tear;
			sim->context = ft;
			sim->last_words = ft_panic_now;
			ret = ft_run(ft, FT_STEPS / 2);
			done = !sim->off;
			if (done)
				KUNIT_ASSERT_EQ_MSG(test, 0, ret, "cut %s",
						    ft->id);
			ft_recover(ft);
		}
		cond_resched();
	}
}

/* The whole of it: an area on flash, and what the mtdoops of old has left there. */

#define FT_OLD_BLOCKS	16
#define FT_OLD_RECORDS	16
#define FT_OLD_FIRST	0xfffffff8U	/* their numbers come round */

static const u8 ft_boot_id[PSTORE_MEDIA_ID_BYTES] = "flash test boot";

static int ft_old_text(char *text, u32 n)
{
	return snprintf(text, 64, "old record %u has this to say", n);
}

/* Put @nr records of mtdoops on the flash, from its start. */
static void ft_old_put(struct ft *ft, u32 nr, bool with_time)
{
	u8 *at = ft->sim->media;
	__le32 header[4] = {};
	u32 n, skip = with_time ? 16 : 8;
	char text[64];
	int len;

	for (n = 0; n < nr; n++, at += SZ_4K) {
		u32 number = FT_OLD_FIRST + n;

		/* 0xffffffff is not used. */
		number += number < FT_OLD_FIRST || number == U32_MAX;
		header[0] = cpu_to_le32(number);
		header[1] = cpu_to_le32(with_time ? 0x5d005e00 : 0x5d005d00);
		len = ft_old_text(text, n);
		memcpy(at, header, skip);
		memcpy(at + skip, text, len);
	}
	for (n = 0; n < nr * SZ_4K / ft->sim->mtd.erasesize; n++)
		ft->sim->top[n] = ft->sim->mtd.erasesize;
}

/* How often @text is what a record of the area says. */
static unsigned int ft_old_find(struct pstore_area *area, const char *text,
				size_t len)
{
	struct pstore_record_info info;
	unsigned int found = 0;
	char *payload;
	u64 seq = 0;

	while (!pstore_slots_read(area, &seq, &info, &payload)) {
		found += info.payload_bytes == len &&
			 !memcmp(payload, text, len);
		kvfree(payload);
	}
	return found;
}

/* Attach the area. Return: NULL when the power is off. */
static struct pstore_area *ft_old_attach(struct ft *ft)
{
	struct pstore_area *area;

	if (ft_try_open(ft))
		return NULL;
	area = pstore_area_attach(&ft->flash->storage, ft_boot_id);
	pstore_flash_old_offered(ft->flash);
	flush_work(&ft->flash->work);
	return IS_ERR(area) ? NULL : area;
}

/* Records from @first on are there, once each. */
static void ft_old_check(struct ft *ft, u32 first, u32 nr)
{
	struct pstore_area *area = ft_old_attach(ft);
	char text[64];
	u32 n;
	int len;

	KUNIT_ASSERT_NOT_NULL_MSG(ft->test, area, "cut %s", ft->id);
	for (n = first; n < nr; n++) {
		len = ft_old_text(text, n);
		KUNIT_EXPECT_EQ_MSG(ft->test, 1, ft_old_find(area, text, len),
				    "cut %s: %s", ft->id, text);
	}
	KUNIT_EXPECT_EQ(ft->test, 0, ft->sim->breaches);
	pstore_area_detach(area);
	ft_close(ft);
}

static const struct ft_kind ft_old_kind = {
	"NOR, 16 blocks of 16 KiB", FT_OLD_BLOCKS, SZ_16K, 1
};

static void test_flash_old(struct kunit *test)
{
	struct ft *ft = ft_create(test, &ft_old_kind);
	unsigned int with_time, i;

	for (with_time = 0; with_time < 2; with_time++) {
		ft_reset(ft);
		ft_old_put(ft, FT_OLD_RECORDS, with_time);
		for (i = 0; i < 3; i++)
			ft_old_check(ft, 0, FT_OLD_RECORDS);
		/* All of their blocks have been given back. */
		ft_open(ft);
		KUNIT_EXPECT_EQ(test, 0, ft->flash->storage.old_bytes);
		ft_close(ft);
	}
}

/* Old records everywhere: the newest ones are taken, and the flash goes on. */
static void test_flash_old_full(struct kunit *test)
{
	struct ft *ft = ft_create(test, &ft_old_kind);
	u32 nr = FT_OLD_BLOCKS * SZ_16K / SZ_4K;

	ft_reset(ft);
	ft_old_put(ft, nr, true);
	ft_old_check(ft, nr - FT_OLD_RECORDS, nr);
	ft_old_check(ft, nr - FT_OLD_RECORDS, nr);
	ft_open(ft);
	KUNIT_EXPECT_EQ(test, 0, ft_run(ft, 0));
	KUNIT_EXPECT_GE(test, ft->flash->reserve, 2);
}

static void test_flash_old_cuts(struct kunit *test)
{
	struct ft *ft = ft_create(test, &ft_old_kind);
	struct sim_flash *sim = ft->sim;
	struct pstore_area *area;
	enum sim_flash_tear tear;
	unsigned int op, cuts = 0;
	bool done = false;

	for (op = 1; !done; op += every) {
		for (tear = 0; tear < SIM_FLASH_TEAR_COUNT; tear++, cuts++) {
			ft_reset(ft);
			ft_old_put(ft, FT_OLD_RECORDS, true);
			snprintf(ft->id, sizeof(ft->id), "old %u-%u", op, tear);
			sim->cut_at = op;
			sim->tear = tear;
			area = ft_old_attach(ft);
			done = !sim->off;
			pstore_area_detach(area);
			ft_close(ft);
			sim_flash_power_on(sim);
			ft_old_check(ft, 0, FT_OLD_RECORDS);
		}
		cond_resched();
	}
	kunit_info(test, "%u power cuts", cuts);
}

static struct kunit_case flash_test_cases[] = {
	KUNIT_CASE(test_flash_old),
	KUNIT_CASE(test_flash_old_full),
	KUNIT_CASE(test_flash_old_cuts),
	KUNIT_CASE_PARAM(test_flash_scripts, ft_kinds_gen_params),
	KUNIT_CASE_PARAM(test_flash_cuts, ft_kinds_gen_params),
	KUNIT_CASE_PARAM(test_flash_panic_inside, ft_kinds_gen_params),
	{}
};

static struct kunit_suite flash_suite = {
	.name		= "pstore_flash",
	.test_cases	= flash_test_cases,
};

kunit_test_suite(flash_suite);
