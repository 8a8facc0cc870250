/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_H
#define _PSTORE_ZONE_H

/*
 * pstore zone, inside. Who does what:
 *
 *	media.c	  the on-media format, without I/O
 *	legacy.c  the formats of older kernels, without I/O
 *	old.c	  what older kernels have left: found, and read
 *	import.c  their records, taken from elsewhere on the device
 *	takeover.c  their areas, made into ours in place
 *	claim.c	  is a device ours, free for the taking, or somebody's?
 *	area.c	  one area: its layout, its attachment and its end
 *	slots.c	  the ring of crash records: find, read, write, erase
 *	stage.c	  oopses on their way to the ring
 *	workers.c work for whichever CPU comes first
 *	notes.c	  vmcoreinfo, which goes with a crash record
 *	log.c	  streams: console, pmsg, ftrace
 *	trace.c	  what ftrace sees, until it goes to its stream
 *	selftest.c  can a panic be saved?
 *	sysfs.c	  what can be seen of an area
 *	panic.c	  everything that may run once the kernel has died
 *	dump.c	  crash records of an area that is not in pstore
 *	zone.c	  struct pstore_info: pstore's side of it all
 *
 * All state hangs off struct pstore_area, so that there can be many at once.
 */

#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/irq_work.h>
#include <linux/kmsg_dump.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/pstore.h>
#include <linux/pstore_storage.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "legacy.h"
#include "media.h"

/* A write that the device refuses is tried in this many slots. */
#define PSTORE_SLOT_TRIES	4

/* After so many failed writes in a row, numbers are no longer left behind. */
#define PSTORE_SLOT_MAX_FAILED	(2 * PSTORE_SLOT_TRIES)

/*
 * A panic flushes at the latest when it has used so many numbers: for its own parts,
 * and for the oopses that it finds staged.
 */
#define PSTORE_SLOT_MAX_UNFLUSHED	16U
#define PSTORE_SLOT_MAX_UNFLUSHED_OOPS	4U

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

struct pstore_workers;

/**
 * struct pstore_worker - a CPU's part of struct pstore_workers
 * @irq_work:	gets from who asks, and may hold any lock, to @work
 * @work:	what is to be done
 * @workers:	what it is part of
 */
struct pstore_worker {
	struct irq_work		irq_work;
	struct work_struct	work;
	struct pstore_workers	*workers;
};

/**
 * struct pstore_workers - work for whichever CPU comes first, see workers.c
 * @each:	what each CPU has for it
 * @anywhere:	for any CPU, once the kernel has oopsed
 * @run:	does what there is to do, if there is anything. Process context, on
 *		several CPUs at once
 */
