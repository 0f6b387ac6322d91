#!/usr/bin/env bats
#
# Section 7: the caller's terminal, the container's own, and what is printed on them.
#
# shellcheck disable=SC2016 # what is in single quotes is jq's, or is expanded by another shell
# shellcheck disable=SC2034,SC2154 # the options are for attacks.bash; status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/attacks

ACTS=$REPO/build/tests/lib/attack_acts

teardown()
{
	[[ ! ${LISTENER:-} ]] || { kill "$LISTENER" 2>/dev/null && wait "$LISTENER"; } || true
	attack_sweep
	bundle_teardown
}

# ---- 7.1 ------------------------------------------------------------------------------------------------------------

# outer COMMAND...: at a terminal; what has been typed into it meanwhile, by whomever, comes behind the command's output.
outer()
{
	pty bash -c '"$@"; status=$?; IFS= read -r -t 0.3 -N 1 letter && echo "typed: $letter"; exit "$status"' - "$@" </dev/null
}

# Whether nothing was typed, and how each try was answered. TIOCSTI takes a process with that controlling terminal, or
# CAP_SYS_ADMIN; and where dev.tty.legacy_tiocsti is 0, CAP_SYS_ADMIN in any case.
not_typed()
{
	output=$(outer "$@" 2>&1) || true
	[[ $output != *typed:* && $output != *=OK* && $output == *+0=* ]]
}

@test "7.1 nothing can be typed into the caller's terminal (CVE-2017-5226 and its kin), nor is it the controlling one" {
	local options

	# The control: a process that shares the terminal can, where the kernel lets root.
	if not_typed "$ACTS" type; then
		printf 'no control: this kernel lets nobody type\n%s\n' "$output"
		expect_fact 0+0 EIO
	fi
	bundle_make
	cp "$ACTS" "$BUNDLE/rootfs/bin/attack_acts"
	# The terminal passed on as 0, 1 and 2: with the default filter, without any, and in a user namespace.
	for options in '' '--security-opt seccomp=unconfined' '--userns auto'; do
		# shellcheck disable=SC2086 # words
		not_typed "$MINI_RUN" --root "$OCI_ROOT" run --tty=off $options "$BUNDLE/rootfs" attack_acts type
		expect_fact tty ENXIO
	done
	bundle_args attack_acts type
	not_typed "$MINI_RUN" --root "$OCI_ROOT" run --bundle "$BUNDLE" "$(container_id)"
	expect_fact tty ENXIO
	bundle_args sleep 1000
	oci_run_detached "$(container_id stays)"
	not_typed "$MINI_RUN" --root "$OCI_ROOT" exec "$(container_id stays)" attack_acts type
	expect_fact tty ENXIO
	# With a terminal of its own that is the controlling one; nothing gets to the caller's, whether typing is refused or not.
	output=$(outer "$MINI_RUN" --root "$OCI_ROOT" run "$BUNDLE/rootfs" attack_acts type 2>&1)
	expect_fact tty OK
	expect_equal "$(grep -c '=EPERM$' <<<"$output")" 16
	[[ $output != *typed:* ]]
	bundle_edit '.process.terminal = true'
	bundle_args attack_acts type
	output=$(outer "$MINI_RUN" --root "$OCI_ROOT" run --bundle "$BUNDLE" "$(container_id)" 2>&1)
	expect_fact tty OK
	[[ $output != *typed:* ]]
}

# ---- 7.2, 7.3 -------------------------------------------------------------------------------------------------------

