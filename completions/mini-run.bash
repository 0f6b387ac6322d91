# bash completion for mini-run(1). Needs nothing but bash: no function of the bash-completion package.
#
# Options are offered up to ROOTFS and not behind it, because what is behind it belongs to the command. The
# command itself is completed from what lies in ROOTFS.

_mini_run_global='--root --log --log-format --debug --help'

_mini_run_run="--name --hostname --env --env-file --workdir --user --umask --init \
	--volume --mount --tmpfs --read-only --device --sysfs \
	--memory --memory-swap --memory-reservation --cpus --cpu-shares --cpu-weight --cpuset-cpus --cpuset-mems \
	--pids-limit --cgroup-parent --cgroup-conf --ulimit --oom-score-adj --timeout \
	--network --net --cap-add --cap-drop --security-opt --privileged --sysctl \
	--tty --interactive --rm --report --pid-file --cidfile --trace"

# Options that take no value, or take it only behind an equals sign.
_mini_run_alone=' --debug --help --version --init --read-only --sysfs --privileged --tty --interactive --rm --report --trace --json -h -v -t -i '

_mini_run_capabilities='ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN
	DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN
	MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID
	SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME
	SYS_TTY_CONFIG SYSLOG WAKE_ALARM'

# _mini_run_reply CUR WORD...: those that begin with CUR. Readline replaces only what is behind the last = or :
# of the word, so what is in front of that is taken off again.
_mini_run_reply()
{
	local cur=$1 kept i
	shift

	mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur")
	kept=${cur%"${cur##*[=:]}"}
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${COMPREPLY[i]#"$kept"}
	done
	if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *[=:] ]]; then
		compopt -o nospace 2>/dev/null
	fi
}

# _mini_run_paths CUR -f|-d: files or directories.
_mini_run_paths()
{
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen "$2" -- "$1")
}

# _mini_run_inside ROOTFS CUR: a path in the container.
_mini_run_inside()
{
	local i

	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$1${2:-/}")
	for i in "${!COMPREPLY[@]}"; do
		if [[ -d ${COMPREPLY[i]} ]]; then
			COMPREPLY[i]+=/
			compopt -o nospace 2>/dev/null
		fi
		COMPREPLY[i]=${COMPREPLY[i]#"$1"}
	done
}

# _mini_run_value OPTION CUR
_mini_run_value()
{
	case $1 in
	--network | --net)
		if [[ $2 == */* ]]; then
			_mini_run_paths "$2" -f
		else
			_mini_run_reply "$2" host none /run/netns/
		fi
		;;
	--tty) _mini_run_reply "$2" auto on off ;;
	--log-format) _mini_run_reply "$2" text json ;;
	--report)
		if [[ $2 == *:* ]]; then
			_mini_run_paths "${2#*:}" -f
		else
			_mini_run_reply "$2" text json text: json:
		fi
		;;
	--cap-add | --cap-drop) _mini_run_reply "$2" "$_mini_run_capabilities" ;;
	--security-opt)
		if [[ $2 == seccomp=[./~]* ]]; then
			_mini_run_paths "${2#*=}" -f
		else
			_mini_run_reply "$2" seccomp=unconfined seccomp=builtin seccomp=./ \
				no-new-privileges=true no-new-privileges=false
		fi
		;;
	--ulimit)
		_mini_run_reply "$2" as= core= cpu= data= fsize= locks= memlock= msgqueue= nice= nofile= nproc= \
			rss= rtprio= rttime= sigpending= stack=
		;;
	--mount) _mini_run_reply "$2" type=bind,src= type=tmpfs,dst= ;;
	-v | --volume) [[ $2 == *:* ]] || _mini_run_paths "$2" -f ;;
	--device) [[ $2 == *:* ]] || _mini_run_paths "${2:-/dev/}" -f ;;
	-e | --env) [[ $2 == *=* ]] || mapfile -t COMPREPLY < <(compgen -v -- "$2") ;;
	--env-file | --log | --pid-file | --cidfile) _mini_run_paths "$2" -f ;;
	--root) _mini_run_paths "$2" -d ;;
	esac
}

_mini_run()
{
	local -a words=()
	local word cur option='' command='' rootfs='' joined=0 positional=0 ended=0

	COMPREPLY=()
	# Readline has parted the words at = and : as well: together again, up to the one at the cursor.
	for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
		if ((${#words[@]} > 1)) && [[ $joined == 1 || $word == [=:]* ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
		joined=0
		[[ $word != *[=:] ]] || joined=1
	done
	if ((${#words[@]} < 2)); then
		return
	fi
	cur=${words[-1]}

	# What stands in front of the cursor: an option that waits for its value, the command, ROOTFS.
	for word in "${words[@]:1:${#words[@]}-2}"; do
		if [[ $option ]]; then
			option=
		elif ((!ended)) && [[ $word == -- ]]; then
			ended=1
		elif ((!ended)) && [[ $word == -?* ]]; then
			# Letters: -v is --version in front of a command and --volume of run behind it.
			if [[ $word == -v && $command == run ]]; then
				option=-v
			elif [[ $word == -[muwe] || $word == --* && $word != *=* && $_mini_run_alone != *" $word "* ]]; then
				option=$word
			fi
		elif [[ -z $command ]]; then
			command=$word
		else
			positional=$((positional + 1))
			[[ $rootfs ]] || rootfs=$word
			ended=1
		fi
	done

	if [[ $option ]]; then
		_mini_run_value "$option" "$cur"
	elif ((!ended)) && [[ $cur == --*=* ]]; then
		_mini_run_value "${cur%%=*}" "${cur#*=}"
	elif ((!ended)) && [[ $cur == -* ]]; then
		case $command in
		'') _mini_run_reply "$cur" "$_mini_run_global" --version ;;
		run) _mini_run_reply "$cur" "$_mini_run_run" "$_mini_run_global" ;;
		check) _mini_run_reply "$cur" --json "$_mini_run_global" ;;
		esac
	elif [[ -z $command ]]; then
		_mini_run_reply "$cur" run check
	elif [[ $command == run ]] && ((positional == 0)); then
		_mini_run_paths "$cur" -d
	elif [[ $command == run ]] && ((positional == 1)) && [[ ! $cur || $cur == /* ]]; then
		_mini_run_inside "${rootfs%/}" "$cur"
	elif [[ $command == run ]]; then
		_mini_run_paths "$cur" -f
	fi
}

complete -F _mini_run mini-run
