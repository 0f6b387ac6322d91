/*
 * cgroup_plan.c - where the cgroups of a container belong, and whether its limits can be had there.
 *
 * Runs outside, and makes nothing. It looks at the host once (cgroup_host.h). Each limit of the configuration is a row
 * of a table that names the controller it needs; the rows that are asked for decide which directories there will be.
 */
#include "host/cgroup_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/cgroup_host.h"
#include "host/cgroup_rootless.h"
#include "host/devices.h"
#include "host/rootless.h"

/* ---- what is asked for ---- */

enum kind { NUMBER, NUMBER_OR_NONE, WHEN_TRUE, STRING, COUNT };

struct setting {
	const char *oci,
		*option; /* its name in config.json below linux.resources, and on the command line */
	const char *v1, *v2; /* the controller; NULL: that version cannot do it */
	enum kind kind;	     /* NUMBER_OR_NONE: -1 is "no limit", and that can be had anywhere */
	size_t offset;
};

#define AT(field) offsetof(struct config_resources, field)

static const struct setting settings[] = {
	{"memory.limit", "--memory", "memory", "memory", NUMBER_OR_NONE, AT(memory)},
	{"memory.swap", "--memory-swap", "memory", "memory", NUMBER_OR_NONE, AT(memory_swap)},
	{"memory.reservation", NULL, "memory", "memory", NUMBER_OR_NONE, AT(memory_reservation)},
	{"memory.kernel", NULL, "memory", NULL, NUMBER_OR_NONE, AT(memory_kernel)},
	{"memory.kernelTCP", NULL, "memory", NULL, NUMBER_OR_NONE, AT(memory_kernel_tcp)},
	{"memory.swappiness", NULL, "memory", NULL, NUMBER, AT(memory_swappiness)},
	{"memory.disableOOMKiller", NULL, "memory", NULL, WHEN_TRUE, AT(memory_disable_oom)},
	{"memory.useHierarchy", NULL, "memory", "memory", NUMBER, AT(memory_use_hierarchy)},
	{"cpu.shares", "--cpu-shares", "cpu", "cpu", NUMBER, AT(cpu_shares)},
	{"cpu.weight", "--cpu-weight", "cpu", "cpu", NUMBER, AT(cpu_weight)},
	{"cpu.quota", "--cpus", "cpu", "cpu", NUMBER_OR_NONE, AT(cpu_quota)},
	{"cpu.period", "--cpus", "cpu", "cpu", NUMBER, AT(cpu_period)},
	{"cpu.burst", NULL, "cpu", "cpu", NUMBER, AT(cpu_burst)},
	{"cpu.idle", NULL, "cpu", "cpu", NUMBER, AT(cpu_idle)},
	{"cpu.realtimeRuntime", NULL, "cpu", NULL, NUMBER, AT(cpu_rt_runtime)},
	{"cpu.realtimePeriod", NULL, "cpu", NULL, NUMBER, AT(cpu_rt_period)},
	{"cpu.cpus", "--cpuset-cpus", "cpuset", "cpuset", STRING, AT(cpuset_cpus)},
	{"cpu.mems", "--cpuset-mems", "cpuset", "cpuset", STRING, AT(cpuset_mems)},
	{"pids.limit", "--pids-limit", "pids", "pids", NUMBER_OR_NONE, AT(pids)},
	{"blockIO.weight", NULL, "blkio", "io", NUMBER, AT(block_weight)},
	{"blockIO.leafWeight", NULL, "blkio", NULL, NUMBER, AT(block_leaf_weight)},
	{"blockIO.weightDevice", NULL, "blkio", "io", COUNT, AT(block_weights_n)},
	{"blockIO.throttleReadBpsDevice", NULL, "blkio", "io", COUNT, AT(read_bps.n)},
	{"blockIO.throttleWriteBpsDevice", NULL, "blkio", "io", COUNT, AT(write_bps.n)},
	{"blockIO.throttleReadIOPSDevice", NULL, "blkio", "io", COUNT, AT(read_iops.n)},
	{"blockIO.throttleWriteIOPSDevice", NULL, "blkio", "io", COUNT, AT(write_iops.n)},
	{"hugepageLimits", NULL, "hugetlb", "hugetlb", COUNT, AT(hugepages_n)},
	{"rdma", NULL, "rdma", "rdma", COUNT, AT(rdma_n)},
	{"network.classID", NULL, "net_cls", NULL, NUMBER, AT(net_class_id)},
	{"network.priorities", NULL, "net_prio", NULL, COUNT, AT(net_priorities_n)},
};

