#!/usr/bin/env bats
#
# scripts/fetch-rootfs against a server on loopback that looks like an Alpine mirror.
#
# shellcheck disable=SC2154 # stderr is set by bats' run

load ../lib/common

release=9.8.7
name=alpine-minirootfs-$release-x86_64

setup()
{
	common_setup
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p work tree/{bin,etc,tmp}
	releases=$BATS_TEST_TMPDIR/mirror/v9.8/releases/x86_64
	mkdir -p "$releases"
	ln -s v9.8 mirror/latest-stable
	echo "$release" >tree/etc/alpine-release
	# Noise, so that a cut file is long enough to go on from.
	head -c 300000 /dev/urandom >tree/etc/noise
	printf '#!/bin/true\n' >tree/bin/sh
	chmod 755 tree/bin/sh
	ln -s ../bin/sh tree/etc/link
	tar -C tree -czf "$releases/$name.tar.gz" .
	sha256sum <"$releases/$name.tar.gz" | sed "s/-\$/$name.tar.gz/" >"$releases/$name.tar.gz.sha256"
	write_listing "$(cut -d' ' -f1 "$releases/$name.tar.gz.sha256")"
	serve
	export ALPINE_MIRROR=http://127.0.0.1:$port ALPINE_ARCH=x86_64
	unset ALPINE_VERSION http_proxy HTTP_PROXY all_proxy ALL_PROXY
	cd work || return
}

teardown()
{
	kill "$server" 2>/dev/null || true
	wait "$server" 2>/dev/null || true
	common_teardown
}

# write_listing SHA256: as Alpine writes it, with another flavour before and after.
write_listing()
{
	cat >"$releases/latest-releases.yaml" <<-END
	---
	-
	  title: "Standard"
	  flavor: alpine-standard
	  file: alpine-standard-$release-x86_64.iso
	  size: 5
	  sha256: $(printf '0%.0s' {1..64})
	-
	  title: "Mini root filesystem"
	  desc: |
	    Minimal root filesystem.
	    For use in containers
	    and minimal chroots.
	  branch: v9.8
	  arch: x86_64
	  version: $release
	  flavor: alpine-minirootfs
	  file: $name.tar.gz
	  iso: $name.tar.gz
	  date: 2024-05-22
	  time: 10:22:30
	  size: $(stat -c %s "$releases/$name.tar.gz")
	  sha256: $1
	  sha512: $(printf 'f%.0s' {1..128})
	-
	  title: "Virtual"
	  flavor: alpine-virt
	  file: alpine-virt-$release-x86_64.iso
	  size: 6
	  sha256: $(printf '1%.0s' {1..64})
	END
}

# Starts the server on the first port that is free.
serve()
{
	for ((port = 20000 + RANDOM % 10000; ; port++)); do
		busybox httpd -f -p "127.0.0.1:$port" -h "$BATS_TEST_TMPDIR/mirror" 2>/dev/null 3>&- &
		server=$!
		if eventually server_answers_or_ended && kill -0 "$server" 2>/dev/null; then
			return
		fi
	done
}

server_answers_or_ended()
{
	! kill -0 "$server" 2>/dev/null ||
		curl -fs "http://127.0.0.1:$port/latest-stable/releases/x86_64/latest-releases.yaml" >/dev/null
}

nothing_is_left() { expect_equal "$(ls -A)" "$*"; }

@test "the latest release is fetched, checked and unpacked" {
	run_ok "$REPO/scripts/fetch-rootfs"
	expect_equal "$output" ""
	expect_match "$stderr" "getting $name.tar.gz"
	expect_equal "$(cat alpine-rootfs/etc/alpine-release)" "$release"
	[[ -x alpine-rootfs/bin/sh ]]
	cmp alpine-rootfs/etc/noise ../tree/etc/noise
	nothing_is_left alpine-rootfs
}

@test "a version can be asked for, and a directory named" {
	rm "$releases/latest-releases.yaml"
	ALPINE_VERSION=$release run_ok "$REPO/scripts/fetch-rootfs" sub
	expect_equal "$(cat sub/etc/alpine-release)" "$release"
	nothing_is_left sub
}

@test "a download that was cut goes on where it stopped" {
	# The server's copy is spoiled in the half that is here already: only going on gives the right file.
	head -c 150000 "$releases/$name.tar.gz" >".$name.tar.gz.part"
	head -c 100000 /dev/zero | dd of="$releases/$name.tar.gz" conv=notrunc status=none
	run_ok "$REPO/scripts/fetch-rootfs"
	expect_match "$stderr" "going on after 150000 bytes"
	cmp alpine-rootfs/etc/noise ../tree/etc/noise
	nothing_is_left alpine-rootfs
}

@test "a download that was complete already is not fetched again" {
	mv "$releases/$name.tar.gz" ".$name.tar.gz.part"
	run_ok "$REPO/scripts/fetch-rootfs"
	nothing_is_left alpine-rootfs
}

@test "a wrong checksum is refused and nothing is left" {
	write_listing "$(printf 'a%.0s' {1..64})"
	run_status 1 "$REPO/scripts/fetch-rootfs"
	expect_match "$stderr" "wrong checksum"
	nothing_is_left
}

@test "a list without a checksum is refused" {
	write_listing "none"
	run_status 1 "$REPO/scripts/fetch-rootfs"
	expect_match "$stderr" "no SHA-256 checksum"
	nothing_is_left
}

@test "a file name that leads elsewhere is refused" {
	sed -i "s,file: $name,file: ../../$name," "$releases/latest-releases.yaml"
	run_status 1 "$REPO/scripts/fetch-rootfs"
	expect_match "$stderr" "unexpected file name"
	nothing_is_left
}

@test "an archive with a path out of the directory is refused" {
	tar -C ../tree -czPf "$releases/$name.tar.gz" --transform 's,^./etc/noise,../../escaped,' .
	write_listing "$(sha256sum <"$releases/$name.tar.gz" | cut -d' ' -f1)"
	run_status 1 "$REPO/scripts/fetch-rootfs"
	expect_match "$stderr" "lead out of it"
	nothing_is_left
	[[ ! -e ../escaped && ! -e ../../escaped ]]
}

@test "a mirror that cannot be reached is one clear error" {
	kill "$server"
	wait "$server" || true
	run_status 1 "$REPO/scripts/fetch-rootfs"
	expect_match "$stderr" "^fetch-rootfs: cannot get $ALPINE_MIRROR/latest-stable/.*: curl"
	expect_equal "$(wc -l <<<"$stderr")" 1
	nothing_is_left
}

@test "a directory that is not empty is refused before anything is fetched" {
	kill "$server"
	mkdir full
	touch full/file
	run_status 1 "$REPO/scripts/fetch-rootfs" full
	expect_equal "$stderr" "fetch-rootfs: full exists already: remove it, or name another directory"
	nothing_is_left full
	expect_equal "$(ls full)" file
}

@test "an empty directory is filled" {
	mkdir empty
	run_ok "$REPO/scripts/fetch-rootfs" empty
	expect_equal "$(cat empty/etc/alpine-release)" "$release"
}
