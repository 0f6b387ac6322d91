/*
 * sync.h - the messages between mini-run outside and the process that becomes the container inside.
 *
 * One SOCK_SEQPACKET pair, so that a message arrives whole or not at all, and the death of either side is
 * seen as end-of-file. Both ends are close-on-exec: end-of-file after ARMED means that execve happened. (Where the
 * built-in program executes the command, the inside's end lives through its execve, and it is told EXEC_ERROR.)
 *
 *	inside                          outside
 *	   | <-- MAPPED ------------------ |    only with a new user namespace: its maps are written
 *	   | -- CONSOLE + descriptor ----> |    only with a terminal: the pty's master
 *	   | -- HOOKS -------------------> |    only with such hooks: all is mounted, the host's tree still there
 *	   | <-- HOOKS_DONE -------------- |
 *	   | -- READY -------------------> |    only for `create`: all is set up but for the command
 *	   | <-- GO ---------------------- |    the state is on disk: the command may run. For `create` it comes from
 *	   | -- WARNING -----------------> |    any number, until GO: what the caller is to be told
 *	   | -- TRACE ... ---------------> |        another process, `start`, by a socket of its own, and the rest
 *	   | -- LISTENER + descriptor ---> |        goes there. TRACE: only with --trace, one a step. LISTENER:
 *	   | <-- LISTENER_TAKEN ---------- |        only with a seccomp filter that notifies; not
 *	   |                               |        answered where mini-run itself listens
 *	   | -- ARMED -------------------> |    execve is next
 *	   | == end-of-file ============== |    the command runs
 *	   | -- ERROR -------------------> |    instead of any of the above
 *
 * Each side waits for the next message and treats everything else as a failure. What comes from inside
 * is checked for size, type and text before it is used: bounded, printable, nothing acted upon.
 */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum sync_type {
	SYNC_END, /* end-of-file; never sent */
	SYNC_MAPPED,
	SYNC_CONSOLE,
	SYNC_HOOKS,
	SYNC_HOOKS_DONE,
	SYNC_READY,
	SYNC_GO,
	SYNC_LISTENER,
	SYNC_LISTENER_TAKEN,
	SYNC_TRACE,
	SYNC_WARNING,
	SYNC_ARMED,
	SYNC_ERROR,
	SYNC_HOOK_ERROR, /* the same of a startContainer hook: the container is to be deleted */
	SYNC_EXEC_ERROR, /* execve(2) of the command failed: from the built-in program, which makes no text (init/init.c) */
	SYNC_TYPES,
};

#define SYNC_TRACE_NAME 48

struct sync_trace {
	char name[SYNC_TRACE_NAME]; /* the step */
	int64_t nanoseconds;	    /* what it took */
};

struct sync_message {
	uint32_t type; /* enum sync_type */
	union {
		struct error error;
		struct sync_trace trace;
		int32_t exec_errno; /* 1 to 4095 */
	} u;
};

#define SYNC_EXEC_ERROR_SIZE (offsetof(struct sync_message, u) + sizeof(int32_t))

/* Makes the pair: ret_fds[0] for outside, ret_fds[1] for inside. */
int sync_open(int ret_fds[2], struct error *e);

/* Sends one message, with the descriptor @fd unless that is -1. Async-signal-safe. */
int sync_send(int sync_fd, const struct sync_message *m, int fd, struct error *e);
int sync_send_type(int sync_fd, enum sync_type type, struct error *e);

/*
 * Receives one message, waiting for it. A message of a wrong size or type is an error; end-of-file is the
 * type SYNC_END. Text is made printable. *ret_fd gets the descriptor that came with it, or -1; where
 * @ret_fd is NULL a descriptor that comes all the same is closed and an error.
 */
int sync_receive(int sync_fd, struct sync_message *ret, int *ret_fd, struct error *e);

#endif
