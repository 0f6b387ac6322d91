/*
 * mount_cgroup.c - the container's own cgroups, for a mount of type "cgroup" or "cgroup2". Runs inside.
 *
 * With v2 alone that is one directory; where v1 controllers are mounted it is a tmpfs with a directory for each
 * hierarchy, the layout that programs know from such a host. A container shall see its own groups and not the host's:
 *
 *  - In a cgroup namespace a new mount shows the container's group as its root.
 *  - Without one (the host's cgroup namespace) a new mount would show the whole tree of the host. The container's own
 *    directory is bound instead, from where the host has that hierarchy mounted.
 *  - A hierarchy in which the container has no group of its own is left out, as both would show the host's. Only where
 *    it has none at all (cgroups are disabled) and a config.json asks for the mount, it gets what there is.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/mountinfo.h"
#include "base/path.h"
#include "container/mounts.h"

/* One line of /proc/self/cgroup. */
struct hierarchy {
	char *controllers; /* "cpu,cpuacct", "name=systemd"; "" for v2 */
	const char *path;  /* of our group, as our cgroup namespace sees it */
};

bool mount_is_cgroup(const struct config_mount *m)
{
	return !m->bind && m->type &&
	       (strcmp(m->type, "cgroup") == 0 || strcmp(m->type, "cgroup2") == 0);
}

/* Takes the next line off *at. 1, 0 at the end. */
static int next_hierarchy(char **at, struct hierarchy *ret, struct error *e)
{
	char *line = *at, *next = line + strcspn(line, "\n"), *path;

	if (!*line)
		return 0;
	if (*next)
		*next++ = '\0';
	*at = next;
	ret->controllers = strchr(line, ':');
	path = ret->controllers ? strchr(++ret->controllers, ':') : NULL;
	if (!path) {
		err_set(e, EBADMSG, "read /proc/self/cgroup");
		return -1;
	}
	*path = '\0';
	ret->path = path + 1;
	return 1;
}

/* Whether @list ("rw,cpu,cpuacct") has the first of the words @names ("cpu,cpuacct"), words being parted by @parts. */
static bool has_first(const char *list, const char *names, const char *parts)
{
	size_t length = strcspn(names, ",");

	for (const char *at = list; *at; at += strspn(at, parts)) {
		size_t n = strcspn(at, parts);

		if (n == length && strncmp(at, names, n) == 0)
			return true;
		at += n;
	}
	return false;
}

/* Whether the container may see this hierarchy. */
static bool is_shown(const struct inside *in, const char *controllers)
{
	if (!*in->own_cgroups && in->config->oci_version)
		return true;
	return has_first(in->own_cgroups, *controllers ? controllers : "unified", " ,");
}

/* What follows of @path behind @root, where the one lies in the other; else NULL. */
static const char *path_below(const char *path, const char *root)
{
	size_t n = strcmp(root, "/") == 0 ? 0 : strlen(root);

	return strncmp(path, root, n) == 0 && (path[n] == '/' || !path[n]) ? path + n : NULL;
}

/* A detached mount of our own group in a hierarchy, from where this mount namespace has that mounted. */
static int own_group_bind(const struct hierarchy *h, uint64_t attributes, int *ret_fd,
			  struct error *e)
{
	const bool v2 = !*h->controllers;
	const struct sys_mount_attr attr = {.set = attributes, .propagation = MS_PRIVATE};
	OWNED_MEMORY struct mountinfo *mounts = malloc(sizeof(*mounts));
	struct mountinfo_entry entry = {0};
	bool end = false;

	if (!mounts)
		return err_no_memory(e);
	if (mountinfo_open(mounts, "/proc/self/mountinfo", e) < 0)
		return -1;
	*ret_fd = -1;
	while (*ret_fd < 0) {
		OWNED_FD tree = -1;
		const char *rest;
		char path[PATH_MAX];
		struct statfs fs;

		if (mountinfo_next(mounts, &entry, &end, e) < 0) {
			mountinfo_close(mounts);
			return -1;
		}
		if (end)
			break;
		if (strcmp(entry.type, v2 ? "cgroup2" : "cgroup") != 0 ||
		    (!v2 && !has_first(entry.super_options, h->controllers, ",")))
			continue;
		rest = path_below(h->path, entry.root);
		if (!rest || (size_t)snprintf(path, sizeof(path), "%s%s", entry.mount_point, rest) >=
				     sizeof(path))
			continue;
		/* What has been mounted over it since would be seen in its place. */
		tree = sys_open_tree(AT_FDCWD, path, SYS_OPEN_TREE_CLONE);
		if (tree < 0 || fstatfs(tree, &fs) < 0 ||
		    fs.f_type != (v2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC))
			continue;
		if (sys_mount_setattr(tree, 0, &attr) < 0) {
			err_set(e, errno, "set flags of %s", path);
			mountinfo_close(mounts);
			return -1;
		}
		*ret_fd = fd_give(&tree);
	}
	mountinfo_close(mounts);
	return *ret_fd >= 0 ? 0 : err_set(e, 0, "the host has not mounted the cgroup %s", h->path);
}

/* A detached mount that shows our own group in a hierarchy. */
static int group_open(const struct inside *in, const struct hierarchy *h,
		      const struct config_mount *m, int *ret_fd, struct error *e)
{
	uint64_t attributes = mount_attributes(m->set);
	char *options[16];
	struct config_strings words = {.v = options};

	if (in->config->ns[NS_CGROUP].mode == NS_INHERIT)
		return own_group_bind(h, attributes, ret_fd, e);
	if (!*h->controllers)
		return filesystem_make("cgroup2", "cgroup", &m->data, m->super, attributes, ret_fd,
				       e);
	for (char *at = h->controllers; at && words.n < sizeof(options) / sizeof(options[0]);) {
		options[words.n++] = at;
		at = strchr(at, ',');
		if (at)
			*at++ = '\0';
	}
	return filesystem_make("cgroup", "cgroup", &words, m->super, attributes, ret_fd, e);
}

