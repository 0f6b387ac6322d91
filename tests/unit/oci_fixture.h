/*
 * oci_fixture.h - config.json documents for unit tests: each case is a piece of one, put where it belongs into the least
 * that can be started.
 */
#ifndef TESTS_OCI_FIXTURE_H
#define TESTS_OCI_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/from_oci.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* Where a piece goes: beside the members that are there already. WHOLE is all of the text. */
enum where { WHOLE, TOP, ROOT, PROCESS, USER, MOUNT, LINUX, BARE_LINUX, RESOURCES, HOOKS };

#define VERSION "\"ociVersion\":\"1.3.0\","
#define BASE	VERSION "\"root\":{\"path\":\"rootfs\"},"
#define USER_OK "\"user\":{\"uid\":0,\"gid\":0}"
#define COMMAND "\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\"," USER_OK "}"
#define OWN	"\"namespaces\":[{\"type\":\"mount\"}]"

static inline char *document(enum where where, const char *piece)
{
	static const char *const forms[] = {
		[WHOLE] = "%s",
		[TOP] = "{" BASE COMMAND ",\"linux\":{" OWN "},%s}",
		[ROOT] = "{" VERSION "\"root\":{%s}," COMMAND ",\"linux\":{" OWN "}}",
		[PROCESS] = "{" BASE "\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\"," USER_OK
			    ",%s},\"linux\":{" OWN "}}",
		[USER] = "{" BASE "\"process\":{\"args\":[\"sh\"],\"cwd\":\"/"
			 "\",\"user\":{%s}},\"linux\":{" OWN "}}",
		[MOUNT] = "{" BASE COMMAND ",\"mounts\":[{%s}],\"linux\":{" OWN "}}",
		[LINUX] = "{" BASE COMMAND ",\"linux\":{" OWN ",%s}}",
		[BARE_LINUX] = "{" BASE COMMAND ",\"linux\":{%s}}",
		[RESOURCES] = "{" BASE COMMAND ",\"linux\":{" OWN ",\"resources\":{%s}}}",
		[HOOKS] = "{" BASE COMMAND ",\"hooks\":{%s},\"linux\":{" OWN "}}",
	};
	const char *hole = strstr(forms[where], "%s");
	size_t room = strlen(forms[where]) + strlen(piece) + 1;
	char *text = malloc(room);

	assert_non_null(text);
	snprintf(text, room, "%.*s%s%s", (int)(hole - forms[where]), forms[where], piece, hole + 2);
	return text;
}

static inline struct config *fresh(void)
{
	struct config *c = config_new();

	assert_non_null(c);
	c->id = "a";
	c->bundle = "/srv/bundle";
	return c;
}

/* Reads and checks. 0, or -1 and an error. */
static inline int take(struct config *c, enum where where, const char *piece, struct error *e)
{
	char *text = document(where, piece);
	int result = config_from_oci(c, text, strlen(text), e);

	if (result == 0)
		result = config_check(c, e);
	free(text);
	return result;
}

static inline struct config *good(enum where where, const char *piece)
{
	struct config *c = fresh();
	struct error e = {0};

	if (take(c, where, piece, &e) < 0)
		fail_msg("%s: %s", piece, e.text);
	return c;
}

struct bad {
	enum where where;
	const char *piece, *error;
};

static inline void all_bad(const struct bad *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct config *c = fresh();
		struct error e = {0};

		if (take(c, cases[i].where, cases[i].piece, &e) == 0)
			fail_msg("%s: was taken", cases[i].piece);
		if (!strstr(e.text, cases[i].error))
			fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].piece, e.text,
				 cases[i].error);
		config_free(c);
	}
}

static inline void all_good(enum where where, const char *const *pieces, size_t n)
{
	for (size_t i = 0; i < n; i++)
		config_free(good(where, pieces[i]));
}

static inline void number_is(const struct config_number *n, int64_t value)
{
	assert_true(n->set);
	assert_true(n->value == value);
}

#endif
