#!/usr/bin/env bats
#
# The terminal: the container has one of its own, it behaves like one, and the caller's is as it was afterwards,
# however the run ends.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2317 # tests are called by bats

load ../lib/common
load ../lib/containers

# In a terminal that stays when the command ends and then shows its status.
start_in_terminal() { tmux_start sh -c '"$@"; echo status=$?' - "$@"; }

@test "the terminal is the container's own /dev/pts/0 and /dev/console" {
	need_root
	run_ok pty "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'tty; ls -1 /dev/pts; for fd in 0 1 2; do readlink /proc/1/fd/$fd; done
		echo console >/dev/console; stat -c "%t:%T %u:%g %a" /dev/pts/0 /dev/console; cat /proc/1/stat | cut -d " " -f 5-7'
	# pts 0 is device 136:0 (88:0, and tty_nr 34816); PID 1 leads the session and the foreground group.
	expect_equal "$output" $'/dev/pts/0\n0\nptmx\n/dev/pts/0\n/dev/pts/0\n/dev/pts/0\nconsole\n88:0 0:5 620\n88:0 0:5 620\n1 1 34816'
}

@test "the terminal belongs to the user of the container" {
	need_root
	run_ok pty "$MINI_RUN" run -u 1000:1000 "$ROOTFS" /bin/stat -c '%u' /dev/pts/0
	expect_equal "$output" 1000
}

@test "with a terminal there is TERM, without one there is none" {
	need_root
	run_ok env TERM=vt220 bash -c "$(declare -f pty)"'; pty "$@"' - "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'echo "<$TERM>"'
	expect_equal "$output" '<vt220>'
	run_ok env TERM=vt220 "$MINI_RUN" run "$ROOTFS" /usr/bin/env
	[[ $output != *TERM* ]]
}

@test "the size is the caller's, and follows it" {
	need_root
	start_in_terminal "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'trap "echo chan\"\"ged; stty size" WINCH; stty size
		while read -r line; do $line; done'
	tmux_wait '^24 80$'
	tmux_command resize-window -t test -x 101 -y 31
	tmux_type 'stty size' Enter
	tmux_wait '^31 101$'
	tmux_type C-d
	tmux_wait 'status=0'
}

@test "job control: Ctrl-C, Ctrl-Z, fg and bg" {
	need_root
	start_in_terminal "$MINI_RUN" run "$ROOTFS" /bin/sh
	tmux_wait '#'
	tmux_type '(echo st""arted; exec sleep 1000)' Enter
	tmux_wait '^started'
	tmux_type C-c
	tmux_type 'echo a""live $?' Enter
	tmux_wait '^alive 130'
	tmux_type '(echo ag""ain; exec sleep 1000)' Enter
	tmux_wait '^again'
	tmux_type C-z
	tmux_wait '[Ss]topped'
	# The shell says what it puts in the foreground.
	tmux_type 'fg' Enter
	tmux_wait '^\('
	tmux_type C-c
	tmux_type 'echo aft""er' Enter
	tmux_wait '^after'
	tmux_type 'exit 5' Enter
	tmux_wait '^status=5'
}

@test "Ctrl-C ends a PID 1 without a handler with 130" {
	need_root
	start_in_terminal "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'echo rea""dy; exec sleep 1000'
	tmux_wait '^ready'
	tmux_type C-c
	tmux_wait 'status=130'
}

@test "Ctrl-\\ ends a PID 1 without a handler with 131" {
	need_root
	start_in_terminal "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'echo rea""dy; exec sleep 1000'
	tmux_wait '^ready'
	tmux_type "C-\\"
	tmux_wait 'status=131'
}

@test "Ctrl-C reaches a handler of PID 1 and does not end one that ignores it" {
	need_root
	start_in_terminal "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'trap "" INT; trap "echo quit; exit 7" QUIT; echo rea""dy
		while :; do read -r line; done'
	tmux_wait '^ready'
	tmux_type C-c
	tmux_type "C-\\"
	tmux_wait 'status=7'
}

@test "Ctrl-C is a mere byte to a program that has put the terminal in raw mode" {
	need_root
	start_in_terminal "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'stty raw -echo; echo rea""dy; key=$(head -c 1 | od -An -tx1)
		stty sane; echo "key $key"'
	tmux_wait '^ready'
	tmux_type C-c
	tmux_wait '^ *key +03'
	tmux_wait 'status=0'
}

