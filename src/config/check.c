/*
 * check.c - every rule that concerns more than one field, whoever filled them. Portable.
 *
 * What config_check() lets through, the rooms behind it take as given. By topic: names and places
 * here, mounts in check_mounts.c, limits in check_resources.c.
 */
#include "config/config.h"

#include <string.h>

#include "config/check_parts.h"
#include "config/container_path.h"
#include "config/names.h"

#define ID_MOST	       255
#define HOSTNAME_MOST  64
#define INTERFACE_MOST 15

static const char *const ns_names[NS_KINDS] = {
	[NS_USER] = "user", [NS_MOUNT] = "mount", [NS_PID] = "pid",	  [NS_NETWORK] = "network",
	[NS_IPC] = "ipc",   [NS_UTS] = "uts",	  [NS_CGROUP] = "cgroup", [NS_TIME] = "time",
};

/* ---- names ---- */

static const char id_letters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-.";

/* An id becomes the name of directories and part of messages. */
static int check_id(const char *id, struct error *e)
{
	if (!id || *id == '\0')
		return err_set(e, 0, "the name of the container is empty");
	if (strlen(id) > ID_MOST)
		return err_set(e, 0, "name %.40s...: longer than %d bytes", id, ID_MOST);
	/* "-x" would be an option to every command that is called with it. */
	if (id[0] == '.' || id[0] == '-' || id[strspn(id, id_letters)] != '\0')
		return err_set(
			e,
			0, "name %s: not a container's name (letters, digits, _ + - and ., no . or - in front)",
			id);
	return 0;
}

static bool has_control_bytes(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static int check_uts_name(const struct config *c, const char *name, const char *what, struct error *e)
{
	if (!name)
		return 0;
	if (!check_has_own(c, NS_UTS))
		return err_set(e, 0,
			       "%s: needs a uts namespace of its own (it would be set on the host)",
			       what);
	if (*name == '\0' || strlen(name) > HOSTNAME_MOST)
		return err_set(e, 0, "%s %.80s: not from 1 to %d bytes long", what, name,
			       HOSTNAME_MOST);
	if (has_control_bytes(name))
		return err_set(e, 0, "%s %s: contains a control character", what, name);
	return 0;
}

static int check_names(const struct config *c, struct error *e)
{
	if (check_id(c->id, e) < 0 || check_uts_name(c, c->hostname, "hostname", e) < 0 ||
	    check_uts_name(c, c->domainname, "domainname", e) < 0)
		return -1;
	if (!c->rootfs || *c->rootfs == '\0')
		return err_set(e, 0, "the root filesystem is not given (a directory)");
	return 0;
}

/* ---- process ---- */

static int check_rlimits(const struct config_process *p, struct error *e)
{
	for (size_t i = 0; i < p->rlimits_n; i++) {
		const struct config_rlimit *limit = &p->rlimits[i];
		const char *name = limit->type ? names_rlimit(limit->type) : NULL;

		if (!name || strcmp(name, limit->type) != 0)
			return err_set(e, 0, "rlimit %.40s: there is none of this name",
				       limit->type ? limit->type : "");
		if (limit->soft > limit->hard)
			return err_set(e, 0, "rlimit %s: the soft limit is above the hard one", name);
		for (size_t j = 0; j < i; j++)
			if (strcmp(p->rlimits[j].type, name) == 0)
				return err_set(e, 0, "rlimit %s is there twice", name);
	}
	return 0;
}

static int check_user(const struct config_user *u, struct error *e)
{
	bool bad = u->uid == UINT32_MAX || u->gid == UINT32_MAX;

	for (size_t i = 0; i < u->groups_n; i++)
		bad = bad || u->groups[i] == UINT32_MAX;
	if (bad)
		return err_set(e, 0, "user: 4294967295 is not an id");
	if (u->umask.set && (u->umask.value < 0 || u->umask.value > 0777))
		return err_set(e, 0, "umask: not from 0 to 777 (octal)");
	return 0;
}

static int check_capabilities(const struct config_process *p, struct error *e)
{
	const struct config_capabilities *s = &p->capabilities;

	if ((s->bounding | s->effective | s->inheritable | s->permitted | s->ambient) &
	    ~CAPABILITIES_ALL)
		return err_set(e, 0, "capabilities: a number above %d", CAPABILITIES - 1);
	if (s->effective & ~s->permitted)
		return err_set(e, 0, "capabilities: an effective one is not permitted");
	if (s->ambient & ~(s->permitted & s->inheritable))
		return err_set(e, 0, "capabilities: an ambient one is not permitted and inheritable");
	return 0;
}

static int check_process(const struct config *c, struct error *e)
{
	const struct config_process *p = &c->process;

	if (c->oci_version && !c->has_process) /* needed only for a start (runtime.md, "Start") */
		return 0;
	if (p->args.n == 0 || p->args.v[0][0] == '\0')
		return err_set(e, 0, "the command is empty (a program and its arguments)");
	if (!p->cwd)
		return err_set(e, 0, "the working directory is not given");
	if (p->cwd[0] != '/')
		return err_set(e, 0, "working directory %.200s: must be absolute (begin with /)",
			       p->cwd);
	for (size_t i = 0; i < p->env.n; i++)
		if (p->env.v[i][0] == '=' || !strchr(p->env.v[i], '='))
			return err_set(e, 0, "environment: \"%.80s\" is not NAME=VALUE", p->env.v[i]);
	if (p->console_height > UINT16_MAX || p->console_width > UINT16_MAX)
		return err_set(e, 0, "console size: more than %d rows or columns", UINT16_MAX);
	if (p->oom_score_adj.set && (p->oom_score_adj.value < -1000 || p->oom_score_adj.value > 1000))
		return err_set(e, 0, "oom-score-adj %lld: not from -1000 to 1000",
			       (long long)p->oom_score_adj.value);
	if (p->builtin_init && c->ns[NS_PID].mode != NS_NEW)
		return err_set(e, 0,
			       "init: needs a new pid namespace (it is the first process there)");
	if (check_user(&p->user, e) < 0 || check_rlimits(p, e) < 0)
		return -1;
	return p->has_capabilities ? check_capabilities(p, e) : 0;
}

/* ---- namespaces ---- */

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return (uint64_t)a < (uint64_t)b + b_size && (uint64_t)b < (uint64_t)a + a_size;
}

