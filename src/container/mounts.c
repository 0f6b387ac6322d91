/*
 * mounts.c - the mounts of the configuration, in their order. Runs inside.
 *
 * Each is made detached: a new filesystem by fsopen(2) and fsmount(2), a bind mount by the outside's
 * open_tree(2). Its flags are set while nobody can reach it. Then its place is resolved inside the root
 * (and made, where it is missing), and the mount is attached to the descriptor of that place: between
 * resolving and attaching there is no path that could be exchanged (CVE-2021-30465 and its many kin).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/sys.h"
#include "container/steps.h"

static uint64_t mount_attributes(uint32_t flags)
{
	static const struct {
		uint32_t flag;
		uint64_t attribute;
	} table[] = {
		{MOUNT_RDONLY, SYS_MOUNT_ATTR_RDONLY},
		{MOUNT_NOSUID, SYS_MOUNT_ATTR_NOSUID},
		{MOUNT_NODEV, SYS_MOUNT_ATTR_NODEV},
		{MOUNT_NOEXEC, SYS_MOUNT_ATTR_NOEXEC},
		{MOUNT_NOSYMFOLLOW, SYS_MOUNT_ATTR_NOSYMFOLLOW},
		{MOUNT_NODIRATIME, SYS_MOUNT_ATTR_NODIRATIME},
		{MOUNT_NOATIME, SYS_MOUNT_ATTR_NOATIME},
		{MOUNT_RELATIME, SYS_MOUNT_ATTR_RELATIME},
		{MOUNT_STRICTATIME, SYS_MOUNT_ATTR_STRICTATIME},
	};
	uint64_t attributes = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (flags & table[i].flag)
			attributes |= table[i].attribute;
	return attributes;
}

/* What mount_setattr(2) is to do; the three kinds of atime are one field, which has to be cleared whole. */
static struct sys_mount_attr attr_of(uint32_t set, uint32_t clear)
{
	struct sys_mount_attr attr = {
		.set = mount_attributes(set),
		.clear = mount_attributes(clear & ~set),
	};

	if ((set | clear) & (MOUNT_NOATIME | MOUNT_RELATIME | MOUNT_STRICTATIME))
		attr.clear |= SYS_MOUNT_ATTR_ATIME;
	return attr;
}

/* One "key" or "key=value" of a filesystem's own options, to its open context. */
static int configure(int fs_fd, const char *option, struct error *e)
{
	const char *equals = strchr(option, '=');
	char key[64];
	int result;

	if (!equals) {
		result = sys_fsconfig_flag(fs_fd, option);
	} else {
		size_t length = (size_t)(equals - option);

		if (length >= sizeof(key))
			return err_set(e, EINVAL, "option %s", option);
		memcpy(key, option, length);
		key[length] = '\0';
		result = sys_fsconfig_string(fs_fd, key, equals + 1);
	}
	return result < 0 ? err_set(e, errno, "option %s", option) : 0;
}

