/*
 * cgroup_v1.c - hierarchies of the first version: one directory in each that is needed.
 *
 * Runs outside. Directories are made by path: the filesystem has no symlinks, and the path was normalised by
 * cgroup_plan, so it cannot lead elsewhere. A new directory takes no processes until the parent's CPUs and
 * memory nodes are copied into it, in the cpuset hierarchy; everywhere else it is ready as it is.
 *
 * v1 has no file that ends all processes of a group and none that tells when they are gone: both go by
 * pidfds of what cgroup.procs lists.
 */
#include "host/cgroup_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"

#define MAKE_TRIES   64
#define PIDS_AT_ONCE 128

/* What an unlimited memory.limit_in_bytes reads: LONG_MAX in whole pages. */
#define UNLIMITED (INT64_MAX / 2)

struct cgroup_dir *cgroup_v1_dir(const struct cgroup *g, const char *controller)
{
	for (size_t i = 0; i < g->dirs_n; i++)
		if (!g->dirs[i].v2 && cgroup_has_word(g->dirs[i].controllers, controller))
			return (struct cgroup_dir *)&g->dirs[i];
	return NULL;
}

/* ---- making ---- */

/* A new directory of the cpuset hierarchy is empty; it gets what its parent has. */
static int cpuset_inherit(const char *path, struct error *e)
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
	OWNED_FD fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	OWNED_FD parent_fd = -1;
	char text[4096];

	if (fd < 0)
		return err_set(e, errno, "open cgroup %s", path);
	parent_fd = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent_fd < 0)
		return err_set(e, errno, "open the parent of cgroup %s", path);
	for (size_t i = 0; i < 2; i++) {
		if (file_read_at(fd, files[i], text, sizeof(text), NULL, e) < 0)
			return -1;
		if (text[0] != '\n' && text[0] != '\0')
			continue;
		if (file_read_at(parent_fd, files[i], text, sizeof(text), NULL, e) < 0 ||
		    file_write_at(fd, files[i], text, e) < 0)
			return err_within(e, "cgroup %s", path);
	}
	return 0;
}

/* Makes what is missing of the parents, from the mount down. */
static int make_parents(struct cgroup_dir *d, struct error *e)
{
	bool cpuset = cgroup_has_word(d->controllers, "cpuset");
	char path[CGROUP_PATH];
	size_t above = d->mount_length;

	snprintf(path, sizeof(path), "%s", d->path);
	for (;;) {
		char *slash = strchr(path + above + 1, '/');

		if (!slash)
			return 0;
		*slash = '\0';
		if (mkdir(path, 0755) == 0) {
			if (above < d->keep_length)
				d->keep_length = above;
		} else if (errno != EEXIST) {
			return err_set(e, errno, "create cgroup %s", path);
		}
		if (cpuset && cpuset_inherit(path, e) < 0)
			return -1;
		above = (size_t)(slash - path);
		*slash = '/';
	}
}

/* A directory of that name is there: only an empty, thawed one may go, and is removed. */
static int remove_leftover(const struct cgroup_dir *d, struct error *e)
{
	OWNED_FD fd = cgroup_open_dir(d->path, d->mount_length);

	if (fd < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "open cgroup %s", d->path);
	if (cgroup_v1_frozen(fd))
		return err_set(e, EEXIST, "cgroup %s exists and is frozen", d->path);
	/* The kernel refuses where there is a process. */
	if (rmdir(d->path) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY)
		return err_set(e, errno, "remove the left-over cgroup %s", d->path);
	if (cgroup_has_processes(fd))
		return err_set(e, EEXIST, "cgroup %s has processes already", d->path);
	if (cgroup_clear(fd, false, false, cgroup_now_ms() + CGROUP_REMOVE_MS, e) < 0)
		return err_within(e, "remove the left-over cgroup %s", d->path);
	if (rmdir(d->path) < 0 && errno != ENOENT)
		return err_set(e, errno, "remove the left-over cgroup %s", d->path);
	return 0;
}

bool cgroup_v1_frozen(int fd)
{
	char text[64];

	return cgroup_text(fd, "freezer.state", text, sizeof(text)) && strcmp(text, "THAWED\n") != 0;
}

