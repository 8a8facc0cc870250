// SPDX-License-Identifier: GPL-2.0
/*
 * What is sound, what was cut short, what is damaged: streams. See check.c.
 *
 * - A head that is blank, of an earlier layout or not a head at all: the bank is
 *   empty, which is sound. A head of ours with a bad checksum, a field out of range
 *   or without its magic is damage, and so are two heads with the same number.
 * - The blocks of a bank that is empty or erased do not matter.
 * - A block of another stream, boot or generation. Sound: it is left from before,
 *   or a boot has begun to write over the bank and has not written a head yet. Also
 *   if its checksum does not match: that depends on the size of blocks and on the
 *   area, which may have been others.
 * - A block that is not shown, because a longer one has its bytes or because newer
 *   ones have filled the bank. Sound.
 * - A block that says to be of this bank and does not match its checksum. Cut
 *   short, if nothing is lost by it: its bytes lie behind the newest ones that are
 *   shown, or are older than what the bank has to keep, or other blocks have them.
 *   Then a write was under way to that place. Damage otherwise.
 * - A block of this bank with a field out of range, or without its magic. Damage.
 * - An append of which blocks are missing, and not because newer ones have filled
 *   the bank. Cut short.
 * - A gap between bytes that are shown. Sound: those bytes came too fast, or the
 *   device refused them.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/build_bug.h>
#include <linux/overflow.h>

#include "reader.h"

enum block_state {
	BLOCK_BLANK,
	BLOCK_OLD,
	BLOCK_SHOWN,
	BLOCK_SPARE,
	BLOCK_INCOMPLETE,
	BLOCK_CUT_SHORT,
	BLOCK_BAD_CRC,
	BLOCK_BAD_FIELD,
	BLOCK_BAD_MAGIC,
	BLOCK_BAD_READ,
	BLOCK_STATE_COUNT,
};

/* How a block is reported. */
static const struct {
	enum severity	severity;
	const char	*text;
} block_states[] = {
	[BLOCK_BLANK]	   = { SEVERITY_SOUND, "blank" },
	[BLOCK_OLD]	   = { SEVERITY_SOUND, "not of this stream" },
	[BLOCK_SHOWN]	   = { SEVERITY_SOUND, "shown" },
	[BLOCK_SPARE]	   = { SEVERITY_SOUND, "replaced" },
	/* Appends are reported, not their blocks. */
	[BLOCK_INCOMPLETE] = { SEVERITY_SOUND, "of an incomplete append" },
	[BLOCK_CUT_SHORT]  = { SEVERITY_CUT_SHORT,
			       "a checksum that does not match, and nothing is lost by it" },
	[BLOCK_BAD_CRC]	   = { SEVERITY_DAMAGED,
			       "a checksum that does not match, and its bytes are lost" },
	[BLOCK_BAD_FIELD]  = { SEVERITY_DAMAGED, "a field out of range" },
	[BLOCK_BAD_MAGIC]  = { SEVERITY_DAMAGED, "a damaged magic number" },
	[BLOCK_BAD_READ]   = { SEVERITY_DAMAGED, "it cannot be read" },
};

static_assert(ARRAY_SIZE(block_states) == BLOCK_STATE_COUNT);

/* Bytes of a stream, as ranges that do not touch, in their order. */
struct range {
	__u64	from;
	__u64	to;
};

struct ranges {
	struct range	*ranges;
	__u32		nr;
};

/**
 * struct bank_check - the check of a bank
 * @check:	the check
 * @bank:	the bank
 * @name:	what it is called
 * @states:	enum block_state of each block
 * @covered:	the bytes that valid blocks have
 * @shown:	the bytes that are shown
 * @keep:	bytes before this need not be kept: the bank holds enough newer ones
 * @gap:	how many bytes are missing between those shown
 * @appends:	how many appends are incomplete
 */
struct bank_check {
	struct check	*check;
	struct bank	bank;
	char		name[32];
	__u8		*states;
	struct ranges	covered;
	struct ranges	shown;
	__u64		keep;
	__u64		gap;
	__u32		appends;
};

/* Add a range that does not begin before those that are there. */
static void ranges_add(struct ranges *ranges, __u64 from, __u64 to)
{
	struct range *last = ranges->ranges + ranges->nr - !!ranges->nr;

	if (!ranges->nr || from > last->to)
		ranges->ranges[ranges->nr++] = (struct range){ from, to };
	else
		last->to = max(last->to, to);
}

/* Are all bytes from @from up to @to in there? */
static bool ranges_cover(const struct ranges *ranges, __u64 from, __u64 to)
{
	__u32 low = 0, high = ranges->nr;

	while (high > low) {
		__u32 mid = low + (high - low) / 2;

		if (ranges->ranges[mid].from <= from)
			low = mid + 1;
		else
			high = mid;
	}
	return low && ranges->ranges[low - 1].to >= to;
}

