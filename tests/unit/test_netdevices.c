/*
 * test_netdevices.c - host/netdevices.c: devices that move from a network namespace into another. Both are made by the
 * test, so the host's own is never touched: the test moves to one of its own, where ip(8) makes devices, and a
 * child holds the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/netdevices.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct error e;
static int own_fd = -1;
static pid_t inside;	 /* whose namespace the devices move into */
static const char *kind; /* of the devices; NULL: the host can make none */

/* Runs a command line; true when it ended with 0. */
static bool __attribute__((format(printf, 1, 2))) sh(const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	return system(line) == 0;
}

/* What a command line prints. */
static const char *__attribute__((format(printf, 1, 2))) said(const char *format, ...)
{
	static char text[8192];
	char line[1024];
	va_list args;
	FILE *f;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	f = popen(line, "r");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	pclose(f);
	return text;
}

static const char *ip_inside(const char *arguments)
{
	return said("nsenter --net=/proc/%d/ns/net ip %s 2>&1", (int)inside, arguments);
}

static void expect_text(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in: %s", part, text);
}

static void expect_no_text(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" in: %s", part, text);
}

static pid_t namespace_holder(void)
{
	int gate[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(gate), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) < 0 || write(gate[1], "x", 1) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	close(gate[1]);
	assert_int_equal(read(gate[0], &byte, 1), 1);
	close(gate[0]);
	return pid;
}

static int namespaces_make(void **state)
{
	static const char *const kinds[] = {"dummy", "veth"};

	(void)state;
	inside = 0;
	kind = NULL;
	if (geteuid() != 0)
		return 0;
	own_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own_fd < 0 || unshare(CLONE_NEWNET) < 0)
		return -1;
	inside = namespace_holder();
	/* The test machine has no program that the kernel could ask for the module. */
	if (getenv("MINI_RUN_VM") && !sh("build/rootfs/bin/busybox modprobe veth"))
		return -1;
	for (size_t i = 0; i < COUNT(kinds) && !kind; i++)
		if (sh("ip link add probe0 type %s 2>/dev/null && ip link del probe0", kinds[i]))
			kind = kinds[i];
	return 0;
}

static int namespaces_remove(void **state)
{
	(void)state;
	if (inside > 0) {
		kill(inside, SIGKILL);
		waitpid(inside, NULL, 0);
	}
	if (own_fd >= 0) {
		if (setns(own_fd, CLONE_NEWNET) < 0)
			return -1;
		close(own_fd);
	}
	own_fd = -1;
	return 0;
}

static void need_devices(void)
{
	if (geteuid() == 0 && kind)
		return;
	print_message(geteuid() == 0 ? "skip: ip(8) can make no dummy and no veth device here\n"
				     : "skip: it takes root to move devices\n");
	skip();
}

static void make(const char *name)
{
	assert_true(sh("ip link add %s type %s", name, kind));
}

static int move(struct config_net_device *devices, size_t n)
{
	struct config c = {.net_devices = devices, .net_devices_n = n};

	e.text[0] = '\0';
	return netdevices_move(&c, inside, &e);
}

static int move_one(const char *host_name, const char *name)
{
	return move(&(struct config_net_device){host_name, name}, 1);
}

static void moved(const char *host_name, const char *name)
{
	if (move_one(host_name, name) < 0)
		fail_msg("%s", e.text);
}

static void refused(const char *host_name, const char *name, const char *why)
{
	if (move_one(host_name, name) == 0)
		fail_msg("%s was moved", host_name);
	expect_text(e.text, "linux.netDevices: ");
	expect_text(e.text, why);
}

static bool is_outside(const char *name)
{
	return sh("ip link show dev %s >/dev/null 2>&1", name);
}

/* ---- */

