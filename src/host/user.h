/*
 * user.h - names of users and groups, from the root filesystem's own files.
 *
 * Our own parser on purpose: getpwnam(3) would read the host's files, or load libraries for NSS.
 */
#ifndef HOST_USER_H
#define HOST_USER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define USER_GROUPS 1024

struct user {
	uint32_t uid, gid;
	uint32_t *groups; /* malloc'ed */
	size_t groups_n;
	char *home; /* malloc'ed; "/" for a user that is not listed */
};

/*
 * Looks up @spec, "UID|NAME[:GID|GROUP]", in /etc/passwd and /etc/group below @root_fd. As engines do it:
 * without a group the user's own one and all that list him; with a group exactly that one. A number need
 * not be listed; a name must be. Free with user_end.
 */
int user_find(int root_fd, const char *spec, struct user *ret, struct error *e);
/* The same with a layer over the root filesystem, whose upper directory @upper_fd is (-1: there is none). */
int user_find_layered(int upper_fd, int root_fd, const char *spec, struct user *ret, struct error *e);
void user_end(struct user *u);

/* The name that /etc/passwd below @root_fd lists for @uid, malloc'ed; NULL where there is none. */
char *user_name(int root_fd, uint32_t uid);

#endif
