/*
 * test_devices.c - host/devices.c: the BPF program and the v1 lists against the meaning of the rules.
 *
 * The meaning is written down a second time here, as plainly as possible (reference()). Random rules are
 * compiled and run in a small interpreter, and translated for v1 and run by a model of the kernel's
 * devcgroup; both must agree with it. The last tests load and attach real programs, and open real devices
 * from inside a cgroup, where the host lets us.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mountinfo.h"
#include "base/sys.h"
#include "host/devices.h"

enum { R = DEVICE_READ, W = DEVICE_WRITE, M = DEVICE_MKNOD, RWM = R | W | M };

typedef struct config_device_rule rule;

/* Each bit by itself: the last rule that covers the device and the bit decides, nothing means no. */
static bool reference(const rule *rules, size_t n, char type, int64_t major, int64_t minor,
		      uint32_t access)
{
	for (uint32_t bit = 1; bit <= RWM; bit <<= 1) {
		bool allowed = false;

		if (!(access & bit))
			continue;
		for (size_t i = 0; i < n; i++)
			if ((rules[i].type == 'a' || rules[i].type == type) &&
			    (rules[i].major == -1 || rules[i].major == major) &&
			    (rules[i].minor == -1 || rules[i].minor == minor) &&
			    (rules[i].access & bit))
				allowed = rules[i].allow;
		if (!allowed)
			return false;
	}
	return true;
}

/* ---- an interpreter for what devices_compile() emits; anything else fails the test ---- */

static uint64_t run(const struct bpf_insn *insns, size_t n, const struct bpf_cgroup_dev_ctx *ctx)
{
	uint64_t r[11] = {[1] = (uint64_t)(uintptr_t)ctx};
	size_t at = 0;

	for (size_t steps = 0; steps <= n; steps++) { /* no jump goes backwards */
		const struct bpf_insn *i;
		uint32_t to, k;
		bool jump;

		assert_true(at < n);
		i = &insns[at++];
		to = (uint32_t)r[i->dst_reg];
		k = (uint32_t)i->imm;
		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			assert_int_equal(i->src_reg, 1);
			assert_int_equal(r[1], (uint64_t)(uintptr_t)ctx);
			assert_true(i->off >= 0 && (size_t)i->off + 4 <= sizeof(*ctx));
			r[i->dst_reg] = *(const uint32_t *)((const char *)ctx + i->off);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			r[i->dst_reg] = to & k;
			continue;
		case BPF_ALU | BPF_RSH | BPF_K:
			r[i->dst_reg] = to >> k;
			continue;
		case BPF_ALU | BPF_LSH | BPF_K:
			r[i->dst_reg] = (uint32_t)(to << k);
			continue;
		case BPF_ALU | BPF_OR | BPF_X:
			r[i->dst_reg] = to | (uint32_t)r[i->src_reg];
			continue;
		case BPF_ALU64 | BPF_MOV | BPF_X:
			r[i->dst_reg] = r[i->src_reg];
			continue;
		case BPF_ALU64 | BPF_MOV | BPF_K:
			r[i->dst_reg] = (uint64_t)(int64_t)i->imm;
			continue;
		case BPF_JMP32 | BPF_JEQ | BPF_K:
			jump = to == k;
			break;
		case BPF_JMP32 | BPF_JNE | BPF_K:
			jump = to != k;
			break;
		case BPF_JMP32 | BPF_JSET | BPF_K:
			jump = (to & k) != 0;
			break;
		case BPF_JMP | BPF_EXIT:
			return r[0];
		default:
			fail_msg("instruction %zu has code %#x", at - 1, i->code);
			return 0;
		}
		assert_true(i->off >= 0);
		if (jump)
			at += (size_t)i->off;
	}
	fail_msg("the program does not end");
	return 0;
}

