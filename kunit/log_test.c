// SPDX-License-Identifier: GPL-2.0
/*
 * Streams on a simulated disk (sim.h): written by one boot, read by the next.
 *
 * Correctness is observed by reading back what the boot before has left. Bytes of
 * a stream follow from their place in it, so that a byte which is lost, doubled or
 * out of order shows.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kmsg_dump.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/pstore.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "../zone.h"
#include "sim.h"

#define TEST_SECTOR	512
#define TEST_PAYLOAD	(TEST_SECTOR - PSTORE_MEDIA_STREAM_HEADER_BYTES)
#define TEST_KEEP	8192U

static unsigned int every = 1;
module_param(every, uint, 0444);
MODULE_PARM_DESC(every, "try each so many-th way for a ring to come round");

static u8 test_boot_id[PSTORE_MEDIA_ID_BYTES];

/* A disk for one stream of each kind, and the boot that finds it. */
static struct sim *test_sim(struct kunit *test)
{
	struct sim *sim = sim_create(test, SZ_512K, 4096, TEST_SECTOR);

	sim->storage.console_bytes = TEST_KEEP;
	sim->storage.pmsg_bytes = TEST_KEEP;
	sim->storage.ftrace_bytes = TEST_KEEP;
	sim->storage.console_flush_ms = 60000;
	return sim;
}

static struct pstore_area *attach(struct kunit *test, struct sim *sim)
{
	struct pstore_area *area = pstore_area_attach(&sim->storage,
						      test_boot_id);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	return area;
}

/* The same boot, later. */
static struct pstore_area *reattach(struct kunit *test, struct sim *sim,
				    struct pstore_area *area)
{
	pstore_area_detach(area);
	return attach(test, sim);
}

/* The next boot. Without @area, the one before has just stopped. */
static struct pstore_area *reboot(struct kunit *test, struct sim *sim,
				  struct pstore_area *area)
{
	pstore_area_detach(area);
	test_boot_id[0]++;
	return attach(test, sim);
}

static char byte_at(u64 offset)
{
	u32 n = offset;

	return 'a' + (n * 7 + n / 26 + n / 4999) % 26;
}

static void bytes_fill(char *buf, u64 offset, size_t n)
{
	while (n--)
		*buf++ = byte_at(offset++);
}

static void put(struct pstore_log *log, size_t n)
{
	char *buf = kmalloc(n, GFP_KERNEL);

	bytes_fill(buf, log->head, n);
	pstore_log_put(log, buf, n);
	kfree(buf);
}

static int message(struct pstore_log *log, size_t n)
{
	char *buf = kvmalloc(n, GFP_KERNEL);
	struct kvec vec = { .iov_base = buf, .iov_len = n };
	struct iov_iter from;
	int ret;

	bytes_fill(buf, log->head, n);
	iov_iter_kvec(&from, ITER_SOURCE, &vec, 1, n);
	ret = pstore_log_write(log, &from);
	kvfree(buf);
	return ret;
}

/* Write what was put, and return when it is on the disk. */
static void settle(struct pstore_log *log)
{
	pstore_log_kick(log);
	sim_settle(&log->workers);
	flush_delayed_work(&log->work);
}

/* The boot before has left the bytes of its stream from @from to @to. */
static void expect_bytes(struct kunit *test, struct pstore_area *area, u32 type,
			 u64 from, u64 to)
{
	const struct pstore_record_info *head;
	char *text = NULL, *want;
	ssize_t n;

	n = pstore_log_read(pstore_log_find(area, type), &text, &head);
	KUNIT_EXPECT_EQ(test, (ssize_t)(to - from), n);
	want = kvmalloc(max(n, 1), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, want);
	if (n > 0 && n == to - from) {
		bytes_fill(want, from, n);
		KUNIT_EXPECT_MEMEQ(test, want, text, n);
	}
	kvfree(want);
	kvfree(text);
}

/* The boot before has left two pieces of its stream, and nothing between them. */
static void expect_pieces(struct kunit *test, struct pstore_area *area,
			  u64 first, u64 from, u64 to)
{
	const struct pstore_record_info *head;
	char *text = NULL, *want;
	ssize_t n;

	n = pstore_log_read(pstore_log_find(area, PSTORE_TYPE_PMSG), &text,
			    &head);
	KUNIT_ASSERT_EQ(test, (ssize_t)(first + to - from), n);
	want = kvmalloc(n, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, want);
	bytes_fill(want, 0, first);
	bytes_fill(want + first, from, to - from);
	KUNIT_EXPECT_MEMEQ(test, want, text, n);
	kvfree(want);
	kvfree(text);
}

/* How many bytes a stream of TEST_KEEP keeps, with what rounding adds. */
static u32 keeps(struct pstore_area *area, u32 type)
{
	return pstore_media_stream_bytes(&pstore_log_find(area, type)->region);
}

