/*
 * tmpcopyup.c - a copy of a directory, for a tmpfs that starts with what it hides. Runs inside.
 *
 * The source lies in the root filesystem, where somebody else may change it meanwhile: everything is done relative to
 * descriptors, and no link is followed. The target is a filesystem that is not attached anywhere yet. What it can hold
 * is limited by itself; how deep a tree may be, by descriptors: two for a directory.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "container/mounts.h"

#define DEPTH_MOST 128

/* A file with several names, the first of which is in the copy already. */
struct linked {
	dev_t device;
	ino_t inode;
	char *path; /* below the copy's root */
};

struct copy {
	int root_fd; /* of the target */
	int depth;
	char path[PATH_MAX]; /* of what is being copied, below the root */
	struct linked *links;
	size_t links_n, links_room;
};

/* One place in both trees. */
struct place {
	int from, to; /* directories */
	const char *name;
};

static int directory_fill(struct copy *c, int from, int to, struct error *e);

/*
 * Attributes that the target cannot hold are left out: a tmpfs has no "user." ones (KERNEL <6.6), the labels of a
 * security module may come from the mount, and in a user namespace only the kernel's own rules let some be set.
 */
static bool is_unheld(int no)
{
	return no == EOPNOTSUPP || no == EPERM || no == EACCES;
}

static int attributes_copy(const struct place *p, struct error *e)
{
	static char names[65536],
		value[65536]; /* XATTR_LIST_MAX, XATTR_SIZE_MAX; there is one thread */
	char from[NAME_MAX + 40], to[NAME_MAX + 40];
	ssize_t length, n;

	snprintf(from, sizeof(from), "/proc/self/fd/%d/%s", p->from, p->name);
	snprintf(to, sizeof(to), "/proc/self/fd/%d/%s", p->to, p->name);
	length = llistxattr(from, names, sizeof(names));
	if (length < 0) /* EACCES: a directory that may not be entered */
		return errno == EOPNOTSUPP || errno == ENOENT || errno == EACCES
			       ? 0
			       : err_set(e, errno, "list extended attributes");
	for (const char *name = names; name < names + length; name += strlen(name) + 1) {
		/* Notes of overlayfs about a layer, which mean nothing, or something else, in another place. */
		if (strncmp(name, "trusted.overlay.", 16) == 0 ||
		    strncmp(name, "user.overlay.", 13) == 0)
			continue;
		n = lgetxattr(from, name, value, sizeof(value));
		if (n < 0 && (errno == ENODATA || errno == ENOENT || is_unheld(errno)))
			continue;
		if (n < 0 || (lsetxattr(to, name, value, (size_t)n, 0) < 0 && !is_unheld(errno)))
			return err_set(e, errno, "extended attribute %s", name);
	}
	return 0;
}

