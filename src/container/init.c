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

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/step.h"
#include "base/sys.h"
#include "container/steps.h"
#include "sync/sync.h"

#define DESCRIPTORS_MOUNTS 4096 /* bind mounts whose descriptors are kept apart from the caller's */

/*
 * Until execve the process is not dumpable: nothing that shares its PID namespace may trace it or open its
 * /proc files, behind which lies the host (CVE-2016-9962). execve makes the command dumpable as usual.
 */
static int process_harden(struct inside *in, struct error *e)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_set(e, errno, "make undumpable");
	if (in->die_with_parent && prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return err_set(e, errno, "set parent death signal");
	umask(0); /* modes of what is made below are meant exactly; "drop privileges" sets the command's */
	return 0;
}

static int compare_ints(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * Closes what the caller left open: nothing of his may be found under /proc/self/fd while paths are resolved in
 * there (CVE-2024-21626). Ours stay until execve.
 */
static int descriptors_close(struct inside *in, struct error *e)
{
	int own[NS_KINDS + 4 + DESCRIPTORS_MOUNTS], last = 2;
	size_t n = 0;

	own[n++] = in->sync_fd;
	own[n++] = in->root_fd;
	own[n++] = in->init_fd;
	own[n++] = in->stdin_fd;
	for (int kind = 0; kind < NS_KINDS; kind++)
		own[n++] = in->ns_fds[kind];
	for (size_t i = 0; i < in->config->mounts_n; i++) {
		if (n == sizeof(own) / sizeof(own[0]))
			return err_set(e, E2BIG, "more than %d mounts", DESCRIPTORS_MOUNTS);
		if (in->mount_fds[i] >= 0)
			own[n++] = in->mount_fds[i];
	}
	qsort(own, n, sizeof(own[0]), compare_ints);
	for (size_t i = 0; i <= n; i++) { /* the gaps between them, and what is above the last */
		int next = i < n ? own[i] : INT_MAX;

		if (next > last + 1 && sys_close_range((unsigned int)last + 1,
						       i < n ? (unsigned int)next - 1 : ~0U, 0) < 0)
			return err_set(e, errno, "close_range");
		if (next > last)
			last = next;
	}
	return 0;
}

/* Signals as a fresh process has them: the caller's blocked and ignored ones (nohup) do not come along. */
static int signals_reset(struct inside *in, struct error *e)
{
	sigset_t none;

	(void)in;
	for (int s = 1; s < NSIG; s++)
		(void)sys_signal_default(s); /* EINVAL: KILL and STOP */
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return err_set(e, errno, "unblock signals");
	return 0;
}

/* Waits until the outside has written down what it needs to find this container again. */
static int go_await(struct inside *in, struct error *e)
{
	struct sync_message m;

	if (sync_receive(in->sync_fd, &m, NULL, e) < 0)
		return -1;
	if (m.type != SYNC_GO)
		return err_set(e, 0, "mini-run ended before the container was ready");
	return 0;
}

struct inside_step {
	const char *name;
	int (*run)(struct inside *in, struct error *e);
};

static const struct inside_step steps[] = {
	{"harden process", process_harden},
	{"close descriptors", descriptors_close},
	{"reset signals", signals_reset},
	{"join namespaces", namespaces_join},
	{"new cgroup namespace", cgroup_namespace_make},
	{"start session", session_start},
	{"make mounts private", mounts_make_private},
	{"attach root", root_attach},
	{"mount", mounts_attach},
	{"populate /dev", dev_populate},
	{"open console", console_open},
	{"set loopback up", loopback_up},
	{"set hostname", hostname_set},
	{"write sysctls", sysctls_write},
	{"set OOM score", oom_score_write},
	{"make paths read-only", paths_make_readonly},
	{"mask paths", paths_mask},
	{"pivot root", root_enter},
	{"make root read-only", root_make_readonly},
	{"enter working directory", workdir_enter},
	{"arrange descriptors", descriptors_arrange},
	{"set resource limits", rlimits_set},
	{"join session keyring", keyring_join},
	{"await go", go_await},
	{"drop privileges", privileges_drop},
	{"execute command", command_exec},
};

static int steps_run(struct inside *in, struct error *e)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int64_t start = in->trace ? step_now() : 0;

		if (step_fault(steps[i].name, e) < 0 || steps[i].run(in, e) < 0)
			return err_within(e, "%s", steps[i].name);
		if (in->trace) {
			struct sync_message m = {.type = SYNC_TRACE};

			strncpy(m.u.trace.name, steps[i].name, sizeof(m.u.trace.name) - 1);
			m.u.trace.nanoseconds = step_now() - start;
			if (sync_send(in->sync_fd, &m, -1, e) < 0)
				return -1;
		}
	}
	return 0;
}

_Noreturn void container_fail(const struct inside *in, const struct error *e)
{
	struct sync_message m = {.type = SYNC_ERROR, .u.error = *e};

	(void)sync_send(in->sync_fd, &m, -1,
			&(struct error){0}); /* nobody is left to tell when this fails */
	_exit(125);
}

_Noreturn void container_init(struct inside *in)
{
	struct error e;

	in->proc_fd = in->slash_fd = in->null_fd = -1;
	steps_run(in, &e); /* returns only when a step failed */
	container_fail(in, &e);
}
