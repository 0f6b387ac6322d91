/*
 * ps.c - mini-run ps: the processes of a container.
 */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "cli/cli.h"
#include "host/processes.h"

static int take_format(void *into, const char *value, struct error *e)
{
	bool *json = into;

	*json = strcmp(value, "json") == 0;
	return *json || strcmp(value, "table") == 0 ? 0 : err_set(e, 0, "is table or json");
}

static const struct option_row rows[] = {
	{'f', "format", "table|json", "How they are printed (default: table)", take_format},
	{0},
};

static const char usage[] = "Usage: mini-run ps [OPTIONS] ID [PS-OPTION...]\n"
			    "\n"
			    "Prints the processes of the container ID: what the host's ps(1) says "
			    "of them, called with the\n"
			    "words behind ID (default: -ef).\n";

static const char closing[] = "\n"
			      "With --format json it is the array of their process ids as the host "
			      "numbers them, for which no ps is\n"
			      "needed.\n"
			      "\n"
			      "Exit status: 0; 1 when mini-run or ps failed.\n"
			      "\n"
			      "Examples:\n"
			      "  mini-run ps web\n"
			      "  mini-run ps web -o pid,rss,args\n"
			      "  mini-run ps --format json web\n";

static int print_json(const struct record *r, struct error *e)
{
	struct processes p;

	if (processes_list(r, &p, e) < 0)
		return -1;
	for (size_t i = 0; i < p.n; i++)
		printf("%s%d", i == 0 ? "[" : ",", (int)p.v[i]);
	puts(p.n == 0 ? "[]" : "]");
	processes_end(&p);
	return 0;
}

int cli_ps(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	bool json = false;
	const struct cli_form form = {
		.usage = usage,
		.closing = closing,
		.rows = rows,
		.into = &json,
		.words_least = 1,
		.words_most = -1,
		.missing = "ps needs the ID of a container (mini-run list prints them)",
		.in_order = true,
	};
	OWNED_MEMORY char **words = NULL;
	struct record r;
	int n, result;

	*ret_status = 0;
	if (cli_form_parse(cli, &form, argc, argv, &words, &n, e) < 0)
		return -1;
	if (cli->help)
		return 0;
	if (cli_record_open(cli, words[0], false, &r, e) < 0)
		return -1;
	result = json ? print_json(&r, e) : processes_print(&r, words + 1, e);
	record_close(&r);
	return result;
}
