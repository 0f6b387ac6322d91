#!/usr/bin/env bats
#
# Section 6: the filter of system calls, and what would get past it.
#
# shellcheck disable=SC2016 # what is in single quotes is jq's, or is expanded by a shell inside
# shellcheck disable=SC2034,SC2154 # the options are for attacks.bash; status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/attacks

AGENT=$REPO/build/tests/lib/seccomp_agent

teardown()
{
	[[ ! ${AGENT_PID:-} ]] || { kill "$AGENT_PID" 2>/dev/null && wait "$AGENT_PID"; } || true
	attack_sweep
	bundle_teardown
}

# seccomp JSON: the filter of $BUNDLE; of the direct form, too.
seccomp()
{
	printf '%s\n' "$1" >"$BATS_TEST_TMPDIR/profile.json"
	bundle_edit --slurpfile seccomp "$BATS_TEST_TMPDIR/profile.json" '.linux.seccomp = $seccomp[0]'
	ATTACK_OPTIONS=(--security-opt "seccomp=$BATS_TEST_TMPDIR/profile.json")
}

NO_MKDIR='{"names": ["mkdir", "mkdirat", "getpgrp"], "action": "SCMP_ACT_ERRNO", "errnoRet": 122}'

need_strace()
{
	command -v strace >/dev/null || skip "needs strace"
}

# ---- 6.1, 6.2, 6.3 --------------------------------------------------------------------------------------------------

# A rule for the native table alone, and a program that makes its calls by another: none may come through.
other_tables()
{
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": ['"$NO_MKDIR"']}'
	attack sh -c 'probe int80; echo "ended=$?"'
	# Such a call ends the process, as there is no rule for its architecture.
	[[ $output != *=OK* && $output != *=EFAULT* && $output != *=EINVAL* ]] || return 1
	if ! form_is host && ! form_is chroot; then
		[[ $output == *ended=159* ]] || return 1
	fi
	attack probe x32
	! grep -E '=(OK|EFAULT|EINVAL|EOPNOTSUPP|EPERM)$' <<<"$output"
}

# With rules for both tables the call is refused by both.
both_tables()
{
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
		"syscalls": [{"names": ["keyctl", "unshare"], "action": "SCMP_ACT_ERRNO", "errnoRet": 122}]}'
	attack probe int80
	expect_fact getpid OK && expect_fact keyctl EDQUOT && expect_fact unshare EDQUOT
}

@test "6.1 calls of the i386 and x32 tables do not pass a filter for the native one" {
	[[ $(uname -m) == x86_64 ]] || skip "these tables are x86-64's"
	output=$("$PROBE" int80)
	[[ $(fact none) != 1 ]] || skip "this kernel runs no i386 system calls"
	control_trips other_tables chroot
	control_trips both_tables chroot
	in_every_form other_tables direct bundle create exec bundle+userns
	in_every_form both_tables direct bundle exec
	# (All numbers of x32, with and without its bit: test_seccomp.c.)
}

# NAMES: what a shell and the probe need, as a profile that allows these and refuses the rest with EPERM.
allow_list()
{
	local names

	names=$(printf '%s\n' access arch_prctl brk capget capset chdir clock_nanosleep clone close close_range dup dup2 dup3 execve execveat exit \
		exit_group faccessat faccessat2 fchdir fchown fcntl fork fstat fstatfs futex getcwd getdents64 getegid geteuid \
		getgid getgroups getpgrp getpgid getpid getppid getrandom gettid getuid ioctl kill lseek lstat madvise mmap \
		mprotect mremap munmap nanosleep newfstatat open openat openat2 pipe pipe2 poll ppoll prctl pread64 prlimit64 \
		read readlink readlinkat readv recvfrom recvmsg rseq rt_sigaction rt_sigprocmask rt_sigreturn sched_yield \
		sendmsg sendto set_robust_list set_tid_address setgid setgroups setpgid setregid setresgid setresuid setreuid \
		setsid setuid sigaltstack stat statx sysinfo tgkill umask uname unlink vfork wait4 waitid write writev |
		jq -R . | jq -s -c .)
	seccomp '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": '"$names"', "action": "SCMP_ACT_ALLOW"}]}'
}

unknown_calls()
{
	allow_list
	attack probe unknown
	# The control is to run, and to answer wrongly.
	[[ $FORM != crun || $output == *=* ]] || return 0
	expect_equal "$(grep -c '=ENOSYS$' <<<"$output")" 4
}

unknown_calls_by_default()
{
	ATTACK_OPTIONS=()
	attack probe unknown
	expect_equal "$(grep -c '=ENOSYS$' <<<"$output")" 4
}

