/*
 * leftovers.c - prints what mini-run could have left on this host, one thing a line: what the test files compare before
 * and after each test. One small program, because a shell that looked by itself would take longer than the test.
 *
 *   leftovers host STATE-DIR   every mount; cgroups of mini-run; what is in STATE-DIR; processes named mini-run...
 *   leftovers of MARK          cgroups with MARK in their name, processes with MINI_RUN_TEST=MARK in their environment
 *   leftovers pids MARK        only the pids of those processes
 *
 * What vanishes while it is looked at is not there, and what only its owner may look at is another's. What cannot be
 * looked at for another reason is an error.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CGROUPS "/sys/fs/cgroup"

static const char *mark; /* NULL: everything of mini-run */

__attribute__((noreturn)) static void give_up(const char *what, const char *name)
{
	fprintf(stderr, "leftovers: %s %s: %s\n", what, name, strerror(errno));
	exit(2);
}

static bool is_no_matter(void)
{
	return errno == ENOENT || errno == ESRCH || errno == ENODEV || errno == EACCES;
}

/* All of a file of /proc, with a NUL behind it; its length, or -1 where there is nothing to read. */
static ssize_t read_file(int dir, const char *name, char **ret_text)
{
	static char *text;
	static size_t room;
	size_t length = 0;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && is_no_matter())
		return -1;
	if (fd < 0)
		give_up("open", name);
	for (;;) {
		ssize_t n;

		if (room - length < 4096) {
			room += 65536;
			text = realloc(text, room);
			if (!text)
				give_up("read", name);
		}
		n = read(fd, text + length, room - length - 1);
		if (n < 0 && !is_no_matter())
			give_up("read", name);
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	(void)close(fd);
	text[length] = '\0';
	*ret_text = text;
	return (ssize_t)length;
}

static DIR *open_dir(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && !is_no_matter())
		give_up("open", name);
	return dir;
}

static void mounts(void)
{
	char *text, *line, *rest;

	if (read_file(AT_FDCWD, "/proc/self/mountinfo", &text) < 0)
		give_up("open", "/proc/self/mountinfo");
	for (rest = text; (line = strsep(&rest, "\n")) && *line;)
		printf("mount: %s\n", line);
}

/* The directory "mini-run" itself is shared by all containers and may stay. */
static bool cgroup_counts(const char *name, bool below)
{
	if (mark)
		return strstr(name, mark) != NULL;
	return strcmp(name, "mini-run") != 0 && (below || strstr(name, "mini-run"));
}

/* @path: of the open @dir, which is closed. @below: it is in a directory mini-run. */
static void cgroups(DIR *dir, const char *path, bool below)
{
	const struct dirent *entry;

	while ((entry = readdir(dir))) {
		const char *name = entry->d_name;
		char *inner;
		DIR *next;

		if (entry->d_type != DT_DIR || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (asprintf(&inner, "%s/%s", path, name) < 0)
			give_up("list", path);
		if (cgroup_counts(name, below))
			printf("cgroup: %s\n", inner);
		next = open_dir(dirfd(dir), name);
		if (next)
			cgroups(next, inner, below || strcmp(name, "mini-run") == 0);
		free(inner);
	}
	(void)closedir(dir);
}

/* Compiled filters are kept on purpose, under a name that no container can have. */
static void states(const char *path)
{
	const struct dirent *entry;
	DIR *dir = open_dir(AT_FDCWD, path);

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    strcmp(entry->d_name, ".seccomp") != 0 && strcmp(entry->d_name, ".userns") != 0)
			printf("state: %s/%s\n", path, entry->d_name);
	(void)closedir(dir);
}

/* A zombie is its parent's to reap: of what mini-run left it may be a slow init's. */
static void process_by_name(int proc, const char *pid)
{
	char path[64], name[32];
	char *text, *end;

	snprintf(path, sizeof(path), "%.20s/stat", pid);
	if (read_file(proc, path, &text) < 0)
		return;
	text = strchr(text, '(');
	end = text ? strrchr(text, ')') : NULL;
	if (!end || strncmp(text + 1, "mini-run", 8) != 0 || strncmp(end, ") Z", 3) == 0)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)(end - text - 1), text + 1);
	printf("process: %s %s\n", pid, name);
}

static void process_by_mark(int proc, const char *pid, bool pids_only)
{
	char path[64], wanted[256];
	char *text;
	ssize_t length;

	snprintf(wanted, sizeof(wanted), "MINI_RUN_TEST=%s", mark);
	snprintf(path, sizeof(path), "%.20s/environ", pid);
	length = read_file(proc, path, &text);
	if (length < 0 || !memmem(text, (size_t)length, wanted, strlen(wanted)))
		return;
	if (pids_only) {
		puts(pid);
		return;
	}
	/* What ended just now has no program. */
	snprintf(path, sizeof(path), "%.20s/exe", pid);
	if (faccessat(proc, path, F_OK, 0) < 0)
		return;
	snprintf(path, sizeof(path), "%.20s/cmdline", pid);
	length = read_file(proc, path, &text);
	for (ssize_t i = 0; i < length; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	if (length >= 0)
		printf("process: %s %s\n", pid, text);
}

static void processes(bool pids_only)
{
	const struct dirent *entry;
	DIR *dir = open_dir(AT_FDCWD, "/proc");

	if (!dir)
		give_up("open", "/proc");
	while ((entry = readdir(dir))) {
		const char *pid = entry->d_name;

		if (*pid < '1' || *pid > '9' || atoi(pid) == getpid())
			continue;
		if (mark)
			process_by_mark(dirfd(dir), pid, pids_only);
		else
			process_by_name(dirfd(dir), pid);
	}
	(void)closedir(dir);
}

int main(int argc, char *argv[])
{
	bool host = argc == 3 && strcmp(argv[1], "host") == 0;
	bool of = argc == 3 && strcmp(argv[1], "of") == 0;
	bool pids = argc == 3 && strcmp(argv[1], "pids") == 0;

	if ((!host && !of && !pids) || !*argv[2]) {
		fputs("usage: leftovers host STATE-DIR | of MARK | pids MARK\n", stderr);
		return 2;
	}
	if (host)
		mounts();
	else
		mark = argv[2];
	if (!pids) {
		DIR *dir = open_dir(AT_FDCWD, CGROUPS);

		if (dir)
			cgroups(dir, CGROUPS, false);
	}
	if (host)
		states(argv[2]);
	processes(pids);
	return fflush(stdout) == 0 ? 0 : 2;
}
