/*
 * test_activation.c - host/activation.c [CLI-22]: what of NOTIFY_SOCKET and LISTEN_FDS gets into the configuration.
 */
#include "tree_fixture.h"

#include "config/config.h"
#include "host/activation.h"

#define PLACE  "/run/notify"
#define SOCKET PLACE "/notify.sock"

static struct config *c;
static char path[100];

static int make(void **state)
{
	static const char *const names[] = {"NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID",
					    "LISTEN_FDNAMES"};

	for (size_t i = 0; i < COUNT(names); i++)
		unsetenv(names[i]);
	c = config_new();
	return c ? tree_make(state) : -1;
}

static int end(void **state)
{
	config_free(c);
	return tree_remove(state);
}

static const char *in_tree(const char *name)
{
	snprintf(path, sizeof(path), "%s/root/%s", tree, name);
	return path;
}

static void has_env(const char *const *expected, size_t n)
{
	assert_int_equal(c->process.env.n, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(c->process.env.v[i], expected[i]);
	if (n > 0)
		assert_null(c->process.env.v[n]);
}

#define HAS_ENV(...)                                \
	has_env((const char *const[]){__VA_ARGS__}, \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void add_env(const char *text)
{
	OK(config_strings_add(c, &c->process.env, text, &e));
}

/* The number of descriptors passed on. */
static unsigned int prepare(void)
{
	unsigned int fds = 77;

	OK(activation_prepare(c, &fds, &e));
	return fds;
}

static void refused(const char *words)
{
	unsigned int fds = 77;

	assert_int_equal(activation_prepare(c, &fds, &e), -1);
	assert_int_equal(fds, 77);
	if (!strstr(e.text, words))
		fail_msg("\"%s\" does not say \"%s\"", e.text, words);
}

static void nothing(void **state)
{
	(void)state;
	add_env("NOTIFY_SOCKET=/of/its/own");
	add_env("LISTEN_FDS=4");
	assert_int_equal(prepare(), 0);
	HAS_ENV("NOTIFY_SOCKET=/of/its/own", "LISTEN_FDS=4"); /* the container's own wish */
	assert_int_equal(c->mounts_n, 0);
	setenv("NOTIFY_SOCKET", "", 1);
	assert_int_equal(prepare(), 0);
	assert_int_equal(c->mounts_n, 0);
}

/* A socket of mini-run's is asked for, behind a tmpfs on /run, which would hide it. */
static void notify_socket(void **state)
{
	struct config_mount *run, *m;

	(void)state;
	run = arena_append(&c->arena, &c->mounts, &c->mounts_n, sizeof(*run));
	run->destination = "/run";
	put_socket("notify");
	setenv("NOTIFY_SOCKET", in_tree("notify"), 1);
	add_env("FOO=bar");
	assert_int_equal(prepare(), 0);
	setenv("NOTIFY_SOCKET", "/changed", 1);
	HAS_ENV("FOO=bar", "NOTIFY_SOCKET=" SOCKET);
	assert_string_equal(c->notify_socket, path);
	assert_int_equal(c->mounts_n, 2);
	assert_string_equal(c->mounts[0].destination, "/run");
	m = &c->mounts[1];
	assert_string_equal(m->destination, PLACE);
	assert_true(m->bind);
	assert_true(m->notify);
	assert_false(m->recursive);
	assert_false(m->make_source);
	assert_null(m->type);
	assert_int_equal(m->set, MOUNT_RDONLY | MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC);
	assert_int_equal(m->propagation, PROPAGATION_PRIVATE);
}

/* All that the container has under the name goes, and nothing that only begins like it. */
static void notify_replaces(void **state)
{
	(void)state;
	put_socket("notify");
	setenv("NOTIFY_SOCKET", in_tree("notify"), 1);
	add_env("NOTIFY_SOCKET=/a");
	add_env("NOTIFY_SOCKETS=kept");
	add_env("NOTIFY_SOCKET=/b");
	add_env("NOTIFY_SOCKET");
	add_env("LAST=1");
	assert_int_equal(prepare(), 0);
	HAS_ENV("NOTIFY_SOCKETS=kept", "NOTIFY_SOCKET", "LAST=1", "NOTIFY_SOCKET=" SOCKET);
}

static void notify_alone(void **state)
{
	(void)state;
	put_socket("notify");
	setenv("NOTIFY_SOCKET", in_tree("notify"), 1);
	assert_int_equal(prepare(), 0);
	HAS_ENV("NOTIFY_SOCKET=" SOCKET);
}

/* What sd_notify(3) would send nothing to is not mounted either. */
static void notify_missing(void **state)
{
	static const char *const values[] = {"/no/such/socket", "relative", "vsock:2:1234", "@"};

	(void)state;
	c->ns[NS_NETWORK].mode = NS_NEW;
	for (size_t i = 0; i < COUNT(values); i++) {
		setenv("NOTIFY_SOCKET", values[i], 1);
		assert_int_equal(prepare(), 0);
		assert_int_equal(c->mounts_n, 0);
		assert_int_equal(c->process.env.n, 0);
	}
	put("file", "");
	put_dir("dir");
	setenv("NOTIFY_SOCKET", in_tree("file"), 1);
	assert_int_equal(prepare(), 0);
	setenv("NOTIFY_SOCKET", in_tree("dir"), 1);
	assert_int_equal(prepare(), 0);
	assert_int_equal(c->mounts_n, 0);
	assert_int_equal(c->process.env.n, 0);
}

/* An abstract socket is the network namespace's; the container's own may be another, as it is mini-run that speaks. */
static void notify_abstract(void **state)
{
	(void)state;
	setenv("NOTIFY_SOCKET", "@/org/freedesktop/systemd1/notify", 1);
	c->ns[NS_NETWORK].mode = NS_NEW;
	assert_int_equal(prepare(), 0);
	HAS_ENV("NOTIFY_SOCKET=" SOCKET);
	assert_string_equal(c->notify_socket, "@/org/freedesktop/systemd1/notify");
	assert_int_equal(c->mounts_n, 1);
}

/* Longer than any address of a socket: nobody could send there. */
static void notify_long(void **state)
{
	char name[200];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[0] = '@';
	name[108] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(prepare(), 0);
	assert_int_equal(c->mounts_n, 0);
	name[107] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(prepare(), 0);
	assert_int_equal(c->mounts_n, 1);
}

/* Opens descriptors 3 to 2 + @n as a service manager passes them on. What the test had there waits in @ret_saved. */
static void pass_on(int n, int *ret_saved)
{
	for (int i = 0; i < n; i++) {
		ret_saved[i] = fcntl(3 + i, F_DUPFD_CLOEXEC, 100);
		assert_int_equal(dup2(2, 3 + i), 3 + i);
	}
}

static void take_back(int n, const int *saved)
{
	for (int i = 0; i < n; i++) {
		if (saved[i] < 0) {
			close(3 + i);
			continue;
		}
		dup3(saved[i], 3 + i, O_CLOEXEC);
		close(saved[i]);
	}
}

static void set_pid(long pid)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", pid);
	setenv("LISTEN_PID", text, 1);
}

static void listen_fds(void **state)
{
	int saved[2];
	unsigned int fds;

	(void)state;
	add_env("LISTEN_PID=99");
	add_env("FOO=bar");
	setenv("LISTEN_FDS", "2", 1);
	set_pid(getpid());
	pass_on(2, saved);
	fds = prepare();
	take_back(2, saved);
	assert_int_equal(fds, 2);
	HAS_ENV("FOO=bar", "LISTEN_FDS=2", "LISTEN_PID=1");
	assert_int_equal(c->mounts_n, 0);
}

/* As conmon leaves it: no LISTEN_PID, because it could not know ours. */
static void listen_fds_names(void **state)
{
	int saved[1];
	unsigned int fds;

	(void)state;
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_FDNAMES", "web:admin", 1);
	pass_on(1, saved);
	fds = prepare();
	take_back(1, saved);
	assert_int_equal(fds, 1);
	HAS_ENV("LISTEN_FDS=1", "LISTEN_PID=1", "LISTEN_FDNAMES=web:admin");
}

/* They are not for us: nothing is passed on, and what is wrong with them is not our affair. */
static void listen_others(void **state)
{
	(void)state;
	setenv("LISTEN_FDS", "many", 1);
	set_pid((long)getpid() + 1);
	assert_int_equal(prepare(), 0);
	assert_int_equal(c->process.env.n, 0);
	unsetenv("LISTEN_FDS");
	setenv("LISTEN_PID", "not even a number", 1);
	assert_int_equal(prepare(), 0);
	assert_int_equal(c->process.env.n, 0);
}

static void listen_zero(void **state)
{
	(void)state;
	setenv("LISTEN_FDS", "0", 1);
	assert_int_equal(prepare(), 0);
	assert_int_equal(c->process.env.n, 0);
}

static void listen_wrong(void **state)
{
	static const char *const numbers[] = {"-1", "1x",	  "",
					      " 1", "2147483648", "18446744073709551617"};
	int saved[1];

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		setenv("LISTEN_FDS", numbers[i], 1);
		refused("LISTEN_FDS");
	}
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", "0", 1);
	refused("LISTEN_PID");
	setenv("LISTEN_PID", "1x", 1);
	refused("LISTEN_PID");
	unsetenv("LISTEN_PID");

	setenv("LISTEN_FDS", "1000", 1);
	pass_on(1, saved);
	refused("LISTEN_FDS is 1000, but descriptor ");
	assert_int_equal(fcntl(3, F_SETFD, FD_CLOEXEC), 0); /* as one of mini-run's own */
	refused("LISTEN_FDS is 1000, but descriptor 3 was not passed on");
	take_back(1, saved);
	assert_int_equal(c->process.env.n, 0);
}

#define ACTIVATION_TEST(f) cmocka_unit_test_setup_teardown(f, make, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACTIVATION_TEST(nothing),	  ACTIVATION_TEST(notify_socket),
		ACTIVATION_TEST(notify_replaces), ACTIVATION_TEST(notify_alone),
		ACTIVATION_TEST(notify_missing),  ACTIVATION_TEST(notify_abstract),
		ACTIVATION_TEST(listen_fds),	  ACTIVATION_TEST(listen_fds_names),
		ACTIVATION_TEST(listen_others),	  ACTIVATION_TEST(listen_zero),
		ACTIVATION_TEST(listen_wrong),	  ACTIVATION_TEST(notify_long),
	};

	return cmocka_run_group_tests_name("activation", tests, NULL, NULL);
}
