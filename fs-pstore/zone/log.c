// SPDX-License-Identifier: GPL-2.0
/*
 * Streams: the console's output, messages from user space, and ftrace.
 *
 * Bytes come in at the front of a ring in memory and go to the media from there.
 * They are named by their offset in the stream, everywhere: pstore_log.head is
 * the end of what came in, pstore_log_place.durable the end of what is on the
 * media. media.h tells what the media looks like.
 *
 * One write to the device takes as many new bytes as there are. What is more
 * than fits into the block that was begun last opens new blocks. What fits
 * continues that block: block and new bytes are written together to a second
 * place, so that the bytes in it are never at risk. These two places are the
 * pair; they take turns. A place is taken before it is written to, so that a
 * panic can tell which blocks a dead CPU may have been writing.
 *
 * Who waits, and for what:
 *
 * - console: nobody. Bytes are written after flush_ms, or at once after an oops.
 *   When they come faster than the device takes them, the oldest give way.
 * - pmsg: the writer, until his message is durable. Who comes meanwhile shares
 *   the next write with all others who do. With flush_ms set, nobody waits.
 * - ftrace: see trace.c.
 *
 * What a panic does with all that is in panic.c.
 */
#define pr_fmt(fmt) "pstore_zone: " fmt

#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/uio.h>
#include <linux/utsname.h>

#include "zone.h"

#define LOG_MIN_RING		SZ_16K
#define LOG_MAX_RING		SZ_256K
/* Largest single write to the device. */
#define LOG_IMAGE		SZ_16K
/* Reads go in pieces of this size. */
#define LOG_CHUNK		SZ_256K
/* A bank with so many unreadable blocks is not read any further. */
#define LOG_MAX_ERRORS		64
/* A write that the device refuses is tried in this many other places. */
#define LOG_TRIES		4

/* How far behind the newest block a new one may lie, at most. */
#define LOG_NEAR		(PSTORE_MEDIA_SPARE_BLOCKS / 2)

/* How long to wait until a disk that refuses writes is tried again. */
#define LOG_RETRY_MIN_MS	1000U
#define LOG_RETRY_MAX_MS	60000U

/* Bits of pstore_log.flags. */
#define LOG_ARMED		0	/* the work has been asked for */
#define LOG_URGENT		1	/* and should not wait */

/* A message on its way, on its writer's stack. */
struct log_waiter {
	struct list_head	node;
	u64			end;
	int			ret;
	bool			done;
};

static const char * const log_names[] = {
	[PSTORE_TYPE_CONSOLE]	= "console",
	[PSTORE_TYPE_FTRACE]	= "ftrace",
	[PSTORE_TYPE_PMSG]	= "pmsg",
};

/* Return: what the stream is called, for messages. */
const char *pstore_log_name(u32 type)
{
	return log_names[type];
}

/* Does stream @log have a place on the media? */
bool pstore_log_active(const struct pstore_log *log)
{
	return log->buf;
}

/*
 * The stream of type @type.
 *
 * Context: Any, NMI too.
 * Return: the stream, or NULL when there is none.
 */
struct pstore_log *pstore_log_find(struct pstore_area *area, u32 type)
{
	unsigned int i;

	for (i = 0; i < PSTORE_LOGS; i++)
		if (pstore_log_active(&area->logs[i]) &&
		    area->logs[i].region.type == type)
			return &area->logs[i];
	return NULL;
}

/*
 * What another CPU makes of an offset, which it may be changing or have died while
 * it did: a 32-bit CPU stores and loads both halves one after the other. The lower
 * one is right, old or new, and the upper one follows from any offset @near that is
 * less than 2 GiB away. The stream has the bytes up to what this returns of @head.
 *
 * Context: Any, panic context too.
 * Return: the offset.
 */
u64 pstore_log_seen(const u64 *offset, u64 near)
{
	u64 seen = near + (long)(READ_ONCE(*offset) - near);

	smp_rmb(); /* before the bytes; pairs with log_publish() */
	return seen;
}

/* Bytes were added up to @head: others may see them. */
static void log_publish(struct pstore_log *log, u64 head)
{
	smp_wmb(); /* after the bytes; pairs with pstore_log_seen() */
	WRITE_ONCE(log->head, head);
}

/* The ring in memory. */

static void ring_put(struct pstore_log *log, u64 pos, const void *data, size_t n)
{
	u32 at = pos & (log->size - 1);
	size_t first = min_t(size_t, n, log->size - at);

	memcpy(log->buf + at, data, first);
	memcpy(log->buf, data + first, n - first);
}

static void ring_get(const struct pstore_log *log, u64 pos, void *data, size_t n)
{
	u32 at = pos & (log->size - 1);
	size_t first = min_t(size_t, n, log->size - at);

	memcpy(data, log->buf + at, first);
	memcpy(data + first, log->buf, n - first);
}

/*
 * Add bytes at the front of the ring. What is written over is lost, unless it has
 * reached the media. One at a time: the caller is the only one who adds, or the
 * only one left.
 *
 * Context: Any, panic context too.
 */
