/*
 * test_to_oci.c - config/to_oci.c: what it writes, config_from_oci() reads back; and the state that hooks get.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "config/from_oci.h"
#include "config/names.h"
#include "config/to_oci.h"

#define NUMBER(n) ((struct config_number){true, (n)})

static char *words[] = {(char[]){"/bin/sh"}, (char[]){"a \"b\"\n\\ \xc3\xa4"}, (char[]){""}, NULL};
static char *environment[] = {(char[]){"PATH=/bin"}, (char[]){"A=\x01"}, NULL};
static char *paths[] = {(char[]){"/proc/kcore"}, (char[]){"/sys/firmware"}, NULL};
static uint32_t groups[] = {5, 4294967294U};

/* The least, for a container of the command line. */
static void minimal(struct config *c, struct oci_resolved *r)
{
	static const struct config_capabilities none;

	memset(c, 0, sizeof(*c));
	c->id = "a";
	c->rootfs = "/srv/rootfs";
	c->process.args = (struct config_strings){words, 3};
	c->process.cwd = "/";
	c->process.has_capabilities = true;
	c->ns[NS_MOUNT].mode = NS_NEW;
	*r = (struct oci_resolved){.capabilities = &none, .umask = 022};
}

/* Writes @c and reads that. */
static struct config *round_trip(const struct config *c, const struct oci_resolved *r)
{
	struct config *back = config_new();
	struct text t = {0};
	struct error e;

	assert_non_null(back);
	back->id = c->id;
	back->bundle = "/bundle";
	config_to_oci(c, r, &t);
	assert_true(text_ok(&t));
	if (config_from_oci(back, t.bytes, t.length, &e) < 0 || config_check(back, &e) < 0)
		fail_msg("%s: %s", t.bytes, e.text);
	text_end(&t);
	return back;
}

static void same_strings(const struct config_strings *a, char *const *v)
{
	size_t n = 0;

	for (; v && v[n]; n++)
		assert_string_equal(a->v[n], v[n]);
	assert_int_equal(a->n, n);
}

#define AT(field) offsetof(struct config_resources, field)

static const size_t numbers[] = {
	AT(memory),
	AT(memory_swap),
	AT(memory_reservation),
	AT(memory_kernel),
	AT(memory_kernel_tcp),
	AT(memory_swappiness),
	AT(memory_disable_oom),
	AT(memory_use_hierarchy),
	AT(memory_check_before_update),
	AT(cpu_shares),
	AT(cpu_weight),
	AT(cpu_quota),
	AT(cpu_period),
	AT(cpu_burst),
	AT(cpu_idle),
	AT(cpu_rt_runtime),
	AT(cpu_rt_period),
	AT(pids),
	AT(block_weight),
	AT(block_leaf_weight),
	AT(net_class_id),
};

static void same_numbers(const struct config_resources *a, const struct config_resources *b)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct config_number *x =
			(const struct config_number *)((const char *)a + numbers[i]);
		const struct config_number *y =
			(const struct config_number *)((const char *)b + numbers[i]);

		if (x->set != y->set || (x->set && x->value != y->value))
			fail_msg("number %u: %lld is not %lld", (unsigned int)i,
				 (long long)x->value, (long long)y->value);
	}
}

static void the_least(void **state)
{
	struct oci_resolved r;
	struct config c, *back;

	(void)state;
	minimal(&c, &r);
	back = round_trip(&c, &r);
	assert_string_equal(back->oci_version, "1.3.0");
	assert_string_equal(back->rootfs, "/srv/rootfs");
	assert_false(back->rootfs_readonly);
	assert_null(back->hostname);
	assert_true(back->has_process);
	same_strings(&back->process.args, words);
	same_strings(&back->process.env, NULL);
	assert_string_equal(back->process.cwd, "/");
	assert_true(back->process.user.umask.value == 022);
	assert_int_equal(back->process.user.groups_n, 0);
	assert_true(back->process.has_capabilities && back->process.capabilities.bounding == 0);
	for (int kind = 0; kind < NS_KINDS; kind++)
		assert_int_equal(back->ns[kind].mode, kind == NS_MOUNT ? NS_NEW : NS_INHERIT);
	same_numbers(&back->resources, &c.resources);
	assert_int_equal(back->annotations_n, 0);
	config_free(back);
}

