#!/usr/bin/env bats
#
# /dev: what is in it, what --device adds, and that no other device of the host can be opened, however its node
# came to be.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2154 # status, output, stderr and lines are set by bats' run
load ../lib/common
load ../lib/probe

# A device that every host has, that is not in the default list, and that does nothing when it is opened.
EXTRA=/dev/cpu_dma_latency

need_extra()
{
	[[ -c $EXTRA ]] || skip "this host has no $EXTRA"
	numbers=$(stat -c '%t %T' "$EXTRA")
	numbers="$((16#${numbers% *})) $((16#${numbers#* }))"
}

# block_device: "MAJOR MINOR" of a disk of this host.
block_device()
{
	tr : ' ' <"$(find /sys/class/block/ -mindepth 1 | sort | head -n 1)/dev"
}

@test "/dev has the six nodes, the links, pts and shm, and nothing else" {
	need_root
	run_ok inside -- sh -c 'cd /dev; for i in *; do
		if [ -L $i ]; then echo "$i=$(readlink $i)"; else echo "$i=$(stat -c "%F %t:%T %a %u:%g" $i)"; fi; done'
	expect_equal "$(cut -d= -f1 <<<"$output" | xargs)" \
		'fd full null ptmx pts random shm stderr stdin stdout tty urandom zero'
	expect_fact null 'character special file 1:3 666 0:0'
	expect_fact zero 'character special file 1:5 666 0:0'
	expect_fact full 'character special file 1:7 666 0:0'
	expect_fact random 'character special file 1:8 666 0:0'
	expect_fact urandom 'character special file 1:9 666 0:0'
	expect_fact tty 'character special file 5:0 666 0:0'
	expect_fact ptmx pts/ptmx
	expect_fact fd /proc/self/fd
	expect_fact stdin /proc/self/fd/0
	expect_fact stdout /proc/self/fd/1
	expect_fact stderr /proc/self/fd/2
	expect_match "$(fact shm)" '^directory 0:0 1777 0:0$'
	expect_match "$(fact pts)" '^directory 0:0 755 0:0$'
}

@test "the devices work, for an ordinary user too" {
	need_root
	run_ok inside -u 1000 -- sh -c '
		echo "zero=$(head -c 4 /dev/zero | od -An -tx1 | xargs)"
		echo "random=$(head -c 4 /dev/random | wc -c) $(head -c 4 /dev/urandom | wc -c)"
		echo "null=$(cat /dev/null | wc -c)"
		echo x >/dev/null && echo write-null=yes
		echo x >/dev/full 2>/dev/null || echo write-full=no
		echo x >/dev/shm/file && echo shm=yes
		echo in | cat /dev/stdin
		/mnt/probe open rw /dev/ptmx /dev/pts/ptmx'
	expect_fact zero '00 00 00 00'
	expect_fact random '4 4'
	expect_fact null 0
	expect_fact write-null yes
	expect_fact write-full no
	expect_fact shm yes
	expect_fact /dev/ptmx OK
	expect_fact /dev/pts/ptmx OK
	grep -qx in <<<"$output"
	run_ok inside -- sh -c 'echo out >/dev/stdout; echo err >/dev/stderr; echo in | cat /dev/fd/0'
	expect_equal "$output $stderr" $'out\nin err'
}

@test "without a terminal there is none; with -t it is pts/0 of an instance of its own, and /dev/console" {
	need_root
	run_ok inside -- sh -c 'ls /dev/pts; /mnt/probe process; stat -c pts=%d /dev/pts'
	expect_equal "$(head -n 1 <<<"$output")" ptmx
	expect_fact tty ENXIO
	[[ $(fact pts) != "$(stat -c %d /dev/pts)" ]]

	run --separate-stderr inside -t -- sh -c 'tty; ls /dev/pts; stat -c "console=%F %t:%T" /dev/console
		stat -c "own=%t:%T %a %u" /dev/pts/0
		/mnt/probe process; /mnt/probe open rw /dev/tty /dev/console'
	output=$(tr -d '\r' <<<"$output")
	expect_equal "$(head -n 1 <<<"$output")" /dev/pts/0
	expect_fact tty OK
	expect_fact console 'character special file 88:0'
	expect_fact own '88:0 620 0'
	expect_fact /dev/tty OK
	expect_fact /dev/console OK

	# The terminal belongs to the user.
	run --separate-stderr inside -t -u 1000 -- stat -c 'own=%u' /dev/pts/0
	output=$(tr -d '\r' <<<"$output")
	expect_fact own 1000
}

