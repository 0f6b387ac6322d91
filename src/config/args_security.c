/*
 * args_security.c - options that loosen or tighten the boundary. Portable.
 */
#include "config/args_parts.h"

#include <string.h>

#include "config/names.h"

/* The capabilities that container engines grant by default. */
static const char *const default_capabilities[] = {
	"CHOWN",   "DAC_OVERRIDE", "FSETID",	       "FOWNER",
	"MKNOD",   "NET_RAW",	   "SETGID",	       "SETUID",
	"SETFCAP", "SETPCAP",	   "NET_BIND_SERVICE", "SYS_CHROOT",
	"KILL",	   "AUDIT_WRITE",
};

static int take_capability(struct args *a, void *into, const char *name, struct error *e)
{
	struct args_capabilities *list = into;
	int number = names_capability(name);

	(void)a;
	if (strcmp(name, "ALL") == 0 || strcmp(name, "all") == 0)
		list->all = true;
	else if (number >= 0)
		list->bits |= CAPABILITY_BIT(number);
	else
		return err_set(e, 0, "no such capability (a name such as NET_ADMIN, or ALL)");
	return 0;
}

static int take_cap_add(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	return args_each(a, value, &a->cap_add, take_capability, e);
}

static int take_cap_drop(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	return args_each(a, value, &a->cap_drop, take_capability, e);
}

static int take_privileged(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	(void)value;
	(void)e;
	a->privileged = true;
	return 0;
}

/* ---- --security-opt ---- */

static int take_seccomp(struct args *a, const char *setting, struct error *e)
{
	if (!setting || *setting == '\0')
		return err_set(e, 0, "needs a profile (seccomp=FILE, or seccomp=unconfined)");
	return args_keep(a, setting, &a->seccomp, e);
}

/* NULL: the bare name, which means yes. */
static int take_boolean(const char *setting, bool *ret, struct error *e)
{
	if (setting && strcmp(setting, "true") != 0 && strcmp(setting, "false") != 0)
		return err_set(e, 0, "is either true or false");
	*ret = !setting || strcmp(setting, "true") == 0;
	return 0;
}

static int take_seccomp_log(struct args *a, const char *setting, struct error *e)
{
	return take_boolean(setting, &a->config->seccomp_log, e);
}

static int take_no_new_privileges(struct args *a, const char *setting, struct error *e)
{
	bool value = true;

	if (take_boolean(setting, &value, e) < 0)
		return -1;
	a->no_new_privs = (struct config_number){true, value};
	return 0;
}

static int take_apparmor(struct args *a, const char *setting, struct error *e)
{
	if (!setting || *setting == '\0')
		return err_set(e, 0, "needs a profile (apparmor=PROFILE, or apparmor=unconfined)");
	return args_keep(a, setting, &a->config->process.apparmor_profile, e);
}

/* An SELinux label: user:role:type, and with MLS a level behind it. What it means only the kernel's policy knows. */
static bool is_label(const char *text)
{
	for (int parts = 1;; parts++) {
		size_t length = strcspn(text, ":");

		if (length == 0)
			return false;
		if (text[length] == '\0')
			return parts >= 3;
		text += length + 1;
	}
}

/* Engines put a label together from such parts, and choose the rest. Here nobody chooses one. */
static bool is_part_of_label(const char *text)
{
	static const char *const parts[] = {"user:", "role:", "type:", "level:", "filetype:"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strncmp(text, parts[i], strlen(parts[i])) == 0)
			return true;
	return false;
}

static int take_label(struct args *a, const char *setting, struct error *e)
{
	if (setting && strcmp(setting, "disable") == 0) {
		a->config->process.selinux_label = NULL; /* as without the option */
		return 0;
	}
	if (setting && is_part_of_label(setting))
		return err_set(e, 0,
			       "is a part of a label, and mini-run chooses no others (give the "
			       "whole of it: label=USER:ROLE:TYPE:LEVEL)");
	if (!setting || !is_label(setting))
		return err_set(e, 0,
			       "not an SELinux label (label=USER:ROLE:TYPE:LEVEL, or "
			       "label=disable)");
	return args_keep(a, setting, &a->config->process.selinux_label, e);
}

/* "NAME=VALUE"; docker's older form has a colon there. */
static int take_security_opt(void *into, const char *value, struct error *e)
{
	static const struct {
		const char *name;
		int (*take)(struct args *a, const char *setting, struct error *e);
	} settings[] = {
		{"seccomp", take_seccomp},
		{"seccomp-log", take_seccomp_log},
		{"no-new-privileges", take_no_new_privileges},
		{"apparmor", take_apparmor},
		{"label", take_label},
	};
	size_t length = strcspn(value, "=:");

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (strlen(settings[i].name) == length &&
		    strncmp(value, settings[i].name, length) == 0)
			return settings[i].take(
				into, value[length] != '\0' ? value + length + 1 : NULL, e);
	return err_set(e, 0,
		       "no such setting (seccomp=FILE, seccomp=unconfined, seccomp-log, "
		       "apparmor=PROFILE, label=LABEL, no-new-privileges=true or false)");
}

