// SPDX-License-Identifier: GPL-2.0
/*
 * Areas on a simulated disk (sim.h): attach, record, erase, wrap.
 *
 * Correctness is observed by reading back, byte for byte.
 */
#include <kunit/test.h>
#include <linux/kmsg_dump.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pstore.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "../zone.h"
#include "sim.h"

#define TEST_SLOT	8192U
#define TEST_SECTOR	512

/* An area of @slots slots, and a block for tests. */
static struct sim *test_sim(struct kunit *test, unsigned int slots)
{
	return sim_create(test, 3 * PSTORE_MEDIA_BLOCK_BYTES +
				(u64)slots * TEST_SLOT, TEST_SLOT, TEST_SECTOR);
}

static struct pstore_area *attach_try(struct sim *sim)
{
	static const u8 boot_id[PSTORE_MEDIA_ID_BYTES] = "test boot";

	return pstore_area_attach(&sim->storage, boot_id);
}

static struct pstore_area *attach(struct kunit *test, struct sim *sim)
{
	struct pstore_area *area = attach_try(sim);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	return area;
}

static struct pstore_area *reattach(struct kunit *test, struct sim *sim,
				    struct pstore_area *area)
{
	pstore_area_detach(area);
	return attach(test, sim);
}

/* A record's text and size follow from a number, so that it can be checked. */
static size_t text_fill(char *buf, unsigned int id)
{
	size_t i, len = 1 + id * 977 % (TEST_SLOT - PSTORE_MEDIA_HEADER_BYTES);

	for (i = 0; i < len; i++)
		buf[i] = 'a' + (id * 7 + i * 13 + i / 251) % 26;
	return len;
}

static bool text_is(const char *buf, size_t len, unsigned int id)
{
	char *want = kmalloc(TEST_SLOT, GFP_KERNEL);
	bool same;

	if (!want)
		return false;
	same = text_fill(want, id) == len && !memcmp(buf, want, len);
	kfree(want);
	return same;
}

/* Record @id as pstore core would hand it over, in the area's own image. */
static struct pstore_record text_record(struct pstore_area *area,
					unsigned int id,
					enum kmsg_dump_reason reason)
{
	struct pstore_record record = {
		.type	= PSTORE_TYPE_DMESG,
		.buf	= area->image + PSTORE_MEDIA_HEADER_BYTES,
		.count	= id,
		.part	= 1,
		.reason	= reason,
		.last	= true,
	};

	record.size = text_fill(record.buf, id);
	return record;
}

/* Record @id and return when it is durable. Return: as for the write. */
static int write_record(struct pstore_area *area, unsigned int id, u64 *seq)
{
	struct pstore_record record = text_record(area, id, KMSG_DUMP_OOPS);
	struct pstore_record_info info;
	int ret;

	pstore_area_describe(area, &record, &info);
	ret = pstore_slots_write(area, area->image, &info);
	*seq = info.seq;
	return ret;
}

static int panic_record(struct pstore_area *area, unsigned int id, u64 *seq)
{
	struct pstore_record record = text_record(area, id, KMSG_DUMP_PANIC);
	int ret = pstore_panic_record(area, &record);

	*seq = atomic64_read(&area->slots.next_seq) - 1;
	return ret;
}

/* Part @part of a panic, with a text of that number. */
static int panic_part(struct pstore_area *area, unsigned int part, bool last)
{
	struct pstore_record record = text_record(area, part, KMSG_DUMP_PANIC);

	record.part = part;
	record.last = last;
	return pstore_panic_record(area, &record);
}

/* Records @from to @to, exclusive, on an area that has had none before. */
static void write_records(struct kunit *test, struct pstore_area *area,
			  unsigned int from, unsigned int to)
{
	u64 seq;

	for (; from < to; from++) {
		KUNIT_ASSERT_EQ(test, 0, write_record(area, from, &seq));
		KUNIT_ASSERT_EQ(test, (u64)from, seq);
	}
}

/* The next record that is listed must be number @seq with text @id. */
static void expect_next(struct kunit *test, struct pstore_area *area, u64 *pos,
			u64 seq, unsigned int id)
{
	struct pstore_record_info info = {};
	char *payload;

	KUNIT_ASSERT_EQ(test, 0, pstore_slots_read(area, pos, &info, &payload));
	KUNIT_EXPECT_EQ(test, seq, info.seq);
	KUNIT_EXPECT_EQ(test, id, info.count);
	KUNIT_EXPECT_TRUE(test, text_is(payload, info.payload_bytes, id));
	kvfree(payload);
}

static void expect_end(struct kunit *test, struct pstore_area *area, u64 pos)
{
	struct pstore_record_info info;
	char *payload;

	KUNIT_EXPECT_EQ(test, -ENOENT,
			pstore_slots_read(area, &pos, &info, &payload));
}

/* The area must list records @from to @to, exclusive, and nothing else. */
static void expect_records(struct kunit *test, struct pstore_area *area,
			   u64 from, u64 to)
{
	u64 pos = 0;

	for (; from < to; from++)
		expect_next(test, area, &pos, from, from);
	expect_end(test, area, pos);
}

/* Attach: what is taken, what is refused. */

static void test_attach_blank(struct kunit *test)
{
	static const u8 blanks[] = { 0x00, 0xff };
	struct sim *sim = test_sim(test, 5);
	struct pstore_area *area;
	int i;

	for (i = 0; i < ARRAY_SIZE(blanks); i++) {
		memset(sim->media, blanks[i], sim->storage.bytes);
		sim_power_on(sim);
		area = attach(test, sim);
		KUNIT_EXPECT_EQ(test, 5ULL, area->slots.nr);
		expect_end(test, area, 0);
		pstore_area_detach(area);
		KUNIT_EXPECT_MEMEQ(test, sim->media, PSTORE_MEDIA_LAYOUT_MAGIC,
				   PSTORE_MEDIA_MAGIC_BYTES);
		KUNIT_EXPECT_MEMEQ(test, sim->media, sim->media +
				   sim->storage.bytes - PSTORE_MEDIA_BLOCK_BYTES,
				   PSTORE_MEDIA_BLOCK_BYTES);
	}
}

