# Loaded after common.bash by the files in tests/container: containers in the background, their cgroups and
# their ends.
#
# shellcheck shell=bash
# shellcheck disable=SC2154 # set by bats' run and by common.bash

# Most containers of a test run under this name's prefix; two test runs at once do not meet.
container_name() { echo "t-$$-$BATS_TEST_NUMBER${1:+-$1}"; }

# ---- root file systems --------------------------------------------------------------------------------------

# small_rootfs DIR: the least that is one, without mount points: a shell and what the tests call.
small_rootfs()
{
	local applet

	mkdir -p "$1/bin"
	cp "$ROOTFS/bin/busybox" "$1/bin/busybox"
	for applet in sh cat ls true echo; do
		ln -s busybox "$1/bin/$applet"
	done
}

# ---- one line on stderr ---------------------------------------------------------------------------------------

# expect_error STATUS REGEX CMD...: CMD fails with STATUS, says one line on stderr that matches, nothing on stdout.
expect_error()
{
	local wanted=$1 regex=$2
	shift 2

	run_status "$wanted" "$@"
	expect_equal "$output" ""
	expect_equal "$(wc -l <<<"$stderr")" 1
	expect_match "$stderr" '^mini-run: '
	expect_match "$stderr" "$regex"
}

# ---- in the background ----------------------------------------------------------------------------------------

# background ARG...: mini-run with ARGs in the background, its output in $OUT and $ERR; sets RUN_PID.
background() { background_command "$MINI_RUN" "$@"; }

background_command()
{
	OUT=$BATS_TEST_TMPDIR/out
	ERR=$BATS_TEST_TMPDIR/err
	: >"$OUT"
	: >"$ERR"
	"$@" </dev/null >"$OUT" 2>"$ERR" 3>&- &
	RUN_PID=$!
}

# background_ready ARG...: the same, and waits until its output has a line "ready".
background_ready()
{
	background "$@"
	await_output ready
}

await_output()
{
	if ! eventually grep -qx -- "$1" "$OUT"; then
		cat "$OUT" "$ERR"
		return 1
	fi
}

# await_status N: waits for the one in the background and compares its status.
await_status()
{
	local got=0

	wait "$RUN_PID" || got=$?
	if ((got != $1)); then
		printf 'expected status %d but got %d\nstdout: %s\nstderr: %s\n' "$1" "$got" "$(cat "$OUT")" "$(cat "$ERR")"
		return 1
	fi
}

# await_signals_taken: until mini-run has taken all signals that were sent to it (or has ended).
await_signals_taken() { eventually signals_taken; }

signals_taken() { [[ ! -e /proc/$RUN_PID/status ]] || grep -q '^ShdPnd:.*0000000000000000$' "/proc/$RUN_PID/status"; }

# children_of PID and init_pid: the host's pids. PID 1 is mini-run's first child, the guard its second.
children_of() { cat "/proc/$1/task/$1/children"; }

init_pid() { children_of "$RUN_PID" | cut -d ' ' -f 1; }

# kill_with_guard: what not even the guard cleans up: mini-run in the background and its guard are killed, and the
# container with them, before any of them could do anything.
kill_with_guard()
{
	local pid
	local -a all=()

	# The file has no newline at its end.
	mapfile -t -d ' ' all < <(children_of "$RUN_PID")
	kill -STOP "$RUN_PID" "${all[@]:1}"
	kill -KILL "${all[@]:1}" "$RUN_PID"
	await_status 137
	for pid in "${all[@]}"; do
		eventually process_gone "$pid"
	done
}

# process_gone PID: it has ended (nobody need have waited for it yet).
process_gone()
{
	[[ ! -e /proc/$1 ]] || grep -q '^State:.[ZX]' "/proc/$1/status" 2>/dev/null || [[ ! -e /proc/$1 ]]
}

# no_process_named REGEX: no process has such a command line.
no_process_named() { ! pgrep -f -- "$1" >/dev/null; }

# ---- cgroups --------------------------------------------------------------------------------------------------

# cgroups_of ID: its directories, of all hierarchies.
cgroups_of()
{
	local mountpoint

	sed -n 's/^[^ ]* [^ ]* [^ ]* [^ ]* \([^ ]*\) .* - cgroup2\{0,1\} .*/\1/p' /proc/self/mountinfo | sort -u |
		while read -r mountpoint; do
			if [[ -d $mountpoint/mini-run/$1 ]]; then
				echo "$mountpoint/mini-run/$1"
			fi
		done
}

# cgroup_value ID FILE...: the content of the first of the FILEs that one of its cgroups has.
cgroup_value()
{
	local id=$1 file dir
	shift

	for file in "$@"; do
		for dir in $(cgroups_of "$id"); do
			if [[ -e $dir/$file ]]; then
				cat "$dir/$file"
				return
			fi
		done
	done
	echo "no cgroup of $id has $*"
	return 1
}

expect_no_cgroup() { expect_equal "$(cgroups_of "$1")" ""; }
