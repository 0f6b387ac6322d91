/*
 * test_from_oci.c - config/from_oci.c: the document as a whole, hooks, the documents of exec and update, and the
 * specification's own examples. Names of tests begin with the ids of the rules that they prove (docs/oci.md).
 */
#include "oci_fixture.h"

#include <dirent.h>

#include "config/json.h"
#include "config/names.h"

/* ---- the document ---- */

static void bun3_is_strict_json(void **state)
{
	static const struct bad cases[] = {
		{WHOLE, "", "line 1"},
		{WHOLE, "{]", "line 1"},
		{WHOLE, "[]", "the document: not an object"},
		{WHOLE, "null", "ociVersion: missing"},
		{TOP, "\"hostname\":\"a\",\"hostname\":\"a\"", "hostname"},
		{TOP, "\"annotations\":{\"a\":\"b\\u0000c\"}", "NUL"},
		{TOP, "\"annotations\":{\"a\":\"\xff\"}", "UTF-8"},
		{RESOURCES, "\"pids\":{\"limit\":1.0}", "linux.resources.pids.limit: not an integer"},
		{RESOURCES, "\"pids\":{\"limit\":\"1\"}",
		 "linux.resources.pids.limit: not an integer"},
		{RESOURCES, "\"pids\":{\"limit\":true}", "linux.resources.pids.limit: not an integer"},
		{RESOURCES, "\"pids\":[]", "linux.resources.pids: not an object"},
		{TOP, "\"mounts\":{}", "mounts: not an array"},
		{TOP, "\"mounts\":[null]", "mounts[0]: null"},
	};

	(void)state;
	all_bad(cases, COUNT(cases));
}

static void ver1_ver2_versions(void **state)
{
	static const char *const taken[] = {"1.0.0",	 "1.0.2-dev",	     "1.1.0+build.01",
					    "1.3.0",	 "1.0.0-rc.1+a-b.c", "1.99.12",
					    "1.0.0-0a.0"};
	static const char *const wrong[] = {"",	      "1",	"1.0",	  "1.0.0.0",  "01.0.0",
					    "1.00.0", "v1.0.0", "1.0.0-", "1.0.0-01", "1.0.0-a..b",
					    "1.0.0+", "1.0.0 ", "1.0.x"};
	static const struct bad cases[] = {
		{WHOLE, "{\"root\":{\"path\":\"a\"}}", "ociVersion: missing"},
		{WHOLE, "{\"ociVersion\":1,\"root\":{\"path\":\"a\"}}", "ociVersion: not a string"},
		{WHOLE, "{\"ociVersion\":\"2.0.0\",\"root\":{\"path\":\"a\"}}",
		 "ociVersion: 2.0.0: mini-run knows 1.x"},
		{WHOLE, "{\"ociVersion\":\"0.5.0\",\"root\":{\"path\":\"a\"}}", "mini-run knows 1.x"},
		{WHOLE, "{\"ociVersion\":\"10.0.0\",\"root\":{\"path\":\"a\"}}", "mini-run knows 1.x"},
	};
	char text[200];
	struct error e;

	(void)state;
	for (size_t i = 0; i < COUNT(taken) + COUNT(wrong); i++) {
		bool ok = i < COUNT(taken);
		const char *version = ok ? taken[i] : wrong[i - COUNT(taken)];
		struct config *c = fresh();
		int result;

		snprintf(text, sizeof(text), "{\"ociVersion\":\"%s\",\"root\":{\"path\":\"a\"}}",
			 version);
		result = config_from_oci(c, text, strlen(text), &e);
		if (ok && result < 0)
			fail_msg("%s", e.text);
		if (!ok && (result == 0 || !strstr(e.text, "is not a version")))
			fail_msg("\"%s\": %s", version, result == 0 ? "was taken" : e.text);
		if (ok)
			assert_string_equal(c->oci_version, version);
		config_free(c);
	}
	all_bad(cases, COUNT(cases));
}

static void err4_err5_unknown_is_ignored(void **state)
{
	struct config *c = good(
		TOP,
		"\"windows\":{\"layerFolders\":1},\"solaris\":[],\"vm\":{},\"zos\":1,\"new\":{"
		"\"x\":[1]},"
		"\"annotations\":{\"run.oci.unknown\":\"\",\"io.podman.annotations.x\":\"1\"}");

	(void)state;
	assert_int_equal(c->annotations_n, 2);
	config_free(c);
	config_free(good(PROCESS, "\"commandLine\":\"x\",\"ioPriorities\":1"));
	config_free(good(RESOURCES, "\"oomScoreAdj\":100"));
	config_free(good(
		LINUX, "\"intelRdt\":{\"closID\":\"a\",\"enableCMT\":true,\"enableMBM\":\"x\"}")); /* RDT-12 */
}

