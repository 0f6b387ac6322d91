/*
 * kernel.c - what the container sets in the kernel for itself: names, sysctls, limits. Runs inside, while it
 * still has mini-run's privileges.
 *
 * Kernel files are reached through a procfs that this process mounted itself and that nobody else has touched;
 * the /proc in the root filesystem is never trusted with a write (CVE-2025-52881).
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "container/steps.h"

int proc_open(struct inside *in, struct error *e)
{
	if (in->proc_fd >= 0)
		return 0;
	return filesystem_make("proc", "proc", NULL, 0,
			       SYS_MOUNT_ATTR_NOSUID | SYS_MOUNT_ATTR_NODEV | SYS_MOUNT_ATTR_NOEXEC,
			       &in->proc_fd, e);
}

/* Writes @text to @path below our procfs, over no mount point and through no link. */
static int proc_write(struct inside *in, const char *path, const char *text, struct error *e)
{
	OWNED_FD fd = -1;

	if (proc_open(in, e) < 0)
		return -1;
	fd = sys_openat2(in->proc_fd, path, O_WRONLY, 0,
			 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
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

	for (size_t i = 0; i < c->sysctls_n; i++) {
		char path[256];

		if ((size_t)snprintf(path, sizeof(path), "sys/%s", c->sysctls[i].key) >= sizeof(path))
			return err_set(e, ENAMETOOLONG, "%s", c->sysctls[i].key);
		/* sysctl(8): the first separator says which; with dots, a slash stands for a dot in a name
		 * (net.ipv4.conf.eth0/1.forwarding). */
		if (path[4 + strcspn(path + 4, "./")] == '.')
			for (char *at = path + 4; *at; at++)
				*at = *at == '.' ? '/' : *at == '/' ? '.' : *at;
		if (proc_write(in, path, c->sysctls[i].value, e) < 0)
			return err_within(e, "%s", c->sysctls[i].key);
	}
	return 0;
}

/* Whether the process has been made unlikely to be chosen when memory runs out. */
static bool is_oom_protected(struct inside *in, const char *path)
{
	char text[24];

	return file_read_at(in->proc_fd, path, text, sizeof(text), NULL, &(struct error){0}) == 0 &&
	       text[0] == '-';
}

int oom_score_write(struct inside *in, struct error *e)
{
	const struct config_number *score = &in->config->process.oom_score_adj;
	char path[64], value[24];

	if (proc_open(in, e) < 0)
		return -1;
	snprintf(path, sizeof(path), "%d/oom_score_adj", (int)getpid());
	/*
	 * Not given means "as it is" in the specification (config.md, "oomScoreAdj"). The direct form does not pass
	 * on the protection that a service may have which starts mini-run.
	 */
	if (!score->set && (in->config->oci_version || !is_oom_protected(in, path)))
		return 0;
	snprintf(value, sizeof(value), "%lld", score->set ? (long long)score->value : 0LL);
	if (proc_write(in, path, value, e) < 0)
		return e->no == EACCES || e->no == EPERM
			       ? err_hint(e, "lowering it needs CAP_SYS_RESOURCE, which mini-run "
					     "was not given")
			       : -1;
	return 0;
}

static int rlimit_number(const char *name)
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
