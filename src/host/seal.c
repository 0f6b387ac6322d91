/*
 * seal.c - see seal.h. Runs outside, as the first thing of every command that lets a process into a container whose files
 * somebody else has written.
 *
 * Until its execve such a process is mini-run, and /proc/self/exe leads to mini-run's program file on the host. A command
 * that is a script with "#!/proc/self/exe", or an ELF file that names it as its interpreter, has mini-run run inside;
 * whoever opens that process's /proc/PID/exe there holds the host's file, and may write to it once nobody executes it any
 * more (CVE-2019-5736). So it is executed from a read-only mount that hangs nowhere: what is opened through it is
 * read-only for everybody, and nobody can reach the mount to change that. A mount of the host that is read-only will not
 * do: it may become writable, while somebody still holds what he opened.
 *
 * A sealed copy in memory does the same, and costs a copy of the program each time. It is for who may not mount it.
 */
#include "host/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "host/sealed_file.h"

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

#define SELF "/proc/self/exe"

bool seal_by_program(const struct config *c)
{
	const struct config_process *p = &c->process;

	/* A bundle: its hooks, and who shares its files and namespaces, may do what they like until the command runs. */
	if (c->oci_version)
		return false;
	/* A label is for the next execve and no other: it must be that of the command. */
	if ((p->apparmor_profile && *p->apparmor_profile) || (p->selinux_label && *p->selinux_label))
		return false;
	/* A profile is made for the command, and need not allow what the built-in program calls. The default one does. */
	return c->seccomp.mode != SECCOMP_MODE_PROFILE;
}

bool seal_needed(const struct config *c)
{
	/* --init: PID 1 may still be mini-run when its child is the command, which with CAP_SYS_PTRACE opens /proc/1/exe. */
	return !seal_by_program(c) || c->process.builtin_init;
}

/* Whether this process's program is what is made below: the root of a mount that hangs nowhere, which has no name. */
static bool is_sealed(int self)
{
	struct statvfs fs;
	char path[2];

	return fstatvfs(self, &fs) == 0 && (fs.f_flag & ST_RDONLY) &&
	       readlink(SELF, path, sizeof(path)) == 1 && path[0] == '/';
}

/* The same for the copy in memory. */
static bool is_sealed_copy(int file)
{
	int seals = fcntl(file, F_GET_SEALS);

	return seals >= 0 && (seals & F_SEAL_WRITE);
}

/* Without the right to mount. */
static int copy_execute(int file, char *const argv[], struct error *e)
{
	OWNED_FD copy = -1;
	struct sealed_file f;
	struct stat st;

	if (fstat(file, &st) < 0)
		return err_set(e, errno, "look at mini-run's own program file");
	if (sealed_file_make("mini-run", &f, e) < 0)
		return -1;
	while (st.st_size > 0) {
		ssize_t n = sendfile(f.fd, file, NULL, (size_t)st.st_size);

		if (n <= 0) {
			err_set(e, n < 0 ? errno : EIO, "copy mini-run's own program file");
			sealed_file_end(&f);
			return -1;
		}
		st.st_size -= n;
	}
	if (sealed_file_finish(&f, &copy, e) < 0)
		return -1;
	sys_execveat(copy, "", argv, environ, AT_EMPTY_PATH);
	return err_set(e, errno, "execute a sealed copy of mini-run");
}

/* From the copy @tree of a mount, which hangs nowhere. */
static int tree_execute(int tree, char *const argv[], struct error *e)
{
	const struct sys_mount_attr attr = {.set = SYS_MOUNT_ATTR_RDONLY};

	if (sys_mount_setattr(tree, 0, &attr) < 0)
		return err_set(e, errno, "make a read-only mount of mini-run's own program file");
	sys_execveat(tree, "", argv, environ, AT_EMPTY_PATH);
	return err_set(e, errno, "execute mini-run from a read-only mount");
}

int binary_seal(char *const argv[], struct error *e)
{
	OWNED_FD self = open(SELF, O_PATH | O_CLOEXEC), tree = -1, file = -1;

	if (self < 0)
		return err_set(e, errno, "look at mini-run's own program file");
	if (is_sealed(self)) {
		(void)prctl(PR_SET_NAME, "mini-run"); /* by descriptor the kernel knows no name */
		return 0;
	}
	tree = sys_open_tree(self, "", SYS_OPEN_TREE_CLONE);
	/* EINVAL: it lies in no mount of this namespace, as a copy in memory does. */
	if (tree < 0 && (errno == EPERM || errno == EINVAL)) {
		file = open(SELF, O_RDONLY | O_CLOEXEC);
		if (file < 0)
			return err_set(e, errno, "read mini-run's own program file");
		if (!is_sealed_copy(file))
			return copy_execute(file, argv, e);
		(void)prctl(PR_SET_NAME, "mini-run");
		return 0;
	}
	if (tree < 0)
		return err_set(e, errno, "make a mount of mini-run's own program file");
	return tree_execute(tree, argv, e);
}

int seal_execute(char *const argv[], struct error *e)
{
	OWNED_FD own = open(SELF, O_PATH | O_CLOEXEC), file = -1, tree = -1;

	if (own < 0)
		return err_set(e, errno, "look at mini-run's own program file");
	file = path_open_again(own);
	if (file >= 0) {
		tree = sys_open_tree(file, "", SYS_OPEN_TREE_CLONE);
		if (tree < 0)
			return err_set(e, errno, "make a mount of mini-run's own program file");
		return tree_execute(tree, argv, e);
	}
	/* Else it has no name here, like a sealed copy in memory: as it is, then. */
	sys_execveat(own, "", argv, environ, AT_EMPTY_PATH);
	return err_set(e, errno, "execute mini-run");
}
