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
#include "init/places.h"
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

int command_error(const char *command, int no, struct error *e)
{
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

/* The first descriptor behind those that go to the command: the sync socket, from "arrange descriptors" on. */
static int first_own(const struct inside *in)
{
	return 3 + (int)in->keep_fds;
}

/*
 * What the built-in program is called with. It is made here, because the command's limits may leave no memory for it, and
 * the kernel counts it as the command's arguments: a command line that fills all of them (ARG_MAX) is shorter by this.
 */
static int program_args_make(struct inside *in, struct error *e)
{
	const struct config_strings *args = &in->config->process.args;
	size_t n = 0;

	if (!in->by_program || in->places_n == 0)
		return 0;
	snprintf(in->program_numbers, sizeof(in->program_numbers), "%d %zu %d", first_own(in),
		 in->places_n, in->place_error);
	free(in->program_args);
	in->program_args = calloc(2 + in->places_n + args->n + 1, sizeof(char *));
	if (!in->program_args)
		return err_no_memory(e);
	in->program_args[n++] = (char *)"mini-run-exec";
	in->program_args[n++] = in->program_numbers;
	for (size_t i = 0; i < in->places_n; i++)
		in->program_args[n++] = in->places[i];
	for (size_t i = 0; i < args->n; i++)
		in->program_args[n++] = args->v[i];
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
		return program_args_make(in, e);
	return command_error(name, in->place_error, e);
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

static int execute(const char *path, char *const argv[], char *const env[])
{
	execve(path, argv, env);
	return errno;
}

/*
 * The command itself, in this process: by the built-in program, to which /proc/self/exe then leads while the kernel looks
 * for the command and for what that names as its interpreter; or straight, where mini-run was executed from a mount that
 * nobody can write through (host/seal.c). Returns only on failure; the built-in program tells its own.
 */
static int exec_now(struct inside *in, struct error *e)
{
	const char *command = in->config->process.args.v[0];
	int no;

	if (!in->program_args)
		return command_error(command,
				     places_try(in->places, in->places_n, in->place_error,
						in->config->process.args.v, in->env, execute),
				     e);
	if (fcntl(in->sync_fd, F_SETFD, 0) < 0)
		return err_set(e, errno, "keep the sync socket");
	sys_execveat(in->init_fd, "", in->program_args, in->env, AT_EMPTY_PATH);
	no = errno;
	if (no == E2BIG || no == EAGAIN ||
	    no == ENOMEM) /* as of the command: its arguments, its limits */
		return command_error(command, no, e);
	err_set(e, no, "start the built-in program from its memory file");
	return no == EACCES || no == EPERM
		       ? err_hint(e, "a security module or a policy of this host forbids it")
		       : -1;
}

/*
 * --init: the command becomes a child in a process group of its own, in the foreground where there is a
 * terminal, and this process becomes the built-in init from its sealed memory file. The host's binary is
 * not what /proc/1/exe leads to, nor what executes the command.
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
	int first = first_own(in);
	int *others[] = {&in->init_fd, &in->listen_fd, &in->proc_fd, &in->host_proc_fd};

	/* Before the limits, which may leave room for no more than these. */
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) { /* out of the way first */
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
	 * execve closes them, so they go now. The sync socket and the built-in program stay, on the first two, until
	 * execve succeeds; both are useless to whoever finds them there.
	 */
	if (sys_close_range((unsigned int)first_own(in) + (in->init_fd >= 0 ? 2 : 1), ~0U, 0) < 0)
		return err_set(e, errno, "close descriptors");
	return 0;
}

int command_exec(struct inside *in, struct error *e)
{
	return in->config->process.builtin_init ? exec_below_init(in, e) : exec_now(in, e);
}
