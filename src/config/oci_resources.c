/*
 * oci_resources.c - "linux.resources" of a config.json, and of `update` (config-linux.md, "Control groups"). Portable.
 *
 * A list that the document has takes the place of the one that was there before, and what it does not name stays: with
 * a new configuration both are the same, and for `update` that is what it means.
 */
#include "config/oci_parts.h"

#include <string.h>

#include "config/names.h"

#define AT(field) offsetof(struct config_resources, field)

#define DEVICE_NUMBER_MOST INT64_C(0xffffffff)

/* Engines send 0 for what they do not want to set; the kernel takes 0 for none of these. */
static void zero_is_absent(struct config_resources *r, const struct config_resources *before)
{
	static const size_t numbers[] = {
		AT(memory),
		AT(memory_swap),
		AT(memory_reservation),
		AT(memory_kernel),
		AT(memory_kernel_tcp),
		AT(cpu_shares),
		AT(cpu_quota),
		AT(cpu_period),
		AT(cpu_burst),
		AT(cpu_rt_runtime),
		AT(cpu_rt_period),
		AT(block_weight),
		AT(block_leaf_weight),
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct config_number *n = (struct config_number *)((char *)r + numbers[i]);

		if (n->set && n->value == 0)
			*n = *(const struct config_number *)((const char *)before + numbers[i]);
	}
}

static int read_memory(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct json_field table[] = {
		OCI_RANGE("limit", JSON_NUMBER, AT(memory), -1, INT64_MAX),
		OCI_RANGE("swap", JSON_NUMBER, AT(memory_swap), -1, INT64_MAX),
		OCI_RANGE("reservation", JSON_NUMBER, AT(memory_reservation), -1, INT64_MAX),
		OCI_RANGE("kernel", JSON_NUMBER, AT(memory_kernel), -1, INT64_MAX),
		OCI_RANGE("kernelTCP", JSON_NUMBER, AT(memory_kernel_tcp), -1, INT64_MAX),
		OCI_RANGE("swappiness", JSON_NUMBER, AT(memory_swappiness), 0, 100),
		OCI_FIELD("disableOOMKiller", JSON_FLAG, AT(memory_disable_oom)),
		OCI_FIELD("useHierarchy", JSON_FLAG, AT(memory_use_hierarchy)),
		OCI_FIELD("checkBeforeUpdate", JSON_FLAG, AT(memory_check_before_update)),
		OCI_END,
	};

	return json_fields(j, table, c, field, e);
}

static int read_cpu(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct json_field table[] = {
		OCI_RANGE("shares", JSON_NUMBER, AT(cpu_shares), 0, INT64_MAX),
		OCI_FIELD("quota", JSON_NUMBER, AT(cpu_quota)),
		OCI_RANGE("period", JSON_NUMBER, AT(cpu_period), 0, INT64_MAX),
		OCI_RANGE("burst", JSON_NUMBER, AT(cpu_burst), 0, INT64_MAX),
		OCI_RANGE("idle", JSON_NUMBER, AT(cpu_idle), 0, 1),
		OCI_FIELD("realtimeRuntime", JSON_NUMBER, AT(cpu_rt_runtime)),
		OCI_RANGE("realtimePeriod", JSON_NUMBER, AT(cpu_rt_period), 0, INT64_MAX),
		OCI_READ("cpus", AT(cpuset_cpus), oci_list),
		OCI_READ("mems", AT(cpuset_mems), oci_list),
		OCI_END,
	};

	return json_fields(j, table, c, field, e);
}

static int read_pids(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct json_field table[] = {
		OCI_RANGE("limit", JSON_NUMBER, AT(pids), -1, INT64_MAX),
		OCI_END,
	};

	return json_fields(j, table, c, field, e);
}

/* ---- blockIO ---- */

static int weight_device(const struct json *j, struct config *c, void *into, struct error *e)
{
	static const struct json_field table[] = {
		OCI_NEED_RANGE("major", JSON_I64, offsetof(struct config_block_weight, major), 0,
			       DEVICE_NUMBER_MOST),
		OCI_NEED_RANGE("minor", JSON_I64, offsetof(struct config_block_weight, minor), 0,
			       DEVICE_NUMBER_MOST),
		OCI_RANGE("weight", JSON_NUMBER, offsetof(struct config_block_weight, weight), 10,
			  1000),
		OCI_RANGE("leafWeight", JSON_NUMBER,
			  offsetof(struct config_block_weight, leaf_weight), 10, 1000),
		OCI_END,
	};
	struct config_resources *r = into;
	struct config_block_weight *new =
		arena_append(&c->arena, &r->block_weights, &r->block_weights_n, sizeof(*new));

	if (!new)
		return err_no_memory(e);
	if (json_fields(j, table, c, new, e) < 0)
		return -1;
	if (!new->weight.set && !new->leaf_weight.set)
		return json_error(j, e, "neither weight nor leafWeight is there");
	return 0;
}

