/*
 * seal.h - mini-run's own program file, out of reach of containers.
 *
 * Until a command is executed, /proc/self/exe leads to the program that executes it. There are two ways in which that is
 * not mini-run's file on the host:
 *
 *  - the built-in program executes the command (init/init.c). It is cheap, and enough where nobody else is in the container
 *    before the command;
 *  - mini-run executes itself once more, from a file that nobody can write through. That covers everything that mini-run
 *    does inside.
 */
#ifndef HOST_SEAL_H
#define HOST_SEAL_H

#include <stdbool.h>

#include "base/error.h"
#include "config/config.h"

/* Whether the command of @c is executed in the first way. */
bool seal_by_program(const struct config *c);

/*
 * Whether a container of @c takes the second way, in place of the first or beside it. It does not say so for `exec`, which always does: there the container's
 * processes are around.
 */
bool seal_needed(const struct config *c);

/*
 * Returns 0 when this process was executed from a file that nobody can open for writing through it; where it was not, it
 * executes itself once more, with @argv, from such a one, and does not return. To be called before anything is made, and
 * before anything is read that cannot be read twice.
 */
int binary_seal(char *const argv[], struct error *e);

/*
 * Executes mini-run once more in any case, for a process that has just got a mount namespace of its own: from such a file
 * too, if it has a name there. It is looked for by name, for /proc/self/exe leads to a mount of the namespace that was left,
 * of which the kernel makes no copies; and it is believed only if it is that file. Returns with an error only.
 */
int seal_execute(char *const argv[], struct error *e);

#endif
