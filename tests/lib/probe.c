/*
 * probe.c - looks at a container from the inside, for the bats tests. A static program of many small commands, each of
 * which prints facts as "key=value" lines and judges nothing: what is right is said by the test.
 *
 * Runs inside, where it is shown to the container at /mnt by tests/lib/probe.bash; a few of its commands run
 * outside and start mini-run in an unusual state. And every attack in it is also run where it must succeed, as
 * the proof that the test could fail.
 *
 * Nothing here does harm where it is let through: what would change the machine is called with arguments that the
 * kernel refuses after it has checked for permission.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What came of a call: "OK", or errno's name as grep wants it. */
static const char *outcome(long result)
{
	static char number[32];

	if (result >= 0)
		return "OK";
	if (strerrorname_np(errno))
		return strerrorname_np(errno);
	snprintf(number, sizeof(number), "errno%d", errno);
	return number;
}

static int fail(const char *what)
{
	fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
	return 1;
}

/* ---- system calls ---- */

struct call {
	const char *name;
	long number;
	long args[6];
};

/* Pointers to nothing, lengths of nothing, bits that mean nothing. */
#define NOWHERE ((long)"/nowhere/at/all")
#define WRONG	0x7ffffff0L

static const struct call calls[] = {
	{"mount", SYS_mount, {NOWHERE, NOWHERE, NOWHERE, 0, 0}},
	{"umount2", SYS_umount2, {NOWHERE, 0}},
	{"pivot_root", SYS_pivot_root, {NOWHERE, NOWHERE}},
	{"fsopen", SYS_fsopen, {NOWHERE, 0}},
	{"fsmount", SYS_fsmount, {-1, 0, 0}},
	{"open_tree", SYS_open_tree, {-1, NOWHERE, 0}},
	{"move_mount", SYS_move_mount, {-1, NOWHERE, -1, NOWHERE, 0}},
	{"mount_setattr", SYS_mount_setattr, {-1, NOWHERE, 0, 0, 0}},
	{"unshare", SYS_unshare, {CLONE_NEWUSER}},
	{"unshare_nothing", SYS_unshare, {0}},
	{"setns", SYS_setns, {-1, 0}},
	{"clone3", SYS_clone3, {0, 0}},
	{"bpf", SYS_bpf, {WRONG, 0, 0}},
	{"perf_event_open", SYS_perf_event_open, {0, 0, -1, -1, 0}},
	{"userfaultfd", SYS_userfaultfd, {WRONG}},
	{"io_uring_setup", SYS_io_uring_setup, {0, 0}},
	{"io_uring_enter", SYS_io_uring_enter, {-1, 0, 0, 0, 0, 0}},
	{"io_uring_register", SYS_io_uring_register, {-1, 0, 0, 0}},
	{"keyctl", SYS_keyctl, {WRONG, 0, 0, 0, 0}},
	{"add_key", SYS_add_key, {0, 0, 0, 0, 0}},
	{"request_key", SYS_request_key, {0, 0, 0, 0}},
	{"open_by_handle_at", SYS_open_by_handle_at, {-1, 0, 0}},
	{"init_module", SYS_init_module, {0, 0, NOWHERE}},
	{"finit_module", SYS_finit_module, {-1, NOWHERE, 0}},
	{"delete_module", SYS_delete_module, {NOWHERE, O_NONBLOCK}},
	{"kexec_load", SYS_kexec_load, {0, WRONG, 0, WRONG}},
	{"kexec_file_load", SYS_kexec_file_load, {-1, -1, 0, 0, WRONG}},
	{"reboot", SYS_reboot, {0, 0, 0, 0}},
	{"swapon", SYS_swapon, {NOWHERE, WRONG}},
	{"swapoff", SYS_swapoff, {NOWHERE}},
	{"acct", SYS_acct, {NOWHERE}},
	{"settimeofday", SYS_settimeofday, {0, 0}},
	{"clock_settime", SYS_clock_settime, {WRONG, 0}},
	{"iopl", SYS_iopl, {4}},
	{"ioperm", SYS_ioperm, {WRONG, 1, 1}},
	{"syslog", SYS_syslog, {10}},
	{"quotactl", SYS_quotactl, {WRONG, NOWHERE, 0, 0}},
	{"fanotify_init", SYS_fanotify_init, {WRONG, 0}},
	{"lookup_dcookie", 212, {0, 0, 0}},
	{"move_pages", SYS_move_pages, {0, 0, 0, 0, 0, WRONG}},
	{"kcmp", SYS_kcmp, {1, 1, WRONG, 0, 0}},
	{"pidfd_getfd", SYS_pidfd_getfd, {-1, 0, 0}},
	{"personality", SYS_personality, {0x0040000 /* ADDR_NO_RANDOMIZE */}},
	{"socket_vsock", SYS_socket, {40, WRONG, 0}},
};

