/*
 * lsm.c - the labels that the command gets from a security module: an AppArmor profile, an SELinux label. Runs
 * inside, with mini-run's own label, behind the hooks: what is forked inherits them. Whether there is such a profile at
 * all was asked outside, before anything was made (host/labels.c).
 *
 * Both are set for the next execve, so nothing of ours runs under them. no_new_privs may come later: both modules look
 * at it when execve comes.
 *
 * The attributes are written through our own procfs, by our own pid and over no mount: a write to a file that only
 * pretends to be /proc/self/attr would leave the command unconfined (CVE-2019-16884, CVE-2019-19921). A further process of
 * a container with a user namespace may mount no procfs, where parts of the container's are masked: it was given the
 * host's (host/exec.c), in which only "self" is known to be itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "container/steps.h"

/* "self" is a link, but none of the magic ones; it leads to our number in the PID namespace that the procfs shows. */
int host_proc_write(int host_proc_fd, const char *path, const char *text, struct error *e)
{
	OWNED_FD fd = sys_openat2(host_proc_fd, path, O_WRONLY, 0,
				  RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);

	if (fd < 0)
		return err_set(e, errno, "open /proc/%s", path);
	if (write_all(fd, text, strlen(text)) < 0)
		return err_set(e, errno, "write \"%s\" to /proc/%s", text, path);
	return 0;
}

static int label_write(struct inside *in, const char *file, const char *text, struct error *e)
{
	char path[64];

	if (in->host_proc_fd >= 0) {
		snprintf(path, sizeof(path), "self/attr/%s", file);
		return host_proc_write(in->host_proc_fd, path, text, e);
	}
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
	bool oci = in->config->oci_version != NULL;

	if (p->apparmor_profile && *p->apparmor_profile &&
	    apparmor_set(in, p->apparmor_profile, e) < 0)
		return err_within(e, oci ? "process.apparmorProfile" : "--security-opt apparmor");
	if (p->selinux_label && *p->selinux_label && label_write(in, "exec", p->selinux_label, e) < 0)
		return err_within(e, oci ? "process.selinuxLabel" : "--security-opt label");
	fd_close(&in->host_proc_fd);
	return 0;
}
