/*
 * test_seccomp.c - the programs that host/seccomp_compile.c makes, run by an interpreter of BPF over the whole space
 * of system calls, and compared with two things that know nothing of libseccomp: an evaluation of the rules
 * as they read, and a list of numbers from the kernel's own tables with what must become of them.
 */
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
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/seccomp_default.h"
#include "host/seccomp.h"
#include "host/seccomp_compile.h"
#include "host/seccomp_program.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define X32 0x40000000u
#define SCMP_X32 (EM_X86_64 | __AUDIT_ARCH_LE) /* libseccomp's token; the kernel knows no such architecture */
#define ALLOW SECCOMP_RET_ALLOW
#define REFUSED (SECCOMP_RET_ERRNO | EPERM)
#define NO_CALL (SECCOMP_RET_ERRNO | ENOSYS)
#define NUMBERS 1024

/* ---- the interpreter ---- */

static uint32_t run(const struct seccomp_filter *f, const struct seccomp_data *data)
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

static uint32_t action_of(enum config_seccomp_action action, const struct config_number *errno_ret)
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

static bool arg_holds(const struct config_seccomp_arg *arg, const uint64_t *args)
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

static bool rule_holds(const struct config_seccomp_rule *rule, const uint64_t *args)
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
static struct model *model_new(const struct config_seccomp *s, uint32_t scmp_arch, uint32_t bit)
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

