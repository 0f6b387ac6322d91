/*
 * go.c - where the inside waits for the outside: id maps, hooks, and the word that the command may run. Runs inside.
 *
 * A container that is only created waits in accept(2) on a socket in its state directory: the mini-run that made it is
 * gone, and another one, `start`, says go. Whoever can connect can read that directory, which is root's alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "container/hooks.h"
#include "container/steps.h"
#include "sync/sync.h"

/* Waits for a message of one type, whatever it means to the other side that it is due. */
static int message_await(const struct inside *in, enum sync_type type, struct error *e)
{
	struct sync_message m;

	if (sync_receive(in->sync_fd, &m, NULL, e) < 0)
		return -1;
	if (m.type != type)
		return err_set(e, 0, "mini-run ended before the container was ready");
	return 0;
}

int id_maps_await(struct inside *in, struct error *e)
{
	return in->config->ns[NS_USER].mode == NS_NEW ? message_await(in, SYNC_MAPPED, e) : 0;
}

static int not_mapped(const char *property, struct error *e)
{
	return err_set(
		e, errno,
		"linux.%s: the user namespace needs a mapping of id 0, whose rights set it up",
		property);
}

/*
 * In a user namespace: from the caller's id, which may be none in there, to its root. Until now that id could enter what
 * only the caller may enter, such as the way to the root filesystem; what is made from here on belongs to the
 * namespace's root.
 */
int root_become(struct inside *in, struct error *e)
{
	if (!in->in_user_ns)
		return 0;
	if (setgroups(0, NULL) < 0 && errno != EPERM) /* EPERM: the maps were made with "deny" */
		return err_set(e, errno, "drop the caller's groups");
	if (setresgid(0, 0, 0) < 0)
		return not_mapped("gidMappings", e);
	if (setresuid(0, 0, 0) < 0)
		return not_mapped("uidMappings", e);
	return process_harden(in, e); /* the kernel has taken "not dumpable" back with the new ids */
}

int hooks_before_pivot_run(struct inside *in, struct error *e)
{
	const struct config *c = in->config;

	if (c->hooks[HOOK_PRESTART].n + c->hooks[HOOK_CREATE_RUNTIME].n +
		    c->hooks[HOOK_CREATE_CONTAINER].n ==
	    0)
		return 0;
	if (sync_send_type(in->sync_fd, SYNC_HOOKS, e) < 0 ||
	    message_await(in, SYNC_HOOKS_DONE, e) < 0)
		return -1;
	return hooks_run(c, HOOK_CREATE_CONTAINER, "created", getpid(), environ, NULL, e);
}

/* In the hook's process, where nobody is told why it failed. */
static int hook_confine(void *into)
{
	struct inside in = *(struct inside *)into; /* it stays as it is for the command */
	struct error e;

	/* A listener is for the command; here what it would be asked about fails (ENOSYS). */
	in.seccomp.flags &= ~(unsigned int)(SECCOMP_FILTER_FLAG_NEW_LISTENER |
					    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	in.told = (struct seccomp_told){0}; /* nor are its refusals told */
	in.die_with_parent = false;
	in.places_n = 0; /* it is not the command that has to be executable */
	if (landlock_enter(&in, &e) < 0)
		return -1;
	return rlimits_set(&in, &e) < 0 || privileges_drop(&in, &e) < 0 ? -1 : 0;
}

int hooks_start_container_run(struct inside *in, struct error *e)
{
	/* What is executed lies in the image: it gets what the command gets, and no more. */
	if (hooks_run_confined(in->config, "created", getpid(), in->env, hook_confine, in, e) == 0)
		return 0;
	in->hook_failed = true;
	return -1;
}

/*
 * Waits for `start`. A signal that would end an ordinary process ends the container, though PID 1 has no handler for it
 * yet: a created one may be killed (runtime.md, "Kill").
 */
static int connection_await(int listen_fd, int signal_fd, struct error *e)
{
	for (;;) {
		struct pollfd fds[2] = {
			{.fd = listen_fd, .events = POLLIN},
			{.fd = signal_fd, .events = POLLIN},
		};
		struct signalfd_siginfo info;
		int fd;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return err_set(e, errno, "poll");
		while (read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
			if (info.ssi_signo != SIGCHLD && info.ssi_signo != SIGCONT &&
			    info.ssi_signo != SIGURG && info.ssi_signo != SIGWINCH &&
			    info.ssi_signo != SIGTSTP && info.ssi_signo != SIGTTIN &&
			    info.ssi_signo != SIGTTOU)
				_exit(128 + (int)info.ssi_signo);
		if (!(fds[0].revents & POLLIN))
			continue;
		fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0 || (errno != EINTR && errno != ECONNABORTED))
			return fd < 0 ? err_set(e, errno, "accept") : fd;
	}
}

/* From one `start` that comes to the next, until one says go: it may be killed in between. */
static int start_await(struct inside *in, int signal_fd, struct error *e)
{
	struct sync_message m = {0};

	while (m.type != SYNC_GO) {
		OWNED_FD fd = connection_await(in->listen_fd, signal_fd, e);

		if (fd < 0 || dup3(fd, in->sync_fd, O_CLOEXEC) < 0)
			return fd < 0 ? -1 : err_set(e, errno, "take the connection");
		if (sync_receive(in->sync_fd, &m, NULL, &(struct error){0}) < 0)
			m.type = SYNC_END;
	}
	fd_close(&in->listen_fd);
	return 0;
}

/* From READY on anybody may send signals: they wait until they are looked at. */
static int created_await(struct inside *in, struct error *e)
{
	OWNED_FD signal_fd = -1;
	sigset_t all, before;

	sigfillset(&all);
	if (sigprocmask(SIG_BLOCK, &all, &before) < 0)
		return err_set(e, errno, "block signals");
	signal_fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0)
		return err_set(e, errno, "signalfd");
	if (sync_send_type(in->sync_fd, SYNC_READY, e) < 0 || message_await(in, SYNC_GO, e) < 0 ||
	    start_await(in, signal_fd, e) < 0)
		return -1;
	if (sigprocmask(SIG_SETMASK, &before, NULL) < 0)
		return err_set(e, errno, "unblock signals");
	return 0;
}

/* Waits until the outside has written down what it needs to find this container again. */
int go_await(struct inside *in, struct error *e)
{
	return in->listen_fd >= 0 ? created_await(in, e) : message_await(in, SYNC_GO, e);
}
