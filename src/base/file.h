/*
 * file.h - small files: the kernel's control files and our own state, read and written whole.
 *
 * @dir_fd may be AT_FDCWD. Errors name the file as "open memory.max: ...", "write memory.max: ...".
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Writes @text to an existing file in one write(2), as control files want it. */
int file_write_at(int dir_fd, const char *name, const char *text, struct error *e);

/* Reads at most @size - 1 bytes and NUL-terminates. A longer file is an error (EFBIG). Returns 0; the
 * length goes to *ret_length where that is not NULL. */
int file_read_at(int dir_fd, const char *name, char *buffer, size_t size, size_t *ret_length,
		 struct error *e);

/* Reads a file of unknown size up to @limit bytes into malloc'ed, NUL-terminated memory; the caller frees
 * it. Only a regular file is taken, and opening never blocks (a FIFO is refused, not waited for). */
int file_read_regular(int fd, const char *name, size_t limit, char **ret_text, size_t *ret_length,
		      struct error *e);

/* The same of anything that can be read to its end: a pipe, a terminal. Waits for it. */
int file_read_stream(int fd, const char *name, size_t limit, char **ret_text, size_t *ret_length,
		     struct error *e);

/* Makes @name in @dir_fd, which must not be there yet. */
int file_create_at(int dir_fd, const char *name, const char *text, unsigned int mode,
		   struct error *e);

/* Replaces @name in @dir_fd by @text: a temporary file beside it, then rename(2), so that a reader sees
 * the old text or the new one. @mode is the new file's. */
int file_replace_at(int dir_fd, const char *name, const char *text, unsigned int mode,
		    struct error *e);

/* The same by a whole path. A link at its end is replaced, not followed; a device or directory is an error. */
int file_replace(const char *path, const char *text, unsigned int mode, struct error *e);

/* write(2) until all is written. 0, or -1 with errno. */
int write_all(int fd, const void *bytes, size_t length);

/* The number behind "key " in the lines of @text (memory.events, cpu.stat), or -1 where there is none. */
int64_t file_field(const char *text, const char *key);

#endif
