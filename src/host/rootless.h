/*
 * rootless.h - mini-run for an ordinary user: a user namespace of its own, in which it has root's rights.
 *
 * Who has not got CAP_SYS_ADMIN and makes a container, or enters one, enters a user namespace first, and a mount namespace
 * that belongs to it, and mini-run is executed once more in there. From then on it is root of that namespace, goes through
 * the same steps as everybody, and the container gets a user namespace of its own below it (userns.h).
 *
 * All other commands stay outside: an owner has every right over the user namespaces that he has made.
 */
#ifndef HOST_ROOTLESS_H
#define HOST_ROOTLESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "host/run.h"

/* Finds out which of the three this process is. The first thing of the program. */
void rootless_begin(void);

/* An ordinary user: outside still, or inside. */
bool rootless_is(void);

/* In the namespace that rootless_enter() has made, or joined. */
bool rootless_inside(void);

/* Whether it has the one id only, for want of a range or of the helpers. */
bool rootless_single(void);

/* The caller's id, as he knows it. */
uid_t rootless_uid(void);

/*
 * Where the state of containers is by default: /run/mini-run, and for an ordinary user $XDG_RUNTIME_DIR/mini-run,
 * /run/user/UID/mini-run or /tmp/mini-run-UID, the first whose parent can be used. Makes nothing.
 */
const char *rootless_state_root(void);

/*
 * Does nothing for root, and inside. An ordinary user's mini-run executes itself with @argv in a new user namespace, and
 * returns only with an error. To be called before anything is made, and before anything is read that cannot be read twice.
 */
int rootless_enter(char *const argv[], const struct global_options *global, struct error *e);

/* Whether an ordinary user could enter one; false for others, and inside. Tried in a child. */
bool rootless_possible(void);

/* The same for the namespace in which the mini-run was that has made the container of process @pid. */
int rootless_enter_of(char *const argv[], pid_t pid, struct error *e);

/* Whether our user namespace is an ancestor of @userns_fd, so that we have every right over it. */
bool rootless_is_above(int userns_fd);

/* The switch by which this host forbids user namespaces to ordinary users; false: none that is known. */
struct rootless_switch {
	const char *path, *value, *remedy;
};
bool rootless_forbidden(struct rootless_switch *ret);

/* Whether the helper at @path (newuidmap, newgidmap) may be trusted with root's rights: an error says why not. */
int rootless_helper_check(const char *path, struct error *e);

#define NEWUIDMAP "/usr/bin/newuidmap"
#define NEWGIDMAP "/usr/bin/newgidmap"

#endif
