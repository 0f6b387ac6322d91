/*
 * test_cgroup_limits.c - host/cgroup*.c against the kernel: what the limits write and what they do.
 */
#include "cgroup_fixture.h"

/* ---- limits: what the files say ---- */

struct written {
	const char *v1_controller, *v1_file, *v1_text;
	const char *v2_file, *v2_text;
};

static void check_written(struct cgroup *g, const struct written *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct cgroup_dir *d = cgroup_v1_dir(g, w[i].v1_controller);

		if (d)
			check_file(d, w[i].v1_file, w[i].v1_text);
		else
			check_file(dir_for(g, "", "any"), w[i].v2_file, w[i].v2_text);
	}
}

static void limits_written(void **state)
{
	static const struct written first[] = {
		{"memory", "memory.limit_in_bytes", "67108864", "memory.max", "67108864"},
		{"memory", "memory.soft_limit_in_bytes", "33554432", "memory.low", "33554432"},
		{"pids", "pids.max", "32", "pids.max", "32"},
		{"cpu", "cpu.cfs_quota_us", "50000", "cpu.max", "50000 200000"},
		{"cpu", "cpu.cfs_period_us", "200000", "cpu.max", "50000 200000"},
		{"cpu", "cpu.shares", "512", "cpu.weight", "59"},
	};
	static const struct written second[] = {
		{"memory", "memory.limit_in_bytes", "134217728", "memory.max", "134217728"},
		{"cpu", "cpu.cfs_quota_us", "10000", "cpu.max", "10000 200000"},
		{"cpu", "cpu.shares", "1024", "cpu.weight", "100"},
	};
	struct config c = {.count_usage = true, .id = unit, .cgroup_path = below("limits")};
	struct config_resources *r = &c.resources;
	struct cgroup g;

	(void)state;
	need_root();
	r->memory = (struct config_number)SET(67108864);
	r->memory_reservation = (struct config_number)SET(33554432);
	r->pids = (struct config_number)SET(32);
	r->cpu_quota = (struct config_number)SET(50000);
	r->cpu_period = (struct config_number)SET(200000);
	r->cpu_shares = (struct config_number)SET(512);
	start(&g, &c);
	check_written(&g, first, sizeof(first) / sizeof(first[0]));
	if (has_file(dir_for(&g, "memory", "memory"), "memory.swap.max"))
		check_file(dir_for(&g, "memory", "memory"), "memory.swap.max", "0");
	if (has_file(dir_for(&g, "memory", "memory"), "memory.memsw.limit_in_bytes"))
		check_file(dir_for(&g, "memory", "memory"), "memory.memsw.limit_in_bytes",
			   "67108864");
	/* Once more with others, both up and down: the order in which they are written must fit. */
	*r = (struct config_resources){
		.memory = SET(134217728),
		.cpu_quota = SET(10000),
		.cpu_burst = SET(5000),
		.cpu_weight = SET(100),
	};
	OK(cgroup_limit(&g, &c, &e));
	check_written(&g, second, sizeof(second) / sizeof(second[0]));
	r->memory.value = 67108864;
	OK(cgroup_limit(&g, &c, &e));
	check_written(&g, first, 1);
	/* A quota below the burst of before, with a burst that fits. */
	r->cpu_quota.value = 2000;
	r->cpu_burst.value = 1000;
	OK(cgroup_limit(&g, &c, &e));
	/* No limit again. */
	*r = (struct config_resources){.memory = SET(-1), .pids = SET(-1), .cpu_quota = SET(-1)};
	OK(cgroup_limit(&g, &c, &e));
	check_file(dir_for(&g, "pids", "pids"), "pids.max", "max");
	finish(&g);
}

