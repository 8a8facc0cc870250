// SPDX-License-Identifier: GPL-2.0
/*
 * Panic in the middle of what the Intel flash driver does, at every bus cycle.
 *
 * A flash chip is simulated behind the accessors of a map: two interleaved chips
 * of 16 bits that are busy for a while, suspend, lock, and drop wrong commands.
 * With real=ADDRESS the chip there (QEMU's) is used instead. Driver threads write
 * and erase. Just before bus cycle 1, 2, 3, ... the thread that makes it turns
 * into a panic: with interrupts off and the driver's locks held, it erases and
 * writes through the panic-time functions. Then must hold
 *   - what the panic wrote is there, in a block that it erased, and in one that
 *     was blank, across the border of two chips
 *   - other data are as they were; what was being written is old or new
 *   - the chip shows its array, with nothing suspended and nothing half-told.
 * What follows goes to a chip that says yes to everything, so that the threads
 * end by themselves.
 *
 * The driver offers nothing in a panic on maps with accessors of their own. The
 * functions are found by their names.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mtd/cfi.h>
#include <linux/mtd/map.h>
#include <linux/mtd/mtd.h>
#include <linux/sizes.h>
#include <linux/slab.h>

static unsigned long real;
module_param(real, ulong, 0444);
MODULE_PARM_DESC(real, "physical address of a real chip to use");

static char *only = "";
module_param(only, charp, 0444);
MODULE_PARM_DESC(only, "run the situations whose names begin with this, with _ for blanks");

static unsigned int step = 1;
module_param(step, uint, 0444);
MODULE_PARM_DESC(step, "panic at every so many-th cycle");

static bool verbose;
module_param(verbose, bool, 0444);
MODULE_PARM_DESC(verbose, "say what is wrong at each cycle, not only at the first ones");

#define DEVS		2
#define BUS		(DEVS * 2)
#define CHIPS		2
#define DEV_SIZE	SZ_64K
#define CHIP_SIZE	(DEVS * DEV_SIZE)
#define SIZE		(CHIPS * CHIP_SIZE)
#define BUFFER_WORDS	16
#define LOCKS		(CHIP_SIZE / SZ_8K)

/* What a chip does with a word count that is too large. */
enum counts { REFUSES, MASKS, BELIEVES };

struct config {
	enum counts	counts;
	bool		words;		/* no write buffer */
	bool		no_suspend;
	bool		locked;		/* blocks come up locked */
	bool		legacy_lock;	/* and for good */
	bool		dead;		/* never ready again */
};

enum setup { NONE, PROGRAM, ERASE, LOCK, COUNT, DATA, CONFIRM };
enum mode { ARRAY, STATUS, ID, QUERY };
enum op { IDLE, PROGRAMMING, ERASING };

struct dev {
	enum mode	mode;
	enum setup	setup;
	enum op		op;
	unsigned int	busy;		/* status reads until it is done */
	bool		suspended;	/* an erase */
	unsigned int	erase_left;
	u32		erase_ofs;
	u8		errors;
	u32		base;		/* of the buffer, in words */
	u32		count;
	bool		first;
	bool		loaded[BUFFER_WORDS];
	u16		buffer[BUFFER_WORDS];
	bool		locked[LOCKS];
};

static struct config config;
static struct dev devs[CHIPS][DEVS];
static u8 *mem;			/* of the simulated chips */
static void __iomem *io;	/* of the real one */
static u8 query[0x80];
static struct map_info map;
static struct mtd_info *mtd;

static int (*panic_write)(struct mtd_info *mtd, loff_t to, size_t len,
			  size_t *retlen, const u_char *buf);
static int (*panic_erase)(struct mtd_info *mtd, struct erase_info *instr);

/* Where who does what. */
struct layout {
	u32 other, written, erased, target, blank;
};

static const struct layout sim_layout = {
	0, 0x2000, 0x8000, 0x10000, CHIP_SIZE - 0x105,
};

