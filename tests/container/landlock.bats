#!/usr/bin/env bats
#
# Landlock: the rules of --landlock for files and TCP ports, the scopes that hold by default with the host's network, the
# same for exec, and what there is on kernels that have less of it.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2154 # status, output, stderr and lines are set by bats' run
load ../lib/common
load ../lib/probe
load ../lib/containers

LANDLOCK=$REPO/build/tests/lib/landlock_probe

setup()
{
	common_setup
	if [[ ! -x $LANDLOCK ]]; then
		echo "$LANDLOCK is missing: type make units"
		return 1
	fi
	LISTENER=
}

teardown()
{
	if [[ $LISTENER ]]; then
		kill "$LISTENER"
		wait "$LISTENER" || true
	fi
	container_end
	common_teardown
}

# need_landlock N: skips where the kernel has not version N.
need_landlock()
{
	local have

	need_root
	have=$("$LANDLOCK" abi)
	((have >= $1)) || skip "needs version $1 of Landlock, and this kernel has $have"
}

# listen: abstract sockets of the host, whose name is $SOCKET.
listen()
{
	SOCKET=mini-run-test-$$-$BATS_TEST_NUMBER
	"$LANDLOCK" listen "$SOCKET" "$BATS_TEST_TMPDIR/listens" 3>&- &
	LISTENER=$!
	eventually test -e "$BATS_TEST_TMPDIR/listens"
}

# reached OPTION...: what comes of both kinds of sockets, from a container.
reached() { inside "$@" -- sh -c '/mnt/landlock_probe connect "$1"; /mnt/landlock_probe send "$1"' sh "$SOCKET" | xargs; }

# stay [OPTION...]: a container named $NAME that stays, with the probe; exec_in COMMAND...: in that.
stay()
{
	NAME=$(container_name)
	container_start --name "$NAME" -v "${LANDLOCK%/*}:/mnt:ro" "$@"
}

exec_in() { "$MINI_RUN" exec "$NAME" "$@"; }

# rules RULE... -- COMMAND...: a container with these and what a shell and the probe take.
rules()
{
	local -a options=(--network none --landlock 'rx=/bin,/mnt')

	while [[ $1 != -- ]]; do
		options+=(--landlock "$1")
		shift
	done
	shift
	inside "${options[@]}" -- "$@"
}

# ---- scopes -------------------------------------------------------------------------------------------------

@test "abstract sockets of the host are out of reach by default, whoever runs the command" {
	need_landlock 6
	listen
	# The sockets are there, and without the wall they are reached.
	expect_equal "$(reached --landlock off)" 'ok ok'
	expect_equal "$(reached --privileged)" 'ok ok'
	expect_equal "$(reached)" 'EPERM EPERM'
	expect_equal "$(reached --init)" 'EPERM EPERM'
	expect_equal "$(reached -u 1000)" 'EPERM EPERM'
	expect_equal "$(reached --landlock scopes)" 'EPERM EPERM'
	expect_equal "$(reached --landlock scopes --privileged)" 'EPERM EPERM'
	expect_equal "$(reached --landlock rx=/ --landlock bind=none)" 'EPERM EPERM'
	# With no_new_privs off the right to restrict oneself comes from CAP_SYS_ADMIN, which the command does not have.
	expect_equal "$(reached --security-opt no-new-privileges=false --cap-drop ALL -u 1000)" 'EPERM EPERM'
	# Another network namespace has its own.
	expect_equal "$(reached --network none)" 'ECONNREFUSED ECONNREFUSED'
}

@test "abstract sockets of the host are out of reach for exec, too" {
	need_landlock 6
	listen
	stay
	expect_equal "$(exec_in /mnt/landlock_probe connect "$SOCKET")" EPERM
	expect_equal "$(exec_in /mnt/landlock_probe send "$SOCKET")" EPERM
	container_end
	stay --landlock off
	expect_equal "$(exec_in /mnt/landlock_probe connect "$SOCKET")" ok
}

