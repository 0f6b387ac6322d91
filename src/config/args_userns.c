/*
 * args_userns.c - the option about the user namespace. Portable: a map is taken here, and what "auto" is on this host is
 * found out by host/userns.c.
 */
#include "config/args_parts.h"

#include <string.h>

#include "base/number.h"

enum { MAP_UIDS = 1, MAP_GIDS = 2 };

static int add_range(struct args *a, unsigned int which, const uint64_t numbers[3], struct error *e)
{
	struct config_idmaps *maps = &a->config->idmaps;
	struct config_idmap *new =
		which == MAP_GIDS
			? arena_append(&a->config->arena, &maps->gid, &maps->gids, sizeof(*new))
			: arena_append(&a->config->arena, &maps->uid, &maps->uids, sizeof(*new));

	if (!new)
		return err_no_memory(e);
	*new = (struct config_idmap){(uint32_t)numbers[0], (uint32_t)numbers[1],
				     (uint32_t)numbers[2]};
	return 0;
}

/* INSIDE:OUTSIDE:SIZE, for what *into says. */
static int take_range(struct args *a, void *into, const char *text, struct error *e)
{
	unsigned int which = *(const unsigned int *)into;
	const char *part, *rest = text;
	uint64_t numbers[3];
	int n = 0;

	for (; rest && n < 3; n++) {
		if (args_split(a, rest, ':', &part, &rest, e) < 0)
			return -1;
		if (number_unsigned(part, n == 2, UINT32_MAX - 1, &numbers[n], e) < 0)
			return err_within(e, "\"%.60s\"", text);
	}
	if (rest || n < 3)
		return err_set(e, 0, "\"%.60s\" is not INSIDE:OUTSIDE:SIZE (such as 0:100000:65536)",
			       text);
	if ((which & MAP_UIDS) && add_range(a, MAP_UIDS, numbers, e) < 0)
		return -1;
	return (which & MAP_GIDS) ? add_range(a, MAP_GIDS, numbers, e) : 0;
}

/* "uids=MAP;gids=MAP", in any order. */
static int take_both(struct args *a, const char *value, struct error *e)
{
	const char *part, *rest = value;

	while (rest) {
		unsigned int which;

		if (args_split(a, rest, ';', &part, &rest, e) < 0)
			return -1;
		which = strncmp(part, "uids=", 5) == 0	 ? MAP_UIDS
			: strncmp(part, "gids=", 5) == 0 ? MAP_GIDS
							 : 0;
		if (which == 0)
			return err_set(e, 0, "\"%.60s\" is neither uids=MAP nor gids=MAP", part);
		if (args_each(a, part + 5, &which, take_range, e) < 0)
			return -1;
	}
	if (a->config->idmaps.uids == 0 || a->config->idmaps.gids == 0)
		return err_set(e, 0, "needs both uids=MAP and gids=MAP");
	return 0;
}

static int take_userns(void *into, const char *value, struct error *e)
{
	unsigned int both = MAP_UIDS | MAP_GIDS;
	struct args *a = into;

	a->config->idmaps = (struct config_idmaps){0}; /* the last one given counts */
	a->config->ns[NS_USER].mode = NS_INHERIT;
	if (args_keep(a, value, &a->userns, e) < 0)
		return -1;
	if (strcmp(value, "auto") == 0 || strcmp(value, "host") == 0)
		return 0;
	a->config->ns[NS_USER].mode = NS_NEW;
	if (strchr(value, '='))
		return take_both(a, value, e);
	if (!strchr(value, ':'))
		return err_set(e, 0, "not auto, host or a map (INSIDE:OUTSIDE:SIZE[,...])");
	return args_each(a, value, &both, take_range, e);
}

const struct option_row args_rows_userns[] = {
	{0, "userns", "auto|host|MAP",
	 "A user namespace, so that the container's root is nobody on the host: auto takes 65536 "
	 "ids of its own, MAP is INSIDE:OUTSIDE:SIZE[,...] for uids and gids, or "
	 "uids=MAP;gids=MAP. The root filesystem's files keep their owners. host: none, the "
	 "default for root; an ordinary user's containers always have one",
	 take_userns},
	{0},
};
