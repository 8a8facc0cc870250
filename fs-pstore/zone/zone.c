// SPDX-License-Identifier: GPL-2.0
/*
 * pstore zone: keeps pstore's records on storage devices.
 *
 * This file is pstore's side of it: struct pstore_info. pstore has room for one
 * backend. Storage that yields leaves that room to any other backend, and is
 * written to all the same, see dump.c: so there can be more than one storage, and
 * one of them at most has its records in pstore.
 */
#define pr_fmt(fmt) "pstore_zone: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/kmsg_dump.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pstore.h>
#include <linux/pstore_storage.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <linux/uuid.h>

#include "zone.h"

/**
 * struct zone_member - a storage that is registered
 * @list:	in zone_members
 * @area:	its area
 * @info:	its place in pstore; NULL while it has none and is only written to
 * @dump:	its own way to the log; NULL for storage that does not yield
 * @sysfs:	what can be seen of it
 */
struct zone_member {
	struct list_head	list;
	struct pstore_area	*area;
	struct pstore_info	*info;
	struct pstore_dump	*dump;
	struct pstore_sysfs	*sysfs;
};

/* Room for the name of a backend, for messages. */
#define ZONE_NAME_BYTES		64

/*
 * Protects zone_members, what is in them and the registration of zone_info and
 * zone_yielding_info, against storage that comes and goes and against backends that
 * want pstore. pstore core's locks are taken inside of it. Never taken in a panic:
 * pstore core does not call an unregistered backend.
 */
static DEFINE_MUTEX(zone_lock);
static LIST_HEAD(zone_members);

/* Names this boot in records, whatever areas come and go. */
static u8 zone_boot_id[PSTORE_MEDIA_ID_BYTES];

/* Writes what is staged and what streams have, also while memory is reclaimed. */
struct workqueue_struct *pstore_zone_wq;

static int zone_open(struct pstore_info *psi)
{
	struct pstore_area *area = psi->data;

	area->read_seq = 0;
	area->read_note = PSTORE_SEQ_NONE;
	area->read_log = 0;
	return 0;
}

/* The next stream that has something. Return: its size, 0 when there is none. */
static ssize_t zone_read_logs(struct pstore_area *area,
			      struct pstore_record *record)
{
	const struct pstore_record_info *head;
	struct pstore_log *log;
	ssize_t ret;

	while (area->read_log < PSTORE_LOGS) {
		log = &area->logs[area->read_log++];
		if (!pstore_log_active(log))
			continue;
		record->buf = NULL;
		ret = pstore_log_read(log, &record->buf, &head);
		if (ret > 0 && head->type == PSTORE_TYPE_FTRACE)
			ret = pstore_trace_decode(&record->buf, ret,
						  pstore_note_moved(&area->note, head));
		if (ret <= 0) {
			kvfree(record->buf);
			record->buf = NULL;
			continue;
		}
		record->type = head->type;
		record->id = 0;
		record->time.tv_sec = head->time_sec;
		record->time.tv_nsec = head->time_nsec;
		return ret;
	}
	return 0;
}

/* The note of the record that was read last. Return: its size, or -errno. */
static ssize_t zone_read_note(struct pstore_area *area,
			      struct pstore_record *record)
{
	u64 seq = area->read_note;
	struct pstore_record_info info;
	int ret;

	area->read_note = PSTORE_SEQ_NONE;
	ret = pstore_slots_read_note(area, seq, &info, &record->buf);
	if (ret < 0)
		return ret;
	record->type = PSTORE_TYPE_VMCOREINFO;
	record->id = seq;
	record->time.tv_sec = info.time_sec;
	record->time.tv_nsec = info.time_nsec;
	return ret;
}