/* Whether the setting is given, and *ret_none where it says "no limit". */
static bool asked_for(const struct setting *s, const struct config_resources *r, bool *ret_none)
{
	const void *at = (const char *)r + s->offset;
	const struct config_number *number = at;

	*ret_none = false;
	switch (s->kind) {
	case STRING:
		return *(const char *const *)at != NULL;
	case COUNT:
		return *(const size_t *)at > 0;
	case WHEN_TRUE: /* engines send false for what they do not want */
		return number->set && number->value;
	case NUMBER_OR_NONE:
		/* What v2 cannot limit: engines send 0 for "not given" here. */
		*ret_none = number->set && (number->value == -1 || (!s->v2 && number->value == 0));
		return number->set;
	case NUMBER:
		break;
	}
	return number->set;
}

#define RESOURCES "linux.resources."

static const char *name_of(const struct config *c, const struct setting *s)
{
	return c->oci_version || !s->option ? s->oci : s->option;
}

/* "--memory" for the command line, "linux.resources.memory.limit" for a config.json. */
static int setting_error(struct error *e, const struct config *c, const struct setting *s,
			 const char *text)
{
	const char *name = name_of(c, s);

	return err_set(e, 0, "%s%s: %s", name == s->oci ? RESOURCES : "", name, text);
}

static int no_controller(struct error *e, const struct config *c, const struct setting *s,
			 struct cgroup_host *h)
{
	char text[1024], v1[CGROUP_NAMES] = "";
	const char *name = s->v2 && !h->v1_n ? s->v2 : s->v1;

	if (rootless_is() && s->v2) {
		snprintf(e->text, sizeof(e->text), "%s%s", name_of(c, s) == s->oci ? RESOURCES : "",
			 name_of(c, s));
		return cgroup_rootless_explain(h, name, e);
	}
	if (!s->v2 && !h->v1_n && h->v2_mount[0]) {
		setting_error(e, c, s, "only cgroup v1 has such a limit, and this host has v2");
		return err_hint(e, "leave it out");
	}
	for (size_t i = 0; i < h->v1_n; i++)
		(void)cgroup_add_word(v1, sizeof(v1), h->v1[i].controllers, ' ');
	h->v2_controllers[strcspn(h->v2_controllers, "\n")] = '\0';
	snprintf(text, sizeof(text),
		 "this host has no %s controller for cgroups (mounted v1: %s; v2: %s)", name,
		 v1[0] ? v1 : "none", h->v2_controllers[0] ? h->v2_controllers : "none");
	setting_error(e, c, s, text);
	if (strcmp(name, "memory") == 0)
		return err_hint(e, "boot with cgroup_enable=memory, or leave the limit out");
	return err_hint(e, "mount that controller, or leave the limit out");
}

static int place_setting(struct cgroup *g, struct cgroup_host *h, const struct config *c,
			 const struct setting *s, char *v1_need, struct error *e)
{
	const struct config_number *hierarchy = &c->resources.memory_use_hierarchy;
	bool none;

	if (!asked_for(s, &c->resources, &none))
		return 0;
	g->asked = g->asked || !none;
	if (cgroup_host_v1_has(h, s->v1))
		return cgroup_add_word(v1_need, CGROUP_NAMES, s->v1, ' ');
	if (s->v2 && cgroup_host_v2_has(g, h, s->v2)) {
		if (s->offset == AT(memory_use_hierarchy) && !hierarchy->value)
			return setting_error(e, c, s, "cgroup v2 always counts hierarchically");
		return cgroup_add_word(g->need, sizeof(g->need), s->v2, ' ');
	}
	if (none)
		return 0;
	/* For the message: everything that v2 has. */
	(void)cgroup_host_v2_has(g, h, "");
	return no_controller(e, c, s, h);
}