/* Each message is durable when its write returns, in one write of one sector. */
static void test_messages(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_log *log = pstore_log_find(area, PSTORE_TYPE_PMSG);
	unsigned int i, writes;

	KUNIT_EXPECT_EQ(test, 0, message(log, 63));
	writes = sim->writes;
	for (i = 1; i < 50; i++) {
		KUNIT_EXPECT_EQ(test, 0, message(log, 63));
		KUNIT_EXPECT_EQ(test, writes + i, sim->writes);
		KUNIT_EXPECT_EQ(test, TEST_SECTOR, sim->last_bytes);
	}
	sim_power_on(sim); /* forgets what is not on the media */
	area = reboot(test, sim, area);
	expect_bytes(test, area, PSTORE_TYPE_PMSG, 0, 50 * 63);
	pstore_area_detach(area);
}

/* Sizes around those of a block, of a write and of the ring, and the largest. */
static void test_message_sizes(struct kunit *test)
{
	static const unsigned int sizes[] = {
		1, TEST_PAYLOAD - 1, TEST_PAYLOAD, TEST_PAYLOAD + 1,
		2 * TEST_PAYLOAD, 5000, SZ_16K - 1, SZ_16K, SZ_16K + 1, 40000,
	};
	struct sim *sim = sim_create(test, SZ_2M, 4096, TEST_SECTOR);
	struct pstore_area *area;
	struct pstore_log *log;
	unsigned int i;
	u64 n = 0;

	sim->storage.pmsg_bytes = SZ_128K;
	area = attach(test, sim);
	log = pstore_log_find(area, PSTORE_TYPE_PMSG);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_EXPECT_EQ(test, 0, message(log, sizes[i]));
		n += sizes[i];
	}
	area = reboot(test, sim, area);
	expect_bytes(test, area, PSTORE_TYPE_PMSG, 0, n);
	pstore_area_detach(area);
}

/* As large as the stream may be: whole. One byte more: refused, nothing written. */
static void test_message_largest(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_log *log = pstore_log_find(area, PSTORE_TYPE_PMSG);
	u32 max = keeps(area, PSTORE_TYPE_PMSG);
	unsigned int writes;

	KUNIT_EXPECT_GE(test, max, TEST_KEEP);
	KUNIT_EXPECT_EQ(test, 0, message(log, 100));
	KUNIT_EXPECT_EQ(test, 0, message(log, max));
	writes = sim->writes;
	KUNIT_EXPECT_EQ(test, -ENOSPC, message(log, max + 1));
	KUNIT_EXPECT_EQ(test, writes, sim->writes);
	area = reboot(test, sim, area);
	expect_bytes(test, area, PSTORE_TYPE_PMSG, 100, 100 + max);
	pstore_area_detach(area);
}

/*
 * Whatever their sizes, the newest bytes are kept, as many as were asked for: with
 * three sizes in turn, and several of some to one of the others.
 */
static void test_ring(struct kunit *test)
{
	static const char * const turns[] = { "0000112", "001", "0122" };
	static const unsigned int sizes[] = { 1, 63, 225, 448, 449, 900, 2100 };
	const unsigned int nr = ARRAY_SIZE(sizes), all = nr * nr * nr;
	struct sim *sim = test_sim(test);
	unsigned int i, j, size[3];

	for (i = 0; i < ARRAY_SIZE(turns) * all; i += max(every, 1)) {
		const char *turn = turns[i / all];
		struct pstore_area *area;
		struct pstore_log *log;
		u32 keep;

		sim_wipe(sim);
		area = attach(test, sim);
		log = pstore_log_find(area, PSTORE_TYPE_PMSG);
		keep = keeps(area, PSTORE_TYPE_PMSG);
		size[0] = sizes[i % nr];
		size[1] = sizes[i / nr % nr];
		size[2] = sizes[i / nr / nr % nr];
		/* The smallest of sizes would take too long to come round. */
		for (j = 0; log->head < 5 * keep && j < 2000; j++)
			KUNIT_ASSERT_EQ(test, 0,
					message(log, size[turn[j % strlen(turn)] -
							  '0']));
		j = log->head;
		area = reboot(test, sim, area);
		expect_bytes(test, area, PSTORE_TYPE_PMSG,
			     j > keep ? j - keep : 0, j);
		pstore_area_detach(area);
	}
}

/*
 * A place that was left free is not given twice when the ring comes round to it:
 * wherever it lies, and wherever the writes begin that come to it.
 */
