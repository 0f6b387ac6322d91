#!/usr/bin/env bats
#
# What is mounted in a container: volumes, tmpfs, the read-only root, /sys; that a link in the root file system
# leads nowhere; and that no mount passes between the container and the host.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2154 # status, output, stderr and lines are set by bats' run
load ../lib/common
load ../lib/probe

# mount_words DESTINATION: flags and filesystem options of the mount there, from mountinfo in $output.
mount_words()
{
	awk -v at="$1" '$5 == at { for (i = 7; $i != "-"; i++); print $6 "," $(i + 3) }' <<<"$output" | tail -n 1
}

# expect_words DESTINATION WORD...: !WORD must not be there.
expect_words()
{
	local at=$1 words word
	shift

	words=,$(mount_words "$at"),
	for word in "$@"; do
		if [[ $word == !* && $words == *",${word#!},"* || $word != !* && $words != *",$word,"* ]]; then
			printf '%s: wanted %s, has %s\n' "$at" "$word" "$words"
			return 1
		fi
	done
}

# ---- volumes ----------------------------------------------------------------------------------------------

@test "a volume has the flags that its options name, and nodev by default" {
	need_root
	run_ok own_mounts '
		cp -a "$ROOTFS" "$FS/root"
		ROOT=$FS/root
		mkdir "$FS/src"
		v=$FS/src:/v
		inside -v "$v/default" -v "$v/rw:rw" -v "$v/ro:ro" -v "$v/rro:rro" -v "$v/nosuid:nosuid" -v "$v/dev:dev" \
			-v "$v/noexec:noexec" -v "$v/nosymfollow:nosymfollow" -v "$v/noatime:noatime" \
			-v "$v/strictatime:strictatime" -v "$v/nodiratime:nodiratime" -v "$v/relatime:relatime" \
			-v "$v/last:ro,nosuid,noexec,rw,suid,exec,dev" -v "$v/many:ro,nosuid,noexec,nosymfollow,rprivate" \
			-v "$v/bind:bind,ro" --mount "type=bind,src=$FS/src,dst=/v/mount" \
			--mount "dst=/v/mount-ro,readonly,source=$FS/src,type=bind" \
			--mount "type=bind,source=$FS/src,target=/v/mount-words,ro=true,noexec,nosuid,dev,bind-nonrecursive" \
			--mount "type=bind,source=$FS/src,destination=/v/mount-rw,ro=false,bind-propagation=private" \
			-- cat /proc/self/mountinfo
	'
	expect_words /v/default rw nodev relatime '!nosuid' '!noexec' '!ro'
	expect_words /v/rw rw nodev
	expect_words /v/ro ro nodev
	expect_words /v/rro ro nodev
	expect_words /v/nosuid nosuid nodev rw
	expect_words /v/dev '!nodev' rw
	expect_words /v/noexec noexec nodev
	expect_words /v/nosymfollow nosymfollow
	expect_words /v/noatime noatime '!relatime'
	expect_words /v/strictatime '!relatime' '!noatime'
	expect_words /v/nodiratime nodiratime
	expect_words /v/relatime relatime
	expect_words /v/last rw '!nosuid' '!noexec' '!nodev'
	expect_words /v/many ro nosuid noexec nosymfollow nodev
	expect_words /v/bind ro nodev
	expect_words /v/mount rw nodev
	expect_words /v/mount-ro ro nodev
	expect_words /v/mount-words ro noexec nosuid '!nodev'
	expect_words /v/mount-rw rw nodev
	# No mount of the container has a peer anywhere.
	run ! grep -E 'shared:|master:' <<<"$output"
}

