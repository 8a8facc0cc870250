// SPDX-License-Identifier: GPL-2.0
/*
 * Panic-time writes to disks: what is common to all drivers.
 *
 * The rules are in include/linux/blk-panic.h. Everything from blk_panic_begin()
 * on runs when the kernel has died, or in the last moments before a restart, and
 * takes no lock: the one CPU that brings the machine down is the only one that
 * changes the state below. A call that finds @busy set interrupted another one on
 * this very CPU (a panic inside the panic) or outlived one on a CPU that has been
 * stopped; neither will ever go on, so the device is taken over anew.
 */
#define pr_fmt(fmt) "blk-panic: " fmt

#include <linux/align.h>
#include <linux/blk-panic.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/major.h>
#include <linux/mutex.h>
#include <linux/nmi.h>
#include <linux/overflow.h>
#include <linux/panic.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/time64.h>

/*
 * A takeover that is interrupted by a panic is tried again by that one. What
 * interrupts it each time is the takeover itself, and then the rest of the panic
 * is worth more.
 */
#define BLK_PANIC_TAKEOVERS	5

/* How long a test waits for others to end what they do with a disk. */
#define BLK_PANIC_QUIESCE	(10 * HZ)

/**
 * struct blk_panic - one user's right to write to a disk in a panic
 * @bpd:	the disk, shared with the users of its other partitions
 * @bdev:	the disk or partition that writes are confined to
 */
struct blk_panic {
	struct blk_panic_disk	*bpd;
	struct block_device	*bdev;
};

/*
 * Protects blk_panic_disks and the users count of each entry, against
 * concurrent prepare and release. Never taken in a panic.
 */
static DEFINE_MUTEX(blk_panic_lock);
static LIST_HEAD(blk_panic_disks);

/* One test at a time: two disks may be behind one controller. */
static DEFINE_MUTEX(blk_panic_test_lock);

static struct blk_panic_disk *blk_panic_find(struct gendisk *disk)
{
	struct blk_panic_disk *bpd;

	lockdep_assert_held(&blk_panic_lock);
	list_for_each_entry(bpd, &blk_panic_disks, node)
		if (bpd->disk == disk)
			return bpd;
	return NULL;
}

/*
 * Nothing is reclaimed by way of disks, as the driver may allocate with a lock of its
 * own that a test waits for while the disk is frozen.
 */
static int blk_panic_prepare_disk(struct blk_panic_disk *bpd)
{
	unsigned int noio = memalloc_noio_save();
	int ret = bpd->disk->fops->panic_prepare(bpd);

	memalloc_noio_restore(noio);
	if (!ret && WARN_ON_ONCE(!bpd->max_bytes)) {
		bpd->ops->release(bpd);
		ret = -EOPNOTSUPP;
	}
	return ret;
}

static struct blk_panic_disk *blk_panic_disk_get(struct gendisk *disk)
{
	struct blk_panic_disk *bpd;
	int ret;

	guard(mutex)(&blk_panic_lock);
	bpd = blk_panic_find(disk);
	if (bpd) {
		bpd->users++;
		return bpd;
	}

	bpd = kzalloc(sizeof(*bpd), GFP_KERNEL);
	if (!bpd)
		return ERR_PTR(-ENOMEM);
	bpd->disk = disk;
	bpd->users = 1;
	bpd->wait_us = BLK_PANIC_WAIT_US;
	ret = blk_panic_prepare_disk(bpd);
	if (ret) {
		kfree(bpd);
		return ERR_PTR(ret);
	}
	list_add(&bpd->node, &blk_panic_disks);
	return bpd;
}

static void blk_panic_disk_put(struct blk_panic_disk *bpd)
{
	guard(mutex)(&blk_panic_lock);
	if (--bpd->users)
		return;
	list_del(&bpd->node);
	bpd->ops->release(bpd);
	kfree(bpd);
}