@test "the container's own abstract sockets and signals work in it" {
	need_root
	run_ok inside --tmpfs /tmp -- sh -c '
		/mnt/landlock_probe listen inside-$$ /tmp/listens &
		while [ ! -e /tmp/listens ]; do sleep 0.1; done
		/mnt/landlock_probe connect inside-$$
		/mnt/landlock_probe kill $! 0
		kill $!
		wait $!
		echo $?'
	expect_equal "$(xargs <<<"$output")" 'ok ok 143'
}

@test "with --init signals still reach the command" {
	need_root
	background_ready run --init "$ROOTFS" sh -c 'trap "echo got it; exit 7" TERM; echo ready; while :; do sleep 0.1; done'
	kill -TERM "$RUN_PID"
	wait "$RUN_PID" || status=$?
	expect_equal "$status" 7
	expect_match "$(<"$OUT")" 'got it'
}

@test "a process of exec can signal the container, which cannot signal it" {
	local pid wanted option name

	need_landlock 6
	for option in scopes off; do
		name=$(container_name "$option")
		background_ready run --name "$name" --landlock "$option" --tmpfs /tmp -v "${LANDLOCK%/*}:/mnt:ro" "$ROOTFS" sh -c '
			sleep 1000 &
			echo $! >/tmp/inner
			mkfifo /tmp/pid
			echo ready
			read -r pid </tmp/pid
			/mnt/landlock_probe kill "$pid" 0'
		run_ok "$MINI_RUN" exec "$name" sh -c '/mnt/landlock_probe kill "$(cat /tmp/inner)" 0'
		expect_equal "$output" ok
		# This one is there while it waits for the other to end.
		"$MINI_RUN" exec "$name" sh -c 'echo $$ >/tmp/pid; sleep 1000' >/dev/null 2>&1 3>&- &
		pid=$!
		wait "$RUN_PID" || true
		wait "$pid" || true
		wanted=$([[ $option == off ]] && echo ok || echo EPERM)
		expect_equal "$(<"$OUT")" $'ready\n'"$wanted"
	done
}

@test "an exec has a domain beside the container's: what lies behind /proc/1 is closed to it, but with off" {
	need_landlock 6
	stay
	run_status 1 exec_in readlink /proc/1/exe
	container_end
	stay --landlock off
	run_ok exec_in readlink /proc/1/exe
	container_end
	# Nothing restricts, so there is no domain.
	stay --network none
	run_ok exec_in readlink /proc/1/exe
}

@test "scopes alone restrict no file" {
	need_root
	run_ok inside --tmpfs /tmp -- sh -c 'mkdir /tmp/a /tmp/b && echo x >/tmp/a/f && mv /tmp/a/f /tmp/b/f &&
		ln /tmp/b/f /tmp/a/g && cat /tmp/a/g'
	expect_equal "$output" x
}

# ---- files ------------------------------------------------------------------------------------------------------

@test "the first path rule denies what none allows" {
	need_landlock 1
	run_ok rules ro=/etc -- cat /etc/group /etc/passwd
	run_status 1 rules ro=/usr -- cat /etc/passwd
	expect_match "$stderr" 'Permission denied'
	# Without a path rule nothing is denied.
	run_ok inside --network none --landlock off -- cat /etc/passwd
}

