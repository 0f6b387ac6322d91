/*
 * state.c - see state.h. Runs outside.
 *
 * Two races matter. A directory that was just made and not yet locked must not be taken for litter: whoever
 * makes one holds a shared lock on ROOT until its own is locked, and a sweeper holds ROOT exclusively while
 * it locks what it suspects. And a pid may have gone to another process: it counts only together with its
 * start time, and it is killed through a pidfd that was checked after opening.
 */
#include "host/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "base/text.h"
#include "config/json.h"

#define STATE_FILE  "state.json"
#define STATE_LIMIT (1 << 20)

int64_t state_start_time(pid_t pid)
{
	char path[40], text[1024], *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (file_read_at(AT_FDCWD, path, text, sizeof(text), NULL, &(struct error){0}) < 0)
		return -1;
	at = strrchr(text, ')'); /* the name before it may hold anything, ')' included */
	for (int field = 2; at && field < 22; field++) {
		at = strchr(at, ' ');
		if (at)
			at++;
	}
	return at ? strtoll(at, NULL, 10) : -1;
}

/* Opens ROOT, making it (and its parents, such as XDG_RUNTIME_DIR's) where it is missing. */
static int open_root(const char *root, int *ret_fd, struct error *e)
{
	struct stat st;

	if (mkdir(root, 0700) < 0 && errno != EEXIST)
		return err_set(e, errno, "make state directory %s", root);
	*ret_fd = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_fd < 0)
		return err_set(e, errno, "open state directory %s", root);
	/* Somebody else's directory under a name that can be guessed: he could read and swap what is in it. */
	if (fstat(*ret_fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 022)) {
		fd_close(ret_fd);
		return err_set(e, 0,
			       "state directory %s is not this user's alone (owner %u, mode %o)",
			       root, (unsigned int)st.st_uid, (unsigned int)st.st_mode & 07777);
	}
	return 0;
}

/* Ends the PID 1 that the state names, if it is still that process, and waits until it is gone. */
static void kill_init(const struct json *state)
{
	struct json pid_member = json_member(state, "pid"),
		    start_member = json_member(state, "startTime");
	int64_t pid = 0, start = -1;
	struct pollfd gone = {.events = POLLIN};
	OWNED_FD pidfd = -1;

	if (json_get_i64(&pid_member, 2, INT32_MAX, &pid, &(struct error){0}) < 0 ||
	    json_get_i64(&start_member, 0, INT64_MAX, &start, &(struct error){0}) < 0 || pid == 0 ||
	    start < 0)
		return;
	pidfd = sys_pidfd_open((pid_t)pid);
	if (pidfd < 0 || state_start_time((pid_t)pid) != start)
		return;
	(void)sys_pidfd_send_signal(pidfd, SIGKILL);
	gone.fd = pidfd;
	(void)poll(&gone, 1,
		   10000); /* a process in an uninterruptible wait may take long: the litter then stays */
}

