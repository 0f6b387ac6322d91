/*
 * mount_remount.c - the option "remount": new flags for what is mounted already. Runs inside.
 *
 * Flags that are named are set or cleared on that one mount, and the others stay as they are: mount(2) would take
 * away what is not said again, nosuid of a proc filesystem for instance. Options of the filesystem itself change it
 * for everybody who has it mounted; so a "ro" reaches it only where this container has made it: sysfs is the host's.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "config/container_path.h"
#include "container/mounts.h"

/* Whether what is mounted there is a filesystem that this configuration made, and that nobody else has. */
static int is_own(struct inside *in, const struct config_mount *m, bool *ret, struct error *e)
{
	for (const struct config_mount *o = m; o-- > in->config->mounts;) {
		if (o->remount || container_path_to(o->destination, m->destination) != PATH_SAME)
			continue;
		*ret = !o->bind && strcmp(o->type, "tmpfs") == 0;
		return o->bind || *ret ? 0 : filesystem_has_device(in, o->type, ret, e);
	}
	*ret = false;
	return 0;
}

int mount_again(struct inside *in, const struct config_mount *m, struct error *e)
{
	struct sys_mount_attr recursive = mount_attr_of(m->rec_set, m->rec_clear),
			      attr = mount_attr_of(m->set, m->clear);
	OWNED_FD place = path_open_in(in->slash_fd, m->destination, O_PATH);
	struct stat there, other;
	uint32_t super = m->super;
	bool own = false;

	if (place < 0 || fstat(place, &there) < 0)
		return err_set(e, errno, "remount");
	/* A link in the image could lead to another mount of the container's: /sys would become writable. */
	for (const struct config_mount *o = in->config->mounts; o < m; o++) {
		int fd = in->mount_fds[o - in->config->mounts];

		if (fd < 0 || container_path_to(m->destination, o->destination) == PATH_SAME)
			continue;
		if (fstat(fd, &other) == 0 && other.st_dev == there.st_dev &&
		    other.st_ino == there.st_ino)
			return err_set(e, ELOOP, "remount: a link in the root filesystem leads to %s",
				       o->destination);
	}
	if ((super & SUPER_RDONLY) && is_own(in, m, &own, e) < 0)
		return -1;
	if (!own)
		super &= ~(uint32_t)SUPER_RDONLY;
	if (sys_mount_setattr(place, 0, &attr) < 0)
		return errno == EINVAL ? err_set(e, 0, "remount: nothing is mounted there")
				       : err_set(e, errno, "remount: set flags");
	if ((recursive.set | recursive.clear) != 0 &&
	    sys_mount_setattr(place, SYS_AT_RECURSIVE, &recursive) < 0)
		return err_set(e, errno, "remount: set flags of the whole tree");
	if (!m->bind && (m->data.n > 0 || (super & ~(uint32_t)(SUPER_SILENT | SUPER_IVERSION))) &&
	    filesystem_reconfigure(place, &m->data, super, e) < 0)
		return -1;
	if (!m->bind && (super & SUPER_IVERSION) &&
	    filesystem_set_iversion(place, m->set, super, e) < 0)
		return -1;
	return 0;
}
