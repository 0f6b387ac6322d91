/*
 * text.h - a string that grows: state files, reports and log lines are made in one and written in one go.
 *
 * A failed allocation is remembered and makes every later call do nothing; text_ok tells at the end.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *bytes; /* NUL-terminated; NULL while empty */
	size_t length, room;
	bool failed;
};

void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds @string as a JSON string with its quotes; what is not printable ASCII or valid UTF-8 is escaped. NULL is
 * added as null. */
void text_add_json(struct text *t, const char *string);

/*
 * Adds @string for a terminal: on one line, and with nothing in it that a terminal obeys. Control characters (C1
 * ones included), what turns the direction of writing, and bytes that are no UTF-8 become \xNN.
 */
void text_add_escaped(struct text *t, const char *string);

/* Adds @ns nanoseconds since 1970 as RFC 3339 in UTC, with @digits (0 or 9) of fraction. */
void text_add_time(struct text *t, int64_t ns, int digits);

bool text_ok(const struct text *t);
void text_end(struct text *t);

#define OWNED_TEXT __attribute__((cleanup(text_end))) struct text

#endif