static void root1_root2_root3(void **state)
{
	static const struct bad cases[] = {
		{WHOLE, "{\"ociVersion\":\"1.0.0\"}", "root: missing"},
		{WHOLE, "{\"ociVersion\":\"1.0.0\",\"root\":[]}", "root: not an object"},
		{ROOT, "\"readonly\":true", "root.path: missing"},
		{ROOT, "\"path\":\"\"", "root.path: empty"},
		{ROOT, "\"path\":1", "root.path: not a string"},
		{ROOT, "\"path\":\"/a\",\"readonly\":1", "root.readonly: not true or false"},
	};
	struct config *c = good(ROOT, "\"path\":\"rootfs\"");

	(void)state;
	assert_string_equal(c->rootfs, "/srv/bundle/rootfs");
	assert_false(c->rootfs_readonly);
	assert_false(c->rootfs_nodev);
	assert_true(c->default_devices);
	config_free(c);
	c = good(ROOT, "\"path\":\"/a/b\",\"readonly\":true");
	assert_string_equal(c->rootfs, "/a/b");
	assert_true(c->rootfs_readonly);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void root4_propagation(void **state)
{
	static const struct {
		const char *name;
		enum config_propagation kind;
		bool recursive;
	} cases[] = {
		{"shared", PROPAGATION_SHARED, false},
		{"rshared", PROPAGATION_SHARED, true},
		{"slave", PROPAGATION_SLAVE, false},
		{"rslave", PROPAGATION_SLAVE, true},
		{"private", PROPAGATION_PRIVATE, false},
		{"rprivate", PROPAGATION_PRIVATE, true},
		{"unbindable", PROPAGATION_UNBINDABLE, false},
		{"runbindable", PROPAGATION_UNBINDABLE, true},
		{"", PROPAGATION_NONE, false},
	};
	static const struct bad wrong[] = {
		{LINUX, "\"rootfsPropagation\":\"rrshared\"",
		 "linux.rootfsPropagation: \"rrshared\" is none of shared, slave"},
	};
	char piece[80];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config *c;

		snprintf(piece, sizeof(piece), "\"rootfsPropagation\":\"%s\"", cases[i].name);
		c = good(LINUX, piece);
		assert_int_equal(c->rootfs_propagation, cases[i].kind);
		assert_int_equal(c->rootfs_propagation_recursive, cases[i].recursive);
		config_free(c);
	}
	all_bad(wrong, COUNT(wrong));
}

