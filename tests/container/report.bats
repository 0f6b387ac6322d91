#!/usr/bin/env bats
#
# --report: what came of a run, as text and as JSON, and that the figures are true.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2317 # tests are called by bats

load ../lib/common
load ../lib/containers

setup()
{
	common_setup
	REPORT=$BATS_TEST_TMPDIR/report
}

# report STATUS OPTION... -- CMD...: runs CMD and keeps its JSON report in $REPORT.
report()
{
	local wanted=$1 options=()
	shift

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	run_status "$wanted" "$MINI_RUN" run --report=json:"$REPORT" "${options[@]}" "$ROOTFS" "$@"
	cat "$REPORT"
}

# holds FILTER: jq's FILTER is true of the report.
holds()
{
	if ! jq -e "$1" "$REPORT" >/dev/null; then
		printf 'not so: %s\nof: %s\n' "$1" "$(cat "$REPORT")"
		return 1
	fi
}

# ---- forms --------------------------------------------------------------------------------------------------

@test "text is the default and goes to stderr" {
	local line

	need_root
	run_status 3 "$MINI_RUN" run --name "$(container_name)" --report --memory 64m --pids-limit 20 "$ROOTFS" /bin/sh -c 'echo out; exit 3'
	expect_equal "$output" out
	expect_match "$stderr" "^mini-run: $(container_name): exited, status 3"
	for line in 'wall +[0-9.]+ s' 'user +[0-9.]+ s' 'system +[0-9.]+ s' 'throttled +' \
		'memory peak +.* of 64 MiB' 'largest RSS +[0-9.]+ [KM]iB' 'OOM kills +0' 'processes +.* of 20' 'read +' 'written +'; do
		expect_match "$stderr" $'\n'"  $line"
	done
	expect_equal "$(wc -l <<<"$stderr")" 11
}

@test "json goes to stderr, one object on one line" {
	need_root
	run_status 3 "$MINI_RUN" run --report=json "$ROOTFS" /bin/sh -c 'echo out; exit 3'
	expect_equal "$output" out
	expect_equal "$(wc -l <<<"$stderr")" 1
	expect_equal "$(jq -c '[.status, .exitStatus, .reason]' <<<"$stderr")" '[3,3,"exited"]'
}

@test "both forms go into a file, which is made anew" {
	local form

	need_root
	for form in text: :; do
		printf '%1000s\n' old >"$REPORT"
		run_ok "$MINI_RUN" run --report="$form$REPORT" "$ROOTFS" true
		expect_equal "$stderr" ""
		expect_match "$(cat "$REPORT")" '^mini-run: .*: exited, status 0'
		[[ $(cat "$REPORT") != *old* ]]
	done
	printf '%1000s\n' old >"$REPORT"
	run_ok "$MINI_RUN" run --report=json:"$REPORT" "$ROOTFS" true
	expect_equal "$(jq -r .status "$REPORT")" 0
	expect_equal "$(wc -l <"$REPORT")" 1
}

@test "a report file that cannot be opened is an error before the command runs" {
	need_root
	expect_error 125 'report.*missing/report' "$MINI_RUN" run --report=json:"$BATS_TEST_TMPDIR/missing/report" "$ROOTFS" echo ran
	expect_error 125 '--report' "$MINI_RUN" run --report=xml "$ROOTFS" echo ran
	expect_error 125 '--report' "$MINI_RUN" run --report=json: "$ROOTFS" echo ran
}

@test "a report that cannot be written is told, and the status stays the command's" {
	need_root
	run_status 3 "$MINI_RUN" run --report=json:/dev/full "$ROOTFS" /bin/sh -c 'exit 3'
	expect_match "$stderr" '^mini-run: .*--report: write /dev/full'
}

# ---- keys ---------------------------------------------------------------------------------------------------

@test "every key is there, and of its type" {
	need_root
	report 0 --memory 64m --pids-limit 20 -- true
	holds '[.id, .reason] | all(type == "string")'
	holds '.message | type == "null" or type == "string"'
	holds '.status | type == "number"'
	holds '[.exitStatus, .signal, .wallTimeUs, .userTimeUs, .systemTimeUs, .memoryPeakBytes, .memoryLimitBytes, .maxRssBytes,
		.oomKills, .pidsPeak, .pidsLimit, .throttledTimeUs, .throttledPeriods, .ioReadBytes, .ioWriteBytes]
		| all(. == null or (type == "number" and . >= 0 and . == floor))'
	holds 'has("exitStatus") and has("signal") and has("wallTimeUs") and has("userTimeUs") and has("systemTimeUs")
		and has("memoryPeakBytes") and has("memoryLimitBytes") and has("maxRssBytes") and has("oomKills")
		and has("pidsPeak") and has("pidsLimit") and has("throttledTimeUs") and has("throttledPeriods")
		and has("ioReadBytes") and has("ioWriteBytes")'
}

@test "what has no limit is null" {
	need_root
	report 0 -- true
	holds '.memoryLimitBytes == null and .pidsLimit == null and .signal == null and .message == null'
}

# ---- reasons ------------------------------------------------------------------------------------------------

@test "reason: exited" {
	need_root
	report 42 --name "$(container_name)" -- /bin/sh -c 'exit 42'
	holds '.reason == "exited" and .status == 42 and .exitStatus == 42 and .signal == null and .message == null'
	holds ".id == \"$(container_name)\""
}

