/*
 * test_options.c - option tables: every way of writing an option, the errors, and --help.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/options.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Each option leaves a word in the log: "a" for a bare one, "name=value" for one with a value. */
struct log {
	char text[1000];
};

static void note(struct log *log, const char *name, const char *value)
{
	size_t at = strlen(log->text);

	snprintf(log->text + at, sizeof(log->text) - at, "%s%s%s%s", at ? " " : "", name,
		 value ? "=" : "", value ? value : "");
}

#define NOTING(function, name)                                              \
	static int function(void *into, const char *value, struct error *e) \
	{                                                                   \
		(void)e;                                                    \
		note(into, name, value);                                    \
		return 0;                                                   \
	}

NOTING(take_all, "all")
NOTING(take_interactive, "interactive")
NOTING(take_memory, "memory")
NOTING(take_memory_swap, "memory-swap")
NOTING(take_tty, "tty")
NOTING(take_bundle, "bundle")
NOTING(take_report, "report")

static int take_never(void *into, const char *value, struct error *e)
{
	(void)into;
	(void)value;
	return err_set(e, 0, "not today");
}

static const struct option_row first_rows[] = {
	{'a', "all", NULL, "Everything", take_all},
	{'i', "interactive", NULL, "By hand", take_interactive},
	{'m', "memory", "SIZE", "Ceiling for memory", take_memory},
	{0, "memory-swap", "SIZE",
	 "A longer text that does not fit on one line of the help and is therefore broken into "
	 "several lines, each of which begins in the same column",
	 take_memory_swap},
	{0},
};

static const struct option_row second_rows[] = {
	{'t', "tty", "[auto|on|off]", "A terminal\nin two lines", take_tty},
	{0, "bundle", "DIR", "A directory", take_bundle},
	{'n', "never", "WORD", "Fails", take_never},
	{0, "report", "[text|json][:FILE]", "A report", take_report},
	{0},
};

static int parse(struct log *log, const char *const *words, int *ret_first, struct error *e)
{
	const struct option_table tables[] = {
		{"First", first_rows, log}, {"Second", second_rows, log}, {0}};
	char *argv[20];
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	argv[argc] = NULL;
	return options_parse(tables, argc, argv, ret_first, e);
}

