/*
 * seccomp_compile.c - see seccomp_compile.h.
 *
 * The names and numbers of system calls are libseccomp's; the code is our own, because libseccomp 2.5.4
 *  - mixes up two rules on one argument: "a0 < 0xffffffff" and "a0 >= 1 << 63" together also match 0xffffffff,
 *    where the second compares its upper half with a lower half that the first one loaded;
 *  - drops rules with arguments where the call has a rule without as well;
 *  - cannot take a number that it does not know on a foreign architecture;
 *  - compares number by number: the built-in profile takes it 1000 instructions, most of the time that the kernel
 *    needs to load it, and 10 ms to make. Here neighbours with one fate are one range.
 *
 * A block for each architecture, in it a binary search for the number of the system call, at its end an action, or
 * the call's rules with arguments in their order, then the first rule without, then the default action.
 *
 * A system call that is newer than the newest that the profile names answers ENOSYS, as it would on the kernel
 * that the profile was written for, and not the default errno: C libraries fall back to older calls on
 * ENOSYS and give up on EPERM. Only where the default action refuses; a tracer decides by itself.
 *
 * i386 also has socketcall(2) and ipc(2), which carry the arguments of other calls in memory: an unconditional
 * rule for bind(2) holds for socketcall(SYS_BIND) too, a condition cannot be asked there.
 */
#include "host/seccomp_compile.h"

#include <ctype.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/seccomp_numbers.h"

#define X32_BIT	    0x40000000u
#define ARM_PRIVATE 0xf0000u /* breakpoint, cacheflush, set_tls: far above the table */
#define ALL_ARCHES  0
#define PROGRAM_MAX 4096 /* BPF_MAXINSNS */

/* ---- numbers ---- */

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
	bool conditions; /* a rule with arguments is among them */
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
	call->conditions = with;
	return true;
}

static bool call_has_value(const struct profile *p, const struct call *call)
{
	for (const struct mention *m = call->first; m < call->end; m++)
		if (p->s->rules[m->rule].args_n == 0)
			return true;
	return false;
}

/* What is said of the call where no rule with arguments holds. */
static uint32_t call_value(const struct profile *p, const struct call *call)
{
	for (const struct mention *m = call->first; m < call->end; m++)
		if (p->s->rules[m->rule].args_n == 0)
			return rule_value(&p->s->rules[m->rule]);
	return default_value(p->s);
}

/* ---- instructions ---- */

/* Where the halves of a system call's argument are. */
#define ARGUMENT(index)	     (offsetof(struct seccomp_data, args) + 8 * (size_t)(index))
#define LITTLE		     (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#define ARGUMENT_LOW(index)  (ARGUMENT(index) + (LITTLE ? 0 : 4))
#define ARGUMENT_HIGH(index) (ARGUMENT(index) + (LITTLE ? 4 : 0))

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
			c->no_memory =
				true; /* and the last instruction is written over until the end */
			return c->n ? --c->n : 0;
		}
		c->v = moved;
		c->room = room;
	}
	c->v[c->n] =
		(struct sock_filter){(unsigned short)op, (unsigned char)jt, (unsigned char)jf, k};
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
	size_t high_at = ARGUMENT_HIGH(arg->index), low_at = ARGUMENT_LOW(arg->index);
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
static void alternative(struct code *c, const struct config_seccomp_rule *rule, size_t first,
			size_t end)
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

/* ---- the search for a number ---- */

/* Numbers from @from up to the next cell's. */
struct cell {
	uint32_t from;
	uint32_t value;
	struct call call; /* with rules to ask before @value, unless its name is NULL */
	int mux;	  /* i386: MUX_SOCKET, MUX_IPC, to ask before @value; or 0 */
};

/* libseccomp numbers the calls of socketcall(2) -101, -102..., and those of ipc(2) -201, -202... */
enum { MUX_SOCKET = 100, MUX_IPC = 200, MUX_LAST = 30 };

struct cells {
	struct cell *v;
	size_t n;
};

static int cell_compare(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

/* The number that @name has as a call of @mux; -1: it is none. */
static int mux_index(const char *name, int mux)
{
	int index = -seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86, name) - mux;

	return index > 0 && index < MUX_LAST ? index : -1;
}

/* Is there a rule for a call of @mux that differs from what is said of all of them? */
static bool mux_matters(const struct profile *p, int mux, uint32_t value)
{
	for (struct call call = {0}; call_next(p, &call);)
		if (mux_index(call.name, mux) > 0 && call_has_value(p, &call) &&
		    call_value(p, &call) != value)
			return true;
	return false;
}

