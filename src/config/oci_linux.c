/*
 * oci_linux.c - "linux" of a config.json (config-linux.md), but for its resources. Portable.
 */
#include "config/oci_parts.h"

#include <string.h>

#include "config/container_path.h"
#include "config/from_seccomp.h"

#define AT(field) offsetof(struct config, field)

#define DEVICE_NUMBER_MOST INT64_C(0xffffffff)

/* ---- namespaces, id maps, time ---- */

static int namespace(const struct json *j, struct config *c, void *into, struct error *e)
{
	static const struct oci_word kinds[] = {
		{"pid", NS_PID},       {"network", NS_NETWORK}, {"mount", NS_MOUNT},
		{"ipc", NS_IPC},       {"uts", NS_UTS},		{"user", NS_USER},
		{"cgroup", NS_CGROUP}, {"time", NS_TIME},	{NULL, 0},
	};
	struct json type, path = json_member(j, "path");
	unsigned int kind;
	const char *file = NULL;

	(void)into;
	if (json_need(j, "type", &type, e) < 0 || oci_word(&type, kinds, &kind, e) < 0)
		return -1;
	if (c->ns[kind].mode != NS_INHERIT)
		return json_error(&type, e, "the namespace of this type is there twice");
	if (oci_text(&path, c, &file, e) < 0)
		return -1;
	if (file && *file != '/')
		return json_error(&path, e, "%.200s: must be absolute (begin with /)", file);
	c->ns[kind].mode = file ? NS_JOIN : NS_NEW;
	c->ns[kind].path = file;
	return 0;
}

static int read_namespaces(const struct json *j, struct config *c, void *field, struct error *e)
{
	return oci_each(j, c, field, namespace, e);
}

int oci_idmap(const struct json *j, struct config *c, struct config_idmap **maps, size_t *n,
	      struct error *e)
{
	static const struct json_field table[] = {
		OCI_NEED("containerID", JSON_U32, offsetof(struct config_idmap, inside)),
		OCI_NEED("hostID", JSON_U32, offsetof(struct config_idmap, outside)),
		OCI_NEED("size", JSON_U32, offsetof(struct config_idmap, size)),
		OCI_END,
	};
	struct config_idmap *new = arena_append(&c->arena, maps, n, sizeof(*new));

	return new ? json_fields(j, table, c, new, e) : err_no_memory(e);
}

static int uid_map(const struct json *j, struct config *c, void *into, struct error *e)
{
	(void)into;
	return oci_idmap(j, c, &c->idmaps.uid, &c->idmaps.uids, e);
}

static int gid_map(const struct json *j, struct config *c, void *into, struct error *e)
{
	(void)into;
	return oci_idmap(j, c, &c->idmaps.gid, &c->idmaps.gids, e);
}

static int read_uid_maps(const struct json *j, struct config *c, void *field, struct error *e)
{
	return oci_each(j, c, field, uid_map, e);
}

static int read_gid_maps(const struct json *j, struct config *c, void *field, struct error *e)
{
	return oci_each(j, c, field, gid_map, e);
}

static int time_offset(const struct json *j, struct config *c, void *into, struct error *e)
{
	static const struct json_field table[] = {
		OCI_FIELD("secs", JSON_I64, offsetof(struct config_time_offset, secs)),
		{.name = "nanosecs",
		 .kind = JSON_U32,
		 .offset = offsetof(struct config_time_offset, nanosecs),
		 .max = 999999999},
		OCI_END,
	};
	struct config_time_offset *clock = NULL;

	(void)into;
	if (strcmp(j->name, "monotonic") == 0)
		clock = &c->time_monotonic;
	if (strcmp(j->name, "boottime") == 0)
		clock = &c->time_boottime;
	if (!clock)
		return json_error(j, e, "no clock of this name has an offset (monotonic, boottime)");
	c->time_offsets = true;
	return json_fields(j, table, c, clock, e);
}

static int read_time_offsets(const struct json *j, struct config *c, void *field, struct error *e)
{
	return oci_members(j, c, field, time_offset, e);
}

/* ---- devices ---- */

static int read_device_type(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct oci_word types[] = {
		{"c", 'c'}, {"b", 'b'}, {"u", 'u'}, {"p", 'p'}, {NULL, 0}};
	unsigned int type;

	(void)c;
	if (oci_word(j, types, &type, e) < 0)
		return -1;
	*(char *)field = (char)type;
	return 0;
}

/* Permissions; some engines leave the bits for the type of a node in, as stat(2) gives them. */
static int read_mode(const struct json *j, struct config *c, void *field, struct error *e)
{
	struct config_device *d = field;
	int64_t mode = 0, type = d->type == 'b' ? 0060000 : d->type == 'p' ? 0010000 : 0020000;

	(void)c;
	if (json_get_i64(j, 0, 0177777, &mode, e) < 0)
		return -1;
	if ((mode & 0170000) != 0 && (mode & 0170000) != type)
		return json_error(j, e, "%lld (octal %llo) is not from 0 to 4095 (octal 7777)",
				  (long long)mode, (unsigned long long)mode);
	d->mode = (struct config_number){true, mode & 07777};
	return 0;
}

