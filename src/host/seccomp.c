/*
 * seccomp.c - see seccomp.h. Chooses between the program that was compiled into mini-run, one that was kept, and
 * compiling now.
 *
 * Compiling takes ten times as long as reading a file, so what a plain `run` needs is ready, and a profile of an engine,
 * the same for every container, is compiled once.
 */
#include "host/seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "config/seccomp_default.h"
#include "host/message.h"
#include "host/seccomp_cache.h"
#include "host/seccomp_compile.h"
#include "host/seccomp_program.h"

/* ---- flags ---- */

static const struct {
	unsigned int flag;
	const char *name;
} flag_names[] = {
	{SECCOMP_FILTER_FLAG_TSYNC, "SECCOMP_FILTER_FLAG_TSYNC"},
	{SECCOMP_FILTER_FLAG_LOG, "SECCOMP_FILTER_FLAG_LOG"},
	{SECCOMP_FILTER_FLAG_SPEC_ALLOW, "SECCOMP_FILTER_FLAG_SPEC_ALLOW"},
	{SECCOMP_FILTER_FLAG_NEW_LISTENER, "SCMP_ACT_NOTIFY"},
	{SECCOMP_FILTER_FLAG_TSYNC_ESRCH, "SECCOMP_FILTER_FLAG_TSYNC with SCMP_ACT_NOTIFY"},
	/* KERNEL <5.19: not there */
	{SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"},
};

/* A program that cannot be read is refused (EFAULT) after the flags were: so nothing is loaded here. */
static bool kernel_has(unsigned int flags)
{
	if (flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) /* alone it means nothing, and is EINVAL */
		flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	return flags == 0 || sys_seccomp_filter(NULL, flags) >= 0 || errno != EINVAL;
}

int seccomp_flags_check(unsigned int flags, struct error *e)
{
	unsigned int unknown = flags;

	if (kernel_has(flags))
		return 0;
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(*flag_names); i++) {
		unknown &= ~flag_names[i].flag;
		if ((flags & flag_names[i].flag) && !kernel_has(flag_names[i].flag))
			return err_set(e, 0, "this kernel does not have %s", flag_names[i].name);
	}
	return err_set(e, 0, "this kernel does not have flag 0x%x of seccomp(2)",
		       unknown ? unknown : flags);
}

/* ---- the listener ---- */

bool seccomp_notifies(const struct seccomp_filter *f)
{
	return f->v && (f->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

static bool rule_names(const struct config_seccomp_rule *rule, const char *name)
{
	for (size_t i = 0; i < rule->names.n; i++)
		if (strcmp(rule->names.v[i], name) == 0)
			return true;
	return false;
}

/* Is @name refused whatever its arguments are? Rules with arguments may let it pass: nobody can tell here. */
static bool refused(const struct config_seccomp *s, const char *name)
{
	enum config_seccomp_action action = s->default_action;
	bool found = false;

	for (size_t i = 0; i < s->rules_n; i++) {
		if (!rule_names(&s->rules[i], name))
			continue;
		if (s->rules[i].args_n > 0)
			return false;
		if (!found)
			action = s->rules[i].action;
		found = true;
	}
	return action != SECCOMP_ALLOW && action != SECCOMP_LOG && action != SECCOMP_NOTIFY;
}

/*
 * The process in the container hands its filter's listener over when the filter is in force already (container/seccomp.c).
 * Without these two calls it could not even say why it fails.
 */
static int hand_over_check(const struct config_seccomp *s, struct error *e)
{
	static const char *const needed[] = {"sendmsg", "recvmsg"};

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (refused(s, needed[i]))
			return err_set(
				e, 0,
				"SCMP_ACT_NOTIFY needs a profile that allows %s: the listener's "
				"descriptor is handed over with the filter in force",
				needed[i]);
	return 0;
}

/* ---- the program ---- */

void seccomp_builtin(struct seccomp_filter *ret)
{
	*ret = (struct seccomp_filter){.v = seccomp_program, .n = seccomp_program_n};
}

bool seccomp_is_builtin(const struct seccomp_filter *f)
{
	return f->v == seccomp_program;
}

static void tell(const struct global_options *global, const struct config *c, const struct error *why)
{
	if (global->debug && why->text[0] != '\0')
		message_write(global, LEVEL_DEBUG, c->id, why->text);
}

/* A kept program of the same rules, or a new one, which is kept. That nothing can be kept is no failure. */
static int find_or_compile(const struct config *c, const struct config_seccomp *s,
			   const struct global_options *global, struct seccomp_filter *ret,
			   struct error *e)
{
	struct error why = {0};
	struct seccomp_key key;

	if (!global || !global->root)
		return seccomp_compile(s, ret, e);
	if (seccomp_key_make(s, &key, e) < 0)
		return -1;
	if (seccomp_cache_find(global->root, &key, ret, &why) == 0) {
		seccomp_key_end(&key);
		return 0;
	}
	tell(global, c, &why);
	if (seccomp_compile(s, ret, e) < 0) {
		seccomp_key_end(&key);
		return -1;
	}
	why.text[0] = '\0';
	if (seccomp_cache_keep(global->root, &key, ret, &why) < 0)
		tell(global, c, &why);
	seccomp_key_end(&key);
	return 0;
}

static int make_default(const struct config *c, const struct global_options *global,
			struct seccomp_filter *ret, struct error *e)
{
	uint64_t asks = seccomp_default_asks();
	uint64_t caps = c->process.has_capabilities ? c->process.capabilities.bounding : UINT64_MAX;
	struct arena a = {0};
	struct config_seccomp s;
	int r;

	if ((caps & asks) == (SECCOMP_DEFAULT_CAPS & asks)) {
		seccomp_builtin(ret);
		return 0;
	}
	r = seccomp_default(&a, caps, &s, e);
	if (r == 0)
		r = find_or_compile(c, &s, global, ret, e);
	arena_end(&a);
	return r;
}

static int make_profile(const struct config *c, const struct global_options *global,
			struct seccomp_filter *ret, struct error *e)
{
	struct seccomp_filter made;

	if (find_or_compile(c, &c->seccomp, global, &made, e) < 0)
		return -1;
	if (seccomp_flags_check(made.flags, e) < 0 ||
	    (seccomp_notifies(&made) && hand_over_check(&c->seccomp, e) < 0)) {
		seccomp_end(&made);
		return -1;
	}
	*ret = made;
	return 0;
}

int seccomp_make(const struct config *c, const struct global_options *global,
		 struct seccomp_filter *ret, struct error *e)
{
	int r = 0;

	switch (c->seccomp.mode) {
	case SECCOMP_MODE_UNCONFINED:
		*ret = (struct seccomp_filter){0};
		break;
	case SECCOMP_MODE_DEFAULT:
		r = make_default(c, global, ret, e);
		break;
	case SECCOMP_MODE_PROFILE:
		r = make_profile(c, global, ret, e);
		break;
	}
	return r < 0 ? err_within(e, "seccomp") : 0;
}

void seccomp_end(struct seccomp_filter *f)
{
	free(f->owned);
	*f = (struct seccomp_filter){0};
}
