// SPDX-License-Identifier: GPL-2.0
/*
 * An area of an older kernel, made into one of ours where it lies.
 *
 * The new layout is chosen such that nothing of what the older kernel's records
 * occupy is written to before all of them have been copied:
 *
 *	1. The last layout block becomes a mark: the takeover has begun, and may
 *	   write here and there. The older format is in force.
 *	2. Each record is copied to a slot, each ring to a stream.
 *	3. The mark says that all has been copied. This is one write, which the
 *	   device makes whole or not at all: from here on, the new layout is in
 *	   force, and what the older kernel has left is not needed any more.
 *	4. The first layout block is written, and then the last one.
 *
 * If the power fails before the third step is durable, the next boot begins
 * again; behind it, the next boot takes the fourth.
 *
 * Old records rarely fill their zones, so slots can lie between them. Where they
 * cannot, smaller slots may do, or streams that are no larger than needed. When all
 * records have been removed, the area gets the sizes that the user wants.
 */
#define pr_fmt(fmt) "pstore_zone: " fmt

#include <linux/align.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/uuid.h>
#include <linux/zlib.h>

#include "zone.h"

#define TAKE_BLOCK		PSTORE_MEDIA_BLOCK_BYTES
/* Slots that should be left for new records, where there is the choice. */
#define TAKE_SPARE_SLOTS	16
/* Where no layout has been found after so many looks, there is none. */
#define TAKE_MAX_LOOKS		(8U << 20)
/* Largest write of a stream. */
#define TAKE_IMAGE		SZ_16K
/* pstore core unpacks a record to at most so many times the room in a slot. */
#define TAKE_UNPACK		3

/* Bytes of the device, up to @to, exclusive. */
struct take_range {
	u64	from;
	u64	to;
};

/* A stream that the new area is to have. */
struct take_stream {
	u32	type;
	u32	want;		/* how much the user wants to be kept */
	u32	need;		/* how much the old area has */
};

/**
 * struct takeover - a takeover under way
 * @area:	what it will be
 * @old:	what it was
 * @live:	what the old records occupy, in the order of the device
 * @slots:	which records go to slots: their indices, oldest first
 * @nr:		how many
 * @slot_bytes:	how large a slot has to be
 * @streams:	the streams
 * @looks:	how many looks at a place it may still take to find a layout
 * @image:	for writing
 */
struct takeover {
	struct pstore_area	*area;
	struct pstore_old	*old;
	struct take_range	*live;
	u32			*slots;
	u32			nr;
	u32			slot_bytes;
	struct take_stream	streams[PSTORE_LOGS];
	u32			looks;
	void			*image;
};

static const u32 take_types[PSTORE_LOGS] = {
	PSTORE_MEDIA_REGION_CONSOLE,
	PSTORE_MEDIA_REGION_PMSG,
	PSTORE_MEDIA_REGION_FTRACE,
};

static struct pstore_old_record *take_record(const struct takeover *t, u32 i)
{
	return &t->old->records[t->slots[i]];
}

/* How much of slot @i is written. */
static u32 take_used(const struct takeover *t, u32 i)
{
	return ALIGN(PSTORE_MEDIA_HEADER_BYTES +
		     pstore_old_max_bytes(take_record(t, i)),
		     t->area->storage->write_unit);
}

/* What there is to take. */

