/*
 * test_oci_linux.c - config/oci_linux.c: what each property of "linux" becomes, and what is said about wrong ones. Its
 * resources are in test_oci_resources.c.
 */
#include "oci_fixture.h"

/* ---- namespaces ---- */

static void ns1_ns2_ns5_kinds(void **state)
{
	static const struct {
		const char *name;
		enum config_ns_kind kind;
	} cases[] = {
		{"pid", NS_PID},   {"network", NS_NETWORK}, {"ipc", NS_IPC},   {"uts", NS_UTS},
		{"user", NS_USER}, {"cgroup", NS_CGROUP},   {"time", NS_TIME},
	};
	char piece[160];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config *c;

		snprintf(piece, sizeof(piece),
			 "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"%s\",\"path\":\"\"}]",
			 cases[i].name);
		c = good(BARE_LINUX, piece);
		for (int kind = 0; kind < NS_KINDS; kind++)
			assert_int_equal(c->ns[kind].mode,
					 kind == NS_MOUNT || kind == (int)cases[i].kind ? NS_NEW
											: NS_INHERIT);
		config_free(c);
	}
}

static void ns3_ns4_paths(void **state)
{
	static const struct bad cases[] = {
		{BARE_LINUX, "\"namespaces\":[{\"type\":\"pid\",\"path\":\"proc/1/ns/pid\"}]",
		 "linux.namespaces[0].path: proc/1/ns/pid: must be absolute"},
		{BARE_LINUX, "\"namespaces\":[{\"type\":\"pid\",\"path\":1}]",
		 "linux.namespaces[0].path: not a string"},
	};
	struct config *c = good(
		BARE_LINUX, "\"namespaces\":[{\"type\":\"mount\",\"path\":\"/proc/5/ns/mnt\"}]");

	(void)state;
	assert_int_equal(c->ns[NS_MOUNT].mode, NS_JOIN);
	assert_string_equal(c->ns[NS_MOUNT].path, "/proc/5/ns/mnt");
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void ns6_duplicate_namespaces(void **state)
{
	static const struct bad cases[] = {
		{BARE_LINUX, "\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\"}]",
		 "linux.namespaces[1].type: the namespace of this type is there twice"},
		{BARE_LINUX, "\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\",\"path\":\"/proc/1/ns/pid\"}]",
		 "linux.namespaces[1].type: the namespace of this type is there twice"},
	};

	(void)state;
	all_bad(cases, COUNT(cases));
}

static void ns7_unknown_namespaces(void **state)
{
	static const struct bad cases[] = {
		{BARE_LINUX, "\"namespaces\":[{\"type\":\"net\"}]",
		 "linux.namespaces[0].type: \"net\" is none of pid, network, mount, ipc, uts, "
		 "user, cgroup, time"},
		{BARE_LINUX, "\"namespaces\":[{\"type\":\"\"}]",
		 "linux.namespaces[0].type: \"\" is none of"},
		{BARE_LINUX, "\"namespaces\":[{\"path\":\"/a\"}]",
		 "linux.namespaces[0].type: missing"},
		{BARE_LINUX, "\"namespaces\":[\"pid\"]", "linux.namespaces[0]: not an object"},
		/* Nothing may be mounted on the host. */
		{BARE_LINUX, "\"namespaces\":[]", "a container needs a mount namespace of its own"},
	};

	(void)state;
	all_bad(cases, COUNT(cases));
}

#define NS_WITH_USER "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}]"
#define NS_JOIN_USER \
	"\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\",\"path\":\"/proc/9/ns/user\"}]"
#define MAP(inside, outside, size) \
	"[{\"containerID\":" #inside ",\"hostID\":" #outside ",\"size\":" #size "}]"

static void uid1_id_maps(void **state)
{
	static const struct bad cases[] = {
		{LINUX, "\"uidMappings\":" MAP(0, 1000, 1),
		 "linux.uidMappings: there is no user namespace"},
		{LINUX, "\"gidMappings\":" MAP(0, 1000, 1),
		 "linux.gidMappings: there is no user namespace"},
		{BARE_LINUX, NS_WITH_USER ",\"uidMappings\":[{\"hostID\":1,\"size\":1}]",
		 "linux.uidMappings[0].containerID: missing"},
		{BARE_LINUX, NS_WITH_USER ",\"uidMappings\":[{\"containerID\":1,\"size\":1}]",
		 "linux.uidMappings[0].hostID: missing"},
		{BARE_LINUX, NS_WITH_USER ",\"gidMappings\":[{\"containerID\":1,\"hostID\":1}]",
		 "linux.gidMappings[0].size: missing"},
		{BARE_LINUX, NS_WITH_USER ",\"uidMappings\":" MAP(0, 4294967296, 1),
		 "linux.uidMappings[0].hostID"},
		{BARE_LINUX, NS_WITH_USER ",\"uidMappings\":" MAP(0, 1, 0),
		 "uid map 0: its size is 0"},
	};
	struct config *c =
		good(BARE_LINUX, NS_WITH_USER
		     ",\"uidMappings\":" MAP(0, 1000, 32000) ",\"gidMappings\":" MAP(1, 2000, 5));

	(void)state;
	assert_int_equal(c->idmaps.uids, 1);
	assert_int_equal(c->idmaps.uid[0].outside, 1000);
	assert_int_equal(c->idmaps.gid[0].inside, 1);
	assert_int_equal(c->idmaps.gid[0].size, 5);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void uid1_without_maps_one_to_one(void **state)
{
	struct config *c = good(BARE_LINUX, NS_WITH_USER);

	(void)state;
	assert_int_equal(c->idmaps.uids, 1);
	assert_int_equal(c->idmaps.gids, 1);
	assert_true(c->idmaps.uid[0].inside == 0 && c->idmaps.uid[0].outside == 0);
	assert_true(c->idmaps.gid[0].size == UINT32_MAX);
	config_free(c);
	c = good(BARE_LINUX, NS_WITH_USER ",\"uidMappings\":" MAP(0, 1000, 3));
	assert_int_equal(c->idmaps.uid[0].size, 3);
	assert_true(c->idmaps.gids == 1 && c->idmaps.gid[0].size == UINT32_MAX);
	config_free(c);
	/* A namespace that is joined has its maps; what stands beside it is there for other runtimes. */
	c = good(BARE_LINUX,
		 NS_JOIN_USER ",\"uidMappings\":" MAP(0, 0, 1) ",\"gidMappings\":" MAP(0, 0, 1));
	assert_true(c->idmaps.uids == 0 && c->idmaps.gids == 0);
	config_free(c);
}

static void time1_offsets(void **state)
{
#define NS_WITH_TIME "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"time\"}]"
	static const struct bad cases[] = {
		{BARE_LINUX, NS_WITH_TIME ",\"timeOffsets\":{\"realtime\":{\"secs\":1}}",
		 "linux.timeOffsets.realtime: no clock of this name"},
		{BARE_LINUX, NS_WITH_TIME ",\"timeOffsets\":{\"boottime\":1}",
		 "linux.timeOffsets.boottime: not an object"},
		{BARE_LINUX, NS_WITH_TIME ",\"timeOffsets\":{\"boottime\":{\"nanosecs\":1000000000}}",
		 "linux.timeOffsets.boottime.nanosecs: 1000000000 is not between 0 and 999999999"},
		{BARE_LINUX, NS_WITH_TIME ",\"timeOffsets\":{\"boottime\":{\"secs\":1.5}}",
		 "linux.timeOffsets.boottime.secs: not an integer"},
		{LINUX, "\"timeOffsets\":{\"boottime\":{\"secs\":1}}",
		 "time offsets need a new time namespace"},
	};
	struct config *c =
		good(BARE_LINUX, NS_WITH_TIME
		     ",\"timeOffsets\":{\"monotonic\":{\"secs\":-5,\"nanosecs\":999999999},"
		     "\"boottime\":{\"secs\":9223372036854775807}}");

	(void)state;
	assert_true(c->time_offsets);
	assert_true(c->time_monotonic.secs == -5 && c->time_monotonic.nanosecs == 999999999);
	assert_true(c->time_boottime.secs == INT64_MAX && c->time_boottime.nanosecs == 0);
	config_free(c);
	config_free(good(LINUX, "\"timeOffsets\":{}"));
	all_bad(cases, COUNT(cases));
}

/* ---- devices ---- */

static void dev1_dev2_dev4_nodes(void **state)
{
	static const struct bad cases[] = {
		{LINUX, "\"devices\":[{\"type\":\"c\",\"major\":1,\"minor\":3}]",
		 "linux.devices[0].path: missing"},
		{LINUX, "\"devices\":[{\"path\":\"/a\"}]", "linux.devices[0].type: missing"},
		{LINUX, "\"devices\":[{\"path\":\"a\",\"type\":\"p\"}]",
		 "linux.devices[0].path: a: must be absolute"},
		{LINUX, "\"devices\":[{\"path\":\"/a\",\"type\":\"f\"}]",
		 "linux.devices[0].type: \"f\" is none of c, b, u, p"},
		{LINUX, "\"devices\":[{\"path\":\"/a\",\"type\":\"b\",\"minor\":3}]",
		 "linux.devices[0].major: missing"},
		{LINUX, "\"devices\":[{\"path\":\"/a\",\"type\":\"u\",\"major\":3}]",
		 "linux.devices[0].minor: missing"},
		{LINUX, "\"devices\":[{\"path\":\"/a\",\"type\":\"c\",\"major\":-1,\"minor\":3}]",
		 "linux.devices[0].major: -1"},
		{LINUX, "\"devices\":[{\"path\":\"/a\",\"type\":\"u\",\"major\":1,\"minor\":3,\"fileMode\":4096}]",
		 "linux.devices[0].fileMode: 4096 (octal 10000) is not"},
		{LINUX, "\"devices\":[{\"path\":\"/a\",\"type\":\"p\",\"uid\":4294967295}]",
		 "linux.devices[0].uid"},
		{LINUX, "\"devices\":[{\"path\":\"/a\",\"type\":\"p\",\"gid\":\"0\"}]",
		 "linux.devices[0].gid: not an integer"},
		{LINUX, "\"devices\":[{\"path\":\"/a\",\"type\":\"p\"},{\"path\":\"/a\",\"type\":\"c\",\"major\":1,\"minor\":3}]",
		 "device /a is there twice"},
	};
	struct config *c = good(
		LINUX,
		"\"devices\":[{\"path\":\"/dev/fuse\",\"type\":\"c\",\"major\":10,\"minor\":229,"
		"\"fileMode\":438,\"uid\":1,\"gid\":2},{\"path\":\"/tmp/p\",\"type\":\"p\"},"
		"{\"path\":\"/dev/b\",\"type\":\"b\",\"major\":8,\"minor\":0,\"fileMode\":0}]");

	(void)state;
	assert_int_equal(c->devices_n, 3);
	assert_true(c->devices[0].type == 'c' && c->devices[0].major == 10 &&
		    c->devices[0].minor == 229);
	number_is(&c->devices[0].mode, 0666);
	number_is(&c->devices[0].uid, 1);
	number_is(&c->devices[0].gid, 2);
	assert_false(c->devices[1].mode.set || c->devices[1].uid.set);
	number_is(&c->devices[2].mode, 0);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void dev4_type_bits_and_repeats(void **state)
{
	struct config *c = good(
		LINUX,
		"\"devices\":[{\"path\":\"/dev/fuse\",\"type\":\"c\",\"major\":10,\"minor\":229,"
		"\"fileMode\":8630},{\"path\":\"/dev//"
		"fuse\",\"type\":\"c\",\"major\":10,\"minor\":229,"
		"\"fileMode\":384}]");
	static const struct bad cases[] = {
		{LINUX, "\"devices\":[{\"path\":\"/a\",\"type\":\"b\",\"major\":8,\"minor\":0,\"fileMode\":8630}]",
		 "linux.devices[0].fileMode: 8630 (octal 20666) is not"},
	};

	(void)state;
	assert_int_equal(c->devices_n, 1);
	number_is(&c->devices[0].mode, 0600);
	config_free(c);
	c = good(LINUX, "\"devices\":[{\"path\":\"/"
			"a\",\"type\":\"b\",\"major\":8,\"minor\":0,\"fileMode\":25008}]");
	number_is(&c->devices[0].mode, 0660);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void net1_net2_devices(void **state)
{
#define NS_WITH_NET "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"network\"}]"
	static const struct bad cases[] = {
		{LINUX, "\"netDevices\":{\"eth0\":{}}", "network devices need a network namespace"},
		{BARE_LINUX, NS_WITH_NET ",\"netDevices\":{\"eth0\":{\"name\":23}}",
		 "linux.netDevices.eth0.name: not a string"},
		{BARE_LINUX, NS_WITH_NET ",\"netDevices\":{\"eth0\":{\"name\":\"a/b\"}}",
		 "network device a/b: not an"},
		{BARE_LINUX, NS_WITH_NET ",\"netDevices\":{\"eth0\":{\"name\":\"0123456789abcdef\"}}",
		 "not an interface's name"},
		/* The kernel refuses these behind the move, when the device has left. */
		{BARE_LINUX, NS_WITH_NET ",\"netDevices\":{\"eth0\":{\"name\":\"e%d%d\"}}",
		 "network device e%d%d: not an"},
		{BARE_LINUX, NS_WITH_NET ",\"netDevices\":{\"eth0\":{\"name\":\"e%s\"}}",
		 "network device e%s: not an"},
		{BARE_LINUX, NS_WITH_NET ",\"netDevices\":{\"eth0\":{\"name\":\"e%\"}}",
		 "network device e%: not an"},
		{BARE_LINUX, NS_WITH_NET ",\"netDevices\":{\"a b\":{}}", "network device a b: not an"},
		{BARE_LINUX, NS_WITH_NET ",\"netDevices\":[]", "linux.netDevices: not an object"},
	};
	struct config *c = good(BARE_LINUX, NS_WITH_NET
				",\"netDevices\":{\"eth0\":{\"name\":\"c0\"},\"ens4\":{},"
				"\"ens5\":{\"name\":\"net%d\"}}");

	(void)state;
	assert_int_equal(c->net_devices_n, 3);
	assert_string_equal(c->net_devices[0].host_name, "eth0");
	assert_string_equal(c->net_devices[0].name, "c0");
	assert_null(c->net_devices[1].name);
	assert_string_equal(c->net_devices[2].name, "net%d");
	config_free(c);
	all_bad(cases, COUNT(cases));
}

/* ---- the rest of "linux" ---- */

static void cg1_cg2_cg3_cg4_paths(void **state)
{
	static const char *const taken[] = {"/a/b", "a", "system.slice:mini-run:x", ":mini-run:x"};
	static const struct bad cases[] = {
		{LINUX, "\"cgroupsPath\":\"../a\"", "cgroup path ../a: must not contain"},
		{LINUX, "\"cgroupsPath\":\"/\"", "names no cgroup"},
		{LINUX, "\"cgroupsPath\":1", "linux.cgroupsPath: not a string"},
	};
	char piece[80];
	struct config *c;

	(void)state;
	for (size_t i = 0; i < COUNT(taken); i++) {
		snprintf(piece, sizeof(piece), "\"cgroupsPath\":\"%s\"", taken[i]);
		c = good(LINUX, piece);
		assert_string_equal(c->cgroup_path, taken[i]);
		config_free(c);
	}
	c = good(LINUX, "\"cgroupsPath\":\"\"");
	assert_null(c->cgroup_path);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void sys1_sysctls(void **state)
{
	static const struct bad cases[] = {
		{LINUX, "\"sysctl\":{\"kernel.shmmax\":1}",
		 "linux.sysctl.kernel.shmmax: not a string"},
		{LINUX, "\"sysctl\":{\"\":\"1\"}", "linux.sysctl: a name in it is empty"},
		{LINUX, "\"sysctl\":{\"kernel.shmmax\":\"1\"}",
		 "sysctl kernel.shmmax: needs its own ipc namespace"},
		{LINUX, "\"sysctl\":{\"vm.swappiness\":\"1\"}",
		 "sysctl vm.swappiness: belongs to no namespace"},
	};
	struct config *c =
		good(BARE_LINUX, NS_WITH_NET ",\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"}");

	(void)state;
	assert_int_equal(c->sysctls_n, 1);
	assert_string_equal(c->sysctls[0].key, "net.ipv4.ip_forward");
	assert_string_equal(c->sysctls[0].value, "1");
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void per1_personality(void **state)
{
	static const struct bad cases[] = {
		{LINUX, "\"personality\":{}", "linux.personality.domain: missing"},
		{LINUX, "\"personality\":{\"domain\":\"BSD\"}",
		 "linux.personality.domain: \"BSD\" is none of LINUX, LINUX32"},
		{LINUX, "\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"ADDR_NO_RANDOMIZE\"]}",
		 "linux.personality.flags: no flag is supported"},
	};
	struct config *c = good(LINUX, "\"personality\":{\"domain\":\"LINUX32\",\"flags\":[]}");

	(void)state;
	assert_true(c->personality.set && c->personality.linux32);
	config_free(c);
	c = good(LINUX, "\"personality\":{\"domain\":\"LINUX\"}");
	assert_true(c->personality.set && !c->personality.linux32);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void mpol1_mpol2_mpol3(void **state)
{
	static const char *const taken[] = {
		"\"memoryPolicy\":{\"mode\":\"MPOL_DEFAULT\"}",
		"\"memoryPolicy\":{\"mode\":\"MPOL_LOCAL\",\"nodes\":\"\"}",
		"\"memoryPolicy\":{\"mode\":\"MPOL_PREFERRED\"}",
		"\"memoryPolicy\":{\"mode\":\"MPOL_PREFERRED\",\"nodes\":\"1\"}",
		"\"memoryPolicy\":{\"mode\":\"MPOL_PREFERRED_MANY\",\"nodes\":\"0\"}",
		"\"memoryPolicy\":{\"mode\":\"MPOL_INTERLEAVE\",\"nodes\":\"0\",\"flags\":[\"MPOL_"
		"F_RELATIVE_NODES\"]}",
		"\"memoryPolicy\":{\"mode\":\"MPOL_WEIGHTED_INTERLEAVE\",\"nodes\":\"0\",\"flags\":"
		"[\"MPOL_F_STATIC_NODES\"]}",
	};
	static const struct bad cases[] = {
		{LINUX, "\"memoryPolicy\":{\"nodes\":\"0\"}", "linux.memoryPolicy.mode: missing"},
		{LINUX, "\"memoryPolicy\":{\"mode\":\"BIND\"}",
		 "linux.memoryPolicy.mode: \"BIND\" is none of MPOL_DEFAULT"},
		{LINUX, "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\"}",
		 "linux.memoryPolicy.nodes: MPOL_BIND needs some"},
		{LINUX, "\"memoryPolicy\":{\"mode\":\"MPOL_LOCAL\",\"nodes\":\"0\"}",
		 "MPOL_LOCAL takes none"},
		{LINUX, "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"a\"}",
		 "linux.memoryPolicy.nodes: a"},
		{LINUX, "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\",\"flags\":[\"X\"]}",
		 "linux.memoryPolicy.flags[0]: \"X\" is none of MPOL_F_NUMA_BALANCING"},
	};
	struct config *c = good(
		LINUX, "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0-1,3\",\"flags\":"
		       "[\"MPOL_F_NUMA_BALANCING\"]}");

	(void)state;
	assert_true(c->memory_policy.set);
	assert_string_equal(c->memory_policy.mode, "MPOL_BIND");
	assert_string_equal(c->memory_policy.nodes, "0-1,3");
	assert_string_equal(c->memory_policy.flags.v[0], "MPOL_F_NUMA_BALANCING");
	config_free(c);
	all_good(LINUX, taken, COUNT(taken));
	all_bad(cases, COUNT(cases));
}

static void rdt3_to_rdt12_intel_rdt(void **state)
{
	static const struct bad cases[] = {
		{LINUX, "\"intelRdt\":{\"closID\":\"..\"}",
		 "linux.intelRdt.closID: \"..\" is not the name"},
		{LINUX, "\"intelRdt\":{\"closID\":\"a/b\"}",
		 "linux.intelRdt.closID: \"a/b\" is not the name"},
		{LINUX, "\"intelRdt\":{\"memBwSchema\":\"L3:0=f\"}",
		 "linux.intelRdt.memBwSchema: must be one line"},
		{LINUX, "\"intelRdt\":{\"memBwSchema\":\"MB:0=1\\nL3:0=f\"}",
		 "linux.intelRdt.memBwSchema: must be one line"},
		{LINUX, "\"intelRdt\":{\"schemata\":[\"L3:0=f\\nMB:0=1\"]}",
		 "linux.intelRdt.schemata[0]: has a line break"},
		{LINUX, "\"intelRdt\":{\"schemata\":\"L3:0=f\"}",
		 "linux.intelRdt.schemata: not an array"},
		{LINUX, "\"intelRdt\":{\"enableMonitoring\":1}",
		 "linux.intelRdt.enableMonitoring: not true or false"},
	};
	struct config *c =
		good(LINUX, "\"intelRdt\":{\"closID\":\"/"
			    "\",\"l3CacheSchema\":\"L3:0=f\",\"memBwSchema\":\"MB:0=20\","
			    "\"schemata\":[\"L2:0=1\"],\"enableMonitoring\":true}");

	(void)state;
	assert_true(c->intel_rdt.set && c->intel_rdt.enable_monitoring);
	assert_string_equal(c->intel_rdt.clos_id, "/");
	assert_string_equal(c->intel_rdt.l3_cache_schema, "L3:0=f");
	assert_string_equal(c->intel_rdt.mem_bw_schema, "MB:0=20");
	assert_string_equal(c->intel_rdt.schemata.v[0], "L2:0=1");
	config_free(c);
	c = good(LINUX, "\"intelRdt\":{}");
	assert_true(c->intel_rdt.set);
	assert_null(c->intel_rdt.clos_id);
	config_free(c);
	c = good(LINUX, "\"intelRdt\":null");
	assert_false(c->intel_rdt.set);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void sec1_seccomp(void **state)
{
	static const struct bad cases[] = {
		{LINUX, "\"seccomp\":{}", "linux.seccomp.defaultAction: missing"},
		{LINUX, "\"seccomp\":{\"defaultAction\":\"ALLOW\"}", "linux.seccomp.defaultAction"},
		{LINUX,
		 "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerMetadata\":\"x\"}",
		 "linux.seccomp.listenerMetadata: given without listenerPath"},
		{LINUX,
		 "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[],"
		 "\"action\":"
		 "\"SCMP_ACT_ERRNO\"}]}",
		 "linux.seccomp.syscalls[0].names"},
	};
	struct config *c = good(LINUX, "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\","
				       "\"syscalls\":[{\"names\":[\"getcwd\"],"
				       "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":5}]}");

	(void)state;
	assert_int_equal(c->seccomp.mode, SECCOMP_MODE_PROFILE);
	assert_int_equal(c->seccomp.rules_n, 1);
	config_free(c);
	c = good(LINUX, "\"cgroupsPath\":\"a\"");
	assert_int_equal(c->seccomp.mode, SECCOMP_MODE_UNCONFINED);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ns1_ns2_ns5_kinds),
		cmocka_unit_test(ns3_ns4_paths),
		cmocka_unit_test(ns6_duplicate_namespaces),
		cmocka_unit_test(ns7_unknown_namespaces),
		cmocka_unit_test(uid1_id_maps),
		cmocka_unit_test(uid1_without_maps_one_to_one),
		cmocka_unit_test(time1_offsets),
		cmocka_unit_test(dev1_dev2_dev4_nodes),
		cmocka_unit_test(dev4_type_bits_and_repeats),
		cmocka_unit_test(net1_net2_devices),
		cmocka_unit_test(cg1_cg2_cg3_cg4_paths),
		cmocka_unit_test(sys1_sysctls),
		cmocka_unit_test(per1_personality),
		cmocka_unit_test(mpol1_mpol2_mpol3),
		cmocka_unit_test(rdt3_to_rdt12_intel_rdt),
		cmocka_unit_test(sec1_seccomp),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("oci_linux", tests, NULL, NULL);
}
