/*
 * form.c - what the commands on existing containers have in common: a few options, a few words, a help.
 *
 * Engines and people write the options of these commands in front of the container's ID or behind it; both are taken
 * here. A command whose further words belong to somebody else (ps) says so, and its options end at the first word.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "cli/cli.h"

/* Options and words, mixed, up to "--"; @words has room for all of @argv. */
static int parse_mixed(const struct option_table *tables, bool in_order, int argc,
		       char *const argv[], char **words, int *ret_n, struct error *e)
{
	int n = 0;

	for (int at = 0; at < argc;) {
		int first;

		if (options_parse(tables, argc - at, argv + at, &first, e) < 0)
			return -1;
		at += first;
		if (in_order || (first > 0 && strcmp(argv[at - 1], "--") == 0)) {
			while (at < argc)
				words[n++] = argv[at++];
			break;
		}
		if (at < argc)
			words[n++] = argv[at++];
	}
	*ret_n = n;
	return 0;
}

int cli_form_parse(struct cli *cli, const struct cli_form *form, int argc, char *const argv[],
		   char ***ret_words, int *ret_n, struct error *e)
{
	struct option_table tables[3] = {0};
	OWNED_MEMORY char **words = calloc((size_t)argc + 1, sizeof(*words));
	size_t t = 0;
	int n;

	if (!words)
		return err_no_memory(e);
	if (form->rows)
		tables[t++] = (struct option_table){"Options", form->rows, form->into};
	tables[t] = (struct option_table){"For every command", cli_global_rows, cli};
	if (parse_mixed(tables, form->in_order, argc, argv, words, &n, e) < 0)
		return -1;
	if (cli->help) {
		fputs(form->usage, stdout);
		putchar('\n');
		options_print(tables, stdout);
		fputs(form->closing, stdout);
	} else if (n < form->words_least) {
		return err_set(e, 0, "%s", form->missing);
	} else if (form->words_most >= 0 && n > form->words_most) {
		return err_set(e, 0, "one word too many: %.200s (--help tells what is taken)",
			       words[form->words_most]);
	} else if (cli_begin(cli, e) < 0) {
		return -1;
	}
	*ret_words = words;
	*ret_n = n;
	words = NULL;
	return 0;
}

int cli_record_open(struct cli *cli, const char *id, bool lock, struct record *ret, struct error *e)
{
	if (record_open(ret, cli->global.root, id, e) < 0 || (lock && record_lock(ret, e) < 0)) {
		record_close(ret);
		return -1;
	}
	snprintf(cli->id, sizeof(cli->id), "%s", ret->id);
	return 0;
}
