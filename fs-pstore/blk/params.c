// SPDX-License-Identifier: GPL-2.0
/*
 * pstore_blk: crash logs on a block device.
 *
 * This file has what the user can ask for, and the module's beginning and end.
 */
#define pr_fmt(fmt) "pstore_blk: " fmt

#include <linux/kmsg_dump.h>
#include <linux/math.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sizes.h>

#include "blk.h"

/*
 * For what must not wait in the block layer's callbacks: devices that appear, while
 * the system is up, and devices that go, which is waited for at any time.
 */
struct workqueue_struct *pstore_blk_wq;
struct workqueue_struct *pstore_blk_gone_wq;

#define STREAM_MAX_KIB	(SZ_16M / SZ_1K)
#define FLUSH_MAX_MS	60000U

#define KMSG_MIN_KIB	4U
#define KMSG_MAX_KIB	(SZ_16M / SZ_1K)

static char *blkdev = CONFIG_PSTORE_BLK_BLKDEV;
module_param(blkdev, charp, 0444);
MODULE_PARM_DESC(blkdev, "block device for crash logs: path, major:minor, PARTUUID= or PARTLABEL=");

static uint kmsg_size = CONFIG_PSTORE_BLK_KMSG_SIZE;
module_param(kmsg_size, uint, 0444);
MODULE_PARM_DESC(kmsg_size, "size of a crash record in KiB, a multiple of 4");

static uint console_size = CONFIG_PSTORE_BLK_CONSOLE_SIZE;
module_param(console_size, uint, 0444);
MODULE_PARM_DESC(console_size, "KiB of console output to keep for the next boot, 0 for none");

static uint pmsg_size = CONFIG_PSTORE_BLK_PMSG_SIZE;
module_param(pmsg_size, uint, 0444);
MODULE_PARM_DESC(pmsg_size, "KiB of messages from /dev/pmsg0 to keep for the next boot, 0 for none");

static uint ftrace_size = CONFIG_PSTORE_BLK_FTRACE_SIZE;
module_param(ftrace_size, uint, 0444);
MODULE_PARM_DESC(ftrace_size, "KiB of function calls to keep for the next boot, 0 for none");

static uint console_flush_ms = 500;
module_param(console_flush_ms, uint, 0444);
MODULE_PARM_DESC(console_flush_ms, "how long console output may wait to be written, in milliseconds");

static uint pmsg_flush_ms;
module_param(pmsg_flush_ms, uint, 0444);
MODULE_PARM_DESC(pmsg_flush_ms, "how long messages may wait to be written, in milliseconds; 0 makes each writer wait until its message is durable");

static int max_reason = CONFIG_PSTORE_BLK_MAX_REASON;
module_param(max_reason, int, 0444);
MODULE_PARM_DESC(max_reason, "last reason that is recorded: 1 panic, 2 oops, 3 emergency restart, 4 shutdown; all but 2 need a disk that can be written to in a panic");

static bool format;
module_param(format, bool, 0444);
MODULE_PARM_DESC(format, "overwrite what is on the device; crash logs that are on it stay");

static bool selftest;
module_param(selftest, bool, 0444);
MODULE_PARM_DESC(selftest, "when the device is taken, test that panics can be saved; see /sys/kernel/pstore_zone/pstore_blk/selftest");

static bool best_effort;
module_param(best_effort, bool, 0444);
MODULE_PARM_DESC(best_effort, "accepted for compatibility, without effect: every block device is served as well as its driver can");

static u32 params_kmsg_bytes(void)
{
	uint kib = kmsg_size;

	if (kib < KMSG_MIN_KIB || kib > KMSG_MAX_KIB || kib % 4) {
		kib = round_up(CONFIG_PSTORE_BLK_KMSG_SIZE, 4);
		pr_err_once("kmsg_size=%u is not a multiple of 4 from %u to %u: using %u\n",
			    kmsg_size, KMSG_MIN_KIB, KMSG_MAX_KIB, kib);
	}
	return kib * SZ_1K;
}

/* A front end that the kernel does not have needs no room. */
static u32 params_stream_bytes(const char *name, uint kib, uint other,
			       bool front_end)
{
	if (kib > STREAM_MAX_KIB) {
		pr_err_once("%s=%u is more than %u: using %u\n", name, kib,
			    STREAM_MAX_KIB, other);
		kib = other;
	}
	return front_end ? kib * SZ_1K : 0;
}

static uint params_flush_ms(const char *name, uint ms)
{
	if (ms <= FLUSH_MAX_MS)
		return ms;
	pr_err_once("%s=%u is more than %u: using that\n", name, ms,
		    FLUSH_MAX_MS);
	return FLUSH_MAX_MS;
}

