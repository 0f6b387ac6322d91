#!/usr/bin/env bats
# state: the document, its members through the life of a container, and what is not there.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # tests run in subshells, with variables of bats and for bundle.bash

load ../lib/common
load ../lib/containers
load ../lib/bundle

@test "a created container: every member that engines read, with its type [STA-1] [STA-2] [STA-6] [CLI-5]" {
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_create "$id"
	run_ok oci state "$id"
	expect_equal "$(jq -r '.ociVersion' <<<"$output")" 1.2.0
	expect_equal "$(jq -r '.id' <<<"$output")" "$id"
	expect_equal "$(jq -r '.status' <<<"$output")" created
	expect_equal "$(jq -r '.bundle' <<<"$output")" "$BUNDLE"
	expect_equal "$(jq -r '.rootfs' <<<"$output")" "$BUNDLE/rootfs"
	expect_equal "$(jq -r '.owner' <<<"$output")" "$(id -un)"
	expect_match "$(jq -r '.created' <<<"$output")" '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z$'
	expect_equal "$(jq -r '.pid | type' <<<"$output")" number
	[[ -d /proc/$(jq -r '.pid' <<<"$output") ]]
	# In the shape that others have given it: indented by two, in this order.
	expect_equal "$(jq -rc 'keys_unsorted' <<<"$output")" \
		'["ociVersion","id","pid","status","bundle","rootfs","created","owner"]'
	expect_equal "${lines[1]}" '  "ociVersion": "1.2.0",'
}

@test "status follows the container: created, running, paused, stopped [STA-3] [STA-4]" {
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_create "$id"
	expect_status "$id" created
	pid=$(oci_state "$id" pid)
	oci_start "$id"
	expect_status "$id" running
	expect_equal "$(oci_state "$id" pid)" "$pid"
	expect_equal "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "sleep 1000 "
	oci pause "$id"
	expect_status "$id" paused
	oci resume "$id"
	expect_status "$id" running
	oci kill "$id" KILL
	oci_stopped "$id"
	expect_equal "$(oci_state "$id" pid)" 0
}

@test "a container that ended by itself is stopped until it is deleted [STA-3]" {
	bundle_make
	bundle_args true
	id=$(container_id)
	oci_create "$id"
	oci_start "$id"
	oci_stopped "$id"
	expect_equal "$(oci_state "$id" id)" "$id"
	oci delete "$id"
	oci_gone "$id"
}

@test "annotations are there when the configuration has some, whatever is in them [STA-5]" {
	bundle_make
	bundle_args sleep 1000
	# shellcheck disable=SC2016 # for jq
	bundle_edit --arg odd $'quote " backslash \\ newline \n and \u00e9' '.annotations = {"org.example.a": $odd, "b": ""}'
	id=$(container_id)
	oci_create "$id"
	oci state "$id" | jq -S .annotations >"$BATS_TEST_TMPDIR/shown"
	jq -S .annotations "$BUNDLE/config.json" | diff - "$BATS_TEST_TMPDIR/shown"
}

@test "the id can be had again after delete [STA-8]" {
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_create "$id"
	oci delete "$id"
	oci_create "$id"
	expect_status "$id" created
}

@test "a container of run ROOTFS is known as well, and has a bundle: its state directory" {
	bundle_make
	id=$(container_id)
	oci run --name "$id" "$BUNDLE/rootfs" sleep 1000 </dev/null >/dev/null 2>&1 &
	eventually oci_status_is "$id" running
	expect_equal "$(oci_state "$id" rootfs)" "$BUNDLE/rootfs"
	expect_equal "$(oci_state "$id" bundle)" "$OCI_ROOT/$id"
	[[ -s $OCI_ROOT/$id/config.json ]]
	oci delete --force "$id"
	wait
	oci_gone "$id"
}

@test "an unknown container is an error, and so is one without a name [LIF-13] [CLI-20] [CLI-21]" {
	expect_oci_error 'container "none" does not exist' oci state none
	mkdir -p "$OCI_ROOT"
	expect_oci_error 'container "none" does not exist' oci state none
	expect_oci_error 'does not exist' oci state ../state
	expect_oci_error 'does not exist' oci state ''
	expect_oci_error 'state needs the ID of a container' oci state
}

@test "options are taken in front of the command, behind it and behind the ID; a relative --root is taken from here [CLI-17]" {
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_create "$id"
	cd "$BATS_TEST_TMPDIR"
	run_ok "$MINI_RUN" --root state state "$id"
	run_ok "$MINI_RUN" state --root=state "$id"
	run_ok "$MINI_RUN" state "$id" --root ./state
	run_ok "$MINI_RUN" -root state -debug state -log-format=json "$id"
}
