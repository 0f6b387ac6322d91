/*
 * arena.c - see arena.h. Portable.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_chunk {
	struct arena_chunk *next;
	size_t size, used;
	_Alignas(16) char bytes[];
};

void arena_end(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *c = a->chunks;

		a->chunks = c->next;
		free(c);
	}
	memset(a->first, 0, a->used);
	a->used = 0;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_chunk *c = a->chunks;
	void *p;

	if (size > SIZE_MAX / 4)
		return NULL;
	size = size == 0 ? 16 : (size + 15) & ~(size_t)15;
	if (size <= sizeof(a->first) - a->used) {
		p = a->first + a->used;
		a->used += size;
		return p;
	}
	if (!c || c->size - c->used < size) {
		size_t room = size > 16384 ? size : 16384;

		c = calloc(1, sizeof(*c) + room);
		if (!c)
			return NULL;
		c->size = room;
		c->next = a->chunks;
		a->chunks = c;
	}
	p = c->bytes + c->used;
	c->used += size;
	return p;
}

char *arena_copy_n(struct arena *a, const char *text, size_t length)
{
	char *copy = arena_alloc(a, length + 1);

	if (copy)
		memcpy(copy, text, length);
	return copy;
}

char *arena_copy(struct arena *a, const char *text)
{
	return arena_copy_n(a, text, strlen(text));
}

char *arena_format(struct arena *a, const char *format, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		return NULL;
	text = arena_alloc(a, (size_t)n + 1);
	if (!text)
		return NULL;
	va_start(args, format);
	vsnprintf(text, (size_t)n + 1, format, args);
	va_end(args);
	return text;
}

void *arena_append(struct arena *a, void *array, size_t *count, size_t size)
{
	char *old, *new;
	size_t n = *count;

	memcpy(&old, array, sizeof(old));
	if ((n & (n - 1)) !=
	    0) { /* between two powers of two there is room: capacity is the next power */
		*count = n + 1;
		return old + n * size;
	}
	if (size != 0 && n > SIZE_MAX / 4 / size)
		return NULL;
	new = arena_alloc(a, (n == 0 ? 1 : 2 * n) * size);
	if (!new)
		return NULL;
	if (n > 0)
		memcpy(new, old, n * size);
	memcpy(array, &new, sizeof(new));
	*count = n + 1;
	return new + n *size;
}
