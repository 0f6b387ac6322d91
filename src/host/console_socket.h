/*
 * console_socket.h - --console-socket and --pidfd-socket: a descriptor goes to the caller's unix socket. Runs outside.
 */
#ifndef HOST_CONSOLE_SOCKET_H
#define HOST_CONSOLE_SOCKET_H

#include "base/error.h"

/* Connects to the SOCK_STREAM socket at @path (longer than sun_path allows, too: through its directory's descriptor). */
int unix_connect(const char *path, int *ret_fd, struct error *e);

/* Sends the descriptor @fd with the bytes of @name: for a terminal "/dev/ptmx", as other runtimes do. The receiver
 * answers nothing. */
int descriptor_send(int socket_fd, const char *name, int fd, struct error *e);

#endif