static int blk_panic_check(struct block_device *bdev)
{
	struct gendisk *disk = bdev->bd_disk;

	if (disk->fops->submit_bio || disk->major == LOOP_MAJOR) {
		pr_warn("%pg: cannot write in a panic through a virtual device (dm, md, loop, NVMe multipath, ...); use a disk itself\n",
			bdev);
		return -EOPNOTSUPP;
	}
	if (!disk->fops->panic_prepare)
		return -EOPNOTSUPP;
	if (!IS_ALIGNED(bdev->bd_start_sect,
			bdev_logical_block_size(bdev) >> SECTOR_SHIFT)) {
		pr_warn("%pg: cannot write in a panic: it does not begin with a block of the disk\n",
			bdev);
		return -EOPNOTSUPP;
	}
	if (bdev_is_zoned(bdev)) {
		pr_warn("%pg: cannot write in a panic to a zoned disk\n", bdev);
		return -EOPNOTSUPP;
	}
	if (bdev_read_only(bdev)) {
		pr_warn("%pg: cannot write in a panic to a read-only disk\n",
			bdev);
		return -EROFS;
	}
	return 0;
}

/**
 * blk_panic_prepare - set aside what panic-time writes to a disk will need
 * @bdev: disk or partition; the caller keeps it open for writing until
 *	blk_panic_release()
 *
 * Context: Process context, may sleep.
 * Return: a handle; -EOPNOTSUPP when the driver has no panic-time write path or
 *	the device is stacked on others (dm, md, loop) or zoned; -EROFS; or what
 *	the driver says.
 */
struct blk_panic *blk_panic_prepare(struct block_device *bdev)
{
	struct blk_panic *bp __free(kfree) = NULL;
	int ret;

	ret = blk_panic_check(bdev);
	if (ret)
		return ERR_PTR(ret);
	bp = kzalloc(sizeof(*bp), GFP_KERNEL);
	if (!bp)
		return ERR_PTR(-ENOMEM);
	bp->bdev = bdev;
	bp->bpd = blk_panic_disk_get(bdev->bd_disk);
	if (IS_ERR(bp->bpd))
		return ERR_CAST(bp->bpd);
	return_ptr(bp);
}
EXPORT_SYMBOL_GPL(blk_panic_prepare);

/**
 * blk_panic_release - give back what blk_panic_prepare() set aside
 * @bp: the handle
 *
 * Context: Process context, may sleep. The caller sees to it that no panic-time
 * write can begin any more.
 */
void blk_panic_release(struct blk_panic *bp)
{
	blk_panic_disk_put(bp->bpd);
	kfree(bp);
}
EXPORT_SYMBOL_GPL(blk_panic_release);

/* Is this a test, and not a panic or a restart that has interrupted one? */
static bool blk_panic_in_test(struct blk_panic_disk *bpd)
{
	return READ_ONCE(bpd->tester) == current && !in_interrupt() &&
	       !panic_in_progress();
}

/* Before a restart or a shutdown, others still run, and use the disk. */
static int blk_panic_stop_others(struct blk_panic_disk *bpd)
{
	if (panic_in_progress() || blk_panic_in_test(bpd))
		return 0;
	smp_send_stop();
	return num_online_cpus() > 1 ? -EBUSY : 0;
}

/* Start anew: all the time there is, and a takeover. */
static void blk_panic_reset(struct blk_panic_disk *bpd)
{
	bpd->owned = false;
	bpd->busy = false;
	bpd->stuck = false;
	bpd->takeovers = 0;
	bpd->wait_us = BLK_PANIC_WAIT_US;
}

/*
 * A panic in the middle of a test, on this CPU or another one, owes nothing to the
 * test. A CPU that tests has its interrupts off, so that it may not have been
 * stopped: it stops by itself.
 */
static void blk_panic_end_test(struct blk_panic_disk *bpd)
{
	if (panic_on_other_cpu())
		panic_smp_self_stop();
	if (!READ_ONCE(bpd->tester) || blk_panic_in_test(bpd))
		return;
	WRITE_ONCE(bpd->tester, NULL);
	blk_panic_reset(bpd);
}