/* An entry of blockIO.weightDevice may have a weight, a leaf weight, or both: v2 has no leaves. */
static int check_leaf_weights(const struct cgroup_host *h, const struct config *c, struct error *e)
{
	const struct config_resources *r = &c->resources;

	for (size_t i = 0; i < r->block_weights_n && !cgroup_host_v1_has(h, "blkio"); i++)
		if (r->block_weights[i].leaf_weight.set && r->block_weights[i].leaf_weight.value) {
			err_set(e, 0,
				"linux.resources.blockIO.weightDevice: leafWeight: only cgroup "
				"v1 has such a limit, and this host has v2");
			return err_hint(e, "leave it out");
		}
	return 0;
}

/* `unified`: any file of the v2 directory, whose controller must be there and in v2. */
static int place_unified(struct cgroup *g, struct cgroup_host *h, const struct config *c,
			 bool *ret_v2, struct error *e)
{
	for (size_t i = 0; i < c->resources.unified_n; i++) {
		const char *key = c->resources.unified[i].key;
		char controller[64];

		if (cgroup_v2_key(key, controller, sizeof(controller), e) < 0)
			return -1;
		if (rootless_is() && !cgroup_host_v2_has(g, h, controller)) {
			snprintf(e->text, sizeof(e->text), "unified: %.100s", key);
			return cgroup_rootless_explain(h, controller, e);
		}
		if (!h->v2_mount[0]) {
			err_set(e, 0, "unified: %s: this host has no cgroup v2", key);
			return err_hint(e, "use the flag or the setting of that limit, which also "
					   "works with v1");
		}
		g->asked = *ret_v2 = true;
		if (!controller[0])
			continue;
		if (!cgroup_host_v2_has(g, h, controller)) {
			err_set(e, 0,
				"unified: %s: the v2 hierarchy of this host has no %s controller",
				key, controller);
			if (h->v1_n)
				return err_hint(
					e, "it has the v1 layout beside it: use the flag or the "
					   "setting of that limit");
			return err_hint(e, "leave it out");
		}
		if (cgroup_add_word(g->need, sizeof(g->need), controller, ' ') < 0)
			return err_set(e, 0, "unified: too many controllers");
	}
	return 0;
}

int cgroup_normalise(const char *path, char *ret, size_t size, struct error *e)
{
	size_t at = 0;

	ret[0] = '\0';
	for (const char *part = path; *part;) {
		size_t n = strcspn(part, "/");

		if (n == 2 && memcmp(part, "..", 2) == 0)
			return err_set(e, 0, "cgroup path \"%s\": \"..\" is not allowed in it", path);
		if (n > 255 || memchr(part, '\n', n))
			return err_set(e, 0, "cgroup path \"%s\": a part of it is no cgroup's name",
				       path);
		if (n > 0 && !(n == 1 && *part == '.')) {
			if (at + 1 + n + 1 > size)
				return err_set(e, ENAMETOOLONG, "cgroup path \"%.200s...\"", path);
			at += (size_t)snprintf(ret + at, size - at, "%s%.*s", at ? "/" : "", (int)n,
					       part);
		}
		part += n + (part[n] == '/');
	}
	if (at == 0)
		return err_set(e, 0, "cgroup path \"%s\": it names the root of all cgroups", path);
	return 0;
}

