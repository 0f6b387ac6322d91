/*
 * cgroup_open.c - the cgroups of a container that exists: found again by its state, given to it, entered by a further
 * process.
 *
 * Runs outside. State is a file, and files get damaged: a directory is taken only where it is one of a cgroup
 * filesystem, of the version that the state says, and not its root.
 */
#include "host/cgroup_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"

#define BELOW (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV)

/* ---- by the state ---- */

/* Whether the directory is one that could be a container's. */
static int check_filesystem(int fd, const struct cgroup_dir *d, struct error *e)
{
	OWNED_FD parent_fd = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs s, parent;

	if (parent_fd < 0 || fstatfs(fd, &s) < 0 || fstatfs(parent_fd, &parent) < 0)
		return err_set(e, errno, "stat cgroup %s", d->path);
	if (s.f_type != (d->v2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC) ||
	    parent.f_type != s.f_type)
		return err_set(e, 0, "%s is not below a cgroup %s mount", d->path,
			       d->v2 ? "v2" : "v1");
	return 0;
}

int cgroup_add(struct cgroup *g, const char *path, const char *controllers, size_t mount_length,
	       size_t keep_length, bool made, struct error *e)
{
	struct cgroup_dir d = {
		.v2 = !*controllers,
		.made = made,
		.joined = !made,
		.fd = -1,
		.mount_length = mount_length,
		.keep_length = keep_length,
	};
	size_t length = strlen(path), at = g->dirs_n;
	char relative[CGROUP_PATH];

	if (path[0] != '/' || cgroup_normalise(path, relative, sizeof(relative), e) < 0 ||
	    strcmp(path + 1, relative) != 0 || mount_length == 0 || mount_length >= length ||
	    path[mount_length] != '/' || keep_length < mount_length || keep_length > length ||
	    strlen(controllers) >= sizeof(d.controllers))
		return err_set(e, 0, "\"%s\" is no path of a cgroup", path);
	if (g->dirs_n == CGROUP_DIRS)
		return err_set(e, 0, "too many cgroups");
	snprintf(d.path, sizeof(d.path), "%s", path);
	snprintf(d.controllers, sizeof(d.controllers), "%s", controllers);
	d.fd = cgroup_open_dir(d.path, mount_length);
	if (d.fd < 0 && errno != ENOENT)
		return err_set(e, errno, "open cgroup %s", path);
	if (d.fd >= 0 && check_filesystem(d.fd, &d, e) < 0) {
		fd_close(&d.fd);
		return -1;
	}
	/* What is v2 stays the last one. */
	if (at > 0 && g->dirs[at - 1].v2) {
		g->dirs[at] = g->dirs[at - 1];
		at--;
	}
	g->dirs[at] = d;
	g->dirs_n++;
	if (!d.v2)
		g->version = CGROUP_V1;
	else if (g->version == CGROUP_NONE)
		g->version = CGROUP_V2;
	return 0;
}

/* ---- given to the container ---- */

/* Whether the container sees its cgroup at /sys/fs/cgroup and may write there: the last mount at that place counts. */
static bool is_writable_inside(const struct config *c)
{
	bool writable = false;

	for (size_t i = 0; i < c->mounts_n; i++) {
		const struct config_mount *m = &c->mounts[i];
		size_t length = strlen(m->destination);

		while (length > 1 && m->destination[length - 1] == '/')
			length--;
		if (length != 14 || memcmp(m->destination, "/sys/fs/cgroup", 14) != 0)
			continue;
		writable = m->type && strncmp(m->type, "cgroup", 6) == 0 &&
			   !((m->set | m->rec_set) & MOUNT_RDONLY) && !(m->super & SUPER_RDONLY);
	}
	return writable;
}

/* config-linux.md, "Cgroup ownership": these where the kernel does not say which. */
static const char default_delegate[] = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n";

