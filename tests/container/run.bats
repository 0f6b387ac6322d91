#!/usr/bin/env bats
#
# The command: its status, arguments, standard streams, environment and place; and the root filesystem that it
# is given, from those that are fine to those that are none.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2317 # tests are called by bats

load ../lib/common
load ../lib/containers

setup()
{
	common_setup
	SMALL=$BATS_TEST_TMPDIR/small
}

# ---- status -----------------------------------------------------------------------------------------------

@test "the status is the command's own" {
	local status_of_command

	need_root
	for status_of_command in 0 1 42 125 126 127 255; do
		run_status "$status_of_command" "$MINI_RUN" run "$ROOTFS" /bin/sh -c "exit $status_of_command"
		expect_equal "$output$stderr" ""
	done
}

@test "a command that is not there is 127" {
	need_root
	expect_error 127 'nosuchcommand.*not found in \$PATH' "$MINI_RUN" run "$ROOTFS" nosuchcommand
	expect_error 127 '/bin/nosuchcommand.*no such file' "$MINI_RUN" run "$ROOTFS" /bin/nosuchcommand
}

@test "a command that cannot be executed is 126" {
	need_root
	expect_error 126 '/etc/passwd: permission denied' "$MINI_RUN" run "$ROOTFS" /etc/passwd
	expect_error 126 '/etc' "$MINI_RUN" run "$ROOTFS" /etc
}

@test "a command that a signal ended is 128 and the signal's number" {
	need_root
	# PID 1 itself gets no signal from inside; its child does, and the shell passes the status on.
	run_status 143 "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'sh -c "kill -TERM \$\$"; exit $?'
	run_status 139 "$MINI_RUN" run -v "$REPO/build/tests/lib/provoke:/provoke" "$ROOTFS" /provoke segv
}

# ---- arguments --------------------------------------------------------------------------------------------

@test "arguments are passed on untouched" {
	need_root
	run_ok "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'for a; do echo "<$a>"; done' sh 'a  b' '' -x -- --memory '*' '$HOME' $'new\nline' --
	expect_equal "$output" $'<a  b>\n<>\n<-x>\n<-->\n<--memory>\n<*>\n<$HOME>\n<new\nline>\n<-->'
}

@test "options behind the root filesystem belong to the command, and -- ends those in front" {
	need_root
	run_ok "$MINI_RUN" run -- "$ROOTFS" /bin/echo --name x -t
	expect_equal "$output" "--name x -t"
	run_ok "$MINI_RUN" run "$ROOTFS" echo -- --help
	expect_equal "$output" "-- --help"
}

@test "argv[0] is the command as it was given" {
	need_root
	run_ok "$MINI_RUN" run "$ROOTFS" sh -c 'tr "\0" "|" </proc/1/cmdline; exit'
	expect_match "$output" '^sh\|-c\|'
}

# ---- standard streams -------------------------------------------------------------------------------------

@test "stdin and stdout are passed on byte for byte" {
	need_root
	head -c 1048576 /dev/urandom >"$BATS_TEST_TMPDIR/in"
	"$MINI_RUN" run "$ROOTFS" cat <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
	cmp "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/out"
	# shellcheck disable=SC2002 # a pipe is what is wanted
	expect_equal "$(cat "$BATS_TEST_TMPDIR/in" | "$MINI_RUN" run "$ROOTFS" cat | sha256sum)" \
		"$(sha256sum <"$BATS_TEST_TMPDIR/in")"
}

@test "stderr is apart from stdout" {
	need_root
	run_ok "$MINI_RUN" run "$ROOTFS" /bin/sh -c 'echo out; echo err >&2'
	expect_equal "$output" out
	expect_equal "$stderr" err
}

@test "32 MiB go through pipes" {
	need_root
	expect_equal "$(head -c 33554432 /dev/zero | "$MINI_RUN" run "$ROOTFS" cat | wc -c)" 33554432
}

@test "a reader that goes away ends the writer, and not with an error of mini-run" {
	need_root
	"$MINI_RUN" run "$ROOTFS" /bin/sh -c 'sh -c "yes"; echo $? >&2' 2>"$BATS_TEST_TMPDIR/err" | head -n 1 >/dev/null
	expect_equal "$(cat "$BATS_TEST_TMPDIR/err")" 141
}

