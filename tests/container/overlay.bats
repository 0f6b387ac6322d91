#!/usr/bin/env bats
#
# --overlay: what a container changes stays apart from the root file system, which may be that of this machine, and nothing
# of it is left, or all of it in a directory. What the host has there (sockets, FIFOs, daemons' files) is not reached.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2154,SC2030,SC2031 # status, output, stderr and lines are set by bats' run
load ../lib/common
load ../lib/probe

LAYER_PROBE=$REPO/build/tests/lib/layer_probe
export LAYER_PROBE

setup_file()
{
	if ! grep -qw overlay /proc/filesystems; then
		modprobe overlay 2>/dev/null || true
	fi
}

setup()
{
	common_setup
	need_root
	if [[ ! -x $LAYER_PROBE ]]; then
		echo "$LAYER_PROBE is missing: type make units"
		return 1
	fi
	if ! grep -qw overlay /proc/filesystems; then
		skip "this kernel has no overlayfs"
	fi
	DIR=$BATS_TEST_TMPDIR/layer
}

# tree PATH: every file below it with all that can be changed about it.
tree()
{
	(cd "$1" && find . -printf '%p %y %m %U:%G %s %T@ %l\n' | sort &&
		find . -type f -exec sha256sum {} + | sort)
}

# over [OPTION...] -- COMMAND...: in a container over $ROOT, with a layer.
over()
{
	local -a options=()

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	"$MINI_RUN" run --network none "${options[@]}" "$ROOT" "$@"
}

# refused_over REGEX OPTION...
refused_over()
{
	local regex=$1
	shift

	run_status 125 over "$@" -- true
	expect_match "$stderr" "$regex"
	if [[ $stderr == *$'\n'* ]]; then
		echo "more than a line: $stderr"
		return 1
	fi
}

# ---- a layer that is thrown away ----------------------------------------------------------------------------

@test "what a container changes is seen inside, and the root file system stays as it is" {
	new_root
	mkdir -p "$ROOT/some/where"
	echo old >"$ROOT/some/where/file"
	local before
	before=$(tree "$ROOT")

	run_ok over --overlay -- sh -euc '
		echo new >/new
		echo more >>/some/where/file
		cat /some/where/file
		rm -r /etc
		mkdir /etc
		ls -A /etc
		mv /home /house
		ls -d /home /house 2>&1 || true
		chmod 700 /usr
		chown 7:7 /bin
		ln -sf /new /some/link
		stat -c "%a %u %n" /usr /bin
	'
	expect_equal "$output" $'old\nmore\nls: /home: No such file or directory\n/house\n700 0 /usr\n755 7 /bin'
	expect_equal "$(tree "$ROOT")" "$before"

	# A second run begins as the first did.
	run_ok over --overlay -- ls -d /home /etc/passwd
	run over --overlay -- ls -d /new /house
	expect_equal "$status" 1
}

@test "renaming a directory of the root file system is left to the program, as in engines: EXDEV, and mv copies" {
	new_root
	mkdir -p "$ROOT/dir/below"
	run_ok over --overlay -v "${LAYER_PROBE%/*}:/mnt:ro" -- sh -euc '
		/mnt/layer_probe rename /dir /moved
		mkdir /mine
		/mnt/layer_probe rename /mine /mine2
		mv /dir /moved
		find /moved
	'
	expect_equal "$output" $'rename=EXDEV\nrename=OK\n/moved\n/moved/below'
}

@test "the directories of the layer look like those below them: owner, mode, sticky bit" {
	run_ok own_mounts '
		cp -a "$ROOTFS" "$FS/root"
		ROOT=$FS/root
		chmod 751 "$ROOT"
		chown 12:34 "$ROOT"
		mkdir "$ROOT/shared"
		mount -t tmpfs -o mode=1777 shared "$ROOT/shared"
		chown 56:78 "$ROOT/shared"
		inside --overlay -- stat -c "%a %u:%g %n" / /shared
	'
	expect_equal "$output" $'751 12:34 /\n1777 56:78 /shared'
}

@test "--overlay-size bounds the layer, and --memory bounds it too" {
	run over --overlay --overlay-size 2m -- dd if=/dev/zero of=/big bs=64k count=64
	expect_equal "$status" 1
	expect_match "$output" 'No space left on device'

	has_controller memory || skip "this host has no memory controller"
	run over --overlay --memory 32m -- dd if=/dev/zero of=/big bs=1M count=100
	expect_equal "$status" 137
	expect_match "$output" 'memory'
}

