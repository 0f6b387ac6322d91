/*
 * to_oci.c - see to_oci.h. Portable.
 *
 * In the path of every run, so it is written in one pass, and only what is there. What JSON cannot say is left out or
 * changed: bytes that are no UTF-8 (in an argument or a variable) come back as the characters of their values, and the
 * v2 weight of --cpu-weight has no property of its own in the specification.
 */
#include "config/to_oci.h"

#include <string.h>

#include "config/landlock_words.h"
#include "config/names.h"

#define OCI_VERSION "1.3.0"

/* text_add() formats twice, the first time for the length. Nearly all that is written here is as long as it looks. */
static void put_bytes(struct text *t, const char *bytes, size_t n)
{
	if (t->failed || t->length + n >= t->room) {
		text_add(t, "%.*s", (int)n, bytes);
		return;
	}
	memcpy(t->bytes + t->length, bytes, n);
	t->length += n;
	t->bytes[t->length] = '\0';
}

static inline void put(struct text *t, const char *string)
{
	put_bytes(t, string, strlen(string));
}

static void put_number(struct text *t, int64_t number)
{
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
	char digits[24];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (number < 0)
		digits[--at] = '-';
	put_bytes(t, digits + at, sizeof(digits) - at);
}

/* Most strings need no escape. */
static void add_string(struct text *t, const char *string)
{
	const unsigned char *at = (const unsigned char *)string;

	while (*at >= ' ' && *at < 0x7f && *at != '"' && *at != '\\')
		at++;
	if (*at != '\0') {
		text_add_json(t, string);
		return;
	}
	put(t, "\"");
	put_bytes(t, string, (size_t)((const char *)at - string));
	put(t, "\"");
}

/* ,"NAME":"VALUE", unless @value is NULL. */
static void add_member(struct text *t, const char *name, const char *value)
{
	if (!value)
		return;
	put(t, ",\"");
	put(t, name);
	put(t, "\":");
	add_string(t, value);
}

static void add_list(struct text *t, const char *name, char *const *v)
{
	if (!v || !*v)
		return;
	put(t, ",\"");
	put(t, name);
	put(t, "\":");
	for (size_t i = 0; v[i]; i++) {
		put(t, i > 0 ? "," : "[");
		add_string(t, v[i]);
	}
	put(t, "]");
}

/* {"KEY":"VALUE",...} */
static void add_pairs(struct text *t, const struct config_pair *v, size_t n)
{
	put(t, "{");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			put(t, ",");
		add_string(t, v[i].key);
		put(t, ":");
		add_string(t, v[i].value);
	}
	put(t, "}");
}

/* ---- process ---- */

static void add_set(struct text *t, const char *name, uint64_t set, bool first)
{
	const char *separator = "\"";

	put(t, first ? "\"" : ",\"");
	put(t, name);
	put(t, "\":[");
	for (unsigned int i = 0; i < CAPABILITIES; i++) {
		if (!(set & CAPABILITY_BIT(i)))
			continue;
		put(t, separator);
		put(t, names_capability_of(i));
		put(t, "\"");
		separator = ",\"";
	}
	put(t, "]");
}

/* --privileged keeps what mini-run has, which no list can say for later: all, less what it will not have then. */
static void add_capabilities(const struct config_process *p, const struct oci_resolved *r,
			     struct text *t)
{
	static const struct config_capabilities all = {.bounding = CAPABILITIES_ALL,
						       .effective = CAPABILITIES_ALL,
						       .permitted = CAPABILITIES_ALL};
	const struct config_capabilities *s = p->has_capabilities ? r->capabilities : &all;

	put(t, ",\"capabilities\":{");
	add_set(t, "bounding", s->bounding, true);
	add_set(t, "effective", s->effective, false);
	add_set(t, "permitted", s->permitted, false);
	if (s->inheritable)
		add_set(t, "inheritable", s->inheritable, false);
	if (s->ambient)
		add_set(t, "ambient", s->ambient, false);
	put(t, "}");
}

