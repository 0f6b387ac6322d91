/*
 * check_files.c - filesystems, the state directory, and what else a start takes from the host's files.
 *
 * A filesystem that the kernel lists is really made where the caller may, detached and gone with the child.
 * One that it does not list is not tried, for that would load a module.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "host/check_private.h"
#include "host/rootless.h"

static int make_filesystem(const struct check_row *row)
{
	int fs = sys_fsopen(row->text);

	if (fs < 0 || sys_fsconfig_create(fs) < 0 || sys_fsmount(fs, 0) < 0)
		return errno;
	return 0;
}

/* In new namespaces, as in a container: what may be mounted depends on whose they are. */
static int try_filesystem(const struct check_row *row)
{
	if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC) < 0)
		return errno;
	return check_in_child(make_filesystem, row);
}

/* A node in a tmpfs that nothing else ever sees. */
static int try_node(const struct check_row *row)
{
	int fs, fd;

	(void)row;
	if (unshare(CLONE_NEWNS) < 0)
		return errno;
	if (rootless_inside()) { /* the host's node is taken */
		fd = sys_open_tree(AT_FDCWD, "/dev/null", SYS_OPEN_TREE_CLONE);
		return fd < 0 ? errno : 0;
	}
	fs = sys_fsopen("tmpfs");
	fd = fs >= 0 && sys_fsconfig_create(fs) == 0 ? sys_fsmount(fs, 0) : -1;
	if (fd < 0 || mknodat(fd, "null", S_IFCHR | 0666, makedev(1, 3)) < 0)
		return errno;
	fd = openat(fd, "null", O_WRONLY | O_CLOEXEC);
	return fd < 0 ? errno : 0;
}

static void probe_node(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	int no = check_in_child(try_node, row);

	(void)c;
	if (no == 0) {
		check_say(f, CHECK_OK,
			  rootless_inside() ? "those of the host are taken" : "made one");
		return;
	}
	check_say(f, CHECK_MISSING, "none can be made (%s): %s", strerror(no), row->lost);
	check_remedy(f, "%s", geteuid() != 0 ? "run it as root" : row->remedy);
}

/* Whether /proc/filesystems lists @type: "nodev\ttmpfs" or "\text4" a line. */
static bool listed(const char *type)
{
	char text[8192], wanted[64];
	struct error ignored;

	snprintf(wanted, sizeof(wanted), "\t%s\n", type);
	return file_read_at(AT_FDCWD, "/proc/filesystems", text, sizeof(text), NULL, &ignored) == 0 &&
	       strstr(text, wanted);
}

static void probe_filesystem(const struct check *c, const struct check_row *row,
			     struct check_finding *f)
{
	enum check_status status = row->required ? CHECK_MISSING : CHECK_LIMITED;
	int no;

	if (!listed(row->text)) {
		check_say(f, status, "not in /proc/filesystems: %s", row->lost);
		check_remedy(f, "load its module (modprobe %s), or a kernel with %s", row->text,
			     row->remedy);
		return;
	}
	no = check_in_child(try_filesystem, row);
	if (no == 0) {
		check_say(f, CHECK_OK, "made one");
	} else if (no == ENOSYS) {
		check_say(f, status, "cannot be made without fsopen, fsconfig and fsmount: %s",
			  row->lost);
		check_remedy(f, "see \"system calls\"");
	} else if (no == EPERM && rootless_inside() && strcmp(row->text, "sysfs") == 0) {
		check_say(f, status, "only in a network namespace of its own: %s", row->lost);
		check_remedy(f, "--network none beside it");
	} else if (no == EPERM && !check_capable(c, CAP_SYS_ADMIN)) {
		check_say(f, status, "not for this user: %s", row->lost);
		check_remedy(f, "run it as root");
	} else {
		check_say(f, status, "cannot be made (%s): %s", strerror(no), row->lost);
		check_remedy(
			f, c->contained
				   ? "start the outer container with more rights, and with a /proc "
				     "that nothing is mounted over"
				   : "a security module or a system call filter forbids it");
	}
}

/* overlay cannot be made without layers, so that it is not tried. */
static void probe_listed(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	(void)c;
	if (listed(row->text)) {
		check_say(f, CHECK_OK, "in /proc/filesystems");
		return;
	}
	check_say(f, CHECK_LIMITED,
		  "not in /proc/filesystems, though its module may come when it is used: %s",
		  row->lost);
	check_remedy(f, "modprobe %s, or a kernel with %s", row->text, row->remedy);
}

