/*
 * landlock_words.c - see landlock_words.h.
 */
#include "config/landlock_words.h"

#include <string.h>

/* The kernel reads what it executes: a right to execute alone would allow nothing. */
static const struct {
	const char *word;
	uint32_t access;
} words[] = {
	{"ro", LANDLOCK_READ},
	{"r", LANDLOCK_READ},
	{"w", LANDLOCK_WRITE},
	{"rw", LANDLOCK_READ | LANDLOCK_WRITE},
	{"rx", LANDLOCK_READ | LANDLOCK_EXECUTE},
	{"rwx", LANDLOCK_READ | LANDLOCK_WRITE | LANDLOCK_EXECUTE},
};

uint32_t landlock_access(const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].access;
	return 0;
}

const char *landlock_access_word(uint32_t access)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].access == access)
			return words[i].word;
	return NULL;
}

static int contradiction(struct error *e)
{
	return err_set(e, 0, "none and ports exclude each other (give one)");
}

int landlock_port_add(struct config *c, struct config_landlock_ports *ports, uint32_t port,
		      struct error *e)
{
	uint32_t *new;

	if (ports->restricted && ports->n == 0)
		return contradiction(e);
	new = arena_append(&c->arena, &ports->v, &ports->n, sizeof(*new));
	if (!new)
		return err_no_memory(e);
	*new = port;
	ports->restricted = true;
	return 0;
}

int landlock_ports_none(struct config_landlock_ports *ports, struct error *e)
{
	if (ports->n > 0)
		return contradiction(e);
	ports->restricted = true;
	return 0;
}

bool landlock_wanted(const struct config_landlock *l)
{
	return l->paths_n > 0 || l->bind.restricted || l->connect.restricted || l->scope_sockets ||
	       l->scope_signals;
}