static void test_attach_too_small(struct kunit *test)
{
	struct sim *sim = test_sim(test, 1);

	KUNIT_EXPECT_EQ(test, -EINVAL,
			PTR_ERR_OR_ZERO(attach_try(sim)));
	KUNIT_EXPECT_EQ(test, 0U, sim->writes);
}

/* One byte anywhere makes the device somebody else's. Nothing is written. */
static void test_attach_one_byte(struct kunit *test)
{
	static const u64 at[] = { 0, 1, 511, 512, 4095, 4096, 20000,
				  SZ_1M - 4097, SZ_1M - 1 };
	struct sim *sim = sim_create(test, SZ_1M, TEST_SLOT, TEST_SECTOR);
	int i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		sim_wipe(sim);
		sim->media[at[i]] = 0x42;
		sim_power_on(sim);
		KUNIT_EXPECT_EQ_MSG(test, -EEXIST,
				    PTR_ERR_OR_ZERO(attach_try(sim)),
				    "byte %llu", at[i]);
		KUNIT_EXPECT_EQ(test, 0U, sim->writes);
	}
}

/* The user can override a refusal, and an area that is ours stays as it is. */
static void test_attach_format(struct kunit *test)
{
	struct sim *sim = test_sim(test, 4);
	struct pstore_area *area;

	memset(sim->media, 0x42, sim->storage.bytes);
	sim_power_on(sim);
	sim->storage.format = true;
	area = attach(test, sim);
	expect_end(test, area, 0);
	write_records(test, area, 0, 3);
	area = reattach(test, sim, area);
	expect_records(test, area, 0, 3);
	sim->storage.format = false;
	area = reattach(test, sim, area);
	expect_records(test, area, 0, 3);
	pstore_area_detach(area);
}

static void test_attach_newer_version(struct kunit *test)
{
	struct sim *sim = test_sim(test, 4);
	u64 last = sim->storage.bytes - PSTORE_MEDIA_BLOCK_BYTES;
	unsigned int i;
	u8 *before;

	before = kunit_kmalloc(test, sim->storage.bytes, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, before);
	for (i = 0; i < 2; i++) {
		u8 *copy = sim->media + (i ? last : 0);

		sim_wipe(sim);
		pstore_area_detach(attach(test, sim));
		copy[8] = PSTORE_MEDIA_VERSION + 1;
		put_unaligned_le32(pstore_media_crc(copy,
						    PSTORE_MEDIA_CRC_BYTES),
				   copy + PSTORE_MEDIA_CRC_BYTES);
		sim_power_on(sim);
		memcpy(before, sim->media, sim->storage.bytes);
		KUNIT_EXPECT_EQ(test, -EPROTONOSUPPORT,
				PTR_ERR_OR_ZERO(attach_try(sim)));
		KUNIT_EXPECT_MEMEQ(test, sim->media, before,
				   sim->storage.bytes);
	}
}

/* Each copy of the layout block stands in for the other, and mends it. */
static void test_attach_layout_copies(struct kunit *test)
{
	struct sim *sim = test_sim(test, 4);
	u64 copy[2] = { 0, sim->storage.bytes - PSTORE_MEDIA_BLOCK_BYTES };
	struct pstore_area *area = attach(test, sim);
	int i;

	write_records(test, area, 0, 3);
	for (i = 0; i < 2; i++) {
		pstore_area_detach(area);
		memset(sim->media + copy[i], 0, PSTORE_MEDIA_BLOCK_BYTES);
		sim_power_on(sim);
		area = attach(test, sim);
		expect_records(test, area, 0, 3);
		KUNIT_EXPECT_MEMEQ(test, sim->media + copy[0],
				   sim->media + copy[1],
				   PSTORE_MEDIA_BLOCK_BYTES);
	}
	pstore_area_detach(area);
}

/* Somebody moved in at the front and left our last copy alone: theirs. */
static void test_attach_moved_in(struct kunit *test)
{
	struct sim *sim = test_sim(test, 4);
	unsigned int writes;

	pstore_area_detach(attach(test, sim));
	memset(sim->media, 0, PSTORE_MEDIA_BLOCK_BYTES);
	sim->media[1080] = 0x53;
	sim->media[1081] = 0xef;
	sim_power_on(sim);
	writes = sim->writes;
	KUNIT_EXPECT_EQ(test, -EEXIST,
			PTR_ERR_OR_ZERO(attach_try(sim)));
	KUNIT_EXPECT_EQ(test, writes, sim->writes);

	/* Or behind our first block, as md does by default. */
	sim_wipe(sim);
	pstore_area_detach(attach(test, sim));
	memcpy(sim->media + PSTORE_MEDIA_BLOCK_BYTES, "\xfc\x4e\x2b\xa9", 4);
	sim_power_on(sim);
	KUNIT_EXPECT_EQ(test, -EEXIST, PTR_ERR_OR_ZERO(attach_try(sim)));

	/* Unless the user insists, and then nobody finds it any more. */
	sim->storage.format = true;
	pstore_area_detach(attach(test, sim));
	sim->storage.format = false;
	pstore_area_detach(attach(test, sim));
}

/* A checksum that ends like a boot sector does not make the area one. */
static void test_attach_unlucky_checksum(struct kunit *test)
{
	struct sim *sim = test_sim(test, 4);
	struct pstore_area *area = attach(test, sim);
	struct pstore_layout layout = area->layout;
	u64 last = sim->storage.bytes - PSTORE_MEDIA_BLOCK_BYTES;
	u32 id = 0;

	pstore_area_detach(area);
	do {
		memcpy(layout.area_id, &id, sizeof(id));
		pstore_media_encode_layout(sim->media, &layout);
		KUNIT_ASSERT_NE(test, 0U, ++id);
	} while (memcmp(sim->media + 510, "\x55\xaa", 2));
	memcpy(sim->media + last, sim->media, PSTORE_MEDIA_BLOCK_BYTES);
	sim_power_on(sim);
	pstore_area_detach(attach(test, sim));
}

