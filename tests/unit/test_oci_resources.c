/*
 * test_oci_resources.c - config/oci_resources.c: limits, and what is said about wrong ones.
 */
#include "oci_fixture.h"

static void mem1_to_mem8_memory(void **state)
{
	static const struct bad cases[] = {
		{RESOURCES, "\"memory\":{\"limit\":-2}",
		 "linux.resources.memory.limit: -2 is not between -1"},
		{RESOURCES, "\"memory\":{\"limit\":9223372036854775808}",
		 "linux.resources.memory.limit"},
		{RESOURCES, "\"memory\":{\"swappiness\":101}",
		 "linux.resources.memory.swappiness: 101 is not between 0 and 100"},
		{RESOURCES, "\"memory\":{\"disableOOMKiller\":1}",
		 "linux.resources.memory.disableOOMKiller: not true or false"},
		{RESOURCES, "\"memory\":{\"limit\":10,\"swap\":9}",
		 "linux.resources.memory.swap 9: less than memory, 10"},
		{RESOURCES, "\"memory\":{\"swap\":9}",
		 "linux.resources.memory.swap needs a memory limit"},
	};
	struct config *c = good(
		RESOURCES,
		"\"memory\":{\"limit\":100,\"swap\":200,\"reservation\":300,\"kernel\":-1,"
		"\"kernelTCP\":5,\"swappiness\":0,\"disableOOMKiller\":false,\"useHierarchy\":true,"
		"\"checkBeforeUpdate\":true}");
	const struct config_resources *r = &c->resources;

	(void)state;
	number_is(&r->memory, 100);
	number_is(&r->memory_swap, 200);
	number_is(&r->memory_reservation, 300);
	number_is(&r->memory_kernel, -1);
	number_is(&r->memory_kernel_tcp, 5);
	number_is(&r->memory_swappiness, 0);
	number_is(&r->memory_disable_oom, 0);
	number_is(&r->memory_use_hierarchy, 1);
	number_is(&r->memory_check_before_update, 1);
	config_free(c);
	c = good(RESOURCES, "\"memory\":{\"limit\":-1,\"swap\":-1}");
	number_is(&c->resources.memory, -1);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void cpu1_to_cpu6_cpu(void **state)
{
	static const struct bad cases[] = {
		{RESOURCES, "\"cpu\":{\"shares\":-1}",
		 "linux.resources.cpu.shares: -1 is not between 0"},
		{RESOURCES, "\"cpu\":{\"shares\":1}",
		 "linux.resources.cpu.shares 1: not from 2 to 262144"},
		{RESOURCES, "\"cpu\":{\"idle\":2}",
		 "linux.resources.cpu.idle: 2 is not between 0 and 1"},
		{RESOURCES, "\"cpu\":{\"quota\":999}",
		 "linux.resources.cpu.quota 999: less than 1000"},
		{RESOURCES, "\"cpu\":{\"period\":999}",
		 "linux.resources.cpu.period 999: not from 1000"},
		{RESOURCES, "\"cpu\":{\"quota\":1000,\"burst\":1001}",
		 "linux.resources.cpu.burst 1001: more than the quota, 1000"},
		{RESOURCES, "\"cpu\":{\"burst\":5}",
		 "linux.resources.cpu.burst 5: needs a quota beside it"},
		{RESOURCES, "\"cpu\":{\"quota\":-1,\"burst\":5}",
		 "linux.resources.cpu.burst 5: needs a quota beside it"},
		{RESOURCES, "\"cpu\":{\"burst\":-1}",
		 "linux.resources.cpu.burst: -1 is not between 0"},
		{RESOURCES, "\"cpu\":{\"cpus\":\"3-1\"}", "linux.resources.cpu.cpus: 3-1"},
		{RESOURCES, "\"cpu\":{\"mems\":\"a\"}", "linux.resources.cpu.mems: a"},
		{RESOURCES, "\"cpu\":{\"mems\":0}", "linux.resources.cpu.mems: not a string"},
	};
	struct config *c =
		good(RESOURCES,
		     "\"cpu\":{\"shares\":1024,\"quota\":50000,\"burst\":50000,\"period\":100000,"
		     "\"realtimeRuntime\":950000,\"realtimePeriod\":1000000,\"cpus\":\"2-3\","
		     "\"mems\":\"0-7,9\",\"idle\":0}");
	const struct config_resources *r = &c->resources;

	(void)state;
	number_is(&r->cpu_shares, 1024);
	number_is(&r->cpu_quota, 50000);
	number_is(&r->cpu_burst, 50000);
	number_is(&r->cpu_period, 100000);
	number_is(&r->cpu_rt_runtime, 950000);
	number_is(&r->cpu_rt_period, 1000000);
	number_is(&r->cpu_idle, 0);
	assert_string_equal(r->cpuset_cpus, "2-3");
	assert_string_equal(r->cpuset_mems, "0-7,9");
	config_free(c);
	c = good(RESOURCES, "\"cpu\":{\"quota\":-1,\"burst\":0,\"cpus\":\"\"}");
	number_is(&c->resources.cpu_quota, -1);
	assert_null(c->resources.cpuset_cpus);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

/* What engines send for "not set". */
static void zeros_say_nothing(void **state)
{
	struct config *c = good(
		RESOURCES,
		"\"memory\":{\"limit\":0,\"swap\":0,\"reservation\":0,\"kernel\":0,\"kernelTCP\":0}"
		","
		"\"cpu\":{\"shares\":0,\"quota\":0,\"period\":0,\"burst\":0,\"realtimeRuntime\":0,"
		"\"realtimePeriod\":0},\"blockIO\":{\"weight\":0,\"leafWeight\":0}");
	const struct config_resources *r = &c->resources;
	const struct config_number *const numbers[] = {
		&r->memory,
		&r->memory_swap,
		&r->memory_reservation,
		&r->memory_kernel,
		&r->memory_kernel_tcp,
		&r->cpu_shares,
		&r->cpu_quota,
		&r->cpu_period,
		&r->cpu_burst,
		&r->cpu_rt_runtime,
		&r->cpu_rt_period,
		&r->block_weight,
		&r->block_leaf_weight,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++)
		assert_false(numbers[i]->set);
	config_free(c);
}

static void pids1_limit(void **state)
{
	static const struct {
		const char *piece;
		bool set;
		int64_t value;
	} cases[] = {
		{"\"pids\":{\"limit\":0}", true, 0},
		{"\"pids\":{\"limit\":-1}", true, -1},
		{"\"pids\":{\"limit\":32771}", true, 32771},
		{"\"pids\":{}", false, 0},
	};
	static const struct bad wrong[] = {
		{RESOURCES, "\"pids\":{\"limit\":-2}",
		 "linux.resources.pids.limit: -2 is not between -1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config *c = good(RESOURCES, cases[i].piece);

		assert_int_equal(c->resources.pids.set, cases[i].set);
		assert_true(c->resources.pids.value == cases[i].value);
		config_free(c);
	}
	all_bad(wrong, COUNT(wrong));
}

static void io1_io2_io3_block(void **state)
{
	static const struct bad cases[] = {
		{RESOURCES, "\"blockIO\":{\"weight\":9}",
		 "linux.resources.blockIO.weight 9: not from 10 to 1000"},
		{RESOURCES, "\"blockIO\":{\"weight\":1001}", "linux.resources.blockIO.weight: 1001"},
		{RESOURCES, "\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0}]}",
		 "linux.resources.blockIO.weightDevice[0]: neither weight nor leafWeight"},
		{RESOURCES, "\"blockIO\":{\"weightDevice\":[{\"major\":8,\"weight\":10}]}",
		 "linux.resources.blockIO.weightDevice[0].minor: missing"},
		{RESOURCES, "\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0}]}",
		 "linux.resources.blockIO.throttleReadBpsDevice[0].rate: missing"},
		{RESOURCES, "\"blockIO\":{\"throttleWriteIOPSDevice\":[{\"minor\":0,\"rate\":1}]}",
		 "linux.resources.blockIO.throttleWriteIOPSDevice[0].major: missing"},
		{RESOURCES,
		 "\"blockIO\":{\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":-1}]}",
		 "linux.resources.blockIO.throttleReadIOPSDevice[0].rate"},
	};
#define RATE(n) "[{\"major\":8,\"minor\":" #n ",\"rate\":" #n "}]"
	struct config *c = good(
		RESOURCES,
		"\"blockIO\":{\"weight\":10,\"leafWeight\":1000,\"weightDevice\":[{\"major\":8,"
		"\"minor\":0,\"weight\":500,\"leafWeight\":300},{\"major\":8,\"minor\":16,"
		"\"leafWeight\":10}],\"throttleReadBpsDevice\":" RATE(
			1) ",\"throttleWriteBpsDevice\":" RATE(2) ",\"throttleReadIOPSDevice\""
								  ":" RATE(3) ",\"throttleWriteIOPS"
									      "Device\":" RATE(4) "}");
	const struct config_resources *r = &c->resources;

	(void)state;
	number_is(&r->block_weight, 10);
	number_is(&r->block_leaf_weight, 1000);
	assert_int_equal(r->block_weights_n, 2);
	number_is(&r->block_weights[0].weight, 500);
	assert_false(r->block_weights[1].weight.set);
	assert_true(r->read_bps.n == 1 && r->read_bps.v[0].rate == 1 && r->read_bps.v[0].minor == 1);
	assert_true(r->write_bps.v[0].rate == 2 && r->read_iops.v[0].rate == 3 &&
		    r->write_iops.v[0].rate == 4);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void hug1_rdma1_cls1(void **state)
{
	static const struct bad cases[] = {
		{RESOURCES, "\"hugepageLimits\":[{\"limit\":1}]",
		 "linux.resources.hugepageLimits[0].pageSize: missing"},
		{RESOURCES, "\"hugepageLimits\":[{\"pageSize\":\"2MB\"}]",
		 "linux.resources.hugepageLimits[0].limit: missing"},
		{RESOURCES, "\"hugepageLimits\":[{\"pageSize\":\"2MiB\",\"limit\":1}]",
		 "2MiB: not like 64KB, 2MB or 1GB"},
		{RESOURCES, "\"hugepageLimits\":[{\"pageSize\":\"64kB\",\"limit\":1}]",
		 "64kB: not like 64KB, 2MB or 1GB"},
		{RESOURCES, "\"rdma\":{\"mlx\":{}}",
		 "linux.resources.rdma.mlx: neither hcaHandles nor hcaObjects"},
		{RESOURCES, "\"rdma\":{\"mlx\":{\"hcaHandles\":4294967296}}",
		 "linux.resources.rdma.mlx.hcaHandles"},
		{RESOURCES, "\"rdma\":{\"m x\":{\"hcaHandles\":1}}",
		 "rdma: a device needs a name without blanks"},
		{RESOURCES, "\"network\":{\"classID\":4294967296}", "linux.resources.network.classID"},
		{RESOURCES, "\"network\":{\"priorities\":[{\"name\":\"eth0\"}]}",
		 "linux.resources.network.priorities[0].priority: missing"},
		{RESOURCES, "\"network\":{\"priorities\":[{\"name\":\"\",\"priority\":1}]}",
		 "\"\" is no interface's name"},
	};
	struct config *c = good(
		RESOURCES,
		"\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":9223372036854772000},{"
		"\"pageSize\":"
		"\"64KB\",\"limit\":0}],\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3},\"rxe3\":{"
		"\"hcaObjects\":"
		"4294967295}},\"network\":{\"classID\":1048577,\"priorities\":[{\"name\":\"eth0\","
		"\"priority\":500}]}");
	const struct config_resources *r = &c->resources;

	(void)state;
	assert_int_equal(r->hugepages_n, 2);
	assert_string_equal(r->hugepages[0].page_size, "2MB");
	assert_true(r->hugepages[0].limit == UINT64_C(9223372036854772000));
	assert_string_equal(r->rdma[0].device, "mlx5_1");
	number_is(&r->rdma[0].handles, 3);
	assert_false(r->rdma[0].objects.set);
	number_is(&r->rdma[1].objects, UINT32_MAX);
	number_is(&r->net_class_id, 1048577);
	assert_string_equal(r->net_priorities[0].key, "eth0");
	assert_string_equal(r->net_priorities[0].value, "500");
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void cg8_device_rules(void **state)
{
	static const struct bad cases[] = {
		{RESOURCES, "\"devices\":[{\"access\":\"rwm\"}]",
		 "linux.resources.devices[0].allow: missing"},
		{RESOURCES, "\"devices\":[{\"allow\":1}]",
		 "linux.resources.devices[0].allow: not true or false"},
		{RESOURCES, "\"devices\":[{\"allow\":true,\"type\":\"u\"}]",
		 "linux.resources.devices[0].type: \"u\" is none of"},
		{RESOURCES, "\"devices\":[{\"allow\":true,\"access\":\"rx\"}]",
		 "linux.resources.devices[0].access: \"rx\" is not of the letters r, w and m"},
		{RESOURCES, "\"devices\":[{\"allow\":true,\"major\":-2}]",
		 "linux.resources.devices[0].major: -2"},
	};
	struct config *c = good(
		RESOURCES, "\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,"
			   "\"type\":\"c\",\"major\":"
			   "10,\"minor\":229,\"access\":\"rw\"},{\"allow\":true,\"type\":\"b\","
			   "\"major\":8,\"minor\":"
			   "-1,\"access\":\"m\"},{\"allow\":true,\"type\":\"\",\"access\":\"\"}]");
	const struct config_device_rule *d = c->resources.devices;

	(void)state;
	assert_true(c->resources.devices_n > 4);
	assert_true(!d[0].allow && d[0].type == 'a' && d[0].major == -1 && d[0].minor == -1 &&
		    d[0].access == 7);
	assert_true(d[1].allow && d[1].type == 'c' && d[1].minor == 229 &&
		    d[1].access == (DEVICE_READ | DEVICE_WRITE));
	assert_true(d[2].type == 'b' && d[2].major == 8 && d[2].minor == -1 &&
		    d[2].access == DEVICE_MKNOD);
	assert_true(d[3].type == 'a' && d[3].access == 7);
	/* Behind them those of the default devices, which no configuration has to name. */
	d += c->resources.devices_n - 1;
	assert_true(d->allow && d->type == 'c' && d->major == 136 && d->minor == -1 && d->access == 7);
	config_free(c);
	c = good(TOP, "\"annotations\":{}");
	d = c->resources.devices;
	assert_true(c->resources.devices_n > 3 && d[2].allow && d[2].major == 1 &&
		    d[2].minor == 3); /* null */
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void uni1_uni3_unified(void **state)
{
	static const struct bad cases[] = {
		{RESOURCES, "\"unified\":{\"a/memory.max\":\"1\"}",
		 "linux.resources.unified: a/memory.max: names one file"},
		{RESOURCES, "\"unified\":{\"\":\"1\"}",
		 "linux.resources.unified: a name in it is empty"},
		{RESOURCES, "\"unified\":{\"memory.max\":1}",
		 "linux.resources.unified.memory.max: not a string"},
		{RESOURCES, "\"unified\":{\"cgroup.procs\":\"1\"}",
		 "linux.resources.unified: cgroup.procs: mini-run writes"},
		{RESOURCES, "\"unified\":{\"memory\":\"1\"}",
		 "linux.resources.unified: memory: not a file of a cgroup"},
	};
	struct config *c = good(
		RESOURCES, "\"unified\":{\"memory.high\":\"1073741824\",\"unknown.file\":\"\"}");

	(void)state;
	assert_int_equal(c->resources.unified_n, 2);
	assert_string_equal(c->resources.unified[0].key, "memory.high");
	assert_string_equal(c->resources.unified[1].value, "");
	config_free(c);
	all_bad(cases, COUNT(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mem1_to_mem8_memory), cmocka_unit_test(cpu1_to_cpu6_cpu),
		cmocka_unit_test(zeros_say_nothing),   cmocka_unit_test(pids1_limit),
		cmocka_unit_test(io1_io2_io3_block),   cmocka_unit_test(hug1_rdma1_cls1),
		cmocka_unit_test(cg8_device_rules),    cmocka_unit_test(uni1_uni3_unified),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("oci_resources", tests, NULL, NULL);
}
