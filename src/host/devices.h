/*
 * devices.h - the device policy of a container: which nodes it may open and make.
 *
 * The rules are those of config_resources.devices: in order, the last one that matches decides, what none
 * matches is denied, and no rules at all means that no policy is asked for. Each of read, write and mknod is
 * decided by itself, and a request for several passes when all of them do: after "allow 1:3 r" and
 * "allow 1:3 w" the node opens for reading and writing, and a later "deny 1:3 w" leaves reading only.
 *
 * On cgroup v2 the kernel asks a BPF program, which is compiled here from the rules. On v1 they go to
 * devices.deny and devices.allow, which cannot express every list: the others are an error.
 */
#ifndef HOST_DEVICES_H
#define HOST_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "config/config.h"

struct bpf_insn;

/* Whether the rules deny anything. Where they do not, nothing needs to be attached or written. */
bool devices_restrict(const struct config_device_rule *rules, size_t n);

/* The BPF program for the rules, in malloc'ed memory that the caller frees. */
int devices_compile(const struct config_device_rule *rules, size_t n, struct bpf_insn **ret,
		    size_t *ret_n, struct error *e);

/* v2: compiles, loads and attaches to the directory, which keeps the program until it is removed. */
int devices_attach(int cgroup_fd, const struct config_device_rule *rules, size_t n, struct error *e);

/* v2: the same in place of what is attached, with no moment in which nothing or both would be missing. */
int devices_replace(int cgroup_fd, const struct config_device_rule *rules, size_t n, struct error *e);

/* What v1 can express: a default, and the exceptions from it, each of type 'b' or 'c'. */
struct devices_v1 {
	bool allow; /* the default: the exceptions are denials */
	struct config_device_rule *exceptions;
	size_t n;
};

/* @ret->exceptions is malloc'ed, for the caller to free. */
int devices_translate_v1(const struct config_device_rule *rules, size_t n, struct devices_v1 *ret,
			 struct error *e);
int devices_write_v1(int cgroup_fd, const struct config_device_rule *rules, size_t n,
		     struct error *e);

/* v1: the same in place of the rules that are there, which rules for everything undo as well. For a moment nothing is
 * allowed. */
int devices_rewrite_v1(int cgroup_fd, const struct config_device_rule *rules, size_t n,
		       struct error *e);

/* Whether two lists are the same, rule for rule. */
bool devices_equal(const struct config_device_rule *a, size_t a_n,
		   const struct config_device_rule *b, size_t b_n);

#endif
