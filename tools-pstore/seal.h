/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_SEAL_H
#define _PSTORE_ZONE_SEAL_H

/*
 * Checksums for images that were made or changed on purpose: for mkimage and the
 * fuzzer. pstore-zone itself never writes.
 */
#include <linux/types.h>

#define SEAL_IDS	0x1	/* the layout's id and generation, too */
#define SEAL_PAYLOADS	0x2	/* the checksums of payloads, too */

void seal_layout(__u8 *block);
void seal_record(__u8 *header);
void seal_block(__u8 *block, const __u8 *area_id, __u32 unit_bytes);
void seal_image(__u8 *image, size_t bytes, unsigned int flags);

#endif /* _PSTORE_ZONE_SEAL_H */
