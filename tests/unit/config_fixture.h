/*
 * config_fixture.h - a struct config that passes config_check(), for unit tests that spoil it.
 */
#ifndef TESTS_CONFIG_FIXTURE_H
#define TESTS_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/container_path.h"
#include "config/names.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char *command[] = {(char[]){"/bin/sh"}, NULL};

/* The least that passes. */
static inline void minimal(struct config *c)
{
	memset(c, 0, sizeof(*c));
	c->id = "a";
	c->rootfs = "rootfs";
	c->process.args = (struct config_strings){command, 1};
	c->process.cwd = "/";
	c->ns[NS_MOUNT].mode = NS_NEW;
}

static inline void passes(const struct config *c, const char *what)
{
	struct error e;

	if (config_check(c, &e) < 0)
		fail_msg("%s: %s", what, e.text);
}

static inline void fails(const struct config *c, const char *message)
{
	struct error e;

	if (config_check(c, &e) == 0)
		fail_msg("passed, not: %s", message);
	if (!strstr(e.text, message))
		fail_msg("\"%s\" does not say \"%s\"", e.text, message);
}

#endif