@test "--read-only holds for the layer and for all that is mounted below it" {
	run_ok own_mounts '
		cp -a "$ROOTFS" "$FS/root"
		ROOT=$FS/root
		mkdir "$ROOT/below"
		mount -t tmpfs below "$ROOT/below"
		inside --overlay --read-only -- sh -c "touch /x /below/x /etc/passwd; ls -d /x /below/x" 2>&1 || true
	'
	expect_match "$output" "/x: Read-only file system"
	expect_match "$output" "/below/x: Read-only file system"
	expect_match "$output" "/etc/passwd: Read-only file system"
	expect_match "$output" "/below/x: No such file"
}

@test "volumes and tmpfs lie over the layer, where there was no such directory too, and are what is kept" {
	new_root
	mkdir "$BATS_TEST_TMPDIR/kept"
	run_ok over --overlay -v "$BATS_TEST_TMPDIR/kept:/very/deep/kept" -w /very/deep/kept --tmpfs /very/t -- sh -euc '
		echo kept >file
		echo lost >/very/lost
		pwd
	'
	expect_equal "$output" /very/deep/kept
	expect_equal "$(cat "$BATS_TEST_TMPDIR/kept/file")" kept
	[[ ! -e $ROOT/very ]]
}

@test "exec comes into the same layer, and the report tells of the container as ever" {
	container_start --overlay --name "layer-$$"
	run_ok "$MINI_RUN" exec "layer-$$" sh -c 'echo seen >/etc/new'
	run_ok "$MINI_RUN" exec "layer-$$" cat /etc/new
	expect_equal "$output" seen
	[[ ! -e $ROOTFS/etc/new ]]
}

# ---- what is mounted below the root file system -------------------------------------------------------------

@test "each file system that is mounted below has a layer of its own, with the flags of its mount" {
	run_ok own_mounts '
		cp -a "$ROOTFS" "$FS/root"
		ROOT=$FS/root
		mkdir "$ROOT/a" "$ROOT/ro" "$ROOT/with space"
		mount -t tmpfs -o noexec,nosuid a "$ROOT/a"
		mkdir "$ROOT/a/b"
		mount -t tmpfs b "$ROOT/a/b"
		mount -t tmpfs space "$ROOT/with space"
		echo lower | tee "$ROOT/a/file" "$ROOT/a/b/file" "$ROOT/ro/file" "$ROOT/with space/file" >/dev/null
		mount --bind "$ROOT/ro" "$ROOT/ro"
		mount -o remount,ro,bind "$ROOT/ro"
		inside --overlay -- sh -euc "
			for f in /a/file /a/b/file /ro/file \"/with space/file\"; do
				cat \"\$f\"
				echo upper >\"\$f\"
				cat \"\$f\"
			done
			awk \"\\\$3 == \\\"overlay\\\" { print \\\$2, \\\$4 }\" /proc/mounts | cut -d, -f1-4
		"
		cat "$ROOT/a/file" "$ROOT/a/b/file" "$ROOT/ro/file" "$ROOT/with space/file"
	'
	expect_match "$output" $'^lower\nupper\nlower\nupper\nlower\nupper\nlower\nupper\n'
	expect_match "$output" $'\n/a rw,nosuid,nodev,noexec\n'
	expect_match "$output" $'\n/a/b rw,nodev,relatime'
	expect_match "$output" $'\n/ro rw,nodev,relatime'
	expect_match "$output" $'\nlower\nlower\nlower\nlower$'
}

@test "mounts over mounts, single files and mounts that the container covers" {
	run_ok own_mounts '
		cp -a "$ROOTFS" "$FS/root"
		ROOT=$FS/root
		mkdir "$ROOT/twice" "$ROOT/volume" "$FS/src"
		mount -t tmpfs hidden "$ROOT/twice"
		echo hidden >"$ROOT/twice/hidden"
		mount -t tmpfs top "$ROOT/twice"
		echo top >"$ROOT/twice/top"
		mount -t tmpfs covered "$ROOT/volume"
		touch "$ROOT/etc/resolv.conf"
		echo nameserver 192.0.2.1 >"$FS/resolv"
		chmod 640 "$FS/resolv"
		mount --bind "$FS/resolv" "$ROOT/etc/resolv.conf"
		inside --overlay -v "$FS/src:/volume" -- sh -euc "
			ls /twice
			cat /etc/resolv.conf
			stat -c %a /etc/resolv.conf
			echo changed >/etc/resolv.conf
			mv /etc/resolv.conf /etc/resolv.old
			echo volume >/volume/file
			awk \"\\\$3 == \\\"overlay\\\" { print \\\$2 }\" /proc/mounts
		"
		cat "$FS/resolv" "$FS/src/file"
	'
	expect_equal "$output" $'top\nnameserver 192.0.2.1\n640\n/\n/twice\nnameserver 192.0.2.1\nvolume'
	expect_equal "$stderr" ''
}

