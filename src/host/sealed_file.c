/*
 * sealed_file.c - see sealed_file.h. Runs outside.
 *
 * It is a memory file with seals, which takes no privileges. Where the host's administrator has forbidden to execute
 * memory files (sysctl vm.memfd_noexec), it is a file in a tmpfs of its own that hangs nowhere and is made read-only.
 */
#include "host/sealed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

#define PROGRAM "program"

static int in_tmpfs(struct sealed_file *f, struct error *e)
{
	OWNED_FD fs = sys_fsopen("tmpfs"), mount_fd = -1, fd = -1;

	if (fs >= 0 && sys_fsconfig_create(fs) == 0)
		mount_fd = sys_fsmount(fs, SYS_MOUNT_ATTR_NOSUID | SYS_MOUNT_ATTR_NODEV);
	if (mount_fd >= 0)
		fd = openat(mount_fd, PROGRAM, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (fd < 0 || fchmod(fd, 0755) < 0) {
		err_set(e, errno, "make a tmpfs for a program of mini-run's own");
		return err_hint(e,
				"no memory file can be executed here: sysctl vm.memfd_noexec, or a "
				"filter of system calls");
	}
	f->mount_fd = fd_give(&mount_fd);
	f->fd = fd_give(&fd);
	return 0;
}

int sealed_file_make(const char *name, struct sealed_file *ret, struct error *e)
{
	*ret = (struct sealed_file)SEALED_FILE_EMPTY;
	ret->fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	/* KERNEL <6.3: no MFD_EXEC; memory files can always be executed. */
	if (ret->fd < 0 && errno == EINVAL)
		ret->fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (ret->fd >= 0)
		return 0;
	/* KERNEL >=6.3: EACCES where vm.memfd_noexec is 2 for this PID namespace. The others are those of a filter. */
	if (errno == EACCES || errno == EPERM || errno == ENOSYS)
		return in_tmpfs(ret, e);
	return err_set(e, errno, "memfd_create");
}

/* Opens what is to be executed once more: a file that is open for writing cannot be (ETXTBSY). */
static int seal(struct sealed_file *f, int *ret_fd)
{
	const struct sys_mount_attr read_only = {.set = SYS_MOUNT_ATTR_RDONLY};
	char again[40];

	if (f->mount_fd < 0) {
		if (fcntl(f->fd, F_ADD_SEALS,
			  F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
			return -1;
		snprintf(again, sizeof(again), "/proc/self/fd/%d", f->fd);
		*ret_fd = open(again, O_RDONLY | O_CLOEXEC);
		return *ret_fd;
	}
	fd_close(&f->fd); /* a mount with a file that is open for writing cannot be made read-only */
	if (sys_mount_setattr(f->mount_fd, 0, &read_only) < 0)
		return -1;
	*ret_fd = openat(f->mount_fd, PROGRAM, O_RDONLY | O_CLOEXEC);
	return *ret_fd;
}

int sealed_file_finish(struct sealed_file *f, int *ret_fd, struct error *e)
{
	int result = seal(f, ret_fd) < 0 ? err_set(e, errno, "seal a program of mini-run's own") : 0;

	sealed_file_end(f);
	return result;
}

void sealed_file_end(struct sealed_file *f)
{
	fd_close(&f->fd);
	fd_close(&f->mount_fd);
}