@test "flags of a volume work: read-only, noexec, nodev, nosymfollow; without them it does" {
	need_root
	run_ok own_mounts '
		mkdir "$FS/src"
		cp "$PROBE" "$FS/src/probe"
		mknod -m 666 "$FS/src/null" c 1 3
		ln -s probe "$FS/src/link"
		cp -a "$ROOTFS" "$FS/root"
		ROOT=$FS/root
		inside -v "$FS/src:/v/plain:dev" -v "$FS/src:/v/ro:ro" -v "$FS/src:/v/noexec:noexec" -v "$FS/src:/v/nodev" \
			-v "$FS/src:/v/nosymfollow:nosymfollow" -- sh -c "
			/mnt/probe open w /v/plain/probe /v/ro/probe /v/plain/null /v/nodev/null /v/nosymfollow/link
			touch /v/ro/new 2>/dev/null || echo touch=no
			touch /v/plain/new && echo touch-plain=yes
			/v/plain/link fds >/dev/null && echo exec-plain=yes
			/v/noexec/probe fds 2>/dev/null || echo exec-noexec=no
			"
		[[ -e $FS/src/new ]]
	'
	expect_fact /v/plain/probe OK
	expect_fact /v/ro/probe EROFS
	expect_fact /v/plain/null OK
	expect_fact /v/nodev/null EACCES
	expect_fact /v/nosymfollow/link ELOOP
	expect_fact touch no
	expect_fact touch-plain yes
	expect_fact exec-plain yes
	expect_fact exec-noexec no
}

@test "a volume shows what is mounted below its source, read-only if it is; with bind it does not" {
	need_root
	run_ok own_mounts '
		mkdir -p "$FS/src/below"
		mount -t tmpfs below "$FS/src/below"
		mkdir "$FS/src/below/deeper"
		mount -t tmpfs deeper "$FS/src/below/deeper"
		touch "$FS/src/below/deeper/file"
		cp -a "$ROOTFS" "$FS/root"
		ROOT=$FS/root
		inside -v "$FS/src:/v/rw" -v "$FS/src:/v/ro:ro" -v "$FS/src:/v/bind:bind" -v "$FS/src:/v/rbind:bind,rbind,rro" -- \
			/mnt/probe open w /v/rw/below/deeper/file /v/ro/below/deeper/file /v/ro/below/x \
			/v/bind/below/deeper/file /v/rbind/below/deeper/file
	'
	expect_fact /v/rw/below/deeper/file OK
	expect_fact /v/ro/below/deeper/file EROFS
	expect_fact /v/bind/below/deeper/file ENOENT
	expect_fact /v/rbind/below/deeper/file EROFS
}

@test "no option takes away a flag that the source's own mount has" {
	need_root
	run_ok own_mounts '
		mkdir "$FS/src"
		mount -t tmpfs -o nosuid,nodev,noexec,ro hard "$FS/src"
		cp -a "$ROOTFS" "$FS/root"
		ROOT=$FS/root
		inside -v "$FS/src:/v/soft:rw,suid,dev,exec" -- cat /proc/self/mountinfo
	'
	expect_words /v/soft ro nosuid nodev noexec
}

@test "mounts made later come and go as the propagation says: rslave shows them, rprivate does not" {
	need_root
	run_ok own_mounts '
		mount --make-shared "$FS"
		mkdir -p "$FS/src/later"
		cp -a "$ROOTFS" "$FS/root"
		ROOT=$FS/root
		inside -v "$FS/src:/v/rprivate" -v "$FS/src:/v/rslave:rslave" -v "$FS/src:/v/rshared:rshared" -- sh -c "
			touch /ready
			until [ -e /go ]; do sleep 0.1; done
			for i in rprivate rslave rshared; do
				echo \$i=\$(ls /v/\$i/later)
			done
			" 3>&- &
		eventually test -e "$FS/root/ready"
		mount -t tmpfs later "$FS/src/later"
		touch "$FS/src/later/file" "$FS/root/go"
		wait $!
	'
	expect_fact rprivate ''
	expect_fact rslave file
	expect_fact rshared file
}

@test "a file is mounted on a file, made where there is none" {
	need_root
	new_root
	echo from-the-host >"$BATS_TEST_TMPDIR/file"
	run_ok inside -v "$BATS_TEST_TMPDIR/file:/etc/hosts:ro" -v "$BATS_TEST_TMPDIR/file:/new/place/file" -- \
		sh -c 'cat /etc/hosts /new/place/file; echo changed >/new/place/file; echo x >/etc/hosts || echo refused'
	expect_equal "$output" $'from-the-host\nfrom-the-host\nrefused'
	expect_equal "$(cat "$BATS_TEST_TMPDIR/file")" changed
	grep -q localhost "$ROOT/etc/hosts"
	[[ -f $ROOT/new/place/file && ! -s $ROOT/new/place/file ]]
}

