#!/usr/bin/env bats
#
# What happens when two commands meet, or when one is killed or fails between two steps: nobody fails because somebody
# else looks, everything is undone once, and the poststop hooks run exactly once. And what a process can reach that comes
# in, or is looked at, in such a moment.
#
# Where a race would be won by chance, strace holds one side up at the system call where it is decided.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2034,SC2154 # OCI_FLAGS is for bundle.bash; status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/common
load ../lib/containers
load ../lib/bundle

teardown()
{
	local pid

	for pid in ${KEEPER:-} ${RECEIVER:-}; do
		{ kill -KILL "$pid" && wait "$pid"; } 2>/dev/null || true
	done
	bundle_teardown
}

# hook KIND SCRIPT: adds a hook of that kind, with /bin/sh.
hook()
{
	bundle_edit --arg kind "$1" --arg script "$2" \
		'.hooks[$kind] += [{path: "/bin/sh", args: ["sh", "-c", $script]}]'
}

# sleeping: a bundle of $id that sleeps, with a poststop hook that adds a line to $STOPPED.
sleeping()
{
	bundle_make
	bundle_args sh -c 'echo ready; exec sleep 1000'
	STOPPED=$BATS_TEST_TMPDIR/stopped
	hook poststop "echo stopped >>$STOPPED"
	id=$(container_id)
}

# waiting KIND: a hook of that kind that writes its pid to $WAITS and does not end.
waiting()
{
	WAITS=$BATS_TEST_TMPDIR/waits
	hook "$1" "echo \$\$ >$WAITS.new; mv $WAITS.new $WAITS; exec sleep 1000"
}

# hook_waits: it has come so far.
hook_waits() { eventually test -e "$WAITS"; }

nothing_left() { [[ -z $(bundle_left) ]]; }

# expect_ended: the container is gone with all it had, and its poststop hook has run, once.
expect_ended()
{
	expect_equal "$(cat "$STOPPED" 2>/dev/null || echo 'poststop has not run')" stopped
	oci_gone "$id"
	eventually nothing_left
	expect_equal "$(cat "$STOPPED")" stopped
	rm "$STOPPED"
}

# keeper UNSHARE-OPTION...: a process in such new namespaces; $KEEPER.
keeper()
{
	unshare "$@" sleep 1000 3>&- &
	KEEPER=$!
	eventually grep -qx sleep "/proc/$KEEPER/comm"
}

# slowly CALLS INJECTION ARG...: mini-run in the place of this shell, with that done at its system calls CALLS. strace is
# not its parent (-D), and goes when the last of its processes has ended, in the container too.
slowly()
{
	exec env ASAN_OPTIONS=detect_leaks=0 strace -D -f -qq -o /dev/null -e trace="$1" -e inject="$1:$2" \
		"$MINI_RUN" --root "$OCI_ROOT" "${@:3}" </dev/null >"$BATS_TEST_TMPDIR/slowly.$BASHPID" 2>&1 3>&- 4>&-
}

# soon CMD...: as eventually, but looked at every few milliseconds.
soon()
{
	local try

	for ((try = 0; try < 1000; try++)); do
		if "$@"; then
			return 0
		fi
		sleep 0.01
	done
	printf 'did not come true: %s\n' "$*"
	return 1
}

# went_well PID: waits for a `slowly ... &`; it has ended with 0 and has said nothing.
went_well()
{
	local got=0 said

	wait "$1" || got=$?
	said=$(<"$BATS_TEST_TMPDIR/slowly.$1")
	if ((got != 0)) || [[ $said ]]; then
		printf 'status %d: %s\n' "$got" "$said"
		return 1
	fi
}

# ---- kill -----------------------------------------------------------------------------------------------------------

