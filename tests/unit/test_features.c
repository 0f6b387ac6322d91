/*
 * test_features.c - host/features.c: what the features document lists is taken by the parser of config.json (FEAT-3, 4,
 * 6, 9), and the document is one.
 */
#include "oci_fixture.h"

#include "config/json.h"
#include "config/names.h"
#include "host/features.h"

static struct text text;
static struct json document_of;

static int open_document(void **state)
{
	struct error e = {0};

	(void)state;
	features_json("1.2.3", "abc", &text);
	assert_true(text_ok(&text));
	if (json_parse(text.bytes, text.length, &document_of, &e) < 0)
		fail_msg("%s: %s", text.bytes, e.text);
	return 0;
}

static int close_document(void **state)
{
	(void)state;
	json_end(&document_of);
	text_end(&text);
	return 0;
}

/* Calls @check for every string of the list at @path, names parted by dots. Returns how many. */
static size_t each(const char *path, void (*check)(const char *name))
{
	struct json levels[8], list;
	struct error e = {0};
	char copy[80], *at = copy, *name;
	size_t n = 0, depth = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	levels[0] = document_of;
	while ((name = strsep(&at, ".")) != NULL) {
		levels[depth + 1] = json_member(&levels[depth], name);
		depth++;
	}
	list = levels[depth];
	assert_int_equal(json_get_array(&list, &n, &e), 0);
	for (size_t i = 0; i < n; i++) {
		struct json one = json_at(&list, i);
		const char *value = NULL;

		assert_int_equal(json_get_string(&one, &value, &e), 0);
		check(value);
	}
	return n;
}

/* Reads the piece, in which the name stands for %s. Other rules than those of the parser are not looked at. */
static struct config *read_with(enum where where, const char *format, const char *name)
{
	struct config *c = fresh();
	struct error e = {0};
	char piece[400], *whole;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(piece, sizeof(piece), format, name);
#pragma GCC diagnostic pop
	whole = document(where, piece);
	if (config_from_oci(c, whole, strlen(whole), &e) < 0)
		fail_msg("%s: %s", name, e.text);
	free(whole);
	return c;
}

static void hook(const char *name)
{
	struct config *c = read_with(HOOKS, "\"%s\":[{\"path\":\"/bin/true\"}]", name);
	size_t n = 0;

	for (int kind = 0; kind < HOOK_KINDS; kind++)
		n += c->hooks[kind].n;
	assert_int_equal(n, 1);
	config_free(c);
}

static void mount_option(const char *name)
{
	struct config *c = read_with(
		MOUNT,
		"\"destination\":\"/a\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":"
		"[\"%s\"],\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}],"
		"\"gidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}]",
		name);

	/* What it does not know is passed on to the filesystem. */
	if (c->mounts[c->mounts_n - 1].data.n != 0)
		fail_msg("%s: not known", name);
	config_free(c);
}

static void namespace(const char *name)
{
	struct config *c = read_with(BARE_LINUX, "\"namespaces\":[{\"type\":\"%s\"}]", name);
	size_t n = 0;

	for (int kind = 0; kind < NS_KINDS; kind++)
		n += c->ns[kind].mode == NS_NEW;
	assert_int_equal(n, 1);
	config_free(c);
}

static void capability(const char *name)
{
	assert_true(names_capability(name) >= 0);
	config_free(read_with(PROCESS, "\"capabilities\":{\"bounding\":[\"%s\"]}", name));
}

static void action(const char *name)
{
	config_free(
		read_with(LINUX,
			  "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/"
			  "a\",\"syscalls\":[{\"names\":[\"getcwd\"],\"action\":\"%s\"}]}",
			  name));
}

static void operator(const char *name)
{
	config_free(read_with(LINUX,
			      "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{"
			      "\"names\":[\"getcwd\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{"
			      "\"index\":0,\"value\":1,\"op\":\"%s\"}]}]}",
			      name));
}

static void architecture(const char *name)
{
	config_free(
		read_with(LINUX,
			  "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":["
			  "\"%s\"]}",
			  name));
}

static void filter_flag(const char *name)
{
	config_free(read_with(
		LINUX,
		"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"%s\"],"
		"\"listenerPath\":\"/a\",\"syscalls\":[{\"names\":[\"getcwd\"],\"action\":"
		"\"SCMP_ACT_NOTIFY\"}]}",
		name));
}

static void policy_mode(const char *name)
{
	bool bare = strcmp(name, "MPOL_DEFAULT") == 0 || strcmp(name, "MPOL_LOCAL") == 0;

	config_free(read_with(LINUX,
			      bare ? "\"memoryPolicy\":{\"mode\":\"%s\"}"
				   : "\"memoryPolicy\":{\"mode\":\"%s\",\"nodes\":\"0\"}",
			      name));
}

static void policy_flag(const char *name)
{
	config_free(read_with(LINUX,
			      "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\",\"flags\":["
			      "\"%s\"]}",
			      name));
}

static void all_that_is_listed_is_taken(void **state)
{
	(void)state;
	assert_int_equal(each("hooks", hook), HOOK_KINDS);
	assert_true(each("mountOptions", mount_option) > 55);
	assert_int_equal(each("linux.namespaces", namespace), NS_KINDS);
	assert_int_equal(each("linux.capabilities", capability), CAPABILITIES);
	assert_int_equal(each("linux.seccomp.actions", action), 9);
	assert_int_equal(each("linux.seccomp.operators", operator), 7);
	assert_true(each("linux.seccomp.archs", architecture) >= 16);
	assert_int_equal(each("linux.seccomp.knownFlags", filter_flag), 4);
	assert_int_equal(each("linux.memoryPolicy.modes", policy_mode), 7);
	assert_int_equal(each("linux.memoryPolicy.flags", policy_flag), 3);
}

static const char *wanted;
static bool found;

static void compare(const char *name)
{
	found |= strcmp(name, wanted) == 0;
}

/* The table of config.md, "Linux mount options", and those that mount_setattr(2) takes for a tree. */
static void every_mount_option_of_the_specification_is_listed(void **state)
{
	static const char *const names[] = {
		"async",
		"atime",
		"bind",
		"defaults",
		"dev",
		"diratime",
		"dirsync",
		"exec",
		"iversion",
		"lazytime",
		"loud",
		"noatime",
		"nodev",
		"nodiratime",
		"noexec",
		"noiversion",
		"nolazytime",
		"norelatime",
		"nostrictatime",
		"nosuid",
		"private",
		"rbind",
		"relatime",
		"remount",
		"ro",
		"rprivate",
		"rshared",
		"rslave",
		"runbindable",
		"rw",
		"shared",
		"silent",
		"slave",
		"strictatime",
		"suid",
		"sync",
		"unbindable",
		"nosymfollow",
		"symfollow",
		"ratime",
		"rdev",
		"rdiratime",
		"rexec",
		"rnoatime",
		"rnodev",
		"rnodiratime",
		"rnoexec",
		"rnorelatime",
		"rnostrictatime",
		"rnosuid",
		"rnosymfollow",
		"rrelatime",
		"rro",
		"rrw",
		"rstrictatime",
		"rsuid",
		"rsymfollow",
		"mand",
		"nomand",
		"tmpcopyup",
		"idmap",
		"ridmap",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		wanted = names[i];
		found = false;
		each("mountOptions", compare);
		if (!found)
			fail_msg("%s is not listed", names[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_is_listed_is_taken),
		cmocka_unit_test(every_mount_option_of_the_specification_is_listed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("features", tests, open_document, close_document);
}
