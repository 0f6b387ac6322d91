/*
 * overlay.c - the directory that keeps what is written to a container (--overlay=DIR). Runs outside; a step of
 * host/start.c. Without DIR there is nothing to do: that layer lives in the container's own mount namespace.
 *
 * DIR is locked as long as mini-run is there. A container that goes on without it is found by the inside, which asks the
 * kernel whether somebody writes to the layer.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "host/steps.h"

/* What follows of @path behind the directory @base, without the slash; "" for @base itself, NULL where it is elsewhere. */
static const char *path_below(const char *path, const char *base)
{
	size_t n = strlen(base);

	if (!path)
		return NULL;
	if (strcmp(base, "/") == 0)
		return path + 1;
	if (strncmp(path, base, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return NULL;
	return path + n + (path[n] == '/');
}

/* What is in DIR: nothing, a layer, or (neither) something else. */
static int directory_look(int fd, const char *dir, bool *ret_empty, bool *ret_layer, struct error *e)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = again < 0 ? NULL : fdopendir(again);
	const struct dirent *entry;

	if (!list) {
		err_set(e, errno, "read %s", dir);
		fd_close(&again);
		return -1;
	}
	*ret_empty = true;
	*ret_layer = false;
	while ((entry = readdir(list)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			*ret_empty = false;
			*ret_layer = *ret_layer || strcmp(entry->d_name, "xattrs") == 0;
		}
	closedir(list);
	return 0;
}

/* Somebody else's directory under a name that can be guessed: he could read and swap what is in it. */
static int directory_refuse(const char *dir, const struct stat *st, struct error *e)
{
	return err_set(
		e, 0,
		"%s is not this user's alone (owner %u, mode %o): name a directory that is not "
		"there yet",
		dir, (unsigned int)st->st_uid, (unsigned int)st->st_mode & 07777);
}

/* Whether DIR is its user's, and holds a layer that is his alone, or nothing. */
static int directory_check(int fd, const char *dir, bool *ret_empty, struct error *e)
{
	struct stat st;
	bool layer;

	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "stat %s", dir);
	if (st.st_uid != geteuid())
		return directory_refuse(dir, &st, e);
	if (directory_look(fd, dir, ret_empty, &layer, e) < 0)
		return -1;
	if (!*ret_empty && !layer)
		return err_set(
			e, 0,
			"%s holds something else than a layer (name an empty directory, or one "
			"that is not there yet)",
			dir);
	return layer && (st.st_mode & 077) ? directory_refuse(dir, &st, e) : 0;
}

/* Makes an empty DIR its user's alone. It must be empty still when nobody else can write to it. */
static int directory_take(int fd, const char *dir, struct error *e)
{
	struct stat st;
	bool empty, layer;

	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "stat %s", dir);
	/* What the container makes there may be set-user-id, and so it is nobody else's to look into. */
	if (fchmod(fd, 0700) < 0)
		return err_set(e, errno, "set mode of %s", dir);
	if (directory_look(fd, dir, &empty, &layer, e) < 0)
		return -1;
	return empty ? 0 : directory_refuse(dir, &st, e);
}

/* Opens DIR, which is made where only it is missing; *ret_made then. */
static int directory_open(const char *dir, bool *ret_made, int *ret_fd, struct error *e)
{
	bool made = *ret_made = mkdir(dir, 0700) == 0;
	char path[PATH_MAX];
	struct stat st;
	size_t n;

	if (!made && errno != EEXIST) {
		err_set(e, errno, "make %s", dir);
		return e->no == ENOENT
			       ? err_hint(e, "the directory that it is to lie in must exist")
			       : -1;
	}
	n = (size_t)snprintf(path, sizeof(path), "%s", dir);
	if (n >= sizeof(path))
		return err_set(e, ENAMETOOLONG, "open %s", dir);
	while (n > 1 && path[n - 1] == '/') /* behind a slash the kernel follows a link */
		path[--n] = '\0';
	*ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_fd >= 0)
		return 0;
	err_set(e, errno, "open %s", dir);
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return err_set(e, 0, "%s is a link (name the directory itself)", dir);
	return -1;
}

