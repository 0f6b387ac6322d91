/*
 * json.h - JSON documents read strictly, and their values with the right type or an error that names the place.
 *
 * The text is checked in full before anything is taken from it: a file that two programs could read in two
 * ways (a name twice in an object, a NUL in a string, broken UTF-8, an integer that fits no type) is refused,
 * because what an engine checked must be what we run. Values are never converted: 1.0, "1" and true are no
 * integers. `null` counts as absent everywhere.
 *
 * A struct json is a place in the document: small, on the caller's stack, valid while its parents and the
 * document are. Getters leave *ret alone where the value is absent, so the caller puts the default there
 * first; json_need asks for a member that must be there. Errors read "linux.resources.pids.limit: not an integer".
 *
 * Objects with many fields are read by table: see struct json_field.
 */
#ifndef CONFIG_JSON_H
#define CONFIG_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "config/config.h"

#define JSON_SIZE_MAX \
	((size_t)4 * 1024 * 1024) /* bytes of text; engines write some 100 KiB at most */
#define JSON_DEPTH_MAX 64

struct json {
	void *node;		   /* NULL: absent or null */
	const struct json *parent; /* NULL: the whole document */
	const char *name;	   /* what the parent calls it; NULL: an element of an array */
	size_t index;		   /* the element's */
};

/* Parses @length bytes. *ret is the document's outermost value, which the caller ends with json_end. */
int json_parse(const char *text, size_t length, struct json *ret, struct error *e);
void json_end(struct json *document);

static inline bool json_present(const struct json *j)
{
	return j->node != NULL;
}

/* Sets the error "PATH: text". Returns -1. */
int json_error(const struct json *j, struct error *e, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The member @name of @object (absent where there is none, or where the object itself is absent). */
struct json json_member(const struct json *object, const char *name);

/* The same for a member that must be there. */
int json_need(const struct json *object, const char *name, struct json *ret, struct error *e);

/* Typed values. A string stays with the document. */
int json_get_string(const struct json *j, const char **ret, struct error *e);
int json_get_bool(const struct json *j, bool *ret, struct error *e);
int json_get_i64(const struct json *j, int64_t min, int64_t max, int64_t *ret, struct error *e);
int json_get_u64(const struct json *j, uint64_t min, uint64_t max, uint64_t *ret, struct error *e);

/* Checks that @j is absent or an object. */
int json_get_object(const struct json *j, struct error *e);

/* The number of elements of an array (0 where it is absent), and one of them. */
int json_get_array(const struct json *j, size_t *ret_n, struct error *e);
struct json json_at(const struct json *array, size_t index);

/* Calls @each for every member of an object, in the order of the text, nulls left out; stops at the first -1. */
int json_each(const struct json *object,
	      int (*each)(const struct json *member, void *into, struct error *e), void *into,
	      struct error *e);

/* Appends every string of an array. */
int json_get_strings(const struct json *j, struct config *c, struct config_strings *into,
		     struct error *e);

/* ---- objects by table ---- */

enum json_kind {
	JSON_STRING,  /* const char *, copied into the configuration's arena */
	JSON_BOOL,    /* bool */
	JSON_I64,     /* int64_t from min to max */
	JSON_U64,     /* uint64_t, any */
	JSON_I32,     /* int32_t, any */
	JSON_U32,     /* uint32_t from min to max */
	JSON_NUMBER,  /* struct config_number from min to max */
	JSON_FLAG,    /* struct config_number, 0 or 1, from true and false */
	JSON_STRINGS, /* struct config_strings */
	JSON_READ,    /* anything: @read gets the member and the field's place */
};

struct json_field {
	const char *name; /* NULL behind the last row */
	enum json_kind kind;
	size_t offset; /* in the struct that is filled */
	bool required;
	int64_t min, max; /* JSON_I64, JSON_U32, JSON_NUMBER; both 0: any */
	int (*read)(const struct json *j, struct config *c, void *field, struct error *e);
};

/*
 * Fills the struct at @into from the members of @object that @table names. Absent members leave their field
 * alone and have @read not called; members that no row names are ignored, as the specification wants
 * (config.md, "Extensibility").
 */
int json_fields(const struct json *object, const struct json_field *table, struct config *c,
		void *into, struct error *e);

#endif
