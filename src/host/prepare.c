/*
 * prepare.c - everything that is looked at and opened before a container is made: the root filesystem, the user, the
 * command, what mounts and namespaces need of the host, the programs that the inside will load.
 *
 * Runs outside, with the caller's privileges, on what the caller names and on files that the root filesystem's
 * author wrote. Nothing is made here but descriptors and memory, so that what is wrong is told while there is
 * nothing to undo.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/sys.h"
#include "base/text.h"
#include "config/names.h"
#include "host/command.h"
#include "host/message.h"
#include "host/seccomp.h"
#include "host/seccomp_listener.h"
#include "host/steps.h"
#include "init/init_program.h"

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

/*
 * --read-only holds for all that is mounted below the root filesystem too. The topmost mount stays writable until
 * the inside has made its mount points ("make root read-only"), unless it was read-only before.
 */
static int make_readonly(int tree, struct error *e)
{
	struct sys_mount_attr set = {.set = SYS_MOUNT_ATTR_RDONLY},
			      clear = {.clear = SYS_MOUNT_ATTR_RDONLY};
	struct statvfs before;

	if (fstatvfs(tree, &before) < 0 || sys_mount_setattr(tree, SYS_AT_RECURSIVE, &set) < 0)
		return err_set(e, errno, "make read-only");
	if (!(before.f_flag & ST_RDONLY) && sys_mount_setattr(tree, 0, &clear) < 0)
		return err_set(e, errno, "keep writable for its mount points");
	return 0;
}

