/*
 * test_landlock.c - rules of Landlock: as --landlock takes them, as "miniRun" of a config.json has them, and from the one to
 * the other, which is how `exec` gets those of a container.
 */
#include "oci_fixture.h"

#include "config/from_args.h"
#include "config/landlock_words.h"
#include "config/to_oci.h"

/* ---- the command line ---- */

#define WORDS 10

/* Parses and checks `run @words ./rootfs /bin/sh`. 0 or -1. */
static int parse(struct config *c, const char *const *words, struct error *e)
{
	char command[] = "/bin/sh", *const argv_command[] = {command, NULL}, *argv[WORDS + 1];
	struct args args = {.config = c};
	int argc = 0, first;

	for (; argc < WORDS && words[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	if (options_parse(args_tables(&args), argc, argv, &first, e) < 0 ||
	    args_finish(&args, "./rootfs", argv_command, "0123abcd", NULL, e) < 0)
		return -1;
	return config_check(c, e);
}

static struct config *parsed(const char *const *words)
{
	struct config *c = config_new();
	struct error e = {0};

	assert_non_null(c);
	if (parse(c, words, &e) < 0)
		fail_msg("%s: %s", words[0], e.text);
	return c;
}

#define PARSED(...) parsed((const char *const[WORDS]){__VA_ARGS__})

static void path_is(const struct config *c, size_t i, const char *path, uint32_t access)
{
	assert_true(i < c->landlock.paths_n);
	assert_string_equal(c->landlock.paths[i].path, path);
	assert_int_equal(c->landlock.paths[i].access, access);
}

static void options_of_paths(void **state)
{
	struct config *c = PARSED("--landlock", "ro=/etc", "--landlock=rx=/bin,/lib", "--landlock",
				  "w=/dev/null", "--landlock", "rwx=/a=b", "--landlock", "rw=/tmp");

	(void)state;
	assert_int_equal(c->landlock.paths_n, 6);
	path_is(c, 0, "/etc", LANDLOCK_READ);
	path_is(c, 1, "/bin", LANDLOCK_READ | LANDLOCK_EXECUTE);
	path_is(c, 2, "/lib", LANDLOCK_READ | LANDLOCK_EXECUTE);
	path_is(c, 3, "/dev/null", LANDLOCK_WRITE);
	path_is(c, 4, "/a=b", LANDLOCK_READ | LANDLOCK_WRITE | LANDLOCK_EXECUTE);
	path_is(c, 5, "/tmp", LANDLOCK_READ | LANDLOCK_WRITE);
	assert_false(c->landlock.bind.restricted || c->landlock.connect.restricted);
	config_free(c);
}

static void options_of_ports(void **state)
{
	struct config *c = PARSED("--landlock", "connect=80,443", "--landlock", "connect=1");

	(void)state;
	assert_true(c->landlock.connect.restricted);
	assert_int_equal(c->landlock.connect.n, 3);
	assert_int_equal(c->landlock.connect.v[1], 443);
	assert_false(c->landlock.bind.restricted); /* one kind does not restrict the other */
	assert_int_equal(c->landlock.paths_n, 0);
	config_free(c);
	c = PARSED("--landlock", "bind=none", "--landlock", "bind=none");
	assert_true(c->landlock.bind.restricted);
	assert_int_equal(c->landlock.bind.n, 0);
	assert_false(c->landlock.connect.restricted);
	config_free(c);
	c = PARSED("--landlock", "bind=0,65535");
	assert_int_equal(c->landlock.bind.v[0], 0);
	assert_int_equal(c->landlock.bind.v[1], 65535);
	config_free(c);
}

static void scopes_by_default(void **state)
{
	static const struct {
		const char *words[WORDS];
		bool scopes, optional;
	} cases[] = {
		{{"--memory=1g"}, true, true},
		{{"--network=host"}, true, true},
		{{"--network=none"}, false, false},
		{{"--network=/run/netns/a"}, false, false},
		{{"--privileged"}, false, false},
		{{"--landlock=off"}, false, false},
		{{"--landlock=ro=/"}, true, true},
		{{"--landlock=scopes"}, true, false},
		{{"--landlock=scopes", "--privileged"}, true, false},
		{{"--landlock=scopes", "--network=none"}, true, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config *c = parsed(cases[i].words);
		const struct config_landlock *l = &c->landlock;

		if (l->scope_sockets != cases[i].scopes || l->scope_signals != cases[i].scopes ||
		    l->scopes_optional != cases[i].optional)
			fail_msg("%s: %d %d %d", cases[i].words[0], l->scope_sockets,
				 l->scope_signals, l->scopes_optional);
		config_free(c);
	}
}

static void wrong_options(void **state)
{
	static const struct {
		const char *words[WORDS], *error;
	} cases[] = {
		{{"--landlock", ""}, "not a rule"},
		{{"--landlock", "ro"}, "not a rule"},
		{{"--landlock", "/etc"}, "not a rule"},
		{{"--landlock", "read=/etc"}, "not a rule"},
		{{"--landlock", "wr=/etc"}, "not a rule"},
		{{"--landlock", "off=1"}, "not a rule"},
		{{"--landlock", "scopes=signal"}, "not a rule"},
		{{"--landlock", "x=/bin"}, "rx=PATH"},
		{{"--landlock", "wx=/bin"}, "rx=PATH"},
		{{"--landlock", "ro=etc"}, "etc is not an absolute path"},
		{{"--landlock", "ro=/etc,lib"}, "lib is not an absolute path"},
		{{"--landlock", "ro="}, "empty part"},
		{{"--landlock", "ro=/a,,/b"}, "empty part"},
		{{"--landlock", "bind=65536"}, "65535"},
		{{"--landlock", "bind=-1"}, "bind=-1"},
		{{"--landlock", "bind=http"}, "bind=http"},
		{{"--landlock", "connect=0"}, "from 1"},
		{{"--landlock", "connect=80,none"}, "exclude each other"},
		{{"--landlock", "bind=none", "--landlock", "bind=80"}, "exclude each other"},
		{{"--landlock", "off", "--landlock", "ro=/"}, "exclude each other"},
		{{"--landlock", "bind=none", "--landlock", "off"}, "exclude each other"},
		{{"--landlock", "scopes", "--landlock", "off"}, "exclude each other"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config *c = config_new();
		struct error e = {0};

		assert_non_null(c);
		if (parse(c, cases[i].words, &e) == 0)
			fail_msg("%s: was taken", cases[i].words[1]);
		if (!strstr(e.text, cases[i].error))
			fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].words[1], e.text,
				 cases[i].error);
		config_free(c);
	}
}

/* ---- config.json ---- */

#define LANDLOCK(text) "\"miniRun\":{\"landlock\":{" text "}}"

static void property_is_read(void **state)
{
	struct config *c = good(TOP, LANDLOCK("\"paths\":[{\"path\":\"/usr\",\"access\":\"rx\"},"
					      "{\"path\":\"/tmp\",\"access\":\"rw\"}],"
					      "\"bind\":[0,80],\"connect\":[],"
					      "\"scopes\":[\"signal\"]"));

	(void)state;
	assert_int_equal(c->landlock.paths_n, 2);
	path_is(c, 0, "/usr", LANDLOCK_READ | LANDLOCK_EXECUTE);
	path_is(c, 1, "/tmp", LANDLOCK_READ | LANDLOCK_WRITE);
	assert_int_equal(c->landlock.bind.n, 2);
	assert_int_equal(c->landlock.bind.v[1], 80);
	assert_true(c->landlock.connect.restricted);
	assert_int_equal(c->landlock.connect.n, 0);
	assert_true(c->landlock.scope_signals);
	assert_false(c->landlock.scope_sockets || c->landlock.scopes_optional);
	config_free(c);
	/* A bundle gets nothing that it does not ask for. */
	c = good(TOP, "\"hostname\":null,\"miniRun\":null");
	assert_false(landlock_wanted(&c->landlock));
	config_free(c);
}

static void wrong_properties(void **state)
{
	static const struct bad cases[] = {
		{TOP, "\"miniRun\":[]", "miniRun: not an object"},
		{TOP, "\"miniRun\":{\"landlok\":{}}", "miniRun.landlok: unknown"},
		{TOP, LANDLOCK("\"path\":[]"), "miniRun.landlock.path: unknown"},
		{TOP, LANDLOCK("\"paths\":[]"), "miniRun.landlock.paths: empty"},
		{TOP, LANDLOCK("\"paths\":{}"), "not an array"},
		{TOP, LANDLOCK("\"paths\":[{\"path\":\"/a\"}]"),
		 "miniRun.landlock.paths[0].access: missing"},
		{TOP, LANDLOCK("\"paths\":[{\"access\":\"rw\"}]"), "path: missing"},
		{TOP, LANDLOCK("\"paths\":[{\"path\":\"a\",\"access\":\"rw\"}]"), "absolute"},
		{TOP, LANDLOCK("\"paths\":[{\"path\":\"/a\",\"access\":\"x\"}]"), "rx"},
		{TOP, LANDLOCK("\"paths\":[{\"path\":\"/a\",\"access\":\"ro\",\"recursive\":true}]"),
		 "miniRun.landlock.paths[0].recursive: unknown"},
		{TOP, LANDLOCK("\"bind\":[65536]"), "miniRun.landlock.bind[0]"},
		{TOP, LANDLOCK("\"bind\":[\"80\"]"), "not an integer"},
		{TOP, LANDLOCK("\"connect\":[0]"), "miniRun.landlock.connect[0]"},
		{TOP, LANDLOCK("\"connect\":[null]"), "null"},
		{TOP, LANDLOCK("\"scopes\":[\"signals\"]"), "abstract-unix-socket, signal"},
		{TOP, LANDLOCK("\"scopesOptional\":1"), "not true or false"},
	};

	(void)state;
	all_bad(cases, COUNT(cases));
}

/* ---- from one to the other ---- */

static void same(const struct config_landlock *a, const struct config_landlock *b)
{
	const struct config_landlock_ports *ports[][2] = {{&a->bind, &b->bind},
							  {&a->connect, &b->connect}};

	assert_int_equal(a->paths_n, b->paths_n);
	for (size_t i = 0; i < a->paths_n; i++) {
		assert_string_equal(a->paths[i].path, b->paths[i].path);
		assert_int_equal(a->paths[i].access, b->paths[i].access);
	}
	for (size_t k = 0; k < 2; k++) {
		assert_int_equal(ports[k][0]->restricted, ports[k][1]->restricted);
		assert_int_equal(ports[k][0]->n, ports[k][1]->n);
		for (size_t i = 0; i < ports[k][0]->n; i++)
			assert_int_equal(ports[k][0]->v[i], ports[k][1]->v[i]);
	}
	assert_int_equal(a->scope_sockets, b->scope_sockets);
	assert_int_equal(a->scope_signals, b->scope_signals);
	assert_int_equal(a->scopes_optional, b->scopes_optional);
}

static void what_is_written_is_read_back(void **state)
{
	static const char *const lines[][WORDS] = {
		{"--memory=1g"},
		{"--landlock=off"},
		{"--network=none"},
		{"--landlock=scopes"},
		{"--landlock=connect=none"},
		{"--landlock=bind=0,80", "--network=none"},
		{"--landlock=ro=/a \"b\"", "--landlock=w=/b", "--landlock=rw=/c"},
		{"--landlock=rx=/d", "--landlock=rwx=/e", "--landlock=connect=1,65535",
		 "--landlock=bind=none"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		static const struct config_capabilities none;
		char *environment[] = {NULL};
		const struct oci_resolved r = {.capabilities = &none, .env = environment};
		struct config *c = parsed(lines[i]), *back = fresh();
		struct text t = {0};
		struct error e = {0};

		config_to_oci(c, &r, &t);
		assert_true(text_ok(&t));
		if (config_from_oci(back, t.bytes, t.length, &e) < 0 || config_check(back, &e) < 0)
			fail_msg("%s: %s", t.bytes, e.text);
		same(&c->landlock, &back->landlock);
		assert_int_equal(landlock_wanted(&c->landlock), strstr(t.bytes, "miniRun") != NULL);
		text_end(&t);
		config_free(c);
		config_free(back);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_of_paths),
		cmocka_unit_test(options_of_ports),
		cmocka_unit_test(scopes_by_default),
		cmocka_unit_test(wrong_options),
		cmocka_unit_test(property_is_read),
		cmocka_unit_test(wrong_properties),
		cmocka_unit_test(what_is_written_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
