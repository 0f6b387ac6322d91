/*
 * test_args_userns.c - --userns: maps in their two spellings, and what is none.
 */
#include "args_fixture.h"

static void check_map(const struct config_idmap *maps, size_t n, const uint32_t *numbers, size_t count)
{
	assert_int_equal(n, count);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(maps[i].inside, numbers[3 * i]);
		assert_int_equal(maps[i].outside, numbers[3 * i + 1]);
		assert_int_equal(maps[i].size, numbers[3 * i + 2]);
	}
}

static void test_words(void **state)
{
	static const char *const words[] = {"auto", "host"};

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		const char *const line[] = {"--userns", words[i], NULL};
		struct line l;

		assert_int_equal(parse_with(&l, line, NULL), 0);
		assert_string_equal(l.args.userns, words[i]);
		assert_int_equal(l.config->ns[NS_USER].mode, NS_INHERIT);
		assert_int_equal(l.config->idmaps.uids, 0);
		config_free(l.config);
	}
}

static void test_maps(void **state)
{
	static const uint32_t both[] = {0, 100000, 65536, 70000, 300000, 1};
	static const uint32_t uids[] = {0, 1000, 5}, gids[] = {0, 2000, 6, 10, 3000, 7};
	const char *const one[] = {"--userns", "0:100000:65536,70000:300000:1", NULL};
	const char *const two[] = {"--userns", "uids=0:1000:5;gids=0:2000:6,10:3000:7", NULL};
	const char *const last[] = {"--userns", "0:5:6", "--userns", "host", NULL};
	struct line l;

	(void)state;
	assert_int_equal(parse_with(&l, one, NULL), 0);
	assert_int_equal(l.config->ns[NS_USER].mode, NS_NEW);
	check_map(l.config->idmaps.uid, l.config->idmaps.uids, both, 2);
	check_map(l.config->idmaps.gid, l.config->idmaps.gids, both, 2);
	config_free(l.config);
	assert_int_equal(parse_with(&l, two, NULL), 0);
	check_map(l.config->idmaps.uid, l.config->idmaps.uids, uids, 1);
	check_map(l.config->idmaps.gid, l.config->idmaps.gids, gids, 2);
	config_free(l.config);
	assert_int_equal(parse_with(&l, last, NULL), 0);
	assert_int_equal(l.config->ns[NS_USER].mode, NS_INHERIT);
	assert_int_equal(l.config->idmaps.uids, 0);
	config_free(l.config);
}

static void test_what_is_none(void **state)
{
	static const char *const values[] = {
		"",
		"what",
		"0",
		"0:1",
		"0:1:2:3",
		":1:2",
		"0::2",
		"0:1:",
		"0:1:0",
		"-1:1:1",
		"0:+1:1",
		"0:1:4294967295",
		"4294967295:1:1",
		"0:4294967296:1",
		"0:1:1,",
		",0:1:1",
		"0:1:1 ",
		"0:1:1;0:1:1",
		"uids=0:1:1",
		"gids=0:1:1",
		"uids=;gids=0:1:1",
		"uids=0:1:1;gids=",
		"uids=0:1:1;gids=0:1:1;",
		"uids=0:1:1;x=0:1:1",
		"uids=0:1:1,gids=0:1:1",
		/* What config_check() finds. */
		"0:1:5,3:100:5",
		"0:100:5,10:102:5",
		"0:4294967290:10",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		const char *const line[] = {"--userns", values[i], NULL};
		struct line l;

		if (parse_with(&l, line, NULL) == 0)
			fail_msg("taken: \"%s\"", values[i]);
		assert_true(strlen(l.error.text) > 0);
		config_free(l.config);
	}
}

static void test_volume_idmap(void **state)
{
	const char *const tree[] = {"--userns", "0:100000:65536", "-v", "/a:/b:idmap", NULL};
	const char *const single[] = {"--userns", "0:100000:65536", "-v", "/a:/b:bind,idmap", NULL};
	const char *const without[] = {"-v", "/a:/b:idmap", NULL};
	struct line l;

	(void)state;
	assert_int_equal(parse_with(&l, tree, NULL), 0);
	assert_int_equal(l.config->mounts[l.config->mounts_n - 1].idmap, MOUNT_RIDMAP);
	config_free(l.config);
	assert_int_equal(parse_with(&l, single, NULL), 0);
	assert_int_equal(l.config->mounts[l.config->mounts_n - 1].idmap, MOUNT_IDMAP);
	config_free(l.config);
	assert_int_equal(parse_with(&l, without, NULL), -1);
	config_free(l.config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_what_is_none),
		cmocka_unit_test(test_volume_idmap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
