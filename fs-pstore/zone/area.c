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
 * Context: Any.
 * Return: how much payload to put into a record, in bytes: as much as fits, but where
 *	the note takes up to an eighth of that, leave room for it.
 */
size_t pstore_area_text_bytes(const struct pstore_area *area)
{
	size_t capacity = pstore_area_capacity(area);

	return area->note.bytes <= capacity / 8 ? capacity - area->note.bytes :
						  capacity;
}

/*
 * Complete an image that has its payload, and its note if @info has one: encode the
 * header before it, and clear the rest of the last write unit.
 *
 * Context: Any, panic context too.
 * Return: how much to write, in bytes.
 */
size_t pstore_area_seal(const struct pstore_area *area, void *image,
			const struct pstore_record_info *info)
{
	size_t used = PSTORE_MEDIA_HEADER_BYTES + info->payload_bytes;
	size_t len;

	if (info->note_bytes)
		used = pstore_media_note_pos(info) + info->note_bytes;
	len = ALIGN(used, area->storage->write_unit);
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
	info->kernel_offset = area->note.kernel_offset;
	memcpy(info->build_id, area->note.build_id, sizeof(info->build_id));
}

/*
 * Context: Any.
 * Return: how large a device has to be for crash records, in bytes.
 */
u64 pstore_area_min_bytes(const struct pstore_storage *st)
{
	return 2 * PSTORE_MEDIA_BLOCK_BYTES +
	       PSTORE_MEDIA_MIN_SLOTS * (u64)st->kmsg_bytes;
}

/* The streams, the most important one first. */
static const u32 area_streams[PSTORE_LOGS] = {
	PSTORE_MEDIA_REGION_CONSOLE,
	PSTORE_MEDIA_REGION_PMSG,
	PSTORE_MEDIA_REGION_FTRACE,
};

/*
 * Context: Any.
 * Return: how much of the stream of type @type the parameters want to be kept.
 */
u32 pstore_area_stream_bytes(const struct pstore_storage *st, u32 type)
{
	switch (type) {
	case PSTORE_MEDIA_REGION_CONSOLE:
		return st->console_bytes;
	case PSTORE_MEDIA_REGION_PMSG:
		return st->pmsg_bytes;
	default:
		return st->ftrace_bytes;
	}
}

/*
 * Plan the streams that the parameters ask for. Crash records come first: all
 * streams together get half of the device at most. Return: their size, and in
 * @layout their regions, without offsets.
 */
static u64 area_plan_streams(const struct pstore_storage *st,
			     struct pstore_layout *layout)
{
	u64 bytes = layout->area_bytes, used = 0;
	u64 room = min(bytes / 2, bytes - pstore_area_min_bytes(st));
	unsigned int i;

	for (i = 0; i < PSTORE_LOGS; i++) {
		u32 want = pstore_area_stream_bytes(st, area_streams[i]);

		bytes = pstore_media_stream_region_bytes(want, st->write_unit);
		if (!want || used + bytes > room)
			continue;
		layout->regions[layout->nr_regions++] = (struct pstore_region) {
			.type		= area_streams[i],
			.unit_bytes	= st->write_unit,
			.bytes		= bytes,
		};
		used += bytes;
	}
	return used;
}

/*
 * Context: Any.
 * Return: how many crash records of @unit_bytes a new area has at most.
 */
u32 pstore_area_max_slots(u32 unit_bytes)
{
	return min(PSTORE_AREA_MAX_CRASH_BYTES / unit_bytes,
		   PSTORE_AREA_MAX_SLOTS);
}

/*
 * Context: Any.
 * Return: how much of a device an area takes at most, in bytes, whatever parameters ask
 *	for now or later, but for the blocks at its end.
 */
u64 pstore_area_max_bytes(const struct pstore_storage *st)
{
	const u32 most = PSTORE_MEDIA_MAX_STREAM_BYTES;
	u64 stream = pstore_media_stream_region_bytes(most, st->write_unit);

	return PSTORE_MEDIA_BLOCK_BYTES + PSTORE_AREA_MAX_CRASH_BYTES +
	       PSTORE_LOGS * stream;
}