static uint32_t model_says(const struct model *m, unsigned int nr, const uint64_t *args)
{
	bool permissive = m->s->default_action == SECCOMP_ALLOW ||
			  m->s->default_action == SECCOMP_LOG || m->s->default_action == SECCOMP_TRACE;

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

/* ---- comparing them ---- */

static uint64_t interesting[160];
static size_t interesting_n;

static void interesting_fill(void)
{
	static const uint64_t low[] = {0, 1, 8, 17, 38, 40, 41, 0x5411, 0x5412, 0x541c, 0x20000, 0x20008, 0x40000,
				       0x7e020000, 0xffffffff};

	interesting_n = 0;
	for (size_t i = 0; i < COUNT(low); i++) {
		interesting[interesting_n++] = low[i];
		interesting[interesting_n++] = low[i] | UINT64_C(1) << 32;
		interesting[interesting_n++] = low[i] | UINT64_C(0xffffffff00000000);
	}
	for (int bit = 0; bit < 64; bit++) /* every flag of clone, and every bit above */
		interesting[interesting_n++] = UINT64_C(1) << bit | 17;
	assert_true(interesting_n <= COUNT(interesting));
}

static void compare(const struct seccomp_filter *f, const struct model *m, uint32_t audit_arch, uint32_t bit,
		    uint64_t mask)
{
	for (unsigned int nr = 0; nr <= 600; nr++)
		for (size_t v = 0; v < interesting_n; v++) {
			struct seccomp_data d = {.nr = (int)(nr | bit), .arch = audit_arch};
			uint64_t args[6];
			uint32_t is, want;

			for (size_t k = 0; k < 6; k++)
				d.args[k] = args[k] = interesting[v] & mask;
			is = run(f, &d);
			want = model_says(m, nr, args);
			if (is != want)
				fail_msg("arch 0x%x call %u argument 0x%llx: 0x%x instead of 0x%x", audit_arch,
					 nr, (unsigned long long)args[0], is, want);
		}
}

static struct config_seccomp profile(struct arena *a, uint64_t caps)
{
	struct config_seccomp s;
	struct error e = {0};

	if (seccomp_default(a, caps, &s, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

static struct seccomp_filter compiled(const struct config_seccomp *s)
{
	struct seccomp_filter f = {0};
	struct error e = {0};

	if (seccomp_compile(s, &f, &e) < 0)
		fail_msg("%s", e.text);
	return f;
}

static uint32_t ask(const struct seccomp_filter *f, uint32_t arch, unsigned int nr, size_t index, uint64_t value)
{
	struct seccomp_data d = {.nr = (int)nr, .arch = arch};

	d.args[index] = value;
	return run(f, &d);
}

static void built_in_is_the_table(void **state)
{
	struct config c = {.seccomp.mode = SECCOMP_MODE_DEFAULT};
	struct arena a = {0};
	struct config_seccomp s = profile(&a, SECCOMP_DEFAULT_CAPS);
	struct seccomp_filter now = compiled(&s), made = {0};
	struct error e = {0};

	(void)state;
	c.process.has_capabilities = true;
	c.process.capabilities.bounding = SECCOMP_DEFAULT_CAPS & ~UINT64_C(1); /* CHOWN: nobody asks about it */
	assert_int_equal(seccomp_make(&c, &made, &e), 0);
	assert_ptr_equal(made.v, seccomp_program);
	assert_null(made.owned);
	assert_int_equal(made.n, now.n);
	assert_memory_equal(made.v, now.v, now.n * sizeof(*now.v));
	seccomp_end(&made);
	c.process.capabilities.bounding |= UINT64_C(1) << 21;
	assert_int_equal(seccomp_make(&c, &made, &e), 0);
	assert_non_null(made.owned);
	assert_int_equal(ask(&made, AUDIT_ARCH_X86_64, SYS_mount, 0, 0), ALLOW);
	seccomp_end(&made);
	c.seccomp.mode = SECCOMP_MODE_UNCONFINED;
	assert_int_equal(seccomp_make(&c, &made, &e), 0);
	assert_null(made.v);
	seccomp_end(&made);
	seccomp_end(&now);
	arena_end(&a);
}

/* For every capability alone, none, the default ones and all: both tables of x86-64, and x32. */
static void default_profile_x86(void **state)
{
	(void)state;
	for (int cap = -3; cap < 41; cap++) {
		uint64_t caps = cap >= 0 ? UINT64_C(1) << cap : cap == -3 ? 0 : cap == -2 ? SECCOMP_DEFAULT_CAPS : UINT64_MAX;
		struct arena a = {0};
		struct config_seccomp s;
		struct seccomp_filter f;
		struct model *m;

		if (cap >= 0 && !(caps & seccomp_default_asks()))
			continue;
		s = profile(&a, caps);
		f = compiled(&s);
		m = model_new(&s, AUDIT_ARCH_X86_64, 0);
		assert_int_equal(m->newest, 469);
		compare(&f, m, AUDIT_ARCH_X86_64, 0, UINT64_MAX);
		free(m);
		m = model_new(&s, AUDIT_ARCH_I386, 0);
		assert_int_equal(m->newest, 469);
		compare(&f, m, AUDIT_ARCH_I386, 0, 0xffffffff);
		free(m);
		for (unsigned int nr = 0; nr <= 600; nr++)
			assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, nr | X32, 0, 0), NO_CALL);
		assert_int_equal(ask(&f, AUDIT_ARCH_ARM, 3, 0, 0), NO_CALL);
		seccomp_end(&f);
		arena_end(&a);
	}
}

static void default_profile_arm(void **state)
{
	char *both[] = {(char *)"SCMP_ARCH_AARCH64", (char *)"SCMP_ARCH_ARM", NULL};
	struct arena a = {0};
	struct config_seccomp s = profile(&a, SECCOMP_DEFAULT_CAPS);
	struct seccomp_filter f;
	struct model *m;

	(void)state;
	s.architectures = (struct config_strings){both, 2};
	f = compiled(&s);
	m = model_new(&s, AUDIT_ARCH_AARCH64, 0);
	compare(&f, m, AUDIT_ARCH_AARCH64, 0, UINT64_MAX);
	free(m);
	m = model_new(&s, AUDIT_ARCH_ARM, 0);
	compare(&f, m, AUDIT_ARCH_ARM, 0, 0xffffffff);
	free(m);
	assert_int_equal(ask(&f, AUDIT_ARCH_AARCH64, 63, 0, 0), ALLOW); /* read */
	assert_int_equal(ask(&f, AUDIT_ARCH_AARCH64, 40, 0, 0), REFUSED); /* mount */
	assert_int_equal(ask(&f, AUDIT_ARCH_AARCH64, 97, 0, 0), REFUSED); /* unshare */
	assert_int_equal(ask(&f, AUDIT_ARCH_AARCH64, 29, 1, 0x100005412), REFUSED);
	assert_int_equal(ask(&f, AUDIT_ARCH_AARCH64, 220, 0, 0x10000000), REFUSED);
	assert_int_equal(ask(&f, AUDIT_ARCH_AARCH64, 470, 0, 0), NO_CALL);
	assert_int_equal(ask(&f, AUDIT_ARCH_ARM, 0xf0005, 0, 0), ALLOW); /* set_tls */
	assert_int_equal(ask(&f, AUDIT_ARCH_ARM, 500, 0, 0), NO_CALL);
	seccomp_end(&f);
	arena_end(&a);
}

/* Numbers as the kernel's tables have them, and what the built-in program must answer. */
static void built_in_by_number(void **state)
{
	static const struct {
		uint32_t arch, nr;
		size_t index;
		uint64_t value;
		uint32_t want;
	} table[] = {
#define X64(nr, want) {AUDIT_ARCH_X86_64, nr, 0, 0, want}
#define X64_ARG(nr, index, value, want) {AUDIT_ARCH_X86_64, nr, index, value, want}
#define X86(nr, want) {AUDIT_ARCH_I386, nr, 0, 0, want}
#define X86_ARG(nr, index, value, want) {AUDIT_ARCH_I386, nr, index, value, want}
		X64(SYS_read, ALLOW), X64(SYS_execve, ALLOW), X64(SYS_ptrace, ALLOW), X64(SYS_chroot, ALLOW),
		X64(SYS_mknod, ALLOW), X64(SYS_seccomp, ALLOW), X64(SYS_openat2, ALLOW), X64(SYS_futex_waitv, ALLOW),
		X64(SYS_memfd_secret, ALLOW), X64(SYS_arch_prctl, ALLOW), X64(SYS_rseq, ALLOW),
		X64(SYS_mount, REFUSED), X64(SYS_umount2, REFUSED), X64(SYS_pivot_root, REFUSED),
		X64(SYS_fsopen, REFUSED), X64(SYS_fsconfig, REFUSED), X64(SYS_fsmount, REFUSED),
		X64(SYS_fspick, REFUSED), X64(SYS_open_tree, REFUSED), X64(SYS_move_mount, REFUSED),
		X64(SYS_mount_setattr, REFUSED), X64(SYS_unshare, REFUSED), X64(SYS_setns, REFUSED),
		X64(SYS_keyctl, REFUSED), X64(SYS_add_key, REFUSED), X64(SYS_request_key, REFUSED),
		X64(SYS_userfaultfd, REFUSED), X64(SYS_io_uring_setup, REFUSED), X64(SYS_io_uring_enter, REFUSED),
		X64(SYS_io_uring_register, REFUSED), X64(SYS_perf_event_open, REFUSED), X64(SYS_bpf, REFUSED),
		X64(SYS_open_by_handle_at, REFUSED), X64(SYS_kexec_load, REFUSED), X64(SYS_kexec_file_load, REFUSED),
		X64(SYS_init_module, REFUSED), X64(SYS_finit_module, REFUSED), X64(SYS_delete_module, REFUSED),
		X64(SYS_reboot, REFUSED), X64(SYS_swapon, REFUSED), X64(SYS_settimeofday, REFUSED),
		X64(SYS_clock_settime, REFUSED), X64(SYS_syslog, REFUSED), X64(SYS_acct, REFUSED),
		X64(SYS_iopl, REFUSED), X64(SYS_ioperm, REFUSED), X64(SYS_quotactl, REFUSED),
		X64(SYS_sethostname, REFUSED), X64(SYS_pidfd_getfd, REFUSED), X64(SYS_process_madvise, REFUSED),
		X64(SYS_vhangup, REFUSED), X64(SYS_mbind, REFUSED), X64(SYS_fanotify_init, REFUSED),
		X64(SYS_clone3, NO_CALL), X64(470, NO_CALL), X64(471, NO_CALL), X64(600, NO_CALL),
		X64(335, ALLOW), X64(336, ALLOW),
		X64(451 /* cachestat */, ALLOW), X64(452 /* fchmodat2 */, ALLOW), X64(453 /* map_shadow_stack */, ALLOW),
		X64(454 /* futex_wake */, ALLOW), X64(455, ALLOW), X64(456, ALLOW), X64(457 /* statmount */, ALLOW),
		X64(458 /* listmount */, ALLOW), X64(459 /* lsm_get_self_attr */, ALLOW),
		X64(460 /* lsm_set_self_attr */, REFUSED), X64(461, ALLOW), X64(462 /* mseal */, ALLOW),
		X64(463 /* setxattrat */, ALLOW), X64(464, ALLOW), X64(465, ALLOW), X64(466, ALLOW),
		X64(467 /* open_tree_attr */, REFUSED), X64(468, ALLOW), X64(469 /* file_setattr */, ALLOW),
		X64_ARG(SYS_ioctl, 1, 0x5412, REFUSED), X64_ARG(SYS_ioctl, 1, 0x100005412, REFUSED),
		X64_ARG(SYS_ioctl, 1, 0xffffffff00005412, REFUSED), X64_ARG(SYS_ioctl, 1, 0x8000541c0000541c, REFUSED),
		X64_ARG(SYS_ioctl, 1, 0x5413, ALLOW), X64_ARG(SYS_ioctl, 1, 0x541200000000, ALLOW),
		X64_ARG(SYS_ioctl, 0, 0x5412, ALLOW),
		X64_ARG(SYS_socket, 0, 40, REFUSED), X64_ARG(SYS_socket, 0, 0x100000028, REFUSED),
		X64_ARG(SYS_socket, 0, 2, ALLOW), X64_ARG(SYS_socket, 1, 40, ALLOW),
		X64_ARG(SYS_personality, 0, 0, ALLOW), X64_ARG(SYS_personality, 0, 0xffffffff, ALLOW),
		X64_ARG(SYS_personality, 0, 0x40000, REFUSED), X64_ARG(SYS_personality, 0, 0x100040000, REFUSED),
		X64_ARG(SYS_clone, 0, 17, ALLOW), X64_ARG(SYS_clone, 0, 0x3d0f00, ALLOW),
		X64_ARG(SYS_clone, 0, 0x00020000, REFUSED), X64_ARG(SYS_clone, 0, 0x02000000, REFUSED),
		X64_ARG(SYS_clone, 0, 0x04000000, REFUSED), X64_ARG(SYS_clone, 0, 0x08000000, REFUSED),
		X64_ARG(SYS_clone, 0, 0x10000000, REFUSED), X64_ARG(SYS_clone, 0, 0x20000000, REFUSED),
		X64_ARG(SYS_clone, 0, 0x40000000, REFUSED), X64_ARG(SYS_clone, 0, 0x110000011, REFUSED),
		X64(X32 | SYS_read, NO_CALL), X64(X32 | 520, NO_CALL), X64(X32 | SYS_mount, NO_CALL),
		X86(3 /* read */, ALLOW), X86(11 /* execve */, ALLOW), X86(192 /* mmap2 */, ALLOW), X86(21 /* mount */, REFUSED),
		X86(22 /* umount */, REFUSED), X86(310 /* unshare */, REFUSED), X86(346 /* setns */, REFUSED),
		X86(435 /* clone3 */, NO_CALL), X86(25 /* stime */, REFUSED), X86(404 /* clock_settime64 */, REFUSED),
		X86(403 /* clock_gettime64 */, ALLOW), X86(442 /* mount_setattr */, REFUSED), X86(467, REFUSED),
		X86(452, ALLOW), X86(470, NO_CALL), X86(102 /* socketcall */, ALLOW), X86(117 /* ipc */, ALLOW),
		X86_ARG(54, 1, 0x5412, REFUSED), X86_ARG(54, 1, 0x541c, REFUSED), X86_ARG(54, 1, 0x5401, ALLOW),
		X86_ARG(359, 0, 40, REFUSED), X86_ARG(359, 0, 1, ALLOW), X86_ARG(120, 0, 0x10000000, REFUSED),
		X86_ARG(120, 0, 17, ALLOW), X86_ARG(136, 0, 0x40000, REFUSED), X86_ARG(136, 0, 8, ALLOW),
	};
	struct seccomp_filter f = {.v = seccomp_program, .n = seccomp_program_n};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		uint32_t is = ask(&f, table[i].arch, table[i].nr, table[i].index, table[i].value);

		if (is != table[i].want)
			fail_msg("row %zu (arch 0x%x, call %u, value 0x%llx): 0x%x instead of 0x%x", i,
				 table[i].arch, table[i].nr, (unsigned long long)table[i].value, is,
				 table[i].want);
	}
}

/* ---- other profiles ---- */

struct small {
	struct config_seccomp s;
	struct config_seccomp_rule rules[24];
	struct config_seccomp_arg args[24][6];
	char *names[24][2], *arches[4];
};

static struct config_seccomp_rule *small_rule(struct small *p, const char *name, enum config_seccomp_action action)
{
	size_t i = p->s.rules_n++;

	p->names[i][0] = (char *)name;
	p->names[i][1] = NULL;
	p->rules[i] = (struct config_seccomp_rule){.names = {p->names[i], 1}, .action = action, .args = p->args[i]};
	p->s.rules = p->rules;
	return &p->rules[i];
}

static void small_arg(struct config_seccomp_rule *rule, uint32_t index, enum config_seccomp_compare op,
		      uint64_t value, uint64_t value_two)
{
	rule->args[rule->args_n++] = (struct config_seccomp_arg){index, op, value, value_two};
}

static void every_action(void **state)
{
	static const struct {
		enum config_seccomp_action action;
		int64_t errno_ret; /* -1: none */
		uint32_t want;
	} table[] = {
		{SECCOMP_KILL_THREAD, -1, SECCOMP_RET_KILL_THREAD},
		{SECCOMP_KILL_PROCESS, -1, SECCOMP_RET_KILL_PROCESS},
		{SECCOMP_TRAP, -1, SECCOMP_RET_TRAP},
		{SECCOMP_ERRNO, -1, SECCOMP_RET_ERRNO | EPERM},
		{SECCOMP_ERRNO, 0, SECCOMP_RET_ERRNO},
		{SECCOMP_ERRNO, 4094, SECCOMP_RET_ERRNO | 4094},
		{SECCOMP_TRACE, -1, SECCOMP_RET_TRACE | EPERM},
		{SECCOMP_TRACE, 0xffff, SECCOMP_RET_TRACE | 0xffff},
		{SECCOMP_LOG, -1, SECCOMP_RET_LOG},
		{SECCOMP_NOTIFY, -1, SECCOMP_RET_USER_NOTIF},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct small p = {.s.mode = SECCOMP_MODE_PROFILE, .s.default_action = SECCOMP_ALLOW};
		struct config_number no = {table[i].errno_ret >= 0, table[i].errno_ret};
		struct seccomp_filter f;

		small_rule(&p, "getpid", table[i].action)->errno_ret = no;   /* libseccomp's */
		small_rule(&p, "mseal", table[i].action)->errno_ret = no;    /* ours */
		f = compiled(&p.s);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_getpid, 0, 0), table[i].want);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 462, 0, 0), table[i].want);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_read, 0, 0), ALLOW);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 600, 0, 0), ALLOW);
		assert_int_equal(!!(f.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER), table[i].action == SECCOMP_NOTIFY);
		seccomp_end(&f);
		if (table[i].action == SECCOMP_NOTIFY)
			continue;
		p.s.rules_n = 0; /* as the default */
		p.s.default_action = table[i].action;
		p.s.default_errno_ret = no;
		small_rule(&p, "getpid", SECCOMP_ALLOW);
		f = compiled(&p.s);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_getpid, 0, 0), ALLOW);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_read, 0, 0), table[i].want);
		seccomp_end(&f);
	}
}