static void test_ring_lap(struct kunit *test)
{
	static const unsigned int large[] = { TEST_PAYLOAD + 1,
					      2 * TEST_PAYLOAD + 1 };
	struct sim *sim = test_sim(test);
	unsigned int i, j, n;
	struct pstore_area *area;
	struct pstore_log *log;
	u32 keep;

	for (i = 0; i < 2 * 6 * 80; i += max(every, 1)) {
		sim_wipe(sim);
		area = attach(test, sim);
		log = pstore_log_find(area, PSTORE_TYPE_PMSG);
		keep = keeps(area, PSTORE_TYPE_PMSG);
		for (j = 0; j < i / 2 % 6; j++)
			KUNIT_ASSERT_EQ(test, 0, message(log, 300));
		for (j = 0; j < 2; j++)
			KUNIT_ASSERT_EQ(test, 0, message(log, 1));
		for (j = 0; j < i / 12; j++)
			KUNIT_ASSERT_EQ(test, 0, message(log, large[i % 2]));
		for (j = 0; j < 2; j++)
			KUNIT_ASSERT_EQ(test, 0, message(log, 1));
		n = log->head;
		area = reboot(test, sim, area);
		expect_bytes(test, area, PSTORE_TYPE_PMSG,
			     n > keep ? n - keep : 0, n);
		pstore_area_detach(area);
	}
}

/* The stream of one boot stays while the next one writes. */
static void test_two_boots(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	unsigned int boot, i;

	for (boot = 1; boot < 6; boot++) {
		struct pstore_log *log = pstore_log_find(area, PSTORE_TYPE_PMSG);

		for (i = 0; i < 100; i++)
			KUNIT_ASSERT_EQ(test, 0, message(log, 200 + boot));
		expect_bytes(test, area, PSTORE_TYPE_PMSG,
			     boot == 1 ? 0 : 100 * (199 + boot) -
					     keeps(area, PSTORE_TYPE_PMSG),
			     boot == 1 ? 0 : 100 * (199 + boot));
		area = reboot(test, sim, area);
	}
	pstore_area_detach(area);
}

/* A boot that wrote nothing does not take the place of one that did. */
static void test_silent_boot(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_log *log;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, 0,
			message(pstore_log_find(area, PSTORE_TYPE_PMSG), 500));
	for (i = 0; i < 3; i++) {
		area = reboot(test, sim, area);
		expect_bytes(test, area, PSTORE_TYPE_PMSG, 0, 500);
	}
	log = pstore_log_find(area, PSTORE_TYPE_PMSG);
	KUNIT_EXPECT_EQ(test, 0, pstore_log_erase(log));
	expect_bytes(test, area, PSTORE_TYPE_PMSG, 0, 0);
	area = reboot(test, sim, area);
	expect_bytes(test, area, PSTORE_TYPE_PMSG, 0, 0);
	log = pstore_log_find(area, PSTORE_TYPE_PMSG);
	KUNIT_EXPECT_EQ(test, -ENOENT, pstore_log_erase(log));
	pstore_area_detach(area);
}

/* Detached and attached again in one boot: it goes on, and the old one stays. */
static void test_resume(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	unsigned int i, n = 0, keep = keeps(area, PSTORE_TYPE_PMSG);

	KUNIT_ASSERT_EQ(test, 0,
			message(pstore_log_find(area, PSTORE_TYPE_PMSG), 77));
	area = reboot(test, sim, area);
	for (i = 0; i < 200; i++) {
		struct pstore_log *log = pstore_log_find(area, PSTORE_TYPE_PMSG);
		u32 len = i % 7 ? 100 : 900;

		KUNIT_ASSERT_EQ(test, (u64)n, log->head);
		KUNIT_ASSERT_EQ(test, 0, message(log, len));
		n += len;
		expect_bytes(test, area, PSTORE_TYPE_PMSG, 0, 77);
		area = reattach(test, sim, area);
	}
	area = reboot(test, sim, area);
	expect_bytes(test, area, PSTORE_TYPE_PMSG, n - keep, n);
	pstore_area_detach(area);
}

/* Attached again and again, it goes on in the block that it has begun. */
static void test_resume_room(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_log *log;
	unsigned int i;

	for (i = 0; i < 100; i++) {
		log = pstore_log_find(area, PSTORE_TYPE_PMSG);
		KUNIT_ASSERT_EQ(test, 0, message(log, 10));
		area = reattach(test, sim, area);
	}
	log = pstore_log_find(area, PSTORE_TYPE_PMSG);
	KUNIT_EXPECT_LE(test, log->place.next, 1000U / TEST_PAYLOAD + 2);
	area = reboot(test, sim, area);
	expect_bytes(test, area, PSTORE_TYPE_PMSG, 0, 1000);
	pstore_area_detach(area);
}

/*
 * A message that takes several writes is cut short, by an error or because the
 * disk is pulled. What comes later does not make it whole.
 */
