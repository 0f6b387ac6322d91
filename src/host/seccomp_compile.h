/*
 * seccomp_compile.h - from the rules of a profile to a BPF program. Used outside, and when mini-run is built.
 */
#ifndef HOST_SECCOMP_COMPILE_H
#define HOST_SECCOMP_COMPILE_H

#include "base/error.h"
#include "config/config.h"
#include "container/seccomp.h"

/* Counted up whenever equal profiles get another program: filters are kept on disk (seccomp_cache.h). */
#define SECCOMP_COMPILER 1

/* Compiles @s, whatever its mode. The caller frees ret->owned. */
int seccomp_compile(const struct config_seccomp *s, struct seccomp_filter *ret, struct error *e);

/*
 * The number of the system call @name on an architecture (SCMP_ARCH_*): libseccomp's, or that of our own table
 * for calls that it is too old for. -1: the architecture has none. A call that is only reached through
 * socketcall(2) or ipc(2) there has none either.
 */
int seccomp_number(unsigned int scmp_arch, const char *name);

#endif
