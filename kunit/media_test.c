// SPDX-License-Identifier: GPL-2.0
/*
 * The on-media format. Correctness is observed from outside: structures are held
 * against bytes that an independent encoder made from the description in media.h,
 * and each way to damage one must be noticed.
 */
#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "../media.h"

#define TEST_SLOT_BYTES	65536U
#define TEST_AREA_BYTES	0x100000ULL

/*
 * What golden_layout and golden_record hold. The golden bytes end with the last
 * one that is not zero; from there on all is zero up to the CRC.
 */
static const u8 golden_layout[] = {
	0x50, 0x53, 0x54, 0x41, 0x52, 0x45, 0x41, 0x0a, 0x01, 0x00, 0x00, 0x00,
	0x00, 0x02, 0x00, 0x00, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
	0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x08, 0x07, 0x06, 0x05,
	0x04, 0x03, 0x02, 0x01, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x01, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x0f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x18, 0x17, 0x16, 0x15,
	0x14, 0x13, 0x12, 0x11,
};

static const u8 golden_layout_crc[] = { 0x81, 0x3b, 0x0b, 0x88 };

static const u8 golden_record[] = {
	0x50, 0x53, 0x54, 0x52, 0x45, 0x43, 0x44, 0x0a, 0x01, 0x00, 0x00, 0x00,
	0x00, 0x02, 0x00, 0x00, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
	0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x08, 0x07, 0x06, 0x05,
	0x04, 0x03, 0x02, 0x01, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
	0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
	0x24, 0x23, 0x22, 0x21, 0x34, 0x33, 0x32, 0x31, 0x03, 0x00, 0x00, 0x00,
	0x0b, 0x00, 0x00, 0x00, 0x59, 0x22, 0x9e, 0x56, 0xfe, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xc9, 0x9a, 0x3b, 0x00, 0x00, 0x00, 0x00,
	0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab,
	0xac, 0xad, 0xae, 0xaf, 0x36, 0x2e, 0x31, 0x32, 0x2e, 0x31, 0x31, 0x37,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x78, 0x38, 0x36, 0x5f,
	0x36, 0x34,
};

static const u8 golden_record_crc[] = { 0x7f, 0x58, 0xab, 0xbb };

static const struct pstore_layout test_layout = {
	.area_id = { 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
		     0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f },
	.generation = 0x0102030405060708,
	.area_bytes = TEST_AREA_BYTES,
	.nr_regions = 1,
	.regions = { {
		.type = PSTORE_MEDIA_REGION_CRASH,
		.unit_bytes = TEST_SLOT_BYTES,
		.offset = 4096,
		.bytes = 0xf0000,
		.first_seq = 0x1112131415161718,
	} },
};

static const char test_payload[] = "last words\n";

static const struct pstore_record_info test_record = {
	.seq = 0x1112131415161718,
	.state = PSTORE_MEDIA_LIVE,
	.type = 0,
	.reason = 1,
	.count = 0x21222324,
	.part = 0x31323334,
	.flags = PSTORE_MEDIA_COMPRESSED | PSTORE_MEDIA_LAST_PART,
	.payload_bytes = sizeof(test_payload) - 1,
	.payload_crc = 0, /* filled in by the test */
	.time_sec = -2,
	.time_nsec = 999999999,
	.boot_id = { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
		     0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf },
	.release = "6.12.117",
	.machine = "x86_64",
};

static u8 *test_block(struct kunit *test)
{
	u8 *block = kunit_kzalloc(test, PSTORE_MEDIA_BLOCK_BYTES, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, block);
	return block;
}

static struct pstore_record_info test_record_info(void)
{
	struct pstore_record_info info = test_record;

	info.payload_crc = pstore_media_crc(test_payload, info.payload_bytes);
	return info;
}

/* The well-known check value of CRC-32C. */
static void test_crc(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, pstore_media_crc("123456789", 9), 0xe3069283);
}

static void expect_golden(struct kunit *test, const u8 *block, const u8 *golden,
			  size_t len, const u8 *crc)
{
	KUNIT_EXPECT_MEMEQ(test, block, golden, len);
	KUNIT_EXPECT_NULL(test, memchr_inv(block + len, 0,
					   PSTORE_MEDIA_CRC_BYTES - len));
	KUNIT_EXPECT_MEMEQ(test, block + PSTORE_MEDIA_CRC_BYTES, crc, 4);
}

