/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _MMC_CORE_PANIC_H
#define _MMC_CORE_PANIC_H

struct blk_panic_disk;
struct mmc_card;

int mmc_panic_prepare(struct blk_panic_disk *bpd, struct mmc_card *card);

#endif /* _MMC_CORE_PANIC_H */