@test "a directory on a file and a file on a directory are errors that say so" {
	need_root
	new_root
	touch "$BATS_TEST_TMPDIR/file"
	refused '/etc/hosts' -v "$BATS_TEST_TMPDIR:/etc/hosts" -- true
	refused '/etc' -v "$BATS_TEST_TMPDIR/file:/etc" -- true
	refused '/etc/hosts/below' -v "$BATS_TEST_TMPDIR/file:/etc/hosts/below" -- true
}

@test "a relative source is the caller's, and a name without a slash is none" {
	need_root
	mkdir "$BATS_TEST_TMPDIR/work"
	echo here >"$BATS_TEST_TMPDIR/work/file"
	cd "$BATS_TEST_TMPDIR/work"
	run_ok "$MINI_RUN" run -v .:/mnt "$ROOTFS" cat /mnt/file
	expect_equal "$output" here
	run_ok "$MINI_RUN" run -v ../work:/mnt "$ROOTFS" cat /mnt/file
	expect_equal "$output" here
	run_ok "$MINI_RUN" run --mount type=bind,src=./,dst=/mnt "$ROOTFS" cat /mnt/file
	expect_equal "$output" here
	refused 'named volumes' -v work:/mnt -- true
}

@test "what a volume cannot be is refused before anything is made, and the message names it" {
	need_root
	new_root
	local before
	before=$(find "$ROOT" | sort)
	refused '/no/such/source' -v /no/such/source:/v/x -- true
	[[ ! -e /no/such/source && ! -e $ROOT/v ]]
	refused '' -v "$BATS_TEST_TMPDIR" -- true
	refused 'source is empty' -v :/v -- true
	refused 'absolute' -v "$BATS_TEST_TMPDIR:v" -- true
	refused 'absolute' -v "$BATS_TEST_TMPDIR:" -- true
	refused '\.\.' -v "$BATS_TEST_TMPDIR:/v/../../x" -- true
	refused 'root directory' -v "$BATS_TEST_TMPDIR:/" -- true
	refused 'root directory' -v "$BATS_TEST_TMPDIR://./" -- true
	refused 'own' -v "$BATS_TEST_TMPDIR:/dev" -- true
	refused 'own' -v "$BATS_TEST_TMPDIR:/dev//pts/" -- true
	refused 'wibble' -v "$BATS_TEST_TMPDIR:/v:wibble" -- true
	refused 'empty part' -v "$BATS_TEST_TMPDIR:/v:ro,,rw" -- true
	refused 'empty part' -v "$BATS_TEST_TMPDIR:/v:" -- true
	refused 'not an option' -v "$BATS_TEST_TMPDIR:/v:ro:rw" -- true
	refused 'type=bind' --mount "src=$BATS_TEST_TMPDIR,dst=/v" -- true
	refused 'type=bind' --mount "type=volume,src=$BATS_TEST_TMPDIR,dst=/v" -- true
	refused 'source' --mount "type=bind,dst=/v" -- true
	refused 'source' --mount "type=tmpfs,src=/x,dst=/v" -- true
	refused 'destination' --mount "type=tmpfs" -- true
	refused 'understood' --mount "type=tmpfs,dst=/v,tmpfs-colour=red" -- true
	refused 'understood' --mount "type=bind,src=$BATS_TEST_TMPDIR,dst=/v,ro=perhaps" -- true
	expect_equal "$(find "$ROOT" | sort)" "$before"
}

@test "a source whose name has a colon is reached by --mount" {
	need_root
	mkdir "$BATS_TEST_TMPDIR/a:b"
	echo colon >"$BATS_TEST_TMPDIR/a:b/file"
	run_ok "$MINI_RUN" run --mount "type=bind,src=$BATS_TEST_TMPDIR/a:b,dst=/mnt" "$ROOTFS" cat /mnt/file
	expect_equal "$output" colon
}

@test "mounts are made in their order" {
	need_root
	new_root
	mkdir "$BATS_TEST_TMPDIR"/{outer,inner} "$BATS_TEST_TMPDIR/outer/in"
	echo outer >"$BATS_TEST_TMPDIR/outer/in/file"
	echo inner >"$BATS_TEST_TMPDIR/inner/file"
	run_ok inside -v "$BATS_TEST_TMPDIR/outer:/v" -v "$BATS_TEST_TMPDIR/inner:/v/in" -- cat /v/in/file
	expect_equal "$output" inner
	run_ok inside -v "$BATS_TEST_TMPDIR/inner:/v/in" -v "$BATS_TEST_TMPDIR/outer:/v" -- cat /v/in/file
	expect_equal "$output" outer
	# Of options of several kinds too.
	run_ok inside --tmpfs /v -v "$BATS_TEST_TMPDIR/inner:/v/in" -- cat /v/in/file
	expect_equal "$output" inner
	run_ok inside -v "$BATS_TEST_TMPDIR/inner:/v/in" --mount type=tmpfs,dst=/v -- ls /v
	expect_equal "$output" ''
}

