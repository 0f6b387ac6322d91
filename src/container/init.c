/*
 * init.c - the inside, from the first instruction after clone to execve, as one table of steps.
 *
 * Runs in the child, which is already in its new namespaces and in its cgroup; it is PID 1 of the container
 * and holds mini-run's own privileges until "drop privileges". The order is the design:
 *
 *  - The root filesystem arrives as a detached mount. It is attached first, and everything that is mounted
 *    below it is attached to descriptors that were resolved inside it, so that its symlinks lead nowhere.
 *  - The host's tree is gone before any path is resolved by string (the working directory, the command).
 *  - What needs privileges comes before they are dropped; the system call filter is the last wall, because
 *    it may refuse our own calls.
 *
 * A failing step sends its error outside and ends the process; the kernel then removes the namespaces with
 * all that was mounted in them, so that nothing here needs an undo.
 */
#include "container/init.h"

#include <string.h>
#include <unistd.h>

#include "base/step.h"
#include "container/steps.h"
#include "sync/sync.h"

static const struct inside_step steps[] = {
	{"harden process", process_harden},
	{"close descriptors", descriptors_close},
	{"reset signals", signals_reset},
	{"await id maps", id_maps_await},
	{"new cgroup namespace", cgroup_namespace_make},
	{"start session", session_start},
	{"make mounts private", mounts_make_private},
	{"attach root", root_attach},
	{"become root", root_become},
	{"lay overlay", overlay_lay},
	{"mount", mounts_attach},
	{"populate /dev", dev_populate},
	{"open console", console_open},
	{"set loopback up", loopback_up},
	{"set hostname", hostname_set},
	{"write sysctls", sysctls_write},
	{"make paths read-only", paths_make_readonly},
	{"mask paths", paths_mask},
	{"run hooks", hooks_before_pivot_run},
	{"pivot root", root_enter},
	{"set root propagation", root_propagate},
	{"make root read-only", root_make_readonly},
	{"enter working directory", workdir_enter},
	{"arrange descriptors", descriptors_arrange},
	{"join session keyring", keyring_join},
	{"set personality", personality_set},
	{"set memory policy", memory_policy_set},
	{"set scheduling", scheduling_set},
	{"find command", command_find},
	{"await go", go_await},
	{"set labels", labels_set},
	{"run startContainer hooks", hooks_start_container_run},
	{"find command again", command_find_again},
	{"restrict by Landlock", landlock_enter},
	{"set resource limits", rlimits_set},
	{"arm", command_arm},
	{"drop privileges", privileges_drop},
	{"execute command", command_exec},
};

static int steps_run(struct inside *in, const struct inside_step *table, size_t n, struct error *e)
{
	for (size_t i = 0; i < n; i++) {
		int64_t start = in->trace ? step_now() : 0;

		if (step_fault(table[i].name, e) < 0 || table[i].run(in, e) < 0)
			return err_within(e, "%s", table[i].name);
		if (in->trace) {
			struct sync_message m = {.type = SYNC_TRACE};

			strncpy(m.u.trace.name, table[i].name, sizeof(m.u.trace.name) - 1);
			m.u.trace.nanoseconds = step_now() - start;
			if (sync_send(in->sync_fd, &m, -1, e) < 0)
				return -1;
		}
	}
	return 0;
}

_Noreturn void container_fail(const struct inside *in, const struct error *e)
{
	struct sync_message m = {.type = in->hook_failed ? SYNC_HOOK_ERROR : SYNC_ERROR,
				 .u.error = *e};

	(void)sync_send(in->sync_fd, &m, -1,
			&(struct error){0}); /* nobody is left to tell when this fails */
	_exit(125);
}

_Noreturn void container_steps(struct inside *in, const struct inside_step *table, size_t n)
{
	struct error e;

	steps_run(in, table, n, &e); /* returns only when a step failed */
	container_fail(in, &e);
}

_Noreturn void container_init(struct inside *in)
{
	container_steps(in, steps, sizeof(steps) / sizeof(steps[0]));
}
