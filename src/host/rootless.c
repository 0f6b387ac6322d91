/*
 * rootless.c - see rootless.h. Runs outside, as the first thing of a command.
 *
 * The maps of the new namespace are written from outside of it, by newuidmap(1) and newgidmap(1), which have the right to
 * give the ranges of /etc/subuid and /etc/subgid away. They are called by their absolute paths, after a look at whose they
 * are, with an empty environment. Without them there is one id: the caller's own is root, and setgroups(2) is denied, which
 * is what the kernel lets everybody do.
 *
 * mini-run is executed once more inside for two reasons. The files in /proc of a process that is not dumpable belong to the
 * root of the namespace in which it was executed: the host's, whom the caller is not. And the program can come from a
 * read-only mount then, as it does for root (seal.h).
 */
#include "host/rootless.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/process.h"
#include "base/sys.h"
#include "config/names.h"
#include "host/message.h"
#include "host/seal.h"
#include "host/state.h"
#include "host/subids.h"

/* Says to the mini-run that is executed inside that it is there. Believed only together with what /proc says. */
#define MARK	  "MINI_RUN_ROOTLESS"
#define MAP_LINES (1 + SUBID_RANGES)
/* How the kernel shows the ids that a namespace has not (/proc/sys/kernel/overflowuid). */
#define OVERFLOW_UID 65534

static struct {
	bool is, inside, single;
	bool others; /* root of a user namespace that some other tool has made for a user */
	uid_t uid;
} self;

/* ---- who we are ---- */

/* The first line of our uid map, and how many there are. */
static bool read_map(uint32_t ret[3], size_t *ret_lines)
{
	char text[4096];

	*ret_lines = 0;
	if (file_read_at(AT_FDCWD, "/proc/self/uid_map", text, sizeof(text), NULL,
			 &(struct error){0}) < 0 ||
	    sscanf(text, "%u %u %u", &ret[0], &ret[1], &ret[2]) != 3)
		return false;
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		++*ret_lines;
	return true;
}

void rootless_begin(void)
{
	bool marked = getenv(MARK) != NULL;
	uint32_t map[3] = {0, 0, UINT32_MAX};
	uint64_t own = 0;
	size_t lines;

	(void)unsetenv(MARK); /* it is for nobody else: hooks get our environment */
	self.uid = geteuid();
	(void)sys_capget_permitted(&own);
	self.is = geteuid() != 0 && !(own & CAPABILITY_BIT(21)); /* CAP_SYS_ADMIN */
	if (geteuid() != 0 || !read_map(map, &lines) || map[0] != 0 || map[2] != 1)
		return;
	if (!marked) {
		self.others = map[1] != 0;
		return;
	}
	self.is = self.inside = true;
	self.single = lines == 1;
	self.uid = map[1];
}

bool rootless_is(void)
{
	return self.is;
}

bool rootless_inside(void)
{
	return self.inside;
}

bool rootless_single(void)
{
	return self.single;
}

uid_t rootless_uid(void)
{
	return self.uid;
}

/* A directory that is the caller's alone to write to. */
static bool is_own_directory(const char *path)
{
	struct stat st;

	return path && *path == '/' && stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid() && (st.st_mode & 022) == 0;
}

const char *rootless_state_root(void)
{
	static char path[4096];
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char usual[64];

	/* Engines that run without root call mini-run in a namespace of their own, and say so by this variable. */
	if (!self.is && !(self.others && is_own_directory(runtime)))
		return DEFAULT_STATE_ROOT;
	snprintf(usual, sizeof(usual), "/run/user/%u", (unsigned int)self.uid);
	if (!is_own_directory(runtime) || strlen(runtime) + sizeof("/mini-run") > sizeof(path))
		runtime = is_own_directory(usual) ? usual : NULL;
	if (runtime)
		snprintf(path, sizeof(path), "%s/mini-run", runtime);
	else /* made with mode 700, and refused where it is somebody else's or a link: state_open_root() */
		snprintf(path, sizeof(path), "/tmp/mini-run-%u", (unsigned int)self.uid);
	return path;
}

