/*
 * test_cgroup.c - host/cgroup*.c against the kernel: plans, making and removing.
 */
#include "cgroup_fixture.h"

/* ---- pure functions ---- */

static void words(void **state)
{
	char list[16] = "";

	(void)state;
	assert_true(cgroup_has_word("cpu,cpuacct", "cpu"));
	assert_true(cgroup_has_word("cpuset io\n", "io"));
	assert_false(cgroup_has_word("cpuset,cpuacct", "cpu"));
	assert_false(cgroup_has_word("", "cpu"));
	assert_int_equal(cgroup_add_word(list, sizeof(list), "memory", ','), 0);
	assert_int_equal(cgroup_add_word(list, sizeof(list), "memory", ','), 0);
	assert_int_equal(cgroup_add_word(list, sizeof(list), "pids", ','), 0);
	assert_string_equal(list, "memory,pids");
	assert_int_equal(cgroup_add_word(list, sizeof(list), "cpuset", ','), -1);
	assert_string_equal(list, "memory,pids");
}

static void weights(void **state)
{
	static const int64_t known[][2] = {
		{2, 1}, {3, 2}, {1024, 100}, {512, 59}, {2048, 174}, {262144, 10000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(cgroup_weight_of_shares(known[i][0]), known[i][1]);
	assert_int_equal(cgroup_weight_of_shares(0), 1);
	assert_int_equal(cgroup_weight_of_shares(1000000), 10000);
	assert_int_equal(cgroup_shares_of_weight(1), 2);
	assert_int_equal(cgroup_shares_of_weight(100), 1024);
	assert_int_equal(cgroup_shares_of_weight(10000), 262144);
	for (int64_t weight = 1; weight < 10000; weight++) {
		int64_t back = cgroup_weight_of_shares(cgroup_shares_of_weight(weight));

		assert_true(back >= weight - 1 && back <= weight + 1);
		assert_true(cgroup_shares_of_weight(weight) <= cgroup_shares_of_weight(weight + 1));
	}
}

static void paths(void **state)
{
	static const char *const good[][2] = {
		{"/a/b", "a/b"},      {"a/b", "a/b"},		{"//a///b//", "a/b"},
		{"./a/./b/.", "a/b"}, {"a..b/...", "a..b/..."}, {"a:b", "a:b"},
	};
	static const char *const bad[] = {"",	  "/",	  ".",	     "/.//./", "..",
					  "a/..", "../a", "/a/../b", "a\nb"};
	char text[64], longest[400];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		OK(cgroup_normalise(good[i][0], text, sizeof(text), &e));
		assert_string_equal(text, good[i][1]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		REFUSED(cgroup_normalise(bad[i], text, sizeof(text), &e), "cgroup path");
	memset(longest, 'x', sizeof(longest));
	longest[399] = '\0';
	REFUSED(cgroup_normalise(longest, text, sizeof(text), &e), "no cgroup's name");
	longest[100] = '\0';
	REFUSED(cgroup_normalise(longest, text, sizeof(text), &e), "too long");
}

static void unified_keys(void **state)
{
	static const char *const bad[] = {
		"",
		"memory",
		".max",
		"memory.",
		"../memory.max",
		"memory.max/x",
		"a/b.c",
		"cgroup.procs",
		"cgroup.threads",
		"cgroup.kill",
		"cgroup.freeze",
		"cgroup.type",
		"cgroup.subtree_control",
	};
	char controller[64];

	(void)state;
	OK(cgroup_v2_key("memory.oom.group", controller, sizeof(controller), &e));
	assert_string_equal(controller, "memory");
	OK(cgroup_v2_key("future.thing", controller, sizeof(controller), &e));
	assert_string_equal(controller, "future");
	OK(cgroup_v2_key("cgroup.max.depth", controller, sizeof(controller), &e));
	assert_string_equal(controller, "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		REFUSED(cgroup_v2_key(bad[i], controller, sizeof(controller), &e), "unified: ");
}

/* ---- plans that fail, and those that make nothing ---- */

static void plans_refused(void **state)
{
	struct config_pair procs = {"cgroup.procs", "1"}, unknown = {"nonexistent.max", "1"};
	struct config c = {.id = "x"};
	struct cgroup g;

	(void)state;
	c.cgroup_path = "../x";
	REFUSED(cgroup_plan(&g, &c, &e), "\"..\" is not allowed");
	c.cgroup_path = "/";
	REFUSED(cgroup_plan(&g, &c, &e), "root of all cgroups");
	c.cgroup_path = NULL;
	need_root();
	c.resources.unified = &procs;
	c.resources.unified_n = 1;
	REFUSED(cgroup_plan(&g, &c, &e), "cgroup.procs is no limit");
	cgroup_end(&g);
	c.resources.unified = &unknown;
	REFUSED(cgroup_plan(&g, &c, &e), "unified: nonexistent.max: ");
	cgroup_end(&g);
}

static void plan_disabled(void **state)
{
	struct config_device_rule deny = {false, 'a', -1, -1, 7};
	struct config c = {.id = "x", .cgroup_manager = CGROUP_MANAGER_DISABLED};
	struct cgroup_usage usage;
	struct cgroup g;

	(void)state;
	c.resources.memory = (struct config_number)SET(-1);
	OK(cgroup_plan(&g, &c, &e));
	assert_int_equal(g.version, CGROUP_NONE);
	assert_false(g.devices_unenforced);
	OK(cgroup_make(&g, &c, &e));
	OK(cgroup_limit(&g, &c, &e));
	OK(cgroup_enter(&g, &e));
	assert_int_equal(cgroup_clone_fd(&g), -1);
	cgroup_read(&g, &usage);
	assert_int_equal(usage.memory_peak, -1);
	assert_int_equal(usage.io_written, -1);
	OK(cgroup_remove(&g, &e));
	cgroup_end(&g);
	c.resources.devices = &deny;
	c.resources.devices_n = 1;
	OK(cgroup_plan(&g, &c, &e));
	assert_true(g.devices_unenforced);
	c.resources.memory.value = 4096;
	REFUSED(cgroup_plan(&g, &c, &e), "--memory: it takes a cgroup");
	c.oci_version = "1.0.0";
	REFUSED(cgroup_plan(&g, &c, &e), "linux.resources.memory.limit: it takes a cgroup");
}

/* A limit without its controller is an error that names both, and -1 is none. */
static void plan_without_controller(void **state)
{
	static const char *const names[] = {"net_cls", "rdma", "hugetlb"};
	struct config_rdma rdma = {.device = "x", .handles = SET(1)};
	struct config_hugepage huge = {.page_size = "2MB", .limit = 0};
	const char *words_expected[] = {"linux.resources.network.classID: ",
					"linux.resources.rdma: ", "linux.resources.hugepageLimits: "};
	unsigned int seen = 0;

	(void)state;
	need_root();
	for (size_t i = 0; i < 3; i++) {
		struct config c = {.oci_version = "1.3.0",
				   .count_usage = true,
				   .id = unit,
				   .cgroup_path = below("x")};
		struct cgroup g;

		if (cgroup_has_word(host.controllers, names[i]))
			continue;
		c.resources.net_class_id = (struct config_number){i == 0, 1};
		c.resources.rdma = &rdma;
		c.resources.rdma_n = i == 1;
		c.resources.hugepages = &huge;
		c.resources.hugepages_n = i == 2;
		REFUSED(cgroup_plan(&g, &c, &e), words_expected[i]);
		if (host.version == CGROUP_V1 || i > 0)
			assert_non_null(strstr(e.text, names[i]));
		assert_int_equal(g.dirs_n, 0);
		cgroup_end(&g);
		seen++;
	}
	if (seen == 0) {
		print_message("skip: this host has every controller\n");
		skip();
	}
}

static void v1_only_on_v2(void **state)
{
	static const size_t offsets[] = {
		offsetof(struct config_resources, memory_kernel),
		offsetof(struct config_resources, memory_swappiness),
		offsetof(struct config_resources, memory_disable_oom),
		offsetof(struct config_resources, cpu_rt_runtime),
		offsetof(struct config_resources, block_leaf_weight),
		offsetof(struct config_resources, net_class_id),
	};

	(void)state;
	need(host.version == CGROUP_V2, "pure v2 hierarchy");
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		struct config c = {.oci_version = "1.3.0", .count_usage = true, .id = unit};
		struct config_number *n = (struct config_number *)((char *)&c.resources + offsets[i]);
		struct cgroup g;

		*n = (struct config_number)SET(1);
		REFUSED(cgroup_plan(&g, &c, &e), "only cgroup v1 has such a limit");
		cgroup_end(&g);
	}
	{
		struct config c = {.oci_version = "1.3.0",
				   .count_usage = true,
				   .id = unit,
				   .cgroup_path = below("x")};
		struct cgroup g;

		c.resources.memory_disable_oom = (struct config_number)SET(0);
		OK(cgroup_plan(&g, &c, &e));
		cgroup_end(&g);
		c.resources.memory_use_hierarchy = (struct config_number)SET(0);
		REFUSED(cgroup_plan(&g, &c, &e), "always counts hierarchically");
		cgroup_end(&g);
	}
}

/* ---- making and removing ---- */

static void default_path(void **state)
{
	struct config c = {.oci_version = "1.3.0", .count_usage = true, .id = unit};
	struct cgroup g;
	char parent[CGROUP_PATH];

	(void)state;
	need_root();
	start(&g, &c);
	assert_true(g.dirs_n > 0);
	for (size_t i = 0; i < g.dirs_n; i++) {
		snprintf(parent, sizeof(parent), "/" CGROUP_PARENT "/%s", unit);
		assert_string_equal(g.dirs[i].path + g.dirs[i].mount_length, parent);
		assert_true(g.dirs[i].made);
		assert_int_equal(access(g.dirs[i].path, F_OK), 0);
	}
	assert_int_equal(g.mount_fd, -1);
	assert_int_equal(g.parent_fd, -1);
	finish(&g);
}

/* Of a given path what was made goes, and what was there before stays. */
static void parents(void **state)
{
	struct config deep = {.oci_version = "1.3.0",
			      .count_usage = true,
			      .id = unit,
			      .cgroup_path = below("a/b/c")};
	struct config beside = {
		.oci_version = "1.3.0", .count_usage = true, .id = unit, .cgroup_path = below("a/x")};
	char path[CGROUP_PATH + 100];
	struct cgroup g, h;

	(void)state;
	need_root();
	start(&g, &deep);
	start(&h, &beside);
	finish(&g);
	snprintf(path, sizeof(path), "%.*s/%s/a", (int)h.dirs[0].mount_length, h.dirs[0].path, unit);
	assert_int_equal(access(path, F_OK), 0);
	finish(&h);
	assert_int_equal(access(path, F_OK), 0); /* made by the first, and the first is gone */
	assert_int_equal(rmdir(path), 0);
	start(&h, &beside);
	finish(&h);
	assert_int_equal(access(path, F_OK), -1);
}

static void leftovers(void **state)
{
	struct config c = {.count_usage = true, .id = unit, .cgroup_path = below("left")};
	struct cgroup g, again;
	char nested[CGROUP_PATH + 20];
	pid_t pid;

	(void)state;
	need_root();
	/* Empty, with others nested in it: replaced. */
	start(&g, &c);
	for (size_t i = 0; i < g.dirs_n; i++) {
		snprintf(nested, sizeof(nested), "%s/nested", g.dirs[i].path);
		assert_int_equal(mkdir(nested, 0755), 0);
	}
	start(&again, &c);
	for (size_t i = 0; i < again.dirs_n; i++) {
		snprintf(nested, sizeof(nested), "%s/nested", again.dirs[i].path);
		assert_int_equal(access(nested, F_OK), -1);
	}
	cgroup_end(&g);
	/* In use: refused, and left alone. */
	pid = sleeper_in(&again);
	OK(cgroup_plan(&g, &c, &e));
	REFUSED(cgroup_make(&g, &c, &e), "has processes already");
	OK(cgroup_remove(&g, &e));
	cgroup_end(&g);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	finish(&again);
	check_killed(pid);
}

static void freeze(struct cgroup *g, bool frozen)
{
	struct cgroup_dir *d = dir_for(g, "freezer", "v2");

	assert_non_null(d);
	if (d->v2)
		OK(file_write_at(d->fd, "cgroup.freeze", frozen ? "1" : "0", &e));
	else
		OK(file_write_at(d->fd, "freezer.state", frozen ? "FROZEN" : "THAWED", &e));
}

static void frozen_place(void **state)
{
	struct config c = {.oci_version = "1.3.0",
			   .count_usage = true,
			   .id = unit,
			   .cgroup_path = below("frozen")};
	struct config inside = {.oci_version = "1.3.0",
				.count_usage = true,
				.id = unit,
				.cgroup_path = below("frozen/inside")};
	struct cgroup g, again;

	(void)state;
	need(host.version == CGROUP_V2 || cgroup_has_word(host.controllers, "freezer"), "freezer");
	start(&g, &c);
	freeze(&g, true);
	OK(cgroup_plan(&again, &c, &e));
	REFUSED(cgroup_make(&again, &c, &e), "frozen");
	OK(cgroup_remove(&again, &e));
	cgroup_end(&again);
	OK(cgroup_plan(&again, &inside, &e));
	REFUSED(cgroup_make(&again, &inside, &e), "frozen from birth");
	OK(cgroup_remove(&again, &e));
	cgroup_end(&again);
	finish(&g);
}

static void remove_frozen(void **state)
{
	struct config c = {
		.oci_version = "1.3.0", .count_usage = true, .id = unit, .cgroup_path = below("ice")};
	struct cgroup g;
	pid_t pid;

	(void)state;
	need(host.version == CGROUP_V2 || cgroup_has_word(host.controllers, "freezer"), "freezer");
	start(&g, &c);
	pid = sleeper_in(&g);
	freeze(&g, true);
	finish(&g);
	check_killed(pid);
}

static void remove_ends_processes(void **state)
{
	struct config c = {
		.oci_version = "1.3.0", .count_usage = true, .id = unit, .cgroup_path = below("end")};
	struct cgroup g;
	pid_t pids[20];
	char nested[CGROUP_PATH + 30], procs[CGROUP_PATH + 60], text[24];

	(void)state;
	need_root();
	start(&g, &c);
	for (size_t i = 0; i < 20; i++)
		pids[i] = sleeper_in(&g);
	/* Some of them deeper down, in each hierarchy. */
	for (size_t i = 0; i < g.dirs_n; i++)
		for (int k = 0; k < 3; k++) {
			if (cgroup_has_word(g.dirs[i].controllers, "cpuset"))
				continue;
			snprintf(nested, sizeof(nested), "%s/%d", g.dirs[i].path, k);
			assert_int_equal(mkdir(nested, 0755), 0);
			snprintf(nested, sizeof(nested), "%s/%d/x", g.dirs[i].path, k);
			assert_int_equal(mkdir(nested, 0755), 0);
			snprintf(procs, sizeof(procs), "%s/cgroup.procs", nested);
			snprintf(text, sizeof(text), "%d", (int)pids[k]);
			OK(file_write_at(AT_FDCWD, procs, text, &e));
		}
	finish(&g);
	for (size_t i = 0; i < 20; i++)
		check_killed(pids[i]);
}

/* Forks faster than any list of pids could be read, held back by nothing but pids.max. */
static void remove_fork_bomb(void **state)
{
	struct config c = {
		.oci_version = "1.3.0", .count_usage = true, .id = unit, .cgroup_path = below("bomb")};
	struct cgroup g;
	pid_t pid;

	(void)state;
	need(cgroup_has_word(host.controllers, "pids"), "pids controller");
	c.resources.pids = (struct config_number)SET(60);
	start(&g, &c);
	pid = spawn_in(&g);
	if (pid == 0) {
		(void)signal(SIGCHLD, SIG_IGN);
		for (;;)
			(void)fork();
	}
	for (int64_t n = 0; n < 50;) {
		n = cgroup_number(dir_for(&g, "pids", "pids")->fd, "pids.current");
		assert_true(n >= 0);
	}
	finish(&g);
	check_killed(pid);
}

static void many_nested(void **state)
{
	struct config c = {
		.oci_version = "1.3.0", .count_usage = true, .id = unit, .cgroup_path = below("nest")};
	struct cgroup g;
	int fd;
	char name[16];

	(void)state;
	need_root();
	start(&g, &c);
	/* Deep, past what a path can say, and wide. */
	fd = openat(g.dirs[0].fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 1500; i++) {
		int next;

		assert_int_equal(mkdirat(fd, "nested", 0755), 0);
		next = openat(fd, "nested", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		(void)close(fd);
		fd = next;
	}
	(void)close(fd);
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "w%d", i);
		assert_int_equal(mkdirat(g.dirs[0].fd, name, 0755), 0);
	}
	finish(&g);
}

/* Two that start and end containers in one parent, which each removes when it is empty. */
static void race_for_the_parent(void **state)
{
	char path[2][128];
	pid_t pids[2];

	(void)state;
	need_root();
	for (int k = 0; k < 2; k++)
		snprintf(path[k], sizeof(path[k]), "%s/race/%d", unit, k);
	for (int k = 0; k < 2; k++) {
		pids[k] = fork();
		assert_true(pids[k] >= 0);
		if (pids[k] == 0) {
			struct config c = {.oci_version = "1.3.0",
					   .count_usage = true,
					   .id = unit,
					   .cgroup_path = path[k]};

			for (int i = 0; i < 150; i++) {
				struct cgroup g;

				if (cgroup_plan(&g, &c, &e) < 0 || cgroup_make(&g, &c, &e) < 0) {
					(void)!write(2, e.text, strlen(e.text));
					_exit(1);
				}
				/* As with the default parent: whoever comes last removes it. */
				for (size_t d = 0; d < g.dirs_n; d++)
					g.dirs[d].keep_length = g.dirs[d].mount_length;
				if (cgroup_remove(&g, &e) < 0) {
					(void)!write(2, e.text, strlen(e.text));
					_exit(2);
				}
				cgroup_end(&g);
			}
			_exit(0);
		}
		children[children_n++] = pids[k];
	}
	for (int k = 0; k < 2; k++)
		assert_int_equal(status_of(pids[k]), 0);
}

/* A host that lends its cgroups read-only: a container without limits runs all the same, one with them does not. */
static void read_only(void **state)
{
	pid_t pid;

	(void)state;
	need_root();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct config_device_rule deny = {false, 'a', -1, -1, 7};
		struct config c = {.oci_version = "1.3.0",
				   .count_usage = true,
				   .id = unit,
				   .cgroup_path = below("read-only")};
		char mounts[CGROUP_DIRS][CGROUP_PATH];
		size_t n = mounts_of(mounts);
		struct cgroup g;

		if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			_exit(1);
		for (size_t i = 0; i < n; i++)
			if (mount(NULL, mounts[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0 &&
			    errno != ENOENT && errno != EINVAL)
				_exit(2);
		c.resources.devices = &deny;
		c.resources.devices_n = 1;
		if (cgroup_plan(&g, &c, &e) < 0 || cgroup_make(&g, &c, &e) < 0)
			_exit(3);
		if (g.version != CGROUP_NONE || g.dirs_n != 0 || !g.devices_unenforced)
			_exit(4);
		if (cgroup_limit(&g, &c, &e) < 0 || cgroup_remove(&g, &e) < 0)
			_exit(5);
		c.resources.pids = (struct config_number)SET(10);
		if (cgroup_plan(&g, &c, &e) < 0)
			_exit(6);
		if (cgroup_make(&g, &c, &e) == 0 || e.no != EROFS)
			_exit(7);
		if (cgroup_remove(&g, &e) < 0)
			_exit(8);
		_exit(0);
	}
	children[children_n++] = pid;
	assert_int_equal(status_of(pid), 0);
}

/* ---- v2: places that cannot hold a container ---- */

/* The v2 directory "unit/NAME", made by hand. */
static int make_v2(const char *name)
{
	char path[CGROUP_PATH + 100];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", host.where, unit);
	assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
	snprintf(path, sizeof(path), "%s/%s/%s", host.where, unit, name);
	assert_int_equal(mkdir(path, 0755), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void v2_inner_processes(void **state)
{
	struct config_hugepage huge = {.page_size = "2MB", .limit = 4194304};
	struct config c = {.oci_version = "1.3.0",
			   .count_usage = true,
			   .id = unit,
			   .cgroup_path = below("inner/x")};
	struct cgroup g = CGROUP_EMPTY;
	bool pure = host.version == CGROUP_V2;
	int fd;

	(void)state;
	need(pure || (host.where[0] && cgroup_has_word(host.controllers, "hugetlb")),
	     "controller in a v2 hierarchy");
	fd = make_v2("inner");
	/* A process in the directory that must have controllers for its children. */
	g = (struct cgroup){
		.dirs_n = 1, .mount_fd = -1, .parent_fd = -1, .dirs = {{.v2 = true, .fd = fd}}};
	(void)sleeper_in(&g);
	if (pure) {
		c.resources.memory = (struct config_number)SET(67108864);
	} else {
		c.resources.hugepages = &huge;
		c.resources.hugepages_n = 1;
	}
	OK(cgroup_plan(&g, &c, &e));
	REFUSED(cgroup_make(&g, &c, &e), "--cgroup-parent");
	assert_non_null(strstr(e.text, "holds processes itself"));
	OK(cgroup_remove(&g, &e));
	cgroup_end(&g);
	(void)close(fd);
	(void)clean_up(NULL);
}

static void v2_threaded(void **state)
{
	struct config_pair depth = {"cgroup.max.depth", "5"};
	struct config c = {.oci_version = "1.3.0",
			   .count_usage = true,
			   .id = unit,
			   .cgroup_path = below("threaded/x")};
	struct cgroup g;
	int fd;

	(void)state;
	need(host.where[0] != '\0', "v2 hierarchy");
	fd = make_v2("threaded");
	OK(file_write_at(fd, "cgroup.type", "threaded", &e));
	(void)close(fd);
	c.resources.unified = &depth;
	c.resources.unified_n = 1;
	OK(cgroup_plan(&g, &c, &e));
	REFUSED(cgroup_make(&g, &c, &e), "threaded");
	OK(cgroup_remove(&g, &e));
	cgroup_end(&g);
	if (host.version == CGROUP_V2) {
		c.resources.memory = (struct config_number)SET(67108864);
		OK(cgroup_plan(&g, &c, &e));
		REFUSED(cgroup_make(&g, &c, &e), "--cgroup-parent");
		OK(cgroup_remove(&g, &e));
		cgroup_end(&g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(weights),
		cmocka_unit_test(paths),
		cmocka_unit_test(unified_keys),
		cmocka_unit_test(plans_refused),
		cmocka_unit_test(plan_disabled),
		HOST_TEST(plan_without_controller),
		HOST_TEST(v1_only_on_v2),
		HOST_TEST(default_path),
		HOST_TEST(parents),
		HOST_TEST(leftovers),
		HOST_TEST(frozen_place),
		HOST_TEST(remove_frozen),
		HOST_TEST(remove_ends_processes),
		HOST_TEST(remove_fork_bomb),
		HOST_TEST(many_nested),
		HOST_TEST(race_for_the_parent),
		HOST_TEST(read_only),
		HOST_TEST(v2_inner_processes),
		HOST_TEST(v2_threaded),
	};

	return cmocka_run_group_tests_name("cgroup", tests, look, restore);
}
