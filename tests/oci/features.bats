#!/usr/bin/env bats
# features: the document. That the parser knows every name in it is a unit test (test_features).
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # tests run in subshells, with variables of bats and for bundle.bash

load ../lib/common
load ../lib/containers
load ../lib/bundle

setup() { OCI_ROOT=$BATS_TEST_TMPDIR/state; }
teardown() { [[ ! -e $BATS_TEST_TMPDIR/state ]]; }

feature() { jq -c "$1" <<<"$output"; }

@test "the versions, hooks, mount options and namespaces [FEAT-1] [FEAT-3] [FEAT-4] [CLI-15]" {
	run_ok "$MINI_RUN" features
	expect_equal "$stderr" ""
	expect_equal "$(feature '[.ociVersionMin, .ociVersionMax]')" '["1.0.0","1.3.0"]'
	expect_equal "$(feature '.hooks | sort')" \
		'["createContainer","createRuntime","poststart","poststop","prestart","startContainer"]'
	expect_equal "$(feature '.linux.namespaces | sort')" '["cgroup","ipc","mount","network","pid","time","user","uts"]'
	expect_equal "$(feature '.linux.capabilities | length')" 41
	expect_equal "$(feature '.linux.capabilities | map(test("^CAP_[A-Z_]+$")) | all')" true
	expect_equal "$(feature '.mountOptions | contains(["ro", "rro", "idmap", "tmpcopyup", "rbind", "nosymfollow"])')" true
	expect_equal "$(feature '.mountOptions == (.mountOptions | unique)')" true
}

@test "cgroups, seccomp, labels, resctrl, id maps, memory policy, network devices [FEAT-5] [FEAT-6] [FEAT-7] [FEAT-8] [FEAT-9]" {
	run_ok "$MINI_RUN" features
	expect_equal "$(feature .linux.cgroup)" '{"v1":true,"v2":true,"systemd":false,"systemdUser":false,"rdma":true}'
	expect_equal "$(feature '.linux.seccomp | keys')" \
		'["actions","archs","enabled","knownFlags","operators","supportedFlags"]'
	expect_equal "$(feature '.linux.seccomp.actions | length')" 9
	expect_equal "$(feature '.linux.seccomp.archs | contains(["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"])')" true
	expect_equal "$(feature '[.linux.apparmor, .linux.selinux, .linux.netDevices] | unique')" '[{"enabled":true}]'
	expect_equal "$(feature .linux.intelRdt)" '{"enabled":true,"schemata":true,"monitoring":true}'
	expect_equal "$(feature .linux.mountExtensions)" '{"idmap":{"enabled":true}}'
	expect_equal "$(feature '.linux.memoryPolicy.modes | length')" 7
	expect_equal "$(feature '.linux.memoryPolicy.flags | length')" 3
}

@test "annotations say that there are no checkpoints, and the version [FEAT-10] [CLI-16]" {
	run_ok "$MINI_RUN" features
	expect_equal "$(feature '.annotations["org.opencontainers.runc.checkpoint.enabled"]')" '"false"'
	expect_equal "mini-run version $(feature '.annotations["mini-run.version"]' | tr -d '"')" \
		"$("$MINI_RUN" --version | head -n 1)"
	expect_equal "$(feature '.annotations | map_values(type) | unique? // [.[]] | unique')" '["string"]'
	expect_equal "$(feature .potentiallyUnsafeConfigAnnotations)" '[]'
}

@test "it is the same for every user, and makes nothing [FEAT-2] [CLI-15]" {
	run_ok "$MINI_RUN" --root "$OCI_ROOT" features
	if ((EUID != 0)); then
		skip "needs root, to be somebody else"
	fi
	expect_equal "$(setpriv --reuid 65534 --regid 65534 --clear-groups "$MINI_RUN" features)" "$output"
}
