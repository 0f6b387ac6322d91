/*
 * start.c - the outside of a container, from the first look at the root filesystem to the moment when the
 * command runs, as one table of steps; and the same table backwards for its end.
 *
 * Runs outside, with the caller's privileges. The rules of the order:
 *
 *  - Everything that can be found wrong is found before anything is made.
 *  - The state on disk comes before what it names, so that a mini-run that was killed leaves nothing that
 *    the next one could not find.
 *  - What the container needs of the host is opened here and handed over as descriptors: mounts as detached
 *    copies, never as paths.
 */
#include "host/start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/step.h"
#include "base/sys.h"
#include "config/names.h"
#include "host/message.h"
#include "host/steps.h"
#include "sync/sync.h"

/* ---- state and cgroup ---- */

static int cgroup_look(struct start *s, struct error *e)
{
	return cgroup_plan(&s->cgroup, s->config, e);
}

static void cgroup_close(struct start *s)
{
	cgroup_end(&s->cgroup);
}

static int state_begin(struct start *s, struct error *e)
{
	const char *root = s->options->global->root;

	if (state_make(&s->state, root, s->config->id, e) < 0)
		return -1;
	return state_write(&s->state, s->config, &s->cgroup, 0, e);
}

static void state_finish(struct start *s)
{
	s->state.made = s->state.made && !s->undo_failed; /* what is left behind is found by it */
	state_remove(&s->state, s->config->id);
}

static int cgroup_create(struct start *s, struct error *e)
{
	struct config_capabilities *have = &s->inside.capabilities;
	uint64_t mknod = CAPABILITY_BIT(27);

	if (cgroup_make(&s->cgroup, s->config, e) < 0)
		return -1;
	for (size_t i = 0; i < s->cgroup.dirs_n; i++) {
		const char *name = s->cgroup.dirs[i].v2 ? "unified" : s->cgroup.dirs[i].controllers;
		size_t at = strlen(s->inside.own_cgroups);

		if (at + strlen(name) + 2 > sizeof(s->inside.own_cgroups))
			return err_set(e, E2BIG, "too many cgroup hierarchies");
		snprintf(s->inside.own_cgroups + at, sizeof(s->inside.own_cgroups) - at, "%s ", name);
	}
	/*
	 * Rules that no cgroup enforces: a container that can make device nodes could open every disk. The
	 * capability goes, and with it the nodes; those that lie in the root filesystem are dead by "nodev".
	 */
	if (!s->cgroup.devices_unenforced)
		return 0;
	if (!s->config->process.has_capabilities)
		return err_set(e, 0, "the device rules need a device cgroup, and this host has none");
	if (have->bounding & mknod)
		message_write(s->options->global, LEVEL_WARNING, s->config->id,
			      "this host has no device cgroup: CAP_MKNOD is not given");
	have->bounding &= ~mknod;
	have->effective &= ~mknod;
	have->permitted &= ~mknod;
	have->inheritable &= ~mknod;
	have->ambient &= ~mknod;
	return 0;
}

static void cgroup_destroy(struct start *s)
{
	struct error e;

	if (cgroup_remove(&s->cgroup, &e) < 0 && !s->undo_failed) {
		s->undo_failed = true;
		s->undo_error = e;
	}
}

/*
 * The limits are there before the command, at the latest by "go". On v2 they are written while the child sets itself
 * up. The v1 device rules are for a moment "nothing at all", and the child makes device nodes: they come first.
 */
static int cgroup_limit_v1(struct start *s, struct error *e)
{
	return s->cgroup.version == CGROUP_V1 ? cgroup_limit(&s->cgroup, s->config, e) : 0;
}

static int cgroup_limit_v2(struct start *s, struct error *e)
{
	return s->cgroup.version == CGROUP_V2 ? cgroup_limit(&s->cgroup, s->config, e) : 0;
}

/* ---- the process ---- */

/*
 * From here on signals wait in a descriptor: none can end mini-run between two steps. What the kernel raises
 * for a fault of our own stays deadly; SIGCHLD, SIGPIPE and job control are not passed on.
 */
static int signals_hold(struct start *s, struct error *e)
{
	static const int not_held[] = {SIGILL,	SIGTRAP, SIGABRT, SIGBUS,  SIGFPE,
				       SIGSEGV, SIGSYS,	 SIGCHLD, SIGCONT, SIGTTIN,
				       SIGTTOU, SIGPIPE, SIGKILL, SIGSTOP};
	struct sigaction ignore = {.sa_handler = SIG_IGN}, fresh = {.sa_handler = SIG_DFL}, before;
	sigset_t held;

	sigfillset(&held);
	for (size_t i = 0; i < sizeof(not_held) / sizeof(not_held[0]); i++)
		sigdelset(&held, not_held[i]);
	if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
		sigdelset(&held, SIGHUP); /* nohup(1): the caller wants it to concern nobody */
	if (!s->config->process.terminal)
		sigdelset(&held, SIGTSTP); /* with a terminal it is restored first: see wait.c */
	if (sigprocmask(SIG_BLOCK, &held, NULL) < 0)
		return err_set(e, errno, "block signals");
	(void)sigaction(SIGPIPE, &ignore,
			NULL); /* a reader of stderr that went away must not end the container's keeper */
	/* Ignored by a careless caller, it would let the kernel reap the container before we have its status. */
	(void)sigaction(SIGCHLD, &fresh, NULL);
	s->signal_fd = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signal_fd < 0)
		return err_set(e, errno, "signalfd");
	return 0;
}

