// SPDX-License-Identifier: GPL-2.0
/*
 * Storage that yields pstore to other backends, on a disk: what mtdoops is on flash.
 *
 * disk= names it. dump_oops= may be changed at any time, as that of mtdoops.
 */
#include <linux/blk-panic.h>
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kmsg_dump.h>
#include <linux/module.h>
#include <linux/pstore_storage.h>
#include <linux/sizes.h>

static char *disk = "/dev/vdb";
module_param(disk, charp, 0444);
MODULE_PARM_DESC(disk, "the disk");

static bool yields = true;
module_param(yields, bool, 0444);
MODULE_PARM_DESC(yields, "leave pstore to other backends");

static struct file *disk_file;
static struct blk_panic *disk_panic;
static struct pstore_storage storage;

static bool dump_oops = true;

static int dump_oops_set(const char *val, const struct kernel_param *kp)
{
	int ret = param_set_bool(val, kp);

	WRITE_ONCE(storage.max_reason,
		   dump_oops ? KMSG_DUMP_OOPS : KMSG_DUMP_PANIC);
	return ret;
}

static const struct kernel_param_ops dump_oops_ops = {
	.set	= dump_oops_set,
	.get	= param_get_bool,
};
module_param_cb(dump_oops, &dump_oops_ops, &dump_oops, 0644);
MODULE_PARM_DESC(dump_oops, "record oopses, too");

static int disk_read(struct pstore_storage *st, u64 pos, void *buf, size_t len)
{
	loff_t at = pos;
	ssize_t n = kernel_read(disk_file, buf, len, &at);

	return n == len ? 0 : n < 0 ? n : -EIO;
}

static int disk_write(struct pstore_storage *st, u64 pos, const void *buf,
		      size_t len)
{
	loff_t at = pos;
	ssize_t n = kernel_write(disk_file, buf, len, &at);

	if (n != len)
		return n < 0 ? n : -EIO;
	return vfs_fsync(disk_file, 0);
}

static int disk_panic_write(struct pstore_storage *st, u64 pos, const void *buf,
			    size_t len)
{
	return blk_panic_write(disk_panic, pos, buf, len);
}

static int disk_panic_flush(struct pstore_storage *st)
{
	return blk_panic_flush(disk_panic);
}

static const struct pstore_storage_ops disk_ops = {
	.read		= disk_read,
	.write		= disk_write,
	.panic_write	= disk_panic_write,
	.panic_flush	= disk_panic_flush,
};

static struct pstore_storage storage = {
	.backend	= "diskoops",
	.device		= "diskoops",
	.ops		= &disk_ops,
	.write_unit	= SZ_4K,
	.kmsg_bytes	= SZ_16K,
	.max_reason	= KMSG_DUMP_OOPS,
};

static int __init diskoops_register(void)
{
	int ret;

	disk_panic = blk_panic_prepare(file_bdev(disk_file));
	if (IS_ERR(disk_panic))
		return PTR_ERR(disk_panic);
	storage.bytes = bdev_nr_bytes(file_bdev(disk_file));
	storage.yields = yields;
	ret = pstore_storage_register(&storage);
	if (ret)
		blk_panic_release(disk_panic);
	return ret;
}

static int __init diskoops_init(void)
{
	int ret;

	disk_file = bdev_file_open_by_path(disk, BLK_OPEN_READ | BLK_OPEN_WRITE,
					   &storage, NULL);
	if (IS_ERR(disk_file))
		return PTR_ERR(disk_file);
	ret = diskoops_register();
	if (ret)
		bdev_fput(disk_file);
	return ret;
}
module_init(diskoops_init);

static void __exit diskoops_exit(void)
{
	pstore_storage_unregister(&storage);
	blk_panic_release(disk_panic);
	bdev_fput(disk_file);
}
module_exit(diskoops_exit);

MODULE_DESCRIPTION("Crash records on a disk, for tests: leaves pstore to others");
MODULE_LICENSE("GPL");
