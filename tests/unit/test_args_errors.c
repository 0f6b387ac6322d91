/*
 * test_args_errors.c - the options of `run` as a producer of struct config: what is refused, and with which words.
 */
#include "args_fixture.h"

static const struct {
	const char *words[5];
	const char *error; /* how it begins */
} errors[] = {
	{{"--memory", "12q"},
	 "--memory 12q: not a size (a number with b, k, m, g or t behind it, such as 512m)"},
	{{"-m", "0"}, "-m 0: must be more than 0"},
	{{"--memory="}, "--memory \"\": not a size"},
	{{"--memory", "-1"}, "--memory -1: not a size"},
	{{"-m", "1g", "--memory-swap", "512m"}, "memory-swap 536870912: less than memory, 1073741824"},
	{{"--memory-swap", "1g"}, "memory-swap needs a memory limit"},
	{{"--memory-swap", "-2"}, "--memory-swap -2: not a size"},
	{{"--memory-reservation=2g", "-m1g"}, "memory-reservation 2147483648: more than memory"},
	{{"--cpus", "0"}, "--cpus 0: must be at least 0.01"},
	{{"--cpus", "-1"}, "--cpus -1: not a number of CPUs"},
	{{"--cpu-shares", "1"}, "--cpu-shares 1: not from 2 to 262144"},
	{{"--cpu-shares", "262145"}, "--cpu-shares 262145: not from"},
	{{"--cpu-weight", "0"}, "--cpu-weight 0: not from 1 to 10000"},
	{{"--cpu-weight", "10001"}, "--cpu-weight 10001: not from"},
	{{"--cpu-shares=2", "--cpu-weight=1"}, "cpu-shares and cpu-weight are two words"},
	{{"--cpuset-cpus", "0-"}, "--cpuset-cpus 0-: not a list"},
	{{"--cpuset-mems", "x"}, "--cpuset-mems x: not a list"},
	{{"--pids-limit", "-2"}, "--pids-limit -2: not from -1 to"},
	{{"--pids-limit", "many"}, "--pids-limit many: not a number"},
	{{"--cgroup-parent", "/sys/fs/cgroup/x"}, "--cgroup-parent /sys/fs/cgroup/x: begins at"},
	{{"--cgroup-parent", "../x"}, "cgroup path ../x/mini-run-0123abcd: must not contain"},
	{{"--cgroup-conf", "memory.high"}, "--cgroup-conf memory.high: not KEY=VALUE"},
	{{"--cgroup-conf", "=1"}, "--cgroup-conf =1: not KEY=VALUE"},
	{{"--cgroup-conf", "../x.y=1"}, "cgroup-conf ../x.y: not a file of a cgroup"},
	{{"--cgroup-conf", "cgroup.procs=1"}, "cgroup-conf cgroup.procs: mini-run writes"},
	{{"--ulimit", "nofile"}, "--ulimit nofile: not NAME=SOFT[:HARD]"},
	{{"--ulimit", "files=1"}, "--ulimit files=1: no such limit"},
	{{"--ulimit", "nofile=2:1"}, "--ulimit nofile=2:1: the soft limit is above"},
	{{"--ulimit", "nofile=unlimited:1"}, "--ulimit nofile=unlimited:1: the soft limit is above"},
	{{"--ulimit", "nofile=1:"}, "--ulimit nofile=1:: \"\" is not a limit"},
	{{"--ulimit", "nofile=-2"}, "--ulimit nofile=-2: \"-2\" is not a limit"},
	{{"--oom-score-adj", "-1001"}, "--oom-score-adj -1001: not from -1000 to 1000"},
	{{"--timeout", "0"}, "--timeout 0: must be at least 1ms"},
	{{"--timeout", "soon"}, "--timeout soon: not a duration"},
	{{"--name", ""}, "the name of the container is empty"},
	{{"--name", ".a"}, "name .a: not a container's name"},
	{{"--name", ".."}, "name ..: not a container's name"},
	{{"--name", ".."}, "name ..: not a container's name"},
	{{"--name", "../x"}, "name ../x: not a container's name"},
	{{"--name", "a b"}, "name a b: not a container's name"},
	{{"--name", "a\n"}, "name a\n: not a container's name"},
	{{"--hostname", ""}, "hostname : not from 1 to 64 bytes"},
	{{"--hostname", "12345678901234567890123456789012345678901234567890123456789012345"},
	 "hostname 12345678901234567890123456789012345678901234567890123456789012345: not from"},
	{{"--hostname", "a\tb"}, "hostname a\tb: contains a control character"},
	{{"-e", "=x"}, "-e =x: has no name"},
	{{"-e", ""}, "-e \"\": has no name"},
	{{"--env-file", "/nonexistent/file"}, "--env-file /nonexistent/file: open: No such file"},
	{{"-w", "srv"}, "-w srv: must be absolute"},
	{{"--workdir="}, "--workdir \"\": must be absolute"},
	{{"--umask", "8"}, "--umask 8: not an octal number"},
	{{"--umask", "1000"}, "--umask 1000: more than 777"},
	{{"-u", "4294967295"}, "-u 4294967295: the user: not from 0 to 4294967294"},
	{{"-u", "4294967296"}, "-u 4294967296: the user: not from"},
	{{"-u", "4294967296:0"}, "-u 4294967296:0: the user: not from"},
	{{"-u", "0:4294967296"}, "-u 0:4294967296: the group: not from"},
	{{"-u", "18446744073709551616"}, "-u 18446744073709551616: the user: not from"},
	{{"-u", "-1"}, "-u -1: the user: not a number"},
	{{"-u", "+1"}, "-u +1: the user: not a number"},
	{{"-u", "1000x"}, "-u 1000x: the user: not a number"},
	{{"-u", "0x0"}, "-u 0x0: the user: not a number"},
	{{"-u", " 1"}, "-u  1: the user is neither"},
	{{"-u", "1 "}, "-u 1 : the user: not a number"},
	{{"-u", ""}, "-u \"\": the user is empty"},
	{{"-u", ":0"}, "-u :0: the user is empty"},
	{{"-u", "a:"}, "-u a:: the group is empty"},
	{{"-u", "a:b:c"}, "-u a:b:c: the group is neither"},
	{{"-u", "../x"}, "-u ../x: the user is neither"},
	{{"-v", "/a"}, "-v /a: not SRC:DST[:OPTIONS]"},
	{{"-v", "data:/b"}, "-v data:/b: there are no named volumes (write ./data"},
	{{"-v", ":/b"}, "-v :/b: the source is empty"},
	{{"-v", "/a:b"}, "-v /a:b: destination b: must be absolute"},
	{{"-v", "/a:"}, "-v /a:: destination : must be absolute"},
	{{"-v", "/a:/"}, "-v /a:/: the destination is the root directory"},
	{{"-v", "/a://."}, "-v /a://.: the destination is the root directory"},
	{{"-v", "/a:/b/../.."}, "-v /a:/b/../..: destination /b/../..: must not contain \"..\""},
	{{"-v", "/a:/dev"}, "-v /a:/dev: /dev is mini-run's own"},
	{{"-v", "/a:/dev/./pts/"}, "-v /a:/dev/./pts/: /dev/./pts/ is mini-run's own"},
	{{"-v", "/a:/proc"}, "mount on /proc: nothing may be mounted"},
	{{"-v", "/a:/proc//sys"}, "mount on /proc//sys: nothing may be mounted"},
	{{"-v", "/a:/b:z"}, "-v /a:/b:z: \"z\" is not an option (ro, rw"},
	{{"-v", "/a:/b:"}, "-v /a:/b:: an empty part"},
	{{"-v", "/a:/b:ro,"}, "-v /a:/b:ro,: an empty part"},
	{{"--tmpfs", "/proc/self"}, "mount on /proc/self: nothing may be mounted"},
	{{"--tmpfs", "/proc/cpuinfo"}, "mount on /proc/cpuinfo: nothing may be mounted"},
	{{"--tmpfs", "tmp"}, "--tmpfs tmp: destination tmp: must be absolute"},
	{{"--tmpfs", "/t:size=1q"}, "--tmpfs /t:size=1q: size: not a size"},
	{{"--tmpfs", "/t:size=0"}, "--tmpfs /t:size=0: size: must be more than 0"},
	{{"--tmpfs", "/t:size=101%"}, "--tmpfs /t:size=101%: size, in % of the memory: not from"},
	{{"--tmpfs", "/t:mode=9"}, "--tmpfs /t:mode=9: mode: not an octal"},
	{{"--tmpfs", "/t:uid=4294967295"}, "--tmpfs /t:uid=4294967295: uid: not from"},
	{{"--tmpfs", "/t:huge=always"}, "--tmpfs /t:huge=always: \"huge=always\" is not an option"},
	{{"--tmpfs", "/t:rslave"}, "--tmpfs /t:rslave: \"rslave\" is not an option"},
	{{"--mount", "src=/a,dst=/b"}, "--mount src=/a,dst=/b: needs type=bind or type=tmpfs"},
	{{"--mount", "type=volume,dst=/b"}, "--mount type=volume,dst=/b: needs type=bind"},
	{{"--mount", "type=bind,dst=/b"}, "--mount type=bind,dst=/b: has no source"},
	{{"--mount", "type=bind,src=/a"}, "--mount type=bind,src=/a: has no destination"},
	{{"--mount", "type=tmpfs,src=/a,dst=/b"}, "--mount type=tmpfs,src=/a,dst=/b: a tmpfs has no"},
	{{"--mount", "type=bind,src=/a,dst=/b,x=y"},
	 "--mount type=bind,src=/a,dst=/b,x=y: \"x=y\" is not"},
	{{"--mount", "type=bind,src=/a,dst=/b,ro=maybe"},
	 "--mount type=bind,src=/a,dst=/b,ro=maybe: \"ro=maybe\" is not"},
	{{"--mount", "type=bind,src=/a,dst=/b,tmpfs-size=1m"},
	 "--mount type=bind,src=/a,dst=/b,tmpfs-size=1m: \"size=1m\" is not an option"},
	{{"--mount", ""}, "--mount \"\": an empty part"},
	{{"--device", "fuse"}, "--device fuse: device fuse: must be absolute"},
	{{"--device", "/tmp/x"}, "--device /tmp/x: the device must appear below /dev"},
	{{"--device", "/dev/a:/dev/../etc/a"}, "--device /dev/a:/dev/../etc/a: destination"},
	{{"--device", "/dev/a:/dev/b:rwx"}, "--device /dev/a:/dev/b:rwx: \"rwx\" is not an access"},
	{{"--device", "/dev/a:/dev/b:"}, "--device /dev/a:/dev/b:: \"\" is not an access"},
	{{"--device", "/dev/a", "--device", "/dev//a"}, "device /dev//a is there twice"},
	{{"--cap-add", "FLY"}, "--cap-add FLY: no such capability"},
	{{"--cap-add", "CHOWN,"}, "--cap-add CHOWN,: an empty part"},
	{{"--cap-add=ALL", "--cap-drop=ALL"}, "--cap-add ALL and --cap-drop ALL exclude each other"},
	{{"--cap-add=KILL", "--cap-drop=kill"}, "CAP_KILL is both in --cap-add and in --cap-drop"},
	{{"--security-opt", "systempaths=unconfined"},
	 "--security-opt systempaths=unconfined: no such setting (seccomp="},
	{{"--security-opt", "seccomp-logs"}, "--security-opt seccomp-logs: no such setting"},
	{{"--security-opt", "seccomp-log=1"}, "--security-opt seccomp-log=1: is either true or false"},
	{{"--security-opt", "seccomp-log", "--security-opt", "seccomp=unconfined"},
	 "--security-opt seccomp-log: there is no filter that could refuse a system call (leave "
	 "out"},
	{{"--security-opt", "seccomp-log", "--privileged"},
	 "--security-opt seccomp-log: there is no filter that could refuse a system call (add"},
	{{"--security-opt", "apparmor"}, "--security-opt apparmor: needs a profile (apparmor=PROFILE"},
	{{"--security-opt", "apparmor="}, "--security-opt apparmor=: needs a profile"},
	{{"--security-opt", "label"}, "--security-opt label: not an SELinux label (label=USER:ROLE"},
	{{"--security-opt", "label=container_t"},
	 "--security-opt label=container_t: not an SELinux label"},
	{{"--security-opt", "label=a:b"}, "--security-opt label=a:b: not an SELinux label"},
	{{"--security-opt", "label=a::c"}, "--security-opt label=a::c: not an SELinux label"},
	{{"--security-opt", "label=a:b:c:"}, "--security-opt label=a:b:c:: not an SELinux label"},
	{{"--security-opt", "label=type:container_t"},
	 "--security-opt label=type:container_t: is a part of a label, and mini-run chooses no"},
	{{"--security-opt", "label=level:s0:c1"},
	 "--security-opt label=level:s0:c1: is a part of a label"},
	{{"--security-opt", "label=user:a:b:c"}, "--security-opt label=user:a:b:c: is a part"},
	{{"--security-opt", "seccomp"}, "--security-opt seccomp: needs a profile"},
	{{"--security-opt", "seccomp="}, "--security-opt seccomp=: needs a profile"},
	{{"--security-opt", "no-new-privileges=no"}, "--security-opt no-new-privileges=no: is either"},
	{{"--network", "bridge"}, "--network bridge: not host, none, or the path"},
	{{"--network="}, "--network \"\": not host, none"},
	{{"--sysctl", "kernel.shmmax"}, "--sysctl kernel.shmmax: not KEY=VALUE"},
	{{"--sysctl", "vm.swappiness=1"}, "sysctl vm.swappiness: belongs to no namespace"},
	{{"--sysctl", "net.ipv4.ip_forward=1"},
	 "sysctl net.ipv4.ip_forward: needs its own network namespace"},
	{{"--init=false"}, "--init: takes no value (leave the option out"},
	{{"--memry", "5"}, "--memry: no such option (did you mean --memory?)"},
	{{"--rm"}, "--rm: no such option"},
};

static void every_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct line l;

		if (parse_with(&l, errors[i].words, NULL) == 0)
			fail_msg("%s %s was taken", errors[i].words[0],
				 errors[i].words[1] ? errors[i].words[1] : "");
		if (strncmp(l.error.text, errors[i].error, strlen(errors[i].error)) != 0)
			fail_msg("\"%s\" and not \"%s\"", l.error.text, errors[i].error);
		end(&l);
	}
}

static void too_long_name(void **state)
{
	char id[257];
	const char *words[WORDS] = {"--name", id, NULL};
	struct line l;

	(void)state;
	memset(id, 'x', 256);
	id[256] = '\0';
	assert_int_equal(parse_with(&l, words, NULL), -1);
	assert_non_null(strstr(l.error.text, "longer than 255 bytes"));
	end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error),
		cmocka_unit_test(too_long_name),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("args_errors", tests, NULL, NULL);
}
