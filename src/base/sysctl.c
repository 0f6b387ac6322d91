/*
 * sysctl.c - see sysctl.h.
 */
#include "base/sysctl.h"

#include <errno.h>
#include <string.h>

int sysctl_path(const char *key, char *ret, size_t size, struct error *e)
{
	size_t length = strlen(key);

	if (length >= size)
		return err_set(e, ENAMETOOLONG, "%.100s", key);
	memcpy(ret, key, length + 1);
	if (ret[strcspn(ret, "./")] == '.')
		for (char *at = ret; *at != '\0'; at++)
			*at = *at == '.' ? '/' : *at == '/' ? '.' : *at;
	return 0;
}
