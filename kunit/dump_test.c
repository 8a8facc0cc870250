// SPDX-License-Identifier: GPL-2.0
/*
 * Storage that yields: who has pstore, and what is recorded beside it.
 *
 * Simulated disks (sim.h) are registered as backends register theirs. Crashes are
 * dumps of the real log, into which each test puts a line of its own first.
 * Correctness is observed by attaching the disk again and reading what is there.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/kmsg_dump.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/pstore.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "../zone.h"
#include "sim.h"

#define TEST_SLOT	SZ_4K
#define TEST_SECTOR	512
#define TEST_BYTES	SZ_4M

/* Another backend of pstore, which is none of ours. */
static ssize_t other_read(struct pstore_record *record)
{
	return 0;
}

static int other_write(struct pstore_record *record)
{
	return 0;
}

static struct pstore_info other = {
	.owner		= THIS_MODULE,
	.name		= "other",
	.flags		= PSTORE_FLAGS_DMESG,
	.max_reason	= KMSG_DUMP_PANIC,
	.read		= other_read,
	.write		= other_write,
};

static struct sim *sim_named(struct kunit *test, const char *name, bool yields)
{
	struct sim *sim = sim_create(test, TEST_BYTES, TEST_SLOT, TEST_SECTOR);

	sim->storage.backend = name;
	sim->storage.device = name;
	sim->storage.yields = yields;
	return sim;
}

static struct pstore_area *attach(struct kunit *test, struct sim *sim)
{
	static const u8 boot_id[PSTORE_MEDIA_ID_BYTES] = "reader";
	struct pstore_area *area = pstore_area_attach(&sim->storage, boot_id);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	return area;
}

/* The line that a test looks for. Newer than all that other tests have left. */
static const char *mark_log(struct kunit *test)
{
	static unsigned int marks;
	char *mark = kunit_kzalloc(test, 32, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, mark);
	scnprintf(mark, 32, "dump_test mark %u.", ++marks);
	/* More than fits into three parts. */
	for (i = 0; i < 3 * TEST_SLOT / 900; i++)
		pr_info("%0900u\n", i);
	pr_info("%s\n", mark);
	return mark;
}

/* What the disk has of one crash. */
struct crash {
	enum kmsg_dump_reason	reason;
	u32			count;
	u8			boot_id[PSTORE_MEDIA_ID_BYTES];
	bool			by_core;	/* compressed, as we never do */
	unsigned int		parts;
	bool			begins;		/* each part, with its first line */
	bool			in_order;	/* parts, from the first one on */
	bool			whole;		/* up to the last part */
	bool			has_mark;	/* in the first part */
};

#define MAX_CRASHES	128

/* What was read last. */
static struct crash crashes[MAX_CRASHES + 1];

/* Return: where the crash is, or is to be. */
static struct crash *crash_of(unsigned int nr,
			      const struct pstore_record_info *info)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (crashes[i].count == info->count &&
		    !memcmp(crashes[i].boot_id, info->boot_id,
			    sizeof(info->boot_id)))
			break;
	return &crashes[i];
}

static void crash_begin(struct crash *crash,
			const struct pstore_record_info *info)
{
	*crash = (struct crash) {
		.reason		= info->reason,
		.count		= info->count,
		.by_core	= info->flags & PSTORE_MEDIA_COMPRESSED,
		.begins		= true,
		.in_order	= true,
	};
	memcpy(crash->boot_id, info->boot_id, sizeof(info->boot_id));
}

static void crash_add(struct crash *crash, const struct pstore_record_info *info,
		      const char *text, const char *mark)
{
	char first[48];
	int n = scnprintf(first, sizeof(first), "%s#%u Part%u\n",
			  kmsg_dump_reason_str(info->reason), info->count,
			  info->part);

	if (info->payload_bytes < n || memcmp(text, first, n))
		crash->begins = false;
	if (info->part != ++crash->parts || crash->whole)
		crash->in_order = false;
	if (info->flags & PSTORE_MEDIA_LAST_PART)
		crash->whole = true;
	if (info->part == 1 && strnstr(text, mark, info->payload_bytes))
		crash->has_mark = true;
}

/*
 * Cut the power and read the disk. Return: how many crashes are on it, and what they
 * are, in @crashes.
 */
