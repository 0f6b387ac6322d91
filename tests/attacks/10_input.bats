#!/usr/bin/env bats
#
# Section 10: config.json and the command line as hostile input.
#
# shellcheck disable=SC2016 # what is in single quotes is jq's, or is expanded by a shell inside
# shellcheck disable=SC2034,SC2154 # the options are for attacks.bash; status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/attacks

# refused REGEX: $BUNDLE is not taken by create, in one line that matches, and nothing is made.
refused()
{
	attack_try oci create --bundle "$BUNDLE" "$(container_id)"
	if ((status != 1)) || [[ $(wc -l <<<"$stderr") != 1 || ! $stderr =~ $1 || -e $OCI_ROOT/$(container_id) ]]; then
		printf 'expected status 1 and one line that matches %s; the configuration begins with %.300s\n' "$1" \
			"$(tr -d '\n\t' <"$BUNDLE/config.json")"
		show_result
		return 1
	fi
}

# bare: a bundle of `true`, and its config.json as it was in $GOOD.
bare()
{
	[[ ${CANARY:-} ]] || canary_make
	bundle_make "$@"
	bundle_args true
	GOOD=$BATS_TEST_TMPDIR/good.json
	cp "$BUNDLE/config.json" "$GOOD"
}

# with JQ-OPTION...: config.json is the good one, edited.
with()
{
	cp "$GOOD" "$BUNDLE/config.json"
	bundle_edit "$@"
}

# with_text TEXT: what stands for "HERE" in config.json is TEXT, literally, which jq might round or refuse.
with_text()
{
	local text

	text=$(<"$BUNDLE/config.json")
	[[ $text == *'"HERE"'* ]] || return 1
	printf '%s\n' "${text%%'"HERE"'*}$1${text#*'"HERE"'}" >"$BUNDLE/config.json"
}

# ---- 10.1 -----------------------------------------------------------------------------------------------------------

@test "10.1 JSON that is deep, long, doubled, cut or not JSON is refused at once" {
	local text

	# (Tables and random text: test_json.c, and the fuzzers of tests/fuzz where they are.)
	bare
	# The control: as it is, it runs.
	run_ok oci_run "$(container_id)"
	with '.annotations.x = "HERE"'
	with_text "$(printf '[%.0s' {1..100000})"
	refused 'config\.json'
	with '.annotations.x = "HERE"'
	python3 -c 'import sys
sys.stdout.write(open(sys.argv[1]).read().replace("\"HERE\"", "{\"a\":" * 20000 + "1" + "}" * 20000))' "$BUNDLE/config.json" >"$BUNDLE/new"
	mv "$BUNDLE/new" "$BUNDLE/config.json"
	refused 'config\.json'
	# A GiB, of which nothing is on the disk; and one byte more than is taken.
	truncate -s 1G "$BUNDLE/config.json"
	refused 'too large|at most'
	with .
	truncate -s 4194305 "$BUNDLE/config.json"
	refused 'too large|at most|JSON|config'
	with '.mounts = [range(60000) | {destination: "/x", type: ""}]'
	refused 'mount'
	for text in '' '{' '[]' 'null' '"x"' '{"ociVersion":"1.2.0"' "{\"ociVersion\":\"1.2.0\"}}" '{"ociVersion":"1.2.0","ociVersion":"1.2.0"}' \
		'{ociVersion:"1.2.0"}' "{'ociVersion':'1.2.0'}" '{"ociVersion":"1.2.0",}' '{"a":NaN}' '{"a":Infinity}' '{"a":1e400}' '{"a":01}' \
		$'{"a":"\x01"}' $'{"a":"\xff"}' '{"a":"\ud800"}' '/* */ {}'; do
		printf '%s' "$text" >"$BUNDLE/config.json"
		refused 'config\.json'
	done
	# A name that is there twice, somewhere inside.
	with '.root |= {readonly: false, path: "rootfs", HERE: 1}'
	sed -i 's/"HERE": 1/"path": "\/"/' "$BUNDLE/config.json"
	refused 'twice|duplicate|more than once|path'
	rm "$BUNDLE/config.json"
	mkfifo "$BUNDLE/config.json"
	refused 'config\.json'
	rm "$BUNDLE/config.json"
	ln -s /dev/zero "$BUNDLE/config.json"
	refused 'config\.json'
}