@test "shared memory and message queues are the container's own" {
	need_root
	echo canary >"/dev/shm/mini-run-test-$$"
	run inside -- sh -c 'ls -A /dev/shm; stat -f -c "blocks=%b size=%S" /dev/shm; cat /proc/sysvipc/shm | wc -l'
	rm "/dev/shm/mini-run-test-$$"
	expect_equal "$status" 0
	[[ $output != *mini-run-test* ]]
	# What is written there has an end.
	expect_match "$output" 'blocks=16384 size=4096'
	expect_equal "${lines[-1]}" 1
}

@test "the node of any other device can be made and not opened: not in /dev, not in the root file system" {
	need_root
	new_root
	local block
	block=$(block_device)
	cat >"$ROOT/make" <<-END
		for dir in /dev /tmp /dev/shm; do
			mknod \$dir/disk b $block && mknod \$dir/mem c 1 1 && mknod \$dir/kmsg c 1 11 &&
				mknod \$dir/port c 1 4 && mknod \$dir/fuse c 10 229 && mknod \$dir/tun c 10 200 &&
				mknod \$dir/console2 c 4 64 && echo \$dir=made
			for i in disk mem kmsg port fuse tun console2; do
				/mnt/probe open r \$dir/\$i
				/mnt/probe open w \$dir/\$i
			done
		done
	END
	run_ok inside -- sh /make
	expect_fact /dev made
	expect_fact /tmp made
	expect_equal "$(grep -c '^/dev/.*=EPERM$' <<<"$output")" 28
	expect_equal "$(grep -c '^/tmp/.*=EACCES$' <<<"$output")" 14
	# The nodes that stay behind in the root file system are dead in the next container as well.
	run_ok inside -- /mnt/probe open r /tmp/disk /tmp/kmsg
	expect_fact /tmp/disk EACCES
	# And with everything allowed they are alive: it is the boundary that stops them.
	rm "$ROOT/tmp/kmsg"
	mknod -m 666 "$ROOT/tmp/null" c 1 3
	run_ok inside --privileged -- sh -c 'mknod /dev/kmsg2 c 1 11; /mnt/probe open w /dev/kmsg2'
	expect_fact /dev/kmsg2 OK
	run_ok own_mounts '
		cp -a "$ROOT" "$FS/root"
		ROOT=$FS/root
		inside -- /mnt/probe open rw /tmp/null
		inside --privileged -- /mnt/probe open w /tmp/null
	'
	expect_equal "$output" $'/tmp/null=EACCES\n/tmp/null=OK'
}

@test "dropping MKNOD makes even that impossible" {
	need_root
	run inside --cap-drop MKNOD -- mknod /dev/kmsg c 1 11
	expect_equal "$status" 1
	run inside -u 1000 -- mknod /dev/shm/kmsg c 1 11
	expect_equal "$status" 1
}

@test "--device gives one device, by its own name or another, with its owner and mode" {
	need_root
	need_extra
	run_ok inside --device "$EXTRA" --device "$EXTRA:/dev/sub/dir/other" -- sh -c "
		stat -c 'node=%t:%T %a %u:%g' $EXTRA
		stat -c 'other=%t:%T' /dev/sub/dir/other
		/mnt/probe open r $EXTRA /dev/sub/dir/other
		/mnt/probe open w $EXTRA"
	expect_fact node "$(stat -c '%t:%T %a %u:%g' "$EXTRA")"
	expect_fact other "$(stat -c %t:%T "$EXTRA")"
	expect_equal "$(grep -c =OK <<<"$output")" 3
	# Without it there is no way.
	run_ok inside -- sh -c "mknod /dev/x c $numbers; /mnt/probe open r /dev/x"
	expect_fact /dev/x EPERM
}

