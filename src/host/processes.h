/*
 * processes.h - the processes of a container. Runs outside.
 */
#ifndef HOST_PROCESSES_H
#define HOST_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "host/record.h"

struct processes {
	int32_t *v; /* malloc'ed; pids as the host numbers them, in rising order */
	size_t n;
};

/*
 * All of them: those in the container's cgroup and below. Where it has none of its own, those of its PID namespace; and
 * where it has none of that either, PID 1 and its descendants. None is no error.
 */
int processes_list(const struct record *r, struct processes *ret, struct error *e);
bool processes_have(const struct processes *p, pid_t pid);
void processes_end(struct processes *p);

/* Sends @signal to each of them. *ret_n: how many there were. */
int processes_signal(const struct record *r, int signal, size_t *ret_n, struct error *e);

/* Prints what the host's ps(1), run with @args (NULL behind the last; none: -ef), says of them, its header in front. */
int processes_print(const struct record *r, char *const *args, struct error *e);

#endif
