/*
 * cgroup_fixture.h - what the tests of host/cgroup*.c stand on.
 *
 * They work on the real host: real directories, real processes, real limits, and follow what the host has,
 * v1 controllers, a pure v2 hierarchy, or both side by side. All directories have "mini-run-unit-PID" in
 * their path, and the end of every test removes those again, also after a failure. Without root only the
 * tests of pure functions run, the others are skipped.
 */
#ifndef CGROUP_FIXTURE_H
#define CGROUP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "host/cgroup_private.h"

#define SET(n)                            \
	{                                 \
		.set = true, .value = (n) \
	}

/* As config.json has it. */
#define OCI(name)                                                                                   \
	{                                                                                           \
		.oci_version = "1.3.0", .count_usage = true, .id = unit, .cgroup_path = below(name) \
	}

static char unit[64]; /* mini-run-unit-PID */
static struct cgroup_survey host;
static struct error e;
static pid_t children[64];
static size_t children_n;

#define OK(call)                                           \
	do {                                               \
		e.text[0] = '\0';                          \
		if ((call) < 0)                            \
			fail_msg("%s: %s", #call, e.text); \
	} while (0)

#define REFUSED(call, words)                                                   \
	do {                                                                   \
		e.text[0] = '\0';                                              \
		assert_int_equal(call, -1);                                    \
		if (!strstr(e.text, words))                                    \
			fail_msg("\"%s\" does not say \"%s\"", e.text, words); \
	} while (0)

static inline void need_root(void)
{
	if (geteuid() == 0 && host.version != CGROUP_NONE)
		return;
	print_message("skip: it takes root and a cgroup mount\n");
	skip();
}

static inline void need(bool there, const char *what)
{
	need_root();
	if (there)
		return;
	print_message("skip: this host has no %s\n", what);
	skip();
}

/* "unit/rest" below the cgroup mounts; the text lives until the fourth next call. */
static inline const char *below(const char *rest)
{
	static char text[4][256];
	static unsigned int turn;
	char *ret = text[turn++ % 4];

	snprintf(ret, sizeof(text[0]), "%s/%s", unit, rest);
	return ret;
}

static inline struct cgroup_dir *dir_for(struct cgroup *g, const char *v1, const char *v2)
{
	struct cgroup_dir *d = cgroup_v1_dir(g, v1);

	if (!d && v2 && g->dirs_n > 0 && g->dirs[g->dirs_n - 1].v2)
		d = &g->dirs[g->dirs_n - 1];
	return d;
}

static inline void check_file(const struct cgroup_dir *d, const char *file, const char *expected)
{
	char text[4096];

	assert_non_null(d);
	OK(file_read_at(d->fd, file, text, sizeof(text), NULL, &e));
	if (strncmp(text, expected, strlen(expected)) != 0 || text[strlen(expected)] != '\n')
		fail_msg("%s is \"%s\", not \"%s\"", file, text, expected);
}

static inline bool has_file(const struct cgroup_dir *d, const char *file)
{
	return d && faccessat(d->fd, file, F_OK, 0) == 0;
}

static inline void start(struct cgroup *g, const struct config *c)
{
	OK(cgroup_plan(g, c, &e));
	OK(cgroup_make(g, c, &e));
	OK(cgroup_limit(g, c, &e));
}

static inline void finish(struct cgroup *g)
{
	OK(cgroup_remove(g, &e));
	for (size_t i = 0; i < g->dirs_n; i++)
		assert_int_equal(access(g->dirs[i].path, F_OK), -1);
	cgroup_end(g);
}

/* A child in the cgroups, by the way that the version has. The child's return is as from fork(2). */
static inline pid_t spawn_in(const struct cgroup *g)
{
	struct sys_clone how = {.cgroup_fd = cgroup_clone_fd(g)};
	pid_t pid;

	how.flags = how.cgroup_fd >= 0 ? CLONE_INTO_CGROUP : 0;
	pid = sys_clone3(&how);
	if (pid == 0) {
		struct error failed;

		if (cgroup_enter(g, &failed) < 0)
			_exit(99);
		return 0;
	}
	assert_true(pid > 0);
	assert_true(children_n < sizeof(children) / sizeof(children[0]));
	children[children_n++] = pid;
	return pid;
}

/* A child that sits in the cgroups until it is killed. Returns when it is there. */
static inline pid_t sleeper_in(const struct cgroup *g)
{
	int ready[2];
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = spawn_in(g);
	if (pid == 0) {
		if (write(ready[1], "x", 1) != 1)
			_exit(98);
		for (;;)
			pause();
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	return pid;
}

static inline int status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (size_t i = 0; i < children_n; i++)
		if (children[i] == pid)
			children[i] = children[--children_n];
	return status;
}

static inline void check_killed(pid_t pid)
{
	int status = status_of(pid);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

/* Each mount that may have something of ours in it. */
static inline size_t mounts_of(char mounts[CGROUP_DIRS][CGROUP_PATH])
{
	static const char *const all[] = {
		"memory", "pids",  "cpu",     "cpuacct", "devices",  "freezer",
		"cpuset", "blkio", "hugetlb", "net_cls", "net_prio", "rdma",
	};
	size_t n = 0;

	if (host.where[0])
		snprintf(mounts[n++], CGROUP_PATH, "%s", host.where);
	for (size_t i = 0; host.version == CGROUP_V1 && i < sizeof(all) / sizeof(all[0]); i++)
		snprintf(mounts[n++], CGROUP_PATH, "/sys/fs/cgroup/%s", all[i]);
	return n;
}

static inline void remove_unit(const char *mount)
{
	bool v2 = host.where[0] && strcmp(mount, host.where) == 0;
	struct cgroup g = CGROUP_EMPTY;
	char path[CGROUP_PATH + 70];
	struct error ignored;

	snprintf(path, sizeof(path), "%s/%s", mount, unit);
	if (cgroup_add(&g, path, v2 ? "" : strrchr(mount, '/') + 1, strlen(mount), strlen(path),
		       true, &ignored) == 0)
		(void)cgroup_remove(&g, &ignored);
	cgroup_end(&g);
}

static inline int clean_up(void **state)
{
	char mounts[CGROUP_DIRS][CGROUP_PATH];
	size_t n = mounts_of(mounts);

	(void)state;
	for (size_t i = 0; i < children_n; i++)
		(void)kill(children[i], SIGKILL);
	for (size_t i = 0; i < n && geteuid() == 0; i++)
		remove_unit(mounts[i]);
	while (children_n > 0)
		(void)status_of(children[0]);
	return 0;
}

/* Whether the v2 hierarchy beside v1 gives hugetlb to its children, which a test here needs. */
static inline bool hugetlb_given(char *control, size_t size)
{
	char text[CGROUP_NAMES];

	snprintf(control, size, "%.900s/cgroup.subtree_control", host.where);
	return file_read_at(AT_FDCWD, control, text, sizeof(text), NULL, &e) < 0 ||
	       cgroup_has_word(text, "hugetlb");
}

static bool hugetlb_before;

static inline int look(void **state)
{
	char control[CGROUP_PATH];

	(void)state;
	snprintf(unit, sizeof(unit), "mini-run-unit-%d", (int)getpid());
	if (cgroup_survey(&host, &e) < 0)
		return -1;
	hugetlb_before = host.version != CGROUP_V1 || !host.where[0] ||
			 hugetlb_given(control, sizeof(control));
	return 0;
}

/* The host's own directories as they were. */
static inline int restore(void **state)
{
	char control[CGROUP_PATH];

	(void)state;
	if (!hugetlb_before && hugetlb_given(control, sizeof(control)))
		return file_write_at(AT_FDCWD, control, "-hugetlb", &e);
	return 0;
}

#define HOST_TEST(f) cmocka_unit_test_teardown(f, clean_up)

static inline int64_t number_of(const struct cgroup_dir *d, const char *file)
{
	assert_non_null(d);
	return cgroup_number(d->fd, file);
}

/* Moves @pid to "dir/NAME", made here. */
static inline void move_below(const struct cgroup *g, const char *name, pid_t pid)
{
	const struct cgroup_dir *d = cgroup_process_dir(g);
	char procs[128], text[24];

	assert_true(mkdirat(d->fd, name, 0755) == 0 || errno == EEXIST);
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", name);
	snprintf(text, sizeof(text), "%d", (int)pid);
	if (pid > 0)
		OK(file_write_at(d->fd, procs, text, &e));
}

#endif
