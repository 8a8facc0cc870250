// SPDX-License-Identifier: GPL-2.0
/*
 * Commands to the card of an SD host after the kernel has died.
 *
 * drivers/mmc/core/panic.c says what is done with them. The host is used without
 * interrupts and without DMA: its lines are reset, its status register is polled,
 * and data goes through its buffer register. Of struct sdhci_host, only single fields
 * are read, none of which has to agree with another one; host->lock, which a stopped
 * CPU may hold, is left alone.
 *
 * Many hosts differ from the standard, and their drivers have functions of their
 * own for it, which were not written for a panic. Only hosts without such are used,
 * see sdhci_panic_check().
 *
 * All but what is for tests runs in panic context: see include/linux/blk-panic.h.
 */
#include <linux/blk-panic.h>
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/mmc/host.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/unaligned.h>

#include "sdhci.h"
#include "sdhci-panic.h"

/* How often a register is looked at. */
#define SDHCI_PANIC_POLL_US	20

#define SDHCI_PANIC_BLOCK	512

#define SDHCI_PANIC_EVENTS	(SDHCI_INT_RESPONSE | SDHCI_INT_DATA_END | \
				 SDHCI_INT_SPACE_AVAIL)
#define SDHCI_PANIC_ERRORS	(SDHCI_INT_TIMEOUT | SDHCI_INT_CRC |	  \
				 SDHCI_INT_END_BIT | SDHCI_INT_INDEX |	  \
				 SDHCI_INT_DATA_TIMEOUT |		  \
				 SDHCI_INT_DATA_CRC | SDHCI_INT_DATA_END_BIT)

/* Return: 0 or -ETIMEDOUT. */
static int sdhci_panic_reset_line(struct sdhci_host *host, u8 mask,
				  u32 *wait_us)
{
	sdhci_writeb(host, mask, SDHCI_SOFTWARE_RESET);
	while (sdhci_readb(host, SDHCI_SOFTWARE_RESET) & mask)
		if (!blk_panic_delay(wait_us, SDHCI_PANIC_POLL_US))
			return -ETIMEDOUT;
	return 0;
}

static int sdhci_panic_reset(struct sdhci_host *host, u32 *wait_us)
{
	if (host->quirks2 & SDHCI_QUIRK2_ISSUE_CMD_DAT_RESET_TOGETHER)
		return sdhci_panic_reset_line(host, SDHCI_RESET_CMD |
						    SDHCI_RESET_DATA, wait_us);
	return sdhci_panic_reset_line(host, SDHCI_RESET_CMD, wait_us) ?:
	       sdhci_panic_reset_line(host, SDHCI_RESET_DATA, wait_us);
}

/**
 * sdhci_panic_takeover - abort what the host is doing, and make it poll
 * @mmc: the host
 * @wait_us: how long it may still be waited for, see blk_panic_delay()
 *
 * Context: Panic context.
 * Return: 0; -ENODEV when it is asleep or gone; -ETIMEDOUT.
 */
int sdhci_panic_takeover(struct mmc_host *mmc, u32 *wait_us)
{
	struct sdhci_host *host = mmc_priv(mmc);
	u16 ctrl2;
	u8 ctrl;

	if (READ_ONCE(host->runtime_suspended) ||
	    READ_ONCE(host->flags) & SDHCI_DEVICE_DEAD ||
	    sdhci_readl(host, SDHCI_PRESENT_STATE) == ~0U)
		return -ENODEV;
	sdhci_writel(host, 0, SDHCI_SIGNAL_ENABLE);
	if (host->version >= SDHCI_SPEC_200) {
		/* There are hosts that want this for PIO. */
		ctrl = sdhci_readb(host, SDHCI_HOST_CONTROL);
		sdhci_writeb(host, ctrl & ~SDHCI_CTRL_DMA_MASK,
			     SDHCI_HOST_CONTROL);
	}
	if (host->version >= SDHCI_SPEC_300) {
		ctrl2 = sdhci_readw(host, SDHCI_HOST_CONTROL2);
		sdhci_writew(host, ctrl2 & ~SDHCI_CTRL_EXEC_TUNING,
			     SDHCI_HOST_CONTROL2);
	}
	return sdhci_panic_reset(host, wait_us);
}
EXPORT_SYMBOL_GPL(sdhci_panic_takeover);

static int sdhci_panic_wait_free(struct sdhci_host *host, u32 mask,
				 u32 *wait_us)
{
	while (sdhci_readl(host, SDHCI_PRESENT_STATE) & mask)
		if (!blk_panic_delay(wait_us, SDHCI_PANIC_POLL_US))
			return -ETIMEDOUT;
	return 0;
}

/*
 * Wait for @event, and clear it, or for @state, which not every host makes an event
 * of each time. Return: 0, -EIO, -ETIMEDOUT.
 */
static int sdhci_panic_wait(struct sdhci_host *host, u32 event, u32 state,
			    u32 *wait_us)
{
	u32 status;

	do {
		status = sdhci_readl(host, SDHCI_INT_STATUS);
		if (status & SDHCI_PANIC_ERRORS)
			return -EIO;
		if (status & event ||
		    sdhci_readl(host, SDHCI_PRESENT_STATE) & state) {
			sdhci_writel(host, event, SDHCI_INT_STATUS);
			return 0;
		}
	} while (blk_panic_delay(wait_us, SDHCI_PANIC_POLL_US));
	return -ETIMEDOUT;
}

