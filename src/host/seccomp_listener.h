/*
 * seccomp_listener.h - the program that a profile with SCMP_ACT_NOTIFY asks about system calls. Runs outside.
 */
#ifndef HOST_SECCOMP_LISTENER_H
#define HOST_SECCOMP_LISTENER_H

#include <sys/types.h>

#include "base/error.h"
#include "config/config.h"

/*
 * Before anything is made: is there a socket at the profile's listenerPath? It is not connected to, because whoever
 * accepts there must get one process with every connection. The caller asks only where the filter notifies.
 */
int seccomp_listener_check(const struct config *c, struct error *e);

/*
 * Connects to listenerPath, sends the container process state (config-linux.md, "The Container Process State") with the
 * listener @fd, and closes the connection. @status and @container_pid are of the container, @pid of the process
 * that has the filter: the same but for exec. @fd stays the caller's. An error where any of it fails: the process
 * must not go on then.
 */
int seccomp_listener_send(const struct config *c, const char *status, pid_t container_pid,
			  pid_t pid, int fd, struct error *e);

#endif
