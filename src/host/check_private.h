/*
 * check_private.h - what the tables of check_*.c share.
 */
#ifndef HOST_CHECK_PRIVATE_H
#define HOST_CHECK_PRIVATE_H

#include <stdint.h>

#include "config/config.h"
#include "host/cgroup.h"
#include "host/check.h"

/* What several probes need, found out once. */
struct check {
	const char *state_root;
	const struct config *config; /* that of a `run` without options */
	uint64_t capabilities;	     /* permitted to this process */
	bool contained;		     /* in namespaces of another container */
	bool user_namespace;	     /* not in the first one, whose root alone may do some things */
	struct cgroup_survey cgroups;
};

struct check_row {
	const char *name;
	void (*probe)(const struct check *c, const struct check_row *row, struct check_finding *f);
	bool required;	    /* a `run` without options fails where the probe says CHECK_MISSING */
	long number;	    /* what the probe function is about: a flag, a call, a capability */
	const char *text;   /* the same as a name */
	const char *lost;   /* what fails, is slower or cannot be had without it */
	const char *remedy; /* as one line */
	const char *const *words; /* options of a `run`, up to NULL */
};

/* Each up to a row without a name. */
extern const struct check_row check_kernel_rows[], check_privilege_rows[];
extern const struct check_row check_namespace_rows[], check_rootless_rows[];
extern const struct check_row check_cgroup_rows[];
extern const struct check_row check_call_rows[];
extern const struct check_row check_seccomp_rows[], check_security_rows[];
extern const struct check_row check_file_rows[];

/* Sets the status and the detail; the latter is made printable. */
void check_say(struct check_finding *f, enum check_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void check_remedy(struct check_finding *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether this process has capability @number. */
bool check_capable(const struct check *c, unsigned int number);

/* Runs @try in a child, which ends with it. What it returned: 0, or an errno. ENOSYS also where a
 * system call filter ended the child. */
int check_in_child(int (*try)(const struct check_row *row), const struct check_row *row);

/* The first line of a file of /proc or /sys, or "" where it cannot be read. */
void check_read_line(const char *path, char *ret, size_t size);

/* Whether the line of words @list has @word in it; the words are parted by spaces, commas or line ends. */
bool check_has_word(const char *list, const char *word);

/* A `run` with the options @words (up to NULL; may be NULL), as far as a configuration. Free with config_free. */
int check_config(const char *const *words, struct config **ret, struct error *e);

#endif
