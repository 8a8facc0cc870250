/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_TEST_SIM_FLASH_H
#define _PSTORE_ZONE_TEST_SIM_FLASH_H

/*
 * A simulated flash that insists on the rules of real ones, with bad blocks, bitflips
 * and a power switch.
 *
 * A program operation has whole write units, of which none has been programmed since
 * the last erase, nor one behind it in the block. An erase has whole blocks. Nobody
 * touches a bad block. Each breach counts in @breaches.
 *
 * Programs and erases are counted as operations. In operation @cut_at the power
 * fails, after a part of it, as @tear says.
 */

#include <kunit/test.h>
#include <linux/mtd/mtd.h>
#include <linux/types.h>

/**
 * enum sim_flash_tear - what a power cut leaves of an operation
 * @SIM_FLASH_NOTHING:	it has not begun
 * @SIM_FLASH_HALF:	a program: its first half; an erase: half of the block is blank
 * @SIM_FLASH_NEARLY:	a program: all but its last byte; an erase: all but some bits
 * @SIM_FLASH_TRASH:	some bits of all of it
 * @SIM_FLASH_ALL:	all of it, but nobody was told
 * @SIM_FLASH_TEAR_COUNT: how many there are
 */
enum sim_flash_tear {
	SIM_FLASH_NOTHING,
	SIM_FLASH_HALF,
	SIM_FLASH_NEARLY,
	SIM_FLASH_TRASH,
	SIM_FLASH_ALL,
	SIM_FLASH_TEAR_COUNT,
};

#define SIM_FLASH_MAX_BLOCKS	64

/* No page of the NAND that is simulated is smaller. */
#define SIM_FLASH_PAGE		512

/**
 * struct sim_flash - a simulated flash
 * @test:	the test that it goes with
 * @mtd:	what the backend sees
 * @media:	its bytes
 * @top:	per block, where the programmed part ends
 * @bad:	per block, whether it is bad
 * @erases:	per block, how often it was erased
 * @ops:	operations so far
 * @panic_erases: how many of them were erases in a panic
 * @reads:	bytes read so far
 * @breaches:	how often a rule was broken
 * @cut_at:	number of the operation, from 1, in which the power fails; 0 for none
 * @tear:	what that leaves
 * @off:	the power is off: each access fails
 * @bitflips:	reads say that bits were corrected
 * @torn:	per SIM_FLASH_PAGE of NAND, whether an operation was cut short there: then
 *		errors cannot be corrected until it is erased
 * @deaf_from:	reads from here on, up to @deaf_to, fail with @deaf_error
 * @deaf_to:	see there
 * @deaf_error:	-EBADMSG, and the bytes are not what they were until the block is
 *		erased; or another
 * @busy:	so many operations in a panic find the chip busy
 * @worn:	this block refuses programs, SIM_FLASH_MAX_BLOCKS for none
 * @tired:	this block refuses erases
 * @last_words:	called when the power is about to go, after what that leaves of the
 *		operation, NULL for none
 * @context:	for @last_words
 */
struct sim_flash {
	struct kunit		*test;
	struct mtd_info		mtd;
	u8			*media;
	u32			top[SIM_FLASH_MAX_BLOCKS];
	bool			bad[SIM_FLASH_MAX_BLOCKS];
	unsigned int		erases[SIM_FLASH_MAX_BLOCKS];
	unsigned int		ops;
	unsigned int		panic_erases;
	u64			reads;
	unsigned int		breaches;
	unsigned int		cut_at;
	enum sim_flash_tear	tear;
	bool			off;
	bool			bitflips;
	u8			*torn;
	u64			deaf_from;
	u64			deaf_to;
	int			deaf_error;
	unsigned int		busy;
	u32			worn;
	u32			tired;
	void			(*last_words)(struct sim_flash *sim);
	void			*context;
};

struct sim_flash *sim_flash_create(struct kunit *test, u32 blocks,
				   u32 block_bytes, u32 write_bytes, bool nand);
void sim_flash_power_on(struct sim_flash *sim);

#endif /* _PSTORE_ZONE_TEST_SIM_FLASH_H */