static const struct layout real_layout = {
	0x1000000, 0x1040000, 0x1080000, 0x10c0000, 0x1140000 - 0x105,
};

static const struct layout *at;

#define OTHER_LEN	0x1000
#define WRITTEN_LEN	201
#define TARGET_LEN	0x123
#define BLANK_LEN	0x20b

static u8 wanted[0x400], got[OTHER_LEN], garbage[OTHER_LEN];

/* Simulated chips */

static u32 block_size(u32 word) { return word * BUS < SZ_32K ? SZ_8K : SZ_32K; }
static u32 block_of(u32 word) { return round_down(word * BUS, block_size(word)); }

static u16 *cell(unsigned int chip, unsigned int d, u32 word)
{
	return (u16 *)(mem + chip * CHIP_SIZE + word * BUS + d * 2);
}

static void sequence_error(struct dev *dev)
{
	dev->errors |= 0x30;
	dev->setup = NONE;
	dev->mode = STATUS;
}

static bool refused(struct dev *dev, u32 word)
{
	if (dev->locked[word * BUS / SZ_8K])
		dev->errors |= 0x12;
	else if (dev->suspended && block_of(word) == block_of(dev->erase_ofs))
		dev->errors |= 0x10;
	else
		return false;
	return true;
}

static void start(struct dev *dev, enum op op, unsigned int polls)
{
	dev->setup = NONE;
	dev->mode = STATUS;
	dev->op = op;
	dev->busy = config.dead ? UINT_MAX : polls;
}

static void program(unsigned int chip, unsigned int d, u32 word, u16 data)
{
	if (!refused(&devs[chip][d], word))
		*cell(chip, d, word) &= data;
}

static void erase_done(unsigned int chip, unsigned int d)
{
	struct dev *dev = &devs[chip][d];
	u32 word, first = block_of(dev->erase_ofs) / BUS;

	if (refused(dev, dev->erase_ofs))
		return;
	for (word = first; word < first + block_size(dev->erase_ofs) / BUS; word++)
		*cell(chip, d, word) = 0xffff;
}

static void command(unsigned int chip, unsigned int d, u8 cmd)
{
	struct dev *dev = &devs[chip][d];

	switch (cmd) {
	case 0x40: dev->setup = PROGRAM; dev->mode = STATUS; break;
	case 0x20: dev->setup = ERASE; dev->mode = STATUS; break;
	case 0x60: dev->setup = LOCK; dev->mode = STATUS; break;
	case 0xe8:
		dev->mode = STATUS;
		if (dev->errors & 0x30)
			break;
		dev->setup = COUNT;
		memset(dev->loaded, 0, sizeof(dev->loaded));
		break;
	case 0x50: dev->errors = 0; break;
	case 0x70: dev->mode = STATUS; break;
	case 0x90: dev->mode = ID; break;
	case 0x98: dev->mode = QUERY; break;
	case 0xb0: dev->mode = STATUS; break;
	case 0xd0:
		if (!dev->suspended)
			break;
		dev->suspended = false;
		start(dev, ERASING, dev->erase_left);
		break;
	default: dev->mode = ARRAY;
	}
}

static void load(struct dev *dev, u32 word, u16 data)
{
	if (dev->first)
		dev->base = round_down(word, BUFFER_WORDS);
	dev->first = false;
	if (config.counts != BELIEVES && word - dev->base >= BUFFER_WORDS) {
		sequence_error(dev);
		return;
	}
	if (word - dev->base < BUFFER_WORDS) {
		dev->loaded[word - dev->base] = true;
		dev->buffer[word - dev->base] = data;
	}
	if (!dev->count--)
		dev->setup = CONFIRM;
}

static void program_buffer(unsigned int chip, unsigned int d)
{
	struct dev *dev = &devs[chip][d];
	unsigned int i;

	for (i = 0; i < BUFFER_WORDS; i++)
		if (dev->loaded[i])
			program(chip, d, dev->base + i, dev->buffer[i]);
	start(dev, PROGRAMMING, 5 + d);
}

