/*
 * test_attributes.c - container/attributes.c: lists of CPUs and nodes, and what the kernel is asked for. Whatever a test
 * changes, it changes in a child, and what came of it is read back with the kernel's own calls.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "container/attributes.h"
#include "container/steps.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LONG_BITS    (sizeof(unsigned long) * CHAR_BIT)
#define BITS	     256

static struct error e;

/* ---- lists ---- */

static bool is_in(const int *bits, int bit)
{
	for (; *bits >= 0; bits++)
		if (*bits == bit)
			return true;
	return false;
}

static void lists(void **state)
{
	static const struct {
		const char *list;
		int bits[12]; /* -1 behind the last */
	} table[] = {
		{"", {-1}},
		{"  ", {-1}},
		{",", {-1}},
		{"0", {0, -1}},
		{"255", {255, -1}},
		{"0-3,7", {0, 1, 2, 3, 7, -1}},
		{"7,0-3", {0, 1, 2, 3, 7, -1}},
		{"62-65", {62, 63, 64, 65, -1}},
		{"5-5", {5, -1}},
		{"1,1,1-2", {1, 2, -1}},
		{" 0 - 1 , 5 ", {0, 1, 5, -1}},
		{"0,,2,", {0, 2, -1}},
		{"007", {7, -1}},
		{"3\n", {3, -1}}, /* as in a file of /sys */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		unsigned long mask[BITS / LONG_BITS];

		memset(mask, 0xff, sizeof(mask));
		if (list_to_mask(table[i].list, mask, BITS, &e) < 0)
			fail_msg("\"%s\": %s", table[i].list, e.text);
		for (int bit = 0; bit < BITS; bit++)
			if ((mask[(size_t)bit / LONG_BITS] >> (size_t)bit % LONG_BITS & 1) !=
			    is_in(table[i].bits, bit))
				fail_msg("\"%s\": bit %d", table[i].list, bit);
	}
}

static void no_lists(void **state)
{
	static const char *const table[] = {
		"x",   "-",   "-1",  "1-",    "3-1", "0-256",
		"256", "1 2", "1;2", "0-1-2", "+1",  "99999999999999999999999999",
		"1.5", "0x1", "1,a", "~1",
	};
	unsigned long mask[BITS / LONG_BITS];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		if (list_to_mask(table[i], mask, BITS, &e) == 0)
			fail_msg("\"%s\" was taken", table[i]);
		assert_non_null(strstr(e.text, "is not a list"));
	}
}

/* ---- in a child ---- */

/* What the child found: one line, compared by the parent. */
typedef void attempt(const void *what, char *ret, size_t size);

static void check_child(attempt *run, const void *what, const char *expected)
{
	char text[ERROR_TEXT] = "";
	int pipe_fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		run(what, text, sizeof(text));
		_exit(write(pipe_fds[1], text, strlen(text) + 1) < 0);
	}
	close(pipe_fds[1]);
	assert_true(read(pipe_fds[0], text, sizeof(text) - 1) > 0);
	close(pipe_fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	if (*expected == '~' ? !strstr(text, expected + 1) : strcmp(text, expected) != 0)
		fail_msg("expected \"%s\" but got \"%s\"", expected, text);
}

/* ---- scheduling ---- */

struct raw_sched {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static void try_scheduling(const void *what, char *ret, size_t size)
{
	struct raw_sched now = {0};

