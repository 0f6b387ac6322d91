#!/usr/bin/env bats
#
# The end: every process of the container dies with PID 1 and with mini-run, --timeout ends what does not end by
# itself, and one line says why an end came that was not the command's own doing.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2317 # tests are called by bats

load ../lib/common
load ../lib/containers

setup()
{
	common_setup
	PROVOKE=$REPO/build/tests/lib/provoke
	# A duration that no other process sleeps: by it the processes of this test are found on the host.
	DURATION=$((100000000 + $$ * 100 + BATS_TEST_NUMBER))
}

@test "all processes die with PID 1" {
	need_root
	run_status 3 "$MINI_RUN" run "$ROOTFS" /bin/sh -c "
		sleep $DURATION &
		setsid sleep $DURATION &
		(setsid sh -c 'trap \"\" TERM HUP INT; sleep $DURATION & sleep $DURATION' &)
		start-stop-daemon -S -b -x /bin/sleep -- $DURATION
		while [ \$(cat /proc/[0-9]*/comm 2>/dev/null | grep -cx sleep) -lt 5 ]; do true; done
		exit 3"
	no_process_named "$DURATION"
}

@test "all processes die with mini-run when it is killed" {
	local init

	need_root
	background_ready --root "$BATS_TEST_TMPDIR/state" run "$ROOTFS" /bin/sh -c "sleep $DURATION & setsid sleep $DURATION & echo ready; exec sleep $DURATION"
	init=$(init_pid)
	kill -KILL "$RUN_PID"
	await_status 137
	eventually process_gone "$init"
	eventually no_process_named "$DURATION"
	run_ok "$MINI_RUN" --root "$BATS_TEST_TMPDIR/state" run "$ROOTFS" true
}

@test "a user other than root dies with mini-run too" {
	local init

	need_root
	background_ready --root "$BATS_TEST_TMPDIR/state" run -u 1000:1000 "$ROOTFS" /bin/sh -c "echo ready; exec sleep $DURATION"
	init=$(init_pid)
	kill -KILL "$RUN_PID"
	await_status 137
	eventually process_gone "$init"
	run_ok "$MINI_RUN" --root "$BATS_TEST_TMPDIR/state" run "$ROOTFS" true
}

@test "mini-run may be killed at any moment: no process is left, and the next run removes the rest" {
	local try started taken

	need_root
	# How long a whole run takes here decides what "any moment" is.
	started=$(date +%s%N)
	run_ok "$MINI_RUN" --root "$BATS_TEST_TMPDIR/state" run "$ROOTFS" true
	taken=$((($(date +%s%N) - started) / 1000))
	for ((try = 0; try < 20; try++)); do
		background --root "$BATS_TEST_TMPDIR/state" run --memory 64m "$ROOTFS" /bin/sh -c "sleep $DURATION & exec sleep $DURATION"
		sleep "$(printf '0.%06d' $((RANDOM * taken * 3 / 65536)))"
		kill -KILL "$RUN_PID"
		await_status 137
	done
	eventually no_process_named "$DURATION"
	run_ok "$MINI_RUN" --root "$BATS_TEST_TMPDIR/state" run "$ROOTFS" true
	run_ok "$MINI_RUN" --root "$BATS_TEST_TMPDIR/state" run "$ROOTFS" true
	expect_equal "$(ls -A "$BATS_TEST_TMPDIR/state")" ""
}

# ---- --timeout ----------------------------------------------------------------------------------------------

@test "--timeout ends a command with 124 and says so" {
	need_root
	run_status 124 "$MINI_RUN" run --name "$(container_name)" --timeout 300ms "$ROOTFS" sleep 1000
	expect_equal "$stderr" "mini-run: $(container_name): time limit: ended after 300 ms"
	expect_equal "$output" ""
}

