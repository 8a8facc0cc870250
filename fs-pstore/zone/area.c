// SPDX-License-Identifier: GPL-2.0
/*
 * One area: its layout, its attachment to a device and its end.
 *
 * The layout on the media decides, not the parameters of this boot, so that no
 * record is lost when a parameter is changed. A layout that the parameters no
 * longer ask for is replaced as soon as no live record is left in it.
 */
#define pr_fmt(fmt) "pstore_zone: " fmt

#include <linux/align.h>
#include <linux/kmsg_dump.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/utsname.h>
#include <linux/uuid.h>

#include "zone.h"

/*
 * Room to stage the text of the whole log, but not without end. Compression makes
 * up for the prefix that each line gets.
 */
#define AREA_MIN_STAGED		4
#define AREA_MAX_STAGED_BYTES	(4U << 20)

/* Context: Any. Return: how much payload fits into a record, in bytes. */
size_t pstore_area_capacity(const struct pstore_area *area)
{
	return area->slots.region.unit_bytes - PSTORE_MEDIA_HEADER_BYTES;
}

/*
 * Complete an image that has its payload: encode the header before it, and
 * clear the rest of the last write unit.
 *
 * Context: Any, panic context too.
 * Return: how much to write, in bytes.
 */
size_t pstore_area_seal(const struct pstore_area *area, void *image,
			const struct pstore_record_info *info)
{
	size_t used = PSTORE_MEDIA_HEADER_BYTES + info->payload_bytes;
	size_t len = ALIGN(used, area->storage->write_unit);

	pstore_media_encode_record(image, &area->layout, info);
	memset(image + used, 0, len - used);
	return len;
}

/*
 * Describe a record of pstore core's for its header. The payload is at its
 * place in @record->buf; its sequence number is taken later.
 *
 * Context: Any, panic context too.
 */
void pstore_area_describe(const struct pstore_area *area,
			  const struct pstore_record *record,
			  struct pstore_record_info *info)
{
	memset(info, 0, sizeof(*info));
	info->state = PSTORE_MEDIA_LIVE;
	info->type = record->type;
	info->reason = record->reason;
	info->count = record->count;
	info->part = record->part;
	if (record->compressed)
		info->flags |= PSTORE_MEDIA_COMPRESSED;
	if (record->last)
		info->flags |= PSTORE_MEDIA_LAST_PART;
	info->payload_bytes = record->size;
	info->payload_crc = pstore_media_crc(record->buf, record->size);
	info->time_sec = record->time.tv_sec;
	info->time_nsec = record->time.tv_nsec;
	memcpy(info->boot_id, area->boot_id, sizeof(info->boot_id));
	strscpy_pad(info->release, init_utsname()->release,
		    sizeof(info->release));
	strscpy_pad(info->machine, init_utsname()->machine,
		    sizeof(info->machine));
}

/* The layout that the parameters ask for. */
static void area_plan(const struct pstore_storage *st, u64 first_seq,
		      struct pstore_layout *layout)
{
	u64 bytes = round_down(st->bytes, PSTORE_MEDIA_BLOCK_BYTES);
	u64 slots = div_u64(bytes - 2 * PSTORE_MEDIA_BLOCK_BYTES,
			    st->kmsg_bytes);
	struct pstore_region *region = &layout->regions[0];

	layout->area_bytes = bytes;
	layout->nr_regions = 1;
	memset(layout->regions, 0, sizeof(layout->regions));
	region->type = PSTORE_MEDIA_REGION_CRASH;
	region->unit_bytes = st->kmsg_bytes;
	region->offset = PSTORE_MEDIA_BLOCK_BYTES;
	region->bytes = min_t(u64, slots, PSTORE_MEDIA_MAX_SLOTS) * st->kmsg_bytes;
	region->first_seq = first_seq;
}

/* Write both copies of the layout block, the last one first. */
static int area_write_layout(struct pstore_area *area)
{
	struct pstore_storage *st = area->storage;
	void *block = kmalloc(PSTORE_MEDIA_BLOCK_BYTES, GFP_KERNEL);
	int ret;

	if (!block)
		return -ENOMEM;
	pstore_media_encode_layout(block, &area->layout);
	ret = st->ops->write(st, area->layout.area_bytes -
				 PSTORE_MEDIA_BLOCK_BYTES,
			     block, PSTORE_MEDIA_BLOCK_BYTES);
	if (!ret)
		ret = st->ops->write(st, 0, block, PSTORE_MEDIA_BLOCK_BYTES);
	kfree(block);
	return ret;
}

