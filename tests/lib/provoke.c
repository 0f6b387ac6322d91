/*
 * provoke.c - does one thing that a shell cannot: a static program that tests show to a container as a volume.
 *
 *   provoke segv      writes through a null pointer: a fault, which ends PID 1 too, where kill(2) from inside
 *                     does not
 *   provoke tiocsti   types a newline into its own terminal by TIOCSTI and tells on stdout what errno came of it
 *   provoke stopped   stops itself by SIGSTOP (a signal that PID 1 never gets from inside) and says that it
 *                     still runs
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

static int segv(void)
{
	static volatile int *volatile nowhere;
	struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none); /* the fault is what is wanted, not a core file of it */
	*nowhere = 1;
	return 1;
}

static int tiocsti(void)
{
	int result = ioctl(STDIN_FILENO, TIOCSTI, "\n");

	puts(result < 0 ? strerrorname_np(errno) : "typed");
	return result < 0;
}

static int stopped(void)
{
	(void)kill(getpid(), SIGSTOP);
	puts("still runs");
	return 0;
}

int main(int argc, char *argv[])
{
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "segv") == 0)
		return segv();
	if (strcmp(what, "tiocsti") == 0)
		return tiocsti();
	if (strcmp(what, "stopped") == 0)
		return stopped();
	fputs("usage: provoke segv | tiocsti | stopped\n", stderr);
	return 2;
}
