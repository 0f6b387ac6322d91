/*
 * cgroup_host.c - see cgroup_host.h. Runs outside, and makes nothing.
 *
 * A pure v2 host is told by the magic number of /sys/fs/cgroup alone; on others the usual names below it, or else
 * /proc/self/mountinfo, say which controllers are v1 and whether there is a v2 hierarchy beside them.
 */
#include "host/cgroup_host.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/mountinfo.h"
#include "host/cgroup_private.h"
#include "host/cgroup_rootless.h"
#include "host/rootless.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

static const char *const v1_controllers[] = {
	"cpuset",  "cpu",	 "cpuacct",  "blkio",	"memory", "devices", "freezer",
	"net_cls", "perf_event", "net_prio", "hugetlb", "pids",	  "rdma",    "misc",
};

/* The controllers among the options of a v1 hierarchy, which has others: "rw,xattr,name=systemd". */
static void take_v1_mount(struct cgroup_host *h, const struct mountinfo_entry *m)
{
	struct cgroup_hierarchy *v1 = &h->v1[h->v1_n];

	if (h->v1_n == CGROUP_DIRS - 1 || strlen(m->mount_point) >= sizeof(v1->mount))
		return;
	v1->controllers[0] = '\0';
	for (size_t i = 0; i < sizeof(v1_controllers) / sizeof(v1_controllers[0]); i++) {
		if (!cgroup_has_word(m->super_options, v1_controllers[i]))
			continue;
		for (size_t k = 0; k < h->v1_n; k++)
			if (cgroup_has_word(h->v1[k].controllers, v1_controllers[i]))
				return; /* the same hierarchy, mounted twice */
		(void)cgroup_add_word(v1->controllers, sizeof(v1->controllers), v1_controllers[i],
				      ',');
	}
	if (!v1->controllers[0])
		return; /* a named one, for somebody's bookkeeping */
	snprintf(v1->mount, sizeof(v1->mount), "%s", m->mount_point);
	h->v1_n++;
}

/* Whether @path leads to a filesystem of type @magic. */
static bool is_filesystem(const char *path, long magic)
{
	struct statfs s;

	return statfs(path, &s) == 0 && (long)s.f_type == magic;
}

/* Forgets the hierarchies over which something else is mounted: they are in the list, and out of reach. */
static void drop_hidden(struct cgroup_host *h)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->v1_n; i++)
		if (is_filesystem(h->v1[i].mount, CGROUP_SUPER_MAGIC))
			h->v1[kept++] = h->v1[i];
	h->v1_n = kept;
	if (h->v2_mount[0] && !is_filesystem(h->v2_mount, CGROUP2_SUPER_MAGIC))
		h->v2_mount[0] = '\0';
}

static int look_at_mounts(struct cgroup_host *h, struct error *e)
{
	struct mountinfo m;
	struct mountinfo_entry entry;
	bool end = false;
	int result;

	if (mountinfo_open(&m, "/proc/self/mountinfo", e) < 0)
		return -1;
	while ((result = mountinfo_next(&m, &entry, &end, e)) == 0 && !end) {
		if (strcmp(entry.type, "cgroup") == 0)
			take_v1_mount(h, &entry);
		else if (strcmp(entry.type, "cgroup2") == 0 && !h->v2_mount[0] &&
			 strlen(entry.mount_point) < sizeof(h->v2_mount))
			snprintf(h->v2_mount, sizeof(h->v2_mount), "%s", entry.mount_point);
	}
	mountinfo_close(&m);
	drop_hidden(h);
	return result;
}

/*
 * The layout that nearly every host with v1 controllers has: /sys/fs/cgroup/NAME for each of them, where two names
 * may be links to one hierarchy. Asking for these names costs a third of making the kernel print the mount table.
 */
