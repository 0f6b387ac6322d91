#!/usr/bin/env bats
#
# "mounts" of a config.json, masked and read-only paths, the root's propagation, cgroups: what the container's mount
# table and its files say.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2154,SC2030,SC2031 # status, output, stderr and lines are set by bats' run
load ../lib/common
load ../lib/containers
load ../lib/bundle

setup()
{
	bundle_setup
	bundle_make
	SRC=$BATS_TEST_TMPDIR/src
	mkdir "$SRC"
	bundle_set linux.resources.devices '[{"allow": true, "access": "rwm"}]'
	export SRC
}

# mount_add JSON...: adds to "mounts"; $SRC in it is the directory of that name.
mount_add()
{
	local json

	for json in "$@"; do
		bundle_edit --arg src "$SRC" ".mounts += [$json]"
	done
}

# inside SCRIPT: runs it in the container, which must succeed.
inside()
{
	bundle_args sh -c "$1"
	run_ok oci_run "$(container_id)"
}

# refused REGEX [SCRIPT]: the container must not start, and the message says why.
refused()
{
	bundle_args sh -c "${2:-true}"
	run --separate-stderr oci_run "$(container_id)"
	if ((status == 0)); then
		echo "not refused: $1"
		return 1
	fi
	expect_match "$stderr" "$1"
}

# mount_words DESTINATION: flags and options of the mount there, from mountinfo in $output. expect_words compares.
mount_words()
{
	awk -v at="$1" '$5 == at { for (i = 7; i < NF && $i != "-"; i++); print $6 "," $(i + 3) }' <<<"$output" | tail -n 1
}

expect_words()
{
	local at=$1 words word
	shift

	words=,$(mount_words "$at"),
	for word in "$@"; do
		if [[ $words == ,, || $word == !* && $words == *",${word#!},"* || $word != !* && $words != *",$word,"* ]]; then
			printf '%s: wanted %s, has %s\n' "$at" "$word" "$words"
			return 1
		fi
	done
}

# propagation DESTINATION: the optional fields of mountinfo in $output, without the numbers.
propagation()
{
	awk -v at="$1" '$5 == at { s = ""; for (i = 7; i < NF && $i != "-"; i++) { sub(/:.*/, "", $i); s = s " " $i } print substr(s, 2) }' \
		<<<"$output" | tail -n 1
}

# own_mounts SCRIPT: bash, in a mount namespace of its own, with a new tmpfs at $FS whose mounts are shared.
own_mounts()
{
	FS=$BATS_TEST_TMPDIR/fs
	mkdir -p "$FS"
	export FS
	unshare --mount --propagation private bash -euo pipefail -c '
		mount -t tmpfs own "$FS"
		mount --make-shared "$FS"
		mkdir "$FS/src"
		eval "$1"
		eval "$2"
	' bash "$(declare -f bundle_edit bundle_args mount_add oci oci_run container_id eventually); SRC=\$FS/src; OCI_FLAGS=()" "$1"
}

# is_apart PID KIND: it has left our namespace of that kind. is_private PID: and has no shared mounts any more.
is_apart() { [[ $(readlink "/proc/$1/ns/$2") != "$(readlink "/proc/self/ns/$2")" ]]; }
is_private() { ! grep -q shared: "/proc/$1/mountinfo"; }

# user_namespace: the container gets one, and its root owns the root file system's directory.
user_namespace()
{
	bundle_edit '.linux.namespaces += [{type: "user"}, {type: "network"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	chown 100000:100000 "$BUNDLE/rootfs"
}

# ---- what is mounted, and where ---------------------------------------------------------------------------

@test "the usual filesystems are there, and mounts are made in their order [MNT-1, MNT-11]" {
	mkdir -p "$SRC/below"
	echo bound >"$SRC/below/file"
	mount_add '{destination: "/m", type: "tmpfs", source: "t"}' '{destination: "/m/b", source: $src, options: ["bind"]}' \
		'{destination: "/n/below", type: "tmpfs", source: "t"}' '{destination: "/n", source: $src, options: ["bind"]}'
	inside 'cat /m/b/below/file /n/below/file; for i in /proc /sys /dev/pts /dev/shm /dev/mqueue /sys/fs/cgroup; do
		grep -q " $i " /proc/self/mountinfo && echo $i; done'
	expect_equal "$output" $'bound\nbound\n/proc\n/sys\n/dev/pts\n/dev/shm\n/dev/mqueue\n/sys/fs/cgroup'
}