void pstore_log_push(struct pstore_log *log, const void *data, size_t n)
{
	u64 head = log->head;

	if (n > log->size) {
		head += n - log->size;
		data += n - log->size;
		n = log->size;
	}
	WRITE_ONCE(log->reserved, head + n);
	smp_wmb(); /* before the bytes change; pairs with ring_has_lost() */
	ring_put(log, head, data, n);
	log_publish(log, head + n);
}

/* Have the bytes from @pos on been written over while they were copied? */
static bool ring_has_lost(const struct pstore_log *log, u64 pos)
{
	smp_rmb(); /* after the bytes were copied; pairs with pstore_log_push() */
	return pstore_log_seen(&log->reserved, pos) - pos > log->size;
}

/* Where on the media. */

/* Take up to *@nr blocks in a row for new bytes. Return: the first one. */
static u32 place_take(struct pstore_log_place *p, u32 blocks, u32 *nr)
{
	u32 i, pos, run = *nr;

	if (p->next >= blocks)
		p->next = 0;
	/* Clear of the pair: twice, for both may be next to each other. */
	for (i = 0; i < 2; i++)
		if (p->next == p->pair[0] || p->next == p->pair[1])
			p->next = (p->next + 1) % blocks;
	pos = p->next;
	run = min(run, blocks - pos);
	for (i = 0; i < 2; i++)
		if (p->pair[i] > pos)
			run = min(run, p->pair[i] - pos);
	WRITE_ONCE(p->next, pos + run);
	*nr = run;
	return pos;
}

/*
 * The place of the pair that is free. One that has been left far behind is not
 * used any more: the ring would soon come round to it, and drop new bytes.
 */
static u32 place_spare(struct pstore_log_place *p, u32 blocks)
{
	u32 *spare = &p->pair[!p->in_use], one = 1;

	if (*spare == PSTORE_LOG_NONE ||
	    (p->next + blocks - *spare) % blocks > LOG_NEAR)
		*spare = place_take(p, blocks, &one);
	return *spare;
}

/*
 * Decide about the next write, given that the stream reaches up to @to.
 *
 * Context: Any, panic context too.
 */
void pstore_log_plan(const struct pstore_log *log, struct pstore_log_place *p,
		     u64 to, u32 max_blocks, struct pstore_log_step *step)
{
	u64 fresh = to - p->durable;

	step->continues = p->tail < p->durable && to - p->tail <= log->payload;
	step->from = step->continues ? p->tail : p->durable;
	step->nr = 1;
	if (fresh <= log->payload) {
		step->pos = place_spare(p, log->blocks);
	} else {
		step->nr = min_t(u64, DIV_ROUND_UP_ULL(fresh, log->payload),
				 max_blocks);
		step->pos = place_take(p, log->blocks, &step->nr);
	}
	step->bytes = min_t(u64, to - step->from, step->nr * log->payload);
}

/*
 * A write has reached the media.
 *
 * Context: Any, panic context too.
 */
void pstore_log_written(const struct pstore_log *log,
			struct pstore_log_place *p,
			const struct pstore_log_step *step)
{
	u32 last = step->nr - 1;

	if (step->pos == p->pair[!p->in_use]) {
		/* What is in the other place has been continued, or is full. */
		p->in_use = !p->in_use;
		if (!step->continues)
			p->pair[!p->in_use] = PSTORE_LOG_NONE;
	} else {
		p->pair[p->in_use] = step->pos + last;
	}
	p->tail = step->from + (u64)last * log->payload;
	p->durable = step->from + step->bytes;
}

/* A write has failed. Its place may be bad: the next one goes elsewhere. */
void pstore_log_not_written(struct pstore_log_place *p,
			    const struct pstore_log_step *step)
{
	if (step->pos == p->pair[!p->in_use])
		p->pair[!p->in_use] = PSTORE_LOG_NONE;
}

/*
 * Make the blocks of a write, which are part of the append that began at @begin.
 * They count if it is there up to @end; with 0, up to the end of each block.
 *
 * Context: Any, panic context too.
 * Return: their size.
 */
size_t pstore_log_encode(const struct pstore_log *log, void *image,
			 const struct pstore_log_place *p,
			 const struct pstore_log_step *step, u64 begin, u64 end)
{
	u32 unit = log->region.unit_bytes, i, left = step->bytes;

	for (i = 0; i < step->nr; i++, image += unit) {
		struct pstore_block_info info = {
			.offset	= step->from + (u64)i * log->payload,
			.bytes	= min(left, log->payload),
			.next	= p->next,
		};

		info.begin = begin;
		info.end = end ?: info.offset + info.bytes;
		ring_get(log, info.offset,
			 image + PSTORE_MEDIA_STREAM_HEADER_BYTES, info.bytes);
		pstore_media_encode_block(image, log->layout,
					  &log->heads[log->bank], unit, &info);
		left -= info.bytes;
	}
	return (size_t)step->nr * unit;
}