static int add_dir(struct cgroup *g, const struct cgroup_host *h, const char *mount,
		   const char *controllers, struct error *e)
{
	struct cgroup_dir *d = &g->dirs[g->dirs_n];
	int n;

	*d = (struct cgroup_dir){.fd = -1, .v2 = !*controllers, .mount_length = strlen(mount)};
	snprintf(d->controllers, sizeof(d->controllers), "%s", controllers);
	n = snprintf(d->path, sizeof(d->path), "%s/%s", mount, h->relative);
	if (n < 0 || (size_t)n >= sizeof(d->path))
		return err_set(e, ENAMETOOLONG, "cgroup path \"%.200s...\"", h->relative);
	/* The common parent is ours whoever made it; of a path that was given, only what gets made is. */
	d->keep_length = g->given ? (size_t)n : d->mount_length;
	d->joined = g->join && access(d->path, F_OK) == 0;
	g->dirs_n++;
	return 0;
}

/* Whether a v1 hierarchy has one of the controllers in @need, a list with spaces. */
static bool is_needed(const struct cgroup_hierarchy *h, const char *need)
{
	char names[CGROUP_NAMES], *save = NULL;

	snprintf(names, sizeof(names), "%s", need);
	for (char *word = strtok_r(names, " ", &save); word; word = strtok_r(NULL, " ", &save))
		if (cgroup_has_word(h->controllers, word))
			return true;
	return false;
}

/*
 * v1: a directory in each hierarchy that a limit, the device rules or the report needs, and in no other: each
 * costs a quarter of a millisecond to make and to remove. An OCI container has one in all of them. The first ones of @order are the first to be emptied.
 */
static int add_v1_dirs(struct cgroup *g, const struct cgroup_host *h, const struct config *c,
		       const char *need, struct error *e)
{
	static const char *const order[] = {"freezer", "pids",	  "memory", "cpu",
					    "cpuacct", "devices", "blkio"};
	bool restricted = devices_restrict(c->resources.devices, c->resources.devices_n);
	bool taken[CGROUP_DIRS] = {false};

	for (size_t k = 0; k <= sizeof(order) / sizeof(order[0]); k++) {
		const char *name = k < sizeof(order) / sizeof(order[0])
					   ? order[k]
					   : NULL; /* at last, the rest */

		for (size_t i = 0; i < h->v1_n; i++) {
			const struct cgroup_hierarchy *v1 = &h->v1[i];
			bool wanted = is_needed(v1, need);

			if (taken[i] || (name && !cgroup_has_word(v1->controllers, name)))
				continue;
			if (c->oci_version)
				wanted = true; /* engines pause, count and update what nobody limited */
			else if (name && strcmp(name, "devices") == 0)
				wanted = wanted || restricted;
			else if (name && strcmp(name, "freezer") != 0)
				wanted = wanted || c->count_usage;
			if (!wanted)
				continue;
			taken[i] = true;
			if (add_dir(g, h, v1->mount, v1->controllers, e) < 0)
				return -1;
		}
	}
	return 0;
}

bool cgroup_restricts_devices(const struct config *c)
{
	return !rootless_is() && devices_restrict(c->resources.devices, c->resources.devices_n);
}

/* What v2 should count for the report, where v1 does not. Nobody asked: so only what can be had. */
static void place_wants(struct cgroup *g, struct cgroup_host *h)
{
	static const char *const wants[][2] = {
		{"memory", "memory"}, {"pids", "pids"}, {"blkio", "io"}};

	for (size_t i = 0; i < 3; i++)
		if (!cgroup_host_v1_has(h, wants[i][0]) && cgroup_host_v2_has(g, h, wants[i][1]))
			(void)cgroup_add_word(g->want, sizeof(g->want), wants[i][1], ' ');
}

/* For an OCI container all that there is: engines count and update later what nobody limited. */
static void place_everything(struct cgroup *g, struct cgroup_host *h)
{
	char names[CGROUP_NAMES], *save = NULL;

	(void)cgroup_host_v2_has(g, h, "");
	snprintf(names, sizeof(names), "%s", h->v2_controllers);
	for (char *word = strtok_r(names, " \n", &save); word; word = strtok_r(NULL, " \n", &save))
		(void)cgroup_add_word(g->want, sizeof(g->want), word, ' ');
}