@test "a relative source is taken from the bundle, a relative destination from the root [MNT-2, MNT-3]" {
	mkdir "$BUNDLE/data"
	echo data >"$BUNDLE/data/file"
	mount_add '{destination: "m", source: "data", options: ["rbind"]}' '{destination: "/f", source: "data/file", options: ["bind"]}'
	inside 'cat /m/file /f'
	expect_equal "$output" $'data\ndata'
	# What was missing was made as what it is for.
	[[ -d $BUNDLE/rootfs/m && -f $BUNDLE/rootfs/f ]]
}

@test "bind makes it a bind mount whatever the type says; a source that is missing is an error [MNT-4]" {
	echo x >"$SRC/file"
	mount_add '{destination: "/a", type: "tmpfs", source: $src, options: ["bind"]}' \
		'{destination: "/b", type: "none", source: $src, options: ["rbind"]}' '{destination: "/c", type: "bind", source: $src}'
	inside 'cat /a/file /b/file /c/file'
	expect_equal "$output" $'x\nx\nx'
	mount_add '{destination: "/d", source: "/no/such/source", options: ["bind"]}'
	refused '/no/such/source.*No such file'
}

@test "a type that the kernel does not know is an error that names it [MNT-5]" {
	mount_add '{destination: "/a", type: "nosuchfs", source: "x"}'
	refused '/a.*nosuchfs'
}

