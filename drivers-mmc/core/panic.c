// SPDX-License-Identifier: GPL-2.0
/*
 * Writing to an SD card or an eMMC after the kernel has died.
 *
 * The host is taken over where it stands: no claim is waited for, since whoever
 * has it may be stopped; nothing sleeps; and what was in flight is aborted. The
 * host driver resets its command and data lines, which ends any transfer, by DMA
 * too. The card is then told to stop, and asked for its state until it is ready for
 * data. From there on it takes multiple block writes, by PIO, one after the other.
 * Clock, bus width, voltage and tuning stay as the running kernel has set them, so
 * the card need not be initialized again, which takes up to a second.
 *
 * Runtime power management would leave host and card asleep in a panic, so from
 * prepare to release they are kept awake. While the system is suspended, nothing
 * can be written.
 *
 * What cannot be written to in this way is declined in prepare: an eMMC in command
 * queueing mode, an SD card with a cache of its own or with SDIO functions besides,
 * and what the host driver knows of its host. The cache of an eMMC is flushed.
 *
 * mmc_panic_takeover() and all below it run in panic context: see the contract in
 * include/linux/blk-panic.h.
 */
#include <linux/blk-panic.h>
#include <linux/blkdev.h>
#include <linux/export.h>
#include <linux/mmc/card.h>
#include <linux/mmc/host.h>
#include <linux/mmc/mmc.h>
#include <linux/mmc/sd.h>
#include <linux/pm_runtime.h>

#include "card.h"
#include "core.h"
#include "panic.h"

#define MMC_PANIC_MAX_BYTES	SZ_64K

/* How often the card is asked whether it is ready. */
#define MMC_PANIC_POLL_US	1000

/* A command may fail because of what was aborted before it. */
#define MMC_PANIC_TRIES		3

/*
 * In the response to a write, to what ends it, or to a switch: the card did not do
 * it. R1_OUT_OF_RANGE is not among these: there are cards that say it of the last
 * block that they have.
 */
#define MMC_PANIC_ERRORS	(R1_ADDRESS_ERROR | R1_BLOCK_LEN_ERROR | \
				 R1_WP_VIOLATION | R1_ILLEGAL_COMMAND | R1_CARD_ECC_FAILED | \
				 R1_CC_ERROR | R1_ERROR | R1_SWITCH_ERROR)

static int mmc_panic_send(struct blk_panic_disk *bpd, u32 opcode, u32 arg,
			  u32 *status)
{
	struct mmc_card *card = bpd->driver_data;
	struct mmc_panic_command cmd = {
		.opcode	= opcode,
		.arg	= arg,
		.wait_us = &bpd->wait_us,
	};
	int ret;

	ret = card->host->ops->panic_command(card->host, &cmd);
	*status = cmd.response;
	return ret;
}

/*
 * What the card says of its state. If it is in the middle of a transfer, stop that.
 * Return: 0 when it is ready, -EAGAIN when it will be, or -errno.
 */
static int mmc_panic_look(struct blk_panic_disk *bpd, u32 status, u32 *errors)
{
	u32 stop = 0;
	int ret;

	*errors |= status & MMC_PANIC_ERRORS;
	switch (R1_CURRENT_STATE(status)) {
	case R1_STATE_TRAN:
		/* After half of an application command, this was the other half. */
		if (status & R1_READY_FOR_DATA && !(status & R1_APP_CMD))
			return 0;
		return -EAGAIN;
	case R1_STATE_DATA:
	case R1_STATE_RCV:
		ret = mmc_panic_send(bpd, MMC_STOP_TRANSMISSION, 0, &stop);
		*errors |= stop & MMC_PANIC_ERRORS;
		return ret == -ETIMEDOUT ? ret : -EAGAIN;
	case R1_STATE_PRG:
		return -EAGAIN;
	default:
		return -EIO;
	}
}

/*
 * Ask until the card waits for commands and data. @errors gathers what it
 * complains about.
 */