static int place_all(struct cgroup *g, struct cgroup_host *h, const struct config *c, struct error *e)
{
	bool restricted = cgroup_restricts_devices(c);
	char v1_need[CGROUP_NAMES] = "";
	bool v2 = false;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (place_setting(g, h, c, &settings[i], v1_need, e) < 0)
			return -1;
	if (place_unified(g, h, c, &v2, e) < 0 || check_leaf_weights(h, c, e) < 0)
		return -1;
	if (restricted && !cgroup_host_v1_has(h, "devices")) {
		g->devices_v2 = h->v2_mount[0] != '\0';
		g->devices_unenforced = !g->devices_v2;
	}
	if (h->v1_n == 0 && h->v2_mount[0])
		v2 = true;
	if (c->oci_version && v2)
		place_everything(g, h);
	else if (c->count_usage && (v2 || g->need[0] || !cgroup_host_v1_has(h, "memory") ||
				    !cgroup_host_v1_has(h, "pids")))
		place_wants(g, h);
	if (h->v1_n > 0 && add_v1_dirs(g, h, c, v1_need, e) < 0)
		return -1;
	g->version = h->v1_n > 0 ? CGROUP_V1 : v2 ? CGROUP_V2 : CGROUP_NONE;
	if (v2 || g->need[0] || g->want[0] || g->devices_v2) {
		if (g->mount_fd < 0 && cgroup_v2_open(g, h->v2_mount, h->relative, e) < 0)
			return -1;
		return add_dir(g, h, h->v2_mount, "", e);
	}
	return 0;
}

/* Nothing will be made. That is only right where nothing is asked for. */
static int plan_none(struct cgroup *g, const struct config *c, struct error *e)
{
	bool none;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (asked_for(&settings[i], &c->resources, &none) && !none) {
			setting_error(e, c, &settings[i], "it takes a cgroup, and none may be made");
			return err_hint(e,
					"leave out the limit, or the cgroup manager \"disabled\"");
		}
	if (c->resources.unified_n > 0) {
		err_set(e, 0, "unified: it takes a cgroup, and none may be made");
		return err_hint(e, "leave out the limit, or the cgroup manager \"disabled\"");
	}
	g->devices_unenforced = cgroup_restricts_devices(c);
	return 0;
}

/* "slice:prefix:name": a unit of systemd, which would have to be asked for it. */
static bool is_systemd_path(const char *path)
{
	const char *first = strchr(path, ':'), *second = first ? strchr(first + 1, ':') : NULL;

	return second && !strchr(second + 1, ':') && !strchr(path, '/');
}

static void plan_begin(struct cgroup *g, const struct config *c)
{
	*g = (struct cgroup)CGROUP_EMPTY;
	g->given = c->cgroup_path != NULL;
	g->join = g->given && c->oci_version;
}

int cgroup_plan(struct cgroup *g, const struct config *c, struct error *e)
{
	char path[CGROUP_PATH];
	struct cgroup_host h;

	plan_begin(g, c);
	if (c->oci_version && c->cgroup_path && is_systemd_path(c->cgroup_path)) {
		err_set(e, 0, "linux.cgroupsPath \"%s\": the systemd cgroup driver is not supported",
			c->cgroup_path);
		return err_hint(e, "use the cgroupfs driver");
	}
	if (c->cgroup_manager == CGROUP_MANAGER_DISABLED)
		return plan_none(g, c, e);
	if (!c->cgroup_path && !c->id)
		return err_set(e, 0, "cgroup path: the container has no id");
	snprintf(path, sizeof(path), "%s/%s", CGROUP_PARENT, c->id ? c->id : "");
	if (cgroup_normalise(c->cgroup_path ? c->cgroup_path : path, h.relative, sizeof(h.relative),
			     e) < 0)
		return -1;
	if (cgroup_host_look(&h, false, e) < 0)
		return -1;
	if (rootless_is())
		cgroup_rootless_shorten(&h);
	if (place_all(g, &h, c, e) == 0)
		return 0;
	/* What the usual names do not offer may be mounted elsewhere. */
	cgroup_end(g);
	plan_begin(g, c);
	if (cgroup_host_look(&h, true, e) < 0)
		return -1;
	return place_all(g, &h, c, e);
}

