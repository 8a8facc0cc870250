// SPDX-License-Identifier: GPL-2.0
/*
 * One request at a time to a virtio device after the kernel has died.
 *
 * When the kernel dies, a driver's virtqueues may be in any state: a stopped
 * CPU may hold a queue's lock with half a request in the ring, and taking
 * finished requests out of a ring frees memory. So none of them is used. The
 * device is reset, which makes it forget all rings and finish or drop what it
 * had in flight, and is then given one new split ring that lies in memory set
 * aside beforehand and that nobody else has ever seen.
 *
 * This is always the way, not only when a lock turns out to be held: the path
 * that saves the log is then the same in each panic, and each test tests it.
 *
 * virtio_panic_takeover() and all below it run in panic context: see the
 * contract in include/linux/blk-panic.h.
 */
#include <linux/blk-panic.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_panic.h>
#include <linux/virtio_ring.h>

/*
 * How often the ring, which is in memory, is looked at. Reading a device's status
 * can take long by itself, so that is done less often.
 */
#define VIRTIO_PANIC_POLL_US		10
#define VIRTIO_PANIC_RESET_POLL_US	1000

#define VIRTIO_PANIC_MAX_SEGS	3

/**
 * struct virtio_panic_queue - a device's spare ring and buffer
 * @vq:		the virtqueue whose place the ring takes; NULL while the device
 *		is suspended or gone, and then nothing can be written
 * @dma_dev:	device to map for, NULL where the device takes physical addresses
 * @mem:	the memory: the ring, then the buffer
 * @dma:	its device address
 * @size:	its size in bytes, a multiple of the page size
 * @buf_offset:	where the buffer begins in @mem
 * @vring:	the ring in @mem
 * @ring:	the ring as the transport wants it
 * @idx:	requests put into the ring since the takeover
 */
struct virtio_panic_queue {
	struct virtqueue	*vq;
	struct device		*dma_dev;
	void			*mem;
	dma_addr_t		dma;
	size_t			size;
	size_t			buf_offset;
	struct vring		vring;
	struct virtio_panic_ring ring;
	u16			idx;
};

static int virtio_panic_alloc(struct virtio_panic_queue *q)
{
	if (q->dma_dev) {
		q->mem = dma_alloc_coherent(q->dma_dev, q->size, &q->dma,
					    GFP_KERNEL);
	} else {
		q->mem = alloc_pages_exact(q->size, GFP_KERNEL | __GFP_ZERO);
		if (q->mem)
			q->dma = virt_to_phys(q->mem);
	}
	return q->mem ? 0 : -ENOMEM;
}

static void virtio_panic_layout(struct virtio_panic_queue *q)
{
	vring_init(&q->vring, q->ring.num, q->mem, VIRTIO_PANIC_RING_ALIGN);
	q->ring.mem = q->mem;
	q->ring.bytes = q->buf_offset;
	q->ring.desc = q->dma;
	q->ring.avail = q->dma + ((void *)q->vring.avail - q->mem);
	q->ring.used = q->dma + ((void *)q->vring.used - q->mem);
}

/**
 * virtio_panic_queue_create - set aside a ring and a buffer
 * @vq: the device's first virtqueue
 * @features: the device-specific feature bits to keep; of the generic ones,
 *	those that change what the device sees of memory are kept
 * @len: size of the buffer in bytes
 * @wait_us: how long the device may still be waited for, see blk_panic_delay();
 *	stays valid as long as the queue
 *
 * Context: Process context, may sleep.
 * Return: the queue; -EOPNOTSUPP when the transport cannot be taken over;
 *	-ENOMEM.
 */
struct virtio_panic_queue *virtio_panic_queue_create(struct virtqueue *vq,
						     u64 features, size_t len,
						     u32 *wait_us)
{
	struct virtio_device *vdev = vq->vdev;
	struct virtio_panic_queue *q __free(kfree) = NULL;

	if (!vdev->config->panic_takeover)
		return ERR_PTR(-EOPNOTSUPP);
	q = kzalloc(sizeof(*q), GFP_KERNEL);
	if (!q)
		return ERR_PTR(-ENOMEM);

	features |= BIT_ULL(VIRTIO_F_VERSION_1) |
		    BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) |
		    BIT_ULL(VIRTIO_F_ORDER_PLATFORM);
	q->vq = vq;
	q->dma_dev = virtqueue_dma_dev(vq);
	q->ring.wait_us = wait_us;
	q->ring.features = vdev->features & features;
	/* A packed ring's size need not be a power of two, a split one's must. */
	q->ring.num = rounddown_pow_of_two(virtqueue_get_vring_size(vq));
	q->buf_offset = PAGE_ALIGN(vring_size(q->ring.num,
					      VIRTIO_PANIC_RING_ALIGN));
	q->size = q->buf_offset + PAGE_ALIGN(len);
	if (virtio_panic_alloc(q))
		return ERR_PTR(-ENOMEM);
	virtio_panic_layout(q);
	return_ptr(q);
}
EXPORT_SYMBOL_GPL(virtio_panic_queue_create);

/**
 * virtio_panic_queue_destroy - give back a ring and a buffer
 * @q: the queue; the device does not use it
 *
 * Context: Process context, may sleep.
 */