/*
 * Where block @block of the bank that is written to lies.
 *
 * Context: Any, panic context too.
 */
u64 pstore_log_pos(const struct pstore_log *log, u32 block)
{
	return pstore_media_block_pos(&log->region, log->bank, block);
}

/* The heads of the banks. */

static size_t log_head_bytes(const struct pstore_log *log)
{
	return max_t(size_t, log->area->storage->write_unit,
		     PSTORE_MEDIA_HEADER_BYTES);
}

/*
 * Make the head of bank @bank, or blank if it has none.
 *
 * Context: Any, panic context too.
 * Return: its size.
 */
size_t pstore_log_encode_head(const struct pstore_log *log, unsigned int bank,
			      void *image)
{
	size_t len = log_head_bytes(log);

	memset(image, 0, len);
	if (log->heads[bank].state)
		pstore_media_encode_record(image, log->layout,
					   &log->heads[bank]);
	return len;
}

/*
 * The head of the stream is about to be written: from now on, it has bytes.
 *
 * Context: Any, panic context too.
 */
void pstore_log_stamp_head(struct pstore_log *log)
{
	struct timespec64 now = ns_to_timespec64(ktime_get_real_fast_ns());

	log->heads[log->bank].time_sec = now.tv_sec;
	log->heads[log->bank].time_nsec = now.tv_nsec;
}

static int log_write_head(struct pstore_log *log, unsigned int bank)
{
	struct pstore_storage *st = log->area->storage;
	size_t len = pstore_log_encode_head(log, bank, log->image);
	int ret = st->ops->write(st, pstore_media_bank_pos(&log->region, bank),
				 log->image, len);

	if (ret)
		atomic_inc(&log->area->stats.io_errors);
	return ret;
}

static void log_read_head(struct pstore_log *log, unsigned int bank)
{
	struct pstore_record_info *head = &log->heads[bank];
	struct pstore_storage *st = log->area->storage;

	memset(head, 0, sizeof(*head));
	if (st->ops->read(st, pstore_media_bank_pos(&log->region, bank),
			  log->image, log_head_bytes(log))) {
		atomic_inc(&log->area->stats.io_errors);
		return;
	}
	if (pstore_media_decode_record(log->image, log->layout,
				       PSTORE_MEDIA_BLOCK_BYTES, head) ||
	    head->type != log->region.type)
		memset(head, 0, sizeof(*head));
}

/* From the ring to the media. */

/* Bytes that cannot be written are passed over: their offsets stay unused. */
static void log_give_up(struct pstore_log *log, u64 to)
{
	struct pstore_log_place *p = &log->place;

	to = max(to, p->durable);
	atomic64_add(to - p->durable, &log->stats.lost);
	p->durable = to;
	p->tail = to;
}

static void log_give_up_lost(struct pstore_log *log)
{
	log_give_up(log, pstore_log_seen(&log->reserved, log->place.durable) -
			 log->size);
}

/* Once when it begins to fail, and once when it works again. */
static void log_report(struct pstore_log *log, int err)
{
	const char *device = log->area->storage->device;
	const char *name = pstore_log_name(log->region.type);

	if (err && !log->reported)
		pr_err("%s: the %s log is not written (error %d); what is lost is counted until it is written again\n",
		       device, name, err);
	if (!err && log->reported)
		pr_info("%s: the %s log is written again; %lld bytes of it were lost so far\n",
			device, name, atomic64_read(&log->stats.lost));
	log->reported = err;
}

/*
 * One write to the device, as part of the append that ends at @end; with 0, of
 * none but itself. Return: 0, or -errno after a few tries; -ESHUTDOWN once the
 * panic path has written the stream, which it goes on to do in the same blocks.
 */
static int log_write(struct pstore_log *log, u64 to, u64 end)
{
	struct pstore_storage *st = log->area->storage;
	struct pstore_log_place *p = &log->place;
	struct pstore_log_step step;
	unsigned int tries;
	size_t len;
	int ret = -EIO;

	if (READ_ONCE(log->area->panic_logs))
		return -ESHUTDOWN;
	if (ring_has_lost(log, p->durable))
		log_give_up_lost(log);
	for (tries = 0; tries < LOG_TRIES; tries++) {
		/* Where a run of blocks is refused, one may do. */
		pstore_log_plan(log, p, to, tries ? 1 :
				LOG_IMAGE / log->region.unit_bytes, &step);
		len = pstore_log_encode(log, log->image, p, &step,
					end ? log->begin : p->durable, end);
		if (ring_has_lost(log, step.from)) {
			log_give_up_lost(log);
			return 0;
		}
		ret = st->ops->write(st, pstore_log_pos(log, step.pos),
				     log->image, len);
		if (!ret) {
			pstore_log_written(log, p, &step);
			atomic64_add(len, &log->stats.written);
			return 0;
		}
		atomic_inc(&log->area->stats.io_errors);
		pstore_log_not_written(p, &step);
	}
	return ret;
}

