// SPDX-License-Identifier: GPL-2.0
/*
 * Kill the kernel at a chosen place.
 *
 * A kprobe on the function named by symbol= panics when the function is entered
 * for the skip=th time (from 0), with whatever locks are held there. only_in_panic=1
 * counts only once a panic is under way, for panics inside the panic. oops=1 makes
 * it an oops instead, stuck=1 the end of this CPU alone, and hold=1 only makes
 * whoever enters it wait until 0 is written to that parameter, or a minute has passed.
 * context= needs no symbol: it panics at once in a hard interrupt, in a soft one, or
 * with the locks of the slab allocator or of the console held.
 */
#include <linux/console.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/panic.h>
#include <linux/panic_notifier.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "slab.h"

/* What has another name in newer kernels. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
#define cache_node(cache, nid)	((cache)->node[nid])

static void hrtimer_setup(struct hrtimer *timer,
			  enum hrtimer_restart (*function)(struct hrtimer *),
			  clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#else
#define cache_node(cache, nid)	((cache)->per_node[nid].node)
#endif

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

static bool stuck;
module_param(stuck, bool, 0444);
MODULE_PARM_DESC(stuck, "loop for ever with interrupts off instead of a panic");

static bool hold;
module_param(hold, bool, 0644);
MODULE_PARM_DESC(hold, "wait until this is 0 instead of a panic");

static char *context = "";
module_param(context, charp, 0444);
MODULE_PARM_DESC(context, "hardirq, softirq, slab or console");

static atomic_t calls;
static atomic_t panicking;

static struct kprobe crashme_probe;

/* A probe may not sleep, so this is called in place of the function, and calls it. */
static long crashme_hold(long a, long b, long c, long d)
{
	long (*function)(long, long, long, long) = (void *)crashme_probe.addr;
	unsigned int tries = 600;

	pr_info("crashme: %s is held up\n", symbol);
	while (READ_ONCE(hold) && tries--)
		msleep(100);
	return function(a, b, c, d);
}

/*
 * Interrupts that wait are taken first, since a CPU may get stuck at any time, and
 * others get the time to do what they were asked for. Then what it says asks for one
 * more interrupt, which it does not take.
 */
static void crashme_stuck(void)
{
	local_irq_enable();
	mdelay(1000);
	local_irq_disable();
	pr_emerg("crashme: stuck in %s\n", symbol);
	for (;;)
		cpu_relax();
}

static int crashme_pre(struct kprobe *p, struct pt_regs *regs)
{
	if (only_in_panic && !atomic_read(&panicking))
		return 0;
	if (atomic_inc_return(&calls) != skip + 1)
		return 0;
	if (hold) {
		instruction_pointer_set(regs, (unsigned long)crashme_hold);
		return 1;
	}
	if (stuck) {
		instruction_pointer_set(regs, (unsigned long)crashme_stuck);
		return 1;
	}
	if (!oops)
		panic("crashme: in %s, call %d", symbol, skip);
	pr_emerg("crashme: oops in %s, call %d\n", symbol, skip);
	BUG();
}

/* A probe that has this one may change where it returns to. */
static void crashme_post(struct kprobe *p, struct pt_regs *regs,
			 unsigned long flags)
{
}

static struct kprobe crashme_probe = {
	.pre_handler	= crashme_pre,
	.post_handler	= crashme_post,
};

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

static void crashme_hardirq(void)
{
	static struct hrtimer timer;

	hrtimer_setup(&timer, crashme_tick, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_HARD);
	hrtimer_start(&timer, ms_to_ktime(10), HRTIMER_MODE_REL_HARD);
}

static void crashme_in_softirq(struct tasklet_struct *unused)
{
	panic("crashme: in a soft interrupt: %d", !!in_serving_softirq());
}

static void crashme_softirq(void)
{
	static DECLARE_TASKLET(tasklet, crashme_in_softirq);

	tasklet_schedule(&tasklet);
}

/*
 * All caches that kmalloc() takes from, so that whoever allocates now waits for
 * good as soon as this CPU's own supply is used up. In struct kmem_cache_node,
 * which only mm/slub.c knows, the lock comes first.
 */
static void crashme_slab(void)
{
	unsigned int type, i;
	int nid;

	for (type = 0; type < NR_KMALLOC_TYPES; type++)
		for (i = 0; i <= KMALLOC_SHIFT_HIGH; i++)
			for_each_online_node(nid)
				if (kmalloc_caches[type][i])
					raw_spin_trylock((raw_spinlock_t *)
						cache_node(kmalloc_caches[type][i], nid));
	panic("crashme: with the slab allocator's locks");
}

static void crashme_console(void)
{
	console_lock();
	panic("crashme: with the console's lock");
}

static const struct crashme_context {
	const char	*name;
	void		(*crash)(void);
} crashme_contexts[] = {
	{ "hardirq", crashme_hardirq },
	{ "softirq", crashme_softirq },
	{ "slab", crashme_slab },
	{ "console", crashme_console },
};

static int crashme_in_context(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(crashme_contexts); i++) {
		if (strcmp(context, crashme_contexts[i].name))
			continue;
		crashme_contexts[i].crash();
		return 0;
	}
	return -EINVAL;
}

static int __init crashme_init(void)
{
	int ret;

	if (context[0])
		return crashme_in_context();
	atomic_notifier_chain_register(&panic_notifier_list, &crashme_notifier);
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
