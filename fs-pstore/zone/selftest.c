// SPDX-License-Identifier: GPL-2.0
/*
 * Can a panic be saved? Found out before there is one: random bytes go to a block
 * that no record uses, in the way in which a panic is written, and are read back in
 * the way in which the next boot reads.
 */
#define pr_fmt(fmt) "pstore_zone: " fmt

#include <linux/cleanup.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "zone.h"

static const char * const selftest_step_names[] = {
	[PSTORE_SELFTEST_NONE]		= "not run yet",
	[PSTORE_SELFTEST_PASS]		= "pass",
	[PSTORE_SELFTEST_PREPARE]	= "panics cannot be saved on this device",
	[PSTORE_SELFTEST_SUPPORT]	= "the device cannot be given back after a test",
	[PSTORE_SELFTEST_ROOM]		= "no block for tests; remove all records and boot again",
	[PSTORE_SELFTEST_MEMORY]	= "no memory for the test",
	[PSTORE_SELFTEST_WRITE]		= "the block cannot be written as in a panic",
	[PSTORE_SELFTEST_READ]		= "the block cannot be read back",
	[PSTORE_SELFTEST_COMPARE]	= "what was written is not what is read back",
};

static_assert(ARRAY_SIZE(selftest_step_names) == PSTORE_SELFTEST_COUNT);

/* What has come of the last test, for people. Context: Any. */
const char *pstore_selftest_name(enum pstore_selftest_step step)
{
	return selftest_step_names[step];
}

/* Return: 0; or -errno, and in @step where it went wrong. */
static int selftest_block(struct pstore_area *area, u64 pos, u8 *block,
			  enum pstore_selftest_step *step)
{
	struct pstore_storage *st = area->storage;
	u8 *back = block + PSTORE_MEDIA_BLOCK_BYTES;
	int ret;

	get_random_bytes(block, PSTORE_MEDIA_BLOCK_BYTES);
	*step = PSTORE_SELFTEST_WRITE;
	ret = st->ops->panic_test(st, pos, block, PSTORE_MEDIA_BLOCK_BYTES);
	if (ret)
		return ret;
	*step = PSTORE_SELFTEST_READ;
	ret = st->ops->read(st, pos, back, PSTORE_MEDIA_BLOCK_BYTES);
	if (ret)
		return ret;
	*step = PSTORE_SELFTEST_COMPARE;
	if (memcmp(block, back, PSTORE_MEDIA_BLOCK_BYTES))
		return -EILSEQ;
	*step = PSTORE_SELFTEST_PASS;
	return 0;
}

static int selftest_run(struct pstore_area *area,
			enum pstore_selftest_step *step)
{
	u64 pos = pstore_area_scratch(&area->layout);
	u8 *block;
	int ret;

	*step = PSTORE_SELFTEST_PREPARE;
	if (!area->storage->ops->panic_write)
		return -EOPNOTSUPP;
	*step = PSTORE_SELFTEST_SUPPORT;
	if (!area->storage->ops->panic_test)
		return -EOPNOTSUPP;
	*step = PSTORE_SELFTEST_ROOM;
	if (!pos)
		return -ENOSPC;
	*step = PSTORE_SELFTEST_MEMORY;
	block = kmalloc_array(2, PSTORE_MEDIA_BLOCK_BYTES, GFP_KERNEL);
	if (!block)
		return -ENOMEM;
	ret = selftest_block(area, pos, block, step);
	kfree(block);
	if (*step == PSTORE_SELFTEST_WRITE && ret == -EOPNOTSUPP)
		*step = PSTORE_SELFTEST_SUPPORT;
	return ret;
}

/*
 * Test the way to save a panic, and say in the log what came of it. Records are not
 * touched, and I/O of others waits for a moment.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -errno of the step that failed; see pstore_selftest_name().
 */
int pstore_area_selftest(struct pstore_area *area)
{
	const char *device = area->storage->device;
	enum pstore_selftest_step step;
	int ret;

	guard(mutex)(&area->test_lock);
	ret = selftest_run(area, &step);
	area->test_step = step;
	area->test_result = ret;
	if (ret)
		pr_err("%s: the selftest failed: %s (error %d)\n", device,
		       pstore_selftest_name(step), ret);
	else
		pr_info("%s: the selftest passed: panics can be saved\n",
			device);
	return ret;
}
