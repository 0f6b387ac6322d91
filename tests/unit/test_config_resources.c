/*
 * test_config_resources.c - config_check() on limits, rules for devices, sysctls, cgroups, hooks and what else is a list
 * with values.
 */
#include "config_fixture.h"

static void resources(void **state)
{
	static const struct {
		struct config_resources r;
		const char *error;
	} cases[] = {
		{{.memory = {true, -1}, .memory_swap = {true, -1}}, NULL},
		{{.memory = {true, -2}}, "memory -2"},
		{{.memory = {true, 100}, .memory_swap = {true, 100}}, NULL},
		{{.memory = {true, 100}, .memory_swap = {true, 99}},
		 "memory-swap 99: less than memory"},
		{{.memory = {true, -1}, .memory_swap = {true, 99}},
		 "memory-swap needs a memory limit"},
		{{.memory = {true, 1}, .memory_reservation = {true, 2}}, "memory-reservation 2: more"},
		{{.memory_swappiness = {true, 101}}, "memory swappiness 101"},
		{{.cpu_quota = {true, 1000}, .cpu_period = {true, 1000000}}, NULL},
		{{.cpu_quota = {true, -1}}, NULL},
		{{.cpu_quota = {true, 999}}, "CPU quota 999"},
		{{.cpu_period = {true, 999}}, "CPU period 999"},
		{{.cpu_period = {true, 1000001}}, "CPU period 1000001"},
		{{.cpu_quota = {true, 1000}, .cpu_burst = {true, 1001}}, "CPU burst 1001: more than"},
		{{.cpu_burst = {true, 1}}, "CPU burst 1: needs a quota"},
		{{.cpu_quota = {true, -1}, .cpu_burst = {true, 1}}, "CPU burst 1: needs a quota"},
		{{.cpu_quota = {true, -1}, .cpu_burst = {true, 0}}, NULL},
		{{.cpu_burst = {true, 0}}, NULL},
		{{.cpu_idle = {true, 2}}, "CPU idle 2"},
		{{.cpu_shares = {true, 1}}, "cpu-shares 1: not from 2 to 262144"},
		{{.cpuset_cpus = "0-3", .cpuset_mems = "0"}, NULL},
		{{.cpuset_cpus = "3-0"}, "cpuset-cpus 3-0"},
		{{.cpuset_mems = ""}, "cpuset-mems"},
		{{.pids = {true, -2}}, "pids-limit -2"},
		{{.block_weight = {true, 9}}, "block I/O weight 9"},
		{{.block_weight = {true, 0}}, NULL},
		{{.net_class_id = {true, INT64_C(4294967296)}}, "network class"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config c;

		minimal(&c);
		c.resources = cases[i].r;
		if (cases[i].error)
			fails(&c, cases[i].error);
		else
			passes(&c, "resources");
	}
}

static void resource_lists(void **state)
{
	static const struct {
		const char *key, *error;
	} keys[] = {
		{"memory.high", NULL},
		{"io.max", NULL},
		{"hugetlb.2MB.max", NULL},
		{"a/b.c", "not a file"},
		{"memory", "not a file"},
		{".hidden", "not a file"},
		{"..", "not a file"},
		{"", "not a file"},
		{"cgroup.kill", "mini-run writes"},
	};
	static const struct {
		const char *size;
		bool good;
	} pages[] = {{"2MB", true}, {"1GB", true},   {"64KB", true}, {"2M", false},
		     {"MB", false}, {"02MB", false}, {"2mb", false}, {"2MBs", false}};
	struct config c;

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		struct config_pair pair = {keys[i].key, "1"};

		minimal(&c);
		c.resources.unified = &pair;
		c.resources.unified_n = 1;
		if (keys[i].error)
			fails(&c, keys[i].error);
		else
			passes(&c, keys[i].key);
	}
	for (size_t i = 0; i < COUNT(pages); i++) {
		struct config_hugepage page = {pages[i].size, 0};

		minimal(&c);
		c.resources.hugepages = &page;
		c.resources.hugepages_n = 1;
		if (pages[i].good)
			passes(&c, pages[i].size);
		else
			fails(&c, "huge page size");
	}
}

