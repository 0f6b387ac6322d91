#!/usr/bin/env bats
#
# The truth about refused system calls: --security-opt seccomp-log names every one at the end, and where a filter ends the
# command the message and the report name the call. What is refused stays refused as the profile says.
#
# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2030,SC2031 # bats runs each test in a shell of its own, which is meant
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run

load ../lib/common
load ../lib/containers
load ../lib/probe

REFUSER=$REPO/build/tests/lib/refuser

setup()
{
	common_setup
	need_root
	[[ -x $PROBE && -x $REFUSER ]] || {
		echo "$REFUSER is missing: type make units"
		return 1
	}
	LOG=(--security-opt seccomp-log)
	REPORT=$BATS_TEST_TMPDIR/report
}

# profile ACTION NAME...: makes a profile in $BATS_TEST_TMPDIR that allows all but these calls; the options for it in $OPTIONS.
profile()
{
	local action=$1 names
	shift

	names=$(printf '"%s",' "$@")
	printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [%s], "action": "SCMP_ACT_%s"}]}\n' \
		"${names%,}" "$action" >"$BATS_TEST_TMPDIR/profile.json"
	OPTIONS=(--security-opt "seccomp=$BATS_TEST_TMPDIR/profile.json")
}

# told: what the last run's stderr says of refused calls, without the name in front.
told() { sed -n 's/^mini-run: [^:]*: refused system call//p' <<<"$stderr"; }

# own_filters: the same of filters that its processes set.
own_filters() { sed -n 's/^mini-run: [^:]*: system call filters of its own: //p' <<<"$stderr"; }

# ended STATUS MESSAGE COMMAND...: mini-run with $OPTIONS ends so, and says why in the message and in the report.
ended()
{
	local wanted=$1 message=$2
	shift 2

	run_status "$wanted" inside --report=json:"$REPORT" "${OPTIONS[@]}" -- "$@"
	expect_equal "$(sed -n 's/^mini-run: [^:]*: //p' <<<"$stderr" | grep -v '^refused\|^system call filters of its own' || true)" "$message"
	expect_equal "$(jq -r '.message // ""' "$REPORT")" "$message"
}

by_call() { echo "ended by SIGSYS: the system call $1 was refused by the filter"; }

# ---- the log ----------------------------------------------------------------------------------------------------

@test "every call that the built-in filter refuses is named with its answer and how often" {
	local logged refused

	run_ok inside -- /mnt/probe calls
	refused=$(sort <<<"$output")
	run_ok inside "${LOG[@]}" -- /mnt/probe calls
	# Nothing is answered otherwise than without the log.
	expect_equal "$(sort <<<"$output")" "$refused"
	logged=$(told | sed -n 's/^: \([a-z0-9_]*\), \([A-Z]*\), [0-9]* times*, first by probe$/\1=\2/p')
	for name in keyctl=EPERM bpf=EPERM mount=EPERM io_uring_setup=EPERM clone3=ENOSYS unshare=EPERM; do
		grep -qx "$name" <<<"$logged"
	done
	expect_equal "$(wc -l <<<"$logged")" "$(told | wc -l)"
}

@test "calls are counted, and a run without any says so" {
	run_ok inside "${LOG[@]}" -- /mnt/refuser calls 300
	expect_equal "$(told)" ': keyctl, EPERM, 300 times, first by refuser'
	run_ok inside "${LOG[@]}" -- true
	expect_equal "$(told)" 's: none'
	run_ok inside --security-opt seccomp-log=false -- /mnt/refuser call
	expect_equal "$stderr" ''
}

@test "a number that no kernel has answers ENOSYS and is told as a number" {
	run_ok inside "${LOG[@]}" -- /mnt/refuser numbers 1
	expect_equal "$(told)" ': number 5000, ENOSYS, 1 time, first by refuser'
}

@test "the list ends, and what found no place is counted" {
	run_ok inside "${LOG[@]}" --report=json:"$REPORT" -- /mnt/refuser numbers 300
	expect_equal "$(told | wc -l)" 129
	expect_equal "$(told | tail -n 1)" ': 172 more times: calls that found no place in this list'
	expect_equal "$(jq -c '[(.refusedCalls | length), .refusedCallsUnlisted]' "$REPORT")" '[128,172]'
}