/* ---- more, for a container that runs ---- */

/* Like add_dir, at the right place: a v2 directory stays the last one. */
static int add_late(struct cgroup *g, const struct cgroup_host *h, const char *mount,
		    const char *controllers, struct error *e)
{
	size_t last = g->dirs_n - 1, keep = g->dirs[0].keep_length - g->dirs[0].mount_length;
	struct cgroup_dir *d, moved;

	if (g->dirs_n == CGROUP_DIRS)
		return err_set(e, 0, "too many cgroup hierarchies");
	if (add_dir(g, h, mount, controllers, e) < 0)
		return -1;
	d = &g->dirs[g->dirs_n - 1];
	d->keep_length = d->mount_length + keep;
	d->late = true;
	if (g->dirs[last].v2) {
		moved = g->dirs[last];
		g->dirs[last] = *d;
		*d = moved;
	}
	return 0;
}

static int add_missing(struct cgroup *g, struct cgroup_host *h, const char *need, bool v2,
		       struct error *e)
{
	for (size_t i = 0; i < h->v1_n; i++) {
		char first[CGROUP_NAMES];

		snprintf(first, sizeof(first), "%.*s", (int)strcspn(h->v1[i].controllers, ","),
			 h->v1[i].controllers);
		if (is_needed(&h->v1[i], need) && !cgroup_v1_dir(g, first) &&
		    add_late(g, h, h->v1[i].mount, h->v1[i].controllers, e) < 0)
			return -1;
	}
	if (!v2 || g->dirs[g->dirs_n - 1].v2)
		return 0;
	if (g->mount_fd < 0 && cgroup_v2_open(g, h->v2_mount, h->relative, e) < 0)
		return -1;
	return add_late(g, h, h->v2_mount, "", e);
}

int cgroup_plan_more(struct cgroup *g, const struct config *c, const char *names, struct error *e)
{
	const struct config_resources *r = &c->resources;
	char v1_need[CGROUP_NAMES] = "";
	bool v2 = false;
	struct cgroup_host h;

	if (g->dirs_n == 0)
		return err_set(e, 0, "the container has no cgroup of its own");
	snprintf(h.relative, sizeof(h.relative), "%s", g->dirs[0].path + g->dirs[0].mount_length + 1);
	if (cgroup_host_look(&h, false, e) < 0)
		return -1;
	if (rootless_is()) /* what was its maker's, wherever we are */
		snprintf(h.v2_mount, sizeof(h.v2_mount), "%.*s", (int)g->dirs[0].mount_length,
			 g->dirs[0].path);
	g->need[0] = g->enabled[0] = '\0';
	snprintf(v1_need, sizeof(v1_need), "%s", names);
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (place_setting(g, &h, c, &settings[i], v1_need, e) < 0)
			return -1;
	if (place_unified(g, &h, c, &v2, e) < 0 || check_leaf_weights(&h, c, e) < 0)
		return -1;
	if (r->devices_n > 0 && rootless_is())
		return err_set(e, 0,
			       "device rules: only root can set them; without root there is no "
			       "device but those that the user may open");
	if (r->devices_n > 0 && cgroup_add_word(v1_need, sizeof(v1_need), "devices", ' ') < 0)
		return err_set(e, 0, "too many controllers");
	if (r->devices_n > 0 && !cgroup_host_v1_has(&h, "devices"))
		v2 = true;
	if (v2 && !h.v2_mount[0])
		return err_set(e, 0, "device rules: this host has no device cgroup");
	return add_missing(g, &h, v1_need, v2 || g->need[0], e);
}
