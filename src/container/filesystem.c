/*
 * filesystem.c - new filesystems, and new options for one that is there. Runs inside.
 *
 * The kernel takes options one by one (fsconfig(2)), so that an error can name the one that it did not like. A new
 * filesystem is a detached mount until somebody attaches it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/fd.h"
#include "base/file.h"
#include "container/mounts.h"

uint64_t mount_attributes(uint32_t flags)
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

struct sys_mount_attr mount_attr_of(uint32_t set, uint32_t clear)
{
	const uint32_t atime = MOUNT_NOATIME | MOUNT_RELATIME | MOUNT_STRICTATIME;
	struct sys_mount_attr attr = {
		.set = mount_attributes(set),
		.clear = mount_attributes(clear & ~set & ~atime),
	};

	/* The three kinds of atime are one field, which has to be cleared whole; nothing in it is relatime. */
	if ((set | clear) & atime)
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

static int configure_all(int fs_fd, const struct config_strings *data, uint32_t super,
			 struct error *e)
{
	static const struct {
		uint32_t flag;
		const char *key;
	} table[] = {
		{SUPER_RDONLY, "ro"},	      {SUPER_SYNC, "sync"}, {SUPER_DIRSYNC, "dirsync"},
		{SUPER_LAZYTIME, "lazytime"}, {SUPER_MAND, "mand"},
	};

	for (size_t i = 0; data && i < data->n; i++)
		if (configure(fs_fd, data->v[i], e) < 0)
			return -1;
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
	if (configure_all(fs, data, super, e) < 0)
		return err_within(e, "%s", type);
	if (sys_fsconfig_create(fs) < 0)
		return err_set(e, errno, "make a %s", type);
	*ret_fd = sys_fsmount(fs, (uint32_t)attributes);
	if (*ret_fd < 0)
		return err_set(e, errno, "mount a %s", type);
	return 0;
}

int filesystem_reconfigure(int mount_fd, const struct config_strings *data, uint32_t super,
			   struct error *e)
{
	OWNED_FD fs = sys_fspick(mount_fd);

	if (fs < 0)
		return err_set(e, errno, "reconfigure (is something mounted there?)");
	if (configure_all(fs, data, super, e) < 0)
		return -1;
	if (sys_fsconfig_reconfigure(fs) < 0)
		return err_set(e, errno, "reconfigure");
	return 0;
}

int filesystem_set_iversion(int mount_fd, uint32_t flags, uint32_t super, struct error *e)
{
	static const struct {
		uint32_t flag;
		unsigned long ms;
	} mount_table[] = {
		{MOUNT_RDONLY, MS_RDONLY},
		{MOUNT_NOSUID, MS_NOSUID},
		{MOUNT_NODEV, MS_NODEV},
		{MOUNT_NOEXEC, MS_NOEXEC},
		{MOUNT_NOSYMFOLLOW, MS_NOSYMFOLLOW},
		{MOUNT_NODIRATIME, MS_NODIRATIME},
		{MOUNT_NOATIME, MS_NOATIME},
		{MOUNT_RELATIME, MS_RELATIME},
		{MOUNT_STRICTATIME, MS_STRICTATIME},
	};
	unsigned long ms = MS_REMOUNT | MS_I_VERSION;
	char path[40];

	for (size_t i = 0; i < sizeof(mount_table) / sizeof(mount_table[0]); i++)
		if (flags & mount_table[i].flag)
			ms |= mount_table[i].ms;
	ms |= (super & SUPER_RDONLY ? MS_RDONLY : 0) | (super & SUPER_SYNC ? MS_SYNCHRONOUS : 0) |
	      (super & SUPER_LAZYTIME ? MS_LAZYTIME : 0) | (super & SUPER_MAND ? MS_MANDLOCK : 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", mount_fd);
	if (mount(NULL, path, NULL, ms, NULL) < 0)
		return err_set(e, errno, "option iversion");
	return 0;
}

int filesystem_has_device(struct inside *in, const char *type, bool *ret, struct error *e)
{
	char list[8192], *at = list;

	if (proc_open(in, e) < 0 ||
	    file_read_at(in->proc_fd, "filesystems", list, sizeof(list), NULL, e) < 0)
		return -1;
	*ret = false;
	while (*at) { /* "nodev\ttmpfs\n", "\text4\n" */
		char *end = at + strcspn(at, "\n"), *next = *end ? end + 1 : end;

		*end = '\0';
		if (*at == '\t' && strcmp(at + 1, type) == 0)
			*ret = true;
		at = next;
	}
	return 0;
}
