// SPDX-License-Identifier: GPL-2.0
/*
 * A crash's text, through the kernel's scripts/decode_stacktrace.sh. It looks symbols
 * up in vmlinux by their names, so that it does not matter where KASLR had put the
 * kernel, but the build has to be the same: its id is compared first.
 */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reader.h"

/* Where the script lies beside vmlinux: built in the source, or in a folder of its own. */
static const char * const script_places[] = {
	"scripts/decode_stacktrace.sh", "source/scripts/decode_stacktrace.sh",
};

/* Of a vmlinux, no more notes than this are looked at. */
#define NOTES_MAX_BYTES	1048576

/* The build id of vmlinux. */

/* A number of @size bytes at @at, in the byte order of the file. */
static __u64 elf_number(const __u8 *elf, const __u8 *at, unsigned int size)
{
	__u64 n = 0;
	unsigned int i;

	for (i = 0; i < size; i++)
		n = n << 8 | at[elf[EI_DATA] == ELFDATA2MSB ? i : size - 1 - i];
	return n;
}

static bool file_read(FILE *file, __u64 pos, void *buf, size_t len)
{
	return pos <= (__u64)INT64_MAX && !fseeko(file, (off_t)pos, SEEK_SET) &&
	       fread(buf, 1, len, file) == len;
}

/* Look for the build id among @len bytes of notes. */
static bool notes_find_id(const __u8 *elf, const __u8 *at, size_t len, __u8 *id)
{
	__u64 name, desc, all;

	while (len >= sizeof(Elf32_Nhdr)) {
		name = (elf_number(elf, at, 4) + 3) & ~(__u64)3;
		desc = elf_number(elf, at + 4, 4);
		all = sizeof(Elf32_Nhdr) + name + ((desc + 3) & ~(__u64)3);
		if (all > len)
			return false;
		if (elf_number(elf, at + 8, 4) == NT_GNU_BUILD_ID && name == 4 &&
		    !memcmp(at + sizeof(Elf32_Nhdr), "GNU", 4) &&
		    desc <= PSTORE_MEDIA_BUILD_ID_BYTES) {
			memset(id, 0, PSTORE_MEDIA_BUILD_ID_BYTES);
			memcpy(id, at + sizeof(Elf32_Nhdr) + name, desc);
			return true;
		}
		at += all;
		len -= all;
	}
	return false;
}

/* The same in one segment of notes. */
static bool segment_find_id(FILE *file, const __u8 *elf, __u64 pos, __u64 len,
			    __u8 *id)
{
	__u8 *notes;
	bool found;

	if (!len || len > NOTES_MAX_BYTES)
		return false;
	notes = malloc(len);
	found = notes && file_read(file, pos, notes, len) &&
		notes_find_id(elf, notes, len, id);
	free(notes);
	return found;
}

/* The fields of a file's and a segment's header that tell where notes are. */
static const struct elf_places {
	unsigned int	word;
	unsigned int	phoff;
	unsigned int	phentsize;
	unsigned int	offset;
	unsigned int	filesz;
	unsigned int	bytes;
} elf_places[] = {
	[ELFCLASS32] = { 4, offsetof(Elf32_Ehdr, e_phoff),
			 offsetof(Elf32_Ehdr, e_phentsize),
			 offsetof(Elf32_Phdr, p_offset),
			 offsetof(Elf32_Phdr, p_filesz), sizeof(Elf32_Phdr) },
	[ELFCLASS64] = { 8, offsetof(Elf64_Ehdr, e_phoff),
			 offsetof(Elf64_Ehdr, e_phentsize),
			 offsetof(Elf64_Phdr, p_offset),
			 offsetof(Elf64_Phdr, p_filesz), sizeof(Elf64_Phdr) },
};

static bool vmlinux_id(FILE *file, __u8 *id)
{
	__u8 elf[sizeof(Elf64_Ehdr)], segment[sizeof(Elf64_Phdr)];
	const struct elf_places *p;
	__u64 pos, step, nr;

	if (!file_read(file, 0, elf, sizeof(elf)) ||
	    memcmp(elf, ELFMAG, SELFMAG) || !elf[EI_CLASS] ||
	    elf[EI_CLASS] > ELFCLASS64)
		return false;
	p = &elf_places[elf[EI_CLASS]];
	pos = elf_number(elf, elf + p->phoff, p->word);
	step = elf_number(elf, elf + p->phentsize, 2);
	for (nr = elf_number(elf, elf + p->phentsize + 2, 2); nr; nr--) {
		if (!file_read(file, pos, segment, p->bytes))
			return false;
		if (elf_number(elf, segment, 4) == PT_NOTE &&
		    segment_find_id(file, elf,
				    elf_number(elf, segment + p->offset, p->word),
				    elf_number(elf, segment + p->filesz, p->word),
				    id))
			return true;
		pos += step;
	}
	return false;
}