	if (scheduling_apply(what, 0, &e) < 0) {
		snprintf(ret, size, "%s", e.text);
		return;
	}
	if (syscall(SYS_sched_getattr, 0, &now, sizeof(now), 0) < 0)
		snprintf(ret, size, "sched_getattr: %s", strerror(errno));
	else
		snprintf(ret, size, "policy %u flags %llx nice %d priority %u io %lx", now.policy,
			 (unsigned long long)now.flags, now.nice, now.priority,
			 syscall(SYS_ioprio_get, 1, 0) & 0xffff);
}

static void schedulers(void **state)
{
	static char reset[] = "SCHED_FLAG_RESET_ON_FORK", bad[] = "SCHED_FLAG_NONE";
	char *flags[] = {reset, NULL}, *bad_flags[] = {bad, NULL};
	const struct {
		struct config_scheduler s;
		const char *expected;
	} table[] = {
		{{.policy = "SCHED_OTHER", .nice = 5}, "policy 0 flags 0 nice 5 priority 0 io 0"},
		{{.policy = "SCHED_BATCH", .nice = 19}, "policy 3 flags 0 nice 19 priority 0 io 0"},
		{{.policy = "SCHED_IDLE"}, "policy 5 flags 0 nice 0 priority 0 io 0"},
		{{.policy = "SCHED_BATCH", .flags = {flags, 1}},
		 "policy 3 flags 1 nice 0 priority 0 io 0"},
		{{.policy = "SCHED_FIFO"}, "~process.scheduler: SCHED_FIFO: Invalid argument"},
		{{.policy = "SCHED_OTHER", .priority = 3}, "~process.scheduler: SCHED_OTHER: Invalid"},
		{{.policy = "SCHED_ISO"}, "~process.scheduler: SCHED_ISO: Invalid argument"},
		{{.policy = "SCHED_DEADLINE", .runtime_ns = 2000000, .deadline_ns = 1000000},
		 "~process.scheduler: SCHED_DEADLINE: Invalid argument"},
		{{.policy = "SCHED_OTHER", .nice = 20}, "~process.scheduler.nice: 20 is not"},
		{{.policy = "SCHED_OTHER", .nice = -21}, "~process.scheduler.nice: -21 is not"},
		{{.policy = "SCHED_other"}, "~process.scheduler.policy: \"SCHED_other\""},
		{{.policy = NULL}, "~process.scheduler.policy: \"\""},
		{{.policy = "SCHED_OTHER", .flags = {bad_flags, 1}},
		 "~process.scheduler.flags: \"SCHED_FLAG_NONE\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct config_process p = {.scheduler = table[i].s};

		p.scheduler.set = true;
		check_child(try_scheduling, &p, table[i].expected);
	}
}

/* What takes CAP_SYS_NICE, and in a cgroup of v1 a share of real-time as well. */
static void real_time(void **state)
{
	struct config_process p = {.scheduler = {.set = true, .policy = "SCHED_RR", .priority = 7}};
	struct raw_sched wanted = {.size = sizeof(wanted), .policy = SCHED_RR, .priority = 7};
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(syscall(SYS_sched_setattr, 0, &wanted, 0) < 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status == 0)
		check_child(try_scheduling, &p, "policy 2 flags 0 nice 0 priority 7 io 0");
	else
		check_child(try_scheduling, &p, "~CAP_SYS_NICE");
}

static void io_priorities(void **state)
{
	static const struct {
		struct config_io_priority p;
		const char *expected;
	} table[] = {
		{{.class = "IOPRIO_CLASS_BE", .priority = 0},
		 "policy 0 flags 0 nice 0 priority 0 io 4000"},
		{{.class = "IOPRIO_CLASS_BE", .priority = 7},
		 "policy 0 flags 0 nice 0 priority 0 io 4007"},
		{{.class = "IOPRIO_CLASS_BE", .priority = 8},
		 "~process.ioPriority.priority: 8 is not"},
		{{.class = "IOPRIO_CLASS_BE", .priority = -1},
		 "~process.ioPriority.priority: -1 is not"},
		{{.class = "IOPRIO_CLASS_NONE"}, "~process.ioPriority.class: \"IOPRIO_CLASS_NONE\""},
		{{.class = NULL}, "~process.ioPriority.class: \"\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct config_process p = {.io_priority = table[i].p};

		p.io_priority.set = true;
		check_child(try_scheduling, &p, table[i].expected);
	}
}

/* Nothing asked for, nothing changed. */
static void nothing_asked(void **state)
{
	struct config_process p = {0};

	(void)state;
	check_child(try_scheduling, &p, "policy 0 flags 0 nice 0 priority 0 io 0");
}

/* ---- affinity ---- */

static void try_affinity(const void *what, char *ret, size_t size)
{
	cpu_set_t now;

	if (affinity_initial_set(what, 0, &e) < 0) {
		snprintf(ret, size, "%s", e.text);
		return;
	}
	CPU_ZERO(&now);
	sched_getaffinity(0, sizeof(now), &now);
	snprintf(ret, size, "%d CPU, 0 %s", CPU_COUNT(&now), CPU_ISSET(0, &now) ? "too" : "not");
}

static void affinities(void **state)
{
	cpu_set_t own;
	char all[64];

	(void)state;
	CPU_ZERO(&own);
	assert_int_equal(sched_getaffinity(0, sizeof(own), &own), 0);
	snprintf(all, sizeof(all), "%d CPU, 0 too", CPU_COUNT(&own));
	if (!CPU_ISSET(0, &own)) {
		print_message("skip: CPU 0 is not for us here\n");
		skip();
	}
	check_child(try_affinity, "0", "1 CPU, 0 too");
	check_child(try_affinity, "0-65535", all);
	check_child(try_affinity, NULL, all);
	check_child(try_affinity, "65535",
		    "~process.execCPUAffinity.initial: 65535: Invalid argument");
	check_child(try_affinity, "65536",
		    "~process.execCPUAffinity.initial: \"65536\" is not a list");
	check_child(try_affinity, "", "~process.execCPUAffinity.initial: \"\" names no CPU");
	assert_int_equal(affinity_final_set("x", 0, &e), -1);
	assert_non_null(strstr(e.text, "process.execCPUAffinity.final"));
}

/* Of another process. */
static void affinity_of_another(void **state)
{
	int gate[2];
	pid_t pid;
	cpu_set_t now;
	char byte;

	(void)state;
	assert_int_equal(pipe(gate), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(gate[1]);
		_exit(read(gate[0], &byte, 1) < 0);
	}
	CPU_ZERO(&now);
	assert_int_equal(affinity_final_set("0", pid, &e), 0);
	assert_int_equal(sched_getaffinity(pid, sizeof(now), &now), 0);
	assert_int_equal(CPU_COUNT(&now), 1);
	close(gate[0]);
	close(gate[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* ---- execution domain and memory policy ---- */

static void try_personality(const void *what, char *ret, size_t size)
{
	struct config c = {.personality = *(const struct config_personality *)what};
	struct inside in = {.config = &c};

	if (personality_set(&in, &e) < 0)
		snprintf(ret, size, "%s", e.text);
	else
		snprintf(ret, size, "%x", (unsigned int)personality(0xffffffff));
}

static void personalities(void **state)
{
	(void)state;
	check_child(try_personality, &(struct config_personality){.set = true, .linux32 = true}, "8");
	check_child(try_personality, &(struct config_personality){.set = true}, "0");
	check_child(try_personality, &(struct config_personality){.linux32 = true}, "0");
}

static void try_memory_policy(const void *what, char *ret, size_t size)
{
	struct config c = {.memory_policy = *(const struct config_memory_policy *)what};
	struct inside in = {.config = &c};
	unsigned long mask[1024 / LONG_BITS] = {0};
	int mode = -1;

	if (memory_policy_set(&in, &e) < 0)
		snprintf(ret, size, "%s", e.text);
	else if (syscall(SYS_get_mempolicy, &mode, mask, 1024, NULL, 0) < 0)
		snprintf(ret, size, "get_mempolicy: %s", strerror(errno));
	else
		snprintf(ret, size, "mode %x nodes %lx", (unsigned int)mode, mask[0]);
}

static void memory_policies(void **state)
{
	static char fixed[] = "MPOL_F_STATIC_NODES", relative[] = "MPOL_F_RELATIVE_NODES",
		    balancing[] = "MPOL_F_NUMA_BALANCING", bad[] = "MPOL_F_ANY";
	char *fixed_only[] = {fixed, NULL}, *both[] = {fixed, relative, NULL},
	     *bad_only[] = {bad, NULL}, *balancing_only[] = {balancing, NULL};
	const struct {
		struct config_memory_policy m;
		const char *expected;
	} table[] = {
		{{.mode = "MPOL_DEFAULT"}, "mode 0 nodes 0"},
		{{.mode = "MPOL_DEFAULT", .nodes = ""}, "mode 0 nodes 0"},
		{{.mode = "MPOL_BIND", .nodes = "0"}, "mode 2 nodes 1"},
		{{.mode = "MPOL_INTERLEAVE", .nodes = "0"}, "mode 3 nodes 1"},
		{{.mode = "MPOL_PREFERRED", .nodes = "0"}, "mode 1 nodes 1"},
		{{.mode = "MPOL_PREFERRED_MANY", .nodes = "0"}, "mode 5 nodes 1"},
		{{.mode = "MPOL_LOCAL"}, "mode 4 nodes 0"},
		{{.mode = "MPOL_BIND", .nodes = "0", .flags = {fixed_only, 1}}, "mode 8002 nodes 1"},
		{{.mode = "MPOL_BIND", .nodes = "0", .flags = {balancing_only, 1}},
		 "mode 2002 nodes 1"},
		{{.mode = "MPOL_BIND", .nodes = "0", .flags = {both, 2}},
		 "~linux.memoryPolicy: MPOL_BIND"},
		{{.mode = "MPOL_BIND"}, "~linux.memoryPolicy: MPOL_BIND: Invalid argument"},
		{{.mode = "MPOL_DEFAULT", .nodes = "0"},
		 "~linux.memoryPolicy: MPOL_DEFAULT on nodes 0: "},
		{{.mode = "MPOL_BIND", .nodes = "1023"},
		 "~linux.memoryPolicy: MPOL_BIND on nodes 1023: "},
		{{.mode = "MPOL_BIND", .nodes = "1024"},
		 "~linux.memoryPolicy: nodes: \"1024\" is not"},
		{{.mode = "BIND"}, "~linux.memoryPolicy: mode: \"BIND\" is not a mode"},
		{{.mode = NULL}, "~linux.memoryPolicy: mode: \"\" is not a mode"},
		{{.mode = "MPOL_BIND", .nodes = "0", .flags = {bad_only, 1}},
		 "~linux.memoryPolicy: flags: \"MPOL_F_ANY\""},
	};

	(void)state;
	if (syscall(SYS_get_mempolicy, NULL, NULL, 0, NULL, 0) < 0 && errno == ENOSYS) {
		print_message("skip: this kernel has no memory policies\n");
		skip();
	}
	for (size_t i = 0; i < COUNT(table); i++) {
		struct config_memory_policy m = table[i].m;

		m.set = true;
		check_child(try_memory_policy, &m, table[i].expected);
	}
	check_child(try_memory_policy, &(struct config_memory_policy){.mode = "no mode"},
		    "mode 0 nodes 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),	 cmocka_unit_test(no_lists),
		cmocka_unit_test(schedulers),	 cmocka_unit_test(real_time),
		cmocka_unit_test(io_priorities), cmocka_unit_test(nothing_asked),
		cmocka_unit_test(affinities),	 cmocka_unit_test(affinity_of_another),
		cmocka_unit_test(personalities), cmocka_unit_test(memory_policies),
	};

	return cmocka_run_group_tests_name("attributes", tests, NULL, NULL);
}
