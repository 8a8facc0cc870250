// SPDX-License-Identifier: GPL-2.0
/*
 * May we use this device?
 *
 * A device is taken when it is ours; when it is blank: every byte 0x00 or every
 * byte 0xff; or when it has an area of an older kernel, and nothing else, see
 * old.c. Anything else belongs to somebody, even if we cannot tell to
 * whom, and is refused with a message that names what was found and where. Only
 * the user can override that, and nothing is written before the device is ours.
 */
#define pr_fmt(fmt) "pstore_zone: " fmt

#include <linux/cleanup.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "zone.h"

#define CLAIM_CHUNK		SZ_256K
/* Where a device is not looked at as a whole: at its end, and at this many places. */
#define CLAIM_END		SZ_1M
#define CLAIM_SAMPLES		256

/* Where to look for what. Each lies within a block of 4096 bytes. */
static const struct claim_signature {
	const char	*name;
	u32		pos;
	u32		len;
	const char	*bytes;
	u32		align;	/* @pos counts down from the end, aligned so */
} claim_signatures[] = {
	{ "a LUKS volume",	   0, 6, "LUKS\xba\xbe" },
	{ "an XFS file system",	   0, 4, "XFSB" },
	{ "a squashfs file system", 0, 4, "hsqs" },
	{ "a GPT partition table", 512, 8, "EFI PART" },
	{ "an LVM physical volume", 512, 8, "LABELONE" },
	{ "an ext2/ext3/ext4 file system", 1080, 2, "\x53\xef" },
	{ "an f2fs file system",   1024, 4, "\x10\x20\xf5\xf2" },
	{ "swap space",		   4086, 10, "SWAPSPACE2" },
	{ "swap space",		   4086, 10, "SWAP-SPACE" },
	{ "a swapped-out system",  4086, 9, "S1SUSPEND" },
	{ "an md RAID member",	   0, 4, "\xfc\x4e\x2b\xa9" },
	{ "a bcache device",	   4120, 8, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca" },
	{ "an md RAID member",	   4096, 4, "\xfc\x4e\x2b\xa9" },
	{ "an md RAID member",	   SZ_8K, 4, "\xfc\x4e\x2b\xa9", SZ_4K },
	{ "an md RAID member",	   SZ_64K, 4, "\xfc\x4e\x2b\xa9", SZ_64K },
	{ "an ISO 9660 file system", 32769, 5, "CD001" },
	{ "a btrfs file system",   65600, 8, "_BHRfS_M" },
	/* Last: boot sectors end so, and so do FAT and NTFS. */
	{ "an MBR partition table or boot sector", 510, 2, "\x55\xaa" },
};

/* What claiming a device works with. */
struct claim {
	struct pstore_storage	*st;
	void			*buf;	/* CLAIM_CHUNK bytes */
	u64			whole;	/* what pstore_claim_whole() says */
	u64			pos;	/* what is in @buf, and */
	size_t			len;	/* how much */
	struct pstore_layout	layout;	/* of ours, if it is not in force */
	bool			taking;	/* since a takeover was cut short, or */
	bool			undone;	/* somebody has written over its beginning */
};

/* Several signatures lie in one block, which is read once. */
static int claim_read(struct claim *c, u64 pos, size_t len)
{
	int ret;

	if (c->len == len && c->pos == pos)
		return 0;
	ret = c->st->ops->read(c->st, pos, c->buf, len);
	c->pos = pos;
	c->len = ret ? 0 : len;
	return ret;
}

/* Where a signature would be. Return: whether the device has that place. */
static bool claim_place(const struct claim *c,
			const struct claim_signature *sig, u64 *pos, u64 *block)
{
	*pos = sig->pos;
	if (sig->align)
		*pos = round_down(c->st->bytes, sig->align) - sig->pos;
	*block = round_down(*pos, PSTORE_MEDIA_BLOCK_BYTES);
	return *pos < c->st->bytes &&
	       *block + PSTORE_MEDIA_BLOCK_BYTES <= c->st->bytes;
}

static int claim_has(struct claim *c, const struct claim_signature *sig)
{
	u64 pos, block;
	int ret;

	if (!claim_place(c, sig, &pos, &block))
		return 0;
	ret = claim_read(c, block, PSTORE_MEDIA_BLOCK_BYTES);
	if (ret)
		return ret;
	return !memcmp(c->buf + (pos - block), sig->bytes, sig->len);
}

/*
 * Is something known on the device, anywhere or in its second block alone?
 * Return: 1 and a name, 0, or -errno.
 */
static int claim_name(struct claim *c, bool second_block, const char **name)
{
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(claim_signatures); i++) {
		if (second_block &&
		    (claim_signatures[i].align ||
		     claim_signatures[i].pos / PSTORE_MEDIA_BLOCK_BYTES != 1))
			continue;
		ret = claim_has(c, &claim_signatures[i]);
		if (ret < 0)
			return ret;
		if (ret) {
			*name = claim_signatures[i].name;
			return 1;
		}
	}
	return 0;
}

