#!/usr/bin/env bats
#
# Section 9: processes and their numbers, what others are told about a container, hooks, namespaces, names, and what is left
# when mini-run is killed or two commands meet.
#
# shellcheck disable=SC2016 # what is in single quotes is jq's, or is expanded by another shell
# shellcheck disable=SC2094 # the program is open, as what a caller may leave open
# shellcheck disable=SC2034,SC2154 # the options are for attacks.bash; status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/attacks

ACTS=$REPO/build/tests/lib/attack_acts

teardown()
{
	local pid

	for pid in ${RECEIVER:-} ${OTHER:-}; do
		{ kill "$pid" && wait "$pid"; } 2>/dev/null || true
	done
	attack_sweep
	bundle_teardown
}

# sleeping: a bundle of $id that sleeps.
sleeping()
{
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
}

# ---- 9.1, 9.2, 9.3 --------------------------------------------------------------------------------------------------

@test "9.1 a state that names another process, none, or all of them ends nobody" {
	sleeping
	# In a PID namespace of its own: what went wrong would end everything in there, and its process 1 is the shell's.
	run_ok unshare --pid --mount --fork --kill-child --mount-proc --propagation private bash -euc '
		run=("$1" --root "$2")
		id=$3 bundle=$4
		sleep 1000 & other=$!
		"${run[@]}" run --detach --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1
		state=${run[2]}/$id/state.json
		pid=$(jq .pid "$state")
		cp "$state" "$bundle/state.json"
		for number in -1 0 1 "$$" "$other" "-$other" 4194304 99999999999 1.5 null "\"$other\""; do
			jq --argjson pid "$number" ".pid = \$pid" "$bundle/state.json" >"$state.new"
			sed -i "s/\"pid\": 100000000000/\"pid\": $number/" "$state.new"
			mv "$state.new" "$state"
			"${run[@]}" kill "$id" KILL >/dev/null 2>&1 && echo "kill has sent a signal to $number"
			"${run[@]}" exec "$id" true >/dev/null 2>&1 && echo "exec went into $number"
			kill -0 "$other" || echo "it is gone with $number"
		done
		# The control: with the number as it was the signal arrives.
		cp "$bundle/state.json" "$state"
		"${run[@]}" kill "$id" KILL || echo "and the right one is not reached"
		# And delete --force of a tampered one ends what is in the cgroups, not whom the state names.
		jq --argjson pid "$other" ".pid = \$pid" "$bundle/state.json" >"$state"
		"${run[@]}" delete --force "$id" || echo "not deleted"
		kill -0 "$other" || echo "it is gone with delete"
		kill "$other"
	' - "$MINI_RUN" "$OCI_ROOT" "$id" "$BUNDLE"
	expect_equal "$output" ''
}

@test "9.2 without a PID namespace every process of the container is ended, and no other" {
	local id inside

	sleeping
	bundle_edit 'del(.linux.namespaces[] | select(.type == "pid"))'
	bundle_args sh -c 'setsid sleep 1000 & sleep 1000 & echo "$!"; exit 3'
	sleep 1000 3>&- &
	OTHER=$!
	oci_run_detached "$id"
	oci_stopped "$id"
	inside=$(<"$OUT")
	# The control: it lives on behind process 1.
	kill -0 "$inside"
	run_ok oci delete --force "$id"
	eventually process_gone "$inside"
	kill -0 "$OTHER"
	# In the foreground it is the end of the run.
	oci_try oci run --bundle "$BUNDLE" "$id"
	expect_equal "$status" 3
	eventually process_gone "$output"
	kill -0 "$OTHER"
}