static void test_golden_layout(struct kunit *test)
{
	struct pstore_layout layout = {};
	u8 *block = test_block(test);

	memset(block, 0x5a, PSTORE_MEDIA_BLOCK_BYTES);
	pstore_media_encode_layout(block, &test_layout);
	expect_golden(test, block, golden_layout, sizeof(golden_layout),
		      golden_layout_crc);
	KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_OK,
			pstore_media_decode_layout(block, TEST_AREA_BYTES,
						   &layout));
	KUNIT_EXPECT_MEMEQ(test, &layout, &test_layout, sizeof(layout));
}

static void test_golden_record(struct kunit *test)
{
	struct pstore_record_info info = test_record_info(), decoded = {};
	u8 *block = test_block(test);

	memset(block, 0x5a, PSTORE_MEDIA_BLOCK_BYTES);
	pstore_media_encode_record(block, &test_layout, &info);
	expect_golden(test, block, golden_record, sizeof(golden_record),
		      golden_record_crc);
	KUNIT_EXPECT_EQ(test, block[PSTORE_MEDIA_HEADER_BYTES], 0x5a);
	KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_OK,
			pstore_media_decode_record(block, &test_layout,
						   TEST_SLOT_BYTES, &decoded));
	KUNIT_EXPECT_MEMEQ(test, &decoded, &info, sizeof(info));
}

/* No bit of a header can change without being noticed. */
static void test_each_bit(struct kunit *test)
{
	struct pstore_record_info info = test_record_info();
	struct pstore_layout layout;
	u8 *l = test_block(test), *r = test_block(test);
	unsigned int bit;

	pstore_media_encode_layout(l, &test_layout);
	pstore_media_encode_record(r, &test_layout, &info);
	for (bit = 0; bit < 8 * PSTORE_MEDIA_HEADER_BYTES; bit++) {
		l[bit / 8] ^= 1 << bit % 8;
		r[bit / 8] ^= 1 << bit % 8;
		KUNIT_EXPECT_NE_MSG(test, PSTORE_MEDIA_OK,
				    pstore_media_decode_layout(l, TEST_AREA_BYTES,
							       &layout),
				    "layout bit %u", bit);
		KUNIT_EXPECT_NE_MSG(test, PSTORE_MEDIA_OK,
				    pstore_media_decode_record(r, &test_layout,
							       TEST_SLOT_BYTES,
							       &info),
				    "record bit %u", bit);
		l[bit / 8] ^= 1 << bit % 8;
		r[bit / 8] ^= 1 << bit % 8;
	}
	KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_OK,
			pstore_media_decode_layout(l, TEST_AREA_BYTES, &layout));
}

/* Somebody else's data may begin anywhere in the layout block. */
static void test_layout_tail(struct kunit *test)
{
	struct pstore_layout layout;
	u8 *block = test_block(test);
	unsigned int i;

	pstore_media_encode_layout(block, &test_layout);
	for (i = PSTORE_MEDIA_HEADER_BYTES; i < PSTORE_MEDIA_BLOCK_BYTES; i++) {
		block[i] = 1;
		KUNIT_EXPECT_EQ_MSG(test, PSTORE_MEDIA_BAD_FIELD,
				    pstore_media_decode_layout(block,
							       TEST_AREA_BYTES,
							       &layout),
				    "byte %u", i);
		block[i] = 0;
	}
}

static void test_blank(struct kunit *test)
{
	struct pstore_record_info info;
	u8 *block = test_block(test);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		memset(block, i ? 0xff : 0, PSTORE_MEDIA_BLOCK_BYTES);
		KUNIT_EXPECT_TRUE(test,
				  pstore_media_is_blank(block,
							PSTORE_MEDIA_BLOCK_BYTES));
		KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_BLANK,
				pstore_media_decode_record(block, &test_layout,
							   TEST_SLOT_BYTES,
							   &info));
		block[PSTORE_MEDIA_BLOCK_BYTES - 1] ^= 1;
		KUNIT_EXPECT_FALSE(test,
				   pstore_media_is_blank(block,
							 PSTORE_MEDIA_BLOCK_BYTES));
	}
	memset(block, 0x55, PSTORE_MEDIA_BLOCK_BYTES);
	KUNIT_EXPECT_FALSE(test, pstore_media_is_blank(block, 1));
}

