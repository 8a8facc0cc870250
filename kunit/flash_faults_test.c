// SPDX-License-Identifier: GPL-2.0
/*
 * Flash as storage, where flash is not as it should be: bad blocks, blocks that wear
 * out, reads that fail, chips that are busy, and panics that find no room.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "flash_model.h"

#define FF_STEPS	120

static struct ft *ff_create(struct kunit *test)
{
	struct ft *ft = ft_create(test, test->param_value);

	ft_reset(ft);
	return ft;
}

static void ff_begin(struct ft *ft, const char *what, u32 nr)
{
	ft_close(ft);
	ft_reset(ft);
	ft->random = nr;
	snprintf(ft->id, sizeof(ft->id), "- (%s %u)", what, nr);
}

static void test_flash_bad_blocks(struct kunit *test)
{
	const struct ft_kind *kind = test->param_value;
	struct ft *ft = ff_create(test);
	u32 i;

	for (i = 0; i < kind->blocks; i++) {
		ff_begin(ft, "bad block", i);
		ft->sim->bad[i] = true;
		ft->sim->bad[(i + 1 + i % 3) % kind->blocks] = true;
		ft_open(ft);
		KUNIT_ASSERT_EQ_MSG(test, 0, ft_run(ft, FF_STEPS), "%s", ft->id);
		ft_check(ft);
	}
}

/* A block refuses programs from the start: it is passed over, and nothing is lost. */
static void test_flash_worn_block(struct kunit *test)
{
	const struct ft_kind *kind = test->param_value;
	struct ft *ft = ff_create(test);
	u32 i;

	for (i = 0; i < kind->blocks; i++) {
		ff_begin(ft, "worn block", i);
		ft_open(ft);
		ft->sim->worn = i;
		KUNIT_ASSERT_EQ_MSG(test, 0, ft_run(ft, FF_STEPS), "%s", ft->id);
		ft_check(ft);
	}
}

/* A block refuses to be erased; NAND has it marked as bad. */
static void test_flash_tired_block(struct kunit *test)
{
	const struct ft_kind *kind = test->param_value;
	struct ft *ft = ff_create(test);
	u32 i;

	for (i = 0; i < kind->blocks; i++) {
		ff_begin(ft, "tired block", i);
		ft_open(ft);
		ft->sim->tired = i;
		KUNIT_ASSERT_EQ_MSG(test, 0, ft_run(ft, FF_STEPS), "%s", ft->id);
		ft_check(ft);
		KUNIT_EXPECT_EQ_MSG(test, kind->nand, ft->sim->bad[i], "%s",
				    ft->id);
	}
}

static void test_flash_bitflips(struct kunit *test)
{
	struct ft *ft = ff_create(test);

	ft->sim->bitflips = true;
	ft_open(ft);
	KUNIT_ASSERT_EQ(test, 0, ft_run(ft, FF_STEPS));
	ft_check(ft);
}

/* Where granule @granule lies on the flash. */
static u64 ff_where(struct ft *ft, u32 granule)
{
	return (u64)ft->flash->map[granule] * PSTORE_FLASH_STEP;
}

/* Write all granules, so that the ring has come round. */
static void ff_fill(struct ft *ft)
{
	u32 round, i, nr;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < ft_granules(ft); i += nr) {
			nr = min(FT_MAX_RUN, ft_granules(ft) - i);
			KUNIT_ASSERT_EQ(ft->test, 0, ft_write(ft, i, nr, false));
		}
	}
}

/*
 * Bytes that cannot be corrected: reading says so, no other granule is lost, and the
 * flash goes on.
 */
static void test_flash_uncorrectable(struct kunit *test)
{
	struct ft *ft = ff_create(test);
	u32 bytes, victim, i;
	u64 pos;

	ft_open(ft);
	ff_fill(ft);
	bytes = ft_granule_bytes(ft);
	victim = ft_granules(ft) / 2;
	pos = ff_where(ft, victim);
	ft->sim->deaf_from = pos;
	ft->sim->deaf_to = pos + bytes;
	ft->sim->deaf_error = -EBADMSG;
	KUNIT_EXPECT_EQ(test, -EBADMSG,
			ft->flash->storage.ops->read(&ft->flash->storage,
						     (u64)victim * bytes,
						     ft->buf, bytes));
	/* All the others are written again and again, so that its block is cleaned. */
	for (i = 0; i < 4 * ft_granules(ft); i++)
		if (i % ft_granules(ft) != victim)
			KUNIT_ASSERT_EQ(test, 0,
					ft_write(ft, i % ft_granules(ft), 1,
						 false));
	KUNIT_EXPECT_EQ(test, ft->flash->map[victim], PSTORE_FLASH_NOWHERE);
	ft->acked[victim] = 0;
	ft->sim->deaf_to = 0;
	ft_check(ft);
}

