/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_TEST_SIM_H
#define _PSTORE_ZONE_TEST_SIM_H

/*
 * A simulated disk with a volatile cache, bad sectors and a power switch.
 *
 * write() is durable when it returns, as a write with FUA is. panic_write() ends
 * up in the cache until panic_flush(). The power fails before the write whose
 * number is @cut_at. What of a write reaches the media when the power fails in
 * the middle of it is tried in @before_write, on a second disk.
 */

#include <kunit/test.h>
#include <linux/pstore_storage.h>
#include <linux/types.h>

struct pstore_workers;

/**
 * struct sim - a simulated disk
 * @storage:	what pstore zone sees
 * @media:	what survives a power cut
 * @cache:	what reads return
 * @dirty:	per sector, whether @cache is ahead of @media
 * @writes:	writes so far, panic-time ones too
 * @bytes:	how many bytes those were
 * @last_bytes:	and how many the last one
 * @reads:	reads so far
 * @flushes:	panic-time flushes so far
 * @cut_at:	number of the write, from 1, before which the power fails; 0 for
 *		none
 * @before_write: called before each write, NULL for none
 * @context:	for @before_write
 * @off:	the power is off: each access fails
 * @bad_from:	writes that touch bytes from here on fail
 * @bad_to:	up to here, exclusive
 * @unreadable:	reads that begin here fail, 0 for none
 * @flush_error: what panic_flush() returns instead of flushing, 0 for none
 * @panic_error: what panic_write() returns instead of writing, 0 for none
 * @forgets:	panic_test() writes nothing and says that it did
 */
struct sim {
	struct pstore_storage	storage;
	u8			*media;
	u8			*cache;
	u8			*dirty;
	unsigned int		writes;
	u64			bytes;
	unsigned int		last_bytes;
	unsigned int		reads;
	unsigned int		flushes;
	unsigned int		cut_at;
	void			(*before_write)(struct sim *sim, u64 pos,
						const void *buf, size_t len);
	void			*context;
	bool			off;
	u64			bad_from;
	u64			bad_to;
	u64			unreadable;
	int			flush_error;
	int			panic_error;
	bool			forgets;
};

struct sim *sim_create(struct kunit *test, u64 bytes, u32 kmsg_bytes,
		       u32 write_unit);
void sim_wipe(struct sim *sim);
void sim_power_on(struct sim *sim);
void sim_settle(struct pstore_workers *workers);

#endif /* _PSTORE_ZONE_TEST_SIM_H */
