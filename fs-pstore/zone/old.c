// SPDX-License-Identifier: GPL-2.0
/*
 * What older kernels have left on a device: found, put into order, and read.
 *
 * Where their records lie is not on the media, so all of it is looked at, up to
 * the size that no old area exceeds. Only headers are kept in memory.
 *
 * Is it an area at all? Zones begin with a signature, and a place that was never
 * written is blank. So whatever follows blank blocks has to be the beginning of a
 * zone, everywhere on the device, or it is not from there.
 */
#include <linux/cleanup.h>
#include <linux/kmsg_dump.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "zone.h"

#define OLD_CHUNK		SZ_256K
#define OLD_BLOCK		PSTORE_LEGACY_BLOCK_BYTES
/* A device with more unreadable blocks than this is given up. */
#define OLD_MAX_BAD_BLOCKS	4096
#define OLD_FIRST_RECORDS	64
/* How much of a record goes into its print. */
#define OLD_PRINT		512
/* The line that old kernels put before a text when they showed it. */
#define OLD_LINE		64
#define OLD_BOOT_ID		"OLD\n"

/* Reading. */

static int old_rw(struct pstore_old *old, u64 pos, void *buf, size_t len)
{
	struct pstore_storage *st = old->st;

	return old->in_place ? st->ops->read(st, pos, buf, len) :
			       st->ops->read_old(st, pos, buf, len);
}

static bool old_is_bad(const struct pstore_old *old, u64 from, u64 to)
{
	u32 i;

	for (i = 0; i < old->nr_bad; i++)
		if (from < old->bad_to[i] && to > old->bad_from[i])
			return true;
	return false;
}

/* The block at @pos cannot be read. Neighbours become one place. */
static int old_add_bad(struct pstore_old *old, u64 pos)
{
	u32 last = old->nr_bad - 1;

	if (old_is_bad(old, pos, pos + OLD_BLOCK))
		return 0;
	if (++old->bad_blocks > OLD_MAX_BAD_BLOCKS)
		return -EIO;
	if (old->nr_bad && old->bad_to[last] == pos) {
		old->bad_to[last] += OLD_BLOCK;
		return 0;
	}
	if (old->nr_bad == PSTORE_OLD_BAD)
		return -EIO;
	old->bad_from[old->nr_bad] = pos;
	old->bad_to[old->nr_bad++] = pos + OLD_BLOCK;
	return 0;
}

/* Read a chunk. What cannot be read is zero, and remembered. */
static int old_read_chunk(struct pstore_old *old, u64 pos, size_t len)
{
	size_t done;
	int ret = old_rw(old, pos, old->buf, len);

	if (!ret)
		return 0;
	ret = 0;
	for (done = 0; done < len && !ret; done += OLD_BLOCK) {
		if (!old_rw(old, pos + done, old->buf + done, OLD_BLOCK))
			continue;
		memset(old->buf + done, 0, OLD_BLOCK);
		ret = old_add_bad(old, pos + done);
	}
	return ret;
}

/* Read from any byte to any byte. @buf is for the caller to kvfree(). */
static void *old_read_bytes(struct pstore_old *old, u64 from, u64 to,
			    void **bytes)
{
	u32 unit = old->st->write_unit;
	u64 first = round_down(from, unit);
	size_t len = round_up(to, unit) - first;
	void *buf = kvmalloc(len, GFP_KERNEL);
	int ret = buf ? old_rw(old, first, buf, len) : -ENOMEM;

	if (ret) {
		kvfree(buf);
		return ERR_PTR(ret);
	}
	*bytes = buf + (from - first);
	return buf;
}

/* Finding. */

/*
 * Where a record ends.
 *
 * Context: Any.
 * Return: the position behind its last byte.
 */
u64 pstore_old_end(const struct pstore_old_record *r)
{
	return r->pos + r->info.skip + r->info.bytes;
}

static int old_make_room(struct pstore_old *old)
{
	u32 max = old->max ? 2 * old->max : OLD_FIRST_RECORDS;
	void *records;

	if (old->nr < old->max)
		return 0;
	if (max > PSTORE_MEDIA_MAX_SLOTS)
		return -ENOSPC;
	records = kvrealloc(old->records, max * sizeof(*old->records),
			    GFP_KERNEL);
	if (!records)
		return -ENOMEM;
	old->records = records;
	old->max = max;
	return 0;
}

static int old_add(struct pstore_old *old, u64 pos, const u8 *p, size_t avail,
		   const struct pstore_legacy_info *info)
{
	struct pstore_old_record *r;
	int ret = old_make_room(old);

	if (ret)
		return ret;
	r = &old->records[old->nr++];
	r->info = *info;
	r->pos = pos;
	r->print = pstore_media_crc(p, min(avail, OLD_PRINT));
	if (info->type != PSTORE_MEDIA_TYPE_CRASH)
		old->ring_end = pstore_old_end(r);
	old->open = info->oops;
	return 0;
}