@test "each access of a directory" {
	local try='
		cat /work/file
		ls /work
		echo x >>/work/file
		echo x >/work/new
		mkdir /work/made
		ln -s a /work/link
		mkfifo /work/fifo
		rm /work/old
		rmdir /work/empty
		/work/program'

	need_landlock 3
	new_root
	mkdir -p "$ROOT/work/empty"
	echo content >"$ROOT/work/file"
	touch "$ROOT/work/old"
	printf '#!/bin/sh\necho executed\n' >"$ROOT/work/program"
	chmod 755 "$ROOT/work/program"
	attempt() { rules "$@" -- sh -c "$try" 2>&1 | grep -c 'ermission denied' || true; }

	expect_equal "$(attempt ro=/work)" 8
	run_ok rules ro=/work -- sh -c 'cat /work/file; ls /work'
	expect_equal "$(xargs <<<"$output")" 'content empty file old program'
	expect_equal "$(attempt rx=/work)" 7
	run_ok rules rx=/work -- /work/program
	expect_equal "$output" executed
	expect_equal "$(attempt ro=/etc)" 10
	# Nothing of it has been written, and then all of it is.
	expect_equal "$(cd "$ROOT/work" && echo *)" 'empty file old program'
	expect_equal "$(attempt rwx=/work)" 0
	expect_equal "$(cd "$ROOT/work" && echo *)" 'fifo file link made new program'
	# What is written with w alone cannot be read.
	run_status 1 rules w=/work -- sh -c 'echo y >/work/secret && cat /work/secret'
	expect_match "$stderr" "cat: .*ermission denied"
	expect_equal "$(<"$ROOT/work/secret")" y
}

@test "rules add up, on directories above and below, and on single files" {
	need_landlock 3
	new_root
	mkdir -p "$ROOT/work/in"
	touch "$ROOT/work/a" "$ROOT/work/b"
	run_ok rules ro=/work rw=/work/a rw=/work/in -- sh -c '
		echo x >/work/a && echo a; echo x >/work/b || echo not b; echo x >/work/c || echo not c; echo x >/work/in/d && echo d'
	expect_equal "$(xargs <<<"$output")" 'a not b not c d'
}

@test "a directory that is not allowed can be walked through, but not listed" {
	need_landlock 1
	run_ok rules ro=/etc/passwd -- sh -c 'head -c 4 /etc/passwd; ls /etc 2>/dev/null || echo no'
	expect_equal "$output" 'rootno'
}

@test "a rule reaches through mounts below its path, and names places in mounts" {
	need_landlock 3
	new_root
	mkdir "$BATS_TEST_TMPDIR/volume"
	echo in the volume >"$BATS_TEST_TMPDIR/volume/file"
	run_ok inside -v "$BATS_TEST_TMPDIR/volume:/srv/volume" --landlock rx=/bin --landlock ro=/srv -- cat /srv/volume/file
	expect_equal "$output" 'in the volume'
	run_ok inside -v "$BATS_TEST_TMPDIR/volume:/srv/volume" --landlock rx=/bin --landlock ro=/srv/volume/file -- cat /srv/volume/file
	run_status 1 inside -v "$BATS_TEST_TMPDIR/volume:/srv/volume" --landlock rx=/bin -- cat /srv/volume/file
	run_ok inside --landlock rx=/bin --landlock rw=/dev/null -- sh -c 'echo x >/dev/null; cat /dev/zero 2>/dev/null || echo no'
	expect_equal "$output" no
}

@test "what was open before stays open: stdin, stdout and stderr" {
	need_landlock 1
	echo from a file >"$BATS_TEST_TMPDIR/input"
	run_ok rules -- cat <"$BATS_TEST_TMPDIR/input"
	expect_equal "$output" 'from a file'
}

@test "mounting is refused under path rules, whatever the capabilities" {
	need_landlock 1
	run_ok inside --cap-add SYS_ADMIN --security-opt seccomp=unconfined -- mount -t tmpfs x /tmp
	run_status 1 inside --cap-add SYS_ADMIN --security-opt seccomp=unconfined --landlock rwx=/ -- mount -t tmpfs x /tmp
}

