/*
 * device_rules.h - the device nodes that every container may use. Portable.
 */
#ifndef CONFIG_DEVICE_RULES_H
#define CONFIG_DEVICE_RULES_H

#include "config/config.h"

/*
 * Appends the rules that allow the default devices (config-linux.md, "Default Devices"), terminals, and making nodes of any
 * kind: making one is harmless while opening it is not allowed, and packages do make some.
 */
int device_rules_add_defaults(struct config *c, struct error *e);

#endif