/* The header of a block cannot be corrected: what is behind it counts all the same. */
static void test_flash_lost_header(struct kunit *test)
{
	const struct ft_kind *kind = test->param_value;
	struct ft *ft = ff_create(test);
	u32 block;

	for (block = 0; block < kind->blocks; block++) {
		ff_begin(ft, "lost header", block);
		ft_open(ft);
		ff_fill(ft);
		ft_close(ft);
		ft->sim->deaf_from = (u64)block * kind->block_bytes;
		ft->sim->deaf_to = ft->sim->deaf_from + 1;
		ft->sim->deaf_error = -EBADMSG;
		ft_open(ft);
		ft_check(ft);
		ft->sim->deaf_to = 0;
		KUNIT_ASSERT_EQ_MSG(test, 0, ft_run(ft, FF_STEPS), "%s", ft->id);
		ft_check(ft);
	}
}

/*
 * A read fails when the flash is opened: it is refused, lest older copies count, and
 * nothing is changed.
 */
static void test_flash_open_deaf(struct kunit *test)
{
	const struct ft_kind *kind = test->param_value;
	struct ft *ft = ff_create(test);
	unsigned int ops;
	u32 block;

	ft_open(ft);
	ff_fill(ft);
	ft_close(ft);
	ops = ft->sim->ops;
	for (block = 0; block < kind->blocks; block++) {
		ft->sim->deaf_from = (u64)block * kind->block_bytes;
		ft->sim->deaf_to = ft->sim->deaf_from + kind->block_bytes;
		ft->sim->deaf_error = -ETIMEDOUT;
		KUNIT_EXPECT_EQ(test, -ETIMEDOUT, ft_try_open(ft));
	}
	KUNIT_EXPECT_EQ(test, ops, ft->sim->ops);
	ft->sim->deaf_to = 0;
	ft_open(ft);
	ft_check(ft);
}

/* A block cannot be read for a while: others are used, and it is there again later. */
static void test_flash_clean_deaf(struct kunit *test)
{
	const struct ft_kind *kind = test->param_value;
	struct ft *ft = ff_create(test);
	u32 block, i;

	ft_open(ft);
	ff_fill(ft);
	block = pstore_flash_next_to_clean(ft->flash,
					   pstore_flash_head(ft->flash));
	ft->sim->deaf_from = (u64)block * kind->block_bytes;
	ft->sim->deaf_to = ft->sim->deaf_from + kind->block_bytes;
	ft->sim->deaf_error = -EIO;
	for (i = 0; i < ft_granules(ft) / 2; i++)
		KUNIT_ASSERT_EQ(test, 0, ft_write(ft, i / 2, 1, false));
	ft->sim->deaf_to = 0;
	ft_check(ft);
	ft_close(ft);
	ft_open(ft);
	ft_check(ft);
	KUNIT_ASSERT_EQ(test, 0, ft_run(ft, FF_STEPS));
	ft_check(ft);
}

static void ff_clean_ahead(struct ft *ft)
{
	queue_work(system_dfl_wq, &ft->flash->work);
	flush_work(&ft->flash->work);
}

/* What the log of a panic may take, in granules. */
static u32 ff_panic_granules(struct ft *ft)
{
	return min(FT_PANIC_BYTES / 4 / ft_granule_bytes(ft), ft_granules(ft));
}

/* After each boot, a panic finds room without an erase. */
static void test_flash_room_for_panic(struct kunit *test)
{
	struct ft *ft = ff_create(test);
	u32 i, n, boot;

	ft->sim->mtd._panic_erase = NULL;
	for (boot = 0; boot < 8; boot++) {
		ft_open(ft);
		ft_check(ft);
		ff_clean_ahead(ft);
		n = ff_panic_granules(ft);
		for (i = 0; i < n; i += FT_MAX_RUN)
			KUNIT_EXPECT_EQ_MSG(test, 0,
					    ft_write(ft, i, min(FT_MAX_RUN, n - i),
						     true),
					    "boot %u, granule %u of %u", boot, i, n);
		ft_close(ft);
	}
}

/* A panic that finds no room, and cannot erase, leaves what is there as it is. */
static void test_flash_no_room_in_panic(struct kunit *test)
{
	struct ft *ft = ff_create(test);
	u32 n, i;
	int ret = 0;

	ft->sim->mtd._panic_erase = NULL;
	ft_open(ft);
	ff_fill(ft);
	n = min(FT_MAX_RUN, ft_granules(ft));
	for (i = 0; i < 2 * FT_GRANULES && !ret; i++)
		ret = ft_write(ft, 0, n, true);
	KUNIT_ASSERT_EQ(test, -ENOSPC, ret);
	/* The last one has changed nothing at all. */
	memset(ft->flying, 0, sizeof(ft->flying));
	memset(ft->stopped, 0, sizeof(ft->stopped));
	ft_check(ft);
	ft_close(ft);
	ft_open(ft);
	ft_check(ft);
	KUNIT_ASSERT_EQ(test, 0, ft_run(ft, FF_STEPS));
	ft_check(ft);
}

