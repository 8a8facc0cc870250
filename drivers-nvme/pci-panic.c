// SPDX-License-Identifier: GPL-2.0
/*
 * Writing to an NVMe namespace after the kernel has died.
 *
 * When the kernel dies, commands are in flight on the queues of all CPUs, the
 * lock of any of them may be held, and the controller may be in the middle of a
 * reset. So nothing that the running kernel has set up is used. The controller is
 * disabled, which makes it forget all queues and finish or drop what it had in
 * flight, and is enabled again with an admin queue and one pair of I/O queues in
 * memory that was set aside beforehand. That is what the kernel of a kdump does
 * first, too, so controllers are used to it.
 *
 * It is always the way, not only after a look at the queues: the path that saves
 * the log is then the same in each panic, and each test tests it. It takes no
 * queue away from anybody while the machine is well, and has nothing to follow
 * when the controller is reset, suspended or resumed.
 *
 * Shadow doorbells, the host memory buffer and power states that the kernel had
 * configured end with the reset; a controller works without. How long a controller
 * says that it may take to become ready can be two minutes, which is for after a
 * power cut; it gets what a disk gets in a panic.
 *
 * nvme_panic_takeover() and all below it run in panic context: see the contract in
 * include/linux/blk-panic.h.
 */
#include <linux/blk-panic.h>
#include <linux/blkdev.h>
#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/nvme.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "nvme.h"

/* How often memory and registers are looked at. */
#define NVME_PANIC_POLL_US	10
#define NVME_PANIC_READY_POLL_US 1000

/* How long a test waits for the commands of others, and how often it tries. */
#define NVME_PANIC_QUIESCE	HZ
#define NVME_PANIC_QUIESCE_TRIES 10

/*
 * Just after a reset, a controller may ask to try again. So often, so far apart.
 */
#define NVME_PANIC_TRIES	5
#define NVME_PANIC_RETRY_US	100000

/* One command is in flight at a time. */
#define NVME_PANIC_DEPTH	16
#define NVME_PANIC_QID		1
#define NVME_PANIC_MAX_BYTES	SZ_64K

/* In pages of the controller. */
#define NVME_PANIC_PAGES	(NVME_PANIC_MAX_BYTES / NVME_CTRL_PAGE_SIZE)

/**
 * struct nvme_panic_mem - what the controller reads and writes
 * @sq:		submission queues: admin, I/O
 * @cq:		completion queues of the same
 * @prps:	where the pages of @buf are, from the second one on
 * @buf:	data
 *
 * Each begins a page of the controller.
 */
struct nvme_panic_mem {
	struct {
		struct nvme_command	cmd[NVME_PANIC_DEPTH];
	} __aligned(NVME_CTRL_PAGE_SIZE) sq[2];
	struct {
		struct nvme_completion	cqe[NVME_PANIC_DEPTH];
	} __aligned(NVME_CTRL_PAGE_SIZE) cq[2];
	__le64 prps[NVME_PANIC_PAGES - 1] __aligned(NVME_CTRL_PAGE_SIZE);
	u8 buf[NVME_PANIC_MAX_BYTES] __aligned(NVME_CTRL_PAGE_SIZE);
};

static_assert(offsetof(struct nvme_panic_mem, sq[1]) == NVME_CTRL_PAGE_SIZE);
static_assert(offsetof(struct nvme_panic_mem, cq[1]) == 3 * NVME_CTRL_PAGE_SIZE);
static_assert(offsetof(struct nvme_panic_mem, prps) == 4 * NVME_CTRL_PAGE_SIZE);
static_assert(offsetof(struct nvme_panic_mem, buf) == 5 * NVME_CTRL_PAGE_SIZE);

/**
 * struct nvme_panic_queue - where we stand in a pair of queues
 * @tail:	of the submission queue
 * @head:	of the completion queue
 * @phase:	what marks a new completion
 */
struct nvme_panic_queue {
	u16	tail;
	u16	head;
	u16	phase;
};

/**
 * struct nvme_panic - a namespace that is prepared for panic-time writes
 * @pdev:	the controller's PCI function
 * @bar:	its registers, a mapping of our own: the driver changes its one
 * @mem:	what the controller reads and writes
 * @dma:	the address that it knows that by
 * @stride:	bytes from one doorbell to the next
 * @depth:	of each queue
 * @config:	for the register CC, without the bit that enables
 * @wait_us:	how long it may still be waited for, see blk_panic_delay()
 * @quirk_us:	how long it has to be left alone after it is disabled
 * @ctrl:	the controller
 * @nsid:	the namespace
 * @lba_shift:	of its blocks
 * @volatile_cache: writes have to be flushed
 * @queue:	admin, I/O
 */