static void under_its_name_and_up(void **state)
{
	(void)state;
	need_devices();
	make("a0");
	assert_true(sh("ip link set a0 mtu 1400 address 02:00:00:00:00:07"));
	moved("a0", NULL);
	assert_false(is_outside("a0"));
	expect_text(ip_inside("-o link show dev a0"), " mtu 1400 ");
	expect_text(ip_inside("-o link show dev a0"), ",UP");
	expect_text(ip_inside("-o link show dev a0"), "02:00:00:00:00:07");
}

static void under_a_new_name(void **state)
{
	(void)state;
	need_devices();
	make("a0");
	assert_true(sh("ip link set a0 up"));
	moved("a0", "eth0");
	assert_false(is_outside("a0"));
	expect_text(ip_inside("-o link show dev eth0"), ",UP");
	expect_text(ip_inside("-o link show dev a0"), "does not exist");
}

static void with_its_lasting_addresses(void **state)
{
	const char *text;

	(void)state;
	need_devices();
	make("a0");
	assert_true(sh("ip addr add 192.0.2.1/24 broadcast + dev a0"));
	assert_true(sh("ip addr add 192.0.2.2/24 dev a0 label a0:more"));
	assert_true(
		sh("ip addr add 198.51.100.1 peer 198.51.100.2/31 dev a0 noprefixroute metric 77"));
	assert_true(sh("ip addr add 169.254.7.7/16 scope link dev a0"));
	assert_true(sh("ip addr add 203.0.113.1/24 dev a0 valid_lft 1000 preferred_lft 1000"));
	moved("a0", "eth0");
	text = ip_inside("-o addr show dev eth0");
	expect_text(text, "inet 192.0.2.1/24 brd 192.0.2.255 scope global eth0");
	expect_text(text, "inet 192.0.2.2/24 scope global secondary eth0:more");
	expect_text(
		text,
		"inet 198.51.100.1 peer 198.51.100.2/31 metric 77 scope global noprefixroute eth0");
	expect_no_text(text, "169.254.7.7"); /* not global */
	expect_no_text(text, "203.0.113.1"); /* not permanent */
	expect_text(ip_inside("route"), "192.0.2.0/24 dev eth0");
}

static void with_addresses_of_ipv6(void **state)
{
	const char *text;

	(void)state;
	need_devices();
	make("a0");
	if (!sh("ip addr add 2001:db8::1/64 dev a0 nodad 2>/dev/null")) {
		print_message("skip: this host has no IPv6\n");
		skip();
	}
	assert_true(sh("ip addr add 2001:db8::2/64 dev a0 valid_lft 1000 preferred_lft 1000"));
	assert_true(sh("ip link set a0 up"));
	moved("a0", NULL);
	text = ip_inside("-o -6 addr show dev a0");
	expect_text(text, "inet6 2001:db8::1/64 scope global nodad");
	expect_no_text(text, "2001:db8::2");
}

/* The addresses of the one are not those of the other. */
static void several_at_once(void **state)
{
	struct config_net_device devices[] = {{"a0", "b0"}, {"b0", "a0"}, {"c0", NULL}};

	(void)state;
	need_devices();
	make("a0");
	make("b0");
	make("c0");
	assert_true(sh("ip addr add 192.0.2.1/24 dev a0"));
	assert_true(sh("ip addr add 192.0.2.2/24 dev b0"));
	if (move(devices, COUNT(devices)) < 0)
		fail_msg("%s", e.text);
	expect_text(ip_inside("-o addr show dev b0"), "192.0.2.1/24");
	expect_no_text(ip_inside("-o addr show dev b0"), "192.0.2.2/24");
	expect_text(ip_inside("-o addr show dev a0"), "192.0.2.2/24");
	expect_text(ip_inside("-o link show dev c0"), ",UP");
}

static void a_name_that_is_taken(void **state)
{
	struct config_net_device same[] = {{"a0", "x0"}, {"b0", "x0"}};

	(void)state;
	need_devices();
	make("a0");
	make("b0");
	moved("b0", NULL);
	make("b0");
	refused("a0", "b0", "has a device b0 already");
	refused("b0", NULL, "has a device b0 already");
	refused("a0", "lo", "has a device lo already");
	assert_true(is_outside("a0"));
	assert_int_equal(move(same, 2), -1);
	expect_text(e.text, "linux.netDevices: b0: x0, the name in the container of a0 too");
	assert_true(is_outside("a0") && is_outside("b0"));
}

