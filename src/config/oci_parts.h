/*
 * oci_parts.h - what the oci_*.c files share: readers of parts of a config.json, by topic; nobody else includes it.
 *
 * A reader gets a member of the document and the place in struct config that it fills. It reports what is wrong by the
 * path of the field, so whatever can be seen in one object is checked here and not in config_check().
 */
#ifndef CONFIG_OCI_PARTS_H
#define CONFIG_OCI_PARTS_H

#include <stddef.h>

#include "config/config.h"
#include "config/json.h"

/* Rows of a table of fields (json.h). */
#define OCI_FIELD(NAME, KIND, AT)                              \
	{                                                      \
		.name = (NAME), .kind = (KIND), .offset = (AT) \
	}
#define OCI_NEED(NAME, KIND, AT)                                                 \
	{                                                                        \
		.name = (NAME), .kind = (KIND), .offset = (AT), .required = true \
	}
#define OCI_RANGE(NAME, KIND, AT, MIN, MAX)                                                \
	{                                                                                  \
		.name = (NAME), .kind = (KIND), .offset = (AT), .min = (MIN), .max = (MAX) \
	}
#define OCI_NEED_RANGE(NAME, KIND, AT, MIN, MAX)                                                \
	{                                                                                       \
		.name = (NAME), .kind = (KIND), .offset = (AT), .required = true, .min = (MIN), \
		.max = (MAX)                                                                    \
	}
#define OCI_READ(NAME, AT, READ)                                                  \
	{                                                                         \
		.name = (NAME), .kind = JSON_READ, .offset = (AT), .read = (READ) \
	}
#define OCI_NEED_READ(NAME, AT, READ)                                                               \
	{                                                                                           \
		.name = (NAME), .kind = JSON_READ, .offset = (AT), .required = true, .read = (READ) \
	}
#define OCI_END              \
	{                    \
		.name = NULL \
	}

/* Ids of users and groups: 4294967295 means "none" to the kernel. */
#define OCI_ID_MOST (UINT32_MAX - 1)

/* ---- the topics ---- */

int oci_process(const struct json *j, struct config *c, void *process, struct error *e);
int oci_mounts(const struct json *j, struct config *c, void *config, struct error *e);
int oci_linux(const struct json *j, struct config *c, void *config, struct error *e);
int oci_resources(const struct json *j, struct config *c, void *resources, struct error *e);
int oci_hooks(const struct json *j, struct config *c, void *hooks, struct error *e);
int oci_mini_run(const struct json *j, struct config *c, void *config, struct error *e);

/* Appends an object of containerID, hostID and size to an array of struct config_idmap. */
int oci_idmap(const struct json *j, struct config *c, struct config_idmap **maps, size_t *n,
	      struct error *e);

/* ---- kinds of values that several topics have ---- */

/* A string that must be there to say something: an empty one is left out, as the encoders of engines do. Field:
 * const char *. */
int oci_text(const struct json *j, struct config *c, void *field, struct error *e);

/* An absolute path. Field: const char *. */
int oci_absolute(const struct json *j, struct config *c, void *field, struct error *e);

/* A list of absolute paths. Field: struct config_strings. */
int oci_absolutes(const struct json *j, struct config *c, void *field, struct error *e);

/* Numbers and ranges, "0-3,7". Empty as in oci_text. Field: const char *. */
int oci_list(const struct json *j, struct config *c, void *field, struct error *e);

/* One of the names in a table, the last of which is NULL. */
struct oci_word {
	const char *name;
	unsigned int value;
};
int oci_word(const struct json *j, const struct oci_word *table, unsigned int *ret, struct error *e);

/* The same for a string that the room behind translates: *ret is the name in the table. */
int oci_name(const struct json *j, const char *const *table, const char **ret, struct error *e);

/* A list of such names. */
int oci_names(const struct json *j, const char *const *table, struct config *c,
	      struct config_strings *into, struct error *e);

/* Calls @one for every element of an array, none of which may be null. */
int oci_each(const struct json *array, struct config *c, void *into,
	     int (*one)(const struct json *j, struct config *c, void *into, struct error *e),
	     struct error *e);

/* Calls @one for every member of an object; a null one is left out. */
int oci_members(const struct json *object, struct config *c, void *into,
		int (*one)(const struct json *j, struct config *c, void *into, struct error *e),
		struct error *e);

/* An object with strings in it, of which no name is empty, in place of the @n pairs of *@pairs. */
int oci_pairs(const struct json *object, struct config *c, struct config_pair **pairs, size_t *n,
	      struct error *e);

#endif
