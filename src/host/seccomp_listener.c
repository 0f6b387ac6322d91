/*
 * seccomp_listener.c - see seccomp_listener.h. Runs outside.
 *
 * One connection carries one process: the state as JSON, the descriptor with its first bytes, the end. The receiver
 * answers nothing here; it answers the kernel.
 */
#include "host/seccomp_listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/text.h"
#include "config/to_oci.h"
#include "host/console_socket.h"

#define VERSION_DEFAULT "1.3.0" /* where no config.json says one */

static const char *path_of(const struct config *c)
{
	return c->seccomp.listener_path ? c->seccomp.listener_path : "";
}

int seccomp_listener_check(const struct config *c, struct error *e)
{
	struct stat st;

	if (stat(path_of(c), &st) < 0)
		return err_set(e, errno, "seccomp listenerPath %s", path_of(c));
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, 0, "seccomp listenerPath %s is not a socket", path_of(c));
	return 0;
}

static void state_add(const struct config *c, const char *status, pid_t container_pid, pid_t pid,
		      struct text *t)
{
	text_add(t, "{\"ociVersion\":");
	text_add_json(t, c->oci_version ? c->oci_version : VERSION_DEFAULT);
	text_add(t, ",\"fds\":[\"seccompFd\"],\"pid\":%d", (int)pid);
	if (c->seccomp.listener_metadata && *c->seccomp.listener_metadata) {
		text_add(t, ",\"metadata\":");
		text_add_json(t, c->seccomp.listener_metadata);
	}
	text_add(t, ",\"state\":");
	state_to_oci(c, status, container_pid, t);
	text_add(t, "}");
}

/* All of @t, and @fd with the first of its bytes. */
static int send_with(int socket_fd, const struct text *t, int fd, struct error *e)
{
	struct iovec bytes = {.iov_base = t->bytes, .iov_len = t->length};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.room),
	};
	ssize_t n;

	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.align), &fd, sizeof(int));
	do
		n = sendmsg(socket_fd, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, errno, "send the filter's descriptor");
	for (size_t sent = (size_t)n; sent < t->length; sent += (size_t)n) {
		n = send(socket_fd, t->bytes + sent, t->length - sent, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "send the process's state");
		if (n < 0)
			n = 0;
	}
	return 0;
}

int seccomp_listener_send(const struct config *c, const char *status, pid_t container_pid,
			  pid_t pid, int fd, struct error *e)
{
	OWNED_FD socket_fd = -1;
	OWNED_TEXT t = {0};

	state_add(c, status, container_pid, pid, &t);
	if (!text_ok(&t))
		return err_no_memory(e);
	if (unix_connect(path_of(c), &socket_fd, e) < 0 || send_with(socket_fd, &t, fd, e) < 0)
		return err_within(e, "seccomp listenerPath %s", path_of(c));
	return 0;
}
