/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_READER_H
#define _PSTORE_ZONE_READER_H

/*
 * pstore-zone reads pstore areas offline. Who does what:
 *
 *	main.c	  commands, options, help
 *	image.c	  bytes from a file, a disk or flash
 *	flash.c	  flash: find what is kept there as a journal, and read it as an area
 *	check_flash.c	the same for info and check
 *	area.c	  which copy of the layout block holds; info
 *	records.c the ring of crash records: find, list
 *	text.c	  what a record says: read, verify, inflate
 *	streams.c banks of console, pmsg and ftrace: read, put together
 *	notes.c	  vmcoreinfo of a crash: read, verify
 *	symbols.c a crash's text, through the kernel's decode_stacktrace.sh
 *	defuse.c  what that script may be given
 *	show.c	  crashes and streams as text
 *	check.c	  what is sound, what was cut short, what is damaged: slots
 *	check_streams.c	the same for streams
 *	print.c	  times, ids and names
 *
 * Rules: an image is only ever read. Nothing in it is believed before media.c has
 * validated it, on flash flash-media.c, and nothing of it but text goes to a
 * terminal as it is. Memory is bounded by one slot, or by one bank of a stream,
 * besides 200 bytes for each slot and block, and on flash 100 for each granule,
 * extent and eraseblock.
 */
#include <stdbool.h>
#include <stdio.h>

#include <linux/kernel.h>
#include <linux/types.h>

#include "flash-media.h"
#include "media.h"

/* What the program returns. */
enum exit_code {
	EXIT_SOUND	= 0,
	EXIT_DAMAGE	= 1,	/* something is damaged, missing or unreadable */
	EXIT_NO_AREA	= 2,	/* not an area, not readable at all, wrong usage */
};

/* image.c */

/**
 * struct image - where an area lies
 * @name:	for messages
 * @bytes:	its size
 * @read:	read all of @len bytes at @pos, which lie inside. Return: 0 or -errno
 * @fd:		for image_open() and image_close()
 * @memory:	for a @read() that has the image in memory
 * @flash:	for the area on flash: what keeps it; NULL for any other image
 */
struct image {
	const char	*name;
	__u64		bytes;
	int		(*read)(struct image *image, __u64 pos, void *buf,
				size_t len);
	int		fd;
	const __u8	*memory;
	struct flash	*flash;
};

int image_open(struct image *image, const char *name, FILE *messages);
void image_close(struct image *image);

/* flash.c */

/* What an eraseblock is. */
enum flash_block_state {
	FLASH_NO_HEADER,	/* has neither a header nor extents */
	FLASH_FREE,		/* has a header and no extents */
	FLASH_USED,		/* has extents */
	FLASH_OTHER,		/* belongs to another area */
	FLASH_BAD,		/* cannot be read from its start on */
	FLASH_STATE_COUNT,
};

/**
 * struct flash_block - an eraseblock
 * @state:	enum flash_block_state
 * @header:	it has its header
 * @unreadable:	some of it cannot be read
 * @unknown:	it has something that is neither header nor extent
 * @unknown_pos: where
 * @first:	index of its first extent
 * @nr:		how many extents it has
 * @live:	for check_flash.c: granules that count
 * @erases:	how often it has been erased
 */
struct flash_block {
	__u8	state;
	bool	header;
	bool	unreadable;
	bool	unknown;
	__u32	unknown_pos;
	__u32	first;
	__u32	nr;
	__u32	live;
	__u64	erases;
};

/* What has come of an extent. */
enum flash_extent_state {
	EXTENT_VALID,
	EXTENT_CUT_SHORT,
	EXTENT_OUT_OF_ORDER,	/* older than one before it */
	EXTENT_STATE_COUNT,
};

/**
 * struct flash_extent - an extent
 * @info:	its header
 * @block:	the eraseblock
 * @pos:	where in there
 * @state:	enum flash_extent_state
 * @lost:	between the last extent and this one, there was one that was valid
 */
struct flash_extent {
	struct pstore_flash_extent_info	info;
	__u32				block;
	__u32				pos;
	__u8				state;
	bool				lost;
};

