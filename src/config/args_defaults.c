/*
 * args_defaults.c - what `run ROOTFS CMD` gives to a container that asks for nothing. Portable.
 *
 * Masks, read-only paths and device rules are those of the container engines, because programs and
 * their users are used to them, and what the engines leave open to root and is the host's own: switches of
 * the kernel's log (dynamic_debug), tables of its memory, other users' keys; docs/design.md says what each is good for.
 */
#include "config/args_parts.h"
#include "config/device_rules.h"

#include <string.h>

static const char *const masked_proc[] = {
	"/proc/dynamic_debug",
	"/proc/key-users",
	"/proc/kpagecgroup",
	"/proc/kpagecount",
	"/proc/kpageflags",
	"/proc/slabinfo",
	"/proc/vmallocinfo",
	"/proc/vmcore",
	"/proc/acpi",
	"/proc/asound",
	"/proc/interrupts",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/timer_list",
	"/proc/timer_stats",
	NULL,
};

static const char *const masked_sys[] = {
	"/sys/devices/virtual/powercap",
	"/sys/firmware",
	NULL,
};

static const char *const readonly_proc[] = {
	"/proc/driver", "/proc/bus",	       "/proc/fs", "/proc/irq",
	"/proc/sys",	"/proc/sysrq-trigger", NULL,
};

static const struct config_device_rule deny_all[] = {
	{false, 'a', -1, -1, DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD},
};

static const struct config_device_rule privileged_rules[] = {
	{true, 'a', -1, -1, DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD},
};

struct default_mount {
	struct config_mount mount;
	const char *data[5];
};

static const struct default_mount base_mounts[] = {
	{{.destination = "/proc",
	  .source = "proc",
	  .type = "proc",
	  .set = MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC},
	 {NULL}},
	{{.destination = "/dev",
	  .source = "tmpfs",
	  .type = "tmpfs",
	  .set = MOUNT_NOSUID | MOUNT_NOEXEC | MOUNT_STRICTATIME},
	 {"mode=755", "size=65536k", NULL}},
	{{.destination = "/dev/pts",
	  .source = "devpts",
	  .type = "devpts",
	  .set = MOUNT_NOSUID | MOUNT_NOEXEC},
	 {"newinstance", "ptmxmode=0666", "mode=0620", "gid=5", NULL}},
};

static const struct default_mount sysfs_mounts[] = {
	{{.destination = "/sys",
	  .source = "sysfs",
	  .type = "sysfs",
	  .set = MOUNT_RDONLY | MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC},
	 {NULL}},
	{{.destination = "/sys/fs/cgroup",
	  .source = "cgroup",
	  .type = "cgroup",
	  .set = MOUNT_RDONLY | MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC | MOUNT_RELATIME},
	 {NULL}},
};

static int add_strings(struct config *c, struct config_strings *list, const char *const *words,
		       struct error *e)
{
	for (; *words; words++)
		if (config_strings_add(c, list, *words, e) < 0)
			return -1;
	return 0;
}

static int add_mounts(struct config *c, const struct default_mount *mounts, size_t n, struct error *e)
{
	for (size_t i = 0; i < n; i++) {
		struct config_mount *m =
			arena_append(&c->arena, &c->mounts, &c->mounts_n, sizeof(*m));

		if (!m)
			return err_no_memory(e);
		*m = mounts[i].mount;
		if (add_strings(c, &m->data, mounts[i].data, e) < 0)
			return -1;
	}
	return 0;
}

static int add_rules(struct config *c, const struct config_device_rule *rules, size_t n,
		     struct error *e)
{
	for (size_t i = 0; i < n; i++) {
		struct config_device_rule *rule = arena_append(
			&c->arena, &c->resources.devices, &c->resources.devices_n, sizeof(*rule));

		if (!rule)
			return err_no_memory(e);
		*rule = rules[i];
	}
	return 0;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int args_defaults(struct args *a, struct error *e)
{
	static const enum config_ns_kind kinds[] = {NS_MOUNT, NS_PID, NS_UTS, NS_IPC, NS_CGROUP};
	struct config *c = a->config;
	int r;

	for (size_t i = 0; i < COUNT(kinds); i++)
		c->ns[kinds[i]].mode = NS_NEW;
	c->has_process = true;
	c->default_devices = true;
	c->rootfs_nodev = !a->privileged;
	if (!c->process.cwd)
		c->process.cwd = "/";
	if (!c->process.user.spec)
		c->process.user.spec = "0";
	if (!c->process.user.umask.set)
		c->process.user.umask = (struct config_number){true, 022};
	if (add_mounts(c, base_mounts, COUNT(base_mounts), e) < 0 ||
	    (a->sysfs && add_mounts(c, sysfs_mounts, COUNT(sysfs_mounts), e) < 0))
		return -1;
	if (a->privileged)
		return add_rules(c, privileged_rules, COUNT(privileged_rules), e);
	r = add_strings(c, &c->masked_paths, masked_proc, e);
	if (r == 0 && a->sysfs)
		r = add_strings(c, &c->masked_paths, masked_sys, e);
	if (r == 0)
		r = add_strings(c, &c->readonly_paths, readonly_proc, e);
	if (r == 0)
		r = add_rules(c, deny_all, COUNT(deny_all), e);
	if (r == 0)
		r = device_rules_add_defaults(c, e);
	return r;
}
