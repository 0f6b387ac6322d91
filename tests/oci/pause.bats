#!/usr/bin/env bats
# pause and resume: that nothing moves meanwhile, and in which states they are errors.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # tests run in subshells, with variables of bats and for bundle.bash

load ../lib/common
load ../lib/containers
load ../lib/bundle

# What a counting container has written.
count() { wc -l <"$OUT"; }
counts_on() { (($(count) > $1)); }

@test "a paused container stands still, and goes on when it is resumed [CLI-5] [STA-3]" {
	bundle_make
	bundle_args sh -c 'while :; do echo tick; sleep 0.05; done'
	id=$(container_id)
	oci_run_detached "$id"
	eventually counts_on 2
	run_ok oci pause "$id"
	expect_equal "$output$stderr" ""
	expect_status "$id" paused
	before=$(count)
	sleep 0.5
	expect_equal "$(count)" "$before"
	run_ok oci resume "$id"
	expect_equal "$output$stderr" ""
	expect_status "$id" running
	eventually counts_on "$before"
}

@test "pause is for what runs, resume for what is paused; the error says what it is [CLI-5] [CLI-21]" {
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_create "$id"
	expect_oci_error 'it is created' oci pause "$id"
	expect_oci_error 'container not paused: it is created' oci resume "$id"
	oci_start "$id"
	expect_oci_error 'container not paused: it is running' oci resume "$id"
	oci pause "$id"
	expect_oci_error 'container not running: it is paused' oci pause "$id"
	oci kill "$id" KILL
	oci_stopped "$id"
	expect_oci_error 'container not running: it is stopped' oci pause "$id"
	expect_oci_error 'container not paused: it is stopped' oci resume "$id"
	expect_oci_error 'container "none" does not exist' oci pause none
	expect_oci_error 'container "none" does not exist' oci resume none
	expect_oci_error 'needs the ID' oci pause
	expect_oci_error 'needs the ID' oci resume
}

@test "a container of run ROOTFS is paused and resumed as well, and leaves nothing" {
	bundle_make
	id=$(container_id)
	oci run --name "$id" "$BUNDLE/rootfs" sleep 1000 </dev/null >/dev/null 2>&1 &
	eventually oci_status_is "$id" running
	run_ok oci pause "$id"
	expect_status "$id" paused
	run_ok oci resume "$id"
	expect_status "$id" running
	oci pause "$id"
	oci delete --force "$id"
	wait
	oci_gone "$id"
}

@test "of two that pause at once one succeeds" {
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_run_detached "$id"
	first=0 second=0
	oci pause "$id" 2>/dev/null &
	oci pause "$id" 2>/dev/null || second=$?
	wait $! || first=$?
	expect_equal "$((first + second))" 1
	expect_status "$id" paused
}
