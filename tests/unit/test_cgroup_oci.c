/*
 * test_cgroup_oci.c - host/cgroup*.c against the kernel: what the commands of a runtime need of the cgroups of a container
 * that exists. Ids in brackets are those of the specification's rules in docs/oci.md.
 */
#include "cgroup_fixture.h"

#include <poll.h>

#include "config/json.h"
#include "host/devices.h"

/* ---- places ---- */

/* [CG-4] */
static void systemd_path(void **state)
{
	struct config c = {.oci_version = "1.3.0", .id = "x", .cgroup_path = "a.slice:prefix:name"};
	struct cgroup g;

	(void)state;
	REFUSED(cgroup_plan(&g, &c, &e), "the systemd cgroup driver is not supported");
	assert_non_null(strstr(e.text, "use the cgroupfs driver"));
}

/* [CG-1] [CG-2] */
static void absolute_and_relative(void **state)
{
	struct config c = OCI("place"), absolute = c;
	struct cgroup g, h;
	char path[256];

	(void)state;
	need_root();
	snprintf(path, sizeof(path), "/%s", c.cgroup_path);
	absolute.cgroup_path = path;
	OK(cgroup_plan(&g, &c, &e));
	OK(cgroup_plan(&h, &absolute, &e));
	assert_true(g.dirs_n > 0);
	assert_int_equal(g.dirs_n, h.dirs_n);
	for (size_t i = 0; i < g.dirs_n; i++) {
		assert_string_equal(g.dirs[i].path, h.dirs[i].path);
		assert_string_equal(g.dirs[i].path + g.dirs[i].mount_length, path);
	}
	cgroup_end(&g);
	cgroup_end(&h);
}

/* Engines update and count what was not limited at the start. */
static void every_hierarchy(void **state)
{
	static const char *const names[] = {"memory", "pids",	 "cpu",
					    "cpuset", "freezer", "devices"};
	struct config c = OCI("every");
	struct cgroup g;
	char text[CGROUP_NAMES];

	(void)state;
	need_root();
	start(&g, &c);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (host.version == CGROUP_V1 && cgroup_has_word(host.controllers, names[i]) &&
		    !cgroup_v1_dir(&g, names[i]) && !g.dirs[g.dirs_n - 1].v2)
			fail_msg("no directory for %s", names[i]);
	if (host.version == CGROUP_V2) {
		OK(file_read_at(g.dirs[0].fd, "cgroup.controllers", text, sizeof(text), NULL, &e));
		assert_true(cgroup_has_word(text, "memory") && cgroup_has_word(text, "pids") &&
			    cgroup_has_word(text, "cpu") && cgroup_has_word(text, "io"));
	}
	finish(&g);
}

/* [CG-5] [LIF-12] [CG-3] */
static void joined(void **state)
{
	struct config c = OCI("joined");
	struct cgroup g, again;
	char nested[CGROUP_PATH + 20];
	pid_t pid;

	(void)state;
	need_root();
	start(&g, &c);
	for (size_t i = 0; i < g.dirs_n; i++) {
		snprintf(nested, sizeof(nested), "%s/nested", g.dirs[i].path);
		assert_int_equal(mkdir(nested, 0755), 0);
	}
	c.resources.pids = (struct config_number)SET(77);
	OK(cgroup_plan(&again, &c, &e));
	for (size_t i = 0; i < again.dirs_n; i++)
		assert_true(again.dirs[i].joined);
	OK(cgroup_make(&again, &c, &e));
	OK(cgroup_limit(&again, &c, &e));
	assert_int_equal(number_of(dir_for(&again, "pids", "pids"), "pids.max"), 77);
	pid = sleeper_in(&again);
	OK(cgroup_remove(&again, &e));
	check_killed(pid);
	for (size_t i = 0; i < again.dirs_n; i++) {
		snprintf(nested, sizeof(nested), "%s/nested", g.dirs[i].path);
		assert_int_equal(access(nested, F_OK), 0); /* it was not made by the container */
	}
	cgroup_end(&again);
	/* And once more, after what was in it was ended. */
	start(&again, &c);
	pid = sleeper_in(&again);
	OK(cgroup_kill(&again, SIGKILL, &e));
	check_killed(pid);
	pid = sleeper_in(&again);
	OK(cgroup_remove(&again, &e));
	check_killed(pid);
	cgroup_end(&again);
	finish(&g);
}