static void test_message_cut_short(struct kunit *test)
{
	struct sim *sim = sim_create(test, SZ_2M, 4096, TEST_SECTOR);
	unsigned int again;

	sim->storage.pmsg_bytes = SZ_64K;
	for (again = 0; again < 2; again++) {
		struct pstore_area *area;
		struct pstore_log *log;

		sim_wipe(sim);
		area = attach(test, sim);
		log = pstore_log_find(area, PSTORE_TYPE_PMSG);
		KUNIT_EXPECT_EQ(test, 0, message(log, 100));
		sim->cut_at = sim->writes + 3;
		KUNIT_EXPECT_EQ(test, -EIO, message(log, 60000));
		sim_power_on(sim);
		if (again)
			area = reattach(test, sim, area);
		log = pstore_log_find(area, PSTORE_TYPE_PMSG);
		KUNIT_EXPECT_EQ(test, 60100ULL, log->head);
		KUNIT_EXPECT_EQ(test, 0, message(log, 50));
		area = reboot(test, sim, area);
		expect_pieces(test, area, 100, 60100, 60150);
		pstore_area_detach(area);
	}
}

/* The console's output is collected, and goes when it is time or urgent. */
static void test_console(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_log *log = pstore_log_find(area, PSTORE_TYPE_CONSOLE);
	unsigned int writes = sim->writes;
	u64 bytes = sim->bytes;

	while (log->head < 6000)
		put(log, 60);
	sim_settle(&log->workers);
	KUNIT_EXPECT_EQ(test, writes, sim->writes);
	settle(log);
	/* The blocks, and once the head. */
	KUNIT_EXPECT_EQ(test, writes + 2, sim->writes);
	KUNIT_EXPECT_LE(test, sim->bytes - bytes, 2 * 6000ULL);
	area = reboot(test, sim, area);
	expect_bytes(test, area, PSTORE_TYPE_CONSOLE, 0, 6000);
	pstore_area_detach(area);
}

/* More than the ring in memory holds between two writes: the newest is kept. */
static void test_console_flood(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_log *log = pstore_log_find(area, PSTORE_TYPE_CONSOLE);
	u32 keep = keeps(area, PSTORE_TYPE_CONSOLE);
	u64 end;

	put(log, 100);
	settle(log);
	mutex_lock(&log->lock); /* as a slow device would */
	while (log->head < 3 * log->size)
		put(log, 1000);
	mutex_unlock(&log->lock);
	settle(log);
	KUNIT_EXPECT_EQ(test, (long long)log->head - 100 - log->size,
			atomic64_read(&log->stats.lost));
	put(log, 10);
	settle(log);
	end = log->head;
	KUNIT_EXPECT_EQ(test, end, log->place.durable);
	area = reboot(test, sim, area);
	expect_bytes(test, area, PSTORE_TYPE_CONSOLE, end - keep, end);
	pstore_area_detach(area);
}

/* Panics. */

static int panic_dump(struct pstore_area *area)
{
	struct pstore_record record = {
		.type	= PSTORE_TYPE_DMESG,
		.buf	= area->image + PSTORE_MEDIA_HEADER_BYTES,
		.size	= 100,
		.count	= 1,
		.part	= 1,
		.reason	= KMSG_DUMP_PANIC,
		.last	= true,
	};

	return pstore_panic_record(area, &record);
}

/*
 * A panic writes what the console had not written, and each line after that at
 * once, but not while more are waiting.
 */
static void test_panic_console(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_log *log = pstore_log_find(area, PSTORE_TYPE_CONSOLE);
	struct sim *after = test_sim(test);
	unsigned int i, writes;

	put(log, 1000);
	settle(log);
	mutex_lock(&log->lock); /* whoever has it is dead */
	put(log, 2000);
	KUNIT_EXPECT_EQ(test, 0, panic_dump(area));
	writes = sim->writes;
	for (i = 0; i < 40; i++) {
		put(log, 50);
		pstore_panic_console(log, i % 4 == 3);
	}
	KUNIT_EXPECT_EQ(test, writes + 10, sim->writes);
	memcpy(after->media, sim->media, sim->storage.bytes);
	sim_power_on(after);
	mutex_unlock(&log->lock);
	pstore_area_detach(area);

	area = reboot(test, after, NULL);
	expect_bytes(test, area, PSTORE_TYPE_CONSOLE, 0, 3000 + 40 * 50);
	pstore_area_detach(area);
}

