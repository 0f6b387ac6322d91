#!/usr/bin/env bats
#
# Descriptors that the caller left open, and the runtime's own: as a working directory, as a command, in a container, in hooks;
# those of the start barrier and of a filter's listener; and the files that the caller names. Whatever runs has 7, 8 and 9
# open: the canary's directory, a file in it, the binary under test.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2154,SC2030,SC2031 # status, output and stderr are set by the functions that run something
# shellcheck disable=SC2034,SC2153 # FORM and the options are for attacks.bash
load ../lib/attacks

# ---- 2.1 --------------------------------------------------------------------------------------------------------------

lead_out()
{
	local cwd

	ln -s /proc/self/fd/7 "$BUNDLE/rootfs/link"
	ln -s /proc/1/cwd "$BUNDLE/rootfs/link-cwd"
	for cwd in /proc/self/fd/7 /proc/self/fd/7/../.. /link /proc/1/fd/7 /link-cwd /proc/thread-self/fd/7 "${@}"; do
		bundle_edit --arg cwd "$cwd" '.process.cwd = $cwd'
		# The one that exec enters must be there.
		! form_is exec || bundle_edit '.process.cwd = "/"'
		ATTACK_OPTIONS=(--workdir "$cwd") ATTACK_EXEC_OPTIONS=(--cwd "$cwd")
		attack sh -c 'cat file ../file directory/file 2>/dev/null; ls canary 2>/dev/null; pwd -P; stat -c %d:%i .'
		if [[ $output == *untouched* || $output == *unreachable* || $output == *"$(stat -c %d:%i "$CANARY")"* ]]; then
			echo "working directory: $cwd"
			return 1
		fi
	done
}

# Every number that a descriptor of the runtime's own could have.
lead_out_by_any()
{
	lead_out /proc/self/fd/{3..6} /proc/self/fd/{8..16} /proc/self/fd/{3..5}/../..
}

@test "2.1 a working directory that is a descriptor leads nowhere (CVE-2024-21626)" {
	control_trips lead_out crun
	in_every_form lead_out "${FORMS[@]}" direct+rootless bundle+rootless
}

@test "2.1 nor does one by the number that a descriptor of the runtime could have" {
	in_every_form lead_out_by_any bundle exec direct
}

# ---- 2.2 --------------------------------------------------------------------------------------------------------------

run_descriptor()
{
	local command

	printf '#!/proc/self/fd/9 --version\n' >"$BUNDLE/rootfs/script"
	printf '#!/link --version\n' >"$BUNDLE/rootfs/by-link"
	ln -s /proc/self/fd/9 "$BUNDLE/rootfs/link"
	chmod 755 "$BUNDLE"/rootfs/{script,by-link}
	for command in /proc/self/fd/9 /proc/1/fd/9 /dev/fd/9 /link /script /by-link; do
		attack "$command" --version
		if [[ $status == 0 || $output == *'mini-run version'* ]]; then
			echo "command: $command"
			return 1
		fi
	done
}

@test "2.2 a command that is a descriptor is not there, nor is one whose interpreter is" {
	control_trips run_descriptor chroot
	in_every_form run_descriptor "${FORMS[@]}" direct+rootless bundle+rootless
}

# ---- 2.3, 2.7 -----------------------------------------------------------------------------------------------------------

# numbers: of the descriptors that `probe fds` has printed.
numbers() { cut -d = -f 1 <<<"$output"; }

only_stdio()
{
	attack probe fds
	[[ $status == 0 && $(numbers) == $'0\n1\n2' && $output != *canary* ]]
}

@test "2.3 what the caller has left open does not reach the command" {
	control_trips only_stdio chroot
	in_every_form only_stdio "${FORMS[@]}" direct+rootless bundle+rootless
}

