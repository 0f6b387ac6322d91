/*
 * start.c - the outside of a container, from the first look at the root filesystem to the moment when the
 * command runs, as one table of steps; and the same table backwards for its end.
 *
 * Runs outside, with the caller's privileges. The rules of the order:
 *
 *  - Everything that can be found wrong is found before anything is made.
 *  - The state on disk comes before what it names, so that a mini-run that was killed leaves nothing that
 *    the next one could not find.
 *  - The limits come before the clone, and not while the child sets itself up: the v1 device rules are for a
 *    moment "nothing at all", and the child makes device nodes.
 *  - What the container needs of the host is opened here and handed over as descriptors: mounts as detached
 *    copies, never as paths.
 */
#include "host/start.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/step.h"
#include "base/sys.h"
#include "base/text.h"
#include "config/names.h"
#include "host/command.h"
#include "host/message.h"
#include "host/seccomp.h"
#include "init/init_program.h"
#include "sync/sync.h"

/* ---- the root filesystem ---- */

/* Why @path cannot be a root filesystem, in words that help. */
static int rootfs_error(const char *path, int no, struct error *e)
{
	if (no == ENOENT)
		return err_set(
			e,
			0, "%s does not exist (a root filesystem is a directory with bin, lib, etc in it)",
			path);
	if (no == ENOTDIR)
		return err_set(
			e, 0,
			"%s is not a directory (unpack it first: mkdir DIR && tar -xf %s -C DIR)",
			path, path);
	return err_set(e, no, "%s", path);
}

static int rootfs_open(struct start *s, struct error *e)
{
	const struct config *c = s->config;
	struct sys_mount_attr attr = {
		.set = c->rootfs_nodev ? SYS_MOUNT_ATTR_NODEV : 0,
		.propagation = MS_PRIVATE,
	};
	OWNED_FD dir = open(c->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC), tree = -1;
	struct stat st, slash;

	if (dir < 0)
		return rootfs_error(c->rootfs, errno, e);
	if (fstat(dir, &st) < 0 || stat("/", &slash) < 0)
		return err_set(e, errno, "stat %s", c->rootfs);
	if (st.st_dev == slash.st_dev && st.st_ino == slash.st_ino)
		return err_set(
			e, 0,
			"%s is this machine's own root: a container needs a directory of its own",
			c->rootfs);
	/* The copy is private before anything can see it: no mount ever travels between it and the host. */
	tree = sys_open_tree(dir, "", SYS_OPEN_TREE_CLONE | SYS_AT_RECURSIVE);
	if (tree < 0) {
		err_set(e, errno, "copy the mounts of %s", c->rootfs);
		return e->no == EPERM ? err_hint(e, "mini-run needs root, or CAP_SYS_ADMIN") : -1;
	}
	if (sys_mount_setattr(tree, SYS_AT_RECURSIVE, &attr) < 0)
		return err_set(e, errno, "make the mounts of %s private", c->rootfs);
	s->inside.root_fd = fd_give(&tree);
	return 0;
}

static void rootfs_close(struct start *s)
{
	fd_close(&s->inside.root_fd);
}

static int user_lookup(struct start *s, struct error *e)
{
	const struct config *c = s->config;
	const struct config_user *u = &c->process.user;
	const char *spec = u->spec; /* NULL: the configuration says numbers */
	size_t n = c->process.env.n;

	if (spec && user_find(s->inside.root_fd, spec, &s->user, e) < 0)
		return -1;
	s->inside.uid = spec ? s->user.uid : u->uid;
	s->inside.gid = spec ? s->user.gid : u->gid;
	s->inside.groups = spec ? s->user.groups : u->groups;
	s->inside.groups_n = spec ? s->user.groups_n : u->groups_n;

	/* The command's environment is that of the configuration, and HOME where that has none. */
	s->inside.env = calloc(n + 2, sizeof(char *));
	if (!s->inside.env)
		return err_no_memory(e);
	for (size_t i = 0; i < n; i++) {
		s->inside.env[i] = c->process.env.v[i];
		if (strncmp(c->process.env.v[i], "HOME=", 5) == 0)
			spec = NULL;
	}
	if (spec && asprintf(&s->home, "HOME=%s", s->user.home) < 0)
		return err_no_memory(e);
	s->inside.env[n] = s->home;
	return 0;
}

static void user_forget(struct start *s)
{
	user_end(&s->user);
	free(s->inside.env);
	free(s->home);
	s->inside.env = NULL;
	s->home = NULL;
}

/*
 * The capabilities asked for, less those that mini-run does not have itself: it cannot give them, which is a
 * warning and no error (config.md, "capabilities").
 */