static bool by_program(const struct bpf_insn *insns, size_t n, char type, int64_t major,
		       int64_t minor, uint32_t access)
{
	uint32_t bits = (access & R ? BPF_DEVCG_ACC_READ : 0) |
			(access & W ? BPF_DEVCG_ACC_WRITE : 0) |
			(access & M ? BPF_DEVCG_ACC_MKNOD : 0);
	const struct bpf_cgroup_dev_ctx ctx = {
		.access_type = bits << 16 | (type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR),
		.major = (uint32_t)major,
		.minor = (uint32_t)minor,
	};
	uint64_t answer = run(insns, n, &ctx);

	assert_true(answer <= 1);
	return answer == 1;
}

/* The kernel's security/device_cgroup.c: with default deny one exception must cover the whole request, with
 * default allow none may touch any bit of it. */
static bool by_v1(const struct devices_v1 *v1, char type, int64_t major, int64_t minor,
		  uint32_t access)
{
	for (size_t i = 0; i < v1->n; i++) {
		const rule *x = &v1->exceptions[i];

		if (x->type != type || (x->major != -1 && x->major != major) ||
		    (x->minor != -1 && x->minor != minor))
			continue;
		if (v1->allow && (x->access & access))
			return false;
		if (!v1->allow && (access & ~x->access) == 0)
			return true;
	}
	return v1->allow;
}

/* ---- fixed cases ---- */