/* Engines may name one device twice, and the specification does not forbid it: one node then, as last described. */
static struct config_device *device_slot(struct config *c, const struct config_device *d)
{
	for (size_t i = 0; i < c->devices_n; i++) {
		struct config_device *o = &c->devices[i];

		if (container_path_to(o->path, d->path) == PATH_SAME && o->type == d->type &&
		    o->major == d->major && o->minor == d->minor)
			return o;
	}
	return arena_append(&c->arena, &c->devices, &c->devices_n, sizeof(*d));
}

static int device(const struct json *j, struct config *c, void *into, struct error *e)
{
	static const struct json_field table[] = {
		OCI_NEED_READ("type", offsetof(struct config_device, type), read_device_type),
		OCI_NEED_READ("path", offsetof(struct config_device, path), oci_absolute),
		OCI_RANGE("major", JSON_I64, offsetof(struct config_device, major), 0,
			  DEVICE_NUMBER_MOST),
		OCI_RANGE("minor", JSON_I64, offsetof(struct config_device, minor), 0,
			  DEVICE_NUMBER_MOST),
		OCI_READ("fileMode", 0, read_mode),
		OCI_RANGE("uid", JSON_NUMBER, offsetof(struct config_device, uid), 0, OCI_ID_MOST),
		OCI_RANGE("gid", JSON_NUMBER, offsetof(struct config_device, gid), 0, OCI_ID_MOST),
		OCI_END,
	};
	struct config_device d = {0}, *slot;
	struct json number;

	(void)into;
	if (json_fields(j, table, c, &d, e) < 0)
		return -1;
	if (d.type != 'p' &&
	    (json_need(j, "major", &number, e) < 0 || json_need(j, "minor", &number, e) < 0))
		return -1;
	slot = device_slot(c, &d);
	if (!slot)
		return err_no_memory(e);
	*slot = d;
	return 0;
}

static int read_devices(const struct json *j, struct config *c, void *field, struct error *e)
{
	return oci_each(j, c, field, device, e);
}

static int net_device(const struct json *j, struct config *c, void *into, struct error *e)
{
	static const struct json_field table[] = {
		OCI_READ("name", offsetof(struct config_net_device, name), oci_text),
		OCI_END,
	};
	struct config_net_device *new =
		arena_append(&c->arena, &c->net_devices, &c->net_devices_n, sizeof(*new));

	(void)into;
	if (!new)
		return err_no_memory(e);
	new->host_name = arena_copy(&c->arena, j->name);
	return new->host_name ? json_fields(j, table, c, new, e) : err_no_memory(e);
}

static int read_net_devices(const struct json *j, struct config *c, void *field, struct error *e)
{
	return oci_members(j, c, field, net_device, e);
}

/* ---- single values ---- */

static int read_propagation(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct oci_word kinds[] = {
		{"shared", PROPAGATION_SHARED},
		{"slave", PROPAGATION_SLAVE},
		{"private", PROPAGATION_PRIVATE},
		{"unbindable", PROPAGATION_UNBINDABLE},
		{"rshared", PROPAGATION_SHARED},
		{"rslave", PROPAGATION_SLAVE},
		{"rprivate", PROPAGATION_PRIVATE},
		{"runbindable", PROPAGATION_UNBINDABLE},
		{"", PROPAGATION_NONE},
		{NULL, 0},
	};
	const char *text = NULL;
	unsigned int kind;

	(void)field;
	if (oci_word(j, kinds, &kind, e) < 0 || json_get_string(j, &text, e) < 0)
		return -1;
	c->rootfs_propagation = kind;
	c->rootfs_propagation_recursive = text[0] == 'r';
	return 0;
}

static int read_sysctls(const struct json *j, struct config *c, void *field, struct error *e)
{
	(void)field;
	return oci_pairs(j, c, &c->sysctls, &c->sysctls_n, e);
}

static int read_seccomp(const struct json *j, struct config *c, void *field, struct error *e)
{
	(void)field;
	return seccomp_from_node(c, j, e);
}

/* None of the flags of personality(2) is in the specification yet, so every one is an unsupported value. */
static int read_personality(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct oci_word domains[] = {{"LINUX", false}, {"LINUX32", true}, {NULL, 0}};
	struct config_personality *p = field;
	struct json domain, flags = json_member(j, "flags");
	unsigned int linux32;
	size_t n;

	(void)c;
	if (json_need(j, "domain", &domain, e) < 0 || oci_word(&domain, domains, &linux32, e) < 0 ||
	    json_get_array(&flags, &n, e) < 0)
		return -1;
	if (n > 0)
		return json_error(&flags, e, "no flag is supported");
	p->set = true;
	p->linux32 = linux32;
	return 0;
}

/* ---- memoryPolicy ---- */

static int read_policy_mode(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const char *const modes[] = {
		"MPOL_DEFAULT",	   "MPOL_BIND",
		"MPOL_INTERLEAVE", "MPOL_WEIGHTED_INTERLEAVE",
		"MPOL_PREFERRED",  "MPOL_PREFERRED_MANY",
		"MPOL_LOCAL",	   NULL,
	};

	(void)c;
	return oci_name(j, modes, field, e);
}

