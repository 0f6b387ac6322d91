#!/usr/bin/env bats
#
# exec: another process in a container: in all its namespaces and its cgroup, with the rights asked for, and with the
# command's own exit status.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/common
load ../lib/containers
load ../lib/bundle

# running [JQ-EXPRESSION]: a container that sleeps; $id and its $pid.
running()
{
	bundle_make
	bundle_edit ".process.args = [\"sleep\", \"1000\"]${1:+ | $1}"
	id=$(container_id)
	oci_run_detached "$id"
	pid=$(oci_state "$id" pid)
}

@test "the command's output, input and exit status are exec's [CLI-8] [CLI-21]" {
	running
	run_ok bash -c 'echo typed | "$@"' - "$MINI_RUN" --root "$OCI_ROOT" exec "$id" sh -c 'tr a-z A-Z; echo err >&2'
	expect_equal "$output|$stderr" 'TYPED|err'
	run_status 41 oci exec "$id" sh -c 'exit 41'
	run_status 143 oci exec "$id" sh -c 'kill -TERM $$'
	# All behind the ID is the command's.
	run_ok oci exec "$id" echo --env -d --help
	expect_equal "$output" '--env -d --help'
	run_ok oci exec -- "$id" echo x
	expect_equal "$output" x
}

@test "it is in the container's namespaces, root and cgroup [CLI-8]" {
	local kind

	running
	run_ok oci exec "$id" sh -c 'for kind in cgroup ipc mnt net pid user uts; do readlink /proc/self/ns/$kind; done
		cat /proc/self/cgroup; hostname; ls -d /proc/1'
	for kind in cgroup ipc mnt net pid user uts; do
		expect_match "$output" "$(readlink "/proc/$pid/ns/$kind" | sed 's/[][]/./g')"
	done
	expect_match "$output" $'\nmini-run\n/proc/1$'
	run_ok oci exec "$id" cat /proc/self/cgroup /proc/1/cgroup
	expect_equal "$(sort <<<"$output" | uniq -u)" ""
}

@test "without options it has the container's process settings, but not its terminal size or program [CLI-8]" {
	running '.process.env += ["OWN=1"] | .process.cwd = "/tmp" | .process.user = {"uid": 1000, "gid": 1000,
		"additionalGids": [5, 6], "umask": 63} | .process.oomScoreAdj = 500'
	run_ok oci exec "$id" sh -c 'echo $OWN; pwd; id -u; id -g; id -G; umask; ulimit -n
		grep -E "^(NoNewPrivs|CapEff)" /proc/self/status; cat /proc/self/oom_score_adj'
	expect_equal "$(head -n 7 <<<"$output")" $'1\n/tmp\n1000\n1000\n1000 5 6\n0077\n1024'
	expect_match "$output" $'NoNewPrivs:\t1'
	expect_match "$output" $'CapEff:\t0+\n'
	expect_match "$output" '500$'
}

@test "its options [CLI-8]" {
	running
	run_ok oci exec --env A=1 -e B=2 --cwd /etc --user 1000:7 --additional-gids 8 -g 9 "$id" sh -c 'echo $A$B; pwd
		id -u; id -g; id -G'
	expect_equal "$output" $'12\n/etc\n1000\n7\n7 8 9'
	run_ok oci exec --cap CAP_NET_RAW -c CAP_KILL "$id" grep CapEff /proc/self/status
	# The container's three (audit_write 29, kill 5, net_bind_service 10) and net_raw (13).
	expect_equal "$output" $'CapEff:\t0000000020002420'
	run_ok oci exec --user=1000 "$id" id -u
	expect_equal "$output" 1000
	run_ok oci exec --no-new-privs "$id" grep NoNewPrivs /proc/self/status
	expect_match "$output" '1$'
}

@test "--no-new-privs where the container has it not [CLI-8]" {
	running '.process.noNewPrivileges = false'
	run_ok oci exec "$id" grep NoNewPrivs /proc/self/status
	expect_match "$output" '0$'
	run_ok oci exec --no-new-privs "$id" grep NoNewPrivs /proc/self/status
	expect_match "$output" '1$'
}

