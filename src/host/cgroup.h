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
#include "base/text.h"
#include "config/config.h"

enum cgroup_version { CGROUP_NONE, CGROUP_V1, CGROUP_V2 };

#define CGROUP_DIRS   16
#define CGROUP_PATH   1024
#define CGROUP_NAMES  256 /* a list of controllers */
#define CGROUP_PARENT "mini-run"

struct cgroup_dir {
	bool v2;
	bool made;	     /* by us, so ours to remove */
	bool joined;	     /* was there before, under a path that was given: not ours */
	bool late;	     /* came after the start: see cgroup_late_read */
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
	bool given; /* the path was given, by an engine or a person, and not chosen by mini-run */
	bool join;  /* and what is there already is joined (OCI), not replaced */

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

/* Reads what was counted. Never fails: what cannot be read is -1. */
void cgroup_read(const struct cgroup *g, struct cgroup_usage *ret);

/* Ends every process in the cgroups that we made and removes them, those that the container made inside
 * included. Accepts one that was never or only half made. 0, or -1 where something is left. */
int cgroup_remove(struct cgroup *g, struct error *e);

/* Closes the descriptors. Removes nothing. */
void cgroup_end(struct cgroup *g);

/* ---- the cgroups of a container that exists, for the commands behind the first one ---- */

/* Adds a directory that the state of a container names, opened; one that is gone is kept with fd -1. @controllers: "" for
 * v2. @made: it is ours to remove. A path that is no cgroup's is an error. */
int cgroup_add(struct cgroup *g, const char *path, const char *controllers, size_t mount_length,
	       size_t keep_length, bool made, struct error *e);

/*
 * Directories that a container got later (v1: `pause` and `update` may need a hierarchy that it was not started in)
 * are named by a file of their own in its state directory, for the mini-run that stays with a container does not look
 * at state.json again. cgroup_late_read adds them to @g (no file: none); cgroup_late_remove removes them, with every
 * process in them, for who removes the state directory: false where something is left.
 */
#define CGROUP_LATE_FILE "cgroups"
int cgroup_late_read(struct cgroup *g, int state_fd, struct error *e);
bool cgroup_late_remove(int state_fd);

/* v1: makes a directory in the hierarchies of the controllers in @names (parted by spaces) where there is none yet,
 * and moves all processes of the container into it. Notes it in the state directory first. */
int cgroup_extend(struct cgroup *g, const char *names, int state_fd, struct error *e);

/* Freezes or thaws every process, and waits until that is done (10 s at most, then none is frozen and it is an error).
 * Before, cgroup_extend(g, "freezer", ...) where cgroup_can_freeze says no. */
int cgroup_freeze(const struct cgroup *g, bool frozen, struct error *e);
bool cgroup_can_freeze(const struct cgroup *g);
bool cgroup_is_frozen(const struct cgroup *g);

/* What is frozen by v1 does not die of SIGKILL: for who has just sent that. @state_fd: of the state directory, for a
 * freezer that came later; -1. Best effort. */
void cgroup_thaw(const struct cgroup *g, int state_fd);

/* The processes in it and in what is nested in it, as pids of our pid namespace, in ascending order. malloc'ed, for the
 * caller to free; NULL where there are none. */
int cgroup_pids(const struct cgroup *g, int32_t **ret, size_t *ret_n, struct error *e);

/* Sends @signal to each of these processes but ourselves. With SIGKILL those that are forked meanwhile get it too, and
 * the frozen ones die. */
int cgroup_kill(const struct cgroup *g, int signal, struct error *e);

/* v2: gives the directory to @uid, the id on the host of the container's process, where the configuration lets it use
 * it: a new cgroup namespace, and /sys/fs/cgroup mounted writable. Nothing on v1. */
int cgroup_delegate(const struct cgroup *g, const struct config *c, uint32_t uid, struct error *e);

/*
 * The cgroups for a further process of the container (exec), with descriptors of their own, for cgroup_clone_fd and
 * cgroup_enter, then cgroup_end. @paths: what `exec --cgroup` says, "PATH" or (v1) "CONTROLLER[,CONTROLLER]:PATH", below
 * the container's cgroup; they must exist. Without any it is the container's own; or, where that takes no processes since
 * the container has divided it (v2, with systemd inside), the one in which its first process, @pid, is.
 */
int cgroup_for_exec(struct cgroup *ret, const struct cgroup *g, char *const *paths, size_t n,
		    pid_t pid, struct error *e);

/*
 * Changes limits: only what @change names, 0 being "not named" for memory, shares, quota, period and block I/O weight, as
 * runc has it. On success c->resources is what holds now (copies in c's arena). On an error what was written is written
 * back. Device rules, where @change has any, replace the old ones.
 */
int cgroup_update(struct cgroup *g, int state_fd, struct config *c,
		  const struct config_resources *change, struct error *e);

/* Adds the object "data" of runc's `events --stats`: times in nanoseconds, sizes in bytes. What this host does not count
 * is 0 or missing, as runc has it. text_ok() tells whether there was memory. */
void cgroup_stats(const struct cgroup *g, struct text *t);

/* How often a process was killed for want of memory; -1 where that is not counted. */
int64_t cgroup_oom_count(const struct cgroup *g);

/* A descriptor that poll(2) says POLLIN of when the count may have changed or the cgroup ended; then read(2) up to 4096
 * bytes of it (non-blocking) and look at the count. -1 with an error where there is no memory controller. */
int cgroup_oom_fd(const struct cgroup *g, struct error *e);

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