/* Tell those whose messages end up to @to. */
static void log_wake(struct pstore_log *log, u64 to, int ret)
{
	struct log_waiter *w, *next;

	spin_lock(&log->waiters_lock);
	list_for_each_entry_safe(w, next, &log->waiters, node) {
		if (w->end > to)
			continue;
		list_del(&w->node);
		w->ret = ret;
		w->done = true;
	}
	spin_unlock(&log->waiters_lock);
}

/*
 * Write the ring's bytes up to @to. They are part of an append that ends at
 * @end; with 0, of none. Return: 0 or -errno, and the bytes are passed over.
 */
static int log_flush(struct pstore_log *log, u64 to, u64 end)
{
	int ret = 0;

	lockdep_assert_held(&log->lock);
	while (!ret && log->place.durable < to)
		ret = log_write(log, to, end);
	if (!ret && !log->headed) {
		pstore_log_stamp_head(log);
		ret = log_write_head(log, log->bank);
	}
	if (ret == -ESHUTDOWN) {
		log_wake(log, to, ret);
		return ret;
	}
	if (ret)
		log_give_up(log, to);
	log_report(log, ret);
	log->headed |= !ret;
	if (!end || end == to)
		log->begin = to;
	log_wake(log, to, ret);
	return ret;
}

static bool log_is_whole(const struct pstore_log *log)
{
	return log->region.type == PSTORE_MEDIA_REGION_PMSG;
}

static int log_flush_all(struct pstore_log *log)
{
	u64 to = pstore_log_seen(&log->head, log->place.durable);

	if (to <= log->place.durable)
		return 0;
	return log_flush(log, to, log_is_whole(log) ? log->open_end ?: to : 0);
}

/*
 * A disk that refuses writes may have its driver print something each time, which
 * ends up here again. So it is asked less and less often.
 */
static void log_back_off(struct pstore_log *log)
{
	unsigned int delay = max(2 * log->delay_ms, LOG_RETRY_MIN_MS);

	log->delay_ms = log->reported ? min(delay, LOG_RETRY_MAX_MS) : 0;
}

static void log_flush_now(struct pstore_log *log)
{
	bool trace = log->region.type == PSTORE_MEDIA_REGION_FTRACE;
	u64 before = log->place.durable;
	bool more = false;

	lockdep_assert_held(&log->lock);
	clear_bit(LOG_URGENT, &log->flags);
	clear_bit(LOG_ARMED, &log->flags);
	smp_mb__after_atomic(); /* who adds bytes now asks for the work again */
	if (trace)
		pstore_trace_begin(log->area);
	do {
		if (trace)
			more = pstore_trace_drain(log->area, log);
	} while (!log_flush_all(log) && more);
	if (log->place.durable != before)
		log_back_off(log);
}

static void log_work(struct work_struct *work)
{
	struct pstore_log *log = container_of(work, struct pstore_log,
					      work.work);

	guard(mutex)(&log->lock);
	log_flush_now(log);
}

static unsigned long log_delay(const struct pstore_log *log)
{
	return msecs_to_jiffies(log->flush_ms + READ_ONCE(log->delay_ms));
}

/* Of several workers that come, one finds that there is something to do. */
static void log_flush_urgent(struct pstore_log *log)
{
	guard(mutex)(&log->lock);
	if (!test_bit(LOG_URGENT, &log->flags))
		return;
	/* Its timer may be that of a stuck CPU, and as long as it is set, no other is. */
	cancel_delayed_work(&log->work);
	log_flush_now(log);
}

/* On this CPU, since the one that minds the timers of idle CPUs may be stuck. */
static void log_set_off(struct pstore_log *log)
{
	guard(preempt)();
	queue_delayed_work_on(smp_processor_id(), pstore_zone_wq, &log->work,
			      log_delay(log));
}

static void log_run(struct pstore_workers *workers)
{
	struct pstore_log *log = container_of(workers, struct pstore_log,
					      workers);

	if (test_bit(LOG_URGENT, &log->flags))
		log_flush_urgent(log);
	else if (test_bit(LOG_ARMED, &log->flags))
		log_set_off(log);
}

/*
 * Write what the stream has, at once.
 *
 * Context: Any, NMI too.
 */
void pstore_log_kick(struct pstore_log *log)
{
	smp_mb__before_atomic(); /* what was added is there for who sees the bit */
	set_bit(LOG_URGENT, &log->flags);
	pstore_workers_ask(&log->workers);
}

static void log_set_due(struct pstore_log *log)
{
	WRITE_ONCE(log->due, jiffies + log_delay(log) + HZ);
}

/* Has a CPU been asked for what it does not do? It may be stuck since. */
static bool log_is_overdue(struct pstore_log *log)
{
	if (time_before(jiffies, READ_ONCE(log->due)))
		return false;
	log_set_due(log);
	return true;
}