@test "file systems of the kernel that are mounted below are left out, with what is mounted below them" {
	run_ok own_mounts '
		cp -a "$ROOTFS" "$FS/root"
		ROOT=$FS/root
		mkdir "$ROOT/kernel" "$ROOT/proc2" "$ROOT/sys2"
		mount -t proc proc "$ROOT/proc2"
		mount -t sysfs sysfs "$ROOT/sys2"
		mount -t tmpfs below "$ROOT/sys2/fs/cgroup" 2>/dev/null || mount -t tmpfs below "$ROOT/sys2/kernel"
		mount -t devpts devpts "$ROOT/kernel"
		mount -t sysfs sysfs "$ROOT/sys"
		inside --overlay -- sh -euc "
			ls -A /kernel /proc2 /sys2 /sys
			awk \"\\\$3 ~ /sysfs|cgroup|devtmpfs|devpts/ { print \\\$2, \\\$3 }\" /proc/mounts
		"
	'
	expect_equal "$output" $'/kernel:\n\n/proc2:\n\n/sys:\n\n/sys2:\n/dev/pts devpts'
	expect_equal "$stderr" ''
}

@test "a file system that overlayfs does not take is left out with a warning that names it; as the root it is an error" {
	run_status 125 own_mounts '
		cp -a "$ROOTFS" "$FS/root"
		ROOT=$FS/root
		mkdir "$ROOT/deep" "$FS"/{1,2}{,u,w}
		mount -t overlay -o "lowerdir=$ROOT,upperdir=$FS/1u,workdir=$FS/1w" one "$FS/1"
		mount -t overlay -o "lowerdir=$FS/1,upperdir=$FS/2u,workdir=$FS/2w" two "$FS/2"
		touch "$FS/2/in-there"
		mount --bind "$FS/2" "$ROOT/deep"
		inside --overlay -- ls -A /deep
		inside --overlay -v "$FS/2:/deep:ro" -- ls /deep/in-there
		ROOT=$FS/2
		inside --overlay -- true
	'
	expect_equal "$output" /deep/in-there
	expect_match "$stderr" $'^[^\n]*/deep is left out: [^\n]*-v /deep:/deep shows it as it is\\)\n[^\n]*$'
	expect_match "$stderr" 'lay overlay: .*/fs/2: .*overlayfs does not take'
}

@test "a mount at a long path has its layer like any other, and no other mount the same" {
	run_ok own_mounts '
		cp -a "$ROOTFS" "$FS/root"
		ROOT=$FS/root
		part=$(printf "%090d" 0)
		long=$part/$part/$part/$part/$part/$part
		for at in "$long/a" "$long/b" "$part/c"; do
			mkdir -p "$ROOT/$at"
			mount -t tmpfs long "$ROOT/$at"
		done
		inside --overlay -- sh -euc "echo memory >/$long/a/file; cat /$long/a/file"
		inside --overlay="$FS/layer" -- sh -euc "echo a >/$long/a/file; echo b >/$long/b/file; echo c >/$part/c/file"
		inside --overlay="$FS/layer" -- cat "/$long/a/file" "/$long/b/file" "/$part/c/file"
		find "$ROOT" -name file
		find "$FS/layer/mounts" -name file | wc -l
	'
	expect_equal "$output" $'memory\na\nb\nc\n3'
	expect_equal "$stderr" ''
}

# ---- what must not be reached -------------------------------------------------------------------------------

@test "sockets and FIFOs of the host are not reached through the layer; as a volume they would be" {
	local at=$BATS_TEST_TMPDIR/root/sockets
	new_root
	mkdir "$at"
	coproc SERVER { "$LAYER_PROBE" serve "$at/socket" "$at/fifo" 3>&-; }
	read -r -t 10 -u "${SERVER[0]}" word
	expect_equal "$word" ready

	run_ok over --overlay -v "${LAYER_PROBE%/*}:/mnt:ro" -- sh -c '
		stat -c %F /sockets/socket /sockets/fifo
		/mnt/layer_probe reach /sockets/socket /sockets/fifo
		chmod 777 /sockets/socket /sockets/fifo
		/mnt/layer_probe reach /sockets/socket /sockets/fifo'
	expect_equal "$output" $'socket\nfifo\nsocket=ECONNREFUSED\nfifo=ENXIO\nsocket=ECONNREFUSED\nfifo=ENXIO'

	# The same without the layer: this test can fail.
	run_ok over -v "${LAYER_PROBE%/*}:/mnt:ro" -- /mnt/layer_probe reach /sockets/socket /sockets/fifo
	expect_equal "$output" $'socket=OK\nfifo=OK'
	kill "$SERVER_PID"
	wait "$SERVER_PID" || true
}

