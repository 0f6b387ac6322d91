#!/usr/bin/env bats
#
# Without root: an ordinary user's containers, with one id and with ranges of ids, every command on them, what they may
# not do, and what is left of them.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2154 # status, output, stderr and lines are set by bats' run
# shellcheck disable=SC2030,SC2031 # every test is a subshell of its own, on purpose
load ../lib/common
load ../lib/containers

# user ARG...: mini-run as the ordinary user.
user() { as_user "$USER_MINI_RUN" "$@"; }

# user_background ARG...: the same in the background, as background does.
user_background() { background_command "${AS_USER[@]}" "$USER_MINI_RUN" "$@"; }

setup()
{
	ENABLED=()
	common_setup
	user_setup
}

teardown()
{
	local name

	if [[ ${USER_STATE:-} ]]; then
		as_user "$USER_MINI_RUN" delete --force --regex . >/dev/null 2>&1 || true
	fi
	if [[ -d ${DELEGATED:-} ]]; then # a test that failed in between
		echo 1 >"$DELEGATED/cgroup.kill"
		sleep 0.5
		find "$DELEGATED" -depth -type d -exec rmdir {} +
	fi
	for name in "${ENABLED[@]}"; do
		echo "$name" >"$(v2_mount)/cgroup.subtree_control" || true
	done
	common_teardown
}

# expect_no_state: nothing of a container is left in the user's state directory.
expect_no_state() { expect_equal "$(ls "$USER_STATE" 2>/dev/null)" ""; }

# ---- run ROOTFS COMMAND -------------------------------------------------------------------------------------------

@test "an ordinary user runs a command in a directory, as root of it" {
	run_ok user run "$USER_ROOT" sh -c 'id -u; id -g; echo "$HOME"; hostname | cut -c 1-9; tr -s " " </proc/self/uid_map'
	expect_equal "$output" $'0\n0\n/root\nmini-run-\n 0 0 1'
	expect_equal "$stderr" ""
	expect_no_state
}

@test "on the host it is the user, and the files that it makes are his" {
	run_ok user run "$USER_ROOT" sh -c 'touch /made; chmod 600 /made; stat -c %u:%g /made'
	expect_equal "$output" 0:0
	expect_equal "$(stat -c %u:%g:%a "$USER_ROOT/made")" "$USER_ID:$USER_ID:600"
	user_background run --name "$(container_name)" "$USER_ROOT" sh -c 'echo ready; sleep 1000'
	await_output ready
	expect_equal "$(awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$(init_pid)/status")" "$USER_ID $USER_ID $USER_ID $USER_ID"
	kill -TERM "$RUN_PID"
	await_status 143
	expect_no_state
}

@test "the exit status is the command's, and mini-run's own are as for root" {
	run_status 7 user run "$USER_ROOT" sh -c 'exit 7'
	run_status 127 user run "$USER_ROOT" no-such-command
	run_status 125 user run "$USER_HOME/nowhere" true
	run_status 124 user run --timeout 100ms "$USER_ROOT" sleep 1000
	expect_no_state
}

@test "with one id there is no other user, and one line says what it would take" {
	expect_error 125 'user 1000 .*newuidmap.*/etc/subuid' user run -u 1000 "$USER_ROOT" true
	expect_error 125 'group 5 .*/etc/subuid' user run -u 0:5 "$USER_ROOT" true
	# Groups that only the image's file gives to root are left out.
	echo 'wheel:x:10:root' >>"$USER_ROOT/etc/group"
	run_ok user run "$USER_ROOT" id -G
	expect_equal "$output" 0
	# Nobody drops a group that is there to keep him out: setgroups(2) is denied.
	run_ok user run "$USER_ROOT" cat /proc/self/setgroups
	expect_equal "$output" deny
}

