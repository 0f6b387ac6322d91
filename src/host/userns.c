/*
 * userns.c - see userns.h. Runs outside, and makes nothing but a lock file below the default state
 * root.
 */
#include "host/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "host/message.h"
#include "host/record.h"
#include "host/rootless.h"
#include "host/start.h"
#include "host/state.h"
#include "host/subids.h"

/* What systemd sets aside for containers (systemd.io, "Users, Groups, UIDs and GIDs on systemd Systems"). */
#define CONTAINERS_FIRST 524288u
#define CONTAINERS_LAST	 1879048191u

#define ROOTS_FILE ".userns" /* no container has a name that begins with a dot */
#define ROOTS_MAX  (1 << 20)

static int lock_fd = -1; /* while a range is chosen and not yet on disk */

static int map_add(struct config *c, bool gid, uint32_t inside, uint32_t outside, uint32_t size,
		   struct error *e)
{
	struct config_idmaps *maps = &c->idmaps;
	struct config_idmap *new =
		gid ? arena_append(&c->arena, &maps->gid, &maps->gids, sizeof(*new))
		    : arena_append(&c->arena, &maps->uid, &maps->uids, sizeof(*new));

	if (!new)
		return err_no_memory(e);
	*new = (struct config_idmap){inside, outside, size};
	return 0;
}

/* ---- root: --userns auto ---- */

/* Ids that containers have. */
struct taken {
	struct config_idmap *v;
	size_t n;
};

static int taken_add(struct taken *t, const struct config_idmap *maps, size_t n, struct error *e)
{
	struct config_idmap *more = reallocarray(t->v, t->n + n + 1, sizeof(*more));

	if (!more)
		return err_no_memory(e);
	t->v = more;
	if (n > 0)
		memcpy(t->v + t->n, maps, n * sizeof(*maps));
	t->n += n;
	return 0;
}

static bool maps_overlap(const struct config_idmap *maps, size_t n, struct id_range range)
{
	for (size_t i = 0; i < n; i++)
		if ((uint64_t)maps[i].outside < (uint64_t)range.first + range.count &&
		    (uint64_t)range.first < (uint64_t)maps[i].outside + maps[i].size)
			return true;
	return false;
}

/* Any container that is there counts, stopped ones too: it may have left files with these ids in a volume. */
static int look_at_record(struct record *r, void *into, struct error *e)
{
	struct config *c = NULL;
	struct error ignored;
	int result;

	if (record_config(r, &c, &ignored) < 0)
		return 0; /* litter, or one that is still being made: that one has chosen under the lock */
	result = taken_add(into, c->idmaps.uid, c->idmaps.uids, e) < 0
			 ? -1
			 : taken_add(into, c->idmaps.gid, c->idmaps.gids, e);
	config_free(c);
	return result;
}

static int is_free(const struct taken *t, struct id_range range, bool *ret, struct error *e)
{
	bool user, group;

	*ret = false;
	if (maps_overlap(t->v, t->n, range) || subids_taken(SUBUID_FILE, "root", 0, range) ||
	    subids_taken(SUBGID_FILE, "root", 0, range))
		return 0;
	if (subids_in_use(PASSWD_FILE, range, &user, e) < 0 ||
	    subids_in_use(GROUP_FILE, range, &group, e) < 0)
		return -1;
	*ret = !user && !group;
	return 0;
}

static uint32_t hash(uint32_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h;
}

/* FNV-1a: equal names below the same state root get equal ranges, as far as they are free. */
static uint32_t hash_of(const char *root, const char *id)
{
	return hash(hash(hash(2166136261u, root), "/"), id);
}

/* The first free block of @range, from a place on that @start says. */
static int choose_in(const struct taken *t, uint32_t start, struct id_range range, uint32_t *ret,
		     struct error *e)
{
	uint32_t blocks = range.count / USERNS_BLOCK;

