/*
 * seccomp_default.c - see seccomp_default.h.
 *
 * An allow-list in the spirit of the engines' own default profile: programs notice nothing, and the kernel loses
 * the parts that containers have been broken out of. Read a row as: these calls are allowed where the
 * bounding set has one of these capabilities (0: always; NEVER: refused with EPERM, whatever it has). Refused
 * calls are named too, so that the profile knows the whole vocabulary of Linux 6.18: what it does not
 * name is newer than it, and has to answer ENOSYS for the C library's fallbacks to work.
 *
 * No row asks for an architecture: a name that an architecture does not have is skipped for it.
 *
 * What this cannot do: on i386 and arm, socketcall(2) carries its arguments in memory, where no filter can see
 * them, and the C libraries of those architectures use it. A 32-bit program can therefore open the one
 * socket family that is refused below.
 */
#include "config/seccomp_default.h"

#include <string.h>

#define CAP(number) (UINT64_C(1) << (number))
#define SYS_ADMIN   CAP(21)
#define NEVER	    UINT64_MAX

#define EPERM_LINUX  1
#define ENOSYS_LINUX 38

struct row {
	uint64_t caps; /* allowed with one of these; 0: always; NEVER */
	const char *names;
};

static const struct row rows[] = {
	/* Files and directories */
	{0, "access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 "
	    "dup3 faccessat "
	    "faccessat2 fadvise64 fadvise64_64 arm_fadvise64_64 fallocate fchdir fchmod fchmodat "
	    "fchmodat2 "
	    "fchown fchown32 fchownat fcntl fcntl64 fdatasync flock fstat fstat64 fstatat64 "
	    "fstatfs fstatfs64 "
	    "fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64 lchown lchown32 link "
	    "linkat "
	    "_llseek lseek lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at newfstatat "
	    "oldfstat "
	    "oldlstat oldstat open openat openat2 pipe pipe2 pread64 preadv preadv2 pwrite64 "
	    "pwritev pwritev2 "
	    "read readahead readdir readlink readlinkat readv rename renameat renameat2 rmdir "
	    "sendfile "
	    "sendfile64 splice stat stat64 statfs statfs64 statx symlink symlinkat sync "
	    "sync_file_range "
	    "arm_sync_file_range sync_file_range2 syncfs tee truncate truncate64 umask unlink "
	    "unlinkat utime "
	    "utimensat utimensat_time64 utimes vmsplice write writev cachestat file_getattr "
	    "file_setattr"},
	/* Extended attributes */
	{0, "fgetxattr flistxattr fremovexattr fsetxattr getxattr lgetxattr listxattr llistxattr "
	    "lremovexattr "
	    "lsetxattr removexattr setxattr setxattrat getxattrat listxattrat removexattrat"},
	/* Waiting for files: poll, inotify, aio; fanotify_mark is harmless without fanotify_init */
	{0,
	 "epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait "
	 "epoll_wait_old eventfd eventfd2 fanotify_mark inotify_add_watch inotify_init "
	 "inotify_init1 "
	 "inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 "
	 "io_setup "
	 "io_submit _newselect poll ppoll ppoll_time64 pselect6 pselect6_time64 select signalfd "
	 "signalfd4"},
	/* Memory */
	{0, "brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock "
	    "mlock2 mlockall mmap "
	    "mmap2 mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free "
	    "pkey_mprotect "
	    "process_mrelease remap_file_pages"},
	/* Processes, threads and their attributes; those of other processes are guarded by their owner */
	{0,
	 "alarm arch_prctl cacheflush breakpoint capget capset execve execveat exit exit_group "
	 "fork futex "
	 "futex_requeue futex_time64 futex_wait futex_waitv futex_wake getcpu getitimer getpgid "
	 "getpgrp "
	 "getpid getppid getpriority getrlimit get_robust_list getrusage getsid get_thread_area "
	 "gettid "
	 "get_tls ioprio_get ioprio_set modify_ldt nice pause pidfd_open prctl prlimit64 rseq "
	 "sched_getaffinity sched_getattr sched_getparam sched_get_priority_max "
	 "sched_get_priority_min "
	 "sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity "
	 "sched_setattr sched_setparam sched_setscheduler sched_yield setitimer setpgid "
	 "setpriority "
	 "setrlimit set_robust_list setsid set_thread_area set_tid_address set_tls times "
	 "ugetrlimit usr26 "
	 "usr32 vfork wait4 waitid waitpid"},
	/* KERNEL >=4.8: a tracer cannot change a call behind the filter's back any more */
	{0, "process_vm_readv process_vm_writev ptrace"},
	/* Entered by the kernel's own trampolines of probes; anywhere else they end in a signal */
	{0, "uretprobe uprobe"},
	/* Users and groups */
	{0, "getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid "
	    "getresgid32 "
	    "getresuid getresuid32 getuid getuid32 setfsgid setfsgid32 setfsuid setfsuid32 setgid "
	    "setgid32 "
	    "setgroups setgroups32 setregid setregid32 setresgid setresgid32 setresuid setresuid32 "
	    "setreuid "
	    "setreuid32 setuid setuid32"},
	/* Signals */
	{0, "kill pidfd_send_signal restart_syscall rt_sigaction rt_sigpending rt_sigprocmask "
	    "rt_sigqueueinfo "
	    "rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo "
	    "sgetmask "
	    "sigaction sigaltstack signal sigpending sigprocmask sigreturn sigsuspend ssetmask "
	    "tgkill tkill"},
	/* Clocks and timers; adjtimex and its like only read without CAP_SYS_TIME */
	{0, "adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime "
	    "clock_gettime64 clock_nanosleep clock_nanosleep_time64 gettimeofday nanosleep time "
	    "timer_create "
	    "timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime "
	    "timer_settime64 "
	    "timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64"},
	/* Sockets; socket(2) itself is below */
	{0, "accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom "
	    "recvmmsg "
	    "recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socketcall "
	    "socketpair"},
	/* System V and POSIX IPC */
	{0,
	 "ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
	 "mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop "
	 "semtimedop_time64 shmat shmctl shmdt shmget"},
	/* What the system is, and limiting oneself further */
	{0, "getrandom landlock_add_rule landlock_create_ruleset landlock_restrict_self "
	    "lsm_get_self_attr "
	    "lsm_list_modules oldolduname olduname seccomp sysinfo uname"},
	/* The mount table of the own namespace, which /proc shows as well */
	{0, "listmount statmount"},

	/* Behind a capability. unshare and setns also lead to a new user namespace, and so to all of them. */
	{SYS_ADMIN,
	 "fanotify_init fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree "
	 "open_tree_attr pivot_root quotactl quotactl_fd setdomainname sethostname setns umount "
	 "umount2 unshare lookup_dcookie"},
	{SYS_ADMIN | CAP(39 /* BPF */), "bpf"},
	{SYS_ADMIN | CAP(38 /* PERFMON */), "perf_event_open"},
	{SYS_ADMIN | CAP(34 /* SYSLOG */), "syslog"},
	{CAP(2 /* DAC_READ_SEARCH */), "open_by_handle_at"},
	{CAP(16 /* SYS_MODULE */), "delete_module finit_module init_module"},
	{CAP(17 /* SYS_RAWIO */), "ioperm iopl"},
	{CAP(18 /* SYS_CHROOT */), "chroot"},
	{CAP(19 /* SYS_PTRACE */), "kcmp pidfd_getfd process_madvise"},
	{CAP(20 /* SYS_PACCT */), "acct"},
	{CAP(22 /* SYS_BOOT */), "reboot"},
	{CAP(23 /* SYS_NICE */), "get_mempolicy mbind migrate_pages move_pages set_mempolicy "
				 "set_mempolicy_home_node"},
	{CAP(25 /* SYS_TIME */), "clock_settime clock_settime64 settimeofday stime"},
	{CAP(26 /* SYS_TTY_CONFIG */), "vhangup"},

	/* Never: the kernel's keyrings are not in a namespace; io_uring does its work past this filter;
	 * userfaultfd makes races in the kernel easy to win */
	{NEVER,
	 "add_key keyctl request_key io_uring_enter io_uring_register io_uring_setup userfaultfd"},
	/* Never: they concern the whole machine */
	{NEVER, "kexec_file_load kexec_load lsm_set_self_attr pciconfig_iobase pciconfig_read "
		"pciconfig_write "
		"swapoff swapon nfsservctl vm86 vm86old"},
	/* Never: gone from the kernel, or older than what replaced them */
	{NEVER, "_sysctl afs_syscall bdflush break create_module ftime get_kernel_syms getpmsg "
		"gtty idle lock mpx "
		"prof profil putpmsg query_module security stty sysfs tuxcall ulimit uselib ustat "
		"vserver"},
};