@test "6.2 calls that are newer than the profile answer ENOSYS, not EPERM, and are not let through" {
	control_trips unknown_calls crun
	in_every_form unknown_calls
	in_every_form unknown_calls_by_default direct direct+userns
}

# Seccomp: 2 in every process, the hook too.
filter_everywhere()
{
	local line='sed -n "s/^Seccomp:\t//p" /proc/self/status'

	if [[ ! ${BAD:-} ]]; then
		seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": ['"$NO_MKDIR"']}'
	fi
	ATTACK_OPTIONS=()
	bundle_edit --arg line "$line >/tmp/of-the-hook" \
		'.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", $line], env: ["PATH=/bin"]}]'
	attack sh -c "$line; $line"
	[[ $status == 0 && $output == $'2\n2' ]] || return 1
	form_is direct || [[ $(<"$BUNDLE/rootfs/tmp/of-the-hook") == 2 ]]
}

@test "6.3 the filter is there in the command, in its children, in exec and in a startContainer hook" {
	BAD=1 control_trips filter_everywhere bundle exec
	in_every_form filter_everywhere
}

# ---- 6.4, 6.5 -------------------------------------------------------------------------------------------------------

agent_start()
{
	SOCKET=$BATS_TEST_TMPDIR/agent.sock
	"$AGENT" "$SOCKET" "$BATS_TEST_TMPDIR/sent" "$@" >"$BATS_TEST_TMPDIR/asked" 2>&1 3>&- 4>&- &
	AGENT_PID=$!
	eventually grep -q ready "$BATS_TEST_TMPDIR/asked"
}

# notify_on NAMES [DEFAULT]
notify_on()
{
	seccomp '{"defaultAction": "'"${2:-SCMP_ACT_ALLOW}"'", "listenerPath": "'"$SOCKET"'",
		"syscalls": [{"names": '"$1"', "action": "SCMP_ACT_NOTIFY"}]}'
}

@test "6.4 a filter that asks cannot ask about what mini-run needs to hand it over, nor without anybody who answers" {
	local call

	canary_make
	bundle_make
	bundle_args sh -c 'mkdir /tmp/a 2>&1; true'
	SOCKET=$BATS_TEST_TMPDIR/agent.sock
	for call in write sendmsg; do
		notify_on "[\"$call\"]"
		expect_oci_error "SCMP_ACT_NOTIFY cannot be used for the $call syscall" oci create --bundle "$BUNDLE" "$(container_id)"
		oci_gone "$(container_id)"
	done
	notify_on '["mkdir"]' SCMP_ACT_NOTIFY
	expect_oci_error 'SCMP_ACT_NOTIFY' oci create --bundle "$BUNDLE" "$(container_id)"
	# Nobody there: an error, and no process that hangs in its first mkdir.
	notify_on '["mkdir", "mkdirat"]'
	attack_try oci run --bundle "$BUNDLE" "$(container_id)"
	expect_equal "$status" 1
	expect_match "$stderr" 'agent\.sock'
	oci_gone "$(container_id)"
	# The control: with an agent the same profile runs, and asks; by calls of the start, too.
	notify_on '["mkdir", "mkdirat", "setresuid", "capset", "close_range", "openat"]'
	agent_start continue
	attack_try oci run --bundle "$BUNDLE" "$(container_id 2)"
	((status == 0)) || show_result
	expect_equal "$status" 0
	grep -q '^call ' "$BATS_TEST_TMPDIR/asked"
}

