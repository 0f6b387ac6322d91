#!/usr/bin/env bash
#
# A runtime of the worst kind, called by tests/lib/attacks.bash as a control: it does what config.json says about mounts,
# masks, devices and sysctls by joining paths, as no runtime should, and ends in a chroot. Only for mount, PID and UTS
# namespaces that nobody else lives in.
#
#	naive.bash BUNDLE

set -u
umask 0

bundle=$1
root=$bundle/rootfs

of_config() { jq -r "$1" "$bundle/config.json"; }

mount_all()
{
	local type source target options

	while IFS=$'\t' read -r type source target options; do
		if [[ $options == *bind* && ! -d $source ]]; then
			mkdir -p "$root${target%/*}"
			[[ -e $root$target ]] || touch "$root$target"
		else
			mkdir -p "$root$target"
		fi
		case $type,$options in
		*bind*)
			mount --rbind "$source" "$root$target"
			# By its source as well: otherwise mount(8) would keep the flags that are not named.
			mount -o "remount,bind,${options//rro/ro}" "$source" "$root$target"
			;;
		tmpfs,*tmpcopyup*)
			cp -rL "$root$target" "$bundle/copy"
			mount -t tmpfs tmpfs "$root$target"
			cp -a "$bundle/copy/." "$root$target/"
			rm -r "$bundle/copy"
			;;
		tmpfs,*) mount -t tmpfs ${options:+-o "$options"} tmpfs "$root$target" ;;
		proc,* | sysfs,*) mount -t "$type" "$type" "$root$target" ;;
		devpts,*) mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root$target" ;;
		cgroup,*) ln -s cpu,cpuacct "$root$target/cpu" ;;
		esac
	done < <(of_config '.mounts[] | [.type // "none", .source // "none", .destination,
		((.options // []) | join(","))] | join("\t")')
}

fill_dev()
{
	rm -f "$root/dev/ptmx"
	ln -s pts/ptmx "$root/dev/ptmx"
	ln -s /proc/self/fd "$root/dev/fd"
	[[ -e $root/dev/null || -L $root/dev/null ]] || mknod -m 666 "$root/dev/null" c 1 3
	if [[ $(of_config .process.terminal) == true ]]; then
		touch "$root/dev/console"
		mount --bind /dev/null "$root/dev/console"
	fi
}

write_sysctls()
{
	local key value

	while read -r key value; do
		echo "$value" >"$root/proc/sys/${key//.//}"
	done < <(of_config '.linux.sysctl // {} | to_entries[] | "\(.key) \(.value)"')
}

hide_all()
{
	local path

	while read -r path; do
		mount --bind "$root$path" "$root$path" && mount -o remount,bind,ro "$root$path"
	done < <(of_config '.linux.readonlyPaths // [] | .[]')
	while read -r path; do
		if [[ -d $root$path ]]; then
			mount -t tmpfs -o ro tmpfs "$root$path"
		elif [[ -e $root$path ]]; then
			mount --bind "$root/dev/null" "$root$path"
		fi
	done < <(of_config '.linux.maskedPaths // [] | .[]')
}

mapfile -t command < <(of_config '.process.args[] | @json')
for ((n = 0; n < ${#command[@]}; n++)); do
	command[n]=$(jq -r . <<<"${command[n]}")
done
mount_all
fill_dev
write_sysctls
hide_all
# shellcheck disable=SC2016 # expanded by the inner shell
chroot "$root" /bin/sh -c 'PATH=/bin cd "$0" && exec "$@"' "$(of_config .process.cwd)" "${command[@]}"
status=$?
# What is left is where it should not be.
awk '{ print $5 }' /proc/self/mountinfo | grep -F "$root/" | tac | xargs -r -d '\n' umount -l 2>/dev/null
exit "$status"