/* Who can write to DIR behind the overlay's back: the volumes, if they show it. */
static int volumes_check(const struct config *c, const char *dir, struct error *e)
{
	for (size_t i = 0; i < c->mounts_n; i++) {
		char *source = c->mounts[i].bind ? realpath(c->mounts[i].source, NULL) : NULL;
		bool shows = source && (path_below(dir, source) || path_below(source, dir));

		free(source);
		if (shows)
			return err_set(
				e, 0,
				"%s is shown to the container by the volume %s: it could change "
				"the layer itself (keep it elsewhere)",
				dir, c->mounts[i].source);
	}
	return 0;
}

/* How DIR and the root filesystem lie to each other. */
static int rootfs_check(struct start *s, const char *dir, struct error *e)
{
	const struct config *c = s->config;
	const char *rest = path_below(c->rootfs, dir);

	if (rest)
		return err_set(e, 0, "%s %s: keep the layer elsewhere", *rest ? c->rootfs : dir,
			       *rest ? "lies in it" : "is the root filesystem itself");
	rest = path_below(dir, c->rootfs);
	if (!rest)
		return 0;
	/* It is below the root filesystem, as it always is for /: the container finds an empty directory there. */
	free(s->overlay_place);
	if (asprintf(&s->overlay_place, "/%s", rest) < 0) {
		s->overlay_place = NULL;
		return err_no_memory(e);
	}
	s->inside.overlay_place = s->overlay_place;
	return 0;
}

static int layer_open(struct start *s, const char *dir, struct error *e)
{
	const struct sys_mount_attr attr = {.set = SYS_MOUNT_ATTR_NODEV | SYS_MOUNT_ATTR_NOSUID,
					    .propagation = MS_PRIVATE};
	OWNED_FD fd = -1, tree = -1;
	bool empty = false;
	char *real;
	int result;

	if (directory_open(dir, &s->overlay_made, &fd, e) < 0 ||
	    directory_check(fd, dir, &empty, e) < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK
			       ? err_set(e, 0, "%s: another container writes to it", dir)
			       : err_set(e, errno, "lock %s", dir);
	real = realpath(dir, NULL);
	if (!real)
		return err_set(e, errno, "%s", dir);
	result = rootfs_check(s, real, e) < 0 ? -1 : volumes_check(s->config, real, e);
	free(real);
	if (result < 0 || (empty && directory_take(fd, dir, e) < 0))
		return -1;
	tree = sys_open_tree(fd, "", SYS_OPEN_TREE_CLONE);
	if (tree < 0 || sys_mount_setattr(tree, 0, &attr) < 0)
		return err_set(e, errno, "take %s", dir);
	/* Users and groups that an earlier container has added are there. */
	s->overlay_upper_fd = sys_openat2(fd, "upper", O_PATH | O_DIRECTORY, 0,
					  RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	s->overlay_lock_fd = fd_give(&fd);
	s->inside.overlay_fd = fd_give(&tree);
	return 0;
}

int overlay_open(struct start *s, struct error *e)
{
	const struct config_overlay *o = &s->config->overlay;

	if (!o->set || !o->dir)
		return 0;
	return layer_open(s, o->dir, e) < 0 ? err_within(e, "--overlay") : 0;
}

void overlay_close(struct start *s)
{
	fd_close(&s->inside.overlay_fd);
	fd_close(&s->overlay_upper_fd);
	fd_close(&s->overlay_lock_fd);
	if (s->overlay_made) /* in vain: a layer has something in it */
		(void)rmdir(s->config->overlay.dir);
	s->overlay_made = false;
	free(s->overlay_place);
	s->overlay_place = NULL;
	s->inside.overlay_place = NULL;
}
