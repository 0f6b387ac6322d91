/*
 * mountinfo.h - /proc/PID/mountinfo, line by line (proc_pid_mountinfo(5)).
 *
 * Strict: a line that is not of the form that the kernel documents is an error and not a guess. Bounded:
 * a line never grows past the buffer of the reader, and nothing is allocated. The octal escapes of the
 * kernel (\040 is a space) are undone.
 */
#ifndef BASE_MOUNTINFO_H
#define BASE_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* One line. The strings point into the line. */
struct mountinfo_entry {
	uint32_t id, parent, major, minor;
	const char *root;	   /* the part of the filesystem that is mounted */
	const char *mount_point;   /* relative to the root of the process */
	const char *options;	   /* of the mount */
	const char *type;	   /* of the filesystem */
	const char *source;	   /* may be empty */
	const char *super_options; /* of the filesystem; the controllers of a cgroup v1 hierarchy */
};

/* Takes apart one line without its newline, in place. 0, or -1 where it is malformed. */
int mountinfo_parse(char *line, struct mountinfo_entry *ret);

/* Two paths of PATH_MAX bytes, every byte of them escaped, and a page of options still fit. */
#define MOUNTINFO_BUFFER 65536

struct mountinfo {
	int fd;
	size_t start, end; /* what was read and not yet given out */
	char buffer[MOUNTINFO_BUFFER];
};

int mountinfo_open(struct mountinfo *m, const char *path, struct error *e);

/* The next line; what it points to lives until the next call. *ret_end is true behind the last. */
int mountinfo_next(struct mountinfo *m, struct mountinfo_entry *ret, bool *ret_end, struct error *e);
void mountinfo_close(struct mountinfo *m);

#endif
