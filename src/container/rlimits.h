/*
 * rlimits.h - resource limits by their names in the configuration. Used on both sides.
 */
#ifndef CONTAINER_RLIMITS_H
#define CONTAINER_RLIMITS_H

/* RLIMIT_NOFILE for "RLIMIT_NOFILE" (getrlimit(2)); -1: there is none of this name. */
int rlimit_number(const char *name);

#endif