@test "every option of the specification is taken, by a new filesystem and by a bind mount [MNT-6, MNT-7]" {
	local must should
	must='"async","atime","defaults","dev","diratime","dirsync","exec","iversion","lazytime","loud","noatime","nodev",
		"nodiratime","noexec","noiversion","nolazytime","norelatime","nostrictatime","nosuid","private","relatime","ro",
		"rprivate","rshared","rslave","runbindable","rw","shared","silent","slave","strictatime","suid","sync","unbindable"'
	should='"nosymfollow","symfollow","ratime","rdev","rdiratime","rexec","rnoatime","rnodev","rnodiratime","rnoexec",
		"rnorelatime","rnostrictatime","rnosuid","rnosymfollow","rrelatime","rro","rrw","rstrictatime","rsuid","rsymfollow",
		"mand","nomand"'
	bundle_edit --arg src "$SRC" "[$must,$should] as \$all | .mounts += [\$all[] |
		{destination: (\"/t/\" + .), type: \"tmpfs\", source: \"t\", options: [., \"size=16k\"]},
		{destination: (\"/b/\" + .), source: \$src, options: [\"bind\", .]}]"
	inside 'cat /proc/self/mountinfo'
	expect_equal "$(grep -cE ' /[tb]/' <<<"$output")" 112
	expect_words /t/ro ro
	expect_words /t/rw rw
	expect_words /t/nosuid nosuid '!nodev' '!noexec'
	expect_words /t/dirsync dirsync
	expect_words /t/sync sync
	expect_words /t/lazytime lazytime
	expect_words /b/ro ro
	expect_words /b/nodev nodev
	expect_words /b/rro ro
	expect_words /b/rnosuid nosuid
	expect_words /b/nosymfollow nosymfollow
	expect_equal "$(propagation /t/shared)/$(propagation /b/rshared)/$(propagation /b/unbindable)" shared/shared/unbindable
	# The kernel has no other word for i_version than the mount that was made with it.
	for at in noatime relatime nodiratime; do
		expect_words "/t/$at" "$at"
		expect_words "/b/$at" "$at"
		expect_words "/b/r$at" "$at"
	done
	expect_words /t/strictatime '!relatime' '!noatime'
	expect_words /b/strictatime '!relatime' '!noatime'
	expect_words /b/rstrictatime '!relatime' '!noatime'
	expect_words /t/atime relatime
	expect_words /t/nostrictatime relatime
}

@test "options that clear a flag clear it, and of two the later one holds [MNT-6]" {
	run_ok own_mounts '
		mount -t tmpfs -o noatime,nosuid,nodev,noexec,ro flags "$SRC"
		for i in rw suid dev exec atime relatime strictatime; do
			mount_add "{destination: \"/b/$i\", source: \$src, options: [\"bind\", \"$i\"]}"
		done
		mount_add "{destination: \"/b/none\", source: \$src, options: [\"bind\"]}" \
			"{destination: \"/b/later\", source: \$src, options: [\"bind\", \"rw\", \"ro\", \"nosuid\", \"suid\"]}" \
			"{destination: \"/b/tree\", source: \$src, options: [\"rbind\", \"rrw\", \"rsuid\", \"ro\"]}"
		bundle_args cat /proc/self/mountinfo
		oci_run "$(container_id)"
	'
	expect_words /b/none ro nosuid nodev noexec noatime
	expect_words /b/rw rw nosuid nodev noexec noatime
	expect_words /b/suid ro '!nosuid' nodev
	expect_words /b/dev ro nosuid '!nodev' noexec
	expect_words /b/exec nodev '!noexec'
	expect_words /b/atime '!noatime'
	expect_words /b/relatime relatime '!noatime'
	expect_words /b/strictatime '!noatime' '!relatime'
	expect_words /b/later ro '!nosuid'
	expect_words /b/tree ro '!nosuid' nodev
}

@test "ro holds for one mount, rro for all that is mounted below it [MNT-7]" {
	run_ok own_mounts '
		mkdir "$SRC/below"
		mount -t tmpfs below "$SRC/below"
		mount_add "{destination: \"/ro\", source: \$src, options: [\"rbind\", \"ro\"]}" \
			"{destination: \"/rro\", source: \$src, options: [\"rbind\", \"rro\"]}" \
			"{destination: \"/one\", source: \$src, options: [\"bind\"]}"
		bundle_args sh -c "cat /proc/self/mountinfo; touch /ro/below/x && echo written; touch /rro/below/x || echo refused"
		oci_run "$(container_id)"
	'
	expect_words /ro ro
	expect_words /ro/below rw
	expect_words /rro ro
	expect_words /rro/below ro
	[[ -z $(mount_words /one/below) ]]
	grep -qx written <<<"$output"
	grep -qx refused <<<"$output"
}

@test "other options go to the filesystem, and one that it does not know is named [MNT-8]" {
	mount_add '{destination: "/t", type: "tmpfs", source: "mine", options: ["size=64k", "mode=710", "uid=5", "nr_inodes=9"]}'
	inside 'cat /proc/self/mountinfo; stat -c %a:%u /t'
	expect_words /t size=64k mode=710 uid=5 nr_inodes=9
	grep -qx 710:5 <<<"$output"
	mount_add '{destination: "/t2", type: "tmpfs", source: "t", options: ["colour=blue"]}'
	refused '/t2.*colour=blue'
}

@test "a tmpfs without a mode has that of the directory that it hides [MNT-8]" {
	mkdir -m 710 "$BUNDLE/rootfs/hidden"
	mount_add '{destination: "/hidden", type: "tmpfs", source: "t"}' '{destination: "/tmp", type: "tmpfs", source: "t"}' \
		'{destination: "/new", type: "tmpfs", source: "t"}'
	inside 'stat -c %a /hidden /tmp /new'
	expect_equal "$output" $'710\n1777\n1777'
}

@test "remount changes the flags that it names, of a mount that is there [MNT-6]" {
	mount_add '{destination: "/t", type: "tmpfs", source: "t", options: ["nosuid", "size=64k"]}' \
		'{destination: "/t", type: "tmpfs", source: "t", options: ["remount", "ro", "noexec", "size=128k"]}' \
		'{destination: "/b", source: $src, options: ["bind", "nodev"]}' \
		'{destination: "/b", source: $src, options: ["remount", "bind", "ro"]}' \
		'{destination: "/proc", type: "proc", source: "proc", options: ["remount", "nosuid"]}'
	inside 'cat /proc/self/mountinfo; touch /t/x /b/x 2>/dev/null || echo refused'
	expect_words /t ro nosuid noexec size=128k
	expect_words /b ro nodev
	expect_words /proc nosuid rw
	grep -qx refused <<<"$output"
	mount_add '{destination: "/etc", type: "tmpfs", source: "t", options: ["remount", "ro"]}'
	refused '/etc.*remount.*nothing is mounted'
	# The host's sysfs stays as it is.
	bundle_edit '.mounts[-1] = {destination: "/sys", type: "sysfs", source: "sysfs", options: ["remount", "ro"]}'
	inside 'true'
	run ! grep -E ' - sysfs [^ ]* ro' /proc/self/mountinfo
}

# ---- symlinks ---------------------------------------------------------------------------------------------

@test "destinations are resolved inside the root, through links of the image [MNT-15]" {
	local root=$BUNDLE/rootfs outside=$BATS_TEST_TMPDIR/outside

	echo bound >"$SRC/file"
	mkdir "$outside"
	rm -rf "${root:?}/var"
	mkdir "$root/var"
	ln -s ../run "$root/var/run"
	ln -s ../run/systemd/resolve/stub "$root/etc/resolv.conf"
	ln -s "$outside" "$root/absolute"
	ln -s "../../../../../../../../$outside/up" "$root/up"
	ln -s loop "$root/loop"
	mount_add '{destination: "/run", type: "tmpfs", source: "t"}' \
		'{destination: "/var/run/secrets", source: $src, options: ["bind"]}' \
		'{destination: "/etc/resolv.conf", source: ($src + "/file"), options: ["bind"]}' \
		'{destination: "/absolute/new", source: $src, options: ["bind"]}' \
		'{destination: "/up", source: $src, options: ["bind"]}'
	inside "cat /run/secrets/file /run/systemd/resolve/stub /etc/resolv.conf $outside/new/file $outside/up/file"
	expect_equal "$output" $'bound\nbound\nbound\nbound\nbound'
	expect_equal "$(find "$outside" -mindepth 1)" ''
	mount_add '{destination: "/loop/x", source: $src, options: ["bind"]}'
	refused '/loop/x.*symbolic links'
}

@test "a link of the image leads no mount over /proc or /dev, and /proc and /sys are real directories [MNT-15]" {
	local root=$BUNDLE/rootfs

	ln -s /proc/self "$root/data"
	ln -s /dev "$root/device"
	ln -s /sys "$root/system"
	for at in /data/attr /device /system; do
		bundle_edit --arg src "$SRC" --arg at "$at" '.mounts[7] = {destination: $at, source: $src, options: ["bind"]}'
		refused "$at.*(leads|symbolic)"
	done
	bundle_edit 'del(.mounts[7])'
	rmdir "$root/proc"
	ln -s tmp "$root/proc"
	refused '/proc.*real directory'
}

@test "only a proc filesystem is bound over /proc, and the masks lie on it [MNT-4, MNT-13]" {
	bundle_edit '.linux.namespaces |= map(select(.type != "pid")) |
		.mounts[0] = {destination: "/proc", source: "/proc", options: ["rbind", "nosuid"]} | .linux.maskedPaths += ["/proc/version"]'
	inside 'cat /proc/version; grep -c . /proc/self/status >/dev/null && echo proc; grep -E " /proc " /proc/self/mountinfo'
	expect_equal "$(head -n 1 <<<"$output")" proc
	expect_words /proc nosuid
	bundle_edit --arg src "$SRC" '.mounts[0].source = $src'
	refused /proc
}

# ---- id-mapped mounts -------------------------------------------------------------------------------------

# need_idmap: skips where the filesystem that the tests are on cannot map ids.
need_idmap()
{
	bundle_edit --arg src "$SRC" '.mounts[7] = {destination: "/m", source: $src, options: ["bind", "idmap"],
		uidMappings: [{containerID: 0, hostID: 0, size: 1}], gidMappings: [{containerID: 0, hostID: 0, size: 1}]}'
	bundle_args true
	run --separate-stderr oci_run "$(container_id)"
	if ((status != 0)); then
		expect_match "$stderr" '/m: uidMappings: the filesystem of .* cannot map ids'
		skip "the filesystem of $BATS_TEST_TMPDIR cannot map ids in this kernel"
	fi
}

@test "a mount with mappings shows and makes files as they say [MNT-9, MNT-10]" {
	need_idmap
	touch "$SRC/one" "$SRC/two"
	chown 1000:1001 "$SRC/one"
	bundle_edit '.mounts[7] |= (.uidMappings = [{containerID: 0, hostID: 5000, size: 2000}] |
		.gidMappings = [{containerID: 0, hostID: 7000, size: 2000}]) | .mounts[8] = .mounts[7] | .mounts[8].destination = "/n" |
		.mounts[9] = (.mounts[7] | .destination = "/o" | .uidMappings[0].hostID = 0 | .gidMappings[0].hostID = 0 | del(.options[1]))'
	inside 'stat -c %u:%g /m/one /m/two /n/one /o/one'
	expect_equal "$output" $'6000:8001\n5000:7000\n6000:8001\n1000:1001'
	# The user that the mapping knows makes files that are another's on the disk.
	chmod 777 "$SRC"
	bundle_edit '.process.user = {uid: 5007, gid: 7007}'
	inside 'touch /m/new; stat -c %u:%g /m/new'
	expect_equal "$output $(stat -c %u:%g "$SRC/new")" '5007:7007 7:7'
}

@test "without mappings of its own a mount takes those of the user namespace, new or joined [MNT-9]" {
	local holder

	need_idmap
	touch "$SRC/file"
	chown 3:4 "$SRC/file"
	user_namespace
	bundle_edit 'del(.mounts[7].uidMappings, .mounts[7].gidMappings) | .mounts[8] = (.mounts[7] | .destination = "/n" | del(.options[1]))'
	inside 'stat -c %u:%g /m/file /n/file; touch /m/made'
	expect_equal "$output" $'3:4\n65534:65534'
	expect_equal "$(stat -c %u:%g "$SRC/made")" 0:0
	unshare --user sleep 1000 3>&- &
	holder=$!
	eventually is_apart "$holder" user
	echo 0 100000 65536 >"/proc/$holder/uid_map"
	echo 0 100000 65536 >"/proc/$holder/gid_map"
	bundle_edit --arg p "/proc/$holder/ns/user" '.linux |= del(.uidMappings, .gidMappings) |
		.linux.namespaces |= map(if .type == "user" then .path = $p else . end)'
	bundle_args sh -c 'stat -c %u:%g /m/file /n/file'
	run --separate-stderr oci_run "$(container_id)"
	kill "$holder"
	expect_equal "$output" $'3:4\n65534:65534'
}

@test "ridmap maps what is mounted below, idmap does not [MNT-9]" {
	need_idmap
	mkdir "$SRC/below" "$BATS_TEST_TMPDIR/other"
	touch "$BATS_TEST_TMPDIR/other/file"
	bundle_edit '.mounts[7] |= (.options[0] = "rbind" | .uidMappings = [{containerID: 0, hostID: 5000, size: 2000}] |
		.gidMappings = .uidMappings) | .mounts[8] = .mounts[7] | .mounts[8] |= (.destination = "/n" | .options[1] = "ridmap")'
	bundle_args stat -c %u /m/below/file /n/below/file
	run_ok unshare --mount --propagation private bash -euo pipefail -c '
		mount --bind "$2" "$SRC/below"
		eval "$1"
		oci_run "$(container_id)"
	' bash "$(declare -f oci oci_run container_id); OCI_FLAGS=()" "$BATS_TEST_TMPDIR/other"
	expect_equal "$output" $'0\n5000'
}

@test "what cannot be id-mapped is an error [MNT-9, MNT-10]" {
	mount_add '{destination: "/m", source: $src, options: ["bind", "idmap"]}'
	refused '/m.*(uidMappings|user namespace)'
	bundle_edit '.mounts[7].uidMappings = [{containerID: 0, hostID: 0, size: 1}]'
	refused 'gidMappings'
	bundle_edit '.mounts[7].gidMappings = [{containerID: 0, hostID: 0, size: 1}] | .mounts[7].source = "/proc/self/status"'
	refused '/m.*(uidMappings.*cannot map ids)'
	bundle_edit '.mounts[7] |= (.options = ["idmap"] | .type = "tmpfs" | .source = "t")'
	refused '/m.*bind'
}

# ---- a user namespace -------------------------------------------------------------------------------------

@test "in a user namespace mounts work, belong to its root, and nothing on the disk changes its owner [UID-2]" {
	echo secret >"$SRC/private"
	chmod 600 "$SRC/private"
	chmod 711 "$SRC"
	user_namespace
	local before after
	before=$(find "$BUNDLE/rootfs" "$SRC" -mindepth 1 -printf '%p %U:%G %m\n' | sort)
	mount_add '{destination: "/new/t", type: "tmpfs", source: "t", options: ["mode=755"]}' \
		'{destination: "/new/place", source: $src, options: ["bind", "ro"]}' \
		'{destination: "/copy", type: "tmpfs", source: "t", options: ["tmpcopyup"]}'
	mkdir "$BUNDLE/rootfs/copy"
	echo x >"$BUNDLE/rootfs/copy/file"
	chown -R 100000:100000 "$BUNDLE/rootfs/copy"
	inside 'stat -c "%u:%g %n" /new/t /new /dev /dev/shm /copy/file; cat /new/place/private || echo denied; touch /new/place/x || echo ro'
	expect_equal "$output" $'0:0 /new/t\n0:0 /new\n0:0 /dev\n0:0 /dev/shm\n0:0 /copy/file\ndenied\nro'
	expect_equal "$(stat -c %u:%g "$BUNDLE/rootfs/new")" 100000:100000
	after=$(find "$BUNDLE/rootfs" "$SRC" -mindepth 1 -printf '%p %U:%G %m\n' | grep -v -e /new -e /copy | sort)
	expect_equal "$after" "$before"
}

# ---- tmpcopyup --------------------------------------------------------------------------------------------

@test "tmpcopyup: a tmpfs starts with a copy of what it hides, all of it but devices [MNT-7]" {
	local dir=$BUNDLE/rootfs/full

	mkdir -p "$dir/sub/deep"
	chmod 2750 "$dir/sub"
	echo text >"$dir/sub/file"
	chown 7:8 "$dir/sub/file" "$dir/sub/deep"
	chmod 4755 "$dir/sub/file"
	touch -d @1000000000 "$dir/sub/file" "$dir/sub/deep"
	ln "$dir/sub/file" "$dir/again"
	ln -s /no/where "$dir/link"
	touch -h -d @1000000000 "$dir/link"
	mkfifo -m 640 "$dir/fifo"
	mknod -m 666 "$dir/null" c 1 3
	truncate -s 1G "$dir/hole"
	printf end | dd of="$dir/hole" bs=1 seek=1048576 conv=notrunc status=none
	chown 9:9 "$dir"
	chmod 1775 "$dir"
	mount_add '{destination: "/full", type: "tmpfs", source: "t", options: ["tmpcopyup", "size=4m"]}' \
		'{destination: "/empty", type: "tmpfs", source: "t", options: ["tmpcopyup", "ro"]}'
	inside 'cd /full; stat -c "%n %F %a %u:%g %h" . sub sub/file sub/deep link fifo; stat -c %Y sub/file sub/deep link; readlink link
		ls; cat sub/file; [ sub/file -ef again ] && echo same; stat -c %s hole; dd if=hole bs=1 skip=1048576 count=3 2>/dev/null; echo
		echo changed >sub/file; touch /empty/x 2>/dev/null || echo ro'
	expect_equal "$output" '. directory 1775 9:9 3
sub directory 2750 0:0 3
sub/file regular file 4755 7:8 2
sub/deep directory 755 7:8 2
link symbolic link 777 0:0 1
fifo fifo 640 0:0 1
1000000000
1000000000
1000000000
/no/where
again
fifo
hole
link
sub
text
same
1073741824
end
ro'
	expect_equal "$(cat "$dir/sub/file")" text
	# What does not fit is an error that says so.
	bundle_edit '.mounts[7].options = ["tmpcopyup", "size=64k"]'
	dd if=/dev/zero of="$dir/sub/large" bs=64k count=4 status=none
	refused '/full.*large.*No space left.*size'
}

@test "tmpcopyup keeps capabilities of files and access lists, and copies deep trees [MNT-7]" {
	local dir=$BUNDLE/rootfs/full path=$BUNDLE/rootfs/full i

	mkdir "$dir"
	touch "$dir/file"
	python3 -c 'import os, struct, sys
os.setxattr(sys.argv[1], "security.capability", struct.pack("<5I", 0x02000000, 1 << 10, 0, 0, 0))' "$dir/file" ||
		skip 'this file system has no extended attributes'
	for ((i = 0; i < 100; i++)); do
		path+=/d
	done
	mkdir -p "$path"
	touch "$path/bottom"
	mount_add '{destination: "/full", type: "tmpfs", source: "t", options: ["tmpcopyup", "noexec"]}'
	bundle_edit '.process.capabilities.bounding += ["CAP_NET_BIND_SERVICE"]'
	bundle_args sh -c 'find /full -name bottom | wc -l; sleep 1000'
	oci_run_detached "$(container_id)"
	eventually grep -q 1 "$OUT"
	python3 -c 'import os, sys; print(os.getxattr(sys.argv[1], "security.capability")[4:8].hex())' \
		"/proc/$(oci_state "$(container_id)" pid)/root/full/file" >"$BATS_TEST_TMPDIR/capability"
	expect_equal "$(cat "$BATS_TEST_TMPDIR/capability")" 00040000
	oci delete --force "$(container_id)"
	path+=/d
	for ((i = 0; i < 40; i++)); do
		path+=/d
	done
	mkdir -p "$path"
	refused '/full.*directories deep'
}

# ---- labels, masks ----------------------------------------------------------------------------------------

@test "linux.mountLabel is an error on a host without SELinux [MNT-12]" {
	! grep -q selinuxfs /proc/filesystems || skip 'this host has SELinux'
	bundle_edit '.linux.mountLabel = "system_u:object_r:container_file_t:s0"'
	refused 'linux.mountLabel: this host has no SELinux'
	bundle_edit '.linux.mountLabel = ""'
	inside 'true'
}

@test "masked paths cannot be read, read-only ones not written; what is missing is no error [MNT-13, MNT-14]" {
	local root=$BUNDLE/rootfs

	mkdir "$root"/{hidden,fixed}
	echo secret >"$root/hidden/file"
	echo secret >"$root/secret"
	touch "$root/fixed/file" "$SRC/bound"
	mount_add '{destination: "/bound", source: ($src + "/bound"), options: ["bind"]}'
	echo secret >"$SRC/bound"
	bundle_edit '.linux.maskedPaths += ["/hidden", "/secret", "/no/such", "/secret/below", "/bound"] |
		.linux.readonlyPaths += ["/fixed", "/no/such"]'
	inside 'ls -A /hidden; cat /secret /bound; touch /hidden/x || echo hidden; touch /fixed/x || echo fixed; echo x >/fixed/file || echo file
		stat -c %F /secret; cat /proc/kcore | wc -c; touch /proc/sys/kernel/x || echo sys'
	expect_equal "$output" $'hidden\nfixed\nfile\ncharacter special file\n0\nsys'
	expect_equal "$(cat "$root/secret" "$SRC/bound")" $'secret\nsecret'
	bundle_edit '.linux.maskedPaths = ["relative"]'
	refused 'maskedPaths|masked path'
}

# ---- the root ---------------------------------------------------------------------------------------------

@test "root.readonly: the root cannot be written to, mounts below it can [ROOT-3]" {
	bundle_edit '.root.readonly = true'
	mount_add '{destination: "/m", source: $src, options: ["bind"]}'
	inside 'touch /x /etc/x || echo ro; touch /m/x /dev/shm/x && echo rw; cat /proc/self/mountinfo'
	expect_words / ro
	grep -qx ro <<<"$output"
	grep -qx rw <<<"$output"
	[[ -d $BUNDLE/rootfs/m && ! -e $BUNDLE/rootfs/x ]]
	bundle_edit '.root.readonly = false'
	inside 'touch /x && echo rw'
	expect_equal "$output" rw
}

@test "linux.rootfsPropagation: private, slave, shared, unbindable, and their forms for the tree [ROOT-4]" {
	local word master=''
	mount_add '{destination: "/t", type: "tmpfs", source: "t"}' '{destination: "/p", type: "tmpfs", source: "t", options: ["private"]}'
	bundle_args cat /proc/self/mountinfo
	# Where the host's mount is shared, a slave has it as its master.
	[[ $(findmnt --noheadings --output PROPAGATION --target "$BUNDLE/rootfs") != shared* ]] || master=master
	for word in private slave shared unbindable rprivate rslave rshared runbindable; do
		bundle_edit --arg p "$word" '.linux.rootfsPropagation = $p'
		run_ok oci_run "$(container_id)"
		case $word in
		*private) expect_equal "$word: $(propagation /), $(propagation /t), $(propagation /p)" "$word: , , " ;;
		*slave) expect_equal "$word: $(propagation /), $(propagation /t), $(propagation /p)" "$word: $master, , " ;;
		shared | unbindable) expect_equal "$(propagation /), $(propagation /t), $(propagation /p)" "$word, , " ;;
		rshared) expect_equal "$(propagation /), $(propagation /t), $(propagation /p)" 'shared, shared, ' ;;
		runbindable) expect_equal "$(propagation /), $(propagation /t)" 'unbindable, unbindable' ;;
		esac
	done
	# A shared root is no peer of anything on the host.
	bundle_edit '.linux.rootfsPropagation = "shared"'
	run_ok oci_run "$(container_id)"
	run ! grep -F " $(grep -o 'shared:[0-9]*' <<<"$output" | head -n 1) " /proc/self/mountinfo
	bundle_edit '.linux.rootfsPropagation = "sideways"'
	refused 'rootfsPropagation'
}

