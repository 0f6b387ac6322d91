/*
 * seccomp_compile.c - see seccomp_compile.h.
 *
 * libseccomp makes the large part: for each architecture, from the number of a system call to an action. What it
 * cannot do, or does wrong, is compiled here and runs in front of its program, in a block per architecture:
 *
 *  - a system call that is newer than the newest that the profile names answers ENOSYS, as it would on the kernel
 *    that the profile was written for, and not the default errno: C libraries fall back to older calls on
 *    ENOSYS and give up on EPERM. Only where the default action refuses; a tracer decides by itself.
 *  - rules for calls that this libseccomp is too old to know, by a table of their numbers.
 *  - rules with arguments. libseccomp 2.5.4 drops them where the call has a rule without as well, and mixes up two
 *    rules on one argument: "a0 < 0xffffffff" and "a0 >= 1 << 63" together also match 0xffffffff (the second
 *    compares its upper half with a lower half that the first one loaded). Here the rules of a call are
 *    asked as they are written: those with arguments in their order, then the first without, then the default.
 *
 * i386 also has socketcall(2), whose arguments are in memory: conditions on those of socket(2) and its like hold
 * for the direct calls alone, and a profile decides about socketcall by its name.
 *
 * libseccomp's part is one filter for each architecture, merged, because in a filter with several of them it also
 * compares with the placeholder numbers of calls that only another architecture has.
 *
 * The jumps of our blocks are short within a rule (8 bits are enough: six arguments are some 30 instructions) and
 * BPF_JA over rules and blocks.
 */
#include "host/seccomp_compile.h"

#include <ctype.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"

#define X32_BIT 0x40000000u
#define ARM_PRIVATE 0xf0000u /* breakpoint, cacheflush, set_tls: far above the table */
#define ALL_ARCHES 0
#define PROGRAM_MAX 4096 /* BPF_MAXINSNS */

/* ---- numbers that libseccomp 2.5.4 does not know, or does not tell ---- */

struct number {
	unsigned int arch; /* SCMP_ARCH_* or ALL_ARCHES: since 403 all tables grow together */
	int number;
	const char *name;
};

static const struct number numbers[] = {
	{ALL_ARCHES, 451, "cachestat"},	       {ALL_ARCHES, 452, "fchmodat2"},
	{ALL_ARCHES, 453, "map_shadow_stack"}, {ALL_ARCHES, 454, "futex_wake"},
	{ALL_ARCHES, 455, "futex_wait"},       {ALL_ARCHES, 456, "futex_requeue"},
	{ALL_ARCHES, 457, "statmount"},	       {ALL_ARCHES, 458, "listmount"},
	{ALL_ARCHES, 459, "lsm_get_self_attr"}, {ALL_ARCHES, 460, "lsm_set_self_attr"},
	{ALL_ARCHES, 461, "lsm_list_modules"}, {ALL_ARCHES, 462, "mseal"},
	{ALL_ARCHES, 463, "setxattrat"},       {ALL_ARCHES, 464, "getxattrat"},
	{ALL_ARCHES, 465, "listxattrat"},      {ALL_ARCHES, 466, "removexattrat"},
	{ALL_ARCHES, 467, "open_tree_attr"},   {ALL_ARCHES, 468, "file_getattr"},
	{ALL_ARCHES, 469, "file_setattr"},     {SCMP_ARCH_X86_64, 335, "uretprobe"},
	{SCMP_ARCH_X86_64, 336, "uprobe"},
	/* i386 has these directly and through socketcall(2) and ipc(2); libseccomp only tells of the second. */
	{SCMP_ARCH_X86, 337, "recvmmsg"}, {SCMP_ARCH_X86, 345, "sendmmsg"},
	{SCMP_ARCH_X86, 359, "socket"}, {SCMP_ARCH_X86, 360, "socketpair"},
	{SCMP_ARCH_X86, 361, "bind"}, {SCMP_ARCH_X86, 362, "connect"},
	{SCMP_ARCH_X86, 363, "listen"}, {SCMP_ARCH_X86, 364, "accept4"},
	{SCMP_ARCH_X86, 365, "getsockopt"}, {SCMP_ARCH_X86, 366, "setsockopt"},
	{SCMP_ARCH_X86, 367, "getsockname"}, {SCMP_ARCH_X86, 368, "getpeername"},
	{SCMP_ARCH_X86, 369, "sendto"}, {SCMP_ARCH_X86, 370, "sendmsg"},
	{SCMP_ARCH_X86, 371, "recvfrom"}, {SCMP_ARCH_X86, 372, "recvmsg"},
	{SCMP_ARCH_X86, 373, "shutdown"}, {SCMP_ARCH_X86, 393, "semget"},
	{SCMP_ARCH_X86, 394, "semctl"}, {SCMP_ARCH_X86, 395, "shmget"},
	{SCMP_ARCH_X86, 396, "shmctl"}, {SCMP_ARCH_X86, 397, "shmat"},
	{SCMP_ARCH_X86, 398, "shmdt"}, {SCMP_ARCH_X86, 399, "msgget"},
	{SCMP_ARCH_X86, 400, "msgsnd"}, {SCMP_ARCH_X86, 401, "msgrcv"},
	{SCMP_ARCH_X86, 402, "msgctl"},
};

