/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_FLASH_H
#define _PSTORE_FLASH_H

/*
 * Flash as storage for pstore zone. Who does what:
 *
 *	flash-media.c	what lies on flash, without I/O
 *	flash.c		struct pstore_storage_ops on an MTD: read, write, erase ahead
 *	flash-open.c	may we take this flash, and what is on it?
 *	flash-old.c	what older kernels have left
 *	flash-panic.c	everything that may run once the kernel has died
 *	flash-attach.c	which flash, and its way to pstore
 *	mtdpstore.c	pstore_blk.blkdev=<MTD>
 *	oops.c		mtdoops
 */

#include <linux/list.h>
#include <linux/mtd/mtd.h>
#include <linux/mutex.h>
#include <linux/pstore_storage.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "flash-media.h"

/* In place of a position of a granule, or of the number of a block: none. */
#define PSTORE_FLASH_NOWHERE	U32_MAX

/* Positions of granules are counted in these. */
#define PSTORE_FLASH_STEP	PSTORE_FLASH_HEADER_BYTES

/* A write that the flash refuses is tried in this many blocks. */
#define PSTORE_FLASH_TRIES	4

/* So long a panic waits for a chip that is busy, in all, in ms. */
#define PSTORE_FLASH_PANIC_MS	5000

/**
 * enum pstore_flash_state - what an eraseblock is
 * @PSTORE_FLASH_RAW:	has nothing that counts, and is to be erased
 * @PSTORE_FLASH_FREE:	erased, and has its header
 * @PSTORE_FLASH_USED:	has extents, or is where they go now
 * @PSTORE_FLASH_FAILED: the same, but it has refused a write
 * @PSTORE_FLASH_OLD:	has records of an older kernel
 * @PSTORE_FLASH_STALE:	had some, which zone has taken: to be erased soon, lest they are
 *			found again
 * @PSTORE_FLASH_BAD:	not to be used
 */
enum pstore_flash_state {
	PSTORE_FLASH_RAW,
	PSTORE_FLASH_FREE,
	PSTORE_FLASH_USED,
	PSTORE_FLASH_FAILED,
	PSTORE_FLASH_OLD,
	PSTORE_FLASH_STALE,
	PSTORE_FLASH_BAD,
};

/**
 * struct pstore_flash_place - where the next extent goes
 * @block:	the eraseblock
 * @pos:	where in there; its size when nothing more is to be written to it
 * @seq:	number of the extent
 * @valid_end:	up to where the flash is valid, see struct pstore_flash_extent
 */
struct pstore_flash_place {
	u32	block;
	u32	pos;
	u64	seq;
	u64	valid_end;
};

/* What older kernels left makes room for the area in so many blocks at first. */
#define PSTORE_FLASH_SAVED	4

/**
 * struct pstore_flash_saved - a block with records of an older kernel, in memory
 * @block:	its number
 * @bytes:	what was in it; NULL for none
 */
struct pstore_flash_saved {
	u32	block;
	u8	*bytes;
};

/**
 * struct pstore_flash - a flash that pstore owns
 * @storage:	what zone sees of it
 * @mtd:	the flash
 * @node:	in the list of those that are attached
 * @geometry:	how it is divided
 * @reserve:	how many erased blocks are held ready, so that a panic finds them
 * @piece:	how many granules are appended at a time when a block is cleaned
 * @lock:	protects all that follows, against other users in process context.
 *		Never taken in a panic.
 * @clean_lock:	one cleaning at a time. Outside of @lock.
 * @map:	where each granule lies, in PSTORE_FLASH_STEP
 * @states:	enum pstore_flash_state of each eraseblock
 * @live:	how many granules each eraseblock has that count. In a panic, at most
 *		too large.
 * @erases:	how often each eraseblock has been erased
 * @places:	where to write, and room to say so anew; a panic finds either the old
 *		place or the new one, never a mixture
 * @place:	which of the two is in force
 * @image:	an extent on its way
 * @header:	a block's header on its way, up to where the first extent lies;
 *		protected by @clean_lock
 * @saved:	blocks of an older kernel that had to make room before zone took them
 * @old_numbers: of each block with records of an older kernel, its first number
 * @offered:	zone has taken what it could of what older kernels left
 * @work:	cleans ahead
 * @panic_image: an extent on its way, in a panic
 * @panic_wait_ms: how long a panic still waits for a chip that is busy
 */
