/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_VIRTIO_PANIC_H
#define _LINUX_VIRTIO_PANIC_H

#include <linux/types.h>

struct virtio_device;
struct virtqueue;

/* What legacy PCI devices take for granted, and others can be told. */
#define VIRTIO_PANIC_RING_ALIGN	4096

/**
 * struct virtio_panic_ring - the one ring that a taken-over device gets
 * @features:	feature bits to negotiate, a subset of the negotiated ones
 * @num:	ring size in descriptors
 * @mem:	the ring in memory; cleared between the reset and the first use
 * @bytes:	its size
 * @desc:	device address of the descriptor table, page aligned; the other
 *		two parts follow in the legacy layout, aligned to
 *		VIRTIO_PANIC_RING_ALIGN
 * @avail:	device address of the driver's part
 * @used:	device address of the device's part
 * @wait_us:	how long the device may still be waited for, see blk_panic_delay()
 */
struct virtio_panic_ring {
	u64		features;
	unsigned int	num;
	void		*mem;
	size_t		bytes;
	dma_addr_t	desc;
	dma_addr_t	avail;
	dma_addr_t	used;
	u32		*wait_us;
};

/**
 * struct virtio_panic_seg - one piece of a request
 * @offset:	where in the buffer, in bytes
 * @len:	how much, in bytes
 * @device_writes: the device writes it
 */
struct virtio_panic_seg {
	u32	offset;
	u32	len;
	bool	device_writes;
};

struct virtio_panic_queue;

struct virtio_panic_queue *virtio_panic_queue_create(struct virtqueue *vq,
						     u64 features, size_t len,
						     u32 *wait_us);
void virtio_panic_queue_destroy(struct virtio_panic_queue *q);
void virtio_panic_queue_set_vq(struct virtio_panic_queue *q,
			       struct virtqueue *vq);
void *virtio_panic_queue_buf(struct virtio_panic_queue *q);
int virtio_panic_takeover(struct virtio_panic_queue *q);
int virtio_panic_request(struct virtio_panic_queue *q,
			 const struct virtio_panic_seg *segs, unsigned int n);

int virtio_panic_wait_reset(struct virtio_device *vdev,
			    const struct virtio_panic_ring *ring);

#endif /* _LINUX_VIRTIO_PANIC_H */
