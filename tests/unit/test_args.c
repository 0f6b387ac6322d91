/*
 * test_args.c - the options of `run` as a producer of struct config: defaults, every option, every
 * error.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/from_args.h"
#include "config/names.h"
#include "config/seccomp_default.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WORDS	     12

/* One parsed command line. */
struct line {
	struct args args;
	struct config *config;
	struct error error;
};

/* Parses @words and finishes with ./rootfs /bin/sh behind them. 0 or -1, as config_check() has it
 * in the end. */
static int parse_with(struct line *l, const char *const *words, const char *term)
{
	char command[] = "/bin/sh";
	char *const argv_command[] = {command, NULL};
	char *argv[WORDS + 1];
	int argc = 0, first;

	memset(l, 0, sizeof(*l));
	l->config = config_new();
	assert_non_null(l->config);
	l->args.config = l->config;
	for (; argc < WORDS && words[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	if (options_parse(args_tables(&l->args), argc, argv, &first, &l->error) < 0)
		return -1;
	assert_int_equal(first, argc);
	if (args_finish(&l->args, "./rootfs", argv_command, "0123abcd", term, &l->error) < 0)
		return -1;
	for (size_t i = 0; i < l->config->devices_n; i++) {
		const struct args_node node = {'c', 10, 229, 0666, 0, 0};

		if (args_device_found(&l->args, i, &node, &l->error) < 0)
			return -1;
	}
	return config_check(l->config, &l->error);
}

static struct config *parse(struct line *l, const char *const *words)
{
	if (parse_with(l, words, NULL) < 0)
		fail_msg("%s: %s", words[0] ? words[0] : "nothing", l->error.text);
	return l->config;
}

#define PARSE(l, ...) parse((l), (const char *const[WORDS]){__VA_ARGS__})

static void end(struct line *l)
{
	config_free(l->config);
	l->config = NULL;
}

static const char *variable(const struct config *c, const char *name)
{
	const char *found = NULL;
	size_t length = strlen(name), times = 0;

	for (size_t i = 0; i < c->process.env.n; i++)
		if (strncmp(c->process.env.v[i], name, length) == 0 &&
		    c->process.env.v[i][length] == '=') {
			found = c->process.env.v[i] + length + 1;
			times++;
		}
	assert_true(times <= 1);
	return found;
}

static bool contains(const struct config_strings *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i], text) == 0)
			return true;
	return false;
}

static const struct config_mount *mount_at(const struct config *c, const char *destination)
{
	for (size_t i = 0; i < c->mounts_n; i++)
		if (strcmp(c->mounts[i].destination, destination) == 0)
			return &c->mounts[i];
	fail_msg("no mount on %s", destination);
	return NULL;
}

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

/* ---- files ---- */

