#!/usr/bin/env bats
#
# linux.seccomp of a bundle: every action as the command meets it, the listener, and the compiled filters that are kept.
#
# shellcheck disable=SC2016 # the dollars are jq's, and of the shell in the container
# shellcheck disable=SC2034,SC2154 # OCI_FLAGS is for bundle.bash; status, output and stderr are set by bats' run

load ../lib/common
load ../lib/containers
load ../lib/bundle

AGENT=$REPO/build/tests/lib/seccomp_agent

teardown()
{
	agent_end
	bundle_teardown
}

# seccomp JSON...: the filter of $BUNDLE.
seccomp() { bundle_set linux.seccomp "$*"; }

# on_mkdir ACTION [REST]: everything is allowed but mkdir, about which ACTION is said.
on_mkdir()
{
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
		"syscalls": [{"names": ["mkdir", "mkdirat"], "action": "'"$1"'"'"${2:-}"'}]}'
}

# inside COMMAND: run by a shell in a new container, in the foreground.
inside()
{
	bundle_args sh -c "$1"
	oci_run "$(container_id)"
}

# ---- the agent ------------------------------------------------------------------------------------------------

# agent_start VERDICT [COUNT]: the listener at $SOCKET. What it was sent comes to $SENT, the calls to $ASKED.
agent_start()
{
	SOCKET=$BATS_TEST_TMPDIR/agent.sock SENT=$BATS_TEST_TMPDIR/sent ASKED=$BATS_TEST_TMPDIR/asked
	"$AGENT" "$SOCKET" "$SENT" "$@" >"$ASKED" 2>&1 3>&- 4>&- &
	AGENT_PID=$!
	eventually grep -q ready "$ASKED"
}

agent_end()
{
	[[ ${AGENT_PID:-} ]] || return 0
	kill "$AGENT_PID" 2>/dev/null || true
	wait "$AGENT_PID" || true
	AGENT_PID=
}

# notify [METADATA]: mkdir is asked about.
notify()
{
	on_mkdir SCMP_ACT_NOTIFY
	bundle_edit --arg path "$SOCKET" --arg metadata "${1:-}" \
		'.linux.seccomp += {listenerPath: $path, listenerMetadata: $metadata}'
}

# sent N JQ-PATH: of the Nth process that the agent was given.
sent() { sed -n "$1s/^[^{]*json=//p" "$SENT" | jq -r ".$2"; }

# ---- actions --------------------------------------------------------------------------------------------------

@test "a bundle without seccomp has no filter, and one with it has, whoever runs [SEC-1]" {
	local privileges

	bundle_make
	run_ok inside 'sed -n "s/^Seccomp:\t//p" /proc/self/status'
	expect_equal "$output" 0
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW"}'
	for privileges in true false; do
		bundle_edit ".process.noNewPrivileges = $privileges | .process.user = {uid: 1000, gid: 1000}"
		run_ok inside 'sed -n "s/^Seccomp:\t//p" /proc/self/status'
		expect_equal "$output" 2
	done
}

@test "an action is what the command meets [SEC-2]" {
	bundle_make
	on_mkdir SCMP_ACT_ALLOW
	run_ok inside 'mkdir /tmp/a && echo done'
	expect_equal "$output" "done"
	on_mkdir SCMP_ACT_LOG
	run_ok inside 'mkdir /tmp/b && echo done'
	expect_equal "$output" "done"
	on_mkdir SCMP_ACT_ERRNO
	run_ok inside 'mkdir /tmp/c 2>&1; echo still here'
	expect_match "$output" 'Operation not permitted.*still here'
	# Without a tracer the call is not there.
	on_mkdir SCMP_ACT_TRACE
	run_ok inside 'mkdir /tmp/d 2>&1; echo still here'
	expect_match "$output" 'Function not implemented.*still here'
}

