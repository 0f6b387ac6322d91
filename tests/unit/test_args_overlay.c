/*
 * test_args_overlay.c - --overlay and --overlay-size: what they fill in, and what is refused.
 */
#include "args_fixture.h"

static void values(void **state)
{
	struct line l;
	const struct config *c = PARSE(&l, NULL);

	(void)state;
	assert_false(c->overlay.set);
	end(&l);

	c = PARSE(&l, "--overlay");
	assert_true(c->overlay.set);
	assert_null(c->overlay.dir);
	assert_int_equal(c->overlay.size, 0);
	end(&l);

	c = PARSE(&l, "--overlay=./changes");
	assert_true(c->overlay.set);
	assert_string_equal(c->overlay.dir, "./changes");
	end(&l);

	/* The last one counts. */
	c = PARSE(&l, "--overlay=./changes", "--overlay", "--overlay-size", "64m", "--read-only");
	assert_true(c->overlay.set && c->rootfs_readonly);
	assert_null(c->overlay.dir);
	assert_int_equal(c->overlay.size, 64 << 20);
	end(&l);
}

/* The word behind --overlay is the root filesystem: only "=" gives it a directory. */
static void next_word(void **state)
{
	char overlay[] = "--overlay", rootfs[] = "ROOTFS", command[] = "sh";
	char *const argv[] = {overlay, rootfs, command, NULL};
	struct args a = {.config = config_new()};
	struct error e;
	int first;

	(void)state;
	assert_non_null(a.config);
	assert_int_equal(options_parse(args_tables(&a), 3, argv, &first, &e), 0);
	assert_int_equal(first, 1);
	assert_true(a.config->overlay.set);
	assert_null(a.config->overlay.dir);
	config_free(a.config);
}

static void refused(void **state)
{
	static const struct {
		const char *words[WORDS];
		const char *error;
	} cases[] = {
		{{"--overlay="}, "the directory is empty"},
		{{"--overlay-size", "1m"}, "--overlay-size: needs --overlay"},
		{{"--overlay", "--overlay-size", "0"}, "must be more than 0"},
		{{"--overlay", "--overlay-size", "much"}, "--overlay-size much"},
		{{"--overlay=d", "--overlay-size", "1m"}, "d is bounded by the filesystem"},
		{{"--overlay=d", "--read-only"}, "nothing would be written"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct line l;

		assert_int_equal(parse_with(&l, cases[i].words, NULL), -1);
		if (!strstr(l.error.text, cases[i].error))
			fail_msg("\"%s\" says nothing of \"%s\"", l.error.text, cases[i].error);
		end(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(next_word),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
