#!/usr/bin/env bats
#
# containerd drives mini-run by its shim, io.containerd.runc.v2, as Docker and Kubernetes do: create, start, exec with
# --process, kill, pause, resume, update, delete, with a JSON log. `ctr` is its client, and takes the runtime's path
# by --runc-binary.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/engines

KEPT=kept

setup_file()
{
	is_vm && command -v containerd >/dev/null || return 0
	engine_image
	cat >"$ENGINE_DIR/containerd.toml" <<-END
	version = 2
	disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
	END
	containerd --config "$ENGINE_DIR/containerd.toml" --log-level debug >"$ENGINE_DIR/containerd.log" 2>&1 3>&- &
	echo $! >"$ENGINE_DIR/containerd.pid"
	within 120 ctr version >/dev/null 2>&1
	ctr image import --digests "$ENGINE_IMAGE" >/dev/null
	start "$KEPT" --memory-limit 67108864 --cpus 0.5 --env GREETING=hello -- sh -c 'trap "exit 5" TERM
		trap "echo got USR1" USR1; while :; do sleep 1000 & wait $!; done'
}

teardown_file()
{
	is_vm && command -v containerd >/dev/null || return 0
	end "$KEPT"
	engine_clean
	kill "$(cat "$ENGINE_DIR/containerd.pid")"
}

setup()
{
	need_engine containerd ctr
	made=()
}

teardown()
{
	local name

	is_vm && command -v containerd >/dev/null || return 0
	tmux_end
	for name in "${made[@]}"; do
		end "$name"
	done
	engine_clean "/$KEPT( |\$)"
}

end()
{
	ctr task kill -s SIGKILL "$1" 2>/dev/null || true
	within 20 ended "$1"
	ctr task delete -f "$1" >/dev/null 2>&1 || true
	ctr container delete "$1" >/dev/null 2>&1 || true
}

task_state() { ctr task ls | awk -v name="$1" '$1 == name { print $3 }'; }
task_pid() { ctr task ls | awk -v name="$1" '$1 == name { print $2 }'; }
is_state() { [[ $(task_state "$1") == "$2" ]]; }
ended() { [[ $(task_state "$1") =~ ^(STOPPED)?$ ]]; }

# ctr tells a terminal its size some time after the start.
SIZE='try=0; until stty size 2>/dev/null | grep . || [ $((try += 1)) -gt 100 ]; do sleep 0.1; done'

ctr_run() { ctr run --runtime io.containerd.runc.v2 --runc-binary "$MINI_RUN" "$@"; }

# tiny [OPTIONS] -- CMD...: one that is removed at its end. Each has a name of its own.
tiny()
{
	local -a options=()

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	ctr_run --rm "${options[@]}" localhost/tiny:1 "t$BATS_TEST_NUMBER-$RANDOM" "$@"
}

# start NAME [OPTIONS] -- CMD...: a detached one.
start()
{
	local name=$1
	local -a options=()
	shift

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	made+=("$name")
	ctr_run -d "${options[@]}" localhost/tiny:1 "$name" "$@" 3>&-
}

@test "run: output, error output, environment of the image, and status [CLI-1, CLI-4, CLI-21]" {
	run_status 3 tiny -- sh -c 'echo "out $FROM_IMAGE"; echo err >&2; exit 3'
	expect_equal "$output" 'out yes'
	expect_equal "$stderr" err
}

@test "run: the words of what failed come from the log [CLI-19, CLI-20]" {
	run tiny -- no-such-command
	((status != 0))
	expect_match "$output" 'executable file not found in \$PATH'
	run tiny -- /etc/passwd
	((status != 0))
	expect_match "$output" 'permission denied'
	run tiny --mount type=bind,src=/no/such/source,dst=/data,options=bind -- true
	((status != 0))
	expect_match "$output" '/no/such/source'
}

@test "run -t: a terminal by the console socket [CLI-3]" {
	run_ok pty ctr run --runtime io.containerd.runc.v2 --runc-binary "$MINI_RUN" --rm -t localhost/tiny:1 terminal \
		sh -c "tty; $SIZE; echo err >&2"
	expect_match "$output" '/dev/pts/0'
	expect_match "$output" '24 80'
	expect_match "$output" err
}

@test "task ls, the state that mini-run tells, and the pid file [CLI-2, CLI-5]" {
	is_state "$KEPT" RUNNING
	run_ok "$MINI_RUN" --root /run/containerd/runc/default state "$KEPT"
	expect_equal "$(jq -r '.status, .pid' <<<"$output")" "running
$(task_pid "$KEPT")"
	run_ok "$MINI_RUN" --root /run/containerd/runc/default list --format json
	expect_equal "$(jq -r '.[].id' <<<"$output")" "$KEPT"
}