static void program_answers(const rule *rules, size_t n, char type, int64_t major, int64_t minor,
			    uint32_t access, bool answer)
{
	struct bpf_insn *insns;
	struct error e = {0};
	size_t insns_n;

	if (devices_compile(rules, n, &insns, &insns_n, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(by_program(insns, insns_n, type, major, minor, access), answer);
	assert_int_equal(reference(rules, n, type, major, minor, access), answer);
	free(insns);
}

static void known_cases(void **state)
{
	const rule parts[] = {{true, 'c', 1, 3, R}, {true, 'c', 1, 3, W}};
	const rule taken[] = {{true, 'c', 1, -1, RWM}, {false, 'c', 1, 5, W}};
	const rule last[] = {{false, 'c', 1, 5, RWM}, {true, 'c', 1, -1, RWM}};
	const rule both[] = {{true, 'a', 8, 0, R}};
	const rule last_number[] = {{true, 'c', 4095, 1048575, R}};
	const rule none[] = {{true, 'c', 4096, -1, R}, {true, 'c', 0, 1048576, R}};

	(void)state;
	program_answers(parts, 2, 'c', 1, 3, R | W, true);
	program_answers(parts, 2, 'c', 1, 3, RWM, false);
	program_answers(parts, 2, 'b', 1, 3, R, false);
	program_answers(parts, 2, 'c', 1, 4, R, false);
	program_answers(taken, 2, 'c', 1, 5, R | W, false);
	program_answers(taken, 2, 'c', 1, 5, R | M, true);
	program_answers(last, 2, 'c', 1, 5, RWM, true);
	program_answers(both, 1, 'b', 8, 0, R, true);
	program_answers(both, 1, 'c', 8, 0, R, true);
	program_answers(both, 1, 'c', 0, 8, R, false);
	program_answers(last_number, 1, 'c', 4095, 1048575, R, true);
	program_answers(last_number, 1, 'c', 4095, 1048574, R, false);
	program_answers(none, 2, 'c', 0, 0, R, false);
	program_answers(none, 2, 'c', 1, 0, R, false);
}

static void restrict_or_not(void **state)
{
	const rule all[] = {{true, 'a', -1, -1, RWM}};
	const rule none[] = {{false, 'a', -1, -1, RWM}};
	const rule again[] = {{false, 'a', -1, -1, RWM}, {true, 'a', -1, -1, RWM}};
	const rule more[] = {{true, 'a', -1, -1, RWM}, {true, 'c', 1, 3, R}};
	const rule less[] = {{true, 'a', -1, -1, RWM}, {false, 'c', 1, 3, R}};
	const rule no_mknod[] = {{true, 'a', -1, -1, R | W}};

	(void)state;
	assert_false(devices_restrict(NULL, 0));
	assert_false(devices_restrict(all, 1));
	assert_true(devices_restrict(none, 1));
	assert_false(devices_restrict(again, 2));
	assert_false(devices_restrict(more, 2));
	assert_true(devices_restrict(less, 2));
	assert_true(devices_restrict(no_mknod, 1));
}

static void bad_rules(void **state)
{
	static const rule bad[] = {
		{true, 'u', 1, 3, R},	       {true, 'p', 1, 3, R},  {true, 'c', -2, 3, R},
		{true, 'c', 1, 4294967296, R}, {true, '\0', 1, 3, R},
	};
	struct devices_v1 v1;
	struct bpf_insn *insns;
	struct error e;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(devices_compile(&bad[i], 1, &insns, &n, &e), -1);
		assert_non_null(strstr(e.text, "device rule 1"));
		assert_int_equal(devices_translate_v1(&bad[i], 1, &v1, &e), -1);
	}
	assert_int_equal(devices_compile(bad, 1000000, &insns, &n, &e), -1);
	assert_non_null(strstr(e.text, "1000000"));
}

static void v1_known_cases(void **state)
{
	const rule engine[] = {
		{false, 'a', -1, -1, RWM}, {true, 'c', -1, -1, M}, {true, 'b', -1, -1, M},
		{true, 'c', 1, 3, RWM},	   {true, 'c', 1, 5, R},   {true, 'c', 1, 5, W},
		{true, 'c', 1, 3, R},	   {true, 'c', 9, 9, M},
	};
	const rule hole[] = {{true, 'c', 1, -1, RWM}, {false, 'c', 1, 3, W}};
	const rule mostly[] = {{true, 'a', -1, -1, RWM}, {false, 'b', 8, -1, W}};
	struct devices_v1 v1;
	struct error e = {0};

	(void)state;
	assert_int_equal(devices_translate_v1(engine, 8, &v1, &e), 0);
	assert_false(v1.allow);
	assert_int_equal(v1.n, 4); /* both wildcards, 1:3 and 1:5, each merged; 9:9 is in a wildcard */
	assert_true(by_v1(&v1, 'c', 1, 5, RWM));
	free(v1.exceptions);
	assert_int_equal(devices_translate_v1(hole, 2, &v1, &e), -1);
	assert_non_null(strstr(e.text, "v1 cannot express"));
	assert_int_equal(devices_translate_v1(mostly, 2, &v1, &e), 0);
	assert_true(v1.allow);
	assert_int_equal(v1.n, 1);
	assert_int_equal(v1.exceptions[0].access, W);
	free(v1.exceptions);
}

/* ---- random cases ---- */

static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

static size_t draw_rules(rule *rules, size_t max)
{
	size_t n = draw((uint32_t)max + 1);

	for (size_t i = 0; i < n; i++)
		rules[i] = (rule){
			.allow = draw(3) > 0,
			.type = "abc"[draw(3)],
			.major = (int64_t)draw(4) - 1,
			.minor = (int64_t)draw(4) - 1,
			.access = draw(6) ? 1 + draw(RWM) : RWM,
		};
	return n;
}

static void random_rules(void **state)
{
	unsigned int expressible = 0, refused = 0;

	(void)state;
	for (int round = 0; round < 8000; round++) {
		rule rules[12];
		size_t n = draw_rules(rules, round % 2 ? 12 : 3), insns_n;
		struct bpf_insn *insns;
		struct devices_v1 v1 = {0};
		struct error e = {0};
		bool on_v1, everything = true;

		assert_int_equal(devices_compile(rules, n, &insns, &insns_n, &e), 0);
		on_v1 = devices_translate_v1(rules, n, &v1, &e) == 0;
		expressible += on_v1;
		refused += !on_v1;
		for (int request = 0; request < 2 * 4 * 4 * 7; request++) {
			char type = request % 2 ? 'b' : 'c';
			int64_t major = request / 2 % 4, minor = request / 8 % 4;
			uint32_t access = 1 + (uint32_t)request / 32 % 7;
			bool right = reference(rules, n, type, major, minor, access);

			if (by_program(insns, insns_n, type, major, minor, access) != right)
				fail_msg("round %d: %c %d:%d %u is not %d", round, type, (int)major,
					 (int)minor, access, right);
			if (on_v1 && by_v1(&v1, type, major, minor, access) != right)
				fail_msg("round %d: v1: %c %d:%d %u is not %d", round, type,
					 (int)major, (int)minor, access, right);
			everything = everything && right;
		}
		if (n > 0 && !devices_restrict(rules, n))
			assert_true(everything);
		free(insns);
		free(v1.exceptions);
	}
	/* Both ways were really taken. */
	assert_true(expressible > 500);
	assert_true(refused > 100);
}

/* ---- the kernel's own opinion ---- */

static const rule null_only[] = {
	{false, 'a', -1, -1, RWM},
	{true, 'c', 1, 3, R | W},
	{true, 'c', 1, 5, R},
};
static const rule zero_only[] = {{true, 'c', 1, 5, RWM}};

static char made[4][300];
static size_t made_n;

/* Also what a failed test left. */
static int remove_made(void **state)
{
	(void)state;
	while (made_n > 0)
		if (rmdir(made[--made_n]) < 0 && errno != ENOENT)
			return -1;
	return 0;
}

/* A new directory of the v2 hierarchy (@type "cgroup2") or of the v1 devices hierarchy. "" where there is none. */
static void make_dir(const char *type, char *ret, size_t size)
{
	static struct mountinfo m;
	struct mountinfo_entry entry;
	struct error e = {0};
	bool end = false;

	ret[0] = '\0';
	if (geteuid() != 0 || mountinfo_open(&m, "/proc/self/mountinfo", &e) < 0)
		return;
	while (mountinfo_next(&m, &entry, &end, &e) == 0 && !end)
		if (!ret[0] && strcmp(entry.type, type) == 0 &&
		    (strcmp(type, "cgroup2") == 0 || strstr(entry.super_options, "devices")))
			snprintf(ret, size, "%s/mini-run-unit-devices-%d", entry.mount_point,
				 (int)getpid());
	mountinfo_close(&m);
	if (ret[0] && mkdir(ret, 0755) < 0)
		ret[0] = '\0';
	if (ret[0])
		snprintf(made[made_n++], sizeof(made[0]), "%s", ret);
}

/* Opens @path from inside the cgroup. The errno of it, or 0. */
static int open_inside(int cgroup_fd, const char *path, int flags)
{
	pid_t pid = fork();
	int status, fd;

	assert_true(pid >= 0);
	if (pid == 0) {
		fd = openat(cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, "0", 1) != 1)
			_exit(255);
		fd = open(path, flags | O_CLOEXEC);
		_exit(fd < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 255);
	return WEXITSTATUS(status);
}

static void check_null_only(int fd)
{
	assert_int_equal(open_inside(fd, "/dev/null", O_RDWR), 0);
	assert_int_equal(open_inside(fd, "/dev/zero", O_RDONLY), 0);
	assert_int_equal(open_inside(fd, "/dev/zero", O_RDWR), EPERM);
	assert_int_equal(open_inside(fd, "/dev/full", O_RDONLY), EPERM);
}

static unsigned int attached(int cgroup_fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)cgroup_fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	assert_int_equal(sys_bpf(BPF_PROG_QUERY, &attr, sizeof(attr)), 0);
	return attr.query.prog_cnt;
}

