/*
 * cgroup_update.c - changes the limits of a container that runs.
 *
 * Runs outside. Three things happen in order: what the new limits need is made (a v1 hierarchy that the container was
 * not in, a v2 controller that was not enabled), then the files are written, then the device rules are replaced. Each
 * file is noted before it is written; on an error all of them get their old content again, backwards.
 *
 * Only what was named is written, with one exception: memory and swap are one setting in two numbers, since v2 counts
 * the second one without the first, and so the old number stands in for the one that was not named.
 */
#include "host/cgroup_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/file.h"
#include "config/device_rules.h"
#include "host/devices.h"

/* ---- the way back ---- */

struct note {
	int dir_fd;
	char file[256], key[64]; /* @key: the device or name that a line of the file is about; "" */
	char *content;
};

struct cgroup_journal {
	struct note *v;
	size_t n, room;
};

struct cgroup_journal *cgroup_journal;

/* Files of many lines, in which a write changes one; with what a line says that is not there. */
static const struct {
	const char *file, *nothing;
} keyed[] = {
	{"io.max", "rbps=max wbps=max riops=max wiops=max"},
	{"io.weight", "default"},
	{"io.bfq.weight", "default"},
	{"blkio.throttle.read_bps_device", "0"},
	{"blkio.throttle.write_bps_device", "0"},
	{"blkio.throttle.read_iops_device", "0"},
	{"blkio.throttle.write_iops_device", "0"},
	{"blkio.weight_device", "0"},
	{"blkio.leaf_weight_device", "0"},
	{"blkio.bfq.weight_device", "default"},
	{"rdma.max", "hca_handle=max hca_object=max"},
	{"net_prio.ifpriomap", "0"},
};

static const char *nothing_of(const char *file)
{
	for (size_t i = 0; i < sizeof(keyed) / sizeof(keyed[0]); i++)
		if (strcmp(keyed[i].file, file) == 0)
			return keyed[i].nothing;
	return NULL;
}

/* Best effort: a file that cannot be read, or no memory, leaves one file that is not put back. */
void cgroup_journal_note(struct cgroup_journal *j, int dir_fd, const char *file, const char *value)
{
	size_t key = nothing_of(file) ? strcspn(value, " ") : 0;
	char text[16384];
	struct error ignored;
	struct note *note;

	if (key >= sizeof(note->key) || strlen(file) >= sizeof(note->file) ||
	    file_read_at(dir_fd, file, text, sizeof(text), NULL, &ignored) < 0)
		return;
	if (j->n == j->room) {
		size_t room = j->room ? j->room * 2 : 16;
		struct note *more = realloc(j->v, room * sizeof(*more));

		if (!more)
			return;
		j->v = more;
		j->room = room;
	}
	note = &j->v[j->n];
	note->dir_fd = dir_fd;
	snprintf(note->file, sizeof(note->file), "%s", file);
	snprintf(note->key, sizeof(note->key), "%.*s", (int)key, value);
	note->content = strdup(text);
	j->n += note->content != NULL;
}

static void put_back(const struct note *note)
{
	const char *nothing = nothing_of(note->file), *line = note->content;
	size_t key = strlen(note->key), length;
	char text[4096];
	struct error ignored;

	if (nothing) {
		while (*line && (strncmp(line, note->key, key) != 0 || line[key] != ' '))
			line += strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n');
		if (!*line)
			snprintf(text, sizeof(text), "%s %s", note->key, nothing);
	} else if (strcmp(note->file, "memory.oom_control") == 0) {
		line = file_field(line, "oom_kill_disable") == 1 ? "1" : "0";
	}
	length = strcspn(line, "\n");
	if (*line || !nothing) /* an empty set of CPUs is an empty line */
		snprintf(text, sizeof(text), "%.*s\n", (int)(length < 4000 ? length : 4000), line);
	(void)file_write_at(note->dir_fd, note->file, text, &ignored);
}

static void journal_end(struct cgroup_journal *j, bool undo)
{
	/* A second time for pairs that check each other, such as memory.limit_in_bytes and memory.memsw.limit_in_bytes. */
	for (int round = 0; undo && round < 2; round++)
		for (size_t i = j->n; i-- > 0;)
			put_back(&j->v[i]);
	for (size_t i = 0; i < j->n; i++)
		free(j->v[i].content);
	free(j->v);
	*j = (struct cgroup_journal){0};
}

/* ---- what holds afterwards ---- */

static void take_number(struct config_number *into, const struct config_number *from)
{
	if (from->set)
		*into = *from;
}

#define TAKE(field) take_number(&into->field, &from->field)

