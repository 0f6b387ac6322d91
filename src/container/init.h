/*
 * init.h - the inside: from clone to execve.
 */
#ifndef CONTAINER_INIT_H
#define CONTAINER_INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"
#include "container/seccomp.h"

#define CONTAINER_CGROUPS 512
#define INSIDE_PLACES	  128

/*
 * What the outside prepares for the inside, over and above the configuration: descriptors, and what only
 * the host could look up. All of it was made before clone; the inside only reads it.
 */
struct inside {
	const struct config *config;
	int sync_fd;
	bool trace;
	bool keep_stderr; /* with a terminal that nobody asked for: stderr goes where the caller sent it */
	bool joins;	      /* a further process of a container (exec): container_enter() */
	bool die_with_parent; /* a foreground container ends when mini-run does */
	mode_t umask;	      /* of the command, unless the configuration says another */

	int root_fd;	/* the root filesystem: a detached, recursive, private copy of its mounts */
	int overlay_fd; /* --overlay=DIR: a detached mount of DIR; -1 */
	const char *overlay_place; /* where DIR lies in the root filesystem; NULL: elsewhere */
	int *mount_fds; /* one for each of config->mounts: the detached source of a bind mount; for a new
			 * filesystem -1 until the inside has made it */
	int *device_fds; /* in a user namespace, where mknod(2) is refused: detached mounts of the host's nodes, first the
			  * standard ones (see dev.c), then one for each of config->devices; else NULL */
	bool in_user_ns;      /* in a user namespace that is not mini-run's, new or joined */
	int ns_fds[NS_KINDS]; /* namespaces to join, or -1 */
	int listen_fd;	      /* create: where `start` connects; -1 */
	int host_proc_fd;     /* exec with a label into a user namespace: the host's procfs; -1 */
	unsigned int keep_fds; /* descriptors 3 to 2 + this go to the command (--preserve-fds, socket activation) */
	int stdin_fd; /* what becomes stdin in place of a file that the caller opened for reading only; -1 */
	int init_fd;	  /* the sealed built-in program (init/init.c), or -1 */
	bool by_program;  /* it executes the command, and not mini-run: see host/seal.h */
	int landlock_abi; /* what the kernel has of Landlock; 0: none */
	struct seccomp_filter seccomp; /* of the configuration */
	struct seccomp_told told;      /* the same for the command alone, where refusals are told */

	uint32_t uid, gid;	/* of the command */
	const uint32_t *groups; /* its supplementary groups */
	size_t groups_n;
	struct config_capabilities capabilities; /* those of the configuration that mini-run has to give */
	char own_cgroups[CONTAINER_CGROUPS]; /* v1 controllers (and "unified" for v2) in whose hierarchies the
					      * container has a cgroup of its own, one space between */
	bool hook_failed;		     /* the error is that of a startContainer hook */
	char **env;			     /* the command's environment, NULL behind the last */

	char *places[INSIDE_PLACES]; /* where the command may be, in the order in which it is tried */
	size_t places_n;
	int place_error;     /* the errno where it is at none of them */
	char **program_args; /* of the built-in program that tries them; NULL: mini-run does */
	char program_numbers[48];

	/* Made on the way; -1 until then. */
	int proc_fd;  /* the container's own procfs, before anything lies over it */
	int slash_fd; /* the root directory, once attached */
	int place_fd; /* --overlay: where it is to be attached */
	int null_fd;  /* a detached mount of the container's checked /dev/null: masks files */
};

/* Why execve(2) of @command failed, @no: the words that engines look for, and the exit status 126 or 127. Both sides
 * use it. Returns -1. */
int command_error(const char *command, int no, struct error *e);

/* Tells the outside of @e and ends the process. */
_Noreturn void container_fail(const struct inside *in, const struct error *e);

/* Runs the @n steps of a table; on failure tells the outside and ends the process. */
struct inside_step {
	const char *name;
	int (*run)(struct inside *in, struct error *e);
};
_Noreturn void container_steps(struct inside *in, const struct inside_step *steps, size_t n);

/* Everything from the first instruction in the new namespaces to execve. Never returns. */
_Noreturn void container_init(struct inside *in);

#endif
