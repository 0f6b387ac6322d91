/*
 * control.c - see control.h. Runs outside.
 */
#include "host/control.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

#include "base/fd.h"
#include "base/sys.h"
#include "host/processes.h"
#include "host/state.h"

#define CREATOR_MOST_MS 10000 /* how long a create that was interrupted is waited for */

/* ---- signals ---- */

/* The words that engines look for: to them it means that the container has ended. */
static int not_running(struct error *e)
{
	err_set(e, 0, "container not running");
	e->no = ESRCH;
	return -1;
}

/* Whether the end of PID 1 ends all processes. Without a configuration there is a container that nothing runs in yet. */
static bool has_own_pids(const struct record *r)
{
	struct config *c;
	bool own;

	if (record_config(r, &c, &(struct error){0}) < 0)
		return true;
	own = c->ns[NS_PID].mode == NS_NEW;
	config_free(c);
	return own;
}

int control_kill(const struct record *r, int signal, bool all, struct error *e)
{
	enum record_status status = record_status(r);
	bool every = all || (signal == SIGKILL && !has_own_pids(r));
	size_t n = 0;

	if (!every) {
		if (status == RECORD_STOPPED || status == RECORD_CREATING || r->pidfd < 0)
			return not_running(e);
		if (sys_pidfd_send_signal(r->pidfd, signal) < 0)
			return errno == ESRCH ? not_running(e)
					      : err_set(e, errno, "signal %d", signal);
	} else {
		if (processes_signal(r, signal, &n, e) < 0)
			return -1;
		if (n == 0 && !all)
			return not_running(e);
	}
	if (signal == SIGKILL)
		cgroup_thaw(&r->cgroup, r->dir_fd);
	return 0;
}

/* ---- pause, resume ---- */

int control_pause(struct record *r, bool paused, struct error *e)
{
	enum record_status status = record_status(r);

	if (status != (paused ? RECORD_RUNNING : RECORD_PAUSED))
		return err_set(e, 0,
			       paused ? "container not running: it is %s"
				      : "container not paused: it is %s",
			       record_status_name(status));
	if (paused && !cgroup_can_freeze(&r->cgroup) &&
	    cgroup_extend(&r->cgroup, "freezer", r->dir_fd, e) < 0)
		return -1;
	return cgroup_freeze(&r->cgroup, paused, e);
}

/* ---- delete ---- */

/* What a deleter does next. */
enum turn { TURN_DONE, TURN_WAIT, TURN_FAILED };

/* Whoever is at it is a mini-run of this user's: it holds the lock of our directory, and its pid is checked by start time. */
static void maker_end(const struct record *r)
{
	int64_t start = r->maker > 0 ? state_start_time(r->maker) : -1;
	OWNED_FD pidfd = start > 0 ? sys_pidfd_open(r->maker) : -1;

	if (pidfd >= 0 && state_start_time(r->maker) == start)
		(void)sys_pidfd_send_signal(pidfd, SIGKILL);
}

/* One look at the container, under its lock. */
static enum turn delete_once(const struct global_options *global, struct record *r, bool force,
			     struct error *e)
{
	enum record_status status = record_status(r);

	if (!force && status != RECORD_STOPPED && status != RECORD_CREATED) {
		err_set(e, 0, "cannot delete container \"%s\" that is not stopped: %s", r->id,
			record_status_name(status));
		return TURN_FAILED;
	}
	if (status == RECORD_CREATING) {
		/* Its maker sees it end and undoes what it has made, if it does not sit in a hook: so it is ended, and what
		 * it leaves is removed at the next look. */
		if (r->pidfd >= 0)
			(void)sys_pidfd_send_signal(r->pidfd, SIGKILL);
		maker_end(r);
		err_set(e, 0, "container \"%s\" is being created by a process that does not end",
			r->id);
		return TURN_WAIT;
	}
	return record_destroy(r, global, e) == 0 ? TURN_DONE : TURN_FAILED;
}

int control_delete(const struct global_options *global, const char *id, bool force, struct error *e)
{
	enum turn turn = TURN_WAIT;

	for (int ms = 0; turn == TURN_WAIT && ms < CREATOR_MOST_MS; ms += 20) {
		struct record r;

		if (record_open(&r, global->root, id, e) < 0 || record_lock(&r, e) < 0) {
			record_close(&r);
			return force && e->no == ENOENT ? 0 : -1;
		}
		turn = delete_once(global, &r, force, e);
		record_close(&r);
		if (turn == TURN_WAIT)
			(void)poll(NULL, 0, 20);
	}
	return turn == TURN_DONE ? 0 : -1;
}
