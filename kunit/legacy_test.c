// SPDX-License-Identifier: GPL-2.0
/*
 * The formats of older kernels, as bytes that those kernels have written.
 *
 * The vectors are laid out by hand from what their sources say, with an offset for
 * each field, and not with the structures that are tested.
 */
#include <kunit/test.h>
#include <linux/kmsg_dump.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "../legacy.h"
#include "../media.h"

#define ROOM	65536U

/* A panic that was compressed to 8 bytes, 2023-11-14 22:13:20.5, the third one. */
static const u8 vector_panic[] = {
	0x44, 0x42, 0x47, 0x43,				/* "DBGC": a crash */
	0x30, 0x00, 0x00, 0x00,				/* 40 + 8 bytes */
	0x00, 0x00, 0x00, 0x00,
	0xe5, 0x3a, 0xfc, 0x4d, 0x00, 0x00, 0x00, 0x00,
	0x00, 0xf1, 0x53, 0x65, 0x00, 0x00, 0x00, 0x00,	/* seconds */
	0x00, 0x65, 0xcd, 0x1d, 0x00, 0x00, 0x00, 0x00,	/* nanoseconds */
	0x01, 0x00, 0x00, 0x00,				/* compressed */
	0x03, 0x00, 0x00, 0x00,				/* the third */
	0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,	/* panic */
	'd', 'e', 'f', 'l', 'a', 't', 'e', 'd',
};