/* The heads. */

static void check_head(struct check *check, const struct stream *stream,
		       unsigned int nr)
{
	const struct bank_head *head = &stream->heads[nr];
	const char *name = region_name(stream->region->type);

	if (head->error || head->lost_magic ||
	    head->verdict == PSTORE_MEDIA_BAD_CRC ||
	    head->verdict == PSTORE_MEDIA_BAD_FIELD ||
	    head->verdict == PSTORE_MEDIA_NEWER_VERSION ||
	    (head->verdict == PSTORE_MEDIA_OK && !head->valid))
		check_found(check, SEVERITY_DAMAGED, "%s bank %u: head: %s",
			    name, nr, bank_state(stream, nr));
	else if (!head->valid)
		fprintf(check->area->out, "%s bank %u: %s\n", name, nr,
			bank_state(stream, nr));
	else
		fprintf(check->area->out, "%s bank %u: %s, %s\n", name, nr,
			bank_age(stream, nr), bank_state(stream, nr));
}

static void check_heads(struct check *check, const struct stream *stream)
{
	unsigned int nr;

	for (nr = 0; nr < PSTORE_MEDIA_BANKS; nr++)
		check_head(check, stream, nr);
	if (stream->heads[0].valid && stream->heads[1].valid &&
	    stream->heads[0].info.seq == stream->heads[1].info.seq)
		check_found(check, SEVERITY_DAMAGED, "%s: the heads of both banks have number %llu",
			    region_name(stream->region->type),
			    stream->heads[0].info.seq);
}

/* Blocks that are not valid. */

static __u32 block_capacity(const struct bank *bank)
{
	return bank->stream->region->unit_bytes -
	       PSTORE_MEDIA_STREAM_HEADER_BYTES;
}

/* Does a block whose checksum is wrong say that it is of this bank? */
static bool block_is_ours(const struct bank_check *b,
			  const struct pstore_media_block *m)
{
	const struct pstore_record_info *head =
		&b->bank.stream->heads[b->bank.nr].info;

	return le64_to_cpu(m->generation) == b->check->area->layout.generation &&
	       le64_to_cpu(m->stream) == head->seq &&
	       !memcmp(m->boot_id, head->boot_id, sizeof(m->boot_id));
}

static enum block_state block_bad_crc(const struct bank_check *b, __u32 block)
{
	const struct pstore_media_block *m =
		(const void *)bank_block(&b->bank, block);
	__u64 from = le64_to_cpu(m->offset), to;

	if (!block_is_ours(b, m))
		return BLOCK_OLD;
	if (!m->bytes || le32_to_cpu(m->bytes) > block_capacity(&b->bank) ||
	    check_add_overflow(from, (__u64)le32_to_cpu(m->bytes), &to))
		return BLOCK_BAD_CRC;
	return to > b->bank.end || to <= b->keep ||
	       ranges_cover(&b->covered, from, to) ? BLOCK_CUT_SHORT :
						     BLOCK_BAD_CRC;
}

/* The checksum does not cover the magic: is the rest a block of this bank? */
static enum block_state block_bad_magic(const struct bank_check *b, __u32 block)
{
	const struct pstore_record_info *head =
		&b->bank.stream->heads[b->bank.nr].info;
	__u32 unit = b->bank.stream->region->unit_bytes;
	__u64 copy[PSTORE_MEDIA_MAX_BLOCK_BYTES / 8];
	struct pstore_media_block *m = (void *)copy;
	struct pstore_block_info info;

	memcpy(copy, bank_block(&b->bank, block), unit);
	m->magic = cpu_to_le32(PSTORE_MEDIA_STREAM_BLOCK_MAGIC);
	return pstore_media_decode_block(copy, &b->check->area->layout, head,
					 unit, &info) == PSTORE_MEDIA_OK ?
	       BLOCK_BAD_MAGIC : BLOCK_OLD;
}

static enum block_state block_judge(const struct bank_check *b, __u32 block)
{
	switch (b->bank.verdicts[block]) {
	case PSTORE_MEDIA_OK:
		return BLOCK_SPARE;
	case PSTORE_MEDIA_BLANK:
		return BLOCK_BLANK;
	case PSTORE_MEDIA_BAD_MAGIC:
		return block_bad_magic(b, block);
	case PSTORE_MEDIA_BAD_CRC:
		return block_bad_crc(b, block);
	case PSTORE_MEDIA_BAD_FIELD:
		return BLOCK_BAD_FIELD;
	case BLOCK_UNREADABLE:
		return BLOCK_BAD_READ;
	default:
		return BLOCK_OLD;
	}
}

