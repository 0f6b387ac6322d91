/*
 * overlay_cover.c - what lies over places that the container is not to see, for --overlay. Runs inside.
 *
 * A mount hides what lies below it, on purpose or not: files that were there before, a file that somebody has put
 * /dev/null over. Where the container does not get the mount, it must not get what the mount hides either. Something empty
 * goes there as a mount of its own, and not as a removed file in the upper layer: a layer that is kept would remember it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "config/container_path.h"
#include "container/mounts.h"
#include "container/overlay.h"

int layer_tmpfs_make(const char *mode, int64_t size, int *ret_fd, struct error *e)
{
	uint64_t attributes = SYS_MOUNT_ATTR_NOSUID | SYS_MOUNT_ATTR_NODEV;
	char mode_option[16], size_option[40];
	char *options[] = {mode_option, size_option};
	const struct config_strings data = {.v = options, .n = size > 0 ? 2 : 1};

	snprintf(mode_option, sizeof(mode_option), "mode=%s", mode);
	snprintf(size_option, sizeof(size_option), "size=%lld", (long long)size);
	return filesystem_make("tmpfs", "tmpfs", &data, 0, attributes, ret_fd, e);
}

/* A mount of an empty file, which is in scratch and made once. */
static int file_make(const struct layer *l, int *ret_fd, struct error *e)
{
	OWNED_FD fd = -1;

	if (file_create_at(l->scratch_fd, "empty-file", "", 0444, e) < 0 && e->no != EEXIST)
		return -1;
	fd = openat(l->scratch_fd, "empty-file", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	*ret_fd = fd < 0 ? -1 : sys_open_tree(fd, "", SYS_OPEN_TREE_CLONE);
	return *ret_fd < 0 ? err_set(e, errno, "copy the mount of an empty file") : 0;
}

/* The place @path of the new root; -1 where there is nothing that could show something. */
static int place_find(const struct layer *l, const char *path, int *ret_fd, struct error *e)
{
	*ret_fd = sys_openat2(l->root_fd, path, O_PATH, 0,
			      RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	if (*ret_fd >= 0)
		return 0;
	/* A link was made by an earlier container: what lies below is not to be seen by that name. */
	if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
		return 0;
	/* Where an ordinary user does not get, nobody in his container does; and mounts are not looked below there. */
	if (errno == EACCES && l->in->in_user_ns)
		return 0;
	return err_set(e, errno, "cover %.300s", path);
}

int layer_empty_lay(const struct layer *l, const char *path, bool read_only, struct error *e)
{
	const struct sys_mount_attr attr = {.set = SYS_MOUNT_ATTR_RDONLY};
	OWNED_FD fd = -1, place = -1;
	struct stat st;

	if (place_find(l, path, &place, e) < 0)
		return -1;
	if (place < 0)
		return 0;
	if (fstat(place, &st) < 0)
		return err_set(e, errno, "cover %.300s", path);
	if (S_ISDIR(st.st_mode) ? layer_tmpfs_make("755", 0, &fd, e) < 0 : file_make(l, &fd, e) < 0)
		return -1;
	if (((read_only || !S_ISDIR(st.st_mode)) && sys_mount_setattr(fd, 0, &attr) < 0) ||
	    sys_move_mount(fd, place) < 0)
		return err_set(e, errno, "cover %.300s", path);
	return 0;
}

/* Whether something is still to be made below @path: where the container mounts something, or works. */
static bool is_way(const struct layer *l, const char *path)
{
	const struct config *c = l->in->config;

	if (c->process.cwd && container_path_to(c->process.cwd, path) != PATH_ELSEWHERE)
		return true;
	for (size_t i = 0; i < c->mounts_n; i++)
		if (container_path_to(c->mounts[i].destination, path) != PATH_ELSEWHERE)
			return true;
	for (size_t i = 0; i < l->mounts->n; i++) {
		const struct layer_mount *m = &l->mounts->v[i], *parent;

		parent = layer_mounts_find(l->mounts, m->parent);
		if (!m->gone && !(parent && parent->gone) &&
		    container_path_to(m->path, path) == PATH_BELOW)
			return true;
	}
	return false;
}

int layer_cover(const struct layer *l, const char *path, struct error *e)
{
	char short_path[PATH_MAX];

	/* Who has mounted something deeper than a path can say must not stop everybody else: the last directory that can
	 * be said is covered. */
	if ((size_t)snprintf(short_path, sizeof(short_path), "%s", path) >= sizeof(short_path))
		*strrchr(short_path, '/') = '\0';
	return layer_empty_lay(l, short_path, !is_way(l, short_path), e);
}