@test "with ranges in /etc/subuid and /etc/subgid there are users" {
	user_ids_setup
	run_ok as_user_ids "$USER_MINI_RUN" run "$USER_ROOT" sh -c 'tr -s " " </proc/self/gid_map; cat /proc/self/setgroups'
	expect_equal "$output" $' 0 0 1\n 1 1 65536\nallow'
	expect_equal "$stderr" ""
	mkdir "$USER_ROOT/place"
	chown "$USER_ID:$USER_ID" "$USER_ROOT/place"
	run_ok as_user_ids "$USER_MINI_RUN" run "$USER_ROOT" sh -c 'chown 1000:1001 /place'
	run_ok as_user_ids "$USER_MINI_RUN" run -u 1000:1001 "$USER_ROOT" sh -c 'id -u; id -g; touch /place/file'
	expect_equal "$output" $'1000\n1001'
	expect_equal "$(stat -c %u:%g "$USER_ROOT/place/file")" "$((USER_SUBIDS + 999)):$((USER_SUBIDS + 1000))"
	expect_error 125 'user 65537 .*/etc/subuid' as_user_ids "$USER_MINI_RUN" run -u 65537 "$USER_ROOT" true
}

@test "a helper that cannot be trusted is not called, wherever PATH leads" {
	user_ids_setup
	mkdir "$USER_HOME/bin"
	printf '#!/bin/sh\necho "$0" >>%s/called\n' "$USER_HOME" >"$USER_HOME/bin/newuidmap"
	chmod 755 "$USER_HOME/bin/newuidmap"
	cp "$USER_HOME/bin/newuidmap" "$USER_HOME/bin/newgidmap"
	run_ok as_user_ids env PATH="$USER_HOME/bin:$PATH" "$USER_MINI_RUN" run "$USER_ROOT" tail -n 1 /proc/self/uid_map
	expect_match "$output" '1 +1 +65536'
	[[ ! -e $USER_HOME/called ]]
}

@test "a helper that fails leaves one id, and a warning with its own words" {
	user_ids_setup
	# No program gains rights: newuidmap can do nothing.
	run_ok as_user_ids setpriv --no-new-privs "$USER_MINI_RUN" run "$USER_ROOT" grep -c . /proc/self/uid_map
	expect_equal "$output" 1
	expect_match "$stderr" '^mini-run: the container gets one id only: newuidmap: [^'$'\n'']+$'
	# One that is no helper at all: not root's, or without the rights that it takes.
	printf '#!/bin/sh\nexit 0\n' >"$BATS_TEST_TMPDIR/helper"
	chmod 777 "$BATS_TEST_TMPDIR/helper"
	run_ok unshare --mount --propagation private sh -c 'mount --bind "$0" "$(command -v newuidmap)" && exec "$@"' \
		"$BATS_TEST_TMPDIR/helper" "${AS_USER_IDS[@]}" "$USER_MINI_RUN" run "$USER_ROOT" grep -c . /proc/self/uid_map
	expect_equal "$output" 1
	expect_match "$stderr" '^mini-run: the container gets one id only: [^'$'\n'']*newuidmap[^'$'\n'']*$'
}

@test "an --env-file is read once, though mini-run is executed once more, and the command may have a -h of its own" {
	run_ok as_user bash -c '"$0" run --env-file <(echo NAME=value) "$1" sh -c "echo \$NAME" -h' "$USER_MINI_RUN" "$USER_ROOT"
	expect_equal "$output" value
}

@test "namespaces, masks, capabilities, filter and devices are what root's containers have" {
	run_ok user run --network none "$USER_ROOT" sh -c '
		grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status
		ip link 2>/dev/null | grep -c "^[0-9]*: lo"
		wc -c </proc/keys
		echo x >/proc/sys/kernel/hostname || true
		for i in null zero full random urandom tty; do test -c "/dev/$i" && echo "$i"; done
		echo y >/dev/null && head -c 3 /dev/zero | wc -c
		mknod /tmp/node c 1 3 || echo no node
		ls /proc | grep -c "^[0-9]"
	'
	expect_match "${lines[0]}" 'CapEff:.*00000000a80425fb'
	expect_match "$output" $'NoNewPrivs:\t1\nSeccomp:\t2\n1\n0\nnull\nzero\nfull\nrandom\nurandom\ntty\n3\nno node'
	expect_match "$stderr" 'Read-only file system|Permission denied'
}

@test "it has a terminal, an init and volumes, and stdin is passed on" {
	run_ok pty "${AS_USER[@]}" "$USER_MINI_RUN" run --init "$USER_ROOT" sh -c 'tty; cat /proc/1/comm' </dev/null
	expect_match "$output" $'^/dev/pts/0\nmini-run-init'
	mkdir "$USER_HOME/data"
	chown "$USER_ID" "$USER_HOME/data"
	run_ok user run -v "$USER_HOME/data:/data" "$USER_ROOT" sh -c 'echo written >/data/file'
	expect_equal "$(cat "$USER_HOME/data/file")" written
	run_status 1 user run -v "$USER_HOME/data:/data:ro" "$USER_ROOT" sh -c 'echo again >/data/file'
	run_ok user run "$USER_ROOT" cat <<<"from outside"
	expect_equal "$output" "from outside"
}