/* The ring. */

/*
 * At each fill level of rings of each small size, with every record live and with
 * every second one erased: the right records are found, and the next number.
 */
static void test_ring_recovery(struct kunit *test)
{
	unsigned int slots, filled, i;
	struct pstore_area *area;
	struct sim *sim;
	u64 seq;

	for (slots = 2; slots <= 9; slots++) {
		sim = test_sim(test, slots);
		area = attach(test, sim);
		for (filled = 0; filled <= 3 * slots; filled++) {
			area = reattach(test, sim, area);
			KUNIT_ASSERT_EQ(test, (u64)filled,
					atomic64_read(&area->slots.next_seq));
			expect_records(test, area, filled < slots ? 0 :
				       filled - slots, filled);
			KUNIT_ASSERT_EQ(test, 0,
					write_record(area, filled, &seq));
		}
		for (i = filled - slots; i < filled; i += 2)
			KUNIT_EXPECT_EQ(test, 0, pstore_slots_erase(area, i));
		area = reattach(test, sim, area);
		KUNIT_EXPECT_EQ(test, (u64)filled,
				atomic64_read(&area->slots.next_seq));
		pstore_area_detach(area);
	}
}

/* Attaching a large ring takes a handful of reads. */
static void test_ring_reads(struct kunit *test)
{
	struct sim *sim = sim_create(test, SZ_16M, 4096, TEST_SECTOR);
	struct pstore_area *area;
	u64 seq;
	int i;

	sim->storage.kmsg_bytes = 4096;
	area = attach(test, sim);
	for (i = 0; i < 5000; i++) {
		struct pstore_record record = text_record(area, 0,
							  KMSG_DUMP_OOPS);
		struct pstore_record_info info;

		record.size = 1;
		pstore_area_describe(area, &record, &info);
		KUNIT_ASSERT_EQ(test, 0,
				pstore_slots_write(area, area->image, &info));
	}
	seq = atomic64_read(&area->slots.next_seq);
	pstore_area_detach(area);
	sim->reads = 0;
	area = attach(test, sim);
	KUNIT_EXPECT_EQ(test, seq, atomic64_read(&area->slots.next_seq));
	KUNIT_EXPECT_LT(test, sim->reads, 64U);
	pstore_area_detach(area);
}

static unsigned int attach_reads(struct kunit *test, struct sim *sim)
{
	unsigned int before = sim->reads;

	pstore_area_detach(attach(test, sim));
	return sim->reads - before;
}

/* Only behind a panic that was not ended does recovery look further. */
static void test_ring_reads_panic(struct kunit *test)
{
	struct sim *sim = test_sim(test, 64);
	struct pstore_area *area = attach(test, sim);
	struct pstore_record record;
	unsigned int ended;

	record = text_record(area, 1, KMSG_DUMP_PANIC);
	KUNIT_EXPECT_EQ(test, 0, pstore_panic_record(area, &record));
	pstore_area_detach(area);
	ended = attach_reads(test, sim);

	area = attach(test, sim);
	record = text_record(area, 2, KMSG_DUMP_PANIC);
	record.last = false;
	KUNIT_EXPECT_EQ(test, 0, pstore_panic_record(area, &record));
	pstore_area_detach(area);
	KUNIT_EXPECT_EQ(test, ended + PSTORE_SLOT_MAX_UNFLUSHED,
			attach_reads(test, sim));
}

/* A number never comes back, not even when all records are gone. */
static void test_ring_numbers(struct kunit *test)
{
	struct sim *sim = test_sim(test, 4);
	struct pstore_area *area = attach(test, sim);
	u64 seq;

	write_records(test, area, 0, 3);
	for (seq = 0; seq < 3; seq++)
		KUNIT_EXPECT_EQ(test, 0, pstore_slots_erase(area, seq));
	KUNIT_EXPECT_EQ(test, -ENOENT, pstore_slots_erase(area, 1));
	area = reattach(test, sim, area);
	expect_end(test, area, 0);
	KUNIT_ASSERT_EQ(test, 0, write_record(area, 3, &seq));
	KUNIT_EXPECT_EQ(test, 3ULL, seq);
	area = reattach(test, sim, area);
	expect_records(test, area, 3, 4);
	pstore_area_detach(area);
}

/* A slot that the device refuses costs a number, and no record. */
static void test_ring_bad_slot(struct kunit *test)
{
	unsigned int bad, i;

	for (bad = 0; bad < 6; bad++) {
		struct sim *sim = test_sim(test, 6);
		struct pstore_area *area = attach(test, sim);
		u64 pos = 0, seq;

		sim->bad_from = PSTORE_MEDIA_BLOCK_BYTES + bad * TEST_SLOT;
		sim->bad_to = sim->bad_from + TEST_SLOT;
		for (i = 0; i < 5; i++) {
			KUNIT_ASSERT_EQ(test, 0, write_record(area, i, &seq));
			KUNIT_EXPECT_EQ(test, (u64)i + (i >= bad), seq);
		}
		area = reattach(test, sim, area);
		KUNIT_EXPECT_EQ(test, seq + 1,
				atomic64_read(&area->slots.next_seq));
		for (i = 0; i < 5; i++)
			expect_next(test, area, &pos, i + (i >= bad), i);
		expect_end(test, area, pos);
		pstore_area_detach(area);
	}
}

/*
 * Slot 0 of a new lap is refused, and keeps its record of the lap before: those
 * behind it are found all the same.
 */
static void test_ring_gap_at_start(struct kunit *test)
{
	struct sim *sim = test_sim(test, 64);
	struct pstore_area *area = attach(test, sim);
	u64 pos = 64 + 1, seq;
	unsigned int i;

	write_records(test, area, 0, 64);
	sim->bad_from = PSTORE_MEDIA_BLOCK_BYTES;
	sim->bad_to = sim->bad_from + TEST_SLOT;
	for (i = 64; i < 69; i++)
		KUNIT_ASSERT_EQ(test, 0, write_record(area, i, &seq));
	area = reattach(test, sim, area);
	KUNIT_EXPECT_EQ(test, seq + 1, atomic64_read(&area->slots.next_seq));
	for (i = 64; i < 69; i++)
		expect_next(test, area, &pos, i + 1, i);
	expect_end(test, area, pos);
	pstore_area_detach(area);
}