/*
 * Rules with arguments. Only the low half is compared where the kernel takes an int: what it does not look at must
 * not decide (CVE-2019-10063 got past a TIOCSTI rule with a bit in the upper half).
 */
struct argument_rule {
	uint64_t without; /* left out where the bounding set has one of these */
	const char *name;
	enum config_seccomp_action action;
	int64_t errno_ret;
	struct config_seccomp_arg arg; /* with op MASKED_EQ; mask 0: always true */
};

#define LOW UINT64_C(0xffffffff)
#define ARGUMENT(index, mask, value)                  \
	{                                             \
		index, SECCOMP_MASKED_EQ, mask, value \
	}
#define ANY                                \
	{                                  \
		0, SECCOMP_MASKED_EQ, 0, 0 \
	}

static const struct argument_rule argument_rules[] = {
	/* Typing into the terminal of whoever is outside */
	{0, "ioctl", SECCOMP_ERRNO, EPERM_LINUX, ARGUMENT(1, LOW, 0x5412 /* TIOCSTI */)},
	{0, "ioctl", SECCOMP_ERRNO, EPERM_LINUX, ARGUMENT(1, LOW, 0x541c /* TIOCLINUX */)},
	{0, "ioctl", SECCOMP_ALLOW, 0, ANY},
	/* AF_VSOCK knows no namespaces: it reaches the hypervisor from every container */
	{0, "socket", SECCOMP_ERRNO, EPERM_LINUX, ARGUMENT(0, LOW, 40 /* AF_VSOCK */)},
	{0, "socket", SECCOMP_ALLOW, 0, ANY},
	/* PER_LINUX, PER_LINUX32, both with UNAME26, and the query. Others switch off address randomisation. */
	{0, "personality", SECCOMP_ALLOW, 0, ARGUMENT(0, LOW, 0)},
	{0, "personality", SECCOMP_ALLOW, 0, ARGUMENT(0, LOW, 8)},
	{0, "personality", SECCOMP_ALLOW, 0, ARGUMENT(0, LOW, 0x20000)},
	{0, "personality", SECCOMP_ALLOW, 0, ARGUMENT(0, LOW, 0x20008)},
	{0, "personality", SECCOMP_ALLOW, 0, ARGUMENT(0, LOW, 0xffffffff)},
	/* No new namespace (CLONE_NEW*). clone3 has its flags in memory: without it libc goes back to clone. */
	{SYS_ADMIN, "clone", SECCOMP_ALLOW, 0, ARGUMENT(0, 0x7e020000, 0)},
	{SYS_ADMIN, "clone3", SECCOMP_ERRNO, ENOSYS_LINUX, ANY},
};