int rootfs_open(struct start *s, struct error *e)
{
	const struct config *c = s->config;
	struct sys_mount_attr attr = {
		.set = c->rootfs_nodev ? SYS_MOUNT_ATTR_NODEV : 0,
		/* "slave": what the host mounts there later shows inside, and nothing travels back. */
		.propagation = c->rootfs_propagation == PROPAGATION_SLAVE ? MS_SLAVE : MS_PRIVATE,
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
	if (c->rootfs_readonly && make_readonly(tree, e) < 0)
		return err_within(e, "%s", c->rootfs);
	s->inside.root_fd = fd_give(&tree);
	return 0;
}

void rootfs_close(struct start *s)
{
	fd_close(&s->inside.root_fd);
}

int user_lookup(struct start *s, struct error *e)
{
	const struct config *c = s->config;
	const struct config_user *u = &c->process.user;
	const char *spec = u->spec; /* NULL: the configuration says numbers */
	size_t n = c->process.env.n;
	bool has_home = false;
	char number[16];

	if (spec && user_find(s->inside.root_fd, spec, &s->user, e) < 0)
		return -1;
	s->inside.uid = spec ? s->user.uid : u->uid;
	s->inside.gid = spec ? s->user.gid : u->gid;
	s->inside.groups = spec ? s->user.groups : u->groups;
	s->inside.groups_n = spec ? s->user.groups_n : u->groups_n;

	/* The command's environment is that of the configuration, and HOME where that has none: every runtime adds it. */
	s->inside.env = calloc(n + 2, sizeof(char *));
	if (!s->inside.env)
		return err_no_memory(e);
	for (size_t i = 0; i < n; i++) {
		s->inside.env[i] = c->process.env.v[i];
		if (strncmp(c->process.env.v[i], "HOME=", 5) == 0)
			has_home = true;
	}
	if (has_home)
		return 0;
	if (!spec) {
		snprintf(number, sizeof(number), "%u", u->uid);
		if (user_find(s->inside.root_fd, number, &s->user, e) < 0)
			return -1;
	}
	if (asprintf(&s->home, "HOME=%s", s->user.home) < 0) {
		s->home = NULL;
		return err_no_memory(e);
	}
	s->inside.env[n] = s->home;
	return 0;
}

void user_forget(struct start *s)
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
static void capability_tell(const struct start *s, const char *name)
{
	OWNED_TEXT t = {0};

	text_add(&t, "a capability that cannot be given: %s", name);
	if (text_ok(&t))
		message_write(s->options->global, LEVEL_WARNING, s->config->id, t.bytes);
}

/* Names that this version does not know, and ambient ones that the kernel would not raise. */
static void capabilities_tell_unknown(const struct start *s)
{
	const struct config_strings *unknown = &s->config->process.unknown_capabilities;

	for (size_t i = 0; i < unknown->n; i++)
		capability_tell(s, unknown->v[i]);
}

int capabilities_look(struct start *s, struct error *e)
{
	const struct config_capabilities *asked = &s->config->process.capabilities;
	OWNED_TEXT t = {0};
	uint64_t own, missing;

	capabilities_tell_unknown(s);
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

/* Whether there is nothing at all in the directory. */
static bool is_empty(int dir_fd)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool empty = list != NULL;

	while (empty && (entry = readdir(list)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	if (list)
		closedir(list);
	else
		fd_close(&fd);
	return empty;
}

/* A hook may bring what is missing. */
static bool has_early_hooks(const struct config *c)
{
	for (int kind = 0; kind < HOOK_POSTSTART; kind++)
		if (c->hooks[kind].n > 0)
			return true;
	return false;
}

int command_look(struct start *s, struct error *e)
{
	if (!s->config->has_process || has_early_hooks(s->config))
		return 0;
	if (command_check(s->config, s->inside.root_fd, e) == 0)
		return 0;
	/* Not the command is what is wrong with an empty directory. */
	if (e->status == 127 && is_empty(s->inside.root_fd))
		return err_set(
			e,
			0, "%s is empty: a root filesystem has bin, lib, etc in it (scripts/make-rootfs makes a small one)",
			s->config->rootfs);
	return -1;
}

/* ---- what the command and its namespaces need of the host ---- */

/*
 * A regular file that the caller gave as stdin for reading only stays so: inside, root could open /proc/self/fd/0
 * for writing, or change its mode. So the container gets the file through a read-only mount of its own, at the
 * same offset.
 */
int stdin_open(struct start *s, struct error *e)
{
	struct sys_mount_attr attr = {
		.set = SYS_MOUNT_ATTR_RDONLY | SYS_MOUNT_ATTR_NOSUID | SYS_MOUNT_ATTR_NODEV |
		       SYS_MOUNT_ATTR_NOEXEC,
	};
	OWNED_FD tree = -1, fd = -1;
	struct stat st;
	char path[40];
	off_t at;

	if (fstat(STDIN_FILENO, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (fcntl(STDIN_FILENO, F_GETFL) & O_ACCMODE) != O_RDONLY)
		return 0;
	tree = sys_open_tree(STDIN_FILENO, "", SYS_OPEN_TREE_CLONE);
	if (tree < 0 && (errno == EINVAL || errno == ENOENT))
		return 0; /* a file that is nowhere mounted: a memory file, a deleted one */
	if (tree < 0 || sys_mount_setattr(tree, 0, &attr) < 0)
		return err_set(e, errno, "make stdin read-only");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", tree);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_set(e, errno, "open stdin's file");
	at = lseek(STDIN_FILENO, 0, SEEK_CUR);
	if (at < 0 || lseek(fd, at, SEEK_SET) < 0)
		return err_set(e, errno, "find the place in stdin");
	s->inside.stdin_fd = fd_give(&fd);
	return 0;
}

/*
 * A null device as stdin, stdout or stderr is the host's inode: root in the container could change its mode or owner for
 * everybody. So it is opened anew through a read-only mount, which writing to a device does not mind.
 */
int null_devices_open(struct start *s, struct error *e)
{
	const struct sys_mount_attr attr = {.set = SYS_MOUNT_ATTR_RDONLY};

	(void)s;
	for (int fd = 0; fd <= 2; fd++) {
		OWNED_FD null = -1, tree = -1, again = -1;
		struct stat st;
		char path[40];

		if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
			continue;
		null = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (null < 0 || fstat(null, &st) < 0 || !S_ISCHR(st.st_mode) ||
		    st.st_rdev != makedev(1, 3))
			return err_set(e, 0, "/dev/null is not the null device");
		tree = sys_open_tree(null, "", SYS_OPEN_TREE_CLONE);
		if (tree < 0 || sys_mount_setattr(tree, 0, &attr) < 0)
			return err_set(e, errno, "make /dev/null read-only");
		snprintf(path, sizeof(path), "/proc/self/fd/%d", tree);
		again = open(path, (fcntl(fd, F_GETFL) & O_ACCMODE) | O_NOCTTY | O_CLOEXEC);
		if (again < 0 || dup2(again, fd) < 0)
			return err_set(e, errno, "open /dev/null as descriptor %d", fd);
	}
	return 0;
}

/* The caller's own descriptor goes on where the container has stopped to read, as if it had been the same. */
void stdin_close(struct start *s)
{
	off_t at;

	if (s->inside.stdin_fd < 0)
		return;
	at = lseek(s->inside.stdin_fd, 0, SEEK_CUR);
	if (at >= 0)
		(void)lseek(STDIN_FILENO, at, SEEK_SET);
	fd_close(&s->inside.stdin_fd);
}

/* What clone3(2), setns(2) and NS_GET_NSTYPE call each kind. */
const struct ns_kind ns_kinds[NS_KINDS] = {
	[NS_USER] = {CLONE_NEWUSER, "user", "user"},
	[NS_MOUNT] = {CLONE_NEWNS, "mount", "mnt"},
	[NS_PID] = {CLONE_NEWPID, "PID", "pid"},
	[NS_NETWORK] = {CLONE_NEWNET, "network", "net"},
	[NS_IPC] = {CLONE_NEWIPC, "IPC", "ipc"},
	[NS_UTS] = {CLONE_NEWUTS, "UTS", "uts"},
	[NS_CGROUP] = {CLONE_NEWCGROUP, "cgroup", "cgroup"},
	[NS_TIME] = {CLONE_NEWTIME, "time", "time"},
};

/*
 * A path that leads to mini-run's own namespace: what the configuration would set there it would set for the host. (Our own
 * user namespace cannot be joined, and need not be.)
 */
static int own_namespace_look(struct start *s, int kind, struct error *e)
{
	const struct config *c = s->config;
	char path[40], name[65] = "";
	struct stat own, other;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_kinds[kind].file);
	if (stat(path, &own) < 0 || fstat(s->inside.ns_fds[kind], &other) < 0)
		return err_set(e, errno, "%s", path);
	if (own.st_dev != other.st_dev || own.st_ino != other.st_ino)
		return 0;
	if (kind == NS_USER) {
		fd_close(&s->inside.ns_fds[kind]);
		s->inside.in_user_ns = false;
	}
	(void)gethostname(name, sizeof(name) - 1);
	if (kind == NS_UTS && ((c->hostname && strcmp(c->hostname, name) != 0) || c->domainname))
		return err_set(e, 0, "hostname: %s is this host's own uts namespace",
			       c->ns[kind].path);
	if (kind == NS_NETWORK && c->net_devices_n > 0)
		return err_set(e, 0, "network devices: %s is this host's own network namespace",
			       c->ns[kind].path);
	for (size_t i = 0; i < c->sysctls_n; i++)
		if ((kind == NS_NETWORK && strncmp(c->sysctls[i].key, "net", 3) == 0) ||
		    ((kind == NS_IPC || kind == NS_UTS) && strncmp(c->sysctls[i].key, "net", 3) != 0))
			return err_set(e, 0, "sysctl %s: %s is this host's own namespace",
				       c->sysctls[i].key, c->ns[kind].path);
	return 0;
}

int namespaces_open(struct start *s, struct error *e)
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
		if (own_namespace_look(s, kind, e) < 0)
			return -1;
	}
	return 0;
}

void namespaces_close(struct start *s)
{
	for (int kind = 0; kind < NS_KINDS; kind++)
		fd_close(&s->inside.ns_fds[kind]);
}

/*
 * --init: the built-in init in a sealed memory file. PID 1's /proc/PID/exe then leads there and not to the
 * host's binary, and nobody can change what later containers will run (CVE-2019-5736).
 */
int init_program_make(struct start *s, struct error *e)
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

void init_program_close(struct start *s)
{
	fd_close(&s->inside.init_fd);
}

int filter_make(struct start *s, struct error *e)
{
	if (seccomp_make(s->config, s->options->global, &s->inside.seccomp, e) < 0)
		return -1;
	return seccomp_notifies(&s->inside.seccomp) ? seccomp_listener_check(s->config, e) : 0;
}

void filter_free(struct start *s)
{
	seccomp_end(&s->inside.seccomp);
}