/*
 * The names of the directory's single controllers, as links to it: of cpu,cpuacct both cpu and cpuacct, under which
 * programs look for them.
 */
static int controller_links(int dir_fd, const char *name, struct error *e)
{
	char one[64];

	if (!strchr(name, ','))
		return 0;
	for (const char *at = name; *at; at += *at == ',') {
		size_t n = strcspn(at, ",");

		if (n >= sizeof(one))
			return err_set(e, ENAMETOOLONG, "controller %s", at);
		memcpy(one, at, n);
		one[n] = '\0';
		if (symlinkat(name, dir_fd, one) < 0 && errno != EEXIST)
			return err_set(e, errno, "make link %s", one);
		at += n;
	}
	return 0;
}

/* One hierarchy in a directory of its own in the tmpfs @dir_fd, which is attached already. */
static int hierarchy_attach(const struct inside *in, int dir_fd, const struct hierarchy *h,
			    const struct config_mount *m, struct error *e)
{
	OWNED_FD group = -1, place = -1;
	char name[256];

	if ((size_t)snprintf(name, sizeof(name), "%s",
			     *h->controllers ? h->controllers : "unified") >= sizeof(name))
		return err_set(e, ENAMETOOLONG, "hierarchy %s", h->controllers);
	if (strncmp(name, "name=", 5) == 0)
		memmove(name, name + 5, strlen(name + 5) + 1);
	if (path_make_in(dir_fd, name, false, &place, e) < 0 || controller_links(dir_fd, name, e) < 0)
		return -1;
	if (group_open(in, h, m, &group, e) < 0)
		return err_within(e, "hierarchy %s", name);
	if (sys_move_mount(group, place) < 0)
		return err_set(e, errno, "attach hierarchy %s", name);
	return 0;
}

/* Every hierarchy of @text (/proc/self/cgroup), in a tmpfs. */
static int attach_all(struct inside *in, const struct config_mount *m, char *text, struct error *e)
{
	char *mode[] = {(char *)"mode=755"};
	const struct config_strings data = {.v = mode, .n = 1};
	const struct sys_mount_attr read_only = {.set = SYS_MOUNT_ATTR_RDONLY};
	OWNED_FD tmpfs = -1, place = -1;
	struct hierarchy h = {0};
	int more;

	if (m->data.n > 0)
		return err_set(e, 0, "option %s: none is known where cgroup v1 is in use",
			       m->data.v[0]);
	if (filesystem_make("tmpfs", "cgroup", &data, 0,
			    mount_attributes(m->set & ~(uint32_t)MOUNT_RDONLY), &tmpfs, e) < 0 ||
	    mount_place_open(in, m, &place, e) < 0 || mount_place_check(in, m, place, e) < 0)
		return -1;
	if (sys_move_mount(tmpfs, place) < 0)
		return err_set(e, errno, "attach");
	while ((more = next_hierarchy(&text, &h, e)) > 0)
		if (is_shown(in, h.controllers) && hierarchy_attach(in, tmpfs, &h, m, e) < 0)
			return -1;
	if (more < 0)
		return -1;
	if ((m->set & MOUNT_RDONLY) && sys_mount_setattr(tmpfs, 0, &read_only) < 0)
		return err_set(e, errno, "make read-only");
	if (mount_dress(tmpfs, m, e) < 0)
		return -1;
	in->mount_fds[m - in->config->mounts] = fd_give(&tmpfs);
	return 0;
}

/* The v2 hierarchy alone. */
static int attach_v2(struct inside *in, const struct config_mount *m, char *text, struct error *e)
{
	OWNED_FD group = -1, place = -1;
	struct hierarchy h = {0};
	int more;

	while ((more = next_hierarchy(&text, &h, e)) > 0)
		if (!*h.controllers)
			break;
	if (more < 0)
		return -1;
	if (more == 0)
		return err_set(e, 0, "this host has no cgroup v2");
	if (!is_shown(in, ""))
		return 0; /* no cgroup of its own: nothing to show but the host's */
	if (group_open(in, &h, m, &group, e) < 0 || mount_dress(group, m, e) < 0 ||
	    mount_place_open(in, m, &place, e) < 0 || mount_place_check(in, m, place, e) < 0)
		return -1;
	if (sys_move_mount(group, place) < 0)
		return err_set(e, errno, "attach");
	in->mount_fds[m - in->config->mounts] = fd_give(&group);
	return 0;
}

int mount_cgroup(struct inside *in, const struct config_mount *m, struct error *e)
{
	OWNED_FD fd = -1;
	char text[8192];
	ssize_t n;

	if (proc_open(in, e) < 0)
		return -1;
	/* Not through something that lies over it. */
	fd = sys_openat2(in->proc_fd, "self/cgroup", O_RDONLY | O_CLOEXEC, 0,
			 RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
	if (fd < 0 || (n = read(fd, text, sizeof(text) - 1)) < 0)
		return err_set(e, errno, "read self/cgroup of procfs");
	if (n == (ssize_t)sizeof(text) - 1)
		return err_set(e, EFBIG, "read self/cgroup of procfs");
	text[n] = '\0';
	/* With the one v2 hierarchy and no other, "0::/..." is the only line (cgroups(7)). */
	if (strcmp(m->type, "cgroup2") == 0 || strncmp(text, "0::", 3) == 0)
		return attach_v2(in, m, text, e);
	return attach_all(in, m, text, e);
}