/* In a panic, there are no workers any more. */
static void log_arm(struct pstore_log *log)
{
	if (READ_ONCE(log->area->panic_logs))
		return;
	if (log->head - READ_ONCE(log->place.durable) > log->size / 2 &&
	    !READ_ONCE(log->delay_ms)) {
		pstore_log_kick(log);
	} else if (!test_and_set_bit(LOG_ARMED, &log->flags)) {
		log_set_due(log);
		pstore_workers_ask(&log->workers);
	} else if (log_is_overdue(log)) {
		pstore_log_kick(log);
	}
}

/*
 * Add bytes, to be written soon. One at a time, as for pstore_log_push().
 *
 * Context: Any, NMI too.
 */
void pstore_log_put(struct pstore_log *log, const void *data, size_t n)
{
	pstore_log_push(log, data, n);
	log_arm(log);
}

/* Messages from user space. */

/* How many bytes can come in without any being lost. */
static size_t log_room(const struct pstore_log *log)
{
	return log->size - (log->head - READ_ONCE(log->place.tail));
}

static int log_push_iter(struct pstore_log *log, struct iov_iter *from, size_t n)
{
	u32 at = log->head & (log->size - 1);
	size_t first = min_t(size_t, n, log->size - at);

	if (!copy_from_iter_full(log->buf + at, first, from) ||
	    !copy_from_iter_full(log->buf, n - first, from))
		return -EFAULT;
	WRITE_ONCE(log->reserved, log->head + n);
	log_publish(log, log->head + n);
	return 0;
}

/* Begin a message that comes in piece by piece, or, with 0, end it. */
static void log_set_open(struct pstore_log *log, u64 end)
{
	guard(mutex)(&log->lock);
	WRITE_ONCE(log->open_end, end);
}

/* A message is not whole. Nothing may ever take the place of what is missing. */
static void log_abandon(struct pstore_log *log, u64 end)
{
	guard(mutex)(&log->lock);
	log->reserved = end;
	log->head = end;
	log_give_up(log, end);
	log->begin = end;
	WRITE_ONCE(log->open_end, 0);
}

/*
 * A message that is larger than the ring, piece by piece. @lock is not held while
 * bytes are fetched from user space, which may take any time.
 */
static int log_write_large(struct pstore_log *log, struct iov_iter *from)
{
	u64 end = log->head + iov_iter_count(from);
	int ret = 0;

	lockdep_assert_held(&log->fill);
	log_set_open(log, end);
	while (!ret && iov_iter_count(from)) {
		ret = log_push_iter(log, from, min(iov_iter_count(from),
						   log_room(log)));
		if (ret)
			break;
		scoped_guard(mutex, &log->lock)
			ret = log_flush_all(log);
	}
	/* In a panic, it stays as it is: begun and never ended. */
	if (ret && ret != -ESHUTDOWN)
		log_abandon(log, end);
	else if (!ret)
		log_set_open(log, 0);
	return ret;
}

/* Nobody waits for this message: take it off the list. */
static void log_forget(struct pstore_log *log, struct log_waiter *w)
{
	spin_lock(&log->waiters_lock);
	if (!w->done)
		list_del(&w->node);
	w->done = true;
	spin_unlock(&log->waiters_lock);
}

/* Add a message. Return: 0, -errno, or -EAGAIN when the ring has to be flushed. */
static int log_add_message(struct pstore_log *log, struct log_waiter *w,
			   struct iov_iter *from)
{
	int ret;

	lockdep_assert_held(&log->fill);
	if (iov_iter_count(from) > log_room(log))
		return -EAGAIN;
	/* Before the bytes can be seen: they may be written any moment after. */
	w->end = log->head + iov_iter_count(from);
	spin_lock(&log->waiters_lock);
	list_add_tail(&w->node, &log->waiters);
	spin_unlock(&log->waiters_lock);
	ret = log_push_iter(log, from, iov_iter_count(from));
	if (ret)
		log_forget(log, w);
	return ret;
}

/* Make room for a message, or write it right away. Return: as above. */
static int log_add_slowly(struct pstore_log *log, struct log_waiter *w,
			  struct iov_iter *from)
{
	scoped_guard(mutex, &log->lock)
		log_flush_all(log);
	w->done = iov_iter_count(from) > log_room(log);
	return w->done ? log_write_large(log, from) :
			 log_add_message(log, w, from);
}

static int log_add(struct pstore_log *log, struct log_waiter *w,
		   struct iov_iter *from)
{
	int ret;

	guard(mutex)(&log->fill);
	ret = log_add_message(log, w, from);
	return ret == -EAGAIN ? log_add_slowly(log, w, from) : ret;
}

/*
 * Add a message, and return when it is durable, or at once if the user has chosen
 * to have it written later. It is whole on the media or not there at all.
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOSPC when it is larger than the stream may become; -EFAULT; or
 *	the device's error.
 */
