// SPDX-License-Identifier: GPL-2.0
/*
 * vmcoreinfo beside crash records.
 *
 * Notes are made of a text that the test chooses, in place of this kernel's.
 * Correctness is observed in the bytes of an image, which are held against what
 * media.h says, and by reading back what a simulated disk (sim.h) has, also after it
 * was damaged.
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
#include <linux/vmcore_info.h>
#include <linux/workqueue.h>

#include "../zone.h"
#include "sim.h"

#define TEST_SLOT	SZ_8K
#define TEST_SECTOR	512
#define TEST_SLOTS	6
#define TEST_TIME	1700000000
#define TEST_TIME_LINE	"CRASHTIME=1700000000\n"
#define TEST_HEAD	sizeof(struct pstore_media_note)

static const char test_text[] =
	"OSRELEASE=6.12.0\n"
	"BUILD-ID=000102030405060708090a0b0c0d0e0f10111213\n"
	"SYMBOL(_stext)=ffffffff9a000000\n"
	"KERNELOFFSET=19000000\n";

#define TEST_TEXT_BYTES	(sizeof(test_text) - 1)

static const u8 test_build_id[PSTORE_MEDIA_BUILD_ID_BYTES] = {
	0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09,
	0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13,
};

/* What is found out from the text. */

static const struct parse_case {
	const char	*name;
	const char	*text;
	bool		has_id;
	u64		offset;
} parse_cases[] = {
	{ "all", test_text, true, 0x19000000 },
	{ "nothing", "OSRELEASE=6.12.0\n", false, 0 },
	{ "no end of line",
	  "BUILD-ID=000102030405060708090a0b0c0d0e0f10111213", true, 0 },
	{ "id too short", "BUILD-ID=0001020304\nKERNELOFFSET=1\n", false, 1 },
	{ "id cut off", "KERNELOFFSET=2\nBUILD-ID=0001", false, 2 },
	{ "id with a letter",
	  "BUILD-ID=000102030405060708090a0b0c0d0e0f1011121x\n", false, 0 },
	{ "not at the start of a line", "x KERNELOFFSET=3\n", false, 0 },
	{ "second of two words", "NUMBER(KERNELOFFSET=4)=5\nKERNELOFFSET=6\n",
	  false, 6 },
	{ "no offset", "KERNELOFFSET=0\n", false, 0 },
	{ "offset without digits", "KERNELOFFSET=\n", false, 0 },
	{ "largest offset", "KERNELOFFSET=ffffffffffffffff\n", false, U64_MAX },
	{ "offset at the end", "KERNELOFFSET=abcd", false, 0xabcd },
};