static void mux_add(const struct profile *p, struct cells *calls, const char *name, int mux)
{
	uint32_t nr = (uint32_t)seccomp_number(SCMP_ARCH_X86, name);
	struct cell *cell = NULL;

	for (size_t i = 0; i < calls->n; i++)
		if (calls->v[i].from == nr)
			cell = &calls->v[i];
	if (!mux_matters(p, mux, cell ? cell->value : default_value(p->s)))
		return;
	if (!cell) {
		cell = &calls->v[calls->n++];
		*cell = (struct cell){.from = nr, .value = default_value(p->s)};
	}
	cell->mux = mux;
}

static bool cell_plain(const struct cell *cell)
{
	return !cell->call.name && cell->mux == 0;
}

/* Fills the gaps between @calls with cells of the default action, and joins neighbours with one fate. */
static void cells_fill(struct cells *ret, const struct cells *calls, uint32_t rest)
{
	uint32_t next = 0;
	size_t n = 0;

	for (size_t i = 0; i <= calls->n; i++) {
		if (i == calls->n || calls->v[i].from > next)
			ret->v[ret->n++] = (struct cell){.from = next, .value = rest};
		if (i < calls->n) {
			ret->v[ret->n++] = calls->v[i];
			next = calls->v[i].from + 1;
		}
	}
	for (size_t i = 0; i < ret->n; i++)
		if (i == 0 || ret->v[n - 1].value != ret->v[i].value ||
		    !cell_plain(&ret->v[n - 1]) || !cell_plain(&ret->v[i]))
			ret->v[n++] = ret->v[i];
	ret->n = n;
}

static int cells_of(const struct profile *p, uint32_t arch, struct cells *ret, struct error *e)
{
	struct cells calls = {.v = calloc(p->n + 2, sizeof(*calls.v))};

	*ret = (struct cells){.v = calloc(2 * (p->n + 2) + 1, sizeof(*ret->v))};
	if (!calls.v || !ret->v) {
		free(calls.v);
		free(ret->v);
		err_no_memory(e);
		return -1;
	}
	for (struct call call = {0}; call_next(p, &call);) {
		int nr = seccomp_number(arch, call.name);
		struct cell *cell = &calls.v[calls.n];

		if (nr < 0)
			continue;
		*cell = (struct cell){.from = (uint32_t)nr, .value = call_value(p, &call)};
		if (call.conditions)
			cell->call = call;
		calls.n++;
	}
	if (arch == SCMP_ARCH_X86) {
		mux_add(p, &calls, "socketcall", MUX_SOCKET);
		mux_add(p, &calls, "ipc", MUX_IPC);
	}
	qsort(calls.v, calls.n, sizeof(*calls.v), cell_compare);
	cells_fill(ret, &calls, default_value(p->s));
	free(calls.v);
	return 0;
}

/* All that is asked about one system call, and its end. */
static void cell_emit(struct code *c, const struct profile *p, const struct cell *cell)
{
	const struct config_seccomp_rule *rules = p->s->rules;

	for (const struct mention *m = cell->call.first; m < cell->call.end; m++)
		if (rules[m->rule].args_n > 0)
			rule_emit(c, &rules[m->rule]);
	for (struct call call = {0}; cell->mux != 0 && call_next(p, &call);) {
		int index = mux_index(call.name, cell->mux);

		if (index < 0 || !call_has_value(p, &call))
			continue;
		load(c, ARGUMENT_LOW(0));
		compare(c, BPF_JEQ, (uint32_t)index, NEXT, 1);
		give(c, call_value(p, &call));
	}
	give(c, cell->value);
}

/*
 * The search is emitted from its end, because all jumps go forward: so every target is there before the jump to it,
 * and the same action behind many ranges is one instruction. Positions count from the end.
 */
static size_t position_emit(struct code *c, unsigned int op, unsigned int jt, unsigned int jf,
			    uint32_t k)
{
	emit(c, op, jt, jf, k);
	return c->n - 1;
}

/* An instruction that gives @value, near enough for a condition that is emitted soon. */
static size_t shared_give(struct code *c, uint32_t value)
{
	for (size_t at = c->n; at-- > 0 && c->n - at < 200;)
		if (c->v[at].code == (BPF_RET | BPF_K) && c->v[at].k == value)
			return at;
	return position_emit(c, BPF_RET | BPF_K, 0, 0, value);
}

/* @target, or a jump to it where it is too far for the 8 bits of a condition that follows within two steps. */
static size_t reach(struct code *c, size_t target)
{
	if (c->n - target < 250)
		return target;
	return position_emit(c, BPF_JMP | BPF_JA, 0, 0, (uint32_t)(c->n - target - 1));
}

