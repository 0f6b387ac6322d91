/*
 * talk.c - what mini-run and the process inside say to each other, from clone to execve (sync/sync.h), and what mini-run
 * does meanwhile: the terminal, hooks, the seccomp listener. Runs outside; steps of host/start.c and host/exec.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/step.h"
#include "container/hooks.h"
#include "host/console_socket.h"
#include "host/message.h"
#include "host/record.h"
#include "host/seccomp_listener.h"
#include "host/steps.h"
#include "sync/sync.h"

/*
 * Signals that came while the container was being made. One that asks for an end ends the start; the others wait
 * for the command.
 */
static int interrupted(struct start *s, struct error *e)
{
	/* --init: the command may be running while PID 1 has still to execute the init, and the signal be for it. */
	bool may_run = s->armed && s->config->process.builtin_init;
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		int number = (int)info.ssi_signo;

		if (!may_run &&
		    (number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT))
			return err_status(e, 128 + number, 0, "interrupted: %s", strsignal(number));
		sigaddset(&s->early_signals, number);
	}
	return 0;
}

/* The container's first process ended on its way: why? */
static int died_early(struct start *s, struct error *e)
{
	struct cgroup_usage usage;

	cgroup_read(&s->cgroup, &usage);
	if (usage.oom_kills > 0)
		return err_set(
			e, 0,
			"out of memory before the command could run: the memory limit is too low");
	init_kill(s);
	if (WIFSIGNALED(s->end.wait_status))
		return err_set(
			e, 0, "the container's first process was ended by %s before the command ran",
			strsignal(WTERMSIG(s->end.wait_status)));
	return err_set(e, 0, "the container's first process ended before the command ran");
}

void trace_add(struct start *s, const char *side, const char *name, int64_t nanoseconds)
{
	struct trace *t = &s->traces[s->traces_n];

	if (s->traces_n == TRACES)
		return;
	t->side = side;
	t->nanoseconds = nanoseconds;
	snprintf(t->name, sizeof(t->name), "%s", name);
	s->traces_n++;
}

/* A filter of the command's asks somebody about system calls: his end of it is handed to him. */
static int listener_take(struct start *s, int *fd, struct error *e)
{
	int result;

	if (*fd < 0)
		return err_set(e, EBADMSG, "the seccomp listener did not come");
	if (refusals_listen(s, *fd)) {
		*fd = -1;
		return 0;
	}
	result = seccomp_listener_send(s->config, s->inside.joins ? "running" : "creating",
				       s->inside.joins ? s->join_pid : s->pid, s->pid, *fd, e);
	fd_close(fd);
	return result < 0 ? -1 : sync_send_type(s->sync_fd, SYNC_LISTENER_TAKEN, e);
}

/* Whether @m says why the inside has ended: that is then in @e. */
static bool error_take(struct start *s, const struct sync_message *m, struct error *e)
{
	if (m->type == SYNC_ERROR || m->type == SYNC_HOOK_ERROR) {
		*e = m->u.error; /* it names its own step */
	} else if (m->type == SYNC_EXEC_ERROR && s->config->has_process) {
		command_error(s->config->process.args.v[0], m->u.exec_errno, e);
		err_within(e, "execute command"); /* as the inside's step would have it */
	} else {
		return false;
	}
	s->failed_inside = true;
	return true;
}

int sync_await(struct start *s, enum sync_type wanted, int *ret_fd, struct error *e)
{
	for (;;) {
		struct pollfd fds[3] = {
			{.fd = s->sync_fd, .events = POLLIN},
			{.fd = s->signal_fd, .events = POLLIN},
			{.fd = s->refusals.fd, .events = POLLIN}, /* execve(2) itself may be refused */
		};
		struct sync_message m;
		OWNED_FD fd = -1;

		if (poll(fds, 3, refusals_timeout(s)) < 0 && errno != EINTR)
			return err_set(e, errno, "poll");
		refusals_settle(s);
		refusals_take(s, fds[2].revents);
		/* What the inside says first: the command may be running already, and the signal be for it. */
		if (fds[0].revents == 0) {
			if ((fds[1].revents & POLLIN) && interrupted(s, e) < 0)
				return -1;
			continue;
		}
		if (sync_receive(s->sync_fd, &m, &fd, e) < 0)
			return -1;
		if (m.type == SYNC_LISTENER) {
			if (listener_take(s, &fd, e) < 0)
				return -1;
			continue;
		}
		if (fd >= 0 && (m.type != wanted || !ret_fd))
			return err_set(e, EBADMSG, "a descriptor came that was not due");
		if (m.type == wanted) {
			if (ret_fd)
				*ret_fd = fd_give(&fd);
			return 0;
		}
		if (m.type == SYNC_WARNING) {
			message_write(s->options->global, LEVEL_WARNING, s->config->id,
				      m.u.error.text);
			continue;
		}
		if (m.type == SYNC_TRACE) {
			trace_add(s, "inside", m.u.trace.name, m.u.trace.nanoseconds);
			continue;
		}
		if (error_take(s, &m, e))
			return -1;
		return m.type == SYNC_END
			       ? died_early(s, e)
			       : err_set(e, EBADMSG, "the container's side sent message %u", m.type);
	}
}

bool sync_error_take(struct start *s, struct error *e)
{
	for (;;) {
		struct pollfd fd = {.fd = s->sync_fd, .events = POLLIN};
		struct sync_message m;
		int received = -1;

		if (s->sync_fd < 0 || poll(&fd, 1, 0) != 1 ||
		    sync_receive(s->sync_fd, &m, &received, &(struct error){0}) < 0)
			return false;
		fd_close(&received);
		if (m.type == SYNC_END)
			return false;
		if (error_take(s, &m, e))
			return true;
	}
}