/*
 * Are @len bytes at @pos all @blank? Return: 1, 0 with the position of the
 * first that is not, or -errno.
 */
static int claim_range_is_blank(struct claim *c, u64 pos, u64 len, u8 blank,
				u64 *where)
{
	const void *odd;
	int ret;

	while (len) {
		size_t n = min_t(u64, len, CLAIM_CHUNK);

		ret = claim_read(c, pos, n);
		if (ret)
			return ret;
		odd = memchr_inv(c->buf, blank, n);
		if (odd) {
			*where = pos + (odd - c->buf);
			return 0;
		}
		pos += n;
		len -= n;
		cond_resched();
	}
	return 1;
}

/* From @from on: the end, and samples. */
static int claim_rest_is_blank(struct claim *c, u64 from, u64 bytes, u8 blank,
			       u64 *where)
{
	u64 end = min_t(u64, bytes - from, CLAIM_END), step, pos;
	unsigned int i;
	int ret;

	ret = claim_range_is_blank(c, bytes - end, end, blank, where);
	step = round_down(div_u64(bytes - from, CLAIM_SAMPLES + 1),
			  PSTORE_MEDIA_BLOCK_BYTES);
	for (i = 0; i < CLAIM_SAMPLES && ret > 0; i++) {
		pos = from + i * step;
		ret = claim_range_is_blank(c, pos, PSTORE_MEDIA_BLOCK_BYTES,
					   blank, where);
	}
	return ret;
}

/*
 * From @from on, which is a multiple of 4096: with what is in the first byte. Return: 1,
 * 0 with the position of the first byte that is not blank, or -errno.
 */
static int claim_is_blank(struct claim *c, u64 from, u64 *where)
{
	u64 bytes = round_down(c->st->bytes, PSTORE_MEDIA_BLOCK_BYTES);
	u64 whole = max(from, min(bytes, c->whole));
	u8 blank;
	int ret;

	if (from >= bytes)
		return 1;
	ret = claim_read(c, from, PSTORE_MEDIA_BLOCK_BYTES);
	if (ret)
		return ret;
	blank = *(u8 *)c->buf;
	*where = from;
	if (blank && blank != 0xff)
		return 0;
	ret = claim_range_is_blank(c, from, whole - from, blank, where);
	if (ret > 0 && bytes > whole)
		ret = claim_rest_is_blank(c, whole, bytes, blank, where);
	return ret;
}

static int claim_refuse(struct claim *c, const char *what)
{
	pr_err("%s: not used for crash logs, since it holds %s; nothing was changed. Name another device, erase this one, or boot once with %s.format=1 to let it be overwritten\n",
	       c->st->device, what, c->st->backend);
	return -EEXIST;
}

/*
 * Is it an area of an older kernel, and nothing else? Return: 1 and what is in it,
 * 0, or -errno.
 */
static int claim_is_old(struct claim *c, struct pstore_old *old)
{
	u64 where;
	int ret;

	old->st = c->st;
	old->in_place = true;
	old->ours = c->taking || c->undone ? &c->layout : NULL;
	ret = pstore_old_scan(old);
	if (ret)
		return ret == -ENOSPC ? 0 : ret;
	if (!old->zones || old->foreign != U64_MAX)
		return 0;
	if (old->ours)
		return 1;
	ret = claim_is_blank(c, PSTORE_LEGACY_MAX_BYTES, &where);
	if (!ret)
		old->foreign = where;
	return ret;
}

/*
 * Return: 1 when the device is blank, 0 and what was found, with @known if it has a
 * name, or -errno.
 */
static int claim_look(struct claim *c, char *what, size_t size, bool *known)
{
	const char *name = NULL;
	u64 where = 0;
	int ret;

	ret = claim_name(c, false, &name);
	if (!ret)
		ret = claim_is_blank(c, 0, &where);
	if (ret < 0 || (ret && !name))
		return ret;
	if (name)
		strscpy(what, name, size);
	else
		snprintf(what, size, "unknown data at byte %llu", where);
	*known = name;
	return 0;
}

/*
 * Not ours: a blank device is free, and an area of an older kernel is for the
 * taking. Text in that may look like anything where others have a few bytes of
 * theirs, which the user can decide with format=1.
 */