static ssize_t zone_read(struct pstore_record *record)
{
	struct pstore_area *area = record->psi->data;
	struct pstore_record_info info;
	ssize_t ret;

	if (area->read_note != PSTORE_SEQ_NONE) {
		ret = zone_read_note(area, record);
		/* A note that is damaged costs no record. */
		if (ret > 0)
			return ret;
	}
	ret = pstore_slots_read(area, &area->read_seq, &info, &record->buf);
	if (ret == -ENOENT)
		return zone_read_logs(area, record);
	if (ret)
		return ret;
	record->type = info.type;
	record->id = info.seq;
	record->time.tv_sec = info.time_sec;
	record->time.tv_nsec = info.time_nsec;
	record->count = info.count;
	record->reason = info.reason;
	record->part = info.part;
	record->compressed = info.flags & PSTORE_MEDIA_COMPRESSED;
	record->last = info.flags & PSTORE_MEDIA_LAST_PART;
	if (info.note_bytes)
		area->read_note = info.seq;
	return info.payload_bytes;
}

/* The oops is staged: what led to it should be on the media, too. */
static void zone_kick_logs(struct pstore_area *area)
{
	unsigned int i;

	for (i = 0; i < PSTORE_LOGS; i++)
		if (pstore_log_active(&area->logs[i]))
			pstore_log_kick(&area->logs[i]);
}

static int zone_write_crash(struct pstore_area *area,
			    struct pstore_record *record)
{
	int ret;

	if (record->size <= 0 || record->size > pstore_area_capacity(area))
		return -EINVAL;
	area->crashes = record->count;
	if (pstore_reason_is_final(record->reason))
		return pstore_panic_record(area, record);
	ret = pstore_stage_put(area, record);
	if (record->part == 1)
		zone_kick_logs(area);
	return ret;
}

static int zone_write_console(struct pstore_area *area,
			      struct pstore_record *record)
{
	struct pstore_log *log = pstore_log_find(area, record->type);

	if (!log)
		return -EINVAL;
	pstore_log_put(log, record->buf, record->size);
	pstore_panic_console(log, record->last);
	return 0;
}

static int notrace zone_write(struct pstore_record *record)
{
	struct pstore_area *area = record->psi->data;

	switch (record->type) {
	case PSTORE_TYPE_DMESG:
		return zone_write_crash(area, record);
	case PSTORE_TYPE_CONSOLE:
		return zone_write_console(area, record);
	case PSTORE_TYPE_FTRACE:
		pstore_trace_put(area, (const void *)record->buf);
		return 0;
	default:
		return -EINVAL;
	}
}

static int zone_write_user(struct pstore_record *record,
			   const char __user *buf)
{
	struct pstore_area *area = record->psi->data;
	struct pstore_log *log = pstore_log_find(area, record->type);
	struct iov_iter from;
	int ret;

	if (!log)
		return -EINVAL;
	ret = import_ubuf(ITER_SOURCE, (void __user *)buf, record->size, &from);
	return ret ?: pstore_log_write(log, &from);
}

static int zone_erase_record(struct pstore_area *area,
			     const struct pstore_record *record)
{
	struct pstore_log *log;

	if (record->type == PSTORE_TYPE_DMESG)
		return pstore_slots_erase(area, record->id);
	if (record->type == PSTORE_TYPE_VMCOREINFO)
		return pstore_slots_erase_note(area, record->id);
	log = pstore_log_find(area, record->type);
	return log ? pstore_log_erase(log) : -ENOENT;
}

static int zone_erase(struct pstore_record *record)
{
	struct pstore_area *area = record->psi->data;
	int ret = zone_erase_record(area, record);

	if (ret && ret != -ENOENT)
		pr_err("%s: a record is not removed (error %d); it will be back after the next boot\n",
		       area->storage->device, ret);
	return ret;
}

/* Asked for each crash, since the owner of the storage may change its mind. */
static bool zone_wants(struct pstore_info *psi, enum kmsg_dump_reason reason)
{
	return pstore_area_wants(psi->data, reason);
}

static void zone_yield(struct pstore_info *psi, const struct pstore_info *to);