static void test_seal(u8 *block)
{
	put_unaligned_le32(pstore_media_crc(block, PSTORE_MEDIA_CRC_BYTES),
			   block + PSTORE_MEDIA_CRC_BYTES);
}

/* A version that is not known is refused. */
static void test_newer_version(struct kunit *test)
{
	struct pstore_record_info info = test_record_info();
	struct pstore_layout layout;
	u8 *block = test_block(test);

	pstore_media_encode_layout(block, &test_layout);
	block[8] = PSTORE_MEDIA_VERSION + 1;
	test_seal(block);
	KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_NEWER_VERSION,
			pstore_media_decode_layout(block, TEST_AREA_BYTES,
						   &layout));
	pstore_media_encode_record(block, &test_layout, &info);
	block[11] = 1;
	test_seal(block);
	KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_NEWER_VERSION,
			pstore_media_decode_record(block, &test_layout,
						   TEST_SLOT_BYTES, &info));
}

static void test_stale_record(struct kunit *test)
{
	struct pstore_record_info info = test_record_info();
	struct pstore_layout other = test_layout;
	u8 *block = test_block(test);

	pstore_media_encode_record(block, &test_layout, &info);
	other.generation++;
	KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_STALE,
			pstore_media_decode_record(block, &other,
						   TEST_SLOT_BYTES, &info));
	other = test_layout;
	other.area_id[15]++;
	KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_STALE,
			pstore_media_decode_record(block, &other,
						   TEST_SLOT_BYTES, &info));
}

/* A layout with one field out of range, and a valid checksum. */
struct layout_case {
	const char	*name;
	u64		generation;
	u64		area_bytes;
	u32		nr_regions;
	struct pstore_region region[2];
	enum pstore_media_verdict verdict;
};

#define CRASH(unit, at, size)	\
	{ .type = PSTORE_MEDIA_REGION_CRASH, .unit_bytes = (unit), \
	  .offset = (at), .bytes = (size) }
#define STREAM(what, unit, at, size)	\
	{ .type = PSTORE_MEDIA_REGION_ ## what, .unit_bytes = (unit), \
	  .offset = (at), .bytes = (size) }
#define GOOD			CRASH(65536, 4096, 131072)

