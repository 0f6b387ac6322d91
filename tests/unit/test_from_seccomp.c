/*
 * test_from_seccomp.c - config/from_seccomp.c: profiles in both forms, and what is said about wrong ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "config/from_seccomp.h"
#include "config/names.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#if defined(__aarch64__)
#define ENGINE_ARCH "arm64"
#define OTHER_ARCH  "amd64"
#define NATIVE_ARCH "SCMP_ARCH_AARCH64"
#define SUB_ARCH    "SCMP_ARCH_ARM"
#else
#define ENGINE_ARCH "amd64"
#define OTHER_ARCH  "arm64"
#define NATIVE_ARCH "SCMP_ARCH_X86_64"
#define SUB_ARCH    "SCMP_ARCH_X86"
#endif

static struct config *read_profile(const char *text, uint64_t caps)
{
	struct seccomp_host host = {.caps = caps, .kernel = "5.14.0-any"};
	struct config *c = config_new();
	struct error e = {0};

	assert_non_null(c);
	if (seccomp_from_json(c, text, strlen(text), "profile.json", &host, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	assert_int_equal(c->seccomp.mode, SECCOMP_MODE_PROFILE);
	return c;
}

static void specification_form(void **state)
{
	static const char text[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
		"\"architectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\",\"SCMP_ARCH_X86\"],"
		"\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\",\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"],"
		"\"listenerPath\":\"/run/"
		"agent.sock\",\"listenerMetadata\":\"m\",\"somethingNew\":[1],"
		"\"syscalls\":[{\"names\":[\"getcwd\",\"no_such_call\"],\"action\":\"SCMP_ACT_"
		"ALLOW\",\"args\":null},"
		"{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":65535,\"args\":["
		"{\"index\":5,\"value\":18446744073709551615,\"valueTwo\":2,\"op\":\"SCMP_CMP_"
		"MASKED_EQ\"},"
		"{\"index\":0,\"value\":0,\"op\":\"SCMP_CMP_NE\"}]}]}";
	struct config *c = read_profile(text, 0);
	const struct config_seccomp *s = &c->seccomp;

	(void)state;
	assert_int_equal(s->default_action, SECCOMP_ERRNO);
	assert_true(s->default_errno_ret.set && s->default_errno_ret.value == 38);
	assert_int_equal(s->architectures.n, 2);
	assert_string_equal(s->architectures.v[1], "SCMP_ARCH_X32");
	assert_int_equal(s->flags, SECCOMP_FLAG_LOG | SECCOMP_FLAG_SPEC_ALLOW);
	assert_string_equal(s->listener_path, "/run/agent.sock");
	assert_string_equal(s->listener_metadata, "m");
	assert_int_equal(s->rules_n, 2);
	assert_int_equal(s->rules[0].names.n, 2);
	assert_string_equal(s->rules[0].names.v[1], "no_such_call");
	assert_false(s->rules[0].errno_ret.set);
	assert_int_equal(s->rules[0].args_n, 0);
	assert_int_equal(s->rules[1].action, SECCOMP_TRACE);
	assert_int_equal(s->rules[1].errno_ret.value, 65535);
	assert_int_equal(s->rules[1].args_n, 2);
	assert_int_equal(s->rules[1].args[0].index, 5);
	assert_int_equal(s->rules[1].args[0].op, SECCOMP_MASKED_EQ);
	assert_true(s->rules[1].args[0].value == UINT64_MAX && s->rules[1].args[0].value_two == 2);
	assert_int_equal(s->rules[1].args[1].op, SECCOMP_NE);
	config_free(c);
}

static void words(void **state)
{
	static const struct {
		const char *text;
		unsigned int value;
	} actions[] =
		{
			{"SCMP_ACT_KILL", SECCOMP_KILL_THREAD},
			{"SCMP_ACT_KILL_THREAD", SECCOMP_KILL_THREAD},
			{"SCMP_ACT_KILL_PROCESS", SECCOMP_KILL_PROCESS},
			{"SCMP_ACT_TRAP", SECCOMP_TRAP},
			{"SCMP_ACT_ERRNO", SECCOMP_ERRNO},
			{"SCMP_ACT_TRACE", SECCOMP_TRACE},
			{"SCMP_ACT_ALLOW", SECCOMP_ALLOW},
			{"SCMP_ACT_LOG", SECCOMP_LOG},
		},
	  operators[] = {
		  {"SCMP_CMP_NE", SECCOMP_NE},
		  {"SCMP_CMP_LT", SECCOMP_LT},
		  {"SCMP_CMP_LE", SECCOMP_LE},
		  {"SCMP_CMP_EQ", SECCOMP_EQ},
		  {"SCMP_CMP_GE", SECCOMP_GE},
		  {"SCMP_CMP_GT", SECCOMP_GT},
		  {"SCMP_CMP_MASKED_EQ", SECCOMP_MASKED_EQ},
	  };
	static const char *const arches[] = {
		"X86",	   "X86_64",	  "X32",    "ARM",	"AARCH64",     "MIPS",
		"MIPS64",  "MIPS64N32",	  "MIPSEL", "MIPSEL64", "MIPSEL64N32", "PPC",
		"PPC64",   "PPC64LE",	  "S390",   "S390X",	"PARISC",      "PARISC64",
		"RISCV64", "LOONGARCH64", "M68K",   "SH",	"SHEB",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(actions); i++) {
		struct config *c;

		snprintf(text, sizeof(text),
			 "{\"defaultAction\":\"%s\",\"syscalls\":[{\"names\":[\"read\"],"
			 "\"action\":\"%s\"}]}",
			 actions[i].text, actions[i].text);
		c = read_profile(text, 0);
		assert_int_equal(c->seccomp.default_action, actions[i].value);
		assert_int_equal(c->seccomp.rules[0].action, actions[i].value);
		config_free(c);
	}
	for (size_t i = 0; i < COUNT(operators); i++) {
		struct config *c;

		snprintf(
			text, sizeof(text),
			"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
			"\"action\":\"SCMP_ACT_KILL\",\"args\":[{\"index\":0,\"value\":1,\"op\":\"%"
			"s\"}]}]}",
			operators[i].text);
		c = read_profile(text, 0);
		assert_int_equal(c->seccomp.rules[0].args[0].op, operators[i].value);
		config_free(c);
	}
	for (size_t i = 0; i < COUNT(arches); i++) {
		struct config *c;

		snprintf(text,
			 sizeof(text), "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_%s\"]}",
			 arches[i]);
		c = read_profile(text, 0);
		assert_int_equal(c->seccomp.architectures.n, 1);
		config_free(c);
	}
}

/* The names of the rules that took part, in one string. */
static void taken(const struct config *c, char *out, size_t room)
{
	out[0] = '\0';
	for (size_t i = 0; i < c->seccomp.rules_n; i++)
		snprintf(out + strlen(out), room - strlen(out), "%s ",
			 c->seccomp.rules[i].names.v[0]);
}

