// SPDX-License-Identifier: GPL-2.0
/*
 * struct pstore_storage_ops on a block device.
 *
 * Reads and writes are bios of our own, not the page cache: a write has reached
 * the media when it returns, and nobody else's writeback can delay or reorder
 * it. Panic-time writes go through block/blk-panic.c.
 */
#include <linux/bio.h>
#include <linux/highmem.h>
#include <linux/mm.h>

#include "blk.h"

static struct pstore_blk *to_blk(struct pstore_storage *st)
{
	return container_of(st, struct pstore_blk, storage);
}

static struct page *buf_page(const void *buf)
{
	return is_vmalloc_addr(buf) ? vmalloc_to_page(buf) : virt_to_page(buf);
}

/* Add as much of the buffer as fits. Return: how much, in bytes. */
static size_t bio_add_buf(struct bio *bio, const void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		size_t off = offset_in_page(buf + done);
		size_t n = min_t(size_t, len - done, PAGE_SIZE - off);

		if (bio_add_page(bio, buf_page(buf + done), n, off) != n)
			break;
		done += n;
	}
	return done;
}

static int blk_rw(struct pstore_blk *blk, blk_opf_t opf, u64 pos,
		  const void *buf, size_t len)
{
	while (len) {
		/* The pages that a chunk spans; bio_add_buf() merges some. */
		unsigned int pages = DIV_ROUND_UP(offset_in_page(buf) + len,
						  PAGE_SIZE);
		struct bio *bio;
		size_t n;
		int ret;

		bio = bio_alloc(blk->bdev, min(pages, BIO_MAX_VECS), opf,
				GFP_NOIO);
		bio->bi_iter.bi_sector = pos >> SECTOR_SHIFT;
		n = bio_add_buf(bio, buf, len);
		ret = n ? submit_bio_wait(bio) : -EIO;
		bio_put(bio);
		if (ret)
			return ret;
		pos += n;
		buf += n;
		len -= n;
	}
	return 0;
}

static int blk_read(struct pstore_storage *st, u64 pos, void *buf, size_t len)
{
	int ret = blk_rw(to_blk(st), REQ_OP_READ | REQ_SYNC, pos, buf, len);

	if (is_vmalloc_addr(buf))
		invalidate_kernel_vmap_range(buf, len);
	return ret;
}

static int blk_write(struct pstore_storage *st, u64 pos, const void *buf,
		     size_t len)
{
	if (is_vmalloc_addr(buf))
		flush_kernel_vmap_range((void *)buf, len);
	return blk_rw(to_blk(st), REQ_OP_WRITE | REQ_SYNC | REQ_FUA, pos, buf,
		      len);
}

static int blk_storage_panic_write(struct pstore_storage *st, u64 pos,
				   const void *buf, size_t len)
{
	return blk_panic_write(to_blk(st)->panic, pos, buf, len);
}

static int blk_storage_panic_flush(struct pstore_storage *st)
{
	return blk_panic_flush(to_blk(st)->panic);
}

static int blk_storage_panic_test(struct pstore_storage *st, u64 pos,
				  const void *buf, size_t len)
{
	return blk_panic_test(to_blk(st)->panic, pos, buf, len);
}

/* For disks that only a living kernel can write to. */
const struct pstore_storage_ops pstore_blk_ops = {
	.read		= blk_read,
	.write		= blk_write,
};

/* For disks whose driver can write in a panic. */
const struct pstore_storage_ops pstore_blk_panic_ops = {
	.read		= blk_read,
	.write		= blk_write,
	.panic_write	= blk_storage_panic_write,
	.panic_flush	= blk_storage_panic_flush,
	.panic_test	= blk_storage_panic_test,
};
