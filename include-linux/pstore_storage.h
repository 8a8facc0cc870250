/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_PSTORE_STORAGE_H
#define _LINUX_PSTORE_STORAGE_H

/*
 * What a storage backend (a disk, a flash partition) gives to pstore zone, the
 * layer that keeps records on it. Backends know devices; zone knows records.
 */

#include <linux/types.h>

struct pstore_storage;

/* Room for the reason why panics cannot be saved. */
#define PSTORE_STORAGE_OBSTACLE	80

/**
 * struct pstore_storage_ops - how to reach the device
 * @read:	Read @len bytes at @pos. Process context, may sleep.
 *		Gives 0 or -errno.
 * @write:	Write @len bytes at @pos and return when they are durable.
 *		Process context, may sleep. Gives 0 or -errno.
 * @panic_write: Write @len bytes at @pos after the kernel has died. NULL where
 *		the device cannot: then panics are not saved, and zone says so
 *		when it attaches. Panic context: see include/linux/blk-panic.h
 *		for the rules. Gives 0 or -errno; after -ETIMEDOUT or -ENODEV
 *		the device is not tried again.
 * @panic_flush: Make all that @panic_write wrote durable. Panic context.
 *		Gives 0 or -errno.
 * @read_old:	Read @len bytes at @pos of what was on the device before it was
 *		pstore's, as old kernels have left it: mtdpstore's zones, mtdoops'
 *		records. Positions are those of the old format, from 0 to
 *		pstore_storage.old_bytes; they have nothing to do with those of
 *		@read and @write. What has been given to @old_done, and blocks that
 *		belong to the new area by now, are read as all 0xff. NULL where
 *		there is nothing of that kind. Process context, may sleep. Gives 0
 *		or -errno; after an error, the 4096 bytes in question are passed
 *		over.
 * @old_done:	All old records in the @len bytes at @pos are durable in the new
 *		area, or there are none: the bytes are not needed any more, and may
 *		be erased at any time, or right away to make room for what comes
 *		next. @pos and @len are multiples of pstore_storage.old_unit. Not
 *		called for units which could not be read, or whose records found no
 *		room yet. Process context, may sleep. NULL where @read_old is.
 * @panic_test:	Do what @panic_write and @panic_flush do, with interrupts off, and
 *		then let all users of the device go on. NULL where that is not
 *		possible. Process context, may sleep. Gives 0 or -errno.
 *
 * @pos and @len are multiples of the storage's write unit, of @read_old too; a write
 * never touches bytes outside of them. @buf may be any kernel memory, vmalloc too.
 *
 * @write and @panic_write are two functions because they share nothing. @write
 * may use every service of a living kernel, and must not harm other users of
 * the device. @panic_write may use none, and may take the device away from all
 * of them, for there is no way back.
 */
struct pstore_storage_ops {
	int	(*read)(struct pstore_storage *st, u64 pos, void *buf,
			size_t len);
	int	(*write)(struct pstore_storage *st, u64 pos, const void *buf,
			 size_t len);
	int	(*panic_write)(struct pstore_storage *st, u64 pos,
			       const void *buf, size_t len);
	int	(*panic_flush)(struct pstore_storage *st);
	int	(*panic_test)(struct pstore_storage *st, u64 pos,
			      const void *buf, size_t len);
	int	(*read_old)(struct pstore_storage *st, u64 pos, void *buf,
			    size_t len);
	void	(*old_done)(struct pstore_storage *st, u64 pos, u64 len);
};

/**
 * struct pstore_storage - one device that pstore may own
 * @backend:	name of the backend, as in the names of files in pstore
 * @device:	name of the device, for messages
 * @ops:	how to reach it
 * @bytes:	its size
 * @write_unit:	smallest write that is all or nothing and leaves its neighbours
 *		alone, in bytes: a power of two, at least 512 and at most 4096
 * @old_bytes:	how far @ops->read_old reaches, a multiple of @old_unit; 0 for
 *		nothing, and once nothing is left, since all of it is read whenever
 *		the device is taken. What is beyond the first 128 MiB is not looked at: no old
 *		kernel wrote there
 * @old_unit:	what @ops->old_done gives back as a whole, such as an eraseblock:
 *		a multiple of 4096
 * @kmsg_bytes:	size of a crash record, header included, for an area that is
 *		made anew; a multiple of 4096
 * @console_bytes: how much of the console's output to keep for the next boot; 0
 *		for none of it
 * @pmsg_bytes:	the same for messages from user space
 * @ftrace_bytes: the same for function calls
 * @console_flush_ms: how long output of the console may wait to be written
 * @pmsg_flush_ms: the same for messages; 0 makes their writers wait until they
 *		are durable
 * @max_reason:	the last enum kmsg_dump_reason that is recorded. May be changed at
 *		any time with WRITE_ONCE(): each crash is held against what it is
 *		then. What is not wanted costs nothing and is not reported.
 * @yields:	leaves pstore to any other backend that is there or comes later,
 *		unless the user has named this one in pstore.backend=. From then
 *		on and until it is registered again, crash records are written and
 *		not shown, and nothing is added to streams. Of several storages
 *		that yield, the first one gets pstore.
 * @format:	take the device even if something else is on it
 * @selftest:	test the way to save a panic when the device is taken
 * @obstacle:	why panics cannot be saved, where there is no panic_write()
 */
struct pstore_storage {
	const char			*backend;
	const char			*device;
	const struct pstore_storage_ops	*ops;
	u64				bytes;
	u32				write_unit;
	u64				old_bytes;
	u32				old_unit;
	u32				kmsg_bytes;
	u32				console_bytes;
	u32				pmsg_bytes;
	u32				ftrace_bytes;
	unsigned int			console_flush_ms;
	unsigned int			pmsg_flush_ms;
	int				max_reason;
	bool				yields;
	bool				format;
	bool				selftest;
	char				obstacle[PSTORE_STORAGE_OBSTACLE];
};

/**
 * enum pstore_old_format - what old kernels kept crash logs in
 * @PSTORE_OLD_NONE:	not a header of any
 * @PSTORE_OLD_ZONE:	a zone of pstore_blk or mtdpstore
 * @PSTORE_OLD_OOPS:	a record of mtdoops
 */
enum pstore_old_format {
	PSTORE_OLD_NONE,
	PSTORE_OLD_ZONE,
	PSTORE_OLD_OOPS,
};

enum pstore_old_format pstore_storage_old_format(const void *buf, size_t len);
bool pstore_storage_has_room(const char *device, const char *backend);
int pstore_storage_register(struct pstore_storage *st);
void pstore_storage_unregister(struct pstore_storage *st);

/* Of pstore_blk, not of zone. */
const char *pstore_blk_params(struct pstore_storage *st);
void pstore_blk_seen(void);

#endif /* _LINUX_PSTORE_STORAGE_H */
