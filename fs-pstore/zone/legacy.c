// SPDX-License-Identifier: GPL-2.0
/*
 * Crash logs of older kernels: what legacy.h describes, decoded. Nothing that
 * was read from media is used before it has been validated here.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "legacy.h"
#include "media.h"

#define LEGACY_SIG		0x43474244U	/* the zone's type is xored in */
#define LEGACY_KMSG_MAGIC	0x4dfc3ae5U
#define LEGACY_OOPS_MAGIC	0x5d005d00U
#define LEGACY_OOPS_TIME_MAGIC	0x5d005e00U	/* and a time follows */
#define LEGACY_OOPS_NO_NUMBER	0xffffffffU
#define LEGACY_REASON_OOPS	2		/* KMSG_DUMP_OOPS */
#define LEGACY_REASON_MAX	4		/* KMSG_DUMP_SHUTDOWN */
#define LEGACY_NSEC_PER_SEC	1000000000
/* Each call has its CPU in the low byte of its time stamp. */
#define LEGACY_CALL_CPU_BITS	8

struct legacy_zone {
	__le32	sig;
	__le32	datalen;
	__le32	start;
};

static_assert(sizeof(struct legacy_zone) == PSTORE_LEGACY_ZONE_BYTES);
static_assert(offsetof(struct legacy_zone, datalen) == 4);
static_assert(offsetof(struct legacy_zone, start) == 8);

/*
 * A 32-bit kernel has the nanoseconds in the lower half of @time_nsec, and zeros
 * in the upper one.
 */
struct legacy_kmsg {
	__le32	magic;
	__u8	pad1[4];
	__le64	time_sec;
	__le64	time_nsec;
	__u8	compressed;
	__u8	pad2[3];
	__le32	counter;
	__le32	reason;
	__u8	pad3[4];
};

static_assert(sizeof(struct legacy_kmsg) == PSTORE_LEGACY_KMSG_BYTES);
static_assert(offsetof(struct legacy_kmsg, time_sec) == 8);
static_assert(offsetof(struct legacy_kmsg, time_nsec) == 16);
static_assert(offsetof(struct legacy_kmsg, compressed) == 24);
static_assert(offsetof(struct legacy_kmsg, counter) == 28);
static_assert(offsetof(struct legacy_kmsg, reason) == 32);

struct legacy_oops {
	__le32	seq;
	__le32	magic;
	__le64	time;		/* nanoseconds; not in the older kind */
};

static_assert(sizeof(struct legacy_oops) == 16);
static_assert(offsetof(struct legacy_oops, magic) == 4);
static_assert(offsetof(struct legacy_oops, time) == 8);

struct legacy_call {
	__le64	ip;
	__le64	parent_ip;
	__le64	stamp;
};

static_assert(sizeof(struct legacy_call) == PSTORE_LEGACY_CALL_BYTES);

/* The crash record in a zone whose first @datalen bytes are in use. */
static enum pstore_legacy_verdict decode_kmsg(const void *buf, __u32 datalen,
					      struct pstore_legacy_info *info)
{
	struct legacy_kmsg k;
	__u64 nsec;

	memcpy(&k, buf, sizeof(k));
	nsec = le64_to_cpu(k.time_nsec);
	if (le32_to_cpu(k.magic) != LEGACY_KMSG_MAGIC || k.compressed > 1 ||
	    nsec >= LEGACY_NSEC_PER_SEC ||
	    le32_to_cpu(k.reason) > LEGACY_REASON_MAX)
		return PSTORE_LEGACY_DAMAGED;
	if (!datalen)
		return PSTORE_LEGACY_ERASED;
	if (datalen < sizeof(k) || (k.compressed && datalen == sizeof(k)))
		return PSTORE_LEGACY_DAMAGED;
	info->skip = PSTORE_LEGACY_HEADER_BYTES;
	info->bytes = datalen - sizeof(k);
	info->compressed = k.compressed;
	info->reason = le32_to_cpu(k.reason);
	info->count = le32_to_cpu(k.counter);
	info->time_sec = (__s64)le64_to_cpu(k.time_sec);
	info->time_nsec = (__u32)nsec;
	return PSTORE_LEGACY_LIVE;
}

/*
 * A ring has come round, or ends where the next byte would go. With one that has
 * come round and whose power was cut at the wrong moment, that is all that is left.
 */
static enum pstore_legacy_verdict decode_ring(__u32 datalen, __u32 start,
					      struct pstore_legacy_info *info)
{
	if (start > datalen)
		return PSTORE_LEGACY_DAMAGED;
	if (!datalen)
		return PSTORE_LEGACY_ERASED;
	info->skip = PSTORE_LEGACY_ZONE_BYTES;
	info->bytes = datalen;
	info->start = start;
	return PSTORE_LEGACY_LIVE;
}

/*
 * Look for a zone at @buf, of which @len bytes can be looked at, and behind which
 * the device has @room bytes, header included. @info is filled in when the verdict
 * is PSTORE_LEGACY_LIVE; its bytes then lie within @room.
 *
 * Return: the verdict.
 */
enum pstore_legacy_verdict
pstore_legacy_decode_zone(const void *buf, size_t len, __u64 room,
			  struct pstore_legacy_info *info)
{
	struct legacy_zone z;
	__u32 type, datalen;

