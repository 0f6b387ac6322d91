/*
 * cgroup_freeze.c - the processes in a container's cgroups: found, frozen, signalled, moved.
 *
 * Runs outside, in the commands behind the one that made the container. A container may have nested cgroups as deep and
 * as wide as it likes, and may change them while they are looked at; so they are walked with one descriptor that goes
 * down and back up by "..", and what vanishes on the way is passed over.
 *
 * A pid that was read may be a stranger's a moment later. Whoever gets a signal is first held by a pidfd, then looked
 * up once more.
 */
#include "host/cgroup_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"

#define FREEZE_MS     10000
#define PIDS_AT_ONCE  128
#define ATTACH_ROUNDS 100

/* ---- the tree ---- */

/* The next directory in @fd from *offset on, which is moved behind it. 1, 0 where there is none, -1 with errno. */
static int next_child(int fd, int64_t *offset, char *ret, size_t size)
{
	_Alignas(struct dirent64) char buffer[4096];
	ssize_t n;

	if (lseek(fd, *offset, SEEK_SET) < 0)
		return -1;
	while ((n = getdents64(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *d = (const struct dirent64 *)(buffer + at);

			at += d->d_reclen;
			if (d->d_type != DT_DIR || strcmp(d->d_name, ".") == 0 ||
			    strcmp(d->d_name, "..") == 0)
				continue;
			*offset = d->d_off;
			snprintf(ret, size, "%s", d->d_name);
			return 1;
		}
	}
	return n < 0 && errno != ENOENT && errno != ENODEV ? -1 : 0;
}

static int push(int64_t **list, size_t *room, size_t n, int64_t value, struct error *e)
{
	if (n == *room) {
		size_t more = *room ? *room * 2 : 64;
		int64_t *grown = realloc(*list, more * sizeof(**list));

		if (!grown)
			return err_no_memory(e);
		*list = grown;
		*room = more;
	}
	(*list)[n] = value;
	return 0;
}

int cgroup_walk(int top_fd, int (*each)(int fd, void *into, struct error *e), void *into,
		struct error *e)
{
	OWNED_FD fd = openat(top_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWNED_MEMORY int64_t *above = NULL; /* where to go on in the directories above this one */
	size_t depth = 0, room = 0;
	int64_t offset = 0;
	char name[256];

	if (fd < 0)
		return errno == ENODEV || errno == ENOENT ? 0 : err_set(e, errno, "open a cgroup");
	if (each(fd, into, e) < 0)
		return -1;
	for (;;) {
		int next, found = next_child(fd, &offset, name, sizeof(name));

		if (found < 0)
			return err_set(e, errno, "list nested cgroups");
		if (found == 0 && depth == 0)
			return 0;
		if (found > 0) {
			next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (next < 0 && (errno == ENOENT || errno == ENODEV))
				continue;
			if (next >= 0 && push(&above, &room, depth, offset, e) < 0) {
				fd_close(&next);
				return -1;
			}
			depth++;
			offset = 0;
		} else {
			next = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			offset = above[--depth];
		}
		if (next < 0)
			return err_set(e, errno, "open nested cgroups");
		fd_close(&fd);
		fd = next;
		if (found > 0 && each(fd, into, e) < 0)
			return -1;
	}
}

const struct cgroup_dir *cgroup_process_dir(const struct cgroup *g)
{
	if (g->dirs_n > 0 && g->dirs[g->dirs_n - 1].v2 && g->dirs[g->dirs_n - 1].fd >= 0)
		return &g->dirs[g->dirs_n - 1];
	for (size_t i = 0; i < g->dirs_n; i++)
		if (g->dirs[i].fd >= 0 && !g->dirs[i].late)
			return &g->dirs[i];
	return NULL;
}

/* ---- pids ---- */

struct pids {
	int32_t *v;
	size_t n, room;
};

static int pids_add(struct pids *p, int32_t pid, struct error *e)
{
	if (p->n == p->room) {
		size_t more = p->room ? p->room * 2 : 128;
		int32_t *grown = realloc(p->v, more * sizeof(*p->v));

		if (!grown)
			return err_no_memory(e);
		p->v = grown;
		p->room = more;
	}
	p->v[p->n++] = pid;
	return 0;
}

/* Takes the pids of one directory. Those of other pid namespaces read 0: not for us. */
static int pids_of_one(int fd, void *into, struct error *e)
{
	OWNED_FD procs_fd = openat(fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	char buffer[4096];
	int64_t number = 0;
	ssize_t n;

	if (procs_fd < 0)
		return errno == ENOENT || errno == ENODEV ? 0
							  : err_set(e, errno, "open cgroup.procs");
	while ((n = read(procs_fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (buffer[i] != '\n') {
				number = number * 10 + (buffer[i] - '0');
				continue;
			}
			if (number > 0 && pids_add(into, (int32_t)number, e) < 0)
				return -1;
			number = 0;
		}
	/* A threaded directory: its processes are in the list of the domain above it. */
	if (n < 0 && errno != ENODEV && errno != EOPNOTSUPP)
		return err_set(e, errno, "read cgroup.procs");
	return 0;
}

static int compare_pids(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return x < y ? -1 : x > y;
}

int cgroup_pids_of(int fd, int32_t **ret, size_t *ret_n, struct error *e)
{
	struct pids p = {0};
	size_t n = 0;

	if (cgroup_walk(fd, pids_of_one, &p, e) < 0) {
		free(p.v);
		return -1;
	}
	if (p.n > 0)
		qsort(p.v, p.n, sizeof(*p.v), compare_pids);
	for (size_t i = 0; i < p.n; i++) /* one that moved meanwhile may be there twice */
		if (n == 0 || p.v[n - 1] != p.v[i])
			p.v[n++] = p.v[i];
	*ret = p.v;
	*ret_n = n;
	return 0;
}

int cgroup_pids(const struct cgroup *g, int32_t **ret, size_t *ret_n, struct error *e)
{
	const struct cgroup_dir *d = cgroup_process_dir(g);

	if (!d) {
		*ret = NULL;
		*ret_n = 0;
		return 0;
	}
	return cgroup_pids_of(d->fd, ret, ret_n, e);
}

static bool is_listed(const int32_t *pids, size_t n, int32_t pid)
{
	return n > 0 && bsearch(&pid, pids, n, sizeof(*pids), compare_pids) != NULL;
}

/* ---- freezing ---- */

static const struct cgroup_dir *freezer_of(const struct cgroup *g)
{
	const struct cgroup_dir *d = cgroup_v1_dir(g, "freezer");

	if (d && d->fd >= 0)
		return d;
	d = g->dirs_n > 0 ? &g->dirs[g->dirs_n - 1] : NULL;
	return d && d->v2 && d->fd >= 0 ? d : NULL;
}

bool cgroup_can_freeze(const struct cgroup *g)
{
	return freezer_of(g) != NULL;
}

bool cgroup_is_frozen(const struct cgroup *g)
{
	const struct cgroup_dir *d = freezer_of(g);
	char text[16];

	if (!d)
		return false;
	if (!d->v2)
		return cgroup_v1_frozen(d->fd);
	return cgroup_text(d->fd, "cgroup.freeze", text, sizeof(text)) && text[0] == '1';
}

/* v1 asks the processes one after the other, and one that forks at the wrong moment keeps it from getting done: it is
 * asked again, and now and then let go for a moment. */
static int freeze_v1(int fd, struct error *e)
{
	int64_t deadline_ms = cgroup_now_ms() + FREEZE_MS;
	struct error ignored;
	char text[64];

	for (int tries = 1; cgroup_now_ms() < deadline_ms; tries++) {
		if (file_write_at(fd, "freezer.state", "FROZEN", e) < 0)
			return -1;
		if (file_read_at(fd, "freezer.state", text, sizeof(text), NULL, e) < 0)
			return -1;
		if (strcmp(text, "FROZEN\n") == 0)
			return 0;
		if (tries % 32 == 0)
			(void)file_write_at(fd, "freezer.state", "THAWED", &ignored);
		(void)poll(NULL, 0, tries < 16 ? 1 : 10);
	}
	(void)file_write_at(fd, "freezer.state", "THAWED", &ignored);
	return err_set(e, ETIMEDOUT, "a process does not freeze");
}

static int freeze_v2(int fd, struct error *e)
{
	OWNED_FD events_fd = openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	int64_t deadline_ms = cgroup_now_ms() + FREEZE_MS;
	struct error ignored;

	if (events_fd < 0)
		return err_set(e, errno, "open cgroup.events");
	if (file_write_at(fd, "cgroup.freeze", "1", e) < 0)
		return -1;
	for (;;) {
		struct pollfd p = {.fd = events_fd, .events = POLLPRI};
		int64_t left = deadline_ms - cgroup_now_ms();
		char text[256];
		ssize_t n = pread(events_fd, text, sizeof(text) - 1, 0);

		if (n < 0)
			return err_set(e, errno, "read cgroup.events");
		text[n] = '\0';
		if (file_field(text, "frozen") == 1)
			return 0;
		if (left <= 0)
			break;
		(void)poll(&p, 1, (int)left);
	}
	(void)file_write_at(fd, "cgroup.freeze", "0", &ignored);
	return err_set(e, ETIMEDOUT, "a process does not freeze");
}

int cgroup_freeze(const struct cgroup *g, bool frozen, struct error *e)
{
	const struct cgroup_dir *d = freezer_of(g);
	int result;

	if (!d) {
		err_set(e, 0, "the container has no cgroup that could freeze it");
		return err_hint(e, "it takes cgroup v2 or the freezer controller of v1");
	}
	if (!frozen)
		result = d->v2 ? file_write_at(d->fd, "cgroup.freeze", "0", e)
			       : file_write_at(d->fd, "freezer.state", "THAWED", e);
	else
		result = d->v2 ? freeze_v2(d->fd, e) : freeze_v1(d->fd, e);
	return result < 0 ? err_within(e, "%s cgroup %s", frozen ? "freeze" : "thaw", d->path) : 0;
}

void cgroup_thaw(const struct cgroup *g, int state_fd)
{
	const struct cgroup_dir *d = cgroup_v1_dir(g, "freezer");
	struct cgroup late = CGROUP_EMPTY;
	struct error ignored;

	if (d && d->fd >= 0)
		(void)file_write_at(d->fd, "freezer.state", "THAWED", &ignored);
	else if (g->version == CGROUP_V1 && state_fd >= 0 &&
		 cgroup_late_read(&late, state_fd, &ignored) == 0 && late.dirs_n > 0)
		cgroup_thaw(&late, -1);
	cgroup_end(&late);
}

/* ---- signals ---- */

/* Signals those of @pids that are in @fd still, once they are held. */
static int signal_some(int fd, const int32_t *pids, size_t n, int signal, struct error *e)
{
	int pidfds[PIDS_AT_ONCE], result = 0;
	OWNED_MEMORY int32_t *now = NULL;
	size_t now_n = 0;

	for (size_t i = 0; i < n; i++)
		pidfds[i] = pids[i] != getpid() ? sys_pidfd_open(pids[i]) : -1;
	if (cgroup_pids_of(fd, &now, &now_n, e) < 0)
		result = -1;
	for (size_t i = 0; i < n; i++) {
		if (result == 0 && pidfds[i] >= 0 && is_listed(now, now_n, pids[i]) &&
		    sys_pidfd_send_signal(pidfds[i], signal) < 0 && errno != ESRCH)
			result = err_set(e, errno, "signal process %d", (int)pids[i]);
		fd_close(&pidfds[i]);
	}
	return result;
}

/* Whether every pid of the second list is in the first one, too. */
static bool all_known(const int32_t *known, size_t known_n, const int32_t *pids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pids[i] != getpid() && !is_listed(known, known_n, pids[i]))
			return false;
	return true;
}

static int signal_all(int fd, int signal, struct error *e)
{
	OWNED_MEMORY int32_t *known = NULL;
	int64_t deadline_ms = cgroup_now_ms() + CGROUP_REMOVE_MS;
	size_t known_n = 0;

	for (;;) {
		int32_t *pids = NULL;
		size_t n = 0;
		bool again;

		if (cgroup_pids_of(fd, &pids, &n, e) < 0)
			return -1;
		again = !all_known(known, known_n, pids, n);
		free(known);
		known = pids;
		known_n = n;
		if (!again)
			return 0;
		for (size_t i = 0; i < n; i += PIDS_AT_ONCE)
			if (signal_some(fd, pids + i, n - i < PIDS_AT_ONCE ? n - i : PIDS_AT_ONCE,
					signal, e) < 0)
				return -1;
		/* Any other signal is not to be delivered twice. */
		if (signal != SIGKILL)
			return 0;
		if (cgroup_now_ms() > deadline_ms)
			return err_set(e, ETIMEDOUT, "processes are made faster than they are ended");
	}
}

int cgroup_kill(const struct cgroup *g, int signal, struct error *e)
{
	const struct cgroup_dir *d = cgroup_process_dir(g);
	bool freeze = !cgroup_is_frozen(g) && cgroup_can_freeze(g);
	struct error ignored;
	int result;

	if (!d)
		return err_set(e, 0,
			       "the container has no cgroup by which its processes could be found");
	/*
	 * KERNEL 6.1 (stable) and 6.18: into a directory of which cgroup.kill was ever written nothing can be born by
	 * CLONE_INTO_CGROUP any more, it is killed at once (the count that tells a fork from before the kill is taken
	 * from the parent's cgroup). So it is for directories that end with the container.
	 */
	if (signal == SIGKILL && d->v2 && d->made) {
		result = file_write_at(d->fd, "cgroup.kill", "1", e);
		cgroup_thaw(g, -1); /* the freezer of v1, beside it */
		return result;
	}
	/* Nobody forks out of the list meanwhile. Where it does not work the signals are sent all the same. */
	freeze = freeze && cgroup_freeze(g, true, &ignored) == 0;
	result = signal_all(d->fd, signal, e);
	if (freeze)
		(void)cgroup_freeze(g, false, &ignored);
	if (signal == SIGKILL)
		cgroup_thaw(g, -1);
	return result;
}

/* ---- directories that come later ---- */

/* Moves every process into the new directory @to. Those that are forked meanwhile follow, or are in the next round. */
static int attach_all(const struct cgroup *g, const struct cgroup_dir *to, struct error *e)
{
	const struct cgroup_dir *from = cgroup_process_dir(g);

	for (int round = 0; from && round < ATTACH_ROUNDS; round++) {
		OWNED_MEMORY int32_t *pids = NULL, *there = NULL;
		size_t n = 0, there_n = 0, moved = 0;
		char text[24];

		if (cgroup_pids_of(from->fd, &pids, &n, e) < 0 ||
		    cgroup_pids_of(to->fd, &there, &there_n, e) < 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			if (is_listed(there, there_n, pids[i]))
				continue;
			moved++;
			snprintf(text, sizeof(text), "%d", (int)pids[i]);
			if (file_write_at(to->fd, "cgroup.procs", text, e) < 0 && e->no != ESRCH)
				return err_within(e, "move process %s into cgroup %s", text,
						  to->path);
		}
		if (moved == 0)
			return 0;
	}
	return from ? err_set(e, ETIMEDOUT, "move all processes into cgroup %s", to->path) : 0;
}

static int late_write(const struct cgroup *g, int state_fd, struct error *e)
{
	OWNED_TEXT t = {0};

	for (size_t i = 0; i < g->dirs_n; i++) {
		const struct cgroup_dir *d = &g->dirs[i];

		if (d->late)
			text_add(&t, "%zu %zu %s %s\n", d->mount_length, d->keep_length,
				 d->v2 ? "-" : d->controllers, d->path);
	}
	if (!text_ok(&t))
		return err_no_memory(e);
	return file_replace_at(state_fd, CGROUP_LATE_FILE, t.bytes, 0600, e);
}

int cgroup_make_late(struct cgroup *g, int state_fd, struct error *e)
{
	bool any = false;

	for (size_t i = 0; i < g->dirs_n; i++)
		any = any || (g->dirs[i].late && g->dirs[i].fd < 0);
	if (!any)
		return 0;
	if (late_write(g, state_fd, e) < 0)
		return -1;
	for (size_t i = 0; i < g->dirs_n; i++) {
		struct cgroup_dir *d = &g->dirs[i];

		if (!d->late || d->fd >= 0)
			continue;
		if ((d->v2 ? cgroup_v2_make(g, d, e) : cgroup_v1_make(g, d, e)) < 0 ||
		    attach_all(g, d, e) < 0)
			return -1;
		if (d->keep_length < d->mount_length)
			d->keep_length = d->mount_length;
	}
	return late_write(g, state_fd, e); /* with the parents that had to be made */
}

int cgroup_extend(struct cgroup *g, const char *names, int state_fd, struct error *e)
{
	struct config nothing = {0};

	if (cgroup_plan_more(g, &nothing, names, e) < 0)
		return -1;
	return cgroup_make_late(g, state_fd, e);
}

int cgroup_late_read(struct cgroup *g, int state_fd, struct error *e)
{
	char text[CGROUP_DIRS * (CGROUP_PATH + CGROUP_NAMES + 48)], *save = NULL;

	if (file_read_at(state_fd, CGROUP_LATE_FILE, text, sizeof(text), NULL, e) < 0)
		return e->no == ENOENT ? 0 : -1;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char controllers[CGROUP_NAMES], path[CGROUP_PATH];
		size_t mount_length, keep_length;

		if (sscanf(line, "%zu %zu %255s %1023[^\n]", &mount_length, &keep_length,
			   controllers, path) != 4)
			return err_set(e, 0, "\"%s\" in %s is no directory", line, CGROUP_LATE_FILE);
		if (cgroup_add(g, path, strcmp(controllers, "-") == 0 ? "" : controllers,
			       mount_length, keep_length, true, e) < 0)
			return -1;
		for (size_t i = 0; i < g->dirs_n; i++)
			if (strcmp(g->dirs[i].path, path) == 0)
				g->dirs[i].late = true;
	}
	return 0;
}

bool cgroup_late_remove(int state_fd)
{
	struct cgroup late = CGROUP_EMPTY;
	struct error ignored;
	bool gone = cgroup_late_read(&late, state_fd, &ignored) == 0 &&
		    cgroup_remove(&late, &ignored) == 0;

	cgroup_end(&late);
	return gone;
}
