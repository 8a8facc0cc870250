/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_MKFLASH_H
#define _PSTORE_ZONE_MKFLASH_H

#include <stdio.h>

#include <linux/types.h>

#include "flash-media.h"

/**
 * struct flash_plan - how to keep an area on flash
 * @block_bytes: size of an eraseblock
 * @unit_bytes:	what headers are aligned to
 * @odd_block:	a block that is not used
 * @odd:	what is in it: 'a' for a bad one, which is all zeros, 'l'
 *		for nothing, 't' for a header that is torn, 'o' for another area's; 0 for
 *		no such block
 * @last:	what there is of an extent behind the last one: 'c' all but a part of its
 *		payload, 'h' a part of its header, 'u' its first byte; 0 for nothing
 */
struct flash_plan {
	__u32	block_bytes;
	__u32	unit_bytes;
	__u32	odd_block;
	char	odd;
	char	last;
};

__u8 *make_flash(const struct flash_plan *plan, __u8 *area, size_t *bytes,
		 FILE *map);

#endif /* _PSTORE_ZONE_MKFLASH_H */