@test "an action that kills ends who makes the call by SIGSYS [SEC-2]" {
	local action

	bundle_make
	for action in KILL KILL_THREAD KILL_PROCESS TRAP; do
		on_mkdir "SCMP_ACT_$action"
		run_ok inside '(mkdir /tmp/a) 2>/dev/null; echo "$?"; test -e /tmp/a || echo not there'
		expect_equal "$output" $'159\nnot there'
	done
}

@test "the default action concerns every call that no rule names [SEC-1]" {
	bundle_make
	seccomp '{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 122, "syscalls": [
		{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 122},
		{"names": ["umask"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}'
	# The rest is allowed by its name, so that the shell lives.
	bundle_edit --argjson names "$(allowed_names mkdir mkdirat umask chdir)" \
		'.linux.seccomp.syscalls += [{names: $names, action: "SCMP_ACT_ALLOW"}]'
	run_ok inside 'cd /tmp 2>&1; mkdir /tmp/a 2>&1; echo still here'
	expect_match "$output" 'cd: .*mkdir: .*quota exceeded.*still here'
}

# allowed_names NAME...: what a shell needs and more, without those, as a JSON array.
allowed_names()
{
	local names=(access arch_prctl brk capget capset chdir clone clone3 close close_range dup dup2 dup3 epoll_create1 execve
		execveat exit exit_group faccessat faccessat2 fchdir fchown fcntl fork fstat fstatfs fsync futex getcwd
		getdents64 getegid geteuid getgid getgroups getpgrp getpgid getpid getppid getrandom getsid gettid getuid
		ioctl kill lseek lstat madvise mkdir mkdirat mmap mprotect mremap munmap nanosleep newfstatat open openat
		openat2 pipe pipe2 poll ppoll prctl pread64 prlimit64 read readlink readlinkat readv recvfrom recvmsg
		rseq rt_sigaction rt_sigprocmask rt_sigreturn sched_yield seccomp sendmsg sendto set_robust_list
		set_tid_address setgid setgroups setpgid setregid setresgid setresuid setreuid setsid setuid sigaltstack
		stat statfs statx sysinfo tgkill time umask uname unlink unlinkat vfork wait4 waitid write writev)

	printf '%s\n' "${names[@]}" | grep -vxF "$(printf '%s\n' "$@")" | jq -R . | jq -s -c .
}

@test "errnoRet is the errno, EPERM where it is not given, and an error where the action has none [SEC-3]" {
	bundle_make
	on_mkdir SCMP_ACT_ERRNO ', "errnoRet": 2'
	run_ok inside 'mkdir /tmp/a 2>&1; echo'
	expect_match "$output" 'No such file or directory'
	on_mkdir SCMP_ACT_ALLOW ', "errnoRet": 2'
	expect_oci_error 'linux\.seccomp\.syscalls\[0\]\.errnoRet: the action takes no errno' oci_run "$(container_id)"
	on_mkdir SCMP_ACT_KILL_PROCESS ', "errnoRet": 2'
	expect_oci_error 'errnoRet: the action takes no errno' oci_run "$(container_id)"
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1}'
	expect_oci_error 'linux\.seccomp\.defaultErrnoRet: the action takes no errno' oci_run "$(container_id)"
	oci_gone "$(container_id)"
}

@test "what is not in the specification is an error that names its place [SEC-1] [SEC-4] [SEC-5] [SEC-8] [SEC-9] [SEC-10]" {
	bundle_make
	refused 'linux\.seccomp\.defaultAction: missing' '{}'
	refused 'linux\.seccomp\.defaultAction: unknown action "SCMP_ACT_MAYBE"' '{"defaultAction": "SCMP_ACT_MAYBE"}'
	refused 'architectures\[0\]: unknown architecture "SCMP_ARCH_VAX"' \
		'{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_VAX"]}'
	refused 'flags\[0\]: unknown flag "SECCOMP_FILTER_FLAG_MAYBE"' \
		'{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_MAYBE"]}'
	refused 'listenerMetadata: given without listenerPath' '{"defaultAction": "SCMP_ACT_ALLOW", "listenerMetadata": "m"}'
	refused 'syscalls\[0\]\.names: empty' \
		'{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [], "action": "SCMP_ACT_ERRNO"}]}'
	refused 'syscalls\[0\]\.action: missing' '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"]}]}'
	refused 'syscalls\[0\]\.args\[0\]\.op: unknown operator' '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names":
		["read"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 0, "op": "SCMP_CMP_ODD"}]}]}'
}

