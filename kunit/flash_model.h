/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_TEST_FLASH_MODEL_H
#define _PSTORE_ZONE_TEST_FLASH_MODEL_H

/*
 * A script writes runs of granules to a simulated flash, as a living kernel or in a
 * panic, and reopens it now and then. A model keeps which version of each granule was
 * acknowledged, and which is in flight. What is read back must be the acknowledged
 * one, or, after a power cut, for what was in flight either. The simulated flash
 * counts each breach of the rules of flash, of which there must be none.
 *
 * Scripts are made from their numbers. A failure prints @id of the run.
 */

#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include "../../../../drivers/mtd/pstore/flash.h"
#include "../zone.h"
#include "sim_flash.h"

#define FT_MAX_RUN	9
#define FT_GRANULES	4096
#define FT_PANIC_BYTES	SZ_64K	/* flash that no panic of a script has to erase */
#define FT_KINDS	8

/* A kind of flash. */
struct ft_kind {
	const char	*name;
	u32		blocks;
	u32		block_bytes;
	u32		write_bytes;
	bool		nand;
};

/* Those that are tried. */
extern const struct ft_kind ft_kinds[FT_KINDS];

/* A run of one script on one flash. */
struct ft {
	struct kunit		*test;
	struct sim_flash	*sim;
	struct pstore_flash	*flash;
	u8			*buf;
	unsigned int		acked[FT_GRANULES];
	unsigned int		flying[FT_GRANULES];
	unsigned int		stopped[FT_GRANULES];	/* by a panic, in flight */
	unsigned int		version;
	u32			random;
	bool			format;		/* of struct pstore_storage */
	char			id[48];
};

const void *ft_each_kind(const void *prev, char *desc);
const void *ft_each_of_many_blocks(const void *prev, char *desc);
const void *ft_each_for_panics(const void *prev, char *desc);
const void *ft_each_nand(const void *prev, char *desc);
u32 ft_random(struct ft *ft, u32 below);
u32 ft_granules(const struct ft *ft);
u32 ft_granule_bytes(const struct ft *ft);
int ft_try_open(struct ft *ft);
void ft_open(struct ft *ft);
void ft_close(struct ft *ft);
struct ft *ft_create(struct kunit *test, const struct ft_kind *kind);
void ft_reset(struct ft *ft);
int ft_write(struct ft *ft, u32 first, u32 nr, bool panic);
int ft_write_somewhere(struct ft *ft, bool panic);
void ft_check(struct ft *ft);
int ft_run(struct ft *ft, unsigned int steps);
void ft_recover(struct ft *ft);

#endif /* _PSTORE_ZONE_TEST_FLASH_MODEL_H */
