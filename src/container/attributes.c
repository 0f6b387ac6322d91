/*
 * attributes.c - scheduling policy, I/O priority, CPU affinity, execution domain and memory policy. Runs inside, in
 * the one process that becomes the command, before its privileges are dropped; children inherit all of it.
 *
 * In a user namespace the inside has no right to a real-time policy or class: the kernel asks for CAP_SYS_NICE of the
 * host's user namespace. There the outside sets them (host/scheduling.c), by the same function.
 *
 * What a policy, a class or a mode needs, and what it does not allow, is the kernel's to say: it knows which nodes
 * and which priorities there are. Its refusal is an error that names the property of config.json.
 */
#include "container/attributes.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/personality.h>

#include "base/sys.h"
#include "container/steps.h"

#define LONG_BITS (sizeof(unsigned long) * CHAR_BIT)
#define NODES	  1024U	 /* MAX_NUMNODES of the largest configuration of the kernel */
#define CPUS	  65536U /* more than any kernel is built for */

struct name_value {
	const char *name;
	uint32_t value;
};

static int value_of(const struct name_value *table, size_t n, const char *name, uint32_t *ret)
{
	for (size_t i = 0; i < n; i++)
		if (name && strcmp(table[i].name, name) == 0) {
			*ret = table[i].value;
			return 0;
		}
	return -1;
}

#define VALUE_OF(table, name, ret) value_of(table, sizeof(table) / sizeof((table)[0]), name, ret)

/* ---- lists ---- */

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t\n");
}

/* A number below @bits; *at goes behind it. */
static int take_number(const char **at, size_t bits, size_t *ret)
{
	size_t value = 0;

	if (**at < '0' || **at > '9')
		return -1;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		value = value * 10 + (size_t)(**at - '0');
		if (value >= bits)
			return -1;
	}
	*ret = value;
	return 0;
}

/* "3" or "0-3", with the blanks behind it. */
static int take_range(const char **at, size_t bits, size_t *ret_first, size_t *ret_last)
{
	if (take_number(at, bits, ret_first) < 0)
		return -1;
	*ret_last = *ret_first;
	*at = skip_blanks(*at);
	if (**at == '-') {
		*at = skip_blanks(*at + 1);
		if (take_number(at, bits, ret_last) < 0)
			return -1;
		*at = skip_blanks(*at);
	}
	return *ret_last < *ret_first || (**at != ',' && **at != '\0') ? -1 : 0;
}

int list_to_mask(const char *list, unsigned long *mask, size_t bits, struct error *e)
{
	const char *at = skip_blanks(list);

	memset(mask, 0, bits / CHAR_BIT);
	while (*at != '\0') {
		size_t first, last;

		if (*at == ',') {
			at = skip_blanks(at + 1);
			continue;
		}
		if (take_range(&at, bits, &first, &last) < 0)
			return err_set(e, 0,
				       "\"%.100s\" is not a list of numbers and ranges below %u "
				       "(such as 0-2,4)",
				       list, (unsigned int)bits);
		for (size_t i = first; i <= last; i++)
			mask[i / LONG_BITS] |= 1UL << i % LONG_BITS;
	}
	return 0;
}

static bool is_empty(const unsigned long *mask, size_t bits)
{
	for (size_t i = 0; i < bits / LONG_BITS; i++)
		if (mask[i] != 0)
			return false;
	return true;
}

/* ---- scheduling ---- */

/* sched(7). The kernel has reserved ISO and never had it. */
static const struct name_value policies[] = {
	{"SCHED_OTHER", 0}, {"SCHED_FIFO", 1}, {"SCHED_RR", 2},	      {"SCHED_BATCH", 3},
	{"SCHED_ISO", 4},   {"SCHED_IDLE", 5}, {"SCHED_DEADLINE", 6},
};