/* With SYS_ADMIN, instead of the two rows above. */
static const struct row clone_row = {SYS_ADMIN, "clone clone3"};

static struct config_seccomp_rule *rule_add(struct arena *a, struct config_seccomp *s,
					    enum config_seccomp_action action, int64_t errno_ret)
{
	struct config_seccomp_rule *rule = arena_append(a, &s->rules, &s->rules_n, sizeof(*rule));

	if (rule) {
		rule->action = action;
		if (action == SECCOMP_ERRNO)
			rule->errno_ret = (struct config_number){true, errno_ret};
	}
	return rule;
}

/* Splits "a b c" into a list with a NULL behind it. */
static int split(struct arena *a, const char *text, struct config_strings *ret)
{
	size_t n = 1, i = 0;
	char *copy = arena_copy(a, text);

	if (!copy)
		return -1;
	for (const char *p = text; *p; p++)
		n += *p == ' ';
	ret->v = arena_alloc(a, (n + 1) * sizeof(*ret->v));
	if (!ret->v)
		return -1;
	for (char *word = copy, *next; word; word = next) {
		next = strchr(word, ' ');
		if (next)
			*next++ = '\0';
		ret->v[i++] = word;
	}
	ret->n = n;
	return 0;
}

static int row_add(struct arena *a, const struct row *row, uint64_t caps, struct config_seccomp *s)
{
	bool allow = row->caps == 0 || (row->caps != NEVER && (row->caps & caps) != 0);
	struct config_seccomp_rule *rule =
		rule_add(a, s, allow ? SECCOMP_ALLOW : SECCOMP_ERRNO, EPERM_LINUX);

	return rule ? split(a, row->names, &rule->names) : -1;
}

static int argument_rule_add(struct arena *a, const struct argument_rule *from,
			     struct config_seccomp *s)
{
	struct config_seccomp_rule *rule = rule_add(a, s, from->action, from->errno_ret);

	if (!rule || split(a, from->name, &rule->names) < 0)
		return -1;
	if (from->arg.value == 0)
		return 0;
	rule->args = arena_append(a, &rule->args, &rule->args_n, sizeof(*rule->args));
	if (!rule->args)
		return -1;
	rule->args[0] = from->arg;
	return 0;
}

/* The architectures of one machine: the native one and the 32-bit one that its kernel runs as well. */
static int architectures_add(struct arena *a, struct config_seccomp *s)
{
#if defined(__x86_64__)
	return split(a, "SCMP_ARCH_X86_64 SCMP_ARCH_X86", &s->architectures); /* and not x32 */
#elif defined(__aarch64__)
	return split(a, "SCMP_ARCH_AARCH64 SCMP_ARCH_ARM", &s->architectures);
#else
	(void)a;
	(void)s;
	return 0; /* the native one alone */
#endif
}

int seccomp_default(struct arena *a, uint64_t caps, struct config_seccomp *ret, struct error *e)
{
	struct config_seccomp s = {
		.mode = SECCOMP_MODE_DEFAULT,
		.default_action = SECCOMP_ERRNO,
		.default_errno_ret = {true, EPERM_LINUX},
	};
	int r = architectures_add(a, &s);

	for (size_t i = 0; r == 0 && i < sizeof(rows) / sizeof(*rows); i++)
		r = row_add(a, &rows[i], caps, &s);
	if (r == 0 && (clone_row.caps & caps) != 0)
		r = row_add(a, &clone_row, caps, &s);
	for (size_t i = 0; r == 0 && i < sizeof(argument_rules) / sizeof(*argument_rules); i++)
		if ((argument_rules[i].without & caps) == 0)
			r = argument_rule_add(a, &argument_rules[i], &s);
	if (r < 0)
		return err_no_memory(e);
	*ret = s;
	return 0;
}

uint64_t seccomp_default_asks(void)
{
	uint64_t asked = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].caps != NEVER)
			asked |= rows[i].caps;
	return asked;
}
