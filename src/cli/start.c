/*
 * start.c - mini-run start: lets the command of a created container run.
 */
#include <stdio.h>

#include "base/fd.h"
#include "cli/cli.h"
#include "host/release.h"

static const char usage[] =
	"Usage: mini-run start [OPTIONS] ID\n"
	"\n"
	"Lets the command of the container ID run, which \"mini-run create\" has "
	"set up.\n";

static const char closing[] =
	"\n"
	"Exit status: 0; 1 when mini-run failed, or the command cannot be executed.\n"
	"\n"
	"Examples:\n"
	"  mini-run start web\n";

int cli_start(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	const struct cli_form form = {
		.usage = usage,
		.closing = closing,
		.words_least = 1,
		.words_most = 1,
		.missing = "start needs the ID of a created container",
	};
	OWNED_MEMORY char **words = NULL;
	int n;

	*ret_status = 0;
	if (cli_form_parse(cli, &form, argc, argv, &words, &n, e) < 0)
		return -1;
	if (cli->help)
		return 0;
	snprintf(cli->id, sizeof(cli->id), "%s", words[0]);
	if (host_release(words[0], &cli->global, e) == 0)
		return 0;
	e->status = 0; /* 1 for all that may go wrong, as engines know it */
	return -1;
}
