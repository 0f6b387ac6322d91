/*
 * options.h - command-line options as tables: parsed from them, and --help printed from them.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

struct option_row {
	char letter;	  /* short form, 0: none */
	const char *name; /* long form, without the dashes */
	const char *value; /* what --help calls the value; NULL: takes none; "[...]": optional, only as --name=VALUE */
	const char *help; /* one line or several, without a full stop; wrapped where it is printed */
	/* Takes the value (NULL: none was given) into @into; its errors need not name the option. */
	int (*take)(void *into, const char *value, struct error *e);
};

struct option_table {
	const char *title;	       /* heading in --help */
	const struct option_row *rows; /* up to the row without a name */
	void *into; /* what the rows' functions fill; OPTIONS_LOOK: nothing is taken, only the words are told apart */
};

/* For finding out where the options end before anything is done. */
extern char options_look;
#define OPTIONS_LOOK ((void *)&options_look)

/*
 * Parses the options in front of the first word that is none, or of "--", by @tables (up to the one without
 * rows). Both --name VALUE and --name=VALUE, -n VALUE and -nVALUE, clusters of letters (-it), and Go's
 * single dash (-name). *ret_first is the index of the first word behind
 * the options. Errors name the option as it was typed, and an unknown one proposes the nearest known.
 * argv[0] is looked at too: pass the words behind the command's name.
 */
int options_parse(const struct option_table *tables, int argc, char *const argv[], int *ret_first,
		  struct error *e);

/* Prints all tables with their titles, values and help texts, aligned. */
void options_print(const struct option_table *tables, FILE *out);

/* Whether @known is close enough to the mistyped @typed to propose it, and how far it is: the number of
 * letters to add, drop, change or swap. A beginning of @known counts as 1. SIZE_MAX: not close. */
size_t options_distance(const char *typed, const char *known);

#endif