@test "--timeout sends SIGTERM first; the status is 124 whatever the handler's is" {
	need_root
	run_status 124 "$MINI_RUN" run --timeout 1s "$ROOTFS" /bin/sh -c 'trap "echo bye; exit 3" TERM; sleep 1000 & wait'
	expect_equal "$output" bye
}

@test "--timeout kills a command that ignores SIGTERM, after the grace" {
	need_root
	run_status 124 "$MINI_RUN" run --timeout 100ms "$ROOTFS" /bin/sh -c 'trap "" TERM; exec sleep 1000'
	expect_match "$stderr" 'time limit: ended after 100 ms$'
}

@test "--timeout does nothing to a command that ends in time" {
	need_root
	run_status 5 "$MINI_RUN" run --timeout 1000s "$ROOTFS" /bin/sh -c 'exit 5'
	expect_equal "$stderr" ""
}

# ---- why it ended -------------------------------------------------------------------------------------------

@test "out of memory: one line with the limit" {
	need_root
	run_status 137 "$MINI_RUN" run --name "$(container_name)" --memory 48m "$ROOTFS" dd if=/dev/zero of=/dev/null bs=200M count=1
	expect_equal "$stderr" "mini-run: $(container_name): out of memory: limit 48 MiB, 1 process killed"
}

@test "out of memory of a child: the line comes with its status, and not where the command got over it" {
	need_root
	run_status 137 "$MINI_RUN" run --name "$(container_name)" --memory 48m "$ROOTFS" \
		/bin/sh -c 'dd if=/dev/zero of=/dev/null bs=200M count=1; exit $?'
	expect_match "$stderr" "mini-run: $(container_name): out of memory: limit 48 MiB, 1 process killed\$"
	run_status 0 "$MINI_RUN" run --memory 48m "$ROOTFS" \
		/bin/sh -c 'dd if=/dev/zero of=/dev/null bs=200M count=1 2>/dev/null & wait; echo went on'
	expect_equal "$output" "went on"
	[[ $stderr != *mini-run:* ]]
}

@test "a fault: 139 and one line" {
	need_root
	run_status 139 "$MINI_RUN" run --name "$(container_name)" -v "$PROVOKE:/provoke:ro" "$ROOTFS" /provoke segv
	expect_equal "$stderr" "mini-run: $(container_name): ended by signal 11 (Segmentation fault)"
}

@test "killed by somebody on the host: 137 and one line" {
	need_root
	background_ready run --name "$(container_name)" "$ROOTFS" /bin/sh -c 'echo ready; exec sleep 1000'
	kill -KILL "$(init_pid)"
	await_status 137
	expect_equal "$(cat "$ERR")" "mini-run: $(container_name): ended by signal 9 (Killed)"
}

@test "a signal to mini-run: no line, for who sent it knows" {
	need_root
	background_ready run "$ROOTFS" /bin/sh -c 'echo ready; exec sleep 1000'
	kill -TERM "$RUN_PID"
	await_status 143
	expect_equal "$(cat "$ERR")" ""
}

@test "a refused system call that kills: 159 and one line" {
	need_root
	cat >"$BATS_TEST_TMPDIR/profile" <<-'END'
	{"defaultAction": "SCMP_ACT_ALLOW",
	 "syscalls": [{"names": ["sysinfo"], "action": "SCMP_ACT_KILL_PROCESS"}]}
	END
	run_status 159 "$MINI_RUN" run --name "$(container_name)" --security-opt seccomp="$BATS_TEST_TMPDIR/profile" "$ROOTFS" free
	expect_equal "$stderr" "mini-run: $(container_name): ended by SIGSYS: the system call sysinfo was refused by the filter"
}

@test "PID 1 cannot be stopped or killed from inside" {
	need_root
	run_ok "$MINI_RUN" run -v "$PROVOKE:/provoke:ro" "$ROOTFS" /provoke stopped
	expect_equal "$output" 'still runs'
	run_status 6 "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'sh -c "kill -KILL 1; kill -TERM 1"; exit 6'
}
