/*
 * test_resctrl.c - host/resctrl.c against a directory that behaves as resctrl does, as far as it matters here: mkdir(2)
 * and rmdir(2) are those of this file, which fill a new class with its files and take them away again. What is
 * written replaces what was there, as in a control file whose every write is a command.
 */
#include "tree_fixture.h"

#include <sys/syscall.h>

#include "config/config.h"
#include "host/resctrl.h"

#define DEFAULT_SCHEMATA "    MB:0=100;1=100\n    L3:0=7ff;1=7ff\n"

static char mount[128];
static int mkdir_error; /* what mkdir fails with, once */
static struct resctrl r;

static void file_put(const char *dir, const char *name, const char *text)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static bool is_below_mount(const char *path)
{
	return *mount && strncmp(path, mount, strlen(mount)) == 0;
}

int mkdir(const char *path, mode_t mode)
{
	char groups[PATH_MAX];

	if (mkdir_error != 0 && is_below_mount(path)) {
		errno = mkdir_error;
		mkdir_error = 0;
		return -1;
	}
	if (syscall(SYS_mkdirat, AT_FDCWD, path, mode) < 0)
		return -1;
	if (!is_below_mount(path))
		return 0;
	file_put(path, "tasks", "");
	if (strstr(path, "/mon_groups/"))
		return 0;
	file_put(path, "schemata", "");
	snprintf(groups, sizeof(groups), "%s/mon_groups", path);
	return (int)syscall(SYS_mkdirat, AT_FDCWD, groups, 0755);
}

