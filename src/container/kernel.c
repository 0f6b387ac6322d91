/*
 * kernel.c - what the container sets in the kernel for itself: names, sysctls, limits. Runs inside, while it
 * still has mini-run's privileges.
 *
 * Kernel files are reached through a procfs that this process mounted itself and that nobody else has touched;
 * the /proc in the root filesystem is never trusted with a write (CVE-2025-52881).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "base/sysctl.h"
#include "container/rlimits.h"
#include "container/steps.h"

/*
 * The container's own /proc, for a further process in a user namespace: the kernel refuses it a new one while parts of
 * the old one are masked. A real procfs cannot be forged, and what is mounted in it is not gone through (proc_write).
 */
static int proc_of_container(struct inside *in, struct error *e)
{
	OWNED_FD fd = sys_openat2(in->slash_fd, "proc", O_PATH | O_DIRECTORY, 0,
				  RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return err_hint(e, "and the container has no /proc of its own");
	in->proc_fd = fd_give(&fd);
	return 0;
}

int proc_open(struct inside *in, struct error *e)
{
	if (in->proc_fd >= 0)
		return 0;
	if (filesystem_make("proc", "proc", NULL, 0,
			    SYS_MOUNT_ATTR_NOSUID | SYS_MOUNT_ATTR_NODEV | SYS_MOUNT_ATTR_NOEXEC,
			    &in->proc_fd, e) == 0)
		return 0;
	return e->no == EPERM && in->in_user_ns && in->slash_fd >= 0 ? proc_of_container(in, e) : -1;
}

int proc_write(struct inside *in, const char *path, const char *text, struct error *e)
{
	const uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
	OWNED_FD fd = -1;

	if (proc_open(in, e) < 0)
		return -1;
	fd = sys_openat2(in->proc_fd, path, O_WRONLY, 0, resolve);
	if (fd < 0 && errno == EROFS) { /* the container's /proc is to be read-only: another then */
		in->proc_fd = -1;	/* not closed: it is one of in->mount_fds */
		if (proc_open(in, e) < 0)
			return -1;
		fd = sys_openat2(in->proc_fd, path, O_WRONLY, 0, resolve);
	}
	if (fd < 0)
		return err_set(e, errno, "open /proc/%s", path);
	if (write_all(fd, text, strlen(text)) < 0)
		return err_set(e, errno, "write \"%s\" to /proc/%s", text, path);
	return 0;
}

int loopback_up(struct inside *in, struct error *e)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	OWNED_FD fd = -1;

	if (in->config->ns[NS_NETWORK].mode != NS_NEW)
		return 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* any family takes the interface ioctls */
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return err_set(e, errno, "lo");
	return 0;
}

int hostname_set(struct inside *in, struct error *e)
{
	const struct config *c = in->config;

	if (c->hostname && sethostname(c->hostname, strlen(c->hostname)) < 0)
		return err_set(e, errno, "%s", c->hostname);
	if (c->domainname && setdomainname(c->domainname, strlen(c->domainname)) < 0)
		return err_set(e, errno, "domain %s", c->domainname);
	return 0;
}

int sysctls_write(struct inside *in, struct error *e)
{
	const struct config *c = in->config;

	/* The labels are written through it too, when a user namespace may no longer mount one: /proc is masked then. */
	if ((c->process.apparmor_profile || c->process.selinux_label) && proc_open(in, e) < 0)
		return -1;
	if (in->in_user_ns) /* the outside does it: host/sysctls.c */
		return 0;
	for (size_t i = 0; i < c->sysctls_n; i++) {
		char path[256] = "sys/";

		if (sysctl_path(c->sysctls[i].key, path + 4, sizeof(path) - 4, e) < 0)
			return -1;
		if (proc_write(in, path, c->sysctls[i].value, e) < 0)
			return err_within(e, "%s", c->sysctls[i].key);
	}
	return 0;
}

int rlimit_number(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} table[] = {
		{"RLIMIT_AS", RLIMIT_AS},
		{"RLIMIT_CORE", RLIMIT_CORE},
		{"RLIMIT_CPU", RLIMIT_CPU},
		{"RLIMIT_DATA", RLIMIT_DATA},
		{"RLIMIT_FSIZE", RLIMIT_FSIZE},
		{"RLIMIT_LOCKS", RLIMIT_LOCKS},
		{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
		{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
		{"RLIMIT_NICE", RLIMIT_NICE},
		{"RLIMIT_NOFILE", RLIMIT_NOFILE},
		{"RLIMIT_NPROC", RLIMIT_NPROC},
		{"RLIMIT_RSS", RLIMIT_RSS},
		{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
		{"RLIMIT_RTTIME", RLIMIT_RTTIME},
		{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
		{"RLIMIT_STACK", RLIMIT_STACK},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].number;
	return -1;
}

int rlimits_set(struct inside *in, struct error *e)
{
	const struct config_process *p = &in->config->process;

	for (size_t i = 0; i < p->rlimits_n; i++) {
		const struct config_rlimit *r = &p->rlimits[i];
		struct rlimit limit = {.rlim_cur = r->soft, .rlim_max = r->hard};
		int resource = rlimit_number(r->type);

		if (resource < 0)
			return err_set(e, EINVAL, "%s", r->type);
		if (setrlimit((__rlimit_resource_t)resource, &limit) < 0) {
			err_set(e, errno, "%s", r->type);
			return e->no == EPERM
				       ? err_hint(e, "raising a hard limit needs CAP_SYS_RESOURCE, "
						     "and NOFILE ends at fs.nr_open")
				       : -1;
		}
	}
	return 0;
}
