/*
 * seccomp_agent.c - for the tests: the program that a profile with SCMP_ACT_NOTIFY asks.
 *
 *	seccomp_agent SOCKET OUT VERDICT [COUNT]
 *
 * Listens at SOCKET, writes a line "ready" to stdout, and takes COUNT processes (1): a connection each, whose JSON goes
 * to the file OUT as one line, with "fd=seccomp" or what else the descriptor was in front of it, and how many came.
 * Each call that is asked about gets the same VERDICT, "continue" or the number of an errno, and is a line on
 * stdout: "call NUMBER". Ends when the last process that could ask has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PROCESSES 8

static int fail(const char *what)
{
	fprintf(stderr, "seccomp_agent: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0)
		fail(path);
	return fd;
}

/* What a descriptor is, by the kernel's name for it. */
static void kind_of(int fd, char *into, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, into, size - 1);
	into[n > 0 ? n : 0] = '\0';
}

/* Takes one process from its connection to the end of it. The descriptor must be there with the first bytes. */
static int take(int listener, FILE *out)
{
	int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC), fds[4], fds_n = 0;
	char text[65536], kind[64] = "none";
	char control[CMSG_SPACE(sizeof(fds))];
	struct iovec bytes = {.iov_base = text, .iov_len = sizeof(text) - 1};
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n, more;

	if (connection < 0)
		fail("accept");
	n = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
	if (n < 0)
		fail("recvmsg");
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&message); h; h = CMSG_NXTHDR(&message, h)) {
		fds_n = (int)((h->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(h), (size_t)fds_n * sizeof(int));
	}
	while ((more = read(connection, text + n, sizeof(text) - 1 - (size_t)n)) > 0)
		n += more;
	text[n] = '\0';
	if (fds_n > 0)
		kind_of(fds[0], kind, sizeof(kind));
	fprintf(out, "fds=%d kind=%s json=%s\n", fds_n, kind, text);
	fflush(out);
	close(connection);
	return fds_n > 0 ? fds[0] : -1;
}

/* Answers one call. False: nobody can ask any more. */
static int answer(int fd, const char *verdict)
{
	struct seccomp_notif asked;
	struct seccomp_notif_resp said;

	memset(&asked, 0, sizeof(asked));
	memset(&said, 0, sizeof(said));
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0)
		return errno == EINTR || errno == ENOENT; /* the one who asked was killed */
	said.id = asked.id;
	if (strcmp(verdict, "continue") == 0)
		said.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else
		said.error = -atoi(verdict);
	printf("call %d\n", asked.data.nr);
	fflush(stdout);
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &said) < 0 && errno != ENOENT)
		fail("SECCOMP_IOCTL_NOTIF_SEND");
	return 1;
}

int main(int argc, char **argv)
{
	int count = argc > 4 ? atoi(argv[4]) : 1, live = 0, taken = 0;
	struct pollfd fds[1 + PROCESSES];
	FILE *out;

	if (argc < 4 || count < 1 || count > PROCESSES) {
		fprintf(stderr, "usage: seccomp_agent SOCKET OUT VERDICT [COUNT]\n");
		return 2;
	}
	fds[0] = (struct pollfd){.fd = listen_at(argv[1]), .events = POLLIN};
	out = fopen(argv[2], "we");
	if (!out)
		fail(argv[2]);
	puts("ready");
	fflush(stdout);
	while (taken < count || live > 0) {
		if (taken == count)
			fds[0].fd = -1;
		if (poll(fds, 1 + (nfds_t)taken, -1) < 0 && errno != EINTR)
			fail("poll");
		for (int i = 1; i <= taken; i++) {
			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			if ((fds[i].revents & POLLIN) && answer(fds[i].fd, argv[3]))
				continue;
			close(fds[i].fd);
			fds[i].fd = -1;
			live--;
		}
		if (fds[0].fd >= 0 && (fds[0].revents & POLLIN)) {
			fds[++taken] = (struct pollfd){.fd = take(fds[0].fd, out), .events = POLLIN};
			live += fds[taken].fd >= 0;
		}
	}
	return 0;
}
