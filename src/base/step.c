/*
 * step.c - see step.h.
 */
#include "base/step.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t step_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#ifdef MINI_RUN_FAULTS
int step_fault(const char *name, struct error *e)
{
	const char *asked = getenv("MINI_RUN_FAIL_STEP");

	if (asked && strcmp(asked, name) == 0)
		return err_set(e, EIO, "injected");
	return 0;
}
#endif
