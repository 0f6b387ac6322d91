// SPDX-License-Identifier: Apache-2.0
/*
 * The floor: what a container costs when nothing but the kernel is paid.
 *
 * Makes the same kernel objects as "mini-run run ROOTFS CMD" does by default: five namespaces, a
 * cgroup with two limits, the recursive bind of ROOTFS, /proc with its masked and read-only parts,
 * the synthetic /dev. Then executes CMD as PID 1, waits, removes the cgroup and passes the status
 * on.
 *
 * There is no check, no security and no state here: paths inside ROOTFS are followed wherever their
 * symlinks lead, all capabilities stay, a kill leaves the cgroup behind. It is a yardstick for
 * bench/bench and nothing to run a container with. A file of its own on purpose: it shares no code
 * with what it measures.
 *
 * Where one object can be had in several ways, this is the cheapest one found; bench/README.md says
 * what the others cost. Order as executed: main, child (in the new namespaces), main again.
 *
 * Usage: floor [--no-cgroup] ROOTFS CMD [ARG...]
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of <sys/mount.h>, which cannot be included beside <linux/mount.h> with the glibc of Debian 12. */
#define MNT_DETACH 2

#define CGROUP_ROOT   "/sys/fs/cgroup"
#define CGROUP_PARENT "mini-run-floor"
#define MEMORY_LIMIT  "67108864"
#define PIDS_LIMIT    "64"

/*
 * One cgroup directory. v2 has one for both limits, v1 one a controller. "own_parent" is true where
 * this program also made CGROUP_PARENT, and thus removes it; bench/bench makes it beforehand, once.
 */
struct group {
	char parent[64];
	char path[96];
	bool own_parent;
};

static struct group groups[2];
static size_t group_count;
static bool cgroup_is_v2;

/* Removes its groups as well as it can; in the child there are none to remove (see child()). */
static _Noreturn void die(const char *what, const char *object)
{
	dprintf(2, "floor: %s %s: %s\n", what, object, strerror(errno));
	while (group_count > 0) {
		(void)rmdir(groups[--group_count].path);
		if (groups[group_count].own_parent)
			(void)rmdir(groups[group_count].parent);
	}
	_exit(125);
}

/* Passes a result through, and dies of a negative one. */
static int must(int result, const char *what, const char *object)
{
	if (result < 0)
		die(what, object);
	return result;
}

static void write_file(const char *dir, const char *name, const char *value)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = must(open(path, O_WRONLY | O_CLOEXEC), "open", path);
	must((int)write(fd, value, strlen(value)), "write", path);
	close(fd);
}

/* ---- cgroups, in the parent ---- */

static struct group *group_make(const char *hierarchy)
{
	struct group *g = &groups[group_count++];

	snprintf(g->parent, sizeof(g->parent), "%s/" CGROUP_PARENT, hierarchy);
	snprintf(g->path, sizeof(g->path), "%s/" CGROUP_PARENT "/%d", hierarchy, (int)getpid());
	if (mkdir(g->path, 0755) == 0)
		return g;
	if (errno != ENOENT)
		die("make", g->path);

	must(mkdir(g->parent, 0755), "make", g->parent);
	g->own_parent = true;
	if (cgroup_is_v2) {
		write_file(hierarchy, "cgroup.subtree_control", "+memory +pids");
		write_file(g->parent, "cgroup.subtree_control", "+memory +pids");
	}
	must(mkdir(g->path, 0755), "make", g->path);
	return g;
}

static void groups_make(void)
{
	struct statfs fs;
	struct group *g;

	must(statfs(CGROUP_ROOT, &fs), "look at", CGROUP_ROOT);
	cgroup_is_v2 = fs.f_type == CGROUP2_SUPER_MAGIC;
	if (cgroup_is_v2) {
		g = group_make(CGROUP_ROOT);
		write_file(g->path, "memory.max", MEMORY_LIMIT);
		write_file(g->path, "pids.max", PIDS_LIMIT);
		return;
	}
	g = group_make(CGROUP_ROOT "/memory");
	write_file(g->path, "memory.limit_in_bytes", MEMORY_LIMIT);
	g = group_make(CGROUP_ROOT "/pids");
	write_file(g->path, "pids.max", PIDS_LIMIT);
}

