// SPDX-License-Identifier: GPL-2.0
/*
 * Flash as storage: scripts, power cuts and panics in the middle of them, and the
 * records that the mtdoops of old has left.
 *
 * A failure prints "cut G-S-O-T": the kind of flash, the script, the operation in which
 * the power failed, and what that left.
 */
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "flash_model.h"

#define FT_STEPS	40

static unsigned int scripts = 1;
module_param(scripts, uint, 0444);
MODULE_PARM_DESC(scripts, "how many scripts to cut the power in");

static unsigned int every = 7;
module_param(every, uint, 0444);
MODULE_PARM_DESC(every, "cut the power in each so many-th operation");

static void ft_check_wear(struct ft *ft)
{
	unsigned int least = UINT_MAX, most = 0, i;

	for (i = 0; i < div_u64(ft->sim->mtd.size, ft->sim->mtd.erasesize);
	     i++) {
		if (ft->sim->bad[i])
			continue;
		least = min(least, ft->sim->erases[i]);
		most = max(most, ft->sim->erases[i]);
		KUNIT_EXPECT_EQ(ft->test, ft->flash->erases[i],
				ft->sim->erases[i]);
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

/* A second cut, while the first one is recovered from. */
static void ft_cut_again(struct ft *ft, unsigned int op, unsigned int again,
			 enum sim_flash_tear tear)
{
	struct sim_flash *sim = ft->sim;
	unsigned int steps;

	ft_reset(ft);
	ft->random = op;
	snprintf(ft->id, sizeof(ft->id), "%td-%u, again %u-%u",
		 (const struct ft_kind *)ft->test->param_value - ft_kinds, op,
		 again, tear);
	sim->cut_at = op;
	sim->tear = (tear + op) % SIM_FLASH_TEAR_COUNT;
	KUNIT_ASSERT_EQ_MSG(ft->test, 0, ft_try_open(ft), "cut %s", ft->id);
	for (steps = 0; steps < 4 * FT_STEPS && !ft_run(ft, 1); steps++)
		;
	ft_close(ft);
	sim_flash_power_on(sim);
	sim->cut_at = sim->ops + again;
	sim->tear = tear;
	if (!ft_try_open(ft)) {
		ft_check(ft);
		ft_run(ft, 2);
	}
	ft_recover(ft);
}

static void test_flash_second_cuts(struct kunit *test)
{
	struct ft *ft = ft_create(test, test->param_value);
	unsigned int op, again, cuts = 0;
	enum sim_flash_tear tear;

	for (op = 2; op < 60; op += every) {
		for (again = 1; again <= 5; again++) {
			for (tear = 0; tear < SIM_FLASH_TEAR_COUNT; tear++) {
				ft_cut_again(ft, op, again, tear);
				cuts += 2;
			}
		}
		cond_resched();
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
	KUNIT_CASE_PARAM(test_flash_scripts, ft_each_kind),
	KUNIT_CASE_PARAM(test_flash_cuts, ft_each_kind),
	KUNIT_CASE_PARAM(test_flash_second_cuts, ft_each_kind),
	KUNIT_CASE_PARAM(test_flash_panic_inside, ft_each_kind),
	{}
};

static struct kunit_suite flash_suite = {
	.name		= "pstore_flash",
	.test_cases	= flash_test_cases,
};

kunit_test_suite(flash_suite);
