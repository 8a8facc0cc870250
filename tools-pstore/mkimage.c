// SPDX-License-Identifier: GPL-2.0
/*
 * mkimage - make an image with a pstore area in it, for tests
 *
 * What should be read from the image goes to files beside it, as the writer of an
 * image knows it, without looking at what has been written. Where each structure
 * lies goes to a map, for those who want to damage one.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include <linux/kernel.h>

#include "media.h"
#include "mkflash.h"
#include "seal.h"

#define MAX_ERASED	64
#define TITLE_CHARS	32

/**
 * struct plan - what was asked for
 * @slots:	number of slots
 * @slot_bytes:	their size
 * @unit:	size of a stream's block
 * @stream:	how many bytes a stream keeps
 * @first_seq:	number that belongs to the first slot
 * @crashes:	how many crashes, each in a boot of its own
 * @parts:	how many parts each has
 * @appends:	how many appends to each stream
 * @large:	every fifth of them has so many bytes
 * @pad:	bytes behind the area
 * @cut:	the last append to each stream is not whole
 * @gap:	in the middle of each stream, bytes are missing
 * @wide_gap:	and it is wider than 4 GiB
 * @erase_bank:	the older banks are erased
 * @bare:	no streams
 * @sparse:	nothing but layout blocks, in a file with a hole between them
 * @bomb:	the first part of the second crash inflates to 20 slots
 * @erased:	numbers of records that are erased
 * @nr_erased:	how many
 * @damage:	how often the image is damaged once it is made
 * @note:	size of the text of vmcoreinfo, which each crash has; 0 for none
 * @refused:	the disk has refused to write this record; 0 for none
 */
struct plan {
	__u32	slots;
	__u32	slot_bytes;
	__u32	unit;
	__u32	stream;
	__u64	first_seq;
	__u32	crashes;
	__u32	parts;
	__u32	appends;
	__u32	large;
	__u64	pad;
	bool	cut;
	bool	gap;
	bool	wide_gap;
	bool	erase_bank;
	bool	bare;
	bool	sparse;
	bool	bomb;
	__u64	erased[MAX_ERASED];
	__u32	nr_erased;
	__u32	damage;
	__u32	note;
	__u64	refused;
};

/**
 * struct making - an image that is being made
 * @plan:	what was asked for
 * @layout:	its layout
 * @image:	its bytes
 * @bytes:	how many
 * @seq:	number of the next record
 * @random:	state of a generator of random numbers
 * @expect:	folder for what should be read, or NULL
 * @map:	the map, or NULL
 * @flash:	how to keep the area on flash; no block_bytes for not
 */
struct making {
	struct plan		plan;
	struct pstore_layout	layout;
	__u8			*image;
	size_t			bytes;
	__u64			seq;
	__u64			random;
	const char		*expect;
	FILE			*map;
	struct flash_plan	flash;
};

/* Bytes that grow. */
struct bytes {
	__u8	*data;
	size_t	nr;
};

