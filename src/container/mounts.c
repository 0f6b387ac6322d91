/*
 * mounts.c - the mounts of the configuration, in their order. Runs inside.
 *
 * Each is made detached: a new filesystem by fsopen(2) and fsmount(2), a bind mount by the outside's
 * open_tree(2). Its flags are set while nobody can reach it. Then its place is resolved inside the root
 * (and made, where it is missing), and the mount is attached to the descriptor of that place: between
 * resolving and attaching there is no path that could be exchanged (CVE-2021-30465 and its many kin).
 *
 * filesystem.c makes filesystems, mount_place.c finds the places; cgroups, the option "remount" and copies of what a
 * tmpfs hides have files of their own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "config/container_path.h"
#include "container/mounts.h"

int mount_dress(int fd, const struct config_mount *m, struct error *e)
{
	static const unsigned long propagation[] = {
		[PROPAGATION_PRIVATE] = MS_PRIVATE,
		[PROPAGATION_SLAVE] = MS_SLAVE,
		[PROPAGATION_SHARED] = MS_SHARED,
		[PROPAGATION_UNBINDABLE] = MS_UNBINDABLE,
	};
	struct sys_mount_attr attr = mount_attr_of(m->rec_set, m->rec_clear);

	if ((attr.set | attr.clear) != 0 && sys_mount_setattr(fd, SYS_AT_RECURSIVE, &attr) < 0)
		return err_set(e, errno, "set flags of the whole tree");
	attr = mount_attr_of(m->set, m->clear);
	if (m->bind && (attr.set | attr.clear) != 0 && sys_mount_setattr(fd, 0, &attr) < 0)
		return err_set(e, errno, "set flags");
	if (m->propagation == PROPAGATION_NONE)
		return 0;
	attr = (struct sys_mount_attr){.propagation = propagation[m->propagation]};
	if (sys_mount_setattr(fd, m->propagation_recursive ? SYS_AT_RECURSIVE : 0, &attr) < 0)
		return err_set(e, errno, "set propagation");
	return 0;
}

/* ---- new filesystems ---- */

/* What SELinux is to call the files of a new filesystem; those of the kernel's own kinds have fixed names. */
static bool takes_label(const struct config_mount *m)
{
	static const char *const fixed[] = {"proc", "sysfs", "mqueue"};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (strcmp(m->type, fixed[i]) == 0)
			return false;
	return true;
}

static bool has_option(const struct config_strings *data, const char *key)
{
	for (size_t i = 0; i < data->n; i++)
		if (strncmp(data->v[i], key, strlen(key)) == 0)
			return true;
	return false;
}

/* /dev/mqueue is labelled by its root directory, not by an option. */
static int label_mqueue(const struct inside *in, int fd, struct error *e)
{
	const char *label = in->config->mount_label;
	OWNED_FD root = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0 || fsetxattr(root, "security.selinux", label, strlen(label) + 1, 0) < 0)
		return err_set(e, errno, "label %s", label);
	return 0;
}

/*
 * A tmpfs over a directory that is there has that one's mode, where the configuration names none: what runtimes do
 * by convention for a config.json, so that a tmpfs on /tmp is for everybody and one on /root is not.
 */
static int hidden_mode(const struct inside *in, const struct config_mount *m, char *ret, size_t size)
{
	OWNED_FD fd = -1;
	struct stat st;

	*ret = '\0';
	if ((!in->config->oci_version && !m->tmpcopyup) || strcmp(m->type, "tmpfs") != 0 ||
	    has_option(&m->data, "mode="))
		return 0;
	fd = path_open_in(in->slash_fd, m->destination, O_PATH | O_DIRECTORY);
	if (fd < 0)
		return 0; /* it will be made, or it is an error when it is opened as the place */
	if (fstat(fd, &st) < 0)
		return -1;
	snprintf(ret, size, "mode=%o", st.st_mode & 07777);
	return 0;
}

#define OPTIONS_MOST 128

static int make_new(struct inside *in, const struct config_mount *m, int *ret_fd, struct error *e)
{
	const char *label = in->config->mount_label;
	char context[1024], mode[16];
	char *options[OPTIONS_MOST + 2];
	struct config_strings data = {.v = options};
	uint32_t super = m->super & ~(uint32_t)(SUPER_IVERSION | SUPER_RDONLY), set = m->set;
	bool has_device = false;

	if (m->data.n > OPTIONS_MOST)
		return err_set(e, E2BIG, "more than %d options", OPTIONS_MOST);
	if (hidden_mode(in, m, mode, sizeof(mode)) < 0)
		return err_set(e, errno, "stat what it hides");
	if (*mode)
		options[data.n++] = mode;
	for (size_t i = 0; i < m->data.n; i++)
		options[data.n++] = m->data.v[i];
	if (label && *label && takes_label(m)) {
		if ((size_t)snprintf(context, sizeof(context), "context=%s", label) >= sizeof(context))
			return err_set(e, ENAMETOOLONG, "linux.mountLabel");
		options[data.n++] = context;
	}
	if ((m->set & MOUNT_RDONLY) && m->source && *m->source == '/' &&
	    filesystem_has_device(in, m->type, &has_device, e) < 0)
		return -1;
	if (has_device) /* a read-only mount alone would still write its journal and mount count */
		super |= SUPER_RDONLY;
	if (m->tmpcopyup) /* read-only once it is filled */
		set &= ~(uint32_t)MOUNT_RDONLY;
	if (filesystem_make(m->type, m->source, &data, super, mount_attributes(set), ret_fd, e) < 0)
		return e->no == EPERM && in->in_user_ns && strcmp(m->type, "sysfs") == 0
			       ? err_hint(e, "in a user namespace it needs a network namespace of "
					     "its own")
			       : -1;
	if (label && *label && strcmp(m->type, "mqueue") == 0)
		return label_mqueue(in, *ret_fd, e);
	return 0;
}

