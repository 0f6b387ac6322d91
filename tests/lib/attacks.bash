# Loaded by the files in tests/attacks, one line: `load ../lib/attacks`. It loads common, containers, probe and bundle
# itself, whose functions are there too (bundle_edit, fact, expect_equal, ...).
#
#	@test "3.7 /dev that is a link out of the root is not filled" {
#		dev_link()					# the attack: prepares $BUNDLE, then `attack COMMAND...`
#		{
#			rm -r "$BUNDLE/rootfs/dev"
#			ln -s "$CANARY" "$BUNDLE/rootfs/dev"
#			bundle_edit 'del(.mounts[] | select(.destination | startswith("/dev")))'
#			attack true				# sets $status, $output and $stderr; fails for no status
#		}
#		control_trips dev_link runc crun		# the same on who is known to fall for it: must fail there
#		in_every_form dev_link direct bundle exec+userns	# and hold here
#	}
#
# A test's name begins with the number of its row; docs/security.md has the table (scripts/security-table).
#
# An attack is a function. It is called once a form, each time with a bundle of its own in $BUNDLE, which is the root
# file system of the direct form as well ($BUNDLE/rootfs), and with a canary of its own in $CANARY. It holds when the
# function returns 0 and afterwards nothing is changed that canary_make noted: the canary's tree (content, mode, owner,
# times), the host's mounts, names and kernel settings, and the binary under test. It is called where errexit does not
# count: end a line that must hold with `|| return 1`.
#
# Forms: HOW[+WALL], in $FORM while the attack runs.
#	HOW	direct	`run ROOTFS COMMAND`, with the options in ATTACK_OPTIONS=(...)
#		bundle	`run --bundle`; create: `create` and `start`; exec: `exec` in a container that sleeps.
#			These have what config.json says. ATTACK_BUNDLE_OPTIONS=(...) are for run and create,
#			ATTACK_EXEC_OPTIONS=(...) for exec.
#	WALL	userns	 ids 0 to 65535 are 100000 to 165535 outside (direct: --userns auto)
#		sameids	 a user namespace that maps each id to itself (bundle, create, exec)
#		overlay	 direct with --overlay
#		rootless as an ordinary user, with his one id (bundle, create, exec: in a user namespace that says so)
#	and more than one where it makes sense: direct+rootless+overlay.
# form_is WORD: whether $FORM has that HOW or WALL. Without a list, in_every_form takes FORMS.
# A form that this host cannot do is left out and named; one that is there must run.
#
# Controls: chroot (a plain chroot with the host's /dev, and procfs and sysfs in it), naive (does what config.json says
# about mounts, masks, devices and sysctls by joining paths, as no runtime should, and then a chroot), runc, crun,
# runc+exec, crun+exec; and `host`, the command itself without any wall. They run in mount, PID and UTS namespaces of their own, so that what
# they are led to do hurts nothing (not `host`: give it nothing that hurts). control_trips fails for each that is
# installed and does not trip; where none is, it says so. In measure mode (ATTACKS_MEASURE=FILE) in_every_form tries
# runc and crun as well and adds lines "NUMBER FUNCTION PEER WORD MESSAGE" to FILE, where WORD is trips, holds or refuses:
# what docs/security.md says about them.
#
# Whatever runs has these descriptors open: 7 the canary's directory, 8 a file in it, 9 the binary under test. With
# ATTACK_CALLER=(COMMAND [ARGUMENT...]) it is called by that command: setpriv, env, nice, the probe's `odd`, ...
#
# In each root file system are /bin/probe (tests/lib/probe.c), /bin/attack_probe and /bin/attack_calls. bundle_harden gives
# the bundle the walls that `run ROOTFS` has by itself: a filter, masks and flags of mounts.
#
# Races: need_race skips natively unless MINI_RUN_RACES is set (the test machine runs them); `race SECONDS A B
# COMMAND...` runs COMMAND again and again for so long while A and B are exchanged by renameat2(2) as fast as can be.
#
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables for the tests; status, output and stderr are set by bats' run
# shellcheck disable=SC2016 # what is in single quotes is expanded by an inner shell, or by jq