/* A directory that an engine has made, or left from the last time: it is taken as it is, and stays behind. */
static int join(struct cgroup_dir *d, struct error *e)
{
	d->fd = cgroup_open_dir(d->path, d->mount_length);
	if (d->fd < 0)
		return err_set(e, errno, "open cgroup %s", d->path);
	if (cgroup_join_check(d->fd, e) == 0) {
		d->joined = true;
		return 0;
	}
	fd_close(&d->fd); /* what is in there is not ours to end */
	return err_within(e, "cgroup %s", d->path);
}

int cgroup_v1_make(const struct cgroup *g, struct cgroup_dir *d, struct error *e)
{
	bool cpuset = cgroup_has_word(d->controllers, "cpuset"), done = false;

	for (int tries = 0; !done && tries < MAKE_TRIES; tries++) {
		/* The parent is missing, or another mini-run just removed it with its own last container. */
		bool parents = cpuset || tries > 0;

		if (parents && make_parents(d, e) < 0) {
			if (e->no == ENOENT || e->no == ENODEV)
				continue;
			return -1;
		}
		if (mkdir(d->path, 0755) == 0) {
			d->made = done = true;
			d->joined = false;
			break;
		}
		err_set(e, errno, "create cgroup %s", d->path);
		if (e->no == EEXIST && g->join) {
			done = join(d, e) == 0;
			if (!done && e->no != ENOENT && e->no != ENODEV)
				return -1;
			continue;
		}
		if (e->no == EEXIST ? remove_leftover(d, e) < 0 : e->no != ENOENT && e->no != ENODEV)
			return -1;
	}
	if (!done)
		return err_hint(e, "it kept vanishing: somebody else removes cgroups there");
	if (d->fd < 0)
		d->fd = cgroup_open_dir(d->path, d->mount_length);
	if (d->fd < 0)
		return err_set(e, errno, "open cgroup %s", d->path);
	if (cpuset && cpuset_inherit(d->path, e) < 0)
		return -1;
	/* A place that we did not choose may be frozen, or lie in a frozen group: nothing ever runs there. */
	if (!g->given || !cgroup_has_word(d->controllers, "freezer") || !cgroup_v1_frozen(d->fd))
		return 0;
	if (d->joined) {
		fd_close(&d->fd); /* and not ours to thaw */
		return err_set(e, 0, "container's cgroup unexpectedly frozen: %s", d->path);
	}
	err_set(e, 0, "cgroup %s is frozen from birth", d->path);
	return err_hint(e, "a cgroup above it is frozen: thaw that, or choose another place by "
			   "--cgroup-parent");
}

/* ---- limits ---- */

#define PUT_NUMBER(fd, setting, file, number, e) \
	((number).set && cgroup_put(fd, setting, file, e, "%" PRId64, (number).value) < 0)

/* A sum that leaves no swap beside the limit of memory: it follows that one when it changes alone (update). */
static bool has_no_swap(int fd, const char *memory, const char *swap)
{
	int64_t limit = cgroup_number(fd, memory);

	return limit >= 0 && limit < UNLIMITED && cgroup_number(fd, swap) == limit;
}

/*
 * memsw counts memory and swap, and must never be below the limit of memory. Lowering both, memory goes
 * first, raising both, memsw does: the first order is tried, and the other one where the kernel refuses it.
 */
static int memory_and_swap(int fd, const struct config_resources *r, bool no_swap, struct error *e)
{
	static const char memory[] = "memory.limit_in_bytes",
			  swap[] = "memory.memsw.limit_in_bytes";
	bool asked = r->memory_swap.set;
	int64_t total = asked ? r->memory_swap.value : r->memory.value;

	if (!asked && r->memory.set && !no_swap)
		no_swap = has_no_swap(fd, memory, swap);
	if (r->memory.set &&
	    cgroup_put(fd, "memory limit", memory, e, "%" PRId64, r->memory.value) < 0) {
		struct error ignored;

		if (e->no == EBUSY)
			return err_hint(e, "more than that is in use");
		if (e->no != EINVAL || (!asked && !no_swap) ||
		    cgroup_put(fd, "swap limit", swap, &ignored, "%" PRId64, total) < 0 ||
		    cgroup_put(fd, "memory limit", memory, e, "%" PRId64, r->memory.value) < 0)
			return -1;
	}
	if (!asked && (!r->memory.set || !no_swap))
		return 0;
	if (cgroup_put(fd, "swap limit", swap, e, "%" PRId64, total) == 0)
		return 0;
	if (e->no != ENOENT)
		return -1;
	if (asked && total >= 0)
		return err_hint(
			e, "this kernel does not count swap: boot with swapaccount=1, or leave "
			   "--memory-swap out");
	/* Nobody asked, and the kernel cannot count: do what is possible against swapping. */
	if (!r->memory_swappiness.set && r->memory.value >= 0 &&
	    cgroup_put(fd, "memory swappiness", "memory.swappiness", e, "0") < 0 &&
	    e->no != ENOENT && e->no != EINVAL)
		return -1;
	return 0;
}