int console_receive(struct start *s, struct error *e)
{
	if (!s->config->process.terminal)
		return 0;
	if (sync_await(s, SYNC_CONSOLE, &s->terminal.master, e) < 0)
		return -1;
	if (s->terminal.master < 0)
		return err_set(e, EBADMSG, "the terminal did not come");
	if (s->console_fd >= 0) {
		int result = descriptor_send(s->console_fd, "/dev/ptmx", s->terminal.master, e);

		fd_close(&s->console_fd); /* only a closed one tells the receiver that this was all */
		fd_close(&s->terminal.master);
		return result;
	}
	/*
	 * As long as somebody has the peer open the master does not tell an end. A command may close all of it
	 * and open /dev/tty later, and Ctrl-C must reach it meanwhile.
	 */
	s->terminal.peer = ioctl(s->terminal.master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return s->terminal.peer >= 0 ? 0 : err_set(e, errno, "open the pty's peer");
}

void console_close(struct start *s)
{
	fd_close(&s->terminal.peer);
	fd_close(&s->terminal.master);
}

int go(struct start *s, struct error *e)
{
	if (sync_send_type(s->sync_fd, SYNC_GO, e) == 0 || e->no == EPIPE || e->no == ECONNRESET)
		return 0; /* the other side has failed already: "await command" hears why */
	return -1;
}

int exec_await(struct start *s, struct error *e)
{
	if (s->options->mode == RUN_CREATE)
		return 0; /* `start` hears it */
	s->progress->hooks_begun =
		true; /* startContainer is next: whatever becomes of it, poststop runs */
	if (sync_await(s, SYNC_ARMED, NULL, e) < 0)
		return -1;
	s->armed = true;
	if (sync_await(s, SYNC_END, NULL, e) < 0)
		return -1;
	s->exec_ns = step_now();
	fd_close(&s->sync_fd);
	return 0;
}

int console_connect(struct start *s, struct error *e)
{
	const char *path = s->options->console_socket;

	if (!path)
		return 0;
	return unix_connect(path, &s->console_fd, e) < 0 ? err_within(e, "--console-socket") : 0;
}

void console_disconnect(struct start *s)
{
	fd_close(&s->console_fd);
}

/* --pidfd-socket: the caller gets hold of the process without the pid, which may go to another one. */
int pidfd_send(struct start *s, struct error *e)
{
	OWNED_FD fd = -1;

	if (!s->options->pidfd_socket)
		return 0;
	if (unix_connect(s->options->pidfd_socket, &fd, e) < 0 ||
	    descriptor_send(fd, "pidfd", s->pidfd, e) < 0)
		return err_within(e, "--pidfd-socket");
	return 0;
}

/* ---- hooks ---- */

static bool hooks_before_pivot(const struct config *c)
{
	return c->hooks[HOOK_PRESTART].n + c->hooks[HOOK_CREATE_RUNTIME].n +
		       c->hooks[HOOK_CREATE_CONTAINER].n >
	       0;
}

static int hook_interrupted(void *who, struct error *e)
{
	return interrupted(who, e);
}

/* A hook may take its time, or hang: who asks us to end does not wait for it. */
static int run_before(struct start *s, enum config_hook_kind kind, struct error *e)
{
	const struct process_interrupt signals = {s->signal_fd, hook_interrupted, s};

	return hooks_run_interruptible(s->config, kind, "created", s->pid, environ,
				       s->config->bundle, &signals, e);
}

/* When all is mounted and the host's tree still there; createContainer is the inside's, once these are done. */
int hooks_before(struct start *s, struct error *e)
{
	if (!hooks_before_pivot(s->config))
		return 0;
	if (sync_await(s, SYNC_HOOKS, NULL, e) < 0)
		return -1;
	s->progress->hooks_begun = true;
	if (run_before(s, HOOK_PRESTART, e) < 0 || run_before(s, HOOK_CREATE_RUNTIME, e) < 0)
		return -1;
	return sync_send_type(s->sync_fd, SYNC_HOOKS_DONE, e);
}

int hooks_after(struct start *s, struct error *e)
{
	if (s->options->mode == RUN_CREATE)
		return 0; /* `start` runs them */
	s->progress->hooks_begun = true;
	/* The command runs: signals are for it, once these are through. */
	return hooks_run(s->config, HOOK_POSTSTART, "running", s->pid, environ, s->config->bundle, e);
}

static void tell(const struct error *e, void *into)
{
	const struct start *s = into;

	message_write(s->options->global, LEVEL_WARNING, s->config->id, e->text);
}

/* The undo of all: when everything is removed. A hook that fails is told, and the others run (runtime.md, step 13). */
void hooks_end(struct start *s)
{
	if (s->progress->hooks_begun && !(s->options->keep && s->progress->started))
		hooks_run_all(s->config, HOOK_POSTSTOP, "stopped", environ, s->config->bundle, tell,
			      s);
	state_leave(&s->state); /* its lock says until now that somebody is at it */
}

/* ---- create ---- */

/* Until the inside is set up but for the command, and has been told that this is on disk. */
int ready_await(struct start *s, struct error *e)
{
	if (s->options->mode != RUN_CREATE)
		return 0;
	return sync_await(s, SYNC_READY, NULL, e);
}
