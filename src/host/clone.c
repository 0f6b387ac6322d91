/*
 * clone.c - the process that becomes the container: signals held before it, clone3(2), its id maps. Runs outside; steps of
 * host/start.c and host/exec.c.
 *
 * Namespaces that exist already are entered by a process in between: a PID namespace only counts for children, a time
 * namespace must be set before anybody lives in it, and what mini-run itself enters it could not leave. That process
 * joins, clones with CLONE_PARENT, so that the container's process is mini-run's own child, tells its pid and is gone.
 * It is not dumpable from its start: in the container's PID namespace it would be somebody's prey (CVE-2016-9962).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "base/text.h"
#include "container/attributes.h"
#include "container/enter.h"
#include "container/rlimits.h"
#include "host/netdevices.h"
#include "host/rootless.h"
#include "host/steps.h"
#include "sync/sync.h"

/* ---- signals ---- */

/*
 * From here on signals wait in a descriptor: none can end mini-run between two steps. What the kernel raises
 * for a fault of our own stays deadly; SIGCHLD, SIGPIPE and job control are not passed on.
 */
int signals_hold(struct start *s, struct error *e)
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

void signals_release(struct start *s)
{
	/* They stay blocked: one that is pending was for the container, and would now end us before the report. */
	fd_close(&s->signal_fd);
}

/* ---- the child ---- */

/* The first instructions of the child. */
static _Noreturn void child_main(struct start *s)
{
	struct error e;

	fd_close(&s->sync_fd); /* or our end-of-file never comes outside */
	if (cgroup_enter(&s->cgroup, &e) < 0)
		container_fail(&s->inside, &e);
	if (!s->inside.joins)
		container_init(&s->inside);
	/* execCPUAffinity is for further processes only; its other half is in init_clone(). */
	if (affinity_final_set(s->config->process.affinity_final, 0, &e) < 0)
		container_fail(&s->inside, &e);
	container_enter(&s->inside);
}

/* ---- in between ---- */

/* What the process in between tells. */
struct between {
	pid_t pid; /* of the container's process; 0: there is none, because of */
	struct error error;
};

static int time_offsets_write(const struct config *c, int fd, struct error *e)
{
	char text[128];
	int n = snprintf(text, sizeof(text), "monotonic %lld %u\nboottime %lld %u\n",
			 (long long)c->time_monotonic.secs, c->time_monotonic.nanosecs,
			 (long long)c->time_boottime.secs, c->time_boottime.nanosecs);

	if (c->time_offsets && write_all(fd, text, (size_t)n) < 0)
		return err_set(e, errno, "set the time offsets");
	return 0;
}

/* A new time namespace, which children live in, and its offsets: they can be set as long as it is empty. */
static int time_namespace_make(const struct config *c, struct error *e)
{
	OWNED_FD fd = -1;

	if (c->ns[NS_TIME].mode != NS_NEW)
		return 0;
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "open /proc/self/timens_offsets");
	if (unshare(CLONE_NEWTIME) < 0)
		return err_set(e, errno, "new time namespace");
	return time_offsets_write(c, fd, e);
}

/*
 * Enters every namespace that has a path. Those that the caller's privileges open come first; a new or joined user
 * namespace then gives others, and takes these. What was refused for want of rights is tried again behind it.
 */
static int namespaces_join(const struct start *s, struct error *e)
{
	const struct config *c = s->config;
	bool later[NS_KINDS] = {false};

	for (int kind = 0; kind < NS_KINDS; kind++) {
		int fd = s->inside.ns_fds[kind];

		if (fd < 0 || kind == NS_USER)
			continue;
		if (setns(fd, (int)ns_kinds[kind].flag) == 0)
			continue;
		later[kind] = errno == EPERM && s->inside.ns_fds[NS_USER] >= 0;
		if (!later[kind])
			return err_set(e, errno, "join the %s namespace %s", ns_kinds[kind].words,
				       c->ns[kind].path);
	}
	if (s->inside.ns_fds[NS_USER] >= 0 && setns(s->inside.ns_fds[NS_USER], CLONE_NEWUSER) < 0)
		return err_set(e, errno, "join the user namespace %s", c->ns[NS_USER].path);
	for (int kind = 0; kind < NS_KINDS; kind++)
		if (later[kind] && setns(s->inside.ns_fds[kind], (int)ns_kinds[kind].flag) < 0)
			return err_set(e, errno, "join the %s namespace %s", ns_kinds[kind].words,
				       c->ns[kind].path);
	return 0;
}

/* exec: all namespaces of the container's process at once, its user namespace first, as the kernel sorts it. */
static int container_join(const struct start *s, struct error *e)
{
	if (setns(s->join_pidfd, (int)s->join_flags) < 0)
		return err_set(e, errno, "join the container's namespaces");
	/* New credentials have made it what fs.suid_dumpable says. */
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_set(e, errno, "make undumpable");
	return 0;
}