@test "device nodes of the root file system are dead below the layer" {
	new_root
	mknod -m 666 "$ROOT/null" c 1 3
	run over --overlay -- sh -c 'stat -c %F /null; echo >/null'
	expect_match "$output" 'character special file'
	expect_match "$output" "/null: Permission denied"
}

@test "what the host hides below a mount that is left out stays hidden" {
	local options
	for options in '' --read-only; do
		run_ok own_mounts '
			cp -a "$ROOTFS" "$FS/root"
			ROOT=$FS/root
			mkdir "$ROOT/deep" "$ROOT/kernel" "$FS"/{1,2}{,u,w}
			for at in deep/secret kernel/secret etc/null etc/fifo etc/large; do
				echo hidden >"$ROOT/$at"
			done
			mount -t overlay -o "lowerdir=$ROOT,upperdir=$FS/1u,workdir=$FS/1w" one "$FS/1"
			mount -t overlay -o "lowerdir=$FS/1,upperdir=$FS/2u,workdir=$FS/2w" two "$FS/2"
			mkdir "$FS/2/below"
			mount --bind "$FS/2" "$ROOT/deep"
			mount -t tmpfs below "$ROOT/deep/below"
			echo below >"$ROOT/deep/below/file"
			mount -t proc proc "$ROOT/kernel"
			mount --bind /dev/null "$ROOT/etc/null"
			mkfifo "$FS/fifo"
			mount --bind "$FS/fifo" "$ROOT/etc/fifo"
			dd if=/dev/zero of="$FS/large" bs=1M count=2 2>/dev/null
			mount --bind "$FS/large" "$ROOT/etc/large"
			mkdir "$FS/volume"
			echo volume >"$FS/volume/file"
			inside --overlay $2 -v "$FS/volume:/kernel/volume" -- sh -c "
				cd /etc
				grep -rs hidden /deep /kernel null large && echo found
				timeout 5 cat fifo
				stat -c \"%F %s\" null fifo large
				(echo x >null) 2>/dev/null || echo no write
				cat /deep/below/file /kernel/volume/file
			"
			inside --overlay $2 -- sh -c "ls -A /kernel; touch /kernel/x 2>/dev/null || echo read-only"
			# It is there all the time.
			umount "$ROOT/kernel" "$ROOT/etc/null"
			cat "$ROOT/kernel/secret" "$ROOT/etc/null"
		' "$options"
		expect_equal "$output" $'regular empty file 0\nregular empty file 0\nregular empty file 0\nno write\nbelow\nvolume\nread-only\nhidden\nhidden'
		rm -r "$BATS_TEST_TMPDIR/fs"
	done
}

@test "a layer that says that its files lie elsewhere is not believed" {
	run_ok own_mounts '
		cp -a "$ROOTFS" "$FS/root"
		ROOT=$FS/root
		mkdir -p "$ROOT/a" "$ROOT/secret" "$FS/w" "$FS/m"
		echo found >"$ROOT/secret/file"
		inside --overlay="$FS/layer" -- true
		mkdir "$FS/layer/upper/a"
		python3 -c "import os, sys; os.setxattr(sys.argv[1], \"trusted.overlay.redirect\", b\"/secret\")" "$FS/layer/upper/a"
		# Overlayfs can be told to believe it: this test can fail.
		cp -a "$FS/layer/upper" "$FS/u"
		mount -t overlay -o "lowerdir=$ROOT,upperdir=$FS/u,workdir=$FS/w,redirect_dir=on" on "$FS/m"
		cat "$FS/m/a/file"
		inside --overlay="$FS/layer" -- cat /a/file 2>&1 || true
	'
	expect_match "$output" $'^found\n'
	expect_match "$output" "can't open '/a/file'"
}

@test "the mounts of the host are the same before, meanwhile and after" {
	local before
	before=$(</proc/self/mountinfo)
	container_start --overlay
	expect_equal "$(</proc/self/mountinfo)" "$before"
	# What the container was put together from is not there either.
	run_ok awk '{ print $5 }' "/proc/$PID/mountinfo"
	expect_match "$output" '^/'
	run ! grep -E 'mini-run|lower|scratch' <<<"$output"
	expect_equal "$(grep -c ' - overlay ' "/proc/$PID/mountinfo")" 1
}

# ---- this machine as the root file system -------------------------------------------------------------------

# on_machine [OPTION...] -- COMMAND...: in a container over /.
on_machine() { ROOT=/ over --overlay "$@"; }

@test "/ is no root file system without --overlay, and the error says so" {
	run_status 125 "$MINI_RUN" run / true
	expect_match "$stderr" "this machine's own root.*--overlay"
}

