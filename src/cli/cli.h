/*
 * cli.h - what the commands share. Each command is one file here: a table of options, and one call
 * into host/.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>

#include "base/error.h"
#include "base/options.h"
#include "host/record.h"
#include "host/run.h"

/* One run of the program. */
struct cli {
	struct global_options global;
	bool help, version;
	char *const *argv; /* of the whole program */
	char id[256];	   /* the container that it is about, once known: for messages */
	const char *version_text, *commit; /* of this program */
};

/*
 * A command. @argv are the words behind its name. Returns 0 with the exit status in *ret_status, or
 * -1 with an error, which main.c prints.
 */
typedef int cli_command(struct cli *cli, int argc, char *const argv[], int *ret_status,
			struct error *e);

cli_command cli_run;
cli_command cli_check;
cli_command cli_create;
cli_command cli_start;
cli_command cli_exec;
cli_command cli_state;
cli_command cli_kill;
cli_command cli_delete;
cli_command cli_list;
cli_command cli_ps;
cli_command cli_pause;
cli_command cli_resume;
cli_command cli_update;
cli_command cli_events;
cli_command cli_spec;
cli_command cli_features;
cli_command cli_checkpoint;
cli_command cli_restore;

/* The options that every command takes, before or behind the command's name. */
extern const struct option_row cli_global_rows[];

/* To be called by a command when its options are parsed: whether the global ones can be had. */
int cli_begin(struct cli *cli, struct error *e);

/* For commands that make a container: what --cgroup-manager and --systemd-cgroup mean for it. */
int cli_cgroup_manager(const struct cli *cli, struct config *c, struct error *e);

/* ---- commands on existing containers ---- */

struct cli_form {
	const char *usage; /* what --help prints in front of the options, and behind them */
	const char *closing;
	const struct option_row *rows; /* NULL: none of its own */
	void *into;
	int words_least, words_most; /* -1: any number */
	const char *missing;	     /* the error for fewer */
	bool in_order; /* options end at the first word: what follows is somebody else's */
};

/*
 * Parses by @form; options may stand behind words, too. With cli->help set afterwards the help has been printed, and
 * that was all. *ret_words (malloc'ed, NULL behind the last) has the words.
 */
int cli_form_parse(struct cli *cli, const struct cli_form *form, int argc, char *const argv[],
		   char ***ret_words, int *ret_n, struct error *e);

/* Looks the container up, locked for a change where asked for. Closed again when it fails; else by the caller. */
int cli_record_open(struct cli *cli, const char *id, bool lock, struct record *ret, struct error *e);

#endif
