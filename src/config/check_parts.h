/*
 * check_parts.h - the parts of config_check(), by topic; nobody else includes it.
 */
#ifndef CONFIG_CHECK_PARTS_H
#define CONFIG_CHECK_PARTS_H

#include "config/config.h"

/* Mounts, masked and read-only paths, devices. */
int check_mounts(const struct config *c, struct error *e);

/* Everything for the cgroup. */
int check_resources(const struct config *c, struct error *e);

/* Rules of Landlock. */
int check_landlock(const struct config *c, struct error *e);

/* Whether the container has a namespace of this kind that is not the caller's. */
static inline bool check_has_own(const struct config *c, enum config_ns_kind kind)
{
	return c->ns[kind].mode != NS_INHERIT;
}

#endif
