/*
 * names.h - the names that users and config.json give to what the kernel numbers. Portable.
 */
#ifndef CONFIG_NAMES_H
#define CONFIG_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#define CAPABILITIES	       41 /* CAP_CHOWN is 0, CAP_CHECKPOINT_RESTORE is 40 */
#define CAPABILITIES_ALL       ((UINT64_C(1) << CAPABILITIES) - 1)
#define CAPABILITY_BIT(number) (UINT64_C(1) << (number))

/* The number of "CAP_NET_ADMIN", "NET_ADMIN" or "net_admin"; -1: there is none. */
int names_capability(const char *name);

/* "CAP_NET_ADMIN" for 12; NULL for a number that has no name. */
const char *names_capability_of(unsigned int number);

/* "RLIMIT_NOFILE" for "RLIMIT_NOFILE", "NOFILE" or "nofile"; NULL: there is none. */
const char *names_rlimit(const char *name);

/* Whether @text is a size of huge pages as the kernel spells it in the names of its files: "64KB", "2MB", "1GB". */
bool names_page_size(const char *text);

#endif
