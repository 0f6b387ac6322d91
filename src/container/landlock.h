/*
 * landlock.h - where the rules of Landlock lead, for landlock.c and landlock_paths.c. Inside.
 */
#ifndef CONTAINER_LANDLOCK_H
#define CONTAINER_LANDLOCK_H

#include <stdbool.h>
#include <sys/stat.h>

#include "container/init.h"

/* What a path leads to. */
struct landlock_place {
	int fd;	    /* O_PATH, of the file or directory; -1: none */
	int dir_fd; /* of the directory that the file was found in; -1 for a directory itself */
	bool directory;
	dev_t dev;
	ino_t ino;
};

/* The rules of one container, resolved. */
struct landlock_places {
	const struct config_landlock_path *rules;
	struct landlock_place *v; /* as many; malloc'ed */
	size_t n;
};

/* Where each path rule leads. Ended by landlock_close() in any case. */
int landlock_resolve(const struct inside *in, struct landlock_places *ret, struct error *e);
void landlock_close(struct landlock_places *p);

/*
 * Whether the command can be executed under these rules: at one of its places itself, the interpreter that it names, its
 * program loader. Asked before they are in force, because execve(2) then says no more than EACCES.
 */
int landlock_look_at_command(const struct inside *in, const struct landlock_places *p,
			     struct error *e);

#endif