struct nvme_panic {
	struct pci_dev		*pdev;
	void __iomem		*bar;
	struct nvme_panic_mem	*mem;
	dma_addr_t		dma;
	u32			stride;
	u32			depth;
	u32			config;
	u32			*wait_us;
	u32			quirk_us;
	struct nvme_ctrl	*ctrl;
	u32			nsid;
	u8			lba_shift;
	bool			volatile_cache;
	struct nvme_panic_queue	queue[2];
};

static dma_addr_t nvme_panic_dma(const struct nvme_panic *p, const void *mem)
{
	return p->dma + (mem - (const void *)p->mem);
}

/* In process context. */

static int nvme_panic_check(struct nvme_ns *ns)
{
	struct nvme_ctrl *ctrl = ns->ctrl;

	if (ctrl->quirks & NVME_QUIRK_128_BYTES_SQES) {
		dev_warn(ctrl->device,
			 "cannot write in a panic: unusual queue entries\n");
		return -EOPNOTSUPP;
	}
	if (ns->head->ms) {
		dev_warn(ctrl->device,
			 "%s: cannot write in a panic: blocks have metadata\n",
			 ns->disk->disk_name);
		return -EOPNOTSUPP;
	}
	return 0;
}

static void nvme_panic_describe(struct nvme_panic *p, struct nvme_ns *ns)
{
	u64 cap = ns->ctrl->cap;
	u32 mqes = NVME_CAP_MQES(cap);

	p->stride = 4 << NVME_CAP_STRIDE(cap);
	/* Zero is not allowed, and there are controllers that say it. */
	p->depth = min_t(u32, NVME_PANIC_DEPTH, max(mqes, 1U) + 1);
	p->config = (NVME_CTRL_PAGE_SHIFT - 12) << NVME_CC_MPS_SHIFT |
		    NVME_CC_AMS_RR | NVME_CC_SHN_NONE | NVME_CC_IOSQES |
		    NVME_CC_IOCQES;
	if (NVME_CAP_CSS(cap) & NVME_CAP_CSS_CSI)
		p->config |= NVME_CC_CSS_CSI;
	if (ns->ctrl->quirks & NVME_QUIRK_DELAY_BEFORE_CHK_RDY)
		p->quirk_us = NVME_QUIRK_DELAY_AMOUNT * USEC_PER_MSEC;
	p->nsid = ns->head->ns_id;
	p->lba_shift = ns->head->lba_shift;
	p->volatile_cache = ns->ctrl->vwc & NVME_CTRL_VWC_PRESENT;
}

static int nvme_panic_map(struct nvme_panic *p)
{
	resource_size_t size = NVME_REG_DBS + 2 * (NVME_PANIC_QID + 1) * p->stride;
	unsigned int i;

	if (size > pci_resource_len(p->pdev, 0))
		return -ENODEV;
	p->bar = ioremap(pci_resource_start(p->pdev, 0), size);
	if (!p->bar)
		return -ENOMEM;
	p->mem = dma_alloc_coherent(&p->pdev->dev, sizeof(*p->mem), &p->dma,
				    GFP_KERNEL);
	if (!p->mem) {
		iounmap(p->bar);
		return -ENOMEM;
	}
	for (i = 0; i < ARRAY_SIZE(p->mem->prps); i++)
		p->mem->prps[i] =
			cpu_to_le64(nvme_panic_dma(p, p->mem->buf) +
				    (i + 1) * NVME_CTRL_PAGE_SIZE);
	return 0;
}

static void nvme_panic_release(struct blk_panic_disk *bpd)
{
	struct nvme_panic *p = bpd->driver_data;

	dma_free_coherent(&p->pdev->dev, sizeof(*p->mem), p->mem, p->dma);
	iounmap(p->bar);
	pci_dev_put(p->pdev);
	kfree(p);
}

/* In panic context. */

/* Return: 0, -ENODEV when the controller is gone, -ETIMEDOUT. */
static int nvme_panic_wait_ready(struct nvme_panic *p, u32 ready, u32 *wait_us)
{
	u32 csts;

	for (;;) {
		csts = readl(p->bar + NVME_REG_CSTS);
		if (csts == ~0U)
			return -ENODEV;
		if ((csts & NVME_CSTS_RDY) == ready)
			return 0;
		if (!blk_panic_delay(wait_us, NVME_PANIC_READY_POLL_US))
			return -ETIMEDOUT;
	}
}