static void sdhci_panic_set_blocks(struct sdhci_host *host, unsigned int blocks)
{
	u16 mode = SDHCI_TRNS_BLK_CNT_EN | SDHCI_TRNS_MULTI;

	sdhci_writeb(host, 0xe, SDHCI_TIMEOUT_CONTROL);
	sdhci_writew(host, SDHCI_MAKE_BLKSZ(0, SDHCI_PANIC_BLOCK),
		     SDHCI_BLOCK_SIZE);
	if (host->version >= SDHCI_SPEC_410 && host->v4_mode &&
	    host->quirks2 & SDHCI_QUIRK2_USE_32BIT_BLK_CNT) {
		sdhci_writew(host, 0, SDHCI_BLOCK_COUNT);
		sdhci_writel(host, blocks, SDHCI_32BIT_BLK_CNT);
	} else {
		sdhci_writew(host, blocks, SDHCI_BLOCK_COUNT);
	}
	sdhci_writew(host, mode, SDHCI_TRANSFER_MODE);
}

/* Put data into the host's buffer, a block at a time, and wait for the end. */
static int sdhci_panic_write(struct sdhci_host *host, const u8 *data,
			     unsigned int blocks, u32 *wait_us)
{
	unsigned int i;
	int ret = 0;

	for (; blocks && !ret; blocks--) {
		ret = sdhci_panic_wait(host, SDHCI_INT_SPACE_AVAIL,
				       SDHCI_SPACE_AVAILABLE, wait_us);
		for (i = 0; i < SDHCI_PANIC_BLOCK && !ret; i += 4, data += 4)
			sdhci_writel(host, get_unaligned_le32(data),
				     SDHCI_BUFFER);
	}
	return ret ?: sdhci_panic_wait(host, SDHCI_INT_DATA_END, 0, wait_us);
}

static int sdhci_panic_send(struct sdhci_host *host,
			    struct mmc_panic_command *cmd)
{
	u32 flags = SDHCI_CMD_RESP_SHORT | SDHCI_CMD_CRC | SDHCI_CMD_INDEX;
	int ret;

	if (cmd->data) {
		flags |= SDHCI_CMD_DATA;
		sdhci_panic_set_blocks(host, cmd->blocks);
	} else {
		sdhci_writew(host, 0, SDHCI_TRANSFER_MODE);
	}
	sdhci_writel(host, cmd->arg, SDHCI_ARGUMENT);
	sdhci_writew(host, SDHCI_MAKE_CMD(cmd->opcode, flags), SDHCI_COMMAND);

	ret = sdhci_panic_wait(host, SDHCI_INT_RESPONSE, 0, cmd->wait_us);
	if (ret)
		return ret;
	cmd->response = sdhci_readl(host, SDHCI_RESPONSE);
	if (!cmd->data)
		return 0;
	return sdhci_panic_write(host, cmd->data, cmd->blocks,
				 cmd->wait_us);
}

/**
 * sdhci_panic_command - send a command, with data or without, and wait for its end
 * @mmc: the host, after sdhci_panic_takeover()
 * @cmd: the command; gets the card's response
 *
 * Context: Panic context.
 * Return: 0; -EIO when the host reports an error, and its lines have been reset;
 *	-ETIMEDOUT when it does not answer.
 */
int sdhci_panic_command(struct mmc_host *mmc, struct mmc_panic_command *cmd)
{
	struct sdhci_host *host = mmc_priv(mmc);
	u32 busy = SDHCI_CMD_INHIBIT | (cmd->data ? SDHCI_DATA_INHIBIT : 0);
	u32 card = SDHCI_INT_CARD_INSERT | SDHCI_INT_CARD_REMOVE;
	int ret = sdhci_panic_wait_free(host, busy, cmd->wait_us);

	if (ret)
		return ret;
	sdhci_writel(host, ~card, SDHCI_INT_STATUS);
	sdhci_writel(host, SDHCI_PANIC_EVENTS | SDHCI_PANIC_ERRORS |
			   (host->ier & card), SDHCI_INT_ENABLE);
	ret = sdhci_panic_send(host, cmd);
	if (ret == -EIO && sdhci_panic_reset(host, cmd->wait_us))
		return -ETIMEDOUT;
	return ret;
}
EXPORT_SYMBOL_GPL(sdhci_panic_command);

/**
 * sdhci_panic_quiesce - before a test: handle no interrupt of the host
 * @mmc: the host, claimed
 *
 * Another device on the same line would have its events taken away.
 *
 * Context: Process context, may sleep.
 */
void sdhci_panic_quiesce(struct mmc_host *mmc)
{
	struct sdhci_host *host = mmc_priv(mmc);

	disable_irq(host->irq);
}
EXPORT_SYMBOL_GPL(sdhci_panic_quiesce);

/**
 * sdhci_panic_restore - give the host back to the running kernel, after a test
 * @mmc: the host, after sdhci_panic_quiesce()
 * @wait_us: how long it may be waited for, see blk_panic_delay()
 *
 * How data is moved is set for each request anyway.
 *
 * Context: Process context.
 */
void sdhci_panic_restore(struct mmc_host *mmc, u32 *wait_us)
{
	struct sdhci_host *host = mmc_priv(mmc);
	unsigned long flags;

	/* A command that has not come to its end ends here. */
	sdhci_panic_reset(host, wait_us);
	spin_lock_irqsave(&host->lock, flags);
	sdhci_writel(host, SDHCI_PANIC_EVENTS | SDHCI_PANIC_ERRORS,
		     SDHCI_INT_STATUS);
	sdhci_writel(host, host->ier, SDHCI_INT_ENABLE);
	sdhci_writel(host, host->ier, SDHCI_SIGNAL_ENABLE);
	spin_unlock_irqrestore(&host->lock, flags);
	enable_irq(host->irq);
}
EXPORT_SYMBOL_GPL(sdhci_panic_restore);

MODULE_DESCRIPTION("Commands to the card of an SD host after the kernel has died");
MODULE_LICENSE("GPL");
