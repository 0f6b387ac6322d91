/*
 * sources.c - what the container's mounts and devices need of the host's tree, opened before there is a container: each
 * bind mount as a detached copy of its source, with its ids mapped where that is asked for, and in a user namespace the
 * device nodes, which may not be made in there. Runs outside, with the caller's privileges, on paths that the caller
 * names. Descriptors are all that is made.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "container/nodes.h"
#include "host/steps.h"

/* ---- bind mounts ---- */

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
	/*
	 * Where mounts are to travel both ways the copy stays in the peer group of its source, and where they are to
	 * travel in, it follows that; else nothing of the host moves it any more.
	 */
	if (m->propagation == PROPAGATION_SLAVE)
		attr.propagation = MS_SLAVE;
	if (m->propagation != PROPAGATION_SHARED &&
	    sys_mount_setattr(tree, SYS_AT_RECURSIVE, &attr) < 0)
		return err_set(e, errno, "set propagation of %s", m->source);
	*ret_fd = fd_give(&tree);
	return 0;
}

/* Whether this kernel runs with SELinux: only then it knows its filesystem. */
static int selinux_check(struct error *e)
{
	char list[8192];

	if (file_read_at(AT_FDCWD, "/proc/filesystems", list, sizeof(list), NULL, e) < 0)
		return -1;
	return strstr(list, "\tselinuxfs\n")
		       ? 0
		       : err_set(e, 0, "linux.mountLabel: this host has no SELinux");
}

int sources_open(struct start *s, struct error *e)
{
	const struct config *c = s->config;

	if (c->mount_label && *c->mount_label && selinux_check(e) < 0)
		return -1;
	if (c->mounts_n > 0) {
		s->inside.mount_fds = malloc(c->mounts_n * sizeof(int));
		if (!s->inside.mount_fds)
			return err_no_memory(e);
		for (size_t i = 0; i < c->mounts_n; i++)
			s->inside.mount_fds[i] = -1;
	}
	for (size_t i = 0; i < c->mounts_n; i++)
		if (c->mounts[i].bind && !c->mounts[i].remount && !c->mounts[i].notify &&
		    source_open(&c->mounts[i], &s->inside.mount_fds[i], e) < 0)
			return err_within(e, "%s", c->mounts[i].destination);
	return 0;
}

void sources_close(struct start *s)
{
	for (size_t i = 0; s->inside.mount_fds && i < s->config->mounts_n; i++)
		fd_close(&s->inside.mount_fds[i]);
	free(s->inside.mount_fds);
	s->inside.mount_fds = NULL;
}

/* ---- device nodes ---- */

/* A detached mount of the node @path of the host, if it is that device. 0; 1: it is not, or there is none. */
static int node_take(const char *path, mode_t type, dev_t numbers, int *ret_fd, struct error *e)
{
	/* Read-only keeps root inside, who may be root outside, from changing the inode's mode or owner for the whole
	 * host; the device itself can be written to all the same. */
	struct sys_mount_attr attr = {
		.set = SYS_MOUNT_ATTR_RDONLY | SYS_MOUNT_ATTR_NOSUID | SYS_MOUNT_ATTR_NOEXEC,
		.propagation = MS_PRIVATE,
	};
	OWNED_FD node = open(path, O_PATH | O_CLOEXEC), tree = -1;
	struct stat st;

	if (node < 0 || fstat(node, &st) < 0 || (st.st_mode & S_IFMT) != type || st.st_rdev != numbers)
		return 1;
	tree = sys_open_tree(node, "", SYS_OPEN_TREE_CLONE);
	if (tree < 0 || sys_mount_setattr(tree, 0, &attr) < 0)
		return err_set(e, errno, "take %s", path);
	*ret_fd = fd_give(&tree);
	return 0;
}

/* The host's node of the device, under a name that it may have. */
static int node_find(const char *first, const char *second, mode_t type, dev_t numbers, int *ret_fd,
		     struct error *e)
{
	char by_number[64];
	const char *paths[] = {first, second, by_number};

	/* Links that udev makes. */
	snprintf(by_number, sizeof(by_number), "/dev/%s/%u:%u", type == S_IFBLK ? "block" : "char",
		 major(numbers), minor(numbers));
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int result = paths[i] ? node_take(paths[i], type, numbers, ret_fd, e) : 1;

		if (result <= 0)
			return result;
	}
	return err_set(e, 0,
		       "%s: the host has no node of device %c %u:%u under that name, and in a user "
		       "namespace none can be made",
		       first, type == S_IFBLK ? 'b' : 'c', major(numbers), minor(numbers));
}

/*
 * mknod(2) takes the privileges of the first user namespace. Whether mini-run itself has them shows in its own map: the
 * whole range, one to one, as the kernel prints it (uid_m_show()).
 */
static int is_first_user_namespace(bool *ret, struct error *e)
{
	char map[4096];

	if (file_read_at(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map), NULL, e) < 0)
		return -1;
	*ret = strcmp(map, "         0          0 4294967295\n") == 0;
	return 0;
}

int devices_open(struct start *s, struct error *e)
{
	const struct config *c = s->config;
	size_t n = DEVICE_FDS_STANDARD + c->devices_n;
	bool first = false;
	int *fds;

	if (c->ns[NS_USER].mode == NS_INHERIT && is_first_user_namespace(&first, e) < 0)
		return -1;
	if (first)
		return 0;
	fds = s->inside.device_fds = malloc(n * sizeof(int));
	if (!fds)
		return err_no_memory(e);
	for (size_t i = 0; i < n; i++)
		fds[i] = -1;
	for (size_t i = 0; c->default_devices && i < DEVICE_FDS_STANDARD; i++) {
		const struct standard_node *node = &standard_nodes[i];
		char path[32];

		snprintf(path, sizeof(path), "/dev/%s", node->name);
		if (node_find(path, NULL, S_IFCHR, makedev(node->major, node->minor), &fds[i], e) < 0)
			return -1;
	}
	for (size_t i = 0; i < c->devices_n; i++) {
		const struct config_device *d = &c->devices[i];

		if (d->type != 'p' &&
		    node_find(d->path, d->host_path, d->type == 'b' ? S_IFBLK : S_IFCHR,
			      makedev((unsigned int)d->major, (unsigned int)d->minor),
			      &fds[DEVICE_FDS_STANDARD + i], e) < 0)
			return -1;
	}
	return 0;
}

void devices_close(struct start *s)
{
	size_t n = DEVICE_FDS_STANDARD + s->config->devices_n;

	for (size_t i = 0; s->inside.device_fds && i < n; i++)
		fd_close(&s->inside.device_fds[i]);
	free(s->inside.device_fds);
	s->inside.device_fds = NULL;
}