int pstore_log_write(struct pstore_log *log, struct iov_iter *from)
{
	struct log_waiter w = {};
	int ret;

	if (iov_iter_count(from) > pstore_media_stream_bytes(&log->region))
		return -ENOSPC;
	ret = log_add(log, &w, from);
	if (ret)
		return ret;
	if (log->flush_ms) {
		log_forget(log, &w);
		log_arm(log);
		return w.ret;
	}
	guard(mutex)(&log->lock);
	if (!w.done)
		log_flush_all(log);
	return w.ret;
}

/* From the media. */

/* The blocks of a bank. */
struct log_bank {
	void			 *data;
	struct pstore_block_info *blocks;	/* the valid ones */
	u32			 nr;
};

static void log_bank_free(struct log_bank *b)
{
	kvfree(b->data);
	kvfree(b->blocks);
}

/* What cannot be read counts as blank. */
static void log_bank_read(struct pstore_log *log, unsigned int bank,
			  struct log_bank *b, size_t bytes)
{
	unsigned int errors = 0;
	struct pstore_storage *st = log->area->storage;
	u64 pos = pstore_media_block_pos(&log->region, bank, 0);
	u32 unit = max(log->region.unit_bytes, st->write_unit);
	size_t done, n, step;

	for (done = 0; done < bytes; done += n) {
		n = min_t(size_t, bytes - done, LOG_CHUNK);
		if (!st->ops->read(st, pos + done, b->data + done, n))
			continue;
		/* Something in there is bad: as much as there is. */
		for (step = 0; step < n; step += unit) {
			if (errors < LOG_MAX_ERRORS &&
			    !st->ops->read(st, pos + done + step,
					   b->data + done + step, unit))
				continue;
			errors++;
			memset(b->data + done + step, 0, unit);
			atomic_inc(&log->area->stats.io_errors);
		}
		cond_resched();
	}
}

static void log_bank_decode(struct pstore_log *log, unsigned int bank,
			    struct log_bank *b)
{
	u32 unit = log->region.unit_bytes, i;

	for (i = 0; i < log->blocks; i++) {
		struct pstore_block_info *info = &b->blocks[b->nr];

		if (pstore_media_decode_block(b->data + (size_t)i * unit,
					      log->layout, &log->heads[bank],
					      unit, info))
			continue;
		info->block = i;
		b->nr++;
		cond_resched();
	}
	sort(b->blocks, b->nr, sizeof(*b->blocks), pstore_media_block_cmp,
	     NULL);
}

/* Read a whole bank. It is freed with log_bank_free(), on failure too. */
static int log_bank_load(struct pstore_log *log, unsigned int bank,
			 struct log_bank *b)
{
	size_t bytes = round_up((size_t)log->blocks * log->region.unit_bytes,
				log->area->storage->write_unit);

	memset(b, 0, sizeof(*b));
	b->data = kvmalloc(bytes, GFP_KERNEL);
	b->blocks = kvmalloc_array(log->blocks, sizeof(*b->blocks), GFP_KERNEL);
	if (!b->data || !b->blocks)
		return -ENOMEM;
	log_bank_read(log, bank, b, bytes);
	log_bank_decode(log, bank, b);
	return 0;
}

/* The block that reaches furthest. */
static const struct pstore_block_info *log_bank_newest(const struct log_bank *b)
{
	const struct pstore_block_info *newest = b->blocks;
	u32 i;

	for (i = 1; i < b->nr; i++)
		if (b->blocks[i].offset + b->blocks[i].bytes >
		    newest->offset + newest->bytes)
			newest = &b->blocks[i];
	return newest;
}

static char *log_bank_text(const struct pstore_log *log,
			   const struct log_bank *b, u32 bytes)
{
	char *text = kvmalloc(bytes, GFP_KERNEL), *at = text;
	u32 i;

	for (i = 0; text && i < b->nr; i++) {
		const struct pstore_block_info *info = &b->blocks[i];

		memcpy(at, b->data +
			   (size_t)info->block * log->region.unit_bytes +
			   PSTORE_MEDIA_STREAM_HEADER_BYTES + info->skip,
		       info->take);
		at += info->take;
	}
	return text;
}

/*
 * Read what is in a bank, oldest byte first. With @end, also where the stream
 * ends. @text is for the caller to kvfree().
 */
static ssize_t log_read_bank(struct pstore_log *log, unsigned int bank,
			     char **text, u64 *end)
{
	u32 limit = pstore_media_stream_bytes(&log->region);
	struct log_bank b;
	ssize_t ret = log_bank_load(log, bank, &b);

	if (!ret)
		ret = pstore_media_assemble(b.blocks, b.nr, limit);
	if (ret > 0) {
		*text = log_bank_text(log, &b, ret);
		if (!*text)
			ret = -ENOMEM;
		*end = log_bank_newest(&b)->offset + log_bank_newest(&b)->bytes;
	}
	log_bank_free(&b);
	return ret;
}

static bool log_head_is_live(const struct pstore_log *log, unsigned int bank)
{
	return log->heads[bank].state == PSTORE_MEDIA_LIVE;
}