@test "rootfsPropagation slave: what the host mounts in the root file system later appears inside; with private not [ROOT-4]" {
	local word
	for word in slave private; do
		bundle_edit --arg p "r$word" '.linux.rootfsPropagation = $p'
		run_ok own_mounts '
			cp -a "$BUNDLE/rootfs" "$FS/root"
			mkdir "$FS/root/late"
			bundle_edit --arg r "$FS/root" ".root.path = \$r"
			bundle_args sh -c "touch /ready; until [ -e /go ]; do sleep 0.05; done; ls /late"
			oci_run "$(container_id)" 3>&- &
			eventually test -e "$FS/root/ready"
			mount -t tmpfs late "$FS/root/late"
			touch "$FS/root/late/arrived" "$FS/root/go"
			wait $!
		'
		if [[ $word == slave ]]; then
			expect_equal "$output" arrived
		else
			expect_equal "$output" ''
		fi
	done
}

@test "rslave lets mounts of the host in, rshared also those of the container out, rprivate neither [MNT-6]" {
	bundle_edit '.process.capabilities[] += ["CAP_SYS_ADMIN"] | .linux.rootfsPropagation = "rshared"'
	run_ok own_mounts '
		mkdir "$SRC"/{late,mine}
		for i in rprivate rslave rshared; do
			mount_add "{destination: \"/v/$i\", source: \$src, options: [\"rbind\", \"$i\"]}"
		done
		mount_add "{destination: \"/go\", type: \"bind\", source: \"$FS\"}"
		bundle_args sh -c "
			mount -t tmpfs p /v/rprivate/mine && touch /v/rprivate/mine/rprivate
			mount -t tmpfs s /v/rslave/mine && touch /v/rslave/mine/rslave
			touch /go/ready; until [ -e /go/go ]; do sleep 0.05; done
			for i in rprivate rslave rshared; do echo \$i: \$(ls /v/\$i/late); done
			mount -t tmpfs h /v/rshared/mine && touch /v/rshared/mine/rshared"
		oci_run "$(container_id)" 3>&- &
		eventually test -e "$FS/ready"
		echo "before: $(ls "$SRC/mine")"
		mount -t tmpfs late "$SRC/late"
		touch "$SRC/late/arrived" "$FS/go"
		wait $!
		echo "after: $(ls "$SRC/mine")"
	'
	expect_equal "$(sort <<<"$output")" $'after: rshared\nbefore: \nrprivate:\nrshared: arrived\nrslave: arrived'
}

