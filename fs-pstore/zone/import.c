// SPDX-License-Identifier: GPL-2.0
/*
 * Records of older kernels that lie elsewhere on the device than the area.
 *
 * Each goes to the ring like a new one, the oldest one first, and is shown until it
 * is removed. Once all records in a unit of the old bytes are durable in the ring,
 * the storage may have the unit back. If the power fails in between, the record
 * is in both: the next boot knows it by its boot id and takes it once.
 *
 * Nothing is pushed out of the ring by this. What finds no room stays where it is
 * until there is some.
 */
#define pr_fmt(fmt) "pstore_zone: " fmt

#include <linux/export.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "zone.h"

/* A part of a record that is in the ring already. */
struct import_part {
	u8	boot_id[PSTORE_MEDIA_ID_BYTES];
	u32	part;
	bool	last;
};

/**
 * struct import - an import under way
 * @area:	where to
 * @old:	where from
 * @pending:	for each unit of the old bytes, how much in it is not durable yet
 * @units:	how many units there are
 * @parts:	what is in the ring already
 * @nr_parts:	how many those are
 * @room:	how many records the ring can take
 * @image:	one slot
 * @taken:	how many records have been taken
 * @left:	how many stay where they are
 */
struct import {
	struct pstore_area	*area;
	struct pstore_old	old;
	u32			*pending;
	u32			units;
	struct import_part	*parts;
	u32			nr_parts;
	u64			room;
	void			*image;
	u32			taken;
	u32			left;
};

/* Count what lies in each unit, up or down. */
static void import_count(struct import *im, u64 from, u64 to, int n)
{
	u32 unit = im->area->storage->old_unit;
	u32 i = div_u64(from, unit), last = div_u64(to - 1, unit);

	for (; i <= last && i < im->units; i++)
		im->pending[i] += n;
}

static bool import_is_ours(const struct pstore_old_record *r)
{
	/* No old kernel kept anything but crash records on flash. */
	return r->info.type == PSTORE_MEDIA_TYPE_CRASH;
}

static void import_count_all(struct import *im)
{
	const struct pstore_old *old = &im->old;
	u32 i;

	for (i = 0; i < old->nr; i++)
		import_count(im, old->records[i].pos,
			     pstore_old_end(&old->records[i]), 1);
	for (i = 0; i < old->nr_bad; i++)
		import_count(im, old->bad_from[i], old->bad_to[i], 1);
}

/* Give units back that nothing is pending in, from unit @i up to @end. */
static void import_give_back(struct import *im, u32 i, u32 end)
{
	struct pstore_storage *st = im->area->storage;
	u32 first;

	for (; i < end; i++) {
		first = i;
		while (i < end && !im->pending[i])
			i++;
		if (i > first)
			st->ops->old_done(st, (u64)first * st->old_unit,
					  (u64)(i - first) * st->old_unit);
	}
}

/* A record is durable in the ring. */
static void import_done(struct import *im, const struct pstore_old_record *r)
{
	u32 unit = im->area->storage->old_unit;
	u64 end = pstore_old_end(r);

	import_count(im, r->pos, end, -1);
	import_give_back(im, div_u64(r->pos, unit),
			 min_t(u32, div_u64(end - 1, unit) + 1, im->units));
}

/*
 * Has record @seq come from an older kernel, and is it whole? A header alone, since the
 * power failed behind it, does not count. One that has been removed was whole.
 */
static bool import_is_whole(struct pstore_area *area, u64 seq,
			    struct pstore_record_info *info)
{
	u64 next = seq;
	char *payload;

	if (pstore_slots_header(area, seq, info) <= 0 ||
	    !pstore_old_is_boot_id(info->boot_id))
		return false;
	if (info->state == PSTORE_MEDIA_ERASED)
		return true;
	if (pstore_slots_read(area, &next, info, &payload))
		return false;
	kvfree(payload);
	return info->seq == seq;
}

