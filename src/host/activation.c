/*
 * activation.c - see activation.h. Runs outside, before config_check(), and before mini-run opens much of its own.
 *
 * NOTIFY_SOCKET. The container gets a socket of mini-run's own (notify.c), which passes on what a container may say. Its
 * place is one where images have nothing, /run/notify/notify.sock, and the mount comes behind all others, so that a tmpfs
 * on /run does not hide it. The container's environment names that place, whatever it said before. A file that is not
 * there, or no socket, or what is neither a path nor an abstract name ("vsock:..."): the container gets nothing, as
 * sd_notify(3) would not send anything either.
 *
 * LISTEN_FDS. Descriptors from 3 on that are meant for us: LISTEN_PID names us, or is not there, as engines leave it
 * when they pass descriptors on. In the container it is 1, the command's number in a PID namespace of its own.
 */
#include "host/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "host/notify.h"

#define NOTIFY_PLACE "/run/notify"
#define LISTEN_FIRST 3 /* SD_LISTEN_FDS_START */

/* Sets @name in the command's environment; what it has under that name goes. */
static int env_set(struct config *c, const char *name, const char *value, struct error *e)
{
	struct config_strings *env = &c->process.env;
	const char *variable = arena_format(&c->arena, "%s=%s", name, value);
	size_t length = strlen(name), kept = 0;

	if (!variable)
		return err_no_memory(e);
	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], name, length) != 0 || env->v[i][length] != '=')
			env->v[kept++] = env->v[i];
	env->n = kept;
	if (env->v)
		env->v[kept] = NULL;
	return config_strings_add(c, env, variable, e);
}

static int notify_prepare(struct config *c, struct error *e)
{
	const char *where = getenv("NOTIFY_SOCKET");
	struct config_mount *m;

	if (!where || !notify_is_there(where))
		return 0;
	m = arena_append(&c->arena, &c->mounts, &c->mounts_n, sizeof(*m));
	c->notify_socket = arena_copy(&c->arena, where);
	if (!m || !c->notify_socket)
		return err_no_memory(e);
	*m = (struct config_mount){
		.destination = NOTIFY_PLACE,
		.source = NOTIFY_PLACE, /* for messages */
		.bind = true,
		.notify = true,
		.set = MOUNT_RDONLY | MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC,
		.propagation = PROPAGATION_PRIVATE,
	};
	return env_set(c, "NOTIFY_SOCKET", NOTIFY_PLACE "/" NOTIFY_NAME, e);
}

/* Whether LISTEN_FDS is for this process. -1: LISTEN_PID is no number. */
static int listen_is_ours(struct error *e)
{
	const char *text = getenv("LISTEN_PID");
	uint64_t pid;

	if (!text)
		return 1;
	if (number_unsigned(text, 1, INT_MAX, &pid, e) < 0)
		return err_within(e, "LISTEN_PID");
	return (pid_t)pid == getpid();
}

/* Whether all of the @n descriptors came to us: ours are close-on-exec from birth, and those cannot be. */
static int listen_check(unsigned int n, struct error *e)
{
	for (unsigned int i = 0; i < n; i++) {
		int flags = fcntl(LISTEN_FIRST + (int)i, F_GETFD);

		if (flags < 0 || (flags & FD_CLOEXEC) != 0)
			return err_set(e, 0, "LISTEN_FDS is %u, but descriptor %u was not passed on",
				       n, LISTEN_FIRST + i);
	}
	return 0;
}

static int listen_prepare(struct config *c, unsigned int *ret_fds, struct error *e)
{
	const char *text = getenv("LISTEN_FDS"), *names = getenv("LISTEN_FDNAMES");
	int ours = text ? listen_is_ours(e) : 0;
	uint64_t n;

	if (ours <= 0)
		return ours;
	if (number_unsigned(text, 0, INT_MAX - LISTEN_FIRST, &n, e) < 0)
		return err_within(e, "LISTEN_FDS");
	if (n == 0)
		return 0;
	if (listen_check((unsigned int)n, e) < 0 || env_set(c, "LISTEN_FDS", text, e) < 0 ||
	    env_set(c, "LISTEN_PID", "1", e) < 0 ||
	    (names && env_set(c, "LISTEN_FDNAMES", names, e) < 0))
		return -1;
	*ret_fds = (unsigned int)n;
	return 0;
}

int activation_prepare(struct config *c, unsigned int *ret_fds, struct error *e)
{
	unsigned int fds = 0;

	if (notify_prepare(c, e) < 0 || listen_prepare(c, &fds, e) < 0)
		return -1;
	*ret_fds = fds;
	return 0;
}
