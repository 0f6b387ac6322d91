/*
 * error.h - what went wrong, as a value.
 *
 * A struct error has a fixed size and lives on the caller's stack: setting one never allocates, so it
 * works between clone and execve, and it crosses the sync socket as it is. The callee names the object
 * ("open pids.max"), each caller adds the circumstance in front ("pids limit: open pids.max: ...").
 * Only main.c turns an error into a message and an exit status.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#define ERROR_TEXT 1024

struct error {
	int no;	    /* errno of the cause; 0 where no system call is to blame */
	int status; /* exit status that this error asks for; 0: the command's default (125) */
	char text[ERROR_TEXT]; /* one line, lower case, no full stop, NUL-terminated */
};

/* Fills @e with the formatted text, then ": " and the words for @no unless it is 0. Returns -1. */
int err_set(struct error *e, int no, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Like err_set, and the error asks for exit status @status (126, 127). Returns -1. */
int err_status(struct error *e, int status, int no, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Puts "text: " in front of what @e says already. Returns -1. */
int err_within(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds " (text)" behind what @e says: the remedy. Returns -1. */
int err_hint(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For a failed allocation. Returns -1. */
int err_no_memory(struct error *e);

#endif