@test "stdin may be empty, closed or /dev/null" {
	need_root
	expect_equal "$("$MINI_RUN" run "$ROOTFS" cat </dev/null)" ""
	expect_equal "$("$MINI_RUN" run "$ROOTFS" cat <&-)" ""
	expect_equal "$(: | "$MINI_RUN" run "$ROOTFS" wc -c)" 0
}

@test "closed descriptors of the caller do not become files of the container's" {
	need_root
	"$MINI_RUN" run "$ROOTFS" /bin/sh -c 'in=$(readlink /proc/1/fd/0) out=$(readlink /proc/1/fd/1); echo "$in $out" >&2' \
		<&- >&- 2>"$BATS_TEST_TMPDIR/err"
	expect_equal "$(cat "$BATS_TEST_TMPDIR/err")" "/dev/null /dev/null"
	"$MINI_RUN" run "$ROOTFS" /bin/sh -c 'readlink /proc/1/fd/2' 2>&- >"$BATS_TEST_TMPDIR/out"
	expect_equal "$(cat "$BATS_TEST_TMPDIR/out")" /dev/null
	run_status 0 sh -c '"$@" >&-' - "$MINI_RUN" run "$ROOTFS" echo nobody reads this
}

@test "no descriptor but 0, 1 and 2 comes along" {
	need_root
	# ls itself has one open, on the directory.
	run_ok bash -c '"$@" 5</etc/passwd 9>/dev/null 77</' - "$MINI_RUN" run "$ROOTFS" /bin/ls /proc/self/fd
	expect_equal "$output" $'0\n1\n2\n3'
}

# ---- environment ------------------------------------------------------------------------------------------