static void parse_name(const struct parse_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(parse, parse_cases, parse_name);

static void test_note_parse(struct kunit *test)
{
	static const u8 unknown[PSTORE_MEDIA_BUILD_ID_BYTES];
	const struct parse_case *c = test->param_value;
	struct pstore_note note;

	KUNIT_ASSERT_EQ(test, 0,
			pstore_note_init(&note, c->text, strlen(c->text)));
	KUNIT_EXPECT_MEMEQ(test, note.build_id,
			   c->has_id ? test_build_id : unknown,
			   sizeof(note.build_id));
	KUNIT_EXPECT_EQ(test, c->offset, note.kernel_offset);
	pstore_note_exit(&note);
}

/* Bytes behind those that are given are not looked at. */
static void test_note_bounds(struct kunit *test)
{
	static const char text[] = "PAGESIZE=4096\nKERNELOFFSET=12\n";
	struct pstore_note note;

	KUNIT_ASSERT_EQ(test, 0,
			pstore_note_init(&note, text, sizeof(text) - 3));
	KUNIT_EXPECT_EQ(test, 1ULL, note.kernel_offset);
	KUNIT_EXPECT_EQ(test, (u32)sizeof(text) - 3, note.text_bytes);
	pstore_note_exit(&note);
	KUNIT_ASSERT_EQ(test, 0, pstore_note_init(&note, text, 0));
	KUNIT_EXPECT_EQ(test, 0U, note.bytes);
	KUNIT_EXPECT_NULL(test, note.text);
}

/* What kdump would say of this kernel. */
static void test_note_of_this_kernel(struct kunit *test)
{
	struct pstore_note note = {};

	KUNIT_ASSERT_EQ(test, 0, pstore_note_prepare(&note));
	KUNIT_EXPECT_TRUE(test, str_has_prefix(note.text, "OSRELEASE="));
	KUNIT_EXPECT_NOT_NULL(test, strstr(note.text, "\nSYMBOL(_stext)="));
	KUNIT_EXPECT_NOT_NULL(test, memchr_inv(note.build_id, 0,
					       sizeof(note.build_id)));
	KUNIT_EXPECT_EQ(test, vmcoreinfo_size, (size_t)note.text_bytes);
	pstore_note_exit(&note);
}

/* An area, and what is on its disk. */

static struct sim *test_sim(struct kunit *test)
{
	return sim_create(test, 3 * PSTORE_MEDIA_BLOCK_BYTES +
				TEST_SLOTS * TEST_SLOT, TEST_SLOT, TEST_SECTOR);
}

/* With the test's text in place of this kernel's. */
static struct pstore_area *attach(struct kunit *test, struct sim *sim)
{
	static const u8 boot_id[PSTORE_MEDIA_ID_BYTES] = "test boot";
	struct pstore_area *area = pstore_area_attach(&sim->storage, boot_id);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	pstore_note_exit(&area->note);
	KUNIT_ASSERT_EQ(test, 0, pstore_note_init(&area->note, test_text,
						  TEST_TEXT_BYTES));
	return area;
}

static struct pstore_area *reattach(struct kunit *test, struct sim *sim,
				    struct pstore_area *area)
{
	pstore_area_detach(area);
	return attach(test, sim);
}

/* Part @part of crash @count, as pstore core hands it over. */
static struct pstore_record part_record(struct pstore_area *area, int count,
					unsigned int part, size_t bytes)
{
	struct pstore_record record = {
		.type	= PSTORE_TYPE_DMESG,
		.buf	= area->image + PSTORE_MEDIA_HEADER_BYTES,
		.size	= bytes,
		.count	= count,
		.part	= part,
		.time	= { .tv_sec = TEST_TIME },
	};

	memset(record.buf, 'a' + part, bytes);
	return record;
}

static void write_part(struct kunit *test, struct pstore_area *area, int count,
		       unsigned int part, size_t bytes,
		       enum kmsg_dump_reason reason)
{
	struct pstore_record record = part_record(area, count, part, bytes);

	record.reason = reason;
	if (reason == KMSG_DUMP_PANIC) {
		KUNIT_ASSERT_EQ(test, 0, pstore_panic_record(area, &record));
		return;
	}
	KUNIT_ASSERT_EQ(test, 0, pstore_stage_put(area, &record));
	sim_settle(&area->stage.workers);
}

static u8 *slot_of(struct sim *sim, struct pstore_area *area, u64 seq)
{
	return sim->media + pstore_slots_pos(&area->slots, seq);
}

/* Record @seq must have the note that is wanted: that of TEST_TIME, or none. */
static void expect_note(struct kunit *test, struct pstore_area *area, u64 seq,
			bool wanted)
{
	static const char want[] =
		"OSRELEASE=6.12.0\n"
		"BUILD-ID=000102030405060708090a0b0c0d0e0f10111213\n"
		"SYMBOL(_stext)=ffffffff9a000000\n"
		"KERNELOFFSET=19000000\n"
		TEST_TIME_LINE;
	struct pstore_record_info info;
	char *text = NULL;
	int ret = pstore_slots_read_note(area, seq, &info, &text);

	KUNIT_EXPECT_EQ(test, wanted ? (int)sizeof(want) - 1 : -ENOENT, ret);
	if (ret == sizeof(want) - 1)
		KUNIT_EXPECT_MEMEQ(test, text, want, ret);
	kvfree(text);
}

/* Record @seq must be there, with its text. Return: its header. */
static struct pstore_record_info expect_record(struct kunit *test,
					       struct pstore_area *area,
					       u64 seq, size_t bytes)
{
	struct pstore_record_info info = {};
	char *payload;
	u64 pos = seq;

	KUNIT_ASSERT_EQ(test, 0, pstore_slots_read(area, &pos, &info, &payload));
	KUNIT_EXPECT_EQ(test, seq, info.seq);
	KUNIT_EXPECT_EQ(test, (u32)bytes, info.payload_bytes);
	KUNIT_EXPECT_NULL(test, memchr_inv(payload, 'a' + info.part, bytes));
	kvfree(payload);
	return info;
}

/* The bytes, as media.h has them, wherever the payload ends. */
static void test_note_bytes(struct kunit *test)
{
	static const u8 head[] = { 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
				   'V', 'M', 'C', 'O', 'R', 'E', 'I', 'N', 'F',
				   'O', 0, 0 };
	u32 want = TEST_TEXT_BYTES + sizeof(TEST_TIME_LINE) - 1, payload, end;
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_record_info info;
	u8 *at;

	for (payload = 100; payload < 108; payload++) {
		struct pstore_record record = part_record(area, payload, 1,
							  payload);

		memset(area->image, 0x5a, TEST_SLOT);
		memset(record.buf, 1, payload);
		pstore_area_describe(area, &record, &info);
		pstore_note_put(area, area->image, &info);
		end = PSTORE_MEDIA_HEADER_BYTES + payload;
		at = area->image + round_up(end, 4);
		KUNIT_EXPECT_EQ(test, (u32)round_up(end, 4),
				pstore_media_note_pos(&info));
		KUNIT_EXPECT_EQ(test, 0x01, ((u8 *)area->image)[end - 1]);
		KUNIT_EXPECT_TRUE(test, mem_is_zero(area->image + end,
						    round_up(end, 4) - end));
		KUNIT_EXPECT_MEMEQ(test, at, head, 4);
		KUNIT_EXPECT_EQ(test, want, get_unaligned_le32(at + 4));
		KUNIT_EXPECT_MEMEQ(test, at + 8, head + 8, sizeof(head) - 8);
		KUNIT_EXPECT_MEMEQ(test, at + sizeof(head), test_text,
				   TEST_TEXT_BYTES);
		KUNIT_EXPECT_MEMEQ(test, at + sizeof(head) + TEST_TEXT_BYTES,
				   TEST_TIME_LINE, sizeof(TEST_TIME_LINE) - 1);
		at += sizeof(head) + want;
		KUNIT_EXPECT_TRUE(test, mem_is_zero(at, round_up(want, 4) - want));
		KUNIT_EXPECT_EQ(test, 0x5a, at[round_up(want, 4) - want]);
		KUNIT_EXPECT_EQ(test, (u32)(sizeof(head) + round_up(want, 4)),
				info.note_bytes);
	}
	pstore_area_detach(area);
}

/* The header says which kernel it was, in oopses and in panics, with or without note. */
static void test_note_header(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	size_t full = pstore_area_capacity(area);
	struct pstore_record_info info;
	unsigned int i;

	write_part(test, area, 1, 1, 999, KMSG_DUMP_OOPS);
	write_part(test, area, 2, 1, full, KMSG_DUMP_OOPS);
	write_part(test, area, 3, 1, 998, KMSG_DUMP_PANIC);
	area = reattach(test, sim, area);
	for (i = 0; i < 3; i++) {
		info = expect_record(test, area, i, i == 1 ? full : 999 - i / 2);
		KUNIT_EXPECT_MEMEQ(test, info.build_id, test_build_id,
				   sizeof(info.build_id));
		KUNIT_EXPECT_EQ(test, 0x19000000ULL, info.kernel_offset);
		expect_note(test, area, i, i != 1);
	}
	/* Where the header lies that says so. */
	KUNIT_EXPECT_EQ(test, 0x19000000ULL,
			get_unaligned_le64(slot_of(sim, area, 0) + 192));
	KUNIT_EXPECT_MEMEQ(test, slot_of(sim, area, 0) + 208, test_build_id,
			   sizeof(test_build_id));
	pstore_area_detach(area);
}

/* There is room, or one byte too little. */
static void test_note_room(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	size_t most = pstore_area_capacity(area) - area->note.bytes;

	write_part(test, area, 1, 1, most, KMSG_DUMP_OOPS);
	write_part(test, area, 2, 1, most + 1, KMSG_DUMP_OOPS);
	write_part(test, area, 3, 1, pstore_area_capacity(area),
		   KMSG_DUMP_PANIC);
	area = reattach(test, sim, area);
	expect_record(test, area, 0, most);
	expect_note(test, area, 0, true);
	expect_record(test, area, 1, most + 1);
	expect_note(test, area, 1, false);
	expect_record(test, area, 2, pstore_area_capacity(area));
	expect_note(test, area, 2, false);
	pstore_area_detach(area);
}

/* A time that takes as many digits as there are. */
static void test_note_longest_time(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_record record;
	struct pstore_record_info info;
	u32 bytes;
	void *at;

	record = part_record(area, 1, 1,
			     pstore_area_capacity(area) - area->note.bytes);
	record.time.tv_sec = S64_MIN;
	pstore_area_describe(area, &record, &info);
	pstore_note_put(area, area->image, &info);
	at = area->image + pstore_media_note_pos(&info);
	KUNIT_ASSERT_EQ(test, PSTORE_MEDIA_OK,
			pstore_media_decode_note(at, &info, &bytes));
	KUNIT_EXPECT_LE(test, info.note_bytes, area->note.bytes);
	KUNIT_EXPECT_MEMEQ(test, at + TEST_HEAD + TEST_TEXT_BYTES,
			   "CRASHTIME=-9223372036854775808\n", 31);
	KUNIT_EXPECT_EQ(test, (u32)TEST_TEXT_BYTES + 31, bytes);
	pstore_area_detach(area);
}

/* Which parts have room, and which one gets the note. */
static const struct parts_case {
	const char	*name;
	unsigned int	nr;
	bool		full[4];
	unsigned int	noted;		/* from 1; 0 for none */
} parts_cases[] = {
	{ "one part", 1, { false }, 1 },
	{ "one part without room", 1, { true }, 0 },
	{ "room in all", 3, { false, false, false }, 1 },
	{ "room in the second", 3, { true, false, false }, 2 },
	{ "room in the last", 4, { true, true, true, false }, 4 },
	{ "room in none", 4, { true, true, true, true }, 0 },
};

static void parts_name(const struct parts_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(parts, parts_cases, parts_name);

/* The second crash gets one of its own. */
static void test_note_parts(struct kunit *test)
{
	static const enum kmsg_dump_reason reasons[] = {
		KMSG_DUMP_OOPS, KMSG_DUMP_PANIC,
	};
	const struct parts_case *c = test->param_value;
	unsigned int part, i, crash;

	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		struct sim *sim = test_sim(test);
		struct pstore_area *area = attach(test, sim);
		size_t full = pstore_area_capacity(area);

		for (crash = 1; crash <= 2; crash++) {
			u64 first = atomic64_read(&area->slots.next_seq);

			for (part = 1; part <= c->nr; part++)
				write_part(test, area, crash, part,
					   c->full[part - 1] ? full : 777,
					   reasons[i]);
			for (part = 1; part <= c->nr; part++)
				expect_note(test, area, first + part - 1,
					    part == c->noted);
		}
		pstore_area_detach(area);
	}
}

/* Before a panic writes, it writes what is staged: with its note. */
static void test_note_of_staged(struct kunit *test)
{
	struct sim *sim = test_sim(test), *after = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_record record = part_record(area, 1, 1, 500);

	record.reason = KMSG_DUMP_OOPS;
	/* Holds the worker back, as a slow device would. */
	mutex_lock(&area->slots.lock);
	KUNIT_EXPECT_EQ(test, 0, pstore_stage_put(area, &record));
	record = part_record(area, 2, 1, 600);
	record.reason = KMSG_DUMP_PANIC;
	KUNIT_EXPECT_EQ(test, 0, pstore_panic_record(area, &record));
	/* What the next boot would find, before the worker gets any further. */
	memcpy(after->media, sim->media, sim->storage.bytes);
	mutex_unlock(&area->slots.lock);
	pstore_area_detach(area);
	sim_power_on(after);
	area = attach(test, after);
	expect_record(test, area, 0, 500);
	expect_note(test, area, 0, true);
	expect_record(test, area, 1, 600);
	expect_note(test, area, 1, true);
	pstore_area_detach(area);
}

/* What removes a note. */

static void test_note_erase_record(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);

	write_part(test, area, 1, 1, 1000, KMSG_DUMP_OOPS);
	write_part(test, area, 2, 1, 1000, KMSG_DUMP_OOPS);
	KUNIT_EXPECT_EQ(test, 0, pstore_slots_erase(area, 0));
	expect_note(test, area, 0, false);
	KUNIT_EXPECT_EQ(test, -ENOENT, pstore_slots_erase_note(area, 0));
	area = reattach(test, sim, area);
	expect_note(test, area, 0, false);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(slot_of(sim, area, 0) + 200, 8));
	expect_note(test, area, 1, true);
	pstore_area_detach(area);
}

