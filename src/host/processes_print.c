/*
 * processes_print.c - the processes of a container as ps(1) tells of them. Runs outside.
 *
 * What a process is called and what it used is ps's trade, with a hundred options that people know. It tells of all
 * processes of the host, and what is not the container's is left out here: by the column PID of its header.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/number.h"
#include "host/processes.h"

/* Starts it with its stdout on a pipe, *ret_fd. */
static int start_ps(char *const *args, pid_t *ret_pid, int *ret_fd, struct error *e)
{
	static char name[] = "ps", every[] = "-ef";
	OWNED_MEMORY char **argv = NULL;
	posix_spawn_file_actions_t actions;
	int ends[2], no;
	size_t n = 0;

	while (args[n])
		n++;
	argv = calloc(n + 3, sizeof(*argv));
	if (!argv || posix_spawn_file_actions_init(&actions) != 0)
		return err_no_memory(e);
	argv[0] = name;
	argv[1] = every;
	if (n > 0)
		memcpy(argv + 1, args, n * sizeof(*argv));
	if (pipe2(ends, O_CLOEXEC) < 0) {
		posix_spawn_file_actions_destroy(&actions);
		return err_set(e, errno, "make a pipe");
	}
	no = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	if (no == 0)
		no = posix_spawnp(ret_pid, name, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	fd_close(&ends[1]);
	if (no != 0) {
		fd_close(&ends[0]);
		err_set(e, no, "execute ps");
		return no == ENOENT ? err_hint(e, "install procps, or use --format json") : -1;
	}
	*ret_fd = ends[0];
	return 0;
}

/* The word number @at of the line, or NULL; its length goes to *ret_length. */
static const char *word_at(const char *line, int at, size_t *ret_length)
{
	for (;;) {
		line += strspn(line, " \t");
		*ret_length = strcspn(line, " \t\n");
		if (*ret_length == 0)
			return NULL;
		if (at-- == 0)
			return line;
		line += *ret_length;
	}
}

/* Which word of the header is PID. */
static int pid_column(const char *header)
{
	const char *word;
	size_t length;

	for (int at = 0; (word = word_at(header, at, &length)) != NULL; at++)
		if (length == 3 && memcmp(word, "PID", 3) == 0)
			return at;
	return -1;
}

static bool is_listed(const struct processes *p, const char *line, int column)
{
	size_t length;
	const char *word = word_at(line, column, &length);
	char number[16];
	uint64_t pid;

	if (!word || length >= sizeof(number))
		return false;
	memcpy(number, word, length);
	number[length] = '\0';
	return number_unsigned(number, 1, INT32_MAX, &pid, &(struct error){0}) == 0 &&
	       processes_have(p, (pid_t)pid);
}

static int filter(const struct processes *p, int fd, struct error *e)
{
	OWNED_MEMORY char *line = NULL;
	FILE *f = fdopen(fd, "r");
	size_t room = 0;
	int column = -1;

	if (!f) {
		fd_close(&fd);
		return err_no_memory(e);
	}
	if (getline(&line, &room, f) > 0)
		column = pid_column(line);
	if (column >= 0)
		fputs(line, stdout);
	while (getline(&line, &room, f) > 0) /* to its end in any case: ps is to end by itself */
		if (column >= 0 && is_listed(p, line, column))
			fputs(line, stdout);
	fclose(f);
	return column >= 0 ? 0 : err_set(e, 0, "what ps prints with these options has no column PID");
}

int processes_print(const struct record *r, char *const *args, struct error *e)
{
	struct processes p = {0};
	pid_t pid = -1;
	int fd = -1, status = 0, result;

	if (processes_list(r, &p, e) < 0)
		return -1;
	result = start_ps(args, &pid, &fd, e);
	if (result == 0) {
		result = filter(&p, fd, e);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		/* It has said on stderr what it did not like. */
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			result = err_set(e, 0, "ps failed (%s %d)",
					 WIFEXITED(status) ? "exit status" : "signal",
					 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	}
	processes_end(&p);
	return result;
}
