/*
 * nodes.h - the device nodes that every container has (config-linux.md, "Default Devices"). The outside opens the
 * host's own where the inside may not make any, in this order.
 */
#ifndef CONTAINER_NODES_H
#define CONTAINER_NODES_H

#include "container/steps.h"

struct standard_node {
	const char *name; /* in /dev */
	unsigned int major, minor;
};

extern const struct standard_node standard_nodes[DEVICE_FDS_STANDARD];

#endif