static void add_process(const struct config_process *p, const struct oci_resolved *r, struct text *t)
{
	text_add(t, ",\"process\":{\"user\":{\"uid\":%u,\"gid\":%u,\"umask\":%u",
		 (unsigned int)r->uid, (unsigned int)r->gid, (unsigned int)r->umask);
	for (size_t i = 0; i < r->groups_n; i++)
		text_add(t, "%s%u", i > 0 ? "," : ",\"additionalGids\":[",
			 (unsigned int)r->groups[i]);
	put(t, r->groups_n > 0 ? "]}" : "}");
	if (p->terminal)
		put(t, ",\"terminal\":true");
	if (p->terminal && p->console_height && p->console_width)
		text_add(t, ",\"consoleSize\":{\"height\":%u,\"width\":%u}",
			 (unsigned int)p->console_height, (unsigned int)p->console_width);
	add_list(t, "args", p->args.v);
	add_list(t, "env", r->env);
	add_member(t, "cwd", p->cwd);
	add_capabilities(p, r, t);
	for (size_t i = 0; i < p->rlimits_n; i++)
		text_add(t, "%s{\"type\":\"%s\",\"soft\":%llu,\"hard\":%llu}",
			 i > 0 ? "," : ",\"rlimits\":[", p->rlimits[i].type,
			 (unsigned long long)p->rlimits[i].soft,
			 (unsigned long long)p->rlimits[i].hard);
	text_add(t, "%s%s", p->rlimits_n > 0 ? "]" : "",
		 p->no_new_privs ? ",\"noNewPrivileges\":true" : "");
	add_member(t, "apparmorProfile", p->apparmor_profile);
	add_member(t, "selinuxLabel", p->selinux_label);
	if (p->oom_score_adj.set)
		text_add(t, ",\"oomScoreAdj\":%lld", (long long)p->oom_score_adj.value);
	put(t, "}");
}

/* ---- linux ---- */

static void add_map(struct text *t, const char *name, const struct config_idmap *maps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text_add(t, "%s%s%s{\"containerID\":%u,\"hostID\":%u,\"size\":%u}",
			 i > 0 ? "," : ",\"", i > 0 ? "" : name, i > 0 ? "" : "\":[",
			 (unsigned int)maps[i].inside, (unsigned int)maps[i].outside,
			 (unsigned int)maps[i].size);
	if (n > 0)
		put(t, "]");
}

static void add_namespaces(const struct config *c, struct text *t)
{
	static const char *const names[NS_KINDS] = {
		[NS_USER] = "user",	  [NS_MOUNT] = "mount", [NS_PID] = "pid",
		[NS_NETWORK] = "network", [NS_IPC] = "ipc",	[NS_UTS] = "uts",
		[NS_CGROUP] = "cgroup",	  [NS_TIME] = "time",
	};
	const char *separator = "{\"type\":\"";

	put(t, "\"namespaces\":[");
	for (int kind = 0; kind < NS_KINDS; kind++) {
		if (c->ns[kind].mode == NS_INHERIT)
			continue;
		put(t, separator);
		put(t, names[kind]);
		put(t, "\"");
		if (c->ns[kind].mode == NS_JOIN)
			add_member(t, "path", c->ns[kind].path);
		put(t, "}");
		separator = ",{\"type\":\"";
	}
	put(t, "]");
	add_map(t, "uidMappings", c->idmaps.uid, c->idmaps.uids);
	add_map(t, "gidMappings", c->idmaps.gid, c->idmaps.gids);
	if (c->time_offsets)
		text_add(t,
			 ",\"timeOffsets\":{\"monotonic\":{\"secs\":%lld,\"nanosecs\":%u},"
			 "\"boottime\":{\"secs\":%lld,\"nanosecs\":%u}}",
			 (long long)c->time_monotonic.secs, (unsigned int)c->time_monotonic.nanosecs,
			 (long long)c->time_boottime.secs, (unsigned int)c->time_boottime.nanosecs);
}

/* ---- resources ---- */

/* What is not given of an object is left out, and so is the object when nothing is in it. */
struct member {
	const char *name;
	const struct config_number *number;
	const char *const *string;
	bool flag;
};

static void add_object(struct text *t, const char *name, const struct member *members, size_t n)
{
	bool opened = false;

	for (size_t i = 0; i < n; i++) {
		const struct member *m = &members[i];

		if (m->string ? !*m->string : !m->number->set)
			continue;
		if (!opened) {
			put(t, ",\"");
			put(t, name);
			put(t, "\":{\"");
		} else {
			put(t, ",\"");
		}
		opened = true;
		put(t, m->name);
		put(t, "\":");
		if (m->string)
			add_string(t, *m->string);
		else if (m->flag)
			put(t, m->number->value ? "true" : "false");
		else
			put_number(t, m->number->value);
	}
	if (opened)
		put(t, "}");
}

static void add_device_rules(const struct config_resources *r, struct text *t)
{
	put(t, "\"devices\":[");
	for (size_t i = 0; i < r->devices_n; i++) {
		const struct config_device_rule *d = &r->devices[i];

		put(t, i > 0 ? ",{\"allow\":" : "{\"allow\":");
		put(t, d->allow ? "true,\"type\":\"" : "false,\"type\":\"");
		put_bytes(t, &d->type, 1);
		put(t, "\",\"major\":");
		put_number(t, d->major);
		put(t, ",\"minor\":");
		put_number(t, d->minor);
		put(t, ",\"access\":\"");
		put(t, d->access & DEVICE_READ ? "r" : "");
		put(t, d->access & DEVICE_WRITE ? "w" : "");
		put(t, d->access & DEVICE_MKNOD ? "m\"}" : "\"}");
	}
	put(t, "]");
}