	if (len < PSTORE_LEGACY_HEADER_BYTES ||
	    room < PSTORE_LEGACY_HEADER_BYTES)
		return PSTORE_LEGACY_NONE;
	memcpy(&z, buf, sizeof(z));
	type = le32_to_cpu(z.sig) ^ LEGACY_SIG;
	if (type != PSTORE_MEDIA_TYPE_CRASH && !pstore_media_is_stream(type))
		return PSTORE_LEGACY_NONE;
	memset(info, 0, sizeof(*info));
	info->type = type;
	datalen = le32_to_cpu(z.datalen);
	if (datalen > room - sizeof(z) ||
	    datalen > PSTORE_LEGACY_MAX_ZONE_BYTES)
		return PSTORE_LEGACY_DAMAGED;
	if (type == PSTORE_MEDIA_TYPE_CRASH)
		return decode_kmsg(buf + sizeof(z), datalen, info);
	return decode_ring(datalen, le32_to_cpu(z.start), info);
}

static void decode_time(__u64 ns, struct pstore_legacy_info *info)
{
	/* A clock that stands before 1970 is not set. */
	if ((__s64)ns < 0)
		return;
	info->time_nsec = do_div(ns, LEGACY_NSEC_PER_SEC);
	info->time_sec = (__s64)ns;
}

/*
 * Look for a record of mtdoops at @buf, of which @len bytes can be looked at. The
 * next thing on the device, or its end, is @room bytes from here. Nobody can tell
 * whether it was an oops or a panic: it is called an oops, since that is what a
 * kernel that could be upgraded has survived more often.
 *
 * Return: PSTORE_LEGACY_LIVE and @info, or PSTORE_LEGACY_NONE.
 */
enum pstore_legacy_verdict
pstore_legacy_decode_oops(const void *buf, size_t len, __u64 room,
			  struct pstore_legacy_info *info)
{
	struct legacy_oops o;
	__u32 magic;

	if (len < sizeof(o) || room <= sizeof(o))
		return PSTORE_LEGACY_NONE;
	memcpy(&o, buf, sizeof(o));
	magic = le32_to_cpu(o.magic);
	if ((magic != LEGACY_OOPS_MAGIC && magic != LEGACY_OOPS_TIME_MAGIC) ||
	    le32_to_cpu(o.seq) == LEGACY_OOPS_NO_NUMBER)
		return PSTORE_LEGACY_NONE;
	memset(info, 0, sizeof(*info));
	info->oops = 1;
	info->type = PSTORE_MEDIA_TYPE_CRASH;
	info->reason = LEGACY_REASON_OOPS;
	info->count = le32_to_cpu(o.seq);
	info->skip = offsetof(struct legacy_oops, time);
	if (magic == LEGACY_OOPS_TIME_MAGIC) {
		info->skip = sizeof(o);
		decode_time(le64_to_cpu(o.time), info);
	}
	info->bytes = (__u32)min(room, PSTORE_LEGACY_MAX_OOPS_BYTES) -
		      info->skip;
	return PSTORE_LEGACY_LIVE;
}

/*
 * Look for what may be the signature of a zone.
 *
 * Return: where it begins, or NULL if it is not in these @len bytes as a whole.
 */
const void *pstore_legacy_find_zone(const void *buf, size_t len)
{
	const __u8 *first = buf, *end = first + len, *p = first + 1;

	/* Behind the first byte, which has the type, they are always the same. */
	for (; p + 3 <= end; p++) {
		p = memchr(p, (LEGACY_SIG >> 8) & 0xff, end - 2 - p);
		if (!p)
			return NULL;
		if (p[1] == ((LEGACY_SIG >> 16) & 0xff) &&
		    p[2] == LEGACY_SIG >> 24)
			return p - 1;
	}
	return NULL;
}

static int is_tail(__u8 byte)
{
	return byte == 0x00 || byte == 0xff;
}

/*
 * How much of a record of mtdoops is text: what is left without a tail of 0x00 and
 * 0xff.
 *
 * Return: the size in bytes.
 */
size_t pstore_legacy_text_bytes(const void *text, size_t len)
{
	const __u8 *p = text;

	while (len && is_tail(p[len - 1]))
		len--;
	return len;
}

/* Copy a ring of @bytes, of which the oldest one is number @start, oldest first. */
void pstore_legacy_unroll(void *out, const void *ring, __u32 bytes,
			  __u32 start)
{
	start = min(start, bytes);
	memcpy(out, ring + start, bytes - start);
	memcpy(out + bytes - start, ring, start);
}

/*
 * Function calls come in one size, and the newest one is whole.
 *
 * Return: how many of @bytes are the rest of one that has been written over.
 */
__u32 pstore_legacy_calls_skip(__u32 bytes)
{
	return bytes % PSTORE_LEGACY_CALL_BYTES;
}

/* Decode a function call of PSTORE_LEGACY_CALL_BYTES. */
void pstore_legacy_decode_call(const void *buf, struct pstore_legacy_call *call)
{
	struct legacy_call c;

	memcpy(&c, buf, sizeof(c));
	call->ip = le64_to_cpu(c.ip);
	call->parent_ip = le64_to_cpu(c.parent_ip);
	call->stamp = le64_to_cpu(c.stamp) >> LEGACY_CALL_CPU_BITS;
	call->cpu = le64_to_cpu(c.stamp) & ((1U << LEGACY_CALL_CPU_BITS) - 1);
}

/*
 * Of mtdoops' numbers, in ascending order, which is the oldest? They come one
 * after the other and begin anew after the largest one, so they are a run on a
 * circle: the oldest one is behind the widest gap.
 *
 * Return: its index; 0 if there are none.
 */
__u32 pstore_legacy_oldest(const __u32 *numbers, __u32 nr)
{
	__u32 i, gap, widest, oldest = 0;

	if (nr < 2)
		return 0;
	/* From the last one to the first one, once round. */
	widest = numbers[0] - numbers[nr - 1];
	for (i = 1; i < nr; i++) {
		gap = numbers[i] - numbers[i - 1];
		if (gap > widest) {
			widest = gap;
			oldest = i;
		}
	}
	return oldest;
}
