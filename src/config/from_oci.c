/*
 * from_oci.c - see from_oci.h. Portable.
 *
 * The document is read by tables, a topic a file (oci_*.c): this one has what stands at the top of it, and the kinds of
 * values that all use. Properties that the specification does not know, and those of other platforms, are ignored as it
 * wants (config.md, "Extensibility"); of those it knows nothing is: what cannot be is an error that names it.
 *
 * Rules that a single object can break are checked here, where the path is known; what takes two places of the
 * configuration is left to config_check().
 */
#include "config/from_oci.h"

#include <string.h>

#include "base/number.h"
#include "config/device_rules.h"
#include "config/from_seccomp.h"
#include "config/oci_parts.h"

/* ---- kinds of values ---- */

int oci_text(const struct json *j, struct config *c, void *field, struct error *e)
{
	const char *text = NULL, **into = field;

	if (json_get_string(j, &text, e) < 0)
		return -1;
	*into = NULL;
	if (!text || *text == '\0')
		return 0;
	*into = arena_copy(&c->arena, text);
	return *into ? 0 : err_no_memory(e);
}

int oci_absolute(const struct json *j, struct config *c, void *field, struct error *e)
{
	const char **into = field;

	if (oci_text(j, c, into, e) < 0)
		return -1;
	if (!*into)
		return json_error(j, e, "empty");
	if (**into != '/')
		return json_error(j, e, "%.200s: must be absolute (begin with /)", *into);
	return 0;
}

static int absolute_element(const struct json *j, struct config *c, void *into, struct error *e)
{
	const char *path;

	if (oci_absolute(j, c, &path, e) < 0)
		return -1;
	return config_strings_add(c, into, path, e);
}

int oci_absolutes(const struct json *j, struct config *c, void *field, struct error *e)
{
	return oci_each(j, c, field, absolute_element, e);
}

int oci_list(const struct json *j, struct config *c, void *field, struct error *e)
{
	const char **into = field;
	struct error why;

	if (oci_text(j, c, into, e) < 0)
		return -1;
	if (*into && number_list_check(*into, &why) < 0)
		return json_error(j, e, "%.100s: %.200s", *into, why.text);
	return 0;
}

int oci_name(const struct json *j, const char *const *table, const char **ret, struct error *e)
{
	const char *text = NULL;
	char choice[320] = "";
	size_t used = 0;

	if (json_get_string(j, &text, e) < 0)
		return -1;
	for (size_t i = 0; text && table[i]; i++)
		if (strcmp(text, table[i]) == 0) {
			*ret = table[i];
			return 0;
		}
	for (size_t i = 0; table[i] && used + strlen(table[i]) + 3 < sizeof(choice); i++) {
		if (i > 0)
			memcpy(choice + used, ", ", 3);
		used += i > 0 ? 2 : 0;
		memcpy(choice + used, table[i], strlen(table[i]) + 1);
		used += strlen(table[i]);
	}
	return json_error(j, e, "\"%.60s\" is none of %s", text ? text : "", choice);
}

int oci_word(const struct json *j, const struct oci_word *table, unsigned int *ret, struct error *e)
{
	const char *names[32], *name = NULL;
	size_t n = 0;

	for (; n < sizeof(names) / sizeof(names[0]) - 1 && table[n].name; n++)
		names[n] = table[n].name;
	names[n] = NULL;
	if (oci_name(j, names, &name, e) < 0)
		return -1;
	for (n = 0; table[n].name != name;)
		n++;
	*ret = table[n].value;
	return 0;
}

int oci_names(const struct json *j, const char *const *table, struct config *c,
	      struct config_strings *into, struct error *e)
{
	const char *name = NULL;
	size_t n;

	*into = (struct config_strings){0};
	if (json_get_array(j, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct json one = json_at(j, i);

		if (oci_name(&one, table, &name, e) < 0 || config_strings_add(c, into, name, e) < 0)
			return -1;
	}
	return 0;
}

int oci_each(const struct json *array, struct config *c, void *into,
	     int (*one)(const struct json *j, struct config *c, void *into, struct error *e),
	     struct error *e)
{
	size_t n;

	if (json_get_array(array, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct json element = json_at(array, i);

		if (!json_present(&element)) /* no absence here: the list would be shorter than it looks */
			return json_error(&element, e, "null");
		if (one(&element, c, into, e) < 0)
			return -1;
	}
	return 0;
}

struct member_reader {
	struct config *c;
	void *into;
	int (*one)(const struct json *j, struct config *c, void *into, struct error *e);
};

static int read_member(const struct json *member, void *into, struct error *e)
{
	const struct member_reader *r = into;

	return r->one(member, r->c, r->into, e);
}

int oci_members(const struct json *object, struct config *c, void *into,
		int (*one)(const struct json *j, struct config *c, void *into, struct error *e),
		struct error *e)
{
	struct member_reader reader = {c, into, one};

