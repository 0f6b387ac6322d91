#!/usr/bin/env bats
#
# Namespaces of a bundle: new ones, the runtime's, others' by path; user namespaces with and without mappings, clocks.
#
# shellcheck disable=SC2016 # dollars in single quotes are for shells inside
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run
# shellcheck disable=SC2030,SC2031,SC2317 # tests are called by bats, each in a subshell

load ../lib/common
load ../lib/containers
load ../lib/bundle

teardown()
{
	[[ ! ${KEEPER:-} ]] || { kill -KILL "$KEEPER" && wait "$KEEPER"; } 2>/dev/null || true
	bundle_teardown
}

# keeper UNSHARE-OPTION...: a process in such new namespaces; $KEEPER.
keeper()
{
	unshare "$@" sleep 1000 3>&- &
	KEEPER=$!
	eventually grep -qx sleep "/proc/$KEEPER/comm"
}

# The program prints all its namespaces, one a line.
tell_namespaces()
{
	bundle_make
	bundle_args sh -c 'for kind in cgroup ipc mnt net pid time user uts; do readlink /proc/self/ns/$kind; done'
}

# of KIND: the line of $output.
of() { grep "^$1:" <<<"$output"; }
mine() { readlink "/proc/self/ns/$1"; }

@test "each listed type is new, each absent one is the runtime's [NS-1] [NS-2] [NS-5]" {
	local kind

	tell_namespaces
	bundle_edit '.linux.namespaces += [{"type": "network"}, {"type": "time"}]'
	run_ok oci_run "$(container_id)"
	for kind in cgroup ipc mnt net pid time uts; do
		[[ $(of "$kind") && $(of "$kind") != "$(mine "$kind")" ]]
	done
	expect_equal "$(of user)" "$(mine user)"
	bundle_edit '.linux.namespaces = [{"type": "mount"}] | del(.hostname) | .linux.readonlyPaths = [] | .linux.maskedPaths = []'
	run_ok oci_run "$(container_id 2)"
	for kind in cgroup ipc net pid time user uts; do
		expect_equal "$(of "$kind")" "$(mine "$kind")"
	done
	[[ $(of mnt) != "$(mine mnt)" ]]
}

@test "network, ipc, uts and cgroup namespaces by path [NS-3]" {
	tell_namespaces
	keeper --net --ipc --uts --cgroup
	bundle_edit --arg ns "/proc/$KEEPER/ns" '.linux.namespaces = [{"type": "mount"}, {"type": "pid"},
		{"type": "network", "path": "\($ns)/net"}, {"type": "ipc", "path": "\($ns)/ipc"},
		{"type": "uts", "path": "\($ns)/uts"}, {"type": "cgroup", "path": "\($ns)/cgroup"}] | .hostname = "joined"'
	run_ok oci_run "$(container_id)"
	for kind in net ipc uts cgroup; do
		expect_equal "$(of "$kind")" "$(readlink "/proc/$KEEPER/ns/$kind")"
	done
	[[ $(of pid) != "$(mine pid)" ]]
	# The host's name is as it was.
	[[ $(hostname) != joined ]]
}

@test "a mount namespace by path [NS-3]" {
	tell_namespaces
	keeper --mount
	bundle_edit --arg ns "/proc/$KEEPER/ns/mnt" '.linux.namespaces |= map(if .type == "mount" then .path = $ns else . end)'
	run_ok oci_run "$(container_id)"
	expect_equal "$(of mnt)" "$(readlink "/proc/$KEEPER/ns/mnt")"
}

@test "the pid namespace of another container [NS-3]" {
	local first second pid

	bundle_make
	bundle_args sleep 1000
	first=$(container_id)
	oci_run_detached "$first"
	pid=$(oci_state "$first" pid)
	bundle_edit --arg ns "/proc/$pid/ns/pid" '.linux.namespaces |= map(if .type == "pid" then .path = $ns else . end)
		| .process.args = ["sleep", "1001"]'
	second=$(container_id 2)
	oci_run_detached "$second"
	expect_equal "$(readlink "/proc/$(oci_state "$second" pid)/ns/pid")" "$(readlink "/proc/$pid/ns/pid")"
	run_ok oci exec "$first" ps
	expect_match "$output" 'sleep 1001'
	run_ok oci kill "$second" KILL
	oci_stopped "$second"
	run_ok oci delete "$second"
	expect_status "$first" running
	# The one who owns it ends, and takes all of them with it.
	oci_run_detached "$second"
	run_ok oci delete --force "$first"
	oci_stopped "$second"
}

