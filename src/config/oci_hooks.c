/*
 * oci_hooks.c - "hooks" of a config.json (config.md, "POSIX-platform Hooks"). Portable.
 */
#include "config/oci_parts.h"

static int read_timeout(const struct json *j, struct config *c, void *field, struct error *e)
{
	struct config_number *into = field;

	(void)c;
	if (json_get_i64(j, INT64_MIN, INT64_MAX, &into->value, e) < 0)
		return -1;
	into->set = true;
	return into->value > 0 ? 0 : json_error(j, e, "must be more than 0 (seconds)");
}

/* An empty "env" is an environment, and none is mini-run's own. */
static int read_env(const struct json *j, struct config *c, void *field, struct error *e)
{
	struct config_hook *hook = field;

	hook->has_env = true;
	return json_get_strings(j, c, &hook->env, e);
}

static int hook(const struct json *j, struct config *c, void *into, struct error *e)
{
	static const struct json_field table[] = {
		OCI_NEED_READ("path", offsetof(struct config_hook, path), oci_absolute),
		OCI_FIELD("args", JSON_STRINGS, offsetof(struct config_hook, args)),
		OCI_READ("env", 0, read_env),
		OCI_READ("timeout", offsetof(struct config_hook, timeout), read_timeout),
		OCI_END,
	};
	struct config_hooks *list = into;
	struct config_hook *new = arena_append(&c->arena, &list->v, &list->n, sizeof(*new));

	return new ? json_fields(j, table, c, new, e) : err_no_memory(e);
}

static int hook_list(const struct json *j, struct config *c, void *into, struct error *e)
{
	return oci_each(j, c, into, hook, e);
}

int oci_hooks(const struct json *j, struct config *c, void *hooks, struct error *e)
{
	static const struct json_field table[] = {
		OCI_READ("prestart", sizeof(struct config_hooks) * HOOK_PRESTART, hook_list),
		OCI_READ("createRuntime", sizeof(struct config_hooks) * HOOK_CREATE_RUNTIME,
			 hook_list),
		OCI_READ("createContainer", sizeof(struct config_hooks) * HOOK_CREATE_CONTAINER,
			 hook_list),
		OCI_READ("startContainer", sizeof(struct config_hooks) * HOOK_START_CONTAINER,
			 hook_list),
		OCI_READ("poststart", sizeof(struct config_hooks) * HOOK_POSTSTART, hook_list),
		OCI_READ("poststop", sizeof(struct config_hooks) * HOOK_POSTSTOP, hook_list),
		OCI_END,
	};

	return json_fields(j, table, c, hooks, e);
}
