/*
 * seccomp_program.h - the built-in profile for SECCOMP_DEFAULT_CAPS, compiled when mini-run is built.
 *
 * scripts/gen-seccomp.c prints the C file that defines these, from config/seccomp_default.c.
 */
#ifndef HOST_SECCOMP_PROGRAM_H
#define HOST_SECCOMP_PROGRAM_H

#include <linux/filter.h>

extern const struct sock_filter seccomp_program[];
extern const unsigned short seccomp_program_n;

#endif
