#!/usr/bin/env bats
# update: the command. What the kernel gets of each limit is in the tests of the cgroups.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # tests run in subshells, with variables of bats and for bundle.bash

load ../lib/common
load ../lib/containers
load ../lib/bundle

# limit CONTROLLER V1-FILE V2-FILE: what the kernel says of the container $id.
limit()
{
	local pid

	pid=$(oci_state "$id" pid)
	if has_v2; then
		cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")/$3"
	else
		cat "/sys/fs/cgroup/$1$(awk -F: -v name="$1" '{ n = split($2, list, ","); for (i = 1; i <= n; i++)
			if (list[i] == name) print $3 }' "/proc/$pid/cgroup")/$2"
	fi
}

memory() { limit memory memory.limit_in_bytes memory.max; }
pids() { limit pids pids.max pids.max; }

running()
{
	has_controller memory || skip "no memory controller"
	has_controller pids || skip "no pids controller"
	bundle_make
	bundle_edit '.linux.resources.memory.limit = 33554432 | .linux.resources.pids.limit = 30'
	bundle_args sleep 1000
	id=$(container_id)
	oci_run_detached "$id"
}

@test "single options, sizes with a suffix; what is not named stays [CLI-13]" {
	running
	expect_equal "$(memory) $(pids)" "33554432 30"
	run_ok oci update --memory 64m "$id"
	expect_equal "$output$stderr" ""
	expect_equal "$(memory) $(pids)" "67108864 30"
	run_ok oci update "$id" --pids-limit 40
	expect_equal "$(memory) $(pids)" "67108864 40"
	run_ok oci update --pids-limit=-1 --memory 50331648 "$id"
	expect_equal "$(memory) $(pids)" "50331648 max"
	run_ok oci update "$id"
	expect_equal "$(memory) $(pids)" "50331648 max"
}

@test "a document, from a file, a pipe and stdin; what it does not name stays [CLI-13]" {
	running
	echo '{"memory":{"limit":41943040}}' >"$BATS_TEST_TMPDIR/resources.json"
	run_ok oci update --resources "$BATS_TEST_TMPDIR/resources.json" "$id"
	expect_equal "$(memory) $(pids)" "41943040 30"
	run_ok oci update -r - "$id" <<<'{"pids":{"limit":50}}'
	expect_equal "$(memory) $(pids)" "41943040 50"
	run_ok oci update --resources=- "$id" < <(echo '{"memory":{"limit":0},"pids":{"limit":51}}')
	expect_equal "$(memory) $(pids)" "41943040 51"
	# An option counts more than the document.
	run_ok oci update --resources - --pids-limit 52 "$id" <<<'{"pids":{"limit":53},"memory":{"limit":45088768}}'
	expect_equal "$(memory) $(pids)" "45088768 52"
}

@test "CPU and cpuset [CLI-13]" {
	running
	if ! has_controller cpu || ! has_controller cpuset; then
		skip "no cpu or cpuset controller"
	fi
	run_ok oci update --cpu-quota 50000 --cpu-period 200000 --cpuset-cpus 0 --cpu-share 512 "$id"
	if has_v2; then
		expect_equal "$(limit cpu '' cpu.max)" "50000 200000"
	else
		expect_equal "$(limit cpu cpu.cfs_quota_us '') $(limit cpu cpu.cfs_period_us '')" "50000 200000"
		expect_equal "$(limit cpu cpu.shares '')" 512
	fi
	expect_equal "$(limit cpuset cpuset.cpus cpuset.cpus)" 0
	run_ok oci update --cpu-quota -1 "$id"
	if has_v2; then
		expect_equal "$(limit cpu '' cpu.max)" "max 200000"
	else
		expect_equal "$(limit cpu cpu.cfs_quota_us '')" -1
	fi
}

@test "what cannot be had changes nothing [CLI-13] [CLI-21]" {
	running
	expect_oci_error 'CPU' oci update --pids-limit 60 --cpu-period 1 "$id"
	expect_equal "$(memory) $(pids)" "33554432 30"
	expect_oci_error '--resources -: linux.resources.pids.limit: not an integer' oci_update_text '{"pids":{"limit":"1"}}'
	expect_oci_error '--resources' oci_update_text '{"pids":'
	expect_oci_error '--resources: open .*: No such file or directory' \
		oci update --resources "$BATS_TEST_TMPDIR/none" "$id"
	expect_oci_error '--kernel-memory 5m: the kernel has no such limit' oci update --kernel-memory 5m "$id"
	expect_oci_error '--memory 5q: not a size' oci update --memory 5q "$id"
	expect_oci_error 'no linux.intelRdt' oci update --l3-cache-schema L3:0=1 "$id"
	expect_oci_error 'no linux.intelRdt' oci update --mem-bw-schema MB:0=10 "$id"
	expect_equal "$(memory) $(pids)" "33554432 30"
}

oci_update_text() { oci update --resources - "$id" <<<"$1"; }

@test "a container that has ended or does not exist [CLI-13] [CLI-20]" {
	running
	oci kill "$id" KILL
	oci_stopped "$id"
	expect_oci_error 'container not running: it is stopped' oci update --pids-limit 5 "$id"
	expect_oci_error 'container "none" does not exist' oci update --pids-limit 5 none
	expect_oci_error 'update needs the ID' oci update --pids-limit 5
}

@test "a created and a paused container, and one of run ROOTFS [CLI-13]" {
	running
	oci pause "$id"
	run_ok oci update --pids-limit 31 "$id"
	expect_equal "$(pids)" 31
	id=$(container_id created)
	oci_create "$id"
	run_ok oci update --pids-limit 32 "$id"
	expect_equal "$(pids)" 32
	id=$(container_id foreground)
	oci run --name "$id" --memory 32m "$BUNDLE/rootfs" sleep 1000 </dev/null >/dev/null 2>&1 &
	eventually oci_status_is "$id" running
	run_ok oci update --memory 40m --memory-swap 40m --pids-limit 33 "$id"
	expect_equal "$(memory) $(pids)" "41943040 33"
	oci delete --force "$id"
	wait
	oci_gone "$id"
}

@test "a second update knows the first [CLI-13]" {
	running
	run_ok oci update --memory 64m --memory-swap 128m "$id"
	# Below the memory that holds now, above the one at the start.
	expect_oci_error 'less than memory.limit' oci update --memory-swap 48m "$id"
	run_ok oci update --memory 40m "$id"
	expect_equal "$(memory)" 41943040
}