/* The device refuses everything for a while. What it took later is found. */
static void test_ring_outage(struct kunit *test)
{
	struct sim *sim = test_sim(test, 256);
	struct pstore_area *area = attach(test, sim);
	unsigned int i, gap;
	u64 pos = 0, seq;

	write_records(test, area, 0, 10);
	sim->bad_to = sim->storage.bytes;
	for (i = 0; i < 20; i++)
		KUNIT_EXPECT_EQ(test, -EIO, write_record(area, 0, &seq));
	sim->bad_to = 0;
	KUNIT_ASSERT_EQ(test, 0, write_record(area, 10, &seq));
	gap = seq - 10;
	KUNIT_EXPECT_LE(test, gap, PSTORE_SLOT_MAX_FAILED);
	for (i = 11; i < 14; i++)
		KUNIT_ASSERT_EQ(test, 0, write_record(area, i, &seq));

	area = reattach(test, sim, area);
	KUNIT_EXPECT_EQ(test, seq + 1, atomic64_read(&area->slots.next_seq));
	for (i = 0; i < 14; i++)
		expect_next(test, area, &pos, i < 10 ? i : i + gap, i);
	expect_end(test, area, pos);
	pstore_area_detach(area);
}

/* A record whose payload is not what was written is not shown. */
static void test_ring_torn(struct kunit *test)
{
	struct sim *sim = test_sim(test, 4);
	struct pstore_area *area = attach(test, sim);
	u64 pos = 0;

	write_records(test, area, 0, 3);
	sim->media[pstore_slots_pos(&area->slots, 1) +
		   PSTORE_MEDIA_HEADER_BYTES] ^= 1;
	sim_power_on(sim);
	expect_next(test, area, &pos, 0, 0);
	expect_next(test, area, &pos, 2, 2);
	expect_end(test, area, pos);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&area->stats.torn));
	area = reattach(test, sim, area);
	KUNIT_EXPECT_EQ(test, 3LL, atomic64_read(&area->slots.next_seq));
	pstore_area_detach(area);
}

/* The head of a stream's bank in a slot is no record. */
static void test_ring_stream_head(struct kunit *test)
{
	struct sim *sim = test_sim(test, 4);
	struct pstore_area *area = attach(test, sim);
	struct pstore_record_info head = {
		.state	= PSTORE_MEDIA_LIVE,
		.type	= PSTORE_MEDIA_REGION_PMSG,
		.seq	= 1,
	};
	u64 pos = 0;

	write_records(test, area, 0, 3);
	pstore_media_encode_record(sim->media + pstore_slots_pos(&area->slots, 1),
				   &area->layout, &head);
	sim_power_on(sim);
	area = reattach(test, sim, area);
	expect_next(test, area, &pos, 0, 0);
	expect_next(test, area, &pos, 2, 2);
	expect_end(test, area, pos);
	pstore_area_detach(area);
}

/* Parameters that change never cost a record, and take effect without one. */
static void test_layout_change(struct kunit *test)
{
	struct sim *sim = test_sim(test, 8);
	struct pstore_area *area = attach(test, sim);
	u64 seq;

	write_records(test, area, 0, 3);
	sim->storage.kmsg_bytes = 2 * TEST_SLOT;
	area = reattach(test, sim, area);
	KUNIT_EXPECT_EQ(test, TEST_SLOT, area->slots.region.unit_bytes);
	expect_records(test, area, 0, 3);
	KUNIT_ASSERT_EQ(test, 0, write_record(area, 3, &seq));
	for (seq = 0; seq < 4; seq++)
		KUNIT_EXPECT_EQ(test, 0, pstore_slots_erase(area, seq));

	area = reattach(test, sim, area);
	KUNIT_EXPECT_EQ(test, 2 * TEST_SLOT, area->slots.region.unit_bytes);
	expect_end(test, area, 0);
	KUNIT_ASSERT_EQ(test, 0, write_record(area, 4, &seq));
	KUNIT_EXPECT_EQ(test, 4ULL, seq);
	area = reattach(test, sim, area);
	expect_records(test, area, 4, 5);
	pstore_area_detach(area);
}

/* The change of layout is cut short between its two writes: the new one wins. */
static void test_layout_change_cut(struct kunit *test)
{
	struct sim *sim = test_sim(test, 8);
	struct pstore_area *area = attach(test, sim);
	u64 seq;

	write_records(test, area, 0, 1);
	KUNIT_EXPECT_EQ(test, 0, pstore_slots_erase(area, 0));
	pstore_area_detach(area);
	sim->storage.kmsg_bytes = 2 * TEST_SLOT;
	/* The old one twice, to keep the numbers; then the new one. */
	sim->cut_at = sim->writes + 4;
	KUNIT_EXPECT_TRUE(test, IS_ERR(attach_try(sim)));
	sim_power_on(sim);

	/* Both copies are valid, and do not agree. */
	area = attach(test, sim);
	KUNIT_EXPECT_EQ(test, 2ULL, area->layout.generation);
	KUNIT_EXPECT_MEMEQ(test, sim->media,
			   sim->media + sim->storage.bytes -
			   PSTORE_MEDIA_BLOCK_BYTES, PSTORE_MEDIA_BLOCK_BYTES);
	pstore_area_detach(area);

	sim->storage.kmsg_bytes = TEST_SLOT;
	area = attach(test, sim);
	KUNIT_EXPECT_EQ(test, 3ULL, area->layout.generation);
	KUNIT_ASSERT_EQ(test, 0, write_record(area, 1, &seq));
	KUNIT_EXPECT_EQ(test, 1ULL, seq);
	area = reattach(test, sim, area);
	expect_records(test, area, 1, 2);
	pstore_area_detach(area);
}

