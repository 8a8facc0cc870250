// SPDX-License-Identifier: GPL-2.0
/*
 * Which copy of the layout block holds, and what it says. The rule is that of
 * media.h and of the kernel's claim.c: the first copy, unless the last one is of
 * the same area and newer. If the first one is invalid, the last one holds, but
 * not if somebody else has moved in at the front.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "reader.h"

/* Say what is wrong with the image. */
void area_err(const struct area *area, const char *format, ...)
{
	va_list args;

	fprintf(area->messages, "pstore-zone: %s: ", area->image->name);
	va_start(args, format);
	vfprintf(area->messages, format, args);
	va_end(args);
	fputc('\n', area->messages);
}

/*
 * Read from the image. What cannot be read is reported and counted.
 * Return: 0 or -errno.
 */
int area_read(struct area *area, __u64 pos, void *buf, size_t len)
{
	int ret = -EINVAL;

	if (len <= area->image->bytes && pos <= area->image->bytes - len)
		ret = area->image->read(area->image, pos, buf, len);
	if (!ret)
		return 0;
	area->unreadable++;
	area_err(area, "%zu bytes at %llu cannot be read: %s", len, pos,
		 strerror(-ret));
	return ret;
}

bool copy_is_valid(const struct layout_copy *copy)
{
	return !copy->error && copy->verdict == PSTORE_MEDIA_OK;
}

/* Return: what was found in place of the copy. */
const char *copy_state(const struct layout_copy *copy)
{
	if (copy->error)
		return strerror(-copy->error);
	return pstore_media_verdict_name(copy->verdict);
}

static void copy_look(struct area *area, struct layout_copy *copy, __u64 pos)
{
	struct pstore_layout any;

	copy->pos = pos;
	copy->error = area_read(area, pos, area->block, sizeof(area->block));
	if (copy->error)
		return;
	copy->verdict = pstore_media_decode_layout(area->block,
						   area->image->bytes,
						   &copy->layout);
	if (copy->verdict == PSTORE_MEDIA_TOO_LARGE &&
	    pstore_media_decode_layout(area->block, ~0ULL, &any) ==
	    PSTORE_MEDIA_OK)
		copy->cut_off = any.area_bytes;
}

static bool copy_is_newer_version(const struct layout_copy *copy)
{
	return !copy->error && copy->verdict == PSTORE_MEDIA_NEWER_VERSION;
}

/* Return: the copy that holds, or NULL. */
static const struct layout_copy *area_choose(const struct area *area)
{
	const struct layout_copy *first = &area->copies[0];
	const struct layout_copy *last = &area->copies[1];

	if (copy_is_newer_version(first) || copy_is_newer_version(last))
		return NULL;
	if (copy_is_valid(first))
		return copy_is_valid(last) &&
		       !memcmp(first->layout.area_id, last->layout.area_id,
			       sizeof(first->layout.area_id)) &&
		       last->layout.generation > first->layout.generation ?
		       last : first;
	if (!copy_is_valid(last))
		return NULL;
	return !first->error && first->verdict == PSTORE_MEDIA_BAD_MAGIC ?
	       NULL : last;
}

/* Neither copy holds: say why, and what to do. */
static void area_refuse(const struct area *area)
{
	const struct layout_copy *first = &area->copies[0];
	const struct layout_copy *last = &area->copies[1];

	if (copy_is_newer_version(first) || copy_is_newer_version(last))
		area_err(area, "holds a newer version of the format than version %d, which is the newest one that this program knows; use a newer pstore-zone",
			 PSTORE_MEDIA_VERSION);
	else if (first->cut_off)
		area_err(area, "was cut off: it has %llu bytes, and the area in it has %llu; copy the whole device",
			 area->image->bytes, first->cut_off);
	else if (copy_is_valid(last))
		area_err(area, "the last layout block is that of a pstore area, but somebody else has used the beginning since; to read it all the same, copy it and clear the first %d bytes of the copy",
			 PSTORE_MEDIA_BLOCK_BYTES);
	else
		area_err(area, "not a pstore area (first layout block: %s; last one: %s); name the disk or partition that pstore_blk.blkdev= or mtdoops.mtddev= names, or a copy of it",
			 copy_state(first), copy_state(last));
}

/* Find the layout. Return: whether there is one, else after a message. */
bool area_open(struct area *area)
{
	__u64 bytes = area->image->bytes & ~(PSTORE_MEDIA_BLOCK_BYTES - 1ULL);
	const struct layout_copy *chosen;

	if (bytes < 2 * PSTORE_MEDIA_BLOCK_BYTES) {
		area_err(area, "not a pstore area: it has %llu bytes, and the smallest area is larger; name the disk or partition that pstore_blk.blkdev= or mtdoops.mtddev= names, or a copy of it",
			 area->image->bytes);
		return false;
	}
	copy_look(area, &area->copies[0], 0);
	if (copy_is_valid(&area->copies[0]))
		bytes = area->copies[0].layout.area_bytes;
	copy_look(area, &area->copies[1], bytes - PSTORE_MEDIA_BLOCK_BYTES);
	chosen = area_choose(area);
	if (!chosen) {
		area_refuse(area);
		return false;
	}
	area->layout = chosen->layout;
	return true;
}