/* What does the ring have from an import that was cut short? */
static int import_look_back(struct import *im)
{
	struct pstore_slots *slots = &im->area->slots;
	u64 seq, next = atomic64_read(&slots->next_seq);
	u64 first = pstore_slots_oldest(slots);
	struct pstore_record_info info;

	if (!im->old.nr || first == next)
		return 0;
	im->parts = kvcalloc(next - first, sizeof(*im->parts), GFP_KERNEL);
	if (!im->parts)
		return -ENOMEM;
	for (seq = first; seq < next; seq++) {
		struct import_part *p = &im->parts[im->nr_parts];

		if (!import_is_whole(im->area, seq, &info))
			continue;
		memcpy(p->boot_id, info.boot_id, sizeof(p->boot_id));
		p->part = info.part;
		p->last = info.flags & PSTORE_MEDIA_LAST_PART;
		im->nr_parts++;
		cond_resched();
	}
	return 0;
}

/* Is this part in the ring, or, with 0, the one that is written last? */
static bool import_has(const struct import *im,
		       const struct pstore_old_record *r, u32 part)
{
	u8 id[PSTORE_MEDIA_ID_BYTES];
	u32 i;

	pstore_old_boot_id(r, id);
	for (i = 0; i < im->nr_parts; i++) {
		const struct import_part *p = &im->parts[i];

		if ((part ? p->part == part : p->last) &&
		    !memcmp(p->boot_id, id, sizeof(id)))
			return true;
	}
	return false;
}

static u32 import_parts(const struct import *im, u32 bytes)
{
	return DIV_ROUND_UP(bytes, pstore_area_capacity(im->area));
}

/*
 * Write part @part of @parts, which has the newest bytes that the parts before it do
 * not have.
 */
static int import_part(struct import *im, struct pstore_record_info *info,
		       const char *text, u32 len, u32 part, u32 parts)
{
	u32 room = pstore_area_capacity(im->area);
	u32 end = len - (part - 1) * room;
	u32 begin = part == parts ? 0 : end - room;
	void *payload = im->image + PSTORE_MEDIA_HEADER_BYTES;

	info->part = part;
	info->payload_bytes = end - begin;
	info->payload_crc = pstore_media_crc(text + begin, end - begin);
	info->flags &= ~PSTORE_MEDIA_LAST_PART;
	if (part == parts)
		info->flags |= PSTORE_MEDIA_LAST_PART;
	memcpy(payload, text + begin, end - begin);
	return pstore_slots_write(im->area, im->image, info);
}

static int import_write(struct import *im, const struct pstore_old_record *r,
			const char *text, u32 len)
{
	u32 part, parts = import_parts(im, len);
	struct pstore_record_info info;
	int ret = 0;

	/* Half a deflate stream is of no use. */
	if (r->info.compressed && parts > 1)
		return -EFBIG;
	if (parts > im->room)
		return -ENOSPC;
	pstore_old_describe(r, &info);
	for (part = 1; part <= parts && !ret; part++) {
		if (parts > 1 && import_has(im, r, part))
			continue;
		ret = import_part(im, &info, text, len, part, parts);
		im->room -= !ret;
	}
	return ret;
}

/* Return: 0 when the record is durable in the ring, or has no text; or -errno. */
static int import_record(struct import *im, const struct pstore_old_record *r)
{
	char *text;
	ssize_t len;
	int ret = 0;

	if (!import_is_ours(r) || import_has(im, r, 0))
		return 0;
	len = pstore_old_load(&im->old, r, &text);
	if (len < 0)
		return len;
	if (len)
		ret = import_write(im, r, text, len);
	kvfree(text);
	if (!ret && len)
		im->taken++;
	return ret;
}

/* How many slots a record takes. */
static u32 import_need(struct import *im, const struct pstore_old_record *r)
{
	u32 most = import_parts(im, pstore_old_max_bytes(r));
	char *text;
	ssize_t len;

	if (!import_is_ours(r) || import_has(im, r, 0))
		return 0;
	if (most == 1)
		return 1;
	len = pstore_old_load(&im->old, r, &text);
	if (len < 0)
		return most;
	kvfree(text);
	return import_parts(im, len);
}

