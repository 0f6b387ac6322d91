# fish completion for mini-run(1). Options are offered up to ROOTFS and not behind it, because what is behind
# it belongs to the command.

# Options whose value is the next word.
set -g __mini_run_with_value -e -w -u -m --root --log --log-format --name --hostname --env --env-file --workdir \
    --user --umask --volume --mount --tmpfs --device --memory --memory-swap --memory-reservation --cpus \
    --cpu-shares --cpu-weight --cpuset-cpus --cpuset-mems --pids-limit --cgroup-parent --cgroup-conf --ulimit \
    --oom-score-adj --timeout --network --net --cap-add --cap-drop --security-opt --sysctl --pid-file --cidfile

# Prints the words in front of the cursor that are neither options nor their values: the command, ROOTFS, ...
function __mini_run_words
    set -l skip 0
    set -l ended 0
    set -l found
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if test $ended = 0; and test "$word" = --
            set ended 1
        else if test $ended = 0; and string match -qr '^-.' -- $word
            if contains -- $word $__mini_run_with_value
                set skip 1
            else if test "$word" = -v; and test "$found[1]" = run
                set skip 1
            end
        else
            set -a found $word
            test (count $found) -lt 2; or set ended 1
        end
    end
    test (count $found) -eq 0; or printf '%s\n' $found
end

# __mini_run_at N [COMMAND]: N such words are there, and the first is COMMAND.
function __mini_run_at
    set -l words (__mini_run_words)
    test (count $words) -eq $argv[1]; or return 1
    test (count $argv) -lt 2; or test "$words[1]" = "$argv[2]"
end

# What lies in ROOTFS, as paths of the container.
function __mini_run_inside
    set -l rootfs (string trim -r -c / -- (__mini_run_words)[2])
    set -l token (commandline -ct)
    string match -q '/*' -- "$token"; or set token /
    for path in $rootfs$token*
        set -l inside (string replace -- $rootfs '' $path)
        test -d $path; and set inside $inside/
        printf '%s\n' $inside
    end
end

set -g __mini_run_capabilities ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE \
    CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN \
    MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID \
    SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME \
    SYS_TTY_CONFIG SYSLOG WAKE_ALARM

complete -c mini-run -f

# Commands and global options
complete -c mini-run -n '__mini_run_at 0' -a run -d 'Run a command in a new container'
complete -c mini-run -n '__mini_run_at 0' -a check -d 'Tell what this host offers'
complete -c mini-run -n '__mini_run_at 0' -s v -l version -d 'Print the version'
for place in '__mini_run_at 0' '__mini_run_at 1 run' '__mini_run_at 1 check'
    complete -c mini-run -n $place -l root -x -a '(__fish_complete_directories)' -d 'Where the state is'
    complete -c mini-run -n $place -l log -r -F -d 'Append every error message to this file'
    complete -c mini-run -n $place -l log-format -x -a 'text json' -d 'How it is written there'
    complete -c mini-run -n $place -l debug -d 'Say more about what is done'
    complete -c mini-run -n $place -s h -l help -d 'Print help'
end

# check
complete -c mini-run -n '__mini_run_at 1 check' -l json -d 'Print one JSON object'

# run
set -l run -c mini-run -n '__mini_run_at 1 run'
complete -c mini-run -n '__mini_run_at 1 run; and not string match -q -- "-*" (commandline -ct)' -x \
    -a '(__fish_complete_directories)' -d 'Root filesystem'
complete -c mini-run -n '__mini_run_at 2 run' -a '(__mini_run_inside)'
complete $run -l name -x -d 'Name of the container'
complete $run -l hostname -x -d 'Its host name'
complete $run -s e -l env -x -a '(set -xn)' -d 'Environment variable'
complete $run -l env-file -r -F -d 'File with environment variables'
complete $run -s w -l workdir -x -d 'Directory to start in'
complete $run -s u -l user -x -d 'User and group'
complete $run -l umask -x -d 'Permissions that new files do not get'
complete $run -l init -d 'Run a small init as PID 1'
complete $run -s v -l volume -r -F -d 'Show a file or directory of the host'
complete $run -l mount -x -a 'type=bind,src= type=tmpfs,dst=' -d 'The same in words'
complete $run -l tmpfs -x -d 'An empty directory in memory'
complete $run -l read-only -d 'The root filesystem cannot be written to'
complete $run -l device -x -a '(__fish_complete_path /dev/)' -d 'A device of the host'
complete $run -l sysfs -d 'A read-only /sys'
complete $run -s m -l memory -x -d 'Ceiling for memory'
complete $run -l memory-swap -x -d 'Ceiling for memory and swap together'
complete $run -l memory-reservation -x -d 'Memory that is reclaimed last'
complete $run -l cpus -x -d 'CPU time as a fraction of one core'
complete $run -l cpu-shares -x -d 'Share of busy CPUs, 2 to 262144'
complete $run -l cpu-weight -x -d 'The same on the scale of cgroup v2'
complete $run -l cpuset-cpus -x -d 'CPUs it may run on'
complete $run -l cpuset-mems -x -d 'Memory nodes it may use'
complete $run -l pids-limit -x -d 'Number of processes and threads'
complete $run -l cgroup-parent -x -d 'Where its cgroup is made'
complete $run -l cgroup-conf -x -d 'A file of the cgroup (v2)'
complete $run -l ulimit -x -a 'as= core= cpu= data= fsize= locks= memlock= msgqueue= nice= nofile= nproc= rss= rtprio= rttime= sigpending= stack=' -d 'Limit of each process'
complete $run -l oom-score-adj -x -d 'From -1000 to 1000'
complete $run -l timeout -x -d 'End it after this time'
complete $run -l network -x -a 'host none (__fish_complete_path /run/netns/)' -d Network
complete $run -l net -x -a 'host none (__fish_complete_path /run/netns/)' -d 'The same as --network'
complete $run -l cap-add -x -a '$__mini_run_capabilities' -d 'Grant a capability'
complete $run -l cap-drop -x -a '$__mini_run_capabilities' -d 'Take a capability away'
complete $run -l security-opt -x -a 'seccomp=unconfined seccomp=builtin seccomp= no-new-privileges=true no-new-privileges=false' -d 'Loosen or replace a wall'
complete $run -l privileged -d 'Take the boundary away'
complete $run -l sysctl -x -d 'Kernel parameter of a namespace'
complete $run -s t -l tty -f -a 'auto on off' -d 'A terminal of its own'
complete $run -s i -l interactive -d 'For the habit'
complete $run -l rm -d 'For the habit'
complete $run -l report -f -a 'text json' -d 'Why it ended and what it used'
complete $run -l pid-file -r -F -d 'File for the process id of PID 1'
complete $run -l cidfile -r -F -d 'File for the name of the container'
complete $run -l trace -d 'Print every step with its time'
