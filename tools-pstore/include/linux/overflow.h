/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_LINUX_OVERFLOW_H
#define _PSTORE_ZONE_LINUX_OVERFLOW_H

#define check_add_overflow(a, b, sum)	__builtin_add_overflow(a, b, sum)

#endif /* _PSTORE_ZONE_LINUX_OVERFLOW_H */