/* KERNEL >=5.16: memory.kmem.limit_in_bytes is there, and writing it says ENOTSUPP (524): no limit is what it has. */
static int kernel_memory_limit(int fd, const struct config_resources *r, struct error *e)
{
	bool none = r->memory_kernel.value <= 0, tcp_none = r->memory_kernel_tcp.value <= 0;

	if (r->memory_kernel.set && r->memory_kernel.value != 0 &&
	    cgroup_put(fd, "kernel memory limit", "memory.kmem.limit_in_bytes", e, "%" PRId64,
		       r->memory_kernel.value) < 0 &&
	    !(none && (e->no == 524 || e->no == EOPNOTSUPP || e->no == ENOENT)))
		return e->no == 524 || e->no == EOPNOTSUPP
			       ? err_hint(e, "this kernel no longer has that limit: leave it out")
			       : -1;
	if (r->memory_kernel_tcp.set && r->memory_kernel_tcp.value != 0 &&
	    cgroup_put(fd, "TCP memory limit", "memory.kmem.tcp.limit_in_bytes", e, "%" PRId64,
		       r->memory_kernel_tcp.value) < 0 &&
	    !(tcp_none && e->no == ENOENT))
		return -1;
	return 0;
}

/* @no_swap: a memory limit alone is one for memory and swap together (the command line's form). */
static int memory_limit(int fd, const struct config_resources *r, bool no_swap, struct error *e)
{
	if (memory_and_swap(fd, r, no_swap, e) < 0)
		return -1;
	if (PUT_NUMBER(fd, "memory reservation", "memory.soft_limit_in_bytes",
		       r->memory_reservation, e))
		return -1;
	if (kernel_memory_limit(fd, r, e) < 0)
		return -1;
	if (PUT_NUMBER(fd, "memory swappiness", "memory.swappiness", r->memory_swappiness, e) ||
	    PUT_NUMBER(fd, "OOM killer", "memory.oom_control", r->memory_disable_oom, e) ||
	    PUT_NUMBER(fd, "memory hierarchy", "memory.use_hierarchy", r->memory_use_hierarchy, e))
		return -1;
	return 0;
}

/* The kernel checks each write against what the other file holds: the second order is for when the first is refused. */
static int pair_limit(int fd, const char *setting, const char *a_file, const struct config_number *a,
		      const char *b_file, const struct config_number *b, struct error *e)
{
	if (PUT_NUMBER(fd, setting, a_file, *a, e)) {
		if (e->no != EINVAL || !b->set)
			return -1;
		return PUT_NUMBER(fd, setting, b_file, *b, e) ||
				       PUT_NUMBER(fd, setting, a_file, *a, e)
			       ? -1
			       : 0;
	}
	return PUT_NUMBER(fd, setting, b_file, *b, e) ? -1 : 0;
}

