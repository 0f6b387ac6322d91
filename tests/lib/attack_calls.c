/*
 * attack_calls.c - tries what the kernel lets a container do: a static program that tests/attacks runs in every form of a
 * container, and where it must fail. Prints a line a fact, "ok NAME" or "not ok NAME: what was seen", and "1..N".
 *
 *   attack_calls [GROUP | key=NAME]...
 *
 * GROUPs: calls (system calls that containers have been broken out of), devices (nodes of other devices), terminal
 * (typing into an own one), keys (the caller's session keyring has a key of that NAME), escape (out of the root); all of
 * them where none is named.
 *
 * Nothing here does harm where it is let through: the calls have arguments that the kernel refuses after it has checked
 * for permission, and devices are opened and closed.
 */
#include "attack_facts.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/* Pointers to nothing, and bits that mean nothing. */
#define NOWHERE ((long)"/nowhere/at/all")
#define WRONG	0x7ffffff0L

static const struct call {
	const char *name;
	long number;
	long args[5];
	int refusal; /* EPERM where it is 0 */
} calls[] = {
	{"unshare-user", SYS_unshare, {CLONE_NEWUSER}, 0},
	{"unshare-mount", SYS_unshare, {CLONE_NEWNS}, 0},
	{"clone-user", SYS_clone, {CLONE_NEWUSER | SIGCHLD}, 0},
	{"clone-user-mount", SYS_clone, {CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD}, 0},
	/* Its flags are in memory, where no filter looks: so that libraries fall back on clone. */
	{"clone3", SYS_clone3, {0, 0}, ENOSYS},
	{"setns", SYS_setns, {-1, 0}, 0},
	{"mount", SYS_mount, {NOWHERE, NOWHERE, NOWHERE, 0, 0}, 0},
	{"umount2", SYS_umount2, {NOWHERE, 0}, 0},
	{"pivot_root", SYS_pivot_root, {NOWHERE, NOWHERE}, 0},
	{"fsopen", SYS_fsopen, {NOWHERE, 0}, 0},
	{"fsconfig", SYS_fsconfig, {-1, 0, 0, 0, 0}, 0},
	{"fsmount", SYS_fsmount, {-1, 0, 0}, 0},
	{"open_tree", SYS_open_tree, {-1, NOWHERE, 0}, 0},
	{"move_mount", SYS_move_mount, {-1, NOWHERE, -1, NOWHERE, 0}, 0},
	{"mount_setattr", SYS_mount_setattr, {-1, NOWHERE, 0, 0, 0}, 0},
	{"bpf", SYS_bpf, {WRONG, 0, 0}, 0},
	{"perf_event_open", SYS_perf_event_open, {0, 0, -1, -1, 0}, 0},
	{"userfaultfd", SYS_userfaultfd, {WRONG}, 0},
	{"io_uring_setup", SYS_io_uring_setup, {0, 0}, 0},
	{"io_uring_enter", SYS_io_uring_enter, {-1, 0, 0, 0, 0}, 0},
	{"io_uring_register", SYS_io_uring_register, {-1, 0, 0, 0}, 0},
	{"keyctl", SYS_keyctl, {WRONG, 0, 0, 0, 0}, 0},
	{"add_key", SYS_add_key, {0, 0, 0, 0, 0}, 0},
	{"request_key", SYS_request_key, {0, 0, 0, 0}, 0},
	{"open_by_handle_at", SYS_open_by_handle_at, {-1, 0, 0}, 0},
	{"init_module", SYS_init_module, {0, 0, NOWHERE}, 0},
	{"finit_module", SYS_finit_module, {-1, NOWHERE, 0}, 0},
	{"delete_module", SYS_delete_module, {NOWHERE, O_NONBLOCK}, 0},
	{"kexec_load", SYS_kexec_load, {0, WRONG, 0, WRONG}, 0},
	{"reboot", SYS_reboot, {0, 0, 0, 0}, 0},
	{"swapon", SYS_swapon, {NOWHERE, WRONG}, 0},
	{"swapoff", SYS_swapoff, {NOWHERE}, 0},
	{"acct", SYS_acct, {NOWHERE}, 0},
	{"settimeofday", SYS_settimeofday, {0, 0}, 0},
	{"clock_settime", SYS_clock_settime, {WRONG, 0}, 0},
	{"syslog", SYS_syslog, {10}, 0},
	{"quotactl", SYS_quotactl, {WRONG, NOWHERE, 0, 0}, 0},
	{"fanotify_init", SYS_fanotify_init, {WRONG, 0}, 0},
	{"kcmp", SYS_kcmp, {1, 1, WRONG, 0, 0}, 0},
	{"pidfd_getfd", SYS_pidfd_getfd, {-1, 0, 0}, 0},
	{"personality", SYS_personality, {0x0040000 /* ADDR_NO_RANDOMIZE */}, 0},
	{"vsock", SYS_socket, {40, WRONG, 0}, 0},
#if defined(__x86_64__)
	{"iopl", SYS_iopl, {4}, 0},
	{"ioperm", SYS_ioperm, {WRONG, 1, 1}, 0},
#endif
	{"unknown", 1000, {0}, ENOSYS},
};

/* In a process of its own: a call that is let through must not change what the next one meets. */
static int call_errno(const struct call *c)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(syscall(c->number, c->args[0], c->args[1], c->args[2], c->args[3], c->args[4],
			      0) < 0
			      ? errno
			      : 0);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void try_calls(void)
{
	for (size_t i = 0; i < COUNT(calls); i++) {
		int got = call_errno(&calls[i]);
		int refusal = calls[i].refusal ? calls[i].refusal : EPERM;

		fact(got == refusal, about("call", calls[i].name), "%s",
		     got == 0  ? "OK"
		     : got < 0 ? "ended by a signal"
			       : strerrorname_np(got));
	}
}

