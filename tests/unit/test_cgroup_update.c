/*
 * test_cgroup_update.c - host/cgroup_update.c against the kernel: limits of a container that runs are changed, and on an
 * error are what they were.
 */
#include "cgroup_fixture.h"

#include "base/arena.h"
#include "host/devices.h"

static struct config c;
static struct cgroup g;
static struct config_resources change;
static char state_dir[64];
static int state_fd = -1;

/* A container at unit/NAME whose limits a test fills in between. */
static void configure(const char *name, bool oci)
{
	c = (struct config){.count_usage = true, .id = unit, .cgroup_path = below(name)};
	c.oci_version = oci ? "1.3.0" : NULL;
	change = (struct config_resources){0};
	g = (struct cgroup)CGROUP_EMPTY;
	snprintf(state_dir, sizeof(state_dir), "/tmp/test_cgroup_update.XXXXXX");
	assert_non_null(mkdtemp(state_dir));
	state_fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(state_fd >= 0);
}

static int end(void **state)
{
	(void)clean_up(state);
	arena_end(&c.arena);
	c = (struct config){0};
	cgroup_end(&g);
	if (state_fd < 0)
		return 0;
	(void)unlinkat(state_fd, CGROUP_LATE_FILE, 0);
	fd_close(&state_fd);
	return rmdir(state_dir);
}

static int update(void)
{
	return cgroup_update(&g, state_fd, &c, &change, &e);
}

static void check(const char *v1_controller, const char *v1_file, const char *v1_text,
		  const char *v2_file, const char *v2_text)
{
	struct cgroup_dir *d = cgroup_v1_dir(&g, v1_controller);

	if (d)
		check_file(d, v1_file, v1_text);
	else
		check_file(dir_for(&g, "", "any"), v2_file, v2_text);
}

/* [CLI-13] Only what is named changes, and what 0 stands for is not named. */
static void named_fields(void **state)
{
	(void)state;
	need_root();
	configure("named", true);
	c.resources.memory = (struct config_number)SET(67108864);
	c.resources.pids = (struct config_number)SET(32);
	c.resources.cpu_quota = (struct config_number)SET(50000);
	c.resources.cpu_period = (struct config_number)SET(100000);
	c.resources.cpu_shares = (struct config_number)SET(512);
	start(&g, &c);
	change.pids = (struct config_number)SET(64);
	change.memory = change.cpu_quota = change.cpu_shares = (struct config_number)SET(0);
	OK(update());
	check("pids", "pids.max", "64", "pids.max", "64");
	check("memory", "memory.limit_in_bytes", "67108864", "memory.max", "67108864");
	check("cpu", "cpu.cfs_quota_us", "50000", "cpu.max", "50000 100000");
	check("cpu", "cpu.shares", "512", "cpu.weight", "59");
	assert_int_equal(c.resources.pids.value, 64);
	assert_int_equal(c.resources.memory.value, 67108864);
	/* A part of a group: the rest of it stays. */
	change = (struct config_resources){.cpu_quota = SET(20000)};
	OK(update());
	check("cpu", "cpu.cfs_quota_us", "20000", "cpu.max", "20000 100000");
	change = (struct config_resources){.cpu_period = SET(50000), .cpu_weight = SET(100)};
	OK(update());
	check("cpu", "cpu.cfs_period_us", "50000", "cpu.max", "20000 50000");
	check("cpu", "cpu.shares", "1024", "cpu.weight", "100");
	assert_false(c.resources.cpu_shares.set);
	assert_int_equal(c.resources.cpu_quota.value, 20000);
	change = (struct config_resources){.cpu_quota = SET(-1), .pids = SET(-1)};
	OK(update());
	check("cpu", "cpu.cfs_quota_us", "-1", "cpu.max", "max 50000");
	check("pids", "pids.max", "max", "pids.max", "max");
	finish(&g);
}

