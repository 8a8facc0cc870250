/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _MMC_HOST_SDHCI_PANIC_H
#define _MMC_HOST_SDHCI_PANIC_H

struct mmc_host;
struct mmc_panic_command;

int sdhci_panic_takeover(struct mmc_host *mmc);
int sdhci_panic_command(struct mmc_host *mmc, struct mmc_panic_command *cmd);

#endif /* _MMC_HOST_SDHCI_PANIC_H */