static void add_throttles(struct text *t, const char *name, const struct config_throttles *list,
			  bool *opened)
{
	for (size_t i = 0; i < list->n; i++) {
		if (i == 0)
			text_add(t, "%s\"%s\":[", *opened ? "," : ",\"blockIO\":{", name);
		text_add(t, "%s{\"major\":%lld,\"minor\":%lld,\"rate\":%llu}", i > 0 ? "," : "",
			 (long long)list->v[i].major, (long long)list->v[i].minor,
			 (unsigned long long)list->v[i].rate);
	}
	if (list->n > 0) {
		put(t, "]");
		*opened = true;
	}
}

static void add_number(struct text *t, const char *name, const struct config_number *n)
{
	if (n->set)
		text_add(t, ",\"%s\":%lld", name, (long long)n->value);
}

static void add_block(const struct config_resources *r, struct text *t)
{
	bool opened = false;

	add_throttles(t, "throttleReadBpsDevice", &r->read_bps, &opened);
	add_throttles(t, "throttleWriteBpsDevice", &r->write_bps, &opened);
	add_throttles(t, "throttleReadIOPSDevice", &r->read_iops, &opened);
	add_throttles(t, "throttleWriteIOPSDevice", &r->write_iops, &opened);
	if (!opened && r->block_weights_n == 0 && !r->block_weight.set && !r->block_leaf_weight.set)
		return;
	text_add(t, "%s\"weightDevice\":[", opened ? "," : ",\"blockIO\":{");
	for (size_t i = 0; i < r->block_weights_n; i++) {
		const struct config_block_weight *w = &r->block_weights[i];

		text_add(t, "%s{\"major\":%lld,\"minor\":%lld", i > 0 ? "," : "",
			 (long long)w->major, (long long)w->minor);
		add_number(t, "weight", &w->weight);
		add_number(t, "leafWeight", &w->leaf_weight);
		put(t, "}");
	}
	put(t, "]");
	add_number(t, "weight", &r->block_weight);
	add_number(t, "leafWeight", &r->block_leaf_weight);
	put(t, "}");
}

/* Lists of which the command line has none, and `update` may have brought some. */
static void add_lists(const struct config_resources *r, struct text *t)
{
	for (size_t i = 0; i < r->hugepages_n; i++)
		text_add(t, "%s{\"pageSize\":\"%s\",\"limit\":%llu}",
			 i > 0 ? "," : ",\"hugepageLimits\":[", r->hugepages[i].page_size,
			 (unsigned long long)r->hugepages[i].limit);
	text_add(t, "%s", r->hugepages_n > 0 ? "]" : "");
	for (size_t i = 0; i < r->rdma_n; i++) {
		const struct member values[] = {
			{"hcaHandles", &r->rdma[i].handles, NULL, false},
			{"hcaObjects", &r->rdma[i].objects, NULL, false},
		};
		bool both = r->rdma[i].handles.set && r->rdma[i].objects.set;

		put(t, i > 0 ? "," : ",\"rdma\":{");
		add_string(t, r->rdma[i].device);
		for (size_t k = 0; k < 2; k++)
			if (values[k].number->set)
				text_add(t, "%s\"%s\":%lld", k > 0 && both ? "," : ":{",
					 values[k].name, (long long)values[k].number->value);
		put(t, "}");
	}
	text_add(t, "%s", r->rdma_n > 0 ? "}" : "");
	if (!r->net_class_id.set && r->net_priorities_n == 0)
		return;
	put(t, ",\"network\":{\"priorities\":[");
	for (size_t i = 0; i < r->net_priorities_n; i++) {
		put(t, i > 0 ? ",{\"name\":" : "{\"name\":");
		add_string(t, r->net_priorities[i].key);
		text_add(t, ",\"priority\":%s}", r->net_priorities[i].value);
	}
	put(t, "]");
	add_number(t, "classID", &r->net_class_id);
	put(t, "}");
}

