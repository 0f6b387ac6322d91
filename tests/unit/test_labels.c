/*
 * test_labels.c - container/lsm.c: that a process which has the host's procfs at hand writes to its own file in it, from
 * within whatever PID and user namespace, and to no other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "container/steps.h"

static int proc_fd = -1;

/* In the child: 0, or the number of what went wrong. */
static int write_own_name(void)
{
	struct error e;
	char name[16];

	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return 1;
	if (host_proc_write(proc_fd, "self/comm", "renamed", &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 2;
	}
	if (prctl(PR_GET_NAME, name) < 0 || strcmp(name, "renamed") != 0)
		return 3;
	/* Nothing beside this procfs, and nothing that a magic link leads to. */
	if (host_proc_write(proc_fd, "../etc/passwd", "x", &e) == 0 || e.no != EXDEV)
		return 4;
	if (host_proc_write(proc_fd, "self/root/proc/self/comm", "x", &e) == 0 || e.no != ELOOP)
		return 5;
	if (host_proc_write(proc_fd, "self/attr/no-such", "x", &e) == 0 || e.no != ENOENT)
		return 6;
	return 0;
}

/* In new namespaces of these kinds, as their first process. */
static void in_namespaces(int flags)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		pid_t inner;

		if (flags && unshare(flags) < 0)
			_exit(77);
		inner = fork();
		if (inner == 0)
			_exit(write_own_name());
		_exit(waitpid(inner, &status, 0) == inner && WIFEXITED(status) ? WEXITSTATUS(status)
									       : 76);
	}
	assert_true(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("skip: this host lets nobody make user namespaces\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void here(void **state)
{
	(void)state;
	in_namespaces(0);
}

static void in_another_pid_namespace(void **state)
{
	(void)state;
	in_namespaces(CLONE_NEWUSER | CLONE_NEWPID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(here),
		cmocka_unit_test(in_another_pid_namespace),
	};
	int result;

	proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	result = cmocka_run_group_tests_name("labels", tests, NULL, NULL);
	fd_close(&proc_fd);
	return result;
}
