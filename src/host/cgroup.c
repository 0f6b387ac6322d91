/*
 * cgroup.c - see cgroup.h: what both versions share, and the end, which is the same for both.
 *
 * Runs outside, cgroup_enter excepted. cgroup_plan.c decides where the directories belong, cgroup_v1.c and
 * cgroup_v2.c know the files of their versions.
 *
 * KERNEL: CLONE_NEWCGROUP together with CLONE_INTO_CGROUP in one clone3(2) roots the new cgroup namespace in
 * the parent's cgroup, for copy_cgroup_ns() looks at the css_set of the caller and not at where the child
 * will be. The child would see the host's path. So the child is cloned into the v2 directory without a new cgroup
 * namespace, enters the v1 directories, and only then calls unshare(CLONE_NEWCGROUP) itself.
 */
#include "host/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "host/cgroup_private.h"
#include "host/cgroup_rootless.h"
#include "host/devices.h"
#include "host/rootless.h"

/* ---- small things ---- */

bool cgroup_has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (*list) {
		size_t n = strcspn(list, " ,\n");

		if (n == length && memcmp(list, word, n) == 0)
			return true;
		list += n + (list[n] != '\0');
	}
	return false;
}

int cgroup_add_word(char *list, size_t size, const char *word, char separator)
{
	size_t at = strlen(list), length = strlen(word);

	if (cgroup_has_word(list, word))
		return 0;
	if (at + 1 + length + 1 > size)
		return -1;
	if (at > 0)
		list[at++] = separator;
	memcpy(list + at, word, length + 1);
	return 0;
}

int cgroup_put(int dir_fd, const char *setting, const char *file, struct error *e,
	       const char *format, ...)
{
	char value[4096];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(value))
		return err_set(e, 0, "%s: the value is too long", setting);
	if (cgroup_journal)
		cgroup_journal_note(cgroup_journal, dir_fd, file, value);
	if (file_write_at(dir_fd, file, value, e) < 0)
		return err_within(e, "%s", setting);
	return 0;
}

int cgroup_put_max(int dir_fd, const char *setting, const char *file, int64_t value, struct error *e)
{
	if (value == -1)
		return cgroup_put(dir_fd, setting, file, e, "max");
	return cgroup_put(dir_fd, setting, file, e, "%lld", (long long)value);
}

