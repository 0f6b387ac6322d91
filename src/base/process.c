/*
 * process.c - see process.h. Runs on both sides: outside for most hooks, inside between clone and execve for others.
 *
 * The helper is a stranger: it may never read its stdin, never end, or leave children that keep our descriptors. So
 * nothing here waits for a pipe to be taken or to be closed, only for the process itself (its pidfd) and the clock.
 * The helper leads a session of its own: a time-out then ends all that it has started and that did not leave its group,
 * and the terminal's job control (SIGTTOU for who writes in the background) cannot stop it for ever. What it leaves
 * running after a normal end is its own affair.
 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/step.h"
#include "base/sys.h"

/* What the child could not do, over the error pipe; no message means that execve happened. */
enum failed_at { FAILED_SETUP, FAILED_DIRECTORY, FAILED_EXECUTE, FAILED_INTERPRETER };

struct failure {
	enum failed_at at;
	int no;
};

/* What is open for one helper. */
struct helper {
	pid_t pid;
	int pid_fd;
	int input_read_fd; /* its stdin. We keep it open: a pipe with a reader gives no SIGPIPE and no EPIPE */
	int input_write_fd; /* -1: all was written */
	size_t written;
	int error_read_fd, error_write_fd;
};

/* ---- the child ---- */

static _Noreturn void child_fail(int error_fd, enum failed_at at)
{
	struct failure f = {.at = at, .no = errno};

	/* A pipe takes so few bytes whole or not at all; when not, the parent sees status 127. */
	(void)!write(error_fd, &f, sizeof(f));
	_exit(127);
}

/* Puts @fd on @number and open across execve, wherever it was. */
static int put_on(int fd, int number)
{
	return fd == number ? fcntl(fd, F_SETFD, 0) : dup2(fd, number);
}

/* From fork to execve. All signals are blocked, so that no handler of ours runs here. */
static _Noreturn void child_run(const struct process *p, const struct helper *h)
{
	int error_fd = h->error_write_fd;
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		(void)sys_signal_default(s); /* EINVAL: KILL and STOP */
	(void)prctl(PR_SET_PDEATHSIG,
		    SIGKILL); /* nobody would wait for it, or stop it, when we are killed */
	(void)setsid();	      /* EPERM cannot be: a new process leads no group */
	if ((p->output_fd >= 0 && put_on(p->output_fd, STDOUT_FILENO) < 0) ||
	    put_on(h->input_read_fd, STDIN_FILENO) < 0)
		child_fail(error_fd, FAILED_SETUP);
	if (p->directory && chdir(p->directory) < 0)
		child_fail(error_fd, FAILED_DIRECTORY);
	/* Closed now, because a path like /proc/self/fd/7 is resolved before execve would close them. */
	if (error_fd != 3) {
		error_fd = dup3(error_fd, 3, O_CLOEXEC);
		if (error_fd < 0)
			child_fail(h->error_write_fd, FAILED_SETUP);
	}
	if (sys_close_range(4, ~0U, 0) < 0)
		child_fail(error_fd, FAILED_SETUP);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (p->prepare && p->prepare(p->into) != 0)
		child_fail(error_fd, FAILED_SETUP);
	execve(p->path, p->args, p->env);
	if (errno == ENOENT && faccessat(AT_FDCWD, p->path, F_OK, 0) == 0) {
		errno = ENOENT;
		child_fail(error_fd, FAILED_INTERPRETER);
	}
	child_fail(error_fd, FAILED_EXECUTE);
}

/* ---- the parent ---- */

/* A pipe above descriptor 2, where the child will put its own: ours may be closed there. */
static int pipe_make(int *ret_read, int *ret_write)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		int low = fds[i];

		if (low > STDERR_FILENO)
			continue;
		fds[i] = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		fd_close(&low);
	}
	*ret_read = fds[0];
	*ret_write = fds[1];
	return fds[0] < 0 || fds[1] < 0 ? -1 : 0;
}

static int helper_start(struct helper *h, const struct process *p, struct error *e)
{
	sigset_t all, before;

	if (pipe_make(&h->input_read_fd, &h->input_write_fd) < 0 ||
	    pipe_make(&h->error_read_fd, &h->error_write_fd) < 0)
		return err_set(e, errno, "make a pipe");
	/* Only our end: the two ends are two open files, and the helper's reads wait as usual. */
	if (fcntl(h->input_write_fd, F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(h->error_read_fd, F_SETFL, O_NONBLOCK) < 0)
		return err_set(e, errno, "set up a pipe");
	sigfillset(&all);
	if (sigprocmask(SIG_BLOCK, &all, &before) < 0)
		return err_set(e, errno, "block signals");
	h->pid = fork();
	if (h->pid == 0)
		child_run(p, h);
	if (h->pid < 0)
		err_set(e, errno, "fork");
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (h->pid < 0)
		return -1;
	fd_close(&h->error_write_fd);
	/* Not before it is reaped, which is our part, can the number mean another process. */
	h->pid_fd = sys_pidfd_open(h->pid);
	if (h->pid_fd < 0)
		return err_set(e, errno, "open a descriptor of the process");
	return 0;
}

/* Writes what the pipe takes now. At the end of the input the helper gets end-of-file. */
static int helper_feed(struct helper *h, const struct process *p, struct error *e)
{
	while (h->written < p->input_length) {
		ssize_t n = write(h->input_write_fd, p->input + h->written,
				  p->input_length - h->written);

		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "write to its stdin");
		if (n > 0)
			h->written += (size_t)n;
	}
	fd_close(&h->input_write_fd);
	return 0;
}

