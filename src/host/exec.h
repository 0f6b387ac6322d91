/*
 * exec.h - a further process in a container that exists: `mini-run exec`.
 */
#ifndef HOST_EXEC_H
#define HOST_EXEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "config/config.h"
#include "host/run.h"

struct exec_options {
	struct global_options *global;
	/* A process as config.json has it (--process); NULL: the container's own, changed by what follows. */
	const char *process_text;
	size_t process_length;
	char *const *args;			   /* the command, NULL behind the last */
	struct config_strings env;		   /* added to the container's */
	const char *cwd, *user, *apparmor, *label; /* NULL: as the container's */
	const uint32_t *groups;			   /* added */
	size_t groups_n;
	uint64_t capabilities; /* added to the bounding, permitted and effective set */
	bool no_new_privs, tty, detach, ignore_paused;
	const char *pid_file, *console_socket, *pidfd_socket;
	struct config_strings cgroups; /* below the container's: see cgroup_for_exec; none: that one */
	unsigned int keep_fds;
};

/*
 * Runs the process in container @id. Attached, until it ends: its status is in *ret_status. Detached, until it runs.
 * -1: mini-run failed, there is no process, and no pid file.
 */
int host_exec(const char *id, const struct exec_options *o, int *ret_status, struct error *e);

#endif
