/*
 * path.c - see path.h.
 *
 * path_make_in walks from the longest part that exists: it makes one component at a time with mkdirat(2)
 * on a descriptor that is known to lie inside, and opens it again with O_NOFOLLOW. A component that is
 * swapped for a link between the two calls is then an error, and never a way out (CVE-2024-45310).
 */
#include "base/path.h"

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
#include "base/sys.h"

int path_open_in(int root_fd, const char *path, int flags)
{
	return sys_openat2(root_fd, path, (uint64_t)flags, 0,
			   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

int path_open_regular(int root_fd, const char *path)
{
	OWNED_FD fd = path_open_in(root_fd, path, O_PATH);
	char again[40];
	struct statfs fs;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	/* Reading some of procfs takes something away (kmsg), and none of it is a file of the image's. */
	if (fstatfs(fd, &fs) < 0)
		return -1;
	if (!S_ISREG(st.st_mode) || fs.f_type == PROC_SUPER_MAGIC) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : ENXIO;
		return -1;
	}
	/* The same file, and not whatever has that name by now. */
	snprintf(again, sizeof(again), "/proc/self/fd/%d", fd);
	return open(again, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Makes @name (one component) in @dir_fd and opens it with O_PATH. */
static int make_one(int dir_fd, const char *name, bool file, int *ret_fd, struct error *e)
{
	OWNED_FD fd = -1;
	struct stat st;

	if (file) {
		OWNED_FD made = openat(dir_fd, name,
				       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

		if (made < 0 && errno != EEXIST)
			return err_set(e, errno, "create file %s", name);
	} else if (mkdirat(dir_fd, name, 0755) < 0 && errno != EEXIST) {
		return err_set(e, errno, "create directory %s", name);
	}
	fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC | (file ? 0 : O_DIRECTORY));
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, errno, "open %s", name);
	/* O_PATH with O_NOFOLLOW opens a link itself; nobody who follows it would see what is put there. */
	if (S_ISLNK(st.st_mode))
		return err_set(e, ELOOP, "open %s", name);
	*ret_fd = fd_give(&fd);
	return 0;
}

int path_make_in(int root_fd, const char *path, bool file, int *ret_fd, struct error *e)
{
	char head[PATH_MAX], *rest, *next;
	OWNED_FD at = path_open_in(root_fd, path, O_PATH);

	if (at < 0 && errno == ENOENT) {
		/* Cut parts off the end until the front exists; each cut is marked by a NUL. */
		size_t length = strlen(path);

		if (length >= sizeof(head))
			return err_set(e, ENAMETOOLONG, "%s", path);
		memcpy(head, path, length + 1);
		rest = head + length;
		while (at < 0) {
			while (rest > head && *rest != '/')
				rest--;
			if (rest == head) {
				at = fcntl(root_fd, F_DUPFD_CLOEXEC, 0);
			} else {
				*rest = '\0';
				at = path_open_in(root_fd, head, O_PATH | O_DIRECTORY);
				if (at < 0)
					*rest = '/';
			}
			if (at < 0 && (errno != ENOENT || rest == head))
				return err_set(e, errno, "open %s", path);
			if (at < 0)
				rest--;
		}
		/* @rest is at the NUL or at the first byte; what follows it in @path is missing. */
		memcpy(head, path, length + 1);
		for (; *rest; rest = next) {
			OWNED_FD below = -1;
			char name[NAME_MAX + 1];
			size_t n;

			rest += strspn(rest, "/");
			n = strcspn(rest, "/");
			next = rest + n;
			if (n == 0)
				break;
			if (n > NAME_MAX)
				return err_set(e, ENAMETOOLONG, "%s", path);
			memcpy(name, rest, n);
			name[n] = '\0';
			if (strcmp(name, ".") == 0)
				continue;
			if (strcmp(name, "..") == 0)
				return err_set(e, ENOENT, "open %s", path);
			if (make_one(at, name, file && next[strspn(next, "/")] == '\0', &below, e) < 0)
				return err_within(e, "%s", path);
			fd_close(&at);
			at = fd_give(&below);
		}
	}
	if (at < 0)
		return err_set(e, errno, "open %s", path);
	*ret_fd = fd_give(&at);
	return 0;
}

int path_open_again(int fd)
{
	char link[40], name[PATH_MAX];
	struct stat was, is;
	OWNED_FD again = -1;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof(name) - 1);
	name[n > 0 ? n : 0] = '\0';
	again = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (again >= 0 && fstat(fd, &was) == 0 && fstat(again, &is) == 0 &&
	    is.st_dev == was.st_dev && is.st_ino == was.st_ino)
		return fd_give(&again);
	errno = EINVAL;
	return -1;
}

bool path_next(const char **at, const char *name, char *ret, size_t size)
{
	size_t part = strcspn(*at, ":");
	int n = snprintf(ret, size, "%.*s%s%s", (int)part, *at, part > 0 ? "/" : "./", name);

	*at = (*at)[part] ? *at + part + 1 : NULL;
	return n > 0 && (size_t)n < size;
}
