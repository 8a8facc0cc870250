/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_LINUX_KERNEL_H
#define _PSTORE_ZONE_LINUX_KERNEL_H

/* Byte order and small arithmetic. min() and max() are for unsigned numbers. */
#include <linux/types.h>

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define cpu_to_le32(x)		__builtin_bswap32(x)
#define cpu_to_le64(x)		__builtin_bswap64(x)
#else
#define cpu_to_le32(x)		((__le32)(x))
#define cpu_to_le64(x)		((__le64)(x))
#endif
#define le32_to_cpu(x)		((__u32)cpu_to_le32(x))
#define le64_to_cpu(x)		((__u64)cpu_to_le64(x))

#define __printf(a, b)		__attribute__((__format__(__printf__, a, b)))
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define DIV_ROUND_UP(n, d)	zone_div_round_up(n, d)
#define do_div(n, base)		zone_do_div(&(n), base)
#define min(a, b)		((typeof(a))zone_min(a, b))
#define max(a, b)		((typeof(a))zone_max(a, b))

static inline __u32 zone_div_round_up(__u32 n, __u32 d)
{
	return n / d + !!(n % d);
}

/* Divides *@n. Return: the remainder. */
static inline __u32 zone_do_div(__u64 *n, __u32 base)
{
	__u32 rest = (__u32)(*n % base);

	*n /= base;
	return rest;
}

static inline __u64 zone_min(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

static inline __u64 zone_max(__u64 a, __u64 b)
{
	return a > b ? a : b;
}

#endif /* _PSTORE_ZONE_LINUX_KERNEL_H */
