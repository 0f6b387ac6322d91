/*
 * test_args.c - the options of `run` as a producer of struct config: defaults, limits, and the command.
 */
#include "args_fixture.h"

/* ---- defaults ---- */

static void default_identity(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, NULL);

	(void)state;
	assert_string_equal(c->id, "mini-run-0123abcd");
	assert_string_equal(c->hostname, c->id);
	assert_string_equal(c->rootfs, "./rootfs");
	assert_int_equal(c->process.args.n, 1);
	assert_string_equal(c->process.args.v[0], "/bin/sh");
	assert_null(c->process.args.v[1]);
	assert_string_equal(c->process.cwd, "/");
	assert_string_equal(c->process.user.spec, "0");
	assert_int_equal(c->process.user.umask.value, 022);
	assert_null(c->cgroup_path);
	assert_false(c->process.terminal);
	for (int i = 0; i < NS_KINDS; i++)
		assert_int_equal(c->ns[i].mode, i == NS_USER || i == NS_NETWORK || i == NS_TIME
							? NS_INHERIT
							: NS_NEW);
	end(&l);
}

static void default_environment(void **state)
{
	static const char *const none[] = {NULL};
	struct line l;
	struct config *c = PARSE(&l, NULL);

	(void)state;
	assert_int_equal(c->process.env.n, 2);
	assert_string_equal(variable(c, "PATH"),
			    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	assert_string_equal(variable(c, "HOSTNAME"), "mini-run-0123abcd");
	end(&l);
	assert_int_equal(parse_with(&l, none, "xterm-256color"), 0);
	assert_string_equal(variable(l.config, "TERM"), "xterm-256color");
	assert_true(l.config->process.terminal);
	end(&l);
}

static void default_security(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, NULL);
	const struct config_capabilities *caps = &c->process.capabilities;

	(void)state;
	assert_true(c->process.has_capabilities);
	assert_true(caps->bounding == SECCOMP_DEFAULT_CAPS);
	assert_true(caps->effective == caps->bounding && caps->permitted == caps->bounding);
	assert_true(caps->inheritable == 0 && caps->ambient == 0);
	assert_true(c->process.no_new_privs);
	assert_int_equal(c->seccomp.mode, SECCOMP_MODE_DEFAULT);
	assert_true(c->rootfs_nodev);
	assert_false(c->rootfs_readonly);
	assert_true(contains(&c->masked_paths, "/proc/kcore"));
	assert_true(contains(&c->masked_paths, "/proc/interrupts"));
	assert_false(contains(&c->masked_paths, "/sys/firmware"));
	assert_true(contains(&c->readonly_paths, "/proc/sys"));
	assert_true(contains(&c->readonly_paths, "/proc/sysrq-trigger"));
	/* Nothing is allowed in front of the rule that denies all. */
	assert_int_equal(c->resources.devices_n, 12);
	assert_false(c->resources.devices[0].allow);
	assert_int_equal(c->resources.devices[0].type, 'a');
	assert_int_equal(c->resources.devices[0].major, -1);
	end(&l);
}

static void default_mounts(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, NULL);
	const struct config_mount *m;

	(void)state;
	assert_int_equal(c->mounts_n, 3);
	m = mount_at(c, "/proc");
	assert_string_equal(m->type, "proc");
	assert_int_equal(m->set, MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC);
	m = mount_at(c, "/dev");
	assert_string_equal(m->type, "tmpfs");
	assert_int_equal(m->set, MOUNT_NOSUID | MOUNT_NOEXEC | MOUNT_STRICTATIME);
	assert_true(contains(&m->data, "mode=755") && contains(&m->data, "size=65536k"));
	m = mount_at(c, "/dev/pts");
	assert_string_equal(m->type, "devpts");
	assert_int_equal(m->data.n, 4);
	assert_true(c->default_devices);
	end(&l);
}

/* ---- limits ---- */

