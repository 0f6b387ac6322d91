/*
 * state.c - mini-run state: what is known about a container, as JSON.
 */
#include <stdio.h>

#include "base/fd.h"
#include "cli/cli.h"
#include "host/show.h"

static const struct cli_form form = {
	.usage = "Usage: mini-run state [OPTIONS] ID\n"
		 "\n"
		 "Prints the state of the container ID as one JSON object.\n",
	.closing = "\n"
		   "The members are ociVersion, id, pid (0 when it has ended), status (creating, "
		   "created, running,\n"
		   "paused or stopped), bundle, rootfs, created, annotations (where there are any) "
		   "and owner.\n"
		   "\n"
		   "Exit status: 0; 1 when mini-run failed.\n"
		   "\n"
		   "Examples:\n"
		   "  mini-run state web | jq -r .status\n",
	.words_least = 1,
	.words_most = 1,
	.missing = "state needs the ID of a container (mini-run list prints them)",
};

static int print(const struct record *r, const char *root, struct error *e)
{
	OWNED_TEXT t = {0};
	struct show s;
	int result = show_begin(&s, r, root, e);

	if (result == 0) {
		show_json(&s, true, &t);
		result = text_ok(&t) ? 0 : err_no_memory(e);
	}
	if (result == 0)
		puts(t.bytes);
	show_end(&s);
	return result;
}

int cli_state(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
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
	result = print(&r, cli->global.root, e);
	record_close(&r);
	return result;
}
