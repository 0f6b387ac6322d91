/*
 * cli.h - what the commands share. Each command is one file here: a table of options, and one call
 * into host/.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>

#include "base/error.h"
#include "base/options.h"
#include "host/run.h"

/* One run of the program. */
struct cli {
	struct global_options global;
	bool help, version;
	char id[256]; /* the container that it is about, once known: for messages */
};

/*
 * A command. @argv are the words behind its name. Returns 0 with the exit status in *ret_status, or
 * -1 with an error, which main.c prints.
 */
typedef int cli_command(struct cli *cli, int argc, char *const argv[], int *ret_status,
			struct error *e);

cli_command cli_run;
cli_command cli_check;

/* The options that every command takes, before or behind the command's name. */
extern const struct option_row cli_global_rows[];

/* To be called by a command when its options are parsed: whether the global ones can be had. */
int cli_begin(struct cli *cli, struct error *e);

#endif
