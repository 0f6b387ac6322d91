/*
 * seccomp_tell.c - see seccomp_tell.h. Runs outside.
 *
 *	asks	does a call carry our own listener out, or load the second program? allow : notify where @plain refuses,
 *		and where it lets a call set a filter
 *	rest	is it one of these two? what @plain says : allow
 *
 * Of all answers of stacked filters the kernel takes the most refusing one, and notifying is less than every refusal
 * but more than all that lets a call run. So what @plain refuses is told, answered and never run; and a program that calls
 * one of the two with our address in it, which is all that it could do with the gap in the first, meets the second.
 *
 * A filter that the process itself adds is stronger too: what it answers with an errno we are not told of, and a call that
 * would have been its end is none. That cannot be mended, only told: hence the calls that set one. A TRACE is left
 * alone: a tracer would not be asked any more.
 *
 * The kernel does not say which answer a notification stands for. The plain program is asked again, with what the kernel
 * tells of the call: the same numbers that it was asked about before.
 */
#include "host/seccomp_tell.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "host/seccomp.h"
#include "host/seccomp_compile.h"
#include "host/seccomp_numbers.h"

#define X32_BIT	    0x40000000u
#define PROGRAM_MAX 4096 /* BPF_MAXINSNS */

/* ---- asking a program ---- */

uint32_t seccomp_answer(const struct seccomp_filter *f, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t at = 0; at < f->n; at++) {
		const struct sock_filter *i = &f->v[at];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (i->k > sizeof(*data) - sizeof(a))
				return SECCOMP_RET_KILL_PROCESS;
			memcpy(&a, (const char *)data + i->k, sizeof(a));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			break;
		case BPF_JMP | BPF_JA:
			at += i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			at += a > i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			at += a >= i->k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			return SECCOMP_RET_KILL_PROCESS;
		}
	}
	return SECCOMP_RET_KILL_PROCESS;
}

/* A trap may be caught. */
static bool answer_kills(uint32_t answer)
{
	uint32_t action = answer & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_KILL_PROCESS || action == SECCOMP_RET_KILL_THREAD;
}

