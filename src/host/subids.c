/*
 * subids.c - see subids.h. Runs outside.
 */
#include "host/subids.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"

/* Of a line: not yet an id_range, because it may reach beyond the last id. */
struct span {
	uint64_t first, count;
};

/* A number of ids; one that no integer holds is all there are. */
static bool read_count(const char *text, uint64_t *ret)
{
	struct error e;

	if (number_unsigned(text, 0, UINT64_MAX, ret, &e) < 0) {
		if (!*text || text[strspn(text, "0123456789")])
			return false;
		*ret = UINT64_MAX;
	}
	return *ret > 0;
}

/* The next line that is one: "OWNER:FIRST:COUNT". False at the end of the file. */
static bool next_line(FILE *file, char *line, size_t size, char **ret_owner, struct span *ret)
{
	while (fgets(line, (int)size, file)) {
		char *first = strchr(line, ':'), *count = first ? strchr(first + 1, ':') : NULL;
		struct error e;

		if (!count || *line == '#')
			continue;
		*first++ = '\0';
		*count++ = '\0';
		count[strcspn(count, "\n")] = '\0';
		if (number_unsigned(first, 0, UINT32_MAX - 1, &ret->first, &e) < 0 ||
		    !read_count(count, &ret->count))
			continue;
		*ret_owner = line;
		return true;
	}
	return false;
}

static bool is_owner(const char *owner, const char *name, uint32_t uid)
{
	char digits[16];

	snprintf(digits, sizeof(digits), "%u", (unsigned int)uid);
	return (*name && strcmp(owner, name) == 0) || strcmp(owner, digits) == 0;
}

static bool overlap(struct id_range a, struct id_range b)
{
	return (uint64_t)a.first < (uint64_t)b.first + b.count &&
	       (uint64_t)b.first < (uint64_t)a.first + a.count;
}

size_t subids_read(const char *file, const char *name, uint32_t uid,
		   struct id_range ret[SUBID_RANGES])
{
	FILE *f = fopen(file, "re");
	char line[512], *owner;
	struct span span;
	size_t n = 0;

	while (f && n < SUBID_RANGES && next_line(f, line, sizeof(line), &owner, &span)) {
		struct id_range range = {(uint32_t)span.first, (uint32_t)span.count};
		bool again = overlap(range, (struct id_range){uid, 1});

		if (span.first == 0 || span.count > UINT32_MAX - span.first)
			continue;
		for (size_t i = 0; i < n; i++)
			again = again || overlap(range, ret[i]);
		if (!again && is_owner(owner, name, uid))
			ret[n++] = range;
	}
	if (f)
		(void)fclose(f);
	return n;
}

bool subids_taken(const char *file, const char *name, uint32_t uid, struct id_range range)
{
	FILE *f = fopen(file, "re");
	char line[512], *owner;
	struct span span;
	bool taken = false;

	while (f && !taken && next_line(f, line, sizeof(line), &owner, &span)) {
		/* Also of a line that gives nothing, because it reaches too far: it says that they are somebody's. */
		uint64_t left = UINT32_MAX - span.first;
		struct id_range other = {(uint32_t)span.first,
					 (uint32_t)(span.count < left ? span.count : left)};

		taken = !is_owner(owner, name, uid) && overlap(range, other);
	}
	if (f)
		(void)fclose(f);
	return taken;
}

/* Whether the third or fourth field of @line is an id of @range. */
static bool names_id(const char *line, struct id_range range)
{
	const char *at = strchr(line, ':');

	at = at ? strchr(at + 1, ':') : NULL;
	for (int i = 0; at && i < 2; i++, at = strchr(at, ':')) {
		size_t n = strspn(++at, "0123456789");
		uint64_t id = n > 0 && n <= 10 ? strtoull(at, NULL, 10) : UINT64_MAX;

		if (id >= range.first && id - range.first < range.count)
			return true;
	}
	return false;
}

int subids_in_use(const char *file, struct id_range range, bool *ret, struct error *e)
{
	FILE *f = fopen(file, "re");
	bool begins = true, failed;
	char line[4096];

	*ret = false;
	if (!f)
		return errno == ENOENT ? 0 : err_set(e, errno, "open %s", file);
	while (!*ret && fgets(line, sizeof(line), f)) {
		*ret = begins && names_id(line, range);
		begins = strchr(line, '\n') !=
			 NULL; /* else more of this one follows: members of a group */
	}
	failed = ferror(f) != 0;
	(void)fclose(f);
	return failed ? err_set(e, EIO, "read %s", file) : 0;
}

void subids_name(uint32_t uid, char *ret, size_t size)
{
	FILE *file = fopen(PASSWD_FILE, "re");
	const char *user = getenv("USER");
	const struct passwd *p;
	bool found = false;

	snprintf(ret, size, "%s", user ? user : "");
	while (file && !found && (p = fgetpwent(file)) != NULL)
		if (p->pw_uid == uid) {
			snprintf(ret, size, "%s", p->pw_name);
			found = true;
		}
	if (file)
		(void)fclose(file);
}
