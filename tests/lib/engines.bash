# For the tests of tests/engines: `load ../lib/engines`. They run in the test machine of `scripts/vm run --engines` and
# nowhere else: they start daemons, make networks and write to /etc. What every engine gets is the root file system of
# the other tests, as a directory of its own or as an image that is made here.
#
# Commands of an engine cost seconds in an emulated machine. So each file starts what it needs in setup_file(), keeps
# one container running for all the tests that only look at it, and each test names the containers that it makes.
#
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # status, output and stderr are set by bats' run; bats reads some of these

load ../lib/common

ENGINE_DIR=/run/engines            # all that these tests make
ENGINE_ROOTFS=$ENGINE_DIR/rootfs   # the containers' root file system
ENGINE_IMAGE=$ENGINE_DIR/image.tar # the same as an OCI image named localhost/tiny:1
BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-300}
export ENGINE_DIR ENGINE_ROOTFS ENGINE_IMAGE

# need_engine PROGRAM...: skips the file where the engine is not, or where it must not be started.
need_engine()
{
	local program

	is_vm || skip "runs only in the test machine: make test-engines"
	for program in "$@"; do
		command -v "$program" >/dev/null || skip "$program is not in this machine: scripts/vm run --engines"
	done
}

# within SECONDS CMD...: repeats it until it succeeds, for so long.
within()
{
	local deadline=$((SECONDS + $1))
	shift

	while ! "$@"; do
		if ((SECONDS >= deadline)); then
			printf 'did not come true: %s\n' "$*"
			return 1
		fi
		sleep 0.2
	done
}

# A copy of the root file system, for the engines may write to it.
engine_rootfs()
{
	[[ ! -e $ENGINE_ROOTFS/bin/busybox ]] || return 0
	common_setup
	mkdir -p "$ENGINE_DIR"
	cp -a "$ROOTFS" "$ENGINE_ROOTFS"
	mkdir -p "$ENGINE_ROOTFS/data"
}

blob()
{
	local digest

	digest=$(sha256sum "$1" | cut -d' ' -f1)
	mkdir -p "$ENGINE_DIR/image/blobs/sha256"
	mv "$1" "$ENGINE_DIR/image/blobs/sha256/$digest"
	jq -nc --arg type "$2" --arg digest "sha256:$digest" \
		--argjson size "$(stat -c %s "$ENGINE_DIR/image/blobs/sha256/$digest")" \
		'{mediaType: $type, digest: $digest, size: $size}'
}

# The same root file system as an image: one layer, its configuration, its manifest, an index.
engine_image()
{
	local work=$ENGINE_DIR/image layer config manifest diff_id

	[[ ! -e $ENGINE_IMAGE ]] || return 0
	engine_rootfs
	mkdir -p "$work"
	tar -C "$ENGINE_ROOTFS" --numeric-owner -cf "$work/layer" .
	diff_id=sha256:$(sha256sum "$work/layer" | cut -d' ' -f1)
	layer=$(blob "$work/layer" application/vnd.oci.image.layer.v1.tar)
	jq -nc --arg diff "$diff_id" '{architecture: "amd64", os: "linux",
		config: {Env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "FROM_IMAGE=yes"], Cmd: ["/bin/sh"], WorkingDir: "/"},
		rootfs: {type: "layers", diff_ids: [$diff]}}' >"$work/config"
	config=$(blob "$work/config" application/vnd.oci.image.config.v1+json)
	jq -nc --argjson config "$config" --argjson layer "$layer" '{schemaVersion: 2,
		mediaType: "application/vnd.oci.image.manifest.v1+json", config: $config, layers: [$layer]}' >"$work/manifest"
	manifest=$(blob "$work/manifest" application/vnd.oci.image.manifest.v1+json)
	jq -nc --argjson manifest "$manifest" '{schemaVersion: 2, manifests: [$manifest + {annotations: {
		"io.containerd.image.name": "localhost/tiny:1", "org.opencontainers.image.ref.name": "1"}}]}' >"$work/index.json"
	echo '{"imageLayoutVersion":"1.0.0"}' >"$work/oci-layout"
	tar -C "$work" -cf "$ENGINE_IMAGE" oci-layout index.json blobs
	rm -rf "$work"
}

# Prints what mini-run has of containers, one a line: states, in any of the engines' roots, and processes of its own.
engine_litter()
{
	local path name

	for path in /run/mini-run/* /run/containerd/runc/*/* /run/docker/runtime-*/*/* \
		/run/docker/containerd/runc/*/*; do
		[[ ! -e $path/state.json && ! -e $path/lock ]] || echo "state: $path"
	done
	for path in /proc/[0-9]*; do
		{ read -r name <"$path/comm"; } 2>/dev/null || continue
		[[ $name != mini-run* ]] || echo "process: ${path#/proc/} $(tr '\0' ' ' <"$path/cmdline" 2>/dev/null)"
	done
	find /sys/fs/cgroup -mindepth 2 -type d \( -path '*/libpod_parent/libpod-*' -o -path '*/docker/*' \
		-o -path '/sys/fs/cgroup/default/*' \) -printf 'cgroup: %p\n' 2>/dev/null
}

# engine_clean KEPT: fails when there is litter that does not match the regular expression KEPT, after 20 seconds.
engine_clean()
{
	local try litter

	for ((try = 0; try < 100; try++)); do
		litter=$(engine_litter | grep -vE -- "${1:-^$}" || true)
		[[ $litter ]] || return 0
		sleep 0.2
	done
	printf 'left behind:\n%s\n' "$litter"
	return 1
}

# has_bit NAME CODE and lacks_bit NAME CODE: whether the mask NAME (CapEff, SigIgn) of the status text in $output has bit CODE.
has_bit()
{
	local mask

	mask=$(sed -n "s/^$1:[[:space:]]*//p" <<<"$output")
	(((16#$mask >> $2) & 1))
}

lacks_bit()
{
	if has_bit "$@"; then
		return 1
	fi
}

# fetched URL: whether the server in the container answers "served".
fetched()
{
	[[ $(python3 -c 'import sys, urllib.request as r
print(r.urlopen(sys.argv[1], timeout=5).read().decode(), end="")' "$1" 2>/dev/null) == served ]]
}
