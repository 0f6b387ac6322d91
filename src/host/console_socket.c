/*
 * console_socket.c - see console_socket.h. Runs outside.
 *
 * The protocol is runc's: the receiver listens on a stream socket, and gets one message with the file's name as its
 * bytes and the pty's master as its one descriptor (SCM_RIGHTS). It answers nothing; the connection is then closed.
 */
#include "host/console_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/fd.h"

/* How long somebody who listens may take to accept, or to read what was sent: signals are held meanwhile. */
#define PATIENCE_S 10

/*
 * Fills @address. A path too long for it goes by a descriptor of the socket's own file, which the kernel follows to the
 * same inode; *ret_fd holds it and must stay open until connect(2) is over.
 */
static int address_make(const char *path, struct sockaddr_un *address, int *ret_fd, struct error *e)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (*path == '\0') /* which the kernel would take for an abstract name */
		return err_set(e, ENOENT, "connect to socket \"\"");
	if (strlen(path) < sizeof(address->sun_path)) {
		memcpy(address->sun_path, path, strlen(path) + 1);
		return 0;
	}
	*ret_fd = open(path, O_PATH | O_CLOEXEC);
	if (*ret_fd < 0)
		return err_set(e, errno, "connect to socket %s", path);
	snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d", *ret_fd);
	return 0;
}

/* Why nothing answers at @path, in words that help. */
static int connect_error(const char *path, int no, struct error *e)
{
	struct stat st;

	err_set(e, no, "connect to socket %s", path);
	if (no == EAGAIN)
		return err_set(e, 0, "connect to socket %s: nobody has accepted for %d s", path,
			       PATIENCE_S);
	if (no == EPROTOTYPE)
		return err_hint(e, "it must be a SOCK_STREAM socket");
	if (no != ECONNREFUSED)
		return -1;
	if (stat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return err_hint(e, "the file is no socket");
	return err_hint(e, "nobody listens there");
}

int unix_connect(const char *path, int *ret_fd, struct error *e)
{
	struct sockaddr_un address;
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	OWNED_FD file = -1, fd = -1;
	int result;

	if (address_make(path, &address, &file, e) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return err_set(e, errno, "make a socket");
	do
		result = connect(fd, (struct sockaddr *)&address, sizeof(address));
	while (result < 0 && errno == EINTR);
	if (result < 0)
		return connect_error(path, errno, e);
	*ret_fd = fd_give(&fd);
	return 0;
}

int descriptor_send(int socket_fd, const char *name, int fd, struct error *e)
{
	struct iovec bytes = {.iov_base = (void *)name, .iov_len = strlen(name)};
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
	struct cmsghdr *header = &control.align;
	ssize_t n;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	do
		n = sendmsg(socket_fd, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, errno, "send a descriptor");
	if ((size_t)n != bytes.iov_len)
		return err_set(e, EIO, "send a descriptor");
	return 0;
}