# An image whose /dev is full of links, and none that a mount would hide.
hostile_dev()
{
	local name

	rm -r "$BUNDLE/rootfs/dev"
	mkdir "$BUNDLE/rootfs/dev"
	for name in pts shm mqueue; do
		ln -s "$CANARY/directory" "$BUNDLE/rootfs/dev/$name"
	done
	ln -s "$CANARY/file" "$BUNDLE/rootfs/dev/console"
	ln -s /proc/sys/kernel/hostname "$BUNDLE/rootfs/dev/ptmx"
	cp "$ACTS" "$BUNDLE/rootfs/bin/attack_acts"
	bundle_edit '.process.terminal = true | del(.mounts[] | select(.destination == "/dev"))'
	# The control: a /dev that is the host's is filled.
	[[ ! ${BAD:-} ]] || bundle_edit --arg dir "$CANARY/empty" '.mounts |= [{destination: "/dev", source: $dir, options: ["bind"]}] + .'
	attack attack_acts terminal
	[[ ${BAD:-} ]] && return 0
	output=${output//$'\r'/}
	# It may be refused. What runs has a pty as its terminal and its console, whose majors are 136 to 143.
	((status != 0)) || [[ $(fact /proc/self/fd/0) == "device "13[6-9] || $(fact /proc/self/fd/0) == "device "14[0-3] ]] || return 1
	((status != 0)) || [[ $(fact isatty) == 1 ]]
}

# And with /dev mounted, but pts, console and ptmx made by the container, for who comes in later.
hostile_dev_later()
{
	cp "$ACTS" "$BUNDLE/rootfs/bin/attack_acts"
	bundle_args sh -c 'mkdir /tmp/pts; ln -s /proc/1/root/tmp /tmp/pts/0; rm -f /dev/ptmx /dev/console; ln -s /tmp/pts/0 /dev/ptmx
		ln -s /dev/null /dev/console; echo ready; exec sleep 1000'
	oci_run_detached "$(container_id later)" || return 1
	eventually grep -qx ready "$OUT" || return 1
	attack_try oci exec -t "$(container_id later)" attack_acts terminal
	output=${output//$'\r'/}
	oci delete --force "$(container_id later)"
	[[ $status == 0 && $(fact isatty) == 1 && $(fact /proc/self/fd/0) == 'device 136' ]]
}

@test "7.2 a terminal comes from the container's own devpts, whatever the image has in /dev" {
	BAD=1 control_trips hostile_dev bundle
	in_every_form hostile_dev bundle bundle+userns
	in_every_form hostile_dev_later bundle bundle+userns
}

# listener BACKLOG: a socket that nobody accepts on; with a backlog of 0 one connection waits already.
listener()
{
	python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(int(sys.argv[2]))
if sys.argv[2] == "0":
    c = socket.socket(socket.AF_UNIX)
    c.connect(sys.argv[1])
print("ready", flush=True)
time.sleep(1000)
' "$BATS_TEST_TMPDIR/socket" "$1" >"$BATS_TEST_TMPDIR/listener" 3>&- 4>&- &
	LISTENER=$!
	eventually grep -q ready "$BATS_TEST_TMPDIR/listener"
}

@test "7.3 a console socket that is none, or where nobody accepts, is an error and no hang" {
	local where kind

	canary_make
	bundle_make
	bundle_args true
	bundle_edit '.process.terminal = true'
	ln -s "$CANARY/file" "$BATS_TEST_TMPDIR/link"
	for where in /nowhere/socket "$CANARY/file" "$CANARY/directory" "$BATS_TEST_TMPDIR/link" '' "@no-such-name" \
		"$(printf '/%0300d' 0)" "$(printf '/%05000d' 0)"; do
		attack_try oci create --console-socket "$where" --bundle "$BUNDLE" "$(container_id)"
		((status == 1)) || show_result
		expect_equal "$status" 1
		oci_gone "$(container_id)"
	done
	canary_check
	# Somebody listens and does not accept: what is sent waits there.
	listener 5
	oci_create --console-socket "$BATS_TEST_TMPDIR/socket" "$(container_id)"
	oci delete --force "$(container_id)"
	kill "$LISTENER"
	wait "$LISTENER" || true
	rm "$BATS_TEST_TMPDIR/socket"
	# Nor is there any room.
	listener 0
	attack_try oci create --console-socket "$BATS_TEST_TMPDIR/socket" --bundle "$BUNDLE" "$(container_id)"
	expect_equal "$status" 1
	expect_match "$stderr" 'accepted'
	oci_gone "$(container_id)"
}

# ---- 7.4, 7.5 -------------------------------------------------------------------------------------------------------

# plain TEXT: nothing in it that a terminal obeys, but newlines.
plain() { ! LC_ALL=C grep -qP '[\x01-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' <<<"$1"; }

@test "7.4 names with escape sequences in them come out as text: list, state, errors, logs" {
	local odd=$BATS_TEST_TMPDIR/$'odd\e]0;x\a\n{"level":"error"}"' id name

	plain $'text\nand more'
	run ! plain $'\e[31m'
	run ! plain $'a\rb'
	bundle_make "$odd"
	bundle_args sleep 1000
	bundle_edit '.annotations = {"a\u001b[31m\u009b\u0007": "\u001b]0;x\u0007\n\"", "b": "\u007f"}'
	id=$(container_id)
	oci_create "$id"
	# The control: it is there as it is.
	expect_equal "$(oci state "$id" | jq -r .bundle)" "$odd"
	for name in "state $id" 'list --format json' list "ps $id"; do
		# shellcheck disable=SC2086 # words
		run_ok oci $name
		plain "$output" || { cat -v <<<"$name: $output"; return 1; }
		[[ $name != list ]] || expect_equal "$(wc -l <<<"$output")" 2
	done
	# Errors with such a name, for a person and in the two kinds of logs.
	for name in text json; do
		OCI_FLAGS=(--log "$BATS_TEST_TMPDIR/log.$name" --log-format "$name")
		oci_try oci create --bundle "$odd/no"$'\e[31m\nsuch' "$(container_id 2)"
		expect_equal "$status" 1
		plain "$stderr"
		expect_equal "$(wc -l <"$BATS_TEST_TMPDIR/try.err")" 1
		plain "$(<"$BATS_TEST_TMPDIR/log.$name")"
		expect_equal "$(wc -l <"$BATS_TEST_TMPDIR/log.$name")" 1
	done
	expect_match "$(jq -r .msg "$BATS_TEST_TMPDIR/log.json")" 'such'
	OCI_FLAGS=()
	for name in $'\e[31m' $'a\nb' $'a\x9b' 'a b' '../x' $'a\tb'; do
		oci_try oci create --bundle "$odd" "$name"
		expect_equal "$status" 1
		plain "$stderr"
		expect_equal "$(wc -l <"$BATS_TEST_TMPDIR/try.err")" 1
	done
	# What the container says about itself: its command's name, an error of its start.
	bundle_args $'/no\e[31m/such\ncommand'
	oci_try oci run --bundle "$odd" "$(container_id 3)"
	((status != 0))
	plain "$stderr"
	expect_equal "$(wc -l <"$BATS_TEST_TMPDIR/try.err")" 1
}

# modes SIGNAL COMMAND...: whether a terminal is as it was, when the parent of the process whose number COMMAND writes to
# the file pid got SIGNAL. Here and in the current directory.
modes()
{
	(
		cd "$BATS_TEST_TMPDIR" || exit
		rm -f pid before after
		pty bash -c 'signal=$1; shift
			stty -a >before
			(
				for ((try = 0; try < 100; try++)); do
					[[ -s pid ]] && stty -a | grep -q -- " -icanon" && break
					sleep 0.05
				done
				kill "-$signal" "$(sed -n "s/^PPid:\t//p" "/proc/$(<pid)/status")"
			) </dev/tty 2>/dev/null &
			"$@" <&0
			wait
			for ((try = 0; try < 60; try++)); do
				stty -a >after
				! cmp -s before after || break
				sleep 0.05
			done' - "$@" </dev/null >/dev/null 2>&1
		cmp before after
	)
}

@test "7.5 the caller's terminal is as it was, whatever ends mini-run" {
	local signal

	# The control: who puts it in raw mode and is killed leaves it so.
	run ! modes KILL sh -c 'stty raw -echo; sh -c "echo \$\$ >pid; exec sleep 1000"; true'
	bundle_make
	bundle_args sleep 1000
	bundle_edit '.process.terminal = true'
	for signal in TERM KILL; do
		modes "$signal" "$MINI_RUN" --root "$OCI_ROOT" run --pid-file pid "$BUNDLE/rootfs" sleep 1000
		modes "$signal" "$MINI_RUN" --root "$OCI_ROOT" run --pid-file pid --bundle "$BUNDLE" "$(container_id "$signal")"
	done
	bundle_edit '.process.terminal = false'
	oci_run_detached "$(container_id stays)"
	# (By SIGKILL an exec leaves it raw: it has no second process.)
	modes TERM "$MINI_RUN" --root "$OCI_ROOT" exec -t --pid-file pid "$(container_id stays)" sleep 1000
}
