#!/usr/bin/env bats
#
# /dev and "linux.devices" of a config.json: nodes that are made, that are there already, and those of the host in a
# user namespace.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2154 # status, output, stderr and lines are set by bats' run
load ../lib/common
load ../lib/containers
load ../lib/bundle

# A device that every host has, that is not in the default list, and that does nothing when it is opened.
EXTRA=/dev/cpu_dma_latency

setup()
{
	bundle_setup
	bundle_make
	bundle_set linux.resources.devices '[{"allow": true, "access": "rwm"}]'
}

inside()
{
	bundle_args sh -c "$1"
	run_ok oci_run "$(container_id)"
}

refused()
{
	bundle_args true
	run --separate-stderr oci_run "$(container_id)"
	if ((status == 0)); then
		echo "not refused: $1"
		return 1
	fi
	expect_match "$stderr" "$1"
}

need_extra()
{
	[[ -c $EXTRA ]] || skip "this host has no $EXTRA"
	major=$((16#$(stat -c %t "$EXTRA"))) minor=$((16#$(stat -c %T "$EXTRA")))
}

user_namespace()
{
	bundle_edit '.linux.namespaces += [{type: "user"}, {type: "network"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	chown 100000:100000 "$BUNDLE/rootfs" "$BUNDLE/rootfs/dev"
}

# Sets write to a command that uses the container's /dev/null, where the file system that the root is on has live nodes.
find_out_nodev()
{
	write='echo x >/dev/null'
	mknod "$BATS_TEST_TMPDIR/null" c 1 3
	if ! { : <"$BATS_TEST_TMPDIR/null"; } 2>/dev/null; then
		write=': no device can be opened here'
	fi
}

# What is in /dev, one a line: a node with its numbers and mode, a link with its target.
list_dev='cd /dev; for i in *; do if [ -L $i ]; then echo "$i $(readlink $i)"; elif [ ! -d $i ]; then stat -c "%n %F %t:%T %a" $i; fi; done'
standard='fd /proc/self/fd
full character special file 1:7 666
null character special file 1:3 666
ptmx pts/ptmx
random character special file 1:8 666
stderr /proc/self/fd/2
stdin /proc/self/fd/0
stdout /proc/self/fd/1
tty character special file 5:0 666
urandom character special file 1:9 666
zero character special file 1:5 666'

@test "the default devices and links are in a /dev that is mounted [DEV-5, LIF-19]" {
	inside "$list_dev; echo x >/dev/null; head -c 4 /dev/zero /dev/urandom | wc -c; echo out >/dev/stdout; ls /dev/pts/ptmx"
	expect_equal "$(head -n 11 <<<"$output")" "$standard"
	expect_equal "$(tail -n 2 <<<"$output")" $'out\n/dev/pts/ptmx'
	run_ok oci_run "$(container_id again)"
}

@test "the default devices and links are in the root's own /dev where nothing is mounted there [DEV-5, LIF-19]" {
	find_out_nodev
	bundle_edit '.mounts |= map(select(.destination | startswith("/dev") | not))'
	inside "$list_dev; $write"
	expect_equal "$output" "$standard"
	# Again, with what is there now, and read-only.
	bundle_edit '.root.readonly = true'
	inside "$list_dev"
	expect_equal "$output" "$standard"
	# And without the directory, and with nothing but a root.
	rm -r "$BUNDLE/rootfs/dev"
	bundle_edit '.mounts = [] | .linux |= del(.maskedPaths, .readonlyPaths)'
	inside "$list_dev"
	expect_equal "$output" "$standard"
}

@test "a file, a link or another device in place of one is an error [DEV-3]" {
	local dev=$BUNDLE/rootfs/dev

	bundle_edit '.mounts |= map(select(.destination | startswith("/dev") | not))'
	touch "$dev/null"
	refused 'null is there and is not the device'
	rm "$dev/null"
	ln -s zero "$dev/null"
	refused 'null is there and is not the device'
	rm "$dev/null"
	mknod "$dev/null" c 1 5
	refused 'null is there and is not the device'
	rm "$dev/null"
	mkdir "$dev/mine"
	bundle_edit '.linux.devices = [{path: "/dev/mine", type: "c", major: 1, minor: 3}]'
	refused '/dev/mine.*is not the device'
	rm -r "$dev"
	ln -s tmp "$dev"
	refused '/dev'
	expect_equal "$(ls "$BUNDLE/rootfs/tmp")" ''
}

@test "devices are made anywhere, of every type, with mode and owner [DEV-1, DEV-2, DEV-4]" {
	mknod -m 600 "$BUNDLE/rootfs/there" c 1 3
	bundle_edit '.linux.devices = [
		{path: "/dev/c", type: "c", major: 1, minor: 5, fileMode: 420, uid: 11, gid: 12},
		{path: "/dev/sub/u", type: "u", major: 1, minor: 7}, {path: "/dev/b", type: "b", major: 7, minor: 200, fileMode: 432},
		{path: "/some/where/p", type: "p", fileMode: 384, gid: 5}, {path: "/dev/null", type: "c", major: 1, minor: 3},
		{path: "/there", type: "c", major: 1, minor: 3, fileMode: 438, uid: 0}]'
	inside 'stat -c "%n %F %t:%T %a %u:%g" /dev/c /dev/sub/u /dev/b /some/where/p /dev/null /there; head -c 2 /dev/c | wc -c'
	expect_equal "$output" '/dev/c character special file 1:5 644 11:12
/dev/sub/u character special file 1:7 666 0:0
/dev/b block special file 7:c8 660 0:0
/some/where/p fifo 0:0 600 0:5
/dev/null character special file 1:3 666 0:0
/there character special file 1:3 666 0:0
2'
}

@test "a device without numbers or of an unknown type is an error [DEV-2]" {
	bundle_edit '.linux.devices = [{path: "/dev/x", type: "c"}]'
	refused '(major|number)'
	bundle_edit '.linux.devices = [{path: "/dev/x", type: "q", major: 1, minor: 3}]'
	refused 'type'
}

@test "in a user namespace the nodes are the host's, mounted one by one [DEV-1, DEV-5]" {
	need_extra
	user_namespace
	bundle_edit --argjson major "$major" --argjson minor "$minor" '.linux.devices = [
		{path: "/dev/other", type: "c", major: 1, minor: 5}, {path: "/dev/cpu_dma_latency", type: "c", major: $major, minor: $minor},
		{path: "/dev/null", type: "c", major: 1, minor: 3}, {path: "/dev/fifo", type: "p", fileMode: 384}]'
	bundle_edit '.linux.devices |= map(select(.path != "/dev/other"))'
	inside 'stat -c "%n %t:%T" /dev/null /dev/tty /dev/cpu_dma_latency; stat -c "%F %a %u" /dev/fifo; echo x >/dev/null; head -c 3 /dev/zero | wc -c
		ls /dev | xargs; chmod 600 /dev/null || echo kept'
	expect_equal "$output" "/dev/null 1:3
/dev/tty 5:0
/dev/cpu_dma_latency $(stat -c %t:%T "$EXTRA")
fifo 600 0
3
cpu_dma_latency fd fifo full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero
kept"
	# One that the host has not got is named.
	bundle_edit '.linux.devices += [{path: "/dev/nothing", type: "c", major: 240, minor: 77}]'
	refused '/dev/nothing.*no node of device c 240:77'
}