static int cpu_limit(int fd, const struct config_resources *r, struct error *e)
{
	const struct config_number shares = {
		.set = r->cpu_weight.set || r->cpu_shares.set,
		.value = r->cpu_weight.set ? cgroup_shares_of_weight(r->cpu_weight.value)
					   : r->cpu_shares.value,
	};
	bool idle = r->cpu_idle.set && r->cpu_idle.value;

	/* An idle group takes no shares: out of idle first, into idle last. */
	if ((!idle && PUT_NUMBER(fd, "CPU idle", "cpu.idle", r->cpu_idle, e)) ||
	    PUT_NUMBER(fd, "CPU shares", "cpu.shares", shares, e) ||
	    (idle && PUT_NUMBER(fd, "CPU idle", "cpu.idle", r->cpu_idle, e)))
		return -1;
	if (pair_limit(fd, "CPU quota", "cpu.cfs_period_us", &r->cpu_period, "cpu.cfs_quota_us",
		       &r->cpu_quota, e) < 0) {
		/* A quota below the burst of before is refused: then the new burst goes first. */
		if (e->no != EINVAL || !r->cpu_burst.set ||
		    PUT_NUMBER(fd, "CPU burst", "cpu.cfs_burst_us", r->cpu_burst, e) ||
		    pair_limit(fd, "CPU quota", "cpu.cfs_period_us", &r->cpu_period,
			       "cpu.cfs_quota_us", &r->cpu_quota, e) < 0)
			return -1;
	} else if (PUT_NUMBER(fd, "CPU burst", "cpu.cfs_burst_us", r->cpu_burst, e)) {
		return -1;
	}
	if (pair_limit(fd, "real-time runtime", "cpu.rt_period_us", &r->cpu_rt_period,
		       "cpu.rt_runtime_us", &r->cpu_rt_runtime, e) < 0)
		return err_hint(e,
				"every cgroup above it needs at least as much real-time runtime");
	return 0;
}

static int cpuset_limit(int fd, const struct config_resources *r, struct error *e)
{
	if ((r->cpuset_cpus && cgroup_put(fd, "CPU set", "cpuset.cpus", e, "%s", r->cpuset_cpus) < 0) ||
	    (r->cpuset_mems &&
	     cgroup_put(fd, "memory nodes", "cpuset.mems", e, "%s", r->cpuset_mems) < 0))
		return e->no == EACCES || e->no == EINVAL || e->no == ERANGE
			       ? err_hint(e, "this host, or the cgroup above, has not all of them")
			       : -1;
	return 0;
}

static int pids_limit(int fd, const struct config_resources *r, struct error *e)
{
	return r->pids.set ? cgroup_put_max(fd, "pids limit", "pids.max", r->pids.value, e) : 0;
}

/* blkio.weight is that of the CFQ scheduler, which Linux 5.0 dropped; BFQ has files of its own. */
static int weight_put(int fd, const char *kind, const char *device, int64_t weight, struct error *e)
{
	const char *suffix = *device ? "_device" : "";
	char file[64];

	snprintf(file, sizeof(file), "blkio.%s%s", kind, suffix);
	if (cgroup_put(fd, "block IO weight", file, e, "%s%" PRId64, device, weight) == 0)
		return 0;
	if (e->no != ENOENT)
		return -1;
	snprintf(file, sizeof(file), "blkio.bfq.%s%s", kind, suffix);
	if (cgroup_put(fd, "block IO weight", file, e, "%s%" PRId64, device, weight) == 0)
		return 0;
	return e->no == ENOENT ? err_hint(e, "this kernel has no scheduler with that weight") : -1;
}

static int block_throttle(int fd, const struct config_throttles *t, const char *file, struct error *e)
{
	for (size_t i = 0; i < t->n; i++)
		if (cgroup_put(fd, "block IO throttle", file, e, "%" PRId64 ":%" PRId64 " %" PRIu64,
			       t->v[i].major, t->v[i].minor, t->v[i].rate) < 0)
			return e->no == ENODEV ? err_hint(e, "it takes a whole disk, no partition")
					       : -1;
	return 0;
}

static int block_limit(int fd, const struct config_resources *r, struct error *e)
{
	if ((r->block_weight.set && r->block_weight.value != 0 && /* 0: not given */
	     weight_put(fd, "weight", "", r->block_weight.value, e) < 0) ||
	    (r->block_leaf_weight.set && r->block_leaf_weight.value != 0 &&
	     weight_put(fd, "leaf_weight", "", r->block_leaf_weight.value, e) < 0))
		return -1;
	for (size_t i = 0; i < r->block_weights_n; i++) {
		const struct config_block_weight *b = &r->block_weights[i];
		char device[64];

		snprintf(device, sizeof(device), "%" PRId64 ":%" PRId64 " ", b->major, b->minor);
		if ((b->weight.set && weight_put(fd, "weight", device, b->weight.value, e) < 0) ||
		    (b->leaf_weight.set &&
		     weight_put(fd, "leaf_weight", device, b->leaf_weight.value, e) < 0))
			return -1;
	}
	if (block_throttle(fd, &r->read_bps, "blkio.throttle.read_bps_device", e) < 0 ||
	    block_throttle(fd, &r->write_bps, "blkio.throttle.write_bps_device", e) < 0 ||
	    block_throttle(fd, &r->read_iops, "blkio.throttle.read_iops_device", e) < 0 ||
	    block_throttle(fd, &r->write_iops, "blkio.throttle.write_iops_device", e) < 0)
		return -1;
	return 0;
}

