/*
 * test_process.c - base/process.c: helper programs that read nothing, never end, leave children behind, or cannot be
 * executed at all. They are shell scripts; what they have seen they write into TREE/root, which is where they run.
 */
#include "tree_fixture.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/time.h>

#include "base/process.h"
#include "base/sys.h"

#define BIG (1 << 20) /* more than a pipe holds */

static char root_path[80];
static char *no_env[] = {NULL};
static int interrupt_pipe[2];

/* A shell that runs @script in TREE/root with @input as its stdin. */
static struct process shell(char **args, const char *script, const char *input)
{
	args[0] = (char *)"sh";
	args[1] = (char *)"-c";
	args[2] = (char *)script;
	args[3] = NULL;
	snprintf(root_path, sizeof(root_path), "%s/root", tree);
	return (struct process){
		.path = "/bin/sh",
		.args = args,
		.env = no_env,
		.directory = root_path,
		.input = input,
		.input_length = input ? strlen(input) : 0,
		.output_fd = -1,
	};
}

static int run(const char *script, const char *input)
{
	char *args[4];
	struct process p = shell(args, script, input);

	return process_run(&p, &e);
}

static void refused(int result, const char *text)
{
	assert_int_equal(result, -1);
	assert_string_equal(e.text, text);
}

/* The number in the file that a script has written. */
static pid_t pid_in(const char *path)
{
	char text[64];

	OK(file_read_at(root_fd, path, text, sizeof(text), NULL, &e));
	assert_true(atoi(text) > 1);
	return atoi(text);
}

/* The end of a process that is not our child but, we being its reaper, will be. */
static int end_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void ends(void **state)
{
	(void)state;
	OK(run("exit 0", NULL));
	refused(run("exit 3", NULL), "exit status 3");
	refused(run("exit 127", NULL), "exit status 127");
	refused(run("kill -9 $$", NULL), "killed by signal 9");
	refused(run("kill -TERM $$", NULL), "killed by signal 15");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* none is left */
	assert_int_equal(errno, ECHILD);
}

static void input(void **state)
{
	char *big = malloc(BIG + 1), *args[4];
	struct process p;
	struct stat st;

	(void)state;
	OK(run("cat >got", "{\"id\": \"one\"}"));
	check_text("got", "{\"id\": \"one\"}");
	OK(run("cat >got", NULL));
	check_text("got", "");
	memset(big, 'x', BIG);
	big[BIG] = '\0';
	p = shell(args, "cat >got", big);
	OK(process_run(&p, &e));
	assert_int_equal(fstatat(root_fd, "got", &st, 0), 0);
	assert_int_equal(st.st_size, BIG);
	free(big);
}

/* Nobody reads: neither a deadlock nor a SIGPIPE, which would end this test. */
static void input_unread(void **state)
{
	char *big = malloc(BIG + 1);

	(void)state;
	memset(big, 'x', BIG);
	big[BIG] = '\0';
	OK(run(":", big));
	OK(run("exec <&-; i=0; while [ $i -lt 1000 ]; do i=$((i+1)); done", big));
	refused(run("read -r line; exit 9", big), "exit status 9");
	refused(run("head -c 5 >got; exit 4", big), "exit status 4");
	check_text("got", "xxxxx");
	free(big);
}

static void output(void **state)
{
	char *args[4], text[16] = {0};
	struct process p = shell(args, "echo said", NULL);
	OWNED_FD read_end = -1, write_end = -1;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	read_end = fds[0];
	write_end = fds[1];
	p.output_fd = write_end;
	OK(process_run(&p, &e));
	fd_close(&write_end);
	assert_int_equal(read(read_end, text, sizeof(text)), 5);
	assert_string_equal(text, "said\n");
}

static void arguments(void **state)
{
	char *args[] = {(char *)"name of its own",
			(char *)"-c",
			(char *)"echo \"$0,$1,$FOO,$PWD\" >got; env >>got",
			(char *)"zero",
			(char *)"one two",
			NULL};
	char *env[] = {(char *)"FOO=bar baz", (char *)"PATH=/usr/bin:/bin", NULL};
	struct process p = shell((char *[4]){NULL}, "", NULL);
	char expected[200], got[400];

	(void)state;
	p.args = args;
	p.env = env;
	OK(process_run(&p, &e));
	OK(file_read_at(root_fd, "got", got, sizeof(got), NULL, &e));
	snprintf(expected, sizeof(expected), "zero,one two,bar baz,%s\n", root_path);
	assert_memory_equal(got, expected, strlen(expected));
	assert_null(strstr(got, "HOME=")); /* nothing of ours */
}

