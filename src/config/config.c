/*
 * config.c - the life of a struct config, and its arrays. Portable.
 */
#include "config/config.h"

#include <stdlib.h>

struct config *config_new(void)
{
	return calloc(1, sizeof(struct config));
}

void config_free(struct config *c)
{
	if (!c)
		return;
	arena_end(&c->arena);
	free(c);
}

void config_end(struct config **c)
{
	config_free(*c);
}

int config_strings_add(struct config *c, struct config_strings *list, const char *text,
		       struct error *e)
{
	size_t slots = list->n + (list->n > 0); /* the array as arena_append knows it: with its NULL */
	char **v = list->v;
	char **slot;
	char *copy = arena_copy(&c->arena, text);

	if (!copy)
		return err_no_memory(e);
	/* The first text needs two new slots, because an empty list has no NULL yet. */
	do {
		slot = arena_append(&c->arena, &v, &slots, sizeof(*v));
		if (!slot)
			return err_no_memory(e);
	} while (slots < list->n + 2);
	v[list->n] = copy;
	v[list->n + 1] = NULL;
	list->v = v;
	list->n++;
	return 0;
}
