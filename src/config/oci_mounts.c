/*
 * oci_mounts.c - "mounts" of a config.json (config.md, "Mounts"). Portable.
 *
 * A mount's options are words for flags of the mount, of its whole tree and of the filesystem, for propagation and for
 * what mini-run does itself; any other goes to the filesystem as it is, but for those that mount(8) keeps for fstab(5),
 * which mean nothing here. Of two that contradict each other the later one holds, as with mount(8).
 */
#include "config/oci_parts.h"

#include <string.h>

enum word_kind { FLAG, TREE_FLAG, SUPER, PROPAGATION, IDMAP, BIND, TMPCOPYUP, REMOUNT, NOTHING };

#define ATIME (MOUNT_NOATIME | MOUNT_RELATIME | MOUNT_STRICTATIME)

/*
 * For flags: what is set and what is cleared. For propagation: its kind, and whether for the tree. For idmap, bind:
 * which, and whether recursive. Flags exist in two forms, without and with an "r" in front; the second
 * (mount_setattr(2) with AT_RECURSIVE) is found by leaving the letter away.
 */
static const struct word {
	const char *name;
	enum word_kind kind;
	uint32_t set, clear;
} words[] = {
	{"_netdev", NOTHING, 0, 0},
	{"async", SUPER, 0, SUPER_SYNC},
	{"atime", FLAG, 0, MOUNT_NOATIME},
	{"auto", NOTHING, 0, 0},
	{"bind", BIND, false, 0},
	{"defaults", NOTHING, 0, 0},
	{"dev", FLAG, 0, MOUNT_NODEV},
	{"diratime", FLAG, 0, MOUNT_NODIRATIME},
	{"dirsync", SUPER, SUPER_DIRSYNC, 0},
	{"exec", FLAG, 0, MOUNT_NOEXEC},
	{"group", FLAG, MOUNT_NOSUID | MOUNT_NODEV, 0},
	{"idmap", IDMAP, MOUNT_IDMAP, 0},
	{"iversion", SUPER, SUPER_IVERSION, 0},
	{"lazytime", SUPER, SUPER_LAZYTIME, 0},
	{"loud", SUPER, 0, SUPER_SILENT},
	{"mand", SUPER, SUPER_MAND, 0},
	{"noatime", FLAG, MOUNT_NOATIME, 0},
	{"noauto", NOTHING, 0, 0},
	{"nodev", FLAG, MOUNT_NODEV, 0},
	{"nodiratime", FLAG, MOUNT_NODIRATIME, 0},
	{"noexec", FLAG, MOUNT_NOEXEC, 0},
	{"nofail", NOTHING, 0, 0},
	{"noiversion", SUPER, 0, SUPER_IVERSION},
	{"nolazytime", SUPER, 0, SUPER_LAZYTIME},
	{"nomand", SUPER, 0, SUPER_MAND},
	{"norelatime", FLAG, 0, MOUNT_RELATIME},
	{"nostrictatime", FLAG, 0, MOUNT_STRICTATIME},
	{"nosuid", FLAG, MOUNT_NOSUID, 0},
	{"nosymfollow", FLAG, MOUNT_NOSYMFOLLOW, 0},
	{"nouser", NOTHING, 0, 0},
	{"owner", FLAG, MOUNT_NOSUID | MOUNT_NODEV, 0},
	{"private", PROPAGATION, PROPAGATION_PRIVATE, false},
	{"rbind", BIND, true, 0},
	{"relatime", FLAG, MOUNT_RELATIME, 0},
	{"remount", REMOUNT, 0, 0},
	{"ridmap", IDMAP, MOUNT_RIDMAP, 0},
	{"ro", FLAG, MOUNT_RDONLY, 0},
	{"rprivate", PROPAGATION, PROPAGATION_PRIVATE, true},
	{"rshared", PROPAGATION, PROPAGATION_SHARED, true},
	{"rslave", PROPAGATION, PROPAGATION_SLAVE, true},
	{"runbindable", PROPAGATION, PROPAGATION_UNBINDABLE, true},
	{"rw", FLAG, 0, MOUNT_RDONLY},
	{"shared", PROPAGATION, PROPAGATION_SHARED, false},
	{"silent", SUPER, SUPER_SILENT, 0},
	{"slave", PROPAGATION, PROPAGATION_SLAVE, false},
	{"strictatime", FLAG, MOUNT_STRICTATIME, 0},
	{"suid", FLAG, 0, MOUNT_NOSUID},
	{"symfollow", FLAG, 0, MOUNT_NOSYMFOLLOW},
	{"sync", SUPER, SUPER_SYNC, 0},
	{"tmpcopyup", TMPCOPYUP, 0, 0},
	{"unbindable", PROPAGATION, PROPAGATION_UNBINDABLE, false},
	/* mount(8): these four imply flags. */
	{"user", FLAG, MOUNT_NOEXEC | MOUNT_NOSUID | MOUNT_NODEV, 0},
	{"users", FLAG, MOUNT_NOEXEC | MOUNT_NOSUID | MOUNT_NODEV, 0},
};

/* Words that mount(8) and who reads fstab(5) keep for themselves: a filesystem would refuse them. */
static bool is_comment(const char *name)
{
	return strncmp(name, "comment=", 8) == 0 || strncmp(name, "x-", 2) == 0 ||
	       strncmp(name, "X-", 2) == 0;
}

static bool find_word(const char *name, struct word *ret)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].name, name) == 0) {
			*ret = words[i];
			return true;
		}
	/* "rro" is "ro" for the tree. */
	for (size_t i = 0; name[0] == 'r' && i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].kind == FLAG && strcmp(words[i].name, name + 1) == 0) {
			*ret = words[i];
			ret->kind = TREE_FLAG;
			return true;
		}
	return false;
}

