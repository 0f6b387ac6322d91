/*
 * cgroup_rootless.c - see cgroup_rootless.h. Runs outside.
 */
#include "host/cgroup_rootless.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/mountinfo.h"
#include "host/cgroup_private.h"

#define LEAF	 ".self" /* no container has a name that begins with a dot */
#define SUBTREE	 "cgroup.subtree_control"
#define PROCS	 "cgroup.procs"
#define OWN_MOST 64 /* processes of our own in the leaf */

/* ---- where ---- */

static bool is_v2(const char *path)
{
	struct statfs s;

	return statfs(path, &s) == 0 && s.f_type == CGROUP2_SUPER_MAGIC;
}

/* A mount of the whole v2 hierarchy. */
static int find_mount(char *ret, size_t size, struct error *e)
{
	struct mountinfo_entry entry;
	struct mountinfo mounts;
	bool end = false;
	int result;

	snprintf(ret, size, "/sys/fs/cgroup");
	if (is_v2(ret))
		return 0;
	*ret = '\0';
	if (mountinfo_open(&mounts, "/proc/self/mountinfo", e) < 0)
		return -1;
	while ((result = mountinfo_next(&mounts, &entry, &end, e)) == 0 && !end)
		if (!*ret && strcmp(entry.type, "cgroup2") == 0 && strcmp(entry.root, "/") == 0 &&
		    strlen(entry.mount_point) < size && is_v2(entry.mount_point))
			snprintf(ret, size, "%s", entry.mount_point);
	mountinfo_close(&mounts);
	return result;
}

/* Our own directory below @mount; false: it is not to be seen there. */
static bool find_own(const char *mount, char *ret, size_t size)
{
	char text[8192], *line;
	int n;

	if (file_read_at(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text), NULL,
			 &(struct error){0}) < 0)
		return false;
	line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (!line)
		return false;
	line += *line == '\n' ? 4 : 3;
	line[strcspn(line, "\n")] = '\0';
	if (*line != '/' || strstr(line, "/../"))
		return false; /* outside of our cgroup namespace */
	n = snprintf(ret, size, "%s%s", mount, strcmp(line, "/") == 0 ? "" : line);
	return n > 0 && (size_t)n < size;
}

/* Whether the directory was given to the caller: it and the files that make it so are his. */
static bool is_delegated(const char *path)
{
	OWNED_FD fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	       faccessat(fd, PROCS, W_OK, AT_EACCESS) == 0 &&
	       faccessat(fd, SUBTREE, W_OK, AT_EACCESS) == 0;
}

