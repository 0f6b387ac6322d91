/*
 * test_oci_process.c - config/oci_process.c: what each property of "process" becomes, and what is said about wrong ones.
 */
#include "oci_fixture.h"

#include "config/names.h"

/* ---- process ---- */

static void lif7_process_is_optional(void **state)
{
	struct config *c = good(WHOLE, "{" BASE "\"linux\":{" OWN "}}");

	(void)state;
	assert_false(c->has_process);
	config_free(c);
	c = good(PROCESS, "\"noNewPrivileges\":false");
	assert_true(c->has_process);
	config_free(c);
}

static void proc3_proc4_proc5_command(void **state)
{
	static const struct bad cases[] = {
		{WHOLE, "{" BASE "\"process\":1}", "process: not an object"},
		{WHOLE, "{" BASE "\"process\":{\"cwd\":\"/\"," USER_OK "}}", "process.args: missing"},
		{WHOLE, "{" BASE "\"process\":{\"args\":[],\"cwd\":\"/\"," USER_OK "}}",
		 "process.args: empty"},
		{WHOLE, "{" BASE "\"process\":{\"args\":[\"\"],\"cwd\":\"/\"," USER_OK "}}",
		 "process.args: empty"},
		{WHOLE, "{" BASE "\"process\":{\"args\":[1],\"cwd\":\"/\"," USER_OK "}}",
		 "process.args[0]: not a string"},
		{WHOLE, "{" BASE "\"process\":{\"args\":[\"sh\"]," USER_OK "}}",
		 "process.cwd: missing"},
		{WHOLE, "{" BASE "\"process\":{\"args\":[\"sh\"],\"cwd\":\"\"," USER_OK "}}",
		 "process.cwd: empty"},
		{WHOLE, "{" BASE "\"process\":{\"args\":[\"sh\"],\"cwd\":\"a\"," USER_OK "}}",
		 "process.cwd: a: must be absolute"},
		{PROCESS, "\"env\":[\"A=1\",\"B\"]", "process.env[1]: \"B\" is not NAME=VALUE"},
		{PROCESS, "\"env\":[\"=1\"]", "process.env[0]: \"=1\" is not NAME=VALUE"},
		{PROCESS, "\"env\":\"A=1\"", "process.env: not an array"},
	};
	struct config *c = good(PROCESS, "\"env\":[\"A=1\",\"B=\",\"A=2\"]");

	(void)state;
	assert_int_equal(c->process.args.n, 1);
	assert_string_equal(c->process.args.v[0], "sh");
	assert_string_equal(c->process.cwd, "/");
	assert_int_equal(c->process.env.n, 3);
	assert_string_equal(c->process.env.v[2], "A=2");
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void proc1_proc2_terminal(void **state)
{
	static const struct bad cases[] = {
		{PROCESS, "\"terminal\":1", "process.terminal: not true or false"},
		{PROCESS, "\"terminal\":true,\"consoleSize\":{\"height\":-1,\"width\":1}",
		 "process.consoleSize.height"},
		{PROCESS, "\"terminal\":true,\"consoleSize\":{\"height\":1,\"width\":65536}",
		 "process.consoleSize.width"},
		{PROCESS, "\"terminal\":true,\"consoleSize\":{\"height\":1}",
		 "process.consoleSize.width: missing"},
	};
	struct config *c =
		good(PROCESS, "\"consoleSize\":{\"width\":80,\"height\":25},\"terminal\":true");

	(void)state;
	assert_true(c->process.terminal);
	assert_int_equal(c->process.console_height, 25);
	assert_int_equal(c->process.console_width, 80);
	config_free(c);
	c = good(PROCESS, "\"consoleSize\":\"whatever\",\"terminal\":false");
	assert_int_equal(c->process.console_height, 0);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void proc6_proc7_proc8_user(void **state)
{
	static const struct bad cases[] = {
		{USER, "\"gid\":0", "process.user.uid: missing"},
		{USER, "\"uid\":0", "process.user.gid: missing"},
		{USER, "\"uid\":4294967295,\"gid\":0",
		 "process.user.uid: 4294967295 is not between 0 and 4294967294"},
		{USER, "\"uid\":0,\"gid\":-1", "process.user.gid: -1 is not between"},
		{USER, "\"uid\":0,\"gid\":0,\"umask\":512",
		 "process.user.umask: 512 is not between 0 and 511"},
		{USER, "\"uid\":0,\"gid\":0,\"additionalGids\":[4294967295]",
		 "process.user.additionalGids[0]"},
		{USER, "\"uid\":0,\"gid\":0,\"additionalGids\":[\"a\"]",
		 "process.user.additionalGids[0]: not an integer"},
	};
	struct config *c = good(
		USER,
		"\"uid\":4294967294,\"gid\":7,\"umask\":18,\"additionalGids\":[5,0,4294967294]");
	const struct config_user *u = &c->process.user;

	(void)state;
	assert_null(u->spec);
	assert_int_equal(u->uid, 4294967294U);
	assert_int_equal(u->gid, 7);
	number_is(&u->umask, 022);
	assert_int_equal(u->groups_n, 3);
	assert_int_equal(u->groups[2], 4294967294U);
	config_free(c);
	c = good(USER, "\"uid\":0,\"gid\":0");
	assert_false(c->process.user.umask.set);
	config_free(c);
	/* Without any it is root, as every runtime takes it. */
	c = good(WHOLE,
		 "{" BASE "\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\"},\"linux\":{" OWN "}}");
	assert_int_equal(c->process.user.uid, 0);
	assert_int_equal(c->process.user.gid, 0);
	assert_false(c->process.user.umask.set);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void rlim1_rlim2_rlim3_rlim4(void **state)
{
	static const char *const names[] = {
		"AS",	"CORE",	  "CPU",   "DATA", "FSIZE",  "LOCKS",  "MEMLOCK",    "MSGQUEUE",
		"NICE", "NOFILE", "NPROC", "RSS",  "RTPRIO", "RTTIME", "SIGPENDING", "STACK"};
#define LIMIT(type) "{\"type\":\"" type "\",\"soft\":1,\"hard\":2}"
	static const struct bad cases[] = {
		{PROCESS, "\"rlimits\":[{\"soft\":1,\"hard\":2}]", "process.rlimits[0].type: missing"},
		{PROCESS, "\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"hard\":2}]",
		 "process.rlimits[0].soft: missing"},
		{PROCESS, "\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":2}]",
		 "process.rlimits[0].hard: missing"},
		{PROCESS, "\"rlimits\":[" LIMIT("RLIMIT_FILES") "]",
		 "process.rlimits[0].type: RLIMIT_FILES: there is none"},
		{PROCESS, "\"rlimits\":[" LIMIT("nofile") "]",
		 "process.rlimits[0].type: nofile: there is none"},
		{PROCESS, "\"rlimits\":[" LIMIT("RLIMIT_CPU") "," LIMIT("RLIMIT_CPU") "]",
		 "process.rlimits[1].type: RLIMIT_CPU is there twice"},
		{PROCESS, "\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":3,\"hard\":2}]",
		 "process.rlimits[0].soft: 3 is above the hard limit, 2"},
		{PROCESS, "\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":-1,\"hard\":2}]",
		 "process.rlimits[0].soft"},
	};
	char piece[120];
	struct config *c;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(piece,
			 sizeof(piece), "\"rlimits\":[{\"type\":\"RLIMIT_%s\",\"soft\":0,\"hard\":18446744073709551615}]",
			 names[i]);
		c = good(PROCESS, piece);
		assert_int_equal(c->process.rlimits_n, 1);
		assert_string_equal(c->process.rlimits[0].type + strlen("RLIMIT_"), names[i]);
		assert_true(c->process.rlimits[0].hard == UINT64_MAX);
		config_free(c);
	}
	all_bad(cases, COUNT(cases));
}