@test "a signal straight behind create ends the container, each time [LIF-10]" {
	local round delay=200000

	is_vm && delay=800000
	sleeping
	for round in {1..20}; do
		oci_create "$id"
		run_ok oci kill "$id" TERM
		oci_stopped "$id"
		run_ok oci delete "$id"
	done
	# And with time between the word that create waits for no longer and the moment when the inside looks for signals.
	# (At the end of a call: held up at the beginning of one that blocks signals it would find them afterwards.)
	(slowly recvmsg "delay_exit=$delay" create --bundle "$BUNDLE" "$id")
	run_ok oci kill "$id" TERM
	oci_stopped "$id"
	run_ok oci delete "$id"
}

# ---- those who look -------------------------------------------------------------------------------------------------

@test "list and state beside create do not make it fail [LIF-3] [LIF-13]" {
	local round rounds=30 looker pid

	is_vm && rounds=6
	sleeping
	mkdir -m 700 "$OCI_ROOT"
	# The directory is there and its maker has not locked it; who looks in between has it for a while.
	slowly mkdirat delay_exit=600000:when=1 create --bundle "$BUNDLE" "$id" &
	pid=$!
	soon test -d "$OCI_ROOT/$id"
	(slowly flock delay_exit=900000 list --format json)
	went_well "$pid"
	expect_status "$id" created
	run_ok oci delete "$id"
	while [[ ! -e $BATS_TEST_TMPDIR/enough ]]; do
		oci list --quiet
		oci state "$id" || true
	done </dev/null >/dev/null 2>&1 3>&- &
	looker=$!
	for ((round = 0; round < rounds; round++)); do
		oci_create "$id"
		run_ok oci delete "$id"
	done
	touch "$BATS_TEST_TMPDIR/enough"
	wait "$looker"
}

# ---- delete ---------------------------------------------------------------------------------------------------------

@test "two deletes with --force at once: both succeed, the poststop hooks run once [LIF-11] [LIF-14]" {
	local first second file delay=30000

	is_vm && delay=150000
	sleeping
	# Both take their time, and the second comes when the first has removed so much.
	for file in start lock config.json state.json; do
		oci_create "$id"
		[[ -e $OCI_ROOT/$id/$file ]] || touch "$OCI_ROOT/$id/$file"
		slowly unlinkat "delay_exit=$delay" delete --force "$id" &
		first=$!
		soon test ! -e "$OCI_ROOT/$id/$file"
		slowly unlinkat "delay_exit=$delay" delete --force "$id" &
		second=$!
		went_well "$first"
		went_well "$second"
		expect_ended
	done
	# Without --force the second may find nothing, and nothing else.
	oci_create "$id"
	slowly unlinkat "delay_exit=$delay" delete "$id" &
	first=$!
	soon test ! -e "$OCI_ROOT/$id/state.json"
	status=0
	(slowly unlinkat "delay_exit=$delay" delete "$id") || status=$?
	went_well "$first"
	((status == 0)) || expect_match "$(cat "$BATS_TEST_TMPDIR"/slowly.*)" '^[^'$'\n'']*does not exist[^'$'\n'']*$'
	expect_ended
}

expect_ok_and_quiet()
{
	oci_try "$@"
	if ((status != 0)) || [[ $output$stderr ]]; then
		show_result
		return 1
	fi
}

@test "delete --force while create is in a createRuntime hook: the hook is ended, and all is gone [LIF-5] [LIF-11]" {
	local mode hook_pid

	for mode in create run 'run --detach'; do
		sleeping
		waiting createRuntime
		# shellcheck disable=SC2086 # two words
		background --root "$OCI_ROOT" $mode --bundle "$BUNDLE" "$id"
		hook_waits
		hook_pid=$(<"$WAITS")
		expect_ok_and_quiet timeout 30 "$MINI_RUN" --root "$OCI_ROOT" delete --force "$id"
		process_gone "$hook_pid"
		# It may have been killed; where it was not, it says why.
		status=0
		wait "$RUN_PID" || status=$?
		((status == 137)) || expect_match "$status $(cat "$ERR")" '^1 mini-run: '
		expect_ended
		rm -r "$WAITS" "$BUNDLE"
	done
}

