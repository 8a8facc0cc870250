// SPDX-License-Identifier: GPL-2.0
/*
 * Which device the user means, and when it appears.
 *
 * Disks appear when their drivers have found them, often long after this module
 * has started. Nobody waits for them: each block device that is added is held
 * against the name that the user gave, in a worker.
 */
#define pr_fmt(fmt) "pstore_blk: " fmt

#include <linux/cleanup.h>
#include <linux/ctype.h>
#include <linux/device/class.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/kdev_t.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "blk.h"

/*
 * A device is announced shortly before it can be opened. It is tried again this
 * often, until it can be or has turned out to be something else's.
 */
#define FIND_RETRY_MS	50
#define FIND_RETRIES	100

/* A disk may refuse a request now and take it later. */
#define FIND_ERROR_RETRY_MS	1000
#define FIND_ERROR_RETRIES	3

/* How long to wait for the device before saying that it is not there. */
#define FIND_PATIENCE		(30 * HZ)

static int find_tries;
static int find_errors;
/* Refused with a message: not tried again until it is gone and back. */
static dev_t find_refused;
/* The device was there, whatever has become of it. */
static bool find_seen;

/* Protects find_watching, against hibernation while the module begins. */
static DEFINE_MUTEX(find_lock);
/* Devices that appear are looked at. */
static bool find_watching;

static void find_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(find_work, find_work_fn);

struct find_uuid {
	const char	*uuid;
	size_t		len;
};

static int find_match_uuid(struct device *dev, const void *data)
{
	const struct partition_meta_info *meta = dev_to_bdev(dev)->bd_meta_info;
	const struct find_uuid *want = data;

	return meta && strlen(meta->uuid) == want->len &&
	       !strncasecmp(meta->uuid, want->uuid, want->len);
}

static int find_match_label(struct device *dev, const void *data)
{
	const struct partition_meta_info *meta = dev_to_bdev(dev)->bd_meta_info;

	return meta && !strcmp(meta->volname, data);
}

static int find_match_devt(struct device *dev, const void *data)
{
	return dev->devt == *(const dev_t *)data;
}

/* Device names have '!' where the paths below /dev have '/'. */
static int find_match_name(struct device *dev, const void *data)
{
	const char *name = dev_name(dev), *path = data;

	while (*name && (*name == *path || (*name == '!' && *path == '/'))) {
		name++;
		path++;
	}
	return !*name && !*path;
}

/* A copy of a disk has the same names: say which one it is. */
static void find_warn_twin(struct device *dev, const void *data,
			   int (*match)(struct device *, const void *))
{
	struct device *twin = class_find_device(&block_class, dev, data, match);

	if (twin)
		pr_warn_once("%s and %s have the same name, and the first is used for crash logs; give one of them another PARTUUID or PARTLABEL, or name it as /dev/...\n",
			     dev_name(dev), dev_name(twin));
	put_device(twin);
}

/* Return: the device, to be put; or NULL. */
static struct device *find_first(int (*match)(struct device *, const void *),
				 const void *data)
{
	struct device *dev = class_find_device(&block_class, NULL, data, match);

	if (dev)
		find_warn_twin(dev, data, match);
	return dev;
}

static dev_t find_device(int (*match)(struct device *, const void *),
			 const void *data)
{
	struct device *dev = find_first(match, data);
	dev_t devt = dev ? dev->devt : 0;

	put_device(dev);
	return devt;
}

struct find_part {
	struct gendisk	*disk;
	int		partno;
};

static int find_match_part(struct device *dev, const void *data)
{
	struct block_device *bdev = dev_to_bdev(dev);
	const struct find_part *want = data;

	return bdev->bd_disk == want->disk && bdev_partno(bdev) == want->partno;
}

/* "UUID" or "UUID/PARTNROFF=n": the partition n after the one with the UUID. */
static dev_t find_partuuid(const char *spec)
{
	const char *slash = strchrnul(spec, '/');
	struct find_uuid want = { .uuid = spec, .len = slash - spec };
	struct find_part part;
	struct device *dev;
	int offset = 0;
	dev_t devt;

	if (*slash && sscanf(slash, "/PARTNROFF=%d", &offset) != 1)
		return 0;
	dev = find_first(find_match_uuid, &want);
	if (!dev)
		return 0;
	part.disk = dev_to_bdev(dev)->bd_disk;
	part.partno = bdev_partno(dev_to_bdev(dev)) + offset;
	devt = find_device(find_match_part, &part);
	put_device(dev);
	return devt;
}