/* Whether a process other than ours is in the directory itself; *ret_own where we are. */
static bool has_others(int dir_fd, bool *ret_own)
{
	OWNED_FD fd = openat(dir_fd, PROCS, O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	bool others = f == NULL;
	int pid;

	*ret_own = false;
	if (f)
		(void)fd_give(&fd);
	while (f && fscanf(f, "%d", &pid) == 1) {
		if (pid == getpid())
			*ret_own = true;
		else
			others = true;
	}
	if (f)
		(void)fclose(f);
	return others;
}

static bool is_free(const char *path)
{
	OWNED_FD fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool own;

	return fd >= 0 && !has_others(fd, &own);
}

/*
 * A service that runs many containers divides its directory itself, and calls mini-run from one of the parts: then it is a
 * directory further up that is free. A slice is never one: systemd keeps the controllers of those.
 */
static void find_free_above(const char *own, const char *mount, char *ret, size_t size)
{
	char path[CGROUP_PATH], *slash;

	snprintf(path, sizeof(path), "%s", own);
	while ((slash = strrchr(path, '/')) && (size_t)(slash - path) > strlen(mount)) {
		size_t length = (size_t)(slash - path);

		*slash = '\0';
		if ((length > 6 && strcmp(path + length - 6, ".slice") == 0) || !is_delegated(path))
			return;
		if (is_free(path)) {
			snprintf(ret, size, "%s", path);
			return;
		}
	}
}

/* From HOME/mini-run/.self, where an earlier one of ours has moved its children too, back to HOME. */
static void leave_leaf_name(char *path)
{
	static const char tail[] = "/" CGROUP_PARENT "/" LEAF;
	size_t length = strlen(path);

	if (length > sizeof(tail) - 1 && strcmp(path + length - (sizeof(tail) - 1), tail) == 0)
		path[length - (sizeof(tail) - 1)] = '\0';
}

int cgroup_rootless_look(struct cgroup_host *h, struct error *e)
{
	char mount[CGROUP_PATH], own[CGROUP_PATH];

	h->v2_mount[0] = '\0';
	if (find_mount(mount, sizeof(mount), e) < 0)
		return -1;
	if (!mount[0] || !find_own(mount, own, sizeof(own)))
		return 0;
	leave_leaf_name(own);
	if (strcmp(own, mount) == 0 || !is_delegated(own))
		return 0;
	snprintf(h->v2_mount, sizeof(h->v2_mount), "%s", own);
	if (!is_free(own))
		find_free_above(own, mount, h->v2_mount, sizeof(h->v2_mount));
	return 0;
}

void cgroup_rootless_shorten(struct cgroup_host *h)
{
	const char *home = h->v2_mount;
	size_t length;

	/* The part of the directory's path behind the mount: the longest that the given one begins with. */
	while ((home = strchr(home, '/')) != NULL) {
		home++;
		length = strlen(home);
		if (length > 0 && strncmp(h->relative, home, length) == 0 &&
		    h->relative[length] == '/') {
			memmove(h->relative, h->relative + length + 1,
				strlen(h->relative + length + 1) + 1);
			return;
		}
	}
}

int cgroup_rootless_explain(const struct cgroup_host *h, const char *controller, struct error *e)
{
	char text[ERROR_TEXT];

	/* A copy: it is an argument of what overwrites it. */
	snprintf(text, sizeof(text), "%s", e->text);
	if (!h->v2_mount[0]) {
		err_set(e, 0,
			"%s: a limit without root takes a cgroup that was given to this user, and "
			"mini-run is in none",
			text);
		return err_hint(e,
				"systemd-run --user --scope --property=Delegate=yes mini-run ...");
	}
	err_set(e, 0, "%s: the cgroup %s was given to this user without the %s controller", text,
		h->v2_mount, controller);
	return err_hint(
		e, "with systemd: root adds it to Delegate= of user@.service (systemctl edit), "
		   "and the user logs in anew");
}

/* ---- the leaf ---- */

static int leaf_open(int home_fd, bool make, int *ret_fd, struct error *e)
{
	static const char *const parts[] = {CGROUP_PARENT, LEAF};
	OWNED_FD fd = openat(home_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; fd >= 0 && i < 2; i++) {
		int next;

		if (make && mkdirat(fd, parts[i], 0755) < 0 && errno != EEXIST)
			return err_set(e, errno, "create cgroup %s", parts[i]);
		next = openat(fd, parts[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return err_set(e, errno, "open cgroup %s", parts[i]);
		fd_close(&fd);
		fd = next;
	}
	if (fd < 0)
		return err_set(e, errno, "open cgroup");
	*ret_fd = fd_give(&fd);
	return 0;
}

/* Whether all of @list (parted by spaces) is in what the directory gives to its children already. */
static bool gives_all(int dir_fd, const char *list)
{
	char have[CGROUP_NAMES], copy[CGROUP_NAMES], *save = NULL;
	bool all;

	all = file_read_at(dir_fd, SUBTREE, have, sizeof(have), NULL, &(struct error){0}) == 0;
	snprintf(copy, sizeof(copy), "%s", list);
	for (char *word = strtok_r(copy, " ", &save); all && word; word = strtok_r(NULL, " ", &save))
		all = cgroup_has_word(have, word);
	return all;
}

int cgroup_rootless_enter(const struct cgroup *g, struct error *e)
{
	const struct cgroup_dir *d = g->dirs_n > 0 ? &g->dirs[g->dirs_n - 1] : NULL;
	OWNED_FD home = -1, leaf = -1;
	char path[CGROUP_PATH];
	bool own, others;

	if (!d || !d->v2 || (!g->need[0] && !g->want[0]))
		return 0;
	snprintf(path, sizeof(path), "%.*s", (int)d->mount_length, d->path);
	home = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (home < 0 || flock(home, LOCK_EX) < 0)
		return err_set(e, errno, "open cgroup %s", path);
	if (gives_all(home, g->need) && gives_all(home, g->want))
		return 0;
	others = has_others(home, &own);
	if (others && g->need[0]) {
		err_set(e, EBUSY,
			"cgroup %s has other processes beside mini-run, and so cannot "
			"limit what is below it",
			path);
		return err_hint(e, "give mini-run one of its own: systemd-run --user --scope "
				   "--property=Delegate=yes mini-run ...");
	}
	if (others || !own)
		return 0; /* for the report alone it goes without; or nobody is in the way */
	if (leaf_open(home, true, &leaf, e) < 0)
		return err_within(e, "%s", path);
	/* The leaf is in the way of nobody: it holds mini-run, which waits. */
	return file_write_at(leaf, PROCS, "0", e) < 0 ? err_within(e, "move to a leaf of %s", path)
						      : 0;
}

/* The processes in the leaf; false where one of them is neither we nor a child of ours, such as the guard. */
static bool leaf_is_ours(int leaf, int pids[OWN_MOST], size_t *ret_n)
{
	OWNED_FD fd = openat(leaf, PROCS, O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	bool ours = f != NULL;
	int pid;

	*ret_n = 0;
	if (f)
		(void)fd_give(&fd);
	while (ours && fscanf(f, "%d", &pid) == 1) {
		char path[40], text[1024], *at;
		int parent = -1;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		if (file_read_at(AT_FDCWD, path, text, sizeof(text), NULL, &(struct error){0}) < 0)
			continue; /* it has ended meanwhile */
		at = strrchr(text, ')');
		if (at)
			(void)sscanf(at, ") %*c %d", &parent);
		ours = (pid == getpid() || parent == getpid()) && *ret_n < OWN_MOST;
		if (ours)
			pids[(*ret_n)++] = pid;
	}
	if (f)
		(void)fclose(f);
	return ours;
}

/* Whether there is a container beside the leaf. */
static bool has_containers(int home)
{
	int fd = openat(home, CGROUP_PARENT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool has = false;

	while (list && !has && (entry = readdir(list)) != NULL)
		has = entry->d_type == DT_DIR && entry->d_name[0] != '.';
	if (list)
		(void)closedir(list);
	return has;
}

/* Takes all controllers back that the directory gives to its children. */
static void controllers_take_back(int dir_fd)
{
	char have[CGROUP_NAMES], *save = NULL, word[64];
	struct error ignored;

	if (file_read_at(dir_fd, SUBTREE, have, sizeof(have), NULL, &ignored) < 0)
		return;
	for (char *name = strtok_r(have, " \n", &save); name; name = strtok_r(NULL, " \n", &save)) {
		snprintf(word, sizeof(word), "-%s", name);
		(void)file_write_at(dir_fd, SUBTREE, word, &ignored);
	}
}

void cgroup_rootless_leave(const struct cgroup_dir *d)
{
	OWNED_FD home = -1, parent = -1, leaf = -1;
	char path[CGROUP_PATH], text[16];
	int pids[OWN_MOST];
	struct error ignored;
	size_t n;

	snprintf(path, sizeof(path), "%.*s", (int)d->mount_length, d->path);
	home = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Without a leaf the controllers were given by somebody else. */
	if (home < 0 || flock(home, LOCK_EX) < 0 || leaf_open(home, false, &leaf, &ignored) < 0 ||
	    has_containers(home) || !leaf_is_ours(leaf, pids, &n))
		return;
	parent = openat(home, CGROUP_PARENT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	controllers_take_back(parent);
	controllers_take_back(home);
	for (size_t i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%d", pids[i]);
		(void)file_write_at(home, PROCS, text, &ignored);
	}
	(void)unlinkat(parent, LEAF, AT_REMOVEDIR);
	(void)unlinkat(home, CGROUP_PARENT, AT_REMOVEDIR);
}