@test "--device with r alone refuses writing, with w alone reading, with m alone both" {
	need_root
	need_extra
	local access
	for access in r w rw m; do
		run_ok inside --device "$EXTRA:/dev/x:$access" -- sh -c \
			'for i in r w rw; do echo "$i:$(/mnt/probe open $i /dev/x)"; done'
		case $access in
		r) expect_equal "$(xargs <<<"$output")" 'r:/dev/x=OK w:/dev/x=EPERM rw:/dev/x=EPERM' ;;
		w) expect_equal "$(xargs <<<"$output")" 'r:/dev/x=EPERM w:/dev/x=OK rw:/dev/x=EPERM' ;;
		rw) expect_equal "$(xargs <<<"$output")" 'r:/dev/x=OK w:/dev/x=OK rw:/dev/x=OK' ;;
		m) expect_equal "$(xargs <<<"$output")" 'r:/dev/x=EPERM w:/dev/x=EPERM rw:/dev/x=EPERM' ;;
		esac
	done
	# The short form of docker.
	run_ok inside --device "$EXTRA:r" -- sh -c "/mnt/probe open r $EXTRA; /mnt/probe open w $EXTRA"
	expect_equal "$output" "$EXTRA=OK"$'\n'"$EXTRA=EPERM"
}

@test "--device of the standard ones changes what may be done with them, and nothing is refused" {
	need_root
	run_ok inside --device /dev/null --device /dev/zero:/dev/zeros -- sh -c 'echo x >/dev/null && head -c 2 /dev/zeros | wc -c'
	expect_equal "$output" 2
}

@test "wrong devices are refused before anything is made" {
	need_root
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	touch "$BATS_TEST_TMPDIR/file"
	refused '/dev/no-such' --device /dev/no-such -- true
	refused 'fifo' --device "$BATS_TEST_TMPDIR/fifo:/dev/x" -- true
	refused 'file' --device "$BATS_TEST_TMPDIR/file:/dev/x" -- true
	refused '/dev/shm' --device /dev/shm -- true
	refused 'below /dev' --device /dev/zero:/etc/zero -- true
	refused 'below /dev' --device /dev/zero:/dev -- true
	refused '\.\.' --device /dev/zero:/dev/../etc/zero -- true
	refused 'absolute' --device zero -- true
	refused 'access' --device /dev/zero:/dev/x:q -- true
	refused '' --device '' -- true
	refused 'twice' --device /dev/zero:/dev/x --device /dev/full:/dev/x -- true
	refused '/dev/null' --device /dev/zero:/dev/null -- true
}

@test "--privileged allows every device, and still makes a /dev of its own" {
	need_root
	need_extra
	run_ok inside --privileged -- sh -c "ls /dev | xargs; mknod /dev/x c $numbers; /mnt/probe open rw /dev/x"
	expect_equal "$(head -n 1 <<<"$output")" 'fd full null ptmx pts random shm stderr stdin stdout tty urandom zero'
	expect_fact /dev/x OK
}

@test "the device rules never are in the way of the container's own start, however slowly they are written" {
	need_root
	# Each write that mini-run makes outside, those of the v1 rules among them, takes 5 ms longer.
	for _ in 1 2 3; do
		run_ok env ASAN_OPTIONS=detect_leaks=0 strace -o "$BATS_TEST_TMPDIR/trace" -e trace=write -e inject=write:delay_exit=5000 \
			"$MINI_RUN" run "$ROOTFS" sh -c 'echo x >/dev/null && mknod /dev/kmsg c 1 11 && ! cat /dev/kmsg'
		expect_match "$stderr" 'not permitted'
	done
	grep -q DELAYED "$BATS_TEST_TMPDIR/trace"
}