/* [CG-5] */
static void not_empty(void **state)
{
	struct config c = OCI("busy");
	struct cgroup g, again;
	pid_t pid;

	(void)state;
	need_root();
	start(&g, &c);
	pid = sleeper_in(&g);
	OK(cgroup_plan(&again, &c, &e));
	REFUSED(cgroup_make(&again, &c, &e),
		"container's cgroup is not empty: 1 process(es) found");
	OK(cgroup_remove(&again, &e));
	cgroup_end(&again);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	finish(&g);
	check_killed(pid);
}

/* ---- found again ---- */

static void found_again(void **state)
{
	struct config c = OCI("again");
	struct cgroup g, found = CGROUP_EMPTY;
	pid_t pid;

	(void)state;
	need_root();
	start(&g, &c);
	pid = sleeper_in(&g);
	for (size_t i = 0; i < g.dirs_n; i++)
		OK(cgroup_add(&found, g.dirs[i].path, g.dirs[i].controllers, g.dirs[i].mount_length,
			      g.dirs[i].keep_length, true, &e));
	assert_int_equal(found.version, g.version);
	assert_int_equal(found.dirs_n, g.dirs_n);
	assert_int_equal(cgroup_clone_fd(&found) < 0, cgroup_clone_fd(&g) < 0);
	for (size_t i = 0; i < g.dirs_n; i++)
		assert_true(found.dirs[i].fd >= 0);
	finish(&found);
	check_killed(pid);
	/* Gone already: kept by name. */
	found = (struct cgroup)CGROUP_EMPTY;
	OK(cgroup_add(&found, g.dirs[0].path, g.dirs[0].controllers, g.dirs[0].mount_length,
		      g.dirs[0].keep_length, true, &e));
	assert_int_equal(found.dirs[0].fd, -1);
	finish(&found);
	cgroup_end(&g);
}

static void damaged_state(void **state)
{
	struct cgroup g = CGROUP_EMPTY;
	char mount[CGROUP_PATH];
	size_t n;

	(void)state;
	need_root();
	REFUSED(cgroup_add(&g, "/proc/sys", "memory", 5, 5, true, &e),
		"not below a cgroup v1 mount");
	REFUSED(cgroup_add(&g, "/proc/sys", "", 5, 5, true, &e), "not below a cgroup v2 mount");
	REFUSED(cgroup_add(&g, "etc", "", 1, 1, true, &e), "is no path of a cgroup");
	REFUSED(cgroup_add(&g, "/etc/../ssl", "", 4, 4, true, &e), "is no path of a cgroup");
	REFUSED(cgroup_add(&g, "/etc/ssl", "", 5, 5, true, &e), "is no path of a cgroup");
	REFUSED(cgroup_add(&g, "/etc/ssl", "", 4, 9, true, &e), "is no path of a cgroup");
	snprintf(mount, sizeof(mount), "%s",
		 host.version == CGROUP_V2 ? host.where : "/sys/fs/cgroup/pids");
	n = (size_t)(strrchr(mount, '/') - mount);
	REFUSED(cgroup_add(&g, mount, host.version == CGROUP_V2 ? "" : "pids", n, n, true, &e),
		"not below a cgroup");
	assert_int_equal(g.dirs_n, 0);
}

/* ---- given to the container, and entered ---- */

/* [CG-6] [CG-7] */
static void delegated(void **state)
{
	struct config_mount mount = {
		.destination = "/sys/fs/cgroup/", .type = "cgroup", .source = "cgroup"};
	struct config c = OCI("delegate");
	struct cgroup g;
	struct stat st;

	(void)state;
	need_root();
	c.mounts = &mount;
	c.mounts_n = 1;
	start(&g, &c);
	OK(cgroup_delegate(&g, &c, 1234, &e)); /* no cgroup namespace of its own */
	for (size_t i = 0; i < g.dirs_n; i++) {
		assert_int_equal(fstat(g.dirs[i].fd, &st), 0);
		assert_int_equal(st.st_uid, 0);
	}
	c.ns[NS_CGROUP].mode = NS_NEW;
	mount.set = MOUNT_RDONLY;
	OK(cgroup_delegate(&g, &c, 1234, &e));
	assert_int_equal(fstat(g.dirs[0].fd, &st), 0);
	assert_int_equal(st.st_uid, 0);
	mount.set = 0;
	OK(cgroup_delegate(&g, &c, 1234, &e));
	assert_int_equal(fstat(g.dirs[0].fd, &st), 0);
	assert_int_equal(st.st_uid, host.version == CGROUP_V2 ? 1234 : 0);
	if (host.version == CGROUP_V2) {
		static const char *const given[] = {"cgroup.procs", "cgroup.threads",
						    "cgroup.subtree_control"};

		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(fstatat(g.dirs[0].fd, given[i], &st, 0), 0);
			assert_int_equal(st.st_uid, 1234);
		}
		assert_int_equal(fstatat(g.dirs[0].fd, "memory.max", &st, 0), 0);
		assert_int_equal(st.st_uid, 0);
	}
	finish(&g);
}