/* A ring of messages that has not come round, and the same with 10 bytes that has. */
static const u8 vector_ring[] = {
	0x43, 0x42, 0x47, 0x43,				/* "CBGC": messages */
	0x0a, 0x00, 0x00, 0x00,				/* 10 bytes */
	0x0a, 0x00, 0x00, 0x00,				/* goes on there */
	'0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

/* mtdoops of today and of before 2022. */
static const u8 vector_oops[] = {
	0x07, 0x00, 0x00, 0x00,				/* number 7 */
	0x00, 0x5e, 0x00, 0x5d,
	0x00, 0x65, 0xf7, 0x53, 0xfe, 0x9c, 0x97, 0x17,	/* nanoseconds */
	'O', 'o', 'p', 's', '\n', 0xff, 0xff, 0xff,
};

static const u8 vector_oops_v1[] = {
	0xfe, 0xff, 0xff, 0xff,				/* the last number */
	0x00, 0x5d, 0x00, 0x5d,
	'O', 'o', 'p', 's', '\n', 0xff, 0xff, 0xff, 0xff,
};

static void test_crash(struct kunit *test)
{
	struct pstore_legacy_info info;

	KUNIT_ASSERT_EQ(test, PSTORE_LEGACY_LIVE,
			pstore_legacy_decode_zone(vector_panic,
						  sizeof(vector_panic), ROOM,
						  &info));
	KUNIT_EXPECT_EQ(test, (u32)PSTORE_MEDIA_TYPE_CRASH, info.type);
	KUNIT_EXPECT_EQ(test, 0U, info.oops);
	KUNIT_EXPECT_EQ(test, 1700000000LL, info.time_sec);
	KUNIT_EXPECT_EQ(test, 500000000U, info.time_nsec);
	KUNIT_EXPECT_EQ(test, 1U, info.compressed);
	KUNIT_EXPECT_EQ(test, 3U, info.count);
	KUNIT_EXPECT_EQ(test, (u32)KMSG_DUMP_PANIC, info.reason);
	KUNIT_EXPECT_EQ(test, 8U, info.bytes);
	KUNIT_EXPECT_MEMEQ(test, vector_panic + info.skip, "deflated", 8);
}

static void test_ring(struct kunit *test)
{
	struct pstore_legacy_info info;
	u8 zone[sizeof(vector_ring)], out[10];

	memcpy(zone, vector_ring, sizeof(zone));
	KUNIT_ASSERT_EQ(test, PSTORE_LEGACY_LIVE,
			pstore_legacy_decode_zone(zone, sizeof(zone), ROOM,
						  &info));
	KUNIT_EXPECT_EQ(test, (u32)PSTORE_MEDIA_REGION_PMSG, info.type);
	KUNIT_ASSERT_EQ(test, 10U, info.bytes);
	pstore_legacy_unroll(out, zone + info.skip, info.bytes, info.start);
	KUNIT_EXPECT_MEMEQ(test, out, "0123456789", 10);

	zone[8] = 3;
	KUNIT_ASSERT_EQ(test, PSTORE_LEGACY_LIVE,
			pstore_legacy_decode_zone(zone, sizeof(zone), ROOM,
						  &info));
	pstore_legacy_unroll(out, zone + info.skip, info.bytes, info.start);
	KUNIT_EXPECT_MEMEQ(test, out, "3456789012", 10);
}

static void test_oops(struct kunit *test)
{
	struct pstore_legacy_info info;
	size_t len;

	KUNIT_ASSERT_EQ(test, PSTORE_LEGACY_LIVE,
			pstore_legacy_decode_oops(vector_oops,
						  sizeof(vector_oops),
						  sizeof(vector_oops), &info));
	KUNIT_EXPECT_EQ(test, 1U, info.oops);
	KUNIT_EXPECT_EQ(test, (u32)PSTORE_MEDIA_TYPE_CRASH, info.type);
	KUNIT_EXPECT_EQ(test, 7U, info.count);
	KUNIT_EXPECT_EQ(test, 1700000000LL, info.time_sec);
	KUNIT_EXPECT_EQ(test, 500000000U, info.time_nsec);
	KUNIT_EXPECT_EQ(test, 16U, info.skip);
	len = pstore_legacy_text_bytes(vector_oops + info.skip, info.bytes);
	KUNIT_EXPECT_EQ(test, 5UL, len);

	KUNIT_ASSERT_EQ(test, PSTORE_LEGACY_LIVE,
			pstore_legacy_decode_oops(vector_oops_v1,
						  sizeof(vector_oops_v1),
						  sizeof(vector_oops_v1),
						  &info));
	KUNIT_EXPECT_EQ(test, 0xfffffffeU, info.count);
	KUNIT_EXPECT_EQ(test, 0LL, info.time_sec);
	KUNIT_EXPECT_EQ(test, 8U, info.skip);
	len = pstore_legacy_text_bytes(vector_oops_v1 + info.skip, info.bytes);
	KUNIT_EXPECT_EQ(test, 5UL, len);
}

/* What is read from the zone of a crash when one of its fields is another one. */
static const struct mangled {
	const char			*name;
	u32				at;
	u32				value;
	enum pstore_legacy_verdict	verdict;
} mangled_crashes[] = {
	{ "as it is", 0, 0x43474244, PSTORE_LEGACY_LIVE },
	{ "erased", 4, 0, PSTORE_LEGACY_ERASED },
	{ "another signature", 0, 0x43474344, PSTORE_LEGACY_NONE },
	{ "of a type that was never kept", 0, 0x43474245, PSTORE_LEGACY_NONE },
	{ "a header that is cut off", 4, 39, PSTORE_LEGACY_DAMAGED },
	{ "nothing that is compressed", 4, 40, PSTORE_LEGACY_DAMAGED },
	{ "up to the end", 4, ROOM - 12, PSTORE_LEGACY_LIVE },
	{ "beyond the end", 4, ROOM - 11, PSTORE_LEGACY_DAMAGED },
	{ "far beyond the end", 4, 0xffffffff, PSTORE_LEGACY_DAMAGED },
	{ "another magic", 12, 0x4dfc3ae4, PSTORE_LEGACY_DAMAGED },
	{ "a second too many", 28, 1000000000, PSTORE_LEGACY_DAMAGED },
	{ "an age of nanoseconds", 32, 1, PSTORE_LEGACY_DAMAGED },
	{ "twice compressed", 36, 2, PSTORE_LEGACY_DAMAGED },
	{ "not compressed", 36, 0, PSTORE_LEGACY_LIVE },
	{ "shutdown", 44, KMSG_DUMP_SHUTDOWN, PSTORE_LEGACY_LIVE },
	{ "a reason that there is not", 44, 5, PSTORE_LEGACY_DAMAGED },
};

static void test_mangled_crash(struct kunit *test)
{
	struct pstore_legacy_info info;
	u8 zone[sizeof(vector_panic)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mangled_crashes); i++) {
		const struct mangled *m = &mangled_crashes[i];

		memcpy(zone, vector_panic, sizeof(zone));
		put_unaligned_le32(m->value, zone + m->at);
		KUNIT_EXPECT_EQ_MSG(test, m->verdict,
				    pstore_legacy_decode_zone(zone,
							      sizeof(zone),
							      ROOM, &info),
				    "%s", m->name);
	}
	/* One byte of the header is missing. */
	KUNIT_EXPECT_EQ(test, PSTORE_LEGACY_NONE,
			pstore_legacy_decode_zone(vector_panic, 51, ROOM,
						  &info));
	KUNIT_EXPECT_EQ(test, PSTORE_LEGACY_NONE,
			pstore_legacy_decode_zone(vector_panic,
						  sizeof(vector_panic), 51,
						  &info));
}

