// SPDX-License-Identifier: GPL-2.0
/*
 * Kill the kernel at a chosen place.
 *
 * A kprobe on the function named by symbol= panics when the function is entered
 * for the skip=th time (from 0), with whatever locks are held there. only_in_panic=1
 * counts only once a panic is under way, for panics inside the panic. oops=1 makes
 * it an oops instead.
 * in_hardirq=1 needs no symbol: it panics in a timer's interrupt.
 */
#include <linux/hrtimer.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/panic.h>
#include <linux/panic_notifier.h>

static char *symbol = "";
module_param(symbol, charp, 0444);
MODULE_PARM_DESC(symbol, "function to panic in");

static int skip;
module_param(skip, int, 0444);
MODULE_PARM_DESC(skip, "how many calls to let pass");

static bool only_in_panic;
module_param(only_in_panic, bool, 0444);
MODULE_PARM_DESC(only_in_panic, "count calls only once a panic is under way");

static bool oops;
module_param(oops, bool, 0444);
MODULE_PARM_DESC(oops, "an oops instead of a panic");

static bool in_hardirq_param;
module_param_named(in_hardirq, in_hardirq_param, bool, 0444);
MODULE_PARM_DESC(in_hardirq, "panic in a timer's interrupt");

static atomic_t calls;
static atomic_t panicking;

static int crashme_pre(struct kprobe *p, struct pt_regs *regs)
{
	if (only_in_panic && !atomic_read(&panicking))
		return 0;
	if (atomic_inc_return(&calls) != skip + 1)
		return 0;
	if (!oops)
		panic("crashme: in %s, call %d", symbol, skip);
	pr_emerg("crashme: oops in %s, call %d\n", symbol, skip);
	BUG();
}

static struct kprobe crashme_probe = { .pre_handler = crashme_pre };

static int crashme_panicking(struct notifier_block *nb, unsigned long action,
			     void *data)
{
	atomic_set(&panicking, 1);
	return NOTIFY_DONE;
}

/* First of all, so that probes on later steps of the panic count. */
static struct notifier_block crashme_notifier = {
	.notifier_call	= crashme_panicking,
	.priority	= INT_MAX,
};

static enum hrtimer_restart crashme_tick(struct hrtimer *timer)
{
	panic("crashme: in a hard interrupt: %d", !!in_hardirq());
}

static struct hrtimer crashme_timer;

static int __init crashme_init(void)
{
	int ret;

	atomic_notifier_chain_register(&panic_notifier_list, &crashme_notifier);
	if (in_hardirq_param) {
		hrtimer_init(&crashme_timer, CLOCK_MONOTONIC,
			     HRTIMER_MODE_REL_HARD);
		crashme_timer.function = crashme_tick;
		hrtimer_start(&crashme_timer, ms_to_ktime(10),
			      HRTIMER_MODE_REL_HARD);
		return 0;
	}
	crashme_probe.symbol_name = symbol;
	ret = register_kprobe(&crashme_probe);
	if (ret)
		atomic_notifier_chain_unregister(&panic_notifier_list,
						 &crashme_notifier);
	return ret;
}
module_init(crashme_init);

MODULE_DESCRIPTION("Kills the kernel at a chosen place");
MODULE_LICENSE("GPL");