/* Calls that programs live on: they must answer as on a bare kernel. */
static const struct call allowed_calls[] = {
	{"getpid", SYS_getpid, {0}},
	{"chroot", SYS_chroot, {NOWHERE}},
	{"mknod", SYS_mknod, {NOWHERE, 0, 0}},
	{"ptrace", SYS_ptrace, {WRONG, 0, 0, 0}},
	{"personality", SYS_personality, {0xffffffff}},
	{"memfd_create", SYS_memfd_create, {NOWHERE, 1}},
	{"openat2", SYS_openat2, {-1, NOWHERE, 0, 0}},
	{"pidfd_open", SYS_pidfd_open, {1, 0}},
	{"close_range", SYS_close_range, {WRONG, WRONG, 0}},
	{"faccessat2", SYS_faccessat2, {AT_FDCWD, (long)"/", 0, 0}},
	{"statx", SYS_statx, {-1, NOWHERE, 0, 0, 0}},
	{"sched_setaffinity", SYS_sched_setaffinity, {0, 0, 0}},
	{"setuid", SYS_setresuid, {-1, -1, -1}},
};

/* The process is made anew for each: a call that is let through must not change what the next one meets. */
static void call_print(const struct call *c)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		printf("%s=%s\n", c->name,
		       outcome(syscall(c->number, c->args[0], c->args[1], c->args[2], c->args[3],
				       c->args[4], c->args[5])));
		fflush(stdout);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) == pid && WIFSIGNALED(status))
		printf("%s=signal%d\n", c->name, WTERMSIG(status));
}

static int probe_calls(char **args)
{
	(void)args;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		call_print(&calls[i]);
	return 0;
}

static int probe_allowed_calls(char **args)
{
	(void)args;
	for (size_t i = 0; i < sizeof(allowed_calls) / sizeof(allowed_calls[0]); i++)
		call_print(&allowed_calls[i]);
	return 0;
}

/* clone(2) with each flag that makes a namespace. A child that comes to life ends at once. */
static int probe_clone(char **args)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} flags[] = {
		{"none", 0},
		{"CLONE_NEWUSER", CLONE_NEWUSER},
		{"CLONE_NEWNS", CLONE_NEWNS},
		{"CLONE_NEWPID", CLONE_NEWPID},
		{"CLONE_NEWNET", CLONE_NEWNET},
		{"CLONE_NEWIPC", CLONE_NEWIPC},
		{"CLONE_NEWUTS", CLONE_NEWUTS},
		{"CLONE_NEWCGROUP", CLONE_NEWCGROUP},
		{"CLONE_NEWUSER_and_more", CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET},
	};

	(void)args;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		long pid;

		fflush(stdout);
		pid = syscall(SYS_clone, flags[i].flag | SIGCHLD, 0, 0, 0, 0);
		if (pid == 0)
			_exit(0);
		printf("%s=%s\n", flags[i].name, outcome(pid));
		if (pid > 0)
			waitpid((pid_t)pid, NULL, 0);
	}
	return 0;
}

/* Numbers that no kernel has, or not yet: programs must be able to tell "unknown" from "forbidden". */
static int probe_unknown(char **args)
{
	static const long numbers[] = {600, 1000, 5000, 0x3fffffff};

	(void)args;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		printf("%ld=%s\n", numbers[i], outcome(syscall(numbers[i], 0, 0, 0, 0, 0, 0)));
	return 0;
}

