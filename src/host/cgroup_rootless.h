/*
 * cgroup_rootless.h - the cgroups of an ordinary user. For the cgroup*.c files alone.
 *
 * He may make cgroups where a directory of the v2 hierarchy was given to him ("delegated"), which is what a systemd user
 * session does for a unit with Delegate=yes. That directory takes the place of the mount for him: what mini-run makes is
 * below it, and nothing above it is looked at.
 *
 * The kernel lets no cgroup have both processes and children with controllers. So where mini-run is the only process in the
 * directory, it moves into a leaf of its own first, HOME/mini-run/.self, and the last one to go moves back and removes it.
 */
#ifndef HOST_CGROUP_ROOTLESS_H
#define HOST_CGROUP_ROOTLESS_H

#include "host/cgroup_host.h"

/* Fills @h: h->v2_mount is the directory that is the caller's, or "" where there is none. Makes nothing. */
int cgroup_rootless_look(struct cgroup_host *h, struct error *e);

/* A path that was given from the mount on, and leads into that directory, is meant from there on. */
void cgroup_rootless_shorten(struct cgroup_host *h);

/* Before the directories of @g are made: out of the way of the controllers that they need. */
int cgroup_rootless_enter(const struct cgroup *g, struct error *e);

/* When @d is removed: back, and removes the leaf, unless somebody else is in it or has a container beside it. */
void cgroup_rootless_leave(const struct cgroup_dir *d);

/* Why a controller is not to be had, and how it could be. Behind the setting's name in @e. */
int cgroup_rootless_explain(const struct cgroup_host *h, const char *controller, struct error *e);

#endif