@test "a file that is given for reading stays so" {
	echo original >"$USER_HOME/input"
	chown "$USER_ID" "$USER_HOME/input"
	run user run "$USER_ROOT" sh -c 'cat; echo changed >/proc/self/fd/0' <"$USER_HOME/input"
	expect_equal "$(cat "$USER_HOME/input")" original
	expect_match "$output" original
}

@test "what the user may not read on the host, root inside may not either" {
	mkdir "$BATS_TEST_TMPDIR/secret"
	echo secret >"$BATS_TEST_TMPDIR/secret/file"
	chmod 711 "$BATS_TEST_TMPDIR/secret"
	chmod 600 "$BATS_TEST_TMPDIR/secret/file"
	run user run -v "$BATS_TEST_TMPDIR/secret:/mnt" "$USER_ROOT" cat /mnt/file
	((status != 0))
	[[ $output != *secret* ]]
	run user run --privileged -v "$BATS_TEST_TMPDIR/secret:/mnt:dev,suid" "$USER_ROOT" sh -c 'cat /mnt/file; chmod 644 /mnt/file'
	((status != 0))
	expect_equal "$(stat -c %a "$BATS_TEST_TMPDIR/secret/file")" 600
}

@test "a container with another user in it answers to every command from outside" {
	local id
	user_ids_setup
	id=$(container_name)

	chmod 755 "$USER_HOME/run" "$USER_HOME" # the other user is nobody's friend
	chmod 700 "$USER_HOME/run"
	as_user_ids "$USER_MINI_RUN" run --detach --name "$id" -u 1000:1000 "$USER_ROOT" sh -c 'sleep 1234 & wait' </dev/null >/dev/null 2>&1 3>&-
	# None of these has the ids, and none needs them.
	run_ok user exec "$id" sh -c 'id -u; tr -s " " </proc/self/uid_map'
	expect_equal "$output" $'1000\n 0 0 1\n 1 1 65536'
	run_ok user exec -u 7:8 "$id" sh -c 'id -u; id -g'
	expect_equal "$output" $'7\n8'
	run_ok user ps "$id"
	expect_match "$output" 'sleep 1234'
	run_ok user kill "$id" KILL
	eventually user_is_stopped "$id"
	eventually no_process_named 'sleep 1234'
	run_ok user delete "$id"
	# Litter of a run that was killed with its guard: the next run removes it, though it has not the ids either.
	background_command "${AS_USER_IDS[@]}" "$USER_MINI_RUN" run --name "$id" -u 1000:1000 "$USER_ROOT" sh -c 'echo ready; sleep 1234'
	await_output ready
	kill_with_guard
	run_ok user run "$USER_ROOT" true
	eventually no_process_named 'sleep 1234'
	expect_no_state
}

# ---- what cannot be had -------------------------------------------------------------------------------------------

@test "what takes root is one clear error" {
	expect_error 125 '--userns host is for root' user run --userns host "$USER_ROOT" true
	expect_error 125 '--userns 0:0:1 is for root' user run --userns 0:0:1 "$USER_ROOT" true
	expect_error 125 'only root can map the ids' user run -v "$USER_HOME:/mnt:idmap" "$USER_ROOT" true
	expect_error 125 'network namespace of its own' user run --sysfs "$USER_ROOT" true
	run_ok user run --sysfs --network none "$USER_ROOT" test -d /sys/class/net/lo
}

@test "kernel parameters of the namespaces, as far as the kernel lets a user set them" {
	run_ok user run --network none --sysctl net.ipv4.ip_forward=1 "$USER_ROOT" cat /proc/sys/net/ipv4/ip_forward
	expect_equal "$output" 1
	# KERNEL <6.11: those of the IPC namespace are root's.
	run --separate-stderr user run --sysctl kernel.shm_rmid_forced=1 "$USER_ROOT" cat /proc/sys/kernel/shm_rmid_forced
	if ((status != 0)); then
		expect_match "$stderr" 'kernel/shm_rmid_forced: .*on this kernel only root can set it'
	else
		expect_equal "$output" 1
	fi
	run_ok user run --oom-score-adj 100 --ulimit nofile=100 "$USER_ROOT" sh -c 'cat /proc/self/oom_score_adj; ulimit -n'
	expect_equal "$output" $'100\n100'
	expect_error 125 'CAP_SYS_RESOURCE' user run --oom-score-adj=-500 "$USER_ROOT" true
}

