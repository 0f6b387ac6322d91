/*
 * test_config.c - struct config by itself: its arrays, the names it uses, paths as text, and
 * config_check() on what config.json is able to say and the command line is not.
 */
#include "config_fixture.h"

/* ---- arrays, names, paths ---- */

static void strings_stay_terminated(void **state)
{
	struct config *c = config_new();
	struct config_strings list = {0};
	struct error e;
	char text[20];

	(void)state;
	assert_non_null(c);
	for (size_t i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "text %u", (unsigned int)i);
		assert_int_equal(config_strings_add(c, &list, text, &e), 0);
		assert_int_equal(list.n, i + 1);
		assert_string_equal(list.v[i], text);
		assert_null(list.v[i + 1]);
	}
	assert_string_equal(list.v[0], "text 0");
	assert_string_equal(list.v[511], "text 511");
	config_free(c);
	config_free(NULL);
}

static void capability_names(void **state)
{
	(void)state;
	assert_int_equal(names_capability("CAP_CHOWN"), 0);
	assert_int_equal(names_capability("CHOWN"), 0);
	assert_int_equal(names_capability("cap_sys_admin"), 21);
	assert_int_equal(names_capability("Net_Admin"), 12);
	assert_int_equal(names_capability("CHECKPOINT_RESTORE"), 40);
	assert_int_equal(names_capability("ALL"), -1);
	assert_int_equal(names_capability(""), -1);
	assert_int_equal(names_capability("CAP_"), -1);
	assert_int_equal(names_capability("CAP_CHOWN "), -1);
	assert_int_equal(names_capability("CAP_CAP_CHOWN"), -1);
	for (unsigned int i = 0; i < CAPABILITIES; i++)
		assert_int_equal(names_capability(names_capability_of(i)), i);
	assert_null(names_capability_of(CAPABILITIES));
}

static void rlimit_names(void **state)
{
	(void)state;
	assert_string_equal(names_rlimit("nofile"), "RLIMIT_NOFILE");
	assert_string_equal(names_rlimit("RLIMIT_AS"), "RLIMIT_AS");
	assert_string_equal(names_rlimit("rlimit_stack"), "RLIMIT_STACK");
	assert_null(names_rlimit("files"));
	assert_null(names_rlimit(""));
	assert_null(names_rlimit("RLIMIT_"));
}

static void paths(void **state)
{
	static const struct {
		const char *path, *base;
		enum container_path_relation relation;
	} cases[] = {
		{"/", "/", PATH_SAME},
		{"//.", "/", PATH_SAME},
		{"/a", "/", PATH_BELOW},
		{"/proc", "/proc", PATH_SAME},
		{"/proc/", "/proc", PATH_SAME},
		{"//proc/./", "/proc", PATH_SAME},
		{"/./proc//self", "/proc", PATH_BELOW},
		{"/process", "/proc", PATH_ELSEWHERE},
		{"/pro", "/proc", PATH_ELSEWHERE},
		{"/a/proc", "/proc", PATH_ELSEWHERE},
		{"/", "/proc", PATH_ELSEWHERE},
		{"/dev/pts", "/dev/pts", PATH_SAME},
		{"/dev", "/dev/pts", PATH_ELSEWHERE},
		{"/.proc", "/proc", PATH_ELSEWHERE},
	};
	static const char *const bad[] = {"", "a", "./a", "..", "/..", "/a/..", "/a/../b", "/../a"};
	static const char *const good[] = {"/", "/a", "/...", "/a..", "/..a", "//a/./b/"};
	struct error e;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (container_path_to(cases[i].path, cases[i].base) != cases[i].relation)
			fail_msg("%s to %s", cases[i].path, cases[i].base);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (container_path_check(bad[i], "path", &e) == 0)
			fail_msg("\"%s\" was taken", bad[i]);
	for (size_t i = 0; i < COUNT(good); i++)
		if (container_path_check(good[i], "path", &e) < 0)
			fail_msg("%s", e.text);
}

/* ---- config_check ---- */

