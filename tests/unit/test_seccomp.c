/*
 * test_seccomp.c - the built-in profile, run by an interpreter of BPF over the whole space of system calls, and compared
 * with two things that know nothing of how it was compiled: an evaluation of the table as it reads, and a list
 * of numbers from the kernel's own tables with what must become of them. At last, the kernel's word.
 */
#include "seccomp_model.h"

#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/seccomp_default.h"
#include "host/seccomp_program.h"

/* ---- comparing them ---- */

static uint64_t interesting[160];
static size_t interesting_n;

static void interesting_fill(void)
{
	static const uint64_t low[] = {0,	1,	 8,	  17,	      38,
				       40,	41,	 0x5411,  0x5412,     0x541c,
				       0x20000, 0x20008, 0x40000, 0x7e020000, 0xffffffff};

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

static void compare(const struct seccomp_filter *f, const struct model *m, uint32_t audit_arch,
		    uint32_t bit, uint64_t mask)
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
				fail_msg("arch 0x%x call %u argument 0x%llx: 0x%x instead of 0x%x",
					 audit_arch, nr, (unsigned long long)args[0], is, want);
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

static void built_in_is_the_table(void **state)
{
	struct config c = {.seccomp.mode = SECCOMP_MODE_DEFAULT};
	struct arena a = {0};
	struct config_seccomp s = profile(&a, SECCOMP_DEFAULT_CAPS);
	struct seccomp_filter now = compiled(&s), made = {0};
	struct error e = {0};

	(void)state;
	c.process.has_capabilities = true;
	c.process.capabilities.bounding =
		SECCOMP_DEFAULT_CAPS & ~UINT64_C(1); /* CHOWN: nobody asks about it */
	assert_int_equal(seccomp_make(&c, NULL, &made, &e), 0);
	assert_ptr_equal(made.v, seccomp_program);
	assert_true(seccomp_is_builtin(&made));
	assert_null(made.owned);
	assert_int_equal(made.n, now.n);
	assert_memory_equal(made.v, now.v, now.n * sizeof(*now.v));
	seccomp_end(&made);
	c.process.capabilities.bounding |= UINT64_C(1) << 21;
	assert_int_equal(seccomp_make(&c, NULL, &made, &e), 0);
	assert_non_null(made.owned);
	assert_false(seccomp_is_builtin(&made));
	assert_int_equal(ask(&made, AUDIT_ARCH_X86_64, SYS_mount, 0, 0), ALLOW);
	seccomp_end(&made);
	c.seccomp.mode = SECCOMP_MODE_UNCONFINED;
	assert_int_equal(seccomp_make(&c, NULL, &made, &e), 0);
	assert_null(made.v);
	assert_false(seccomp_is_builtin(&made));
	seccomp_end(&made);
	seccomp_builtin(&made);
	assert_true(seccomp_is_builtin(&made) && made.n == seccomp_program_n);
	seccomp_end(&made);
	seccomp_end(&now);
	arena_end(&a);
}

/* For every capability alone, none, the default ones and all: both tables of x86-64, and x32. */
static void default_profile_x86(void **state)
{
	(void)state;
	for (int cap = -3; cap < 41; cap++) {
		uint64_t caps = cap >= 0    ? UINT64_C(1) << cap
				: cap == -3 ? 0
				: cap == -2 ? SECCOMP_DEFAULT_CAPS
					    : UINT64_MAX;
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
	assert_int_equal(ask(&f, AUDIT_ARCH_AARCH64, 63, 0, 0), ALLOW);	  /* read */
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
static const struct {
	uint32_t arch, nr;
	size_t index;
	uint64_t value;
	uint32_t want;
} by_number[] = {
#define X64(nr, want)                             \
	{                                         \
		AUDIT_ARCH_X86_64, nr, 0, 0, want \
	}
#define X64_ARG(nr, index, value, want)                   \
	{                                                 \
		AUDIT_ARCH_X86_64, nr, index, value, want \
	}
#define X86(nr, want)                           \
	{                                       \
		AUDIT_ARCH_I386, nr, 0, 0, want \
	}
#define X86_ARG(nr, index, value, want)                 \
	{                                               \
		AUDIT_ARCH_I386, nr, index, value, want \
	}
	X64(SYS_read, ALLOW),
	X64(SYS_execve, ALLOW),
	X64(SYS_ptrace, ALLOW),
	X64(SYS_chroot, ALLOW),
	X64(SYS_mknod, ALLOW),
	X64(SYS_seccomp, ALLOW),
	X64(SYS_openat2, ALLOW),
	X64(SYS_futex_waitv, ALLOW),
	X64(SYS_memfd_secret, ALLOW),
	X64(SYS_arch_prctl, ALLOW),
	X64(SYS_rseq, ALLOW),
	X64(SYS_mount, REFUSED),
	X64(SYS_umount2, REFUSED),
	X64(SYS_pivot_root, REFUSED),
	X64(SYS_fsopen, REFUSED),
	X64(SYS_fsconfig, REFUSED),
	X64(SYS_fsmount, REFUSED),
	X64(SYS_fspick, REFUSED),
	X64(SYS_open_tree, REFUSED),
	X64(SYS_move_mount, REFUSED),
	X64(SYS_mount_setattr, REFUSED),
	X64(SYS_unshare, REFUSED),
	X64(SYS_setns, REFUSED),
	X64(SYS_keyctl, REFUSED),
	X64(SYS_add_key, REFUSED),
	X64(SYS_request_key, REFUSED),
	X64(SYS_userfaultfd, REFUSED),
	X64(SYS_io_uring_setup, REFUSED),
	X64(SYS_io_uring_enter, REFUSED),
	X64(SYS_io_uring_register, REFUSED),
	X64(SYS_perf_event_open, REFUSED),
	X64(SYS_bpf, REFUSED),
	X64(SYS_open_by_handle_at, REFUSED),
	X64(SYS_kexec_load, REFUSED),
	X64(SYS_kexec_file_load, REFUSED),
	X64(SYS_init_module, REFUSED),
	X64(SYS_finit_module, REFUSED),
	X64(SYS_delete_module, REFUSED),
	X64(SYS_reboot, REFUSED),
	X64(SYS_swapon, REFUSED),
	X64(SYS_settimeofday, REFUSED),
	X64(SYS_clock_settime, REFUSED),
	X64(SYS_syslog, REFUSED),
	X64(SYS_acct, REFUSED),
	X64(SYS_iopl, REFUSED),
	X64(SYS_ioperm, REFUSED),
	X64(SYS_quotactl, REFUSED),
	X64(SYS_sethostname, REFUSED),
	X64(SYS_pidfd_getfd, REFUSED),
	X64(SYS_process_madvise, REFUSED),
	X64(SYS_vhangup, REFUSED),
	X64(SYS_mbind, REFUSED),
	X64(SYS_fanotify_init, REFUSED),
	X64(SYS_clone3, NO_CALL),
	X64(470, NO_CALL),
	X64(471, NO_CALL),
	X64(600, NO_CALL),
	X64(335, ALLOW),
	X64(336, ALLOW),
	X64(451 /* cachestat */, ALLOW),
	X64(452 /* fchmodat2 */, ALLOW),
	X64(453 /* map_shadow_stack */, ALLOW),
	X64(454 /* futex_wake */, ALLOW),
	X64(455, ALLOW),
	X64(456, ALLOW),
	X64(457 /* statmount */, ALLOW),
	X64(458 /* listmount */, ALLOW),
	X64(459 /* lsm_get_self_attr */, ALLOW),
	X64(460 /* lsm_set_self_attr */, REFUSED),
	X64(461, ALLOW),
	X64(462 /* mseal */, ALLOW),
	X64(463 /* setxattrat */, ALLOW),
	X64(464, ALLOW),
	X64(465, ALLOW),
	X64(466, ALLOW),
	X64(467 /* open_tree_attr */, REFUSED),
	X64(468, ALLOW),
	X64(469 /* file_setattr */, ALLOW),
	X64_ARG(SYS_ioctl, 1, 0x5412, REFUSED),
	X64_ARG(SYS_ioctl, 1, 0x100005412, REFUSED),
	X64_ARG(SYS_ioctl, 1, 0xffffffff00005412, REFUSED),
	X64_ARG(SYS_ioctl, 1, 0x8000541c0000541c, REFUSED),
	X64_ARG(SYS_ioctl, 1, 0x5413, ALLOW),
	X64_ARG(SYS_ioctl, 1, 0x541200000000, ALLOW),
	X64_ARG(SYS_ioctl, 0, 0x5412, ALLOW),
	X64_ARG(SYS_socket, 0, 40, REFUSED),
	X64_ARG(SYS_socket, 0, 0x100000028, REFUSED),
	X64_ARG(SYS_socket, 0, 2, ALLOW),
	X64_ARG(SYS_socket, 1, 40, ALLOW),
	X64_ARG(SYS_personality, 0, 0, ALLOW),
	X64_ARG(SYS_personality, 0, 0xffffffff, ALLOW),
	X64_ARG(SYS_personality, 0, 0x40000, REFUSED),
	X64_ARG(SYS_personality, 0, 0x100040000, REFUSED),
	X64_ARG(SYS_clone, 0, 17, ALLOW),
	X64_ARG(SYS_clone, 0, 0x3d0f00, ALLOW),
	X64_ARG(SYS_clone, 0, 0x00020000, REFUSED),
	X64_ARG(SYS_clone, 0, 0x02000000, REFUSED),
	X64_ARG(SYS_clone, 0, 0x04000000, REFUSED),
	X64_ARG(SYS_clone, 0, 0x08000000, REFUSED),
	X64_ARG(SYS_clone, 0, 0x10000000, REFUSED),
	X64_ARG(SYS_clone, 0, 0x20000000, REFUSED),
	X64_ARG(SYS_clone, 0, 0x40000000, REFUSED),
	X64_ARG(SYS_clone, 0, 0x110000011, REFUSED),
	X64(X32 | SYS_read, NO_CALL),
	X64(X32 | 520, NO_CALL),
	X64(X32 | SYS_mount, NO_CALL),
	X86(3 /* read */, ALLOW),
	X86(11 /* execve */, ALLOW),
	X86(192 /* mmap2 */, ALLOW),
	X86(21 /* mount */, REFUSED),
	X86(22 /* umount */, REFUSED),
	X86(310 /* unshare */, REFUSED),
	X86(346 /* setns */, REFUSED),
	X86(435 /* clone3 */, NO_CALL),
	X86(25 /* stime */, REFUSED),
	X86(404 /* clock_settime64 */, REFUSED),
	X86(403 /* clock_gettime64 */, ALLOW),
	X86(442 /* mount_setattr */, REFUSED),
	X86(467, REFUSED),
	X86(452, ALLOW),
	X86(470, NO_CALL),
	X86(102 /* socketcall */, ALLOW),
	X86(117 /* ipc */, ALLOW),
	X86_ARG(54, 1, 0x5412, REFUSED),
	X86_ARG(54, 1, 0x541c, REFUSED),
	X86_ARG(54, 1, 0x5401, ALLOW),
	X86_ARG(359, 0, 40, REFUSED),
	X86_ARG(359, 0, 1, ALLOW),
	X86_ARG(120, 0, 0x10000000, REFUSED),
	X86_ARG(120, 0, 17, ALLOW),
	X86_ARG(136, 0, 0x40000, REFUSED),
	X86_ARG(136, 0, 8, ALLOW),
};

static void built_in_by_number(void **state)
{
	struct seccomp_filter f = {.v = seccomp_program, .n = seccomp_program_n};

	(void)state;
	for (size_t i = 0; i < COUNT(by_number); i++) {
		uint32_t is = ask(&f, by_number[i].arch, by_number[i].nr, by_number[i].index,
				  by_number[i].value);

		if (is != by_number[i].want)
			fail_msg("row %zu (arch 0x%x, call %u, value 0x%llx): 0x%x instead of 0x%x",
				 i, by_number[i].arch, by_number[i].nr,
				 (unsigned long long)by_number[i].value, is, by_number[i].want);
	}
}

/* The vocabulary is whole: every call that libseccomp knows on these architectures is in the table. */
static void every_name_is_there(void **state)
{
	static const uint32_t arches[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_AARCH64,
					  SCMP_ARCH_ARM};
	struct arena a = {0};
	struct config_seccomp s = profile(&a, 0);

	(void)state;
	for (size_t i = 0; i < COUNT(arches); i++)
		for (int nr = 0; nr < 470; nr++) {
			char *name = seccomp_syscall_resolve_num_arch(arches[i], nr);
			bool found = !name;

			for (size_t k = 0; k < s.rules_n && !found; k++)
				for (size_t n = 0; n < s.rules[k].names.n && !found; n++)
					found = strcmp(s.rules[k].names.v[n], name) == 0;
			if (!found)
				fail_msg("%s is not in the profile", name);
			free(name);
		}
	arena_end(&a);
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

		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    seccomp_filter_load(&f, NULL, &e) < 0)
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
		cmocka_unit_test(every_name_is_there),	 cmocka_unit_test(default_profile_x86),
		cmocka_unit_test(default_profile_arm),	 cmocka_unit_test(kernel_takes_it),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
