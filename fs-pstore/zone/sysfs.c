// SPDX-License-Identifier: GPL-2.0
/*
 * What the person in charge of the machine can see of an area and ask of it, in
 * /sys/kernel/pstore_zone/<backend>. Documentation/ABI/testing/sysfs-kernel-pstore-zone
 * tells what each file means.
 */
#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "zone.h"

/*
 * Unregistering the directory waits for whoever is in one of its files. So an area
 * that can be seen here is there.
 */
static struct kobject *sysfs_root;

struct sysfs_attribute {
	struct attribute	attr;
	ssize_t	(*show)(struct pstore_area *area, char *buf);
	ssize_t	(*store)(struct pstore_area *area, const char *buf, size_t n);
};

/**
 * struct pstore_sysfs - an area's directory
 * @kobj:	the directory
 * @area:	the area
 */
struct pstore_sysfs {
	struct kobject		kobj;
	struct pstore_area	*area;
};

static ssize_t sysfs_show(struct kobject *kobj, struct attribute *attr,
			  char *buf)
{
	struct pstore_sysfs *dir = container_of(kobj, struct pstore_sysfs,
						kobj);
	struct sysfs_attribute *a = container_of(attr, struct sysfs_attribute,
						 attr);

	return a->show(dir->area, buf);
}

static ssize_t sysfs_store(struct kobject *kobj, struct attribute *attr,
			   const char *buf, size_t n)
{
	struct pstore_sysfs *dir = container_of(kobj, struct pstore_sysfs,
						kobj);
	struct sysfs_attribute *a = container_of(attr, struct sysfs_attribute,
						 attr);

	return a->store ? a->store(dir->area, buf, n) : -EIO;
}

static void sysfs_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct pstore_sysfs, kobj));
}

static const struct sysfs_ops sysfs_ops = {
	.show	= sysfs_show,
	.store	= sysfs_store,
};

#define SYSFS_ATTRIBUTE(_name, _mode, _store)				\
static struct sysfs_attribute attr_##_name = {				\
	.attr	= { .name = __stringify(_name), .mode = _mode },	\
	.show	= _name##_show,						\
	.store	= _store,						\
}

/* A file that shows one value. */
#define SYSFS_VALUE(_name, _format, _value)				\
static ssize_t _name##_show(struct pstore_area *area, char *buf)	\
{									\
	return sysfs_emit(buf, _format "\n", _value);			\
}									\
SYSFS_ATTRIBUTE(_name, 0444, NULL)

SYSFS_VALUE(device, "%s", area->storage->device);

/* As pstore-zone info shows it. */
static ssize_t id_show(struct pstore_area *area, char *buf)
{
	return sysfs_emit(buf, "%*phN\n", PSTORE_MEDIA_ID_BYTES,
			  area->layout.area_id);
}
SYSFS_ATTRIBUTE(id, 0444, NULL);

SYSFS_VALUE(size, "%llu", area->layout.area_bytes);
SYSFS_VALUE(write_unit, "%u", area->storage->write_unit);
SYSFS_VALUE(record_size, "%u", area->slots.region.unit_bytes);
SYSFS_VALUE(record_slots, "%llu", area->slots.nr);
SYSFS_VALUE(records_written, "%d", atomic_read(&area->stats.written));
SYSFS_VALUE(records_dropped, "%d", atomic_read(&area->stats.dropped));
SYSFS_VALUE(records_torn, "%d", atomic_read(&area->stats.torn));
SYSFS_VALUE(io_errors, "%d", atomic_read(&area->stats.io_errors));

/* How much a stream keeps, in bytes. */
static u32 sysfs_log_size(struct pstore_area *area, u32 type)
{
	const struct pstore_log *log = pstore_log_find(area, type);

	return log && log->started ?
	       pstore_media_stream_bytes(&log->region) : 0;
}

SYSFS_VALUE(console_size, "%u", sysfs_log_size(area, PSTORE_TYPE_CONSOLE));
SYSFS_VALUE(pmsg_size, "%u", sysfs_log_size(area, PSTORE_TYPE_PMSG));
SYSFS_VALUE(ftrace_size, "%u", sysfs_log_size(area, PSTORE_TYPE_FTRACE));

/* How much of a stream never got to the device, in bytes. */
static s64 sysfs_log_lost(struct pstore_area *area, u32 type)
{
	struct pstore_log *log = pstore_log_find(area, type);

	return log ? atomic64_read(&log->stats.lost) : 0;
}

