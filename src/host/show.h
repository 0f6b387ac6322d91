/*
 * show.h - a container as `state` and `list` print it. Runs outside.
 */
#ifndef HOST_SHOW_H
#define HOST_SHOW_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"
#include "config/config.h"
#include "host/record.h"

struct show {
	const struct record *record;
	enum record_status status;
	pid_t pid;	       /* 0: there is no process (any more) */
	char *bundle, *owner;  /* malloc'ed */
	struct config *config; /* for the annotations; NULL where none has been written yet */
};

/* Looks all of it up. @root: the directory of all containers. Ended by show_end() in any case. */
int show_begin(struct show *s, const struct record *r, const char *root, struct error *e);
void show_end(struct show *s);

/*
 * Adds the state as a JSON object: what the specification wants (runtime.md, "State") and what engines read besides
 * (rootfs, created, owner), in the order in which they know it. @indented: over several lines; else on one.
 */
void show_json(const struct show *s, bool indented, struct text *t);

#endif
