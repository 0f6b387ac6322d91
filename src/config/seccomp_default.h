/*
 * seccomp_default.h - the built-in seccomp profile. Portable: a table of names.
 */
#ifndef CONFIG_SECCOMP_DEFAULT_H
#define CONFIG_SECCOMP_DEFAULT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "config/config.h"

/* The bounding set that the program made at build time is for: what `run` grants by default. */
#define SECCOMP_DEFAULT_CAPS                                                              \
	((UINT64_C(1) << 0 /* CHOWN */) | (UINT64_C(1) << 1 /* DAC_OVERRIDE */) |         \
	 (UINT64_C(1) << 3 /* FOWNER */) | (UINT64_C(1) << 4 /* FSETID */) |              \
	 (UINT64_C(1) << 5 /* KILL */) | (UINT64_C(1) << 6 /* SETGID */) |                \
	 (UINT64_C(1) << 7 /* SETUID */) | (UINT64_C(1) << 8 /* SETPCAP */) |             \
	 (UINT64_C(1) << 10 /* NET_BIND_SERVICE */) | (UINT64_C(1) << 13 /* NET_RAW */) | \
	 (UINT64_C(1) << 18 /* SYS_CHROOT */) | (UINT64_C(1) << 27 /* MKNOD */) |         \
	 (UINT64_C(1) << 29 /* AUDIT_WRITE */) | (UINT64_C(1) << 31 /* SETFCAP */))

/*
 * The profile for a process with the bounding set @caps, in @a (its names point into the program). Every system
 * call of Linux 6.18 on x86-64, i386, arm64 and arm is in it, allowed or refused (EPERM); what is newer
 * answers ENOSYS, because the compiler does that for numbers beyond the newest that a profile names.
 */
int seccomp_default(struct arena *a, uint64_t caps, struct config_seccomp *ret, struct error *e);

/* The capabilities that the profile asks about: with equal bits of these two sets give the same profile. */
uint64_t seccomp_default_asks(void);

#endif
