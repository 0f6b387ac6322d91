/*
 * args_landlock.c - the option about Landlock. Portable.
 */
#include "config/args_parts.h"

#include <string.h>

#include "base/number.h"
#include "config/landlock_words.h"

#define PORT_MOST 65535

static int take_path(struct args *a, void *into, const char *path, struct error *e)
{
	struct config_landlock *l = &a->config->landlock;
	const uint32_t *access = into;
	struct config_landlock_path *rule;

	if (*path != '/')
		return err_set(e, 0, "%.200s is not an absolute path of the container", path);
	rule = arena_append(&a->config->arena, &l->paths, &l->paths_n, sizeof(*rule));
	if (!rule)
		return err_no_memory(e);
	rule->access = *access;
	return args_keep(a, path, &rule->path, e);
}

static int take_port(struct args *a, void *into, const char *text, struct error *e)
{
	struct config_landlock_ports *ports = into;
	uint64_t port;

	if (strcmp(text, "none") == 0)
		return landlock_ports_none(ports, e);
	/* Port 0 is for bind(2): the kernel then chooses one. */
	if (number_unsigned(text, ports == &a->config->landlock.bind ? 0 : 1, PORT_MOST, &port, e) < 0)
		return err_hint(e, "a TCP port, or none");
	return landlock_port_add(a->config, ports, (uint32_t)port, e);
}

static int take_landlock(void *into, const char *value, struct error *e)
{
	struct args *a = into;
	struct config_landlock *l = &a->config->landlock;
	const char *kind, *list;
	uint32_t access;

	if (args_split(a, value, '=', &kind, &list, e) < 0)
		return -1;
	if (!list && strcmp(kind, "off") == 0) {
		l->off = true;
		return 0;
	}
	if (!list && strcmp(kind, "scopes") == 0) {
		l->scope_sockets = l->scope_signals = true;
		return 0;
	}
	access = landlock_access(kind);
	if (list && access != 0)
		return args_each(a, list, &access, take_path, e);
	if (list && strcmp(kind, "bind") == 0)
		return args_each(a, list, &l->bind, take_port, e);
	if (list && strcmp(kind, "connect") == 0)
		return args_each(a, list, &l->connect, take_port, e);
	if (list && strchr(kind, 'x') && !strchr(kind, 'r'))
		return err_set(e, 0, "to execute a file the kernel has to read it too (rx=PATH)");
	return err_set(e, 0,
		       "not a rule (ro=PATH, w=PATH, rw=PATH, rx=PATH, rwx=PATH, bind=PORT, "
		       "connect=PORT, scopes, or off)");
}

void args_finish_landlock(struct args *a)
{
	struct config *c = a->config;
	struct config_landlock *l = &c->landlock;

	/* What a network namespace of the container's own keeps out, its Landlock need not. */
	if (l->off || a->privileged || c->ns[NS_NETWORK].mode != NS_INHERIT || l->scope_sockets)
		return;
	l->scope_sockets = l->scope_signals = true;
	l->scopes_optional = true;
}

const struct option_row args_rows_landlock[] = {
	{0, "landlock", "RULE",
	 "Restrict the command by Landlock. KIND=PATH[,PATH...]: it can use no file of the "
	 "container but these and those below them, to read (ro), to write (w, rw), to execute "
	 "(rx, rwx). connect=PORT[,PORT...], bind=PORT[,PORT...]: no TCP port but these (none: no "
	 "port at all). off: not even what holds by default with the host's network: its abstract "
	 "Unix sockets, and processes by signals, are out of reach. scopes: fail where the kernel "
	 "cannot do that. May be repeated",
	 take_landlock},
	{0},
};