static void volumes(void **state)
{
	static const struct {
		const char *spec, *source;
		uint32_t set, rec_set;
		bool recursive;
		enum config_propagation propagation;
		bool propagation_recursive;
	} cases[] = {
		{"/a:/b", "/a", 0, MOUNT_NODEV, true, PROPAGATION_PRIVATE, true},
		{"./a:/b:rw", "./a", 0, MOUNT_NODEV, true, PROPAGATION_PRIVATE, true},
		{"..:/b:ro", "..", 0, MOUNT_NODEV | MOUNT_RDONLY, true, PROPAGATION_PRIVATE, true},
		{"/a:/b:rro", "/a", 0, MOUNT_NODEV | MOUNT_RDONLY, true, PROPAGATION_PRIVATE, true},
		{"/a:/b:ro,rw", "/a", 0, MOUNT_NODEV, true, PROPAGATION_PRIVATE, true},
		{"/a:/b:bind,ro", "/a", MOUNT_NODEV | MOUNT_RDONLY, 0, false, PROPAGATION_PRIVATE,
		 true},
		{"/a:/b:dev,exec,suid", "/a", 0, 0, true, PROPAGATION_PRIVATE, true},
		{"/a:/b:nosuid,noexec", "/a", 0, MOUNT_NODEV | MOUNT_NOSUID | MOUNT_NOEXEC, true,
		 PROPAGATION_PRIVATE, true},
		{"/a:/b:rslave", "/a", 0, MOUNT_NODEV, true, PROPAGATION_SLAVE, true},
		{"/a:/b:shared,ro", "/a", 0, MOUNT_NODEV | MOUNT_RDONLY, true, PROPAGATION_SHARED,
		 false},
		{"/a:/b:unbindable", "/a", 0, MOUNT_NODEV, true, PROPAGATION_UNBINDABLE, false},
		{"/a:/b:relatime,noatime", "/a", 0, MOUNT_NODEV | MOUNT_NOATIME, true,
		 PROPAGATION_PRIVATE, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct line l;
		const struct config_mount *m = mount_at(PARSE(&l, "-v", cases[i].spec), "/b");

		assert_true(m->bind);
		assert_string_equal(m->source, cases[i].source);
		assert_int_equal(m->set, cases[i].set);
		assert_int_equal(m->rec_set, cases[i].rec_set);
		assert_int_equal(m->clear | m->rec_clear, 0);
		assert_int_equal(m->recursive, cases[i].recursive);
		assert_int_equal(m->propagation, cases[i].propagation);
		assert_int_equal(m->propagation_recursive, cases[i].propagation_recursive);
		assert_false(m->make_source);
		end(&l);
	}
}

static void mount_options(void **state)
{
	struct line l;
	struct config *c =
		PARSE(&l, "--mount", "type=bind,src=/a,dst=/b,ro,bind-propagation=rslave",
		      "--mount=readonly=false,target=/c,source=./c,type=bind,nosuid", "--mount",
		      "type=tmpfs,destination=/d,tmpfs-size=64m,tmpfs-mode=1777", "--mount",
		      "type=bind,src=/e,dst=/e,bind-nonrecursive=true,readonly");
	const struct config_mount *m = mount_at(c, "/b");

	(void)state;
	assert_string_equal(m->source, "/a");
	assert_int_equal(m->rec_set, MOUNT_NODEV | MOUNT_RDONLY);
	assert_int_equal(m->propagation, PROPAGATION_SLAVE);
	m = mount_at(c, "/c");
	assert_string_equal(m->source, "./c");
	assert_int_equal(m->rec_set, MOUNT_NODEV | MOUNT_NOSUID);
	m = mount_at(c, "/d");
	assert_string_equal(m->type, "tmpfs");
	assert_false(m->bind);
	assert_int_equal(m->set, MOUNT_NODEV | MOUNT_NOSUID | MOUNT_NOEXEC);
	assert_true(contains(&m->data, "size=67108864") && contains(&m->data, "mode=1777"));
	m = mount_at(c, "/e");
	assert_false(m->recursive);
	assert_int_equal(m->set, MOUNT_NODEV | MOUNT_RDONLY);
	/* In the order given, behind mini-run's own. */
	assert_string_equal(c->mounts[3].destination, "/b");
	assert_string_equal(c->mounts[6].destination, "/e");
	end(&l);
}

static void tmpfs_options(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, "--tmpfs", "/tmp", "--tmpfs=/run:size=16m,exec,mode=755",
				 "--tmpfs", "/x:size=50%,uid=1000,gid=0,nr_inodes=1k,ro");
	const struct config_mount *m = mount_at(c, "/tmp");

	(void)state;
	assert_int_equal(m->set, MOUNT_NODEV | MOUNT_NOSUID | MOUNT_NOEXEC);
	assert_int_equal(m->data.n, 0);
	m = mount_at(c, "/run");
	assert_int_equal(m->set, MOUNT_NODEV | MOUNT_NOSUID);
	assert_true(contains(&m->data, "size=16777216") && contains(&m->data, "mode=755"));
	m = mount_at(c, "/x");
	assert_true(contains(&m->data, "size=50%") && contains(&m->data, "uid=1000") &&
		    contains(&m->data, "gid=0") && contains(&m->data, "nr_inodes=1024"));
	assert_true(!m->tmpcopyup && (m->set & MOUNT_RDONLY));
	end(&l);
}