/* A slot that cannot be read may hold a live record: the layout stays. */
static void test_layout_change_unreadable(struct kunit *test)
{
	struct sim *sim = test_sim(test, 8);
	struct pstore_area *area = attach(test, sim);

	write_records(test, area, 0, 3);
	KUNIT_EXPECT_EQ(test, 0, pstore_slots_erase(area, 0));
	KUNIT_EXPECT_EQ(test, 0, pstore_slots_erase(area, 2));
	sim->unreadable = pstore_slots_pos(&area->slots, 1);
	sim->storage.kmsg_bytes = 2 * TEST_SLOT;
	area = reattach(test, sim, area);
	KUNIT_EXPECT_EQ(test, TEST_SLOT, area->slots.region.unit_bytes);
	sim->unreadable = 0;
	expect_records(test, area, 1, 2);
	pstore_area_detach(area);
}

/* Staging and panics. */

static int stage_record(struct pstore_area *area, unsigned int id)
{
	struct pstore_record record = text_record(area, id, KMSG_DUMP_OOPS);

	return pstore_stage_put(area, &record);
}

/* Oopses reach the media without anybody asking. */
static void test_stage(struct kunit *test)
{
	struct sim *sim = test_sim(test, 8);
	struct pstore_area *area = attach(test, sim);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, 0, stage_record(area, i));
		sim_settle(&area->stage.workers);
	}
	sim_power_on(sim);
	expect_records(test, area, 0, 3);
	pstore_area_detach(area);
}

/* In a storm the first ones stay, and the rest is counted. */
static void test_stage_storm(struct kunit *test)
{
	struct sim *sim = test_sim(test, 64);
	struct pstore_area *area = attach(test, sim);
	unsigned int i, nr = area->stage.nr;

	/* Holds the worker back, as a slow device would. */
	mutex_lock(&area->slots.lock);
	for (i = 0; i < nr + 10; i++)
		KUNIT_EXPECT_EQ(test, i < nr ? 0 : -ENOSPC,
				stage_record(area, i));
	mutex_unlock(&area->slots.lock);
	sim_settle(&area->stage.workers);
	KUNIT_EXPECT_EQ(test, 10, atomic_read(&area->stats.dropped));
	expect_records(test, area, 0, nr);
	pstore_area_detach(area);
}

/*
 * What the next boot would find, before the worker, which the lock holds back, gets any
 * further: records 0 to @nr - 1. The end of @area.
 */
static void expect_after_panic(struct kunit *test, struct sim *sim,
			       struct pstore_area *area, unsigned int nr)
{
	struct sim *after = test_sim(test, 8);

	memcpy(after->media, sim->media, sim->storage.bytes);
	mutex_unlock(&area->slots.lock);
	pstore_area_detach(area);
	sim_power_on(after);
	area = attach(test, after);
	expect_records(test, area, 0, nr);
	pstore_area_detach(area);
}

/*
 * A panic writes what is staged, also what the worker has begun, without the
 * lock that the worker holds.
 */
static void test_panic_writes_staged(struct kunit *test)
{
	struct sim *sim = test_sim(test, 8);
	struct pstore_area *area = attach(test, sim);
	u64 seq;

	mutex_lock(&area->slots.lock);
	KUNIT_EXPECT_EQ(test, 0, stage_record(area, 0));
	KUNIT_EXPECT_EQ(test, 0, stage_record(area, 1));
	KUNIT_EXPECT_EQ(test, 0, panic_record(area, 2, &seq));
	KUNIT_EXPECT_EQ(test, 2ULL, seq);
	expect_after_panic(test, sim, area, 3);
}

/* At the write of the third record: which sectors are only in the cache? */
static void count_dirty(struct sim *sim, u64 pos, const void *buf, size_t len)
{
	unsigned int *dirty = sim->context;
	u64 i;

	if (pos != PSTORE_MEDIA_BLOCK_BYTES + 2 * TEST_SLOT)
		return;
	for (i = *dirty = 0; i < sim->storage.bytes / TEST_SECTOR; i++)
		*dirty += sim->dirty[i];
}

/* Staged oopses are durable before the panic's own parts are begun. */
static void test_panic_flushes_staged(struct kunit *test)
{
	struct sim *sim = test_sim(test, 8);
	struct pstore_area *area = attach(test, sim);
	unsigned int dirty = UINT_MAX;
	u64 seq;

	sim->context = &dirty;
	sim->before_write = count_dirty;
	mutex_lock(&area->slots.lock);
	KUNIT_EXPECT_EQ(test, 0, stage_record(area, 0));
	KUNIT_EXPECT_EQ(test, 0, stage_record(area, 1));
	KUNIT_EXPECT_EQ(test, 0, panic_record(area, 2, &seq));
	mutex_unlock(&area->slots.lock);
	KUNIT_EXPECT_EQ(test, 0U, dirty);
	pstore_area_detach(area);
}

/* The worker waits for the lock, with record 0 in its hands. */
static void begin_record(struct kunit *test, struct pstore_area *area)
{
	struct pstore_staged *s = &area->stage.records[0];

	mutex_lock(&area->slots.lock);
	KUNIT_EXPECT_EQ(test, 0, stage_record(area, 0));
	while (atomic_read(&s->state) != PSTORE_STAGE_WRITING)
		cond_resched();
}

/* Also a record that the worker has begun to write is written in the panic. */
static void test_panic_writes_begun(struct kunit *test)
{
	struct sim *sim = test_sim(test, 8);
	struct pstore_area *area = attach(test, sim);
	u64 seq;

	begin_record(test, area);
	KUNIT_EXPECT_EQ(test, 0, panic_record(area, 1, &seq));
	KUNIT_EXPECT_EQ(test, 1ULL, seq);
	KUNIT_EXPECT_EQ(test, 2U + 2U, sim->writes);
	mutex_unlock(&area->slots.lock);
	pstore_area_detach(area);
}

