/*
 * cgroup_host.h - which cgroup hierarchies and controllers this host has. For the cgroup*.c files alone.
 */
#ifndef HOST_CGROUP_HOST_H
#define HOST_CGROUP_HOST_H

#include "host/cgroup.h"

struct cgroup_hierarchy {
	char controllers[CGROUP_NAMES];
	char mount[CGROUP_PATH];
};

struct cgroup_host {
	struct cgroup_hierarchy v1[CGROUP_DIRS];
	size_t v1_n;
	char v2_mount[CGROUP_PATH]; /* "": none */
	bool v2_opened, v2_read;
	char v2_controllers[CGROUP_NAMES];
	char relative[CGROUP_PATH]; /* the container's directory below every mount */
};

/*
 * Fills @h but for h->relative, which the caller knows. @thorough: by the mount table in any case, for a layout that is
 * nobody's usual one. An error only where that table cannot be read: a host without any cgroups is none.
 */
int cgroup_host_look(struct cgroup_host *h, bool thorough, struct error *e);

/* Whether a v1 hierarchy has @controller. */
bool cgroup_host_v1_has(const struct cgroup_host *h, const char *controller);

/* The same of the v2 mount. Looks as late as it can, and first at what the parent directory has enabled, which goes to
 * @g (cgroup_v2_open). Afterwards h->v2_controllers is known, unless @controller was enabled already. */
bool cgroup_host_v2_has(struct cgroup *g, struct cgroup_host *h, const char *controller);

#endif
