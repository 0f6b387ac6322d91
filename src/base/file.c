/*
 * file.c - see file.h.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

int write_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length > 0) {
		ssize_t n = write(fd, at, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		length -= (size_t)n;
	}
	return 0;
}

int file_write_at(int dir_fd, const char *name, const char *text, struct error *e)
{
	OWNED_FD fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(text);
	ssize_t n;

	if (fd < 0)
		return err_set(e, errno, "open %s", name);
	do
		n = write(fd, text, length);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, errno, "write \"%.100s\" to %s", text, name);
	if ((size_t)n != length)
		return err_set(e, EIO, "write \"%.100s\" to %s", text, name);
	return 0;
}

/* Reads until the end or until @size bytes are there. The count, or -1 with errno. */
static ssize_t read_all(int fd, char *buffer, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = read(fd, buffer + have, size - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

int file_read_at(int dir_fd, const char *name, char *buffer, size_t size, size_t *ret_length,
		 struct error *e)
{
	OWNED_FD fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return err_set(e, errno, "open %s", name);
	n = read_all(fd, buffer, size);
	if (n < 0)
		return err_set(e, errno, "read %s", name);
	if ((size_t)n == size)
		return err_set(e, EFBIG, "read %s", name);
	buffer[n] = '\0';
	if (ret_length)
		*ret_length = (size_t)n;
	return 0;
}

int file_read_regular(int fd, const char *name, size_t limit, char **ret_text, size_t *ret_length,
		      struct error *e)
{
	OWNED_MEMORY char *text = NULL;
	struct stat st;
	size_t size;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "stat %s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, 0, "%s is not a regular file", name);
	if ((uint64_t)st.st_size > limit)
		return err_set(e, EFBIG, "read %s (%lld bytes, at most %zu are taken)", name,
			       (long long)st.st_size, limit);
	/* The files of /proc and /sys say 0 bytes: leave room, and see in the read whether it was enough. */
	size = st.st_size > 0 ? (size_t)st.st_size + 1 : (limit < 65536 ? limit + 1 : 65536);
	text = malloc(size + 1);
	if (!text)
		return err_no_memory(e);
	n = read_all(fd, text, size);
	if (n < 0)
		return err_set(e, errno, "read %s", name);
	if ((size_t)n == size)
		return err_set(e, EFBIG, "read %s", name);
	text[n] = '\0';
	*ret_text = text;
	text = NULL;
	*ret_length = (size_t)n;
	return 0;
}

int file_read_stream(int fd, const char *name, size_t limit, char **ret_text, size_t *ret_length,
		     struct error *e)
{
	OWNED_MEMORY char *text = NULL;
	size_t length = 0, room = 0;

	for (;;) {
		ssize_t n;

		if (length + 1 >= room) {
			char *more = realloc(text, room = room ? room * 2 : 16384);

			if (!more)
				return err_no_memory(e);
			text = more;
		}
		n = read(fd, text + length, room - length - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, errno, "read %s", name);
		if (n == 0)
			break;
		length += (size_t)n;
		if (length > limit)
			return err_set(e, EFBIG, "read %s (at most %zu bytes are taken)", name,
				       limit);
	}
	text[length] = '\0';
	*ret_text = text;
	text = NULL;
	*ret_length = length;
	return 0;
}

int file_create_at(int dir_fd, const char *name, const char *text, unsigned int mode, struct error *e)
{
	OWNED_FD fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return err_set(e, errno, "create %s", name);
	if (write_all(fd, text, strlen(text)) < 0) {
		err_set(e, errno, "write %s", name);
		(void)unlinkat(dir_fd, name, 0);
		return -1;
	}
	return 0;
}

int file_replace_at(int dir_fd, const char *name, const char *text, unsigned int mode,
		    struct error *e)
{
	char temporary[300];
	OWNED_FD fd = -1;

	if ((size_t)snprintf(temporary, sizeof(temporary), ".%.240s.new", name) >= sizeof(temporary))
		return err_set(e, ENAMETOOLONG, "create %s", name);
	/* Exclusive: what somebody else put there is not written into; what a killed run left goes. */
	for (int tries = 0; fd < 0 && tries < 2; tries++) {
		fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd < 0 && (errno != EEXIST || unlinkat(dir_fd, temporary, 0) < 0))
			break;
	}
	if (fd < 0)
		return err_set(e, errno, "create %s", name);
	if (write_all(fd, text, strlen(text)) < 0 || renameat(dir_fd, temporary, dir_fd, name) < 0) {
		err_set(e, errno, "write %s", name);
		(void)unlinkat(dir_fd, temporary, 0);
		return -1;
	}
	return 0;
}

int file_replace(const char *path, const char *text, unsigned int mode, struct error *e)
{
	const char *slash = strrchr(path, '/');
	OWNED_MEMORY char *parent = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	OWNED_FD dir = -1;
	struct stat st;

	if (!parent)
		return err_no_memory(e);
	dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_set(e, errno, "open directory %s", parent);
	if (fstatat(dir, slash ? slash + 1 : path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return err_set(e, 0, "%s is there and is not a regular file", path);
	return file_replace_at(dir, slash ? slash + 1 : path, text, mode, e);
}

int64_t file_field(const char *text, const char *key)
{
	size_t length = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (strncmp(line, key, length) == 0 && line[length] == ' ')
			return strtoll(line + length + 1, NULL, 10);
	}
	return -1;
}