static int take_range_cmp(const void *a, const void *b)
{
	const struct take_range *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static struct take_stream *take_stream(struct takeover *t, u32 type)
{
	unsigned int i;

	for (i = 0; i < PSTORE_LOGS; i++)
		if (t->streams[i].type == type)
			return &t->streams[i];
	return NULL;
}

/* How large what is compressed in there becomes; 0 if that cannot be told. */
static u32 take_unpacked_bytes(const void *data, u32 len)
{
	struct z_stream_s z = { .next_in = data, .avail_in = len };
	u8 *out = kmalloc(TAKE_BLOCK, GFP_KERNEL);
	u32 bytes = 0;
	int ret;

	z.workspace = kvmalloc(zlib_inflate_workspacesize(), GFP_KERNEL);
	if (out && z.workspace && zlib_inflateInit2(&z, -MAX_WBITS) == Z_OK) {
		do {
			z.next_out = out;
			z.avail_out = TAKE_BLOCK;
			ret = zlib_inflate(&z, Z_NO_FLUSH);
			cond_resched();
		} while (ret == Z_OK && z.avail_out < TAKE_BLOCK &&
			 z.total_out < PSTORE_MEDIA_MAX_SLOT_BYTES);
		bytes = ret == Z_STREAM_END ? z.total_out : 0;
		zlib_inflateEnd(&z);
	}
	kvfree(z.workspace);
	kfree(out);
	return bytes;
}

/* Read a crash record, to see how large its slot has to be. */
static int take_measure(struct takeover *t, const struct pstore_old_record *r)
{
	u32 need = pstore_old_max_bytes(r);
	char *payload;
	ssize_t len = pstore_old_load(t->old, r, &payload);

	if (len < 0)
		return len;
	if (IS_ENABLED(CONFIG_PSTORE_COMPRESS) && r->info.compressed)
		need = max(need, DIV_ROUND_UP(take_unpacked_bytes(payload, len),
					      TAKE_UNPACK));
	kvfree(payload);
	need = round_up(PSTORE_MEDIA_HEADER_BYTES + need, TAKE_BLOCK);
	t->slot_bytes = max(t->slot_bytes, need);
	return 0;
}

static u32 take_ring_bytes(const struct pstore_legacy_info *info)
{
	if (info->type != PSTORE_MEDIA_REGION_FTRACE)
		return info->bytes;
	return info->bytes / PSTORE_LEGACY_CALL_BYTES *
	       sizeof(struct pstore_media_trace);
}

static int take_look(struct takeover *t, u32 i)
{
	struct pstore_old_record *r = &t->old->records[i];
	struct take_stream *s = take_stream(t, r->info.type);

	t->live[i].from = r->pos;
	t->live[i].to = pstore_old_end(r);
	if (!s) {
		t->slots[t->nr++] = i;
		return take_measure(t, r);
	}
	/* Rings of one kind are joined. */
	if (take_ring_bytes(&r->info) > PSTORE_MEDIA_MAX_STREAM_BYTES - s->need)
		return -E2BIG;
	s->need += take_ring_bytes(&r->info);
	return 0;
}

static int take_look_at_all(struct takeover *t)
{
	u32 nr = t->old->nr, i;
	int ret = 0;

	t->live = kvcalloc(max(nr, 1U), sizeof(*t->live), GFP_KERNEL);
	t->slots = kvcalloc(max(nr, 1U), sizeof(*t->slots), GFP_KERNEL);
	if (!t->live || !t->slots)
		return -ENOMEM;
	t->slot_bytes = PSTORE_MEDIA_MIN_SLOT_BYTES;
	for (i = 0; i < PSTORE_LOGS; i++) {
		t->streams[i].type = take_types[i];
		t->streams[i].want = pstore_area_stream_bytes(t->area->storage,
							      take_types[i]);
	}
	for (i = 0; i < nr && !ret; i++)
		ret = take_look(t, i);
	sort(t->live, nr, sizeof(*t->live), take_range_cmp, NULL);
	return ret;
}

/* Where it goes. */

/* The first range that ends behind @pos. */
static u32 take_first_behind(const struct takeover *t, u64 pos)
{
	u32 low = 0, high = t->old->nr;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (t->live[mid].to > pos)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* Up to where these bytes are not free; 0 if they are. */
static u64 take_hit(struct takeover *t, u64 from, u64 to)
{
	u32 i = take_first_behind(t, from);

	t->looks -= min(t->looks, 1U);
	return i < t->old->nr && t->live[i].from < to ? t->live[i].to : 0;
}

/* How far a region has to move up, to get what lies at @pos behind @end. */
static u64 take_step(u64 pos, u64 end)
{
	return round_up(end - pos, TAKE_BLOCK);
}

/* How far slots at @offset have to move up, since one of them hits something. */
static u64 take_slots_step(struct takeover *t, u64 offset, u32 unit)
{
	u64 pos = offset, end;
	u32 i;

	for (i = 0; i < t->nr && t->looks; i++, pos += unit) {
		end = take_hit(t, pos, pos + take_used(t, i));
		if (end)
			return take_step(pos, end);
	}
	return 0;
}

/*
 * Place slots of @unit bytes between @from and @to, at least @min of them, of which
 * the first ones are free.
 */
static bool take_place_slots(struct takeover *t, u64 from, u64 to, u32 unit,
			     u32 min, struct pstore_region *region)
{
	u32 most = max(min, pstore_area_max_slots(unit));
	u64 step = 1, bytes;

	for (; step && t->looks; from += step) {
		if (from + (u64)min * unit > to)
			return false;
		step = take_slots_step(t, from, unit);
	}
	if (!t->looks)
		return false;
	bytes = min3(div_u64(to - from, unit), most, PSTORE_AREA_MAX_SLOTS) *
		(u64)unit;
	*region = (struct pstore_region) {
		.type		= PSTORE_MEDIA_REGION_CRASH,
		.unit_bytes	= unit,
		.offset		= from,
		.bytes		= bytes,
	};
	return true;
}

/* How many blocks of @unit bytes from @pos to @to are free? */
static u32 take_free_blocks(struct takeover *t, u64 pos, u64 to, u32 unit)
{
	u32 i = take_first_behind(t, pos), nr = 0;
	u64 end;

	for (; i < t->old->nr && t->live[i].from < to; i++) {
		t->looks -= min(t->looks, 1U);
		end = round_down(max(t->live[i].from, pos), unit);
		if (end > pos)
			nr += div_u64(end - pos, unit);
		pos = min(round_up(t->live[i].to, unit), to);
	}
	return nr + div_u64(to - pos, unit);
}

/* How many blocks the old bytes of a stream take. */
static u32 take_blocks(const struct takeover *t, u32 bytes)
{
	return DIV_ROUND_UP(bytes, t->area->storage->write_unit -
				   PSTORE_MEDIA_STREAM_HEADER_BYTES);
}

/* Can the old bytes go to the first bank of a stream that lies there? */
static bool take_stream_fits(struct takeover *t, const struct take_stream *s,
			     const struct pstore_region *r)
{
	u64 head = pstore_media_bank_pos(r, 0);
	u64 first = pstore_media_block_pos(r, 0, 0);
	u64 end = pstore_media_block_pos(r, 0, pstore_media_bank_blocks(r));

	if (!s->need)
		return true;
	return !take_hit(t, head, head + r->unit_bytes) &&
	       take_free_blocks(t, first, end, r->unit_bytes) >=
	       take_blocks(t, s->need);
}

/* Place a stream between @from and @to, as near to one of these as possible. */
static bool take_place_stream(struct takeover *t, const struct take_stream *s,
			      u32 bytes, u64 from, u64 to, bool last,
			      struct pstore_region *r)
{
	u32 unit = t->area->storage->write_unit;
	u64 size = pstore_media_stream_region_bytes(bytes, unit);

	*r = (struct pstore_region) {
		.type		= s->type,
		.unit_bytes	= unit,
		.bytes		= size,
	};
	for (; from + size <= to && t->looks;
	     from += TAKE_BLOCK * !last, to -= TAKE_BLOCK * last) {
		r->offset = last ? to - size : from;
		if (take_stream_fits(t, s, r))
			return true;
	}
	return false;
}

/* What to try. */
struct take_plan {
	u32	unit;		/* size of a slot */
	u32	slots;		/* how many there have to be */
	bool	lean;		/* streams as large as needed, and no others */
	bool	last;		/* streams at the end of what may be used */
};

/* How much of a stream is to be kept; 0 for no such stream. */
static u32 take_stream_bytes(const struct takeover *t, const struct take_plan *p,
			     const struct take_stream *s, u64 used)
{
	u32 bytes = p->lean ? s->need : max(s->want, s->need);
	u64 size = pstore_media_stream_region_bytes(bytes,
					t->area->storage->write_unit);

	/* As with an area that is made anew, see area.c. */
	if (!s->need && used + size > t->area->storage->bytes / 2)
		return 0;
	return bytes;
}

static int take_region_cmp(const void *a, const void *b)
{
	const struct pstore_region *x = a, *y = b;

	return x->offset < y->offset ? -1 : 1;
}

static bool take_try(struct takeover *t, const struct take_plan *p,
		     struct pstore_layout *l)
{
	u64 from = TAKE_BLOCK, used = 0;
	u64 to = min(l->area_bytes - 2 * TAKE_BLOCK,
		     pstore_claim_whole(t->area->storage));
	unsigned int i;

	l->nr_regions = 0;
	memset(l->regions, 0, sizeof(l->regions));
	for (i = 0; i < PSTORE_LOGS; i++) {
		const struct take_stream *s = &t->streams[i];
		struct pstore_region *r = &l->regions[l->nr_regions];
		u32 bytes = take_stream_bytes(t, p, s, used);

		if (!bytes)
			continue;
		if (!take_place_stream(t, s, bytes, from, to, p->last, r))
			return false;
		l->nr_regions++;
		used += r->bytes;
		if (p->last)
			to = r->offset;
		else
			from = r->offset + r->bytes;
	}
	if (!take_place_slots(t, from, to, p->unit, p->slots,
			      &l->regions[l->nr_regions]))
		return false;
	l->nr_regions++;
	sort(l->regions, l->nr_regions, sizeof(*l->regions), take_region_cmp,
	     NULL);
	return true;
}

/* With streams at either end, of either size. */
static bool take_try_sizes(struct takeover *t, struct take_plan *p,
			   struct pstore_layout *l)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		p->lean = i / 2;
		p->last = !(i % 2);
		if (take_try(t, p, l))
			return true;
	}
	return false;
}

