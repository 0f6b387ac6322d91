/*
 * error.c - see error.h. Runs anywhere: outside, inside, and in tests on systems that are not Linux.
 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int set(struct error *e, int status, int no, const char *format, va_list args)
{
	int n = vsnprintf(e->text, sizeof(e->text), format, args);

	e->no = no;
	e->status = status;
	if (no != 0 && n >= 0) {
		const char *cause = strerror(no);
		size_t most = sizeof(e->text) - strlen(cause) - 3, at = (size_t)n;

		if (at > most) /* a long object must not hide the cause */
			at = most;
		snprintf(e->text + at, sizeof(e->text) - at, ": %s", cause);
	}
	return -1;
}

int err_set(struct error *e, int no, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(e, 0, no, format, args);
	va_end(args);
	return -1;
}

int err_status(struct error *e, int status, int no, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(e, status, no, format, args);
	va_end(args);
	return -1;
}

int err_within(struct error *e, const char *format, ...)
{
	char old[ERROR_TEXT];
	va_list args;
	int n;

	memcpy(old, e->text, sizeof(old));
	va_start(args, format);
	n = vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	if (n >= 0 && (size_t)n + 2 < sizeof(e->text)) /* what no longer fits is cut off at the end */
		snprintf(e->text + n, sizeof(e->text) - (size_t)n, ": %.*s",
			 (int)(sizeof(e->text) - 3) - n, old);
	return -1;
}

int err_hint(struct error *e, const char *format, ...)
{
	size_t at = strlen(e->text);
	char hint[ERROR_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(hint, sizeof(hint), format, args);
	va_end(args);
	snprintf(e->text + at, sizeof(e->text) - at, " (%s)", hint);
	return -1;
}

int err_no_memory(struct error *e)
{
	return err_set(e, ENOMEM, "allocate");
}
