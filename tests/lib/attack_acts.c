/*
 * attack_acts.c - what an attacker would do, for the files in tests/attacks: typing into a terminal, talking to the service
 * manager, giving up groups. A static program of small commands that print facts as "key=value" lines and judge nothing:
 * what is right is said by the test, which also runs each where it must succeed.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static const char *outcome(long result)
{
	return result >= 0 ? "OK" : strerrorname_np(errno);
}

static int fail(const char *what)
{
	fprintf(stderr, "attack_acts: %s: %s\n", what, strerror(errno));
	return 1;
}

/* ---- terminals ---- */

/* Types a letter into every terminal that there may be, in the ways that get past a careless filter. */
static int type_letters(char **args)
{
	static const unsigned long upper[] = {0, 1UL << 32, 1UL << 63, 0xffffffff00000000UL};
	int fds[] = {0, 1, 2, open("/dev/tty", O_RDWR | O_CLOEXEC)};

	(void)args;
	printf("tty=%s\n", outcome(fds[3]));
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		for (size_t k = 0; k < sizeof(upper) / sizeof(upper[0]); k++)
			printf("%d+%lx=%s\n", fds[i], upper[k],
			       outcome(syscall(SYS_ioctl, fds[i], upper[k] | TIOCSTI, "x")));
	return 0;
}

/* terminal: what descriptor 0 and /dev/console are. */
static int show_terminal(char **args)
{
	const char *const paths[] = {"/proc/self/fd/0", "/dev/console"};
	struct stat st;

	(void)args;
	for (int i = 0; i < 2; i++) {
		if (stat(paths[i], &st) < 0)
			return fail(paths[i]);
		printf("%s=%s %u\n", paths[i], S_ISCHR(st.st_mode) ? "device" : "other",
		       (unsigned int)(st.st_rdev >> 8));
	}
	printf("isatty=%d\n", isatty(0));
	return 0;
}

/* ---- the service manager ---- */

static struct sockaddr_un manager;

/* One datagram, with the descriptor @fd unless that is -1. */
static long notify(const void *text, size_t n, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {.iov_base = (void *)text, .iov_len = n};
	struct msghdr m = {
		.msg_name = &manager,
		.msg_namelen = sizeof(manager),
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 1 << 21;
	long result;

	if (fd >= 0) {
		struct cmsghdr *head;

		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		head = CMSG_FIRSTHDR(&m);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &fd, sizeof(int));
	}
	(void)setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	(void)setsockopt(s, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	result = sendmsg(s, &m, 0);
	close(s);
	return result;
}

/* All that a service may say and a container may not, and in the end that it is ready. */
static int notify_all(char **args)
{
	static const char *const lines[] = {"MAINPID=1",       "NOTIFYACCESS=all\nMAINPID=1",
					    "WATCHDOG_USEC=1", "FDSTOREREMOVE=1\nFDNAME=x",
					    "X_OWN=1",	       "\n\n",
					    "READY=1x",	       "STATUS",
					    "MAINPID=1\n"};
	const char *path = getenv("NOTIFY_SOCKET");
	char *large = calloc(1, 1 << 20);

	(void)args;
	if (!path || strlen(path) >= sizeof(manager.sun_path) || !large)
		return fail("NOTIFY_SOCKET");
	manager.sun_family = AF_UNIX;
	strcpy(manager.sun_path, path);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		printf("%zu=%s\n", i, outcome(notify(lines[i], strlen(lines[i]), -1)));
	printf("store=%s\n", outcome(notify("FDSTORE=1\nFDNAME=x", 18, 0)));
	printf("barrier=%s\n", outcome(notify("BARRIER=1", 9, 1)));
	memset(large, 'x', 1 << 20);
	memcpy(large, "READY=1\nSTATUS=", 15);
	printf("large=%s\n", outcome(notify(large, 1 << 17, -1)));
	printf("cut=%s\n", outcome(notify(large, 4097, -1)));
	printf("ready=%s\n",
	       outcome(notify("MAINPID=1\nREADY=1\nSTATUS=a\033[31mb\nFDSTORE=1", 43, 2)));
	return 0;
}

/* ---- rights ---- */

/* groups-drop: whether groups can be given up, by which one gets at files that are closed to a group. */
static int groups_drop(char **args)
{
	gid_t none = 0;

	(void)args;
	printf("setgroups=%s\n", outcome(setgroups(0, &none)));
	return 0;
}

/* odd-limits CMD...: with few descriptors, a core of any size, and no locked memory. */
static int odd_limits(char **args)
{
	const struct rlimit descriptors = {100, 100}, locked = {0, 0},
			    core = {RLIM_INFINITY, RLIM_INFINITY};

	(void)setrlimit(RLIMIT_NOFILE, &descriptors);
	(void)setrlimit(RLIMIT_MEMLOCK, &locked);
	(void)setrlimit(RLIMIT_CORE, &core);
	execvp(args[0], args);
	return fail(args[0]);
}

/* crash: ends by a fault, with a core where that may be. */
static int crash(char **args)
{
	(void)args;
	abort();
}

/* directories N: so many, one in the other, and the same beside each other. */
static int directories(char **args)
{
	int wanted = args[0] ? atoi(args[0]) : 0, deep = 0, wide = 0;
	char name[32];

	for (; wide < wanted; wide++) {
		snprintf(name, sizeof(name), "w%d", wide);
		if (mkdir(name, 0755) < 0)
			break;
	}
	for (; deep < wanted; deep++)
		if (mkdir("d", 0755) < 0 || chdir("d") < 0)
			break;
	printf("wide=%d\ndeep=%d\n", wide, deep);
	return 0;
}

/* bomb: processes that make processes, for as long as somebody lets them. */
static int bomb(char **args)
{
	(void)args;
	for (;;)
		if (fork() < 0)
			usleep(2000);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(char **args);
} commands[] = {
	{"bomb", bomb},
	{"crash", crash},
	{"directories", directories},
	{"groups-drop", groups_drop},
	{"notify", notify_all},
	{"odd-limits", odd_limits},
	{"terminal", show_terminal},
	{"type", type_letters},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argv + 2);
	fputs("usage: attack_acts COMMAND [ARGUMENT...]\n", stderr);
	return 2;
}