#if defined(__x86_64__)
static sigjmp_buf no_int80;

static void on_fault(int signal)
{
	(void)signal;
	siglongjmp(no_int80, 1);
}

static long int80(long number, long a, long b)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(0L), "S"(0L), "D"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
	if (result < 0 && result > -4096) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

/* The system calls of i386, from this 64-bit program. */
static int probe_int80(char **args)
{
	static const struct call i386[] = {
		{"getpid", 20, {0}},	       {"mount", 21, {0}},
		{"umount2", 52, {0}},	       {"unshare", 310, {CLONE_NEWUSER}},
		{"setns", 346, {-1}},	       {"clone_newuser", 120, {CLONE_NEWUSER | SIGCHLD}},
		{"clone3", 435, {0}},	       {"keyctl", 288, {WRONG}},
		{"add_key", 286, {0}},	       {"bpf", 357, {WRONG}},
		{"perf_event_open", 336, {0}}, {"io_uring_setup", 425, {0}},
		{"userfaultfd", 374, {WRONG}}, {"open_by_handle_at", 342, {-1}},
		{"init_module", 128, {0}},     {"reboot", 88, {0}},
		{"settimeofday", 79, {0}},     {"fsopen", 430, {0}},
		{"unknown", 1000, {0}},
	};

	(void)args;
	signal(SIGSEGV, on_fault);
	if (sigsetjmp(no_int80, 1)) {
		puts("none=1");
		return 0;
	}
	for (size_t i = 0; i < sizeof(i386) / sizeof(i386[0]); i++) {
		long result;

		fflush(stdout);
		result = int80(i386[i].number, i386[i].args[0], i386[i].args[1]);
		if (result == 0 && strcmp(i386[i].name, "clone_newuser") == 0)
			_exit(0);
		printf("%s=%s\n", i386[i].name, outcome(result));
	}
	return 0;
}

/* The same table with the bit of the x32 ABI. */
static int probe_x32(char **args)
{
	const long bit = 0x40000000;

	(void)args;
	printf("getpid=%s\n", outcome(syscall(bit | SYS_getpid)));
	printf("mount=%s\n", outcome(syscall(bit | SYS_mount, 0, 0, 0, 0, 0)));
	printf("unshare=%s\n", outcome(syscall(bit | SYS_unshare, CLONE_NEWUSER)));
	printf("keyctl=%s\n", outcome(syscall(bit | SYS_keyctl, WRONG, 0, 0, 0, 0)));
	return 0;
}
#else
static int probe_int80(char **args)
{
	(void)args;
	puts("none=1");
	return 0;
}

static int probe_x32(char **args)
{
	return probe_int80(args);
}
#endif

/* Types a letter at the own terminal, in the ways that get past a careless filter. */
static int probe_tiocsti(char **args)
{
	static const unsigned long upper[] = {0, 1UL << 32, 1UL << 63, 0xffffffff00000000UL};
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

	(void)args;
	if (fd < 0)
		return fail("/dev/tty");
	for (size_t i = 0; i < sizeof(upper) / sizeof(upper[0]); i++) {
		printf("TIOCSTI+%lx=%s\n", upper[i],
		       outcome(syscall(SYS_ioctl, fd, upper[i] | TIOCSTI, "x")));
		printf("TIOCLINUX+%lx=%s\n", upper[i],
		       outcome(syscall(SYS_ioctl, fd, upper[i] | 0x541c, "\377")));
	}
	return 0;
}

/* ---- files ---- */

