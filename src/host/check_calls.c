/*
 * check_calls.c - the newer system calls, each called with arguments that no kernel accepts: one
 * that knows the number finds fault with them, and one that does not, or a filter that hides the
 * call, says ENOSYS.
 *
 * What is required is what a plain `run` has no other way for. All of it is in Linux 5.14; that it
 * is not there on a newer kernel is the doing of a filter around this process.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "host/check_private.h"

/* The same number on every architecture, and newer than the headers of glibc 2.36. */
#ifndef SYS_statmount
#define SYS_statmount 457
#endif
#ifndef SYS_listmount
#define SYS_listmount 458
#endif

/* Those that ask for the right to mount before they look at their arguments. */
static bool asks_first(long number)
{
	return number == SYS_fsopen || number == SYS_fsmount || number == SYS_move_mount;
}

static void probe_call(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	enum check_status status = row->required ? CHECK_MISSING : CHECK_LIMITED;
	int no = sys_probe(row->number);

	if (no < 0) {
		check_say(f, status, "cannot be tried: %s", strerror(errno));
		check_remedy(f, "let this user have more processes");
	} else if (no == ENOSYS) {
		check_say(f, status, "not there: %s", row->lost);
		check_remedy(f, "%s", row->remedy);
	} else if (no == EPERM && (!asks_first(row->number) || check_capable(c, CAP_SYS_ADMIN))) {
		check_say(f, status, "refused by a system call filter: %s", row->lost);
		check_remedy(f, "loosen the filter around this process (--security-opt "
				"seccomp=unconfined of "
				"the outer container)");
	} else {
		check_say(f, CHECK_OK, "there");
	}
}

static int try_tree(const struct check_row *row)
{
	(void)row;
	return sys_open_tree(AT_FDCWD, "/", SYS_OPEN_TREE_CLONE | SYS_AT_RECURSIVE) >= 0 ? 0 : errno;
}

/* The one that is used in the caller's own mount namespace, which may belong to somebody with more rights. */
static void probe_tree(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	int no;

	probe_call(c, row, f);
	if (f->status != CHECK_OK)
		return;
	no = check_in_child(try_tree, row);
	if (no == 0)
		return;
	check_say(f, CHECK_MISSING, "mounts cannot be copied here (%s): %s", strerror(no), row->lost);
	check_remedy(
		f, geteuid() != 0
			   ? "run it as root"
			   : "run it in a mount namespace of its own user namespace, where it has "
			     "CAP_SYS_ADMIN");
}

static int try_tree_namespace(const struct check_row *row)
{
	(void)row;
	return sys_open_tree(AT_FDCWD, "/", SYS_OPEN_TREE_NAMESPACE) >= 0 ? 0 : errno;
}

/* A flag of open_tree(2), which has to be used to be told from an invalid one; the namespace ends with the child. */
static void probe_tree_namespace(const struct check *c, const struct check_row *row,
				 struct check_finding *f)
{
	int no = check_in_child(try_tree_namespace, row);

	(void)c;
	if (no == 0) {
		check_say(f, CHECK_OK, "there");
		return;
	}
	check_say(f, CHECK_LIMITED, no == EPERM ? "not for this user: %s" : "not there: %s",
		  row->lost);
	check_remedy(f, "%s", no == EPERM ? "run it as root" : row->remedy);
}

static void probe_memfd(const struct check *c, const struct check_row *row, struct check_finding *f)
{
	OWNED_FD fd = memfd_create("mini-run-check", MFD_CLOEXEC | 0x0010U /* MFD_EXEC */);
	int no = errno;

	(void)c;
	if (fd >= 0) {
		check_say(f, CHECK_OK, "there");
	} else if (no == EINVAL) {
		check_say(f, CHECK_OK,
			  "not there, and not needed: this kernel executes every memory file");
	} else if (no == EACCES) {
		check_say(f, CHECK_LIMITED, "vm.memfd_noexec forbids it: %s", row->lost);
		check_remedy(f, "sysctl -w vm.memfd_noexec=1");
	} else {
		check_say(f, CHECK_LIMITED, "no memory file (%s): %s", strerror(no), row->lost);
		check_remedy(f, "%s", row->remedy);
	}
}

#define FILTER "; where the kernel is newer, a system call filter around this process hides it"

const struct check_row check_call_rows[] = {
	{"clone3", probe_call, .required = true, .number = SYS_clone3,
	 .lost = "no container can be started", .remedy = "Linux 5.3 or newer" FILTER},
	{"openat2", probe_call, .required = true, .number = SYS_openat2,
	 .lost = "no path in a root filesystem can be opened safely",
	 .remedy = "Linux 5.6 or newer" FILTER},
	{"open_tree", probe_tree, .required = true, .number = SYS_open_tree,
	 .lost = "no root filesystem can be mounted", .remedy = "Linux 5.2 or newer" FILTER},
	{"move_mount", probe_call, .required = true, .number = SYS_move_mount,
	 .lost = "no root filesystem can be mounted", .remedy = "Linux 5.2 or newer" FILTER},
	{"fsopen", probe_call, .required = true, .number = SYS_fsopen,
	 .lost = "no /proc and no /dev can be mounted", .remedy = "Linux 5.2 or newer" FILTER},
	{"fsconfig", probe_call, .required = true, .number = SYS_fsconfig,
	 .lost = "no /proc and no /dev can be mounted", .remedy = "Linux 5.2 or newer" FILTER},
	{"fsmount", probe_call, .required = true, .number = SYS_fsmount,
	 .lost = "no /proc and no /dev can be mounted", .remedy = "Linux 5.2 or newer" FILTER},
	{"mount_setattr", probe_call, .required = true, .number = SYS_mount_setattr,
	 .lost = "mounts cannot be made private or read-only", .remedy = "Linux 5.12 or newer" FILTER},
	{"pidfd_send_signal", probe_call, .required = true, .number = SYS_pidfd_send_signal,
	 .lost = "no signal reaches a container", .remedy = "Linux 5.1 or newer" FILTER},
	{"close_range", probe_call, .required = true, .number = SYS_close_range,
	 .lost = "descriptors cannot be kept out of a container",
	 .remedy = "Linux 5.9 or newer" FILTER},
	{"pidfd_open", probe_call, .required = true, .number = SYS_pidfd_open,
	 .lost = "nothing could clean up after a mini-run that was killed",
	 .remedy = "Linux 5.3 or newer" FILTER},
	{"execveat", probe_call, .required = true, .number = SYS_execveat,
	 .lost = "no command can be executed without a way to mini-run's own file",
	 .remedy = "Linux 3.19 or newer" FILTER},
	{"MFD_EXEC",
	 probe_memfd, .lost = "the program that executes commands lies in a tmpfs of its own, which takes longer",
	 .remedy = "a kernel with CONFIG_MEMFD_CREATE"},
	{"statmount", probe_call, .number = SYS_statmount,
	 .lost = "mount tables can be read as text from /proc only, as mini-run does it",
	 .remedy = "nothing to do; Linux 6.8 or newer has it"},
	{"listmount", probe_call, .number = SYS_listmount,
	 .lost = "mount tables can be read as text from /proc only, as mini-run does it",
	 .remedy = "nothing to do; Linux 6.8 or newer has it"},
	{"OPEN_TREE_NAMESPACE", probe_tree_namespace,
	 .lost = "a start copies the host's mount table, which takes longer where there are "
		 "thousands of "
		 "mounts",
	 .remedy = "nothing to do; Linux 7.0 or newer has it"},
	{0},
};