static unsigned int read_crashes(struct kunit *test, struct sim *sim,
				 const char *mark)
{
	struct pstore_record_info info = {};
	struct pstore_area *area;
	struct crash *crash;
	unsigned int nr = 0;
	u64 pos = 0;
	char *text;

	sim_power_on(sim);
	area = attach(test, sim);
	while (!pstore_slots_read(area, &pos, &info, &text)) {
		crash = crash_of(nr, &info);
		if (crash == &crashes[nr]) {
			KUNIT_ASSERT_LT(test, nr++, MAX_CRASHES);
			crash_begin(crash, &info);
		}
		crash_add(crash, &info, text, mark);
		kvfree(text);
	}
	pstore_area_detach(area);
	return nr;
}

static void expect_whole(struct kunit *test, const struct crash *crash,
			 enum kmsg_dump_reason reason, u32 count)
{
	KUNIT_EXPECT_EQ(test, (int)reason, (int)crash->reason);
	KUNIT_EXPECT_EQ(test, count, crash->count);
	KUNIT_EXPECT_FALSE(test, crash->by_core);
	KUNIT_EXPECT_GT(test, crash->parts, 1U);
	KUNIT_EXPECT_TRUE(test, crash->begins);
	KUNIT_EXPECT_TRUE(test, crash->in_order);
	KUNIT_EXPECT_TRUE(test, crash->whole);
	KUNIT_EXPECT_TRUE(test, crash->has_mark);
}

/* The dumper, called as kmsg_dump() does. */

static struct pstore_dump *make_dump(struct kunit *test, struct sim *sim)
{
	struct pstore_dump *dump = pstore_dump_create(attach(test, sim));

	KUNIT_ASSERT_NOT_NULL(test, dump);
	return dump;
}

static void end_dump(struct pstore_dump *dump)
{
	struct pstore_area *area = dump->area;

	pstore_dump_destroy(dump);
	pstore_area_detach(area);
}

static void crash(struct pstore_dump *dump, enum kmsg_dump_reason reason)
{
	struct kmsg_dump_detail detail = { .reason = reason };

	dump->dumper.dump(&dump->dumper, &detail);
}

static void test_dump_reasons(struct kunit *test)
{
	static const enum kmsg_dump_reason reasons[] = {
		KMSG_DUMP_OOPS, KMSG_DUMP_SHUTDOWN, KMSG_DUMP_PANIC,
		KMSG_DUMP_EMERG,
	};
	struct sim *sim = sim_named(test, "dumped", true);
	struct pstore_dump *dump = make_dump(test, sim);
	const char *mark = mark_log(test);
	unsigned int i;

	sim->storage.max_reason = KMSG_DUMP_SHUTDOWN;
	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		crash(dump, reasons[i]);
		sim_settle(&dump->area->stage.workers);
	}
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&dump->area->stats.dropped));
	end_dump(dump);
	KUNIT_ASSERT_EQ(test, i, read_crashes(test, sim, mark));
	while (i--)
		expect_whole(test, &crashes[i], reasons[i], i + 1);
}

/* Each crash is held against what is wanted when it happens. */
static void test_dump_wanted(struct kunit *test)
{
	struct sim *sim = sim_named(test, "wanted", true);
	struct pstore_dump *dump = make_dump(test, sim);
	const char *mark = mark_log(test);

	WRITE_ONCE(sim->storage.max_reason, KMSG_DUMP_PANIC);
	crash(dump, KMSG_DUMP_OOPS);
	WRITE_ONCE(sim->storage.max_reason, KMSG_DUMP_OOPS);
	crash(dump, KMSG_DUMP_OOPS);
	crash(dump, KMSG_DUMP_SHUTDOWN);
	end_dump(dump);
	KUNIT_ASSERT_EQ(test, 1U, read_crashes(test, sim, mark));
	expect_whole(test, &crashes[0], KMSG_DUMP_OOPS, 1);
}

/* A CPU that is gone had room for a part, and another one the image. */
static void test_dump_dead_cpu(struct kunit *test)
{
	struct sim *sim = sim_named(test, "dead", true);
	struct pstore_dump *dump = make_dump(test, sim);
	const char *mark = mark_log(test);
	struct pstore_staged *begun;

	sim->storage.max_reason = KMSG_DUMP_SHUTDOWN;
	begun = pstore_stage_take(dump->area, 1);
	KUNIT_ASSERT_NOT_NULL(test, begun);
	atomic_set(&dump->busy, 1);
	crash(dump, KMSG_DUMP_SHUTDOWN);
	crash(dump, KMSG_DUMP_PANIC);
	pstore_stage_give_back(begun);
	end_dump(dump);
	KUNIT_ASSERT_EQ(test, 1U, read_crashes(test, sim, mark));
	expect_whole(test, &crashes[0], KMSG_DUMP_PANIC, 2);
}

