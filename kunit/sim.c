// SPDX-License-Identifier: GPL-2.0
/*
 * A simulated disk, see sim.h.
 */
#include <linux/kernel.h>
#include <linux/kmsg_dump.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "../zone.h"
#include "sim.h"

static struct sim *to_sim(struct pstore_storage *st)
{
	return container_of(st, struct sim, storage);
}

static void sim_keep(struct sim *sim, u64 sector)
{
	u32 unit = sim->storage.write_unit;

	memcpy(sim->media + sector * unit, sim->cache + sector * unit, unit);
	sim->dirty[sector] = 0;
}

static int sim_check(struct sim *sim, u64 pos, size_t len)
{
	u32 unit = sim->storage.write_unit;

	if (sim->off)
		return -EIO;
	if (!IS_ALIGNED(pos, unit) || !IS_ALIGNED(len, unit) ||
	    pos + len > sim->storage.bytes)
		return -EINVAL;
	return 0;
}

/* Put data into the cache. Fails where the disk is bad or the power goes. */
static int sim_store(struct sim *sim, u64 pos, const void *buf, size_t len)
{
	u32 unit = sim->storage.write_unit;
	int ret = sim_check(sim, pos, len);

	if (ret)
		return ret;
	if (pos < sim->bad_to && pos + len > sim->bad_from)
		return -EIO;
	if (sim->before_write)
		sim->before_write(sim, pos, buf, len);
	if (++sim->writes == sim->cut_at) {
		sim->off = true;
		return -EIO;
	}
	sim->bytes += len;
	sim->last_bytes = len;
	memcpy(sim->cache + pos, buf, len);
	memset(sim->dirty + (size_t)pos / unit, 1, len / unit);
	return 0;
}

static int sim_read(struct pstore_storage *st, u64 pos, void *buf, size_t len)
{
	struct sim *sim = to_sim(st);
	int ret = sim_check(sim, pos, len);

	if (ret)
		return ret;
	sim->reads++;
	if (sim->unreadable && sim->unreadable == pos)
		return -EIO;
	memcpy(buf, sim->cache + pos, len);
	return 0;
}

static int sim_write(struct pstore_storage *st, u64 pos, const void *buf,
		     size_t len)
{
	struct sim *sim = to_sim(st);
	int ret = sim_store(sim, pos, buf, len);
	u64 i;

	if (ret)
		return ret;
	for (i = 0; i < len / st->write_unit; i++)
		sim_keep(sim, (size_t)pos / st->write_unit + i);
	return 0;
}

static int sim_panic_write(struct pstore_storage *st, u64 pos, const void *buf,
			   size_t len)
{
	struct sim *sim = to_sim(st);

	return sim->panic_error ?: sim_store(sim, pos, buf, len);
}

static int sim_panic_flush(struct pstore_storage *st)
{
	struct sim *sim = to_sim(st);
	u64 i;

	if (sim->off)
		return -EIO;
	if (sim->flush_error)
		return sim->flush_error;
	sim->flushes++;
	for (i = 0; i < (size_t)st->bytes / st->write_unit; i++)
		if (sim->dirty[i])
			sim_keep(sim, i);
	return 0;
}

static int sim_panic_test(struct pstore_storage *st, u64 pos, const void *buf,
			  size_t len)
{
	if (to_sim(st)->forgets)
		return 0;
	return sim_panic_write(st, pos, buf, len) ?: sim_panic_flush(st);
}

static const struct pstore_storage_ops sim_ops = {
	.read		= sim_read,
	.write		= sim_write,
	.panic_write	= sim_panic_write,
	.panic_flush	= sim_panic_flush,
	.panic_test	= sim_panic_test,
};

static void sim_free(void *mem)
{
	vfree(mem);
}

static void *sim_alloc(struct kunit *test, size_t bytes)
{
	void *mem = vzalloc(bytes);

	KUNIT_ASSERT_NOT_NULL(test, mem);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, sim_free, mem));
	return mem;
}

/* Make a blank disk that goes with the test. */
struct sim *sim_create(struct kunit *test, u64 bytes, u32 kmsg_bytes,
		       u32 write_unit)
{
	struct sim *sim = kunit_kzalloc(test, sizeof(*sim), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, sim);
	sim->media = sim_alloc(test, bytes);
	sim->cache = sim_alloc(test, bytes);
	sim->dirty = sim_alloc(test, (size_t)bytes / write_unit);
	sim->storage.backend = "sim";
	sim->storage.device = "sim0";
	sim->storage.ops = &sim_ops;
	sim->storage.bytes = bytes;
	sim->storage.write_unit = write_unit;
	sim->storage.kmsg_bytes = kmsg_bytes;
	sim->storage.max_reason = KMSG_DUMP_OOPS;
	return sim;
}

/* Make the disk blank again, and well. */
void sim_wipe(struct sim *sim)
{
	memset(sim->media, 0, sim->storage.bytes);
	sim->cut_at = 0;
	sim_power_on(sim);
	sim->writes = 0;
	sim->reads = 0;
	sim->flushes = 0;
}

/* Wait until what was asked of @workers is done. */
void sim_settle(struct pstore_workers *workers)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		irq_work_sync(&per_cpu_ptr(workers->each, cpu)->irq_work);
	for_each_possible_cpu(cpu)
		flush_work(&per_cpu_ptr(workers->each, cpu)->work);
	flush_work(&workers->anywhere);
}

/* After a power cut, or a change to @media behind the disk's back. */
void sim_power_on(struct sim *sim)
{
	memcpy(sim->cache, sim->media, sim->storage.bytes);
	memset(sim->dirty, 0,
	       (size_t)sim->storage.bytes / sim->storage.write_unit);
	sim->off = false;
	sim->cut_at = 0;
}
