/*
 * test_signals.c - host/signals.c: signals by number and name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "host/signals.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void names_and_numbers(void **state)
{
	static const struct {
		const char *text;
		int number;
	} cases[] = {
		{"TERM", SIGTERM},  {"SIGTERM", SIGTERM}, {"sigterm", SIGTERM},
		{"Term", SIGTERM},  {"15", SIGTERM},	  {"0", 0},
		{"9", SIGKILL},	    {"KILL", SIGKILL},	  {"SIGIOT", SIGABRT},
		{"CLD", SIGCHLD},   {"poll", SIGIO},	  {"RTMIN", 34},
		{"SIGRTMIN+3", 37}, {"rtmin+30", 64},	  {"RTMAX", 64},
		{"RTMAX-30", 34},   {"SIGRTMAX-1", 63},	  {"64", 64},
		{"32", 32},	    {"007", 7},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error e = {0};
		int number = -1;

		if (signals_number(cases[i].text, &number, &e) < 0)
			fail_msg("%s: %s", cases[i].text, e.text);
		if (number != cases[i].number)
			fail_msg("%s is %d", cases[i].text, number);
	}
}

/* Every name that this libc has for a signal below the real-time ones. */
static void all_of_the_kernel(void **state)
{
	(void)state;
	for (int n = 1; n < 32; n++) {
		struct error e = {0};
		int number = -1;

		assert_non_null(sigabbrev_np(n));
		if (signals_number(sigabbrev_np(n), &number, &e) < 0 || number != n)
			fail_msg("%s is %d and not %d", sigabbrev_np(n), number, n);
	}
}

static void refused(void **state)
{
	static const char *const cases[] = {
		"",
		"SIG",
		"SIGSIGTERM",
		"TERMINATE",
		"TER",
		"-1",
		"65",
		"9x",
		"+9",
		" 9",
		"RTMIN-1",
		"RTMIN+31",
		"RTMAX+1",
		"RTMAX-31",
		"RTMIN+",
		"RTMIN3",
		"99999999999999999999",
		"RTMIN+99999999999999999999",
		"0x9",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error e = {0};
		int number = -1;

		if (signals_number(cases[i], &number, &e) == 0)
			fail_msg("\"%s\" was taken as %d", cases[i], number);
		assert_int_equal(number, -1);
		assert_non_null(strstr(e.text, "signal "));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers),
		cmocka_unit_test(all_of_the_kernel),
		cmocka_unit_test(refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
