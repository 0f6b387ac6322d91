/*
 * init.c - the built-in program. It does one of two things:
 *
 *	mini-run-exec "SOCKET PLACES ERRNO" PLACE... COMMAND [ARGUMENT...]
 *
 * executes COMMAND at one of the PLACES. mini-run does not do that itself, because until a command is executed
 * /proc/self/exe leads to the program that executes it, and what gets itself opened there ("#!/proc/self/exe") must not
 * be mini-run's file on the host (CVE-2019-5736). Why it fails is told by the SOCKET (sync/sync.h).
 *
 *	mini-run-init PID
 *
 * is the PID 1 of `run --init`: passes signals on to the command, which runs already, reaps what is orphaned, and ends
 * with the command's status (128+N for signal N). When it ends, the kernel ends everything else. It is started with
 * every signal blocked.
 *
 * Runs inside, as a program of its own that mini-run carries in itself (scripts/embed) and starts from a sealed
 * memory file. No libc: it makes nine system calls, and this way it is a page of memory and not a hundred. Anybody in the
 * container may start it with whatever arguments: it has no rights that he has not.
 */
#include <stddef.h>

#include "init/places.h"
#include "sync/sync.h"

enum { SIG_CHLD = 17, SIG_TTIN = 21, SIG_TTOU = 22, SIGNALS = 64 };
enum { WAIT_NOHANG = 1, PR_NAME = 15 };
enum { SET_FLAGS = 2, CLOSE_ON_EXEC = 1 };

#if defined(__x86_64__)
enum {
	CALL_RT_SIGPROCMASK = 14,
	CALL_KILL = 62,
	CALL_WAIT4 = 61,
	CALL_RT_SIGTIMEDWAIT = 128,
	CALL_EXIT_GROUP = 231,
	CALL_PRCTL = 157,
	CALL_WRITE = 1,
	CALL_EXECVE = 59,
	CALL_FCNTL = 72
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
	CALL_PRCTL = 167,
	CALL_WRITE = 64,
	CALL_EXECVE = 221,
	CALL_FCNTL = 25
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

		if (pid == -ECHILD)
			leave(127); /* the command could not even be started, and its end was seen before */
		if (pid <= 0)
			return;
		if (pid == command)
			leave((status & 0x7f) != 0 ? 128 + (status & 0x7f) : (status >> 8) & 0xff);
	}
}

/* Takes a number and the space behind it off *at. -1: there is none. */
static long number_take(const char **at)
{
	long number = 0;

	if (**at < '0' || **at > '9')
		return -1;
	for (; **at >= '0' && **at <= '9' && number < 100000000; (*at)++)
		number = number * 10 + (**at - '0');
	if (**at == ' ')
		(*at)++;
	return number;
}

/* For whoever gets to this program by /proc/self/exe: 126, "cannot be executed". */
static _Noreturn void refuse(void)
{
	static const char text[] = "mini-run: /proc/self/exe cannot be a command or its "
				   "interpreter\n";

	call4(CALL_WRITE, 2, (long)text, sizeof(text) - 1, 0);
	leave(126);
}

static int execute(const char *path, char *const argv[], char *const env[])
{
	return (int)-call4(CALL_EXECVE, (long)path, (long)argv, (long)env, 0);
}

/* With nothing of the process changed but its program: credentials, signals, limits and names are as mini-run set them. */
static _Noreturn void command_execute(long argc, char **argv, char **env)
{
	const char *at = argv[1];
	long sync_fd = number_take(&at), places = number_take(&at), telling = number_take(&at);
	struct sync_message m;
	long no;

	if (sync_fd < 3 || telling < 1 || *at || places < 1 || places > argc - 3)
		refuse();
	/* Open across one execve, which was ours; closed by the next, by which the other side knows that it happened. */
	no = -call4(CALL_FCNTL, sync_fd, SET_FLAGS, CLOSE_ON_EXEC, 0);
	if (no <= 0)
		no = places_try(argv + 2, (size_t)places, (int)telling, argv + 2 + places, env,
				execute);
	m.type = SYNC_EXEC_ERROR;
	m.u.exec_errno = (int32_t)no;
	call4(CALL_WRITE, sync_fd, (long)&m, SYNC_EXEC_ERROR_SIZE, 0);
	leave(125);
}

static _Noreturn void init_run(const char *pid)
{
	unsigned long all = ~0UL;
	long command = number_take(&pid);

	if (command < 2 || *pid)
		refuse();
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

/* @stack: argc, the arguments and NULL, the environment and NULL. */
_Noreturn void init_main(long *stack)
{
	long argc = stack[0];
	char **argv = (char **)(stack + 1);

	if (argc == 2)
		init_run(argv[1]);
	if (argc < 4)
		refuse();
	command_execute(argc, argv, argv + argc + 1);
}