static const struct name_value sched_flags[] = {
	{"SCHED_FLAG_RESET_ON_FORK", 0x01},  {"SCHED_FLAG_RECLAIM", 0x02},
	{"SCHED_FLAG_DL_OVERRUN", 0x04},     {"SCHED_FLAG_KEEP_POLICY", 0x08},
	{"SCHED_FLAG_KEEP_PARAMS", 0x10},    {"SCHED_FLAG_UTIL_CLAMP_MIN", 0x20},
	{"SCHED_FLAG_UTIL_CLAMP_MAX", 0x40},
};

static int scheduler_apply(const struct config_scheduler *s, pid_t pid, struct error *e)
{
	struct sys_sched attr = {
		.nice = s->nice,
		.priority = (uint32_t)s->priority,
		.runtime_ns = s->runtime_ns,
		.deadline_ns = s->deadline_ns,
		.period_ns = s->period_ns,
	};

	if (VALUE_OF(policies, s->policy, &attr.policy) < 0)
		return err_set(e, 0, "process.scheduler.policy: \"%.40s\" is not a policy",
			       s->policy ? s->policy : "");
	for (size_t i = 0; i < s->flags.n; i++) {
		uint32_t flag;

		if (VALUE_OF(sched_flags, s->flags.v[i], &flag) < 0)
			return err_set(e, 0, "process.scheduler.flags: \"%.40s\" is not a flag",
				       s->flags.v[i]);
		attr.flags |= flag;
	}
	if (s->nice < -20 || s->nice > 19) /* the kernel would quietly take the nearest */
		return err_set(e, 0, "process.scheduler.nice: %d is not from -20 to 19", s->nice);
	if (sys_sched_setattr(pid, &attr) == 0)
		return 0;
	err_set(e, errno, "process.scheduler: %s", s->policy);
	if (e->no == EPERM)
		return err_hint(e, "it takes CAP_SYS_NICE, and for a real-time policy a share of "
				   "real-time in the cgroup");
	if (e->no == EINVAL)
		return err_hint(e, "the kernel does not take this policy with these values");
	return e->no == EBUSY ? err_hint(e, "the CPUs cannot keep this deadline") : -1;
}

static int io_priority_apply(const struct config_io_priority *p, pid_t pid, struct error *e)
{
	static const struct name_value classes[] = {
		{"IOPRIO_CLASS_RT", 1},
		{"IOPRIO_CLASS_BE", 2},
		{"IOPRIO_CLASS_IDLE", 3},
	};
	uint32_t kind;

	if (VALUE_OF(classes, p->class, &kind) < 0)
		return err_set(e, 0, "process.ioPriority.class: \"%.40s\" is not a class",
			       p->class ? p->class : "");
	if (p->priority < 0 || p->priority > 7)
		return err_set(e, 0, "process.ioPriority.priority: %lld is not from 0 to 7",
			       (long long)p->priority);
	/*
	 * "Within the process group" (config.md, "ioPriority"): so far the group is this process, and what it forks
	 * inherits. By IOPRIO_WHO_PGRP a process of exec could reach its caller's group.
	 */
	if (sys_ioprio_set(pid, kind, (unsigned int)p->priority) == 0)
		return 0;
	err_set(e, errno, "process.ioPriority: %s", p->class);
	return e->no == EPERM ? err_hint(e, "it takes CAP_SYS_NICE or CAP_SYS_ADMIN") : -1;
}

int scheduling_apply(const struct config_process *p, pid_t pid, struct error *e)
{
	if (p->scheduler.set && scheduler_apply(&p->scheduler, pid, e) < 0)
		return -1;
	return p->io_priority.set ? io_priority_apply(&p->io_priority, pid, e) : 0;
}

int scheduling_set(struct inside *in, struct error *e)
{
	return in->in_user_ns ? 0 : scheduling_apply(&in->config->process, 0, e);
}

/* ---- affinity ---- */