@test "vi and less work" {
	need_root
	start_in_terminal "$MINI_RUN" run --tmpfs /tmp "$ROOTFS" /bin/sh
	tmux_wait '#'
	tmux_type 'vi /tmp/file' Enter
	tmux_wait '^~$'
	tmux_type ihello
	tmux_wait '^hello'
	# Apart from what follows: an escape right before a key is that key with Alt.
	tmux_type Escape
	tmux_wait '^- /tmp/file'
	tmux_type ':wq' Enter
	tmux_wait '# *$'
	tmux_type 'echo "<$(cat /tmp/file)>"' Enter
	tmux_wait '^<hello>'
	tmux_type 'seq 1 500 | less' Enter
	tmux_wait '^20$'
	tmux_type G
	tmux_wait '^500$'
	tmux_type q
	tmux_type 'exit' Enter
	tmux_wait 'status=0'
}

# ---- the caller's terminal afterwards -----------------------------------------------------------------------

# modes_kept STATUS REGEX ARG...: runs mini-run with ARGs at a terminal while a bystander notes its modes as soon as the
# container has written its pid file, and then does what is in $meanwhile. It ends with STATUS; the modes are the
# same before and after; meanwhile they match REGEX. With patience=1 they may take a while to be the same.
modes_kept()
{
	local wanted=$1 regex=$2
	shift 2

	rm -f "$BATS_TEST_TMPDIR"/modes.* "$BATS_TEST_TMPDIR/pid"
	run_status "$wanted" env patience="${patience:-0}" bash -c "$(declare -f pty)"'; pty "$@"' - bash -c 'cd "$1"; meanwhile=$2; shift 2
		stty -a >modes.before
		(
			for ((try = 0; try < 200; try++)); do
				[[ ! -s pid ]] || break
				sleep 0.05
			done
			for ((try = 0; try < 40; try++)); do
				stty -a >modes.during
				! grep -q -- " -icanon" modes.during || break
				sleep 0.05
			done
			init=$(cat pid)
			mini_run=$(sed -n "s/^PPid:\t//p" /proc/$init/status)
			eval "$meanwhile"
		) </dev/tty 2>>bystander &
		"$@" <&0
		status=$?
		for ((try = 0; try <= 200; try++)); do
			stty -a >modes.after
			((patience)) && ! cmp -s modes.before modes.after || break
			sleep 0.05
		done
		wait
		exit $status' - "$BATS_TEST_TMPDIR" "$meanwhile" "$MINI_RUN" run --pid-file pid "$@"
	diff "$BATS_TEST_TMPDIR/modes.before" "$BATS_TEST_TMPDIR/modes.after"
	expect_match "$(tr '\n' ' ' <"$BATS_TEST_TMPDIR/modes.during")" "$regex"
}

@test "the caller's terminal is raw meanwhile and as it was after an exit" {
	meanwhile=':'
	need_root
	modes_kept 3 '-isig -icanon.* -echo' "$ROOTFS" /bin/sh -c 'sleep 3; exit 3'
}

@test "the caller's terminal is as it was after SIGTERM" {
	meanwhile='kill -TERM $mini_run'
	need_root
	modes_kept 143 '-icanon' "$ROOTFS" /bin/sleep 1000
}

@test "the caller's terminal is as it was after the container was killed" {
	meanwhile='kill -KILL $init'
	need_root
	modes_kept 137 '-icanon' "$ROOTFS" /bin/sleep 1000
}

@test "the caller's terminal is as it was when mini-run itself was killed" {
	meanwhile='kill -KILL $mini_run'
	patience=1
	need_root
	modes_kept 137 '-icanon' "$ROOTFS" /bin/sleep 1000
}

@test "the caller's terminal is as it was after running out of memory" {
	meanwhile=':'
	need_root
	modes_kept 137 '-icanon' --memory 32m "$ROOTFS" /bin/sh -c 'sleep 3; exec dd if=/dev/zero of=/dev/null bs=100M count=1'
}

@test "the caller's terminal is as it was after an error of mini-run" {
	need_root
	run_status 125 pty bash -c 'stty -a >"$0.before"; "$@"; status=$?; stty -a >"$0.after"; exit $status' "$BATS_TEST_TMPDIR/modes" \
		"$MINI_RUN" run -w /missing "$ROOTFS" /bin/true
	expect_match "$output" 'enter working directory: /missing'
	diff "$BATS_TEST_TMPDIR/modes.before" "$BATS_TEST_TMPDIR/modes.after"
}