#define ZONE_INFO					\
	.owner		= THIS_MODULE,			\
	.whole_log	= true,				\
	.nested_panic	= true,				\
	.concurrent_pmsg = true,			\
	.wants		= zone_wants,			\
	.open		= zone_open,			\
	.read		= zone_read,			\
	.write		= zone_write,			\
	.write_user	= zone_write_user,		\
	.erase		= zone_erase

/* For storage that keeps pstore once it has it. */
static struct pstore_info zone_info = {
	ZONE_INFO,
};

/* For storage that yields: while another one enters, pstore knows both. */
static struct pstore_info zone_yielding_info = {
	ZONE_INFO,
	.yield		= zone_yield,
};

static bool zone_has_log(struct pstore_area *area, u32 type)
{
	const struct pstore_log *log = pstore_log_find(area, type);

	return log && log->started;
}

static int zone_flags(struct pstore_area *area)
{
	int flags = PSTORE_FLAGS_DMESG;

	if (zone_has_log(area, PSTORE_TYPE_CONSOLE))
		flags |= PSTORE_FLAGS_CONSOLE;
	if (zone_has_log(area, PSTORE_TYPE_PMSG))
		flags |= PSTORE_FLAGS_PMSG;
	if (zone_has_log(area, PSTORE_TYPE_FTRACE))
		flags |= PSTORE_FLAGS_FTRACE;
	return flags;
}

static void zone_announce(const struct pstore_area *area)
{
	const struct pstore_storage *st = area->storage;

	if (st->ops->panic_write)
		pr_info("%s: crash logs are saved here, up to %llu records of %u KiB\n",
			st->device, area->slots.nr,
			area->slots.region.unit_bytes / 1024);
}

/* Say once that pstore does not show what is here, and where to look instead. */
static void zone_announce_dump_only(const struct pstore_area *area,
				    const char *other)
{
	const struct pstore_storage *st = area->storage;

	pr_info("%s: %s only writes crash logs here, since pstore belongs to %s; read them with tools/pstore/pstore-zone, or boot once without %s\n",
		st->device, st->backend, other, other);
}

/* The same where there is no other one, or not yet. */
static void zone_announce_named(const struct pstore_area *area,
				const char *named)
{
	const struct pstore_storage *st = area->storage;

	pr_info("%s: %s only writes crash logs here, since pstore.backend=%s keeps it out of pstore; read them with tools/pstore/pstore-zone, or boot once without that\n",
		st->device, st->backend, named);
}

/* Say why pstore does not take a backend, and what to do about it. */
static void zone_report_refusal(const char *device, const char *backend)
{
	char other[ZONE_NAME_BYTES];

	if (pstore_backend_name(other, sizeof(other)))
		pr_err("%s: not used for crash logs, since pstore belongs to %s; to use it, boot with pstore.backend=%s\n",
		       device, other, backend);
	else
		pr_err("%s: not used for crash logs, since pstore.backend=%s asks for something else; leave that out, or make it pstore.backend=%s\n",
		       device, other, backend);
}

/**
 * pstore_storage_has_room - ask for room in pstore before a device is touched
 * @device:	name of the device
 * @backend:	name of the backend that has it, one that does not yield
 *
 * For backends that change something on a device before it can be registered.
 *
 * Context: Process context, may sleep.
 * Return: whether pstore takes the backend. If not, a message has said why.
 */
bool pstore_storage_has_room(const char *device, const char *backend)
{
	if (pstore_would_register(backend))
		return true;
	zone_report_refusal(device, backend);
	return false;
}
EXPORT_SYMBOL_GPL(pstore_storage_has_room);

/* The storage that leaves no room for @st. Return: NULL when there is none. */
static const struct pstore_storage *zone_rival(const struct pstore_storage *st)
{
	const struct pstore_storage *have;
	struct zone_member *m;

	list_for_each_entry(m, &zone_members, list) {
		have = m->area->storage;
		/* Records and directories are named after the backend. */
		if (!strcmp(have->backend, st->backend) ||
		    (!have->yields && !st->yields))
			return have;
	}
	return NULL;
}