static void test_mangled_ring(struct kunit *test)
{
	static const struct mangled rings[] = {
		{ "goes on behind its end", 8, 11, PSTORE_LEGACY_DAMAGED },
		{ "goes on far behind", 8, 0xffffffff, PSTORE_LEGACY_DAMAGED },
		{ "beyond the device", 4, ROOM - 11, PSTORE_LEGACY_DAMAGED },
		{ "erased", 4, 0, PSTORE_LEGACY_DAMAGED },
		{ "of the console", 0, 0x43474246, PSTORE_LEGACY_LIVE },
		{ "of function calls", 0, 0x43474247, PSTORE_LEGACY_LIVE },
	};
	struct pstore_legacy_info info;
	u8 zone[sizeof(vector_ring)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rings); i++) {
		memcpy(zone, vector_ring, sizeof(zone));
		put_unaligned_le32(rings[i].value, zone + rings[i].at);
		KUNIT_EXPECT_EQ_MSG(test, rings[i].verdict,
				    pstore_legacy_decode_zone(zone,
							      sizeof(zone),
							      ROOM, &info),
				    "%s", rings[i].name);
	}
	memset(zone + 4, 0, 8);
	KUNIT_EXPECT_EQ(test, PSTORE_LEGACY_ERASED,
			pstore_legacy_decode_zone(zone, sizeof(zone), ROOM,
						  &info));
}

static void test_mangled_oops(struct kunit *test)
{
	static const struct mangled oopses[] = {
		{ "no number", 0, 0xffffffff, PSTORE_LEGACY_NONE },
		{ "another magic", 4, 0x5d005e01, PSTORE_LEGACY_NONE },
		{ "blank", 4, 0xffffffff, PSTORE_LEGACY_NONE },
		{ "the last number", 0, 0xfffffffe, PSTORE_LEGACY_LIVE },
	};
	struct pstore_legacy_info info;
	u8 record[sizeof(vector_oops)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(oopses); i++) {
		memcpy(record, vector_oops, sizeof(record));
		put_unaligned_le32(oopses[i].value, record + oopses[i].at);
		KUNIT_EXPECT_EQ_MSG(test, oopses[i].verdict,
				    pstore_legacy_decode_oops(record,
							      sizeof(record),
							      ROOM, &info),
				    "%s", oopses[i].name);
	}
	/* A clock that was not set. */
	memcpy(record, vector_oops, sizeof(record));
	memset(record + 8, 0xff, 8);
	KUNIT_EXPECT_EQ(test, PSTORE_LEGACY_LIVE,
			pstore_legacy_decode_oops(record, sizeof(record), ROOM,
						  &info));
	KUNIT_EXPECT_EQ(test, 0LL, info.time_sec);
	KUNIT_EXPECT_EQ(test, PSTORE_LEGACY_NONE,
			pstore_legacy_decode_oops(record, 15, ROOM, &info));
}

static void test_find(struct kunit *test)
{
	u8 *buf = kunit_kzalloc(test, 64, GFP_KERNEL);
	unsigned int at;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_EXPECT_NULL(test, pstore_legacy_find_zone(buf, 0));
	KUNIT_EXPECT_NULL(test, pstore_legacy_find_zone(buf, 64));
	for (at = 0; at <= 60; at++) {
		memset(buf, 'B', 64);
		memcpy(buf + at, "DBGC", 4);
		KUNIT_EXPECT_PTR_EQ(test, (const void *)(buf + at),
				    pstore_legacy_find_zone(buf, 64));
		KUNIT_EXPECT_NULL(test, pstore_legacy_find_zone(buf, at + 3));
	}
}

/* Numbers in ascending order, and where the oldest record is among them. */
static const struct numbers {
	const char	*name;
	u32		nr;
	u32		numbers[6];
	u32		oldest;
} numbers[] = {
	{ "none", 0, {}, 0 },
	{ "one", 1, { 0xfffffffe }, 0 },
	{ "a run", 4, { 3, 4, 5, 6 }, 0 },
	{ "from the first one", 3, { 0, 1, 2 }, 0 },
	{ "up to the last one", 3, { 0xfffffffc, 0xfffffffd, 0xfffffffe }, 0 },
	{ "round the end", 4, { 0, 1, 0xfffffffd, 0xfffffffe }, 2 },
	{ "round the end, with gaps", 5, { 1, 7, 9, 0xfffffff0, 0xfffffffe }, 3 },
	{ "round the end by one", 3, { 0, 0xfffffffd, 0xfffffffe }, 1 },
	{ "with a gap", 4, { 3, 4, 500, 501 }, 0 },
	{ "twice the same", 3, { 3, 3, 4 }, 0 },
};

static void test_numbers(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		KUNIT_EXPECT_EQ_MSG(test, numbers[i].oldest,
				    pstore_legacy_oldest(numbers[i].numbers,
							 numbers[i].nr),
				    "%s", numbers[i].name);
}

