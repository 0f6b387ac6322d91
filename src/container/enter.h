/*
 * enter.h - the inside of a further process in a container that runs already: `exec`.
 */
#ifndef CONTAINER_ENTER_H
#define CONTAINER_ENTER_H

#include "container/init.h"

/* Everything from the first instruction in the container's namespaces to execve. Never returns. */
_Noreturn void container_enter(struct inside *in);

#endif
