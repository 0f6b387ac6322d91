/*
 * exec.c - the working directory and the command. Runs inside, in the new root: from here on a path is what
 * the container says it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "container/steps.h"
#include "sync/sync.h"

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

int workdir_enter(struct inside *in, struct error *e)
{
	const char *cwd = in->config->process.cwd;
	OWNED_FD fd = path_open_in(in->slash_fd, cwd, O_PATH | O_DIRECTORY);
	char where[PATH_MAX];

	/*
	 * By descriptor and without magic links: /proc/self/fd/N in the image would lead to a directory of the
	 * host (CVE-2024-21626). The kernel's own answer is looked at as well; glibc's getcwd(3) would search
	 * upwards for a name where the kernel says "(unreachable)".
	 */
	if (fd < 0 || fchdir(fd) < 0)
		return err_set(e, errno, "%s", cwd);
	if (sys_getcwd(where, sizeof(where)) < 0 || where[0] != '/')
		return err_set(e, ENOENT, "%s leads out of the container", cwd);
	return 0;
}

/* The container's PATH: only its own environment counts. */
static const char *search_path(char *const *env)
{
	for (; *env; env++)
		if (strncmp(*env, "PATH=", 5) == 0)
			return *env + 5;
	return CONFIG_DEFAULT_PATH;
}

/*
 * execve(2) of a path that leads through no magic link: /proc/self/exe would be the host's binary of mini-run
 * (CVE-2019-5736). Returns only with errno.
 */
static void exec_one(const char *path, char *const *args, char *const *env)
{
	OWNED_FD fd = sys_openat2(AT_FDCWD, path, O_PATH, 0, RESOLVE_NO_MAGICLINKS);

	if (fd >= 0)
		execve(path, args, env);
}

/* Tries each directory of PATH as execvp(3) does. Returns only with errno: the most telling one. */
static void exec_searched(char *const *args, char *const *env)
{
	const char *at = search_path(env);
	int telling = ENOENT;

	while (at) {
		char path[PATH_MAX];

		if (!path_next(&at, args[0], path, sizeof(path)))
			continue;
		exec_one(path, args, env);
		if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG)
			continue;
		telling = errno;
		if (errno != EACCES)
			break;
	}
	errno = telling;
}

/* Why execve failed, as an exit status: 127 for what is not there, 126 for what cannot be run. */
static int exec_error(const char *command, struct error *e)
{
	int no = errno;

	if (no == ENOENT && !strchr(command, '/'))
		return err_status(e, 127, 0, "%s: executable file not found in $PATH", command);
	if (no == ENOENT)
		return err_status(e, 127, no, "%s (or the interpreter that it names)", command);
	if (no == ENOTDIR || no == ELOOP || no == ENAMETOOLONG)
		return err_status(e, 127, no, "%s", command);
	err_status(e, 126, no, "%s", command);
	return no == EACCES
		       ? err_hint(e,
				  "not executable for this user, or on a filesystem mounted noexec")
		       : -1;
}

/* The command itself, in this process. Returns only on failure. */
static int exec_now(struct inside *in, struct error *e)
{
	char *const *args = in->config->process.args.v;

	if (strchr(args[0], '/'))
		exec_one(args[0], args, in->env);
	else
		exec_searched(args, in->env);
	return exec_error(args[0], e);
}

/*
 * --init: the command becomes a child in a process group of its own, in the foreground where there is a
 * terminal, and this process becomes the built-in init from its sealed memory file. The host's binary is
 * not what /proc/1/exe leads to.
 */
static int exec_below_init(struct inside *in, struct error *e)
{
	char child[16], *args[] = {(char *)"mini-run-init", child, NULL}, *env[] = {NULL};
	sigset_t all, before;
	pid_t pid;

	/* Signals wait until the init is there to pass them on: PID 1 would lose them. */
	sigfillset(&all);
	if (sigprocmask(SIG_BLOCK, &all, &before) < 0)
		return err_set(e, errno, "block signals");
	pid = fork();
	if (pid < 0)
		return err_set(e, errno, "fork");
	if (pid == 0) {
		(void)setpgid(0, 0);
		if (in->config->process.terminal)
			(void)tcsetpgrp(0, getpid()); /* SIGTTOU is still blocked here */
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
		return exec_now(in, e);
	}
	(void)setpgid(pid, pid);
	snprintf(child, sizeof(child), "%d", (int)pid);
	sys_execveat(in->init_fd, "", args, env, AT_EMPTY_PATH);
	return err_set(e, errno, "start the built-in init");
}

/* Puts the descriptor on @number, unless it is none. Whatever was open there is closed. */
static int fd_move(int *fd, int number, struct error *e)
{
	if (*fd < 0 || *fd == number)
		return 0;
	if (dup3(*fd, number, O_CLOEXEC) < 0)
		return err_set(e, errno, "move a descriptor");
	*fd = number;
	return 0;
}

int descriptors_arrange(struct inside *in, struct error *e)
{
	/* Before the limits, which may leave room for no more than these. */
	if (in->init_fd >= 0 && in->init_fd < 5) { /* out of the way first */
		in->init_fd = fcntl(in->init_fd, F_DUPFD_CLOEXEC, 5);
		if (in->init_fd < 0)
			return err_set(e, errno, "move a descriptor");
	}
	if (fd_move(&in->sync_fd, 3, e) < 0 || fd_move(&in->init_fd, 4, e) < 0)
		return -1;
	return 0;
}

int command_exec(struct inside *in, struct error *e)
{
	if (sync_send_type(in->sync_fd, SYNC_ARMED, e) < 0)
		return -1;
	/*
	 * All descriptors of ours are close-on-exec, but a path such as /proc/self/fd/7 is resolved before
	 * execve closes them, so they go now. The sync socket and the init's file stay, on 3 and 4, until
	 * execve succeeds; both are useless to whoever finds them there.
	 */
	if (sys_close_range(in->init_fd >= 0 ? 5 : 4, ~0U, 0) < 0)
		return err_set(e, errno, "close descriptors");
	return in->init_fd >= 0 ? exec_below_init(in, e) : exec_now(in, e);
}
