// SPDX-License-Identifier: GPL-2.0
/*
 * Oopses for scripts/bench, and tracing that goes on in them.
 *
 * dumps=N calls the kernel's log dumpers N times, as an oops would but without
 * one, to fill an area with records; gap_us= is the time between two of them.
 * Writing to the parameter "oops" makes a real one, with interrupts off and
 * preemption disabled; it kills the process that writes.
 *
 * An oops turns tracing off before the log is dumped. It is turned on again.
 */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/kmsg_dump.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched.h>

static unsigned int dumps;
module_param(dumps, uint, 0444);
MODULE_PARM_DESC(dumps, "how many times to dump the log");

static unsigned int gap_us = 1000;
module_param(gap_us, uint, 0444);
MODULE_PARM_DESC(gap_us, "microseconds between two dumps");

static int oops_set(const char *val, const struct kernel_param *kp)
{
	local_irq_disable();
	preempt_disable();
	WRITE_ONCE(*(int *)NULL, 0);
	return -EIO;
}

static const struct kernel_param_ops oops_ops = { .set = oops_set };
module_param_cb(oops, &oops_ops, NULL, 0200);
MODULE_PARM_DESC(oops, "oops with interrupts off");

static int dump_pre(struct kprobe *p, struct pt_regs *regs)
{
	tracing_on();
	return 0;
}

/* Not exported; the probe tells where it is, too. */
static struct kprobe dump_probe = {
	.symbol_name	= "kmsg_dump_desc",
	.pre_handler	= dump_pre,
};

static int __init benchoops_init(void)
{
	void (*dump)(enum kmsg_dump_reason reason, const char *desc);
	int ret = register_kprobe(&dump_probe);
	unsigned int i;

	if (ret)
		return ret;
	dump = (void *)dump_probe.addr;
	for (i = 0; i < dumps; i++) {
		dump(KMSG_DUMP_OOPS, "bench");
		usleep_range(gap_us, gap_us + 50);
		cond_resched();
	}
	return 0;
}
module_init(benchoops_init);

MODULE_DESCRIPTION("Oopses and dumps of the log for benchmarks");
MODULE_LICENSE("GPL");