static void flags_and_listener(void **state)
{
	struct config c = {.seccomp.mode = SECCOMP_MODE_PROFILE};
	struct small p = {.s.mode = SECCOMP_MODE_PROFILE, .s.default_action = SECCOMP_ALLOW};
	struct seccomp_filter f = {0};
	struct error e = {0};

	(void)state;
	p.s.flags = SECCOMP_FLAG_TSYNC | SECCOMP_FLAG_LOG | SECCOMP_FLAG_SPEC_ALLOW | SECCOMP_FLAG_WAIT_KILLABLE_RECV;
	f = compiled(&p.s);
	assert_int_equal(f.flags, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG |
				  SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	seccomp_end(&f);
	small_rule(&p, "getpid", SECCOMP_NOTIFY);
	f = compiled(&p.s);
	assert_true(f.flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH);
	seccomp_end(&f);
	c.seccomp = p.s;
	assert_int_equal(seccomp_make(&c, &f, &e), -1);
	assert_non_null(strstr(e.text, "SCMP_ACT_NOTIFY"));
	assert_null(f.v);
}

/* What the profile does not know: names, and numbers above its newest. */
static void vocabulary(void **state)
{
	static const struct {
		enum config_seccomp_action action;
		uint32_t beyond;
	} table[] = {
		{SECCOMP_ERRNO, NO_CALL},		      {SECCOMP_KILL_PROCESS, NO_CALL},
		{SECCOMP_KILL_THREAD, NO_CALL},		      {SECCOMP_TRAP, NO_CALL},
		{SECCOMP_TRACE, SECCOMP_RET_TRACE | EPERM},   {SECCOMP_LOG, SECCOMP_RET_LOG},
		{SECCOMP_ALLOW, ALLOW},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct small p = {.s.mode = SECCOMP_MODE_PROFILE, .s.default_action = table[i].action};
		const struct config_number none = {0};
		struct seccomp_filter f;

		small_rule(&p, "no_such_call", SECCOMP_TRAP);
		small_rule(&p, "breakpoint", SECCOMP_TRAP); /* only on arm */
		small_rule(&p, "openat2", SECCOMP_ALLOW);
		f = compiled(&p.s);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_openat2, 0, 0), ALLOW);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_openat2 - 1, 0, 0), action_of(table[i].action, &none));
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_openat2 + 1, 0, 0), table[i].beyond);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_openat2 | X32, 0, 0), SECCOMP_RET_KILL_THREAD);
		assert_int_equal(ask(&f, AUDIT_ARCH_I386, 437, 0, 0), SECCOMP_RET_KILL_THREAD);
		seccomp_end(&f);
	}
}