/**
 * struct flash - flash that keeps an area
 * @image:	the area, as it is read through @map
 * @raw:	the flash
 * @geometry:	how it is divided
 * @map:	where each granule lies, in FLASH_STEP; FLASH_NOWHERE for one that was
 *		never written
 * @blocks:	its eraseblocks
 * @extents:	all extents, in the order of blocks
 * @nr:		how many
 * @room:	for how many there is memory
 * @oldest:	the block that was written to first, of those in use
 * @unreadable:	how many reads have failed
 * @window:	what was read last
 * @window_pos:	where it lies on the flash
 * @window_bytes: how much of it
 */
struct flash {
	struct image			image;
	struct image			*raw;
	struct pstore_flash_geometry	geometry;
	__u32				*map;
	struct flash_block		*blocks;
	struct flash_extent		*extents;
	__u32				nr;
	__u32				room;
	__u32				oldest;
	unsigned int			unreadable;
	__u8				*window;
	__u64				window_pos;
	__u32				window_bytes;
};

/* Positions of granules are counted in these. */
#define FLASH_STEP	PSTORE_FLASH_HEADER_BYTES
#define FLASH_NOWHERE	(~0U)

struct area;

bool flash_open(struct area *area);
void flash_close(struct area *area);
const struct pstore_flash_extent *
flash_extent_header(struct flash *f, const struct flash_extent *e);
__u32 flash_valid_end_block(const struct flash *f,
			    const struct flash_extent *e);
bool flash_payload_is_good(struct flash *f, const struct flash_extent *e);
__u32 flash_extent_step(const struct flash *f, const struct flash_extent *e,
			__u32 i);

/* check_flash.c */
struct check;

void info_flash(const struct area *area, const struct flash *f);
void check_flash(struct check *check);

/* area.c */

/**
 * struct layout_copy - one of the two copies of the layout block
 * @pos:	where it lies
 * @error:	-errno if it could not be read, else 0
 * @verdict:	what was found there
 * @layout:	the layout, if the verdict is PSTORE_MEDIA_OK
 * @cut_off:	size of the area that it describes, if the image ends before that
 */
struct layout_copy {
	__u64				pos;
	int				error;
	enum pstore_media_verdict	verdict;
	struct pstore_layout		layout;
	__u64				cut_off;
};

/**
 * struct area - an area in an image
 * @image:	the image
 * @out:	where to write what was asked for
 * @messages:	where to complain
 * @copies:	the first and the last copy of the layout block
 * @layout:	the layout of the one that holds
 * @unreadable:	how many reads have failed
 * @block:	for what is read piece by piece
 */
struct area {
	struct image		*image;
	FILE			*out;
	FILE			*messages;
	struct layout_copy	copies[2];
	struct pstore_layout	layout;
	unsigned int		unreadable;
	__u64			block[PSTORE_MEDIA_BLOCK_BYTES / 8];
};

bool area_open(struct area *area);
int area_read(struct area *area, __u64 pos, void *buf, size_t len);
__printf(2, 3)
void area_err(const struct area *area, const char *format, ...);
bool copy_is_valid(const struct layout_copy *copy);
const char *copy_state(const struct layout_copy *copy);
const struct pstore_region *area_region(const struct area *area, __u32 type);
const char *region_name(__u32 type);

/* records.c */

/*
 * What a look at the header in a slot has found. Only live and erased ones are
 * records; for pstore, all others count as blank.
 */
enum slot_state {
	SLOT_BLANK,
	SLOT_LIVE,
	SLOT_ERASED,
	SLOT_FOREIGN,		/* bytes that are not a header */
	SLOT_STALE,		/* a record of an earlier layout */
	SLOT_PASSED,		/* a record that should have been written over */
	SLOT_BAD_HEADER,	/* see the verdict */
	SLOT_MISPLACED,		/* a record that belongs to another slot */
	SLOT_HEAD,		/* the head of a stream's bank */
	SLOT_UNREADABLE,
	SLOT_STATE_COUNT,
};

/**
 * struct slot - what is in a slot
 * @state:	enum slot_state
 * @verdict:	enum pstore_media_verdict on the header
 * @parts:	number of parts of the crash, 0 if it is not known
 * @info:	the header, for SLOT_LIVE, SLOT_ERASED, SLOT_PASSED, SLOT_MISPLACED
 */