static void sysfs_and_read_only(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, "--sysfs", "--read-only", "-v", "/a:/sys/x");
	uint32_t flags = MOUNT_RDONLY | MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC;

	(void)state;
	assert_true(c->rootfs_readonly);
	assert_int_equal(mount_at(c, "/sys")->set, flags);
	assert_int_equal(mount_at(c, "/sys/fs/cgroup")->set, flags | MOUNT_RELATIME);
	assert_string_equal(mount_at(c, "/sys/fs/cgroup")->type, "cgroup");
	assert_true(contains(&c->masked_paths, "/sys/firmware"));
	assert_true(contains(&c->masked_paths, "/sys/devices/virtual/powercap"));
	assert_string_equal(c->mounts[c->mounts_n - 1].destination, "/sys/x");
	end(&l);
}

static void devices(void **state)
{
	static const struct {
		const char *spec, *path, *host_path;
		uint32_t access;
	} cases[] = {
		{"/dev/fuse", "/dev/fuse", "/dev/fuse", 7},
		{"/dev/fuse:r", "/dev/fuse", "/dev/fuse", DEVICE_READ},
		{"/dev/fuse:/dev/a", "/dev/a", "/dev/fuse", 7},
		{"/dev/fuse:/dev/net/a:rw", "/dev/net/a", "/dev/fuse", DEVICE_READ | DEVICE_WRITE},
		{"/tmp/x:/dev/a:m", "/dev/a", "/tmp/x", DEVICE_MKNOD},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct line l;
		struct config *c = PARSE(&l, "--device", cases[i].spec);
		const struct config_device_rule *rule =
			&c->resources.devices[c->resources.devices_n - 1];

		assert_int_equal(c->devices_n, 1);
		assert_string_equal(c->devices[0].path, cases[i].path);
		assert_string_equal(c->devices[0].host_path, cases[i].host_path);
		assert_int_equal(c->devices[0].type, 'c');
		assert_int_equal(c->devices[0].major, 10);
		assert_int_equal(c->devices[0].mode.value, 0666);
		assert_true(rule->allow && rule->type == 'c' && rule->major == 10 &&
			    rule->minor == 229);
		assert_int_equal(rule->access, cases[i].access);
		end(&l);
	}
}

/* ---- security ---- */

static uint64_t bit(const char *name)
{
	return CAPABILITY_BIT(names_capability(name));
}

static void capabilities(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, "--cap-add", "NET_ADMIN,cap_sys_time", "--cap-drop=CAP_MKNOD");

	(void)state;
	assert_true(c->process.capabilities.bounding ==
		    ((SECCOMP_DEFAULT_CAPS | bit("NET_ADMIN") | bit("SYS_TIME")) & ~bit("MKNOD")));
	end(&l);
	c = PARSE(&l, "--cap-drop=ALL", "--cap-add", "CHOWN");
	assert_true(c->process.capabilities.permitted == bit("CHOWN"));
	assert_true(c->process.capabilities.effective == bit("CHOWN"));
	end(&l);
	c = PARSE(&l, "--cap-drop=all");
	assert_true(c->process.has_capabilities && c->process.capabilities.bounding == 0);
	end(&l);
	c = PARSE(&l, "--cap-add", "ALL", "--cap-drop", "SYS_ADMIN");
	assert_true(c->process.capabilities.bounding == (CAPABILITIES_ALL & ~bit("SYS_ADMIN")));
	end(&l);
}

static void privileged(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, "--privileged", "--sysfs");

	(void)state;
	assert_false(c->process.has_capabilities);
	assert_false(c->process.no_new_privs);
	assert_false(c->rootfs_nodev);
	assert_int_equal(c->seccomp.mode, SECCOMP_MODE_UNCONFINED);
	assert_int_equal(c->masked_paths.n + c->readonly_paths.n, 0);
	assert_int_equal(c->resources.devices_n, 1);
	assert_true(c->resources.devices[0].allow && c->resources.devices[0].type == 'a');
	end(&l);
	c = PARSE(&l, "--privileged", "--cap-drop", "SYS_BOOT", "--security-opt",
		  "no-new-privileges", "--security-opt", "seccomp=builtin");
	assert_true(c->process.has_capabilities);
	assert_true(c->process.capabilities.bounding == (CAPABILITIES_ALL & ~bit("SYS_BOOT")));
	assert_true(c->process.no_new_privs);
	assert_int_equal(c->seccomp.mode, SECCOMP_MODE_DEFAULT);
	end(&l);
	c = PARSE(&l, "--privileged", "--cap-drop", "ALL");
	assert_true(c->process.has_capabilities && c->process.capabilities.bounding == 0);
	end(&l);
}

