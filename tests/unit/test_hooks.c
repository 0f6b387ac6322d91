/*
 * test_hooks.c - container/hooks.c: the hooks of a kind in their order, what each is given, and what is told about
 * those that fail. The hooks are shell scripts that write what they have seen into TREE/root, which is where they run.
 */
#include "tree_fixture.h"

#include "config/config.h"
#include "config/to_oci.h"
#include "container/hooks.h"

static struct config *c;
static char root_path[80];
static char *env[] = {(char *)"FROM=runtime", (char *)"PATH=/usr/bin:/bin", NULL};

/* What hooks_run_all has told. */
static char told[8][200];
static size_t told_n;

static int make(void **state)
{
	c = config_new();
	if (!c || tree_make(state) < 0)
		return -1;
	c->id = "hooked";
	c->bundle = "/bundle";
	told_n = 0;
	snprintf(root_path, sizeof(root_path), "%s/root", tree);
	return 0;
}

static int end(void **state)
{
	config_free(c);
	return tree_remove(state);
}

static struct config_hook *add_hook(enum config_hook_kind kind, const char *path)
{
	struct config_hooks *hooks = &c->hooks[kind];
	struct config_hook *hook = arena_append(&c->arena, &hooks->v, &hooks->n, sizeof(*hook));

	assert_non_null(hook);
	hook->path = arena_copy(&c->arena, path);
	return hook;
}

static struct config_hook *add_script(enum config_hook_kind kind, const char *script)
{
	struct config_hook *hook = add_hook(kind, "/bin/sh");

	OK(config_strings_add(c, &hook->args, "hook", &e));
	OK(config_strings_add(c, &hook->args, "-c", &e));
	OK(config_strings_add(c, &hook->args, script, &e));
	return hook;
}

static int run(enum config_hook_kind kind)
{
	return hooks_run(c, kind, "creating", 42, env, root_path, &e);
}

static void refused(int result, const char *text)
{
	assert_int_equal(result, -1);
	assert_string_equal(e.text, text);
}

static void tell(const struct error *failed, void *into)
{
	assert_ptr_equal(into, &told_n);
	assert_true(told_n < COUNT(told));
	snprintf(told[told_n++], sizeof(told[0]), "%.199s", failed->text);
}

static void run_all(void)
{
	hooks_run_all(c, HOOK_POSTSTOP, "stopped", env, root_path, tell, &told_n);
}

static void none(void **state)
{
	(void)state;
	add_script(HOOK_POSTSTART, "exit 1"); /* of another kind */
	for (int kind = 0; kind < HOOK_KINDS; kind++)
		if (kind != HOOK_POSTSTART)
			OK(run(kind));
	run_all();
	assert_int_equal(told_n, 0);
}

/* [HOOK-2] */
static void order(void **state)
{
	(void)state;
	add_script(HOOK_CREATE_RUNTIME, "echo one >>log");
	add_script(HOOK_CREATE_RUNTIME, "echo two >>log");
	add_script(HOOK_CREATE_RUNTIME, "echo three >>log");
	OK(run(HOOK_CREATE_RUNTIME));
	check_text("log", "one\ntwo\nthree\n");
}

/* [HOOK-3] The state as state_to_oci() says it, and then end-of-file. */
static void standard_input(void **state)
{
	OWNED_TEXT expected = {0};

	(void)state;
	add_script(HOOK_PRESTART, "cat >first");
	add_script(HOOK_PRESTART, "cat >second");
	OK(run(HOOK_PRESTART));
	state_to_oci(c, "creating", 42, &expected);
	assert_true(text_ok(&expected));
	assert_non_null(strstr(expected.bytes, "hooked"));
	check_text("first", expected.bytes);
	check_text("second", expected.bytes);
}

/* [STA-7] The pid is the one that the side which runs the hooks has given; after the end there is none. */
static void standard_input_of_poststop(void **state)
{
	char text[4096];

	(void)state;
	add_script(HOOK_POSTSTOP, "cat >state");
	run_all();
	assert_int_equal(told_n, 0);
	OK(file_read_at(root_fd, "state", text, sizeof(text), NULL, &e));
	assert_non_null(strstr(text, "\"stopped\""));
	assert_null(strstr(text, "\"pid\""));
}

static void arguments(void **state)
{
	struct config_hook *hook;
	char path[100];

	(void)state;
	hook = add_hook(HOOK_CREATE_RUNTIME, "/bin/sh");
	OK(config_strings_add(c, &hook->args, "any name", &e));
	OK(config_strings_add(c, &hook->args, "-c", &e));
	OK(config_strings_add(c, &hook->args, "echo \"$0|$1|$#\" >args", &e));
	OK(config_strings_add(c, &hook->args, "zero", &e));
	OK(config_strings_add(c, &hook->args, "", &e));
	OK(run(HOOK_CREATE_RUNTIME));
	check_text("args", "zero||1\n");

	put_bytes("bare", "#!/bin/sh\necho \"$0|$#\" >args\n", 29, 0755);
	snprintf(path, sizeof(path), "%s/bare", root_path);
	add_hook(HOOK_POSTSTART, path); /* without args: its path is argv[0] */
	OK(run(HOOK_POSTSTART));
	snprintf(path, sizeof(path), "%s/bare|0\n", root_path);
	check_text("args", path);
}

