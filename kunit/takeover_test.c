// SPDX-License-Identifier: GPL-2.0
/*
 * Areas of older kernels on a simulated disk: taken over in place, or record by
 * record from flash.
 *
 * A table says what an older kernel has left, and the test writes that kernel's
 * bytes. Afterwards, each record has to be there once, with its text to the byte, and
 * after a power cut in any write too, and after another one in the boot that
 * follows.
 */
#include <kunit/test.h>
#include <linux/kmsg_dump.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pstore.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "../zone.h"
#include "sim.h"

#define TEST_SLOT	8192U
#define TEST_SECTOR	512U
#define TEST_DISK	SZ_512K
#define TEST_ZONE	SZ_16K		/* of the old area */
#define TEST_MAX	64

#define CRASH		PSTORE_MEDIA_TYPE_CRASH
#define CONSOLE		PSTORE_MEDIA_REGION_CONSOLE
#define PMSG		PSTORE_MEDIA_REGION_PMSG
#define FTRACE		PSTORE_MEDIA_REGION_FTRACE

/**
 * struct old_zone - a zone, as an older kernel has left it
 * @pos:	where
 * @type:	CRASH, or the stream
 * @bytes:	how many bytes of text; 0 when the record was removed
 * @start:	of a ring, where its oldest byte is
 * @compressed:	what is in there is not plain
 * @time:	when
 */
struct old_zone {
	u64	pos;
	u32	type;
	u32	bytes;
	u32	start;
	bool	compressed;
	s64	time;
};

/* All that there can be: rings that have come round, records, gaps, removed ones. */
static const struct old_zone zones_mixed[] = {
	{ 0, PMSG, 5000, 5000 },
	{ 16384, CONSOLE, TEST_ZONE - 12, 777 },
	{ 32768, FTRACE, 24 * 100, 24 * 100 },
	{ 40960, FTRACE, 8192 - 12, 24 * 10 },
	{ 49152, CRASH, 6000, 0, true, 1005 },
	{ 65536, CRASH, 1, 0, false, 1006 },
	{ 81920, CRASH, 0, 0, false, 1001 },
	{ 98304, CRASH, 7000, 0, false, 1003 },
	{ 131072, CRASH, 3000, 0, true, 1004 },
	{}
};

/* Nothing but records, from the first byte on. */
static const struct old_zone zones_crashes[] = {
	{ 0, CRASH, 4000, 0, false, 2000 },
	{ 16384, CRASH, 5000, 0, true, 2001 },
	{ 32768, CRASH, 6000, 0, false, 2002 },
	{}
};

/* Six CPUs: what follows their rings is not aligned to anything. */
static const struct old_zone zones_odd[] = {
	{ 16384, CONSOLE, 100, 100 },
	{ 32768, FTRACE, 240, 240 },
	{ 32768 + 2730, FTRACE, 24, 24 },
	{ 32768 + 16380, CRASH, 4000, 0, true, 3000 },
	{ 32768 + 16380 + TEST_ZONE, CRASH, 4001, 0, false, 3001 },
	{}
};

/* All records have been removed. */
static const struct old_zone zones_removed[] = {
	{ 0, PMSG, 0, 0 },
	{ 49152, CRASH, 0, 0, false, 1 },
	{ 65536, CRASH, 0, 0, false, 2 },
	{}
};

static const struct old_case {
	const char		*name;
	const struct old_zone	*zones;
	u8			blank;
} old_cases[] = {
	{ "all kinds", zones_mixed, 0x00 },
	{ "all kinds, on a disk of ones", zones_mixed, 0xff },
	{ "crashes alone", zones_crashes, 0x00 },
	{ "zones that are not aligned", zones_odd, 0x00 },
	{ "nothing is left", zones_removed, 0x00 },
};