static void memory_options(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, "-m", "128m");

	(void)state;
	assert_int_equal(c->resources.memory.value, 128 << 20);
	assert_true(c->resources.memory_swap.set); /* no swap */
	assert_int_equal(c->resources.memory_swap.value, 128 << 20);
	end(&l);
	c = PARSE(&l, "--memory-swap", "1g", "--memory=512m", "--memory-reservation", "256m");
	assert_int_equal(c->resources.memory_swap.value, 1 << 30);
	assert_int_equal(c->resources.memory_reservation.value, 256 << 20);
	end(&l);
	c = PARSE(&l, "-m128m", "--memory-swap", "-1");
	assert_int_equal(c->resources.memory_swap.value, -1);
	end(&l);
	c = PARSE(&l, NULL);
	assert_false(c->resources.memory.set || c->resources.memory_swap.set);
	end(&l);
}

static void cpu_and_pids_options(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, "--cpus", "0.5", "--cpuset-cpus", "0-1", "--cpuset-mems=0",
				 "--cpu-shares=512", "--pids-limit", "64");

	(void)state;
	assert_int_equal(c->resources.cpu_quota.value, 50000);
	assert_int_equal(c->resources.cpu_period.value, 100000);
	assert_string_equal(c->resources.cpuset_cpus, "0-1");
	assert_string_equal(c->resources.cpuset_mems, "0");
	assert_int_equal(c->resources.cpu_shares.value, 512);
	assert_int_equal(c->resources.pids.value, 64);
	end(&l);
	c = PARSE(&l, "--cpus=0.01", "--cpu-weight", "10000", "--pids-limit=-1");
	assert_int_equal(c->resources.cpu_quota.value, 1000);
	assert_int_equal(c->resources.cpu_weight.value, 10000);
	assert_int_equal(c->resources.pids.value, -1);
	end(&l);
	c = PARSE(&l, "--pids-limit=0");
	assert_int_equal(c->resources.pids.value, -1);
	end(&l);
}

static void cgroup_options(void **state)
{
	struct line l;
	struct config *c =
		PARSE(&l, "--cgroup-parent", "/jobs/night//", "--name", "a", "--cgroup-conf",
		      "memory.high=64M", "--cgroup-conf=io.max=8:0 rbps=1");

	(void)state;
	assert_string_equal(c->cgroup_path, "/jobs/night/a");
	assert_int_equal(c->resources.unified_n, 2);
	assert_string_equal(c->resources.unified[0].key, "memory.high");
	assert_string_equal(c->resources.unified[1].value, "8:0 rbps=1");
	end(&l);
}

static void process_limits(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, "--ulimit", "nofile=1024:4096", "--ulimit=core=-1", "--ulimit",
				 "RLIMIT_CPU=5:unlimited", "--ulimit=NOFILE=7", "--oom-score-adj",
				 "-1000", "--timeout", "1m30s");

	(void)state;
	assert_int_equal(c->process.rlimits_n, 3); /* the last of two for one name counts */
	assert_string_equal(c->process.rlimits[0].type, "RLIMIT_NOFILE");
	assert_int_equal(c->process.rlimits[0].soft, 7);
	assert_int_equal(c->process.rlimits[0].hard, 7);
	assert_string_equal(c->process.rlimits[1].type, "RLIMIT_CORE");
	assert_true(c->process.rlimits[1].soft == UINT64_MAX);
	assert_int_equal(c->process.rlimits[2].soft, 5);
	assert_true(c->process.rlimits[2].hard == UINT64_MAX);
	assert_int_equal(c->process.oom_score_adj.value, -1000);
	assert_int_equal(c->timeout_ms, 90000);
	end(&l);
}

/* ---- the command ---- */

static void names(void **state)
{
	char id[256];
	const char *words[] = {"--name", id, NULL};
	struct line l;
	struct config *c = PARSE(&l, "--name", "web_1+a.b-c", "--hostname", "web");

	(void)state;
	assert_string_equal(c->id, "web_1+a.b-c");
	assert_string_equal(c->hostname, "web");
	assert_string_equal(variable(c, "HOSTNAME"), "web");
	end(&l);
	memset(id, 'x', 255);
	id[255] = '\0';
	c = parse(&l, words);
	assert_int_equal(strlen(c->hostname), 64);
	end(&l);
}

