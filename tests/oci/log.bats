#!/usr/bin/env bats
#
# What mini-run says and where: --log, --log-format json, the words of errors, exit statuses.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2034,SC2154 # OCI_FLAGS is for oci; status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/common
load ../lib/containers
load ../lib/bundle

# last_error FILE: what an engine shows of a JSON log.
last_error() { jq -rs '[.[] | select(.level == "error")] | last | .msg' "$1"; }

@test "the JSON log: one object a line with level, msg and time [CLI-19] [CLI-17]" {
	local log=$BATS_TEST_TMPDIR/log.json

	bundle_make
	bundle_args no-such-program
	OCI_FLAGS=(--log "$log" --log-format json)
	expect_oci_error 'no-such-program' oci create --bundle "$BUNDLE" "$(container_id)"
	expect_match "$(last_error "$log")" 'executable file not found in \$PATH'
	while read -r line; do
		jq -e '(.level | type) == "string" and (.msg | type) == "string" and
			(.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)$"))' <<<"$line" >/dev/null
	done <"$log"
	# It is added to, and only ever whole lines of JSON, whatever the words in it.
	expect_oci_error 'does not exist' oci state $'no"such\\thing'
	expect_match "$(last_error "$log")" 'does not exist'
	expect_match "$(last_error "$log")" 'no"such'
	expect_oci_error '' oci state $'new\nline\x01\xff'
	jq -es 'length >= 3' "$log" >/dev/null
}

@test "errors of the options go to the log, too, wherever --log is [CLI-19]" {
	local log=$BATS_TEST_TMPDIR/log.json

	expect_oci_error 'nosuch' "$MINI_RUN" --log "$log" --log-format=json --root "$OCI_ROOT" state --nosuch x
	expect_match "$(last_error "$log")" 'nosuch'
	rm "$log"
	expect_oci_error 'ID' "$MINI_RUN" --log="$log" --log-format json --root "$OCI_ROOT" start
	expect_match "$(last_error "$log")" 'ID'
}

@test "the text log, and a log that cannot be opened [CLI-17]" {
	local log=$BATS_TEST_TMPDIR/log.text

	OCI_FLAGS=(--log "$log")
	expect_oci_error 'does not exist' oci start nosuch
	expect_match "$(cat "$log")" 'does not exist'
	OCI_FLAGS=(--log "$log" --log-format text)
	expect_oci_error 'does not exist' oci start nosuch
	expect_equal "$(grep -c 'does not exist' "$log")" 2
	OCI_FLAGS=(--log /nowhere/log)
	expect_oci_error '/nowhere/log' oci start nosuch
	OCI_FLAGS=(--log-format nosuch)
	expect_oci_error 'log-format.*nosuch|nosuch.*log-format' oci state x
}

@test "where all went well the log has no error, and stdout is the container's alone [CLI-19]" {
	local log=$BATS_TEST_TMPDIR/log.json

	bundle_make
	bundle_args echo fine
	OCI_FLAGS=(--log "$log" --log-format json)
	run_ok oci_run "$(container_id)"
	expect_equal "$output|$stderr" 'fine|'
	[[ ! -s $log || $(last_error "$log") == null ]]
	# With --debug it says more, but still JSON in the log.
	OCI_FLAGS=(--debug --log "$log" --log-format json)
	run_ok oci_run "$(container_id)"
	expect_equal "$output" fine
	jq -es . "$log" >/dev/null
}

@test "the log is not the container's: it is not open inside [LIF-18] [CLI-19]" {
	bundle_make
	bundle_args probe fds
	OCI_FLAGS=(--log "$BATS_TEST_TMPDIR/log.json" --log-format json)
	run_ok oci_run "$(container_id)"
	expect_equal "$(cut -d = -f 1 <<<"$output" | xargs)" '0 1 2'
}

@test "the words that callers match [CLI-20]" {
	local id

	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	for command in "state $id" "start $id" "kill $id KILL" "delete $id" "pause $id" "resume $id" "exec $id true" "ps $id"; do
		# shellcheck disable=SC2086 # words
		oci_try oci $command
		((status != 0))
		expect_match "$stderr" 'does not exist'
	done
	oci_run_detached "$id"
	run_ok oci kill "$id" KILL
	oci_stopped "$id"
	expect_oci_error 'container not running|no such process|process already finished' oci kill "$id" TERM
	expect_oci_error 'container not running' oci pause "$id"
	bundle_args /root/../etc/shadow-no
	expect_oci_status 127 'no such file or directory' oci_run "$id-2"
}

@test "exit statuses: 0, the program's, or 1 for mini-run's own failure [CLI-21]" {
	local id

	bundle_make
	bundle_args sh -c 'exit 125'
	id=$(container_id)
	run_status 125 oci_run "$id"
	oci_create "$id"
	run_status 0 oci start "$id"
	oci_stopped "$id"
	run_status 0 oci delete "$id"
	run_status 1 oci delete "$id"
	run_status 1 oci nosuch-command
	run_status 1 oci create
	run_status 0 oci list
	run_status 0 "$MINI_RUN" --version
	run_status 0 "$MINI_RUN" --help
}

@test "a capability that cannot be had is a warning, and the container runs [CAP-2] [ERR-2]" {
	local log=$BATS_TEST_TMPDIR/log.json

	bundle_make
	bundle_edit '.process.capabilities |= map_values(. + ["CAP_NOSUCH"]) | .process.args = ["grep", "CapBnd", "/proc/self/status"]'
	OCI_FLAGS=(--log "$log" --log-format json)
	run_ok oci_run "$(container_id)"
	expect_equal "$output" $'CapBnd:\t0000000020000420'
	expect_match "$(jq -rs '.[] | select(.level == "warning") | .msg' "$log")" 'CAP_NOSUCH'
}
