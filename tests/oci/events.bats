#!/usr/bin/env bats
# events: the stats in the shape that others have given them, again and again, and the want of memory.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # tests run in subshells, with variables of bats and for bundle.bash

load ../lib/common
load ../lib/containers
load ../lib/bundle

running()
{
	bundle_make
	bundle_args "$@"
	id=$(container_id)
	oci_run_detached "$id"
}

@test "--stats prints one line and goes [CLI-12]" {
	running sleep 1000
	run_ok oci events --stats "$id"
	expect_equal "${#lines[@]}" 1
	expect_equal "${output:0:$((24 + ${#id}))}" "{\"type\":\"stats\",\"id\":\"$id\","
	expect_equal "$(jq -c 'keys_unsorted' <<<"$output")" '["type","id","data"]'
	expect_equal "$(jq -c '.data | keys' <<<"$output")" \
		'["blkio","cpu","cpuset","hugetlb","intel_rdt","memory","network_interfaces","pids"]'
	expect_equal "$(jq -r '.data.cpu.usage | [.kernel, .user] | map(type) | unique[]' <<<"$output")" number
	if has_controller pids; then
		expect_equal "$(jq '.data.pids.current' <<<"$output")" 1
	fi
	if has_controller memory; then
		(($(jq '.data.memory.usage.usage' <<<"$output") > 0))
	fi
}

lines_are() { (($(wc -l <"$BATS_TEST_TMPDIR/events") >= $1)); }

@test "a line every --interval, until the container ends [CLI-12]" {
	running sleep 1000
	oci events --interval 100ms "$id" >"$BATS_TEST_TMPDIR/events" 2>&1 &
	eventually lines_are 3
	oci kill "$id" KILL
	wait $!
	jq -e '.type == "stats" and (.data | type) == "object"' <"$BATS_TEST_TMPDIR/events" >/dev/null
}

@test "a process killed for want of memory is told [CLI-12]" {
	has_controller memory || skip "no memory controller"
	bundle_make
	bundle_edit '.linux.resources.memory = {"limit": 16777216, "swap": 16777216}'
	# A child that takes more and more, as often as it is asked to.
	bundle_args sh -c 'while read -r line; do tail /dev/zero; echo "status $?"; done'
	id=$(container_id)
	mkfifo "$BATS_TEST_TMPDIR/stdin"
	exec 7<>"$BATS_TEST_TMPDIR/stdin"
	OUT=$BATS_TEST_TMPDIR/out
	oci run --detach --bundle "$BUNDLE" "$id" <&7 >"$OUT" 2>&1
	oci events --interval 1h "$id" >"$BATS_TEST_TMPDIR/events" 2>&1 7>&- &
	eventually lines_are 1
	echo now >&7
	eventually grep -qx 'status 137' "$OUT"
	eventually grep -qxF "{\"type\":\"oom\",\"id\":\"$id\"}" "$BATS_TEST_TMPDIR/events"
	oci kill "$id" KILL
	exec 7>&-
	wait $!
}

@test "what cannot be: no such container, one that has ended, no time at all [CLI-12] [CLI-20] [CLI-21]" {
	expect_oci_error 'container "none" does not exist' oci events none
	expect_oci_error 'events needs the ID' oci events
	running true
	oci_stopped "$id"
	expect_oci_error 'container not running: it is stopped' oci events "$id"
	expect_oci_error 'container not running: it is stopped' oci events --stats "$id"
	expect_oci_error '--interval 0: must be at least' oci events --interval 0 "$id"
}
