/*
 * features.c - mini-run features: what config.json may ask for, for engines.
 */
#include <stdio.h>

#include "base/fd.h"
#include "cli/cli.h"
#include "host/features.h"

static const struct cli_form form = {
	.usage = "Usage: mini-run features [OPTIONS]\n"
		 "\n"
		 "Prints what a config.json may ask for, as the features document of the OCI "
		 "runtime\n"
		 "specification. Needs no rights; mini-run check tells what this host can do.\n",
	.closing = "\n"
		   "Exit status: 0; 1 when mini-run failed.\n"
		   "\n"
		   "Examples:\n"
		   "  mini-run features | jq .linux.namespaces\n",
};

int cli_features(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	OWNED_MEMORY char **words = NULL;
	OWNED_TEXT t = {0};
	int n;

	*ret_status = 0;
	if (cli_form_parse(cli, &form, argc, argv, &words, &n, e) < 0)
		return -1;
	if (cli->help)
		return 0;
	features_json(cli->version_text, cli->commit, &t);
	if (!text_ok(&t))
		return err_no_memory(e);
	puts(t.bytes);
	return 0;
}