/* The ring of crash records takes what is left. */
static void area_plan_crash(const struct pstore_storage *st, u64 room,
			    u64 first_seq, struct pstore_region *region)
{
	u64 slots = div_u64(room, st->kmsg_bytes);

	region->type = PSTORE_MEDIA_REGION_CRASH;
	region->unit_bytes = st->kmsg_bytes;
	region->bytes = min_t(u64, slots,
			      pstore_area_max_slots(st->kmsg_bytes)) *
			st->kmsg_bytes;
	region->first_seq = first_seq;
}

/*
 * How much of @bytes is left for crash records: all but the layout blocks, the
 * streams and, if there is room for it, a block for tests.
 */
static u64 area_crash_room(const struct pstore_storage *st, u64 bytes, u64 used)
{
	u64 room = bytes - used - 2 * PSTORE_MEDIA_BLOCK_BYTES;

	if (room - PSTORE_MEDIA_BLOCK_BYTES >=
	    PSTORE_MEDIA_MIN_SLOTS * (u64)st->kmsg_bytes)
		room -= PSTORE_MEDIA_BLOCK_BYTES;
	return room;
}

/*
 * The layout that the parameters ask for in as many bytes as @layout says: streams at
 * the front and then crash records, or the other way round.
 */
static void area_plan(const struct pstore_storage *st, u64 first_seq,
		      bool streams_last, struct pstore_layout *layout)
{
	u64 offset = PSTORE_MEDIA_BLOCK_BYTES, used;
	struct pstore_region *first = layout->regions;
	u32 i;

	layout->nr_regions = streams_last;
	memset(first, 0, sizeof(layout->regions));
	used = area_plan_streams(st, layout);
	i = streams_last ? 0 : layout->nr_regions;
	layout->nr_regions += !streams_last;
	area_plan_crash(st, area_crash_room(st, layout->area_bytes, used),
			first_seq, &first[i]);
	for (i = 0; i < layout->nr_regions; i++) {
		first[i].offset = offset;
		offset += first[i].bytes;
	}
}

/*
 * Where the block for tests lies.
 *
 * Context: Any.
 * Return: its position, or 0 when the layout has no room for one.
 */
u64 pstore_area_scratch(const struct pstore_layout *layout)
{
	const struct pstore_region *last =
		&layout->regions[layout->nr_regions - 1];
	u64 pos = layout->area_bytes - 2 * PSTORE_MEDIA_BLOCK_BYTES;

	return last->offset + last->bytes <= pos ? pos : 0;
}

/* The region of type @type. Return: NULL when there is none. */
static const struct pstore_region *
area_region(const struct pstore_layout *layout, u32 type)
{
	u32 i;

	for (i = 0; i < layout->nr_regions; i++)
		if (layout->regions[i].type == type)
			return &layout->regions[i];
	return NULL;
}

/*
 * How much of a layout block is written: what the device writes as a whole or not
 * at all.
 */
static size_t area_layout_bytes(const struct pstore_storage *st)
{
	return max_t(size_t, st->write_unit, PSTORE_MEDIA_HEADER_BYTES);
}

/* Write both copies of the layout block, the last one first. */
static int area_write_layout(struct pstore_area *area)
{
	struct pstore_storage *st = area->storage;
	void *block = kmalloc(PSTORE_MEDIA_BLOCK_BYTES, GFP_KERNEL);
	size_t len = area_layout_bytes(st);
	int ret;

	if (!block)
		return -ENOMEM;
	pstore_media_encode_layout(block, &area->layout);
	ret = st->ops->write(st, area->layout.area_bytes -
				 PSTORE_MEDIA_BLOCK_BYTES,
			     block, len);
	if (!ret)
		ret = st->ops->write(st, 0, block, len);
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
	area->layout.area_bytes = round_down(area->storage->bytes,
					     PSTORE_MEDIA_BLOCK_BYTES);
	area_plan(area->storage, 0, false, &area->layout);
	return area_write_layout(area);
}

