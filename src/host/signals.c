/*
 * signals.c - see signals.h. Runs outside.
 *
 * A table of our own: sigabbrev_np(3) goes the other way, and knows neither the real-time signals nor the second names
 * that some have. Real-time signals count from 34 as in every program of glibc (the kernel's own begin at 32, and glibc
 * keeps two for itself); a number reaches those two as well.
 */
#include "host/signals.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"

#define REALTIME_FIRST 34
#define REALTIME_LAST  64

static const struct {
	const char *name;
	int number;
} names[] = {
	{"HUP", SIGHUP},       {"INT", SIGINT},	    {"QUIT", SIGQUIT},	{"ILL", SIGILL},
	{"TRAP", SIGTRAP},     {"ABRT", SIGABRT},   {"IOT", SIGABRT},	{"BUS", SIGBUS},
	{"FPE", SIGFPE},       {"KILL", SIGKILL},   {"USR1", SIGUSR1},	{"SEGV", SIGSEGV},
	{"USR2", SIGUSR2},     {"PIPE", SIGPIPE},   {"ALRM", SIGALRM},	{"TERM", SIGTERM},
	{"STKFLT", SIGSTKFLT}, {"CHLD", SIGCHLD},   {"CLD", SIGCHLD},	{"CONT", SIGCONT},
	{"STOP", SIGSTOP},     {"TSTP", SIGTSTP},   {"TTIN", SIGTTIN},	{"TTOU", SIGTTOU},
	{"URG", SIGURG},       {"XCPU", SIGXCPU},   {"XFSZ", SIGXFSZ},	{"VTALRM", SIGVTALRM},
	{"PROF", SIGPROF},     {"WINCH", SIGWINCH}, {"IO", SIGIO},	{"POLL", SIGIO},
	{"PWR", SIGPWR},       {"SYS", SIGSYS},	    {"UNUSED", SIGSYS},
};

/* "RTMIN", "RTMIN+n", "RTMAX", "RTMAX-n"; -1: none of them. */
static int real_time(const char *name)
{
	const uint64_t range = REALTIME_LAST - REALTIME_FIRST;
	bool from_first = strncasecmp(name, "RTMIN", 5) == 0;
	uint64_t far = 0;

	if (!from_first && strncasecmp(name, "RTMAX", 5) != 0)
		return -1;
	if (name[5] != '\0' && (name[5] != (from_first ? '+' : '-') ||
				number_unsigned(name + 6, 0, range, &far, &(struct error){0}) < 0))
		return -1;
	return from_first ? REALTIME_FIRST + (int)far : REALTIME_LAST - (int)far;
}

int signals_number(const char *text, int *ret, struct error *e)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	uint64_t number;
	int found;

	if (*text >= '0' && *text <= '9') {
		if (number_unsigned(text, 0, REALTIME_LAST, &number, e) < 0)
			return err_within(e, "signal %.100s", text);
		*ret = (int)number;
		return 0;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(name, names[i].name) == 0) {
			*ret = names[i].number;
			return 0;
		}
	found = real_time(name);
	if (found < 0)
		return err_set(e, 0,
			       "signal %.100s: there is none of that name (TERM, SIGTERM or 15)",
			       text);
	*ret = found;
	return 0;
}