/* probe open MODE PATH...: r, w or rw. Nothing is read or written, and a FIFO or a tty is not waited for. */
static int probe_open(char **args)
{
	int mode;

	if (!args[0])
		return fail("no mode");
	mode = strcmp(args[0], "r") == 0 ? O_RDONLY : strcmp(args[0], "w") == 0 ? O_WRONLY : O_RDWR;
	for (args++; *args; args++) {
		int fd = open(*args, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		printf("%s=%s\n", *args, outcome(fd));
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

/* probe content PATH...: "empty", "emptydir", the number of bytes that the first read gives, or the error. */
static int probe_content(char **args)
{
	for (; *args; args++) {
		char buffer[4096];
		struct dirent *entry;
		ssize_t n;
		int fd = open(*args, O_RDONLY | O_NONBLOCK | O_CLOEXEC), entries = 0;
		DIR *dir;

		if (fd < 0) {
			printf("%s=%s\n", *args, outcome(fd));
			continue;
		}
		n = read(fd, buffer, sizeof(buffer));
		if (n < 0 && errno == EISDIR && (dir = fdopendir(fd)) != NULL) {
			while ((entry = readdir(dir)))
				entries += entry->d_name[0] != '.';
			printf("%s=%s\n", *args, entries ? "directory" : "emptydir");
			closedir(dir);
			continue;
		}
		if (n < 0)
			printf("%s=%s\n", *args, outcome(n));
		else if (n == 0)
			printf("%s=empty\n", *args);
		else
			printf("%s=%zd\n", *args, n);
		close(fd);
	}
	return 0;
}

/* probe remount PATH...: asks for each mount to be made writable, by both of the kernel's ways. */
static int probe_remount(char **args)
{
	struct {
		uint64_t set, clear, propagation, userns;
	} attr = {.clear = 1 /* MOUNT_ATTR_RDONLY */};

	for (; *args; args++) {
		printf("mount:%s=%s\n", *args,
		       outcome(mount(NULL, *args, NULL, MS_REMOUNT | MS_BIND, NULL)));
		printf("mount_setattr:%s=%s\n", *args,
		       outcome(syscall(SYS_mount_setattr, AT_FDCWD, *args, 0, &attr, sizeof(attr))));
		printf("umount:%s=%s\n", *args, outcome(umount2(*args, MNT_DETACH)));
	}
	return 0;
}

/* ---- descriptors, process ---- */

static int probe_fds(char **args)
{
	char path[64], target[4096];

	(void)args;
	for (int fd = 0; fd < 1024; fd++) {
		ssize_t n;

		if (fcntl(fd, F_GETFD) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		printf("%d=%s\n", fd, target);
	}
	return 0;
}

static int probe_process(char **args)
{
	sigset_t blocked;
	int death = -1, n = 0, ignored = 0;
	mode_t mask = umask(0);
	cpu_set_t cpus;

	(void)args;
	printf("tty=%s\n", outcome(open("/dev/tty", O_RDWR | O_CLOEXEC)));
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	for (int s = 1; s < NSIG; s++) {
		struct sigaction action;

		n += sigismember(&blocked, s) == 1;
		ignored += sigaction(s, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
	}
	printf("umask=%03o\n", mask);
	printf("blocked=%d\nignored=%d\n", n, ignored);
	errno = 0;
	printf("nice=%d\n", getpriority(PRIO_PROCESS, 0));
	prctl(PR_GET_PDEATHSIG, &death);
	printf("deathsig=%d\n", death);
	printf("dumpable=%d\n", prctl(PR_GET_DUMPABLE));
	printf("securebits=%d\n", prctl(PR_GET_SECUREBITS));
	printf("keepcaps=%d\n", prctl(PR_GET_KEEPCAPS));
	printf("nonewprivs=%d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	printf("pid=%d\nsid=%d\npgid=%d\n", getpid(), getsid(0), getpgrp());
	printf("uid=%d\neuid=%d\ngid=%d\negid=%d\n", getuid(), geteuid(), getgid(), getegid());
	printf("cpus=%d\n", sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : -1);
	return 0;
}

/* probe odd CMD...: starts it with all signals blocked, some ignored, a parent death signal, a strange umask. */
static int probe_odd(char **args)
{
	sigset_t all;

	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	umask(0137);
	execvp(args[0], args);
	return fail(args[0]);
}

/* ---- keys ---- */

static long search_key(const char *name)
{
	return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", name, 0);
}

/* probe with-key NAME CMD...: in a session keyring of its own, with a key of that name in it. */
static int probe_with_key(char **args)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0) < 0)
		return fail("join a session keyring");
	if (syscall(SYS_add_key, "user", args[0], "secret", 6, KEY_SPEC_SESSION_KEYRING) < 0)
		return fail("add a key");
	execvp(args[1], args + 1);
	return fail(args[1]);
}

/* probe key NAME: whether the session keyring has it, and the number of that keyring. */
static int probe_key(char **args)
{
	long ring = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);

	printf("ring=%ld\n", ring);
	printf("key=%s\n", outcome(search_key(args[0])));
	return 0;
}

/* ---- ways out ---- */

/*
 * probe escape CANARY: out of the root by a directory that stays open above a second chroot(2), and by many "..".
 * Then whether CANARY, a path of the host, is there.
 */
static int probe_escape(char **args)
{
	struct stat before, after;
	int slash = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (slash < 0 || fstat(slash, &before) < 0)
		return fail("/");
	printf("before=%s\n", outcome(access(args[0], F_OK)));
	for (int i = 0; i < 200; i++)
		if (chdir("..") < 0)
			return fail("..");
	stat(".", &after);
	printf("dotdot_same=%d\n", before.st_dev == after.st_dev && before.st_ino == after.st_ino);
	if ((mkdir("/tmp/cell", 0700) < 0 && errno != EEXIST) || chroot("/tmp/cell") < 0 ||
	    fchdir(slash) < 0)
		return fail("chroot");
	for (int i = 0; i < 200; i++)
		if (chdir("..") < 0)
			return fail("..");
	if (chroot(".") < 0)
		return fail("chroot back");
	stat("/", &after);
	printf("chroot_same=%d\n", before.st_dev == after.st_dev && before.st_ino == after.st_ino);
	printf("after=%s\n", outcome(access(args[0], F_OK)));
	return 0;
}

/* probe handle CANARY: opens the root inode of a filesystem by its handle (open_by_handle_at, "shocker"). */
static int probe_handle(char **args)
{
	struct {
		struct file_handle head;
		unsigned char bytes[128];
	} handle = {.head.handle_bytes = 128};
	int mount_id, fd = open(args[0], O_RDONLY | O_CLOEXEC), opened;

	if (fd < 0)
		return fail(args[0]);
	printf("name=%s\n",
	       outcome(name_to_handle_at(fd, "", &handle.head, &mount_id, AT_EMPTY_PATH)));
	opened = open_by_handle_at(fd, &handle.head, O_PATH);
	printf("open=%s\n", outcome(opened));
	return 0;
}

/* ---- resources ---- */

/* probe fork N: how many children can be at once, up to N. */
static int probe_fork(char **args)
{
	int wanted = atoi(args[0]), n = 0, gate[2];
	pid_t pid = 0;

	if (pipe(gate) < 0)
		return fail("pipe");
	for (; n < wanted; n++) {
		pid = fork();
		if (pid == 0) {
			char byte;

			close(gate[1]);
			_exit(read(gate[0], &byte, 1) < 0);
		}
		if (pid < 0)
			break;
	}
	printf("children=%d\nend=%s\n", n, outcome(pid));
	close(gate[1]);
	while (wait(NULL) > 0)
		;
	return 0;
}

/* probe memory MEBIBYTES: touches so much. Whoever ends it may have reasons. */
static int probe_memory(char **args)
{
	size_t size = (size_t)atoi(args[0]) << 20;
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return fail("mmap");
	for (size_t i = 0; i < size; i += 4096)
		at[i] = 1;
	printf("touched=%zu\n", size);
	return 0;
}

/* ---- attributes ---- */

/* probe limits: NAME=SOFT:HARD of every resource, by getrlimit(2). */
static int probe_limits(char **args)
{
	static const struct {
		const char *name;
		int resource;
	} limits[] = {
		{"AS", RLIMIT_AS},
		{"CORE", RLIMIT_CORE},
		{"CPU", RLIMIT_CPU},
		{"DATA", RLIMIT_DATA},
		{"FSIZE", RLIMIT_FSIZE},
		{"LOCKS", RLIMIT_LOCKS},
		{"MEMLOCK", RLIMIT_MEMLOCK},
		{"MSGQUEUE", RLIMIT_MSGQUEUE},
		{"NICE", RLIMIT_NICE},
		{"NOFILE", RLIMIT_NOFILE},
		{"NPROC", RLIMIT_NPROC},
		{"RSS", RLIMIT_RSS},
		{"RTPRIO", RLIMIT_RTPRIO},
		{"RTTIME", RLIMIT_RTTIME},
		{"SIGPENDING", RLIMIT_SIGPENDING},
		{"STACK", RLIMIT_STACK},
	};

	(void)args;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit;

		if (getrlimit((__rlimit_resource_t)limits[i].resource, &limit) < 0)
			return fail(limits[i].name);
		printf("%s=%llu:%llu\n", limits[i].name, (unsigned long long)limit.rlim_cur,
		       (unsigned long long)limit.rlim_max);
	}
	return 0;
}

/* probe attributes [PID]: how a process, or this one, is scheduled; this one's execution domain, memory policy, clocks. */
static int probe_attributes(char **args)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} sched = {0};
	int pid = args[0] ? atoi(args[0]) : 0, mode = -1;
	unsigned long nodes[16] = {0};
	struct timespec clock;

	if (syscall(SYS_sched_getattr, pid, &sched, sizeof(sched), 0) < 0)
		return fail("sched_getattr");
	printf("policy=%u\nflags=%llx\nnice=%d\npriority=%u\n", sched.policy,
	       (unsigned long long)sched.flags, sched.nice, sched.priority);
	printf("runtime=%llu\ndeadline=%llu\nperiod=%llu\n", (unsigned long long)sched.runtime,
	       (unsigned long long)sched.deadline, (unsigned long long)sched.period);
	printf("io=%lx\n", syscall(SYS_ioprio_get, 1 /* IOPRIO_WHO_PROCESS */, pid) & 0xffff);
	printf("personality=%lx\n", syscall(SYS_personality, 0xffffffff));
	if (syscall(SYS_get_mempolicy, &mode, nodes, 1024, NULL, 0) < 0)
		printf("mempolicy=%s\n", outcome(-1));
	else
		printf("mempolicy=%x\nnodes=%lx\n", (unsigned int)mode, nodes[0]);
	if (clock_gettime(CLOCK_MONOTONIC, &clock) == 0)
		printf("monotonic=%lld\n", (long long)clock.tv_sec);
	if (clock_gettime(CLOCK_BOOTTIME, &clock) == 0)
		printf("boottime=%lld\n", (long long)clock.tv_sec);
	return 0;
}