static int configure_super(int fs_fd, uint32_t super, struct error *e)
{
	static const struct {
		uint32_t flag;
		const char *key;
	} table[] = {
		{SUPER_RDONLY, "ro"},	      {SUPER_SYNC, "sync"}, {SUPER_DIRSYNC, "dirsync"},
		{SUPER_LAZYTIME, "lazytime"}, {SUPER_MAND, "mand"}, {SUPER_IVERSION, "iversion"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if ((super & table[i].flag) && configure(fs_fd, table[i].key, e) < 0)
			return -1;
	return 0;
}

int filesystem_make(const char *type, const char *source, const struct config_strings *data,
		    uint32_t super, uint64_t attributes, int *ret_fd, struct error *e)
{
	OWNED_FD fs = sys_fsopen(type);

	if (fs < 0)
		return err_set(e, errno, "filesystem type %s", type);
	if (source && *source && sys_fsconfig_string(fs, "source", source) < 0)
		return err_set(e, errno, "source %s", source);
	for (size_t i = 0; data && i < data->n; i++)
		if (configure(fs, data->v[i], e) < 0)
			return err_within(e, "%s", type);
	if (configure_super(fs, super, e) < 0)
		return err_within(e, "%s", type);
	if (sys_fsconfig_create(fs) < 0)
		return err_set(e, errno, "make a %s", type);
	*ret_fd = sys_fsmount(fs, (uint32_t)attributes);
	if (*ret_fd < 0)
		return err_set(e, errno, "mount a %s", type);
	return 0;
}

/* The flags, propagation and recursive flags of a detached mount. */
static int dress(int fd, const struct config_mount *m, struct error *e)
{
	static const unsigned long propagation[] = {
		[PROPAGATION_PRIVATE] = MS_PRIVATE,
		[PROPAGATION_SLAVE] = MS_SLAVE,
		[PROPAGATION_SHARED] = MS_SHARED,
		[PROPAGATION_UNBINDABLE] = MS_UNBINDABLE,
	};
	struct sys_mount_attr attr = attr_of(m->rec_set, m->rec_clear);

	if ((attr.set | attr.clear) != 0 && sys_mount_setattr(fd, SYS_AT_RECURSIVE, &attr) < 0)
		return err_set(e, errno, "set flags of the whole tree");
	attr = attr_of(m->set, m->clear);
	if (m->bind && (attr.set | attr.clear) != 0 && sys_mount_setattr(fd, 0, &attr) < 0)
		return err_set(e, errno, "set flags");
	if (m->propagation == PROPAGATION_NONE)
		return 0;
	attr = (struct sys_mount_attr){.propagation = propagation[m->propagation]};
	if (sys_mount_setattr(fd, m->propagation_recursive ? SYS_AT_RECURSIVE : 0, &attr) < 0)
		return err_set(e, errno, "set propagation");
	return 0;
}

/* A directory that is reached without a link. */
static int open_real(const struct inside *in, const char *path, int *ret_fd)
{
	*ret_fd = sys_openat2(in->slash_fd, path, O_PATH | O_DIRECTORY, 0,
			      RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
	return *ret_fd < 0 ? -1 : 0;
}

/*
 * Opens the place of a mount, making it where it is missing. procfs and sysfs go to real directories only:
 * an image whose /proc is a link elsewhere would otherwise get its masks applied to a fake.
 */
static int open_place(const struct inside *in, const struct config_mount *m, int *ret_fd,
		      struct error *e)
{
	bool kernel_fs = m->type && (strcmp(m->type, "proc") == 0 || strcmp(m->type, "sysfs") == 0);
	struct stat st = {.st_mode = S_IFDIR};
	int index = (int)(m - in->config->mounts);

	if (kernel_fs && open_real(in, m->destination, ret_fd) == 0)
		return 0;
	if (kernel_fs && errno != ENOENT)
		return err_set(e, errno, "a %s goes to a real directory only", m->type);
	if (m->bind && fstat(in->mount_fds[index], &st) < 0)
		return err_set(e, errno, "stat %s", m->source);
	if (path_make_in(in->slash_fd, m->destination, !S_ISDIR(st.st_mode), ret_fd, e) < 0)
		return e->no == EROFS ? err_hint(e, "the root filesystem is read-only and has no "
						    "such mount point")
				      : -1;
	if (kernel_fs) { /* just made: once more, in case that it was exchanged meanwhile */
		fd_close(ret_fd);
		if (open_real(in, m->destination, ret_fd) < 0)
			return err_set(e, errno, "a %s goes to a real directory only", m->type);
	}
	return 0;
}

/* Whether this host has the one v2 hierarchy and no other: "0::/..." is then the only line (cgroups(7)). */
static int cgroup_layout(struct inside *in, char *text, size_t size, bool *ret_pure_v2,
			 struct error *e)
{
	if (proc_open(in, e) < 0 || file_read_at(in->proc_fd, "self/cgroup", text, size, NULL, e) < 0)
		return -1;
	*ret_pure_v2 = strncmp(text, "0::", 3) == 0;
	return 0;
}

/* One v1 hierarchy (@controllers as /proc/self/cgroup names them, "" for the v2 one) below @dir_fd. */
static int hierarchy_attach(int dir_fd, char *controllers, uint64_t attributes, struct error *e)
{
	const char *name = *controllers ? controllers : "unified";
	char *options[16];
	struct config_strings data = {.v = options};
	OWNED_FD fs = -1, place = -1;

	if (strncmp(name, "name=", 5) == 0)
		name += 5;
	if (path_make_in(dir_fd, name, false, &place, e) < 0)
		return -1;
	for (char *at = controllers; *controllers && at && data.n < 16;) {
		options[data.n++] = at;
		at = strchr(at, ',');
		if (at)
			*at++ = '\0';
	}
	if (filesystem_make(*controllers ? "cgroup" : "cgroup2", "cgroup", &data, 0, attributes,
			    &fs, e) < 0)
		return err_within(e, "hierarchy %s", name);
	if (sys_move_mount(fs, place) < 0)
		return err_set(e, errno, "attach hierarchy %s", name);
	return 0;
}

/*
 * Whether the container has a cgroup of its own in a hierarchy (named by its controllers). In the others it is where
 * mini-run is, and a mount would show the host's groups.
 */
static bool has_own_cgroup(const struct inside *in, const char *controllers)
{
	const char *name = *controllers ? controllers : "unified";
	size_t length = strcspn(name, ",");

	for (const char *at = in->own_cgroups; *at; at += strspn(at, " ,")) {
		size_t n = strcspn(at, " ,");

		if (n == length && strncmp(at, name, n) == 0)
			return true;
		at += n;
	}
	return false;
}

/*
 * The container's own cgroups where v1 controllers are mounted: a tmpfs, already attached at @dir_fd, gets a
 * directory for each hierarchy that /proc/self/cgroup names, the layout that programs know from the host.
 */
static int cgroup_v1_attach(const struct inside *in, int dir_fd, char *text,
			    const struct config_mount *m, struct error *e)
{
	struct sys_mount_attr read_only = {.set = SYS_MOUNT_ATTR_RDONLY};
	char *line, *next;

	for (line = text; *line; line = next) {
		char *controllers = strchr(line, ':'), *end;

		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		end = controllers ? strchr(++controllers, ':') : NULL;
		if (!end)
			return err_set(e, EBADMSG, "read /proc/self/cgroup");
		*end = '\0';
		if (!has_own_cgroup(in, controllers))
			continue;
		if (hierarchy_attach(dir_fd, controllers, mount_attributes(m->set), e) < 0)
			return -1;
	}
	if ((m->set & MOUNT_RDONLY) && sys_mount_setattr(dir_fd, 0, &read_only) < 0)
		return err_set(e, errno, "make read-only");
	return 0;
}

/* Makes what is not a bind mount. For a cgroup on a v1 host that is the tmpfs that holds the hierarchies. */
static int make_new(const struct config_mount *m, bool cgroup, bool cgroup_v1, int *ret_fd,
		    struct error *e)
{
	char *mode[] = {(char *)"mode=755"};
	struct config_strings data = {.v = mode, .n = 1};

	if (cgroup_v1)
		return filesystem_make("tmpfs", "cgroup", &data, 0,
				       mount_attributes(m->set & ~(uint32_t)MOUNT_RDONLY), ret_fd, e);
	return filesystem_make(cgroup ? "cgroup2" : m->type, m->source, &m->data, m->super,
			       mount_attributes(m->set), ret_fd, e);
}

/*
 * A destination that a link in the image leads to one of the container's own filesystems: a volume meant for /data
 * would cover /dev or a part of /proc. By name those places are refused by config_check.
 */
static int place_check(const struct inside *in, const struct config_mount *m, int place,
		       struct error *e)
{
	struct stat st, other;
	struct statfs fs;

	if (fstat(place, &st) < 0 || fstatfs(place, &fs) < 0)
		return err_set(e, errno, "stat the mount point");
	if (m->bind && (fstat(in->mount_fds[m - in->config->mounts], &other) < 0 ||
			S_ISDIR(other.st_mode) != S_ISDIR(st.st_mode)))
		return err_set(e, 0, "%s is %s, and what it would be mounted on is %s", m->source,
			       S_ISDIR(other.st_mode) ? "a directory" : "no directory",
			       S_ISDIR(st.st_mode) ? "a directory" : "none");
	for (const struct config_mount *o = in->config->mounts; o < m; o++) {
		int fd = in->mount_fds[o - in->config->mounts];

		if (o->bind || strcmp(o->destination, m->destination) == 0)
			continue;
		if (fstat(fd, &other) == 0 && other.st_dev == st.st_dev && other.st_ino == st.st_ino)
			return err_set(e, ELOOP, "a link in the root filesystem leads to %s",
				       o->destination);
	}
	if (fs.f_type == PROC_SUPER_MAGIC && strncmp(m->destination, "/proc/", 6) != 0)
		return err_set(e, ELOOP,
			       "a link in the root filesystem leads into a proc filesystem");
	return 0;
}

static int attach_one(struct inside *in, const struct config_mount *m, struct error *e)
{
	OWNED_FD made = -1, place = -1;
	bool cgroup = !m->bind && m->type && strcmp(m->type, "cgroup") == 0;
	bool pure_v2 = true;
	char layout[4096];
	int fd;

	if (cgroup && cgroup_layout(in, layout, sizeof(layout), &pure_v2, e) < 0)
		return -1;
	if (cgroup && pure_v2 && !has_own_cgroup(in, ""))
		return 0; /* no cgroup of its own: nothing to show but the host's */
	if (!m->bind && make_new(m, cgroup, !pure_v2, &made, e) < 0)
		return -1;
	fd = m->bind ? in->mount_fds[m - in->config->mounts] : made;
	if (dress(fd, m, e) < 0 || open_place(in, m, &place, e) < 0 ||
	    place_check(in, m, place, e) < 0)
		return -1;
	if (sys_move_mount(fd, place) < 0)
		return err_set(e, errno, "attach");
	if (!m->bind)
		in->mount_fds[m - in->config->mounts] = fd_give(&made);
	if (!pure_v2)
		return cgroup_v1_attach(in, fd, layout, m, e);
	if (!m->bind && m->type && strcmp(m->type, "proc") == 0 && in->proc_fd < 0)
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

int mounted_open(const struct inside *in, const char *path)
{
	const struct config *c = in->config;

	/* The last mount that the path is in: later ones lie over earlier ones. */
	for (size_t i = c->mounts_n; i-- > 0;) {
		size_t length = strlen(c->mounts[i].destination);

		if (in->mount_fds[i] >= 0 && strncmp(path, c->mounts[i].destination, length) == 0 &&
		    (path[length] == '/' || path[length] == '\0'))
			return sys_openat2(in->mount_fds[i], path[length] ? path + length + 1 : ".",
					   O_PATH, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
	}
	return path_open_in(in->slash_fd, path, O_PATH);
}