/* Make both copies of the layout block agree, if they do not. */
static int area_repair_layout(struct pstore_area *area)
{
	struct pstore_storage *st = area->storage;
	u64 pos[2] = { 0, area->layout.area_bytes - PSTORE_MEDIA_BLOCK_BYTES };
	void *block = kmalloc_array(2, PSTORE_MEDIA_BLOCK_BYTES, GFP_KERNEL);
	void *want = block + PSTORE_MEDIA_BLOCK_BYTES;
	size_t len = area_layout_bytes(st);
	int i, ret = 0;

	if (!block)
		return -ENOMEM;
	pstore_media_encode_layout(want, &area->layout);
	for (i = 0; i < 2 && !ret; i++) {
		ret = st->ops->read(st, pos[i], block, len);
		if (!ret && memcmp(block, want, PSTORE_MEDIA_HEADER_BYTES))
			ret = st->ops->write(st, pos[i], want, len);
	}
	kfree(block);
	return ret;
}

/* Do @have and @want differ in nothing but where things lie? */
static bool area_layout_is_wanted(const struct pstore_layout *have,
				  const struct pstore_layout *want)
{
	const struct pstore_region *h, *w;
	u32 i;

	if (have->area_bytes != want->area_bytes ||
	    have->nr_regions != want->nr_regions)
		return false;
	for (i = 0; i < want->nr_regions; i++) {
		w = &want->regions[i];
		h = area_region(have, w->type);
		if (!h || h->unit_bytes != w->unit_bytes ||
		    h->bytes != w->bytes)
			return false;
	}
	return true;
}

static void area_exit_logs(struct pstore_area *area)
{
	unsigned int i;

	for (i = 0; i < PSTORE_LOGS; i++)
		pstore_log_exit(&area->logs[i]);
}

/* Look at the streams that the layout has. */
static int area_init_logs(struct pstore_area *area)
{
	const struct pstore_region *region;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < PSTORE_LOGS && !ret; i++) {
		region = area_region(&area->layout, area_streams[i]);
		if (region)
			ret = pstore_log_init(&area->logs[i], area,
					      &area->layout, region);
	}
	return ret;
}

/* Look at all that the layout has. */
static int area_init_regions(struct pstore_area *area)
{
	const struct pstore_region *crash =
		area_region(&area->layout, PSTORE_MEDIA_REGION_CRASH);

	return pstore_slots_init(area, crash) ?: area_init_logs(area);
}

/* Is this region's place taken by a stream with something in it? */
static bool area_is_used_by_stream(const struct pstore_area *area,
				   const struct pstore_region *region)
{
	const struct pstore_region *r;
	unsigned int i;

	for (i = 0; i < PSTORE_LOGS; i++) {
		r = &area->logs[i].region;
		if (pstore_log_active(&area->logs[i]) &&
		    pstore_log_has_live(&area->logs[i]) &&
		    region->offset < r->offset + r->bytes &&
		    r->offset < region->offset + region->bytes)
			return true;
	}
	return false;
}

/* Would @next keep all that is on the media? Return: what it would not, or NULL. */
static const char *area_next_loses(struct pstore_area *area)
{
	const struct pstore_region *r;
	unsigned int i;

	if (pstore_slots_has_live(area))
		return "crash records";
	for (i = 0; i < PSTORE_LOGS; i++)
		if (pstore_log_active(&area->logs[i]) &&
		    pstore_log_has_live(&area->logs[i]) &&
		    !area_region(&area->next, area_streams[i]))
			return pstore_log_name(area_streams[i]);
	for (i = 0; i < area->next.nr_regions; i++) {
		r = &area->next.regions[i];
		if (pstore_media_is_stream(r->type) &&
		    area_is_used_by_stream(area, r))
			return "logs, which leave no room to copy them";
	}
	return NULL;
}

