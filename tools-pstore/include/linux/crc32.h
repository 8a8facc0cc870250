/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_LINUX_CRC32_H
#define _PSTORE_ZONE_LINUX_CRC32_H

#include <linux/types.h>

__u32 __crc32c_le(__u32 crc, const void *data, size_t len);

#endif /* _PSTORE_ZONE_LINUX_CRC32_H */
