#!/usr/bin/env bats
# spec: a config.json that runs, in the shape that tools edit.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2016 # tests run in subshells, with variables of bats and for bundle.bash

load ../lib/common
load ../lib/containers
load ../lib/bundle

# bundle_of_spec OPTION...: a bundle with what spec writes.
bundle_of_spec()
{
	bundle_make
	rm "$BUNDLE/config.json"
	run_ok oci spec --bundle "$BUNDLE" "$@"
	expect_equal "$output$stderr" ""
}

@test "it has the members that tools edit [CLI-14]" {
	bundle_of_spec
	config=$BUNDLE/config.json
	expect_equal "$(jq -r '.ociVersion, .hostname, .root.path, .root.readonly' "$config" | xargs)" \
		"1.3.0 mini-run rootfs true"
	expect_equal "$(jq -c '.process | [.terminal, .user, .args, .cwd, .noNewPrivileges]' "$config")" \
		'[true,{"uid":0,"gid":0},["sh"],"/",true]'
	expect_equal "$(jq -c '.process.capabilities | keys' "$config")" '["bounding","effective","permitted"]'
	expect_equal "$(jq -r '.mounts[].destination' "$config" | xargs)" \
		"/proc /dev /dev/pts /dev/shm /dev/mqueue /sys /sys/fs/cgroup"
	expect_equal "$(jq -r '.linux.namespaces[].type' "$config" | sort | xargs)" "cgroup ipc mount network pid uts"
	expect_equal "$(jq -c '.linux.resources' "$config")" '{"devices":[{"allow":false,"access":"rwm"}]}'
	expect_equal "$(jq '.linux | (.maskedPaths | length), (.readonlyPaths | length)' "$config" | xargs)" "10 5"
}

@test "what it writes runs [CLI-14]" {
	bundle_of_spec
	bundle_edit '.process.terminal = false'
	bundle_args sh -c 'hostname; id -u; echo $((1 + 1)) >/dev/null && echo well'
	run_ok oci_run "$(container_id)"
	expect_equal "$output" $'mini-run\n0\nwell'
}

@test "what --rootless writes has a user namespace, the host's network and no limits [CLI-14]" {
	bundle_of_spec --rootless
	config=$BUNDLE/config.json
	expect_equal "$(jq -r '.linux.namespaces[].type' "$config" | sort | xargs)" "cgroup ipc mount pid user uts"
	expect_equal "$(jq -c '.linux | [.uidMappings, .gidMappings, .resources]' "$config")" \
		"[[{\"containerID\":0,\"hostID\":$(id -u),\"size\":1}],[{\"containerID\":0,\"hostID\":$(id -g),\"size\":1}],null]"
	expect_equal "$(jq -c '.mounts[] | select(.destination == "/sys") | [.type, .source, .options[0]]' "$config")" \
		'["none","/sys","rbind"]'
	if jq -r '.mounts[].options[]?' "$config" | grep '^[gu]id='; then
		return 1
	fi
}

@test "it overwrites nothing, and knows -f and -b [CLI-14] [CLI-21]" {
	cd "$BATS_TEST_TMPDIR"
	run_ok oci spec
	[[ -s config.json ]]
	echo mine >other.json
	expect_oci_error 'config.json exists' oci spec
	expect_oci_error 'other.json exists' oci spec -f other.json
	expect_equal "$(<other.json)" mine
	mkdir bundle
	run_ok oci spec -b bundle -f a.json
	cmp config.json bundle/a.json
	expect_oci_error '--bundle: open directory none: No such file' oci spec -b none
	expect_oci_error 'one word too many' oci spec word
}