/* Return: the region of type @type, or NULL when there is none. */
const struct pstore_region *area_region(const struct area *area, __u32 type)
{
	__u32 i;

	for (i = 0; i < area->layout.nr_regions; i++)
		if (area->layout.regions[i].type == type)
			return &area->layout.regions[i];
	return NULL;
}

/* Return: what a region of type @type, which is valid, is called. */
const char *region_name(__u32 type)
{
	switch (type) {
	case PSTORE_MEDIA_REGION_CONSOLE:
		return "console";
	case PSTORE_MEDIA_REGION_FTRACE:
		return "ftrace";
	case PSTORE_MEDIA_REGION_PMSG:
		return "pmsg";
	default:
		return "crash records";
	}
}

/* info */

static void info_copy(struct area *area, const char *name,
		      const struct layout_copy *copy)
{
	char id[ID_CHARS];

	fprintf(area->out, "%-14s at %llu: ", name, copy->pos);
	if (copy_is_valid(copy))
		fprintf(area->out, "valid, area %s, generation %llu\n",
			id_text(id, copy->layout.area_id,
				PSTORE_MEDIA_ID_BYTES),
			copy->layout.generation);
	else
		fprintf(area->out, "invalid: %s\n", copy_state(copy));
}

static void info_region(struct area *area, const struct pstore_region *region)
{
	fprintf(area->out, "\n%s\n", region_name(region->type));
	fprintf(area->out, "  offset       %llu\n", region->offset);
	fprintf(area->out, "  size         %llu bytes\n", region->bytes);
}

static bool info_crash(struct area *area, const struct pstore_region *region)
{
	unsigned int states[SLOT_STATE_COUNT] = {}, i;
	struct ring ring;

	if (!ring_load(area, &ring))
		return false;
	for (i = 0; i < ring.nr; i++)
		states[ring.slots[i].state]++;
	info_region(area, region);
	fprintf(area->out, "  slots        %u of %u bytes\n", ring.nr,
		region->unit_bytes);
	fprintf(area->out, "  first number %llu\n", region->first_seq);
	if (ring.used)
		fprintf(area->out, "  newest       %llu\n", ring.newest);
	for (i = 0; i < SLOT_STATE_COUNT; i++)
		if (states[i])
			fprintf(area->out, "  %-12s %u\n", slot_state_name(i),
				states[i]);
	ring_free(&ring);
	return true;
}

static void info_bank(struct area *area, const struct stream *stream,
		      unsigned int nr)
{
	const struct bank_head *head = &stream->heads[nr];
	char id[ID_CHARS], time[TIME_CHARS], release[RELEASE_CHARS];

	fprintf(area->out, "  bank %u       ", nr);
	if (!head->valid) {
		fprintf(area->out, "%s\n", bank_state(stream, nr));
		return;
	}
	fprintf(area->out, "%s, %s, stream %llu, boot %s, begun %s, kernel %s\n",
		bank_age(stream, nr), bank_state(stream, nr), head->info.seq,
		id_text(id, head->info.boot_id, PSTORE_MEDIA_ID_BYTES),
		time_text(time, &head->info),
		release_text(release, &head->info));
}

static void info_stream(struct area *area, const struct pstore_region *region)
{
	struct stream stream;
	unsigned int nr;

	stream_load(area, region, &stream);
	info_region(area, region);
	fprintf(area->out, "  blocks       %u of %u bytes in each bank\n",
		pstore_media_bank_blocks(region), region->unit_bytes);
	fprintf(area->out, "  keeps        the newest %u bytes\n",
		pstore_media_stream_bytes(region));
	for (nr = 0; nr < PSTORE_MEDIA_BANKS; nr++)
		info_bank(area, &stream, nr);
}

/* Say what the layout says. Payloads and blocks are not read. */
enum exit_code command_info(struct area *area, const struct options *options)
{
	const struct pstore_layout *layout = &area->layout;
	char id[ID_CHARS];
	bool done = true;
	__u32 i;

	(void)options;
	fprintf(area->out, "area           %s\n",
		id_text(id, layout->area_id, PSTORE_MEDIA_ID_BYTES));
	fprintf(area->out, "version        %d\n", PSTORE_MEDIA_VERSION);
	fprintf(area->out, "generation     %llu\n", layout->generation);
	fprintf(area->out, "size           %llu bytes, image %llu bytes\n",
		layout->area_bytes, area->image->bytes);
	if (area->image->flash)
		info_flash(area, area->image->flash);
	info_copy(area, "first layout", &area->copies[0]);
	info_copy(area, "last layout", &area->copies[1]);
	for (i = 0; i < layout->nr_regions; i++) {
		if (pstore_media_is_stream(layout->regions[i].type))
			info_stream(area, &layout->regions[i]);
		else
			done &= info_crash(area, &layout->regions[i]);
	}
	return done && !area->unreadable ? EXIT_SOUND : EXIT_DAMAGE;
}