/* Is this the vmlinux of the kernel that crashed? If not, after a message. */
static bool vmlinux_fits(const struct area *area, const char *name,
			 const struct pstore_record_info *info)
{
	__u8 id[PSTORE_MEDIA_BUILD_ID_BYTES];
	char have[BUILD_ID_CHARS], want[BUILD_ID_CHARS];
	FILE *file = fopen(name, "r");
	bool found;

	if (!file) {
		area_err(area, "%s: %s", name, strerror(errno));
		return false;
	}
	found = vmlinux_id(file, id);
	fclose(file);
	if (!found) {
		area_err(area, "%s: not an ELF file with a build id; a vmlinux is needed, not a boot image",
			 name);
		return false;
	}
	if (!build_id_is_known(info)) {
		area_err(area, "the crash does not say which build of the kernel it was in; addresses are right only if it was %s",
			 name);
		return true;
	}
	if (!memcmp(id, info->build_id, sizeof(id)))
		return true;
	area_err(area, "%s is of another build: its build id is %s, and the crash was in %s",
		 name, id_text(have, id, sizeof(id)),
		 id_text(want, info->build_id, sizeof(info->build_id)));
	return false;
}

/* The script. */

/* Return: the script beside @vmlinux, to be freed; or NULL. */
static char *script_beside(const char *vmlinux)
{
	const char *slash = strrchr(vmlinux, '/');
	int folder = slash ? (int)(slash - vmlinux) + 1 : 0;
	unsigned int i;
	char *name;

	for (i = 0; i < ARRAY_SIZE(script_places); i++) {
		if (asprintf(&name, "%.*s%s", folder, vmlinux,
			     script_places[i]) < 0)
			return NULL;
		if (!access(name, R_OK))
			return name;
		free(name);
	}
	return NULL;
}

static char *find_script(const struct area *area, const struct options *options)
{
	char *name = options->decoder ? strdup(options->decoder) :
					script_beside(options->symbols);

	if (name && !access(name, R_OK))
		return name;
	if (name)
		area_err(area, "%s: %s", name, strerror(errno));
	else
		area_err(area, "there is neither scripts/decode_stacktrace.sh nor source/scripts/decode_stacktrace.sh beside %s; name it with --decoder",
			 options->symbols);
	free(name);
	return NULL;
}

static void __attribute__((__noreturn__))
run_script(const char *script, const char *vmlinux, const int *ends)
{
	signal(SIGPIPE, SIG_DFL);
	/* A byte is a character, as it is in defuse.c. */
	setenv("LC_ALL", "C", 1);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	close(ends[1]);
	execlp("bash", "bash", script, vmlinux, (char *)NULL);
	fprintf(stderr, "pstore-zone: bash: %s\n", strerror(errno));
	_exit(127);
}

/* From now on, what goes to the output goes through @script. */
static bool script_start(struct area *area, struct decoder *decoder,
			 const char *script, const char *vmlinux)
{
	FILE *into = NULL;
	int ends[2];

	/* A script that fails is told of, and does not end this program. */
	signal(SIGPIPE, SIG_IGN);
	decoder->out = area->out;
	fflush(area->out);
	if (!pipe(ends)) {
		decoder->pid = fork();
		if (!decoder->pid)
			run_script(script, vmlinux, ends);
		close(ends[0]);
		into = decoder->pid > 0 ? fdopen(ends[1], "w") : NULL;
		into = into ? defuse(into) : NULL;
	}
	if (into)
		area->out = into;
	else
		area_err(area, "%s cannot be run: %s", script, strerror(errno));
	return into;
}

/*
 * Decode what will be written, of the crash that @info is of.
 * Return: EXIT_SOUND, and then decoder_end() is to be called; else after a message.
 */
enum exit_code decoder_start(struct area *area, struct decoder *decoder,
			     const struct pstore_record_info *info,
			     const struct options *options)
{
	bool started = false;
	char *script;

	if (!vmlinux_fits(area, options->symbols, info))
		return EXIT_NO_AREA;
	script = find_script(area, options);
	if (script)
		started = script_start(area, decoder, script, options->symbols);
	free(script);
	return started ? EXIT_SOUND : EXIT_NO_AREA;
}

/* Return: whether all of the text was decoded, else after a message. */
bool decoder_end(struct area *area, struct decoder *decoder)
{
	bool done = !ferror(area->out);
	int status = 0;

	done &= !fclose(area->out);
	area->out = decoder->out;
	done &= waitpid(decoder->pid, &status, 0) == decoder->pid && !status;
	if (!done)
		area_err(area, "the text was not decoded as a whole: the script has failed");
	return done;
}
