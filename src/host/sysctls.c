/*
 * sysctls.c - the kernel parameters of a container in a user namespace. Runs outside, before "go": a child of mini-run
 * enters the namespaces that have parameters and writes them. Other containers write their own from inside, before
 * they give up their privileges (container/kernel.c).
 *
 * The files of the UTS namespace are the host's root's, whatever user namespace it belongs to, and so the inside could
 * not write them. KERNEL <6.11: those of the IPC namespace too.
 *
 * Which part of /proc/sys a process sees is decided by its namespaces and not by the procfs, so that the host's is
 * as good as any, and one that nobody inside can have forged.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "base/sysctl.h"
#include "host/rootless.h"
#include "host/steps.h"

/*
 * Opens the file as the host's root, or where that has no right to it as the user that the kernel shows as its owner:
 * the root of the user namespace. No capability counts here (sysctl_perm() in the kernel). We stay who we became,
 * because the write is checked as well.
 */
static int sysctl_open(int sys_fd, const char *path, struct error *e)
{
	const uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
	OWNED_FD place = -1;
	struct stat st;
	int fd = sys_openat2(sys_fd, path, O_WRONLY, 0, resolve);

	if (fd >= 0 || errno != EACCES)
		return fd >= 0 ? fd : err_set(e, errno, "open /proc/sys/%s", path);
	place = sys_openat2(sys_fd, path, O_PATH, 0, resolve);
	if (place < 0 || fstat(place, &st) < 0 || seteuid(st.st_uid) < 0) {
		err_set(e, errno, "become the owner of /proc/sys/%s", path);
		return rootless_inside() ? err_hint(e, "on this kernel only root can set it") : -1;
	}
	fd = sys_openat2(sys_fd, path, O_WRONLY, 0, resolve);
	return fd >= 0 ? fd : err_set(e, errno, "open /proc/sys/%s", path);
}

static int sysctl_write(int sys_fd, const struct config_pair *pair, struct error *e)
{
	OWNED_FD fd = -1;
	char path[256];

	if (sysctl_path(pair->key, path, sizeof(path), e) < 0)
		return -1;
	fd = sysctl_open(sys_fd, path, e);
	if (fd < 0)
		return -1;
	if (write_all(fd, pair->value, strlen(pair->value)) < 0)
		return err_set(e, errno, "write \"%s\" to /proc/sys/%s", pair->value, path);
	return seteuid(getuid()) < 0 ? err_set(e, errno, "become user %u", getuid()) : 0;
}

static int all_write(const struct start *s, struct error *e)
{
	static const enum config_ns_kind kinds[] = {NS_IPC, NS_UTS, NS_NETWORK};
	int flags = 0;
	const struct config *c = s->config;
	OWNED_FD fd = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno, "/proc/sys");
	/* Its own ones: an ordinary user may not even enter the host's. */
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (c->ns[kinds[i]].mode != NS_INHERIT)
			flags |= (int)ns_kinds[kinds[i]].flag;
	if (setns(s->pidfd, flags) < 0)
		return errno == ESRCH ? 0 /* it has failed already: "await ready" hears why */
				      : err_set(e, errno, "enter the container's namespaces");
	for (size_t i = 0; i < c->sysctls_n; i++)
		if (sysctl_write(fd, &c->sysctls[i], e) < 0)
			return err_within(e, "%s", c->sysctls[i].key);
	return 0;
}

int sysctls_give(struct start *s, struct error *e)
{
	struct error told = {0};
	int pipe_fds[2], status;
	ssize_t n;
	pid_t pid;

	if (!s->inside.in_user_ns || s->config->sysctls_n == 0)
		return 0;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return err_set(e, errno, "pipe");
	pid = fork();
	if (pid == 0) {
		status = all_write(s, &told) < 0;
		(void)!write(pipe_fds[1], &told,
			     sizeof(told)); /* less than PIPE_BUF: whole or not at all */
		_exit(status);
	}
	if (pid < 0)
		err_set(e, errno, "fork");
	fd_close(&pipe_fds[1]);
	do
		n = pid < 0 ? -1 : read(pipe_fds[0], &told, sizeof(told));
	while (n < 0 && pid > 0 && errno == EINTR);
	fd_close(&pipe_fds[0]);
	if (pid < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_set(e, errno, "wait");
	if (n != (ssize_t)sizeof(told))
		return err_set(e, 0, "the process that enters the container's namespaces died");
	if (status != 0)
		*e = told;
	return status != 0 ? -1 : 0;
}
