// SPDX-License-Identifier: GPL-2.0
/*
 * A simulated flash, see sim_flash.h.
 */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/preempt.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "sim_flash.h"

static struct sim_flash *to_sim(struct mtd_info *mtd)
{
	return container_of(mtd, struct sim_flash, mtd);
}

static void sim_breach(struct sim_flash *sim, const char *what, u64 pos)
{
	sim->breaches++;
	kunit_warn(sim->test, "flash: %s at %llu", what, pos);
}

/* Does this operation come to its end? Else @sim->tear says how far it comes. */
static bool sim_survives(struct sim_flash *sim)
{
	return ++sim->ops != sim->cut_at;
}

/*
 * It did not. Before the power goes, a panic may use the flash once more, while
 * nothing else runs.
 */
static int sim_die(struct sim_flash *sim)
{
	guard(preempt)();
	sim->cut_at = 0;
	if (sim->last_words)
		sim->last_words(sim);
	sim->off = true;
	return -EIO;
}

static u32 sim_block(const struct sim_flash *sim, u64 pos)
{
	return div_u64(pos, sim->mtd.erasesize);
}

/* Clear bits, as programming does. */
static void sim_program(u8 *media, const u8 *buf, size_t len, u8 mask)
{
	while (len--)
		*media++ &= *buf++ | mask;
}

static void sim_tear_program(struct sim_flash *sim, u64 pos, const u8 *buf,
			     size_t len)
{
	u8 *media = sim->media + pos;

	switch (sim->tear) {
	case SIM_FLASH_HALF:
		return sim_program(media, buf, len / 2, 0);
	case SIM_FLASH_NEARLY:
		return sim_program(media, buf, len - 1, 0);
	case SIM_FLASH_TRASH:
		return sim_program(media, buf, len, 0x5a);
	case SIM_FLASH_ALL:
		return sim_program(media, buf, len, 0);
	default:
		return;
	}
}

static void sim_check_program(struct sim_flash *sim, u64 pos, size_t len)
{
	u32 block = sim_block(sim, pos);
	u32 in_block = pos - (u64)block * sim->mtd.erasesize;

	if (in_block % sim->mtd.writesize || len % sim->mtd.writesize)
		sim_breach(sim, "a part of a write unit is programmed", pos);
	if (in_block + len > sim->mtd.erasesize)
		sim_breach(sim, "a program goes on in the next block", pos);
	if (in_block < sim->top[block])
		sim_breach(sim, "programmed twice, or backwards", pos);
	if (memchr_inv(sim->media + pos, 0xff, len))
		sim_breach(sim, "programmed without an erase", pos);
	if (sim->bad[block])
		sim_breach(sim, "a bad block is programmed", pos);
	sim->top[block] = in_block + len;
}

/* After a power cut, what was not programmed visibly may be programmed. */
static void sim_find_top(struct sim_flash *sim, u32 block)
{
	const u8 *media = sim->media + (u64)block * sim->mtd.erasesize;
	u32 end = sim->top[block];

	while (end && media[end - 1] == 0xff)
		end--;
	sim->top[block] = round_up(end, sim->mtd.writesize);
}

/*
 * The ECC of NAND does not fit to what a power cut has left. Pages on which it has left
 * nothing are as good as blank.
 */
static void sim_spoil(struct sim_flash *sim, u64 pos, u64 len)
{
	if (mtd_type_is_nand(&sim->mtd) && sim->tear != SIM_FLASH_NOTHING &&
	    sim->tear != SIM_FLASH_ALL)
		memset(sim->torn + pos / SIM_FLASH_PAGE, 1,
		       len / SIM_FLASH_PAGE);
}

static bool sim_is_torn(const struct sim_flash *sim, u64 pos, size_t len)
{
	size_t from = pos / SIM_FLASH_PAGE;
	size_t to = DIV_ROUND_UP(pos + len, SIM_FLASH_PAGE);

	return memchr(sim->torn + from, 1, to - from);
}

static int sim_write(struct mtd_info *mtd, loff_t to, size_t len,
		     size_t *retlen, const u_char *buf)
{
	struct sim_flash *sim = to_sim(mtd);

	*retlen = 0;
	if (sim->off)
		return -EIO;
	sim_check_program(sim, to, len);
	if (!sim_survives(sim)) {
		sim_tear_program(sim, to, buf, len);
		sim_find_top(sim, sim_block(sim, to));
		sim_spoil(sim, to, len);
		return sim_die(sim);
	}
	if (sim_block(sim, to) == sim->worn) {
		sim_program(sim->media + to, buf, len / 2, 0);
		return -EIO;
	}
	sim_program(sim->media + to, buf, len, 0);
	*retlen = len;
	return 0;
}

static int sim_read(struct mtd_info *mtd, loff_t from, size_t len,
		    size_t *retlen, u_char *buf)
{
	struct sim_flash *sim = to_sim(mtd);

	*retlen = 0;
	if (sim->off)
		return -EIO;
	if (sim->bad[sim_block(sim, from)])
		sim_breach(sim, "a bad block is read", from);
	sim->reads += len;
	if (from < sim->deaf_to && from + len > sim->deaf_from &&
	    sim->deaf_error != -EBADMSG)
		return sim->deaf_error;
	memcpy(buf, sim->media + from, len);
	*retlen = len;
	if (from < sim->deaf_to && from + len > sim->deaf_from) {
		buf[max_t(s64, from, sim->deaf_from) - from] ^= 0xff;
		return -EBADMSG;
	}
	return sim_is_torn(sim, from, len) ? -EBADMSG : sim->bitflips;
}

