// SPDX-License-Identifier: GPL-2.0
/*
 * One block device: opened, claimed, registered with pstore zone, and given
 * back when the module goes or the device does.
 */
#define pr_fmt(fmt) "pstore_blk: " fmt

#include <linux/blkdev.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "blk.h"

/*
 * Protects attached_blk, against a device that appears, one that goes, and the
 * end of the module. It is taken without the block layer's locks: a device is
 * opened before and closed after.
 */
static DEFINE_MUTEX(attach_lock);
static struct pstore_blk *attached_blk;

/* For who waits until attached_blk is another one. */
static DECLARE_WAIT_QUEUE_HEAD(attach_wait);

/* How long the removal of a device that is not there any more waits for us. */
#define ATTACH_SURPRISE_WAIT	(5 * HZ)

static void attach_mark_dead(struct block_device *bdev, bool surprise);

static const struct blk_holder_ops attach_holder_ops = {
	.mark_dead	= attach_mark_dead,
};

static void attach_gone_work(struct work_struct *work);

/*
 * Why the open failed. A device that was announced but is not alive yet, or that
 * somebody looks at for a moment, is worth another try.
 */
static int attach_open_failed(const struct pstore_blk_params *params, int err)
{
	if (err == -ENXIO || err == -ENODEV)
		return -EAGAIN;
	if (err == -EBUSY && !params->last_try)
		return -EAGAIN;
	if (err == -EBUSY)
		pr_err("%s is in use (mounted, or part of something else): not used for crash logs; name a device of its own for them\n",
		       params->blkdev);
	else
		pr_err("%s cannot be opened for writing (error %d): not used for crash logs\n",
		       params->blkdev, err);
	return err;
}

static struct pstore_blk *attach_open(dev_t devt,
				      const struct pstore_blk_params *params)
{
	struct pstore_blk *blk __free(kfree) = kzalloc(sizeof(*blk), GFP_KERNEL);
	blk_mode_t mode = BLK_OPEN_READ | BLK_OPEN_WRITE |
			  BLK_OPEN_RESTRICT_WRITES;

	if (!blk)
		return ERR_PTR(-ENOMEM);
	INIT_WORK(&blk->gone_work, attach_gone_work);
	blk->file = bdev_file_open_by_dev(devt, mode, blk, &attach_holder_ops);
	if (IS_ERR(blk->file))
		return ERR_PTR(attach_open_failed(params,
						  PTR_ERR(blk->file)));
	blk->bdev = file_bdev(blk->file);
	snprintf(blk->device, sizeof(blk->device), "%pg", blk->bdev);
	return_ptr(blk);
}

/* Why panics cannot be saved, in words. */
static void attach_describe_obstacle(struct pstore_blk *blk, int err)
{
	char *obstacle = blk->storage.obstacle;
	size_t size = sizeof(blk->storage.obstacle);

	if (!IS_ENABLED(CONFIG_BLK_PANIC))
		strscpy(obstacle, "the kernel is built without CONFIG_BLK_PANIC",
			size);
	else if (err == -EOPNOTSUPP)
		strscpy(obstacle, "the disk's driver cannot write in a panic",
			size);
	else
		snprintf(obstacle, size, "preparing the disk failed (error %d)",
			 err);
}

/* Prepare panic-time writes, or say once and plainly that there are none. */
static void attach_prepare_panic(struct pstore_blk *blk)
{
	struct blk_panic *panic = blk_panic_prepare(blk->bdev);

	if (!IS_ERR(panic)) {
		blk->panic = panic;
		return;
	}
	attach_describe_obstacle(blk, PTR_ERR(panic));
	pr_warn("%s: panics will not be saved: %s\n", blk->device,
		blk->storage.obstacle);
}

/*
 * A disk that emulates small logical blocks reads, changes and writes a physical
 * one. When the power fails meanwhile, the neighbours go too.
 */
static u32 attach_write_unit(struct block_device *bdev)
{
	unsigned int physical = bdev_physical_block_size(bdev);

	return clamp(physical, bdev_logical_block_size(bdev),
		     PSTORE_BLK_MAX_BLOCK);
}

static void attach_describe(struct pstore_blk *blk,
			    const struct pstore_blk_params *params)
{
	struct pstore_storage *st = &blk->storage;

	pstore_blk_apply_params(st, params);
	st->device = blk->device;
	st->ops = blk->panic ? &pstore_blk_panic_ops : &pstore_blk_ops;
	st->bytes = bdev_nr_bytes(blk->bdev);
	st->write_unit = attach_write_unit(blk->bdev);
}