/* A panic comes in the middle of the dump's third write, which never ends. */
static void panic_inside(struct sim *sim, u64 pos, const void *buf, size_t len)
{
	static unsigned int writes;

	if (++writes < 3)
		return;
	writes = 0;
	sim->before_write = NULL;
	crash(sim->context, KMSG_DUMP_PANIC);
	sim->cut_at = sim->writes + 1;
}

static void test_dump_nested(struct kunit *test)
{
	struct sim *sim = sim_named(test, "nested", true);
	struct pstore_dump *dump = make_dump(test, sim);
	const char *mark = mark_log(test);

	sim->context = dump;
	sim->before_write = panic_inside;
	crash(dump, KMSG_DUMP_PANIC);
	end_dump(dump);
	KUNIT_ASSERT_EQ(test, 2U, read_crashes(test, sim, mark));
	KUNIT_EXPECT_EQ(test, 2U, crashes[0].parts);
	KUNIT_EXPECT_TRUE(test, crashes[0].begins && crashes[0].in_order);
	KUNIT_EXPECT_FALSE(test, crashes[0].whole);
	expect_whole(test, &crashes[1], KMSG_DUMP_PANIC, 2);
}

/* Where oopses find no room, newer ones do not push out the first ones. */
static void test_dump_storm(struct kunit *test)
{
	struct sim *sim = sim_named(test, "storm", true);
	struct pstore_dump *dump = make_dump(test, sim);
	const char *mark = mark_log(test);
	unsigned int i, nr;

	/* So that no worker makes room. */
	mutex_lock(&dump->area->stage.lock);
	for (i = 0; i < 100; i++)
		crash(dump, KMSG_DUMP_OOPS);
	KUNIT_EXPECT_GT(test, atomic_read(&dump->area->stats.dropped), 0);
	crash(dump, KMSG_DUMP_PANIC);
	mutex_unlock(&dump->area->stage.lock);
	end_dump(dump);
	nr = read_crashes(test, sim, mark);
	KUNIT_ASSERT_GE(test, nr, 2U);
	expect_whole(test, &crashes[0], KMSG_DUMP_OOPS, 1);
	expect_whole(test, &crashes[nr - 1], KMSG_DUMP_PANIC, 101);
}

/* Who has pstore. */

static void expect_pstore_has(struct kunit *test, const char *name)
{
	char have[32];

	pstore_backend_name(have, sizeof(have));
	KUNIT_EXPECT_STREQ(test, name, have);
}

static int enter(struct sim *sim)
{
	return pstore_storage_register(&sim->storage);
}

static void leave(struct sim *sim)
{
	pstore_storage_unregister(&sim->storage);
}

/*
 * An oops, for all who want to know. There is room to stage one; it is written when
 * the next tick of the clock has been and the worker is done.
 */
static void oops(void)
{
	kmsg_dump(KMSG_DUMP_OOPS);
	msleep(50);
	flush_workqueue(pstore_zone_wq);
}

/* Is the newest of @nr crashes whole, and who has recorded it? */
static void expect_newest(struct kunit *test, struct sim *sim, unsigned int nr,
			  bool by_core)
{
	KUNIT_ASSERT_EQ(test, nr, read_crashes(test, sim, ""));
	KUNIT_EXPECT_EQ(test, by_core, crashes[nr - 1].by_core);
	KUNIT_EXPECT_TRUE(test, crashes[nr - 1].whole);
}

/* Of two that yield, the first has pstore until it goes. */
static void test_yield_two(struct kunit *test)
{
	struct sim *a = sim_named(test, "a", true);
	struct sim *b = sim_named(test, "b", true);

	KUNIT_ASSERT_EQ(test, 0, enter(a));
	KUNIT_ASSERT_EQ(test, 0, enter(b));
	expect_pstore_has(test, "a");
	oops();
	leave(a);
	expect_pstore_has(test, "");
	expect_newest(test, a, 1, true);
	oops();
	leave(b);
	expect_newest(test, b, 2, false);
	KUNIT_ASSERT_EQ(test, 0, enter(b));
	expect_pstore_has(test, "b");
	oops();
	leave(b);
	expect_newest(test, b, 3, true);
}

static void test_yield_to_backend(struct kunit *test)
{
	struct sim *a = sim_named(test, "a", true);

	KUNIT_ASSERT_EQ(test, 0, enter(a));
	expect_pstore_has(test, "a");
	oops();
	KUNIT_ASSERT_EQ(test, 0, pstore_register(&other));
	expect_pstore_has(test, "other");
	oops();
	pstore_unregister(&other);
	expect_pstore_has(test, "");
	oops();
	leave(a);
	expect_newest(test, a, 3, false);
	KUNIT_EXPECT_EQ(test, crashes[0].count + 1, crashes[1].count);
	KUNIT_EXPECT_EQ(test, crashes[0].count + 2, crashes[2].count);
}

