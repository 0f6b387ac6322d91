/*
 * from_args.h - the command line of `run ROOTFS CMD` as a producer of struct config. Portable.
 *
 * The caller, in this order: zeroes struct args and sets its config; parses by args_tables(); calls
 * args_finish(); tells what the host knows of every --device (args_device_found); reads the profile
 * that a->seccomp names, if it names one; calls config_check(). What of this needs the host is in
 * cli/run.c.
 */
#ifndef CONFIG_FROM_ARGS_H
#define CONFIG_FROM_ARGS_H

#include "base/options.h"
#include "config/config.h"

/* A list of capabilities as given: bits, and the word ALL. */
struct args_capabilities {
	uint64_t bits;
	bool all;
};

/* What the options fill while they are parsed: the configuration itself, and here what depends on
 * others. */
struct args {
	struct config *config; /* from config_new() */
	bool privileged, sysfs;
	struct config_number no_new_privs; /* as asked for by --security-opt */
	struct args_capabilities cap_add, cap_drop;
	const char *seccomp; /* "unconfined", "builtin", a file's name, or NULL */
	const char *network; /* "host", "none", a path, or NULL */
	const char *userns;  /* "auto", "host", a map, or NULL */
	const char *cgroup_parent;
	struct config_strings env, env_file; /* -e wins over --env-file, wherever the two stand */
	struct config_mount *mounts;	     /* those asked for, in order */
	size_t mounts_n;
	uint32_t *device_access; /* of config->devices[i], DEVICE_READ and its like */
	size_t device_access_n;
};

/* The option tables of the container itself, by topic, up to one without rows; every `into` is @a.
 * The array lives in static memory. */
const struct option_table *args_tables(struct args *a);

/*
 * Turns what was collected into the configuration, defaults included: @rootfs and @command (up to
 * NULL) as given; @random_id is eight hexadecimal digits for the default name; @term is TERM for a
 * container that gets a terminal, or NULL for one without.
 */
int args_finish(struct args *a, const char *rootfs, char *const *command, const char *random_id,
		const char *term, struct error *e);

/* What the host has at config->devices[i].host_path. */
struct args_node {
	char type; /* 'c' or 'b' */
	int64_t major, minor;
	uint32_t mode, uid, gid; /* permission bits only */
};

/*
 * Completes config->devices[@index], which --device made and which has nothing but its two paths
 * yet, and appends the rule that allows it behind the default rules. Call it for each after
 * args_finish(): after that, no device of the configuration is without its numbers.
 */
int args_device_found(struct args *a, size_t index, const struct args_node *node, struct error *e);

/* The file of the seccomp profile that the caller must read, or NULL: none is needed. */
const char *args_seccomp_file(const struct args *a);

#endif
