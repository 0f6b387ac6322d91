/*
 * arena.h - memory that is freed all at once.
 *
 * A configuration is many small strings and arrays with one life: they live in one arena and go with
 * it. The first bytes come from inside the struct, so that a plain command line needs no malloc.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* malloc'ed, newest first; NULL until @first is full */
	size_t used;		    /* bytes taken of @first */
	_Alignas(16) char first[4096];
};

/* All-zero is an empty arena: `struct arena a = {0};` is enough. Frees all that was taken from it. */
void arena_end(struct arena *a);

/* Zeroed memory for @size bytes, aligned for any type. NULL when there is none left (see err_no_memory). */
void *arena_alloc(struct arena *a, size_t size) __attribute__((malloc));

/* A copy of @text, or of its first @length bytes. NULL as above. */
char *arena_copy(struct arena *a, const char *text);
char *arena_copy_n(struct arena *a, const char *text, size_t length);

/* A formatted string. NULL as above. */
char *arena_format(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Appends a zeroed element to the array *@array of *@count elements of @size bytes, which moves as it
 * grows (capacity doubles, so old copies waste at most as much as the array itself). Returns the new
 * element, or NULL as above, the array then being as it was.
 */
void *arena_append(struct arena *a, void *array, size_t *count, size_t size);

#endif
