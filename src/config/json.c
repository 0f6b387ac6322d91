/*
 * json.c - see json.h. The one file that includes json-c; portable.
 *
 * json-c builds the tree but is too kind for a configuration that comes from elsewhere: of two members with
 * one name it keeps the last, integers that are too large become the largest one, it takes NaN, and a
 * string with a NUL in it looks shorter than it is. So it is only given a text that passed json_scan.
 */
#include "config/json.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>

#include "config/json_scan.h"

int json_parse(const char *text, size_t length, struct json *ret, struct error *e)
{
	struct json_tokener *tokener;
	struct json_object *node;
	enum json_tokener_error why;

	if (json_scan(text, length, e) < 0)
		return -1;
	tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	if (!tokener)
		return err_no_memory(e);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	node = json_tokener_parse_ex(tokener, text, (int)length);
	why = json_tokener_get_error(tokener);
	if (why == json_tokener_continue) { /* a number may go on: say that the text is over */
		node = json_tokener_parse_ex(tokener, "", 1);
		why = json_tokener_get_error(tokener);
	}
	json_tokener_free(tokener);
	if (why != json_tokener_success) {
		json_object_put(node);
		return err_set(e, 0, "%s", json_tokener_error_desc(why));
	}
	*ret = (struct json){.node = node};
	return 0;
}

void json_end(struct json *document)
{
	json_object_put(document->node);
	document->node = NULL;
}

/* ---- the values ---- */

/* Writes the path of @j. Names come from outside: what a terminal would act on becomes a question mark. */
static size_t path(const struct json *j, char *out, size_t room)
{
	size_t n = j->parent ? path(j->parent, out, room) : 0;
	size_t at;

	if (!j->parent || n >= room)
		return n;
	if (!j->name)
		return n + (size_t)snprintf(out + n, room - n, "[%zu]", j->index);
	at = n;
	n += (size_t)snprintf(out + n, room - n, "%s%.100s", n ? "." : "", j->name);
	for (; at < n && at < room; at++)
		if ((unsigned char)out[at] < ' ' || (unsigned char)out[at] >= 0x7f)
			out[at] = out[at] ? '?' : '\0';
	return n;
}

int json_error(const struct json *j, struct error *e, const char *format, ...)
{
	char where[480] = "", text[400];
	va_list args;

	(void)path(j, where, sizeof(where));
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (char *at = text; *at != '\0';
	     at++) /* values come from outside, too: an error is one line */
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	return err_set(e, 0, "%s: %s", *where ? where : "the document", text);
}

struct json json_member(const struct json *object, const char *name)
{
	struct json_object *found = NULL;

	if (json_object_is_type(object->node, json_type_object))
		json_object_object_get_ex(object->node, name, &found);
	return (struct json){.node = found, .parent = object, .name = name};
}

int json_need(const struct json *object, const char *name, struct json *ret, struct error *e)
{
	struct json found;

	if (json_get_object(object, e) < 0)
		return -1;
	found = json_member(object, name);
	if (!found.node)
		return json_error(&found, e, "missing");
	*ret = found;
	return 0;
}

int json_get_string(const struct json *j, const char **ret, struct error *e)
{
	if (!j->node)
		return 0;
	if (!json_object_is_type(j->node, json_type_string))
		return json_error(j, e, "not a string");
	*ret = json_object_get_string(j->node);
	return 0;
}

int json_get_bool(const struct json *j, bool *ret, struct error *e)
{
	if (!j->node)
		return 0;
	if (!json_object_is_type(j->node, json_type_boolean))
		return json_error(j, e, "not true or false");
	*ret = json_object_get_boolean(j->node);
	return 0;
}

int json_get_i64(const struct json *j, int64_t min, int64_t max, int64_t *ret, struct error *e)
{
	int64_t v;

	if (!j->node)
		return 0;
	if (!json_object_is_type(j->node, json_type_int))
		return json_error(j, e, "not an integer");
	v = json_object_get_int64(j->node);
	/* get_int64 gives INT64_MAX for what is larger still */
	if (v < min || v > max || (v == INT64_MAX && json_object_get_uint64(j->node) > INT64_MAX))
		return json_error(j, e, "%s is not between %lld and %lld",
				  json_object_to_json_string(j->node), (long long)min,
				  (long long)max);
	*ret = v;
	return 0;
}

int json_get_u64(const struct json *j, uint64_t min, uint64_t max, uint64_t *ret, struct error *e)
{
	uint64_t v;

	if (!j->node)
		return 0;
	if (!json_object_is_type(j->node, json_type_int))
		return json_error(j, e, "not an integer");
	v = json_object_get_uint64(j->node); /* 0 for what is negative */
	if (json_object_get_int64(j->node) < 0 || v < min || v > max)
		return json_error(j, e, "%s is not between %llu and %llu",
				  json_object_to_json_string(j->node), (unsigned long long)min,
				  (unsigned long long)max);
	*ret = v;
	return 0;
}