# What a process calls behind the call that loads its filter, up to its execve of the command, in one line.
calls_behind_filter()
{
	awk '$2 ~ /^seccomp\(SECCOMP_SET_MODE_FILTER/ && / = 0$/ { list[$1] = ""; on[$1] = 1; next }
		!on[$1] { next }
		$2 != "<..." { call = $2; sub(/\(.*/, "", call); list[$1] = list[$1] " " call }
		$2 == "<..." { call = $3 }
		call == "execve" && / = 0$/ { print list[$1]; on[$1] = 0 }' "$1" | head -n 1
}

# strace says all that the process with the filter does before its command runs.
few_calls()
{
	local calls wanted=' execve' log=$BATS_TEST_TMPDIR/strace.log

	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": ['"$NO_MKDIR"']}'
	bundle_edit --argjson new "$new" '.process.noNewPrivileges = $new'
	ATTACK_OPTIONS+=(--security-opt "no-new-privileges=$new")
	ATTACK_CALLER=(strace -f -qq -o "$log")
	rm -f "$log"
	attack true
	# The control is to run, and to do more.
	[[ $status == 0 ]] || { [[ $FORM == runc ]] && return 0 || return 1; }
	calls=$(calls_behind_filter "$log")
	# With new privileges the filter is loaded by who may: before its rights go, and a last look whether mini-run lives.
	[[ $new == true ]] || calls=$(sed -E 's/ (setgroups|setresgid|setresuid|capset|prctl|recvfrom)\b//g' <<<"$calls")
	# The command is executed by a program of mini-run's own, which is executed by its descriptor.
	calls=$(sed -E 's/ fcntl\b//g; s/ execveat / /' <<<"$calls")
	expect_equal "$calls" "$wanted"
}

@test "6.5 behind the filter there is execve, or what drops the rights, and nothing else" {
	local new

	need_strace
	for new in true false; do
		control_trips few_calls runc
		in_every_form few_calls direct bundle
	done
}

# ---- 6.6, 6.7 -------------------------------------------------------------------------------------------------------

# refused JSON: no container with that, in either form.
refused()
{
	seccomp "$1"
	oci_try oci create --bundle "$BUNDLE" "$(container_id)"
	if ((status != 1)) || [[ $(wc -l <<<"$stderr") != 1 || -e $OCI_ROOT/$(container_id) ]]; then
		echo "taken: $1"
		show_result
		return 1
	fi
	oci_try oci run "${ATTACK_OPTIONS[@]}" "$BUNDLE/rootfs" true
	if ((status != 125)); then
		echo "taken by run ROOTFS: $1"
		show_result
		return 1
	fi
}

# rule REST: a profile with one rule about read.
rule() { echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ERRNO"'"$1"'}]}'; }

@test "6.6 a profile with an unknown word in it is an error, never no filter; unknown names of calls are passed over" {
	bundle_make
	bundle_args true
	refused '{}'
	refused '{"defaultAction": "SCMP_ACT_MAYBE"}'
	refused '{"defaultAction": "scmp_act_errno"}'
	refused '{"defaultAction": ""}'
	refused '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_VAX"]}'
	refused '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": "SCMP_ARCH_X86_64"}'
	refused '{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_MAYBE"]}'
	refused '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": {}}'
	refused '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [], "action": "SCMP_ACT_ERRNO"}]}'
	refused '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": "read", "action": "SCMP_ACT_ERRNO"}]}'
	refused '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"]}]}'
	refused '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_DENY"}]}'
	refused "$(rule ', "errnoRet": -1')"
	refused "$(rule ', "errnoRet": 4294967296')"
	refused "$(rule ', "args": [{"index": 6, "value": 0, "op": "SCMP_CMP_EQ"}]')"
	refused "$(rule ', "args": [{"index": -1, "value": 0, "op": "SCMP_CMP_EQ"}]')"
	refused "$(rule ', "args": [{"index": 0, "value": 0, "op": "SCMP_CMP_ODD"}]')"
	refused "$(rule ', "args": [{"index": 0, "value": "0", "op": "SCMP_CMP_EQ"}]')"
	refused "$(rule ', "args": [{"index": 0, "value": 0}]')"
	# The control: a good one is taken by both.
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["no_such_call", "getpgrp"], "action": "SCMP_ACT_ERRNO"}]}'
	run_ok oci_run "$(container_id good)"
	run_ok oci run "${ATTACK_OPTIONS[@]}" "$BUNDLE/rootfs" true
}

# kill(pid, signal) with a signal number that a compiler without 64 bits, or with the wrong half first, would mistake. The
# kernel takes only the lower half of it: what is asked for is the filter's answer, before. lseek(fd, offset, whence) has 64.
wrong_halves()
{
	local rules

	# Above 255 rules, so that a jump of one byte does not reach: the last one counts as the first does.
	rules=$(jq -nc '[range(300) | {names: ["lseek"], action: "SCMP_ACT_ERRNO", errnoRet: 33,
		args: [{index: 1, value: (4294967296 + . * 16), op: "SCMP_CMP_EQ"}, {index: 2, value: 1, op: "SCMP_CMP_EQ"}]}]')
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": '"$rules"'}'
	# dd seeks by bytes, from where it is, on its output.
	attack sh -c 'for at in 4294967296 4294967312 4294972080; do
			dd if=/dev/null of=/tmp/x bs=1 seek=$at count=0 conv=notrunc 2>&1 | grep -q "argument out of domain" || echo "passed: $at"
		done
		for at in 16 32 4784 4294967297 8589934592; do
			dd if=/dev/null of=/tmp/x bs=1 seek=$at count=0 conv=notrunc 2>&1 | grep "argument out of domain" && echo "refused: $at"
		done
		echo done'
	[[ $output == "done" ]]
}

@test "6.7 rules with 64-bit arguments, and more of them than a jump reaches" {
	# (Against libseccomp, with random rules and calls, by an interpreter: test_seccomp_rules.c and test_seccomp.c.)
	control_trips wrong_halves chroot
	in_every_form wrong_halves direct bundle exec
}