static void look_at_names(struct cgroup_host *h)
{
	fsid_t ids[CGROUP_DIRS];

	for (size_t i = 0; i < sizeof(v1_controllers) / sizeof(v1_controllers[0]); i++) {
		struct cgroup_hierarchy *v1 = &h->v1[h->v1_n];
		struct statfs s;
		size_t same = 0;

		snprintf(v1->mount, sizeof(v1->mount), "%s/%s", CGROUP_ROOT, v1_controllers[i]);
		if (statfs(v1->mount, &s) < 0 || s.f_type != CGROUP_SUPER_MAGIC)
			continue;
		while (same < h->v1_n && memcmp(&ids[same], &s.f_fsid, sizeof(fsid_t)) != 0)
			same++;
		if (same == h->v1_n) {
			v1->controllers[0] = '\0';
			ids[same] = s.f_fsid;
			h->v1_n++;
		}
		(void)cgroup_add_word(h->v1[same].controllers, sizeof(h->v1[same].controllers),
				      v1_controllers[i], ',');
	}
	if (h->v1_n > 0 && is_filesystem(CGROUP_ROOT "/unified", CGROUP2_SUPER_MAGIC))
		snprintf(h->v2_mount, sizeof(h->v2_mount), "%s", CGROUP_ROOT "/unified");
}

static void host_reset(struct cgroup_host *h)
{
	h->v1_n = 0;
	h->v2_mount[0] = h->v2_controllers[0] = '\0';
	h->v2_opened = h->v2_read = false;
}

int cgroup_host_look(struct cgroup_host *h, bool thorough, struct error *e)
{
	host_reset(h);
	if (rootless_is())
		return cgroup_rootless_look(h, e);
	if (is_filesystem(CGROUP_ROOT, CGROUP2_SUPER_MAGIC)) {
		snprintf(h->v2_mount, sizeof(h->v2_mount), "%s", CGROUP_ROOT);
		return 0;
	}
	if (!thorough)
		look_at_names(h);
	return h->v1_n > 0 ? 0 : look_at_mounts(h, e);
}

bool cgroup_host_v2_has(struct cgroup *g, struct cgroup_host *h, const char *controller)
{
	struct error ignored;

	if (!h->v2_mount[0])
		return false;
	if (!h->v2_opened) {
		h->v2_opened = true;
		(void)cgroup_v2_open(g, h->v2_mount, h->relative, &ignored);
	}
	if (cgroup_has_word(g->enabled, controller))
		return true;
	if (!h->v2_read) {
		h->v2_read = true;
		if (g->mount_fd < 0 ||
		    file_read_at(g->mount_fd, "cgroup.controllers", h->v2_controllers,
				 sizeof(h->v2_controllers), NULL, &ignored) < 0)
			h->v2_controllers[0] = '\0';
	}
	return cgroup_has_word(h->v2_controllers, controller);
}

bool cgroup_host_v1_has(const struct cgroup_host *h, const char *controller)
{
	for (size_t i = 0; i < h->v1_n; i++)
		if (cgroup_has_word(h->v1[i].controllers, controller))
			return true;
	return false;
}

int cgroup_survey(struct cgroup_survey *ret, struct error *e)
{
	struct error ignored;
	OWNED_FD fd = -1;
	struct cgroup_host h;
	char *save = NULL;

	if (cgroup_host_look(&h, true, e) < 0)
		return -1;
	*ret = (struct cgroup_survey){
		.version = h.v1_n	   ? CGROUP_V1
			   : h.v2_mount[0] ? CGROUP_V2
					   : CGROUP_NONE,
		.hybrid = h.v1_n && h.v2_mount[0],
	};
	snprintf(ret->where, sizeof(ret->where), "%s", h.v2_mount);
	for (size_t i = 0; i < h.v1_n; i++)
		for (char *word = strtok_r(h.v1[i].controllers, ",", &save); word;
		     word = strtok_r(NULL, ",", &save))
			(void)cgroup_add_word(ret->controllers, sizeof(ret->controllers), word, ' ');
	if (h.v2_mount[0])
		fd = open(h.v2_mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && file_read_at(fd, "cgroup.controllers", h.v2_controllers,
				    sizeof(h.v2_controllers), NULL, &ignored) == 0)
		for (char *word = strtok_r(h.v2_controllers, " \n", &save); word;
		     word = strtok_r(NULL, " \n", &save))
			(void)cgroup_add_word(ret->controllers, sizeof(ret->controllers), word, ' ');
	return 0;
}
