/*
 * oci_process.c - "process" of a config.json, and of `exec --process` (config.md, "Process"). Portable.
 */
#include "config/oci_parts.h"

#include <string.h>

#include "config/names.h"

#define AT(field) offsetof(struct config_process, field)

/* ---- args, env, terminal, user ---- */

static int read_args(const struct json *j, struct config *c, void *field, struct error *e)
{
	struct config_strings *args = field;

	if (json_get_strings(j, c, args, e) < 0)
		return -1;
	if (args->n == 0 || args->v[0][0] == '\0')
		return json_error(j, e, "empty (a program and its arguments)");
	return 0;
}

static int env_entry(const struct json *j, struct config *c, void *into, struct error *e)
{
	const char *text = NULL;

	if (json_get_string(j, &text, e) < 0)
		return -1;
	if (*text == '=' || !strchr(text, '='))
		return json_error(j, e, "\"%.80s\" is not NAME=VALUE", text);
	return config_strings_add(c, into, text, e);
}

static int read_env(const struct json *j, struct config *c, void *field, struct error *e)
{
	return oci_each(j, c, field, env_entry, e);
}

/* To be ignored where there is no terminal, whatever it is: so the row stands behind that of "terminal". */
static int read_console_size(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct json_field table[] = {
		{.name = "height",
		 .kind = JSON_U32,
		 .offset = AT(console_height),
		 .required = true,
		 .max = UINT16_MAX},
		{.name = "width",
		 .kind = JSON_U32,
		 .offset = AT(console_width),
		 .required = true,
		 .max = UINT16_MAX},
		OCI_END,
	};
	const struct config_process *p = field;

	return p->terminal ? json_fields(j, table, c, field, e) : 0;
}

static int group(const struct json *j, struct config *c, void *into, struct error *e)
{
	struct config_user *u = into;
	uint64_t gid = 0;
	uint32_t *slot;

	if (json_get_u64(j, 0, OCI_ID_MOST, &gid, e) < 0)
		return -1;
	slot = arena_append(&c->arena, &u->groups, &u->groups_n, sizeof(*slot));
	if (!slot)
		return err_no_memory(e);
	*slot = (uint32_t)gid;
	return 0;
}

static int read_groups(const struct json *j, struct config *c, void *field, struct error *e)
{
	return oci_each(j, c, field, group, e);
}

static int read_user(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct json_field table[] = {
		OCI_NEED_RANGE("uid", JSON_U32, offsetof(struct config_user, uid), 0, OCI_ID_MOST),
		OCI_NEED_RANGE("gid", JSON_U32, offsetof(struct config_user, gid), 0, OCI_ID_MOST),
		OCI_RANGE("umask", JSON_NUMBER, offsetof(struct config_user, umask), 0, 0777),
		OCI_READ("additionalGids", 0, read_groups),
		OCI_END,
	};

	return json_fields(j, table, c, field, e);
}

/* ---- limits ---- */

static int rlimit(const struct json *j, struct config *c, void *into, struct error *e)
{
	static const struct json_field table[] = {
		OCI_NEED("type", JSON_STRING, offsetof(struct config_rlimit, type)),
		OCI_NEED("soft", JSON_U64, offsetof(struct config_rlimit, soft)),
		OCI_NEED("hard", JSON_U64, offsetof(struct config_rlimit, hard)),
		OCI_END,
	};
	struct config_process *p = into;
	struct config_rlimit limit = {0}, *new;
	struct json at;
	const char *name;

	if (json_fields(j, table, c, &limit, e) < 0)
		return -1;
	at = json_member(j, "type");
	name = names_rlimit(limit.type);
	if (!name || strcmp(name, limit.type) != 0)
		return json_error(&at, e, "%.60s: there is none of this name", limit.type);
	for (size_t i = 0; i < p->rlimits_n; i++)
		if (strcmp(p->rlimits[i].type, name) == 0)
			return json_error(&at, e, "%s is there twice", name);
	at = json_member(j, "soft");
	if (limit.soft > limit.hard)
		return json_error(&at, e, "%llu is above the hard limit, %llu",
				  (unsigned long long)limit.soft, (unsigned long long)limit.hard);
	new = arena_append(&c->arena, &p->rlimits, &p->rlimits_n, sizeof(*new));
	if (!new)
		return err_no_memory(e);
	*new = limit;
	return 0;
}

