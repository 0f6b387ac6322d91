/*
 * seccomp_cache.h - the compiled filters of profiles, kept by content for later containers. Runs outside.
 */
#ifndef HOST_SECCOMP_CACHE_H
#define HOST_SECCOMP_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "config/config.h"
#include "container/seccomp.h"

/*
 * All that the program depends on, as bytes: the rules, the compiler, libseccomp's version, which has the names, and
 * the architecture. Profiles with equal bytes have equal programs. Where the listener is does not belong to it.
 */
struct seccomp_key {
	unsigned char *bytes;
	size_t length;
};

/* 0 or -1 (no memory). The caller ends it. */
int seccomp_key_make(const struct config_seccomp *s, struct seccomp_key *ret, struct error *e);
void seccomp_key_end(struct seccomp_key *key);

/*
 * The program that was kept for @key below the state directory @root. 0; or -1: there is none that can be trusted, and
 * @e says why not, or nothing (e->text is empty) where there simply is none. The caller ends it (seccomp_end).
 */
int seccomp_cache_find(const char *root, const struct seccomp_key *key, struct seccomp_filter *ret,
		       struct error *e);

/* Keeps @f for @key; the oldest of more than 64 goes. -1: it could not be kept, @e says why. */
int seccomp_cache_keep(const char *root, const struct seccomp_key *key,
		       const struct seccomp_filter *f, struct error *e);

#endif
