/*
 * test_oci_mounts.c - config/oci_mounts.c: mounts, their options, and the paths that are masked.
 */
#include "oci_fixture.h"

/* ---- mounts ---- */

static void mnt1_mnt2_mnt3_places(void **state)
{
	static const struct bad cases[] = {
		{MOUNT, "\"type\":\"tmpfs\"", "mounts[0].destination: missing"},
		{MOUNT, "\"destination\":\"\",\"type\":\"tmpfs\"", "mounts[0].destination: empty"},
		{MOUNT, "\"destination\":\"/a\"", "mount on /a: needs a type"},
		{MOUNT, "\"destination\":\"/a\",\"options\":[\"bind\"]",
		 "mount on /a: a bind mount needs a source"},
		{MOUNT, "\"destination\":\"/\",\"type\":\"tmpfs\"", "the root directory itself"},
		{MOUNT, "\"destination\":\"/proc\",\"source\":\"/x\",\"type\":\"bind\"",
		 "nothing may be mounted"},
		{MOUNT, "\"destination\":\"/proc/sys\",\"source\":\"/x\",\"type\":\"bind\"",
		 "nothing may be mounted"},
		{MOUNT, "\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[1]",
		 "mounts[0].options[0]: not a string"},
		{LINUX, "\"maskedPaths\":[\"a\\nb\"]", "linux.maskedPaths[0]: a?b: must be absolute"},
	};
	static const char *const taken[] = {
		"\"destination\":\"/proc\",\"source\":\"/"
		"proc\",\"type\":\"bind\",\"options\":[\"rbind\"]",
		"\"destination\":\"/proc/cpuinfo\",\"source\":\"/x\",\"options\":[\"bind\"]",
		"\"destination\":\"/proc/sys/kernel/ns_last_pid\",\"source\":\"/"
		"x\",\"options\":[\"bind\"]",
		"\"destination\":\"/a\",\"options\":[\"bind\",\"remount\",\"ro\"]",
		"\"destination\":\"/a\",\"options\":[\"remount\",\"ro\"]",
	};
	struct config *c =
		good(TOP, "\"mounts\":[{\"destination\":\"b/"
			  "c\",\"type\":\"tmpfs\",\"source\":\"x\"},{\"destination\":"
			  "\"/a\",\"source\":\"data\",\"options\":[\"bind\"]},{\"destination\":\"/"
			  "a\",\"source\":"
			  "\"/srv\",\"options\":[\"rbind\"]}]");

	(void)state;
	assert_int_equal(c->mounts_n, 3);
	assert_string_equal(c->mounts[0].destination, "/b/c");
	assert_string_equal(c->mounts[0].source, "x");
	assert_string_equal(c->mounts[1].source, "/srv/bundle/data");
	assert_string_equal(c->mounts[2].source, "/srv");
	assert_true(c->mounts[2].recursive && !c->mounts[1].recursive);
	config_free(c);
	all_good(MOUNT, taken, COUNT(taken));
	all_bad(cases, COUNT(cases));
}

static void mnt4_mnt5_types(void **state)
{
	static const struct {
		const char *piece, *type;
		bool bind, recursive;
	} cases[] = {
		{"\"type\":\"tmpfs\"", "tmpfs", false, false},
		{"\"type\":\"dummy\",\"options\":[\"bind\"]", NULL, true, false},
		{"\"type\":\"none\",\"options\":[\"rbind\"]", NULL, true, true},
		{"\"type\":\"bind\"", NULL, true, false},
		{"\"type\":\"bind\",\"options\":[\"rbind\"]", NULL, true, true},
		{"\"type\":\"\",\"options\":[\"rbind\"]", NULL, true, true},
		{"\"type\":\"cgroup\"", "cgroup", false, false},
		{"\"type\":\"cgroup2\"", "cgroup", false, false},
	};
	char piece[160];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config *c;

		snprintf(piece, sizeof(piece), "\"destination\":\"/a\",\"source\":\"/x\",%s",
			 cases[i].piece);
		c = good(MOUNT, piece);
		assert_int_equal(c->mounts[0].bind, cases[i].bind);
		assert_int_equal(c->mounts[0].recursive, cases[i].recursive);
		if (cases[i].type)
			assert_string_equal(c->mounts[0].type, cases[i].type);
		else
			assert_null(c->mounts[0].type);
		config_free(c);
	}
}

/* A tmpfs on /a with these options, which are separated by spaces. */
static struct config *with_options(const char *words)
{
	char piece[400] =
		"\"destination\":\"/a\",\"source\":\"x\",\"type\":\"tmpfs\",\"options\":[\"";
	size_t n = strlen(piece);

