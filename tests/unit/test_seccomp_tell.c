/*
 * test_seccomp_tell.c - host/seccomp_tell.c: that a filter whose refusals are told lets nothing pass that the plain one
 * refuses, and tells what it should; and host/refusals.c, as far as it needs no container: names and lines.
 */
#include "seccomp_model.h"

#include <seccomp.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/from_seccomp.h"
#include "host/refusals.h"
#include "host/seccomp_program.h"
#include "host/seccomp_tell.h"
#include "host/start.h"

static struct error e;

#define NOTIFIED SECCOMP_RET_USER_NOTIF

static uint32_t action(uint32_t answer)
{
	return answer & SECCOMP_RET_ACTION_FULL;
}

/* Of two filters the kernel takes the answer that comes first here (seccomp(2)). */
static uint32_t stacked(uint32_t a, uint32_t b)
{
	return (int32_t)action(a) < (int32_t)action(b) ? a : b;
}

static bool kills(uint32_t answer)
{
	return action(answer) == SECCOMP_RET_KILL_PROCESS ||
	       action(answer) == SECCOMP_RET_KILL_THREAD;
}

static bool wanted(uint32_t plain, bool all)
{
	return kills(plain) ||
	       (all && (action(plain) == SECCOMP_RET_ERRNO || action(plain) == SECCOMP_RET_TRAP));
}

static struct config *profile(const char *text)
{
	static const struct seccomp_host host = {.kernel = "5.14.0"};
	struct config *c = config_new();

	assert_non_null(c);
	if (seccomp_from_json(c, text, strlen(text), "profile", &host, &e) < 0)
		fail_msg("%s", e.text);
	return c;
}

/* Both forms of @plain, over every number of every architecture, with arguments that no pass has. */
static void compare(const struct seccomp_filter *plain)
{
	static const uint32_t arches[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, 7};

	for (int all = 0; all <= 1; all++) {
		struct seccomp_told told;

		assert_int_equal(seccomp_tell(plain, all, &told, &e), 0);
		assert_true(told.asks.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER);
		assert_false(told.rest.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER);
		for (size_t a = 0; a < COUNT(arches); a++)
			for (uint32_t i = 0; i < 4 * NUMBERS; i++) {
				struct seccomp_data data = {
					.arch = arches[a],
					.nr = (int)(i < 2 * NUMBERS ? i : i - 2 * NUMBERS + X32),
					.args = {i % 3, 0x5412, i % 2 ? 0x7e020000 : 17},
				};
				uint32_t is = run(plain, &data);

				assert_int_equal(seccomp_answer(plain, &data), is);
				assert_int_equal(run(&told.rest, &data), ALLOW);
				assert_int_equal(run(&told.asks, &data),
						 wanted(is, all) ? NOTIFIED : is);
			}
		seccomp_told_end(&told);
		assert_null(told.asks.v);
	}
}

static void builtin(void **state)
{
	struct seccomp_filter plain;

	(void)state;
	seccomp_builtin(&plain);
	assert_false(seccomp_may_kill(&plain));
	assert_false(seccomp_may_trap(&plain));
	compare(&plain);
}

