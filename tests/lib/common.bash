# Loaded by every bats file: `load ../lib/common`. Finds the repository and the program under test, makes the
# root file system that containers run in, and compares the host before and after each test: a test after
# which a mount, a cgroup, a state directory or a process of mini-run is there that was not there before has
# failed. A file with a setup or teardown of its own calls common_setup and common_teardown in it.
#
# shellcheck shell=bash
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run

bats_require_minimum_version 1.5.0

# bats' directory is absolute, and its files are in a folder of tests/: no program needs to be asked.
REPO=${BATS_TEST_DIRNAME%/tests/*}
MINI_RUN=${MINI_RUN:-$REPO/build/mini-run}
ROOTFS=$REPO/build/rootfs
STATE_DIR=/run/mini-run
LEFTOVERS=$REPO/build/tests/lib/leftovers
export REPO MINI_RUN ROOTFS

# ---- what a test costs ------------------------------------------------------------------------------------

# bats notes its whole stack before every single command, functions of its own and of tests/lib included, to have it for
# a test that fails. That took more time than most of the commands. Here it does so for the commands in the test file,
# so a failure is shown with its line in there. Called in setup.
trace_tests_only()
{
	if [[ ${BATS_TEST_SOURCE:-} ]] && declare -F bats_debug_trap >/dev/null; then
		trap '[[ $BASH_SOURCE != "$BATS_TEST_SOURCE" ]] || bats_debug_trap "$BASH_SOURCE"' DEBUG
	fi
}

need_helper()
{
	if [[ ! -x $1 ]]; then
		echo "$1 is missing: type make units"
		return 1
	fi
}

# ---- the host before and after ----------------------------------------------------------------------------

# Prints what mini-run could leave behind, one thing a line (tests/lib/leftovers.c).
host_snapshot() { "$LEFTOVERS" host "$STATE_DIR"; }

common_setup()
{
	trace_tests_only
	need_helper "$LEFTOVERS"
	if [[ ! -e $ROOTFS/etc/made-by-make-rootfs ]]; then
		mkdir -p "$REPO/build"
		flock "$REPO/build/rootfs.lock" "$REPO/scripts/make-rootfs" "$ROOTFS"
	fi
	common_before=$(host_snapshot)
}

# Prints what is there now and was not before, and every change of the mount table. That a cgroup or a process
# is gone is no fault: it may be of another run's.
host_changes()
{
	local after

	after=$(host_snapshot)
	[[ $after == "$common_before" ]] && return 0
	diff <(printf '%s\n' "$common_before") <(printf '%s\n' "$after") | grep -E '^> |^< mount' || true
}

# The kernel takes a moment to let go of what a killed process had: the comparison is made until it comes out
# even, and fails when it does not after two seconds.
common_teardown()
{
	local try changes

	tmux_end
	for ((try = 0; try < 20; try++)); do
		changes=$(host_changes)
		if [[ -z $changes ]]; then
			return 0
		fi
		sleep 0.1
	done
	printf 'the host is not as it was before this test (< before, > after):\n%s\n' "$changes"
	return 1
}

setup() { common_setup; }
teardown() { common_teardown; }

# ---- running a command and looking at what came of it -------------------------------------------------------

show_result()
{
	printf 'status: %s\nstdout: %s\nstderr: %s\n' "$status" "$output" "${stderr:-}"
}

# run_ok CMD...: runs it, with $output and $stderr apart; fails unless it exits with 0.
run_ok() { run_status 0 "$@"; }

# run_status N CMD...: fails unless it exits with N. Sets status, output, stderr and lines as bats' run
# --separate-stderr does, with fewer programs.
run_status()
{
	local wanted=$1 stderr_file=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}/stderr.$BASHPID
	shift

	status=0
	output=$(set +eET; trap - DEBUG; "$@" 2>"$stderr_file") || status=$?
	read -r -d '' stderr <"$stderr_file" || true
	# shellcheck disable=SC2034 # for the tests
	IFS=$'\n' read -r -d '' -a lines <<<"$output" || true
	if ((status != wanted)); then
		printf 'expected status %d of: %s\n' "$wanted" "$*"
		show_result
		return 1
	fi
}

# expect_match STRING REGEX and expect_equal STRING STRING: failing comparisons that say what was compared.
expect_match()
{
	if [[ ! $1 =~ $2 ]]; then
		printf 'does not match: %s\nthe text: %s\n' "$2" "$1"
		return 1
	fi
}

expect_equal()
{
	if [[ $1 != "$2" ]]; then
		printf 'expected: %s\nbut got:  %s\n' "$2" "$1"
		return 1
	fi
}

# eventually CMD...: repeats it until it succeeds, for ten seconds; most things come true in the first moments.
eventually()
{
	local try

	for ((try = 0; try < 105; try++)); do
		if "$@"; then
			return 0
		fi
		if ((try < 5)); then
			sleep 0.02
		else
			sleep 0.1
		fi
	done
	printf 'did not come true: %s\n' "$*"
	return 1
}

# ---- what this host is ------------------------------------------------------------------------------------

is_vm() { [[ ${MINI_RUN_VM:-} ]]; }

# v2: nothing but cgroup v2 with controllers; hybrid: a v1 hierarchy is mounted; none: no cgroups at all.
host_cgroup_mode()
{
	local table

	table=$(</proc/self/mountinfo)
	case $table in
	*' - cgroup '*) echo hybrid ;;
	*' - cgroup2 '*) echo v2 ;;
	*) echo none ;;
	esac
}

has_v2() { [[ $(host_cgroup_mode) == v2 ]]; }

# has_controller NAME: in the v2 hierarchy or in one of v1.
has_controller()
{
	if has_v2; then
		grep -qw -- "$1" /sys/fs/cgroup/cgroup.controllers
	else
		awk -v name="$1" '/ - cgroup / { n = split($NF, option, ","); for (i = 1; i <= n; i++)
			if (option[i] == name) found = 1 } END { exit !found }' /proc/self/mountinfo
	fi
}

need_root()
{
	if ((EUID != 0)); then
		skip "needs root"
	fi
}

# ---- as an ordinary user -----------------------------------------------------------------------------------
#
# user_setup, once in a test; then as_user CMD..., with $USER_MINI_RUN as the program and $USER_ROOT as a root file system
# that is the user's own. Where it must be a program and no function: "${AS_USER[@]}" CMD... The user has no account and
# needs none, so there are no ids for him in /etc/subuid; behind user_ids_setup, as_user_ids CMD... has some, in a mount
# namespace of the command's own.

USER_ID=4100000
USER_SUBIDS=4200000 # and 65535 more

user_setup()
{
	need_root
	USER_HOME=$BATS_TEST_TMPDIR/user
	USER_ROOT=$USER_HOME/rootfs
	USER_MINI_RUN=$BATS_TEST_TMPDIR/mini-run
	# shellcheck disable=SC2034 # for the tests
	USER_STATE=$USER_HOME/run/mini-run
	# A state root of the test's own.
	AS_USER=(setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups
		env --chdir "$USER_HOME" -u USER HOME="$USER_HOME" XDG_RUNTIME_DIR="$USER_HOME/run")
	# bats makes the first for root alone.
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	mkdir -p "$USER_HOME/run"
	chmod 700 "$USER_HOME" "$USER_HOME/run"
	cp "$MINI_RUN" "$USER_MINI_RUN"
	chmod 755 "$USER_MINI_RUN"
	cp -a "$ROOTFS" "$USER_ROOT"
	chown -R "$USER_ID:$USER_ID" "$USER_HOME"
	if ! as_user unshare --user --map-root-user --mount true 2>/dev/null; then
		skip "this host forbids user namespaces to ordinary users"
	fi
}

as_user() { "${AS_USER[@]}" "$@"; }

# user_ids_setup, once in a test, for as_user_ids CMD...; skips where the ids cannot be had.
user_ids_setup()
{
	local dir=$BATS_TEST_TMPDIR/etc

	if ! command -v newuidmap newgidmap >/dev/null; then
		skip "newuidmap and newgidmap are not installed"
	fi
	if is_vm; then
		touch /etc/subuid /etc/subgid # made by the scripts of packages, which were not run there
	elif [[ ! -e /etc/subuid || ! -e /etc/subgid ]]; then
		skip "there is no /etc/subuid to put another one over"
	fi
	mkdir "$dir"
	{
		cat /etc/passwd
		echo "mini-run-user:x:$USER_ID:$USER_ID::$USER_HOME:/bin/sh"
	} >"$dir/passwd"
	echo "mini-run-user:$USER_SUBIDS:65536" >"$dir/subids"
	# shellcheck disable=SC2016 # expanded by the inner shell
	AS_USER_IDS=(unshare --mount --propagation private bash -c '
		set -e
		mount --bind "$0/passwd" /etc/passwd
		mount --bind "$0/subids" /etc/subuid
		mount --bind "$0/subids" /etc/subgid
		exec "$@"' "$dir" "${AS_USER[@]}")
}

as_user_ids() { "${AS_USER_IDS[@]}" "$@"; }

# ---- terminals --------------------------------------------------------------------------------------------

# pty CMD...: runs it with a terminal as stdin, stdout and stderr; what it writes to the terminal comes out of
# stdout without carriage returns, and its status is kept. The terminal is 80 columns by 24 rows. Stdin of pty
# is what is typed; the terminal is closed when the command ends and not when stdin does.
pty()
{
	python3 -c '
import fcntl, os, pty, select, struct, sys, termios
pid, master = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    try:
        os.execvp(sys.argv[1], sys.argv[1:])
    except OSError as e:
        print(sys.argv[1] + ": " + e.strerror)
    os._exit(127)
inputs = [master, 0]
while True:
    ready = select.select(inputs, [], [])[0]
    if master in ready:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        sys.stdout.buffer.write(data.replace(b"\r", b""))
        sys.stdout.buffer.flush()
    if 0 in ready:
        data = os.read(0, 4096)
        if data:
            os.write(master, data)
        else:
            inputs.remove(0)
status = os.waitpid(pid, 0)[1]
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
' "$@"
}

# A terminal to type at and to look at: tmux_start CMD..., tmux_type KEY... (tmux names: Enter, C-c; text
# as it is), tmux_screen, tmux_wait REGEX. Each test has a tmux server of its own, ended in teardown.
# The screen stays when the command has ended.
tmux_command() { tmux -S "$BATS_TEST_TMPDIR/tmux" -f "$BATS_TEST_TMPDIR/tmux.conf" "$@"; }

tmux_start()
{
	echo 'set-option -g remain-on-exit on' >"$BATS_TEST_TMPDIR/tmux.conf"
	tmux_command new-session -d -s test -x 80 -y 24 "$(printf '%q ' "$@")"
}

tmux_type() { tmux_command send-keys -t test "$@"; }

tmux_screen() { tmux_command capture-pane -p -t test; }

tmux_shows() { grep -qE -- "$1" <<<"$(tmux_screen)"; }

tmux_wait()
{
	if ! eventually tmux_shows "$1"; then
		tmux_screen
		return 1
	fi
}

tmux_end()
{
	if [[ -S $BATS_TEST_TMPDIR/tmux ]]; then
		tmux_command kill-server 2>/dev/null || true
	fi
}