@test "the environment is PATH, HOME and HOSTNAME" {
	need_root
	run_ok env LEAKED=yes TERM=vt100 "$MINI_RUN" run --name "$(container_name)" "$ROOTFS" /usr/bin/env
	expect_equal "$(sort <<<"$output")" "HOME=/root
HOSTNAME=$(container_name)
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

@test "--env sets, overrides and passes on" {
	need_root
	run_ok env CALLERS='a b' "$MINI_RUN" run -e ONE=1 -e ONE=2 --env EMPTY= -e CALLERS -e NOT_SET -e PATH=/usr/bin -e 'EQ=a=b' \
		"$ROOTFS" env
	expect_equal "$(grep -vE '^HOSTNAME' <<<"$output" | sort)" $'CALLERS=a b\nEMPTY=\nEQ=a=b\nHOME=/root\nONE=2\nPATH=/usr/bin'
}

@test "--env-file is read, and --env wins over it" {
	need_root
	printf '# a comment\n\nONE=file\nTWO=file two\nCALLERS\n' >"$BATS_TEST_TMPDIR/env"
	run_ok env CALLERS=passed "$MINI_RUN" run -e ONE=option --env-file "$BATS_TEST_TMPDIR/env" "$ROOTFS" env
	expect_equal "$(grep -E '^(ONE|TWO|CALLERS)' <<<"$output" | sort)" $'CALLERS=passed\nONE=option\nTWO=file two'
	expect_error 125 "--env-file.*$BATS_TEST_TMPDIR/missing" "$MINI_RUN" run --env-file "$BATS_TEST_TMPDIR/missing" "$ROOTFS" true
}

@test "the command is looked for in the container's PATH" {
	need_root
	run_ok "$MINI_RUN" run "$ROOTFS" true
	expect_error 127 'true.*not found' "$MINI_RUN" run -e PATH=/nowhere "$ROOTFS" true
}

@test "--workdir is where the command starts" {
	need_root
	run_ok "$MINI_RUN" run "$ROOTFS" pwd
	expect_equal "$output" /
	run_ok "$MINI_RUN" run -w /usr/bin "$ROOTFS" pwd
	expect_equal "$output" /usr/bin
	run_ok "$MINI_RUN" run -w /bin "$ROOTFS" ./echo relative
	expect_equal "$output" relative
	expect_error 125 'enter working directory: /missing' "$MINI_RUN" run -w /missing "$ROOTFS" true
}

# ---- names ------------------------------------------------------------------------------------------------

@test "--name and --hostname" {
	local host_before

	need_root
	host_before=$(uname -n)
	run_ok "$MINI_RUN" run --name "$(container_name)" "$ROOTFS" hostname
	expect_equal "$output" "$(container_name)"
	run_ok "$MINI_RUN" run --name "$(container_name)" --hostname box.example "$ROOTFS" /bin/sh -c 'hostname; echo $HOSTNAME'
	expect_equal "$output" $'box.example\nbox.example'
	expect_equal "$(uname -n)" "$host_before"
}

@test "a name that is in use is refused, and the container that has it goes on" {
	local id

	need_root
	id=$(container_name)
	background_ready run --name "$id" "$ROOTFS" /bin/sh -c 'trap "exit 9" USR1; echo ready; sleep 1000 & wait'
	expect_error 125 "already exists" "$MINI_RUN" run --name "$id" "$ROOTFS" true
	kill -USR1 "$RUN_PID"
	await_status 9
	run_ok "$MINI_RUN" run --name "$id" "$ROOTFS" true
}

@test "--pid-file and --cidfile" {
	need_root
	cd "$BATS_TEST_TMPDIR"
	background_ready run --pid-file pid --cidfile cid "$ROOTFS" /bin/sh -c 'hostname; echo ready; exec sleep 1000'
	expect_equal "$(head -c -0 pid)" "$(init_pid)"
	expect_equal "$(wc -l <pid)$(wc -l <cid)" 00
	expect_equal "$(cat cid)" "$(head -n 1 "$OUT")"
	kill -TERM "$RUN_PID"
	await_status 143
	expect_error 125 '--cidfile cid' "$MINI_RUN" run --cidfile cid "$ROOTFS" true
}

# ---- what is no root filesystem ---------------------------------------------------------------------------

@test "a root filesystem that is missing, a file or empty is refused" {
	need_root
	cd "$BATS_TEST_TMPDIR"
	: >file
	mkdir empty
	expect_error 125 'missing does not exist' "$MINI_RUN" run missing /bin/sh
	expect_error 125 'file is not a directory' "$MINI_RUN" run file /bin/sh
	expect_error 125 'empty is empty: a root filesystem has' "$MINI_RUN" run empty /bin/sh
	expect_error 125 '.' "$MINI_RUN" run '' /bin/sh
	expect_equal "$(ls -A empty)" ""
}

@test "the machine's own root is refused under every name" {
	need_root
	cd /
	expect_error 125 "own root" "$MINI_RUN" run / /bin/sh
	expect_error 125 "own root" "$MINI_RUN" run . /bin/sh
	ln -s / "$BATS_TEST_TMPDIR/link"
	expect_error 125 "own root" "$MINI_RUN" run "$BATS_TEST_TMPDIR/link" /bin/sh
}

@test "a command for another architecture is refused by name" {
	need_root
	small_rootfs "$SMALL"
	# An ELF header: 64 bit, little endian, an executable for machine 183 (arm64) or 22 (s390, big endian).
	{
		printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\267\0\1\0\0\0'
		head -c 256 /dev/zero
	} >"$SMALL/bin/foreign"
	{
		printf '\177ELF\2\2\1\0\0\0\0\0\0\0\0\0\0\2\0\26\0\0\0\1'
		head -c 256 /dev/zero
	} >"$SMALL/bin/big"
	chmod +x "$SMALL/bin/foreign" "$SMALL/bin/big"
	expect_error 126 '/bin/foreign.*(arm64|[Ee]xec format)' "$MINI_RUN" run "$SMALL" /bin/foreign
	expect_error 126 '/bin/big.*(s390x|another architecture|[Ee]xec format)' "$MINI_RUN" run "$SMALL" big
}

@test "a missing interpreter is named" {
	need_root
	small_rootfs "$SMALL"
	printf '#!/usr/bin/python9 -u\n' >"$SMALL/bin/script"
	printf '#!/bin/script\n' >"$SMALL/bin/script-of-script"
	cp /bin/ls "$SMALL/bin/dynamic"
	chmod +x "$SMALL/bin/script" "$SMALL/bin/script-of-script"
	expect_error 127 '/usr/bin/python9' "$MINI_RUN" run "$SMALL" /bin/script
	expect_error 127 '/usr/bin/python9' "$MINI_RUN" run "$SMALL" script-of-script
	expect_error 127 '/bin/dynamic.*/ld-' "$MINI_RUN" run "$SMALL" dynamic
	expect_equal "$(ls -A "$SMALL")" bin
}

@test "a file that is no program is refused by the kernel" {
	need_root
	small_rootfs "$SMALL"
	printf 'no program' >"$SMALL/bin/text"
	: >"$SMALL/bin/nothing"
	chmod +x "$SMALL/bin/text" "$SMALL/bin/nothing"
	expect_error 126 '/bin/text.*Exec format error' "$MINI_RUN" run "$SMALL" /bin/text
	expect_error 126 'nothing.*Exec format error' "$MINI_RUN" run "$SMALL" nothing
}

@test "a script runs with its interpreter" {
	need_root
	small_rootfs "$SMALL"
	printf '#!/bin/sh -e\necho "script $1"\n' >"$SMALL/bin/script"
	chmod +x "$SMALL/bin/script"
	run_ok "$MINI_RUN" run "$SMALL" script works
	expect_equal "$output" "script works"
}

# ---- root filesystems of all kinds ------------------------------------------------------------------------

@test "of the root filesystem only the mount points proc and dev are made" {
	need_root
	small_rootfs "$SMALL"
	find "$SMALL" -printf '%P %y %m %s %T@\n' | grep -v '^ d' | sort >"$BATS_TEST_TMPDIR/before"
	run_ok "$MINI_RUN" run "$SMALL" /bin/true
	find "$SMALL" -printf '%P %y %m %s %T@\n' | grep -v '^ d' | sort >"$BATS_TEST_TMPDIR/after"
	expect_equal "$(diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after" | sed -n 's/^\([<>] [^ ]* [^ ]* [^ ]*\) .*/\1/p')" \
		$'> dev d 755\n> proc d 755'
	# A second run changes nothing at all.
	run_ok "$MINI_RUN" run "$SMALL" /bin/true
	find "$SMALL" -printf '%P %y %m %s %T@\n' | grep -v '^ d' | sort | cmp - "$BATS_TEST_TMPDIR/after"
}