static void dev_write(unsigned int chip, unsigned int d, u32 word, u16 data)
{
	struct dev *dev = &devs[chip][d];
	u8 cmd = data;

	if (dev->busy) {
		if (cmd == 0xb0 && dev->op == ERASING && !config.no_suspend) {
			dev->suspended = true;
			dev->erase_left = dev->busy;
			start(dev, IDLE, 2);
		}
		return;
	}
	switch (dev->setup) {
	case NONE:
		command(chip, d, cmd);
		break;
	case PROGRAM:
		program(chip, d, word, data);
		start(dev, PROGRAMMING, 3 + d);
		break;
	case ERASE:
		if (cmd != 0xd0 || dev->suspended) {
			sequence_error(dev);
			break;
		}
		dev->erase_ofs = word;
		start(dev, ERASING, 150 + 20 * d);
		break;
	case LOCK:
		if (cmd != 0xd0 && cmd != 0x01) {
			sequence_error(dev);
			break;
		}
		if (!config.legacy_lock)
			dev->locked[word * BUS / SZ_8K] = cmd == 0x01;
		start(dev, IDLE, 2);
		break;
	case COUNT:
		if (config.counts == REFUSES && data >= BUFFER_WORDS) {
			sequence_error(dev);
			break;
		}
		dev->count = config.counts == MASKS ? data % BUFFER_WORDS : data;
		dev->first = true;
		dev->setup = DATA;
		break;
	case DATA:
		load(dev, word, data);
		break;
	case CONFIRM:
		if (cmd == 0xd0)
			program_buffer(chip, d);
		else
			sequence_error(dev);
	}
}

static u16 dev_status(unsigned int chip, unsigned int d)
{
	struct dev *dev = &devs[chip][d];

	if (dev->busy && !config.dead && !--dev->busy) {
		if (dev->op == ERASING)
			erase_done(chip, d);
		dev->op = IDLE;
	}
	return (dev->busy ? 0 : 0x80) | dev->errors | (dev->suspended ? 0x40 : 0);
}

static u16 dev_read(unsigned int chip, unsigned int d, u32 word)
{
	struct dev *dev = &devs[chip][d];

	if (dev->busy || dev->setup != NONE)
		return dev_status(chip, d);
	switch (dev->mode) {
	case STATUS: return dev_status(chip, d);
	case ID: return word == 0 ? 0x89 : word == 1 ? 0x1234 : 0;
	case QUERY: return word < sizeof(query) ? query[word] : 0;
	default: return *cell(chip, d, word);
	}
}

/* Bus cycles, and what happens at them */

static unsigned int cycle, crash_at, panic_cycle, nest_at;
static bool counting, panicking, over, crashed, nested;
static struct task_struct *panicker;
static int panic_err;
static void die_here(void);

static u32 bus_read(unsigned long ofs)
{
	unsigned int chip = ofs / CHIP_SIZE;
	u32 word = ofs % CHIP_SIZE / BUS;

	if (io)
		return readl_relaxed(io + ofs);
	return dev_read(chip, 0, word) | dev_read(chip, 1, word) << 16;
}

static void bus_write(unsigned long ofs, u32 data)
{
	unsigned int d;

	if (io) {
		writel_relaxed(data, io + ofs);
		mb();	/* as the driver's own accessors */
		return;
	}
	for (d = 0; d < DEVS; d++)
		dev_write(ofs / CHIP_SIZE, d, ofs % CHIP_SIZE / BUS, data >> 16 * d);
}

static DEFINE_SPINLOCK(bus_lock);

/* Returns with the bus taken, or false when the cycle is not to take place. */
static bool take_bus(void)
{
	/* The others are stopped while one panics, and end when all is over. */
	for (;;) {
		spin_lock(&bus_lock);
		if (over || !panicking || current == panicker)
			break;
		spin_unlock(&bus_lock);
		cpu_relax();
	}
	if (!over && panicking && ++panic_cycle != nest_at)
		return true;
	if (!over && !panicking && (!counting || ++cycle != crash_at))
		return true;
	if (!over) {
		nested = panicking;
		crashed = panicking = true;
		panicker = current;
	}
	spin_unlock(&bus_lock);
	if (!over)
		die_here();
	return false;
}