@test "9.3 no command makes an abstract socket, which every container with the host's network could connect to (CVE-2020-15257)" {
	sleeping
	bundle_edit '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "cat /proc/net/unix >>\"$0\"",
		"'"$BATS_TEST_TMPDIR"'/seen"]}] | .hooks.poststart = .hooks.createRuntime'
	cp "$ROOTFS/bin/busybox" "$BUNDLE/rootfs/bin/sh.new"
	# Its own network namespace: others' sockets are not in the list, and the container shares this one.
	run_ok unshare --net bash -euc '
		run=("$1" --root "$2")
		id=$3 seen=$5
		look() { cat /proc/net/unix >>"$seen"; }
		"${run[@]}" create --bundle "$4" "$id" </dev/null >/dev/null 2>&1; look
		"${run[@]}" start "$id"; look
		(while sleep 0.02; do look; done) & looker=$!
		"${run[@]}" exec "$id" cat /proc/net/unix >>"$seen"
		"${run[@]}" state "$id" >/dev/null; "${run[@]}" list >/dev/null; "${run[@]}" ps "$id" >/dev/null
		"${run[@]}" pause "$id" && "${run[@]}" resume "$id" || true
		"${run[@]}" update --pids-limit 50 "$id" || true
		"${run[@]}" kill "$id" KILL
		"${run[@]}" delete --force "$id"
		"${run[@]}" run --init "$4/rootfs" sh -c "cat /proc/net/unix; sleep 0.2" >>"$seen"
		kill "$looker"
		look
	' - "$MINI_RUN" "$OCI_ROOT" "$id" "$BUNDLE" "$BATS_TEST_TMPDIR/seen"
	(($(grep -c Path "$BATS_TEST_TMPDIR/seen") > 5))
	expect_equal "$(grep ' @' "$BATS_TEST_TMPDIR/seen" || true)" ''
	# The control: one that is made is seen so.
	expect_match "$(unshare --net python3 -c 'import socket
s = socket.socket(socket.AF_UNIX)
s.bind("\0attack")
print(open("/proc/net/unix").read())')" ' @attack'
}

# ---- 9.4, 9.5 -------------------------------------------------------------------------------------------------------