	for (uint32_t i = 0; i < blocks; i++) {
		struct id_range block = {
			.first = range.first + (start % blocks + i) % blocks * USERNS_BLOCK,
			.count = USERNS_BLOCK,
		};
		bool is;

		if (is_free(t, block, &is, e) < 0)
			return -1;
		if (!is)
			continue;
		*ret = block.first;
		return 1;
	}
	return 0;
}

/*
 * Containers that choose at the same time do so one after the other, whatever their state root is: the lock is the file
 * below the default one.
 */
static int choose_begin(struct error *e)
{
	const char *usual = rootless_state_root();
	OWNED_FD fd = -1;

	if (state_make_root(usual, &fd, e) < 0)
		return err_within(e, "--userns auto");
	lock_fd =
		openat(fd, ROOTS_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (lock_fd < 0)
		return err_set(e, errno, "open %s/" ROOTS_FILE, usual);
	while (flock(lock_fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_set(e, errno, "lock %s/" ROOTS_FILE, usual);
	return 0;
}

/* 1: there are containers to look at. 0: @root is gone, or is none any more. */
static int is_root(const char *root, struct error *e)
{
	OWNED_FD fd = -1;

	if (state_open_root(root, &fd, e) == 0)
		return 1;
	return e->no == ENOENT || e->no == ENOTDIR || e->no == ELOOP || e->no == 0 ? 0 : -1;
}

/* Adds to @t what the containers of the roots in @text have, and to @ret those roots. */
static int look_at_others(char *text, const char *own, struct taken *t, struct text *ret,
			  struct error *e)
{
	char *rest = text;

	for (char *root; (root = strsep(&rest, "\n")) != NULL;) {
		int is = *root == '/' && strcmp(root, own) != 0 ? is_root(root, e) : 0;

		if (is < 0 || (is > 0 && record_each(root, look_at_record, t, e) < 0))
			return -1;
		if (is > 0)
			text_add(ret, "%s\n", root);
	}
	return 0;
}

/*
 * The ids of all containers below this state root and every other one of which the lock file tells: a line each, of those
 * that have had a container with --userns auto. Who is killed in between leaves lines too many, and never one too few.
 */
static int look(const char *own, struct taken *t, struct error *e)
{
	OWNED_MEMORY char *text = NULL;
	OWNED_TEXT roots = {0};
	size_t length;

	if (strchr(own, '\n'))
		return err_set(e, 0,
			       "--userns auto: the state directory has a line break in its name");
	if (file_read_regular(lock_fd, ROOTS_FILE, ROOTS_MAX, &text, &length, e) < 0)
		return err_within(e, "state directories with --userns auto");
	text_add(&roots, "%s\n", own);
	if (record_each(own, look_at_record, t, e) < 0 || look_at_others(text, own, t, &roots, e) < 0)
		return -1;
	if (!text_ok(&roots))
		return err_no_memory(e);
	if (pwrite(lock_fd, roots.bytes, roots.length, 0) != (ssize_t)roots.length ||
	    ftruncate(lock_fd, (off_t)roots.length) < 0)
		return err_set(e, errno, "write %s/" ROOTS_FILE, rootless_state_root());
	return 0;
}

void userns_chosen(void)
{
	fd_close(&lock_fd);
}

/* A block of @t's complement for a container with the hash @start. */
static int choose_block(const struct taken *t, uint32_t start, uint32_t *ret, struct error *e)
{
	struct id_range uids[SUBID_RANGES], gids[SUBID_RANGES];
	size_t n = subids_read(SUBUID_FILE, "root", 0, uids);
	size_t m = subids_read(SUBGID_FILE, "root", 0, gids);
	struct id_range usual = {CONTAINERS_FIRST, CONTAINERS_LAST - CONTAINERS_FIRST + 1};
	int found = 0;

	/* Uids and gids are one range: what is not root's for both is none. */
	for (size_t i = 0; found == 0 && i < n; i++)
		for (size_t k = 0; found == 0 && k < m; k++)
			if (gids[k].first == uids[i].first && gids[k].count == uids[i].count)
				found = choose_in(t, start, uids[i], ret, e);
	if (found == 0 && n == 0 && m == 0)
		found = choose_in(t, start, usual, ret, e);
	if (found != 0)
		return found < 0 ? -1 : 0;
	return err_set(e, 0,
		       "--userns auto: no %d ids are free (those of root in %s and %s, the same in "
		       "both, less those of other containers and of users and groups)",
		       USERNS_BLOCK, SUBUID_FILE, SUBGID_FILE);
}

static int choose(struct config *c, const char *root, struct error *e)
{
	OWNED_MEMORY char *path = NULL;
	struct taken taken = {0};
	OWNED_FD root_fd = -1;
	uint32_t first = 0;
	int result;

	if (state_make_root(root, &root_fd, e) < 0)
		return -1;
	path = realpath(root, NULL);
	if (!path)
		return err_set(e, errno, "state directory %s", root);
	if (choose_begin(e) < 0)
		return -1;
	result = look(path, &taken, e);
	if (result == 0)
		result = choose_block(&taken, hash_of(path, c->id), &first, e);
	free(taken.v);
	if (result < 0 || map_add(c, false, 0, first, USERNS_BLOCK, e) < 0)
		return -1;
	return map_add(c, true, 0, first, USERNS_BLOCK, e);
}

static bool has_root(const struct config_idmap *maps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (maps[i].inside == 0)
			return true;
	return false;
}

static int settle_root(struct config *c, const char *choice, const struct global_options *global,
		       struct error *e)
{
	if (!choice || strcmp(choice, "host") == 0)
		return 0;
	if (strcmp(choice, "auto") == 0 && choose(c, global->root, e) < 0)
		return -1;
	if (!has_root(c->idmaps.uid, c->idmaps.uids) || !has_root(c->idmaps.gid, c->idmaps.gids))
		return err_set(e, 0,
			       "--userns: the map has no id 0, whose rights set the container up "
			       "(0:100000:65536)");
	c->ns[NS_USER].mode = NS_NEW;
	c->rootfs_idmap = true;
	return 0;
}

/* ---- an ordinary user ---- */

#define LINES 340 /* as many as a namespace can have (user_namespaces(7)) */

struct line {
	unsigned int inside, outside, size;
};

/* The map of our own namespace. */
static size_t own_map(const char *file, struct line ret[LINES])
{
	FILE *f = fopen(file, "re");
	size_t n = 0;

	while (f && n < LINES &&
	       fscanf(f, "%u %u %u", &ret[n].inside, &ret[n].outside, &ret[n].size) == 3)
		n++;
	if (f)
		(void)fclose(f);
	return n;
}

/* The container's ids are ours, one to one: line by line, as the kernel wants each to lie within one of ours. */
static int identity(struct config *c, bool gid, const struct line *own, size_t n, struct error *e)
{
	for (size_t i = 0; i < n; i++)
		if (map_add(c, gid, own[i].inside, own[i].inside, own[i].size, e) < 0)
			return -1;
	return 0;
}

static int not_ours(const char *what, uint32_t id, struct error *e)
{
	err_set(e, 0, "linux.%sMappings: %u is not an id of this user's", what, (unsigned int)id);
	return err_hint(e,
			"his own and those of /etc/sub%s are, the latter with newuidmap and "
			"newgidmap",
			what);
}

/* One line of a bundle's map, from the host's ids to those of our namespace. */
static int translate_one(struct config *c, bool gid, struct config_idmap m, const struct line *own,
			 size_t n, struct error *e)
{
	while (m.size > 0) {
		uint32_t part = 0;

		for (size_t i = 0; i < n && part == 0; i++) {
			uint32_t at = m.outside - own[i].outside;

			if (m.outside < own[i].outside || at >= own[i].size)
				continue;
			part = own[i].size - at < m.size ? own[i].size - at : m.size;
			if (map_add(c, gid, m.inside, own[i].inside + at, part, e) < 0)
				return -1;
		}
		if (part == 0)
			return not_ours(gid ? "gid" : "uid", m.outside, e);
		m.inside += part;
		m.outside += part;
		m.size -= part;
	}
	return 0;
}

static int translate(struct config *c, bool gid, const struct line *own, size_t n, struct error *e)
{
	struct config_idmaps old = c->idmaps;
	const struct config_idmap *maps = gid ? old.gid : old.uid;
	size_t count = gid ? old.gids : old.uids;

	if (gid) {
		c->idmaps.gid = NULL;
		c->idmaps.gids = 0;
	} else {
		c->idmaps.uid = NULL;
		c->idmaps.uids = 0;
	}
	/* "One to one" (from_oci.c) is what we have. */
	if (count == 1 && maps[0].inside == 0 && maps[0].outside == 0 && maps[0].size == UINT32_MAX)
		return identity(c, gid, own, n, e);
	for (size_t i = 0; i < count; i++)
		if (translate_one(c, gid, maps[i], own, n, e) < 0)
			return -1;
	return 0;
}

/* What takes rights over the host that nobody has in a user namespace. */
static int refuse(const struct config *c, const char *choice, struct error *e)
{
	if (choice && strcmp(choice, "auto") != 0)
		return err_set(e, 0,
			       "--userns %.40s is for root: a container of an ordinary user has a "
			       "user namespace in any case, with his own id and those of %s",
			       choice, SUBUID_FILE);
	if (c->net_devices_n > 0)
		return err_set(e, 0, "linux.netDevices: only root can move a network device");
	if (c->intel_rdt.set)
		return err_set(e, 0, "linux.intelRdt: only root can make a class of resctrl");
	for (size_t i = 0; i < c->mounts_n; i++)
		if (c->mounts[i].idmap != MOUNT_IDMAP_NONE || c->mounts[i].idmaps.uids > 0)
			return err_set(e, 0, "mount on %.200s: only root can map the ids of a mount",
				       c->mounts[i].destination);
	return 0;
}

/*
 * Our own namespace is a new one, and gives no right over those of the user's other containers, which lie beside it. (`exec`
 * enters the one that lies above its container instead; a container that is being made has its own.)
 */
static int joinable(const char *path, struct error *e)
{
	OWNED_FD fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	/* EACCES: the kernel does not even let us look at a process beside us. */
	if (fd < 0 && errno != EACCES)
		return err_set(e, errno, "linux.namespaces: open %s", path);
	if (fd >= 0 && rootless_is_above(fd))
		return 0;
	return err_set(e, 0,
		       "linux.namespaces: without root, the user namespace %.200s of another "
		       "container cannot be joined: leave out the path, and the container gets one "
		       "with the "
		       "same ids, or use exec for a process in the other container",
		       path);
}

static int settle_user(struct config *c, const char *choice, struct error *e)
{
	struct line uids[LINES], gids[LINES];
	size_t n = own_map("/proc/self/uid_map", uids), m = own_map("/proc/self/gid_map", gids);

	if (refuse(c, choice, e) < 0)
		return -1;
	if (c->ns[NS_USER].mode == NS_JOIN)
		return joinable(c->ns[NS_USER].path, e);
	if (c->ns[NS_USER].mode == NS_NEW)
		return translate(c, false, uids, n, e) < 0 ? -1 : translate(c, true, gids, m, e);
	c->ns[NS_USER].mode = NS_NEW;
	return identity(c, false, uids, n, e) < 0 ? -1 : identity(c, true, gids, m, e);
}

/* ---- both ---- */

static bool is_mapped(const struct config_idmap *maps, size_t n, uint64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (id >= maps[i].inside && id - maps[i].inside < maps[i].size)
			return true;
	return false;
}

/*
 * The group of terminals, which is 5 everywhere, and which a devpts cannot have where that is not mapped. It serves
 * programs that let others write to a terminal (write(1)); with one id there are no others.
 */
static void drop_terminal_group(struct config *c)
{
	for (size_t i = 0; i < c->mounts_n; i++) {
		struct config_mount *m = &c->mounts[i];
		size_t kept = 0;

		if (m->bind || !m->type || strcmp(m->type, "devpts") != 0)
			continue;
		for (size_t k = 0; k < m->data.n; k++)
			if (strcmp(m->data.v[k], "gid=5") != 0)
				m->data.v[kept++] = m->data.v[k];
		m->data.n = kept;
		if (m->data.v)
			m->data.v[kept] = NULL;
	}
}

int userns_settle(struct config *c, const char *choice, const struct global_options *global,
		  struct error *e)
{
	int result =
		rootless_inside() ? settle_user(c, choice, e) : settle_root(c, choice, global, e);

	if (result == 0 && c->ns[NS_USER].mode == NS_NEW &&
	    (!c->oci_version || rootless_inside()) && !is_mapped(c->idmaps.gid, c->idmaps.gids, 5))
		drop_terminal_group(c);
	return result;
}

/* ---- the command's user ---- */

static int not_mapped(const char *what, uint32_t id, struct error *e)
{
	err_set(e, 0, "%s %u is not mapped in the container's user namespace", what,
		(unsigned int)id);
	if (!rootless_inside())
		return -1;
	return rootless_single()
		       ? err_hint(e, "it has the one id 0: more take newuidmap and newgidmap, and "
				     "a range for this user in /etc/subuid and /etc/subgid")
		       : err_hint(e,
				  "it has as many as /etc/subuid and /etc/subgid give this user");
}

/* Whether setgroups(2) is denied in our namespace, and so in those below. */
static bool groups_denied(void)
{
	char text[16];

	return file_read_at(AT_FDCWD, "/proc/self/setgroups", text, sizeof(text), NULL,
			    &(struct error){0}) == 0 &&
	       strncmp(text, "deny", 4) == 0;
}

/* The map of the container, which `exec` finds with its process. */
static size_t container_map(const struct start *s, bool gid, struct config_idmap ret[LINES])
{
	const struct config_idmaps *maps = &s->config->idmaps;
	struct line lines[LINES];
	char path[40];
	size_t n = gid ? maps->gids : maps->uids;

	if (!s->inside.joins) {
		n = n < LINES ? n : LINES;
		for (size_t i = 0; i < n; i++)
			ret[i] = gid ? maps->gid[i] : maps->uid[i];
		return n;
	}
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)s->join_pid, gid ? "gid_map" : "uid_map");
	n = own_map(path, lines);
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct config_idmap){lines[i].inside, lines[i].outside, lines[i].size};
	return n;
}

int userns_user_check(struct start *s, struct error *e)
{
	bool image = s->config->process.user.spec != NULL, denied;
	struct config_idmap uids[LINES], gids[LINES];
	size_t n, m, kept = 0;

	if (!s->inside.in_user_ns || (!s->inside.joins && s->config->ns[NS_USER].mode != NS_NEW))
		return 0;
	n = container_map(s, false, uids);
	m = container_map(s, true, gids);
	if (!is_mapped(uids, n, s->inside.uid))
		return not_mapped("user", s->inside.uid, e);
	if (!is_mapped(gids, m, s->inside.gid))
		return not_mapped("group", s->inside.gid, e);
	denied = groups_denied();
	for (size_t i = 0; i < s->inside.groups_n; i++) {
		uint32_t group = s->inside.groups[i];

		if (!denied && is_mapped(gids, m, group)) {
			if (image)
				s->user.groups[kept] = group;
			kept++;
		} else if (!image) {
			return not_mapped("supplementary group", group, e);
		}
		/* Else nobody asked for it but the image's /etc/group. */
	}
	s->inside.groups_n = kept;
	return 0;
}
