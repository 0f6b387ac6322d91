/*
 * check_resources.c - rules about limits. Portable.
 *
 * The kernel refuses most of these too, but with a bare "Invalid argument" after half of the work
 * is done; and some it takes and means something else by them.
 */
#include "config/check_parts.h"

#include <string.h>

#include "base/number.h"
#include "config/names.h"

/* A limit is called by its option, and by its path for who wrote a config.json. */
#define NAME(option, property) (c->oci_version ? "linux.resources." property : (option))

static int in_range(const struct config_number *n, const char *name, int64_t min, int64_t max,
		    struct error *e)
{
	if (!n->set || (n->value >= min && n->value <= max))
		return 0;
	return err_set(e, 0, "%s %lld: not from %lld to %lld", name, (long long)n->value,
		       (long long)min, (long long)max);
}

static int check_memory(const struct config *c, struct error *e)
{
	const struct config_resources *r = &c->resources;

	if (in_range(&r->memory, NAME("memory", "memory.limit"), -1, INT64_MAX, e) < 0 ||
	    in_range(&r->memory_swap, NAME("memory-swap", "memory.swap"), -1, INT64_MAX, e) < 0 ||
	    in_range(&r->memory_reservation, NAME("memory-reservation", "memory.reservation"), -1,
		     INT64_MAX, e) < 0 ||
	    in_range(&r->memory_swappiness, NAME("memory swappiness", "memory.swappiness"), 0, 100,
		     e) < 0)
		return -1;
	if (r->memory_swap.set && r->memory_swap.value >= 0) {
		if (!r->memory.set || r->memory.value < 0)
			return err_set(
				e,
				0, "%s needs a memory limit beside it (it is the sum of memory and swap)",
				NAME("memory-swap", "memory.swap"));
		if (r->memory_swap.value < r->memory.value)
			return err_set(
				e,
				0, "%s %lld: less than memory, %lld (it is the sum of memory and swap)",
				NAME("memory-swap", "memory.swap"), (long long)r->memory_swap.value,
				(long long)r->memory.value);
	}
	/* A person will not have meant it; an engine passes on what the kernel takes. */
	if (!c->oci_version && r->memory_reservation.set && r->memory.set && r->memory.value >= 0 &&
	    r->memory_reservation.value > r->memory.value)
		return err_set(e, 0, "memory-reservation %lld: more than memory, %lld",
			       (long long)r->memory_reservation.value, (long long)r->memory.value);
	return 0;
}

static int check_cpu(const struct config *c, struct error *e)
{
	const struct config_resources *r = &c->resources;

	if (in_range(&r->cpu_shares, NAME("cpu-shares", "cpu.shares"), 2, 262144, e) < 0 ||
	    in_range(&r->cpu_weight, "cpu-weight", 1, 10000, e) < 0 ||
	    in_range(&r->cpu_period, NAME("CPU period", "cpu.period"), 1000, 1000000, e) < 0 ||
	    in_range(&r->cpu_idle, NAME("CPU idle", "cpu.idle"), 0, 1, e) < 0 ||
	    in_range(&r->cpu_burst, NAME("CPU burst", "cpu.burst"), 0, INT64_MAX, e) < 0)
		return -1;
	if (r->cpu_shares.set && r->cpu_weight.set)
		return err_set(
			e, 0, "cpu-shares and cpu-weight are two words for one setting (give one)");
	if (r->cpu_quota.set && r->cpu_quota.value != -1 && r->cpu_quota.value < 1000)
		return err_set(e, 0, "%s %lld: less than 1000 microseconds",
			       NAME("CPU quota", "cpu.quota"), (long long)r->cpu_quota.value);
	/* The kernel would keep it for the quota that comes some day (config-linux.md, "burst"). */
	if (r->cpu_burst.set && r->cpu_burst.value > 0 &&
	    (!r->cpu_quota.set || r->cpu_quota.value <= 0))
		return err_set(e, 0, "%s %lld: needs a quota beside it (it is saved up from that)",
			       NAME("CPU burst", "cpu.burst"), (long long)r->cpu_burst.value);
	if (r->cpu_burst.set && r->cpu_quota.set && r->cpu_quota.value > 0 &&
	    r->cpu_burst.value > r->cpu_quota.value)
		return err_set(e, 0, "%s %lld: more than the quota, %lld",
			       NAME("CPU burst", "cpu.burst"), (long long)r->cpu_burst.value,
			       (long long)r->cpu_quota.value);
	if (r->cpuset_cpus && number_list_check(r->cpuset_cpus, e) < 0)
		return err_within(e, "%s %.100s", NAME("cpuset-cpus", "cpu.cpus"), r->cpuset_cpus);
	if (r->cpuset_mems && number_list_check(r->cpuset_mems, e) < 0)
		return err_within(e, "%s %.100s", NAME("cpuset-mems", "cpu.mems"), r->cpuset_mems);
	return 0;
}

