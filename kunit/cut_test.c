// SPDX-License-Identifier: GPL-2.0
/*
 * Power cuts: in each write of many scripts, in each way.
 *
 * A script is a list of what may happen to an area: records, panics, messages,
 * console output, erases, reboots, parameters that change. A model keeps what was
 * acknowledged, and what was in flight. Before each write to the disk, the power
 * is cut: a second disk gets what is on the media and, of the sectors that were
 * on their way, one subset after the other: each one, where there are few; else
 * each beginning, each end, each one alone, all but one, and some by chance. The
 * next boot of the second disk must show all that was acknowledged, byte for
 * byte, and what was in flight as a whole or not at all; it must take new records
 * and logs; and the boot after that must show those.
 *
 * The first script is fixed, the others are made from their numbers. A failure
 * prints "cut S-W-T": the script, the write and the subset. Run it alone with
 * cut_test.replay=S-W-T.
 */
#include <kunit/test.h>
#include <linux/kmsg_dump.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pstore.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "../zone.h"
#include "sim.h"

#define CUT_SECTOR	512U
#define CUT_SLOT	4096U
#define CUT_DISK	(SZ_128K + SZ_64K)
#define CUT_KEEP	1792U		/* of each stream: four blocks */
#define CUT_MAX_RECORDS	256
#define CUT_PARTS	6		/* of a panic */
#define CUT_EXHAUSTIVE	5		/* sectors in flight, up to which all subsets */
#define CUT_CHANCES	8
#define CUT_STEPS	40		/* in a script that is made */
#define CUT_MAX_SECTORS	64
#define CUT_NO_RECORD	U64_MAX

static unsigned int scripts = 3;
module_param(scripts, uint, 0444);
MODULE_PARM_DESC(scripts, "how many scripts to run");

static unsigned int first;
module_param(first, uint, 0444);
MODULE_PARM_DESC(first, "number of the first script");

static char *replay = "";
module_param(replay, charp, 0444);
MODULE_PARM_DESC(replay, "run this power cut alone, as a failure has printed it");

enum cut_op {
	CUT_RECORD, CUT_ERASE_OLDEST, CUT_ERASE_NEWEST, CUT_MESSAGE,
	CUT_LARGE_MESSAGE, CUT_CONSOLE, CUT_ERASE_MESSAGES, CUT_PANIC,
	CUT_REATTACH, CUT_REBOOT, CUT_RESIZE, CUT_OP_COUNT,
};

/* Fills and wraps the ring, erases at both ends, wraps streams, begins anew. */
static const enum cut_op cut_script[CUT_STEPS] = {
	CUT_RECORD, CUT_MESSAGE, CUT_CONSOLE, CUT_MESSAGE, CUT_ERASE_OLDEST,
	CUT_MESSAGE, CUT_LARGE_MESSAGE, CUT_CONSOLE, CUT_PANIC, CUT_RECORD,
	CUT_CONSOLE, CUT_MESSAGE, CUT_REATTACH, CUT_MESSAGE, CUT_CONSOLE,
	CUT_LARGE_MESSAGE, CUT_LARGE_MESSAGE, CUT_MESSAGE, CUT_LARGE_MESSAGE,
	CUT_MESSAGE, CUT_REBOOT, CUT_RESIZE, CUT_RECORD, CUT_RECORD,
	CUT_ERASE_NEWEST, CUT_MESSAGE, CUT_ERASE_MESSAGES, CUT_CONSOLE,
	CUT_PANIC, CUT_RECORD, CUT_ERASE_OLDEST, CUT_RECORD, CUT_ERASE_OLDEST,
	CUT_MESSAGE, CUT_RESIZE, CUT_CONSOLE, CUT_REATTACH, CUT_MESSAGE,
	CUT_PANIC, CUT_CONSOLE,
};

/* What one boot has written to a stream. */
struct cut_stream {
	unsigned int	boot;	/* its bytes follow from this, see byte_at() */
	u64		acked;	/* up to here, durable */
	u64		flying;	/* up to here, maybe */
	bool		whole;	/* what is in flight is there as a whole, or not */
	u64		due;	/* so many of the oldest may have given way */
	bool		erased;
	bool		erasing;
};