#define EVERY_ACTION                                                                               \
	"{\"defaultAction\":\"SCMP_ACT_KILL_PROCESS\",\"architectures\":[\"SCMP_ARCH_X86_64\","    \
	"\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\",\"SCMP_ARCH_AARCH64\"],\"syscalls\":["                \
	"{\"names\":[\"execve\",\"exit\",\"read\"],\"action\":\"SCMP_ACT_ALLOW\"},"                \
	"{\"names\":[\"mkdir\",\"keyctl\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":122},"       \
	"{\"names\":[\"chdir\"],\"action\":\"SCMP_ACT_TRAP\"},"                                    \
	"{\"names\":[\"close\"],\"action\":\"SCMP_ACT_KILL\"},"                                    \
	"{\"names\":[\"fchdir\"],\"action\":\"SCMP_ACT_LOG\"},"                                    \
	"{\"names\":[\"getcwd\"],\"action\":\"SCMP_ACT_TRACE\"},"                                  \
	"{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":1,"             \
	"\"value\":21522,\"op\":\"SCMP_CMP_EQ\"},{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_GE\"}" \
	"]}]}"

static void every_action(void **state)
{
	struct config *c = profile(EVERY_ACTION);
	struct seccomp_filter plain;

	(void)state;
	assert_int_equal(seccomp_compile(&c->seccomp, &plain, &e), 0);
	assert_true(seccomp_may_kill(&plain));
	assert_true(seccomp_may_trap(&plain));
	compare(&plain);
	seccomp_end(&plain);
	config_free(c);
}

/* The two calls that carry the listener out pass the first filter, and behind the second nothing is left of that. */
static void passes(void **state)
{
	struct config *c = profile(EVERY_ACTION); /* refuses both */
	struct seccomp_pass pass[SECCOMP_PASSES];
	struct seccomp_filter plain;
	struct seccomp_told told;

	(void)state;
	assert_int_equal(seccomp_compile(&c->seccomp, &plain, &e), 0);
	assert_int_equal(seccomp_tell(&plain, true, &told, &e), 0);
	assert_int_equal(seccomp_passes(pass, &e), 0);
	for (size_t i = 0; i < SECCOMP_PASSES; i++) {
		struct seccomp_data data = {.arch = seccomp_arch_native(), .nr = (int)pass[i].number};

		data.args[pass[i].index] = pass[i].value;
		assert_int_equal(run(&told.asks, &data), ALLOW);
		assert_int_equal(run(&told.rest, &data), run(&plain, &data));
		assert_int_equal(stacked(run(&told.asks, &data), run(&told.rest, &data)),
				 run(&plain, &data));
		assert_int_not_equal(run(&plain, &data), ALLOW);
		/* One bit beside it, in either half, and it is a call like any other. */
		for (int bit = 0; bit < 64; bit++) {
			data.args[pass[i].index] = pass[i].value ^ (UINT64_C(1) << bit);
			assert_int_equal(run(&told.asks, &data), NOTIFIED);
			assert_int_equal(run(&told.rest, &data), ALLOW);
		}
		data.args[pass[i].index] = pass[i].value;
		data.arch = AUDIT_ARCH_I386;
		assert_int_equal(run(&told.asks, &data), NOTIFIED);
	}
	seccomp_told_end(&told);
	seccomp_end(&plain);
	config_free(c);
}

/* Nobody can know them who was not there: two processes have different ones. The first test, for they stay. */
static void passes_are_secret(void **state)
{
	struct seccomp_pass pass[2][SECCOMP_PASSES];

	(void)state;
	for (int i = 0; i < 2; i++) {
		int ends[2];
		pid_t pid;

		assert_int_equal(pipe(ends), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(seccomp_passes(pass[0], &e) < 0 ||
			      write(ends[1], pass[0], sizeof(pass[0])) != sizeof(pass[0]));
		assert_int_equal(waitpid(pid, &(int){0}, 0), pid);
		assert_int_equal(read(ends[0], pass[i], sizeof(pass[i])), sizeof(pass[i]));
		close(ends[0]);
		close(ends[1]);
	}
	for (int i = 0; i < SECCOMP_PASSES; i++) {
		assert_int_equal(pass[0][i].number, pass[1][i].number);
		assert_true(pass[0][i].value != pass[1][i].value);
	}
}

/* Calls that set a filter are told where the plain program lets them run, in every architecture, and only there. */
static void filters_of_its_own(void **state)
{
	static const struct {
		uint32_t arch, number, operation;
	} setters[] = {
		{AUDIT_ARCH_X86_64, 317, 1}, {AUDIT_ARCH_X86_64, X32 | 317, 1},
		{AUDIT_ARCH_I386, 354, 1},   {AUDIT_ARCH_X86_64, 157, 22},
		{AUDIT_ARCH_I386, 172, 22},  {AUDIT_ARCH_X86_64, X32 | 157, 22},
	};
	static const struct {
		const char *profile;
		bool all, told;
		uint32_t otherwise;
	} cases[] = {
#define ALL_BUT(word, action)                                                               \
	"{\"defaultAction\":\"SCMP_ACT_" word "\",\"architectures\":[\"SCMP_ARCH_X86_64\"," \
	"\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"],\"syscalls\":[{\"names\":[\"seccomp\","       \
	"\"prctl\"],\"action\":\"SCMP_ACT_" action "\"}]}"
		{ALL_BUT("KILL_PROCESS", "ALLOW"), false, true, ALLOW},
		{ALL_BUT("KILL_PROCESS", "ALLOW"), true, true, ALLOW},
		{ALL_BUT("KILL_PROCESS", "LOG"), false, true, SECCOMP_RET_LOG},
		{ALL_BUT("ALLOW", "ERRNO"), false, false, REFUSED},
		{ALL_BUT("ALLOW", "TRAP"), false, false, SECCOMP_RET_TRAP},
		{ALL_BUT("ALLOW", "ERRNO"), true, true, NOTIFIED},
		{ALL_BUT("ALLOW", "KILL"), false, true, NOTIFIED},
	};

	(void)state;
	if (seccomp_arch_native() != SCMP_ARCH_X86_64)
		skip();
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config *c = profile(cases[i].profile);
		struct seccomp_filter plain;
		struct seccomp_told told;

		assert_int_equal(seccomp_compile(&c->seccomp, &plain, &e), 0);
		assert_int_equal(seccomp_tell(&plain, cases[i].all, &told, &e), 0);
		for (size_t k = 0; k < COUNT(setters); k++) {
			struct seccomp_data data = {.arch = setters[k].arch,
						    .nr = (int)setters[k].number};

			/* The kernel takes an int. */
			data.args[0] = setters[k].operation | UINT64_C(1) << 40;
			assert_true(seccomp_sets_filter(&data));
			assert_int_equal(run(&told.asks, &data),
					 cases[i].told ? NOTIFIED : cases[i].otherwise);
			assert_int_equal(run(&told.rest, &data), ALLOW);
			data.args[0] = setters[k].operation + 1;
			assert_false(seccomp_sets_filter(&data));
			assert_int_equal(run(&told.asks, &data), cases[i].otherwise);
		}
		seccomp_told_end(&told);
		seccomp_end(&plain);
		config_free(c);
	}
}