static void device_rules(void **state)
{
	static const struct {
		struct config_device_rule rule;
		const char *error;
	} cases[] = {
		{{true, 'a', -1, -1, 7}, NULL},
		{{true, 'c', 1, 3, DEVICE_READ}, NULL},
		{{true, 'p', 1, 3, 7}, "its type is none of"},
		{{true, '\0', 1, 3, 7}, "its type is none of"},
		{{true, 'c', -2, 3, 7}, "a negative number"},
		{{true, 'c', 1, 3, 0}, "the access is not"},
		{{true, 'c', 1, 3, 8}, "the access is not"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config_device_rule rule = cases[i].rule;
		struct config c;

		minimal(&c);
		c.resources.devices = &rule;
		c.resources.devices_n = 1;
		if (cases[i].error)
			fails(&c, cases[i].error);
		else
			passes(&c, "rule");
	}
}

static void sysctls(void **state)
{
	enum {
		IPC = 1 << NS_IPC,
		UTS = 1 << NS_UTS,
		NET = 1 << NS_NETWORK,
		EVERY = IPC | UTS | NET
	};
	static const struct {
		const char *key;
		unsigned int own; /* namespaces that the container has for itself */
		const char *error;
	} cases[] = {
		{"kernel.shmmax", IPC, NULL},
		{"kernel.shm_rmid_forced", IPC, NULL},
		{"kernel.msgmnb", IPC, NULL},
		{"kernel.sem", IPC, NULL},
		{"kernel/sem", IPC, NULL},
		{"fs.mqueue.msg_max", IPC, NULL},
		{"kernel.sem", UTS | NET, "needs its own ipc namespace"},
		{"fs.mqueue.msg_max", 0, "needs its own ipc namespace"},
		{"kernel.hostname", UTS, NULL},
		{"kernel.domainname", UTS, NULL},
		{"kernel.hostname", IPC, "needs its own uts namespace"},
		{"net.ipv4.ip_forward", NET, NULL},
		{"net.ipv4.conf.eth0/1.forwarding", NET, NULL},
		{"net/ipv4/conf/eth0.1/forwarding", NET, NULL},
		{"net.ipv4.ip_forward", IPC, "needs its own network namespace"},
		{"vm.swappiness", EVERY, "belongs to no namespace"},
		{"kernel.core_pattern", EVERY, "belongs to no namespace"},
		{"kernel.semx", EVERY, "belongs to no namespace"},
		{"kernel.shm", EVERY, "belongs to no namespace"},
		{"fs.mqueue", EVERY, "belongs to no namespace"},
		{"network.x", EVERY, "belongs to no namespace"},
		{"fs.file-max", EVERY, "belongs to no namespace"},
		{"net..ipv4", EVERY, "not the name"},
		{"net.", EVERY, "not the name"},
		{".net.x", EVERY, "not the name"},
		{"/net/x", EVERY, "not the name"},
		{"net/../kernel/core_pattern", EVERY, "not the name"},
		{"net.//.kernel", EVERY, "not the name"},
		{"net.ipv4/.x", EVERY, "not the name"},
		{"net.ipv4 .x", EVERY, "not the name"},
		{"net.ipv4.x\n", EVERY, "not the name"},
		{"", EVERY, "not the name"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config_pair pair = {cases[i].key, "1"};
		struct config c;

		minimal(&c);
		for (int kind = 0; kind < NS_KINDS; kind++)
			if (cases[i].own & (1u << kind))
				c.ns[kind].mode = NS_NEW;
		c.sysctls = &pair;
		c.sysctls_n = 1;
		if (cases[i].error)
			fails(&c, cases[i].error);
		else
			passes(&c, cases[i].key);
	}
}

static void cgroup_paths(void **state)
{
	static const char *const good[] = {"mini-run/a", "/mini-run/a", "a", "a/..b",
					   "system.slice:x:y"};
	static const char *const bad[] = {"", "/", ".", "..", "../a", "a/..", "/a/../b", "a\nb"};
	struct config c;

	(void)state;
	minimal(&c);
	for (size_t i = 0; i < COUNT(good); i++) {
		c.cgroup_path = good[i];
		passes(&c, good[i]);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		c.cgroup_path = bad[i];
		fails(&c, "cgroup path");
	}
}

static void hooks_and_others(void **state)
{
	struct config_hook hook = {.path = "hook"};
	struct config_net_device device = {"eth0", "a/b"};
	struct config c;

	(void)state;
	minimal(&c);
	c.hooks[HOOK_POSTSTOP].v = &hook;
	c.hooks[HOOK_POSTSTOP].n = 1;
	fails(&c, "hook hook: its path must be absolute");
	hook.path = "/hook";
	passes(&c, "hook");
	hook.timeout = (struct config_number){true, 0};
	fails(&c, "hook /hook: its timeout");
	minimal(&c);
	c.net_devices = &device;
	c.net_devices_n = 1;
	fails(&c, "network devices need a network namespace");
	c.ns[NS_NETWORK].mode = NS_NEW;
	fails(&c, "network device a/b");
	device.name = NULL; /* keeps its name */
	passes(&c, "network device");
	device.host_name = "eth 0";
	fails(&c, "network device eth 0");
	minimal(&c);
	c.seccomp.mode = SECCOMP_MODE_PROFILE;
	c.seccomp.default_action = SECCOMP_NOTIFY;
	fails(&c, "cannot be the default action");
	c.seccomp.default_action = SECCOMP_ERRNO;
	passes(&c, "seccomp");
	c.seccomp.listener_metadata = "x";
	fails(&c, "listener metadata without a listener path");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resources),	cmocka_unit_test(resource_lists),
		cmocka_unit_test(device_rules), cmocka_unit_test(sysctls),
		cmocka_unit_test(cgroup_paths), cmocka_unit_test(hooks_and_others),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("config_resources", tests, NULL, NULL);
}
