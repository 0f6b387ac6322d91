#!/usr/bin/env bats
#
# Podman drives mini-run: by conmon (create, exec) and directly (start, kill, delete, pause, resume, update). In the
# machine of scripts/vm run --engines; cgroups by cgroupfs, for there is no systemd.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/engines

# The container that runs while the file does: limited, and with an init of its own that knows SIGUSR1.
KEPT=kept

setup_file()
{
	is_vm && command -v podman >/dev/null || return 0
	engine_rootfs
	mkdir -p /etc/containers
	cat >/etc/containers/containers.conf <<-END
	[containers]
	log_driver = "k8s-file"
	[engine]
	cgroup_manager = "cgroupfs"
	events_logger = "file"
	runtime = "mini-run"
	runtime_supports_json = ["mini-run"]
	runtime_supports_nocgroup = ["mini-run"]
	[engine.runtimes]
	mini-run = ["$MINI_RUN"]
	[network]
	network_backend = "netavark"
	END
	podman run -d --name "$KEPT" --network none --hostname box --memory 64m --cpus 0.5 --pids-limit 50 -e GREETING=hello \
		--label colour=blue --rootfs "$ENGINE_ROOTFS" sh -c 'trap "echo got USR1" USR1
		echo started; while :; do sleep 1000 & wait $!; done' 3>&-
	podman inspect "$KEPT" --format '{{.Id}}' >"$ENGINE_DIR/kept.id"
}

teardown_file()
{
	is_vm && command -v podman >/dev/null || return 0
	podman rm -f -t 0 "$KEPT"
	engine_clean
}

setup()
{
	need_engine podman conmon
	made=()
}

