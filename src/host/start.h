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
#include "host/refusals.h"
#include "host/resctrl.h"
#include "host/run.h"
#include "host/state.h"
#include "host/user.h"
#include "sync/sync.h"

struct record;
struct exec_options;

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

/* What the undo functions ask about how far it has come. */
struct progress {
	bool hooks_begun; /* from here on the poststop hooks run at the end */
	bool started;	  /* every step was done */
};

struct start {
	const struct config *config;
	const struct run_options *options;

	struct inside inside; /* what the other side is given */
	struct user user;
	struct cgroup cgroup;
	struct state state;
	struct terminal terminal;
	struct resctrl resctrl;
	int console_fd; /* connected to --console-socket; -1 */
	int overlay_lock_fd,
		overlay_upper_fd; /* --overlay=DIR: DIR, locked, and its upper layer if it has one; -1 */
	bool overlay_made;	  /* DIR was not there */
	char *overlay_place;	  /* malloc'ed: see struct inside */
	int notify_fd;		  /* where the container's notifications come in (notify.c); -1 */

	char *home;  /* "HOME=...", malloc'ed */
	int sync_fd; /* our end of the pair; -1 once the command runs */
	bool armed;  /* execve is next, or done */
	int pidfd;
	pid_t pid; /* of the container's PID 1; 0 until there is one */
	bool is_init; /* it is PID 1 of a namespace of its own, which the kernel shields from signals */
	int signal_fd;		/* every signal that we pass on */
	sigset_t early_signals; /* those that came before there was a command */
	struct record *record;	/* exec: the container; NULL */
	const struct exec_options *exec;
	uint32_t *groups;	 /* exec: of the user and of the options; malloc'ed */
	int join_pidfd;		 /* exec: the container's PID 1; -1 */
	pid_t join_pid;		 /* and its pid */
	unsigned int join_flags; /* exec: the kinds of namespaces to enter (CLONE_NEW*) */
	pid_t guard_pid;	 /* of the process that cleans up when we are killed; 0: none */
	int report_fd;		 /* of the report's FILE, opened before anything is made; -1 */
	bool pid_file_made, cid_file_made;
	int64_t exec_ns; /* when the command began */
	bool timed_out;	 /* --timeout has run out */
	struct refusals refusals;
	struct end end;
	bool failed_inside;	   /* the error comes from the other side */
	struct progress *progress; /* see guard.c */
	struct progress own_progress;
	bool undo_failed; /* something is left behind; the first reason */
	struct error undo_error;

	struct trace traces[TRACES];
	size_t traces_n;
};

/* One row of a table of steps, for a start (start.c) or for a further process (exec.c). */
struct step {
	const char *name;
	int (*run)(struct start *s, struct error *e);
	void (*undo)(struct start *s); /* NULL where nothing stays behind; accepts what is half made */
};

/* Everything empty: no descriptors, no process. @c and @options stay the caller's. */
void start_prepare(struct start *s, const struct config *c, const struct run_options *options);

/* Runs the @n steps of a table; on failure all that was done is undone. */
int steps_run(struct start *s, const struct step *steps, size_t n, struct error *e);
void steps_undo(struct start *s, const struct step *steps, size_t n);

/* Runs the steps of a start; on failure all that was done is undone. */
int start_run(struct start *s, struct error *e);

/* Undoes every step: the one way in which a container is cleaned up. Keeps going when something fails. */
void start_undo(struct start *s);

/*
 * Waits for the message @wanted of the inside, and does on the way what is asked for: traces, the seccomp listener. An
 * error of the inside is returned as it is (s->failed_inside).
 */
int sync_await(struct start *s, enum sync_type wanted, int *ret_fd, struct error *e);

/* Whether the inside has said why it ended: that is then the cause of what went wrong out here meanwhile. */
bool sync_error_take(struct start *s, struct error *e);

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

/* Notes the time of a step for --trace. */
void trace_add(struct start *s, const char *side, const char *name, int64_t nanoseconds);

/* report.c: from the wait status and the figures to s->end.reason and s->end.status. */
void end_judge(struct start *s);

/* report.c: one line on stderr when the end was not the command's own doing, and the report where asked for. */
int report_open(struct start *s, struct error *e);
void report_close(struct start *s);
/* @fd: the report file, -1: stderr. */
void report_write(struct start *s, int fd);
void trace_print(const struct start *s);

#endif