static void environment(void **state)
{
	static char there[] = "MINI_RUN_TEST_THERE=a=b";
	struct line l;
	struct config *c;

	(void)state;
	assert_int_equal(putenv(there), 0);
	c = PARSE(&l, "-e", "A=1", "--env=A=2", "-eB=", "-e", "MINI_RUN_TEST_THERE", "-e",
		  "MINI_RUN_TEST_ABSENT", "-e", "PATH=/bin");
	assert_string_equal(variable(c, "A"), "2");
	assert_string_equal(variable(c, "B"), "");
	assert_string_equal(variable(c, "MINI_RUN_TEST_THERE"), "a=b");
	assert_null(variable(c, "MINI_RUN_TEST_ABSENT"));
	assert_string_equal(variable(c, "PATH"), "/bin");
	end(&l);
}

/* Writes @text to a file and parses with it. The file is gone afterwards. */
static int parse_env_file(struct line *l, const char *text, size_t length)
{
	const char *directory = getenv("TMPDIR") ? getenv("TMPDIR") : getenv("TEMP");
	char path[1000];
	const char *words[] = {"-e", "B=from -e", "--env-file", path, NULL};
	FILE *file;
	int fd, r;

	snprintf(path, sizeof(path), "%s/test_args.XXXXXX", directory ? directory : "/tmp");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	file = fdopen(fd, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	r = parse_with(l, words, NULL);
	remove(path);
	return r;
}

static void env_files(void **state)
{
	static const char good[] = "\xef\xbb\xbf# comment\nA=1\r\n\n  B=2 \n\t# more\nC= a b # c\n"
				   "MINI_RUN_TEST_ABSENT\nD=x=y";
	static const char *const bad[][2] = {
		{"A=1\n=x\n", "line 2: has no name"},
		{"export A=1\n", "line 1: a blank in the name \"export A\""},
	};
	static char large[256 * 1024 + 1];
	struct line l;

	(void)state;
	assert_int_equal(parse_env_file(&l, good, sizeof(good) - 1), 0);
	assert_string_equal(variable(l.config, "A"), "1");
	assert_string_equal(variable(l.config, "B"), "from -e"); /* which stood in front */
	assert_string_equal(variable(l.config, "C"), " a b # c");
	assert_string_equal(variable(l.config, "D"), "x=y");
	assert_null(variable(l.config, "MINI_RUN_TEST_ABSENT"));
	end(&l);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(parse_env_file(&l, bad[i][0], strlen(bad[i][0])), -1);
		assert_non_null(strstr(l.error.text, bad[i][1]));
		end(&l);
	}
	assert_int_equal(parse_env_file(&l, "A=\0b", 4), -1);
	assert_non_null(strstr(l.error.text, "NUL byte"));
	end(&l);
	memset(large, '#', sizeof(large));
	assert_int_equal(parse_env_file(&l, large, sizeof(large)), -1);
	assert_non_null(strstr(l.error.text, "larger than 256 KiB"));
	end(&l);
	assert_int_equal(parse_env_file(&l, large, sizeof(large) - 1), 0);
	end(&l);
}

static void users(void **state)
{
	static const char *const specs[] = {
		"0:0",	    "1000",
		"1000:100", "4294967294:4294967294",
		"nobody",   "nobody:0",
		"0:wheel",  "www-data:www-data",
		"_apt",	    "user@example.org",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(specs); i++) {
		struct line l;
		struct config *c = PARSE(&l, "-u", specs[i]);

		assert_string_equal(c->process.user.spec, specs[i]);
		end(&l);
	}
}

static void place(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, "-w", "/srv", "--umask", "077", "--init");

	(void)state;
	assert_string_equal(c->process.cwd, "/srv");
	assert_int_equal(c->process.user.umask.value, 077);
	assert_true(c->process.builtin_init);
	end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_identity),
		cmocka_unit_test(default_environment),
		cmocka_unit_test(default_security),
		cmocka_unit_test(default_mounts),
		cmocka_unit_test(memory_options),
		cmocka_unit_test(cpu_and_pids_options),
		cmocka_unit_test(cgroup_options),
		cmocka_unit_test(process_limits),
		cmocka_unit_test(names),
		cmocka_unit_test(environment),
		cmocka_unit_test(env_files),
		cmocka_unit_test(users),
		cmocka_unit_test(place),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}