static void test_note_erase_note(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_record_info info;
	unsigned int before;

	write_part(test, area, 1, 1, 1001, KMSG_DUMP_OOPS);
	before = sim->writes;
	KUNIT_EXPECT_EQ(test, 0, pstore_slots_erase_note(area, 0));
	KUNIT_EXPECT_EQ(test, before + 1, sim->writes);
	KUNIT_EXPECT_EQ(test, (unsigned int)TEST_SECTOR, sim->last_bytes);
	KUNIT_EXPECT_EQ(test, -ENOENT, pstore_slots_erase_note(area, 0));
	area = reattach(test, sim, area);
	expect_note(test, area, 0, false);
	info = expect_record(test, area, 0, 1001);
	KUNIT_EXPECT_EQ(test, 0U, info.note_bytes);
	KUNIT_EXPECT_MEMEQ(test, info.build_id, test_build_id,
			   sizeof(info.build_id));
	pstore_area_detach(area);
}

/* The device refuses: the note is still there, and so is the record. */
static void test_note_erase_refused(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);

	write_part(test, area, 1, 1, 1001, KMSG_DUMP_OOPS);
	sim->bad_from = pstore_slots_pos(&area->slots, 0);
	sim->bad_to = sim->bad_from + 1;
	KUNIT_EXPECT_EQ(test, -EIO, pstore_slots_erase_note(area, 0));
	sim->bad_to = 0;
	expect_note(test, area, 0, true);
	expect_record(test, area, 0, 1001);
	pstore_area_detach(area);
}

