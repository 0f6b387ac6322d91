#!/usr/bin/env bats
#
# The life of a container, command by command: what each may do in which status, two at once, and commands that are
# killed in the middle.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/common
load ../lib/containers
load ../lib/bundle

sleeping()
{
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
}

@test "every command wants an ID, and one that exists [LIF-2] [LIF-8] [LIF-10] [LIF-11] [LIF-13] [CLI-20]" {
	local command

	for command in state start kill delete pause resume ps; do
		expect_oci_error 'ID' oci "$command"
		expect_oci_error 'container "nosuch" does not exist' oci "$command" nosuch
	done
	expect_oci_error 'container "nosuch" does not exist' oci kill nosuch KILL
	# An engine deletes once more to be sure.
	run_ok oci delete --force nosuch
	expect_equal "$output" ""
	expect_equal "$(ls -A "$OCI_ROOT" 2>/dev/null || true)" ""
}

@test "created, running, paused, running, stopped, gone [LIF-14] [STA-3]" {
	sleeping
	oci_create "$id"
	expect_status "$id" created
	run_ok oci start "$id"
	expect_status "$id" running
	run_ok oci pause "$id"
	expect_status "$id" paused
	run_ok oci resume "$id"
	expect_status "$id" running
	run_ok oci kill "$id" KILL
	oci_stopped "$id"
	run_ok oci delete "$id"
	oci_gone "$id"
	expect_oci_error 'does not exist' oci state "$id"
}

@test "kill: by name, by number, TERM without; only what was created or runs [LIF-10] [CLI-6]" {
	bundle_make
	bundle_args sh -c 'for s in TERM HUP USR1 USR2; do trap "echo $s" $s; done; echo ready; while :; do sleep 0.1; done'
	id=$(container_id)
	oci_run_detached "$id"
	await_output ready
	run_ok oci kill "$id"
	await_output TERM
	run_ok oci kill "$id" SIGHUP
	await_output HUP
	run_ok oci kill "$id" usr1
	await_output USR1
	run_ok oci kill "$id" 12
	await_output USR2
	run_ok oci kill "$id" 0
	expect_oci_error 'NOSUCH' oci kill "$id" NOSUCH
	expect_oci_error '999' oci kill "$id" 999
	expect_status "$id" running
	run_ok oci kill --all "$id" 9
	oci_stopped "$id"
	expect_oci_error 'container not running|no such process|already finished' oci kill "$id" KILL
	run_ok oci kill --all "$id" KILL
	expect_status "$id" stopped
}

@test "a container that is only created can be killed [LIF-10]" {
	sleeping
	oci_create "$id"
	run_ok oci kill "$id" KILL
	oci_stopped "$id"
	expect_oci_error 'stopped|not created' oci start "$id"
	run_ok oci delete "$id"
}

@test "delete refuses what runs, takes what has stopped, and what is only created [LIF-11] [LIF-12] [CLI-7]" {
	local pid

	sleeping
	oci_create "$id"
	oci_start "$id"
	pid=$(oci_state "$id" pid)
	expect_oci_error 'running|not stopped' oci delete "$id"
	expect_equal "$(oci_state "$id" 'status, .pid')" running$'\n'"$pid"
	run_ok oci pause "$id"
	expect_oci_error 'paused|not stopped' oci delete "$id"
	run_ok oci delete --force "$id"
	oci_gone "$id"
	process_gone "$pid"
	oci_create "$id"
	pid=$(oci_state "$id" pid)
	run_ok oci delete "$id"
	oci_gone "$id"
	process_gone "$pid"
}

@test "delete leaves alone what it did not make [LIF-12]" {
	local cgroup=/sys/fs/cgroup netns

	sleeping
	has_v2 || cgroup=$(awk '/ - cgroup .*pids/ { print $5; exit }' /proc/self/mountinfo)
	mkdir "$cgroup/$id-there"
	unshare --net sleep 1000 3>&- &
	netns=$!
	eventually bash -c '[[ $(readlink "/proc/$1/ns/net") != $(readlink /proc/self/ns/net) ]]' - "$netns"
	bundle_edit --arg cgroup "/$id-there" --arg ns "/proc/$netns/ns/net" '.linux.cgroupsPath = $cgroup
		| .linux.namespaces += [{"type": "network", "path": $ns}]'
	oci_run_detached "$id"
	run_ok oci delete --force "$id"
	[[ -d $cgroup/$id-there ]]
	[[ -e /proc/$netns/ns/net ]]
	kill "$netns"
	wait "$netns" || true
	rmdir "$cgroup/$id-there"
}