@test "the report lists them too, once" {
	run_ok inside "${LOG[@]}" --report=json:"$REPORT" -- /mnt/refuser calls 2
	expect_equal "$(jq -c '[.reason, .refusedCall, .refusedCalls, .refusedCallsUnlisted]' "$REPORT")" \
		"$(printf '["exited",null,[{"name":"keyctl","number":%d,"architecture":"%s","answer":"EPERM","count":2,"process":"refuser"}],0]' \
			"$(jq '.refusedCalls[0].number' "$REPORT")" "$(uname -m)")"
	run_ok inside "${LOG[@]}" --report -- /mnt/refuser calls 2
	expect_equal "$(grep -c keyctl <<<"$stderr")" 1
	expect_match "$stderr" $'\n  refused      keyctl, EPERM, 2 times, first by refuser$'
	# Without the log nothing was counted, which is not "none".
	run_ok inside --report=json:"$REPORT" -- /mnt/refuser call
	expect_equal "$(jq -c '[.refusedCall, .refusedCalls, .refusedCallsUnlisted]' "$REPORT")" '[null,null,null]'
}

@test "a process cannot name itself into the terminal" {
	run_ok inside "${LOG[@]}" --report=json:"$REPORT" -- /mnt/refuser name $'a\e[2J\n"b'
	expect_equal "$(told)" ': keyctl, EPERM, 1 time, first by a\x1b[2J\x0a"b'
	expect_equal "$(jq -r '.refusedCalls[0].process' "$REPORT")" $'a\e[2J\n"b'
}

@test "the log has what the profile answers: an errno of its choice, a kill, a trap" {
	profile ERRNO keyctl
	sed -i 's/"SCMP_ACT_ERRNO"/&, "errnoRet": 122/' "$BATS_TEST_TMPDIR/profile.json"
	run_ok inside "${LOG[@]}" "${OPTIONS[@]}" -- /mnt/refuser call
	expect_equal "$output" call=EDQUOT
	expect_equal "$(told)" ': keyctl, EDQUOT, 1 time, first by refuser'
	for action in KILL KILL_PROCESS TRAP; do
		profile "$action" keyctl
		OPTIONS+=("${LOG[@]}")
		ended 159 "$(by_call keyctl)" /mnt/refuser call
		expect_equal "$(told)" ': keyctl, SIGSYS, 1 time, first by refuser'
	done
}

@test "a handler of SIGSYS runs under the log too" {
	profile TRAP keyctl
	run_ok inside "${OPTIONS[@]}" -- /mnt/refuser handler
	plain=$output
	expect_match "$plain" 'handled=31'
	run_ok inside "${OPTIONS[@]}" "${LOG[@]}" -- /mnt/refuser handler
	expect_equal "$output" "$plain"
}

@test "the log goes with --init, another user, a terminal and set-user-id programs" {
	run_ok inside "${LOG[@]}" --init -- /mnt/refuser call
	expect_equal "$(told)" ': keyctl, EPERM, 1 time, first by refuser'
	run_ok inside "${LOG[@]}" -u 1000:1000 --cap-drop ALL -- /mnt/refuser call
	expect_equal "$(told)" ': keyctl, EPERM, 1 time, first by refuser'
	run_ok inside "${LOG[@]}" --security-opt no-new-privileges=false -u 1000:1000 -- /mnt/refuser call
	expect_equal "$(told)" ': keyctl, EPERM, 1 time, first by refuser'
	run_ok inside "${LOG[@]}" -t -- /mnt/refuser call
	expect_match "$output" call=EPERM
	expect_equal "$(told)" ': keyctl, EPERM, 1 time, first by refuser'
}

@test "what cannot be logged is an error that names it" {
	refused 'seccomp-log: a detached container is not waited for' "${LOG[@]}" -d -- true
	refused 'seccomp-log: there is no filter' "${LOG[@]}" --privileged -- true
	refused 'seccomp-log: there is no filter' "${LOG[@]}" --security-opt seccomp=unconfined -- true
	refused 'is either true or false' --security-opt seccomp-log=maybe -- true
	profile NOTIFY keyctl
	sed -i 's/^{/{"listenerPath": "\/x", /' "$BATS_TEST_TMPDIR/profile.json"
	refused 'seccomp-log: the profile has SCMP_ACT_NOTIFY' "${LOG[@]}" "${OPTIONS[@]}" -- true
}

@test "under the log a listener of the container's own is refused, and only there" {
	run_ok inside -- /mnt/refuser listen
	expect_match "$output" 'listen=[0-9]'
	run_ok inside "${LOG[@]}" -- /mnt/refuser listen
	expect_equal "$output" listen=EBUSY
}

# ---- not kept from its work -----------------------------------------------------------------------------------------

