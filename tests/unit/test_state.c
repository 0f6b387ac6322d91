/*
 * test_state.c - host/state.c: the state directory, whose it is, and what becomes of one that a killed run left.
 *
 * TREE/root/run is the directory of states. Children of the test stand for the PID 1 that a state file names: only
 * the one that it names for certain may be ended.
 */
#include "tree_fixture.h"

#include <sys/file.h>
#include <time.h>

#include "config/json.h"
#include "host/state.h"

static char run[80]; /* TREE/root/run */
static char boot[40];

static int make(void **state)
{
	struct error failed;

	if (tree_make(state) < 0)
		return -1;
	snprintf(run, sizeof(run), "%s/root/run", tree);
	if (file_read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot, sizeof(boot), NULL,
			 &failed) < 0)
		return -1;
	boot[strcspn(boot, "\n")] = '\0';
	return 0;
}

/* run/@id with @text as its state file (NULL: none). */
static void put_state(const char *id, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "run/%s", id);
	put_parents(path);
	put_dir(path);
	snprintf(path, sizeof(path), "run/%s/state.json", id);
	if (text)
		put(path, text);
}

static bool has_state(const char *id)
{
	char path[300];

	snprintf(path, sizeof(path), "run/%s", id);
	return is_there(path);
}

/* What the end of a run does, hooks left out. */
static void finish(struct state *s, const char *id)
{
	state_remove(s, id);
	state_leave(s);
}

/* A run of its own comes and goes, and looks around on its way. */
static void come_across(void)
{
	struct state s = STATE_EMPTY;

	OK(state_make(&s, run, "passer-by", &e));
	finish(&s, "passer-by");
	assert_false(has_state("passer-by"));
}