ATTACKS_LIB=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=common.bash
source "$ATTACKS_LIB/common.bash"
# shellcheck source=containers.bash
source "$ATTACKS_LIB/containers.bash"
# shellcheck source=probe.bash
source "$ATTACKS_LIB/probe.bash"
# shellcheck source=bundle.bash
source "$ATTACKS_LIB/bundle.bash"

ATTACK_PROBE=$REPO/build/tests/lib/attack_probe
ATTACK_CALLS=$REPO/build/tests/lib/attack_calls
ATTACK_RACER=$REPO/build/tests/lib/attack_racer
FORMS=(direct bundle create exec bundle+userns create+userns exec+userns direct+userns)

setup()
{
	bundle_setup
	if [[ ! -x $ATTACK_PROBE || ! -x $ATTACK_CALLS || ! -x $ATTACK_RACER ]]; then
		echo "$ATTACK_PROBE is missing: type make units"
		return 1
	fi
	FORM=
	ATTACK_CALLER=()
	ATTACK_OPTIONS=()
	ATTACK_BUNDLE_OPTIONS=()
	ATTACK_EXEC_OPTIONS=()
	FORM_PROGRAM=("$MINI_RUN" --root "$OCI_ROOT")
	FORM_USER=()
	attack_number=0
}

teardown()
{
	attack_sweep
	bundle_teardown
}

# ---- canaries -------------------------------------------------------------------------------------------------------

# canary_make [DIR]: a tree outside of every root file system, in $CANARY, and notes what the host is like.
canary_make()
{
	CANARY=${1:-$BATS_TEST_TMPDIR/canary}
	export CANARY
	mkdir -p "$CANARY/directory" "$CANARY/empty"
	echo untouched >"$CANARY/file"
	echo secret >"$CANARY/secret"
	echo untouched >"$CANARY/directory/file"
	: >"$CANARY/null"
	ln -s file "$CANARY/link"
	printf '#!/bin/sh\necho untouched\n' >"$CANARY/program"
	chmod 600 "$CANARY/secret"
	chmod 755 "$CANARY" "$CANARY/directory" "$CANARY/program"
	chown 12345:54321 "$CANARY/directory/file"
	find "$CANARY" -exec touch -h -d '2001-02-03 04:05:06' {} +
	canary_state >"$CANARY.before"
}

