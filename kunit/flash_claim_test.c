// SPDX-License-Identifier: GPL-2.0
/*
 * Which flash is taken, and which is left as it is.
 */
#include <linux/crc32.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "flash_model.h"

static const struct ft_kind fc_kind = {
	"NOR, 8 blocks of 16 KiB", 8, SZ_16K, 1
};

static struct ft *fc_create(struct kunit *test)
{
	struct ft *ft = ft_create(test, &fc_kind);

	ft_reset(ft);
	strscpy(ft->id, "- (claim)");
	return ft;
}

/* It is refused with @err, and nothing is changed. */
static void fc_expect_refused(struct ft *ft, int err)
{
	KUNIT_EXPECT_EQ(ft->test, err, ft_try_open(ft));
	KUNIT_EXPECT_EQ(ft->test, 0, ft->sim->ops);
	ft_close(ft);
}

/* What belongs to others begins like this. */
static const struct fc_other {
	const char	*name;
	u32		pos;
	u32		len;
	const char	*bytes;
} fc_others[] = {
	{ "UBI",		0, 4, "UBI#" },
	{ "UBIFS",		0, 4, "\x31\x18\x10\x06" },
	{ "JFFS2, little-endian", 0, 2, "\x85\x19" },
	{ "JFFS2, big-endian",	0, 2, "\x19\x85" },
	{ "squashfs",		0, 4, "hsqs" },
	{ "cramfs",		0, 4, "\x45\x3d\xcd\x28" },
	{ "romfs",		0, 8, "-rom1fs-" },
	{ "a U-Boot image",	0, 4, "\x27\x05\x19\x56" },
	{ "a device tree",	0, 4, "\xd0\x0d\xfe\xed" },
	{ "UBI in a later block", 3 * SZ_16K, 4, "UBI#" },
	{ "one bit of the first byte", 0, 1, "\xef" },
	{ "the last byte",	8 * SZ_16K - 1, 1, "x" },
	{ "text in the middle",	5 * SZ_16K + 77, 5, "hello" },
};

static void fc_describe(const struct fc_other *other, char *desc)
{
	strscpy(desc, other->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(fc_others, fc_others, fc_describe);

static void test_flash_of_others(struct kunit *test)
{
	const struct fc_other *other = test->param_value;
	struct ft *ft = fc_create(test);

	memcpy(ft->sim->media + other->pos, other->bytes, other->len);
	fc_expect_refused(ft, -EEXIST);
	/* The user insists. */
	ft->format = true;
	ft_open(ft);
	KUNIT_EXPECT_EQ(test, 0, ft_run(ft, 60));
	ft_check(ft);
}

/* In a flash that is ours, too, nothing of others is erased. */
static void test_flash_others_beside_ours(struct kunit *test)
{
	struct ft *ft = fc_create(test);
	u32 block;

	ft_open(ft);
	KUNIT_ASSERT_EQ(test, 0, ft_run(ft, 10));
	block = pstore_flash_find(ft->flash, PSTORE_FLASH_FREE);
	KUNIT_ASSERT_NE(test, block, PSTORE_FLASH_NOWHERE);
	ft_close(ft);
	ft->sim->ops = 0;
	memcpy(ft->sim->media + block * SZ_16K, "UBI#", 4);
	fc_expect_refused(ft, -EEXIST);
}

/* The header of the first block that has one. */
static struct pstore_flash_block *fc_header(struct ft *ft)
{
	u32 pos;

	for (pos = 0; pos < ft->sim->mtd.size; pos += ft->sim->mtd.erasesize)
		if (!memcmp(ft->sim->media + pos, PSTORE_FLASH_BLOCK_MAGIC,
			    PSTORE_FLASH_MAGIC_BYTES))
			return (void *)ft->sim->media + pos;
	return NULL;
}

/* A change of it that is meant. */
static void fc_seal(struct pstore_flash_block *header)
{
	const u32 len = offsetof(struct pstore_flash_block, crc);

	header->crc = cpu_to_le32(~__crc32c_le(~0U, (void *)header, len));
}

static void test_flash_of_newer(struct kunit *test)
{
	struct ft *ft = fc_create(test);
	struct pstore_flash_block *header;

	ft_open(ft);
	ft_close(ft);
	ft->sim->ops = 0;
	header = fc_header(ft);
	KUNIT_ASSERT_NOT_NULL(test, header);
	header->version = cpu_to_le32(le32_to_cpu(header->version) + 1);
	fc_seal(header);
	fc_expect_refused(ft, -EPROTONOSUPPORT);
	ft->format = true;
	ft_open(ft);
	KUNIT_EXPECT_EQ(test, 0, ft_run(ft, 60));
}

static void test_flash_of_two(struct kunit *test)
{
	struct ft *ft = fc_create(test);
	struct pstore_flash_block *header;

	ft_open(ft);
	KUNIT_ASSERT_EQ(test, 0, ft_run(ft, 60));
	ft_close(ft);
	ft->sim->ops = 0;
	header = fc_header(ft);
	KUNIT_ASSERT_NOT_NULL(test, header);
	header->flash_id[0] ^= 1;
	fc_seal(header);
	fc_expect_refused(ft, -EEXIST);
}

/* A partition that has become larger: what was behind it is not touched. */
static void test_flash_grown(struct kunit *test)
{
	struct ft *ft = fc_create(test);
	u8 *behind = ft->sim->media + 6 * SZ_16K;

	ft->sim->mtd.size = 6 * SZ_16K;
	ft_open(ft);
	KUNIT_ASSERT_EQ(test, 0, ft_run(ft, 60));
	ft_close(ft);
	memset(behind, 0x55, 2 * SZ_16K);
	ft->sim->mtd.size = 8 * SZ_16K;
	ft_open(ft);
	ft_check(ft);
	KUNIT_ASSERT_EQ(test, 0, ft_run(ft, 200));
	ft_check(ft);
	KUNIT_EXPECT_NULL(test, memchr_inv(behind, 0x55, 2 * SZ_16K));
}

static void test_flash_shrunk(struct kunit *test)
{
	struct ft *ft = fc_create(test);

	ft_open(ft);
	KUNIT_ASSERT_EQ(test, 0, ft_run(ft, 60));
	ft_close(ft);
	ft->sim->ops = 0;
	ft->sim->mtd.size = 6 * SZ_16K;
	fc_expect_refused(ft, -EEXIST);
	ft->sim->mtd.size = 8 * SZ_16K;
	ft_open(ft);
	ft_check(ft);
}

static void test_flash_geometries(struct kunit *test)
{
	static const struct {
		u32	blocks;
		u32	block_bytes;
		u32	write_bytes;
		u32	flags;
	} odd[] = {
		{ 1, SZ_16K, 1, MTD_CAP_NORFLASH },
		{ 8, SZ_16K, 1, MTD_CAP_ROM },
		{ 8, SZ_16K, SZ_8K, MTD_CAP_NORFLASH },
		{ 8, SZ_16K, 96, MTD_CAP_NORFLASH },
		{ 8, 512, 1, MTD_CAP_NORFLASH },
	};
	struct ft *ft = fc_create(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		ft->sim->mtd.size = odd[i].blocks * odd[i].block_bytes;
		ft->sim->mtd.erasesize = odd[i].block_bytes;
		ft->sim->mtd.writesize = odd[i].write_bytes;
		ft->sim->mtd.flags = odd[i].flags;
		fc_expect_refused(ft, -EINVAL);
	}
}

/* Two users cannot share one flash, or a part of it. */
static void test_flash_twice(struct kunit *test)
{
	const struct pstore_storage params = {
		.backend	= "sim",
		.kmsg_bytes	= SZ_4K,
		.yields		= true,
	};
	struct ft *ft = fc_create(test);
	struct pstore_flash *first, *second;

	first = pstore_flash_attach(&ft->sim->mtd, &params);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, first);
	second = pstore_flash_attach(&ft->sim->mtd, &params);
	KUNIT_EXPECT_EQ(test, -EBUSY, PTR_ERR_OR_ZERO(second));
	pstore_flash_detach(first);
	first = pstore_flash_attach(&ft->sim->mtd, &params);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, first);
	pstore_flash_detach(first);
}

