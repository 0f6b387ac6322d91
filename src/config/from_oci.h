/*
 * from_oci.h - config.json of an OCI bundle as a producer of struct config, and the two documents that engines
 * hand to `exec` and `update`. Portable.
 */
#ifndef CONFIG_FROM_OCI_H
#define CONFIG_FROM_OCI_H

#include <stddef.h>

#include "base/error.h"
#include "config/config.h"

/*
 * Fills @c, in which the caller has set id and bundle (absolute) before: relative paths of root and mounts are
 * taken from the bundle. Errors name the field by its path: "linux.resources.pids.limit: not an integer".
 * What the specification leaves to the runtime is filled in as engines expect it. The caller runs
 * config_check() behind it.
 */
int config_from_oci(struct config *c, const char *text, size_t length, struct error *e);

/* The document of `exec --process`: the "process" of a config.json by itself. Replaces c->process whole. */
int process_from_oci(struct config *c, const char *text, size_t length, struct error *e);

/* The document of `update --resources`: "linux.resources" by itself. Fills c->resources. */
int resources_from_oci(struct config *c, const char *text, size_t length, struct error *e);

#endif