int seccomp_number(unsigned int scmp_arch, const char *name)
{
	int nr = seccomp_syscall_resolve_name_arch(scmp_arch, name);

	if (nr >= 0)
		return nr;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if ((numbers[i].arch == ALL_ARCHES || numbers[i].arch == scmp_arch) &&
		    strcmp(numbers[i].name, name) == 0)
			return numbers[i].number | (scmp_arch == SCMP_ARCH_X32 ? (int)X32_BIT : 0);
	return -1;
}

/* ---- actions ---- */

/* libseccomp's values are the kernel's (SECCOMP_RET_*). */
static uint32_t action_value(enum config_seccomp_action action, const struct config_number *errno_ret)
{
	uint32_t data = errno_ret->set ? (uint32_t)errno_ret->value : EPERM;

	switch (action) {
	case SECCOMP_KILL_THREAD:
		return SCMP_ACT_KILL_THREAD;
	case SECCOMP_KILL_PROCESS:
		return SCMP_ACT_KILL_PROCESS;
	case SECCOMP_TRAP:
		return SCMP_ACT_TRAP;
	case SECCOMP_ERRNO:
		return SCMP_ACT_ERRNO(data);
	case SECCOMP_TRACE:
		return SCMP_ACT_TRACE(data);
	case SECCOMP_ALLOW:
		return SCMP_ACT_ALLOW;
	case SECCOMP_LOG:
		return SCMP_ACT_LOG;
	case SECCOMP_NOTIFY:
		return SCMP_ACT_NOTIFY;
	}
	return SCMP_ACT_KILL_PROCESS;
}

static uint32_t rule_value(const struct config_seccomp_rule *rule)
{
	return action_value(rule->action, &rule->errno_ret);
}

static uint32_t default_value(const struct config_seccomp *s)
{
	return action_value(s->default_action, &s->default_errno_ret);
}

/* ---- what a profile says, by system call ---- */

struct mention {
	const char *name;
	size_t rule;
};

/* A profile, and every name in it with its rule: sorted by name, those of one name in the rules' order. */
struct profile {
	const struct config_seccomp *s;
	struct mention *v;
	size_t n;
};

/* The mentions of one system call. */
struct call {
	const char *name;
	const struct mention *first, *end;
	bool known; /* to libseccomp, on whatever architecture */
	bool ours;  /* decided in our part */
};

static int mention_compare(const void *a, const void *b)
{
	const struct mention *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r != 0 ? r : (x->rule > y->rule) - (x->rule < y->rule);
}

