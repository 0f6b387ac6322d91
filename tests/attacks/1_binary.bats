#!/usr/bin/env bats
#
# The runtime's own program file, and its processes on their way into a container: somebody in there lies in wait for them
# (tests/lib/attack_binary.c), their /proc is forged, their libraries are, and so is what they send.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2154,SC2030,SC2031 # status, output and stderr are set by the functions that run something
# shellcheck disable=SC2034 # FORM and the options are for attacks.bash
load ../lib/attacks

BINARY=$REPO/build/tests/lib/attack_binary

# ---- somebody who lies in wait --------------------------------------------------------------------------------------

# runtime_file: the device and inode of the program that joins containers: a copy, which nothing else executes. The control is
# one of another kind, which joins a container that somebody else has made.
runtime_file()
{
	if form_is host; then
		cp "$BINARY" "${BUNDLE%/*}/runtime"
	else
		cp "$MINI_RUN" "${BUNDLE%/*}/runtime"
	fi
	stat -c %d:%i "${BUNDLE%/*}/runtime"
}

# lurk_start COMMAND...: attack_binary in a container of the form $FORM, for which nobody stays outside; $LURK is its name.
lurk_start()
{
	LURK=$(container_id "lurk-$attack_number") RUNTIME=${BUNDLE%/*}/runtime
	RUNTIME_SUM=$(sha256sum <"$RUNTIME")
	cp "$BINARY" "$BUNDLE/rootfs/bin/"
	LURK_OUT=$BATS_TEST_TMPDIR/$LURK.out
	bundle_args attack_binary "$@"
	if form_is direct; then
		# Landlock parts the processes of a container from those of exec, where the kernel has it: here is what holds
		# without it.
		local -a options=("${ATTACK_OPTIONS[@]}" --landlock off)
		! form_is userns || options+=(--userns auto)
		oci run --detach --name "$LURK" "${options[@]}" "$BUNDLE/rootfs" attack_binary "$@"
	else
		oci create --bundle "$BUNDLE" "$LURK" && oci start "$LURK"
	fi </dev/null >"$LURK_OUT" 2>&1 3>&- 4>&- || {
		cat "$LURK_OUT"
		return 1
	}
}

# lurk_join COMMAND...: the runtime under test enters the container with a command.
lurk_join()
{
	if form_is host; then
		"$RUNTIME" careless "$(oci_state "$LURK" pid)" "$@"
	else
		MINI_RUN=$RUNTIME oci exec "$LURK" "$@"
	fi </dev/null >/dev/null 2>"${LURK_ERR:-/dev/null}" 3>&- 4>&- || true
}

lurk_met() { grep -qx met=1 "$LURK_OUT"; }

# lurk_end: what it has to tell, in $output.
lurk_end()
{
	oci kill "$LURK" USR1 || { cat "$LURK_OUT"; oci state "$LURK"; return 1; }
	oci_stopped "$LURK" && oci delete "$LURK" || return 1
	status=0 stderr=
	output=$(<"$LURK_OUT")
}

# runtime_met COMMAND...: enters until it was met, which is not sure of a process that stays for a millisecond.
runtime_met()
{
	local round

	for ((round = 0; round < 200; round++)); do
		lurk_join "$@"
		! lurk_met || return 0
	done
	echo 'the runtime was not met'
	return 1
}

# The same for a command that prints a message: with a full pipe as its stderr it stays until it was met.
runtime_held()
{
	local held joiner

	LURK_ERR=$BATS_TEST_TMPDIR/$LURK.pipe
	mkfifo "$LURK_ERR"
	exec {held}<>"$LURK_ERR"
	head -c 65536 /dev/zero >&"$held"
	lurk_join "$@" {held}>&- &
	joiner=$!
	eventually lurk_met || { kill "$joiner"; return 1; }
	head -c 65536 <&"$held" >/dev/null
	wait "$joiner"
	exec {held}>&-
	LURK_ERR=
}

# ---- 1.1 --------------------------------------------------------------------------------------------------------------

# A command by which the runtime is executed inside: whoever keeps that process's /proc/PID/exe writes to it later.
grab_binary()
{
	printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/script"
	chmod 755 "$BUNDLE/rootfs/script"
	lurk_start grab "$(runtime_file)" || return 1
	runtime_held /script || return 1
	lurk_end || return 1
	[[ $(fact write) == @(EROFS|EACCES|EPERM) && $(sha256sum <"$RUNTIME") == "$RUNTIME_SUM" ]]
}

@test "1.1 who holds what /proc/self/exe led to, while exec was at it, cannot write to it (CVE-2019-5736)" {
	control_trips grab_binary host
	in_every_form grab_binary direct exec direct+userns exec+userns exec+sameids
}

# The same without waiting: the command itself is the runtime's file, by whatever name.
binary_command()
{
	local command volume=${BUNDLE%/*}/volume
	local -a commands=(/script /by-link /link /bin/by-path)

	mkdir "$volume"
	for command in "$BUNDLE/rootfs" "$volume"; do
		printf '#!/proc/self/exe --version\n' >"$command/script"
		printf '#!/link --version\n' >"$command/by-link"
		ln -s /proc/self/exe "$command/link"
	done
	printf '#!/bin/../proc/self/exe --version\n' >"$BUNDLE/rootfs/bin/by-path"
	chmod 755 "$volume"/{script,by-link} "$BUNDLE"/rootfs/{script,by-link,bin/by-path}
	if form_is direct; then
		ATTACK_OPTIONS=(-v "$volume:/mnt")
		commands+=(/mnt/script /mnt/by-link)
	fi
	for command in "${commands[@]}"; do
		attack "$command"
		[[ $output != *'mini-run version'* ]] || return 1
	done
}

@test "1.1 run does not execute the host's binary for a command, not even one that only a volume brings" {
	in_every_form binary_command direct direct+userns direct+rootless direct+overlay
}

# Between create and start, the strongest there is: the host's root keeps what the waiting process was executed from.
@test "1.1 what a created container waits in is a mount that nobody can write through" {
	local id pid runtime=$BATS_TEST_TMPDIR/runtime

	id=$(container_id created)
	bundle_make
	cp "$MINI_RUN" "$runtime"
	MINI_RUN=$runtime oci_create "$id"
	pid=$(oci_state "$id" pid)
	exec 5<"/proc/$pid/exe"
	oci delete --force "$id"
	expect_equal "$(stat -L -c %d:%i /proc/self/fd/5)" "$(stat -c %d:%i "$runtime")"
	run bash -c '(echo x >>/proc/self/fd/5) 2>&1'
	expect_match "$output" 'Read-only file system'
	exec 5<&-
	cmp "$MINI_RUN" "$runtime"
	# The control: by its own name it can be written to.
	exec 5<"$runtime"
	run_ok bash -c 'echo x >>/proc/self/fd/5'
	exec 5<&-
	run ! cmp "$MINI_RUN" "$runtime"
}

# ---- 1.2 --------------------------------------------------------------------------------------------------------------

@test "1.2 what executes the command of run, and --init, is a copy, with pages of its own" {
	local host

	bundle_make
	cp "$BINARY" "$BUNDLE/rootfs/bin/"
	host=$(stat -c %d:%i "$MINI_RUN")
	# The control: what is no copy has the host's inode.
	run_ok "$BINARY" self
	expect_equal "$output" "$(stat -c '%d:%i' "$BINARY")"
	run_ok oci run --init "$BUNDLE/rootfs" sh -c 'stat -L -c %d:%i /proc/1/exe; readlink /proc/1/exe'
	expect_match "$output" $'^[0-9]+:[0-9]+\n/(memfd:mini-run-init|program)'
	[[ ${output%%$'\n'*} != "$host" ]]
	# The program that executes it says so itself, when it is called as its own interpreter (see 1.1).
	mkdir "$BATS_TEST_TMPDIR/volume"
	printf '#!/proc/self/exe\n' >"$BATS_TEST_TMPDIR/volume/script"
	chmod 755 "$BATS_TEST_TMPDIR/volume/script"
	run_status 126 oci run -v "$BATS_TEST_TMPDIR/volume:/mnt" "$BUNDLE/rootfs" /mnt/script
	expect_match "$stderr" '^mini-run: /proc/self/exe cannot be a command'
}

# ---- 1.3 --------------------------------------------------------------------------------------------------------------

watch_joining()
{
	local name=mini-run

	! form_is host || name=careless
	# All that a container can have and that is not the host's: with it, and without a user namespace, nothing can be
	# done (see SECURITY.md, "What you run with exec").
	if form_is userns || form_is sameids; then
		ATTACK_OPTIONS=(--cap-add SYS_PTRACE --security-opt seccomp=unconfined)
		bundle_caps CAP_SYS_PTRACE CAP_SYS_ADMIN CAP_DAC_READ_SEARCH CAP_DAC_OVERRIDE CAP_KILL
	else
		ATTACK_OPTIONS=(--cap-add DAC_READ_SEARCH)
		bundle_caps CAP_DAC_READ_SEARCH CAP_DAC_OVERRIDE CAP_KILL CAP_SYS_CHROOT CAP_SETUID
	fi
	lurk_start watch "$(runtime_file)" "$name" || return 1
	runtime_met true || return 1
	for ((round = 0; round < 20; round++)); do
		lurk_join true
	done
	lurk_end || return 1
	! grep -vxE 'met=1|[^=]*=0' <<<"$output"
}

@test "1.3 a process of exec cannot be traced, nor looked into, on its way (CVE-2016-9962)" {
	control_trips watch_joining host+userns
	in_every_form watch_joining direct exec direct+userns exec+userns exec+sameids
}

# ---- 1.4 --------------------------------------------------------------------------------------------------------------

# A /proc that is none, with the files that runtimes read and write in it.
forge_proc()
{
	local proc=$BUNDLE/rootfs/proc

	mkdir -p "$proc"/self/{attr/apparmor,fd,fdinfo,ns,task} "$proc"/{1,thread-self}/attr "$proc"/sys/{kernel,net/ipv4,vm}
	for file in self/attr/{exec,current,fscreate,keycreate,apparmor/exec} {1,thread-self}/attr/exec self/{oom_score_adj,setgroups} \
		self/{uid_map,gid_map,loginuid,status,mountinfo,cmdline} 1/oom_score_adj sys/kernel/{hostname,cap_last_cap,pid_max} \
		sys/net/ipv4/ip_forward filesystems mounts; do
		echo forged >"$proc/$file"
	done
	ln -s "$CANARY/file" "$proc/self/sessionid"
	ln -s "$CANARY/directory" "$proc/self/fd/3"
	! form_is userns || chown -R 100000:100000 "$proc"
	find "$proc" -exec touch -h -d 2001-02-03 {} +
}

forged_state() { (cd "$BUNDLE/rootfs/proc" && find . -printf '%P %y %i %m %s %T@\n' | sort && find . -type f -exec cat {} +); }

forged_proc()
{
	local before

	forge_proc
	bundle_edit 'del(.mounts[] | select(.destination == "/proc")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []
		| .process.oomScoreAdj = 500 | .process.rlimits = [{type: "RLIMIT_NPROC", soft: 1000, hard: 1000}]'
	before=$(forged_state)
	ATTACK_EXEC_OPTIONS=(--user 1000:1000 --cwd /tmp)
	attack cat /proc/self/attr/exec
	# What it sees is the forgery: so it was there.
	[[ $status == 0 && $output == forged && $(forged_state) == "$before" ]]
}

@test "1.4 a /proc that the image has forged is neither read nor written (CVE-2015-1334)" {
	in_every_form forged_proc bundle create exec bundle+userns create+userns exec+userns
}

# Prints the paths below /proc that a process which has entered a root file system, or somebody else's mounts, goes to by
# name, up to its last execve: $1 is strace's log.
proc_paths_inside()
{
	awk '
		{ pid = $1 }
		/ (pivot_root|chroot|setns)\(/ { inside[pid] = 1 }
		inside[pid] && / (clone|clone3|fork|vfork)\(/ && $NF ~ /^[0-9]+$/ { inside[$NF] = 1 }
		inside[pid] && / execve\(/ { last[pid] = n[pid] }
		inside[pid] && /"\/proc(\/|")/ && !/ execve(at)?\(/ { line[pid, ++n[pid]] = $0 }
		END { for (pid in n) for (k = 1; k <= (pid in last ? last[pid] : n[pid]); k++) print line[pid, k] }' "$1"
}

@test "1.4 no path below /proc is resolved in the container by any of the runtime's processes" {
	local id log=$BATS_TEST_TMPDIR/strace

	if ! command -v strace >/dev/null; then
		skip "there is no strace"
	fi
	FORM=runc
	attack_bundle
	if command -v runc >/dev/null; then
		bundle_args true
		control_private '"$@"' strace -f -o "$log" -e trace=%file,%process,pivot_root,setns \
			runc --root "$BATS_TEST_TMPDIR/runc" run --bundle "$BUNDLE" "$MINI_RUN_TEST-peer"
		attack_sweep
		run proc_paths_inside "$log"
		expect_match "$output" '/proc/self'
	else
		echo 'no control: runc is not installed'
	fi
	for form in direct bundle exec; do
		FORM=$form
		attack_bundle
		id=$(container_id "$form")
		case $form in
		direct) run_ok strace -f -o "$log" -e trace=%file,%process,pivot_root,setns "$MINI_RUN" --root "$OCI_ROOT" \
			run --name "$id" "$BUNDLE/rootfs" true ;;
		bundle)
			bundle_args true
			run_ok strace -f -o "$log" -e trace=%file,%process,pivot_root,setns "$MINI_RUN" --root "$OCI_ROOT" \
				run --bundle "$BUNDLE" "$id"
			;;
		exec)
			bundle_args sleep 1000
			oci_create "$id"
			oci_start "$id"
			run_ok strace -f -o "$log" -e trace=%file,%process,pivot_root,setns "$MINI_RUN" --root "$OCI_ROOT" \
				exec "$id" true
			;;
		esac
		grep -qE ' (pivot_root|setns)\(' "$log"
		run proc_paths_inside "$log"
		expect_equal "$output" ''
	done
}

# ---- 1.5 --------------------------------------------------------------------------------------------------------------

# Everything that a C library opens of itself, as pipes: who opens one for reading waits for ever.
trap_libraries()
{
	local root=$BUNDLE/rootfs file

	for file in etc/ld.so.preload etc/ld.so.cache etc/nsswitch.conf etc/host.conf etc/resolv.conf etc/localtime \
		etc/ld-musl-x86_64.path lib64/libnss_files.so.2 lib/x86_64-linux-gnu/{libnss_files.so.2,libnss_compat.so.2,libc.so.6} \
		lib/{libnss_files.so.2,libc.so.6} usr/lib/locale/locale-archive usr/lib/x86_64-linux-gnu/gconv/gconv-modules \
		usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache usr/share/locale/locale.alias; do
		mkdir -p "$root/${file%/*}"
		mkfifo "$root/$file"
	done
	! form_is userns || chown -R 100000:100000 "$root"
}

load_libraries()
{
	trap_libraries
	bundle_edit '.process.user = {uid: 1000, gid: 1000}'
	ATTACK_OPTIONS=(--user user)
	ATTACK_EXEC_OPTIONS=(--user user)
	attack probe process
	[[ $status == 0 && $(fact uid) == 1000 ]]
}

@test "1.5 nothing of the image's C library is loaded, not even to look up a user (CVE-2019-14271)" {
	local file

	# The control: a dynamic program, with its loader in the image.
	if command -v ldd >/dev/null && ldd /bin/cat >/dev/null 2>&1; then
		FORM=chroot
		attack_bundle
		for file in $(ldd /bin/cat | grep -o '/[^ ]*') /bin/cat; do
			mkdir -p "$BUNDLE/rootfs/${file%/*}"
			rm -f "$BUNDLE/rootfs/$file"
			cp "$file" "$BUNDLE/rootfs/$file"
		done
		mkfifo "$BUNDLE/rootfs/etc/ld.so.preload"
		run timeout 2 chroot "$BUNDLE/rootfs" /bin/cat /dev/null
		expect_equal "$status" 124
	else
		echo 'no control: there is no dynamic program'
	fi
	in_every_form load_libraries
}

@test "1.5 the binary has no function in it that would ask a name service or convert characters" {
	local wanted='[ _]((get|set|end)(pw|gr|sp|host|serv|proto|net)(nam|uid|gid|ent|by[a-z]+)(_r)?|getaddrinfo|getgrouplist|initgroups|iconv_open|setlocale|textdomain|wordexp)$'

	if ! command -v nm >/dev/null || [[ ! -e $MINI_RUN.debug ]]; then
		skip "there is no nm, or no $MINI_RUN.debug"
	fi
	# The control: id(1) asks.
	run bash -c 'nm -D --without-symbol-versions "$(command -v id)" | grep -E "$0"' "$wanted"
	expect_match "$output" getpwuid
	run bash -c 'nm "$MINI_RUN.debug" | grep -E "$0"' "$wanted"
	expect_equal "$output" ''
	# dlopen(3) is there, because glibc would load converters and name services by it; nothing of ours calls it.
	if [[ -d ${MINI_RUN%/*}/obj ]]; then
		run bash -c 'find "${MINI_RUN%/*}/obj" -name "*.o" -exec nm -u {} + | grep -E " (dlopen|dlsym|backtrace)"'
		expect_equal "$output" ''
	fi
}

# ---- 1.6 --------------------------------------------------------------------------------------------------------------

# fifty variables of the caller's, those among them that programs obey.
odd_environment()
{
	local n

	ATTACK_CALLER=(env LD_PRELOAD= LD_LIBRARY_PATH=/canary LD_AUDIT= TMPDIR=/canary NOTIFY_SOCKET=
		HOME=/canary SHELL=/canary MALLOC_CHECK_=3 GCONV_PATH=/canary LOCPATH=/canary IFS=/ ENV=/canary BASH_ENV=/canary
		LC_ALL=canary GLIBC_TUNABLES=glibc.malloc.check=3 XDG_RUNTIME_DIR=/canary PYTHONPATH=/canary TERM=canary)
	for ((n = 0; n < 35; n++)); do
		ATTACK_CALLER+=("CANARY_$n=leaked")
	done
}

leak_environment()
{
	odd_environment
	bundle_edit '.process.env = ["PATH=/bin", "MINE=kept"]'
	ATTACK_OPTIONS=(--env MINE=kept --env PATH=/bin)
	attack env
	output=$(grep -vE '^(MINE=kept|PATH=/bin|HOME=/root|HOSTNAME=[^/]*)$' <<<"$output")
	[[ $status == 0 && ! $output ]]
}

# A program that only the caller's PATH has.
host_program()
{
	local before=$PATH

	odd_environment
	mkdir "${BUNDLE%/*}/bin"
	cp "$PROBE" "${BUNDLE%/*}/bin/only-on-the-host"
	cp "$PROBE" "$BUNDLE/rootfs/only-in-the-root"
	# The caller's: mini-run has it as well.
	export PATH=${BUNDLE%/*}/bin:$PATH
	attack only-on-the-host fds
	export PATH=$before
	[[ $status != 0 && $output != *0=* ]]
}

@test "1.6 the caller's environment does not reach the container" {
	caller_leaks() { CANARY_1=leaked attack env && [[ $output != *leaked* ]]; }
	control_trips caller_leaks chroot
	in_every_form leak_environment
}

@test "1.6 a command is not looked for in the caller's PATH" {
	control_trips host_program host
	in_every_form host_program
}

# ---- 1.7 --------------------------------------------------------------------------------------------------------------

@test "1.7 whatever comes by the socket from inside: wrong sizes, types, texts, descriptors" {
	local program=${UNIT_TESTS:-$REPO/build/tests/unit}/test_sync

	[[ -x $program ]] || skip "$program is not there: make units"
	run_ok "$program"
	expect_match "$output$stderr" 'wrong_sizes'
	expect_match "$output$stderr" 'random_bytes'
}
