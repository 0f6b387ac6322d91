/*
 * args_mounts.c - options about files: volumes, tmpfs, devices, /sys. Portable.
 *
 * What was asked for goes to args.mounts; args_finish() puts it behind mini-run's own mounts. The
 * flags of a bind mount hold for its whole tree: a read-only volume with a writable filesystem
 * somewhere below it would be none, and a device node below it as bad as one in it. And they only
 * ever add to the host's own: "rw", "dev", "suid" and "exec" take a default of ours away, never a
 * flag of the mount that is the source.
 */
#include "config/args_parts.h"

#include <string.h>

#include "base/number.h"
#include "config/container_path.h"

/* ---- words that volumes, mounts and tmpfs share ---- */

static const struct {
	const char *name;
	uint32_t set, unset;
} mount_flags[] = {
	{"ro", MOUNT_RDONLY, 0},
	{"rw", 0, MOUNT_RDONLY},
	{"nosuid", MOUNT_NOSUID, 0},
	{"suid", 0, MOUNT_NOSUID},
	{"nodev", MOUNT_NODEV, 0},
	{"dev", 0, MOUNT_NODEV},
	{"noexec", MOUNT_NOEXEC, 0},
	{"exec", 0, MOUNT_NOEXEC},
	{"nosymfollow", MOUNT_NOSYMFOLLOW, 0},
	{"noatime", MOUNT_NOATIME, MOUNT_RELATIME | MOUNT_STRICTATIME},
	{"relatime", MOUNT_RELATIME, MOUNT_NOATIME | MOUNT_STRICTATIME},
	{"strictatime", MOUNT_STRICTATIME, MOUNT_NOATIME | MOUNT_RELATIME},
	{"nodiratime", MOUNT_NODIRATIME, 0},
};

static const struct {
	const char *name;
	enum config_propagation kind;
	bool recursive;
} propagations[] = {
	{"private", PROPAGATION_PRIVATE, false},
	{"rprivate", PROPAGATION_PRIVATE, true},
	{"slave", PROPAGATION_SLAVE, false},
	{"rslave", PROPAGATION_SLAVE, true},
	{"shared", PROPAGATION_SHARED, false},
	{"rshared", PROPAGATION_SHARED, true},
	{"unbindable", PROPAGATION_UNBINDABLE, false},
	{"runbindable", PROPAGATION_UNBINDABLE, true},
};

static bool apply_flag(struct config_mount *m, const char *word)
{
	for (size_t i = 0; i < sizeof(mount_flags) / sizeof(mount_flags[0]); i++)
		if (strcmp(word, mount_flags[i].name) == 0) {
			m->set &= ~mount_flags[i].unset;
			m->set |= mount_flags[i].set;
			return true;
		}
	return false;
}

static bool apply_propagation(struct config_mount *m, const char *word)
{
	for (size_t i = 0; i < sizeof(propagations) / sizeof(propagations[0]); i++)
		if (strcmp(word, propagations[i].name) == 0) {
			m->propagation = propagations[i].kind;
			m->propagation_recursive = propagations[i].recursive;
			return true;
		}
	return false;
}

static int set_destination(struct args *a, struct config_mount *m, const char *path, struct error *e)
{
	if (container_path_check(path, "destination", e) < 0)
		return -1;
	if (container_path_to(path, "/") == PATH_SAME)
		return err_set(
			e, 0, "the destination is the root directory itself (name a place below it)");
	if (container_path_to(path, "/dev") == PATH_SAME ||
	    container_path_to(path, "/dev/pts") == PATH_SAME)
		return err_set(e, 0, "%.40s is mini-run's own (--device adds single devices to it)",
			       path);
	return args_keep(a, path, &m->destination, e);
}

/* A name without a slash is a volume to docker. Here it would be a directory beside the caller by
 * chance. */
static int set_source(struct args *a, struct config_mount *m, const char *path, struct error *e)
{
	if (*path == '\0')
		return err_set(e, 0, "the source is empty");
	if (!strchr(path, '/') && strcmp(path, ".") != 0 && strcmp(path, "..") != 0)
		return err_set(
			e,
			0, "there are no named volumes (write ./%.100s for the directory of that name)",
			path);
	return args_keep(a, path, &m->source, e);
}

int args_mount_add(struct args *a, const struct config_mount *mount, struct error *e)
{
	struct config_mount *m =
		arena_append(&a->config->arena, &a->mounts, &a->mounts_n, sizeof(*m));

	if (!m)
		return err_no_memory(e);
	*m = *mount;
	if (m->bind && m->recursive) {
		m->rec_set = m->set;
		m->set = 0;
		if (m->idmap != MOUNT_IDMAP_NONE)
			m->idmap = MOUNT_RIDMAP;
	}
	return 0;
}

