#!/usr/bin/env bats
# kill: the signal by name and number, to PID 1 or to all, and the errors that engines tell apart by their words.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # tests run in subshells, with variables of bats and for bundle.bash

load ../lib/common
load ../lib/containers
load ../lib/bundle

# A shell that says which signal it got, and ends.
trapping()
{
	# shellcheck disable=SC2016 # for the container's shell
	bundle_args sh -c 'for s in HUP INT USR1 TERM RTMIN+3; do trap "echo got $s; exit 0" $s; done 2>/dev/null
		trap "echo got 37; exit 0" 37
		echo ready
		while :; do sleep 0.05; done'
}

ready() { grep -qx ready "$OUT"; }

@test "TERM by default, and a signal by name or number in every spelling [CLI-6] [LIF-10]" {
	local given expected n=0

	bundle_make
	trapping
	for given in '' TERM:TERM SIGTERM:TERM term:TERM sigHup:HUP 1:HUP 10:USR1 SIGRTMIN+3:37; do
		expected=${given#*:} given=${given%:*}
		n=$((n + 1))
		id=$(container_id "$n")
		echo "signal: $given"
		oci_run_detached "$id"
		eventually ready
		run_ok oci kill "$id" ${given:+"$given"}
		expect_equal "$output$stderr" ""
		oci_stopped "$id"
		expect_equal "$(tail -n 1 "$OUT")" "got ${expected:-TERM}"
	done
}

@test "KILL ends a container that is created, running or paused [LIF-10] [CLI-6]" {
	local id

	bundle_make
	bundle_args sleep 1000
	id=$(container_id created)
	oci_create "$id"
	oci kill "$id" KILL
	oci_stopped "$id"
	id=$(container_id running)
	oci_run_detached "$id"
	oci kill "$id" 9
	oci_stopped "$id"
	id=$(container_id paused)
	oci_run_detached "$id"
	oci pause "$id"
	oci kill "$id" SIGKILL
	oci_stopped "$id"
}

@test "one that has ended: \"container not running\"; with --all it is no error [LIF-10] [CLI-6] [CLI-20]" {
	bundle_make
	bundle_args true
	id=$(container_id)
	oci_run_detached "$id"
	oci_stopped "$id"
	expect_oci_error 'container not running$' oci kill "$id"
	expect_oci_error 'container not running$' oci kill "$id" KILL
	run_ok oci kill --all "$id" KILL
	run_ok oci kill -a "$id" 15
	expect_status "$id" stopped
}

@test "an unknown container and an unknown signal [CLI-20] [LIF-10]" {
	expect_oci_error 'container "none" does not exist' oci kill none
	expect_oci_error 'container "none" does not exist' oci kill --all none KILL
	expect_oci_error 'kill needs the ID of a container' oci kill
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_run_detached "$id"
	for signal in NONE 65 -1 '' 9x RTMIN+99 SIG; do
		expect_oci_error . oci kill -- "$id" "$signal"
	done
	expect_status "$id" running
	run_ok oci kill "$id" 0
	expect_status "$id" running
}

@test "--all reaches every process; without it only PID 1 gets the signal [CLI-6]" {
	bundle_make
	# shellcheck disable=SC2016 # for the container's shell
	bundle_args sh -c '(trap "echo child got it; exit" USR1; echo child ready; while :; do sleep 0.05; done) &
		trap "echo first got it" USR1; while :; do sleep 0.05; done'
	id=$(container_id)
	oci_run_detached "$id"
	eventually grep -qx 'child ready' "$OUT"
	oci kill "$id" USR1
	eventually grep -qx 'first got it' "$OUT"
	oci kill --all "$id" USR1
	eventually grep -qx 'child got it' "$OUT"
	expect_equal "$(grep -c 'child got it' "$OUT")" 1
	expect_status "$id" running
}

@test "KILL leaves no process behind in a container without a PID namespace of its own [CLI-6]" {
	bundle_make
	bundle_edit '.linux.namespaces |= map(select(.type != "pid"))'
	bundle_args sh -c 'sleep 1000 & sleep 1000 & echo ready; wait'
	id=$(container_id)
	oci_run_detached "$id"
	eventually ready
	mapfile -t pids < <(oci ps --format json "$id" | jq '.[]')
	expect_equal "${#pids[@]}" 3
	oci kill "$id" KILL
	oci_stopped "$id"
	for pid in "${pids[@]}"; do
		eventually process_gone "$pid"
	done
	expect_oci_error 'container not running' oci kill "$id" KILL
}

@test "a process that got the pid of one that has ended is not signalled" {
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_run_detached "$id"
	oci kill "$id" KILL
	oci_stopped "$id"
	sleep 1000 3>&- &
	victim=$!
	# As if the pid had gone to another process: the start time differs.
	jq -c ".pid = $victim" "$OCI_ROOT/$id/state.json" >"$BATS_TEST_TMPDIR/new"
	cp "$BATS_TEST_TMPDIR/new" "$OCI_ROOT/$id/state.json"
	expect_status "$id" stopped
	expect_oci_error 'container not running' oci kill "$id" KILL
	oci delete --force "$id"
	kill -0 "$victim"
	kill "$victim"
	wait "$victim" || true
}