static int blk_panic_begin(struct blk_panic_disk *bpd)
{
	int ret;

	blk_panic_end_test(bpd);
	if (bpd->stuck)
		return -EIO;
	if (bpd->owned && !bpd->busy)
		goto out;

	ret = blk_panic_stop_others(bpd);
	if (ret)
		return ret;
	bpd->owned = false;
	bpd->busy = true;
	barrier();
	ret = ++bpd->takeovers > BLK_PANIC_TAKEOVERS ? -EIO :
						       bpd->ops->takeover(bpd);
	if (ret) {
		bpd->stuck = true;
		return ret;
	}
	bpd->owned = true;
out:
	bpd->busy = true;
	barrier();
	return 0;
}

static int blk_panic_end(struct blk_panic_disk *bpd, int ret)
{
	blk_panic_end_test(bpd);
	if (ret == -ETIMEDOUT)
		bpd->stuck = true;
	barrier();
	bpd->busy = false;
	return ret;
}

static int blk_panic_check_range(struct block_device *bdev, loff_t pos,
				 size_t len)
{
	unsigned int lbs_mask = bdev_logical_block_size(bdev) - 1;
	loff_t end;

	if (pos < 0 || (pos & lbs_mask) || (len & lbs_mask))
		return -EINVAL;
	if (check_add_overflow(pos, len, &end) || end > bdev_nr_bytes(bdev))
		return -ENOSPC;
	return bdev_read_only(bdev) ? -EROFS : 0;
}

/**
 * blk_panic_write - write to a disk after the kernel has died
 * @bp: handle from blk_panic_prepare()
 * @pos: where on the disk or partition, in bytes
 * @buf: what to write; any kernel address
 * @len: how much, in bytes
 *
 * @pos and @len are multiples of the logical block size. The first call takes
 * the device away from the kernel: call this only on a path that ends in a
 * restart. The data survives a power cut after blk_panic_flush().
 *
 * Context: Panic context: other CPUs stopped or about to restart, any lock
 * held, interrupts off. Also NMI.
 * Return: 0; -EINVAL for what is not aligned; -ENOSPC beyond the end; -EROFS;
 *	-EIO when the device reports an error or stopped answering earlier;
 *	-ETIMEDOUT when it does not answer; -ENODEV when it is gone, or cannot be
 *	reached any more; -EBUSY when there is no panic and the other CPUs do not
 *	stop.
 */
int blk_panic_write(struct blk_panic *bp, loff_t pos, const void *buf,
		    size_t len)
{
	struct blk_panic_disk *bpd = bp->bpd;
	sector_t sector;
	int ret;

	ret = blk_panic_check_range(bp->bdev, pos, len);
	if (!ret)
		ret = blk_panic_begin(bpd);
	if (ret)
		return ret;

	sector = bp->bdev->bd_start_sect + (pos >> SECTOR_SHIFT);
	while (len && !ret) {
		unsigned int n = min_t(size_t, len, bpd->max_bytes);

		touch_nmi_watchdog();
		ret = bpd->ops->write(bpd, sector, buf, n);
		sector += n >> SECTOR_SHIFT;
		buf += n;
		len -= n;
	}
	return blk_panic_end(bpd, ret);
}
EXPORT_SYMBOL_GPL(blk_panic_write);

/**
 * blk_panic_flush - make panic-time writes durable
 * @bp: handle from blk_panic_prepare()
 *
 * Context: As for blk_panic_write().
 * Return: 0, -EIO, -ETIMEDOUT, -ENODEV or -EBUSY, as for blk_panic_write().
 */
int blk_panic_flush(struct blk_panic *bp)
{
	struct blk_panic_disk *bpd = bp->bpd;
	int ret;

	ret = blk_panic_begin(bpd);
	if (ret)
		return ret;
	touch_nmi_watchdog();
	return blk_panic_end(bpd, bpd->ops->flush(bpd));
}
EXPORT_SYMBOL_GPL(blk_panic_flush);

/**
 * blk_panic_delay - wait a little for a device, for loops that poll it
 * @wait_us: how long it may still be waited for, in microseconds; this is counted
 *	off
 * @us: how long to wait now
 *
 * Context: Panic context.
 * Return: whether it may be polled again; without that, nothing is waited for.
 */
