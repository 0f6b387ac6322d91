/*
 * create.c - mini-run create: a container from a bundle, set up but for its command.
 */
#include <stdio.h>

#include "base/fd.h"
#include "cli/bundle.h"
#include "host/rootless.h"
#include "host/seal.h"

static const char usage[] =
	"Usage: mini-run create [OPTIONS] ID\n"
	"\n"
	"Makes the container ID from an OCI bundle: everything is set up, and its process waits "
	"for\n"
	"\"mini-run start ID\". It has the stdin, stdout and stderr that create has.\n"
	"\n";

static const char examples[] = "\n"
			       "Exit status: 0; 1 when mini-run failed, and then nothing is left.\n"
			       "\n"
			       "Examples:\n"
			       "  mini-run create --bundle /srv/web web\n"
			       "  mini-run create -b . --console-socket /run/console.sock "
			       "--pid-file pid sh\n";

static void options_end(struct bundle_options *o)
{
	bundle_end(o);
}

int cli_create(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	OWNED_CONFIG *c = config_new();
	__attribute__((cleanup(options_end))) struct bundle_options o = {.run.mode = RUN_CREATE};
	const struct option_table tables[] = {
		{"The container", bundle_rows, &o},
		{"Files", bundle_pid_rows, &o},
		{"For every command", cli_global_rows, cli},
		{0},
	};
	int first;

	if (!c)
		return err_no_memory(e);
	if (options_parse(tables, argc, argv, &first, e) < 0)
		return -1;
	if (cli->help) {
		fputs(usage, stdout);
		options_print(tables, stdout);
		fputs(examples, stdout);
		*ret_status = 0;
		return 0;
	}
	if (first == argc)
		return err_set(e, 0, "create needs an ID for the container");
	if (first + 1 < argc)
		return err_set(e, 0, "create takes one ID; %.100s is one too many", argv[first + 1]);
	if (rootless_enter(cli->argv, &cli->global, e) < 0 || binary_seal(cli->argv, e) < 0 ||
	    cli_begin(cli, e) < 0)
		return -1;
	snprintf(cli->id, sizeof(cli->id), "%s", argv[first]);
	if (bundle_read(cli, &o, argv[first], c, e) < 0)
		return -1;
	if (host_run(c, &o.run, ret_status, e) == 0)
		return 0;
	e->status = 0; /* 1 for all that may go wrong, as engines know it */
	return -1;
}
