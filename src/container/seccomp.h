/*
 * seccomp.h - a compiled system call filter, loaded as the last act before execve.
 */
#ifndef CONTAINER_SECCOMP_H
#define CONTAINER_SECCOMP_H

#include <linux/filter.h>

#include "base/error.h"

struct seccomp_filter {
	const struct sock_filter *v; /* NULL: no filter */
	unsigned short n;
	unsigned int flags;	   /* SECCOMP_FILTER_FLAG_* */
	struct sock_filter *owned; /* malloc'ed, equal to @v; NULL for the built-in program */
};

/* Loads @f for the calling process. Async-signal-safe. Without no_new_privs the caller needs CAP_SYS_ADMIN. */
int seccomp_filter_load(const struct seccomp_filter *f, struct error *e);

#endif
