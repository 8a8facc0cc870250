/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_BLK_PANIC_H
#define _LINUX_BLK_PANIC_H

/*
 * Writing to a disk after the kernel has died.
 *
 * A crash log needs a disk at the one moment when nothing works: the other
 * CPUs are stopped wherever they were, this CPU may hold any lock, interrupts
 * are off and memory must not be allocated. Request queues, tags, interrupts
 * and timeouts are all out of reach.
 *
 * So a disk driver offers a second, much smaller way to the same device. While
 * the machine is well, panic_prepare() in its block_device_operations sets aside
 * all that will be needed and names a struct blk_panic_ops. After the panic,
 * takeover() of that takes the device away from the dead kernel, and write() and
 * flush() drive it by polling. There is no way back: the device serves nobody
 * else until the machine restarts.
 *
 * Whether this works can be found out before it is needed: blk_panic_test() does
 * the same while the machine is well, between quiesce() and restore().
 *
 * The panic contract, for takeover(), write(), flush() and all they call:
 *
 * - allocate and free nothing, never sleep, wait for no lock;
 * - touch only memory and registers that panic_prepare() set aside;
 * - wait for the device by blk_panic_delay() alone, which bounds all waiting
 *   together, by a count and not by a clock, which may stand still;
 * - expect to be entered again from an NMI or a nested panic: takeover() is
 *   then called once more and must not rely on what the interrupted call left.
 */

#include <linux/types.h>

struct block_device;
struct device;
struct gendisk;
struct task_struct;

/*
 * What a disk may be waited for in one panic, in microseconds. The machine is to
 * restart soon, and what matters most is written first.
 */
#define BLK_PANIC_WAIT_US	6000000

/**
 * struct blk_panic_disk - a disk that is prepared for panic-time writes
 * @disk:	the disk
 * @ops:	how to write, set in panic_prepare()
 * @driver_data: for the driver, set in panic_prepare()
 * @max_bytes:	most bytes that one write() takes, a multiple of the logical
 *		block size, set in panic_prepare()
 * @wait_us:	how long the disk may still be waited for, for blk_panic_delay()
 *
 * The members below are private to block/blk-panic.c.
 *
 * @node:	on the list of prepared disks
 * @users:	how many handles share the disk (two partitions, say)
 * @owned:	takeover() has succeeded
 * @busy:	an operation is under way; if one is found so at entry, it was
 *		interrupted and will never go on
 * @stuck:	the device has stopped answering and is not asked again
 * @takeovers:	how often takeover() has been called
 * @tester:	who is in blk_panic_test()
 */
struct blk_panic_disk {
	struct gendisk		*disk;
	const struct blk_panic_ops *ops;
	void			*driver_data;
	unsigned int		max_bytes;
	u32			wait_us;

	struct list_head	node;
	unsigned int		users;
	bool			owned;
	bool			busy;
	bool			stuck;
	unsigned int		takeovers;
	struct task_struct	*tester;
};

/**
 * struct blk_panic_ops - a disk driver's panic-time write path
 * @release:	Give back what panic_prepare() took. Process context, may sleep.
 * @takeover:	Take the device away from the running kernel, whatever state it
 *		is in. Panic context. Gives 0 or -errno.
 * @write:	Write @len bytes at @sector of the disk (512-byte units) and wait
 *		until the device has them. @len is a multiple of the logical
 *		block size and at most max_bytes. Panic context. Gives 0,
 *		-EIO when the device reports an error, -ETIMEDOUT when it does
 *		not answer.
 * @flush:	Make all that was written durable. Panic context. Gives the same as
 *		@write; 0 at once when the device has no volatile cache.
 * @quiesce:	See to it that nobody uses the device until @restore. The disk's own
 *		requests have ended and its queue is frozen, so this is about other
 *		disks and other requests to the same device. Process context, may
 *		sleep. Gives 0; -EBUSY when others do not come to an end; or another
 *		-errno. NULL where blk_panic_test() is not possible.
 * @restore:	After @quiesce and the operations above: give the device back to the
 *		running kernel, as it was before. Process context, may sleep. Gives 0
 *		or -errno.
 */
struct blk_panic_ops {
	void	(*release)(struct blk_panic_disk *bpd);
	int	(*takeover)(struct blk_panic_disk *bpd);
	int	(*write)(struct blk_panic_disk *bpd, sector_t sector,
			 const void *buf, unsigned int len);
	int	(*flush)(struct blk_panic_disk *bpd);
	int	(*quiesce)(struct blk_panic_disk *bpd);
	int	(*restore)(struct blk_panic_disk *bpd);
};

struct blk_panic;

#ifdef CONFIG_BLK_PANIC
struct blk_panic *blk_panic_prepare(struct block_device *bdev);
void blk_panic_release(struct blk_panic *bp);
int blk_panic_write(struct blk_panic *bp, loff_t pos, const void *buf,
		    size_t len);
int blk_panic_flush(struct blk_panic *bp);
int blk_panic_test(struct blk_panic *bp, loff_t pos, const void *buf,
		   size_t len);

/* For drivers. */
bool blk_panic_delay(u32 *wait_us, unsigned int us);
int blk_panic_lock_device(struct device *dev);
#else
#include <linux/err.h>

static inline struct blk_panic *blk_panic_prepare(struct block_device *bdev)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static inline void blk_panic_release(struct blk_panic *bp)
{
}

static inline int blk_panic_write(struct blk_panic *bp, loff_t pos,
				  const void *buf, size_t len)
{
	return -EOPNOTSUPP;
}

static inline int blk_panic_flush(struct blk_panic *bp)
{
	return -EOPNOTSUPP;
}

static inline int blk_panic_test(struct blk_panic *bp, loff_t pos,
				 const void *buf, size_t len)
{
	return -EOPNOTSUPP;
}
#endif /* CONFIG_BLK_PANIC */

#endif /* _LINUX_BLK_PANIC_H */