static void swap(void **state)
{
	struct config c = {
		.oci_version = "1.3.0", .count_usage = true, .id = unit, .cgroup_path = below("swap")};
	struct config_resources *r = &c.resources;
	struct cgroup_dir *d;
	struct cgroup g;

	(void)state;
	need_root();
	r->memory = (struct config_number)SET(67108864);
	start(&g, &c);
	d = dir_for(&g, "memory", "memory");
	if (!has_file(d, d->v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes")) {
		r->memory_swap = (struct config_number)SET(100663296);
		REFUSED(cgroup_limit(&g, &c, &e), "does not count swap");
		finish(&g);
		return;
	}
	r->memory_swap = (struct config_number)SET(100663296);
	OK(cgroup_limit(&g, &c, &e));
	check_file(d, d->v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes",
		   d->v2 ? "33554432" : "100663296");
	r->memory_swap.value = -1;
	OK(cgroup_limit(&g, &c, &e));
	if (d->v2)
		check_file(d, "memory.swap.max", "max");
	r->memory_swap.value = 4096; /* below memory */
	assert_int_equal(cgroup_limit(&g, &c, &e), -1);
	assert_non_null(strstr(e.text, "swap limit"));
	finish(&g);
}

static void check_before_update(void **state)
{
	struct config c = {.count_usage = true, .id = unit, .cgroup_path = below("check")};
	struct cgroup g;
	pid_t pid;
	int ready[2];
	char byte;

	(void)state;
	need_root();
	c.resources.memory = (struct config_number)SET(134217728);
	c.resources.memory_check_before_update = (struct config_number)SET(1);
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
	/* Swap would let v1 push the pages out instead of refusing; none is allowed here. */
	c.resources.memory.value = 4194304;
	REFUSED(cgroup_limit(&g, &c, &e), "memory limit");
	assert_int_equal(kill(pid, 0), 0);
	finish(&g);
	check_killed(pid);
}

static void cpuset(void **state)
{
	struct config c = {.oci_version = "1.3.0",
			   .count_usage = true,
			   .id = unit,
			   .cgroup_path = below("deeper/cpuset")};
	struct cgroup_dir *d;
	struct cgroup g;
	pid_t pid;

	(void)state;
	need(cgroup_has_word(host.controllers, "cpuset"), "cpuset controller");
	c.resources.cpuset_cpus = "0";
	start(&g, &c);
	d = dir_for(&g, "cpuset", "cpuset");
	check_file(d, "cpuset.cpus", "0");
	pid = spawn_in(&g);
	if (pid == 0) {
		cpu_set_t set;

		_exit(sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) == 1 &&
				      CPU_ISSET(0, &set)
			      ? 0
			      : 1);
	}
	assert_int_equal(status_of(pid), 0);
	c.resources.cpuset_cpus = "0,1023";
	assert_int_equal(cgroup_limit(&g, &c, &e), -1);
	assert_non_null(strstr(e.text, "CPU set"));
	finish(&g);
}

/* On a hybrid host it lives in v2 while memory and pids are v1; then both must be made and entered. */
static void huge_pages(void **state)
{
	struct config_hugepage huge = {.page_size = "2MB", .limit = 4194304};
	struct config_hugepage odd = {.page_size = "3MB", .limit = 4194304};
	struct config c = {
		.oci_version = "1.3.0", .count_usage = true, .id = unit, .cgroup_path = below("huge")};
	struct cgroup_dir *d;
	struct cgroup g;
	bool v1;
	int fd = -1;

	(void)state;
	need(cgroup_has_word(host.controllers, "hugetlb"), "hugetlb controller");
	c.resources.hugepages = &huge;
	c.resources.hugepages_n = 1;
	start(&g, &c);
	d = dir_for(&g, "hugetlb", "hugetlb");
	v1 = !d->v2;
	check_file(d, v1 ? "hugetlb.2MB.limit_in_bytes" : "hugetlb.2MB.max", "4194304");
	if (has_file(d, "hugetlb.2MB.rsvd.max"))
		check_file(d, "hugetlb.2MB.rsvd.max", "4194304");
	if (!v1) {
		char text[64];
		pid_t pid = sleeper_in(&g);

		fd = d->fd;
		OK(file_read_at(fd, "cgroup.procs", text, sizeof(text), NULL, &e));
		assert_int_equal(strtol(text, NULL, 10), pid);
	}
	c.resources.hugepages = &odd;
	REFUSED(cgroup_limit(&g, &c, &e), "no pages of that size");
	finish(&g);
}

static void unified(void **state)
{
	struct config_pair pairs[] = {
		{"cgroup.max.depth", "5"},
		{"memory.oom.group", "1"},
		{"memory.high", "50331648"},
	};
	struct config c = {.oci_version = "1.3.0",
			   .count_usage = true,
			   .id = unit,
			   .cgroup_path = below("unified")};
	struct cgroup g;

	(void)state;
	need(host.where[0] != '\0', "v2 hierarchy");
	c.resources.unified = pairs;
	c.resources.unified_n = host.version == CGROUP_V2 ? 3 : 1;
	start(&g, &c);
	check_file(&g.dirs[g.dirs_n - 1], "cgroup.max.depth", "5");
	if (host.version == CGROUP_V2) {
		check_file(&g.dirs[0], "memory.oom.group", "1");
		check_file(&g.dirs[0], "memory.high", "50331648");
	}
	finish(&g);
	if (host.version == CGROUP_V1) {
		c.resources.unified_n = 3;
		REFUSED(cgroup_plan(&g, &c, &e), "has no memory controller");
		cgroup_end(&g);
	}
}