/* The record of mtdoops that was found last ends here, if not before. */
static void old_close(struct pstore_old *old, u64 pos)
{
	struct pstore_old_record *r = &old->records[old->nr - 1];

	if (old->open && pstore_old_end(r) > pos)
		r->info.bytes = pos - r->pos - r->info.skip;
	old->open = false;
}

/*
 * Here begins a zone. A crash record was written together with the rest of its
 * zone, so if one reaches beyond this, it has been written over since, by a kernel with
 * other parameters.
 */
static void old_cut(struct pstore_old *old, u64 pos)
{
	old_close(old, pos);
	if (!old->nr || pstore_old_end(&old->records[old->nr - 1]) <= pos)
		return;
	old->nr--;
	old->damaged++;
}

/*
 * Look at the signature at @p. Inside of a ring, it is just bytes that somebody
 * has logged. Return: 1 if it is that of a zone, whatever is in it, 0, or -errno.
 */
static int old_look_zone(struct pstore_old *old, u64 pos, const u8 *p,
			 size_t avail)
{
	enum pstore_legacy_verdict verdict;
	struct pstore_legacy_info info;

	if (pos < old->ring_end)
		return 0;
	verdict = pstore_legacy_decode_zone(p, avail, old->bytes - pos, &info);
	if (verdict == PSTORE_LEGACY_NONE || verdict == PSTORE_LEGACY_DAMAGED)
		return verdict == PSTORE_LEGACY_DAMAGED;
	old->zones++;
	old_cut(old, pos);
	if (verdict != PSTORE_LEGACY_LIVE)
		return 1;
	return old_add(old, pos, p, avail, &info) ?: 1;
}

/* Return: where in the block a zone begins first, or OLD_BLOCK; or -errno. */
static int old_look_zones(struct pstore_old *old, u64 pos, const u8 *block,
			  size_t avail)
{
	/* The signature may reach into the next block. */
	size_t len = min_t(size_t, avail, OLD_BLOCK + 3);
	const u8 *p = block;
	int ret, first = OLD_BLOCK;

	while ((p = pstore_legacy_find_zone(p, block + len - p))) {
		ret = old_look_zone(old, pos + (p - block), p,
				    avail - (p - block));
		if (ret < 0)
			return ret;
		if (ret)
			first = min_t(int, first, p - block);
		p++;
	}
	return first;
}

static int old_look_oops(struct pstore_old *old, u64 pos, const u8 *p,
			 size_t avail)
{
	struct pstore_legacy_info info;

	if (old->in_place || pos < old->ring_end ||
	    (old->nr && !old->open &&
	     pos < pstore_old_end(&old->records[old->nr - 1])))
		return 0;
	if (!pstore_legacy_decode_oops(p, avail, old->bytes - pos, &info))
		return 0;
	old_close(old, pos);
	return old_add(old, pos, p, avail, &info);
}

/* May the block at @pos be from an attempt to take the area over? */
static bool old_is_ours(const struct pstore_old *old, u64 pos)
{
	const struct pstore_layout *l = old->ours;
	u32 i;

	if (!l)
		return false;
	for (i = 0; i < l->nr_regions; i++)
		if (pos >= l->regions[i].offset &&
		    pos < l->regions[i].offset + l->regions[i].bytes)
			return true;
	return pos == l->area_bytes - OLD_BLOCK;
}

static int old_first_byte(const u8 *block)
{
	int i = 0;

	while (i < OLD_BLOCK && (!block[i] || block[i] == 0xff))
		i++;
	return i;
}

/* Does the block go on with what is before it, or begin with a zone at @zone? */
static void old_judge(struct pstore_old *old, u64 pos, const u8 *block,
		      int zone)
{
	int first = old_first_byte(block);

	if (old_is_ours(old, pos))
		old->run = true;
	if (first == OLD_BLOCK)
		return;
	if (!old->run && zone != first)
		old->foreign = min(old->foreign, pos + first);
	old->run = true;
}

static int old_look(struct pstore_old *old, u64 pos, const u8 *block,
		    size_t avail)
{
	int ret;

	if (old_is_bad(old, pos, pos + OLD_BLOCK)) {
		old_close(old, pos);
		old->run = true;
		return 0;
	}
	if (pstore_media_is_blank(block, OLD_BLOCK)) {
		old_close(old, pos);
		old->run = false;
		return 0;
	}
	ret = old_look_oops(old, pos, block, avail);
	if (ret)
		return ret;
	ret = old_look_zones(old, pos, block, avail);
	if (ret >= 0)
		old_judge(old, pos, block, ret);
	return min(ret, 0);
}

