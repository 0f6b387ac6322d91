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

/* "NAME=VALUE"; docker's older form has a colon there. */
static int take_security_opt(void *into, const char *value, struct error *e)
{
	struct args *a = into;
	size_t length = strcspn(value, "=:");
	const char *setting = value[length] != '\0' ? value + length + 1 : NULL;

	if (length == strlen("seccomp") && strncmp(value, "seccomp", length) == 0) {
		if (!setting || *setting == '\0')
			return err_set(e, 0, "needs a profile (seccomp=FILE, or seccomp=unconfined)");
		return args_keep(a, setting, &a->seccomp, e);
	}
	if (length == strlen("no-new-privileges") &&
	    strncmp(value, "no-new-privileges", length) == 0) {
		if (!setting || strcmp(setting, "true") == 0)
			a->no_new_privs = (struct config_number){true, 1};
		else if (strcmp(setting, "false") == 0)
			a->no_new_privs = (struct config_number){true, 0};
		else
			return err_set(e, 0, "is either true or false");
		return 0;
	}
	return err_set(e, 0,
		       "no such setting (seccomp=FILE, seccomp=unconfined, no-new-privileges=true "
		       "or false)");
}

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
	 "no-new-privileges=false: let set-user-id programs and file capabilities work",
	 take_security_opt},
	{0, "privileged", NULL,
	 "Take the boundary away, for trusted commands only: every capability of mini-run itself, "
	 "no system call filter, nothing of /proc and /sys masked or read-only, every device "
	 "allowed, device nodes in the root filesystem alive, set-user-id programs work. "
	 "Namespaces, limits and a read-only mount of --sysfs stay",
	 take_privileged},
	{0, "sysctl", "KEY=VALUE",
	 "Set a kernel parameter that belongs to a namespace of the container (kernel.shm*, "
	 "kernel.msg*, kernel.sem, fs.mqueue.*; net.* with --network none); may be repeated",
	 take_sysctl},
	{0},
};