static void take_numbers(struct config_resources *into, const struct config_resources *from)
{
	TAKE(memory);
	TAKE(memory_swap);
	TAKE(memory_reservation);
	TAKE(memory_kernel);
	TAKE(memory_kernel_tcp);
	TAKE(memory_swappiness);
	TAKE(memory_disable_oom);
	TAKE(memory_use_hierarchy);
	TAKE(memory_check_before_update);
	/* Two words for one setting: the new one counts. */
	if (from->cpu_shares.set || from->cpu_weight.set)
		into->cpu_shares.set = into->cpu_weight.set = false;
	TAKE(cpu_shares);
	TAKE(cpu_weight);
	TAKE(cpu_quota);
	TAKE(cpu_period);
	TAKE(cpu_burst);
	TAKE(cpu_idle);
	TAKE(cpu_rt_runtime);
	TAKE(cpu_rt_period);
	TAKE(pids);
	TAKE(block_weight);
	TAKE(block_leaf_weight);
	TAKE(net_class_id);
}

/* A new array of @old_n + @new_n elements that begins with the old ones. */
static void *grow(struct arena *a, const void *old, size_t old_n, size_t new_n, size_t size)
{
	char *v = arena_alloc(a, (old_n + new_n) * size);

	if (v && old_n > 0)
		memcpy(v, old, old_n * size);
	return v;
}

static int take_throttles(struct arena *a, struct config_throttles *into,
			  const struct config_throttles *from, struct error *e)
{
	struct config_throttle *v;
	size_t n = into->n;

	if (from->n == 0)
		return 0;
	v = grow(a, into->v, into->n, from->n, sizeof(*v));
	if (!v)
		return err_no_memory(e);
	for (size_t i = 0; i < from->n; i++) {
		size_t k = 0;

		while (k < n && (v[k].major != from->v[i].major || v[k].minor != from->v[i].minor))
			k++;
		v[k] = from->v[i];
		n += k == n;
	}
	*into = (struct config_throttles){.v = v, .n = n};
	return 0;
}

static int take_block_weights(struct arena *a, struct config_resources *into,
			      const struct config_resources *from, struct error *e)
{
	struct config_block_weight *v;
	size_t n = into->block_weights_n;

	if (from->block_weights_n == 0)
		return 0;
	v = grow(a, into->block_weights, n, from->block_weights_n, sizeof(*v));
	if (!v)
		return err_no_memory(e);
	for (size_t i = 0; i < from->block_weights_n; i++) {
		const struct config_block_weight *b = &from->block_weights[i];
		size_t k = 0;

		while (k < n && (v[k].major != b->major || v[k].minor != b->minor))
			k++;
		if (k == n) {
			v[n++] = *b;
			continue;
		}
		take_number(&v[k].weight, &b->weight);
		take_number(&v[k].leaf_weight, &b->leaf_weight);
	}
	into->block_weights = v;
	into->block_weights_n = n;
	return 0;
}

static int take_hugepages(struct arena *a, struct config_resources *into,
			  const struct config_resources *from, struct error *e)
{
	struct config_hugepage *v;
	size_t n = into->hugepages_n;

	if (from->hugepages_n == 0)
		return 0;
	v = grow(a, into->hugepages, n, from->hugepages_n, sizeof(*v));
	if (!v)
		return err_no_memory(e);
	for (size_t i = 0; i < from->hugepages_n; i++) {
		size_t k = 0;

		while (k < n && strcmp(v[k].page_size, from->hugepages[i].page_size) != 0)
			k++;
		v[k] = from->hugepages[i];
		v[k].page_size = arena_copy(a, v[k].page_size);
		if (!v[k].page_size)
			return err_no_memory(e);
		n += k == n;
	}
	into->hugepages = v;
	into->hugepages_n = n;
	return 0;
}

static int take_rdma(struct arena *a, struct config_resources *into,
		     const struct config_resources *from, struct error *e)
{
	struct config_rdma *v;
	size_t n = into->rdma_n;

	if (from->rdma_n == 0)
		return 0;
	v = grow(a, into->rdma, n, from->rdma_n, sizeof(*v));
	if (!v)
		return err_no_memory(e);
	for (size_t i = 0; i < from->rdma_n; i++) {
		size_t k = 0;

		while (k < n && strcmp(v[k].device, from->rdma[i].device) != 0)
			k++;
		if (k < n) {
			take_number(&v[k].handles, &from->rdma[i].handles);
			take_number(&v[k].objects, &from->rdma[i].objects);
			continue;
		}
		v[k] = from->rdma[i];
		v[k].device = arena_copy(a, v[k].device);
		if (!v[k].device)
			return err_no_memory(e);
		n++;
	}
	into->rdma = v;
	into->rdma_n = n;
	return 0;
}