canary_state()
{
	local file line
	local -a fields

	find "$CANARY" "$MINI_RUN" -printf '%p %y %i %m %U:%G %n %s %T@ %l\n'
	sha256sum "$CANARY/file" "$CANARY/secret" "$CANARY/directory/file" "$CANARY/null" "$CANARY/program" "$MINI_RUN"
	# Not the mounts of other tests that run meanwhile.
	while read -r line; do
		read -ra fields <<<"$line"
		[[ ${fields[4]} == /tmp/* && ${fields[4]} != "$BATS_RUN_TMPDIR"* ]] || printf '%s\n' "${fields[*]:2}"
	done </proc/self/mountinfo
	for file in /proc/sys/kernel/{core_pattern,modprobe,hostname,domainname,panic,sysrq,shmmax,pid_max,kptr_restrict} \
		/proc/sys/vm/{swappiness,overcommit_memory} /proc/sys/net/ipv4/ip_forward /proc/sys/fs/suid_dumpable \
		/proc/sys/kernel/usermodehelper/bset /sys/kernel/uevent_helper /sys/fs/cgroup/*/release_agent; do
		line=
		[[ ! -r $file ]] || IFS= read -r line <"$file" || true
		printf '%s: %s\n' "$file" "$line"
	done
	printf '%s\n' /proc/sys/fs/binfmt_misc/*
}

# canary_check: fails, and shows it, when something of that is not as it was.
canary_check()
{
	canary_state >"$CANARY.after"
	diff "$CANARY.before" "$CANARY.after"
}

# ---- forms ----------------------------------------------------------------------------------------------------------

form_is() { [[ +$FORM+ == *+$1+* ]]; }

# form_missing FORM: prints why this host cannot do it, if so.
form_missing()
{
	local FORM=$1

	if [[ ! -e /proc/self/ns/user ]] && { form_is userns || form_is sameids || form_is rootless; }; then
		echo 'this kernel has no user namespaces'
	elif form_is rootless && ! setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups \
		unshare --user --map-root-user --mount true 2>/dev/null; then
		echo 'this host forbids user namespaces to ordinary users'
	fi
}

# attack_bundle: a bundle and a canary for $FORM.
attack_bundle()
{
	local dir

	attack_number=$((attack_number + 1))
	dir=$BATS_TEST_TMPDIR/$attack_number-$FORM
	mkdir -m 711 "$dir"
	canary_make "$dir/canary"
	bundle_make "$dir/bundle"
	cp "$ATTACK_PROBE" "$ATTACK_CALLS" "$BUNDLE/rootfs/bin/"
	FORM_PROGRAM=("$MINI_RUN" --root "$OCI_ROOT" "${OCI_FLAGS[@]}")
	FORM_USER=()
	if form_is rootless; then
		[[ ${USER_HOME:-} ]] || user_setup
		FORM_PROGRAM=("$USER_MINI_RUN" "${OCI_FLAGS[@]}")
		FORM_USER=("${AS_USER[@]}")
		attack_copy_rootfs
		chown -hR "$USER_ID:$USER_ID" "$BUNDLE"
		form_is direct || attack_mapping "$USER_ID" 1
	elif form_is direct; then
		: # its mapping is an option
	elif form_is userns; then
		attack_copy_rootfs
		# The id of others stay theirs.
		find "$BUNDLE/rootfs" -user 0 -exec chown -h 100000:100000 {} +
		find "$BUNDLE/rootfs" -user 1000 -exec chown -h 101000:101000 {} +
		attack_mapping 100000 65536
	elif form_is sameids; then
		attack_mapping 0 4294967295
	fi
}

# The template's files are hard links: one that is to have other owners is copied.
attack_copy_rootfs()
{
	mv "$BUNDLE/rootfs" "$BUNDLE/linked"
	cp -a "$BUNDLE/linked" "$BUNDLE/rootfs"
	rm -r "$BUNDLE/linked"
}

# With a network namespace: without one there is no sysfs for a user namespace.
attack_mapping()
{
	bundle_edit --argjson from "$1" --argjson size "$2" '[{containerID: 0, hostID: $from, size: $size}] as $map
		| .linux.namespaces += [{type: "user"}, {type: "network"}] | .linux.uidMappings = $map | .linux.gidMappings = $map'
}

# bundle_harden: what a careful engine asks for, and more.
bundle_harden()
{
	bundle_edit '
		.process.noNewPrivileges = true
		| .process.user.umask = 18
		| (.mounts[] | select(.destination == "/proc")).options = ["nosuid", "nodev", "noexec"]
		| .linux.maskedPaths += ["/proc/dynamic_debug", "/proc/interrupts", "/proc/key-users", "/proc/kpagecgroup",
			"/proc/kpagecount", "/proc/kpageflags", "/proc/slabinfo", "/proc/vmallocinfo", "/proc/vmcore",
			"/sys/devices/virtual/powercap"]
		| .linux.readonlyPaths += ["/proc/driver"]
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [
			{names: ["unshare", "setns", "mount", "umount", "umount2", "pivot_root", "fsopen", "fsconfig", "fsmount",
				"open_tree", "move_mount", "mount_setattr", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup",
				"io_uring_enter", "io_uring_register", "keyctl", "add_key", "request_key", "open_by_handle_at",
				"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon",
				"swapoff", "acct", "settimeofday", "clock_settime", "syslog", "quotactl", "fanotify_init", "kcmp",
				"pidfd_getfd", "iopl", "ioperm"], action: "SCMP_ACT_ERRNO"},
			{names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38},
			{names: ["clone"], action: "SCMP_ACT_ERRNO",
				args: [{index: 0, value: 268435456, valueTwo: 268435456, op: "SCMP_CMP_MASKED_EQ"}]},
			{names: ["personality"], action: "SCMP_ACT_ERRNO", args: [{index: 0, value: 262144, op: "SCMP_CMP_EQ"}]},
			{names: ["socket"], action: "SCMP_ACT_ERRNO", args: [{index: 0, value: 40, op: "SCMP_CMP_EQ"}]},
			{names: ["ioctl"], action: "SCMP_ACT_ERRNO",
				args: [{index: 1, value: 4294967295, valueTwo: 21522, op: "SCMP_CMP_MASKED_EQ"}]},
			{names: ["ioctl"], action: "SCMP_ACT_ERRNO",
				args: [{index: 1, value: 4294967295, valueTwo: 21532, op: "SCMP_CMP_MASKED_EQ"}]}]}'
}

# facts_hold LEAST [REGEX]: of the facts of attack_probe or attack_calls, which has just run, those whose names match hold,
# and there are at least so many.
facts_hold()
{
	local names=${2:-.} planned seen

	planned=$(sed -n 's/^1\.\.//p' <<<"$output")
	seen=$(grep -cE '^(not )?ok ' <<<"$output")
	if [[ $status != 0 || $planned != "$seen" ]] || grep -E "^not ok ($names)" <<<"$output" ||
		(($(grep -cE "^ok ($names)" <<<"$output") < $1)); then
		echo "facts: $planned were planned, $seen seen"
		return 1
	fi
}

# bundle_caps CAP...: the rights of the container.
bundle_caps()
{
	bundle_edit --argjson caps "$(jq -cn '$ARGS.positional' --args "$@")" \
		'.process.capabilities = {bounding: $caps, effective: $caps, permitted: $caps}'
}

# in_every_form FUNCTION [FORM...]: the attack must hold in each.
in_every_form()
{
	local function=$1 reason
	shift

	(($# > 0)) || set -- "${FORMS[@]}"
	for FORM in "$@"; do
		reason=$(form_missing "$FORM")
		if [[ $reason ]]; then
			echo "left out: $FORM: $reason"
			continue
		fi
		attack_bundle
		if ! "$function"; then
			printf 'in the form %s\n' "$FORM"
			show_result
			return 1
		fi
		if ! canary_check; then
			printf 'the attack has succeeded in the form %s\n' "$FORM"
			show_result
			return 1
		fi
	done
	[[ ! ${ATTACKS_MEASURE:-} ]] || attack_measure "$function"
}

# attack COMMAND [ARGUMENT...]: in a container of $BUNDLE in the form $FORM.
attack()
{
	local id how=${FORM%%+*}

	attack_run=$((${attack_run:-0} + 1))
	id=$(container_id "$attack_run")
	case $how in
	direct) attack_direct "$id" "$@" ;;
	bundle)
		bundle_args "$@"
		attack_try oci run --bundle "$BUNDLE" "${ATTACK_BUNDLE_OPTIONS[@]}" "$id"
		;;
	create) attack_create "$id" "$@" ;;
	exec) attack_exec "$id" "$@" ;;
	host) attack_try "$@" ;;
	chroot | naive) "control_$how" "$@" ;;
	runc | crun) "control_$how" "$@" ;;
	*)
		echo "no such form: $FORM"
		return 1
		;;
	esac
}

# attack_try COMMAND...: with the descriptors of the canary; ended after 30 seconds with the status 124.
attack_try()
{
	local -a prefix=(timeout --foreground --kill-after=5 30)

	if [[ $1 == oci ]]; then # which timeout(1) does not know
		set -- "${FORM_PROGRAM[@]}" "${@:2}"
	fi
	# In the controls it is the chroot, or the peer, that is called so.
	[[ ${FORM%%+*} == @(chroot|naive|runc|crun) ]] || prefix+=("${ATTACK_CALLER[@]}" "${FORM_USER[@]}")
	status=0
	"${prefix[@]}" "$@" </dev/null >"$BATS_TEST_TMPDIR/attack.out" 2>"$BATS_TEST_TMPDIR/attack.err" \
		3>&- 4>&- 7<"$CANARY" 8<"$CANARY/file" 9<"$MINI_RUN" || status=$?
	output=$(tr -d '\0' <"$BATS_TEST_TMPDIR/attack.out")
	stderr=$(tr -d '\0' <"$BATS_TEST_TMPDIR/attack.err")
}

# form_try COMMAND...: a command on a container of the form, called by nobody careless. Its words come behind the others.
form_try()
{
	status=0
	"${FORM_USER[@]}" "${FORM_PROGRAM[@]}" "$@" </dev/null >/dev/null 2>>"$BATS_TEST_TMPDIR/attack.err" 3>&- 4>&- ||
		status=$?
	stderr=$(tr -d '\0' <"$BATS_TEST_TMPDIR/attack.err")
}

form_stopped() { [[ $("${FORM_USER[@]}" "${FORM_PROGRAM[@]}" state "$1" 2>/dev/null | jq -r .status) == stopped ]]; }

attack_direct()
{
	local -a options=("${ATTACK_OPTIONS[@]}")

	! form_is userns || options+=(--userns auto)
	# As above: sysfs goes with a network namespace.
	if { form_is userns || form_is rootless; } && [[ " ${options[*]} " == *' --sysfs '* ]]; then
		options+=(--network none)
	fi
	! form_is overlay || options+=(--overlay)
	attack_try oci run --name "$1" "${options[@]}" "$BUNDLE/rootfs" "${@:2}"
}

# The output of a created container goes to the files that create had.
attack_create()
{
	local id=$1 start_status
	shift

	bundle_args "$@"
	attack_try oci create --bundle "$BUNDLE" "${ATTACK_BUNDLE_OPTIONS[@]}" "$id"
	((status == 0)) || return 0
	form_try start "$id"
	start_status=$status
	((status != 0)) || eventually form_stopped "$id" || return 1
	output=$(tr -d '\0' <"$BATS_TEST_TMPDIR/attack.out")
	form_try delete --force "$id"
	((status == 0)) || return 1
	status=$start_status
}

attack_exec()
{
	local id=$1
	shift

	bundle_args sleep 1000
	attack_try oci create --bundle "$BUNDLE" "${ATTACK_BUNDLE_OPTIONS[@]}" "$id"
	((status == 0)) || return 0
	form_try start "$id"
	((status == 0)) || return 1
	attack_try oci exec "${ATTACK_EXEC_OPTIONS[@]}" "$id" "$@"
	"${FORM_USER[@]}" "${FORM_PROGRAM[@]}" delete --force "$id" </dev/null
}

# ---- controls ---------------------------------------------------------------------------------------------------------

# control_trips FUNCTION CONTROL...: each that is installed must trip.
control_trips()
{
	local function=$1 ran=0 reason
	shift

	for FORM in "$@"; do
		reason=$(control_missing)
		if [[ $reason ]]; then
			echo "no control: $reason"
			continue
		fi
		ran=$((ran + 1))
		attack_bundle
		if ! attack_tripped "$function"; then
			printf 'the control %s did not trip: this test proves nothing\n' "$FORM"
			show_result
			return 1
		fi
	done
	((ran > 0)) || echo 'no control has run'
}

# control_missing: prints why the control of $FORM says nothing here. Of the peers only those versions are known to fall
# for what they are tried with.
control_missing()
{
	local how=${FORM%%+*} version

	case $how in
	runc) version='runc version 1.1.5' ;;
	crun) version='crun version 1.8.1' ;;
	*) return 0 ;;
	esac
	if ! command -v "$how" >/dev/null; then
		echo "$how is not installed"
	elif [[ $("$how" --version) != "$version"* ]]; then
		echo "this is not $version"
	fi
}

# Whether the attack has succeeded. What it says meanwhile is nobody's failure.
attack_tripped()
{
	{ ! "$1" || ! canary_check || [[ -s $BATS_TEST_TMPDIR/control.mounts ]]; } >"$BATS_TEST_TMPDIR/control.log" 2>&1
}

# What came of an attack on a peer. That its function does not hold says something only of a container that has run.
attack_measure()
{
	local word function_status

	for FORM in runc crun; do
		[[ ! $(control_missing) ]] || continue
		attack_bundle
		status=0 output='' stderr=''
		function_status=0
		"$1" >/dev/null 2>&1 || function_status=1
		if ! canary_check >/dev/null || [[ -s $BATS_TEST_TMPDIR/control.mounts ]]; then
			word='trips (changed)'
		elif ((status != 0)); then
			word=refuses
		elif ((function_status != 0)); then
			word='trips (ran)'
		else
			word=holds
		fi
		printf '%s %s %s %s\t%s\n' "${BATS_TEST_DESCRIPTION%% *}" "$1" "$FORM" "$word" "$(tail -n 1 <<<"$stderr")" \
			>>"$ATTACKS_MEASURE"
	done
}

# control_private SCRIPT [ARGUMENT...]: in mount, PID and UTS namespaces of its own. What the script has left mounted
# outside of its root file system is in control.mounts; what control_setup does there is not counted.
control_private()
{
	: >"$BATS_TEST_TMPDIR/control.mounts"
	attack_try unshare --mount --pid --uts --fork --kill-child --mount-proc --propagation private bash -c '
		mounts=$0
		eval "$1"
		script=$2
		shift 2
		before=$(</proc/self/mountinfo)
		eval "$script"
		status=$?
		diff <(printf "%s\n" "$before") /proc/self/mountinfo | grep "^>" >"$mounts"
		exit "$status"' "$BATS_TEST_TMPDIR/control.mounts" "${control_setup:-}" "$@"
}

control_chroot()
{
	control_private '
		root=$1
		shift
		for name in proc sys dev; do
			[[ -d $root/$name && ! -L $root/$name ]] || continue
			case $name in
			proc) mount -t proc proc "$root/proc" ;;
			sys) mount -t sysfs sysfs "$root/sys" ;;
			dev) mount --rbind /dev "$root/dev" ;;
			esac
		done
		"$@"
		status=$?
		umount -R "$root/dev" "$root/sys" "$root/proc" 2>/dev/null
		(exit "$status")' "$BUNDLE/rootfs" "${ATTACK_CALLER[@]}" chroot "$BUNDLE/rootfs" "$@"
}

# A runtime of the worst kind: every path is a string. It is the control for what the runtimes of today get right.
control_naive()
{
	bundle_args "$@"
	control_private 'bash "$@" 2>/dev/null' "$ATTACKS_LIB/naive.bash" "$BUNDLE"
}

# What they are given is of the version that they know. The caller is who calls them.
control_runc() { control_peer runc -- "$@"; }

# Debian's does not run where v1 controllers are mounted.
control_crun()
{
	local control_setup=

	if ! has_v2; then
		control_setup='umount -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup'
	fi
	control_peer crun --cgroup-manager disabled -- "$@"
}

# control_peer PROGRAM [OPTION...] -- COMMAND...
control_peer()
{
	local -a peer=("$1" --root "$BATS_TEST_TMPDIR/peer-state")
	local id=$MINI_RUN_TEST-peer
	shift

	bundle_edit '.ociVersion = "1.0.2"'
	peer=("${ATTACK_CALLER[@]}" "${peer[@]}")
	while [[ $1 != -- ]]; do
		peer+=("$1")
		shift
	done
	shift
	if form_is exec; then
		bundle_args sleep 1000
		control_private '
			bundle=$1 id=$2 n=$3
			shift 3
			peer=("${@:1:n}")
			shift "$n"
			"${peer[@]}" run --detach --bundle "$bundle" "$id" >/dev/null </dev/null || exit
			"${peer[@]}" exec "$@"
			status=$?
			"${peer[@]}" delete --force "$id"
			(exit "$status")' "$BUNDLE" "$id" "${#peer[@]}" "${peer[@]}" "${ATTACK_EXEC_OPTIONS[@]}" "$id" "$@"
	else
		bundle_args "$@"
		control_private '"$@"' "${peer[@]}" run --bundle "$BUNDLE" "$id"
	fi
	attack_sweep
}

# What a control has left: its state, whose processes are gone with their PID namespace, and its cgroups.
attack_sweep()
{
	rm -rf "$BATS_TEST_TMPDIR/peer-state"
	find /sys/fs/cgroup -depth -type d -name "*$MINI_RUN_TEST-peer*" -exec rmdir {} + 2>/dev/null || true
}

# ---- races ------------------------------------------------------------------------------------------------------------

need_race()
{
	if ! is_vm && [[ ! ${MINI_RUN_RACES:-} ]]; then
		skip "a race: in the test machine, or with MINI_RUN_RACES=1"
	fi
}

# race SECONDS A B COMMAND [ARGUMENT...]: COMMAND (a function will do) is called until the time is over, while A and B
# are exchanged; it is to be in $race_rounds how often. Ends with the first failure of COMMAND.
race()
{
	local seconds=$1 racer failed=0 end
	local a=$2 b=$3
	shift 3

	"$ATTACK_RACER" "$a" "$b" "$((seconds + 30))" >/dev/null 2>&1 3>&- 4>&- &
	racer=$!
	race_rounds=0
	end=$((SECONDS + seconds))
	while ((SECONDS < end)); do
		race_rounds=$((race_rounds + 1))
		if ! "$@"; then
			failed=1
			break
		fi
	done
	kill "$racer" 2>/dev/null || true
	wait "$racer" 2>/dev/null || true
	return "$failed"
}