/* A chip that is busy with an erase is waited for, but not for ever. */
static void test_flash_busy_in_panic(struct kunit *test)
{
	struct ft *ft = ff_create(test);

	ft_open(ft);
	ft->sim->busy = 3;
	KUNIT_EXPECT_EQ(test, 0, ft_write(ft, 0, 1, true));
	ft_check(ft);
	ft->flash->panic_wait_ms = 50;
	ft->sim->busy = UINT_MAX;
	KUNIT_EXPECT_EQ(test, -EBUSY, ft_write(ft, 0, 1, true));
	KUNIT_EXPECT_LE(test, UINT_MAX - ft->sim->busy, 50);
	ft->sim->busy = 0;
	ft_check(ft);
}

/*
 * An area that leaves less room than the log buffer of this boot asks for: nothing is
 * erased in vain, and it goes on.
 */
static void test_flash_large_log(struct kunit *test)
{
	const struct ft_kind *kind = test->param_value;
	struct pstore_flash_geometry g;
	struct ft *ft = ff_create(test);
	unsigned int ops;
	u32 each, i;

	ft_open(ft);
	g = ft->flash->geometry;
	each = pstore_flash_capacity(&g, g.block_bytes - pstore_flash_first(&g),
				     ft->flash->piece);
	g.granules = (kind->blocks - 2) * each * 3 / 4;
	ft_close(ft);
	ft_reset(ft);
	pstore_flash_encode_block(ft->sim->media, &g, 0);
	ft->sim->top[0] = kind->write_bytes > PSTORE_FLASH_HEADER_BYTES ?
			  kind->write_bytes : PSTORE_FLASH_HEADER_BYTES;
	ft_open(ft);
	KUNIT_ASSERT_EQ(test, ft_granules(ft), g.granules);
	ff_fill(ft);
	KUNIT_ASSERT_EQ(test, 0, ft_run(ft, FF_STEPS));
	ff_clean_ahead(ft);
	ops = ft->sim->ops;
	for (i = 0; i < 4; i++)
		ff_clean_ahead(ft);
	KUNIT_EXPECT_EQ(test, ops, ft->sim->ops);
	ft_check(ft);
}

/* Opening reads headers, and of the payload only what may be torn. */
static void test_flash_open_reads_headers(struct kunit *test)
{
	static const struct ft_kind kind = {
		"NOR, 64 blocks of 32 KiB", 64, SZ_32K, 1
	};
	struct ft *ft = ft_create(test, &kind);
	u64 before;

	ft_reset(ft);
	ft_open(ft);
	ff_fill(ft);
	ft_close(ft);
	before = ft->sim->reads;
	ft_open(ft);
	KUNIT_EXPECT_LT(test, ft->sim->reads - before, ft->sim->mtd.size / 2);
	ft_check(ft);
}

static struct kunit_case flash_faults_cases[] = {
	KUNIT_CASE_PARAM(test_flash_bad_blocks, ft_each_nand),
	KUNIT_CASE_PARAM(test_flash_worn_block, ft_each_of_many_blocks),
	KUNIT_CASE_PARAM(test_flash_tired_block, ft_each_of_many_blocks),
	KUNIT_CASE_PARAM(test_flash_bitflips, ft_each_kind),
	KUNIT_CASE_PARAM(test_flash_uncorrectable, ft_each_kind),
	KUNIT_CASE_PARAM(test_flash_lost_header, ft_each_kind),
	KUNIT_CASE_PARAM(test_flash_open_deaf, ft_each_kind),
	KUNIT_CASE_PARAM(test_flash_clean_deaf, ft_each_of_many_blocks),
	KUNIT_CASE_PARAM(test_flash_room_for_panic, ft_each_for_panics),
	KUNIT_CASE_PARAM(test_flash_no_room_in_panic, ft_each_kind),
	KUNIT_CASE_PARAM(test_flash_busy_in_panic, ft_each_kind),
	KUNIT_CASE_PARAM(test_flash_large_log, ft_each_of_many_blocks),
	KUNIT_CASE(test_flash_open_reads_headers),
	{}
};

static struct kunit_suite flash_faults_suite = {
	.name		= "pstore_flash_faults",
	.test_cases	= flash_faults_cases,
};

kunit_test_suite(flash_faults_suite);
