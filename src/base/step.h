/*
 * step.h - what the two tables of steps (host/start.c, container/init.c) have in common: the clock, and
 * the switch by which a test makes any step fail.
 */
#ifndef BASE_STEP_H
#define BASE_STEP_H

#include <stdint.h>

#include "base/error.h"

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t step_now(void);

/*
 * In builds with -DMINI_RUN_FAULTS: fails with EIO when the environment's MINI_RUN_FAIL_STEP is @name, as if
 * the step itself had. In all other builds it is nothing.
 */
#ifdef MINI_RUN_FAULTS
int step_fault(const char *name, struct error *e);
#else
static inline int step_fault(const char *name, struct error *e)
{
	(void)name;
	(void)e;
	return 0;
}
#endif

#endif
