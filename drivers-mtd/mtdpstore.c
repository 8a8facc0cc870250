// SPDX-License-Identifier: GPL-2.0
/*
 * mtdpstore: pstore_blk on a flash. The user names an MTD where a block device would
 * be, and all that pstore_blk keeps is kept on the flash.
 */
#define pr_fmt(fmt) "mtdpstore: " fmt

#include <linux/err.h>
#include <linux/kmsg_dump.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "flash.h"

/* The flash that is attached. Protected by the mutex that notifiers run under. */
static struct pstore_flash *mtdpstore_flash;

/* Before a restart or a shutdown, others use the flash, and cannot be stopped. */
static void mtdpstore_limit_reason(struct pstore_storage *st)
{
	if (st->max_reason <= KMSG_DUMP_OOPS)
		return;
	pr_warn("max_reason=%d is for disks; on flash, panics and oopses are saved\n",
		st->max_reason);
	st->max_reason = KMSG_DUMP_OOPS;
}

static void mtdpstore_add(struct mtd_info *mtd)
{
	struct pstore_storage st = {};
	const char *device = pstore_blk_params(&st);
	struct pstore_flash *f;

	if (mtdpstore_flash || !pstore_flash_is_meant(mtd, device))
		return;
	pstore_blk_seen();
	mtdpstore_limit_reason(&st);
	f = pstore_flash_attach(mtd, &st);
	if (!IS_ERR(f))
		mtdpstore_flash = f;
}

static void mtdpstore_remove(struct mtd_info *mtd)
{
	if (!mtdpstore_flash || mtdpstore_flash->mtd != mtd)
		return;
	pstore_flash_detach(mtdpstore_flash);
	mtdpstore_flash = NULL;
}

static struct mtd_notifier mtdpstore_notifier = {
	.add	= mtdpstore_add,
	.remove	= mtdpstore_remove,
};

static int __init mtdpstore_init(void)
{
	register_mtd_user(&mtdpstore_notifier);
	return 0;
}
module_init(mtdpstore_init);

static void __exit mtdpstore_exit(void)
{
	unregister_mtd_user(&mtdpstore_notifier);
}
module_exit(mtdpstore_exit);

MODULE_DESCRIPTION("pstore records on the flash that pstore_blk.blkdev= names");
MODULE_LICENSE("GPL");