/* [HOOK-10] Without "env" the caller's, with one exactly that, an empty one included. */
static void environment(void **state)
{
	struct config_hook *hook;

	(void)state;
	setenv("OF_MINI_RUN", "1", 1);
	add_script(HOOK_CREATE_RUNTIME, "echo \"$FROM,$OF_MINI_RUN\" >>log");
	hook = add_script(HOOK_CREATE_RUNTIME, "echo \"$FROM,$OWN,$OF_MINI_RUN\" >>log");
	hook->has_env = true;
	OK(config_strings_add(c, &hook->env, "OWN=hook", &e));
	hook = add_script(HOOK_CREATE_RUNTIME, "echo \"$FROM,$OF_MINI_RUN\" >>log");
	hook->has_env = true;
	OK(run(HOOK_CREATE_RUNTIME));
	OK(hooks_run(c, HOOK_CREATE_RUNTIME, "creating", 42, NULL, root_path, &e));
	unsetenv("OF_MINI_RUN");
	check_text("log", "runtime,\n,hook,\n,\n,\n,hook,\n,\n");
}

/* [HOOK-1] */
static void fails(void **state)
{
	struct config_hook *hook;

	(void)state;
	add_script(HOOK_CREATE_RUNTIME, "echo one >>log");
	add_script(HOOK_CREATE_RUNTIME, "echo two >>log; exit 3");
	add_script(HOOK_CREATE_RUNTIME, "echo three >>log");
	refused(run(HOOK_CREATE_RUNTIME), "createRuntime hook 2, /bin/sh: exit status 3");
	check_text("log", "one\ntwo\n"); /* the others are not run */

	add_hook(HOOK_PRESTART, "/no/such/hook");
	refused(run(HOOK_PRESTART),
		"prestart hook 1, /no/such/hook: execute: No such file or directory");
	add_script(HOOK_CREATE_CONTAINER, "kill -9 $$");
	refused(run(HOOK_CREATE_CONTAINER), "createContainer hook 1, /bin/sh: killed by signal 9");
	hook = add_script(HOOK_START_CONTAINER, "exec sleep 1000");
	hook->timeout = (struct config_number){.set = true, .value = 1};
	refused(run(HOOK_START_CONTAINER), "startContainer hook 1, /bin/sh: took longer than 1 s");
	hook = add_script(HOOK_POSTSTART, "exit 1");
	hook->timeout = (struct config_number){.set = true, .value = INT64_MAX};
	refused(run(HOOK_POSTSTART), "poststart hook 1, /bin/sh: exit status 1");
	add_script(HOOK_POSTSTOP, "exit 2");
	refused(run(HOOK_POSTSTOP), "poststop hook 1, /bin/sh: exit status 2");
}

/* [HOOK-9] What is left to do after the end is done, whatever fails. */
static void fails_after_the_end(void **state)
{
	(void)state;
	add_script(HOOK_POSTSTOP, "echo one >>log; exit 1");
	add_hook(HOOK_POSTSTOP, "/no/such/hook");
	add_script(HOOK_POSTSTOP, "echo three >>log");
	add_script(HOOK_POSTSTOP, "exit 4");
	run_all();
	check_text("log", "one\nthree\n");
	assert_int_equal(told_n, 3);
	assert_string_equal(told[0], "poststop hook 1, /bin/sh: exit status 1");
	assert_string_equal(told[1],
			    "poststop hook 2, /no/such/hook: execute: No such file or directory");
	assert_string_equal(told[2], "poststop hook 4, /bin/sh: exit status 4");
}

static void directory(void **state)
{
	(void)state;
	add_script(HOOK_CREATE_RUNTIME, "pwd >log");
	OK(run(HOOK_CREATE_RUNTIME));
	OK(fchdir(root_fd));
	put_dir("here");
	OK(chdir("here"));
	OK(hooks_run(c, HOOK_CREATE_RUNTIME, "creating", 42, env, NULL, &e));
	OK(chdir("/"));
	assert_true(is_there("log"));
	assert_true(is_there("here/log"));
}

/*
 * In the container's tree a path may be a link to /proc/self/exe, which is mini-run. On the host, engines name
 * themselves by /proc/PID/exe.
 */
static void magic_links(void **state)
{
	char path[100], expected[200];

	(void)state;
	put_link("shell", "/proc/self/exe");
	snprintf(path, sizeof(path), "%s/shell", root_path);
	add_hook(HOOK_START_CONTAINER, path);
	snprintf(expected, sizeof(expected),
		 "startContainer hook 1, %s: execute: Too many levels of symbolic links", path);
	refused(run(HOOK_START_CONTAINER), expected);

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)getpid());
	add_hook(HOOK_CREATE_RUNTIME, path);
	env[0] = (char *)"TEST_HOOKS_AS_HOOK=1";
	snprintf(expected, sizeof(expected), "createRuntime hook 1, %s: exit status 61", path);
	refused(run(HOOK_CREATE_RUNTIME), expected);
	env[0] = (char *)"FROM=runtime";
}

#define HOOK_TEST(f) cmocka_unit_test_setup_teardown(f, make, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOOK_TEST(none),	   HOOK_TEST(order),
		HOOK_TEST(standard_input), HOOK_TEST(standard_input_of_poststop),
		HOOK_TEST(arguments),	   HOOK_TEST(environment),
		HOOK_TEST(fails),	   HOOK_TEST(fails_after_the_end),
		HOOK_TEST(directory),	   HOOK_TEST(magic_links),
	};

	if (getenv("TEST_HOOKS_AS_HOOK")) /* started by magic_links() */
		return 61;
	return cmocka_run_group_tests_name("hooks", tests, NULL, NULL);
}