static void architectures(void **state)
{
	struct small p = {.s.mode = SECCOMP_MODE_PROFILE, .s.default_action = SECCOMP_ERRNO};
	struct seccomp_filter f;

	(void)state;
	p.arches[0] = (char *)"SCMP_ARCH_X32";
	p.arches[1] = (char *)"SCMP_ARCH_S390X"; /* the other byte order */
	p.arches[2] = (char *)"SCMP_ARCH_LOONGARCH64";
	p.s.architectures = (struct config_strings){p.arches, 3};
	small_rule(&p, "read", SECCOMP_ALLOW);
	small_rule(&p, "mseal", SECCOMP_ALLOW);
	f = compiled(&p.s);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 0, 0, 0), ALLOW);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 462, 0, 0), ALLOW);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 463, 0, 0), NO_CALL);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, X32 | 0, 0, 0), ALLOW);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, X32 | 1, 0, 0), REFUSED);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, X32 | 462, 0, 0), ALLOW);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, X32 | 463, 0, 0), NO_CALL);
	assert_int_equal(ask(&f, AUDIT_ARCH_I386, 3, 0, 0), SECCOMP_RET_KILL_THREAD);
	seccomp_end(&f);
}

static uint32_t random_state;

static uint32_t roll(uint32_t n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

static uint64_t roll_value(void)
{
	static const uint64_t pool[] = {0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x100000000,
					0x100000001, 0x1ffffffff, 0x200000000, 0x8000000000000000, UINT64_MAX};

	return pool[roll(COUNT(pool))];
}

/* Rules with arguments at random. */
static void random_profiles(void **state)
{
	static const char *const names[] = {"read", "ioctl", "mseal", "openat2", "file_setattr", "no_such_call",
					    "socket", "uretprobe"};
	static const unsigned int numbers[] = {0, 16, 462, 437, 469, 599, 41, 335, 1, 436};

	(void)state;
	random_state = 20260101;
	for (int round = 0; round < 400; round++) {
		struct small p = {.s.mode = SECCOMP_MODE_PROFILE};
		static const enum config_seccomp_action defaults[] = {SECCOMP_ERRNO, SECCOMP_ALLOW, SECCOMP_KILL_PROCESS};
		struct seccomp_filter f;
		struct model *m;
		uint32_t rules = 1 + roll(12);

		p.s.default_action = defaults[roll(COUNT(defaults))];
		for (uint32_t i = 0; i < rules; i++) {
			const char *name = names[roll(COUNT(names))];
			bool plain = roll(6) == 0;
			struct config_seccomp_rule *rule =
				small_rule(&p, name, roll(2) ? SECCOMP_LOG : SECCOMP_TRAP);

			for (uint32_t k = plain ? 0 : 1 + roll(3); k > 0; k--)
				small_arg(rule, roll(3), (enum config_seccomp_compare)roll(7), roll_value(), roll_value());
		}
		f = compiled(&p.s);
		m = model_new(&p.s, AUDIT_ARCH_X86_64, 0);
		for (int vector = 0; vector < 2000; vector++) {
			unsigned int nr = numbers[roll(COUNT(numbers))];
			struct seccomp_data d = {.nr = (int)nr, .arch = AUDIT_ARCH_X86_64};
			uint64_t args[6] = {0};

			for (size_t k = 0; k < 3; k++)
				d.args[k] = args[k] = roll_value() + roll(3) - 1;
			if (run(&f, &d) != model_says(m, nr, args))
				fail_msg("round %d, call %u, arguments 0x%llx 0x%llx 0x%llx: 0x%x instead of 0x%x", round,
					 nr, (unsigned long long)args[0], (unsigned long long)args[1],
					 (unsigned long long)args[2], run(&f, &d), model_says(m, nr, args));
		}
		free(m);
		seccomp_end(&f);
	}
}

/* Rules that say different things about one call: with arguments before without, and then the first. */
static void order_of_rules(void **state)
{
	struct small p = {.s.mode = SECCOMP_MODE_PROFILE, .s.default_action = SECCOMP_ERRNO};
	struct seccomp_filter f;

	(void)state;
	small_rule(&p, "read", SECCOMP_ALLOW);
	small_rule(&p, "read", SECCOMP_TRAP);
	small_arg(small_rule(&p, "read", SECCOMP_LOG), 0, SECCOMP_EQ, 7, 0);
	small_arg(small_rule(&p, "read", SECCOMP_TRAP), 0, SECCOMP_LE, 7, 0);
	small_rule(&p, "write", SECCOMP_ERRNO); /* as the default */
	small_rule(&p, "write", SECCOMP_ALLOW);
	f = compiled(&p.s);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_read, 0, 7), SECCOMP_RET_LOG);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_read, 0, 6), SECCOMP_RET_TRAP);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_read, 0, 8), ALLOW);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_write, 0, 0), REFUSED);
	seccomp_end(&f);
}