/* The worker was stopped with @seq for the number of the record that it has begun. */
static void panic_finds_number(struct kunit *test, u64 seq)
{
	struct sim *sim = test_sim(test, 8);
	struct pstore_area *area = attach(test, sim);
	u64 next;

	begin_record(test, area);
	area->stage.records[0].info.seq = seq;
	KUNIT_EXPECT_EQ(test, 0, panic_record(area, 1, &next));
	KUNIT_EXPECT_EQ(test, 1ULL, next);
	expect_after_panic(test, sim, area, 2);
}

/* It had given the number back, or on 32 bits it was in the middle of storing it. */
static void test_panic_numbers_begun(struct kunit *test)
{
	panic_finds_number(test, 0);
	panic_finds_number(test, (u64)U32_MAX << 32);
	panic_finds_number(test, U32_MAX);
}

/* An oops with more parts than the ring has slots keeps its newest ones. */
static void test_stage_fills_ring(struct kunit *test)
{
	struct sim *sim = test_sim(test, 4);
	struct pstore_area *area = attach(test, sim);
	struct pstore_record record;
	unsigned int part;

	for (part = 1; part <= 6; part++) {
		record = text_record(area, part - 1, KMSG_DUMP_OOPS);
		record.part = part;
		KUNIT_EXPECT_EQ(test, part < 4 ? 0 : -ENOSPC,
				pstore_stage_put(area, &record));
		sim_settle(&area->stage.workers);
	}
	expect_records(test, area, 0, 3);
	pstore_area_detach(area);
}

/* The first part is durable at once, the others soon, and all with the last. */
static void test_panic_flushes(struct kunit *test)
{
	struct sim *sim = test_sim(test, 32);
	struct pstore_area *area = attach(test, sim);
	unsigned int part, before, unflushed = 0, most = 0;
	u64 pos = 0;

	for (part = 1; part <= 20; part++) {
		before = sim->flushes;
		KUNIT_EXPECT_EQ(test, 0, panic_part(area, part, part == 20));
		unflushed = sim->flushes > before ? 0 : unflushed + 1;
		KUNIT_EXPECT_TRUE(test, part != 1 || !unflushed);
		most = max(most, unflushed);
	}
	KUNIT_EXPECT_EQ(test, 0U, unflushed);
	KUNIT_EXPECT_EQ(test, PSTORE_SLOT_MAX_UNFLUSHED - 1, most);
	sim_power_on(sim);
	area = reattach(test, sim, area);
	for (part = 1; part <= 20; part++)
		expect_next(test, area, &pos, part - 1, part);
	expect_end(test, area, pos);
	pstore_area_detach(area);
}

/* What cannot be written ends a crash: what has been is durable then. */
static void test_panic_flushes_at_end(struct kunit *test)
{
	struct sim *sim = test_sim(test, 4);
	struct pstore_area *area = attach(test, sim);
	unsigned int part;
	u64 pos = 0;

	for (part = 1; part <= 4; part++)
		KUNIT_EXPECT_EQ(test, part < 4 ? 0 : -ENOSPC,
				panic_part(area, part, false));
	sim_power_on(sim);
	area = reattach(test, sim, area);
	for (part = 1; part <= 3; part++)
		expect_next(test, area, &pos, part - 1, part);
	expect_end(test, area, pos);
	pstore_area_detach(area);
}

/* A crash with more parts than slots keeps its newest ones. */
static void test_panic_fills_ring(struct kunit *test)
{
	struct sim *sim = test_sim(test, 4);
	struct pstore_area *area = attach(test, sim);
	struct pstore_record record;
	unsigned int part;
	u64 pos = 0;

	write_records(test, area, 0, 3);
	for (part = 1; part <= 6; part++) {
		record = text_record(area, 10 + part, KMSG_DUMP_PANIC);
		record.part = part;
		record.last = part == 6;
		KUNIT_EXPECT_EQ(test, part < 4 ? 0 : -ENOSPC,
				pstore_panic_record(area, &record));
	}
	expect_next(test, area, &pos, 2, 2);
	for (part = 1; part <= 3; part++)
		expect_next(test, area, &pos, 2 + part, 10 + part);
	expect_end(test, area, pos);
	pstore_area_detach(area);
}

/*
 * The power goes in a panic, and of what is in the disk's cache only the newest
 * part reaches the media, with bad slots before it: the longest gap there is.
 */
static void test_panic_gap(struct kunit *test)
{
	struct sim *sim = test_sim(test, 32);
	struct pstore_area *area = attach(test, sim);
	unsigned int unflushed = PSTORE_SLOT_MAX_UNFLUSHED - 1;
	u64 lost = pstore_slots_pos(&area->slots, 1);
	unsigned int part;
	u64 pos = 0;

	sim->bad_from = lost + unflushed * TEST_SLOT;
	sim->bad_to = sim->bad_from + (PSTORE_SLOT_TRIES - 1) * TEST_SLOT;
	for (part = 1; part <= unflushed + 2; part++)
		KUNIT_EXPECT_EQ(test, 0, panic_part(area, part, false));
	memset(sim->media + lost, 0, unflushed * TEST_SLOT);
	sim_power_on(sim);

	area = reattach(test, sim, area);
	expect_next(test, area, &pos, 0, 1);
	expect_next(test, area, &pos, unflushed + PSTORE_SLOT_TRIES, part - 1);
	expect_end(test, area, pos);

	/* Also when the part before the gap cannot be read any more. */
	sim->unreadable = pstore_slots_pos(&area->slots, 0);
	area = reattach(test, sim, area);
	KUNIT_EXPECT_EQ(test, unflushed + PSTORE_SLOT_TRIES + 1,
			atomic64_read(&area->slots.next_seq));
	pstore_area_detach(area);
}

/* A device that does not flush gets one part, and no gap. */
static void test_panic_flush_fails(struct kunit *test)
{
	struct sim *sim = test_sim(test, 8);
	struct pstore_area *area = attach(test, sim);
	unsigned int part;

	sim->flush_error = -EIO;
	for (part = 1; part <= 3; part++)
		KUNIT_EXPECT_EQ(test, -EIO, panic_part(area, part, part == 3));
	KUNIT_EXPECT_EQ(test, 1, atomic64_read(&area->slots.next_seq));
	pstore_area_detach(area);
}

