/*
 * check_namespaces.c - the kinds of namespaces, each really made, in a child that ends with it; and
 * what an ordinary user would need for containers of his own.
 *
 * That a kind is listed in /proc/self/ns says only that the kernel was built with it. Distributions
 * forbid user namespaces in four ways, and all but one of them show only when one is made and used.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "host/check_private.h"
#include "host/rootless.h"
#include "host/subids.h"

#define NOBODY 65534

static int try_unshare(const struct check_row *row)
{
	return unshare((int)row->number) == 0 ? 0 : errno;
}

/* Why a namespace of the kind row->text could not be made, from what unshare(2) answered. */
static void explain(const struct check *c, const struct check_row *row, int no,
		    struct check_finding *f)
{
	enum check_status status = row->required ? CHECK_MISSING : CHECK_LIMITED;

	if (no == EINVAL || no == ENOSYS) {
		check_say(f, status, "this kernel has none: %s", row->lost);
		check_remedy(f, "a kernel built with %s", row->remedy);
	} else if (no == ENOSPC || no == EUSERS) {
		check_say(f, status, "as many are in use as are allowed: %s", row->lost);
		check_remedy(f, "raise it: sysctl -w user.max_%s_namespaces=10000", row->text);
	} else if (no == EPERM && !check_capable(c, CAP_SYS_ADMIN)) {
		check_say(f, status, "not for this user: %s", row->lost);
		check_remedy(f, "run it as root");
	} else {
		check_say(f, status, "refused (%s): %s", strerror(no), row->lost);
		check_remedy(f, "%s",
			     c->contained ? "the outer container's system call filter or security "
					    "module forbids it: loosen that"
					  : "a system call filter or a security module forbids it");
	}
}

static void probe_namespace(const struct check *c, const struct check_row *row,
			    struct check_finding *f)
{
	int no = check_in_child(try_unshare, row);

	if (no == 0)
		check_say(f, CHECK_OK, "made one");
	else
		explain(c, row, no, f);
}

#define LOST_RUN "no container can be started"

const struct check_row check_namespace_rows[] = {
	{"PID", probe_namespace, .required = true, .number = CLONE_NEWPID, .text = "pid",
	 .lost = LOST_RUN, .remedy = "CONFIG_PID_NS"},
	{"mount", probe_namespace, .required = true, .number = CLONE_NEWNS, .text = "mnt",
	 .lost = LOST_RUN, .remedy = "CONFIG_NAMESPACES"},
	{"UTS", probe_namespace, .required = true, .number = CLONE_NEWUTS, .text = "uts",
	 .lost = LOST_RUN, .remedy = "CONFIG_UTS_NS"},
	{"IPC", probe_namespace, .required = true, .number = CLONE_NEWIPC, .text = "ipc",
	 .lost = LOST_RUN, .remedy = "CONFIG_IPC_NS"},
	{"cgroup", probe_namespace, .required = true, .number = CLONE_NEWCGROUP, .text = "cgroup",
	 .lost = LOST_RUN, .remedy = "CONFIG_CGROUPS"},
	{"network", probe_namespace, .number = CLONE_NEWNET, .text = "net",
	 .lost = "--network none fails", .remedy = "CONFIG_NET_NS"},
	{"user", probe_namespace, .number = CLONE_NEWUSER, .text = "user",
	 .lost = "no container can have ids of its own", .remedy = "CONFIG_USER_NS"},
	{"time", probe_namespace, .number = CLONE_NEWTIME, .text = "time",
	 .lost = "no container can have clocks of its own", .remedy = "CONFIG_TIME_NS"},
	{0},
};

/* ---- without root ---- */

/*
 * Becomes an ordinary user where that is not done yet, makes a user namespace, and uses a right in
 * it. AppArmor's restriction lets the first succeed and takes every right away inside.
 */
static int try_as_user(const struct check_row *row)
{
	int no;

	(void)row;
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
			       setresuid(NOBODY, NOBODY, NOBODY) < 0))
		return ECHILD; /* none of unshare(2)'s */
	if (unshare(CLONE_NEWUSER) < 0)
		return errno;
	no = unshare(CLONE_NEWNS | CLONE_NEWUTS) < 0 ? errno : 0;
	return no == EPERM || no == EACCES ? EKEYREJECTED : no;
}

