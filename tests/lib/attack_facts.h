/*
 * attack_facts.h - what attack_probe.c and attack_calls.c share: facts, one a line of the output, and arguments that
 * say what the host is like. Each is a program of one file, so all of it is here.
 */
#ifndef ATTACK_FACTS_H
#define ATTACK_FACTS_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static unsigned int facts;
static char **given; /* the arguments */

/* fact(HOLDS, NAME, FORMAT, ...): one line of the output; FORMAT tells what was seen instead. */
__attribute__((format(printf, 3, 4))) static void fact(bool holds, const char *name,
						       const char *seen, ...)
{
	va_list args;

	facts++;
	if (holds) {
		printf("ok %s\n", name);
		return;
	}
	printf("not ok %s: ", name);
	va_start(args, seen);
	vprintf(seen, args);
	va_end(args);
	putchar('\n');
}

/* The name of a fact about something that has a name itself. */
static inline const char *about(const char *kind, const char *what)
{
	static char name[256];

	snprintf(name, sizeof(name), "%s:%s", kind, what);
	return name;
}

static inline const char *outcome(long result)
{
	const char *name = result >= 0 ? "OK" : strerrorname_np(errno);

	return name ? name : "an unknown error";
}

/* What is given as KIND=WHAT=VALUE, or for WHAT "" as KIND=VALUE; NULL for nothing. */
static inline const char *find_given(const char *kind, const char *what)
{
	char prefix[128];

	snprintf(prefix, sizeof(prefix), *what ? "%s=%s=" : "%s=%s", kind, what);
	for (char **at = given; *at; at++)
		if (strncmp(*at, prefix, strlen(prefix)) == 0)
			return *at + strlen(prefix);
	return NULL;
}

static inline bool is(const char *word)
{
	for (char **at = given; *at; at++)
		if (strncmp(*at, "is=", 3) == 0 && strcmp(*at + 3, word) == 0)
			return true;
	return false;
}

#endif