/* Removes what the state file of a directory names. False when something is left. */
static bool remove_named(int dir_fd)
{
	OWNED_FD fd = openat(dir_fd, STATE_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	OWNED_MEMORY char *text = NULL;
	struct json document, cgroups;
	size_t length, n = 0;
	bool clean = true;

	if (fd < 0 ||
	    file_read_regular(fd, STATE_FILE, STATE_LIMIT, &text, &length, &(struct error){0}) < 0)
		return true; /* killed before it was written: nothing had been made */
	if (json_parse(text, length, &document, &(struct error){0}) < 0)
		return true;
	kill_init(&document);
	cgroups = json_member(&document, "cgroups");
	(void)json_get_array(&cgroups, &n, &(struct error){0});
	for (size_t i = 0; i < n; i++) {
		struct json one = json_at(&cgroups, i);
		const char *path = NULL;

		if (json_get_string(&one, &path, &(struct error){0}) == 0 && path &&
		    cgroup_remove_path(path, &(struct error){0}) < 0)
			clean = false;
	}
	json_end(&document);
	return clean;
}

/* Removes the files that a state directory may hold, and itself. */
static bool remove_directory(int root_fd, int dir_fd, const char *id)
{
	(void)unlinkat(dir_fd, STATE_FILE, 0);
	if (unlinkat(root_fd, id, AT_REMOVEDIR) == 0)
		return true;
	(void)unlinkat(dir_fd, "." STATE_FILE ".new", 0); /* killed while it was being written */
	return unlinkat(root_fd, id, AT_REMOVEDIR) == 0;
}

/* Removes ROOT/@id if nobody holds it. The caller holds ROOT exclusively. */
static bool sweep_one(int root_fd, const char *id)
{
	OWNED_FD dir = openat(root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir < 0 || flock(dir, LOCK_EX | LOCK_NB) < 0)
		return false;
	return remove_named(dir) && remove_directory(root_fd, dir, id);
}

int state_sweep(const char *root, int most)
{
	OWNED_FD fd = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int seen = 0, removed = 0;
	struct dirent *entry;
	DIR *list;

	/* Held shared by everyone who is making a directory right now: leave the sweep to somebody else then. */
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	list = fdopendir(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	if (!list)
		return 0;
	while ((entry = readdir(list)) != NULL && (most == 0 || seen < most)) {
		if (entry->d_name[0] == '.' && (entry->d_name[1] == '\0' || entry->d_name[1] == '.'))
			continue;
		seen++;
		removed += sweep_one(fd, entry->d_name);
	}
	closedir(list);
	return removed;
}

/* Makes ROOT/ID and takes its lock. EEXIST in errno: somebody has it. */
static int make_locked(struct state *s, const char *id, struct error *e)
{
	int result;

	if (flock(s->root_fd, LOCK_SH) < 0)
		return err_set(e, errno, "lock the state directory");
	result = mkdirat(s->root_fd, id, 0700);
	if (result < 0) {
		result = err_set(e, errno, "make state directory %s", id);
	} else {
		s->dir_fd = openat(s->root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (s->dir_fd < 0 || flock(s->dir_fd, LOCK_EX | LOCK_NB) < 0) {
			result = err_set(e, errno, "lock state directory %s", id);
			(void)unlinkat(s->root_fd, id, AT_REMOVEDIR);
		}
	}
	(void)flock(s->root_fd, LOCK_UN);
	return result;
}

int state_make(struct state *s, const char *root, const char *id, struct error *e)
{
	struct timespec now;

	if (open_root(root, &s->root_fd, e) < 0)
		return -1;
	if (make_locked(s, id, e) < 0) {
		bool swept = false;

		if (e->no == EEXIST && flock(s->root_fd, LOCK_EX) == 0) {
			swept = sweep_one(s->root_fd, id);
			(void)flock(s->root_fd, LOCK_UN);
		}
		if (!swept)
			return e->no == EEXIST
				       ? err_set(e,
						 0, "container %s exists already: choose another --name",
						 id)
				       : -1;
		if (make_locked(s, id, e) < 0)
			return -1;
	}
	s->made = true;
	clock_gettime(CLOCK_REALTIME, &now);
	s->created_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	return 0;
}

int state_write(struct state *s, const struct config *c, const struct cgroup *g, pid_t pid,
		struct error *e)
{
	OWNED_TEXT t = {0};

	text_add(&t, "{\"ociVersion\":\"1.3.0\",\"id\":");
	text_add_json(&t, c->id);
	text_add(&t, ",\"bundle\":");
	text_add_json(&t, c->bundle ? c->bundle : "");
	text_add(&t, ",\"rootfs\":");
	text_add_json(&t, c->rootfs);
	text_add(&t, ",\"created\":\"");
	text_add_time(&t, s->created_ns, 9);
	text_add(&t, "\"");
	text_add(&t, ",\"ownerPid\":%d", (int)getpid());
	if (pid > 0)
		text_add(&t, ",\"pid\":%d,\"startTime\":%lld", (int)pid,
			 (long long)state_start_time(pid));
	text_add(&t, ",\"cgroups\":[");
	for (size_t i = 0; i < g->dirs_n; i++) {
		text_add(&t, i > 0 ? "," : "");
		text_add_json(&t, g->dirs[i].path);
	}
	text_add(&t, "]}\n");
	if (!text_ok(&t))
		return err_no_memory(e);
	return file_replace_at(s->dir_fd, STATE_FILE, t.bytes, 0600, e);
}

void state_remove(struct state *s, const char *id)
{
	if (s->made)
		(void)remove_directory(s->root_fd, s->dir_fd, id);
	s->made = false;
	fd_close(&s->dir_fd);
	fd_close(&s->root_fd);
}