# ---- tmpfs ------------------------------------------------------------------------------------------------

@test "a tmpfs has the options asked for, and nosuid, nodev, noexec by default" {
	need_root
	new_root
	run_ok inside --tmpfs /t/default --tmpfs /t/loose:suid,dev,exec --tmpfs /t/ro:ro --tmpfs /t/size:size=1m \
		--tmpfs /t/ids:uid=1000,gid=5,mode=0750 --tmpfs /t/inodes:nr_inodes=16,noatime \
		--mount type=tmpfs,dst=/t/mount,tmpfs-size=64k,tmpfs-mode=1700 --mount type=tmpfs,target=/t/mount-ro,ro -- \
		sh -c 'cat /proc/self/mountinfo; for i in /t/*; do echo "$i=$(stat -c %a:%u:%g $i)"; done'
	expect_words /t/default rw nosuid nodev noexec
	expect_words /t/loose rw '!nosuid' '!nodev' '!noexec'
	expect_words /t/ro ro
	expect_words /t/size rw nosuid size=1024k
	expect_words /t/ids mode=750 uid=1000 gid=5
	expect_words /t/inodes nr_inodes=16 noatime
	expect_words /t/mount size=64k mode=1700 nosuid nodev noexec
	expect_words /t/mount-ro ro
	expect_fact /t/ids 750:1000:5
	expect_fact /t/mount 1700:0:0
	expect_fact /t/default 1777:0:0
}

@test "the size of a tmpfs is the end of it, and nothing of it reaches the root file system" {
	need_root
	new_root
	run_ok inside --tmpfs /tmp:size=1m -- sh -c '
		dd if=/dev/zero of=/tmp/small bs=64k count=8 2>/dev/null && echo small=yes
		dd if=/dev/zero of=/tmp/large bs=64k count=32 2>/dev/null || echo large=no
		cp /mnt/probe /tmp/probe 2>/dev/null; chmod 755 /tmp/probe; /tmp/probe fds 2>/dev/null || echo exec=no'
	expect_fact small yes
	expect_fact large no
	expect_fact exec no
	[[ ! -e $ROOT/tmp/small && ! -e $ROOT/tmp/large && ! -e $ROOT/tmp/probe ]]
}

@test "wrong options of a tmpfs are refused" {
	need_root
	refused 'size' --tmpfs /tmp:size=12q -- true
	refused 'size' --tmpfs /tmp:size=0 -- true
	refused 'size' --tmpfs /tmp:size=-1 -- true
	refused 'mode' --tmpfs /tmp:mode=888 -- true
	refused 'mode' --tmpfs /tmp:mode=77777 -- true
	refused 'uid' --tmpfs /tmp:uid=4294967295 -- true
	refused 'uid' --tmpfs /tmp:uid=4294967296 -- true
	refused 'gid' --tmpfs /tmp:gid=-1 -- true
	refused 'gid' --tmpfs /tmp:gid=+1 -- true
	refused 'not an option' --tmpfs /tmp:mpol=bind:0 -- true
	refused 'not an option' --tmpfs /tmp:context=x -- true
	refused 'not an option' --tmpfs /tmp:tmpcopyup -- true
	refused 'absolute' --tmpfs tmp -- true
	refused 'root directory' --tmpfs / -- true
	refused 'own' --tmpfs /dev -- true
}

# ---- the root ---------------------------------------------------------------------------------------------