static const struct config_mount new_bind = {
	.bind = true,
	.recursive = true,
	.set = MOUNT_NODEV,
	.propagation = PROPAGATION_PRIVATE,
	.propagation_recursive = true,
};

/* ---- --volume ---- */

static int take_volume_option(struct args *a, void *into, const char *word, struct error *e)
{
	struct config_mount *m = into;

	(void)a;
	if (apply_flag(m, word) || apply_propagation(m, word))
		return 0;
	if (strcmp(word, "bind") == 0 || strcmp(word, "rbind") == 0)
		m->recursive = word[0] == 'r';
	else if (strcmp(word, "rro") == 0)
		m->set |= MOUNT_RDONLY;
	else if (strcmp(word, "idmap") == 0)
		m->idmap = MOUNT_IDMAP;
	else
		return err_set(
			e, 0,
			"\"%.40s\" is not an option (ro, rw, rro, [no]suid, [no]dev, [no]exec, "
			"bind, rbind, idmap, [r]private, [r]slave, [r]shared, [r]unbindable, "
			"nosymfollow, "
			"noatime, relatime, strictatime, nodiratime)",
			word);
	return 0;
}

static int take_volume(void *into, const char *value, struct error *e)
{
	struct args *a = into;
	struct config_mount m = new_bind;
	const char *source, *rest, *destination, *options;

	if (args_split(a, value, ':', &source, &rest, e) < 0)
		return -1;
	if (!rest)
		return err_set(e, 0, "not SRC:DST[:OPTIONS] (the destination is missing)");
	if (args_split(a, rest, ':', &destination, &options, e) < 0 ||
	    set_source(a, &m, source, e) < 0 || set_destination(a, &m, destination, e) < 0)
		return -1;
	if (options && args_each(a, options, &m, take_volume_option, e) < 0)
		return -1;
	return args_mount_add(a, &m, e);
}

/* ---- --tmpfs ---- */

static const struct config_mount new_tmpfs = {
	.type = "tmpfs",
	.source = "tmpfs",
	.set = MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC,
};

/* size=64m, mode=1777, uid=1000: checked here, and written as the kernel reads them. False: another
 * word. */
static int take_tmpfs_data(struct args *a, struct config_mount *m, const char *key,
			   const char *value, struct error *e)
{
	uint64_t number;
	uint32_t mode;
	int64_t bytes;
	size_t length = strlen(value);

	if (strcmp(key, "mode") == 0) {
		if (number_octal(value, 07777, &mode, e) < 0)
			return err_within(e, "mode");
		value = arena_format(&a->config->arena, "mode=%o", (unsigned int)mode);
	} else if (strcmp(key, "size") == 0 && length > 1 && value[length - 1] == '%') {
		char *digits = arena_copy_n(&a->config->arena, value, length - 1);

		if (!digits)
			return err_no_memory(e);
		if (number_unsigned(digits, 1, 100, &number, e) < 0)
			return err_within(e, "size, in %% of the memory");
		value = arena_format(&a->config->arena, "size=%s%%", digits);
	} else if (strcmp(key, "size") == 0 || strcmp(key, "nr_inodes") == 0) {
		if (number_size(value, &bytes, e) < 0)
			return err_within(e, "%s", key);
		if (bytes == 0) /* which the kernel reads as "no limit" */
			return err_set(e, 0, "%s: must be more than 0", key);
		value = arena_format(&a->config->arena, "%s=%lld", key, (long long)bytes);
	} else { /* uid, gid */
		if (number_unsigned(value, 0, UINT32_MAX - 1, &number, e) < 0)
			return err_within(e, "%s", key);
		value = arena_format(&a->config->arena, "%s=%s", key, value);
	}
	if (!value)
		return err_no_memory(e);
	return config_strings_add(a->config, &m->data, value, e);
}

static int take_tmpfs_option(struct args *a, void *into, const char *word, struct error *e)
{
	static const char *const keys[] = {"size", "mode", "uid", "gid", "nr_inodes"};
	struct config_mount *m = into;
	const char *key, *value;

	if (apply_flag(m, word))
		return 0;
	if (args_split(a, word, '=', &key, &value, e) < 0)
		return -1;
	for (size_t i = 0; value && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(key, keys[i]) == 0)
			return take_tmpfs_data(a, m, key, value, e);
	return err_set(e, 0,
		       "\"%.40s\" is not an option (size=, mode=, uid=, gid=, nr_inodes=, "
		       "ro, rw, [no]suid, [no]dev, [no]exec, nosymfollow, noatime, "
		       "relatime, strictatime, nodiratime)",
		       word);
}