/* Look at the blocks of a chunk, but for the last one if there is more behind it. */
static int old_look_chunk(struct pstore_old *old, u64 pos, size_t len, u64 next)
{
	const u8 *p = old->buf, *end = p + len;
	int ret = 0;

	for (; pos < next && !ret; pos += OLD_BLOCK, p += OLD_BLOCK)
		ret = old_look(old, pos, p, end - p);
	return ret;
}

/* Look at all that is to be looked at, or until something foreign is found. */
static int old_find(struct pstore_old *old)
{
	u64 pos, next;
	size_t len;
	int ret;

	for (pos = 0; pos < old->bytes; pos = next) {
		len = min_t(u64, OLD_CHUNK, old->bytes - pos);
		next = pos + len;
		/* A header may reach into the next block: it is read again. */
		if (next < old->bytes)
			next -= OLD_BLOCK;
		ret = old_read_chunk(old, pos, len) ?:
		      old_look_chunk(old, pos, len, next);
		if (ret || (old->in_place && old->foreign != U64_MAX))
			return ret;
		cond_resched();
	}
	old_close(old, old->bytes);
	return 0;
}

/* What cannot be read as a whole, and what has no text, is not there. */
static void old_drop(struct pstore_old *old)
{
	u32 i, nr = 0;

	for (i = 0; i < old->nr; i++) {
		const struct pstore_old_record *r = &old->records[i];

		if (!r->info.oops && old_is_bad(old, r->pos, pstore_old_end(r)))
			old->damaged++;
		else
			old->records[nr++] = *r;
	}
	old->nr = nr;
}

/* The order. */

/* Zones by their clock, those of mtdoops behind them by their number. */
static int old_cmp(const void *a, const void *b)
{
	const struct pstore_old_record *x = a, *y = b;
	const struct pstore_legacy_info *i = &x->info, *j = &y->info;

	if (i->oops != j->oops)
		return i->oops < j->oops ? -1 : 1;
	if (!i->oops && i->time_sec != j->time_sec)
		return i->time_sec < j->time_sec ? -1 : 1;
	if (!i->oops && i->time_nsec != j->time_nsec)
		return i->time_nsec < j->time_nsec ? -1 : 1;
	if (i->count != j->count)
		return i->count < j->count ? -1 : 1;
	return x->pos < y->pos ? -1 : x->pos > y->pos;
}

static void old_reverse(struct pstore_old_record *r, u32 nr)
{
	u32 i;

	for (i = 0; i < nr / 2; i++)
		swap(r[i], r[nr - 1 - i]);
}

/* Records of mtdoops are in the order of their numbers: begin with the oldest. */
static int old_rotate(struct pstore_old_record *r, u32 nr)
{
	u32 *numbers = kvmalloc_array(nr, sizeof(*numbers), GFP_KERNEL);
	u32 i, oldest;

	if (!numbers)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		numbers[i] = r[i].info.count;
	oldest = pstore_legacy_oldest(numbers, nr);
	kvfree(numbers);
	old_reverse(r, oldest);
	old_reverse(r + oldest, nr - oldest);
	old_reverse(r, nr);
	return 0;
}

static int old_sort(struct pstore_old *old)
{
	u32 zones = 0;

	sort(old->records, old->nr, sizeof(*old->records), old_cmp, NULL);
	while (zones < old->nr && !old->records[zones].info.oops)
		zones++;
	if (zones == old->nr)
		return 0;
	return old_rotate(old->records + zones, old->nr - zones);
}

/*
 * Find what older kernels have left. @old says where, and where an attempt to take
 * it over may have written; the rest is zero.
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM, -ENOSPC when there are more records than any old area could
 *	hold, or the device's error; pstore_old_free() is to be called either way.
 */
int pstore_old_scan(struct pstore_old *old)
{
	int ret;

	old->bytes = min(old->in_place ? old->st->bytes : old->st->old_bytes,
			 PSTORE_LEGACY_MAX_BYTES);
	old->bytes = round_down(old->bytes, OLD_BLOCK);
	old->foreign = U64_MAX;
	old->buf = kvmalloc(OLD_CHUNK, GFP_KERNEL);
	if (!old->buf)
		return -ENOMEM;
	ret = old_find(old);
	kvfree(old->buf);
	old->buf = NULL;
	if (ret)
		return ret;
	old_drop(old);
	return old_sort(old);
}

/* Context: Process context. */
void pstore_old_free(struct pstore_old *old)
{
	kvfree(old->records);
	old->records = NULL;
	old->nr = 0;
	old->max = 0;
}

/* The records. */

/*
 * How large the payload of a record is at most, as pstore_old_load() gives it.
 *
 * Context: Any.
 * Return: its size in bytes.
 */
