/*
 * seal.c - see seal.h. Runs outside, as the first thing of every command that lets a process into a container whose files
 * somebody else has written.
 *
 * Until its execve such a process is mini-run, and /proc/self/exe leads to mini-run's program file on the host. A command
 * that is a script with "#!/proc/self/exe", or an ELF file that names it as its interpreter, has mini-run run inside;
 * whoever opens that process's /proc/PID/exe there holds the host's file, and may write to it once nobody executes it any
 * more (CVE-2019-5736). So it is executed from a read-only mount that hangs nowhere: what is opened through it is
 * read-only for everybody, and nobody can reach the mount to change that.
 *
 * A sealed copy in memory (memfd_create(2)) would do the same, and cost a copy of the program each time.
 */
#include "host/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

int binary_seal(char *const argv[], struct error *e)
{
	struct sys_mount_attr attr = {.set = SYS_MOUNT_ATTR_RDONLY};
	OWNED_FD self = open("/proc/self/exe", O_PATH | O_CLOEXEC), tree = -1;
	struct statvfs fs;

	if (self < 0 || fstatvfs(self, &fs) < 0)
		return err_set(e, errno, "look at mini-run's own program file");
	if (fs.f_flag & ST_RDONLY) {
		(void)prctl(PR_SET_NAME, "mini-run"); /* by descriptor the kernel knows no name */
		return 0;
	}
	tree = sys_open_tree(self, "", SYS_OPEN_TREE_CLONE);
	if (tree < 0 || sys_mount_setattr(tree, 0, &attr) < 0) {
		err_set(e, errno, "make a read-only mount of mini-run's own program file");
		return e->no == EPERM ? err_hint(e, "mini-run needs root, or CAP_SYS_ADMIN") : -1;
	}
	sys_execveat(tree, "", argv, environ, AT_EMPTY_PATH);
	return err_set(e, errno, "execute mini-run from a read-only mount");
}
