/*
 * sysctl.h - the names of kernel parameters, as sysctl(8) has them.
 */
#ifndef BASE_SYSCTL_H
#define BASE_SYSCTL_H

#include <stddef.h>

#include "base/error.h"

/*
 * The file of @key below /proc/sys: dots become slashes. The first separator says which kind the key has; with dots, a
 * slash stands for a dot in a name (net.ipv4.conf.eth0/1.forwarding). 0, or -1 where it does not fit.
 */
int sysctl_path(const char *key, char *ret, size_t size, struct error *e);

#endif
