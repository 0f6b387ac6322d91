/*
 * refuser.c - a program for tests/container/refusals.bats that makes system calls which a filter refuses. One word says
 * which, and it prints what came of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, long result)
{
	if (result < 0)
		printf("%s=%s\n", what, strerrorname_np(errno));
	else
		printf("%s=%ld\n", what, result);
	fflush(stdout);
}

static long refused_call(void)
{
	return syscall(SYS_keyctl, 0, -1, 0);
}

static void *wait_forever(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

static void *call_in_thread(void *unused)
{
	(void)unused;
	say("thread", refused_call());
	return NULL;
}

static volatile sig_atomic_t trapped;

static void trap(int number)
{
	trapped = number;
}

/* Calls @n times with numbers that no kernel has. */
static void numbers(int n)
{
	for (int i = 0; i < n; i++)
		(void)syscall(5000 + i);
}

/* A filter of the container's own that wants a listener. */
static long listen_to(void)
{
	struct sock_filter v[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {.len = 1, .filter = v};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		       &program);
}

/* Runs a command as on Linux before 5.19: without SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV. */
static int run_old_kernel(char **words)
{
	struct sock_filter v[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 24), /* the lower half of the second argument */
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1 << 5, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = 6, .filter = v};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return 97;
	execv(words[0], words);
	return 96;
}

/* Runs a command that somebody listens to already. */
static int run_listened(char **words)
{
	if (fcntl((int)listen_to(), F_SETFD, 0) < 0)
		return 97;
	execv(words[0], words);
	return 96;
}

/* Sets a filter of its own, which answers an errno to the refused call, by seccomp(2) or by prctl(2). */
static long own_errno(int by_prctl)
{
	struct sock_filter v[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_keyctl, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = 4, .filter = v};

	if (by_prctl)
		return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static int own_kill(void)
{
	struct sock_filter v[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = 4, .filter = v};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return 1;
	syscall(SYS_getppid);
	return 2;
}

/* Runs the rest of the words below and prints how it ended. */
static int child(char **words)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execv("/proc/self/exe", words);
		_exit(99);
	}
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	if (WIFSIGNALED(status))
		say("signal", WTERMSIG(status));
	else
		say("exit", WEXITSTATUS(status));
	return 0;
}

/* A process that makes a refused call, and a tracer that keeps SIGSYS from it. */
static int traced(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(95);
		(void)raise(SIGSTOP);
		(void)refused_call();
		for (;;)
			pause();
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		if (WSTOPSIG(status) == SIGSYS)
			say("kept", SIGSYS);
		(void)ptrace(PTRACE_CONT, pid, NULL, NULL);
	}
	say("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return 0;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	struct sigaction action = {.sa_handler = trap};
	pthread_t thread;

	if (strcmp(word, "call") == 0) {
		say("call", refused_call());
	} else if (strcmp(word, "calls") == 0) {
		for (long n = atol(argv[2]); n > 0; n--)
			(void)refused_call();
	} else if (strcmp(word, "flood") == 0) {
		puts("flooding");
		fflush(stdout);
		for (;;)
			(void)refused_call();
	} else if (strcmp(word, "numbers") == 0) {
		numbers(atoi(argv[2]));
	} else if (strcmp(word, "handler") == 0) {
		sigaction(SIGSYS, &action, NULL);
		say("call", refused_call());
		say("handled", trapped);
	} else if (strcmp(word, "ignore") == 0) {
		signal(SIGSYS, SIG_IGN);
		say("call", refused_call());
	} else if (strcmp(word, "threads") == 0) {
		pthread_create(&thread, NULL, wait_forever, NULL);
		say("call", refused_call());
	} else if (strcmp(word, "in-thread") == 0) {
		pthread_create(&thread, NULL, call_in_thread, NULL);
		pthread_join(thread, NULL);
		puts("still here");
	} else if (strcmp(word, "name") == 0) {
		prctl(PR_SET_NAME, argv[2]);
		say("call", refused_call());
	} else if (strcmp(word, "listen") == 0) {
		say("listen", listen_to());
	} else if (strcmp(word, "sendmsg") == 0) {
		say("sendmsg", syscall(SYS_sendmsg, 3, NULL, 0));
	} else if (strcmp(word, "old-kernel") == 0) {
		return run_old_kernel(argv + 2);
	} else if (strcmp(word, "listened") == 0) {
		return run_listened(argv + 2);
	} else if (strcmp(word, "own-errno") == 0) {
		say("own", own_errno(0));
		say("call", refused_call());
	} else if (strcmp(word, "own-errno-prctl") == 0) {
		say("own", own_errno(1));
		say("call", refused_call());
	} else if (strcmp(word, "strict") == 0) {
		say("strict", prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
		say("none", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	} else if (strcmp(word, "own-kill") == 0) {
		return own_kill();
	} else if (strcmp(word, "kill") == 0) {
		kill(getpid(), SIGSYS);
		puts("still here");
	} else if (strcmp(word, "traced") == 0) {
		return traced();
	} else if (strcmp(word, "child") == 0) {
		return child(argv + 1);
	} else {
		return 98;
	}
	return 0;
}