@test "--process takes everything from a file [CLI-8]" {
	running
	jq -n '{args: ["sh", "-c", "echo $ONE; pwd; id -u; ulimit -n; grep CapBnd /proc/self/status"], cwd: "/home/user",
		env: ["PATH=/bin", "ONE=1"], user: {uid: 1000, gid: 1000}, capabilities: {bounding: ["CAP_KILL"]},
		rlimits: [{type: "RLIMIT_NOFILE", soft: 100, hard: 100}]}' >"$BATS_TEST_TMPDIR/process.json"
	run_ok oci exec --process "$BATS_TEST_TMPDIR/process.json" "$id"
	expect_equal "$output" $'1\n/home/user\n1000\n100\nCapBnd:\t0000000000000020'
	run_ok oci exec -p "$BATS_TEST_TMPDIR/process.json" "$id"
	expect_oci_error '/nowhere.json' oci exec --process /nowhere.json "$id"
	echo '{"args": ["true"]}' >"$BATS_TEST_TMPDIR/process.json"
	expect_oci_error 'cwd' oci exec --process "$BATS_TEST_TMPDIR/process.json" "$id"
	echo '{"args": [], "cwd": "/"}' >"$BATS_TEST_TMPDIR/process.json"
	expect_oci_error 'args' oci exec --process "$BATS_TEST_TMPDIR/process.json" "$id"
}

@test "--detach returns at once; the pid file names the process [CLI-2] [CLI-4] [CLI-8]" {
	local other

	running
	oci_try oci exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$id" sh -c 'echo ready; exec sleep 999'
	expect_equal "$status$stderr" 0
	other=$(cat "$BATS_TEST_TMPDIR/pid"; echo .)
	other=${other%.}
	expect_match "$other" '^[0-9]+$'
	eventually grep -q ready "$BATS_TEST_TMPDIR/try.out"
	expect_equal "$(tr '\0' ' ' <"/proc/$other/cmdline")" 'sleep 999 '
	expect_equal "$(readlink "/proc/$other/ns/pid")" "$(readlink "/proc/$pid/ns/pid")"
	# It ends with the container.
	run_ok oci delete --force "$id"
	process_gone "$other"
}

@test "a failed exec says why in words that engines know, and leaves no pid file [CLI-8] [CLI-20]" {
	local detach

	running
	for detach in '' --detach; do
		# shellcheck disable=SC2086 # empty or one word
		fails()
		{
			expect_oci_status "$1" "$2" oci exec $detach --pid-file "$BATS_TEST_TMPDIR/pid" "${@:3}"
			[[ ! -e $BATS_TEST_TMPDIR/pid ]]
		}
		fails 127 'executable file not found in \$PATH' "$id" no-such-program
		fails 127 '[Nn]o such file or directory' "$id" /no/such/program
		fails 126 '[Pp]ermission denied' "$id" /etc/passwd
		fails 255 '/no/where' --cwd /no/where "$id" true
		fails 255 'does not exist' nosuch true
	done
}

@test "no command, no ID, a container that has stopped [CLI-8] [CLI-20]" {
	running
	expect_oci_error 'ID|command' oci exec
	expect_oci_error 'command|process' oci exec "$id"
	run_ok oci kill "$id" KILL
	oci_stopped "$id"
	expect_oci_error 'container not running' oci exec "$id" true
}

@test "a created container takes an exec, too" {
	local id

	bundle_make
	bundle_args sleep 1000
	id=$(container_id)
	oci_create "$id"
	run_ok oci exec "$id" sh -c 'hostname; id -u'
	expect_equal "$output" $'mini-run\n0'
	expect_status "$id" created
	oci_start "$id"
	expect_status "$id" running
}

@test "a paused container refuses exec unless it is told to wait [CLI-8]" {
	running
	run_ok oci pause "$id"
	expect_oci_error 'paused' oci exec "$id" true
	oci exec --ignore-paused "$id" echo late </dev/null >"$BATS_TEST_TMPDIR/late" 2>&1 3>&- &
	run_ok oci resume "$id"
	wait $!
	expect_equal "$(cat "$BATS_TEST_TMPDIR/late")" late
}

@test "only the standard streams are open, and --preserve-fds adds [LIF-18] [CLI-8]" {
	running
	exec {extra}<"$BUNDLE/config.json"
	run_ok oci exec "$id" probe fds
	expect_equal "$(cut -d = -f 1 <<<"$output" | xargs)" '0 1 2'
	exec {extra}<&-
	run_ok bash -c 'exec 3<"$1" 4<"$2"; shift 2; exec "$@"' - "$BUNDLE/config.json" "$BUNDLE/rootfs/etc/group" \
		"$MINI_RUN" --root "$OCI_ROOT" exec --preserve-fds 2 "$id" sh -c 'probe fds; read -r line <&4; echo $line'
	expect_match "$output" $'\n3=.*config.json\n4=.*group\n'
	expect_match "$output" 'root:x:0:$'
}