/* Half of the time that there is, so that the rest is left for what matters. */
static void nvme_panic_wait_enabled(struct nvme_panic *p)
{
	u32 half = *p->wait_us / 2, left = half;

	nvme_panic_wait_ready(p, NVME_CSTS_RDY, &left);
	*p->wait_us -= half - left;
}

/*
 * Disable the controller. One that is just being enabled may not be disabled
 * before it is ready, unless it never becomes that.
 */
static int nvme_panic_disable(struct nvme_panic *p)
{
	u32 csts = readl(p->bar + NVME_REG_CSTS);

	if (csts == ~0U)
		return -ENODEV;
	if (readl(p->bar + NVME_REG_CC) & NVME_CC_ENABLE &&
	    !(csts & (NVME_CSTS_RDY | NVME_CSTS_CFS)))
		nvme_panic_wait_enabled(p);
	writel(p->config, p->bar + NVME_REG_CC);
	if (!blk_panic_delay(p->wait_us, p->quirk_us))
		return -ETIMEDOUT;
	return nvme_panic_wait_ready(p, 0, p->wait_us);
}

static int nvme_panic_enable(struct nvme_panic *p)
{
	u32 aqa = p->depth - 1;

	memset(p->mem->sq, 0, sizeof(p->mem->sq));
	memset(p->mem->cq, 0, sizeof(p->mem->cq));
	memset(p->queue, 0, sizeof(p->queue));
	p->queue[0].phase = 1;
	p->queue[NVME_PANIC_QID].phase = 1;

	writel(aqa << 16 | aqa, p->bar + NVME_REG_AQA);
	lo_hi_writeq(nvme_panic_dma(p, &p->mem->sq[0]), p->bar + NVME_REG_ASQ);
	lo_hi_writeq(nvme_panic_dma(p, &p->mem->cq[0]), p->bar + NVME_REG_ACQ);
	writel(p->config | NVME_CC_ENABLE, p->bar + NVME_REG_CC);
	return nvme_panic_wait_ready(p, NVME_CSTS_RDY, p->wait_us);
}

static void __iomem *nvme_panic_doorbell(struct nvme_panic *p, unsigned int n)
{
	return p->bar + NVME_REG_DBS + n * p->stride;
}

/* Return: what the controller says, 0 for success, or -ETIMEDOUT. */
static int nvme_panic_wait(struct nvme_panic *p, unsigned int qid)
{
	struct nvme_panic_queue *q = &p->queue[qid];
	const __le16 *from = &p->mem->cq[qid].cqe[q->head].status;
	u16 status;

	for (;;) {
		status = le16_to_cpu(READ_ONCE(*from));
		if ((status & 1) == q->phase)
			break;
		if (!blk_panic_delay(p->wait_us, NVME_PANIC_POLL_US))
			return -ETIMEDOUT;
	}
	if (++q->head == p->depth) {
		q->head = 0;
		q->phase ^= 1;
	}
	writel(q->head, nvme_panic_doorbell(p, 2 * qid + 1));
	return status >> 1;
}

static int nvme_panic_submit(struct nvme_panic *p, unsigned int qid,
			     const struct nvme_command *cmd)
{
	struct nvme_panic_queue *q = &p->queue[qid];

	memcpy(&p->mem->sq[qid].cmd[q->tail], cmd, sizeof(*cmd));
	if (++q->tail == p->depth)
		q->tail = 0;
	/* This also orders what is in memory before the doorbell. */
	writel(q->tail, nvme_panic_doorbell(p, 2 * qid));
	return nvme_panic_wait(p, qid);
}

/* Return: 0; -EIO when the controller reports an error; -ETIMEDOUT. */
static int nvme_panic_command(struct nvme_panic *p, unsigned int qid,
			      const struct nvme_command *cmd)
{
	unsigned int tries;
	int ret = 0;

	for (tries = 0; tries < NVME_PANIC_TRIES; tries++) {
		ret = nvme_panic_submit(p, qid, cmd);
		if (ret <= 0 || ret & NVME_STATUS_DNR ||
		    !blk_panic_delay(p->wait_us, NVME_PANIC_RETRY_US))
			break;
	}
	return ret > 0 ? -EIO : ret;
}

/* One pair of I/O queues. Zero stands for one, as usual with NVMe. */
static int nvme_panic_set_queue_count(struct nvme_panic *p)
{
	struct nvme_command c = {
		.features.opcode = nvme_admin_set_features,
		.features.fid = cpu_to_le32(NVME_FEAT_NUM_QUEUES),
	};

	return nvme_panic_command(p, 0, &c);
}