@test "with --overlay / is this machine, copy-on-write" {
	local file=$BATS_TEST_TMPDIR/file
	echo here >"$file"
	run_ok on_machine -- bash -euc '
		cat "$1"
		echo changed >"$1"
		cat "$1"
		rm -r /etc
		touch /new /usr/new
		ls -d /etc 2>/dev/null || echo gone
	' bash "$file"
	expect_equal "$output" $'here\nchanged\ngone'
	expect_equal "$(cat "$file")" here
	[[ -e /etc/passwd && ! -e /new && ! -e /usr/new ]]
}

@test "of / the container has its own /proc, /dev and /run, and no file system of the kernel" {
	mkdir -p /run/mini-run-test-run
	run_ok on_machine -- bash -euc '
		ls -A /run
		echo "pid $$"
		[[ ! -e /dev/mem && ! -e /dev/kmsg && -c /dev/null ]]
		while read -r _ place type _; do
			case $type in
			overlay | proc | tmpfs | devpts) ;;
			*) echo "$place is a $type" ;;
			esac
		done </proc/mounts
		touch /run/mine
		[[ $(stat -c %d:%i /..) == "$(stat -c %d:%i /)" ]]
		ls -A /.. | grep -cx proc
	'
	rmdir /run/mini-run-test-run
	expect_equal "$output" $'pid 1\n1'
	[[ ! -e /run/mine ]]
}

@test "over / a volume keeps what is meant to be kept" {
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work"
	run_ok on_machine -v "$PWD:$PWD" -w "$PWD" -- bash -euc 'echo made >made; echo lost >../lost; pwd'
	expect_equal "$output" "$PWD"
	expect_equal "$(cat made)" made
	[[ ! -e ../lost ]]
}

@test "--overlay works with --no-pivot and with a user namespace, for a directory" {
	new_root
	chmod 755 "$BATS_TEST_TMPDIR"
	run_ok over --overlay --no-pivot -- sh -c 'echo x >/x; cat /x'
	expect_equal "$output" x
	run over --overlay --userns auto -- sh -c 'echo x >/etc/passwd && rm -r /home && mkdir /home && ls -A /home && stat -c %u /bin'
	# Each of these says what this kernel, or this host, has not got.
	case $output in
	*'needs Linux 6.6 in a user namespace'* | *'cannot map ids in this kernel'* | *'it needs Linux 5.19'* | *'/etc/subuid'*)
		expect_equal "$status" 125
		skip "${output#*: }"
		;;
	esac
	expect_equal "$status" 0
	expect_equal "$output" 0
	grep -q root "$ROOT/etc/passwd"
	[[ -e $ROOT/home ]]
}

# ---- a layer that is kept -----------------------------------------------------------------------------------

@test "--overlay=DIR keeps the changes, and the next run has them: files, commands, users, what was removed" {
	new_root
	local before
	touch "$ROOT/provoke"
	before=$(tree "$ROOT")
	run_ok over --overlay="$DIR" -- sh -euc '
		echo text >/file
		printf "#!/bin/sh\necho new \$(id -u) \$HOME\n" >/bin/new-command
		chmod 755 /bin/new-command
		echo "mallory:x:77:78::/home/mallory:/bin/sh" >>/etc/passwd
		rm -r /home
		mkdir /home
		rm /provoke
	'
	expect_equal "$(tree "$ROOT")" "$before"
	expect_equal "$(stat -c '%a %n' "$DIR" "$DIR/upper")" "700 $DIR"$'\n'"755 $DIR/upper"
	expect_equal "$(cat "$DIR/upper/file")" text
	expect_equal "$(stat -c %t:%T "$DIR/upper/provoke")" 0:0

	run_ok over --overlay="$DIR" --user mallory -- new-command
	expect_equal "$output" 'new 77 /home/mallory'
	run_ok over --overlay="$DIR" -- sh -c 'cat /file; ls -A /home; ls -d /provoke 2>/dev/null || echo gone'
	expect_equal "$output" $'text\ngone'
	# Without it there is nothing of that.
	run_status 127 over --overlay -- new-command
	rm -r "$DIR"
}

@test "users are looked up as the layer and the root filesystem are seen together" {
	new_root
	local change
	for change in 'rm /etc/passwd' 'rm -r /etc; mkdir /etc' 'mv /etc /old || rm -r /etc'; do
		run_ok over --overlay="$DIR" -- sh -c "$change"
		refused_over 'user user is not in' --overlay="$DIR" --user user
		run_ok over --overlay="$DIR" -- sh -c 'mkdir -p /etc; echo new:x:7:7::/:/bin/sh >/etc/passwd'
		run_ok over --overlay="$DIR" --user new -- id -u
		expect_equal "$output" 7
		rm -r "$DIR"
	done
	# What the layer says nothing of is the root filesystem's.
	run_ok over --overlay="$DIR" -- touch /etc/other
	run_ok over --overlay="$DIR" --user user -- id -u
	expect_equal "$output" 1000
	# A link of the layer is not followed: only inside it is seen where it leads.
	run_ok over --overlay="$DIR" -- sh -c 'rm /etc/passwd; ln -s passwd /etc/passwd'
	refused_over 'open /etc/passwd of the layer' --overlay="$DIR" --user user
}