/* Owner, mode, times and extended attributes, in the order in which one does not undo another. */
static int metadata_copy(const struct place *p, const struct stat *st, struct error *e)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	/* In a user namespace an owner that it does not know cannot be given: it stays its root. */
	if (fchownat(p->to, p->name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno != EINVAL)
		return err_set(e, errno, "set owner");
	if (attributes_copy(p, e) < 0)
		return -1;
	if (!S_ISLNK(st->st_mode) && fchmodat(p->to, p->name, st->st_mode & 07777, 0) < 0)
		return err_set(e, errno, "set mode");
	if (utimensat(p->to, p->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, errno, "set times");
	return 0;
}

/* The bytes from @start up to @end of a file. */
static int range_copy(int from, int to, off_t start, off_t end, struct error *e)
{
	static char buffer[65536];

	while (start < end) {
		size_t most = end - start < (off_t)sizeof(buffer) ? (size_t)(end - start)
								  : sizeof(buffer);
		ssize_t n = pread(from, buffer, most, start);

		if (n < 0)
			return err_set(e, errno, "read");
		if (n == 0)
			return 0; /* it has become shorter */
		if (lseek(to, start, SEEK_SET) < 0 || write_all(to, buffer, (size_t)n) < 0) {
			err_set(e, errno, "write");
			return e->no == ENOSPC ? err_hint(e, "the tmpfs is too small for a copy of "
							     "what it hides: see its option size")
					       : -1;
		}
		start += n;
	}
	return 0;
}

/* A regular file; what takes no room in it (a hole) takes none in the copy. */
static int file_copy(const struct place *p, struct error *e)
{
	OWNED_FD from =
		openat(p->from, p->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	OWNED_FD to = -1;
	struct stat st;

	if (from < 0 || fstat(from, &st) < 0)
		return err_set(e, errno, "open");
	if (!S_ISREG(st.st_mode))
		return err_set(e, EBUSY, "exchanged while it was copied");
	to = openat(p->to, p->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return err_set(e, errno, "create");
	for (off_t at = 0; at < st.st_size;) {
		off_t data = lseek(from, at, SEEK_DATA), hole;

		if (data < 0 && errno == ENXIO)
			break; /* nothing but a hole follows */
		if (data < 0)
			data = at; /* a filesystem without SEEK_DATA */
		hole = lseek(from, data, SEEK_HOLE);
		if (hole <= data || hole > st.st_size)
			hole = st.st_size;
		if (range_copy(from, to, data, hole, e) < 0)
			return -1;
		at = hole;
	}
	if (ftruncate(to, st.st_size) < 0)
		return err_set(e, errno, "set size");
	return 0;
}

static int link_copy(const struct place *p, struct error *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(p->from, p->name, target, sizeof(target) - 1);

	if (n < 0)
		return err_set(e, errno, "read link");
	target[n] = '\0';
	return symlinkat(target, p->to, p->name) < 0 ? err_set(e, errno, "make link") : 0;
}

static int subdirectory_copy(struct copy *c, const struct place *p, struct error *e)
{
	OWNED_FD from = openat(p->from, p->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	OWNED_FD to = -1;
	int result;

	if (from < 0)
		return err_set(e, errno, "open");
	if (mkdirat(p->to, p->name, 0700) < 0)
		return err_set(e, errno, "create");
	to = openat(p->to, p->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return err_set(e, errno, "open the copy");
	if (c->depth == DEPTH_MOST)
		return err_set(e, 0, "more than %d directories deep", DEPTH_MOST);
	c->depth++;
	result = directory_fill(c, from, to, e);
	c->depth--;
	return result;
}

/* The name under which the copy has this file already; NULL: none. */
static const char *link_find(const struct copy *c, const struct stat *st)
{
	for (size_t i = 0; i < c->links_n; i++)
		if (c->links[i].inode == st->st_ino && c->links[i].device == st->st_dev)
			return c->links[i].path;
	return NULL;
}

static int link_note(struct copy *c, const struct stat *st, struct error *e)
{
	struct linked *one;

	if (c->links_n == c->links_room) {
		size_t room = c->links_room ? 2 * c->links_room : 16;
		struct linked *more = realloc(c->links, room * sizeof(*more));

		if (!more)
			return err_no_memory(e);
		c->links = more;
		c->links_room = room;
	}
	one = &c->links[c->links_n];
	*one = (struct linked){st->st_dev, st->st_ino, strdup(c->path)};
	if (!one->path)
		return err_no_memory(e);
	c->links_n++;
	return 0;
}

/* What is no directory, without owner, mode and so on. */
static int leaf_copy(const struct place *p, const struct stat *st, struct error *e)
{
	if (S_ISREG(st->st_mode))
		return file_copy(p, e);
	if (S_ISLNK(st->st_mode))
		return link_copy(p, e);
	return mknodat(p->to, p->name, (st->st_mode & S_IFMT) | 0600, 0) < 0
		       ? err_set(e, errno, "create")
		       : 0;
}

static int entry_copy(struct copy *c, const struct place *p, struct error *e)
{
	const char *first;
	struct stat st;
	int result;

	if (fstatat(p->from, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 /* removed meanwhile */ : err_set(e, errno, "stat");
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		return 0;
	first = S_ISDIR(st.st_mode) || st.st_nlink < 2 ? NULL : link_find(c, &st);
	if (first)
		return linkat(c->root_fd, first, p->to, p->name, 0) < 0
			       ? err_set(e, errno, "link to %s", first)
			       : 0;
	result = S_ISDIR(st.st_mode) ? subdirectory_copy(c, p, e) : leaf_copy(p, &st, e);
	if (result < 0 || metadata_copy(p, &st, e) < 0)
		return -1;
	return S_ISDIR(st.st_mode) || st.st_nlink < 2 ? 0 : link_note(c, &st, e);
}

/* Everything in the directory @from, to @to. */
static int directory_fill(struct copy *c, int from, int to, struct error *e)
{
	alignas(struct dirent64) char list[4096];
	const size_t length = strlen(c->path);
	ssize_t n;

	while ((n = getdents64(from, list, sizeof(list))) > 0) {
		const struct dirent64 *entry;

		for (ssize_t at = 0; at < n; at += entry->d_reclen) {
			struct place p = {from, to, NULL};

			entry = (const void *)(list + at);
			p.name = entry->d_name;
			if (strcmp(p.name, ".") == 0 || strcmp(p.name, "..") == 0)
				continue;
			if ((size_t)snprintf(c->path + length, sizeof(c->path) - length, "%s%s",
					     length > 0 ? "/" : "",
					     p.name) >= sizeof(c->path) - length)
				return err_set(e, ENAMETOOLONG, "%s/%s", c->path, p.name);
			if (entry_copy(c, &p, e) < 0)
				return length > 0 ? -1 : err_within(e, "copy %.500s", c->path);
			c->path[length] = '\0';
		}
	}
	return n < 0 ? err_set(e, errno, "read directory %s", c->path) : 0;
}

int directory_copy(int from_fd, int to_fd, struct error *e)
{
	OWNED_FD from = openat(from_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWNED_FD to = openat(to_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct copy c = {.root_fd = to};
	int result;

	if (from < 0 || to < 0)
		return err_set(e, errno, "open what is to be copied");
	result = directory_fill(&c, from, to, e);
	for (size_t i = 0; i < c.links_n; i++)
		free(c.links[i].path);
	free(c.links);
	return result;
}

int directory_entry_copy(int from_fd, int to_fd, const char *name, struct error *e)
{
	const struct place p = {from_fd, to_fd, name};
	struct stat st;
	int result;

	if (fstatat(from_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, errno, "stat");
	if (S_ISDIR(st.st_mode))
		result = mkdirat(to_fd, name, 0700) < 0 ? err_set(e, errno, "create") : 0;
	else
		result = leaf_copy(&p, &st, e);
	return result < 0 ? -1 : metadata_copy(&p, &st, e);
}

int directory_metadata_copy(int from_fd, int to_fd, struct error *e)
{
	const struct place p = {from_fd, to_fd, "."};
	struct stat st;

	if (fstat(from_fd, &st) < 0)
		return err_set(e, errno, "stat");
	return metadata_copy(&p, &st, e);
}