static void die(const char *what)
{
	fprintf(stderr, "mkimage: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void *need(void *memory)
{
	if (!memory)
		die("no memory");
	return memory;
}

static void bytes_add(struct bytes *bytes, const void *data, size_t nr)
{
	bytes->data = need(realloc(bytes->data, bytes->nr + nr + 1));
	memcpy(bytes->data + bytes->nr, data, nr);
	bytes->nr += nr;
}

/* xorshift64*: the same images on each machine. */
static __u32 draw(struct making *m)
{
	m->random ^= m->random >> 12;
	m->random ^= m->random << 25;
	m->random ^= m->random >> 27;
	return (__u32)(m->random * 0x2545f4914f6cdd1dULL >> 32);
}

static __printf(4, 5) void expect(const struct making *m, const void *data, size_t nr,
		   const char *format, ...)
{
	char name[64], *path;
	size_t size;
	va_list args;
	FILE *file;

	if (!m->expect)
		return;
	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	size = strlen(m->expect) + sizeof(name) + 1;
	path = need(malloc(size));
	snprintf(path, size, "%s/%s", m->expect, name);
	file = fopen(path, "w");
	if (!file || fwrite(data, 1, nr, file) != nr || fclose(file))
		die(path);
	free(path);
}

static __printf(3, 4) void map(const struct making *m, __u64 pos, const char *format, ...)
{
	va_list args;

	if (!m->map)
		return;
	va_start(args, format);
	vfprintf(m->map, format, args);
	va_end(args);
	fprintf(m->map, " %llu\n", pos);
}

/* What every header says about boot @boot. */
static void describe(struct pstore_record_info *info, __u32 boot)
{
	memset(info, 0, sizeof(*info));
	info->state = PSTORE_MEDIA_LIVE;
	info->time_sec = 1700000000 + 3600LL * boot;
	info->time_nsec = 5;
	memset(info->boot_id, (int)(0x10 + boot), sizeof(info->boot_id));
	info->boot_id[0] = 0xb0;
	memcpy(info->release, "6.12.0-test", 11);
	memcpy(info->machine, "x86_64", 6);
}

/* Which kernel it was, and where it ran. */
static void identify(struct pstore_record_info *info, __u32 boot)
{
	__u8 i;

	info->kernel_offset = 0xff000ULL + boot;
	for (i = 0; i < sizeof(info->build_id); i++)
		info->build_id[i] = (__u8)(0xc0 + i);
}

/* Crash records. */

/* Lines for a part, so many that they just fit. */
static void make_lines(struct making *m, struct bytes *text, __u32 crash,
		       __u32 part, size_t room)
{
	char line[96];
	__u32 i, usec;
	int n;

	for (i = 0;; i++) {
		usec = draw(m) % 1000000;
		n = snprintf(line, sizeof(line), "<6>[%5u.%06u] crash %u part %u: %08x\n",
			     i, usec, crash, part, draw(m));
		if (text->nr + (size_t)n > room)
			return;
		bytes_add(text, line, (size_t)n);
	}
}

/* How much text to put into a part that has @room. With notes, some is left. */
static size_t make_room(struct making *m, __u32 room, bool compressed)
{
	if (m->plan.note)
		room = room / 3 * (1 + draw(m) % 3);
	return compressed ? room * 3 / 2 : room;
}

static void make_bomb(struct bytes *text, __u32 size)
{
	while (text->nr < size)
		bytes_add(text, "the same once more\n", 19);
}

/* Return: the size of the payload, which is compressed if that was asked for. */
static __u32 make_payload(const struct bytes *text, __u8 *payload, __u32 room,
			  bool compressed)
{
	z_stream z = {};

	if (!compressed) {
		memcpy(payload, text->data, text->nr);
		return (__u32)text->nr;
	}
	if (deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		die("zlib");
	z.next_in = text->data;
	z.avail_in = (uInt)text->nr;
	z.next_out = payload;
	z.avail_out = room;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END) {
		errno = ENOSPC;
		die("a part does not fit into a slot");
	}
	deflateEnd(&z);
	return (__u32)z.total_out;
}

static bool is_erased(const struct making *m, __u64 seq)
{
	__u32 i;

	for (i = 0; i < m->plan.nr_erased; i++)
		if (m->plan.erased[i] == seq)
			return true;
	return false;
}

/* Records that the disk refuses leave what was in the slot. */
static bool is_refused(struct making *m)
{
	if (!m->plan.refused || m->seq != m->plan.refused)
		return false;
	m->seq++;
	return true;
}

/* vmcoreinfo, of the size that was asked for. */
static void make_vmcoreinfo(const struct making *m, struct bytes *text,
			    const struct pstore_record_info *info)
{
	char line[96];
	int n = snprintf(line, sizeof(line), "OSRELEASE=6.12.0-test\nKERNELOFFSET=%llx\nCRASHTIME=%lld\n",
			 info->kernel_offset, info->time_sec);
	__u32 i;

	bytes_add(text, line, (size_t)n);
	for (i = 0; text->nr < m->plan.note; i++) {
		n = snprintf(line, sizeof(line), "SYMBOL(s%u)=%08x\n", i, i * 4096);
		bytes_add(text, line, (size_t)n);
	}
	text->nr = m->plan.note;
}

/* It goes to the first part that has room for it. Return: whether this one has. */
static bool make_note(const struct making *m, __u8 *slot, __u32 slot_bytes,
		      struct pstore_record_info *info)
{
	__u32 pos = pstore_media_note_pos(info);
	__u32 bytes = pstore_media_note_bytes(m->plan.note);
	struct bytes text = {};

	if (bytes > slot_bytes - pos)
		return false;
	make_vmcoreinfo(m, &text, info);
	memcpy(slot + pos + sizeof(struct pstore_media_note), text.data, text.nr);
	pstore_media_encode_note(slot + pos, (__u32)text.nr);
	info->note_bytes = bytes;
	info->note_crc = pstore_media_crc(slot + pos, bytes);
	expect(m, text.data, text.nr, "vmcoreinfo-%llu", info->seq);
	expect(m, slot + pos, bytes, "note-%llu", info->seq);
	free(text.data);
	return true;
}

/* Part 1 is written first. Its text, without title, goes before that of the rest. */
static void make_part(struct making *m, const struct pstore_region *region,
		      __u32 crash, __u32 part, bool *noted, struct bytes *whole)
{
	__u32 room = region->unit_bytes - PSTORE_MEDIA_HEADER_BYTES;
	__u32 slot = (__u32)((m->seq - region->first_seq) % m->plan.slots);
	__u8 *at = m->image + region->offset + (__u64)slot * region->unit_bytes;
	bool compressed = crash % 2;
	struct bytes text = {}, old = *whole;
	char title[TITLE_CHARS];
	struct pstore_record_info info;
	int n = snprintf(title, sizeof(title), "%s#%u Part%u\n",
			 compressed ? "Panic" : "Oops", 1 + crash % 3, part);

	describe(&info, crash);
	if (m->plan.note)
		identify(&info, crash);
	bytes_add(&text, title, (size_t)n);
	if (m->plan.bomb && crash == 1 && part == 1)
		make_bomb(&text, 20 * region->unit_bytes);
	else
		make_lines(m, &text, crash, part, make_room(m, room, compressed));
	info.seq = m->seq++;
	info.reason = compressed ? 1 : 2;
	info.count = 1 + crash % 3;
	info.part = part;
	info.flags = (compressed ? PSTORE_MEDIA_COMPRESSED : 0) |
		     (part == m->plan.parts ? PSTORE_MEDIA_LAST_PART : 0);
	info.payload_bytes = make_payload(&text, at + PSTORE_MEDIA_HEADER_BYTES,
					  room, compressed);
	info.payload_crc = pstore_media_crc(at + PSTORE_MEDIA_HEADER_BYTES,
					    info.payload_bytes);
	if (m->plan.note && !*noted)
		*noted = make_note(m, at, region->unit_bytes, &info);
	if (is_erased(m, info.seq))
		info.state = PSTORE_MEDIA_ERASED;
	pstore_media_encode_record(at, &m->layout, &info);

	expect(m, text.data, text.nr, "record-%llu", info.seq);
	*whole = (struct bytes){};
	bytes_add(whole, text.data + n, text.nr - (size_t)n);
	if (old.nr)
		bytes_add(whole, old.data, old.nr);
	free(old.data);
	free(text.data);
}

static void make_crashes(struct making *m, const struct pstore_region *region)
{
	__u32 crash, part, i;

	m->seq = region->first_seq;
	for (crash = 0; crash < m->plan.crashes; crash++) {
		struct bytes whole = {};
		bool noted = false;

		for (part = 1; part <= m->plan.parts; part++)
			if (!is_refused(m))
				make_part(m, region, crash, part, &noted, &whole);
		expect(m, whole.data, whole.nr, "crash-%u", crash);
		free(whole.data);
	}
	for (i = 0; i < m->plan.slots; i++)
		map(m, region->offset + (__u64)i * region->unit_bytes,
		    "slot %u", i);
}

/* Streams. */

/**
 * struct writer - writes to a bank
 * @m:		the image
 * @region:	the stream's
 * @bank:	which bank
 * @head:	its head
 * @end:	end of the stream
 * @tail:	where its last block begins
 * @next:	the next block to be written
 * @pair:	the places that the block at @tail takes turns in
 * @nr_pair:	how many of them there are
 * @in_use:	the one that has its bytes
 * @text:	all that was acknowledged
 */
struct writer {
	struct making			*m;
	const struct pstore_region	*region;
	__u32				bank;
	struct pstore_record_info	head;
	__u64				end;
	__u64				tail;
	__u32				next;
	__u32				pair[2];
	__u32				nr_pair;
	__u32				in_use;
	struct bytes			text;
};

static __u32 writer_room(const struct writer *w)
{
	return w->region->unit_bytes - PSTORE_MEDIA_STREAM_HEADER_BYTES;
}

static bool writer_is_pair(const struct writer *w, __u32 block)
{
	return (w->nr_pair > 0 && w->pair[0] == block) ||
	       (w->nr_pair > 1 && w->pair[1] == block);
}

static __u32 writer_take(struct writer *w)
{
	__u32 blocks = pstore_media_bank_blocks(w->region), block;

	do {
		block = w->next;
		w->next = (w->next + 1) % blocks;
	} while (writer_is_pair(w, block));
	return block;
}

/* Write one block, with bytes from @from on, which are part of an append. */
static void writer_put(struct writer *w, __u32 block, __u64 from,
		       const void *data, __u32 nr, __u64 begin, __u64 end)
{
	__u8 *at = w->m->image + pstore_media_block_pos(w->region, w->bank,
							block);
	struct pstore_block_info info = {
		.offset = from, .bytes = nr, .begin = begin, .end = end,
		.next = w->next,
	};

	memcpy(at + PSTORE_MEDIA_STREAM_HEADER_BYTES, data, nr);
	pstore_media_encode_block(at, &w->m->layout, &w->head,
				  w->region->unit_bytes, &info);
}

/* The append fits into the last block: write that one again, elsewhere. */
static void writer_continue(struct writer *w, const void *data, __u32 nr)
{
	__u8 block[PSTORE_MEDIA_MAX_BLOCK_BYTES];
	__u32 have = (__u32)(w->end - w->tail);

	if (w->nr_pair < 2) {
		w->pair[1] = writer_take(w);
		w->nr_pair = 2;
	}
	memcpy(block, w->text.data + w->text.nr - have, have);
	memcpy(block + have, data, nr);
	w->in_use = !w->in_use;
	writer_put(w, w->pair[w->in_use], w->tail, block, have + nr, w->end,
		   w->end + nr);
}

/* New blocks; without the @missing one of them. */
static void writer_begin(struct writer *w, const __u8 *data, __u32 nr,
			 __u32 missing)
{
	__u32 room = writer_room(w), done, n, i, block = 0;

	w->nr_pair = w->nr_pair ? 1 : 0;
	w->pair[0] = w->pair[w->in_use];
	for (done = 0, i = 0; done < nr; done += n, i++) {
		n = min(nr - done, room);
		block = writer_take(w);
		if (i != missing)
			writer_put(w, block, w->end + done, data + done, n,
				   w->end, w->end + nr);
	}
	w->tail = w->end + (nr - 1) / room * room;
	w->pair[0] = block;
	w->nr_pair = 1;
	w->in_use = 0;
}

static void writer_append(struct writer *w, const void *data, __u32 nr)
{
	if (w->tail < w->end && w->end - w->tail + nr <= writer_room(w))
		writer_continue(w, data, nr);
	else
		writer_begin(w, data, nr, ~0U);
	w->end += nr;
	bytes_add(&w->text, data, nr);
}

/* Something to append: lines, or function calls out of order and some twice. */
static __u32 make_append(struct writer *w, __u8 *data, __u32 nr, __u32 i)
{
	struct pstore_media_trace *calls = (void *)data;
	__u32 at;

	if (w->region->type != PSTORE_MEDIA_REGION_FTRACE) {
		for (at = 0; at < nr; at++)
			data[at] = (__u8)('a' + draw(w->m) % 26);
		data[nr - 1] = '\n';
		data[0] = (__u8)(i * 7);
		return nr;
	}
	nr = max(nr / 32, 1U);
	for (at = 0; at < nr; at++) {
		calls[at] = (struct pstore_media_trace){
			.ip = cpu_to_le64(0xffffffff81000000ULL + draw(w->m)),
			.parent_ip = cpu_to_le64(0xffffffff82000000ULL + at),
			.stamp = cpu_to_le64((i * 1000ULL + at) ^ 3),
			.cpu = cpu_to_le32(at % 4),
		};
		if (at % 5 == 4)
			calls[at] = calls[at - 1];
	}
	return nr * 32;
}

static int call_cmp(const void *a, const void *b)
{
	const struct pstore_media_trace *x = a, *y = b;
	__u64 p = le64_to_cpu(x->stamp), q = le64_to_cpu(y->stamp);

	if (p == q)
		return memcmp(x, y, sizeof(*x));
	return p < q ? -1 : 1;
}

/* The calls at @data as pstore shows them. */
static struct bytes trace_text(const __u8 *data, size_t nr)
{
	struct pstore_media_trace *calls = need(malloc(nr + 1));
	struct bytes text = { .data = need(malloc(1)) };
	char line[128];
	size_t i;
	int n;

	memcpy(calls, data, nr);
	nr /= sizeof(*calls);
	qsort(calls, nr, sizeof(*calls), call_cmp);
	for (i = 0; i < nr; i++) {
		if (i && !memcmp(&calls[i - 1], &calls[i], sizeof(*calls)))
			continue;
		n = snprintf(line, sizeof(line), "CPU:%u ts:%llu %016llx %016llx\n",
			     le32_to_cpu(calls[i].cpu),
			     le64_to_cpu(calls[i].stamp),
			     le64_to_cpu(calls[i].ip),
			     le64_to_cpu(calls[i].parent_ip));
		bytes_add(&text, line, (size_t)n);
	}
	free(calls);
	return text;
}

static const char *stream_name(__u32 type)
{
	if (type == PSTORE_MEDIA_REGION_FTRACE)
		return "ftrace";
	return type == PSTORE_MEDIA_REGION_PMSG ? "pmsg" : "console";
}

/* The newest bytes that were acknowledged. */
static void expect_stream(const struct writer *w)
{
	size_t limit = pstore_media_stream_bytes(w->region);
	size_t skip = w->text.nr > limit ? w->text.nr - limit : 0;
	const char *name = stream_name(w->region->type);
	const char *age = w->bank ? "newest" : "older";
	struct bytes text;

	if (w->region->type != PSTORE_MEDIA_REGION_FTRACE) {
		expect(w->m, w->text.data + skip, w->text.nr - skip, "%s-%s",
		       name, age);
		return;
	}
	text = trace_text(w->text.data + skip, w->text.nr - skip);
	expect(w->m, text.data, text.nr, "%s-%s", name, age);
	free(text.data);
}

static void make_appends(struct writer *w, __u32 appends)
{
	const struct plan *plan = &w->m->plan;
	__u32 i, nr, most = max(plan->large, 5 * writer_room(w));
	__u8 *data = need(malloc(most));

	for (i = 0; i < appends; i++) {
		if (i == appends / 2 && w->bank && plan->gap) {
			w->end += plan->wide_gap ? (1ULL << 32) + 3200 : 3200;
			w->tail = w->end;
		}
		nr = i % 5 == 4 ? plan->large : 32 + draw(w->m) % 160;
		nr = make_append(w, data, nr, i);
		writer_append(w, data, nr);
	}
	if (plan->cut && w->bank) {
		nr = make_append(w, data, 5 * writer_room(w), appends);
		writer_begin(w, data, nr, 2);
	}
	free(data);
}

/* Bank 0 is of the older boot, bank 1 of the newest one. */
static void make_bank(struct making *m, const struct pstore_region *region,
		      __u32 bank)
{
	struct writer w = { .m = m, .region = region, .bank = bank };
	__u64 pos = pstore_media_bank_pos(region, bank);
	const char *name = stream_name(region->type);
	__u32 i;

	describe(&w.head, 100 + bank);
	w.head.type = region->type;
	w.head.seq = 7 + bank;
	if (!bank && m->plan.erase_bank)
		w.head.state = PSTORE_MEDIA_ERASED;
	pstore_media_encode_record(m->image + pos, &m->layout, &w.head);
	w.text.data = need(malloc(1));
	make_appends(&w, bank ? m->plan.appends : min(m->plan.appends, 3U));
	expect_stream(&w);
	free(w.text.data);
	map(m, pos, "%s head %u", name, bank);
	for (i = 0; i < pstore_media_bank_blocks(region); i++)
		map(m, pstore_media_block_pos(region, bank, i),
		    "%s block %u %u", name, bank, i);
}

/* The image. */

static void plan_region(struct making *m, __u64 *offset, __u32 type,
			__u32 unit, __u64 bytes)
{
	struct pstore_region *region =
		&m->layout.regions[m->layout.nr_regions++];

	region->type = type;
	region->unit_bytes = unit;
	region->offset = *offset;
	region->bytes = bytes;
	if (type == PSTORE_MEDIA_REGION_CRASH)
		region->first_seq = m->plan.first_seq;
	*offset += bytes;
}

static void plan_layout(struct making *m)
{
	static const __u32 streams[] = {
		PSTORE_MEDIA_REGION_CONSOLE, PSTORE_MEDIA_REGION_PMSG,
		PSTORE_MEDIA_REGION_FTRACE,
	};
	const struct plan *plan = &m->plan;
	__u64 offset = PSTORE_MEDIA_BLOCK_BYTES;
	__u32 i;

	for (i = 0; i < sizeof(m->layout.area_id); i++)
		m->layout.area_id[i] = (__u8)(0xa0 + i);
	m->layout.generation = 1;
	for (i = 0; i < 3 && !plan->bare; i++)
		plan_region(m, &offset, streams[i], plan->unit,
			    pstore_media_stream_region_bytes(plan->stream,
							     plan->unit));
	plan_region(m, &offset, PSTORE_MEDIA_REGION_CRASH, plan->slot_bytes,
		    (__u64)plan->slots * plan->slot_bytes);
	m->layout.area_bytes = offset + PSTORE_MEDIA_BLOCK_BYTES;
	m->bytes = m->layout.area_bytes + plan->pad;
}

/* However large the area is, two blocks of it are written. */
static void write_sparse(const struct making *m, const char *name)
{
	__u64 block[PSTORE_MEDIA_BLOCK_BYTES / 8];
	FILE *file = fopen(name, "w");

	pstore_media_encode_layout(block, &m->layout);
	if (!file || fwrite(block, 1, sizeof(block), file) != sizeof(block) ||
	    fseeko(file, (off_t)(m->layout.area_bytes - sizeof(block)),
		   SEEK_SET) ||
	    fwrite(block, 1, sizeof(block), file) != sizeof(block) ||
	    fclose(file))
		die(name);
}

static void make_image(struct making *m)
{
	__u64 last;
	__u32 i, bank;

	last = m->layout.area_bytes - PSTORE_MEDIA_BLOCK_BYTES;
	m->image = need(calloc(m->bytes, 1));
	pstore_media_encode_layout(m->image, &m->layout);
	pstore_media_encode_layout(m->image + last, &m->layout);
	map(m, 0, "first layout");
	map(m, last, "last layout");
	for (i = 0; i < m->layout.nr_regions; i++) {
		const struct pstore_region *region = &m->layout.regions[i];

		if (region->type == PSTORE_MEDIA_REGION_CRASH) {
			make_crashes(m, region);
			continue;
		}
		for (bank = 0; bank < PSTORE_MEDIA_BANKS; bank++)
			make_bank(m, region, bank);
	}
}

/* Random images. */

static bool one_in(struct making *m, __u32 n)
{
	return !(draw(m) % n);
}

static __u32 between(struct making *m, __u32 least, __u32 most)
{
	return least + draw(m) % (most - least + 1);
}

static void random_ring(struct making *m)
{
	struct plan *plan = &m->plan;
	__u32 i;

	plan->slots = between(m, 2, 9);
	plan->slot_bytes = 4096 * between(m, 1, 3);
	plan->crashes = between(m, 0, 5);
	plan->parts = between(m, 1, 4);
	plan->bomb = one_in(m, 10);
	plan->first_seq = one_in(m, 2) ? 0 : (__u64)draw(m) << between(m, 0, 31);
	if (one_in(m, 3))
		plan->refused = plan->first_seq +
				between(m, 1, plan->crashes * plan->parts + 1);
	plan->nr_erased = between(m, 0, 3);
	for (i = 0; i < plan->nr_erased; i++)
		plan->erased[i] = plan->first_seq +
				  between(m, 0, plan->crashes * plan->parts);
}

static void random_streams(struct making *m)
{
	struct plan *plan = &m->plan;

	plan->unit = 512U << between(m, 0, 3);
	plan->stream = between(m, 200, 6000);
	plan->appends = between(m, 0, 40);
	plan->large = between(m, 100, 1500);
	plan->bare = one_in(m, 6);
	plan->cut = one_in(m, 3);
	plan->gap = one_in(m, 4);
	plan->wide_gap = plan->gap && one_in(m, 2);
	plan->erase_bank = one_in(m, 5);
}

/* The same image for the same number, on each machine. */
static void random_plan(struct making *m, __u64 number)
{
	static const __u64 pads[] = { 0, 0, 777, 8192 };

	m->random = (number + 1) * 0x9e3779b97f4a7c15ULL;
	random_ring(m);
	random_streams(m);
	m->plan.pad = pads[draw(m) % ARRAY_SIZE(pads)];
	m->plan.damage = one_in(m, 4) ? 0 : between(m, 1, 6);
	m->plan.note = one_in(m, 3) ? 0 : between(m, 1, 1500);
}

/* Change one copy of the layout block, and give it the right checksum. */
static void damage_layout(struct making *m)
{
	__u64 last = m->layout.area_bytes - PSTORE_MEDIA_BLOCK_BYTES;
	struct pstore_media_layout *layout = (void *)(m->image +
						      (one_in(m, 2) ? last : 0));

	switch (draw(m) % 4) {
	case 0:
		layout->generation = cpu_to_le64(between(m, 0, 3));
		break;
	case 1:
		layout->version = cpu_to_le32(between(m, 0, 2));
		break;
	case 2:
		layout->area_id[0] ^= 1;
		break;
	default:
		memset(layout, one_in(m, 2) ? 0 : draw(m),
		       PSTORE_MEDIA_BLOCK_BYTES);
		return;
	}
	seal_layout((__u8 *)layout);
}

/* Something happens to the bytes at a place where a structure may be. */
static void damage_place(struct making *m)
{
	__u32 places = (__u32)(m->layout.area_bytes / 512);
	__u8 *at = m->image + 512ULL * (draw(m) % places);
	__u8 *from = m->image + 512ULL * (draw(m) % places);
	size_t room = m->bytes - (size_t)((at > from ? at : from) - m->image);
	size_t nr = min(room, (size_t)512 << draw(m) % 5);

	switch (draw(m) % 4) {
	case 0:
		at[draw(m) % 512] ^= 1U << draw(m) % 8;
		break;
	case 1:
		at[draw(m) % 112] ^= 1U << draw(m) % 8;
		break;
	case 2:
		memset(at, one_in(m, 2) ? 0 : 0xff, nr);
		break;
	default:
		memmove(at, from, nr);
	}
}

static void damage(struct making *m)
{
	__u32 i;

	for (i = 0; i < m->plan.damage; i++) {
		if (one_in(m, 12))
			damage_layout(m);
		else
			damage_place(m);
	}
	if (m->plan.damage && one_in(m, 2))
		seal_image(m->image, m->bytes, draw(m) % 4);
	if (m->plan.damage && one_in(m, 20))
		m->bytes -= min(m->bytes, (size_t)between(m, 1, 20000));
}

static void write_image(const __u8 *image, size_t bytes, const char *name)
{
	FILE *file = fopen(name, "w");

	if (!file || fwrite(image, 1, bytes, file) != bytes || fclose(file))
		die(name);
}

/* Give the structures of an image that was changed new checksums. */
static int reseal(const char *name, unsigned int flags)
{
	FILE *file = fopen(name, "r");
	struct bytes image = {};
	__u8 piece[4096];
	size_t n;

	if (!file)
		die(name);
	while ((n = fread(piece, 1, sizeof(piece), file)))
		bytes_add(&image, piece, n);
	fclose(file);
	seal_image(image.data, image.nr, flags);
	write_image(image.data, image.nr, name);
	free(image.data);
	return 0;
}

static const char usage[] =
"usage: mkimage [OPTION...] IMAGE\n"
"       mkimage --random NUMBER IMAGE\n"
"       mkimage --seal IMAGE\n"
"\n"
"Make an image with a pstore area, for tests.\n"
"\n"
"  --slots N --slot-bytes N --first-seq N   the ring of crash records\n"
"  --crashes N --parts N --erase NUMBER     what is in it\n"
"  --note BYTES                             vmcoreinfo with each crash, in the first part\n"
"                                           with room; parts are of varying size\n"
"  --bomb                                   one part inflates to 20 slots\n"
"  --unit N --stream N --bare               blocks and size of streams, or none\n"
"  --appends N --large BYTES                what is in them\n"
"  --cut --gap --wide-gap --erase-bank      with an append that is not whole, bytes\n"
"                                           that are missing, older banks erased\n"
"  --sparse                                 nothing but layout blocks\n"
"  --pad BYTES                              bytes behind the area\n"
"  --flash BLOCK_BYTES[:UNIT]               the area on flash, as extents\n"
"  --odd BLOCK:bad|blank|torn|other         an eraseblock that is not used\n"
"  --last cut|head|unit                     the last extent is not whole: its payload,\n"
"                                           its header, or all but its first byte\n"
"  --expect DIR --map FILE                  what should be read, where things lie\n"
"  --random NUMBER                          all of that, and damage, by chance\n"
"  --seal, --seal-payloads                  new checksums for a changed image\n";

static const struct option options[] = {
	{ "slots", required_argument, NULL, 's' },
	{ "slot-bytes", required_argument, NULL, 'b' },
	{ "first-seq", required_argument, NULL, 'f' },
	{ "crashes", required_argument, NULL, 'c' },
	{ "parts", required_argument, NULL, 'p' },
	{ "erase", required_argument, NULL, 'e' },
	{ "unit", required_argument, NULL, 'u' },
	{ "stream", required_argument, NULL, 't' },
	{ "bare", no_argument, NULL, 'B' },
	{ "appends", required_argument, NULL, 'a' },
	{ "large", required_argument, NULL, 'l' },
	{ "note", required_argument, NULL, 'n' },
	{ "cut", no_argument, NULL, 'C' },
	{ "gap", no_argument, NULL, 'G' },
	{ "wide-gap", no_argument, NULL, 'W' },
	{ "erase-bank", no_argument, NULL, 'E' },
	{ "bomb", no_argument, NULL, 'O' },
	{ "sparse", no_argument, NULL, 'N' },
	{ "pad", required_argument, NULL, 'P' },
	{ "flash", required_argument, NULL, 'F' },
	{ "odd", required_argument, NULL, 'D' },
	{ "last", required_argument, NULL, 'L' },
	{ "expect", required_argument, NULL, 'x' },
	{ "map", required_argument, NULL, 'm' },
	{ "random", required_argument, NULL, 'R' },
	{ "seal", no_argument, NULL, 'S' },
	{ "seal-payloads", no_argument, NULL, 'Y' },
	{}
};

/* Return: where the number of option @letter goes, or NULL if it is not one. */
static __u32 *plan_number(struct plan *plan, int letter)
{
	switch (letter) {
	case 's':
		return &plan->slots;
	case 'b':
		return &plan->slot_bytes;
	case 'c':
		return &plan->crashes;
	case 'p':
		return &plan->parts;
	case 'u':
		return &plan->unit;
	case 't':
		return &plan->stream;
	case 'a':
		return &plan->appends;
	case 'l':
		return &plan->large;
	case 'n':
		return &plan->note;
	default:
		return NULL;
	}
}

static void plan_flag(struct plan *plan, int letter)
{
	plan->bare |= letter == 'B';
	plan->cut |= letter == 'C';
	plan->gap |= letter == 'G' || letter == 'W';
	plan->wide_gap |= letter == 'W';
	plan->erase_bank |= letter == 'E';
	plan->bomb |= letter == 'O';
	plan->sparse |= letter == 'N';
}

static void parse_flash(struct flash_plan *flash, int letter, char *text)
{
	char *behind;

	if (letter == 'L') {
		flash->last = text[0];
		return;
	}
	if (letter == 'F') {
		flash->block_bytes = (__u32)strtoul(text, &behind, 0);
		flash->unit_bytes = *behind ? (__u32)strtoul(behind + 1, NULL, 0) :
					      PSTORE_FLASH_HEADER_BYTES;
		return;
	}
	flash->odd_block = (__u32)strtoul(text, &behind, 0);
	flash->odd = behind[0] ? behind[1] == 'b' ? behind[2] : behind[1] : 0;
}

static void parse_option(struct making *m, int letter)
{
	__u64 number = optarg ? strtoull(optarg, NULL, 0) : 0;
	__u32 *at = plan_number(&m->plan, letter);

	if (at)
		*at = (__u32)number;
	else if (letter == 'f')
		m->plan.first_seq = number;
	else if (letter == 'P')
		m->plan.pad = number;
	else if (letter == 'R')
		random_plan(m, number);
	else if (letter == 'e' && m->plan.nr_erased < MAX_ERASED)
		m->plan.erased[m->plan.nr_erased++] = number;
	else if (letter == 'x')
		m->expect = optarg;
	else if (strchr("FDL", letter))
		parse_flash(&m->flash, letter, optarg);
	else
		plan_flag(&m->plan, letter);
}

static struct making making = {
	.random = 0x9e3779b97f4a7c15ULL,
	.plan = {
		.slots = 8, .slot_bytes = 8192, .crashes = 2, .parts = 3,
		.unit = 512, .stream = 4096, .appends = 12, .large = 1000,
	},
};

int main(int argc, char **argv)
{
	int letter, seal = 0;

	while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (letter == '?') {
			fputs(usage, stderr);
			return 2;
		}
		if (letter == 'm') {
			making.map = fopen(optarg, "w");
			if (!making.map)
				die(optarg);
		}
		seal |= letter == 'S' ? 1 : letter == 'Y' ? 3 : 0;
		parse_option(&making, letter);
	}
	if (argc - optind != 1) {
		fputs(usage, stderr);
		return 2;
	}
	if (seal)
		return reseal(argv[optind], seal & 2 ? SEAL_PAYLOADS : 0);
	if (making.expect && mkdir(making.expect, 0777) && errno != EEXIST)
		die(making.expect);
	plan_layout(&making);
	if (making.plan.sparse) {
		write_sparse(&making, argv[optind]);
		return 0;
	}
	make_image(&making);
	damage(&making);
	if (making.flash.block_bytes)
		making.image = make_flash(&making.flash, making.image,
					  &making.bytes, making.map);
	write_image(making.image, making.bytes, argv[optind]);
	free(making.image);
	if (making.map && fclose(making.map))
		die("map");
	return 0;
}
