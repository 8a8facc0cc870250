/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _MMC_HOST_SDHCI_PANIC_H
#define _MMC_HOST_SDHCI_PANIC_H

#include <linux/types.h>

struct mmc_host;
struct mmc_panic_command;

int sdhci_panic_takeover(struct mmc_host *mmc, u32 *wait_us);
int sdhci_panic_command(struct mmc_host *mmc, struct mmc_panic_command *cmd);
void sdhci_panic_quiesce(struct mmc_host *mmc);
void sdhci_panic_restore(struct mmc_host *mmc, u32 *wait_us);

#endif /* _MMC_HOST_SDHCI_PANIC_H */