static void security_options(void **state)
{
	static const struct {
		const char *word;
		bool no_new_privs;
		enum config_seccomp_mode mode;
		const char *file;
	} cases[] = {
		{"seccomp=unconfined", true, SECCOMP_MODE_UNCONFINED, NULL},
		{"seccomp:unconfined", true, SECCOMP_MODE_UNCONFINED, NULL},
		{"seccomp=builtin", true, SECCOMP_MODE_DEFAULT, NULL},
		{"seccomp=./a=b:c.json", true, SECCOMP_MODE_DEFAULT, "./a=b:c.json"},
		{"no-new-privileges", true, SECCOMP_MODE_DEFAULT, NULL},
		{"no-new-privileges=true", true, SECCOMP_MODE_DEFAULT, NULL},
		{"no-new-privileges=false", false, SECCOMP_MODE_DEFAULT, NULL},
		{"no-new-privileges:false", false, SECCOMP_MODE_DEFAULT, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct line l;
		struct config *c = PARSE(&l, "--security-opt", cases[i].word);

		assert_int_equal(c->process.no_new_privs, cases[i].no_new_privs);
		assert_int_equal(c->seccomp.mode, cases[i].mode);
		if (cases[i].file)
			assert_string_equal(args_seccomp_file(&l.args), cases[i].file);
		else
			assert_null(args_seccomp_file(&l.args));
		end(&l);
	}
}

static void networks(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, "--network", "host");

	(void)state;
	assert_int_equal(c->ns[NS_NETWORK].mode, NS_INHERIT);
	end(&l);
	c = PARSE(&l, "--net=none", "--sysctl", "net.ipv4.ip_forward=1",
		  "--sysctl=kernel.shmmax=4096");
	assert_int_equal(c->ns[NS_NETWORK].mode, NS_NEW);
	assert_int_equal(c->sysctls_n, 2);
	assert_string_equal(c->sysctls[1].key, "kernel.shmmax");
	assert_string_equal(c->sysctls[1].value, "4096");
	end(&l);
	c = PARSE(&l, "--network", "/run/netns/a");
	assert_int_equal(c->ns[NS_NETWORK].mode, NS_JOIN);
	assert_string_equal(c->ns[NS_NETWORK].path, "/run/netns/a");
	end(&l);
}

/* ---- errors ---- */

