// SPDX-License-Identifier: GPL-2.0
/*
 * Resolves many configurations with the kernel's own Kconfig code, which reads
 * all Kconfig files only once for them. Linked with the objects of
 * scripts/kconfig by check-configs.
 *
 * Usage: resolve-configs BASE.config < ROWS
 * Each row is the name of a file to write and symbols with their values, the same
 * symbols in each:
 *	out.config PSTORE_BLK=m MTD_OOPS=n
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lkc.h"

static tristate value_of(char c)
{
	return c == 'y' ? yes : c == 'm' ? mod : no;
}

/* As if @token had been in the file that was read. */
static void set(char *token)
{
	char *value = strchr(token, '=');
	struct symbol *sym;

	*value++ = '\0';
	sym = sym_find(token);
	if (!sym || sym->type == S_UNKNOWN) {
		fprintf(stderr, "symbol %s is not known\n", token);
		exit(1);
	}
	sym->def[S_DEF_USER].tri = value_of(*value);
	sym->flags |= SYMBOL_DEF_USER;
}

static void resolve(char *row)
{
	const char *out = strtok(row, " \n");
	char *token;

	while ((token = strtok(NULL, " \n")))
		set(token);
	sym_clear_all_valid();
	if (conf_write(out))
		exit(1);
}

int main(int argc, char **argv)
{
	char row[4096];

	if (argc != 2)
		return 2;
	conf_parse("Kconfig");
	if (conf_read(argv[1]))
		return 1;
	while (fgets(row, sizeof(row), stdin))
		resolve(row);
	return 0;
}