static void process_and_root(void **state)
{
	const struct config_capabilities sets = {.bounding = CAPABILITIES_ALL,
						 .permitted = 7,
						 .effective = 5,
						 .inheritable = 6,
						 .ambient = 2};
	struct config_rlimit limits[] = {{"RLIMIT_NOFILE", 5, UINT64_MAX}, {"RLIMIT_CORE", 0, 0}};
	struct oci_resolved r;
	struct config c, *back;
	const struct config_process *p;

	(void)state;
	minimal(&c, &r);
	c.rootfs = "/srv/a \"b";
	c.rootfs_readonly = true;
	c.process.terminal = true;
	c.process.console_height = 25;
	c.process.console_width = 80;
	c.process.no_new_privs = true;
	c.process.rlimits = limits;
	c.process.rlimits_n = 2;
	c.process.oom_score_adj = NUMBER(-5);
	c.process.apparmor_profile = "p";
	c.process.selinux_label = "l";
	c.process.cwd = "/tmp";
	r = (struct oci_resolved){.uid = 1000,
				  .gid = 4294967294U,
				  .umask = 077,
				  .groups = groups,
				  .groups_n = 2,
				  .env = environment,
				  .capabilities = &sets};
	back = round_trip(&c, &r);
	p = &back->process;
	assert_string_equal(back->rootfs, c.rootfs);
	assert_true(back->rootfs_readonly);
	assert_true(p->terminal && p->console_height == 25 && p->console_width == 80);
	assert_true(p->user.uid == 1000 && p->user.gid == 4294967294U && p->user.umask.value == 077);
	assert_true(p->user.groups_n == 2 && p->user.groups[0] == 5 &&
		    p->user.groups[1] == 4294967294U);
	same_strings(&p->env, environment);
	assert_string_equal(p->cwd, "/tmp");
	assert_memory_equal(&p->capabilities, &sets, sizeof(sets));
	assert_int_equal(p->unknown_capabilities.n, 0);
	assert_true(p->no_new_privs);
	assert_int_equal(p->rlimits_n, 2);
	assert_string_equal(p->rlimits[0].type, "RLIMIT_NOFILE");
	assert_true(p->rlimits[0].soft == 5 && p->rlimits[0].hard == UINT64_MAX);
	assert_true(p->oom_score_adj.set && p->oom_score_adj.value == -5);
	assert_string_equal(p->apparmor_profile, "p");
	assert_string_equal(p->selinux_label, "l");
	config_free(back);
	/* --privileged: all that there is. */
	c.process.has_capabilities = false;
	back = round_trip(&c, &r);
	assert_true(back->process.capabilities.effective == CAPABILITIES_ALL);
	assert_true(back->process.capabilities.ambient == 0);
	config_free(back);
}