bool cgroup_text(int dir_fd, const char *file, char *ret, size_t size)
{
	OWNED_FD fd = openat(dir_fd, file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

	ret[n > 0 ? n : 0] = '\0';
	return n > 0 && (size_t)n < size - 1;
}

int64_t cgroup_number(int dir_fd, const char *file)
{
	char text[64];

	if (!cgroup_text(dir_fd, file, text, sizeof(text)) || text[0] < '0' || text[0] > '9')
		return -1;
	return strtoll(text, NULL, 10);
}

bool cgroup_has_processes(int dir_fd)
{
	OWNED_FD fd = openat(dir_fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	char byte;

	return fd >= 0 && read(fd, &byte, 1) == 1;
}

int cgroup_join_check(int fd, struct error *e)
{
	OWNED_MEMORY int32_t *pids = NULL;
	size_t n = 0;

	if (cgroup_pids_of(fd, &pids, &n, e) < 0)
		return -1;
	return n == 0 ? 0
		      : err_set(e, EEXIST, "container's cgroup is not empty: %zu process(es) found",
				n);
}

/*
 * No link below the mount can lead elsewhere, for there can be none; above it, hosts with several controllers in one
 * hierarchy have links to it ("cpu" to "cpu,cpuacct").
 */
int cgroup_open_dir(const char *path, size_t mount_length)
{
	int fd = sys_openat2(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, RESOLVE_NO_SYMLINKS);
	char mount[CGROUP_PATH];
	OWNED_FD mount_fd = -1;

	if (fd >= 0 || errno != ELOOP || mount_length == 0 || mount_length >= strlen(path))
		return fd;
	snprintf(mount, sizeof(mount), "%.*s", (int)mount_length, path);
	mount_fd = open(mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mount_fd < 0)
		return -1;
	return sys_openat2(mount_fd, path + mount_length + 1, O_RDONLY | O_DIRECTORY, 0,
			   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

int64_t cgroup_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * The curve of runc and crun: 2, 1024 and 262144 shares are 1, 100 and 10000 of weight, and between them the
 * exponent grows as a parabola. (The straight line that was used before gave 1024 shares a weight of 39.)
 */
int64_t cgroup_weight_of_shares(int64_t shares)
{
	double l;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2((double)shares);
	/* A hair less, so that what is exactly a whole number does not round up with the last bit. */
	return (int64_t)ceil(pow(10, (l * l + 125 * l) / 612 - 7.0 / 34) - 1e-9);
}

int64_t cgroup_shares_of_weight(int64_t weight)
{
	if (weight <= 1)
		return 2;
	if (weight >= 10000)
		return 262144;
	return llround(exp2((sqrt(15625 + 2448 * (log10((double)weight) + 7.0 / 34)) - 125) / 2));
}

/* ---- making, limiting, entering, reading ---- */

int cgroup_make(struct cgroup *g, const struct config *c, struct error *e)
{
	if (rootless_inside() && cgroup_rootless_enter(g, e) < 0)
		return -1;
	for (size_t i = 0; i < g->dirs_n; i++) {
		struct cgroup_dir *d = &g->dirs[i];

		if ((d->v2 ? cgroup_v2_make(g, d, e) : cgroup_v1_make(g, d, e)) == 0)
			continue;
		/* A host that lends out its cgroups read-only, or none to us: that costs the report, and is an
		 * error only for those who want more of it. */
		if (g->asked || i > 0 || d->made ||
		    (e->no != EROFS && e->no != EACCES && e->no != EPERM))
			return -1;
		cgroup_end(g);
		g->version = CGROUP_NONE;
		g->dirs_n = 0;
		g->devices_unenforced = cgroup_restricts_devices(c);
	}
	return 0;
}

int cgroup_limit(struct cgroup *g, const struct config *c, struct error *e)
{
	const struct config_resources *r = &c->resources;
	const struct cgroup_dir *devices = cgroup_v1_dir(g, "devices");

	if (cgroup_v1_limit(g, c, e) < 0)
		return -1;
	if (devices && devices_write_v1(devices->fd, r->devices, r->devices_n, e) < 0)
		return -1;
	for (size_t i = 0; i < g->dirs_n; i++)
		if (g->dirs[i].v2 && cgroup_v2_limit(g, g->dirs[i].fd, c, e) < 0)
			return -1;
	return 0;
}

int cgroup_clone_fd(const struct cgroup *g)
{
	return g->dirs_n > 0 && g->dirs[g->dirs_n - 1].v2 ? g->dirs[g->dirs_n - 1].fd : -1;
}

int cgroup_enter(const struct cgroup *g, struct error *e)
{
	/*
	 * "tasks" moves one thread, and the caller has only one. "cgroup.procs" would do the same and first
	 * wait until no fork is under way anywhere, an RCU grace period of 7 to 12 ms.
	 */
	for (size_t i = 0; i < g->dirs_n; i++)
		if (!g->dirs[i].v2 && file_write_at(g->dirs[i].fd, "tasks", "0", e) < 0)
			return err_within(e, "enter cgroup %s", g->dirs[i].path);
	return 0;
}

void cgroup_read(const struct cgroup *g, struct cgroup_usage *ret)
{
	*ret = (struct cgroup_usage){-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
	cgroup_v1_read(g, ret);
	for (size_t i = 0; i < g->dirs_n; i++)
		if (g->dirs[i].v2)
			cgroup_v2_read(g->dirs[i].fd, ret);
}

/* ---- the end ---- */

/* The first directory inside @fd. 1, 0 where there is none, -1 with errno. */
static int first_child(int fd, char *ret, size_t size)
{
	_Alignas(struct dirent64) char buffer[4096];
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -1;
	while ((n = getdents64(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *d = (const struct dirent64 *)(buffer + at);

			at += d->d_reclen;
			if (d->d_type != DT_DIR || strcmp(d->d_name, ".") == 0 ||
			    strcmp(d->d_name, "..") == 0)
				continue;
			snprintf(ret, size, "%s", d->d_name);
			return 1;
		}
	}
	return n < 0 && errno != ENOENT ? -1 : 0;
}

static int empty(int fd, bool v2, int64_t deadline_ms, struct error *e)
{
	return v2 ? cgroup_v2_empty(fd, deadline_ms, e) : cgroup_v1_empty(fd, deadline_ms, e);
}

/*
 * A container may have nested its cgroups a hundred thousand deep, or wide. So there is one descriptor that
 * goes down to a directory without children and back up by "..", which no rename can turn elsewhere: a
 * cgroup never changes its parent.
 */
int cgroup_clear(int top_fd, bool v2, bool kill, int64_t deadline_ms, struct error *e)
{
	OWNED_FD fd = openat(top_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char name[256];
	size_t depth = 0;

	while (fd >= 0) {
		int next, found = first_child(fd, name, sizeof(name));

		if (found < 0)
			return err_set(e, errno, "list nested cgroups");
		if (cgroup_now_ms() > deadline_ms)
			return err_set(e, ETIMEDOUT, "nested cgroups do not go away");
		if (found == 0 && depth == 0)
			return 0;
		if (found > 0 && (unlinkat(fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)) {
			deadline_ms = cgroup_now_ms() + CGROUP_REMOVE_MS; /* it gets on */
			continue;
		}
		if (found > 0 && errno != EBUSY)
			return err_set(e, errno, "remove nested cgroup %s", name);
		if (found > 0) {
			depth++;
			next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		} else {
			/* No child, and yet it was busy or has just been cleared: up, and try again there. */
			if (kill && empty(fd, v2, deadline_ms, e) < 0)
				return -1;
			if (!kill && cgroup_has_processes(fd))
				return err_set(e, EBUSY, "a nested cgroup has processes");
			depth--;
			next = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		}
		if (next < 0)
			break;
		fd_close(&fd);
		fd = next;
	}
	return err_set(e, errno, "open nested cgroups");
}

/* Ends what lives in it and removes it. Nothing but rmdir(2) where it is empty, as it nearly always is. */
static int remove_dir(const char *path, int fd, bool v2, int64_t deadline_ms, struct error *e)
{
	for (int tries = 0;; tries++) {
		if (rmdir(path) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY || fd < 0)
			return err_set(e, errno, "remove cgroup %s", path);
		if (cgroup_now_ms() > deadline_ms)
			return err_set(e, EBUSY, "remove cgroup %s", path);
		/* KERNEL >=6.19: a task leaves its cgroup a moment after its end was reported. */
		if (tries > 1)
			(void)poll(NULL, 0, tries < 20 ? tries : 20);
		if (empty(fd, v2, deadline_ms, e) < 0)
			return err_within(e, "remove cgroup %s", path);
		/* With nothing nested the second rmdir(2) does it, and the list is not read. */
		if (tries == 0)
			continue;
		if (cgroup_clear(fd, v2, true, deadline_ms, e) < 0)
			return err_within(e, "remove cgroup %s", path);
		if (tries == 1) /* a large tree may have taken longer, and is gone now */
			deadline_ms = cgroup_now_ms() + CGROUP_REMOVE_MS;
	}
}

/* Directories above it that are ours, as long as they are empty: others may use them. */
static void remove_parents(const char *path, size_t keep_length)
{
	char parent[CGROUP_PATH], *slash;

	snprintf(parent, sizeof(parent), "%s", path);
	while ((slash = strrchr(parent, '/')) && (size_t)(slash - parent) > keep_length) {
		*slash = '\0';
		if (rmdir(parent) < 0)
			return;
	}
}

/* In all hierarchies before the first kill: what is frozen in one does not die in any other. */
static void prepare_end(const struct cgroup *g)
{
	for (size_t i = 0; i < g->dirs_n; i++)
		if (!g->dirs[i].v2 && g->dirs[i].made && g->dirs[i].fd >= 0)
			cgroup_v1_prepare_end(g->dirs[i].fd);
}

/* By signals, on v2 too: another container may be born here (see cgroup_kill). */
static int end_one(int fd, void *into, struct error *e)
{
	(void)into;
	return cgroup_v1_empty(fd, cgroup_now_ms() + CGROUP_REMOVE_MS, e);
}

/* A directory that was there before stays, and so does what is nested in it. The processes were the container's. */
static int leave(const struct cgroup *g, struct cgroup_dir *d, struct error *e)
{
	int result = 0;

	if (d->fd >= 0 && d->joined) {
		cgroup_thaw(g, -1);
		result = cgroup_walk(d->fd, end_one, NULL, e);
	}
	fd_close(&d->fd);
	return result;
}

int cgroup_remove(struct cgroup *g, struct error *e)
{
	int64_t deadline_ms = cgroup_now_ms() + CGROUP_REMOVE_MS;
	bool prepared = false;
	struct error failed;
	int result = 0;

	for (size_t i = 0; i < g->dirs_n; i++) {
		struct cgroup_dir *d = &g->dirs[i];
		bool gone;

		if (!d->made) {
			if (leave(g, d, &failed) < 0) {
				if (result == 0)
					*e = failed;
				result = -1;
			}
			continue;
		}
		gone = rmdir(d->path) == 0;
		if (!gone && errno == EBUSY && !prepared) {
			prepared = true;
			prepare_end(g);
		}
		if (!gone && remove_dir(d->path, d->fd, d->v2, deadline_ms, &failed) < 0) {
			if (result == 0)
				*e = failed;
			result = -1;
			continue;
		}
		d->made = false;
		fd_close(&d->fd);
		remove_parents(d->path, d->keep_length);
		if (rootless_is() && d->v2)
			cgroup_rootless_leave(d);
	}
	return result;
}

void cgroup_end(struct cgroup *g)
{
	for (size_t i = 0; i < g->dirs_n; i++)
		fd_close(&g->dirs[i].fd);
	fd_close(&g->mount_fd);
	fd_close(&g->parent_fd);
}
