/*
 * mount_ids.c - id-mapped mounts: files whose owners are others in the container than on the disk. Runs outside.
 *
 * The kernel takes the mapping of such a mount from a user namespace. The container's own is not there yet; so each
 * mapping gets a namespace that nobody lives in: made with a child, which is gone as soon as there is a descriptor of
 * it. Mounts with equal mappings share one. Nothing stays behind but the mount's own reference.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "base/text.h"
#include "host/steps.h"

static int child_map(pid_t pid, const struct config_idmaps *maps, int *ret_fd, struct error *e)
{
	char path[40];

	if (id_map_write(pid, "uid_map", maps->uid, maps->uids, e) < 0)
		return err_within(e, "uidMappings");
	if (id_map_write(pid, "gid_map", maps->gid, maps->gids, e) < 0)
		return err_within(e, "gidMappings");
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? err_set(e, errno, "open %s", path) : 0;
}

/* A user namespace with this mapping and nobody in it. */
static int namespace_make(const struct config_idmaps *maps, int *ret_fd, struct error *e)
{
	struct sys_clone how = {.flags = CLONE_NEWUSER, .cgroup_fd = -1};
	pid_t self = getpid(), pid = sys_clone3(&how);
	int result;

	if (pid < 0) {
		err_set(e, errno, "uidMappings: make a user namespace");
		return e->no == ENOSPC || e->no == EUSERS
			       ? err_hint(e, "see /proc/sys/user/max_user_namespaces")
			       : -1;
	}
	if (pid == 0) { /* until it is killed: by us, or because we are gone */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == self)
			pause();
		_exit(0);
	}
	result = child_map(pid, maps, ret_fd, e);
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return result;
}

/* Those of @m, or the container's where it has none; NULL: those of a namespace that it joins. */
static const struct config_idmaps *maps_of(const struct config *c, const struct config_mount *m)
{
	if (m->idmaps.uids > 0 || m->idmaps.gids > 0)
		return &m->idmaps;
	return c->ns[NS_USER].mode == NS_NEW ? &c->idmaps : NULL;
}

static bool is_equal(const struct config_idmaps *a, const struct config_idmaps *b)
{
	return a->uids == b->uids && a->gids == b->gids &&
	       (a->uids == 0 || memcmp(a->uid, b->uid, a->uids * sizeof(*a->uid)) == 0) &&
	       (a->gids == 0 || memcmp(a->gid, b->gid, a->gids * sizeof(*a->gid)) == 0);
}

/* Namespaces that were made already: fds[i] is that of mount number i; -1. */
struct made {
	const struct config *config;
	int *fds;
};

/* The namespace that maps the ids of mount number @i; made->fds keeps it. */
static int namespace_find(const struct made *made, size_t i, int *ret_fd, struct error *e)
{
	const struct config_mount *mounts = made->config->mounts;
	const struct config_idmaps *maps = maps_of(made->config, &mounts[i]);

	for (size_t j = 0; j < i; j++)
		if (made->fds[j] >= 0 && is_equal(maps, maps_of(made->config, &mounts[j]))) {
			*ret_fd = made->fds[j];
			return 0;
		}
	if (namespace_make(maps, &made->fds[i], e) < 0)
		return -1;
	*ret_fd = made->fds[i];
	return 0;
}

static int mount_map(const struct config_mount *m, int mount_fd, int ns_fd, struct error *e)
{
	const struct sys_mount_attr attr = {
		.set = SYS_MOUNT_ATTR_IDMAP,
		.userns_fd = (uint64_t)ns_fd,
	};
	unsigned int tree = m->idmap == MOUNT_RIDMAP ? SYS_AT_RECURSIVE : 0;

	if (sys_mount_setattr(mount_fd, tree, &attr) == 0)
		return 0;
	if (errno == EINVAL)
		return err_set(e, 0,
			       "uidMappings: the filesystem of %s%s cannot map ids in this kernel",
			       m->source, tree ? " (or one that is mounted below it)" : "");
	if (errno == EPERM)
		return err_set(e, errno,
			       "uidMappings: %s cannot be mapped: it is id-mapped already, or "
			       "belongs to another user namespace",
			       m->source);
	return err_set(e, errno, "uidMappings: map the ids of %s", m->source);
}

static int mounts_map(struct start *s, const struct made *made, struct error *e)
{
	const struct config *c = s->config;

	for (size_t i = 0; i < c->mounts_n; i++) {
		const struct config_mount *m = &c->mounts[i];
		int ns_fd = s->inside.ns_fds[NS_USER];

		if (!m->bind || (m->idmap == MOUNT_IDMAP_NONE && m->idmaps.uids == 0))
			continue;
		if (!maps_of(c, m) && c->ns[NS_USER].mode != NS_JOIN)
			return err_set(e, 0,
				       "%s: idmap needs uidMappings and gidMappings, or a user "
				       "namespace of the container",
				       m->destination);
		if ((maps_of(c, m) && namespace_find(made, i, &ns_fd, e) < 0) ||
		    mount_map(m, s->inside.mount_fds[i], ns_fd, e) < 0)
			return err_within(e, "%s", m->destination);
	}
	return 0;
}

/* The root filesystem with all that is mounted below it. Its files keep their owners: uid 0 on disk is uid 0 inside. */
static int rootfs_map(struct start *s, struct error *e)
{
	struct sys_mount_attr attr = {.set = SYS_MOUNT_ATTR_IDMAP};
	OWNED_FD ns_fd = -1;

	if (namespace_make(&s->config->idmaps, &ns_fd, e) < 0)
		return -1;
	attr.userns_fd = (uint64_t)ns_fd;
	if (s->inside.overlay_fd >= 0 && sys_mount_setattr(s->inside.overlay_fd, 0, &attr) < 0)
		return err_set(e, errno, "--userns: map the ids of %s", s->config->overlay.dir);
	if (sys_mount_setattr(s->inside.root_fd, SYS_AT_RECURSIVE, &attr) == 0)
		return 0;
	if (errno == EINVAL && strcmp(s->config->rootfs, "/") == 0)
		return err_set(
			e, 0,
			"--userns: not every filesystem of this machine can map ids in this "
			"kernel (/proc, for one): with / as the root filesystem leave it out");
	if (errno == EINVAL)
		return err_set(e, 0,
			       "--userns: the filesystem of %s (or one that is mounted below it) "
			       "cannot map ids in this kernel: leave --userns out, or copy it to "
			       "another filesystem, such as ext4",
			       s->config->rootfs);
	return err_set(e, errno, "--userns: map the ids of %s", s->config->rootfs);
}

int mounts_map_ids(struct start *s, struct error *e)
{
	const struct config *c = s->config;
	struct made made = {.config = c};
	bool any = false;
	int result;

	if (c->rootfs_idmap && rootfs_map(s, e) < 0)
		return -1;
	for (size_t i = 0; i < c->mounts_n; i++)
		any = any || c->mounts[i].idmap != MOUNT_IDMAP_NONE || c->mounts[i].idmaps.uids > 0;
	if (!any)
		return 0;
	made.fds = malloc(c->mounts_n * sizeof(int));
	if (!made.fds)
		return err_no_memory(e);
	for (size_t i = 0; i < c->mounts_n; i++)
		made.fds[i] = -1;
	result = mounts_map(s, &made, e);
	for (size_t i = 0; i < c->mounts_n; i++)
		fd_close(&made.fds[i]);
	free(made.fds);
	return result;
}