# What a test made and did not remove itself.
teardown()
{
	is_vm && command -v podman >/dev/null || return 0
	tmux_end
	((${#made[@]} == 0)) || podman rm -f -t 0 -i "${made[@]}" >/dev/null
	engine_clean "$(cat "$ENGINE_DIR/kept.id")"
}

# tiny [OPTIONS] -- CMD...: podman run --rm without a network.
tiny()
{
	local -a options=()

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	podman run --rm --network none "${options[@]}" --rootfs "$ENGINE_ROOTFS" "$@"
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
	podman run -d --name "$name" --network none "${options[@]}" --rootfs "$ENGINE_ROOTFS" "$@" 3>&- >/dev/null
}

inspected() { podman inspect "$1" --format "$2"; }

is_state() { [[ $(inspected "$1" '{{.State.Status}}') == "$2" ]]; }

engine_loaded()
{
	engine_image
	podman image exists localhost/tiny:1 || podman load -q -i "$ENGINE_IMAGE" >/dev/null
}

@test "podman info names the runtime and its version [CLI-18]" {
	run_ok podman info --format '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Version}}'
	expect_match "$output" '^mini-run mini-run version [0-9]+\.'
	expect_match "$output" 'spec: 1\.'
}

@test "run with --runtime PATH: output, error output, standard input and status [CLI-1, CLI-4, CLI-21]" {
	run --separate-stderr podman --runtime "$MINI_RUN" run --rm -i --network none --rootfs "$ENGINE_ROOTFS" \
		sh -c 'read line; echo "out $line"; echo err >&2; exit 3' <<<"from outside"
	show_result
	((status == 3))
	expect_equal "$output" 'out from outside'
	expect_equal "$stderr" err
}

@test "run: a command that is not there is 127, one that cannot be executed 126 [CLI-20]" {
	run_status 127 tiny -- no-such-command
	expect_match "$stderr" 'executable file not found in \$PATH'
	run_status 127 tiny -- /no/such/command
	expect_match "$stderr" 'no such file or directory'
	run_status 126 tiny -- /etc/passwd
	expect_match "$stderr" 'permission denied'
}

@test "run: what mini-run refuses is 126, with its own words from the log [CLI-17, CLI-19]" {
	run_status 126 tiny --cpuset-cpus 99 -- true
	expect_match "$stderr" 'cpuset'
}

@test "run -it: a terminal of its own with the caller's size [CLI-3]" {
	run_ok pty podman run --rm -it --network none --rootfs "$ENGINE_ROOTFS" sh -c 'tty; stty size; echo to stderr >&2; exit 0'
	expect_match "$output" '/dev/pts/0'
	expect_match "$output" '24 80'
	expect_match "$output" 'to stderr'
}

@test "run -it: a shell that is typed into, Ctrl-C, and its status [CLI-3]" {
	made+=(typed)
	tmux_start podman run -it --name typed --network none --rootfs "$ENGINE_ROOTFS" sh
	within 60 tmux_shows '#'
	tmux_type 'echo $((6 * 7)); sleep 1000' Enter
	within 20 tmux_shows '^42'
	tmux_type C-c
	tmux_type 'exit 9' Enter
	within 30 is_state typed exited
	expect_equal "$(inspected typed '{{.State.ExitCode}}')" 9
}

@test "exec: output, status, environment, user, directory [CLI-8]" {
	run_status 7 podman exec "$KEPT" sh -c 'echo "$GREETING"; hostname; exit 7'
	expect_equal "$output" $'hello\nbox'
	run_ok podman exec -u 1000:1000 -e MORE=more -w /tmp "$KEPT" sh -c 'id -u; id -g; echo $MORE; pwd'
	expect_equal "$output" $'1000\n1000\nmore\n/tmp'
	run_ok podman exec -i "$KEPT" cat <<<"through exec"
	expect_equal "$output" 'through exec'
}

@test "exec: what cannot be executed is 127 and 126 [CLI-20]" {
	run_status 127 podman exec "$KEPT" no-such-command
	expect_match "$stderr" 'executable file not found in \$PATH'
	run_status 126 podman exec "$KEPT" /etc/passwd
	expect_match "$stderr" 'permission denied'
}

@test "exec -it: a terminal [CLI-3, CLI-8]" {
	run_status 4 pty podman exec -it "$KEPT" sh -c 'tty; stty size; exit 4'
	expect_match "$output" '/dev/pts/'
	expect_match "$output" '24 80'
}

@test "exec is in the container's cgroup, with its capabilities and its filter [CLI-8]" {
	run_ok podman exec "$KEPT" cat /proc/self/status /proc/self/cgroup
	expect_match "$output" $'Seccomp:\t2'
	lacks_bit CapEff 21
	has_bit CapEff 0
	run_ok podman exec --privileged "$KEPT" cat /proc/self/status
	has_bit CapEff 21
	run_ok podman exec -d "$KEPT" sh -c 'echo detached >/tmp/detached'
	within 20 test -s "$ENGINE_ROOTFS/tmp/detached"
	rm "$ENGINE_ROOTFS/tmp/detached"
}

@test "pause and unpause [CLI-5]" {
	run_ok podman pause "$KEPT"
	is_state "$KEPT" paused
	run_ok "$MINI_RUN" state "$(cat "$ENGINE_DIR/kept.id")"
	expect_equal "$(jq -r .status <<<"$output")" paused
	run podman exec "$KEPT" true
	((status != 0))
	run_ok podman unpause "$KEPT"
	run_ok podman exec "$KEPT" true
}

@test "stop sends SIGTERM, and SIGKILL to what does not end of it [CLI-6]" {
	start willing -- sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 1000 & wait $!; done'
	start stubborn -- sh -c 'trap "" TERM; echo ready; while :; do sleep 1000; done'
	within 20 grep -q . <(podman logs willing) || true
	run_ok podman stop -t 20 willing
	expect_equal "$(inspected willing '{{.State.Status}} {{.State.ExitCode}}')" 'exited 5'
	run_ok podman stop -t 1 stubborn
	expect_equal "$(inspected stubborn '{{.State.Status}} {{.State.ExitCode}}')" 'exited 137'
	# It can be started again, under the same ID.
	run_ok podman start willing
	is_state willing running
	run_ok podman rm -f -t 1 willing
	run_status 1 podman container exists willing
}

@test "kill with a name and with the default signal [CLI-6]" {
	run_ok podman kill -s USR1 "$KEPT"
	within 20 logged "$KEPT" 'got USR1'
	start victim -- sleep 1000
	run_ok podman kill victim
	within 20 is_state victim exited
	expect_equal "$(inspected victim '{{.State.ExitCode}}')" 137
	run_status 125 podman kill victim
}

logged() { podman logs "$1" 2>&1 | grep -q -- "$2"; }

@test "created, then started; removed while only created [CLI-7]" {
	made+=(twice)
	run_ok podman create --name twice --network none --rootfs "$ENGINE_ROOTFS" sh -c 'echo once'
	is_state twice created
	# init makes the container and does not start it.
	run_ok podman init twice
	is_state twice initialized
	run_ok "$MINI_RUN" state "$(inspected twice '{{.Id}}')"
	expect_equal "$(jq -r .status <<<"$output")" created
	run_ok podman start -a twice
	expect_equal "$output" once
	run_ok podman init twice
	run_ok podman rm -f -t 0 twice
}

@test "inspect and ps tell what the container is" {
	run_ok podman inspect "$KEPT"
	expect_equal "$(jq -r '.[0] | .State.Status, .State.Running, .OCIRuntime, .HostConfig.Memory, .Config.Labels.colour' \
		<<<"$output")" $'running\ntrue\nmini-run\n67108864\nblue'
	kill -0 "$(jq -r '.[0].State.Pid' <<<"$output")"
	run_ok podman ps --format '{{.Names}} {{.Status}}'
	expect_match "$output" "$KEPT Up "
}

@test "limits of memory, processors and processes, and an update of them [CLI-13]" {
	local group

	group=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(inspected "$KEPT" '{{.State.Pid}}')/cgroup")
	expect_equal "$(cat "$group/memory.max" "$group/cpu.max" "$group/pids.max")" $'67108864\n50000 100000\n50'
	run_ok podman exec "$KEPT" cat /sys/fs/cgroup/memory.max
	expect_equal "$output" 67108864
	run_ok podman update --memory 96m --cpus 0.75 --cpu-shares 512 "$KEPT"
	expect_equal "$(cat "$group/memory.max" "$group/cpu.max" "$group/pids.max")" $'100663296\n75000 100000\n50'
	expect_match "$(cat "$group/cpu.weight")" '^(20|59)$'
	run_ok podman update --memory 64m --cpus 0.5 "$KEPT"
}

@test "a container that runs out of memory" {
	made+=(hungry)
	run_status 137 podman run --name hungry --network none --memory 16m --memory-swap 16m --rootfs "$ENGINE_ROOTFS" \
		sh -c 'exec tail -c 200m /dev/zero'
}

@test "--init: catatonit is process 1 and reaps [CLI-1]" {
	run_ok tiny --init -- sh -c 'cat /proc/1/comm; echo $$'
	expect_match "$output" '^(catatonit|podman-init)'
	expect_match "$output" $'\n[2-9]$'
}

@test "--read-only, --tmpfs and volumes: read-only, writable, and with a size" {
	mkdir -p "$ENGINE_DIR/volume"
	echo content >"$ENGINE_DIR/volume/file"
	run_ok tiny --read-only --tmpfs /mnt:rw,size=4m,mode=1777 -v "$ENGINE_DIR/volume:/data:ro" -- sh -c '
		echo x >/here || echo root is read-only
		echo x >/data/new || echo volume is read-only
		cat /data/file
		echo x >/mnt/file && df -k /mnt | tail -n 1
		echo x >/tmp/file && echo tmp is writable'
	expect_match "$output" 'root is read-only'
	expect_match "$output" 'volume is read-only'
	expect_match "$output" content
	expect_match "$output" ' 4096 '
	expect_match "$output" 'tmp is writable'
	run_ok tiny -v "$ENGINE_DIR/volume:/data" -- sh -c 'echo from inside >/data/file'
	expect_equal "$(cat "$ENGINE_DIR/volume/file")" 'from inside'
}

@test "propagation of a volume: private, shared and slave" {
	local found

	mkdir -p "$ENGINE_DIR/shared/below"
	found=$(findmnt -n -o PROPAGATION --target "$ENGINE_DIR/shared")
	expect_equal "$found" shared
	run_ok tiny -v "$ENGINE_DIR/shared:/data:rprivate" -- grep ' /data ' /proc/self/mountinfo
	[[ $output != *shared:* && $output != *master:* ]]
	run_ok tiny -v "$ENGINE_DIR/shared:/data:rslave" -- grep ' /data ' /proc/self/mountinfo
	expect_match "$output" master:
	run_ok tiny --cap-add SYS_ADMIN -v "$ENGINE_DIR/shared:/data:rshared" -- sh -c 'grep " /data " /proc/self/mountinfo
		mount -t tmpfs inner /data/below'
	expect_match "$output" shared:
	findmnt "$ENGINE_DIR/shared/below"
	umount "$ENGINE_DIR/shared/below"
}

@test "--cap-drop, --cap-add, --user, --group-add and no-new-privileges" {
	run_ok tiny --cap-drop all --cap-add NET_RAW --security-opt no-new-privileges -- cat /proc/self/status
	expect_match "$output" $'CapEff:\t0000000000002000'
	expect_match "$output" $'CapBnd:\t0000000000002000'
	expect_match "$output" $'NoNewPrivs:\t1'
	run_ok tiny --user 1000:1000 --group-add 7 -- sh -c 'id -u; id -G; grep CapEff /proc/self/status'
	expect_equal "$output" $'1000\n1000 7\nCapEff:\t0000000000000000'
	run_ok tiny --privileged -- sh -c 'grep -E "Seccomp:|CapEff" /proc/self/status; ls /dev/vda'
	expect_match "$output" $'Seccomp:\t0'
	expect_match "$output" '/dev/vda'
}

@test "seccomp: the default filter, one from a file, none [CLI-1]" {
	cat >"$ENGINE_DIR/seccomp.json" <<-'END'
	{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 37}]}
	END
	run_ok tiny --security-opt "seccomp=$ENGINE_DIR/seccomp.json" -- sh -c 'mkdir /tmp/refused 2>&1 || true
		grep Seccomp: /proc/self/status'
	expect_match "$output" 'No locks available'
	expect_match "$output" $'Seccomp:\t2'
	run_ok tiny --security-opt seccomp=unconfined -- grep Seccomp: /proc/self/status
	expect_equal "$output" $'Seccomp:\t0'
	run tiny -- unshare -m true
	((status != 0))
}

@test "user namespaces: --uidmap, --userns=auto" {
	run_ok tiny --uidmap 0:200000:1000 --uidmap 1000:300000:2 --gidmap 0:200000:65536 -- sh -c 'id -u
		cat /proc/self/uid_map'
	expect_match "$output" '^0'
	expect_match "$output" '0 +200000 +1000'
	expect_match "$output" '1000 +300000 +2'
	# Podman chooses the ids only for what has an image.
	engine_loaded
	run_ok podman run --rm --network none --userns=auto:size=4096 localhost/tiny:1 sh -c 'cat /proc/self/uid_map; id -u
		touch /root/file'
	expect_match "$output" '^ +0 +[2-9][0-9]+ +4096'
}

@test "the bridge of netavark: an address, the host, a port forwarded" {
	made+=(web)
	podman run -d --name web -p 8080:80 --rootfs "$ENGINE_ROOTFS" sh -c 'mkdir -p /tmp/www; echo served >/tmp/www/page
		exec httpd -f -p 80 -h /tmp/www' 3>&-
	run_ok podman exec web ip -4 -o addr show eth0
	expect_match "$output" '10\.88\.'
	within 20 fetched "http://$(inspected web '{{.NetworkSettings.IPAddress}}')/page"
	within 20 fetched 'http://127.0.0.1:8080/page'
	run_ok podman run --rm --network container:web --rootfs "$ENGINE_ROOTFS" wget -q -O - http://127.0.0.1/page
	expect_equal "$output" served
}

@test "namespaces of the host and of another container" {
	run_ok tiny --pid=host --ipc=host --uts=host -- sh -c 'cat /proc/1/comm; readlink /proc/self/ns/ipc; readlink /proc/self/ns/uts'
	expect_equal "$output" "$(cat /proc/1/comm; readlink /proc/self/ns/ipc /proc/self/ns/uts)"
	run_ok tiny "--pid=container:$KEPT" "--ipc=container:$KEPT" -- sh -c 'readlink /proc/self/ns/pid
		tr "\0" " " </proc/1/cmdline'
	expect_match "$output" 'got USR1'
	expect_equal "${output%%$'\n'*}" "$(readlink "/proc/$(inspected "$KEPT" '{{.State.Pid}}')/ns/pid")"
}

@test "healthcheck runs in the container" {
	start healthy --health-cmd 'test -e /tmp/well' --health-interval disable --tmpfs /tmp -- sleep 1000
	run_status 1 podman healthcheck run healthy
	run_ok podman exec healthy touch /tmp/well
	run_ok podman healthcheck run healthy
	expect_equal "$(inspected healthy '{{.State.Health.Status}}')" healthy
}

@test "logs, top and stats" {
	run_ok podman logs "$KEPT"
	expect_match "$output" started
	run_ok podman top "$KEPT" pid user comm
	expect_match "$output" 'sleep'
	run_ok podman top "$KEPT" -eo pid,comm
	expect_match "$output" 'sleep'
	run_ok podman stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' "$KEPT"
	expect_match "$output" "^$KEPT [1-9][0-9]* .*/ 67\.11MB"
}

@test "a pod: two containers share network, ipc and uts of the pause container" {
	run_ok podman pod create --name both --share-parent=false --hostname shared-name --network none
	run_ok podman run -d --pod both --name one --rootfs "$ENGINE_ROOTFS" sh -c 'echo in one | nc -l -p 7000' 3>&-
	run_ok podman run --rm --pod both --rootfs "$ENGINE_ROOTFS" sh -c 'hostname; try=0
		until nc 127.0.0.1 7000 || [ $((try += 1)) -gt 50 ]; do sleep 0.2; done; readlink /proc/self/ns/ipc'
	expect_match "$output" shared-name
	expect_match "$output" 'in one'
	run_ok podman pod inspect both --format '{{.State}} {{.NumContainers}}'
	expect_match "$output" ' 2$'
	run_ok podman pod pause both
	run_ok podman pod unpause both
	run_ok podman pod rm -f -t 0 both
}

@test "--cgroups=disabled: --cgroup-manager disabled reaches mini-run [CLI-17]" {
	start nowhere --cgroups=disabled -- sleep 1000
	# The cgroup is the caller's: podman's own, in which conmon is started.
	run cat "/proc/$(inspected nowhere '{{.State.Pid}}')/cgroup"
	expect_match "$output" '^0::/'
	[[ $output != *libpod* ]]
	run_ok podman exec nowhere true
	run_ok podman stop -t 0 nowhere
}

@test "--preserve-fds hands descriptors on, to run and to exec [CLI-1, CLI-8]" {
	echo from the descriptor >"$ENGINE_DIR/descriptor"
	# bats itself has descriptor 3.
	run_ok bash -c "podman run --rm --network none --preserve-fds 1 --rootfs '$ENGINE_ROOTFS' sh -c 'cat <&3' \
		3<'$ENGINE_DIR/descriptor'"
	expect_equal "$output" 'from the descriptor'
	run_ok bash -c "podman exec --preserve-fds 1 $KEPT sh -c 'cat <&3' 3<'$ENGINE_DIR/descriptor'"
	expect_equal "$output" 'from the descriptor'
}

@test "an image: imported, run on overlay, its environment, a volume of its own" {
	engine_loaded
	run_ok podman run --rm --network none -v named:/data localhost/tiny:1 sh -c 'echo "$FROM_IMAGE"
		grep " / / " /proc/self/mountinfo; echo kept >/data/file; : >/etc/new'
	expect_match "$output" '^yes'
	expect_match "$output" ' - overlay '
	run_ok podman run --rm --network none -v named:/data localhost/tiny:1 sh -c 'cat /data/file; test ! -e /etc/new'
	expect_equal "$output" kept
	run_ok podman volume rm named
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

@test "cp into a running container, and out of it" {
	echo copied >"$ENGINE_DIR/copied"
	run_ok podman cp "$ENGINE_DIR/copied" "$KEPT:/tmp/copied"
	run_ok podman exec "$KEPT" cat /tmp/copied
	expect_equal "$output" copied
	run_ok podman exec "$KEPT" rm /tmp/copied
}
