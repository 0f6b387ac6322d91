/*
 * bundle.h - what `create` and `run --bundle` share: the options of a new container from a bundle, and the way from
 * the bundle to a checked configuration.
 */
#ifndef CLI_BUNDLE_H
#define CLI_BUNDLE_H

#include "cli/cli.h"
#include "config/config.h"

struct bundle_options {
	const char *bundle; /* the directory; NULL: the current one */
	const char *file;   /* of the configuration; NULL: config.json in the bundle */
	uint64_t preserve_fds;
	bool no_pivot, no_new_keyring, detach, keep;
	struct run_options run;
	char *text; /* the configuration as it was read: malloc'ed, see bundle_end */
};

/* Of both, of `run` alone, and --pid-file; each into a struct bundle_options. */
extern const struct option_row bundle_rows[];
extern const struct option_row bundle_run_rows[];
extern const struct option_row bundle_pid_rows[]; /* --pid-file, which the command line's form has for itself */

/* Reads the bundle into @c, which is empty, for container @id, and checks it; completes o->run. */
int bundle_read(struct cli *cli, struct bundle_options *o, const char *id, struct config *c,
		struct error *e);
void bundle_end(struct bundle_options *o);

/* --preserve-fds N: descriptors 3 to 2 + @n must be open, or others would take their numbers and go in instead. */
int descriptors_check(uint64_t n, struct error *e);

#endif