static void groups_remove(void)
{
	while (group_count > 0) {
		struct group *g = &groups[--group_count];

		/*
		 * A process that was reaped can still be on its way out of the group for a moment:
		 * the kernel takes it off the group's list only once it no longer runs.
		 */
		while (rmdir(g->path) < 0) {
			if (errno != EBUSY)
				die("remove", g->path);
			usleep(50);
		}
		/* Fails where another floor runs beside this one, which then owns the directory. */
		if (g->own_parent)
			(void)rmdir(g->parent);
	}
}

/* ---- mounts, in the child ---- */

static int open_tree(int dir, const char *path, unsigned int flags)
{
	return must(
		(int)syscall(SYS_open_tree, dir, path, flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC),
		"clone mount", path);
}

static void set_attr(int dir, const char *path, unsigned int flags, uint64_t attr,
		     uint64_t propagation)
{
	struct mount_attr a = {.attr_set = attr, .propagation = propagation};

	must((int)syscall(SYS_mount_setattr, dir, path, flags, &a, sizeof(a)), "change mount", path);
}

static void attach(int mount, int dir, const char *path)
{
	must((int)syscall(SYS_move_mount, mount, "", dir, path, MOVE_MOUNT_F_EMPTY_PATH),
	     "attach mount", path);
}

/* A new filesystem as a detached mount. "options" are key and value in turn, and end with NULL. */
static int new_mount(const char *type, const char *const *options, unsigned int attr)
{
	int fs = must((int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC), "open filesystem", type);
	int mount;

	for (; *options; options += 2)
		must((int)syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, options[0], options[1], 0),
		     "configure", options[0]);
	must((int)syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "create", type);
	mount = must((int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attr), "mount", type);
	close(fs);
	return mount;
}

