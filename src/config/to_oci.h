/*
 * to_oci.h - struct config as a document of the OCI specification. Portable.
 */
#ifndef CONFIG_TO_OCI_H
#define CONFIG_TO_OCI_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "config/config.h"

/* What only the host could look up for a container of the command line. */
struct oci_resolved {
	uint32_t uid, gid, umask;
	const uint32_t *groups;
	size_t groups_n;
	char *const *env; /* NULL behind the last */
	const struct config_capabilities *capabilities;
};

/*
 * Adds a config.json for a container that was made from the command line (`run ROOTFS CMD`): what later commands
 * need of it (exec, update, state), so that they read one form for all. config_from_oci() reads it back: process,
 * root, hostname, namespaces, cgroupsPath, resources, masks, annotations, Landlock. The filter is not in it (ROOT/ID/seccomp).
 */
void config_to_oci(const struct config *c, const struct oci_resolved *r, struct text *t);

/* Adds "linux.resources" by itself; resources_from_oci() reads it back. */
void resources_to_oci(const struct config_resources *r, struct text *t);

/*
 * Adds the state of a container as hooks and the seccomp listener get it (runtime.md, "State"): ociVersion, id,
 * status, pid (left out where it is 0), bundle, annotations. No newline.
 */
void state_to_oci(const struct config *c, const char *status, int64_t pid, struct text *t);

#endif
