/*
 * processes.c - see processes.h. Runs outside.
 *
 * The cgroup knows (cgroup.h). What is here is for containers without one of their own: with --cgroup-manager disabled, on
 * a host that lends out none, or in a cgroup that was there before and that others are in as well.
 *
 * A pid in a list may belong to somebody else a moment later. So nothing is signalled by number: a pidfd is opened for
 * each that was listed, the list is read again, and only who is still in it gets the signal. Whoever had the number
 * when the second list was read was in the container, and a pidfd does not change hands.
 */
#include "host/processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/number.h"
#include "base/sys.h"

#define PARENTS_MOST 4096 /* processes between one and its PID 1 */

/* ---- lists ---- */

static int add(struct processes *p, pid_t pid, struct error *e)
{
	if ((p->n & (p->n - 1)) == 0) { /* full at 0, 1, 2, 4, 8, ... */
		int32_t *more = realloc(p->v, (p->n ? p->n * 2 : 1) * sizeof(*more));

		if (!more)
			return err_no_memory(e);
		p->v = more;
	}
	p->v[p->n++] = pid;
	return 0;
}

static int compare(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

bool processes_have(const struct processes *p, pid_t pid)
{
	int32_t wanted = pid;

	return p->n > 0 && bsearch(&wanted, p->v, p->n, sizeof(*p->v), compare) != NULL;
}

void processes_end(struct processes *p)
{
	free(p->v);
	*p = (struct processes){0};
}

/* Whether there is a cgroup, and every one is this container's alone. */
static bool has_cgroup(const struct record *r)
{
	bool any = false;

	for (size_t i = 0; i < r->cgroup.dirs_n; i++) {
		if (r->cgroup.dirs[i].joined)
			return false;
		any |= r->cgroup.dirs[i].fd >= 0;
	}
	return any;
}

/* ---- without a cgroup ---- */

static int open_ns(pid_t pid, const char *kind)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool same_ns(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Whether @pid is in the namespace or in one that was made in it. */
static bool is_in_namespace(pid_t pid, int ns_fd)
{
	OWNED_FD at = open_ns(pid, "pid");

	while (at >= 0 && !same_ns(at, ns_fd)) {
		int above = ioctl(at, NS_GET_PARENT); /* close-on-exec by itself */

		fd_close(&at);
		at = above;
	}
	return at >= 0;
}

/* -1: there is no such process. */
static pid_t parent_of(pid_t pid)
{
	char path[40], text[1024];
	const char *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (file_read_at(AT_FDCWD, path, text, sizeof(text), NULL, &(struct error){0}) < 0)
		return -1;
	at = strrchr(text, ')'); /* the name before it may hold anything, ')' included */
	return at && strlen(at) > 4 ? (pid_t)strtol(at + 4, NULL, 10) : -1; /* ") S 123" */
}

static bool is_descendant(pid_t pid, pid_t of)
{
	for (int far = 0; far < PARENTS_MOST && pid > 1; far++) {
		if (pid == of)
			return true;
		pid = parent_of(pid);
	}
	return false;
}

static bool has_mounts(pid_t pid, int ns_fd)
{
	OWNED_FD ns = open_ns(pid, "mnt");

	return ns >= 0 && same_ns(ns, ns_fd);
}

/* The container's mount namespace, where it is its own alone; -1: it was joined. */
static int own_mounts(const struct record *r)
{
	struct config *c;
	int fd = -1;

	if (record_config(r, &c, &(struct error){0}) < 0)
		return -1;
	if (c->ns[NS_MOUNT].mode == NS_NEW)
		fd = open_ns(r->pid, "mnt");
	config_free(c);
	return fd;
}

/*
 * By the PID namespace; where that is shared with the host, by the mount namespace, which every container has, so that those
 * who have lost their parents are found too; and where that was joined, by descent.
 */
static bool is_of_container(const struct record *r, pid_t pid, bool shared, int ns_fd, int mounts_fd)
{
	if (!shared)
		return is_in_namespace(pid, ns_fd);
	return mounts_fd >= 0 ? has_mounts(pid, mounts_fd) : is_descendant(pid, r->pid);
}

static int list_by_proc(const struct record *r, struct processes *p, struct error *e)
{
	OWNED_FD ns = -1, ours = -1, mounts = -1;
	struct dirent *entry;
	bool shared;
	DIR *list;
	int result = 0;

	if (r->pidfd < 0)
		return 0; /* the kernel ends a namespace with its PID 1, and descendants have lost their line */
	ns = open_ns(r->pid, "pid");
	ours = open_ns(getpid(), "pid");
	if (ns < 0 || ours < 0)
		return err_set(e, errno, "open the PID namespace of process %d", (int)r->pid);
	shared = same_ns(ns, ours);
	if (shared)
		mounts = own_mounts(r);
	list = opendir("/proc");
	if (!list)
		return err_set(e, errno, "list /proc");
	while (result == 0 && (entry = readdir(list)) != NULL) {
		uint64_t pid;

		if (number_unsigned(entry->d_name, 1, INT32_MAX, &pid, &(struct error){0}) == 0 &&
		    is_of_container(r, (pid_t)pid, shared, ns, mounts))
			result = add(p, (pid_t)pid, e);
	}
	closedir(list);
	if (p->n > 0)
		qsort(p->v, p->n, sizeof(*p->v), compare);
	return result;
}

int processes_list(const struct record *r, struct processes *ret, struct error *e)
{
	struct processes p = {0};
	int result = has_cgroup(r) ? cgroup_pids(&r->cgroup, &p.v, &p.n, e) : list_by_proc(r, &p, e);

	if (result < 0) {
		processes_end(&p);
		return err_within(e, "processes of the container");
	}
	*ret = p;
	return 0;
}

/* ---- signals ---- */

static int signal_by_proc(const struct record *r, const struct processes *p, int signal,
			  struct error *e)
{
	int *fds = malloc((p->n + 1) * sizeof(*fds)), result;
	struct processes now = {0};

	if (!fds)
		return err_no_memory(e);
	for (size_t i = 0; i < p->n; i++)
		fds[i] = sys_pidfd_open(p->v[i]);
	result = processes_list(r, &now, e);
	for (size_t i = 0; i < p->n; i++) {
		if (result == 0 && fds[i] >= 0 && processes_have(&now, p->v[i]) &&
		    sys_pidfd_send_signal(fds[i], signal) < 0 && errno != ESRCH)
			result = err_set(e, errno, "signal process %d", (int)p->v[i]);
		fd_close(&fds[i]);
	}
	free(fds);
	processes_end(&now);
	return result;
}

int processes_signal(const struct record *r, int signal, size_t *ret_n, struct error *e)
{
	struct processes p = {0};
	int result = 0;

	if (processes_list(r, &p, e) < 0)
		return -1;
	*ret_n = p.n;
	if (p.n > 0)
		result = has_cgroup(r) ? cgroup_kill(&r->cgroup, signal, e)
				       : signal_by_proc(r, &p, signal, e);
	processes_end(&p);
	return result;
}
