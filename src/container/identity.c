/*
 * identity.c - who the command is and what it may do. Runs inside, as the last step before execve.
 *
 * The order is fixed by the kernel: the bounding set can only be cut down with CAP_SETPCAP, ids only be changed
 * with CAP_SETUID and CAP_SETGID, and a changed uid clears the permitted set unless KEEPCAPS is on. The filter
 * comes last of all, or before the ids change when the command may gain privileges (loading one then needs
 * CAP_SYS_ADMIN).
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "container/steps.h"

int keyring_join(struct inside *in, struct error *e)
{
	if (in->config->no_new_keyring)
		return 0;
	/*
	 * A new session keyring: the caller's keys are out of reach. ENOSYS: a kernel without keyrings has
	 * none to reach. EPERM: an outer container's filter refuses keyctl(2), and then inside it does too.
	 */
	if (sys_keyctl_join(NULL) < 0 && errno != ENOSYS && errno != EPERM)
		return err_set(e, errno, "keyctl");
	return 0;
}

static int bounding_drop(uint64_t keep, struct error *e)
{
	for (int cap = 0; cap < 64; cap++) {
		if (keep & (UINT64_C(1) << cap))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
			if (errno == EINVAL)
				break; /* past the last capability that this kernel has */
			return err_set(e, errno, "drop capability %d from the bounding set", cap);
		}
	}
	return 0;
}

static int ids_set(struct inside *in, struct error *e)
{
	/* Raw numbers, no names: NSS would load the root filesystem's libraries (CVE-2019-14271). */
	/* EPERM: who made the user namespace gave up this right with "deny" in /proc/PID/setgroups. */
	if (setgroups(in->groups_n, in->groups) < 0 &&
	    !(errno == EPERM && in->in_user_ns && in->groups_n == 0))
		return err_set(e, errno, "set supplementary groups");
	if (setresgid(in->gid, in->gid, in->gid) < 0)
		return err_set(e, errno, "set gid %u", in->gid);
	if (setresuid(in->uid, in->uid, in->uid) < 0)
		return err_set(e, errno, "set uid %u", in->uid);
	/* New credentials have made it what fs.suid_dumpable says. */
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_set(e, errno, "make undumpable");
	return 0;
}

static int capabilities_set(const struct config_capabilities *c, struct error *e)
{
	if (sys_capset(c->effective, c->permitted, c->inheritable) < 0)
		return err_set(e, errno, "capset");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return err_set(e, errno, "clear ambient capabilities");
	for (int cap = 0; cap < 64; cap++)
		if ((c->ambient & (UINT64_C(1) << cap)) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return err_set(e, errno, "raise ambient capability %d", cap);
	return 0;
}

/* After the ids have changed the kernel has forgotten the parent death signal, and the parent may be gone. */
static int parent_watch(struct inside *in, struct error *e)
{
	char byte;

	if (!in->die_with_parent)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return err_set(e, errno, "set parent death signal");
	if (recv(in->sync_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		return err_set(e, 0, "mini-run ended before the container was ready");
	return 0;
}

int privileges_drop(struct inside *in, struct error *e)
{
	const struct config_process *p = &in->config->process;

	umask(p->user.umask.set ? (mode_t)p->user.umask.value : in->umask);
	/* Those of the caller: what a change of the user takes away would stay. */
	if (prctl(PR_GET_SECUREBITS) > 0 && prctl(PR_SET_SECUREBITS, 0) < 0)
		return err_set(e, errno, "clear the caller's securebits");
	if (p->has_capabilities && bounding_drop(in->capabilities.bounding, e) < 0)
		return -1;
	/* Without no_new_privs loading a filter takes CAP_SYS_ADMIN, which a changed uid takes away. */
	if (!p->no_new_privs && filter_enter(in, e) < 0)
		return -1;
	if (prctl(PR_SET_KEEPCAPS, p->has_capabilities ? 1 : 0, 0, 0, 0) < 0)
		return err_set(e, errno, "keep capabilities");
	if (ids_set(in, e) < 0)
		return -1;
	if (p->has_capabilities && capabilities_set(&in->capabilities, e) < 0)
		return -1;
	if (parent_watch(in, e) < 0)
		return -1;
	if (p->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(e, errno, "set no_new_privs");
	return p->no_new_privs ? filter_enter(in, e) : 0;
}