# refused REGEX JSON: with that filter no container is made.
refused()
{
	seccomp "$2"
	expect_oci_error "$1" oci_run "$(container_id)"
	oci_gone "$(container_id)"
}

@test "every flag and every architecture is taken, together as well [SEC-4] [SEC-5]" {
	local arches=(X86 X86_64 X32 ARM AARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE
		S390 S390X PARISC PARISC64 RISCV64 LOONGARCH64 M68K SH SHEB)

	bundle_make
	on_mkdir SCMP_ACT_ERRNO
	bundle_edit --arg names "${arches[*]}" '.linux.seccomp.architectures = ($names | split(" ") | map("SCMP_ARCH_" + .)) |
		.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG",
		"SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
	run_ok inside 'mkdir /tmp/a 2>&1; sed -n "s/^Seccomp:\t//p" /proc/self/status'
	expect_match "$output" 'not permitted.*2$'
}

@test "a rule with arguments is about calls with them [SEC-10]" {
	bundle_make
	# kill(pid, signal): 10 is SIGUSR1.
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["kill"], "action": "SCMP_ACT_ERRNO",
		"errnoRet": 122, "args": [{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}]}]}'
	run_ok inside 'kill -10 $$ 2>&1; kill -0 $$ && echo may'
	expect_match "$output" 'uota exceeded.*may'
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["kill"], "action": "SCMP_ACT_ERRNO",
		"errnoRet": 122, "args": [{"index": 1, "value": 8, "valueTwo": 8, "op": "SCMP_CMP_MASKED_EQ"}]}]}'
	run_ok inside 'kill -10 $$ 2>&1; kill -0 $$ && echo may'
	expect_match "$output" 'uota exceeded.*may'
}

@test "names that no kernel has are passed over, and calls newer than the profile are not there [SEC-12] [SEC-13]" {
	bundle_make
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["no_such_call", "mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}'
	run_ok inside 'mkdir /tmp/a 2>&1; echo still here'
	expect_match "$output" 'not permitted.*still here'
	# The newest call that is named is openat2 (437): the default errno is for those before it.
	seccomp '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": []}'
	bundle_edit --argjson names "$(allowed_names faccessat2 close_range clone3)" \
		'.linux.seccomp.syscalls += [{names: $names, action: "SCMP_ACT_ALLOW"}]'
	bundle_args /bin/probe calls
	run_ok oci_run "$(container_id)"
	expect_match "$output" 'open_tree=EPERM'      # 428
	expect_match "$output" 'mount_setattr=ENOSYS' # 442
}

@test "a profile needs to allow nothing of mini-run's own but execve [SEC-2]" {
	bundle_make
	seccomp '{"defaultAction": "SCMP_ACT_KILL_PROCESS", "syscalls": []}'
	bundle_edit --argjson names "$(allowed_names sendmsg recvmsg recvfrom sendto close_range openat2 capset \
		setgroups setresgid setresuid umask fchown)" \
		'.linux.seccomp.syscalls += [{names: $names, action: "SCMP_ACT_ALLOW"}]'
	bundle_args echo hello
	run_ok oci_run "$(container_id)"
	expect_equal "$output" hello
}

# ---- the listener -----------------------------------------------------------------------------------------------

@test "the listener is sent the process and its filter, and answers its calls [SEC-6] [SEC-8] [SEC-11]" {
	local privileges count=0

	bundle_make
	agent_start 122 2
	notify 'MKNOD=/dev/null "x"'
	bundle_edit '.annotations = {key: "value"}'
	for privileges in true false; do
		bundle_edit ".process.noNewPrivileges = $privileges"
		run_ok inside 'mkdir /tmp/a 2>&1; ls /proc/self/fd | tr "\n" " "'
		expect_match "$output" 'uota exceeded.*0 1 2 3 $' # 3 is the directory that ls reads
		count=$((count + 1))
		expect_equal "$(wc -l <"$SENT")" "$count"
		expect_equal "$(sed -n "$count{s/ json=.*//p}" "$SENT")" 'fds=1 kind=anon_inode:seccomp notify'
		expect_equal "$(sent "$count" metadata)" 'MKNOD=/dev/null "x"'
		expect_equal "$(sent "$count" 'fds | join(",")')" seccompFd
		expect_equal "$(sent "$count" state.id)" "$(container_id)"
		expect_equal "$(sent "$count" state.bundle)" "$BUNDLE"
		expect_equal "$(sent "$count" state.annotations.key)" value
		expect_equal "$(sent "$count" pid)" "$(sent "$count" state.pid)"
		(($(sent "$count" pid) > 0))
	done
	wait "$AGENT_PID" # it ends when nobody can ask any more
	AGENT_PID=
	expect_match "$(<"$ASKED")" 'call [0-9]+'
}

@test "the listener can let a call go on [SEC-6]" {
	bundle_make
	agent_start continue
	notify
	run_ok inside 'mkdir /tmp/a && echo made'
	expect_equal "$output" made
	expect_equal "$(sent 1 'metadata')" null
}

@test "calls that the start itself makes may be asked about [SEC-6]" {
	bundle_make
	agent_start continue
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_NOTIFY",
		"names": ["execve", "openat2", "openat", "open", "read", "close", "close_range", "recvmsg", "prctl"]}]}'
	bundle_edit --arg path "$SOCKET" '.linux.seccomp.listenerPath = $path'
	run_ok inside 'cat /etc/passwd'
	expect_match "$output" root
	bundle_edit '.process.noNewPrivileges = false'
	agent_end
	rm "$SOCKET"
	agent_start continue
	run_ok inside 'cat /etc/passwd'
	expect_match "$output" root
}