u32 pstore_old_max_bytes(const struct pstore_old_record *r)
{
	bool shown_as_it_is = r->info.oops || r->info.compressed;

	return r->info.bytes + (shown_as_it_is ? 0 : OLD_LINE);
}

/* Old kernels showed this before a text that was not compressed. */
static size_t old_line(const struct pstore_legacy_info *info, char *line)
{
	if (info->oops || info->compressed)
		return 0;
	return scnprintf(line, OLD_LINE, "%s: Total %u times\n",
			 kmsg_dump_reason_str(info->reason), info->count);
}

/* The calls in @ring as this format has them. Return: their size. */
static ssize_t old_calls(const char *ring, u32 bytes, char **payload)
{
	u32 skip = pstore_legacy_calls_skip(bytes);
	u32 nr = bytes / PSTORE_LEGACY_CALL_BYTES, i;
	struct pstore_media_trace *m;
	struct pstore_legacy_call c;

	m = kvcalloc(max(nr, 1U), sizeof(*m), GFP_KERNEL);
	if (!m)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		pstore_legacy_decode_call(ring + skip +
					  i * PSTORE_LEGACY_CALL_BYTES, &c);
		m[i].ip = cpu_to_le64(c.ip);
		m[i].parent_ip = cpu_to_le64(c.parent_ip);
		m[i].stamp = cpu_to_le64(c.stamp);
		m[i].cpu = cpu_to_le32(c.cpu);
	}
	*payload = (char *)m;
	return nr * sizeof(*m);
}

static ssize_t old_load_ring(const struct pstore_legacy_info *info,
			     const void *bytes, char **payload)
{
	char *ring = kvmalloc(info->bytes, GFP_KERNEL);
	ssize_t ret = info->bytes;

	if (!ring)
		return -ENOMEM;
	pstore_legacy_unroll(ring, bytes, info->bytes, info->start);
	if (info->type != PSTORE_MEDIA_REGION_FTRACE) {
		*payload = ring;
		return ret;
	}
	ret = old_calls(ring, info->bytes, payload);
	kvfree(ring);
	return ret;
}

static ssize_t old_load_crash(const struct pstore_legacy_info *info,
			      const void *bytes, char **payload)
{
	size_t len = info->bytes, line;
	char *text;

	if (info->oops)
		len = pstore_legacy_text_bytes(bytes, len);
	text = kvmalloc(OLD_LINE + len, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	line = old_line(info, text);
	memcpy(text + line, bytes, len);
	*payload = text;
	return line + len;
}

/*
 * Read a record, as it is to be shown: of a ring, the oldest byte first; of
 * function calls, as struct pstore_media_trace. @payload is for the caller to
 * kvfree(), if the result is not negative.
 *
 * Context: Process context, may sleep.
 * Return: its size in bytes; -ENOMEM; or the device's error.
 */
ssize_t pstore_old_load(struct pstore_old *old,
			const struct pstore_old_record *r, char **payload)
{
	void *bytes, *buf;
	ssize_t ret;

	buf = old_read_bytes(old, r->pos + r->info.skip, pstore_old_end(r),
			     &bytes);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	if (r->info.type == PSTORE_MEDIA_TYPE_CRASH)
		ret = old_load_crash(&r->info, bytes, payload);
	else
		ret = old_load_ring(&r->info, bytes, payload);
	kvfree(buf);
	return ret;
}

/*
 * Which boot a record is from is not known: it gets a name of its own, which also
 * tells it from all other old ones.
 *
 * Context: Any.
 */
void pstore_old_boot_id(const struct pstore_old_record *r, u8 *id)
{
	memcpy(id, OLD_BOOT_ID, 4);
	put_unaligned_le32(r->print, id + 4);
	put_unaligned_le64(r->pos, id + 8);
}

/*
 * Context: Any.
 * Return: whether a boot id is one of those that old records get.
 */
bool pstore_old_is_boot_id(const u8 *id)
{
	return !memcmp(id, OLD_BOOT_ID, 4);
}

/*
 * Describe a crash record for its new header, but for its payload and number. Which
 * kernel and machine it is from is not known.
 *
 * Context: Any.
 */
void pstore_old_describe(const struct pstore_old_record *r,
			 struct pstore_record_info *info)
{
	memset(info, 0, sizeof(*info));
	info->state = PSTORE_MEDIA_LIVE;
	info->type = PSTORE_MEDIA_TYPE_CRASH;
	info->reason = r->info.reason;
	info->count = r->info.count;
	info->part = 1;
	info->flags = PSTORE_MEDIA_LAST_PART;
	if (r->info.compressed)
		info->flags |= PSTORE_MEDIA_COMPRESSED;
	info->time_sec = r->info.time_sec;
	info->time_nsec = r->info.time_nsec;
	pstore_old_boot_id(r, info->boot_id);
}