static void test_text(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0UL, pstore_legacy_text_bytes("", 0));
	KUNIT_EXPECT_EQ(test, 0UL, pstore_legacy_text_bytes("\xff\0\xff", 3));
	KUNIT_EXPECT_EQ(test, 3UL, pstore_legacy_text_bytes("abc", 3));
	KUNIT_EXPECT_EQ(test, 3UL, pstore_legacy_text_bytes("a\377c\377", 4));
}

static void test_calls(struct kunit *test)
{
	static const u8 call[PSTORE_LEGACY_CALL_BYTES] = {
		1, 2, 3, 4, 5, 6, 7, 8,
		9, 10, 11, 12, 13, 14, 15, 16,
		5, 0x34, 0x12, 0, 0, 0, 0, 0,	/* CPU 5, call 0x1234 */
	};
	struct pstore_legacy_call c;

	pstore_legacy_decode_call(call, &c);
	KUNIT_EXPECT_EQ(test, 0x0807060504030201ULL, c.ip);
	KUNIT_EXPECT_EQ(test, 0x100f0e0d0c0b0a09ULL, c.parent_ip);
	KUNIT_EXPECT_EQ(test, 0x1234ULL, c.stamp);
	KUNIT_EXPECT_EQ(test, 5U, c.cpu);
	KUNIT_EXPECT_EQ(test, 0U, pstore_legacy_calls_skip(48));
	KUNIT_EXPECT_EQ(test, 7U, pstore_legacy_calls_skip(55));
}

static u32 test_random(u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

/* What is LIVE lies within the room, whatever the bytes; KASAN watches the rest. */
static void expect_bounded(struct kunit *test, const u8 *buf, size_t len,
			   u64 room)
{
	struct pstore_legacy_info info;

	if (pstore_legacy_decode_zone(buf, len, room, &info) ==
	    PSTORE_LEGACY_LIVE) {
		KUNIT_EXPECT_LE(test, (u64)info.skip + info.bytes, room);
		KUNIT_EXPECT_LE(test, info.start, info.bytes);
		KUNIT_EXPECT_LT(test, info.time_nsec, 1000000000U);
	}
	if (pstore_legacy_decode_oops(buf, len, room, &info) ==
	    PSTORE_LEGACY_LIVE) {
		KUNIT_EXPECT_GT(test, info.bytes, 0U);
		KUNIT_EXPECT_LE(test, (u64)info.skip + info.bytes, room);
	}
	pstore_legacy_find_zone(buf, len);
	pstore_legacy_text_bytes(buf, len);
}

static void test_mutations(struct kunit *test)
{
	static const struct { const u8 *bytes; size_t len; } seeds[] = {
		{ vector_panic, sizeof(vector_panic) },
		{ vector_ring, sizeof(vector_ring) },
		{ vector_oops, sizeof(vector_oops) },
		{ vector_oops_v1, sizeof(vector_oops_v1) },
	};
	u32 state = 1, i, n;

	for (i = 0; i < 50000; i++) {
		const u8 *seed = seeds[i % ARRAY_SIZE(seeds)].bytes;
		size_t len = seeds[i % ARRAY_SIZE(seeds)].len;
		u8 *buf;

		/* Just as large as it says, so that any step beyond is seen. */
		if (!(test_random(&state) % 4))
			len = test_random(&state) % (len + 1);
		buf = kmemdup(seed, len, GFP_KERNEL);
		if (!buf)
			continue;
		for (n = test_random(&state) % 4; n && len; n--)
			buf[test_random(&state) % len] = test_random(&state);
		expect_bounded(test, buf, len,
			       test_random(&state) % 3 ? ROOM : len);
		kfree(buf);
		if (!(i % 1000))
			cond_resched();
	}
}

static struct kunit_case legacy_test_cases[] = {
	KUNIT_CASE(test_crash),
	KUNIT_CASE(test_ring),
	KUNIT_CASE(test_oops),
	KUNIT_CASE(test_mangled_crash),
	KUNIT_CASE(test_mangled_ring),
	KUNIT_CASE(test_mangled_oops),
	KUNIT_CASE(test_find),
	KUNIT_CASE(test_numbers),
	KUNIT_CASE(test_text),
	KUNIT_CASE(test_calls),
	KUNIT_CASE(test_mutations),
	{}
};

static struct kunit_suite legacy_test_suite = {
	.name = "pstore_zone_legacy",
	.test_cases = legacy_test_cases,
};

kunit_test_suites(&legacy_test_suite);

MODULE_DESCRIPTION("KUnit tests of pstore zone: the formats of older kernels");
MODULE_LICENSE("GPL");