@test "--read-only: the root cannot be written to, volumes and tmpfs on it can" {
	need_root
	new_root
	mkdir "$BATS_TEST_TMPDIR/src" "$ROOT/v"
	run_ok inside --read-only --tmpfs /tmp -v "$BATS_TEST_TMPDIR/src:/v" -- sh -c '
		for i in /new /etc/new /tmp/new /v/new /dev/shm/new /root/new /run/new; do
			if touch $i 2>/dev/null; then echo $i=yes; else echo $i=no; fi
		done
		echo x >/etc/hosts || echo write=no
		chmod 700 /etc 2>/dev/null || echo chmod=no
		rm /etc/passwd 2>/dev/null || echo rm=no
		/mnt/probe open w /etc/passwd'
	for place in /new /etc/new /root/new /run/new write chmod rm; do
		expect_fact "$place" no
	done
	for place in /tmp/new /v/new /dev/shm/new; do
		expect_fact "$place" yes
	done
	expect_fact /etc/passwd EROFS
	[[ -e $BATS_TEST_TMPDIR/src/new && ! -e $ROOT/tmp/new && ! -e $ROOT/v/new ]]
}

@test "--read-only holds for what is mounted below the root file system, too" {
	need_root
	run_ok own_mounts '
		cp -a "$ROOTFS" "$FS/root"
		mkdir "$FS/root/below"
		mount -t tmpfs below "$FS/root/below"
		mkdir "$FS/root/below/deeper"
		mount -t tmpfs deeper "$FS/root/below/deeper"
		touch "$FS/root/below/file" "$FS/root/below/deeper/file"
		ROOT=$FS/root
		inside --read-only -- /mnt/probe open w /below/file /below/deeper/file
		inside -- sh -c "touch /below/new /below/deeper/new && echo new=yes"
	'
	expect_fact /below/file EROFS
	expect_fact /below/deeper/file EROFS
	expect_fact new yes
}

@test "a root file system that is read-only on the host works, and a missing mount point is named" {
	need_root
	run_ok own_mounts '
		cp -a "$ROOTFS" "$FS/root"
		mount --bind "$FS/root" "$FS/root"
		mount -o remount,bind,ro "$FS/root"
		ROOT=$FS/root
		inside -- sh -c "echo pid=\$\$; touch /new 2>/dev/null || echo touch=no"
		if inside --tmpfs /not/there -- true; then
			exit 1
		fi
	'
	expect_fact pid 1
	expect_fact touch no
	expect_match "$stderr" '/not/there.*read-only'
}

@test "no mount can be changed from inside: not by root, and not without the filter" {
	need_root
	new_root
	local -a paths=(/ /mnt /v /proc/sys /proc /dev)
	mkdir "$BATS_TEST_TMPDIR/src"
	run_ok inside --read-only -v "$BATS_TEST_TMPDIR/src:/v:ro" -- /mnt/probe remount "${paths[@]}"
	expect_equal "$(grep -c '=EPERM$' <<<"$output")" 18
	# Without the filter the missing capability refuses it as well.
	run_ok inside --read-only -v "$BATS_TEST_TMPDIR/src:/v:ro" --security-opt seccomp=unconfined -- \
		/mnt/probe remount "${paths[@]}"
	expect_equal "$(grep -c '=EPERM$' <<<"$output")" 18
	# And the probe is able to, where it may.
	run_ok inside --privileged -v "$BATS_TEST_TMPDIR/src:/v:ro" -- /mnt/probe remount /v
	expect_fact mount:/v OK
}

# ---- no way between host and container ------------------------------------------------------------------------

@test "on a shared mount, too, the host sees no mount of the container and the container none made later" {
	need_root
	run_ok own_mounts '
		mount --make-rshared /
		cp -a "$ROOTFS" "$FS/root"
		mkdir "$FS/src" "$FS/root/late"
		ROOT=$FS/root
		cat /proc/self/mountinfo >"$FS/before"
		grep -q " $FS .*shared:" "$FS/before"
		inside --cap-add SYS_ADMIN --tmpfs /tmp -v "$FS/src:/v" -- sh -c "
			mkdir /v/mine
			mount -t tmpfs mine /v/mine
			mount -t tmpfs mine /run
			echo mine=\$(grep -c tmpfs.mine /proc/self/mountinfo)
			touch /ready
			until [ -e /go ]; do sleep 0.1; done
			echo late=\$(ls /late)
			" 3>&- &
		eventually test -e "$FS/root/ready"
		cat /proc/self/mountinfo >"$FS/during"
		mount -t tmpfs late "$FS/root/late"
		touch "$FS/root/late/file" "$FS/root/go"
		wait $!
		umount "$FS/root/late"
		cat /proc/self/mountinfo >"$FS/after"
		cmp "$FS/before" "$FS/during"
		cmp "$FS/before" "$FS/after"
	'
	expect_fact mine 2
	expect_fact late ''
}

