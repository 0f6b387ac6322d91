#!/usr/bin/env bats
# ps: the container's processes and nobody else's, as JSON and as the host's ps prints them.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # tests run in subshells, with variables of bats and for bundle.bash

load ../lib/common
load ../lib/containers
load ../lib/bundle

need_ps()
{
	if ! ps -ef >/dev/null 2>&1; then
		skip "no ps that knows -ef"
	fi
}

@test "the process ids as JSON, in one line [CLI-11]" {
	bundle_make
	bundle_args sh -c 'sleep 1000 & sleep 1001 & echo ready; wait'
	id=$(container_id)
	oci_run_detached "$id"
	await_output ready
	run_ok oci ps --format json "$id"
	expect_match "$output" '^\[[0-9]+,[0-9]+,[0-9]+\]$'
	for pid in $(jq '.[]' <<<"$output"); do
		grep -qzx "MINI_RUN_TEST=$MINI_RUN_TEST" "/proc/$pid/environ"
	done
	expect_equal "$(jq '.[0]' <<<"$output")" "$(oci_state "$id" pid)"
}

@test "as a table: what ps says, with its header [CLI-11]" {
	need_ps
	bundle_make
	bundle_args sleep 1234
	id=$(container_id)
	oci_run_detached "$id"
	run_ok oci ps "$id"
	expect_match "${lines[0]}" '^UID +PID +PPID +C +STIME +TTY +TIME +CMD$'
	expect_match "${lines[1]}" "^root +$(oci_state "$id" pid) .* sleep 1234$"
	expect_equal "${#lines[@]}" 2
	run_ok oci ps --format table "$id" -e -o pid,args
	expect_match "${lines[0]}" '^ +PID COMMAND$'
	expect_match "${lines[1]}" '^ *[0-9]+ sleep 1234$'
	expect_equal "${#lines[@]}" 2
	run_ok oci ps "$id" -e -x
	expect_match "${lines[0]}" 'PID +TTY +STAT +TIME +COMMAND'
}

@test "of a container that has ended: none [CLI-11]" {
	bundle_make
	bundle_args true
	id=$(container_id)
	oci_run_detached "$id"
	oci_stopped "$id"
	run_ok oci ps -f json "$id"
	expect_equal "$output" '[]'
	need_ps
	run_ok oci ps "$id"
	expect_equal "${#lines[@]}" 1
}

@test "of a created and of a paused container [CLI-11]" {
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_create "$id"
	expect_equal "$(oci ps -f json "$id")" "[$(oci_state "$id" pid)]"
	oci_start "$id"
	oci pause "$id"
	expect_equal "$(oci ps -f json "$id")" "[$(oci_state "$id" pid)]"
}

@test "what cannot be: an unknown container, options without a column PID, a host without ps [CLI-11] [CLI-21]" {
	expect_oci_error 'container "none" does not exist' oci ps none
	expect_oci_error 'ps needs the ID of a container' oci ps
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_run_detached "$id"
	expect_no_ps "$id"
	need_ps
	expect_oci_error 'no column PID' oci ps "$id" -e -o args
	oci_try oci ps "$id" --nonsense
	expect_equal "$status" 1
	expect_match "$stderr" 'ps failed \(exit status 1\)'
}

expect_no_ps()
{
	status=0
	stderr=$(PATH=/nonexistent "$MINI_RUN" --root "$OCI_ROOT" ps "$1" 2>&1 >/dev/null) || status=$?
	expect_equal "$status" 1
	expect_match "$stderr" 'execute ps: No such file or directory \(install procps, or use --format json\)$'
}

@test "a container without a cgroup: by its PID namespace, or by descent" {
	local id

	bundle_make
	bundle_args sh -c 'sleep 1000 & echo ready; wait'
	OCI_FLAGS=(--cgroup-manager disabled)
	id=$(container_id own)
	oci_run_detached "$id"
	await_output ready
	expect_equal "$(oci ps -f json "$id" | jq length)" 2
	oci kill --all "$id" KILL
	oci_stopped "$id"
	bundle_edit '.linux.namespaces |= map(select(.type != "pid"))'
	id=$(container_id shared)
	oci_run_detached "$id"
	await_output ready
	mapfile -t pids < <(oci ps -f json "$id" | jq '.[]')
	expect_equal "${#pids[@]}" 2
	oci kill "$id" KILL
	oci_stopped "$id"
	eventually process_gone "${pids[0]}"
	eventually process_gone "${pids[1]}"
}