/* A path: by the kernel's name at first, else as udev has made it. */
static dev_t find_path(const char *path)
{
	dev_t devt = 0;

	if (!strncmp(path, "/dev/", 5))
		devt = find_device(find_match_name, path + 5);
	if (!devt && lookup_bdev(path, &devt))
		return 0;
	return devt;
}

/* "major:minor" in decimal, or both in one hexadecimal number. */
static dev_t find_number(const char *spec)
{
	unsigned int major, minor, number;
	dev_t devt;
	char end;

	if (sscanf(spec, "%u:%u%c", &major, &minor, &end) == 2)
		devt = MKDEV(major, minor);
	else if (!kstrtouint(spec, 16, &number))
		devt = new_decode_dev(number);
	else
		return 0;
	return find_device(find_match_devt, &devt);
}

/*
 * The device that @spec names, in the forms that root= takes.
 *
 * Context: Process context, may sleep.
 * Return: its number, or 0 while there is none.
 */
dev_t pstore_blk_find(const char *spec)
{
	if (!strncmp(spec, "PARTUUID=", 9))
		return find_partuuid(spec + 9);
	if (!strncmp(spec, "PARTLABEL=", 10))
		return find_device(find_match_label, spec + 10);
	if (spec[0] == '/')
		return find_path(spec);
	return find_number(spec);
}

static void find_work_fn(struct work_struct *work)
{
	struct pstore_blk_params params;
	dev_t devt;
	int ret;

	pstore_blk_get_params(&params);
	if (pstore_blk_attached())
		return;
	devt = pstore_blk_find(params.blkdev);
	if (devt)
		pstore_blk_seen();
	if (devt && devt == READ_ONCE(find_refused))
		return;
	params.last_try = find_tries++ >= FIND_RETRIES;
	/* A link that udev makes appears a little later than its device. */
	ret = devt ? pstore_blk_attach(devt, &params) : -EAGAIN;
	if (ret == -EAGAIN && !params.last_try)
		queue_delayed_work(pstore_blk_wq, &find_work,
				   msecs_to_jiffies(FIND_RETRY_MS));
	else if (ret == -EIO && find_errors++ < FIND_ERROR_RETRIES)
		queue_delayed_work(pstore_blk_wq, &find_work,
				   msecs_to_jiffies(FIND_ERROR_RETRY_MS));
	else if (ret && ret != -EAGAIN)
		WRITE_ONCE(find_refused, devt);
}

/*
 * A slip in the name looks like a device that takes its time. Once the machine has
 * settled, the user can tell one from the other.
 */
static void find_missing_fn(struct work_struct *work)
{
	struct pstore_blk_params params;

	pstore_blk_get_params(&params);
	if (!READ_ONCE(find_seen))
		pr_warn("there is no %s so far: crash logs are not saved until it appears; check pstore_blk.blkdev=\n",
			params.blkdev);
}

static DECLARE_DELAYED_WORK(find_missing_work, find_missing_fn);

/**
 * pstore_blk_seen - tell that the device which blkdev= names is there
 *
 * For storage that is named by pstore_blk.blkdev= and is not a block device.
 *
 * Context: Any.
 */
void pstore_blk_seen(void)
{
	WRITE_ONCE(find_seen, true);
}
EXPORT_SYMBOL_GPL(pstore_blk_seen);

/* Called for the devices that are there, and for each that appears. */
static int find_added(struct device *dev)
{
	find_tries = 0;
	find_errors = 0;
	mod_delayed_work(pstore_blk_wq, &find_work, 0);
	return 0;
}

static void find_removed(struct device *dev)
{
	cmpxchg(&find_refused, dev->devt, 0);
}

static struct class_interface find_interface = {
	.class		= &block_class,
	.add_dev	= find_added,
	.remove_dev	= find_removed,
};

/*
 * Attach the device as soon as it is there. To call this twice is the same as once.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int pstore_blk_watch(void)
{
	int ret;

	guard(mutex)(&find_lock);
	if (find_watching)
		return 0;
	ret = class_interface_register(&find_interface);
	if (ret)
		return ret;
	find_watching = true;
	queue_delayed_work(pstore_blk_wq, &find_missing_work, FIND_PATIENCE);
	return 0;
}

/*
 * Attach nothing any more. To call this twice is the same as once.
 *
 * Context: Process context, may sleep.
 */
void pstore_blk_unwatch(void)
{
	guard(mutex)(&find_lock);
	if (!find_watching)
		return;
	find_watching = false;
	class_interface_unregister(&find_interface);
	cancel_delayed_work_sync(&find_work);
	cancel_delayed_work_sync(&find_missing_work);
}
