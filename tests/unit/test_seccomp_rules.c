/*
 * test_seccomp_rules.c - host/seccomp_compile.c with profiles of other people: every action, flag and operator, the order
 * of rules, names and numbers that nobody knows, rules at random, and libseccomp's own compiler beside it.
 */
#include "seccomp_model.h"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct small {
	struct config_seccomp s;
	struct config_seccomp_rule rules[24];
	struct config_seccomp_arg args[24][6];
	char *names[24][2], *arches[4];
};

static struct config_seccomp_rule *small_rule(struct small *p, const char *name,
					      enum config_seccomp_action action)
{
	size_t i = p->s.rules_n++;

	p->names[i][0] = (char *)name;
	p->names[i][1] = NULL;
	p->rules[i] = (struct config_seccomp_rule){
		.names = {p->names[i], 1}, .action = action, .args = p->args[i]};
	p->s.rules = p->rules;
	return &p->rules[i];
}

static void small_arg(struct config_seccomp_rule *rule, uint32_t index,
		      enum config_seccomp_compare op, uint64_t value, uint64_t value_two)
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

		small_rule(&p, "getpid", table[i].action)->errno_ret = no; /* libseccomp's */
		small_rule(&p, "mseal", table[i].action)->errno_ret = no;  /* ours */
		f = compiled(&p.s);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_getpid, 0, 0), table[i].want);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 462, 0, 0), table[i].want);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_read, 0, 0), ALLOW);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 600, 0, 0), ALLOW);
		assert_int_equal(!!(f.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER),
				 table[i].action == SECCOMP_NOTIFY);
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
	struct small p = {.s.mode = SECCOMP_MODE_PROFILE, .s.default_action = SECCOMP_ALLOW};
	struct seccomp_filter f = {0};

	(void)state;
	p.s.flags = SECCOMP_FLAG_TSYNC | SECCOMP_FLAG_LOG | SECCOMP_FLAG_SPEC_ALLOW |
		    SECCOMP_FLAG_WAIT_KILLABLE_RECV;
	f = compiled(&p.s);
	/* The last is about waiting for a listener: without one the kernel does not take it. */
	assert_int_equal(f.flags, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG |
					  SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	assert_false(seccomp_notifies(&f));
	seccomp_end(&f);
	small_rule(&p, "getpid", SECCOMP_NOTIFY);
	f = compiled(&p.s);
	assert_int_equal(f.flags, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG |
					  SECCOMP_FILTER_FLAG_SPEC_ALLOW |
					  SECCOMP_FILTER_FLAG_NEW_LISTENER |
					  SECCOMP_FILTER_FLAG_TSYNC_ESRCH |
					  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	assert_true(seccomp_notifies(&f));
	seccomp_end(&f);
}

/* A profile that notifies must let the two calls pass by which its listener is handed over. */
static void listener_can_be_handed_over(void **state)
{
	static const struct {
		enum config_seccomp_action by_default, send,
			receive; /* by_default: no rule of its own */
		const char *missing;
	} table[] = {
		{SECCOMP_ALLOW, SECCOMP_ALLOW, SECCOMP_ALLOW, NULL},
		{SECCOMP_ERRNO, SECCOMP_ALLOW, SECCOMP_LOG, NULL},
		{SECCOMP_ERRNO, SECCOMP_ALLOW, SECCOMP_NOTIFY, NULL},
		{SECCOMP_ERRNO, SECCOMP_ERRNO, SECCOMP_ALLOW, "sendmsg"},
		{SECCOMP_KILL_PROCESS, SECCOMP_ALLOW, SECCOMP_KILL_PROCESS, "recvmsg"},
		{SECCOMP_ALLOW, SECCOMP_TRAP, SECCOMP_ALLOW, "sendmsg"},
		{SECCOMP_ALLOW, SECCOMP_ALLOW, SECCOMP_TRACE, "recvmsg"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct config c = {0};
		struct small p = {.s.mode = SECCOMP_MODE_PROFILE,
				  .s.default_action = table[i].by_default};
		struct seccomp_filter f = {0};
		struct error e = {0};
		int r;

		small_rule(&p, "getpid", SECCOMP_NOTIFY);
		if (table[i].send != table[i].by_default)
			small_rule(&p, "sendmsg", table[i].send);
		if (table[i].receive != table[i].by_default)
			small_rule(&p, "recvmsg", table[i].receive);
		c.seccomp = p.s;
		r = seccomp_make(&c, NULL, &f, &e);
		assert_int_equal(r, table[i].missing ? -1 : 0);
		if (table[i].missing)
			assert_non_null(strstr(e.text, table[i].missing));
		seccomp_end(&f);
		if (!table[i].missing || strcmp(table[i].missing, "sendmsg") != 0)
			continue;
		/* With a condition nobody can tell. */
		small_arg(small_rule(&p, "sendmsg", SECCOMP_ALLOW), 0, SECCOMP_EQ, 3, 0);
		c.seccomp = p.s;
		assert_int_equal(seccomp_make(&c, NULL, &f, &e), 0);
		seccomp_end(&f);
	}
}

static void flags_of_the_kernel(void **state)
{
	struct error e = {0};

	(void)state;
	assert_int_equal(seccomp_flags_check(0, &e), 0);
	if (seccomp_flags_check(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG |
					SECCOMP_FILTER_FLAG_SPEC_ALLOW |
					SECCOMP_FILTER_FLAG_NEW_LISTENER |
					SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
				&e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(seccomp_flags_check(SECCOMP_FILTER_FLAG_LOG | 1u << 30, &e), -1);
	assert_string_equal(e.text, "this kernel does not have flag 0x40000000 of seccomp(2)");
}

/*
 * In a process of its own: loads @f, which answers getppid(2) by a listener, and plays that listener in another one. Returns
 * what getppid(2) came to as an exit status.
 */
static int notified(const struct seccomp_filter *f)
{
	int status = -1;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct seccomp_notif asked = {0};
		struct seccomp_notif_resp said = {.error = -EDQUOT};
		struct error e;
		int listener = -1;
		pid_t other;

		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			_exit(100);
		if (seccomp_filter_load(f, NULL, &e) == 0) /* nobody would take it */
			_exit(101);
		if (seccomp_filter_load(f, &listener, &e) < 0)
			_exit(102);
		if (listener < 0 || fcntl(listener, F_GETFD) != FD_CLOEXEC)
			_exit(103);
		other = fork();
		if (other == 0) {
			errno = 0;
			_exit(syscall(SYS_getppid) == -1 ? errno : 104);
		}
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0)
			_exit(105);
		said.id = asked.id;
		if (asked.data.nr != SYS_getppid || (pid_t)asked.pid != other ||
		    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &said) < 0 ||
		    waitpid(other, &status, 0) != other)
			_exit(106);
		_exit(WEXITSTATUS(status));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The kernel takes a listener with every flag, and its descriptor comes back. */
static void kernel_notifies(void **state)
{
	(void)state;
	for (unsigned int flags = 0; flags < 16; flags++) {
		struct small p = {.s.mode = SECCOMP_MODE_PROFILE,
				  .s.default_action = SECCOMP_ALLOW,
				  .s.flags = flags};
		struct seccomp_filter f;

		small_rule(&p, "getppid", SECCOMP_NOTIFY);
		f = compiled(&p.s);
		if (seccomp_flags_check(f.flags, &(struct error){0}) == 0)
			assert_int_equal(notified(&f), EDQUOT);
		seccomp_end(&f);
	}
}

/* What the profile does not know: names, and numbers above its newest. */
static void vocabulary(void **state)
{
	static const struct {
		enum config_seccomp_action action;
		uint32_t beyond;
	} table[] = {
		{SECCOMP_ERRNO, NO_CALL},
		{SECCOMP_KILL_PROCESS, NO_CALL},
		{SECCOMP_KILL_THREAD, NO_CALL},
		{SECCOMP_TRAP, NO_CALL},
		{SECCOMP_TRACE, SECCOMP_RET_TRACE | EPERM},
		{SECCOMP_LOG, SECCOMP_RET_LOG},
		{SECCOMP_ALLOW, ALLOW},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct small p = {.s.mode = SECCOMP_MODE_PROFILE,
				  .s.default_action = table[i].action};
		const struct config_number none = {0};
		struct seccomp_filter f;

		small_rule(&p, "no_such_call", SECCOMP_TRAP);
		small_rule(&p, "breakpoint", SECCOMP_TRAP); /* only on arm */
		small_rule(&p, "openat2", SECCOMP_ALLOW);
		f = compiled(&p.s);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_openat2, 0, 0), ALLOW);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_openat2 - 1, 0, 0),
				 action_of(table[i].action, &none));
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_openat2 + 1, 0, 0), table[i].beyond);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_openat2 | X32, 0, 0),
				 SECCOMP_RET_KILL_THREAD);
		assert_int_equal(ask(&f, AUDIT_ARCH_I386, 437, 0, 0), SECCOMP_RET_KILL_THREAD);
		/* -1 is not x32's, though it has the bit */
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, UINT32_MAX, 0, 0), table[i].beyond);
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

