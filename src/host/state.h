/*
 * state.h - what is on disk about a container, and whose it is.
 *
 * ROOT/ID/state.json says all that is needed to find a container again and to remove what was made for it:
 * its cgroups, PID 1 and when that started. It is written before the things that it names are made. A run in
 * the foreground holds a lock on the directory while it lives; a directory that nobody holds and whose PID 1
 * is gone is litter, and the next command that comes across it removes it with all that it names.
 */
#ifndef HOST_STATE_H
#define HOST_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "config/config.h"
#include "host/cgroup.h"

struct state {
	int root_fd;	    /* of the directory with all state directories; -1 */
	int dir_fd;	    /* of this container's, locked; -1 */
	bool made;	    /* by us, so ours to remove */
	int64_t created_ns; /* CLOCK_REALTIME */
	char boot_id[40];
};

#define STATE_EMPTY                         \
	{                                   \
		.root_fd = -1, .dir_fd = -1 \
	}

/* Makes ROOT/ID and locks it. An ID that is in use is an error; litter under that name is swept first. */
int state_make(struct state *s, const char *root, const char *id, struct error *e);

/* Writes state.json; @pid 0: there is no process yet. */
int state_write(struct state *s, const struct config *c, const struct cgroup *g, pid_t pid,
		struct error *e);

/* Removes the directory if we made it, and closes all. */
void state_remove(struct state *s, const char *id);

/*
 * Removes litter below ROOT, some at a time. Part of state_make, after it has made sure that ROOT is ours alone:
 * what is written there is believed. Errors are kept to itself: the litter stays for the next.
 */
void state_sweep(const struct state *s);

/* When the process started, in clock ticks since boot (field 22 of /proc/PID/stat), which tells it from another
 * one that got the same pid later; -1 where there is no such process. */
int64_t state_start_time(pid_t pid);

#endif