static void signals_release(struct start *s)
{
	/* They stay blocked: one that is pending was for the container, and would now end us before the report. */
	fd_close(&s->signal_fd);
}

/* The first instructions of the child. */
static _Noreturn void child_main(struct start *s)
{
	struct error e;

	if (cgroup_enter(&s->cgroup, &e) < 0)
		container_fail(&s->inside, &e);
	container_init(&s->inside);
}

static int init_clone(struct start *s, struct error *e)
{
	struct sys_clone how = {.flags = CLONE_PIDFD, .cgroup_fd = -1, .ret_pidfd = &s->pidfd};
	int pair[2];

	if (sync_open(pair, e) < 0)
		return -1;
	s->sync_fd = pair[0];
	s->inside.sync_fd = pair[1];
	for (int kind = 0; kind < NS_KINDS; kind++) /* the cgroup namespace: see cgroup_namespace_make */
		if (kind != NS_CGROUP && s->config->ns[kind].mode == NS_NEW)
			how.flags |= ns_kinds[kind].flag;
	how.cgroup_fd = cgroup_clone_fd(&s->cgroup);
	if (how.cgroup_fd >= 0)
		how.flags |= CLONE_INTO_CGROUP;
	s->pid = sys_clone3(&how);
	if (s->pid == 0) {
		fd_close(&s->sync_fd); /* or our end-of-file never comes outside */
		child_main(s);
	}
	if (s->pid < 0) {
		s->pid = 0;
		return err_set(e, errno, "clone3");
	}
	fd_close(&s->inside.sync_fd);
	return 0;
}

static void init_kill(struct start *s)
{
	if (s->pid > 0) {
		struct pollfd gone = {.fd = s->pidfd, .events = POLLIN};

		(void)sys_pidfd_send_signal(s->pidfd, SIGKILL);
		while (poll(&gone, 1, -1) < 0 && errno == EINTR)
			; /* for the guard, whose child it is not */
		while (waitpid(s->pid, &s->end.wait_status, 0) < 0 && errno == EINTR)
			;
		s->pid = 0;
	}
	fd_close(&s->pidfd);
	fd_close(&s->sync_fd);
	fd_close(&s->inside.sync_fd);
}

static int state_note_pid(struct start *s, struct error *e)
{
	return state_write(&s->state, s->config, &s->cgroup, s->pid, e);
}

static int files_write(struct start *s, struct error *e)
{
	const struct run_options *o = s->options;
	char digits[16];

	snprintf(digits, sizeof(digits), "%d",
		 (int)s->pid); /* no newline: engines parse it with a plain atoi */
	if (o->pid_file) {
		if (file_replace(o->pid_file, digits, 0644, e) < 0)
			return err_within(e, "--pid-file");
		s->pid_file_made = true;
	}
	if (o->cid_file) {
		if (file_replace(o->cid_file, s->config->id, 0644, e) < 0)
			return err_within(e, "--cidfile");
		s->cid_file_made = true;
	}
	return 0;
}

/* After a start that failed, or when mini-run was killed. Those of a container that came to its end stay, as engines
 * leave them. */
static void files_remove(struct start *s)
{
	if (s->exec_ns != 0)
		return;
	if (s->pid_file_made)
		(void)unlink(s->options->pid_file);
	if (s->cid_file_made)
		(void)unlink(s->options->cid_file);
}

/*
 * Signals that came while the container was being made. One that asks for an end ends the start; the others wait
 * for the command.
 */
static int interrupted(struct start *s, struct error *e)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		int number = (int)info.ssi_signo;

		if (number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT)
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

static void trace_add(struct start *s, const char *side, const char *name, int64_t nanoseconds)
{
	struct trace *t = &s->traces[s->traces_n];

	if (s->traces_n == TRACES)
		return;
	t->side = side;
	t->nanoseconds = nanoseconds;
	snprintf(t->name, sizeof(t->name), "%s", name);
	s->traces_n++;
}