# receiver: a service manager at $BATS_TEST_TMPDIR/notify; each message and its descriptors come as a line.
receiver()
{
	rm -f "$BATS_TEST_TMPDIR/notify"
	python3 -c '
import array, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
print("listens", flush=True)
while True:
    text, ancillary, flags, _ = s.recvmsg(1 << 21, 1024)
    fds = sum(len(data) // 4 for level, kind, data in ancillary)
    print(ascii(text.decode()[:100]), len(text), fds, flush=True)
' "$BATS_TEST_TMPDIR/notify" >"$BATS_TEST_TMPDIR/notified" 3>&- 4>&- &
	RECEIVER=$!
	eventually grep -q listens "$BATS_TEST_TMPDIR/notified"
}

# What the manager must have got: one message, and nothing of what a container may not say.
notifies()
{
	receiver
	cp "$ACTS" "$BUNDLE/rootfs/bin/attack_acts"
	export NOTIFY_SOCKET=$BATS_TEST_TMPDIR/notify
	if form_is host; then
		attack "$ACTS" notify
	else
		attack attack_acts notify
	fi
	unset NOTIFY_SOCKET
	eventually grep -q "READY=1" "$BATS_TEST_TMPDIR/notified"
	kill "$RECEIVER"
	wait "$RECEIVER" || true
	RECEIVER=
	expect_equal "$(tail -n +2 "$BATS_TEST_TMPDIR/notified")" "'READY=1\\nSTATUS=a?[31mb' 22 0"
}

@test "9.4 the service manager hears how a container is, and nothing that would change the service" {
	local pid proxy

	control_trips notifies host
	in_every_form notifies bundle create bundle+userns
	# The direct form has none, and nobody is told anything.
	receiver
	bundle_make
	run_ok env NOTIFY_SOCKET="$BATS_TEST_TMPDIR/notify" "$MINI_RUN" run "$BUNDLE/rootfs" sh -c 'echo "<$NOTIFY_SOCKET>"; ls -A /run'
	expect_equal "$output" '<>'
	# The directory of the manager's socket is not there; what is there cannot be changed.
	bundle_args sh -c 'ls -A /run/notify; rm -f /run/notify/notify.sock 2>&1; chmod 700 /run/notify/notify.sock 2>&1
		touch /run/notify/new 2>&1; ls -A /run/notify'
	oci_try env NOTIFY_SOCKET="$BATS_TEST_TMPDIR/notify" "$MINI_RUN" --root "$OCI_ROOT" run --bundle "$BUNDLE" "$(container_id)"
	expect_equal "$(grep -c '^notify.sock$' <<<"$output")" 2
	expect_equal "$(grep -c 'Read-only file system' <<<"$output$stderr")" 3
	# A detached container has a process for it, which ends with the container.
	bundle_args sh -c 'sleep 1000'
	NOTIFY_SOCKET=$BATS_TEST_TMPDIR/notify oci_run_detached "$(container_id 2)"
	proxy=
	for pid in $(bundle_processes "$MINI_RUN_TEST"); do
		[[ $(cat "/proc/$pid/comm" 2>/dev/null) != mini-run-notify ]] || proxy=$pid
	done
	[[ $proxy ]]
	expect_equal "$(find "/proc/$proxy/fd" -type l | wc -l)" 2
	run_ok oci delete --force "$(container_id 2)"
	eventually process_gone "$proxy"
}

@test "9.5 hooks have their own environment and not the container's (CVE-2025-23266), and an absolute path" {
	local kind

	canary_make
	bundle_make
	bundle_edit --arg dir "$BATS_TEST_TMPDIR" '.process.env += ["LD_PRELOAD=/evil.so", "BASH_ENV=/evil", "PATH=/evil:/bin"] |
		.hooks = (["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"] | map({(.): [
			{path: "/bin/sh", args: ["sh", "-c", "env >\"$0\"; ls /proc/self/fd >>\"$0\"", ($dir + "/hook." + .)],
			env: ["OWN=1", "PATH=/bin:/usr/bin"]}]}) | add) | .hooks.startContainer[0].args[3] = "/tmp/hook"'
	# The control: the command has them.
	bundle_args sh -c 'env; cat /tmp/hook'
	oci_try env CALLER=1 "$MINI_RUN" --root "$OCI_ROOT" run --bundle "$BUNDLE" "$(container_id)" 7<"$CANARY" 9<"$MINI_RUN"
	expect_equal "$status" 0
	expect_match "$output" 'LD_PRELOAD=/evil.so'
	cp "$BUNDLE/rootfs/tmp/hook" "$BATS_TEST_TMPDIR/hook.startContainer"
	for kind in prestart createRuntime createContainer startContainer poststart poststop; do
		grep -qx OWN=1 "$BATS_TEST_TMPDIR/hook.$kind"
		run ! grep -E 'evil|^CALLER' "$BATS_TEST_TMPDIR/hook.$kind"
		# 3 is the directory that ls reads.
		expect_equal "$(grep -E '^[0-9]+$' "$BATS_TEST_TMPDIR/hook.$kind" | sort -n | xargs)" '0 1 2 3'
	done
	for kind in sh ./sh ../bin/sh ''; do
		bundle_edit --arg path "$kind" '.hooks = {createRuntime: [{path: $path}]}'
		expect_oci_error 'hooks' oci create --bundle "$BUNDLE" "$(container_id)"
	done
}

# ---- 9.6 ------------------------------------------------------------------------------------------------------------

# nothing_of ID: no process, cgroup, state or mount.
nothing_of()
{
	[[ ! -e $OCI_ROOT/$1 && -z $(find /sys/fs/cgroup -type d -name "*$1*" -print -quit 2>/dev/null) ]] || return 1
	! bundle_processes "$MINI_RUN_TEST" | while read -r pid; do
		[[ ! -e /proc/$pid/exe ]] || readlink "/proc/$pid/exe"
	done | grep -qE 'busybox|mini-run|memfd' || return 1
	[[ $(</proc/self/mountinfo) != *"$1"* ]]
}

# killed_at NUMBER ARGUMENT...: mini-run gets SIGKILL in the system call of that number of $BATS_TEST_TMPDIR/trace.
killed_at()
{
	local call n

	read -r call n < <(awk -v k="$1" '{ sub(/\(.*/, ""); count[$0]++ } NR == k { print $0, count[$0] }' "$BATS_TEST_TMPDIR/trace")
	{
		timeout --foreground --kill-after=5 30 strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$n" \
			"$MINI_RUN" --root "$OCI_ROOT" "${@:2}" </dev/null >"$BATS_TEST_TMPDIR/killed" 2>&1 3>&- 4>&-
	} 2>/dev/null || return 0
	# It was not made as the first time, and came to its end.
	echo "not killed at call $1, $call"
}

@test "9.6 mini-run that is killed in any of its system calls leaves nothing that delete --force does not remove" {
	local id all how k points=8

	# (Every call: the crash matrix of the faults suite.)
	command -v strace >/dev/null || skip "needs strace"
	sleeping
	for how in create 'run --detach'; do
		# shellcheck disable=SC2086 # words
		strace -qq -o "$BATS_TEST_TMPDIR/trace" "$MINI_RUN" --root "$OCI_ROOT" $how --bundle "$BUNDLE" "$id" \
			</dev/null >/dev/null 2>&1 3>&- 4>&-
		all=$(wc -l <"$BATS_TEST_TMPDIR/trace")
		((all > 100))
		run ! nothing_of "$id" # the control: this one is there
		run_ok oci delete --force "$id"
		for ((k = 1; k <= points; k++)); do
			# shellcheck disable=SC2086 # words
			killed_at "$((all * k / (points + 1)))" $how --bundle "$BUNDLE" "$id"
			run_ok oci delete --force "$id"
			eventually nothing_of "$id" || { echo "killed at call $((all * k / (points + 1))) of $how"; return 1; }
		done
	done
	# In the foreground the guard removes it, or the next run.
	strace -qq -o "$BATS_TEST_TMPDIR/trace" "$MINI_RUN" --root "$OCI_ROOT" run --name "$id" "$BUNDLE/rootfs" true 3>&- 4>&-
	all=$(wc -l <"$BATS_TEST_TMPDIR/trace")
	for ((k = 1; k <= points; k++)); do
		killed_at "$((all * k / (points + 1)))" run --name "$id" "$BUNDLE/rootfs" sleep 1
		oci_try oci run --name "$id-next" "$BUNDLE/rootfs" true
		expect_equal "$status" 0
		eventually nothing_of "$id" || { echo "killed at call $((all * k / (points + 1))) of run"; return 1; }
	done
}

# ---- 9.7 to 9.11 ----------------------------------------------------------------------------------------------------

@test "9.7 a path of a namespace that is none, or of another kind, is an error and no hang" {
	local path type

	canary_make
	sleeping
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	ln -s /proc/self/ns/net "$BATS_TEST_TMPDIR/link"
	: >"$BATS_TEST_TMPDIR/deleted"
	for type in network pid mount user ipc; do
		for path in "$BATS_TEST_TMPDIR/fifo" "$CANARY/file" "$CANARY/directory" /nowhere /dev/zero /proc/self/ns/uts \
			/proc/self/status "$BATS_TEST_TMPDIR/link" relative /proc/1/ns/cgroup; do
			[[ $type != network || $path != */link ]] || continue
			bundle_edit --arg type "$type" --arg path "$path" '.linux.namespaces |=
				(map(select(.type != $type)) + [{type: $type, path: $path}])'
			attack_try oci create --bundle "$BUNDLE" "$id"
			if ((status != 1)); then
				printf '%s as %s: status %d\n' "$path" "$type" "$status"
				show_result
				return 1
			fi
			oci_gone "$id"
		done
		bundle_edit --arg type "$type" '.linux.namespaces |= map(select(.type != $type))'
	done
	# The control: of its kind, and by a link too.
	bundle_edit --arg path "$BATS_TEST_TMPDIR/link" 'del(.hostname) | .linux.namespaces = [{type: "mount"}, {type: "pid"}, {type: "network", path: $path}]'
	bundle_args true
	run_ok oci_run "$id"
}

@test "9.8 no number of mappings or namespaces is too large for a message between the sides" {
	local n

	canary_make
	sleeping
	for n in 341 20000; do
		jq -nc --argjson n "$n" '[range($n) | {containerID: (. * 2), hostID: (100000 + . * 2), size: 1}]' >"$BATS_TEST_TMPDIR/maps"
		bundle_edit --slurpfile maps "$BATS_TEST_TMPDIR/maps" 'del(.linux.namespaces[] | select(.type == "user")) |
			.linux.namespaces += [{type: "user"}] | .linux.uidMappings = $maps[0] | .linux.gidMappings = $maps[0]'
		attack_try oci create --bundle "$BUNDLE" "$id"
		expect_equal "$status" 1
		expect_match "$stderr" '[mM]apping|map'
		expect_equal "$(wc -l <<<"$stderr")" 1
		oci_gone "$id"
	done
	# The control: as many as fit in the page that the kernel takes.
	jq -nc '[range(200) | {containerID: (. * 2), hostID: (100000 + . * 2), size: 1}]' >"$BATS_TEST_TMPDIR/maps"
	bundle_edit --slurpfile maps "$BATS_TEST_TMPDIR/maps" '.linux.namespaces += [{type: "network"}] |
		.linux.uidMappings = $maps[0] | .linux.gidMappings = $maps[0]'
	chown -Rh 100000:100000 "$BUNDLE/rootfs"
	bundle_edit '.mounts |= map(.options |= ((. // []) - ["gid=5"]))'
	bundle_args true
	run_ok oci_run "$id"
}

@test "9.9 devices of the network have names of devices, and one that cannot move stays where it is" {
	local name

	command -v ip >/dev/null || skip "needs ip"
	! is_vm || "$ROOTFS/bin/busybox" modprobe veth
	sleeping
	bundle_edit '.linux.namespaces += [{type: "network"}]'
	run_status 0 unshare --net bash -uc '
		run=("$1" --root "$2")
		id=$3 bundle=$4
		{ ip link add attack0 type dummy || ip link add attack0 type veth peer name attack1; } 2>/dev/null && ip addr add 192.0.2.1/24 dev attack0 || { echo none; exit 0; }
		ip link set attack0 up
		for name in ../x a/b "" . .. "a b" "x:1" 0123456789abcdef "$(printf "a\tb")" lo %d%d %s e%d%x; do
			jq --arg name "$name" ".linux.netDevices = {attack0: {name: \$name}}" "$bundle/config.json" >"$bundle/dev.json"
			# An empty name is no name: the device keeps its own.
			[ "$name" ] || continue
			"${run[@]}" create --config "$bundle/dev.json" --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1 && echo "taken: $name"
			"${run[@]}" delete --force "$id" 2>/dev/null
			ip -o addr show attack0 2>&1 | grep -q 192.0.2.1 || echo "gone with $name"
			ip -o link show attack0 | grep -q "UP" || echo "down with $name"
		done
		jq ".linux.netDevices = {\"no/such\": {}}" "$bundle/config.json" >"$bundle/dev.json"
		"${run[@]}" create --config "$bundle/dev.json" --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1 && echo "taken: a device"
		# The control.
		jq ".linux.netDevices = {attack0: {name: \"eth9\"}} | .process.args = [\"cat\", \"/proc/net/dev\"]" "$bundle/config.json" >"$bundle/dev.json"
		"${run[@]}" run --config "$bundle/dev.json" --bundle "$bundle" "$id" </dev/null 2>&1 | grep -q eth9 && echo "moved"
		true
	' - "$MINI_RUN" "$OCI_ROOT" "$id" "$BUNDLE"
	[[ $output != none ]] || skip "no device can be made here"
	expect_equal "$output" moved
}

@test "9.10 names of containers lead nowhere, in any command" {
	local name command

	canary_make
	sleeping
	oci_run_detached "$id" # the control: a good one
	# A state that somebody would reach by such a name.
	cp -r "$OCI_ROOT/$id" "$BATS_TEST_TMPDIR/outside"
	for name in ../outside ../../x . .. '' / a/b "$id/../$id" -x --help "$(printf 'a%.0s' {1..1025})" "$(printf 'a%.0s' {1..5000})" \
		'a b' $'a\nb' 'a%s' 'é' .hidden .seccomp '*' '~'; do
		for command in "create --bundle $BUNDLE --" "run --bundle $BUNDLE --" 'start --' 'state --' 'delete --force --' 'pause --' \
			'exec --' 'kill --'; do
			set -- "$name"
			[[ $command != exec* ]] || set -- "$name" true
			[[ $command != kill* ]] || set -- "$name" KILL
			# shellcheck disable=SC2086 # words
			oci_try oci $command "$@"
			# delete --force of a container that there is not is no error.
			if ((status == 0)) && [[ $command != delete* ]]; then
				printf '%s takes %q\n' "$command" "$name"
				show_result
				return 1
			fi
		done
	done
	expect_equal "$(oci list --quiet)" "$id"
	expect_status "$id" running
	[[ -e $BATS_TEST_TMPDIR/outside/state.json ]]
	canary_check
}

@test "9.11 a directory for states that is somebody else's, open to others, or a link of somebody's is refused" {
	local dir=$BATS_TEST_TMPDIR/place kind

	canary_make
	sleeping
	bundle_args true
	chmod 755 "$BATS_TEST_TMPDIR"
	for kind in others open group link; do
		rm -rf "$dir" "$dir.d"
		mkdir -m 700 "$dir.d"
		case $kind in
		others) mkdir -m 700 "$dir" && chown 1000:1000 "$dir" ;;
		open) mkdir "$dir" && chmod 777 "$dir" ;;
		group) mkdir "$dir" && chmod 770 "$dir" && chgrp 1000 "$dir" ;;
		link) chown 1000 "$dir.d" && ln -s "$dir.d" "$dir" && chown -h 1000 "$dir" ;;
		esac
		attack_try "$MINI_RUN" --root "$dir" create --bundle "$BUNDLE" "$id"
		if ((status != 1)); then
			echo "create takes $kind"
			return 1
		fi
		attack_try "$MINI_RUN" --root "$dir" run "$BUNDLE/rootfs" true
		if ((status != 125)); then
			echo "run takes $kind"
			return 1
		fi
		[[ -z $(find "$dir/" "$dir.d" -mindepth 1 -print -quit) ]]
	done
	canary_check
	# The control: one of its own.
	rm -rf "$dir"
	attack_try "$MINI_RUN" --root "$dir" run "$BUNDLE/rootfs" true
	expect_equal "$status" 0
}

