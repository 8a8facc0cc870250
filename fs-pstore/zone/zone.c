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
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pstore.h>
#include <linux/pstore_storage.h>
#include <linux/uuid.h>

#include "zone.h"

/*
 * Protects zone_area and the registration of zone_info, against storage that
 * comes and goes. pstore core's locks are taken inside of it. Never taken in a
 * panic: pstore core does not call an unregistered backend.
 */
static DEFINE_MUTEX(zone_lock);
static struct pstore_area *zone_area;

/* Names this boot in records, whatever areas come and go. */
static u8 zone_boot_id[PSTORE_MEDIA_ID_BYTES];

static int zone_open(struct pstore_info *psi)
{
	struct pstore_area *area = psi->data;

	area->read_seq = 0;
	return 0;
}

static ssize_t zone_read(struct pstore_record *record)
{
	struct pstore_area *area = record->psi->data;
	struct pstore_record_info info;
	int ret;

	ret = pstore_slots_read(area, &area->read_seq, &info, &record->buf);
	if (ret)
		return ret == -ENOENT ? 0 : ret;
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

static int zone_write(struct pstore_record *record)
{
	struct pstore_area *area = record->psi->data;

	if (record->type != PSTORE_TYPE_DMESG)
		return -EINVAL;
	if (record->size <= 0 || record->size > pstore_area_capacity(area))
		return -EINVAL;
	if (!zone_reason_is_final(record->reason))
		return pstore_stage_put(area, record);
	return pstore_panic_record(area, record);
}

static int zone_erase(struct pstore_record *record)
{
	struct pstore_area *area = record->psi->data;
	int ret = pstore_slots_erase(area, record->id);

	if (ret && ret != -ENOENT)
		pr_err("%s: record %llu not removed (error %d); it will be back after the next boot\n",
		       area->storage->device, record->id, ret);
	return ret;
}

static struct pstore_info zone_info = {
	.owner	= THIS_MODULE,
	.flags	= PSTORE_FLAGS_DMESG,
	.open	= zone_open,
	.read	= zone_read,
	.write	= zone_write,
	.erase	= zone_erase,
};

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
	zone_info.max_reason = st->max_reason;
	zone_info.buf = area->image + PSTORE_MEDIA_HEADER_BYTES;
	zone_info.bufsize = pstore_area_capacity(area);
	zone_info.whole_log = true;
	ret = pstore_register(&zone_info);
	if (ret) {
		pr_err("%s: not used for crash logs: pstore refuses %s (error %d); see pstore.backend=\n",
		       st->device, st->backend, ret);
		pstore_area_detach(area);
		return ret;
	}
	zone_area = area;
	zone_announce(area);
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
	pstore_unregister(&zone_info);
	pstore_area_detach(zone_area);
	zone_area = NULL;
}
EXPORT_SYMBOL_GPL(pstore_storage_unregister);

static int __init zone_init(void)
{
	generate_random_uuid(zone_boot_id);
	return 0;
}
module_init(zone_init);

/* Nothing to undo, but without it the module could not be unloaded. */
static void __exit zone_exit(void)
{
}
module_exit(zone_exit);

MODULE_DESCRIPTION("pstore records on storage devices");
MODULE_LICENSE("GPL");