	for (; *words; words++) {
		if (*words == ' ')
			n += (size_t)snprintf(piece + n, sizeof(piece) - n, "\",\"");
		else
			piece[n++] = *words;
	}
	snprintf(piece + n, sizeof(piece) - n, "\"]");
	return good(MOUNT, piece);
}

static void mnt6_mnt7_flags(void **state)
{
	static const struct {
		const char *words;
		uint32_t set, clear, rec_set, rec_clear, super;
	} cases[] = {
		{"defaults", 0, 0, 0, 0, 0},
		{"ro", MOUNT_RDONLY, 0, 0, 0, 0},
		{"ro rw", 0, MOUNT_RDONLY, 0, 0, 0},
		{"rw ro", MOUNT_RDONLY, 0, 0, 0, 0},
		{"nosuid nodev noexec", MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC, 0, 0, 0, 0},
		{"suid dev exec", 0, MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC, 0, 0, 0},
		{"nosymfollow", MOUNT_NOSYMFOLLOW, 0, 0, 0, 0},
		{"nosymfollow symfollow", 0, MOUNT_NOSYMFOLLOW, 0, 0, 0},
		{"noatime", MOUNT_NOATIME, 0, 0, 0, 0},
		{"noatime relatime", MOUNT_RELATIME, 0, 0, 0, 0},
		{"relatime strictatime", MOUNT_STRICTATIME, 0, 0, 0, 0},
		{"strictatime noatime", MOUNT_NOATIME, 0, 0, 0, 0},
		{"noatime atime", 0, MOUNT_NOATIME, 0, 0, 0},
		{"norelatime nostrictatime", 0, MOUNT_RELATIME | MOUNT_STRICTATIME, 0, 0, 0},
		{"nodiratime", MOUNT_NODIRATIME, 0, 0, 0, 0},
		{"diratime", 0, MOUNT_NODIRATIME, 0, 0, 0},
		{"rro rnosuid rnodev rnoexec", 0, 0,
		 MOUNT_RDONLY | MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC, 0, 0},
		{"rrw rsuid rdev rexec", 0, 0, 0,
		 MOUNT_RDONLY | MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC, 0},
		{"rnosymfollow rnodiratime", 0, 0, MOUNT_NOSYMFOLLOW | MOUNT_NODIRATIME, 0, 0},
		{"rsymfollow rdiratime", 0, 0, 0, MOUNT_NOSYMFOLLOW | MOUNT_NODIRATIME, 0},
		{"rnoatime", 0, 0, MOUNT_NOATIME, 0, 0},
		{"rrelatime", 0, 0, MOUNT_RELATIME, 0, 0},
		{"rstrictatime", 0, 0, MOUNT_STRICTATIME, 0, 0},
		{"ratime rnorelatime rnostrictatime", 0, 0, 0,
		 MOUNT_NOATIME | MOUNT_RELATIME | MOUNT_STRICTATIME, 0},
		{"rro rw", 0, MOUNT_RDONLY, MOUNT_RDONLY, 0, 0},
		{"sync dirsync lazytime mand iversion silent", 0, 0, 0, 0,
		 SUPER_SYNC | SUPER_DIRSYNC | SUPER_LAZYTIME | SUPER_MAND | SUPER_IVERSION |
			 SUPER_SILENT},
		{"sync lazytime mand iversion silent async nolazytime nomand noiversion loud", 0, 0,
		 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config *c = with_options(cases[i].words);
		const struct config_mount *m = &c->mounts[0];

		if (m->set != cases[i].set || m->clear != cases[i].clear ||
		    m->rec_set != cases[i].rec_set || m->rec_clear != cases[i].rec_clear ||
		    m->super != cases[i].super || m->data.n > 0)
			fail_msg("%s: %x %x %x %x %x", cases[i].words, m->set, m->clear, m->rec_set,
				 m->rec_clear, m->super);
		config_free(c);
	}
}

static void mnt6_mnt7_other_words(void **state)
{
	static const struct {
		const char *word;
		enum config_propagation kind;
		bool recursive;
	} cases[] = {
		{"private", PROPAGATION_PRIVATE, false},
		{"rprivate", PROPAGATION_PRIVATE, true},
		{"slave", PROPAGATION_SLAVE, false},
		{"rslave", PROPAGATION_SLAVE, true},
		{"shared", PROPAGATION_SHARED, false},
		{"rshared", PROPAGATION_SHARED, true},
		{"unbindable", PROPAGATION_UNBINDABLE, false},
		{"runbindable", PROPAGATION_UNBINDABLE, true},
		{"rslave shared", PROPAGATION_SHARED, false},
	};
	struct config *c;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		c = with_options(cases[i].word);
		assert_int_equal(c->mounts[0].propagation, cases[i].kind);
		assert_int_equal(c->mounts[0].propagation_recursive, cases[i].recursive);
		config_free(c);
	}
	c = with_options("tmpcopyup remount");
	assert_true(c->mounts[0].tmpcopyup && c->mounts[0].remount);
	config_free(c);
	/* Read-only is of the mount; of the filesystem too where it lies on a device, or is remounted. */
	c = with_options("remount ro");
	assert_int_equal(c->mounts[0].super, SUPER_RDONLY);
	config_free(c);
	c = good(MOUNT, "\"destination\":\"/a\",\"type\":\"ext4\",\"source\":\"/dev/"
			"sda\",\"options\":[\"ro\"]");
	assert_int_equal(c->mounts[0].super, SUPER_RDONLY);
	config_free(c);
}

