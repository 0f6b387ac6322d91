/*
 * release.c - see release.h. Runs outside, in another process than the one that made the container: the conversation of
 * sync.h is taken up again on the socket in the state directory.
 */
#include "host/release.h"

#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "container/hooks.h"
#include "host/record.h"
#include "host/seccomp_listener.h"
#include "host/state.h"
#include "sync/sync.h"

static int state_check(const struct record *r, struct error *e)
{
	enum record_status status = record_status(r);

	switch (status) {
	case RECORD_CREATED:
		return 0;
	case RECORD_STOPPED:
		return err_set(e, 0, "cannot start a container that has stopped");
	case RECORD_RUNNING:
	case RECORD_PAUSED:
		return err_set(e, 0, "cannot start an already running container");
	default:
		return err_set(e, 0, "cannot start a container in the %s state",
			       record_status_name(status));
	}
}

static int listener_take(const struct record *r, const struct config *c, int sync_fd,
			 int *listener_fd, struct error *e)
{
	int result = *listener_fd < 0
			     ? err_set(e, EBADMSG, "the seccomp listener did not come")
			     : seccomp_listener_send(c, "created", r->pid, r->pid, *listener_fd, e);

	fd_close(listener_fd);
	return result < 0 ? -1 : sync_send_type(sync_fd, SYNC_LISTENER_TAKEN, e);
}

/* Says go, and listens until execve has happened. *ret_hook: what failed was a startContainer hook. */
static int talk(const struct record *r, const struct config *c, int sync_fd, bool *ret_hook,
		struct error *e)
{
	bool armed = false;

	*ret_hook = false;
	if (sync_send_type(sync_fd, SYNC_GO, e) < 0)
		return -1;
	for (;;) {
		struct sync_message m;
		OWNED_FD fd = -1;

		if (sync_receive(sync_fd, &m, &fd, e) < 0)
			return -1;
		switch (m.type) {
		case SYNC_TRACE:
			break;
		case SYNC_LISTENER:
			if (listener_take(r, c, sync_fd, &fd, e) < 0)
				return -1;
			break;
		case SYNC_ARMED:
			armed = true;
			break;
		case SYNC_HOOK_ERROR:
		case SYNC_ERROR:
			*ret_hook = m.type == SYNC_HOOK_ERROR;
			*e = m.u.error;
			return -1;
		case SYNC_END:
			return armed ? 0
				     : err_set(e,
					       0, "the container's first process ended before the command ran");
		default:
			return err_set(e, EBADMSG, "the container's side sent message %u", m.type);
		}
	}
}

static int release(struct record *r, struct config *c, const struct global_options *global,
		   struct error *e)
{
	struct error ignored;
	OWNED_FD sync_fd = -1;
	bool hook;

	if (!c->has_process)
		return err_set(e, 0, "cannot start a container whose config.json has no process");
	if (record_connect(r, 0, &sync_fd, e) < 0)
		return -1;
	if (talk(r, c, sync_fd, &hook, e) < 0) {
		if (hook)
			(void)record_destroy(r, global, &ignored);
		return -1;
	}
	(void)unlinkat(r->dir_fd, STATE_START_FILE, 0); /* from now on it is running */
	/* A hook may call commands on this very container. */
	fd_close(&r->lock_fd);
	if (hooks_run(c, HOOK_POSTSTART, "running", r->pid, environ, c->bundle, e) == 0)
		return 0;
	if (record_lock(r, &ignored) == 0)
		(void)record_destroy(r, global, &ignored);
	return -1;
}

int host_release(const char *id, const struct global_options *global, struct error *e)
{
	struct config *c = NULL;
	struct record r;
	int result = record_open(&r, global->root, id, e);

	if (result == 0)
		result = record_lock(&r, e);
	if (result == 0)
		result = state_check(&r, e);
	if (result == 0)
		result = record_config(&r, &c, e);
	if (result == 0)
		result = release(&r, c, global, e);
	config_free(c);
	record_close(&r);
	return result;
}