@test "task exec: output, status, user, directory, terminal [CLI-8]" {
	run_status 7 ctr task exec --exec-id e1 "$KEPT" sh -c 'echo "$GREETING"; cat /proc/self/cgroup; exit 7'
	# ctr makes no cgroup namespace.
	expect_equal "$output" $'hello\n0::/default/kept'
	run_ok ctr task exec --exec-id e2 --user 1000:1000 --cwd /tmp "$KEPT" sh -c 'id -u; pwd'
	expect_equal "$output" $'1000\n/tmp'
	run_status 4 pty ctr task exec --exec-id e3 -t "$KEPT" sh -c "tty; $SIZE; exit 4"
	expect_match "$output" '/dev/pts/'
	expect_match "$output" '24 80'
	run ctr task exec --exec-id e4 "$KEPT" no-such-command
	((status != 0))
	expect_match "$output" 'executable file not found in \$PATH'
}

@test "task kill with a name, and the process's own status [CLI-6]" {
	start willing -- sh -c 'trap "exit 5" TERM; touch /ready; while :; do sleep 1000 & wait $!; done'
	within 20 ctr task exec --exec-id ready willing test -e /ready
	run_ok ctr task kill -s SIGTERM willing
	within 20 is_state willing STOPPED
	run_ok ctr task delete willing
	expect_match "$stderr" 'non-zero exit code 5'
	run_ok ctr container delete willing
}

@test "task kill --all and a kill of what has ended [CLI-6, CLI-20]" {
	start victim -- sh -c 'sleep 1000 & sleep 1000'
	run_ok ctr task kill --all -s SIGKILL victim
	within 20 is_state victim STOPPED
	run ctr task kill -s SIGTERM victim
	((status != 0))
	expect_match "$output" 'not found|already finished'
	run_ok ctr task delete victim
	expect_match "$stderr" 'non-zero exit code 137'
}

@test "task pause and resume [CLI-5]" {
	run_ok ctr task pause "$KEPT"
	is_state "$KEPT" PAUSED
	run_ok ctr task resume "$KEPT"
	is_state "$KEPT" RUNNING
	run_ok ctr task exec --exec-id resumed "$KEPT" true
}

@test "limits, metrics and processes [CLI-13]" {
	local group

	group=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(task_pid "$KEPT")/cgroup")
	expect_match "$group" "/default/$KEPT\$"
	expect_equal "$(cat "$group/memory.max" "$group/cpu.max")" $'67108864\n50000 100000'
	run_ok ctr task metric "$KEPT"
	expect_match "$output" 'memory.usage_limit +67108864'
	expect_match "$output" 'pids.current +[1-9]'
	run_ok ctr task ps "$KEPT"
	expect_match "$output" "$(task_pid "$KEPT")"
}

@test "memory: the event and the status of a container that runs out of it" {
	ctr events >"$ENGINE_DIR/events" 3>&- &
	local events=$!
	run_status 137 tiny --memory-limit 16777216 -- sh -c 'exec tail -c 200m /dev/zero'
	within 20 grep -q /tasks/exit "$ENGINE_DIR/events"
	kill "$events"
	expect_match "$(cat "$ENGINE_DIR/events")" '/tasks/oom'
}

@test "capabilities, read-only root, mounts, the filter" {
	mkdir -p "$ENGINE_DIR/volume"
	echo content >"$ENGINE_DIR/volume/file"
	run_ok tiny --cap-drop CAP_CHOWN --cap-add CAP_SYS_ADMIN --seccomp --read-only \
		--mount "type=bind,src=$ENGINE_DIR/volume,dst=/mnt,options=rbind:ro" -- sh -c 'cat /proc/self/status /mnt/file
		echo x >/here || echo root is read-only; echo x >/mnt/new || echo mount is read-only'
	lacks_bit CapEff 0
	has_bit CapEff 21
	expect_match "$output" $'Seccomp:\t2'
	expect_match "$output" content
	expect_match "$output" 'root is read-only'
	expect_match "$output" 'mount is read-only'
}

@test "the host's network, and a root file system that is a directory" {
	run_ok ctr_run --rm --net-host --rootfs "$ENGINE_ROOTFS" plain readlink /proc/self/ns/net
	expect_equal "$output" "$(readlink /proc/self/ns/net)"
}

@test "containerd goes, the container stays, and containerd finds it again" {
	local pid

	pid=$(task_pid "$KEPT")
	kill -KILL "$(cat "$ENGINE_DIR/containerd.pid")"
	sleep 1
	kill -0 "$pid"
	containerd --config "$ENGINE_DIR/containerd.toml" >"$ENGINE_DIR/containerd.log2" 2>&1 3>&- &
	echo $! >"$ENGINE_DIR/containerd.pid"
	within 120 ctr version >/dev/null 2>&1
	within 20 is_state "$KEPT" RUNNING
	run_ok ctr task exec --exec-id after "$KEPT" echo found
	expect_equal "$output" found
}
