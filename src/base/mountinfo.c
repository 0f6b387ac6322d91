/*
 * mountinfo.c - see mountinfo.h.
 *
 * A line, with optional fields (any number, none included) up to the single dash:
 *
 *	36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
 *
 * Fields are parted by exactly one space. The source may be empty (mount("", ..., "tmpfs", ...) is legal),
 * so runs of spaces must not be taken as one.
 */
#include "base/mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

/* Cuts the next field off *at. NULL where the line has ended. */
static char *field(char **at)
{
	char *start = *at, *space;

	if (!start)
		return NULL;
	space = strchr(start, ' ');
	if (space)
		*space = '\0';
	*at = space ? space + 1 : NULL;
	return start;
}

/* Decimal digits, nothing else. */
static int number(const char *text, uint32_t *ret)
{
	uint64_t value = 0;

	if (!text || !*text)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = value * 10 + (uint64_t)(*text - '0');
		if (value > UINT32_MAX)
			return -1;
	}
	*ret = (uint32_t)value;
	return 0;
}

/* Undoes \ooo in place. The kernel escapes every backslash, so one that stands alone is malformed. */
static int unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		unsigned int value = 0;

		if (*from != '\\') {
			*to++ = *from;
			continue;
		}
		for (int digit = 0; digit < 3; digit++) {
			from++;
			if (*from < '0' || *from > '7')
				return -1;
			value = value * 8 + (unsigned int)(*from - '0');
		}
		if (value == 0 || value > 255)
			return -1;
		*to++ = (char)value;
	}
	*to = '\0';
	return 0;
}

/* A field that must be there and must not be empty. */
static int string(char **at, const char **ret)
{
	char *text = field(at);

	if (!text || !*text || unescape(text) < 0)
		return -1;
	*ret = text;
	return 0;
}

int mountinfo_parse(char *line, struct mountinfo_entry *ret)
{
	struct mountinfo_entry m;
	char *at = line, *device, *colon, *source;
	const char *optional;

	if (number(field(&at), &m.id) < 0 || number(field(&at), &m.parent) < 0)
		return -1;
	device = field(&at);
	colon = device ? strchr(device, ':') : NULL;
	if (!colon)
		return -1;
	*colon = '\0';
	if (number(device, &m.major) < 0 || number(colon + 1, &m.minor) < 0)
		return -1;
	if (string(&at, &m.root) < 0 || string(&at, &m.mount_point) < 0 || string(&at, &m.options) < 0)
		return -1;
	do {
		optional = field(&at);
		if (!optional || !*optional)
			return -1;
	} while (strcmp(optional, "-") != 0);
	if (string(&at, &m.type) < 0)
		return -1;
	source = field(&at);
	if (!source || unescape(source) < 0)
		return -1;
	m.source = source;
	if (string(&at, &m.super_options) < 0 || at)
		return -1;
	*ret = m;
	return 0;
}

int mountinfo_open(struct mountinfo *m, const char *path, struct error *e)
{
	m->start = m->end = 0;
	m->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (m->fd < 0)
		return err_set(e, errno, "open %s", path);
	return 0;
}

void mountinfo_close(struct mountinfo *m)
{
	fd_close(&m->fd);
}

/* Moves what is left to the front and reads behind it. The count, 0 at the end of the file, -1 with errno. */
static ssize_t fill(struct mountinfo *m)
{
	ssize_t n;

	memmove(m->buffer, m->buffer + m->start, m->end - m->start);
	m->end -= m->start;
	m->start = 0;
	if (m->end == sizeof(m->buffer)) {
		errno = EFBIG;
		return -1;
	}
	do
		n = read(m->fd, m->buffer + m->end, sizeof(m->buffer) - m->end);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		m->end += (size_t)n;
	return n;
}

int mountinfo_next(struct mountinfo *m, struct mountinfo_entry *ret, bool *ret_end, struct error *e)
{
	for (;;) {
		char *line = m->buffer + m->start;
		char *newline = memchr(line, '\n', m->end - m->start);
		ssize_t n;

		if (newline) {
			*newline = '\0';
			m->start = (size_t)(newline + 1 - m->buffer);
			/* A NUL inside would hide the rest of the line. */
			if (strlen(line) != (size_t)(newline - line) || mountinfo_parse(line, ret) < 0)
				return err_set(e, 0, "mountinfo: a line is malformed");
			*ret_end = false;
			return 0;
		}
		n = fill(m);
		if (n < 0)
			return err_set(e, errno, "read mountinfo");
		if (n == 0) {
			if (m->end > m->start)
				return err_set(e, 0, "mountinfo: the last line is cut off");
			*ret_end = true;
			return 0;
		}
	}
}
