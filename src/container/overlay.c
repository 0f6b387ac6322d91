/*
 * overlay.c - a writable layer over the root filesystem (--overlay). Runs inside; behind "become root", as overlayfs does
 * what it does below with the ids and rights of the one who mounts it.
 *
 * Everything is put together in a tmpfs that is attached where the root filesystem is on the host, in the container's own
 * mount namespace: nothing of it shows outside, and the namespace takes it along when it ends. It holds
 *
 *	lower/		the root filesystem, with all that is mounted below it
 *	layer/		what is written, or with --overlay=DIR a mount of DIR:
 *	    upper/, work/		of the root filesystem
 *	    mounts/NAME/upper/, work/	of the mount NAME below it
 *	mini-run-root/	the new root
 *
 * Each real filesystem that is mounted below the root filesystem becomes an overlay of its own, since overlayfs does not
 * look past mounts. Kernel filesystems are left out, and so is what the container mounts something over; one that
 * overlayfs refuses is left out with a warning. It would have to be shown as it is, and then programs of the host that
 * listen on a socket in there could be reached. What is left out is covered: see overlay_cover.c.
 */
#include "container/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/sys.h"
#include "config/container_path.h"
#include "container/mounts.h"
#include "sync/sync.h"

#define FD_PATH 40 /* room for the name of a descriptor in /proc */

/* By this name the kernel's file systems are told an open directory. */
static const char *fd_path(int fd, char ret[FD_PATH])
{
	snprintf(ret, FD_PATH, "/proc/self/fd/%d", fd);
	return ret;
}

/* A real directory @name in @at, made with @mode where it is missing. */
static int directory_make(int at, const char *name, mode_t mode, bool *ret_made, int *ret_fd,
			  struct error *e)
{
	bool made = mkdirat(at, name, mode) == 0;

