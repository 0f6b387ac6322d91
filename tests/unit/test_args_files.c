/*
 * test_args_files.c - the options of `run` as a producer of struct config: mounts and devices.
 */
#include "args_fixture.h"

static void volumes(void **state)
{
	static const struct {
		const char *spec, *source;
		uint32_t set, rec_set;
		bool recursive;
		enum config_propagation propagation;
		bool propagation_recursive;
	} cases[] = {
		{"/a:/b", "/a", 0, MOUNT_NODEV, true, PROPAGATION_PRIVATE, true},
		{"./a:/b:rw", "./a", 0, MOUNT_NODEV, true, PROPAGATION_PRIVATE, true},
		{"..:/b:ro", "..", 0, MOUNT_NODEV | MOUNT_RDONLY, true, PROPAGATION_PRIVATE, true},
		{"/a:/b:rro", "/a", 0, MOUNT_NODEV | MOUNT_RDONLY, true, PROPAGATION_PRIVATE, true},
		{"/a:/b:ro,rw", "/a", 0, MOUNT_NODEV, true, PROPAGATION_PRIVATE, true},
		{"/a:/b:bind,ro", "/a", MOUNT_NODEV | MOUNT_RDONLY, 0, false, PROPAGATION_PRIVATE,
		 true},
		{"/a:/b:dev,exec,suid", "/a", 0, 0, true, PROPAGATION_PRIVATE, true},
		{"/a:/b:nosuid,noexec", "/a", 0, MOUNT_NODEV | MOUNT_NOSUID | MOUNT_NOEXEC, true,
		 PROPAGATION_PRIVATE, true},
		{"/a:/b:rslave", "/a", 0, MOUNT_NODEV, true, PROPAGATION_SLAVE, true},
		{"/a:/b:shared,ro", "/a", 0, MOUNT_NODEV | MOUNT_RDONLY, true, PROPAGATION_SHARED,
		 false},
		{"/a:/b:unbindable", "/a", 0, MOUNT_NODEV, true, PROPAGATION_UNBINDABLE, false},
		{"/a:/b:relatime,noatime", "/a", 0, MOUNT_NODEV | MOUNT_NOATIME, true,
		 PROPAGATION_PRIVATE, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct line l;
		const struct config_mount *m = mount_at(PARSE(&l, "-v", cases[i].spec), "/b");

		assert_true(m->bind);
		assert_string_equal(m->source, cases[i].source);
		assert_int_equal(m->set, cases[i].set);
		assert_int_equal(m->rec_set, cases[i].rec_set);
		assert_int_equal(m->clear | m->rec_clear, 0);
		assert_int_equal(m->recursive, cases[i].recursive);
		assert_int_equal(m->propagation, cases[i].propagation);
		assert_int_equal(m->propagation_recursive, cases[i].propagation_recursive);
		assert_false(m->make_source);
		end(&l);
	}
}

static void mount_options(void **state)
{
	struct line l;
	struct config *c =
		PARSE(&l, "--mount", "type=bind,src=/a,dst=/b,ro,bind-propagation=rslave",
		      "--mount=readonly=false,target=/c,source=./c,type=bind,nosuid", "--mount",
		      "type=tmpfs,destination=/d,tmpfs-size=64m,tmpfs-mode=1777", "--mount",
		      "type=bind,src=/e,dst=/e,bind-nonrecursive=true,readonly");
	const struct config_mount *m = mount_at(c, "/b");

	(void)state;
	assert_string_equal(m->source, "/a");
	assert_int_equal(m->rec_set, MOUNT_NODEV | MOUNT_RDONLY);
	assert_int_equal(m->propagation, PROPAGATION_SLAVE);
	m = mount_at(c, "/c");
	assert_string_equal(m->source, "./c");
	assert_int_equal(m->rec_set, MOUNT_NODEV | MOUNT_NOSUID);
	m = mount_at(c, "/d");
	assert_string_equal(m->type, "tmpfs");
	assert_false(m->bind);
	assert_int_equal(m->set, MOUNT_NODEV | MOUNT_NOSUID | MOUNT_NOEXEC);
	assert_true(contains(&m->data, "size=67108864") && contains(&m->data, "mode=1777"));
	m = mount_at(c, "/e");
	assert_false(m->recursive);
	assert_int_equal(m->set, MOUNT_NODEV | MOUNT_RDONLY);
	/* In the order given, behind mini-run's own. */
	assert_string_equal(c->mounts[3].destination, "/b");
	assert_string_equal(c->mounts[6].destination, "/e");
	end(&l);
}

static void tmpfs_options(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, "--tmpfs", "/tmp", "--tmpfs=/run:size=16m,exec,mode=755",
				 "--tmpfs", "/x:size=50%,uid=1000,gid=0,nr_inodes=1k,ro");
	const struct config_mount *m = mount_at(c, "/tmp");

	(void)state;
	assert_int_equal(m->set, MOUNT_NODEV | MOUNT_NOSUID | MOUNT_NOEXEC);
	assert_int_equal(m->data.n, 0);
	m = mount_at(c, "/run");
	assert_int_equal(m->set, MOUNT_NODEV | MOUNT_NOSUID);
	assert_true(contains(&m->data, "size=16777216") && contains(&m->data, "mode=755"));
	m = mount_at(c, "/x");
	assert_true(contains(&m->data, "size=50%") && contains(&m->data, "uid=1000") &&
		    contains(&m->data, "gid=0") && contains(&m->data, "nr_inodes=1024"));
	assert_true(!m->tmpcopyup && (m->set & MOUNT_RDONLY));
	end(&l);
}