static const struct layout_case layout_cases[] = {
	{ "one region", 1, 0x100000, 1, { GOOD }, PSTORE_MEDIA_OK },
	{ "two regions", 1, 0x100000, 2,
	  { GOOD, STREAM(PMSG, 512, 135168, 24576) }, PSTORE_MEDIA_OK },
	{ "stream before records", 1, 0x100000, 2,
	  { STREAM(CONSOLE, 4096, 4096, 16 * 8192), CRASH(65536, 135168, 131072) },
	  PSTORE_MEDIA_OK },
	{ "records twice", 1, 0x100000, 2,
	  { GOOD, CRASH(4096, 135168, 8192) }, PSTORE_MEDIA_BAD_FIELD },
	{ "no records", 1, 0x100000, 1, { STREAM(PMSG, 512, 4096, 24576) },
	  PSTORE_MEDIA_BAD_FIELD },
	{ "stream too small", 1, 0x100000, 2,
	  { GOOD, STREAM(PMSG, 512, 135168, 16384) }, PSTORE_MEDIA_BAD_FIELD },
	{ "banks not in blocks", 1, 0x100000, 2,
	  { GOOD, STREAM(PMSG, 512, 135168, 28672) }, PSTORE_MEDIA_BAD_FIELD },
	{ "stream's blocks too small", 1, 0x100000, 2,
	  { GOOD, STREAM(PMSG, 256, 135168, 24576) }, PSTORE_MEDIA_BAD_FIELD },
	{ "stream's blocks too large", 1, 0x100000, 2,
	  { GOOD, STREAM(PMSG, 8192, 135168, 16 * 8192) },
	  PSTORE_MEDIA_BAD_FIELD },
	{ "stream's blocks no power of two", 1, 0x100000, 2,
	  { GOOD, STREAM(PMSG, 1536, 135168, 16 * 8192) },
	  PSTORE_MEDIA_BAD_FIELD },
	{ "smaller than the device", 1, 0x80000, 1, { GOOD }, PSTORE_MEDIA_OK },
	{ "up to the last block", 1, 0x100000, 1,
	  { CRASH(4096, 4096, 0xfe000) }, PSTORE_MEDIA_OK },
	{ "generation 0", 0, 0x100000, 1, { GOOD }, PSTORE_MEDIA_BAD_FIELD },
	{ "no region", 1, 0x100000, 0, { GOOD }, PSTORE_MEDIA_BAD_FIELD },
	{ "unknown region", 1, 0x100000, 2, { GOOD }, PSTORE_MEDIA_BAD_FIELD },
	{ "larger than the device", 1, 0x101000, 1, { GOOD },
	  PSTORE_MEDIA_TOO_LARGE },
	{ "larger than the device, with a bad region", 1, 0x101000, 1,
	  { CRASH(0, 4096, 131072) }, PSTORE_MEDIA_BAD_FIELD },
	{ "area not in blocks", 1, 0x100000 - 512, 1, { GOOD },
	  PSTORE_MEDIA_BAD_FIELD },
	{ "area without room", 1, 4096, 1, { GOOD }, PSTORE_MEDIA_BAD_FIELD },
	{ "area of nothing", 1, 0, 1, { GOOD }, PSTORE_MEDIA_BAD_FIELD },
	{ "slots of nothing", 1, 0x100000, 1, { CRASH(0, 4096, 131072) },
	  PSTORE_MEDIA_BAD_FIELD },
	{ "slots too small", 1, 0x100000, 1, { CRASH(2048, 4096, 131072) },
	  PSTORE_MEDIA_BAD_FIELD },
	{ "slots too large", 1, 0x100000, 1,
	  { CRASH(0x1001000, 4096, 131072) }, PSTORE_MEDIA_BAD_FIELD },
	{ "slots not in blocks", 1, 0x100000, 1, { CRASH(6144, 4096, 12288) },
	  PSTORE_MEDIA_BAD_FIELD },
	{ "region not in slots", 1, 0x100000, 1, { CRASH(65536, 4096, 135168) },
	  PSTORE_MEDIA_BAD_FIELD },
	{ "one slot", 1, 0x100000, 1, { CRASH(65536, 4096, 65536) },
	  PSTORE_MEDIA_BAD_FIELD },
	{ "region at the layout block", 1, 0x100000, 1,
	  { CRASH(65536, 0, 131072) }, PSTORE_MEDIA_BAD_FIELD },
	{ "region not at a block", 1, 0x100000, 1,
	  { CRASH(65536, 4608, 131072) }, PSTORE_MEDIA_BAD_FIELD },
	{ "region over the last block", 1, 0x100000, 1,
	  { CRASH(4096, 4096, 0xff000) }, PSTORE_MEDIA_BAD_FIELD },
	{ "region over the end of numbers", 1, 0x100000, 1,
	  { CRASH(4096, 0xfffffffffffff000, 8192) }, PSTORE_MEDIA_BAD_FIELD },
	{ "region of all numbers", 1, 0x100000, 1,
	  { CRASH(4096, 4096, 0xfffffffffffff000) }, PSTORE_MEDIA_BAD_FIELD },
	{ "regions overlap", 1, 0x100000, 2,
	  { GOOD, STREAM(PMSG, 512, 131072, 24576) }, PSTORE_MEDIA_BAD_FIELD },
	{ "regions out of order", 1, 0x100000, 2,
	  { STREAM(PMSG, 512, 0x80000, 24576), GOOD }, PSTORE_MEDIA_BAD_FIELD },
};

KUNIT_ARRAY_PARAM_DESC(layout, layout_cases, name);

static void test_layout_fields(struct kunit *test)
{
	const struct layout_case *c = test->param_value;
	struct pstore_layout layout = {
		.generation = c->generation,
		.area_bytes = c->area_bytes,
		.nr_regions = c->nr_regions,
		.regions = { c->region[0], c->region[1] },
	};
	u8 *block = test_block(test);

	pstore_media_encode_layout(block, &layout);
	KUNIT_EXPECT_EQ(test, c->verdict,
			pstore_media_decode_layout(block, 0x100000, &layout));
}