/*
 * Every architecture of the specification that is of this machine's byte order and that libseccomp knows has its own
 * table in the program: what is allowed there by name is, and nothing else.
 */
static void every_architecture(void **state)
{
	static const struct {
		const char *name;
		uint32_t arch, audit;
		bool little;
	} table[] = {
		{"SCMP_ARCH_X86", SCMP_ARCH_X86, AUDIT_ARCH_I386, true},
		{"SCMP_ARCH_ARM", SCMP_ARCH_ARM, AUDIT_ARCH_ARM, true},
		{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, true},
		{"SCMP_ARCH_MIPS", SCMP_ARCH_MIPS, AUDIT_ARCH_MIPS, false},
		{"SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64, AUDIT_ARCH_MIPS64, false},
		{"SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32, AUDIT_ARCH_MIPS64N32, false},
		{"SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL, AUDIT_ARCH_MIPSEL, true},
		{"SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64, AUDIT_ARCH_MIPSEL64, true},
		{"SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32, AUDIT_ARCH_MIPSEL64N32, true},
		{"SCMP_ARCH_PPC", SCMP_ARCH_PPC, AUDIT_ARCH_PPC, false},
		{"SCMP_ARCH_PPC64", SCMP_ARCH_PPC64, AUDIT_ARCH_PPC64, false},
		{"SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE, AUDIT_ARCH_PPC64LE, true},
		{"SCMP_ARCH_S390", SCMP_ARCH_S390, AUDIT_ARCH_S390, false},
		{"SCMP_ARCH_S390X", SCMP_ARCH_S390X, AUDIT_ARCH_S390X, false},
		{"SCMP_ARCH_PARISC", SCMP_ARCH_PARISC, AUDIT_ARCH_PARISC, false},
		{"SCMP_ARCH_PARISC64", SCMP_ARCH_PARISC64, AUDIT_ARCH_PARISC64, false},
		{"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64, AUDIT_ARCH_RISCV64, true},
		/* libseccomp 2.5 does not know these: no table, and so the end that other architectures have */
		{"SCMP_ARCH_LOONGARCH64", 0, 0xc0000102, true},
		{"SCMP_ARCH_M68K", 0, 4, false},
		{"SCMP_ARCH_SH", 0, 0x4000002a, true},
		{"SCMP_ARCH_SHEB", 0, 42, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct small p = {.s.mode = SECCOMP_MODE_PROFILE, .s.default_action = SECCOMP_ERRNO};
		int nr = table[i].arch ? seccomp_number(table[i].arch, "openat") : 0;
		bool ours = table[i].arch && table[i].little;
		struct seccomp_filter f;

		p.arches[0] = (char *)table[i].name;
		p.s.architectures = (struct config_strings){p.arches, 1};
		small_rule(&p, "openat", SECCOMP_ALLOW);
		f = compiled(&p.s);
		assert_true(nr >= 0);
		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, SYS_openat, 0, 0), ALLOW);
		assert_int_equal(ask(&f, table[i].audit, (unsigned int)nr, 0, 0),
				 ours ? ALLOW : SECCOMP_RET_KILL_THREAD);
		assert_int_equal(ask(&f, table[i].audit, (unsigned int)nr - 1, 0, 0),
				 ours ? REFUSED : SECCOMP_RET_KILL_THREAD);
		assert_int_equal(ask(&f, table[i].audit, (unsigned int)nr + 1, 0, 0),
				 ours ? NO_CALL : SECCOMP_RET_KILL_THREAD);
		seccomp_end(&f);
	}
}

static uint32_t random_state;

static uint32_t roll(uint32_t n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

static uint64_t roll_value(void)
{
	static const uint64_t pool[] = {0,	     1,		  2,	       0x7fffffff,
					0x80000000,  0xfffffffe,  0xffffffff,  0x100000000,
					0x100000001, 0x1ffffffff, 0x200000000, 0x8000000000000000,
					UINT64_MAX};

	return pool[roll(COUNT(pool))];
}

/* Rules with arguments at random. */
static void random_profiles(void **state)
{
	static const char *const names[] = {"read",	    "ioctl",	    "mseal",  "openat2",
					    "file_setattr", "no_such_call", "socket", "uretprobe"};
	static const unsigned int numbers[] = {0, 16, 462, 437, 469, 599, 41, 335, 1, 436};

	(void)state;
	random_state = 20260101;
	for (int round = 0; round < 400; round++) {
		struct small p = {.s.mode = SECCOMP_MODE_PROFILE};
		static const enum config_seccomp_action defaults[] = {SECCOMP_ERRNO, SECCOMP_ALLOW,
								      SECCOMP_KILL_PROCESS};
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
				small_arg(rule, roll(3), (enum config_seccomp_compare)roll(7),
					  roll_value(), roll_value());
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
				fail_msg("round %d, call %u, arguments 0x%llx 0x%llx 0x%llx: 0x%x "
					 "instead of 0x%x",
					 round, nr, (unsigned long long)args[0],
					 (unsigned long long)args[1], (unsigned long long)args[2],
					 run(&f, &d), model_says(m, nr, args));
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

/* Every call of x86-64 another fate than its neighbours: the search gets long, and its jumps far. */
static void far_jumps(void **state)
{
	static struct config_seccomp_rule rules[451];
	static struct config_seccomp_arg args[451];
	static char *names[451][2];
	struct config_seccomp s = {
		.mode = SECCOMP_MODE_PROFILE, .default_action = SECCOMP_ERRNO, .rules = rules};
	struct seccomp_filter f;
	struct model *m;

	(void)state;
	for (int nr = 0; nr <= 450; nr++) {
		struct config_seccomp_rule *rule = &rules[s.rules_n];

		names[nr][0] = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, nr);
		if (!names[nr][0])
			continue;
		args[nr] = (struct config_seccomp_arg){(uint32_t)nr % 6,
						       (enum config_seccomp_compare)(nr % 7),
						       (uint64_t)nr << 30, 1};
		*rule = (struct config_seccomp_rule){
			.names = {names[nr], 1},
			.action = nr % 2 ? SECCOMP_TRACE : SECCOMP_ERRNO,
			.errno_ret = {true, nr},
			.args = &args[nr],
			.args_n = nr % 3 == 0,
		};
		s.rules_n++;
	}
	f = compiled(&s);
	m = model_new(&s, AUDIT_ARCH_X86_64, 0);
	assert_true(f.n > 1000);
	for (unsigned int nr = 0; nr < 470; nr++)
		for (uint64_t k = 0; k < 3; k++) {
			uint64_t value = ((uint64_t)nr << 30) + k - 1;
			uint64_t all[6] = {value, value, value, value, value, value};
			struct seccomp_data d = {.nr = (int)nr,
						 .arch = AUDIT_ARCH_X86_64,
						 .args = {value, value, value, value, value, value}};

			assert_int_equal(run(&f, &d), model_says(m, nr, all));
		}
	for (int nr = 0; nr <= 450; nr++)
		free(names[nr][0]);
	free(m);
	seccomp_end(&f);
}

/*
 * libseccomp makes a program of the same rules without arguments, where it can be trusted, and both must agree up to the
 * newest number, behind which only ours answers ENOSYS. For socketcall(2) the argument is its call.
 */
static void as_libseccomp(void **state)
{
	static const char *const names[] = {
		"read",	  "write",  "bind",  "socket",	"shutdown", "socketcall", "ipc",
		"semget", "msgrcv", "mmap2", "fcntl64", "openat2",  "ioctl",	  "futex_waitv"};
	static const struct {
		enum config_seccomp_action action;
		uint32_t value;
	} actions[] = {{SECCOMP_ALLOW, SCMP_ACT_ALLOW},
		       {SECCOMP_LOG, SCMP_ACT_LOG},
		       {SECCOMP_TRAP, SCMP_ACT_TRAP}};

	(void)state;
	random_state = 7;
	for (int round = 0; round < 200; round++) {
		struct small p = {.s.mode = SECCOMP_MODE_PROFILE,
				  .s.default_action = SECCOMP_KILL_PROCESS};
		scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
		struct sock_filter theirs[2048];
		struct seccomp_filter f, g = {.v = theirs};
		int fd = memfd_create("program", MFD_CLOEXEC);
		ssize_t size;

		assert_non_null(ctx);
		assert_int_equal(seccomp_arch_add(ctx, SCMP_ARCH_X86), 0);
		p.arches[0] = (char *)"SCMP_ARCH_X86";
		p.s.architectures = (struct config_strings){p.arches, 1};
		for (size_t i = 0; i < COUNT(names); i++) {
			uint32_t which = roll(COUNT(actions));

			/* A rule for socketcall wins over those for its calls there, and not here: see multiplexed. */
			if (roll(2) == 0 ||
			    ((strcmp(names[i], "socketcall") == 0 || strcmp(names[i], "ipc") == 0)))
				continue;
			small_rule(&p, names[i], actions[which].action);
			assert_int_equal(seccomp_rule_add(ctx, actions[which].value,
							  seccomp_syscall_resolve_name(names[i]), 0),
					 0);
		}
		small_rule(&p, "set_mempolicy_home_node", SECCOMP_ALLOW); /* 450: the newest of both */
		assert_int_equal(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, 450, 0), 0);
		f = compiled(&p.s);
		assert_int_equal(seccomp_export_bpf(ctx, fd), 0);
		size = pread(fd, theirs, sizeof(theirs), 0);
		assert_true(size > 0 && size < (ssize_t)sizeof(theirs));
		g.n = (unsigned short)((size_t)size / sizeof(*theirs));
		for (unsigned int nr = 0; nr <= 450; nr++)
			for (uint64_t arg = 0; arg < 30; arg++) {
				assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, nr, 0, arg),
						 ask(&g, AUDIT_ARCH_X86_64, nr, 0, arg));
				if (ask(&f, AUDIT_ARCH_I386, nr, 0, arg) !=
				    ask(&g, AUDIT_ARCH_I386, nr, 0, arg))
					fail_msg("round %d, i386 call %u (%d): 0x%x and libseccomp "
						 "0x%x",
						 round, nr, (int)arg,
						 ask(&f, AUDIT_ARCH_I386, nr, 0, arg),
						 ask(&g, AUDIT_ARCH_I386, nr, 0, arg));
			}
		close(fd);
		seccomp_release(ctx);
		seccomp_end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_action),
		cmocka_unit_test(flags_and_listener),
		cmocka_unit_test(listener_can_be_handed_over),
		cmocka_unit_test(flags_of_the_kernel),
		cmocka_unit_test(kernel_notifies),
		cmocka_unit_test(every_architecture),
		cmocka_unit_test(vocabulary),
		cmocka_unit_test(architectures),
		cmocka_unit_test(random_profiles),
		cmocka_unit_test(order_of_rules),
		cmocka_unit_test(two_rules_on_one_argument),
		cmocka_unit_test(multiplexed),
		cmocka_unit_test(as_libseccomp),
		cmocka_unit_test(far_jumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
