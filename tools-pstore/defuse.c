// SPDX-License-Identifier: GPL-2.0
/*
 * What goes into the kernel's scripts, which take lines apart and put the pieces into
 * commands: into a program for awk, into bash's arithmetic, into an assembler's file.
 * A line of a crash that somebody has forged could bring a command of its own. So no
 * line gets there with anything that one of them takes for more than text:
 *
 * - no quotes, backslashes and dollar signs, and no control characters;
 * - after "+", where it may follow a symbol, only an offset and a size;
 * - after "Code:", only the code. Any other such line is not shown as one.
 *
 * What is changed is shown as "?", or as "'" where it was a quote.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

#define HEX_DIGITS	"0123456789abcdefABCDEF"
#define SYMBOL_CHARS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
			"0123456789_."
#define BLANKS		" \t"
#define CODE		"Code:"

/* Longer than any line of a kernel. One that is longer is broken there. */
#define LINE_BYTES	8192

/**
 * struct defuser - a line on its way to a script
 * @to:		what the script reads
 * @len:	how much there is of the line
 * @is_code:	the line before this one was code
 * @line:	the line
 */
struct defuser {
	FILE	*to;
	size_t	len;
	bool	is_code;
	char	line[LINE_BYTES + 1];
};

static char safe_char(char c)
{
	if (c == '"' || c == '`')
		return '\'';
	if (c == '\\' || c == '$' || (iscntrl((unsigned char)c) && c != '\t'))
		return '?';
	return c;
}

/* Return: what follows "0x" and digits at @at, or NULL. */
static const char *after_number(const char *at)
{
	size_t digits;

	if (strncmp(at, "0x", 2))
		return NULL;
	digits = strspn(at + 2, HEX_DIGITS);
	return digits ? at + 2 + digits : NULL;
}

/*
 * Does a word go on at @at as after a symbol: with "0x12/0x34" and no other size, or
 * with "0x12" alone?
 */
static bool is_offset(const char *at)
{
	at = after_number(at);
	if (at && *at == '/') {
		at = after_number(at + 1);
		return at && at[strcspn(at, BLANKS "/")] != '/';
	}
	return at && (!*at || strchr(BLANKS, *at));
}

/* May what ends before @end be a symbol? None begins with a digit. */
static bool is_symbol(const char *line, const char *end)
{
	const char *at = end;

	while (at > line && strchr(SYMBOL_CHARS, at[-1]))
		at--;
	return at < end && !isdigit((unsigned char)*at);
}

/* Code, with nothing around it that the shell would take for a pattern. */
static bool is_code(const char *line, const char *code)
{
	return !strpbrk(line, "*?") &&
	       !code[strspn(code, HEX_DIGITS BLANKS "<>()")];
}

static void line_defuse(char *line)
{
	char *at;

	for (at = line; *at; at++)
		*at = safe_char(*at);
	for (at = line; (at = strchr(at, '+')); at++)
		if (is_symbol(line, at) && !is_offset(at + 1))
			*at = '?';
}

/* Return: whether the line is code, and still said to be. */
static bool line_defuse_code(char *line)
{
	char *code;

	for (code = line; (code = strstr(code, CODE)); code += strlen(CODE)) {
		if (is_code(line, code + strlen(CODE)))
			return true;
		code[strlen(CODE) - 1] = '?';
	}
	return false;
}

/* Pass on the line. Return: whether that was possible. */
static bool line_end(struct defuser *d)
{
	d->line[d->len] = '\0';
	line_defuse(d->line);
	d->is_code = line_defuse_code(d->line);
	d->len = 0;
	return fprintf(d->to, "%s\n", d->line) > 0;
}

static ssize_t defuser_write(void *cookie, const char *text, size_t len)
{
	struct defuser *d = cookie;
	size_t i;

	for (i = 0; i < len; i++) {
		if ((text[i] == '\n' || d->len == LINE_BYTES) && !line_end(d))
			return 0;
		if (text[i] == '\n')
			continue;
		/* A string ends there, and for the script it does not. */
		d->line[d->len++] = text[i] ?: '?';
	}
	return (ssize_t)len;
}

/*
 * The scripts leave out a line without an end, and fail where code is the last one.
 */
static int defuser_close(void *cookie)
{
	struct defuser *d = cookie;
	bool done = !d->len || line_end(d);

	if (d->is_code)
		done &= fputc('\n', d->to) != EOF;
	done &= !fclose(d->to);
	free(d);
	return done ? 0 : EOF;
}

/*
 * Return: a stream whose lines go to @to, without what a script could take for a
 * command. It closes @to when it is closed. NULL, and @to is closed, if there is no
 * memory for it.
 */
FILE *defuse(FILE *to)
{
	static const cookie_io_functions_t functions = {
		.write = defuser_write, .close = defuser_close,
	};
	struct defuser *d = calloc(1, sizeof(*d));
	FILE *stream = d ? fopencookie(d, "w", functions) : NULL;

	if (!stream) {
		free(d);
		fclose(to);
		return NULL;
	}
	d->to = to;
	return stream;
}