@test "in a user namespace the root's own /dev works too, and again with what the first left [DEV-5]" {
	user_namespace
	bundle_edit '.mounts |= map(select(.destination | startswith("/dev") | not))'
	inside 'echo x >/dev/null; stat -c %t:%T /dev/null'
	expect_equal "$output" 1:3
	[[ -f $BUNDLE/rootfs/dev/null && ! -s $BUNDLE/rootfs/dev/null ]]
	inside 'echo x >/dev/null; stat -c %t:%T /dev/null'
	expect_equal "$output" 1:3
	echo text >"$BUNDLE/rootfs/dev/zero"
	refused 'zero is there and is not the device'
}

@test "nothing is made in a /dev that is bound from the host, and what is there counts [DEV-1]" {
	local before

	need_extra
	bundle_edit --argjson major "$major" --argjson minor "$minor" '.mounts |= map(select(.destination | startswith("/dev") | not)) |
		.mounts += [{destination: "/dev", type: "bind", source: "/dev", options: ["rbind"]}] |
		.linux.devices = [{path: "/dev/cpu_dma_latency", type: "c", major: $major, minor: $minor, fileMode: 438}]'
	before=$(find /dev -xdev -printf '%p %m %U\n' | sort)
	inside 'echo x >/dev/null; stat -c %t:%T /dev/cpu_dma_latency; cat /proc/kcore | wc -c'
	expect_equal "$output" "$(stat -c %t:%T "$EXTRA")"$'\n0'
	expect_equal "$(find /dev -xdev -printf '%p %m %U\n' | sort)" "$before"
	bundle_edit '.linux.devices = [{path: "/dev/mini-run-none", type: "c", major: 1, minor: 3}]'
	refused '/dev/mini-run-none'
	[[ ! -e /dev/mini-run-none ]]
}
