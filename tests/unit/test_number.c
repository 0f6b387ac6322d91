/*
 * test_number.c - numbers as people type them: what is taken, what is not, and both sides of every
 * border.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/number.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct good {
	const char *text;
	int64_t value;
};

static void refused(int result, const char *text, const struct error *e, const char *message)
{
	if (result != -1)
		fail_msg("\"%s\" was taken", text);
	if (!strstr(e->text, message))
		fail_msg("\"%s\": the error \"%s\" does not say \"%s\"", text, e->text, message);
}

static void taken(int result, const char *text, const struct error *e)
{
	if (result != 0)
		fail_msg("\"%s\" was refused: %s", text, e->text);
}

static void unsigned_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {
		{"0", 0},
		{"7", 7},
		{"007", 7},
		{"4294967295", 4294967295u},
		{"4294967296", 4294967296u},
		{"18446744073709551615", UINT64_MAX},
	};
	static const char *const bad[] = {
		"",   " ", " 1",  "1 ",	 "+1",	"-1",  "0x10",
		"1a", "a", "1.0", "1e3", "\t1", "1\n", "--1",
	};
	struct error e = {0};
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		taken(number_unsigned(good[i].text, 0, UINT64_MAX, &value, &e), good[i].text, &e);
		assert_true(value == good[i].value);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		refused(number_unsigned(bad[i], 0, UINT64_MAX, &value, &e), bad[i], &e,
			"not a number");
	value = 99;
	refused(number_unsigned("18446744073709551616", 0, UINT64_MAX, &value, &e), "2^64", &e,
		"not from 0 to 18446744073709551615");
	refused(number_unsigned("100000000000000000000000000", 0, UINT64_MAX, &value, &e), "10^26",
		&e, "not from 0");
	refused(number_unsigned("4", 5, 10, &value, &e), "4", &e, "not from 5 to 10");
	refused(number_unsigned("11", 5, 10, &value, &e), "11", &e, "not from 5 to 10");
	assert_int_equal(value, 99);
	taken(number_unsigned("5", 5, 10, &value, &e), "5", &e);
	assert_true(value == 5);
	taken(number_unsigned("10", 5, 10, &value, &e), "10", &e);
	assert_true(value == 10);
}

static void signed_numbers(void **state)
{
	static const struct good good[] = {
		{"0", 0},
		{"-0", 0},
		{"-1", -1},
		{"1000", 1000},
		{"9223372036854775807", INT64_MAX},
		{"-9223372036854775808", INT64_MIN},
	};
	static const char *const bad[] = {"", "-", "--1", "+1", "- 1", "1-", "-1 ", "1.5", "-x"};
	static const char *const far[] = {"9223372036854775808", "-9223372036854775809",
					  "18446744073709551616", "-18446744073709551616"};
	struct error e = {0};
	int64_t value;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		taken(number_signed(good[i].text, INT64_MIN, INT64_MAX, &value, &e), good[i].text,
		      &e);
		assert_true(value == good[i].value);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		refused(number_signed(bad[i], INT64_MIN, INT64_MAX, &value, &e), bad[i], &e,
			"not a number");
	for (size_t i = 0; i < COUNT(far); i++)
		refused(number_signed(far[i], INT64_MIN, INT64_MAX, &value, &e), far[i], &e,
			"not from");
	refused(number_signed("-1001", -1000, 1000, &value, &e), "-1001", &e,
		"not from -1000 to 1000");
	refused(number_signed("1001", -1000, 1000, &value, &e), "1001", &e, "not from");
	taken(number_signed("-1000", -1000, 1000, &value, &e), "-1000", &e);
	assert_true(value == -1000);
}

static void octal_numbers(void **state)
{
	static const struct good good[] = {{"0", 0}, {"22", 022}, {"022", 022}, {"0777", 0777}};
	static const char *const bad[] = {"", "8", "9", "0o22", "-1", "22 ", "u=rwx", "0x7"};
	struct error e = {0};
	uint32_t value;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		taken(number_octal(good[i].text, 0777, &value, &e), good[i].text, &e);
		assert_true(value == good[i].value);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		refused(number_octal(bad[i], 0777, &value, &e), bad[i], &e, "not an octal");
	refused(number_octal("1000", 0777, &value, &e), "1000", &e, "more than 777");
	refused(number_octal("7777777777777777777777777", 0777, &value, &e), "7...", &e,
		"not an octal");
}

static void sizes(void **state)
{
	static const struct good good[] = {
		{"0", 0},
		{"262144", 262144},
		{"1b", 1},
		{"1B", 1},
		{"1k", 1024},
		{"1K", 1024},
		{"512m", 536870912},
		{"512M", 536870912},
		{"512mb", 536870912},
		{"512MiB", 536870912},
		{"1.5g", 1610612736},
		{"1.50G", 1610612736},
		{"0.5k", 512},
		{"0.1k", 102}, /* 102.4 */
		{"1.0", 1},
		{"2t", 2199023255552},
		{"0.333333333333333333333333333333m", 349525},
		{"9223372036854775807", INT64_MAX},
		{"8388607t", INT64_C(8388607) << 40},
	};
	static const char *const bad[] = {
		"",    "12q",  "m",   "k512", "-1",   "-1m",	"+1m",	 " 1m",	  "1m ",
		"1 m", "1mm",  "1.m", ".5m",  "1..5", "1.2.3m", "1bb",	 "1ib",	  "1kbi",
		"1mi", "0x1k", "1e3", "1,5g", "max",  "1p",	"512mx", "1kib ",
	};
	static const char *const large[] = {"9223372036854775808", "8388608t",
					    "18446744073709551616k", "99999999999999999999999g"};
	struct error e = {0};
	int64_t value;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		taken(number_size(good[i].text, &value, &e), good[i].text, &e);
		assert_true(value == good[i].value);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		refused(number_size(bad[i], &value, &e), bad[i], &e,
			"not a size (a number with b, k, m, g or t behind it, such as 512m)");
	for (size_t i = 0; i < COUNT(large); i++)
		refused(number_size(large[i], &value, &e), large[i], &e, "too large");
	refused(number_size("1.5", &value, &e), "1.5", &e, "not a whole number of bytes");
	refused(number_size("0.1b", &value, &e), "0.1b", &e, "not a whole number of bytes");
}

