/*
 * places.h - the places where a command may be, tried one after the other as execvp(3) does: by mini-run, and by the
 * built-in program (init.c), which has no libc.
 */
#ifndef INIT_PLACES_H
#define INIT_PLACES_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/* execve(2): returns only on failure, with the errno. */
typedef int (*places_execve)(const char *path, char *const argv[], char *const env[]);

static inline bool places_name_has_slash(const char *name)
{
	while (*name != '\0' && *name != '/')
		name++;
	return *name == '/';
}

/*
 * Executes @argv at the first of the @n places that has it. Returns only on failure, with the errno that tells most;
 * @telling where the command is at none of them.
 */
static inline int places_try(char *const places[], size_t n, int telling, char *const argv[],
			     char *const env[], places_execve execute)
{
	for (size_t i = 0; i < n; i++) {
		int no = execute(places[i], argv, env);

		if (n == 1 && places_name_has_slash(argv[0]))
			return no;
		if (no == ENOENT || no == ENOTDIR || no == ELOOP || no == ENAMETOOLONG)
			continue;
		telling = no;
		if (no != EACCES)
			break;
	}
	return telling;
}

#endif