/* The first of the ways to forbid user namespaces that is in use here. */
static bool forbidden_by_sysctl(struct check_finding *f)
{
	struct rootless_switch way;

	if (!rootless_forbidden(&way))
		return false;
	check_say(f, CHECK_MISSING, "forbidden to ordinary users: %s is %s", way.path, way.value);
	check_remedy(f, "%s", way.remedy);
	return true;
}

static void probe_as_user(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	int no = rootless_inside() ? 0 : check_in_child(try_as_user, row);

	(void)c;
	if (no == 0) {
		check_say(f, CHECK_OK, "an ordinary user can make one and has rights in it");
	} else if (no == ECHILD) {
		check_say(f, CHECK_LIMITED,
			  "cannot be told: this process may not become an ordinary user");
		check_remedy(f, "run the check as that user");
	} else if (!forbidden_by_sysctl(f)) {
		check_say(f, CHECK_MISSING, "%s (%s)",
			  no == EKEYREJECTED
				  ? "an ordinary user can make one, and has no rights in it"
				  : "an ordinary user cannot make one",
			  strerror(no == EKEYREJECTED ? EPERM : no));
		check_remedy(
			f,
			"a kernel with CONFIG_USER_NS, whose security module, and the system call "
			"filter around this process, permit it");
	}
}

/* Under its own path, and not by $PATH: as a run calls it. */
static void probe_id_mapper(const struct check *c, const struct check_row *row,
			    struct check_finding *f)
{
	struct error e;

	(void)c;
	if (rootless_helper_check(row->text, &e) == 0) {
		check_say(f, CHECK_OK, "%s", row->text);
	} else if (e.no == ENOENT) {
		check_say(f, CHECK_MISSING, "there is no %s: %s", row->text, row->lost);
		check_remedy(f,
			     "install it (Debian: apt-get install uidmap; others: shadow-utils)");
	} else {
		check_say(f, CHECK_MISSING, "%.300s: %s", e.text, row->lost);
		check_remedy(f, "chown root:root %s && chmod 4755 %s", row->text, row->text);
	}
}

/* How many ids of the file belong to @name or to uid @number; to anybody where @name is NULL. */
static unsigned long long count_ids(const char *path, const char *name, unsigned int number)
{
	FILE *file = fopen(path, "re");
	unsigned long long total = 0;
	char line[512], digits[16];

	snprintf(digits, sizeof(digits), "%u", number);
	while (file && fgets(line, sizeof(line), file)) {
		char *first = strchr(line, ':'), *count = first ? strchr(first + 1, ':') : NULL;

		if (!count || *line == '#')
			continue;
		*first = '\0';
		if (!name || strcmp(line, name) == 0 || strcmp(line, digits) == 0)
			total += strtoull(count + 1, NULL, 10);
	}
	if (file)
		fclose(file);
	return total;
}

static void probe_subordinate(const struct check *c, const struct check_row *row,
			      struct check_finding *f)
{
	bool root = !rootless_is();
	unsigned long long total;
	char name[256];

	(void)c;
	subids_name(rootless_uid(), name, sizeof(name));
	total = count_ids(row->name, root ? NULL : name, (unsigned int)rootless_uid());
	if (total >= 65536) {
		check_say(f, CHECK_OK,
			  root ? "%llu ids for the users of this host" : "%llu ids for this user",
			  total);
		return;
	}
	check_say(f, total ? CHECK_LIMITED : CHECK_MISSING,
		  "%llu ids%s, and a container takes 65536: %s", total,
		  root ? "" : " for this user", row->lost);
	check_remedy(f, "usermod %s 100000-165535 %s", row->text, !root && *name ? name : "USER");
}

#define LOST_IDS "a container of an ordinary user has one id only"

const struct check_row check_rootless_rows[] = {
	{"user namespaces", probe_as_user, .required = false},
	{"newuidmap", probe_id_mapper, .text = NEWUIDMAP, .lost = LOST_IDS},
	{"newgidmap", probe_id_mapper, .text = NEWGIDMAP, .lost = LOST_IDS},
	{"/etc/subuid", probe_subordinate, .text = "--add-subuids", .lost = LOST_IDS},
	{"/etc/subgid", probe_subordinate, .text = "--add-subgids", .lost = LOST_IDS},
	{0},
};