/* The directory that @pid is in, in the hierarchy of @d, ends in @words. */
static void check_place(const struct cgroup_dir *d, const char *words)
{
	if (strlen(d->path) < strlen(words) ||
	    strcmp(d->path + strlen(d->path) - strlen(words), words) != 0)
		fail_msg("%s does not end in %s", d->path, words);
}

static void exec_paths(void **state)
{
	struct config c = OCI("exec");
	char one[] = "sub/deep", up[] = "sub/../..", gone[] = "nothing", slash[] = "/", by_name[64];
	char *paths[] = {one};
	struct cgroup g, in;
	const struct cgroup_dir *d;
	pid_t pid;

	(void)state;
	need_root();
	start(&g, &c);
	OK(cgroup_for_exec(&in, &g, NULL, 0, 0, &e));
	assert_int_equal(in.dirs_n, g.dirs_n);
	pid = sleeper_in(&in);
	cgroup_end(&in);
	for (size_t i = 0; i < g.dirs_n; i++) {
		assert_int_equal(mkdirat(g.dirs[i].fd, "sub", 0755), 0);
		assert_int_equal(mkdirat(g.dirs[i].fd, "sub/deep", 0755), 0);
	}
	paths[0] = up;
	REFUSED(cgroup_for_exec(&in, &g, paths, 1, 0, &e), "\"..\" is not allowed");
	paths[0] = gone;
	REFUSED(cgroup_for_exec(&in, &g, paths, 1, 0, &e), "--cgroup nothing: ");
	paths[0] = slash;
	OK(cgroup_for_exec(&in, &g, paths, 1, 0, &e));
	check_place(&in.dirs[0], "/exec");
	cgroup_end(&in);
	if (!cgroup_v1_dir(&g, "cpuset")) { /* there a new directory has no CPUs */
		paths[0] = one;
		OK(cgroup_for_exec(&in, &g, paths, 1, 0, &e));
		for (size_t i = 0; i < in.dirs_n; i++)
			check_place(&in.dirs[i], "/exec/sub/deep");
		assert_int_equal(kill(pid, SIGKILL), 0);
		check_killed(pid);
		pid = sleeper_in(&in);
		cgroup_end(&in);
	}
	if (cgroup_v1_dir(&g, "pids")) {
		snprintf(by_name, sizeof(by_name), "pids,memory:%s", one);
		paths[0] = by_name;
		OK(cgroup_for_exec(&in, &g, paths, 1, 0, &e));
		check_place(cgroup_v1_dir(&in, "pids"), "/exec/sub/deep");
		check_place(cgroup_v1_dir(&in, "memory"), "/exec/sub/deep");
		d = cgroup_v1_dir(&in, "freezer");
		if (d)
			check_place(d, "/exec");
		cgroup_end(&in);
		snprintf(by_name, sizeof(by_name), "nonsense:%s", one);
		REFUSED(cgroup_for_exec(&in, &g, paths, 1, 0, &e),
			"no cgroup of controller nonsense");
	}
	finish(&g);
	check_killed(pid);
}

/* A container with systemd inside: its PID 1 has moved down and given out controllers. */
static void exec_divided(void **state)
{
	struct config c = OCI("divided");
	struct cgroup g, in;
	pid_t first, second;
	char text[256], own[300];

	(void)state;
	need(host.version == CGROUP_V2, "pure v2 hierarchy");
	start(&g, &c);
	first = sleeper_in(&g);
	move_below(&g, "init.scope", first);
	OK(file_write_at(g.dirs[0].fd, "cgroup.subtree_control", "+memory", &e));
	OK(cgroup_for_exec(&in, &g, NULL, 0, first, &e));
	check_place(&in.dirs[0], "/divided/init.scope");
	second = sleeper_in(&in);
	snprintf(own, sizeof(own), "/proc/%d/cgroup", (int)second);
	OK(file_read_at(AT_FDCWD, own, text, sizeof(text), NULL, &e));
	assert_non_null(strstr(text, "/divided/init.scope\n"));
	cgroup_end(&in);
	finish(&g);
	check_killed(first);
	check_killed(second);
}