@test "create, start and exec give the listener a process each [SEC-6] [SEC-11]" {
	local id

	bundle_make
	agent_start 122 2
	notify metadata
	bundle_args sleep 1000
	id=$(container_id)
	oci_create "$id"
	oci_start "$id"
	expect_equal "$(sent 1 pid)" "$(oci_state "$id" pid)"
	oci_try oci exec "$id" mkdir /tmp/a
	expect_match "$stderr" 'uota exceeded'
	expect_equal "$(wc -l <"$SENT")" 2
	expect_equal "$(sent 2 state.pid)" "$(oci_state "$id" pid)"
	expect_equal "$(sent 2 state.status)" running
	[[ $(sent 2 pid) != "$(sent 1 pid)" ]]
	expect_equal "$(sent 2 metadata)" metadata
	oci_status_is "$id" running
}

@test "a listener that is not there is an error, and no container is made [SEC-7]" {
	local id

	bundle_make
	SOCKET=$BATS_TEST_TMPDIR/nobody
	notify
	id=$(container_id)
	bundle_args true
	expect_oci_error "listenerPath $SOCKET: No such file" oci_run "$id"
	expect_oci_error "listenerPath $SOCKET: No such file" oci create --bundle "$BUNDLE" "$id"
	: >"$SOCKET"
	expect_oci_error "listenerPath $SOCKET is not a socket" oci_run "$id"
	rm "$SOCKET"
	# The socket of one that has gone.
	agent_start continue
	agent_end
	notify
	expect_oci_error "connect to socket $SOCKET: Connection refused" oci_run "$id"
	oci_gone "$id"
	# An abstract address is a path like any other.
	SOCKET=@mini-run-test
	notify
	expect_oci_error 'listenerPath @mini-run-test: No such file' oci_run "$id"
	oci_gone "$id"
}

