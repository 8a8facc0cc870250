/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_LINUX_TYPES_H
#define _PSTORE_ZONE_LINUX_TYPES_H

/*
 * What media.h needs of the kernel's types, and what headers of libc take from
 * here when they find this file first.
 */
#include <stddef.h>

typedef signed char		__s8;
typedef unsigned char		__u8;
typedef short			__s16;
typedef unsigned short		__u16;
typedef int			__s32;
typedef unsigned int		__u32;
typedef long long		__s64;
typedef unsigned long long	__u64;

typedef __u16			__le16;
typedef __u32			__le32;
typedef __u64			__le64;
typedef __u16			__be16;
typedef __u32			__be32;
typedef __u64			__be64;

#endif /* _PSTORE_ZONE_LINUX_TYPES_H */