static void mnt8_the_rest_is_the_filesystems(void **state)
{
	static const struct bad cases[] = {
		{MOUNT, "\"destination\":\"/a\",\"source\":\"/x\",\"options\":[\"rbind\",\"size=1\"]",
		 "mounts[0].options: \"size=1\" is no option of a bind mount"},
	};
	struct config *c = with_options("size=64k mode=755 ro nr_inodes=5 huge=never rbogus");
	const struct config_strings *data = &c->mounts[0].data;

	(void)state;
	assert_int_equal(data->n, 5);
	assert_string_equal(data->v[0], "size=64k");
	assert_string_equal(data->v[3], "huge=never");
	assert_string_equal(data->v[4], "rbogus");
	config_free(c);
	all_bad(cases, COUNT(cases));
}

#define BIND_A "\"destination\":\"/a\",\"source\":\"/x\","

/* They reach neither a filesystem nor, with a bind mount, an error. */
static void mnt8_words_of_fstab_mean_nothing(void **state)
{
	static const char *const words[] = {
		"auto",
		"noauto",
		"nofail",
		"_netdev",
		"nouser",
		"comment=a, b",
		"x-systemd.automount",
		"X-any",
	};
	static const struct bad others[] = {
		{MOUNT, BIND_A "\"options\":[\"bind\",\"comment\"]",
		 "mounts[0].options: \"comment\" is no option of a bind mount"},
		{MOUNT, BIND_A "\"options\":[\"bind\",\"nofail=1\"]",
		 "mounts[0].options: \"nofail=1\" is no option of a bind mount"},
		{MOUNT, BIND_A "\"options\":[\"bind\",\"rnofail\"]",
		 "mounts[0].options: \"rnofail\" is no option of a bind mount"},
	};
	static const char *const types[] = {"\"type\":\"tmpfs\",\"options\":[\"",
					    "\"options\":[\"bind\",\""};
	char piece[160];

	(void)state;
	for (size_t i = 0; i < COUNT(words) * COUNT(types); i++) {
		const struct config_mount *m;
		struct config *c;

		snprintf(piece, sizeof(piece), BIND_A "%s%s\",\"ro\"]", types[i % COUNT(types)],
			 words[i / COUNT(types)]);
		c = good(MOUNT, piece);
		m = &c->mounts[0];
		if (m->data.n > 0 || m->set != MOUNT_RDONLY || m->clear || m->rec_set || m->rec_clear)
			fail_msg("%s", piece);
		config_free(c);
	}
	all_bad(others, COUNT(others));
}

#define MAP(inside, outside, size) \
	"[{\"containerID\":" #inside ",\"hostID\":" #outside ",\"size\":" #size "}]"
#define MAPS "\"uidMappings\":" MAP(0, 1000, 10) ",\"gidMappings\":" MAP(0, 2000, 20)

/* mount(8): these imply flags, and a runtime that left them out would loosen what was asked for. */
static void mnt8_words_that_imply_flags(void **state)
{
	static const struct {
		const char *word;
		uint32_t set;
	} rows[] = {
		{"user", MOUNT_NOEXEC | MOUNT_NOSUID | MOUNT_NODEV},
		{"users", MOUNT_NOEXEC | MOUNT_NOSUID | MOUNT_NODEV},
		{"owner", MOUNT_NOSUID | MOUNT_NODEV},
		{"group", MOUNT_NOSUID | MOUNT_NODEV},
	};
	char piece[160];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config *c;

		snprintf(piece, sizeof(piece), BIND_A "\"options\":[\"bind\",\"%s\"]", rows[i].word);
		c = good(MOUNT, piece);
		assert_int_equal(c->mounts[0].set, rows[i].set);
		config_free(c);
	}
}