static int profile_init(struct profile *p, const struct config_seccomp *s, struct error *e)
{
	size_t n = 0;

	for (size_t i = 0; i < s->rules_n; i++)
		n += s->rules[i].names.n;
	*p = (struct profile){.s = s, .v = calloc(n + 1, sizeof(*p->v))};
	if (!p->v)
		return err_no_memory(e);
	for (size_t i = 0; i < s->rules_n; i++)
		for (size_t k = 0; k < s->rules[i].names.n; k++)
			p->v[p->n++] = (struct mention){s->rules[i].names.v[k], i};
	qsort(p->v, p->n, sizeof(*p->v), mention_compare);
	return 0;
}

/* Steps through the calls; @call starts as all-zero. */
static bool call_next(const struct profile *p, struct call *call)
{
	const struct mention *m = call->end ? call->end : p->v;
	bool with = false;

	if (m == p->v + p->n)
		return false;
	call->name = m->name;
	call->first = m;
	for (; m < p->v + p->n && strcmp(m->name, call->name) == 0; m++)
		with |= p->s->rules[m->rule].args_n > 0;
	call->end = m;
	call->known = seccomp_syscall_resolve_name(call->name) != __NR_SCMP_ERROR;
	call->ours = !call->known || with;
	return true;
}

/* ---- our part ---- */

struct code {
	struct sock_filter *v;
	size_t n, room;
	bool no_memory;
};

static size_t emit(struct code *c, unsigned int op, unsigned int jt, unsigned int jf, uint32_t k)
{
	if (c->n == c->room) {
		size_t room = c->room ? 2 * c->room : 512;
		struct sock_filter *moved = realloc(c->v, room * sizeof(*moved));

		if (!moved) {
			c->no_memory = true; /* and the last instruction is written over until the end */
			return c->n ? --c->n : 0;
		}
		c->v = moved;
		c->room = room;
	}
	c->v[c->n] = (struct sock_filter){(unsigned short)op, (unsigned char)jt, (unsigned char)jf, k};
	return c->n++;
}

static void load(struct code *c, size_t offset)
{
	emit(c, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static void give(struct code *c, uint32_t value)
{
	emit(c, BPF_RET | BPF_K, 0, 0, value);
}

/* A BPF_JA whose distance land() fills in. */
static size_t leap(struct code *c)
{
	return emit(c, BPF_JMP | BPF_JA, 0, 0, 0);
}

static void land(struct code *c, size_t from)
{
	if (!c->no_memory)
		c->v[from].k = (uint32_t)(c->n - from - 1);
}

/* In the conditions below a jump target is one of these, until the whole rule is there. */
enum { NEXT = 0, FAIL = 254, PASS = 255 };

static void compare(struct code *c, unsigned int op, uint32_t k, unsigned int yes, unsigned int no)
{
	emit(c, BPF_JMP | op | BPF_K, yes, no, k);
}

/*
 * One condition on a 64-bit argument in two 32-bit halves: PASS and FAIL leave it, NEXT goes on, and running off the
 * end is PASS.
 */
static void condition(struct code *c, const struct config_seccomp_arg *arg)
{
	size_t at = offsetof(struct seccomp_data, args) + 8 * (size_t)arg->index;
	size_t high_at = at + (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 4 : 0);
	size_t low_at = at + (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4);
	uint32_t high = (uint32_t)(arg->value >> 32), low = (uint32_t)arg->value;
	bool less = arg->op == SECCOMP_LT || arg->op == SECCOMP_LE;

	if (arg->op == SECCOMP_MASKED_EQ) {
		if (high != 0) {
			load(c, high_at);
			emit(c, BPF_ALU | BPF_AND | BPF_K, 0, 0, high);
			compare(c, BPF_JEQ, (uint32_t)(arg->value_two >> 32) & high, NEXT, FAIL);
		}
		load(c, low_at);
		emit(c, BPF_ALU | BPF_AND | BPF_K, 0, 0, low);
		compare(c, BPF_JEQ, (uint32_t)arg->value_two & low, NEXT, FAIL);
		return;
	}
	load(c, high_at);
	if (arg->op != SECCOMP_EQ && arg->op != SECCOMP_NE)
		compare(c, BPF_JGT, high, less ? FAIL : PASS, NEXT);
	compare(c, BPF_JEQ, high, NEXT, arg->op == SECCOMP_NE || less ? PASS : FAIL);
	load(c, low_at);
	switch (arg->op) {
	case SECCOMP_EQ:
	case SECCOMP_MASKED_EQ:
		compare(c, BPF_JEQ, low, NEXT, FAIL);
		break;
	case SECCOMP_NE:
		compare(c, BPF_JEQ, low, FAIL, NEXT);
		break;
	case SECCOMP_GT:
		compare(c, BPF_JGT, low, NEXT, FAIL);
		break;
	case SECCOMP_GE:
		compare(c, BPF_JGE, low, NEXT, FAIL);
		break;
	case SECCOMP_LT:
		compare(c, BPF_JGE, low, FAIL, NEXT);
		break;
	case SECCOMP_LE:
		compare(c, BPF_JGT, low, FAIL, NEXT);
		break;
	}
}

static void resolve(struct code *c, size_t from, unsigned int which, size_t to)
{
	for (size_t i = from; i < c->n && !c->no_memory; i++) {
		struct sock_filter *f = &c->v[i];

		if (BPF_CLASS(f->code) != BPF_JMP || BPF_OP(f->code) == BPF_JA)
			continue;
		if (f->jt == which)
			f->jt = (unsigned char)(to - i - 1);
		if (f->jf == which)
			f->jf = (unsigned char)(to - i - 1);
	}
}

/*
 * Two conditions on one argument: either of them is enough, and every other condition of the rule as well. That is no
 * meaning that anybody would choose, but libseccomp takes no such rule, and so runtimes have split it into
 * one rule for each condition for years: it is what profiles with such rules have meant.
 */
static bool argument_twice(const struct config_seccomp_rule *rule)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < rule->args_n; i++) {
		if (seen & 1u << rule->args[i].index)
			return true;
		seen |= 1u << rule->args[i].index;
	}
	return false;
}