/* Blocks that are valid. */

/* What bank_load() has decided: which bytes are shown, and the gaps in them. */
static void bank_check_shown(struct bank_check *b)
{
	const struct pstore_block_info *v = b->bank.valid;
	__u32 i;

	for (i = 0; i < b->bank.nr_valid; i++, v++) {
		if (!v->take)
			continue;
		b->states[v->block] = BLOCK_SHOWN;
		ranges_add(&b->shown, v->offset + v->skip,
			   v->offset + v->skip + v->take);
	}
	for (i = 1; i < b->shown.nr; i++)
		b->gap += b->shown.ranges[i].from - b->shown.ranges[i - 1].to;
	if (b->bank.bytes == pstore_media_stream_bytes(b->bank.stream->region))
		b->keep = b->shown.ranges[0].from;
}

/* What need be kept, and is neither shown nor in another block, is not whole. */
static void bank_check_appends(struct bank_check *b)
{
	const struct pstore_block_info *v = b->bank.valid, *last = NULL;
	__u32 i;

	for (i = 0; i < b->bank.nr_valid; i++, v++) {
		__u64 end = v->offset + v->bytes;

		if (end <= b->keep || b->states[v->block] == BLOCK_SHOWN ||
		    ranges_cover(&b->shown, max(v->offset, v->begin), end))
			continue;
		b->states[v->block] = BLOCK_INCOMPLETE;
		b->appends += !last || last->begin != v->begin ||
			      last->end != v->end;
		last = v;
	}
}

static void bank_check_judge(struct bank_check *b)
{
	const struct pstore_block_info *v = b->bank.valid;
	__u32 i;

	for (i = 0; i < b->bank.nr_valid; i++, v++)
		ranges_add(&b->covered, v->offset, v->offset + v->bytes);
	bank_check_shown(b);
	for (i = 0; i < b->bank.nr_blocks; i++)
		if (b->states[i] != BLOCK_SHOWN)
			b->states[i] = block_judge(b, i);
	bank_check_appends(b);
}

/* Report. */

static void bank_check_report(struct bank_check *b)
{
	struct run run = { .check = b->check };
	char what[48];
	__u32 i;

	fprintf(b->check->area->out, "%s: %u bytes to show, %llu missing between them\n",
		b->name, b->bank.bytes, b->gap);
	snprintf(what, sizeof(what), "%s: block", b->name);
	run.what = what;
	for (i = 0; i < b->bank.nr_blocks; i++) {
		enum block_state state = b->states[i];

		if (block_states[state].severity == SEVERITY_SOUND) {
			run_add(&run, i, block_states[state].text);
			continue;
		}
		run_end(&run);
		check_found(b->check, block_states[state].severity,
			    "%s %u: %s", what, i, block_states[state].text);
	}
	run_end(&run);
	if (b->appends)
		check_found(b->check, SEVERITY_CUT_SHORT, "%s: incomplete appends: %u",
			    b->name, b->appends);
}

static bool bank_check_alloc(struct bank_check *b)
{
	__u32 nr = b->bank.nr_blocks;

	b->states = calloc(nr, 1);
	b->covered.ranges = calloc(nr, sizeof(*b->covered.ranges));
	b->shown.ranges = calloc(nr, sizeof(*b->shown.ranges));
	return b->states && b->covered.ranges && b->shown.ranges;
}

static void check_bank(struct check *check, const struct stream *stream,
		       unsigned int nr)
{
	struct bank_check b = { .check = check };
	bool done;

	snprintf(b.name, sizeof(b.name), "%s bank %u",
		 region_name(stream->region->type), nr);
	done = bank_load(check->area, stream, nr, &b.bank) &&
	       bank_check_alloc(&b);
	if (done) {
		bank_check_judge(&b);
		bank_check_report(&b);
	} else {
		check_found(check, SEVERITY_DAMAGED, "%s: not checked, since there is no memory",
			    b.name);
	}
	free(b.states);
	free(b.covered.ranges);
	free(b.shown.ranges);
	bank_free(&b.bank);
}

/* Check all streams that the layout has. */
void check_streams(struct check *check)
{
	const struct pstore_layout *layout = &check->area->layout;
	struct stream stream;
	unsigned int nr;
	__u32 i;

	for (i = 0; i < layout->nr_regions; i++) {
		if (!pstore_media_is_stream(layout->regions[i].type))
			continue;
		stream_load(check->area, &layout->regions[i], &stream);
		check_heads(check, &stream);
		for (nr = 0; nr < PSTORE_MEDIA_BANKS; nr++)
			if (bank_is_live(&stream, nr))
				check_bank(check, &stream, nr);
	}
}
