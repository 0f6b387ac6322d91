/*
 * check.h - what this host offers to containers, found out by trying: `mini-run check`.
 *
 * Runs outside, as anybody. Each finding is one row of a table (check_*.c) and what its probe
 * function found. What could change something is tried in a child process, or only looked at, so
 * nothing is left behind: no mount, no cgroup, no file, no module loaded.
 */
#ifndef HOST_CHECK_H
#define HOST_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum check_status {
	CHECK_OK,
	CHECK_LIMITED, /* something can be had in part only, or a better way is not there */
	CHECK_MISSING,
};

#define CHECK_TEXT 512

struct check_finding {
	const char *topic, *name;
	enum check_status status;
	bool fatal;		 /* `mini-run run` without any option would fail for this */
	char detail[CHECK_TEXT]; /* what was found, and what fails without it; printable */
	char remedy[CHECK_TEXT]; /* "" where the status is CHECK_OK */
};

struct check_findings {
	struct check_finding *v; /* malloc'ed; in the order of the topics */
	size_t n;
};

/* Looks at everything. @state_root is where the state directories would be. Free with check_end. */
int check_host(const char *state_root, struct check_findings *ret, struct error *e);
void check_end(struct check_findings *findings);

#endif
