#!/usr/bin/env bats
#
# --user: who the command is, for every spelling, and for every kind of passwd and group that an image may have.

# shellcheck disable=SC2016 # what is in single quotes is expanded by a shell inside
# shellcheck disable=SC2154 # status, output, stderr and lines are set by bats' run
load ../lib/common
load ../lib/probe

# who OPTION...: "uid gid groups HOME" of the command.
who()
{
	inside "$@" -- sh -c 'sed -n "s/^\(Uid\|Gid\):\t\([0-9]*\)\t\2\t\2\t\2$/\2/p; s/^Groups:\t *//p" /proc/self/status; echo "$HOME"' |
		tr -s ' \n' ' '
}

expect_who()
{
	local expected=$1 spec=$2

	expect_equal "$(who -u "$spec")" "$expected " || {
		printf 'for -u %q\n' "$spec"
		return 1
	}
}

# groups_of_user: the root file system gets a user with groups.
groups_of_user()
{
	cat >"$ROOT/etc/passwd" <<-'END'
		root:x:0:0:root:/root:/bin/sh
		user:x:1000:1000:user:/home/user:/bin/sh
		toor:x:0:7:other root:/toor:/bin/sh
		nohome:x:1001:1001:::/bin/sh
		relative:x:1002:1002::relative:/bin/sh
		last:x:4294967294:4294967294::/last:/bin/sh
	END
	cat >"$ROOT/etc/group" <<-'END'
		root:x:0:root
		tty:x:5:user,other
		audio:x:29:other,user
		video:x:44:
		prefix:x:50:user2,auser
		user:x:1000:user
	END
}

@test "users and groups in every right spelling" {
	need_root
	new_root
	groups_of_user
	expect_who '0 0 /root' 0
	expect_who '0 0 /root' root
	expect_who '0 0 /root' 0:0
	expect_who '1000 1000 5 29 /home/user' 1000
	expect_who '1000 1000 5 29 /home/user' user
	expect_who '1000 5 /home/user' user:5
	expect_who '1000 5 /home/user' user:tty
	expect_who '1000 44 /home/user' 1000:video
	expect_who '0 7 /toor' toor
	expect_who '12345 0 /' 12345
	expect_who '4294967294 4294967294 /last' last
	expect_who '4294967294 4294967294 /last' 4294967294
	expect_who '0 4294967294 /root' root:4294967294
	expect_who '10 0 /' 010
	expect_who '1001 1001 /' nohome
	expect_who '1002 1002 /' relative
	# With both as numbers nothing is looked up but HOME.
	expect_match "$(who -u 1000:1000)" '^1000 1000 '
	expect_match "$(who -u 4294967294:4294967294)" '^4294967294 4294967294 '
	# The default.
	expect_equal "$(who)" '0 0 /root '
	# The environment wins over passwd.
	expect_equal "$(who -u user -e HOME=/elsewhere)" '1000 1000 5 29 /elsewhere '
}

@test "what is no user is refused, and never is root" {
	local spec

	need_root
	new_root
	groups_of_user
	for spec in '' : :: 1000: :1000 :user user: +1 +0 -1 -0 4294967295 4294967296 4294967297 18446744073709551616 \
		18446744073709551615 0x10 0x0 1e3 1.0 1000abc ' 1' '1 ' ' ' ' root' 'root ' 1000:4294967295 1000:4294967296 \
		1000:-1 1000:+5 user:+5 'user: 5' user:5: 1000:1000:1000 user:user:user nosuch nosuch:0 0:nosuch user:nosuch 0:0x5 \
		root,user ../root $'root\n' $'0\n' $'\t0' ٣ user2 User '*' '%s'; do
		run --separate-stderr inside -u "$spec" -- id
		if ((status != 125)) || [[ $output ]]; then
			printf 'for -u %q\n' "$spec"
			show_result
			return 1
		fi
	done
}

@test "a file of an ordinary user is made as that user, with its groups' rights and no more" {
	need_root
	new_root
	groups_of_user
	install -d -m 770 -g 29 "$ROOT/audio"
	install -d -m 770 -g 44 "$ROOT/video"
	install -d -m 707 -g 5 "$ROOT/not-for-tty"
	run_ok inside -u user -- sh -c 'touch /audio/file && echo audio=yes; touch /video/file 2>/dev/null || echo video=no
		touch /not-for-tty/file 2>/dev/null || echo not-for-tty=no; touch /tmp/file'
	expect_fact audio yes
	expect_fact video no
	expect_fact not-for-tty no
	expect_equal "$(stat -c %u:%g "$ROOT/tmp/file")" 1000:1000
}

