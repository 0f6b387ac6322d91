/*
 * args_fixture.h - command lines for unit tests of the options of `run`: each is parsed, finished with a root
 * file system and a command, and checked, as the command does it.
 */
#ifndef TESTS_ARGS_FIXTURE_H
#define TESTS_ARGS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/from_args.h"
#include "config/names.h"
#include "config/seccomp_default.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WORDS	     12

/* One parsed command line. */
struct line {
	struct args args;
	struct config *config;
	struct error error;
};

/* Parses @words and finishes with ./rootfs /bin/sh behind them. 0 or -1, as config_check() has it
 * in the end. */
static inline int parse_with(struct line *l, const char *const *words, const char *term)
{
	char command[] = "/bin/sh";
	char *const argv_command[] = {command, NULL};
	char *argv[WORDS + 1];
	int argc = 0, first;

	memset(l, 0, sizeof(*l));
	l->config = config_new();
	assert_non_null(l->config);
	l->args.config = l->config;
	for (; argc < WORDS && words[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	if (options_parse(args_tables(&l->args), argc, argv, &first, &l->error) < 0)
		return -1;
	assert_int_equal(first, argc);
	if (args_finish(&l->args, "./rootfs", argv_command, "0123abcd", term, &l->error) < 0)
		return -1;
	for (size_t i = 0; i < l->config->devices_n; i++) {
		const struct args_node node = {'c', 10, 229, 0666, 0, 0};

		if (args_device_found(&l->args, i, &node, &l->error) < 0)
			return -1;
	}
	return config_check(l->config, &l->error);
}

static inline struct config *parse(struct line *l, const char *const *words)
{
	if (parse_with(l, words, NULL) < 0)
		fail_msg("%s: %s", words[0] ? words[0] : "nothing", l->error.text);
	return l->config;
}

#define PARSE(l, ...) parse((l), (const char *const[WORDS]){__VA_ARGS__})

static inline void end(struct line *l)
{
	config_free(l->config);
	l->config = NULL;
}

static inline const char *variable(const struct config *c, const char *name)
{
	const char *found = NULL;
	size_t length = strlen(name), times = 0;

	for (size_t i = 0; i < c->process.env.n; i++)
		if (strncmp(c->process.env.v[i], name, length) == 0 &&
		    c->process.env.v[i][length] == '=') {
			found = c->process.env.v[i] + length + 1;
			times++;
		}
	assert_true(times <= 1);
	return found;
}

static inline bool contains(const struct config_strings *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i], text) == 0)
			return true;
	return false;
}

static inline const struct config_mount *mount_at(const struct config *c, const char *destination)
{
	for (size_t i = 0; i < c->mounts_n; i++)
		if (strcmp(c->mounts[i].destination, destination) == 0)
			return &c->mounts[i];
	fail_msg("no mount on %s", destination);
	return NULL;
}

#endif