static bool counts_swap(void)
{
	struct cgroup_dir *d = dir_for(&g, "memory", "memory");

	return has_file(d, d->v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes");
}

/* [MEM-1] [MEM-3] The sum is one setting with the limit beside it: up and down, alone and together. */
static void memory_and_swap(void **state)
{
	(void)state;
	need(cgroup_has_word(host.controllers, "memory"), "memory controller");
	configure("swap", true);
	c.resources.memory = (struct config_number)SET(33554432);
	start(&g, &c);
	if (!counts_swap()) {
		finish(&g);
		print_message("skip: this kernel does not count swap\n");
		skip();
	}
	change.memory_swap = (struct config_number)SET(67108864);
	OK(update());
	check("memory", "memory.memsw.limit_in_bytes", "67108864", "memory.swap.max", "33554432");
	change = (struct config_resources){.memory = SET(50331648)};
	OK(update());
	check("memory", "memory.memsw.limit_in_bytes", "67108864", "memory.swap.max", "16777216");
	check("memory", "memory.limit_in_bytes", "50331648", "memory.max", "50331648");
	change = (struct config_resources){.memory = SET(134217728)};
	REFUSED(update(), "less than memory.limit");
	check("memory", "memory.limit_in_bytes", "50331648", "memory.max", "50331648");
	change.memory_swap = (struct config_number)SET(134217728);
	OK(update()); /* both up, past what was */
	check("memory", "memory.memsw.limit_in_bytes", "134217728", "memory.swap.max", "0");
	change = (struct config_resources){.memory = SET(16777216), .memory_swap = SET(16777216)};
	OK(update()); /* both down */
	check("memory", "memory.memsw.limit_in_bytes", "16777216", "memory.swap.max", "0");
	change = (struct config_resources){.memory = SET(-1)};
	OK(update());
	assert_int_equal(c.resources.memory_swap.value, -1);
	check("memory", "memory.memsw.limit_in_bytes", "9223372036854771712", "memory.swap.max",
	      "max");
	change = (struct config_resources){.memory_swap = SET(16777216)};
	REFUSED(update(), "needs a memory limit");
	finish(&g);
}

/* A limit without swap keeps the swap away when it changes. */
static void no_swap_stays(void **state)
{
	(void)state;
	need(cgroup_has_word(host.controllers, "memory"), "memory controller");
	configure("noswap", false);
	c.resources.memory = (struct config_number)SET(33554432);
	start(&g, &c);
	if (!counts_swap()) {
		finish(&g);
		print_message("skip: this kernel does not count swap\n");
		skip();
	}
	c.oci_version = "1.3.0"; /* as the copy in the state directory has it */
	change.memory = (struct config_number)SET(67108864);
	OK(update());
	check("memory", "memory.limit_in_bytes", "67108864", "memory.max", "67108864");
	check("memory", "memory.memsw.limit_in_bytes", "67108864", "memory.swap.max", "0");
	change.memory = (struct config_number)SET(16777216);
	OK(update());
	check("memory", "memory.memsw.limit_in_bytes", "16777216", "memory.swap.max", "0");
	finish(&g);
}

/* [LIF-5] What was written before the error is written back. */
static void rolled_back(void **state)
{
	bool throttled;

	(void)state;
	need(cgroup_has_word(host.controllers, "cpuset"), "cpuset controller");
	configure("undo", true);
	c.resources.memory = (struct config_number)SET(33554432);
	c.resources.memory_swap = (struct config_number)SET(50331648);
	c.resources.pids = (struct config_number)SET(10);
	c.resources.cpu_quota = (struct config_number)SET(20000);
	start(&g, &c);
	if (!counts_swap())
		c.resources.memory_swap.set = false;
	throttled = cgroup_v1_dir(&g, "cpu") || host.version == CGROUP_V2;
	assert_true(throttled);
	change.memory = (struct config_number)SET(67108864);
	if (c.resources.memory_swap.set)
		change.memory_swap = (struct config_number)SET(134217728);
	change.cpu_quota = (struct config_number)SET(50000);
	change.cpu_period = (struct config_number)SET(200000);
	change.cpu_shares = (struct config_number)SET(77);
	change.cpuset_cpus = "0,1023"; /* nobody has that many */
	REFUSED(update(), "CPU set");
	check("memory", "memory.limit_in_bytes", "33554432", "memory.max", "33554432");
	if (c.resources.memory_swap.set)
		check("memory", "memory.memsw.limit_in_bytes", "50331648", "memory.swap.max",
		      "16777216");
	check("cpu", "cpu.cfs_quota_us", "20000", "cpu.max", "20000 100000");
	check("cpu", "cpu.cfs_period_us", "100000", "cpu.max", "20000 100000");
	check("cpu", "cpu.shares", "1024", "cpu.weight", "100");
	check("pids", "pids.max", "10", "pids.max", "10");
	assert_int_equal(c.resources.memory.value, 33554432);
	assert_null(c.resources.cpuset_cpus);
	/* And it can still be changed. */
	change = (struct config_resources){.cpuset_cpus = "0"};
	OK(update());
	check("cpuset", "cpuset.cpus", "0", "cpuset.cpus", "0");
	assert_string_equal(c.resources.cpuset_cpus, "0");
	finish(&g);
}

/* [MEM-8] [MEM-9] */
static void below_usage(void **state)
{
	pid_t pid;
	int ready[2];
	char byte;

	(void)state;
	need(cgroup_has_word(host.controllers, "memory"), "memory controller");
	configure("usage", true);
	c.resources.memory = (struct config_number)SET(134217728);
	c.resources.memory_swap = (struct config_number)SET(134217728);
	start(&g, &c);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = spawn_in(&g);
	if (pid == 0) {
		char *room = mmap(NULL, 33554432, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		if (room == MAP_FAILED || write(ready[1], "x", 1) != 1)
			_exit(98);
		for (;;)
			pause();
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	change.memory = change.memory_swap = (struct config_number)SET(8388608);
	change.memory_check_before_update = (struct config_number)SET(1);
	REFUSED(update(), "in use");
	check("memory", "memory.limit_in_bytes", "134217728", "memory.max", "134217728");
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	finish(&g);
	check_killed(pid);
}

/* Opens /dev/null in the cgroups. */
static bool can_open_null(void)
{
	pid_t pid = spawn_in(&g);

	if (pid == 0)
		_exit(open("/dev/null", O_RDWR) >= 0 ? 0 : 1);
	return status_of(pid) == 0;
}

/* [CG-8] */
static void device_rules(void **state)
{
	struct config_device_rule nothing[] = {{false, 'a', -1, -1, 7}};
	struct config_device_rule null[] = {{false, 'a', -1, -1, 7}, {true, 'c', 1, 3, 7}};
	struct config_device_rule all[] = {{true, 'a', -1, -1, 7}};
	struct config_pair pair = {"cgroup.max.depth", "x"};
	struct cgroup again = CGROUP_EMPTY;

	(void)state;
	need_root();
	configure("devices", true);
	c.resources.devices = null;
	c.resources.devices_n = 2;
	start(&g, &c);
	/* As another command sees it, which knows nothing of the plan. */
	for (size_t i = 0; i < g.dirs_n; i++)
		OK(cgroup_add(&again, g.dirs[i].path, g.dirs[i].controllers, g.dirs[i].mount_length,
			      g.dirs[i].keep_length, true, &e));
	cgroup_end(&g);
	g = again;
	assert_true(can_open_null());
	change.devices = null; /* the same again */
	change.devices_n = 2;
	OK(update());
	assert_true(can_open_null());
	change.devices = nothing;
	change.devices_n = 1;
	if (host.where[0]) {
		change.unified = &pair;
		change.unified_n = 1;
		REFUSED(update(), "cgroup.max.depth");
		assert_true(can_open_null());
		change.unified_n = 0;
	}
	c.oci_version = NULL;
	OK(update());
	assert_false(can_open_null());
	assert_int_equal(c.resources.devices_n, 1);
	c.oci_version = "1.3.0"; /* there the default devices are allowed behind any rules */
	OK(update());
	assert_true(can_open_null());
	assert_true(c.resources.devices_n > 1);
	c.oci_version = NULL;
	OK(update());
	assert_false(can_open_null());
	change.devices = null;
	change.devices_n = 2;
	OK(update());
	assert_true(can_open_null());
	change.devices = all;
	change.devices_n = 1;
	OK(update());
	assert_true(can_open_null());
	finish(&g);
}

/* The command line's form has directories only where it needs them. */
static void missing_hierarchy(void **state)
{
	static char text[256];
	pid_t pid;

	(void)state;
	need(cgroup_has_word(host.controllers, "cpuset"), "cpuset controller");
	configure("missing", false);
	start(&g, &c);
	pid = sleeper_in(&g);
	change.cpuset_cpus = "0";
	change.pids = (struct config_number)SET(20);
	OK(update());
	check("cpuset", "cpuset.cpus", "0", "cpuset.cpus", "0");
	check("pids", "pids.max", "20", "pids.max", "20");
	OK(file_read_at(dir_for(&g, "cpuset", "cpuset")->fd, "cgroup.procs", text, sizeof(text),
			NULL, &e));
	assert_int_equal(strtol(text, NULL, 10), pid);
	if (host.version == CGROUP_V1) {
		assert_true(cgroup_v1_dir(&g, "cpuset")->late);
		assert_int_equal(faccessat(state_fd, CGROUP_LATE_FILE, F_OK, 0), 0);
	}
	finish(&g);
	check_killed(pid);
}

/* [UNI-4] [MEM-4] [MEM-5] [MEM-6] [CPU-4] [IO-2] [CLS-1] */
static void only_v1(void **state)
{
	struct config_block_weight leaf = {.major = 8, .leaf_weight = SET(500)};
	struct config_pair priority = {"lo", "1"};

	(void)state;
	need(host.version == CGROUP_V2, "pure v2 hierarchy");
	configure("v1", true);
	start(&g, &c);
	change.memory_kernel = (struct config_number)SET(1048576);
	REFUSED(update(), "linux.resources.memory.kernel: only cgroup v1 has such a limit");
	change = (struct config_resources){.memory_swappiness = SET(10)};
	REFUSED(update(), "linux.resources.memory.swappiness: only cgroup v1 has such a limit");
	change = (struct config_resources){.cpu_rt_runtime = SET(1000)};
	REFUSED(update(), "linux.resources.cpu.realtimeRuntime: only cgroup v1 has such a limit");
	change = (struct config_resources){.memory_kernel_tcp = SET(1048576)};
	REFUSED(update(), "linux.resources.memory.kernelTCP: only cgroup v1 has such a limit");
	change = (struct config_resources){.memory_disable_oom = SET(1)};
	REFUSED(update(),
		"linux.resources.memory.disableOOMKiller: only cgroup v1 has such a limit");
	change = (struct config_resources){.cpu_rt_period = SET(100000)};
	REFUSED(update(), "linux.resources.cpu.realtimePeriod: only cgroup v1 has such a limit");
	change = (struct config_resources){.block_leaf_weight = SET(100)};
	REFUSED(update(), "linux.resources.blockIO.leafWeight: only cgroup v1 has such a limit");
	change = (struct config_resources){.net_priorities = &priority, .net_priorities_n = 1};
	REFUSED(update(), "linux.resources.network.priorities: only cgroup v1 has such a limit");
	change = (struct config_resources){.net_class_id = SET(1)};
	REFUSED(update(), "linux.resources.network.classID: only cgroup v1 has such a limit");
	change = (struct config_resources){.block_weights = &leaf, .block_weights_n = 1};
	REFUSED(update(), "leafWeight: only cgroup v1 has such a limit");
	/* What says that there is no such limit can be had anywhere. */
	change = (struct config_resources){.memory_kernel = SET(-1), .memory_kernel_tcp = SET(0)};
	OK(update());
	finish(&g);
}

/* [CPU-3] [UNI-1] */
static void merged_lists(void **state)
{
	struct config_pair depth[] = {{"cgroup.max.depth", "7"}},
			   more[] = {{"cgroup.max.depth", "8"}, {"cgroup.max.descendants", "9"}};

	(void)state;
	need(host.where[0] != '\0', "v2 hierarchy");
	configure("lists", true);
	c.resources.unified = depth;
	c.resources.unified_n = 1;
	c.resources.cpu_quota = (struct config_number)SET(50000);
	start(&g, &c);
	change.unified = more;
	change.unified_n = 2;
	change.cpu_burst = (struct config_number)SET(10000);
	OK(update());
	check_file(&g.dirs[g.dirs_n - 1], "cgroup.max.depth", "8");
	check_file(&g.dirs[g.dirs_n - 1], "cgroup.max.descendants", "9");
	assert_int_equal(c.resources.unified_n, 2);
	assert_string_equal(c.resources.unified[0].value, "8");
	assert_ptr_not_equal(c.resources.unified[0].value, more[0].value);
	change = (struct config_resources){.cpu_quota = SET(5000)};
	REFUSED(update(), "cpu.burst 10000: more than cpu.quota, 5000");
	change.cpu_burst = (struct config_number)SET(4000);
	OK(update());
	change = (struct config_resources){.cpu_quota = SET(-1)};
	REFUSED(update(), "cpu.burst 4000: needs a cpu.quota");
	change.cpu_burst = (struct config_number)SET(0);
	OK(update());
	change = (struct config_resources){.cpu_burst = SET(1)};
	REFUSED(update(), "cpu.burst 1: needs a cpu.quota");
	finish(&g);
}

int main(void)
{
#define UPDATE_TEST(f) cmocka_unit_test_teardown(f, end)
	const struct CMUnitTest tests[] = {
		UPDATE_TEST(named_fields),  UPDATE_TEST(memory_and_swap),
		UPDATE_TEST(no_swap_stays), UPDATE_TEST(rolled_back),
		UPDATE_TEST(below_usage),   UPDATE_TEST(device_rules),
		UPDATE_TEST(only_v1),	    UPDATE_TEST(missing_hierarchy),
		UPDATE_TEST(merged_lists),
	};

	return cmocka_run_group_tests_name("cgroup_update", tests, look, restore);
}