int cgroup_delegate(const struct cgroup *g, const struct config *c, uint32_t uid, struct error *e)
{
	const struct cgroup_dir *d = g->dirs_n > 0 ? &g->dirs[g->dirs_n - 1] : NULL;
	char files[4096], *save = NULL;
	struct error ignored;

	if (g->version != CGROUP_V2 || !d || !d->v2 || c->ns[NS_CGROUP].mode != NS_NEW ||
	    !is_writable_inside(c))
		return 0;
	if (file_read_at(AT_FDCWD, "/sys/kernel/cgroup/delegate", files, sizeof(files), NULL,
			 &ignored) < 0)
		snprintf(files, sizeof(files), "%s", default_delegate);
	if (fchown(d->fd, uid, (gid_t)-1) < 0)
		return err_set(e, errno, "give cgroup %s to user %u", d->path, uid);
	for (char *name = strtok_r(files, "\n", &save); name; name = strtok_r(NULL, "\n", &save))
		if (fchownat(d->fd, name, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			return err_set(e, errno, "give %s of cgroup %s to user %u", name, d->path,
				       uid);
	return 0;
}

/* ---- for a further process ---- */

/* Puts the directory @path below @d in its place. */
static int go_below(struct cgroup_dir *d, const char *path, struct error *e)
{
	char relative[CGROUP_PATH];
	size_t length = strlen(d->path);
	int fd;

	if (!path[strspn(path, "/.")] && !strstr(path, ".."))
		return 0; /* "/": the container's own */
	if (cgroup_normalise(path, relative, sizeof(relative), e) < 0)
		return -1;
	if (length + 1 + strlen(relative) >= sizeof(d->path))
		return err_set(e, ENAMETOOLONG, "cgroup path \"%.200s...\"", path);
	fd = sys_openat2(d->fd, relative, O_RDONLY | O_DIRECTORY, 0, BELOW);
	snprintf(d->path + length, sizeof(d->path) - length, "/%s", relative);
	if (fd < 0)
		return err_set(e, errno, "open cgroup %s", d->path);
	fd_close(&d->fd);
	d->fd = fd;
	return 0;
}

static int take_path(struct cgroup *g, const char *argument, struct error *e)
{
	const char *colon = g->version == CGROUP_V1 ? strchr(argument, ':') : NULL;
	char names[CGROUP_NAMES], *save = NULL;

	if (!colon) {
		for (size_t i = 0; i < g->dirs_n; i++)
			if (go_below(&g->dirs[i], argument, e) < 0)
				return -1;
		return 0;
	}
	if ((size_t)(colon - argument) >= sizeof(names))
		return err_set(e, ENAMETOOLONG, "controllers");
	snprintf(names, sizeof(names), "%.*s", (int)(colon - argument), argument);
	for (char *word = strtok_r(names, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		struct cgroup_dir *d = cgroup_v1_dir(g, word);
		bool again = false;

		if (!d)
			return err_set(e, 0, "the container has no cgroup of controller %s", word);
		/* "cpu,cpuacct:x": two names of one hierarchy go there once. */
		for (const char *at = argument; at < argument + (word - names);
		     at += strcspn(at, ",:") + 1) {
			char before[CGROUP_NAMES];

			snprintf(before, sizeof(before), "%.*s", (int)strcspn(at, ",:"), at);
			again = again || cgroup_v1_dir(g, before) == d;
		}
		if (!again && go_below(d, colon + 1, e) < 0)
			return -1;
	}
	return 0;
}

/*
 * A v2 directory that gives controllers to its children takes no processes itself. Then the container has divided it, and
 * its first process sits in one of the parts.
 */
static int follow_init(struct cgroup *g, pid_t pid, struct error *e)
{
	struct cgroup_dir *d = g->dirs_n > 0 ? &g->dirs[g->dirs_n - 1] : NULL;
	char file[40], text[8192], *line, *end;
	const char *own;
	size_t length;

	if (!d || !d->v2 || d->fd < 0 || pid <= 0 ||
	    !cgroup_text(d->fd, "cgroup.subtree_control", text, sizeof(text)) || text[0] == '\n')
		return 0;
	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	if (file_read_at(AT_FDCWD, file, text, sizeof(text), NULL, e) < 0)
		return -1;
	line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (!line)
		return err_set(e, 0, "%s names no v2 cgroup", file);
	line += line == text ? 3 : 4;
	end = strchrnul(line, '\n');
	*end = '\0';
	own = d->path + d->mount_length;
	length = strlen(own);
	/* Not below it, by our view: then the directory is what there is to try. */
	if (strncmp(line, own, length) != 0 || line[length] != '/')
		return 0;
	return go_below(d, line + length, e);
}

int cgroup_for_exec(struct cgroup *ret, const struct cgroup *g, char *const *paths, size_t n,
		    pid_t pid, struct error *e)
{
	int result = 0;

	*ret = *g;
	ret->mount_fd = ret->parent_fd = -1;
	for (size_t i = 0; i < g->dirs_n; i++)
		ret->dirs[i].fd = -1;
	for (size_t i = 0; result == 0 && i < g->dirs_n; i++) {
		struct cgroup_dir *d = &ret->dirs[i];

		d->made = d->joined = false; /* never removed by this one */
		if (g->dirs[i].fd < 0)
			result = err_set(e, ENOENT, "cgroup %s of the container", d->path);
		else if ((d->fd = fcntl(g->dirs[i].fd, F_DUPFD_CLOEXEC, 3)) < 0)
			result = err_set(e, errno, "duplicate a descriptor");
	}
	if (result == 0 && n > 0 && g->dirs_n == 0)
		result = err_set(e, 0, "--cgroup: the container has no cgroup of its own");
	for (size_t i = 0; result == 0 && i < n; i++)
		result = take_path(ret, paths[i], e) < 0 ? err_within(e, "--cgroup %s", paths[i]) : 0;
	if (result == 0 && n == 0)
		result = follow_init(ret, pid, e);
	if (result < 0)
		cgroup_end(ret);
	return result;
}