struct pstore_flash {
	struct pstore_storage		storage;
	struct mtd_info			*mtd;
	struct list_head		node;
	struct pstore_flash_geometry	geometry;
	u32				reserve;
	u32				piece;
	struct mutex			lock;		/* see above */
	struct mutex			clean_lock;	/* see above */
	u32				*map;
	u8				*states;
	u32				*live;
	u64				*erases;
	struct pstore_flash_place	places[2];
	unsigned int			place;
	void				*image;
	void				*header;
	struct pstore_flash_saved	saved[PSTORE_FLASH_SAVED];
	u32				*old_numbers;
	bool				offered;
	struct work_struct		work;
	void				*panic_image;
	unsigned int			panic_wait_ms;
};

/* How flash.c and flash-panic.c write to the flash, each in its own way: 0 or -errno. */
typedef int (*pstore_flash_program_fn)(struct pstore_flash *f, u64 pos,
				    const void *buf, size_t len);

/* Write up to @want granules. Gives how many, or -errno. */
typedef int (*pstore_flash_write_fn)(struct pstore_flash *f, u32 first, u32 want,
				  const void *buf);

/* flash.c */
u32 pstore_flash_head(const struct pstore_flash *f);
u32 pstore_flash_find(const struct pstore_flash *f,
		      enum pstore_flash_state state);
u32 pstore_flash_next_free(const struct pstore_flash *f, u32 block);
u32 pstore_flash_capacity(const struct pstore_flash_geometry *g, u32 room,
			  u32 max);
u32 pstore_flash_choose(struct pstore_flash *f, u32 want,
			struct pstore_flash_place *p);
u32 pstore_flash_choose_some(struct pstore_flash *f, u32 want,
			     struct pstore_flash_place *p);
bool pstore_flash_has_room(struct pstore_flash *f, u32 nr);
void pstore_flash_fill(const struct pstore_flash *f, void *image, u32 first,
		       u32 nr, const void *buf);
int pstore_flash_append(struct pstore_flash *f,
			const struct pstore_flash_place *p, void *image, u32 nr,
			pstore_flash_program_fn program);
u32 pstore_flash_next_to_clean(const struct pstore_flash *f, u32 head);
int pstore_flash_program(struct pstore_flash *f, u64 pos, const void *buf,
			 size_t len);
int pstore_flash_program_header(struct pstore_flash *f, u32 block, void *buf,
				pstore_flash_program_fn program);
int pstore_flash_write_all(struct pstore_flash *f, u64 pos, const void *buf,
			   size_t len, pstore_flash_write_fn write);
int pstore_flash_read_raw(struct pstore_flash *f, u64 pos, void *buf,
			  size_t len);
void pstore_flash_work(struct work_struct *work);
extern const struct pstore_storage_ops pstore_flash_ops;
extern const struct pstore_storage_ops pstore_flash_panic_ops;

static inline u64 pstore_flash_pos(const struct pstore_flash *f, u32 block,
				   u32 pos)
{
	return (u64)block * f->geometry.block_bytes + pos;
}

static inline u32 pstore_flash_block_of(const struct pstore_flash *f, u64 pos)
{
	return div_u64(pos, f->geometry.block_bytes);
}

/* flash-panic.c */
int pstore_flash_panic_write(struct pstore_storage *st, u64 pos,
			     const void *buf, size_t len);

/* flash-open.c */
struct pstore_flash *pstore_flash_open(struct mtd_info *mtd,
				       const struct pstore_storage *params);
void pstore_flash_close(struct pstore_flash *f);

/* flash-old.c */
bool pstore_flash_is_old(const void *buf);
int pstore_flash_old_begin(struct pstore_flash *f);
int pstore_flash_read_old(struct pstore_storage *st, u64 pos, void *buf,
			  size_t len);
void pstore_flash_old_done(struct pstore_storage *st, u64 pos, u64 len);
u32 pstore_flash_old_give_up(struct pstore_flash *f);
u32 pstore_flash_old_make_room(struct pstore_flash *f);
void pstore_flash_old_offered(struct pstore_flash *f);

/* flash-attach.c */
bool pstore_flash_is_meant(const struct mtd_info *mtd, const char *spec);
struct pstore_flash *pstore_flash_attach(struct mtd_info *mtd,
					 const struct pstore_storage *params);
void pstore_flash_detach(struct pstore_flash *f);

#endif /* _PSTORE_FLASH_H */