#define RULE(name, rest) "{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_ALLOW\"," rest "}"

static void engine_form(void **state)
{
	static const char text[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1,"
		"\"defaultErrno\":\"ENOSYS\",\"architectures\":null,"
		"\"archMap\":[{\"architecture\":\"SCMP_ARCH_S390X\","
		"\"subArchitectures\":[\"SCMP_ARCH_S390\"]},"
		"{\"architecture\":\"" NATIVE_ARCH "\",\"subArchitectures\":[\"" SUB_ARCH "\"]},"
		"{\"architecture\":\"SCMP_ARCH_RISCV64\",\"subArchitectures\":"
		"null}],\"syscalls\":["
		"{\"name\":\"byname\",\"action\":\"SCMP_ACT_ERRNO\","
		"\"errnoRet\":22,\"errno\":\"EACCES\",\"comment\":\"c\"},"
		"{\"name\":\"number\",\"action\":\"SCMP_ACT_ERRNO\",\"errno\":"
		"\"95\"}," RULE(
			"plain",
			"\"includes\":{},\"excludes\":{},"
			"\"args\":[]") "," RULE("cap", "\"inclu"
						       "des\":{"
						       "\"caps"
						       "\":["
						       "\"CAP_"
						       "SYS_"
						       "ADMIN\""
						       "]}") "," RULE("caps",
								      "\"includes\":{"
								      "\"caps\":[\"CAP_SYS_"
								      "ADMIN\",\"CAP_CHOWN\"]"
								      "}") "," RULE("newcap",
										    "\"includ"
										    "es\":{"
										    "\"caps\""
										    ":[\"CAP_"
										    "OF_THE_"
										    "FUTURE\""
										    "]}") "," RULE("nocap",
												   "\"excludes\":{\"caps\":[\"CAP_CHOWN\",\"CAP_SYS_"
												   "ADMIN\"]}") "," RULE("arch",
															 "\"includes\":{\"arches\":["
															 "\"s390x\",\"" ENGINE_ARCH
															 "\"]}") "," RULE("otherarch",
																	  "\"includes\":{"
																	  "\"arches\":["
																	  "\"" OTHER_ARCH
																	  "\"]}") "," RULE("noarch",
																			   "\"excludes\":{\"arches\":[\"" ENGINE_ARCH
																			   "\"]}") "," RULE("nootherarch",
																					    "\"excludes\":{\"arches\":[\"" OTHER_ARCH
																					    "\"]}") "," RULE("kernel",
																							     "\"includes\":{\"minKernel\":\"4.8\"}") "," RULE("nextkernel",
																													      "\"includes\":{\"minKernel\":\"999.0\"}") "," RULE("nokernel",
																																				 "\"excludes\":{\"minKernel\":\"4.8\"}") "," RULE("both",
																																										  "\"includes\":{\"caps\":[\"CAP_CHOWN\"]},\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}") "]}";
	static const struct {
		uint64_t caps;
		const char *taken;
	} table[] = {
		{0, "byname number plain nocap arch nootherarch kernel "},
		{CAPABILITY_BIT(0), "byname number plain arch nootherarch kernel both "},
		{CAPABILITY_BIT(21), "byname number plain cap arch nootherarch kernel "},
		{CAPABILITY_BIT(21) | CAPABILITY_BIT(0),
		 "byname number plain cap caps arch nootherarch kernel "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct config *c = read_profile(text, table[i].caps);
		char names[256];

		taken(c, names, sizeof(names));
		assert_string_equal(names, table[i].taken);
		assert_int_equal(c->seccomp.default_errno_ret.value, 38);
		assert_int_equal(c->seccomp.rules[0].errno_ret.value, 13);
		assert_int_equal(c->seccomp.rules[1].errno_ret.value, 95);
		assert_int_equal(c->seccomp.architectures.n, 2);
		assert_string_equal(c->seccomp.architectures.v[0], NATIVE_ARCH);
		assert_string_equal(c->seccomp.architectures.v[1], SUB_ARCH);
		config_free(c);
	}
}

#define ACTION "\"defaultAction\":\"SCMP_ACT_ERRNO\""
#define SYSCALLS(rule) \
	"{" ACTION ",\"syscalls\":[{\"names\":[\"x\"],\"action\":\"SCMP_ACT_ALLOW\"},{" rule "}]}"
#define ALLOW	 "\"names\":[\"x\"],\"action\":\"SCMP_ACT_ALLOW\""
#define ARG(arg) SYSCALLS(ALLOW ",\"args\":[{" arg "}]")

static const struct {
	const char *text, *says;
} bad[] = {
	{"", "line 1: the text ends too early"},
	{"{", "line 1: expected a member name"},
	{"[]", "the document: not an object"},
	{"{}", "defaultAction: missing"},
	{"{\"defaultAction\":null}", "defaultAction: missing"},
	{"{\"defaultAction\":1}", "defaultAction: not a string"},
	{"{\"defaultAction\":\"allow\"}", "defaultAction: unknown action \"allow\""},
	{"{\"defaultAction\":\"SCMP_ACT_NOTIFY\",\"listenerPath\":\"/x\"}",
	 "defaultAction: SCMP_ACT_NOTIFY cannot be the default action"},
	{"{" ACTION "," ACTION "}",
	 "line 1: the object that ends here has two members \"defaultAction\""},
	{"{" ACTION ",\"defaultErrnoRet\":4095}",
	 "defaultErrnoRet: 4095 is not between 0 and 4094"},
	{"{" ACTION ",\"defaultErrnoRet\":-1}", "defaultErrnoRet: -1 is not between 0 and 4094"},
	{"{" ACTION ",\"defaultErrno\":\"ENOTHING\"}", "defaultErrno: unknown errno \"ENOTHING\""},
	{"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":1}",
	 "defaultErrnoRet: the action takes no errno"},
	{"{\"defaultAction\":\"SCMP_ACT_KILL\",\"defaultErrno\":\"EPERM\"}",
	 "defaultErrno: the action takes no errno"},
	{"{" ACTION ",\"architectures\":\"SCMP_ARCH_X86\"}", "architectures: not an array"},
	{"{" ACTION ",\"architectures\":[\"SCMP_ARCH_X86\",\"x86_64\"]}",
	 "architectures[1]: unknown architecture \"x86_64\""},
	{"{" ACTION ",\"architectures\":[null]}",
	 "architectures[0]: unknown architecture \"null\""},
	{"{" ACTION ",\"architectures\":[\"SCMP_ARCH_X86\"],\"archMap\":[]}",
	 "archMap: \"architectures\" is there as well: one of the two"},
	{"{" ACTION ",\"archMap\":[{}]}", "archMap[0].architecture: missing"},
	{"{" ACTION ",\"archMap\":[{\"architecture\":\"SCMP_ARCH_S390X\","
	 "\"subArchitectures\":[\"q\"]}]}",
	 "archMap[0].subArchitectures[0]: unknown architecture \"q\""},
	{"{" ACTION ",\"flags\":[\"SECCOMP_FILTER_FLAG_NEW_LISTENER\"]}",
	 "flags[0]: unknown flag \"SECCOMP_FILTER_FLAG_NEW_LISTENER\""},
	{"{" ACTION ",\"flags\":\"SECCOMP_FILTER_FLAG_LOG\"}", "flags: not an array"},
	{"{" ACTION ",\"flags\":[\"SECCOMP_FILTER_FLAG_TSYNC\",1]}", "flags[1]: not a string"},
	{"{" ACTION ",\"listenerPath\":1}", "listenerPath: not a string"},
	{"{" ACTION ",\"listenerMetadata\":\"m\"}", "listenerMetadata: given without listenerPath"},
	{"{" ACTION ",\"syscalls\":{}}", "syscalls: not an array"},
	{"{" ACTION ",\"syscalls\":[1]}", "syscalls[0]: not an object"},
	{SYSCALLS("\"names\":[\"x\"]"), "syscalls[1].action: missing"},
	{SYSCALLS("\"names\":[\"x\"],\"action\":\"SCMP_ACT_Allow\""),
	 "syscalls[1].action: unknown action \"SCMP_ACT_Allow\""},
	{SYSCALLS("\"action\":\"SCMP_ACT_ALLOW\""), "syscalls[1].names: missing"},
	{SYSCALLS("\"names\":[],\"action\":\"SCMP_ACT_ALLOW\""), "syscalls[1].names: empty"},
	{SYSCALLS("\"names\":[7],\"action\":\"SCMP_ACT_ALLOW\""),
	 "syscalls[1].names[0]: not a string"},
	{SYSCALLS(ALLOW ",\"name\":\"y\""), "syscalls[1]: has both \"name\" and \"names\""},
	{SYSCALLS(ALLOW ",\"errnoRet\":1"), "syscalls[1].errnoRet: the action takes no errno"},
	{SYSCALLS(ALLOW ",\"errno\":\"EPERM\""), "syscalls[1].errno: the action takes no errno"},
	{SYSCALLS("\"names\":[\"x\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":65536"),
	 "syscalls[1].errnoRet: 65536 is not between 0 and 4094"},
	{SYSCALLS("\"names\":[\"x\"],\"action\":\"SCMP_ACT_NOTIFY\""),
	 "listenerPath: missing, and SCMP_ACT_NOTIFY needs it"},
	{SYSCALLS("\"names\":[\"write\"],\"action\":\"SCMP_ACT_NOTIFY\""),
	 "syscalls[1].action: SCMP_ACT_NOTIFY cannot be used for the write syscall"},
	{SYSCALLS("\"names\":[\"mkdir\",\"sendmsg\"],\"action\":\"SCMP_ACT_NOTIFY\""),
	 "syscalls[1].action: SCMP_ACT_NOTIFY cannot be used for the sendmsg syscall"},
	{"{" ACTION ",\"listenerPath\":\"\",\"syscalls\":[{\"names\":[\"x\"],\"action\":"
	 "\"SCMP_ACT_NOTIFY\"}]}",
	 "listenerPath: missing, and SCMP_ACT_NOTIFY needs it"},
	{"{" ACTION ",\"listenerPath\":\"\",\"listenerMetadata\":\"m\"}",
	 "listenerMetadata: given without listenerPath"},
	{SYSCALLS("\"names\":[\"x\"],\"action\":\"SCMP_ACT_NOTIFY\",\"errnoRet\":1"),
	 "syscalls[1].errnoRet: the action takes no errno"},
	{SYSCALLS("\"names\":[\"x\"],\"action\":\"SCMP_ACT_LOG\",\"errnoRet\":0"),
	 "syscalls[1].errnoRet: the action takes no errno"},
	{SYSCALLS("\"names\":[\"x\"],\"action\":\"SCMP_ACT_TRAP\",\"errnoRet\":1"),
	 "syscalls[1].errnoRet: the action takes no errno"},
	{SYSCALLS(ALLOW ",\"args\":{}"), "syscalls[1].args: not an array"},
	{ARG("\"value\":1,\"op\":\"SCMP_CMP_EQ\""), "syscalls[1].args[0].index: missing"},
	{ARG("\"index\":0,\"op\":\"SCMP_CMP_EQ\""), "syscalls[1].args[0].value: missing"},
	{ARG("\"index\":0,\"value\":1"), "syscalls[1].args[0].op: missing"},
	{ARG("\"index\":6,\"value\":1,\"op\":\"SCMP_CMP_EQ\""),
	 "syscalls[1].args[0].index: 6 is not between 0 and 5"},
	{ARG("\"index\":0,\"value\":-1,\"op\":\"SCMP_CMP_EQ\""),
	 "syscalls[1].args[0].value: -1 is not between 0 and 18446744073709551615"},
	{ARG("\"index\":0,\"value\":1.5,\"op\":\"SCMP_CMP_EQ\""),
	 "syscalls[1].args[0].value: not an integer"},
	{ARG("\"index\":0,\"value\":1,\"op\":\"==\""),
	 "syscalls[1].args[0].op: unknown operator \"==\""},
	{SYSCALLS(ALLOW ",\"includes\":[]"), "syscalls[1].includes: not an object"},
	{SYSCALLS(ALLOW ",\"includes\":{\"caps\":[\"SYS_ADMIN\"]}"),
	 "syscalls[1].includes.caps[0]: not a capability"},
	{SYSCALLS(ALLOW ",\"excludes\":{\"minKernel\":\"5\"}"),
	 "syscalls[1].excludes.minKernel: not a kernel version like \"4.8\""},
	/* Also where the rule would not take part */
	{SYSCALLS("\"names\":[\"x\"],\"action\":\"BAD\",\"includes\":{\"caps\":[\"CAP_SYS_"
		  "ADMIN\"]}"),
	 "syscalls[1].action: unknown action \"BAD\""},
};

static void bad_profiles(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		static const struct seccomp_host host = {.kernel = "5.14.0"};
		struct config *c = config_new();
		char want[256];
		struct error e = {0};

		assert_non_null(c);
		if (seccomp_from_json(c, bad[i].text, strlen(bad[i].text), "p", &host, &e) == 0)
			fail_msg("taken: %s", bad[i].text);
		snprintf(want, sizeof(want), "p: %s", bad[i].says);
		assert_string_equal(e.text, want);
		config_free(c);
	}
}

/* What stands there without a rule that notifies concerns nobody, and every flag is taken. */
static void unused(void **state)
{
	struct config *c = read_profile(
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/"
		"x\",\"listenerMetadata\":"
		"\"m\",\"flags\":[\"SECCOMP_FILTER_FLAG_TSYNC\",\"SECCOMP_FILTER_FLAG_LOG\","
		"\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\",\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\","
		"\"SECCOMP_FILTER_FLAG_LOG\"],\"syscalls\":[]}",
		0);

	(void)state;
	assert_int_equal(c->seccomp.flags, SECCOMP_FLAG_TSYNC | SECCOMP_FLAG_LOG |
						   SECCOMP_FLAG_SPEC_ALLOW |
						   SECCOMP_FLAG_WAIT_KILLABLE_RECV);
	assert_int_equal(c->seccomp.rules_n, 0);
	config_free(c);
	/* As engines write what they do not have. */
	c = read_profile(
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[],\"flags\":null,"
		"\"listenerPath\":\"\",\"listenerMetadata\":\"\",\"syscalls\":null}",
		0);
	assert_int_equal(c->seccomp.flags, 0);
	config_free(c);
	c = read_profile("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/x\","
			 "\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}",
			 0);
	assert_int_equal(c->seccomp.rules[0].action, SECCOMP_NOTIFY);
	assert_null(c->seccomp.listener_metadata);
	config_free(c);
}

/* linux.seccomp: what only engines know is no part of it. */
static void node(void **state)
{
	static const char text[] =
		"{\"linux\":{\"seccomp\":{" ACTION ",\"archMap\":[{\"architecture\":\"" NATIVE_ARCH
		"\"}],"
		"\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{"
		"\"caps\":[\"CAP_SYS_ADMIN\"]}},"
		"{\"name\":\"write\",\"action\":\"SCMP_ACT_ALLOW\"}]}},\"none\":null}";
	struct config *c = config_new();
	struct json j = {0}, linux_node, seccomp, none;
	struct error e = {0};

	(void)state;
	assert_non_null(c);
	assert_int_equal(json_parse(text, strlen(text), &j, &e), 0);
	none = json_member(&j, "none");
	assert_int_equal(seccomp_from_node(c, &none, &e), 0);
	assert_int_equal(c->seccomp.mode, SECCOMP_MODE_UNCONFINED);
	linux_node = json_member(&j, "linux");
	seccomp = json_member(&linux_node, "seccomp");
	assert_int_equal(seccomp_from_node(c, &seccomp, &e), -1);
	assert_string_equal(e.text, "linux.seccomp.syscalls[1].names: missing");
	assert_int_equal(c->seccomp.architectures.n, 0);
	assert_int_equal(c->seccomp.rules_n, 1); /* the condition was not one */
	json_end(&j);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(specification_form),
		cmocka_unit_test(words),
		cmocka_unit_test(engine_form),
		cmocka_unit_test(bad_profiles),
		cmocka_unit_test(unused),
		cmocka_unit_test(node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