# Each kind of hook says what it has, in a file of its own.
hook_descriptors()
{
	local kind file=${BUNDLE%/*}/seen

	mkdir -m 777 "$file"
	cp "$PROBE" "$file/probe"
	for kind in prestart createRuntime createContainer poststart poststop; do
		bundle_edit --arg kind "$kind" --arg file "$file" '.hooks[$kind] = [{path: "/bin/sh",
			args: ["sh", "-c", "exec \"$0/probe\" fds >\"$0/$1\"", $file, $kind]}]'
	done
	bundle_edit '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "probe fds >/tmp/startContainer"],
		env: ["PATH=/bin"]}]'
	attack true
	[[ $status == 0 ]] || return 1
	cp "$BUNDLE/rootfs/tmp/startContainer" "$file"
	for kind in prestart createRuntime createContainer startContainer poststart poststop; do
		# Stdin is the state, and nothing is there but that and the file: 0, 1 and 2.
		if [[ $(sed 's/=.*//' "$file/$kind") != $'0\n1\n2' ]]; then
			echo "$kind:"
			cat "$file/$kind"
			return 1
		fi
	done
}

@test "2.3 nor the hooks, of whatever kind" {
	in_every_form hook_descriptors bundle create bundle+userns create+userns
}

# A shell of an engine that enters a container with the host's /proc open.
enter_with_proc()
{
	local id

	id=$(container_id "entered-$attack_number")
	bundle_args sleep 1000
	oci_create "$id" && oci_start "$id" || return 1
	oci_try oci exec "$id" sh -c 'probe fds; cat /proc/self/fd/*/cmdline' 5</proc 6</ 7</proc
	oci delete --force "$id"
	[[ $(numbers) == $'0\n1\n2' ]]
}

@test "2.7 exec with the host's /proc open shows nothing of it (CVE-2016-8649)" {
	# The control: what joins a container by itself brings it along.
	FORM=host
	attack_bundle
	run bash -c 'cat /proc/self/fd/7/cmdline' 7</proc
	expect_equal "$status" 0
	in_every_form enter_with_proc exec exec+userns
}

# ---- 2.4 --------------------------------------------------------------------------------------------------------------

# attack_with COMMAND...: as attack, with ATTACK_OPTIONS for bundles as well.
attack_with()
{
	ATTACK_BUNDLE_OPTIONS=()
	form_is exec || ATTACK_BUNDLE_OPTIONS=("${ATTACK_OPTIONS[@]}")
	attack "$@"
}

# Numbers that are none, too many, or more than the caller has open: what is missing is not filled with the runtime's own.
preserve_descriptors()
{
	local number

	for number in -1 2147483648 4294967297 1000000 5 8 3x ''; do
		ATTACK_OPTIONS=(--preserve-fds "$number")
		ATTACK_EXEC_OPTIONS=(--preserve-fds "$number")
		attack_with probe fds
		if [[ $status == 0 || $output == *=* ]]; then
			echo "--preserve-fds $number"
			return 1
		fi
	done
}

listen_descriptors()
{
	local number

	for number in -1 2147483648 4294967297 1000000 5 3x; do
		ATTACK_CALLER=(bash -c 'LISTEN_PID=$$ LISTEN_FDS=$0 exec "$@"' "$number")
		attack probe fds
		if [[ $output && $(numbers) != $'0\n1\n2' ]]; then
			echo "LISTEN_FDS=$number"
			return 1
		fi
	done
}

@test "2.4 --preserve-fds with numbers that are none, or descriptors that are not open, is an error" {
	# The control: what is asked for and open comes.
	FORM=direct
	attack_bundle
	run_ok bash -c 'exec "$@" 3<"$CANARY/file"' - "$MINI_RUN" --root "$OCI_ROOT" run --preserve-fds 1 "$BUNDLE/rootfs" probe fds
	expect_match "$output" '3=[^ ]*/canary/file'
	in_every_form preserve_descriptors direct bundle create exec
}

@test "2.4 LISTEN_FDS that are not open are not filled with descriptors of the runtime" {
	# The control: those that are open come.
	FORM=bundle
	attack_bundle
	bundle_args probe fds
	run_ok bash -c 'export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@" 3<"$CANARY/file"' - "$MINI_RUN" --root "$OCI_ROOT" \
		run --bundle "$BUNDLE" "$(container_id listens)"
	expect_match "$output" '3=[^ ]*/canary/file'
	in_every_form listen_descriptors direct bundle create exec
}

# ---- 2.5 --------------------------------------------------------------------------------------------------------------

@test "2.5 start of a container whose process was killed is an error, and does not wait" {
	local id

	id=$(container_id killed)
	bundle_make
	bundle_args true
	oci_create "$id"
	kill -KILL "$(oci_state "$id" pid)"
	status=0
	timeout 20 "$MINI_RUN" --root "$OCI_ROOT" start "$id" >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	expect_equal "$status" 1
	expect_match "$(<"$BATS_TEST_TMPDIR/out")" '^mini-run: [^ ]*: '
	# The control: one that was not killed does start, and the barrier is what it waits at.
	oci delete --force "$id"
	oci_create "$id"
	oci_start "$id"
	oci_stopped "$id"
}

# The way to the state directory, and what start talks by, are neither a descriptor nor a path in the container.
barrier_seen()
{
	attack sh -c 'probe fds; ls -l /proc/1/fd; cat /proc/net/unix 2>/dev/null | grep -c start'
	[[ $output != *"$OCI_ROOT"* && $output != *socket:* && $output != *anon_inode* ]]
}

@test "2.5 nothing of the start barrier is to be seen in the container" {
	bring_socket() { attack_try bash -c 'probe=$1; exec 5<>/dev/udp/127.0.0.1/9; "$probe" fds' - "$PROBE" && [[ $output != *socket:* ]]; }
	control_trips bring_socket host
	in_every_form barrier_seen
}

# ---- 2.6 --------------------------------------------------------------------------------------------------------------

# A filter asks an agent about mkdir; who had its descriptor could answer himself.
listener_kept()
{
	local socket=$BATS_TEST_TMPDIR/agent-$attack_number agent

	: >"$socket.asked"
	"$REPO/build/tests/lib/seccomp_agent" "$socket" "$socket.sent" 1 2 >"$socket.asked" 2>&1 3>&- 4>&- &
	agent=$!
	eventually grep -q ready "$socket.asked" || return 1
	bundle_edit --arg path "$socket" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $path,
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY"}]}
		| .hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "probe fds >/tmp/hook"], env: ["PATH=/bin"]}]'
	bundle_args sh -c 'probe fds; mkdir /tmp/asked 2>&1'
	attack sh -c 'probe fds; mkdir /tmp/asked 2>&1; true'
	kill "$agent" 2>/dev/null
	wait "$agent"
	# It was asked (EPERM is its verdict), so there was one.
	[[ $output == *'not permitted'* && $(grep '=' <<<"$output" | sed 's/=.*//') == $'0\n1\n2' &&
		$(sed 's/=.*//' "$BUNDLE/rootfs/tmp/hook") == $'0\n1\n2' ]]
}