@test "without a rule that notifies the listener is not looked at, and with one it must be named [SEC-6] [SEC-8]" {
	bundle_make
	SOCKET=$BATS_TEST_TMPDIR/nobody
	notify
	bundle_edit '.linux.seccomp.syscalls[0].action = "SCMP_ACT_ERRNO" | .linux.seccomp.listenerMetadata = "m"'
	run_ok inside 'mkdir /tmp/a 2>&1; echo still here'
	expect_match "$output" 'not permitted.*still here'
	on_mkdir SCMP_ACT_NOTIFY
	expect_oci_error 'linux\.seccomp\.listenerPath: missing' oci_run "$(container_id)"
	bundle_edit '.linux.seccomp.listenerPath = ""'
	expect_oci_error 'linux\.seccomp\.listenerPath: missing' oci_run "$(container_id)"
}

@test "what cannot be asked about is an error: the default, write, sendmsg, and a sendmsg that is refused [SEC-2]" {
	local call

	bundle_make
	SOCKET=$BATS_TEST_TMPDIR/nobody
	for call in write sendmsg; do
		notify
		bundle_edit --arg call "$call" '.linux.seccomp.syscalls[0].names += [$call]'
		expect_oci_error "SCMP_ACT_NOTIFY cannot be used for the $call syscall" oci_run "$(container_id)"
	done
	notify
	bundle_edit '.linux.seccomp.defaultAction = "SCMP_ACT_NOTIFY"'
	expect_oci_error 'defaultAction: SCMP_ACT_NOTIFY cannot be the default action' oci_run "$(container_id)"
	notify
	bundle_edit '.linux.seccomp.syscalls += [{names: ["sendmsg"], action: "SCMP_ACT_ERRNO"}]'
	expect_oci_error 'allows sendmsg' oci_run "$(container_id)"
	oci_gone "$(container_id)"
}

# ---- what is kept -----------------------------------------------------------------------------------------------

@test "a profile is compiled once, and a file that is not as it was written is not used" {
	local kept before

	bundle_make
	on_mkdir SCMP_ACT_ERRNO
	run_ok inside 'mkdir /tmp/a 2>&1; echo'
	expect_match "$output" 'not permitted'
	kept=$(echo "$OCI_ROOT"/.seccomp/*)
	expect_equal "$(stat -c '%a %u' "$OCI_ROOT/.seccomp" "$kept" | xargs)" '700 0 600 0'
	before=$(stat -c '%i %y' "$kept")
	run_ok inside 'mkdir /tmp/a 2>&1; echo'
	expect_match "$output" 'not permitted'
	expect_equal "$(stat -c '%i %y' "$OCI_ROOT"/.seccomp/*)" "$before" # nothing was written
	# One byte of the program altered: a new file takes its place.
	printf '\377' | dd of="$kept" bs=1 seek=60 conv=notrunc status=none
	OCI_FLAGS=(--debug)
	run inside 'mkdir /tmp/a 2>&1; echo'
	OCI_FLAGS=()
	expect_match "$output" 'is damaged'
	expect_match "$output" 'not permitted'
	[[ $(stat -c %i "$kept") != "${before% *}" ]]
	# Somebody else's: the same.
	chmod 666 "$kept"
	run_ok inside 'mkdir /tmp/a 2>&1; echo'
	expect_match "$output" 'not permitted'
	expect_equal "$(stat -c %a "$kept")" 600
	# Another profile is another file, and the containers have left nothing else.
	on_mkdir SCMP_ACT_ERRNO ', "errnoRet": 2'
	run_ok inside 'mkdir /tmp/a 2>&1; echo'
	expect_match "$output" 'No such file'
	expect_equal "$(find "$OCI_ROOT" -mindepth 2 -type f | wc -l)" 2
	expect_equal "$(ls "$OCI_ROOT")" ''
}

@test "a process that is added has the container's filter, also when nothing is kept any more" {
	local id

	bundle_make
	on_mkdir SCMP_ACT_ERRNO ', "errnoRet": 122'
	bundle_args sleep 1000
	id=$(container_id)
	oci_run_detached "$id"
	rm -r "$OCI_ROOT/.seccomp"
	oci_try oci exec "$id" mkdir /tmp/a
	expect_match "$stderr" 'uota exceeded'
}
