/*
 * dev.c - device nodes and the standard links of /dev. Runs inside, before the host's tree is gone.
 *
 * /dev may belong to the root filesystem (an OCI bundle without a mount there), so nothing is done by path:
 * its descriptor is resolved inside the root, without following a link (CVE-2026-41579), and everything is
 * made relative to it. What lies there already is kept only where it is exactly the device that is wanted.
 *
 * In a user namespace mknod(2) is refused. There the outside has opened the host's nodes (in->device_fds), and each is
 * mounted on an empty file of its name.
 *
 * A /dev that is bound from the host has its nodes, and nothing is made or changed in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "config/container_path.h"
#include "container/nodes.h"
#include "container/steps.h"

const struct standard_node standard_nodes[DEVICE_FDS_STANDARD] = {
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

/* A node to be: @tree is a detached mount of the host's one, or -1. */
struct node {
	const char *name;
	mode_t mode; /* with its type */
	dev_t numbers;
	int tree;
};

static bool is_same(const struct node *n, const struct stat *st)
{
	return (st->st_mode & S_IFMT) == (n->mode & S_IFMT) &&
	       (S_ISFIFO(n->mode) || st->st_rdev == n->numbers);
}

/* Mounts the host's node on a file of its name. An empty one may be there, left by an earlier container. */
static int node_attach(int dir_fd, const struct node *n, struct error *e)
{
	OWNED_FD place =
		openat(dir_fd, n->name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	struct stat there, host;

	if (place < 0 && errno != EEXIST)
		return err_set(e, errno, "make a file for device %s", n->name);
	if (place < 0) {
		place = openat(dir_fd, n->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (place < 0 || fstat(place, &there) < 0 || fstat(n->tree, &host) < 0)
			return err_set(e, errno, "open %s", n->name);
		if (there.st_dev == host.st_dev && there.st_ino == host.st_ino)
			return 0; /* attached already: one that is listed, and a standard one */
		if (!is_same(n, &there) && !(S_ISREG(there.st_mode) && there.st_size == 0))
			return err_set(e, EEXIST, "%s is there and is not the device", n->name);
	}
	if (sys_move_mount(n->tree, place) < 0)
		return err_set(e, errno, "attach device %s", n->name);
	return 0;
}

/* Makes a node in @dir_fd, or accepts the same one that is there already. */
static int node_make(int dir_fd, const struct node *n, struct error *e)
{
	struct stat st;

	if (n->tree >= 0)
		return node_attach(dir_fd, n, e);
	if (mknodat(dir_fd, n->name, n->mode, n->numbers) == 0)
		return 0;
	if (errno != EEXIST) {
		err_set(e, errno, "make device %s", n->name);
		return e->no == EROFS ? err_hint(e, "the root filesystem is read-only and has no "
						    "such node")
				      : -1;
	}
	if (fstatat(dir_fd, n->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, errno, "stat %s", n->name);
	return is_same(n, &st) ? 0 : err_set(e, EEXIST, "%s is there and is not the device", n->name);
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

/* The last mount at /dev; NULL: it is a directory of the root filesystem. */
static const struct config_mount *dev_mount(const struct config *c)
{
	for (size_t i = c->mounts_n; i-- > 0;)
		if (!c->mounts[i].remount &&
		    container_path_to(c->mounts[i].destination, "/dev") == PATH_SAME)
			return &c->mounts[i];
	return NULL;
}

static bool is_bound(const struct config *c)
{
	const struct config_mount *m = dev_mount(c);

	/* devtmpfs has one instance, the host's. */
	return m && (m->bind || (m->type && strcmp(m->type, "devtmpfs") == 0));
}

/* Mode and owner as the configuration says; without a word about them they stay as they are. */
static int device_own(int dir_fd, const char *name, const struct config_device *d, mode_t mode,
		      struct error *e)
{
	OWNED_FD node = -1;
	char path[40];

	if (!d->uid.set && !d->gid.set && !d->mode.set)
		return 0;
	node = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (node < 0 || fchownat(node, "", d->uid.set ? (uid_t)d->uid.value : (uid_t)-1,
				 d->gid.set ? (gid_t)d->gid.value : (gid_t)-1, AT_EMPTY_PATH) < 0)
		return err_set(e, errno, "set owner");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", node);
	if (d->mode.set && chmod(path, mode) < 0) /* one that was there, and after chown(2) */
		return err_set(e, errno, "set mode");
	return 0;
}

/* One of linux.devices, number @index: anywhere in the container. */
static int device_make(struct inside *in, size_t index, struct error *e)
{
	const struct config_device *d = &in->config->devices[index];
	mode_t type = d->type == 'b' ? S_IFBLK : d->type == 'p' ? S_IFIFO : S_IFCHR;
	mode_t mode = d->mode.set ? (mode_t)d->mode.value & 07777 : 0666;
	const char *name = strrchr(d->path, '/');
	struct node n = {
		.mode = type | mode,
		.numbers = type == S_IFIFO ? 0
					   : makedev((unsigned int)d->major, (unsigned int)d->minor),
		.tree = in->device_fds ? in->device_fds[DEVICE_FDS_STANDARD + index] : -1,
	};
	char parent[4096];
	OWNED_FD dir = -1;
	struct stat st;

	if (!name || name[1] == '\0' || (size_t)(name - d->path) >= sizeof(parent))
		return err_set(e, EINVAL, "%s", d->path);
	/* Engines list all devices of the host for a privileged container. Its own ptmx is that of its own devpts. */
	if (in->config->default_devices && type == S_IFCHR && n.numbers == makedev(5, 2) &&
	    container_path_to(d->path, "/dev/ptmx") == PATH_SAME)
		return 0;
	n.name = name + 1;
	memcpy(parent, d->path, (size_t)(name - d->path));
	parent[name - d->path] = '\0';
	if (is_bound(in->config) && container_path_to(d->path, "/dev") == PATH_BELOW) {
		dir = path_open_in(in->slash_fd, *parent ? parent : "/", O_PATH | O_DIRECTORY);
		if (dir < 0 || fstatat(dir, n.name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return err_set(e, errno, "%s (/dev is bound from the host)", d->path);
		return is_same(&n, &st)
			       ? 0
			       : err_set(e, EEXIST, "%s is there and is not the device", d->path);
	}
	if (path_make_in(in->slash_fd, *parent ? parent : "/", false, &dir, e) < 0)
		return -1;
	if (node_make(dir, &n, e) < 0)
		return err_within(e, "%s", d->path);
	/* Mode and owner of a node of the host are the host's. */
	return n.tree < 0 && device_own(dir, n.name, d, mode, e) < 0 ? err_within(e, "%s", d->path)
								     : 0;
}

static bool is_mounted(const struct config *c, const char *destination)
{
	for (size_t i = 0; i < c->mounts_n; i++)
		if (container_path_to(c->mounts[i].destination, destination) == PATH_SAME)
			return true;
	return false;
}

/*
 * A detached mount of the null device in @dev_fd, or of the host's where that is -1. What lies under that name could be
 * anything in an image with a /dev of its own, so that it is its descriptor that is checked and used. The mount is
 * read-only: it can be written to as a device, but nobody changes its mode or owner through it.
 */
static int null_mount(int dev_fd, int *ret_fd, struct error *e)
{
	struct sys_mount_attr attr = {
		.set = SYS_MOUNT_ATTR_RDONLY | SYS_MOUNT_ATTR_NOSUID | SYS_MOUNT_ATTR_NOEXEC,
		.propagation = MS_PRIVATE,
	};
	OWNED_FD null = dev_fd < 0 ? open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC)
				   : openat(dev_fd, "null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	OWNED_FD tree = -1;
	struct stat st;

	if (null < 0 || fstat(null, &st) < 0)
		return err_set(e, errno, "open /dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return err_set(e, 0, "/dev/null is not the null device");
	tree = sys_open_tree(null, "", SYS_OPEN_TREE_CLONE);
	if (tree < 0 || sys_mount_setattr(tree, 0, &attr) < 0)
		return err_set(e, errno, "take /dev/null");
	*ret_fd = fd_give(&tree);
	return 0;
}

int dev_open(const struct inside *in)
{
	const struct config_mount *m = dev_mount(in->config);

	if (m && !m->bind)
		return sys_openat2(in->mount_fds[m - in->config->mounts], ".", O_PATH | O_DIRECTORY,
				   0, RESOLVE_BENEATH);
	return sys_openat2(in->slash_fd, "dev", O_PATH | O_DIRECTORY, 0,
			   RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
}

/* The container's null device; where its filesystem lets no device be opened (nodev), the host's, read-only. */
static int null_open(int dev_fd, int *ret_fd, struct error *e)
{
	OWNED_FD fd = openat(dev_fd, "null", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC), tree = -1;
	char path[40];
	struct stat st;

	if (fd < 0 && errno == EACCES) {
		if (null_mount(-1, &tree, e) < 0)
			return -1;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", tree);
		fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, errno, "open the container's /dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return err_set(e, 0, "/dev/null is not the null device");
	*ret_fd = fd_give(&fd);
	return 0;
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
		if (null_open(dev_fd, &own, e) < 0)
			return -1;
		if (dup2(own, fd) < 0)
			return err_set(e, errno, "put /dev/null on descriptor %d", fd);
	}
	return 0;
}

/* The standard nodes, links and directories, in the container's own /dev. */
static int standard_make(struct inside *in, int dev_fd, struct error *e)
{
	const struct config *c = in->config;

	for (size_t i = 0; i < DEVICE_FDS_STANDARD; i++) {
		const struct node n = {
			.name = standard_nodes[i].name,
			.mode = S_IFCHR | 0666,
			.numbers = makedev(standard_nodes[i].major, standard_nodes[i].minor),
			.tree = in->device_fds ? in->device_fds[i] : -1,
		};

		if (node_make(dev_fd, &n, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < sizeof(standard_links) / sizeof(standard_links[0]); i++)
		if (link_make(dev_fd, standard_links[i].name, standard_links[i].target, e) < 0)
			return -1;
	/* Without a mount of its own, shared memory is a plain directory of the synthetic /dev. */
	if (is_mounted(c, "/dev") && !is_mounted(c, "/dev/shm") &&
	    mkdirat(dev_fd, "shm", 01777) < 0 && errno != EEXIST)
		return err_set(e, errno, "make /dev/shm");
	return 0;
}

int dev_populate(struct inside *in, struct error *e)
{
	const struct config *c = in->config;
	OWNED_FD dev = -1;

	if (c->default_devices) {
		dev = dev_open(in);
		if (dev < 0 && errno == ENOENT && mkdirat(in->slash_fd, "dev", 0755) == 0)
			dev = dev_open(in);
		if (dev < 0 && errno == EROFS)
			return err_set(e, errno,
				       "make /dev: the root filesystem has none and is "
				       "read-only");
		if (dev < 0)
			return err_set(e, errno, "open /dev (a link there is not followed)");
		if (!is_bound(c) && standard_make(in, dev, e) < 0)
			return -1;
		if (stdio_reopen(dev, e) < 0)
			return -1;
	}
	if (c->masked_paths.n > 0 && null_mount(dev, &in->null_fd, e) < 0) /* "mask paths" */
		return -1;
	for (size_t i = 0; i < c->devices_n; i++)
		if (device_make(in, i, e) < 0)
			return -1;
	return 0;
}
