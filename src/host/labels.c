/*
 * labels.c - whether the host has the security module that the configuration
 * wants a label of. Runs outside, among the steps that only look; the labels
 * are set inside (container/lsm.c).
 *
 * A label that cannot be applied is an error and not a warning: whoever asked
 * for it relies on the confinement.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>

#include "base/fd.h"
#include "base/file.h"
#include "host/exec.h"
#include "host/steps.h"

#define APPARMOR_ENABLED "/sys/module/apparmor/parameters/enabled"

static bool has_apparmor(void)
{
	char text[8];

	return file_read_at(AT_FDCWD, APPARMOR_ENABLED, text, sizeof(text), NULL,
			    &(struct error){0}) == 0 &&
	       text[0] == 'Y';
}

/*
 * Whether the profile is loaded: AppArmor is asked whether we could change to it, which changes nothing. Any other answer
 * than "there is none" is left to the attempt itself, which is made by another process.
 */
static int profile_look(const char *profile, struct error *e)
{
	char text[4096];
	struct error answer;

	if ((size_t)snprintf(text, sizeof(text), "permprofile %s", profile) >= sizeof(text))
		return err_set(e, ENAMETOOLONG, "%.100s", profile);
	if (file_write_at(AT_FDCWD, "/proc/thread-self/attr/apparmor/current", text, &answer) < 0 &&
	    answer.no == ENOENT)
		return err_set(e, 0, "no profile of this name is loaded");
	return 0;
}

/* The kernel registers selinuxfs only where SELinux was not turned off at boot.
 * Where it is mounted does not matter. */
static bool has_selinux(void)
{
	char text[8192];

	return file_read_at(AT_FDCWD, "/proc/filesystems", text, sizeof(text), NULL,
			    &(struct error){0}) == 0 &&
	       strstr(text, "\tselinuxfs\n");
}

/*
 * A process that exec adds writes its label itself, and in a user namespace it may not be able to get at a procfs that
 * nobody has mounted over. It takes the host's along, as a descriptor that is closed when that is done; it is not
 * dumpable, and nobody in the user namespace has rights over its memory and descriptors.
 */
static int proc_open_for_exec(struct start *s, struct error *e)
{
	const struct config_process *p = &s->config->process;
	bool wanted = (p->apparmor_profile && *p->apparmor_profile) ||
		      (p->selinux_label && *p->selinux_label);
	OWNED_FD fd = -1;
	struct statfs fs;

	if (!wanted || !s->inside.joins || !s->inside.in_user_ns)
		return 0;
	fd = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return err_set(e, errno, "open /proc");
	if (fs.f_type != PROC_SUPER_MAGIC)
		return err_set(e, 0, "/proc is not a procfs");
	s->inside.host_proc_fd = fd_give(&fd);
	return 0;
}

void labels_forget(struct start *s)
{
	fd_close(&s->inside.host_proc_fd);
}

/* Who asked for it: an option of exec, the configuration, or the command line. */
static const char *asked(const char *option, const char *property, const char *setting,
			 const struct start *s)
{
	if (option)
		return option;
	return s->config->oci_version ? property : setting;
}

int labels_look(struct start *s, struct error *e)
{
	const char *apparmor = asked(s->exec && s->exec->apparmor ? "--apparmor " : NULL,
				     "process.apparmorProfile ", "--security-opt apparmor=", s);
	const char *selinux = asked(s->exec && s->exec->label ? "--process-label " : NULL,
				    "process.selinuxLabel ", "--security-opt label=", s);
	const struct config_process *p = &s->config->process;

	/* Without AppArmor everything is unconfined. */
	if (p->apparmor_profile && *p->apparmor_profile &&
	    strcmp(p->apparmor_profile, "unconfined") != 0) {
		if (!has_apparmor())
			return err_set(e, 0,
				       "%s%.100s: this host has no AppArmor, or it is turned off",
				       apparmor, p->apparmor_profile);
		if (profile_look(p->apparmor_profile, e) < 0)
			return err_within(e, "%s%.100s", apparmor, p->apparmor_profile);
	}
	if (proc_open_for_exec(s, e) < 0)
		return -1;
	if (p->selinux_label && *p->selinux_label && !has_selinux())
		return err_set(e, 0, "%s%.100s: this host has no SELinux, or it is turned off",
			       selinux, p->selinux_label);
	return 0;
}