static bool answer_traps(uint32_t answer)
{
	return (answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRAP;
}

static bool answer_told(uint32_t answer, bool all)
{
	return answer_kills(answer) ||
	       (all &&
		(answer_traps(answer) || (answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO));
}

static bool may(const struct seccomp_filter *f, bool (*what)(uint32_t answer))
{
	for (size_t i = 0; f->v && i < f->n; i++)
		if (f->v[i].code == (BPF_RET | BPF_K) && what(f->v[i].k))
			return true;
	return false;
}

bool seccomp_may_kill(const struct seccomp_filter *f)
{
	return may(f, answer_kills);
}

bool seccomp_may_trap(const struct seccomp_filter *f)
{
	return may(f, answer_traps);
}

bool seccomp_lets_run(uint32_t answer)
{
	uint32_t action = answer & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* ---- calls that set a filter ---- */

/* The kernel looks at the lower half of @operation alone, an int. */
struct setter {
	uint32_t arch, number, operation; /* arch: AUDIT_ARCH_* */
};
#define ARCHES	4
#define SETTERS (2 * ARCHES)

/* All that a process of this machine can call by, SCMP_ARCH_*. */
static size_t arches_here(uint32_t ret[ARCHES])
{
	static const uint32_t others[][3] = {
		{SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32},
		{SCMP_ARCH_AARCH64, SCMP_ARCH_ARM},
		{SCMP_ARCH_S390X, SCMP_ARCH_S390},
	};
	size_t n = 0;

	ret[n++] = seccomp_arch_native();
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		for (size_t k = 1; others[i][0] == ret[0] && k < 3 && others[i][k] != 0; k++)
			ret[n++] = others[i][k];
	return n;
}

static size_t setters_here(struct setter ret[SETTERS])
{
	static const struct {
		const char *name;
		uint32_t operation;
	} calls[] = {{"seccomp", SECCOMP_SET_MODE_FILTER}, {"prctl", PR_SET_SECCOMP}};
	uint32_t arches[ARCHES];
	size_t n = 0, arches_n = arches_here(arches);

	for (size_t i = 0; i < arches_n; i++)
		for (size_t k = 0; k < sizeof(calls) / sizeof(*calls); k++)
			ret[n++] = (struct setter){
				/* as the kernel calls it */
				arches[i] == SCMP_ARCH_X32 ? AUDIT_ARCH_X86_64 : arches[i],
				(uint32_t)seccomp_number(arches[i], calls[k].name),
				calls[k].operation,
			};
	return n;
}

bool seccomp_sets_filter(const struct seccomp_data *data)
{
	struct setter setters[SETTERS];
	size_t n = setters_here(setters);

	for (size_t i = 0; i < n; i++)
		if (setters[i].arch == data->arch && setters[i].number == (uint32_t)data->nr &&
		    setters[i].operation == (uint32_t)data->args[0])
			return true;
	return false;
}

/* ---- the two programs ---- */

struct code {
	struct sock_filter v[PROGRAM_MAX];
	size_t n;
	bool full;
};

static void emit(struct code *c, unsigned int op, unsigned int jt, unsigned int jf, uint32_t k)
{
	if (c->n == PROGRAM_MAX) {
		c->full = true;
		return;
	}
	c->v[c->n++] =
		(struct sock_filter){(unsigned short)op, (unsigned char)jt, (unsigned char)jf, k};
}

static void load(struct code *c, size_t offset)
{
	emit(c, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static void unless(struct code *c, uint32_t k, unsigned int leap)
{
	emit(c, BPF_JMP | BPF_JEQ | BPF_K, 0, leap, k);
}

static size_t argument_low(size_t index)
{
	const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

	return offsetof(struct seccomp_data, args) + 8 * index + (little ? 0 : 4);
}

#define PASS_LENGTH 7

/* Is it this call? One instruction follows here, for when it is; any other call comes out behind that. */
static void pass_emit(struct code *c, const struct seccomp_pass *pass)
{
	size_t low = argument_low(pass->index);

	load(c, offsetof(struct seccomp_data, nr));
	unless(c, pass->number, 5);
	load(c, low);
	unless(c, (uint32_t)pass->value, 3);
	load(c, low ^ 4); /* the other half */
	unless(c, (uint32_t)(pass->value >> 32), 1);
}

/* Lets the two calls pass (@then_plain: them to the plain program, and everything else pass). */
static void passes_emit(struct code *c, const struct seccomp_pass passes[SECCOMP_PASSES],
			bool then_plain)
{
	load(c, offsetof(struct seccomp_data, arch));
	unless(c, seccomp_arch_native(), SECCOMP_PASSES * PASS_LENGTH);
	for (size_t i = 0; i < SECCOMP_PASSES; i++) {
		pass_emit(c, &passes[i]);
		if (then_plain) /* over what is left of this, and over the RET behind it */
			emit(c, BPF_JMP | BPF_JA, 0, 0,
			     (uint32_t)((SECCOMP_PASSES - 1 - i) * PASS_LENGTH + 1));
		else
			emit(c, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	}
	if (then_plain)
		emit(c, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}

static void plain_emit(struct code *c, const struct seccomp_filter *plain)
{
	for (size_t i = 0; i < plain->n; i++)
		emit(c, plain->v[i].code, plain->v[i].jt, plain->v[i].jf, plain->v[i].k);
}

#define SETTER_LENGTH 7

/* For calls that the plain program lets run with @answer. */
static void setters_emit(struct code *c, uint32_t answer)
{
	struct setter setters[SETTERS];
	size_t n = setters_here(setters);

	for (size_t i = 0; i < n; i++) {
		load(c, offsetof(struct seccomp_data, arch));
		unless(c, setters[i].arch, SETTER_LENGTH - 2);
		load(c, offsetof(struct seccomp_data, nr));
		unless(c, setters[i].number, SETTER_LENGTH - 4);
		load(c, argument_low(0));
		unless(c, setters[i].operation, 1);
		emit(c, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF);
	}
	emit(c, BPF_RET | BPF_K, 0, 0, answer);
}

/*
 * The plain program, with the answers that are told turned into notifications, and those that let a call run into leaps
 * to the two ends behind it.
 */
static void asks_emit(struct code *c, const struct seccomp_filter *plain, bool all)
{
	struct setter unused[SETTERS];
	size_t end = setters_here(unused) * SETTER_LENGTH + 1;

	for (size_t i = 0; i < plain->n; i++) {
		const struct sock_filter *f = &plain->v[i];
		bool returns = f->code == (BPF_RET | BPF_K);
		bool logs = (f->k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_LOG;

		if (returns && answer_told(f->k, all))
			emit(c, f->code, 0, 0, SECCOMP_RET_USER_NOTIF);
		else if (returns && seccomp_lets_run(f->k))
			emit(c, BPF_JMP | BPF_JA, 0, 0,
			     (uint32_t)(plain->n - i - 1 + (logs ? end : 0)));
		else
			emit(c, f->code, f->jt, f->jf, f->k);
	}
	setters_emit(c, SECCOMP_RET_ALLOW);
	setters_emit(c, SECCOMP_RET_LOG);
}

static int take(const struct code *c, unsigned int flags, struct seccomp_filter *ret, struct error *e)
{
	struct sock_filter *v;

	if (c->full)
		return err_set(e, 0, "the filter is too long for its refusals to be told");
	v = malloc(c->n * sizeof(*v));
	if (!v)
		return err_no_memory(e);
	memcpy(v, c->v, c->n * sizeof(*v));
	*ret = (struct seccomp_filter){.v = v, .n = (unsigned short)c->n, .flags = flags, .owned = v};
	return 0;
}

int seccomp_tell(const struct seccomp_filter *plain, bool all, struct seccomp_told *ret,
		 struct error *e)
{
	static struct code code; /* large, and made twice */
	/* TSYNC is for other threads, of which there are none, and excludes a listener. */
	unsigned int kept = plain->flags & (SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	unsigned int listens = kept | SECCOMP_FILTER_FLAG_NEW_LISTENER;
	struct seccomp_told told = {0};
	struct seccomp_pass passes[SECCOMP_PASSES];

	if (seccomp_passes(passes, e) < 0)
		return -1;
	/* KERNEL <5.19: a signal may come between a call and its answer, and it is told twice. */
	if (seccomp_flags_check(listens | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
				&(struct error){0}) == 0)
		listens |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	code.n = 0;
	code.full = false;
	passes_emit(&code, passes, false);
	asks_emit(&code, plain, all);
	if (take(&code, listens, &told.asks, e) < 0)
		return -1;
	code.n = 0;
	passes_emit(&code, passes, true);
	plain_emit(&code, plain);
	if (take(&code, kept, &told.rest, e) < 0) {
		seccomp_told_end(&told);
		return -1;
	}
	*ret = told;
	return 0;
}

void seccomp_told_end(struct seccomp_told *told)
{
	seccomp_end(&told->asks);
	seccomp_end(&told->rest);
}

/* ---- names ---- */

/* libseccomp counts x32 as an architecture of its own; the kernel knows it by the number. */
static uint32_t scmp_arch_of(uint32_t arch, uint32_t number)
{
	return arch == AUDIT_ARCH_X86_64 && (number & X32_BIT) ? SCMP_ARCH_X32 : arch;
}

struct seccomp_name seccomp_name_of(uint32_t arch, uint32_t number)
{
	uint32_t scmp = scmp_arch_of(arch, number);
	struct seccomp_name name = {.known = true};
	char *found = NULL;

	if (number <= INT32_MAX)
		found = seccomp_syscall_resolve_num_arch(scmp, (int)number);
	if (found) {
		snprintf(name.text, sizeof(name.text), "%s", found);
		free(found);
		return name;
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if ((numbers[i].arch == ALL_ARCHES || numbers[i].arch == scmp) &&
		    (uint32_t)numbers[i].number ==
			    (scmp == SCMP_ARCH_X32 ? number & ~X32_BIT : number)) {
			snprintf(name.text, sizeof(name.text), "%s", numbers[i].name);
			return name;
		}
	name.known = false;
	snprintf(name.text, sizeof(name.text), "number %u", number);
	return name;
}

const char *seccomp_arch_of(uint32_t arch, uint32_t number)
{
	static const struct {
		uint32_t arch;
		const char *name;
	} names[] = {
		{SCMP_ARCH_X86_64, "x86_64"},	{SCMP_ARCH_X86, "x86"},
		{SCMP_ARCH_X32, "x32"},		{SCMP_ARCH_AARCH64, "aarch64"},
		{SCMP_ARCH_ARM, "arm"},		{SCMP_ARCH_RISCV64, "riscv64"},
		{SCMP_ARCH_PPC64LE, "ppc64le"}, {SCMP_ARCH_S390X, "s390x"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].arch == scmp_arch_of(arch, number))
			return names[i].name;
	return "another architecture";
}

bool seccomp_arch_is_native(uint32_t arch, uint32_t number)
{
	return scmp_arch_of(arch, number) == seccomp_arch_native();
}