static int claim_foreign(struct claim *c, struct pstore_old *old)
{
	bool known = false;
	char what[80];
	int ret = claim_look(c, what, sizeof(what), &known);

	if (ret)
		return min(ret, 0);
	if (!known || c->st->format) {
		ret = claim_is_old(c, old);
		if (ret < 0)
			return ret;
		if (ret && (!c->undone || c->st->format))
			return PSTORE_CLAIM_OLD;
		if (ret)
			strscpy(what, "an area that an older kernel has written over",
				sizeof(what));
		else if (!known && old->zones && old->foreign != U64_MAX)
			snprintf(what, sizeof(what),
				 "an area of an older kernel and unknown data at byte %llu",
				 old->foreign);
	}
	if (!c->st->format)
		return claim_refuse(c, what);
	pr_warn("%s: %s on it is overwritten, as %s.format=1 asks\n",
		c->st->device, what, c->st->backend);
	return PSTORE_CLAIM_FREE;
}

/*
 * The layout blocks are valid. Has somebody else moved in all the same, and left
 * them alone? With a first block that is ours, to the last byte, only the block
 * behind it tells: further on, text of a crash log could look like anything. With
 * a blank one, each place counts. Return: 1 if it is ours alone, 0, or -errno.
 */
static int claim_still_ours(struct claim *c, bool first_is_ours)
{
	const char *name;
	int ret = claim_name(c, first_is_ours, &name);

	return ret < 0 ? ret : !ret;
}

/* The verdict on one copy of the layout block, and the copy if it is valid. */
static int claim_layout(struct claim *c, u64 pos, struct pstore_layout *layout,
			enum pstore_media_verdict *verdict)
{
	int ret = claim_read(c, pos, PSTORE_MEDIA_BLOCK_BYTES);

	if (ret)
		return ret;
	*verdict = pstore_media_decode_layout(c->buf, c->st->bytes, layout);
	return 0;
}

/*
 * Ours, unless somebody else has moved in, with copies that agree or do not. A
 * second block that cannot be read costs what we have there, not the area.
 */
static int claim_verdict(struct claim *c, bool first_is_ours, bool same)
{
	int ret = claim_still_ours(c, first_is_ours);

	if (ret == -EIO && first_is_ours)
		ret = 1;
	if (ret < 0)
		return ret;
	if (!ret)
		return PSTORE_CLAIM_FREE;
	return same ? PSTORE_CLAIM_OURS : PSTORE_CLAIM_TO_REPAIR;
}

/*
 * The first layout block is not valid. Does the last one tell of a takeover that
 * was cut short? Return: PSTORE_CLAIM_TAKEN and the layout if all has been copied,
 * PSTORE_CLAIM_FREE, or -errno.
 */
static int claim_takeover(struct claim *c, struct pstore_layout *layout,
			  enum pstore_media_verdict *verdict)
{
	int copied, ret;

	*verdict = pstore_media_decode_takeover(c->buf, c->st->bytes,
						&c->layout, &copied);
	if (*verdict != PSTORE_MEDIA_OK)
		return PSTORE_CLAIM_FREE;
	c->taking = !copied;
	if (!copied)
		return PSTORE_CLAIM_FREE;
	ret = c->st->format ? 1 : claim_still_ours(c, false);
	if (ret <= 0)
		return ret < 0 ? ret : PSTORE_CLAIM_FREE;
	*layout = c->layout;
	return PSTORE_CLAIM_TAKEN;
}

/*
 * Weigh the two copies of the layout block: see media.h for who wins.
 * Return: enum pstore_claim, or -errno.
 */
