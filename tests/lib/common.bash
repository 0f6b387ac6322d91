# Loaded by every bats file: `load ../lib/common`. Finds the repository and the program under test, makes the
# root file system that containers run in, and compares the host before and after each test: a test after
# which a mount, a cgroup, a state directory or a process of mini-run is there that was not there before has
# failed. A file with a setup or teardown of its own calls common_setup and common_teardown in it.
#
# shellcheck shell=bash
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run

bats_require_minimum_version 1.5.0

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
MINI_RUN=${MINI_RUN:-$REPO/build/mini-run}
ROOTFS=$REPO/build/rootfs
STATE_DIR=/run/mini-run
export REPO MINI_RUN ROOTFS

# ---- the host before and after ----------------------------------------------------------------------------

# Prints what mini-run could leave behind, one thing a line. By the shell alone: this runs twice a test, and every
# program that it started would cost more than the test in an emulated machine.
host_snapshot()
{
	local line path name state pid
	local -a fields

	while IFS= read -r line; do
		printf 'mount: %s\n' "$line"
	done </proc/self/mountinfo
	shopt -s nullglob globstar dotglob
	# In every hierarchy. The directory mini-run itself is shared by all containers and may stay.
	for path in /sys/fs/cgroup/**/*mini-run*/ /sys/fs/cgroup/**/mini-run/**/; do
		path=${path%/}
		[[ $path == */mini-run || -L $path ]] || printf 'cgroup: %s\n' "$path"
	done
	# Compiled filters are kept on purpose, under a name that no container can have.
	for path in "$STATE_DIR"/*; do
		[[ ${path##*/} == .seccomp ]] || printf 'state: %s\n' "$path"
	done
	for path in /proc/[0-9]*/comm; do
		{ read -r name <"$path"; } 2>/dev/null || continue
		[[ $name == mini-run* ]] || continue
		pid=${path#/proc/} pid=${pid%/comm}
		{ read -ra fields <"/proc/$pid/stat"; } 2>/dev/null || continue
		line="${fields[*]}" state=${line##*) }
		# A zombie is its parent's to reap: of what mini-run left it may be a slow init's.
		[[ $state == Z* ]] || printf 'process: %s %s\n' "$pid" "$name"
	done
	shopt -u nullglob globstar dotglob
}

common_setup()
{
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

# run_status N CMD...: fails unless it exits with N.
run_status()
{
	local wanted=$1
	shift

	run --separate-stderr "$@"
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

# eventually CMD...: repeats it until it succeeds, for ten seconds.
eventually()
{
	local try

	for ((try = 0; try < 100; try++)); do
		if "$@"; then
			return 0
		fi
		sleep 0.1
	done
	printf 'did not come true: %s\n' "$*"
	return 1
}

# ---- what this host is ------------------------------------------------------------------------------------

is_vm() { [[ ${MINI_RUN_VM:-} ]]; }

# v2: nothing but cgroup v2 with controllers; hybrid: a v1 hierarchy is mounted; none: no cgroups at all.
host_cgroup_mode()
{
	if grep -q ' - cgroup ' /proc/self/mountinfo; then
		echo hybrid
	elif grep -q ' - cgroup2 ' /proc/self/mountinfo; then
		echo v2
	else
		echo none
	fi
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
