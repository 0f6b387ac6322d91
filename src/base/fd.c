/*
 * fd.c - see fd.h.
 */
#include "base/fd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void memory_free(void *pointer_to_pointer)
{
	void *p;
	int saved = errno;

	memcpy(&p, pointer_to_pointer, sizeof(p));
	free(p);
	errno = saved;
}
