// SPDX-License-Identifier: GPL-2.0
/*
 * What a record says. Its payload is read as a whole and verified before any of
 * it is used; what it inflates to is passed on piece by piece.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <linux/build_bug.h>

#include "reader.h"

#define TEXT_PIECE	65536
/* Raw deflate, with the largest window. */
#define TEXT_WINDOW	(-15)

static const char * const text_result_names[] = {
	[TEXT_OK]		= "readable",
	[TEXT_UNREADABLE]	= "it cannot be read",
	[TEXT_BAD_CRC]		= "its payload does not match its checksum",
	[TEXT_BAD_DEFLATE]	= "its payload does not inflate",
	[TEXT_TOO_LONG]		= "its payload inflates to more than 16 slots",
	[TEXT_NO_MEMORY]	= "there is no memory for it",
};

static_assert(ARRAY_SIZE(text_result_names) == TEXT_RESULT_COUNT);
static_assert(TEXT_MAX_SLOTS == 16); /* as the text says */

const char *text_result_name(enum text_result result)
{
	return text_result_names[result];
}

/*
 * How many bytes of text begin with its title, "Panic#1 Part2"? pstore puts one
 * before each part.
 */
static size_t title_bytes(const char *text, size_t len)
{
	char line[64];
	unsigned int count, part;
	int end = -1;

	len = min(len, sizeof(line) - 1);
	memcpy(line, text, len);
	line[len] = '\0';
	if (sscanf(line, "%*20[A-Za-z]#%u Part%u%n", &count, &part, &end) != 2 ||
	    end < 0 || line[end] != '\n')
		return 0;
	return (size_t)end + 1;
}

/* Pass on a piece; without @out, it is only counted. */
static void text_put(FILE *out, const void *text, size_t len, bool first,
		     bool skip_title)
{
	size_t skip = first && skip_title ? title_bytes(text, len) : 0;

	if (out)
		fwrite((const char *)text + skip, 1, len - skip, out);
}

/* Inflate what @z has to the end, in pieces that go through @piece. */
static enum text_result text_pump(z_stream *z, __u8 *piece, __u64 limit,
				  FILE *out, bool skip_title)
{
	__u64 total = 0;
	int ret = Z_OK;

	while (ret == Z_OK) {
		size_t n;

		z->next_out = piece;
		z->avail_out = TEXT_PIECE;
		ret = inflate(z, Z_NO_FLUSH);
		n = TEXT_PIECE - z->avail_out;
		if (n > limit - total)
			return TEXT_TOO_LONG;
		text_put(out, piece, n, !total, skip_title);
		total += n;
	}
	if (ret == Z_STREAM_END)
		return TEXT_OK;
	return ret == Z_MEM_ERROR ? TEXT_NO_MEMORY : TEXT_BAD_DEFLATE;
}

static enum text_result text_inflate(__u8 *payload, __u32 bytes, __u64 limit,
				     FILE *out, bool skip_title)
{
	z_stream z = { .next_in = payload, .avail_in = bytes };
	enum text_result result = TEXT_NO_MEMORY;
	__u8 *piece = malloc(TEXT_PIECE);

	if (piece && inflateInit2(&z, TEXT_WINDOW) == Z_OK) {
		result = text_pump(&z, piece, limit, out, skip_title);
		inflateEnd(&z);
	}
	free(piece);
	return result;
}

/* Read the payload of slot @index to @payload. */
static enum text_result text_read(struct area *area, const struct ring *ring,
				  __u32 index, __u8 *payload)
{
	const struct pstore_record_info *info = &ring->slots[index].info;

	if (area_read(area, ring_pos(ring, index) + PSTORE_MEDIA_HEADER_BYTES,
		      payload, info->payload_bytes))
		return TEXT_UNREADABLE;
	if (pstore_media_crc(payload, info->payload_bytes) != info->payload_crc)
		return TEXT_BAD_CRC;
	return TEXT_OK;
}

static enum text_result text_process(struct area *area, const struct ring *ring,
				     __u32 index, FILE *out, bool skip_title)
{
	const struct pstore_record_info *info = &ring->slots[index].info;
	__u64 limit = (__u64)TEXT_MAX_SLOTS * ring->region->unit_bytes;
	__u8 *payload = malloc(info->payload_bytes);
	enum text_result result;

	if (!payload)
		return TEXT_NO_MEMORY;
	result = text_read(area, ring, index, payload);
	if (result == TEXT_OK && info->flags & PSTORE_MEDIA_COMPRESSED)
		result = text_inflate(payload, info->payload_bytes, limit, out,
				      skip_title);
	else if (result == TEXT_OK)
		text_put(out, payload, info->payload_bytes, true, skip_title);
	free(payload);
	return result;
}

/* Is the record in slot @index, which holds one, intact? */
enum text_result text_verify(struct area *area, const struct ring *ring,
			     __u32 index)
{
	return text_process(area, ring, index, NULL, false);
}

/* Write the text of the record in slot @index, with or without its title. */
enum text_result text_write(struct area *area, const struct ring *ring,
			    __u32 index, bool skip_title)
{
	return text_process(area, ring, index, area->out, skip_title);
}