/* With slots of the size that the user wants, or as small as possible. */
static bool take_try_units(struct takeover *t, u32 slots,
			   struct pstore_layout *l)
{
	u32 want = max(t->area->storage->kmsg_bytes, t->slot_bytes);
	struct take_plan p = { .unit = want };

	p.slots = max(slots, PSTORE_MEDIA_MIN_SLOTS);
	for (;;) {
		if (take_try_sizes(t, &p, l))
			return true;
		if (p.unit == t->slot_bytes)
			return false;
		p.unit = max(round_up(p.unit / 2, TAKE_BLOCK), t->slot_bytes);
	}
}

/* Choose a layout. Return: 0, or -E2BIG if there is none. */
static int take_plan(struct takeover *t)
{
	struct pstore_layout *l = &t->area->layout;
	u64 bytes = round_down(t->area->storage->bytes, TAKE_BLOCK);

	memset(l, 0, sizeof(*l));
	generate_random_uuid(l->area_id);
	l->generation = 1;
	l->area_bytes = bytes;
	t->looks = TAKE_MAX_LOOKS;
	if (take_hit(t, bytes - TAKE_BLOCK, bytes))
		return -E2BIG;
	if (take_try_units(t, t->nr + TAKE_SPARE_SLOTS, l))
		return 0;
	t->looks = TAKE_MAX_LOOKS;
	return take_try_units(t, t->nr, l) ? 0 : -E2BIG;
}

