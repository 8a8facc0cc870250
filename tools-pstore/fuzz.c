// SPDX-License-Identifier: GPL-2.0
/*
 * A fuzz target: the input is an image, and each command runs on it. With FUZZ_MAIN
 * defined, a main() runs the target on the files that are named.
 *
 * Nearly all of an image is covered by checksums, so that a change made at random
 * is found out before it does anything. The mutator therefore prefers to change the
 * headers, and then gives the image new checksums, most of the time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "reader.h"
#include "seal.h"

/* Some places cannot be read, if the image says so in its last byte. */
static int memory_read(struct image *image, __u64 pos, void *buf, size_t len)
{
	__u64 bad = image->memory[image->bytes - 1] * 4096ULL;

	if (pos > image->bytes || len > image->bytes - pos)
		abort(); /* the reader has to know */
	if (bad && pos <= bad && bad - pos < len)
		return -EIO;
	memcpy(buf, image->memory + pos, len);
	return 0;
}

static void run(struct image *image, FILE *sink,
		enum exit_code (*command)(struct area *area,
					  const struct options *options),
		const struct options *options)
{
	struct area area = { .image = image, .out = sink, .messages = sink };

	if (flash_open(&area) && area_open(&area))
		command(&area, options);
	flash_close(&area);
}

static void show_all(struct image *image, FILE *sink)
{
	static const __u32 streams[] = {
		PSTORE_MEDIA_REGION_CONSOLE, PSTORE_MEDIA_REGION_FTRACE,
		PSTORE_MEDIA_REGION_PMSG,
	};
	struct options options = {};
	unsigned int i;

	run(image, sink, command_show, &options);
	options.record = true;
	for (options.seq = 0; options.seq < 8; options.seq++)
		run(image, sink, command_show, &options);
	options.record = false;
	options.crash = true;
	options.boot_id[0] = 'b';
	for (options.count = 0; options.count < 4; options.count++)
		run(image, sink, command_show, &options);
	for (i = 0; i < 2 * ARRAY_SIZE(streams); i++) {
		options.stream = streams[i / 2];
		options.older = i % 2;
		run(image, sink, command_show, &options);
	}
}

static void show_notes(struct image *image, FILE *sink)
{
	struct options options = {};

	run(image, sink, command_vmcoreinfo, &options);
	options.record = true;
	for (options.seq = 0; options.seq < 8; options.seq++) {
		options.elf = options.seq % 2;
		run(image, sink, command_vmcoreinfo, &options);
	}
}

/* Output goes nowhere, but through all of stdio. */
static FILE *open_sink(void)
{
	FILE *sink = fopen("/dev/null", "w");

	if (!sink)
		abort();
	return sink;
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	struct image image = {
		.name = "fuzz", .bytes = size, .read = memory_read,
		.memory = data,
	};
	struct options options = { .all = true, .verbose = true };
	static FILE *sink;

	if (!size)
		return 0;
	if (!sink)
		sink = open_sink();
	run(&image, sink, command_info, &options);
	run(&image, sink, command_list, &options);
	run(&image, sink, command_check, &options);
	show_all(&image, sink);
	show_notes(&image, sink);
	return 0;
}

#ifdef FUZZ_MAIN

static int run_file(const char *name)
{
	FILE *file = fopen(name, "r");
	__u8 *data = NULL;
	size_t size = 0, n;

	if (!file) {
		fprintf(stderr, "fuzz: %s: %s\n", name, strerror(errno));
		return 1;
	}
	do {
		data = realloc(data, size + 65536);
		if (!data)
			abort();
		n = fread(data + size, 1, 65536, file);
		size += n;
	} while (n);
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	int i, ret = 0;

	for (i = 1; i < argc; i++)
		ret |= run_file(argv[i]);
	return ret;
}

#else /* FUZZ_MAIN */

/* A generator that @seed starts. */
static unsigned int draw(unsigned int *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

/* Change @len bytes at @at, and nothing else. */
static void mutate_bytes(__u8 *at, size_t len)
{
	__u8 copy[PSTORE_MEDIA_HEADER_BYTES] = {};

	memcpy(copy, at, len);
	LLVMFuzzerMutate(copy, len, len);
	memcpy(at, copy, len);
}

/* Set a field of four or eight bytes to what programs get wrong. */
static void mutate_field(__u8 *at, size_t len, unsigned int *seed)
{
	static const __u64 odd[] = {
		0, 1, 2, 447, 448, 512, 4096, 0x7fffffff, 0x80000000,
		0xffffffff, 0x100000000, 0x1000000, 0x7fffffffffffffff,
		0xfffffffffffff000, 0xffffffffffffffff,
	};
	size_t size = draw(seed) % 2 ? 4 : 8;
	size_t pos = draw(seed) % (len / size) * size;
	__le64 value = cpu_to_le64(odd[draw(seed) % ARRAY_SIZE(odd)]);

	memcpy(at + pos, &value, size);
}

/* How many bytes of headers begin at @at, of the @left bytes that are there? */
static size_t header_bytes(const __u8 *at, size_t left)
{
	__le32 magic = cpu_to_le32(PSTORE_MEDIA_STREAM_BLOCK_MAGIC);
	__le32 extent = cpu_to_le32(PSTORE_FLASH_EXTENT_MAGIC);

	if (left < PSTORE_MEDIA_HEADER_BYTES)
		return 0;
	if (!memcmp(at, PSTORE_MEDIA_LAYOUT_MAGIC, PSTORE_MEDIA_MAGIC_BYTES))
		return 384;
	if (!memcmp(at, PSTORE_MEDIA_RECORD_MAGIC, PSTORE_MEDIA_MAGIC_BYTES))
		return 228;
	if (!memcmp(at, PSTORE_FLASH_BLOCK_MAGIC, PSTORE_FLASH_MAGIC_BYTES) ||
	    !memcmp(at, &extent, sizeof(extent)))
		return PSTORE_FLASH_HEADER_BYTES;
	return memcmp(at, &magic, sizeof(magic)) ?
	       0 : PSTORE_MEDIA_STREAM_HEADER_BYTES;
}

/* Find a header, from a place picked at random on, and change it. */
static void mutate_header(__u8 *data, size_t size, unsigned int *seed)
{
	const size_t step = PSTORE_FLASH_HEADER_BYTES;
	size_t places = size / step, place = draw(seed) % places, i, len;

	for (i = 0; i < places; i++, place = (place + 1) % places) {
		len = header_bytes(data + place * step, size - place * step);
		if (!len)
			continue;
		if (draw(seed) % 2)
			mutate_bytes(data + place * step, len);
		else
			mutate_field(data + place * step, len, seed);
		return;
	}
}

/* Copy a structure to where another one is. */
static void mutate_copy(__u8 *data, size_t size, unsigned int *seed)
{
	size_t places = size / 512;

	memmove(data + draw(seed) % places * 512,
		data + draw(seed) % places * 512, 512);
}

size_t LLVMFuzzerCustomMutator(__u8 *data, size_t size, size_t max_size,
			       unsigned int seed)
{
	unsigned int kind = draw(&seed) % 16, times = 1 + draw(&seed) % 4;

	if (kind < 3 || size < 512) {
		size = LLVMFuzzerMutate(data, size, max_size);
	} else {
		while (times--) {
			if (kind < 5)
				mutate_copy(data, size, &seed);
			else
				mutate_header(data, size, &seed);
		}
	}
	if (draw(&seed) % 8)
		seal_image(data, size, draw(&seed) % 4);
	return size;
}

#endif /* FUZZ_MAIN */
