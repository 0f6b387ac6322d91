/*
 * cgroup_v2.c - the unified hierarchy: directories with their controllers, limits, counters, the end.
 *
 * Runs outside. A directory has the files of a controller when its parent lists it in cgroup.subtree_control,
 * so those are written from the mount down to the parent, and only where something is missing: an ordinary
 * start finds all of it enabled and reads one file. The kernel refuses (EBUSY) in a directory that has
 * processes itself, the root excepted.
 */
#include "host/cgroup_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "host/devices.h"

#define BENEATH	   (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV)
#define DIRECTORY  (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define MAKE_TRIES 64

/* ---- making ---- */

int cgroup_v2_open(struct cgroup *g, const char *mount, const char *relative, struct error *e)
{
	const char *slash = strrchr(relative, '/');
	char parent[CGROUP_PATH] = ".";
	struct error ignored;

	if (slash)
		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - relative), relative);
	g->enabled[0] = '\0';
	g->mount_fd = open(mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (g->mount_fd < 0)
		return err_set(e, errno, "open %s", mount);
	g->parent_fd = sys_openat2(g->mount_fd, parent, O_PATH | O_DIRECTORY, 0, BENEATH);
	if (g->parent_fd < 0 && errno != ENOENT && errno != ENODEV)
		return err_set(e, errno, "open %s/%s", mount, parent);
	/* One that vanishes meanwhile is made again by cgroup_v2_make. */
	if (g->parent_fd >= 0 && file_read_at(g->parent_fd, "cgroup.subtree_control", g->enabled,
					      sizeof(g->enabled), NULL, &ignored) < 0) {
		g->enabled[0] = '\0';
		fd_close(&g->parent_fd);
	}
	return 0;
}

/* Puts the names of @list that are not in @enabled into @ret as "+memory +pids". */
static void missing_from(const char *enabled, const char *list, char *ret, size_t size)
{
	char copy[CGROUP_NAMES], *save = NULL;

	ret[0] = '\0';
	snprintf(copy, sizeof(copy), "%s", list);
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		size_t at = strlen(ret);

		if (!cgroup_has_word(enabled, word))
			snprintf(ret + at, size - at, "%s+%s", at ? " " : "", word);
	}
}

static int explain_enable(struct error *e, const char *what, const char *where)
{
	int no = e->no;

	err_set(e, no, "enable controllers (%s) in %s/cgroup.subtree_control", what, where);
	if (no == EBUSY)
		return err_hint(e,
				"that cgroup holds processes itself, as under OpenRC or inside a "
				"container, and cannot have controllers for its children then: "
				"move the processes into a child of it, or choose another place "
				"by --cgroup-parent");
	if (no == EOPNOTSUPP)
		return err_hint(e,
				"that cgroup is threaded: choose another place by --cgroup-parent");
	if (no == EINVAL)
		return err_hint(e, "the cpu controller refuses while real-time processes are in "
				   "cgroups");
	if (no == EROFS)
		return err_hint(e, "the cgroup filesystem is mounted read-only");
	return -1;
}

/*
 * Whether the directory has processes of its own, and is not the root of the hierarchy, which may. Some controllers could be
 * enabled there all the same (cpu, pids): it would turn threaded, and no container could be in it (cgroup-v2.rst, "Threads").
 */
