// SPDX-License-Identifier: GPL-2.0
/*
 * pstore-zone - read crash logs from the disk or flash that they were saved to
 *
 * What pstore has saved is shown in /sys/fs/pstore of the machine that saved it.
 * This program shows it on any other machine: from the disk or flash itself, or from
 * a copy of it. It never writes to either.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

static const char usage[] =
"usage: pstore-zone COMMAND [OPTION...] IMAGE\n"
"\n"
"Read crash logs that the kernel has saved to a disk with pstore_blk, or to flash\n"
"with mtdoops or pstore_blk. IMAGE is that disk or partition, or a copy of it. Of\n"
"flash, it is /dev/mtdN or /dev/mtdblockN, or a copy, of NAND as made by\n"
"'nanddump --bb=padbad'. It is only ever read.\n"
"\n"
"  info    what the area is like: regions, slots, banks\n"
"  list    crash records and streams, newest last\n"
"  show    the newest crash, or another one, or a stream, as text\n"
"  vmcoreinfo  what its addresses mean: of which build, at which offset\n"
"  check   is it sound?\n"
"\n"
"'pstore-zone COMMAND --help' tells more.\n"
"\n"
"Exit status: 0 all is well, 1 something is damaged, missing or cannot be read,\n"
"2 not a pstore area, not readable at all, or wrong usage.\n";

static const char info_usage[] =
"usage: pstore-zone info IMAGE\n"
"\n"
"Tell the area's id, version, generation and size, the state of both layout\n"
"blocks, and for each region its place and size: of crash records the slots and\n"
"what their headers say, of streams the banks, which boot wrote them and since\n"
"when. Payloads and blocks are not read: see 'pstore-zone check'. Of flash, also\n"
"how it is divided, what its eraseblocks are, and how often they were erased.\n"
"\n"
"Exit status: 0 done, 1 something in it could not be read, 2 not a pstore area,\n"
"not readable at all, or wrong usage.\n"
"\n"
"example: pstore-zone info /dev/vda3\n";

static const char list_usage[] =
"usage: pstore-zone list [--all] IMAGE\n"
"\n"
"List crash records by number, and the banks of streams, newest last. PART is the\n"
"number of the part and how many parts the crash has; part 1 has the newest\n"
"lines. BUILD is the beginning of the build id of the kernel that crashed. BYTES\n"
"of a stream are those that would be shown.\n"
"\n"
"  -a, --all   list what was erased, too\n"
"\n"
"Exit status: 0 done, 1 something in it could not be read, 2 not a pstore area,\n"
"not readable at all, or wrong usage.\n"
"\n"
"example: pstore-zone list --all disk.img\n";

static const char show_usage[] =
"usage: pstore-zone show [OPTION...] IMAGE\n"
"\n"
"Write the text of the newest crash: all of its parts, oldest line first, without\n"
"the titles that pstore puts before them. What is missing is told on stderr.\n"
"\n"
"  -r, --record NUMBER       one record as it is; 'list' has the numbers\n"
"  -c, --crash BOOT:CRASH    this crash, as 'list' names it\n"
"      --console             what the console showed\n"
"      --pmsg                messages of user space\n"
"      --ftrace              function calls\n"
"  -b, --bank newest|older   which boot's, for the last three: that of the last\n"
"                            boot that wrote, which is the default and what pstore\n"
"                            shows at the next boot; or that of the one before it\n"
"  -s, --symbols VMLINUX     decode addresses in the text with the kernel's\n"
"                            scripts/decode_stacktrace.sh and this vmlinux, which\n"
"                            needs debug information and has to be of the same\n"
"                            build. Text that these scripts could take for a\n"
"                            command has ? and ' in place of some characters\n"
"      --decoder SCRIPT      decode_stacktrace.sh; else it is looked for in scripts\n"
"                            and source/scripts beside VMLINUX\n"
"\n"
"Exit status: 0 all of it was shown, 1 there is nothing to show or some of it is\n"
"missing, 2 not a pstore area, not readable at all, wrong usage, a VMLINUX of\n"
"another build, or no script.\n"
"\n"
"example: pstore-zone show --console --bank older disk.img | less\n";

static const char vmcoreinfo_usage[] =
"usage: pstore-zone vmcoreinfo [OPTION...] IMAGE\n"
"\n"
"Write the vmcoreinfo that was stored with the newest crash: which build of the\n"
"kernel it was, how far KASLR had moved it, and more, as kdump's tools know it. It\n"
"lies behind the first part of the crash that had room for it. Where none had, what\n"
"the headers say is written in the same form.\n"
"\n"
"  -r, --record NUMBER       that of this record; 'list' has the numbers\n"
"  -c, --crash BOOT:CRASH    that of this crash, as 'list' names it\n"
"  -e, --elf                 not the text alone, but the ELF note, as in a vmcore of\n"
"                            a little-endian machine\n"
"\n"
"Exit status: 0 done, 1 there is no such crash, or only its headers are there, 2 not\n"
"a pstore area, not readable at all, or wrong usage.\n"
"\n"
"example: pstore-zone vmcoreinfo disk.img | grep KERNELOFFSET\n";

static const char check_usage[] =
"usage: pstore-zone check [--strict] [--verbose] IMAGE\n"
"\n"
"Verify both layout blocks, each slot, each live record and that it inflates, and\n"
"each block of each stream; of flash, also each eraseblock and each extent, as\n"
"which the area is written there. What is found is one of these:\n"
"\n"
"  sound      as it was written, blank, or left from before and out of use\n"
"  cut short  what an unclean shutdown leaves behind, and what pstore copes with:\n"
"             the last record of a boot, an append, a change of layout, of which\n"
"             only some has reached the disk; and places that a write was under way\n"
"             to or that the disk refused, as long as nothing is lost by it; on\n"
"             flash, extents and erases that were not finished\n"
"  damaged    anything else: the disk has lost or changed data\n"
"\n"
"  -s, --strict    what was cut short counts like damage\n"
"  -v, --verbose   one line for each slot and block\n"
"\n"
"Exit status: 0 sound or cut short, 1 damaged, 2 not a pstore area, not readable\n"
"at all, or wrong usage.\n"
"\n"
"example: pstore-zone check /dev/vda3 && echo 'nothing is damaged'\n";

/* In place of a letter, the options for streams have this plus a type. */
#define OPTION_STREAM	256
#define OPTION_DECODER	255

