#!/usr/bin/env bats
#
# What comes with the process that calls: its descriptors, and the variables with which service managers talk.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/common
load ../lib/containers
load ../lib/bundle

# with_files COMMAND...: runs it with two files as descriptors 3 and 4.
with_files()
{
	echo three >"$BATS_TEST_TMPDIR/three"
	echo four >"$BATS_TEST_TMPDIR/four"
	bash -c 'exec 3<"$0/three" 4<"$0/four"; exec "$@"' "$BATS_TEST_TMPDIR" "$@"
}

numbers() { grep -E '^[0-9]+=' <<<"$output" | cut -d = -f 1 | xargs; }

@test "nothing but the standard streams is open [LIF-18]" {
	bundle_make
	bundle_args probe fds
	run_ok with_files "$MINI_RUN" --root "$OCI_ROOT" run --bundle "$BUNDLE" "$(container_id)"
	expect_equal "$(numbers)" '0 1 2'
	OUT=$BATS_TEST_TMPDIR/list
	with_files "$MINI_RUN" --root "$OCI_ROOT" create --bundle "$BUNDLE" "$(container_id 2)" </dev/null >"$OUT" 2>&1
	oci_start "$(container_id 2)"
	oci_stopped "$(container_id 2)"
	expect_equal "$(cut -d = -f 1 "$OUT" | xargs)" '0 1 2'
}

@test "--preserve-fds passes so many on [LIF-18] [CLI-1]" {
	bundle_make
	bundle_args sh -c 'probe fds; cat <&4'
	run_ok with_files "$MINI_RUN" --root "$OCI_ROOT" run --preserve-fds 2 --bundle "$BUNDLE" "$(container_id)"
	expect_equal "$(numbers)" '0 1 2 3 4'
	expect_match "$output" $'\nfour$'
	bundle_args probe fds
	run_ok with_files "$MINI_RUN" --root "$OCI_ROOT" run --preserve-fds=1 --bundle "$BUNDLE" "$(container_id)"
	expect_equal "$(numbers)" '0 1 2 3'
	# Between create and start they are kept.
	bundle_args sh -c 'cat <&3'
	OUT=$BATS_TEST_TMPDIR/list
	with_files "$MINI_RUN" --root "$OCI_ROOT" create --preserve-fds 1 --bundle "$BUNDLE" "$(container_id 2)" </dev/null >"$OUT" 2>&1
	oci_start "$(container_id 2)"
	oci_stopped "$(container_id 2)"
	expect_equal "$(cat "$OUT")" three
}

@test "--preserve-fds of descriptors that are not there, and of no number [LIF-18]" {
	bundle_make
	bundle_args true
	expect_oci_error 'descriptor|preserve-fds' with_files "$MINI_RUN" --root "$OCI_ROOT" run --preserve-fds 5 --bundle "$BUNDLE" "$(container_id)"
	expect_oci_error 'preserve-fds' oci create --bundle "$BUNDLE" --preserve-fds x "$(container_id)"
	expect_oci_error 'preserve-fds' oci create --bundle "$BUNDLE" --preserve-fds=-1 "$(container_id)"
}

@test "LISTEN_FDS: the sockets are passed on, and the variables are the container's [LIF-18] [CLI-22]" {
	bundle_make
	bundle_args sh -c 'probe fds; echo "pid $LISTEN_PID fds $LISTEN_FDS names $LISTEN_FDNAMES"'
	run_ok with_files env LISTEN_FDS=2 LISTEN_FDNAMES=a:b "$MINI_RUN" --root "$OCI_ROOT" run --bundle "$BUNDLE" "$(container_id)"
	expect_equal "$(numbers)" '0 1 2 3 4'
	expect_match "$output" 'pid 1 fds 2 names a:b'
	# Meant for another process.
	run_ok with_files env LISTEN_FDS=2 LISTEN_PID=1 "$MINI_RUN" --root "$OCI_ROOT" run --bundle "$BUNDLE" "$(container_id)"
	expect_equal "$(numbers)" '0 1 2'
	expect_match "$output" 'pid  fds  names $'
	# And more behind them.
	run_ok with_files env LISTEN_FDS=1 "$MINI_RUN" --root "$OCI_ROOT" run --preserve-fds 1 --bundle "$BUNDLE" "$(container_id)"
	expect_equal "$(numbers)" '0 1 2 3 4'
	expect_match "$output" 'pid 1 fds 1'
}

# receiver: listens as a service manager on $BATS_TEST_TMPDIR/notify, and writes what comes to $OUT, until READY=1.
receiver()
{
	python3 -c '
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
while True:
    message = s.recv(4096).decode()
    print(message, flush=True)
    if "READY=1" in message:
        break
' "$BATS_TEST_TMPDIR/notify" >"$BATS_TEST_TMPDIR/notified" 3>&- &
	RECEIVER=$!
	eventually test -S "$BATS_TEST_TMPDIR/notify"
}

@test "NOTIFY_SOCKET: READY=1 from inside reaches the service manager [CLI-22]" {
	local id

	receiver
	bundle_make
	# The bundle's own variable of that name is not what counts.
	bundle_env NOTIFY_SOCKET=/of/the/bundle
	bundle_args sh -c 'probe notify READY=1; echo "$NOTIFY_SOCKET"; ls "${NOTIFY_SOCKET%/*}"'
	id=$(container_id)
	run_ok env NOTIFY_SOCKET="$BATS_TEST_TMPDIR/notify" "$MINI_RUN" --root "$OCI_ROOT" run --bundle "$BUNDLE" "$id"
	expect_match "$output" '^/'
	# That socket alone is there, nothing else of the directory that the caller's is in.
	[[ $output != *notified* ]]
	wait "$RECEIVER"
	expect_equal "$(cat "$BATS_TEST_TMPDIR/notified")" READY=1
}

@test "NOTIFY_SOCKET with create and start, as engines have it [CLI-22]" {
	local id

	receiver
	bundle_make
	bundle_args probe notify READY=1
	id=$(container_id)
	NOTIFY_SOCKET=$BATS_TEST_TMPDIR/notify oci_create "$id"
	oci_start "$id"
	wait "$RECEIVER"
	expect_equal "$(cat "$BATS_TEST_TMPDIR/notified")" READY=1
	oci_stopped "$id"
}

@test "without NOTIFY_SOCKET, or when it leads nowhere, there is none inside [CLI-22]" {
	bundle_make
	bundle_args sh -c 'echo "<$NOTIFY_SOCKET>"'
	run_ok oci_run "$(container_id)"
	expect_equal "$output" '<>'
	run_ok env NOTIFY_SOCKET=/nowhere/notify "$MINI_RUN" --root "$OCI_ROOT" run --bundle "$BUNDLE" "$(container_id)"
	expect_equal "$output" '<>'
}

@test "the environment is what the bundle says and nothing of the caller's [PROC-4] [CLI-22]" {
	bundle_make
	bundle_edit '.process.env = ["A=1", "B=two words", "PATH=/bin", "A=3"] | .process.args = ["/bin/env"]'
	run_ok env LEAK=1 _LIBCONTAINER_INITPIPE=3 LISTEN_PID=1 "$MINI_RUN" --root "$OCI_ROOT" run --bundle "$BUNDLE" "$(container_id)"
	expect_match "$output" 'B=two words'
	expect_match "$output" 'A='
	[[ $output != *LEAK* && $output != *LIBCONTAINER* && $output != *LISTEN* && $output != *MINI_RUN* ]]
}