/* How long poll(2) may wait until @deadline_ns (0: none) of CLOCK_MONOTONIC. */
static int poll_ms(int64_t deadline_ns)
{
	int64_t left;

	if (deadline_ns == 0)
		return -1;
	left = deadline_ns - step_now();
	if (left <= 0)
		return 0;
	left = (left + 999999) / 1000000;
	return left > INT_MAX ? INT_MAX : (int)left;
}

static int timed_out(const struct process *p, struct error *e)
{
	if (p->timeout_ms % 1000 == 0)
		return err_set(e, 0, "took longer than %lld s", (long long)p->timeout_ms / 1000);
	return err_set(e, 0, "took longer than %lld ms", (long long)p->timeout_ms);
}

/* Until the process has ended. -1: the time is over, it has to end, or we cannot go on; it runs still. */
static int helper_wait(struct helper *h, const struct process *p, struct error *e)
{
	int64_t deadline = 0;

	if (p->timeout_ms > 0 && p->timeout_ms < INT64_MAX / 1000000 / 2) /* else: 146 years and more */
		deadline = step_now() + p->timeout_ms * 1000000;
	for (;;) {
		struct pollfd fds[3] = {
			{.fd = h->pid_fd, .events = POLLIN},
			{.fd = h->input_write_fd, .events = POLLOUT}, /* -1 is passed over */
			{.fd = p->interrupt ? p->interrupt->fd : -1, .events = POLLIN},
		};
		int n = poll(fds, 3, poll_ms(deadline));

		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "poll");
		if (n > 0 && fds[0].revents != 0)
			return 0;
		if (deadline != 0 && step_now() >= deadline)
			return timed_out(p, e);
		if (n > 0 && fds[2].revents != 0 && p->interrupt &&
		    p->interrupt->take(p->interrupt->who, e) < 0)
			return -1;
		if (n > 0 && fds[1].revents != 0 && helper_feed(h, p, e) < 0)
			return -1;
	}
}

/* Takes the status of the one process: the caller may be PID 1 and have others that are not ours to take. */
static int helper_reap(struct helper *h, int *ret_status)
{
	pid_t pid = h->pid;

	h->pid = -1;
	while (waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return 0;
}

/* Says what became of a process that has ended with @status. */
static int helper_judge(const struct helper *h, const struct process *p, int status, struct error *e)
{
	struct failure f;

	if (read(h->error_read_fd, &f, sizeof(f)) == (ssize_t)sizeof(f)) {
		switch (f.at) {
		case FAILED_DIRECTORY:
			return err_set(e, f.no, "enter %s", p->directory);
		case FAILED_EXECUTE:
			return err_set(e, f.no, "execute");
		case FAILED_INTERPRETER:
			err_set(e, f.no, "execute");
			return err_hint(e,
					"the file is there, the interpreter that it names is not");
		case FAILED_SETUP:
			break;
		}
		return err_set(e, f.no, "set up its descriptors");
	}
	if (WIFSIGNALED(status))
		return err_set(e, 0, "killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return err_set(e, 0, "exit status %d", WEXITSTATUS(status));
	return 0;
}

/* Ends what is still running, with its group, and closes all. */
static void helper_end(struct helper *h)
{
	int status;

	if (h->pid > 0) {
		(void)kill(-h->pid, SIGKILL); /* ESRCH: it has not made its group yet */
		(void)kill(h->pid, SIGKILL);
		(void)helper_reap(h, &status);
	}
	fd_close(&h->pid_fd);
	fd_close(&h->input_read_fd);
	fd_close(&h->input_write_fd);
	fd_close(&h->error_read_fd);
	fd_close(&h->error_write_fd);
}

int process_run(const struct process *p, struct error *e)
{
	struct helper h = {
		.pid = -1,
		.pid_fd = -1,
		.input_read_fd = -1,
		.input_write_fd = -1,
		.error_read_fd = -1,
		.error_write_fd = -1,
	};
	int result, status;

	result = helper_start(&h, p, e);
	if (result == 0)
		result = helper_feed(&h, p, e);
	if (result == 0)
		result = helper_wait(&h, p, e);
	if (result == 0 && helper_reap(&h, &status) < 0)
		result = err_set(e, errno, "wait");
	if (result == 0)
		result = helper_judge(&h, p, status, e);
	helper_end(&h);
	return result;
}
