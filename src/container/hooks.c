/*
 * hooks.c - see hooks.h. Runs on both sides; inside it is between clone and execve.
 *
 * A hook comes from the configuration and runs with mini-run's own privileges; what it prints goes where mini-run's
 * output goes. Only startContainer is different: its path is looked up in the container's tree, where the image may
 * have put a link to /proc/self/exe, which is mini-run's binary on the host (CVE-2019-5736).
 */
#include "container/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>

#include "base/fd.h"
#include "base/process.h"
#include "base/sys.h"
#include "base/text.h"
#include "config/to_oci.h"

static const char *const kind_names[HOOK_KINDS] = {
	[HOOK_PRESTART] = "prestart",
	[HOOK_CREATE_RUNTIME] = "createRuntime",
	[HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer",
	[HOOK_POSTSTART] = "poststart",
	[HOOK_POSTSTOP] = "poststop",
};

/* What all hooks of one call have in common. */
struct circumstances {
	const struct text *state;
	char *const *env;
	const char *directory;
	bool no_magic_links;
	const struct process_interrupt *interrupt;
	int (*confine)(void *into);
	void *into;
};

static int hook_run(const struct config_hook *hook, const struct circumstances *at, struct error *e)
{
	char *path_only[] = {(char *)hook->path, NULL}, *nothing[] = {NULL};
	struct process p = {
		.path = hook->path,
		.args = hook->args.n > 0 ? hook->args.v : path_only,
		.env = at->env ? at->env : nothing,
		.directory = at->directory,
		.input = at->state->bytes,
		.input_length = at->state->length,
		.output_fd = -1,
		.interrupt = at->interrupt,
		.prepare = at->confine,
		.into = at->into,
	};

	if (hook->has_env)
		p.env = hook->env.n > 0 ? hook->env.v : nothing;
	if (hook->timeout.set)
		p.timeout_ms = hook->timeout.value > INT64_MAX / 1000 ? INT64_MAX
								      : hook->timeout.value * 1000;
	if (at->no_magic_links) {
		OWNED_FD fd = sys_openat2(AT_FDCWD, hook->path, O_PATH, 0, RESOLVE_NO_MAGICLINKS);

		if (fd < 0)
			return err_set(e, errno, "execute");
	}
	return process_run(&p, e);
}

/* Runs the hook at @index; its error names it. */
static int hook_run_named(const struct config *c, enum config_hook_kind kind, size_t index,
			  const struct circumstances *at, struct error *e)
{
	const struct config_hook *hook = &c->hooks[kind].v[index];

	if (hook_run(hook, at, e) < 0)
		return err_within(e, "%s hook %zu, %s", kind_names[kind], index + 1, hook->path);
	return 0;
}

static int run_all(const struct config *c, enum config_hook_kind kind, const char *status,
		   pid_t pid, struct circumstances at, struct error *e)
{
	OWNED_TEXT state = {0};

	if (c->hooks[kind].n == 0)
		return 0;
	at.state = &state;
	state_to_oci(c, status, pid, &state);
	if (!text_ok(&state)) {
		err_no_memory(e);
		return err_within(e, "%s hooks", kind_names[kind]);
	}
	for (size_t i = 0; i < c->hooks[kind].n; i++)
		if (hook_run_named(c, kind, i, &at, e) < 0)
			return -1;
	return 0;
}

int hooks_run(const struct config *c, enum config_hook_kind kind, const char *status, pid_t pid,
	      char *const *env, const char *directory, struct error *e)
{
	return run_all(c, kind, status, pid,
		       (struct circumstances){
			       .env = env,
			       .directory = directory,
			       .no_magic_links = kind == HOOK_START_CONTAINER,
		       },
		       e);
}

int hooks_run_interruptible(const struct config *c, enum config_hook_kind kind, const char *status,
			    pid_t pid, char *const *env, const char *directory,
			    const struct process_interrupt *interrupt, struct error *e)
{
	return run_all(
		c, kind, status, pid,
		(struct circumstances){.env = env, .directory = directory, .interrupt = interrupt},
		e);
}

int hooks_run_confined(const struct config *c, const char *status, pid_t pid, char *const *env,
		       int (*confine)(void *into), void *into, struct error *e)
{
	return run_all(c, HOOK_START_CONTAINER, status, pid,
		       (struct circumstances){
			       .env = env, .no_magic_links = true, .confine = confine, .into = into},
		       e);
}

void hooks_run_all(const struct config *c, enum config_hook_kind kind, const char *status,
		   char *const *env, const char *directory,
		   void (*tell)(const struct error *e, void *into), void *into)
{
	OWNED_TEXT state = {0};
	struct circumstances at = {.state = &state, .env = env, .directory = directory};
	struct error e = {0};

	if (c->hooks[kind].n == 0)
		return;
	state_to_oci(c, status, 0, &state);
	if (!text_ok(&state)) {
		err_no_memory(&e);
		err_within(&e, "%s hooks", kind_names[kind]);
		tell(&e, into);
		return;
	}
	for (size_t i = 0; i < c->hooks[kind].n; i++)
		if (hook_run_named(c, kind, i, &at, &e) < 0)
			tell(&e, into);
}
