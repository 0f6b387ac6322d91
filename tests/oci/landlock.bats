#!/usr/bin/env bats
#
# Landlock in a bundle: the property "miniRun" of config.json, which is mini-run's own (docs/oci.md). A bundle gets nothing
# of it by default.

# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
load ../lib/common
load ../lib/containers
load ../lib/bundle

LANDLOCK=$REPO/build/tests/lib/landlock_probe

need_landlock()
{
	local have

	have=$("$LANDLOCK" abi)
	((have >= $1)) || skip "needs version $1 of Landlock, and this kernel has $have"
}

# A bundle with the helper and these properties.
landlocked()
{
	bundle_make
	cp "$LANDLOCK" "$BUNDLE/rootfs/bin/landlock_probe"
	bundle_edit ".miniRun.landlock = $1"
}

@test "the rules of a bundle hold, for exec too" {
	need_landlock 3
	landlocked '{paths: [{path: "/bin", access: "rx"}, {path: "/etc/passwd", access: "ro"}]}'
	bundle_args sh -c 'cat /etc/passwd; cat /etc/group || exec sleep 1000'
	id=$(container_id)
	oci_create "$id"
	oci_start "$id"
	run_ok oci exec "$id" cat /etc/passwd
	run_status 1 oci exec "$id" cat /etc/group
	expect_match "$stderr" 'ermission denied'
	eventually grep -q 'ermission denied' "$ERR"
	expect_match "$(<"$OUT")" '^root:'
}

@test "a bundle without the property is restricted by nothing" {
	local socket=mini-run-test-$$-$BATS_TEST_NUMBER listener

	landlocked '{}'
	"$LANDLOCK" listen "$socket" "$BATS_TEST_TMPDIR/listens" 3>&- &
	listener=$!
	eventually test -e "$BATS_TEST_TMPDIR/listens"
	bundle_args landlock_probe connect "$socket"
	run_ok oci_run "$(container_id)"
	result=$output
	if (($("$LANDLOCK" abi) >= 6)); then
		bundle_edit '.miniRun.landlock = {scopes: ["abstract-unix-socket"]}'
		run_ok oci_run "$(container_id two)"
		expect_equal "$output" EPERM
	fi
	kill "$listener"
	wait "$listener" || true
	expect_equal "$result" ok
}

@test "a startContainer hook is under the rules of the command" {
	need_landlock 3
	landlocked '{paths: [{path: "/bin", access: "rx"}, {path: "/tmp", access: "rw"}]}'
	bundle_edit '.hooks.startContainer = [{path: "/bin/sh", env: ["PATH=/bin"],
		args: ["sh", "-c", "cat /etc/passwd >/tmp/read; echo $? >/tmp/status"]}]'
	bundle_args cat /tmp/status
	run_ok oci_run "$(container_id)"
	expect_equal "$output" 1
	# It has to be executable under them itself.
	bundle_edit '.miniRun.landlock.paths = [{path: "/bin/busybox", access: "rx"}] | .hooks.startContainer[0].path = "/bin/probe"'
	run_status 1 oci_run "$(container_id two)"
	expect_match "$stderr" 'startContainer hook 1, /bin/probe: .*ermission denied'
}

@test "what is unknown in the property is refused" {
	landlocked '{path: []}'
	expect_error 1 'miniRun.landlock.path: unknown' oci create --bundle "$BUNDLE" "$(container_id)"
	bundle_edit '.miniRun = {landlok: {}}'
	expect_error 1 'miniRun.landlok: unknown' oci create --bundle "$BUNDLE" "$(container_id)"
}

@test "what the kernel cannot enforce is an error of create" {
	landlocked '{connect: [80]}'
	expect_error 1 'this kernel has version 3 of Landlock, and it takes 4' \
		"$LANDLOCK" as 3 "$MINI_RUN" --root "$OCI_ROOT" create --bundle "$BUNDLE" "$(container_id)"
	bundle_edit '.miniRun.landlock = {scopes: ["signal"]}'
	expect_error 1 'this kernel has no Landlock' \
		"$LANDLOCK" as 0 "$MINI_RUN" --root "$OCI_ROOT" create --bundle "$BUNDLE" "$(container_id)"
	bundle_edit '.miniRun.landlock.scopesOptional = true'
	bundle_args true
	run_ok "$LANDLOCK" as 0 "$MINI_RUN" --root "$OCI_ROOT" run --bundle "$BUNDLE" "$(container_id)"
}