@test "exec -t gives a terminal [PROC-1] [CLI-8]" {
	running
	run_ok pty "$MINI_RUN" --root "$OCI_ROOT" exec -t "$id" sh -c 'tty; stty size; test -t 0 && test -t 1 && test -t 2; echo $?'
	expect_equal "$output" $'/dev/pts/0\n24 80\n0'
	run_status 5 pty "$MINI_RUN" --root "$OCI_ROOT" exec --tty "$id" sh -c 'exit 5'
}

@test "a signal to exec reaches the command" {
	running
	background --root "$OCI_ROOT" exec "$id" sh -c 'trap "exit 9" TERM; echo ready; sleep 1000 & wait'
	await_output ready
	kill -TERM "$RUN_PID"
	await_status 9
	expect_status "$id" running
}

@test "--cgroup puts it below the container's cgroup [CLI-8]" {
	running
	if has_v2; then
		run_ok mkdir "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")/sub"
		run_ok oci exec --cgroup sub "$id" cat /proc/self/cgroup
		expect_match "$output" '/sub$'
	else
		mkdir "$(cgroups_of "$id" | grep -E '/pids(,|/)|,pids(,|/)' | head -n 1)/sub"
		run_ok oci exec --cgroup pids:sub "$id" cat /proc/self/cgroup
		expect_match "$output" 'pids:[^:]*/sub'
	fi
	expect_oci_error 'nosuch' oci exec --cgroup nosuch "$id" true
	expect_oci_error '\.\.' oci exec --cgroup ../.. "$id" true
}

@test "the processors of exec: initial before it is in the cgroup, final in the end [AFF-1]" {
	running '.process.execCPUAffinity = {"initial": "0", "final": "0-1"}'
	if (($(nproc) < 2)); then
		skip "there is one processor only"
	fi
	run_ok oci exec "$id" grep Cpus_allowed_list /proc/self/status
	expect_equal "$output" $'Cpus_allowed_list:\t0-1'
	jq -n '{args: ["grep", "Cpus_allowed_list", "/proc/self/status"], cwd: "/", env: ["PATH=/bin"],
		execCPUAffinity: {final: "1"}}' >"$BATS_TEST_TMPDIR/process.json"
	run_ok oci exec --process "$BATS_TEST_TMPDIR/process.json" "$id"
	expect_equal "$output" $'Cpus_allowed_list:\t1'
	jq '.execCPUAffinity = {initial: "1"}' "$BATS_TEST_TMPDIR/process.json" >"$BATS_TEST_TMPDIR/initial.json"
	run_ok oci exec --process "$BATS_TEST_TMPDIR/initial.json" "$id"
	jq '.execCPUAffinity = {final: "9999"}' "$BATS_TEST_TMPDIR/process.json" >"$BATS_TEST_TMPDIR/bad.json"
	expect_oci_error 'execCPUAffinity|processor|CPU' oci exec --process "$BATS_TEST_TMPDIR/bad.json" "$id"
	# The container's own process is not concerned.
	expect_equal "$(grep -h Cpus_allowed_list "/proc/$pid/status")" "$(grep -h Cpus_allowed_list /proc/self/status)"
}

@test "exec into a container of run ROOTFS COMMAND: its environment, user and limits" {
	local id

	id=$(container_id)
	background_ready --root "$OCI_ROOT" run --name "$id" -u 1000:1000 -e OWN=1 --pids-limit 50 "$ROOTFS" \
		/bin/sh -c 'echo ready; exec sleep 1000'
	run_ok oci exec "$id" sh -c 'echo $OWN; id -u; cat /proc/self/cgroup; grep -E "Seccomp:|NoNewPrivs" /proc/self/status'
	expect_match "$output" $'^1\n1000\n'
	expect_match "$output" $'NoNewPrivs:\t1\nSeccomp:\t2'
	run_ok pty "$MINI_RUN" --root "$OCI_ROOT" exec -it "$id" sh -c 'tty'
	expect_equal "$output" /dev/pts/0
	run_ok oci kill "$id" KILL
	await_status 137
}