static void sim_tear_erase(struct sim_flash *sim, u64 pos)
{
	u8 *media = sim->media + pos;
	u32 len = sim->mtd.erasesize, i;

	switch (sim->tear) {
	case SIM_FLASH_HALF:
		memset(media, 0xff, len / 2);
		return;
	case SIM_FLASH_NEARLY:
		memset(media, 0xff, len);
		media[len - len / 8] = 0x7f;
		return;
	case SIM_FLASH_TRASH:
		for (i = 0; i < len; i++)
			media[i] |= 0x5a;
		return;
	case SIM_FLASH_ALL:
		memset(media, 0xff, len);
		return;
	default:
		return;
	}
}

static int sim_erase(struct mtd_info *mtd, struct erase_info *instr)
{
	struct sim_flash *sim = to_sim(mtd);
	u32 block = sim_block(sim, instr->addr);

	if (sim->off)
		return -EIO;
	if (instr->addr != (u64)block * mtd->erasesize ||
	    instr->len != mtd->erasesize)
		sim_breach(sim, "not one block is erased", instr->addr);
	if (sim->bad[block])
		sim_breach(sim, "a bad block is erased", instr->addr);
	if (block == sim->tired)
		return -EIO;
	if (!sim_survives(sim)) {
		sim_tear_erase(sim, instr->addr);
		sim_spoil(sim, instr->addr, instr->len);
		return sim_die(sim);
	}
	memset(sim->torn + instr->addr / SIM_FLASH_PAGE, 0,
	       instr->len / SIM_FLASH_PAGE);
	if (sim->deaf_error == -EBADMSG && sim_block(sim, sim->deaf_from) == block)
		sim->deaf_to = 0;
	sim->erases[block]++;
	sim->top[block] = 0;
	memset(sim->media + instr->addr, 0xff, mtd->erasesize);
	return 0;
}

static bool sim_is_busy(struct sim_flash *sim)
{
	if (!sim->busy)
		return false;
	sim->busy--;
	return true;
}

static int sim_panic_write(struct mtd_info *mtd, loff_t to, size_t len,
			   size_t *retlen, const u_char *buf)
{
	*retlen = 0;
	if (sim_is_busy(to_sim(mtd)))
		return -EBUSY;
	return sim_write(mtd, to, len, retlen, buf);
}

static int sim_panic_erase(struct mtd_info *mtd, struct erase_info *instr)
{
	if (sim_is_busy(to_sim(mtd)))
		return -EBUSY;
	to_sim(mtd)->panic_erases++;
	return sim_erase(mtd, instr);
}

static int sim_block_isbad(struct mtd_info *mtd, loff_t ofs)
{
	return to_sim(mtd)->bad[sim_block(to_sim(mtd), ofs)];
}

static int sim_block_markbad(struct mtd_info *mtd, loff_t ofs)
{
	struct sim_flash *sim = to_sim(mtd);

	if (sim->off)
		return -EIO;
	sim->bad[sim_block(sim, ofs)] = true;
	return 0;
}

static void sim_free(void *mem)
{
	vfree(mem);
}

/* Make a blank flash that goes with the test. */
struct sim_flash *sim_flash_create(struct kunit *test, u32 blocks,
				   u32 block_bytes, u32 write_bytes, bool nand)
{
	struct sim_flash *sim = kunit_kzalloc(test, sizeof(*sim), GFP_KERNEL);
	size_t bytes = (size_t)blocks * block_bytes;

	KUNIT_ASSERT_NOT_NULL(test, sim);
	sim->test = test;
	sim->media = vmalloc(bytes);
	KUNIT_ASSERT_NOT_NULL(test, sim->media);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, sim_free, sim->media));
	memset(sim->media, 0xff, bytes);
	sim->torn = kunit_kzalloc(test, bytes / SIM_FLASH_PAGE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, sim->torn);
	sim->worn = SIM_FLASH_MAX_BLOCKS;
	sim->tired = SIM_FLASH_MAX_BLOCKS;
	sim->mtd.name = "simflash";
	sim->mtd.type = nand ? MTD_NANDFLASH : MTD_NORFLASH;
	sim->mtd.flags = nand ? MTD_CAP_NANDFLASH : MTD_CAP_NORFLASH;
	sim->mtd.size = bytes;
	sim->mtd.erasesize = block_bytes;
	sim->mtd.writesize = write_bytes;
	sim->mtd.ecc_strength = 1;
	sim->mtd.bitflip_threshold = 1;
	sim->mtd._read = sim_read;
	sim->mtd._write = sim_write;
	sim->mtd._panic_write = sim_panic_write;
	sim->mtd._erase = sim_erase;
	sim->mtd._panic_erase = sim_panic_erase;
	if (nand) {
		sim->mtd._block_isbad = sim_block_isbad;
		sim->mtd._block_markbad = sim_block_markbad;
	}
	return sim;
}

/* After a power cut. */
void sim_flash_power_on(struct sim_flash *sim)
{
	sim->off = false;
	sim->cut_at = 0;
}
