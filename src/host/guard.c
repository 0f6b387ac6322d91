/*
 * guard.c - a second process that cleans up when mini-run is killed with SIGKILL. Runs outside.
 *
 * The kernel's own means, the parent death signal, is not enough: it is forgotten when a process changes its
 * user, which every entry point of the kind of su(1) does, and a hostile command simply turns it off. The guard is
 * a fork of mini-run that waits for the end of its parent. When that comes unannounced it runs the same undo
 * column that mini-run would have run: the container dies, its cgroup and state go, the terminal is as it was.
 *
 * It is made while the inside still sets itself up, so that a start does not wait for it; it leads a session of its
 * own, so that what ends the caller's process group does not end it; and every signal is blocked already ("hold
 * signals"). Only who kills both leaves something for the next mini-run to sweep.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "host/steps.h"

static _Noreturn void guard_main(struct start *s, int parent_fd)
{
	struct pollfd parent = {.fd = parent_fd, .events = POLLIN};

	(void)setsid();
	(void)prctl(PR_SET_NAME, "mini-run-guard");
	s->guard_pid = 0;
	/* What would keep the other sides from seeing that mini-run is gone. */
	fd_close(&s->sync_fd);
	fd_close(&s->terminal.peer);
	while (poll(&parent, 1, -1) < 0 && errno == EINTR)
		;
	start_undo(s);
	_exit(0);
}

int guard_start(struct start *s, struct error *e)
{
	OWNED_FD self = -1;
	pid_t pid;

	if (s->options->mode != RUN_FOREGROUND)
		return 0; /* what a killed create leaves is removed by `delete`, or by the next command */
	/* How far it has come afterwards matters to the guard only with these. */
	if (s->config->hooks[HOOK_POSTSTOP].n > 0 || s->options->keep || s->options->pid_file ||
	    s->options->cid_file) {
		struct progress *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
					       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		if (shared == MAP_FAILED)
			return err_set(e, errno, "mmap");
		*shared = *s->progress;
		s->progress = shared;
	}
	self = sys_pidfd_open(getpid());
	if (self < 0)
		return err_set(e, errno, "pidfd_open");
	pid = fork();
	if (pid < 0)
		return err_set(e, errno, "fork");
	if (pid == 0)
		guard_main(s, self);
	s->guard_pid = pid;
	return 0;
}

void guard_release(const struct start *s)
{
	if (s->guard_pid > 0)
		(void)kill(s->guard_pid, SIGKILL);
}

void guard_dismiss(struct start *s)
{
	if (s->guard_pid <= 0)
		return;
	guard_release(s);
	while (waitpid(s->guard_pid, NULL, 0) < 0 && errno == EINTR)
		;
	s->guard_pid = 0;
}
