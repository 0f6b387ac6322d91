/*
 * lsm.c - the labels that the command gets from a security module: an AppArmor profile, an SELinux label. Runs
 * inside, with mini-run's own label, behind the hooks: what is forked inherits them. Whether there is such a profile at
 * all was asked outside, before anything was made (host/labels.c).
 *
 * Both are set for the next execve, so nothing of ours runs under them. no_new_privs may come later: both modules look
 * at it when execve comes.
 *
 * The attributes are written through our own procfs, by our own pid and over no mount: a write to a file that only
 * pretends to be /proc/self/attr would leave the command unconfined (CVE-2019-16884, CVE-2019-19921).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "container/steps.h"

static int label_write(struct inside *in, const char *file, const char *text, struct error *e)
{
	char path[64];

	snprintf(path, sizeof(path), "%d/attr/%s", (int)getpid(), file);
	return proc_write(in, path, text, e);
}

static int apparmor_set(struct inside *in, const char *profile, struct error *e)
{
	char text[4096];

	if ((size_t)snprintf(text, sizeof(text), "exec %s", profile) >= sizeof(text))
		return err_set(e, ENAMETOOLONG, "%.100s", profile);
	/* attr/apparmor: attr/exec is that of another module where several are stacked. */
	if (label_write(in, "apparmor/exec", text, e) == 0)
		return 0;
	/* Nothing is confined on a host whose kernel has no AppArmor (ENOENT), or where it is turned off (EINVAL). */
	if (strcmp(profile, "unconfined") == 0 && (e->no == ENOENT || e->no == EINVAL))
		return 0;
	return e->no == ENOENT ? err_hint(e, "no profile of this name is loaded") : -1;
}

int labels_set(struct inside *in, struct error *e)
{
	const struct config_process *p = &in->config->process;

	if (p->apparmor_profile && *p->apparmor_profile &&
	    apparmor_set(in, p->apparmor_profile, e) < 0)
		return err_within(e, "process.apparmorProfile");
	if (p->selinux_label && *p->selinux_label && label_write(in, "exec", p->selinux_label, e) < 0)
		return err_within(e, "process.selinuxLabel");
	return 0;
}
