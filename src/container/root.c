/*
 * root.c - namespaces and the root directory. Runs inside.
 *
 * The host's mounts reach the container in one way only: as the copy that a new mount namespace starts
 * with. It is made private at once (nothing that happens here shows outside), and detached in the end.
 *
 * A mount namespace that is joined belongs to others. Nothing that they see is made private or detached, and its root
 * stays theirs: the container's root filesystem is attached where its path leads in there, and entered by chroot(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mountinfo.h"
#include "base/sys.h"
#include "container/steps.h"

int cgroup_namespace_make(struct inside *in, struct error *e)
{
	/*
	 * KERNEL: with CLONE_NEWCGROUP in the clone3(2) that has CLONE_INTO_CGROUP, the namespace would be
	 * rooted at the caller's cgroup: copy_cgroup_ns() looks at current, which is still the parent. So
	 * the child makes it itself, once it is where it belongs.
	 */
	if (in->config->ns[NS_CGROUP].mode == NS_NEW && unshare(CLONE_NEWCGROUP) < 0)
		return err_set(e, errno, "unshare");
	return 0;
}

int mounts_make_private(struct inside *in, struct error *e)
{
	if (in->config->ns[NS_MOUNT].mode == NS_NEW &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_set(e, errno, "/");
	return 0;
}

int root_attach(struct inside *in, struct error *e)
{
	/*
	 * Where it is attached does not matter: pivot_root(2) only wants it to be a mount point, and the
	 * place goes away with the host's tree. The path is resolved anew because a descriptor from
	 * outside belongs to another mount namespace.
	 */
	OWNED_FD place = open(in->config->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (place < 0)
		return err_set(e, errno, "open %s", in->config->rootfs);
	if (in->config->overlay.set) { /* it becomes the lower layer of what goes there */
		in->place_fd = fd_give(&place);
		return 0;
	}
	if (sys_move_mount(in->root_fd, place) < 0)
		return err_set(e, errno, "attach %s", in->config->rootfs);
	in->slash_fd = in->root_fd;
	return 0;
}

/* Makes the current directory the root, in a tree that stays as it is. */
static int change_root(struct error *e)
{
	if (chroot(".") < 0 || chdir("/") < 0)
		return err_set(e, errno, "chroot");
	return 0;
}

/* Detaches what is mounted at @path; where the kernel does not let us (a mount of another user namespace), covers it. */
static int hide_mount(const char *path, struct error *e)
{
	OWNED_FD place = -1, cover = -1;

	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0 || errno == ENOENT)
		return 0;
	place = open(path, O_PATH | O_CLOEXEC);
	if (place < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "open %s", path);
	if (filesystem_make("tmpfs", "tmpfs", NULL, 0, SYS_MOUNT_ATTR_RDONLY, &cover, e) < 0)
		return -1;
	return sys_move_mount(cover, place) < 0 ? err_set(e, errno, "cover %s", path) : 0;
}

/*
 * The host's proc and sys filesystems, which would go on existing below the container's root, and without its masks:
 * a new one may be mounted in a user namespace as long as an unmasked one is there.
 */
static int hide_kernel_filesystems(const struct inside *in, struct error *e)
{
	OWNED_MEMORY struct mountinfo *mounts = malloc(sizeof(*mounts));
	struct mountinfo_entry entry;
	char link[40], own[PATH_MAX];
	bool end = false;
	int result = 0;
	ssize_t n;

	if (!mounts)
		return err_no_memory(e);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", in->slash_fd);
	n = readlink(link, own, sizeof(own) - 1);
	if (n < 0)
		/* cppcheck-suppress memleak; OWNED_MEMORY frees it */
		return err_set(e, errno, "read link %s", link);
	own[n] = '\0';
	if (mountinfo_open(mounts, "/proc/self/mountinfo", e) < 0)
		return -1;
	while (result == 0 && (result = mountinfo_next(mounts, &entry, &end, e)) == 0 && !end) {
		if (strcmp(entry.type, "proc") != 0 && strcmp(entry.type, "sysfs") != 0)
			continue;
		if (strncmp(entry.mount_point, own, (size_t)n) == 0 &&
		    (entry.mount_point[n] == '/' || entry.mount_point[n] == '\0'))
			continue; /* the container's own */
		result = hide_mount(entry.mount_point, e);
	}
	mountinfo_close(mounts);
	return result;
}

/*
 * Without pivot_root(2), which refuses to leave an initramfs: the root filesystem goes over "/". The host's tree stays
 * below it, out of reach of a process that cannot change its root.
 */
static int move_root(const struct inside *in, struct error *e)
{
	OWNED_FD slash = -1;

	if (hide_kernel_filesystems(in, e) < 0)
		return -1;
	slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (slash < 0 || sys_move_mount(in->slash_fd, slash) < 0)
		return err_set(e, errno, "move the root filesystem to /");
	return change_root(e);
}

/*
 * Detaches what lies over the new root: the host's tree, and with --overlay and / what was put together on top of that. ".."
 * of the root leads to the topmost of what is mounted on it, which nobody may ever find there.
 */
static int old_root_detach(struct error *e)
{
	struct statx new, top;

	for (int i = 0; i < 4; i++) {
		if (umount2(".", MNT_DETACH) < 0)
			return err_set(e, errno, "detach the host's tree");
		if (statx(AT_FDCWD, ".", 0, STATX_MNT_ID, &new) < 0 ||
		    statx(AT_FDCWD, "/..", 0, STATX_MNT_ID, &top) < 0)
			return err_set(e, errno, "look at the new root");
		if (new.stx_mnt_id == top.stx_mnt_id)
			return 0;
	}
	return err_set(e, 0, "something stays mounted over the new root");
}

int root_enter(struct inside *in, struct error *e)
{
	if (fchdir(in->slash_fd) < 0)
		return err_set(e, errno, "enter %s", in->config->rootfs);
	if (in->config->ns[NS_MOUNT].mode == NS_JOIN)
		return change_root(e);
	if (in->config->no_pivot)
		return move_root(in, e);
	/* The old root ends up on top of the new one, and "." is then the old one (pivot_root(2), "."). */
	if (sys_pivot_root(".", ".") < 0) {
		err_set(e, errno, "pivot_root");
		return e->no == EINVAL ? err_hint(e, "is this host's root an initramfs? then "
						     "--no-pivot is needed")
				       : -1;
	}
	if (old_root_detach(e) < 0)
		return -1;
	if (chdir("/") < 0)
		return err_set(e, errno, "enter /");
	return 0;
}

/*
 * linux.rootfsPropagation, once pivot_root(2) is done, which wants no shared mounts. "private" is what the root
 * filesystem is by now, and "slave" what the outside has made it, as far as its mount on the host was shared. "shared"
 * makes a new peer group: only what copies this mount namespace later has a part in it. The forms for the whole tree
 * reach the other mounts as well, but for those that say their own.
 */
int root_propagate(struct inside *in, struct error *e)
{
	const struct config *c = in->config;
	const bool shared = c->rootfs_propagation == PROPAGATION_SHARED;
	struct sys_mount_attr attr = {.propagation = shared ? MS_SHARED : MS_UNBINDABLE};

	if (!shared && c->rootfs_propagation != PROPAGATION_UNBINDABLE)
		return 0;
	for (size_t i = 0; i < c->mounts_n && !shared && c->rootfs_propagation_recursive; i++)
		if (c->mounts[i].propagation == PROPAGATION_SLAVE ||
		    c->mounts[i].propagation == PROPAGATION_SHARED)
			return err_set(e, 0,
				       "runbindable would end the propagation of the mount on %s",
				       c->mounts[i].destination);
	if (sys_mount_setattr(in->slash_fd, c->rootfs_propagation_recursive ? SYS_AT_RECURSIVE : 0,
			      &attr) < 0)
		return err_set(e, errno, "/");
	for (size_t i = 0; i < c->mounts_n && shared && c->rootfs_propagation_recursive; i++) {
		bool slave = c->mounts[i].propagation == PROPAGATION_SLAVE;
		unsigned int tree = c->mounts[i].propagation_recursive ? SYS_AT_RECURSIVE : 0;

		if (in->mount_fds[i] < 0 ||
		    (!slave && c->mounts[i].propagation != PROPAGATION_PRIVATE &&
		     c->mounts[i].propagation != PROPAGATION_UNBINDABLE))
			continue;
		attr.propagation = slave					     ? MS_SLAVE
				   : c->mounts[i].propagation == PROPAGATION_PRIVATE ? MS_PRIVATE
										     : MS_UNBINDABLE;
		if (sys_mount_setattr(in->mount_fds[i], tree, &attr) < 0)
			return err_set(e, errno, "%s", c->mounts[i].destination);
	}
	return 0;
}

int root_make_readonly(struct inside *in, struct error *e)
{
	struct sys_mount_attr attr = {.set = SYS_MOUNT_ATTR_RDONLY};

	if (in->config->rootfs_readonly && sys_mount_setattr(in->slash_fd, 0, &attr) < 0)
		return err_set(e, errno, "/");
	return 0;
}