	if (!made && errno != EEXIST)
		return err_set(e, errno, "make directory %s", name);
	*ret_fd = sys_openat2(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0,
			      RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (*ret_fd < 0)
		return err_set(e, errno, "open directory %s", name);
	if (ret_made)
		*ret_made = made;
	return 0;
}

/* ---- what the user is told ---- */

static int warn(const struct layer *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int warn(const struct layer *l, const char *format, ...)
{
	struct sync_message m = {.type = SYNC_WARNING};
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(m.u.error.text, sizeof(m.u.error.text), format, arguments);
	va_end(arguments);
	return sync_send(l->in->sync_fd, &m, -1, &(struct error){0});
}

/* Failures that have nothing to do with the filesystem at hand: no warning is enough for them. */
static bool is_want(int no)
{
	return no == ENOMEM || no == ENOSPC || no == EDQUOT || no == EMFILE || no == ENFILE;
}

/* The mount at @path cannot be shown: @e says why. Nor is what it hides. */
static int leave_out(const struct layer *l, const char *path, struct error *e)
{
	if (is_want(e->no))
		return -1;
	(void)warn(l, "--overlay: %.300s is left out: %.400s (-v %.100s:%.100s shows it as it is)",
		   path, e->text, path, path);
	return layer_cover(l, path, e);
}

/* ---- one overlay ---- */

/* What the kernel mounts that takes @lower below and @upper above; @index makes it look whether @upper is in use. */
static int overlay_mount(const struct layer *l, int lower, int upper, int work, bool index,
			 uint64_t attributes, int *ret_fd, struct error *e)
{
	char lower_option[FD_PATH + 16], upper_option[FD_PATH + 16], work_option[FD_PATH + 16];
	char path[FD_PATH];
	char *options[8] = {lower_option, upper_option, work_option};
	struct config_strings data = {.v = options, .n = 3};
	static char user_xattrs[] = "userxattr", no_redirects[] = "redirect_dir=nofollow",
		    no_metacopy[] = "metacopy=off", with_index[] = "index=on",
		    no_index[] = "index=off", inode_numbers[] = "xino=auto";

	snprintf(lower_option, sizeof(lower_option), "lowerdir=%s", fd_path(lower, path));
	snprintf(upper_option, sizeof(upper_option), "upperdir=%s", fd_path(upper, path));
	snprintf(work_option, sizeof(work_option), "workdir=%s", fd_path(work, path));
	/*
	 * Whatever this host's defaults are: a layer must not say that its files lie elsewhere in the lower one. Root's
	 * layers are believed by their trusted.* attributes, which nobody in a container can write, but an image that was
	 * unpacked with its attributes could have brought them. In a user namespace the attributes are user.* ones, which
	 * the owner of a file can write, and the kernel follows none of them that leads anywhere.
	 */
	if (l->user_xattrs) {
		options[data.n++] = user_xattrs;
	} else {
		options[data.n++] = no_redirects;
		options[data.n++] = no_metacopy;
	}
	options[data.n++] = index ? with_index : no_index;
	options[data.n++] = inode_numbers; /* a file keeps its number when it is written to */
	return filesystem_make("overlay", "overlay", &data, 0, attributes, ret_fd, e);
}

/* The flags of a mount that hold for what is laid over it. Read-only is not among them: nothing is written to it. */
static int attributes_of(const struct layer *l, int lower, uint64_t *ret, struct error *e)
{
	static const struct {
		unsigned long flag;
		uint64_t attribute;
	} table[] = {
		{ST_NOSUID, SYS_MOUNT_ATTR_NOSUID},
		{ST_NODEV, SYS_MOUNT_ATTR_NODEV},
		{ST_NOEXEC, SYS_MOUNT_ATTR_NOEXEC},
		{0x2000 /* ST_NOSYMFOLLOW */, SYS_MOUNT_ATTR_NOSYMFOLLOW},
	};
	struct statvfs st;

	if (fstatvfs(lower, &st) < 0)
		return err_set(e, errno, "look at it");
	*ret = l->in->config->rootfs_nodev ? SYS_MOUNT_ATTR_NODEV : 0;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (st.f_flag & table[i].flag)
			*ret |= table[i].attribute;
	return 0;
}

/* The next part of the name of @path in a layer, as in a URL: a slash is %2f. Returns what of @path is left. */
static const char *store_name(const char *path, char ret[NAME_MAX + 1])
{
	size_t n = 0;

	for (; *path != '\0' && n + 4 <= NAME_MAX; path++)
		if (*path == '/' || *path == '%')
			n += (size_t)snprintf(ret + n, 4, "%%%02x", (unsigned char)*path);
		else
			ret[n++] = *path;
	if (*path != '\0')
		ret[n++] = '%';
	ret[n] = '\0';
	return path;
}

/*
 * The directory of the layer for what is mounted at @path. That is one name for each path, and one that people can read. One
 * that is too long goes on in a directory below: the first part ends with a % then, as no whole name does.
 */
static int store_open(const struct layer *l, const char *path, int *ret_fd, struct error *e)
{
	const char *rest = path + 1;
	char name[NAME_MAX + 1];
	OWNED_FD at = -1;

	if (*path == '\0') {
		*ret_fd = fcntl(l->store_fd, F_DUPFD_CLOEXEC, 0);
		return *ret_fd < 0 ? err_set(e, errno, "the layer") : 0;
	}
	if (directory_make(l->store_fd, "mounts", 0700, NULL, &at, e) < 0)
		return err_within(e, "the layer of %.300s", path);
	while (*rest != '\0') {
		int next;

		rest = store_name(rest, name);
		if (directory_make(at, name, 0700, NULL, &next, e) < 0)
			return err_within(e, "the layer of %.300s", path);
		fd_close(&at);
		at = next;
	}
	*ret_fd = fd_give(&at);
	return 0;
}

/* What nobody inside has been able to give away: another owner's is not of this layer. */
static int owner_check(const struct layer *l, int fd, const char *name, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "stat %s", name);
	if (st.st_uid == geteuid())
		return 0;
	return err_set(e, 0, "%s/%s is not this user's (owner %u)",
		       l->in->config->overlay.dir ? l->in->config->overlay.dir : "", name,
		       (unsigned int)st.st_uid);
}

/*
 * The overlay for @path of what lies in @from, with the lower layer @lower, which may be a skeleton of it. What cannot be
 * laid over is no failure of the layer's: *ret_fd is -1 then and @e says why.
 */
static int overlay_make(const struct layer *l, const char *path, int from, int lower, int *ret_fd,
			struct error *e)
{
	OWNED_FD store = -1, upper = -1, work = -1;
	uint64_t attributes = 0;
	bool made = false;