/* From which record on is there room for all that follow? */
static u32 import_first(struct import *im)
{
	u64 need = 0;
	u32 i = im->old.nr;

	while (i) {
		need += import_need(im, &im->old.records[i - 1]);
		if (need > im->room)
			break;
		i--;
	}
	return i;
}

static void import_records(struct import *im)
{
	u32 i, first = import_first(im);

	for (i = 0; i < im->old.nr; i++) {
		const struct pstore_old_record *r = &im->old.records[i];

		if ((i < first && !import_has(im, r, 0)) ||
		    import_record(im, r))
			im->left++;
		else
			import_done(im, r);
		cond_resched();
	}
}

static void import_report(const struct import *im, int err)
{
	const char *device = im->area->storage->device;

	if (err)
		pr_err("%s: crash logs of older kernels are not taken over (error %d); they stay where they are\n",
		       device, err);
	if (im->taken)
		pr_info("%s: %u crash logs of older kernels are taken over\n",
			device, im->taken);
	if (im->left)
		pr_warn("%s: %u crash logs of older kernels find no room, or cannot be read; they stay where they are until their place is needed. Remove records from pstore, and they are taken over at the next boot\n",
			device, im->left);
	if (im->old.damaged)
		pr_warn("%s: %u crash logs of older kernels are damaged\n",
			device, im->old.damaged);
}

static int import_prepare(struct import *im)
{
	struct pstore_storage *st = im->area->storage;
	int ret = pstore_old_scan(&im->old);

	if (ret)
		return ret;
	im->units = div_u64(st->old_bytes, st->old_unit);
	im->pending = kvcalloc(im->units, sizeof(*im->pending), GFP_KERNEL);
	im->image = kvmalloc(im->area->slots.region.unit_bytes, GFP_KERNEL);
	if (!im->pending || !im->image)
		return -ENOMEM;
	import_count_all(im);
	im->room = pstore_slots_room(im->area);
	return import_look_back(im);
}

/*
 * Take over what @area's storage has from older kernels, apart from the area.
 * Whatever goes wrong leaves it where it is.
 *
 * Context: Process context, may sleep. Nobody else uses the area yet.
 */
void pstore_import(struct pstore_area *area)
{
	struct pstore_storage *st = area->storage;
	struct import *im;
	int ret;

	if (!st->ops->read_old || !st->old_bytes)
		return;
	im = kzalloc(sizeof(*im), GFP_KERNEL);
	if (!im)
		return;
	im->area = area;
	im->old.st = st;
	ret = import_prepare(im);
	if (!ret) {
		import_give_back(im, 0, im->units);
		import_records(im);
	}
	import_report(im, ret);
	kvfree(im->image);
	kvfree(im->parts);
	kvfree(im->pending);
	pstore_old_free(&im->old);
	kfree(im);
}

/**
 * pstore_storage_old_format - does something of an older kernel begin here?
 * @buf: bytes from the device, from a position on that is a multiple of 4096
 * @len: how many there are, at least 52
 *
 * For storage that has to tell crash logs of older kernels from data of others.
 *
 * Context: Any.
 * Return: what begins at @buf.
 */
enum pstore_old_format pstore_storage_old_format(const void *buf, size_t len)
{
	struct pstore_legacy_info info;
	enum pstore_legacy_verdict verdict;

	if (pstore_legacy_decode_oops(buf, len, U64_MAX, &info))
		return PSTORE_OLD_OOPS;
	verdict = pstore_legacy_decode_zone(buf, len, U64_MAX, &info);
	if (verdict == PSTORE_LEGACY_LIVE || verdict == PSTORE_LEGACY_ERASED)
		return PSTORE_OLD_ZONE;
	return PSTORE_OLD_NONE;
}
EXPORT_SYMBOL_GPL(pstore_storage_old_format);
