/*
 * args_userns.c - the option about the user namespace. Portable: the word is kept, and what "auto" is on this host is
 * found out by host/userns.c.
 */
#include "config/args_parts.h"

static int take_userns(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	return args_keep(a, value, &a->userns, e);
}

const struct option_row args_rows_userns[] = {
	{0, "userns", "auto|host|MAP", "A user namespace for the container", take_userns},
	{0},
};