/* Damage. */

/* What an old note leaves behind a new record that has none is nothing. */
static void test_note_left_from_before(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	unsigned int i;

	for (i = 1; i <= TEST_SLOTS; i++)
		write_part(test, area, i, 1, 1000, KMSG_DUMP_OOPS);
	pstore_note_exit(&area->note);
	memset(&area->note, 0, sizeof(area->note));
	write_part(test, area, i, 1, 10, KMSG_DUMP_OOPS);
	area = reattach(test, sim, area);
	expect_record(test, area, TEST_SLOTS, 10);
	expect_note(test, area, TEST_SLOTS, false);
	expect_note(test, area, 0, false);
	expect_note(test, area, 1, true);
	pstore_area_detach(area);
}

/* Each byte of a note, and its reads: the record is shown all the same. */
static void test_note_damaged(struct kunit *test)
{
	struct sim *sim = test_sim(test);
	struct pstore_area *area = attach(test, sim);
	struct pstore_record_info info;
	char *text;
	u32 i, pos;

	write_part(test, area, 1, 1, 1001, KMSG_DUMP_OOPS);
	info = expect_record(test, area, 0, 1001);
	KUNIT_ASSERT_GT(test, info.note_bytes, (u32)TEST_HEAD);
	for (i = 0; i < info.note_bytes; i++) {
		u64 at = pstore_slots_pos(&area->slots, 0) +
			 pstore_media_note_pos(&info) + i;

		sim->cache[at] ^= 0x10;
		KUNIT_EXPECT_EQ_MSG(test, -EUCLEAN,
				    pstore_slots_read_note(area, 0, &info, &text),
				    "byte %u", i);
		expect_record(test, area, 0, 1001);
		sim->cache[at] ^= 0x10;
	}
	KUNIT_EXPECT_EQ(test, (int)info.note_bytes,
			atomic_read(&area->stats.torn));
	pos = round_down(pstore_media_note_pos(&info), TEST_SECTOR);
	sim->unreadable = pstore_slots_pos(&area->slots, 0) + pos;
	KUNIT_EXPECT_EQ(test, -EIO,
			pstore_slots_read_note(area, 0, &info, &text));
	expect_record(test, area, 0, 1001);
	sim->unreadable = 0;
	expect_note(test, area, 0, true);
	pstore_area_detach(area);
}