static int take_tmpfs(void *into, const char *value, struct error *e)
{
	struct args *a = into;
	struct config_mount m = new_tmpfs;
	const char *destination, *options;

	if (args_split(a, value, ':', &destination, &options, e) < 0 ||
	    set_destination(a, &m, destination, e) < 0)
		return -1;
	if (options && args_each(a, options, &m, take_tmpfs_option, e) < 0)
		return -1;
	return args_mount_add(a, &m, e);
}

/* ---- --mount ---- */

/* The parts come in any order, so the defaults of the type are laid below them at the end. */
struct mount_words {
	const char *type, *source, *destination;
	struct config_strings options; /* in the spelling of --volume and --tmpfs */
};

static int is_true(const char *value)
{
	if (!value || strcmp(value, "true") == 0 || strcmp(value, "1") == 0)
		return 1;
	return strcmp(value, "false") == 0 || strcmp(value, "0") == 0 ? 0 : -1;
}

/* The keys that are another word for an option of --volume or --tmpfs. NULL: none. */
static const char *option_for(struct args *a, const char *key, const char *value)
{
	if (strcmp(key, "readonly") == 0 || strcmp(key, "ro") == 0 ||
	    strcmp(key, "bind-nonrecursive") == 0) {
		bool read_only = key[0] == 'r';

		switch (is_true(value)) {
		case 1:
			return read_only ? "ro" : "bind";
		case 0:
			return read_only ? "rw" : "rbind";
		default:
			return NULL;
		}
	}
	if (!value)
		return key;
	if (strcmp(key, "bind-propagation") == 0)
		return value;
	if (strcmp(key, "tmpfs-size") == 0)
		return arena_format(&a->config->arena, "size=%s", value);
	if (strcmp(key, "tmpfs-mode") == 0)
		return arena_format(&a->config->arena, "mode=%s", value);
	return NULL;
}

static int take_mount_word(struct args *a, void *into, const char *word, struct error *e)
{
	struct mount_words *w = into;
	const char *key, *value, *option;

	if (args_split(a, word, '=', &key, &value, e) < 0)
		return -1;
	if (value && strcmp(key, "type") == 0) {
		w->type = value;
		return 0;
	}
	if (value && (strcmp(key, "src") == 0 || strcmp(key, "source") == 0)) {
		w->source = value;
		return 0;
	}
	if (value && (strcmp(key, "dst") == 0 || strcmp(key, "destination") == 0 ||
		      strcmp(key, "target") == 0)) {
		w->destination = value;
		return 0;
	}
	option = option_for(a, key, value);
	if (!option)
		return err_set(
			e, 0,
			"\"%.60s\" is not understood (type=, src=, dst=, ro, bind-propagation=, "
			"bind-nonrecursive, tmpfs-size=, tmpfs-mode=)",
			word);
	return config_strings_add(a->config, &w->options, option, e);
}

static int take_mount(void *into, const char *value, struct error *e)
{
	struct args *a = into;
	struct mount_words w = {0};
	struct config_mount m;
	bool bind;

	if (args_each(a, value, &w, take_mount_word, e) < 0)
		return -1;
	if (!w.type || (strcmp(w.type, "bind") != 0 && strcmp(w.type, "tmpfs") != 0))
		return err_set(e, 0, "needs type=bind or type=tmpfs (there are no volumes)");
	bind = strcmp(w.type, "bind") == 0;
	if (!w.destination)
		return err_set(e, 0, "has no destination (dst=PATH)");
	if (bind != (w.source != NULL))
		return err_set(e, 0, bind ? "has no source (src=PATH)" : "a tmpfs has no source");
	m = bind ? new_bind : new_tmpfs;
	if (set_destination(a, &m, w.destination, e) < 0 ||
	    (bind && set_source(a, &m, w.source, e) < 0))
		return -1;
	for (size_t i = 0; i < w.options.n; i++)
		if ((bind ? take_volume_option : take_tmpfs_option)(a, &m, w.options.v[i], e) < 0)
			return -1;
	return args_mount_add(a, &m, e);
}

/* ---- the root filesystem, /sys, devices ---- */

static int take_read_only(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	(void)value;
	(void)e;
	a->config->rootfs_readonly = true;
	return 0;
}

static int take_overlay(void *into, const char *value, struct error *e)
{
	struct args *a = into;
	struct config_overlay *o = &a->config->overlay;

	if (value && *value == '\0')
		return err_set(e, 0, "the directory is empty (--overlay alone keeps nothing)");
	o->set = true;
	o->dir = NULL;
	return value ? args_keep(a, value, &o->dir, e) : 0;
}