@test "a path of another type, or of none, is an error [NS-3] [NS-4]" {
	local type other

	bundle_make
	refuse()
	{
		cp "$BUNDLE/config.json" "$BUNDLE/kept"
		bundle_edit --arg type "$2" --arg path "$3" '.linux.namespaces |= (map(select(.type != $type)) + [{type: $type, path: $path}])'
		expect_oci_error "$1" oci_run "$(container_id)"
		mv "$BUNDLE/kept" "$BUNDLE/config.json"
	}
	for type in network ipc uts cgroup pid user time mount; do
		other=net
		[[ $type != network ]] || other=uts
		refuse "/proc/self/ns/$other is not an? .* namespace" "$type" "/proc/self/ns/$other"
	done
	refuse '/nowhere' network /nowhere/net
	refuse 'absolute' network proc/self/ns/net
	refuse '/etc/passwd' network /etc/passwd
	expect_equal "$(oci list --quiet)" ""
}

@test "two entries of a type, an unknown type, no type [NS-6] [NS-7]" {
	bundle_make
	bundle_edit '.linux.namespaces += [{"type": "pid"}]'
	expect_oci_error 'linux\.namespaces.*twice' oci_run "$(container_id)"
	bundle_edit '.linux.namespaces = [{"type": "mount"}, {"type": "network"}, {"type": "net"}]'
	expect_oci_error 'linux\.namespaces.*net' oci_run "$(container_id)"
	bundle_edit '.linux.namespaces = [{"type": "mount"}, {}]'
	expect_oci_error 'linux\.namespaces.*type' oci_run "$(container_id)"
}

# The kernel lets a user namespace mount sysfs only with a network namespace of its own.

@test "a user namespace with mappings; ownership of the files is not changed [UID-1] [UID-2]" {
	bundle_make
	bundle_edit '.linux.namespaces += [{"type": "user"}, {"type": "network"}]
		| .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}, {"containerID": 1000, "hostID": 200000, "size": 10}]
		| .linux.gidMappings = [{"containerID": 0, "hostID": 300000, "size": 2000}]
		| .process.args = ["sh", "-c", "cat /proc/self/uid_map /proc/self/gid_map; id -u; stat -c %u:%g /bin/busybox /tmp"]'
	run_ok oci_run "$(container_id)"
	expect_equal "$(tr -s ' ' <<<"$output" | sed 's/^ //')" $'0 100000 1000\n1000 200000 10\n0 300000 2000\n0\n65534:65534\n65534:65534'
	expect_equal "$(stat -c %u:%g "$BUNDLE/rootfs/tmp")" 0:0
	# The processes are the host's user.
	bundle_args sleep 1000
	id=$(container_id 2)
	oci_run_detached "$id"
	expect_equal "$(stat -c %u:%g "/proc/$(oci_state "$id" pid)")" 100000:300000
	run_ok oci exec --user 1000 "$id" sh -c 'id -u; cat /proc/self/uid_map | wc -l'
	expect_equal "$output" $'1000\n2'
}

@test "a user namespace without mappings is mapped one to one [UID-1]" {
	bundle_make
	bundle_edit '.linux.namespaces += [{"type": "user"}, {"type": "network"}]
		| .process.args = ["sh", "-c", "cat /proc/self/uid_map; id -u; stat -c %u /bin/busybox; readlink /proc/self/ns/user"]'
	run_ok oci_run "$(container_id)"
	expect_match "$(tr -s ' ' <<<"$output")" $'^ 0 0 [0-9]+\n0\n0\nuser:'
	[[ $output != *"$(mine user)"* ]]
}

@test "mappings that make no sense are errors [UID-1]" {
	bundle_make
	refuse()
	{
		bundle_edit "$2"
		expect_oci_error "$1" oci_run "$(container_id)"
	}
	refuse 'uidMappings|user namespace' '.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 10}]'
	bundle_edit '.linux.namespaces += [{"type": "user"}] | .linux.gidMappings = [{"containerID": 0, "hostID": 1, "size": 9}]'
	refuse 'size' '.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 0}]'
	refuse 'size' '.linux.uidMappings = [{"containerID": 0, "hostID": 100000}]'
	refuse 'uid|[Mm]ap' '.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 10},
		{"containerID": 5, "hostID": 200000, "size": 10}]'
	refuse 'uid|[Mm]ap|0' '.linux.uidMappings = [{"containerID": 1, "hostID": 100000, "size": 10}]'
	expect_equal "$(oci list --quiet)" ""
}

@test "some three hundred mappings, as many as a page holds, and a user of the last one [UID-1]" {
	bundle_make
	bundle_edit '.linux.namespaces += [{"type": "user"}, {"type": "network"}] |
		.linux.uidMappings = [range(300) | {"containerID": ., "hostID": (100000 + 2 * .), "size": 1}] |
		.linux.gidMappings = .linux.uidMappings |
		.process.user = {"uid": 299, "gid": 298, "additionalGids": [297]}'
	bundle_args sh -c 'id -u; id -G; grep -c . /proc/self/uid_map'
	run_ok oci_run "$(container_id)"
	expect_equal "$output" $'299\n298 297\n300'
}