@test "delete --force of a container in the foreground returns when its poststop hooks have run [LIF-11] [LIF-14]" {
	sleeping
	bundle_edit --arg file "$STOPPED" '.hooks.poststop[0].args[2] = "sleep 1; echo stopped >>" + $file'
	background_ready --root "$OCI_ROOT" run --bundle "$BUNDLE" "$id"
	expect_ok_and_quiet oci delete --force "$id"
	expect_equal "$(cat "$STOPPED")" stopped
	await_status 137
	expect_ended
}

@test "without cgroups and a PID namespace, too, delete --force ends all processes [LIF-12] [CLI-6]" {
	OCI_FLAGS=(--cgroup-manager disabled)
	sleeping
	bundle_edit '.linux.namespaces |= map(select(.type != "pid"))
		| .process.args = ["sh", "-c", "sleep 1001 & setsid sleep 1002 & echo ready; exec sleep 1003"]'
	oci_run_detached "$id"
	await_output ready
	eventually sleepers_are 3
	expect_ok_and_quiet oci delete --force "$id"
	expect_ended
}

# sleepers_are N: so many of this test's processes are at sleep(1).
sleepers_are()
{
	local pid n=0

	for pid in $(bundle_processes "$MINI_RUN_TEST"); do
		[[ $(cat "/proc/$pid/comm" 2>/dev/null) != sleep ]] || n=$((n + 1))
	done
	((n == $1))
}

# ---- hooks that fail ------------------------------------------------------------------------------------------------

@test "run with a startContainer hook that fails: the destroy step follows [LIF-15]" {
	local mode

	sleeping
	hook startContainer 'exit 7'
	bundle_edit '.process.args = ["sh", "-c", "echo never"]'
	for mode in --no-new-keyring --detach --keep; do
		expect_oci_error 'startContainer hook 1, /bin/sh: .*7' oci_run "$mode" --pid-file "$BATS_TEST_TMPDIR/pid" "$id"
		expect_ended
		[[ ! -e $BATS_TEST_TMPDIR/pid ]]
	done
}

@test "run with a poststart hook that fails: the destroy step follows [LIF-16]" {
	local mode

	sleeping
	bundle_args sleep 1000
	hook poststart 'exit 7'
	for mode in --no-new-keyring --detach --keep; do
		expect_oci_error 'poststart hook 1, /bin/sh: .*7' oci_run "$mode" --pid-file "$BATS_TEST_TMPDIR/pid" "$id"
		expect_ended
		[[ ! -e $BATS_TEST_TMPDIR/pid ]]
	done
}

# ---- killed in the middle -------------------------------------------------------------------------------------------

@test "run that is killed: its poststop hooks run, nothing is left [LIF-14] [ERR-1]" {
	sleeping
	background_ready --root "$OCI_ROOT" run --bundle "$BUNDLE" "$id"
	kill -KILL "$RUN_PID"
	await_status 137
	eventually test -s "$STOPPED"
	eventually oci_gone "$id"
	expect_ended
}

@test "run --keep that is killed: the container stays, stopped, until it is deleted [LIF-12] [ERR-1]" {
	sleeping
	background_ready --root "$OCI_ROOT" run --keep --bundle "$BUNDLE" "$id"
	kill -KILL "$RUN_PID"
	await_status 137
	oci_stopped "$id"
	# The guard has nothing more to do here.
	eventually no_guard
	expect_status "$id" stopped
	[[ ! -e $STOPPED ]]
	run_ok oci delete "$id"
	expect_ended
}

no_guard() { [[ -z $(bundle_processes "$MINI_RUN_TEST") ]]; }

