/*
 * json.c - the few things that almost every test does with JSON, without the long start of jq: one small program,
 * which leaves it to its end to free what it had.
 *
 *   json args FILE ARG...          process.args of the config.json FILE are ARGs
 *   json env FILE NAME=VALUE...    these too in its process.env
 *   json set FILE A.B.C JSON       the member of that path is that value; the objects on the way are there
 *   json get NAME                  of the object on stdin, which is all that is there: a string or a number, as it is
 */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "json: %s: %s\n", what, why);
	return 1;
}

/* The array @name of "process", made where there is none; or NULL. */
static struct json_object *in_process(struct json_object *config, const char *name)
{
	struct json_object *process, *member;

	if (!json_object_object_get_ex(config, "process", &process))
		return NULL;
	if (!json_object_object_get_ex(process, name, &member)) {
		member = json_object_new_array();
		json_object_object_add(process, name, member);
	}
	return json_object_is_type(member, json_type_array) ? member : NULL;
}

static int write_back(const char *file, struct json_object *config)
{
	char new_file[4096];

	snprintf(new_file, sizeof(new_file), "%s.new", file);
	if (json_object_to_file_ext(new_file, config,
				    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE) < 0)
		return fail(new_file, json_util_get_last_err());
	if (rename(new_file, file) < 0)
		return fail(file, "cannot be replaced");
	return 0;
}

static int add_strings(const char *member, const char *file, char *const strings[])
{
	struct json_object *config = json_object_from_file(file), *list;

	if (!config)
		return fail(file, json_util_get_last_err());
	list = in_process(config, member);
	if (!list)
		return fail(file, "no process, or what it has of that name is no array");
	if (strcmp(member, "args") == 0)
		json_object_array_del_idx(list, 0, json_object_array_length(list));
	for (; *strings; strings++)
		json_object_array_add(list, json_object_new_string(*strings));
	return write_back(file, config);
}

/* The one value of @text; NULL after a message. */
static struct json_object *parse(const char *text, const char *what)
{
	struct json_tokener *parser = json_tokener_new_ex(64);
	struct json_object *value;
	size_t end;

	json_tokener_set_flags(parser, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	value = json_tokener_parse_ex(parser, text, (int)strlen(text) + 1);
	if (!value) {
		(void)fail(what, json_tokener_error_desc(json_tokener_get_error(parser)));
		return NULL;
	}
	end = json_tokener_get_parse_end(parser);
	if (text[end + strspn(text + end, " \t\r\n")] != '\0') {
		(void)fail(what, "something stands behind the value");
		return NULL;
	}
	return value;
}

static int set(const char *file, char *path, const char *json)
{
	struct json_object *config = json_object_from_file(file), *at = config;
	struct json_object *value = parse(json, "value");
	char *name, *next;

	if (!config)
		return fail(file, json_util_get_last_err());
	if (!value)
		return 1;
	for (name = strsep(&path, "."); (next = strsep(&path, ".")); name = next)
		if (!json_object_object_get_ex(at, name, &at))
			return fail(name, "no such member");
	json_object_object_add(at, name, value);
	return write_back(file, config);
}

static int get(const char *name)
{
	static char text[1 << 20];
	struct json_object *object, *member;

	if (fread(text, 1, sizeof(text) - 1, stdin) == 0)
		return fail("stdin", "nothing to read");
	object = parse(text, "stdin");
	if (!object)
		return 1;
	if (!json_object_is_type(object, json_type_object))
		return fail("stdin", "no object");
	if (!json_object_object_get_ex(object, name, &member))
		return fail(name, "no such member");
	if (!json_object_is_type(member, json_type_string) &&
	    !json_object_is_type(member, json_type_int))
		return fail(name, "neither a string nor a number");
	puts(json_object_get_string(member));
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc > 2 && (strcmp(what, "args") == 0 || strcmp(what, "env") == 0))
		return add_strings(what, argv[2], argv + 3);
	if (argc == 5 && strcmp(what, "set") == 0)
		return set(argv[2], argv[3], argv[4]);
	if (argc == 3 && strcmp(what, "get") == 0)
		return get(argv[2]);
	fputs("usage: json args FILE ARG... | env FILE NAME=VALUE... | set FILE A.B.C JSON | get "
	      "NAME\n",
	      stderr);
	return 2;
}
