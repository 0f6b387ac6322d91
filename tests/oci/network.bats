#!/usr/bin/env bats
#
# linux.netDevices: devices that move into the container. mini-run runs in a network namespace of the test's own, with
# devices made there, so that those of the host are never touched.

# shellcheck disable=SC2154 # status, output, stderr and lines are set by bats' run
# shellcheck disable=SC2016 # what is in single quotes is jq's, or is expanded by another shell
load ../lib/common
load ../lib/containers
load ../lib/bundle

# KIND of device that can be made here.
need_devices()
{
	local kind

	command -v ip >/dev/null || skip "ip(8) is not installed"
	# The test machine has no program that the kernel could ask for the module.
	! is_vm || "$ROOTFS/bin/busybox" modprobe veth
	for kind in dummy veth; do
		if unshare --net ip link add probe0 type "$kind" 2>/dev/null; then
			KIND=$kind
			export KIND
			return
		fi
	done
	skip "this host can make no dummy and no veth device"
}

# own_network SCRIPT: runs the bash script in a network namespace of its own, with the functions of these files.
own_network()
{
	unshare --net bash -euo pipefail -c '
		eval "$1"
		eval "$2"
	' bash "$(declare -f oci oci_run expect_equal expect_match show_result outside); OCI_FLAGS=()" "$1"
}

# outside NAME: the device is where mini-run is.
outside() { ip link show dev "$1" >/dev/null 2>&1; }

# network_bundle EXPRESSION COMMAND...: with a network namespace, and altered by jq.
network_bundle()
{
	bundle_make
	bundle_edit '.linux.namespaces += [{type: "network"}]'
	bundle_edit "$1"
	bundle_args "${@:2}"
	ID=$(container_id)
	export ID
}

show='busybox ip -o link; busybox ip -o addr'

@test "a device moves in with its name, its lasting addresses and its MTU, and is up [NET-1] [NET-3] [NET-4]" {
	need_devices
	network_bundle '.linux.netDevices = {a0: {}}' sh -c "$show"
	run_ok own_network '
		ip link add a0 mtu 1400 type $KIND
		ip addr add 192.0.2.1/24 dev a0
		ip addr add 169.254.7.7/16 scope link dev a0
		ip addr add 203.0.113.1/24 dev a0 valid_lft 1000 preferred_lft 1000
		oci_run "$ID"
		! outside a0'
	expect_match "$output" ' a0(@[^ ]*)?: <[^>]*UP[^>]*> mtu 1400 '
	expect_match "$output" ' a0 +inet 192\.0\.2\.1/24 '
	[[ $output != *169.254.7.7* && $output != *203.0.113.1* ]]
}

@test "an address of IPv6 moves with its device [NET-3]" {
	need_devices
	if ! unshare --net ip addr add 2001:db8::1/64 dev lo 2>/dev/null; then
		skip "this host has no IPv6"
	fi
	network_bundle '.linux.netDevices = {a0: {}}' sh -c "$show"
	run_ok own_network '
		ip link add a0 type $KIND
		ip addr add 2001:db8::1/64 dev a0 nodad
		oci_run "$ID"'
	expect_match "$output" 'inet6 2001:db8::1/64 scope global'
}

@test "name is the device's new name, and a template makes the kernel find one [NET-1] [NET-2]" {
	need_devices
	network_bundle '.linux.netDevices = {a0: {name: "eth%d"}, b0: {name: "eth0"}, c0: {name: "eth%d"}}' sh -c "$show"
	run_ok own_network '
		for i in a b c; do ip link add ${i}0 type $KIND; done
		ip addr add 192.0.2.2/24 dev b0
		oci_run "$ID"'
	# Those that ask for a name have it, whatever the order.
	expect_match "$output" ' eth0 +inet 192\.0\.2\.2/24 '
	expect_match "$output" ' eth1(@[^ ]*)?: <'
	expect_match "$output" ' eth2(@[^ ]*)?: <'
}

@test "a name that is taken in the container is an error, and no device has moved [NET-2]" {
	need_devices
	network_bundle '.linux.netDevices = {a0: {}, b0: {name: "lo"}}' true
	run_ok own_network '
		ip link add a0 type $KIND
		ip link add b0 type $KIND
		! oci create --bundle "$BUNDLE" "$ID" </dev/null 2>"$BATS_TEST_TMPDIR/error"
		outside a0 && outside b0'
	expect_match "$(<"$BATS_TEST_TMPDIR/error")" \
		"linux.netDevices: b0: the container's network namespace has a device lo already"
	oci_gone "$ID"
	bundle_edit '.linux.netDevices = {a0: {}, none0: {}}'
	run_ok own_network '
		ip link add a0 type $KIND
		! oci create --bundle "$BUNDLE" "$ID" </dev/null 2>"$BATS_TEST_TMPDIR/error"
		outside a0'
	expect_match "$(<"$BATS_TEST_TMPDIR/error")" 'linux.netDevices: none0: the host has no such device'
	oci_gone "$ID"
}

@test "a network namespace that is joined takes devices, but no name twice; the end moves nothing back [NET-2] [NET-5]" {
	need_devices
	network_bundle '.linux.netDevices = {a0: {}}' sh -c "$show"
	run_ok own_network '
		unshare --net sleep 1000 3>&- 4>&- &
		holder=$!
		trap "kill $holder" EXIT
		until [[ $(readlink /proc/$holder/ns/net) != $(readlink /proc/self/ns/net) ]]; do sleep 0.05; done
		jq --arg p /proc/$holder/ns/net "(.linux.namespaces[] | select(.type == \"network\")).path = \$p" \
			"$BUNDLE/config.json" >"$BUNDLE/new"
		mv "$BUNDLE/new" "$BUNDLE/config.json"
		ip link add a0 type $KIND
		ip addr add 192.0.2.1/24 dev a0
		oci_run "$ID" | grep "inet 192.0.2.1/24"
		# It stays where it is when the container is gone.
		! outside a0
		nsenter --net=/proc/$holder/ns/net ip -o addr show dev a0 | grep "inet 192.0.2.1/24"
		ip link add a0 type $KIND
		! oci_run "$ID" 2>"$BATS_TEST_TMPDIR/error"
		outside a0'
	expect_match "$(<"$BATS_TEST_TMPDIR/error")" 'has a device a0 already'
}

@test "a container in a user namespace gets its device [NET-1] [NET-4]" {
	need_devices
	network_bundle '.linux.netDevices = {a0: {name: "eth0"}} | .linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = .linux.uidMappings | del(.mounts[] | select(.type == "sysfs" or .type == "cgroup"))' \
		sh -c "$show"
	run_ok own_network '
		ip link add a0 type $KIND
		ip addr add 192.0.2.1/24 dev a0
		oci_run "$ID"'
	expect_match "$output" ' eth0(@[^ ]*)?: <[^>]*UP'
	expect_match "$output" ' eth0 +inet 192\.0\.2\.1/24 '
}

@test "devices need a network namespace of the container's own [NET-1]" {
	bundle_make
	bundle_edit '.linux.netDevices = {a0: {}}'
	expect_oci_error 'network namespace' oci create --bundle "$BUNDLE" "$(container_id)"
}