static int capabilities_look(struct start *s, struct error *e)
{
	const struct config_capabilities *asked = &s->config->process.capabilities;
	OWNED_TEXT t = {0};
	uint64_t own, missing;

	if (!s->config->process.has_capabilities)
		return 0;
	if (sys_capget_permitted(&own) < 0)
		return err_set(e, errno, "capget");
	s->inside.capabilities = (struct config_capabilities){
		.bounding = asked->bounding & own,
		.effective = asked->effective & own,
		.inheritable = asked->inheritable & own,
		.permitted = asked->permitted & own,
		.ambient = asked->ambient & own,
	};
	missing = (asked->bounding | asked->effective | asked->inheritable | asked->permitted |
		   asked->ambient) &
		  ~own;
	if (missing == 0)
		return 0;
	text_add(&t, "mini-run has not got and so cannot give");
	for (unsigned int cap = 0; cap < 64; cap++)
		if (missing & CAPABILITY_BIT(cap))
			text_add(&t, " %s",
				 names_capability_of(cap) ? names_capability_of(cap)
							  : "an unknown capability");
	if (text_ok(&t))
		message_write(s->options->global, LEVEL_WARNING, s->config->id, t.bytes);
	return 0;
}

static int command_look(struct start *s, struct error *e)
{
	struct stat st;

	if (command_check(s->config, s->inside.root_fd, e) == 0)
		return 0;
	/* An empty directory deserves better words than a missing command. A directory has two links, its own
	 * and its parent's, and one more for each directory in it (not on btrfs, where it is always 1). */
	if (e->status == 127 && fstat(s->inside.root_fd, &st) == 0 && st.st_nlink == 2)
		return err_hint(e, "%s holds no directory: is it a root filesystem?",
				s->config->rootfs);
	return -1;
}

/* ---- what the mounts, masks and namespaces need of the host ---- */

static int source_open(const struct config_mount *m, int *ret_fd, struct error *e)
{
	struct sys_mount_attr attr = {.propagation = MS_PRIVATE};
	OWNED_FD tree = -1;

	if (m->make_source && mkdir(m->source, 0755) < 0 && errno != EEXIST)
		return err_set(e, errno, "make %s", m->source);
	tree = sys_open_tree(AT_FDCWD, m->source,
			     SYS_OPEN_TREE_CLONE | (m->recursive ? SYS_AT_RECURSIVE : 0));
	if (tree < 0)
		return err_set(e, errno, "%s", m->source);
	if (sys_mount_setattr(tree, SYS_AT_RECURSIVE, &attr) < 0)
		return err_set(e, errno, "make %s private", m->source);
	*ret_fd = fd_give(&tree);
	return 0;
}

static int sources_open(struct start *s, struct error *e)
{
	const struct config *c = s->config;

	if (c->mounts_n > 0) {
		s->inside.mount_fds = malloc(c->mounts_n * sizeof(int));
		if (!s->inside.mount_fds)
			return err_no_memory(e);
		for (size_t i = 0; i < c->mounts_n; i++)
			s->inside.mount_fds[i] = -1;
	}
	for (size_t i = 0; i < c->mounts_n; i++)
		if (c->mounts[i].bind && source_open(&c->mounts[i], &s->inside.mount_fds[i], e) < 0)
			return err_within(e, "%s", c->mounts[i].destination);
	return 0;
}

static void sources_close(struct start *s)
{
	for (size_t i = 0; s->inside.mount_fds && i < s->config->mounts_n; i++)
		fd_close(&s->inside.mount_fds[i]);
	free(s->inside.mount_fds);
	s->inside.mount_fds = NULL;
}

/* What clone3(2), setns(2) and NS_GET_NSTYPE call each kind. */
static const struct {
	unsigned int flag;
	const char *words;
} ns_kinds[NS_KINDS] = {
	[NS_USER] = {CLONE_NEWUSER, "user"},	   [NS_MOUNT] = {CLONE_NEWNS, "mount"},
	[NS_PID] = {CLONE_NEWPID, "PID"},	   [NS_NETWORK] = {CLONE_NEWNET, "network"},
	[NS_IPC] = {CLONE_NEWIPC, "IPC"},	   [NS_UTS] = {CLONE_NEWUTS, "UTS"},
	[NS_CGROUP] = {CLONE_NEWCGROUP, "cgroup"}, [NS_TIME] = {CLONE_NEWTIME, "time"},
};