@test "a container without a PID namespace of its own: delete ends all its processes [LIF-12] [CLI-6]" {
	bundle_make
	bundle_edit '.linux.namespaces |= map(select(.type != "pid"))
		| .process.args = ["sh", "-c", "setsid sleep 1001 & setsid sleep 1002 & echo ready; exec sleep 1003"]'
	id=$(container_id)
	oci_run_detached "$id"
	await_output ready
	run_ok oci kill --all "$id" TERM
	oci_stopped "$id"
	run_ok oci delete "$id"
	oci_gone "$id"
}

@test "the files /dev/fd, stdin, stdout and stderr are links [LIF-19]" {
	bundle_make
	bundle_args sh -c 'for f in fd stdin stdout stderr; do readlink /dev/$f; done'
	run_ok oci_run "$(container_id)"
	expect_match "$output" $'^/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2$'
	# Without /proc there is nothing to link to, and that is no error.
	bundle_edit '.mounts |= map(select(.destination != "/proc")) | .process.args = ["echo", "fine"]
		| .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	run_ok oci_run "$(container_id 2)"
	expect_equal "$output" fine
}

# ---- two at once ----------------------------------------------------------------------------------------------------

# at_once COMMAND... -- COMMAND...: two commands of mini-run; sets first and second to their statuses.
at_once()
{
	local pid
	local -a one=()

	while [[ $1 != -- ]]; do
		one+=("$1")
		shift
	done
	shift
	oci "${one[@]}" </dev/null >"$BATS_TEST_TMPDIR/one" 2>&1 &
	pid=$!
	second=0
	oci "$@" </dev/null >"$BATS_TEST_TMPDIR/two" 2>&1 || second=$?
	first=0
	wait "$pid" || first=$?
}

@test "two creates of one ID at once: one of them wins [LIF-3] [STA-8]" {
	local round

	sleeping
	for round in 1 2 3 4; do
		at_once create --bundle "$BUNDLE" "$id" -- create --bundle "$BUNDLE" "$id"
		if ((first + second != 1)); then
			cat "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two"
			return 1
		fi
		expect_status "$id" created
		run_ok oci delete "$id"
	done
}

@test "two starts, two deletes, a start and a delete at once [LIF-8] [LIF-11]" {
	local round

	bundle_make
	bundle_args sh -c 'echo x >>/runs; exec sleep 1000'
	id=$(container_id)
	for round in 1 2 3; do
		oci_create "$id"
		at_once start "$id" -- start "$id"
		expect_equal "$((first + second))" 1
		expect_status "$id" running
		eventually test -e "$BUNDLE/rootfs/runs"
		at_once delete --force "$id" -- delete --force "$id"
		expect_equal "$first$second$(cat "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two")" 00
		oci_gone "$id"
		expect_equal "$(cat "$BUNDLE/rootfs/runs")" x
		rm "$BUNDLE/rootfs/runs"
		oci_create "$id"
		# Whoever comes first: the start may succeed or find nothing, in the end all is gone.
		at_once start "$id" -- delete --force "$id"
		expect_equal "$second$(cat "$BATS_TEST_TMPDIR/two")" 0
		oci_gone "$id"
		rm -f "$BUNDLE/rootfs/runs"
	done
}

@test "state, list and kill while others create and delete never see half a container" {
	local round

	sleeping
	(
		for round in 1 2 3 4 5; do
			oci create --bundle "$BUNDLE" "$id" </dev/null >/dev/null 2>&1 || exit 1
			oci delete --force "$id" || exit 1
		done
	) 3>&- &
	worker=$!
	while kill -0 "$worker" 2>/dev/null; do
		oci_try oci state "$id"
		if ((status == 0)); then
			jq -e '.status | test("^(creating|created|running|stopped)$")' <<<"$output" >/dev/null
		else
			expect_match "$stderr" 'does not exist'
		fi
		oci_try oci list --format json
		expect_equal "$status" 0
		jq . <<<"$output" >/dev/null
	done
	wait "$worker"
}

