#!/usr/bin/env bats
#
# Docker drives mini-run through its own containerd and shim. dockerd is started by hand, with mini-run as the default
# runtime and cgroups by cgroupfs.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/engines

KEPT=kept

setup_file()
{
	is_vm && command -v dockerd >/dev/null || return 0
	engine_image
	mkdir -p /etc/docker
	jq -n --arg path "$MINI_RUN" '{runtimes: {"mini-run": {path: $path}}, "default-runtime": "mini-run",
		"exec-opts": ["native.cgroupdriver=cgroupfs"], "storage-driver": "overlay2", debug: true}' \
		>/etc/docker/daemon.json
	dockerd >"$ENGINE_DIR/dockerd.log" 2>&1 3>&- &
	echo $! >"$ENGINE_DIR/dockerd.pid"
	if ! within 180 docker version >/dev/null 2>&1; then
		cat "$ENGINE_DIR/dockerd.log"
		return 1
	fi
	tar -C "$ENGINE_ROOTFS" --numeric-owner -cf - . |
		docker import --change 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin FROM_IMAGE=yes' \
			--change 'CMD ["/bin/sh"]' - tiny:1 >/dev/null
	docker run -d --name "$KEPT" --network none --hostname box --memory 64m --cpus 0.5 --pids-limit 50 -e GREETING=hello \
		--label colour=blue tiny:1 sh -c 'trap "echo got USR1" USR1
		echo started; while :; do sleep 1000 & wait $!; done' 3>&- >/dev/null
	inspected "$KEPT" '{{.Id}}' >"$ENGINE_DIR/kept.id"
}

teardown_file()
{
	is_vm && command -v dockerd >/dev/null || return 0
	docker rm -f "$KEPT"
	engine_clean
	kill "$(cat "$ENGINE_DIR/dockerd.pid")"
}

setup()
{
	need_engine dockerd docker
	made=()
}