/* Writing it. */

static struct pstore_region *take_region(struct pstore_layout *l, u32 type)
{
	u32 i;

	for (i = 0; i < l->nr_regions; i++)
		if (l->regions[i].type == type)
			return &l->regions[i];
	return NULL;
}

/*
 * Write the mark. As long as not all has been copied, it tells where that may be
 * written to.
 */
static int take_mark(struct takeover *t, bool copied)
{
	struct pstore_storage *st = t->area->storage;
	struct pstore_layout l = t->area->layout;
	struct pstore_region *r = take_region(&l, PSTORE_MEDIA_REGION_CRASH);
	size_t len = TAKE_BLOCK;

	if (copied)
		len = max_t(size_t, st->write_unit, PSTORE_MEDIA_HEADER_BYTES);
	else
		r->bytes = max(t->nr, PSTORE_MEDIA_MIN_SLOTS) *
			   (u64)r->unit_bytes;
	pstore_media_encode_takeover(t->image, &l, copied);
	return st->ops->write(st, l.area_bytes - TAKE_BLOCK, t->image, len);
}

static int take_write_slot(struct takeover *t, u32 i, const char *payload,
			   u32 len)
{
	struct pstore_storage *st = t->area->storage;
	const struct pstore_region *r =
		take_region(&t->area->layout, PSTORE_MEDIA_REGION_CRASH);
	struct pstore_record_info info;

	pstore_old_describe(take_record(t, i), &info);
	info.seq = i;
	info.payload_bytes = len;
	info.payload_crc = pstore_media_crc(payload, len);
	memcpy(t->image + PSTORE_MEDIA_HEADER_BYTES, payload, len);
	len = pstore_area_seal(t->area, t->image, &info);
	return st->ops->write(st, r->offset + (u64)i * r->unit_bytes, t->image,
			      len);
}

