#!/usr/bin/env bats
#
# mini-run check: what it prints, that its exit status is what a run would come to, and that its probes
# react: each test takes something away and looks for the row that says so.

# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; status, output and stderr are set by run

load ../lib/common

setup()
{
	common_setup
	work=$(mktemp -d)
	chmod 755 "$work"
}

teardown()
{
	rm -rf "$work"
	common_teardown
}

# check_json WORD...: runs the words in front of "mini-run check --json"; leaves the object in $found and the
# exit status in $status. Fails where that is no object, or the status is not that of "ready".
check_json()
{
	status=0
	"$@" "$MINI_RUN" check --json >"$work/found" 2>"$work/errors" || status=$?
	found=$(<"$work/found")
	cat "$work/errors"
	jq -e 'type == "object"' <<<"$found" >/dev/null
	expect_equal "$status" "$(jq 'if .ready then 0 else 1 end' <<<"$found")"
}

# field TOPIC NAME FIELD
field()
{
	jq -r --arg topic "$1" --arg name "$2" --arg field "$3" \
		'.checks[] | select(.topic == $topic and .name == $name) | .[$field]' <<<"$found"
}

# expect_row TOPIC NAME STATUS [REGEX [REGEX]]: the detail and the remedy match.
expect_row()
{
	expect_equal "$1, $2: $(field "$1" "$2" status)" "$1, $2: $3"
	expect_match "$(field "$1" "$2" detail)" "${4:-.}"
	if [[ ${5:-} ]]; then
		expect_match "$(field "$1" "$2" remedy)" "$5"
	fi
}

# without CALL ERROR: to be put in front of a command, in which that system call then fails. The leak checker
# of a sanitized build cannot work under strace.
without()
{
	local call=$1 error=$2
	shift 2
	ASAN_OPTIONS=detect_leaks=0 strace -f -o /dev/null -e "inject=$call:error=$error" -- "$@"
}

# expect_same_as_run WORD...: behind the words, check says "ready" exactly when a run works.
expect_same_as_run()
{
	local result=0

	check_json "$@"
	"$@" "$MINI_RUN" run "$ROOTFS" /bin/true >"$work/run" 2>&1 || result=1
	cat "$work/run"
	expect_equal "$* check: $status" "$* check: $result"
}

@test "check: the table is grouped, aligned and ends with a summary" {
	run "$MINI_RUN" check
	local text=$output

	expect_match "$text" $'^kernel\n  (ok|limited|missing) +release +Linux '
	for topic in privileges namespaces cgroups 'system calls' seccomp 'security modules' files \
		'without root'; do
		expect_match "$text" $'\n\n'"$topic"$'\n  (ok|limited|missing) '
	done
	# What is behind the names begins in the same column everywhere, remedies too.
	column=$(grep -ob 'Linux ' <<<"${lines[1]}" | head -n 1 | cut -d: -f1)
	expect_equal "$(grep '^  ' <<<"$text" | grep -vE "^.{$((column - 2))}  [^ ]")" ''
	expect_match "${lines[-1]}" '^(everything that mini-run run needs is here|mini-run run would fail here; missing: .*)$'
}

@test "check: JSON says the same as the table, and every row that is not ok has a remedy" {
	check_json
	python3 -m json.tool <"$work/found" >/dev/null
	expect_equal "$(jq -c '[.checks[].status] - ["ok", "limited", "missing"]' <<<"$found")" '[]'
	expect_equal "$(jq -c '[.checks[] | select((.status == "ok") != (.remedy == ""))]' <<<"$found")" '[]'
	expect_equal "$(jq -c '[.checks[] | select(.detail == "")]' <<<"$found")" '[]'
	expect_equal "$(jq '.ready == ([.checks[] | select(.fatal)] | length == 0)' <<<"$found")" true
	run "$MINI_RUN" check
	expect_equal "$(grep -cE '^  (ok|limited|missing) ' <<<"$output")" "$(jq '.checks | length' <<<"$found")"
	expect_equal "${lines[-1]}" "$(jq -r .summary <<<"$found")"
}

@test "check: --help names the option, and words that belong to nothing are refused" {
	run_ok "$MINI_RUN" check --help
	expect_match "$output" '^Usage: mini-run check '
	expect_match "$output" '--json'
	run_status 1 "$MINI_RUN" check now
	expect_match "$stderr" 'check takes no argument: now'
	run_status 1 "$MINI_RUN" check --jsn
	expect_match "$stderr" '--json'
}

@test "check: a host on which run works is ready" {
	need_root
	expect_same_as_run env
	expect_equal "$status" 0
	expect_row kernel release ok "^Linux $(uname -r) on $(uname -m)$"
	expect_row privileges user ok root
	for kind in PID mount UTS IPC cgroup; do
		expect_row namespaces "$kind" ok
	done
	expect_row seccomp filter ok
}