/* The first bytes that a boot writes come in a panic. */
static void test_panic_first(struct kunit *test)
{
	struct sim *sim = test_sim(test), *after = test_sim(test);
	struct pstore_area *area = attach(test, sim);

	put(pstore_log_find(area, PSTORE_TYPE_CONSOLE), 5000);
	KUNIT_EXPECT_EQ(test, 0, panic_dump(area));
	memcpy(after->media, sim->media, sim->storage.bytes);
	sim_power_on(after);
	pstore_area_detach(area);
	area = reboot(test, after, NULL);
	expect_bytes(test, area, PSTORE_TYPE_CONSOLE, 0, 5000);
	pstore_area_detach(area);
}

/* Messages that were to be written later are written in the panic. */
static void test_panic_messages(struct kunit *test)
{
	struct sim *sim = test_sim(test), *after = test_sim(test);
	struct pstore_area *area;
	struct pstore_log *log;
	unsigned int i, writes;

	sim->storage.pmsg_flush_ms = 60000;
	area = attach(test, sim);
	log = pstore_log_find(area, PSTORE_TYPE_PMSG);
	writes = sim->writes;
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, 0, message(log, 70));
	KUNIT_EXPECT_EQ(test, writes, sim->writes);
	KUNIT_EXPECT_EQ(test, 0, panic_dump(area));
	memcpy(after->media, sim->media, sim->storage.bytes);
	sim_power_on(after);
	pstore_area_detach(area);
	area = reboot(test, after, NULL);
	expect_bytes(test, area, PSTORE_TYPE_PMSG, 0, 700);
	pstore_area_detach(area);
}

/*
 * They may take several writes. If the power fails before the last one, none of
 * them is shown in part.
 */
static void test_panic_messages_cut(struct kunit *test)
{
	struct sim *sim = sim_create(test, SZ_2M, 4096, TEST_SECTOR);
	struct pstore_log_step step;
	struct pstore_area *area;
	struct pstore_log *log;
	size_t len;

	sim->storage.pmsg_bytes = SZ_64K;
	sim->storage.pmsg_flush_ms = 60000;
	area = attach(test, sim);
	log = pstore_log_find(area, PSTORE_TYPE_PMSG);
	KUNIT_EXPECT_EQ(test, 0, message(log, 100));
	pstore_log_kick(log);
	sim_settle(&log->workers);
	flush_delayed_work(&log->work);
	KUNIT_EXPECT_EQ(test, 0, message(log, 30000));
	/* A CPU has written the first of them, and is stopped then. */
	pstore_log_plan(log, &log->place, log->head, 32, &step);
	len = pstore_log_encode(log, log->image, &log->place, &step, log->begin,
				log->head);
	KUNIT_EXPECT_EQ(test, 0,
			sim->storage.ops->write(&sim->storage,
						pstore_log_pos(log, step.pos),
						log->image, len));
	pstore_log_written(log, &log->place, &step);
	KUNIT_EXPECT_EQ(test, 0, message(log, 5000));
	/* The crash record, then the next blocks, and no more. */
	sim->cut_at = sim->writes + 3;
	panic_dump(area);
	KUNIT_EXPECT_TRUE(test, sim->off);
	pstore_area_detach(area);
	sim_power_on(sim);
	area = reboot(test, sim, NULL);
	expect_bytes(test, area, PSTORE_TYPE_PMSG, 0, 100);
	pstore_area_detach(area);
}

/* A message of which only a part has come in is left out. */
static void test_panic_message_partial(struct kunit *test)
{
	struct sim *sim = test_sim(test), *after = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_log *log = pstore_log_find(area, PSTORE_TYPE_PMSG);
	char some[300];

	KUNIT_EXPECT_EQ(test, 0, message(log, 100));
	/* Its writer has been stopped in the middle. */
	log->open_end = log->head + 1000;
	bytes_fill(some, log->head, sizeof(some));
	pstore_log_push(log, some, sizeof(some));
	KUNIT_EXPECT_EQ(test, 0, panic_dump(area));
	memcpy(after->media, sim->media, sim->storage.bytes);
	sim_power_on(after);
	log->open_end = 0;
	pstore_area_detach(area);
	area = reboot(test, after, NULL);
	expect_bytes(test, area, PSTORE_TYPE_PMSG, 0, 100);
	pstore_area_detach(area);
}

/* Errors. */

/* A bad sector costs nothing; a bad disk costs what it refuses, and says so. */
static void test_bad_disk(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_log *log = pstore_log_find(area, PSTORE_TYPE_PMSG);
	unsigned int i;

	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, 0, message(log, 100));
	sim->bad_from = pstore_log_pos(log, log->place.next);
	sim->bad_to = sim->bad_from + 2 * TEST_SECTOR;
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, 0, message(log, 100));
	sim->bad_from = 0;
	sim->bad_to = sim->storage.bytes;
	KUNIT_EXPECT_EQ(test, -EIO, message(log, 100));
	KUNIT_EXPECT_EQ(test, 100LL, atomic64_read(&log->stats.lost));
	sim->bad_to = 0;
	area = reboot(test, sim, area);
	expect_bytes(test, area, PSTORE_TYPE_PMSG, 0, 2000);
	pstore_area_detach(area);
}

