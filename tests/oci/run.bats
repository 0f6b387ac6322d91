#!/usr/bin/env bats
#
# run in its OCI form: create, start, wait and delete in one, or with --detach only the first two.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/common
load ../lib/containers
load ../lib/bundle

@test "the exit status is the program's, 128+N after a signal, and the container is gone [CLI-9] [CLI-21]" {
	local id

	bundle_make
	id=$(container_id)
	bundle_args sh -c 'exit 37'
	run_status 37 oci_run "$id"
	oci_gone "$id"
	bundle_args true
	run_status 0 oci_run "$id"
	bundle_args sh -c 'echo ready; exec sleep 1000'
	background_ready --root "$OCI_ROOT" run --bundle "$BUNDLE" "$id"
	run_ok oci kill "$id" KILL
	await_status 137
	oci_gone "$id"
}

@test "the streams are the caller's [CLI-4]" {
	bundle_make
	bundle_args sh -c 'tr a-z A-Z; echo err >&2'
	run_ok bash -c 'echo typed | "$@"' - "$MINI_RUN" --root "$OCI_ROOT" run -b "$BUNDLE" "$(container_id)"
	expect_equal "$output|$stderr" 'TYPED|err'
}

@test "run --detach returns when the program runs [CLI-9]" {
	local id

	bundle_make
	bundle_args sh -c 'echo ready; exec sleep 1000'
	id=$(container_id)
	oci_run_detached --pid-file "$BATS_TEST_TMPDIR/pid" "$id"
	expect_status "$id" running
	await_output ready
	expect_equal "$(cat "/proc/$(cat "$BATS_TEST_TMPDIR/pid")/comm")" sleep
	run_ok oci kill "$id" KILL
	oci_stopped "$id"
	run_ok oci delete "$id"
	oci_gone "$id"
}

@test "run --keep leaves the container behind, stopped [CLI-9]" {
	local id

	bundle_make
	bundle_args sh -c 'exit 3'
	id=$(container_id)
	run_status 3 oci_run --keep "$id"
	expect_status "$id" stopped
	run_ok oci delete "$id"
	oci_gone "$id"
}

@test "a run that fails leaves nothing, in the foreground or not [ERR-1] [CLI-21]" {
	bundle_make
	bundle_edit '.process.cwd = "/etc/passwd"'
	expect_oci_error '/etc/passwd' oci_run "$(container_id)"
	expect_oci_error '/etc/passwd' oci_run --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$(container_id)"
	[[ ! -e $BATS_TEST_TMPDIR/pid ]]
	expect_equal "$(oci list --quiet)" ""
}

@test "a container in the foreground answers to the other commands [LIF-1]" {
	local id

	bundle_make
	bundle_args sh -c 'trap "exit 9" USR1; echo ready; sleep 1000 & wait'
	id=$(container_id)
	background_ready --root "$OCI_ROOT" run --bundle "$BUNDLE" "$id"
	expect_status "$id" running
	run_ok oci exec "$id" echo inside
	expect_equal "$output" inside
	expect_equal "$(oci list --quiet)" "$id"
	run_ok oci kill "$id" USR1
	await_status 9
	oci_gone "$id"
}

@test "signals to run reach the program" {
	bundle_make
	bundle_args sh -c 'trap "echo got; exit 9" TERM; echo ready; sleep 1000 & wait'
	background_ready --root "$OCI_ROOT" run --bundle "$BUNDLE" "$(container_id)"
	kill -TERM "$RUN_PID"
	await_status 9
	expect_equal "$(cat "$OUT")" $'ready\ngot'
}

@test "options are taken as other runtimes take them [CLI-17]" {
	local id

	bundle_make
	bundle_args echo fine
	id=$(container_id)
	run_ok "$MINI_RUN" --root="$OCI_ROOT" run --bundle="$BUNDLE" --no-subreaper "$id"
	expect_equal "$output" fine
	run_ok "$MINI_RUN" -root "$OCI_ROOT" --rootless=false run -bundle "$BUNDLE" -no-subreaper "$id"
	expect_equal "$output" fine
	run_ok "$MINI_RUN" --root "$OCI_ROOT" --cgroup-manager cgroupfs --debug --rootless auto run -b "$BUNDLE" "$id"
	expect_match "$output" fine
	run_ok "$MINI_RUN" --root "$OCI_ROOT" --cgroup-manager=disabled run -b "$BUNDLE" "$id"
	expect_equal "$output" fine
	# With a wrong option it is not known which form of run this is.
	run_status 125 oci run --nosuch --bundle "$BUNDLE" "$id"
	expect_match "$stderr" 'nosuch'
}

@test "the directory of the states is made where it is missing, with those above it" {
	bundle_make
	bundle_args echo fine
	run_ok "$MINI_RUN" --root "$BATS_TEST_TMPDIR/deep/er" run -b "$BUNDLE" "$(container_id)"
	expect_equal "$output" fine
}
