// SPDX-License-Identifier: GPL-2.0
/*
 * Streams: the heads of their banks, and the bytes in them. A bank is read as a
 * whole, and what its valid blocks add up to is for media.c to say.
 */
#include <stdlib.h>
#include <string.h>

#include "reader.h"

/* Reads go in pieces of this size, so that a bad place costs little. */
#define BANK_PIECE	262144U

static const __u32 stream_types[] = {
	PSTORE_MEDIA_REGION_CONSOLE,
	PSTORE_MEDIA_REGION_PMSG,
	PSTORE_MEDIA_REGION_FTRACE,
};

static void head_look(struct area *area, const struct pstore_region *region,
		      unsigned int nr, struct bank_head *head)
{
	head->error = area_read(area, pstore_media_bank_pos(region, nr),
				area->block, PSTORE_MEDIA_HEADER_BYTES);
	if (head->error)
		return;
	head->verdict = pstore_media_decode_record(area->block, &area->layout,
						   PSTORE_MEDIA_BLOCK_BYTES,
						   &head->info);
	head->lost_magic = head->verdict == PSTORE_MEDIA_BAD_MAGIC &&
			   header_has_lost_magic(area, PSTORE_MEDIA_BLOCK_BYTES);
	head->valid = head->verdict == PSTORE_MEDIA_OK &&
		      head->info.type == region->type;
}

/* Look at the heads of the stream in @region. */
void stream_load(struct area *area, const struct pstore_region *region,
		 struct stream *stream)
{
	unsigned int nr;

	memset(stream, 0, sizeof(*stream));
	stream->region = region;
	for (nr = 0; nr < PSTORE_MEDIA_BANKS; nr++)
		head_look(area, region, nr, &stream->heads[nr]);
	stream->newest = !stream->heads[0].valid ||
			 (stream->heads[1].valid &&
			  stream->heads[1].info.seq > stream->heads[0].info.seq);
}

bool bank_is_live(const struct stream *stream, unsigned int nr)
{
	return stream->heads[nr].valid &&
	       stream->heads[nr].info.state == PSTORE_MEDIA_LIVE;
}

/* Return: what state bank @nr is in. */
const char *bank_state(const struct stream *stream, unsigned int nr)
{
	const struct bank_head *head = &stream->heads[nr];

	if (head->valid)
		return bank_is_live(stream, nr) ? "live" : "erased";
	if (head->error)
		return "unreadable";
	if (head->verdict == PSTORE_MEDIA_OK)
		return "empty (head of another stream)";
	if (head->lost_magic)
		return "a damaged magic number";
	if (head->verdict == PSTORE_MEDIA_BAD_MAGIC)
		return "empty (not a head)";
	if (head->verdict == PSTORE_MEDIA_BLANK)
		return "empty";
	if (head->verdict == PSTORE_MEDIA_STALE)
		return "empty (head of an earlier layout)";
	return pstore_media_verdict_name(head->verdict);
}

/* Return: which of the two banks bank @nr is. */
const char *bank_age(const struct stream *stream, unsigned int nr)
{
	return nr == stream->newest ? "newest" : "older";
}

const __u8 *bank_block(const struct bank *bank, __u32 block)
{
	return bank->data + (size_t)block * bank->stream->region->unit_bytes;
}

/* Something in there is bad: block by block. */
static void bank_read_blocks(struct area *area, struct bank *bank, __u32 block,
			     __u32 n)
{
	__u32 unit = bank->stream->region->unit_bytes;
	__u64 pos;

	for (; n; n--, block++) {
		pos = pstore_media_block_pos(bank->stream->region, bank->nr,
					     block);
		if (area_read(area, pos, bank->data + (size_t)block * unit,
			      unit))
			bank->verdicts[block] = BLOCK_UNREADABLE;
	}
}

static void bank_read(struct area *area, struct bank *bank)
{
	const struct pstore_region *region = bank->stream->region;
	__u32 piece = BANK_PIECE / region->unit_bytes, block, n;
	size_t at;

	for (block = 0; block < bank->nr_blocks; block += n) {
		n = min(bank->nr_blocks - block, piece);
		at = (size_t)block * region->unit_bytes;
		if (area->image->read(area->image,
				      pstore_media_block_pos(region, bank->nr,
							     block),
				      bank->data + at,
				      (size_t)n * region->unit_bytes))
			bank_read_blocks(area, bank, block, n);
	}
}

static void bank_decode(struct area *area, struct bank *bank)
{
	const struct pstore_record_info *head =
		&bank->stream->heads[bank->nr].info;
	__u32 unit = bank->stream->region->unit_bytes, i;
	struct pstore_block_info *info;

	for (i = 0; i < bank->nr_blocks; i++) {
		if (bank->verdicts[i] == BLOCK_UNREADABLE)
			continue;
		info = &bank->valid[bank->nr_valid];
		bank->verdicts[i] =
			pstore_media_decode_block(bank_block(bank, i),
						  &area->layout, head, unit,
						  info);
		if (bank->verdicts[i] != PSTORE_MEDIA_OK)
			continue;
		info->block = i;
		bank->nr_valid++;
	}
	qsort(bank->valid, bank->nr_valid, sizeof(*bank->valid),
	      pstore_media_block_cmp);
}

