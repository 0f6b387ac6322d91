/*
 * update.h - the limits of a container that exists are changed. Runs outside.
 */
#ifndef HOST_UPDATE_H
#define HOST_UPDATE_H

#include "base/error.h"
#include "host/record.h"

struct update_change {
	struct config_resources resources;
	const char *l3_cache_schema, *mem_bw_schema; /* of its resctrl class; NULL: as they are */
};

/*
 * Changes what @change names, and nothing else; on an error the old limits hold. What holds then is kept in the state
 * directory, for the next one. The caller holds the record's lock.
 */
int update_resources(struct record *r, const struct update_change *change, struct error *e);

#endif
