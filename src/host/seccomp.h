/*
 * seccomp.h - from the profile in the configuration to a BPF program. Runs outside, before clone.
 */
#ifndef HOST_SECCOMP_H
#define HOST_SECCOMP_H

#include <stdbool.h>

#include "base/error.h"
#include "config/config.h"
#include "container/seccomp.h"
#include "host/run.h"

/*
 * The program for @c: none, the built-in one (compiled when mini-run was built), or one that is made of the profile: now,
 * or once upon a time for the same profile (seccomp_cache.h). The built-in profile with other than the default
 * capabilities is made like that as well, because what it allows depends on them. An error, too, where this kernel does
 * not have a flag that the profile asks for, or where it keeps mini-run from handing its listener over.
 * @global may be NULL: nothing is kept. The caller ends it.
 */
int seccomp_make(const struct config *c, const struct global_options *global,
		 struct seccomp_filter *ret, struct error *e);
void seccomp_end(struct seccomp_filter *f);

/* The built-in program, and whether @f is that one. */
void seccomp_builtin(struct seccomp_filter *ret);
bool seccomp_is_builtin(const struct seccomp_filter *f);

/* Does the filter send a descriptor to the profile's listenerPath? */
bool seccomp_notifies(const struct seccomp_filter *f);

/*
 * A container's own copy of its filter, the file SECCOMP_FILE in its state directory, for processes that are added later.
 * It is for filters that were made of a profile: none and the built-in one need no file, and saving them is an error.
 * seccomp_restore(): the caller ends it.
 */
#define SECCOMP_FILE "seccomp"
int seccomp_save(const struct seccomp_filter *f, int dir_fd, struct error *e);
int seccomp_restore(struct seccomp_filter *ret, int dir_fd, struct error *e);

/* Whether this kernel knows all of @flags (SECCOMP_FILTER_FLAG_*); the error names the one that it does not. */
int seccomp_flags_check(unsigned int flags, struct error *e);

#endif