static const struct {
	const char *words[5];
	const char *error; /* how it begins */
} errors[] = {
	{{"--memory", "12q"},
	 "--memory 12q: not a size (a number with b, k, m, g or t behind it, such as 512m)"},
	{{"-m", "0"}, "-m 0: must be more than 0"},
	{{"--memory="}, "--memory : not a size"},
	{{"--memory", "-1"}, "--memory -1: not a size"},
	{{"-m", "1g", "--memory-swap", "512m"}, "memory-swap 536870912: less than memory, 1073741824"},
	{{"--memory-swap", "1g"}, "memory-swap needs a memory limit"},
	{{"--memory-swap", "-2"}, "--memory-swap -2: not a size"},
	{{"--memory-reservation=2g", "-m1g"}, "memory-reservation 2147483648: more than memory"},
	{{"--cpus", "0"}, "--cpus 0: must be at least 0.01"},
	{{"--cpus", "-1"}, "--cpus -1: not a number of CPUs"},
	{{"--cpu-shares", "1"}, "--cpu-shares 1: not from 2 to 262144"},
	{{"--cpu-shares", "262145"}, "--cpu-shares 262145: not from"},
	{{"--cpu-weight", "0"}, "--cpu-weight 0: not from 1 to 10000"},
	{{"--cpu-weight", "10001"}, "--cpu-weight 10001: not from"},
	{{"--cpu-shares=2", "--cpu-weight=1"}, "cpu-shares and cpu-weight are two words"},
	{{"--cpuset-cpus", "0-"}, "--cpuset-cpus 0-: not a list"},
	{{"--cpuset-mems", "x"}, "--cpuset-mems x: not a list"},
	{{"--pids-limit", "-2"}, "--pids-limit -2: not from -1 to"},
	{{"--pids-limit", "many"}, "--pids-limit many: not a number"},
	{{"--cgroup-parent", "/sys/fs/cgroup/x"}, "--cgroup-parent /sys/fs/cgroup/x: begins at"},
	{{"--cgroup-parent", "../x"}, "cgroup path ../x/mini-run-0123abcd: must not contain"},
	{{"--cgroup-conf", "memory.high"}, "--cgroup-conf memory.high: not KEY=VALUE"},
	{{"--cgroup-conf", "=1"}, "--cgroup-conf =1: not KEY=VALUE"},
	{{"--cgroup-conf", "../x.y=1"}, "cgroup-conf ../x.y: not a file of a cgroup"},
	{{"--cgroup-conf", "cgroup.procs=1"}, "cgroup-conf cgroup.procs: mini-run writes"},
	{{"--ulimit", "nofile"}, "--ulimit nofile: not NAME=SOFT[:HARD]"},
	{{"--ulimit", "files=1"}, "--ulimit files=1: no such limit"},
	{{"--ulimit", "nofile=2:1"}, "--ulimit nofile=2:1: the soft limit is above"},
	{{"--ulimit", "nofile=unlimited:1"}, "--ulimit nofile=unlimited:1: the soft limit is above"},
	{{"--ulimit", "nofile=1:"}, "--ulimit nofile=1:: \"\" is not a limit"},
	{{"--ulimit", "nofile=-2"}, "--ulimit nofile=-2: \"-2\" is not a limit"},
	{{"--oom-score-adj", "-1001"}, "--oom-score-adj -1001: not from -1000 to 1000"},
	{{"--timeout", "0"}, "--timeout 0: must be at least 1ms"},
	{{"--timeout", "soon"}, "--timeout soon: not a duration"},
	{{"--name", ""}, "the name of the container is empty"},
	{{"--name", ".a"}, "name .a: not a container's name"},
	{{"--name", ".."}, "name ..: not a container's name"},
	{{"--name", ".."}, "name ..: not a container's name"},
	{{"--name", "../x"}, "name ../x: not a container's name"},
	{{"--name", "a b"}, "name a b: not a container's name"},
	{{"--name", "a\n"}, "name a\n: not a container's name"},
	{{"--hostname", ""}, "hostname : not from 1 to 64 bytes"},
	{{"--hostname", "12345678901234567890123456789012345678901234567890123456789012345"},
	 "hostname 12345678901234567890123456789012345678901234567890123456789012345: not from"},
	{{"--hostname", "a\tb"}, "hostname a\tb: contains a control character"},
	{{"-e", "=x"}, "-e =x: has no name"},
	{{"-e", ""}, "-e : has no name"},
	{{"--env-file", "/nonexistent/file"}, "--env-file /nonexistent/file: open: No such file"},
	{{"-w", "srv"}, "-w srv: must be absolute"},
	{{"--workdir="}, "--workdir : must be absolute"},
	{{"--umask", "8"}, "--umask 8: not an octal number"},
	{{"--umask", "1000"}, "--umask 1000: more than 777"},
	{{"-u", "4294967295"}, "-u 4294967295: the user: not from 0 to 4294967294"},
	{{"-u", "4294967296"}, "-u 4294967296: the user: not from"},
	{{"-u", "4294967296:0"}, "-u 4294967296:0: the user: not from"},
	{{"-u", "0:4294967296"}, "-u 0:4294967296: the group: not from"},
	{{"-u", "18446744073709551616"}, "-u 18446744073709551616: the user: not from"},
	{{"-u", "-1"}, "-u -1: the user: not a number"},
	{{"-u", "+1"}, "-u +1: the user: not a number"},
	{{"-u", "1000x"}, "-u 1000x: the user: not a number"},
	{{"-u", "0x0"}, "-u 0x0: the user: not a number"},
	{{"-u", " 1"}, "-u  1: the user is neither"},
	{{"-u", "1 "}, "-u 1 : the user: not a number"},
	{{"-u", ""}, "-u : the user is empty"},
	{{"-u", ":0"}, "-u :0: the user is empty"},
	{{"-u", "a:"}, "-u a:: the group is empty"},
	{{"-u", "a:b:c"}, "-u a:b:c: the group is neither"},
	{{"-u", "../x"}, "-u ../x: the user is neither"},
	{{"-v", "/a"}, "-v /a: not SRC:DST[:OPTIONS]"},
	{{"-v", "data:/b"}, "-v data:/b: there are no named volumes (write ./data"},
	{{"-v", ":/b"}, "-v :/b: the source is empty"},
	{{"-v", "/a:b"}, "-v /a:b: destination b: must be absolute"},
	{{"-v", "/a:"}, "-v /a:: destination : must be absolute"},
	{{"-v", "/a:/"}, "-v /a:/: the destination is the root directory"},
	{{"-v", "/a://."}, "-v /a://.: the destination is the root directory"},
	{{"-v", "/a:/b/../.."}, "-v /a:/b/../..: destination /b/../..: must not contain \"..\""},
	{{"-v", "/a:/dev"}, "-v /a:/dev: /dev is mini-run's own"},
	{{"-v", "/a:/dev/./pts/"}, "-v /a:/dev/./pts/: /dev/./pts/ is mini-run's own"},
	{{"-v", "/a:/proc"}, "mount on /proc: nothing may be mounted"},
	{{"-v", "/a:/proc//sys"}, "mount on /proc//sys: nothing may be mounted"},
	{{"-v", "/a:/b:z"}, "-v /a:/b:z: \"z\" is not an option (ro, rw"},
	{{"-v", "/a:/b:"}, "-v /a:/b:: an empty part"},
	{{"-v", "/a:/b:ro,"}, "-v /a:/b:ro,: an empty part"},
	{{"--tmpfs", "/proc/self"}, "mount on /proc/self: nothing may be mounted"},
	{{"--tmpfs", "/proc/cpuinfo"}, "mount on /proc/cpuinfo: nothing may be mounted"},
	{{"--tmpfs", "tmp"}, "--tmpfs tmp: destination tmp: must be absolute"},
	{{"--tmpfs", "/t:size=1q"}, "--tmpfs /t:size=1q: size: not a size"},
	{{"--tmpfs", "/t:size=0"}, "--tmpfs /t:size=0: size: must be more than 0"},
	{{"--tmpfs", "/t:size=101%"}, "--tmpfs /t:size=101%: size, in % of the memory: not from"},
	{{"--tmpfs", "/t:mode=9"}, "--tmpfs /t:mode=9: mode: not an octal"},
	{{"--tmpfs", "/t:uid=4294967295"}, "--tmpfs /t:uid=4294967295: uid: not from"},
	{{"--tmpfs", "/t:huge=always"}, "--tmpfs /t:huge=always: \"huge=always\" is not an option"},
	{{"--tmpfs", "/t:rslave"}, "--tmpfs /t:rslave: \"rslave\" is not an option"},
	{{"--mount", "src=/a,dst=/b"}, "--mount src=/a,dst=/b: needs type=bind or type=tmpfs"},
	{{"--mount", "type=volume,dst=/b"}, "--mount type=volume,dst=/b: needs type=bind"},
	{{"--mount", "type=bind,dst=/b"}, "--mount type=bind,dst=/b: has no source"},
	{{"--mount", "type=bind,src=/a"}, "--mount type=bind,src=/a: has no destination"},
	{{"--mount", "type=tmpfs,src=/a,dst=/b"}, "--mount type=tmpfs,src=/a,dst=/b: a tmpfs has no"},
	{{"--mount", "type=bind,src=/a,dst=/b,x=y"},
	 "--mount type=bind,src=/a,dst=/b,x=y: \"x=y\" is not"},
	{{"--mount", "type=bind,src=/a,dst=/b,ro=maybe"},
	 "--mount type=bind,src=/a,dst=/b,ro=maybe: \"ro=maybe\" is not"},
	{{"--mount", "type=bind,src=/a,dst=/b,tmpfs-size=1m"},
	 "--mount type=bind,src=/a,dst=/b,tmpfs-size=1m: \"size=1m\" is not an option"},
	{{"--mount", ""}, "--mount : an empty part"},
	{{"--device", "fuse"}, "--device fuse: device fuse: must be absolute"},
	{{"--device", "/tmp/x"}, "--device /tmp/x: the device must appear below /dev"},
	{{"--device", "/dev/a:/dev/../etc/a"}, "--device /dev/a:/dev/../etc/a: destination"},
	{{"--device", "/dev/a:/dev/b:rwx"}, "--device /dev/a:/dev/b:rwx: \"rwx\" is not an access"},
	{{"--device", "/dev/a:/dev/b:"}, "--device /dev/a:/dev/b:: \"\" is not an access"},
	{{"--device", "/dev/a", "--device", "/dev//a"}, "device /dev//a is there twice"},
	{{"--cap-add", "FLY"}, "--cap-add FLY: no such capability"},
	{{"--cap-add", "CHOWN,"}, "--cap-add CHOWN,: an empty part"},
	{{"--cap-add=ALL", "--cap-drop=ALL"}, "--cap-add ALL and --cap-drop ALL exclude each other"},
	{{"--cap-add=KILL", "--cap-drop=kill"}, "CAP_KILL is both in --cap-add and in --cap-drop"},
	{{"--security-opt", "label=disable"},
	 "--security-opt label=disable: no such setting (seccomp="},
	{{"--security-opt", "seccomp"}, "--security-opt seccomp: needs a profile"},
	{{"--security-opt", "seccomp="}, "--security-opt seccomp=: needs a profile"},
	{{"--security-opt", "no-new-privileges=no"}, "--security-opt no-new-privileges=no: is either"},
	{{"--network", "bridge"}, "--network bridge: not host, none, or the path"},
	{{"--network="}, "--network : not host, none"},
	{{"--sysctl", "kernel.shmmax"}, "--sysctl kernel.shmmax: not KEY=VALUE"},
	{{"--sysctl", "vm.swappiness=1"}, "sysctl vm.swappiness: belongs to no namespace"},
	{{"--sysctl", "net.ipv4.ip_forward=1"},
	 "sysctl net.ipv4.ip_forward: needs its own network namespace"},
	{{"--init=false"}, "--init: takes no value (leave the option out"},
	{{"--memry", "5"}, "--memry: no such option (did you mean --memory?)"},
	{{"--rm"}, "--rm: no such option"},
};

static void every_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct line l;

		if (parse_with(&l, errors[i].words, NULL) == 0)
			fail_msg("%s %s was taken", errors[i].words[0],
				 errors[i].words[1] ? errors[i].words[1] : "");
		if (strncmp(l.error.text, errors[i].error, strlen(errors[i].error)) != 0)
			fail_msg("\"%s\" and not \"%s\"", l.error.text, errors[i].error);
		end(&l);
	}
}

static void too_long_name(void **state)
{
	char id[257];
	const char *words[WORDS] = {"--name", id, NULL};
	struct line l;

	(void)state;
	memset(id, 'x', 256);
	id[256] = '\0';
	assert_int_equal(parse_with(&l, words, NULL), -1);
	assert_non_null(strstr(l.error.text, "longer than 255 bytes"));
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
		cmocka_unit_test(volumes),
		cmocka_unit_test(mount_options),
		cmocka_unit_test(tmpfs_options),
		cmocka_unit_test(sysfs_and_read_only),
		cmocka_unit_test(devices),
		cmocka_unit_test(capabilities),
		cmocka_unit_test(privileged),
		cmocka_unit_test(security_options),
		cmocka_unit_test(networks),
		cmocka_unit_test(every_error),
		cmocka_unit_test(too_long_name),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}