/* The slots that a reader may have to look at are bounded, whatever the size. */
static void test_layout_slot_count(struct kunit *test)
{
	struct pstore_layout layout = {
		.generation = 1,
		.area_bytes = SZ_1G,
		.nr_regions = 1,
		.regions = { CRASH(4096, 4096, 32768ULL * 4096) },
	};
	u8 *block = test_block(test);

	pstore_media_encode_layout(block, &layout);
	KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_OK,
			pstore_media_decode_layout(block, SZ_1G, &layout));
	layout.regions[0].bytes += 4096;
	pstore_media_encode_layout(block, &layout);
	KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_BAD_FIELD,
			pstore_media_decode_layout(block, SZ_1G, &layout));
}

/* More regions than the layout block has room for are not even looked at. */
static void test_layout_region_count(struct kunit *test)
{
	struct pstore_media_layout *m = (void *)test_block(test);
	struct pstore_layout layout;

	pstore_media_encode_layout(m, &test_layout);
	m->nr_regions = cpu_to_le32(U32_MAX);
	m->crc = cpu_to_le32(pstore_media_crc(m, PSTORE_MEDIA_CRC_BYTES));
	KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_BAD_FIELD,
			pstore_media_decode_layout(m, TEST_AREA_BYTES, &layout));
}

/* A record with one field out of range, and a valid checksum. */
static const struct record_case {
	const char	*name;
	u32		state;
	u32		payload_bytes;
	u32		time_nsec;
	u32		type;
	enum pstore_media_verdict verdict;
} record_cases[] = {
	{ "live", 1, 11, 0, 0, PSTORE_MEDIA_OK },
	{ "erased", 2, 11, 0, 0, PSTORE_MEDIA_OK },
	{ "empty", 1, 0, 0, 0, PSTORE_MEDIA_BAD_FIELD },
	{ "full", 1, 65536 - 512, 0, 0, PSTORE_MEDIA_OK },
	{ "no state", 0, 11, 0, 0, PSTORE_MEDIA_BAD_FIELD },
	{ "unknown state", 3, 11, 0, 0, PSTORE_MEDIA_BAD_FIELD },
	{ "overfull", 1, 65536 - 511, 0, 0, PSTORE_MEDIA_BAD_FIELD },
	{ "beyond all numbers", 1, U32_MAX, 0, 0, PSTORE_MEDIA_BAD_FIELD },
	{ "last nanosecond", 1, 11, 999999999, 0, PSTORE_MEDIA_OK },
	{ "too many nanoseconds", 1, 11, 1000000000, 0, PSTORE_MEDIA_BAD_FIELD },
	{ "unknown type", 1, 11, 0, 1, PSTORE_MEDIA_BAD_FIELD },
	{ "type of no meaning", 1, 11, 0, U32_MAX, PSTORE_MEDIA_BAD_FIELD },
};

KUNIT_ARRAY_PARAM_DESC(record, record_cases, name);

static void test_record_fields(struct kunit *test)
{
	const struct record_case *c = test->param_value;
	struct pstore_record_info info = test_record_info();
	u8 *block = test_block(test);

	info.state = c->state;
	info.payload_bytes = c->payload_bytes;
	info.time_nsec = c->time_nsec;
	info.type = c->type;
	pstore_media_encode_record(block, &test_layout, &info);
	KUNIT_EXPECT_EQ(test, c->verdict,
			pstore_media_decode_record(block, &test_layout,
						   TEST_SLOT_BYTES, &info));
}

/* Blocks, and what they add up to: ranges of bytes, by their offsets. */
struct assemble_case {
	const char	*name;
	u32		limit;
	struct pstore_block_info blocks[6];
	struct { u64 from, to; } shown[3];
};

#define BLOCK(at, size, from, to) \
	{ .offset = (at), .bytes = (size), .begin = (from), .end = (to) }

