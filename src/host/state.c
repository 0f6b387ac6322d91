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
#include "base/step.h"
#include "base/sys.h"
#include "base/text.h"
#include "config/json.h"

#define STATE_FILE  "state.json"
#define STATE_LIMIT (1 << 20)
#define SWEEP_LOOKS 256 /* directories that one sweep looks at: on a busy host most are alive */
#define SWEEP_MOST  8	/* and that it removes */

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

/* Opens ROOT, making it where it is missing. */
static int open_root(const char *root, int *ret_fd, struct error *e)
{
	struct stat st;

	*ret_fd = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_fd < 0 && errno == ENOENT) {
		if (mkdir(root, 0700) < 0 && errno != EEXIST)
			return err_set(e, errno, "make state directory %s", root);
		*ret_fd = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
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

/* This boot's name: after a reboot a pid and a start time may fit another process. */
static void boot_id(char ret[40])
{
	if (file_read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", ret, 40, NULL,
			 &(struct error){0}) < 0)
		ret[0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

/*
 * Ends the PID 1 that the state names, if it is still that process and belonged to a run in the foreground, and
 * waits until it is gone. False: it lives, and is not ours to end.
 */
static bool end_init(const struct json *state)
{
	struct json pid_member = json_member(state, "pid"),
		    start_member = json_member(state, "startTime"),
		    boot_member = json_member(state, "bootId"),
		    foreground_member = json_member(state, "foreground");
	struct pollfd gone = {.events = POLLIN};
	int64_t pid = 0, start = -1;
	const char *boot = "";
	bool foreground = false;
	OWNED_FD pidfd = -1;
	char now[40];

	boot_id(now);
	if (json_get_i64(&pid_member, 2, INT32_MAX, &pid, &(struct error){0}) < 0 ||
	    json_get_i64(&start_member, 0, INT64_MAX, &start, &(struct error){0}) < 0 ||
	    json_get_string(&boot_member, &boot, &(struct error){0}) < 0 ||
	    json_get_bool(&foreground_member, &foreground, &(struct error){0}) < 0)
		return true;
	if (pid == 0 || start < 0 || strcmp(boot, now) != 0)
		return true;
	pidfd = sys_pidfd_open((pid_t)pid);
	if (pidfd < 0 || state_start_time((pid_t)pid) != start)
		return true;
	if (!foreground)
		return false;
	(void)sys_pidfd_send_signal(pidfd, SIGKILL);
	gone.fd = pidfd;
	/* A process in an uninterruptible wait may take long: the litter then stays for the next. */
	return poll(&gone, 1, 2000) == 1;
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
	if (!end_init(&document)) {
		json_end(&document);
		return false;
	}
	cgroups = json_member(&document, "cgroups");
	(void)json_get_array(&cgroups, &n, &(struct error){0});
	for (size_t i = 0; i < n; i++) {
		struct json one = json_at(&cgroups, i);
		const char *path = NULL;

		if (json_get_string(&one, &path, &(struct error){0}) == 0 && path && *path == '/' &&
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

/* Whether ROOT holds more directories than one sweep looks at; each is a link to it (1 where not counted). */
static bool list_is_long(int root_fd)
{
	struct stat st;

	return fstat(root_fd, &st) == 0 && st.st_nlink > SWEEP_LOOKS;
}

/* Takes the lock of ROOT/@id; -1 where somebody has it. The caller holds ROOT exclusively. */
static int lock_litter(int root_fd, const char *id)
{
	OWNED_FD dir = openat(root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir < 0 || flock(dir, LOCK_EX | LOCK_NB) < 0)
		return -1;
	return fd_give(&dir);
}

void state_sweep(const struct state *s)
{
	struct dirent *entry;
	int looks = 0, most = 0, skip;
	char names[SWEEP_MOST][256];
	int fds[SWEEP_MOST];
	DIR *list;

	/* Held shared by everyone who is making a directory right now: leave the sweep to somebody else then. */
	if (flock(s->root_fd, LOCK_EX | LOCK_NB) < 0)
		return;
	list = fdopendir(openat(s->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	/* With many alive, not always the same ones are looked at. */
	skip = list && list_is_long(s->root_fd) ? (int)(step_now() / 1000 % SWEEP_LOOKS) : 0;
	while (list && most < SWEEP_MOST && looks < SWEEP_LOOKS && (entry = readdir(list)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || skip-- > 0)
			continue;
		looks++;
		fds[most] = lock_litter(s->root_fd, entry->d_name);
		if (fds[most] >= 0)
			snprintf(names[most++], sizeof(names[0]), "%s", entry->d_name);
	}
	if (list)
		closedir(list);
	/* What may take its time is done without keeping others from starting. */
	(void)flock(s->root_fd, LOCK_UN);
	for (int i = 0; i < most; i++) {
		if (remove_named(fds[i]))
			(void)remove_directory(s->root_fd, fds[i], names[i]);
		fd_close(&fds[i]);
	}
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
	state_sweep(s);
	if (make_locked(s, id, e) < 0) {
		bool swept = false;
		OWNED_FD litter = -1;

		if (e->no == EEXIST && flock(s->root_fd, LOCK_EX) == 0) {
			litter = lock_litter(s->root_fd, id);
			(void)flock(s->root_fd, LOCK_UN);
			swept = litter >= 0 && remove_named(litter) &&
				remove_directory(s->root_fd, litter, id);
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
	boot_id(s->boot_id);
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
	text_add(&t, ",\"foreground\":true,\"bootId\":\"%s\"", s->boot_id);
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
	/* The first one nobody can be reading: the directory has just been made and is locked. */
	return pid > 0 ? file_replace_at(s->dir_fd, STATE_FILE, t.bytes, 0600, e)
		       : file_create_at(s->dir_fd, STATE_FILE, t.bytes, 0600, e);
}

void state_remove(struct state *s, const char *id)
{
	if (s->made)
		(void)remove_directory(s->root_fd, s->dir_fd, id);
	s->made = false;
	fd_close(&s->dir_fd);
	fd_close(&s->root_fd);
}