/* Many writers at once: each message is whole, each writer's are in order. */

struct writer {
	struct pstore_log	*log;
	unsigned int		number;
	int			ret;
	struct completion	done;
};

#define WRITERS		8
#define WRITER_LINES	40

static int writer_line(char *buf, size_t size, unsigned int writer,
		       unsigned int line)
{
	return scnprintf(buf, size, "writer %u line %u\n", writer, line);
}

static int writer_fn(void *data)
{
	struct writer *w = data;
	unsigned int i;
	char buf[40];

	for (i = 0; i < WRITER_LINES; i++) {
		struct kvec vec = { .iov_base = buf };
		struct iov_iter from;

		vec.iov_len = writer_line(buf, sizeof(buf), w->number, i);
		iov_iter_kvec(&from, ITER_SOURCE, &vec, 1, vec.iov_len);
		w->ret = w->ret ?: pstore_log_write(w->log, &from);
	}
	complete(&w->done);
	return 0;
}

/* Take one line off the front of @text. */
static const char *next_line(const char *text, const char *end, char *line,
			     size_t size)
{
	size_t n = 0, len;

	while (text + n < end && text[n++] != '\n')
		;
	len = min(n, size - 1);
	memcpy(line, text, len);
	line[len] = '\0';
	return text + n;
}

static void expect_lines(struct kunit *test, const char *text, size_t n)
{
	unsigned int next[WRITERS] = {}, i;
	const char *end = text + n;
	char line[40], want[40];

	while (text < end) {
		text = next_line(text, end, line, sizeof(line));
		/* "writer N ..." */
		i = line[7] - '0';
		KUNIT_ASSERT_LT(test, i, WRITERS);
		writer_line(want, sizeof(want), i, next[i]++);
		KUNIT_ASSERT_STREQ(test, want, line);
	}
	for (i = 0; i < WRITERS; i++)
		KUNIT_EXPECT_EQ(test, WRITER_LINES, next[i]);
}

static void test_writers(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_log *log = pstore_log_find(area, PSTORE_TYPE_PMSG);
	const struct pstore_record_info *head;
	struct writer writers[WRITERS];
	unsigned int i, writes = sim->writes;
	char *text;
	ssize_t n;

	/* They all come while a write is under way. */
	mutex_lock(&log->lock);
	for (i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer) { .log = log, .number = i };
		init_completion(&writers[i].done);
		kthread_run(writer_fn, &writers[i], "writer-%u", i);
	}
	for (;;) {
		scoped_guard(spinlock, &log->waiters_lock)
			i = list_count_nodes(&log->waiters);
		if (i == WRITERS)
			break;
		cond_resched();
	}
	mutex_unlock(&log->lock);
	for (i = 0; i < WRITERS; i++) {
		wait_for_completion(&writers[i].done);
		KUNIT_EXPECT_EQ(test, 0, writers[i].ret);
	}
	/* The first eight shared one write. */
	KUNIT_EXPECT_LE(test, sim->writes - writes,
			WRITERS * WRITER_LINES + 1 - (WRITERS - 1));
	area = reboot(test, sim, area);
	n = pstore_log_read(pstore_log_find(area, PSTORE_TYPE_PMSG), &text,
			    &head);
	KUNIT_ASSERT_GT(test, n, 0);
	expect_lines(test, text, n);
	kvfree(text);
	pstore_area_detach(area);
}

/* Function calls. */

static void trace(struct pstore_area *area, unsigned int from, unsigned int to)
{
	for (; from < to; from++) {
		struct pstore_ftrace_record call = {
			.ip		= 0x10000 + 8 * from,
			.parent_ip	= 0x20000 + 8 * from,
		};

		pstore_ftrace_write_timestamp(&call, from);
		preempt_disable();
		pstore_ftrace_encode_cpu(&call, smp_processor_id());
		pstore_trace_put(area, &call);
		preempt_enable();
	}
}

/* The boot before has left calls @from to @to, each one once. */
static void expect_calls(struct kunit *test, struct pstore_area *area,
			 unsigned int from, unsigned int to)
{
	const struct pstore_record_info *head;
	struct pstore_ftrace_record *calls;
	char *text = NULL;
	unsigned int i;
	ssize_t n;

	n = pstore_log_read(pstore_log_find(area, PSTORE_TYPE_FTRACE), &text,
			    &head);
	KUNIT_ASSERT_GT(test, n, 0);
	n = pstore_trace_decode(&text, n, 0);
	KUNIT_EXPECT_EQ(test, (ssize_t)((to - from) * sizeof(*calls)), n);
	calls = (void *)text;
	for (i = 0; i < n / sizeof(*calls); i++) {
		KUNIT_EXPECT_EQ(test, (u64)from + i,
				pstore_ftrace_read_timestamp(&calls[i]));
		KUNIT_EXPECT_EQ(test, 0x20000UL + 8 * (from + i),
				calls[i].parent_ip);
	}
	kvfree(text);
}