static int attach_register(struct pstore_blk *blk,
			   const struct pstore_blk_params *params)
{
	int ret;

	/* Announced, but not set up yet: a dm or loop device. */
	if (!bdev_nr_bytes(blk->bdev) && !params->last_try)
		return -EAGAIN;
	if (bdev_read_only(blk->bdev)) {
		pr_err("%s is read-only: not used for crash logs\n",
		       blk->device);
		return -EROFS;
	}
	if (bdev_logical_block_size(blk->bdev) > PSTORE_BLK_MAX_BLOCK) {
		pr_err("%s has blocks of %u bytes: crash logs need %u or less\n",
		       blk->device, bdev_logical_block_size(blk->bdev),
		       PSTORE_BLK_MAX_BLOCK);
		return -EINVAL;
	}
	attach_prepare_panic(blk);
	attach_describe(blk, params);
	ret = pstore_storage_register(&blk->storage);
	if (ret && blk->panic)
		blk_panic_release(blk->panic);
	return ret;
}

/* Undo attach_register(). The device is closed by the caller. */
static struct pstore_blk *attach_take(struct pstore_blk *blk)
{
	lockdep_assert_held(&attach_lock);
	if (!attached_blk || (blk && blk != attached_blk))
		return NULL;
	blk = attached_blk;
	pstore_storage_unregister(&blk->storage);
	if (blk->panic)
		blk_panic_release(blk->panic);
	WRITE_ONCE(attached_blk, NULL);
	wake_up_all(&attach_wait);
	return blk;
}

/* The device goes, unless the end of the module has been first. */
static void attach_gone_work(struct work_struct *work)
{
	struct pstore_blk *blk = container_of(work, struct pstore_blk,
					      gone_work);

	if (!blk->taken) {
		guard(mutex)(&attach_lock);
		if (!attach_take(blk))
			return;
	}
	pr_warn("%s is gone: crash logs are not saved until it is back\n",
		blk->device);
	bdev_fput(blk->file);
	/* Told of it once more meanwhile? From here on, nobody is told. */
	cancel_work(&blk->gone_work);
	kfree(blk);
}

/*
 * The device goes. The block layer calls with its holder lock held and leaves it
 * to us to drop; the file cannot be closed from here, since closing takes locks
 * that the caller holds.
 */
static void attach_mark_dead(struct block_device *bdev, bool surprise)
{
	struct pstore_blk *blk = bdev->bd_holder;

	/* Requests to it may only end once the caller has gone on. */
	if (surprise) {
		queue_work(pstore_blk_gone_wq, &blk->gone_work);
		mutex_unlock(&bdev->bd_holder_lock);
		wait_event_timeout(attach_wait, READ_ONCE(attached_blk) != blk,
				   ATTACH_SURPRISE_WAIT);
		return;
	}
	mutex_unlock(&bdev->bd_holder_lock);
	guard(mutex)(&attach_lock);
	blk = attach_take(blk);
	if (!blk)
		return;
	blk->taken = true;
	queue_work(pstore_blk_gone_wq, &blk->gone_work);
}

/* After this, nobody tells us that the device goes. */
static void attach_close(struct pstore_blk *blk)
{
	bdev_fput(blk->file);
	cancel_work_sync(&blk->gone_work);
	kfree(blk);
}

/* Has the device gone since it was opened, and told so when nobody listened? */
static bool attach_is_gone(const struct pstore_blk *blk)
{
	return inode_unhashed(blk->file->f_mapping->host);
}

/*
 * Use a device for crash logs.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EAGAIN when the device is not alive yet; or -errno after a message
 *	that says why it is not used.
 */
int pstore_blk_attach(dev_t devt, const struct pstore_blk_params *params)
{
	struct pstore_blk *blk = attach_open(devt, params);
	int ret = -EBUSY;

	if (IS_ERR(blk))
		return PTR_ERR(blk);
	scoped_guard(mutex, &attach_lock) {
		if (!attached_blk && !attach_is_gone(blk))
			ret = attach_register(blk, params);
		if (!ret)
			WRITE_ONCE(attached_blk, blk);
	}
	if (ret) {
		if (attach_is_gone(blk))
			ret = -EAGAIN;
		attach_close(blk);
	}
	return ret;
}

/*
 * Use no device any more.
 *
 * Context: Process context, may sleep.
 */
void pstore_blk_detach(void)
{
	struct pstore_blk *blk;

	scoped_guard(mutex, &attach_lock)
		blk = attach_take(NULL);
	if (blk)
		attach_close(blk);
}

/* Is a device in use? Context: Process context, may sleep. */
bool pstore_blk_attached(void)
{
	guard(mutex)(&attach_lock);
	return attached_blk;
}
