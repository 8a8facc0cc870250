/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_LEGACY_H
#define _PSTORE_ZONE_LEGACY_H

/*
 * What kernels before this format have left on media, as far as it is needed to
 * take it over. All of it was written in the byte order and with the alignment of
 * the machine: little-endian, with 64-bit numbers aligned to 8 bytes, is what is
 * read here, and what x86_64, arm64, 32-bit Arm and riscv64 wrote.
 *
 * pstore_blk and mtdpstore cut the device into zones: one for messages, one for
 * the console, one for each CPU's function calls, and then as many as there was room
 * for, each for one crash record. Where they begin depended on parameters and on
 * the number of CPUs, and is not on the media; it is any byte, since the room for
 * function calls was divided by the number of CPUs.
 *
 *	+-----+---------+-------+------------------------------------+
 *	| sig | datalen | start | data                               |
 *	+-----+---------+-------+------------------------------------+
 *	0     4         8       12
 *
 * A zone with a datalen of 0 has been erased, as far as anyone could see. Data of
 * a crash record is a header of 40 bytes and then the text, which is plain or one raw
 * deflate stream. Data of all others is a ring whose oldest byte is at start, or
 * at 0 as long as it has not come round.
 *
 * mtdoops cut the device into records of one size, a multiple of 4096 which is
 * not on the media either: a header of 8 or 16 bytes, and then text up to the first
 * byte of a tail that is all 0xff, or 0x00. It numbered them, from 0 up to
 * 0xfffffffe and then from 0 again.
 *
 * Pure functions, without I/O, allocation or locks, for bytes that may be anything.
 * This header may also be used outside the kernel.
 */

#include <linux/types.h>

#define PSTORE_LEGACY_BLOCK_BYTES	4096
#define PSTORE_LEGACY_ZONE_BYTES	12	/* header of a zone */
#define PSTORE_LEGACY_KMSG_BYTES	40	/* and of the crash record in it */
#define PSTORE_LEGACY_HEADER_BYTES	(PSTORE_LEGACY_ZONE_BYTES + \
					 PSTORE_LEGACY_KMSG_BYTES)
#define PSTORE_LEGACY_MAX_BYTES		(128ULL << 20)	/* no area was larger */
#define PSTORE_LEGACY_MAX_ZONE_BYTES	(15U << 20)	/* no zone, for want of memory */
#define PSTORE_LEGACY_MAX_OOPS_BYTES	(4U << 20)	/* half of the largest device */
#define PSTORE_LEGACY_CALL_BYTES	24	/* one function call */

/**
 * enum pstore_legacy_verdict - what a look at a place found
 * @PSTORE_LEGACY_NONE:	nothing of an old format begins here
 * @PSTORE_LEGACY_LIVE:	a record
 * @PSTORE_LEGACY_ERASED: a zone whose record has been removed
 * @PSTORE_LEGACY_DAMAGED: a zone, going by its first bytes alone
 */
enum pstore_legacy_verdict {
	PSTORE_LEGACY_NONE,
	PSTORE_LEGACY_LIVE,
	PSTORE_LEGACY_ERASED,
	PSTORE_LEGACY_DAMAGED,
};

/**
 * struct pstore_legacy_info - an old record
 * @oops:	it is one of mtdoops
 * @type:	PSTORE_MEDIA_TYPE_CRASH, or the region type of a stream
 * @skip:	where its bytes begin, from the start of the header
 * @bytes:	how many they are; of one of mtdoops, up to its end at most
 * @start:	of a ring, which of them is the oldest one
 * @compressed:	they are a raw deflate stream
 * @reason:	enum kmsg_dump_reason
 * @count:	the how manieth crash of this kind it was; of mtdoops, its number
 * @time_sec:	wall clock, seconds since 1970; 0 when it is not known
 * @time_nsec:	wall clock, nanoseconds
 */
struct pstore_legacy_info {
	__u32	oops;
	__u32	type;
	__u32	skip;
	__u32	bytes;
	__u32	start;
	__u32	compressed;
	__u32	reason;
	__u32	count;
	__s64	time_sec;
	__u32	time_nsec;
};

/* One function call, as pstore_media_trace has it, in host order. */
struct pstore_legacy_call {
	__u64	ip;
	__u64	parent_ip;
	__u64	stamp;
	__u32	cpu;
};

enum pstore_legacy_verdict
pstore_legacy_decode_zone(const void *buf, size_t len, __u64 room,
			  struct pstore_legacy_info *info);
enum pstore_legacy_verdict
pstore_legacy_decode_oops(const void *buf, size_t len, __u64 room,
			  struct pstore_legacy_info *info);
const void *pstore_legacy_find_zone(const void *buf, size_t len);
size_t pstore_legacy_text_bytes(const void *text, size_t len);
void pstore_legacy_unroll(void *out, const void *ring, __u32 bytes,
			  __u32 start);
__u32 pstore_legacy_calls_skip(__u32 bytes);
void pstore_legacy_decode_call(const void *buf,
			       struct pstore_legacy_call *call);
__u32 pstore_legacy_oldest(const __u32 *numbers, __u32 nr);

#endif /* _PSTORE_ZONE_LEGACY_H */
