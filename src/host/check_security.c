/*
 * check_security.c - system call filters, the security modules of the kernel, and keyrings.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sys.h"
#include "container/seccomp.h"
#include "host/check_private.h"
#include "host/seccomp_program.h"

/* ---- seccomp ---- */

/* The very filter that a container gets. The child ends under it. */
static int try_filter(const struct check_row *row)
{
	const struct seccomp_filter filter = {.v = seccomp_program, .n = seccomp_program_n};
	struct error e = {0};

	(void)row;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return errno;
	if (seccomp_filter_load(&filter, NULL, &e) < 0)
		return e.no != 0 ? e.no : EINVAL;
	return 0;
}

static void probe_filter(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	int no = check_in_child(try_filter, row);

	(void)c;
	if (no == 0) {
		check_say(f, CHECK_OK, "the default profile loads");
		return;
	}
	check_say(f, CHECK_MISSING, "the default profile does not load (%s)", strerror(no));
	check_remedy(f, "%s", row->remedy);
}

static void probe_actions(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	static const char *const wanted[] = {"errno", "kill_process", "log", "user_notif"};
	char have[256], lacking[64] = "";

	(void)c;
	check_read_line("/proc/sys/kernel/seccomp/actions_avail", have, sizeof(have));
	if (!*have) {
		check_say(f, CHECK_LIMITED,
			  "cannot be told: no /proc/sys/kernel/seccomp/actions_avail");
		check_remedy(
			f, "a kernel with CONFIG_SECCOMP_FILTER, and a /proc that shows all of it");
		return;
	}
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		size_t at = strlen(lacking);

		if (!check_has_word(have, wanted[i]))
			snprintf(lacking + at, sizeof(lacking) - at, "%s%s", at ? " " : "",
				 wanted[i]);
	}
	if (!*lacking) {
		check_say(f, CHECK_OK, "%s", have);
		return;
	}
	check_say(f, CHECK_LIMITED, "%s: without %s", row->lost, lacking);
	check_remedy(f, "%s", row->remedy);
}

static void probe_jit(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	char value[16];

	(void)c;
	check_read_line("/proc/sys/net/core/bpf_jit_enable", value, sizeof(value));
	if (!*value) {
		check_say(f, CHECK_LIMITED,
			  "cannot be told here: net.core.bpf_jit_enable is not shown");
		check_remedy(f, "look at it as root, in the first network namespace");
	} else if (strcmp(value, "0") == 0) {
		check_say(f, CHECK_LIMITED, "net.core.bpf_jit_enable is 0: %s", row->lost);
		check_remedy(f, "%s", row->remedy);
	} else {
		check_say(f, CHECK_OK,
			  "filters run as machine code (net.core.bpf_jit_enable is %s)", value);
	}
}

const struct check_row check_seccomp_rows[] = {
	{"filter", probe_filter, .required = true,
	 .remedy = "a kernel with CONFIG_SECCOMP_FILTER; --security-opt seccomp=unconfined does "
		   "without the "
		   "protection"},
	{"actions", probe_actions, .lost = "profiles that use them are refused",
	 .remedy = "Linux 5.0 or newer has them all"},
	{"JIT", probe_jit,
	 .lost = "filters are interpreted, which makes every system call of a container slower",
	 .remedy = "sysctl -w net.core.bpf_jit_enable=1"},
	{0},
};

/* ---- security modules ---- */

static void probe_modules(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	char list[256];

	(void)c;
	check_read_line("/sys/kernel/security/lsm", list, sizeof(list));
	if (*list) {
		check_say(f, CHECK_OK, "%s", list);
		return;
	}
	check_say(f, CHECK_LIMITED, "%s", row->lost);
	check_remedy(f, "%s", row->remedy);
}