static int read_weight_devices(const struct json *j, struct config *c, void *field, struct error *e)
{
	struct config_resources *r = field;

	r->block_weights = NULL;
	r->block_weights_n = 0;
	return oci_each(j, c, r, weight_device, e);
}

static int throttle(const struct json *j, struct config *c, void *into, struct error *e)
{
	static const struct json_field table[] = {
		OCI_NEED_RANGE("major", JSON_I64, offsetof(struct config_throttle, major), 0,
			       DEVICE_NUMBER_MOST),
		OCI_NEED_RANGE("minor", JSON_I64, offsetof(struct config_throttle, minor), 0,
			       DEVICE_NUMBER_MOST),
		OCI_NEED("rate", JSON_U64, offsetof(struct config_throttle, rate)),
		OCI_END,
	};
	struct config_throttles *list = into;
	struct config_throttle *new = arena_append(&c->arena, &list->v, &list->n, sizeof(*new));

	return new ? json_fields(j, table, c, new, e) : err_no_memory(e);
}

static int read_throttles(const struct json *j, struct config *c, void *field, struct error *e)
{
	*(struct config_throttles *)field = (struct config_throttles){0};
	return oci_each(j, c, field, throttle, e);
}

/* 0 is "not given" here too, so the lower end of the range is for config_check(). */
static int read_block(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct json_field table[] = {
		OCI_RANGE("weight", JSON_NUMBER, AT(block_weight), 0, 1000),
		OCI_RANGE("leafWeight", JSON_NUMBER, AT(block_leaf_weight), 0, 1000),
		OCI_READ("weightDevice", 0, read_weight_devices),
		OCI_READ("throttleReadBpsDevice", AT(read_bps), read_throttles),
		OCI_READ("throttleWriteBpsDevice", AT(write_bps), read_throttles),
		OCI_READ("throttleReadIOPSDevice", AT(read_iops), read_throttles),
		OCI_READ("throttleWriteIOPSDevice", AT(write_iops), read_throttles),
		OCI_END,
	};

	return json_fields(j, table, c, field, e);
}

/* ---- huge pages, RDMA, network ---- */

static int hugepage(const struct json *j, struct config *c, void *into, struct error *e)
{
	static const struct json_field table[] = {
		OCI_NEED("pageSize", JSON_STRING, offsetof(struct config_hugepage, page_size)),
		OCI_NEED("limit", JSON_U64, offsetof(struct config_hugepage, limit)),
		OCI_END,
	};
	struct config_resources *r = into;
	struct config_hugepage *new =
		arena_append(&c->arena, &r->hugepages, &r->hugepages_n, sizeof(*new));
	struct json at;

	if (!new)
		return err_no_memory(e);
	if (json_fields(j, table, c, new, e) < 0)
		return -1;
	at = json_member(j, "pageSize");
	return names_page_size(new->page_size)
		       ? 0
		       : json_error(&at, e, "%.40s: not like 64KB, 2MB or 1GB", new->page_size);
}

static int read_hugepages(const struct json *j, struct config *c, void *field, struct error *e)
{
	struct config_resources *r = field;

	r->hugepages = NULL;
	r->hugepages_n = 0;
	return oci_each(j, c, r, hugepage, e);
}

static int rdma(const struct json *j, struct config *c, void *into, struct error *e)
{
	static const struct json_field table[] = {
		OCI_RANGE("hcaHandles", JSON_NUMBER, offsetof(struct config_rdma, handles), 0,
			  UINT32_MAX),
		OCI_RANGE("hcaObjects", JSON_NUMBER, offsetof(struct config_rdma, objects), 0,
			  UINT32_MAX),
		OCI_END,
	};
	struct config_resources *r = into;
	struct config_rdma *new = arena_append(&c->arena, &r->rdma, &r->rdma_n, sizeof(*new));

	if (!new)
		return err_no_memory(e);
	if (json_fields(j, table, c, new, e) < 0)
		return -1;
	if (!new->handles.set && !new->objects.set)
		return json_error(j, e, "neither hcaHandles nor hcaObjects is there");
	new->device = arena_copy(&c->arena, j->name);
	return new->device ? 0 : err_no_memory(e);
}

static int read_rdma(const struct json *j, struct config *c, void *field, struct error *e)
{
	struct config_resources *r = field;

	r->rdma = NULL;
	r->rdma_n = 0;
	return oci_members(j, c, r, rdma, e);
}