/* The end of the search for one cell. Returns its position. */
static size_t leaf_emit(struct code *c, const struct profile *p, const struct cell *cell)
{
	struct code block = {0};

	if (cell_plain(cell))
		return shared_give(c, cell->value);
	cell_emit(&block, p, cell);
	for (size_t i = block.n; i-- > 0;)
		emit(c, block.v[i].code, block.v[i].jt, block.v[i].jf, block.v[i].k);
	c->no_memory |= block.no_memory;
	free(block.v);
	return c->n - 1;
}

/* The cells from @first to before @end, the number being in the accumulator. Returns the position to begin at. */
static size_t search_emit(struct code *c, const struct profile *p, const struct cells *cells,
			  size_t first, size_t end)
{
	size_t middle = first + (end - first) / 2, right = 0, left = 0;

	if (end - first == 1)
		return leaf_emit(c, p, &cells->v[first]);
	/* Single cells last: what they share should be near. */
	if (end - middle > 1)
		right = search_emit(c, p, cells, middle, end);
	if (middle - first > 1)
		left = search_emit(c, p, cells, first, middle);
	if (end - middle == 1)
		right = leaf_emit(c, p, &cells->v[middle]);
	if (middle - first == 1)
		left = leaf_emit(c, p, &cells->v[first]);
	right = reach(c, right);
	left = reach(c, left);
	return position_emit(c, BPF_JMP | BPF_JGE | BPF_K, (unsigned int)(c->n - right - 1),
			     (unsigned int)(c->n - left - 1), cells->v[middle].from);
}

/* ---- the whole ---- */

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

static int arch_emit(struct code *c, const struct profile *p, uint32_t arch, struct error *e)
{
	int64_t last = newest(p, arch);
	size_t other_arch, other_table = SIZE_MAX;
	struct code search = {0};
	struct cells cells;

	if (cells_of(p, arch, &cells, e) < 0)
		return -1;
	load(c, offsetof(struct seccomp_data, arch));
	compare(c, BPF_JEQ, arch == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : arch, 1, NEXT);
	other_arch = leap(c);
	load(c, offsetof(struct seccomp_data, nr));
	/* x86-64 and x32 are one architecture to the kernel; -1 is no call of x32, but none at all */
	if (arch == SCMP_ARCH_X86_64)
		compare(c, BPF_JEQ, UINT32_MAX, 2, NEXT);
	if (arch == SCMP_ARCH_X86_64 || arch == SCMP_ARCH_X32) {
		compare(c, BPF_JGE, X32_BIT, arch == SCMP_ARCH_X32, arch != SCMP_ARCH_X32);
		other_table = leap(c);
	}
	if (last >= 0 && answers_enosys(p->s)) {
		if (arch == SCMP_ARCH_ARM)
			compare(c, BPF_JGE, ARM_PRIVATE, 2, NEXT);
		compare(c, BPF_JGT, (uint32_t)last, NEXT, 1);
		give(c, SCMP_ACT_ERRNO(ENOSYS));
	}
	search_emit(&search, p, &cells, 0, cells.n);
	for (size_t i = search.n; i-- > 0;)
		emit(c, search.v[i].code, search.v[i].jt, search.v[i].jf, search.v[i].k);
	c->no_memory |= search.no_memory;
	free(search.v);
	land(c, other_arch);
	if (other_table != SIZE_MAX)
		land(c, other_table);
	free(cells.v);
	return 0;
}

/*
 * The architectures of the profile as SCMP_ARCH_*, the native one first; at most @room. Those that libseccomp does
 * not know, or that have the other byte order, are left out: no program of theirs runs on this machine, and
 * if it did, it would meet the action for another architecture.
 */
static size_t arches_of(const struct config_seccomp *s, uint32_t *ret, size_t room)
{
	size_t n = 0;

	ret[n++] = seccomp_arch_native();
	for (size_t i = 0; i < s->architectures.n && n < room; i++) {
		char name[32];
		uint32_t arch;
		bool there = false;

		/* "SCMP_ARCH_X86_64" is "x86_64" to libseccomp */
		snprintf(name, sizeof(name), "%s", s->architectures.v[i] + strlen("SCMP_ARCH_"));
		for (char *p = name; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		arch = seccomp_arch_resolve_name(name);
		for (size_t k = 0; k < n; k++)
			there |= ret[k] == arch;
		if (arch != 0 && !there && ((arch ^ ret[0]) & __AUDIT_ARCH_LE) == 0)
			ret[n++] = arch;
	}
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
	/* It is about waiting for the listener's answer; where nothing waits the kernel does not take it. */
	if (notify && s->flags & SECCOMP_FLAG_WAIT_KILLABLE_RECV)
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

	for (size_t i = 0; i < n; i++)
		if (arch_emit(c, p, arches[i], e) < 0)
			return -1;
	/* Another architecture. What the built-in profile leaves out, x32, is as on a kernel without it. */
	give(c, p->s->mode == SECCOMP_MODE_DEFAULT ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_KILL_THREAD);
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