struct pstore_workers {
	struct pstore_worker __percpu	*each;
	struct work_struct		anywhere;
	void	(*run)(struct pstore_workers *workers);
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
 * @workers:	write what is READY
 * @lock:	held by the one of them that does, so that records keep their order.
 *		Outside of the lock of the slots. Never taken in a panic.
 * @reported:	how many drops the log has been told of; protected by @lock
 */
struct pstore_stage {
	unsigned int		nr;
	struct pstore_staged	*records;
	atomic_t		order;
	struct pstore_workers	workers;
	struct mutex		lock;		/* see above */
	int			reported;
};

/**
 * struct pstore_note - this kernel's vmcoreinfo, ready to be copied to a record
 * @text:	vmcoreinfo; NULL for none
 * @text_bytes:	its size
 * @bytes:	size of the note, with the time of the crash, at most; 0 for none
 * @build_id:	build id of this kernel; zero where it is not known
 * @kernel_offset: how far it runs from where it is linked to
 * @noted:	number of the newest crash that has a note
 */
struct pstore_note {
	char		*text;
	u32		text_bytes;
	u32		bytes;
	u8		build_id[PSTORE_MEDIA_BUILD_ID_BYTES];
	u64		kernel_offset;
	atomic_t	noted;
};

/* What a selftest has come to: that it has passed, or what went wrong. */
enum pstore_selftest_step {
	PSTORE_SELFTEST_NONE,
	PSTORE_SELFTEST_PASS,
	PSTORE_SELFTEST_PREPARE,
	PSTORE_SELFTEST_SUPPORT,
	PSTORE_SELFTEST_ROOM,
	PSTORE_SELFTEST_MEMORY,
	PSTORE_SELFTEST_WRITE,
	PSTORE_SELFTEST_READ,
	PSTORE_SELFTEST_COMPARE,
	PSTORE_SELFTEST_COUNT,
};

/* How many streams there can be. */
#define PSTORE_LOGS		3

/*
 * In new areas: pstorefs shows 65535 files, and each record may have a note. It keeps
 * all of them in memory once it is mounted.
 */
#define PSTORE_AREA_MAX_SLOTS	(PSTORE_MEDIA_MAX_SLOTS - PSTORE_LOGS)
static_assert(2 * PSTORE_AREA_MAX_SLOTS + PSTORE_LOGS < 65536);
#define PSTORE_AREA_MAX_CRASH_BYTES	SZ_128M

/* In place of the number of a block: none. */
#define PSTORE_LOG_NONE		U32_MAX

/**
 * struct pstore_log_place - where a stream stands on the media
 * @durable:	end of the bytes that are on the media, or have been given up
 * @tail:	offset of the block that was begun last
 * @next:	the block from which on there are only old bytes
 * @pair:	the two places where the block at @tail takes turns;
 *		PSTORE_LOG_NONE for one that is not taken yet
 * @in_use:	which of the two has the bytes
 */
struct pstore_log_place {
	u64	durable;
	u64	tail;
	u32	next;
	u32	pair[2];
	u32	in_use;
};

/**
 * struct pstore_log_step - one write to the device
 * @from:	offset of its first byte
 * @bytes:	how many bytes of the stream
 * @pos:	number of the first block
 * @nr:		number of blocks
 * @continues:	the block at the tail is written again, with more bytes
 */
struct pstore_log_step {
	u64	from;
	u32	bytes;
	u32	pos;
	u32	nr;
	bool	continues;
};

/**
 * struct pstore_log_stats - what happened to a stream
 * @written:	bytes written to the device, headers included
 * @lost:	bytes of the stream that came too fast or could not be written
 */
struct pstore_log_stats {
	atomic64_t	written;
	atomic64_t	lost;
};

/**
 * struct pstore_log - one stream
 * @area:	its area
 * @layout:	the layout that @region is part of
 * @region:	where it lies
 * @blocks:	how many blocks a bank has
 * @payload:	how many bytes a block holds
 * @bank:	the bank that this boot writes to
 * @heads:	heads of the banks, decoded; state 0 where there is none
 * @buf:	ring of the newest bytes, NULL when the stream is not in use
 * @size:	its size, a power of two
 * @reserved:	end of the bytes that are being added. Together with @head, it
 *		tells who copies from the ring what has been written over. Others
 *		than those who add bytes look at both with pstore_log_seen().
 * @head:	end of the bytes that have been added
 * @place:	where on the media; changed with @lock held
 * @begin:	end of the last append that was written; protected by @lock
 * @fill:	serializes writers of messages: protects @head, @reserved against
 *		each other. Outside of @lock.
 * @lock:	serializes writes to the device. Never taken in a panic.
 * @waiters:	messages whose writers wait
 * @waiters_lock: protects @waiters. Inside of all others.
 * @open_end:	where the message ends that is larger than the ring and is under
 *		way; 0 for none. Changed with @lock held.
 * @image:	blocks on their way to the device; protected by @lock
 * @workers:	write what was added, or set @work off
 * @work:	writes it when it has waited
 * @flags:	LOG_*
 * @due:	when what was asked for should have been done, in jiffies
 * @flush_ms:	how long bytes may wait; for messages, 0 makes the writer wait
 * @delay_ms:	how much longer, since the disk refuses writes
 * @started:	this boot writes to it
 * @headed:	the head of @bank is on the media
 * @reported:	the log has been told of an error
 * @stats:	counters
 * @panic:	where on the media, once the kernel has died
 * @panic_failed: it could not be written then
 */
struct pstore_log {
	struct pstore_area		*area;
	const struct pstore_layout	*layout;
	struct pstore_region		region;
	u32				blocks;
	u32				payload;
	unsigned int			bank;
	struct pstore_record_info	heads[PSTORE_MEDIA_BANKS];
	char				*buf;
	u32				size;
	u64				reserved;
	u64				head;
	struct pstore_log_place		place;
	u64				begin;
	struct mutex			fill;		/* see above */
	struct mutex			lock;		/* see above */
	struct list_head		waiters;
	spinlock_t			waiters_lock;	/* see above */
	u64				open_end;
	void				*image;
	struct pstore_workers		workers;
	struct delayed_work		work;
	unsigned long			flags;
	unsigned long			due;
	unsigned int			flush_ms;
	unsigned int			delay_ms;
	bool				started;
	bool				headed;
	bool				reported;
	struct pstore_log_stats		stats;
	struct pstore_log_place		panic;
	bool				panic_failed;
};

struct iov_iter;
struct pstore_trace_cpu;

struct pstore_sysfs;

/**
 * struct pstore_area - one area on one device
 * @storage:	the device
 * @layout:	what lies where; constant once attached
 * @next:	the layout that takes its place, while attaching
 * @slots:	crash records
 * @stage:	oopses on their way to @slots
 * @note:	vmcoreinfo for crash records
 * @logs:	streams: console, pmsg, ftrace
 * @trace:	what ftrace has seen, for each CPU; NULL without that stream
 * @trace_calls: how many calls each CPU remembers, a power of two
 * @image:	the record that pstore core is filling: room for the header, then
 *		the buffer that core gets as pstore_info.buf
 * @boot_id:	names this boot in records
 * @crashes:	number of the newest crash that pstore core has recorded
 * @stats:	counters
 * @test_lock:	one selftest at a time; protects what it came to
 * @test_step:	what the last selftest came to
 * @test_result: its error, 0 for none
 * @panic_dead:	the device does not answer any more
 * @panic_full:	it has refused crash records too often
 * @panic_dirty: something has been written in a panic and not been flushed
 * @panic_flushed: records with lower numbers than this have been flushed
 * @panic_first: number of the first part of the crash that is being written
 * @panic_image: for the streams in a panic
 * @panic_logs:	the crash is written; what the console prints from now on goes
 *		to the media at once
 * @panic_busy:	something is being written in a panic
 * @read_seq:	where the listing of records stands,
 * @read_note:	number of the record whose note comes next, or PSTORE_SEQ_NONE, and
 * @read_log:	where that of streams; protected by pstore core's read_mutex
 */
struct pstore_area {
	struct pstore_storage	*storage;
	struct pstore_layout	layout;
	struct pstore_layout	next;
	struct pstore_slots	slots;
	struct pstore_stage	stage;
	struct pstore_note	note;
	struct pstore_log	logs[PSTORE_LOGS];
	struct pstore_trace_cpu	__percpu *trace;
	u32			trace_calls;
	void			*image;
	u8			boot_id[PSTORE_MEDIA_ID_BYTES];
	int			crashes;
	struct pstore_stats	stats;
	struct mutex		test_lock;	/* see above */
	enum pstore_selftest_step test_step;
	int			test_result;
	bool			panic_dead;
	bool			panic_full;
	bool			panic_dirty;
	u64			panic_first;
	u64			panic_flushed;
	void			*panic_image;
	bool			panic_logs;
	atomic_t		panic_busy;
	u64			read_seq;
	u64			read_note;
	unsigned int		read_log;
};

/* Will the kernel never run again after it has dumped its log for @reason? */
static inline bool pstore_reason_is_final(enum kmsg_dump_reason reason)
{
	return reason != KMSG_DUMP_OOPS;
}

/*
 * Does the owner of the storage want crashes for this reason recorded, right now, and
 * can the storage do so?
 */
static inline bool pstore_area_wants(const struct pstore_area *area,
				     enum kmsg_dump_reason reason)
{
	return (int)reason <= READ_ONCE(area->storage->max_reason) &&
	       (!pstore_reason_is_final(reason) ||
		area->storage->ops->panic_write);
}

/* old.c */
/* So many separate places that cannot be read are passed over. */
#define PSTORE_OLD_BAD		64

/**
 * struct pstore_old_record - a record that an older kernel has left
 * @info:	what its header says
 * @pos:	where its header lies
 * @print:	checksum of its beginning; with @pos it tells it from all others
 */
struct pstore_old_record {
	struct pstore_legacy_info	info;
	u64				pos;
	u32				print;
};

/**
 * struct pstore_old - what older kernels have left on a device
 * @st:		the device
 * @in_place:	where the area is; else where @st->ops->read_old reads
 * @bytes:	how far was looked
 * @records:	the records, oldest first
 * @nr:		how many there are
 * @max:	how many there is room for
 * @zones:	zones that were found, with a record or with one that was removed
 * @damaged:	records that were not, since they had been written over in part
 * @foreign:	the first byte of something that is in no zone, or U64_MAX
 * @ours:	what an attempt to take the area over may have written; NULL where
 *		there was none
 * @bad_from:	places that cannot be read: from here
 * @bad_to:	up to here, exclusive
 * @nr_bad:	how many there are
 * @bad_blocks:	and how many blocks in them
 * @buf:	for reading
 * @run:	the bytes that are looked at follow ones that are not blank
 * @ring_end:	the last ring that was found ends here
 * @open:	the last record is one of mtdoops whose end is not found yet
 */
struct pstore_old {
	struct pstore_storage		*st;
	bool				in_place;
	u64				bytes;
	struct pstore_old_record	*records;
	u32				nr;
	u32				max;
	u32				zones;
	u32				damaged;
	u64				foreign;
	const struct pstore_layout	*ours;
	u64				bad_from[PSTORE_OLD_BAD];
	u64				bad_to[PSTORE_OLD_BAD];
	u32				nr_bad;
	u32				bad_blocks;
	u8				*buf;
	bool				run;
	u64				ring_end;
	bool				open;
};

int pstore_old_scan(struct pstore_old *old);
void pstore_old_free(struct pstore_old *old);
u64 pstore_old_end(const struct pstore_old_record *r);
u32 pstore_old_max_bytes(const struct pstore_old_record *r);
ssize_t pstore_old_load(struct pstore_old *old,
			const struct pstore_old_record *r, char **payload);
void pstore_old_boot_id(const struct pstore_old_record *r, u8 *id);
bool pstore_old_is_boot_id(const u8 *id);
void pstore_old_describe(const struct pstore_old_record *r,
			 struct pstore_record_info *info);

/* import.c */
void pstore_import(struct pstore_area *area);

/* takeover.c */
int pstore_takeover(struct pstore_area *area, struct pstore_old *old);
int pstore_takeover_finish(struct pstore_area *area);

/* claim.c */
/**
 * enum pstore_claim - what a device is
 * @PSTORE_CLAIM_FREE:	blank, or to be overwritten
 * @PSTORE_CLAIM_OURS:	an area
 * @PSTORE_CLAIM_TO_REPAIR: an area whose two layout blocks do not agree
 * @PSTORE_CLAIM_OLD:	an area of an older kernel, to be taken over
 * @PSTORE_CLAIM_TAKEN:	one that was taken over, but for the first layout block
 */
enum pstore_claim {
	PSTORE_CLAIM_FREE,
	PSTORE_CLAIM_OURS,
	PSTORE_CLAIM_TO_REPAIR,
	PSTORE_CLAIM_OLD,
	PSTORE_CLAIM_TAKEN,
};

int pstore_claim(struct pstore_storage *st, struct pstore_layout *layout,
		 struct pstore_old *old);
u64 pstore_claim_whole(const struct pstore_storage *st);
int pstore_claim_wipe(struct pstore_storage *st);

/* area.c */
u64 pstore_area_min_bytes(const struct pstore_storage *st);
u64 pstore_area_max_bytes(const struct pstore_storage *st);
u32 pstore_area_max_slots(u32 unit_bytes);
struct pstore_area *pstore_area_attach(struct pstore_storage *st,
				       const u8 *boot_id);
void pstore_area_detach(struct pstore_area *area);
u32 pstore_area_stream_bytes(const struct pstore_storage *st, u32 type);
size_t pstore_area_capacity(const struct pstore_area *area);
size_t pstore_area_text_bytes(const struct pstore_area *area);
u64 pstore_area_scratch(const struct pstore_layout *layout);
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
int pstore_slots_read_note(struct pstore_area *area, u64 seq,
			   struct pstore_record_info *info, char **text);
int pstore_slots_erase(struct pstore_area *area, u64 seq);
int pstore_slots_erase_note(struct pstore_area *area, u64 seq);
int pstore_slots_header(struct pstore_area *area, u64 seq,
			struct pstore_record_info *info);
u64 pstore_slots_room(struct pstore_area *area);
bool pstore_slots_has_live(struct pstore_area *area);

/* notes.c */
int pstore_note_init(struct pstore_note *note, const void *text, size_t bytes);
int pstore_note_prepare(struct pstore_note *note);
void pstore_note_exit(struct pstore_note *note);
u64 pstore_note_moved(const struct pstore_note *note,
		      const struct pstore_record_info *info);
void pstore_note_put(struct pstore_area *area, void *image,
		     struct pstore_record_info *info);

/* workers.c */
void pstore_workers_ask(struct pstore_workers *workers);
int pstore_workers_init(struct pstore_workers *workers,
			void (*run)(struct pstore_workers *workers));
void pstore_workers_exit(struct pstore_workers *workers);

/* stage.c */
struct pstore_staged *pstore_stage_first(struct pstore_stage *stage,
					 enum pstore_stage_state state);
int pstore_stage_init(struct pstore_area *area, unsigned int nr);
void pstore_stage_exit(struct pstore_area *area);
int pstore_stage_put(struct pstore_area *area,
		     const struct pstore_record *record);
struct pstore_staged *pstore_stage_take(struct pstore_area *area,
					unsigned int part);
void pstore_stage_ready(struct pstore_area *area, struct pstore_staged *s,
			const struct pstore_record *record);
void pstore_stage_give_back(struct pstore_staged *s);

/* log.c */
const char *pstore_log_name(u32 type);
bool pstore_log_active(const struct pstore_log *log);
struct pstore_log *pstore_log_find(struct pstore_area *area, u32 type);
int pstore_log_init(struct pstore_log *log, struct pstore_area *area,
		    const struct pstore_layout *layout,
		    const struct pstore_region *region);
int pstore_log_start(struct pstore_log *log);
void pstore_log_exit(struct pstore_log *log);
int pstore_log_copy(struct pstore_log *to, struct pstore_log *from);
bool pstore_log_has_live(const struct pstore_log *log);
u64 pstore_log_seen(const u64 *offset, u64 near);
void pstore_log_push(struct pstore_log *log, const void *data, size_t n);
void pstore_log_put(struct pstore_log *log, const void *data, size_t n);
void pstore_log_kick(struct pstore_log *log);
int pstore_log_write(struct pstore_log *log, struct iov_iter *from);
void pstore_log_stamp_head(struct pstore_log *log);
size_t pstore_log_encode_head(const struct pstore_log *log, unsigned int bank,
			      void *image);
ssize_t pstore_log_read(struct pstore_log *log, char **text,
			const struct pstore_record_info **head);
int pstore_log_erase(struct pstore_log *log);
u64 pstore_log_pos(const struct pstore_log *log, u32 block);
void pstore_log_plan(const struct pstore_log *log, struct pstore_log_place *p,
		     u64 to, u32 max_blocks, struct pstore_log_step *step);
size_t pstore_log_encode(const struct pstore_log *log, void *image,
			 const struct pstore_log_place *p,
			 const struct pstore_log_step *step, u64 begin,
			 u64 end);
void pstore_log_written(const struct pstore_log *log,
			struct pstore_log_place *p,
			const struct pstore_log_step *step);
void pstore_log_not_written(struct pstore_log_place *p,
			    const struct pstore_log_step *step);
void pstore_log_panic_place(const struct pstore_log *log,
			    struct pstore_log_place *p);

/* trace.c */
int pstore_trace_init(struct pstore_area *area, u32 bytes);
void pstore_trace_exit(struct pstore_area *area);
void pstore_trace_put(struct pstore_area *area,
		      const struct pstore_ftrace_record *call);
void pstore_trace_begin(struct pstore_area *area);
bool pstore_trace_drain(struct pstore_area *area, struct pstore_log *log);
ssize_t pstore_trace_decode(char **text, ssize_t bytes, u64 moved);

/* selftest.c */
const char *pstore_selftest_name(enum pstore_selftest_step step);
int pstore_area_selftest(struct pstore_area *area);

/* sysfs.c */
struct pstore_sysfs *pstore_sysfs_add(struct pstore_area *area);
void pstore_sysfs_remove(struct pstore_sysfs *dir);
int pstore_sysfs_init(void);
void pstore_sysfs_exit(void);

/* panic.c */
#define PSTORE_PANIC_IMAGE	SZ_16K

int pstore_panic_record(struct pstore_area *area,
			const struct pstore_record *record);
void pstore_panic_console(struct pstore_log *log, bool last);

/* dump.c */
/**
 * struct pstore_dump - an area's own dumper
 * @dumper:	who is told of a crash
 * @area:	the area
 * @image:	the part of the last words that is being written, one slot in size
 * @busy:	@image is in use
 * @count:	number of the newest crash
 */
struct pstore_dump {
	struct kmsg_dumper	dumper;
	struct pstore_area	*area;
	void			*image;
	atomic_t		busy;
	atomic_t		count;
};

/*
 * As long as pstore core counts crashes of the same area, too, numbers of ours are
 * beyond those that it gets to.
 */
#define PSTORE_DUMP_BESIDE	1000000

struct pstore_dump *pstore_dump_create(struct pstore_area *area);
void pstore_dump_destroy(struct pstore_dump *dump);
void pstore_dump_start(struct pstore_dump *dump, int count);
void pstore_dump_count_from(struct pstore_dump *dump, int count);

/* zone.c */
extern struct workqueue_struct *pstore_zone_wq;

#endif /* _PSTORE_ZONE_H */
