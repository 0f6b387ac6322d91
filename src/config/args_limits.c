/*
 * args_limits.c - options that limit what the container may use: cgroup, rlimits, wall clock.
 * Portable.
 */
#include "config/args_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "config/names.h"

#define CPU_PERIOD_US 100000
#define PIDS_MOST     4194304 /* PID_MAX_LIMIT of the kernel */

static int set_size(struct config_number *into, const char *value, struct error *e)
{
	int64_t bytes;

	if (number_size(value, &bytes, e) < 0)
		return -1;
	if (bytes == 0)
		return err_set(e, 0, "must be more than 0 (leave it out for no limit)");
	*into = (struct config_number){true, bytes};
	return 0;
}

static int set_range(struct config_number *into, const char *value, int64_t min, int64_t max,
		     struct error *e)
{
	int64_t number;

	if (number_signed(value, min, max, &number, e) < 0)
		return -1;
	*into = (struct config_number){true, number};
	return 0;
}

static struct config_resources *resources(void *into)
{
	struct args *a = into;

	return &a->config->resources;
}

static int take_memory(void *into, const char *value, struct error *e)
{
	return set_size(&resources(into)->memory, value, e);
}

static int take_memory_swap(void *into, const char *value, struct error *e)
{
	if (strcmp(value, "-1") == 0) {
		resources(into)->memory_swap = (struct config_number){true, -1};
		return 0;
	}
	return set_size(&resources(into)->memory_swap, value, e);
}

static int take_memory_reservation(void *into, const char *value, struct error *e)
{
	return set_size(&resources(into)->memory_reservation, value, e);
}

static int take_cpus(void *into, const char *value, struct error *e)
{
	struct config_resources *r = resources(into);
	int64_t thousandths;

	if (number_cpus(value, &thousandths, e) < 0)
		return -1;
	r->cpu_period = (struct config_number){true, CPU_PERIOD_US};
	r->cpu_quota = (struct config_number){true, thousandths * (CPU_PERIOD_US / 1000)};
	return 0;
}

static int take_cpu_shares(void *into, const char *value, struct error *e)
{
	return set_range(&resources(into)->cpu_shares, value, 2, 262144, e);
}

static int take_cpu_weight(void *into, const char *value, struct error *e)
{
	return set_range(&resources(into)->cpu_weight, value, 1, 10000, e);
}

static int take_cpuset_cpus(void *into, const char *value, struct error *e)
{
	if (number_list_check(value, e) < 0)
		return -1;
	return args_keep(into, value, &resources(into)->cpuset_cpus, e);
}

static int take_cpuset_mems(void *into, const char *value, struct error *e)
{
	if (number_list_check(value, e) < 0)
		return -1;
	return args_keep(into, value, &resources(into)->cpuset_mems, e);
}

/* 0 is "no limit" to docker and podman: a container without a single process is none. */
static int take_pids_limit(void *into, const char *value, struct error *e)
{
	struct config_number *pids = &resources(into)->pids;

	if (set_range(pids, value, -1, PIDS_MOST, e) < 0)
		return -1;
	if (pids->value == 0)
		pids->value = -1;
	return 0;
}

static int take_cgroup_parent(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	if (strncmp(value, "/sys/fs/cgroup", strlen("/sys/fs/cgroup")) == 0)
		return err_set(e, 0, "begins at the cgroup mount already (leave /sys/fs/cgroup out)");
	if (*value == '\0')
		return err_set(e, 0, "the path is empty");
	return args_keep(a, value, &a->cgroup_parent, e);
}

static int take_cgroup_conf(void *into, const char *value, struct error *e)
{
	struct config_resources *r = resources(into);

	return args_pair(into, value, &r->unified, &r->unified_n, e);
}

static int take_rlimit_value(const char *text, uint64_t *ret, struct error *e)
{
	if (strcmp(text, "-1") == 0 || strcmp(text, "unlimited") == 0) {
		*ret = UINT64_MAX;
		return 0;
	}
	if (number_unsigned(text, 0, UINT64_MAX, ret, e) < 0)
		return err_set(e, 0, "\"%.40s\" is not a limit (a number, or unlimited)", text);
	return 0;
}