static void durations(void **state)
{
	static const struct good good[] = {
		{"10s", 10000},
		{"1m30s", 90000},
		{"500ms", 500},
		{"1.5h", 5400000},
		{"90", 90000},
		{"1.5", 1500},
		{"1ms", 1},
		{"1h2m3s4ms", 3723004},
		{"0.001", 1},
		{"30s1m", 90000},
		{"0s1ms", 1},
		{"1m0.5s", 60500},
		{"876000h", INT64_C(876000) * 3600000},
	};
	static const char *const bad[] = {
		"",   "s",   "-1s",    "+1s", " 1s", "1s ", "1 s",  "1d",   "1m30", "30m5",
		"1x", "1us", "1.2.3s", "1.s", ".5s", "1ss", "1mss", "10sm", "soon", "1s,2s",
	};
	struct error e = {0};
	int64_t value;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		taken(number_duration(good[i].text, &value, &e), good[i].text, &e);
		assert_true(value == good[i].value);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		refused(number_duration(bad[i], &value, &e), bad[i], &e, "not a duration");
	refused(number_duration("0", &value, &e), "0", &e, "must be at least 1ms");
	refused(number_duration("0h0s", &value, &e), "0h0s", &e, "must be at least 1ms");
	refused(number_duration("0.5ms", &value, &e), "0.5ms", &e, "must be at least 1ms");
	refused(number_duration("878401h", &value, &e), "878401h", &e, "hundred years");
	refused(number_duration("878400h1ms", &value, &e), "878400h1ms", &e, "hundred years");
	refused(number_duration("18446744073709551615ms", &value, &e), "2^64ms", &e, "hundred years");
}

static void cpus(void **state)
{
	static const struct good good[] = {{"0.5", 500},    {"2", 2000},    {"0.01", 10},
					   {"0.125", 125},  {"1.50", 1500}, {"1000", 1000000},
					   {"1.5000", 1500}};
	static const char *const bad[] = {"",	 "-1", "+1", "half", "0.5x",
					  "50%", ".5", "1.", "1 ",   "1e1"};
	struct error e = {0};
	int64_t value;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		taken(number_cpus(good[i].text, &value, &e), good[i].text, &e);
		assert_true(value == good[i].value);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		refused(number_cpus(bad[i], &value, &e), bad[i], &e, "not a number of CPUs");
	refused(number_cpus("0", &value, &e), "0", &e, "must be at least 0.01");
	refused(number_cpus("0.009", &value, &e), "0.009", &e, "must be at least 0.01");
	refused(number_cpus("0.3333", &value, &e), "0.3333", &e, "finer than a thousandth");
	refused(number_cpus("1000.001", &value, &e), "1000.001", &e, "more than 1000");
}

static void lists(void **state)
{
	static const char *const good[] = {"0", "0-2,4", "0,1,2", "3-3", "0-65535", "4,0-1"};
	static const char *const bad[] = {"",
					  ",",
					  "0,",
					  ",0",
					  "0,,1",
					  "a",
					  "0-",
					  "-1",
					  "0-2-4",
					  "0 ",
					  "0;1",
					  "0-a",
					  "99999999999999999999"};
	struct error e = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (number_list_check(good[i], &e) < 0)
			fail_msg("\"%s\" was refused: %s", good[i], e.text);
	for (size_t i = 0; i < COUNT(bad); i++)
		refused(number_list_check(bad[i], &e), bad[i], &e, "not a list of numbers");
	refused(number_list_check("2-1", &e), "2-1", &e, "2-1 is not a range");
	refused(number_list_check("65536", &e), "65536", &e, "is not a range");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unsigned_numbers),
		cmocka_unit_test(signed_numbers),
		cmocka_unit_test(octal_numbers),
		cmocka_unit_test(sizes),
		cmocka_unit_test(durations),
		cmocka_unit_test(cpus),
		cmocka_unit_test(lists),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