static void sysfs_and_read_only(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, "--sysfs", "--read-only", "-v", "/a:/sys/x");
	uint32_t flags = MOUNT_RDONLY | MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC;

	(void)state;
	assert_true(c->rootfs_readonly);
	assert_int_equal(mount_at(c, "/sys")->set, flags);
	assert_int_equal(mount_at(c, "/sys/fs/cgroup")->set, flags | MOUNT_RELATIME);
	assert_string_equal(mount_at(c, "/sys/fs/cgroup")->type, "cgroup");
	assert_true(contains(&c->masked_paths, "/sys/firmware"));
	assert_true(contains(&c->masked_paths, "/sys/devices/virtual/powercap"));
	assert_string_equal(c->mounts[c->mounts_n - 1].destination, "/sys/x");
	end(&l);
}

static void devices(void **state)
{
	static const struct {
		const char *spec, *path, *host_path;
		uint32_t access;
	} cases[] = {
		{"/dev/fuse", "/dev/fuse", "/dev/fuse", 7},
		{"/dev/fuse:r", "/dev/fuse", "/dev/fuse", DEVICE_READ},
		{"/dev/fuse:/dev/a", "/dev/a", "/dev/fuse", 7},
		{"/dev/fuse:/dev/net/a:rw", "/dev/net/a", "/dev/fuse", DEVICE_READ | DEVICE_WRITE},
		{"/tmp/x:/dev/a:m", "/dev/a", "/tmp/x", DEVICE_MKNOD},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct line l;
		struct config *c = PARSE(&l, "--device", cases[i].spec);
		const struct config_device_rule *rule =
			&c->resources.devices[c->resources.devices_n - 1];

		assert_int_equal(c->devices_n, 1);
		assert_string_equal(c->devices[0].path, cases[i].path);
		assert_string_equal(c->devices[0].host_path, cases[i].host_path);
		assert_int_equal(c->devices[0].type, 'c');
		assert_int_equal(c->devices[0].major, 10);
		assert_int_equal(c->devices[0].mode.value, 0666);
		assert_true(rule->allow && rule->type == 'c' && rule->major == 10 &&
			    rule->minor == 229);
		assert_int_equal(rule->access, cases[i].access);
		end(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(volumes),	 cmocka_unit_test(mount_options),
		cmocka_unit_test(tmpfs_options), cmocka_unit_test(sysfs_and_read_only),
		cmocka_unit_test(devices),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("args_files", tests, NULL, NULL);
}