@test "a container's mount table holds nothing of the host but its root and its volumes" {
	need_root
	run_ok inside -- cat /proc/self/mountinfo
	expect_equal "$(awk '{ print $5 }' <<<"$output" | grep -vE '^/proc/' | sort | xargs)" '/ /dev /dev/pts /mnt /proc'
	# Exactly one mount has no parent in the table: the root.
	expect_equal "$(awk '{ id[$1] = 1; parent[NR] = $2 } END { for (i in parent) n += !(parent[i] in id); print n }' \
		<<<"$output")" 1
}

# ---- links in the root file system ------------------------------------------------------------------------------

@test "a volume's destination that leads through links stays in the root file system" {
	need_root
	new_root
	canary_make
	mkdir "$BATS_TEST_TMPDIR/src" "$ROOT/links"
	touch "$BATS_TEST_TMPDIR/src/marker"
	ln -s "$CANARY" "$ROOT/links/absolute"
	ln -s "../../../../../../../../../../..$CANARY" "$ROOT/links/upward"
	ln -s / "$ROOT/links/slash"
	ln -s ../../../../../.. "$ROOT/links/dots"
	ln -s /nowhere/at/all "$ROOT/links/dangling"
	ln -s absolute "$ROOT/links/twice"
	ln -s /proc/self/cwd "$ROOT/links/magic"
	ln -s /proc/1/root "$ROOT/links/magic-root"
	ln -s loop "$ROOT/links/loop"
	ln -s "$CANARY" "$ROOT/links/chain0"
	for i in {1..39}; do
		ln -s "chain$((i - 1))" "$ROOT/links/chain$i"
	done
	# The control: a helper that joins strings goes straight to the host.
	mkdir "$ROOT/links/absolute/control"
	run ! canary_intact
	rmdir "$CANARY/control"
	canary_state >"$BATS_TEST_TMPDIR/canary.before"

	local link refusals=0
	for link in absolute upward slash dots twice dangling chain5 chain39 magic magic-root loop; do
		for destination in "/links/$link" "/links/$link/directory" "/links/$link/new/place" "/links/$link$CANARY"; do
			run --separate-stderr inside -v "$BATS_TEST_TMPDIR/src:$destination" -- /bin/true
			((status == 0 || status == 125)) || {
				echo "$destination"
				show_result
				return 1
			}
			((status == 0)) || refusals=$((refusals + 1))
			canary_intact
		done
	done
	# Links to themselves and magic ones are refused, the others work but for "/" itself.
	((refusals >= 12 && refusals <= 24))
	[[ -d $ROOT$CANARY/new/place || -d $ROOT$CANARY ]]
}

@test "a file that is to be made behind a dangling link is not made outside" {
	need_root
	new_root
	canary_make
	touch "$BATS_TEST_TMPDIR/file"
	ln -s "$CANARY/new" "$ROOT/dangling"
	ln -s "../../../../../../../..$CANARY/new" "$ROOT/dangling-upward"
	for destination in /dangling /dangling/below /dangling-upward /dangling-upward/x/y; do
		run inside -v "$BATS_TEST_TMPDIR/file:$destination" -- true
		((status == 0 || status == 125))
		run inside --tmpfs "$destination" -- true
		((status == 0 || status == 125))
	done
	canary_intact
}

@test "/proc and /sys that are links in the root file system are refused, and nothing behind a link for /dev is touched" {
	need_root
	new_root
	canary_make
	local place target before
	before=$(find "$ROOT/tmp" "$ROOT/etc" -printf '%p %y %T@\n' | sort)
	for place in proc sys dev; do
		for target in "$CANARY" "../../../../../../../../..$CANARY" /tmp /etc nowhere; do
			rm -rf "${ROOT:?}/$place"
			ln -s "$target" "$ROOT/$place"
			run --separate-stderr inside --sysfs -- /bin/true
			if [[ $place == dev ]]; then
				((status == 0 || status == 125))
			else
				expect_equal "$status" 125
				expect_match "$stderr" "/$place"
			fi
			canary_intact
			expect_equal "$(find "$ROOT/tmp" "$ROOT/etc" -printf '%p %y %T@\n' | sort)" "$before"
		done
		rm "$ROOT/$place"
		echo file >"$ROOT/$place"
		run_status 125 inside --sysfs -- true
		expect_match "$stderr" "/$place"
		rm "$ROOT/$place"
		mkdir "$ROOT/$place"
	done
	# Missing ones are made.
	rmdir "$ROOT"/{proc,sys,dev}
	run_ok inside --sysfs -- true
	[[ -d $ROOT/proc && -d $ROOT/sys && -d $ROOT/dev ]]
}

