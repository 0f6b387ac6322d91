/*
 * process.h - a helper program: started, given its stdin, and waited for with a time limit.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* While a helper runs, @take(@who) is asked whenever @fd is readable; -1, with the error: the helper has to end. */
struct process_interrupt {
	int fd;
	int (*take)(void *who, struct error *e);
	void *who;
};

struct process {
	const char *path;		/* executed as it is, no search */
	char *const *args, *const *env; /* NULL behind the last */
	const char *directory;		/* where it runs; NULL: here */
	const char *input;		/* all that its stdin has, then end-of-file */
	size_t input_length;
	int output_fd;	    /* its stdout; -1: ours */
	int64_t timeout_ms; /* 0: none; then it and its process group are killed */
	const struct process_interrupt *interrupt; /* NULL: none; then it and its process group are killed */
	/* The last thing before execve, in the helper; non-0: it is not executed. NULL: nothing. */
	int (*prepare)(void *into);
	void *into;
};

/*
 * Runs @p to its end. Signals are as a fresh process has them, descriptors above 2 are closed. 0 when it ended with
 * status 0; else an error that says how it ended ("exit status 3", "killed by signal 9", "took longer than 2 s") or why
 * it could not be executed. Works with all signals blocked, and in the child between clone and execve.
 */
int process_run(const struct process *p, struct error *e);

#endif
