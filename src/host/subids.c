/*
 * subids.c - see subids.h. Runs outside.
 */
#include "host/subids.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"

/* The next line that is one: "OWNER:FIRST:COUNT". False at the end of the file. */
static bool next_line(FILE *file, char *line, size_t size, char **ret_owner, struct id_range *ret)
{
	while (fgets(line, (int)size, file)) {
		char *first = strchr(line, ':'), *count = first ? strchr(first + 1, ':') : NULL;
		uint64_t from, n;
		struct error e;

		if (!count || *line == '#')
			continue;
		*first++ = '\0';
		*count++ = '\0';
		count[strcspn(count, "\n")] = '\0';
		if (number_unsigned(first, 1, UINT32_MAX - 1, &from, &e) < 0 ||
		    number_unsigned(count, 1, UINT32_MAX - from, &n, &e) < 0)
			continue;
		*ret_owner = line;
		*ret = (struct id_range){(uint32_t)from, (uint32_t)n};
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
	struct id_range range;
	char line[512], *owner;
	size_t n = 0;

	while (f && n < SUBID_RANGES && next_line(f, line, sizeof(line), &owner, &range)) {
		bool again = overlap(range, (struct id_range){uid, 1});

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
	struct id_range other;
	char line[512], *owner;
	bool taken = false;

	while (f && !taken && next_line(f, line, sizeof(line), &owner, &other))
		taken = !is_owner(owner, name, uid) && overlap(range, other);
	if (f)
		(void)fclose(f);
	return taken;
}

void subids_name(uint32_t uid, char *ret, size_t size)
{
	FILE *file = fopen("/etc/passwd", "re");
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