static bool has_processes(int fd)
{
	OWNED_FD procs = -1;
	char byte;

	if (faccessat(fd, "cgroup.type", F_OK, 0) < 0)
		return false;
	procs = openat(fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	return procs >= 0 && read(procs, &byte, 1) == 1;
}

/* Enables in @fd, the directory @where, what the container needs, and tries what it wants. */
static int enable(const struct cgroup *g, int fd, const char *where, struct error *e)
{
	char have[CGROUP_NAMES], available[CGROUP_NAMES], missing[2 * CGROUP_NAMES];
	char *save = NULL;
	struct error ignored;

	if (file_read_at(fd, "cgroup.subtree_control", have, sizeof(have), NULL, e) < 0)
		return -1;
	missing_from(have, g->need, missing, sizeof(missing));
	if (*missing) {
		if (file_read_at(fd, "cgroup.controllers", available, sizeof(available), NULL, e) < 0)
			return -1;
		for (char *word = strtok_r(missing, " ", &save); word;
		     word = strtok_r(NULL, " ", &save))
			if (!cgroup_has_word(available, word + 1)) {
				err_set(e, 0, "%s has no %s controller to give to its children",
					where, word + 1);
				return err_hint(e,
						"it is threaded, or was not given the controller: "
						"choose another place by --cgroup-parent");
			}
		missing_from(have, g->need, missing, sizeof(missing));
		if (has_processes(fd)) {
			e->no = EBUSY;
			return explain_enable(e, missing, where);
		}
		if (file_write_at(fd, "cgroup.subtree_control", missing, e) < 0)
			return explain_enable(e, missing, where);
	}
	/* For the report alone: one by one, and whatever fails will be reported as not counted. */
	missing_from(have, g->want, missing, sizeof(missing));
	if (*missing && has_processes(fd))
		return 0;
	save = NULL;
	for (char *word = strtok_r(missing, " ", &save); word; word = strtok_r(NULL, " ", &save))
		(void)file_write_at(fd, "cgroup.subtree_control", word, &ignored);
	return 0;
}

/* Opens the parent of the container's directory, making and enabling what is missing on the way. */
static int walk_to_parent(struct cgroup *g, struct cgroup_dir *d, int *ret_fd, struct error *e)
{
	char path[CGROUP_PATH];
	size_t at = d->mount_length;
	OWNED_FD fd = openat(g->mount_fd, ".", DIRECTORY);

	if (fd < 0)
		return err_set(e, errno, "open the cgroup mount");
	snprintf(path, sizeof(path), "%s", d->path);
	for (;;) {
		char *name = path + at + 1, *slash = strchr(name, '/');
		int next;

		path[at] = '\0';
		if (enable(g, fd, path, e) < 0)
			return -1;
		if (!slash)
			break; /* the last part is the container's own directory */
		path[at] = '/';
		*slash = '\0';
		if (mkdirat(fd, name, 0755) == 0) {
			if (at < d->keep_length)
				d->keep_length = at;
		} else if (errno != EEXIST) {
			return err_set(e, errno, "create cgroup %s", path);
		}
		next = sys_openat2(fd, name, O_PATH | O_DIRECTORY, 0, BENEATH);
		if (next < 0)
			return err_set(e, errno, "open cgroup %s", path);
		fd_close(&fd);
		fd = next;
		at = (size_t)(slash - path);
	}
	*ret_fd = fd_give(&fd);
	return 0;
}

/* A directory of that name is there: only an empty, thawed one may go, and is removed. */
static int remove_leftover(int parent_fd, const char *name, const char *path, struct error *e)
{
	OWNED_FD fd = sys_openat2(parent_fd, name, O_RDONLY | O_DIRECTORY, 0, BENEATH);
	char events[256];

	if (fd < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "open cgroup %s", path);
	if (file_read_at(fd, "cgroup.events", events, sizeof(events), NULL, e) < 0)
		return e->no == ENODEV ? 0 : -1;
	if (file_field(events, "populated") != 0)
		return err_set(e, EEXIST, "cgroup %s has processes already", path);
	if (file_field(events, "frozen") == 1)
		return err_set(e, EEXIST, "cgroup %s exists and is frozen", path);
	if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY)
		return err_set(e, errno, "remove the left-over cgroup %s", path);
	if (cgroup_clear(fd, true, false, cgroup_now_ms() + CGROUP_REMOVE_MS, e) < 0)
		return err_within(e, "remove the left-over cgroup %s", path);
	if (unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_set(e, errno, "remove the left-over cgroup %s", path);
	return 0;
}

/* A place that we did not choose may be one in which the first process could not start, or never would. */
static int check_usable(const struct cgroup_dir *d, struct error *e)
{
	char text[256];

	if (file_read_at(d->fd, "cgroup.type", text, sizeof(text), NULL, e) < 0)
		return -1;
	if (strncmp(text, "domain\n", 7) != 0) {
		err_set(e, EOPNOTSUPP, "cgroup %s cannot hold processes", d->path);
		return err_hint(e,
				"its parent is threaded: choose another place by --cgroup-parent");
	}
	if (file_read_at(d->fd, "cgroup.events", text, sizeof(text), NULL, e) < 0)
		return -1;
	if (file_field(text, "frozen") == 1) {
		err_set(e, 0, "cgroup %s is frozen from birth", d->path);
		return err_hint(e,
				"a cgroup above it is frozen: thaw that, or choose another place "
				"by --cgroup-parent");
	}
	return 0;
}

/* A directory that an engine has made, or left from the last time: it is taken as it is, and stays behind. */
static int join(int parent_fd, const char *name, struct cgroup_dir *d, struct error *e)
{
	char events[256];

	d->fd = sys_openat2(parent_fd, name, O_RDONLY | O_DIRECTORY, 0, BENEATH);
	if (d->fd < 0)
		return err_set(e, errno, "open cgroup %s", d->path);
	d->joined = true;
	if (cgroup_join_check(d->fd, e) == 0) {
		if (!cgroup_text(d->fd, "cgroup.events", events, sizeof(events)) ||
		    file_field(events, "frozen") != 1)
			return 0;
		err_set(e, 0, "container's cgroup unexpectedly frozen");
	}
	fd_close(&d->fd); /* what is in there is not ours to end */
	return err_within(e, "cgroup %s", d->path);
}

int cgroup_v2_enable(struct cgroup *g, struct cgroup_dir *d, struct error *e)
{
	char have[CGROUP_NAMES], missing[2 * CGROUP_NAMES];
	OWNED_FD parent_fd = -1;
	int result;

	if (file_read_at(d->fd, "cgroup.controllers", have, sizeof(have), NULL, e) < 0)
		return -1;
	missing_from(have, g->need, missing, sizeof(missing));
	if (!*missing)
		return 0;
	if (g->mount_fd < 0) {
		char mount[CGROUP_PATH];

		snprintf(mount, sizeof(mount), "%.*s", (int)d->mount_length, d->path);
		g->mount_fd = open(mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (g->mount_fd < 0)
			return err_set(e, errno, "open %s", mount);
	}
	result = walk_to_parent(g, d, &parent_fd, e);
	fd_close(&g->mount_fd);
	return result;
}

int cgroup_v2_make(struct cgroup *g, struct cgroup_dir *d, struct error *e)
{
	const char *name = strrchr(d->path, '/') + 1;
	char missing[2 * CGROUP_NAMES];
	bool done = false;

	/* The common shortcut: what the parent has enabled, all above it have. */
	missing_from(g->enabled, g->need, missing, sizeof(missing));
	if (!*missing)
		missing_from(g->enabled, g->want, missing, sizeof(missing));
	if (*missing)
		fd_close(&g->parent_fd);
	for (int tries = 0; !done && tries < MAKE_TRIES; tries++) {
		if (g->parent_fd < 0 && walk_to_parent(g, d, &g->parent_fd, e) < 0) {
			/* Another mini-run ended its last container and removed the parent under us. */
			if (e->no == ENOENT || e->no == ENODEV)
				continue;
			return -1;
		}
		if (mkdirat(g->parent_fd, name, 0755) == 0) {
			d->made = done = true;
			d->joined = false;
			break;
		}
		err_set(e, errno, "create cgroup %s", d->path);
		if (e->no == EEXIST && g->join) {
			done = join(g->parent_fd, name, d, e) == 0;
			if (!done && e->no != ENOENT && e->no != ENODEV)
				return -1;
			continue;
		}
		if (e->no == ENOENT || e->no == ENODEV)
			fd_close(&g->parent_fd);
		else if (e->no != EEXIST || remove_leftover(g->parent_fd, name, d->path, e) < 0)
			return -1;
	}
	if (!done)
		return err_hint(e, "it kept vanishing: somebody else removes cgroups there");
	if (d->fd < 0)
		d->fd = openat(g->parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (d->fd < 0)
		return err_set(e, errno, "open cgroup %s", d->path);
	fd_close(&g->parent_fd);
	fd_close(&g->mount_fd);
	return g->given ? check_usable(d, e) : 0;
}

/* ---- limits ---- */

/* `memory.checkBeforeUpdate`: v1 refuses a limit below the usage, v2 would reclaim and then kill. */
static int memory_check(int fd, const struct config_resources *r, struct error *e)
{
	int64_t usage;

	if (!r->memory_check_before_update.set || !r->memory_check_before_update.value ||
	    !r->memory.set || r->memory.value < 0)
		return 0;
	usage = cgroup_number(fd, "memory.current");
	if (usage > r->memory.value)
		return err_set(e, EBUSY,
			       "memory limit: %" PRId64 " bytes are in use, more than the "
			       "new limit of %" PRId64,
			       usage, r->memory.value);
	return 0;
}

/* @no_swap: a memory limit alone is one for memory and swap together (the command line's form). */
static int memory_limit(int fd, const struct config_resources *r, bool no_swap, struct error *e)
{
	int64_t swap = -1;

	if (memory_check(fd, r, e) < 0)
		return -1;
	if (r->memory_swap.set && r->memory_swap.value >= 0) {
		/* What v2 limits is swap alone, so without a limit for memory there is nothing to take off. */
		if (!r->memory.set || r->memory.value < 0)
			return err_set(e, 0,
				       "swap limit: it counts memory and swap together, and "
				       "needs a memory limit");
		swap = r->memory_swap.value - r->memory.value;
		if (swap < 0)
			return err_set(e, 0,
				       "swap limit: it counts memory and swap together, and is "
				       "below the memory limit");
	}
	if (r->memory_swap.set) {
		if (cgroup_put_max(fd, "swap limit", "memory.swap.max", swap, e) < 0)
			return e->no == ENOENT && swap < 0 ? 0
			       : e->no == ENOENT
				       ? err_hint(e, "this kernel does not count swap: boot with "
						     "swapaccount=1, or leave --memory-swap out")
				       : -1;
	} else if (no_swap && r->memory.set && r->memory.value >= 0) {
		/* Nobody asked, so a kernel that cannot swap or cannot count it is as good. */
		if (cgroup_put(fd, "swap limit", "memory.swap.max", e, "0") < 0 && e->no != ENOENT)
			return -1;
	}
	if (r->memory.set && cgroup_put_max(fd, "memory limit", "memory.max", r->memory.value, e) < 0)
		return -1;
	if (r->memory_reservation.set && cgroup_put_max(fd, "memory reservation", "memory.low",
							r->memory_reservation.value, e) < 0)
		return -1;
	return 0;
}

static int cpu_bandwidth(int fd, const struct config_resources *r, struct error *e)
{
	char quota[32] = "max", text[64];

	if (!r->cpu_quota.set && !r->cpu_period.set)
		return 0;
	if (r->cpu_quota.set && r->cpu_quota.value >= 0) {
		snprintf(quota, sizeof(quota), "%" PRId64, r->cpu_quota.value);
	} else if (!r->cpu_quota.set) {
		/* The file takes no period alone: the quota that is there stays. */
		if (file_read_at(fd, "cpu.max", text, sizeof(text), NULL, e) < 0)
			return -1;
		text[strcspn(text, " \n")] = '\0';
		snprintf(quota, sizeof(quota), "%.20s", text);
	}
	if (r->cpu_period.set)
		return cgroup_put(fd, "CPU quota", "cpu.max", e, "%s %" PRId64, quota,
				  r->cpu_period.value);
	return cgroup_put(fd, "CPU quota", "cpu.max", e, "%s", quota);
}

static int cpu_limit(int fd, const struct config_resources *r, struct error *e)
{
	int64_t weight = r->cpu_weight.set ? r->cpu_weight.value
					   : cgroup_weight_of_shares(r->cpu_shares.value);
	bool weighted = r->cpu_weight.set || r->cpu_shares.set;
	bool idle = r->cpu_idle.set && r->cpu_idle.value;

	/* An idle group takes no weight: out of idle first, into idle last. */
	if (r->cpu_idle.set && !idle && cgroup_put(fd, "CPU idle", "cpu.idle", e, "0") < 0)
		return -1;
	if (weighted && cgroup_put(fd, "CPU weight", "cpu.weight", e, "%" PRId64, weight) < 0)
		return -1;
	if (idle && cgroup_put(fd, "CPU idle", "cpu.idle", e, "1") < 0)
		return -1;
	if (cpu_bandwidth(fd, r, e) < 0) {
		/* A quota below the burst of before is refused: then the new burst goes first. */
		if (e->no != EINVAL || !r->cpu_burst.set ||
		    cgroup_put(fd, "CPU burst", "cpu.max.burst", e, "%" PRId64, r->cpu_burst.value) <
			    0)
			return -1;
		return cpu_bandwidth(fd, r, e);
	}
	if (r->cpu_burst.set &&
	    cgroup_put(fd, "CPU burst", "cpu.max.burst", e, "%" PRId64, r->cpu_burst.value) < 0)
		return -1;
	return 0;
}

/* v2 takes any set, and quietly uses what the parent has of it, or all of that: see what came of it. */
static int cpuset_put(int fd, const char *setting, const char *file, const char *set, struct error *e)
{
	char effective_file[64], asked[4096], effective[4096];

	if (!set)
		return 0;
	snprintf(effective_file, sizeof(effective_file), "%s.effective", file);
	if (cgroup_put(fd, setting, file, e, "%s", set) < 0 ||
	    file_read_at(fd, file, asked, sizeof(asked), NULL, e) < 0 ||
	    file_read_at(fd, effective_file, effective, sizeof(effective), NULL, e) < 0)
		return -1;
	if (strcmp(asked, effective) != 0)
		return err_set(e, 0, "%s: %s is asked for, and %.*s is what can be had here",
			       setting, set, (int)strcspn(effective, "\n"), effective);
	return 0;
}

static int io_weights(int fd, const struct config_resources *r, struct error *e)
{
	bool bfq = true;

	if (!r->block_weight.set && r->block_weights_n == 0)
		return 0;
	/* BFQ has 1 to 1000 like v1, io.weight (iocost) 1 to 10000. */
	if (faccessat(fd, "io.bfq.weight", F_OK, 0) < 0)
		bfq = false;
	for (size_t i = 0; i <= r->block_weights_n; i++) {
		const struct config_block_weight *b =
			i < r->block_weights_n ? &r->block_weights[i] : NULL;
		const struct config_number *n = b ? &b->weight : &r->block_weight;
		int64_t weight = bfq ? n->value : 1 + (n->value - 10) * 9999 / 990;
		const char *file = bfq ? "io.bfq.weight" : "io.weight";
		int result;

		if (!n->set || n->value == 0) /* 0: not given */
			continue;
		if (b)
			result = cgroup_put(fd, "block IO weight", file, e,
					    "%" PRId64 ":%" PRId64 " %" PRId64, b->major, b->minor,
					    weight < 1 ? 1 : weight);
		else
			result = cgroup_put(fd, "block IO weight", file, e, "default %" PRId64,
					    weight < 1 ? 1 : weight);
		if (result < 0)
			return e->no == ENOENT ? err_hint(e, "this kernel has neither the BFQ "
							     "scheduler nor iocost")
					       : -1;
	}
	return 0;
}

static int io_throttle(int fd, const struct config_throttles *t, const char *key, struct error *e)
{
	for (size_t i = 0; i < t->n; i++) {
		char rate[32] = "max"; /* a rate of 0 lifts the limit on v1 */

		if (t->v[i].rate > 0)
			snprintf(rate, sizeof(rate), "%" PRIu64, t->v[i].rate);
		if (cgroup_put(fd, "block IO throttle", "io.max", e, "%" PRId64 ":%" PRId64 " %s=%s",
			       t->v[i].major, t->v[i].minor, key, rate) < 0)
			return e->no == ENODEV ? err_hint(e, "it takes a whole disk, no partition")
					       : -1;
	}
	return 0;
}

static int io_limit(int fd, const struct config_resources *r, struct error *e)
{
	if (io_weights(fd, r, e) < 0 || io_throttle(fd, &r->read_bps, "rbps", e) < 0 ||
	    io_throttle(fd, &r->write_bps, "wbps", e) < 0 ||
	    io_throttle(fd, &r->read_iops, "riops", e) < 0 ||
	    io_throttle(fd, &r->write_iops, "wiops", e) < 0)
		return -1;
	return 0;
}

static int hugetlb_limit(int fd, const struct config_resources *r, struct error *e)
{
	for (size_t i = 0; i < r->hugepages_n; i++) {
		const struct config_hugepage *h = &r->hugepages[i];
		char file[64];

		snprintf(file, sizeof(file), "hugetlb.%.20s.max", h->page_size);
		if (cgroup_put(fd, "huge page limit", file, e, "%" PRIu64, h->limit) < 0)
			return e->no == ENOENT ? err_hint(e, "this host has no pages of that size")
					       : -1;
		/* Reservations count where the kernel can count them: a fault then never ends in SIGBUS. */
		snprintf(file, sizeof(file), "hugetlb.%.20s.rsvd.max", h->page_size);
		if (cgroup_put(fd, "huge page limit", file, e, "%" PRIu64, h->limit) < 0 &&
		    e->no != ENOENT)
			return -1;
	}
	return 0;
}

static int rdma_limit(int fd, const struct config_resources *r, struct error *e)
{
	for (size_t i = 0; i < r->rdma_n; i++) {
		const struct config_rdma *d = &r->rdma[i];
		char handles[40] = "", objects[40] = "";

		if (d->handles.set)
			snprintf(handles, sizeof(handles), " hca_handle=%" PRId64, d->handles.value);
		if (d->objects.set)
			snprintf(objects, sizeof(objects), " hca_object=%" PRId64, d->objects.value);
		if (cgroup_put(fd, "RDMA limit", "rdma.max", e, "%s%s%s", d->device, handles,
			       objects) < 0)
			return -1;
	}
	return 0;
}

int cgroup_v2_key(const char *key, char *ret, size_t size, struct error *e)
{
	static const char *const core[] = {
		"cgroup.max.depth",
		"cgroup.max.descendants",
		"cgroup.pressure",
	};
	const char *dot = strchr(key, '.');

	if (!dot || dot == key || !dot[1] || strchr(key, '/') || strlen(key) > 255 ||
	    (size_t)(dot - key) >= size)
		return err_set(e, 0, "unified: \"%s\" is not of the form CONTROLLER.FILE", key);
	if (strncmp(key, "cgroup.", 7) != 0) {
		snprintf(ret, size, "%.*s", (int)(dot - key), key);
		return 0;
	}
	/* The others move, end or freeze processes, or change what the directory is. */
	for (size_t i = 0; i < sizeof(core) / sizeof(core[0]); i++)
		if (strcmp(key, core[i]) == 0) {
			ret[0] = '\0';
			return 0;
		}
	return err_set(e, 0, "unified: %s is no limit and must not be written", key);
}

/* A value of several lines is for a file that takes one line a write, like io.max. */
static int unified_put(int fd, const struct config_pair *p, struct error *e)
{
	const char *line = p->value;

	do {
		size_t length = strcspn(line, "\n");

		if (length > 4000)
			return err_set(e, 0, "unified: the value for %s is too long", p->key);
		if (cgroup_put(fd, "unified", p->key, e, "%.*s", (int)length, line) < 0)
			return -1;
		line += length + (line[length] == '\n');
	} while (*line);
	return 0;
}

int cgroup_v2_limit(const struct cgroup *g, int fd, const struct config *c, struct error *e)
{
	static const struct {
		const char *controller;
		int (*write)(int fd, const struct config_resources *r, struct error *e);
	} groups[] = {
		{"cpu", cpu_limit},
		{"io", io_limit},
		{"hugetlb", hugetlb_limit},
		{"rdma", rdma_limit},
	};
	const struct config_resources *r = &c->resources;

	if (cgroup_has_word(g->need, "memory") && memory_limit(fd, r, !c->oci_version, e) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (cgroup_has_word(g->need, groups[i].controller) && groups[i].write(fd, r, e) < 0)
			return -1;
	if (cgroup_has_word(g->need, "cpuset") &&
	    (cpuset_put(fd, "CPU set", "cpuset.cpus", r->cpuset_cpus, e) < 0 ||
	     cpuset_put(fd, "memory nodes", "cpuset.mems", r->cpuset_mems, e) < 0))
		return -1;
	if (cgroup_has_word(g->need, "pids") && r->pids.set &&
	    cgroup_put_max(fd, "pids limit", "pids.max", r->pids.value, e) < 0)
		return -1;
	if (g->devices_v2 && devices_attach(fd, r->devices, r->devices_n, e) < 0)
		return -1;
	for (size_t i = 0; i < r->unified_n; i++) /* last, so that it has the last word */
		if (unified_put(fd, &r->unified[i], e) < 0)
			return -1;
	return 0;
}

/* ---- counters ---- */

/* Sums "8:0 rbytes=1 wbytes=2 ..." over all devices. */
static void read_io(int fd, struct cgroup_usage *ret)
{
	char text[32768];
	struct error ignored;

	if (file_read_at(fd, "io.stat", text, sizeof(text), NULL, &ignored) < 0)
		return;
	ret->io_read = ret->io_written = 0;
	for (const char *at = text; (at = strstr(at, "rbytes=")); at++)
		ret->io_read += strtoll(at + 7, NULL, 10);
	for (const char *at = text; (at = strstr(at, "wbytes=")); at++)
		ret->io_written += strtoll(at + 7, NULL, 10);
}

static void keep(int64_t *ret, int64_t value)
{
	if (value >= 0)
		*ret = value;
}

void cgroup_v2_read(int fd, struct cgroup_usage *ret)
{
	char text[4096];

	/* KERNEL <5.19: no memory.peak; KERNEL <6.1: no pids.peak. */
	keep(&ret->memory_peak, cgroup_number(fd, "memory.peak"));
	keep(&ret->memory_limit, cgroup_number(fd, "memory.max"));
	keep(&ret->pids_peak, cgroup_number(fd, "pids.peak"));
	keep(&ret->pids_limit, cgroup_number(fd, "pids.max"));
	if (cgroup_text(fd, "memory.events", text, sizeof(text)))
		ret->oom_kills = file_field(text, "oom_kill");
	if (cgroup_text(fd, "cpu.stat", text, sizeof(text))) {
		keep(&ret->cpu_user_us, file_field(text, "user_usec"));
		keep(&ret->cpu_system_us, file_field(text, "system_usec"));
		keep(&ret->cpu_throttled_us, file_field(text, "throttled_usec"));
		keep(&ret->cpu_throttled_periods, file_field(text, "nr_throttled"));
	}
	read_io(fd, ret);
}

/* ---- the end ---- */

int cgroup_v2_empty(int fd, int64_t deadline_ms, struct error *e)
{
	OWNED_FD events_fd = openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	struct error failed;

	if (events_fd < 0)
		return errno == ENODEV ? 0 : err_set(e, errno, "open cgroup.events");
	for (;;) {
		struct pollfd p = {.fd = events_fd, .events = POLLPRI};
		int64_t left = deadline_ms - cgroup_now_ms();
		char text[256];
		ssize_t n = pread(events_fd, text, sizeof(text) - 1, 0);

		if (n < 0)
			return errno == ENODEV ? 0 : err_set(e, errno, "read cgroup.events");
		text[n] = '\0';
		if (file_field(text, "populated") != 1)
			return 0;
		if (left <= 0)
			return err_set(e, ETIMEDOUT, "the processes in the cgroup do not end");
		/* The kernel kills all of them, frozen ones too, and those that are being forked. Each round:
		 * somebody may have moved another one in. */
		if (file_write_at(fd, "cgroup.kill", "1", &failed) < 0 && failed.no != ENODEV)
			return err_set(e, failed.no, "write cgroup.kill");
		(void)poll(&p, 1, (int)left);
	}
}
