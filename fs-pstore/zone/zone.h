/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_H
#define _PSTORE_ZONE_H

/*
 * pstore zone, inside. Who does what:
 *
 *	media.c	  the on-media format, without I/O
 *	claim.c	  is a device ours, free for the taking, or somebody's?
 *	area.c	  one area: its layout, its attachment and its end
 *	slots.c	  the ring of crash records: find, read, write, erase
 *	stage.c	  oopses on their way to the ring
 *	panic.c	  everything that may run once the kernel has died
 *	zone.c	  struct pstore_info: pstore's side of it all
 *
 * All state hangs off struct pstore_area, so that there can be many at once.
 */

#include <linux/atomic.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/pstore.h>
#include <linux/pstore_storage.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "media.h"

/* A write that the device refuses is tried in this many slots. */
#define PSTORE_SLOT_TRIES	4

/* After so many failed writes in a row, numbers are no longer left behind. */
#define PSTORE_SLOT_MAX_FAILED	(2 * PSTORE_SLOT_TRIES)

/* In place of a sequence number: none has been taken yet. */
#define PSTORE_SEQ_NONE		U64_MAX

/**
 * struct pstore_stats - what happened to records, for messages
 * @written:	crash records on the media
 * @dropped:	crash records that found no room in the staging memory, or no
 *		way to the device
 * @torn:	slots with a valid header whose payload is not
 * @io_errors:	device errors
 */
struct pstore_stats {
	atomic_t	written;
	atomic_t	dropped;
	atomic_t	torn;
	atomic_t	io_errors;
};

/**
 * struct pstore_slots - the ring of crash records
 * @region:	where it lies
 * @nr:		number of slots
 * @next_seq:	sequence number of the next record
 * @failed:	length of the run of failed writes, up to PSTORE_SLOT_MAX_FAILED;
 *		changed with @lock held, or in a panic
 * @erasing:	sequence number of the record that is being erased, plus one; 0
 *		when there is none. A panic keeps away from its slot, since the
 *		erase may reach the media after the panic's record.
 * @lock:	serializes reads, writes and erases in process context. Never
 *		taken in a panic.
 * @io_buf:	one slot, for reads and erases; protected by @lock
 */
struct pstore_slots {
	struct pstore_region	region;
	u64			nr;
	atomic64_t		next_seq;
	unsigned int		failed;
	atomic64_t		erasing;
	struct mutex		lock;		/* see above */
	void			*io_buf;
};

/*
 * A staged record's life. Each step is taken by the one who wins a cmpxchg, so
 * that there is no lock that a dead CPU could hold.
 *
 *	FREE -> FILLING -> READY -> WRITING -> FREE
 *	    oops       oops    worker     worker
 *
 * A panic writes what is READY, and once more what is WRITING, to the same slot
 * with the same bytes if it has been given a number already.
 */
enum pstore_stage_state {
	PSTORE_STAGE_FREE,
	PSTORE_STAGE_FILLING,
	PSTORE_STAGE_READY,
	PSTORE_STAGE_WRITING,
};

/**
 * struct pstore_staged - room for one record
 * @state:	enum pstore_stage_state
 * @order:	counts the records that were staged: what came first goes first
 * @info:	its header, decoded; the number is PSTORE_SEQ_NONE until it is taken
 * @image:	header and payload as they go to the media, one slot in size
 */
struct pstore_staged {
	atomic_t			state;
	int				order;
	struct pstore_record_info	info;
	void				*image;
};

/**
 * struct pstore_stage - memory for oopses that are not on the media yet
 * @nr:		how many records fit
 * @records:	the records
 * @order:	how many records have been staged
 * @wq:		runs @work, also while memory is reclaimed
 * @irq_work:	gets from the oops, which may hold any lock, to @work
 * @work:	writes what is READY
 * @reported:	how many drops the log has been told of
 */
struct pstore_stage {
	unsigned int		nr;
	struct pstore_staged	*records;
	atomic_t		order;
	struct workqueue_struct	*wq;
	struct irq_work		irq_work;
	struct work_struct	work;
	int			reported;
};

/**
 * struct pstore_area - one area on one device
 * @storage:	the device
 * @layout:	what lies where; constant once attached
 * @slots:	crash records
 * @stage:	oopses on their way to @slots
 * @image:	the record that pstore core is filling: room for the header, then
 *		the buffer that core gets as pstore_info.buf
 * @boot_id:	names this boot in records
 * @stats:	counters
 * @panic_dead:	the device failed for good during the panic
 * @panic_first: number of the first part of the crash that is being written
 * @read_seq:	where the listing of records stands; protected by pstore core's
 *		read_mutex
 */
struct pstore_area {
	struct pstore_storage	*storage;
	struct pstore_layout	layout;
	struct pstore_slots	slots;
	struct pstore_stage	stage;
	void			*image;
	u8			boot_id[PSTORE_MEDIA_ID_BYTES];
	struct pstore_stats	stats;
	bool			panic_dead;
	u64			panic_first;
	u64			read_seq;
};

/* claim.c */
int pstore_claim(struct pstore_storage *st, struct pstore_layout *layout);
int pstore_claim_wipe(struct pstore_storage *st);

/* area.c */
struct pstore_area *pstore_area_attach(struct pstore_storage *st,
				       const u8 *boot_id);
void pstore_area_detach(struct pstore_area *area);
size_t pstore_area_capacity(const struct pstore_area *area);
size_t pstore_area_seal(const struct pstore_area *area, void *image,
			const struct pstore_record_info *info);
void pstore_area_describe(const struct pstore_area *area,
			  const struct pstore_record *record,
			  struct pstore_record_info *info);

/* slots.c */
int pstore_slots_init(struct pstore_area *area,
		      const struct pstore_region *region);
void pstore_slots_exit(struct pstore_area *area);
u64 pstore_slots_pos(const struct pstore_slots *slots, u64 seq);
u64 pstore_slots_take(struct pstore_slots *slots);
void pstore_slots_failed(struct pstore_slots *slots, u64 seq);
u64 pstore_slots_oldest(const struct pstore_slots *slots);
int pstore_slots_write(struct pstore_area *area, void *image,
		       struct pstore_record_info *info);
int pstore_slots_read(struct pstore_area *area, u64 *seq,
		      struct pstore_record_info *info, char **payload);
int pstore_slots_erase(struct pstore_area *area, u64 seq);
bool pstore_slots_has_live(struct pstore_area *area);

/* stage.c */
struct pstore_staged *pstore_stage_first(struct pstore_stage *stage,
					 enum pstore_stage_state state);
int pstore_stage_init(struct pstore_area *area, unsigned int nr);
void pstore_stage_exit(struct pstore_area *area);
int pstore_stage_put(struct pstore_area *area,
		     const struct pstore_record *record);

/* panic.c */
int pstore_panic_record(struct pstore_area *area,
			const struct pstore_record *record);

#endif /* _PSTORE_ZONE_H */
