/*
 * seccomp_tell.h - from a filter to one whose refusals mini-run is told of. Used outside, before clone; and, for each
 * refusal, to know what the filter would have answered.
 */
#ifndef HOST_SECCOMP_TELL_H
#define HOST_SECCOMP_TELL_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "container/seccomp.h"

/*
 * What the program of @f answers to a system call: SECCOMP_RET_* with its data. For programs of seccomp_compile() alone,
 * which use few instructions; any other one ends the process.
 */
uint32_t seccomp_answer(const struct seccomp_filter *f, const struct seccomp_data *data);

/* Whether one of the program's answers does this. */
bool seccomp_may_kill(const struct seccomp_filter *f);
bool seccomp_may_trap(const struct seccomp_filter *f);

/* Whether it lets the call run: allowed, or allowed and logged. */
bool seccomp_lets_run(uint32_t answer);

/* A call that sets a filter of the process's own, or tries to (seccomp(2), prctl(2)), on any architecture of this machine. */
bool seccomp_sets_filter(const struct seccomp_data *data);

/*
 * Makes of @plain the two programs that stand in its place. With @all every answer that refuses is told: an errno, a trap,
 * an end; otherwise the ends alone, and the others stay as they are. Told too is a call that sets a filter, where
 * @plain lets it run: what that filter refuses is not told. An error where they get too long for Linux.
 */
int seccomp_tell(const struct seccomp_filter *plain, bool all, struct seccomp_told *ret,
		 struct error *e);
void seccomp_told_end(struct seccomp_told *told);

/* The name of a system call: "keyctl"; "number 1234" for one without. @arch is AUDIT_ARCH_*. */
struct seccomp_name {
	char text[64];
	bool known;
};
struct seccomp_name seccomp_name_of(uint32_t arch, uint32_t number);

/* What people call the architecture of a call, "x86_64"; x32 is told from x86_64 by the number. */
const char *seccomp_arch_of(uint32_t arch, uint32_t number);
bool seccomp_arch_is_native(uint32_t arch, uint32_t number);

#endif