@test "check: an ordinary user is told what his containers get" {
	need_root
	setpriv --reuid 65533 --regid 65533 --clear-groups unshare -Urm true || skip "this host forbids user namespaces to ordinary users"
	install -m 755 "$MINI_RUN" "$work/mini-run"
	MINI_RUN=$work/mini-run
	check_json setpriv --reuid 65533 --regid 65533 --clear-groups env -u XDG_RUNTIME_DIR
	expect_equal "$status" 0
	expect_row privileges user ok 'uid 65533, and root in a user namespace'
	expect_row privileges CAP_SYS_RESOURCE limited 'only root has it' 'no raising'
	expect_row namespaces PID ok
	expect_row cgroups version limited 'no cgroup was given to this user' 'systemd-run --user'
	expect_row cgroups 'device rules' ok 'none are needed'
	expect_row files 'device nodes' ok 'those of the host'
	expect_row files 'state directory' ok '/tmp/mini-run-65533'
	expect_row 'without root' 'user namespaces' ok
	expect_row 'without root' /etc/subuid missing '0 ids for this user' 'usermod --add-subuids'
	expect_equal "$(jq -r .summary <<<"$found")" 'everything that mini-run run needs is here'
}

@test "check: an ordinary user who may make no user namespace is told what is missing" {
	need_root
	install -m 755 "$MINI_RUN" "$work/mini-run"
	MINI_RUN=$work/mini-run
	# In a chroot the kernel makes none.
	check_json unshare --mount --propagation private bash -c 'mount --rbind / /mnt && exec chroot /mnt \
		setpriv --reuid 65533 --regid 65533 --clear-groups "$@"' bash
	expect_equal "$status" 1
	expect_row privileges user missing 'uid 65533, and no user namespace' 'sudo'
	expect_row privileges CAP_SYS_ADMIN missing 'not held' 'root'
	expect_row namespaces PID missing 'not for this user' 'root'
	expect_row 'system calls' openat2 ok
	expect_match "$(jq -r .summary <<<"$found")" 'would fail here; missing: privileges \(user, '
}

@test "check: each system call that a run cannot do without is missed" {
	for call in clone3 openat2 open_tree move_mount fsopen fsconfig fsmount mount_setattr pidfd_send_signal \
		pidfd_open close_range execveat; do
		check_json without "$call" ENOSYS
		expect_row 'system calls' "$call" missing 'not there' 'Linux [35]\.'
		expect_equal "$call: $status" "$call: 1"
		expect_match "$(jq -r .summary <<<"$found")" "system calls \(([a-z_0-9]*, )*${call}[,)]"
	done
}

@test "check: a system call that a filter refuses is told from one that is not there" {
	check_json without openat2 EPERM
	expect_row 'system calls' openat2 missing 'refused by a system call filter' 'seccomp=unconfined'
	expect_equal "$status" 1
}

@test "check: a system call that is only of use is no reason to fail" {
	need_root
	check_json without landlock_create_ruleset ENOSYS
	expect_row 'security modules' Landlock limited '--landlock fails' 'Linux 5.13'
	expect_equal "$status" 0
}

@test "check: what the kernel refuses of filters, keyrings, memory files and BPF is found" {
	need_root
	check_json without seccomp EINVAL
	expect_row seccomp filter missing 'Invalid argument' 'CONFIG_SECCOMP_FILTER'
	expect_equal "$status" 1
	check_json without keyctl EDQUOT
	expect_row 'security modules' 'session keyring' missing 'quota' 'kernel.keys'
	expect_equal "$status" 1
	check_json without keyctl ENOSYS
	expect_row 'security modules' 'session keyring' ok 'no key to reach'
	check_json without memfd_create EACCES
	expect_row 'system calls' MFD_EXEC limited 'tmpfs' 'vm.memfd_noexec'
	check_json without landlock_create_ruleset EOPNOTSUPP
	expect_row 'security modules' Landlock limited 'off since boot' 'lsm='
}

@test "check: on cgroup v2 a run takes BPF for the device rules" {
	need_root
	has_v2 || skip "the host has cgroup v1"
	check_json without bpf EPERM
	expect_row cgroups 'device rules' missing 'no BPF program'
	expect_equal "$status" 1
}

@test "check: a mount namespace without cgroups has no limits, and a run works" {
	need_root
	cat >"$work/uncovered" <<-'END'
		#!/bin/bash
		umount -R /sys/fs/cgroup && "$@"
	END
	chmod 755 "$work/uncovered"
	expect_same_as_run unshare -m "$work/uncovered"
	expect_equal "$status" 0
	expect_row cgroups version missing 'none is mounted' 'mount -t cgroup2'
	for limit in --memory --memory-swap --cpus --cpuset-cpus --pids-limit 'block IO' 'huge pages'; do
		expect_row cgroups "$limit" missing 'no .* controller'
	done
	expect_row cgroups 'own cgroup' limited
	expect_row cgroups 'device rules' limited
}

@test "check: cgroups hidden by another mount are missing" {
	need_root
	cat >"$work/hidden" <<-'END'
		#!/bin/bash
		mount -t tmpfs tmpfs /sys/fs/cgroup && "$@"
	END
	chmod 755 "$work/hidden"
	expect_same_as_run unshare -m "$work/hidden"
	for limit in --memory --cpus --cpuset-cpus --pids-limit 'block IO'; do
		expect_row cgroups "$limit" missing
	done
}

