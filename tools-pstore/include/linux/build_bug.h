/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_LINUX_BUILD_BUG_H
#define _PSTORE_ZONE_LINUX_BUILD_BUG_H

/* As in the kernel, the text may be left out. */
#undef static_assert
#define static_assert(expr, ...)	_Static_assert(expr, #expr)

#endif /* _PSTORE_ZONE_LINUX_BUILD_BUG_H */