/* Write the streams to where the next layout has them. */
static int area_copy_logs(struct pstore_area *area)
{
	const struct pstore_region *region;
	struct pstore_log *to;
	unsigned int i;
	int ret = 0;

	to = kzalloc(sizeof(*to), GFP_KERNEL);
	if (!to)
		return -ENOMEM;
	for (i = 0; i < PSTORE_LOGS && !ret; i++) {
		struct pstore_log *from = &area->logs[i];

		region = area_region(&area->next, area_streams[i]);
		if (!region || !pstore_log_active(from) ||
		    !pstore_log_has_live(from))
			continue;
		ret = pstore_log_init(to, area, &area->next, region);
		if (!ret)
			ret = pstore_log_copy(to, from);
		pstore_log_exit(to);
	}
	kfree(to);
	return ret;
}

/*
 * The copies may be written over the headers that tell the next sequence number.
 * So the layout that is in force has to tell it. No record is left in it.
 */
static int area_keep_number(struct pstore_area *area)
{
	u32 i;

	for (i = 0; i < area->layout.nr_regions; i++)
		if (area->layout.regions[i].type == PSTORE_MEDIA_REGION_CRASH)
			area->layout.regions[i].first_seq =
				atomic64_read(&area->slots.next_seq);
	return area_write_layout(area);
}

/* Put the next layout into force. What it keeps has been copied. */
static int area_switch(struct pstore_area *area)
{
	pstore_slots_exit(area);
	area_exit_logs(area);
	area->layout = area->next;
	return area_write_layout(area) ?: area_init_regions(area);
}

/*
 * How much of the device is for the area. Where that has become larger, what is behind
 * the area may be somebody else's, and nobody has looked at it.
 */
static u64 area_bytes(const struct pstore_area *area)
{
	const struct pstore_storage *st = area->storage;
	u64 bytes = round_down(st->bytes, PSTORE_MEDIA_BLOCK_BYTES);

	if (bytes == area->layout.area_bytes || st->format)
		return bytes;
	pr_info("%s: larger than before; what is behind byte %llu is left alone. To let it be overwritten, remove all records, and boot once with %s.format=1\n",
		st->device, area->layout.area_bytes, st->backend);
	return area->layout.area_bytes;
}

/* Give an area the layout that the parameters ask for, if that costs nothing. */
static int area_adapt(struct pstore_area *area)
{
	u64 next = atomic64_read(&area->slots.next_seq);
	/* To the other end of the area than they are at. */
	bool streams_last = area->layout.regions[0].type !=
			    PSTORE_MEDIA_REGION_CRASH;
	const char *lost;
	int ret;

	area->next = area->layout;
	area->next.generation++;
	area->next.area_bytes = area_bytes(area);
	if (area->next.area_bytes < pstore_area_min_bytes(area->storage))
		return 0;
	area_plan(area->storage, next, streams_last, &area->next);
	if (area_layout_is_wanted(&area->layout, &area->next))
		return 0;
	lost = area_next_loses(area);
	if (lost) {
		pr_info("%s: the sizes of records and logs stay as they are, to keep its %s; remove those from pstore, and at the next boot the new sizes take effect\n",
			area->storage->device, lost);
		return 0;
	}
	ret = area_keep_number(area);
	if (!ret)
		ret = area_copy_logs(area);
	return ret ?: area_switch(area);
}

/* Make the device ours, in whatever way it can be. */
static int area_claim(struct pstore_area *area)
{
	struct pstore_old *old = kzalloc(sizeof(*old), GFP_KERNEL);
	int ret = -ENOMEM;

	if (old)
		ret = pstore_claim(area->storage, &area->layout, old);
	switch (ret) {
	case PSTORE_CLAIM_FREE:
		ret = area_format(area);
		break;
	case PSTORE_CLAIM_TO_REPAIR:
		ret = area_repair_layout(area);
		break;
	case PSTORE_CLAIM_OLD:
		ret = pstore_takeover(area, old);
		break;
	case PSTORE_CLAIM_TAKEN:
		ret = pstore_takeover_finish(area);
		break;
	}
	if (old)
		pstore_old_free(old);
	kfree(old);
	return min(ret, 0);
}

