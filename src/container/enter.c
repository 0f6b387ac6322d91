/*
 * enter.c - see enter.h: the steps of a further process. Runs inside, in namespaces that the container's own processes have
 * had to themselves for a while: what is in there may be hostile. The root is the container's already, so paths are
 * resolved in it, as for the first process, by descriptor and without magic links; nothing is mounted.
 *
 * What makes the boundary is the same code as in init.c; only the order is its own.
 */
#include "container/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "container/steps.h"

static int root_take(struct inside *in, struct error *e)
{
	/*
	 * setns(2) leads to the root of the mount namespace. Of one that the container has joined that is the root of
	 * others, or the host's, and the container's own is that of its first process (root_enter in root.c).
	 */
	if (in->config->ns[NS_MOUNT].mode == NS_JOIN && (fchdir(in->root_fd) < 0 || chroot(".") < 0))
		return err_set(e, errno, "enter the container's root");
	if (chdir("/") < 0)
		return err_set(e, errno, "enter /");
	in->slash_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return in->slash_fd < 0 ? err_set(e, errno, "open /") : 0;
}

static const struct inside_step steps[] = {
	{"harden process", process_harden},
	{"close descriptors", descriptors_close},
	{"reset signals", signals_reset},
	{"become root", root_become},
	{"take root", root_take},
	{"start session", session_start},
	{"open console", console_open},
	{"enter working directory", workdir_enter},
	{"arrange descriptors", descriptors_arrange},
	{"join session keyring", keyring_join},
	{"set personality", personality_set},
	{"set memory policy", memory_policy_set},
	{"set scheduling", scheduling_set},
	{"find command", command_find},
	{"await go", go_await},
	{"set labels", labels_set},
	{"restrict by Landlock", landlock_enter},
	{"set resource limits", rlimits_set},
	{"arm", command_arm},
	{"drop privileges", privileges_drop},
	{"execute command", command_exec},
};

_Noreturn void container_enter(struct inside *in)
{
	container_steps(in, steps, sizeof(steps) / sizeof(steps[0]));
}
