/*
 * oci_landlock.c - "miniRun" of a config.json, which is not of the specification: what mini-run has beyond it. Portable.
 *
 *   "miniRun": {
 *       "landlock": {
 *           "paths": [{"path": "/usr", "access": "rx"}],
 *           "bind": [8080], "connect": [],
 *           "scopes": ["abstract-unix-socket", "signal"], "scopesOptional": true
 *       }
 *   }
 *
 * A wall with a typing error in it would be no wall: so unlike elsewhere in the document a property that is unknown
 * here is refused.
 */
#include "config/oci_parts.h"

#include <string.h>

#include "config/landlock_words.h"

#define PORT_MOST 65535

/* ---- only what is known ---- */

static int is_known(const struct json *j, struct config *c, void *into, struct error *e)
{
	const struct json_field *const *table = into;

	(void)c;
	for (const struct json_field *row = *table; row->name; row++)
		if (strcmp(row->name, j->name) == 0)
			return 0;
	return json_error(j, e, "unknown");
}

static int strict_fields(const struct json *j, const struct json_field *table, struct config *c,
			 void *into, struct error *e)
{
	if (oci_members(j, c, &table, is_known, e) < 0)
		return -1;
	return json_fields(j, table, c, into, e);
}

/* ---- paths ---- */

static int read_access(const struct json *j, struct config *c, void *field, struct error *e)
{
	const char *word = NULL;
	uint32_t *access = field;

	(void)c;
	if (json_get_string(j, &word, e) < 0)
		return -1;
	*access = word ? landlock_access(word) : 0;
	return *access != 0 ? 0 : json_error(j, e, "not " LANDLOCK_ACCESS_WORDS);
}

static int read_path(const struct json *j, struct config *c, void *into, struct error *e)
{
	static const struct json_field table[] = {
		OCI_NEED_READ("path", offsetof(struct config_landlock_path, path), oci_absolute),
		OCI_NEED_READ("access", offsetof(struct config_landlock_path, access), read_access),
		OCI_END,
	};
	struct config_landlock *l = into;
	struct config_landlock_path *new =
		arena_append(&c->arena, &l->paths, &l->paths_n, sizeof(*new));

	return new ? strict_fields(j, table, c, new, e) : err_no_memory(e);
}

static int read_paths(const struct json *j, struct config *c, void *field, struct error *e)
{
	(void)field;
	if (oci_each(j, c, &c->landlock, read_path, e) < 0)
		return -1;
	/* The first path is what restricts; a list without any would look like a wall and be none. */
	return c->landlock.paths_n > 0 ? 0 : json_error(j, e, "empty (leave it out, or name a path)");
}

/* ---- ports ---- */

static int read_port(const struct json *j, struct config *c, void *into, struct error *e)
{
	struct config_landlock_ports *ports = into;
	uint64_t port = 0;

	if (json_get_u64(j, ports == &c->landlock.bind ? 0 : 1, PORT_MOST, &port, e) < 0)
		return -1;
	return landlock_port_add(c, ports, (uint32_t)port, e);
}

static int read_ports(const struct json *j, struct config *c, void *field, struct error *e)
{
	struct config_landlock_ports *ports = field;

	if (oci_each(j, c, ports, read_port, e) < 0)
		return -1;
	ports->restricted = true; /* an empty list allows none */
	return 0;
}

/* ---- scopes ---- */

static int read_scope(const struct json *j, struct config *c, void *into, struct error *e)
{
	static const char *const names[] = {"abstract-unix-socket", "signal", NULL};
	const char *name = NULL;

	(void)into;
	if (oci_name(j, names, &name, e) < 0)
		return -1;
	if (name == names[0])
		c->landlock.scope_sockets = true;
	else
		c->landlock.scope_signals = true;
	return 0;
}

static int read_scopes(const struct json *j, struct config *c, void *field, struct error *e)
{
	return oci_each(j, c, field, read_scope, e);
}

static int read_landlock(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct json_field table[] = {
		OCI_READ("paths", 0, read_paths),
		OCI_READ("bind", offsetof(struct config_landlock, bind), read_ports),
		OCI_READ("connect", offsetof(struct config_landlock, connect), read_ports),
		OCI_READ("scopes", 0, read_scopes),
		OCI_FIELD("scopesOptional", JSON_BOOL,
			  offsetof(struct config_landlock, scopes_optional)),
		OCI_END,
	};

	return strict_fields(j, table, c, field, e);
}

int oci_mini_run(const struct json *j, struct config *c, void *config, struct error *e)
{
	static const struct json_field table[] = {
		OCI_READ("landlock", offsetof(struct config, landlock), read_landlock),
		OCI_END,
	};

	return strict_fields(j, table, c, config, e);
}