bool blk_panic_delay(u32 *wait_us, unsigned int us)
{
	u32 left = READ_ONCE(*wait_us);

	/* In a test, see blk_panic_end_test(). */
	if (panic_on_other_cpu())
		panic_smp_self_stop();
	if (left < us)
		return false;
	WRITE_ONCE(*wait_us, left - us);
	touch_nmi_watchdog();
	if (us < USEC_PER_MSEC)
		udelay(us);
	else
		mdelay(us / USEC_PER_MSEC);
	return true;
}
EXPORT_SYMBOL_GPL(blk_panic_delay);

/**
 * blk_panic_lock_device - keep a device from going away, for quiesce()
 * @dev: the device
 *
 * Who removes a device holds its lock, and waits for tests of its disks to end. So
 * this does not wait for the lock without end.
 *
 * Context: Process context, may sleep.
 * Return: 0, and device_unlock() is to be called; or -EBUSY.
 */
int blk_panic_lock_device(struct device *dev)
{
	unsigned long end = jiffies + BLK_PANIC_QUIESCE;

	while (!device_trylock(dev)) {
		if (time_after(jiffies, end))
			return -EBUSY;
		msleep(20);
	}
	return 0;
}
EXPORT_SYMBOL_GPL(blk_panic_lock_device);

/*
 * The device is quiet. What is between quiesce() and restore() needs memory, and must
 * not write to the disk for it.
 */
static int blk_panic_test_quiet(struct blk_panic *bp, loff_t pos,
				const void *buf, size_t len)
{
	struct blk_panic_disk *bpd = bp->bpd;
	unsigned long flags;
	int ret, err;

	WRITE_ONCE(bpd->tester, current);
	local_irq_save(flags);
	ret = blk_panic_write(bp, pos, buf, len);
	if (!ret)
		ret = blk_panic_flush(bp);
	blk_panic_end_test(bpd);
	blk_panic_reset(bpd);
	local_irq_restore(flags);

	err = bpd->ops->restore(bpd);
	if (err)
		pr_err("%pg: does not come back after a test (error %d)\n",
		       bp->bdev, err);
	blk_panic_reset(bpd);
	WRITE_ONCE(bpd->tester, NULL);
	return ret ?: err;
}

static int blk_panic_test_frozen(struct blk_panic *bp, loff_t pos,
				 const void *buf, size_t len)
{
	unsigned int noio = memalloc_noio_save();
	int ret = bp->bpd->ops->quiesce(bp->bpd);

	if (!ret)
		ret = blk_panic_test_quiet(bp, pos, buf, len);
	memalloc_noio_restore(noio);
	return ret;
}

/**
 * blk_panic_test - write as after a panic, and give the device back
 * @bp: handle from blk_panic_prepare()
 * @pos: where on the disk or partition, in bytes
 * @buf: what to write; any kernel address
 * @len: how much, in bytes
 *
 * Requests of others end first or wait meanwhile; none is lost. Interrupts of this
 * CPU are off while it writes, for up to %BLK_PANIC_WAIT_US if the disk does not
 * answer.
 *
 * Context: Process context, may sleep.
 * Return: what blk_panic_write() or blk_panic_flush() returned; -EOPNOTSUPP when
 *	the driver cannot give a device back; -EBUSY when requests of others do not
 *	come to an end; or why the device could not be given back.
 */
int blk_panic_test(struct blk_panic *bp, loff_t pos, const void *buf,
		   size_t len)
{
	struct request_queue *q = bdev_get_queue(bp->bdev);
	int ret = -EBUSY;

	if (!bp->bpd->ops->quiesce)
		return -EOPNOTSUPP;
	guard(mutex)(&blk_panic_test_lock);
	blk_freeze_queue_start(q);
	if (blk_mq_freeze_queue_wait_timeout(q, BLK_PANIC_QUIESCE) > 0)
		ret = blk_panic_test_frozen(bp, pos, buf, len);
	blk_mq_unfreeze_queue(q);
	return ret;
}
EXPORT_SYMBOL_GPL(blk_panic_test);
