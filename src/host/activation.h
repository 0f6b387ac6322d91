/*
 * activation.h - what systemd hands to services, passed on to the container: NOTIFY_SOCKET (sd_notify(3)) and LISTEN_FDS
 * (sd_listen_fds(3)). Runs outside, before config_check().
 */
#ifndef HOST_ACTIVATION_H
#define HOST_ACTIVATION_H

#include "config/config.h"

/*
 * Where our environment has NOTIFY_SOCKET: asks for the proxy of notify.h in the container, and sets the variable there.
 * Where it has LISTEN_FDS for us: *ret_fds is their number (0: none), and the container's environment gets LISTEN_FDS and
 * LISTEN_PID=1 (LISTEN_FDNAMES too). They are descriptors 3 and up; --preserve-fds counts those behind them.
 */
int activation_prepare(struct config *c, unsigned int *ret_fds, struct error *e);

#endif
