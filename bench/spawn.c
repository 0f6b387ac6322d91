// SPDX-License-Identifier: Apache-2.0
/*
 * Runs one command and measures it, for bench/bench, which is written in Python.
 *
 * Why not from there: at execve the kernel folds the peak memory of the address space that called
 * it into the new program's ru_maxrss, so everything that Python spawns seems to need Python's 13
 * MB. This program is static and touches next to nothing. It also keeps the interpreter out of the
 * measured time, which runs from just before the process is made until it has been reaped.
 *
 * Usage: spawn FD CMD [ARG...]
 * Standard input, output and error are the command's own. One line goes to descriptor FD:
 * nanoseconds, exit status as a shell counts it (128 + N for signal N), peak RSS in KiB of the
 * largest process that was waited for. Exits with 125 when it failed itself.
 *
 * Usage: spawn --nothing
 * Exits with 0 at once: as a container's command it is smaller than any runtime, so that the peak
 * RSS of the whole is that of the runtime.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	int64_t begin, end;
	struct rusage use;
	int fd, status, error;
	pid_t pid;

	if (argc == 2 && strcmp(argv[1], "--nothing") == 0)
		return 0;
	fd = argc < 3 ? -1 : atoi(argv[1]);
	if (fd < 3 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
		dprintf(2, "usage: spawn FD CMD [ARG...], FD being open and above 2\n");
		return 125;
	}

	begin = now_ns();
	error = posix_spawn(&pid, argv[2], NULL, NULL, argv + 2, environ);
	if (error != 0) {
		dprintf(2, "spawn: execute %s: %s\n", argv[2], strerror(error));
		return 125;
	}
	while (wait4(pid, &status, 0, &use) < 0) {
		if (errno != EINTR) {
			dprintf(2, "spawn: wait for %s: %s\n", argv[2], strerror(errno));
			return 125;
		}
	}
	end = now_ns();

	dprintf(fd, "%lld %d %ld\n", (long long)(end - begin),
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), use.ru_maxrss);
	return 0;
}
