/*
 * overlay_mounts.c - what is mounted below the root filesystem, for --overlay. Runs inside.
 *
 * The kernel's list of mounts is of the whole namespace, where the host's tree still is, and with it the original of
 * nearly every mount of ours. So they are told apart by their ids, from the root of our tree downwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/mountinfo.h"
#include "container/overlay.h"

uint32_t layer_mount_id(int fd)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0)
		return 0;
	if (!(st.stx_mask & STATX_MNT_ID)) { /* KERNEL <5.8 */
		errno = ENOSYS;
		return 0;
	}
	return (uint32_t)st.stx_mnt_id;
}

bool layer_is_kernel_type(const char *type)
{
	static const char *const types[] = {
		"autofs",   "binfmt_misc", "bpf",	 "cgroup",     "cgroup2",    "configfs",
		"debugfs",  "devpts",	   "devtmpfs",	 "efivarfs",   "functionfs", "fusectl",
		"gadgetfs", "hugetlbfs",   "mqueue",	 "nfsd",       "nsfs",	     "proc",
		"pstore",   "resctrl",	   "rpc_pipefs", "securityfs", "selinuxfs",  "smackfs",
		"sysfs",    "tracefs",	   "xenfs",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

struct layer_mount *layer_mounts_find(const struct layer_mounts *mounts, uint32_t id)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (mounts->v[i].id == id)
			return &mounts->v[i];
	return NULL;
}

void layer_mounts_end(struct layer_mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++) {
		free(mounts->v[i].path);
		free(mounts->v[i].type);
	}
	free(mounts->v);
	*mounts = (struct layer_mounts){0};
}

static int add(struct layer_mounts *mounts, const struct mountinfo_entry *entry, struct error *e)
{
	struct layer_mount *one;

	if ((mounts->n & (mounts->n - 1)) == 0) { /* full: the room is a power of two */
		size_t room = mounts->n ? 2 * mounts->n : 1;

		one = realloc(mounts->v, room * sizeof(*one));
		if (!one)
			return err_no_memory(e);
		mounts->v = one;
	}
	one = &mounts->v[mounts->n++];
	*one = (struct layer_mount){
		.id = entry->id,
		.parent = entry->parent,
		.path = strdup(entry->mount_point),
		.type = strdup(entry->type),
	};
	return one->path && one->type ? 0 : err_no_memory(e);
}

static int read_all(struct layer_mounts *mounts, struct error *e)
{
	OWNED_MEMORY struct mountinfo *list = malloc(sizeof(*list));
	struct mountinfo_entry entry;
	bool end = false;
	int result = 0;

	if (!list)
		return err_no_memory(e);
	if (mountinfo_open(list, "/proc/self/mountinfo", e) < 0)
		return -1;
	while (result == 0 && (result = mountinfo_next(list, &entry, &end, e)) == 0 && !end)
		result = add(mounts, &entry, e);
	mountinfo_close(list);
	return result;
}

/* Marks the tree below the mount @root. The list need not be sorted. */
static void mark(struct layer_mounts *mounts, uint32_t root)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < mounts->n; i++) {
			struct layer_mount *m = &mounts->v[i], *parent;

			if (m->below)
				continue;
			parent = layer_mounts_find(mounts, m->parent);
			m->below = m->id == root || (parent && parent != m && parent->below);
			more = more || m->below;
		}
	}
}

static int by_path(const void *a, const void *b)
{
	const struct layer_mount *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* Keeps the tree, with paths that begin at its root. */
static void keep(struct layer_mounts *mounts, size_t prefix)
{
	size_t n = 0;

	for (size_t i = 0; i < mounts->n; i++) {
		struct layer_mount *m = &mounts->v[i];

		if (!m->below || strlen(m->path) < prefix) {
			free(m->path);
			free(m->type);
			continue;
		}
		memmove(m->path, m->path + prefix, strlen(m->path + prefix) + 1);
		mounts->v[n++] = *m;
	}
	mounts->n = n;
	qsort(mounts->v, n, sizeof(*mounts->v), by_path);
}

int layer_mounts_read(int fd, struct layer_mounts *ret, struct error *e)
{
	struct layer_mounts mounts = {0};
	const struct layer_mount *root;
	uint32_t id = layer_mount_id(fd);
	int result = id ? read_all(&mounts, e) : err_set(e, errno, "statx");

	root = result == 0 ? layer_mounts_find(&mounts, id) : NULL;
	if (!root) {
		layer_mounts_end(&mounts);
		return result < 0
			       ? -1
			       : err_set(e, 0, "the root filesystem is not in /proc/self/mountinfo");
	}
	mark(&mounts, id);
	keep(&mounts, strlen(root->path));
	*ret = mounts;
	return 0;
}