SYSFS_VALUE(console_lost, "%lld", sysfs_log_lost(area, PSTORE_TYPE_CONSOLE));
SYSFS_VALUE(pmsg_lost, "%lld", sysfs_log_lost(area, PSTORE_TYPE_PMSG));
SYSFS_VALUE(ftrace_lost, "%lld", sysfs_log_lost(area, PSTORE_TYPE_FTRACE));

static ssize_t panic_saved_show(struct pstore_area *area, char *buf)
{
	const struct pstore_storage *st = area->storage;

	if (st->ops->panic_write)
		return sysfs_emit(buf, "yes\n");
	return sysfs_emit(buf, "no: %s\n", st->obstacle);
}
SYSFS_ATTRIBUTE(panic_saved, 0444, NULL);

static ssize_t selftest_show(struct pstore_area *area, char *buf)
{
	guard(mutex)(&area->test_lock);
	if (area->test_step <= PSTORE_SELFTEST_PASS)
		return sysfs_emit(buf, "%s\n",
				  pstore_selftest_name(area->test_step));
	return sysfs_emit(buf, "fail: %s (error %d)\n",
			  pstore_selftest_name(area->test_step),
			  area->test_result);
}

static ssize_t selftest_store(struct pstore_area *area, const char *buf,
			      size_t n)
{
	bool run;
	int ret = kstrtobool(buf, &run);

	if (ret || !run)
		return ret ?: -EINVAL;
	return pstore_area_selftest(area) ?: n;
}
SYSFS_ATTRIBUTE(selftest, 0644, selftest_store);

static struct attribute *sysfs_attrs[] = {
	&attr_device.attr,
	&attr_id.attr,
	&attr_size.attr,
	&attr_write_unit.attr,
	&attr_record_size.attr,
	&attr_record_slots.attr,
	&attr_console_size.attr,
	&attr_pmsg_size.attr,
	&attr_ftrace_size.attr,
	&attr_panic_saved.attr,
	&attr_selftest.attr,
	NULL,
};

static struct attribute *sysfs_stats_attrs[] = {
	&attr_records_written.attr,
	&attr_records_dropped.attr,
	&attr_records_torn.attr,
	&attr_io_errors.attr,
	&attr_console_lost.attr,
	&attr_pmsg_lost.attr,
	&attr_ftrace_lost.attr,
	NULL,
};

static const struct attribute_group sysfs_group = {
	.attrs	= sysfs_attrs,
};

static const struct attribute_group sysfs_stats_group = {
	.name	= "stats",
	.attrs	= sysfs_stats_attrs,
};

static const struct attribute_group *sysfs_groups[] = {
	&sysfs_group,
	&sysfs_stats_group,
	NULL,
};

static const struct kobj_type sysfs_type = {
	.release	= sysfs_release,
	.sysfs_ops	= &sysfs_ops,
	.default_groups	= sysfs_groups,
};

/*
 * Show an area.
 *
 * Context: Process context, may sleep.
 * Return: its directory, for pstore_sysfs_remove(); NULL if it cannot be made, which
 *	costs the view and nothing else.
 */
struct pstore_sysfs *pstore_sysfs_add(struct pstore_area *area)
{
	struct pstore_sysfs *dir = kzalloc(sizeof(*dir), GFP_KERNEL);

	if (!dir)
		return NULL;
	dir->area = area;
	if (!kobject_init_and_add(&dir->kobj, &sysfs_type, sysfs_root, "%s",
				  area->storage->backend))
		return dir;
	kobject_put(&dir->kobj);
	return NULL;
}

/*
 * Show an area no more. Whoever is in one of its files is waited for.
 *
 * Context: Process context, may sleep.
 */
void pstore_sysfs_remove(struct pstore_sysfs *dir)
{
	if (!dir)
		return;
	kobject_del(&dir->kobj);
	kobject_put(&dir->kobj);
}

/* Context: Process context, may sleep. Return: 0 or -ENOMEM. */
int pstore_sysfs_init(void)
{
	sysfs_root = kobject_create_and_add("pstore_zone", kernel_kobj);
	return sysfs_root ? 0 : -ENOMEM;
}

/* Context: Process context, may sleep. */
void pstore_sysfs_exit(void)
{
	kobject_put(sysfs_root);
}