	*ret_fd = -1;
	if (attributes_of(l, from, &attributes, e) < 0)
		return 0;
	if (*path != '\0' && l->in->config->rootfs_readonly)
		attributes |=
			SYS_MOUNT_ATTR_RDONLY; /* the root itself, once it has its mount points */
	if (store_open(l, path, &store, e) < 0 ||
	    directory_make(store, "upper", 0700, &made, &upper, e) < 0 ||
	    directory_make(store, "work", 0700, NULL, &work, e) < 0 ||
	    owner_check(l, work, "work", e) < 0)
		return -1;
	/* The kernel shows the topmost directory as the upper layer has it. */
	if (made && directory_metadata_copy(from, upper, e) < 0)
		return err_within(e, "make directory upper");
	if (layer_ways_make(l, path, from, upper, e) < 0)
		return -1;
	if (overlay_mount(l, lower, upper, work, false, attributes, ret_fd, e) < 0) {
		*ret_fd = -1;
		err_set(e, e->no, "overlayfs%s",
			e->no == EINVAL ? " does not take its filesystem" : "");
		return 0;
	}
	/* The kernel makes it without any rights, and an ordinary user could not remove it when the layer is gone. */
	if (fchmodat(work, "work", 0700, 0) < 0 && errno != ENOENT)
		return err_set(e, errno, "set mode of work");
	return 0;
}

/* ---- the places ---- */

/* The place @path in the new root, which is made where it is missing. No link leads there: there is none in the lower
 * layer, and one in the upper layer was made by an earlier container. */
static int place_open(const struct layer *l, const char *path, uint64_t flags, int *ret_fd,
		      struct error *e)
{
	*ret_fd = sys_openat2(l->root_fd, path, O_PATH | flags, 0,
			      RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	if (*ret_fd >= 0)
		return 0;
	if (errno != ENOENT)
		return err_set(e, errno, "open its place");
	return path_make_in(l->root_fd, path, !(flags & O_DIRECTORY), ret_fd, e);
}

static int attach(struct layer *l, const char *path, int *fd, struct error *e)
{
	OWNED_FD place = -1;

	if (*path == '\0') {
		if (directory_make(l->scratch_fd, "mini-run-root", 0700, NULL, &place, e) < 0)
			return -1;
		if (sys_move_mount(*fd, place) < 0)
			return err_set(e, errno, "attach the new root");
		l->root_fd = fd_give(fd);
		return 0;
	}
	if (place_open(l, path, O_DIRECTORY, &place, e) < 0)
		return -1;
	return sys_move_mount(*fd, place) < 0 ? err_set(e, errno, "attach") : 0;
}

/* The error of a root filesystem that overlayfs refuses. */
static int refused(const struct layer *l, struct error *e)
{
	const char *rootfs = l->in->config->rootfs;

	if (e->no == ENODEV)
		return err_hint(e, "this kernel has no overlayfs: modprobe overlay");
	err_within(e, "%s", rootfs);
	if (e->no == EINVAL && l->in->config->rootfs_idmap)
		return err_hint(e,
				"together with --userns, which maps its ids, it needs Linux 5.19");
	if (e->no == EINVAL)
		return l->in->overlay_fd >= 0
			       ? err_hint(e, "or that of DIR: is it a FAT, an overlay, or does it "
					     "lie on "
					     "a network?")
			       : err_hint(e, "is it a FAT, or an overlay of overlays?");
	return -1;
}

static int layer_lay(struct layer *l, const char *path, int lower, struct error *e);

/*
 * Whether a file that is shown read-only could be written to after all.
 *
 * KERNEL: read-only is locked only where a mount comes from a namespace with more rights than ours. This one is made here.
 */
static bool is_within_reach(const struct layer *l, int fd)
{
	const struct config_process *p = &l->in->config->process;
	char path[FD_PATH];

	if (p->has_capabilities && !(p->capabilities.bounding & (UINT64_C(1) << CAP_SYS_ADMIN)))
		return false;
	/* By the one with the most rights in there, as of now. */
	return faccessat(AT_FDCWD, fd_path(fd, path), W_OK, AT_EACCESS) == 0;
}

/* A file of a skeleton that was not copied: as it is, and read-only. */
static int file_show(struct layer *l, const char *path, int fd, struct error *e)
{
	const struct sys_mount_attr attr = {
		.set = SYS_MOUNT_ATTR_RDONLY | SYS_MOUNT_ATTR_NOSUID | SYS_MOUNT_ATTR_NODEV,
	};
	OWNED_FD tree = -1, place = -1;

	if (is_within_reach(l, fd)) { /* the skeleton has an empty file there */
		if (l->withheld_n++ == 0)
			snprintf(l->withheld, sizeof(l->withheld), "%s", path);
		return 0;
	}
	tree = sys_open_tree(fd, "", SYS_OPEN_TREE_CLONE);
	if (tree < 0 || sys_mount_setattr(tree, 0, &attr) < 0)
		return err_set(e, errno, "%s", path);
	if (place_open(l, path, 0, &place, e) < 0)
		return err_within(e, "%s", path);
	return sys_move_mount(tree, place) < 0 ? err_set(e, errno, "%s", path) : 0;
}

static int skeleton_part(struct layer *l, const char *path, int fd, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "stat %s", path);
	return S_ISREG(st.st_mode) ? file_show(l, path, fd, e) : layer_lay(l, path, fd, e);
}

/* A skeleton of @lower in scratch. */
static int skeleton_make(struct layer *l, int lower, int *ret_fd, struct error *e)
{
	char name[32];

	snprintf(name, sizeof(name), "skeleton%u", l->skeletons++);
	if (directory_make(l->scratch_fd, name, 0755, NULL, ret_fd, e) < 0 ||
	    directory_metadata_copy(lower, *ret_fd, e) < 0 ||
	    layer_skeleton_fill(lower, *ret_fd, e) < 0)
		return err_within(e, "copy what lies beside mounts");
	return 0;
}

/* Shows the directory @lower at @path, with a layer over it. One that overlayfs refuses is left out, if it is not the root. */
static int layer_lay(struct layer *l, const char *path, int lower, struct error *e)
{
	OWNED_FD fd = -1, skeleton = -1;
	bool open = true;

	if (layer_is_open(lower, &open, e) < 0 ||
	    (!open && skeleton_make(l, lower, &skeleton, e) < 0) ||
	    overlay_make(l, path, lower, open ? lower : skeleton, &fd, e) < 0)
		return *path ? err_within(e, "%s", path) : -1;
	if (fd < 0 && *path == '\0')
		return refused(l, e);
	if (fd < 0 || attach(l, path, &fd, e) < 0)
		return *path ? leave_out(l, path, e) : -1;
	return open ? 0 : layer_skeleton_each(l, path, lower, skeleton_part, e);
}

/* ---- the mounts below ---- */

#define FILE_MOST (1 << 20) /* bytes of a mounted file that are copied */

/* A file that something else was mounted on: /etc/resolv.conf in many containers. A copy of it replaces what it hides. */
static int file_lay(struct layer *l, const char *path, off_t size, struct error *e)
{
	const char *name = strrchr(path, '/') + 1;
	OWNED_FD from = -1, to = -1;
	char parent[PATH_MAX];

	if (size > FILE_MOST) {
		err_set(e, 0, "a mounted file of more than %d bytes", FILE_MOST);
		return leave_out(l, path, e);
	}
	if ((size_t)snprintf(parent, sizeof(parent), "%.*s/.", (int)(name - path - 1), path) >=
	    sizeof(parent))
		return err_set(e, ENAMETOOLONG, "%s", path);
	from = sys_openat2(l->lower_fd, parent, O_PATH | O_DIRECTORY, 0,
			   RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
	if (from < 0)
		return err_set(e, errno, "%s", path);
	if (place_open(l, parent, O_DIRECTORY, &to, e) < 0)
		return leave_out(l, path, e);
	if (unlinkat(to, name, 0) < 0 && errno != ENOENT)
		err_set(e, errno, "replace");
	else if (directory_entry_copy(from, to, name, e) == 0)
		return 0;
	return leave_out(l, path, e);
}

/* Whether the container mounts something of its own there, or above. */
static bool is_covered(const struct config *c, const char *path)
{
	for (size_t i = 0; i < c->mounts_n; i++)
		if (container_path_to(path, c->mounts[i].destination) != PATH_ELSEWHERE)
			return true;
	return false;
}

/* Of the host's /run nothing belongs to the container: sockets, pid files and locks of its daemons. */
static bool is_hosts_run(const struct config *c, const char *path)
{
	return strcmp(c->rootfs, "/") == 0 && container_path_to(path, "/run") != PATH_ELSEWHERE;
}

static int mount_lay(struct layer *l, struct layer_mount *m, struct error *e)
{
	const struct layer_mount *parent = layer_mounts_find(l->mounts, m->parent);
	const struct config *c = l->in->config;
	OWNED_FD lower = -1;
	struct stat st;

	m->gone = (parent && parent->gone) || layer_is_kernel_type(m->type) ||
		  is_covered(c, m->path) || is_hosts_run(c, m->path);
	/* Something goes over it, or over a place above it. */
	if (is_covered(c, m->path) || is_hosts_run(c, m->path) ||
	    (parent && parent->gone && strcmp(parent->path, m->path) != 0))
		return 0;
	lower = sys_openat2(l->lower_fd, m->path, O_PATH, 0,
			    RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	/* Another mount hides it, or its mount point was removed. */
	if (lower < 0 ? errno == ENOENT : layer_mount_id(lower) != m->id)
		return 0;
	if (lower < 0 || fstat(lower, &st) < 0) {
		err_set(e, errno, "open");
		return leave_out(l, m->path, e);
	}
	if (m->gone || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return layer_cover(l, m->path, e);
	return S_ISREG(st.st_mode) ? file_lay(l, m->path, st.st_size, e)
				   : layer_lay(l, m->path, lower, e);
}

static int mounts_lay(struct layer *l, struct error *e)
{
	for (size_t i = 0; i < l->mounts->n; i++)
		if (*l->mounts->v[i].path != '\0' && mount_lay(l, &l->mounts->v[i], e) < 0)
			return -1;
	return 0;
}

static void withheld_tell(const struct layer *l)
{
	char more[40] = "";

	if (l->withheld_n == 0)
		return;
	if (l->withheld_n > 1)
		snprintf(more, sizeof(more), " and %u more", l->withheld_n - 1);
	(void)warn(l,
		   "--overlay: %.300s%s: large files beside mounts, which could be shown only as "
		   "they are, "
		   "are left out: with CAP_SYS_ADMIN the command could write to them",
		   l->withheld, more);
}

/* ---- the layer ---- */

/*
 * Which attributes the kernel's notes can be: trusted.* ones need root of the first user namespace. Where neither are taken,
 * as by a tmpfs in a user namespace before Linux 6.6, a directory that was removed and made again would not work.
 */
static int xattrs_probe(struct layer *l, int directory, struct error *e)
{
	static const char *const names[] = {"trusted.overlay.mini-run", "user.overlay.mini-run"};
	char path[FD_PATH];

	(void)fd_path(directory, path);
	for (int i = 0; i < 2; i++)
		if (setxattr(path, names[i], "y", 1, 0) == 0) {
			(void)removexattr(path, names[i]);
			l->user_xattrs = i == 1;
			return 0;
		}
	if (errno != EOPNOTSUPP && errno != EPERM)
		return err_set(e, errno, "set an extended attribute in the layer");
	return l->in->overlay_fd >= 0
		       ? err_set(e,
				 0, "%s: its filesystem has no extended attributes that a layer could be marked by here",
				 l->in->config->overlay.dir)
		       : err_set(e, 0,
				 "a layer in memory needs Linux 6.6 in a user namespace "
				 "(--overlay=DIR keeps it in a directory instead)");
}

/* DIR/xattrs says which they are: a layer that was made as the other kind would be misread without a word. */
static int xattrs_agree(const struct layer *l, struct error *e)
{
	const char *mine = l->user_xattrs ? "user.overlay\n" : "trusted.overlay\n";
	OWNED_MEMORY char *text = NULL;
	OWNED_FD fd = -1;
	size_t n;

	if (file_create_at(l->store_fd, "xattrs", mine, 0600, e) == 0)
		return 0;
	if (e->no != EEXIST)
		return -1;
	fd = sys_openat2(l->store_fd, "xattrs", O_RDONLY | O_NONBLOCK | O_NOCTTY, 0,
			 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return err_set(e, errno, "open xattrs");
	if (owner_check(l, fd, "xattrs", e) < 0 ||
	    file_read_regular(fd, "xattrs", 64, &text, &n, e) < 0)
		return -1;
	if (strcmp(text, mine) == 0)
		return 0;
	return err_set(e, 0, "%s: this layer was made %s, and can only be used so",
		       l->in->config->overlay.dir,
		       l->user_xattrs ? "by root without a user namespace" : "in a user namespace");
}

/*
 * Whether another overlay, of a container or of anybody, writes to DIR/upper already: the kernel only warns, in its log. It
 * refuses where an index is asked for, before it gets to what is wrong here on purpose: a work directory that does not
 * lie beside the upper one. So nothing is ever mounted, and nothing is written to DIR.
 */
static int in_use_check(struct layer *l, struct error *e)
{
	OWNED_FD upper = -1, lower = -1, work = -1, fd = -1;

	upper = sys_openat2(l->store_fd, "upper", O_PATH | O_DIRECTORY, 0,
			    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (upper < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "open directory upper");
	if (directory_make(l->scratch_fd, "empty", 0700, NULL, &lower, e) < 0 ||
	    directory_make(l->scratch_fd, "probe", 0700, NULL, &work, e) < 0)
		return -1;
	if (overlay_mount(l, lower, upper, work, true, 0, &fd, e) < 0 && e->no == EBUSY)
		return err_set(e, 0, "%s: another container, or another overlay, writes to it",
			       l->in->config->overlay.dir);
	return 0;
}

/* DIR, in its place in scratch. */
static int store_attach(struct layer *l, struct error *e)
{
	if (sys_move_mount(l->in->overlay_fd, l->store_fd) < 0)
		return err_set(e, errno, "attach %s", l->in->config->overlay.dir);
	fd_close(&l->store_fd);
	l->store_fd = fcntl(l->in->overlay_fd, F_DUPFD_CLOEXEC, 0);
	if (l->store_fd < 0)
		return err_set(e, errno, "open the layer");
	if (xattrs_probe(l, l->store_fd, e) < 0 || xattrs_agree(l, e) < 0 || in_use_check(l, e) < 0)
		return -1;
	return 0;
}

static int layer_begin(struct layer *l, struct error *e)
{
	const struct inside *in = l->in;
	OWNED_FD lower = -1;

	if (layer_tmpfs_make("700", in->config->overlay.size, &l->scratch_fd, e) < 0)
		return -1;
	if (sys_move_mount(l->scratch_fd, in->place_fd) < 0)
		return err_set(e, errno, "attach the layers at %s", in->config->rootfs);
	if (directory_make(l->scratch_fd, "lower", 0700, NULL, &lower, e) < 0 ||
	    directory_make(l->scratch_fd, "layer", 0700, NULL, &l->store_fd, e) < 0)
		return -1;
	if (sys_move_mount(in->root_fd, lower) < 0)
		return err_set(e, errno, "attach %s", in->config->rootfs);
	l->lower_fd = in->root_fd;
	return in->overlay_fd >= 0 ? store_attach(l, e) : xattrs_probe(l, l->store_fd, e);
}

static int layer_make(struct layer *l, struct error *e)
{
	const struct inside *in = l->in;
	char path[FD_PATH];

	if (layer_begin(l, e) < 0 || layer_mounts_read(l->lower_fd, l->mounts, e) < 0 ||
	    layer_lay(l, "", l->lower_fd, e) < 0 || mounts_lay(l, e) < 0)
		return -1;
	withheld_tell(l);
	if (strcmp(in->config->rootfs, "/") == 0 && !is_covered(in->config, "/run") &&
	    layer_empty_lay(l, "/run", in->config->rootfs_readonly, e) < 0)
		return -1;
	if (in->overlay_place && layer_empty_lay(l, in->overlay_place, true, e) < 0)
		return -1;
	/* The overlays have what they need of it. Where pivot_root(2) does not take the host's tree away, it must not be
	 * what a new procfs in a user namespace is allowed by: see root.c. */
	if (in->config->no_pivot && umount2(fd_path(l->lower_fd, path), MNT_DETACH) < 0)
		return err_set(e, errno, "detach %s", in->config->rootfs);
	return 0;
}

int overlay_lay(struct inside *in, struct error *e)
{
	struct layer_mounts mounts = {0};
	struct layer l = {.in = in,
			  .scratch_fd = -1,
			  .lower_fd = -1,
			  .store_fd = -1,
			  .root_fd = -1,
			  .mounts = &mounts};
	int result;

	if (!in->config->overlay.set)
		return 0;
	result = layer_make(&l, e);
	layer_mounts_end(&mounts);
	in->slash_fd = l.root_fd;
	fd_close(&l.scratch_fd);
	fd_close(&l.store_fd);
	return result;
}
