#!/usr/bin/env bats
#
# Hooks: when each kind runs, where, with what on its stdin; and what follows when one fails.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/common
load ../lib/containers
load ../lib/bundle

# hook KIND SCRIPT [JQ-EXPRESSION]: adds a hook of that kind, with /bin/sh.
hook()
{
	bundle_edit --arg kind "$1" --arg script "$2" ".hooks[\$kind] += [{path: \"/bin/sh\",
		args: [\"sh\", \"-c\", \$script]${3:+, $3}}]"
}

# hooked: a bundle whose hooks of all kinds write their name into $LOG, and then their stdin to $LOG.KIND. What runs in
# the container's mount namespace after pivot_root sees the same directory at /log.
hooked()
{
	local kind

	bundle_make
	mkdir "$BATS_TEST_TMPDIR/log"
	LOG=$BATS_TEST_TMPDIR/log/all
	bundle_edit --arg log "$BATS_TEST_TMPDIR/log" --arg all "$LOG" '
		def hook($kind; $dir): {path: "/bin/sh", args: ["sh", "-c",
			"echo \($kind) >>\($dir)/all; cat >\($dir)/\($kind)"]};
		.hooks = ([("prestart", "createRuntime", "createContainer", "poststart", "poststop") | {(.): [hook(.; $log)]}] | add)
		| .hooks.startContainer = [hook("startContainer"; "/log")]
		| .mounts += [{destination: "/log", type: "bind", source: $log, options: ["bind"]}]
		| .process.args = ["sh", "-c", "echo program >>/log/all; exec sleep 1000"]'
	id=$(container_id)
}

logged() { cat "$LOG" 2>/dev/null || true; }

@test "the order of hooks and commands [LIF-14] [HOOK-4] [HOOK-5] [HOOK-6] [HOOK-7] [HOOK-8] [HOOK-9]" {
	hooked
	oci_create "$id"
	expect_equal "$(logged)" $'prestart\ncreateRuntime\ncreateContainer'
	oci_start "$id"
	eventually grep -q program "$LOG"
	# start is back, so poststart has run; the program runs beside it.
	expect_equal "$(logged | head -n 4 | tail -n 1)" startContainer
	expect_equal "$(logged | tail -n 2 | sort)" $'poststart\nprogram'
	run_ok oci kill "$id" KILL
	oci_stopped "$id"
	expect_equal "$(logged | wc -l)" 6
	run_ok oci delete "$id"
	expect_equal "$(logged | tail -n 1)" poststop
	expect_equal "$(logged | wc -l)" 7
}

@test "run in the foreground runs them all, poststop too [LIF-14] [HOOK-9]" {
	hooked
	bundle_edit '.process.args = ["sh", "-c", "echo program >>/log/all; exit 3"]'
	run_status 3 oci_run "$id"
	expect_equal "$(logged | head -n 4 | xargs)" 'prestart createRuntime createContainer startContainer'
	expect_equal "$(logged | sed -n 5,6p | sort | xargs)" 'poststart program'
	expect_equal "$(logged | tail -n 1)" poststop
}

@test "hooks of one kind run in their order, one after the other [HOOK-2]" {
	local round

	bundle_make
	for round in 1 2 3; do
		hook createRuntime "sleep 0.$((4 - round)); echo $round >>$BATS_TEST_TMPDIR/order"
	done
	bundle_args true
	run_ok oci_run "$(container_id)"
	expect_equal "$(xargs <"$BATS_TEST_TMPDIR/order")" '1 2 3'
}

@test "each gets the state on stdin, with the pid as its side sees it [HOOK-3] [STA-7]" {
	local pid kind

	hooked
	bundle_edit '.annotations = {"com.example": "x"}'
	oci_create "$id"
	pid=$(oci_state "$id" pid)
	oci_start "$id"
	run_ok oci delete --force "$id"
	for kind in prestart createRuntime createContainer startContainer poststart poststop; do
		expect_equal "$(jq -r '.id, .bundle, .annotations["com.example"]' "$BATS_TEST_TMPDIR/log/$kind" | xargs)" "$id $BUNDLE x"
		jq -e '.ociVersion | test("^1\\.")' "$BATS_TEST_TMPDIR/log/$kind" >/dev/null
	done
	for kind in prestart createRuntime createContainer startContainer; do
		expect_match "$(jq -r .status "$BATS_TEST_TMPDIR/log/$kind")" '^(creating|created)$'
	done
	expect_equal "$(jq -r .status "$BATS_TEST_TMPDIR/log/poststart")" running
	expect_equal "$(jq -r .status "$BATS_TEST_TMPDIR/log/poststop")" stopped
	for kind in prestart createRuntime poststart; do
		expect_equal "$(jq -r .pid "$BATS_TEST_TMPDIR/log/$kind")" "$pid"
	done
	for kind in createContainer startContainer; do
		expect_equal "$(jq -r .pid "$BATS_TEST_TMPDIR/log/$kind")" 1
	done
}

@test "where they run: the runtime's namespaces, or the container's before and after pivot_root [HOOK-4] [HOOK-5] [HOOK-6] [HOOK-7] [STA-7]" {
	local kind script mine theirs

	bundle_make
	mkdir "$BATS_TEST_TMPDIR/log"
	script='for kind in uts mnt; do readlink /proc/self/ns/$kind; done >%s'
	for kind in prestart createRuntime createContainer poststart poststop; do
		# shellcheck disable=SC2059 # it is the format
		hook "$kind" "$(printf "$script" "$BATS_TEST_TMPDIR/log/$kind"); ls -d $BUNDLE >>$BATS_TEST_TMPDIR/log/$kind"
	done
	# shellcheck disable=SC2059
	hook startContainer "$(printf "$script" /log/startContainer); ls -d $BUNDLE /bin/probe >>/log/startContainer 2>/dev/null; :"
	bundle_edit --arg log "$BATS_TEST_TMPDIR/log" '.process.args = ["sleep", "1000"]
		| .mounts += [{destination: "/log", type: "bind", source: $log, options: ["bind"]}]'
	id=$(container_id)
	oci_run_detached "$id"
	theirs=$(readlink "/proc/$(oci_state "$id" pid)/ns/uts" "/proc/$(oci_state "$id" pid)/ns/mnt")
	mine=$(readlink /proc/self/ns/uts /proc/self/ns/mnt)
	run_ok oci delete --force "$id"
	for kind in prestart createRuntime poststart poststop; do
		expect_equal "$(cat "$BATS_TEST_TMPDIR/log/$kind")" "$mine"$'\n'"$BUNDLE"
	done
	expect_equal "$(cat "$BATS_TEST_TMPDIR/log/createContainer")" "$theirs"$'\n'"$BUNDLE"
	expect_equal "$(cat "$BATS_TEST_TMPDIR/log/startContainer")" "$theirs"$'\n/bin/probe'
}

@test "the hooks before pivot_root find what is mounted in the root filesystem [HOOK-5] [HOOK-6]" {
	bundle_make
	# An engine's hook that mounts more, by the container's mount namespace, as for devices.
	hook createRuntime 'pid=$(sed "s/.*\"pid\": *\([0-9]*\).*/\1/" | tr -dc 0-9); nsenter -t $pid -m sh -c "
		grep -c \" $0/rootfs/proc \" /proc/self/mountinfo >$0/seen; mount -t tmpfs hooked $0/rootfs/mnt"'
	bundle_edit --arg bundle "$BUNDLE" '.hooks.createRuntime[0].args += [$bundle]
		| .process.args = ["sh", "-c", "grep \" /mnt \" /proc/self/mounts | cut -d \" \" -f 1"]'
	run_ok oci_run "$(container_id)"
	expect_equal "$output" hooked
	expect_equal "$(cat "$BUNDLE/seen")" 1
}

@test "args are argv as given, env is all of the environment; without it the runtime's own [HOOK-1] [HOOK-10]" {
	bundle_make
	hook createRuntime "echo \"\$0|\$1|\$OWN|\$FROM_CALLER|\$PATH\" >$BATS_TEST_TMPDIR/with" 'env: ["OWN=1"]'
	bundle_edit '.hooks.createRuntime[0].args[0] = "another name" | .hooks.createRuntime[0].args += ["zero", "one two"]'
	hook createRuntime "echo \"\$FROM_CALLER|\$(tr '\\0' ' ' </proc/\$\$/cmdline | cut -c 1-7)\" >$BATS_TEST_TMPDIR/without"
	hook createRuntime "echo \"<\$FROM_CALLER>\" >$BATS_TEST_TMPDIR/empty" 'env: []'
	printf '#!/bin/sh\necho "$# $0" >%s/bare\n' "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/bare.sh"
	chmod 755 "$BATS_TEST_TMPDIR/bare.sh"
	bundle_edit --arg path "$BATS_TEST_TMPDIR/bare.sh" '.hooks.createRuntime += [{path: $path}] | .process.args = ["true"]'
	run_ok env FROM_CALLER=yes "$MINI_RUN" --root "$OCI_ROOT" run --bundle "$BUNDLE" "$(container_id)"
	expect_match "$(cat "$BATS_TEST_TMPDIR/with")" '^zero\|one two\|1\|\|'
	expect_equal "$(cat "$BATS_TEST_TMPDIR/without")" 'yes|sh -c e'
	expect_match "$(cat "$BATS_TEST_TMPDIR/empty")" '<>'
	expect_equal "$(cat "$BATS_TEST_TMPDIR/bare")" "0 $BATS_TEST_TMPDIR/bare.sh"
}

@test "what a hook must be [HOOK-1]" {
	bundle_make
	bundle_args true
	refuse()
	{
		bundle_edit "$2"
		expect_oci_error "$1" oci_run "$(container_id)"
	}
	refuse 'hooks\.prestart' '.hooks = {prestart: [{path: "bin/true"}]}'
	refuse 'hooks\.poststop' '.hooks = {poststop: [{args: ["x"]}]}'
	refuse 'hooks\.poststart.*timeout' '.hooks = {poststart: [{path: "/bin/true", timeout: 0}]}'
	refuse 'hooks\.poststart.*timeout' '.hooks = {poststart: [{path: "/bin/true", timeout: -1}]}'
	refuse 'hooks\.createRuntime' '.hooks = {createRuntime: {path: "/bin/true"}}'
	refuse '/no/such/hook' '.hooks = {createRuntime: [{path: "/no/such/hook"}]}'
	expect_equal "$(oci list --quiet)" ""
}

@test "a hook that takes longer than its timeout is killed with its children, and has failed [HOOK-1] [LIF-15]" {
	bundle_make
	hook createRuntime "sleep 1000 & sleep 1001" 'timeout: 1'
	bundle_args true
	expect_oci_error 'createRuntime hook 1, /bin/sh: .*1 s' oci_run "$(container_id)"
	expect_equal "$(oci list --quiet)" ""
	eventually nothing_runs
}

nothing_runs() { [[ -z $(bundle_processes "$MINI_RUN_TEST") ]]; }

@test "a hook that fails before the start: create fails, poststop hooks run, all is gone [LIF-15]" {
	local kind

	for kind in prestart createRuntime createContainer; do
		rm -rf "$BATS_TEST_TMPDIR/log" "$BATS_TEST_TMPDIR/bundle"
		hooked
		hook "$kind" 'exit 7'
		expect_oci_error "$kind hook 2, /bin/sh: .*7" oci create --bundle "$BUNDLE" "$id"
		expect_equal "$(logged | tail -n 1)" poststop
		[[ $(logged) != *startContainer* && $(logged) != *program* ]]
		expect_oci_error 'does not exist' oci state "$id"
	done
}

@test "SIGTERM and SIGINT end the hook that create waits for, and the create: all is gone [LIF-15]" {
	local kind signal pid

	for kind in prestart createRuntime createContainer; do
		for signal in TERM INT; do
			rm -rf "$BATS_TEST_TMPDIR/log" "$BATS_TEST_TMPDIR/bundle"
			hooked
			hook "$kind" "sleep 1000 & echo hangs >>$LOG; wait"
			# SIGINT is ignored in what a shell starts in the background.
			env --default-signal=INT "$MINI_RUN" --root "$OCI_ROOT" create --bundle "$BUNDLE" "$id" </dev/null \
				>"$BATS_TEST_TMPDIR/create.out" 2>&1 3>&- 4>&- &
			pid=$!
			eventually grep -q hangs "$LOG"
			kill -s "$signal" "$pid"
			status=0
			wait "$pid" || status=$?
			expect_equal "$status" 1
			expect_match "$(cat "$BATS_TEST_TMPDIR/create.out")" '^mini-run: [^'$'\n'']*interrupted: [^'$'\n'']*$'
			expect_equal "$(logged | tail -n 1)" poststop
			[[ $(logged) != *startContainer* && $(logged) != *program* ]]
			expect_oci_error 'does not exist' oci state "$id"
			eventually nothing_runs
		done
	done
}

@test "another signal ends neither the hook nor the create [LIF-15]" {
	local pid

	hooked
	hook createRuntime "echo hangs >>$LOG; while [ ! -e $BATS_TEST_TMPDIR/go ]; do sleep 0.05; done"
	"$MINI_RUN" --root "$OCI_ROOT" create --bundle "$BUNDLE" "$id" </dev/null >"$BATS_TEST_TMPDIR/create.out" 2>&1 3>&- 4>&- &
	pid=$!
	eventually grep -q hangs "$LOG"
	kill -s USR1 "$pid"
	kill -s WINCH "$pid"
	: >"$BATS_TEST_TMPDIR/go"
	wait "$pid"
	expect_status "$id" created
}

@test "a startContainer hook that fails: start fails, the program never runs, all is gone [LIF-15]" {
	hooked
	hook startContainer 'exit 7'
	oci_create "$id"
	expect_oci_error 'startContainer hook 2, /bin/sh: .*7' oci start "$id"
	[[ $(logged) != *program* && $(logged) != *poststart* ]]
	expect_equal "$(logged | tail -n 1)" poststop
	expect_oci_error 'does not exist' oci state "$id"
}

@test "a poststart hook that fails: start fails, the container is stopped and gone [LIF-16]" {
	hooked
	hook poststart 'exit 7'
	oci_create "$id"
	expect_oci_error 'poststart hook 2, /bin/sh: .*7' oci start "$id"
	expect_equal "$(logged | tail -n 1)" poststop
	expect_oci_error 'does not exist' oci state "$id"
	expect_oci_error 'poststart hook 2' oci_run "$id-2"
	expect_equal "$(oci list --quiet)" ""
}

@test "a poststop hook that fails is a warning, the others and the delete go on [LIF-17] [ERR-2]" {
	hooked
	bundle_edit '.hooks.poststop = [{path: "/bin/false"}, {path: "/no/such/hook"}] + .hooks.poststop | .process.args = ["true"]'
	oci_create "$id"
	oci_start "$id"
	oci_stopped "$id"
	oci_try oci delete "$id"
	expect_equal "$status" 0
	expect_match "$stderr" 'poststop hook 1, /bin/false'
	expect_match "$stderr" 'poststop hook 2, /no/such/hook'
	expect_equal "$(logged | tail -n 1)" poststop
	oci_gone "$id"
	run_status 0 oci_run "$id"
	expect_match "$stderr" 'poststop hook 1'
}

@test "what a hook prints does not get into the state that is asked for, and a full stdin is no trouble [HOOK-3]" {
	bundle_make
	# It closes stdin unread; the state has more than a pipe holds.
	hook createRuntime 'exec <&-; exit 0'
	bundle_edit '.annotations = {"long": ("x" * 100000)} | .process.args = ["echo", "fine"]'
	run_ok oci_run "$(container_id)"
	expect_equal "$output" fine
}

@test "hooks do not hold the terminal, the lock or descriptors of the runtime [HOOK-10]" {
	bundle_make
	hook createRuntime "ls -l /proc/self/fd | sed -n 's/.* \([0-9]*\) -> \(.*\)/\1 \2/p' >$BATS_TEST_TMPDIR/fds"
	bundle_args true
	run_ok oci_run "$(container_id)"
	# 3 is the directory that ls reads.
	expect_equal "$(cut -d ' ' -f 1 "$BATS_TEST_TMPDIR/fds" | xargs)" '0 1 2 3'
}
