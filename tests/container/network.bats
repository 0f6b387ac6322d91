#!/usr/bin/env bats
#
# --network: the host's, none, an existing namespace; and files that are none.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2154 # status, output, stderr and lines are set by bats' run
load ../lib/common
load ../lib/probe

@test "the network is the host's by default" {
	need_root
	run_ok inside -- sh -c 'readlink /proc/self/ns/net; cut -d: -f1 -s /proc/net/dev | sort | xargs'
	expect_equal "${lines[0]}" "$(readlink /proc/self/ns/net)"
	expect_equal "${lines[1]}" "$(cut -d: -f1 -s /proc/net/dev | sort | xargs)"
	run_ok inside --network host -- readlink /proc/self/ns/net
	expect_equal "$output" "$(readlink /proc/self/ns/net)"
}

@test "none: a namespace of its own with nothing but lo, which is up and works" {
	need_root
	run_ok inside --network none -- sh -c '
		echo ns=$(readlink /proc/self/ns/net)
		echo interfaces=$(cut -d: -f1 -s /proc/net/dev | sort | xargs)
		echo routes=$(tail -n +2 /proc/net/route | wc -l)
		echo flags=$(ip -o link show lo 2>/dev/null | grep -o "<.*>" || ifconfig lo | grep -o UP)
		ping -c 1 -W 10 127.0.0.1 >/dev/null && echo reply=answer
		ping -c 1 -W 1 192.0.2.1 2>&1 | grep -o "Network is unreachable"'
	[[ $(fact ns) == net:* && $(fact ns) != "$(readlink /proc/self/ns/net)" ]]
	expect_fact interfaces lo
	expect_fact routes 0
	expect_match "$(fact flags)" 'UP'
	expect_fact reply answer
	expect_match "$output" 'Network is unreachable'
	# --net is another word for it, and the last one counts.
	run_ok inside --network host --net none -- readlink /proc/self/ns/net
	[[ $output != "$(readlink /proc/self/ns/net)" ]]
}

@test "two containers with none do not share it, and neither reaches abstract sockets of the host" {
	need_root
	container_start --network none
	run_ok inside --network none -- readlink /proc/self/ns/net
	[[ $(readlink "/proc/$PID/ns/net") == net:* && $(readlink "/proc/$PID/ns/net") != "$output" ]]
	run_ok inside --network none -- sh -c 'tail -n +2 /proc/net/unix | wc -l'
	expect_equal "$output" 0
}

@test "a path joins the namespace that ip-netns made, and leaves it as it was" {
	need_root
	run_ok own_mounts '
		mount -t tmpfs -o mode=755 run /run
		ip netns add probe
		ip -n probe link add probe0 type dummy 2>/dev/null || ip -n probe link set lo up
		ip -n probe -o link | cut -d: -f2 | sort | xargs >"$FS/before"
		echo host=$(ip netns exec probe readlink /proc/self/ns/net)
		echo container=$(inside --network /run/netns/probe -- readlink /proc/self/ns/net)
		echo link=$(ln -s /run/netns/probe "$FS/link"; inside --network "$FS/link" -- readlink /proc/self/ns/net)
		cd /run/netns
		echo relative=$(inside --network ./probe -- readlink /proc/self/ns/net)
		echo interfaces=$(inside --network /run/netns/probe -- cut -d: -f1 -s /proc/net/dev | sort | xargs)
		ip -n probe -o link | cut -d: -f2 | sort | xargs | cmp - "$FS/before"
		cd /
		ip netns del probe
	'
	[[ $(fact host) == net:* && $(fact host) != "$(readlink /proc/self/ns/net)" ]]
	expect_fact container "$(fact host)"
	expect_fact link "$(fact host)"
	expect_fact relative "$(fact host)"
	expect_match "$(fact interfaces)" 'lo'
}

@test "what is no network namespace is refused: another kind, a file, a FIFO, a directory, nothing" {
	local kind

	need_root
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	touch "$BATS_TEST_TMPDIR/file"
	for kind in mnt pid uts ipc user cgroup; do
		refused 'not a network namespace' --network "/proc/self/ns/$kind" -- true
	done
	run timeout 20 "$MINI_RUN" run --network "$BATS_TEST_TMPDIR/fifo" "$ROOTFS" true
	expect_equal "$status" 125
	refused 'not a network namespace' --network "$BATS_TEST_TMPDIR/file" -- true
	refused 'not a network namespace' --network "$BATS_TEST_TMPDIR" -- true
	refused 'not a network namespace' --network /dev/zero -- true
	refused '/no/such/namespace' --network /no/such/namespace -- true
	refused 'ip-netns' --network bridge -- true
	refused '' --network '' -- true
}