static int read_rlimits(const struct json *j, struct config *c, void *field, struct error *e)
{
	return oci_each(j, c, field, rlimit, e);
}

static int read_oom_score(const struct json *j, struct config *c, void *field, struct error *e)
{
	struct config_number *n = field;

	(void)c;
	if (json_get_i64(j, -1000, 1000, &n->value, e) < 0)
		return -1;
	n->set = true;
	return 0;
}

/* ---- capabilities ---- */

/* What cannot be given is a warning and no error (config.md, "capabilities"). */
static int capability_refused(struct config *c, struct config_process *p, const char *text,
			      struct error *e)
{
	for (size_t i = 0; i < p->unknown_capabilities.n; i++)
		if (strcmp(p->unknown_capabilities.v[i], text) == 0)
			return 0;
	return config_strings_add(c, &p->unknown_capabilities, text, e);
}

static int capability_set(const struct json *j, struct config *c, struct config_process *p,
			  uint64_t *set, struct error *e)
{
	struct config_strings names = {0};

	if (json_get_strings(j, c, &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		int number = names_capability(names.v[i]);

		if (number >= 0)
			*set |= CAPABILITY_BIT(number);
		else if (capability_refused(c, p, names.v[i], e) < 0)
			return -1;
	}
	return 0;
}

/* The kernel makes ambient only what is permitted and inheritable too (capabilities(7)). */
static int drop_ambient(struct config *c, struct config_process *p, struct error *e)
{
	struct config_capabilities *s = &p->capabilities;
	uint64_t impossible = s->ambient & ~(s->permitted & s->inheritable);

	s->ambient &= ~impossible;
	for (unsigned int i = 0; i < CAPABILITIES; i++)
		if (impossible & CAPABILITY_BIT(i)) {
			const char *text = arena_format(
				&c->arena,
				"%s (as an ambient one: it is not permitted and inheritable)",
				names_capability_of(i));

			if (!text)
				return err_no_memory(e);
			if (capability_refused(c, p, text, e) < 0)
				return -1;
		}
	return 0;
}

static int read_capabilities(const struct json *j, struct config *c, void *field, struct error *e)
{
	struct config_process *p = field;
	struct config_capabilities *s = &p->capabilities;
	const struct {
		const char *name;
		uint64_t *set;
	} sets[] = {
		{"bounding", &s->bounding},	  {"effective", &s->effective},
		{"inheritable", &s->inheritable}, {"permitted", &s->permitted},
		{"ambient", &s->ambient},
	};
	struct json at;

	if (json_get_object(j, e) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		at = json_member(j, sets[i].name);
		if (capability_set(&at, c, p, sets[i].set, e) < 0)
			return -1;
	}
	at = json_member(j, "effective");
	for (unsigned int i = 0; i < CAPABILITIES; i++)
		if (s->effective & ~s->permitted & CAPABILITY_BIT(i))
			return json_error(&at, e, "%s is not among the permitted ones",
					  names_capability_of(i));
	return drop_ambient(c, p, e);
}

/* ---- scheduling ---- */

static int read_policy(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const char *const policies[] = {
		"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR",       "SCHED_BATCH",
		"SCHED_ISO",   "SCHED_IDLE", "SCHED_DEADLINE", NULL,
	};

	(void)c;
	return oci_name(j, policies, field, e);
}

static int read_scheduler_flags(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const char *const flags[] = {
		"SCHED_FLAG_RESET_ON_FORK",  "SCHED_FLAG_RECLAIM",
		"SCHED_FLAG_DL_OVERRUN",     "SCHED_FLAG_KEEP_POLICY",
		"SCHED_FLAG_KEEP_PARAMS",    "SCHED_FLAG_UTIL_CLAMP_MIN",
		"SCHED_FLAG_UTIL_CLAMP_MAX", NULL,
	};

	return oci_names(j, flags, c, field, e);
}

/* Each policy has parameters of its own (sched_setattr(2)); a value for another one would mean nothing. */
static int check_scheduler(const struct json *j, const struct config_scheduler *s, struct error *e)
{
	bool fixed = strcmp(s->policy, "SCHED_FIFO") == 0 || strcmp(s->policy, "SCHED_RR") == 0;
	bool deadline = strcmp(s->policy, "SCHED_DEADLINE") == 0;
	struct json at;

	at = json_member(j, "nice");
	if (s->nice < -20 || s->nice > 19)
		return json_error(&at, e, "%d is not between -20 and 19", (int)s->nice);
	at = json_member(j, "priority");
	if (s->priority != 0 && !fixed)
		return json_error(&at, e, "only SCHED_FIFO and SCHED_RR have one");
	if (fixed && (s->priority < 1 || s->priority > 99))
		return json_error(&at, e, "%d is not between 1 and 99", (int)s->priority);
	at = json_member(j, s->runtime_ns ? "runtime" : s->deadline_ns ? "deadline" : "period");
	if ((s->runtime_ns || s->deadline_ns || s->period_ns) && !deadline)
		return json_error(&at, e, "only SCHED_DEADLINE has one");
	return 0;
}

static int read_scheduler(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct json_field table[] = {
		OCI_NEED_READ("policy", offsetof(struct config_scheduler, policy), read_policy),
		OCI_FIELD("nice", JSON_I32, offsetof(struct config_scheduler, nice)),
		OCI_FIELD("priority", JSON_I32, offsetof(struct config_scheduler, priority)),
		OCI_READ("flags", offsetof(struct config_scheduler, flags), read_scheduler_flags),
		OCI_FIELD("runtime", JSON_U64, offsetof(struct config_scheduler, runtime_ns)),
		OCI_FIELD("deadline", JSON_U64, offsetof(struct config_scheduler, deadline_ns)),
		OCI_FIELD("period", JSON_U64, offsetof(struct config_scheduler, period_ns)),
		OCI_END,
	};
	struct config_scheduler *s = field;

	s->set = true;
	if (json_fields(j, table, c, s, e) < 0)
		return -1;
	return check_scheduler(j, s, e);
}

static int read_io_class(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const char *const classes[] = {"IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE",
					      "IOPRIO_CLASS_IDLE", NULL};

	(void)c;
	return oci_name(j, classes, field, e);
}

static int read_io_priority(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct json_field table[] = {
		OCI_NEED_READ("class", offsetof(struct config_io_priority, class), read_io_class),
		OCI_NEED_RANGE("priority", JSON_I64, offsetof(struct config_io_priority, priority),
			       0, 7),
		OCI_END,
	};
	struct config_io_priority *io = field;

	io->set = true;
	return json_fields(j, table, c, io, e);
}

static int read_affinity(const struct json *j, struct config *c, void *field, struct error *e)
{
	static const struct json_field table[] = {
		OCI_READ("initial", AT(affinity_initial), oci_list),
		OCI_READ("final", AT(affinity_final), oci_list),
		OCI_END,
	};

	return json_fields(j, table, c, field, e);
}

int oci_process(const struct json *j, struct config *c, void *process, struct error *e)
{
	static const struct json_field table[] = {
		OCI_FIELD("terminal", JSON_BOOL, AT(terminal)),
		OCI_READ("consoleSize", 0, read_console_size),
		OCI_NEED_READ("args", AT(args), read_args),
		OCI_READ("env", AT(env), read_env),
		OCI_NEED_READ("cwd", AT(cwd), oci_absolute),
		OCI_READ("user", AT(user), read_user), /* required, but every runtime takes it for root */
		OCI_READ("rlimits", 0, read_rlimits),
		OCI_READ("capabilities", 0, read_capabilities),
		OCI_FIELD("noNewPrivileges", JSON_BOOL, AT(no_new_privs)),
		OCI_READ("apparmorProfile", AT(apparmor_profile), oci_text),
		OCI_READ("selinuxLabel", AT(selinux_label), oci_text),
		OCI_READ("oomScoreAdj", AT(oom_score_adj), read_oom_score),
		OCI_READ("scheduler", AT(scheduler), read_scheduler),
		OCI_READ("ioPriority", AT(io_priority), read_io_priority),
		OCI_READ("execCPUAffinity", 0, read_affinity),
		OCI_END,
	};

	return json_fields(j, table, c, process, e);
}
