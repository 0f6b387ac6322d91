/*
 * release.h - a created container's command is let run: `mini-run start`.
 */
#ifndef HOST_RELEASE_H
#define HOST_RELEASE_H

#include "base/error.h"
#include "host/run.h"

/*
 * Lets the command of the created container @id run, and the poststart hooks behind it. A command that cannot be executed
 * leaves the container stopped; a hook that fails has it deleted (runtime.md, "Lifecycle", steps 7 and 9).
 */
int host_release(const char *id, const struct global_options *global, struct error *e);

#endif
