/*
 * refusals.h - which system calls a filter refused: mini-run listens, answers as the filter would have, and tells at the end.
 * Runs outside.
 */
#ifndef HOST_REFUSALS_H
#define HOST_REFUSALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

struct start;

#define REFUSALS_MOST	128 /* different calls that are told one by one */
#define CONDEMNED_MOST	16
#define REFUSAL_PROCESS 16 /* TASK_COMM_LEN */

/* One system call of one architecture with one answer. */
struct refusal {
	uint32_t arch, number, answer; /* AUDIT_ARCH_*, SECCOMP_RET_* with its data */
	uint64_t count;
	char process[REFUSAL_PROCESS]; /* who called it first; bytes that the container chose */
};

/* A process that has been sent SIGSYS and must not outlive it. */
struct condemned {
	int pidfd;
	int64_t until_ns; /* then SIGKILL */
};

struct refusals {
	int fd;	       /* the listener; -1: there is none (yet, or any more) */
	bool listened; /* there was one */
	bool not_ours; /* a SIGSYS that nobody saw coming is not the filter's: the container has one of its own */
	bool all; /* every refusal is listed (--security-opt seccomp-log), not only those that end a process */
	struct refusal calls[REFUSALS_MOST];
	size_t calls_n;
	uint64_t more; /* calls that found no place there */
	struct condemned condemned[CONDEMNED_MOST];
	size_t condemned_n;
	uint64_t own_filters;		   /* how often a process asked for a filter of its own */
	char own_process[REFUSAL_PROCESS]; /* who did first */
	struct refusal deadly; /* the last one that ended a process; count 0: none did */
	bool ended_first;      /* that process was the container's PID 1 */
	struct error lost; /* why listening came to an end before the container; text "": it did not */
};

/* With the filter of s->inside made: that of the command, if its refusals are to be told. And its end. */
int refusals_prepare(struct start *s, struct error *e);
void refusals_forget(struct start *s);

/* Takes the listener @fd that came from inside. False: nobody waits for one here. */
bool refusals_listen(struct start *s, int fd);

/* Where the listener has something to tell: notes and answers a few calls, so that others get their turn. */
void refusals_take(struct start *s, short revents);

/* For poll(2): until when refusals_settle() is due, in milliseconds; -1: it is not. Ends who outlived a SIGSYS. */
int refusals_timeout(const struct start *s);
void refusals_settle(struct start *s);

/* At the end, before the filter is freed: fills not_ours. */
void refusals_judge(struct start *s);

/* What is told at the end. */
void refusals_add_call(struct text *t,
		       const struct refusal *r); /* the name, with its architecture if it is foreign */
void refusals_add_line(struct text *t, const struct refusal *r);
bool refusals_add_own(struct text *t, const struct refusals *r); /* false: no filters of its own */
void refusals_add_json(struct text *t, const struct refusals *r);

#endif
