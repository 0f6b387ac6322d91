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
#include <limits.h>
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
#include "base/text.h"
#include "host/record.h"
#include "host/seccomp.h"

#define SWEEP_LOOKS 256 /* directories that one sweep looks at: on a busy host most are alive */
#define SWEEP_MOST  8	/* and that it removes */

int64_t state_start_time(pid_t pid)
{
	char path[40], text[1024], *at;
	struct error e;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (file_read_at(AT_FDCWD, path, text, sizeof(text), NULL, &e) < 0) {
		errno = e.no;
		return -1;
	}
	at = strrchr(text, ')'); /* the name before it may hold anything, ')' included */
	for (int field = 2; at && field < 22; field++) {
		at = strchr(at, ' ');
		if (at)
			at++;
	}
	return at ? strtoll(at, NULL, 10) : -1;
}

int state_open_root(const char *root, int *ret_fd, struct error *e)
{
	struct stat st;

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

int state_make_root(const char *root, int *ret_fd, struct error *e)
{
	char path[PATH_MAX];

	if (state_open_root(root, ret_fd, e) == 0 || e->no != ENOENT)
		return *ret_fd < 0 ? -1 : 0;
	if ((size_t)snprintf(path, sizeof(path), "%s", root) >= sizeof(path))
		return err_set(e, ENAMETOOLONG, "state directory");
	for (char *at = path; at; at = strchr(at + 1, '/')) {
		char *slash = strchr(at + 1, '/');

		if (slash)
			*slash = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return err_set(e, errno, "make state directory %s", path);
		if (slash)
			*slash = '/';
	}
	return state_open_root(root, ret_fd, e);
}

void state_boot_id(char ret[40])
{
	if (file_read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", ret, 40, NULL,
			 &(struct error){0}) < 0)
		ret[0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

bool state_remove_directory(int root_fd, int dir_fd, const char *id)
{
	/* And what was being written when somebody was killed. What is not ours stays, and the directory with it. */
	static const char *const files[] = {
		STATE_CONFIG_FILE,
		"." STATE_CONFIG_FILE ".new",
		SECCOMP_FILE,
		"." SECCOMP_FILE ".new",
		STATE_START_FILE,
		CGROUP_LATE_FILE,
		"." CGROUP_LATE_FILE ".new",
		STATE_RESOURCES_FILE,
		"." STATE_RESOURCES_FILE ".new",
		"." STATE_FILE ".new",
	};

	if (!cgroup_late_remove(dir_fd))
		return false;
	/* state.json last: as long as the directory is there, what is left can be found by it. */
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlinkat(dir_fd, files[i], 0);
	(void)unlinkat(dir_fd, STATE_FILE, 0);
	/* Somebody may make the lock anew meanwhile, to find with it that there is nothing any more. */
	for (int tries = 0; tries < 16; tries++) {
		(void)unlinkat(dir_fd, STATE_LOCK_FILE, 0);
		if (unlinkat(root_fd, id, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return true;
	}
	return false;
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
		if (entry->d_name[0] == '.' || skip-- > 0)
			continue; /* no id begins with a dot: the cache of filters does */
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
		(void)record_sweep(s->root_fd, fds[i], names[i]);
		fd_close(&fds[i]);
	}
}

/* Makes ROOT/ID and takes its lock. EEXIST in errno: somebody has it. */
static int make_locked(struct state *s, const char *id, struct error *e)
{
	int result;

	if (flock(s->root_fd, LOCK_SH) < 0)
		return err_set(e, errno, "lock the state directory");
	result = mkdirat(s->root_fd, id, STATE_MAKING | 0700);
	if (result < 0) {
		result = err_set(e, errno, "make state directory %s", id);
	} else {
		s->dir_fd = openat(s->root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		/* Nobody holds it for longer than a look: sweepers are kept out by ROOT's lock. */
		if (s->dir_fd < 0 || flock(s->dir_fd, LOCK_EX) < 0) {
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

	if (state_make_root(root, &s->root_fd, e) < 0)
		return -1;
	state_sweep(s);
	if (make_locked(s, id, e) < 0) {
		bool swept = false;
		OWNED_FD litter = -1;

		if (e->no == EEXIST && flock(s->root_fd, LOCK_EX) == 0) {
			litter = lock_litter(s->root_fd, id);
			(void)flock(s->root_fd, LOCK_UN);
			swept = litter >= 0 && record_sweep(s->root_fd, litter, id);
		}
		if (!swept)
			return e->no == EEXIST
				       ? err_set(e,
						 0, "container \"%s\" already exists (choose another name, or delete it)",
						 id)
				       : -1;
		if (make_locked(s, id, e) < 0)
			return -1;
	}
	s->made = true;
	s->maker_start = state_start_time(getpid());
	state_boot_id(s->boot_id);
	clock_gettime(CLOCK_REALTIME, &now);
	s->created_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	return 0;
}

/* The cgroups, with what is needed to remove them as they would have been. */
static void add_cgroups(struct text *t, const struct cgroup *g)
{
	text_add(t, ",\"cgroups\":[");
	for (size_t i = 0; i < g->dirs_n; i++) {
		const struct cgroup_dir *d = &g->dirs[i];

		text_add(t, "%s{\"path\":", i > 0 ? "," : "");
		text_add_json(t, d->path);
		text_add(t, ",\"controllers\":");
		text_add_json(t, d->controllers);
		text_add(t, ",\"mount\":%zu,\"keep\":%zu,\"made\":%s}", d->mount_length,
			 d->keep_length, d->joined ? "false" : "true");
	}
	text_add(t, "]");
}

int state_write(struct state *s, const struct state_content *content, struct error *e)
{
	const struct config *c = content->config;
	const struct resctrl *r = content->resctrl;
	OWNED_TEXT t = {0};
	int result;

	text_add(&t, "{\"ociVersion\":");
	text_add_json(&t, c->oci_version ? c->oci_version : "1.3.0");
	text_add(&t, ",\"id\":");
	text_add_json(&t, c->id);
	text_add(&t, ",\"bundle\":");
	text_add_json(&t, c->bundle ? c->bundle : "");
	text_add(&t, ",\"rootfs\":");
	text_add_json(&t, c->rootfs);
	text_add(&t, ",\"created\":\"");
	text_add_time(&t, s->created_ns, 9);
	text_add(&t, "\",\"foreground\":%s,\"builtinFilter\":%s,\"bootId\":\"%s\"",
		 content->foreground ? "true" : "false", content->builtin_filter ? "true" : "false",
		 s->boot_id);
	if (c->no_new_keyring)
		text_add(&t, ",\"noNewKeyring\":true");
	text_add(&t, ",\"maker\":%d,\"makerStartTime\":%lld", (int)getpid(),
		 (long long)s->maker_start);
	if (content->pid > 0)
		text_add(&t, ",\"pid\":%d,\"startTime\":%lld", (int)content->pid,
			 (long long)state_start_time(content->pid));
	if (r->tasks[0]) {
		text_add(&t, ",\"resctrl\":{\"clos\":");
		text_add_json(&t, r->clos);
		text_add(&t, ",\"monitor\":");
		text_add_json(&t, r->monitor);
		text_add(&t, ",\"tasks\":");
		text_add_json(&t, r->tasks);
		text_add(&t, "}");
	}
	add_cgroups(&t, content->cgroup);
	text_add(&t, "}\n");
	if (!text_ok(&t))
		return err_no_memory(e);
	/* The first one nobody can be reading: the directory has just been made and is locked. */
	result = s->written ? file_replace_at(s->dir_fd, STATE_FILE, t.bytes, 0600, e)
			    : file_create_at(s->dir_fd, STATE_FILE, t.bytes, 0600, e);
	s->written = result == 0;
	return result;
}

int state_complete(const struct state *s, struct error *e)
{
	return fchmod(s->dir_fd, 0700) < 0 ? err_set(e, errno, "change the state directory's mode")
					   : 0;
}

void state_leave(struct state *s)
{
	s->made = false;
	fd_close(&s->dir_fd);
	fd_close(&s->root_fd);
}

void state_remove(struct state *s, const char *id)
{
	if (s->made)
		(void)state_remove_directory(s->root_fd, s->dir_fd, id);
	s->made = false;
}