static int hugetlb_limit(int fd, const struct config_resources *r, struct error *e)
{
	for (size_t i = 0; i < r->hugepages_n; i++) {
		const struct config_hugepage *h = &r->hugepages[i];
		char file[64];

		snprintf(file, sizeof(file), "hugetlb.%.20s.limit_in_bytes", h->page_size);
		if (cgroup_put(fd, "huge page limit", file, e, "%" PRIu64, h->limit) < 0)
			return e->no == ENOENT ? err_hint(e, "this host has no pages of that size")
					       : -1;
		snprintf(file, sizeof(file), "hugetlb.%.20s.rsvd.limit_in_bytes", h->page_size);
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

static int net_cls_limit(int fd, const struct config_resources *r, struct error *e)
{
	return PUT_NUMBER(fd, "network class", "net_cls.classid", r->net_class_id, e) ? -1 : 0;
}

static int net_prio_limit(int fd, const struct config_resources *r, struct error *e)
{
	for (size_t i = 0; i < r->net_priorities_n; i++)
		if (cgroup_put(fd, "network priority", "net_prio.ifpriomap", e, "%s %s",
			       r->net_priorities[i].key, r->net_priorities[i].value) < 0)
			return -1;
	return 0;
}

int cgroup_v1_limit(const struct cgroup *g, const struct config *c, struct error *e)
{
	static const struct {
		const char *controller;
		int (*write)(int fd, const struct config_resources *r, struct error *e);
	} groups[] = {
		{"cpu", cpu_limit},	    {"cpuset", cpuset_limit},	  {"pids", pids_limit},
		{"blkio", block_limit},	    {"hugetlb", hugetlb_limit},	  {"rdma", rdma_limit},
		{"net_cls", net_cls_limit}, {"net_prio", net_prio_limit},
	};

	const struct cgroup_dir *memory = cgroup_v1_dir(g, "memory");

	if (memory && memory_limit(memory->fd, &c->resources, !c->oci_version, e) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		const struct cgroup_dir *d = cgroup_v1_dir(g, groups[i].controller);

		if (d && groups[i].write(d->fd, &c->resources, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- counters ---- */

static int directory_of(const struct cgroup *g, const char *controller)
{
	const struct cgroup_dir *d = cgroup_v1_dir(g, controller);

	return d ? d->fd : -1;
}

/* Sums "8:0 Read 4096" and "8:0 Write 4096" over all devices. */
static void read_io(int fd, struct cgroup_usage *ret)
{
	char text[32768];
	struct error ignored;

	if (file_read_at(fd, "blkio.throttle.io_service_bytes_recursive", text, sizeof(text), NULL,
			 &ignored) < 0 &&
	    file_read_at(fd, "blkio.throttle.io_service_bytes", text, sizeof(text), NULL, &ignored) <
		    0)
		return;
	ret->io_read = ret->io_written = 0;
	for (const char *at = text; (at = strstr(at, " Read ")); at++)
		ret->io_read += strtoll(at + 6, NULL, 10);
	for (const char *at = text; (at = strstr(at, " Write ")); at++)
		ret->io_written += strtoll(at + 7, NULL, 10);
}

static void read_cpu(const struct cgroup *g, struct cgroup_usage *ret)
{
	int fd = directory_of(g, "cpuacct");
	char text[1024];

	if (fd >= 0) {
		int64_t user = cgroup_number(fd, "cpuacct.usage_user");
		int64_t system = cgroup_number(fd, "cpuacct.usage_sys");

		ret->cpu_user_us = user < 0 ? -1 : user / 1000;
		ret->cpu_system_us = system < 0 ? -1 : system / 1000;
	}
	fd = directory_of(g, "cpu");
	if (fd >= 0 && cgroup_text(fd, "cpu.stat", text, sizeof(text))) {
		int64_t throttled = file_field(text, "throttled_time");

		ret->cpu_throttled_us = throttled < 0 ? -1 : throttled / 1000;
		ret->cpu_throttled_periods = file_field(text, "nr_throttled");
	}
}

void cgroup_v1_read(const struct cgroup *g, struct cgroup_usage *ret)
{
	char text[1024];
	int fd = directory_of(g, "memory");

	if (fd >= 0) {
		ret->memory_peak = cgroup_number(fd, "memory.max_usage_in_bytes");
		ret->memory_limit = cgroup_number(fd, "memory.limit_in_bytes");
		if (ret->memory_limit > UNLIMITED)
			ret->memory_limit = -1;
		if (cgroup_text(fd, "memory.oom_control", text, sizeof(text)))
			ret->oom_kills = file_field(text, "oom_kill");
	}
	fd = directory_of(g, "pids");
	if (fd >= 0) {
		ret->pids_peak = cgroup_number(fd, "pids.peak");
		ret->pids_limit = cgroup_number(fd, "pids.max");
	}
	read_cpu(g, ret);
	fd = directory_of(g, "blkio");
	if (fd >= 0)
		read_io(fd, ret);
}

/* ---- the end ---- */

void cgroup_v1_prepare_end(int fd)
{
	struct error ignored;

	(void)file_write_at(fd, "freezer.state", "THAWED", &ignored);
	(void)file_write_at(fd, "pids.max", "0", &ignored);
}

/* The first pids of cgroup.procs. Those of other pid namespaces read 0. The count, or -1. */
static int list(int fd, pid_t *pids, struct error *e)
{
	OWNED_FD procs_fd = openat(fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	char text[4096], *at = text, *end;
	ssize_t n;
	int count = 0;

	if (procs_fd < 0)
		return errno == ENODEV || errno == ENOENT ? 0
							  : err_set(e, errno, "open cgroup.procs");
	n = read(procs_fd, text, sizeof(text) - 1);
	if (n < 0) /* EOPNOTSUPP: a threaded directory of v2, whose processes are listed above it */
		return errno == ENODEV || errno == EOPNOTSUPP
			       ? 0
			       : err_set(e, errno, "read cgroup.procs");
	text[n] = '\0';
	/* A number that the buffer cut off has no newline behind it: the next round has it. */
	for (; count < PIDS_AT_ONCE && (end = strchr(at, '\n')); at = end + 1)
		pids[count++] = (pid_t)strtol(at, NULL, 10);
	return count;
}

static bool listed(const pid_t *pids, int n, pid_t pid)
{
	for (int i = 0; i < n; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/*
 * Kills what is listed and waits for it. A pid may end and be given to a stranger between the list and the
 * signal: so the descriptor is taken first, and only if the pid is still listed does it get the signal.
 */
static int kill_listed(int fd, int64_t deadline_ms, int *ret_count, struct error *e)
{
	pid_t before[PIDS_AT_ONCE] = {0}, after[PIDS_AT_ONCE] = {0};
	int pidfds[PIDS_AT_ONCE], after_n, n = list(fd, before, e), killed = 0;

	if (n < 0)
		return -1;
	for (int i = 0; i < n; i++)
		pidfds[i] = before[i] > 0 && before[i] != getpid() ? sys_pidfd_open(before[i]) : -1;
	after_n = n > 0 ? list(fd, after, e) : 0;
	for (int i = 0; i < n; i++)
		if (pidfds[i] >= 0 && after_n > 0 && listed(after, after_n, before[i]) &&
		    sys_pidfd_send_signal(pidfds[i], SIGKILL) == 0)
			killed++;
		else
			fd_close(&pidfds[i]);
	for (int i = 0; i < n; i++) {
		struct pollfd p = {.fd = pidfds[i], .events = POLLIN};
		int64_t left = deadline_ms - cgroup_now_ms();

		if (pidfds[i] >= 0 && left > 0)
			(void)poll(&p, 1, (int)left);
		fd_close(&pidfds[i]);
	}
	if (n > 0 && killed == 0) /* they are ending, or not for us to see: look again in a moment */
		(void)poll(NULL, 0, 1);
	*ret_count = n;
	return after_n < 0 ? -1 : 0;
}

int cgroup_v1_empty(int fd, int64_t deadline_ms, struct error *e)
{
	int count = 0;

	for (;;) {
		if (kill_listed(fd, deadline_ms, &count, e) < 0)
			return -1;
		if (count == 0)
			return 0;
		if (cgroup_now_ms() >= deadline_ms)
			return err_set(e, ETIMEDOUT, "the processes in the cgroup do not end");
	}
}
