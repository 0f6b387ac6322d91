/*
 * seal.h - mini-run's own program file, out of reach of containers.
 */
#ifndef HOST_SEAL_H
#define HOST_SEAL_H

#include "base/error.h"

/*
 * Returns 0 when this process was executed from a file that nobody can open for writing through it; where it was not, it
 * executes itself once more, with @argv, from such a one, and does not return. To be called before anything is made.
 */
int binary_seal(char *const argv[], struct error *e);

#endif