int json_get_object(const struct json *j, struct error *e)
{
	if (j->node && !json_object_is_type(j->node, json_type_object))
		return json_error(j, e, "not an object");
	return 0;
}

int json_get_array(const struct json *j, size_t *ret_n, struct error *e)
{
	if (j->node && !json_object_is_type(j->node, json_type_array))
		return json_error(j, e, "not an array");
	*ret_n = j->node ? json_object_array_length(j->node) : 0;
	return 0;
}

struct json json_at(const struct json *array, size_t index)
{
	return (struct json){
		.node = json_object_array_get_idx(array->node, index),
		.parent = array,
		.index = index,
	};
}

int json_each(const struct json *object,
	      int (*each)(const struct json *member, void *into, struct error *e), void *into,
	      struct error *e)
{
	struct json_object_iterator at, end;

	if (!object->node)
		return 0;
	if (json_get_object(object, e) < 0)
		return -1;
	end = json_object_iter_end(object->node);
	for (at = json_object_iter_begin(object->node); !json_object_iter_equal(&at, &end);
	     json_object_iter_next(&at)) {
		struct json member = {
			.node = json_object_iter_peek_value(&at),
			.parent = object,
			.name = json_object_iter_peek_name(&at),
		};

		if (member.node && each(&member, into, e) < 0)
			return -1;
	}
	return 0;
}

int json_get_strings(const struct json *j, struct config *c, struct config_strings *into,
		     struct error *e)
{
	size_t n = 0;

	if (json_get_array(j, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct json one = json_at(j, i);
		const char *text = NULL;

		if (json_get_string(&one, &text, e) < 0)
			return -1;
		if (!text) /* here null is no absence: it would make the list shorter than it looks */
			return json_error(&one, e, "not a string");
		if (config_strings_add(c, into, text, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- objects by table ---- */

/* An integer of the kinds with a range, into a field of the kind's type. */
static int field_integer(const struct json *j, const struct json_field *row, void *field,
			 struct error *e)
{
	int64_t min = row->min, max = row->max, v = 0;

	if (row->kind == JSON_I32) {
		min = INT32_MIN;
		max = INT32_MAX;
	} else if (row->kind == JSON_U32 && max == 0) {
		max = UINT32_MAX;
	} else if (min == 0 && max == 0) {
		min = INT64_MIN;
		max = INT64_MAX;
	}
	if (json_get_i64(j, min, max, &v, e) < 0)
		return -1;
	if (row->kind == JSON_I32)
		*(int32_t *)field = (int32_t)v;
	else if (row->kind == JSON_U32)
		*(uint32_t *)field = (uint32_t)v;
	else if (row->kind == JSON_I64)
		*(int64_t *)field = v;
	else
		*(struct config_number *)field = (struct config_number){true, v};
	return 0;
}

static int field_string(const struct json *j, struct config *c, const char **field, struct error *e)
{
	const char *text = NULL;

	if (json_get_string(j, &text, e) < 0)
		return -1;
	*field = arena_copy(&c->arena, text);
	return *field ? 0 : err_no_memory(e);
}

static int field_flag(const struct json *j, struct config_number *field, struct error *e)
{
	bool v = false;

	if (json_get_bool(j, &v, e) < 0)
		return -1;
	*field = (struct config_number){true, v};
	return 0;
}

int json_fields(const struct json *object, const struct json_field *table, struct config *c,
		void *into, struct error *e)
{
	if (json_get_object(object, e) < 0)
		return -1;
	for (const struct json_field *row = table; row->name; row++) {
		struct json j = json_member(object, row->name);
		void *field = (char *)into + row->offset;
		int r = 0;

		if (!j.node) {
			if (row->required)
				return json_error(&j, e, "missing");
			continue;
		}
		switch (row->kind) {
		case JSON_STRING:
			r = field_string(&j, c, field, e);
			break;
		case JSON_BOOL:
			r = json_get_bool(&j, field, e);
			break;
		case JSON_U64:
			r = json_get_u64(&j, 0, UINT64_MAX, field, e);
			break;
		case JSON_I64:
		case JSON_I32:
		case JSON_U32:
		case JSON_NUMBER:
			r = field_integer(&j, row, field, e);
			break;
		case JSON_FLAG:
			r = field_flag(&j, field, e);
			break;
		case JSON_STRINGS:
			r = json_get_strings(&j, c, field, e);
			break;
		case JSON_READ:
			r = row->read(&j, c, field, e);
			break;
		}
		if (r < 0)
			return -1;
	}
	return 0;
}
