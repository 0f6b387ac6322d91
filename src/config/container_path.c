/*
 * container_path.c - see container_path.h. Portable.
 */
#include "config/container_path.h"

#include <string.h>

/* The first part of the path at *@at that is not "." and its length; moves *@at behind it. 0: no
 * more. */
static size_t next_part(const char **at, const char **ret_part)
{
	for (;;) {
		size_t length;

		*at += strspn(*at, "/");
		length = strcspn(*at, "/");
		*ret_part = *at;
		*at += length;
		if (length != 1 || **ret_part != '.')
			return length;
	}
}

int container_path_check(const char *path, const char *what, struct error *e)
{
	const char *at = path, *part;
	size_t length;

	if (path[0] != '/')
		return err_set(e, 0, "%s %.200s: must be absolute (begin with /)", what, path);
	while ((length = next_part(&at, &part)) > 0)
		if (length == 2 && memcmp(part, "..", 2) == 0)
			return err_set(e, 0, "%s %.200s: must not contain \"..\"", what, path);
	return 0;
}

enum container_path_relation container_path_to(const char *path, const char *base)
{
	const char *a, *b;
	size_t m, n;

	for (;;) {
		m = next_part(&path, &a);
		n = next_part(&base, &b);
		if (n == 0)
			return m == 0 ? PATH_SAME : PATH_BELOW;
		if (m != n || memcmp(a, b, n) != 0)
			return PATH_ELSEWHERE;
	}
}
