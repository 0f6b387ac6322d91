#!/usr/bin/env bats
#
# Known attacks on container runtimes, replayed: descriptors and working directories that lead out, links in the image,
# the runtime's own binary, files that the caller names. Each stands beside a careless way of doing the same, which has to
# fall for it: an attack that nobody falls for proves nothing.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2154 # status, output, stderr and lines are set by bats' run
load ../lib/common
load ../lib/probe

# With descriptors 7, 8 and 9 open on the host: a directory, a file with the canary, a program.
with_descriptors() { "$@" 7<"$CANARY" 8<"$CANARY/file" 9<"$MINI_RUN"; }

# careless COMMAND...: a container by a plain chroot, with the host's /proc, and everything inherited.
careless()
{
	unshare --mount --propagation private bash -euc 'mount -t proc proc "$ROOT/proc"; exec chroot "$ROOT" "$@"' bash "$@"
}

# ---- working directory (CVE-2024-21626) ---------------------------------------------------------------------------

@test "a working directory that is a descriptor of the caller leads nowhere" {
	local cwd

	need_root
	new_root
	canary_make
	# The control: the caller's directory is there for a careless runtime.
	run_ok with_descriptors careless sh -c 'cd /proc/self/fd/7 && cat file'
	expect_equal "$output" untouched

	ln -s /proc/self/fd/7 "$ROOT/link"
	ln -s /proc/1/cwd "$ROOT/link-cwd"
	for cwd in /proc/self/fd/{0..12} /proc/self/fd/{7,8,9}/.. /proc/self/fd/7/../.. /proc/1/fd/7 /proc/thread-self/fd/7 \
		/link /link-cwd /link/../.. /proc/1/root/../.. /proc/self/task/1/fd/7 /dev/fd/7; do
		run --separate-stderr with_descriptors inside -w "$cwd" -- sh -c 'cat file 2>/dev/null; ls canary 2>/dev/null; pwd -P; stat -c %d:%i .'
		if [[ $output == *untouched* || $output == *unreachable* ]] || ((status != 0 && status != 125)) ||
			[[ $status == 0 && $output == *"$(stat -c %d:%i "$CANARY")"* ]]; then
			echo "-w $cwd"
			show_result
			return 1
		fi
	done
	canary_intact
}

@test "a working directory that is none is an error that names it" {
	need_root
	new_root
	refused '/no/such' -w /no/such -- true
	refused '/etc/passwd' -w /etc/passwd -- true
	refused 'absolute' -w etc -- true
	refused '' -w '' -- true
	# A relative command is looked for there.
	mkdir "$ROOT/work"
	cp "$PROBE" "$ROOT/work/tool"
	run_ok inside -w /work -- ./tool fds
}

# ---- the command ----------------------------------------------------------------------------------------------

@test "a command that is a descriptor of the caller is not there" {
	local command

	need_root
	new_root
	canary_make
	cp "$PROBE" "$CANARY/program"
	canary_state >"$BATS_TEST_TMPDIR/canary.before"
	run_ok careless /proc/self/fd/9 fds 9<"$CANARY/program"
	expect_match "$output" '9='

	printf '#!/proc/self/fd/9 fds\n' >"$ROOT/script"
	chmod 755 "$ROOT/script"
	ln -s /proc/self/fd/9 "$ROOT/link"
	for command in /proc/self/fd/{3..12} /proc/1/fd/9 /dev/fd/9 /script /link /proc/thread-self/fd/9; do
		try inside -- "$command" fds 9<"$CANARY/program" 8</
		if [[ $output ]] || ((status != 126 && status != 127)); then
			echo "$command"
			show_result
			return 1
		fi
	done
	canary_intact
}

@test "the host's binary is not reached by /proc/self/exe (CVE-2019-5736)" {
	local before command

	need_root
	new_root
	before=$(sha256sum <"$MINI_RUN")
	printf '#!/proc/self/exe\n' >"$ROOT/script"
	chmod 755 "$ROOT/script"
	ln -s /proc/self/exe "$ROOT/link"
	for command in /script /link /proc/self/exe /proc/1/exe; do
		try inside -- "$command" --version
		if [[ $output$stderr == *"mini-run 0"* ]]; then
			echo "$command ran the host's binary"
			show_result
			return 1
		fi
	done
	# What PID 1 is can be written to only where it is a file of the container; the init is in sealed memory.
	run_ok inside --init -- /mnt/probe open w /proc/1/exe
	[[ $(fact /proc/1/exe) =~ ^(ETXTBSY|EPERM|EACCES)$ ]]
	run_ok inside --init -- readlink /proc/1/exe
	expect_match "$output" '^/memfd:mini-run-init'
	run_ok inside -- readlink /proc/1/exe
	expect_equal "$output" /bin/busybox
	expect_equal "$(sha256sum <"$MINI_RUN")" "$before"
}