static map_word map_read_cycle(struct map_info *m, unsigned long ofs)
{
	map_word word = { .x[0] = 0x00800080 };

	if (take_bus()) {
		word.x[0] = bus_read(ofs);
		spin_unlock(&bus_lock);
	}
	return word;
}

static void map_write_cycle(struct map_info *m, const map_word word, unsigned long ofs)
{
	if (take_bus()) {
		bus_write(ofs, word.x[0]);
		spin_unlock(&bus_lock);
	}
}

static void map_copy(struct map_info *m, void *to, unsigned long from, ssize_t len)
{
	for (; len > 0; len--, from++, to++)
		*(u8 *)to = map_read_cycle(m, from & ~3UL).x[0] >> 8 * (from & 3);
}

/* The panic, and what must be true after it */

static void pattern(u8 *buf, size_t len, u32 seed)
{
	while (len--) {
		seed = seed * 1103515245 + 12345;
		*buf++ = seed >> 16;
	}
}

/* As a boot loader sees it: no command is given, the array is there. */
static void raw_read(u32 ofs, u8 *buf, size_t len)
{
	for (; len; len--, ofs++)
		*buf++ = bus_read(ofs & ~3U) >> 8 * (ofs & 3);
}

static unsigned int wrongs;

static void wrong(const char *what)
{
	if (wrongs++ < 3 || verbose)
		pr_info("flashpanic: cycle %u, nested at %u: %s\n", crash_at, nest_at, what);
}

static bool same(u32 ofs, size_t len, u32 seed, const char *what)
{
	pattern(wanted, len, seed);
	raw_read(ofs, got, len);
	if (!memcmp(wanted, got, len))
		return true;
	wrong(what);
	return false;
}

static void check_written(void)
{
	u32 is, new;
	unsigned int i;

	/* A word at a time is old or new; both chips may not have come as far. */
	pattern(wanted + 4, WRITTEN_LEN, 'w');
	memset(wanted, 0xff, 4);
	memset(wanted + 4 + WRITTEN_LEN, 0xff, 4);
	for (i = 0; i + 1 < WRITTEN_LEN + 3; i += 2) {
		raw_read(at->written + i, got, 2);
		is = got[0] | got[1] << 8;
		new = wanted[i + 1] | wanted[i + 2] << 8;
		if (is != 0xffff && is != new) {
			wrong("what was being written is neither old nor new");
			return;
		}
	}
}

static void check_chips(void)
{
	unsigned int chip, d;

	for (chip = 0; !io && chip < CHIPS; chip++) {
		for (d = 0; d < DEVS; d++) {
			struct dev *dev = &devs[chip][d];

			if (dev->mode != ARRAY || dev->setup != NONE)
				wrong("a chip does not show its array");
			if (dev->busy || dev->suspended)
				wrong("a chip is busy, or in a suspended erase");
		}
	}
}

static void check_all(void)
{
	if (panic_err) {
		pr_info("flashpanic: error %d\n", panic_err);
		wrong("the panic's write or erase failed");
	}
	check_chips();
	same(at->target, TARGET_LEN, 't', "not written where it was erased");
	same(at->blank, BLANK_LEN, 'n', "not written where it was blank");
	raw_read(at->blank - 8, got, 8);
	raw_read(at->blank + BLANK_LEN, got + 8, 8);
	if (memchr_inv(got, 0xff, 16))
		wrong("written beside what was to be written");
	raw_read(at->other, got, OTHER_LEN);
	if (memcmp(garbage, got, OTHER_LEN))
		wrong("other data are damaged");
	check_written();
}

static u8 data[0x400];