/* ---- devices ---- */

static const struct {
	const char *name;
	mode_t type;
	unsigned int major, minor;
} devices[] = {
	{"mem", S_IFCHR, 1, 1},		 {"port", S_IFCHR, 1, 4},
	{"kmsg", S_IFCHR, 1, 11},	 {"tty1", S_IFCHR, 4, 1},
	{"ttyS0", S_IFCHR, 4, 64},	 {"misc-kvm", S_IFCHR, 10, 232},
	{"misc-fuse", S_IFCHR, 10, 229}, {"misc-loop", S_IFCHR, 10, 237},
	{"net-tun", S_IFCHR, 10, 200},	 {"loop0", S_IFBLK, 7, 0},
	{"sda", S_IFBLK, 8, 0},		 {"vda", S_IFBLK, 254, 0},
	{"nvme0n1", S_IFBLK, 259, 0},
};

/* In /dev, which device nodes work in, and in the root file system: made or not, none can be opened. */
static void try_devices(void)
{
	static const char *const directories[] = {"/dev", "/tmp"};

	for (size_t d = 0; d < COUNT(directories); d++)
		for (size_t i = 0; i < COUNT(devices); i++) {
			char path[64];
			long result;

			snprintf(path, sizeof(path), "%s/attack-%s", directories[d], devices[i].name);
			result = mknod(path, devices[i].type | 0600,
				       makedev(devices[i].major, devices[i].minor));
			if (result == 0) {
				result = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
				if (result >= 0)
					close((int)result);
			}
			/* ENXIO and the like come from a driver: the device was reached. */
			fact(result < 0 && (errno == EPERM || errno == EACCES || errno == EROFS),
			     about("device", path), "%s", outcome(result));
			(void)unlink(path);
		}
}

/* ---- terminal ---- */

/* Types into the own terminal, in the ways that get past a careless filter. The other end is our own. */
static void try_typing(int terminal, int answers)
{
	static const unsigned long upper[] = {0, 1UL << 32, 1UL << 63, 0xffffffff00000000UL};
	static const unsigned long requests[] = {TIOCSTI, 0x541c /* TIOCLINUX */};
	char none = '\377'; /* a command that TIOCLINUX does not know */

	for (size_t r = 0; r < COUNT(requests); r++)
		for (size_t i = 0; i < COUNT(upper); i++) {
			long result = syscall(SYS_ioctl, terminal, upper[i] | requests[r], &none);

			(void)!write(answers, &(int){result < 0 ? errno : 0}, sizeof(int));
		}
}

static void try_terminal(void)
{
	static const char *const names[] = {
		"TIOCSTI",   "TIOCSTI+1<<32",	"TIOCSTI+1<<63",   "TIOCSTI+ones",
		"TIOCLINUX", "TIOCLINUX+1<<32", "TIOCLINUX+1<<63", "TIOCLINUX+ones",
	};
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), pipe_fds[2], got = -1;
	pid_t pid;

	if (master < 0 || unlockpt(master) < 0 || pipe(pipe_fds) < 0) {
		fact(false, "terminal:own", "%s", outcome(-1));
		return;
	}
	pid = fork();
	if (pid == 0) {
		int terminal;

		/* Becomes the controlling one: for another the kernel itself would refuse. */
		close(pipe_fds[0]);
		setsid();
		terminal = open(ptsname(master), O_RDWR | O_CLOEXEC);
		if (terminal >= 0)
			try_typing(terminal, pipe_fds[1]);
		_exit(0);
	}
	close(pipe_fds[1]);
	for (size_t i = 0; i < COUNT(names); i++) {
		if (read(pipe_fds[0], &got, sizeof(got)) != sizeof(got))
			got = -1;
		fact(got == EPERM, about("terminal", names[i]), "%s",
		     got < 0	? "not tried"
		     : got == 0 ? "OK"
				: strerrorname_np(got));
	}
	close(pipe_fds[0]);
	close(master);
	waitpid(pid, NULL, 0);
}

/* ---- keys ---- */

static void try_keys(void)
{
	const char *name = find_given("key", "");
	long result;

	if (!name)
		return;
	result = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", name, 0);
	fact(result < 0, "keys:caller-session", "%s", outcome(result));
}

/* ---- ways out ---- */

/* A directory that stays open above a second chroot(2) is the way out of a first. */
static void try_escape(void)
{
	struct stat before, after;
	int slash = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (slash < 0 || fstat(slash, &before) < 0)
		return;
	if ((mkdir("/tmp/attack-cell", 0700) < 0 && errno != EEXIST) ||
	    chroot("/tmp/attack-cell") < 0 || fchdir(slash) < 0) {
		fact(errno == EPERM, "escape:chroot", "%s", outcome(-1));
		return;
	}
	for (int i = 0; i < 200; i++)
		(void)!chdir("..");
	(void)!chroot(".");
	fact(stat("/", &after) == 0 && before.st_dev == after.st_dev && before.st_ino == after.st_ino,
	     "escape:chroot", "another root is above");
	(void)!rmdir("/tmp/attack-cell");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} groups[] = {
		{"calls", try_calls}, {"devices", try_devices}, {"terminal", try_terminal},
		{"keys", try_keys},   {"escape", try_escape},
	};
	bool named = false;

	(void)argc;
	given = argv + 1;
	for (char **at = given; *at; at++)
		named = named || !strchr(*at, '=');
	for (size_t i = 0; i < COUNT(groups); i++) {
		bool wanted = !named;

		for (char **at = given; *at; at++)
			wanted = wanted || strcmp(*at, groups[i].name) == 0;
		if (wanted)
			groups[i].run();
	}
	printf("1..%u\n", facts);
	return 0;
}