/* What cannot be executed is told apart from what ends badly. */
static void not_executed(void **state)
{
	char *args[4], path[100], expected[200];
	struct process p = shell(args, "", NULL);

	(void)state;
	p.path = "/no/such/hook";
	refused(process_run(&p, &e), "execute: No such file or directory");
	assert_int_equal(e.no, ENOENT);

	put("plain", "#!/bin/sh\n");
	snprintf(path, sizeof(path), "%s/plain", root_path);
	p.path = path;
	refused(process_run(&p, &e), "execute: Permission denied");
	assert_int_equal(e.no, EACCES);

	put_bytes("lost", "#!/no/such/shell\n", 17, 0755);
	snprintf(path, sizeof(path), "%s/lost", root_path);
	refused(process_run(&p, &e),
		"execute: No such file or directory (the file is there, the interpreter that it "
		"names is not)");

	put_bytes("empty", "", 0, 0755);
	snprintf(path, sizeof(path), "%s/empty", root_path);
	refused(process_run(&p, &e), "execute: Exec format error");

	p.path = "/bin/sh";
	p.directory = "/no/such/place";
	refused(process_run(&p, &e), "enter /no/such/place: No such file or directory");
	snprintf(expected, sizeof(expected), "enter %s: Not a directory", path);
	p.directory = path;
	refused(process_run(&p, &e), expected);
}

/* The field of /proc/PID/status that the script has copied. */
static void check_status(const char *field, const char *value)
{
	char text[8192], line[100];

	OK(file_read_at(root_fd, "status", text, sizeof(text), NULL, &e));
	snprintf(line, sizeof(line), "\n%s:\t%s\n", field, value);
	if (!strstr(text, line))
		fail_msg("%s is not %s in %s", field, value, text);
}

static void signals(void **state)
{
	sigset_t all, before, after;

	(void)state;
	sigfillset(&all);
	assert_int_equal(sigprocmask(SIG_BLOCK, &all, &before), 0);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	OK(run("exec cat /proc/self/status >status", "unread"));
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &after), 0);
	assert_int_equal(sigismember(&after, SIGUSR1), 1); /* ours are as they were */
	assert_ptr_equal(signal(SIGINT, SIG_DFL), SIG_IGN);
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
	check_status("SigBlk", "0000000000000000");
	check_status("SigIgn", "0000000000000000");
}

static void descriptors(void **state)
{
	int low = open("/dev/null", O_RDWR); /* not close-on-exec */
	int high = fcntl(low, F_DUPFD, 200);

	(void)state;
	assert_true(low > 2 && high >= 200);
	OK(run("i=0; open=; while [ $i -lt 300 ]; do [ -e /proc/$$/fd/$i ] && open=\"$open $i\"; "
	       "i=$((i+1)); done; echo $open >got",
	       NULL));
	close(low);
	close(high);
	check_text("got", "0 1 2\n");
}

