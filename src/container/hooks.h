/*
 * hooks.h - hooks of one kind, in their order (config.md, "POSIX-platform Hooks"). Used on both sides: createContainer
 * and startContainer run inside, the others outside.
 */
#ifndef CONTAINER_HOOKS_H
#define CONTAINER_HOOKS_H

#include <sys/types.h>

#include "base/process.h"
#include "config/config.h"

/*
 * Runs the hooks of @kind, each with the container's state on stdin: @status, and @pid as the side that runs them sees
 * it. @env is what a hook without an "env" gets. @directory: where they run (NULL: here). Stops at the first that
 * fails; the error names it ("createRuntime hook 2, /usr/bin/x: exit status 1").
 */
int hooks_run(const struct config *c, enum config_hook_kind kind, const char *status, pid_t pid,
	      char *const *env, const char *directory, struct error *e);

/* The same, and @interrupt ends the hook that runs, with its children: that hook has failed. */
int hooks_run_interruptible(const struct config *c, enum config_hook_kind kind, const char *status,
			    pid_t pid, char *const *env, const char *directory,
			    const struct process_interrupt *interrupt, struct error *e);

/* startContainer: the program is the image's, so that @confine(@into) takes mini-run's privileges from the hook's process. */
int hooks_run_confined(const struct config *c, const char *status, pid_t pid, char *const *env,
		       int (*confine)(void *into), void *into, struct error *e);

/* The same for poststop: every hook is run, whatever the others do; each failure is told by @tell. */
void hooks_run_all(const struct config *c, enum config_hook_kind kind, const char *status,
		   char *const *env, const char *directory,
		   void (*tell)(const struct error *e, void *into), void *into);

#endif