/* A note with the right checksum and one field that is not. */
static const struct field_case {
	const char	*name;
	unsigned int	at;
	u32		value;
	u32		note_bytes;	/* 0 for the right one */
	enum pstore_media_verdict verdict;
} field_cases[] = {
	{ "sound", 8, 0, 0, PSTORE_MEDIA_OK },
	{ "shorter name", 0, 10, 0, PSTORE_MEDIA_BAD_FIELD },
	{ "longer name", 0, 12, 0, PSTORE_MEDIA_BAD_FIELD },
	{ "longest name", 0, U32_MAX, 0, PSTORE_MEDIA_BAD_FIELD },
	{ "no text", 4, 0, 0, PSTORE_MEDIA_BAD_FIELD },
	{ "no text, and no room", 4, 0, TEST_HEAD, PSTORE_MEDIA_BAD_FIELD },
	{ "text of five", 4, 5, TEST_HEAD + 8, PSTORE_MEDIA_OK },
	{ "text of eight", 4, 8, TEST_HEAD + 8, PSTORE_MEDIA_OK },
	{ "text of four, and room for more", 4, 4, TEST_HEAD + 8,
	  PSTORE_MEDIA_BAD_FIELD },
	{ "text behind the end", 4, 9, TEST_HEAD + 8, PSTORE_MEDIA_BAD_FIELD },
	{ "longest text", 4, U32_MAX, 0, PSTORE_MEDIA_BAD_FIELD },
	{ "text whose padding overflows to the right size", 4, U32_MAX,
	  TEST_HEAD, PSTORE_MEDIA_BAD_FIELD },
	{ "another type", 8, 1, 0, PSTORE_MEDIA_BAD_FIELD },
	{ "another name", 12, 0x45524f43, 0, PSTORE_MEDIA_BAD_FIELD },
	{ "name without an end", 20, 0x01004f46, 0, PSTORE_MEDIA_BAD_FIELD },
};