/*
 * Read what the boot before this one has left. @text is for the caller to
 * kvfree(), and @head tells when that boot began to write.
 *
 * Context: Process context, may sleep.
 * Return: its size in bytes, 0 when there is nothing, or -ENOMEM.
 */
ssize_t pstore_log_read(struct pstore_log *log, char **text,
			const struct pstore_record_info **head)
{
	unsigned int bank = !log->bank;
	u64 end;

	*head = &log->heads[bank];
	if (!log_head_is_live(log, bank))
		return 0;
	return log_read_bank(log, bank, text, &end);
}

/*
 * Remove what the boot before this one has left, and return when that is durable.
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOENT when there is nothing, or the device's error.
 */
int pstore_log_erase(struct pstore_log *log)
{
	unsigned int bank = !log->bank;
	int ret;

	guard(mutex)(&log->lock);
	if (!log_head_is_live(log, bank))
		return -ENOENT;
	log->heads[bank].state = PSTORE_MEDIA_ERASED;
	ret = log_write_head(log, bank);
	if (ret)
		log->heads[bank].state = PSTORE_MEDIA_LIVE;
	return ret;
}

/* The beginning and the end. */

static void log_place_init(struct pstore_log_place *p, u64 offset, u32 next)
{
	*p = (struct pstore_log_place) {
		.pair	 = { PSTORE_LOG_NONE, PSTORE_LOG_NONE },
		.durable = offset,
		.tail	 = offset,
		.next	 = next,
	};
}

static void log_begin_at(struct pstore_log *log, u64 offset, u32 next)
{
	log_place_init(&log->place, offset, next);
	log->begin = offset;
	log->reserved = offset;
	log->head = offset;
}

/*
 * What a panic works with: new blocks behind all that may be under way. What is
 * known to be durable lies up to LOG_NEAR blocks behind those, so a panic comes
 * round to it last, if it writes that much.
 *
 * A 32-bit CPU may have died between both halves of a store to place.durable,
 * as the stream passed a multiple of 4 GiB. Then these offsets are 4 GiB off, and
 * all others here follow them: bytes that the stream had before may not be shown,
 * or those of this panic in their place. Crash records have no part in that.
 *
 * Context: Panic context.
 */
void pstore_log_panic_place(const struct pstore_log *log,
			    struct pstore_log_place *p)
{
	log_place_init(p, READ_ONCE(log->place.durable),
		       READ_ONCE(log->place.next));
}

/* A place whose bytes are elsewhere, too: behind a longer block of the same offset. */
static u32 log_bank_spare(const struct log_bank *b)
{
	u32 i;

	for (i = b->nr; i > 1; i--)
		if (b->blocks[i - 1].offset == b->blocks[i - 2].offset)
			return b->blocks[i - 1].block;
	return PSTORE_LOG_NONE;
}

/* Go on in the block that was begun last, unless it was not finished. */
static void log_resume_tail(struct pstore_log *log, const struct log_bank *b,
			    const struct pstore_block_info *newest)
{
	struct pstore_log_place *p = &log->place;

	if (log->head != newest->offset + newest->bytes)
		return;
	ring_put(log, newest->offset,
		 b->data + (size_t)newest->block * log->region.unit_bytes +
		 PSTORE_MEDIA_STREAM_HEADER_BYTES, newest->bytes);
	p->tail = newest->offset;
	p->pair[p->in_use] = newest->block;
	p->pair[!p->in_use] = log_bank_spare(b);
}

/* This boot has written here before: go on behind that. */
static int log_resume(struct pstore_log *log)
{
	const struct pstore_block_info *newest;
	struct log_bank b;
	int ret = log_bank_load(log, log->bank, &b);
	u64 end = 0;
	u32 i;

	log_begin_at(log, 0, 0);
	if (!ret && b.nr) {
		/* What was not finished keeps its offsets. */
		for (i = 0; i < b.nr; i++)
			end = max(end, b.blocks[i].end);
		newest = log_bank_newest(&b);
		log_begin_at(log, end, newest->next);
		log_resume_tail(log, &b, newest);
	}
	log_bank_free(&b);
	log->headed = true;
	return ret;
}

/* Take the older bank for this boot. Its head comes with the first bytes. */
static int log_take_bank(struct pstore_log *log, unsigned int bank, u64 number)
{
	struct pstore_record_info *head = &log->heads[bank];

	log->bank = bank;
	memset(head, 0, sizeof(*head));
	head->state = PSTORE_MEDIA_LIVE;
	head->type = log->region.type;
	head->seq = number;
	memcpy(head->boot_id, log->area->boot_id, sizeof(head->boot_id));
	strscpy_pad(head->release, init_utsname()->release,
		    sizeof(head->release));
	strscpy_pad(head->machine, init_utsname()->machine,
		    sizeof(head->machine));
	head->kernel_offset = log->area->note.kernel_offset;
	memcpy(head->build_id, log->area->note.build_id,
	       sizeof(head->build_id));
	log_begin_at(log, 0, 0);
	return 0;
}

