#!/usr/bin/env bats
#
# Every step of the start is made to fail once: then there is one message that names it, status 125, and nothing
# is left. The names come from --trace, so that a new step is covered by being there.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2317 # tests are called by bats

load ../lib/common
load ../lib/containers

setup()
{
	common_setup
	FAULTS=$REPO/build/faults/mini-run
	if [[ ! -x $FAULTS ]]; then
		echo "$FAULTS is missing: type make faults-build"
		return 1
	fi
	mkdir "$BATS_TEST_TMPDIR/volume"
	# What makes every step do its work.
	WITH_ALL=(run --memory 64m --pids-limit 20 --network none --init --read-only --tmpfs /tmp -v "$BATS_TEST_TMPDIR/volume:/mnt"
		--sysctl kernel.shmmni=4000 --ulimit core=0 --oom-score-adj 100 --pid-file "$BATS_TEST_TMPDIR/pid" --sysfs -w /tmp)
}

# steps SIDE: the names of the steps of this side ("outside", "inside"), in their order.
steps()
{
	sed -nE "s/^$1 +[0-9.]+ us  (.*)\$/\\1/p" "$BATS_TEST_TMPDIR/trace" | grep -vx 'in all'
}

# fail_each COMMAND...: runs COMMAND once for each step named in the trace, with that step failing.
fail_each()
{
	local side step got failures=0

	for side in outside inside; do
		while IFS= read -r step; do
			got=0
			MINI_RUN_FAIL_STEP=$step "$@" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- || got=$?
			if ((got != 125)) || ! grep -qF -- ": $step: injected: Input/output error" "$BATS_TEST_TMPDIR/out" ||
				! common_teardown; then
				failures=$((failures + 1))
				printf '%s, "%s": status %d\n%s\n' "$side" "$step" "$got" "$(cat "$BATS_TEST_TMPDIR/out")"
			fi
		done < <(steps "$side")
	done
	((failures == 0))
}

@test "--trace names the steps of both sides and of the end, with their times" {
	need_root
	"$FAULTS" "${WITH_ALL[@]}" --trace "$ROOTFS" true 2>"$BATS_TEST_TMPDIR/trace"
	(($(steps outside | wc -l) >= 15))
	(($(steps inside | wc -l) >= 20))
	(($(steps undo | wc -l) >= 8))
	expect_equal "$(steps outside | sort | uniq -d)" ""
	expect_equal "$(grep -vE '^(outside|inside|undo) +[0-9]+\.[0-9] us  [a-zA-Z0-9/() -]+$' "$BATS_TEST_TMPDIR/trace")" ""
}

@test "--trace tells how far it came when a step fails" {
	need_root
	MINI_RUN_FAIL_STEP='pivot root' run_status 125 "$FAULTS" run --trace "$ROOTFS" true
	expect_match "$stderr" 'mask paths'
	[[ $stderr != *'drop privileges'* ]]
	expect_match "$stderr" 'pivot root: injected: Input/output error$'
}

@test "each step that fails leaves nothing, without a terminal" {
	need_root
	"$FAULTS" "${WITH_ALL[@]}" --trace "$ROOTFS" true 2>"$BATS_TEST_TMPDIR/trace"
	# It is not in a trace: there is nobody left to tell its time.
	echo 'inside 0.0 us  execute command' >>"$BATS_TEST_TMPDIR/trace"
	fail_each "$FAULTS" "${WITH_ALL[@]}" "$ROOTFS" true
}

@test "each step that fails leaves nothing, with a terminal whose modes stay" {
	need_root
	"$FAULTS" run -t --trace "$ROOTFS" true 2>"$BATS_TEST_TMPDIR/trace" >"$BATS_TEST_TMPDIR/out"
	# The steps from the terminal on: those before it do not know of it.
	sed -i '1,/ clone$/d' "$BATS_TEST_TMPDIR/trace"
	grep -q 'borrow terminal' "$BATS_TEST_TMPDIR/trace"
	fail_each pty sh -c 'before=$(stty -a); "$@"; status=$?; [ "$before" = "$(stty -a)" ] || exit 99; exit $status' - "$FAULTS" run "$ROOTFS" true
}

# fails_slowly CALL STEP: STEP fails inside, while mini-run is slow to make the system call CALL.
fails_slowly()
{
	MINI_RUN_FAIL_STEP=$2 run_status 125 strace -qq -o /dev/null -e trace="$1" -e inject="$1:delay_enter=500000" \
		"$FAULTS" run "$ROOTFS" true
	expect_match "$stderr" "^mini-run: [^ ]*: $2: injected: Input/output error\$"
}

@test "what failed inside is told even when the other end of the socket is closed already" {
	need_root
	# Sending fails (EPIPE) to one that has ended with its message sent.
	fails_slowly sendmsg 'harden process'
	# Receiving fails once (ECONNRESET) from one that has ended without having read all.
	fails_slowly recvmsg 'enter working directory'
}