/* AppArmor or SELinux, and what this process is to it: a container inherits that. */
static void probe_labels(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	char on[16], label[256];

	(void)c;
	check_read_line("/sys/module/apparmor/parameters/enabled", on, sizeof(on));
	if (strcmp(on, "Y") == 0) {
		check_read_line("/proc/self/attr/apparmor/current", label, sizeof(label));
		if (!*label)
			check_read_line("/proc/self/attr/current", label, sizeof(label));
		check_say(f, CHECK_OK, "AppArmor; this process: %s", *label ? label : "unconfined");
		return;
	}
	check_read_line("/sys/fs/selinux/enforce", on, sizeof(on));
	if (*on) {
		check_read_line("/proc/self/attr/current", label, sizeof(label));
		check_say(f, CHECK_OK, "SELinux, %s; this process: %s",
			  strcmp(on, "1") == 0 ? "enforcing" : "permissive", label);
		return;
	}
	check_say(f, CHECK_LIMITED, "%s", row->lost);
	check_remedy(f, "%s", row->remedy);
}

/* What a kernel with less than all of it cannot enforce. */
static void landlock_lacking(int abi, struct check_finding *f)
{
	if (abi < SYS_LANDLOCK_ABI_PORTS)
		check_say(f, CHECK_LIMITED,
			  "version %d: no rules for TCP ports, and with the host's network its "
			  "abstract Unix sockets are in reach",
			  abi);
	else
		check_say(f, CHECK_LIMITED,
			  "version %d: with the host's network its abstract Unix sockets are in "
			  "reach",
			  abi);
	check_remedy(f, "Linux 6.12 or newer has it all; --network none keeps the sockets out");
}

static void probe_landlock(const struct check *c, const struct check_row *row,
			   struct check_finding *f)
{
	int no = sys_probe(row->number);
	int abi = no > 0 && no != ENOSYS ? sys_landlock_abi() : -1;

	(void)c;
	if (abi >= SYS_LANDLOCK_ABI_SCOPES) {
		check_say(f, CHECK_OK, "version %d: rules for files and TCP ports, scopes", abi);
		return;
	}
	if (abi > 0) {
		landlock_lacking(abi, f);
		return;
	}
	if (no > 0 && no != ENOSYS)
		no = errno;
	check_say(f, CHECK_LIMITED, "%s: %s", no == EOPNOTSUPP ? "off since boot" : "not there",
		  row->lost);
	check_remedy(f, "%s",
		     no == EOPNOTSUPP
			     ? "boot with landlock first in lsm= on the kernel command line"
			     : row->remedy);
}

static int try_keyring(const struct check_row *row)
{
	(void)row;
	return sys_keyctl_join(NULL) < 0 ? errno : 0;
}

static void probe_keyring(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	int no = check_in_child(try_keyring, row);

	(void)c;
	if (no == 0) {
		check_say(f, CHECK_OK, "a container gets one of its own");
	} else if (no == ENOSYS) {
		check_say(f, CHECK_OK,
			  "this kernel has none, or hides them: there is no key to reach");
	} else if (no == EPERM) {
		check_say(f, CHECK_LIMITED,
			  "refused: a container keeps the caller's, under the same filter");
		check_remedy(f, "let the outer container's system call filter pass keyctl(2)");
	} else {
		/* EDQUOT above all: then a start fails with the same error. */
		check_say(f, CHECK_MISSING, "none can be made (%s): %s", strerror(no), row->lost);
		check_remedy(f, "%s", row->remedy);
	}
}

const struct check_row check_security_rows[] = {
	{"list", probe_modules, .lost = "cannot be told: securityfs is not mounted",
	 .remedy = "mount -t securityfs securityfs /sys/kernel/security"},
	{"labels", probe_labels,
	 .lost = "neither AppArmor nor SELinux is on, so no label adds to the boundary",
	 .remedy = "boot with apparmor or selinux in lsm= on the kernel command line, where the "
		   "kernel has it"},
	{"Landlock", probe_landlock, .number = SYS_landlock_create_ruleset,
	 .lost = "--landlock fails, and with the host's network its abstract Unix sockets are in "
		 "reach",
	 .remedy = "Linux 5.13 or newer with CONFIG_SECURITY_LANDLOCK"},
	{"session keyring", probe_keyring, .required = true, .lost = "no container can be started",
	 .remedy = "raise the quota: sysctl -w kernel.keys.maxkeys=2000 (root: "
		   "kernel.keys.root_maxkeys)"},
	{0},
};
