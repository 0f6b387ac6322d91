/*
 * kill.c - mini-run kill: a signal to a container.
 */
#include <signal.h>
#include <stdio.h>

#include "base/fd.h"
#include "cli/cli.h"
#include "host/control.h"
#include "host/signals.h"

static int take_all(void *into, const char *value, struct error *e)
{
	bool *all = into;

	(void)value;
	(void)e;
	*all = true;
	return 0;
}

static const struct option_row rows[] = {
	{'a', "all", NULL, "To every process of the container, and not to PID 1 alone", take_all},
	{0},
};

static const char usage[] = "Usage: mini-run kill [OPTIONS] ID [SIGNAL]\n"
			    "\n"
			    "Sends SIGNAL (default: TERM) to PID 1 of the container ID. SIGNAL is "
			    "a number or a name, with or\n"
			    "without SIG in front, in any case: 9, KILL, SIGKILL, RTMIN+3.\n";

static const char closing[] =
	"\n"
	"The kernel keeps signals that PID 1 of a namespace has no handler for from reaching it; "
	"KILL always does.\n"
	"\n"
	"Exit status: 0; 1 when mini-run failed, or the container is not running.\n"
	"\n"
	"Examples:\n"
	"  mini-run kill web\n"
	"  mini-run kill --all web KILL\n";

int cli_kill(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	bool all = false;
	const struct cli_form form = {
		.usage = usage,
		.closing = closing,
		.rows = rows,
		.into = &all,
		.words_least = 1,
		.words_most = 2,
		.missing = "kill needs the ID of a container (mini-run list prints them)",
	};
	OWNED_MEMORY char **words = NULL;
	int n, number = SIGTERM, result;
	struct record r;

	*ret_status = 0;
	if (cli_form_parse(cli, &form, argc, argv, &words, &n, e) < 0)
		return -1;
	if (cli->help)
		return 0;
	if ((n > 1 && signals_number(words[1], &number, e) < 0) ||
	    cli_record_open(cli, words[0], false, &r, e) < 0)
		return -1;
	result = control_kill(&r, number, all, e);
	record_close(&r);
	return result;
}
