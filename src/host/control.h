/*
 * control.h - what is done to a container that exists: signalled, paused, removed. Runs outside.
 */
#ifndef HOST_CONTROL_H
#define HOST_CONTROL_H

#include <stdbool.h>

#include "base/error.h"
#include "host/record.h"
#include "host/run.h"

/*
 * Sends @signal to PID 1 as it is, or with @all to every process. `container not running` where there is no PID 1 (any
 * more), which is no error with @all. SIGKILL thaws a paused container, and goes to all processes where the container
 * has no PID namespace of its own, because there the others would outlive PID 1.
 */
int control_kill(const struct record *r, int signal, bool all, struct error *e);

/* Freezes a running container, or thaws a paused one (@paused false). The caller holds the record's lock. */
int control_pause(struct record *r, bool paused, struct error *e);

/*
 * Removes the container @id with all that was made for it. One that runs is an error, and is killed with @force; one that
 * is only created may go. One that is not there is an error (ENOENT in e->no), and none with @force.
 */
int control_delete(const struct global_options *global, const char *id, bool force, struct error *e);

#endif
