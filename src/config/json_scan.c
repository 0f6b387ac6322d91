/*
 * json_scan.c - see json_scan.h. Recursive descent by the grammar of RFC 8259; portable.
 *
 * All that it keeps is a stack of the member names of the objects that are open, decoded, because "a" and
 * "\u0061" are the same name.
 */
#include "config/json_scan.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "config/json.h"

struct scan {
	const char *start, *at, *end;
	struct arena arena; /* decoded member names */
	char **names;	    /* those of all objects that are open, outermost first */
	size_t names_n, names_room;
	struct error *e;
};

static int bad(struct scan *s, const char *what)
{
	unsigned long line = 1;

	for (const char *p = s->start; p < s->at && p < s->end; p++)
		line += *p == '\n';
	return err_set(s->e, 0, "line %lu: %s", line, what);
}

static void space(struct scan *s)
{
	while (s->at < s->end && strchr(" \t\r\n", *s->at) && *s->at)
		s->at++;
}

static bool take(struct scan *s, char c)
{
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

/* Four hexadecimal digits; -1: there are none. */
static int hex4(struct scan *s)
{
	int value = 0;

	if (s->end - s->at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = s->at[i];

		if (c >= '0' && c <= '9')
			value = value * 16 + (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value * 16 + ((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	s->at += 4;
	return value;
}

static char *put_utf8(char *out, unsigned int code)
{
	if (code < 0x80) {
		*out++ = (char)code;
	} else if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
		*out++ = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*out++ = (char)(0xe0 | code >> 12);
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	} else {
		*out++ = (char)(0xf0 | code >> 18);
		*out++ = (char)(0x80 | (code >> 12 & 0x3f));
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	}
	return out;
}

/* The escape behind a backslash, to *out as UTF-8: never longer there than in the text. */
static int escape(struct scan *s, char **out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *which;
	int code, low;

	if (s->at == s->end)
		return bad(s, "a string does not end");
	which = *s->at ? strchr(from, *s->at) : NULL;
	if (which) {
		s->at++;
		*(*out)++ = to[which - from];
		return 0;
	}
	if (!take(s, 'u'))
		return bad(s, "unknown escape in a string");
	code = hex4(s);
	if (code < 0)
		return bad(s, "\\u needs four hexadecimal digits");
	if (code == 0)
		return bad(s, "NUL in a string");
	if (code >= 0xd800 && code < 0xdc00) {
		if (!take(s, '\\') || !take(s, 'u'))
			return bad(s, "half a surrogate pair in a string");
		low = hex4(s);
		if (low < 0xdc00 || low > 0xdfff)
			return bad(s, "half a surrogate pair in a string");
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	} else if (code >= 0xdc00 && code < 0xe000) {
		return bad(s, "half a surrogate pair in a string");
	}
	*out = put_utf8(*out, (unsigned int)code);
	return 0;
}

/* The length of the UTF-8 sequence at s->at; 0: it is none (overlong, surrogate, too high, cut off). */
static size_t utf8(const struct scan *s)
{
	const unsigned char *p = (const unsigned char *)s->at;
	size_t n = 0;

	if (p[0] < 0x80)
		n = 1;
	else if (p[0] >= 0xc2 && p[0] < 0xf5)
		n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (n > (size_t)(s->end - s->at))
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

/* A string from its quote on. Its decoded text goes to *ret, in the scan's arena, unless ret is NULL. */
static int string(struct scan *s, char **ret)
{
	char unused[4], *out = unused;
	const char *close;

	s->at++;
	if (ret) {
		for (close = s->at; close < s->end && *close != '"'; close++)
			close += *close == '\\' && close + 1 < s->end;
		out = *ret = arena_alloc(&s->arena, (size_t)(close - s->at) + 1);
		if (!out)
			return err_no_memory(s->e);
	}
	while (s->at < s->end && *s->at != '"') {
		size_t n = utf8(s);

		if (n == 0)
			return bad(s, "invalid UTF-8 in a string");
		if ((unsigned char)*s->at < 0x20)
			return bad(s, *s->at ? "control character in a string" : "NUL in a string");
		if (!ret)
			out = unused; /* checked, and kept nowhere */
		if (*s->at == '\\') {
			s->at++;
			if (escape(s, &out) < 0)
				return -1;
			continue;
		}
		memcpy(out, s->at, n);
		out += n;
		s->at += n;
	}
	if (!take(s, '"'))
		return bad(s, "a string does not end");
	return 0;
}

static size_t digits(struct scan *s)
{
	const char *first = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return (size_t)(s->at - first);
}

static int number(struct scan *s)
{
	const char *first = s->at;
	bool negative = take(s, '-'), integer = true;
	char copy[400];
	size_t n;

	if (!take(s, '0') && digits(s) == 0)
		return bad(s, "not a number");
	if (take(s, '.')) {
		integer = false;
		if (digits(s) == 0)
			return bad(s, "not a number");
	}
	if (take(s, 'e') || take(s, 'E')) {
		integer = false;
		if (!take(s, '-'))
			take(s, '+');
		if (digits(s) == 0)
			return bad(s, "not a number");
	}
	n = (size_t)(s->at - first);
	if (n >= sizeof(copy))
		return bad(s, "number with too many digits");
	memcpy(copy, first, n);
	copy[n] = '\0';
	errno = 0;
	if (!integer) {
		if (!isfinite(strtod(copy, NULL)))
			return bad(s, "number out of range");
		return 0;
	}
	if (negative)
		(void)strtoll(copy, NULL, 10);
	else
		(void)strtoull(copy, NULL, 10);
	return errno == ERANGE ? bad(s, "number out of range") : 0;
}

static int name_push(struct scan *s, char *name)
{
	if (s->names_n == s->names_room) {
		size_t room = s->names_room ? 2 * s->names_room : 64;
		char **moved = realloc(s->names, room * sizeof(*moved));

		if (!moved)
			return err_no_memory(s->e);
		s->names = moved;
		s->names_room = room;
	}
	s->names[s->names_n++] = name;
	return 0;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Closes an object, whose names begin at @first. By sorting: a hostile file must not make it quadratic. */
static int names_close(struct scan *s, size_t first)
{
	if (s->names_n - first > 1)
		qsort(s->names + first, s->names_n - first, sizeof(*s->names), name_compare);
	for (size_t i = first + 1; i < s->names_n; i++)
		if (strcmp(s->names[i - 1], s->names[i]) == 0) {
			char text[160];

			snprintf(text, sizeof(text),
				 "the object that ends here has two members \"%.80s\"", s->names[i]);
			return bad(s, text);
		}
	s->names_n = first;
	return 0;
}

static int value(struct scan *s, int depth);

static int object(struct scan *s, int depth)
{
	size_t first = s->names_n;
	char *name;

	s->at++;
	space(s);
	if (take(s, '}'))
		return 0;
	do {
		space(s);
		if (s->at == s->end || *s->at != '"')
			return bad(s, "expected a member name");
		if (string(s, &name) < 0 || name_push(s, name) < 0)
			return -1;
		space(s);
		if (!take(s, ':'))
			return bad(s, "expected \":\"");
		if (value(s, depth) < 0)
			return -1;
	} while (take(s, ','));
	if (!take(s, '}'))
		return bad(s, "expected \",\" or \"}\"");
	return names_close(s, first);
}

static int array(struct scan *s, int depth)
{
	s->at++;
	space(s);
	if (take(s, ']'))
		return 0;
	do {
		if (value(s, depth) < 0)
			return -1;
	} while (take(s, ','));
	return take(s, ']') ? 0 : bad(s, "expected \",\" or \"]\"");
}

/* One value with the space around it. @depth is that of what it stands in. */
static int value(struct scan *s, int depth)
{
	static const char *const words[] = {"true", "false", "null"};
	int r = -2;

	space(s);
	if (s->at == s->end)
		return bad(s, "the text ends too early");
	if (*s->at == '{' || *s->at == '[') {
		if (depth == JSON_DEPTH_MAX)
			return bad(s, "nested too deeply");
		r = *s->at == '{' ? object(s, depth + 1) : array(s, depth + 1);
	} else if (*s->at == '"') {
		r = string(s, NULL);
	} else if (*s->at == '-' || (*s->at >= '0' && *s->at <= '9')) {
		r = number(s);
	}
	for (size_t i = 0; r == -2 && i < sizeof(words) / sizeof(*words); i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(s->end - s->at) >= n && memcmp(s->at, words[i], n) == 0) {
			s->at += n;
			r = 0;
		}
	}
	if (r == -2)
		return bad(s, "not a value");
	space(s);
	return r;
}

int json_scan(const char *text, size_t length, struct error *e)
{
	struct scan s = {.start = text, .at = text, .end = text + length, .e = e};
	int r;

	if (length > JSON_SIZE_MAX)
		return err_set(e, 0, "larger than %d MiB", (int)(JSON_SIZE_MAX >> 20));
	r = value(&s, 0);
	if (r == 0 && s.at != s.end)
		r = bad(&s, "text behind the end");
	arena_end(&s.arena);
	free(s.names);
	return r;
}