static int nvme_panic_create_cq(struct nvme_panic *p)
{
	struct nvme_command c = {
		.create_cq.opcode = nvme_admin_create_cq,
		.create_cq.prp1 = cpu_to_le64(nvme_panic_dma(p, &p->mem->cq[1])),
		.create_cq.cqid = cpu_to_le16(NVME_PANIC_QID),
		.create_cq.qsize = cpu_to_le16(p->depth - 1),
		.create_cq.cq_flags = cpu_to_le16(NVME_QUEUE_PHYS_CONTIG),
	};

	return nvme_panic_command(p, 0, &c);
}

static int nvme_panic_create_sq(struct nvme_panic *p)
{
	struct nvme_command c = {
		.create_sq.opcode = nvme_admin_create_sq,
		.create_sq.prp1 = cpu_to_le64(nvme_panic_dma(p, &p->mem->sq[1])),
		.create_sq.sqid = cpu_to_le16(NVME_PANIC_QID),
		.create_sq.qsize = cpu_to_le16(p->depth - 1),
		.create_sq.sq_flags = cpu_to_le16(NVME_QUEUE_PHYS_CONTIG |
						  NVME_SQ_PRIO_MEDIUM),
		.create_sq.cqid = cpu_to_le16(NVME_PANIC_QID),
	};

	return nvme_panic_command(p, 0, &c);
}

static int nvme_panic_takeover(struct blk_panic_disk *bpd)
{
	struct nvme_panic *p = bpd->driver_data;
	int ret;

	/* Between the two halves of a reset, and when it is shut down. */
	if (!pci_is_enabled(p->pdev))
		return -ENODEV;
	/* Formatted since with blocks of another size. */
	if (queue_logical_block_size(bpd->disk->queue) != 1U << p->lba_shift)
		return -EIO;
	ret = nvme_panic_disable(p);
	if (!ret)
		ret = nvme_panic_enable(p);
	if (!ret)
		ret = nvme_panic_set_queue_count(p);
	if (!ret)
		ret = nvme_panic_create_cq(p);
	return ret ?: nvme_panic_create_sq(p);
}

static int nvme_panic_write(struct blk_panic_disk *bpd, sector_t sector,
			    const void *buf, unsigned int len)
{
	struct nvme_panic *p = bpd->driver_data;
	u64 lba = sector >> (p->lba_shift - SECTOR_SHIFT);
	u64 prp2 = 0;

	memcpy(p->mem->buf, buf, len);
	/* A second page is named, more are listed. */
	if (len > 2 * NVME_CTRL_PAGE_SIZE)
		prp2 = nvme_panic_dma(p, p->mem->prps);
	else if (len > NVME_CTRL_PAGE_SIZE)
		prp2 = nvme_panic_dma(p, p->mem->buf) + NVME_CTRL_PAGE_SIZE;

	struct nvme_command c = {
		.rw.opcode = nvme_cmd_write,
		.rw.nsid = cpu_to_le32(p->nsid),
		.rw.slba = cpu_to_le64(lba),
		.rw.length = cpu_to_le16((len >> p->lba_shift) - 1),
		.rw.dptr.prp1 = cpu_to_le64(nvme_panic_dma(p, p->mem->buf)),
		.rw.dptr.prp2 = cpu_to_le64(prp2),
	};
	return nvme_panic_command(p, NVME_PANIC_QID, &c);
}

static int nvme_panic_flush(struct blk_panic_disk *bpd)
{
	struct nvme_panic *p = bpd->driver_data;
	struct nvme_command c = {
		.common.opcode = nvme_cmd_flush,
		.common.nsid = cpu_to_le32(p->nsid),
	};

	return p->volatile_cache ? nvme_panic_command(p, NVME_PANIC_QID, &c) : 0;
}

/* For a test, in process context. */

/*
 * Keep others from resetting the controller. A reset that has made it live sends more
 * admin commands before it ends, so that it must not be held back with them; and with
 * those held back, no other one becomes live after it was looked for.
 */
static bool nvme_panic_claim_reset(struct nvme_ctrl *ctrl)
{
	return !work_busy(&ctrl->reset_work) &&
	       nvme_change_ctrl_state(ctrl, NVME_CTRL_RESETTING);
}

/* Let the commands on all namespaces end, and hold back new ones. */
static int nvme_panic_quiesce_io(struct nvme_ctrl *ctrl)
{
	int ret = -EBUSY;

	nvme_start_freeze(ctrl);
	if (nvme_wait_freeze_timeout(ctrl, NVME_PANIC_QUIESCE) > 0 &&
	    nvme_panic_claim_reset(ctrl)) {
		nvme_quiesce_io_queues(ctrl);
		ret = 0;
	}
	nvme_unfreeze(ctrl);
	return ret;
}

