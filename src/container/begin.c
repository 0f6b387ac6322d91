/*
 * begin.c - the first steps of any process that is about to become a container's: nothing of the caller's comes along.
 * Runs inside.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "container/steps.h"

/*
 * Until execve the process is not dumpable: nothing that shares its PID namespace may trace it or open its
 * /proc files, behind which lies the host (CVE-2016-9962). execve makes the command dumpable as usual.
 */
int process_harden(struct inside *in, struct error *e)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_set(e, errno, "make undumpable");
	if (in->die_with_parent && prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return err_set(e, errno, "set parent death signal");
	umask(0); /* modes of what is made below are meant exactly; "drop privileges" sets the command's */
	return 0;
}

#define DESCRIPTORS_MOST \
	8192 /* bind mounts and devices whose descriptors are kept apart from the caller's */

static int compare_ints(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct own {
	int fds[DESCRIPTORS_MOST];
	size_t n;
};

static int own_add(struct own *own, const int *fds, size_t n, struct error *e)
{
	for (size_t i = 0; fds && i < n; i++) {
		if (fds[i] < 0)
			continue;
		if (own->n == DESCRIPTORS_MOST)
			return err_set(e, E2BIG, "more than %d mounts and devices", DESCRIPTORS_MOST);
		own->fds[own->n++] = fds[i];
	}
	return 0;
}

/*
 * Closes what the caller left open: nothing of his may be found under /proc/self/fd while paths are resolved in
 * there (CVE-2024-21626). Ours stay until execve, and so do those that he wants the command to have.
 */
int descriptors_close(struct inside *in, struct error *e)
{
	static struct own own;
	const int few[] = {in->sync_fd,	 in->root_fd,	in->init_fd, in->overlay_fd,
			   in->stdin_fd, in->listen_fd, in->proc_fd, in->host_proc_fd};
	int last = 2 + (int)in->keep_fds;

	if (own_add(&own, few, sizeof(few) / sizeof(few[0]), e) < 0 ||
	    own_add(&own, in->mount_fds, in->config->mounts_n, e) < 0 ||
	    own_add(&own, in->device_fds,
		    in->device_fds ? DEVICE_FDS_STANDARD + in->config->devices_n : 0, e) < 0)
		return -1;
	qsort(own.fds, own.n, sizeof(own.fds[0]), compare_ints);
	for (size_t i = 0; i <= own.n; i++) { /* the gaps between them, and what is above the last */
		int next = i < own.n ? own.fds[i] : INT_MAX;

		if (next > last + 1 &&
		    sys_close_range((unsigned int)last + 1,
				    i < own.n ? (unsigned int)next - 1 : ~0U, 0) < 0)
			return err_set(e, errno, "close_range");
		if (next > last)
			last = next;
	}
	/* What the command is to have must live through execve, as the caller's shell or engine opened it. */
	for (int fd = 3; fd < 3 + (int)in->keep_fds; fd++)
		if (fcntl(fd, F_SETFD, 0) < 0)
			return err_set(e, errno, "--preserve-fds: descriptor %d", fd);
	return 0;
}

/* Signals as a fresh process has them: the caller's blocked and ignored ones (nohup) do not come along. */
int signals_reset(struct inside *in, struct error *e)
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