@test "a process of exec is under the same rules" {
	need_landlock 3
	stay --landlock rx=/bin,/mnt --landlock ro=/etc/passwd --landlock rw=/tmp --landlock connect=none
	run_ok exec_in cat /etc/passwd
	run_status 1 exec_in cat /etc/group
	expect_match "$stderr" 'ermission denied'
	run_ok exec_in sh -c 'echo x >/tmp/landlock-exec && rm /tmp/landlock-exec'
	expect_equal "$(exec_in /mnt/landlock_probe open /tmp)" ok
	container_end
	stay --landlock rx=/bin
	run_status 126 exec_in /mnt/landlock_probe abi
	expect_match "$stderr" 'do not let /mnt/landlock_probe be executed \(add --landlock rx=/mnt\)$'
}

# ---- links ----------------------------------------------------------------------------------------------------

@test "a rule follows links of the root filesystem, relative and absolute, but not out of it" {
	need_landlock 1
	new_root
	mkdir "$ROOT/real"
	echo x >"$ROOT/real/file"
	ln -s real "$ROOT/relative"
	ln -s /relative/../real "$ROOT/absolute"
	ln -s ../../../../../../real/file "$ROOT/up"
	ln -s loop "$ROOT/loop"
	for name in relative absolute up; do
		run_ok rules ro=/$name -- cat /real/file
	done
	refused '/loop: Too many levels of symbolic links' --landlock ro=/loop -- true
	refused '/up/: Not a directory' --landlock ro=/up/ -- true
}

@test "a link that lies where the command may write is refused" {
	need_landlock 1
	new_root
	mkdir -p "$ROOT/work/real" "$ROOT/other"
	ln -s real "$ROOT/work/link"
	ln -s work "$ROOT/way"
	refused '/work/link: leads through a link that lies where the rules let the command write' \
		--landlock rx=/bin --landlock rw=/work --landlock ro=/work/link -- true
	# By another way, too.
	refused 'leads through a link' --landlock rx=/bin --landlock rw=/work --landlock ro=/way/link -- true
	run_ok rules rw=/work ro=/work/real -- true
	run_ok rules ro=/work ro=/work/link -- true
	run_ok rules rw=/way ro=/way/real -- true
}

@test "a container that exchanges a directory of a rule for a link does not lead exec elsewhere" {
	need_landlock 3
	new_root
	mkdir -p "$ROOT/work/own" "$ROOT/secret"
	echo secret >"$ROOT/secret/file"
	stay --landlock rx=/bin,/mnt --landlock rw=/work --landlock rwx=/work/own
	run_status 1 exec_in cat /secret/file
	exec_in sh -c 'rmdir /work/own && ln -s /secret /work/own'
	run_status 255 exec_in cat /secret/file
	expect_match "$stderr" '/work/own: leads through a link'
}

# ---- what older kernels have ----------------------------------------------------------------------------------

@test "truncation, device ioctls and moves are restricted from the version on that has them" {
	local as=("$LANDLOCK" as)

	need_landlock 5
	new_root
	mkdir -p "$ROOT/a" "$ROOT/b"
	echo content >"$ROOT/file"
	try_all()
	{
		"$@" run --network none -v "${LANDLOCK%/*}:/mnt:ro" --landlock rx=/mnt --landlock ro=/file,/dev/ptmx,/dev/pts \
			--landlock rw=/a,/b "$ROOT" /mnt/landlock_probe truncate /file
		"$@" run --network none -v "${LANDLOCK%/*}:/mnt:ro" --landlock rx=/mnt --landlock ro=/dev "$ROOT" \
			/mnt/landlock_probe ioctl /dev/ptmx
		touch "$ROOT/a/moved"
		rm -f "$ROOT/b/moved"
		"$@" run --network none -v "${LANDLOCK%/*}:/mnt:ro" --landlock rx=/mnt --landlock rw=/a,/b "$ROOT" \
			/mnt/landlock_probe rename /a/moved /b/moved
	}
	expect_equal "$(try_all "$MINI_RUN" | xargs)" 'EACCES EACCES ok'
	expect_equal "$(<"$ROOT/file")" content
	expect_equal "$(try_all "${as[@]}" 4 "$MINI_RUN" | xargs)" 'EACCES ok ok'
	expect_equal "$(<"$ROOT/file")" content
	expect_equal "$(try_all "${as[@]}" 1 "$MINI_RUN" | xargs)" 'ok ok EXDEV'
	expect_equal "$(<"$ROOT/file")" ''
}