static void test_yield_beside_backend(struct kunit *test)
{
	struct sim *a = sim_named(test, "a", true);

	KUNIT_ASSERT_EQ(test, 0, pstore_register(&other));
	KUNIT_ASSERT_EQ(test, 0, enter(a));
	expect_pstore_has(test, "other");
	oops();
	leave(a);
	pstore_unregister(&other);
	expect_newest(test, a, 1, false);
}

/* Storage that does not yield comes before, after, and goes first or last. */
static void test_yield_to_storage(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct sim *a = sim_named(test, "a", true);
		struct sim *b = sim_named(test, "b", false);

		KUNIT_ASSERT_EQ(test, 0, enter(i & 1 ? a : b));
		KUNIT_ASSERT_EQ(test, 0, enter(i & 1 ? b : a));
		expect_pstore_has(test, "b");
		KUNIT_EXPECT_EQ(test, -EBUSY, pstore_register(&other));
		oops();
		leave(i & 2 ? a : b);
		expect_pstore_has(test, i & 2 ? "b" : "");
		leave(i & 2 ? b : a);
		expect_newest(test, a, 1, false);
		expect_newest(test, b, 1, true);
	}
}

/* Names are for one; and storage that stays does not make room. */
static void test_yield_refused(struct kunit *test)
{
	struct sim *a = sim_named(test, "a", false);
	struct sim *b = sim_named(test, "b", false);
	struct sim *same = sim_named(test, "a", true);

	KUNIT_ASSERT_EQ(test, 0, enter(a));
	KUNIT_EXPECT_EQ(test, -EBUSY, enter(b));
	KUNIT_EXPECT_EQ(test, -EBUSY, enter(same));
	KUNIT_EXPECT_EQ(test, 0U, b->writes + same->writes);
	leave(b);
	expect_pstore_has(test, "a");
	leave(a);
	expect_pstore_has(test, "");
}

/* What pstore has no room for is not touched. */
static void test_yield_no_room(struct kunit *test)
{
	struct sim *a = sim_named(test, "a", false);

	KUNIT_ASSERT_EQ(test, 0, pstore_register(&other));
	KUNIT_EXPECT_EQ(test, -EBUSY, enter(a));
	KUNIT_EXPECT_EQ(test, 0U, a->writes);
	pstore_unregister(&other);
	KUNIT_ASSERT_EQ(test, 0, enter(a));
	KUNIT_EXPECT_GT(test, a->writes, 0U);
	leave(a);
}

/* In pstore, too, what is wanted may change. */
static void test_yield_wanted(struct kunit *test)
{
	struct sim *a = sim_named(test, "a", true);

	a->storage.max_reason = KMSG_DUMP_PANIC;
	KUNIT_ASSERT_EQ(test, 0, enter(a));
	oops();
	WRITE_ONCE(a->storage.max_reason, KMSG_DUMP_OOPS);
	oops();
	WRITE_ONCE(a->storage.max_reason, KMSG_DUMP_PANIC);
	oops();
	WRITE_ONCE(a->storage.max_reason, KMSG_DUMP_SHUTDOWN);
	kmsg_dump(KMSG_DUMP_SHUTDOWN);
	leave(a);
	expect_newest(test, a, 2, true);
	KUNIT_EXPECT_EQ(test, (int)KMSG_DUMP_OOPS, (int)crashes[0].reason);
	KUNIT_EXPECT_EQ(test, (int)KMSG_DUMP_SHUTDOWN, (int)crashes[1].reason);
}

static struct kunit_case dump_test_cases[] = {
	KUNIT_CASE(test_dump_reasons),
	KUNIT_CASE(test_dump_wanted),
	KUNIT_CASE(test_dump_dead_cpu),
	KUNIT_CASE(test_dump_nested),
	KUNIT_CASE(test_dump_storm),
	KUNIT_CASE(test_yield_two),
	KUNIT_CASE(test_yield_to_backend),
	KUNIT_CASE(test_yield_beside_backend),
	KUNIT_CASE(test_yield_to_storage),
	KUNIT_CASE(test_yield_refused),
	KUNIT_CASE(test_yield_no_room),
	KUNIT_CASE(test_yield_wanted),
	{}
};

static struct kunit_suite dump_test_suite = {
	.name = "pstore_zone_dump",
	.test_cases = dump_test_cases,
};

kunit_test_suites(&dump_test_suite);

MODULE_DESCRIPTION("KUnit tests of storage that yields pstore");
MODULE_LICENSE("GPL");