static int take_copy_slot(struct takeover *t, u32 i)
{
	char *payload;
	ssize_t len = pstore_old_load(t->old, take_record(t, i), &payload);
	int ret;

	if (len < 0)
		return len;
	ret = take_write_slot(t, i, payload, len);
	kvfree(payload);
	return ret;
}

/* A stream on its way to the first bank. */
struct take_out {
	const struct pstore_region	*region;
	struct pstore_record_info	head;
	const char			*text;
	u32				len;
	u32				done;
	u32				block;	/* where to go on */
};

/* Encode the next block into the image. */
static void take_encode(struct takeover *t, struct take_out *o, void *image)
{
	u32 unit = o->region->unit_bytes;
	struct pstore_block_info info = {
		.offset	= o->done,
		.begin	= o->done,
		.bytes	= min(o->len - o->done,
			      unit - PSTORE_MEDIA_STREAM_HEADER_BYTES),
		.next	= o->block + 1,
	};

	info.end = info.offset + info.bytes;
	memcpy(image + PSTORE_MEDIA_STREAM_HEADER_BYTES, o->text + o->done,
	       info.bytes);
	pstore_media_encode_block(image, &t->area->layout, &o->head, unit,
				  &info);
	o->done += info.bytes;
	o->block++;
}

/* Write as many blocks in a row as are free. */
static int take_write_run(struct takeover *t, struct take_out *o)
{
	struct pstore_storage *st = t->area->storage;
	u32 unit = o->region->unit_bytes;
	u64 pos = pstore_media_block_pos(o->region, 0, o->block), first = pos;
	size_t len = 0;

	for (; o->done < o->len && len < TAKE_IMAGE; len += unit, pos += unit) {
		if (take_hit(t, pos, pos + unit))
			break;
		take_encode(t, o, t->image + len);
	}
	if (len)
		return st->ops->write(st, first, t->image, len);
	o->block++;
	return 0;
}

static int take_write_head(struct takeover *t, struct take_out *o)
{
	struct pstore_storage *st = t->area->storage;

	memset(t->image, 0, o->region->unit_bytes);
	pstore_media_encode_record(t->image, &t->area->layout, &o->head);
	return st->ops->write(st, pstore_media_bank_pos(o->region, 0), t->image,
			      o->region->unit_bytes);
}

/* Join all rings of a kind, in the order of the device. */
static int take_join(struct takeover *t, const struct take_stream *s,
		     struct take_out *o, char *text)
{
	char *ring;
	ssize_t len;
	u32 i;