@test "check: cgroups that are mounted read-only take no limits, and a run works" {
	need_root
	cat >"$work/read-only" <<-'END'
		#!/bin/bash
		while read -r place; do
			mount -o remount,bind,ro "$place" || exit 9
		done < <(sed -n 's/^[^ ]* [^ ]* [^ ]* [^ ]* \([^ ]*\) .* - cgroup2\{0,1\} .*/\1/p' /proc/self/mountinfo)
		"$@"
	END
	chmod 755 "$work/read-only"
	expect_same_as_run unshare -m "$work/read-only"
	expect_equal "$status" 0
	expect_row cgroups 'own cgroup' limited 'Read-only' 'remount,rw'
	expect_row cgroups --memory missing 'Read-only' 'remount,rw'
	expect_row cgroups --pids-limit missing 'Read-only'
}

@test "check: a delegated cgroup with processes in it cannot give controllers" {
	need_root
	has_v2 || skip "the host has cgroup v1"
	local group=/sys/fs/cgroup/check-$$ enabled=0 result=0

	cat >"$work/inside" <<-'END'
		#!/bin/bash
		group=$1
		shift
		echo $$ >"$group/cgroup.procs" || exit 9
		unshare -C -m bash -c 'umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && "$@"' bash "$@"
	END
	chmod 755 "$work/inside"
	grep -qw pids /sys/fs/cgroup/cgroup.subtree_control || enabled=1
	echo +pids >/sys/fs/cgroup/cgroup.subtree_control
	mkdir "$group"
	check_json "$work/inside" "$group" || result=$?
	eventually rmdir "$group"
	((!enabled)) || echo -pids >/sys/fs/cgroup/cgroup.subtree_control
	((result == 0))
	expect_row cgroups --pids-limit missing 'holds processes itself' '--cgroup-parent'
	expect_row kernel host limited 'container'
}

@test "check: a limit on the number of namespaces is found, with the sysctl that raises it" {
	need_root
	cat >"$work/few" <<-'END'
		#!/bin/bash
		echo 0 >/proc/sys/user/max_net_namespaces && "$@"
	END
	chmod 755 "$work/few"
	check_json unshare -Ur "$work/few"
	expect_row namespaces network limited '--network none' 'user.max_net_namespaces'
	expect_row namespaces UTS ok
}

@test "check: user namespaces that are forbidden to ordinary users are found" {
	need_root
	cat >"$work/forbidden" <<-'END'
		#!/bin/bash
		echo 0 >/proc/sys/user/max_user_namespaces && "$@"
	END
	install -m 755 "$MINI_RUN" "$work/mini-run"
	chmod 755 "$work/forbidden"
	MINI_RUN=$work/mini-run
	check_json unshare -U --map-user=1000 --keep-caps "$work/forbidden"
	expect_row 'without root' 'user namespaces' missing 'max_user_namespaces is 0' 'sysctl -w user.max_user'
}

@test "check: a capability that a container would get and mini-run lacks is named" {
	need_root
	expect_same_as_run setpriv --bounding-set -net_raw
	expect_equal "$status" 0
	expect_row privileges 'to grant' limited 'not got: CAP_NET_RAW$' '--cap-drop'
	expect_same_as_run setpriv --bounding-set -setuid
	expect_equal "$status" 0
	expect_row privileges CAP_SETUID limited '--user'
	for capability in setgid setpcap mknod; do
		expect_same_as_run setpriv --bounding-set "-$capability"
		expect_equal "$status" 1
		expect_row privileges "CAP_${capability^^}" missing 'not held'
	done
	expect_same_as_run setpriv --bounding-set -sys_resource
	expect_equal "$status" 0
	expect_row privileges CAP_SYS_RESOURCE limited '--ulimit'
}

@test "check: a user namespace in which a run cannot work is not ready" {
	need_root
	expect_same_as_run unshare -Urm
	expect_equal "$status" 1
	expect_row files 'device nodes' missing
}

@test "check: a state directory that cannot be used is found, and one that is missing is not made" {
	need_root
	check_json env
	run "$MINI_RUN" check --root "$work/new"
	expect_match "$output" "ok +state directory +$work/new can be made"
	[[ ! -e $work/new ]]
	mkdir -m 777 "$work/shared"
	chmod 777 "$work/shared"
	run_status 1 "$MINI_RUN" check --root "$work/shared"
	expect_match "$output" "missing +state directory +$work/shared is not this user's alone"
	expect_match "$output" 'remedy: .*--root'
	run_status 1 "$MINI_RUN" check --root "$work/none/new"
	expect_match "$output" "missing +state directory +no directory can be made in $work/none"
}

@test "check: nothing is enabled or loaded by looking" {
	need_root
	look()
	{
		find /sys/fs/cgroup -maxdepth 2 -name cgroup.subtree_control -path '*/cgroup/*' -print \
			-exec cat {} + 2>/dev/null | sort
		[[ ! -e /proc/modules ]] || cut -d' ' -f1 /proc/modules | sort
		cat /proc/filesystems
	}
	look >"$work/before"
	"$MINI_RUN" check >/dev/null
	look >"$work/after"
	diff "$work/before" "$work/after"
}