/* The conditions from @first to before @end, and the rule's action where all hold. */
static void alternative(struct code *c, const struct config_seccomp_rule *rule, size_t first, size_t end)
{
	size_t start = c->n;

	for (size_t i = first; i < end; i++) {
		size_t from = c->n;

		condition(c, &rule->args[i]);
		resolve(c, from, PASS, c->n);
	}
	give(c, rule_value(rule));
	resolve(c, start, FAIL, c->n);
}

static void rule_emit(struct code *c, const struct config_seccomp_rule *rule)
{
	if (!argument_twice(rule)) {
		alternative(c, rule, 0, rule->args_n);
		return;
	}
	for (size_t i = 0; i < rule->args_n; i++)
		alternative(c, rule, i, i + 1);
}

/* All that is asked about one call; the accumulator holds the number, and still does for other calls. */
static void call_emit(struct code *c, const struct profile *p, const struct call *call, int nr)
{
	const struct config_seccomp_rule *rules = p->s->rules;
	uint32_t rest = default_value(p->s);
	size_t past;

	compare(c, BPF_JEQ, (uint32_t)nr, 1, NEXT);
	past = leap(c);
	for (const struct mention *m = call->first; m < call->end; m++)
		if (rules[m->rule].args_n > 0)
			rule_emit(c, &rules[m->rule]);
	for (const struct mention *m = call->end; m-- > call->first;)
		if (rules[m->rule].args_n == 0)
			rest = rule_value(&rules[m->rule]); /* the first one stays */
	give(c, rest);
	land(c, past);
}

static bool answers_enosys(const struct config_seccomp *s)
{
	return s->default_action != SECCOMP_ALLOW && s->default_action != SECCOMP_LOG &&
	       s->default_action != SECCOMP_TRACE && default_value(s) != SCMP_ACT_ERRNO(ENOSYS);
}