@test "a container that does nothing but refused calls is still timed, signalled and cleaned up" {
	local id pid

	run_status 124 inside "${LOG[@]}" --timeout 300ms -- /mnt/refuser flood
	expect_match "$(told)" '^: keyctl, EPERM, [0-9]+ times, first by refuser$'
	id=$(container_name)
	"$MINI_RUN" run --name "$id" "${LOG[@]}" -v "${PROBE%/*}:/mnt:ro" "$ROOTFS" /mnt/refuser flood \
		>"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	pid=$!
	for ((try = 0; try < 100; try++)); do
		grep -q flooding "$BATS_TEST_TMPDIR/out" && break
		sleep 0.1
	done
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	expect_equal "$status" 143
	grep -q 'refused system call: keyctl, EPERM' "$BATS_TEST_TMPDIR/err"
}

@test "when mini-run is killed the container ends with its calls unanswered" {
	local id pid

	id=$(container_name)
	"$MINI_RUN" run --name "$id" "${LOG[@]}" -v "${PROBE%/*}:/mnt:ro" "$ROOTFS" /mnt/refuser flood \
		>"$BATS_TEST_TMPDIR/out" 2>/dev/null 3>&- &
	pid=$!
	for ((try = 0; try < 100; try++)); do
		grep -q flooding "$BATS_TEST_TMPDIR/out" && break
		sleep 0.1
	done
	kill -KILL "$pid"
	wait "$pid" || true
	# What is left would be seen by common_teardown.
	for ((try = 0; try < 100; try++)); do
		pgrep -f '^/mnt/refuser flood' >/dev/null || break
		sleep 0.1
	done
	run ! pgrep -f '^/mnt/refuser flood'
}

# ---- the call that ended it -----------------------------------------------------------------------------------------

@test "a call that ends the command is named, without being asked" {
	local action

	for action in KILL KILL_THREAD KILL_PROCESS; do
		profile "$action" keyctl
		ended 159 "$(by_call keyctl)" /mnt/refuser call
		expect_equal "$(jq -c '[.reason, .status, .exitStatus, .signal, .refusedCall, .refusedCalls]' "$REPORT")" \
			'["seccomp",159,null,31,"keyctl",null]'
	done
	# However it stands to SIGSYS.
	ended 159 "$(by_call keyctl)" /mnt/refuser handler
	ended 159 "$(by_call keyctl)" /mnt/refuser ignore
	ended 159 "$(by_call keyctl)" /mnt/refuser threads
	ended 159 "$(by_call keyctl)" /mnt/refuser in-thread
	OPTIONS+=(-u 1000)
	ended 159 "$(by_call keyctl)" /mnt/refuser call
}

@test "a child that is ended by it dies of SIGSYS, and the one whose status is passed on is named" {
	profile KILL_PROCESS keyctl
	run_ok inside "${OPTIONS[@]}" -- /mnt/refuser child call
	expect_equal "$output" signal=31
	expect_equal "$stderr" ''
	run_ok inside "${OPTIONS[@]}" -- /mnt/refuser child threads
	expect_equal "$output" signal=31
	# It cannot save itself by a handler, but the signal is another one.
	run_ok inside "${OPTIONS[@]}" -- /mnt/refuser child handler
	expect_equal "$output" signal=9
	# Nor can a tracer that takes SIGSYS away.
	run_ok inside "${OPTIONS[@]}" -- /mnt/refuser traced
	expect_equal "$(tail -n 1 <<<"$output")" signal=9
	ended 159 "a process was $(by_call keyctl)" sh -c '/mnt/refuser call; exit $?'
	ended 159 "a process was $(by_call keyctl)" sh -c '/mnt/refuser call 2>/dev/null; exit 159'
	OPTIONS+=(--init)
	ended 159 "a process was $(by_call keyctl)" /mnt/refuser call
}