/* Nothing is written until there is a reason, and then what is remembered. */
static void test_trace(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_log *log = pstore_log_find(area, PSTORE_TYPE_FTRACE);
	unsigned int writes = sim->writes, n = area->trace_calls;

	/* On one CPU, whose memory comes round. */
	migrate_disable();
	trace(area, 1, n + 11);
	KUNIT_EXPECT_EQ(test, writes, sim->writes);
	settle(log);
	trace(area, n + 11, n + 16);
	migrate_enable();
	KUNIT_EXPECT_EQ(test, 0, panic_dump(area));
	area = reboot(test, sim, area);
	expect_calls(test, area, 11, n + 16);
	pstore_area_detach(area);
}

/* Calls come from all CPUs, and some twice: shown in their order, each once. */
static void test_trace_decode(struct kunit *test)
{
	static const unsigned int stamps[] = { 5, 9, 1, 5, 7, 2, 9, 9, 3 };
	static const unsigned int want[] = { 1, 2, 3, 5, 7, 9 };
	struct pstore_media_trace *m;
	struct pstore_ftrace_record *calls;
	unsigned int i;
	char *text;

	m = kvcalloc(ARRAY_SIZE(stamps), sizeof(*m), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m);
	for (i = 0; i < ARRAY_SIZE(stamps); i++) {
		m[i].ip = cpu_to_le64(0x1000 + 16 * stamps[i]);
		m[i].stamp = cpu_to_le64(stamps[i]);
		m[i].cpu = cpu_to_le32(stamps[i] % 3);
	}
	text = (char *)m;
	KUNIT_ASSERT_EQ(test, (ssize_t)(ARRAY_SIZE(want) * sizeof(*calls)),
			pstore_trace_decode(&text, ARRAY_SIZE(stamps) *
						   sizeof(*m), 0));
	calls = (void *)text;
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		KUNIT_EXPECT_EQ(test, (u64)want[i],
				pstore_ftrace_read_timestamp(&calls[i]));
		KUNIT_EXPECT_EQ(test, want[i] % 3,
				pstore_ftrace_decode_cpu(&calls[i]));
	}
	kvfree(text);
}

/* Parameters that change. */

/* Both streams of a region are taken along when the sizes change. */
static void test_sizes_change(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, 0,
			message(pstore_log_find(area, PSTORE_TYPE_PMSG), 6000));
	area = reboot(test, sim, area);
	KUNIT_EXPECT_EQ(test, 0,
			message(pstore_log_find(area, PSTORE_TYPE_PMSG), 77));
	for (i = 1; i < 5; i++) {
		sim->storage.pmsg_bytes = TEST_KEEP + (i & 1) * TEST_KEEP;
		area = reattach(test, sim, area);
		KUNIT_EXPECT_EQ(test, i + 1ULL, area->layout.generation);
		expect_bytes(test, area, PSTORE_TYPE_PMSG, 0, 6000);
		KUNIT_EXPECT_EQ(test, 0,
				message(pstore_log_find(area, PSTORE_TYPE_PMSG),
					77));
	}
	area = reboot(test, sim, area);
	expect_bytes(test, area, PSTORE_TYPE_PMSG, 0, 5 * 77);
	pstore_area_detach(area);
}

/* There is no room to copy the streams: the sizes stay as they are. */
static void test_sizes_no_room(struct kunit *test)
{
	struct sim *sim = sim_create(test, 41 * 4096, 4096, TEST_SECTOR);
	struct pstore_area *area;
	struct pstore_log *log;

	sim->storage.console_bytes = TEST_KEEP + TEST_KEEP / 4;
	area = attach(test, sim);
	log = pstore_log_find(area, PSTORE_TYPE_CONSOLE);
	KUNIT_ASSERT_NOT_NULL(test, log);
	put(log, 5000);
	settle(log);
	sim->storage.kmsg_bytes = 8192;
	area = reboot(test, sim, area);
	KUNIT_EXPECT_EQ(test, 1ULL, area->layout.generation);
	expect_bytes(test, area, PSTORE_TYPE_CONSOLE, 0, 5000);
	pstore_area_detach(area);
}

/*
 * A change of sizes is cut short: numbers do not come back all the same, however
 * many there have been.
 */
