/*
 * record.h - a container that exists, as the commands behind the first one see it: looked up by its id in the state
 * directory. Runs outside.
 *
 * Whoever makes a container holds the lock of its directory meanwhile, and a run in the foreground as long as it lives
 * (state.h). Commands that change a container hold another lock, on ROOT/ID/lock, so that two at once take turns.
 */
#ifndef HOST_RECORD_H
#define HOST_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "config/config.h"
#include "config/json.h"
#include "host/cgroup.h"
#include "host/resctrl.h"
#include "host/run.h"

enum record_status {
	RECORD_CREATING, /* somebody is at it */
	RECORD_CREATED,	 /* all but the command runs */
	RECORD_RUNNING,
	RECORD_PAUSED,
	RECORD_STOPPED, /* what a create that was killed has left, too */
};

struct record {
	char id[256];
	int root_fd, dir_fd;
	int lock_fd;	      /* held by record_lock(); -1 */
	struct json document; /* state.json; the strings below live in it */
	bool builtin_filter; /* the filter is mini-run's own program; else ROOT/ID/seccomp, where there is one */
	const char *oci_version, *bundle, *rootfs, *created; /* never NULL */
	bool foreground;     /* a mini-run holds it while it lives */
	bool complete;	     /* it was made whole */
	bool no_new_keyring; /* as it was made */
	pid_t maker;	/* the mini-run that made it, or is at it, if it is still that process; 0 */
	pid_t pid;	/* of its PID 1 as recorded; 0: none was there yet */
	int pidfd;	/* of it, if it is still that process; -1: it has ended */
	uint32_t owner; /* uid */
	struct cgroup cgroup; /* its directories, opened */
	struct resctrl resctrl;
};

/*
 * Fills @r from the directory @dir_fd (ROOT/@id, @root_fd), for those who have it open: the sweep. ENOENT in e->no: there
 * is no state yet. Ended by record_end(), which leaves the two descriptors alone.
 */
int record_read(struct record *r, int root_fd, int dir_fd, const char *id, struct error *e);
void record_end(struct record *r);

/*
 * For a directory that nobody holds (@dir_fd has its lock): removes it with all that its state names, and runs the poststop
 * hooks, if it is litter: of a run in the foreground, or of a create that was killed. False: it is not, or something is left.
 */
bool record_sweep(int root_fd, int dir_fd, const char *id);

/* Looks @id up below @root. `container "ID" does not exist` with errno ENOENT in e->no where there is none. Ended by
 * record_close() in any case. */
int record_open(struct record *r, const char *root, const char *id, struct error *e);
void record_close(struct record *r);

/* Waits for the lock of those that change the container, then reads the state anew. ENOENT as above. */
int record_lock(struct record *r, struct error *e);

enum record_status record_status(const struct record *r);
const char *record_status_name(enum record_status status); /* "creating", ... */

/* Connects to the process of a container that is only created. @flags: SOCK_NONBLOCK or 0. */
int record_connect(const struct record *r, int flags, int *ret_fd, struct error *e);

/* The container's configuration, from the copy in the state directory. The caller frees it (config_free). */
int record_config(const struct record *r, struct config **ret, struct error *e);

/*
 * Ends every process of the container and removes all that its state names, the directory last, then runs the poststop
 * hooks. For `delete`, and for a create that failed or was killed. The caller holds the lock. 0, or -1 where something is left.
 */
int record_destroy(struct record *r, const struct global_options *global, struct error *e);

/* Calls @each for every container below @root, by name. One that goes away meanwhile is passed over. */
int record_each(const char *root, int (*each)(struct record *r, void *into, struct error *e),
		void *into, struct error *e);

#endif
