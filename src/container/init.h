/*
 * init.h - the inside: from clone to execve.
 */
#ifndef CONTAINER_INIT_H
#define CONTAINER_INIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"
#include "container/seccomp.h"

#define CONTAINER_CGROUPS 512

/*
 * What the outside prepares for the inside, over and above the configuration: descriptors, and what only
 * the host could look up. All of it was made before clone; the inside only reads it.
 */
struct inside {
	const struct config *config;
	int sync_fd;
	bool trace;
	bool keep_stderr; /* with a terminal that nobody asked for: stderr goes where the caller sent it */
	bool die_with_parent; /* a foreground container ends when mini-run does */
	mode_t umask;	      /* of the command, unless the configuration says another */

	int root_fd; /* the root filesystem: a detached, recursive, private copy of its mounts */
	int *mount_fds; /* one for each of config->mounts: the detached source of a bind mount; for a new
			 * filesystem -1 until the inside has made it */
	int ns_fds[NS_KINDS]; /* namespaces to join, or -1 */
	int stdin_fd; /* what becomes stdin in place of a file that the caller opened for reading only; -1 */
	int init_fd; /* the sealed built-in init (--init), or -1 */
	struct seccomp_filter seccomp;

	uint32_t uid, gid;	/* of the command */
	const uint32_t *groups; /* its supplementary groups */
	size_t groups_n;
	struct config_capabilities capabilities; /* those of the configuration that mini-run has to give */
	char own_cgroups[CONTAINER_CGROUPS]; /* v1 controllers (and "unified" for v2) in whose hierarchies the
					      * container has a cgroup of its own, one space between */
	char **env;			     /* the command's environment, NULL behind the last */

	/* Made on the way; -1 until then. */
	int proc_fd;  /* the container's own procfs, before anything lies over it */
	int slash_fd; /* the root directory, once attached */
	int null_fd;  /* a detached mount of the container's checked /dev/null: masks files */
};

/* Tells the outside of @e and ends the process. */
_Noreturn void container_fail(const struct inside *in, const struct error *e);

/* Everything from the first instruction in the new namespaces to execve. Never returns. */
_Noreturn void container_init(struct inside *in);

#endif