static void needs_the_least(void **state)
{
	struct config c;
	char *empty[] = {(char[]){""}, NULL};

	(void)state;
	minimal(&c);
	passes(&c, "minimal");
	c.id = NULL;
	fails(&c, "name of the container");
	minimal(&c);
	c.rootfs = NULL;
	fails(&c, "root filesystem is not given");
	c.rootfs = "";
	fails(&c, "root filesystem is not given");
	minimal(&c);
	c.process.args = (struct config_strings){0};
	fails(&c, "the command is empty");
	c.process.args = (struct config_strings){empty, 1};
	fails(&c, "the command is empty");
	minimal(&c);
	c.process.cwd = NULL;
	fails(&c, "working directory");
	c.process.cwd = "srv";
	fails(&c, "working directory srv: must be absolute");
	minimal(&c);
	c.timeout_ms = -1;
	fails(&c, "timeout");
}

static void namespaces(void **state)
{
	struct config_idmap map = {0, 100000, 65536};
	struct config c;

	(void)state;
	minimal(&c);
	c.ns[NS_MOUNT].mode = NS_INHERIT;
	fails(&c, "mount namespace of its own");
	minimal(&c);
	c.hostname = "h";
	fails(&c, "hostname: needs a uts namespace");
	c.ns[NS_UTS].mode = NS_NEW;
	passes(&c, "hostname");
	c.domainname = "a\x7f";
	fails(&c, "control character");
	minimal(&c);
	c.ns[NS_PID] = (struct config_ns){NS_JOIN, NULL};
	fails(&c, "pid namespace: a path");
	c.ns[NS_PID] = (struct config_ns){NS_NEW, "/proc/1/ns/pid"};
	fails(&c, "pid namespace: a path");
	c.ns[NS_PID] = (struct config_ns){NS_JOIN, "/proc/1/ns/pid"};
	passes(&c, "pid to join");
	c.process.builtin_init = true;
	fails(&c, "init: needs a new pid namespace");
	minimal(&c);
	c.time_offsets = true;
	fails(&c, "new time namespace");
	minimal(&c);
	c.ns[NS_USER].mode = NS_NEW;
	fails(&c, "needs uid and gid maps");
	c.idmaps = (struct config_idmaps){&map, &map, 1, 1};
	passes(&c, "user namespace");
	c.ns[NS_USER].mode = NS_INHERIT;
	fails(&c, "needs uid and gid maps");
}

