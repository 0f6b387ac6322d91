/*
 * seccomp_numbers.h - numbers of system calls that libseccomp 2.5.4 does not know, or does not tell. For
 * seccomp_compile.c and seccomp_tell.c, which include <seccomp.h> before.
 */
#ifndef HOST_SECCOMP_NUMBERS_H
#define HOST_SECCOMP_NUMBERS_H

#define ALL_ARCHES 0

struct number {
	unsigned int arch; /* SCMP_ARCH_* or ALL_ARCHES: since 403 all tables grow together */
	int number;
	const char *name;
};

/* clang-format off */
static const struct number numbers[] = {
	{ALL_ARCHES, 451, "cachestat"}, {ALL_ARCHES, 452, "fchmodat2"},
	{ALL_ARCHES, 453, "map_shadow_stack"}, {ALL_ARCHES, 454, "futex_wake"},
	{ALL_ARCHES, 455, "futex_wait"}, {ALL_ARCHES, 456, "futex_requeue"},
	{ALL_ARCHES, 457, "statmount"}, {ALL_ARCHES, 458, "listmount"},
	{ALL_ARCHES, 459, "lsm_get_self_attr"}, {ALL_ARCHES, 460, "lsm_set_self_attr"},
	{ALL_ARCHES, 461, "lsm_list_modules"}, {ALL_ARCHES, 462, "mseal"},
	{ALL_ARCHES, 463, "setxattrat"}, {ALL_ARCHES, 464, "getxattrat"},
	{ALL_ARCHES, 465, "listxattrat"}, {ALL_ARCHES, 466, "removexattrat"},
	{ALL_ARCHES, 467, "open_tree_attr"}, {ALL_ARCHES, 468, "file_getattr"},
	{ALL_ARCHES, 469, "file_setattr"}, {SCMP_ARCH_X86_64, 335, "uretprobe"},
	{SCMP_ARCH_X86_64, 336, "uprobe"},
	/* i386 has these directly, and through socketcall(2) and ipc(2); libseccomp tells of the second only. */
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
/* clang-format on */

#endif