	for (i = 0; i < t->old->nr; i++) {
		const struct pstore_old_record *r = &t->old->records[i];

		if (r->info.type != s->type)
			continue;
		len = pstore_old_load(t->old, r, &ring);
		if (len < 0)
			return len;
		memcpy(text + o->len, ring, len);
		kvfree(ring);
		o->len += len;
		pstore_old_boot_id(r, o->head.boot_id);
	}
	return 0;
}

static int take_copy_stream(struct takeover *t, const struct take_stream *s)
{
	struct take_out o = {
		.region	= take_region(&t->area->layout, s->type),
		.head	= { .state = PSTORE_MEDIA_LIVE, .type = s->type,
			    .seq = 1 },
	};
	char *text = kvmalloc(s->need, GFP_KERNEL);
	u32 blocks = pstore_media_bank_blocks(o.region);
	int ret = text ? take_join(t, s, &o, text) : -ENOMEM;

	o.text = text;
	while (!ret && o.done < o.len)
		ret = o.block < blocks ? take_write_run(t, &o) : -ENOSPC;
	kvfree(text);
	return ret ?: take_write_head(t, &o);
}

static int take_copy(struct takeover *t)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < t->nr && !ret; i++)
		ret = take_copy_slot(t, i);
	for (i = 0; i < PSTORE_LOGS && !ret; i++)
		if (t->streams[i].need)
			ret = take_copy_stream(t, &t->streams[i]);
	return ret;
}

/*
 * Put the layout of what was taken over into its place, which has anything in it.
 *
 * Context: Process context, may sleep. The layout is in force.
 * Return: 0, -ENOMEM or the device's error.
 */
int pstore_takeover_finish(struct pstore_area *area)
{
	struct pstore_storage *st = area->storage;
	void *block = kmalloc(TAKE_BLOCK, GFP_KERNEL);
	int ret;

	if (!block)
		return -ENOMEM;
	pstore_media_encode_layout(block, &area->layout);
	ret = st->ops->write(st, 0, block, TAKE_BLOCK) ?:
	      st->ops->write(st, area->layout.area_bytes - TAKE_BLOCK, block,
			     TAKE_BLOCK);
	kfree(block);
	return ret;
}

static int take_all(struct takeover *t)
{
	int ret = take_look_at_all(t) ?: take_plan(t);
	u32 unit;

	if (ret)
		return ret;
	unit = take_region(&t->area->layout, PSTORE_MEDIA_REGION_CRASH)->unit_bytes;
	t->image = kvzalloc(max(unit, TAKE_IMAGE), GFP_KERNEL);
	if (!t->image)
		return -ENOMEM;
	return take_mark(t, false) ?: take_copy(t) ?: take_mark(t, true) ?:
	       pstore_takeover_finish(t->area);
}

static int take_report(const struct takeover *t, int err)
{
	const char *device = t->area->storage->device;

	if (err == -E2BIG) {
		pr_err("%s: not used for crash logs, since those of an older kernel leave no room on it to be taken over; nothing was changed. Boot the older kernel, save and remove some of them from pstore, and try again; or save an image of the device and erase it\n",
		       device);
		return -EEXIST;
	}
	if (err)
		return err;
	pr_info("%s: an area of an older kernel is taken over, with %u crash logs\n",
		device, t->nr);
	if (t->old->damaged)
		pr_warn("%s: %u more crash logs were damaged already\n", device,
			t->old->damaged);
	return 0;
}

/*
 * Make the area that @old was found in one of ours, with all records.
 *
 * Context: Process context, may sleep.
 * Return: 0, with the new layout in @area; -EEXIST after a message when there is no
 *	room for it; -ENOMEM; or the device's error. Unless it is 0, the older
 *	kernel's records are as they were.
 */
int pstore_takeover(struct pstore_area *area, struct pstore_old *old)
{
	struct takeover *t = kzalloc(sizeof(*t), GFP_KERNEL);
	int ret;

	if (!t)
		return -ENOMEM;
	t->area = area;
	t->old = old;
	ret = take_report(t, take_all(t));
	kvfree(t->image);
	kvfree(t->slots);
	kvfree(t->live);
	kfree(t);
	return ret;
}