/* ---- limits: what they do ---- */

static void memory_kills(void **state)
{
	struct config c = {
		.oci_version = "1.3.0", .count_usage = true, .id = unit, .cgroup_path = below("oom")};
	struct cgroup_usage usage;
	struct cgroup g;
	pid_t pid;

	(void)state;
	need(cgroup_has_word(host.controllers, "memory"), "memory controller");
	c.resources.memory = (struct config_number)SET(16777216);
	start(&g, &c);
	pid = spawn_in(&g);
	if (pid == 0) {
		volatile char *room = mmap(NULL, 268435456, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		for (size_t i = 0; i < 268435456; i += 4096)
			room[i] = 1;
		_exit(0);
	}
	check_killed(pid);
	cgroup_read(&g, &usage);
	assert_int_equal(usage.memory_limit, 16777216);
	assert_int_equal(usage.oom_kills, 1);
	if (usage.memory_peak != -1) /* KERNEL <5.19: v2 does not count it */
		assert_in_range(usage.memory_peak, 8388608, 16777216);
	finish(&g);
}

static void pids_refused(void **state)
{
	struct config c = {
		.oci_version = "1.3.0", .count_usage = true, .id = unit, .cgroup_path = below("pids")};
	struct cgroup_usage usage;
	struct cgroup g;
	pid_t pid;
	int status;

	(void)state;
	need(cgroup_has_word(host.controllers, "pids"), "pids controller");
	c.resources.pids = (struct config_number)SET(4);
	start(&g, &c);
	pid = spawn_in(&g);
	if (pid == 0) {
		int n = 0;
		pid_t child;

		while (n < 100 && (child = fork()) > 0)
			n++;
		if (n < 100 && child == 0) {
			for (;;)
				pause();
		}
		_exit(errno == EAGAIN ? n : 97);
	}
	status = status_of(pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	cgroup_read(&g, &usage);
	assert_int_equal(usage.pids_limit, 4);
	if (usage.pids_peak != -1) /* KERNEL <6.1: not counted */
		assert_int_equal(usage.pids_peak, 4);
	finish(&g); /* with three processes in it */
}

static void cpu_throttles(void **state)
{
	struct config c = {
		.oci_version = "1.3.0", .count_usage = true, .id = unit, .cgroup_path = below("cpu")};
	struct cgroup_usage usage;
	struct cgroup g;
	pid_t pid;

	(void)state;
	need(cgroup_has_word(host.controllers, "cpu"), "cpu controller");
	c.resources.cpu_quota = (struct config_number)SET(5000);
	c.resources.cpu_period = (struct config_number)SET(50000);
	start(&g, &c);
	pid = spawn_in(&g);
	if (pid == 0) {
		struct timespec t;

		do
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
		while (t.tv_sec == 0 && t.tv_nsec < 60000000);
		_exit(0);
	}
	assert_int_equal(status_of(pid), 0);
	cgroup_read(&g, &usage);
	assert_true(usage.cpu_throttled_periods > 0);
	assert_true(usage.cpu_throttled_us > 0);
	/* v1 samples by the clock tick: of 60 ms in slices of 5 it may see little. */
	assert_true(usage.cpu_user_us + usage.cpu_system_us > 0);
	finish(&g);
}

static void devices_denied(void **state)
{
	struct config_device_rule rules[] = {
		{false, 'a', -1, -1, DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD},
		{true, 'c', 1, 3, DEVICE_READ | DEVICE_WRITE},
	};
	struct config c = {.oci_version = "1.3.0",
			   .count_usage = true,
			   .id = unit,
			   .cgroup_path = below("devices")};
	struct cgroup g;
	pid_t pid;

	(void)state;
	need_root();
	c.resources.devices = rules;
	c.resources.devices_n = 2;
	start(&g, &c);
	assert_false(g.devices_unenforced);
	pid = spawn_in(&g);
	if (pid == 0) {
		if (open("/dev/null", O_RDWR | O_CLOEXEC) < 0)
			_exit(1);
		if (open("/dev/zero", O_RDONLY | O_CLOEXEC) >= 0 || errno != EPERM)
			_exit(2);
		_exit(0);
	}
	assert_int_equal(status_of(pid), 0);
	finish(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(limits_written), HOST_TEST(swap),	    HOST_TEST(check_before_update),
		HOST_TEST(cpuset),	   HOST_TEST(huge_pages),   HOST_TEST(unified),
		HOST_TEST(memory_kills),   HOST_TEST(pids_refused), HOST_TEST(cpu_throttles),
		HOST_TEST(devices_denied),
	};

	return cmocka_run_group_tests_name("cgroup limits", tests, look, restore);
}
