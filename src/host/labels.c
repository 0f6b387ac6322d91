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
#include <stdio.h>
#include <string.h>

#include "base/file.h"
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

int labels_look(struct start *s, struct error *e)
{
	const struct config_process *p = &s->config->process;

	/* Without AppArmor everything is unconfined. */
	if (p->apparmor_profile && *p->apparmor_profile &&
	    strcmp(p->apparmor_profile, "unconfined") != 0) {
		if (!has_apparmor())
			return err_set(
				e,
				0, "process.apparmorProfile %.100s: this host has no AppArmor, or it is turned off",
				p->apparmor_profile);
		if (profile_look(p->apparmor_profile, e) < 0)
			return err_within(e, "process.apparmorProfile %.100s", p->apparmor_profile);
	}
	if (p->selinux_label && *p->selinux_label && !has_selinux())
		return err_set(e, 0,
			       "process.selinuxLabel %.100s: this host has no SELinux, or it is "
			       "turned off",
			       p->selinux_label);
	return 0;
}