@test "create that is killed behind its createRuntime hooks: whoever removes it runs the poststop hooks [LIF-14] [ERR-1]" {
	local remover other

	for remover in 'delete' 'delete --force' 'create' 'run'; do
		sleeping
		other=$(container_id other)
		hook createRuntime "echo yes >$BATS_TEST_TMPDIR/begun"
		# So that it stays between the hooks and the end of create; this one dies with the container.
		hook createContainer 'exec sleep 1000'
		background --root "$OCI_ROOT" create --bundle "$BUNDLE" "$id"
		eventually test -s "$BATS_TEST_TMPDIR/begun"
		kill -KILL "$RUN_PID"
		await_status 137
		[[ -e $OCI_ROOT/$id && ! -e $STOPPED ]]
		# What is removed is removed by its own configuration, whatever becomes of the bundle's.
		bundle_edit 'del(.hooks) | .process.args = ["true"]'
		case $remover in
		delete*)
			# shellcheck disable=SC2086 # two words
			expect_ok_and_quiet oci $remover "$id"
			;;
		create)
			oci_create "$other"
			expect_equal "$(cat "$STOPPED")" stopped
			run_ok oci delete "$other"
			;;
		run)
			run_ok oci_run "$other"
			;;
		esac
		expect_ended
		rm -r "$BUNDLE" "$BATS_TEST_TMPDIR/begun"
	done
}

# ---- hooks that call, and what they may ------------------------------------------------------------------------------

@test "a poststart hook may pause and resume its own container [CLI-5] [HOOK-8]" {
	local own

	sleeping
	own="$MINI_RUN --root $OCI_ROOT"
	hook poststart "$own state $id >/dev/null && $own pause $id && $own resume $id && echo fine >>$BATS_TEST_TMPDIR/own"
	oci_create "$id"
	expect_ok_and_quiet timeout 20 "$MINI_RUN" --root "$OCI_ROOT" start "$id"
	expect_equal "$(cat "$BATS_TEST_TMPDIR/own")" fine
	expect_status "$id" running
	run_ok oci delete --force "$id"
	expect_ended
	oci_try timeout 20 "$MINI_RUN" --root "$OCI_ROOT" run --detach --bundle "$BUNDLE" "$id"
	expect_equal "$status$stderr" 0
	expect_equal "$(xargs <"$BATS_TEST_TMPDIR/own")" 'fine fine'
	expect_status "$id" running
	run_ok oci delete --force "$id"
	expect_ended
}

@test "startContainer hooks have the command's rights, not the runtime's [HOOK-7]" {
	local user log=$BATS_TEST_TMPDIR/log

	mkdir -m 777 "$log"
	echo secret >"$log/secret"
	chmod 600 "$log/secret"
	for user in 1000 0; do
		rm -rf "$BATS_TEST_TMPDIR/bundle"
		sleeping
		# The image has a program of its own where the host has one; its rights are what is at stake.
		hook startContainer 'grep -E "^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp)" /proc/self/status >/log/hook
			cat /log/secret >/log/got; mknod /log/node b 7 0; chown 1:1 /log/hook; ulimit -n >>/log/hook; :'
		bundle_edit --arg log "$log" --argjson user "$user" '
			.process.user = {uid: $user, gid: $user, additionalGids: [77]} | .process.capabilities = {
				bounding: ["CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"]}
			| .mounts += [{destination: "/log", type: "bind", source: $log, options: ["bind"]}]
			| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
				syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]}
			| .process.args = ["sh", "-c", "grep -E \"^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp)\" /proc/self/status
				ulimit -n"]'
		run_ok oci_run "$id"
		expect_match "$output" $'\nNoNewPrivs:\t1\nSeccomp:\t2\n'
		expect_match "$output" "^Uid:"$'\t'"$user"$'\t'
		expect_match "$output" $'CapBnd:\t0000000000000020\n'
		expect_equal "$(cat "$log/hook")" "$output"
		expect_equal "$(stat -c %u:%g "$log/hook")" "$user:$user"
		[[ ! -e $log/node ]]
		# Whose file it is may read it, with and without capabilities.
		expect_equal "$(cat "$log/got")" "$( ((user != 0)) || echo secret)"
		rm "$log/hook" "$log/got"
		expect_ended
	done
}

# ---- exec -----------------------------------------------------------------------------------------------------------

