#!/usr/bin/env bats
# delete: what may be deleted and what not, that nothing is left, and several at once.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # tests run in subshells, with variables of bats and for bundle.bash

load ../lib/common
load ../lib/containers
load ../lib/bundle

# cgroups_named ID: of every hierarchy.
cgroups_named() { find /sys/fs/cgroup -type d -name "$1" 2>/dev/null; }

@test "a stopped container and all that create made are gone [LIF-12]" {
	bundle_make
	bundle_args true
	id=$(container_id)
	oci_run_detached "$id"
	oci_stopped "$id"
	[[ $(cgroups_named "$id") ]]
	run_ok oci delete "$id"
	expect_equal "$output$stderr" ""
	expect_equal "$(cgroups_named "$id")" ""
	oci_gone "$id"
	[[ -d $BUNDLE/rootfs/bin ]]
}

@test "a created container may be deleted without force [CLI-7]" {
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_create "$id"
	pid=$(oci_state "$id" pid)
	run_ok oci delete "$id"
	eventually process_gone "$pid"
	oci_gone "$id"
}

@test "one that runs or is paused is an error without force, and stays as it is [LIF-11]" {
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_run_detached "$id"
	expect_oci_error "cannot delete container \"$id\" that is not stopped: running" oci delete "$id"
	expect_status "$id" running
	oci pause "$id"
	expect_oci_error 'that is not stopped: paused' oci delete "$id"
	expect_status "$id" paused
}

@test "--force kills what runs, is paused, or is only created, wherever the option stands [CLI-7]" {
	local id

	bundle_make
	bundle_args sleep 1000
	id=$(container_id running)
	oci_run_detached "$id"
	run_ok oci delete --force "$id"
	oci_gone "$id"
	id=$(container_id paused)
	oci_run_detached "$id"
	oci pause "$id"
	run_ok oci delete "$id" -f
	oci_gone "$id"
	id=$(container_id created)
	oci_create "$id"
	run_ok oci delete -f "$id"
	oci_gone "$id"
}

@test "an unknown container is an error, and none with --force [LIF-11] [CLI-7] [CLI-20]" {
	expect_oci_error 'container "none" does not exist' oci delete none
	run_ok oci delete --force none
	expect_equal "$output$stderr" ""
	mkdir -p "$OCI_ROOT"
	expect_oci_error 'container "none" does not exist' oci delete none
	run_ok oci delete --force none
	expect_oci_error 'delete needs the ID of a container' oci delete
}

@test "a container in the foreground is removed by its own mini-run, and is gone when delete --force returns [CLI-7]" {
	bundle_make
	id=$(container_id)
	oci run --name "$id" "$BUNDLE/rootfs" sleep 1000 </dev/null >/dev/null 2>&1 &
	runner=$!
	eventually oci_status_is "$id" running
	expect_oci_error 'that is not stopped: running' oci delete "$id"
	run_ok oci delete --force "$id"
	oci_gone "$id"
	expect_equal "$(cgroups_named "$id")" ""
	status=0
	wait "$runner" || status=$?
	expect_equal "$status" 137
}

@test "several are deleted even where one of them fails, which is told [CLI-7]" {
	bundle_make
	bundle_args true
	for n in 1 2 3; do
		oci_create "$(container_id "$n")"
	done
	bundle_args sleep 1000
	oci_run_detached "$(container_id runs)"
	expect_oci_error 'that is not stopped: running' \
		oci delete "$(container_id 1)" "$(container_id runs)" "$(container_id 2)"
	oci_gone "$(container_id 1)"
	oci_gone "$(container_id 2)"
	expect_status "$(container_id 3)" created
	expect_status "$(container_id runs)" running
}

@test "--regex deletes those whose ID matches, and no other [CLI-7]" {
	bundle_make
	bundle_args sleep 1000
	for n in job-1 job-2 other; do
		oci_create "$(container_id "$n")"
	done
	run_ok oci delete --regex 'job-[0-9]+$'
	oci_gone "$(container_id job-1)"
	oci_gone "$(container_id job-2)"
	expect_status "$(container_id other)" created
	run_ok oci delete --regex 'matches-none'
	expect_oci_error '--regex \(' oci delete --regex '('
}

@test "two deletes at once: both return, one may say that it is gone" {
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	for n in 1 2 3; do
		oci_run_detached "$id"
		oci delete --force "$id" &
		first=$!
		run_ok oci delete --force "$id"
		wait "$first"
		oci_gone "$id"
	done
}

@test "a state that cannot be read for want of descriptors is no stopped container: nothing is removed from under it [LIF-12]" {
	local n pid failed=0

	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_run_detached "$id"
	pid=$(oci_state "$id" pid)
	# From too few for anything on, until there are enough.
	for ((n = 3; n < 64; n++)); do
		oci_try oci_with "$n" state "$id"
		((status != 0)) || break
		failed=$((failed + 1))
	done
	((failed > 3))
	expect_match "$output" '"status": *"running"'
	failed=0
	for ((n = 3; n < 64; n++)); do
		oci_try oci_with "$n" delete --force "$id"
		((status != 0)) || break
		failed=$((failed + 1))
		# Its process may have been ended, but what there is to remove is known until it is.
		[[ -e $OCI_ROOT/$id ]]
	done
	((failed > 3))
	oci_gone "$id"
	process_gone "$pid"
}

# oci_with N COMMAND...: oci, which may have N descriptors.
oci_with() { prlimit --nofile="$1" "$MINI_RUN" --root "$OCI_ROOT" "${@:2}" 3>&- 4>&-; }
