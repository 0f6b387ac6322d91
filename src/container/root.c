/*
 * root.c - namespaces and the root directory. Runs inside.
 *
 * The host's mounts reach the container in one way only: as the copy that a new mount namespace starts
 * with. It is made private at once (nothing that happens here shows outside), and detached in the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "container/steps.h"

int namespaces_join(struct inside *in, struct error *e)
{
	/* PID and user namespaces are joined by the outside, before clone. */
	static const struct {
		enum config_ns_kind kind;
		int flag;
	} joinable[] = {
		{NS_NETWORK, CLONE_NEWNET}, {NS_IPC, CLONE_NEWIPC},	  {NS_UTS, CLONE_NEWUTS},
		{NS_MOUNT, CLONE_NEWNS},    {NS_CGROUP, CLONE_NEWCGROUP}, {NS_TIME, CLONE_NEWTIME},
	};

	for (size_t i = 0; i < sizeof(joinable) / sizeof(joinable[0]); i++) {
		int fd = in->ns_fds[joinable[i].kind];

		if (fd >= 0 && setns(fd, joinable[i].flag) < 0)
			return err_set(e, errno, "%s", in->config->ns[joinable[i].kind].path);
	}
	return 0;
}

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
	if (sys_move_mount(in->root_fd, place) < 0)
		return err_set(e, errno, "attach %s", in->config->rootfs);
	in->slash_fd = in->root_fd;
	return 0;
}

int root_enter(struct inside *in, struct error *e)
{
	if (fchdir(in->slash_fd) < 0)
		return err_set(e, errno, "enter %s", in->config->rootfs);
	/* The old root ends up on top of the new one, and "." is then the old one (pivot_root(2), "."). */
	if (sys_pivot_root(".", ".") < 0)
		return err_set(e, errno, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0)
		return err_set(e, errno, "detach the host's tree");
	if (chdir("/") < 0)
		return err_set(e, errno, "enter /");
	return 0;
}

int root_make_readonly(struct inside *in, struct error *e)
{
	struct sys_mount_attr attr = {.set = SYS_MOUNT_ATTR_RDONLY};

	if (in->config->rootfs_readonly && sys_mount_setattr(in->slash_fd, 0, &attr) < 0)
		return err_set(e, errno, "/");
	return 0;
}