@test "exec is refused while run is in a createRuntime hook: the host's files are still there [CLI-8] [CLI-20]" {
	local mode

	for mode in '' --detach; do
		sleeping
		waiting createRuntime
		# shellcheck disable=SC2086 # empty or one word
		background --root "$OCI_ROOT" run $mode --bundle "$BUNDLE" "$id"
		hook_waits
		expect_oci_error 'creating.*container not running' oci exec "$id" cat "$BUNDLE/config.json"
		expect_oci_error 'creating.*container not running' oci exec --detach "$id" touch "$BUNDLE/touched"
		[[ ! -e $BUNDLE/touched ]]
		kill "$(<"$WAITS")"
		await_status 1
		expect_ended
		rm -r "$BUNDLE" "$WAITS"
	done
}

@test "exec in a container with a mount namespace by path has the container's root [NS-3] [CLI-8]" {
	sleeping
	keeper --mount
	bundle_edit --arg ns "/proc/$KEEPER/ns/mnt" '.linux.namespaces |= map(if .type == "mount" then .path = $ns else . end)'
	oci_run_detached "$id"
	run_ok oci exec "$id" probe fds
	run_ok oci exec "$id" sh -c 'cat /etc/passwd; ls -d "$1" 2>/dev/null; cd /..; pwd; ls -d bin/probe' - "$BUNDLE"
	expect_equal "$output" "$(cat "$BUNDLE/rootfs/etc/passwd")"$'\n/\nbin/probe'
	run_ok oci exec --cwd /home/user --user user "$id" sh -c 'pwd; ls -d ../../bin/probe'
	expect_equal "$output" $'/home/user\n../../bin/probe'
}

@test "a process cannot change the host's /dev/null that it has as its streams [CLI-8]" {
	local null attack='for n in 0 1 2; do chmod 666 /proc/self/fd/$n; chown 0:0 /proc/self/fd/$n; done; :'

	[[ $(stat -c '%a %u:%g %t:%T' /dev/null) == '666 0:0 1:3' ]] || skip "the host's /dev/null is not as usual"
	sleeping
	# What it does is what the owner may do, and it does change a file that is the container's to change.
	touch "$BATS_TEST_TMPDIR/own"
	chmod 600 "$BATS_TEST_TMPDIR/own"
	oci_run_detached "$id"
	oci exec "$id" sh -c "$attack" </dev/null >"$BATS_TEST_TMPDIR/own" 2>&1
	expect_equal "$(stat -c %a "$BATS_TEST_TMPDIR/own")" 666
	null=$(stat -c '%a %z' /dev/null)
	oci exec "$id" sh -c "$attack" </dev/null >/dev/null 2>&1
	expect_equal "$(stat -c '%a %z' /dev/null)" "$null"
	oci exec --detach "$id" sh -c "$attack; echo >/tmp/done" </dev/null >/dev/null 2>&1
	eventually test -e "$BUNDLE/rootfs/tmp/done"
	expect_equal "$(stat -c '%a %z' /dev/null)" "$null"
	# They are still what they were: empty to read, and they take what is written.
	run_ok bash -c '"$@" </dev/null 2>/dev/null' - "$MINI_RUN" --root "$OCI_ROOT" exec "$id" \
		sh -c 'wc -c; echo x >&2; stat -L -c %t:%T /proc/self/fd/0'
	expect_equal "$output" $'0\n1:3'
	run_ok oci delete --force "$id"
	bundle_args sh -c "$attack"
	oci run --bundle "$BUNDLE" "$id" </dev/null >/dev/null 2>&1
	expect_equal "$(stat -c '%a %z' /dev/null)" "$null"
	oci run --detach --bundle "$BUNDLE" "$id" </dev/null >/dev/null 2>&1
	oci_stopped "$id"
	expect_equal "$(stat -c '%a %z' /dev/null)" "$null"
}

# ---- pipes and user namespaces ----------------------------------------------------------------------------------------

# piped ARG...: mini-run with pipes as stdin and stdout.
piped()
{
	run_ok bash -c 'set -o pipefail; echo hi | "$@" | cat' - "$MINI_RUN" --root "$OCI_ROOT" "$@"
	expect_equal "$output" hi
}

