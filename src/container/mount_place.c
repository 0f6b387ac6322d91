/*
 * mount_place.c - where a mount goes: its destination, resolved inside the root and made where it is missing. Runs
 * inside.
 *
 * What is found is used through its descriptor only. Links in the image are followed as the container would follow
 * them. For a config.json also those whose target is missing, which is then made: many images have /etc/resolv.conf as a
 * link to a file that only a running systemd makes, and engines mount theirs there.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "config/container_path.h"
#include "container/mounts.h"

#define LINKS 40 /* as many as the kernel follows in one path (path_resolution(7)) */

/*
 * Replaces the first link in @path (of PATH_MAX bytes) that leads to something missing by what it says. 1: there was one;
 * 0: all that is there of @path is no such link; -1 with errno.
 */
static int dangling_replace(int root_fd, char *path)
{
	char *end = path;

	for (;;) {
		char target[PATH_MAX], whole[PATH_MAX], cut;
		OWNED_FD link = -1, behind = -1;
		struct stat st;
		ssize_t n;
		int head;

		end += strspn(end, "/");
		if (!*end)
			return 0;
		end += strcspn(end, "/");
		cut = *end;
		*end = '\0';
		link = sys_openat2(root_fd, path, O_PATH | O_NOFOLLOW, 0,
				   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
		behind = link < 0 ? -1 : path_open_in(root_fd, path, O_PATH);
		head = (int)(strrchr(path, '/') - path) + 1;
		*end = cut;
		if (behind >= 0)
			continue;
		if (errno != ENOENT)
			return -1;
		if (link < 0)
			return 0;
		if (fstat(link, &st) < 0 || !S_ISLNK(st.st_mode))
			return -1;
		n = readlinkat(link, "", target, sizeof(target) - 1);
		if (n < 0)
			return -1;
		target[n] = '\0';
		n = snprintf(whole, sizeof(whole), "%.*s%s%s", *target == '/' ? 0 : head, path,
			     target, end);
		if (n < 0 || (size_t)n >= sizeof(whole)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(path, whole, (size_t)n + 1);
		return 1;
	}
}

/* Opens @destination, and makes what is missing. */
static int open_or_make(const struct inside *in, const char *destination, bool file, int *ret_fd,
			struct error *e)
{
	const int root_fd = in->slash_fd;
	char path[PATH_MAX];
	int links = 0, more = 0;

	*ret_fd = path_open_in(root_fd, destination, O_PATH);
	if (*ret_fd >= 0)
		return 0;
	if (errno != ENOENT)
		return err_set(e, errno, "open %s", destination);
	if ((size_t)snprintf(path, sizeof(path), "/%s", destination) >= sizeof(path))
		return err_set(e, ENAMETOOLONG, "%s", destination);
	while (in->config->oci_version && (more = dangling_replace(root_fd, path)) > 0)
		if (++links > LINKS)
			return err_set(e, ELOOP, "open %s", destination);
	if (more < 0)
		return err_set(e, errno, "open %s", destination);
	if (path_make_in(root_fd, path, file, ret_fd, e) == 0)
		return 0;
	return e->no == EROFS
		       ? err_hint(e, "the root filesystem is read-only and has no such mount point")
		       : -1;
}

/* A directory that is reached without a link. */
static int open_real(const struct inside *in, const char *path, int *ret_fd)
{
	*ret_fd = sys_openat2(in->slash_fd, path, O_PATH | O_DIRECTORY, 0,
			      RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
	return *ret_fd < 0 ? -1 : 0;
}

/* procfs and sysfs, new ones or the host's procfs. */
static bool is_kernel_fs(const struct config_mount *m)
{
	if (m->bind)
		return container_path_to(m->destination, "/proc") == PATH_SAME;
	return m->type && (strcmp(m->type, "proc") == 0 || strcmp(m->type, "sysfs") == 0);
}

/*
 * procfs and sysfs go to real directories only: an image whose /proc is a link elsewhere would otherwise get its masks
 * applied to a fake.
 */
int mount_place_open(const struct inside *in, const struct config_mount *m, int *ret_fd,
		     struct error *e)
{
	const char *type = m->bind ? "proc" : m->type;
	bool kernel_fs = is_kernel_fs(m);
	struct stat st = {.st_mode = S_IFDIR};

	if (kernel_fs && open_real(in, m->destination, ret_fd) == 0)
		return 0;
	if (kernel_fs && errno != ENOENT)
		return err_set(e, errno, "a %s goes to a real directory only", type);
	if (m->bind && fstat(in->mount_fds[m - in->config->mounts], &st) < 0)
		return err_set(e, errno, "stat %s", m->source);
	if (open_or_make(in, m->destination, !S_ISDIR(st.st_mode), ret_fd, e) < 0)
		return -1;
	if (kernel_fs) { /* just made: once more, in case that it was exchanged meanwhile */
		fd_close(ret_fd);
		if (open_real(in, m->destination, ret_fd) < 0)
			return err_set(e, errno, "a %s goes to a real directory only", type);
	}
	return 0;
}

/* Whether others may be led over @o by a link: an image with /var/run -> /run means its tmpfs at /run. */
static bool is_plain_tmpfs(const struct config_mount *o)
{
	return o->type && strcmp(o->type, "tmpfs") == 0 &&
	       container_path_to(o->destination, "/dev") == PATH_ELSEWHERE;
}

/*
 * A destination that a link in the image leads to one of the container's own filesystems: a volume meant for /data
 * would cover /dev or a part of /proc. By name those places are refused by config_check.
 */
int mount_place_check(const struct inside *in, const struct config_mount *m, int place,
		      struct error *e)
{
	struct stat st, other;
	struct statfs fs;

	if (fstat(place, &st) < 0 || fstatfs(place, &fs) < 0)
		return err_set(e, errno, "stat the mount point");
	if (m->bind && (fstat(in->mount_fds[m - in->config->mounts], &other) < 0 ||
			S_ISDIR(other.st_mode) != S_ISDIR(st.st_mode)))
		return err_set(e, 0, "%s is %s, and what it would be mounted on is %s", m->source,
			       S_ISDIR(other.st_mode) ? "a directory" : "no directory",
			       S_ISDIR(st.st_mode) ? "a directory" : "none");
	for (const struct config_mount *o = in->config->mounts; o < m; o++) {
		int fd = in->mount_fds[o - in->config->mounts];

		if (o->bind || fd < 0 || is_plain_tmpfs(o) ||
		    container_path_to(m->destination, o->destination) == PATH_SAME)
			continue;
		if (fstat(fd, &other) == 0 && other.st_dev == st.st_dev && other.st_ino == st.st_ino)
			return err_set(e, ELOOP, "a link in the root filesystem leads to %s",
				       o->destination);
	}
	if (fs.f_type == PROC_SUPER_MAGIC &&
	    container_path_to(m->destination, "/proc") == PATH_ELSEWHERE)
		return err_set(e, ELOOP,
			       "a link in the root filesystem leads into a proc filesystem");
	return 0;
}
