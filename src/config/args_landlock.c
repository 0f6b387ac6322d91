/*
 * args_landlock.c - the option about Landlock. Portable.
 */
#include "config/args_parts.h"

static int take_landlock(void *into, const char *value, struct error *e)
{
	(void)into;
	return err_set(e, 0, "not a rule: %.40s", value);
}

const struct option_row args_rows_landlock[] = {
	{0, "landlock", "RULE", "A rule of Landlock; may be repeated", take_landlock},
	{0},
};
