#!/usr/bin/env bats
#
# start: the program of a container that was created; once, and only then.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/common
load ../lib/containers
load ../lib/bundle

# create and start in one: the error of whichever finds it out.
create_and_start() { oci create --bundle "$BUNDLE" "$1" && oci start "$1"; }

@test "start without an ID, of an unknown container, of two [LIF-8]" {
	expect_oci_error 'ID' oci start
	expect_oci_error 'container "nosuch" does not exist' oci start nosuch
	expect_oci_error 'word too many|too many' oci start a b
	expect_oci_error 'does not exist' oci start ../x
}

@test "start of a container that runs or has stopped is an error without effect [LIF-8]" {
	local id pid

	bundle_make
	bundle_args sh -c 'echo run >>/runs; exec sleep 1000'
	id=$(container_id)
	oci_create "$id"
	oci_start "$id"
	pid=$(oci_state "$id" pid)
	expect_oci_error 'running|not created' oci start "$id"
	expect_equal "$(oci_state "$id" 'status, .pid')" running$'\n'"$pid"
	run_ok oci kill "$id" KILL
	oci_stopped "$id"
	expect_oci_error 'stopped|not created' oci start "$id"
	expect_status "$id" stopped
	expect_equal "$(cat "$BUNDLE/rootfs/runs")" run
}

@test "the program is searched in the container's PATH, and is args[0] as written [LIF-9] [PROC-5]" {
	bundle_make
	mkdir "$BUNDLE/rootfs/special"
	printf '#!/bin/sh\necho "$0 $1"\n' >"$BUNDLE/rootfs/special/tool"
	chmod 755 "$BUNDLE/rootfs/special/tool"
	bundle_args tool x
	bundle_edit '.process.env = ["PATH=/nowhere:/special:/bin"]'
	run_ok oci_run "$(container_id)"
	expect_equal "$output" '/special/tool x'
	bundle_edit '.process.args = ["./tool", "y"] | .process.cwd = "/special"'
	run_ok oci_run "$(container_id)"
	expect_equal "$output" './tool y'
	bundle_edit '.process.args = []'
	expect_oci_error 'process\.args' oci_run "$(container_id)"
}

@test "the words of errors that engines look for [CLI-20] [ERR-1]" {
	bundle_make
	bundle_args no-such-program
	expect_oci_error 'executable file not found in \$PATH' create_and_start "$(container_id 1)"
	expect_oci_status 127 'executable file not found in \$PATH' oci_run "$(container_id 2)"
	bundle_args /no/such/program
	expect_oci_error '[Nn]o such file or directory' create_and_start "$(container_id 3)"
	expect_oci_status 127 '[Nn]o such file or directory' oci_run "$(container_id 4)"
	bundle_args /etc/passwd
	expect_oci_error '[Pp]ermission denied|not executable' create_and_start "$(container_id 5)"
	expect_oci_status 126 '[Pp]ermission denied|not executable' oci_run "$(container_id 6)"
	bundle_args /etc
	expect_oci_status 126 '[Pp]ermission denied|[Ii]s a directory' oci_run "$(container_id 7)"
	expect_equal "$(oci list --quiet | grep -v -e '-[135]$' || true)" ""
}

@test "the standard streams of create are the program's, not those of start [CLI-4]" {
	local id

	bundle_make
	bundle_args sh -c 'echo out; echo err >&2; read -r line; echo "<$line>"'
	id=$(container_id)
	oci_create "$id"
	oci_try oci start "$id"
	expect_equal "$status$output$stderr" 0
	oci_stopped "$id"
	expect_equal "$(cat "$OUT")" $'out\n<>'
	expect_equal "$(cat "$ERR")" err
}

@test "a program that ends at once was started all the same [LIF-9] [STA-3]" {
	local id round

	bundle_make
	bundle_args true
	for round in 1 2 3; do
		id=$(container_id "$round")
		oci_create "$id"
		oci_start "$id"
		oci_stopped "$id"
	done
}

@test "the environment and working directory of start do not reach the program [LIF-9]" {
	local id

	bundle_make
	bundle_args sh -c 'echo "[$LEAK][$PWD]"'
	id=$(container_id)
	LEAK=create oci_create "$id"
	(cd /tmp && LEAK=start oci_start "$id")
	oci_stopped "$id"
	expect_equal "$(cat "$OUT")" '[][/]'
}
