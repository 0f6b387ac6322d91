/*
 * seccomp.c - see seccomp.h. Runs inside, between clone and execve: a few system calls, nothing to allocate.
 *
 * The filter is in force from here on for everything that this process still does, and a profile is written for the
 * command, not for us. So as little as possible comes after it. A filter that notifies asks somebody about calls
 * who does not have its descriptor yet, and a call that he is asked about waits for him: the one that carries the
 * descriptor out, sendmsg(2), must not be among them (config/from_seccomp.c refuses it, host/seccomp.c a profile
 * that does not allow it). Everything behind that, recvmsg(2) for the answer included, he can answer.
 *
 * Where mini-run itself listens, to tell which calls were refused, it must not cost the profile anything, and there
 * are two filters: see told_enter().
 */
#include "container/seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "base/sys.h"
#include "container/init.h"
#include "sync/sync.h"

/* Why the kernel did not take the filter, with the remedy where there is one. */
static int load_error(const struct seccomp_filter *f, struct error *e)
{
	int no = errno;

	err_set(e, no, "load seccomp filter");
	if (no == EACCES)
		return err_hint(e, "without no_new_privs it takes CAP_SYS_ADMIN");
	if (no == EBUSY && (f->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER))
		return err_hint(e,
				"a filter that notifies is in force already, and Linux takes one");
	return -1;
}

int seccomp_filter_load(const struct seccomp_filter *f, int *ret_listener, struct error *e)
{
	struct sock_fprog program = {
		.len = f->n, .filter = (struct sock_filter *)f->v, /* the kernel only reads it */
	};
	bool listens = f->v && (f->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER);
	int r;

	if (listens && !ret_listener)
		return err_set(e, 0, "load seccomp filter: nobody here takes its listener");
	if (ret_listener)
		*ret_listener = -1;
	if (!f->v)
		return 0;
	r = sys_seccomp_filter(&program, f->flags);
	if (r < 0)
		return load_error(f, e);
	if (listens)
		*ret_listener = r;
	else if (r > 0) /* SECCOMP_FILTER_FLAG_TSYNC: the thread that has other filters */
		return err_set(e, 0, "load seccomp filter: thread %d cannot take it", r);
	return 0;
}

int listener_hand_over(const struct inside *in, int fd, struct error *e)
{
	struct sync_message m = {.type = SYNC_LISTENER};
	int r = sync_send(in->sync_fd, &m, fd, e);

	/* Not kept until execve closes it: as long as we have it open, a listener that dies is not noticed. */
	fd_close(&fd);
	if (r < 0 || sync_receive(in->sync_fd, &m, NULL, e) < 0)
		return err_within(e, "hand over the seccomp listener");
	if (m.type != SYNC_LISTENER_TAKEN)
		return err_set(e, 0, "mini-run ended before the seccomp listener was handed over");
	return 0;
}

/* ---- a filter whose refusals are told ---- */

/*
 * What the listener is sent in, and the program behind it. They lie at addresses that are known before the filters are
 * made (the process is a copy of the one that makes them), so that the first filter can let these two calls pass,
 * and the second can close the door: a profile need not allow anything of ours.
 *
 * The page is one that nobody can guess, and not one of the program: at an address that it knew, the container could
 * set a filter of its own that we are not told of.
 */
struct passes {
	struct msghdr carrier;
	struct sock_fprog rest;
};
static struct passes *passes; /* from the first use on, for good */

static int passes_make(struct error *e)
{
	const uintptr_t within = UINT64_C(0x3ffffffff000); /* what programs have everywhere */
	uintptr_t where = 0;
	void *page, *wish;

	if (getrandom(&where, sizeof(where), 0) != sizeof(where))
		return err_set(e, errno, "get random bytes");
	/* Where there is something already, or nothing can be, the kernel finds another place. */
	where &= within;
	memcpy(&wish, &where, sizeof(wish));
	page = mmap(wish, sizeof(*passes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	if (page == MAP_FAILED)
		return err_set(e, errno, "map a page for the seccomp listener");
	passes = page;
	return 0;
}

int seccomp_passes(struct seccomp_pass ret[SECCOMP_PASSES], struct error *e)
{
	if (!passes && passes_make(e) < 0)
		return -1;
	ret[0] = (struct seccomp_pass){SYS_sendmsg, 1, (uintptr_t)&passes->carrier};
	ret[1] = (struct seccomp_pass){SYS_seccomp, 2, (uintptr_t)&passes->rest};
	return 0;
}

/* As sync_send() does. Nobody answers: the outside takes it before anything that it is asked through it. */
static int listener_send(int sync_fd, int listener)
{
	struct sync_message m = {.type = SYNC_LISTENER};
	struct iovec bytes = {.iov_base = &m, .iov_len = offsetof(struct sync_message, u)};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};

	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.align), &listener, sizeof(int));
	passes->carrier = (struct msghdr){
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.room),
	};
	return sendmsg(sync_fd, &passes->carrier, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static int told_enter(const struct inside *in, struct error *e)
{
	const struct seccomp_told *told = &in->told;
	int listener;

	if (seccomp_filter_load(&told->asks, &listener, e) < 0) {
		if (told->needed || e->no != EBUSY)
			return -1;
		return seccomp_filter_load(&in->seccomp, NULL, e);
	}
	/* From here on nothing but these two. The listener is closed by execve: close(2) may be refused. */
	if (listener_send(in->sync_fd, listener) < 0)
		return err_set(e, errno, "hand over the listener for refused system calls");
	passes->rest = (struct sock_fprog){
		.len = told->rest.n,
		.filter = (struct sock_filter *)told->rest.v,
	};
	if (sys_seccomp_filter(&passes->rest, told->rest.flags) < 0)
		return err_set(e, errno, "load seccomp filter");
	return 0;
}

int filter_enter(const struct inside *in, struct error *e)
{
	int listener;

	if (in->told.asks.v)
		return told_enter(in, e);
	if (seccomp_filter_load(&in->seccomp, &listener, e) < 0)
		return -1;
	return listener >= 0 ? listener_hand_over(in, listener, e) : 0;
}
