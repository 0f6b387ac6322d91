/*
 * notify.c - see notify.h. Runs outside.
 *
 * With the service manager's own socket a container could do what the service may: name another main process (MAINPID),
 * leave descriptors with the manager (FDSTORE), let others speak for the service (NOTIFYACCESS). And the manager, which
 * knows a service by its cgroup, would not know who it is. So the container gets a socket of mini-run's, alone in a
 * tmpfs that is mounted nowhere else: nothing is made on the host's disk, and nothing but that socket is shown. What
 * comes in is passed on line by line, if it says something about the container itself; descriptors are dropped, by which
 * the kernel closes them, and with that a BARRIER=1 has done its work.
 *
 * In the foreground it is mini-run that passes on (wait.c), and the manager hears its main process. A container that
 * mini-run does not stay with has a small process for it, which ends with the container.
 */
#include "host/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "host/steps.h"

#define AT_A_TIME 16 /* so that a container that floods its socket does not hold up all else */

/* ---- what is passed on ---- */

static bool line_passes(const char *line, size_t n)
{
	static const char *const whole[] = {"READY=1", "RELOADING=1", "STOPPING=1", "WATCHDOG=1",
					    "WATCHDOG=trigger"};
	static const char *const begin[] = {
		"STATUS=", "ERRNO=", "BUSERROR=", "MONOTONIC_USEC=", "EXTEND_TIMEOUT_USEC="};

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (n == strlen(whole[i]) && memcmp(line, whole[i], n) == 0)
			return true;
	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
		if (n > strlen(begin[i]) && memcmp(line, begin[i], strlen(begin[i])) == 0)
			return true;
	return false;
}

size_t notify_filter(char *text, size_t n)
{
	size_t kept = 0, length;

	for (size_t at = 0; at < n; at += length + 1) {
		const char *end = memchr(text + at, '\n', n - at);

		length = end ? (size_t)(end - (text + at)) : n - at;
		if (!line_passes(text + at, length))
			continue;
		if (kept > 0)
			text[kept++] = '\n'; /* there is room: lines only move forward */
		memmove(text + kept, text + at, length);
		kept += length;
	}
	for (size_t i = 0; i < kept; i++)
		if (text[i] != '\n' && ((unsigned char)text[i] < 0x20 || text[i] == 0x7f))
			text[i] = '?'; /* managers print a STATUS */
	return kept;
}

/* ---- the two sockets ---- */

/* The address of the service manager. Returns its length; 0: it is none. */
static socklen_t address_of(const char *where, struct sockaddr_un *ret)
{
	size_t n = strlen(where);

	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if ((*where != '/' && *where != '@') || n < 2 || n >= sizeof(ret->sun_path))
		return 0;
	memcpy(ret->sun_path, where, n);
	if (*where == '@')
		ret->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

bool notify_is_there(const char *where)
{
	struct sockaddr_un address;
	struct stat st;

	return address_of(where, &address) > 0 &&
	       (*where == '@' || (stat(where, &st) == 0 && S_ISSOCK(st.st_mode)));
}

/*
 * By a new socket each time, to the name: the manager may have made its own anew. It never waits, because mini-run has
 * other things to do, and a notification that a stuck or missing manager does not take is lost, as sd_notify(3) has it.
 */
static void pass_on(const char *where, const char *text, size_t n)
{
	OWNED_FD fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;
	socklen_t length = address_of(where, &address);

	(void)sendto(fd, text, n, MSG_NOSIGNAL, (const struct sockaddr *)&address, length);
}

void notify_relay(int fd, const char *where)
{
	char text[NOTIFY_MOST];

	for (int i = 0; fd >= 0 && i < AT_A_TIME; i++) {
		/* Without a place for them the kernel closes descriptors that come along. */
		ssize_t n = recv(fd, text, sizeof(text), MSG_TRUNC);

		if (n < 0)
			return;
		if ((size_t)n > sizeof(text))
			continue; /* half of what somebody said may mean something else */
		n = (ssize_t)notify_filter(text, (size_t)n);
		if (n > 0)
			pass_on(where, text, (size_t)n);
	}
}

/* ---- the steps ---- */

/* A tmpfs for the socket's name, mounted nowhere. */
static int directory_make(int *ret_fd)
{
	OWNED_FD fs = sys_fsopen("tmpfs"), made = -1;

	if (fs < 0 || sys_fsconfig_string(fs, "size", "4k") < 0 ||
	    sys_fsconfig_string(fs, "nr_inodes", "4") < 0 ||
	    sys_fsconfig_string(fs, "mode", "755") < 0 || sys_fsconfig_create(fs) < 0)
		return -1;
	made = sys_fsmount(fs, SYS_MOUNT_ATTR_NOSUID | SYS_MOUNT_ATTR_NODEV | SYS_MOUNT_ATTR_NOEXEC);
	*ret_fd = fd_give(&made);
	return *ret_fd < 0 ? -1 : 0;
}

static int socket_make(int dir_fd, int *ret_fd)
{
	OWNED_FD fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" NOTIFY_NAME, dir_fd);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    fchmodat(dir_fd, NOTIFY_NAME, 0666, 0) < 0)
		return -1;
	*ret_fd = fd_give(&fd);
	return 0;
}

int notify_open(struct start *s, struct error *e)
{
	const struct config *c = s->config;

	for (size_t i = 0; i < c->mounts_n; i++)
		if (c->mounts[i].notify && (directory_make(&s->inside.mount_fds[i]) < 0 ||
					    socket_make(s->inside.mount_fds[i], &s->notify_fd) < 0))
			return err_set(e, errno, "NOTIFY_SOCKET: make a socket for the container");
	return 0;
}

void notify_close(struct start *s)
{
	fd_close(&s->notify_fd);
}

/* @pidfd: whose end is the proxy's. Nothing else of mini-run's may stay open: neither a lock nor the caller's pipes. */
static _Noreturn void proxy_main(int fd, int pidfd, const char *where)
{
	struct pollfd fds[2] = {{.fd = 0, .events = POLLIN}, {.fd = 1, .events = POLLIN}};
	sigset_t none;

	(void)setsid();
	(void)prctl(PR_SET_NAME, "mini-run-notify");
	if (fd < 2 || pidfd < 2 || dup2(fd, 0) < 0 || dup2(pidfd, 1) < 0 ||
	    sys_close_range(2, ~0U, 0) < 0 || chdir("/") < 0)
		_exit(1);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL); /* who ends the service's processes ends this one */
	while (fds[1].revents == 0) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			_exit(1);
		notify_relay(0, where);
	}
	_exit(0);
}

int notify_stay(struct start *s, struct error *e)
{
	pid_t pid;

	if (s->notify_fd < 0 || s->options->mode == RUN_FOREGROUND)
		return 0;
	pid = fork();
	if (pid < 0)
		return err_set(e, errno, "fork");
	if (pid == 0)
		proxy_main(s->notify_fd, s->pidfd, s->config->notify_socket);
	return 0;
}