static const struct option info_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{}
};

static const struct option list_options[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "help", no_argument, NULL, 'h' },
	{}
};

static const struct option show_options[] = {
	{ "record", required_argument, NULL, 'r' },
	{ "crash", required_argument, NULL, 'c' },
	{ "console", no_argument, NULL,
	  OPTION_STREAM + PSTORE_MEDIA_REGION_CONSOLE },
	{ "pmsg", no_argument, NULL,
	  OPTION_STREAM + PSTORE_MEDIA_REGION_PMSG },
	{ "ftrace", no_argument, NULL,
	  OPTION_STREAM + PSTORE_MEDIA_REGION_FTRACE },
	{ "bank", required_argument, NULL, 'b' },
	{ "symbols", required_argument, NULL, 's' },
	{ "decoder", required_argument, NULL, OPTION_DECODER },
	{ "help", no_argument, NULL, 'h' },
	{}
};

static const struct option vmcoreinfo_options[] = {
	{ "record", required_argument, NULL, 'r' },
	{ "crash", required_argument, NULL, 'c' },
	{ "elf", no_argument, NULL, 'e' },
	{ "help", no_argument, NULL, 'h' },
	{}
};

static const struct option check_options[] = {
	{ "strict", no_argument, NULL, 's' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{}
};

static const struct command {
	const char		*name;
	enum exit_code		(*run)(struct area *area,
				       const struct options *options);
	const char		*usage;
	const char		*letters;
	const struct option	*options;
} commands[] = {
	{ "info", command_info, info_usage, "h", info_options },
	{ "list", command_list, list_usage, "ah", list_options },
	{ "show", command_show, show_usage, "r:c:b:s:h", show_options },
	{ "vmcoreinfo", command_vmcoreinfo, vmcoreinfo_usage, "r:c:eh",
	  vmcoreinfo_options },
	{ "check", command_check, check_usage, "svh", check_options },
};

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static bool parse_number(const char *text, __u64 most, __u64 *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return isdigit((unsigned char)*text) && !*end && !errno &&
	       *number <= most;
}

/* The first digits of a boot's id, then a colon and the number of the crash. */
static bool parse_crash(struct options *options, const char *text)
{
	__u64 count;
	size_t n = 0;

	for (; isxdigit((unsigned char)*text) || (n && *text == '-'); text++) {
		if (*text == '-')
			continue;
		if (n == sizeof(options->boot_id) - 1)
			return false;
		options->boot_id[n++] = (char)tolower((unsigned char)*text);
	}
	options->boot_id[n] = '\0';
	if (!n || *text != ':' || !parse_number(text + 1, ~0U, &count))
		return false;
	options->count = (__u32)count;
	return true;
}

static bool parse_bank(struct options *options, const char *text)
{
	options->older = !strcmp(text, "older");
	return options->older || !strcmp(text, "newest");
}

/* Return: whether @letter and its argument make sense. */
static bool parse_option(struct options *options, int letter, const char *text)
{
	switch (letter) {
	case 'a':
		options->all = true;
		return true;
	case 's':
		/* Of check, it has no argument. */
		options->strict = !text;
		options->symbols = text;
		return true;
	case OPTION_DECODER:
		options->decoder = text;
		return true;
	case 'e':
		options->elf = true;
		return true;
	case 'v':
		options->verbose = true;
		return true;
	case 'r':
		options->record = true;
		return parse_number(text, ~0ULL, &options->seq);
	case 'c':
		options->crash = true;
		return parse_crash(options, text);
	case 'b':
		options->bank = true;
		return parse_bank(options, text);
	default:
		options->stream = (__u32)(letter - OPTION_STREAM);
		return pstore_media_is_stream(options->stream);
	}
}

/* Return: NULL, or why the options do not go together. */
static const char *options_conflict(const struct options *options,
				    unsigned int chosen)
{
	if (chosen > 1)
		return "one of --record, --crash, --console, --pmsg and --ftrace at a time";
	if (options->bank && !options->stream)
		return "--bank is for --console, --pmsg and --ftrace";
	if (options->symbols && options->stream)
		return "--symbols is for crashes and records";
	if (options->decoder && !options->symbols)
		return "--decoder is for --symbols";
	return NULL;
}

static enum exit_code misused(const char *usage_text, const char *wrong)
{
	fprintf(stderr, "pstore-zone: %s\n\n%s", wrong, usage_text);
	return EXIT_NO_AREA;
}

static enum exit_code run_on(const struct command *command, const char *name,
			     const struct options *options)
{
	struct area area = { .out = stdout, .messages = stderr };
	enum exit_code code = EXIT_NO_AREA;
	struct image image = {};

	if (image_open(&image, name, stderr))
		return EXIT_NO_AREA;
	area.image = &image;
	if (flash_open(&area) && area_open(&area))
		code = command->run(&area, options);
	flash_close(&area);
	image_close(&image);
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	fprintf(stderr, "pstore-zone: what was found could not be written: %s\n",
		strerror(errno));
	return EXIT_NO_AREA;
}

static enum exit_code run_command(const struct command *command, int argc,
				  char **argv)
{
	struct options options = {};
	unsigned int chosen = 0;
	const char *conflict;
	int letter;

	while ((letter = getopt_long(argc, argv, command->letters,
				     command->options, NULL)) != -1) {
		if (letter == 'h') {
			fputs(command->usage, stdout);
			return EXIT_SOUND;
		}
		if (letter == '?' || !parse_option(&options, letter, optarg))
			return misused(command->usage, letter == '?' ?
				       "unknown option, or one without its argument" :
				       "an option has an argument that makes no sense");
		chosen += letter == 'r' || letter == 'c' || letter > OPTION_STREAM;
	}
	conflict = options_conflict(&options, chosen);
	if (conflict)
		return misused(command->usage, conflict);
	if (argc - optind != 1)
		return misused(command->usage, "name one image or disk");
	return run_on(command, argv[optind], &options);
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2)
		return misused(usage, "give a command");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    !strcmp(argv[1], "help")) {
		fputs(usage, stdout);
		return EXIT_SOUND;
	}
	command = find_command(argv[1]);
	if (!command)
		return misused(usage, "unknown command");
	return run_command(command, argc - 1, argv + 1);
}
