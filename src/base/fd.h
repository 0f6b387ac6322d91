/*
 * fd.h - descriptors with an owner.
 *
 * OWNED_FD closes itself at the end of its scope; fd_give hands it on. Every descriptor in mini-run is
 * close-on-exec from birth. -1 is "none". Closing keeps errno.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stddef.h>

void fd_close(int *fd); /* closes *fd unless it is -1, and makes it -1; keeps errno */

static inline int fd_give(int *fd)
{
	int given = *fd;

	*fd = -1;
	return given;
}

#define OWNED_FD __attribute__((cleanup(fd_close))) int

/* Memory from malloc, freed at the end of the scope. */
void memory_free(void *pointer_to_pointer);
#define OWNED_MEMORY __attribute__((cleanup(memory_free)))

#endif