/* The later word holds, and of the three atimes there is one. */
static void change(uint32_t *set, uint32_t *clear, const struct word *w)
{
	if (w->set & ATIME)
		*set &= ~(uint32_t)ATIME;
	*set = (*set & ~w->clear) | w->set;
	*clear = (*clear & ~w->set) | w->clear;
}

static void apply(struct config_mount *m, const struct word *w)
{
	switch (w->kind) {
	case FLAG:
		change(&m->set, &m->clear, w);
		break;
	case TREE_FLAG:
		change(&m->rec_set, &m->rec_clear, w);
		break;
	case SUPER:
		m->super = (m->super & ~w->clear) | w->set;
		break;
	case PROPAGATION:
		m->propagation = w->set;
		m->propagation_recursive = w->clear;
		break;
	case IDMAP:
		m->idmap = w->set;
		break;
	case BIND:
		m->bind = true;
		m->recursive = w->set;
		break;
	case TMPCOPYUP:
		m->tmpcopyup = true;
		break;
	case REMOUNT:
		m->remount = true;
		break;
	case NOTHING: /* words of fstab(5): when it is mounted, and by whom; here the engine has decided */
		break;
	}
}

static int option(const struct json *j, struct config *c, void *into, struct error *e)
{
	struct config_mount *m = into;
	const char *text = NULL;
	struct word w;

	if (json_get_string(j, &text, e) < 0)
		return -1;
	if (find_word(text, &w)) {
		apply(m, &w);
		return 0;
	}
	if (*text == '\0' || is_comment(text))
		return 0;
	return config_strings_add(c, &m->data, text, e);
}

static int read_options(const struct json *j, struct config *c, void *field, struct error *e)
{
	return oci_each(j, c, field, option, e);
}

/* Relative means below the root directory (config.md, "destination", which deprecates it). */
static int read_destination(const struct json *j, struct config *c, void *field, struct error *e)
{
	const char **path = field;

	if (oci_text(j, c, path, e) < 0)
		return -1;
	if (!*path)
		return json_error(j, e, "empty");
	if (**path != '/')
		*path = arena_format(&c->arena, "/%s", *path);
	return *path ? 0 : err_no_memory(e);
}

static int uid_map(const struct json *j, struct config *c, void *into, struct error *e)
{
	struct config_idmaps *maps = into;

	return oci_idmap(j, c, &maps->uid, &maps->uids, e);
}

static int gid_map(const struct json *j, struct config *c, void *into, struct error *e)
{
	struct config_idmaps *maps = into;

	return oci_idmap(j, c, &maps->gid, &maps->gids, e);
}

static int read_uid_maps(const struct json *j, struct config *c, void *field, struct error *e)
{
	return oci_each(j, c, field, uid_map, e);
}

static int read_gid_maps(const struct json *j, struct config *c, void *field, struct error *e)
{
	return oci_each(j, c, field, gid_map, e);
}

/* What the words and the type mean together. */
static int finish(const struct json *j, struct config *c, struct config_mount *m, struct error *e)
{
	struct json at = json_member(j, m->idmaps.uids > 0 ? "gidMappings" : "uidMappings");

	if ((m->idmaps.uids > 0) != (m->idmaps.gids > 0))
		return json_error(&at, e, "missing, and the other one is there");
	if (m->idmaps.uids > 0 && m->idmap == MOUNT_IDMAP_NONE)
		m->idmap = MOUNT_IDMAP; /* the option only says which of the two */
	if (m->type && strcmp(m->type, "bind") == 0)
		m->bind = true;
	if (m->type && strcmp(m->type, "rbind") == 0)
		m->bind = m->recursive = true;
	if (m->bind) { /* the type is a dummy then (config.md, "Linux mounts") */
		m->type = NULL;
		at = json_member(j, "options");
		if (m->data.n > 0)
			return json_error(&at, e, "\"%.60s\" is no option of a bind mount",
					  m->data.v[0]);
		if (m->source && *m->source != '/') {
			m->source = arena_format(&c->arena, "%s/%s", c->bundle, m->source);
			return m->source ? 0 : err_no_memory(e);
		}
		return 0;
	}
	if (m->type && strcmp(m->type, "cgroup2") == 0)
		m->type = "cgroup"; /* whichever the host has */
	/* A device must not be written to, not even by the filesystem itself; and a remount is of both. */
	if ((m->set & MOUNT_RDONLY) && (m->remount || (m->source && *m->source == '/')))
		m->super |= SUPER_RDONLY;
	return 0;
}

static int mount(const struct json *j, struct config *c, void *into, struct error *e)
{
	static const struct json_field table[] = {
		OCI_NEED_READ("destination", offsetof(struct config_mount, destination),
			      read_destination),
		OCI_READ("source", offsetof(struct config_mount, source), oci_text),
		OCI_READ("type", offsetof(struct config_mount, type), oci_text),
		OCI_READ("options", 0, read_options),
		OCI_READ("uidMappings", offsetof(struct config_mount, idmaps), read_uid_maps),
		OCI_READ("gidMappings", offsetof(struct config_mount, idmaps), read_gid_maps),
		OCI_END,
	};
	struct config_mount *new = arena_append(&c->arena, &c->mounts, &c->mounts_n, sizeof(*new));

	(void)into;
	if (!new)
		return err_no_memory(e);
	if (json_fields(j, table, c, new, e) < 0)
		return -1;
	return finish(j, c, new, e);
}

int oci_mounts(const struct json *j, struct config *c, void *config, struct error *e)
{
	return oci_each(j, c, config, mount, e);
}