void virtio_panic_queue_destroy(struct virtio_panic_queue *q)
{
	if (q->dma_dev)
		dma_free_coherent(q->dma_dev, q->size, q->mem, q->dma);
	else
		free_pages_exact(q->mem, q->size);
	kfree(q);
}
EXPORT_SYMBOL_GPL(virtio_panic_queue_destroy);

/**
 * virtio_panic_queue_set_vq - tell that the virtqueues went or came back
 * @q: the queue
 * @vq: the device's first virtqueue, or NULL while there is none
 *
 * Context: Process context.
 */
void virtio_panic_queue_set_vq(struct virtio_panic_queue *q,
			       struct virtqueue *vq)
{
	WRITE_ONCE(q->vq, vq);
}
EXPORT_SYMBOL_GPL(virtio_panic_queue_set_vq);

/**
 * virtio_panic_queue_buf - where a request's pieces are put
 * @q: the queue
 *
 * Context: Any.
 * Return: the buffer's address.
 */
void *virtio_panic_queue_buf(struct virtio_panic_queue *q)
{
	return q->mem + q->buf_offset;
}
EXPORT_SYMBOL_GPL(virtio_panic_queue_buf);

/**
 * virtio_panic_wait_reset - wait for a reset to be over, for transports
 * @vdev: the device, after 0 was written to its status
 * @ring: the ring that it is going to get; cleared once the device has let go of
 *	it, for an earlier takeover that was interrupted may have given it out
 *
 * Context: Panic context.
 * Return: 0 or -ETIMEDOUT.
 */
int virtio_panic_wait_reset(struct virtio_device *vdev,
			    const struct virtio_panic_ring *ring)
{
	while (vdev->config->get_status(vdev))
		if (!blk_panic_delay(ring->wait_us, VIRTIO_PANIC_RESET_POLL_US))
			return -ETIMEDOUT;
	memset(ring->mem, 0, ring->bytes);
	return 0;
}
EXPORT_SYMBOL_GPL(virtio_panic_wait_reset);

/**
 * virtio_panic_takeover - reset the device and give it the spare ring
 * @q: the queue
 *
 * Context: Panic context. May be called again at any time.
 * Return: 0; -ENODEV when the device is suspended or gone; -EIO when it does
 *	not accept the ring; -ETIMEDOUT when it does not answer.
 */
int virtio_panic_takeover(struct virtio_panic_queue *q)
{
	struct virtqueue *vq = READ_ONCE(q->vq);

	if (!vq)
		return -ENODEV;
	q->idx = 0;
	return vq->vdev->config->panic_takeover(vq->vdev, &q->ring);
}
EXPORT_SYMBOL_GPL(virtio_panic_takeover);

static void virtio_panic_fill(struct virtio_panic_queue *q,
			      struct virtio_device *vdev,
			      const struct virtio_panic_seg *segs,
			      unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct vring_desc *desc = &q->vring.desc[i];
		u16 flags = 0;

		if (segs[i].device_writes)
			flags |= VRING_DESC_F_WRITE;
		if (i + 1 < n)
			flags |= VRING_DESC_F_NEXT;
		desc->addr = cpu_to_virtio64(vdev, q->dma + q->buf_offset +
						   segs[i].offset);
		desc->len = cpu_to_virtio32(vdev, segs[i].len);
		desc->flags = cpu_to_virtio16(vdev, flags);
		desc->next = cpu_to_virtio16(vdev, i + 1);
	}
}

static int virtio_panic_wait(struct virtio_panic_queue *q,
			     struct virtio_device *vdev)
{
	const __virtio16 *used = &q->vring.used->idx;

	while (virtio16_to_cpu(vdev, READ_ONCE(*used)) != q->idx)
		if (!blk_panic_delay(q->ring.wait_us, VIRTIO_PANIC_POLL_US))
			return -ETIMEDOUT;
	rmb(); /* the device's bytes come before its index */
	return 0;
}

/**
 * virtio_panic_request - make one request and wait until it is done
 * @q: the queue, after virtio_panic_takeover()
 * @segs: the request's pieces, in the buffer
 * @n: how many, at most 3
 *
 * Context: Panic context.
 * Return: 0 when the device is done, whatever it says of the request; -EINVAL;
 *	-ENODEV; -ETIMEDOUT.
 */
int virtio_panic_request(struct virtio_panic_queue *q,
			 const struct virtio_panic_seg *segs, unsigned int n)
{
	struct virtqueue *vq = READ_ONCE(q->vq);
	struct vring_avail *avail = q->vring.avail;
	struct virtio_device *vdev;

	if (!vq)
		return -ENODEV;
	if (!n || n > VIRTIO_PANIC_MAX_SEGS || n > q->ring.num)
		return -EINVAL;
	vdev = vq->vdev;

	virtio_panic_fill(q, vdev, segs, n);
	avail->flags = cpu_to_virtio16(vdev, VRING_AVAIL_F_NO_INTERRUPT);
	avail->ring[q->idx % q->ring.num] = 0;
	wmb(); /* the request comes before the index that announces it */
	q->idx++;
	WRITE_ONCE(avail->idx, cpu_to_virtio16(vdev, q->idx));
	mb(); /* the index comes before the doorbell */
	vdev->config->panic_notify(vq);
	return virtio_panic_wait(q, vdev);
}
EXPORT_SYMBOL_GPL(virtio_panic_request);

MODULE_DESCRIPTION("Requests to virtio devices after the kernel has died");
MODULE_LICENSE("GPL");