/* The newest call on @arch that the profile names; -1: none. */
static int64_t newest(const struct profile *p, uint32_t arch)
{
	int64_t found = -1;

	for (struct call call = {0}; call_next(p, &call);) {
		int nr = seccomp_number(arch, call.name);

		if (nr > found && (arch != SCMP_ARCH_ARM || (unsigned int)nr < ARM_PRIVATE))
			found = nr;
	}
	return found;
}

static void arch_emit(struct code *c, const struct profile *p, uint32_t arch)
{
	int64_t last = newest(p, arch);
	size_t other_arch, other_table = SIZE_MAX;

	load(c, offsetof(struct seccomp_data, arch));
	compare(c, BPF_JEQ, arch == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : arch, 1, NEXT);
	other_arch = leap(c);
	load(c, offsetof(struct seccomp_data, nr));
	/* Numbers of another table under the same architecture: x32, and the private calls of arm. */
	if (arch == SCMP_ARCH_X86_64 || arch == SCMP_ARCH_X32 || arch == SCMP_ARCH_ARM) {
		compare(c, BPF_JGE, arch == SCMP_ARCH_ARM ? ARM_PRIVATE : X32_BIT,
			arch == SCMP_ARCH_X32, arch != SCMP_ARCH_X32);
		other_table = leap(c);
	}
	if (last >= 0 && answers_enosys(p->s)) {
		compare(c, BPF_JGT, (uint32_t)last, NEXT, 1);
		give(c, SCMP_ACT_ERRNO(ENOSYS));
	}
	for (struct call call = {0}; call_next(p, &call);) {
		int nr = seccomp_number(arch, call.name);

		if (nr >= 0 && call.ours)
			call_emit(c, p, &call, nr);
	}
	land(c, other_arch);
	if (other_table != SIZE_MAX)
		land(c, other_table);
}

/* ---- libseccomp's part ---- */

static int rules_add(scmp_filter_ctx ctx, const struct profile *p, uint32_t arch, struct error *e)
{
	for (struct call call = {0}; call_next(p, &call);) {
		int native = seccomp_syscall_resolve_name(call.name);

		/* "rewrite": the number of socketcall(2) for socket(2), where that is how it is reached. */
		if (!call.known || seccomp_syscall_resolve_name_rewrite(arch, call.name) < 0)
			continue;
		for (const struct mention *m = call.first; m < call.end; m++) {
			const struct config_seccomp_rule *rule = &p->s->rules[m->rule];
			int r;

			if (rule->args_n > 0)
				continue;
			/* A rule that says nothing: libseccomp does not take those. */
			if (rule_value(rule) == default_value(p->s))
				break;
			r = seccomp_rule_add(ctx, rule_value(rule), native, 0);
			if (r < 0)
				return err_set(e, -r, "system call %s", call.name);
			break; /* of several, the first one */
		}
	}
	return 0;
}

/* The filter for one architecture alone. */
static int arch_filter(const struct profile *p, uint32_t arch, scmp_filter_ctx *ret,
		       struct error *e)
{
	scmp_filter_ctx ctx = seccomp_init(default_value(p->s));
	int r = ctx ? 0 : -ENOMEM;

	if (r == 0 && arch != seccomp_arch_native()) {
		r = seccomp_arch_add(ctx, arch);
		if (r == 0)
			r = seccomp_arch_remove(ctx, seccomp_arch_native());
	}
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);
	/* What the built-in profile does not cover, x32, is as on a kernel without it. */
	if (r == 0 && p->s->mode == SECCOMP_MODE_DEFAULT)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a binary tree of numbers */
	if (r < 0) {
		seccomp_release(ctx);
		return err_set(e, -r, "prepare filter");
	}
	if (rules_add(ctx, p, arch, e) < 0) {
		seccomp_release(ctx);
		return -1;
	}
	*ret = ctx;
	return 0;
}

