# Loaded after common.bash and containers.bash by the files in tests/oci: bundles, the OCI commands on a state root of
# the test's own, and what they may not leave behind.
#
#	load ../lib/common
#	load ../lib/containers
#	load ../lib/bundle
#
#	@test "..." {
#		bundle_make				# $BUNDLE, with rootfs and config.json
#		bundle_args sleep 1000			# process.args
#		bundle_set root.readonly true		# one value; jq takes as long to start as ten other programs
#		bundle_edit 'del(.mounts[0])'		# anything else, by jq
#		id=$(container_id)
#		oci_create "$id"			# its stdin is /dev/null, its output goes to $OUT, messages to $ERR
#		oci_start "$id"
#		expect_equal "$(oci_state "$id" status)" running
#	}						# what is left is deleted with --force, and then nothing may be there
#
# A container holds the stdout and stderr that create had, so create and `run --detach` are never called in $(...) or
# by bats' run here: those would wait for the container. oci_create, oci_run_detached and oci_try use files.
#
# A loop in a test does not count with a variable named i: the trap that bats sets for its traces does.
#
# Everything that a test starts has MINI_RUN_TEST in its environment (the bundle's process too), and all containers
# have names from container_id, so that what is left is found without a look at what others do at the same time. A file
# with a setup or teardown of its own calls bundle_setup and bundle_teardown in it.
#
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables for the tests; status, output and stderr are set by bats' run

PROBE=${PROBE:-$REPO/build/tests/lib/probe}
JSON=$REPO/build/tests/lib/json
export PROBE JSON LEFTOVERS

setup() { bundle_setup; }
teardown() { bundle_teardown; }

bundle_setup()
{
	trace_tests_only
	need_root
	need_helper "$PROBE"
	need_helper "$LEFTOVERS"
	need_helper "$JSON"
	if [[ ! -e $ROOTFS/etc/made-by-make-rootfs ]]; then
		mkdir -p "$REPO/build"
		flock "$REPO/build/rootfs.lock" "$REPO/scripts/make-rootfs" "$ROOTFS"
	fi
	OCI_ROOT=$BATS_TEST_TMPDIR/state
	OCI_FLAGS=()
	MINI_RUN_TEST=oci-$$-$BATS_TEST_NUMBER
	export OCI_ROOT MINI_RUN_TEST
	# bats makes it for root alone; a container in a user namespace has to get through.
	if [[ ! -e $BATS_RUN_TMPDIR/open ]]; then
		chmod 711 "$BATS_RUN_TMPDIR"
		: >"$BATS_RUN_TMPDIR/open"
	fi
	mapfile -t bundle_mounts_before </proc/self/mountinfo
}

# ---- bundles ----------------------------------------------------------------------------------------------------

# The root file system that bundles copy: busybox with the applets below, the probe at /bin/probe, a few files in /etc and
# the usual directories. The links are made once and kept in build/tests; each file of tests has a copy.
bundle_template()
{
	local kept=$REPO/build/tests/bundle template=$BATS_FILE_TMPDIR/bundle lock

	[[ ! -d $template ]] || return 0
	exec {lock}>"$kept.lock"
	flock "$lock"
	if [[ ! -e $kept/made || $ROOTFS/bin/busybox -nt $kept/made || $REPO/tests/lib/bundle.bash -nt $kept/made ]]; then
		bundle_template_make "$kept/rootfs"
		touch "$kept/made"
	fi
	mkdir "$template.new"
	cp -a "$kept/rootfs" "$template.new/rootfs"
	exec {lock}>&-
	cp "$PROBE" "$template.new/rootfs/bin/probe"
	chown 1000:1000 "$template.new/rootfs/home/user"
	mv "$template.new" "$template"
}

bundle_template_make()
{
	local dir=$1 applet

	rm -rf "$dir"
	mkdir -p "$dir"/{bin,dev,etc,home/user,mnt,proc,root,run,sys,tmp,var}
	chmod 1777 "$dir/tmp"
	cp "$ROOTFS/bin/busybox" "$dir/bin/busybox"
	# The names that the tests call; busybox has more.
	for applet in sh ash awk basename cat chgrp chmod chown chroot cp cut date dd df dirname dmesg echo env expr false \
		find grep head hostname id ionice kill ln ls mkdir mkfifo mknod mount mv nice nproc od ps pwd readlink \
		realpath renice rm rmdir sed seq setsid sleep sort stat stty sync tail tee test timeout touch tr true tty \
		umount uname unshare uptime wc which whoami xargs yes; do
		ln -s busybox "$dir/bin/$applet"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n' >"$dir/etc/passwd"
	printf 'root:x:0:\nuser:x:1000:\n' >"$dir/etc/group"
}