static const struct assemble_case assemble_cases[] = {
	{ "nothing", 1000 },
	{ "one block", 1000, { BLOCK(0, 100, 0, 100) }, { { 0, 100 } } },
	{ "in a row", 1000,
	  { BLOCK(0, 100, 0, 100), BLOCK(100, 50, 100, 150) }, { { 0, 150 } } },
	{ "continued", 1000,
	  { BLOCK(0, 100, 0, 100), BLOCK(0, 130, 100, 130) }, { { 0, 130 } } },
	{ "continued, the first one only", 1000,
	  { BLOCK(0, 100, 0, 100) }, { { 0, 100 } } },
	{ "overlap", 1000,
	  { BLOCK(0, 100, 0, 100), BLOCK(60, 100, 60, 160) }, { { 0, 160 } } },
	{ "a gap between appends", 1000,
	  { BLOCK(0, 100, 0, 100), BLOCK(150, 50, 150, 200) },
	  { { 0, 100 }, { 150, 200 } } },
	{ "end of the last append missing", 1000,
	  { BLOCK(0, 100, 0, 100), BLOCK(100, 50, 100, 200) }, { { 0, 100 } } },
	{ "middle of an append missing", 1000,
	  { BLOCK(0, 100, 0, 100), BLOCK(100, 50, 100, 300),
	    BLOCK(200, 50, 100, 300), BLOCK(250, 50, 100, 300),
	    BLOCK(300, 20, 300, 320) },
	  { { 0, 100 }, { 300, 320 } } },
	{ "beginning of an append missing", 1000,
	  { BLOCK(0, 100, 0, 100), BLOCK(150, 50, 100, 250),
	    BLOCK(200, 50, 100, 250), BLOCK(250, 20, 250, 270) },
	  { { 0, 100 }, { 250, 270 } } },
	{ "beginning of the first append missing", 1000,
	  { BLOCK(50, 50, 0, 100), BLOCK(100, 20, 100, 120) },
	  { { 100, 120 } } },
	{ "the same, after the ring has come round", 100,
	  { BLOCK(50, 50, 0, 150), BLOCK(100, 50, 0, 150),
	    BLOCK(150, 20, 150, 170) },
	  { { 70, 170 } } },
	{ "end of an append missing, continued elsewhere", 1000,
	  { BLOCK(0, 100, 0, 120), BLOCK(100, 50, 120, 150) }, { { 0, 150 } } },
	{ "up to the end of each block", 1000,
	  { BLOCK(0, 50, 0, 50), BLOCK(50, 50, 0, 100),
	    BLOCK(150, 50, 0, 200) }, { { 0, 100 } } },
	{ "a large gap", 1000,
	  { BLOCK(0, 100, 0, 100),
	    BLOCK((1ULL << 32) + 50, 100, (1ULL << 32) + 50, (1ULL << 32) + 999) },
	  { { 0, 100 } } },
	{ "limit inside of a block", 70,
	  { BLOCK(0, 100, 0, 100), BLOCK(100, 50, 100, 150) },
	  { { 80, 150 } } },
	{ "limit between blocks", 50,
	  { BLOCK(0, 100, 0, 100), BLOCK(100, 50, 100, 150) },
	  { { 100, 150 } } },
	{ "limit at a gap", 60,
	  { BLOCK(0, 100, 0, 100), BLOCK(150, 50, 150, 200) },
	  { { 90, 100 }, { 150, 200 } } },
};

KUNIT_ARRAY_PARAM_DESC(assemble, assemble_cases, name);

static void test_assemble(struct kunit *test)
{
	const struct assemble_case *c = test->param_value;
	struct pstore_block_info blocks[ARRAY_SIZE(c->blocks)];
	u32 nr = 0, i, at = 0, want = 0, range = 0;
	u64 next = c->shown[0].from;

	memcpy(blocks, c->blocks, sizeof(blocks));
	while (nr < ARRAY_SIZE(blocks) && blocks[nr].bytes)
		nr++;
	sort(blocks, nr, sizeof(blocks[0]), pstore_media_block_cmp, NULL);
	for (i = 0; i < ARRAY_SIZE(c->shown); i++)
		want += c->shown[i].to - c->shown[i].from;
	KUNIT_EXPECT_EQ(test, want,
			pstore_media_assemble(blocks, nr, c->limit));
	for (i = 0; i < nr; i++) {
		for (at = 0; at < blocks[i].take; at++) {
			KUNIT_EXPECT_EQ(test, next,
					blocks[i].offset + blocks[i].skip + at);
			if (++next == c->shown[range].to &&
			    range + 1 < ARRAY_SIZE(c->shown))
				next = c->shown[++range].from;
		}
	}
}