static void namespaces_and_names(void **state)
{
	struct config_idmap uid[] = {{0, 1000, 1}, {1, 100000, 65536}}, gid = {0, 5, 7};
	struct config_pair annotations[] = {{"k", ""}, {"a\"b", "x\ty"}};
	struct oci_resolved r;
	struct config c, *back;

	(void)state;
	minimal(&c, &r);
	c.hostname = "h";
	c.domainname = "d";
	c.cgroup_path = "mini-run/a";
	for (int kind = 0; kind < NS_KINDS; kind++)
		c.ns[kind].mode = NS_NEW;
	c.ns[NS_NETWORK] = (struct config_ns){NS_JOIN, "/run/netns/x"};
	c.idmaps = (struct config_idmaps){uid, &gid, 2, 1};
	c.time_offsets = true;
	c.time_monotonic = (struct config_time_offset){-1, 5};
	c.time_boottime = (struct config_time_offset){7, 0};
	c.masked_paths = c.readonly_paths = (struct config_strings){paths, 2};
	c.annotations = annotations;
	c.annotations_n = 2;
	back = round_trip(&c, &r);
	assert_string_equal(back->hostname, "h");
	assert_string_equal(back->domainname, "d");
	assert_string_equal(back->cgroup_path, "mini-run/a");
	for (int kind = 0; kind < NS_KINDS; kind++)
		assert_int_equal(back->ns[kind].mode, c.ns[kind].mode);
	assert_string_equal(back->ns[NS_NETWORK].path, "/run/netns/x");
	assert_int_equal(back->idmaps.uids, 2);
	assert_memory_equal(back->idmaps.uid, uid, sizeof(uid));
	assert_memory_equal(back->idmaps.gid, &gid, sizeof(gid));
	assert_true(back->time_offsets && back->time_monotonic.secs == -1 &&
		    back->time_monotonic.nanosecs == 5);
	assert_int_equal(back->time_boottime.secs, 7);
	same_strings(&back->masked_paths, paths);
	same_strings(&back->readonly_paths, paths);
	assert_int_equal(back->annotations_n, 2);
	assert_string_equal(back->annotations[1].key, "a\"b");
	assert_string_equal(back->annotations[1].value, "x\ty");
	config_free(back);
}

/* The lists of all_resources(). */
static void same_lists(const struct config_resources *a, const struct config_resources *b)
{
	assert_string_equal(b->cpuset_cpus, "0-1");
	assert_string_equal(b->cpuset_mems, "0");
	assert_true(b->devices_n >= 2); /* and the default devices behind them */
	for (size_t i = 0; i < 2; i++) {
		assert_true(b->devices[i].allow == a->devices[i].allow &&
			    b->devices[i].type == a->devices[i].type &&
			    b->devices[i].major == a->devices[i].major &&
			    b->devices[i].minor == a->devices[i].minor &&
			    b->devices[i].access == a->devices[i].access);
		assert_true(b->read_bps.v[i].rate == a->read_bps.v[i].rate &&
			    b->write_bps.v[i].minor == a->read_bps.v[i].minor &&
			    b->read_iops.v[i].major == 8 &&
			    b->write_iops.v[i].rate == a->read_bps.v[i].rate);
		assert_string_equal(b->hugepages[i].page_size, a->hugepages[i].page_size);
		assert_true(b->hugepages[i].limit == a->hugepages[i].limit);
		assert_string_equal(b->net_priorities[i].key, a->net_priorities[i].key);
		assert_string_equal(b->net_priorities[i].value, a->net_priorities[i].value);
		assert_string_equal(b->unified[i].key, a->unified[i].key);
		assert_string_equal(b->unified[i].value, a->unified[i].value);
	}
	assert_true(b->block_weights[0].weight.value == 10 && !b->block_weights[0].leaf_weight.set);
	assert_true(b->block_weights[1].leaf_weight.value == 20 && !b->block_weights[1].weight.set);
	assert_int_equal(b->rdma_n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(b->rdma[i].device, a->rdma[i].device);
		assert_true(b->rdma[i].handles.set == a->rdma[i].handles.set &&
			    b->rdma[i].handles.value == a->rdma[i].handles.value);
		assert_true(b->rdma[i].objects.set == a->rdma[i].objects.set &&
			    b->rdma[i].objects.value == a->rdma[i].objects.value);
	}
}

