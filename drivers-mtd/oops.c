// SPDX-License-Identifier: GPL-2.0
/*
 * mtdoops: crash logs on a flash partition, with parameters of their own.
 *
 * It takes pstore if nobody else does, and makes room for whoever else does: then it
 * still writes its records, and they are in pstore when it has that again.
 */
#define pr_fmt(fmt) "mtdoops: " fmt

#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kmsg_dump.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>

#include "flash.h"

#define MTDOOPS_MAX_RECORD	SZ_16M

/* How long to wait for the flash before saying that it is not there. */
#define MTDOOPS_PATIENCE	(30 * HZ)

static unsigned long record_size = SZ_4K;
module_param(record_size, ulong, 0400);
MODULE_PARM_DESC(record_size, "size of a record in bytes, a multiple of 4096; a log takes as many as it needs (default 4096)");

static char mtddev[80];
module_param_string(mtddev, mtddev, sizeof(mtddev), 0400);
MODULE_PARM_DESC(mtddev, "name or number of the MTD to use");

/*
 * Protects the two below and what dump_oops says to the flash, against MTDs that come
 * and go. Inside of the mutex that notifiers run under.
 */
static DEFINE_MUTEX(mtdoops_lock);
static struct pstore_flash *mtdoops_flash;
/* The flash was there, whatever has become of it. */
static bool mtdoops_seen;

static int dump_oops = 1;

static int mtdoops_max_reason(void)
{
	return dump_oops ? KMSG_DUMP_OOPS : KMSG_DUMP_PANIC;
}

static int mtdoops_set_dump_oops(const char *value,
				 const struct kernel_param *param)
{
	int ret;

	guard(mutex)(&mtdoops_lock);
	ret = param_set_int(value, param);
	if (!ret && mtdoops_flash)
		WRITE_ONCE(mtdoops_flash->storage.max_reason,
			   mtdoops_max_reason());
	return ret;
}

static const struct kernel_param_ops mtdoops_dump_oops_ops = {
	.set	= mtdoops_set_dump_oops,
	.get	= param_get_int,
};

module_param_cb(dump_oops, &mtdoops_dump_oops_ops, &dump_oops, 0600);
__MODULE_PARM_TYPE(dump_oops, "int");
MODULE_PARM_DESC(dump_oops, "1 to save oopses and panics, 0 to save panics alone (default 1)");

static void mtdoops_add(struct mtd_info *mtd)
{
	struct pstore_storage st = {
		.backend	= "mtdoops",
		.kmsg_bytes	= record_size,
		.yields		= true,
	};
	struct pstore_flash *f;

	guard(mutex)(&mtdoops_lock);
	if (mtdoops_flash || !pstore_flash_is_meant(mtd, mtddev))
		return;
	mtdoops_seen = true;
	st.max_reason = mtdoops_max_reason();
	f = pstore_flash_attach(mtd, &st);
	if (!IS_ERR(f))
		mtdoops_flash = f;
}

static void mtdoops_remove(struct mtd_info *mtd)
{
	guard(mutex)(&mtdoops_lock);
	if (!mtdoops_flash || mtdoops_flash->mtd != mtd)
		return;
	pstore_flash_detach(mtdoops_flash);
	mtdoops_flash = NULL;
}

static struct mtd_notifier mtdoops_notifier = {
	.add	= mtdoops_add,
	.remove	= mtdoops_remove,
};

/* A slip in the name looks like a flash that takes its time: say so once. */
static void mtdoops_missing_fn(struct work_struct *work)
{
	guard(mutex)(&mtdoops_lock);
	if (!mtdoops_seen)
		pr_warn("there is no %s so far: crash logs are not saved until it appears; check mtdoops.mtddev=, see /proc/mtd\n",
			mtddev);
}

static DECLARE_DELAYED_WORK(mtdoops_missing_work, mtdoops_missing_fn);

static int __init mtdoops_init(void)
{
	if (!mtddev[0]) {
		pr_err("no flash is named: add mtdoops.mtddev=<name or number>, see /proc/mtd\n");
		return -EINVAL;
	}
	if (!record_size || record_size % SZ_4K ||
	    record_size > MTDOOPS_MAX_RECORD) {
		pr_err("record_size=%lu is not a multiple of 4096 up to %u\n",
		       record_size, MTDOOPS_MAX_RECORD);
		return -EINVAL;
	}
	register_mtd_user(&mtdoops_notifier);
	schedule_delayed_work(&mtdoops_missing_work, MTDOOPS_PATIENCE);
	return 0;
}
module_init(mtdoops_init);

static void __exit mtdoops_exit(void)
{
	cancel_delayed_work_sync(&mtdoops_missing_work);
	unregister_mtd_user(&mtdoops_notifier);
}
module_exit(mtdoops_exit);

MODULE_DESCRIPTION("crash logs on a flash partition");
MODULE_LICENSE("GPL");