static int panic_once(u32 ofs, size_t len, u32 seed)
{
	size_t retlen = 0;
	int err;

	pattern(data, len, seed);
	err = panic_write(mtd, ofs, len, &retlen, data);
	if (!err && retlen != len)
		err = -ENODATA;
	return err;
}

static int panic_rewrite(void)
{
	struct erase_info instr = {
		.addr = at->target,
		.len = io ? SZ_256K : SZ_32K,
		.fail_addr = MTD_FAIL_ADDR_UNKNOWN,
	};

	return panic_erase(mtd, &instr) ?: panic_once(at->target, TARGET_LEN, 't');
}

/* What comes first has to put the chip right, and may damage what it writes to. */
static bool write_first;

static int panic_all(void)
{
	if (write_first)
		return panic_once(at->blank, BLANK_LEN, 'n') ?: panic_rewrite();
	return panic_rewrite() ?: panic_once(at->blank, BLANK_LEN, 'n');
}

static void die_here(void)
{
	unsigned long flags;
	int err;

	local_irq_save(flags);
	err = panic_all();
	/* After a nested panic there is nothing to return to. */
	if (!over) {
		panic_err = err;
		check_all();
		WRITE_ONCE(over, true);
	}
	local_irq_restore(flags);
}

/* What the driver does meanwhile */

static bool erase_first;
static DECLARE_COMPLETION(eraser_done);
static DECLARE_COMPLETION(writer_done);

static int eraser(void *unused)
{
	struct erase_info instr = { .addr = at->erased, .len = io ? SZ_256K : SZ_32K };

	mtd_erase(mtd, &instr);
	complete(&eraser_done);
	return 0;
}

static bool erasing(void)
{
	return READ_ONCE(devs[0][0].op) == ERASING || io;
}

static int writer(void *unused)
{
	static u8 buf[WRITTEN_LEN];
	unsigned int i;
	size_t retlen;

	for (i = 0; erase_first && !erasing() && i < 1000; i++)
		udelay(10);
	pattern(buf, WRITTEN_LEN, 'w');
	mtd_write(mtd, at->written + 3, WRITTEN_LEN, &retlen, buf);
	mtd_lock(mtd, at->written, io ? SZ_256K : SZ_8K);
	mtd_unlock(mtd, at->written, io ? SZ_256K : SZ_8K);
	mtd_read(mtd, at->written, 8, &retlen, buf);
	complete(&writer_done);
	return 0;
}

static void fill(u32 ofs, u8 value, size_t len)
{
	struct erase_info instr = { .addr = ofs, .len = io ? SZ_256K : len };
	size_t retlen;

	if (!io) {
		memset(mem + ofs, value, len);
		return;
	}
	mtd_erase(mtd, &instr);
	if (value == 0xff)
		return;
	memset(data, value, sizeof(data));
	mtd_write(mtd, ofs, sizeof(data), &retlen, data);
}

static void make_query(void)
{
	static const u8 start_of_query[] = {
		'Q', 'R', 'Y', 1, 0, 0x40, 0, 0, 0, 0, 0, 0x27, 0x36, 0, 0,
		4, 4, 4, 0, 4, 4, 4, 0, 16, 1, 0, 5, 0, 2,
		3, 0, SZ_4K >> 8, 0, 2, 0, SZ_16K >> 8, 0,
	};

	memset(query, 0, sizeof(query));
	memcpy(query + 0x10, start_of_query, sizeof(start_of_query));
	if (config.words)
		query[0x20] = 0;
	query[0x40] = 'P';
	query[0x41] = 'R';
	query[0x42] = 'I';
	query[0x43] = '1';
	query[0x44] = '0';
	query[0x45] = (config.no_suspend ? 0 : 2) | (config.legacy_lock ? 8 : 32);
	query[0x49] = config.no_suspend ? 0 : 1;
}