/* Who has this place in pstore? Return: NULL when it is free. */
static struct zone_member *zone_holder(const struct pstore_info *info)
{
	struct zone_member *m;

	lockdep_assert_held(&zone_lock);
	list_for_each_entry(m, &zone_members, list)
		if (m->info == info)
			return m;
	return NULL;
}

/* Return: 0; -EBUSY when pstore has or is to have another backend; or -errno. */
static int zone_enter_pstore(struct zone_member *m)
{
	const struct pstore_storage *st = m->area->storage;
	struct pstore_info *info = st->yields ? &zone_yielding_info :
						&zone_info;
	int ret;

	if (zone_holder(info))
		return -EBUSY;
	info->name = st->backend;
	info->data = m->area;
	info->flags = zone_flags(m->area);
	info->buf = m->area->image + PSTORE_MEDIA_HEADER_BYTES;
	info->bufsize = pstore_area_text_bytes(m->area);
	ret = pstore_register(info);
	if (!ret)
		m->info = info;
	return ret;
}

/*
 * Leave pstore to @to. Our own dumper is there before pstore core's goes, so that
 * there is no moment in which a crash would go unrecorded. One in between may be
 * recorded by both, as two crashes.
 */
static void zone_leave_pstore(struct zone_member *m,
			      const struct pstore_info *to)
{
	pstore_dump_start(m->dump, PSTORE_DUMP_BESIDE);
	pstore_unregister(m->info);
	m->info = NULL;
	/* By now pstore core counts no more crashes of this area. */
	pstore_dump_count_from(m->dump, m->area->crashes);
	zone_announce_dump_only(m->area, to->name);
}

static void zone_yield_locked(const struct pstore_info *psi,
			      const struct pstore_info *to)
{
	struct zone_member *m = zone_holder(psi);

	/* Gone meanwhile? */
	if (m)
		zone_leave_pstore(m, to);
}

static void zone_yield(struct pstore_info *psi, const struct pstore_info *to)
{
	/* Called by pstore_storage_register(), which has the lock. */
	if (to == &zone_info) {
		zone_yield_locked(psi, to);
		return;
	}
	guard(mutex)(&zone_lock);
	zone_yield_locked(psi, to);
}

/* Into pstore, or if there is no room for storage that yields, beside it. */
static int zone_start(struct zone_member *m)
{
	const struct pstore_storage *st = m->area->storage;
	char other[ZONE_NAME_BYTES];
	int ret = zone_enter_pstore(m);

	if (ret == -EBUSY && st->yields) {
		pstore_dump_start(m->dump, 0);
		if (pstore_backend_name(other, sizeof(other)))
			zone_announce_dump_only(m->area, other);
		else
			zone_announce_named(m->area, other);
		return 0;
	}
	if (ret == -EBUSY)
		zone_report_refusal(st->device, st->backend);
	else if (ret)
		pr_err("%s: cannot be used for crash logs (error %d)\n",
		       st->device, ret);
	return ret;
}

static void zone_detach(struct zone_member *m)
{
	pstore_dump_destroy(m->dump);
	pstore_area_detach(m->area);
	kfree(m);
}

/*
 * Crashes of a boot are told apart by number. For storage that yields, numbers begin
 * anew whenever it is attached, so that it needs another name for the boot each time.
 */
static struct pstore_area *zone_attach_area(struct pstore_storage *st)
{
	u8 boot_id[PSTORE_MEDIA_ID_BYTES];

	if (!st->yields)
		return pstore_area_attach(st, zone_boot_id);
	generate_random_uuid(boot_id);
	return pstore_area_attach(st, boot_id);
}

/* Return: the new member, or an error pointer after a message that says why. */
static struct zone_member *zone_attach(struct pstore_storage *st)
{
	struct zone_member *m = kzalloc(sizeof(*m), GFP_KERNEL);
	int ret;