static void old_case_desc(const struct old_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(old_cases, old_cases, old_case_desc);

/* The bytes of the record at @pos, by their place in it. Never blank, never "DBGC". */
static u8 old_byte(u64 pos, u32 at)
{
	return 'a' + (u8)(pos / 4 + at * 7 + at / 26) % 26;
}

static void old_call(u8 *p, u64 pos, u32 i)
{
	put_unaligned_le64(pos + i, p);
	put_unaligned_le64(i, p + 8);
	put_unaligned_le64((u64)(pos + i) << 8 | (pos / 4096 % 8), p + 16);
}

/* Byte number @at of a ring, oldest first, lies so far from its begin. */
static u32 old_ring_at(const struct old_zone *z, u32 at)
{
	return (z->start + at) % z->bytes;
}

static void old_put_ring(u8 *p, const struct old_zone *z)
{
	u32 skip = z->bytes % 24, at;
	u8 call[24];

	put_unaligned_le32(0x43474244 ^ z->type, p);
	put_unaligned_le32(z->bytes, p + 4);
	put_unaligned_le32(z->bytes ? z->start : 0, p + 8);
	for (at = 0; at < z->bytes; at++) {
		u8 byte = old_byte(z->pos, at);

		if (z->type == FTRACE && at >= skip) {
			old_call(call, z->pos, (at - skip) / 24);
			byte = call[(at - skip) % 24];
		}
		p[12 + old_ring_at(z, at)] = byte;
	}
}

/* A record that was removed keeps its bytes, apart from their number. */
static void old_put_crash(u8 *p, const struct old_zone *z)
{
	u32 at, bytes = z->bytes ?: 1234;

	memset(p, 0, round_up(52 + bytes, 512));
	put_unaligned_le32(0x43474244, p);
	put_unaligned_le32(z->bytes ? z->bytes + 40 : 0, p + 4);
	put_unaligned_le32(0x4dfc3ae5, p + 12);
	put_unaligned_le64(z->time, p + 20);
	put_unaligned_le64(4711, p + 28);
	p[36] = z->compressed;
	put_unaligned_le32((u32)z->time % 1000, p + 40);
	put_unaligned_le32(z->time & 1 ? KMSG_DUMP_PANIC : KMSG_DUMP_OOPS,
			   p + 44);
	for (at = 0; at < bytes; at++)
		p[52 + at] = old_byte(z->pos, at);
}

static void old_put(u8 *media, const struct old_zone *z)
{
	if (z->type == CRASH)
		old_put_crash(media + z->pos, z);
	else
		old_put_ring(media + z->pos, z);
}

static bool old_is_last(const struct old_zone *z)
{
	return !z->pos && !z->type && !z->bytes && !z->time;
}

static void old_make(struct sim *sim, const struct old_zone *z, u8 blank)
{
	sim_wipe(sim);
	memset(sim->media, blank, sim->storage.bytes);
	for (; !old_is_last(z); z++)
		old_put(sim->media, z);
	sim_power_on(sim);
}

static struct sim *test_sim(struct kunit *test, u64 bytes)
{
	struct sim *sim = sim_create(test, bytes, TEST_SLOT, TEST_SECTOR);

	sim->storage.console_bytes = 8192;
	sim->storage.pmsg_bytes = 8192;
	sim->storage.ftrace_bytes = 8192;
	sim->storage.console_flush_ms = 60000;
	return sim;
}

static struct pstore_area *attach(struct sim *sim)
{
	static const u8 boot_id[PSTORE_MEDIA_ID_BYTES] = "test boot";

	return pstore_area_attach(&sim->storage, boot_id);
}

/* What is shown has to be what the older kernel would have shown. */

static bool crash_is(const struct old_zone *z,
		     const struct pstore_record_info *info, const u8 *payload)
{
	char line[64] = "";
	u32 len = 0, at;

	if (!z->compressed)
		len = scnprintf(line, sizeof(line), "%s: Total %u times\n",
				z->time & 1 ? "Panic" : "Oops",
				(u32)z->time % 1000);
	if (info->payload_bytes != len + z->bytes ||
	    info->time_sec != z->time || info->time_nsec != 4711 ||
	    info->count != (u32)z->time % 1000 || info->part != 1 ||
	    info->flags != (PSTORE_MEDIA_LAST_PART |
			    (z->compressed ? PSTORE_MEDIA_COMPRESSED : 0)) ||
	    info->reason != (z->time & 1 ? KMSG_DUMP_PANIC : KMSG_DUMP_OOPS))
		return false;
	for (at = 0; at < z->bytes; at++)
		if (payload[len + at] != old_byte(z->pos, at))
			return false;
	return !memcmp(payload, line, len);
}

/* Each old crash once, oldest first, then new ones, if any. */
static void expect_crashes(struct kunit *test, struct pstore_area *area,
			   const struct old_zone *zones, unsigned int new,
			   const char *when)
{
	struct pstore_record_info info;
	const struct old_zone *z;
	unsigned int nr = 0, want = 0;
	s64 time = S64_MIN;
	char *payload;
	u64 pos = 0;

	for (z = zones; !old_is_last(z); z++)
		want += z->type == CRASH && z->bytes;
	while (!pstore_slots_read(area, &pos, &info, &payload)) {
		for (z = zones; !old_is_last(z); z++)
			if (z->type == CRASH && z->bytes &&
			    z->time == info.time_sec)
				break;
		if (nr < want)
			KUNIT_EXPECT_TRUE_MSG(test,
					      crash_is(z, &info, (u8 *)payload) &&
					      time < info.time_sec,
					      "%s: record %llu", when, info.seq);
		time = info.time_sec;
		nr++;
		kvfree(payload);
	}
	KUNIT_EXPECT_EQ_MSG(test, want + new, nr, "%s: records", when);
}

/* A ring's text, or its calls in the new format. Return: its size. */
static size_t stream_add(const struct old_zone *z, u8 *out)
{
	u32 skip = z->bytes % 24, at, i;
	u8 call[24];

	if (z->type != FTRACE) {
		for (at = 0; at < z->bytes; at++)
			out[at] = old_byte(z->pos, at);
		return z->bytes;
	}
	for (i = 0; i < (z->bytes - skip) / 24; i++, out += 32) {
		old_call(call, z->pos, i);
		memset(out, 0, 32);
		memcpy(out, call, 16);
		put_unaligned_le64(z->pos + i, out + 16);
		put_unaligned_le32(z->pos / 4096 % 8, out + 24);
	}
	return i * 32;
}

static void expect_stream(struct kunit *test, struct pstore_area *area,
			  u32 type, const struct old_zone *zones,
			  const char *when)
{
	struct pstore_log *log = pstore_log_find(area, type);
	const struct pstore_record_info *head;
	u8 *want = kvmalloc(SZ_64K, GFP_KERNEL);
	const struct old_zone *z;
	char *text = NULL;
	ssize_t n = 0;
	size_t len = 0;

	for (z = zones; !old_is_last(z); z++)
		if (z->type == type)
			len += stream_add(z, want + len);
	if (log)
		n = pstore_log_read(log, &text, &head);
	KUNIT_EXPECT_EQ_MSG(test, (ssize_t)len, n, "%s: %s", when,
			    pstore_log_name(type));
	KUNIT_EXPECT_TRUE_MSG(test, n != len || !memcmp(text, want, len),
			      "%s: %s", when, pstore_log_name(type));
	kvfree(text);
	kvfree(want);
}

static void expect_all(struct kunit *test, struct pstore_area *area,
		       const struct old_zone *zones, unsigned int new,
		       const char *when)
{
	expect_crashes(test, area, zones, new, when);
	expect_stream(test, area, CONSOLE, zones, when);
	expect_stream(test, area, PMSG, zones, when);
	expect_stream(test, area, FTRACE, zones, when);
}

static int write_new(struct pstore_area *area)
{
	struct pstore_record record = {
		.type	= PSTORE_TYPE_DMESG,
		.buf	= area->image + PSTORE_MEDIA_HEADER_BYTES,
		.part	= 1,
		.size	= 100,
		.reason	= KMSG_DUMP_OOPS,
		.last	= true,
		.time	= { .tv_sec = 1LL << 40 },
	};
	struct pstore_record_info info;

	memset(record.buf, 'n', record.size);
	pstore_area_describe(area, &record, &info);
	return pstore_slots_write(area, area->image, &info);
}

/* The boot that takes over, and the one after it, which has a new record, too. */
static void expect_two_boots(struct kunit *test, struct sim *sim,
			     const struct old_zone *zones, const char *when)
{
	struct pstore_area *area = attach(sim);

	KUNIT_EXPECT_FALSE_MSG(test, IS_ERR(area), "%s", when);
	if (IS_ERR(area))
		return;
	expect_all(test, area, zones, 0, when);
	KUNIT_EXPECT_TRUE_MSG(test,
			      !memcmp(sim->media, sim->media +
				      area->layout.area_bytes -
				      PSTORE_MEDIA_BLOCK_BYTES,
				      PSTORE_MEDIA_BLOCK_BYTES),
			      "%s: layout blocks", when);
	KUNIT_EXPECT_EQ_MSG(test, 0, write_new(area), "%s", when);
	pstore_area_detach(area);

	sim_power_on(sim);
	area = attach(sim);
	KUNIT_EXPECT_FALSE_MSG(test, IS_ERR(area), "%s, next boot", when);
	if (IS_ERR(area))
		return;
	expect_all(test, area, zones, 1, when);
	pstore_area_detach(area);
}

static void test_takeover(struct kunit *test)
{
	const struct old_case *c = test->param_value;
	struct sim *sim = test_sim(test, TEST_DISK);

	old_make(sim, c->zones, c->blank);
	expect_two_boots(test, sim, c->zones, "no power cut");
}

/* What was removed does not come back, and what was not stays. */
static void test_takeover_removes(struct kunit *test)
{
	static struct old_zone zones[ARRAY_SIZE(zones_mixed)];
	struct sim *sim = test_sim(test, TEST_DISK);
	struct pstore_area *area;
	unsigned int i;

	memcpy(zones, zones_mixed, sizeof(zones));
	old_make(sim, zones, 0);
	area = attach(sim);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	for (i = 0; i < ARRAY_SIZE(zones); i++)
		if (zones[i].time == 1003 || zones[i].type == PMSG)
			zones[i].bytes = 0;
	KUNIT_EXPECT_EQ(test, 0, pstore_slots_erase(area, 0));
	KUNIT_EXPECT_EQ(test, 0,
			pstore_log_erase(pstore_log_find(area, PMSG)));
	pstore_area_detach(area);
	sim_power_on(sim);
	expect_two_boots(test, sim, zones, "after removal");
}

/* Power cuts. */

/* How a write is cut short. */
enum cut_mode {
	CUT_NOTHING, CUT_ALL, CUT_FIRST, CUT_LAST, CUT_NOT_FIRST, CUT_EVEN,
	CUT_MODES,
};

static bool cut_has(enum cut_mode mode, u64 i, u64 nr)
{
	switch (mode) {
	case CUT_NOTHING:
		return false;
	case CUT_FIRST:
		return !i;
	case CUT_LAST:
		return i == nr - 1;
	case CUT_NOT_FIRST:
		return i;
	case CUT_EVEN:
		return !(i % 2);
	default:
		return true;
	}
}

static void cut_write(struct sim *sim, u64 pos, const void *buf, size_t len)
{
	enum cut_mode mode = *(enum cut_mode *)sim->context;
	u64 i, nr = len / TEST_SECTOR;

	if (sim->writes + 1 != sim->cut_at)
		return;
	for (i = 0; i < nr; i++)
		if (cut_has(mode, i, nr))
			memcpy(sim->media + pos + i * TEST_SECTOR,
			       buf + i * TEST_SECTOR, TEST_SECTOR);
}

/* Attach, and cut the power in write @at. Return: whether it came to that. */
static bool cut_attach(struct sim *sim, unsigned int at, enum cut_mode mode)
{
	struct pstore_area *area;
	bool cut;

	sim->writes = 0;
	sim->cut_at = at;
	sim->before_write = cut_write;
	sim->context = &mode;
	area = attach(sim);
	if (!IS_ERR(area))
		pstore_area_detach(area);
	cut = sim->off;
	sim->before_write = NULL;
	sim_power_on(sim);
	return cut;
}

static void test_takeover_cuts(struct kunit *test)
{
	const struct old_case *c = test->param_value;
	struct sim *sim = test_sim(test, TEST_DISK);
	unsigned int at, again, mode, cuts = 0;
	char when[64];
	bool more = true;

	for (at = 1; more; at++) {
		for (mode = 0; mode < CUT_MODES * 2; mode++) {
			old_make(sim, c->zones, c->blank);
			more = cut_attach(sim, at, mode / 2);
			again = 0;
			/* Another one, in a write that follows from the first. */
			if (mode % 2) {
				again = 1 + (at * 7 + mode) % (at + 2);
				cut_attach(sim, again, (at + mode) % CUT_MODES);
			}
			snprintf(when, sizeof(when), "cut %u-%u-%u", at,
				 again, mode);
			expect_two_boots(test, sim, c->zones, when);
			cuts++;
			cond_resched();
		}
	}
	kunit_info(test, "%u power cuts in %u writes\n", cuts, at - 2);
}

/* Where there is room, and where there is none. */

/* Records in @nr zones of @zone bytes, each with @bytes of text. */
static struct old_zone *zones_full(struct kunit *test, u32 nr, u32 zone,
				   u32 bytes)
{
	struct old_zone *zones = kunit_kcalloc(test, nr + 1, sizeof(*zones),
					       GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, zones);
	for (i = 0; i < nr; i++)
		zones[i] = (struct old_zone) {
			.pos	= (u64)i * zone,
			.type	= CRASH,
			.bytes	= bytes,
			.time	= 5000 + i,
		};
	return zones;
}

/* Each zone of the device has a record. New ones lie between them. */
static void test_takeover_full(struct kunit *test)
{
	struct sim *sim = test_sim(test, TEST_DISK);
	struct old_zone *zones = zones_full(test, TEST_DISK / TEST_ZONE,
					    TEST_ZONE, 3000);

	old_make(sim, zones, 0);
	expect_two_boots(test, sim, zones, "full");
}

/* Records larger than the slots that the user wants. */
static void test_takeover_large(struct kunit *test)
{
	struct sim *sim = test_sim(test, TEST_DISK);
	struct old_zone *zones = zones_full(test, 5, 32768, 32768 - 52);
	struct pstore_area *area;

	old_make(sim, zones, 0);
	expect_two_boots(test, sim, zones, "large");
	area = attach(sim);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	KUNIT_EXPECT_GE(test, pstore_area_capacity(area), 32768UL - 52);
	pstore_area_detach(area);
}

/* Once all records have been removed, the area gets the sizes that the user wants. */
static void test_takeover_adapts(struct kunit *test)
{
	struct sim *sim = test_sim(test, TEST_DISK);
	struct pstore_area *area;
	u64 seq;

	old_make(sim, zones_full(test, 5, 32768, 32768 - 52), 0);
	area = attach(sim);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	KUNIT_EXPECT_GT(test, pstore_area_capacity(area), (size_t)TEST_SLOT);
	for (seq = 0; seq < 5; seq++)
		KUNIT_EXPECT_EQ(test, 0, pstore_slots_erase(area, seq));
	pstore_area_detach(area);
	area = attach(sim);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	KUNIT_EXPECT_EQ(test, (size_t)TEST_SLOT - PSTORE_MEDIA_HEADER_BYTES,
			pstore_area_capacity(area));
	KUNIT_EXPECT_EQ(test, 0, write_new(area));
	KUNIT_EXPECT_EQ(test, 6ULL, (u64)atomic64_read(&area->slots.next_seq));
	pstore_area_detach(area);
}

/* Data of others behind what older kernels wrote to, and old zones far from 0. */
static void test_takeover_huge(struct kunit *test)
{
	static const struct old_zone zones[] = {
		{ SZ_128M - TEST_ZONE, CRASH, 4000, 0, true, 3000 },
		{}
	};
	u64 bytes = SZ_128M + SZ_4M;
	struct sim *sim = test_sim(test, bytes);

	old_make(sim, zones, 0);
	expect_two_boots(test, sim, zones, "near the end");
	old_make(sim, zones, 0);
	sim->media[bytes - 1] = 'x';
	sim_power_on(sim);
	KUNIT_EXPECT_EQ(test, -EEXIST, PTR_ERR_OR_ZERO(attach(sim)));
}

static void expect_refused(struct kunit *test, struct sim *sim,
			   const char *what)
{
	u8 *before = kvmalloc(sim->storage.bytes, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, before);
	sim_power_on(sim);
	memcpy(before, sim->media, sim->storage.bytes);
	sim->writes = 0;
	KUNIT_EXPECT_EQ_MSG(test, -EEXIST, PTR_ERR_OR_ZERO(attach(sim)), "%s",
			    what);
	KUNIT_EXPECT_EQ_MSG(test, 0U, sim->writes, "%s", what);
	KUNIT_EXPECT_TRUE_MSG(test, !memcmp(before, sim->media,
					    sim->storage.bytes), "%s", what);
	kvfree(before);
}

/* Records that leave nothing free. */
static void test_takeover_no_room(struct kunit *test)
{
	struct sim *sim = test_sim(test, TEST_DISK);

	old_make(sim, zones_full(test, TEST_DISK / TEST_ZONE, TEST_ZONE,
				 TEST_ZONE - 52), 0);
	expect_refused(test, sim, "full to the last byte");
	old_make(sim, zones_full(test, TEST_DISK / TEST_ZONE, TEST_ZONE,
				 TEST_ZONE * 3 / 4), 0);
	expect_refused(test, sim, "no slot fits between them");
	/* Not even if the user would have data of others overwritten. */
	sim->storage.format = true;
	expect_refused(test, sim, "with format=1");
}

/* Whose is it? */

static void test_takeover_foreign(struct kunit *test)
{
	struct sim *sim = test_sim(test, TEST_DISK);
	struct pstore_area *area;

	old_make(sim, zones_mixed, 0);
	sim->media[TEST_DISK - 1] = 'x';
	expect_refused(test, sim, "another byte at the end");
	old_make(sim, zones_mixed, 0);
	sim->media[200000] = 'x';
	expect_refused(test, sim, "another byte in the middle");
	old_make(sim, zones_mixed, 0);
	sim->media[1080] = 0x53;
	sim->media[1081] = 0xef;
	expect_refused(test, sim, "a file system that was made on it");
	old_make(sim, zones_mixed, 0);
	memmove(sim->media + 1, sim->media, TEST_DISK - 1);
	sim->media[0] = 'x';
	expect_refused(test, sim, "a byte before it");
	sim_wipe(sim);
	memcpy(sim->media, "DBGC", 4);
	expect_refused(test, sim, "a signature alone");

	/* A match with what others have is for the user to decide. */
	old_make(sim, zones_mixed, 0);
	sim->media[12 + 511] = old_byte(0, 511);
	sim->media[510] = 0x55;
	sim->media[511] = 0xaa;
	expect_refused(test, sim, "text like a boot sector");
	sim->storage.format = true;
	area = attach(sim);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	expect_crashes(test, area, zones_mixed, 0, "with format=1");
	pstore_area_detach(area);
}

/* An older kernel has been at an area of ours: both have records, so hands off. */
static void test_takeover_undone(struct kunit *test)
{
	struct sim *sim = test_sim(test, TEST_DISK);
	struct pstore_area *area = attach(sim);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	KUNIT_EXPECT_EQ(test, 0, write_new(area));
	pstore_area_detach(area);
	old_put(sim->media, &zones_mixed[0]);
	expect_refused(test, sim, "both");
}

/* A record that was written over by a kernel with smaller zones, and one unreadable. */
static void test_takeover_damaged(struct kunit *test)
{
	static const struct old_zone zones[] = {
		{ 16384, CRASH, 9000, 0, false, 10 },
		{ 49152, CRASH, 3000, 0, false, 12 },
		{}
	};
	static const struct old_zone over = { 20480, CRASH, 10, 0, false, 11 };
	struct sim *sim = test_sim(test, TEST_DISK);
	struct pstore_area *area;

	old_make(sim, zones, 0);
	old_put(sim->media, &over);
	sim_power_on(sim);
	area = attach(sim);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	KUNIT_EXPECT_EQ(test, 2ULL, atomic64_read(&area->slots.next_seq));
	pstore_area_detach(area);
}

static u32 test_random(u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* Whatever is on the disk: taken or refused, and then as it was. */
static void test_takeover_mutations(struct kunit *test)
{
	struct sim *sim = test_sim(test, TEST_DISK);
	u32 state = 1, i, n, taken = 0;

	for (i = 0; i < 400; i++) {
		const struct old_case *c = &old_cases[i % ARRAY_SIZE(old_cases)];
		const struct old_zone *z = c->zones;
		struct pstore_area *area;

		old_make(sim, z, c->blank);
		for (n = 1 + test_random(&state) % 4; n; n--) {
			z = &c->zones[test_random(&state) % 3];
			sim->media[z->pos + test_random(&state) % 52] =
				test_random(&state);
		}
		sim_power_on(sim);
		area = attach(sim);
		if (IS_ERR(area)) {
			expect_refused(test, sim, "mangled");
			continue;
		}
		taken++;
		pstore_area_detach(area);
		cond_resched();
	}
	KUNIT_EXPECT_GT(test, taken, 0U);
	kunit_info(test, "%u of %u were taken\n", taken, i);
}

/* Flash: what was there lies elsewhere. */

#define FLASH_BYTES	SZ_256K
#define FLASH_UNIT	SZ_16K

/**
 * struct flash - what an older kernel has left, apart from the area
 * @sim:	the area's disk
 * @ops:	its ops, with two more
 * @bytes:	the old bytes
 * @given_back:	which units have been
 * @keeps:	the power fails before a unit is erased
 * @unreadable:	reads that touch this byte fail, 0 for none
 */
struct flash {
	struct sim			*sim;
	struct pstore_storage_ops	ops;
	u8				*bytes;
	bool				given_back[FLASH_BYTES / FLASH_UNIT];
	bool				keeps;
	u64				unreadable;
};

static struct flash *flash;

static int flash_read_old(struct pstore_storage *st, u64 pos, void *buf,
			  size_t len)
{
	if (!IS_ALIGNED(pos, st->write_unit) ||
	    !IS_ALIGNED(len, st->write_unit) ||
	    pos + len > FLASH_BYTES)
		return -EINVAL;
	if (flash->unreadable && pos <= flash->unreadable &&
	    flash->unreadable < pos + len)
		return -EIO;
	memcpy(buf, flash->bytes + pos, len);
	return 0;
}

static void flash_old_done(struct pstore_storage *st, u64 pos, u64 len)
{
	if (WARN_ON_ONCE(pos % FLASH_UNIT || len % FLASH_UNIT ||
			 pos + len > FLASH_BYTES))
		return;
	if (flash->keeps || flash->sim->off)
		return;
	memset(flash->bytes + pos, 0xff, len);
	for (; len; len -= FLASH_UNIT, pos += FLASH_UNIT)
		flash->given_back[pos / FLASH_UNIT] = true;
}

static void flash_make(struct kunit *test, u64 area_bytes)
{
	flash = kunit_kzalloc(test, sizeof(*flash), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, flash);
	flash->sim = test_sim(test, area_bytes);
	flash->bytes = kunit_kmalloc(test, FLASH_BYTES, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, flash->bytes);
	memset(flash->bytes, 0xff, FLASH_BYTES);
	flash->ops = *flash->sim->storage.ops;
	flash->ops.read_old = flash_read_old;
	flash->ops.old_done = flash_old_done;
	flash->sim->storage.ops = &flash->ops;
	flash->sim->storage.old_bytes = FLASH_BYTES;
	flash->sim->storage.old_unit = FLASH_UNIT;
	flash->sim->storage.console_bytes = 0;
	flash->sim->storage.pmsg_bytes = 0;
	flash->sim->storage.ftrace_bytes = 0;
}

/* A record of mtdoops with @bytes of text in @size, of the older kind or today's. */
static void flash_put_oops(u64 pos, u32 seq, u32 bytes, u32 size, bool v1)
{
	u8 *p = flash->bytes + pos;
	u32 at, skip = v1 ? 8 : 16;

	memset(p, 0xff, size);
	put_unaligned_le32(seq, p);
	put_unaligned_le32(v1 ? 0x5d005d00 : 0x5d005e00, p + 4);
	if (!v1)
		put_unaligned_le64(1700000000ULL * 1000000000 + seq % 1000,
				   p + 8);
	for (at = 0; at < bytes; at++)
		p[skip + at] = old_byte(seq * 8, at);
}

struct flash_oops {
	u32	seq;
	u32	bytes;
	bool	v1;
};

/* The order of the numbers, which came round to 0 behind 0xfffffffe. */
static const struct flash_oops flash_oopses[] = {
	{ 0xfffffffc, 3000, true },
	{ 0xfffffffd, 8192 - 16 },
	{ 0xfffffffe, 1 },
	{ 0, 5000 },
	{ 1, 20000 },		/* more than a slot holds */
	{ 2, 4080 },
};

static void flash_put_oopses(void)
{
	unsigned int i;

	/* As a ring that has come round: the newest ones lie first. */
	for (i = 0; i < ARRAY_SIZE(flash_oopses); i++)
		flash_put_oops((i + 3) % ARRAY_SIZE(flash_oopses) * 24576,
			       flash_oopses[i].seq, flash_oopses[i].bytes,
			       24576, flash_oopses[i].v1);
}

/* The parts of an oops follow each other, the one with the newest bytes first. */
static bool flash_oops_is(struct pstore_area *area, u64 *pos,
			  const struct flash_oops *o)
{
	struct pstore_record_info info;
	u32 end = o->bytes, at, part = 1;
	char *payload;
	bool same = true;

	for (; end; part++) {
		if (pstore_slots_read(area, pos, &info, &payload))
			return false;
		same &= info.count == o->seq && info.part == part &&
			info.reason == KMSG_DUMP_OOPS &&
			info.payload_bytes <= end &&
			info.time_sec == (o->v1 ? 0 : 1700000000LL);
		end -= min(end, info.payload_bytes);
		for (at = 0; at < info.payload_bytes; at++)
			same &= payload[at] == (char)old_byte(o->seq * 8,
							      end + at);
		same &= !!(info.flags & PSTORE_MEDIA_LAST_PART) == !end;
		kvfree(payload);
	}
	return same;
}

static void expect_oopses(struct kunit *test, struct pstore_area *area,
			  unsigned int first, const char *when)
{
	struct pstore_record_info info;
	char *payload;
	u64 pos = 0;

	for (; first < ARRAY_SIZE(flash_oopses); first++)
		KUNIT_EXPECT_TRUE_MSG(test, flash_oops_is(area, &pos,
							  &flash_oopses[first]),
				      "%s: oops %u", when, first);
	KUNIT_EXPECT_EQ_MSG(test, -ENOENT,
			    pstore_slots_read(area, &pos, &info, &payload),
			    "%s", when);
}

static bool flash_is_given_back(void)
{
	return !memchr_inv(flash->given_back, true, sizeof(flash->given_back));
}

/* Also when the units that were given back are still there at the next boot. */
static void test_import_oopses(struct kunit *test)
{
	struct pstore_area *area;
	unsigned int i;

	flash_make(test, SZ_256K);
	flash_put_oopses();
	flash->keeps = true;
	for (i = 0; i < 3; i++) {
		area = attach(flash->sim);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
		expect_oopses(test, area, 0, "kept");
		pstore_area_detach(area);
	}
	KUNIT_EXPECT_FALSE(test, flash_is_given_back());
	flash->keeps = false;
	area = attach(flash->sim);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	expect_oopses(test, area, 0, "given back");
	KUNIT_EXPECT_TRUE(test, flash_is_given_back());
	KUNIT_EXPECT_EQ(test, 0, pstore_slots_erase(area, 0));
	pstore_area_detach(area);
	area = attach(flash->sim);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	expect_oopses(test, area, 1, "removed");
	pstore_area_detach(area);
}

static void test_import_zones(struct kunit *test)
{
	static const struct old_zone zones[] = {
		{ 0, CRASH, 4000, 0, true, 22 },
		{ 16384, CRASH, 6000, 0, false, 20 },
		{ 49152, CRASH, 0, 0, false, 19 },
		{ 65536, CRASH, 7000, 0, false, 21 },
		{}
	};
	struct pstore_area *area;
	const struct old_zone *z;

	flash_make(test, SZ_256K);
	for (z = zones; !old_is_last(z); z++)
		old_put(flash->bytes, z);
	area = attach(flash->sim);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	expect_crashes(test, area, zones, 0, "flash");
	KUNIT_EXPECT_TRUE(test, flash_is_given_back());
	pstore_area_detach(area);
}

static void test_import_cuts(struct kunit *test)
{
	unsigned int at, mode;
	struct pstore_area *area;
	bool more = true;
	char when[32];

	flash_make(test, SZ_256K);
	for (at = 1; more; at++) {
		for (mode = 0; mode < CUT_MODES; mode++) {
			sim_wipe(flash->sim);
			memset(flash->bytes, 0xff, FLASH_BYTES);
			flash_put_oopses();
			/* Units may be erased, or the power fails before. */
			flash->keeps = (at + mode) % 2;
			more = cut_attach(flash->sim, at, mode);
			flash->keeps = false;
			area = attach(flash->sim);
			snprintf(when, sizeof(when), "cut %u-%u", at, mode);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
			expect_oopses(test, area, 0, when);
			KUNIT_EXPECT_TRUE(test, flash_is_given_back());
			pstore_area_detach(area);
		}
	}
	kunit_info(test, "%u power cuts\n", (at - 1) * CUT_MODES);
}

/* Six records in nine parts, and five slots: the newest ones are shown first. */
static void test_import_no_room(struct kunit *test)
{
	struct pstore_area *area;
	u64 seq;

	flash_make(test, 3 * PSTORE_MEDIA_BLOCK_BYTES + 5 * TEST_SLOT);
	flash_put_oopses();
	area = attach(flash->sim);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	expect_oopses(test, area, 3, "no room");
	KUNIT_EXPECT_FALSE(test, flash_is_given_back());
	for (seq = 0; seq < atomic64_read(&area->slots.next_seq); seq++)
		KUNIT_EXPECT_EQ(test, 0, pstore_slots_erase(area, seq));
	pstore_area_detach(area);

	area = attach(flash->sim);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	KUNIT_EXPECT_EQ(test, 4ULL + 5,
			(u64)atomic64_read(&area->slots.next_seq));
	KUNIT_EXPECT_TRUE(test, flash_is_given_back());
	pstore_area_detach(area);
}

/* Half a compressed record is of no use, so it stays where it is. */
static void test_import_too_large(struct kunit *test)
{
	static const struct old_zone zones[] = {
		{ 0, CRASH, TEST_SLOT, 0, true, 22 },
		{ 16384, CRASH, 100, 0, true, 23 },
		{}
	};
	struct pstore_area *area;

	flash_make(test, SZ_256K);
	old_put(flash->bytes, &zones[0]);
	old_put(flash->bytes, &zones[1]);
	area = attach(flash->sim);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	expect_crashes(test, area, &zones[1], 0, "the other");
	KUNIT_EXPECT_FALSE(test, flash->given_back[0]);
	KUNIT_EXPECT_TRUE(test, flash->given_back[1]);
	pstore_area_detach(area);
}

/* A place that cannot be read costs what is in it, and is not given back. */
static void test_import_unreadable(struct kunit *test)
{
	static const struct old_zone zones[] = {
		{ 0, CRASH, 5000, 0, true, 22 },
		{ 16384, CRASH, 6000, 0, true, 23 },
		{}
	};
	/* In its text, or in its header: then nobody knows that it is there. */
	static const u64 unreadable[] = { 4100, 100 };
	struct pstore_area *area;
	int i;

	for (i = 0; i < ARRAY_SIZE(unreadable); i++) {
		flash_make(test, SZ_256K);
		old_put(flash->bytes, &zones[0]);
		old_put(flash->bytes, &zones[1]);
		flash->unreadable = unreadable[i];
		area = attach(flash->sim);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
		expect_crashes(test, area, &zones[1], 0, "the other");
		KUNIT_EXPECT_FALSE(test, flash->given_back[0]);
		KUNIT_EXPECT_TRUE(test, flash->given_back[1]);
		pstore_area_detach(area);
	}
}

static void test_old_format(struct kunit *test)
{
	flash_make(test, SZ_256K);
	KUNIT_EXPECT_EQ(test, PSTORE_OLD_NONE,
			pstore_storage_old_format(flash->bytes, 4096));
	flash_put_oops(0, 5, 10, 4096, true);
	KUNIT_EXPECT_EQ(test, PSTORE_OLD_OOPS,
			pstore_storage_old_format(flash->bytes, 4096));
	old_put(flash->bytes, &zones_mixed[4]);
	KUNIT_EXPECT_EQ(test, PSTORE_OLD_ZONE,
			pstore_storage_old_format(flash->bytes +
						  zones_mixed[4].pos, 52));
}

static struct kunit_case takeover_test_cases[] = {
	KUNIT_CASE_PARAM(test_takeover, old_cases_gen_params),
	KUNIT_CASE(test_takeover_removes),
	KUNIT_CASE_PARAM(test_takeover_cuts, old_cases_gen_params),
	KUNIT_CASE(test_takeover_full),
	KUNIT_CASE(test_takeover_large),
	KUNIT_CASE(test_takeover_adapts),
	KUNIT_CASE_SLOW(test_takeover_huge),
	KUNIT_CASE(test_takeover_no_room),
	KUNIT_CASE(test_takeover_foreign),
	KUNIT_CASE(test_takeover_undone),
	KUNIT_CASE(test_takeover_damaged),
	KUNIT_CASE(test_takeover_mutations),
	KUNIT_CASE(test_import_oopses),
	KUNIT_CASE(test_import_zones),
	KUNIT_CASE(test_import_cuts),
	KUNIT_CASE(test_import_no_room),
	KUNIT_CASE(test_import_too_large),
	KUNIT_CASE(test_import_unreadable),
	KUNIT_CASE(test_old_format),
	{}
};

static struct kunit_suite takeover_test_suite = {
	.name = "pstore_zone_takeover",
	.test_cases = takeover_test_cases,
};

kunit_test_suites(&takeover_test_suite);

MODULE_DESCRIPTION("KUnit tests of pstore zone: what older kernels have left");
MODULE_LICENSE("GPL");