@test "the loader and the libraries of the image do not run in mini-run" {
	need_root
	new_root
	canary_make
	mkdir -p "$ROOT/lib/x86_64-linux-gnu" "$ROOT/etc"
	cp "$PROBE" "$ROOT/lib/x86_64-linux-gnu/libnss_files.so.2"
	echo /lib/evil.so >"$ROOT/etc/ld.so.preload"
	echo 'passwd: evil' >"$ROOT/etc/nsswitch.conf"
	run_ok inside -u user:tty -- id -u
	expect_equal "$output" 1000
	# It has no loader that could. The machine has no readelf; the file is the one that was looked at outside.
	is_vm || run ! grep -q INTERP <(readelf -l "$REPO/build/mini-run")
	canary_intact
}

# ---- mounts -----------------------------------------------------------------------------------------------------

@test "/dev of the image, with links for console, pts, null and shm, is not what is filled" {
	local name

	need_root
	new_root
	canary_make
	rm -rf "${ROOT:?}/dev"
	mkdir "$ROOT/dev"
	for name in console pts null ptmx shm fd stdin tty mqueue; do
		ln -s "$CANARY/file" "$ROOT/dev/$name"
	done
	ln -sfn "$CANARY/directory" "$ROOT/dev/pts"
	# The control: what fills it by path ends up outside.
	ln -sfn "$CANARY" "$ROOT/dev/shm"
	touch "$ROOT/dev/shm/control"
	run ! canary_intact
	rm "$CANARY/control"
	canary_state >"$BATS_TEST_TMPDIR/canary.before"
	run_ok inside -- sh -c 'echo x >/dev/null; echo x >/dev/shm/file; ls /dev/pts'
	run --separate-stderr inside -t -- sh -c 'echo x >/dev/console'
	expect_equal "$status" 0
	canary_intact
	expect_equal "$(readlink "$ROOT/dev/console")" "$CANARY/file"
}

@test "a link for a masked or read-only path does not move the mask" {
	need_root
	new_root
	canary_make
	# All masks are below a /proc that is mini-run's own; below /sys without --sysfs there is the image's.
	rm -rf "${ROOT:?}/sys"
	ln -s "$CANARY" "$ROOT/sys"
	run inside -- true
	((status == 0 || status == 125))
	canary_intact
}

@test "a source by a magic link is what the caller sees, and not found later anew" {
	need_root
	canary_make
	run_ok with_descriptors "$MINI_RUN" run -v /proc/self/fd/7:/mnt:ro "$ROOTFS" cat /mnt/file
	expect_equal "$output" untouched
	ln -s "$CANARY" "$BATS_TEST_TMPDIR/link"
	run_ok "$MINI_RUN" run -v "$BATS_TEST_TMPDIR/link:/mnt:ro" "$ROOTFS" cat /mnt/file
	expect_equal "$output" untouched
	canary_intact
}

@test "a root file system that is a link is what it leads to; the machine's own root is refused" {
	need_root
	new_root
	ln -s "$ROOT" "$BATS_TEST_TMPDIR/link"
	run_ok "$MINI_RUN" run "$BATS_TEST_TMPDIR/link" stat -c %d:%i /
	expect_equal "$output" "$(stat -c %d:%i "$ROOT")"
	ROOT=/ refused 'own root' -- true
	ln -s / "$BATS_TEST_TMPDIR/slash"
	ROOT=$BATS_TEST_TMPDIR/slash refused 'own root' -- true
	ROOT=/proc/self/root refused 'own root' -- true
	ROOT=/proc/self/root/usr/.. refused 'own root' -- true
}

@test "options with commas, newlines and spaces become part of no mount option" {
	local odd

	need_root
	new_root
	for odd in 'a,b' $'new\nline' 'sp ace' 'back\slash' 'ro,suid' '$(touch x)' 'per%cent'; do
		mkdir -p "$BATS_TEST_TMPDIR/src/$odd"
		echo "$odd" >"$BATS_TEST_TMPDIR/src/$odd/file"
		run_ok inside -v "$BATS_TEST_TMPDIR/src/$odd:/v/$odd:ro" -- cat "/v/$odd/file"
		expect_equal "$output" "$odd"
		[[ -d $ROOT/v/$odd ]]
	done
	run --separate-stderr inside --tmpfs $'/t:size=1m\nsuid' -- true
	expect_equal "$status" 125
	run --separate-stderr inside --tmpfs '/t:uid=0\,suid' -- true
	expect_equal "$status" 125
}

@test "open_by_handle_at is refused, with the capability that it needs missing too (shocker)" {
	need_root
	canary_make
	# The control: on the host it works where the filesystem has handles.
	output=$("$PROBE" handle "$CANARY/file")
	if [[ $(fact name) != OK ]]; then
		skip "this filesystem has no handles"
	fi
	expect_fact open OK
	new_root
	run_ok inside -v "$CANARY:/srv:ro" -- /mnt/probe handle /srv/file
	expect_fact open EPERM
	run_ok inside -v "$CANARY:/srv:ro" --security-opt seccomp=unconfined -- /mnt/probe handle /srv/file
	expect_fact open EPERM
	run_ok inside -v "$CANARY:/srv:ro" --cap-add DAC_READ_SEARCH -- /mnt/probe handle /srv/file
	expect_fact open OK
}