static void make_and_remove(void **state)
{
	struct state s = STATE_EMPTY;
	struct timespec now;
	int64_t before;

	(void)state;
	clock_gettime(CLOCK_REALTIME, &now);
	before = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	OK(state_make(&s, run, "box", &e));
	clock_gettime(CLOCK_REALTIME, &now);
	assert_true(s.made);
	assert_in_range(s.created_ns, before, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
	assert_string_equal(s.boot_id, boot);
	assert_int_equal(fcntl(s.dir_fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(s.root_fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(mode_of("run"), S_IFDIR | 0700);
	assert_int_equal(mode_of("run/box"), S_IFDIR | STATE_MAKING | 0700);
	OK(state_complete(&s, &e));
	assert_int_equal(mode_of("run/box"), S_IFDIR | 0700);
	finish(&s, "box");
	assert_false(has_state("box"));
	assert_true(is_there("run"));
	assert_false(s.made);
	assert_int_equal(s.dir_fd, -1);
	assert_int_equal(s.root_fd, -1);
	finish(&s, "box");
	/* One that was never made. */
	put_state("other", NULL);
	s = (struct state)STATE_EMPTY;
	finish(&s, "other");
	assert_true(has_state("other"));
}

static void lock_is_held(void **state)
{
	struct state first = STATE_EMPTY, second = STATE_EMPTY;
	OWNED_FD dir = -1;

	(void)state;
	OK(state_make(&first, run, "box", &e));
	dir = openat(root_fd, "run/box", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(dir, LOCK_SH | LOCK_NB), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	/* And that of all of them is not. */
	fd_close(&dir);
	dir = openat(root_fd, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(dir, LOCK_EX | LOCK_NB), 0);
	fd_close(&dir);
	/* Neither a run of the same name nor a sweep takes it away. */
	assert_int_equal(state_make(&second, run, "box", &e), -1);
	assert_non_null(strstr(e.text, "container \"box\" already exists"));
	assert_false(second.made);
	finish(&second, "box");
	come_across();
	assert_true(has_state("box"));
	finish(&first, "box");
	OK(state_make(&second, run, "box", &e));
	finish(&second, "box");
}

/* With somebody making a directory right now, no sweep takes his for litter. */
static void no_sweep_beside_a_maker(void **state)
{
	struct state s = STATE_EMPTY;
	OWNED_FD other = -1;

	(void)state;
	put_state("just-made", NULL);
	assert_int_equal(fchmodat(root_fd, "run", 0700, 0), 0);
	other = openat(root_fd, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(other, LOCK_SH | LOCK_NB), 0);
	OK(state_make(&s, run, "box", &e));
	assert_true(has_state("just-made"));
	finish(&s, "box");
	assert_int_equal(flock(other, LOCK_UN), 0);
	come_across();
	assert_false(has_state("just-made"));
}

static void start_times(void **state)
{
	static const char *const names[] = {"plain", "a b c", ") R 1 (", "))))", "1 2 3 4 5 6 7"};
	int64_t mine = state_start_time(getpid());

	(void)state;
	assert_true(mine > 0);
	assert_int_equal(state_start_time(getpid()), mine);
	for (size_t i = 0; i < COUNT(names); i++) {
		int64_t start = state_start_time(put_child(names[i]));

		/* Later than this program, and by less than a day. */
		assert_in_range(start, mine, mine + 86400 * sysconf(_SC_CLK_TCK));
	}
	assert_int_equal(state_start_time(0), -1);
	assert_int_equal(state_start_time(-1), -1);
	assert_int_equal(state_start_time(INT32_MAX), -1);
}

struct litter {
	const char *id, *text;
};

static void litter_goes(void **state)
{
	static const struct litter rows[] = {
		{"no-file", NULL},
		{"empty", ""},
		{"garbage", "\x01\x02{{{"},
		{"cut-off", "{\"id\":\"cut-off\",\"pid\":1"},
		{"no-object", "[1,2,3]"},
		{"no-members", "{}"},
		{"all-null", "{\"pid\":null,\"startTime\":null,\"bootId\":null,\"cgroups\":null}"},
		{"wrong-types",
		 "{\"pid\":\"1\",\"startTime\":[],\"bootId\":7,\"foreground\":1,\"cgroups\":{}}"},
		{"no-pid", "{\"foreground\":true,\"cgroups\":[]}"},
		{"cgroups-gone", "{\"cgroups\":[\"/sys/fs/cgroup/mini-run-unit-none/a\",null]}"},
	};

	(void)state;
	/* Eight at a time go. */
	for (size_t i = 0; i < COUNT(rows); i++)
		put_state(rows[i].id, rows[i].text);
	put_state("half-written", NULL);
	put("run/half-written/.state.json.new", "{\"id\":");
	put_state("fifo", NULL);
	put_fifo("run/fifo/state.json");
	put_state("by-link", NULL);
	put_link("run/by-link/state.json", "../../../canary/secret");
	assert_int_equal(fchmodat(root_fd, "run", 0700, 0), 0);
	for (int i = 0; i < 3; i++)
		come_across();
	for (size_t i = 0; i < COUNT(rows); i++)
		if (has_state(rows[i].id))
			fail_msg("%s is still there", rows[i].id);
	assert_int_equal(entries_of(root_fd, "run"), 0);
}

/* What is no state directory, or holds what none of ours would hold, is left alone. */
static void others_stay(void **state)
{
	(void)state;
	put("run/a-file", "text");
	put_link("run/a-link", "../../canary");
	put_link("run/a-loop", "a-loop");
	put_fifo("run/a-fifo");
	put("run/precious/data", "data");
	assert_int_equal(fchmodat(root_fd, "run", 0700, 0), 0);
	come_across();
	come_across();
	assert_int_equal(entries_of(root_fd, "run"), 5);
	check_text("run/a-file", "text");
	check_text("run/precious/data", "data");
}

static void same_name_as_litter(void **state)
{
	struct state s = STATE_EMPTY;
	char id[16];

	(void)state;
	/* More than a sweep removes: the one of that name goes all the same. */
	for (int i = 0; i < 40; i++) {
		snprintf(id, sizeof(id), "box%d", i);
		put_state(id, "{}");
	}
	assert_int_equal(fchmodat(root_fd, "run", 0700, 0), 0);
	for (int i = 39; i >= 0; i--) {
		snprintf(id, sizeof(id), "box%d", i);
		OK(state_make(&s, run, id, &e));
		assert_int_equal(entries_of(s.dir_fd, "."), 0);
		finish(&s, id);
	}
	assert_int_equal(entries_of(root_fd, "run"), 0);
	/* One that cannot be removed is in the way. */
	put("run/box/data", "data");
	assert_int_equal(state_make(&s, run, "box", &e), -1);
	assert_non_null(strstr(e.text, "already exists"));
	finish(&s, "box");
	put("run/file", "");
	assert_int_equal(state_make(&s, run, "file", &e), -1);
	assert_non_null(strstr(e.text, "already exists"));
	finish(&s, "file");
}

/* A state file that names @pid; the parts that are NULL or below 0 are left out. */
static void put_named(const char *id, pid_t pid, int64_t start, const char *boot_id,
		      const char *foreground, bool complete)
{
	char text[512], path[128];
	int n = snprintf(text, sizeof(text), "{\"pid\":%d", (int)pid);

	if (start >= 0)
		n += snprintf(text + n, sizeof(text) - (size_t)n, ",\"startTime\":%lld",
			      (long long)start);
	if (boot_id)
		n += snprintf(text + n, sizeof(text) - (size_t)n, ",\"bootId\":\"%s\"", boot_id);
	if (foreground)
		n += snprintf(text + n, sizeof(text) - (size_t)n, ",\"foreground\":%s", foreground);
	snprintf(text + n, sizeof(text) - (size_t)n, "}\n");
	put_state(id, text);
	snprintf(path, sizeof(path), "run/%s", id);
	assert_int_equal(fchmodat(root_fd, path, complete ? 0700 : STATE_MAKING | 0700, 0), 0);
	assert_int_equal(fchmodat(root_fd, "run", 0700, 0), 0);
}

/* The pid has gone to somebody else: the directory is litter, and he lives. */
static void innocent_survives(void **state)
{
	pid_t pid = put_child("innocent");
	int64_t start = state_start_time(pid);
	char other_boot[40];

	(void)state;
	assert_true(start > 0);
	snprintf(other_boot, sizeof(other_boot), "%s", boot);
	other_boot[0] = other_boot[0] == '0' ? '1' : '0';
	put_named("later", pid, start + 1, boot, "true", true);
	put_named("earlier", pid, start - 1, boot, "true", true);
	put_named("zero", pid, 0, boot, "true", true);
	put_named("no-start", pid, -1, boot, "true", true);
	put_named("other-boot", pid, start, other_boot, "true", true);
	put_named("empty-boot", pid, start, "", "true", true);
	put_named("no-boot", pid, start, NULL, "true", true);
	come_across();
	assert_int_equal(entries_of(root_fd, "run"), 0);
	put_named("cut-boot", pid, start, "0", "true", true);
	put_named("wrong-type", pid, start, boot, "\"true\"", true);
	put_named("init-of-the-host", 1, state_start_time(1), boot, "true", true);
	put_named("nobody", INT32_MAX, start, boot, "true", true);
	come_across();
	assert_int_equal(entries_of(root_fd, "run"), 0);
	assert_true(is_alive(pid));
}

/* Not in the foreground: it needs nobody who holds its directory. */
static void live_init_survives(void **state)
{
	struct state s = STATE_EMPTY;
	pid_t pid = put_child("background");
	int64_t start = state_start_time(pid);

	(void)state;
	put_named("background", pid, start, boot, "false", true);
	put_named("not-said", pid, start, boot, NULL, true);
	come_across();
	assert_true(has_state("background"));
	assert_true(is_there("run/background/state.json"));
	assert_true(has_state("not-said"));
	assert_true(is_alive(pid));
	assert_int_equal(state_make(&s, run, "background", &e), -1);
	assert_non_null(strstr(e.text, "container \"background\" already exists"));
	finish(&s, "background");
	assert_true(is_alive(pid));
	/* Once it is dead it has stopped, and stays until it is deleted. */
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	children_n--;
	come_across();
	assert_true(has_state("background"));
}

/* A create that was killed: nobody holds it, and it was never whole. */
static void half_made_goes(void **state)
{
	pid_t orphan = put_child("orphan");

	(void)state;
	put_named("half", orphan, state_start_time(orphan), boot, "false", false);
	come_across();
	assert_false(has_state("half"));
	assert_false(is_alive(orphan));
}

/* The very process, of a run that was killed: it goes, and then what was made for it. */
static void orphan_is_ended(void **state)
{
	pid_t orphan = put_child("orphan"), innocent = put_child("innocent");
	siginfo_t info = {0};

	(void)state;
	put_named("orphan", orphan, state_start_time(orphan), boot, "true", true);
	come_across();
	assert_false(has_state("orphan"));
	assert_false(is_alive(orphan));
	assert_int_equal(waitid(P_PID, (id_t)orphan, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(info.si_code, CLD_KILLED);
	assert_int_equal(info.si_status, SIGKILL);
	assert_true(is_alive(innocent));
}

/* A damaged state file may name anything as a cgroup. Nothing but cgroups goes. */
static void named_paths_stay(void **state)
{
	char text[512];

	(void)state;
	put_dir("precious");
	put_dir("precious/empty");
	snprintf(text, sizeof(text),
		 "{\"cgroups\":[{\"path\":\"%s/root/precious/"
		 "empty\",\"mount\":1,\"keep\":1,\"made\":true},"
		 "{\"path\":\"%s/canary\",\"mount\":1,\"keep\":1,\"made\":true}]}",
		 tree, tree);
	put_state("damaged", text);
	assert_int_equal(fchmodat(root_fd, "run", 0700, 0), 0);
	come_across();
	assert_true(is_there("precious/empty"));
}

static void refused_roots(void **state)
{
	static const struct {
		const char *path;
		unsigned int mode;
	} rows[] = {
		{"group", 0770},
		{"others", 0707},
		{"sticky", 01777},
		{"both", 0722},
	};
	struct state s = STATE_EMPTY;
	char path[100];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		put_dir(rows[i].path);
		assert_int_equal(fchmodat(root_fd, rows[i].path, rows[i].mode, 0), 0);
		snprintf(path, sizeof(path), "%s/root/%s", tree, rows[i].path);
		assert_int_equal(state_make(&s, path, "box", &e), -1);
		assert_non_null(strstr(e.text, "is not this user's alone"));
		assert_int_equal(s.root_fd, -1);
		assert_int_equal(entries_of(root_fd, rows[i].path), 0);
	}
	put_dir("real");
	put_link("link", "real");
	put_link("dangling", "nowhere");
	put("file", "");
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = {"link", "dangling", "file"};

		snprintf(path, sizeof(path), "%s/root/%s", tree, names[i]);
		assert_int_equal(state_make(&s, path, "box", &e), -1);
		assert_non_null(strstr(e.text, "state directory"));
		assert_int_equal(s.root_fd, -1);
	}
	assert_int_equal(entries_of(root_fd, "real"), 0);
	assert_false(is_there("nowhere"));
}

static void foreign_root(void **state)
{
	struct state s = STATE_EMPTY;

	(void)state;
	need_root("to give a directory away");
	put_dir("run");
	assert_int_equal(fchmodat(root_fd, "run", 0700, 0), 0);
	assert_int_equal(fchownat(root_fd, "run", 12345, 0, 0), 0);
	assert_int_equal(state_make(&s, run, "box", &e), -1);
	assert_non_null(strstr(e.text, "is not this user's alone (owner 12345, mode 700)"));
	assert_int_equal(entries_of(root_fd, "run"), 0);
}

/* The state file as a document. */
static void read_state(struct json *ret, char *text, size_t size)
{
	size_t length;

	OK(file_read_at(root_fd, "run/box/state.json", text, size, &length, &e));
	OK(json_parse(text, length, ret, &e));
}

static void check_string(const struct json *document, const char *name, const char *expected)
{
	struct json member = json_member(document, name);
	const char *value = "(none)";

	OK(json_get_string(&member, &value, &e));
	if (strcmp(value, expected) != 0)
		fail_msg("%s is \"%s\", not \"%s\"", name, value, expected);
}

static void check_document(const struct cgroup *g, const char *rootfs, pid_t pid)
{
	static char text[65536];
	struct json document, member;
	int64_t number = -1;
	bool foreground = false;
	const char *value;
	size_t n = 99;

	read_state(&document, text, sizeof(text));
	check_string(&document, "ociVersion", "1.3.0");
	check_string(&document, "id", "box");
	check_string(&document, "bundle", "");
	check_string(&document, "rootfs", rootfs);
	check_string(&document, "created", "2024-02-29T12:34:56.000000789Z");
	check_string(&document, "bootId", boot);
	member = json_member(&document, "foreground");
	OK(json_get_bool(&member, &foreground, &e));
	assert_true(foreground);
	member = json_member(&document, "pid");
	assert_int_equal(json_present(&member), pid > 0);
	OK(json_get_i64(&member, 0, INT64_MAX, &number, &e));
	assert_int_equal(number, pid > 0 ? pid : -1);
	member = json_member(&document, "startTime");
	assert_int_equal(json_present(&member), pid > 0);
	number = -1;
	OK(json_get_i64(&member, 0, INT64_MAX, &number, &e));
	assert_int_equal(number, pid > 0 ? state_start_time(pid) : -1);
	member = json_member(&document, "cgroups");
	OK(json_get_array(&member, &n, &e));
	assert_int_equal(n, g->dirs_n);
	for (size_t i = 0; i < n; i++) {
		struct json one = json_at(&member, i), path = json_member(&one, "path");

		OK(json_get_string(&path, &value, &e));
		assert_string_equal(value, g->dirs[i].path);
	}
	json_end(&document);
}

static void written(void **state)
{
	static struct cgroup g;
	struct config c = {.id = "box", .rootfs = "/path with \"quotes\", \\ and \n\t\x01\x7f"};
	static const struct resctrl no_class;
	struct state_content content = {
		.config = &c,
		.cgroup = &g,
		.resctrl = &no_class,
		.foreground = true,
	};
	struct state s = STATE_EMPTY;

	(void)state;
	OK(state_make(&s, run, "box", &e));
	s.created_ns = 1709210096000000789; /* 2024-02-29 12:34:56 UTC */
	g.dirs_n = 0;
	OK(state_write(&s, &content, &e));
	assert_int_equal(mode_of("run/box/state.json"), S_IFREG | 0600);
	check_document(&g, c.rootfs, 0);
	g.dirs_n = CGROUP_DIRS;
	for (size_t i = 0; i < CGROUP_DIRS; i++) {
		snprintf(g.dirs[i].path, CGROUP_PATH, "/sys/fs/cgroup/\"%zu\"/", i);
		memset(g.dirs[i].path + strlen(g.dirs[i].path), 'c', 900);
	}
	content.pid = getpid();
	OK(state_write(&s, &content, &e));
	assert_int_equal(mode_of("run/box/state.json"), S_IFREG | 0600);
	check_document(&g, c.rootfs, getpid());
	/* What is no UTF-8 stays a valid document. */
	c.rootfs = "/caf\xe9";
	content.pid = getpid();
	OK(state_write(&s, &content, &e));
	check_document(&g, "/caf\xc3\xa9", getpid());
	assert_int_equal(entries_of(root_fd, "run/box"), 1);
	finish(&s, "box");
	assert_int_equal(entries_of(root_fd, "run"), 0);
}

#define STATE_TEST(f) cmocka_unit_test_setup_teardown(f, make, tree_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(make_and_remove),
		STATE_TEST(lock_is_held),
		STATE_TEST(no_sweep_beside_a_maker),
		STATE_TEST(start_times),
		STATE_TEST(litter_goes),
		STATE_TEST(others_stay),
		STATE_TEST(same_name_as_litter),
		STATE_TEST(innocent_survives),
		STATE_TEST(live_init_survives),
		STATE_TEST(half_made_goes),
		STATE_TEST(orphan_is_ended),
		STATE_TEST(named_paths_stay),
		STATE_TEST(refused_roots),
		STATE_TEST(foreign_root),
		STATE_TEST(written),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
