/*
 * attributes.h - how the command is scheduled and where its memory lies. The functions that are not steps work on
 * any process, and so are called from outside as well.
 */
#ifndef CONTAINER_ATTRIBUTES_H
#define CONTAINER_ATTRIBUTES_H

#include <stddef.h>
#include <sys/types.h>

#include "config/config.h"

/*
 * Sets the bits of a list of numbers and ranges ("0-3,7"), in which there may be blanks and empty entries. @mask has
 * @bits bits, a multiple of those of a long, and is cleared first. An error for what is no list, or does not fit.
 */
int list_to_mask(const char *list, unsigned long *mask, size_t bits, struct error *e);

/* Scheduling policy and I/O priority of process @pid, 0 for ourselves. Does nothing where @p does not ask. */
int scheduling_apply(const struct config_process *p, pid_t pid, struct error *e);

/* The CPUs that process @pid (0: ourselves) may run on: before and after it has entered the cgroup (config.md,
 * "execCPUAffinity"). @list: NULL changes nothing. */
int affinity_initial_set(const char *list, pid_t pid, struct error *e);
int affinity_final_set(const char *list, pid_t pid, struct error *e);

#endif
