#!/usr/bin/env bats
#
# The keys of the JSON report, which programs rely on: those of a real report are those of the man page, in
# number, name and unit.
#
# shellcheck disable=SC2016 # the command's own shell expands it

load ../lib/common

keys_of_page()
{
	sed -n '/^\.Sh REPORT/,/^\.Sh EXIT/s/^\.It Li //p' "$REPO/man/mini-run-run.1" | sort
}

# report_of OPTION... -- COMMAND...: the report of a run of COMMAND.
report_of()
{
	local -a options=()

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	"$MINI_RUN" run --report=json:"$BATS_TEST_TMPDIR/report" "${options[@]}" "$ROOTFS" "$@" || true
	cat "$BATS_TEST_TMPDIR/report"
}

@test "the keys of a report are those of mini-run-run(1)" {
	need_root
	expect_equal "$(report_of -- true | jq -r 'keys[]' | sort)" "$(keys_of_page)"
}

@test "a report is one object on one line" {
	need_root
	report_of -- true >/dev/null
	expect_equal "$(wc -l <"$BATS_TEST_TMPDIR/report")" 1
	expect_equal "$(jq -r type "$BATS_TEST_TMPDIR/report")" object
}

@test "keys that end in Us or Bytes, and all counts, are whole numbers or null" {
	need_root
	expect_equal "$(report_of -m 64m --pids-limit 20 -- true | jq -r 'to_entries[] |
		select(.key | IN("id", "reason", "message") | not) |
		select(.value != null and (.value | type != "number" or . != floor)) | .key')" ""
}

@test "every key has the value that its description promises" {
	need_root
	run report_of --name report-keys -m 64m --pids-limit 20 -- sh -c 'exit 3'
	show_result
	expect_equal "$(jq -c '[.id, .reason, .message, .status, .exitStatus, .signal, .memoryLimitBytes, .pidsLimit]' \
		<<<"$output")" '["report-keys","exited",null,3,3,null,67108864,20]'
	jq -e '.wallTimeUs > 0 and .maxRssBytes > 0 and .memoryPeakBytes > 0 and .oomKills == 0' <<<"$output"
}

@test "the reasons are those of mini-run-run(1)" {
	local reasons

	need_root
	reasons=$(sed -n '/^\.It Li reason/,/^\.It Li message/s/^\.Cm \([a-z]*\).*/\1/p' "$REPO/man/mini-run-run.1" | xargs)
	expect_equal "$reasons" "exited signaled oom timeout interrupted seccomp"
	expect_equal "$(report_of -- true | jq -r .reason)" exited
	expect_equal "$(report_of --timeout 100ms -- sleep 60 2>/dev/null | jq -r .reason)" timeout
	expect_equal "$(report_of --init -- sh -c 'kill -9 1; sleep 60' | jq -r .reason)" exited
	expect_equal "$(report_of -m 16m -- sh -c 'x=a; while :; do x=$x$x; done' 2>/dev/null | jq -r .reason)" oom
}