/* ---- what forbids it ---- */

bool rootless_forbidden(struct rootless_switch *ret)
{
	static const struct rootless_switch ways[] = {
		{"/proc/sys/user/max_user_namespaces", "0",
		 "sysctl -w user.max_user_namespaces=10000"},
		{"/proc/sys/kernel/unprivileged_userns_clone", "0",
		 "sysctl -w kernel.unprivileged_userns_clone=1"},
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
		 "an AppArmor profile for mini-run with the rule \"userns,\", or sysctl -w "
		 "kernel.apparmor_restrict_unprivileged_userns=0"},
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		char value[32];

		if (file_read_at(AT_FDCWD, ways[i].path, value, sizeof(value), NULL,
				 &(struct error){0}) < 0)
			continue;
		value[strcspn(value, "\n")] = '\0';
		if (strcmp(value, ways[i].value) == 0) {
			*ret = ways[i];
			return true;
		}
	}
	return false;
}

/* Why there can be no such namespace; @no is what the kernel said. */
static int refused(int no, struct error *e)
{
	struct rootless_switch way;

	if ((no == EPERM || no == EACCES || no == ENOSPC || no == EUSERS) && rootless_forbidden(&way))
		return err_set(e, 0,
			       "without root it takes a user namespace, which this host forbids to "
			       "ordinary users: %s is %s (%s)",
			       way.path, way.value, way.remedy);
	err_set(e, no, "without root it takes a user namespace, and none can be made");
	if (no == ENOSPC || no == EUSERS)
		return err_hint(e, "as many are in use as are allowed: sysctl "
				   "user.max_user_namespaces");
	if (no == EINVAL || no == ENOSYS)
		return err_hint(e, "this kernel has none: CONFIG_USER_NS");
	return err_hint(e, "a system call filter or a security module around this process forbids "
			   "it, or the process is in a chroot: run mini-run as root, or outside");
}

/* ---- the maps ---- */

struct maps {
	struct id_range uid[SUBID_RANGES], gid[SUBID_RANGES];
	size_t uids, gids;
};

int rootless_helper_check(const char *path, struct error *e)
{
	const uid_t root =
		self.inside ? OVERFLOW_UID : 0; /* inside, the host's root is none of ours */
	struct stat st;

	if (lstat(path, &st) < 0)
		return err_set(e, errno, "%s", path);
	if (!S_ISREG(st.st_mode) || st.st_uid != root || (st.st_mode & 022))
		return err_set(e, 0, "%s is not a file of root's that only root can change", path);
	if (!(st.st_mode & S_ISUID) && getxattr(path, "security.capability", NULL, 0) <= 0)
		return err_set(e, 0, "%s has no rights (chmod u+s %s)", path, path);
	return 0;
}

