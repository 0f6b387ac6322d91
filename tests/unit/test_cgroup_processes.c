/*
 * test_cgroup_processes.c - host/cgroup*.c against the kernel: the processes in the cgroups of a container that exists,
 * frozen, listed and signalled.
 */
#include "cgroup_fixture.h"

#include <poll.h>

/* A directory for files that the commands keep; its descriptor. */
static char state_dir[64];

static int make_state_dir(void)
{
	int fd;

	snprintf(state_dir, sizeof(state_dir), "/tmp/test_cgroup_oci.XXXXXX");
	assert_non_null(mkdtemp(state_dir));
	fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void remove_state_dir(int fd)
{
	(void)unlinkat(fd, CGROUP_LATE_FILE, 0);
	(void)close(fd);
	assert_int_equal(rmdir(state_dir), 0);
}

/* A child that counts in shared memory as long as it runs. */
static pid_t counter_in(const struct cgroup *g, volatile uint64_t *count)
{
	pid_t pid = spawn_in(g);

	if (pid == 0)
		for (;;) {
			++*count;
			(void)poll(NULL, 0, 1);
		}
	for (uint64_t before = *count; *count == before;)
		(void)poll(NULL, 0, 1);
	return pid;
}

static bool counts(const volatile uint64_t *count)
{
	uint64_t before = *count;

	for (int i = 0; i < 50 && *count == before; i++)
		(void)poll(NULL, 0, 2);
	return *count != before;
}

static void freeze_and_thaw(void **state)
{
	struct config c = OCI("freeze");
	volatile uint64_t *count =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct cgroup g;
	pid_t pid;

	(void)state;
	need(host.version == CGROUP_V2 || cgroup_has_word(host.controllers, "freezer"), "freezer");
	start(&g, &c);
	assert_true(cgroup_can_freeze(&g));
	assert_false(cgroup_is_frozen(&g));
	pid = counter_in(&g, count);
	OK(cgroup_freeze(&g, true, &e));
	assert_true(cgroup_is_frozen(&g));
	assert_false(counts(count));
	OK(cgroup_freeze(&g, true, &e));
	OK(cgroup_freeze(&g, false, &e));
	assert_false(cgroup_is_frozen(&g));
	assert_true(counts(count));
	OK(cgroup_freeze(&g, true, &e));
	OK(cgroup_kill(&g, SIGKILL, &e)); /* the frozen ones too */
	check_killed(pid);
	finish(&g);
	assert_int_equal(munmap((void *)count, 4096), 0);
}

/* The command line's form is in no freezer of v1 from the start. */
static void late_freezer(void **state)
{
	struct config c = {.count_usage = true, .id = unit, .cgroup_path = below("late/x")};
	volatile uint64_t *count =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct cgroup g, found = CGROUP_EMPTY;
	char path[CGROUP_PATH];
	pid_t pids[3];
	int fd;

	(void)state;
	need(host.version == CGROUP_V1 && cgroup_has_word(host.controllers, "freezer"),
	     "v1 freezer");
	start(&g, &c);
	if (cgroup_clone_fd(&g) >= 0) {
		print_message("skip: this host counts by v2, which can freeze\n");
		finish(&g);
		skip();
	}
	assert_false(cgroup_can_freeze(&g));
	REFUSED(cgroup_freeze(&g, true, &e), "no cgroup that could freeze it");
	pids[0] = counter_in(&g, count);
	pids[1] = sleeper_in(&g);
	pids[2] = sleeper_in(&g);
	fd = make_state_dir();
	OK(cgroup_extend(&g, "freezer", fd, &e));
	assert_true(cgroup_can_freeze(&g));
	OK(cgroup_extend(&g, "freezer", fd, &e)); /* no second one */
	OK(cgroup_freeze(&g, true, &e));
	assert_false(counts(count));
	/* As another command finds it. */
	OK(cgroup_late_read(&found, fd, &e));
	assert_int_equal(found.dirs_n, 1);
	assert_true(found.dirs[0].late && found.dirs[0].made);
	assert_true(cgroup_is_frozen(&found));
	snprintf(path, sizeof(path), "%s", found.dirs[0].path);
	cgroup_end(&found);
	/* As the mini-run that stays with the container finds it: it knows the others only. */
	g.dirs_n--;
	for (size_t i = 0; i < g.dirs_n; i++)
		assert_false(g.dirs[i].late);
	assert_int_equal(kill(pids[0], SIGKILL), 0);
	cgroup_thaw(&g, fd);
	check_killed(pids[0]);
	OK(cgroup_remove(&g, &e));
	assert_true(cgroup_late_remove(fd));
	assert_int_equal(access(path, F_OK), -1);
	*strrchr(path, '/') = '\0';
	assert_int_equal(access(path, F_OK), -1); /* the parent was made for it */
	cgroup_end(&g);
	check_killed(pids[1]);
	check_killed(pids[2]);
	remove_state_dir(fd);
	assert_int_equal(munmap((void *)count, 4096), 0);
}

static void list_and_signal(void **state)
{
	struct config c = OCI("list");
	int32_t *pids = NULL;
	struct cgroup g;
	pid_t all[12];
	size_t n = 99;
	char name[32];

	(void)state;
	need_root();
	start(&g, &c);
	OK(cgroup_pids(&g, &pids, &n, &e));
	assert_int_equal(n, 0);
	free(pids);
	for (size_t i = 0; i < 12; i++)
		all[i] = sleeper_in(&g);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		move_below(&g, name, i < 3 ? all[i] : 0);
	}
	move_below(&g, "n0/deep", 0);
	move_below(&g, "n0/deep/er", all[5]);
	OK(cgroup_pids(&g, &pids, &n, &e));
	assert_int_equal(n, 12);
	for (size_t i = 1; i < n; i++)
		assert_true(pids[i - 1] < pids[i]);
	for (size_t i = 0; i < 12; i++) {
		bool there = false;

		for (size_t k = 0; k < n; k++)
			there = there || pids[k] == all[i];
		assert_true(there);
	}
	free(pids);
	OK(cgroup_kill(&g, SIGUSR1, &e));
	for (size_t i = 0; i < 12; i++) {
		int status = status_of(all[i]);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGUSR1);
	}
	OK(cgroup_kill(&g, SIGKILL, &e)); /* nobody there */
	finish(&g);
}