@test "2.6 the listener of a filter is in no process of the container, nor in a hook" {
	in_every_form listener_kept bundle create bundle+userns
}

# ---- 2.8 --------------------------------------------------------------------------------------------------------------

# What is written for the caller is written outside, before anything of the image counts, and replaces a link.
name_files()
{
	local dir=${BUNDLE%/*} name

	ln -s "$CANARY/file" "$dir/pid"
	mkdir -p "$BUNDLE/rootfs$dir"
	for name in pid log; do
		echo inside >"$BUNDLE/rootfs$dir/$name"
		echo inside >"$BUNDLE/rootfs/$name"
	done
	if form_is host; then
		attack_try sh -c 'echo $$ >"$0"' "$dir/pid"
		return
	fi
	ATTACK_OPTIONS=(--pid-file "$dir/pid")
	ATTACK_EXEC_OPTIONS=(--pid-file "$dir/pid")
	local -a FORM_PROGRAM=("${FORM_PROGRAM[@]}" --debug --log "$dir/log")
	attack_with true
	[[ $status == 0 && $(<"$dir/pid") =~ ^[0-9]+$ && ! -L $dir/pid && -s $dir/log ]] || return 1
	for name in pid log; do
		[[ $(<"$BUNDLE/rootfs$dir/$name") == inside && $(<"$BUNDLE/rootfs/$name") == inside ]] || return 1
	done
}

@test "2.8 a pid file replaces a link, and no file is written where the image has it" {
	control_trips name_files host
	in_every_form name_files
}
