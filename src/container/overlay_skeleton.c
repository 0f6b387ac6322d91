/*
 * overlay_skeleton.c - lower layers for directories that overlayfs does not take as they are, for --overlay. Runs inside.
 *
 * An ordinary user's mini-run is in a user namespace, where the host's mounts are locked onto their places. So / with a
 * /home of its own is no lower layer, but /usr and /etc are. A skeleton stands for / then: a directory of ours, with
 * copies of its links and small files, and empty directories over which the others are laid one by one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "container/mounts.h"
#include "container/overlay.h"

#define COPY_MOST \
	(1 << 20) /* bytes of a file that is copied; a larger one is shown as it is, read-only */

int layer_is_open(int lower, bool *ret, struct error *e)
{
	OWNED_FD copy = sys_open_tree(lower, "", SYS_OPEN_TREE_CLONE);

	/* The same question: a copy of this mount without those below it. */
	if (copy < 0 && errno != EINVAL)
		return err_set(e, errno, "copy the mount");
	*ret = copy >= 0;
	return 0;
}

/* What is there, and whether it goes into the skeleton whole. False: it is gone. */
static bool look(int lower, const char *name, struct stat *st, bool *ret_whole)
{
	if (fstatat(lower, name, st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	*ret_whole = !S_ISDIR(st->st_mode);
	if (S_ISREG(st->st_mode)) {
		OWNED_FD fd = openat(lower, name,
				     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		*ret_whole = fd >= 0 && st->st_size <= COPY_MOST;
	}
	return true;
}

struct visit {
	struct layer *l;
	const char *path;
	int lower, to;
	int (*each)(struct layer *l, const char *path, int fd, struct error *e);
};

static int fill_one(const struct visit *v, const char *name, struct error *e)
{
	struct stat st;
	bool whole;

	/* Device nodes are dead in the container. */
	if (!look(v->lower, name, &st, &whole) || S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		return 0;
	if (S_ISREG(st.st_mode) && !whole) {
		OWNED_FD fd = openat(v->to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);

		return fd < 0 ? err_set(e, errno, "create %s", name) : 0;
	}
	return directory_entry_copy(v->lower, v->to, name, e) < 0 ? err_within(e, "%s", name) : 0;
}

static int visit_one(const struct visit *v, const char *name, struct error *e)
{
	char path[PATH_MAX];
	OWNED_FD fd = -1;
	struct stat st;
	bool whole;

	if (!look(v->lower, name, &st, &whole) || whole)
		return 0;
	fd = openat(v->lower, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "open %s/%s", v->path, name);
	/* What something is mounted on has its turn with the mounts. */
	if (layer_mount_id(fd) != layer_mount_id(v->lower))
		return 0;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", v->path, name) >= sizeof(path))
		return err_set(e, ENAMETOOLONG, "%s/%s", v->path, name);
	return v->each(v->l, path, fd, e);
}

static int for_entries(const struct visit *v,
		       int (*one)(const struct visit *v, const char *name, struct error *e),
		       struct error *e)
{
	alignas(struct dirent64) char list[4096];
	OWNED_FD fd = openat(v->lower, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0) /* what may not be read shows nothing */
		return errno == EACCES ? 0 : err_set(e, errno, "open");
	while ((n = getdents64(fd, list, sizeof(list))) > 0)
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *entry = (const void *)(list + at);

			at += entry->d_reclen;
			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			    one(v, entry->d_name, e) < 0)
				return -1;
		}
	return n < 0 ? err_set(e, errno, "read") : 0;
}

/* One step down, and never anywhere else. */
static int step_down(int at, const char *name)
{
	return sys_openat2(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0,
			   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

/*
 * Makes the directories of @way, which begins below @lower, in @upper, as far as they are in @lower. It may come from the
 * image and have ".." in it, which would lead out of @upper: it ends there, as nobody needs more of it.
 */
static int way_make(int lower, int upper, const char *way, struct error *e)
{
	OWNED_FD from = fcntl(lower, F_DUPFD_CLOEXEC, 0), to = fcntl(upper, F_DUPFD_CLOEXEC, 0);

	if (from < 0 || to < 0)
		return err_set(e, errno, "open");
	for (way += strspn(way, "/"); *way != '\0'; way += strspn(way, "/")) {
		size_t n = strcspn(way, "/");
		char name[NAME_MAX + 1];
		int next;

		if (n > NAME_MAX)
			return 0;
		memcpy(name, way, n);
		name[n] = '\0';
		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			return 0;
		way += n;
		next = step_down(from, name);
		/* A link, or a mount, which is a layer of its own: the way ends here. */
		if (next < 0 || layer_mount_id(next) != layer_mount_id(from)) {
			fd_close(&next);
			return 0;
		}
		if (directory_entry_copy(from, to, name, e) < 0 && e->no != EEXIST) {
			fd_close(&next);
			return err_within(e, "%s", name);
		}
		fd_close(&from);
		from = next;
		next = step_down(to, name);
		if (next < 0) /* an earlier container has removed it, or made something else of it */
			return 0;
		fd_close(&to);
		to = next;
	}
	return 0;
}

/* What follows of @way behind @path ("" is the root); NULL where it does not lie below. */
static const char *way_below(const char *way, const char *path)
{
	size_t n = strlen(path);

	if (strncmp(way, path, n) != 0 || (way[n] != '/' && way[n] != '\0'))
		return NULL;
	return way + n;
}

int layer_ways_make(const struct layer *l, const char *path, int lower, int upper, struct error *e)
{
	const struct config *c = l->in->config;
	const char *ways[] = {c->process.cwd, NULL, "/var/tmp"};

	if (!l->in->in_user_ns || c->rootfs_idmap)
		return 0;
	for (char **variable = l->in->env; variable && *variable; variable++)
		if (strncmp(*variable, "HOME=", 5) == 0)
			ways[1] = *variable + 5;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) + c->mounts_n; i++) {
		size_t mount = i - sizeof(ways) / sizeof(ways[0]);
		const char *way =
			i < sizeof(ways) / sizeof(ways[0]) ? ways[i] : c->mounts[mount].destination;

		way = way ? way_below(way, path) : NULL;
		if (way && way_make(lower, upper, way, e) < 0)
			return err_within(e, "make the way to %s", way);
	}
	return 0;
}

int layer_skeleton_fill(int lower, int to, struct error *e)
{
	const struct visit v = {.lower = lower, .to = to};

	return for_entries(&v, fill_one, e);
}

int layer_skeleton_each(struct layer *l, const char *path, int lower,
			int (*each)(struct layer *l, const char *path, int fd, struct error *e),
			struct error *e)
{
	const struct visit v = {.l = l, .path = path, .lower = lower, .each = each};

	return for_entries(&v, visit_one, e);
}
