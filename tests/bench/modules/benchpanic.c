// SPDX-License-Identifier: GPL-2.0
/*
 * How long saving the log of a panic takes, and where the time goes.
 *
 * Without parameters, probes time pstore_dump() and the functions below it that do
 * the work. A log dumper of our own, which comes after pstore's, prints the sums
 * in nanoseconds:
 *
 *	benchpanic: NAME ns=TIME calls=NUMBER bytes=NUMBER
 *
 * With bytes=N there are no probes. The dumper then writes N bytes to the disk
 * disk= with the same panic writer, in one go with one flush, and prints the time
 * in the same way. That is for a panic of its own, without pstore, so that both
 * start from the same state of the machine.
 */
#define pr_fmt(fmt) "benchpanic: " fmt

#include <linux/blk-panic.h>
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/kmsg_dump.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched/clock.h>
#include <linux/vmalloc.h>

static unsigned int bytes;
module_param(bytes, uint, 0444);
MODULE_PARM_DESC(bytes, "write so many bytes, and time nothing else");

static char *disk = "/dev/vda";
module_param(disk, charp, 0444);
MODULE_PARM_DESC(disk, "disk for the bytes");

#define BENCH_WARM_UP	100

enum bench_function {
	BENCH_DUMP,
	BENCH_GET_BUFFER,
	BENCH_DEFLATE_INIT,
	BENCH_DEFLATE,
	BENCH_RECORD,
	BENCH_CRC,
	BENCH_TAKEOVER,
	BENCH_WRITE,
	BENCH_FLUSH,
	BENCH_UNUSED,
	_BENCH_COUNT,
};

static const char * const bench_names[] = {
	[BENCH_DUMP]		= "pstore_dump",
	[BENCH_GET_BUFFER]	= "kmsg_dump_get_buffer",
	[BENCH_DEFLATE_INIT]	= "zlib_deflateInit2",
	[BENCH_DEFLATE]		= "zlib_deflate",
	[BENCH_RECORD]		= "pstore_panic_record",
	[BENCH_CRC]		= "pstore_media_crc",
	[BENCH_TAKEOVER]	= "virtio_panic_takeover",
	[BENCH_WRITE]		= "blk_panic_write",
	[BENCH_FLUSH]		= "blk_panic_flush",
	[BENCH_UNUSED]		= "kstrtobool",
};

static_assert(ARRAY_SIZE(bench_names) == _BENCH_COUNT);

/**
 * struct bench_probe - one timed function
 * @rp:		the probe
 * @ns:		how long all calls took together
 * @calls:	how many there were
 * @bytes:	sum of the sizes that they were given, for blk_panic_write()
 */
struct bench_probe {
	struct kretprobe	rp;
	u64			ns;
	u64			calls;
	u64			bytes;
};

static struct bench_probe bench_probes[_BENCH_COUNT];

/* Only what happens in the panic counts, and only until pstore is done. */
static bool bench_on;
static bool bench_done;

static struct bench_probe *bench_probe_of(struct kretprobe_instance *ri)
{
	return container_of(get_kretprobe(ri), struct bench_probe, rp);
}

static int bench_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct bench_probe *p = bench_probe_of(ri);

	if (p == &bench_probes[BENCH_DUMP] && oops_in_progress)
		bench_on = true;
	if (!bench_on || bench_done)
		return 1;
	if (p == &bench_probes[BENCH_WRITE])
		p->bytes += regs_get_kernel_argument(regs, 3);
	p->calls++;
	*(u64 *)ri->data = local_clock();
	return 0;
}

static int bench_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct bench_probe *p = bench_probe_of(ri);

	p->ns += local_clock() - *(u64 *)ri->data;
	if (p == &bench_probes[BENCH_DUMP])
		bench_done = true;
	return 0;
}

static struct blk_panic *bench_panic;
static void *bench_buf;

static void bench_write(void)
{
	u64 begin = local_clock();
	int ret = blk_panic_write(bench_panic, 0, bench_buf, bytes);

	if (!ret)
		ret = blk_panic_flush(bench_panic);
	begin = local_clock() - begin;
	if (ret)
		pr_emerg("raw failed (error %d)\n", ret);
	else
		pr_emerg("raw ns=%llu calls=1 bytes=%u\n", begin, bytes);
}

static void bench_print(void)
{
	unsigned int i;

	for (i = 0; i < _BENCH_COUNT; i++)
		pr_emerg("%s ns=%llu calls=%llu bytes=%llu\n", bench_names[i],
			 bench_probes[i].ns, bench_probes[i].calls,
			 bench_probes[i].bytes);
}

static void bench_dump(struct kmsg_dumper *dumper,
		       struct kmsg_dump_detail *detail)
{
	if (bytes)
		bench_write();
	else
		bench_print();
}

static struct kmsg_dumper bench_dumper = {
	.dump		= bench_dump,
	.max_reason	= KMSG_DUMP_PANIC,
};

static int bench_open(void)
{
	struct file *file;

	bench_buf = vmalloc(bytes);
	if (!bench_buf)
		return -ENOMEM;
	memset(bench_buf, 'x', bytes);
	file = bdev_file_open_by_path(disk, BLK_OPEN_READ | BLK_OPEN_WRITE,
				      &bench_dumper, NULL);
	if (IS_ERR(file))
		return PTR_ERR(file);
	bench_panic = blk_panic_prepare(file_bdev(file));
	return PTR_ERR_OR_ZERO(bench_panic);
}

static int bench_probe(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < _BENCH_COUNT; i++) {
		struct kretprobe *rp = &bench_probes[i].rp;

		rp->kp.symbol_name = bench_names[i];
		rp->entry_handler = bench_entry;
		rp->handler = bench_return;
		rp->data_size = sizeof(u64);
		ret = register_kretprobe(rp);
		if (ret) {
			pr_err("no probe on %s\n", bench_names[i]);
			return ret;
		}
	}
	return 0;
}

/*
 * The emulator translates the probes' own code when it first runs. That is not
 * what is measured, and the raw write does not have it.
 */
static int bench_warm_up(void)
{
	unsigned int i;
	bool ignored;

	bench_on = true;
	for (i = 0; i < BENCH_WARM_UP; i++)
		kstrtobool("0", &ignored);
	bench_on = false;
	return bench_probes[BENCH_UNUSED].calls >= BENCH_WARM_UP ? 0 : -EIO;
}

/* A load that fails ends the guest: nothing is given back. */
static int __init benchpanic_init(void)
{
	int ret = bytes ? bench_open() : bench_probe() ?: bench_warm_up();

	return ret ?: kmsg_dump_register(&bench_dumper);
}
module_init(benchpanic_init);

MODULE_DESCRIPTION("Times how a panic's log is saved");
MODULE_LICENSE("GPL");