static int take_ulimit(void *into, const char *value, struct error *e)
{
	struct args *a = into;
	struct config_process *p = &a->config->process;
	const char *name, *limits, *soft, *hard;
	struct config_rlimit limit, *slot = NULL;

	if (args_split(a, value, '=', &name, &limits, e) < 0)
		return -1;
	if (!limits)
		return err_set(e, 0, "not NAME=SOFT[:HARD] (such as nofile=1024:4096)");
	limit.type = names_rlimit(name);
	if (!limit.type)
		return err_set(
			e, 0,
			"no such limit (as, core, cpu, data, fsize, locks, memlock, msgqueue, "
			"nice, nofile, nproc, rss, rtprio, rttime, sigpending, stack)");
	if (args_split(a, limits, ':', &soft, &hard, e) < 0 ||
	    take_rlimit_value(soft, &limit.soft, e) < 0 ||
	    take_rlimit_value(hard ? hard : soft, &limit.hard, e) < 0)
		return -1;
	if (limit.soft > limit.hard)
		return err_set(e, 0, "the soft limit is above the hard one");
	for (size_t i = 0; i < p->rlimits_n; i++)
		if (strcmp(p->rlimits[i].type, limit.type) == 0)
			slot = &p->rlimits[i]; /* the last one given counts */
	if (!slot)
		slot = arena_append(&a->config->arena, &p->rlimits, &p->rlimits_n, sizeof(*slot));
	if (!slot)
		return err_no_memory(e);
	*slot = limit;
	return 0;
}

static int take_oom_score_adj(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	return set_range(&a->config->process.oom_score_adj, value, -1000, 1000, e);
}

static int take_timeout(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	return number_duration(value, &a->config->timeout_ms, e);
}

const struct option_row args_rows_limits[] = {
	{'m', "memory", "SIZE",
	 "Ceiling for memory: 512m, 1.5g, 262144; suffixes b, k, m, g, t. Without "
	 "--memory-swap nothing is swapped out",
	 take_memory},
	{0, "memory-swap", "SIZE",
	 "Ceiling for memory and swap together, so at least --memory; -1: swap without limit",
	 take_memory_swap},
	{0, "memory-reservation", "SIZE", "Memory that is reclaimed last when the host runs short",
	 take_memory_reservation},
	{0, "cpus", "N", "CPU time as a fraction of one core: 0.5, 2", take_cpus},
	{0, "cpu-shares", "N", "Share of busy CPUs, 2 to 262144, where 1024 is usual",
	 take_cpu_shares},
	{0, "cpu-weight", "N", "The same on the scale of cgroup v2, 1 to 10000, where 100 is usual",
	 take_cpu_weight},
	{0, "cpuset-cpus", "LIST", "CPUs it may run on: 0-2,4", take_cpuset_cpus},
	{0, "cpuset-mems", "LIST", "Memory nodes it may use: 0,1", take_cpuset_mems},
	{0, "pids-limit", "N", "Number of processes and threads; 0 or -1: no limit", take_pids_limit},
	{0, "cgroup-parent", "PATH",
	 "Make the container's cgroup as PATH/ID below the cgroup mount (default: mini-run/ID)",
	 take_cgroup_parent},
	{0, "cgroup-conf", "KEY=VALUE",
	 "Write VALUE to the file KEY of the cgroup (v2), such as memory.high=256M; "
	 "may be repeated",
	 take_cgroup_conf},
	{0, "ulimit", "NAME=SOFT[:HARD]",
	 "Limit of each process, such as nofile=1024:4096 or core=unlimited; may be repeated",
	 take_ulimit},
	{0, "oom-score-adj", "N",
	 "How readily the kernel ends it when memory runs out, from -1000 (never) to 1000",
	 take_oom_score_adj},
	{0, "timeout", "DURATION",
	 "End it after this time by the wall clock: 10s, 1m30s, 500ms. SIGTERM first, "
	 "SIGKILL later; exit status 124",
	 take_timeout},
	{0},
};
