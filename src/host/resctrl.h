/*
 * resctrl.h - linux.intelRdt: cache and memory bandwidth classes of /sys/fs/resctrl (config-linux.md, "IntelRdt"). Runs outside.
 */
#ifndef HOST_RESCTRL_H
#define HOST_RESCTRL_H

#include <stdbool.h>
#include <sys/types.h>

#include "config/config.h"

#define RESCTRL_PATH 1024

/* What is to be removed at the end; the state on disk has it too. Empty texts: nothing. */
struct resctrl {
	char clos[RESCTRL_PATH];    /* a directory that was made for this container alone */
	char monitor[RESCTRL_PATH]; /* its mon_groups directory */
	char tasks[RESCTRL_PATH]; /* where processes are put: the class's directory, whoever made it */
};

/* Makes or checks the class and writes its schemata. Does nothing where @c does not ask. @mount: NULL, found in
 * mountinfo; for tests a directory. */
int resctrl_make(struct resctrl *r, const struct config *c, const char *mount, struct error *e);
int resctrl_join(const struct resctrl *r, pid_t pid, struct error *e);
/* ENOENT is success. */
int resctrl_remove(const struct resctrl *r, struct error *e);

#endif