static void field_name(const struct field_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(field, field_cases, field_name);

static void test_note_fields(struct kunit *test)
{
	const struct field_case *c = test->param_value;
	struct pstore_record_info info = { .payload_bytes = 1 };
	u8 *note = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);
	u32 bytes = 0;

	KUNIT_ASSERT_NOT_NULL(test, note);
	memset(note + TEST_HEAD, 'x', 100);
	pstore_media_encode_note(note, 100);
	put_unaligned_le32(c->value, note + c->at);
	info.note_bytes = c->note_bytes ?: pstore_media_note_bytes(100);
	info.note_crc = pstore_media_crc(note, info.note_bytes);
	KUNIT_EXPECT_EQ(test, c->verdict,
			pstore_media_decode_note(note, &info, &bytes));
	if (c->verdict)
		KUNIT_EXPECT_EQ(test, 0U, bytes);
	else
		KUNIT_EXPECT_EQ(test, get_unaligned_le32(note + 4), bytes);
}

/* What a header says of a note that cannot be. */
static const struct header_case {
	const char	*name;
	u32		type;
	u32		payload_bytes;
	u32		note_bytes;
	enum pstore_media_verdict verdict;
} header_cases[] = {
	{ "none", 0, 100, 0, PSTORE_MEDIA_OK },
	{ "the smallest", 0, 100, 28, PSTORE_MEDIA_OK },
	{ "a header alone", 0, 100, 24, PSTORE_MEDIA_BAD_FIELD },
	{ "not a multiple of four", 0, 100, 30, PSTORE_MEDIA_BAD_FIELD },
	{ "the largest", 0, 100, TEST_SLOT - 612, PSTORE_MEDIA_OK },
	{ "too large", 0, 100, TEST_SLOT - 608, PSTORE_MEDIA_BAD_FIELD },
	{ "the largest behind padding", 0, 101, TEST_SLOT - 616,
	  PSTORE_MEDIA_OK },
	{ "too large behind padding", 0, 101, TEST_SLOT - 612,
	  PSTORE_MEDIA_BAD_FIELD },
	{ "that overflows", 0, 100, U32_MAX - 3, PSTORE_MEDIA_BAD_FIELD },
	{ "behind a full slot", 0, TEST_SLOT - 512, 28,
	  PSTORE_MEDIA_BAD_FIELD },
	{ "behind one that is full but for a byte", 0, TEST_SLOT - 513, 28,
	  PSTORE_MEDIA_BAD_FIELD },
	{ "of a stream", PSTORE_MEDIA_REGION_PMSG, 0, 28,
	  PSTORE_MEDIA_BAD_FIELD },
};