/* Make a blank device ours. */
static int area_format(struct pstore_area *area)
{
	int ret = pstore_claim_wipe(area->storage);

	if (ret)
		return ret;
	generate_random_uuid(area->layout.area_id);
	area->layout.generation = 1;
	area_plan(area->storage, 0, &area->layout);
	return area_write_layout(area);
}

/* Make both copies of the layout block agree, if they do not. */
static int area_repair_layout(struct pstore_area *area)
{
	struct pstore_storage *st = area->storage;
	u64 pos[2] = { 0, area->layout.area_bytes - PSTORE_MEDIA_BLOCK_BYTES };
	void *block = kmalloc_array(2, PSTORE_MEDIA_BLOCK_BYTES, GFP_KERNEL);
	void *want = block + PSTORE_MEDIA_BLOCK_BYTES;
	int i, ret = 0;

	if (!block)
		return -ENOMEM;
	pstore_media_encode_layout(want, &area->layout);
	for (i = 0; i < 2 && !ret; i++) {
		ret = st->ops->read(st, pos[i], block,
				    PSTORE_MEDIA_BLOCK_BYTES);
		if (!ret && memcmp(block, want, PSTORE_MEDIA_BLOCK_BYTES))
			ret = st->ops->write(st, pos[i], want,
					     PSTORE_MEDIA_BLOCK_BYTES);
	}
	kfree(block);
	return ret;
}

static bool area_layout_is_wanted(const struct pstore_layout *have,
				  const struct pstore_layout *want)
{
	return have->area_bytes == want->area_bytes &&
	       have->nr_regions == want->nr_regions &&
	       have->regions[0].unit_bytes == want->regions[0].unit_bytes &&
	       have->regions[0].bytes == want->regions[0].bytes;
}

/* Give an area the layout that the parameters ask for, if that costs nothing. */
static int area_adapt(struct pstore_area *area)
{
	struct pstore_layout want = area->layout;
	u64 next = atomic64_read(&area->slots.next_seq);

	area_plan(area->storage, next, &want);
	if (area_layout_is_wanted(&area->layout, &want))
		return 0;
	if (pstore_slots_has_live(area)) {
		pr_info("%s: keeps its records of %u KiB until they are removed; then those of %u KiB take effect at the next boot\n",
			area->storage->device,
			area->layout.regions[0].unit_bytes / 1024,
			area->storage->kmsg_bytes / 1024);
		return 0;
	}
	pstore_slots_exit(area);
	want.generation++;
	area->layout = want;
	return area_write_layout(area) ?:
	       pstore_slots_init(area, &area->layout.regions[0]);
}

static int area_open(struct pstore_area *area)
{
	int ret = pstore_claim(area->storage, &area->layout);

	if (ret < 0)
		return ret;
	ret = ret ? area_repair_layout(area) : area_format(area);
	if (!ret)
		ret = pstore_slots_init(area, &area->layout.regions[0]);
	if (!ret)
		ret = area_adapt(area);
	return ret;
}

static unsigned int area_nr_staged(const struct pstore_area *area)
{
	u32 slot = area->slots.region.unit_bytes;
	u32 want = min(log_buf_len_get(), AREA_MAX_STAGED_BYTES);

	return max(want / slot + 1, AREA_MIN_STAGED);
}

static int area_set_up(struct pstore_area *area)
{
	int ret = area_open(area);

	if (ret)
		return ret;
	area->image = kvzalloc(area->slots.region.unit_bytes, GFP_KERNEL);
	if (!area->image)
		return -ENOMEM;
	return pstore_stage_init(area, area_nr_staged(area));
}

/*
 * Take a device for crash logs, or take up the ones that are on it. Records will
 * say that they are from boot @boot_id.
 *
 * Context: Process context, may sleep.
 * Return: the area, or an error pointer after a message that says why.
 */
struct pstore_area *pstore_area_attach(struct pstore_storage *st,
				       const u8 *boot_id)
{
	struct pstore_area *area = kzalloc(sizeof(*area), GFP_KERNEL);
	int ret = -ENOMEM;

	if (area) {
		area->storage = st;
		memcpy(area->boot_id, boot_id, sizeof(area->boot_id));
		ret = area_set_up(area);
	}
	if (!ret)
		return area;
	if (ret != -EEXIST && ret != -EPROTONOSUPPORT && ret != -EINVAL)
		pr_err("%s: cannot be used for crash logs (error %d)\n",
		       st->device, ret);
	pstore_area_detach(area);
	return ERR_PTR(ret);
}

/*
 * Write what is staged, and give back what an area holds.
 *
 * Context: Process context, may sleep. Nobody uses the area any more.
 */
void pstore_area_detach(struct pstore_area *area)
{
	if (!area)
		return;
	pstore_stage_exit(area);
	kvfree(area->image);
	pstore_slots_exit(area);
	kfree(area);
}