static void ann1_annotations(void **state)
{
	static const struct bad cases[] = {
		{TOP, "\"annotations\":{\"\":\"x\"}", "annotations: a name in it is empty"},
		{TOP, "\"annotations\":{\"a\":1}", "annotations.a: not a string"},
		{TOP, "\"annotations\":[]", "annotations: not an object"},
	};
	struct config *c = good(TOP, "\"annotations\":{\"b\":\"\",\"a\":\"x y\"}");

	(void)state;
	assert_int_equal(c->annotations_n, 2);
	assert_string_equal(c->annotations[0].key, "b");
	assert_string_equal(c->annotations[0].value, "");
	assert_string_equal(c->annotations[1].value, "x y");
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void uts1_uts2_names(void **state)
{
	static const char names[] =
		"\"hostname\":\"h\",\"domainname\":\"d.example\","
		"\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"uts\"}]%s}";
	static const struct bad cases[] = {
		{TOP, "\"hostname\":\"h\"", "hostname: needs a uts namespace"},
		{TOP, "\"domainname\":\"h\"", "domainname: needs a uts namespace"},
		{WHOLE,
		 "{" BASE "\"hostname\":\"h\",\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{"
		 "\"type\":\"uts\"}],"
		 "\"sysctl\":{\"kernel.hostname\":\"g\"}}}",
		 "sysctl kernel.hostname: g, and the hostname is h"},
	};
	char text[600];
	struct config *c;

	(void)state;
	snprintf(text, sizeof(text), "{" BASE COMMAND ",%.*s}}", (int)(strlen(names) - 3), names);
	c = good(WHOLE, text);
	assert_string_equal(c->hostname, "h");
	assert_string_equal(c->domainname, "d.example");
	config_free(c);
	c = good(WHOLE, "{" BASE "\"hostname\":\"h\",\"linux\":{\"namespaces\":[{\"type\":"
			"\"mount\"},{\"type\":\"uts\"}],"
			"\"sysctl\":{\"kernel.hostname\":\"h\",\"kernel.domainname\":\"d\"}}}");
	config_free(c);
	c = good(TOP, "\"hostname\":\"\",\"domainname\":\"\"");
	assert_null(c->hostname);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

/* ---- hooks ---- */

static void hook1_hook2_entries(void **state)
{
	static const struct bad cases[] = {
		{HOOKS, "\"prestart\":{}", "hooks.prestart: not an array"},
		{HOOKS, "\"prestart\":[{\"args\":[\"a\"]}]", "hooks.prestart[0].path: missing"},
		{HOOKS, "\"createRuntime\":[{\"path\":\"bin/a\"}]",
		 "hooks.createRuntime[0].path: bin/a: must be absolute"},
		{HOOKS, "\"createContainer\":[{\"path\":\"\"}]",
		 "hooks.createContainer[0].path: empty"},
		{HOOKS, "\"startContainer\":[{\"path\":\"/a\",\"timeout\":0}]",
		 "hooks.startContainer[0].timeout: must be more than 0"},
		{HOOKS, "\"poststart\":[{\"path\":\"/a\"},{\"path\":\"/a\",\"timeout\":-1}]",
		 "hooks.poststart[1].timeout: must be more than 0"},
		{HOOKS, "\"poststop\":[{\"path\":\"/a\",\"args\":[1]}]",
		 "hooks.poststop[0].args[0]: not a string"},
		{HOOKS, "\"poststop\":[{\"path\":\"/a\",\"env\":\"A=1\"}]",
		 "hooks.poststop[0].env: not an array"},
	};
	struct config *c = good(
		HOOKS,
		"\"prestart\":[{\"path\":\"/a\",\"args\":[\"x\",\"y\"],\"env\":[],\"timeout\":5},"
		"{\"path\":\"/b\",\"env\":[\"A=1\"]}],\"poststop\":[{\"path\":\"/c\"}]");
	const struct config_hooks *h = &c->hooks[HOOK_PRESTART];

	(void)state;
	assert_int_equal(h->n, 2);
	assert_string_equal(h->v[0].path, "/a");
	assert_string_equal(h->v[0].args.v[1], "y");
	assert_true(h->v[0].has_env && h->v[0].env.n == 0);
	number_is(&h->v[0].timeout, 5);
	assert_string_equal(h->v[1].env.v[0], "A=1");
	assert_int_equal(c->hooks[HOOK_POSTSTOP].n, 1);
	assert_false(c->hooks[HOOK_POSTSTOP].v[0].has_env);
	assert_int_equal(c->hooks[HOOK_CREATE_RUNTIME].n, 0);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void hook4_to_hook9_kinds(void **state)
{
	static const char *const kinds[HOOK_KINDS] = {
		[HOOK_PRESTART] = "prestart",
		[HOOK_CREATE_RUNTIME] = "createRuntime",
		[HOOK_CREATE_CONTAINER] = "createContainer",
		[HOOK_START_CONTAINER] = "startContainer",
		[HOOK_POSTSTART] = "poststart",
		[HOOK_POSTSTOP] = "poststop",
	};
	char piece[80];

	(void)state;
	for (int kind = 0; kind < HOOK_KINDS; kind++) {
		struct config *c;

		snprintf(piece, sizeof(piece), "\"%s\":[{\"path\":\"/a\"}]", kinds[kind]);
		c = good(HOOKS, piece);
		for (int other = 0; other < HOOK_KINDS; other++)
			assert_int_equal(c->hooks[other].n, other == kind);
		config_free(c);
	}
}

/* ---- the documents of exec and update ---- */

static void cli8_process_of_exec(void **state)
{
	static const char first[] =
		"\"capabilities\":{\"bounding\":[\"CAP_KILL\"]},\"apparmorProfile\":\"p\","
		"\"selinuxLabel\":\"l\","
		"\"noNewPrivileges\":true,\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,"
		"\"hard\":1}],"
		"\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":1},\"terminal\":true,"
		"\"execCPUAffinity\":{\"initial\":\"0\"},\"env\":[\"A=1\"]";
	static const char plain[] =
		"{\"args\":[\"id\",\"-u\"],\"cwd\":\"/tmp\",\"user\":{\"uid\":5,\"gid\":6}}";
	static const char full[] = "{\"args\":[\"id\"],\"cwd\":\"/"
				   "\",\"user\":{\"uid\":5,\"gid\":6},\"capabilities\":{},"
				   "\"apparmorProfile\":\"q\",\"noNewPrivileges\":false,"
				   "\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":1,\"hard\":1}],"
				   "\"scheduler\":{\"policy\":\"SCHED_BATCH\"}}";
	static const struct {
		const char *text, *error;
	} wrong[] = {
		{"{", "line 1"},
		{"null", "process: not an object"},
		{"[]", "process: not an object"},
		{"{\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0}}", "process.args: missing"},
		{"{\"args\":[\"a\"],\"user\":{\"uid\":0,\"gid\":0}}", "process.cwd: missing"},
	};
	struct config *c = good(PROCESS, first);
	struct error e;

	(void)state;
	assert_int_equal(process_from_oci(c, plain, strlen(plain), &e), 0);
	assert_int_equal(config_check(c, &e), 0);
	assert_string_equal(c->process.args.v[1], "-u");
	assert_int_equal(c->process.args.n, 2);
	assert_int_equal(c->process.user.gid, 6);
	assert_false(c->process.terminal);
	assert_int_equal(c->process.env.n, 0);
	/* What it does not say is the container's. */
	assert_true(c->process.has_capabilities &&
		    c->process.capabilities.bounding == CAPABILITY_BIT(5));
	assert_string_equal(c->process.apparmor_profile, "p");
	assert_string_equal(c->process.selinux_label, "l");
	assert_true(c->process.no_new_privs);
	assert_string_equal(c->process.rlimits[0].type, "RLIMIT_CPU");
	assert_true(c->process.io_priority.set);
	assert_string_equal(c->process.affinity_initial, "0");
	assert_int_equal(process_from_oci(c, full, strlen(full), &e), 0);
	assert_true(c->process.capabilities.bounding == 0);
	assert_string_equal(c->process.apparmor_profile, "q");
	assert_false(c->process.no_new_privs);
	assert_int_equal(c->process.rlimits_n, 1);
	assert_string_equal(c->process.rlimits[0].type, "RLIMIT_AS");
	assert_string_equal(c->process.scheduler.policy, "SCHED_BATCH");
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_int_equal(process_from_oci(c, wrong[i].text, strlen(wrong[i].text), &e), -1);
		if (!strstr(e.text, wrong[i].error))
			fail_msg("%s", e.text);
	}
	config_free(c);
}

static void cli13_resources_of_update(void **state)
{
	static const char change[] = "{\"memory\":{\"limit\":0,\"reservation\":7},\"cpu\":{"
				     "\"shares\":0,\"cpus\":\"1\"},\"pids\":{\"limit\":0},"
				     "\"devices\":[{\"allow\":true}]}";
	static const struct {
		const char *text, *error;
	} wrong[] = {
		{"", "line 1"},
		{"1", "linux.resources: not an object"},
		{"{\"pids\":{\"limit\":\"x\"}}", "linux.resources.pids.limit: not an integer"},
	};
	struct config *c = good(
		RESOURCES,
		"\"memory\":{\"limit\":5},\"cpu\":{\"shares\":512,\"mems\":\"0\"},\"devices\":["
		"{\"allow\":false},{\"allow\":true,\"type\":\"c\"}]");
	const struct config_resources *r = &c->resources;
	struct error e;

	(void)state;
	assert_int_equal(resources_from_oci(c, change, strlen(change), &e), 0);
	number_is(&r->memory, 5); /* 0 says nothing */
	number_is(&r->memory_reservation, 7);
	number_is(&r->cpu_shares, 512);
	assert_string_equal(r->cpuset_cpus, "1");
	assert_string_equal(r->cpuset_mems, "0");
	number_is(&r->pids, 0);
	assert_int_equal(r->devices_n, 1); /* a list takes the place of a list */
	assert_true(r->devices[0].allow);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_int_equal(resources_from_oci(c, wrong[i].text, strlen(wrong[i].text), &e), -1);
		if (!strstr(e.text, wrong[i].error))
			fail_msg("%s", e.text);
	}
	config_free(c);
}