/* A record that is being erased when the kernel dies is kept clear of. */
static void test_panic_avoids_erase(struct kunit *test)
{
	struct sim *sim = test_sim(test, 4);
	struct pstore_area *area = attach(test, sim);
	u64 seq;

	write_records(test, area, 0, 4);
	atomic64_set(&area->slots.erasing, 0 + 1);
	KUNIT_EXPECT_EQ(test, 0, panic_record(area, 5, &seq));
	KUNIT_EXPECT_EQ(test, 5ULL, seq);
	atomic64_set(&area->slots.erasing, 0);
	pstore_area_detach(area);
}

static void test_panic_bad_slot(struct kunit *test)
{
	struct sim *sim = test_sim(test, 6);
	struct pstore_area *area = attach(test, sim);
	u64 pos = 0, seq;

	sim->bad_from = PSTORE_MEDIA_BLOCK_BYTES;
	sim->bad_to = sim->bad_from + 2 * TEST_SLOT;
	KUNIT_EXPECT_EQ(test, 0, panic_record(area, 7, &seq));
	KUNIT_EXPECT_EQ(test, 2ULL, seq);
	area = reattach(test, sim, area);
	expect_next(test, area, &pos, 2, 7);
	pstore_area_detach(area);
}

/* A device that does not answer is asked once, so that the machine restarts. */
static void test_panic_dead_device(struct kunit *test)
{
	struct sim *sim = test_sim(test, 6);
	struct pstore_area *area = attach(test, sim);
	u64 seq;

	sim->panic_error = -ETIMEDOUT;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, panic_record(area, 0, &seq));
	sim->panic_error = 0;
	KUNIT_EXPECT_EQ(test, -EIO, panic_record(area, 1, &seq));
	KUNIT_EXPECT_EQ(test, 2U, sim->writes);
	pstore_area_detach(area);
}

/* Run the selftest of an area with a record: that stays as it is. */
static void expect_selftest(struct kunit *test, struct sim *sim, int ret,
			    enum pstore_selftest_step step)
{
	struct pstore_area *area = attach(test, sim);
	u64 pos = 0;

	KUNIT_EXPECT_EQ(test, ret, pstore_area_selftest(area));
	KUNIT_EXPECT_EQ(test, step, area->test_step);
	KUNIT_EXPECT_EQ(test, ret, area->test_result);
	area = reattach(test, sim, area);
	expect_next(test, area, &pos, 0, 0);
	expect_end(test, area, pos);
	pstore_area_detach(area);
}

static struct sim *selftest_sim(struct kunit *test)
{
	struct sim *sim = test_sim(test, 4);
	struct pstore_area *area = attach(test, sim);

	write_records(test, area, 0, 1);
	KUNIT_EXPECT_EQ(test, PSTORE_SELFTEST_NONE, area->test_step);
	pstore_area_detach(area);
	return sim;
}

/* A selftest passes where panics can be saved, and names what is in the way. */
static void test_selftest(struct kunit *test)
{
	struct sim *sim = selftest_sim(test);
	u64 scratch = sim->storage.bytes - 2 * PSTORE_MEDIA_BLOCK_BYTES;
	struct pstore_storage_ops ops = *sim->storage.ops;

	expect_selftest(test, sim, 0, PSTORE_SELFTEST_PASS);
	KUNIT_EXPECT_FALSE(test, pstore_media_is_blank(sim->media + scratch,
						       PSTORE_MEDIA_BLOCK_BYTES));

	sim->panic_error = -ETIMEDOUT;
	expect_selftest(test, sim, -ETIMEDOUT, PSTORE_SELFTEST_WRITE);
	sim->panic_error = -EOPNOTSUPP;
	expect_selftest(test, sim, -EOPNOTSUPP, PSTORE_SELFTEST_SUPPORT);
	sim->panic_error = 0;
	sim->unreadable = scratch;
	expect_selftest(test, sim, -EIO, PSTORE_SELFTEST_READ);
	sim->unreadable = 0;
	sim->forgets = true;
	expect_selftest(test, sim, -EILSEQ, PSTORE_SELFTEST_COMPARE);

	sim->storage.ops = &ops;
	ops.panic_test = NULL;
	expect_selftest(test, sim, -EOPNOTSUPP, PSTORE_SELFTEST_SUPPORT);
	ops.panic_write = NULL;
	expect_selftest(test, sim, -EOPNOTSUPP, PSTORE_SELFTEST_PREPARE);
}

/* Without a block that is free for it, a selftest writes nothing. */
static void test_selftest_no_room(struct kunit *test)
{
	u64 bytes = 2 * PSTORE_MEDIA_BLOCK_BYTES + 2 * TEST_SLOT;
	struct sim *sim = sim_create(test, bytes, TEST_SLOT, TEST_SECTOR);
	struct pstore_area *area = attach(test, sim);
	unsigned int writes = sim->writes;

	KUNIT_EXPECT_EQ(test, -ENOSPC, pstore_area_selftest(area));
	KUNIT_EXPECT_EQ(test, PSTORE_SELFTEST_ROOM, area->test_step);
	KUNIT_EXPECT_EQ(test, writes, sim->writes);
	pstore_area_detach(area);
}

/* A device that was made smaller is left alone, and the area is whole after. */
static void test_attach_shrunk(struct kunit *test)
{
	struct sim *sim = selftest_sim(test);
	u64 bytes = sim->storage.bytes, pos = 0;
	unsigned int writes = sim->writes;
	struct pstore_area *area;

	sim->storage.bytes = bytes - TEST_SLOT;
	KUNIT_EXPECT_PTR_EQ(test, attach_try(sim), ERR_PTR(-EEXIST));
	KUNIT_EXPECT_EQ(test, writes, sim->writes);
	sim->storage.bytes = bytes;
	area = attach(test, sim);
	expect_next(test, area, &pos, 0, 0);
	pstore_area_detach(area);

	sim->storage.bytes = bytes - TEST_SLOT;
	sim->storage.format = true;
	area = attach(test, sim);
	KUNIT_EXPECT_EQ(test, sim->storage.bytes, area->layout.area_bytes);
	pstore_area_detach(area);
}

