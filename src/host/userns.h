/*
 * userns.h - the user namespace of a container: whose ids it has.
 */
#ifndef HOST_USERNS_H
#define HOST_USERNS_H

#include "config/config.h"
#include "host/run.h"

struct start;

#define USERNS_BLOCK 65536 /* ids of a container with --userns auto */

/*
 * Settles the namespace of a configuration that is otherwise finished, before config_check(). @choice is what --userns
 * says (NULL: nothing): "host", "auto", or a map, which c->idmaps has already.
 *
 *  - root: none by default; one with ids of its own, through which the root filesystem is seen, so that the files on disk
 *    keep their owners. A bundle says it all itself.
 *  - an ordinary user, in the namespace of rootless_enter(): always one, with the same ids as that; ids that a bundle maps
 *    are the host's, and become those of our namespace.
 *
 * What cannot be had there is an error that says so.
 */
int userns_settle(struct config *c, const char *choice, const struct global_options *global,
		  struct error *e);

/* The range that --userns auto has chosen is on disk from here on ("keep configuration"): others may choose. */
void userns_chosen(void);

/* Whether the command's ids can be had in the container; groups that the image gives and that cannot be had go. Part of
 * "look up user". */
int userns_user_check(struct start *s, struct error *e);

#endif
