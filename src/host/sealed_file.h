/*
 * sealed_file.h - a program in memory, which can be executed and not be changed.
 */
#ifndef HOST_SEALED_FILE_H
#define HOST_SEALED_FILE_H

#include "base/error.h"

struct sealed_file {
	int fd;	      /* to write the program to; -1 */
	int mount_fd; /* where it is no memory file: the tmpfs that it lies in; -1 */
};

#define SEALED_FILE_EMPTY                \
	{                                \
		.fd = -1, .mount_fd = -1 \
	}

/* Makes an empty one, with the name that /proc/PID/exe will show. */
int sealed_file_make(const char *name, struct sealed_file *ret, struct error *e);

/*
 * When the program is written: nobody can write to it any more, whatever his rights. *ret_fd is open for reading, to be
 * executed by execveat(2). Ends @f in any case.
 */
int sealed_file_finish(struct sealed_file *f, int *ret_fd, struct error *e);

/* Gives up one that is not to be finished. */
void sealed_file_end(struct sealed_file *f);

#endif