@test "--no-pivot: the root is moved over the host's, whose /proc and /sys are out of reach" {
	bundle_args sh -c 'cat /proc/self/mountinfo; ls / | xargs; touch /made && echo made; cat /proc/1/comm; true'
	run_ok oci_run --no-pivot "$(container_id)"
	expect_words /proc rw
	grep -qx made <<<"$output"
	expect_equal "$(tail -n 1 <<<"$output")" sh
	[[ -e $BUNDLE/rootfs/made ]]
	# A chroot away from the tree that it came from there is only the one proc filesystem.
	expect_equal "$(awk '{ for (i = 7; i < NF && $i != "-"; i++); if ($(i + 1) == "proc" && $4 == "/") print $5 }' <<<"$output")" /proc
}

@test "a mount namespace that is joined keeps its root and its mounts for those who are in it" {
	local holder before

	unshare --mount --propagation private sleep 1000 3>&- &
	holder=$!
	eventually is_apart "$holder" mnt
	eventually is_private "$holder"
	before=$(awk '{ print $4, $5, $6 }' "/proc/$holder/mountinfo")
	bundle_edit --arg p "/proc/$holder/ns/mnt" '.linux.namespaces |= map(if .type == "mount" then .path = $p else . end)'
	bundle_args sh -c 'readlink /proc/self/ns/mnt; ls /bin/probe; ls /proc/self/comm'
	run --separate-stderr oci_run "$(container_id)"
	after=$(awk '{ print $4, $5, $6 }' "/proc/$holder/mountinfo")
	namespace=$(readlink "/proc/$holder/ns/mnt")
	root=$(readlink "/proc/$holder/root")
	kill "$holder"
	expect_equal "$output" "$namespace"$'\n/bin/probe\n/proc/self/comm'
	expect_equal "$root" /
	# Below the root file system there may be more now; all that was there is as it was.
	expect_equal "$(grep -vF " $BUNDLE/rootfs" <<<"$after")" "$before"
}

