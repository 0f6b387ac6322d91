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

# ---- the built-in program executes the command ------------------------------------------------------------------------

# both_ways [OPTION...] -- COMMAND...: runs it by the built-in program, and straight: with a profile of one's own mini-run
# executes the command itself. Status, output and messages must be the same, but for what FILTER, a sed script, takes out.
both_ways()
{
	local -a options=()
	local by first=''

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["acct"],"action":"SCMP_ACT_ERRNO"}]}' \
		>"$BATS_TEST_TMPDIR/profile.json"
	for by in unconfined "$BATS_TEST_TMPDIR/profile.json"; do
		status=0
		"$MINI_RUN" run --name "$(container_name)" --security-opt "seccomp=$by" "${options[@]}" "$@" </dev/null \
			>"$BATS_TEST_TMPDIR/both.out" 2>&1 3>&- || status=$?
		output=$(echo "status $status" && sed -E "${FILTER:-}" "$BATS_TEST_TMPDIR/both.out")
		if [[ ! $first ]]; then
			first=$output
		elif [[ $first != "$output" ]]; then
			printf 'not the same both ways: %s\n' "${options[*]} $*"
			diff <(echo "$first") <(echo "$output")
			return 1
		fi
	done
}

@test "the command begins as if mini-run had executed it: credentials, signals, names, limits" {
	local root=$BATS_TEST_TMPDIR/root options init
	local FILTER='/^(Pid|NSpid|Tgid|Ngid|PPid|NSpgid|NSsid|SigQ|Vm[^:]*|Rss[^:]*|Seccomp[^:]*|.*ctxt_switches):/d'
	local look='/mnt/probe process; /mnt/probe limits; /mnt/probe fds; cat /proc/self/comm /proc/$$/comm
		tr "\0" "\n" </proc/$$/cmdline; env; cat /proc/self/status; cat /proc/self/personality
		readlink /proc/self/exe'

	need_root
	small_rootfs "$root"
	ln -s busybox "$root/bin/tr"
	ln -s busybox "$root/bin/env"
	ln -s busybox "$root/bin/readlink"
	# What gains rights by its file, where that is not forbidden.
	cp "$REPO/build/tests/lib/probe" "$root/bin/suid"
	chmod 6755 "$root/bin/suid"
	for options in '' '-u 1000:1000' '--cap-drop ALL' '--cap-add NET_ADMIN -u 1000' '--cap-drop ALL --cap-add CHOWN' \
		'--privileged' '--security-opt no-new-privileges=false' '--security-opt no-new-privileges=false -u 1000'; do
		for init in '' --init; do
			# shellcheck disable=SC2086 # words
			both_ways $init $options -v "$REPO/build/tests/lib:/mnt:ro" -- "$root" sh -c "$look"
			expect_match "$output" $'\nCapEff:'
		done
		# shellcheck disable=SC2086
		both_ways $options -- "$root" cat /proc/self/status /proc/self/comm
		# shellcheck disable=SC2086
		both_ways $options -- "$root" /bin/suid process
	done
	# The last one gains rights, unless the filesystem of the test lets nobody.
	if [[ ,$(findmnt --noheadings --output OPTIONS --target "$root"), == *,nosuid,* ]]; then
		expect_match "$output" $'\nuid=1000\neuid=1000\n'
	else
		expect_match "$output" $'\nuid=1000\neuid=0\n'
	fi
}

@test "why a command cannot be executed is told alike, whoever tries" {
	local root=$BATS_TEST_TMPDIR/root volume=$BATS_TEST_TMPDIR/volume init

	need_root
	small_rootfs "$root"
	mkdir -p "$volume/directory"
	# Only execve itself can tell: it is a volume that brings them.
	printf '#!/no/such/interpreter\n' >"$volume/no-interpreter"
	printf '#!/v/directory\n' >"$volume/directory-interpreter"
	printf '\177ELF and no more' >"$volume/broken"
	: >"$volume/empty"
	echo 'echo no interpreter line' >"$volume/text"
	cp "$ROOTFS/bin/true" "$volume/roots" # only root may execute it
	ln -s loop "$volume/loop"
	chmod 755 "$volume"/{no-interpreter,directory-interpreter,broken,empty,text}
	chmod 700 "$volume/roots"
	for init in '' --init; do
		for name in no-interpreter:127 directory-interpreter:126 broken:126 empty:126 text:126 roots:126 loop:127 \
			missing:127 directory:126 text/below:127; do
			# shellcheck disable=SC2086
			both_ways $init -u 1000 -v "$volume:/v" -- "$root" "/v/${name%:*}"
			expect_match "$output" "^status ${name#*:}"$'\n'"mini-run: [^ ]*: .*/v/${name%:*}: [^ ]"
			# The same, looked for in PATH.
			# shellcheck disable=SC2086
			both_ways $init -u 1000 -v "$volume:/v" -e PATH=/nowhere:/v:/bin -- "$root" "${name%:*}"
		done
		# The first of two that cannot be executed, and one that can behind it.
		# shellcheck disable=SC2086
		both_ways $init -u 1000 -v "$volume:/v" -e PATH=/v:/bin -- "$root" roots
		cp "$volume/text" "$volume/cat"
		# shellcheck disable=SC2086
		both_ways $init -v "$volume:/v" -e PATH=/v:/bin -- "$root" cat /dev/null
		chmod 644 "$volume/cat"
		# shellcheck disable=SC2086
		both_ways $init -v "$volume:/v" -e PATH=/v:/bin -- "$root" cat /dev/null
		expect_equal "$output" 'status 0'
	done
	# A long argument, and one that is longer than the kernel takes.
	both_ways -- "$root" true "$(head -c 131000 /dev/zero | tr '\0' x)"
	expect_equal "$output" 'status 0'
}