/* The state that was acknowledged, and what is in flight. */
struct cut_model {
	unsigned int		text[CUT_MAX_RECORDS];	/* by number; 0: none */
	unsigned int		next_text;
	u64			next_seq;
	u64			doubtful;	/* from here on, */
	u64			doubtful_end;	/* up to here, there or not */
	unsigned int		boot;
	struct cut_stream	pmsg[2];	/* this boot's, the one's before */
	struct cut_stream	console[2];
};

/* The moment before a write. */
struct cut_moment {
	struct list_head	node;
	unsigned int		write;
	struct cut_model	model;
	struct pstore_storage	storage;
	u8			*media;
	unsigned int		nr;		/* sectors on their way */
	u64			sectors[CUT_MAX_SECTORS];
	u8			data[CUT_MAX_SECTORS][CUT_SECTOR];
};

/* A run of one script. */
struct cut {
	struct kunit		*test;
	struct sim		*sim;
	struct pstore_area	*area;
	struct cut_model	model;
	struct list_head	moments;	/* of the step that is being made */
	unsigned int		script;
	unsigned int		cuts;
	char			id[32];
};

static u32 cut_random(u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

/* Contents that tell which record, which boot and which place they are from. */

static char byte_at(unsigned int boot, u64 offset)
{
	return 'a' + (u8)(offset * 7 + offset / 26 + boot * 31) % 26;
}

static void bytes_fill(char *buf, unsigned int boot, u64 offset, size_t n)
{
	while (n--)
		*buf++ = byte_at(boot, offset++);
}

static bool bytes_are(const char *buf, unsigned int boot, u64 offset, size_t n)
{
	for (; n; n--, buf++, offset++)
		if (*buf != byte_at(boot, offset))
			return false;
	return true;
}

static size_t text_bytes(unsigned int id)
{
	return 1 + id * 977 % (CUT_SLOT - PSTORE_MEDIA_HEADER_BYTES);
}

static struct pstore_record text_record(struct pstore_area *area,
					unsigned int id,
					enum kmsg_dump_reason reason)
{
	struct pstore_record record = {
		.type	= PSTORE_TYPE_DMESG,
		.buf	= area->image + PSTORE_MEDIA_HEADER_BYTES,
		.size	= text_bytes(id),
		.count	= id,
		.part	= 1,
		.reason	= reason,
		.last	= true,
	};

	bytes_fill(record.buf, id, 0, record.size);
	return record;
}

static struct pstore_area *cut_attach(struct sim *sim, unsigned int boot)
{
	u8 boot_id[PSTORE_MEDIA_ID_BYTES] = { 'c', 'u', 't', boot };

	return pstore_area_attach(&sim->storage, boot_id);
}

/* Steps of a script, in the model and on the disk. */

static void model_doubt(struct cut_model *m, u64 from, u64 to)
{
	m->doubtful = from;
	m->doubtful_end = to;
}

static void model_trust(struct cut_model *m)
{
	model_doubt(m, CUT_NO_RECORD, CUT_NO_RECORD);
}

/* A record is about to be written, and other ones may be in doubt. */
static unsigned int model_add(struct cut_model *m)
{
	u64 seq = m->next_seq++;

	m->text[seq] = m->next_text++;
	model_doubt(m, min(m->doubtful, seq), m->next_seq);
	return m->text[seq];
}

static int step_record(struct cut *c)
{
	struct cut_model *m = &c->model;
	struct pstore_record_info info;
	struct pstore_record record;
	int ret;

	record = text_record(c->area, model_add(m), KMSG_DUMP_OOPS);
	pstore_area_describe(c->area, &record, &info);
	ret = pstore_slots_write(c->area, c->area->image, &info);
	model_trust(m);
	return ret;
}

static u64 model_oldest(const struct cut *c, const struct cut_model *m)
{
	u64 nr = c->area->slots.nr;
	u64 first_seq = c->area->slots.region.first_seq;

	return m->next_seq > first_seq + nr ? m->next_seq - nr : first_seq;
}

static int step_erase(struct cut *c, bool newest)
{
	struct cut_model *m = &c->model;
	u64 seq, found = CUT_NO_RECORD;
	int ret;

	for (seq = model_oldest(c, m); seq < m->next_seq; seq++)
		if (m->text[seq] && (newest || found == CUT_NO_RECORD))
			found = seq;
	if (found == CUT_NO_RECORD)
		return 0;
	model_doubt(m, found, found + 1);
	ret = pstore_slots_erase(c->area, found);
	m->text[found] = 0;
	model_trust(m);
	return ret;
}

/* Bytes are about to go to a stream. */
static void stream_begin(struct cut_stream *s, size_t n, bool whole)
{
	s->flying = s->acked + n;
	s->whole = whole;
	s->due = n;
}

static void stream_done(struct cut_stream *s)
{
	s->acked = s->flying;
	s->due = 0;
}

static int step_message(struct cut *c, size_t n)
{
	struct pstore_log *log = pstore_log_find(c->area, PSTORE_TYPE_PMSG);
	struct cut_stream *s = &c->model.pmsg[0];
	char *buf = kmalloc(n, GFP_KERNEL);
	struct kvec vec = { .iov_base = buf, .iov_len = n };
	struct iov_iter from;
	int ret;

	bytes_fill(buf, s->boot, s->acked, n);
	stream_begin(s, n, true);
	iov_iter_kvec(&from, ITER_SOURCE, &vec, 1, n);
	ret = pstore_log_write(log, &from);
	stream_done(s);
	kfree(buf);
	return ret;
}

static void put_console(struct cut *c, size_t n)
{
	struct pstore_log *log = pstore_log_find(c->area, PSTORE_TYPE_CONSOLE);
	struct cut_stream *s = &c->model.console[0];
	char buf[64];
	size_t now;

	stream_begin(s, n, false);
	for (; n; n -= now) {
		now = min(n, sizeof(buf));
		bytes_fill(buf, s->boot, s->flying - n, now);
		pstore_log_push(log, buf, now);
	}
}

static int step_console(struct cut *c, size_t n)
{
	struct pstore_log *log = pstore_log_find(c->area, PSTORE_TYPE_CONSOLE);

	put_console(c, n);
	/* Not by way of an interrupt, which may come with the next tick. */
	mod_delayed_work(pstore_zone_wq, &log->work, 0);
	flush_delayed_work(&log->work);
	stream_done(&c->model.console[0]);
	return 0;
}

static int step_erase_messages(struct cut *c)
{
	struct cut_stream *s = &c->model.pmsg[1];
	int ret;

	s->erasing = true;
	ret = pstore_log_erase(pstore_log_find(c->area, PSTORE_TYPE_PMSG));
	s->erased = true;
	return ret == -ENOENT ? 0 : ret;
}

static int step_reattach(struct cut *c)
{
	pstore_area_detach(c->area);
	c->area = cut_attach(c->sim, c->model.boot);
	return PTR_ERR_OR_ZERO(c->area);
}

/* The stream of a boot that wrote nothing does not take anything's place. */
static void stream_reboot(struct cut_stream *s, unsigned int boot)
{
	if (s[0].acked)
		s[1] = s[0];
	s[0] = (struct cut_stream) { .boot = boot };
}

static int step_reboot(struct cut *c)
{
	struct cut_model *m = &c->model;

	m->boot++;
	stream_reboot(m->pmsg, m->boot);
	stream_reboot(m->console, m->boot);
	return step_reattach(c);
}

/* The first part is durable when it is written, the others with the last one. */
static int panic_part(struct cut *c, unsigned int part)
{
	bool durable = part == 1 || part == CUT_PARTS;
	struct cut_model *m = &c->model;
	struct pstore_record record;
	int ret;

	record = text_record(c->area, model_add(m), KMSG_DUMP_PANIC);
	record.part = part;
	record.last = part == CUT_PARTS;
	ret = pstore_panic_record(c->area, &record);
	if (!durable)
		return ret;
	model_trust(m);
	stream_done(&m->console[0]);
	return ret;
}

/* A panic with something in the console's ring, and lines during and after it. */
static int step_panic(struct cut *c)
{
	struct cut_model *m = &c->model;
	unsigned int part;
	int ret = 0;

	put_console(c, 300);
	for (part = 1; part <= CUT_PARTS && !ret; part++) {
		ret = panic_part(c, part);
		if (part == 1)
			put_console(c, 100);
	}
	put_console(c, 60);
	pstore_panic_console(pstore_log_find(c->area, PSTORE_TYPE_CONSOLE),
			     true);
	stream_done(&m->console[0]);
	return ret ?: step_reboot(c);
}

/* All records are removed, so that nothing keeps the old sizes. */
static int step_resize(struct cut *c)
{
	struct pstore_storage *st = &c->sim->storage;
	u64 seq;
	int ret;

	for (seq = 0; seq < c->model.next_seq; seq++) {
		ret = step_erase(c, false);
		if (ret)
			return ret;
	}
	st->kmsg_bytes = 3 * CUT_SLOT - st->kmsg_bytes;
	st->pmsg_bytes = 3 * CUT_KEEP - st->pmsg_bytes;
	return step_reattach(c);
}

static int cut_step(struct cut *c, enum cut_op op, u32 n)
{
	switch (op) {
	case CUT_RECORD:
		return step_record(c);
	case CUT_ERASE_OLDEST:
		return step_erase(c, false);
	case CUT_ERASE_NEWEST:
		return step_erase(c, true);
	case CUT_MESSAGE:
		return step_message(c, 1 + n % 200);
	case CUT_LARGE_MESSAGE:
		return step_message(c, 300 + n % (CUT_KEEP - 300));
	case CUT_CONSOLE:
		return step_console(c, 1 + n % 900);
	case CUT_ERASE_MESSAGES:
		return step_erase_messages(c);
	case CUT_PANIC:
		return step_panic(c);
	case CUT_REATTACH:
		return step_reattach(c);
	case CUT_REBOOT:
		return step_reboot(c);
	case CUT_RESIZE:
		return step_resize(c);
	default:
		return -EINVAL;
	}
}

/* What the next boot must show. */

#define cut_expect(c, condition, fmt, ...)				\
do {									\
	struct cut *__c = (c);						\
									\
	KUNIT_EXPECT_TRUE_MSG(__c->test, condition, "cut %s: " fmt,	\
			      __c->id, ##__VA_ARGS__);			\
} while (0)

static void expect_record(struct cut *c, const struct cut_model *m,
			  const struct pstore_record_info *info,
			  const char *payload)
{
	unsigned int id = info->seq < m->next_seq ? m->text[info->seq] : 0;
	bool same;

	cut_expect(c, id, "record %llu is not gone", info->seq);
	same = info->payload_bytes == text_bytes(id) &&
	       bytes_are(payload, id, 0, info->payload_bytes);
	cut_expect(c, same, "record %llu has changed", info->seq);
}

static void expect_records(struct cut *c, struct pstore_area *area,
			   const struct cut_model *m, bool *seen)
{
	struct pstore_record_info info;
	u64 pos = 0, s, oldest;
	char *payload;

	memset(seen, 0, CUT_MAX_RECORDS);
	while (!pstore_slots_read(area, &pos, &info, &payload)) {
		expect_record(c, m, &info, payload);
		if (info.seq < CUT_MAX_RECORDS)
			seen[info.seq] = true;
		kvfree(payload);
	}
	oldest = pstore_slots_oldest(&area->slots);
	/* The oldest may have given way to those in flight. */
	if (m->doubtful_end == m->next_seq && m->next_seq >= area->slots.nr)
		oldest = max(oldest, m->next_seq - area->slots.nr);
	for (s = oldest; s < m->next_seq; s++)
		cut_expect(c, (s >= m->doubtful && s < m->doubtful_end) ||
			   seen[s] == !!m->text[s], "record %llu is %s", s,
			   seen[s] ? "there" : "lost");
}

/* Is @text the newest bytes of the stream, with all that was acknowledged? */
static bool stream_is(const struct cut_stream *s, u32 keep, const char *text,
		      size_t n)
{
	u64 end;

	for (end = s->acked; end <= s->flying; end++) {
		if (s->whole && end != s->acked && end != s->flying)
			continue;
		if (n > end || n > keep ||
		    n < min_t(u64, end, CUT_KEEP - s->due))
			continue;
		if (bytes_are(text, s->boot, end - n, n))
			return true;
	}
	return false;
}

static bool stream_may_be_empty(const struct cut_stream *s)
{
	return !s->acked || s->erasing;
}

/* Of this boot if it has written anything, else of the one before. */
static bool streams_are(const struct cut_stream *s, u32 keep, const char *text,
			size_t n)
{
	if (n && s[0].flying && stream_is(&s[0], keep, text, n))
		return true;
	if (s[0].acked)
		return false;
	if (!n)
		return stream_may_be_empty(&s[1]);
	return !s[1].erased && stream_is(&s[1], keep, text, n);
}

static void expect_stream(struct cut *c, struct pstore_area *area, u32 type,
			  const struct cut_stream *s)
{
	struct pstore_log *log = pstore_log_find(area, type);
	const struct pstore_record_info *head;
	char *text = NULL;
	ssize_t n;
	u32 keep;

	cut_expect(c, log && log->started, "no %s log", pstore_log_name(type));
	if (!log)
		return;
	n = pstore_log_read(log, &text, &head);
	keep = pstore_media_stream_bytes(&log->region);
	cut_expect(c, n >= 0 && streams_are(s, keep, text, n),
		   "%zd bytes of the %s log; boot %u had %llu to %llu, the one before %llu",
		   n, pstore_log_name(type), s[0].boot, s[0].acked,
		   s[0].flying, s[1].acked);
	kvfree(text);
}

/* All that was acknowledged is there. Return: in @seen, which records are. */
static void expect_model(struct cut *c, struct pstore_area *area,
			 const struct cut_model *m, bool *seen)
{
	expect_records(c, area, m, seen);
	expect_stream(c, area, PSTORE_TYPE_PMSG, m->pmsg);
	expect_stream(c, area, PSTORE_TYPE_CONSOLE, m->console);
}

/* What is there now is what was acknowledged: nothing is in flight any more. */
static void model_settle(struct cut_model *m, struct pstore_area *area,
			 const bool *seen)
{
	unsigned int i;

	for (i = 0; i < CUT_MAX_RECORDS; i++)
		if (!seen[i])
			m->text[i] = 0;
	model_trust(m);
	m->next_seq = atomic64_read(&area->slots.next_seq);
	m->boot++;
	m->pmsg[0] = (struct cut_stream) { .boot = m->boot };
	m->console[0] = m->pmsg[0];
}

/* The next boot of a disk finds everything, and what that adds the one after. */
static void cut_recover(struct cut *c, const struct cut_moment *now,
			struct sim *twin)
{
	static bool seen[CUT_MAX_RECORDS];
	struct cut *next = kmemdup(c, sizeof(*c), GFP_KERNEL);
	int ret = -ENOMEM;

	next->model = now->model;
	next->sim = twin;
	next->area = cut_attach(twin, now->model.boot + 1);
	cut_expect(c, !IS_ERR(next->area), "cannot be attached");
	if (!IS_ERR(next->area)) {
		expect_model(c, next->area, &now->model, seen);
		model_settle(&next->model, next->area, seen);
		ret = step_record(next) ?: step_message(next, 100) ?:
		      step_console(next, 150) ?: step_reboot(next);
	}
	cut_expect(c, !ret, "does not go on: error %d", ret);
	if (!ret) {
		expect_model(c, next->area, &next->model, seen);
		pstore_area_detach(next->area);
	}
	kfree(next);
}

/* Which sectors of a write reach the media. */

static unsigned int subset_count(unsigned int nr)
{
	return nr <= CUT_EXHAUSTIVE ? 1 << nr : 4 * nr + CUT_CHANCES;
}

static bool subset_has(const struct cut *c, const struct cut_moment *now,
		       unsigned int subset, unsigned int i)
{
	unsigned int nr = now->nr;
	u32 chance = c->script * 7919 + now->write * 104729 + subset * 31 + i;

	if (nr <= CUT_EXHAUSTIVE)
		return subset & (1 << i);
	if (subset <= nr)
		return i < subset;		/* the beginning */
	subset -= nr + 1;
	if (subset < nr - 1)
		return i > subset;		/* the end */
	subset -= nr - 1;
	if (subset < nr)
		return i == subset;		/* one alone */
	subset -= nr;
	if (subset < nr)
		return i != subset;		/* all but one */
	return cut_random(&chance) & 1;
}

static bool cut_is_wanted(struct cut *c, unsigned int write,
			  unsigned int subset)
{
	snprintf(c->id, sizeof(c->id), "%u-%u-%u", c->script, write, subset);
	return !replay[0] || !strcmp(replay, c->id);
}

static void cut_moment_try(struct cut *c, struct cut_moment *now,
			   struct sim *twin)
{
	unsigned int subset, i;

	twin->storage = now->storage;
	for (subset = 0; subset < subset_count(now->nr); subset++) {
		if (!cut_is_wanted(c, now->write, subset))
			continue;
		memcpy(twin->media, now->media, CUT_DISK);
		for (i = 0; i < now->nr; i++)
			if (subset_has(c, now, subset, i))
				memcpy(twin->media +
				       now->sectors[i] * CUT_SECTOR,
				       now->data[i], CUT_SECTOR);
		sim_power_on(twin);
		cut_recover(c, now, twin);
		c->cuts++;
		cond_resched();
	}
}

static void moment_add(struct cut_moment *now, u64 sector, const void *data)
{
	if (WARN_ON_ONCE(now->nr == CUT_MAX_SECTORS))
		return;
	now->sectors[now->nr] = sector;
	memcpy(now->data[now->nr++], data, CUT_SECTOR);
}

/* Keep the moment before a write, for later: the area's locks are held now. */
static void cut_before_write(struct sim *sim, u64 pos, const void *buf,
			     size_t len)
{
	struct cut *c = sim->context;
	struct cut_moment *now = kvzalloc(sizeof(*now), GFP_KERNEL);
	u64 i;

	now->media = kvmalloc(CUT_DISK, GFP_KERNEL);
	memcpy(now->media, sim->media, CUT_DISK);
	now->write = sim->writes + 1;
	now->model = c->model;
	now->storage = sim->storage;
	for (i = 0; i < CUT_DISK / CUT_SECTOR; i++)
		if (sim->dirty[i])
			moment_add(now, i, sim->cache + i * CUT_SECTOR);
	for (i = 0; i < len / CUT_SECTOR; i++)
		moment_add(now, pos / CUT_SECTOR + i, buf + i * CUT_SECTOR);
	list_add_tail(&now->node, &c->moments);
}

/* Cut the power at each moment of the step that was made. */
static void cut_try(struct cut *c, struct sim *twin)
{
	struct cut_moment *now, *next;

	list_for_each_entry_safe(now, next, &c->moments, node) {
		list_del(&now->node);
		cut_moment_try(c, now, twin);
		kvfree(now->media);
		kvfree(now);
	}
}

static struct sim *cut_sim(struct kunit *test)
{
	struct sim *sim = sim_create(test, CUT_DISK, CUT_SLOT, CUT_SECTOR);

	sim->storage.console_bytes = CUT_KEEP;
	sim->storage.pmsg_bytes = CUT_KEEP;
	sim->storage.console_flush_ms = 60000;
	return sim;
}

static void cut_begin(struct cut *c)
{
	struct cut_model *m = &c->model;

	INIT_LIST_HEAD(&c->moments);
	m->next_text = 1;
	model_trust(m);
	m->boot = 1;
	m->pmsg[0].boot = 1;
	m->console[0].boot = 1;
	/* Blank disks come in two kinds. */
	memset(c->sim->media, c->script & 1 ? 0xff : 0, CUT_DISK);
	sim_power_on(c->sim);
	c->sim->context = c;
	c->sim->before_write = cut_before_write;
	c->area = cut_attach(c->sim, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(c->test, c->area);
}

static void test_power_cuts(struct kunit *test)
{
	struct cut *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	struct sim *twin = cut_sim(test);
	unsigned int i;
	int ret = 0;
	u32 chance;

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->test = test;
	c->sim = cut_sim(test);
	c->script = *(const unsigned int *)test->param_value;
	chance = c->script;
	cut_begin(c);
	cut_try(c, twin);
	for (i = 0; i < CUT_STEPS && !ret; i++) {
		u32 op = cut_random(&chance) % CUT_OP_COUNT;

		ret = cut_step(c, c->script ? op : cut_script[i],
			       cut_random(&chance));
		KUNIT_EXPECT_EQ_MSG(test, 0, ret, "step %u of script %u", i,
				    c->script);
		cut_try(c, twin);
	}
	kunit_info(test, "%u power cuts in %u writes\n", c->cuts,
		   c->sim->writes);
	KUNIT_EXPECT_TRUE(test, c->cuts || replay[0]);
	if (!ret)
		pstore_area_detach(c->area);
	cut_try(c, twin);
}

static const void *cut_scripts(const void *prev, char *desc)
{
	static unsigned int script;
	unsigned int only;

	script = prev ? script + 1 : first;
	if (replay[0] && sscanf(replay, "%u-", &only) == 1) {
		if (prev)
			return NULL;
		script = only;
	}
	if (script - first >= scripts && !replay[0])
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "script %u", script);
	return &script;
}

static struct kunit_case cut_test_cases[] = {
	KUNIT_CASE_PARAM(test_power_cuts, cut_scripts),
	{}
};

static struct kunit_suite cut_test_suite = {
	.name = "pstore_zone_cut",
	.test_cases = cut_test_cases,
};

kunit_test_suites(&cut_test_suite);

MODULE_DESCRIPTION("KUnit tests of pstore zone: power cuts");
MODULE_LICENSE("GPL");