static void params_get_streams(struct pstore_blk_params *params)
{
	params->console_bytes =
		params_stream_bytes("console_size", console_size,
				    CONFIG_PSTORE_BLK_CONSOLE_SIZE,
				    IS_ENABLED(CONFIG_PSTORE_CONSOLE));
	params->pmsg_bytes =
		params_stream_bytes("pmsg_size", pmsg_size,
				    CONFIG_PSTORE_BLK_PMSG_SIZE,
				    IS_ENABLED(CONFIG_PSTORE_PMSG));
	params->ftrace_bytes =
		params_stream_bytes("ftrace_size", ftrace_size,
				    CONFIG_PSTORE_BLK_FTRACE_SIZE,
				    IS_ENABLED(CONFIG_PSTORE_FTRACE));
	params->console_flush_ms = params_flush_ms("console_flush_ms",
						   console_flush_ms);
	params->pmsg_flush_ms = params_flush_ms("pmsg_flush_ms",
						pmsg_flush_ms);
}

static int params_max_reason(void)
{
	if (max_reason < KMSG_DUMP_PANIC || max_reason > KMSG_DUMP_SHUTDOWN) {
		pr_err_once("max_reason=%d is not from %d to %d: using %d\n",
			    max_reason, KMSG_DUMP_PANIC, KMSG_DUMP_SHUTDOWN,
			    KMSG_DUMP_OOPS);
		return KMSG_DUMP_OOPS;
	}
	return max_reason;
}

/*
 * What the user asked for, with defaults for what cannot be, so that a slip in
 * one parameter does not cost the crash log.
 *
 * Context: Any.
 */
void pstore_blk_get_params(struct pstore_blk_params *params)
{
	params->blkdev = blkdev;
	params->kmsg_bytes = params_kmsg_bytes();
	params_get_streams(params);
	params->max_reason = params_max_reason();
	params->format = format;
	params->selftest = selftest;
	params->last_try = false;
}

/*
 * Ask for what the user asked for.
 *
 * Context: Any.
 */
void pstore_blk_apply_params(struct pstore_storage *st,
			     const struct pstore_blk_params *params)
{
	st->backend = PSTORE_BLK_NAME;
	st->kmsg_bytes = params->kmsg_bytes;
	st->console_bytes = params->console_bytes;
	st->pmsg_bytes = params->pmsg_bytes;
	st->ftrace_bytes = params->ftrace_bytes;
	st->console_flush_ms = params->console_flush_ms;
	st->pmsg_flush_ms = params->pmsg_flush_ms;
	st->max_reason = params->max_reason;
	st->format = params->format;
	st->selftest = params->selftest;
}

/**
 * pstore_blk_params - what the user asked pstore_blk for
 * @st: gets the sizes, the limits and the name of the backend
 *
 * For storage that is named by pstore_blk.blkdev= and is not a block device.
 *
 * Context: Any.
 * Return: the name of the device, as the user wrote it; empty for none.
 */
const char *pstore_blk_params(struct pstore_storage *st)
{
	struct pstore_blk_params params;

	pstore_blk_get_params(&params);
	pstore_blk_apply_params(st, &params);
	return params.blkdev;
}
EXPORT_SYMBOL_GPL(pstore_blk_params);

static void params_destroy_queues(void)
{
	if (pstore_blk_wq)
		destroy_workqueue(pstore_blk_wq);
	if (pstore_blk_gone_wq)
		destroy_workqueue(pstore_blk_gone_wq);
}

/* Hibernation first, since it may begin as soon as a device is attached. */
static int __init params_begin(void)
{
	int ret;

	if (!blkdev[0])
		return 0;
	ret = pstore_blk_mind_hibernation();
	if (ret)
		return ret;
	ret = pstore_blk_watch();
	if (ret)
		pstore_blk_forget_hibernation();
	return ret;
}

static int __init pstore_blk_init(void)
{
	int ret = -ENOMEM;

	pstore_blk_wq = alloc_workqueue(PSTORE_BLK_NAME,
					WQ_UNBOUND | WQ_FREEZABLE, 0);
	pstore_blk_gone_wq = alloc_workqueue(PSTORE_BLK_NAME "_gone",
					     WQ_UNBOUND, 0);
	if (pstore_blk_wq && pstore_blk_gone_wq)
		ret = params_begin();
	if (ret)
		params_destroy_queues();
	return ret;
}
late_initcall(pstore_blk_init);

static void __exit pstore_blk_exit(void)
{
	if (blkdev[0]) {
		pstore_blk_forget_hibernation();
		pstore_blk_unwatch();
	}
	pstore_blk_detach();
	params_destroy_queues();
}
module_exit(pstore_blk_exit);

MODULE_DESCRIPTION("pstore records on block devices");
MODULE_LICENSE("GPL");