# ---- 9.12, 9.13 -----------------------------------------------------------------------------------------------------

@test "9.12 two hundred commands at once on five containers: each ends, and nothing is left" {
	local name n pids=()

	canary_make
	bundle_make
	bundle_args sleep 1000
	RANDOM=4711
	for ((n = 1; n <= 200; n++)); do
		name=$(container_id "at-once-$((RANDOM % 5))")
		(
			case $((RANDOM % 10)) in
			0 | 1 | 2) set -- create --bundle "$BUNDLE" "$name" ;;
			3) set -- run --detach --bundle "$BUNDLE" "$name" ;;
			4 | 5) set -- start "$name" ;;
			6) set -- exec "$name" true ;;
			7) set -- kill "$name" KILL ;;
			8) set -- delete "$name" ;;
			9) set -- delete --force "$name" ;;
			esac
			code=0
			timeout --kill-after=5 60 "$MINI_RUN" --root "$OCI_ROOT" "$@" </dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/err.$n" || code=$?
			# 124: it hung; above 128: it was ended by a signal.
			if ((code == 124 || (code > 128 && code != 255 && code != 137))) || grep -qiE 'segmentation|assert|corrupt' "$BATS_TEST_TMPDIR/err.$n"; then
				echo "$* ended with $code: $(<"$BATS_TEST_TMPDIR/err.$n")" >>"$BATS_TEST_TMPDIR/wrong"
			fi
			[[ $1 != create && $1 != run ]] || echo "$code" >>"$BATS_TEST_TMPDIR/made"
		) 3>&- 4>&- &
		pids+=("$!")
		((n % 10)) || { wait "${pids[@]}" || true; pids=(); }
	done
	wait
	[[ ! -e $BATS_TEST_TMPDIR/wrong ]] || { cat "$BATS_TEST_TMPDIR/wrong"; return 1; }
	# The control: several were made.
	(($(grep -cx 0 "$BATS_TEST_TMPDIR/made") >= 5))
	for name in "$OCI_ROOT"/*/; do
		[[ -d $name ]] || continue
		name=${name%/}
		run_ok oci delete --force "${name##*/}"
	done
	expect_equal "$(find "$OCI_ROOT" -mindepth 1 -maxdepth 1 ! -name .seccomp)" ''
	expect_equal "$(find /sys/fs/cgroup -type d -name "*$(container_id at-once)*" 2>/dev/null)" ''
}

@test "9.13 a set-user-id copy refuses to run" {
	canary_make
	bundle_make
	run own_mounts '
		cp "$MINI_RUN" "$FS/mini-run"
		cp -a "$BUNDLE/rootfs" "$FS/root"
		mkdir -m 700 "$FS/secret"
		echo secret >"$FS/secret/file"
		chmod 755 "$FS"
		as() { setpriv --reuid 1000 --regid 1000 --clear-groups "$@"; }
		# The control: a set-user-id program does run as root here.
		cp "$PROBE" "$FS/probe"
		chmod 4755 "$FS/probe"
		as "$FS/probe" process | grep ^euid=
		for mode in 4755 2755 6755; do
			chmod "$mode" "$FS/mini-run"
			for command in "run -v $FS/secret:/mnt $FS/root cat /mnt/file" "--root $FS/state list" "run --userns auto $FS/root true" \
				"spec" "features" "--version"; do
				as "$FS/mini-run" $command 2>&1 && [[ $command != --version ]] && echo "runs with $mode: $command"
			done
		done
		true'
	[[ $output == *euid=0* && $output != *'runs with'* ]]
	[[ $output != *$'\nsecret'* ]]
	expect_match "$output" '[Ss]et-user-id|set-group-id'
}