static int read_policy_flags(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const char *const flags[] = {
		"MPOL_F_NUMA_BALANCING",
		"MPOL_F_RELATIVE_NODES",
		"MPOL_F_STATIC_NODES",
		NULL,
	};

	return oci_names(j, flags, c, field, e);
}

static int read_memory_policy(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct json_field table[] = {
		OCI_NEED_READ("mode", offsetof(struct config_memory_policy, mode), read_policy_mode),
		OCI_READ("nodes", offsetof(struct config_memory_policy, nodes), oci_list),
		OCI_READ("flags", offsetof(struct config_memory_policy, flags), read_policy_flags),
		OCI_END,
	};
	struct config_memory_policy *p = field;
	struct json nodes = json_member(j, "nodes");

	p->set = true;
	if (json_fields(j, table, c, p, e) < 0)
		return -1;
	/* set_mempolicy(2): two modes take no nodes, one may have some, the others need them. */
	if (strcmp(p->mode, "MPOL_DEFAULT") == 0 || strcmp(p->mode, "MPOL_LOCAL") == 0)
		return p->nodes ? json_error(&nodes, e, "%s takes none", p->mode) : 0;
	if (!p->nodes && strcmp(p->mode, "MPOL_PREFERRED") != 0)
		return json_error(&nodes, e, "%s needs some", p->mode);
	return 0;
}

/* ---- intelRdt ---- */

static int read_clos(const struct json *j, struct config *c, void *field, struct error *e)
{
	const char **id = field;

	if (oci_text(j, c, id, e) < 0)
		return -1;
	if (*id && strcmp(*id, "/") != 0 &&
	    (strchr(*id, '/') || strchr(*id, '\n') || strcmp(*id, ".") == 0 || strcmp(*id, "..") == 0))
		return json_error(j, e, "\"%.100s\" is not the name of a directory of resctrl", *id);
	return 0;
}

static int schema(const struct json *j, struct config *c, void *into, struct error *e)
{
	const char *text = NULL;

	if (json_get_string(j, &text, e) < 0)
		return -1;
	if (strchr(text, '\n'))
		return json_error(j, e, "has a line break in it");
	return config_strings_add(c, into, text, e);
}

static int read_schemata(const struct json *j, struct config *c, void *field, struct error *e)
{
	return oci_each(j, c, field, schema, e);
}

static int read_bandwidth(const struct json *j, struct config *c, void *field, struct error *e)
{
	const char **text = field;

	if (oci_text(j, c, text, e) < 0)
		return -1;
	if (*text && (strncmp(*text, "MB:", 3) != 0 || strchr(*text, '\n')))
		return json_error(j, e, "must be one line that begins with MB:");
	return 0;
}

static int read_intel_rdt(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct json_field table[] = {
		OCI_READ("closID", offsetof(struct config_intel_rdt, clos_id), read_clos),
		OCI_READ("l3CacheSchema", offsetof(struct config_intel_rdt, l3_cache_schema),
			 oci_text),
		OCI_READ("memBwSchema", offsetof(struct config_intel_rdt, mem_bw_schema),
			 read_bandwidth),
		OCI_READ("schemata", offsetof(struct config_intel_rdt, schemata), read_schemata),
		OCI_FIELD("enableMonitoring", JSON_BOOL,
			  offsetof(struct config_intel_rdt, enable_monitoring)),
		OCI_END,
	};
	struct config_intel_rdt *rdt = field;

	rdt->set = true;
	return json_fields(j, table, c, rdt, e);
}

int oci_linux(const struct json *j, struct config *c, void *config, struct error *e)
{
	static const struct json_field table[] = {
		OCI_READ("namespaces", 0, read_namespaces),
		OCI_READ("uidMappings", 0, read_uid_maps),
		OCI_READ("gidMappings", 0, read_gid_maps),
		OCI_READ("timeOffsets", 0, read_time_offsets),
		OCI_READ("devices", 0, read_devices),
		OCI_READ("netDevices", 0, read_net_devices),
		OCI_READ("cgroupsPath", AT(cgroup_path), oci_text),
		OCI_READ("resources", AT(resources), oci_resources),
		OCI_READ("rootfsPropagation", 0, read_propagation),
		OCI_READ("maskedPaths", AT(masked_paths), oci_absolutes),
		OCI_READ("readonlyPaths", AT(readonly_paths), oci_absolutes),
		OCI_READ("mountLabel", AT(mount_label), oci_text),
		OCI_READ("sysctl", 0, read_sysctls),
		OCI_READ("seccomp", 0, read_seccomp),
		OCI_READ("personality", AT(personality), read_personality),
		OCI_READ("memoryPolicy", AT(memory_policy), read_memory_policy),
		OCI_READ("intelRdt", AT(intel_rdt), read_intel_rdt),
		OCI_END,
	};

	return json_fields(j, table, c, config, e);
}
