/*
 * dev.c - device nodes and the standard links of /dev. Runs inside, before the host's tree is gone.
 *
 * /dev may belong to the root filesystem (an OCI bundle without a mount there), so nothing is done by path:
 * its descriptor is resolved inside the root, without following a link (CVE-2026-41579), and everything is
 * made relative to it. What lies there already is kept only where it is exactly the device that is wanted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "container/steps.h"

/* The nodes that every container has (config-linux.md, "Default Devices"). */
static const struct {
	const char *name;
	unsigned int major, minor;
} standard_nodes[] = {
	{"null", 1, 3},	  {"zero", 1, 5},    {"full", 1, 7},
	{"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
};

/* The links (runtime-linux.md, "Dev symbolic links"; "Default Devices" for ptmx). */
static const struct {
	const char *name, *target;
} standard_links[] = {
	{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},
};

/* Makes a node in @dir_fd, or accepts the same one that is there already. */
static int node_make(int dir_fd, const char *name, mode_t mode, dev_t numbers, struct error *e)
{
	struct stat st;

	if (mknodat(dir_fd, name, mode, numbers) == 0)
		return 0;
	if (errno != EEXIST)
		return err_set(e, errno, "make device %s", name);
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, errno, "stat %s", name);
	if ((st.st_mode & S_IFMT) != (mode & S_IFMT) || (!S_ISFIFO(mode) && st.st_rdev != numbers))
		return err_set(e, EEXIST, "%s is there and is not the device", name);
	return 0;
}

static int link_make(int dir_fd, const char *name, const char *target, struct error *e)
{
	char there[64];
	ssize_t n;

	if (symlinkat(target, dir_fd, name) == 0)
		return 0;
	if (errno != EEXIST)
		return err_set(e, errno, "make link %s", name);
	n = readlinkat(dir_fd, name, there, sizeof(there) - 1);
	if (n < 0 && errno == EINVAL)
		return 0; /* a file or node of the image's own: its choice, and nothing of ours leads through it */
	if (n < 0)
		return err_set(e, errno, "read link %s", name);
	return 0;
}

/* One of linux.devices: anywhere in the container. */
static int device_make(struct inside *in, const struct config_device *d, struct error *e)
{
	mode_t type = d->type == 'b' ? S_IFBLK : d->type == 'p' ? S_IFIFO : S_IFCHR;
	mode_t mode = d->mode.set ? (mode_t)d->mode.value & 07777 : 0666;
	const char *name = strrchr(d->path, '/');
	char parent[4096];
	OWNED_FD dir = -1, node = -1;

	if (!name || name[1] == '\0' || (size_t)(name - d->path) >= sizeof(parent))
		return err_set(e, EINVAL, "%s", d->path);
	memcpy(parent, d->path, (size_t)(name - d->path));
	parent[name - d->path] = '\0';
	if (path_make_in(in->slash_fd, *parent ? parent : "/", false, &dir, e) < 0)
		return -1;
	if (node_make(dir, name + 1, type | mode,
		      type == S_IFIFO ? 0 : makedev((unsigned int)d->major, (unsigned int)d->minor),
		      e) < 0)
		return err_within(e, "%s", d->path);
	if (!d->uid.set && !d->gid.set)
		return 0;
	node = openat(dir, name + 1, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (node < 0 || fchownat(node, "", d->uid.set ? (uid_t)d->uid.value : (uid_t)-1,
				 d->gid.set ? (gid_t)d->gid.value : (gid_t)-1, AT_EMPTY_PATH) < 0)
		return err_set(e, errno, "set owner of %s", d->path);
	return 0;
}

static bool is_mounted(const struct config *c, const char *destination)
{
	for (size_t i = 0; i < c->mounts_n; i++)
		if (strcmp(c->mounts[i].destination, destination) == 0)
			return true;
	return false;
}

/*
 * Keeps the null device for the masks. What lies under that name could be anything in an image with a /dev of its
 * own, so that it is its descriptor that is checked and used.
 */
static int null_take(struct inside *in, int dev_fd, struct error *e)
{
	struct sys_mount_attr attr = {
		.set = SYS_MOUNT_ATTR_RDONLY | SYS_MOUNT_ATTR_NOSUID | SYS_MOUNT_ATTR_NOEXEC,
	};
	OWNED_FD null = openat(dev_fd, "null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (null < 0 || fstat(null, &st) < 0)
		return err_set(e, errno, "open /dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return err_set(e, 0, "/dev/null is not the null device");
	in->null_fd = sys_open_tree(null, "", SYS_OPEN_TREE_CLONE);
	if (in->null_fd < 0 || sys_mount_setattr(in->null_fd, 0, &attr) < 0)
		return err_set(e, errno, "take /dev/null");
	return 0;
}

int dev_open(const struct inside *in)
{
	const struct config *c = in->config;

	for (size_t i = c->mounts_n; i-- > 0;)
		if (!c->mounts[i].bind && strcmp(c->mounts[i].destination, "/dev") == 0)
			return sys_openat2(in->mount_fds[i], ".", O_PATH | O_DIRECTORY, 0,
					   RESOLVE_BENEATH);
	return sys_openat2(in->slash_fd, "dev", O_PATH | O_DIRECTORY, 0,
			   RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
}

/*
 * A null device that the caller gave as stdin, stdout or stderr is the host's inode: root in the container could
 * change its mode or owner for everybody. The container's own takes its place.
 */
static int stdio_reopen(int dev_fd, struct error *e)
{
	for (int fd = 0; fd <= 2; fd++) {
		OWNED_FD own = -1;
		struct stat st;

		if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
			continue;
		own = openat(dev_fd, "null", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
		if (own < 0 || fstat(own, &st) < 0 || st.st_rdev != makedev(1, 3) || dup2(own, fd) < 0)
			return err_set(e, errno, "open the container's /dev/null as descriptor %d",
				       fd);
	}
	return 0;
}

int dev_populate(struct inside *in, struct error *e)
{
	const struct config *c = in->config;
	OWNED_FD dev = -1;

	if (c->default_devices) {
		dev = dev_open(in);
		if (dev < 0)
			return err_set(e, errno, "open /dev (a link there is not followed)");
		for (size_t i = 0; i < sizeof(standard_nodes) / sizeof(standard_nodes[0]); i++)
			if (node_make(dev, standard_nodes[i].name, S_IFCHR | 0666,
				      makedev(standard_nodes[i].major, standard_nodes[i].minor),
				      e) < 0)
				return -1;
		for (size_t i = 0; i < sizeof(standard_links) / sizeof(standard_links[0]); i++)
			if (link_make(dev, standard_links[i].name, standard_links[i].target, e) < 0)
				return -1;
		if (c->masked_paths.n > 0 && null_take(in, dev, e) < 0)
			return -1;
		if (stdio_reopen(dev, e) < 0)
			return -1;
		/* Without a mount of its own, shared memory is a plain directory of the synthetic /dev. */
		if (is_mounted(c, "/dev") && !is_mounted(c, "/dev/shm") &&
		    mkdirat(dev, "shm", 01777) < 0 && errno != EEXIST)
			return err_set(e, errno, "make /dev/shm");
	}
	for (size_t i = 0; i < c->devices_n; i++)
		if (device_make(in, &c->devices[i], e) < 0)
			return -1;
	return 0;
}
