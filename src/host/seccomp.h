/*
 * seccomp.h - from the profile in the configuration to a BPF program. Runs outside, before clone.
 */
#ifndef HOST_SECCOMP_H
#define HOST_SECCOMP_H

#include "base/error.h"
#include "config/config.h"
#include "container/seccomp.h"

/*
 * The program for @c: none, the built-in one (compiled when mini-run was built), or one that libseccomp makes
 * of the profile now. The built-in profile with other than the default capabilities is compiled now as well,
 * because what it allows depends on them. The caller ends it.
 */
int seccomp_make(const struct config *c, struct seccomp_filter *ret, struct error *e);
void seccomp_end(struct seccomp_filter *f);

#endif
