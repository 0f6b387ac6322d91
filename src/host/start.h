/*
 * start.h - the outside of a container's start and end, as one table of steps.
 */
#ifndef HOST_START_H
#define HOST_START_H

#include <poll.h>
#include <signal.h>
#include <sys/types.h>
#include <termios.h>

#include "config/config.h"
#include "container/init.h"
#include "host/cgroup.h"
#include "host/run.h"
#include "host/state.h"
#include "host/user.h"

/* The caller's terminal while it is lent to the container, and the pty that stands behind it. */
struct terminal {
	int master;		 /* the container's pty; -1: it has none */
	int peer;		 /* its other side, held open: see console_receive */
	int output;		 /* the caller's terminal, opened once more and non-blocking; -1 */
	bool raw;		 /* stdin's terminal is in raw mode */
	bool is_saved[3];	 /* of descriptors 0 to 2: which are terminals, */
	struct termios saved[3]; /* and how they are to be restored */
};

/* How the container ended. */
enum end_reason {
	END_EXITED,   /* the command's own doing: status */
	END_SIGNALED, /* a signal from inside, or from somebody else on the host */
	END_OOM,      /* the kernel ended a process for want of memory, and the command with it */
	END_TIMEOUT,  /* --timeout */
	END_INTERRUPTED, /* a signal to mini-run, or a key at the terminal, that ended PID 1 */
	END_SECCOMP,	 /* a refused system call (SIGSYS) */
};

struct end {
	enum end_reason reason;
	int wait_status; /* as from waitpid(2) */
	int signal;	 /* END_INTERRUPTED: the signal that stands for the SIGKILL */
	int status;	 /* what mini-run exits with */
	int64_t wall_ns; /* from execve to the end */
	int64_t user_us, system_us, max_rss_bytes; /* of PID 1 and all it waited for (getrusage(2)) */
	struct cgroup_usage usage;
};

#define TRACES 128

struct trace {
	const char *side;
	char name[48];
	int64_t nanoseconds;
};

struct start {
	const struct config *config;
	const struct run_options *options;

	struct inside inside; /* what the other side is given */
	struct user user;
	struct cgroup cgroup;
	struct state state;
	struct terminal terminal;

	char *home;  /* "HOME=...", malloc'ed */
	int sync_fd; /* our end of the pair; -1 once the command runs */
	int pidfd;
	pid_t pid;		/* of the container's PID 1; 0 until there is one */
	int signal_fd;		/* every signal that we pass on */
	sigset_t early_signals; /* those that came before there was a command */
	pid_t guard_pid;	/* of the process that cleans up when we are killed; 0: none */
	int report_fd;		/* of the report's FILE, opened before anything is made; -1 */
	bool pid_file_made, cid_file_made;
	int64_t exec_ns; /* when the command began */
	bool timed_out;	 /* --timeout has run out */
	struct end end;
	bool failed_inside; /* the error comes from the other side */
	bool undo_failed;   /* something is left behind; the first reason */
	struct error undo_error;

	struct trace traces[TRACES];
	size_t traces_n;
};

/* Runs the steps of a start; on failure all that was done is undone. */
int start_run(struct start *s, struct error *e);

/* Undoes every step: the one way in which a container is cleaned up. Keeps going when something fails. */
void start_undo(struct start *s);

/* wait.c: until PID 1 has ended; fills s->end but for the cgroup's figures. */
int wait_for_end(struct start *s, struct error *e);

/* Ends PID 1 as signal @number would end an ordinary process that neither catches nor ignores it. */
void wait_deliver(struct start *s, int number);

/* The same when the signal has reached PID 1 already (a key at its terminal): ends it unless it handles it. */
void wait_end_unless_handled(struct start *s, int number);

/* terminal.c */
int terminal_borrow(struct start *s, struct error *e);
void terminal_restore(struct start *s);
void terminal_resize(struct start *s);

/* report.c: from the wait status and the figures to s->end.reason and s->end.status. */
void end_judge(struct start *s);

/* report.c: one line on stderr when the end was not the command's own doing, and the report where asked for. */
int report_open(struct start *s, struct error *e);
void report_close(struct start *s);
/* @fd: the report file, -1: stderr. */
void report_write(struct start *s, int fd);
void trace_print(const struct start *s);

#endif