/* ---- the others ---- */

static int take_network(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	if (strcmp(value, "host") != 0 && strcmp(value, "none") != 0 && !strchr(value, '/'))
		return err_set(
			e, 0,
			"not host, none, or the path of a network namespace (mini-run makes no "
			"networks: make one with ip-netns(8) and name it as /run/netns/NAME)");
	return args_keep(a, value, &a->network, e);
}

static int take_sysctl(void *into, const char *value, struct error *e)
{
	struct args *a = into;

	return args_pair(a, value, &a->config->sysctls, &a->config->sysctls_n, e);
}

static int finish_capabilities(struct args *a, struct error *e)
{
	struct config_process *p = &a->config->process;
	uint64_t set = 0;

	if (a->cap_add.all && a->cap_drop.all)
		return err_set(e, 0,
			       "--cap-add ALL and --cap-drop ALL exclude each other (give one)");
	for (unsigned int i = 0; i < CAPABILITIES; i++)
		if (a->cap_add.bits & a->cap_drop.bits & CAPABILITY_BIT(i))
			return err_set(e, 0, "%s is both in --cap-add and in --cap-drop (give one)",
				       names_capability_of(i));
	if (a->privileged && !a->cap_drop.all && a->cap_drop.bits == 0)
		return 0; /* nothing is taken away from what mini-run has itself */
	if (a->cap_add.all || (a->privileged && !a->cap_drop.all))
		set = CAPABILITIES_ALL;
	else if (!a->cap_drop.all)
		for (size_t i = 0; i < sizeof(default_capabilities) / sizeof(char *); i++)
			set |= CAPABILITY_BIT(names_capability(default_capabilities[i]));
	set = (set | a->cap_add.bits) & ~a->cap_drop.bits;
	p->has_capabilities = true;
	p->capabilities.bounding = p->capabilities.effective = p->capabilities.permitted = set;
	return 0;
}

const char *args_seccomp_file(const struct args *a)
{
	if (!a->seccomp || strcmp(a->seccomp, "unconfined") == 0 || strcmp(a->seccomp, "builtin") == 0)
		return NULL;
	return a->seccomp;
}

int args_finish_security(struct args *a, struct error *e)
{
	struct config *c = a->config;

	if (finish_capabilities(a, e) < 0)
		return -1;
	c->process.no_new_privs = a->no_new_privs.set ? a->no_new_privs.value != 0 : !a->privileged;
	if (a->seccomp ? strcmp(a->seccomp, "unconfined") == 0 : a->privileged)
		c->seccomp.mode = SECCOMP_MODE_UNCONFINED;
	else /* a profile from a file takes this place when it is read */
		c->seccomp.mode = SECCOMP_MODE_DEFAULT;
	if (c->seccomp_log && c->seccomp.mode == SECCOMP_MODE_UNCONFINED)
		return err_set(e, 0,
			       "--security-opt seccomp-log: there is no filter that could refuse a "
			       "system call (%s)",
			       a->seccomp ? "leave out seccomp=unconfined"
					  : "add seccomp=builtin or seccomp=FILE to --privileged");
	return 0;
}

const struct option_row args_rows_security[] = {
	{0, "network", "host|none|PATH",
	 "The host's network (default), none but its own loopback interface, or the "
	 "network namespace at PATH",
	 take_network},
	{0, "net", "host|none|PATH", "The same as --network", take_network},
	{0, "cap-add", "NAME",
	 "Grant a capability (NET_ADMIN, ...) beside the fourteen of the default, or "
	 "ALL; may be repeated",
	 take_cap_add},
	{0, "cap-drop", "NAME", "Take one away, or ALL but those of --cap-add; may be repeated",
	 take_cap_drop},
	{0, "security-opt", "NAME=VALUE",
	 "seccomp=FILE: filter system calls by this profile. seccomp=unconfined: not at all. "
	 "seccomp-log: name every refused system call at the end. apparmor=PROFILE, label=LABEL: "
	 "confine by AppArmor or SELinux. "
	 "no-new-privileges=false: let set-user-id programs and file capabilities work",
	 take_security_opt},
	{0, "privileged", NULL,
	 "Take the boundary away, for trusted commands only: every capability of mini-run itself, "
	 "no system call filter, no scopes of Landlock, nothing of /proc and /sys masked or "
	 "read-only, every device "
	 "allowed, device nodes in the root filesystem alive, set-user-id programs work. "
	 "Namespaces, limits and a read-only mount of --sysfs stay",
	 take_privileged},
	{0, "sysctl", "KEY=VALUE",
	 "Set a kernel parameter that belongs to a namespace of the container (kernel.shm*, "
	 "kernel.msg*, kernel.sem, fs.mqueue.*; net.* with --network none); may be repeated",
	 take_sysctl},
	{0},
};
