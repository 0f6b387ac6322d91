/*
 * check_mounts.c - rules about mounts, masks and devices. Portable.
 *
 * Whoever can put something of his own over /proc chooses what mini-run writes to and reads from
 * there (CVE-2019-16884, CVE-2023-27561 and their family), and what the masks lie on. So nothing is
 * mounted over or below it but proc itself, and the single files that lxcfs and its like replace.
 */
#include "config/check_parts.h"

#include <string.h>

#include "config/container_path.h"

static const char *const replaceable_proc_files[] = {
	"/proc/cpuinfo", "/proc/diskstats",
	"/proc/loadavg", "/proc/meminfo",
	"/proc/net/dev", "/proc/slabinfo",
	"/proc/stat",	 "/proc/swaps",
	"/proc/uptime",	 "/proc/sys/kernel/ns_last_pid",
};

#define ATIME_FLAGS (MOUNT_NOATIME | MOUNT_RELATIME | MOUNT_STRICTATIME)

static int check_proc(const struct config *c, const struct config_mount *m, struct error *e)
{
	enum container_path_relation relation = container_path_to(m->destination, "/proc");

	if (relation == PATH_ELSEWHERE)
		return 0;
	if (relation == PATH_SAME && !m->bind && m->type && strcmp(m->type, "proc") == 0)
		return 0;
	/* What engines do where the pid namespace is the host's; that it is a proc filesystem is seen when it is
	 * attached. */
	if (c->oci_version && relation == PATH_SAME && m->bind && m->source &&
	    strcmp(m->source, "/proc") == 0)
		return 0;
	for (size_t i = 0; m->bind && i < sizeof(replaceable_proc_files) / sizeof(char *); i++)
		if (container_path_to(m->destination, replaceable_proc_files[i]) == PATH_SAME)
			return 0;
	return err_set(e, 0,
		       "mount on %.200s: nothing may be mounted over or below /proc (but single "
		       "files such as /proc/cpuinfo)",
		       m->destination);
}

static bool one_atime_at_most(uint32_t flags)
{
	flags &= ATIME_FLAGS;
	return (flags & (flags - 1)) == 0;
}

/* A bind mount is what the kernel lets map ids; and without maps of its own it takes the container's. */
static int check_idmapped(const struct config *c, const struct config_mount *m, struct error *e)
{
	if (m->idmap == MOUNT_IDMAP_NONE)
		return 0;
	if (!m->bind)
		return err_set(e, 0,
			       "mount on %.200s: only a bind mount can map ids (idmap, ridmap, "
			       "uidMappings, gidMappings)",
			       m->destination);
	if (m->idmaps.uids == 0 && !check_has_own(c, NS_USER))
		return err_set(e, 0,
			       "mount on %.200s: to map ids it needs uidMappings and gidMappings, "
			       "or the container a user namespace",
			       m->destination);
	return 0;
}

static int check_mount(const struct config *c, const struct config_mount *m, struct error *e)
{
	if (!m->destination)
		return err_set(e, 0, "a mount has no destination");
	if (container_path_check(m->destination, "mount on", e) < 0)
		return -1;
	if (container_path_to(m->destination, "/") == PATH_SAME)
		return err_set(e, 0, "mount on %.200s: that is the root directory itself",
			       m->destination);
	if (check_proc(c, m, e) < 0)
		return -1;
	if (m->bind && !m->remount && (!m->source || *m->source == '\0'))
		return err_set(e, 0, "mount on %.200s: a bind mount needs a source", m->destination);
	if (!m->bind && !m->remount && (!m->type || *m->type == '\0'))
		return err_set(e, 0, "mount on %.200s: needs a type", m->destination);
	if ((m->set & m->clear) || (m->rec_set & m->rec_clear))
		return err_set(e, 0, "mount on %.200s: a flag is both set and cleared",
			       m->destination);
	if (!one_atime_at_most(m->set) || !one_atime_at_most(m->rec_set))
		return err_set(
			e, 0, "mount on %.200s: noatime, relatime and strictatime exclude each other",
			m->destination);
	if (check_idmapped(c, m, e) < 0)
		return -1;
	if (m->tmpcopyup && (!m->type || strcmp(m->type, "tmpfs") != 0))
		return err_set(e, 0, "mount on %.200s: only a tmpfs can copy what it hides",
			       m->destination);
	return 0;
}

static int check_paths(const struct config_strings *paths, const char *what, struct error *e)
{
	for (size_t i = 0; i < paths->n; i++)
		if (container_path_check(paths->v[i], what, e) < 0)
			return -1;
	return 0;
}

#define DEVICE_NUMBER_MOST INT64_C(0xffffffff)

static int check_device(const struct config_device *d, struct error *e)
{
	if (!d->path)
		return err_set(e, 0, "a device has no path");
	if (container_path_check(d->path, "device", e) < 0)
		return -1;
	if (container_path_to(d->path, "/") == PATH_SAME)
		return err_set(e, 0, "device %.200s: that is the root directory", d->path);
	if (d->type == '\0' || !strchr("cbup", d->type))
		return err_set(e, 0, "device %.200s: its type is none of c, b, u and p", d->path);
	if (d->type != 'p' && (d->major < 0 || d->major > DEVICE_NUMBER_MOST || d->minor < 0 ||
			       d->minor > DEVICE_NUMBER_MOST))
		return err_set(e, 0, "device %.200s: needs a major and a minor number", d->path);
	return 0;
}

static int check_devices(const struct config *c, struct error *e)
{
	for (size_t i = 0; i < c->devices_n; i++) {
		if (check_device(&c->devices[i], e) < 0)
			return -1;
		for (size_t j = 0; j < i; j++)
			if (container_path_to(c->devices[i].path, c->devices[j].path) == PATH_SAME)
				return err_set(e, 0, "device %.200s is there twice",
					       c->devices[i].path);
	}
	return 0;
}

static int check_overlay(const struct config *c, struct error *e)
{
	const struct config_overlay *o = &c->overlay;

	if (o->size > 0 && !o->set)
		return err_set(e, 0, "--overlay-size: needs --overlay");
	if (o->size > 0 && o->dir)
		return err_set(
			e, 0,
			"--overlay-size: is for a layer in memory, and %.200s is bounded by the "
			"filesystem that it lies in",
			o->dir);
	if (o->dir && c->rootfs_readonly)
		return err_set(
			e, 0,
			"--overlay=%.200s with --read-only: nothing would be written that could be "
			"kept",
			o->dir);
	return 0;
}

int check_mounts(const struct config *c, struct error *e)
{
	if (check_overlay(c, e) < 0)
		return -1;
	for (size_t i = 0; i < c->mounts_n; i++)
		if (check_mount(c, &c->mounts[i], e) < 0)
			return -1;
	if (check_paths(&c->masked_paths, "masked path", e) < 0 ||
	    check_paths(&c->readonly_paths, "read-only path", e) < 0)
		return -1;
	return check_devices(c, e);
}
