/*
 * delete.c - mini-run delete: containers, and all that was made for them, are removed.
 *
 * With several, a failure is told and the others are deleted all the same.
 */
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "cli/cli.h"
#include "host/control.h"
#include "host/message.h"

struct delete_options {
	bool force, regex;
};

static int take_force(void *into, const char *value, struct error *e)
{
	struct delete_options *o = into;

	(void)value;
	(void)e;
	o->force = true;
	return 0;
}

static int take_regex(void *into, const char *value, struct error *e)
{
	struct delete_options *o = into;

	(void)value;
	(void)e;
	o->regex = true;
	return 0;
}

static const struct option_row rows[] = {
	{'f', "force", NULL, "Kill what still runs, and say nothing of what does not exist",
	 take_force},
	{'r', "regex", NULL,
	 "ID is an extended regular expression: every container whose ID has a match for it",
	 take_regex},
	{0},
};

static const char usage[] =
	"Usage: mini-run delete [OPTIONS] ID...\n"
	"\n"
	"Removes the containers: what is left of their processes, their cgroups, their state.\n"
	"They must have stopped, or only have been created.\n";

static const char closing[] = "\n"
			      "The poststop hooks run at the end.\n"
			      "\n"
			      "Exit status: 0; 1 when mini-run failed for one of them.\n"
			      "\n"
			      "Examples:\n"
			      "  mini-run delete web\n"
			      "  mini-run delete --force --regex '^job-'\n";

/* ---- names by expression ---- */

struct matches {
	regex_t expression;
	char **v;
	size_t n;
};

/* The names first, the deleting later: the list must not change below the one who reads it. */
static int match(struct record *r, void *into, struct error *e)
{
	struct matches *m = into;
	char **more;

	if (regexec(&m->expression, r->id, 0, NULL, 0) != 0)
		return 0;
	more = realloc(m->v, (m->n + 1) * sizeof(*more));
	if (!more)
		return err_no_memory(e);
	m->v = more;
	m->v[m->n] = strdup(r->id);
	return m->v[m->n++] ? 0 : err_no_memory(e);
}

/* ---- deleting ---- */

static void delete_one(const struct global_options *global, const char *id, bool force,
		       int *ret_status)
{
	struct error e;

	if (control_delete(global, id, force, &e) == 0)
		return;
	message_write(global, LEVEL_ERROR, NULL, e.text);
	*ret_status = 1;
}

static int delete_matches(const struct global_options *global, const char *expression, bool force,
			  int *ret_status, struct error *e)
{
	struct matches m = {0};
	char text[256];
	int no = regcomp(&m.expression, expression, REG_EXTENDED | REG_NOSUB), result;

	if (no != 0) {
		regerror(no, &m.expression, text, sizeof(text));
		return err_set(e, 0, "--regex %.200s: %s", expression, text);
	}
	result = record_each(global->root, match, &m, e);
	regfree(&m.expression);
	for (size_t i = 0; i < m.n; i++) {
		if (result == 0)
			delete_one(global, m.v[i], force, ret_status);
		free(m.v[i]);
	}
	free(m.v);
	return result;
}

int cli_delete(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	struct delete_options o = {0};
	const struct cli_form form = {
		.usage = usage,
		.closing = closing,
		.rows = rows,
		.into = &o,
		.words_least = 1,
		.words_most = -1,
		.missing = "delete needs the ID of a container (mini-run list prints them)",
	};
	OWNED_MEMORY char **words = NULL;
	int n;

	*ret_status = 0;
	if (cli_form_parse(cli, &form, argc, argv, &words, &n, e) < 0)
		return -1;
	if (cli->help)
		return 0;
	for (int i = 0; i < n; i++) {
		if (!o.regex)
			delete_one(&cli->global, words[i], o.force, ret_status);
		else if (delete_matches(&cli->global, words[i], o.force, ret_status, e) < 0)
			return -1;
	}
	return 0;
}