static void too_long(void **state)
{
	static struct sock_filter v[4096];
	struct seccomp_filter plain = {.v = v, .n = COUNT(v)};
	struct seccomp_told told;

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++)
		v[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, ALLOW);
	assert_int_equal(seccomp_tell(&plain, true, &told, &e), -1);
	assert_non_null(strstr(e.text, "too long"));
}

/* A program that is not of our compiler is no reason to let a call pass. */
static void strange_programs(void **state)
{
	struct sock_filter endless[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)};
	struct sock_filter unknown[] = {BPF_STMT(BPF_RET | BPF_A, 0)};
	struct sock_filter far[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(struct seccomp_data)),
				    BPF_STMT(BPF_RET | BPF_K, ALLOW)};
	struct sock_filter beyond[] = {BPF_STMT(BPF_JMP | BPF_JA, 1000)};
	const struct seccomp_filter all[] = {{.v = endless, .n = 1},
					     {.v = unknown, .n = 1},
					     {.v = far, .n = 2},
					     {.v = beyond, .n = 1}};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		assert_int_equal(seccomp_answer(&all[i], &(struct seccomp_data){0}),
				 SECCOMP_RET_KILL_PROCESS);
}

/* ---- which filters are told ---- */

static struct start *prepared(struct config *c, enum run_mode mode, const char *config_text)
{
	static struct global_options global = {.log_fd = -1};
	static struct run_options options;
	static struct start s;