/* What the helper has said on stderr, as one line. */
static void words_take(int fd, char *ret, size_t size)
{
	ssize_t n = pread(fd, ret, size - 1, 0);

	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

/* Runs "HELPER PID 0 OWN 1 1 FIRST COUNT ...". In the child outside, whose stderr is @words_fd. */
static int helper_run(const char *path, pid_t pid, uint32_t own, const struct id_range *ranges,
		      size_t n, int words_fd, struct error *e)
{
	static char numbers[2 + 3 * MAP_LINES][16];
	char *args[3 + 3 * MAP_LINES + 1] = {(char *)path}, *env[] = {NULL}, words[256];
	const struct process p = {
		.path = path,
		.args = args,
		.env = env,
		.directory = "/",
		.output_fd = words_fd,
		.timeout_ms = 10000,
	};
	uint32_t next = 1;
	size_t k = 0;

	snprintf(numbers[k++], sizeof(numbers[0]), "%d", (int)pid);
	for (size_t i = 0; i <= n; i++) {
		snprintf(numbers[k++], sizeof(numbers[0]), "%u", i == 0 ? 0 : next);
		snprintf(numbers[k++], sizeof(numbers[0]), "%u", i == 0 ? own : ranges[i - 1].first);
		snprintf(numbers[k++], sizeof(numbers[0]), "%u", i == 0 ? 1 : ranges[i - 1].count);
		next += i == 0 ? 0 : ranges[i - 1].count;
	}
	for (size_t i = 0; i < k; i++)
		args[i + 1] = numbers[i];
	args[k + 1] = NULL;
	if (process_run(&p, e) == 0)
		return 0;
	words_take(words_fd, words, sizeof(words));
	if (*words)
		return err_set(e, 0, "%s", words);
	return err_within(e, "%s", path);
}

/* What the child outside tells: whether each map is written, and else why not. */
struct mapped {
	bool uid, gid;
	struct error uid_error, gid_error;
};

static _Noreturn void mapper_main(pid_t pid, const struct maps *m, int go_fd, int tell_fd)
{
	int words_fd = memfd_create("words", MFD_CLOEXEC);
	struct mapped told = {0};
	char byte;

	(void)signal(SIGCHLD, SIG_DFL); /* a careless caller's SIG_IGN would take the helper's status */
	if (read(go_fd, &byte, 1) != 1) /* there is no namespace */
		_exit(0);
	if (words_fd >= 0)
		(void)dup2(words_fd, STDERR_FILENO);
	told.uid = m->uids > 0 && helper_run(NEWUIDMAP, pid, geteuid(), m->uid, m->uids, words_fd,
					     &told.uid_error) == 0;
	if (words_fd >= 0)
		(void)!ftruncate(words_fd, 0);
	told.gid = m->gids > 0 && helper_run(NEWGIDMAP, pid, getegid(), m->gid, m->gids, words_fd,
					     &told.gid_error) == 0;
	(void)!write(tell_fd, &told, sizeof(told)); /* less than PIPE_BUF: whole or not at all */
	_exit(0);
}

/* The caller's own id as root, and nothing else. @no_groups: the kernel wants setgroups(2) denied first. */
static int map_one(const char *file, uint32_t id, bool no_groups, struct error *e)
{
	char line[32];

	if (no_groups && file_write_at(AT_FDCWD, "/proc/self/setgroups", "deny", e) < 0)
		return -1;
	snprintf(line, sizeof(line), "0 %u 1\n", id);
	return file_write_at(AT_FDCWD, file, line, e);
}

static void warn(const struct global_options *global, const struct error *why)
{
	char text[ERROR_TEXT + 128];

	snprintf(text, sizeof(text), "the container gets one id only: %s", why->text);
	message_write(global, LEVEL_WARNING, NULL, text);
}

static int maps_finish(const struct mapped *told, const struct maps *m, uid_t uid, gid_t gid,
		       const struct global_options *global, struct error *e)
{
	if (!told->uid && m->uids > 0)
		warn(global, &told->uid_error);
	else if (!told->gid && m->gids > 0)
		warn(global, &told->gid_error);
	if (!told->uid && map_one("/proc/self/uid_map", uid, false, e) < 0)
		return -1;
	return told->gid ? 0 : map_one("/proc/self/gid_map", gid, true, e);
}

/* Which ranges there are to be had. That some were given and cannot be is worth a warning. */
static void maps_look(struct maps *m, const struct global_options *global)
{
	struct error why;
	char name[256];

	subids_name(geteuid(), name, sizeof(name));
	*m = (struct maps){0};
	m->uids = subids_read(SUBUID_FILE, name, geteuid(), m->uid);
	m->gids = subids_read(SUBGID_FILE, name, geteuid(), m->gid);
	if (m->uids == 0 || m->gids == 0) { /* one without the other maps no user whole */
		m->uids = m->gids = 0;
	} else if (rootless_helper_check(NEWUIDMAP, &why) < 0 ||
		   rootless_helper_check(NEWGIDMAP, &why) < 0) {
		m->uids = m->gids = 0;
		warn(global, &why);
	}
}

/* ---- the entry ---- */

static int namespace_make(const struct maps *m, const struct global_options *global, int go_fd,
			  int told_fd, struct error *e)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	struct mapped told = {0};
	ssize_t n;

	if (unshare(CLONE_NEWUSER) < 0)
		return refused(errno, e);
	if (m->uids > 0) {
		if (write(go_fd, "", 1) != 1)
			return err_set(e, errno, "the process that maps the ids");
		do
			n = read(told_fd, &told, sizeof(told));
		while (n < 0 && errno == EINTR);
		if (n != (ssize_t)sizeof(told))
			return err_set(e, 0, "the process that maps the ids died");
	}
	if (maps_finish(&told, m, uid, gid, global, e) < 0)
		return e->no == EPERM ? refused(EPERM, e) : -1;
	/* AppArmor's restriction lets the first succeed, and takes every right away inside. */
	if (unshare(CLONE_NEWNS) < 0)
		return refused(errno, e);
	return 0;
}