# ---- cgroups ----------------------------------------------------------------------------------------------

# cgroup_roots: what is mounted at and below /sys/fs/cgroup, as "ROOT TYPE" from mountinfo in $output, without the tmpfs.
cgroup_roots()
{
	awk '$5 ~ "^/sys/fs/cgroup" { for (i = 7; i < NF && $i != "-"; i++); if ($(i + 1) ~ /^cgroup/) print $4 }' <<<"$output" | sort -u
}

@test "a cgroup mount shows the container's own groups, in a namespace or by binding them [CG-8]" {
	inside 'cat /proc/self/mountinfo; cat /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/pids/cgroup.procs 2>/dev/null | grep -x 1'
	expect_equal "$(cgroup_roots)" /
	grep -qx 1 <<<"$output"
	expect_words /sys/fs/cgroup ro nosuid nodev noexec
	# The host's cgroup namespace: the same files, and nothing of the host's tree.
	bundle_edit '.linux.namespaces |= map(select(.type != "cgroup"))'
	inside 'cat /proc/self/mountinfo; cat /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/pids/cgroup.procs 2>/dev/null | grep -x 1'
	expect_match "$(cgroup_roots)" "^/.*$(container_id)\$"
	grep -qx 1 <<<"$output"
	expect_words /sys/fs/cgroup ro
	# And in a user namespace, whose root may not mount that hierarchy.
	user_namespace
	inside 'cat /proc/self/mountinfo; cat /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/pids/cgroup.procs 2>/dev/null | grep -x 1'
	expect_match "$(cgroup_roots)" "^/.*$(container_id)\$"
	grep -qx 1 <<<"$output"
}

@test "a cgroup mount has a name for each controller, those that share a hierarchy too [CG-8]" {
	inside 'cd /sys/fs/cgroup; for i in *; do [ -L $i ] && echo link $i $(readlink $i); done; ls; echo --; cat /proc/self/cgroup'
	if has_v2; then
		grep -qx cgroup.procs <<<"$output"
		return
	fi
	# Every controller that the container has a group for is a directory, or a link to the one it shares.
	sed -n '/^--$/,$ s/^[0-9]*:\([a-z_,]*\):\(.*\)$/\1/p' <<<"$output" | tr , '\n' >"$BATS_TEST_TMPDIR/controllers"
	[[ -s $BATS_TEST_TMPDIR/controllers ]]
	while read -r name; do
		[[ -z $name ]] || grep -qx -e "$name" -e "link $name .*,.*" <<<"$output"
	done <"$BATS_TEST_TMPDIR/controllers"
}