static void cap1_cap3_sets(void **state)
{
	static const struct bad cases[] = {
		{PROCESS, "\"capabilities\":[]", "process.capabilities: not an object"},
		{PROCESS, "\"capabilities\":{\"bounding\":[1]}",
		 "process.capabilities.bounding[0]: not a string"},
		{PROCESS, "\"capabilities\":{\"effective\":[\"CAP_KILL\"]}",
		 "process.capabilities.effective: CAP_KILL is not among the permitted ones"},
		{PROCESS, "\"noNewPrivileges\":\"true\"",
		 "process.noNewPrivileges: not true or false"},
	};
	struct config *c =
		good(PROCESS,
		     "\"noNewPrivileges\":true,\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_"
		     "KILL\"],"
		     "\"permitted\":[\"CAP_CHOWN\",\"CAP_CHOWN\"],\"effective\":[\"CAP_CHOWN\"],"
		     "\"inheritable\":[\"CAP_CHOWN\"],\"ambient\":[\"CAP_CHOWN\"]}");
	const struct config_capabilities *s = &c->process.capabilities;

	(void)state;
	assert_true(c->process.no_new_privs);
	assert_true(c->process.has_capabilities);
	assert_true(s->bounding == (CAPABILITY_BIT(0) | CAPABILITY_BIT(5)));
	assert_true(s->permitted == 1 && s->effective == 1 && s->inheritable == 1 && s->ambient == 1);
	assert_int_equal(c->process.unknown_capabilities.n, 0);
	config_free(c);
	c = good(PROCESS, "\"terminal\":false"); /* none given: none kept */
	assert_true(c->process.has_capabilities);
	assert_true(c->process.capabilities.bounding == 0);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void cap2_what_cannot_be_is_noted(void **state)
{
	struct config *c = good(PROCESS, "\"capabilities\":{\"bounding\":[\"CAP_NEW\",\"CAP_KILL\"]"
					 ",\"permitted\":[\"CAP_NEW\","
					 "\"CAP_KILL\",\"\"],\"ambient\":[\"CAP_KILL\"]}");
	const struct config_process *p = &c->process;

	(void)state;
	assert_true(p->capabilities.bounding == CAPABILITY_BIT(5));
	assert_true(p->capabilities.ambient == 0);
	assert_int_equal(p->unknown_capabilities.n, 3);
	assert_string_equal(p->unknown_capabilities.v[0], "CAP_NEW");
	assert_string_equal(p->unknown_capabilities.v[1], "");
	assert_string_equal(p->unknown_capabilities.v[2],
			    "CAP_KILL (as an ambient one: it is not permitted and inheritable)");
	config_free(c);
}

static void lsm1_lsm2_oom1(void **state)
{
	static const struct bad cases[] = {
		{PROCESS, "\"oomScoreAdj\":1001",
		 "process.oomScoreAdj: 1001 is not between -1000 and 1000"},
		{PROCESS, "\"apparmorProfile\":1", "process.apparmorProfile: not a string"},
		{PROCESS, "\"selinuxLabel\":1", "process.selinuxLabel: not a string"},
	};
	struct config *c =
		good(PROCESS, "\"apparmorProfile\":\"p\",\"selinuxLabel\":\"l\",\"oomScoreAdj\":0");

	(void)state;
	assert_string_equal(c->process.apparmor_profile, "p");
	assert_string_equal(c->process.selinux_label, "l");
	number_is(&c->process.oom_score_adj, 0);
	config_free(c);
	c = good(PROCESS, "\"apparmorProfile\":\"\",\"selinuxLabel\":\"\"");
	assert_null(c->process.apparmor_profile);
	assert_null(c->process.selinux_label);
	assert_false(c->process.oom_score_adj.set);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void sch1_sch2_sch3_scheduler(void **state)
{
	static const char *const taken[] = {
		"\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":-20}",
		"\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"priority\":99}",
		"\"scheduler\":{\"policy\":\"SCHED_RR\",\"priority\":1}",
		"\"scheduler\":{\"policy\":\"SCHED_BATCH\"}",
		"\"scheduler\":{\"policy\":\"SCHED_ISO\"}",
		"\"scheduler\":{\"policy\":\"SCHED_IDLE\"}",
		"\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"flags\":[\"SCHED_FLAG_RECLAIM\","
		"\"SCHED_FLAG_DL_OVERRUN\","
		"\"SCHED_FLAG_KEEP_POLICY\",\"SCHED_FLAG_KEEP_PARAMS\",\"SCHED_FLAG_UTIL_CLAMP_"
		"MIN\","
		"\"SCHED_FLAG_UTIL_CLAMP_MAX\"]}",
	};
	static const struct bad cases[] = {
		{PROCESS, "\"scheduler\":{}", "process.scheduler.policy: missing"},
		{PROCESS, "\"scheduler\":{\"policy\":\"FIFO\"}",
		 "process.scheduler.policy: \"FIFO\" is none of SCHED_OTHER"},
		{PROCESS, "\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":20}",
		 "process.scheduler.nice: 20"},
		{PROCESS, "\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"priority\":1}",
		 "process.scheduler.priority: only"},
		{PROCESS, "\"scheduler\":{\"policy\":\"SCHED_FIFO\"}",
		 "process.scheduler.priority: 0 is not between 1"},
		{PROCESS, "\"scheduler\":{\"policy\":\"SCHED_IDLE\",\"period\":1}",
		 "process.scheduler.period: only"},
		{PROCESS, "\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"flags\":[\"X\"]}",
		 "process.scheduler.flags[0]: \"X\" is none of SCHED_FLAG_RESET_ON_FORK"},
	};
	struct config *c =
		good(PROCESS,
		     "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":10,\"deadline\":20,"
		     "\"period\":18446744073709551615,\"flags\":[\"SCHED_FLAG_RESET_ON_FORK\"]}");
	const struct config_scheduler *s = &c->process.scheduler;

	(void)state;
	assert_true(s->set);
	assert_string_equal(s->policy, "SCHED_DEADLINE");
	assert_true(s->runtime_ns == 10 && s->deadline_ns == 20 && s->period_ns == UINT64_MAX);
	assert_int_equal(s->nice, 0);
	assert_int_equal(s->flags.n, 1);
	config_free(c);
	all_good(PROCESS, taken, COUNT(taken));
	all_bad(cases, COUNT(cases));
}

