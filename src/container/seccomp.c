/*
 * seccomp.c - see seccomp.h. Runs inside, between clone and execve: one system call, nothing to allocate.
 *
 * The filter is in force from here on for everything that this process still does, execve included.
 */
#include "container/seccomp.h"

#include <errno.h>

#include "base/sys.h"

int seccomp_filter_load(const struct seccomp_filter *f, struct error *e)
{
	struct sock_fprog program = {
		.len = f->n, .filter = (struct sock_filter *)f->v, /* the kernel only reads it */
	};
	int r, no;

	if (!f->v)
		return 0;
	r = sys_seccomp_filter(&program, f->flags);
	if (r == 0)
		return 0;
	if (r > 0) /* SECCOMP_FILTER_FLAG_TSYNC: the thread that has other filters */
		return err_set(e, 0, "load seccomp filter: thread %d cannot take it", r);
	no = errno;
	err_set(e, no, "load seccomp filter");
	return no == EACCES ? err_hint(e, "without no_new_privs it takes CAP_SYS_ADMIN") : -1;
}