/* ---- the specification's own examples ---- */

#define SCHEMA "tests/oci/schema/"

static char *file(const char *directory, const char *name)
{
	char path[400], *text = calloc(1, 65536);
	FILE *f;

	assert_non_null(text);
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s cannot be opened", path);
	assert_true(fread(text, 1, 65535, f) > 0);
	fclose(f);
	return text;
}

/* Calls @one for each file and returns how many there are. */
static size_t each_file(const char *directory, void (*one)(const char *name, char *text))
{
	DIR *d = opendir(directory);
	struct dirent *entry;
	size_t n = 0;

	if (!d)
		fail_msg("%s cannot be opened", directory);
	while ((entry = readdir(d)) != NULL) {
		char *text;

		if (entry->d_name[0] == '.')
			continue;
		text = file(directory, entry->d_name);
		one(entry->d_name, text);
		free(text);
		n++;
	}
	closedir(d);
	return n;
}

static void good_config(const char *name, char *text)
{
	char *old = strstr(text, "\"0.5.0-dev\"");
	struct config *c = fresh();
	struct error e = {0};

	if (old) {
		assert_int_equal(config_from_oci(c, text, strlen(text), &e), -1);
		assert_string_equal(e.text, "ociVersion: 0.5.0-dev: mini-run knows 1.x");
		memcpy(old, "\"1.0.0\"    ", strlen("\"0.5.0-dev\""));
		config_free(c);
		c = fresh();
	}
	if (config_from_oci(c, text, strlen(text), &e) < 0)
		fail_msg("%s: %s", name, e.text);
	if (old && config_check(c, &e) < 0) /* the others have no mount namespace: examples of syntax */
		fail_msg("%s: %s", name, e.text);
	config_free(c);
}