@test "a layer that is kept has a directory for each mount below, and is empty when it is looked at from inside" {
	run_ok own_mounts '
		cp -a "$ROOTFS" "$FS/root"
		ROOT=$FS/root
		mkdir -p "$ROOT/a%/b" "$ROOT/var/layers"
		mount -t tmpfs ab "$ROOT/a%/b"
		inside --overlay="$ROOT/var/layers/one" -- sh -euc "
			echo root >/file
			echo below >/a%/b/file
			ls -A /var/layers/one
			ls -d /var/layers
		"
		cd "$ROOT/var/layers/one"
		cat upper/file mounts/*/upper/file
		ls mounts
		inside --overlay="$ROOT/var/layers/one" -- cat /file /a%/b/file
	'
	expect_equal "$output" $'/var/layers\nroot\nbelow\na%25%2fb\nroot\nbelow'
}

@test "a layer has one writer at a time: a container in the foreground, a detached one, or another overlay" {
	container_start --overlay="$DIR"
	refused_over 'another container writes to it' --overlay="$DIR"
	container_end
	run_ok over --overlay="$DIR" -- true

	"$MINI_RUN" run --detach --name "layer-$$" --overlay="$DIR" "$ROOT" sleep 1000 </dev/null >/dev/null 2>&1 3>&-
	refused_over 'another container, or another overlay, writes to it' --overlay="$DIR"
	run_ok "$MINI_RUN" delete --force "layer-$$"
	eventually over --overlay="$DIR" -- true

	ROOT=$ROOT DIR=$DIR run_ok own_mounts '
		mkdir "$FS/m"
		mount -t overlay -o "lowerdir=$ROOT,upperdir=$DIR/upper,workdir=$DIR/work" other "$FS/m"
		! inside --overlay="$DIR" -- true 2>&1
	'
	expect_match "$output" 'another container, or another overlay, writes to it'
	eventually over --overlay="$DIR" -- true
}

@test "what cannot be a layer is refused, and nothing is made of it" {
	mkdir "$BATS_TEST_TMPDIR/full"
	touch "$BATS_TEST_TMPDIR/full/file"
	refused_over 'the directory that it is to lie in must exist' --overlay="$BATS_TEST_TMPDIR/no/layer"
	refused_over 'holds something else than a layer' --overlay="$BATS_TEST_TMPDIR/full"
	refused_over 'Not a directory' --overlay="$BATS_TEST_TMPDIR/full/file"
	refused_over 'could change the layer itself' --overlay="$DIR" -v "$BATS_TEST_TMPDIR:/v"
	[[ ! -e $DIR ]] # it had been made for nothing
	mkdir "$DIR"
	refused_over 'could change the layer itself' --overlay="$DIR" -v "$DIR:/v:ro"
	expect_equal "$(ls "$BATS_TEST_TMPDIR/full")" file
	mkdir "$DIR/rootfs"
	ROOT=$DIR/rootfs refused_over 'holds something else' --overlay="$DIR"
	rmdir "$DIR/rootfs" "$DIR"
	run_ok over --overlay="$DIR" -- true
	mkdir "$DIR/upper/rootfs"
	ROOT=$DIR/upper/rootfs refused_over 'lies in it' --overlay="$DIR"
	echo user.overlay >"$DIR/xattrs"
	refused_over 'was made in a user namespace, and can only be used so' --overlay="$DIR"
	# Links in the layer, which an earlier container could have made if it had reached it, lead nowhere.
	echo trusted.overlay >"$DIR/xattrs"
	rm -r "$DIR/upper"
	ln -s /etc "$DIR/upper"
	refused_over 'open directory upper' --overlay="$DIR"
}

@test "a DIR that is not the user's alone is no layer, nor is a link; what it holds must be the user's too" {
	local change

	# Somebody was there first: the name could be guessed.
	mkdir "$DIR"
	chown 12345:12345 "$DIR"
	refused_over "/layer is not this user's alone \\(owner 12345, mode 755\\)" --overlay="$DIR"
	expect_equal "$(stat -c '%u %a' "$DIR")" '12345 755'
	expect_equal "$(ls -A "$DIR")" ''
	rmdir "$DIR"
	mkdir "$BATS_TEST_TMPDIR/elsewhere"
	ln -s elsewhere "$DIR"
	refused_over '/layer is a link' --overlay="$DIR"
	refused_over '/layer/* is a link' --overlay="$DIR//"
	expect_equal "$(ls -A "$BATS_TEST_TMPDIR/elsewhere")" ''
	rm "$DIR"

	# An empty one of the user's own becomes his alone; one that is a layer must have been it.
	mkdir -m 755 "$DIR"
	run_ok over --overlay="$DIR" -- true
	expect_equal "$(stat -c %a "$DIR")" 700
	for change in 710 701 720; do
		chmod "$change" "$DIR"
		refused_over "is not this user's alone \\(owner 0, mode $change\\)" --overlay="$DIR"
	done
	chmod 700 "$DIR"
	run_ok over --overlay="$DIR" -- true

	for change in work xattrs; do
		chown 12345 "$DIR/$change"
		refused_over "$change is not this user's \\(owner 12345\\)" --overlay="$DIR"
		chown 0 "$DIR/$change"
	done
	mv "$DIR/xattrs" "$BATS_TEST_TMPDIR/xattrs"
	ln -s "$BATS_TEST_TMPDIR/xattrs" "$DIR/xattrs"
	refused_over 'open xattrs: Too many levels of symbolic links' --overlay="$DIR"
	rm "$DIR/xattrs"
	mkfifo "$DIR/xattrs"
	run_status 125 timeout 20 "$MINI_RUN" run --network none --overlay="$DIR" "$ROOT" true
	expect_match "$stderr" 'xattrs is not a regular file'
	rm "$DIR/xattrs"
}

# ---- for an ordinary user -----------------------------------------------------------------------------------

# user ARG...: mini-run as an ordinary user.
user() { as_user "$USER_MINI_RUN" "$@"; }

# For tests of a layer in memory: before 6.6 one that is kept is all that there is.
need_layer_in_memory()
{
	user_setup
	run user run --overlay "$USER_ROOT" true
	if ((status != 0)); then
		expect_match "$output" 'needs Linux 6.6 in a user namespace \(--overlay=DIR keeps it'
		skip "${lines[-1]}"
	fi
}

@test "an ordinary user has a layer in memory too" {
	need_layer_in_memory
	run_ok user run --overlay "$USER_ROOT" sh -c 'echo x >/x; rm -r /etc; mkdir /etc; ls -A /etc; cat /x'
	expect_equal "$output" x
	[[ -e $USER_ROOT/etc/passwd && ! -e $USER_ROOT/x ]]
}

@test "an ordinary user's layer can be kept, and removed with rm" {
	user_setup
	run user run --overlay="$USER_HOME/layer" "$USER_ROOT" sh -c 'echo kept >/x; rm -r /etc; mkdir /etc'
	# A tmpfs here: the kernel has no user.* attributes for it before 6.6.
	if [[ $output == *'no extended attributes'* ]]; then
		skip "${lines[-1]}"
	fi
	expect_equal "$status" 0
	run_ok user run --overlay="$USER_HOME/layer" "$USER_ROOT" sh -c 'cat /x; ls -A /etc'
	expect_equal "$output" kept
	expect_equal "$(cat "$USER_HOME/layer/xattrs")" user.overlay
	run_ok as_user rm -r "$USER_HOME/layer"
	[[ -e $USER_ROOT/etc/passwd && ! -e $USER_ROOT/x ]]
}

@test "over / an ordinary user sees what he may read, and no more" {
	need_layer_in_memory
	run_ok user run --overlay --network none -w "$USER_HOME" / bash -c '
		head -c 0 /etc/passwd && echo passwd
		cat /etc/shadow 2>/dev/null || echo no shadow
		ls -A /root 2>/dev/null || echo no root
		touch /usr/bin/new 2>/dev/null || echo no write
		echo mine >mine && cat "$1/mine"
		echo temporary | tee /tmp/mine /var/tmp/mine
		ls -A /run
		[[ $(stat -c %d:%i /..) == "$(stat -c %d:%i /)" ]] || echo something lies over /
	' bash "$USER_HOME"
	expect_equal "$output" $'passwd\nno shadow\nno root\nno write\nmine\ntemporary'
	[[ ! -e $USER_HOME/mine ]]
}

@test "a directory with mounts below is put together for an ordinary user, with its links and its files" {
	need_layer_in_memory
	# What a user finds below / may be anything: here it is below the root file system, in his view of the host.
	export USER_ROOT USER_ID
	run_ok unshare --mount --propagation private bash -euc '
		mkdir -p "$USER_ROOT/top/mounted" "$USER_ROOT/top/plain"
		mount -t tmpfs -o mode=755 mounted "$USER_ROOT/top/mounted"
		mkdir -m 700 "$USER_ROOT/top/mounted/hidden"
		echo mounted >"$USER_ROOT/top/mounted/file"
		echo small >"$USER_ROOT/top/small"
		echo plain >"$USER_ROOT/top/plain/file"
		echo secret >"$USER_ROOT/top/secret"
		chmod 600 "$USER_ROOT/top/secret"
		dd if=/dev/zero of="$USER_ROOT/top/large" bs=1M count=2 2>/dev/null
		chown "$USER_ID:$USER_ID" "$USER_ROOT/top/large" "$USER_ROOT/top/plain/file"
		ln -s small "$USER_ROOT/top/link"
		"$@" run --overlay "$USER_ROOT" sh -c "
			cd /top
			cat mounted/file plain/file link
			echo changed >plain/file && cat plain/file
			wc -c <large
			cat secret 2>/dev/null || echo no secret
			ls mounted/hidden >/dev/null 2>&1 || echo no hidden
			echo x 2>/dev/null >large || echo no write
			rm small link && ls small link 2>/dev/null
			echo x >new && cat new
		"
		cat "$USER_ROOT/top/small" "$USER_ROOT/top/plain/file"
		ls "$USER_ROOT/top"
	' bash "${AS_USER[@]}" "$USER_MINI_RUN"
	expect_equal "$output" $'mounted\nplain\nsmall\nchanged\n2097152\nno secret\nno hidden\nno write\nx\nsmall\nplain\nlarge\nlink\nmounted\nplain\nsecret\nsmall'
	expect_equal "$stderr" ''
}

@test "a layer that somebody else has made is refused to an ordinary user" {
	user_setup
	mkdir -m 777 "$USER_HOME/layer"
	run_status 125 user run --overlay="$USER_HOME/layer" "$USER_ROOT" true
	expect_match "$stderr" "is not this user's alone \\(owner (0|65534), mode 777\\)"
	expect_equal "$(ls -A "$USER_HOME/layer")" ''
}

@test "a home directory in the image with .. in it makes nothing outside" {
	need_layer_in_memory
	export USER_ROOT USER_HOME
	sed -i 's|^root:.*|root:x:0:0:root:/a/b/c/d/e/../../../../../pwn:/bin/sh|' "$USER_ROOT/etc/passwd"
	as_user mkdir -p "$USER_ROOT/a/b/c/d/e" "$USER_ROOT/a/b/c/d/mounted" "$USER_ROOT/pwn"
	run_ok unshare --mount --propagation private bash -euc '
		mount -t tmpfs -o mode=755 mounted "$USER_ROOT/a/b/c/d/mounted"
		"$@" run --overlay "$USER_ROOT" sh -c "echo \$HOME"
		# And on the way down, not only up.
		sed -i "s|^root:.*|root:x:0:0:root:/a/./b/../../pwn:/bin/sh|" "$USER_ROOT/etc/passwd"
		"$@" run --overlay "$USER_ROOT" sh -c "echo \$HOME"
	' bash "${AS_USER[@]}" "$USER_MINI_RUN"
	expect_equal "$output" $'/a/b/c/d/e/../../../../../pwn\n/a/./b/../../pwn'
	expect_equal "$(ls "$USER_HOME")" $'rootfs\nrun'
}

@test "with CAP_SYS_ADMIN an ordinary user's large files beside mounts are left out, as they could be made writable" {
	need_layer_in_memory
	export USER_ROOT
	as_user mkdir -p "$USER_ROOT/top/mounted"
	run_ok unshare --mount --propagation private bash -euc '
		mount -t tmpfs -o mode=755 mounted "$USER_ROOT/top/mounted"
		cd "$USER_ROOT/top"
		for name in large larger others; do
			dd if=/dev/zero of="$name" bs=1M count=2 2>/dev/null
		done
		chown --reference=mounted/.. large larger
		"$@" run --overlay --cap-add SYS_ADMIN "$USER_ROOT" sh -c "
			mount -o remount,rw,bind /top/large
			echo written >/top/large
			wc -c </top/others
			mount -o remount,rw,bind /top/others && echo written >/top/others
		" 2>errors || true
		stat -c %s large larger others
		grep -c "left out" errors
		grep -o "top/large[a-z]* and 1 more.* left out" errors | wc -l
		"$@" run --overlay "$USER_ROOT" sh -c "wc -c </top/large"
	' bash "${AS_USER[@]}" "$USER_MINI_RUN"
	expect_equal "$output" $'2097152\n2097152\n2097152\n2097152\n1\n1\n2097152'
	expect_equal "$stderr" ''
}