static void bank_assemble(struct bank *bank)
{
	__u32 limit = pstore_media_stream_bytes(bank->stream->region), i;

	bank->bytes = pstore_media_assemble(bank->valid, bank->nr_valid, limit);
	for (i = 0; i < bank->nr_valid; i++)
		if (bank->valid[i].take)
			bank->end = bank->valid[i].offset +
				    bank->valid[i].skip + bank->valid[i].take;
}

/*
 * Read bank @nr, which has a valid head. It is freed with bank_free().
 * Return: whether there was memory for it, else after a message.
 */
bool bank_load(struct area *area, const struct stream *stream, unsigned int nr,
	       struct bank *bank)
{
	memset(bank, 0, sizeof(*bank));
	bank->stream = stream;
	bank->nr = nr;
	bank->nr_blocks = pstore_media_bank_blocks(stream->region);
	bank->data = calloc(bank->nr_blocks, stream->region->unit_bytes);
	bank->verdicts = calloc(bank->nr_blocks, 1);
	bank->valid = calloc(bank->nr_blocks, sizeof(*bank->valid));
	if (!bank->data || !bank->verdicts || !bank->valid) {
		area_err(area, "no memory for a bank of %u blocks",
			 bank->nr_blocks);
		bank_free(bank);
		return false;
	}
	bank_read(area, bank);
	bank_decode(area, bank);
	bank_assemble(bank);
	return true;
}

void bank_free(struct bank *bank)
{
	free(bank->data);
	free(bank->verdicts);
	free(bank->valid);
	bank->data = NULL;
	bank->verdicts = NULL;
	bank->valid = NULL;
}

/* Write the bytes of a bank. Return: true. */
bool bank_write(struct area *area, const struct bank *bank)
{
	const struct pstore_block_info *info = bank->valid;
	__u32 i;

	for (i = 0; i < bank->nr_valid; i++, info++)
		if (info->take)
			fwrite(bank_block(bank, info->block) +
			       PSTORE_MEDIA_STREAM_HEADER_BYTES + info->skip,
			       1, info->take, area->out);
	return true;
}

/* What the ftrace stream is made of. */

static int trace_cmp(const void *a, const void *b)
{
	const struct pstore_media_trace *x = a, *y = b;
	__u64 p = le64_to_cpu(x->stamp), q = le64_to_cpu(y->stamp);

	if (p != q)
		return p < q ? -1 : 1;
	return memcmp(x, y, sizeof(*x));
}

static void trace_gather(const struct bank *bank, __u8 *at)
{
	const struct pstore_block_info *info = bank->valid;
	__u32 i;

	for (i = 0; i < bank->nr_valid; i++, info++) {
		memcpy(at, bank_block(bank, info->block) +
			   PSTORE_MEDIA_STREAM_HEADER_BYTES + info->skip,
		       info->take);
		at += info->take;
	}
}

/*
 * Write the calls in a bank as text, in their order, each one once.
 * Return: whether there was memory for it, else after a message.
 */
bool bank_write_trace(struct area *area, const struct bank *bank)
{
	struct pstore_media_trace *calls = malloc(bank->bytes + 1);
	__u32 i, nr = bank->bytes / sizeof(*calls);

	if (!calls) {
		area_err(area, "no memory for %u function calls", nr);
		return false;
	}
	trace_gather(bank, (__u8 *)calls);
	qsort(calls, nr, sizeof(*calls), trace_cmp);
	for (i = 0; i < nr; i++)
		if (!i || trace_cmp(&calls[i - 1], &calls[i]))
			fprintf(area->out, "CPU:%u ts:%llu %016llx %016llx\n",
				le32_to_cpu(calls[i].cpu),
				le64_to_cpu(calls[i].stamp),
				le64_to_cpu(calls[i].ip),
				le64_to_cpu(calls[i].parent_ip));
	free(calls);
	return true;
}

/* list */

static bool list_bank(struct area *area, const struct stream *stream,
		      unsigned int nr, bool all)
{
	const struct pstore_record_info *info = &stream->heads[nr].info;
	char time[TIME_CHARS], release[RELEASE_CHARS], id[ID_CHARS];
	struct bank bank;

	if (!stream->heads[nr].valid || !(all || bank_is_live(stream, nr)))
		return true;
	if (!bank_load(area, stream, nr, &bank))
		return false;
	fprintf(area->out, "%-7s  %-6s  %-20s  %8u  ",
		region_name(stream->region->type), bank_age(stream, nr),
		time_text(time, info), bank.bytes);
	if (all)
		fprintf(area->out, "%-6s  ", bank_state(stream, nr));
	fprintf(area->out, "%-8s  %s\n", id_text(id, info->boot_id, 4),
		release_text(release, info));
	bank_free(&bank);
	return true;
}

/*
 * List the banks of each stream, newest last. With @all, those that were erased,
 * too. Return: whether there was memory for it.
 */
bool list_streams(struct area *area, bool all)
{
	const struct pstore_region *region;
	struct stream stream;
	bool done = true;
	size_t i;

	if (area->layout.nr_regions > 1)
		fprintf(area->out, "\n%-7s  %-6s  %-20s  %8s  %s%-8s  %s\n",
			"STREAM", "BANK", "BEGUN", "BYTES",
			all ? "STATE   " : "", "BOOT", "RELEASE");
	for (i = 0; i < ARRAY_SIZE(stream_types); i++) {
		region = area_region(area, stream_types[i]);
		if (!region)
			continue;
		stream_load(area, region, &stream);
		done &= list_bank(area, &stream, !stream.newest, all);
		done &= list_bank(area, &stream, stream.newest, all);
	}
	return done;
}