static int area_open(struct pstore_area *area)
{
	int ret = area_claim(area) ?: area_init_regions(area) ?:
		  area_adapt(area);

	if (!ret)
		pstore_import(area);
	return ret;
}

/* A stream that cannot be begun costs that stream and nothing else. */
static void area_start_log(struct pstore_area *area, struct pstore_log *log)
{
	const struct pstore_storage *st = area->storage;
	int ret;

	if (log->region.unit_bytes < st->write_unit) {
		pr_warn("%s: no %s log: its blocks are smaller than those of the disk, since the area comes from another one; remove all records from pstore, and at the next boot the area is adapted\n",
			st->device, pstore_log_name(log->region.type));
		return;
	}
	ret = pstore_log_start(log);
	if (!ret && log->region.type == PSTORE_MEDIA_REGION_FTRACE)
		ret = pstore_trace_init(area, st->ftrace_bytes);
	if (!ret)
		return;
	pr_err("%s: no %s log (error %d)\n", st->device,
	       pstore_log_name(log->region.type), ret);
	pstore_log_exit(log);
}

static void area_report_small(const struct pstore_area *area)
{
	const struct pstore_storage *st = area->storage;
	unsigned int i;

	for (i = 0; i < PSTORE_LOGS; i++) {
		u32 want = pstore_area_stream_bytes(st, area_streams[i]);

		if (!want || area_region(&area->next, area_streams[i]))
			continue;
		pr_warn("%s: too small for a %s log of %u KiB besides crash records: not kept; use a larger device or a smaller %s_size\n",
			st->device, pstore_log_name(area_streams[i]),
			want / 1024, pstore_log_name(area_streams[i]));
	}
}

static void area_start_logs(struct pstore_area *area)
{
	unsigned int i;

	for (i = 0; i < PSTORE_LOGS; i++) {
		struct pstore_log *log = &area->logs[i];

		/* One that is turned off by now is still shown. */
		if (!pstore_log_active(log) ||
		    !pstore_area_stream_bytes(area->storage, log->region.type))
			continue;
		if (log->region.type == PSTORE_MEDIA_REGION_CONSOLE)
			log->flush_ms = area->storage->console_flush_ms;
		if (log->region.type == PSTORE_MEDIA_REGION_PMSG)
			log->flush_ms = area->storage->pmsg_flush_ms;
		area_start_log(area, log);
	}
}

static unsigned int area_nr_staged(const struct pstore_area *area)
{
	u32 slot = area->slots.region.unit_bytes;
	u32 want = min(log_buf_len_get(), AREA_MAX_STAGED_BYTES);

	/* dump.c does not compress, and each line gets its prefix. */
	if (area->storage->yields)
		want += want / 2;
	return max(want / slot + 1, AREA_MIN_STAGED);
}

static int area_set_up(struct pstore_area *area)
{
	int ret = area_open(area);

	if (ret)
		return ret;
	area->image = kvzalloc(area->slots.region.unit_bytes, GFP_KERNEL);
	area->panic_image = kvmalloc(PSTORE_PANIC_IMAGE, GFP_KERNEL);
	if (!area->image || !area->panic_image)
		return -ENOMEM;
	ret = pstore_note_prepare(&area->note);
	if (ret)
		return ret;
	area_report_small(area);
	area_start_logs(area);
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
		mutex_init(&area->test_lock);
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
	pstore_note_exit(&area->note);
	area_exit_logs(area);
	pstore_trace_exit(area);
	kvfree(area->panic_image);
	kvfree(area->image);
	pstore_slots_exit(area);
	kfree(area);
}
