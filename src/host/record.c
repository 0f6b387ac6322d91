/*
 * record.c - see record.h. Runs outside, in every command that comes after the one that made the container.
 *
 * What the state says is only ever believed together with the kernel's word: the pid counts with its start time and
 * this boot's name, and is used through a pidfd that was checked after it was opened; a cgroup is removed only where
 * the state says that it was made for this container.
 */
#include "host/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "config/from_oci.h"
#include "container/hooks.h"
#include "host/message.h"
#include "host/processes.h"
#include "host/state.h"

#define STATE_LIMIT ((size_t)1 << 20)
#define END_MOST_MS 10000 /* how long the end of a killed process is waited for */
#define HOLDER_MOST_MS \
	3000 /* and how long the mini-run of a foreground container may take to remove it, */
#define HOOKS_MOST_MS 60000 /* and to run its poststop hooks */

/* ---- reading ---- */

static int get_string(const struct json *object, const char *name, const char **ret, struct error *e)
{
	struct json member = json_member(object, name);

	*ret = "";
	return json_get_string(&member, ret, e);
}

static int get_bool(const struct json *object, const char *name, bool *ret, struct error *e)
{
	struct json member = json_member(object, name);

	*ret = false;
	return json_get_bool(&member, ret, e);
}

static int get_number(const struct json *object, const char *name, int64_t most, int64_t *ret,
		      struct error *e)
{
	struct json member = json_member(object, name);

	*ret = -1;
	return json_get_i64(&member, 0, most, ret, e);
}