/*
 * What is behind the area on a device that was made larger is left alone, until it may
 * be overwritten.
 */
static void test_attach_grown(struct kunit *test)
{
	struct sim *sim = test_sim(test, 20);
	u64 bytes = sim->storage.bytes, small = bytes - 16 * TEST_SLOT, seq;
	u8 *behind = sim->media + small;
	struct pstore_area *area;
	unsigned int id;

	sim->storage.bytes = small;
	area = attach(test, sim);
	write_records(test, area, 0, 2);
	pstore_area_detach(area);
	memset(sim->cache + small, 0x55, bytes - small);
	memset(behind, 0x55, bytes - small);

	sim->storage.bytes = bytes;
	area = attach(test, sim);
	expect_records(test, area, 0, 2);
	for (id = 0; id < 2; id++)
		KUNIT_ASSERT_EQ(test, 0, pstore_slots_erase(area, id));
	area = reattach(test, sim, area);
	KUNIT_EXPECT_EQ(test, small, area->layout.area_bytes);
	write_records(test, area, 2, 30);
	KUNIT_EXPECT_NULL(test, memchr_inv(behind, 0x55, bytes - small));
	for (id = 0; id < 30; id++)
		pstore_slots_erase(area, id);

	/* Records that only the device as it is now has room for. */
	sim->storage.kmsg_bytes = SZ_32K;
	area = reattach(test, sim, area);
	KUNIT_EXPECT_EQ(test, small, area->layout.area_bytes);
	KUNIT_EXPECT_EQ(test, TEST_SLOT, area->slots.region.unit_bytes);
	sim->storage.kmsg_bytes = TEST_SLOT;

	sim->storage.format = true;
	area = reattach(test, sim, area);
	KUNIT_EXPECT_EQ(test, bytes, area->layout.area_bytes);
	KUNIT_EXPECT_EQ(test, 0, write_record(area, 30, &seq));
	KUNIT_EXPECT_EQ(test, 30ULL, seq);
	pstore_area_detach(area);
}

/* All records of an area together are not too much for memory. */
static void test_max_slots(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 32765U, pstore_area_max_slots(SZ_4K));
	KUNIT_EXPECT_EQ(test, 2048U, pstore_area_max_slots(SZ_64K));
	KUNIT_EXPECT_EQ(test, 8U, pstore_area_max_slots(SZ_16M));
}

/* All that may ever be written to is looked at, with any parameters of a later boot. */
static void test_claim_whole(struct kunit *test)
{
	struct sim *sim = test_sim(test, 4);
	u64 stream = pstore_media_stream_region_bytes(SZ_16M, TEST_SECTOR);
	u64 before = pstore_claim_whole(&sim->storage);

	KUNIT_EXPECT_GE(test, before, 2ULL * SZ_128M + 3 * stream);
	sim->storage.console_bytes = SZ_16M;
	sim->storage.pmsg_bytes = SZ_16M;
	sim->storage.ftrace_bytes = SZ_16M;
	sim->storage.kmsg_bytes = SZ_16M;
	KUNIT_EXPECT_EQ(test, before, pstore_claim_whole(&sim->storage));
}

static struct kunit_case area_test_cases[] = {
	KUNIT_CASE(test_attach_blank),
	KUNIT_CASE(test_attach_too_small),
	KUNIT_CASE(test_attach_one_byte),
	KUNIT_CASE(test_attach_format),
	KUNIT_CASE(test_attach_newer_version),
	KUNIT_CASE(test_attach_layout_copies),
	KUNIT_CASE(test_attach_moved_in),
	KUNIT_CASE(test_attach_shrunk),
	KUNIT_CASE(test_attach_grown),
	KUNIT_CASE(test_max_slots),
	KUNIT_CASE(test_claim_whole),
	KUNIT_CASE(test_attach_unlucky_checksum),
	KUNIT_CASE(test_ring_recovery),
	KUNIT_CASE(test_ring_reads),
	KUNIT_CASE(test_ring_reads_panic),
	KUNIT_CASE(test_ring_numbers),
	KUNIT_CASE(test_ring_bad_slot),
	KUNIT_CASE(test_ring_gap_at_start),
	KUNIT_CASE(test_ring_outage),
	KUNIT_CASE(test_ring_torn),
	KUNIT_CASE(test_ring_stream_head),
	KUNIT_CASE(test_layout_change),
	KUNIT_CASE(test_layout_change_cut),
	KUNIT_CASE(test_layout_change_unreadable),
	KUNIT_CASE(test_selftest),
	KUNIT_CASE(test_selftest_no_room),
	KUNIT_CASE(test_stage),
	KUNIT_CASE(test_stage_fills_ring),
	KUNIT_CASE(test_stage_storm),
	KUNIT_CASE(test_panic_writes_staged),
	KUNIT_CASE(test_panic_flushes_staged),
	KUNIT_CASE(test_panic_writes_begun),
	KUNIT_CASE(test_panic_numbers_begun),
	KUNIT_CASE(test_panic_flushes),
	KUNIT_CASE(test_panic_flushes_at_end),
	KUNIT_CASE(test_panic_fills_ring),
	KUNIT_CASE(test_panic_gap),
	KUNIT_CASE(test_panic_flush_fails),
	KUNIT_CASE(test_panic_avoids_erase),
	KUNIT_CASE(test_panic_bad_slot),
	KUNIT_CASE(test_panic_dead_device),
	{}
};

static struct kunit_suite area_test_suite = {
	.name = "pstore_zone_area",
	.test_cases = area_test_cases,
};

kunit_test_suites(&area_test_suite);

MODULE_DESCRIPTION("KUnit tests of pstore zone's areas");
MODULE_LICENSE("GPL");
