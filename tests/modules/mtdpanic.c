// SPDX-License-Identifier: GPL-2.0
/*
 * Panic-time access to a flash device through the functions that its users call.
 *
 * With interrupts off, erases len= bytes at ofs= of the device mtd=, writes lines
 * "mtdpanic 1", "mtdpanic 2", ... to them, and reads them back as anybody would.
 * die=1 does it in a panic instead, while threads write and erase at busy=.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mtd/mtd.h>
#include <linux/panic.h>
#include <linux/panic_notifier.h>
#include <linux/random.h>
#include <linux/vmalloc.h>

static char *mtd = "";
module_param(mtd, charp, 0444);
MODULE_PARM_DESC(mtd, "name of the device");

static unsigned long long ofs, len, busy;
module_param(ofs, ullong, 0444);
MODULE_PARM_DESC(ofs, "where to write in a panic, in bytes");
module_param(len, ullong, 0444);
MODULE_PARM_DESC(len, "how much to erase there, in bytes");
module_param(busy, ullong, 0444);
MODULE_PARM_DESC(busy, "where to write and erase otherwise, in bytes");

static bool die;
module_param(die, bool, 0444);
MODULE_PARM_DESC(die, "do it in a panic");

static struct mtd_info *dev;
static u8 *text, *back;
static size_t text_len;

static void make_text(void)
{
	unsigned int i;

	for (i = 1; text_len + 32 < len; i++)
		text_len += sprintf(text + text_len, "mtdpanic %u\n", i);
}

static int erase_and_write(void)
{
	struct erase_info instr = { .addr = ofs, .len = len };
	/* Not within a bus word: QEMU's flash programs by overwriting. */
	size_t retlen, half = round_down(text_len / 2, 16);
	int err;

	err = mtd_panic_erase(dev, &instr);
	if (!err)
		err = mtd_panic_write(dev, ofs, half, &retlen, text);
	if (!err)
		err = mtd_panic_write(dev, ofs + half, text_len - half, &retlen, text + half);
	return err;
}

static int mtdpanic_notify(struct notifier_block *nb, unsigned long action, void *data)
{
	int err = erase_and_write();

	pr_emerg("guest: %s: a panic erases and writes (%d)\n", err ? "FAIL" : "pass", err);
	return NOTIFY_DONE;
}

static struct notifier_block mtdpanic_notifier = { .notifier_call = mtdpanic_notify };

static int hammer(void *arg)
{
	struct erase_info instr = { .addr = busy + (unsigned long)arg * dev->erasesize,
				    .len = dev->erasesize };
	size_t retlen;

	while (!kthread_should_stop()) {
		mtd_erase(dev, &instr);
		mtd_write(dev, instr.addr + 5, 5000, &retlen, text);
		cond_resched();
	}
	return 0;
}

static bool bad;

static void check(const char *what, bool good)
{
	pr_info("guest: %s: %s, %s\n", good ? "pass" : "FAIL", mtd, what);
	bad |= !good;
}

static void check_bounds(void)
{
	struct erase_info instr = { .addr = dev->size, .len = dev->erasesize };
	u32 flags = dev->flags;

	check("an erase behind the end is refused", mtd_panic_erase(dev, &instr) == -EINVAL);
	instr.addr = dev->size - dev->erasesize;
	instr.len = 2 * dev->erasesize;
	check("an erase across the end is refused", mtd_panic_erase(dev, &instr) == -EINVAL);
	instr.len = 0;
	check("an erase of nothing succeeds", mtd_panic_erase(dev, &instr) == 0);
	instr.len = dev->erasesize;
	dev->flags &= ~MTD_WRITEABLE;
	check("an erase of a device to read from is refused",
	      mtd_panic_erase(dev, &instr) == -EROFS);
	dev->flags = flags;
}

static void test(void)
{
	unsigned long flags;
	size_t retlen;
	int err;

	local_irq_save(flags);
	err = erase_and_write();
	local_irq_restore(flags);
	check("erased and written with interrupts off", !err);
	err = mtd_read(dev, ofs, len, &retlen, back);
	check("read back", !err && !memcmp(text, back, text_len));
	check("the rest is erased", !memchr_inv(back + text_len, 0xff, len - text_len));
	check_bounds();
}

static void test_to_death(void)
{
	unsigned long i;

	atomic_notifier_chain_register(&panic_notifier_list, &mtdpanic_notifier);
	for (i = 0; i < 3; i++)
		kthread_run(hammer, (void *)i, "mtdpanic-%lu", i);
	usleep_range(100000, 100000 + get_random_u32_below(50000));
	panic("mtdpanic");
}

static int __init mtdpanic_init(void)
{
	dev = get_mtd_device_nm(mtd);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	text = vzalloc(len);
	back = vzalloc(len);
	if (!text || !back)
		return -ENOMEM;
	make_text();
	if (die)
		test_to_death();
	test();
	vfree(text);
	vfree(back);
	put_mtd_device(dev);
	return bad ? -EIO : 0;
}

static void __exit mtdpanic_exit(void)
{
}

module_init(mtdpanic_init);
module_exit(mtdpanic_exit);
MODULE_DESCRIPTION("Panic-time access to a flash device");
MODULE_LICENSE("GPL");