/* tmpcopyup: what the directory @place holds, and its owner, to the new filesystem @fd. */
static int copy_up(const struct config_mount *m, int place, int fd, struct error *e)
{
	const struct sys_mount_attr read_only = {.set = SYS_MOUNT_ATTR_RDONLY};
	struct stat st;

	if (directory_copy(place, fd, e) < 0)
		return -1;
	if (!has_option(&m->data, "uid=") && !has_option(&m->data, "gid=") &&
	    (fstat(place, &st) < 0 ||
	     (fchownat(fd, "", st.st_uid, st.st_gid, AT_EMPTY_PATH) < 0 && errno != EINVAL)))
		return err_set(e, errno, "set owner");
	if ((m->set & MOUNT_RDONLY) && sys_mount_setattr(fd, 0, &read_only) < 0)
		return err_set(e, errno, "make read-only");
	return 0;
}

/* ---- attaching ---- */

/* Over /proc only a proc filesystem may lie, also when it comes from the host. */
static int check_bound_proc(const struct config_mount *m, int fd, struct error *e)
{
	struct statfs fs;

	if (!m->bind || container_path_to(m->destination, "/proc") != PATH_SAME)
		return 0;
	if (fstatfs(fd, &fs) < 0)
		return err_set(e, errno, "stat %s", m->source);
	if (fs.f_type != PROC_SUPER_MAGIC)
		return err_set(e, 0, "%s is not a proc filesystem, and nothing else may lie there",
			       m->source);
	return 0;
}

static int attach_one(struct inside *in, const struct config_mount *m, struct error *e)
{
	int *slot = &in->mount_fds[m - in->config->mounts];
	OWNED_FD made = -1, place = -1;
	int fd;

	if (m->remount)
		return mount_again(in, m, e);
	if (mount_is_cgroup(m))
		return mount_cgroup(in, m, e);
	if (!m->bind && make_new(in, m, &made, e) < 0)
		return -1;
	fd = m->bind ? *slot : made;
	if (check_bound_proc(m, fd, e) < 0 || mount_dress(fd, m, e) < 0 ||
	    mount_place_open(in, m, &place, e) < 0 || mount_place_check(in, m, place, e) < 0)
		return -1;
	if (!m->bind && m->tmpcopyup && copy_up(m, place, fd, e) < 0)
		return -1;
	if (sys_move_mount(fd, place) < 0)
		return err_set(e, errno, "attach");
	if (!m->bind)
		*slot = fd_give(&made);
	if (!m->bind && (m->super & SUPER_IVERSION) &&
	    filesystem_set_iversion(fd, m->set, m->super, e) < 0)
		return -1;
	if (!m->bind && strcmp(m->type, "proc") == 0 && in->proc_fd < 0)
		in->proc_fd = fd;
	return 0;
}

int mounts_attach(struct inside *in, struct error *e)
{
	for (size_t i = 0; i < in->config->mounts_n; i++)
		if (attach_one(in, &in->config->mounts[i], e) < 0)
			return err_within(e, "%s", in->config->mounts[i].destination);
	return 0;
}

/* What follows of @path behind @destination, without slashes in front; NULL where it does not lie in there. */
static const char *path_in_mount(const char *path, const char *destination)
{
	for (;;) {
		size_t n;

		path += strspn(path, "/");
		destination += strspn(destination, "/");
		n = strcspn(destination, "/");
		if (n == 0)
			return path;
		if (strncmp(path, destination, n) != 0 || (path[n] != '/' && path[n] != '\0'))
			return NULL;
		path += n;
		destination += n;
	}
}

int mounted_open(const struct inside *in, const char *path)
{
	const struct config *c = in->config;

	/* The last mount that the path is in: later ones lie over earlier ones. */
	for (size_t i = c->mounts_n; i-- > 0;) {
		const char *rest =
			in->mount_fds[i] >= 0 ? path_in_mount(path, c->mounts[i].destination) : NULL;

		if (rest && !*rest) /* what is mounted there itself, which may be a file */
			return fcntl(in->mount_fds[i], F_DUPFD_CLOEXEC, 0);
		if (rest)
			return sys_openat2(in->mount_fds[i], rest, O_PATH, 0,
					   RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
	}
	return path_open_in(in->slash_fd, path, O_PATH);
}
