/*
 * init.c - the built-in PID 1 of `run --init`: passes signals on to the command, reaps what is orphaned, and
 * ends with the command's status (128+N for signal N). When it ends, the kernel ends everything else.
 *
 * Runs inside, as a program of its own that mini-run carries in itself (scripts/embed) and starts from a sealed
 * memory file. No libc: it makes six system calls, and this way it is a page of memory and not a hundred.
 * mini-run starts it as `mini-run-init PID` with every signal blocked and the command already running.
 */
#include <stddef.h>

enum { SIG_CHLD = 17, SIG_TTIN = 21, SIG_TTOU = 22, SIGNALS = 64 };
enum { WAIT_NOHANG = 1, PR_NAME = 15 };
enum { ERR_INTR = 4, ERR_CHILD = 10 };

#if defined(__x86_64__)
enum {
	CALL_RT_SIGPROCMASK = 14,
	CALL_KILL = 62,
	CALL_WAIT4 = 61,
	CALL_RT_SIGTIMEDWAIT = 128,
	CALL_EXIT_GROUP = 231,
	CALL_PRCTL = 157
};

static long call4(long number, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
}

/* The kernel enters here with the stack pointer at argc (System V ABI, "Process Initialization"). */
__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call init_main\n");
#elif defined(__aarch64__)
enum {
	CALL_RT_SIGPROCMASK = 135,
	CALL_KILL = 129,
	CALL_WAIT4 = 260,
	CALL_RT_SIGTIMEDWAIT = 137,
	CALL_EXIT_GROUP = 94,
	CALL_PRCTL = 167
};

static long call4(long number, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}

__asm__(".globl _start\n"
	"_start:\n"
	"	mov x29, xzr\n"
	"	mov x0, sp\n"
	"	bl init_main\n");
#endif

_Noreturn void init_main(long *stack);

static _Noreturn void leave(int status)
{
	for (;;)
		call4(CALL_EXIT_GROUP, status, 0, 0, 0);
}

/* Takes every child that has ended; ends with the command when that is among them. */
static void reap(long command)
{
	for (;;) {
		int status = 0;
		long pid = call4(CALL_WAIT4, -1, (long)&status, WAIT_NOHANG, 0);

		if (pid == -ERR_CHILD)
			leave(127); /* the command could not even be started, and its end was seen before */
		if (pid <= 0)
			return;
		if (pid == command)
			leave((status & 0x7f) != 0 ? 128 + (status & 0x7f) : (status >> 8) & 0xff);
	}
}

_Noreturn void init_main(long *stack)
{
	unsigned long all = ~0UL;
	long command = 0;

	if (stack[0] == 2)
		for (const char *digit = (const char *)stack[2]; *digit >= '0' && *digit <= '9';
		     digit++)
			command = command * 10 + (*digit - '0');
	if (command < 2)
		leave(125);
	call4(CALL_PRCTL, PR_NAME, (long)"mini-run-init", 0,
	      0); /* else ps(1) shows the descriptor's number */
	call4(CALL_RT_SIGPROCMASK, 0, (long)&all, 0, sizeof(all));
	reap(command); /* its end may have come before we could wait for it */
	for (;;) {
		long number = call4(CALL_RT_SIGTIMEDWAIT, (long)&all, 0, 0, sizeof(all));

		if (number == SIG_CHLD)
			reap(command);
		else if (number > 0 && number <= SIGNALS && number != SIG_TTIN && number != SIG_TTOU)
			call4(CALL_KILL, command, number, 0, 0);
	}
}
