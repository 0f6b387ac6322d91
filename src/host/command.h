/*
 * command.h - a look at the command before anything is made: is it there, and can this kernel run it?
 */
#ifndef HOST_COMMAND_H
#define HOST_COMMAND_H

#include "base/error.h"
#include "config/config.h"

/*
 * Looks for the command of @c in the root filesystem at @root_fd as execve will: along PATH, through the "#!"
 * of a script, to the ELF interpreter of a dynamic program. What is sure to fail is an error with the
 * status 127 (not there) or 126 (not to be run) and the remedy. Where a mount of the configuration could
 * bring what is missing, execve itself is left to tell.
 */
int command_check(const struct config *c, int root_fd, struct error *e);

#endif
