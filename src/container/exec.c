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
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
	OWNED_FD fd = cwd ? path_open_in(in->slash_fd, cwd, O_PATH | O_DIRECTORY) : -1;
	char where[PATH_MAX];

	if (!in->config->has_process)
		return 0;
	/* Engines name working directories that their images lack, and every runtime makes them. */
	if (fd < 0 && errno == ENOENT && in->config->oci_version && !in->joins &&
	    path_make_in(in->slash_fd, cwd, false, &fd, e) < 0)
		return -1;

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

/* Why execve failed, as an exit status: 127 for what is not there, 126 for what cannot be run. The words are those that
 * engines look for, in their letters. */
static int exec_error(const char *command, struct error *e)
{
	int no = errno;

	if (no == ENOENT && !strchr(command, '/'))
		return err_status(e, 127, 0, "%s: executable file not found in $PATH", command);
	if (no == ENOENT)
		return err_status(
			e, 127, 0,
			"%s: no such file or directory (it, or the interpreter that it names)",
			command);
	if (no == ENOTDIR || no == ELOOP || no == ENAMETOOLONG)
		return err_status(e, 127, no, "%s", command);
	if (no == EACCES)
		return err_status(
			e, 126, 0,
			"%s: permission denied (not executable for this user, or on a filesystem "
			"mounted noexec)",
			command);
	return err_status(e, 126, no, "%s", command);
}

/*
 * Notes a place where the command may be. The filter judges every system call from "drop privileges" on, and a profile
 * may allow the command's own and no more: so what leads through a magic link (/proc/self/exe would be mini-run,
 * CVE-2019-5736) is sorted out here, and behind it there is execve(2) and nothing else.
 */
static int place_note(struct inside *in, const char *path, struct error *e)
{
	OWNED_FD fd = sys_openat2(AT_FDCWD, path, O_PATH, 0, RESOLVE_NO_MAGICLINKS);
	struct stat st;
	char *copy;

	if (fd < 0 &&
	    (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG)) {
		if (in->place_error != EACCES)
			in->place_error = errno;
		return 0;
	}
	if (fd >= 0 && fstat(fd, &st) == 0 && (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))) {
		in->place_error = EACCES; /* what execve(2) would say */
		return 0;
	}
	if (in->places_n == INSIDE_PLACES)
		return err_set(e, E2BIG, "PATH has more than %d directories", INSIDE_PLACES);
	copy = strdup(path);
	if (!copy)
		return err_no_memory(e);
	in->places[in->places_n++] = copy;
	return 0;
}

/*
 * Looks for the command where it will be looked for, before anybody says go: engines expect `create` to fail for one that
 * is not there. A startContainer hook may still bring it.
 */
int command_find(struct inside *in, struct error *e)
{
	const char *name, *at;
	bool searched;

	if (!in->config->has_process)
		return 0;
	name = in->config->process.args.v[0];
	searched = !strchr(name, '/');
	in->place_error = ENOENT;
	if (!searched && place_note(in, name, e) < 0)
		return -1;
	for (at = searched ? search_path(in->env) : NULL; at;) {
		char path[PATH_MAX];

		if (path_next(&at, name, path, sizeof(path)) && place_note(in, path, e) < 0)
			return -1;
	}
	if (searched && in->place_error != EACCES)
		in->place_error = ENOENT; /* of a search only the name counts */
	if (in->places_n > 0 || in->config->hooks[HOOK_START_CONTAINER].n > 0)
		return 0;
	errno = in->place_error;
	return exec_error(name, e);
}

/* Once more, where a hook may have changed what there is. */
int command_find_again(struct inside *in, struct error *e)
{
	if (in->config->hooks[HOOK_START_CONTAINER].n == 0)
		return 0;
	while (in->places_n > 0)
		free(in->places[--in->places_n]);
	return command_find(in, e);
}

/* Tries each place as execvp(3) does. Returns only with errno: the most telling one. */
static void exec_places(const struct inside *in)
{
	int telling = in->place_error;

	for (size_t i = 0; i < in->places_n; i++) {
		execve(in->places[i], in->config->process.args.v, in->env);
		if (in->places_n == 1 && strchr(in->config->process.args.v[0], '/'))
			return;
		if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG)
			continue;
		telling = errno;
		if (errno != EACCES)
			break;
	}
	errno = telling;
}

/* The command itself, in this process. Returns only on failure. */
static int exec_now(struct inside *in, struct error *e)
{
	exec_places(in);
	return exec_error(in->config->process.args.v[0], e);
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

/* The first descriptor behind those that go to the command. */
static int first_own(const struct inside *in)
{
	return 3 + (int)in->keep_fds;
}

int descriptors_arrange(struct inside *in, struct error *e)
{
	int first = first_own(in);
	int *others[] = {&in->init_fd, &in->listen_fd};

	/* Before the limits, which may leave room for no more than these. */
	for (size_t i = 0; i < 2; i++) { /* out of the way first */
		if (*others[i] < 0 || *others[i] >= first + 2)
			continue;
		*others[i] = fcntl(*others[i], F_DUPFD_CLOEXEC, first + 2);
		if (*others[i] < 0)
			return err_set(e, errno, "move a descriptor");
	}
	if (fd_move(&in->sync_fd, first, e) < 0 || fd_move(&in->init_fd, first + 1, e) < 0)
		return -1;
	return 0;
}

int command_arm(struct inside *in, struct error *e)
{
	if (sync_send_type(in->sync_fd, SYNC_ARMED, e) < 0)
		return -1;
	/*
	 * All descriptors of ours are close-on-exec, but a path such as /proc/self/fd/7 is resolved before
	 * execve closes them, so they go now. The sync socket and the init's file stay, on the first two, until
	 * execve succeeds; both are useless to whoever finds them there.
	 */
	if (sys_close_range((unsigned int)first_own(in) + (in->init_fd >= 0 ? 2 : 1), ~0U, 0) < 0)
		return err_set(e, errno, "close descriptors");
	return 0;
}

int command_exec(struct inside *in, struct error *e)
{
	return in->init_fd >= 0 ? exec_below_init(in, e) : exec_now(in, e);
}