/* A block is only taken as what it was written as. */
static void test_stream_block(struct kunit *test)
{
	struct pstore_record_info head = { .seq = 7, .boot_id = "boot" };
	struct pstore_block_info info = BLOCK(1000, 100, 1050, 1100), got;
	struct pstore_layout other = test_layout;
	u8 *block = test_block(test);
	unsigned int bit;

	info.next = 5;
	memset(block, 'x', 512);
	pstore_media_encode_block(block, &test_layout, &head, 512, &info);
	KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_OK,
			pstore_media_decode_block(block, &test_layout, &head,
						  512, &got));
	KUNIT_EXPECT_MEMEQ(test, &info, &got, sizeof(info));
	for (bit = 0; bit < 512 * 8; bit++) {
		block[bit / 8] ^= 1 << bit % 8;
		KUNIT_EXPECT_NE(test, PSTORE_MEDIA_OK,
				pstore_media_decode_block(block, &test_layout,
							  &head, 512, &got));
		block[bit / 8] ^= 1 << bit % 8;
	}
	other.generation++;
	KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_STALE,
			pstore_media_decode_block(block, &other, &head, 512,
						  &got));
	other = test_layout;
	other.area_id[0]++;
	KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_BAD_CRC,
			pstore_media_decode_block(block, &other, &head, 512,
						  &got));
	head.seq++;
	KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_STALE,
			pstore_media_decode_block(block, &test_layout, &head,
						  512, &got));
	head.seq--;
	head.boot_id[15]++;
	KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_STALE,
			pstore_media_decode_block(block, &test_layout, &head,
						  512, &got));
}

/* Fields out of range, with a valid checksum. */
struct block_case {
	const char	*name;
	struct pstore_block_info info;
};

static const struct block_case block_cases[] = {
	{ "no bytes", BLOCK(100, 0, 100, 100) },
	{ "ends before its bytes do", BLOCK(100, 50, 100, 149) },
	{ "begins where it ends", BLOCK(100, 50, 150, 150) },
	{ "begins before zero", BLOCK(10, 50, -1, 60) },
	{ "over the end of numbers", BLOCK(U64_MAX - 10, 50, U64_MAX - 10, 39) },
	{ "larger than a stream may be",
	  BLOCK(100, 50, 100, 101 + PSTORE_MEDIA_MAX_STREAM_BYTES) },
};

KUNIT_ARRAY_PARAM_DESC(block, block_cases, name);

static void test_block_fields(struct kunit *test)
{
	const struct block_case *c = test->param_value;
	struct pstore_record_info head = {};
	struct pstore_block_info got;
	u8 *block = test_block(test);

	pstore_media_encode_block(block, &test_layout, &head, 512, &c->info);
	KUNIT_EXPECT_EQ(test, PSTORE_MEDIA_BAD_FIELD,
			pstore_media_decode_block(block, &test_layout, &head,
						  512, &got));
}

static struct kunit_case media_test_cases[] = {
	KUNIT_CASE_PARAM(test_assemble, assemble_gen_params),
	KUNIT_CASE(test_stream_block),
	KUNIT_CASE_PARAM(test_block_fields, block_gen_params),
	KUNIT_CASE(test_crc),
	KUNIT_CASE(test_golden_layout),
	KUNIT_CASE(test_golden_record),
	KUNIT_CASE(test_each_bit),
	KUNIT_CASE(test_layout_tail),
	KUNIT_CASE(test_blank),
	KUNIT_CASE(test_newer_version),
	KUNIT_CASE(test_stale_record),
	KUNIT_CASE(test_layout_slot_count),
	KUNIT_CASE(test_layout_region_count),
	KUNIT_CASE_PARAM(test_layout_fields, layout_gen_params),
	KUNIT_CASE_PARAM(test_record_fields, record_gen_params),
	{}
};

static struct kunit_suite media_test_suite = {
	.name = "pstore_zone_media",
	.test_cases = media_test_cases,
};

kunit_test_suites(&media_test_suite);

MODULE_DESCRIPTION("KUnit tests of pstore zone's on-media format");
MODULE_LICENSE("GPL");
