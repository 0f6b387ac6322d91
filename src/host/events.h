/*
 * events.h - what happens to a container, as lines of JSON on stdout. Runs outside.
 */
#ifndef HOST_EVENTS_H
#define HOST_EVENTS_H

#include <stdint.h>

#include "base/error.h"
#include "host/record.h"

/* One line: what the container uses now. */
int events_stats(const struct record *r, struct error *e);

/* Such a line now and every @interval_ms, and one whenever a process was killed for want of memory, until the container
 * ends. */
int events_follow(const struct record *r, int64_t interval_ms, struct error *e);

#endif