static bool setup(void)
{
	unsigned int i;

	counting = panicking = over = crashed = nested = false;
	cycle = panic_cycle = 0;
	panic_err = 0;
	memset(devs, 0, sizeof(devs));
	make_query();
	memset(&map, 0, sizeof(map));
	map.name = "flashpanic";
	map.size = io ? SZ_64M : SIZE;
	map.bankwidth = BUS;
	map.virt = io;
	map.read = map_read_cycle;
	map.write = map_write_cycle;
	map.copy_from = map_copy;
	mtd = do_map_probe("cfi_probe", &map);
	if (!mtd)
		return false;
	if (!io)
		memset(mem, 0xff, SIZE);
	pattern(garbage, OTHER_LEN, 'g');
	for (i = 0; i < OTHER_LEN; i++)
		garbage[i] &= 0x5a;
	fill(at->erased, 0, SZ_32K);
	fill(at->written, 0xff, SZ_8K);
	fill(at->target, 0, SZ_32K);
	if (io) {
		size_t retlen;

		fill(at->other, 0xff, SZ_8K);
		fill(round_down(at->blank, SZ_256K), 0xff, 0);
		fill(round_up(at->blank, SZ_256K), 0xff, 0);
		mtd_write(mtd, at->other, OTHER_LEN, &retlen, garbage);
	} else {
		memcpy(mem + at->other, garbage, OTHER_LEN);
	}
	if (config.locked)
		for (i = 0; i < CHIPS * DEVS * LOCKS; i++)
			devs[i / LOCKS / DEVS][i / LOCKS % DEVS].locked[i % LOCKS] = true;
	return true;
}

static void teardown(void)
{
	/* The driver's last words are not for the chip. */
	panicking = false;
	over = true;
	map_destroy(mtd);
}

/* One life. Returns false when the work was done before its end came. */
static bool live(bool write, bool erase, unsigned int crash, unsigned int nest)
{
	bool done;

	crash_at = crash;
	nest_at = nest;
	if (!setup()) {
		wrong("no chip is found");
		return false;
	}
	reinit_completion(&eraser_done);
	reinit_completion(&writer_done);
	erase_first = erase;
	counting = true;
	if (erase)
		kthread_run(eraser, NULL, "flash-eraser");
	if (write)
		kthread_run(writer, NULL, "flash-writer");
	if (erase)
		wait_for_completion(&eraser_done);
	if (write)
		wait_for_completion(&writer_done);
	done = !crashed;
	if (done) {
		panicker = current;
		panicking = true;
		die_here();
	}
	done = nest ? !nested : done;
	teardown();
	return !done;
}

/* Situations */

static unsigned int bad;

static void report(const char *name, unsigned int lives)
{
	pr_info("guest: %s: %s (%u panics, %u wrong)\n", wrongs ? "FAIL" : "pass",
		name, lives, wrongs);
	bad += wrongs;
	wrongs = 0;
}

static bool begins(const char *name, struct config c)
{
	const char *o = only;

	/* A parameter cannot well have blanks. */
	for (; *o; o++, name++)
		if (*o != (*name == ' ' ? '_' : *name))
			return false;
	config = c;
	return true;
}

static void every_cycle(const char *name, bool write, bool erase, struct config c)
{
	unsigned int n, lives = 0;

	if (!begins(name, c))
		return;
	for (write_first = false; lives < 4000; write_first = true) {
		for (n = 1; live(write, erase, n, 0) && n < 2000; n += step)
			lives++;
		if (write_first)
			break;
	}
	report(name, lives);
}

static void every_nesting(const char *name, bool write, unsigned int crash, struct config c)
{
	unsigned int n, lives = 0;

	if (!begins(name, c))
		return;
	for (n = 1; live(write, false, crash, n) && n < 5000; n += step)
		lives++;
	report(name, lives);
}

static void locked_for_good(void)
{
	struct config c = { .locked = true, .legacy_lock = true };

	if (!begins("locked for good", c) || io)
		return;
	if (!setup())
		return;
	if (panic_once(at->blank, 8, 'l') != -EROFS)
		wrong("a lock that somebody wanted is not respected");
	check_chips();
	teardown();
	report("locked for good", 1);
}