@test "passwd and group that are no plain files end in an answer: FIFO, directory, device, socket, missing" {
	local file

	need_root
	new_root
	for file in passwd group; do
		rm "$ROOT/etc/$file"
		mkfifo "$ROOT/etc/$file"
		run timeout 20 "$MINI_RUN" run -u user "$ROOT" true
		expect_equal "$status" 125
		expect_match "$output" "/etc/$file"
		rm "$ROOT/etc/$file"
		mkdir "$ROOT/etc/$file"
		run timeout 20 "$MINI_RUN" run -u user "$ROOT" true
		expect_equal "$status" 125
		rmdir "$ROOT/etc/$file"
		mknod "$ROOT/etc/$file" c 1 5
		run timeout 20 "$MINI_RUN" run -u user "$ROOT" true
		expect_equal "$status" 125
		rm "$ROOT/etc/$file"
		cp "$ROOTFS/etc/$file" "$ROOT/etc/$file"
	done
	rm "$ROOT/etc/passwd"
	refused 'user' -u user -- true
	expect_who '1000 0 /' 1000
	expect_who '0 0 /root' 0
	cp "$ROOTFS/etc/passwd" "$ROOT/etc/passwd"
	rm "$ROOT/etc/group"
	expect_who '1000 1000 /home/user' user
	refused 'tty' -u user:tty -- true
	rm -r "${ROOT:?}/etc"
	expect_who '0 0 /root' 0
}

@test "a link for passwd leads to a file of the image, never to the host's" {
	need_root
	new_root
	rm "$ROOT/etc/passwd"
	# On the host there are such users; in the image there are not.
	ln -s /proc/self/root/etc/passwd "$ROOT/etc/passwd"
	refused '' -u daemon -- true
	ln -sfn ../../../../../../../../etc/passwd.other "$ROOT/etc/passwd"
	echo 'inside:x:77:78::/:/bin/sh' >"$ROOT/etc/passwd.other"
	expect_who '77 78 /' inside
	ln -sfn /etc/passwd.other "$ROOT/etc/passwd"
	expect_who '77 78 /' inside
	echo 'outside:x:66:66::/:/bin/sh' >"$BATS_TEST_TMPDIR/passwd"
	ln -sfn "$BATS_TEST_TMPDIR/passwd" "$ROOT/etc/passwd"
	refused 'outside' -u outside -- true
	ln -sfn passwd "$ROOT/etc/passwd"
	refused '' -u user -- true
	# The control: a plain reader follows it to the host.
	ln -sfn "$BATS_TEST_TMPDIR/passwd" "$ROOT/etc/passwd"
	grep -q outside "$ROOT/etc/passwd"
}

@test "a huge sparse passwd is an answer and not an hour" {
	need_root
	new_root
	truncate -s 20G "$ROOT/etc/passwd"
	run timeout 60 "$MINI_RUN" run -u user "$ROOT" true
	expect_equal "$status" 125
	expect_match "$output" '/etc/passwd'
	# Numbers need no entry; where even HOME cannot be looked up, that is said.
	run timeout 60 "$MINI_RUN" run -u 1000:1000 "$ROOT" id -u
	[[ $output == 1000 ]] || expect_match "$output" '/etc/passwd'
}

@test "lines that are damaged are passed over, and none gives what another was asked for" {
	need_root
	new_root
	{
		echo '# a comment'
		echo
		echo ':x:1:1::/:'
		echo 'user'
		echo 'user:x'
		echo 'user:x:0x0:0::/evil:/bin/sh'
		echo 'user:x:4294967296:0::/evil:/bin/sh'
		echo 'user:x:-1:0::/evil:/bin/sh'
		echo 'user:x: 0:0::/evil:/bin/sh'
		echo 'user:x::0::/evil:/bin/sh'
		echo 'userx:x:0:0::/evil:/bin/sh'
		echo 'user:x:1000:4294967296::/evil:/bin/sh'
		head -c 100000 /dev/zero | tr '\0' u
		echo ':x:0:0::/evil:/bin/sh'
		echo 'user:x:1000:1000::/home/user:/bin/sh:and:more:fields'
		echo 'user:x:0:0::/second:/bin/sh'
	} >"$ROOT/etc/passwd"
	{
		echo 'tty'
		echo 'tty:x:0x0:'
		echo 'tty:x:4294967295:'
		echo 'bad:x:-1:user'
		echo 'worse:x:4294967296:user'
		printf 'long:x:30:'
		head -c 200000 /dev/zero | tr '\0' ,
		echo user
		echo 'tty:x:5:user'
	} >"$ROOT/etc/group"
	expect_match "$(who -u user)" '^1000 1000 (30 5|5 30) /home/user $'
	expect_who '1000 5 /home/user' user:tty
	# A line without its end, and bytes of NUL and CR.
	printf 'last:x:2000:2000::/last' >"$ROOT/etc/passwd"
	expect_who '2000 2000 /last' last
	for line in 'user\0:x:0:0::/evil:/bin/sh' 'user:x:0\0:0::/evil:/bin/sh' 'user\r:x:0:0::/evil:/bin/sh' 'user:x:0:0\0::/evil:/bin/sh'; do
		# shellcheck disable=SC2059 # the line is the format
		printf "$line\nuser:x:1001:1001::/home:/bin/sh\n" >"$ROOT/etc/passwd"
		run inside -u user -- id -u
		[[ $output == 1001 || $status == 125 ]]
	done
}

@test "more groups than a process may have are an error or all of them" {
	need_root
	new_root
	for i in {1..300}; do
		echo "g$i:x:$((3000 + i)):user"
	done >"$ROOT/etc/group"
	run who -u user
	if ((status == 0)) && [[ $output == 1000* ]]; then
		expect_equal "$(wc -w <<<"$output")" 303
	else
		expect_match "$output" 'groups'
	fi
}