static void ways_to_write(void **state)
{
	static const struct {
		const char *words[8];
		const char *log;
		int first;
	} cases[] = {
		{{NULL}, "", 0},
		{{"--all", "x"}, "all", 1},
		{{"-a", "x"}, "all", 1},
		{{"-all"}, "all", 1}, /* Go's single dash */
		{{"--all=true"}, "all", 1},
		{{"--memory", "5"}, "memory=5", 2},
		{{"--memory=5"}, "memory=5", 1},
		{{"--memory="}, "memory=", 1},
		{{"--memory", ""}, "memory=", 2},
		{{"--memory=a=b"}, "memory=a=b", 1},
		{{"-m", "5"}, "memory=5", 2},
		{{"-m5"}, "memory=5", 1},
		{{"-m=5"}, "memory=5", 1},
		{{"-m", "-1"}, "memory=-1", 2},
		{{"--memory-swap", "-1", "x"}, "memory-swap=-1", 2},
		{{"--memory", "--all"}, "memory=--all", 2},
		{{"-memory", "5"}, "memory=5", 2}, /* Go's single dash, and no cluster */
		{{"-bundle", "d", "x"}, "bundle=d", 2},
		{{"-bundle=d"}, "bundle=d", 1},
		{{"--bundle", "d"}, "bundle=d", 2},
		{{"-it"}, "interactive tty", 1},
		{{"-ti"}, "tty interactive", 1},
		{{"-aim5"}, "all interactive memory=5", 1},
		{{"-aim", "5"}, "all interactive memory=5", 2},
		{{"-ia", "-i"}, "interactive all interactive", 2},
		{{"--tty", "on"}, "tty", 1}, /* an optional value needs its = */
		{{"--tty=on"}, "tty=on", 1},
		{{"-t", "on"}, "tty", 1},
		{{"-t=off"}, "tty=off", 1},
		{{"-it=off"}, "interactive tty=off", 1},
		{{"--report"}, "report", 1},
		{{"--report=json:f"}, "report=json:f", 1},
		{{"--", "--all"}, "", 1},
		{{"--all", "--", "-x"}, "all", 2},
		{{"x", "--all"}, "", 0}, /* behind the first word nothing is an option */
		{{"--all", "x", "--unknown", "-q"}, "all", 1},
		{{"-", "--all"}, "", 0},
		{{"", "--all"}, "", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct log log = {""};
		struct error e = {0};
		int first = -1;

		if (parse(&log, cases[i].words, &first, &e) < 0)
			fail_msg("case %u: %s", (unsigned int)i, e.text);
		assert_string_equal(log.text, cases[i].log);
		assert_int_equal(first, cases[i].first);
	}
}

static void errors(void **state)
{
	static const struct {
		const char *words[4];
		const char *error;
	} cases[] = {
		{{"--memry"}, "--memry: no such option (did you mean --memory?)"},
		{{"--memry=5"}, "--memry: no such option (did you mean --memory?)"},
		{{"--mem", "5"}, "--mem: no such option (did you mean --memory?)"},
		{{"--mmeory"}, "--mmeory: no such option (did you mean --memory?)"},
		{{"--memoryswap"}, "--memoryswap: no such option (did you mean --memory-swap?)"},
		{{"--al"}, "--al: no such option (did you mean --all?)"},
		{{"-bundel"}, "-bundel: no such option (did you mean --bundle?)"},
		{{"--frobnicate"}, "--frobnicate: no such option (--help lists them)"},
		{{"-q"}, "-q: no such option (--help lists them)"},
		{{"-aq"}, "-aq: no such option"},
		{{"---all"}, "---all: no such option"},
		{{"--=x"}, "--: no such option"},
		{{"--memory"}, "--memory: needs a value (--memory SIZE)"},
		{{"-m"}, "-m: needs a value (-m SIZE)"},
		{{"-am"}, "-m: needs a value (-m SIZE)"},
		{{"--all=yes"}, "--all: takes no value"},
		{{"--all=false"}, "--all: takes no value (leave the option out to turn it off)"},
		{{"--all="}, "--all: takes no value"},
		{{"--never", "x"}, "--never x: not today"},
		{{"--never=x"}, "--never x: not today"},
		{{"-nx"}, "-n x: not today"},
		{{"-never", "x"}, "-never x: not today"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct log log = {""};
		struct error e = {0};
		int first = 77;

		if (parse(&log, cases[i].words, &first, &e) == 0)
			fail_msg("%s was taken", cases[i].words[0]);
		if (strncmp(e.text, cases[i].error, strlen(cases[i].error)) != 0)
			fail_msg("\"%s\" and not \"%s\"", e.text, cases[i].error);
		assert_int_equal(first, 77);
	}
}

/* However long a word is, its error still says what is wrong. */
static void long_words(void **state)
{
	char value[5000], option[5000];
	const char *const with_value[] = {"--never", value, NULL};
	const char *const unknown[] = {option, NULL};
	struct log log = {""};
	struct error e = {0};
	int first;

	(void)state;
	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	memset(option, '-', 2);
	memset(option + 2, 'o', sizeof(option) - 3);
	option[sizeof(option) - 1] = '\0';
	assert_int_equal(parse(&log, with_value, &first, &e), -1);
	assert_non_null(strstr(e.text, "vvv...: not today"));
	assert_int_equal(parse(&log, unknown, &first, &e), -1);
	assert_non_null(strstr(e.text, "ooo: no such option"));
}

static void distances(void **state)
{
	static const struct {
		const char *typed, *known;
		size_t far;
	} cases[] = {
		{"memory", "memory", 1}, /* also its own beginning */
		{"mem", "memory", 1},	  {"memry", "memory", 1},  {"memorry", "memory", 1},
		{"nemory", "memory", 1},  {"mmeory", "memory", 1}, {"nemry", "memory", 2},
		{"rnu", "run", 1},	  {"rum", "run", 1},	   {"abc", "run", SIZE_MAX},
		{"r", "run", SIZE_MAX},	  {"", "run", SIZE_MAX},   {"memory", "cpus", SIZE_MAX},
		{"net", "tty", SIZE_MAX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (options_distance(cases[i].typed, cases[i].known) != cases[i].far)
			fail_msg("%s to %s", cases[i].typed, cases[i].known);
}

static void help(void **state)
{
	const struct option_table tables[] = {
		{"First", first_rows, NULL}, {"Second", second_rows, NULL}, {0}};
	static const char wanted[] = "First:\n"
				     "  -a, --all                       Everything\n"
				     "  -i, --interactive               By hand\n"
				     "  -m, --memory SIZE               Ceiling for memory\n"
				     "      --memory-swap SIZE          A longer text that does "
				     "not fit on one line of the help and is\n"
				     "                                  therefore broken into "
				     "several lines, each of which begins in\n"
				     "                                  the same column\n"
				     "\n"
				     "Second:\n"
				     "  -t, --tty[=auto|on|off]         A terminal\n"
				     "                                  in two lines\n"
				     "      --bundle DIR                A directory\n"
				     "  -n, --never WORD                Fails\n"
				     "      --report[=text|json][:FILE]\n"
				     "                                  A report\n";
	char got[4000];
	FILE *file = tmpfile();
	size_t n;

	(void)state;
	assert_non_null(file);
	options_print(tables, file);
	rewind(file);
	n = fread(got, 1, sizeof(got) - 1, file);
	fclose(file);
	got[n] = '\0';
	assert_string_equal(got, wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ways_to_write), cmocka_unit_test(errors),
		cmocka_unit_test(long_words),	 cmocka_unit_test(distances),
		cmocka_unit_test(help),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