static int affinity_set(const char *list, pid_t pid, struct error *e)
{
	unsigned long mask[CPUS / LONG_BITS];

	if (list_to_mask(list, mask, CPUS, e) < 0)
		return -1;
	if (is_empty(mask, CPUS))
		return err_set(e, 0, "\"%.100s\" names no CPU", list);
	if (sched_setaffinity(pid, sizeof(mask), (const cpu_set_t *)mask) < 0) {
		err_set(e, errno, "%s", list);
		return e->no == EINVAL ? err_hint(e, "none of these CPUs is there, or allowed by "
						     "the cgroup")
				       : -1;
	}
	return 0;
}

int affinity_initial_set(const char *list, pid_t pid, struct error *e)
{
	return list && affinity_set(list, pid, e) < 0
		       ? err_within(e, "process.execCPUAffinity.initial")
		       : 0;
}

int affinity_final_set(const char *list, pid_t pid, struct error *e)
{
	return list && affinity_set(list, pid, e) < 0
		       ? err_within(e, "process.execCPUAffinity.final")
		       : 0;
}

/* ---- execution domain ---- */

#define PER_CLEAR (READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO)

int personality_set(struct inside *in, struct error *e)
{
	const struct config_personality *p = &in->config->personality;

	if (p->set && personality(p->linux32 ? PER_LINUX32 : PER_LINUX) < 0)
		return err_set(e, errno, "linux.personality: %s", p->linux32 ? "LINUX32" : "LINUX");
	/* What set-user-id programs are not given either: the caller may have run under setarch(8). */
	if (!p->set) {
		int own = personality(0xffffffff);

		if (own < 0 ||
		    ((own & PER_CLEAR) && personality((unsigned int)(own & ~PER_CLEAR)) < 0))
			return err_set(e, errno, "clear the caller's personality");
	}
	return 0;
}

/* ---- memory policy ---- */

static int memory_mode(const struct config_memory_policy *m, uint32_t *ret, struct error *e)
{
	static const struct name_value modes[] = {
		{"MPOL_DEFAULT", 0},
		{"MPOL_PREFERRED", 1},
		{"MPOL_BIND", 2},
		{"MPOL_INTERLEAVE", 3},
		{"MPOL_LOCAL", 4},
		{"MPOL_PREFERRED_MANY", 5},
		{"MPOL_WEIGHTED_INTERLEAVE", 6},
	};
	static const struct name_value mode_flags[] = {
		{"MPOL_F_STATIC_NODES", 1U << 15},
		{"MPOL_F_RELATIVE_NODES", 1U << 14},
		{"MPOL_F_NUMA_BALANCING", 1U << 13},
	};

	if (VALUE_OF(modes, m->mode, ret) < 0)
		return err_set(e, 0, "mode: \"%.40s\" is not a mode", m->mode ? m->mode : "");
	for (size_t i = 0; i < m->flags.n; i++) {
		uint32_t flag;

		if (VALUE_OF(mode_flags, m->flags.v[i], &flag) < 0)
			return err_set(e, 0, "flags: \"%.40s\" is not a flag", m->flags.v[i]);
		*ret |= flag;
	}
	return 0;
}

static int memory_policy_apply(const struct config_memory_policy *m, struct error *e)
{
	unsigned long mask[NODES / LONG_BITS];
	uint32_t mode = 0;
	bool has_nodes;

	if (memory_mode(m, &mode, e) < 0)
		return -1;
	if (list_to_mask(m->nodes ? m->nodes : "", mask, NODES, e) < 0)
		return err_within(e, "nodes");
	has_nodes = !is_empty(mask, NODES);
	if (sys_set_mempolicy((int)mode, has_nodes ? mask : NULL, has_nodes ? NODES : 0) < 0) {
		err_set(e, errno, "%s%s%s", m->mode, has_nodes ? " on nodes " : "",
			has_nodes ? m->nodes : "");
		return e->no == EINVAL
			       ? err_hint(e, "the kernel does not take this mode with these "
					     "nodes and flags")
			       : -1;
	}
	return 0;
}

int memory_policy_set(struct inside *in, struct error *e)
{
	const struct config_memory_policy *m = &in->config->memory_policy;

	return m->set && memory_policy_apply(m, e) < 0 ? err_within(e, "linux.memoryPolicy") : 0;
}