# bundle_make [DIR]: a bundle in DIR (default $BATS_TEST_TMPDIR/bundle); $BUNDLE from then on. Its files are hard links:
# a test that wants to alter busybox, the probe or a file in /etc makes a new one in its place.
bundle_make()
{
	BUNDLE=${1:-$BATS_TEST_TMPDIR/bundle}
	export BUNDLE
	bundle_template
	[[ -d ${BUNDLE%/*} ]] || mkdir -p "${BUNDLE%/*}"
	cp -alT "$BATS_FILE_TMPDIR/bundle" "$BUNDLE"
	bundle_config >"$BUNDLE/config.json"
}

# What `mini-run spec` writes, but without a terminal and, for the speed of it, without a network namespace.
bundle_config()
{
	echo '{
"ociVersion": "1.2.0",
"process": {
	"terminal": false,
	"user": {"uid": 0, "gid": 0},
	"args": ["sh"],
	"env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm",
		"MINI_RUN_TEST='"$MINI_RUN_TEST"'"],
	"cwd": "/",
	"capabilities": {
		"bounding": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
		"effective": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
		"permitted": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
	},
	"rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
	"noNewPrivileges": true
},
"root": {"path": "rootfs", "readonly": false},
"hostname": "mini-run",
"mounts": [
	{"destination": "/proc", "type": "proc", "source": "proc"},
	{"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
		"options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
	{"destination": "/dev/pts", "type": "devpts", "source": "devpts",
		"options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
	{"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
		"options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
	{"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": ["nosuid", "noexec", "nodev"]},
	{"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
	{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
		"options": ["nosuid", "noexec", "nodev", "relatime", "ro"]}
],
"linux": {
	"resources": {"devices": [{"allow": false, "access": "rwm"}]},
	"namespaces": [{"type": "pid"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}, {"type": "cgroup"}],
	"maskedPaths": ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
		"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"],
	"readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
}
}'
}

# bundle_edit [JQ-OPTION...] EXPRESSION: alters config.json in place: bundle_edit --arg p "$path" '.root.path = $p'.
bundle_edit()
{
	local edited

	edited=$(jq "$@" "$BUNDLE/config.json") || return
	printf '%s\n' "$edited" >"$BUNDLE/config.json"
}

# bundle_set A.B.C JSON: the member of that path is that value: bundle_set linux.resources '{"pids": {"limit": 5}}'.
bundle_set() { "$JSON" set "$BUNDLE/config.json" "$@"; }

# bundle_args ARG...: process.args.
bundle_args() { "$JSON" args "$BUNDLE/config.json" "$@"; }

# bundle_env NAME=VALUE...: adds to process.env.
bundle_env() { "$JSON" env "$BUNDLE/config.json" "$@"; }

# ---- the commands -------------------------------------------------------------------------------------------------

# container_id [SUFFIX]: the name for a container of this test.
container_id() { echo "$MINI_RUN_TEST${1:+-$1}"; }

# oci COMMAND [ARG...]: mini-run on the test's state root; $OCI_FLAGS, an array, holds more global options. bats' own
# descriptors are not passed on: a container would hold them.
oci() { "$MINI_RUN" --root "$OCI_ROOT" "${OCI_FLAGS[@]}" "$@" 3>&- 4>&-; }

# oci_create [OPTION...] ID and oci_run_detached [OPTION...] ID: of $BUNDLE. The container's stdin is /dev/null, its
# stdout goes to $OUT, its stderr and the messages of mini-run to $ERR, which are files named after ID. These fail,
# and show $ERR, when mini-run does.
oci_create() { oci_detached create "$@"; }
oci_run_detached() { oci_detached run --detach "$@"; }

oci_detached()
{
	OUT=$BATS_TEST_TMPDIR/${*: -1}.out
	ERR=$BATS_TEST_TMPDIR/${*: -1}.err
	if ! oci "$1" --bundle "$BUNDLE" "${@:2}" </dev/null >"$OUT" 2>"$ERR"; then
		printf 'failed: %s\n' "$*"
		cat "$ERR"
		return 1
	fi
}

# oci_run [OPTION...] ID: in the foreground, of $BUNDLE. For run_ok, run_status and oci_try.
oci_run() { oci run --bundle "$BUNDLE" "$@" </dev/null; }

oci_start() { oci start "$@"; }

# oci_state ID [JQ-PATH]: the state document, or one member of it: oci_state "$id" status.
oci_state()
{
	if (($# == 1)); then
		oci state "$1"
	elif [[ $2 =~ ^[a-z]+$ ]]; then
		oci state "$1" | "$JSON" get "$2"
	else
		oci state "$1" | jq -r ".$2"
	fi
}

# oci_status_is ID STATUS, for eventually; and expect_status ID STATUS.
oci_status_is() { [[ $(oci_state "$1" status 2>/dev/null) == "$2" ]]; }
expect_status() { expect_equal "$(oci_state "$1" status)" "$2"; }

# oci_stopped ID: its process has ended, or ends within ten seconds.
oci_stopped() { eventually oci_status_is "$1" stopped; }

# oci_gone ID: there is no such container any more.
oci_gone()
{
	[[ ! -e $OCI_ROOT/$1 ]] && ! oci state "$1" >/dev/null 2>&1
}

# oci_try CMD...: runs it with files as stdout and stderr; sets status, output and stderr as run does.
oci_try()
{
	status=0
	"$@" </dev/null >"$BATS_TEST_TMPDIR/try.out" 2>"$BATS_TEST_TMPDIR/try.err" || status=$?
	output=$(<"$BATS_TEST_TMPDIR/try.out")
	stderr=$(<"$BATS_TEST_TMPDIR/try.err")
}

# expect_oci_error REGEX CMD...: CMD (as in: oci start x) fails as OCI commands do, with status 1 (exec: 255), nothing on
# stdout and one line on stderr that matches.
expect_oci_error()
{
	if [[ "$2 ${3:-}" == 'oci exec' ]]; then
		expect_oci_status 255 "$@"
	else
		expect_oci_status 1 "$@"
	fi
}

# expect_oci_status STATUS REGEX CMD...: the same with any status.
expect_oci_status()
{
	local wanted=$1 regex=$2
	shift 2

	oci_try "$@"
	if ((status != wanted)) || [[ $output || ! $stderr =~ ^mini-run:\ [^$'\n']*$ || ! $stderr =~ $regex ]]; then
		printf 'expected status %d and one line on stderr that matches: %s\nof: %s\n' "$wanted" "$regex" "$*"
		show_result
		return 1
	fi
}

# ---- the end of a test --------------------------------------------------------------------------------------------

bundle_teardown()
{
	local failed=0 try left=""

	# Skipped in setup: nothing was begun.
	[[ ${OCI_ROOT:-} ]] || return 0

	tmux_end
	bundle_delete_all || failed=1
	# The kernel takes a moment to let go of what a killed process had.
	for ((try = 0; try < 20; try++)); do
		left=$(bundle_left)
		[[ $left ]] || break
		sleep 0.1
	done
	if [[ $left ]]; then
		printf 'left behind by this test:\n%s\n' "$left"
		bundle_clean
		failed=1
	fi
	return "$failed"
}

# Every container of the state root is deleted, as an engine would do it.
bundle_delete_all()
{
	local dir failed=0

	for dir in "$OCI_ROOT"/*/; do
		[[ -d $dir ]] || continue
		dir=${dir%/}
		oci delete --force "${dir##*/}" </dev/null || failed=1
		if [[ -e $dir ]]; then
			printf 'still there after delete --force: %s\n' "${dir##*/}"
			failed=1
		fi
	done
	return "$failed"
}

# Prints what the test has left, one thing a line.
bundle_left()
{
	local -a after

	"$LEFTOVERS" of "$MINI_RUN_TEST" || echo 'leftovers could not look'
	mapfile -t after </proc/self/mountinfo
	if [[ ${after[*]} != "${bundle_mounts_before[*]}" ]]; then
		# Of others' mounts only the root's is looked at: how it propagates, above all.
		diff <(printf '%s\n' "${bundle_mounts_before[@]}") <(printf '%s\n' "${after[@]}") |
			grep -E "^[<>].*( $BATS_RUN_TMPDIR/|mini-run| / / )" | sed 's/^/mount: /' || true
	fi
}

# The pids of what this test has started. No shell of bats is among them: those have not executed anything since the
# variable was set.
bundle_processes() { "$LEFTOVERS" pids "$1"; }

# So that one failure does not make the next tests fail.
bundle_clean()
{
	local path pid
	local -a paths

	for pid in $(bundle_processes "$MINI_RUN_TEST"); do
		kill -KILL "$pid" 2>/dev/null || true
	done
	mapfile -t paths < <("$LEFTOVERS" of "$MINI_RUN_TEST" | sed -n 's/^cgroup: //p')
	for path in "${paths[@]}"; do
		xargs -r kill -KILL <"$path/cgroup.procs" 2>/dev/null || true
	done
	sleep 0.2
	for path in "${paths[@]}"; do
		find "$path" -depth -type d -exec rmdir {} + 2>/dev/null || true
	done
}