struct slot {
	__u8				state;
	__u8				verdict;
	__u32				parts;
	struct pstore_record_info	info;
};

/**
 * struct ring - the ring of crash records
 * @region:	where it lies
 * @nr:		number of slots
 * @slots:	what is in them
 * @used:	whether it holds any record
 * @newest:	sequence number of the newest record
 */
struct ring {
	const struct pstore_region	*region;
	__u32				nr;
	struct slot			*slots;
	bool				used;
	__u64				newest;
};

bool ring_load(struct area *area, struct ring *ring);
void ring_free(struct ring *ring);
bool ring_seq(const struct ring *ring, __u32 index, __u64 *seq);
__u32 ring_oldest(const struct ring *ring);
__u64 ring_pos(const struct ring *ring, __u32 index);
bool slot_is_record(const struct slot *slot);
bool header_has_lost_magic(struct area *area, __u32 slot_bytes);
const char *slot_state_name(enum slot_state state);
int crash_cmp(const struct pstore_record_info *x,
	      const struct pstore_record_info *y);
bool list_records(struct area *area, bool all);

/* text.c */

/* What has come of reading a record's text. */
enum text_result {
	TEXT_OK,
	TEXT_UNREADABLE,
	TEXT_BAD_CRC,
	TEXT_BAD_DEFLATE,
	TEXT_TOO_LONG,
	TEXT_NO_MEMORY,
	TEXT_RESULT_COUNT,
};

/*
 * The kernel has room for 100/60 of a slot before it compresses. A payload that
 * inflates to more than so many slots is not its work.
 */
#define TEXT_MAX_SLOTS	16

enum text_result text_verify(struct area *area, const struct ring *ring,
			     __u32 index);
enum text_result text_write(struct area *area, const struct ring *ring,
			    __u32 index, bool skip_title);
const char *text_result_name(enum text_result result);

/* notes.c */

/* What has come of reading a record's note. */
enum note_result {
	NOTE_OK,
	NOTE_NONE,
	NOTE_UNREADABLE,
	NOTE_BAD_CRC,
	NOTE_BAD_FIELD,
	NOTE_NO_MEMORY,
	NOTE_RESULT_COUNT,
};

enum note_result note_verify(struct area *area, const struct ring *ring,
			     __u32 index);
const char *note_result_name(enum note_result result);
bool build_id_is_known(const struct pstore_record_info *info);

/* streams.c */

/**
 * struct bank_head - the head of a bank
 * @error:	-errno if it could not be read, else 0
 * @verdict:	what was found
 * @lost_magic:	it is a head, but for its magic
 * @valid:	the bank belongs to this stream
 * @info:	the header, if the verdict is PSTORE_MEDIA_OK
 */
struct bank_head {
	int				error;
	enum pstore_media_verdict	verdict;
	bool				lost_magic;
	bool				valid;
	struct pstore_record_info	info;
};

/**
 * struct stream - a region with a stream
 * @region:	where it lies
 * @heads:	the heads of its banks
 * @newest:	which bank was written last
 */
struct stream {
	const struct pstore_region	*region;
	struct bank_head		heads[PSTORE_MEDIA_BANKS];
	unsigned int			newest;
};

/**
 * struct bank - the blocks of a bank
 * @stream:	its stream
 * @nr:		which bank it is
 * @nr_blocks:	how many blocks it has
 * @data:	the blocks
 * @verdicts:	enum pstore_media_verdict on each, or BLOCK_UNREADABLE
 * @valid:	the valid ones, sorted and put together
 * @nr_valid:	how many
 * @bytes:	how many bytes there are to show
 * @end:	where in the stream they end
 */
struct bank {
	const struct stream		*stream;
	unsigned int			nr;
	__u32				nr_blocks;
	__u8				*data;
	__u8				*verdicts;
	struct pstore_block_info	*valid;
	__u32				nr_valid;
	__u32				bytes;
	__u64				end;
};

#define BLOCK_UNREADABLE	PSTORE_MEDIA_VERDICT_COUNT

void stream_load(struct area *area, const struct pstore_region *region,
		 struct stream *stream);
bool bank_is_live(const struct stream *stream, unsigned int nr);
const char *bank_state(const struct stream *stream, unsigned int nr);
const char *bank_age(const struct stream *stream, unsigned int nr);
bool bank_load(struct area *area, const struct stream *stream, unsigned int nr,
	       struct bank *bank);
