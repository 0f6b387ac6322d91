/*
 * test_subids.c - /etc/subuid and its like: whose ranges are whose, and which lines are none.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/subids.h"

static char file[] = "/tmp/test-subids-XXXXXX";

static void write_file(const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int make_file(void **state)
{
	int fd = mkstemp(file);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(file);
}

static size_t read_for(const char *text, const char *name, uint32_t uid,
		       struct id_range ret[SUBID_RANGES])
{
	write_file(text);
	return subids_read(file, name, uid, ret);
}

static void test_owner(void **state)
{
	static const char text[] =
		"root:100000:65536\nuser:165536:65536\n1000:300000:10\nuser2:1:1\n";
	struct id_range r[SUBID_RANGES];

	(void)state;
	assert_int_equal(read_for(text, "user", 1000, r), 2);
	assert_int_equal(r[0].first, 165536);
	assert_int_equal(r[0].count, 65536);
	assert_int_equal(r[1].first, 300000);
	assert_int_equal(r[1].count, 10);
	assert_int_equal(read_for(text, "", 1001, r), 0);
	assert_int_equal(read_for(text, "root", 0, r), 1);
	assert_int_equal(subids_read("/nonexistent/file", "user", 1000, r), 0);
}

static void test_lines_that_are_none(void **state)
{
	static const char *const lines[] = {
		"",
		"u",
		"u:",
		"u:1",
		"u::",
		"u:1:",
		"u::1",
		"u:0:5",
		"u:5:0",
		"u:-1:5",
		"u:1:-5",
		"u: 1:5",
		"u:1:5 ",
		"u:0x10:5",
		"u:1e3:5",
		"u:4294967295:1",
		"u:4294967294:2",
		"u:1:4294967295",
		"#u:1:5",
		"u:1:5:6",
		"u:18446744073709551617:5",
	};
	struct id_range r[SUBID_RANGES];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (read_for(lines[i], "u", 1000, r) != 0)
			fail_msg("taken: \"%s\"", lines[i]);
	assert_int_equal(read_for("u:4294967294:1", "u", 1000, r), 1);
	assert_int_equal(read_for("u:1:4294967294", "u", 4294967295u, r), 1);
}

/* Twice in the map, an id would be nobody's: newuidmap would refuse all of it. */
static void test_ranges_that_clash(void **state)
{
	struct id_range r[SUBID_RANGES];

	(void)state;
	assert_int_equal(read_for("u:100:10\nu:105:10\nu:110:10\n", "u", 1000, r), 2);
	assert_int_equal(r[1].first, 110);
	assert_int_equal(read_for("u:900:200\nu:2000:5\n", "u", 1000, r), 1);
	assert_int_equal(r[0].first, 2000);
}

static void test_many(void **state)
{
	struct id_range r[SUBID_RANGES];
	char text[4096] = "";

	(void)state;
	for (int i = 0; i < 2 * SUBID_RANGES; i++) {
		size_t at = strlen(text);

		snprintf(text + at, sizeof(text) - at, "u:%d:1\n", 2000 + 2 * i);
	}
	assert_int_equal(read_for(text, "u", 1000, r), SUBID_RANGES);
}

static void test_taken(void **state)
{
	(void)state;
	write_file("root:100000:65536\nuser:165536:65536\n");
	assert_false(subids_taken(file, "root", 0, (struct id_range){100000, 65536}));
	assert_true(subids_taken(file, "root", 0, (struct id_range){165535, 2}));
	assert_true(subids_taken(file, "root", 0, (struct id_range){231071, 1}));
	assert_false(subids_taken(file, "root", 0, (struct id_range){231072, 65536}));
	assert_true(subids_taken(file, "other", 5, (struct id_range){100000, 1}));
	assert_false(subids_taken("/nonexistent/file", "root", 0, (struct id_range){1, 100}));
}

/* What reaches beyond the last id gives its user nothing, and others no less may take of it. */
static void test_taken_beyond_the_end(void **state)
{
	static const char *const lines[] = {
		"user:780206080:4294967295",
		"user:780206080:4294967296",
		"user:780206080:99999999999999999999999999",
		"user:0:4294967295",
		"user:0:4294967296",
		"user:1:4294967295",
	};
	struct id_range r[SUBID_RANGES], above = {780271616, 65536}, below = {65536, 65536};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		write_file(lines[i]);
		if (!subids_taken(file, "root", 0, above))
			fail_msg("not taken: \"%s\"", lines[i]);
		assert_false(subids_taken(file, "user", 1000, above));
		assert_int_equal(subids_read(file, "user", 1000, r), 0);
		assert_int_equal(subids_taken(file, "root", 0, below), i > 2);
	}
	write_file("user:780206080:0\nuser:780206080:00\nuser:780206080:5x\nuser:780206080:\n");
	assert_false(subids_taken(file, "root", 0, (struct id_range){780206080, 65536}));
}

static bool in_use(const char *text, uint32_t first, uint32_t count)
{
	struct error e = {0};
	bool is;

	write_file(text);
	assert_int_equal(subids_in_use(file, (struct id_range){first, count}, &is, &e), 0);
	return is;
}

/* /etc/passwd and /etc/group: the third field, and of a user his group as well. */
static void test_users(void **state)
{
	static const char users[] = "root:x:0:0::/root:/bin/sh\n+::::::\n\nbad\nbad:x\nbad:x:\n"
				    "bad:x:-1:\nuser:x:780206080:5000:A,b:/:/bin/sh";
	static char members[9000];
	struct error e = {0};
	bool is;

	(void)state;
	assert_true(in_use(users, 780206080, 65536));
	assert_true(in_use(users, 780206079, 2));
	assert_true(in_use(users, 780140545, 65536));
	assert_false(in_use(users, 780140544, 65536));
	assert_false(in_use(users, 780206081, 65536));
	assert_true(in_use(users, 4999, 2));
	assert_false(in_use("", 1, 65536));
	assert_false(in_use("n:x:18446744073709551617:1:\n", 2, 65536));
	assert_true(in_use("group:x:700000:\n", 700000, 1));
	/* The rest of a long line is none, and the next line is one. */
	memset(members, 'a', sizeof(members) - 1);
	memcpy(members, "long:x:7:", 9);
	memcpy(members + 4090, ":x:700000:700000:", 17);
	memcpy(members + 8000, "\nnext:x:800000:\n", 16);
	assert_false(in_use(members, 700000, 1));
	assert_true(in_use(members, 800000, 1));
	assert_int_equal(subids_in_use("/nonexistent/file", (struct id_range){1, 9}, &is, &e), 0);
	assert_false(is);
	assert_int_equal(subids_in_use("/proc/self", (struct id_range){1, 9}, &is, &e), -1);
	assert_non_null(strstr(e.text, "/proc/self"));
}

static void test_name(void **state)
{
	char name[64];

	(void)state;
	subids_name(0, name, sizeof(name));
	assert_string_equal(name, "root");
	setenv("USER", "somebody", 1);
	subids_name(4100007, name, sizeof(name));
	assert_string_equal(name, "somebody");
	unsetenv("USER");
	subids_name(4100007, name, sizeof(name));
	assert_string_equal(name, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_lines_that_are_none),
		cmocka_unit_test(test_ranges_that_clash),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_taken_beyond_the_end),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