static int take_pairs(struct arena *a, struct config_pair **into, size_t *into_n,
		      const struct config_pair *from, size_t from_n, struct error *e)
{
	struct config_pair *v;
	size_t n = *into_n;

	if (from_n == 0)
		return 0;
	v = grow(a, *into, n, from_n, sizeof(*v));
	if (!v)
		return err_no_memory(e);
	for (size_t i = 0; i < from_n; i++) {
		size_t k = 0;

		while (k < n && strcmp(v[k].key, from[i].key) != 0)
			k++;
		v[k].key = arena_copy(a, from[i].key);
		v[k].value = arena_copy(a, from[i].value);
		if (!v[k].key || !v[k].value)
			return err_no_memory(e);
		n += k == n;
	}
	*into = v;
	*into_n = n;
	return 0;
}

static int take_string(struct arena *a, const char **into, const char *from, struct error *e)
{
	if (!from)
		return 0;
	*into = arena_copy(a, from);
	return *into ? 0 : err_no_memory(e);
}

/* @into: the old ones, becomes what holds after @from. */
static int merge(struct arena *a, struct config_resources *into,
		 const struct config_resources *from, struct error *e)
{
	take_numbers(into, from);
	if (take_string(a, &into->cpuset_cpus, from->cpuset_cpus, e) < 0 ||
	    take_string(a, &into->cpuset_mems, from->cpuset_mems, e) < 0 ||
	    take_block_weights(a, into, from, e) < 0 ||
	    take_throttles(a, &into->read_bps, &from->read_bps, e) < 0 ||
	    take_throttles(a, &into->write_bps, &from->write_bps, e) < 0 ||
	    take_throttles(a, &into->read_iops, &from->read_iops, e) < 0 ||
	    take_throttles(a, &into->write_iops, &from->write_iops, e) < 0 ||
	    take_hugepages(a, into, from, e) < 0 || take_rdma(a, into, from, e) < 0)
		return -1;
	if (take_pairs(a, &into->net_priorities, &into->net_priorities_n, from->net_priorities,
		       from->net_priorities_n, e) < 0 ||
	    take_pairs(a, &into->unified, &into->unified_n, from->unified, from->unified_n, e) < 0)
		return -1;
	if (from->devices_n == 0)
		return 0;
	into->devices = grow(a, from->devices, from->devices_n, 0, sizeof(*into->devices));
	into->devices_n = from->devices_n;
	return into->devices ? 0 : err_no_memory(e);
}

/* ---- what is to be written ---- */

static void not_zero(struct config_number *n)
{
	n->set = n->set && n->value != 0;
}

/* Leaves out what says "not named", and what would change nothing. */
static void normalise(struct config_resources *r, const struct config_resources *old)
{
	struct config_number *const zeros[] = {
		&r->memory,	   &r->memory_swap,	  &r->memory_reservation,
		&r->memory_kernel, &r->memory_kernel_tcp, &r->cpu_shares,
		&r->cpu_quota,	   &r->cpu_period,	  &r->cpu_rt_runtime,
		&r->cpu_rt_period, &r->block_weight,	  &r->block_leaf_weight,
	};

	for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++)
		not_zero(zeros[i]);
	if (r->cpuset_cpus && !*r->cpuset_cpus)
		r->cpuset_cpus = NULL;
	if (r->cpuset_mems && !*r->cpuset_mems)
		r->cpuset_mems = NULL;
	/* An engine that sends all of its resources sends the rules of the start again. */
	if (devices_equal(r->devices, r->devices_n, old->devices, old->devices_n))
		r->devices_n = 0;
}

/* The rules that @part names, with those of the default devices behind them, as at the start. In @part's arena. */
static int complete_rules(struct config *part, bool oci, struct error *e)
{
	const struct config_device_rule *named = part->resources.devices;
	size_t n = part->resources.devices_n, tail;
	struct config defaults = {0};

	part->resources.devices = NULL;
	part->resources.devices_n = 0;
	for (size_t i = 0; i < n; i++) {
		struct config_device_rule *rule =
			arena_append(&part->arena, &part->resources.devices,
				     &part->resources.devices_n, sizeof(*rule));

		if (!rule)
			return err_no_memory(e);
		*rule = named[i];
	}
	if (n == 0 || !oci)
		return 0;
	if (device_rules_add_defaults(&defaults, e) < 0)
		return -1;
	tail = defaults.resources.devices_n < n ? defaults.resources.devices_n : n;
	if (devices_equal(named + n - tail, tail, defaults.resources.devices,
			  defaults.resources.devices_n)) {
		arena_end(&defaults.arena);
		return 0;
	}
	arena_end(&defaults.arena);
	return device_rules_add_defaults(part, e);
}

/* See the top. @r: what is named, completed here; @merged: what will hold, the same. */
static int pair_memory(struct config_resources *r, struct config_resources *merged, bool oci,
		       struct error *e)
{
	const struct config_number *memory = &merged->memory, *swap = &merged->memory_swap;

