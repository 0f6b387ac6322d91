/*
 * sync.c - see sync.h. Runs on both sides.
 */
#include "sync/sync.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

#define HEADER	   offsetof(struct sync_message, u)
#define ERRNO_MOST 4095 /* of the kernel: MAX_ERRNO */

/* The length that a message of @type has. */
static size_t length_of(uint32_t type)
{
	switch (type) {
	case SYNC_ERROR:
	case SYNC_HOOK_ERROR:
	case SYNC_WARNING:
		return HEADER + sizeof(struct error);
	case SYNC_TRACE:
		return HEADER + sizeof(struct sync_trace);
	case SYNC_EXEC_ERROR:
		return SYNC_EXEC_ERROR_SIZE;
	default:
		return HEADER;
	}
}

int sync_open(int ret_fds[2], struct error *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fds) < 0)
		return err_set(e, errno, "make a socket pair");
	return 0;
}

int sync_send(int sync_fd, const struct sync_message *m, int fd, struct error *e)
{
	struct iovec bytes = {.iov_base = (void *)m, .iov_len = length_of(m->type)};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *header = &control.align;

		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(int));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.room);
	}
	do
		n = sendmsg(sync_fd, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, errno, "send to the other side");
	return 0;
}

int sync_send_type(int sync_fd, enum sync_type type, struct error *e)
{
	struct sync_message m = {.type = type};

	return sync_send(sync_fd, &m, -1, e);
}

/* Ends @text inside its @size bytes and replaces what a terminal would obey. */
static void make_printable(char *text, size_t size)
{
	text[size - 1] = '\0';
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

/* The one descriptor that came with @message, or -1; any more are closed. */
static int take_fd(struct msghdr *message)
{
	int taken = -1;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h; h = CMSG_NXTHDR(message, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; at + sizeof(int) <= h->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(h) + at, sizeof(fd));
			if (taken < 0)
				taken = fd;
			else
				close(fd);
		}
	}
	return taken;
}

int sync_receive(int sync_fd, struct sync_message *ret, int *ret_fd, struct error *e)
{
	struct iovec bytes = {.iov_base = ret, .iov_len = sizeof(*ret)};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	OWNED_FD fd = -1;
	ssize_t n;

	/* ECONNRESET: the other side is gone with something unread of ours. What it said before is still queued, and
	 * the error is taken off by being told (unix(7) sockets keep it apart from the queue). */
	do
		n = recvmsg(sync_fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return err_set(e, errno, "receive from the other side");
	fd = take_fd(&message);
	if (n == 0) {
		ret->type = SYNC_END;
	} else if ((size_t)n < HEADER || ret->type == SYNC_END || ret->type >= SYNC_TYPES ||
		   (size_t)n != length_of(ret->type) ||
		   (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		return err_set(e, EBADMSG, "receive from the other side");
	}
	if (ret->type == SYNC_EXEC_ERROR && (ret->u.exec_errno < 1 || ret->u.exec_errno > ERRNO_MOST))
		return err_set(e, EBADMSG, "receive from the other side");
	if (fd >= 0 && !ret_fd)
		return err_set(e, EBADMSG,
			       "receive from the other side a descriptor that was not due");
	if (ret->type == SYNC_ERROR || ret->type == SYNC_HOOK_ERROR || ret->type == SYNC_WARNING)
		make_printable(ret->u.error.text, sizeof(ret->u.error.text));
	if (ret->type == SYNC_TRACE)
		make_printable(ret->u.trace.name, sizeof(ret->u.trace.name));
	if (ret_fd)
		*ret_fd = fd_give(&fd);
	return 0;
}
