#!/usr/bin/env bats
#
# The terminal of an OCI container: made inside, and handed to the engine over --console-socket.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/common
load ../lib/containers
load ../lib/bundle

# console [ROWS COLUMNS]: the engine's side in the background, on $SOCKET; what it is typed to it goes through
# descriptor $TYPE, what it sees is in $SEEN.
console()
{
	SOCKET=$BATS_TEST_TMPDIR/console
	SEEN=$BATS_TEST_TMPDIR/seen
	rm -f "$SOCKET" "$BATS_TEST_TMPDIR/keys"
	mkfifo "$BATS_TEST_TMPDIR/keys"
	exec {TYPE}<>"$BATS_TEST_TMPDIR/keys"
	python3 "$REPO/tests/lib/console.py" "$SOCKET" "$@" <"$BATS_TEST_TMPDIR/keys" >"$SEEN" 2>&1 3>&- {TYPE}>&- &
	CONSOLE=$!
	eventually test -S "$SOCKET"
}

seen() { eventually grep -qE -- "$1" "$SEEN" || { cat "$SEEN"; return 1; }; }

with_terminal()
{
	bundle_make
	bundle_args "$@"
	bundle_edit '.process.terminal = true'
	id=$(container_id)
}

@test "one descriptor comes with a payload, and it is the container's terminal [CLI-3] [PROC-1]" {
	console
	with_terminal sh -c 'tty; test -t 0 && test -t 1 && test -t 2 && echo all; stat -c "%t:%T" /dev/console
		echo console >/dev/console; read -r line; echo "<$line>"'
	oci_create --console-socket "$SOCKET" "$id"
	seen '^received 1 with a payload'
	oci_start "$id"
	seen '^/dev/pts/0$'
	seen '^all$'
	seen '^88:0$'
	seen '^console$'
	echo typed >&"$TYPE"
	seen '^<typed>$'
	oci_stopped "$id"
	# When the last of the container is gone, the engine sees the end.
	wait "$CONSOLE"
	exec {TYPE}>&-
}

@test "create in \$(...) does not hang when the container's streams are its terminal [CLI-4]" {
	local got

	console
	with_terminal sleep 1000
	got=$(oci create --bundle "$BUNDLE" --console-socket "$SOCKET" "$id" 2>&1 </dev/null)
	expect_equal "$got" ""
	got=$(oci start "$id" 2>&1)
	expect_equal "$got" ""
	expect_status "$id" running
	run_ok oci delete --force "$id"
	wait "$CONSOLE"
	exec {TYPE}>&-
}

@test "consoleSize is the terminal's first size [PROC-2]" {
	console
	with_terminal stty size
	bundle_edit '.process.consoleSize = {"height": 31, "width": 99}'
	oci_create --console-socket "$SOCKET" "$id"
	seen '^received 1 .*31 rows 99 columns$'
	oci_start "$id"
	seen '^31 99$'
	oci_stopped "$id"
	exec {TYPE}>&-
	# Without a terminal it means nothing.
	bundle_edit '.process.terminal = false | .process.args = ["echo", "fine"]'
	run_ok oci_run "$id-2"
	expect_equal "$output" fine
}

@test "the receiver may set the size, and the program sees it [CLI-3]" {
	console 40 120
	with_terminal sh -c 'stty size'
	oci_create --console-socket "$SOCKET" "$id"
	seen '^received'
	oci_start "$id"
	seen '^40 120$'
	oci_stopped "$id"
	exec {TYPE}>&-
}

@test "create with a terminal needs a console socket, a console socket a terminal; the socket must be one [CLI-3]" {
	with_terminal true
	expect_oci_error 'console-socket' oci create --bundle "$BUNDLE" "$id"
	expect_oci_error 'console-socket' oci_run --detach "$id"
	expect_oci_error '/nowhere/socket' oci create --bundle "$BUNDLE" --console-socket /nowhere/socket "$id"
	expect_oci_error 'config.json' oci create --bundle "$BUNDLE" --console-socket "$BUNDLE/config.json" "$id"
	bundle_edit '.process.terminal = false'
	expect_oci_error 'terminal' oci create --bundle "$BUNDLE" --console-socket /nowhere/socket "$id"
	expect_equal "$(oci list --quiet)" ""
}

@test "a console socket by a long path, and by a relative one [CLI-3]" {
	local deep

	deep=$BATS_TEST_TMPDIR/$(printf 'a%.0s' {1..100})
	mkdir "$deep"
	console
	mv "$SOCKET" "$deep/socket"
	with_terminal echo inside
	oci_create --console-socket "$deep/socket" "$id"
	seen '^received 1'
	oci_start "$id"
	seen '^inside$'
	exec {TYPE}>&-
	wait "$CONSOLE"
	console
	cd "$BATS_TEST_TMPDIR"
	oci_run_detached --console-socket console "$id-2"
	seen '^received 1'
	seen '^inside$'
	exec {TYPE}>&-
}

@test "exec with a console socket [CLI-3] [CLI-8]" {
	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_run_detached "$id"
	console
	jq -n '{terminal: true, args: ["sh", "-c", "tty; stty size; read -r l; echo \"<$l>\""], cwd: "/", env: ["PATH=/bin"],
		consoleSize: {height: 20, width: 70}}' >"$BATS_TEST_TMPDIR/process.json"
	oci_try oci exec --detach --console-socket "$SOCKET" --process "$BATS_TEST_TMPDIR/process.json" --pid-file \
		"$BATS_TEST_TMPDIR/pid" "$id"
	expect_equal "$status$output$stderr" 0
	expect_match "$(cat "$BATS_TEST_TMPDIR/pid")" '^[0-9]+$'
	seen '^received 1 .*20 rows 70 columns$'
	seen '^/dev/pts/0$'
	seen '^20 70$'
	echo typed >&"$TYPE"
	seen '^<typed>$'
	wait "$CONSOLE"
	exec {TYPE}>&-
	# In the foreground exec copies what comes and goes, with a terminal of its own or without.
	run_ok oci exec -t "$id" tty
	expect_match "$output" '^/dev/pts/[0-9]+'
	expect_oci_error 'console-socket' oci exec --detach -t "$id" tty
}

@test "run in a terminal lends its own [PROC-1] [CLI-9]" {
	with_terminal sh -c 'tty; stty size; ls -l /dev/console | cut -c 1; exit 4'
	run_status 4 pty "$MINI_RUN" --root "$OCI_ROOT" run --bundle "$BUNDLE" "$id"
	expect_equal "$output" $'/dev/pts/0\n24 80\nc'
}

@test "run from no terminal: the container has one all the same [PROC-1]" {
	with_terminal tty
	run_ok oci_run "$id"
	expect_equal "${output%$'\r'}" /dev/pts/0
}

@test "the terminal in a user namespace belongs to the container's user [PROC-1] [UID-1]" {
	console
	with_terminal sh -c 'stat -c "%u" /dev/pts/0; id -u; test -t 0 && echo terminal'
	bundle_edit '.linux.namespaces += [{"type": "user"}, {"type": "network"}]
		| .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
		| .linux.gidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]'
	oci_create --console-socket "$SOCKET" "$id"
	seen '^received 1'
	oci_start "$id"
	seen '^0$'
	seen '^terminal$'
	exec {TYPE}>&-
}