static void a_template(void **state)
{
	(void)state;
	need_devices();
	make("a0");
	make("b0");
	make("eth0");
	moved("a0", "eth%d");
	expect_text(ip_inside("-o link show dev eth0"), ",UP");
	assert_true(sh("ip addr add 192.0.2.9/24 dev b0"));
	moved("b0", "eth%d");
	expect_text(ip_inside("-o addr show dev eth1"), "192.0.2.9/24");
	/* Its own name is taken there. */
	moved("eth0", "eth%d");
	expect_text(ip_inside("-br link"), "eth");
	assert_false(is_outside("eth0"));
	assert_true(sh("test $(nsenter --net=/proc/%d/ns/net ip -br link | grep -c '^eth') = 3",
		       (int)inside));
	make("a0");
	refused("a0", "%d%d", "Invalid argument");
}

/* Its number outside is another device's inside. */
static void a_number_that_is_taken(void **state)
{
	(void)state;
	need_devices();
	assert_true(sh("ip link add a0 index 77 type %s", kind));
	assert_true(sh("ip addr add 192.0.2.1/24 dev a0"));
	moved("a0", NULL);
	assert_true(sh("ip link add b0 index 77 type %s", kind));
	assert_true(sh("ip addr add 192.0.2.2/24 dev b0"));
	moved("b0", NULL);
	expect_text(ip_inside("-o addr show dev a0"), "192.0.2.1/24");
	expect_text(ip_inside("-o addr show dev b0"), "192.0.2.2/24");
	expect_text(ip_inside("-o link show dev b0"), ",UP");
}

static void by_another_name(void **state)
{
	(void)state;
	need_devices();
	make("a0");
	if (!sh("ip link property add dev a0 altname a-name-longer-than-fifteen 2>/dev/null")) {
		print_message("skip: this ip(8) cannot give a device a second name\n");
		skip();
	}
	moved("a-name-longer-than-fifteen", NULL);
	expect_text(ip_inside("-o link show dev a0"), ",UP");
}

static void what_cannot_be_moved(void **state)
{
	char longest[200];
	struct config_net_device devices[] = {{"a0", NULL}, {"none0", NULL}};

	(void)state;
	need_devices();
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	refused("none0", NULL, "none0: the host has no such device");
	refused(longest, NULL, "the host has no such device");
	refused("lo", "lo1", "lo: move: netlink: Invalid argument");
	/* All is looked at before the first moves. */
	make("a0");
	assert_int_equal(move(devices, 2), -1);
	assert_true(is_outside("a0"));
	inside += 100000000;
	assert_int_equal(move_one("a0", NULL), -1);
	inside -= 100000000;
	expect_text(e.text, "No such file");
	assert_true(is_outside("a0"));
	assert_int_equal(move(NULL, 0), 0);
}

static void nothing_stays_open(void **state)
{
	int before, after;

	(void)state;
	need_devices();
	before = dup(0);
	close(before);
	make("a0");
	refused("a0", "lo", "already");
	moved("a0", NULL);
	after = dup(0);
	close(after);
	assert_int_equal(after, before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* but the holder of the namespace */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, namespaces_make, namespaces_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(under_its_name_and_up),
		TEST(under_a_new_name),
		TEST(with_its_lasting_addresses),
		TEST(with_addresses_of_ipv6),
		TEST(several_at_once),
		TEST(a_name_that_is_taken),
		TEST(a_template),
		TEST(a_number_that_is_taken),
		TEST(by_another_name),
		TEST(what_cannot_be_moved),
		TEST(nothing_stays_open),
	};

	return cmocka_run_group_tests_name("netdevices", tests, NULL, NULL);
}
