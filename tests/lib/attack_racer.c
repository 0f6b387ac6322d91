/*
 * attack_racer.c - exchanges two names as fast as can be, so that a runtime which resolves a path twice meets another
 * file the second time. Static, to run outside as well as inside a container that shares a volume with its victim.
 *
 *   attack_racer A B SECONDS     exchanges A and B by renameat2(2) until the time is over or it is killed by SIGTERM;
 *                                then both are as they were. Prints how often.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t ended;

static void on_signal(int signal)
{
	(void)signal;
	ended = 1;
}

static int exchange(const char *a, const char *b)
{
	if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0)
		return 0;
	fprintf(stderr, "attack_racer: exchange %s and %s: %s\n", a, b, strerror(errno));
	return -1;
}

int main(int argc, char *argv[])
{
	unsigned long count = 0;
	struct timespec now;
	time_t end;

	if (argc != 4) {
		fputs("usage: attack_racer A B SECONDS\n", stderr);
		return 2;
	}
	signal(SIGTERM, on_signal);
	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + atoi(argv[3]);
	do {
		/* An even number leaves the two as they were. */
		for (int i = 0; i < 64; i++, count++)
			if (exchange(argv[1], argv[2]) < 0)
				return 1;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (!ended && now.tv_sec < end);
	printf("%lu\n", count);
	return 0;
}