@test "the root filesystem may be named relatively, with slashes behind it, and by a link" {
	need_root
	cd "$BATS_TEST_TMPDIR"
	small_rootfs small
	ln -s small link
	run_ok "$MINI_RUN" run small echo relative
	expect_equal "$output" relative
	run_ok "$MINI_RUN" run ./small// echo slashes
	run_ok "$MINI_RUN" run link echo link
	run_ok "$MINI_RUN" run link/ echo link
	cd small
	run_ok "$MINI_RUN" run . echo dot
	expect_equal "$output" dot
}

@test "the root filesystem may have spaces and a newline in its name" {
	need_root
	small_rootfs "$BATS_TEST_TMPDIR/"$'a  root\nfilesystem'
	run_ok "$MINI_RUN" run "$BATS_TEST_TMPDIR/"$'a  root\nfilesystem' echo yes
	expect_equal "$output" yes
	expect_error 127 'a  root' "$MINI_RUN" run "$BATS_TEST_TMPDIR/"$'a  root\nfilesystem' nosuchcommand
}

@test "a read-only root filesystem works when it has the mount points" {
	need_root
	small_rootfs "$SMALL"
	mkdir "$SMALL/proc" "$SMALL/dev"
	run_ok unshare -m sh -c 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec "$2" run "$1" sh -c "
		! echo x 2>/dev/null >/file && echo \$\$"' - "$SMALL" "$MINI_RUN"
	expect_equal "$output" 1
	expect_equal "$(ls -A "$SMALL")" $'bin\ndev\nproc'
}

@test "a read-only root filesystem without mount points fails with a remedy" {
	need_root
	small_rootfs "$SMALL"
	expect_error 125 '/proc.*read-only' unshare -m sh -c 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" &&
		exec "$2" run "$1" true' - "$SMALL" "$MINI_RUN"
	expect_equal "$(ls -A "$SMALL")" bin
}

@test "what is mounted below the root filesystem comes along, and nothing that is mounted inside comes out" {
	need_root
	small_rootfs "$SMALL"
	mkdir "$SMALL/below"
	run_ok unshare -m sh -c 'mount -t tmpfs tmpfs "$1/below" && echo there >"$1/below/file" && mount --make-rshared / &&
		before=$(wc -l </proc/self/mountinfo) && "$2" run --tmpfs /more "$1" cat /below/file &&
		test "$before" = "$(wc -l </proc/self/mountinfo)"' - "$SMALL" "$MINI_RUN"
	expect_equal "$output" there
}
