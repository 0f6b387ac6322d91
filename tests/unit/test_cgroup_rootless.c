/*
 * test_cgroup_rootless.c - paths and words about the cgroup of an ordinary user.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "host/cgroup_rootless.h"

static void shorten(const char *home, const char *relative, const char *expected)
{
	struct cgroup_host h = {0};

	snprintf(h.v2_mount, sizeof(h.v2_mount), "%s", home);
	snprintf(h.relative, sizeof(h.relative), "%s", relative);
	cgroup_rootless_shorten(&h);
	assert_string_equal(h.relative, expected);
}

static void test_given_path(void **state)
{
	(void)state;
	shorten("/sys/fs/cgroup/user.slice/a.scope", "user.slice/a.scope/x", "x");
	shorten("/sys/fs/cgroup/user.slice/a.scope", "user.slice/a.scope/x/y", "x/y");
	shorten("/sys/fs/cgroup/user.slice/a.scope", "user.slice/a.scope", "user.slice/a.scope");
	shorten("/sys/fs/cgroup/user.slice/a.scope", "user.slice/a.scopes/x",
		"user.slice/a.scopes/x");
	shorten("/sys/fs/cgroup/user.slice/a.scope", "mini-run/x", "mini-run/x");
	shorten("", "mini-run/x", "mini-run/x");
}

static void test_words(void **state)
{
	struct cgroup_host h = {0};
	struct error e = {0};

	(void)state;
	snprintf(e.text, sizeof(e.text), "--memory");
	assert_int_equal(cgroup_rootless_explain(&h, "memory", &e), -1);
	assert_non_null(strstr(e.text, "--memory: "));
	assert_non_null(strstr(e.text, "systemd-run --user --scope --property=Delegate=yes"));
	snprintf(h.v2_mount, sizeof(h.v2_mount), "/sys/fs/cgroup/mine");
	snprintf(e.text, sizeof(e.text), "--cpus");
	assert_int_equal(cgroup_rootless_explain(&h, "cpu", &e), -1);
	assert_non_null(strstr(e.text, "--cpus: the cgroup /sys/fs/cgroup/mine"));
	assert_non_null(strstr(e.text, "cpu controller"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given_path),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