/* The pair of rules that libseccomp 2.5.4 gets wrong. */
static void two_rules_on_one_argument(void **state)
{
	struct small p = {.s.mode = SECCOMP_MODE_PROFILE, .s.default_action = SECCOMP_ERRNO};
	struct seccomp_filter f;

	(void)state;
	small_arg(small_rule(&p, "ioctl", SECCOMP_ALLOW), 0, SECCOMP_LT, 0xffffffff, 0);
	small_arg(small_rule(&p, "ioctl", SECCOMP_ALLOW), 0, SECCOMP_GE, UINT64_C(1) << 63, 0);
	f = compiled(&p.s);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_ioctl, 0, 0xfffffffe), ALLOW);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_ioctl, 0, 0xffffffff), REFUSED);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_ioctl, 0, UINT64_C(1) << 63), ALLOW);
	seccomp_end(&f);
}

/* socketcall(2) of i386 follows an unconditional rule for socket(2), and no condition. */
static void multiplexed(void **state)
{
	struct small p = {.s.mode = SECCOMP_MODE_PROFILE, .s.default_action = SECCOMP_ERRNO};
	struct seccomp_filter f;

	(void)state;
	p.arches[0] = (char *)"SCMP_ARCH_X86";
	p.s.architectures = (struct config_strings){p.arches, 1};
	small_rule(&p, "bind", SECCOMP_ALLOW);
	small_arg(small_rule(&p, "socket", SECCOMP_ALLOW), 0, SECCOMP_EQ, 1, 0);
	f = compiled(&p.s);
	assert_int_equal(ask(&f, AUDIT_ARCH_I386, 361, 0, 9), ALLOW);
	assert_int_equal(ask(&f, AUDIT_ARCH_I386, 102, 0, 2), ALLOW);
	assert_int_equal(ask(&f, AUDIT_ARCH_I386, 359, 0, 1), ALLOW);
	assert_int_equal(ask(&f, AUDIT_ARCH_I386, 359, 0, 2), REFUSED);
	assert_int_equal(ask(&f, AUDIT_ARCH_I386, 102, 0, 1), REFUSED);
	seccomp_end(&f);
}