/* What masks are made of. */
static void probe_null(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	struct stat st;

	(void)c;
	if (stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)) {
		check_say(f, CHECK_OK, "the null device");
		return;
	}
	check_say(f, CHECK_MISSING, "not the null device: %s", row->lost);
	check_remedy(f, "%s", row->remedy);
}

/* The same questions that a start asks, without making the directory. */
static void probe_state(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	OWNED_FD fd = open(c->state_root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char parent[4096];
	struct stat st;
	int no = errno;

	if (fd < 0 && no == ENOENT) {
		snprintf(parent, sizeof(parent), "%s", c->state_root);
		if (faccessat(AT_FDCWD, dirname(parent), W_OK | X_OK, AT_EACCESS) == 0) {
			check_say(f, CHECK_OK, "%.400s can be made", c->state_root);
			return;
		}
		no = errno;
		snprintf(parent, sizeof(parent), "%s", c->state_root);
		check_say(f, CHECK_MISSING, "no directory can be made in %.300s (%s)",
			  dirname(parent), strerror(no));
	} else if (fd < 0) {
		check_say(f, CHECK_MISSING, "%.300s cannot be opened (%s)", c->state_root,
			  strerror(no));
	} else if (fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 022)) {
		check_say(f, CHECK_MISSING, "%.300s is not this user's alone", c->state_root);
	} else if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0) {
		check_say(f, CHECK_MISSING, "%.300s cannot be written to (%s)", c->state_root,
			  strerror(errno));
	} else {
		check_say(f, CHECK_OK, "%.400s", c->state_root);
		return;
	}
	check_remedy(f, "%s", row->remedy);
}

/* Handlers for programs that are made for other machines, or that are none by themselves. */
static void probe_binfmt(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	DIR *dir = opendir("/proc/sys/fs/binfmt_misc");
	char names[CHECK_TEXT - 64] = "";
	const struct dirent *entry;
	size_t at = 0;

	(void)c;
	while (dir && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "register") != 0 &&
		    strcmp(entry->d_name, "status") != 0 && at < sizeof(names))
			at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s",
					       at ? " " : "", entry->d_name);
	if (dir)
		closedir(dir);
	if (*names) {
		check_say(f, CHECK_OK, "%s", names);
		return;
	}
	check_say(f, CHECK_LIMITED, "none: %s", row->lost);
	check_remedy(f, "%s", row->remedy);
}

const struct check_row check_file_rows[] = {
	{"proc", probe_filesystem, .required = true, .text = "proc",
	 .lost = "no container can be started", .remedy = "CONFIG_PROC_FS"},
	{"tmpfs", probe_filesystem, .required = true, .text = "tmpfs",
	 .lost = "no container can have a /dev", .remedy = "CONFIG_TMPFS"},
	{"devpts", probe_filesystem, .required = true, .text = "devpts",
	 .lost = "no container can have a /dev/pts", .remedy = "CONFIG_UNIX98_PTYS"},
	{"sysfs", probe_filesystem, .text = "sysfs", .lost = "--sysfs fails",
	 .remedy = "CONFIG_SYSFS"},
	{"mqueue", probe_filesystem, .text = "mqueue",
	 .lost = "containers whose configuration mounts it, as engines write it, fail",
	 .remedy = "CONFIG_POSIX_MQUEUE"},
	{"overlay", probe_listed, .text = "overlay",
	 .lost = "--overlay fails, and no engine can put a root filesystem together from layers",
	 .remedy = "CONFIG_OVERLAY_FS"},
	{"device nodes", probe_node, .required = true, .lost = "no container can have a /dev",
	 .remedy = "run it outside of a user namespace, and where the outer container's devices "
		   "cgroup allows it"},
	{"/dev/null", probe_null, .required = true, .lost = "no container can be started",
	 .remedy = "rm -f /dev/null && mknod -m 666 /dev/null c 1 3"},
	{"state directory", probe_state, .required = true,
	 .remedy = "name another one by --root, a directory that belongs to this user alone"},
	{"binfmt_misc", probe_binfmt,
	 .lost = "only programs made for this machine's own architecture run",
	 .remedy = "for others install their emulators (Debian: apt-get install qemu-user-static "
		   "binfmt-support)"},
	{0},
};