	if (!r->memory.set && !r->memory_swap.set)
		return 0;
	/* No limit for memory is none for the sum of memory and swap either. */
	if (r->memory.set && r->memory.value == -1 && !r->memory_swap.set && (swap->set || !oci))
		merged->memory_swap = (struct config_number){.set = true, .value = -1};
	if (swap->set && swap->value >= 0) {
		if (!memory->set || memory->value < 0)
			return err_set(e, 0,
				       "memory.swap: it is the sum of memory and swap, and needs "
				       "a memory limit beside it");
		if (swap->value < memory->value)
			return err_set(e, 0,
				       "memory.swap %" PRId64 ": less than memory.limit, %" PRId64
				       " (it is the sum of memory and swap)",
				       swap->value, memory->value);
	}
	r->memory = *memory;
	r->memory_swap = *swap;
	return 0;
}

static int check_burst(const struct config_resources *r, const struct config_resources *merged,
		       struct error *e)
{
	const struct config_number *quota = &merged->cpu_quota, *burst = &merged->cpu_burst;

	if ((!r->cpu_quota.set && !r->cpu_burst.set) || !burst->set || burst->value <= 0)
		return 0;
	if (!quota->set || quota->value <= 0) {
		err_set(e, 0,
			"cpu.burst %" PRId64
			": needs a cpu.quota beside it (it is saved up from that)",
			burst->value);
		return err_hint(e, "set a quota, or the burst to 0 (--cpu-burst 0)");
	}
	if (burst->value > quota->value)
		return err_set(e, 0, "cpu.burst %" PRId64 ": more than cpu.quota, %" PRId64,
			       burst->value, quota->value);
	return 0;
}

/* ---- writing ---- */

static int write_limits(struct cgroup *g, const struct config *c, struct error *e)
{
	struct cgroup_dir *last = &g->dirs[g->dirs_n - 1];

	if (last->v2 && cgroup_v2_enable(g, last, e) < 0)
		return -1;
	if (cgroup_v1_limit(g, c, e) < 0)
		return -1;
	return last->v2 ? cgroup_v2_limit(g, last->fd, c, e) : 0;
}

/*
 * v2 exchanges one program for another. v1 goes by way of "nothing at all", which no process of the container may come
 * across: they are frozen meanwhile, where there is a freezer.
 */
static int write_devices(struct cgroup *g, const struct config_resources *r,
			 const struct config_resources *old, struct error *e)
{
	struct cgroup_dir *d = cgroup_v1_dir(g, "devices");
	struct error ignored;
	bool frozen;
	int result;

	if (!d)
		return devices_replace(g->dirs[g->dirs_n - 1].fd, r->devices, r->devices_n, e);
	frozen = !cgroup_is_frozen(g) && cgroup_can_freeze(g) &&
		 cgroup_freeze(g, true, &ignored) == 0;
	result = devices_rewrite_v1(d->fd, r->devices, r->devices_n, e);
	if (result < 0)
		(void)devices_rewrite_v1(d->fd, old->devices, old->devices_n, &ignored);
	if (frozen && cgroup_freeze(g, false, &ignored) < 0 && result == 0) {
		*e = ignored;
		result = -1;
	}
	return result;
}

static int update(struct cgroup *g, int state_fd, struct config *c, struct config *part,
		  struct error *e)
{
	struct config_resources merged = c->resources;
	struct cgroup_journal journal = {0};
	size_t devices_n;
	int result;

	if (complete_rules(part, c->oci_version != NULL, e) < 0)
		return -1;
	normalise(&part->resources, &c->resources);
	if (merge(&c->arena, &merged, &part->resources, e) < 0)
		return -1;
	if (pair_memory(&part->resources, &merged, c->oci_version != NULL, e) < 0 ||
	    check_burst(&part->resources, &merged, e) < 0)
		return -1;
	part->resources.memory_check_before_update = merged.memory_check_before_update;
	if (cgroup_plan_more(g, part, "", e) < 0 || cgroup_make_late(g, state_fd, e) < 0)
		return -1;
	/* They have no order with the limits, and cannot be put back by a write. */
	devices_n = part->resources.devices_n;
	part->resources.devices_n = 0;
	cgroup_journal = &journal;
	result = write_limits(g, part, e);
	cgroup_journal = NULL;
	part->resources.devices_n = devices_n;
	if (result == 0 && devices_n > 0)
		result = write_devices(g, &part->resources, &c->resources, e);
	journal_end(&journal, result < 0);
	if (result == 0)
		c->resources = merged;
	return result;
}

int cgroup_update(struct cgroup *g, int state_fd, struct config *c,
		  const struct config_resources *change, struct error *e)
{
	/* What is to be written, as a configuration of its own. */
	struct config part = {.id = c->id, .oci_version = c->oci_version, .resources = *change};
	int result = update(g, state_fd, c, &part, e);

	arena_end(&part.arena);
	return result;
}
