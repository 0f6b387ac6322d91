/*
 * paths.c - paths that cannot be read (masked) or cannot be written. Runs inside.
 *
 * A masked file gets /dev/null over it: the one that "populate /dev" made or checked, by its descriptor, because
 * an image's own /dev/null may be a link to the very file that should be hidden (CVE-2025-31133). A masked directory gets an empty
 * read-only tmpfs. One of each is made, and attached again and again by cloning the first that hangs in the
 * tree. A path that does not exist needs no mask; any other failure is an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "container/steps.h"

/* Attaches *mount_fd, or a clone of it when it is attached already (*used), at @target_fd. */
static int cover(int mount_fd, bool *used, int target_fd)
{
	OWNED_FD clone = -1;

	if (*used) {
		clone = sys_open_tree(mount_fd, "", SYS_OPEN_TREE_CLONE);
		if (clone < 0)
			return -1;
	}
	if (sys_move_mount(*used ? clone : mount_fd, target_fd) < 0)
		return -1;
	*used = true;
	return 0;
}

static int empty_directory(const struct inside *in, int *ret_fd, struct error *e)
{
	const char *label = in->config->mount_label;
	char context[1024];
	char *options[] = {(char *)"mode=755", (char *)"nr_inodes=1", (char *)"size=4k", context};
	struct config_strings data = {.v = options, .n = label && *label ? 4 : 3};

	if (data.n == 4 &&
	    (size_t)snprintf(context, sizeof(context), "context=%s", label) >= sizeof(context))
		return err_set(e, ENAMETOOLONG, "linux.mountLabel");
	return filesystem_make("tmpfs", "tmpfs", &data, SUPER_RDONLY,
			       SYS_MOUNT_ATTR_RDONLY | SYS_MOUNT_ATTR_NOSUID |
				       SYS_MOUNT_ATTR_NODEV | SYS_MOUNT_ATTR_NOEXEC,
			       ret_fd, e);
}

/* Whether errno says that there is nothing to hide or to protect. */
static bool is_absent(int no)
{
	return no == ENOENT || no == ENOTDIR;
}

int paths_mask(struct inside *in, struct error *e)
{
	const struct config_strings *paths = &in->config->masked_paths;
	bool null_used = false, empty_used = false;
	OWNED_FD empty = -1;

	for (size_t i = 0; i < paths->n; i++) {
		OWNED_FD target = mounted_open(in, paths->v[i]);
		struct stat st;
		int result;

		if (target < 0 && is_absent(errno))
			continue;
		if (target < 0 || fstat(target, &st) < 0)
			return err_set(e, errno, "%s", paths->v[i]);
		if (S_ISDIR(st.st_mode)) {
			if (empty < 0 && empty_directory(in, &empty, e) < 0)
				return -1;
			result = cover(empty, &empty_used, target);
		} else {
			result = cover(in->null_fd, &null_used, target);
		}
		if (result < 0)
			return err_set(e, errno, "%s", paths->v[i]);
	}
	return 0;
}

int paths_make_readonly(struct inside *in, struct error *e)
{
	const struct config_strings *paths = &in->config->readonly_paths;
	struct sys_mount_attr attr = {.set = SYS_MOUNT_ATTR_RDONLY};

	for (size_t i = 0; i < paths->n; i++) {
		OWNED_FD target = mounted_open(in, paths->v[i]), tree = -1;

		if (target < 0 && is_absent(errno))
			continue;
		if (target < 0)
			return err_set(e, errno, "%s", paths->v[i]);
		/* A bind of the path on itself, read-only: the rest of its filesystem stays as it is. */
		tree = sys_open_tree(target, "", SYS_OPEN_TREE_CLONE | SYS_AT_RECURSIVE);
		if (tree < 0 || sys_mount_setattr(tree, SYS_AT_RECURSIVE, &attr) < 0 ||
		    sys_move_mount(tree, target) < 0)
			return err_set(e, errno, "%s", paths->v[i]);
	}
	return 0;
}
