/*
 * refused.c - the commands that mini-run does not have and that callers ask for.
 *
 * They fail for --help as well: an engine calls `checkpoint --help` to find out whether it can.
 */
#include "cli/cli.h"

int cli_checkpoint(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	(void)argc;
	(void)argv;
	(void)ret_status;
	if (cli_begin(cli, e) < 0)
		return -1;
	return err_set(e, 0, "checkpoint: mini-run does not checkpoint containers");
}

int cli_restore(struct cli *cli, int argc, char *const argv[], int *ret_status, struct error *e)
{
	(void)argc;
	(void)argv;
	(void)ret_status;
	if (cli_begin(cli, e) < 0)
		return -1;
	return err_set(e, 0, "restore: mini-run does not restore containers");
}