static int read_cgroups(struct record *r, struct error *e)
{
	struct json list = json_member(&r->document, "cgroups");
	size_t n = 0;

	if (json_get_array(&list, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct json one = json_at(&list, i);
		const char *path, *controllers;
		int64_t mount, keep;
		bool made;

		if (get_string(&one, "path", &path, e) < 0 ||
		    get_string(&one, "controllers", &controllers, e) < 0 ||
		    get_number(&one, "mount", CGROUP_PATH, &mount, e) < 0 ||
		    get_number(&one, "keep", CGROUP_PATH, &keep, e) < 0 ||
		    get_bool(&one, "made", &made, e) < 0)
			return -1;
		if (cgroup_add(&r->cgroup, path, controllers, (size_t)(mount < 0 ? 0 : mount),
			       (size_t)(keep < 0 ? 0 : keep), made, e) < 0)
			return -1;
	}
	return 0;
}

static int read_resctrl(struct record *r, struct error *e)
{
	struct json object = json_member(&r->document, "resctrl");
	const char *clos, *monitor, *tasks;

	if (get_string(&object, "clos", &clos, e) < 0 ||
	    get_string(&object, "monitor", &monitor, e) < 0 ||
	    get_string(&object, "tasks", &tasks, e) < 0)
		return -1;
	snprintf(r->resctrl.clos, sizeof(r->resctrl.clos), "%s", clos);
	snprintf(r->resctrl.monitor, sizeof(r->resctrl.monitor), "%s", monitor);
	snprintf(r->resctrl.tasks, sizeof(r->resctrl.tasks), "%s", tasks);
	return 0;
}

/* Whether the process behind the pidfd has ended, waited for or not. */
static bool has_ended(int pidfd)
{
	struct pollfd gone = {.fd = pidfd, .events = POLLIN};

	return poll(&gone, 1, 0) != 0;
}

/* Whether @pid is still the process that started then; -1 where that cannot be found out. */
static int is_process(pid_t pid, int64_t start, struct error *e)
{
	int64_t now = state_start_time(pid);

	if (now < 0 && errno != ENOENT && errno != ESRCH)
		return err_set(e, errno, "look at process %d", (int)pid);
	return now == start;
}

/* Finds the process that the state names, if it is still that one. */
static int find_process(struct record *r, struct error *e)
{
	int64_t pid, start, maker, maker_start;
	const char *boot;
	OWNED_FD pidfd = -1;
	char now[40];
	int same;

	if (get_number(&r->document, "pid", INT32_MAX, &pid, e) < 0 ||
	    get_number(&r->document, "startTime", INT64_MAX, &start, e) < 0 ||
	    get_string(&r->document, "bootId", &boot, e) < 0)
		return -1;
	r->pid = pid > 1 ? (pid_t)pid : 0;
	state_boot_id(now);
	if (*now == '\0')
		return err_set(e, EIO, "read the boot id of this host");
	if (strcmp(boot, now) != 0)
		return 0;
	if (get_number(&r->document, "maker", INT32_MAX, &maker, e) < 0 ||
	    get_number(&r->document, "makerStartTime", INT64_MAX, &maker_start, e) < 0)
		return -1;
	if (maker > 1 && maker_start > 0) {
		same = is_process((pid_t)maker, maker_start, e);
		if (same < 0)
			return -1;
		r->maker = same ? (pid_t)maker : 0;
	}
	if (r->pid == 0 || start < 0)
		return 0;
	pidfd = sys_pidfd_open(r->pid);
	/* EINVAL, or ENOENT from Linux 6.15 on: a thread has the number now. */
	if (pidfd < 0 && errno != ESRCH && errno != EINVAL && errno != ENOENT)
		return err_set(e, errno, "open a descriptor of process %d", (int)r->pid);
	same = pidfd < 0 ? 0 : is_process(r->pid, start, e);
	if (same < 0)
		return -1;
	if (same && !has_ended(pidfd)) /* a zombie has */
		r->pidfd = fd_give(&pidfd);
	return 0;
}

static int read_members(struct record *r, struct error *e)
{
	if (json_get_object(&r->document, e) < 0 ||
	    get_string(&r->document, "ociVersion", &r->oci_version, e) < 0 ||
	    get_string(&r->document, "bundle", &r->bundle, e) < 0 ||
	    get_string(&r->document, "rootfs", &r->rootfs, e) < 0 ||
	    get_string(&r->document, "created", &r->created, e) < 0 ||
	    get_bool(&r->document, "foreground", &r->foreground, e) < 0 ||
	    get_bool(&r->document, "builtinFilter", &r->builtin_filter, e) < 0 ||
	    get_bool(&r->document, "noNewKeyring", &r->no_new_keyring, e) < 0)
		return -1;
	if (read_cgroups(r, e) < 0 || cgroup_late_read(&r->cgroup, r->dir_fd, e) < 0 ||
	    read_resctrl(r, e) < 0)
		return -1;
	return find_process(r, e);
}

static void record_clear(struct record *r)
{
	*r = (struct record){
		.root_fd = -1,
		.dir_fd = -1,
		.lock_fd = -1,
		.pidfd = -1,
		.oci_version = "",
		.bundle = "",
		.rootfs = "",
		.created = "",
		.cgroup = CGROUP_EMPTY,
	};
}

int record_read(struct record *r, int root_fd, int dir_fd, const char *id, struct error *e)
{
	OWNED_FD fd = -1;
	OWNED_MEMORY char *text = NULL;
	struct stat st;
	size_t length;

	record_clear(r);
	r->root_fd = root_fd;
	r->dir_fd = dir_fd;
	snprintf(r->id, sizeof(r->id), "%s", id);
	if (fstat(dir_fd, &st) < 0)
		return err_set(e, errno, "stat the state directory");
	r->owner = st.st_uid;
	fd = openat(dir_fd, STATE_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "open " STATE_FILE);
	if (file_read_regular(fd, STATE_FILE, STATE_LIMIT, &text, &length, e) < 0)
		return -1;
	if (json_parse(text, length, &r->document, e) == 0 && read_members(r, e) == 0) {
		r->complete = r->pid > 0 && !(st.st_mode & STATE_MAKING);
		return 0;
	}
	record_end(r);
	record_clear(r);
	r->root_fd = root_fd;
	r->dir_fd = dir_fd;
	snprintf(r->id, sizeof(r->id), "%s", id);
	return err_within(e, "state of container %s", id);
}

void record_end(struct record *r)
{
	fd_close(&r->pidfd);
	fd_close(&r->lock_fd);
	cgroup_end(&r->cgroup);
	json_end(&r->document);
	r->document = (struct json){0};
}

/* ---- by name ---- */

/* The words that engines look for. */
static int not_found(const char *id, struct error *e)
{
	err_set(e, 0, "container \"%s\" does not exist", id);
	e->no = ENOENT;
	return -1;
}

/*
 * A name that would lead out of the state directory, or to what is no container's. ENOENT: it cannot exist.
 */
static bool is_name(const char *id)
{
	return *id != '\0' && *id != '.' && !strchr(id, '/') &&
	       strlen(id) < sizeof(((struct record *)0)->id);
}

/*
 * Why a state could not be read: it is missing, cut off, or not ours. The container was made just now then, or is litter of a
 * mini-run that was killed that early. Anything else (no memory, no descriptors) says nothing about the container, and to
 * take it for stopped would leave its processes to nobody.
 */
static bool is_unwritten(const struct error *e)
{
	return e->no == 0 || e->no == ENOENT || e->no == ELOOP;
}

int record_open(struct record *r, const char *root, const char *id, struct error *e)
{
	OWNED_FD root_fd = -1, dir_fd = -1;

	record_clear(r);
	if (!is_name(id))
		return not_found(id, e);
	if (state_open_root(root, &root_fd, e) < 0)
		return e->no == ENOENT ? not_found(id, e) : -1;
	dir_fd = openat(root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir_fd < 0)
		return errno == ENOENT ? not_found(id, e)
				       : err_set(e, errno, "open the state of container %s", id);
	if (record_read(r, root_fd, dir_fd, id, e) < 0 && !is_unwritten(e)) {
		r->root_fd = r->dir_fd = -1;
		return -1;
	}
	r->root_fd = fd_give(&root_fd);
	r->dir_fd = fd_give(&dir_fd);
	return 0;
}

void record_close(struct record *r)
{
	record_end(r);
	fd_close(&r->dir_fd);
	fd_close(&r->root_fd);
}

/* Whether the directory still has its name: it may have been deleted while we waited for its lock. */
static bool is_there(const struct record *r)
{
	struct stat a, b;

	return fstat(r->dir_fd, &a) == 0 &&
	       fstatat(r->root_fd, r->id, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

int record_lock(struct record *r, struct error *e)
{
	OWNED_FD fd =
		openat(r->dir_fd, STATE_LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int root_fd = r->root_fd, dir_fd = r->dir_fd;
	char id[sizeof(r->id)];
	struct stat own, now;

	snprintf(id, sizeof(id), "%s", r->id);
	if (fd < 0)
		return errno == ENOENT ? not_found(id, e)
				       : err_set(e, errno, "open the lock of %s", id);
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_set(e, errno, "lock container %s", id);
	/* Gone while we waited: with all else, or made anew by somebody who came in between. */
	if (!is_there(r))
		return not_found(id, e);
	if (fstat(fd, &own) < 0 ||
	    fstatat(r->dir_fd, STATE_LOCK_FILE, &now, AT_SYMLINK_NOFOLLOW) < 0 ||
	    own.st_ino != now.st_ino) {
		fd_close(&fd);
		return record_lock(r, e);
	}
	record_end(r);
	if (record_read(r, root_fd, dir_fd, id, e) < 0 && !is_unwritten(e))
		return -1;
	r->lock_fd = fd_give(&fd);
	return 0;
}

/*
 * Whether a mini-run holds the directory: it makes the container, or stays with it. A look must not keep those from each
 * other who look at the same time, nor hold up one who has just made the directory for longer than this.
 */
static bool has_holder(const struct record *r)
{
	if (flock(r->dir_fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	(void)flock(r->dir_fd, LOCK_UN);
	return false;
}

int record_connect(const struct record *r, int flags, int *ret_fd, struct error *e)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	OWNED_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" STATE_START_FILE,
		 r->dir_fd);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return err_set(e, errno, "connect to the container");
	*ret_fd = fd_give(&fd);
	return 0;
}

/*
 * Whether the container's process still waits for `start`. The socket alone does not tell: a `start` that was killed may
 * have left it. The process takes a connection that says nothing for what it is.
 */
static bool is_waiting(const struct record *r)
{
	OWNED_FD fd = -1;
	struct error e;
	struct stat st;

	if (fstatat(r->dir_fd, STATE_START_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return record_connect(r, SOCK_NONBLOCK, &fd, &e) == 0 || e.no == EAGAIN;
}

enum record_status record_status(const struct record *r)
{
	if (!r->complete)
		return has_holder(r) ? RECORD_CREATING : RECORD_STOPPED;
	if (r->pidfd < 0 || has_ended(r->pidfd))
		return RECORD_STOPPED;
	if (is_waiting(r))
		return RECORD_CREATED;
	return cgroup_is_frozen(&r->cgroup) ? RECORD_PAUSED : RECORD_RUNNING;
}

const char *record_status_name(enum record_status status)
{
	static const char *const names[] = {
		[RECORD_CREATING] = "creating", [RECORD_CREATED] = "created",
		[RECORD_RUNNING] = "running",	[RECORD_PAUSED] = "paused",
		[RECORD_STOPPED] = "stopped",
	};

	return names[status];
}

int record_config(const struct record *r, struct config **ret, struct error *e)
{
	OWNED_FD fd =
		openat(r->dir_fd, STATE_CONFIG_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	OWNED_MEMORY char *text = NULL;
	struct config *c;
	size_t length;

	if (fd < 0 && errno == ENOENT && r->complete)
		return not_found(r->id, e); /* it is being deleted at this moment */
	if (fd < 0)
		return err_set(e, errno, "open the configuration of container %s", r->id);
	if (file_read_regular(fd, STATE_CONFIG_FILE, JSON_SIZE_MAX, &text, &length, e) < 0)
		return -1;
	c = config_new();
	if (!c)
		return err_no_memory(e);
	c->id = arena_copy(&c->arena, r->id);
	c->bundle = arena_copy(&c->arena, *r->bundle ? r->bundle : "/");
	if (!c->id || !c->bundle) {
		config_free(c);
		return err_no_memory(e);
	}
	if (config_from_oci(c, text, length, e) < 0) {
		config_free(c);
		return err_within(e, "configuration of container %s", r->id);
	}
	*ret = c;
	return 0;
}

/* ---- the end ---- */

/* Ends PID 1 and waits until it is gone. */
static int end_process(struct record *r, struct error *e)
{
	struct pollfd gone = {.fd = r->pidfd, .events = POLLIN};
	int result;

	if (r->pidfd < 0)
		return 0;
	(void)sys_pidfd_send_signal(r->pidfd, SIGKILL);
	cgroup_thaw(&r->cgroup, r->dir_fd); /* frozen, on v1 it would not die */
	do
		result = poll(&gone, 1, END_MOST_MS);
	while (result < 0 && errno == EINTR);
	if (result != 1)
		return err_set(e, ETIMEDOUT, "process %d of container %s does not end", (int)r->pid,
			       r->id);
	fd_close(&r->pidfd);
	return 0;
}

/* Ends every process and removes what the state names: cgroups, resctrl. Not the directory. */
static int undo(struct record *r, struct error *e)
{
	struct error ignored;
	size_t n;
	int result;

	/* Without a cgroup the others can only be found as long as PID 1 lives. */
	if (r->cgroup.dirs_n == 0 && r->pidfd >= 0)
		(void)processes_signal(r, SIGKILL, &n, &ignored);
	result = end_process(r, e);
	if (cgroup_remove(&r->cgroup, result == 0 ? e : &ignored) < 0)
		result = -1;
	if (resctrl_remove(&r->resctrl, result == 0 ? e : &ignored) < 0)
		result = -1;
	return result;
}

struct teller {
	const struct record *record;
	const struct global_options *global; /* NULL: on stderr only */
};

static void tell(const struct error *e, void *into)
{
	const struct teller *t = into;

	message_write(t->global, LEVEL_WARNING, t->record->id, e->text);
}

/* All of it, the directory last; then the poststop hooks, whoever was the one that removed it. */
static int remove_all(struct record *r, const struct global_options *global, struct error *e)
{
	struct teller teller = {r, global};
	struct config *c = NULL;
	int result;

	/* One that was killed before it had a configuration has no hooks to run either. */
	if (record_config(r, &c, &(struct error){0}) < 0)
		c = NULL;
	result = undo(r, e);
	if (result == 0 && !state_remove_directory(r->root_fd, r->dir_fd, r->id))
		result = err_set(e, errno, "remove its state");
	if (result == 0 && c)
		hooks_run_all(c, HOOK_POSTSTOP, "stopped", environ, *r->bundle ? r->bundle : NULL,
			      tell, &teller);
	config_free(c);
	return result;
}

bool record_sweep(int root_fd, int dir_fd, const char *id)
{
	struct record r;
	struct error e;
	bool gone;

	if (record_read(&r, root_fd, dir_fd, id, &e) < 0)
		return is_unwritten(&e) && state_remove_directory(root_fd, dir_fd, id);
	/* What was made whole is deleted by whoever made it, though its process may have ended. */
	gone = (r.foreground || !r.complete) && remove_all(&r, NULL, &e) == 0;
	record_end(&r);
	return gone;
}

/*
 * With the mini-run of a foreground container alive, that is who removes it: its PID 1 is ended, and the rest waited for, its
 * poststop hooks too. True: it is gone.
 */
static bool left_to_holder(struct record *r)
{
	int ms = 0;

	if (!r->foreground || !has_holder(r))
		return false;
	(void)end_process(r, &(struct error){0});
	for (; ms < HOLDER_MOST_MS && is_there(r) && has_holder(r); ms += 10)
		(void)poll(NULL, 0, 10);
	for (ms = 0; ms < HOOKS_MOST_MS && !is_there(r) && has_holder(r); ms += 10)
		(void)poll(NULL, 0, 10);
	return !is_there(r);
}

int record_destroy(struct record *r, const struct global_options *global, struct error *e)
{
	if (left_to_holder(r))
		return 0;
	return remove_all(r, global, e) < 0 ? err_within(e, "delete container %s", r->id) : 0;
}

/* ---- all of them ---- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in the directory, sorted, in malloc'ed memory. */
static int list_names(int root_fd, char ***ret, size_t *ret_n, struct error *e)
{
	OWNED_FD fd = openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	char **names = NULL;
	size_t n = 0, room = 0;

	if (!list)
		return err_set(e, errno, "list the state directory");
	(void)fd_give(&fd); /* closedir() closes it */
	while ((entry = readdir(list)) != NULL) {
		if (!is_name(entry->d_name))
			continue;
		if (n == room) {
			char **more = realloc(names, (room = room ? room * 2 : 64) * sizeof(*more));

			if (!more)
				break;
			names = more;
		}
		names[n] = strdup(entry->d_name);
		if (!names[n])
			break;
		n++;
	}
	closedir(list);
	*ret = names;
	*ret_n = n;
	if (entry)
		return err_no_memory(e);
	if (n > 0)
		qsort(names, n, sizeof(*names), compare_names);
	return 0;
}

static void free_names(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

int record_each(const char *root, int (*each)(struct record *r, void *into, struct error *e),
		void *into, struct error *e)
{
	OWNED_FD root_fd = -1;
	char **names = NULL;
	size_t n = 0;
	int result;

	if (state_open_root(root, &root_fd, e) < 0)
		return e->no == ENOENT ? 0 : -1;
	result = list_names(root_fd, &names, &n, e);
	for (size_t i = 0; result == 0 && i < n; i++) {
		struct record r;

		if (record_open(&r, root, names[i], e) == 0)
			result = each(&r, into, e);
		else if (e->no != ENOENT && e->no != ENOTDIR)
			result = -1;
		record_close(&r);
	}
	free_names(names, n);
	return result;
}
