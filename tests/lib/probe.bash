# Loaded by the files of tests/container that look at a container from the inside, after common: the probe
# (tests/lib/probe.c) in a container, root file systems to alter, containers that stay, canaries.
#
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # status, output and stderr are set by bats' run, and here for its users

PROBE=$REPO/build/tests/lib/probe
ROOT=$ROOTFS
export PROBE ROOT

setup()
{
	common_setup
	if [[ ! -x $PROBE ]]; then
		echo "$PROBE is missing: type make units"
		return 1
	fi
}

teardown()
{
	container_end
	common_teardown
}

# ---- running ----------------------------------------------------------------------------------------------

# inside [OPTION...] -- COMMAND...: runs COMMAND in a container in $ROOT that has the probe at /mnt/probe.
inside()
{
	local -a options=()

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	"$MINI_RUN" run -v "${PROBE%/*}:/mnt:ro" "${options[@]}" "$ROOT" "$@"
}

# refused REGEX [OPTION...] -- COMMAND...: mini-run must refuse this with status 125 and one line that matches.
refused()
{
	local regex=$1
	shift

	run_status 125 inside "$@" || return 1
	if [[ ! $stderr =~ ^mini-run:\ [^$'\n']*$ ]]; then
		show_result
		return 1
	fi
	expect_match "$stderr" "$regex"
}

# try COMMAND...: like bats' "run --separate-stderr", for a command that may end with any status, 127 included (of
# which bats believes that the test has a typing error).
try()
{
	status=0
	output=$("$@" 2>"$BATS_TEST_TMPDIR/stderr") || status=$?
	stderr=$(<"$BATS_TEST_TMPDIR/stderr")
}

# fact KEY: the value of the line KEY=VALUE of $output; expect_fact KEY VALUE compares it.
fact() { sed -n "s/^$(sed 's/[][\\.*^$/]/\\&/g' <<<"$1")=//p" <<<"$output"; }

expect_fact()
{
	if [[ $(fact "$1") != "$2" ]]; then
		printf 'expected: %s=%s\nbut got:  %s=%s\n' "$1" "$2" "$1" "$(fact "$1")"
		return 1
	fi
}

# new_root: a copy of the root file system that the test may alter; $ROOT from then on.
new_root()
{
	ROOT=$BATS_TEST_TMPDIR/root
	cp -a "$ROOTFS" "$ROOT"
}

# own_mounts SCRIPT [ARGUMENT...]: runs the bash script in a mount namespace of its own, where the test can mount
# what it likes. It has an empty tmpfs at $FS, without nosuid and nodev, and the functions of these files.
own_mounts()
{
	local script=$1
	shift

	FS=$BATS_TEST_TMPDIR/fs
	mkdir -p "$FS"
	export FS
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --propagation private bash -euo pipefail -c '
		mount -t tmpfs own "$FS"
		eval "$1"
		shift
		eval "$1"
	' bash "$(declare -f inside fact expect_fact expect_equal expect_match show_result eventually)" "$script" "$@"
}

# ---- a container that stays -------------------------------------------------------------------------------

# container_start [OPTION...]: one that sleeps; $PID is its process 1 as the host sees it, $KEEPER is mini-run.
container_start()
{
	"$MINI_RUN" run --pid-file "$BATS_TEST_TMPDIR/pid" "$@" "$ROOT" sleep 1000 </dev/null \
		>"$BATS_TEST_TMPDIR/keeper.log" 2>&1 3>&- &
	KEEPER=$!
	if ! eventually container_runs; then
		cat "$BATS_TEST_TMPDIR/keeper.log"
		return 1
	fi
}

container_runs()
{
	PID=$(cat "$BATS_TEST_TMPDIR/pid" 2>/dev/null) && [[ $(cat "/proc/$PID/comm" 2>/dev/null) == sleep ]]
}

container_end()
{
	[[ ${KEEPER:-} ]] || return 0
	kill -TERM "$KEEPER" 2>/dev/null || true
	wait "$KEEPER" || true
	rm -f "$BATS_TEST_TMPDIR/pid"
	KEEPER=
}

# cgroup_dir CONTROLLER: where the container of $PID is in the hierarchy that has it.
cgroup_dir()
{
	if has_v2; then
		echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$PID/cgroup")"
		return
	fi
	# mountinfo: the mount point of the hierarchy; cgroup: the path in it.
	echo "$(awk -v name="$1" '/ - cgroup / { n = split($NF, option, ","); for (i = 1; i <= n; i++)
		if (option[i] == name) { print $5; exit } }' /proc/self/mountinfo)$(awk -F: -v name="$1" '{
		n = split($2, list, ","); for (i = 1; i <= n; i++) if (list[i] == name) print $3 }' "/proc/$PID/cgroup")"
}

# expect_limit CONTROLLER V1-FILE V1-VALUE V2-FILE V2-VALUE: what the host's kernel says of $PID's cgroup.
expect_limit()
{
	local file=$2 value=$3

	if has_v2; then
		file=$4 value=$5
	fi
	if [[ $(cat "$(cgroup_dir "$1")/$file") != "$value" ]]; then
		printf '%s: expected %s, got %s\n' "$file" "$value" "$(cat "$(cgroup_dir "$1")/$file")"
		return 1
	fi
}

# ---- canaries ---------------------------------------------------------------------------------------------

# canary_make: a tree of the host, outside of every root file system, that no container may touch.
canary_make()
{
	CANARY=$BATS_TEST_TMPDIR/canary
	mkdir -p "$CANARY/directory"
	echo untouched >"$CANARY/file"
	echo untouched >"$CANARY/directory/file"
	export CANARY
	canary_state >"$BATS_TEST_TMPDIR/canary.before"
}

canary_state()
{
	find "$CANARY" -printf '%P %y %i %m %U:%G %n %s %T@ %l\n' | sort
	find "$CANARY" -type f -exec sha256sum {} +
}

canary_intact()
{
	canary_state >"$BATS_TEST_TMPDIR/canary.after"
	diff "$BATS_TEST_TMPDIR/canary.before" "$BATS_TEST_TMPDIR/canary.after"
}