/*
 * The same with admin commands. What is held back goes on in nvme_reset_work(). A
 * scan of the namespaces, and a command that changes them, need admin commands while
 * they hold the lock: they are not waited for with those held back.
 */
static int nvme_panic_try_quiesce(struct nvme_ctrl *ctrl)
{
	struct request_queue *admin_q = ctrl->admin_q;
	int ret = -EBUSY;

	blk_freeze_queue_start(admin_q);
	if (blk_mq_freeze_queue_wait_timeout(admin_q, NVME_PANIC_QUIESCE) > 0 &&
	    mutex_trylock(&ctrl->scan_lock)) {
		ret = nvme_panic_quiesce_io(ctrl);
		mutex_unlock(&ctrl->scan_lock);
	}
	if (!ret)
		nvme_quiesce_admin_queue(ctrl);
	blk_mq_unfreeze_queue(admin_q);
	return ret;
}

static int nvme_panic_quiesce(struct blk_panic_disk *bpd)
{
	struct nvme_panic *p = bpd->driver_data;
	unsigned int tries = NVME_PANIC_QUIESCE_TRIES;
	int ret = blk_panic_lock_device(&p->pdev->dev);

	if (ret)
		return ret;
	while ((ret = nvme_panic_try_quiesce(p->ctrl)) && --tries)
		msleep(100);
	if (ret)
		device_unlock(&p->pdev->dev);
	else
		flush_work(&p->ctrl->async_event_work);
	return ret;
}

/* Has the reset come to an end, or to where it waits for the end of this test? */
static bool nvme_panic_is_reset(struct nvme_ctrl *ctrl, struct gendisk *disk)
{
	enum nvme_ctrl_state state = nvme_ctrl_state(ctrl);

	return (state != NVME_CTRL_RESETTING && state != NVME_CTRL_CONNECTING) ||
	       test_bit(GD_DEAD, &disk->state);
}

/*
 * The controller has forgotten all that it was told, which takes a reset to tell it
 * again. It is disabled at first, so that the reset does not ask it to delete queues
 * that it does not know.
 */
static int nvme_panic_restore(struct blk_panic_disk *bpd)
{
	struct nvme_panic *p = bpd->driver_data;
	struct nvme_ctrl *ctrl = p->ctrl;

	nvme_panic_disable(p);
	queue_work(nvme_reset_wq, &ctrl->reset_work);
	while (!wait_event_timeout(ctrl->state_wq,
				   nvme_panic_is_reset(ctrl, bpd->disk),
				   HZ / 10))
		;
	device_unlock(&p->pdev->dev);
	return nvme_ctrl_state(ctrl) == NVME_CTRL_LIVE ? 0 : -ENETRESET;
}

static const struct blk_panic_ops nvme_pci_panic_ops = {
	.release	= nvme_panic_release,
	.takeover	= nvme_panic_takeover,
	.write		= nvme_panic_write,
	.flush		= nvme_panic_flush,
	.quiesce	= nvme_panic_quiesce,
	.restore	= nvme_panic_restore,
};

/**
 * nvme_pci_panic_prepare - set aside what panic-time writes to a namespace need
 * @bpd: the disk, to be filled in
 * @ns: its namespace
 *
 * Context: Process context, may sleep.
 * Return: 0; -EOPNOTSUPP after a message that says why not; -ENODEV; -ENOMEM.
 */
int nvme_pci_panic_prepare(struct blk_panic_disk *bpd, struct nvme_ns *ns)
{
	u64 most = (u64)queue_max_hw_sectors(ns->queue) << SECTOR_SHIFT;
	struct nvme_panic *p __free(kfree) = NULL;
	int ret = nvme_panic_check(ns);

	if (ret)
		return ret;
	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	p->ctrl = ns->ctrl;
	p->pdev = to_pci_dev(ns->ctrl->dev);
	p->wait_us = &bpd->wait_us;
	nvme_panic_describe(p, ns);
	ret = nvme_panic_map(p);
	if (ret)
		return ret;
	pci_dev_get(p->pdev);
	bpd->max_bytes = round_down(min_t(u64, most, NVME_PANIC_MAX_BYTES),
				    1U << p->lba_shift);
	bpd->driver_data = no_free_ptr(p);
	bpd->ops = &nvme_pci_panic_ops;
	return 0;
}
