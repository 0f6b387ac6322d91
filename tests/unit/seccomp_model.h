/*
 * seccomp_model.h - for the tests of host/seccomp_compile.c: an interpreter of BPF programs, and an evaluation of a
 * profile's rules as they read. What the two say about a system call must be the same.
 */
#ifndef TESTS_SECCOMP_MODEL_H
#define TESTS_SECCOMP_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "host/seccomp.h"
#include "host/seccomp_compile.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define X32	 0x40000000u
#define ALLOW	 SECCOMP_RET_ALLOW
#define REFUSED	 (SECCOMP_RET_ERRNO | EPERM)
#define NO_CALL	 (SECCOMP_RET_ERRNO | ENOSYS)
#define NUMBERS	 1024

/* ---- the interpreter ---- */

static inline uint32_t run(const struct seccomp_filter *f, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < f->n; pc++) {
		const struct sock_filter *i = &f->v[pc];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(i->k % 4 == 0 && i->k < sizeof(*data));
			memcpy(&a, (const char *)data + i->k, 4);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			pc += a > i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= i->k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			fail_msg("instruction %zu: code 0x%x", pc, i->code);
		}
	}
	fail_msg("the program has no end");
	return 0;
}

/* ---- the rules as they read ---- */

static inline uint32_t action_of(enum config_seccomp_action action,
				 const struct config_number *errno_ret)
{
	static const uint32_t table[] = {
		[SECCOMP_KILL_THREAD] = SECCOMP_RET_KILL_THREAD,
		[SECCOMP_KILL_PROCESS] = SECCOMP_RET_KILL_PROCESS,
		[SECCOMP_TRAP] = SECCOMP_RET_TRAP,
		[SECCOMP_ERRNO] = SECCOMP_RET_ERRNO,
		[SECCOMP_TRACE] = SECCOMP_RET_TRACE,
		[SECCOMP_ALLOW] = SECCOMP_RET_ALLOW,
		[SECCOMP_LOG] = SECCOMP_RET_LOG,
		[SECCOMP_NOTIFY] = SECCOMP_RET_USER_NOTIF,
	};
	uint32_t data = 0;

	if (action == SECCOMP_ERRNO || action == SECCOMP_TRACE)
		data = errno_ret->set ? (uint32_t)errno_ret->value : EPERM;
	return table[action] | data;
}

static inline bool arg_holds(const struct config_seccomp_arg *arg, const uint64_t *args)
{
	uint64_t v = args[arg->index];

	switch (arg->op) {
	case SECCOMP_NE:
		return v != arg->value;
	case SECCOMP_LT:
		return v < arg->value;
	case SECCOMP_LE:
		return v <= arg->value;
	case SECCOMP_EQ:
		return v == arg->value;
	case SECCOMP_GE:
		return v >= arg->value;
	case SECCOMP_GT:
		return v > arg->value;
	case SECCOMP_MASKED_EQ:
		return (v & arg->value) == (arg->value_two & arg->value);
	}
	return false;
}

static inline bool rule_holds(const struct config_seccomp_rule *rule, const uint64_t *args)
{
	bool all = true, any = false, twice = false;

	for (size_t i = 0; i < rule->args_n; i++) {
		bool holds = arg_holds(&rule->args[i], args);

		all &= holds;
		any |= holds;
		for (size_t k = 0; k < i; k++)
			twice |= rule->args[k].index == rule->args[i].index;
	}
	return twice ? any : all;
}

/* The rules of one architecture, by number of the system call. */
struct model {
	const struct config_seccomp *s;
	int newest;
	struct {
		const struct config_seccomp_rule *rules[24];
		size_t n;
	} calls[NUMBERS];
};

/* @bit is taken off the numbers. */
static inline struct model *model_new(const struct config_seccomp *s, uint32_t scmp_arch, uint32_t bit)
{
	struct model *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->s = s;
	m->newest = -1;
	for (size_t i = 0; i < s->rules_n; i++)
		for (size_t k = 0; k < s->rules[i].names.n; k++) {
			int nr = seccomp_number(scmp_arch, s->rules[i].names.v[k]);

			if (nr < 0)
				continue;
			nr = (int)((uint32_t)nr & ~bit);
			if (nr >= NUMBERS)
				continue;
			assert_true(m->calls[nr].n < COUNT(m->calls[nr].rules));
			m->calls[nr].rules[m->calls[nr].n++] = &s->rules[i];
			m->newest = nr > m->newest ? nr : m->newest;
		}
	return m;
}

static inline uint32_t model_says(const struct model *m, unsigned int nr, const uint64_t *args)
{
	bool permissive = m->s->default_action == SECCOMP_ALLOW ||
			  m->s->default_action == SECCOMP_LOG ||
			  m->s->default_action == SECCOMP_TRACE;

	if (!permissive && m->newest >= 0 && nr > (unsigned int)m->newest)
		return NO_CALL;
	for (int with = 1; nr < NUMBERS && with >= 0; with--)
		for (size_t i = 0; i < m->calls[nr].n; i++) {
			const struct config_seccomp_rule *rule = m->calls[nr].rules[i];

			if ((rule->args_n > 0) == with && rule_holds(rule, args))
				return action_of(rule->action, &rule->errno_ret);
		}
	return action_of(m->s->default_action, &m->s->default_errno_ret);
}

static inline struct seccomp_filter compiled(const struct config_seccomp *s)
{
	struct seccomp_filter f = {0};
	struct error e = {0};

	if (seccomp_compile(s, &f, &e) < 0)
		fail_msg("%s", e.text);
	return f;
}

static inline uint32_t ask(const struct seccomp_filter *f, uint32_t arch, unsigned int nr,
			   size_t index, uint64_t value)
{
	struct seccomp_data d = {.nr = (int)nr, .arch = arch};

	d.args[index] = value;
	return run(f, &d);
}

#endif