int rmdir(const char *path)
{
	static const char *const files[] = {"tasks", "schemata"};
	char inner[PATH_MAX];

	for (size_t i = 0; is_below_mount(path) && i < COUNT(files); i++) {
		snprintf(inner, sizeof(inner), "%s/%s", path, files[i]);
		unlink(inner);
	}
	snprintf(inner, sizeof(inner), "%s/mon_groups", path);
	if (is_below_mount(path))
		syscall(SYS_unlinkat, AT_FDCWD, inner, AT_REMOVEDIR);
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

static int mount_make(void **state)
{
	if (tree_make(state) < 0)
		return -1;
	put_dir("r/info");
	put_dir("r/mon_groups");
	put("r/schemata", DEFAULT_SCHEMATA);
	put("r/tasks", "");
	put("r/info/last_cmd_status", "ok\n");
	snprintf(mount, sizeof(mount), "%s/root/r", tree);
	return 0;
}

static int mount_remove(void **state)
{
	*mount = '\0';
	mkdir_error = 0;
	return tree_remove(state);
}

static struct config config_of(struct config_intel_rdt rdt)
{
	struct config c = {.id = "box", .intel_rdt = rdt};

	c.intel_rdt.set = true;
	return c;
}

static void made(struct config_intel_rdt rdt)
{
	struct config c = config_of(rdt);

	OK(resctrl_make(&r, &c, mount, &e));
}

static void refused(struct config_intel_rdt rdt, const char *why)
{
	struct config c = config_of(rdt);

	e.text[0] = '\0';
	if (resctrl_make(&r, &c, mount, &e) == 0)
		fail_msg("it was taken");
	if (strncmp(e.text, "linux.intelRdt: ", 16) != 0 || !strstr(e.text, why))
		fail_msg("no \"%s\" in: %s", why, e.text);
	/* Nothing is to be removed, and nothing to be joined. */
	assert_string_equal(r.clos, "");
	assert_string_equal(r.monitor, "");
	assert_string_equal(r.tasks, "");
}

/* ---- */

/* [RDT-3] */
static void not_asked_for(void **state)
{
	struct config c = {.id = "box", .intel_rdt = {.l3_cache_schema = "L3:0=f"}};

	(void)state;
	OK(resctrl_make(&r, &c, mount, &e));
	OK(resctrl_join(&r, 7, &e));
	OK(resctrl_remove(&r, &e));
	assert_int_equal(entries_of(root_fd, "r"), 4);
	check_text("r/schemata", DEFAULT_SCHEMATA);
	check_text("r/tasks", "");
}

/* [RDT-2]: this host has no such mount, or the test is not for it. */
static void no_mount(void **state)
{
	struct config c = config_of((struct config_intel_rdt){.clos_id = "no-such-class"});

	(void)state;
	assert_int_equal(resctrl_make(&r, &c, NULL, &e), -1);
	assert_int_equal(strncmp(e.text, "linux.intelRdt: ", 16), 0);
	if (!strstr(e.text, "no resctrl filesystem is mounted"))
		assert_non_null(strstr(e.text, "no-such-class: No such file or directory"));
}

/* [RDT-1, RDT-4, RDT-7, RDT-10] */
static void a_class_of_its_own(void **state)
{
	(void)state;
	made((struct config_intel_rdt){0});
	check_text("r/box/schemata", "");
	OK(resctrl_join(&r, 4711, &e));
	check_text("r/box/tasks", "4711");
	check_text("r/tasks", "");
	OK(resctrl_remove(&r, &e));
	assert_false(is_there("r/box"));
	OK(resctrl_remove(&r, &e)); /* gone already */
	/* One of this name that is somebody else's is not taken, and so not removed. */
	put("r/box/tasks", "");
	refused((struct config_intel_rdt){0}, "make class");
	assert_true(is_there("r/box"));
}

/* [RDT-4] */
static void the_default_class(void **state)
{
	(void)state;
	made((struct config_intel_rdt){.clos_id = "/"});
	OK(resctrl_join(&r, 4711, &e));
	check_text("r/tasks", "4711");
	check_text("r/schemata", DEFAULT_SCHEMATA);
	OK(resctrl_remove(&r, &e));
	assert_true(is_there("r/schemata"));
	assert_int_equal(entries_of(root_fd, "r"), 4);
	made((struct config_intel_rdt){.clos_id = "/", .l3_cache_schema = "L3:0=7ff"});
	refused((struct config_intel_rdt){.clos_id = "/", .l3_cache_schema = "L3:0=7f"}, "L3:0=7f");
}

/* [RDT-5, RDT-6] */
static void what_is_written(void **state)
{
	static char one[] = "L2:0=f", two[] = "MB:0=30";
	char *lines[] = {one, two, NULL};

	(void)state;
	made((struct config_intel_rdt){.l3_cache_schema = "L3:0=f;1=f0"});
	check_text("r/box/schemata", "L3:0=f;1=f0\n");
	OK(resctrl_remove(&r, &e));
	made((struct config_intel_rdt){.mem_bw_schema = "MB:0=20;1=70"});
	check_text("r/box/schemata", "MB:0=20;1=70\n");
	OK(resctrl_remove(&r, &e));
	made((struct config_intel_rdt){.l3_cache_schema = "L3:0=f", .mem_bw_schema = "MB:0=20"});
	check_text("r/box/schemata", "L3:0=f\nMB:0=20\n");
	OK(resctrl_remove(&r, &e));
	/* Of the cache's field the bandwidth is left out where it has a field of its own. */
	made((struct config_intel_rdt){.l3_cache_schema = "L3:0=f\nMB:0=90\n",
				       .mem_bw_schema = "MB:0=20"});
	check_text("r/box/schemata", "L3:0=f\nMB:0=20\n");
	OK(resctrl_remove(&r, &e));
	made((struct config_intel_rdt){.l3_cache_schema = "L3:0=f\nMB:0=90"});
	check_text("r/box/schemata", "L3:0=f\nMB:0=90\n");
	OK(resctrl_remove(&r, &e));
	/* A second write, which in this tree goes over the first. */
	made((struct config_intel_rdt){.l3_cache_schema = "L3:0=f", .schemata = {lines, 2}});
	check_text("r/box/schemata", "L2:0=f\nMB:0=30\n");
	OK(resctrl_remove(&r, &e));
}

/* [RDT-5, RDT-6] */
static void what_is_no_schema(void **state)
{
	static char two[] = "L3:0=f\nL3:1=f";
	char *lines[] = {two, NULL};

	(void)state;
	refused((struct config_intel_rdt){.mem_bw_schema = "L3:0=f"}, "memBwSchema");
	refused((struct config_intel_rdt){.mem_bw_schema = "MB:0=20\nMB:1=20"}, "memBwSchema");
	refused((struct config_intel_rdt){.schemata = {lines, 1}}, "schemata");
	assert_false(is_there("r/box"));
}

/* [RDT-8, RDT-10] */
static void a_named_class(void **state)
{
	static char line[] = "L3:0=1";
	char *lines[] = {line, NULL};

	(void)state;
	made((struct config_intel_rdt){.clos_id = "gold", .l3_cache_schema = "L3:0=f"});
	check_text("r/gold/schemata", "L3:0=f\n");
	OK(resctrl_join(&r, 4711, &e));
	check_text("r/gold/tasks", "4711");
	OK(resctrl_remove(&r, &e));
	assert_true(is_there("r/gold/schemata"));
	assert_false(is_there("r/box"));
	/* There already: the values are compared, as the kernel prints them. */
	put("r/gold/schemata", "    MB:0=100;1= 70\n    L3:0=00f;1=0f0\nL3CODE:0=1\n");
	made((struct config_intel_rdt){.clos_id = "gold", .l3_cache_schema = "L3:0=f;1=F0"});
	made((struct config_intel_rdt){.clos_id = "gold", .l3_cache_schema = "L3:1=f0"});
	made((struct config_intel_rdt){.clos_id = "gold", .mem_bw_schema = "MB:1=70;0=100"});
	refused((struct config_intel_rdt){.clos_id = "gold", .l3_cache_schema = "L3:0=f;1=f"},
		"other values than \"L3:0=f;1=f\"");
	refused((struct config_intel_rdt){.clos_id = "gold", .l3_cache_schema = "L3:2=f"},
		"other values");
	refused((struct config_intel_rdt){.clos_id = "gold", .l3_cache_schema = "L2:0=f"},
		"other values");
	refused((struct config_intel_rdt){.clos_id = "gold", .l3_cache_schema = "L3CODE:0=2"},
		"other values");
	refused((struct config_intel_rdt){.clos_id = "gold", .l3_cache_schema = "L3:0"},
		"other values");
	refused((struct config_intel_rdt){.clos_id = "gold", .l3_cache_schema = "L3"},
		"other values");
	refused((struct config_intel_rdt){.clos_id = "gold", .mem_bw_schema = "MB:0=10"},
		"other values");
	refused((struct config_intel_rdt){.clos_id = "gold",
					  .l3_cache_schema = "L3:0=f",
					  .mem_bw_schema = "MB:0=10"},
		"other values than \"MB:0=10\"");
	assert_true(is_there("r/gold/schemata"));
	/* What "schemata" says is written all the same. */
	put("r/gold/schemata", "");
	made((struct config_intel_rdt){.clos_id = "gold", .schemata = {lines, 1}});
	check_text("r/gold/schemata", "L3:0=1\n");
}

/* [RDT-9] */
static void a_named_class_without_schema(void **state)
{
	(void)state;
	refused((struct config_intel_rdt){.clos_id = "gold"}, "gold: No such file or directory");
	assert_false(is_there("r/gold"));
	put("r/gold/tasks", "");
	made((struct config_intel_rdt){.clos_id = "gold"});
	OK(resctrl_join(&r, 4711, &e));
	check_text("r/gold/tasks", "4711");
	OK(resctrl_remove(&r, &e));
	assert_true(is_there("r/gold/tasks"));
	put("r/file", "");
	refused((struct config_intel_rdt){.clos_id = "file"}, "Not a directory");
}

static void names_that_are_no_class(void **state)
{
	static const char *const names[] = {"",	  ".",	  "..",		"../x",	    "a/b",
					    "/a", "info", "mon_groups", "mon_data", "a\nb"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		refused((struct config_intel_rdt){.clos_id = names[i], .l3_cache_schema = "L3:0=f"},
			"not the name of a class");
	assert_int_equal(entries_of(root_fd, "r"), 4);
}

/* [RDT-11] */
static void measured_by_itself(void **state)
{
	(void)state;
	made((struct config_intel_rdt){.enable_monitoring = true});
	OK(resctrl_join(&r, 4711, &e));
	check_text("r/box/tasks", "4711");
	check_text("r/box/mon_groups/box/tasks", "4711");
	OK(resctrl_remove(&r, &e));
	assert_false(is_there("r/box"));
	/* In a class that stays, and in the default one. */
	put_dir("r/gold/mon_groups");
	put("r/gold/tasks", "");
	made((struct config_intel_rdt){.clos_id = "gold", .enable_monitoring = true});
	OK(resctrl_join(&r, 4712, &e));
	check_text("r/gold/mon_groups/box/tasks", "4712");
	OK(resctrl_remove(&r, &e));
	assert_false(is_there("r/gold/mon_groups/box"));
	assert_true(is_there("r/gold/tasks"));
	made((struct config_intel_rdt){.clos_id = "/", .enable_monitoring = true});
	OK(resctrl_join(&r, 4713, &e));
	check_text("r/mon_groups/box/tasks", "4713");
	OK(resctrl_remove(&r, &e));
	assert_false(is_there("r/mon_groups/box"));
}

/* [RDT-12]: with the kernel's reason, and without the class that was just made. */
static void no_group_to_be_had(void **state)
{
	(void)state;
	put_dir("r/gold/mon_groups");
	put("r/gold/tasks", "");
	put("r/info/last_cmd_status", "Out of RMIDs\n");
	mkdir_error = ENOSPC;
	refused((struct config_intel_rdt){.clos_id = "gold", .enable_monitoring = true},
		"box: No space left on device (Out of RMIDs)");
	assert_true(is_there("r/gold/tasks"));
	mkdir_error = ENOSPC;
	refused((struct config_intel_rdt){0}, "make class");
	put_dir("r/gold/mon_groups/box");
	refused((struct config_intel_rdt){.clos_id = "gold", .enable_monitoring = true},
		"File exists");
	assert_true(is_there("r/gold/mon_groups/box"));
}

/* What was made goes again when what is to be written is refused. */
static void a_schema_that_is_refused(void **state)
{
	(void)state;
	refused((struct config_intel_rdt){.clos_id = "gold", .mem_bw_schema = "L3:0=f"},
		"memBwSchema");
	assert_false(is_there("r/gold"));
	refused((struct config_intel_rdt){.mem_bw_schema = "L3:0=f"}, "memBwSchema");
	assert_false(is_there("r/box"));
}

static void a_process_that_is_refused(void **state)
{
	(void)state;
	made((struct config_intel_rdt){0});
	take_away("r/box/tasks");
	assert_int_equal(resctrl_join(&r, 4711, &e), -1);
	assert_non_null(strstr(e.text, "linux.intelRdt: "));
	OK(resctrl_remove(&r, &e));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, mount_make, mount_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(not_asked_for),
		TEST(no_mount),
		TEST(a_class_of_its_own),
		TEST(the_default_class),
		TEST(what_is_written),
		TEST(what_is_no_schema),
		TEST(a_named_class),
		TEST(a_named_class_without_schema),
		TEST(names_that_are_no_class),
		TEST(measured_by_itself),
		TEST(no_group_to_be_had),
		TEST(a_schema_that_is_refused),
		TEST(a_process_that_is_refused),
	};

	return cmocka_run_group_tests_name("resctrl", tests, NULL, NULL);
}