@test "reason: signaled" {
	need_root
	report 139 -v "$REPO/build/tests/lib/provoke:/provoke:ro" -- /provoke segv
	holds '.reason == "signaled" and .status == 139 and .exitStatus == null and .signal == 11'
	holds '.message | test("signal 11")'
}

@test "reason: oom" {
	need_root
	report 137 --memory 48m -- dd if=/dev/zero of=/dev/null bs=200M count=1
	holds '.reason == "oom" and .status == 137 and .exitStatus == null and .signal == 9 and .oomKills == 1'
	holds '.message == "out of memory: limit 48 MiB, 1 process killed"'
	holds '.memoryLimitBytes == 48 * 1024 * 1024 and .memoryPeakBytes <= .memoryLimitBytes and .memoryPeakBytes > 40 * 1024 * 1024'
}

@test "an OOM kill that the command got over is counted, and it exited" {
	need_root
	report 0 --memory 48m -- /bin/sh -c 'dd if=/dev/zero of=/dev/null bs=200M count=1 & wait
		dd if=/dev/zero of=/dev/null bs=200M count=1 & wait; exit 0'
	holds '.reason == "exited" and .status == 0 and .oomKills == 2'
}

@test "reason: timeout" {
	need_root
	report 124 --timeout 300ms -- sleep 1000
	holds '.reason == "timeout" and .status == 124 and .exitStatus == null and .wallTimeUs >= 300000'
	holds '.message == "time limit: ended after 300 ms"'
	report 124 --timeout 1s -- /bin/sh -c 'trap "exit 3" TERM; sleep 1000 & wait'
	holds '.reason == "timeout" and .status == 124 and .exitStatus == 3 and .signal == null'
}

@test "reason: interrupted" {
	need_root
	background_ready run --report=json:"$REPORT" "$ROOTFS" /bin/sh -c 'echo ready; exec sleep 1000'
	kill -INT "$RUN_PID"
	await_status 130
	holds '.reason == "interrupted" and .status == 130 and .exitStatus == null and .signal == 2 and .message == null'
}

@test "a signal that the command handled: it exited" {
	need_root
	background_ready run --report=json:"$REPORT" "$ROOTFS" /bin/sh -c 'trap "exit 4" INT; echo ready; sleep 1000 & wait'
	kill -INT "$RUN_PID"
	await_status 4
	holds '.reason == "exited" and .status == 4 and .exitStatus == 4 and .signal == null'
}

@test "reason: seccomp" {
	need_root
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["sysinfo"], "action": "SCMP_ACT_KILL_PROCESS"}]}' \
		>"$BATS_TEST_TMPDIR/profile"
	report 159 --security-opt seccomp="$BATS_TEST_TMPDIR/profile" -- free
	holds '.reason == "seccomp" and .status == 159 and .signal == 31'
}

# ---- figures ------------------------------------------------------------------------------------------------

@test "times: what sleeps has wall time, what computes has CPU time, and children count" {
	need_root
	report 0 -- sleep 2 # half of it: on a busy machine mini-run may notice late that it has begun
	holds '.wallTimeUs >= 1000000 and .userTimeUs + .systemTimeUs < .wallTimeUs'
	# Two children that compute at once; PID 1 does not wait for one of them.
	report 124 --timeout 2s -- /bin/sh -c 'sh -c "while :; do :; done" & while :; do :; done'
	holds '.userTimeUs > 300000'
}

@test "memory: the peak is what was used at once" {
	need_root
	report 0 -- dd if=/dev/zero of=/dev/null bs=64M count=1
	holds '.memoryPeakBytes >= 64 * 1024 * 1024 and .memoryPeakBytes < 128 * 1024 * 1024' || unless_uncounted memoryPeakBytes
	holds '.maxRssBytes >= 64 * 1024 * 1024 and .maxRssBytes < 128 * 1024 * 1024'
	report 0 -- true
	holds '.maxRssBytes < 32 * 1024 * 1024'
}

# KERNEL <5.19: cgroup v2 has no memory.peak; <6.1: no pids.peak in some builds. null is then the truth.
unless_uncounted()
{
	has_v2 && holds ".$1 == null" && [[ ! -e $(find /sys/fs/cgroup -mindepth 2 -maxdepth 2 -name "$2" | head -n 1) ]]
}

@test "processes: the peak is what ran at once" {
	need_root
	report 0 --pids-limit 50 -- /bin/sh -c 'sleep 2 & sleep 2 & sleep 2 & wait'
	holds '.pidsLimit == 50'
	if [[ $(jq .pidsPeak "$REPORT") == null ]]; then
		# KERNEL <6.11 (5.13 to 6.10 of cgroup v2 count pids.current alone): nothing says the peak.
		has_v2
	else
		holds '.pidsPeak >= 4 and .pidsPeak <= 5'
	fi
}

@test "a CPU limit shows as throttled time" {
	need_root
	report 124 --cpus 0.1 --timeout 2s -- /bin/sh -c 'while :; do :; done'
	holds '.throttledPeriods > 3 and .throttledTimeUs > 300000'
	report 0 --cpus 2 -- true
	holds '.throttledPeriods == 0 or .throttledPeriods == null'
}
