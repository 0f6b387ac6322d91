/*
 * netdevices.h - linux.netDevices: interfaces of the host that move into the container (config-linux.md, "Network Devices").
 * Runs outside, between clone and go; rtnetlink(7).
 */
#ifndef HOST_NETDEVICES_H
#define HOST_NETDEVICES_H

#include <sys/types.h>

#include "config/config.h"

/*
 * Moves every device of @c into the network namespace of process @pid, under its new name, with its permanent
 * global addresses, and sets it up. A name that is taken there, or a device that is not here, is an error;
 * devices moved before the error come back when the namespace ends (physical ones), as the kernel has it.
 */
int netdevices_move(const struct config *c, pid_t pid, struct error *e);

#endif
