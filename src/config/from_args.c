/*
 * from_args.c - see from_args.h. The options are in args_*.c, by topic; here is what binds them
 * together.
 */
#include "config/from_args.h"

#include <string.h>

#include "config/args_parts.h"

#define HOSTNAME_MAX 64

/* ---- what the topics share ---- */

int args_keep(struct args *a, const char *text, const char **ret, struct error *e)
{
	const char *copy = arena_copy(&a->config->arena, text);

	if (!copy)
		return err_no_memory(e);
	*ret = copy;
	return 0;
}

int args_split(struct args *a, const char *text, char separator, const char **ret_first,
	       const char **ret_rest, struct error *e)
{
	char *first = arena_copy(&a->config->arena, text);
	char *at;

	if (!first) {
		err_no_memory(e);
		return -1;
	}
	at = strchr(first, separator);
	if (at)
		*at++ = '\0';
	*ret_first = first;
	*ret_rest = at;
	return 0;
}

int args_pair(struct args *a, const char *text, struct config_pair **pairs, size_t *n,
	      struct error *e)
{
	const char *key, *value;
	struct config_pair *pair;

	if (args_split(a, text, '=', &key, &value, e) < 0)
		return -1;
	if (!value || *key == '\0')
		return err_set(e, 0, "not KEY=VALUE");
	pair = arena_append(&a->config->arena, pairs, n, sizeof(*pair));
	if (!pair)
		return err_no_memory(e);
	pair->key = key;
	pair->value = value;
	return 0;
}

int args_each(struct args *a, const char *list, void *into,
	      int (*take)(struct args *a, void *into, const char *part, struct error *e),
	      struct error *e)
{
	char *part = arena_copy(&a->config->arena, list), *comma;

	if (!part)
		return err_no_memory(e);
	do {
		comma = strchr(part, ',');
		if (comma)
			*comma = '\0';
		if (*part == '\0')
			return err_set(e, 0, "an empty part in the list (one comma too many?)");
		if (take(a, into, part, e) < 0)
			return -1;
		if (comma)
			part = comma + 1;
	} while (comma);
	return 0;
}

const struct option_table *args_tables(struct args *a)
{
	static struct option_table tables[7];

	tables[0] = (struct option_table){"The command", args_rows_process, a};
	tables[1] = (struct option_table){"Files and devices", args_rows_mounts, a};
	tables[2] = (struct option_table){"Limits", args_rows_limits, a};
	tables[3] = (struct option_table){"Network and security", args_rows_security, a};
	tables[4] = (struct option_table){"User namespace", args_rows_userns, a};
	tables[5] = (struct option_table){"Landlock", args_rows_landlock, a};
	return tables;
}

/* ---- the end ---- */

/* Sets "KEY=VALUE" in the environment, in the place of an older value of KEY. */
static int set_variable(struct config *c, const char *text, struct error *e)
{
	struct config_strings *env = &c->process.env;
	size_t length = strcspn(text, "=") + 1;

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], text, length) == 0) {
			env->v[i] = arena_copy(&c->arena, text);
			return env->v[i] ? 0 : err_no_memory(e);
		}
	return config_strings_add(c, env, text, e);
}

static int finish_environment(struct args *a, const char *term, struct error *e)
{
	struct config *c = a->config;
	const char *hostname = arena_format(&c->arena, "HOSTNAME=%s", c->hostname);

	if (!hostname)
		return err_no_memory(e);
	if (set_variable(c, "PATH=" CONFIG_DEFAULT_PATH, e) < 0 || set_variable(c, hostname, e) < 0)
		return -1;
	if (term) {
		const char *text = arena_format(&c->arena, "TERM=%s", term);

		if (!text)
			return err_no_memory(e);
		if (set_variable(c, text, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < a->env_file.n; i++)
		if (set_variable(c, a->env_file.v[i], e) < 0)
			return -1;
	for (size_t i = 0; i < a->env.n; i++)
		if (set_variable(c, a->env.v[i], e) < 0)
			return -1;
	return 0;
}

static int finish_names(struct args *a, const char *random_id, struct error *e)
{
	struct config *c = a->config;

	if (!c->id)
		c->id = arena_format(&c->arena, "mini-run-%s", random_id);
	if (!c->id)
		return err_no_memory(e);
	if (!c->hostname) { /* an id may be longer than the kernel takes a host name */
		size_t length = strlen(c->id);

		c->hostname = arena_copy_n(&c->arena, c->id,
					   length > HOSTNAME_MAX ? HOSTNAME_MAX : length);
	}
	if (!c->hostname)
		return err_no_memory(e);
	if (a->cgroup_parent) {
		size_t length = strlen(a->cgroup_parent);

		while (length > 0 && a->cgroup_parent[length - 1] == '/')
			length--;
		c->cgroup_path =
			arena_format(&c->arena, "%.*s/%s", (int)length, a->cgroup_parent, c->id);
		if (!c->cgroup_path)
			return err_no_memory(e);
	}
	return 0;
}

static int finish_mounts(struct args *a, struct error *e)
{
	struct config *c = a->config;

	for (size_t i = 0; i < a->mounts_n; i++) {
		struct config_mount *m =
			arena_append(&c->arena, &c->mounts, &c->mounts_n, sizeof(*m));

		if (!m)
			return err_no_memory(e);
		*m = a->mounts[i];
	}
	return 0;
}

static void finish_network(struct args *a)
{
	struct config_ns *ns = &a->config->ns[NS_NETWORK];

	if (!a->network || strcmp(a->network, "host") == 0)
		*ns = (struct config_ns){NS_INHERIT, NULL};
	else if (strcmp(a->network, "none") == 0)
		*ns = (struct config_ns){NS_NEW, NULL};
	else
		*ns = (struct config_ns){NS_JOIN, a->network};
}

/* A limit for memory without a word about swap is meant as the end of it: swapped out, a container
 * that runs away would take the disk instead. */
static void finish_swap(struct args *a)
{
	struct config_resources *r = &a->config->resources;

	if (r->memory.set && !r->memory_swap.set)
		r->memory_swap = r->memory;
}

int args_finish(struct args *a, const char *rootfs, char *const *command, const char *random_id,
		const char *term, struct error *e)
{
	struct config *c = a->config;

	if (args_keep(a, rootfs, &c->rootfs, e) < 0 || args_defaults(a, e) < 0 ||
	    finish_mounts(a, e) < 0 || finish_names(a, random_id, e) < 0 ||
	    args_finish_security(a, e) < 0)
		return -1;
	finish_network(a);
	args_finish_landlock(a);
	finish_swap(a);
	for (; *command; command++)
		if (config_strings_add(c, &c->process.args, *command, e) < 0)
			return -1;
	c->process.terminal = term != NULL;
	return finish_environment(a, term, e);
}