static int mmc_panic_wait(struct blk_panic_disk *bpd, u32 *errors)
{
	struct mmc_card *card = bpd->driver_data;
	unsigned int failed = 0;
	u32 status;
	int ret;

	do {
		ret = mmc_panic_send(bpd, MMC_SEND_STATUS, card->rca << 16,
				     &status);
		if (!ret)
			ret = mmc_panic_look(bpd, status, errors);
		else if (ret == -EIO && ++failed < MMC_PANIC_TRIES)
			ret = -EAGAIN;
		if (ret != -EAGAIN)
			return ret;
	} while (blk_panic_delay(&bpd->wait_us, MMC_PANIC_POLL_US));
	return -ETIMEDOUT;
}

/* Set a byte of an eMMC's extended CSD. */
static int mmc_panic_switch(struct blk_panic_disk *bpd, u8 index, u8 value)
{
	u32 arg = MMC_SWITCH_MODE_WRITE_BYTE << 24 | index << 16 | value << 8 |
		  EXT_CSD_CMD_SET_NORMAL;
	u32 status, errors = 0;
	int ret;

	ret = mmc_panic_send(bpd, MMC_SWITCH, arg, &status);
	if (!ret)
		ret = mmc_panic_wait(bpd, &errors);
	return ret ?: (errors ? -EIO : 0);
}

/* Whatever partition of an eMMC was in use: writes go to the user's data. */
static int mmc_panic_select(struct blk_panic_disk *bpd)
{
	struct mmc_card *card = bpd->driver_data;
	u8 config = card->ext_csd.part_config & ~EXT_CSD_PART_CONFIG_ACC_MASK;

	/* Older ones have no partitions. */
	if (!mmc_card_mmc(card) || card->ext_csd.rev < 3)
		return 0;
	return mmc_panic_switch(bpd, EXT_CSD_PART_CONFIG, config);
}

static int mmc_panic_takeover(struct blk_panic_disk *bpd)
{
	struct mmc_card *card = bpd->driver_data;
	u32 errors = 0;
	int ret;

	if (mmc_card_suspended(card) || mmc_card_removed(card))
		return -ENODEV;
	if (card->ext_csd.cmdq_en)
		return -EIO;
	ret = card->host->ops->panic_takeover(card->host, &bpd->wait_us);
	if (!ret)
		ret = mmc_panic_wait(bpd, &errors);
	return ret ?: mmc_panic_select(bpd);
}

static int mmc_panic_write(struct blk_panic_disk *bpd, sector_t sector,
			   const void *buf, unsigned int len)
{
	struct mmc_card *card = bpd->driver_data;
	struct mmc_panic_command cmd = {
		.opcode	= MMC_WRITE_MULTIPLE_BLOCK,
		.arg	= mmc_card_is_blockaddr(card) ? sector : sector << 9,
		.data	= buf,
		.blocks	= len >> SECTOR_SHIFT,
		.wait_us = &bpd->wait_us,
	};
	u32 errors = 0, status;
	int ret, stop;

	ret = card->host->ops->panic_command(card->host, &cmd);
	if (ret == -ETIMEDOUT)
		return ret;
	errors |= cmd.response & MMC_PANIC_ERRORS;
	stop = mmc_panic_send(bpd, MMC_STOP_TRANSMISSION, 0, &status);
	if (stop == -ETIMEDOUT)
		return stop;
	errors |= status & MMC_PANIC_ERRORS;
	ret = mmc_panic_wait(bpd, &errors) ?: ret ?: stop;
	return ret ?: (errors ? -EIO : 0);
}

static int mmc_panic_flush(struct blk_panic_disk *bpd)
{
	struct mmc_card *card = bpd->driver_data;

	if (!mmc_card_mmc(card) || !(card->ext_csd.cache_ctrl & 1))
		return 0;
	return mmc_panic_switch(bpd, EXT_CSD_FLUSH_CACHE, 1);
}

/*
 * For a test: who has the host claimed has nothing in flight. Another partition of
 * an eMMC would have to be selected again afterwards; it soon is no longer in use.
 */