	memset(&s, 0, sizeof(s));
	options = (struct run_options){.global = &global, .mode = mode, .config_text = config_text};
	start_prepare(&s, c, &options);
	assert_int_equal(seccomp_make(c, NULL, &s.inside.seccomp, &e), 0);
	return &s;
}

static bool is_told(struct config *c, enum run_mode mode, const char *config_text)
{
	struct start *s = prepared(c, mode, config_text);
	bool told;

	assert_int_equal(refusals_prepare(s, &e), 0);
	told = s->inside.told.asks.v != NULL;
	if (told)
		assert_int_equal(s->inside.told.needed, c->seccomp_log);
	refusals_forget(s);
	seccomp_end(&s->inside.seccomp);
	return told;
}

#define ONE(action)                                                                    \
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"keyctl\"]," \
	"\"action\":\"" action "\"}]}"

static void who_is_told(void **state)
{
	static const struct {
		const char *profile;
		bool told;
	} cases[] = {
		{ONE("SCMP_ACT_KILL"), true},
		{ONE("SCMP_ACT_KILL_PROCESS"), true},
		{ONE("SCMP_ACT_ERRNO"), false},
		{ONE("SCMP_ACT_TRAP"), false},
		{ONE("SCMP_ACT_LOG"), false},
		{"{\"defaultAction\":\"SCMP_ACT_KILL_THREAD\"}", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config *c = profile(cases[i].profile);

		assert_int_equal(is_told(c, RUN_FOREGROUND, NULL), cases[i].told);
		assert_false(is_told(c, RUN_DETACHED, NULL));
		assert_false(is_told(c, RUN_CREATE, "{}"));
		assert_false(is_told(c, RUN_FOREGROUND, "{}"));
		c->seccomp_log = true;
		assert_true(is_told(c, RUN_FOREGROUND, NULL));
		config_free(c);
	}
	{ /* the built-in filter only refuses */
		struct config *c = config_new();

		c->seccomp.mode = SECCOMP_MODE_DEFAULT;
		assert_false(is_told(c, RUN_FOREGROUND, NULL));
		c->seccomp_log = true;
		assert_true(is_told(c, RUN_FOREGROUND, NULL));
		config_free(c);
	}
}

static void another_listener(void **state)
{
	struct config *c = profile("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/x\","
				   "\"syscalls\":[{\"names\":[\"keyctl\"],\"action\":"
				   "\"SCMP_ACT_NOTIFY\"},{\"names\":[\"mkdir\"],\"action\":"
				   "\"SCMP_ACT_KILL\"}]}");
	struct start *s;

	(void)state;
	assert_false(is_told(c, RUN_FOREGROUND, NULL));
	c->seccomp_log = true;
	s = prepared(c, RUN_FOREGROUND, NULL);
	assert_int_equal(refusals_prepare(s, &e), -1);
	assert_non_null(
		strstr(e.text, "--security-opt seccomp-log: the profile has SCMP_ACT_NOTIFY"));
	seccomp_end(&s->inside.seccomp);
	config_free(c);
}

/* ---- names and lines ---- */

static void names(void **state)
{
	static const struct {
		uint32_t arch, number;
		const char *name, *arch_name;
	} cases[] = {
		{AUDIT_ARCH_X86_64, 250, "keyctl", "x86_64"},
		{AUDIT_ARCH_X86_64, 0, "read", "x86_64"},
		{AUDIT_ARCH_X86_64, 462, "mseal", "x86_64"}, /* newer than libseccomp */
		{AUDIT_ARCH_X86_64, X32 | 250, "keyctl", "x32"},
		{AUDIT_ARCH_X86_64, X32 | 462, "mseal", "x32"},
		{AUDIT_ARCH_I386, 288, "keyctl", "x86"},
		{AUDIT_ARCH_I386, 359, "socket", "x86"},
		{AUDIT_ARCH_AARCH64, 219, "keyctl", "aarch64"},
		{AUDIT_ARCH_X86_64, 4999, NULL, "x86_64"},
		{AUDIT_ARCH_X86_64, UINT32_MAX, NULL, "x32"},
		{7, 1, NULL, "another architecture"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct seccomp_name name = seccomp_name_of(cases[i].arch, cases[i].number);
		char number[32];

		snprintf(number, sizeof(number), "number %u", cases[i].number);
		assert_int_equal(name.known, cases[i].name != NULL);
		assert_string_equal(name.text, cases[i].name ? cases[i].name : number);
		assert_string_equal(seccomp_arch_of(cases[i].arch, cases[i].number),
				    cases[i].arch_name);
	}
}

static void lines(void **state)
{
	static const struct {
		struct refusal refusal;
		const char *line;
	} cases[] = {
		{{AUDIT_ARCH_X86_64, 250, SECCOMP_RET_ERRNO | EPERM, 1, "sh"},
		 "keyctl, EPERM, 1 time, first by sh"},
		{{AUDIT_ARCH_X86_64, 435, SECCOMP_RET_ERRNO | ENOSYS, 12, ""},
		 "clone3, ENOSYS, 12 times"},
		{{AUDIT_ARCH_X86_64, 4999, SECCOMP_RET_ERRNO | 4000, 2, "a\033[1m"},
		 "number 4999, errno 4000, 2 times, first by a\\x1b[1m"},
		{{AUDIT_ARCH_X86_64, 1, SECCOMP_RET_ERRNO, 2, ""}, "write, errno 0, 2 times"},
		{{AUDIT_ARCH_I386, 288, SECCOMP_RET_KILL_PROCESS, 1, "x"},
		 "keyctl (x86), SIGSYS, 1 time, first by x"},
		{{AUDIT_ARCH_X86_64, 250, SECCOMP_RET_TRAP, 1, ""}, "keyctl, SIGSYS, 1 time"},
	};

	(void)state;
	if (seccomp_arch_native() != SCMP_ARCH_X86_64)
		skip();
	for (size_t i = 0; i < COUNT(cases); i++) {
		OWNED_TEXT t = {0};

		refusals_add_line(&t, &cases[i].refusal);
		assert_string_equal(t.bytes, cases[i].line);
	}
}

static void json(void **state)
{
	static struct refusals r = {
		.calls = {{AUDIT_ARCH_X86_64, 250, SECCOMP_RET_ERRNO | EPERM, 3, "a\"b"},
			  {AUDIT_ARCH_X86_64, 4999, SECCOMP_RET_KILL_PROCESS, 1, ""}},
	};
	OWNED_TEXT t = {0};

	(void)state;
	refusals_add_json(&t, &r);
	assert_string_equal(t.bytes, "[]");
	text_end(&t);
	r.calls_n = 2;
	refusals_add_json(&t, &r);
	assert_string_equal(t.bytes,
			    "[{\"name\":\"keyctl\",\"number\":250,\"architecture\":\"x86_64\","
			    "\"answer\":\"EPERM\",\"count\":3,\"process\":\"a\\\"b\"},"
			    "{\"name\":null,\"number\":4999,\"architecture\":\"x86_64\","
			    "\"answer\":\"SIGSYS\",\"count\":1,\"process\":null}]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_are_secret),
		cmocka_unit_test(builtin),
		cmocka_unit_test(every_action),
		cmocka_unit_test(passes),
		cmocka_unit_test(filters_of_its_own),
		cmocka_unit_test(too_long),
		cmocka_unit_test(strange_programs),
		cmocka_unit_test(who_is_told),
		cmocka_unit_test(another_listener),
		cmocka_unit_test(names),
		cmocka_unit_test(lines),
		cmocka_unit_test(json),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("seccomp_tell", tests, NULL, NULL);
}