@test "a limit without a cgroup of the user's own is an error that says how to get one" {
	expect_error 125 '--memory: .*systemd-run --user --scope --property=Delegate=yes mini-run' \
		user run --memory 64m "$USER_ROOT" true
	expect_error 125 '--pids-limit: .*systemd-run' user run --pids-limit 10 "$USER_ROOT" true
	expect_error 125 '--cgroup-parent: .*systemd-run' user run --cgroup-parent /apart "$USER_ROOT" true
	# No limit, no cgroup, and no word about it.
	run_ok user run "$USER_ROOT" true
	expect_equal "$stderr" ""
	run_ok user run --report=json "$USER_ROOT" true
	expect_equal "$(jq .memoryPeakBytes <<<"$stderr")" null
}

@test "where user namespaces are forbidden one sentence names the switch" {
	# Each user namespace has a switch of its own: it is turned in one that has root and the user in it.
	mkfifo "$BATS_TEST_TMPDIR/mapped"
	unshare --user --keep-caps bash -c '
		read -r <"$0"
		echo 0 >/proc/sys/user/max_user_namespaces
		exec "$@"' "$BATS_TEST_TMPDIR/mapped" "${AS_USER[@]}" "$USER_MINI_RUN" run "$USER_ROOT" true \
		2>"$BATS_TEST_TMPDIR/err" 3>&- &
	RUN_PID=$!
	eventually has_own_user_namespace
	printf '0 0 1\n%d %d 1\n' "$USER_ID" "$USER_ID" >"$BATS_TEST_TMPDIR/map"
	cat "$BATS_TEST_TMPDIR/map" >"/proc/$RUN_PID/uid_map" # in one write
	cat "$BATS_TEST_TMPDIR/map" >"/proc/$RUN_PID/gid_map"
	echo >"$BATS_TEST_TMPDIR/mapped"
	wait "$RUN_PID" || status=$?
	expect_equal "$status" 125
	stderr=$(<"$BATS_TEST_TMPDIR/err")
	expect_match "$stderr" '^mini-run: without root .*forbids.* /proc/sys/user/max_user_namespaces is 0 \(sysctl [^'$'\n'']*\)$'
}

has_own_user_namespace() { [[ $(readlink "/proc/$RUN_PID/ns/user") != "$(readlink /proc/self/ns/user)" ]]; }

# ---- limits, in a cgroup that was given to the user --------------------------------------------------------------------

v2_mount()
{
	if has_v2; then
		echo /sys/fs/cgroup
	else
		echo /sys/fs/cgroup/unified
	fi
}

# delegate CONTROLLER...: makes the cgroup $DELEGATED, gives it to the user, with these controllers; skips without them.
delegate()
{
	local mount name

	mount=$(v2_mount)
	for name in "$@"; do
		if ! grep -qw "$name" "$mount/cgroup.controllers" 2>/dev/null; then
			skip "the v2 hierarchy of this host has no $name controller"
		fi
		if ! grep -qw "$name" "$mount/cgroup.subtree_control"; then
			echo "+$name" >"$mount/cgroup.subtree_control"
			ENABLED+=("-$name")
		fi
	done
	DELEGATED=$mount/given-$$-$BATS_TEST_NUMBER
	mkdir "$DELEGATED"
	chown "$USER_ID:$USER_ID" "$DELEGATED" "$DELEGATED"/cgroup.{procs,subtree_control,threads}
}

