/*
 * run.h - a new container: `mini-run run`, in the foreground or detached, and `mini-run create`.
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
	bool debug, errors_only; /* --log-level: more, or less, than errors and warnings */
	enum config_cgroup_manager cgroup_manager; /* these two are for those who make cgroups */
	bool systemd_cgroup;			   /* asked for, and refused by them */
};

enum tty_mode { TTY_AUTO, TTY_ON, TTY_OFF };
enum report_format { REPORT_NONE, REPORT_TEXT, REPORT_JSON };

enum run_mode {
	RUN_FOREGROUND, /* mini-run stays until the end, and removes everything then */
	RUN_DETACHED,	/* it goes when the command runs */
	RUN_CREATE,	/* it goes when all is set up; `start` lets the command run */
};

struct run_options {
	struct global_options *global;
	enum run_mode mode;
	bool keep; /* foreground: what was made stays behind the end, for `delete` */
	const char *console_socket; /* where the terminal's master goes; NULL: to mini-run itself */
	const char *pidfd_socket;   /* where a pidfd of the process goes; NULL: nowhere */
	unsigned int keep_fds;	    /* descriptors 3 to 2 + this are for the command */
	const char *config_text;    /* the bundle's config.json; NULL: the command line's form */
	enum tty_mode tty;
	enum report_format report;
	const char *report_file; /* NULL: stderr */
	const char *pid_file, *cid_file;
	bool trace; /* print every step with its time */
};

/*
 * Makes the container of @c. In the foreground it then runs until it ends, and all that was made for it is removed; in the
 * other modes it stays, for `start` and `delete`. Returns 0 with the exit status for the shell in *ret_status (in the
 * foreground the command's own, 128+N for signal N, 124 after the time limit; else 0), or -1: mini-run failed, all is
 * undone, and e->status is the exit status that the error asks for (0: 125).
 */
int host_run(const struct config *c, const struct run_options *options, int *ret_status,
	     struct error *e);

#endif
