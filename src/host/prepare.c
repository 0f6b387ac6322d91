/*
 * prepare.c - what is looked at and opened before a container is made: the user, the command, stdin, namespaces, the
 * system call filter. (The root filesystem is in rootfs.c, the sources of mounts in sources.c.)
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
#include "host/rootless.h"
#include "host/seccomp.h"
#include "host/seccomp_listener.h"
#include "host/steps.h"
#include "host/userns.h"

int user_lookup(struct start *s, struct error *e)
{
	const struct config *c = s->config;
	const struct config_user *u = &c->process.user;
	const char *spec = u->spec; /* NULL: the configuration says numbers */
	size_t n = c->process.env.n;
	bool has_home = false;
	char number[16];

	if (spec && user_find_layered(s->overlay_upper_fd, s->inside.root_fd, spec, &s->user, e) < 0)
		return -1;
	s->inside.uid = spec ? s->user.uid : u->uid;
	s->inside.gid = spec ? s->user.gid : u->gid;
	s->inside.groups = spec ? s->user.groups : u->groups;
	s->inside.groups_n = spec ? s->user.groups_n : u->groups_n;
	if (userns_user_check(s, e) < 0)
		return -1;

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
		if (user_find_layered(s->overlay_upper_fd, s->inside.root_fd, number, &s->user, e) < 0)
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
	/*
	 * execve takes these from who is not root. Before it they would count for one thing: he could execute what only root
	 * may. A bundle says of itself what it wants.
	 */
	if (!s->config->oci_version && s->inside.uid != 0)
		s->inside.capabilities.effective = s->inside.capabilities.permitted =
			s->inside.capabilities.ambient;
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
	if (s->overlay_upper_fd >= 0)
		return 0; /* the layer may bring it, or have removed it: the inside sees */
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
	/* The caller has opened it in the mount namespace that an ordinary user's mini-run has left. */
	if (tree < 0 && errno == EINVAL && rootless_inside()) {
		OWNED_FD again = path_open_again(STDIN_FILENO);

		tree = again < 0 ? -1 : sys_open_tree(again, "", SYS_OPEN_TREE_CLONE);
	}
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

int filter_make(struct start *s, struct error *e)
{
	if (seccomp_make(s->config, s->options->global, &s->inside.seccomp, e) < 0)
		return -1;
	if (refusals_prepare(s, e) < 0)
		return -1;
	return seccomp_notifies(&s->inside.seccomp) ? seccomp_listener_check(s->config, e) : 0;
}

void filter_free(struct start *s)
{
	refusals_forget(s);
	seccomp_end(&s->inside.seccomp);
}
