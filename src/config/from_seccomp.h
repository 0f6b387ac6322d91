/*
 * from_seccomp.h - a seccomp profile in JSON as a producer of struct config_seccomp. Portable.
 */
#ifndef CONFIG_FROM_SECCOMP_H
#define CONFIG_FROM_SECCOMP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "config/config.h"
#include "config/json.h"

/* What the conditions of an engine's rules ask about. */
struct seccomp_host {
	uint64_t caps;	    /* the container's bounding set */
	const char *kernel; /* the release, as uname(2) has it */
};

/*
 * A profile as a file, in the engines' form (archMap, includes, excludes) or in that of the OCI specification.
 * @what names the file in errors. @host is what includes and excludes ask about. Fills c->seccomp.
 */
int seccomp_from_json(struct config *c, const char *text, size_t length, const char *what,
		      const struct seccomp_host *host, struct error *e);

/* "linux.seccomp" of a config.json, by the specification alone. Fills c->seccomp; absent: no filter. */
int seccomp_from_node(struct config *c, const struct json *j, struct error *e);

#endif