# ---- killed in the middle -------------------------------------------------------------------------------------------

# killed_after MILLISECONDS COMMAND...: mini-run, and SIGKILL for it after so long.
killed_after()
{
	local pid

	"$MINI_RUN" --root "$OCI_ROOT" "${@:2}" </dev/null >"$BATS_TEST_TMPDIR/killed" 2>&1 3>&- 4>&- &
	pid=$!
	sleep "$(printf '0.%03d' "$1")"
	kill -KILL "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
}

@test "create that is killed at any instant: delete --force finds and removes all [LIF-5] [ERR-1]" {
	local round times=15 step=3

	sleeping
	# From the first instants to where it would have been done, which takes longer in the machine (in milliseconds).
	if is_vm; then
		times=8 step=45
	fi
	bundle_edit '.hooks.createRuntime = [{"path": "/bin/true"}] | .linux.resources.pids.limit = 100'
	for ((round = 0; round < times; round++)); do
		killed_after $(((round + 1) * step)) create --bundle "$BUNDLE" "$id"
		# In whatever status: it can be seen, or it is not there.
		oci_try oci state "$id"
		((status == 0)) || expect_match "$stderr" 'does not exist'
		run_ok oci delete --force "$id"
		oci_gone "$id"
		eventually nothing_left
	done
	# And the name is free.
	oci_create "$id"
	expect_status "$id" created
}

nothing_left() { [[ -z $(bundle_left) ]]; }

@test "start that is killed leaves a container that is created or runs [ERR-1]" {
	local round

	sleeping
	for round in 1 3 6 10 20; do
		oci_create "$id"
		killed_after "$round" start "$id"
		expect_match "$(oci_state "$id" status)" '^(created|running|stopped)$'
		run_ok oci delete --force "$id"
	done
}

@test "delete that is killed can be made again [LIF-11]" {
	local round

	sleeping
	for round in 1 3 6 10; do
		oci_create "$id"
		killed_after "$round" delete --force "$id"
		run_ok oci delete --force "$id"
		oci_gone "$id"
	done
}

# ---- another process with the same pid ------------------------------------------------------------------------------

@test "a process that got the container's pid later is not signalled [LIF-10] [LIF-11]" {
	local stranger state

	sleeping
	oci_create "$id"
	run_ok oci kill "$id" KILL
	oci_stopped "$id"
	# Not in the container's cgroup, and started at another time than the state says.
	setsid sleep 1000 3>&- &
	stranger=$!
	state=$OCI_ROOT/$id/state.json
	jq --argjson pid "$stranger" '.pid = $pid' "$state" >"$state.new"
	cat "$state.new" >"$state"
	rm "$state.new"
	expect_status "$id" stopped
	oci_try oci kill "$id" KILL
	((status != 0))
	oci_try oci kill --all "$id" KILL
	oci_try oci exec "$id" true
	((status != 0))
	run_ok oci delete --force "$id"
	oci_gone "$id"
	[[ $(cat "/proc/$stranger/comm") == sleep ]]
	kill "$stranger"
	status=0
	wait "$stranger" || status=$?
	expect_equal "$status" 143
}

@test "a state from before the last boot belongs to nobody" {
	local stranger state

	sleeping
	oci_create "$id"
	run_ok oci kill "$id" KILL
	oci_stopped "$id"
	setsid sleep 1000 3>&- &
	stranger=$!
	state=$OCI_ROOT/$id/state.json
	jq --argjson pid "$stranger" --argjson start "$(cut -d ' ' -f 22 "/proc/$stranger/stat")" \
		'.pid = $pid | .startTime = $start | .bootId = "00000000-0000-0000-0000-000000000000"' "$state" >"$state.new"
	cat "$state.new" >"$state"
	rm "$state.new"
	expect_status "$id" stopped
	run_ok oci delete --force "$id"
	[[ $(cat "/proc/$stranger/comm") == sleep ]]
	kill "$stranger"
	wait "$stranger" || true
}