/* Where the caller has no stdin and no stdout, the pipes do not land on their numbers and get lost. */
static void descriptors_missing(void **state)
{
	char text[16] = {0};
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		close(0);
		close(1);
		_exit(run("read -r line; echo \"$line\" >got", "through\n") == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	OK(file_read_at(root_fd, "got", text, sizeof(text), NULL, &e));
	assert_string_equal(text, "through\n");
}

static void session(void **state)
{
	(void)state;
	OK(run("cut -d' ' -f1,5,6 /proc/$$/stat >got; echo \"$$ $$ $$\" >expected", NULL));
	OK(run("cmp got expected", NULL));
}

/* The time is over: the process and what it has started are killed, whether it reads its stdin or not. */
static void timeout(void **state)
{
	static const char script[] = "echo $$ >parent; sleep 1000 & echo $! >child; : >ready; wait";
	char *args[4], *big = malloc(BIG + 1);
	struct process p = shell(args, script, NULL);

	(void)state;
	memset(big, 'x', BIG);
	big[BIG] = '\0';
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	for (int fed = 0; fed < 2; fed++) {
		p.input = fed ? big : NULL;
		p.input_length = fed ? BIG : 0;
		p.timeout_ms = 1000;
		refused(process_run(&p, &e), "took longer than 1 s");
		assert_true(is_there("ready"));
		assert_int_equal(kill(pid_in("parent"), 0), -1);
		assert_int_equal(end_of(pid_in("child")), SIGKILL);
		take_away("ready");
	}
	p.timeout_ms = 1;
	refused(process_run(&p, &e), "took longer than 1 ms");
	while (waitpid(-1, NULL, 0) > 0) /* what it has started in that time is killed, too */
		;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	free(big);
}

static int end_at_x(void *who, struct error *error)
{
	char byte;

	(*(int *)who)++;
	assert_int_equal(read(interrupt_pipe[0], &byte, 1), 1);
	return byte == 'x' ? err_status(error, 143, 0, "asked to end") : 0;
}

/* Who waits is interrupted: it decides whether that is an end. Then all that was started is killed. */
static void interrupt(void **state)
{
	static const char ends[] = "echo $$ >parent; sleep 1000 & echo $! >child; printf x; wait";
	static const char goes_on[] = "printf a; sleep 0.2; exit 3";
	int asked = 0;
	struct process_interrupt by = {.take = end_at_x, .who = &asked};
	char *args[4];
	struct process p = shell(args, ends, NULL);

	(void)state;
	assert_int_equal(pipe2(interrupt_pipe, O_CLOEXEC), 0);
	by.fd = interrupt_pipe[0];
	p.output_fd = interrupt_pipe[1];
	p.interrupt = &by;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	refused(process_run(&p, &e), "asked to end");
	assert_int_equal(e.status, 143);
	assert_int_equal(asked, 1);
	assert_int_equal(kill(pid_in("parent"), 0), -1);
	assert_int_equal(end_of(pid_in("child")), SIGKILL);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	p = shell(args, goes_on, NULL);
	p.output_fd = interrupt_pipe[1];
	p.interrupt = &by;
	refused(process_run(&p, &e), "exit status 3");
	assert_int_equal(asked, 2);
	assert_int_equal(close(interrupt_pipe[0]) | close(interrupt_pipe[1]), 0);
}

/* A time-out that is not reached changes nothing, however long it is. */
static void timeout_unused(void **state)
{
	static const int64_t times[] = {60000, INT64_MAX, INT64_MAX / 1000000, INT64_MAX / 1000};
	char *args[4];
	struct process p = shell(args, "exit 5", NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		p.timeout_ms = times[i];
		refused(process_run(&p, &e), "exit status 5");
	}
}

/* A helper that leaves a child with its stdin and stdout does not hold us, and the child lives on. */
static void daemon_left(void **state)
{
	char *args[4], *big = malloc(BIG + 1);
	struct process p = shell(args, "sleep 1000 & echo $! >child", NULL);
	OWNED_FD read_end = -1, write_end = -1;
	int fds[2];
	pid_t child;

	(void)state;
	memset(big, 'x', BIG);
	big[BIG] = '\0';
	p.input = big;
	p.input_length = BIG;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	read_end = fds[0];
	write_end = fds[1];
	p.output_fd = write_end;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	OK(process_run(&p, &e));
	child = pid_in("child");
	assert_true(is_alive(child));
	assert_int_equal(kill(child, SIGTERM), 0);
	assert_int_equal(end_of(child), SIGTERM);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	free(big);
}

static void on_alarm(int number)
{
	(void)number;
}

/* Signals that come while we wait neither end the wait nor are lost on the helper's side. */
static void interrupted(void **state)
{
	struct itimerval often = {.it_interval = {.tv_usec = 2000}, .it_value = {.tv_usec = 2000}};
	struct itimerval never = {0};
	struct sigaction handler = {.sa_handler = on_alarm}; /* no SA_RESTART */

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &handler, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	refused(run("sleep 0.2; exit 6", "unread"), "exit status 6");
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	signal(SIGALRM, SIG_DFL);
}

/* As PID 1 of a new namespace, with all signals blocked: what is not the helper stays to be reaped. */
static int as_pid_1(void)
{
	sigset_t all;
	siginfo_t info;
	pid_t other;
	int status;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	other = fork();
	if (other == 0)
		_exit(7);
	if (getpid() != 1 || waitid(P_PID, (id_t)other, &info, WEXITED | WNOWAIT) < 0)
		return 1;
	if (run("echo $$ >inside; (exit 9) & exit 0", "unread") < 0)
		return 2;
	if (run("exit 8", NULL) == 0 || strcmp(e.text, "exit status 8") != 0)
		return 3;
	if (waitpid(other, &status, 0) != other || WEXITSTATUS(status) != 7)
		return 4;
	return 0;
}

static void pid_1(void **state)
{
	struct sys_clone c = {.flags = CLONE_NEWPID};
	int status;
	pid_t pid;

	(void)state;
	need_root("to make a PID namespace");
	pid = sys_clone3(&c);
	if (pid == 0)
		_exit(as_pid_1());
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(pid_in("inside") > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(ends),      TREE_TEST(input),	      TREE_TEST(input_unread),
		TREE_TEST(output),    TREE_TEST(arguments),   TREE_TEST(not_executed),
		TREE_TEST(signals),   TREE_TEST(descriptors), TREE_TEST(descriptors_missing),
		TREE_TEST(session),   TREE_TEST(timeout),     TREE_TEST(timeout_unused),
		TREE_TEST(interrupt), TREE_TEST(daemon_left), TREE_TEST(interrupted),
		TREE_TEST(pid_1),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