/* ---- numbers ---- */

static int64_t number_at(const struct json *document, const char *a, const char *b, const char *c)
{
	struct json first = json_member(document, a), second = json_member(&first, b),
		    third = c ? json_member(&second, c) : second;
	int64_t value = -1;

	OK(json_get_i64(&third, 0, INT64_MAX, &value, &e));
	return value;
}

/* [CLI-12] */
static void statistics(void **state)
{
	static const char *const top[] = {"cpu",   "cpuset",  "memory",	  "pids",
					  "blkio", "hugetlb", "intel_rdt"};
	struct config c = OCI("stats");
	OWNED_TEXT t = {0};
	struct json document;
	struct cgroup g;
	pid_t pid;

	(void)state;
	need_root();
	c.resources.memory = (struct config_number)SET(67108864);
	c.resources.pids = (struct config_number)SET(44);
	start(&g, &c);
	pid = spawn_in(&g);
	if (pid == 0) {
		char *room = mmap(NULL, 8388608, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		if (room == MAP_FAILED)
			_exit(1);
		for (;;)
			(void)poll(NULL, 0, 1);
	}
	for (struct cgroup_usage u = {0}; u.memory_peak < 8388608;) /* until it is there */
		cgroup_read(&g, &u);
	(void)poll(NULL, 0, 20);
	cgroup_stats(&g, &t);
	assert_true(text_ok(&t));
	OK(json_parse(t.bytes, t.length, &document, &e));
	for (size_t i = 0; i < sizeof(top) / sizeof(top[0]); i++) {
		struct json member = json_member(&document, top[i]);

		assert_true(json_present(&member));
		OK(json_get_object(&member, &e));
	}
	assert_non_null(strstr(t.bytes, "\"network_interfaces\":null"));
	if (cgroup_has_word(host.controllers, "cpuacct") || host.version == CGROUP_V2)
		assert_true(number_at(&document, "cpu", "usage", "total") > 0);
	assert_true(number_at(&document, "memory", "usage", "usage") >= 8388608);
	assert_int_equal(number_at(&document, "memory", "usage", "limit"), 67108864);
	assert_true(number_at(&document, "memory", "usage", "max") >= 8388608 ||
		    host.version == CGROUP_V2); /* KERNEL <5.19 */
	assert_true(number_at(&document, "memory", "raw", "pgfault") > 0);
	assert_int_equal(number_at(&document, "pids", "current", NULL), 1);
	assert_int_equal(number_at(&document, "pids", "limit", NULL), 44);
	json_end(&document);
	finish(&g);
	check_killed(pid);
	/* Of a container that is gone: all the members, and nothing in them. */
	text_end(&t);
	for (size_t i = 0; i < g.dirs_n; i++)
		assert_int_equal(g.dirs[i].fd, -1);
	cgroup_stats(&g, &t);
	OK(json_parse(t.bytes, t.length, &document, &e));
	json_end(&document);
}

static void out_of_memory(void **state)
{
	struct config c = OCI("oom");
	struct pollfd p = {.events = POLLIN};
	char buffer[4096];
	struct cgroup g;
	pid_t pid;
	int status;

	(void)state;
	need(cgroup_has_word(host.controllers, "memory"), "memory controller");
	c.resources.memory = (struct config_number)SET(8388608);
	c.resources.memory_swap = c.resources.memory;
	start(&g, &c);
	assert_int_equal(cgroup_oom_count(&g), 0);
	p.fd = cgroup_oom_fd(&g, &e);
	assert_true(p.fd >= 0);
	assert_int_equal(poll(&p, 1, 0), 0);
	pid = spawn_in(&g);
	if (pid == 0) {
		(void)mmap(NULL, 67108864, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		_exit(0);
	}
	status = status_of(pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_true(read(p.fd, buffer, sizeof(buffer)) > 0);
	assert_true(cgroup_oom_count(&g) >= 1);
	(void)close(p.fd);
	finish(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(systemd_path), HOST_TEST(absolute_and_relative),
		HOST_TEST(every_hierarchy),	HOST_TEST(joined),
		HOST_TEST(not_empty),		HOST_TEST(found_again),
		HOST_TEST(damaged_state),	HOST_TEST(delegated),
		HOST_TEST(exec_paths),		HOST_TEST(exec_divided),
		HOST_TEST(statistics),		HOST_TEST(out_of_memory),
	};

	return cmocka_run_group_tests_name("cgroup_oci", tests, look, restore);
}
