/*
 * subids.h - the ids that an ordinary user may give away: /etc/subuid and /etc/subgid (subuid(5)); and whose an id is.
 *
 * The files are read by ourselves and not through the name service, which a static program cannot load. Whether the ids are
 * really the user's is decided by newuidmap(1) and newgidmap(1), which look there once more.
 */
#ifndef HOST_SUBIDS_H
#define HOST_SUBIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct id_range {
	uint32_t first, count;
};

#define SUBID_RANGES 32

#define SUBUID_FILE "/etc/subuid"
#define SUBGID_FILE "/etc/subgid"
#define PASSWD_FILE "/etc/passwd"
#define GROUP_FILE  "/etc/group"

/*
 * The ranges in @file of the user with the number @uid, or the name @name ("": none). Lines that are none, ranges that
 * reach beyond the last id or have @uid itself in them are passed over. How many there are; 0 without the file as well.
 */
size_t subids_read(const char *file, const char *name, uint32_t uid,
		   struct id_range ret[SUBID_RANGES]);

/* Whether somebody other than @uid and @name has an id of @range in @file; a line that reaches too far counts, too. */
bool subids_taken(const char *file, const char *name, uint32_t uid, struct id_range range);

/*
 * Whether a user or a group of @file (/etc/passwd or /etc/group) has an id of @range. Those of a directory service are not
 * seen: a static program cannot ask one. Without the file there are none; one that cannot be read is an error.
 */
int subids_in_use(const char *file, struct id_range range, bool *ret, struct error *e);

/* The name of @uid in /etc/passwd; for a user that is not there, what his environment says (the helpers check it). */
void subids_name(uint32_t uid, char *ret, size_t size);

#endif