@test "without Landlock, or with less of it, the default scopes are left out without a word" {
	local version

	need_root
	for version in -1 0 1 5; do
		run_ok "$LANDLOCK" as "$version" "$MINI_RUN" run "$ROOTFS" echo fine
		expect_equal "$output$stderr" fine
		run_ok "$LANDLOCK" as "$version" "$MINI_RUN" --debug run "$ROOTFS" true
		expect_match "$stderr" "no Landlock scopes: this kernel has version $((version > 0 ? version : 0)) of Landlock"
	done
	# The wall is then not there.
	if (($("$LANDLOCK" abi) >= 6)); then
		listen
		expect_equal "$("$LANDLOCK" as 5 "$MINI_RUN" run -v "${LANDLOCK%/*}:/mnt:ro" "$ROOTFS" /mnt/landlock_probe connect "$SOCKET")" ok
	fi
}

@test "what is asked for and cannot be enforced is an error, before anything is made" {
	need_root
	as() { expect_error 125 "$2" "$LANDLOCK" as "$1" "$MINI_RUN" run --landlock "$3" "$ROOTFS" true; }

	as 0 'look at Landlock: this kernel has no Landlock \(Linux 5.13 or newer' ro=/
	as 0 'this kernel has no Landlock' connect=80
	as 0 'this kernel has no Landlock' scopes
	as -1 'Landlock is off since boot \(boot with landlock in lsm=' ro=/
	as 3 'rules for TCP ports: this kernel has version 3 of Landlock, and it takes 4 \(Linux 6.7 or newer\)' connect=80
	as 3 'takes 4' bind=none
	as 5 'scopes: this kernel has version 5 of Landlock, and it takes 6 \(Linux 6.12 or newer\)' scopes
}

@test "check says what the kernel has" {
	need_root
	row() { "$LANDLOCK" as "$1" "$MINI_RUN" check --json | jq -r '.checks[] | select(.name == "Landlock") | "\(.status): \(.detail)"'; }

	command -v jq >/dev/null || skip "jq is not installed (scripts/deps test)"
	expect_match "$(row 6)" '^ok: version 6: '
	expect_match "$(row 5)" "^limited: version 5: with the host's network its abstract Unix sockets are in reach$"
	expect_match "$(row 3)" '^limited: version 3: no rules for TCP ports, and '
	expect_match "$(row 0)" '^limited: not there: --landlock fails'
	expect_match "$(row -1)" '^limited: off since boot: --landlock fails'
}

# ---- ports ------------------------------------------------------------------------------------------------------

@test "connect restricts connecting, and bind binding, each from its first rule on" {
	local try='for port in 80 81; do /mnt/landlock_probe tcp-connect $port; /mnt/landlock_probe tcp-bind $port; done'

	need_landlock 4
	ports() { inside --network none "$@" -- sh -c "$try" | xargs; }

	expect_equal "$(ports)" 'ECONNREFUSED ok ECONNREFUSED ok'
	expect_equal "$(ports --landlock connect=80)" 'ECONNREFUSED ok EACCES ok'
	expect_equal "$(ports --landlock bind=80)" 'ECONNREFUSED ok ECONNREFUSED EACCES'
	expect_equal "$(ports --landlock bind=80,81 --landlock connect=81)" 'EACCES ok ECONNREFUSED ok'
	expect_equal "$(ports --landlock bind=none)" 'ECONNREFUSED EACCES ECONNREFUSED EACCES'
	expect_equal "$(ports --landlock connect=none --landlock bind=none)" 'EACCES EACCES EACCES EACCES'
	expect_equal "$(inside --network none --landlock bind=0 -- /mnt/landlock_probe tcp-bind 0)" ok
	expect_equal "$(inside --network none --landlock bind=80 -- /mnt/landlock_probe tcp-bind 0)" EACCES
}

@test "a process of exec has the same ports" {
	need_landlock 4
	stay --network none --landlock bind=80
	expect_equal "$(exec_in /mnt/landlock_probe tcp-bind 80)" ok
	expect_equal "$(exec_in /mnt/landlock_probe tcp-bind 81)" EACCES
}

# ---- the command, and errors --------------------------------------------------------------------------------------

@test "a command that the rules do not let be executed is told with what it takes" {
	need_landlock 1
	run_status 126 inside --landlock ro=/ -- sh -c true
	expect_match "$stderr" 'the rules do not let /bin/sh be executed \(add --landlock rx=/bin\)$'
	run_status 126 inside --landlock rw=/tmp --init -- /bin/true
	expect_match "$stderr" 'do not let /bin/true be executed \(add --landlock rx=/bin\)$'
	new_root
	printf '#!/bin/sh\necho script\n' >"$ROOT/tmp/script"
	chmod 755 "$ROOT/tmp/script"
	run_status 126 inside --landlock rx=/tmp -- /tmp/script
	expect_match "$stderr" 'do not let /bin/sh be executed \(add --landlock rx=/bin\)$'
	run_status 126 inside --landlock ro=/ -- /tmp/script
	expect_match "$stderr" 'do not let /tmp/script and /bin/sh be executed \(add --landlock rx=/tmp,/bin\)$'
	run_ok inside --landlock rx=/tmp/script,/bin/busybox -- /tmp/script
	expect_equal "$output" script
	# Another place in PATH may do.
	mkdir "$ROOT/other"
	cp "$ROOT/bin/busybox" "$ROOT/other/true"
	run_ok inside --landlock rx=/bin -e PATH=/other:/bin -- true
}

@test "the program loader of a dynamic command is told" {
	local loader=$BATS_TEST_TMPDIR/loader

	need_landlock 1
	command -v patchelf >/dev/null || command -v gcc >/dev/null || skip "no compiler"
	new_root
	mkdir "$ROOT/loaders"
	echo 'int main(void) { return 0; }' >"$loader.c"
	gcc -o "$ROOT/bin/dynamic" -Wl,--dynamic-linker=/loaders/ld.so "$loader.c" || skip "no compiler that links"
	cp "$ROOT/bin/busybox" "$ROOT/loaders/ld.so"
	run_status 126 inside --landlock rx=/bin -- /bin/dynamic
	expect_match "$stderr" 'do not let /loaders/ld.so be executed \(add --landlock rx=/loaders\)$'
}

@test "wrong rules are refused" {
	need_root
	refused "not a rule \(ro=PATH, " --landlock read=/ -- true
	refused "to execute a file the kernel has to read it too \(rx=PATH\)" --landlock x=/bin -- true
	refused 'bin is not an absolute path of the container' --landlock rx=bin -- true
	refused 'not from 1 to 65535' --landlock connect=65536 -- true
	refused 'off and rules exclude each other' --landlock off --landlock rx=/ -- true
}

@test "a rule for what is not in the container is refused" {
	need_landlock 1
	refused "/nope: No such file or directory \(the rules name paths of the container\)$" \
		--landlock rx=/ --landlock ro=/nope -- true
	# A path of the host is none of the container.
	refused "$BATS_TEST_TMPDIR: No such file" --landlock rx=/ --landlock "ro=$BATS_TEST_TMPDIR" -- true
}

@test "many rules take no descriptor of the command's" {
	need_landlock 1
	run_ok inside --ulimit nofile=8 --landlock rx=/bin,/usr,/etc,/tmp,/var,/root,/home,/sbin --landlock ro=/proc -- \
		sh -c 'ls /proc/self/fd | wc -l'
	expect_equal "$output" 4 # with that of ls
}