/* A key is a file of the cgroup, and none that would change what mini-run itself does with the
 * cgroup. */
static int check_unified(const struct config *c, struct error *e)
{
	const struct config_resources *r = &c->resources;
	static const char *const ours[] = {"cgroup.procs", "cgroup.threads", "cgroup.kill",
					   "cgroup.freeze", "cgroup.type"};

	for (size_t i = 0; i < r->unified_n; i++) {
		const char *key = r->unified[i].key;

		if (strchr(key, '/') || !strchr(key, '.') || key[0] == '.')
			return err_set(e, 0,
				       "%s %.100s: not a file of a cgroup (such as memory.high)",
				       NAME("cgroup-conf", "unified:"), key);
		for (size_t j = 0; j < sizeof(ours) / sizeof(ours[0]); j++)
			if (strcmp(key, ours[j]) == 0)
				return err_set(e, 0, "%s %s: mini-run writes this file itself",
					       NAME("cgroup-conf", "unified:"), key);
	}
	return 0;
}

static int check_device_rules(const struct config *c, struct error *e)
{
	const struct config_resources *r = &c->resources;

	for (size_t i = 0; i < r->devices_n; i++) {
		const struct config_device_rule *rule = &r->devices[i];

		if (rule->type == '\0' || !strchr("abc", rule->type))
			return err_set(e, 0, "device rule %u: its type is none of a, b and c",
				       (unsigned int)i);
		if (rule->major < -1 || rule->minor < -1)
			return err_set(e, 0, "device rule %u: a negative number", (unsigned int)i);
		if (rule->access == 0 ||
		    (rule->access & ~(uint32_t)(DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD)))
			return err_set(e, 0,
				       "device rule %u: the access is not of the letters r, w, m",
				       (unsigned int)i);
	}
	return 0;
}

static int check_block(const struct config *c, struct error *e)
{
	const struct config_resources *r = &c->resources;
	const struct config_throttles *lists[] = {&r->read_bps, &r->write_bps, &r->read_iops,
						  &r->write_iops};

	/* 0 is "take the weight away again". */
	if ((r->block_weight.value != 0 &&
	     in_range(&r->block_weight, NAME("block I/O weight", "blockIO.weight"), 10, 1000, e) < 0) ||
	    (r->block_leaf_weight.value != 0 &&
	     in_range(&r->block_leaf_weight, NAME("block I/O leaf weight", "blockIO.leafWeight"),
		      10, 1000, e) < 0))
		return -1;
	for (size_t i = 0; i < r->block_weights_n; i++) {
		const struct config_block_weight *w = &r->block_weights[i];

		if (w->major < 0 || w->minor < 0)
			return err_set(e, 0, "block I/O weight: a device with a negative number");
		if (in_range(&w->weight,
			     NAME("block I/O weight of a device", "blockIO.weightDevice: weight"),
			     10, 1000, e) < 0 ||
		    in_range(&w->leaf_weight,
			     NAME("block I/O leaf weight of a device",
				  "blockIO.weightDevice: leafWeight"),
			     10, 1000, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (size_t j = 0; j < lists[i]->n; j++)
			if (lists[i]->v[j].major < 0 || lists[i]->v[j].minor < 0)
				return err_set(
					e, 0, "block I/O throttle: a device with a negative number");
	return 0;
}

static int check_others(const struct config *c, struct error *e)
{
	const struct config_resources *r = &c->resources;

	for (size_t i = 0; i < r->hugepages_n; i++)
		if (!r->hugepages[i].page_size || !names_page_size(r->hugepages[i].page_size))
			return err_set(e, 0, "huge page size %.40s: not like 2MB or 1GB",
				       r->hugepages[i].page_size ? r->hugepages[i].page_size : "");
	for (size_t i = 0; i < r->rdma_n; i++) {
		const struct config_rdma *rdma = &r->rdma[i];

		if (!rdma->device || *rdma->device == '\0' || strpbrk(rdma->device, " \n"))
			return err_set(e, 0, "rdma: a device needs a name without blanks");
		if (in_range(&rdma->handles, NAME("rdma handles", "rdma: hcaHandles"), 0,
			     UINT32_MAX, e) < 0 ||
		    in_range(&rdma->objects, NAME("rdma objects", "rdma: hcaObjects"), 0,
			     UINT32_MAX, e) < 0)
			return -1;
	}
	if (in_range(&r->pids, NAME("pids-limit", "pids.limit"), -1, INT64_MAX, e) < 0)
		return -1;
	return in_range(&r->net_class_id, NAME("network class", "network.classID"), 0, UINT32_MAX, e);
}

int check_resources(const struct config *c, struct error *e)
{
	if (check_memory(c, e) < 0 || check_cpu(c, e) < 0 || check_unified(c, e) < 0 ||
	    check_device_rules(c, e) < 0 || check_block(c, e) < 0)
		return -1;
	return check_others(c, e);
}