@test "release_agent of a v1 hierarchy cannot be reached (CVE-2022-0492)" {
	need_root
	new_root
	local -a agents
	mapfile -t agents < <(find /sys/fs/cgroup -maxdepth 2 -name release_agent 2>/dev/null)
	run_ok inside --sysfs --security-opt seccomp=unconfined -- sh -c '
		for i in $(find /sys/fs/cgroup -name release_agent); do (echo /evil >$i) 2>/dev/null && echo wrote=$i; done
		unshare -UrmC sh -c "mount -t cgroup -o rdma none /tmp && echo /evil >/tmp/release_agent && echo wrote=new" 2>/dev/null
		mount -t cgroup -o memory none /tmp 2>/dev/null && echo mounted=1
		echo done=1'
	expect_equal "$output" done=1
	if ((${#agents[@]} > 0)); then
		run ! grep -q evil "${agents[@]}"
	fi
}

# ---- files and names on the host --------------------------------------------------------------------------------

@test "a pid file or cid file that is a link does not write through it" {
	need_root
	canary_make
	ln -s "$CANARY/file" "$BATS_TEST_TMPDIR/pid-link"
	# The control.
	: >>"$BATS_TEST_TMPDIR/pid-link"
	[[ -L $BATS_TEST_TMPDIR/pid-link ]]
	canary_state >"$BATS_TEST_TMPDIR/canary.before"
	run inside --pid-file "$BATS_TEST_TMPDIR/pid-link" -- true
	canary_intact
	ln -s "$CANARY/new" "$BATS_TEST_TMPDIR/cid-link"
	run inside --cidfile "$BATS_TEST_TMPDIR/cid-link" -- true
	canary_intact
}

@test "names of containers stay names" {
	local name

	need_root
	for name in ../x x/y . .. .x ... '' ' ' 'a b' $'a\nb' $'a\e[31m' 'ä' "$(printf 'x%.0s' {1..256})" '*' '$x' 'a:b' '/etc' '~'; do
		run --separate-stderr inside --name "$name" -- true
		if ((status != 125)) || [[ $stderr == *$'\e'* || $stderr == *$'\n'* ]]; then
			printf 'for --name %q\n' "$name"
			show_result
			return 1
		fi
	done
	for name in _x +x x.y-z_1+2 "$(printf 'x%.0s' {1..255})" 0; do
		run_ok inside "--name=$name" -- true
	done
}

@test "the state of a container is nobody's to read but root's, and nothing listens where a container could connect" {
	local inode sockets=0

	need_root
	container_start --name state-1
	expect_equal "$(stat -c %a:%u /run/mini-run)" 700:0
	[[ -z $(find /run/mini-run/state-1 -perm /077 ! -type l) ]]
	# An abstract socket knows no directories, and the container has the host's network: none of mini-run's own
	# sockets has a name. (The eighth field of /proc/net/unix.)
	for inode in $(find "/proc/$KEEPER/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n'); do
		expect_equal "$(awk -v inode="$inode" '$7 == inode { print $8 }' /proc/net/unix)" ''
		sockets=$((sockets + 1))
	done
	echo "$sockets sockets"
	run_ok inside -- sh -c 'grep @ /proc/net/unix | grep -i -c mini-run; true'
	expect_equal "$output" 0
}

@test "mini-run itself cannot be seen or traced from inside while the command starts" {
	need_root
	# A process that watches from the first moment: nothing in the container ever is mini-run.
	run_ok inside -- sh -c 'for i in /proc/[0-9]*; do readlink $i/exe; done | sort -u | xargs; ls /proc | grep -c "^[0-9]"'
	expect_match "${lines[0]}" '^/bin/busybox$'
}

@test "as a set-user-id program mini-run gives an ordinary user nothing" {
	need_root
	run own_mounts '
		cp "$MINI_RUN" "$FS/mini-run"
		chmod 4755 "$FS/mini-run"
		chmod 755 "$FS"
		mkdir -p "$FS/secret"
		chmod 700 "$FS/secret"
		cp -a "$ROOTFS" "$FS/root"
		echo secret >"$FS/secret/file"
		chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" 2>/dev/null || true
		setpriv --reuid 1000 --regid 1000 --clear-groups "$FS/mini-run" run -v "$FS/secret:/mnt" "$FS/root" cat /mnt/file
	'
	((status != 0))
	[[ $output != *secret ]]
	expect_match "$output" '[Ss]et-user-id|setuid'
}

@test "a container name and a root with terminal codes in it do not reach the terminal raw" {
	need_root
	local odd=$BATS_TEST_TMPDIR/$'odd\e]0;x\a\nline'
	mkdir "$odd"
	try "$MINI_RUN" run "$odd" true
	((status == 125 || status == 127))
	[[ $stderr != *$'\e'* && $stderr != *$'\a'* && $stderr != *$'\n'* ]]
	try "$MINI_RUN" run "$ROOTFS" $'/no\e[31m/such\ncommand'
	expect_equal "$status" 127
	[[ $stderr != *$'\e'* && $stderr != *$'\n'* ]]
}
