#!/usr/bin/env bats
#
# Signals to mini-run: they reach PID 1, and where it has no handler they do what a person expects of them.
# (From inside, and from outside by the pid, the kernel drops what PID 1 has no handler for.)
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2317 # tests are called by bats

load ../lib/common
load ../lib/containers

@test "signals reach a handler of PID 1, and its status is the container's" {
	local name

	need_root
	for name in TERM INT HUP QUIT USR1 USR2; do
		background_ready run "$ROOTFS" /bin/sh -c "trap 'echo got $name; exit 7' $name; echo ready; sleep 1000 & wait"
		kill -s "$name" "$RUN_PID"
		await_status 7
		expect_equal "$(cat "$OUT")" $'ready\n'"got $name"
		expect_equal "$(cat "$ERR")" ""
	done
}

@test "a signal that PID 1 has no handler for ends it, with 128 and the signal's number" {
	local pair

	need_root
	for pair in TERM:143 INT:130 HUP:129 QUIT:131 USR1:138 USR2:140 ALRM:142; do
		background_ready run "$ROOTFS" /bin/sh -c 'echo ready; exec sleep 1000'
		kill -s "${pair%:*}" "$RUN_PID"
		await_status "${pair#*:}"
		expect_equal "$(cat "$ERR")" ""
	done
}

@test "a signal that PID 1 ignores does not end it" {
	local name

	need_root
	background_ready run "$ROOTFS" /bin/sh -c 'trap "" TERM INT HUP QUIT; trap "echo alive; exit 9" USR1
		echo ready; sleep 1000 & wait'
	for name in TERM INT HUP QUIT; do
		kill -s "$name" "$RUN_PID"
		await_signals_taken
	done
	kill -USR1 "$RUN_PID"
	await_status 9
	expect_equal "$(cat "$OUT")" $'ready\nalive'
}

@test "a signal whose default is not to terminate does not end PID 1" {
	local name

	need_root
	background_ready run "$ROOTFS" /bin/sh -c 'echo ready; exec sleep 1000'
	for name in WINCH CHLD CONT URG; do
		kill -s "$name" "$RUN_PID"
		await_signals_taken
	done
	kill -TERM "$RUN_PID"
	await_status 143
}

@test "a signal that PID 1 waits for is delivered" {
	need_root
	command -v python3 >/dev/null
	# With the host's python as a volume: sigwait(3) has the signal blocked, and no handler.
	background_ready run -v /usr:/usr:ro -v "$(realpath /lib64):/lib64:ro" -v "$(realpath /lib):/lib:ro" "$ROOTFS" \
		"$(realpath "$(PATH=/usr/bin command -v python3)")" -c 'import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print("ready", flush=True)
print(signal.sigwait([signal.SIGTERM]).name)
sys.exit(5)'
	kill -TERM "$RUN_PID"
	await_status 5
	expect_equal "$(cat "$OUT")" $'ready\nSIGTERM'
}

# like_a_bad_parent CMD...: runs it with every signal blocked, and all ignored but SIGCHLD.
# ignoring_sigchld CMD...: with that one ignored, so that the kernel keeps no status for wait(2).
like_a_bad_parent() { python3 -c "$with_signals" -17 "$@"; }
ignoring_sigchld() { python3 -c "$with_signals" 17 "$@"; }
with_signals='
import os, signal, sys
only = int(sys.argv[1])
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    if number == only or only < 0 and number != -only:
        signal.signal(number, signal.SIG_IGN)
if only < 0:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
os.execvp(sys.argv[2], sys.argv[2:])'

@test "what the caller blocks and ignores is not blocked and ignored inside" {
	need_root
	run_ok like_a_bad_parent "$MINI_RUN" run "$ROOTFS" /bin/grep -E '^Sig(Blk|Ign)' /proc/self/status
	expect_equal "$output" $'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000'
	run_ok like_a_bad_parent "$MINI_RUN" run --init "$ROOTFS" /bin/grep -E '^Sig(Blk|Ign)' /proc/self/status
	expect_equal "$output" $'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000'
}

@test "a caller that ignores SIGCHLD gets the status all the same" {
	need_root
	run_status 42 ignoring_sigchld "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'exit 42'
	expect_equal "$stderr" ""
}

@test "nohup: a hangup that the caller ignores does not end the container" {
	need_root
	background_command nohup "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'trap "exit 9" USR1; echo ready; sleep 1000 & wait'
	await_output ready
	kill -HUP "$RUN_PID"
	await_signals_taken
	kill -USR1 "$RUN_PID"
	await_status 9
}

@test "a signal that comes before mini-run has seen that the command runs reaches its handler" {
	need_root
	# mini-run is slow to take the messages from inside; the command is long at work then.
	background_command env ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -e trace=recvmsg -e inject=recvmsg:delay_exit=1000000 \
		"$MINI_RUN" run "$ROOTFS" /bin/sh -c 'trap "echo got; exit 7" TERM; echo ready; sleep 1000 & wait'
	await_output ready
	# The child of strace is mini-run.
	kill -TERM "$(init_pid)"
	await_status 7
	expect_equal "$(cat "$OUT")" $'ready\ngot'
	expect_equal "$(cat "$ERR")" ""
}

# interrupt_at STATUS CALL NTH ARG...: mini-run with ARGs; when it makes the NTH of these system calls a SIGTERM
# comes. Nothing may be left, and the status is STATUS, or 0 where there are not so many calls.
interrupt_at()
{
	local wanted=$1 call=$2 nth=$3 got=0
	shift 3

	ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -e trace="$call" -e inject="$call:signal=TERM:when=$nth" "$MINI_RUN" "$@" \
		2>"$BATS_TEST_TMPDIR/err" 3>&- || got=$?
	echo "$call $nth: status $got: $(cat "$BATS_TEST_TMPDIR/err")"
	[[ $got == "$wanted" || $got == 0 ]]
	common_teardown
}

@test "a signal during the start ends it with 128 and the signal's number, and leaves nothing" {
	local call nth

	need_root
	# Of the state directory and its file, the cgroups, the process, and the talk with it.
	for call in mkdirat mkdir flock renameat clone3 socketpair sendmsg recvmsg; do
		for nth in 1 2; do
			interrupt_at 143 $call $nth run --memory 64m "$ROOTFS" /bin/sleep 1
		done
	done
}

@test "a signal during the clean-up leaves nothing" {
	local call nth

	need_root
	for call in wait4 rmdir unlinkat; do
		for nth in 1 2; do
			interrupt_at 143 $call $nth run --memory 64m "$ROOTFS" /bin/true
		done
	done
}

@test "a signal at any moment of the start leaves nothing" {
	local try

	need_root
	for ((try = 0; try < 8; try++)); do
		background run "$ROOTFS" /bin/sh -c 'exec sleep 1000'
		sleep "0.00$((RANDOM % 10))"
		kill -TERM "$RUN_PID"
		await_status 143
	done
}
