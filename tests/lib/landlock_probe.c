/*
 * landlock_probe.c - tries what Landlock restricts, and tells what came of it: a static program that tests run on the host
 * and show to containers as a volume. Each attempt prints "ok" or the name of an errno.
 *
 *   landlock_probe abi                 the version of Landlock that the kernel has (0: none)
 *   landlock_probe as N COMMAND...     runs COMMAND on a kernel that says that it has version N (or 0: ENOSYS;
 *                                      -1: EOPNOTSUPP, off since boot)
 *   landlock_probe listen NAME FILE    makes the abstract Unix sockets NAME (a stream) and NAME.d (datagrams), makes
 *                                      FILE when they are there, and waits for a signal
 *   landlock_probe connect NAME        to the stream
 *   landlock_probe send NAME           to the datagram socket NAME.d
 *   landlock_probe tcp-bind PORT       binds 127.0.0.1:PORT (or any: 0)
 *   landlock_probe tcp-connect PORT    connects there: ECONNREFUSED when it was tried and nobody listens
 *   landlock_probe kill PID SIGNAL
 *   landlock_probe truncate FILE       by its path
 *   landlock_probe ioctl FILE          TCGETS on what is opened for reading
 *   landlock_probe rename OLD NEW
 *   landlock_probe open FILE           for reading
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int tell(int result)
{
	puts(result < 0 ? strerrorname_np(errno) : "ok");
	return 0;
}

static _Noreturn void give_up(const char *what)
{
	perror(what);
	exit(2);
}

/* ---- abstract sockets ---- */

static socklen_t abstract(struct sockaddr_un *a, const char *name, const char *suffix)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(a->sun_path + 1, sizeof(a->sun_path) - 1, "%s%s", name, suffix);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(a->sun_path + 1));
}

static int listen_on(const char *name, const char *file)
{
	struct sockaddr_un a;
	int stream = socket(AF_UNIX, SOCK_STREAM, 0), datagrams = socket(AF_UNIX, SOCK_DGRAM, 0);
	socklen_t length = abstract(&a, name, "");

	if (bind(stream, (struct sockaddr *)&a, length) < 0 || listen(stream, 8) < 0)
		give_up("listen");
	length = abstract(&a, name, ".d");
	if (bind(datagrams, (struct sockaddr *)&a, length) < 0)
		give_up("bind");
	if (creat(file, 0644) < 0)
		give_up(file);
	for (;;)
		pause();
}

static int reach(const char *name, int type)
{
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, type, 0);
	socklen_t length = abstract(&a, name, type == SOCK_DGRAM ? ".d" : "");

	if (type == SOCK_DGRAM)
		return tell((int)sendto(fd, "x", 1, 0, (struct sockaddr *)&a, length));
	return tell(connect(fd, (struct sockaddr *)&a, length));
}

static int tcp(const char *port, int (*try)(int fd, const struct sockaddr *a, socklen_t length))
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return tell(try(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&a, sizeof(a)));
}

/* ---- a kernel with another version ---- */

/* Only the question for the version is answered here (the third argument is then LANDLOCK_CREATE_RULESET_VERSION). */
static int notify_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &program);
}

static void answer(int listener, int version)
{
	struct seccomp_notif request = {0};
	struct seccomp_notif_resp response = {0};

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
		return;
	response.id = request.id;
	if (version > 0)
		response.val = version;
	else
		response.error = version == 0 ? -ENOSYS : -EOPNOTSUPP;
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static int run_as(int version, char **command)
{
	int ready[2], listener, pidfd, status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ready) < 0)
		give_up("socketpair");
	pid = fork();
	if (pid < 0)
		give_up("fork");
	if (pid == 0) {
		listener = notify_filter();
		if (listener < 0)
			give_up("seccomp");
		/* It is closed by execve: not before the other side has it. */
		if (write(ready[1], &listener, sizeof(listener)) != sizeof(listener) ||
		    read(ready[1], &listener, 1) != 1)
			give_up("hand the listener over");
		execvp(command[0], command);
		give_up(command[0]);
	}
	close(ready[1]);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (read(ready[0], &listener, sizeof(listener)) != sizeof(listener))
		give_up("read");
	listener = (int)syscall(SYS_pidfd_getfd, pidfd, listener, 0);
	if (listener < 0 || write(ready[0], "", 1) != 1)
		give_up("pidfd_getfd");
	for (;;) {
		struct pollfd fds[2] = {{.fd = listener, .events = POLLIN},
					{.fd = pidfd, .events = POLLIN}};

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			give_up("poll");
		if (fds[0].revents & POLLIN)
			answer(listener, version);
		if (fds[1].revents)
			break;
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- the table ---- */

static int ioctl_on(const char *file)
{
	struct termios t;
	int fd = open(file, O_RDONLY | O_NOCTTY | O_NONBLOCK);

	return fd < 0 ? tell(-1) : tell(ioctl(fd, TCGETS, &t));
}

int main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";
	const char *first = argc > 2 ? argv[2] : "", *second = argc > 3 ? argv[3] : "";

	if (strcmp(what, "abi") == 0) {
		int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

		printf("%d\n", abi > 0 ? abi : 0);
		return 0;
	}
	if (strcmp(what, "as") == 0 && argc > 3)
		return run_as(atoi(first), argv + 3);
	if (strcmp(what, "listen") == 0)
		return listen_on(first, second);
	if (strcmp(what, "connect") == 0)
		return reach(first, SOCK_STREAM);
	if (strcmp(what, "send") == 0)
		return reach(first, SOCK_DGRAM);
	if (strcmp(what, "tcp-bind") == 0)
		return tcp(first, bind);
	if (strcmp(what, "tcp-connect") == 0)
		return tcp(first, connect);
	if (strcmp(what, "kill") == 0)
		return tell(kill(atoi(first), atoi(second)));
	if (strcmp(what, "truncate") == 0)
		return tell(truncate(first, 0));
	if (strcmp(what, "ioctl") == 0)
		return ioctl_on(first);
	if (strcmp(what, "rename") == 0)
		return tell(rename(first, second));
	if (strcmp(what, "open") == 0)
		return tell(open(first, O_RDONLY));
	fputs("usage: see the head of landlock_probe.c\n", stderr);
	return 2;
}