/* Media that somebody has tampered with. */

#define FC_HOSTILE	300

static void fc_tamper(struct ft *ft, u8 *media)
{
	u32 i, n = 1 + ft_random(ft, 64), pos, len;

	for (i = 0; i < n; i++) {
		pos = ft_random(ft, ft->sim->mtd.size);
		len = min_t(u32, 1 + ft_random(ft, 600), ft->sim->mtd.size - pos);
		if (ft_random(ft, 2))
			memmove(media + pos,
				media + ft_random(ft, ft->sim->mtd.size - len), len);
		else
			media[pos] ^= 1 << ft_random(ft, 8);
	}
}

/* A header that says anything, with a checksum that says that it is all right. */
static void fc_forge(struct ft *ft)
{
	struct pstore_flash_block *header = fc_header(ft);
	u8 *bytes = (u8 *)header;

	if (!header)
		return;
	bytes[8 + ft_random(ft, 48)] = ft_random(ft, 256);
	fc_seal(header);
}

/*
 * Whatever is on it, the flash is refused or taken; if it is taken, it works; and no
 * byte is read too often.
 */
static void test_flash_hostile(struct kunit *test)
{
	struct ft *ft = fc_create(test);
	struct sim_flash *sim = ft->sim;
	u32 i, taken = 0;
	u8 *good;

	ft_open(ft);
	KUNIT_ASSERT_EQ(test, 0, ft_run(ft, 100));
	ft_close(ft);
	good = kunit_kmalloc(test, sim->mtd.size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, good);
	memcpy(good, sim->media, sim->mtd.size);
	for (i = 0; i < FC_HOSTILE; i++) {
		memcpy(sim->media, good, sim->mtd.size);
		ft->random = i;
		fc_tamper(ft, sim->media);
		if (i % 2)
			fc_forge(ft);
		memset(sim->top, 0, sizeof(sim->top));
		sim->reads = 0;
		if (ft_try_open(ft))
			continue;
		taken++;
		KUNIT_EXPECT_LE(test, sim->reads, 20 * sim->mtd.size);
		KUNIT_EXPECT_EQ_MSG(test, 0, ft_write(ft, 0, 1, false),
				    "hostile %u", i);
		ft_close(ft);
		cond_resched();
	}
	KUNIT_EXPECT_GT(test, taken, FC_HOSTILE / 4);
	KUNIT_EXPECT_EQ(test, 0, sim->breaches);
}

static struct kunit_case flash_claim_cases[] = {
	KUNIT_CASE_PARAM(test_flash_of_others, fc_others_gen_params),
	KUNIT_CASE(test_flash_others_beside_ours),
	KUNIT_CASE(test_flash_of_newer),
	KUNIT_CASE(test_flash_of_two),
	KUNIT_CASE(test_flash_grown),
	KUNIT_CASE(test_flash_shrunk),
	KUNIT_CASE(test_flash_geometries),
	KUNIT_CASE(test_flash_twice),
	KUNIT_CASE(test_flash_hostile),
	{}
};

static struct kunit_suite flash_claim_suite = {
	.name		= "pstore_flash_claim",
	.test_cases	= flash_claim_cases,
};

kunit_test_suite(flash_claim_suite);
