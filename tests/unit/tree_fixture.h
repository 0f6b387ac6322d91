/*
 * tree_fixture.h - a small root filesystem for the tests that look at files.
 *
 * tree_make() makes TREE/root, which a test fills and of which root_fd is a descriptor, and beside it
 * TREE/canary, which nothing may touch. tree_remove() takes everything away again, also after a failure, ends
 * the children that a test has left, and fails the test where the canary was touched or where a descriptor has
 * stayed open. Everything that a test makes in TREE/root is named relative to that.
 */
#ifndef TREE_FIXTURE_H
#define TREE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"

#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))
#define CANARY_SECRET "untouched\n"

static char tree[64]; /* TREE */
static int root_fd = -1;
static int descriptors_before;
static struct error e;
static pid_t children[16];
static size_t children_n;

#define OK(call)                                           \
	do {                                               \
		e.text[0] = '\0';                          \
		if ((call) < 0)                            \
			fail_msg("%s: %s", #call, e.text); \
	} while (0)

static inline void need_root(const char *why)
{
	if (geteuid() == 0)
		return;
	print_message("skip: it takes root %s\n", why);
	skip();
}

static inline int count_descriptors(void)
{
	DIR *list = opendir("/proc/self/fd");
	int n = 0;

	while (list && readdir(list))
		n++;
	if (list)
		closedir(list);
	return n;
}

/* ---- what is put into TREE/root ---- */

/* The parent directories of @path. */
static inline void put_parents(const char *path)
{
	char part[PATH_MAX];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (*part && mkdirat(root_fd, part, 0755) < 0 && errno != EEXIST)
			fail_msg("mkdir %s: %s", part, strerror(errno));
	}
}

static inline void put_bytes(const char *path, const void *bytes, size_t n, unsigned int mode)
{
	OWNED_FD fd = -1;

	put_parents(path);
	fd = openat(root_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0 || write_all(fd, bytes, n) < 0 || fchmod(fd, mode) < 0)
		fail_msg("write %s: %s", path, strerror(errno));
}

static inline void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text), 0644);
}

static inline void put_dir(const char *path)
{
	put_parents(path);
	if (mkdirat(root_fd, path, 0755) < 0)
		fail_msg("mkdir %s: %s", path, strerror(errno));
}

static inline void put_link(const char *path, const char *target)
{
	put_parents(path);
	if (symlinkat(target, root_fd, path) < 0)
		fail_msg("symlink %s: %s", path, strerror(errno));
}

static inline void put_fifo(const char *path)
{
	put_parents(path);
	if (mkfifoat(root_fd, path, 0644) < 0)
		fail_msg("mkfifo %s: %s", path, strerror(errno));
}

static inline void put_socket(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	OWNED_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/root/%s", tree, name);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		fail_msg("bind %s: %s", name, strerror(errno));
}

/* A file of @size bytes that takes no room. */
static inline void put_sparse(const char *path, off_t size)
{
	OWNED_FD fd = -1;

	put(path, "");
	fd = openat(root_fd, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || ftruncate(fd, size) < 0)
		fail_msg("truncate %s: %s", path, strerror(errno));
}

/* The same as /dev/null. */
static inline void put_device(const char *path)
{
	put_parents(path);
	if (mknodat(root_fd, path, S_IFCHR | 0666, makedev(1, 3)) < 0)
		fail_msg("mknod %s: %s", path, strerror(errno));
}

static inline void take_away(const char *path)
{
	if (unlinkat(root_fd, path, 0) < 0 && unlinkat(root_fd, path, AT_REMOVEDIR) < 0)
		fail_msg("remove %s: %s", path, strerror(errno));
}

/* ---- what is found there ---- */

static inline bool is_there(const char *path)
{
	return faccessat(root_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static inline mode_t mode_of(const char *path)
{
	struct stat st;

	if (fstatat(root_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		fail_msg("stat %s: %s", path, strerror(errno));
	return st.st_mode;
}

static inline void check_text(const char *path, const char *expected)
{
	char text[4096];

	OK(file_read_at(root_fd, path, text, sizeof(text), NULL, &e));
	assert_string_equal(text, expected);
}

/* How many entries the directory has. */
static inline int entries_of(int dir_fd, const char *path)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = -2;
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;

	while (list && readdir(list))
		n++;
	if (list)
		closedir(list);
	return n;
}

/* ---- children ---- */

/* A child that does nothing until it is killed. Returns when its name is @name. */
static inline pid_t put_child(const char *name)
{
	OWNED_FD read_end = -1;
	int ready[2];
	char byte;
	pid_t pid;

	assert_true(children_n < COUNT(children));
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	read_end = ready[0];
	pid = fork();
	if (pid == 0) {
		OWNED_FD comm = open("/proc/self/comm", O_WRONLY | O_CLOEXEC);

		if (write_all(comm, name, strlen(name)) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_true(pid > 0);
	children[children_n++] = pid;
	assert_int_equal(read(read_end, &byte, 1), 1);
	return pid;
}

/* Whether the child runs still; one that does not is a zombie until tree_remove. */
static inline bool is_alive(pid_t pid)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
}

/* ---- before and after every test ---- */

static inline int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static inline int tree_make(void **state)
{
	char path[sizeof(tree) + 16];
	const char *tmp = getenv("TMPDIR");
	struct error failed;
	OWNED_FD canary = -1;

	(void)state;
	umask(022);
	descriptors_before = count_descriptors();
	snprintf(tree, sizeof(tree), "%.40s/mini-run-test.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(tree))
		return -1;
	snprintf(path, sizeof(path), "%s/canary", tree);
	if (mkdir(path, 0755) < 0)
		return -1;
	canary = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file_create_at(canary, "secret", CANARY_SECRET, 0644, &failed) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/root", tree);
	if (mkdir(path, 0755) < 0)
		return -1;
	root_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return root_fd < 0 ? -1 : 0;
}

/* Whether what lies beside the root is as it was. */
static inline bool canary_lives(void)
{
	OWNED_FD fd = openat(root_fd, "../canary", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char text[64];
	struct stat st;

	return entries_of(root_fd, "..") == 2 && entries_of(fd, ".") == 1 &&
	       file_read_at(fd, "secret", text, sizeof(text), NULL, &e) == 0 &&
	       strcmp(text, CANARY_SECRET) == 0 && fstatat(fd, "secret", &st, 0) == 0 &&
	       st.st_nlink == 1 && (st.st_mode & 07777) == 0644;
}

static inline int tree_remove(void **state)
{
	bool lives = canary_lives();
	int descriptors;

	(void)state;
	for (; children_n > 0; children_n--) {
		(void)kill(children[children_n - 1], SIGKILL);
		(void)waitpid(children[children_n - 1], NULL, 0);
	}
	fd_close(&root_fd);
	descriptors = count_descriptors();
	if (!lives)
		print_error("the canary was touched\n");
	if (descriptors != descriptors_before)
		print_error("%d descriptors were left open\n", descriptors - descriptors_before);
	if (nftw(tree, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0) {
		print_error("remove %s: %s\n", tree, strerror(errno));
		return -1;
	}
	return lives && descriptors == descriptors_before ? 0 : -1;
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, tree_make, tree_remove)

#endif