static void header_name(const struct header_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(header, header_cases, header_name);

static void test_note_header_fields(struct kunit *test)
{
	const struct header_case *c = test->param_value;
	struct pstore_record_info decoded, info = {
		.state = PSTORE_MEDIA_LIVE, .type = c->type,
		.payload_bytes = c->payload_bytes, .note_bytes = c->note_bytes,
	};
	struct pstore_layout layout = { .generation = 1 };
	u8 *header = kunit_kzalloc(test, PSTORE_MEDIA_HEADER_BYTES, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, header);
	pstore_media_encode_record(header, &layout, &info);
	KUNIT_EXPECT_EQ(test, c->verdict,
			pstore_media_decode_record(header, &layout, TEST_SLOT,
						   &decoded));
}

/* How much of a record to fill: room for the note is left where that costs little. */
static void test_note_leaves_room(struct kunit *test)
{
	struct pstore_area *area = kunit_kzalloc(test, sizeof(*area), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, area);
	area->slots.region.unit_bytes = SZ_16K;
	KUNIT_EXPECT_EQ(test, (size_t)SZ_16K - 512,
			pstore_area_text_bytes(area));
	area->note.bytes = (SZ_16K - 512) / 8;
	KUNIT_EXPECT_EQ(test, (size_t)(SZ_16K - 512) / 8 * 7,
			pstore_area_text_bytes(area));
	area->note.bytes++;
	KUNIT_EXPECT_EQ(test, (size_t)SZ_16K - 512,
			pstore_area_text_bytes(area));
}

/* Function calls of a boot are shown as addresses of this one. */
static void test_note_moves_trace(struct kunit *test)
{
	struct pstore_media_trace *m;
	struct pstore_ftrace_record *call;
	char *text = kvzalloc(sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, text);
	m = (void *)text;
	m->ip = cpu_to_le64(0x1000);
	m->parent_ip = cpu_to_le64(0x2000);
	KUNIT_EXPECT_EQ(test, (ssize_t)sizeof(*call),
			pstore_trace_decode(&text, sizeof(*m), -0x800));
	call = (void *)text;
	KUNIT_EXPECT_EQ(test, 0x800UL, call->ip);
	KUNIT_EXPECT_EQ(test, 0x1800UL, call->parent_ip);
	kvfree(text);
}

static const struct moved_case {
	const char	*name;
	u64		offset;
	bool		known;
	u64		moved;
} moved_cases[] = {
	{ "the same place", 0x19000000, true, 0 },
	{ "a smaller offset", 0x18000000, true, 0x1000000 },
	{ "a larger offset", 0x1a000000, true, -0x1000000ULL },
	{ "another build", 0x18000000, false, 0 },
};

static void moved_name(const struct moved_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(moved, moved_cases, moved_name);

static void test_note_moved(struct kunit *test)
{
	const struct moved_case *c = test->param_value;
	struct pstore_record_info head = { .kernel_offset = c->offset };
	struct pstore_note note;

	KUNIT_ASSERT_EQ(test, 0, pstore_note_init(&note, test_text,
						  TEST_TEXT_BYTES));
	memcpy(head.build_id, test_build_id, sizeof(head.build_id));
	head.build_id[19] ^= !c->known;
	KUNIT_EXPECT_EQ(test, c->moved, pstore_note_moved(&note, &head));
	pstore_note_exit(&note);
}

/* Heads of streams say which kernel it was, too. */
static void test_note_stream_head(struct kunit *test)
{
	static const u8 boot_id[PSTORE_MEDIA_ID_BYTES] = "test boot";
	struct sim *sim = sim_create(test, SZ_1M, TEST_SLOT, TEST_SECTOR);
	struct pstore_area *area;
	struct pstore_log *log;

	sim->storage.console_bytes = SZ_4K;
	area = pstore_area_attach(&sim->storage, boot_id);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	log = pstore_log_find(area, PSTORE_MEDIA_REGION_CONSOLE);
	KUNIT_ASSERT_NOT_NULL(test, log);
	KUNIT_EXPECT_EQ(test, area->note.kernel_offset,
			log->heads[log->bank].kernel_offset);
	KUNIT_EXPECT_MEMEQ(test, log->heads[log->bank].build_id,
			   area->note.build_id, sizeof(area->note.build_id));
	pstore_area_detach(area);
}

static struct kunit_case notes_cases[] = {
	KUNIT_CASE_PARAM(test_note_parse, parse_gen_params),
	KUNIT_CASE(test_note_bounds),
	KUNIT_CASE(test_note_of_this_kernel),
	KUNIT_CASE(test_note_bytes),
	KUNIT_CASE(test_note_header),
	KUNIT_CASE(test_note_room),
	KUNIT_CASE(test_note_longest_time),
	KUNIT_CASE_PARAM(test_note_parts, parts_gen_params),
	KUNIT_CASE(test_note_of_staged),
	KUNIT_CASE(test_note_erase_record),
	KUNIT_CASE(test_note_erase_note),
	KUNIT_CASE(test_note_erase_refused),
	KUNIT_CASE(test_note_left_from_before),
	KUNIT_CASE(test_note_damaged),
	KUNIT_CASE_PARAM(test_note_fields, field_gen_params),
	KUNIT_CASE_PARAM(test_note_header_fields, header_gen_params),
	KUNIT_CASE(test_note_leaves_room),
	KUNIT_CASE(test_note_moves_trace),
	KUNIT_CASE_PARAM(test_note_moved, moved_gen_params),
	KUNIT_CASE(test_note_stream_head),
	{}
};

static struct kunit_suite notes_suite = {
	.name = "pstore_zone_notes",
	.test_cases = notes_cases,
};

kunit_test_suites(&notes_suite);

MODULE_DESCRIPTION("KUnit tests of vmcoreinfo beside crash records");
MODULE_LICENSE("GPL");
