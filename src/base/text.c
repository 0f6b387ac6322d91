/*
 * text.c - see text.h.
 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static bool make_room(struct text *t, size_t more)
{
	size_t room = t->room ? t->room : 512;
	char *bytes;

	if (t->failed)
		return false;
	while (room < t->length + more + 1)
		room *= 2;
	if (room == t->room)
		return true;
	bytes = realloc(t->bytes, room);
	if (!bytes) {
		t->failed = true;
		return false;
	}
	t->bytes = bytes;
	t->room = room;
	return true;
}

void text_add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || !make_room(t, (size_t)n))
		return;
	va_start(args, format);
	vsnprintf(t->bytes + t->length, (size_t)n + 1, format, args);
	va_end(args);
	t->length += (size_t)n;
}

/* The length of the valid UTF-8 sequence at @s, or 0. */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = s[0] >= 0xc2 && s[0] <= 0xdf	  ? 2
		   : (s[0] & 0xf0) == 0xe0	  ? 3
		   : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
						  : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if (n == 3 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)))
		return 0; /* overlong, surrogate */
	if (n == 4 && ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)))
		return 0; /* overlong, past U+10FFFF */
	return n;
}

/* Whether the valid UTF-8 sequence at @s is a control or a formatting character that changes what is seen. */
static bool is_deceptive(const unsigned char *s)
{
	if (s[0] == 0xc2 && s[1] < 0xa0)
		return true; /* U+0080 to U+009F */
	if (s[0] == 0xd8 && s[1] == 0x9c)
		return true; /* U+061C, the Arabic letter mark */
	if (s[0] == 0xe2 && s[1] == 0x80 &&
	    ((s[2] >= 0xa8 && s[2] <= 0xae) || s[2] == 0x8e || s[2] == 0x8f))
		return true; /* U+200E, U+200F, U+2028 to U+202E: marks, line separators, embeddings */
	return s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa6 &&
	       s[2] <= 0xa9; /* U+2066 to U+2069: isolates */
}

void text_add_json(struct text *t, const char *string)
{
	const unsigned char *s = (const unsigned char *)string;

	if (!string) {
		text_add(t, "null");
		return;
	}
	text_add(t, "\"");
	while (*s) {
		size_t n = utf8_length(s);

		if (*s == '"' || *s == '\\') {
			text_add(t, "\\%c", *s++);
		} else if (*s >= 0x20 && *s < 0x7f) {
			text_add(t, "%c", *s++);
		} else if (n > 0 && !is_deceptive(s)) {
			text_add(t, "%.*s", (int)n, (const char *)s);
			s += n;
		} else if (n > 0) { /* of two or three bytes; JSON goes to terminals as well */
			text_add(t, "\\u%04x",
				 n == 2 ? (s[0] & 0x1fU) << 6 | (s[1] & 0x3fU)
					: (s[0] & 0xfU) << 12 | (s[1] & 0x3fU) << 6 | (s[2] & 0x3fU));
			s += n;
		} else {
			/* Control bytes as they are; a byte that is no UTF-8 as the code point of its value. */
			text_add(t, "\\u%04x", *s++);
		}
	}
	text_add(t, "\"");
}

void text_add_escaped(struct text *t, const char *string)
{
	const unsigned char *s = (const unsigned char *)string;

	while (*s) {
		size_t n = utf8_length(s);

		if (n > 0 && !is_deceptive(s)) {
			text_add(t, "%.*s", (int)n, (const char *)s);
			s += n;
		} else if (n == 0 && *s >= 0x20 && *s < 0x7f) {
			text_add(t, "%c", *s++);
		} else {
			text_add(t, "\\x%02x", *s++);
		}
	}
}

void text_add_time(struct text *t, int64_t ns, int digits)
{
	int64_t seconds = ns / 1000000000, days = seconds / 86400;
	int64_t year = 1970, length;
	int month = 0;
	static const int months[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	/* gmtime_r(3) would read /etc/localtime, a file of the host that has no say here. */
	for (;; days -= length, year++) {
		length = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365;
		if (days < length)
			break;
	}
	for (;; days -= months[month] + (month == 1 && length == 366), month++)
		if (days < months[month] + (month == 1 && length == 366))
			break;
	text_add(t, "%04d-%02d-%02dT%02d:%02d:%02d", (int)year, month + 1, (int)days + 1,
		 (int)(seconds / 3600 % 24), (int)(seconds / 60 % 60), (int)(seconds % 60));
	if (digits > 0)
		text_add(t, ".%09d", (int)(ns % 1000000000));
	text_add(t, "Z");
}

bool text_ok(const struct text *t)
{
	return !t->failed;
}

void text_end(struct text *t)
{
	free(t->bytes);
	*t = (struct text){0};
}