# through_pipes ID: run, and exec, whose commands open their streams anew, which are pipes; as root and as somebody.
through_pipes()
{
	local user
	local -a copy=(sh -c 'cat /dev/stdin >/dev/stdout')

	for user in 0 1000; do
		bundle_args "${copy[@]}"
		bundle_edit --argjson user "$user" '.process.user = {uid: $user, gid: $user}'
		piped run --bundle "$BUNDLE" "$1-run"
	done
	bundle_args sleep 1000
	oci_run_detached "$1"
	for user in 0 1000; do
		piped exec --user "$user:$user" "$1" "${copy[@]}"
	done
}

@test "in a user namespace streams that are pipes can be opened again [UID-1] [LIF-19]" {
	sleeping
	bundle_edit '.linux.namespaces += [{type: "user"}, {type: "network"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	through_pipes "$id"
}

@test "in a user namespace by path streams that are pipes can be opened again [UID-1] [NS-3] [LIF-19]" {
	sleeping
	keeper --user
	echo '0 100000 65536' | tee "/proc/$KEEPER/uid_map" >"/proc/$KEEPER/gid_map"
	bundle_edit --arg ns "/proc/$KEEPER/ns/user" '.linux.namespaces += [{type: "user", path: $ns}, {type: "network"}]'
	through_pipes "$id"
}

# ---- --pidfd-socket ---------------------------------------------------------------------------------------------------

# receiver: takes one descriptor on $SOCKET and prints whose pidfd it is to $RECEIVED.
receiver()
{
	SOCKET=$BATS_TEST_TMPDIR/pidfd
	RECEIVED=$BATS_TEST_TMPDIR/received
	rm -f "$SOCKET"
	python3 -c '
import array, signal, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(sys.argv[1])
listener.listen(1)
connection = listener.accept()[0]
fds = array.array("i")
for level, kind, data in connection.recvmsg(4096, socket.CMSG_SPACE(16 * fds.itemsize))[1]:
    if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
        fds.frombytes(data)
signal.pidfd_send_signal(fds[0], 0)
for line in open("/proc/self/fdinfo/%d" % fds[0]):
    if line.startswith("Pid:"):
        print(len(fds), line.split()[1])
' "$SOCKET" >"$RECEIVED" 2>&1 </dev/null 3>&- &
	RECEIVER=$!
	eventually test -S "$SOCKET"
}

# expect_received PID: one pidfd of that process.
expect_received()
{
	eventually test -s "$RECEIVED"
	expect_equal "$(cat "$RECEIVED")" "1 $1"
	wait "$RECEIVER"
}

@test "--pidfd-socket gets a pidfd of the process, from create, run and exec [CLI-3] [CLI-8]" {
	sleeping
	receiver
	oci_create --pidfd-socket "$SOCKET" "$id"
	expect_received "$(oci_state "$id" pid)"
	oci_start "$id"
	receiver
	run_ok oci exec --pidfd-socket "$SOCKET" --pid-file "$BATS_TEST_TMPDIR/pid" "$id" sleep 1
	expect_received "$(cat "$BATS_TEST_TMPDIR/pid")"
	receiver
	oci_try oci exec --detach --pidfd-socket "$SOCKET" --pid-file "$BATS_TEST_TMPDIR/pid" "$id" sleep 1000
	expect_equal "$status$stderr" 0
	expect_received "$(cat "$BATS_TEST_TMPDIR/pid")"
	run_ok oci delete --force "$id"
	expect_ended
	receiver
	oci_run_detached --pidfd-socket "$SOCKET" "$id"
	expect_received "$(oci_state "$id" pid)"
	run_ok oci delete --force "$id"
	rm -f "$STOPPED"
	# Nobody listens.
	expect_oci_error 'pidfd-socket' oci create --pidfd-socket "$BATS_TEST_TMPDIR/nobody" --bundle "$BUNDLE" "$id"
	oci_gone "$id"
	eventually nothing_left
}