void resources_to_oci(const struct config_resources *r, struct text *t)
{
	const struct member memory[] = {
		{"limit", &r->memory, NULL, false},
		{"swap", &r->memory_swap, NULL, false},
		{"reservation", &r->memory_reservation, NULL, false},
		{"kernel", &r->memory_kernel, NULL, false},
		{"kernelTCP", &r->memory_kernel_tcp, NULL, false},
		{"swappiness", &r->memory_swappiness, NULL, false},
		{"disableOOMKiller", &r->memory_disable_oom, NULL, true},
		{"useHierarchy", &r->memory_use_hierarchy, NULL, true},
		{"checkBeforeUpdate", &r->memory_check_before_update, NULL, true},
	};
	const struct member cpu[] = {
		{"shares", &r->cpu_shares, NULL, false},
		{"quota", &r->cpu_quota, NULL, false},
		{"period", &r->cpu_period, NULL, false},
		{"burst", &r->cpu_burst, NULL, false},
		{"idle", &r->cpu_idle, NULL, false},
		{"realtimeRuntime", &r->cpu_rt_runtime, NULL, false},
		{"realtimePeriod", &r->cpu_rt_period, NULL, false},
		{"cpus", NULL, &r->cpuset_cpus, false},
		{"mems", NULL, &r->cpuset_mems, false},
	};
	const struct member pids = {"limit", &r->pids, NULL, false};

	put(t, "{");
	add_device_rules(r, t);
	add_object(t, "memory", memory, sizeof(memory) / sizeof(memory[0]));
	add_object(t, "cpu", cpu, sizeof(cpu) / sizeof(cpu[0]));
	add_object(t, "pids", &pids, 1);
	add_block(r, t);
	add_lists(r, t);
	if (r->unified_n > 0) {
		put(t, ",\"unified\":");
		add_pairs(t, r->unified, r->unified_n);
	}
	put(t, "}");
}

/* ---- what mini-run has beyond the specification: read by oci_landlock.c ---- */

static void add_ports(struct text *t, const char *name, const struct config_landlock_ports *ports)
{
	if (!ports->restricted)
		return;
	text_add(t, ",\"%s\":[", name);
	for (size_t i = 0; i < ports->n; i++)
		text_add(t, "%s%u", i > 0 ? "," : "", (unsigned int)ports->v[i]);
	put(t, "]");
}

static void add_landlock(const struct config_landlock *l, struct text *t)
{
	if (!landlock_wanted(l))
		return;
	put(t, ",\"miniRun\":{\"landlock\":{\"scopesOptional\":");
	put(t, l->scopes_optional ? "true" : "false");
	for (size_t i = 0; i < l->paths_n; i++) {
		const char *word = landlock_access_word(l->paths[i].access);

		put(t, i > 0 ? ",{\"path\":" : ",\"paths\":[{\"path\":");
		add_string(t, l->paths[i].path);
		add_member(t, "access", word ? word : "");
		put(t, "}");
	}
	put(t, l->paths_n > 0 ? "]" : "");
	add_ports(t, "bind", &l->bind);
	add_ports(t, "connect", &l->connect);
	put(t, ",\"scopes\":[");
	put(t, l->scope_sockets ? "\"abstract-unix-socket\"" : "");
	put(t, l->scope_sockets && l->scope_signals ? "," : "");
	put(t, l->scope_signals ? "\"signal\"" : "");
	put(t, "]}}");
}

/* ---- the documents ---- */

void config_to_oci(const struct config *c, const struct oci_resolved *r, struct text *t)
{
	put(t, "{\"ociVersion\":\"" OCI_VERSION "\",\"root\":{\"path\":");
	add_string(t, c->rootfs);
	put(t, c->rootfs_readonly ? ",\"readonly\":true}" : "}");
	add_member(t, "hostname", c->hostname);
	add_member(t, "domainname", c->domainname);
	add_process(&c->process, r, t);
	put(t, ",\"linux\":{");
	add_namespaces(c, t);
	add_member(t, "cgroupsPath", c->cgroup_path);
	put(t, ",\"resources\":");
	resources_to_oci(&c->resources, t);
	add_list(t, "maskedPaths", c->masked_paths.v);
	add_list(t, "readonlyPaths", c->readonly_paths.v);
	put(t, "}");
	if (c->annotations_n > 0) {
		put(t, ",\"annotations\":");
		add_pairs(t, c->annotations, c->annotations_n);
	}
	add_landlock(&c->landlock, t);
	put(t, "}\n");
}

void state_to_oci(const struct config *c, const char *status, int64_t pid, struct text *t)
{
	put(t, "{\"ociVersion\":");
	add_string(t, c->oci_version ? c->oci_version : OCI_VERSION);
	add_member(t, "id", c->id);
	add_member(t, "status", status);
	if (pid != 0)
		text_add(t, ",\"pid\":%lld", (long long)pid);
	add_member(t, "bundle", c->bundle ? c->bundle : "");
	if (c->annotations_n > 0) {
		put(t, ",\"annotations\":");
		add_pairs(t, c->annotations, c->annotations_n);
	}
	put(t, "}");
}