static int check_idmap(const struct config_idmap *maps, size_t n, const char *what, struct error *e)
{
	/* Id 4294967295 is none, so a range may reach up to it but not include it. */
	const uint64_t end = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		const struct config_idmap *m = &maps[i];

		if (m->size == 0)
			return err_set(e, 0, "%s map %u: its size is 0", what, (unsigned int)i);
		if ((uint64_t)m->inside + m->size > end || (uint64_t)m->outside + m->size > end)
			return err_set(e, 0, "%s map %u: reaches beyond the last id", what,
				       (unsigned int)i);
		for (size_t j = 0; j < i; j++)
			if (overlap(m->inside, m->size, maps[j].inside, maps[j].size) ||
			    overlap(m->outside, m->size, maps[j].outside, maps[j].size))
				return err_set(e, 0, "%s maps %u and %u overlap", what,
					       (unsigned int)j, (unsigned int)i);
	}
	return 0;
}

static int check_idmaps(const struct config_idmaps *maps, struct error *e)
{
	if (check_idmap(maps->uid, maps->uids, "uid", e) < 0)
		return -1;
	return check_idmap(maps->gid, maps->gids, "gid", e);
}

/* What dev_valid_name() of the kernel takes. */
static bool is_interface(const char *name)
{
	return *name != '\0' && strlen(name) <= INTERFACE_MOST && !strpbrk(name, "/: \t\n\v\f\r") &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* The kernel takes one "%d" for a number that it finds. A name with more of them it refuses when the device has moved. */
static bool is_interface_or_template(const char *name)
{
	const char *percent = strchr(name, '%');

	return is_interface(name) && (!percent || (percent[1] == 'd' && !strchr(percent + 1, '%')));
}

static int check_namespaces(const struct config *c, struct error *e)
{
	const struct config_idmaps *maps = &c->idmaps;

	for (int i = 0; i < NS_KINDS; i++) {
		bool has_path = c->ns[i].path && *c->ns[i].path != '\0';

		if ((c->ns[i].mode == NS_JOIN) != has_path)
			return err_set(
				e, 0, "%s namespace: a path, and only a path, makes it one to join",
				ns_names[i]);
	}
	if (!check_has_own(c, NS_MOUNT))
		return err_set(e, 0, "%sa container needs a mount namespace of its own",
			       c->oci_version ? "linux.namespaces: " : "");
	if (c->ns[NS_USER].mode == NS_NEW ? maps->uids == 0 || maps->gids == 0
					  : maps->uids != 0 || maps->gids != 0)
		return err_set(
			e, 0,
			"a new user namespace needs uid and gid maps, and nothing else has any");
	if (check_idmaps(maps, e) < 0)
		return -1;
	for (size_t i = 0; i < c->mounts_n; i++)
		if (check_idmaps(&c->mounts[i].idmaps, e) < 0)
			return err_within(e, "mount on %.200s", c->mounts[i].destination);
	if (c->time_offsets && c->ns[NS_TIME].mode != NS_NEW)
		return err_set(e, 0, "time offsets need a new time namespace");
	for (size_t i = 0; i < c->net_devices_n; i++) {
		const char *names[] = {c->net_devices[i].host_name, c->net_devices[i].name};

		if (!check_has_own(c, NS_NETWORK))
			return err_set(e, 0, "network devices need a network namespace of their own");
		for (int k = 0; k < 2; k++)
			if (names[k] && !(k == 0 ? is_interface : is_interface_or_template)(names[k]))
				return err_set(e, 0, "network device %.40s: not an interface's name",
					       names[k]);
	}
	return 0;
}

/* ---- sysctls ---- */

/* The parameters that each namespace has for itself. Any other is the host's. */
static const struct {
	const char *name; /* with a dot behind it: all below */
	enum config_ns_kind ns;
} sysctls[] = {
	{"fs.mqueue.", NS_IPC},
	{"kernel.domainname", NS_UTS},
	{"kernel.hostname", NS_UTS},
	{"kernel.msg_next_id", NS_IPC},
	{"kernel.msgmax", NS_IPC},
	{"kernel.msgmnb", NS_IPC},
	{"kernel.msgmni", NS_IPC},
	{"kernel.sem", NS_IPC},
	{"kernel.sem_next_id", NS_IPC},
	{"kernel.shm_next_id", NS_IPC},
	{"kernel.shm_rmid_forced", NS_IPC},
	{"kernel.shmall", NS_IPC},
	{"kernel.shmmax", NS_IPC},
	{"kernel.shmmni", NS_IPC},
	{"net.", NS_NETWORK},
};

/*
 * Whether @key is a sysctl's name, and no way to another file. Dots separate; in a key that has a
 * slash in it slashes do, and dots are part of a name (net/ipv4/conf/eth0.1/...), as in sysctl(8).
 * *ret_dotted has the dots of the first form in any case.
 */
static bool normal_sysctl(const char *key, char *ret_dotted, size_t size)
{
	char separator = strchr(key, '/') && strcspn(key, "/") < strcspn(key, ".") ? '/' : '.';
	size_t part = 0, i;

	for (i = 0; key[i] != '\0'; i++) {
		unsigned char byte = (unsigned char)key[i];

		if (i + 1 >= size || byte <= ' ' || byte == 0x7f)
			return false;
		if (key[i] == separator) {
			if (part == 0)
				return false;
			part = 0;
		} else {
			part++;
		}
		ret_dotted[i] = key[i] == separator ? '.' : key[i];
		/* In the dotted form a slash stands for a dot in the file's name, so ".." can be
		 * hidden so too. */
		if (i > 0 && strchr("./", key[i]) && strchr("./", key[i - 1]))
			return false;
	}
	ret_dotted[i] = '\0';
	return part > 0;
}

/* A name that is given twice, and differently: nobody can say which is meant. */
static int check_names_agree(const struct config *c, const char *key, const char *value,
			     struct error *e)
{
	bool host = strcmp(key, "kernel.hostname") == 0;
	const char *other = host ? c->hostname : c->domainname;

	if ((!host && strcmp(key, "kernel.domainname") != 0) || !other || strcmp(other, value) == 0)
		return 0;
	return err_set(e, 0, "sysctl %s: %.80s, and the %s is %.80s", key, value,
		       host ? "hostname" : "domainname", other);
}

static int check_sysctl(const struct config *c, const struct config_pair *pair, struct error *e)
{
	char key[256];

	if (!normal_sysctl(pair->key, key, sizeof(key)))
		return err_set(e, 0, "sysctl %.100s: not the name of a kernel parameter", pair->key);
	for (size_t i = 0; i < sizeof(sysctls) / sizeof(sysctls[0]); i++) {
		const char *name = sysctls[i].name;
		size_t length = strlen(name);
		bool all_below = name[length - 1] == '.';

		if (all_below ? strncmp(key, name, length) != 0 : strcmp(key, name) != 0)
			continue;
		if (check_has_own(c, sysctls[i].ns))
			return check_names_agree(c, key, pair->value, e);
		return err_set(
			e, 0,
			"sysctl %.100s: needs its own %s namespace (it would be set on the host)",
			pair->key, ns_names[sysctls[i].ns]);
	}
	return err_set(e, 0, "sysctl %.100s: belongs to no namespace (it would be set on the host)",
		       pair->key);
}

/* ---- the rest ---- */

static int check_cgroup_path(const struct config *c, struct error *e)
{
	const char *path = c->cgroup_path, *at = path;

	if (!path)
		return 0;
	if (*path == '\0' || path[strspn(path, "/.")] == '\0')
		return err_set(e, 0, "cgroup path \"%.100s\": names no cgroup", path);
	while (*at != '\0') {
		size_t length = strcspn(at, "/");

		if (length == 2 && memcmp(at, "..", 2) == 0)
			return err_set(e, 0, "cgroup path %.200s: must not contain \"..\"", path);
		at += length + (at[length] == '/');
	}
	if (has_control_bytes(path))
		return err_set(e, 0, "cgroup path %.200s: contains a control character", path);
	return 0;
}

static int check_hooks(const struct config *c, struct error *e)
{
	for (int kind = 0; kind < HOOK_KINDS; kind++)
		for (size_t i = 0; i < c->hooks[kind].n; i++) {
			const struct config_hook *h = &c->hooks[kind].v[i];

			if (!h->path || h->path[0] != '/')
				return err_set(e, 0, "hook %.200s: its path must be absolute",
					       h->path ? h->path : "");
			if (h->timeout.set && h->timeout.value <= 0)
				return err_set(e, 0, "hook %.200s: its timeout must be more than 0",
					       h->path);
		}
	return 0;
}

static int check_seccomp(const struct config_seccomp *s, struct error *e)
{
	if (s->mode != SECCOMP_MODE_PROFILE)
		return 0;
	if (s->listener_metadata && *s->listener_metadata && (!s->listener_path || !*s->listener_path))
		return err_set(e, 0, "seccomp: listener metadata without a listener path");
	if (s->default_action == SECCOMP_NOTIFY)
		return err_set(e, 0, "seccomp: SCMP_ACT_NOTIFY cannot be the default action");
	return 0;
}

int config_check(const struct config *c, struct error *e)
{
	if (check_names(c, e) < 0 || check_process(c, e) < 0 || check_mounts(c, e) < 0 ||
	    check_namespaces(c, e) < 0 || check_resources(c, e) < 0 || check_cgroup_path(c, e) < 0 ||
	    check_hooks(c, e) < 0 || check_seccomp(&c->seccomp, e) < 0 || check_landlock(c, e) < 0)
		return -1;
	for (size_t i = 0; i < c->sysctls_n; i++)
		if (check_sysctl(c, &c->sysctls[i], e) < 0)
			return -1;
	if (c->timeout_ms < 0)
		return err_set(e, 0, "timeout: must be more than 0");
	return 0;
}
