/*
 * device_rules.c - see device_rules.h. Portable.
 *
 * Engines leave these out of a config.json and rely on the runtime to add them behind their own rules.
 */
#include "config/device_rules.h"

#define ALL (DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD)

static const struct config_device_rule defaults[] = {
	{true, 'c', -1, -1, DEVICE_MKNOD},
	{true, 'b', -1, -1, DEVICE_MKNOD},
	{true, 'c', 1, 3, ALL},	   /* null */
	{true, 'c', 1, 5, ALL},	   /* zero */
	{true, 'c', 1, 7, ALL},	   /* full */
	{true, 'c', 1, 8, ALL},	   /* random */
	{true, 'c', 1, 9, ALL},	   /* urandom */
	{true, 'c', 5, 0, ALL},	   /* tty */
	{true, 'c', 5, 1, ALL},	   /* console */
	{true, 'c', 5, 2, ALL},	   /* ptmx */
	{true, 'c', 136, -1, ALL}, /* pts */
};

int device_rules_add_defaults(struct config *c, struct error *e)
{
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		struct config_device_rule *rule = arena_append(
			&c->arena, &c->resources.devices, &c->resources.devices_n, sizeof(*rule));

		if (!rule)
			return err_no_memory(e);
		*rule = defaults[i];
	}
	return 0;
}