/* A thousand levels: past what a path can say, and more than there may be descriptors. */
static void list_deep(void **state)
{
	struct config c = OCI("abyss");
	int32_t *pids = NULL;
	struct cgroup g;
	char text[24];
	pid_t pid;
	size_t n;
	int fd;

	(void)state;
	need_root();
	start(&g, &c);
	pid = sleeper_in(&g);
	fd = openat(cgroup_process_dir(&g)->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 1100; i++) {
		int next;

		assert_int_equal(mkdirat(fd, "nested", 0755), 0);
		next = openat(fd, "nested", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		(void)close(fd);
		fd = next;
	}
	snprintf(text, sizeof(text), "%d", (int)pid);
	OK(file_write_at(fd, "cgroup.procs", text, &e));
	(void)close(fd);
	OK(cgroup_pids(&g, &pids, &n, &e));
	assert_int_equal(n, 1);
	assert_int_equal(pids[0], pid);
	free(pids);
	OK(cgroup_kill(&g, SIGKILL, &e));
	check_killed(pid);
	finish(&g);
}

static void kill_fork_bomb(void **state)
{
	struct config c = OCI("bombs");
	struct cgroup g;
	pid_t pid;

	(void)state;
	need(cgroup_has_word(host.controllers, "pids"), "pids controller");
	c.resources.pids = (struct config_number)SET(50);
	start(&g, &c);
	pid = spawn_in(&g);
	if (pid == 0) {
		(void)signal(SIGCHLD, SIG_IGN);
		for (;;)
			(void)fork();
	}
	while (number_of(dir_for(&g, "pids", "pids"), "pids.current") < 40)
		;
	OK(cgroup_kill(&g, SIGKILL, &e));
	check_killed(pid);
	for (int i = 0; i < 1000 && number_of(dir_for(&g, "pids", "pids"), "pids.current") > 0; i++)
		(void)poll(NULL, 0, 5);
	assert_int_equal(number_of(dir_for(&g, "pids", "pids"), "pids.current"), 0);
	finish(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(freeze_and_thaw), HOST_TEST(late_freezer),   HOST_TEST(list_and_signal),
		HOST_TEST(list_deep),	    HOST_TEST(kill_fork_bomb),
	};

	return cmocka_run_group_tests_name("cgroup_processes", tests, look, restore);
}