static int namespaces_open(struct start *s, struct error *e)
{
	for (int kind = 0; kind < NS_KINDS; kind++) {
		const struct config_ns *ns = &s->config->ns[kind];
		int type;

		if (ns->mode != NS_JOIN)
			continue;
		/* O_NONBLOCK: a FIFO must not make us wait. */
		s->inside.ns_fds[kind] = open(ns->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (s->inside.ns_fds[kind] < 0)
			return err_set(e, errno, "%s", ns->path);
		type = ioctl(s->inside.ns_fds[kind], NS_GET_NSTYPE);
		if (type < 0 || (unsigned int)type != ns_kinds[kind].flag)
			return err_set(e, 0, "%s is not a %s namespace", ns->path,
				       ns_kinds[kind].words);
	}
	return 0;
}

static void namespaces_close(struct start *s)
{
	for (int kind = 0; kind < NS_KINDS; kind++)
		fd_close(&s->inside.ns_fds[kind]);
}

/*
 * --init: the built-in init in a sealed memory file. PID 1's /proc/PID/exe then leads there and not to the
 * host's binary, and nobody can change what later containers will run (CVE-2019-5736).
 */
static int init_program_make(struct start *s, struct error *e)
{
	OWNED_FD fd = -1;
	char again[40];

	if (!s->config->process.builtin_init)
		return 0;
	fd = memfd_create("mini-run-init", MFD_CLOEXEC | MFD_ALLOW_SEALING | 0x0010U /* MFD_EXEC */);
	if (fd < 0 &&
	    errno == EINVAL) /* KERNEL <6.3: no MFD_EXEC; memory files can always be executed. */
		fd = memfd_create("mini-run-init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return err_set(e, errno, "memfd_create");
	if (write_all(fd, init_program, init_program_size) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return err_set(e, errno, "write the init's memory file");
	/* A file that is open for writing cannot be executed (ETXTBSY), so it is opened once more. */
	snprintf(again, sizeof(again), "/proc/self/fd/%d", fd);
	s->inside.init_fd = open(again, O_RDONLY | O_CLOEXEC);
	if (s->inside.init_fd < 0)
		return err_set(e, errno, "open the init's memory file");
	return 0;
}

static void init_program_close(struct start *s)
{
	fd_close(&s->inside.init_fd);
}

static int filter_make(struct start *s, struct error *e)
{
	return seccomp_make(s->config, &s->inside.seccomp, e);
}

static void filter_free(struct start *s)
{
	seccomp_end(&s->inside.seccomp);
}

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

	(void)state_sweep(root, 16);
	if (state_make(&s->state, root, s->config->id, e) < 0)
		return -1;
	return state_write(&s->state, s->config, &s->cgroup, 0, e);
}

static void state_finish(struct start *s)
{
	state_remove(&s->state, s->config->id);
}

static int cgroup_create(struct start *s, struct error *e)
{
	struct config_capabilities *have = &s->inside.capabilities;
	uint64_t mknod = CAPABILITY_BIT(27);

	if (cgroup_make(&s->cgroup, s->config, e) < 0)
		return -1;
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

static int cgroup_set_limits(struct start *s, struct error *e)
{
	return cgroup_limit(&s->cgroup, s->config, e);
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
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t held;

	sigfillset(&held);
	for (size_t i = 0; i < sizeof(not_held) / sizeof(not_held[0]); i++)
		sigdelset(&held, not_held[i]);
	if (!s->config->process.terminal)
		sigdelset(&held, SIGTSTP); /* with a terminal it is restored first: see wait.c */
	if (sigprocmask(SIG_BLOCK, &held, &s->old_mask) < 0)
		return err_set(e, errno, "block signals");
	s->mask_saved = true;
	(void)sigaction(SIGPIPE, &ignore,
			NULL); /* a reader of stderr that went away must not end the container's keeper */
	s->signal_fd = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signal_fd < 0)
		return err_set(e, errno, "signalfd");
	return 0;
}

static void signals_release(struct start *s)
{
	fd_close(&s->signal_fd);
	if (s->mask_saved)
		(void)sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
	s->mask_saved = false;
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
		(void)sys_pidfd_send_signal(s->pidfd, SIGKILL);
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
	char digits[16];

	snprintf(digits, sizeof(digits), "%d",
		 (int)s->pid); /* no newline: engines parse it with a plain atoi */
	if (s->options->pid_file && file_replace(s->options->pid_file, digits, 0644, e) < 0)
		return -1;
	if (s->options->cid_file && file_replace(s->options->cid_file, s->config->id, 0644, e) < 0)
		return -1;
	return 0;
}

/* A signal that came while the container was being made: an end that was asked for. */
static int interrupted(struct start *s, struct error *e)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM ||
		    info.ssi_signo == SIGHUP || info.ssi_signo == SIGQUIT)
			return err_status(e, 128 + (int)info.ssi_signo, 0, "interrupted: %s",
					  strsignal((int)info.ssi_signo));
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
		if ((fds[1].revents & POLLIN) && interrupted(s, e) < 0)
			return -1;
		if (fds[0].revents == 0)
			continue;
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
	return s->terminal.master >= 0 ? 0 : err_set(e, EBADMSG, "the terminal did not come");
}

static void console_close(struct start *s)
{
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
	{"open namespaces", namespaces_open, namespaces_close},
	{"make init program", init_program_make, init_program_close},
	{"make system call filter", filter_make, filter_free},
	{"plan cgroup", cgroup_look, cgroup_close},
	{"make state", state_begin, state_finish},
	{"make cgroup", cgroup_create, cgroup_destroy},
	{"limit cgroup", cgroup_set_limits, NULL},
	{"hold signals", signals_hold, signals_release},
	{"clone", init_clone, init_kill},
	{"write state", state_note_pid, NULL},
	{"write files", files_write, NULL},
	{"receive console", console_receive, console_close},
	{"borrow terminal", terminal_borrow, terminal_restore},
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
