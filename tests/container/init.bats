#!/usr/bin/env bats
#
# --init: the built-in PID 1 reaps, forwards, and ends with the command's status; and it is not the host's binary.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2317 # tests are called by bats

load ../lib/common
load ../lib/containers

@test "--init: PID 1 is the built-in init, and the command is its child" {
	need_root
	run_ok "$MINI_RUN" run --init "$ROOTFS" /bin/sh -c 'cat /proc/1/comm; tr "\0" " " </proc/1/cmdline; echo; echo "$$ $PPID"'
	expect_match "$output" $'^mini-run-init\nmini-run-init ([0-9]+) ?\n([0-9]+) 1$'
	expect_equal "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
}

@test "--init: orphans are reaped" {
	need_root
	# Ten orphans, none of them a child of the shell; then no process may be a zombie.
	run_ok "$MINI_RUN" run --init --pids-limit 64 "$ROOTFS" /bin/sh -c '
		for i in 1 2 3 4 5 6 7 8 9 10; do
			sh -c "sh -c \"exit 3\" & exit 0"
		done
		for try in 1 2 3 4 5 6 7 8 9 10; do
			grep -q "^State:.Z" /proc/[0-9]*/status || exit 0
			sleep 0.2
		done
		grep "^State:.Z" /proc/[0-9]*/status
		exit 1'
	expect_equal "$output" ""
}

@test "--init: the status is the command's" {
	need_root
	run_status 42 "$MINI_RUN" run --init "$ROOTFS" /bin/sh -c 'exit 42'
	run_status 0 "$MINI_RUN" run --init "$ROOTFS" true
	run_status 139 "$MINI_RUN" run --init -v "$REPO/build/tests/lib/provoke:/provoke" "$ROOTFS" /provoke segv
	# Not being PID 1, the command can be ended by its own signal.
	run_status 143 "$MINI_RUN" run --init "$ROOTFS" /bin/sh -c 'kill -TERM $$; sleep 1000'
}

@test "--init: a command that cannot be executed is 126, and one that is not there 127" {
	need_root
	expect_error 127 'nosuchcommand' "$MINI_RUN" run --init "$ROOTFS" nosuchcommand
	expect_error 126 '/etc/passwd' "$MINI_RUN" run --init "$ROOTFS" /etc/passwd
}

@test "--init: signals are forwarded to the command's handler" {
	local name

	need_root
	for name in TERM INT HUP QUIT USR1 USR2 WINCH; do
		background_ready run --init "$ROOTFS" /bin/sh -c "trap 'echo got $name; exit 7' $name; echo ready; sleep 1000 & wait"
		kill -s "$name" "$RUN_PID"
		await_status 7
		expect_equal "$(cat "$OUT")" $'ready\n'"got $name"
	done
}

@test "--init: a signal without a handler ends the command" {
	local pair

	need_root
	for pair in TERM:143 INT:130 HUP:129 USR1:138; do
		background_ready run --init "$ROOTFS" /bin/sh -c 'echo ready; exec sleep 1000'
		kill -s "${pair%:*}" "$RUN_PID"
		await_status "${pair#*:}"
	done
}

@test "--init: a signal that the command ignores does not end it" {
	need_root
	background_ready run --init "$ROOTFS" /bin/sh -c 'trap "" TERM; trap "exit 9" USR1; echo ready; sleep 1000 & wait'
	kill -TERM "$RUN_PID"
	await_signals_taken
	kill -USR1 "$RUN_PID"
	await_status 9
}

@test "--init: with the command everything else ends" {
	local duration=$((100000 + BASHPID))

	need_root
	run_status 3 "$MINI_RUN" run --init "$ROOTFS" /bin/sh -c "sleep $duration & setsid sleep $duration & exit 3"
	no_process_named "sleep $duration"
}

@test "--init: /proc/1/exe is a sealed memory file and not the host's binary" {
	need_root
	run_ok "$MINI_RUN" run --init "$ROOTFS" /bin/sh -c 'readlink /proc/1/exe
		(: >/proc/1/exe) 2>/dev/null && echo writable
		(: >>/proc/1/exe) 2>/dev/null && echo appendable
		wc -c </proc/1/exe'
	expect_match "$output" $'^/memfd:mini-run-init \\(deleted\\)\n[0-9]+$'
	# A page or two: not mini-run itself.
	(($(tail -n 1 <<<"$output") < 16384))
	run_ok "$MINI_RUN" run "$ROOTFS" /bin/readlink /proc/1/exe
	expect_equal "$output" /bin/busybox
}

@test "--init: it has no descriptors of mini-run's open" {
	need_root
	run_ok "$MINI_RUN" run --init "$ROOTFS" /bin/sh -c 'ls /proc/1/fd; echo; ls /proc/$$/fd; exit'
	expect_equal "$output" $'0\n1\n2\n\n0\n1\n2'
}

@test "--init: Ctrl-C at the terminal reaches the command and ends it" {
	need_root
	tmux_start sh -c '"$@"; echo status=$?' - "$MINI_RUN" run --init "$ROOTFS" /bin/sh -c 'echo rea""dy; exec sleep 1000'
	tmux_wait '^ready'
	tmux_type C-c
	tmux_wait 'status=130'
}

@test "--init: a shell has job control at the terminal" {
	need_root
	tmux_start sh -c '"$@"; echo status=$?' - "$MINI_RUN" run --init "$ROOTFS" /bin/sh
	tmux_wait '#'
	tmux_type '(echo st""arted; exec sleep 1000)' Enter
	tmux_wait '^started'
	tmux_type C-z
	tmux_wait '[Ss]topped'
	tmux_type 'fg' Enter
	tmux_wait '^\('
	tmux_type C-c
	tmux_type 'echo aft""er' Enter
	tmux_wait '^after'
	tmux_type 'exit 5' Enter
	tmux_wait '^status=5'
}