@test "a limit of processes that is exceeded is told of the command" {
	local root=$BATS_TEST_TMPDIR/root

	need_root
	small_rootfs "$root"
	both_ways -u 54321 --ulimit nproc=0 -- "$root" true
	both_ways --init -u 54321 --ulimit nproc=0 -- "$root" true
	both_ways --ulimit as=65536 -- "$root" true
	both_ways --ulimit stack=65536 -- "$root" true
	both_ways --ulimit nofile=3 -- "$root" true
}

# A program that has mini-run's own file as its interpreter, as CVE-2019-5736 would have it: three ways, which a volume
# brings.
self_volume()
{
	mkdir -p "$1"
	printf '#!/proc/self/exe\n' >"$1/script"
	printf '#!/proc/self/exe --version\n' >"$1/script-version"
	printf '#!/mnt/link\n' >"$1/by-link"
	printf '#!/proc/self/exe fds\n' >"$1/script-control"
	ln -s /proc/self/exe "$1/link"
	chmod 755 "$1"/{script,script-version,script-control,by-link}
}

@test "what a volume brings cannot have mini-run executed inside (CVE-2019-5736)" {
	local volume=$BATS_TEST_TMPDIR/volume name init

	need_root
	self_volume "$volume"
	# The control: whoever executes one is executed once more.
	run_ok "$REPO/build/tests/lib/probe" odd "$volume/script-control"
	expect_match "$output" '^0='
	for name in script script-version by-link; do
		for init in '' --init; do
			# shellcheck disable=SC2086
			run_status 126 "$MINI_RUN" run $init -v "$volume:/mnt" "$ROOTFS" "/mnt/$name"
			expect_equal "$output" ''
			expect_equal "$stderr" 'mini-run: /proc/self/exe cannot be a command or its interpreter'
		done
	done
}

@test "--env-file can be a pipe, whatever else is asked for" {
	need_root
	run_ok bash -c '"$@" --env-file <(echo NAME=value) --security-opt seccomp=unconfined "$ROOTFS" sh -c "echo \$NAME"' - \
		"$MINI_RUN" run
	expect_equal "$output" value
	echo '{"defaultAction":"SCMP_ACT_ALLOW"}' >"$BATS_TEST_TMPDIR/profile.json"
	run_ok bash -c '"$@" --env-file <(echo NAME=value) --security-opt "seccomp=$0/profile.json" "$ROOTFS" sh -c "echo \$NAME"' \
		"$BATS_TEST_TMPDIR" "$MINI_RUN" run
	expect_equal "$output" value
	# A command's own -h is none of mini-run's words.
	run_ok bash -c '"$@" --init --env-file <(echo NAME=value) "$ROOTFS" sh -c "echo \$NAME" -h' - "$MINI_RUN" run
	expect_equal "$output" value
}

@test "PID 1 is never mini-run's file to a command that is faster than it" {
	need_root
	# The command runs while PID 1 has not yet come back from fork(2); CAP_SYS_PTRACE lets it look. "/" is a mount that hangs nowhere.
	run_ok env ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o /dev/null -e trace=clone -e inject=clone:delay_exit=300000 \
		"$MINI_RUN" run --init --cap-add SYS_PTRACE "$ROOTFS" readlink /proc/1/exe
	expect_match "$output" '^/(memfd:mini-run-init.*)?$'
	# And the control: the name can be seen there.
	run_ok "$MINI_RUN" run --cap-add SYS_PTRACE "$ROOTFS" readlink /proc/1/exe
	expect_equal "$output" /bin/busybox
}

@test "--init: a signal that comes before PID 1 has executed the init is the command's" {
	need_root
	OUT=$BATS_TEST_TMPDIR/out
	ERR=$BATS_TEST_TMPDIR/err
	background_command env ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o /dev/null -e trace=clone -e inject=clone:delay_exit=1000000 \
		"$MINI_RUN" run --init --pid-file "$BATS_TEST_TMPDIR/pid" "$ROOTFS" /bin/sh -c 'trap "echo got; exit 7" TERM; echo ready; sleep 1000 & wait'
	await_output ready
	kill -TERM "$(awk '{ print $4 }' "/proc/$(cat "$BATS_TEST_TMPDIR/pid")/stat")"
	await_status 7
	expect_equal "$(cat "$OUT")" $'ready\ngot'
}

@test "where memory files cannot be executed the built-in program lies in a tmpfs" {
	need_root
	if [[ ! -e /proc/sys/vm/memfd_noexec ]]; then
		skip "this kernel cannot forbid to execute memory files (Linux 6.3)"
	fi
	# The setting is one PID namespace's. It is not undone: it ends with that.
	run_ok unshare --pid --fork --kill-child --mount-proc bash -euc '
		echo 2 >/proc/sys/vm/memfd_noexec
		"$MINI_RUN" run --init "$ROOTFS" sh -c "readlink /proc/1/exe; (echo x >>/proc/1/exe) 2>/dev/null && echo writable; echo \$PPID"
		"$MINI_RUN" run -u 1000 "$ROOTFS" id -u
		status=0
		"$MINI_RUN" run "$ROOTFS" /etc/passwd 2>/dev/null || status=$?
		echo $status'
	expect_equal "$output" $'/program\n1\n1000\n126'
}
