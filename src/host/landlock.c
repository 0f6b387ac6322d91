/*
 * landlock.c - whether this kernel can enforce the rules of Landlock that the configuration has. Runs outside, among the
 * steps that only look; the wall itself is put up inside (container/landlock.c).
 *
 * What was asked for and cannot be enforced is an error. The scopes that nobody asked for, which hold by default with the
 * host's network, are left out on a kernel that does not have them.
 */
#include <errno.h>
#include <stdio.h>

#include "base/sys.h"
#include "config/landlock_words.h"
#include "host/message.h"
#include "host/steps.h"

/* Why there is no Landlock at all. */
static int absent(int no, struct error *e)
{
	if (no == ENOSYS)
		return err_set(e, 0,
			       "this kernel has no Landlock (Linux 5.13 or newer with "
			       "CONFIG_SECURITY_LANDLOCK has)");
	if (no == EOPNOTSUPP)
		return err_set(e, 0,
			       "Landlock is off since boot (boot with landlock in lsm= on the "
			       "kernel command line)");
	return err_set(e, no, "landlock_create_ruleset (a system call filter around mini-run?)");
}

static int too_old(const char *what, int abi, int wanted, const char *since, struct error *e)
{
	return err_set(e, 0,
		       "%s: this kernel has version %d of Landlock, and it takes %d (Linux %s or "
		       "newer)",
		       what, abi, wanted, since);
}

static void tell_missing(const struct start *s, int abi)
{
	char text[128];

	snprintf(text, sizeof(text),
		 "no Landlock scopes: this kernel has version %d of Landlock, and they take %d",
		 abi, SYS_LANDLOCK_ABI_SCOPES);
	message_write(s->options->global, LEVEL_DEBUG, s->config->id, text);
}

int landlock_look(struct start *s, struct error *e)
{
	const struct config_landlock *l = &s->config->landlock;
	bool scopes = l->scope_sockets || l->scope_signals;
	bool ports = l->bind.restricted || l->connect.restricted;
	int abi;

	if (!landlock_wanted(l))
		return 0;
	abi = sys_landlock_abi();
	s->inside.landlock_abi = abi > 0 ? abi : 0;
	if (abi < 0 && (l->paths_n > 0 || ports || !l->scopes_optional))
		return absent(errno, e);
	if (ports && abi < SYS_LANDLOCK_ABI_PORTS)
		return too_old("rules for TCP ports", abi, SYS_LANDLOCK_ABI_PORTS, "6.7", e);
	if (!scopes || abi >= SYS_LANDLOCK_ABI_SCOPES)
		return 0;
	if (!l->scopes_optional)
		return too_old("scopes", abi, SYS_LANDLOCK_ABI_SCOPES, "6.12", e);
	if (s->options->global->debug)
		tell_missing(s, s->inside.landlock_abi);
	return 0;
}