/* Appends libseccomp's program. */
static int append(scmp_filter_ctx ctx, struct code *c, struct error *e)
{
	OWNED_FD fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct sock_filter one;
	ssize_t got;
	int r;

	if (fd < 0)
		return err_set(e, errno, "memfd_create");
	r = seccomp_export_bpf(ctx, fd);
	if (r < 0)
		return err_set(e, -r, "compile filter");
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_set(e, errno, "read filter");
	while ((got = read(fd, &one, sizeof(one))) == (ssize_t)sizeof(one))
		emit(c, one.code, one.jt, one.jf, one.k);
	if (got != 0)
		return err_set(e, got < 0 ? errno : EIO, "read filter");
	return 0;
}

/* ---- the whole ---- */

/*
 * The architectures of the profile as SCMP_ARCH_*, the native one first; at most @room. Those that libseccomp does
 * not know, or that have the other byte order, are left out: no program of theirs runs on this machine, and
 * if it did, it would meet the action for a bad architecture.
 */
static size_t arches_of(const struct config_seccomp *s, uint32_t *ret, size_t room)
{
	size_t n = 0;
	scmp_filter_ctx probe = seccomp_init(SCMP_ACT_ALLOW);

	ret[n++] = seccomp_arch_native();
	for (size_t i = 0; probe && i < s->architectures.n && n < room; i++) {
		char name[32] = "";
		uint32_t arch;

		/* "SCMP_ARCH_X86_64" is "x86_64" to libseccomp */
		snprintf(name, sizeof(name), "%s", s->architectures.v[i] + strlen("SCMP_ARCH_"));
		for (char *p = name; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		arch = seccomp_arch_resolve_name(name);
		if (arch != 0 && seccomp_arch_add(probe, arch) == 0)
			ret[n++] = arch;
	}
	seccomp_release(probe);
	return n;
}

static unsigned int flags_of(const struct config_seccomp *s)
{
	unsigned int flags = 0;
	bool notify = false;

	for (size_t i = 0; i < s->rules_n; i++)
		notify |= s->rules[i].action == SECCOMP_NOTIFY;
	if (s->flags & SECCOMP_FLAG_TSYNC)
		flags |= SECCOMP_FILTER_FLAG_TSYNC;
	if (s->flags & SECCOMP_FLAG_LOG)
		flags |= SECCOMP_FILTER_FLAG_LOG;
	if (s->flags & SECCOMP_FLAG_SPEC_ALLOW)
		flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	if (s->flags & SECCOMP_FLAG_WAIT_KILLABLE_RECV)
		flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	if (notify)
		flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	if (notify && s->flags & SECCOMP_FLAG_TSYNC) /* both need another way to tell of a failure */
		flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
	return flags;
}

static int compile(const struct profile *p, struct code *c, struct error *e)
{
	uint32_t arches[32];
	size_t n = arches_of(p->s, arches, sizeof(arches) / sizeof(*arches));
	scmp_filter_ctx all = NULL;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		scmp_filter_ctx one = NULL;

		arch_emit(c, p, arches[i]);
		r = arch_filter(p, arches[i], &one, e);
		if (r < 0)
			break;
		if (!all) {
			all = one;
		} else {
			r = seccomp_merge(all, one); /* which ends @one */
			if (r < 0) {
				seccomp_release(one);
				err_set(e, -r, "merge filters");
			}
		}
	}
	if (r == 0)
		r = append(all, c, e);
	seccomp_release(all);
	if (r < 0)
		return -1;
	if (c->no_memory)
		return err_no_memory(e);
	if (c->n > PROGRAM_MAX)
		return err_set(e, 0, "the filter has %zu instructions, and Linux takes %d", c->n,
			       PROGRAM_MAX);
	return 0;
}

int seccomp_compile(const struct config_seccomp *s, struct seccomp_filter *ret, struct error *e)
{
	struct profile p;
	struct code c = {0};
	int r;

	if (profile_init(&p, s, e) < 0)
		return -1;
	r = compile(&p, &c, e);
	free(p.v);
	if (r < 0) {
		free(c.v);
		return -1;
	}
	*ret = (struct seccomp_filter){
		.v = c.v,
		.n = (unsigned short)c.n,
		.flags = flags_of(s),
		.owned = c.v,
	};
	return 0;
}