static _Noreturn void between_main(struct start *s, struct sys_clone how, int tell_fd)
{
	struct between b = {0};
	int result;

	how.flags = (how.flags & ~(uint64_t)(CLONE_PIDFD | CLONE_INTO_CGROUP)) | CLONE_PARENT;
	result = prctl(PR_SET_DUMPABLE, 0) < 0 ? err_set(&b.error, errno, "make undumpable") : 0;
	if (result == 0 && !s->inside.joins)
		result = time_namespace_make(s->config, &b.error);
	if (result == 0)
		result = s->inside.joins ? container_join(s, &b.error) : namespaces_join(s, &b.error);
	if (result == 0) {
		b.pid = sys_clone3(&how);
		if (b.pid == 0)
			child_main(s);
		if (b.pid < 0) {
			b.pid = 0;
			(void)err_set(&b.error, errno, "clone3");
		}
	}
	(void)!write(tell_fd, &b, sizeof(b));
	_exit(0);
}

/*
 * An ordinary user may move processes only within what was given to him: the kernel wants both cgroups, where we are and the
 * container's, below one that is his.
 */
static int clone_error(const struct sys_clone *how, struct error *e)
{
	bool into_cgroup = (how->flags & CLONE_INTO_CGROUP) != 0;

	err_set(e, errno, "clone3");
	if (e->no != EACCES || !into_cgroup || !rootless_is())
		return -1;
	err_set(e, EACCES, "enter the cgroup of the container");
	return err_hint(e, "call it from a cgroup that was given to this user together with that "
			   "one: systemd-run --user --scope mini-run ...");
}

/* The clone by way of a process in between. */
static int clone_between(struct start *s, const struct sys_clone *how, struct error *e)
{
	/*
	 * KERNEL: with "nsdelegate" nobody in the container's cgroup namespace may clone into a cgroup, not even the one
	 * that is its root. So the process in between is born there, and its child with it.
	 */
	const struct sys_clone into = {
		.flags = how->flags & CLONE_INTO_CGROUP,
		.cgroup_fd = how->cgroup_fd,
	};
	struct between b;
	int pipe_fds[2];
	pid_t pid;
	ssize_t n;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return err_set(e, errno, "pipe");
	pid = sys_clone3(&into);
	if (pid == 0)
		between_main(s, *how, pipe_fds[1]);
	if (pid < 0)
		(void)clone_error(&into, e);
	fd_close(&pipe_fds[1]);
	do
		n = pid < 0 ? -1
			    : read(pipe_fds[0], &b,
				   sizeof(b)); /* less than PIPE_BUF: whole or not at all */
	while (n < 0 && pid > 0 && errno == EINTR);
	fd_close(&pipe_fds[0]);
	if (pid < 0)
		return -1;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (n != (ssize_t)sizeof(b))
		return err_set(e, 0, "the process that joins the namespaces died");
	if (b.pid == 0) {
		*e = b.error;
		return -1;
	}
	/* Our own child, not waited for: the pid cannot have become somebody else's. */
	s->pid = b.pid;
	s->pidfd = sys_pidfd_open(s->pid);
	return s->pidfd < 0 ? err_set(e, errno, "pidfd_open") : 0;
}

static bool needs_between(const struct start *s)
{
	if (s->inside.joins || s->config->ns[NS_TIME].mode == NS_NEW)
		return true;
	for (int kind = 0; kind < NS_KINDS; kind++)
		if (s->inside.ns_fds[kind] >= 0)
			return true;
	return false;
}

/* ---- the clone ---- */

int init_clone(struct start *s, struct error *e)
{
	struct sys_clone how = {.flags = CLONE_PIDFD, .cgroup_fd = -1, .ret_pidfd = &s->pidfd};
	int pair[2];

	/* Before anybody enters the cgroup: children inherit it, and mini-run has nothing more to do than to wait. */
	if (s->inside.joins && affinity_initial_set(s->config->process.affinity_initial, 0, e) < 0)
		return -1;
	if (sync_open(pair, e) < 0)
		return -1;
	s->sync_fd = pair[0];
	s->inside.sync_fd = pair[1];
	/* The cgroup namespace: see cgroup_namespace_make. The time namespace: see time_namespace_make. */
	for (int kind = 0; kind < NS_KINDS && !s->inside.joins; kind++)
		if (kind != NS_CGROUP && kind != NS_TIME && s->config->ns[kind].mode == NS_NEW)
			how.flags |= ns_kinds[kind].flag;
	how.cgroup_fd = cgroup_clone_fd(&s->cgroup);
	if (how.cgroup_fd >= 0)
		how.flags |= CLONE_INTO_CGROUP;
	if (needs_between(s)) {
		if (clone_between(s, &how, e) < 0)
			return -1;
	} else {
		s->pid = sys_clone3(&how);
		if (s->pid == 0)
			child_main(s);
		if (s->pid < 0) {
			s->pid = 0;
			return clone_error(&how, e);
		}
	}
	fd_close(&s->inside.sync_fd);
	fd_close(&s->inside.listen_fd);
	return 0;
}