# ---- 10.2, 10.3 -----------------------------------------------------------------------------------------------------

# What is behind a NUL passes no check and is cut off later.
nul_in_args()
{
	attack echo 'cut<NUL>whole'
	[[ $output != *cut* ]]
}

@test "10.2 a NUL in a string is refused wherever it stands" {
	local path

	bundle_args()
	{
		jq '.process.args = ($ARGS.positional | map(sub("<NUL>"; "\u0000")))' "$BUNDLE/config.json" --args -- "$@" >"$BUNDLE/config.json.new"
		mv "$BUNDLE/config.json.new" "$BUNDLE/config.json"
	}
	control_trips nul_in_args crun
	in_every_form nul_in_args bundle create bundle+userns
	bare "$BATS_TEST_TMPDIR/table"
	for path in .process.args[0] .process.env[0] .process.cwd .root.path .hostname .linux.cgroupsPath .mounts[0].destination \
		.mounts[0].source .mounts[0].options[0] .linux.maskedPaths[0] .linux.readonlyPaths[0] .linux.namespaces[0].path .annotations.x \
		.linux.sysctl.x .ociVersion .process.apparmorProfile .linux.devices[0].path .hooks.prestart[0].path \
		.hooks.createRuntime[0].args[0] .linux.seccomp.listenerPath .process.rlimits[0].type .process.capabilities.bounding[0]; do
		with "$path = \"/bin/x\\u0000y\""
		refused 'NUL|null|U\+0000|zero'
	done
	# A name, too, known or not.
	with '. + {"no\u0000such": 1}'
	refused 'NUL|null|U\+0000|zero'
}

@test "10.3 numbers that do not fit are refused, and none is cut to another" {
	local path number

	bare
	# A place, and what must not be taken there. These are beyond what the kernel's own fields hold.
	while read -r path number; do
		with "$path = \"HERE\""
		cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/here.json"
		for number in $number; do
			cp "$BATS_TEST_TMPDIR/here.json" "$BUNDLE/config.json"
			with_text "$number"
			refused "" || { echo "$path $number"; return 1; }
		done
	done <<-'END'
		.process.user.uid -1 4294967295 4294967296 0.5 1e1 "0"
		.process.user.gid -1 4294967295 4294967296
		.process.user.umask -1 4294967296 "022"
		.process.oomScoreAdj -1001 1001 4294967296 18446744073709551616
		.process.rlimits[0].hard -1 18446744073709551616 1e30
		.linux.resources.memory {"limit":-2} {"limit":9223372036854775808} {"limit":1.5} {"limit":"1"}
		.linux.resources.cpu {"shares":-1} {"shares":18446744073709551616} {"quota":9223372036854775808} {"period":-1}
		.linux.resources.pids {"limit":9223372036854775808} {"limit":1.5} {"limit":true}
		.linux.resources.devices[0] {"allow":false,"major":-2} {"allow":false,"major":4294967296} {"allow":false,"minor":9223372036854775808}
		.linux.devices [{"path":"/dev/x","type":"c","major":4294967296,"minor":0}] [{"path":"/dev/x","type":"c","major":-1,"minor":0}]
		.linux.devices [{"path":"/dev/x","type":"c","major":1,"minor":3,"fileMode":-1}] [{"path":"/dev/x","type":"c","major":1,"minor":3,"uid":4294967296}]
		.hooks.createRuntime [{"path":"/bin/true","timeout":-1}] [{"path":"/bin/true","timeout":9223372036854775808}] [{"path":"/bin/true","timeout":0}]
		.linux.timeOffsets {"monotonic":{"secs":9223372036854775808}} {"monotonic":{"nanosecs":-1}} {"monotonic":{"nanosecs":1000000000}}
	END
	# The control: the highest and lowest that there are, exactly.
	while read -r path number; do
		with "$path = \"HERE\""
		with_text "$number"
		oci_try oci run --bundle "$BUNDLE" "$(container_id)"
		((status == 0)) || { echo "$path $number"; show_result; return 1; }
	done <<-'END'
		.process.user.uid 4294967294
		.process.user.umask 511
		.process.oomScoreAdj 1000
		.linux.resources.pids {"limit":-1}
	END
	# And on the command line.
	for number in --memory=-1 --memory=99999999999999999999 --memory=1.5.5g --pids-limit=99999999999999999999 --pids-limit=-2 --cpus=-1 \
		--cpus=nan --cpus=inf --cpus=1e400 --cpu-shares=-1 --timeout=-1s --timeout=99999999999999999999s --oom-score-adj=1001 \
		--ulimit=nofile=18446744073709551616 --ulimit=nofile=-2 --user=4294967296 --preserve-fds=2147483648 --preserve-fds=-1; do
		oci_try oci run "$number" "$BUNDLE/rootfs" true
		((status == 125)) || { echo "taken: $number"; show_result; return 1; }
	done
}