@test "nothing is mounted over or below /proc but single files of the list" {
	need_root
	new_root
	local place
	mkdir "$BATS_TEST_TMPDIR/src"
	echo cpu >"$BATS_TEST_TMPDIR/file"
	for place in /proc //proc /proc/ /./proc /proc/self /proc/1 /proc/sys /proc/sys/kernel /proc/bus; do
		refused /proc -v "$BATS_TEST_TMPDIR/src:$place" -- true
		refused /proc --tmpfs "$place" -- true
	done
	for place in /proc/version /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/self/attr/exec; do
		refused /proc -v "$BATS_TEST_TMPDIR/file:$place" -- true
	done
	refused /proc --tmpfs /proc/cpuinfo -- true
	run_ok inside -v "$BATS_TEST_TMPDIR/file:/proc/cpuinfo:ro" -v "$BATS_TEST_TMPDIR/file:/proc/uptime" -- \
		cat /proc/cpuinfo /proc/uptime
	expect_equal "$output" $'cpu\ncpu'
	# By way of a link to /proc neither.
	ln -s /proc "$ROOT/innocent"
	for place in /innocent /innocent/sys /innocent/self; do
		refused '(/| )proc' -v "$BATS_TEST_TMPDIR/src:$place" -- true
		refused '(/| )proc' --tmpfs "$place" -- true
	done
}

@test "a volume whose destination is a link in the root file system to /dev is an error" {
	need_root
	new_root
	local place
	mkdir "$BATS_TEST_TMPDIR/src"
	ln -s /dev "$ROOT/devices"
	ln -s ../dev/pts "$ROOT/etc/terminals"
	for place in /devices /etc/terminals; do
		refused 'a link in the root filesystem leads to /dev' -v "$BATS_TEST_TMPDIR/src:$place" -- true
		refused 'a link in the root filesystem leads to /dev' --tmpfs "$place" -- true
	done
}

# ---- /sys -------------------------------------------------------------------------------------------------

@test "without --sysfs there is no /sys; with it, it is read-only and has the container's own cgroup only" {
	need_root
	run_ok inside -- ls /sys
	expect_equal "$output" ''
	run_ok inside --sysfs -- sh -c '
		grep " /sys" /proc/self/mountinfo
		for i in $(find /sys/fs/cgroup -type d); do
			mkdir $i/new 2>/dev/null && echo made=$i
		done
		mkdir /sys/kernel/new 2>/dev/null || echo /sys/kernel=no
		echo 0 >/sys/kernel/profiling 2>/dev/null || echo write=no
		for i in $(find /sys/fs/cgroup -name cgroup.procs); do
			echo "procs=$(grep -cx 1 $i)"
			(echo $$ >$i) 2>/dev/null && echo moved=1
		done
		/mnt/probe content /sys/firmware /sys/devices/virtual/powercap'
	expect_words /sys ro nosuid nodev noexec
	expect_words /sys/fs/cgroup ro nosuid nodev noexec
	expect_fact /sys/kernel no
	expect_fact made ''
	expect_fact write no
	expect_fact moved ''
	expect_fact /sys/firmware emptydir
	# Each hierarchy shows one directory, with process 1 in it.
	if grep -E '^procs=[^1]' <<<"$output"; then
		echo 'there are cgroups that are not the container'"'"'s own'
		return 1
	fi
	if has_v2; then
		expect_equal "$(grep -c '^procs=1$' <<<"$output")" 1
	else
		(($(grep -c '^procs=1$' <<<"$output") > 3))
	fi
}

@test "a link where /sys/fs/cgroup would be does not lead the cgroup mount away" {
	need_root
	new_root
	canary_make
	mkdir -p "$ROOT/sys/fs"
	ln -s "$CANARY" "$ROOT/sys/fs/cgroup"
	run inside --sysfs -- true
	((status == 0 || status == 125))
	canary_intact
}