static void sizes_change_numbers(struct kunit *test, struct sim *sim, u64 nr)
{
	struct pstore_area *area = attach(test, sim);
	struct pstore_log *log;
	u64 i;

	for (i = 0; i < nr; i++) {
		struct pstore_record_info info = {
			.state		= PSTORE_MEDIA_LIVE,
			.payload_bytes	= 1,
		};

		KUNIT_ASSERT_EQ(test, 0, pstore_slots_write(area, area->image,
							    &info));
		KUNIT_ASSERT_EQ(test, 0, pstore_slots_erase(area, info.seq));
	}
	log = pstore_log_find(area, PSTORE_TYPE_CONSOLE);
	put(log, 9000);
	settle(log);
	pstore_area_detach(area);
	/* The console is copied to the other end, over some of the headers. */
	sim->storage.kmsg_bytes = 8192;
	sim->cut_at = sim->writes + 5;
	KUNIT_EXPECT_TRUE(test, IS_ERR(pstore_area_attach(&sim->storage,
							  test_boot_id)));
	sim_power_on(sim);
	sim->storage.kmsg_bytes = 4096;
	area = attach(test, sim);
	KUNIT_EXPECT_EQ(test, nr, atomic64_read(&area->slots.next_seq));
	pstore_area_detach(area);
}

static void test_sizes_change_numbers(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	u64 nr;

	for (nr = 1; nr < 40; nr++) {
		sim_wipe(sim);
		sizes_change_numbers(test, sim, nr);
	}
}

/* A stream that is turned off is shown until it is removed, and then gone. */
static void test_turned_off(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_log *log;

	KUNIT_EXPECT_EQ(test, 0,
			message(pstore_log_find(area, PSTORE_TYPE_PMSG), 500));
	sim->storage.pmsg_bytes = 0;
	area = reboot(test, sim, area);
	area = reboot(test, sim, area);
	expect_bytes(test, area, PSTORE_TYPE_PMSG, 0, 500);
	log = pstore_log_find(area, PSTORE_TYPE_PMSG);
	KUNIT_EXPECT_FALSE(test, log->started);
	KUNIT_EXPECT_EQ(test, 0, pstore_log_erase(log));
	area = reboot(test, sim, area);
	KUNIT_EXPECT_NULL(test, pstore_log_find(area, PSTORE_TYPE_PMSG));
	KUNIT_EXPECT_EQ(test, 2ULL, area->layout.generation);
	pstore_area_detach(area);
}

/* Too small for all that was asked for: crash records come first. */
static void test_too_small(struct kunit *test)
{
	struct sim *sim = sim_create(test, SZ_128K + SZ_64K, 4096, TEST_SECTOR);
	struct pstore_area *area;

	sim->storage.console_bytes = TEST_KEEP;
	sim->storage.pmsg_bytes = TEST_KEEP;
	area = attach(test, sim);
	KUNIT_EXPECT_NOT_NULL(test, pstore_log_find(area, PSTORE_TYPE_CONSOLE));
	KUNIT_EXPECT_NULL(test, pstore_log_find(area, PSTORE_TYPE_PMSG));
	KUNIT_EXPECT_GE(test, area->slots.nr * 4096, (SZ_128K + SZ_64K) / 2 - 8192ULL);
	pstore_area_detach(area);
}

static struct kunit_case log_test_cases[] = {
	KUNIT_CASE(test_messages),
	KUNIT_CASE(test_message_sizes),
	KUNIT_CASE(test_message_largest),
	KUNIT_CASE(test_ring),
	KUNIT_CASE(test_ring_lap),
	KUNIT_CASE(test_two_boots),
	KUNIT_CASE(test_silent_boot),
	KUNIT_CASE(test_resume),
	KUNIT_CASE(test_resume_room),
	KUNIT_CASE(test_message_cut_short),
	KUNIT_CASE(test_console),
	KUNIT_CASE(test_console_flood),
	KUNIT_CASE(test_panic_console),
	KUNIT_CASE(test_panic_first),
	KUNIT_CASE(test_panic_messages),
	KUNIT_CASE(test_panic_messages_cut),
	KUNIT_CASE(test_panic_message_partial),
	KUNIT_CASE(test_bad_disk),
	KUNIT_CASE(test_writers),
	KUNIT_CASE(test_trace),
	KUNIT_CASE(test_trace_decode),
	KUNIT_CASE(test_sizes_change),
	KUNIT_CASE(test_sizes_no_room),
	KUNIT_CASE(test_sizes_change_numbers),
	KUNIT_CASE(test_turned_off),
	KUNIT_CASE(test_too_small),
	{}
};

static struct kunit_suite log_test_suite = {
	.name = "pstore_zone_log",
	.test_cases = log_test_cases,
};

kunit_test_suites(&log_test_suite);

MODULE_DESCRIPTION("KUnit tests of pstore zone's streams");
MODULE_LICENSE("GPL");