# The command that begins with this runs in there, as the user.
in_delegated() { IN_DELEGATED=(sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$DELEGATED${1:+/$1}" "${AS_USER[@]}"); }

# Nothing is left in it, and it can have processes as before.
expect_delegated_clean()
{
	eventually delegated_is_clean || {
		find "$DELEGATED" -mindepth 1 -type d
		cat "$DELEGATED/cgroup.subtree_control"
		return 1
	}
}

delegated_is_clean()
{
	[[ ! $(find "$DELEGATED" -mindepth 1 -type d) && ! $(cat "$DELEGATED/cgroup.subtree_control") ]]
}

@test "limits hold in a cgroup of the user's own, and nothing is left of it" {
	delegate memory pids
	in_delegated
	run_ok "${IN_DELEGATED[@]}" "$USER_MINI_RUN" run --memory 64m --pids-limit 20 --report=json "$USER_ROOT" sh -c 'cat /proc/self/cgroup'
	expect_equal "$output" "0::/"
	expect_equal "$(jq -c '[.memoryLimitBytes, .pidsLimit, .memoryPeakBytes > 0]' <<<"$stderr")" "[67108864,20,true]"
	expect_delegated_clean
	run_status 137 "${IN_DELEGATED[@]}" "$USER_MINI_RUN" run --memory 16m "$USER_ROOT" sh -c 'dd if=/dev/zero of=/dev/null bs=64M count=1'
	expect_match "$stderr" 'out of memory'
	expect_delegated_clean
	rmdir "$DELEGATED"
}

@test "the leaf that mini-run moves to for its limits is gone with the last one" {
	local first second
	delegate hugetlb
	[[ -e $DELEGATED/hugetlb.2MB.max ]] || skip "this host has no huge pages of 2 MiB"
	in_delegated
	background_command "${IN_DELEGATED[@]}" "$USER_MINI_RUN" run --name "$(container_name 1)" --cgroup-conf hugetlb.2MB.max=4194304 \
		"$USER_ROOT" sh -c 'echo ready; sleep 1000'
	await_output ready
	first=$RUN_PID
	expect_equal "$(cat "$DELEGATED/mini-run/$(container_name 1)/hugetlb.2MB.max")" 4194304
	grep -qx "$first" "$DELEGATED/mini-run/.self/cgroup.procs"
	# The directory gives controllers away, so that nobody can be put in there any more: a second one is started in the leaf.
	in_delegated mini-run/.self
	background_command "${IN_DELEGATED[@]}" "$USER_MINI_RUN" run --name "$(container_name 2)" --cgroup-conf hugetlb.2MB.max=8388608 \
		"$USER_ROOT" sh -c 'echo ready; sleep 1000'
	await_output ready
	second=$RUN_PID
	expect_equal "$(cat "$DELEGATED/mini-run/$(container_name 2)/hugetlb.2MB.max")" 8388608
	kill -TERM "$first"
	RUN_PID=$first
	await_status 143
	expect_equal "$(cat "$DELEGATED/mini-run/$(container_name 2)/hugetlb.2MB.max")" 8388608
	# And when it is killed, by its guard.
	kill -KILL "$second"
	RUN_PID=$second
	await_status 137
	expect_delegated_clean
	rmdir "$DELEGATED"
}

@test "other processes in the cgroup are in the way of a limit, and of nothing else" {
	delegate hugetlb
	sleep 1000 3>&- &
	echo "$!" >"$DELEGATED/cgroup.procs"
	in_delegated
	expect_error 125 'other processes beside mini-run.*systemd-run' \
		"${IN_DELEGATED[@]}" "$USER_MINI_RUN" run --cgroup-conf hugetlb.2MB.max=4194304 "$USER_ROOT" true
	run_ok "${IN_DELEGATED[@]}" "$USER_MINI_RUN" run --report=json "$USER_ROOT" true
	kill "$!"
	expect_delegated_clean
	eventually rmdir "$DELEGATED"
}

@test "a controller that the cgroup was not given is named" {
	local mount
	mount=$(v2_mount)
	if grep -qw memory "$mount/cgroup.subtree_control"; then
		# Another mini-run has enabled it for all that are made now. (No test runs beside this one.)
		echo -memory >"$mount/cgroup.subtree_control" || skip "other cgroups of this host need the memory controller"
		ENABLED+=(+memory)
	fi
	delegate
	in_delegated
	expect_error 125 '--memory: the cgroup .* without the memory controller .*Delegate=' \
		"${IN_DELEGATED[@]}" "$USER_MINI_RUN" run --memory 64m "$USER_ROOT" true
	rmdir "$DELEGATED"
}

@test "a detached container in a cgroup of the user's own can be paused, updated, entered and deleted" {
	local id
	id=$(container_name)
	delegate hugetlb
	[[ -e $DELEGATED/hugetlb.2MB.max ]] || skip "this host has no huge pages of 2 MiB"
	in_delegated
	"${IN_DELEGATED[@]}" "$USER_MINI_RUN" run --detach --name "$id" --cgroup-conf hugetlb.2MB.max=4194304 "$USER_ROOT" sleep 1000 \
		</dev/null >/dev/null 2>&1 3>&-
	run_ok user pause "$id"
	run_ok user list --format json
	expect_equal "$(jq -r '.[0].status' <<<"$output")" paused
	run_ok user resume "$id"
	echo '{"hugepageLimits": [{"pageSize": "2MB", "limit": 6291456}]}' >"$USER_HOME/resources"
	chown "$USER_ID" "$USER_HOME/resources"
	run_ok user update --resources "$USER_HOME/resources" "$id"
	expect_equal "$(cat "$DELEGATED/mini-run/$id/hugetlb.2MB.max")" 6291456
	# From elsewhere the kernel lets no process in; from a cgroup beside it, it does.
	expect_error 255 'enter the cgroup of the container.*systemd-run' user exec "$id" true
	in_delegated mini-run/.self
	run_ok "${IN_DELEGATED[@]}" "$USER_MINI_RUN" exec "$id" cat /proc/self/cgroup
	expect_match "$output" '0::/$'
	run_ok user delete --force "$id"
	expect_delegated_clean
	rmdir "$DELEGATED"
}

# ---- commands on a container that exists ----------------------------------------------------------------------------

@test "every command on a detached container" {
	local id
	id=$(container_name)

	as_user "$USER_MINI_RUN" run --detach --name "$id" "$USER_ROOT" sleep 1000 </dev/null >/dev/null 2>&1 3>&-
	run_ok user state "$id"
	expect_equal "$(jq -r .status <<<"$output")" running
	run_ok user list
	expect_match "$output" "$id"
	run_ok user ps "$id"
	expect_match "$output" 'sleep 1000'
	run_ok user exec "$id" sh -c 'id -u; cat /proc/1/comm; grep -E "^(CapEff|Seccomp)" /proc/self/status'
	expect_match "$output" $'^0\nsleep\nCapEff:\t00000000a80425fb\nSeccomp:\t2'
	run_status 5 user exec "$id" sh -c 'exit 5'
	run_ok pty "${AS_USER[@]}" "$USER_MINI_RUN" exec -t "$id" tty </dev/null
	expect_match "$output" '/dev/pts/'
	expect_error 255 'user 1000 .*/etc/subuid' user exec -u 1000 "$id" true
	run_ok user kill "$id" KILL
	eventually user_is_stopped "$id"
	run_ok user delete "$id"
	expect_error 1 'does not exist' user state "$id"
	expect_no_state
}

user_is_stopped() { [[ $(user state "$1" | jq -r .status) == stopped ]]; }

@test "a bundle: created, started, entered, deleted" {
	local id bundle=$USER_HOME/bundle
	id=$(container_name)

	mkdir "$bundle"
	mv "$USER_ROOT" "$bundle/rootfs"
	as_user "$USER_MINI_RUN" spec --rootless --bundle "$BATS_TEST_TMPDIR" 2>/dev/null || true
	chown "$USER_ID" "$bundle"
	run_ok user spec --rootless --bundle "$bundle"
	expect_equal "$(jq -c .linux.uidMappings "$bundle/config.json")" \
		"[{\"containerID\":0,\"hostID\":$USER_ID,\"size\":1}]"
	jq '.process.terminal = false | .process.args = ["sleep", "1000"]' "$bundle/config.json" >"$bundle/new"
	mv "$bundle/new" "$bundle/config.json"
	user create --bundle "$bundle" "$id" </dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/err" 3>&- || {
		cat "$BATS_TEST_TMPDIR/err"
		return 1
	}
	run_ok user state "$id"
	expect_equal "$(jq -r .status <<<"$output")" created
	run_ok user start "$id"
	run_ok user exec "$id" sh -c 'cat /proc/1/comm; tr -s " " </proc/self/uid_map'
	expect_match "$output" $'^sleep\n 0 '
	run_ok user delete --force "$id"
	expect_no_state
}

@test "a bundle without a user namespace gets the user's, and one with foreign ids is refused" {
	local bundle=$USER_HOME/bundle

	mkdir "$bundle"
	mv "$USER_ROOT" "$bundle/rootfs"
	chown "$USER_ID" "$bundle"
	run_ok user spec --bundle "$bundle"
	jq '.process.terminal = false | .process.args = ["sh", "-c", "id -u; tr -s \" \" </proc/self/uid_map; ls /sys/class/net"] |
		.root.readonly = false' "$bundle/config.json" >"$bundle/new"
	mv "$bundle/new" "$bundle/config.json"
	run_ok user run --bundle "$bundle" "$(container_name)"
	expect_equal "$output" $'0\n 0 0 1\nlo'
	jq '.linux.cgroupsPath = "/apart/one"' "$bundle/config.json" >"$bundle/new"
	cp "$bundle/config.json" "$bundle/before"
	mv "$bundle/new" "$bundle/config.json"
	run_ok user run --bundle "$bundle" "$(container_name)"
	expect_match "$stderr" 'linux.cgroupsPath: no cgroup was given to this user'
	mv "$bundle/before" "$bundle/config.json"
	jq '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 0, "size": 1}] |
		.linux.gidMappings = .linux.uidMappings' "$bundle/config.json" >"$bundle/new"
	mv "$bundle/new" "$bundle/config.json"
	expect_error 1 "uidMappings: 0 is not an id of this user's" user run --bundle "$bundle" "$(container_name)"
	jq '.linux.netDevices = {"eth0": {}}' "$bundle/config.json" >"$bundle/new"
	mv "$bundle/new" "$bundle/config.json"
	expect_error 1 'netDevices: only root' user run --bundle "$bundle" "$(container_name)"
	expect_no_state
}

@test "another container's user namespace cannot be joined, and one sentence says what can be done" {
	local bundle=$USER_HOME/bundle

	user_background run --name "$(container_name)" "$USER_ROOT" sh -c 'echo ready; sleep 1000'
	await_output ready
	mkdir "$bundle"
	cp -a "$USER_ROOT" "$bundle/rootfs"
	chown "$USER_ID" "$bundle"
	run_ok user spec --rootless --bundle "$bundle"
	jq --arg path "/proc/$(init_pid)/ns/user" '.process.terminal = false | .process.args = ["true"] |
		(.linux.namespaces[] | select(.type == "user")).path = $path | del(.linux.uidMappings, .linux.gidMappings)' \
		"$bundle/config.json" >"$bundle/new"
	mv "$bundle/new" "$bundle/config.json"
	expect_error 1 'without root, the user namespace /proc/[0-9]+/ns/user of another container cannot be joined.*exec' \
		user run --bundle "$bundle" "$(container_name 2)"
	sed -i 's|/proc/[0-9]*/ns/user|/nowhere/user|' "$bundle/config.json"
	expect_error 1 'open /nowhere/user: No such file' user run --bundle "$bundle" "$(container_name 2)"
	kill -TERM "$RUN_PID"
	await_status 143
	expect_no_state
}

# ---- the state ---------------------------------------------------------------------------------------------------------

@test "a user sees his own containers only, and another's state directory is refused" {
	local other=$USER_HOME/run/mini-run

	run_ok user list --quiet
	expect_equal "$output" ""
	# Somebody else was first under the name (here root, as nobody else may write there).
	rm -rf "$other"
	mkdir -m 755 "$other"
	expect_error 125 "not this user's alone" user run "$USER_ROOT" true
	rmdir "$other"
	ln -s /tmp "$other"
	chown -h "$USER_ID" "$other"
	expect_error 125 'state directory' user run "$USER_ROOT" true
	rm "$other"
}

@test "the state goes to XDG_RUNTIME_DIR where that is the user's, else below /tmp" {
	local where=/tmp/mini-run-$USER_ID

	run_ok as_user env -u XDG_RUNTIME_DIR "$USER_MINI_RUN" run "$USER_ROOT" true
	[[ -d $where ]]
	expect_equal "$(stat -c %u:%a "$where")" "$USER_ID:700"
	rmdir "$where"
	for value in relative / "$BATS_TEST_TMPDIR"; do
		run_ok as_user XDG_RUNTIME_DIR="$value" "$USER_MINI_RUN" run "$USER_ROOT" true
		[[ -d $where ]]
		rmdir "$where"
	done
	# Made beforehand by somebody else.
	mkdir "$where"
	expect_error 125 "not this user's alone" as_user env -u XDG_RUNTIME_DIR "$USER_MINI_RUN" run "$USER_ROOT" true
	rmdir "$where"
	ln -s "$USER_HOME" "$where"
	expect_error 125 "$where" as_user env -u XDG_RUNTIME_DIR "$USER_MINI_RUN" run "$USER_ROOT" true
	rm "$where"
}

# ---- the end ---------------------------------------------------------------------------------------------------------------

@test "nothing is left when mini-run is killed" {
	user_background run --name "$(container_name)" "$USER_ROOT" sh -c 'sleep 1234 & echo ready; wait'
	await_output ready
	kill -KILL "$RUN_PID"
	await_status 137
	eventually no_process_named 'sleep 1234'
	eventually expect_no_state
}

@test "what is left when mini-run and its guard are killed is removed by the next one" {
	user_background run --name "$(container_name)" "$USER_ROOT" sh -c 'echo ready; sleep 1234'
	await_output ready
	kill_with_guard
	[[ $(ls "$USER_STATE") ]]
	run_ok user run "$USER_ROOT" true
	eventually no_process_named 'sleep 1234'
	expect_no_state
}

# fail_each_step PREFIX...: with each step failing, outside and inside, mini-run says so and leaves nothing.
fail_each_step()
{
	local step status failures=0

	run_ok "$@" "$BATS_TEST_TMPDIR/faults" run --trace "${OPTIONS[@]}" "$USER_ROOT" true
	sed -nE 's/^(outside|inside) +[0-9.]+ us  (.*)$/\2/p' <<<"$stderr" | grep -vx 'in all' >"$BATS_TEST_TMPDIR/steps"
	(($(wc -l <"$BATS_TEST_TMPDIR/steps") > 30))
	while IFS= read -r step; do
		status=0
		MINI_RUN_FAIL_STEP=$step "$@" "$BATS_TEST_TMPDIR/faults" run "${OPTIONS[@]}" "$USER_ROOT" true </dev/null \
			>"$BATS_TEST_TMPDIR/out" 2>&1 3>&- || status=$?
		if ((status != 125)) || ! grep -qF -- ": $step: injected: Input/output error" "$BATS_TEST_TMPDIR/out" ||
			! eventually expect_no_state || { [[ ${DELEGATED:-} ]] && ! expect_delegated_clean; }; then
			failures=$((failures + 1))
			printf '"%s": status %d\n%s\n' "$step" "$status" "$(cat "$BATS_TEST_TMPDIR/out")"
		fi
	done <"$BATS_TEST_TMPDIR/steps"
	((failures == 0))
}

@test "each step that fails leaves nothing, with a cgroup of the user's own and without" {
	local faults=${FAULTS:-$REPO/build/faults/mini-run}

	[[ -x $faults ]] || skip "$faults is missing: type make faults-build"
	cp "$faults" "$BATS_TEST_TMPDIR/faults"
	OPTIONS=(--init --network none --sysctl net.ipv4.ip_forward=1 --tmpfs /tmp)
	fail_each_step as_user
	delegate hugetlb
	in_delegated
	OPTIONS+=(--cgroup-conf hugetlb.2MB.max=4194304)
	fail_each_step "${IN_DELEGATED[@]}"
	rmdir "$DELEGATED"
}

@test "a signal reaches the command, and ends it" {
	user_background run "$USER_ROOT" sh -c 'trap "echo caught; exit 3" TERM; echo ready; while :; do sleep 0.1; done'
	await_output ready
	kill -TERM "$RUN_PID"
	await_status 3
	grep -qx caught "$OUT"
}

@test "the mark that mini-run leaves for itself means nothing to anybody else" {
	run_ok env MINI_RUN_ROOTLESS=1 "$MINI_RUN" run "$ROOTFS" sh -c 'tr -s " " </proc/self/uid_map; env'
	expect_match "$output" ' 0 0 4294967295'
	[[ $output != *MINI_RUN_ROOTLESS* ]]
	run_ok as_user MINI_RUN_ROOTLESS=1 "$USER_MINI_RUN" run "$USER_ROOT" id -u
	expect_equal "$output" 0
}
