/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_LINUX_STRING_H
#define _PSTORE_ZONE_LINUX_STRING_H

#include <string.h>
#include <linux/types.h>

/* Return: the first byte that is not @c, or NULL. */
static inline const void *memchr_inv(const void *data, int c, size_t len)
{
	const __u8 *at = data;

	for (; len; at++, len--)
		if (*at != (__u8)c)
			return at;
	return NULL;
}

#endif /* _PSTORE_ZONE_LINUX_STRING_H */