static unsigned int log_newest_bank(const struct pstore_log *log)
{
	if (!log->heads[0].state)
		return 1;
	return log->heads[1].state && log->heads[1].seq > log->heads[0].seq;
}

static bool log_is_ours(const struct pstore_log *log, unsigned int bank)
{
	return !memcmp(log->heads[bank].boot_id, log->area->boot_id,
		       sizeof(log->area->boot_id));
}

/*
 * Does the stream hold anything that nobody has removed? What is older than the
 * boot before this one is due to go anyway.
 *
 * Context: Process context. Nothing has been started yet.
 */
bool pstore_log_has_live(const struct pstore_log *log)
{
	unsigned int newest = log_newest_bank(log);

	return log_head_is_live(log, newest) ||
	       (log_is_ours(log, newest) && log_head_is_live(log, !newest));
}

/*
 * Get ready to write: to the bank that this boot has already written to, or to
 * the older one.
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM or the device's error.
 */
int pstore_log_start(struct pstore_log *log)
{
	unsigned int newest = log_newest_bank(log);
	const struct pstore_record_info *head = &log->heads[newest];
	int ret;

	log->bank = newest;
	if (log_head_is_live(log, newest) && log_is_ours(log, newest))
		ret = log_resume(log);
	else
		ret = log_take_bank(log, !newest, head->seq + 1);
	log->started = !ret;
	return ret;
}

/*
 * Make @log ready for the stream in @region, as @layout has it. Nothing is
 * written before pstore_log_start().
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM; pstore_log_exit() is to be called either way.
 */
int pstore_log_init(struct pstore_log *log, struct pstore_area *area,
		    const struct pstore_layout *layout,
		    const struct pstore_region *region)
{
	u32 want = min_t(u32, pstore_media_stream_bytes(region), LOG_MAX_RING);
	unsigned int bank;

	memset(log, 0, sizeof(*log));
	log->area = area;
	log->layout = layout;
	log->region = *region;
	log->blocks = pstore_media_bank_blocks(region);
	log->payload = region->unit_bytes - PSTORE_MEDIA_STREAM_HEADER_BYTES;
	log->size = roundup_pow_of_two(max_t(u32, want, LOG_MIN_RING));
	mutex_init(&log->fill);
	mutex_init(&log->lock);
	spin_lock_init(&log->waiters_lock);
	INIT_LIST_HEAD(&log->waiters);
	INIT_DELAYED_WORK(&log->work, log_work);
	log->image = kvmalloc(LOG_IMAGE, GFP_KERNEL);
	log->buf = kvmalloc(log->size, GFP_KERNEL);
	if (!log->image || !log->buf ||
	    pstore_workers_init(&log->workers, log_run))
		return -ENOMEM;
	for (bank = 0; bank < PSTORE_MEDIA_BANKS; bank++)
		log_read_head(log, bank);
	/* As long as nothing is written, the newest one is the one to show. */
	log->bank = !log_newest_bank(log);
	return 0;
}

/*
 * Write what is left, and give back what a stream holds.
 *
 * Context: Process context, may sleep. Nobody adds any more.
 */
void pstore_log_exit(struct pstore_log *log)
{
	if (pstore_log_active(log)) {
		/* These first, as they set the work off. */
		pstore_workers_exit(&log->workers);
		cancel_delayed_work_sync(&log->work);
		scoped_guard(mutex, &log->lock)
			log_flush_all(log);
	}
	kvfree(log->image);
	kvfree(log->buf);
	log->image = NULL;
	log->buf = NULL;
}

/* Add bytes that the old layout has, and write them. */
static int log_append(struct pstore_log *log, const char *text, size_t len)
{
	int ret = 0;

	guard(mutex)(&log->lock);
	while (!ret && len) {
		size_t n = min_t(size_t, len, log->size / 2);

		pstore_log_push(log, text, n);
		ret = log_flush_all(log);
		text += n;
		len -= n;
	}
	return ret;
}

static int log_copy_bank(struct pstore_log *to, struct pstore_log *from,
			 unsigned int bank)
{
	char *text = NULL;
	u64 end = 0;
	ssize_t len;
	int ret;

	to->bank = bank;
	to->headed = true; /* it follows below */
	to->heads[bank] = from->heads[bank];
	len = log_head_is_live(from, bank) ?
	      log_read_bank(from, bank, &text, &end) : 0;
	if (len < 0)
		return len;
	log_begin_at(to, end - len, 0);
	ret = log_append(to, text, len);
	kvfree(text);
	return ret ?: log_write_head(to, bank);
}

/*
 * Copy a stream from one layout to another, both banks of it. What is left from an
 * attempt that was cut short does not count any more.
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM or the device's error.
 */
int pstore_log_copy(struct pstore_log *to, struct pstore_log *from)
{
	unsigned int bank;
	int ret = 0;

	for (bank = 0; bank < PSTORE_MEDIA_BANKS && !ret; bank++)
		ret = log_copy_bank(to, from, bank);
	return ret;
}