@test "a profile has to allow nothing of mini-run's for it" {
	# Everything that is needed to execute a static program that exits at once, and no more.
	printf '{"defaultAction": "SCMP_ACT_KILL_PROCESS", "syscalls": [{"names": [%s], "action": "SCMP_ACT_ALLOW"}]}\n' \
		'"execve","exit_group","brk","arch_prctl","set_tid_address","set_robust_list","rseq","prlimit64","readlink",
		"readlinkat","getrandom","mprotect","getuid","getgid","setuid","setgid","mmap","munmap","prctl","getpid"' \
		>"$BATS_TEST_TMPDIR/profile.json"
	OPTIONS=(--security-opt "seccomp=$BATS_TEST_TMPDIR/profile.json")
	run_ok inside "${OPTIONS[@]}" -- true
	run_ok inside "${OPTIONS[@]}" "${LOG[@]}" -- true
	ended 159 "$(by_call sendmsg)" /mnt/refuser sendmsg
	ended 159 "$(by_call seccomp)" /mnt/refuser listen
	sed -i 's/"execve",//' "$BATS_TEST_TMPDIR/profile.json"
	run_status 159 inside "${OPTIONS[@]}" -- true
	expect_match "$stderr" "the system call execve(at)? was refused by the filter"
}

@test "a trap that ends the command is a system call without a name" {
	profile TRAP keyctl
	ended 159 'ended by SIGSYS: a system call was refused by a filter' /mnt/refuser call
	expect_equal "$(jq -c '[.reason, .refusedCall]' "$REPORT")" '["seccomp",null]'
}

@test "a filter of the container's own is told apart from mini-run's" {
	local own='ended by SIGSYS: a system call was refused by a filter of its own'

	OPTIONS=()
	ended 159 "$own" /mnt/refuser own-kill
	OPTIONS=("${LOG[@]}")
	ended 159 "$own" /mnt/refuser own-kill
	profile KILL_PROCESS keyctl
	ended 159 "$own" /mnt/refuser own-kill
	# Whatever became of a child before.
	ended 159 "$own" sh -c '/mnt/refuser call 2>/dev/null; exec /mnt/refuser own-kill'
	expect_equal "$(jq -c '[.reason, .refusedCall]' "$REPORT")" '["seccomp",null]'
	profile TRAP keyctl # which says nothing when it strikes
	ended 159 'ended by SIGSYS: a system call was refused by a filter' /mnt/refuser own-kill
}

@test "a filter of the container's own may hide refused calls, and that is told" {
	local how seen='asked for 1 time, first by refuser; what they refuse is not seen here'

	for how in own-errno own-errno-prctl; do
		# The call is refused all the same, but by the answer that comes first.
		profile KILL_PROCESS keyctl
		ended 0 '' /mnt/refuser $how
		expect_equal "$output" $'own=0\ncall=ENOTTY'
		expect_equal "$(own_filters)" "$seen"
		expect_equal "$(jq -c '[.reason, .status, .refusedCalls, .ownFilters, .ownFilterProcess]' "$REPORT")" \
			'["exited",0,null,1,"refuser"]'
		run_ok inside "${LOG[@]}" -- /mnt/refuser $how
		expect_equal "$output" $'own=0\ncall=ENOTTY'
		expect_equal "$(told)" 's: none'
		expect_equal "$(own_filters)" "$seen"
	done
	run_ok inside "${LOG[@]}" --report -- sh -c '/mnt/refuser own-errno; /mnt/refuser own-errno-prctl'
	expect_match "$stderr" $'\n  own filters  asked for 2 times, first by refuser; what they refuse is not seen here$'
	expect_equal "$(own_filters)" ''
}

@test "who sets no filter of its own is not said to, and who may not does not get to" {
	local count

	profile KILL_PROCESS keyctl
	for count in 0 null; do
		ended 0 '' /mnt/refuser strict
		expect_equal "$output" $'strict=EINVAL\nnone=1'
		expect_equal "$(own_filters)" ''
		expect_equal "$(jq -c '[.ownFilters, .ownFilterProcess]' "$REPORT")" "[$count,null]"
		OPTIONS=() # nobody is told, and nothing is known
	done
	profile ERRNO seccomp prctl
	run_ok inside "${LOG[@]}" "${OPTIONS[@]}" -- /mnt/refuser own-errno
	expect_equal "${lines[0]}" own=EPERM
	expect_match "$(told)" ': seccomp, EPERM, 1 time, first by refuser'
	expect_equal "$(own_filters)" ''
	profile KILL_PROCESS seccomp
	ended 159 "$(by_call seccomp)" /mnt/refuser own-errno
	expect_equal "$(own_filters)" ''
}

@test "a detached container has the plain filter, which no filter of its own comes before" {
	local id out=$BATS_TEST_TMPDIR/out

	profile KILL_PROCESS keyctl
	id=$(container_name)
	mkdir "$out"
	run_ok inside "${OPTIONS[@]}" -d --name "$id" -v "$out:/mnt2" -- \
		sh -c '/mnt/refuser child own-errno >/mnt2/said; mv /mnt2/said /mnt2/ended'
	for ((try = 0; try < 100; try++)); do
		[[ -e $out/ended ]] && break
		sleep 0.1
	done
	run_ok "$MINI_RUN" delete --force "$id"
	expect_equal "$(cat "$out/ended")" $'own=0\nsignal=31'
}

