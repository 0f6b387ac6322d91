/*
 * notify.h - the notifications of a container to the service manager that started mini-run (NOTIFY_SOCKET, sd_notify(3)),
 * by way of a proxy: what is passed on, and the socket. Runs outside.
 */
#ifndef HOST_NOTIFY_H
#define HOST_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>

#define NOTIFY_NAME "notify.sock" /* in a directory of its own */
#define NOTIFY_MOST 4096	  /* bytes of a notification: what systemd takes */

/* Whether a service manager listens at @where, the value of a NOTIFY_SOCKET: a socket's path, or "@NAME". */
bool notify_is_there(const char *where);

/* Leaves of the @n bytes of a notification the lines that may be passed on, printable. Returns how many bytes these are. */
size_t notify_filter(char *text, size_t n);

/* Passes on what waits at @fd (-1: nothing does) to the socket @where, a few at a time. */
void notify_relay(int fd, const char *where);

#endif