/* The kernel's own reading of the built-in program. */
static void kernel_takes_it(void **state)
{
	struct seccomp_filter f = {.v = seccomp_program, .n = seccomp_program_n};
	int status = -1;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		struct error e;

		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_filter_load(&f, &e) < 0)
			_exit(1);
		if (syscall(SYS_unshare, 0) != -1 || errno != EPERM)
			_exit(2);
		if (syscall(600) != -1 || errno != ENOSYS)
			_exit(3);
		if (syscall(SYS_clone3, NULL, 0) != -1 || errno != ENOSYS)
			_exit(4);
		if (syscall(SYS_ioctl, -1, 0x100005412UL, 0) != -1 || errno != EPERM)
			_exit(5);
		if (syscall(SYS_ioctl, -1, 0x5413UL, 0) != -1 || errno != EBADF)
			_exit(6);
		if (syscall(SYS_getppid) <= 0)
			_exit(7);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int setup(void **state)
{
	(void)state;
	interesting_fill();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_in_is_the_table), cmocka_unit_test(built_in_by_number),
		cmocka_unit_test(default_profile_x86),	 cmocka_unit_test(default_profile_arm),
		cmocka_unit_test(every_action),		 cmocka_unit_test(flags_and_listener),
		cmocka_unit_test(vocabulary),		 cmocka_unit_test(architectures),
		cmocka_unit_test(random_profiles),	 cmocka_unit_test(order_of_rules),
		cmocka_unit_test(two_rules_on_one_argument), cmocka_unit_test(multiplexed),
		cmocka_unit_test(kernel_takes_it),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