@test "a SIGSYS that a process sends is not a refused system call" {
	OPTIONS=()
	ended 0 '' /mnt/refuser kill # PID 1 does not die of it
	ended 159 '' sh -c '/mnt/refuser child kill; exit 159'
	expect_equal "$(jq -c '[.reason, .refusedCall]' "$REPORT")" '["exited",null]'
	profile KILL_PROCESS keyctl
	ended 159 '' sh -c '/mnt/refuser kill; exit $?'
	expect_equal "$(jq -r .reason "$REPORT")" exited
}

@test "a profile without a kill is nobody's business: no listener is there" {
	profile ERRNO keyctl
	run_ok inside "${OPTIONS[@]}" -- /mnt/refuser listen
	expect_match "$output" 'listen=[0-9]'
	profile KILL keyctl
	run_ok inside "${OPTIONS[@]}" -- /mnt/refuser listen
	expect_equal "$output" listen=EBUSY
}

# ---- other kernels, other listeners -----------------------------------------------------------------------------------

@test "without the flag that keeps signals from a waiting call it is the same" {
	printf '#!/bin/sh\nexec %s old-kernel %s "$@"\n' "$REFUSER" "$MINI_RUN" >"$BATS_TEST_TMPDIR/old"
	chmod 755 "$BATS_TEST_TMPDIR/old"
	MINI_RUN=$BATS_TEST_TMPDIR/old
	run_ok inside "${LOG[@]}" -- /mnt/refuser calls 100
	expect_equal "$(told)" ': keyctl, EPERM, 100 times, first by refuser'
	profile KILL_PROCESS keyctl
	ended 159 "$(by_call keyctl)" /mnt/refuser call
	ended 159 "$(by_call keyctl)" /mnt/refuser in-thread
	run_ok inside "${OPTIONS[@]}" -- /mnt/refuser child call
	expect_equal "$output" signal=31
	profile TRAP keyctl
	run_ok inside "${LOG[@]}" "${OPTIONS[@]}" -- /mnt/refuser handler
	expect_match "$output" 'call='
}

@test "where somebody listens to mini-run already the filter is in force, and only the name is unknown" {
	printf '#!/bin/sh\nexec %s listened %s "$@"\n' "$REFUSER" "$MINI_RUN" >"$BATS_TEST_TMPDIR/listened"
	chmod 755 "$BATS_TEST_TMPDIR/listened"
	MINI_RUN=$BATS_TEST_TMPDIR/listened
	profile KILL_PROCESS keyctl
	ended 159 'ended by SIGSYS: a system call was refused by a filter' /mnt/refuser call
	refused 'a filter that notifies is in force already' "${LOG[@]}" -- true
}

# ---- further processes, and the kept filters --------------------------------------------------------------------------

@test "a process of exec has the plain filter, and its calls are its own affair" {
	local id pid

	id=$(container_name)
	mkfifo "$BATS_TEST_TMPDIR/in"
	"$MINI_RUN" run --name "$id" "${LOG[@]}" -v "${PROBE%/*}:/mnt:ro" "$ROOTFS" sh -c 'echo up; read x' \
		<"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	pid=$!
	exec 4>"$BATS_TEST_TMPDIR/in"
	for ((try = 0; try < 100; try++)); do
		grep -q up "$BATS_TEST_TMPDIR/out" && break
		sleep 0.1
	done
	run_ok "$MINI_RUN" exec "$id" /mnt/refuser call
	expect_equal "$output" call=EPERM
	run_ok "$MINI_RUN" exec "$id" /mnt/refuser listen
	expect_match "$output" 'listen=[0-9]'
	echo >&4
	exec 4>&-
	wait "$pid"
	expect_match "$(cat "$BATS_TEST_TMPDIR/err")" 'refused system calls: none'
}

@test "a profile that was compiled with the log is the plain one without it, and the other way round" {
	profile ERRNO keyctl
	for options in seccomp-log seccomp-log=false seccomp-log; do
		run_ok inside "${OPTIONS[@]}" --security-opt "$options" -- /mnt/refuser listen
		expect_match "$output" "$([[ $options == *false ]] && echo 'listen=[0-9]' || echo EBUSY)"
	done
}