teardown()
{
	is_vm && command -v dockerd >/dev/null || return 0
	tmux_end
	((${#made[@]} == 0)) || docker rm -f "${made[@]}" >/dev/null 2>&1 || true
	engine_clean "$(cat "$ENGINE_DIR/kept.id")"
}

# tiny [OPTIONS] -- CMD...: docker run --rm without a network.
tiny()
{
	local -a options=()

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	docker run --rm --network none "${options[@]}" tiny:1 "$@"
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
	docker run -d --name "$name" --network none "${options[@]}" tiny:1 "$@" 3>&- >/dev/null
}

inspected() { docker inspect "$1" --format "$2"; }
is_state() { [[ $(inspected "$1" '{{.State.Status}}') == "$2" ]]; }
logged() { docker logs "$1" 2>&1 | grep -q -- "$2"; }

@test "info names the runtime, and the container has it [CLI-15, CLI-18]" {
	run_ok docker info --format '{{.DefaultRuntime}} {{.CgroupDriver}} {{.CgroupVersion}} {{json .Runtimes}}'
	expect_match "$output" '^mini-run cgroupfs 2 '
	expect_match "$output" "$MINI_RUN"
	expect_equal "$(inspected "$KEPT" '{{.HostConfig.Runtime}}')" mini-run
}

@test "run with --runtime: output, error output, standard input and status [CLI-1, CLI-4, CLI-21]" {
	run --separate-stderr docker run --rm -i --runtime mini-run --network none tiny:1 \
		sh -c 'read line; echo "out $line $FROM_IMAGE"; echo err >&2; exit 3' <<<"from outside"
	show_result
	((status == 3))
	expect_equal "$output" 'out from outside yes'
	expect_equal "$stderr" err
}

@test "run: 127, 126 and 125 [CLI-19, CLI-20]" {
	run_status 127 tiny -- no-such-command
	expect_match "$stderr" 'executable file not found in \$PATH'
	# Docker's client knows the words in lower case only.
	run_status 127 tiny -- /no/such/command
	expect_match "$stderr" 'no such file or directory'
	run_status 126 tiny -- /etc/passwd
	expect_match "$stderr" 'permission denied'
	run_status 125 tiny --sysctl net.core.somaxconn=none -- true
	expect_match "$stderr" 'net.core.somaxconn'
}

@test "run -it: a terminal of its own with the caller's size [CLI-3]" {
	run_ok pty docker run --rm -it --network none tiny:1 sh -c 'tty; sleep 1; stty size; echo to stderr >&2'
	expect_match "$output" '/dev/pts/0'
	expect_match "$output" '24 80'
	expect_match "$output" 'to stderr'
}

@test "run -it: a shell that is typed into, Ctrl-C, and its status [CLI-3]" {
	made+=(typed)
	tmux_start docker run -it --name typed --network none tiny:1 sh
	within 60 tmux_shows '#'
	tmux_type 'echo $((6 * 7)); sleep 1000' Enter
	within 20 tmux_shows '^42'
	tmux_type C-c
	tmux_type 'exit 9' Enter
	within 30 is_state typed exited
	expect_equal "$(inspected typed '{{.State.ExitCode}}')" 9
}

@test "exec: output, status, environment, user, directory, terminal, privileges [CLI-8]" {
	run_status 7 docker exec "$KEPT" sh -c 'echo "$GREETING"; hostname; exit 7'
	expect_equal "$output" $'hello\nbox'
	run_ok docker exec -u 1000:1000 -e MORE=more -w /tmp "$KEPT" sh -c 'id -u; id -g; echo $MORE; pwd'
	expect_equal "$output" $'1000\n1000\nmore\n/tmp'
	run_ok docker exec -i "$KEPT" cat <<<"through exec"
	expect_equal "$output" 'through exec'
	run_status 4 pty docker exec -it "$KEPT" sh -c 'tty; sleep 1; stty size; exit 4'
	expect_match "$output" '/dev/pts/'
	expect_match "$output" '24 80'
	run_ok docker exec --privileged "$KEPT" cat /proc/self/status
	has_bit CapEff 21
}

@test "exec: what cannot be executed [CLI-20]" {
	run docker exec "$KEPT" no-such-command
	show_result
	((status == 127 || status == 126))
	expect_match "$output" 'executable file not found in \$PATH'
	run_status 126 docker exec "$KEPT" /etc/passwd
}

@test "pause and unpause [CLI-5]" {
	run_ok docker pause "$KEPT"
	is_state "$KEPT" paused
	run_ok docker unpause "$KEPT"
	is_state "$KEPT" running
	run_ok docker exec "$KEPT" true
}

@test "stop sends SIGTERM, and SIGKILL to what does not end of it; started again [CLI-6]" {
	start willing -- sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 1000 & wait $!; done'
	start stubborn -- sh -c 'trap "" TERM; echo ready; while :; do sleep 1000; done'
	within 20 logged willing ready
	run_ok docker stop -t 20 willing
	expect_equal "$(inspected willing '{{.State.Status}} {{.State.ExitCode}}')" 'exited 5'
	run_ok docker stop -t 1 stubborn
	expect_equal "$(inspected stubborn '{{.State.Status}} {{.State.ExitCode}}')" 'exited 137'
	run_ok docker start willing
	is_state willing running
	run_ok docker rm -f willing
}

@test "kill with a name and with the default signal [CLI-6]" {
	run_ok docker kill -s USR1 "$KEPT"
	within 20 logged "$KEPT" 'got USR1'
	start victim -- sleep 1000
	run_ok docker kill victim
	within 20 is_state victim exited
	expect_equal "$(inspected victim '{{.State.ExitCode}}')" 137
}

@test "a restart policy: started again until it succeeds" {
	start again --restart on-failure:3 -- sh -c 'echo x >>/count; test $(wc -l </count) -ge 3'
	within 60 is_state again exited
	expect_equal "$(inspected again '{{.RestartCount}} {{.State.ExitCode}}')" '2 0'
}

@test "limits of memory, processors and processes, and an update of them [CLI-13]" {
	local group

	group=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(inspected "$KEPT" '{{.State.Pid}}')/cgroup")
	expect_equal "$(cat "$group/memory.max" "$group/cpu.max" "$group/pids.max")" $'67108864\n50000 100000\n50'
	run_ok docker exec "$KEPT" cat /sys/fs/cgroup/memory.max
	expect_equal "$output" 67108864
	run_ok docker update --memory 96m --memory-swap 96m --cpus 0.75 --pids-limit 60 "$KEPT"
	expect_equal "$(cat "$group/memory.max" "$group/cpu.max" "$group/pids.max")" $'100663296\n75000 100000\n60'
	run_ok docker update --memory 64m --memory-swap 64m --cpus 0.5 --pids-limit 50 "$KEPT"
	expect_equal "$(cat "$group/memory.max" "$group/memory.swap.max")" $'67108864\n0'
}

@test "a container that runs out of memory: the event, the state, the status" {
	local since

	since=$(date +%s)
	made+=(hungry)
	run_status 137 docker run --name hungry --network none --memory 16m --memory-swap 16m tiny:1 \
		sh -c 'exec tail -c 200m /dev/zero'
	expect_equal "$(inspected hungry '{{.State.OOMKilled}}')" true
	run_ok docker events --since "$since" --until "$(($(date +%s) + 1))" --filter container=hungry --format '{{.Action}}'
	expect_match "$output" $'(^|\n)oom'
}

@test "--init, --read-only, --tmpfs, volumes" {
	run_ok tiny --init -- cat /proc/1/comm
	expect_match "$output" 'docker-init|tini'
	mkdir -p "$ENGINE_DIR/volume"
	echo content >"$ENGINE_DIR/volume/file"
	run_ok tiny --read-only --tmpfs /mnt:rw,size=4m -v "$ENGINE_DIR/volume:/data:ro" -v named:/run/named -- sh -c '
		echo x >/here || echo root is read-only
		echo x >/data/new || echo volume is read-only
		cat /data/file; echo x >/mnt/file && echo x >/run/named/file && df -k /mnt | tail -n 1'
	expect_match "$output" 'root is read-only'
	expect_match "$output" 'volume is read-only'
	expect_match "$output" content
	expect_match "$output" ' 4096 '
	run_ok docker volume rm named
}

@test "capabilities, users, seccomp, no-new-privileges, privileged" {
	cat >"$ENGINE_DIR/seccomp.json" <<-'END'
	{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 37}]}
	END
	run_ok tiny --cap-drop all --cap-add NET_RAW --security-opt no-new-privileges \
		--security-opt "seccomp=$ENGINE_DIR/seccomp.json" -- sh -c 'mkdir /tmp/refused 2>&1 || true; cat /proc/self/status'
	expect_match "$output" 'No locks available|Operation not permitted'
	expect_match "$output" $'CapEff:\t0000000000002000'
	expect_match "$output" $'NoNewPrivs:\t1'
	expect_match "$output" $'Seccomp:\t2'
	run_ok tiny --security-opt seccomp=unconfined --user 1000:1000 --group-add 7 -- sh -c 'id -u; id -G
		grep -E "CapEff|Seccomp:" /proc/self/status'
	expect_equal "$output" $'1000\n1000 7\nCapEff:\t0000000000000000\nSeccomp:\t0'
	run_ok tiny --privileged -- ls /dev/vda
}

@test "namespaces of the host and of another container" {
	run_ok tiny --pid=host --ipc=host --uts=host -- sh -c 'cat /proc/1/comm; readlink /proc/self/ns/ipc; readlink /proc/self/ns/uts'
	expect_equal "$output" "$(cat /proc/1/comm; readlink /proc/self/ns/ipc /proc/self/ns/uts)"
	run_ok tiny "--pid=container:$KEPT" --cgroupns=host -- sh -c 'tr "\0" " " </proc/1/cmdline; cat /proc/self/cgroup'
	expect_match "$output" 'got USR1'
	expect_match "$output" '0::/docker/'
}

@test "the bridge: an address, the host, a port forwarded, another container" {
	made+=(web)
	docker run -d --name web -p 8081:80 tiny:1 sh -c 'mkdir -p /tmp/www; echo served >/tmp/www/page
		exec httpd -f -p 80 -h /tmp/www' 3>&- >/dev/null
	within 20 fetched "http://$(inspected web '{{.NetworkSettings.IPAddress}}')/page"
	within 20 fetched 'http://127.0.0.1:8081/page'
	run_ok docker run --rm --network container:web tiny:1 wget -q -O - http://127.0.0.1/page
	expect_equal "$output" served
}

@test "a healthcheck" {
	start healthy --health-cmd 'test -e /tmp/well' --health-interval 1s --health-timeout 30s --health-retries 2 -- sleep 1000
	within 60 health_is healthy unhealthy
	run_ok docker exec healthy touch /tmp/well
	within 60 health_is healthy healthy
}

health_is() { [[ $(inspected "$1" '{{.State.Health.Status}}') == "$2" ]]; }

@test "logs, top, stats, inspect, cp" {
	run_ok docker logs "$KEPT"
	expect_match "$output" started
	run_ok docker top "$KEPT"
	expect_match "$output" 'sleep 1000'
	run_ok docker stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' "$KEPT"
	expect_match "$output" "^$KEPT [1-9][0-9]* .*/ 64MiB"
	expect_equal "$(inspected "$KEPT" '{{.State.Running}} {{.HostConfig.Memory}} {{.Config.Labels.colour}}')" \
		'true 67108864 blue'
	echo copied >"$ENGINE_DIR/copied"
	run_ok docker cp "$ENGINE_DIR/copied" "$KEPT:/tmp/copied"
	run_ok docker exec "$KEPT" cat /tmp/copied
	expect_equal "$output" copied
}

@test "devices, sysctls, limits of the process, the size of /dev/shm" {
	run_ok tiny --device /dev/kmsg:/dev/other:r --sysctl net.ipv4.ip_forward=1 --ulimit nofile=321:654 --shm-size 3m \
		--oom-score-adj 123 -- sh -c 'ls -l /dev/other; echo x >/dev/other || echo not writable
		cat /proc/sys/net/ipv4/ip_forward; ulimit -n; df -k /dev/shm | tail -n 1; cat /proc/self/oom_score_adj'
	expect_match "$output" '1, +11'
	expect_match "$output" 'not writable'
	expect_match "$output" $'\n1\n321\n'
	expect_match "$output" ' 3072 '
	expect_match "$output" $'\n123$'
}

@test "a build: RUN runs in mini-run" {
	mkdir -p "$ENGINE_DIR/build"
	printf 'FROM tiny:1\nRUN echo built >/built\nCMD ["cat", "/built"]\n' >"$ENGINE_DIR/build/Dockerfile"
	run_ok env DOCKER_BUILDKIT=0 docker build -q --network none -t built "$ENGINE_DIR/build"
	run_ok docker run --rm --network none built
	expect_equal "$output" built
	run_ok docker image rm -f built
}
