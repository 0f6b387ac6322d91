/*
 * rootfs.c - the root filesystem as it is found on the host: a detached, private copy of its mounts. Runs outside; a step of
 * host/start.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "host/steps.h"

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
	if (!c->overlay.set && st.st_dev == slash.st_dev && st.st_ino == slash.st_ino)
		return err_set(
			e, 0,
			"%s is this machine's own root: a container needs a directory of its own "
			"(or --overlay, which keeps what it writes apart)",
			c->rootfs);
	/* The copy is private before anything can see it: no mount ever travels between it and the host. */
	tree = sys_open_tree(dir, "", SYS_OPEN_TREE_CLONE | SYS_AT_RECURSIVE);
	if (tree < 0) {
		err_set(e, errno, "copy the mounts of %s", c->rootfs);
		return e->no == EPERM
			       ? err_hint(e, "mini-run needs root, or CAP_SYS_ADMIN; in a user "
					     "namespace a mount namespace of its own, too: "
					     "unshare --user --map-root-user --mount")
			       : -1;
	}
	if (sys_mount_setattr(tree, SYS_AT_RECURSIVE, &attr) < 0)
		return err_set(e, errno, "make the mounts of %s private", c->rootfs);
	if (c->rootfs_readonly && !c->overlay.set && make_readonly(tree, e) < 0)
		return err_within(e, "%s", c->rootfs);
	s->inside.root_fd = fd_give(&tree);
	return 0;
}

void rootfs_close(struct start *s)
{
	fd_close(&s->inside.root_fd);
}