/* Every number, string and list of struct config_resources but the v2 weight of the command line. */
static void all_resources(void **state)
{
	struct config_device_rule rules[] = {{false, 'a', -1, -1, 7}, {true, 'c', 1, 3, DEVICE_READ}};
	struct config_block_weight weights[] = {{8, 0, NUMBER(10), {false, 0}},
						{8, 16, {false, 0}, NUMBER(20)}};
	struct config_throttle rates[] = {{8, 0, 1}, {8, 16, UINT64_MAX}};
	struct config_throttles list = {rates, 2};
	struct config_hugepage pages[] = {{"2MB", 5}, {"1GB", UINT64_MAX}};
	struct config_rdma rdma[] = {{"a", NUMBER(1), NUMBER(2)},
				     {"b", {false, 0}, NUMBER(3)},
				     {"c", NUMBER(4), {false, 0}}};
	struct config_pair pair[] = {{"eth0", "5"}, {"eth1", "6"}},
			   unified[] = {{"memory.high", "1"}, {"io.max", "8:0 rbps=1"}};
	struct oci_resolved r;
	struct config c, *back;
	struct config_resources *a = &c.resources;

	(void)state;
	minimal(&c, &r);
	*a = (struct config_resources){
		.memory = NUMBER(100),
		.memory_swap = NUMBER(200),
		.memory_reservation = NUMBER(50),
		.memory_kernel = NUMBER(-1),
		.memory_kernel_tcp = NUMBER(7),
		.memory_swappiness = NUMBER(0),
		.memory_disable_oom = NUMBER(1),
		.memory_use_hierarchy = NUMBER(0),
		.memory_check_before_update = NUMBER(1),
		.cpu_shares = NUMBER(512),
		.cpu_quota = NUMBER(5000),
		.cpu_period = NUMBER(10000),
		.cpu_burst = NUMBER(5),
		.cpu_idle = NUMBER(0),
		.cpu_rt_runtime = NUMBER(8),
		.cpu_rt_period = NUMBER(9),
		.pids = NUMBER(0),
		.block_weight = NUMBER(11),
		.block_leaf_weight = NUMBER(12),
		.net_class_id = NUMBER(0),
	};
	back = round_trip(&c, &r); /* the numbers */
	same_numbers(&back->resources, a);
	config_free(back);

	a->cpuset_cpus = "0-1";
	a->cpuset_mems = "0";
	a->devices = rules;
	a->devices_n = 2;
	a->block_weights = weights;
	a->block_weights_n = 2;
	a->read_bps = a->write_bps = a->read_iops = a->write_iops = list;
	a->hugepages = pages;
	a->hugepages_n = 2;
	a->rdma = rdma;
	a->rdma_n = 3;
	a->net_priorities = pair;
	a->net_priorities_n = 2;
	a->unified = unified;
	a->unified_n = 2;
	back = round_trip(&c, &r);
	same_lists(a, &back->resources);
	config_free(back);

	/* Each list alone: the commas and braces are then others. */
	*a = (struct config_resources){.write_iops = list};
	config_free(round_trip(&c, &r));
	*a = (struct config_resources){.block_weight = NUMBER(10)};
	config_free(round_trip(&c, &r));
	*a = (struct config_resources){.net_priorities = pair, .net_priorities_n = 1};
	config_free(round_trip(&c, &r));
}

static void state_of(const struct config *c, const char *status, int64_t pid, const char *expected)
{
	struct text t = {0};

	state_to_oci(c, status, pid, &t);
	assert_true(text_ok(&t));
	assert_string_equal(t.bytes, expected);
	text_end(&t);
}

static void sta1_sta2_sta5_states(void **state)
{
	struct config_pair annotations[] = {{"k", "v"}, {"l", "\""}};
	struct oci_resolved r;
	struct config c;

	(void)state;
	minimal(&c, &r);
	state_of(&c, "stopped", 0,
		 "{\"ociVersion\":\"1.3.0\",\"id\":\"a\",\"status\":\"stopped\",\"bundle\":\"\"}");
	c.oci_version = "1.0.2";
	c.bundle = "/b c";
	c.annotations = annotations;
	c.annotations_n = 2;
	state_of(&c, "creating", 4711,
		 "{\"ociVersion\":\"1.0.2\",\"id\":\"a\",\"status\":\"creating\",\"pid\":4711,"
		 "\"bundle\":\"/b c\","
		 "\"annotations\":{\"k\":\"v\",\"l\":\"\\\"\"}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least),
		cmocka_unit_test(process_and_root),
		cmocka_unit_test(namespaces_and_names),
		cmocka_unit_test(all_resources),
		cmocka_unit_test(sta1_sta2_sta5_states),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("to_oci", tests, NULL, NULL);
}
