/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_BLK_H
#define _PSTORE_BLK_H

/*
 * pstore_blk, inside. Who does what:
 *
 *	params.c  what the user asked for, and the module's beginning and end
 *	find.c	  which device that is, and when it appears
 *	attach.c  one device: opened, claimed, registered, and given back
 *	io.c	  struct pstore_storage_ops on a block device
 *	hibernate.c  lets the device go while the machine hibernates
 */

#include <linux/blk-panic.h>
#include <linux/blkdev.h>
#include <linux/pstore_storage.h>
#include <linux/workqueue.h>

#define PSTORE_BLK_NAME		"pstore_blk"

/* Larger logical blocks are larger than the units of the on-media format. */
#define PSTORE_BLK_MAX_BLOCK	4096U

/**
 * struct pstore_blk_params - what the user asked for, checked
 * @blkdev:	the device, in any of the forms that root= takes
 * @kmsg_bytes:	size of a record
 * @console_bytes: how much console output to keep, 0 for none
 * @pmsg_bytes:	the same for messages
 * @ftrace_bytes: the same for function calls
 * @console_flush_ms: how long console output may wait
 * @pmsg_flush_ms: the same for messages; 0 to make their writers wait
 * @max_reason:	last enum kmsg_dump_reason to record
 * @format:	overwrite what is on the device
 * @selftest:	test that panics can be saved
 * @last_try:	complain now about what may have been worth another try
 */
struct pstore_blk_params {
	const char	*blkdev;
	u32		kmsg_bytes;
	u32		console_bytes;
	u32		pmsg_bytes;
	u32		ftrace_bytes;
	unsigned int	console_flush_ms;
	unsigned int	pmsg_flush_ms;
	int		max_reason;
	bool		format;
	bool		selftest;
	bool		last_try;
};

/**
 * struct pstore_blk - the device that is attached
 * @file:	holds it open, for us alone
 * @bdev:	the device
 * @panic:	the way to it in a panic, NULL if there is none
 * @storage:	what pstore zone sees of it
 * @device:	its name
 * @taken:	it goes away, and is registered no more
 * @gone_work:	lets go of a device that goes away
 */
struct pstore_blk {
	struct file		*file;
	struct block_device	*bdev;
	struct blk_panic	*panic;
	struct pstore_storage	storage;
	char			device[BDEVNAME_SIZE];
	bool			taken;
	struct work_struct	gone_work;
};

/* find.c */
dev_t pstore_blk_find(const char *spec);
int pstore_blk_watch(void);
void pstore_blk_unwatch(void);

/* attach.c */
int pstore_blk_attach(dev_t devt, const struct pstore_blk_params *params);
void pstore_blk_detach(void);
bool pstore_blk_attached(void);

/* hibernate.c */
int pstore_blk_mind_hibernation(void);
void pstore_blk_forget_hibernation(void);

/* params.c */
extern struct workqueue_struct *pstore_blk_wq;
extern struct workqueue_struct *pstore_blk_gone_wq;
void pstore_blk_get_params(struct pstore_blk_params *params);
void pstore_blk_apply_params(struct pstore_storage *st,
			     const struct pstore_blk_params *params);

/* io.c */
extern const struct pstore_storage_ops pstore_blk_ops;
extern const struct pstore_storage_ops pstore_blk_panic_ops;

#endif /* _PSTORE_BLK_H */