# ---- 10.4, 10.5, 10.6 -----------------------------------------------------------------------------------------------

@test "10.4 what is in the bundle after create has no effect" {
	local id

	bare
	id=$(container_id)
	bundle_args sh -c 'id -u; cat /proc/sys/kernel/hostname; echo "$0"' first
	oci_create "$id"
	# Another user, other arguments, hooks that would run on the host, and all capabilities.
	bundle_edit --arg file "$BATS_TEST_TMPDIR/hook-ran" '.process.args = ["echo", "second"] | .process.user.uid = 1000 | .hostname = "other" |
		.hooks = {startContainer: [{path: "/bin/sh", args: ["sh", "-c", "touch /tmp/hook-ran"]}],
			poststart: [{path: "/bin/touch", args: ["touch", $file]}], poststop: [{path: "/bin/touch", args: ["touch", $file]}]} |
		.process.capabilities[] = ["CAP_SYS_ADMIN"]'
	oci_start "$id"
	oci_stopped "$id"
	expect_equal "$(<"$OUT")" $'0\nmini-run\nfirst'
	run_ok oci delete "$id"
	[[ ! -e $BATS_TEST_TMPDIR/hook-ran && ! -e $BUNDLE/rootfs/tmp/hook-ran ]]
	# The control: the next container has them.
	bundle_edit '.process.capabilities[] = []'
	oci_run_detached "$id-2"
	eventually test -e "$BATS_TEST_TMPDIR/hook-ran"
	# What exec takes is the container's own copy, which nobody else can read or write.
	[[ -z $(find "$OCI_ROOT/$id-2" -perm /077 ! -type l) ]]
}