static void iop1_aff1(void **state)
{
	static const struct bad cases[] = {
		{PROCESS, "\"ioPriority\":{\"priority\":1}", "process.ioPriority.class: missing"},
		{PROCESS, "\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\"}",
		 "process.ioPriority.priority: missing"},
		{PROCESS, "\"ioPriority\":{\"class\":\"BE\",\"priority\":1}",
		 "process.ioPriority.class: \"BE\" is none of"},
		{PROCESS, "\"ioPriority\":{\"class\":\"IOPRIO_CLASS_RT\",\"priority\":8}",
		 "8 is not between 0 and 7"},
		{PROCESS, "\"execCPUAffinity\":{\"initial\":\"0,\"}",
		 "process.execCPUAffinity.initial: 0,"},
		{PROCESS, "\"execCPUAffinity\":{\"final\":1}",
		 "process.execCPUAffinity.final: not a string"},
	};
	struct config *c =
		good(PROCESS, "\"ioPriority\":{\"class\":\"IOPRIO_CLASS_IDLE\",\"priority\":7},"
			      "\"execCPUAffinity\":{\"initial\":\"0-1,3\",\"final\":\"\"}");

	(void)state;
	assert_true(c->process.io_priority.set);
	assert_string_equal(c->process.io_priority.class, "IOPRIO_CLASS_IDLE");
	assert_int_equal(c->process.io_priority.priority, 7);
	assert_string_equal(c->process.affinity_initial, "0-1,3");
	assert_null(c->process.affinity_final);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lif7_process_is_optional),
		cmocka_unit_test(proc3_proc4_proc5_command),
		cmocka_unit_test(proc1_proc2_terminal),
		cmocka_unit_test(proc6_proc7_proc8_user),
		cmocka_unit_test(rlim1_rlim2_rlim3_rlim4),
		cmocka_unit_test(cap1_cap3_sets),
		cmocka_unit_test(cap2_what_cannot_be_is_noted),
		cmocka_unit_test(lsm1_lsm2_oom1),
		cmocka_unit_test(sch1_sch2_sch3_scheduler),
		cmocka_unit_test(iop1_aff1),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("oci_process", tests, NULL, NULL);
}
