/*
 * test_args_security.c - the options of `run` as a producer of struct config: capabilities, seccomp, networks.
 */
#include "args_fixture.h"

static uint64_t bit(const char *name)
{
	return CAPABILITY_BIT(names_capability(name));
}

static void capabilities(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, "--cap-add", "NET_ADMIN,cap_sys_time", "--cap-drop=CAP_MKNOD");

	(void)state;
	assert_true(c->process.capabilities.bounding ==
		    ((SECCOMP_DEFAULT_CAPS | bit("NET_ADMIN") | bit("SYS_TIME")) & ~bit("MKNOD")));
	end(&l);
	c = PARSE(&l, "--cap-drop=ALL", "--cap-add", "CHOWN");
	assert_true(c->process.capabilities.permitted == bit("CHOWN"));
	assert_true(c->process.capabilities.effective == bit("CHOWN"));
	end(&l);
	c = PARSE(&l, "--cap-drop=all");
	assert_true(c->process.has_capabilities && c->process.capabilities.bounding == 0);
	end(&l);
	c = PARSE(&l, "--cap-add", "ALL", "--cap-drop", "SYS_ADMIN");
	assert_true(c->process.capabilities.bounding == (CAPABILITIES_ALL & ~bit("SYS_ADMIN")));
	end(&l);
}

static void privileged(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, "--privileged", "--sysfs");

	(void)state;
	assert_false(c->process.has_capabilities);
	assert_false(c->process.no_new_privs);
	assert_false(c->rootfs_nodev);
	assert_int_equal(c->seccomp.mode, SECCOMP_MODE_UNCONFINED);
	assert_int_equal(c->masked_paths.n + c->readonly_paths.n, 0);
	assert_int_equal(c->resources.devices_n, 1);
	assert_true(c->resources.devices[0].allow && c->resources.devices[0].type == 'a');
	end(&l);
	c = PARSE(&l, "--privileged", "--cap-drop", "SYS_BOOT", "--security-opt",
		  "no-new-privileges", "--security-opt", "seccomp=builtin");
	assert_true(c->process.has_capabilities);
	assert_true(c->process.capabilities.bounding == (CAPABILITIES_ALL & ~bit("SYS_BOOT")));
	assert_true(c->process.no_new_privs);
	assert_int_equal(c->seccomp.mode, SECCOMP_MODE_DEFAULT);
	end(&l);
	c = PARSE(&l, "--privileged", "--cap-drop", "ALL");
	assert_true(c->process.has_capabilities && c->process.capabilities.bounding == 0);
	end(&l);
}

static void security_options(void **state)
{
	static const struct {
		const char *word;
		bool no_new_privs;
		enum config_seccomp_mode mode;
		const char *file;
	} cases[] = {
		{"seccomp=unconfined", true, SECCOMP_MODE_UNCONFINED, NULL},
		{"seccomp:unconfined", true, SECCOMP_MODE_UNCONFINED, NULL},
		{"seccomp=builtin", true, SECCOMP_MODE_DEFAULT, NULL},
		{"seccomp=./a=b:c.json", true, SECCOMP_MODE_DEFAULT, "./a=b:c.json"},
		{"no-new-privileges", true, SECCOMP_MODE_DEFAULT, NULL},
		{"no-new-privileges=true", true, SECCOMP_MODE_DEFAULT, NULL},
		{"no-new-privileges=false", false, SECCOMP_MODE_DEFAULT, NULL},
		{"no-new-privileges:false", false, SECCOMP_MODE_DEFAULT, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct line l;
		struct config *c = PARSE(&l, "--security-opt", cases[i].word);

		assert_int_equal(c->process.no_new_privs, cases[i].no_new_privs);
		assert_int_equal(c->seccomp.mode, cases[i].mode);
		if (cases[i].file)
			assert_string_equal(args_seccomp_file(&l.args), cases[i].file);
		else
			assert_null(args_seccomp_file(&l.args));
		end(&l);
	}
}

static void security_modules(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, "--security-opt", "apparmor=my-profile");

	(void)state;
	assert_string_equal(c->process.apparmor_profile, "my-profile");
	assert_null(c->process.selinux_label);
	end(&l);
	c = PARSE(&l, "--security-opt", "apparmor:a//b=c:d", "--security-opt",
		  "label=system_u:system_r:container_t:s0:c1,c2");
	assert_string_equal(c->process.apparmor_profile, "a//b=c:d");
	assert_string_equal(c->process.selinux_label, "system_u:system_r:container_t:s0:c1,c2");
	end(&l);
	c = PARSE(&l, "--security-opt", "label=a:b:c");
	assert_string_equal(c->process.selinux_label, "a:b:c");
	end(&l);
	c = PARSE(&l, "--security-opt", "label=a:b:c", "--security-opt", "label=disable");
	assert_null(c->process.selinux_label);
	assert_null(c->process.apparmor_profile);
	end(&l);
}

static void the_log(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, "--privileged", "--security-opt", "seccomp=builtin",
				 "--security-opt", "seccomp-log");

	(void)state;
	assert_true(c->seccomp_log);
	end(&l);
	c = PARSE(&l, "--security-opt", "seccomp-log", "--security-opt", "seccomp-log=false");
	assert_false(c->seccomp_log);
	end(&l);
	c = PARSE(&l, "--security-opt", "seccomp-log=true", "--security-opt", "seccomp=p.json");
	assert_true(c->seccomp_log);
	end(&l);
}

static void networks(void **state)
{
	struct line l;
	struct config *c = PARSE(&l, "--network", "host");

	(void)state;
	assert_int_equal(c->ns[NS_NETWORK].mode, NS_INHERIT);
	end(&l);
	c = PARSE(&l, "--net=none", "--sysctl", "net.ipv4.ip_forward=1",
		  "--sysctl=kernel.shmmax=4096");
	assert_int_equal(c->ns[NS_NETWORK].mode, NS_NEW);
	assert_int_equal(c->sysctls_n, 2);
	assert_string_equal(c->sysctls[1].key, "kernel.shmmax");
	assert_string_equal(c->sysctls[1].value, "4096");
	end(&l);
	c = PARSE(&l, "--network", "/run/netns/a");
	assert_int_equal(c->ns[NS_NETWORK].mode, NS_JOIN);
	assert_string_equal(c->ns[NS_NETWORK].path, "/run/netns/a");
	end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities),	    cmocka_unit_test(privileged),
		cmocka_unit_test(security_options), cmocka_unit_test(security_modules),
		cmocka_unit_test(the_log),	    cmocka_unit_test(networks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("args_security", tests, NULL, NULL);
}