static int take_overlay_size(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	if (number_size(value, &a->config->overlay.size, e) < 0)
		return -1;
	/* Which the kernel reads as "no limit". */
	return a->config->overlay.size == 0 ? err_set(e, 0, "must be more than 0") : 0;
}

static int take_sysfs(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	(void)value;
	(void)e;
	a->sysfs = true;
	return 0;
}

/* "rwm" and its parts; 0: none of them. */
static uint32_t device_access(const char *text)
{
	uint32_t access = 0;

	for (; *text != '\0'; text++) {
		if (*text == 'r')
			access |= DEVICE_READ;
		else if (*text == 'w')
			access |= DEVICE_WRITE;
		else if (*text == 'm')
			access |= DEVICE_MKNOD;
		else
			return 0;
	}
	return access;
}

/* PATH[:DST[:rwm]], and docker's PATH:rwm. */
static int take_device(void *into, const char *value, struct error *e)
{
	struct args *a = into;
	const char *source, *rest, *destination, *access = NULL;
	struct config_device *d;
	uint32_t *bits;

	if (args_split(a, value, ':', &source, &rest, e) < 0)
		return -1;
	destination = source;
	if (rest && device_access(rest) != 0)
		access = rest;
	else if (rest && args_split(a, rest, ':', &destination, &access, e) < 0)
		return -1;
	if (container_path_check(source, "device", e) < 0 ||
	    container_path_check(destination, "destination", e) < 0)
		return -1;
	if (container_path_to(destination, "/dev") != PATH_BELOW)
		return err_set(e, 0, "the device must appear below /dev (%.100s:/dev/NAME)", source);
	if (access && device_access(access) == 0)
		return err_set(e, 0, "\"%.40s\" is not an access (of the letters r, w, m)", access);
	d = arena_append(&a->config->arena, &a->config->devices, &a->config->devices_n, sizeof(*d));
	bits = arena_append(&a->config->arena, &a->device_access, &a->device_access_n, sizeof(*bits));
	if (!d || !bits)
		return err_no_memory(e);
	d->path = destination;
	d->host_path = source;
	*bits = access ? device_access(access) : DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD;
	return 0;
}

int args_device_found(struct args *a, size_t index, const struct args_node *node, struct error *e)
{
	struct config *c = a->config;
	struct config_device *d = &c->devices[index];
	struct config_device_rule *rule = arena_append(&c->arena, &c->resources.devices,
						       &c->resources.devices_n, sizeof(*rule));

	if (!rule)
		return err_no_memory(e);
	d->type = node->type;
	d->major = node->major;
	d->minor = node->minor;
	d->mode = (struct config_number){true, node->mode};
	d->uid = (struct config_number){true, node->uid};
	d->gid = (struct config_number){true, node->gid};
	*rule = (struct config_device_rule){
		.allow = true,
		.type = node->type,
		.major = node->major,
		.minor = node->minor,
		.access = a->device_access[index],
	};
	return 0;
}

const struct option_row args_rows_mounts[] = {
	{'v', "volume", "SRC:DST[:OPTIONS]",
	 "Show the file or directory SRC at DST, with all that is mounted below it. OPTIONS, "
	 "separated by commas: ro, nosuid, noexec, dev, bind, rslave, rshared, idmap, ...; device "
	 "nodes are dead without dev, and with --userns files keep their owners by idmap. May be "
	 "repeated",
	 take_volume},
	{0, "mount", "KEY=VALUE,...",
	 "The same in words: type=bind,src=SRC,dst=DST[,ro][,bind-propagation=rslave], or "
	 "type=tmpfs,dst=DST[,tmpfs-size=64m][,tmpfs-mode=1777]",
	 take_mount},
	{0, "tmpfs", "DST[:OPTIONS]",
	 "An empty directory in memory at DST, by default nosuid, nodev, noexec. OPTIONS: "
	 "size=64m, mode=1777, exec, ...; may be repeated",
	 take_tmpfs},
	{0, "read-only", NULL, "The root filesystem cannot be written to", take_read_only},
	{0, "overlay", "[DIR]",
	 "ROOTFS stays as it is: what is written goes to a layer over it, which is thrown away at "
	 "the "
	 "end, or kept in DIR for the next run. ROOTFS may be / then: this machine, copy-on-write",
	 take_overlay},
	{0, "overlay-size", "SIZE",
	 "The most that a layer in memory may hold (64m); by default half of the memory, and never "
	 "more "
	 "than --memory",
	 take_overlay_size},
	{0, "device", "PATH[:DST[:rwm]]",
	 "Give it this device of the host, to read, write and make nodes of; may be repeated",
	 take_device},
	{0, "sysfs", NULL, "A read-only /sys, with the container's own cgroup at /sys/fs/cgroup",
	 take_sysfs},
	{0},
};