static void on_v2(void **state)
{
	const rule all[] = {{true, 'a', -1, -1, RWM}};
	struct error e = {0};
	char path[300];
	int fd;

	(void)state;
	make_dir("cgroup2", path, sizeof(path));
	if (!path[0]) {
		print_message("skip: no v2 hierarchy in which a directory can be made\n");
		skip();
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	if (devices_attach(fd, null_only, 3, &e) < 0 && e.no == EPERM) {
		(void)close(fd);
		(void)rmdir(path);
		print_message("skip: bpf(2) is not for us here\n");
		skip();
	}
	assert_string_equal(e.text, "");
	assert_int_equal(attached(fd), 1);
	check_null_only(fd);
	assert_int_equal(devices_replace(fd, zero_only, 1, &e), 0);
	assert_int_equal(attached(fd), 1);
	assert_int_equal(open_inside(fd, "/dev/null", O_RDWR), EPERM);
	assert_int_equal(open_inside(fd, "/dev/zero", O_RDWR), 0);
	/* A second one of somebody else's: both are asked, and a replacement leaves only the new. */
	assert_int_equal(devices_attach(fd, null_only, 3, &e), 0);
	assert_int_equal(attached(fd), 2);
	assert_int_equal(open_inside(fd, "/dev/null", O_RDWR), EPERM);
	assert_int_equal(open_inside(fd, "/dev/zero", O_RDWR), EPERM);
	assert_int_equal(devices_replace(fd, null_only, 3, &e), 0);
	assert_int_equal(attached(fd), 1);
	check_null_only(fd);
	assert_int_equal(devices_replace(fd, all, 1, &e), 0);
	assert_int_equal(attached(fd), 0);
	assert_int_equal(open_inside(fd, "/dev/full", O_RDONLY), 0);
	assert_int_equal(devices_attach(fd, all, 1, &e), 0);
	assert_int_equal(attached(fd), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(rmdir(path), 0);
}

/* Long lists must get through the verifier, which follows both sides of each jump. */
static void long_list_on_v2(void **state)
{
	static rule rules[4096];
	struct error e = {0};
	char path[300];
	int fd, result;

	(void)state;
	make_dir("cgroup2", path, sizeof(path));
	if (!path[0]) {
		print_message("skip: no v2 hierarchy in which a directory can be made\n");
		skip();
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (size_t i = 0; i < 4096; i++)
		rules[i] = (rule){
			.allow = i % 3 != 0,
			.type = "abc"[draw(3)],
			.major = 300 + (int64_t)draw(50),
			.minor = draw(4) ? (int64_t)draw(50) : -1,
			.access = 1 + draw(RWM),
		};
	rules[4095] = (rule){true, 'c', 1, 3, RWM};
	result = devices_attach(fd, rules, 4096, &e);
	if (result == 0) {
		assert_int_equal(open_inside(fd, "/dev/null", O_RDWR), 0);
		assert_int_equal(open_inside(fd, "/dev/zero", O_RDWR), EPERM);
	}
	assert_int_equal(close(fd), 0);
	assert_int_equal(rmdir(path), 0);
	if (result < 0 && e.no == EPERM) {
		print_message("skip: bpf(2) is not for us here\n");
		skip();
	}
	if (result < 0)
		fail_msg("%s", e.text);
}

static void on_v1(void **state)
{
	struct error e = {0};
	char path[300];
	int fd;

	(void)state;
	make_dir("cgroup", path, sizeof(path));
	if (!path[0]) {
		print_message("skip: no v1 devices hierarchy in which a directory can be made\n");
		skip();
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	if (devices_write_v1(fd, null_only, 3, &e) < 0)
		fail_msg("%s", e.text);
	check_null_only(fd);
	if (devices_write_v1(fd, zero_only, 1, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(open_inside(fd, "/dev/null", O_RDWR), EPERM);
	assert_int_equal(open_inside(fd, "/dev/zero", O_RDWR), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_cases),	   cmocka_unit_test(restrict_or_not),
		cmocka_unit_test(bad_rules),	   cmocka_unit_test(v1_known_cases),
		cmocka_unit_test(random_rules),	   cmocka_unit_test(on_v2),
		cmocka_unit_test(long_list_on_v2), cmocka_unit_test(on_v1),
	};

	return cmocka_run_group_tests_name("devices", tests, NULL, remove_made);
}