	if (!m)
		return ERR_PTR(-ENOMEM);
	m->area = zone_attach_area(st);
	if (IS_ERR(m->area)) {
		ret = PTR_ERR(m->area);
		kfree(m);
		return ERR_PTR(ret);
	}
	if (!st->yields)
		return m;
	m->dump = pstore_dump_create(m->area);
	if (m->dump)
		return m;
	pr_err("%s: cannot be used for crash logs (error %d)\n", st->device,
	       -ENOMEM);
	zone_detach(m);
	return ERR_PTR(-ENOMEM);
}

/**
 * pstore_storage_register - let pstore keep its records on a device
 * @st: the device; stays valid until pstore_storage_unregister()
 *
 * A device that is blank is taken. One that has records shows them in pstore.
 * Anything else is refused, and nothing on it is changed.
 *
 * Storage that yields is taken beside another backend of pstore, too. Then its
 * records are written and not shown. That stays so when the other backend goes,
 * until the storage is registered again.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EBUSY when pstore has another backend, and for storage that yields,
 *	when there is one of the same name; -EEXIST when something else is on the
 *	device; -EPROTONOSUPPORT when a newer kernel made the area; -EINVAL when
 *	the device is too small; -ENOMEM; or the device's error. A message has
 *	said why.
 */
int pstore_storage_register(struct pstore_storage *st)
{
	const struct pstore_storage *rival;
	struct zone_member *m;
	int ret;

	guard(mutex)(&zone_lock);
	rival = zone_rival(st);
	if (rival) {
		pr_err("%s: not used for crash logs, since %s already is\n",
		       st->device, rival->device);
		return -EBUSY;
	}
	/* So that nothing is changed on a device that is refused afterwards. */
	if (!st->yields && !pstore_storage_has_room(st->device, st->backend))
		return -EBUSY;
	m = zone_attach(st);
	if (IS_ERR(m))
		return PTR_ERR(m);
	ret = zone_start(m);
	if (ret) {
		zone_detach(m);
		return ret;
	}
	list_add_tail(&m->list, &zone_members);
	m->sysfs = pstore_sysfs_add(m->area);
	zone_announce(m->area);
	if (st->selftest)
		pstore_area_selftest(m->area);
	return 0;
}
EXPORT_SYMBOL_GPL(pstore_storage_register);

static struct zone_member *zone_find(const struct pstore_storage *st)
{
	struct zone_member *m;

	list_for_each_entry(m, &zone_members, list)
		if (m->area->storage == st)
			return m;
	return NULL;
}

/**
 * pstore_storage_unregister - take a device away from pstore
 * @st: the device, as given to pstore_storage_register()
 *
 * What is staged is written first, as far as the device still takes it.
 *
 * Context: Process context, may sleep.
 */
void pstore_storage_unregister(struct pstore_storage *st)
{
	struct zone_member *m;

	guard(mutex)(&zone_lock);
	m = zone_find(st);
	if (!m)
		return;
	list_del(&m->list);
	pstore_sysfs_remove(m->sysfs);
	if (m->info)
		pstore_unregister(m->info);
	zone_detach(m);
}
EXPORT_SYMBOL_GPL(pstore_storage_unregister);

static int __init zone_init(void)
{
	int ret = pstore_sysfs_init();

	if (ret)
		return ret;
	generate_random_uuid(zone_boot_id);
	/* Bound to CPUs and not of high priority: see workers.c. */
	pstore_zone_wq = alloc_workqueue("pstore_zone",
					 WQ_PERCPU | WQ_MEM_RECLAIM, 0);
	if (!pstore_zone_wq)
		pstore_sysfs_exit();
	return pstore_zone_wq ? 0 : -ENOMEM;
}
module_init(zone_init);

static void __exit zone_exit(void)
{
	destroy_workqueue(pstore_zone_wq);
	pstore_sysfs_exit();
}
module_exit(zone_exit);

MODULE_DESCRIPTION("pstore records on storage devices");
MODULE_LICENSE("GPL");