/* ---- the service manager ---- */

/* probe notify TEXT: sends TEXT to the socket that NOTIFY_SOCKET names, as sd_notify(3) does. */
static int probe_notify(char **args)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || !path || strlen(path) >= sizeof(address.sun_path))
		return fail("NOTIFY_SOCKET");
	strcpy(address.sun_path, path);
	if (sendto(fd, args[0], strlen(args[0]), 0, (struct sockaddr *)&address, sizeof(address)) < 0)
		return fail(path);
	return 0;
}

/* ---- which ---- */

static const struct {
	const char *name;
	int least; /* arguments */
	int (*run)(char **args);
} commands[] = {
	{"allowed-calls", 0, probe_allowed_calls},
	{"attributes", 0, probe_attributes},
	{"calls", 0, probe_calls},
	{"clone", 0, probe_clone},
	{"content", 1, probe_content},
	{"escape", 1, probe_escape},
	{"fds", 0, probe_fds},
	{"fork", 1, probe_fork},
	{"handle", 1, probe_handle},
	{"int80", 0, probe_int80},
	{"key", 1, probe_key},
	{"limits", 0, probe_limits},
	{"memory", 1, probe_memory},
	{"notify", 1, probe_notify},
	{"odd", 1, probe_odd},
	{"open", 2, probe_open},
	{"process", 0, probe_process},
	{"remount", 1, probe_remount},
	{"tiocsti", 0, probe_tiocsti},
	{"unknown", 0, probe_unknown},
	{"with-key", 2, probe_with_key},
	{"x32", 0, probe_x32},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0 && argc - 2 >= commands[i].least)
			return commands[i].run(argv + 2);
	fprintf(stderr, "usage: probe COMMAND [ARGUMENT...]; commands:");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(stderr, " %s", commands[i].name);
	fputc('\n', stderr);
	return 2;
}