static int mmc_panic_quiesce(struct blk_panic_disk *bpd)
{
	struct mmc_card *card = bpd->driver_data;

	mmc_get_card(card, NULL);
	if (card->ext_csd.part_config & EXT_CSD_PART_CONFIG_ACC_MASK) {
		mmc_put_card(card, NULL);
		return -EBUSY;
	}
	card->host->ops->panic_quiesce(card->host);
	return 0;
}

static int mmc_panic_restore(struct blk_panic_disk *bpd)
{
	struct mmc_card *card = bpd->driver_data;

	card->host->ops->panic_restore(card->host, &bpd->wait_us);
	mmc_put_card(card, NULL);
	return 0;
}

static void mmc_panic_release(struct blk_panic_disk *bpd)
{
	struct mmc_card *card = bpd->driver_data;

	pm_runtime_put(&card->dev);
	pm_runtime_put(mmc_dev(card->host));
	put_device(&card->dev);
}

static const struct blk_panic_ops mmc_panic_ops = {
	.release	= mmc_panic_release,
	.takeover	= mmc_panic_takeover,
	.write		= mmc_panic_write,
	.flush		= mmc_panic_flush,
	.quiesce	= mmc_panic_quiesce,
	.restore	= mmc_panic_restore,
};

/* Return: why not, or NULL. */
static const char *mmc_panic_obstacle(struct mmc_card *card,
				      struct gendisk *disk)
{
	if (card->ext_csd.cmdq_en || card->reenable_cmdq)
		return "the eMMC is in command queueing mode";
	if (card->ext_perf.feature_enabled & SD_EXT_PERF_CACHE)
		return "the SD card has a cache of its own";
	if (mmc_card_sd_combo(card))
		return "the SD card has SDIO functions, too";
	if (get_capacity(disk) > U32_MAX)
		return "the card is too large";
	if (card->host->max_blk_count < 8)
		return "the host cannot write multiple blocks";
	return NULL;
}

static int mmc_panic_check(struct mmc_card *card, struct gendisk *disk)
{
	const char *obstacle = mmc_panic_obstacle(card, disk);
	struct mmc_host *host = card->host;

	if (!host->ops->panic_check)
		return -EOPNOTSUPP;
	obstacle = obstacle ?: host->ops->panic_check(host);
	if (!obstacle)
		return 0;
	dev_warn(&card->dev, "%s: cannot write in a panic: %s\n",
		 disk->disk_name, obstacle);
	return -EOPNOTSUPP;
}

/* Return: 0, or -errno and nothing is kept awake. */
static int mmc_panic_wake(struct mmc_card *card)
{
	int ret = pm_runtime_resume_and_get(mmc_dev(card->host));

	/* Without runtime power management it is awake anyway. */
	if (ret == -EACCES)
		pm_runtime_get_noresume(mmc_dev(card->host));
	else if (ret)
		return ret;
	ret = pm_runtime_resume_and_get(&card->dev);
	if (ret == -EACCES)
		pm_runtime_get_noresume(&card->dev);
	else if (ret)
		pm_runtime_put(mmc_dev(card->host));
	return ret == -EACCES ? 0 : ret;
}

/**
 * mmc_panic_prepare - set aside what panic-time writes to a card need
 * @bpd: the disk, to be filled in
 * @card: the card; writes go to the main area of an eMMC
 *
 * Context: Process context, may sleep.
 * Return: 0; -EOPNOTSUPP, after a message that says why not if the host's driver
 *	could do it at all; or what runtime power management says.
 */
int mmc_panic_prepare(struct blk_panic_disk *bpd, struct mmc_card *card)
{
	int ret = mmc_panic_check(card, bpd->disk);

	if (!ret)
		ret = mmc_panic_wake(card);
	if (ret)
		return ret;
	get_device(&card->dev);
	bpd->max_bytes = round_down(min_t(u64, MMC_PANIC_MAX_BYTES,
					  (u64)card->host->max_blk_count <<
					  SECTOR_SHIFT),
				    queue_logical_block_size(bpd->disk->queue));
	bpd->driver_data = card;
	bpd->ops = &mmc_panic_ops;
	return 0;
}
EXPORT_SYMBOL_GPL(mmc_panic_prepare);
