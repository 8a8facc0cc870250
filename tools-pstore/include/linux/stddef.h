/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_LINUX_STDDEF_H
#define _PSTORE_ZONE_LINUX_STDDEF_H

#include <stddef.h>

#endif /* _PSTORE_ZONE_LINUX_STDDEF_H */