/* The kernel's file takes text, so that is what the configuration has. */
static int priority(const struct json *j, struct config *c, void *into, struct error *e)
{
	struct entry {
		const char *name;
		uint32_t priority;
	} entry = {0};
	static const struct json_field table[] = {
		OCI_NEED("name", JSON_STRING, offsetof(struct entry, name)),
		OCI_NEED("priority", JSON_U32, offsetof(struct entry, priority)),
		OCI_END,
	};
	struct config_resources *r = into;
	struct config_pair *new;

	if (json_fields(j, table, c, &entry, e) < 0)
		return -1;
	if (*entry.name == '\0' || strpbrk(entry.name, " \n"))
		return json_error(j, e, "\"%.40s\" is no interface's name", entry.name);
	new = arena_append(&c->arena, &r->net_priorities, &r->net_priorities_n, sizeof(*new));
	if (!new)
		return err_no_memory(e);
	new->key = entry.name;
	new->value = arena_format(&c->arena, "%u", (unsigned int)entry.priority);
	return new->value ? 0 : err_no_memory(e);
}

static int read_priorities(const struct json *j, struct config *c, void *field, struct error *e)
{
	struct config_resources *r = field;

	r->net_priorities = NULL;
	r->net_priorities_n = 0;
	return oci_each(j, c, r, priority, e);
}

static int read_network(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct json_field table[] = {
		OCI_RANGE("classID", JSON_NUMBER, AT(net_class_id), 0, UINT32_MAX),
		OCI_READ("priorities", 0, read_priorities),
		OCI_END,
	};

	return json_fields(j, table, c, field, e);
}

/* ---- devices ---- */

static int read_rule_type(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct oci_word types[] = {
		{"a", 'a'}, {"b", 'b'}, {"c", 'c'}, {"", 'a'}, {NULL, 0}};
	unsigned int type;

	(void)c;
	if (oci_word(j, types, &type, e) < 0)
		return -1;
	*(char *)field = (char)type;
	return 0;
}

static int read_access(const struct json *j, struct config *c, void *field, struct error *e)
{
	const char *text = NULL;
	uint32_t access = 0;

	(void)c;
	if (json_get_string(j, &text, e) < 0)
		return -1;
	if (!text || *text == '\0')
		return 0;
	for (const char *at = text; *at != '\0'; at++) {
		if (!strchr("rwm", *at))
			return json_error(j, e, "\"%.40s\" is not of the letters r, w and m", text);
		access |= *at == 'r' ? DEVICE_READ : *at == 'w' ? DEVICE_WRITE : DEVICE_MKNOD;
	}
	*(uint32_t *)field = access;
	return 0;
}

static int device_rule(const struct json *j, struct config *c, void *into, struct error *e)
{
	static const struct json_field table[] = {
		OCI_NEED("allow", JSON_BOOL, offsetof(struct config_device_rule, allow)),
		OCI_READ("type", offsetof(struct config_device_rule, type), read_rule_type),
		OCI_RANGE("major", JSON_I64, offsetof(struct config_device_rule, major), -1,
			  DEVICE_NUMBER_MOST),
		OCI_RANGE("minor", JSON_I64, offsetof(struct config_device_rule, minor), -1,
			  DEVICE_NUMBER_MOST),
		OCI_READ("access", offsetof(struct config_device_rule, access), read_access),
		OCI_END,
	};
	struct config_resources *r = into;
	struct config_device_rule *new =
		arena_append(&c->arena, &r->devices, &r->devices_n, sizeof(*new));

	if (!new)
		return err_no_memory(e);
	*new = (struct config_device_rule){
		.type = 'a',
		.major = -1,
		.minor = -1,
		.access = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD,
	};
	return json_fields(j, table, c, new, e);
}

static int read_device_rules(const struct json *j, struct config *c, void *field, struct error *e)
{
	struct config_resources *r = field;

	r->devices = NULL;
	r->devices_n = 0;
	return oci_each(j, c, r, device_rule, e);
}

/* ---- unified ---- */

static int read_unified(const struct json *j, struct config *c, void *field, struct error *e)
{
	struct config_resources *r = field;

	if (oci_pairs(j, c, &r->unified, &r->unified_n, e) < 0)
		return -1;
	for (size_t i = 0; i < r->unified_n; i++)
		if (strchr(r->unified[i].key, '/'))
			return json_error(j, e, "%.100s: names one file of the cgroup and no path",
					  r->unified[i].key);
	return 0;
}

int oci_resources(const struct json *j, struct config *c, void *resources, struct error *e)
{
	static const struct json_field table[] = {
		OCI_READ("devices", 0, read_device_rules),
		OCI_READ("memory", 0, read_memory),
		OCI_READ("cpu", 0, read_cpu),
		OCI_READ("pids", 0, read_pids),
		OCI_READ("blockIO", 0, read_block),
		OCI_READ("hugepageLimits", 0, read_hugepages),
		OCI_READ("rdma", 0, read_rdma),
		OCI_READ("network", 0, read_network),
		OCI_READ("unified", 0, read_unified),
		OCI_END,
	};
	const struct config_resources before = *(struct config_resources *)resources;

	if (json_fields(j, table, c, resources, e) < 0)
		return -1;
	zero_is_absent(resources, &before);
	return 0;
}
