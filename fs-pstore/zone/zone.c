// SPDX-License-Identifier: GPL-2.0
/*
 * pstore zone: keeps pstore's records on a storage device.
 *
 * This file is pstore's side of it: struct pstore_info. pstore has room for one
 * backend, so this is the one place with a single instance of anything.
 */
#define pr_fmt(fmt) "pstore_zone: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/kmsg_dump.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pstore.h>
#include <linux/pstore_storage.h>
#include <linux/uio.h>
#include <linux/uuid.h>

#include "zone.h"

/*
 * Protects zone_area, its zone_sysfs and the registration of zone_info, against
 * storage that comes and goes. pstore core's locks are taken inside of it. Never taken in a
 * panic: pstore core does not call an unregistered backend.
 */
static DEFINE_MUTEX(zone_lock);
static struct pstore_area *zone_area;
static struct pstore_sysfs *zone_sysfs;

/* Names this boot in records, whatever areas come and go. */
static u8 zone_boot_id[PSTORE_MEDIA_ID_BYTES];

/* Writes what is staged and what streams have, also while memory is reclaimed. */
struct workqueue_struct *pstore_zone_wq;

static int zone_open(struct pstore_info *psi)
{
	struct pstore_area *area = psi->data;

	area->read_seq = 0;
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
			ret = pstore_trace_decode(&record->buf, ret);
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

static ssize_t zone_read(struct pstore_record *record)
{
	struct pstore_area *area = record->psi->data;
	struct pstore_record_info info;
	int ret;

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
	return info.payload_bytes;
}

/* Will the kernel never run again after it has dumped its log for @reason? */
static bool zone_reason_is_final(enum kmsg_dump_reason reason)
{
	return reason != KMSG_DUMP_OOPS;
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
	if (record->size <= 0 || record->size > pstore_area_capacity(area))
		return -EINVAL;
	if (zone_reason_is_final(record->reason))
		return pstore_panic_record(area, record);
	if (record->part == 1)
		zone_kick_logs(area);
	return pstore_stage_put(area, record);
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

static struct pstore_info zone_info = {
	.owner	= THIS_MODULE,
	.open	= zone_open,
	.read	= zone_read,
	.write	= zone_write,
	.write_user = zone_write_user,
	.erase	= zone_erase,
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

/**
 * pstore_storage_register - let pstore keep its records on a device
 * @st: the device; stays valid until pstore_storage_unregister()
 *
 * A device that is blank is taken. One that has records shows them in pstore.
 * Anything else is refused, and nothing on it is changed.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EBUSY when pstore has another backend; -EEXIST when something
 *	else is on the device; -EPROTONOSUPPORT when a newer kernel made the
 *	area; -EINVAL when the device is too small; -ENOMEM; or the device's
 *	error. A message has said why.
 */
int pstore_storage_register(struct pstore_storage *st)
{
	struct pstore_area *area;
	int ret;

	guard(mutex)(&zone_lock);
	if (zone_area) {
		pr_err("%s: not used for crash logs, since %s already is\n",
		       st->device, zone_area->storage->device);
		return -EBUSY;
	}
	area = pstore_area_attach(st, zone_boot_id);
	if (IS_ERR(area))
		return PTR_ERR(area);

	zone_info.name = st->backend;
	zone_info.data = area;
	zone_info.flags = zone_flags(area);
	zone_info.max_reason = st->max_reason;
	zone_info.buf = area->image + PSTORE_MEDIA_HEADER_BYTES;
	zone_info.bufsize = pstore_area_capacity(area);
	zone_info.whole_log = true;
	zone_info.concurrent_pmsg = true;
	ret = pstore_register(&zone_info);
	if (ret) {
		pr_err("%s: not used for crash logs: pstore refuses %s (error %d); see pstore.backend=\n",
		       st->device, st->backend, ret);
		pstore_area_detach(area);
		return ret;
	}
	zone_area = area;
	zone_sysfs = pstore_sysfs_add(area);
	zone_announce(area);
	if (st->selftest)
		pstore_area_selftest(area);
	return 0;
}
EXPORT_SYMBOL_GPL(pstore_storage_register);

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
	guard(mutex)(&zone_lock);
	if (!zone_area || zone_area->storage != st)
		return;
	pstore_sysfs_remove(zone_sysfs);
	pstore_unregister(&zone_info);
	pstore_area_detach(zone_area);
	zone_area = NULL;
}
EXPORT_SYMBOL_GPL(pstore_storage_unregister);

static int __init zone_init(void)
{
	int ret = pstore_sysfs_init();

	if (ret)
		return ret;
	generate_random_uuid(zone_boot_id);
	pstore_zone_wq = alloc_workqueue("pstore_zone",
					 WQ_HIGHPRI | WQ_MEM_RECLAIM, 0);
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
