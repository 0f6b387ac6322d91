/*
 * cgroup.h - the cgroups of one container: made, limited, read and removed.
 *
 * Runs outside. On a v2 host that is one directory, /sys/fs/cgroup/mini-run/ID unless the configuration
 * names another path; where controllers are mounted as v1 (the hybrid layout included) it is one directory
 * in each hierarchy that is needed. A limit that this host cannot enforce is an error of cgroup_plan, before
 * anything is made.
 *
 * Order: plan, make, limit, then clone3(2) with CLONE_INTO_CGROUP where cgroup_clone_fd() gives a descriptor,
 * then cgroup_enter() in the child, which only then unshares its cgroup namespace (cgroup.c says why). At
 * the end read, remove, end.
 */
#ifndef HOST_CGROUP_H
#define HOST_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "config/config.h"

enum cgroup_version { CGROUP_NONE, CGROUP_V1, CGROUP_V2 };

#define CGROUP_DIRS   16
#define CGROUP_PATH   1024
#define CGROUP_NAMES  256 /* a list of controllers */
#define CGROUP_PARENT "mini-run"

struct cgroup_dir {
	bool v2;
	bool made;	     /* by us, so ours to remove */
	int fd;		     /* of that directory, -1 until made */
	size_t mount_length; /* so many bytes of @path are the mount of the hierarchy */
	size_t keep_length; /* so many bytes of @path name a directory that is not ours to remove */
	char controllers[CGROUP_NAMES]; /* v1: "cpu,cpuacct", as mounted; v2: empty */
	char path[CGROUP_PATH];		/* the container's directory, absolute, normalised */
};

struct cgroup {
	enum cgroup_version version; /* V1 where any directory is v1 */

	/* There are device rules and no hierarchy that could enforce them (known after cgroup_make): the
	 * container must not get CAP_MKNOD then. */
	bool devices_unenforced;
	bool devices_v2; /* the rules are for the v2 directory */
	bool asked;	 /* for any limit */

	/* v2, from plan to make: what must be enabled, what is nice to have for the report, and what the
	 * parent has enabled already, as lists parted by spaces. */
	char need[CGROUP_NAMES], want[CGROUP_NAMES], enabled[CGROUP_NAMES];
	int mount_fd, parent_fd;

	size_t dirs_n;
	struct cgroup_dir dirs[CGROUP_DIRS]; /* v1 in front, the freezer and pids first; a v2 one is last */
};

/* What the cgroup counted; -1: this host does not count it; for a limit: there is none. Sizes in bytes, times
 * in microseconds. */
struct cgroup_usage {
	int64_t memory_peak, memory_limit, oom_kills;
	int64_t pids_peak, pids_limit;
	int64_t cpu_user_us, cpu_system_us, cpu_throttled_us, cpu_throttled_periods;
	int64_t io_read, io_written;
};

#define CGROUP_EMPTY                                                    \
	{                                                               \
		.version = CGROUP_NONE, .mount_fd = -1, .parent_fd = -1 \
	}

/* Finds out where the directories belong and whether every limit asked for can be had. Makes nothing. */
int cgroup_plan(struct cgroup *g, const struct config *c, struct error *e);

/* Makes the directories; v2 controllers are enabled on the way down. Where the host lets us make none and no
 * limit is asked for, the container has no cgroup of its own: the version is CGROUP_NONE afterwards. */
int cgroup_make(struct cgroup *g, const struct config *c, struct error *e);

/* Writes the limits and the device rules. Only files whose value is asked for are touched. */
int cgroup_limit(struct cgroup *g, const struct config *c, struct error *e);

/* The v2 directory, for CLONE_INTO_CGROUP, or -1 where there is none. */
int cgroup_clone_fd(const struct cgroup *g);

/* Moves the calling process (async-signal-safe, called in the child) into every v1 directory. */
int cgroup_enter(const struct cgroup *g, struct error *e);

/* Moves the process @pid into every directory, v2 included: for a child without the right to do it itself. */
int cgroup_attach(const struct cgroup *g, pid_t pid, struct error *e);

/* Reads what was counted. Never fails: what cannot be read is -1. */
void cgroup_read(const struct cgroup *g, struct cgroup_usage *ret);

/* Ends every process in the cgroups that we made and removes them, those that the container made inside
 * included. Accepts one that was never or only half made. 0, or -1 where something is left. */
int cgroup_remove(struct cgroup *g, struct error *e);

/* The same for a directory named by the state of a container whose mini-run is gone. ENOENT is success. For
 * several, in the order of dirs[]: the freezer must be thawed before processes elsewhere can end. */
int cgroup_remove_path(const char *path, struct error *e);

/* Closes the descriptors. Removes nothing. */
void cgroup_end(struct cgroup *g);

/* For `mini-run check`: the version found, where, and the controllers that a container can get, as one
 * space-separated list. */
struct cgroup_survey {
	enum cgroup_version version;
	bool hybrid;		 /* v1 controllers and a v2 hierarchy beside them */
	char where[CGROUP_PATH]; /* the v2 mount, "" where there is none */
	char controllers[CGROUP_NAMES];
};
int cgroup_survey(struct cgroup_survey *ret, struct error *e);

#endif
