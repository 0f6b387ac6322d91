/*
 * seccomp.c - see seccomp.h. Chooses between the program that was compiled into mini-run, and compiling now.
 *
 * Compiling takes milliseconds, so what a plain `run` needs is ready.
 */
#include "host/seccomp.h"

#include <linux/seccomp.h>
#include <stdlib.h>

#include "config/seccomp_default.h"
#include "host/seccomp_compile.h"
#include "host/seccomp_program.h"

static int make_default(const struct config *c, struct seccomp_filter *ret, struct error *e)
{
	uint64_t asks = seccomp_default_asks();
	uint64_t caps = c->process.has_capabilities ? c->process.capabilities.bounding : UINT64_MAX;
	struct arena a = {0};
	struct config_seccomp s;
	int r;

	if ((caps & asks) == (SECCOMP_DEFAULT_CAPS & asks)) {
		*ret = (struct seccomp_filter){.v = seccomp_program, .n = seccomp_program_n};
		return 0;
	}
	r = seccomp_default(&a, caps, &s, e);
	if (r == 0)
		r = seccomp_compile(&s, ret, e);
	arena_end(&a);
	return r;
}

static int make_profile(const struct config_seccomp *s, struct seccomp_filter *ret, struct error *e)
{
	struct seccomp_filter made;

	if (seccomp_compile(s, &made, e) < 0)
		return -1;
	/* Without somebody at the other end, every call that the listener is asked about fails with ENOSYS. */
	if (made.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) {
		seccomp_end(&made);
		return err_set(e, 0, "SCMP_ACT_NOTIFY: mini-run hands no listener to listenerPath");
	}
	*ret = made;
	return 0;
}

int seccomp_make(const struct config *c, struct seccomp_filter *ret, struct error *e)
{
	int r = 0;

	switch (c->seccomp.mode) {
	case SECCOMP_MODE_UNCONFINED:
		*ret = (struct seccomp_filter){0};
		break;
	case SECCOMP_MODE_DEFAULT:
		r = make_default(c, ret, e);
		break;
	case SECCOMP_MODE_PROFILE:
		r = make_profile(&c->seccomp, ret, e);
		break;
	}
	return r < 0 ? err_within(e, "seccomp") : 0;
}

void seccomp_end(struct seccomp_filter *f)
{
	free(f->owned);
	*f = (struct seccomp_filter){0};
}
