/*
 * check_landlock.c - the rules of Landlock. Portable.
 */
#include "config/check_parts.h"
#include "config/landlock_words.h"

#define PORT_MOST 65535

static int check_ports(const struct config_landlock_ports *ports, const char *what, uint32_t least,
		       struct error *e)
{
	for (size_t i = 0; i < ports->n; i++)
		if (ports->v[i] < least || ports->v[i] > PORT_MOST)
			return err_set(e, 0, "landlock: %s: %u is not a TCP port", what,
				       (unsigned int)ports->v[i]);
	return 0;
}

int check_landlock(const struct config *c, struct error *e)
{
	const struct config_landlock *l = &c->landlock;

	if (l->off && landlock_wanted(l))
		return err_set(e, 0,
			       "landlock: off and rules exclude each other (give one of the two)");
	for (size_t i = 0; i < l->paths_n; i++) {
		if (!l->paths[i].path || l->paths[i].path[0] != '/')
			return err_set(e, 0, "landlock: %.200s: must be absolute (begin with /)",
				       l->paths[i].path ? l->paths[i].path : "");
		if (!landlock_access_word(l->paths[i].access))
			return err_set(e, 0, "landlock: %.200s: not " LANDLOCK_ACCESS_WORDS,
				       l->paths[i].path);
	}
	if (check_ports(&l->bind, "bind", 0, e) < 0)
		return -1;
	return check_ports(&l->connect, "connect", 1, e);
}