static void mnt9_mnt10_idmapped_mounts(void **state)
{
	static const struct bad cases[] = {
		{MOUNT, BIND_A "\"options\":[\"bind\"],\"uidMappings\":" MAP(0, 1, 1),
		 "mounts[0].gidMappings: missing"},
		{MOUNT, BIND_A "\"options\":[\"bind\"],\"gidMappings\":" MAP(0, 1, 1),
		 "mounts[0].uidMappings: missing"},
		{MOUNT, BIND_A "\"options\":[\"bind\",\"idmap\"]",
		 "mount on /a: to map ids it needs uidMappings"},
		{MOUNT, BIND_A "\"options\":[\"bind\",\"ridmap\"]",
		 "mount on /a: to map ids it needs uidMappings"},
		{MOUNT, BIND_A "\"type\":\"tmpfs\"," MAPS,
		 "mount on /a: only a bind mount can map ids"},
		{MOUNT,
		 BIND_A "\"options\":[\"bind\"],\"uidMappings\":" MAP(
			 0, 1, 0) ",\"gidMappings\":" MAP(0, 1, 1),
		 "mount on /a: uid map 0: its size is 0"},
		{MOUNT, BIND_A "\"options\":[\"bind\"],\"uidMappings\":[{\"size\":1}]",
		 "mounts[0].uidMappings[0].containerID: missing"},
	};
	struct config *c = good(MOUNT, BIND_A "\"options\":[\"bind\",\"ridmap\"]," MAPS);

	(void)state;
	assert_int_equal(c->mounts[0].idmap, MOUNT_RIDMAP);
	assert_int_equal(c->mounts[0].idmaps.uids, 1);
	assert_int_equal(c->mounts[0].idmaps.gid[0].outside, 2000);
	assert_int_equal(c->mounts[0].data.n, 0);
	config_free(c);
	c = good(MOUNT, BIND_A "\"options\":[\"rbind\"]," MAPS);
	assert_int_equal(c->mounts[0].idmap, MOUNT_IDMAP);
	config_free(c);
	c = good(MOUNT, BIND_A "\"options\":[\"rbind\"],\"uidMappings\":[],\"gidMappings\":[]");
	assert_int_equal(c->mounts[0].idmap, MOUNT_IDMAP_NONE);
	config_free(c);
	c = good(WHOLE, "{" BASE "\"mounts\":[{" BIND_A
			"\"options\":[\"bind\",\"idmap\"]}],\"linux\":{\"namespaces\":"
			"[{\"type\":\"mount\"},{\"type\":\"user\"}]}}");
	assert_int_equal(c->mounts[0].idmap, MOUNT_IDMAP);
	assert_int_equal(c->mounts[0].idmaps.uids, 0);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

static void mnt12_mnt13_mnt14_labels_and_masks(void **state)
{
	static const struct bad cases[] = {
		{LINUX, "\"maskedPaths\":[\"proc/kcore\"]",
		 "linux.maskedPaths[0]: proc/kcore: must be absolute"},
		{LINUX, "\"readonlyPaths\":[\"/a\",\"b\"]",
		 "linux.readonlyPaths[1]: b: must be absolute"},
		{LINUX, "\"readonlyPaths\":[\"\"]", "linux.readonlyPaths[0]: empty"},
		{LINUX, "\"mountLabel\":1", "linux.mountLabel: not a string"},
	};
	struct config *c = good(LINUX, "\"mountLabel\":\"l\",\"maskedPaths\":[\"/proc/"
				       "kcore\"],\"readonlyPaths\":[\"/a\",\"/b\"]");

	(void)state;
	assert_string_equal(c->mount_label, "l");
	assert_string_equal(c->masked_paths.v[0], "/proc/kcore");
	assert_int_equal(c->readonly_paths.n, 2);
	config_free(c);
	c = good(LINUX, "\"mountLabel\":\"\"");
	assert_null(c->mount_label);
	config_free(c);
	all_bad(cases, COUNT(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mnt1_mnt2_mnt3_places),
		cmocka_unit_test(mnt4_mnt5_types),
		cmocka_unit_test(mnt6_mnt7_flags),
		cmocka_unit_test(mnt6_mnt7_other_words),
		cmocka_unit_test(mnt8_the_rest_is_the_filesystems),
		cmocka_unit_test(mnt8_words_of_fstab_mean_nothing),
		cmocka_unit_test(mnt8_words_that_imply_flags),
		cmocka_unit_test(mnt9_mnt10_idmapped_mounts),
		cmocka_unit_test(mnt12_mnt13_mnt14_labels_and_masks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("oci_mounts", tests, NULL, NULL);
}