	return json_each(object, read_member, &reader, e);
}

struct pairs {
	struct config_pair *v;
	size_t n;
};

static int pair(const struct json *j, struct config *c, void *into, struct error *e)
{
	struct pairs *pairs = into;
	struct config_pair *new;
	const char *value = NULL;

	if (*j->name == '\0')
		return json_error(j->parent, e, "a name in it is empty");
	if (json_get_string(j, &value, e) < 0)
		return -1;
	new = arena_append(&c->arena, &pairs->v, &pairs->n, sizeof(*new));
	if (!new)
		return err_no_memory(e);
	new->key = arena_copy(&c->arena, j->name);
	new->value = arena_copy(&c->arena, value);
	return new->key &&new->value ? 0 : err_no_memory(e);
}

int oci_pairs(const struct json *object, struct config *c, struct config_pair **pairs, size_t *n,
	      struct error *e)
{
	struct pairs new = {0};

	if (oci_members(object, c, &new, pair, e) < 0)
		return -1;
	*pairs = new.v;
	*n = new.n;
	return 0;
}

/* ---- ociVersion ---- */

/* One dot-separated part of a version: digits without a leading zero, or (@letters) also letters and hyphens. */
static bool version_part(const char **at, bool letters, bool leading_zero)
{
	static const char digits[] = "0123456789";
	static const char all[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";
	size_t length = strspn(*at, letters ? all : digits);
	bool number = strspn(*at, digits) >= length;
	bool good = length > 0 && (leading_zero || !number || length == 1 || **at != '0');

	*at += length;
	return good;
}

static bool version_parts(const char **at, bool leading_zero)
{
	do {
		++*at; /* the - or +, then the dots */
		if (!version_part(at, true, leading_zero))
			return false;
	} while (**at == '.');
	return true;
}

/* https://semver.org/spec/v2.0.0.html, items 2, 9 and 10. */
static bool is_version(const char *text)
{
	const char *at = text;

	for (int i = 0; i < 3; i++) {
		if (i > 0 && *at++ != '.')
			return false;
		if (!version_part(&at, false, false))
			return false;
	}
	if (*at == '-' && !version_parts(&at, false))
		return false;
	if (*at == '+' && !version_parts(&at, true))
		return false;
	return *at == '\0';
}

/* A newer minor version may have properties that are unknown here; those are for ignoring. */
static int read_version(const struct json *j, struct config *c, void *field, struct error *e)
{
	if (oci_text(j, c, field, e) < 0)
		return -1;
	if (!c->oci_version || !is_version(c->oci_version))
		return json_error(j, e, "\"%.40s\" is not a version (such as 1.3.0)",
				  c->oci_version ? c->oci_version : "");
	if (strncmp(c->oci_version, "1.", 2) != 0)
		return json_error(j, e, "%.40s: mini-run knows 1.x", c->oci_version);
	return 0;
}

/* ---- the rest of the top ---- */

static int read_root_path(const struct json *j, struct config *c, void *field, struct error *e)
{
	const char **path = field;

	if (oci_text(j, c, path, e) < 0)
		return -1;
	if (!*path)
		return json_error(j, e, "empty");
	if (**path != '/')
		*path = arena_format(&c->arena, "%s/%s", c->bundle, *path);
	return *path ? 0 : err_no_memory(e);
}

static int read_root(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct json_field table[] = {
		OCI_NEED_READ("path", offsetof(struct config, rootfs), read_root_path),
		OCI_FIELD("readonly", JSON_BOOL, offsetof(struct config, rootfs_readonly)),
		OCI_END,
	};

	return json_fields(j, table, c, field, e);
}

static int read_process(const struct json *j, struct config *c, void *field, struct error *e)
{
	c->has_process = true;
	return oci_process(j, c, field, e);
}

static int read_annotations(const struct json *j, struct config *c, void *field, struct error *e)
{
	(void)field;
	return oci_pairs(j, c, &c->annotations, &c->annotations_n, e);
}

static const struct json_field top[] = {
	OCI_NEED_READ("ociVersion", offsetof(struct config, oci_version), read_version),
	OCI_NEED_READ("root", 0, read_root),
	OCI_READ("hostname", offsetof(struct config, hostname), oci_text),
	OCI_READ("domainname", offsetof(struct config, domainname), oci_text),
	OCI_READ("process", offsetof(struct config, process), read_process),
	OCI_READ("mounts", 0, oci_mounts),
	OCI_READ("linux", 0, oci_linux),
	OCI_READ("hooks", offsetof(struct config, hooks), oci_hooks),
	OCI_READ("annotations", 0, read_annotations),
	OCI_READ("miniRun", 0, oci_mini_run),
	OCI_END,
};

/*
 * The maps of the user namespace. Where a new one has none it starts one to one, because without a map it could do
 * nothing. One that is joined has its own: engines put a map beside its path that is only there to please some
 * runtimes (0 0 1), and no runtime could apply it.
 */
static int finish_idmaps(const struct json *document, struct config *c, struct error *e)
{
	static const struct config_idmap one_to_one = {0, 0, UINT32_MAX};
	struct config_idmaps *maps = &c->idmaps;
	struct json section = json_member(document, "linux"), at;

	if (c->ns[NS_USER].mode == NS_INHERIT && (maps->uids > 0 || maps->gids > 0)) {
		at = json_member(&section, maps->uids > 0 ? "uidMappings" : "gidMappings");
		return json_error(&at, e, "there is no user namespace in linux.namespaces to map");
	}
	if (c->ns[NS_USER].mode == NS_JOIN)
		*maps = (struct config_idmaps){0};
	if (c->ns[NS_USER].mode != NS_NEW)
		return 0;
	for (int i = 0; i < 2; i++) {
		struct config_idmap **list = i == 0 ? &maps->uid : &maps->gid, *new;
		size_t *n = i == 0 ? &maps->uids : &maps->gids;

		if (*n > 0)
			continue;
		new = arena_append(&c->arena, list, n, sizeof(*new));
		if (!new)
			return err_no_memory(e);
		*new = one_to_one;
	}
	return 0;
}

int config_from_oci(struct config *c, const char *text, size_t length, struct error *e)
{
	struct json document;
	int result;

	if (json_parse(text, length, &document, e) < 0)
		return -1;
	c->default_devices = true;
	c->process.has_capabilities = true; /* none, that is; without a process as well */
	result = json_get_object(&document, e);
	if (result == 0)
		result = json_fields(&document, top, c, c, e);
	if (result == 0)
		result = finish_idmaps(&document, c, e);
	if (result == 0)
		result = device_rules_add_defaults(c, e);
	json_end(&document);
	return result;
}

/* ---- the documents of exec and update ---- */

/* What a further process does not say is as it is for the first one: else leaving out a profile or a limit would be a
 * way around it. */
static void inherit(struct config_process *p, const struct config_process *first,
		    const struct json *document)
{
	struct json no_new_privs = json_member(document, "noNewPrivileges");
	struct json capabilities = json_member(document, "capabilities");

	if (!json_present(&capabilities)) {
		p->has_capabilities = first->has_capabilities;
		p->capabilities = first->capabilities;
	}
	if (!json_present(&no_new_privs))
		p->no_new_privs = first->no_new_privs;
	if (!p->apparmor_profile)
		p->apparmor_profile = first->apparmor_profile;
	if (!p->selinux_label)
		p->selinux_label = first->selinux_label;
	if (p->rlimits_n == 0) {
		p->rlimits = first->rlimits;
		p->rlimits_n = first->rlimits_n;
	}
	if (!p->oom_score_adj.set)
		p->oom_score_adj = first->oom_score_adj;
	if (!p->scheduler.set)
		p->scheduler = first->scheduler;
	if (!p->io_priority.set)
		p->io_priority = first->io_priority;
	if (!p->affinity_initial && !p->affinity_final) {
		p->affinity_initial = first->affinity_initial;
		p->affinity_final = first->affinity_final;
	}
}

int process_from_oci(struct config *c, const char *text, size_t length, struct error *e)
{
	static const struct json above = {.node = NULL};
	const struct config_process first = c->process;
	struct json document;
	int result;

	if (json_parse(text, length, &document, e) < 0)
		return -1;
	document.parent = &above; /* so that paths read as those in a config.json */
	document.name = "process";
	c->process = (struct config_process){.has_capabilities = true};
	result = json_present(&document) ? oci_process(&document, c, &c->process, e)
					 : json_error(&document, e, "not an object");
	if (result == 0)
		inherit(&c->process, &first, &document);
	c->has_process = true;
	json_end(&document);
	return result;
}

int resources_from_oci(struct config *c, const char *text, size_t length, struct error *e)
{
	static const struct json above = {.node = NULL};
	static const struct json section = {.parent = &above, .name = "linux"};
	struct json document;
	int result;

	if (json_parse(text, length, &document, e) < 0)
		return -1;
	document.parent = &section;
	document.name = "resources";
	result = json_present(&document) ? oci_resources(&document, c, &c->resources, e)
					 : json_error(&document, e, "not an object");
	json_end(&document);
	return result;
}
