/*
 * list.c - mini-run list: the containers of a state directory, as a table, as JSON, or their names alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/cli.h"
#include "host/message.h"
#include "host/show.h"
#include "host/state.h"

struct list_options {
	bool json, quiet;
};

static int take_format(void *into, const char *value, struct error *e)
{
	struct list_options *o = into;

	o->json = strcmp(value, "json") == 0;
	return o->json || strcmp(value, "table") == 0 ? 0 : err_set(e, 0, "is table or json");
}

static int take_quiet(void *into, const char *value, struct error *e)
{
	struct list_options *o = into;

	(void)value;
	(void)e;
	o->quiet = true;
	return 0;
}

static const struct option_row rows[] = {
	{'f', "format", "table|json", "How they are printed (default: table)", take_format},
	{'q', "quiet", NULL, "Print the IDs alone, one a line", take_quiet},
	{0},
};

/* The table is printed when the width of its columns is known. */
enum { COLUMNS = 6, GAP = 3 };

struct table {
	char *(*rows)[COLUMNS];
	size_t n;
};

struct listing {
	const struct list_options *options;
	const struct global_options *global;
	struct table table;
	struct text text; /* of the JSON form */
};

/* A copy of @string, for a terminal; NULL: no memory. */
static char *printable(const char *string)
{
	OWNED_TEXT t = {0};

	text_add_escaped(&t, string);
	return text_ok(&t) ? strdup(t.bytes ? t.bytes : "") : NULL;
}

static int table_add(struct table *t, const struct show *s, struct error *e)
{
	char *(*more)[COLUMNS] = realloc(t->rows, (t->n + 1) * sizeof(*more));
	char pid[16];

	if (!more)
		return err_no_memory(e);
	t->rows = more;
	snprintf(pid, sizeof(pid), "%d", (int)s->pid);
	more[t->n][0] = strdup(s->record->id);
	more[t->n][1] = strdup(pid);
	more[t->n][2] = strdup(record_status_name(s->status));
	more[t->n][3] = printable(s->bundle);
	more[t->n][4] = strdup(s->record->created);
	more[t->n][5] = strdup(s->owner);
	t->n++;
	for (int i = 0; i < COLUMNS; i++)
		if (!more[t->n - 1][i])
			return err_no_memory(e);
	return 0;
}

static void table_print(const struct table *t)
{
	static const char *const heads[COLUMNS] = {"ID",     "PID",	"STATUS",
						   "BUNDLE", "CREATED", "OWNER"};
	size_t widths[COLUMNS];

	for (int i = 0; i < COLUMNS; i++) {
		widths[i] = strlen(heads[i]);
		for (size_t row = 0; row < t->n; row++)
			if (strlen(t->rows[row][i]) > widths[i])
				widths[i] = strlen(t->rows[row][i]);
	}
	for (size_t line = 0; line <= t->n; line++)
		for (int i = 0; i < COLUMNS; i++) {
			const char *cell = line == 0 ? heads[i] : t->rows[line - 1][i];

			if (i == COLUMNS - 1)
				printf("%s\n", cell);
			else
				printf("%-*s", (int)widths[i] + GAP, cell);
		}
}

static void table_end(struct table *t)
{
	for (size_t row = 0; row < t->n; row++)
		for (int i = 0; i < COLUMNS; i++)
			free(t->rows[row][i]);
	free(t->rows);
}

static int add(struct record *r, void *into, struct error *e)
{
	struct listing *l = into;
	struct show s;
	int result = 0;

	if (l->options->quiet) {
		puts(r->id);
		return 0;
	}
	if (show_begin(&s, r, l->global->root, e) < 0) {
		/* One that was deleted just now, or a damaged one: the others are listed all the same. */
		if (faccessat(r->dir_fd, STATE_FILE, F_OK, 0) == 0)
			message_write(l->global, LEVEL_WARNING, r->id, e->text);
	} else if (l->options->json) {
		text_add(&l->text, "%s", l->text.length > 0 ? "," : "[");
		show_json(&s, false, &l->text);
	} else {
		result = table_add(&l->table, &s, e);
	}
	show_end(&s);
	return result;
}

static const char usage[] =
	"Usage: mini-run list [OPTIONS]\n"
	"\n"
	"Lists the containers of this host, those of run, create and every engine that uses\n"
	"the same state directory (--root).\n";

static const char closing[] =
	"\n"
	"With --format json it is one array, whose objects are those of mini-run state.\n"
	"\n"
	"Exit status: 0; 1 when mini-run failed.\n"
	"\n"
	"Examples:\n"
	"  mini-run list --format json | jq -r '.[] | select(.status == \"stopped\") | .id'\n";

int cli_list(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	struct list_options o = {0};
	const struct cli_form form = {.usage = usage, .closing = closing, .rows = rows, .into = &o};
	OWNED_MEMORY char **words = NULL;
	struct listing l = {.options = &o};
	int n, result;

	*ret_status = 0;
	if (cli_form_parse(cli, &form, argc, argv, &words, &n, e) < 0)
		return -1;
	if (cli->help)
		return 0;
	l.global = &cli->global;
	result = record_each(l.global->root, add, &l, e);
	if (result == 0 && o.json && !o.quiet) {
		text_add(&l.text, "%s]", l.text.length > 0 ? "" : "[");
		if (text_ok(&l.text))
			puts(l.text.bytes);
		else
			result = err_no_memory(e);
	} else if (result == 0 && !o.quiet) {
		table_print(&l.table);
	}
	text_end(&l.text);
	table_end(&l.table);
	return result;
}
