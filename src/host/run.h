/*
 * run.h - a container in the foreground: `mini-run run`.
 *
 * What concerns the caller and not the container (where to log, whether to lend the terminal, what to write
 * at the end) is here and not in struct config.
 */
#ifndef HOST_RUN_H
#define HOST_RUN_H

#include <stdbool.h>

#include "base/error.h"
#include "config/config.h"

#define DEFAULT_STATE_ROOT "/run/mini-run"

enum log_format { LOG_TEXT, LOG_JSON };

/* The options that every command takes. */
struct global_options {
	const char *root; /* where the state directories are */
	const char *log;  /* a file that gets every message as well; NULL: none */
	int log_fd;	  /* of that file, opened before anything else runs; -1 */
	enum log_format log_format;
	bool debug;
};

enum tty_mode { TTY_AUTO, TTY_ON, TTY_OFF };
enum report_format { REPORT_NONE, REPORT_TEXT, REPORT_JSON };

struct run_options {
	struct global_options *global;
	enum tty_mode tty;
	enum report_format report;
	const char *report_file; /* NULL: stderr */
	const char *pid_file, *cid_file;
	bool trace; /* print every step with its time */
};

/*
 * Runs the container of @c until it ends, and removes all that was made for it. Returns 0 with the exit
 * status for the shell in *ret_status (the command's own, 128+N for signal N, 124 after the time limit),
 * or -1: mini-run failed, and e->status is the exit status that the error asks for (0: 125).
 */
int host_run(const struct config *c, const struct run_options *options, int *ret_status,
	     struct error *e);

#endif