/* The synthetic /dev, filled while it is still detached. Returns the descriptor of its root. */
static int dev_make(int root)
{
	static const struct {
		const char *name;
		unsigned int major, minor;
	} nodes[] = {
		{"null", 1, 3},	  {"zero", 1, 5},    {"full", 1, 7},
		{"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
	};
	static const char *const links[][2] = {
		{"/proc/self/fd", "fd"},       {"/proc/self/fd/0", "stdin"},
		{"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"},
		{"pts/ptmx", "ptmx"},
	};
	static const char *const tmpfs[] = {"mode", "755", "size", "65536k", NULL};
	static const char *const devpts[] = {"ptmxmode", "0666", "mode", "0620", "gid", "5", NULL};
	int dev = new_mount("tmpfs", tmpfs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	int pts;

	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++)
		must(mknodat(dev, nodes[i].name, S_IFCHR | 0666,
			     makedev(nodes[i].major, nodes[i].minor)),
		     "make node", nodes[i].name);
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		must(symlinkat(links[i][0], dev, links[i][1]), "make link", links[i][1]);
	must(mkdirat(dev, "shm", 01777), "make directory", "shm");
	must(mkdirat(dev, "pts", 0755), "make directory", "pts");

	attach(dev, root, "dev");
	pts = new_mount("devpts", devpts, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	attach(pts, dev, "pts");
	close(pts);
	return dev;
}

/*
 * /proc, fresh, and its masks: a file is covered by a bind of the container's own null, the
 * directories share one empty tmpfs. What this kernel does not have is passed over.
 */
static void proc_make(int root, int dev)
{
	static const char *const masked[] = {
		"acpi", "asound",     "interrupts",  "kcore",	    "keys",
		"scsi", "timer_list", "timer_stats", "sched_debug", "latency_stats",
	};
	static const char *const read_only[] = {"bus", "fs", "irq", "sys", "sysrq-trigger"};
	static const char *const no_options[] = {NULL};
	int proc = new_mount("proc", no_options,
			     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	int empty = -1;

	attach(proc, root, "proc");
	for (size_t i = 0; i < sizeof(masked) / sizeof(*masked); i++) {
		struct stat st;
		int mask;

		if (fstatat(proc, masked[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (!S_ISDIR(st.st_mode)) {
			mask = open_tree(dev, "null", 0);
		} else if (empty < 0) {
			static const char *const tmpfs[] = {"nr_inodes", "1", NULL};

			mask = new_mount("tmpfs", tmpfs, MOUNT_ATTR_RDONLY);
			empty = mask;
		} else {
			mask = open_tree(empty, "", AT_EMPTY_PATH);
		}
		attach(mask, proc, masked[i]);
		if (mask != empty)
			close(mask);
	}
	for (size_t i = 0; i < sizeof(read_only) / sizeof(*read_only); i++) {
		int part;

		if (faccessat(proc, read_only[i], F_OK, 0) < 0)
			continue;
		part = open_tree(proc, read_only[i], 0);
		set_attr(part, "", AT_EMPTY_PATH, MOUNT_ATTR_RDONLY, 0);
		attach(part, proc, read_only[i]);
		close(part);
	}
	close(proc);
}

static _Noreturn void child(const char *rootfs, char **argv)
{
	static const char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root",
		"HOSTNAME=floor",
		NULL,
	};
	int root, dev, error;

	if (group_count > 0 && !cgroup_is_v2) {
		/*
		 * KERNEL: a single thread that moves itself, by a 0 in "tasks", spares the lock
		 * that stops every fork of the host, and with it the RCU grace period that a write
		 * to "cgroup.procs" waits for. The namespace comes second: its root is where the
		 * process is.
		 */
		for (size_t i = 0; i < group_count; i++)
			write_file(groups[i].path, "tasks", "0");
		must(unshare(CLONE_NEWCGROUP), "unshare", "cgroup namespace");
	}
	group_count = 0;

	(void)umask(0);
	set_attr(AT_FDCWD, "/", AT_RECURSIVE, 0, MS_PRIVATE);
	root = open_tree(AT_FDCWD, rootfs, AT_RECURSIVE);
	attach(root, AT_FDCWD, rootfs);
	(void)mkdirat(root, "proc", 0755);
	(void)mkdirat(root, "dev", 0755);
	dev = dev_make(root);
	proc_make(root, dev);
	(void)umask(022);
	must(sethostname("floor", 5), "set", "host name");

	/* Both in one place: the old root ends up on top of the new one, and "." is the old. */
	must(fchdir(root), "enter", rootfs);
	must((int)syscall(SYS_pivot_root, ".", "."), "pivot to", rootfs);
	must((int)syscall(SYS_umount2, ".", MNT_DETACH), "detach", "old root");
	must(chdir("/"), "enter", "/");

	execve(argv[0], argv, (char *const *)env);
	error = errno;
	dprintf(2, "floor: execute %s: %s\n", argv[0], strerror(error));
	_exit(error == ENOENT ? 127 : 126);
}

int main(int argc, char **argv)
{
	bool with_cgroup = true;
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	siginfo_t end = {0};
	pid_t pid;

	if (argc > 1 && strcmp(argv[1], "--no-cgroup") == 0) {
		with_cgroup = false;
		argv++;
		argc--;
	}
	if (argc < 3) {
		dprintf(2, "usage: floor [--no-cgroup] ROOTFS CMD [ARG...]\n");
		return 125;
	}

	if (with_cgroup)
		groups_make();
	if (with_cgroup && cgroup_is_v2) {
		int cgroup_fd = must(open(groups[0].path, O_PATH | O_DIRECTORY | O_CLOEXEC), "open",
				     groups[0].path);

		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup_fd;
	}
	/* On v1 the child makes its own, once it is in its groups. */
	if (!with_cgroup || cgroup_is_v2)
		args.flags |= CLONE_NEWCGROUP;

	pid = (pid_t)must((int)syscall(SYS_clone3, &args, sizeof(args)), "clone", "init");
	if (pid == 0)
		child(argv[1], argv + 2);

	must(waitid(P_PIDFD, (id_t)pidfd, &end, WEXITED), "wait for", "init");
	groups_remove();
	return end.si_code == CLD_EXITED ? end.si_status : 128 + end.si_status;
}