/* After a test of panic-time access, the driver is to go on as before. */
static void living_on(void)
{
	struct config none = {};
	size_t retlen;

	if (!begins("living on", none) || !setup())
		return;
	pattern(data, WRITTEN_LEN, 'w');
	mtd_write(mtd, at->written + 3, WRITTEN_LEN, &retlen, data);
	panic_err = panic_all();
	check_all();
	if (mtd_read(mtd, at->other, OTHER_LEN, &retlen, got) || memcmp(got, garbage, OTHER_LEN))
		wrong("the driver does not read");
	pattern(data, WRITTEN_LEN, 'l');
	mtd_write(mtd, at->written + 0x200, WRITTEN_LEN, &retlen, data);
	if (mtd_read(mtd, at->written + 0x200, WRITTEN_LEN, &retlen, got) ||
	    memcmp(got, data, WRITTEN_LEN))
		wrong("the driver does not write");
	teardown();
	report("living on", 1);
}

static s64 how_long(int *err)
{
	ktime_t t = ktime_get();

	*err = panic_once(at->blank, 8, 'l');
	return ktime_ms_delta(ktime_get(), t);
}

/* Last of all, as it uses up the patience of the driver. */
static void dead(void)
{
	struct config c = { .dead = true };
	s64 first, rest = 0;
	int err, i;

	if (!begins("dead", c) || io)
		return;
	if (!setup())
		return;
	devs[0][0].busy = UINT_MAX;
	first = how_long(&err);
	for (i = 0; i < 1000 && err; i++)
		rest += how_long(&err);
	pr_info("flashpanic: dead chip: %lld ms, then %lld ms for %d more writes\n", first, rest, i);
	if (!err)
		wrong("a dead chip takes data");
	if (rest > i * first / 2)
		wrong("a dead chip is waited for each time");
	teardown();
	report("dead", i);
}

static void *address_of(const char *name)
{
	struct kprobe kp = { .symbol_name = name };
	void *addr = NULL;

	if (!register_kprobe(&kp)) {
		addr = kp.addr;
		unregister_kprobe(&kp);
	}
	return addr;
}

static int __init flashpanic_init(void)
{
	struct config none = {}, masks = { .counts = MASKS }, believes = { .counts = BELIEVES };
	struct config words = { .words = true }, patient = { .no_suspend = true };
	struct config locked = { .locked = true };

	panic_write = address_of("cfi_intelext_panic_write");
	panic_erase = address_of("cfi_intelext_panic_erase");
	if (!panic_write || !panic_erase)
		return -ENOENT;
	at = real ? &real_layout : &sim_layout;
	mem = kzalloc(SIZE, GFP_KERNEL);
	if (!mem)
		return -ENOMEM;
	if (real) {
		io = ioremap(real, SZ_64M);
		if (!io)
			return -EIO;
	}

	every_cycle("idle", false, false, none);
	living_on();
	every_cycle("writing", true, false, none);
	every_cycle("erasing", false, true, none);
	every_nesting("nested in a panic of its own", false, 0, none);
	every_nesting("nested, in a buffer", true, 12, none);
	if (!real) {
		every_cycle("writing while erasing", true, true, none);
		every_cycle("writing while erasing, no suspend", true, true, patient);
		every_cycle("writing, count is masked", true, false, masks);
		every_cycle("writing, count is believed", true, false, believes);
		every_cycle("writing words", true, false, words);
		every_cycle("writing words while erasing", true, true, words);
		every_nesting("nested, writing words", true, 5, words);
		every_cycle("locked", false, false, locked);
		locked_for_good();
		dead();
	}
	if (io)
		iounmap(io);
	kfree(mem);
	pr_info("flashpanic: %u wrong\n", bad);
	return bad ? -EIO : 0;
}

static void __exit flashpanic_exit(void)
{
}

module_init(flashpanic_init);
module_exit(flashpanic_exit);
MODULE_DESCRIPTION("Panic in the middle of flash operations");
MODULE_LICENSE("GPL");