@test "a user namespace by path [NS-3] [UID-1]" {
	tell_namespaces
	keeper --user
	echo '0 100000 65536' | tee "/proc/$KEEPER/uid_map" >"/proc/$KEEPER/gid_map"
	bundle_edit --arg ns "/proc/$KEEPER/ns/user" '.linux.namespaces += [{"type": "user", "path": $ns}, {"type": "network"}]'
	run_ok oci_run "$(container_id)"
	expect_equal "$(of user)" "$(readlink "/proc/$KEEPER/ns/user")"
	[[ $(of pid) != "$(mine pid)" ]]
	bundle_args cat /proc/self/uid_map
	run_ok oci_run "$(container_id 2)"
	expect_match "$output" '100000'
}

@test "a user namespace by path that maps root alone and denies setgroups [NS-3] [UID-1]" {
	tell_namespaces
	keeper --user --map-root-user
	bundle_edit --arg ns "/proc/$KEEPER/ns/user" '.linux.namespaces += [{"type": "user", "path": $ns}, {"type": "network"}]
		| .mounts |= map(.options |= ((. // []) - ["gid=5"]))'
	run_ok oci_run "$(container_id)"
	expect_equal "$(of user)" "$(readlink "/proc/$KEEPER/ns/user")"
	bundle_edit '.process.user.additionalGids = [5]'
	expect_oci_error 'group' oci_run "$(container_id)"
}

@test "clocks are set apart by time offsets [TIME-1] [NS-2]" {
	local boot

	bundle_make
	bundle_edit '.linux.namespaces += [{"type": "time"}]
		| .linux.timeOffsets = {"boottime": {"secs": 1000000, "nanosecs": 5}, "monotonic": {"secs": 2000000}}
		| .process.args = ["sh", "-c", "cat /proc/self/timens_offsets; cut -d . -f 1 /proc/uptime; readlink /proc/self/ns/time"]'
	run_ok oci_run "$(container_id)"
	expect_match "$(tr -s ' ' <<<"$output")" 'monotonic 2000000 0'
	expect_match "$(tr -s ' ' <<<"$output")" 'boottime 1000000 5'
	boot=$(grep -x '[0-9]*' <<<"$output")
	((boot >= 1000000))
	[[ $output != *"$(mine time)"* ]]
	refuse()
	{
		bundle_edit "$2"
		expect_oci_error "$1" oci_run "$(container_id)"
	}
	refuse 'timeOffsets' '.linux.timeOffsets = {"realtime": {"secs": 1}}'
	refuse 'nanosecs' '.linux.timeOffsets = {"boottime": {"nanosecs": 1000000000}}'
	refuse 'timeOffsets|time namespace' '.linux.timeOffsets = {"boottime": {"secs": 1}} | .linux.namespaces |= map(select(.type != "time"))'
}

@test "a time namespace by path [NS-2] [NS-3]" {
	local pid

	bundle_make
	bundle_edit '.linux.namespaces += [{"type": "time"}] | .linux.timeOffsets = {"boottime": {"secs": 1000000}}
		| .process.args = ["sleep", "1000"]'
	id=$(container_id)
	oci_run_detached "$id"
	pid=$(oci_state "$id" pid)
	# exec is in it, too.
	run_ok oci exec "$id" readlink /proc/self/ns/time
	expect_equal "$output" "$(readlink "/proc/$pid/ns/time")"
	bundle_edit --arg ns "/proc/$pid/ns/time" 'del(.linux.timeOffsets) | .process.args = ["readlink", "/proc/self/ns/time"]
		| .linux.namespaces |= map(if .type == "time" then .path = $ns else . end)'
	run_ok oci_run "$(container_id 2)"
	expect_equal "$output" "$(readlink "/proc/$pid/ns/time")"
}

@test "hostname and domainname need a UTS namespace and are its own [UTS-1] [UTS-2]" {
	local before

	before=$(cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname)
	bundle_make
	bundle_edit '.hostname = "a-host" | .domainname = "a.domain" | .process.args = ["cat", "/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname"]'
	run_ok oci_run "$(container_id)"
	expect_equal "$output" $'a-host\na.domain'
	bundle_edit '.linux.namespaces |= map(select(.type != "uts"))'
	expect_oci_error 'hostname|uts|UTS' oci_run "$(container_id)"
	bundle_edit 'del(.hostname)'
	expect_oci_error 'domainname|uts|UTS' oci_run "$(container_id)"
	expect_equal "$(cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname)" "$before"
}

@test "a new network namespace has its lo up [NS-1]" {
	bundle_make
	bundle_edit '.linux.namespaces += [{"type": "network"}] | .process.args = ["sh", "-c", "ls /sys/class/net; cat /sys/class/net/lo/flags"]'
	run_ok oci_run "$(container_id)"
	# IFF_UP | IFF_LOOPBACK.
	expect_equal "$output" $'lo\n0x9'
}