# Annotations by which other runtimes are switched over: each would be seen.
annotations()
{
	bundle_edit --arg canary "$CANARY" '.annotations = {
		"run.oci.handler": "krun", "run.oci.keep_original_groups": "1", "run.oci.pidfd_receiver": ($canary + "/pidfd"),
		"run.oci.hooks.stdout": ($canary + "/stdout"), "run.oci.hooks.stderr": ($canary + "/stderr"),
		"run.oci.seccomp_fail_unknown_syscall": "1", "run.oci.seccomp_bpf_data": "BgAAAAAA/38=", "run.oci.seccomp.receiver": ($canary + "/seccomp"),
		"run.oci.systemd.force_cgroup_v1": "/sys/fs/cgroup", "run.oci.systemd.subgroup": "../x", "run.oci.delegate-cgroup": "../../x",
		"run.oci.mount_context_type": "fscontext", "run.oci.timens_offset": "monotonic=1000000", "run.oci.rootfs": "/",
		"run.oci.rootfs.overlay": "/", "krun.config": ($canary + "/file"), "run.oci.wasm": "1", "module.wasm.image/variant": "compat",
		"org.criu.config": ($canary + "/file"), "org.systemd.property.DeviceAllow": "[\"/dev/mem rwm\"]", "org.opencontainers.runc.x": "1",
		"org.mini-run.privileged": "true", "mini-run.privileged": "true", "io.kubernetes.cri-o.Devices": "/dev/mem",
		"io.katacontainers.config.hypervisor.path": "/bin/sh", "com.docker.security": "unconfined"} |
		.hooks.createRuntime = [{path: "/bin/echo", args: ["echo", "from a hook"]}]'
	attack sh -c 'grep -E "^(Cap|NoNew|Seccomp:|Groups)" /proc/self/status; ls /dev; cat /proc/self/cgroup; cat /proc/self/mountinfo |
		cut -d " " -f 4-6 | sort; readlink /proc/self/ns/* | cut -d : -f 1; cat /proc/self/timens_offsets 2>/dev/null'
}

# The same container as without any.
same_with_annotations()
{
	local before

	annotations
	((status == 0)) || return 1
	before=$output
	bundle_edit 'del(.annotations)'
	[[ ! ${BAD:-} ]] || bundle_edit '.process.noNewPrivileges = false'
	attack sh -c 'grep -E "^(Cap|NoNew|Seccomp:|Groups)" /proc/self/status; ls /dev; cat /proc/self/cgroup; cat /proc/self/mountinfo |
		cut -d " " -f 4-6 | sort; readlink /proc/self/ns/* | cut -d : -f 1; cat /proc/self/timens_offsets 2>/dev/null'
	expect_equal "$output" "$before"
}

@test "10.5 annotations that switch other runtimes over do nothing (CVE-2025-24965)" {
	BAD=1 control_trips same_with_annotations bundle
	in_every_form same_with_annotations bundle create exec bundle+userns
}

@test "10.6 a terminal that cannot be is an error, and no half of a container is left" {
	local size

	bare
	with '.process.terminal = true'
	for size in '--detach' ''; do
		# Detached without a socket.
		if [[ $size ]]; then
			attack_try oci run "$size" --bundle "$BUNDLE" "$(container_id)"
		else
			attack_try oci create --bundle "$BUNDLE" "$(container_id)"
		fi
		((status == 1)) || show_result
		expect_equal "$status" 1
		expect_match "$stderr" 'console-socket'
		oci_gone "$(container_id)"
	done
	for size in '{"height": 65536, "width": 80}' '{"height": -1, "width": 80}' '{"height": 24, "width": 4294967297}' '{"height": "24", "width": 80}' '[24, 80]'; do
		with --argjson size "$size" '.process.terminal = true | .process.consoleSize = $size'
		refused 'consoleSize|console size'
	done
	expect_equal "$(find /sys/fs/cgroup -type d -name "*$(container_id)*" 2>/dev/null)" ''
	# The control: one that can be is what the program gets.
	with '.process.terminal = true | .process.consoleSize = {height: 31, width: 99} | .process.args = ["stty", "size"]'
	run_ok oci_run "$(container_id)"
	expect_equal "${output%$'\r'}" '31 99'
}

# ---- 10.7, 10.8 -----------------------------------------------------------------------------------------------------

@test "10.7 there is no restore, so that no image of a process is believed" {
	local id

	bare
	id=$(container_id)
	bundle_args sleep 1000
	oci_run_detached "$id"
	mkdir "$BATS_TEST_TMPDIR/image"
	for command in checkpoint restore; do
		oci_try oci "$command" --image-path "$BATS_TEST_TMPDIR/image" "$id"
		((status != 0))
		expect_match "$stderr" "$command"
	done
	[[ -z $(ls -A "$BATS_TEST_TMPDIR/image") ]]
	expect_status "$id" running
	expect_equal "$(oci features | jq -r '.annotations["org.opencontainers.runc.checkpoint.enabled"]')" false
}

# What nobody asked for, which is what is attacked: the facts of the probe, by name.
default_walls()
{
	ATTACK_OPTIONS=()
	attack attack_probe
	((status == 0)) || return 1
	# The host's network is the default, by design; the rest of the facts is the container's own.
	grep -q '^ok nonewprivs' <<<"$output" && grep -q '^ok seccomp:filter' <<<"$output" &&
		grep -q '^ok fd:none-above-2' <<<"$output" && ! grep -E '^not ok' <<<"$output"
}

@test "10.8 run ROOTFS COMMAND without an option has every wall up" {
	# (In every form, with the arguments that tell what the host has: 0_inside.bats.)
	control_trips default_walls chroot
	in_every_form default_walls direct direct+userns
	# With the network of its own, which is an option.
	closed() {
		ATTACK_OPTIONS=(--network none)
		attack sh -c 'cat /proc/net/dev | grep -c :; cat /proc/net/unix | grep -c @'
		[[ $output == $'1\n0' ]]
	}
	in_every_form closed direct direct+userns
}