void init_kill(struct start *s)
{
	if (s->pid > 0) {
		struct pollfd gone = {.fd = s->pidfd, .events = POLLIN};

		(void)sys_pidfd_send_signal(s->pidfd, SIGKILL);
		if (!s->record) /* `pause` may have frozen it: on v1 it would not die. `exec` wakes nobody. */
			cgroup_thaw(&s->cgroup, s->state.dir_fd);
		/* The poll is for the guard, whose child it is not. In a paused container the process dies at "resume". */
		while (poll(&gone, 1, s->record ? 1000 : -1) < 0 && errno == EINTR)
			;
		while (gone.revents != 0 && waitpid(s->pid, &s->end.wait_status, 0) < 0 &&
		       errno == EINTR)
			;
		s->pid = 0;
	}
	fd_close(&s->pidfd);
	fd_close(&s->sync_fd);
	fd_close(&s->inside.sync_fd);
}

/* ---- the maps of a new user namespace ---- */

int id_map_write(pid_t pid, const char *file, const struct config_idmap *maps, size_t n,
		 struct error *e)
{
	OWNED_TEXT t = {0};
	char path[64];

	for (size_t i = 0; i < n; i++)
		text_add(&t, "%u %u %u\n", maps[i].inside, maps[i].outside, maps[i].size);
	if (!text_ok(&t))
		return err_no_memory(e);
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return file_write_at(AT_FDCWD, path, n > 0 ? t.bytes : "", e);
}

/*
 * What the id @inside of the container is on the host; UINT32_MAX where it is none. The process's own map is asked: that of
 * a user namespace that was joined is nowhere in the configuration.
 */
static uint32_t uid_outside(const struct start *s, uint32_t inside)
{
	unsigned int first, outside, size;
	uint32_t found = UINT32_MAX;
	char path[64];
	FILE *f;

	if (!s->inside.in_user_ns)
		return inside;
	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)s->pid);
	f = fopen(path, "re");
	while (f && found == UINT32_MAX && fscanf(f, "%u %u %u", &first, &outside, &size) == 3)
		if (inside >= first && inside - first < size)
			found = outside + (inside - first);
	if (f)
		(void)fclose(f);
	return found;
}

/*
 * Pipes that the caller made are the command's from here on, so that /dev/stdout and its kind can be opened. (The inside of a
 * user namespace would have no right over what the host's ids own.) Files and devices keep their owner: they are the host's.
 */
int stdio_give(struct start *s, struct error *e)
{
	uint32_t uid = uid_outside(s, s->inside.uid);

	(void)e;
	for (int fd = 0; uid != 0 && uid != UINT32_MAX && fd <= 2; fd++) {
		struct stat st;

		if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && fchown(fd, uid, (gid_t)-1) < 0)
			continue; /* a foreign pipe: as without it */
	}
	return 0;
}

int ids_map(struct start *s, struct error *e)
{
	const struct config *c = s->config;

	if (c->ns[NS_USER].mode != NS_NEW)
		return 0;
	if (id_map_write(s->pid, "uid_map", c->idmaps.uid, c->idmaps.uids, e) < 0 ||
	    id_map_write(s->pid, "gid_map", c->idmaps.gid, c->idmaps.gids, e) < 0)
		return -1;
	if (sync_send_type(s->sync_fd, SYNC_MAPPED, e) < 0 && e->no != EPIPE && e->no != ECONNRESET)
		return -1; /* else it has failed already, and says why */
	return 0;
}

int cgroup_give(struct start *s, struct error *e)
{
	return cgroup_delegate(&s->cgroup, s->config, uid_outside(s, s->inside.uid), e);
}

int network_devices_move(struct start *s, struct error *e)
{
	return s->config->net_devices_n > 0 ? netdevices_move(s->config, s->pid, e) : 0;
}

/*
 * A process in a user namespace has no right to raise its hard limits, whatever its capabilities there. What it is to have is
 * within its reach first; the inside sets it exactly, just before the command.
 */
int limits_raise(struct start *s, struct error *e)
{
	const struct config_process *p = &s->config->process;

	for (size_t i = 0; s->inside.in_user_ns && i < p->rlimits_n; i++) {
		int resource = rlimit_number(p->rlimits[i].type);
		struct rlimit now;

		if (prlimit(s->pid, (__rlimit_resource_t)resource, NULL, &now) < 0)
			return err_set(e, errno, "%s", p->rlimits[i].type);
		if (p->rlimits[i].hard <= now.rlim_max)
			continue;
		now.rlim_max = p->rlimits[i].hard;
		if (prlimit(s->pid, (__rlimit_resource_t)resource, &now, NULL) < 0) {
			err_set(e, errno, "%s", p->rlimits[i].type);
			return e->no == EPERM
				       ? err_hint(e, "raising a hard limit needs CAP_SYS_RESOURCE, "
						     "and NOFILE ends at fs.nr_open")
				       : -1;
		}
	}
	return 0;
}
