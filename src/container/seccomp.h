/*
 * seccomp.h - a compiled system call filter, loaded as late before execve as the kernel allows.
 */
#ifndef CONTAINER_SECCOMP_H
#define CONTAINER_SECCOMP_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct inside;

struct seccomp_filter {
	const struct sock_filter *v; /* NULL: no filter */
	unsigned short n;
	unsigned int flags; /* SECCOMP_FILTER_FLAG_* */
	void *owned;	    /* malloc'ed memory that @v lies in; NULL for the built-in program */
};

/*
 * A filter whose refusals mini-run is told of (host/seccomp_tell.h). @asks notifies where the plain filter refuses, and
 * lets pass the two calls that carry its own listener out and load @rest. @rest says of these two, and of nothing else,
 * what the plain filter says: behind it the two together let nothing pass that the plain one refuses.
 */
struct seccomp_told {
	struct seccomp_filter asks, rest; /* asks.v NULL: nobody is told, the plain filter is loaded */
	bool needed; /* an error where @asks cannot be loaded, for somebody else listens already; else the plain one is */
};

/* A system call of ours that @asks lets pass, told by the one argument that nobody else gives: a random address. */
struct seccomp_pass {
	uint32_t number, index;
	uint64_t value;
};
#define SECCOMP_PASSES 2

/* Outside, before clone; the same two each time. An error where there is no memory for what they point to. */
int seccomp_passes(struct seccomp_pass ret[SECCOMP_PASSES], struct error *e);

/*
 * Loads @f for the calling process. Async-signal-safe. Without no_new_privs the caller needs CAP_SYS_ADMIN.
 * A filter that notifies makes a descriptor, close-on-exec, which goes to *ret_listener (-1 from every other one);
 * where @ret_listener is NULL such a filter is an error, and not loaded.
 */
int seccomp_filter_load(const struct seccomp_filter *f, int *ret_listener, struct error *e);

/*
 * Hands the listener @fd of a filter that is in force to the outside, and waits until that has given it on; closes
 * @fd in any case. Calls close(2), sendmsg(2) and recvmsg(2), which the filter judges already: see seccomp.c.
 */
int listener_hand_over(const struct inside *in, int fd, struct error *e);

/* The filter of the container's process, or of one that exec adds: in->told where that is there, else in->seccomp. */
int filter_enter(const struct inside *in, struct error *e);

#endif