void bank_free(struct bank *bank);
const __u8 *bank_block(const struct bank *bank, __u32 block);
bool bank_write(struct area *area, const struct bank *bank);
bool bank_write_trace(struct area *area, const struct bank *bank);
bool list_streams(struct area *area, bool all);

/* What was asked for: area.c, records.c, notes.c, show.c and check.c have the commands. */

/**
 * struct options - the command line
 * @all:	erased records, too
 * @strict:	what was cut short counts as damage
 * @verbose:	each slot and block
 * @record:	show this record
 * @crash:	show the crash with the id and number that follow
 * @seq:	number of the record
 * @boot_id:	beginning of the boot's id, in lower-case hexadecimal digits
 * @count:	number of the crash since boot
 * @stream:	show the stream of this type; 0 for none
 * @bank:	a bank was named
 * @older:	the older bank
 * @elf:	the note as it is, in place of its text
 * @symbols:	vmlinux to decode addresses with; NULL for not
 * @decoder:	the script that does it; NULL for the one beside vmlinux
 */
struct options {
	bool	all;
	bool	strict;
	bool	verbose;
	bool	record;
	bool	crash;
	__u64	seq;
	char	boot_id[2 * PSTORE_MEDIA_ID_BYTES + 1];
	__u32	count;
	__u32	stream;
	bool	bank;
	bool	older;
	bool	elf;
	const char *symbols;
	const char *decoder;
};

enum exit_code command_info(struct area *area, const struct options *options);
enum exit_code command_list(struct area *area, const struct options *options);
enum exit_code command_show(struct area *area, const struct options *options);
enum exit_code command_vmcoreinfo(struct area *area,
				  const struct options *options);
enum exit_code command_check(struct area *area, const struct options *options);

/* show.c */
const struct slot *find_slot(struct area *area, const struct ring *ring,
			     const struct options *options);

/* symbols.c */

/**
 * struct decoder - the script, while it decodes
 * @pid:	the process
 * @out:	where the text went before
 */
struct decoder {
	int	pid;
	FILE	*out;
};

enum exit_code decoder_start(struct area *area, struct decoder *decoder,
			     const struct pstore_record_info *info,
			     const struct options *options);
bool decoder_end(struct area *area, struct decoder *decoder);

/* defuse.c */
FILE *defuse(FILE *to);

/* check.c */

/* What becomes of a finding. */
enum severity {
	SEVERITY_SOUND,
	SEVERITY_CUT_SHORT,	/* an unclean shutdown leaves it behind */
	SEVERITY_DAMAGED,
};

/**
 * struct check - a check under way
 * @area:	the area
 * @verbose:	print each slot and block
 * @damaged:	how much is damaged
 * @cut_short:	how much was cut short
 */
struct check {
	struct area	*area;
	bool		verbose;
	unsigned int	damaged;
	unsigned int	cut_short;
};

/**
 * struct run - neighbours in the same state, to be printed as one
 * @check:	the check
 * @what:	what they are: "slot"
 * @state:	their state, NULL when there are none
 * @first:	the first one
 * @nr:		how many
 */
struct run {
	struct check	*check;
	const char	*what;
	const char	*state;
	__u32		first;
	__u32		nr;
};

void run_add(struct run *run, __u32 index, const char *state);
void run_end(struct run *run);
__printf(3, 4)
void check_found(struct check *check, enum severity severity,
		 const char *format, ...);

/* check_streams.c */
void check_streams(struct check *check);

/* print.c */

#define TIME_CHARS	32
#define ID_CHARS	(2 * PSTORE_MEDIA_ID_BYTES + 1)
#define RELEASE_CHARS	65
#define BUILD_ID_CHARS	(2 * PSTORE_MEDIA_BUILD_ID_BYTES + 1)

const char *time_text(char *buf, const struct pstore_record_info *info);
const char *id_text(char *buf, const __u8 *id, unsigned int bytes);
const char *release_text(char *buf, const struct pstore_record_info *info);
const char *reason_text(char *buf, size_t size, __u32 reason);

#endif /* _PSTORE_ZONE_READER_H */
