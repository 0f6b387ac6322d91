/*
 * state.h - what is on disk about a container while it is being made, and whose it is.
 *
 * ROOT/ID/state.json says all that is needed to find a container again and to remove what was made for it: its
 * cgroups, PID 1 and when that started. It is written before the things that it names are made. Beside it lie
 * config.json (what the container was made from), seccomp (its filter), start (the socket of one that is only
 * created) and lock.
 *
 * Whoever makes a container holds a lock on the directory, and a run in the foreground as long as it lives. A
 * directory that nobody holds is litter if it belonged to a run in the foreground, or was never completed: the
 * next command that comes across it removes it with all that it names. record.h reads what is written here.
 */
#ifndef HOST_STATE_H
#define HOST_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "config/config.h"
#include "host/cgroup.h"
#include "host/resctrl.h"

#define STATE_FILE	     "state.json"
#define STATE_CONFIG_FILE    "config.json"
#define STATE_LOCK_FILE	     "lock"
#define STATE_RESOURCES_FILE "resources.json" /* the limits that hold since an update */
#define STATE_START_FILE     "start"

struct state {
	int root_fd;	     /* of the directory with all state directories; -1 */
	int dir_fd;	     /* of this container's, locked; -1 */
	bool made;	     /* by us, so ours to remove */
	bool written;	     /* state.json is there */
	int64_t created_ns;  /* CLOCK_REALTIME */
	int64_t maker_start; /* when this process started: see state_start_time() */
	char boot_id[40];
};

#define STATE_EMPTY                         \
	{                                   \
		.root_fd = -1, .dir_fd = -1 \
	}

/* What state.json says. */
struct state_content {
	const struct config *config;
	const struct cgroup *cgroup;
	const struct resctrl *resctrl;
	bool foreground;     /* a mini-run stays with it until its end */
	bool builtin_filter; /* the filter is the program inside mini-run, and no file */
	pid_t pid;	     /* 0: there is no process yet */
};

/* Makes ROOT/ID and locks it. An ID that is in use is an error; litter under that name is swept first. */
int state_make(struct state *s, const char *root, const char *id, struct error *e);

/* Writes state.json, and replaces it the next times. */
int state_write(struct state *s, const struct state_content *content, struct error *e);

/*
 * The container is whole. Until then its directory has the sticky bit (STATE_MAKING): one system call says so, and
 * whoever looks at the directory sees it.
 */
#define STATE_MAKING 01000
int state_complete(const struct state *s, struct error *e);

/* Removes the directory if we made it. Its lock is held until state_leave(). */
void state_remove(struct state *s, const char *id);

/* Closes all, and gives up the lock. What is still there stays: others take over from here. */
void state_leave(struct state *s);

/*
 * Removes litter below ROOT, some at a time. Part of state_make, after it has made sure that ROOT is ours alone:
 * what is written there is believed. Errors are kept to itself: the litter stays for the next.
 */
void state_sweep(const struct state *s);

/* Opens ROOT. Somebody else's directory is refused: what is in it is believed. ENOENT in e->no: there is none. */
int state_open_root(const char *root, int *ret_fd, struct error *e);

/* The same, making it where it is missing, its parents too. */
int state_make_root(const char *root, int *ret_fd, struct error *e);

/* Removes the files of a state directory and itself. False: it is still there. */
bool state_remove_directory(int root_fd, int dir_fd, const char *id);

/* When the process started, in clock ticks since boot (field 22 of /proc/PID/stat), which tells it from another
 * one that got the same pid later; -1 where there is no such process (ENOENT, ESRCH) or it cannot be looked at. */
int64_t state_start_time(pid_t pid);

/* This boot's name: after a reboot a pid and a start time may fit another process. */
void state_boot_id(char ret[40]);

#endif