static void bad_config(const char *name, char *text)
{
	static const char *const errors[][2] = {
		{"invalid-json.json", "line 1"},
		{"linux-hugepage.json", "linux.resources.hugepageLimits[0].pageSize"},
		{"linux-netdevice.json", "linux.netDevices.eth0.name"},
		{"linux-rdma.json", "linux.resources.rdma.mlx5_1.hcaHandles"},
	};
	struct config *c = fresh();
	struct error e = {0};
	size_t i = 0;

	if (config_from_oci(c, text, strlen(text), &e) == 0)
		fail_msg("%s was taken", name);
	while (i < COUNT(errors) && strcmp(errors[i][0], name) != 0)
		i++;
	if (i == COUNT(errors) || !strstr(e.text, errors[i][1]))
		fail_msg("%s: %s", name, e.text);
	config_free(c);
}

/* States and features are what mini-run writes, not reads: the reader below them is tried on these. */
static int parse_with(const char *text, const char *const *members, struct error *e)
{
	struct json j, member;
	int result;

	if (json_parse(text, strlen(text), &j, e) < 0)
		return -1;
	for (result = 0; result == 0 && *members; members++)
		result = json_need(&j, *members, &member, e);
	json_end(&j);
	return result;
}

static const char *const state_members[] = {"ociVersion", "id", "status", "bundle", NULL};
static const char *const features_members[] = {"ociVersionMin", "ociVersionMax", NULL};

static void good_state(const char *name, char *text)
{
	struct error e = {0};

	if (parse_with(text, state_members, &e) < 0)
		fail_msg("%s: %s", name, e.text);
}

static void bad_state(const char *name, char *text)
{
	struct error e = {0};

	if (parse_with(text, state_members, &e) == 0)
		fail_msg("%s was taken", name);
}

static void good_features(const char *name, char *text)
{
	struct error e = {0};

	if (parse_with(text, features_members, &e) < 0)
		fail_msg("%s: %s", name, e.text);
}

static void bad_features(const char *name, char *text)
{
	struct error e = {0};

	if (parse_with(text, features_members, &e) == 0)
		fail_msg("%s was taken", name);
}

static void schema_examples(void **state)
{
	(void)state;
	assert_int_equal(each_file(SCHEMA "config/good", good_config), 5);
	assert_int_equal(each_file(SCHEMA "config/bad", bad_config), 4);
	assert_int_equal(each_file(SCHEMA "state/good", good_state), 1);
	assert_int_equal(each_file(SCHEMA "state/bad", bad_state), 1);
	assert_int_equal(each_file(SCHEMA "features/good", good_features), 2);
	assert_int_equal(each_file(SCHEMA "features/bad", bad_features), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bun3_is_strict_json),
		cmocka_unit_test(ver1_ver2_versions),
		cmocka_unit_test(err4_err5_unknown_is_ignored),
		cmocka_unit_test(root1_root2_root3),
		cmocka_unit_test(root4_propagation),
		cmocka_unit_test(ann1_annotations),
		cmocka_unit_test(uts1_uts2_names),
		cmocka_unit_test(hook1_hook2_entries),
		cmocka_unit_test(hook4_to_hook9_kinds),
		cmocka_unit_test(cli8_process_of_exec),
		cmocka_unit_test(cli13_resources_of_update),
		cmocka_unit_test(schema_examples),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("from_oci", tests, NULL, NULL);
}
