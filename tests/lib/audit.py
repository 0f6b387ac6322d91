#!/usr/bin/env python3
"""Judges a trace of a runtime that makes a container, or executes something in one: how it resolves paths.

usage: audit.py ROOTFS TRACE

TRACE is what `strace -f -y -s 4096 -o TRACE` wrote of all calls with a file name or a descriptor and of those that change
a process. Prints a line a fault, and fails when there is one:

  string   a path below ROOTFS is given as a string, which resolves it anew each time; or ROOTFS itself is, for more than
           opening it (O_PATH) or reading it as a link
  resolve  in the process that becomes the container's, a name that may be a link is opened in a way that follows it: by
           anything but openat2 with RESOLVE_IN_ROOT, RESOLVE_BENEATH or RESOLVE_NO_SYMLINKS, or O_NOFOLLOW on one component
  change   in that process, a file or mount is made, changed or removed by an absolute path
  proc     in that process, a file of /proc is opened by an absolute path, which leads where the container says; but for
           /proc/self/fd/N before the root is entered, where it is the host's
  order    the calls before its execve are not capset, prctl(PR_SET_NO_NEW_PRIVS), seccomp, execve, with nothing behind
           the filter that is not needed for the execve itself
"""
import re
import sys

LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
OPENS = {"open", "openat", "openat2", "open_tree", "creat"}
CHANGES = {"mount", "umount2", "mkdir", "mkdirat", "mknod", "mknodat", "symlink", "symlinkat", "link", "linkat", "unlink",
           "unlinkat", "rmdir", "rename", "renameat", "renameat2", "chown", "lchown", "fchownat", "chmod", "fchmodat",
           "truncate", "creat", "move_mount", "setxattr", "mount_setattr"}
LOOKS = {"stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "statfs", "chdir",
         "chroot", "execve", "execveat", "pivot_root", "name_to_handle_at", "inotify_add_watch"}
SAFE = ("RESOLVE_IN_ROOT", "RESOLVE_BENEATH", "RESOLVE_NO_SYMLINKS")
BEHIND_FILTER = {"execve", "execveat", "fcntl", "close", "close_range", "write", "sendmsg"}


def calls_of(path):
    """(pid, name, arguments) of each call, those of which strace writes two halves where the first is."""
    for line in open(path, encoding="utf-8", errors="replace"):
        match = LINE.match(line)
        if match:
            yield int(match.group(1)), match.group(2), match.group(3)


def paths_of(name, arguments):
    """(descriptor, path) of each path that a call is given: the descriptor as strace shows it, or ''."""
    if name in ("execve", "execveat"):
        arguments = arguments.split("[", 1)[0]
    if name == "symlinkat":
        arguments = arguments[STRING.match(arguments).end():]
    if name == "symlink":
        arguments = arguments.split(", ", 1)[-1]
    if name == "mount":
        arguments = re.sub(r'^("[^"]*"|NULL), ', "", arguments)
        arguments = arguments.split(", ", 1)[0]
    if name == "openat2":
        arguments = arguments.split("{", 1)[0] + arguments.split("{", 1)[1]
    result = []
    for match in STRING.finditer(arguments):
        descriptor = re.search(r"(?:^|, )(-?\d+|AT_FDCWD)<((?:[^<>]|<[^<>]*>)*)>, $", arguments[:match.start()])
        result.append((descriptor.group(2) if descriptor and descriptor.group(1) != "AT_FDCWD" else "", match.group(1)))
    return result


def containers_of(calls):
    """The pids that end in executing something of the container's: those that take a filter or drop capabilities, and the
    place of their last such call."""
    last = {}
    for place, (pid, name, _) in enumerate(calls):
        if name in ("seccomp", "capset") or (name == "prctl" and "PR_SET_NO_NEW_PRIVS" in calls[place][2]):
            last[pid] = place
    ends = {}
    for pid, place in last.items():
        for after in range(place, len(calls)):
            if calls[after][0] == pid and calls[after][1] in ("execve", "execveat"):
                ends[pid] = after
                break
    return ends


def below(path, root):
    return path == root or path.startswith(root + "/")


def of_proc(path, entered):
    if not entered and re.fullmatch(r"/proc/self/fd/\d+(/[^/]+)?", path):
        return False
    return path.startswith("/proc/") or path == "/proc"


def audit(root, calls):
    faults = []
    entered = set()
    ends = containers_of(calls)
    for place, (pid, name, arguments) in enumerate(calls):
        inside = pid in ends and place < ends[pid]
        if pid in ends and place >= ends[pid]:
            continue

        if name in ("pivot_root", "chroot", "setns"):
            entered.add(pid)

        def fault(kind):
            faults.append("%s: %s(%s" % (kind, name, arguments[:160]))

        if name not in OPENS | CHANGES | LOOKS:
            continue
        for descriptor, path in paths_of(name, arguments):
            absolute = path.startswith("/") and not (name == "openat2" and "RESOLVE_IN_ROOT" in arguments)
            if absolute and below(path, root):
                harmless = (name in OPENS and "O_PATH" in arguments) or name.startswith("readlink") or "stat" in name
                if path != root or not harmless:
                    fault("string")
            if not inside:
                continue
            if absolute and of_proc(path, pid in entered) and name in OPENS | CHANGES:
                fault("proc")
            elif absolute and name in CHANGES and not path.startswith("/proc/self/fd/") and not (path == "/" and "MS_REC|MS_PRIVATE" in arguments):
                fault("change")
            # Names in a directory of the root: one component, or resolved with care.
            if path not in ("", ".") and name in OPENS and descriptor:
                if name == "openat2":
                    if not any(word in arguments for word in SAFE):
                        fault("resolve")
                elif "/" in path or ("O_NOFOLLOW" not in arguments and "O_CREAT|O_EXCL" not in arguments
                                     and below(descriptor, root)):
                    fault("resolve")
            elif descriptor and "/" in path and name in CHANGES and below(descriptor, root):
                fault("resolve")
    for pid, end in ends.items():
        mine = [(name, arguments) for who, name, arguments in calls[:end + 1] if who == pid]
        words = ["prctl" if name == "prctl" and "PR_SET_NO_NEW_PRIVS" in arguments else name for name, arguments in mine
                 if name != "prctl" or "PR_SET_NO_NEW_PRIVS" in arguments]
        key = [word for word in words if word in ("capset", "prctl", "seccomp", "execve", "execveat")]
        if key[-4:-1] != ["capset", "prctl", "seccomp"]:
            faults.append("order: %s" % " ".join(key[-6:]))
        elif set(words[len(words) - words[::-1].index("seccomp"):]) - BEHIND_FILTER:
            faults.append("order: behind the filter: %s" % " ".join(words[len(words) - words[::-1].index("seccomp"):]))
    if not ends:
        faults.append("order: no process drops its privileges")
    return faults


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    calls = list(calls_of(sys.argv[2]))
    faults = audit(sys.argv[1].rstrip("/"), calls)
    print("%d calls, %d faults" % (len(calls), len(faults)))
    for fault in faults[:20]:
        print(fault)
    sys.exit(1 if faults else 0)


main()