static void id_maps(void **state)
{
	static const struct {
		struct config_idmap maps[2];
		const char *error; /* NULL: passes */
	} cases[] = {
		{{{0, 100000, 65536}, {65536, 200000, 1}}, NULL},
		{{{0, 0, UINT32_MAX - 1}, {UINT32_MAX - 1, UINT32_MAX - 1, 1}}, NULL},
		{{{0, 1000, 1}, {1, 1001, 0}}, "uid map 1: its size is 0"},
		{{{0, 1000, 1}, {0, 2000, 1}}, "uid maps 0 and 1 overlap"},
		{{{0, 1000, 10}, {20, 1009, 1}}, "uid maps 0 and 1 overlap"},
		{{{5, 1000, 10}, {0, 2000, 6}}, "uid maps 0 and 1 overlap"},
		{{{0, 1000, 1}, {UINT32_MAX, 5, 1}}, "uid map 1: reaches beyond"},
		{{{0, 1000, 1}, {5, UINT32_MAX, 1}}, "uid map 1: reaches beyond"},
		{{{0, 1, UINT32_MAX}, {0, 0, 1}}, "uid map 0: reaches beyond"},
		{{{UINT32_MAX, 0, UINT32_MAX}, {0, 0, 1}}, "uid map 0: reaches beyond"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config_idmap maps[2] = {cases[i].maps[0], cases[i].maps[1]};
		struct config_idmap one = {0, 0, 1};
		struct config c;

		minimal(&c);
		c.ns[NS_USER].mode = NS_NEW;
		c.idmaps = (struct config_idmaps){maps, &one, 2, 1};
		if (cases[i].error)
			fails(&c, cases[i].error);
		else
			passes(&c, "maps");
	}
}

static void process_rules(void **state)
{
	struct config_rlimit limits[] = {{"RLIMIT_CORE", 0, 0}, {"RLIMIT_CORE", 1, 1}};
	char *environment[] = {(char[]){"A=1"}, (char[]){"B"}, NULL};
	uint32_t groups[] = {1, UINT32_MAX};
	struct config c;

	(void)state;
	minimal(&c);
	c.process.rlimits = limits;
	c.process.rlimits_n = 1;
	passes(&c, "one limit");
	c.process.rlimits_n = 2;
	fails(&c, "rlimit RLIMIT_CORE is there twice");
	limits[1].type = "core"; /* config.json has the full name */
	fails(&c, "rlimit core: there is none");
	limits[1] = (struct config_rlimit){"RLIMIT_CPU", 2, 1};
	fails(&c, "rlimit RLIMIT_CPU: the soft limit");
	minimal(&c);
	c.process.env = (struct config_strings){environment, 2};
	fails(&c, "environment: \"B\" is not NAME=VALUE");
	minimal(&c);
	c.process.user.uid = UINT32_MAX;
	fails(&c, "4294967295 is not an id");
	minimal(&c);
	c.process.user.groups = groups;
	c.process.user.groups_n = 2;
	fails(&c, "4294967295 is not an id");
	minimal(&c);
	c.process.user.umask = (struct config_number){true, 01000};
	fails(&c, "umask");
	minimal(&c);
	c.process.oom_score_adj = (struct config_number){true, 1001};
	fails(&c, "oom-score-adj 1001: not from -1000 to 1000");
	minimal(&c);
	c.process.console_width = 65536;
	fails(&c, "console size");
}

static void capability_rules(void **state)
{
	struct config_capabilities *caps;
	struct config c;

	(void)state;
	minimal(&c);
	caps = &c.process.capabilities;
	caps->effective = 1;
	passes(&c, "none are set"); /* has_capabilities is false */
	c.process.has_capabilities = true;
	fails(&c, "an effective one is not permitted");
	*caps = (struct config_capabilities){.permitted = 1, .effective = 1, .ambient = 1};
	fails(&c, "an ambient one is not permitted and inheritable");
	caps->inheritable = 1;
	passes(&c, "ambient");
	caps->bounding = CAPABILITY_BIT(CAPABILITIES);
	fails(&c, "a number above 40");
	caps->bounding = CAPABILITIES_ALL;
	passes(&c, "all");
}

static void mounts(void **state)
{
	static const struct {
		struct config_mount mount;
		const char *error;
	} cases[] = {
		{{.destination = "/proc", .type = "proc", .source = "proc"}, NULL},
		{{.destination = "/proc/", .type = "proc", .source = "proc"}, NULL},
		{{.destination = "/proc", .type = "tmpfs"}, "mount on /proc: nothing"},
		{{.destination = "/proc", .bind = true, .source = "/proc"}, "mount on /proc: nothing"},
		{{.destination = "/proc", .bind = true, .type = "proc", .source = "/x"},
		 "mount on /proc: nothing"},
		{{.destination = "/proc/sys/kernel/ns_last_pid", .bind = true, .source = "/x"}, NULL},
		{{.destination = "/a", .bind = true, .remount = true}, NULL},
		{{.destination = "/a", .bind = true, .source = "/x", .idmap = MOUNT_RIDMAP},
		 "it needs uidMappings and gidMappings, or the container a user namespace"},
		{{.destination = "/proc/self", .type = "proc"}, "mount on /proc/self: nothing"},
		{{.destination = "/proc/sys", .bind = true, .source = "/x"}, "/proc/sys: nothing"},
		{{.destination = "/proc/cpuinfo", .bind = true, .source = "/x"}, NULL},
		{{.destination = "//proc/./net/dev", .bind = true, .source = "/x"}, NULL},
		{{.destination = "/proc/cpuinfo/x", .bind = true, .source = "/x"}, "nothing"},
		{{.destination = "/proc/cpuinfo", .type = "tmpfs"}, "nothing"},
		{{.destination = "/processes", .type = "tmpfs"}, NULL},
		{{.destination = NULL, .type = "tmpfs"}, "no destination"},
		{{.destination = "tmp", .type = "tmpfs"}, "must be absolute"},
		{{.destination = "/a/../proc", .type = "tmpfs"}, "must not contain"},
		{{.destination = "/./", .type = "tmpfs"}, "the root directory itself"},
		{{.destination = "/a", .bind = true}, "needs a source"},
		{{.destination = "/a"}, "needs a type"},
		{{.destination = "/a", .type = "tmpfs", .set = MOUNT_NODEV, .clear = MOUNT_NODEV},
		 "both set and cleared"},
		{{.destination = "/a", .type = "tmpfs", .set = MOUNT_NOATIME | MOUNT_RELATIME},
		 "exclude each other"},
		{{.destination = "/a", .type = "tmpfs", .idmap = MOUNT_IDMAP}, "only a bind mount"},
		{{.destination = "/a", .bind = true, .source = "/x", .tmpcopyup = true},
		 "only a tmpfs"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config_mount mount = cases[i].mount;
		struct config c;

		minimal(&c);
		c.mounts = &mount;
		c.mounts_n = 1;
		if (cases[i].error)
			fails(&c, cases[i].error);
		else
			passes(&c, mount.destination);
	}
}

/* What is different for a config.json. */
static void rules_of_config_json(void **state)
{
	struct config_mount proc = {.destination = "/proc", .bind = true, .source = "/proc"};
	struct config_pair name = {"kernel.domainname", "a"};
	struct config c;

	(void)state;
	minimal(&c);
	c.oci_version = "1.3.0";
	c.process.args = (struct config_strings){0};
	c.process.cwd = NULL;
	passes(&c, "no process");
	c.has_process = true;
	fails(&c, "the command is empty");
	minimal(&c);
	c.oci_version = "1.3.0";
	c.mounts = &proc;
	c.mounts_n = 1;
	passes(&c, "the host's /proc");
	proc.source = "/proc/1";
	fails(&c, "mount on /proc: nothing");
	minimal(&c);
	c.oci_version = "1.3.0";
	c.resources.memory = (struct config_number){true, 1};
	c.resources.memory_reservation = (struct config_number){true, 2};
	passes(&c, "the kernel takes it");
	c.resources.memory_swap = (struct config_number){true, 0};
	fails(&c, "linux.resources.memory.swap 0: less than memory, 1");
	minimal(&c);
	c.oci_version = "1.3.0";
	c.ns[NS_MOUNT].mode = NS_INHERIT;
	fails(&c, "linux.namespaces: a container needs a mount namespace");
	minimal(&c);
	c.ns[NS_UTS].mode = NS_NEW;
	c.sysctls = &name;
	c.sysctls_n = 1;
	passes(&c, "domainname by sysctl");
	c.domainname = "a";
	passes(&c, "the same twice");
	c.domainname = "b";
	fails(&c, "sysctl kernel.domainname: a, and the domainname is b");
	c.domainname = NULL;
	name.key = "kernel/hostname";
	c.hostname = "b";
	fails(&c, "sysctl kernel.hostname: a, and the hostname is b");
}

static void masks_and_devices(void **state)
{
	char *relative[] = {(char[]){"proc/kcore"}, NULL};
	struct config_device nodes[] = {{.path = "/dev/a", .type = 'c', .major = 1, .minor = 3},
					{.path = "/dev/./a", .type = 'p'}};
	struct config c;

	(void)state;
	minimal(&c);
	c.masked_paths = (struct config_strings){relative, 1};
	fails(&c, "masked path proc/kcore: must be absolute");
	minimal(&c);
	c.readonly_paths = (struct config_strings){relative, 1};
	fails(&c, "read-only path proc/kcore: must be absolute");
	minimal(&c);
	c.devices = nodes;
	c.devices_n = 1;
	passes(&c, "device");
	c.devices_n = 2;
	fails(&c, "device /dev/./a is there twice");
	nodes[1].path = "/dev/b";
	nodes[1].major = nodes[1].minor = -1; /* a FIFO has no numbers */
	passes(&c, "fifo");
	nodes[1].type = 'b';
	fails(&c, "needs a major and a minor");
	nodes[1].type = '\0'; /* --device that nobody looked up */
	fails(&c, "its type is none of");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_stay_terminated),
		cmocka_unit_test(capability_names),
		cmocka_unit_test(rlimit_names),
		cmocka_unit_test(paths),
		cmocka_unit_test(needs_the_least),
		cmocka_unit_test(namespaces),
		cmocka_unit_test(id_maps),
		cmocka_unit_test(process_rules),
		cmocka_unit_test(capability_rules),
		cmocka_unit_test(mounts),
		cmocka_unit_test(rules_of_config_json),
		cmocka_unit_test(masks_and_devices),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
