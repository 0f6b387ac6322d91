/*
 * path.h - paths inside a tree that somebody else controls.
 *
 * A root filesystem is untrusted: any part of a path in it may be a symlink, and may be exchanged while
 * we look. So no path below a root is ever handed to the kernel as a string from outside: it is resolved
 * by openat2(2) with RESOLVE_IN_ROOT against a descriptor of the root (absolute links and ".." stay
 * inside), and what was found is used through its descriptor.
 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/* Opens @path below @root_fd with the O_* @flags. A descriptor, or -1 with errno (no error text). */
int path_open_in(int root_fd, const char *path, int flags);

/*
 * Opens the regular file at @path below @root_fd for reading. What it is gets looked at before it is opened: opening
 * a device can already do things. A descriptor, or -1 with errno (EISDIR, or ENXIO for anything else).
 */
int path_open_regular(int root_fd, const char *path);

/*
 * Opens @path below @root_fd with O_PATH, and makes what is missing: directories for all its parts, and
 * for the last part a directory, or an empty file where @file is true. A path that leads through a
 * dangling link, or through something that is no directory, is an error.
 */
int path_make_in(int root_fd, const char *path, bool file, int *ret_fd, struct error *e);

/*
 * The file that @fd is, opened once more by its name, with O_PATH: for a process that has got a mount namespace of its own,
 * where the mount that @fd belongs to is not. Believed only if it is that file; -1 with EINVAL where it is none of that name.
 */
int path_open_again(int fd);

/*
 * The places where execvp(3) looks for the command @name, one at a time: *at goes through the value of PATH and is
 * NULL behind the last. An empty part is the working directory. Returns false for a part that makes too long a path.
 */
bool path_next(const char **at, const char *name, char *ret, size_t size);

#endif