static int claim_ours(struct claim *c, struct pstore_layout *layout)
{
	u64 bytes = round_down(c->st->bytes, PSTORE_MEDIA_BLOCK_BYTES);
	enum pstore_media_verdict first, last;
	struct pstore_layout other = {};
	u64 last_pos;
	bool same;
	int ret;

	ret = claim_layout(c, 0, layout, &first);
	if (ret)
		return ret;
	last_pos = first == PSTORE_MEDIA_OK ? layout->area_bytes : bytes;
	ret = claim_layout(c, last_pos - PSTORE_MEDIA_BLOCK_BYTES, &other,
			   &last);
	if (ret)
		return ret;
	if (first != PSTORE_MEDIA_OK && last == PSTORE_MEDIA_BAD_MAGIC) {
		ret = claim_takeover(c, layout, &last);
		if (ret || last == PSTORE_MEDIA_OK)
			return ret;
	}

	if ((first == PSTORE_MEDIA_NEWER_VERSION ||
	     last == PSTORE_MEDIA_NEWER_VERSION) && !c->st->format) {
		pr_err("%s: not used for crash logs, since it holds an area of a newer version of the format; nothing was changed. Use a newer kernel, or boot once with %s.format=1 to let it be overwritten\n",
		       c->st->device, c->st->backend);
		return -EPROTONOSUPPORT;
	}
	if (first == PSTORE_MEDIA_TOO_LARGE && !c->st->format) {
		pr_err("%s: not used for crash logs, since it holds an area that was made when the device was larger; nothing was changed. Make it as large as it was, or boot once with %s.format=1 to let the area be overwritten\n",
		       c->st->device, c->st->backend);
		return -EEXIST;
	}
	same = first == last && !memcmp(&other, layout, sizeof(other));
	if (first == PSTORE_MEDIA_OK) {
		if (last == PSTORE_MEDIA_OK &&
		    !memcmp(other.area_id, layout->area_id,
			    sizeof(other.area_id)) &&
		    other.generation > layout->generation)
			*layout = other;
		return claim_verdict(c, true, same);
	}
	if (last != PSTORE_MEDIA_OK)
		return PSTORE_CLAIM_FREE;
	/* Has somebody else moved in at the front since? */
	if (first == PSTORE_MEDIA_BLANK || first == PSTORE_MEDIA_BAD_CRC ||
	    first == PSTORE_MEDIA_BAD_FIELD) {
		pr_warn("%s: the first layout block is damaged (%s); the second one is used\n",
			c->st->device, pstore_media_verdict_name(first));
		*layout = other;
		return claim_verdict(c, false, false);
	}
	c->layout = other;
	c->undone = true;
	return PSTORE_CLAIM_FREE;
}

/*
 * How much of a device is looked at as a whole before it is taken: as far as older
 * kernels wrote, and as much behind that as an area takes, with a second time the crash
 * records, since old ones may be a little too large for slots of their size. No region
 * may end further on.
 *
 * Context: Any.
 * Return: what it is, in bytes from the start.
 */
u64 pstore_claim_whole(const struct pstore_storage *st)
{
	return PSTORE_LEGACY_MAX_BYTES + PSTORE_AREA_MAX_CRASH_BYTES +
	       pstore_area_max_bytes(st);
}

/*
 * Clear the layout blocks and each place where something known may be recognized,
 * so that nobody finds on a device of ours what used to be on it.
 *
 * Context: Process context, may sleep. The device has been claimed.
 * Return: 0, -ENOMEM or the device's error.
 */
int pstore_claim_wipe(struct pstore_storage *st)
{
	struct claim c = { .st = st };
	u64 pos, block;
	size_t i;
	int ret = 0;

	if (!st->format)
		return 0;
	c.buf = kzalloc(PSTORE_MEDIA_BLOCK_BYTES, GFP_KERNEL);
	if (!c.buf)
		return -ENOMEM;
	block = round_down(st->bytes, PSTORE_MEDIA_BLOCK_BYTES) -
		PSTORE_MEDIA_BLOCK_BYTES;
	ret = st->ops->write(st, block, c.buf, PSTORE_MEDIA_BLOCK_BYTES);
	if (!ret)
		ret = st->ops->write(st, 0, c.buf, PSTORE_MEDIA_BLOCK_BYTES);
	for (i = 0; i < ARRAY_SIZE(claim_signatures) && !ret; i++)
		if (claim_place(&c, &claim_signatures[i], &pos, &block))
			ret = st->ops->write(st, block, c.buf,
					     PSTORE_MEDIA_BLOCK_BYTES);
	kfree(c.buf);
	return ret;
}

/*
 * Decide about a device. Nothing is written.
 *
 * Context: Process context, may sleep.
 * Return: enum pstore_claim, and the layout of what is ours, or what is there to be
 *	taken over, for pstore_old_free() in any case; -EEXIST or
 *	-EPROTONOSUPPORT when it is somebody else's; -EINVAL when it is too small;
 *	-ENOMEM; or the device's error.
 */
int pstore_claim(struct pstore_storage *st, struct pstore_layout *layout,
		 struct pstore_old *old)
{
	struct claim *c __free(kfree) = kzalloc(sizeof(*c), GFP_KERNEL);
	int ret;

	if (st->bytes < pstore_area_min_bytes(st)) {
		pr_err("%s: too small for crash logs: %llu bytes, and two records of %u KiB need %llu; use a larger device or a smaller kmsg_size\n",
		       st->device, st->bytes, st->kmsg_bytes / 1024,
		       pstore_area_min_bytes(st));
		return -EINVAL;
	}
	if (!c)
		return -ENOMEM;
	c->st = st;
	c->whole = pstore_claim_whole(st);
	c->buf = kvmalloc(CLAIM_CHUNK, GFP_KERNEL);
	if (!c->buf)
		return -ENOMEM;
	ret = claim_ours(c, layout);
	if (ret == PSTORE_CLAIM_FREE)
		ret = claim_foreign(c, old);
	kvfree(c->buf);
	return ret;
}
