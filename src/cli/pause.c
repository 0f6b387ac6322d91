/*
 * pause.c - mini-run pause and mini-run resume: every process of a container stops, and goes on.
 */
#include "base/fd.h"
#include "cli/cli.h"
#include "host/control.h"

static const struct cli_form pause_form = {
	.usage = "Usage: mini-run pause [OPTIONS] ID\n"
		 "\n"
		 "Freezes every process of the container ID where it stands, until mini-run "
		 "resume.\n",
	.closing = "\n"
		   "Exit status: 0; 1 when mini-run failed, or the container is not running.\n"
		   "\n"
		   "Examples:\n"
		   "  mini-run pause web\n",
	.words_least = 1,
	.words_most = 1,
	.missing = "pause needs the ID of a container (mini-run list prints them)",
};

static const struct cli_form resume_form = {
	.usage = "Usage: mini-run resume [OPTIONS] ID\n"
		 "\n"
		 "Lets the processes of the paused container ID go on.\n",
	.closing = "\n"
		   "Exit status: 0; 1 when mini-run failed, or the container is not paused.\n"
		   "\n"
		   "Examples:\n"
		   "  mini-run resume web\n",
	.words_least = 1,
	.words_most = 1,
	.missing = "resume needs the ID of a container (mini-run list prints them)",
};

static int change(struct cli *cli, const struct cli_form *form, bool paused, int argc,
		  char *const argv[], int *ret_status, struct error *e)
{
	OWNED_MEMORY char **words = NULL;
	struct record r;
	int n, result;

	*ret_status = 0;
	if (cli_form_parse(cli, form, argc, argv, &words, &n, e) < 0)
		return -1;
	if (cli->help)
		return 0;
	if (cli_record_open(cli, words[0], true, &r, e) < 0)
		return -1;
	result = control_pause(&r, paused, e);
	record_close(&r);
	return result;
}

int cli_pause(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	return change(cli, &pause_form, true, argc, argv, ret_status, e);
}

int cli_resume(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	return change(cli, &resume_form, false, argc, argv, ret_status, e);
}