@test "a container at a terminal ends when mini-run is killed" {
	local init

	need_root
	background_command pty "$MINI_RUN" --root "$BATS_TEST_TMPDIR/state" run --pid-file "$BATS_TEST_TMPDIR/pid" "$ROOTFS" \
		/bin/sh -c 'echo rea""dy; exec sleep 1000'
	await_output ready
	init=$(cat "$BATS_TEST_TMPDIR/pid")
	kill -KILL "$(sed -n 's/^PPid:\t//p' "/proc/$init/status")"
	wait "$RUN_PID" || true
	eventually process_gone "$init"
	# The next one removes the state and the cgroups.
	run_ok "$MINI_RUN" --root "$BATS_TEST_TMPDIR/state" run "$ROOTFS" true
}

# ---- terminals and pipes ------------------------------------------------------------------------------------

@test "-t with a pipe on stdin: the end of the pipe is the end-of-file key" {
	need_root
	run_ok "$MINI_RUN" run -t "$ROOTFS" /bin/sh -c 'tty; stty -echo; echo go; cat; echo end' <<<"from a pipe"
	output=${output//$'\r'/}
	# What is typed before the command has turned the echo off comes twice, the first time anywhere.
	expect_match "$output" $'/dev/pts/0\n'
	expect_match "$output" $'\ngo\n'
	expect_match "$output" $'\nfrom a pipe\nend$'
}

@test "-it is -i and -t" {
	need_root
	run_ok pty "$MINI_RUN" run -it "$ROOTFS" tty
	expect_equal "$output" /dev/pts/0
	run_ok "$MINI_RUN" run -i "$ROOTFS" cat <<<"through"
	expect_equal "$output" through
}

@test "--tty=off at a terminal: no terminal of its own, and none to take" {
	need_root
	run_ok pty "$MINI_RUN" run --tty=off "$ROOTFS" /bin/sh -c 'ls -1 /dev/pts; ls /dev/console 2>&1; (: </dev/tty) 2>&1; cut -d " " -f 7 /proc/self/stat'
	expect_match "$output" $'^ptmx\n.*/dev/console.*\n.*/dev/tty: No such device or address\n0$'
}

@test "--tty=auto takes one only where stdin and stdout are terminals" {
	need_root
	run_status 1 pty sh -c '"$@" </dev/null' - "$MINI_RUN" run "$ROOTFS" tty
	run_ok pty sh -c '"$@" | cat' - "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'ls /dev/pts'
	expect_equal "$output" ptmx
	run_ok pty "$MINI_RUN" run --tty=auto "$ROOTFS" tty
	expect_equal "$output" /dev/pts/0
}

@test "without a terminal there is no controlling one: the caller's is out of reach" {
	need_root
	run_ok pty sh -c '"$@" </dev/null' - "$MINI_RUN" run "$ROOTFS" /bin/sh -c '(: </dev/tty) 2>&1; cut -d " " -f 7 /proc/self/stat'
	expect_match "$output" $'/dev/tty: No such device or address\n0$'
}

@test "1 MiB of output comes whole through the terminal" {
	need_root
	pty "$MINI_RUN" run "$ROOTFS" seq 1 180000 >"$BATS_TEST_TMPDIR/out"
	(($(wc -c <"$BATS_TEST_TMPDIR/out") > 1048576))
	seq 1 180000 | cmp - "$BATS_TEST_TMPDIR/out"
}

@test "64 KiB of input come whole through the terminal" {
	need_root
	# The newline at the end of each line is a carriage return when it is typed.
	seq 1 12000 >"$BATS_TEST_TMPDIR/in"
	run_ok "$MINI_RUN" run -t "$ROOTFS" /bin/sh -c 'stty -echo; md5sum' <"$BATS_TEST_TMPDIR/in"
	# Some of it is echoed before the command has turned that off.
	expect_match "${output//$'\r'/}" "$(md5sum <"$BATS_TEST_TMPDIR/in" | cut -d ' ' -f 1)  -\$"
}

@test "typing into its own terminal (TIOCSTI) is refused" {
	need_root
	run_status 1 pty "$MINI_RUN" run -v "$REPO/build/tests/lib/provoke:/provoke:ro" "$ROOTFS" /provoke tiocsti
	expect_equal "$output" EPERM
}

@test "what a background process writes after the end of PID 1's output is not waited for" {
	need_root
	run_ok pty "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'sleep 1000 & echo done'
	expect_equal "$output" 'done'
}
