/*
 * signals.h - signals by name or number, as `kill` takes them.
 */
#ifndef HOST_SIGNALS_H
#define HOST_SIGNALS_H

#include "base/error.h"

/* The number of "15", "TERM", "SIGTERM", "sigterm", "RTMIN+3", "RTMAX-1". 0 is taken as well: kill(2) then only
 * checks. An error where there is no such signal. */
int signals_number(const char *text, int *ret, struct error *e);

#endif