/* Waits for the message @wanted. */
static int await(struct start *s, enum sync_type wanted, int *ret_fd, struct error *e)
{
	for (;;) {
		struct pollfd fds[2] = {
			{.fd = s->sync_fd, .events = POLLIN},
			{.fd = s->signal_fd, .events = POLLIN},
		};
		struct sync_message m;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return err_set(e, errno, "poll");
		/* What the inside says first: the command may be running already, and the signal be for it. */
		if (fds[0].revents == 0) {
			if ((fds[1].revents & POLLIN) && interrupted(s, e) < 0)
				return -1;
			continue;
		}
		if (sync_receive(s->sync_fd, &m, ret_fd, e) < 0)
			return -1;
		if (m.type == wanted)
			return 0;
		if (m.type == SYNC_TRACE) {
			trace_add(s, "inside", m.u.trace.name, m.u.trace.nanoseconds);
			continue;
		}
		if (m.type == SYNC_ERROR) {
			*e = m.u.error;
			s->failed_inside = true; /* it names its own step */
			return -1;
		}
		return m.type == SYNC_END
			       ? died_early(s, e)
			       : err_set(e, EBADMSG, "the container's side sent message %u", m.type);
	}
}

static int console_receive(struct start *s, struct error *e)
{
	if (!s->config->process.terminal)
		return 0;
	if (await(s, SYNC_CONSOLE, &s->terminal.master, e) < 0)
		return -1;
	if (s->terminal.master < 0)
		return err_set(e, EBADMSG, "the terminal did not come");
	/*
	 * As long as somebody has the peer open the master does not tell an end. A command may close all of it
	 * and open /dev/tty later, and Ctrl-C must reach it meanwhile.
	 */
	s->terminal.peer = ioctl(s->terminal.master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return s->terminal.peer >= 0 ? 0 : err_set(e, errno, "open the pty's peer");
}

static void console_close(struct start *s)
{
	fd_close(&s->terminal.peer);
	fd_close(&s->terminal.master);
}

static int go(struct start *s, struct error *e)
{
	if (sync_send_type(s->sync_fd, SYNC_GO, e) == 0 || e->no == EPIPE || e->no == ECONNRESET)
		return 0; /* the other side has failed already: "await command" hears why */
	return -1;
}

static int exec_await(struct start *s, struct error *e)
{
	if (await(s, SYNC_ARMED, NULL, e) < 0 || await(s, SYNC_END, NULL, e) < 0)
		return -1;
	s->exec_ns = step_now();
	fd_close(&s->sync_fd);
	return 0;
}

/* ---- the table ---- */

struct step {
	const char *name;
	int (*run)(struct start *s, struct error *e);
	void (*undo)(struct start *s); /* NULL where nothing stays behind; accepts what is half made */
};

static const struct step steps[] = {
	{"open root filesystem", rootfs_open, rootfs_close},
	{"look up user", user_lookup, user_forget},
	{"look at capabilities", capabilities_look, NULL},
	{"look at command", command_look, NULL},
	{"open mount sources", sources_open, sources_close},
	{"open stdin", stdin_open, stdin_close},
	{"open namespaces", namespaces_open, namespaces_close},
	{"make init program", init_program_make, init_program_close},
	{"make system call filter", filter_make, filter_free},
	{"plan cgroup", cgroup_look, cgroup_close},
	{"open report", report_open, report_close},
	{"hold signals", signals_hold, signals_release},
	{"make state", state_begin, state_finish},
	{"make cgroup", cgroup_create, cgroup_destroy},
	{"limit cgroup (v1)", cgroup_limit_v1, NULL},
	{"clone", init_clone, init_kill},
	{"limit cgroup (v2)", cgroup_limit_v2, NULL},
	{"write state", state_note_pid, NULL},
	{"write files", files_write, files_remove},
	{"receive console", console_receive, console_close},
	{"borrow terminal", terminal_borrow, terminal_restore},
	{"start guard", guard_start, NULL}, /* its undo is the last of all: see undo_from */
	{"go", go, NULL},
	{"await command", exec_await, NULL},
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

static void undo_from(struct start *s, size_t last)
{
	for (size_t i = last + 1; i-- > 0;) {
		int64_t start = step_now();

		if (!steps[i].undo)
			continue;
		steps[i].undo(s);
		trace_add(s, "undo", steps[i].name, step_now() - start);
	}
	guard_dismiss(s); /* only now: it would go on where a SIGKILL stopped us */
}

int start_run(struct start *s, struct error *e)
{
	for (size_t i = 0; i < STEPS; i++) {
		int64_t start = step_now();

		if (s->options->global->debug)
			message_write(s->options->global, LEVEL_DEBUG, s->config->id, steps[i].name);
		/* A fault is injected behind the step: what it made must be undone as well. */
		if (steps[i].run(s, e) < 0 || step_fault(steps[i].name, e) < 0) {
			undo_from(s, i);
			if (e->no == ENOSYS)
				err_hint(e, "mini-run needs Linux 5.14 or newer; mini-run check "
					    "tells what is missing");
			return e->status != 0 || s->failed_inside
				       ? -1
				       : err_within(e, "%s", steps[i].name);
		}
		trace_add(s, "outside", steps[i].name, step_now() - start);
	}
	return 0;
}

void start_undo(struct start *s)
{
	undo_from(s, STEPS - 1);
}