static int make_mapped(const struct global_options *global, struct error *e)
{
	int go[2] = {-1, -1}, told[2] = {-1, -1}, result;
	pid_t self_pid = getpid(), pid = -1;
	struct maps m;

	maps_look(&m, global);
	if (m.uids > 0) {
		/* That process may die, which is told as an error then. (A container's keeper ignores it in any case.) */
		(void)signal(SIGPIPE, SIG_IGN);
		if (pipe2(go, O_CLOEXEC) < 0 || pipe2(told, O_CLOEXEC) < 0)
			return err_set(e, errno, "pipe");
		pid = fork();
		if (pid < 0)
			return err_set(e, errno, "fork");
		if (pid == 0) {
			fd_close(&go[1]);
			fd_close(&told[0]);
			mapper_main(self_pid, &m, go[0], told[1]);
		}
		fd_close(&go[0]);
		fd_close(&told[1]);
	}
	result = namespace_make(&m, global, go[1], told[0], e);
	fd_close(&go[1]);
	fd_close(&told[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return result;
}

/* Once more, inside: see above for why. */
static int execute(char *const argv[], struct error *e)
{
	if (setenv(MARK, "1", 1) < 0)
		return err_no_memory(e);
	(void)seal_execute(argv, e);
	return err_within(e, "in a user namespace");
}

/* Litter of this user's other mini-runs: inside, there would be no right to end what lives in their namespaces. */
static void sweep(const struct global_options *global)
{
	struct state s = STATE_EMPTY;
	struct error ignored;

	if (state_open_root(global->root, &s.root_fd, &ignored) == 0)
		state_sweep(&s);
	state_leave(&s);
}

int rootless_enter(char *const argv[], const struct global_options *global, struct error *e)
{
	if (!self.is || self.inside)
		return 0;
	sweep(global);
	return make_mapped(global, e) < 0 ? -1 : execute(argv, e);
}

bool rootless_possible(void)
{
	pid_t pid;
	int status;

	if (!self.is || self.inside)
		return false;
	pid = fork();
	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNS) < 0);
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The ancestor of the user namespace @fd that lies directly below ours. */
static int ascend(int *fd, struct error *e)
{
	struct stat own, parent;

	if (stat("/proc/self/ns/user", &own) < 0)
		return err_set(e, errno, "/proc/self/ns/user");
	for (;;) {
		OWNED_FD up = ioctl(*fd, NS_GET_PARENT);

		if (up < 0 || fstat(up, &parent) < 0)
			return err_set(e, errno,
				       "the container is in no user namespace of this user");
		if (parent.st_ino == own.st_ino && parent.st_dev == own.st_dev)
			return 0;
		fd_close(fd);
		*fd = fd_give(&up);
	}
}

bool rootless_is_above(int userns_fd)
{
	OWNED_FD fd = fcntl(userns_fd, F_DUPFD_CLOEXEC, 0);
	struct error ignored;

	return fd >= 0 && ascend(&fd, &ignored) == 0;
}

int rootless_enter_of(char *const argv[], pid_t pid, struct error *e)
{
	OWNED_FD fd = -1;
	char path[40];

	if (!self.is || self.inside)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "open %s", path);
	if (ascend(&fd, e) < 0)
		return -1;
	if (setns(fd, CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNS) < 0)
		return err_set(e, errno, "enter the user namespace of the container");
	return execute(argv, e);
}
