/*
 * refusals.c - see refusals.h. Runs outside, in the loops of talk.c and wait.c.
 *
 * A call that the filter refuses waits in the kernel until it is answered here. It never runs: no answer of ours lets
 * one through. Where the filter says an errno that is the answer. Where it says an end the process is sent SIGSYS, of
 * which it dies as it would have died of the filter. But the kernel's own SIGSYS cannot be caught, blocked or ignored,
 * and ends a PID 1 too, and ours can; then it is SIGKILL, and of PID 1 the exit status says SIGSYS all the same. A
 * process with other threads could change its mind about SIGSYS in between: who is still there after a second gets SIGKILL.
 *
 * A filter that a process itself adds may answer before ours. So a call that sets one, where the profile lets it, is told
 * as well, and goes on: what the profile lets run does not depend on memory, which could be another by now.
 *
 * What the container can make of this: it can keep mini-run busy, and so a few calls are answered in one go; it can
 * call what nobody has heard of, and so the list has an end; and it chooses the names of its processes.
 */
#include "host/refusals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/step.h"
#include "base/sys.h"
#include "host/seccomp.h"
#include "host/seccomp_tell.h"
#include "host/start.h"

#define AT_ONCE	 16
#define MERCY_NS INT64_C(1000000000)
#define ROOM \
	512 /* the kernel's structure may have grown: it writes and wants to find zero the rest of its own */
#define NS_PER_MS 1000000
#define ERRNO_MAX 4095 /* what the kernel makes of a larger one */

/* ---- the filter ---- */

static bool action_kills(enum config_seccomp_action action)
{
	return action == SECCOMP_KILL_THREAD || action == SECCOMP_KILL_PROCESS;
}

/* What the profile says, and not what every one says of foreign architectures. */
static bool profile_kills(const struct config_seccomp *c)
{
	bool kills = action_kills(c->default_action);

	if (c->mode != SECCOMP_MODE_PROFILE)
		return false;
	for (size_t i = 0; i < c->rules_n; i++)
		kills |= action_kills(c->rules[i].action);
	return kills;
}

int refusals_prepare(struct start *s, struct error *e)
{
	const struct config *c = s->config;
	bool stays = s->options->mode == RUN_FOREGROUND && !s->options->config_text;

	s->refusals.fd = -1;
	s->refusals.all = c->seccomp_log;
	if (c->seccomp_log && seccomp_notifies(&s->inside.seccomp))
		return err_set(
			e, 0,
			"--security-opt seccomp-log: the profile has SCMP_ACT_NOTIFY, which asks "
			"another program, and Linux lets one listen");
	if (!s->inside.seccomp.v || seccomp_notifies(&s->inside.seccomp))
		return 0;
	if (!c->seccomp_log && !(stays && profile_kills(&c->seccomp)))
		return 0;
	if (seccomp_tell(&s->inside.seccomp, c->seccomp_log, &s->inside.told, e) < 0) {
		if (c->seccomp_log)
			return err_within(e, "--security-opt seccomp-log");
		return 0; /* the filter is what counts */
	}
	s->inside.told.needed = c->seccomp_log;
	return 0;
}

void refusals_forget(struct start *s)
{
	struct refusals *r = &s->refusals;

	fd_close(&r->fd);
	while (r->condemned_n > 0)
		fd_close(&r->condemned[--r->condemned_n].pidfd);
	seccomp_told_end(&s->inside.told);
}

bool refusals_listen(struct start *s, int fd)
{
	if (!s->inside.told.asks.v || s->refusals.fd >= 0)
		return false;
	s->refusals.fd = fd;
	s->refusals.listened = true;
	return true;
}

/* ---- the process that called ---- */

/* What /proc/TID/status says of the thread that called. */
struct caller {
	pid_t pid; /* of its process; where nobody can tell, of the thread: they are mostly the same */
	bool catches;	/* there is a handler for SIGSYS, and it is not blocked */
	bool would_die; /* of a SIGSYS that is sent to it */
};

static struct caller caller_look(pid_t tid)
{
	struct caller caller = {.pid = tid};
	bool blocked = true, ignored = true, caught = true;
	OWNED_MEMORY char *line = NULL;
	size_t room = 0;
	char path[40];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	f = fopen(path, "re");
	if (!f)
		return caller;
	while (getline(&line, &room, f) > 0) { /* a line of groups may be very long */
		const char *value = strchr(line, '\t');
		bool bit = value && ((strtoull(value, NULL, 16) >> (SIGSYS - 1)) & 1);

		if (strncmp(line, "Tgid:", 5) == 0 && value)
			caller.pid = (pid_t)strtol(value, NULL, 10);
		else if (strncmp(line, "SigBlk:", 7) == 0)
			blocked = bit;
		else if (strncmp(line, "SigIgn:", 7) == 0)
			ignored = bit;
		else if (strncmp(line, "SigCgt:", 7) == 0)
			caught = bit;
	}
	fclose(f);
	caller.catches = caught && !blocked;
	caller.would_die = !caught && !blocked && !ignored;
	return caller;
}

/* Is the call still waiting? Then who called it is there, and its number has not become somebody else's. */
static bool still_waits(const struct refusals *r, uint64_t id)
{
	return ioctl(r->fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static void process_name(pid_t tid, char ret[REFUSAL_PROCESS])
{
	char path[40], text[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)tid);
	if (file_read_at(AT_FDCWD, path, text, sizeof(text), NULL, &(struct error){0}) < 0)
		text[0] = '\0';
	snprintf(ret, REFUSAL_PROCESS, "%.*s", REFUSAL_PROCESS - 1, text);
	if (*text && ret[strlen(ret) - 1] == '\n') /* only the last one is the file's */
		ret[strlen(ret) - 1] = '\0';
}

/* ---- noting ---- */

static struct refusal refusal_of(const struct seccomp_notif *n, uint32_t answer)
{
	return (struct refusal){
		.arch = n->data.arch,
		.number = (uint32_t)n->data.nr,
		.answer = answer,
		.count = 1,
	};
}

static void note_process(struct refusals *r, const struct seccomp_notif *n, char ret[REFUSAL_PROCESS])
{
	process_name((pid_t)n->pid, ret);
	if (!still_waits(r, n->id)) /* the name may be another process's */
		ret[0] = '\0';
}

static void note(struct refusals *r, const struct seccomp_notif *n, uint32_t answer)
{
	struct refusal new = refusal_of(n, answer);

	for (size_t i = 0; i < r->calls_n; i++) {
		struct refusal *old = &r->calls[i];

		if (old->arch == new.arch && old->number == new.number && old->answer == new.answer) {
			old->count++;
			return;
		}
	}
	if (r->calls_n == REFUSALS_MOST) {
		r->more++;
		return;
	}
	note_process(r, n, new.process);
	r->calls[r->calls_n++] = new;
}

/* ---- answering ---- */

static void answer_give(struct refusals *r, uint64_t id, int error, int64_t value)
{
	struct seccomp_notif_resp response = {.id = id, .error = error, .val = value};

	/* ENOENT: it has been interrupted, or is dead. */
	(void)ioctl(r->fd, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

/* A call that sets a filter, and may. Whether it succeeds is not known here. */
static void filter_lets(struct refusals *r, const struct seccomp_notif *n)
{
	struct seccomp_notif_resp response = {.id = n->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
	bool strict = (uint32_t)n->data.args[0] == PR_SET_SECCOMP &&
		      n->data.args[1] != SECCOMP_MODE_FILTER;

	/* Strict mode goes with no filter, and the kernel refuses it. */
	if (!strict && r->own_filters++ == 0)
		note_process(r, n, r->own_process);
	(void)ioctl(r->fd, SECCOMP_IOCTL_NOTIF_SEND, &response); /* ENOENT: as above */
}

static void condemn(struct refusals *r, int *pidfd)
{
	if (r->condemned_n == CONDEMNED_MOST) {
		(void)sys_pidfd_send_signal(*pidfd, SIGKILL);
		return;
	}
	r->condemned[r->condemned_n++] =
		(struct condemned){.pidfd = fd_give(pidfd), .until_ns = step_now() + MERCY_NS};
}

/*
 * Ends the process that called. Only SIGKILL breaks into a call that has been received; another signal is met on the way
 * back from it, before the program goes on, and so there is an answer behind it.
 */
static void caller_end(struct start *s, const struct seccomp_notif *n, const struct caller *caller)
{
	struct refusals *r = &s->refusals;
	bool first = caller->pid == s->pid;
	OWNED_FD pidfd = sys_pidfd_open(caller->pid);

	if (!still_waits(r, n->id))
		return; /* it has ended, or was interrupted and calls again */
	if (pidfd < 0) {
		/* The filter's word is that it must not go on: then nobody does. */
		r->ended_first = true;
		(void)sys_pidfd_send_signal(s->pidfd, SIGKILL);
		return;
	}
	r->ended_first |= first;
	if (caller->would_die && !(first && s->is_init)) {
		(void)sys_pidfd_send_signal(pidfd, SIGSYS);
		answer_give(r, n->id, -EPERM, 0);
		condemn(r, &pidfd);
	} else {
		(void)sys_pidfd_send_signal(pidfd, SIGKILL);
	}
}

/*
 * A trap that is caught: the handler runs, though what it is told is that somebody sent the signal, and the call returns
 * its own number, as behind a trap. The signal comes first where it cannot break into the answer.
 */
static void caller_trap(struct start *s, const struct seccomp_notif *n, const struct caller *caller)
{
	struct refusals *r = &s->refusals;
	bool waits = s->inside.told.asks.flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	OWNED_FD pidfd = sys_pidfd_open(caller->pid);

	if (!still_waits(r, n->id))
		return;
	if (waits)
		(void)sys_pidfd_send_signal(pidfd, SIGSYS);
	answer_give(r, n->id, 0, n->data.nr);
	if (!waits)
		(void)sys_pidfd_send_signal(pidfd, SIGSYS);
}

static void answer(struct start *s, const struct seccomp_notif *n)
{
	uint32_t answer = seccomp_answer(&s->inside.seccomp, &n->data);
	uint32_t action = answer & SECCOMP_RET_ACTION_FULL, data = answer & SECCOMP_RET_DATA;
	struct caller caller;

	if (seccomp_lets_run(answer) && seccomp_sets_filter(&n->data)) {
		filter_lets(&s->refusals, n);
		return;
	}
	note(&s->refusals, n, answer);
	if (action == SECCOMP_RET_ERRNO) {
		answer_give(&s->refusals, n->id, -(int)(data < ERRNO_MAX ? data : ERRNO_MAX), 0);
		return;
	}
	caller = caller_look((pid_t)n->pid);
	if (action == SECCOMP_RET_TRAP && caller.catches) {
		caller_trap(s, n, &caller);
		return;
	}
	s->refusals.deadly = refusal_of(n, answer);
	caller_end(s, n, &caller);
}

static bool take_one(struct start *s)
{
	struct refusals *r = &s->refusals;
	union {
		struct seccomp_notif n;
		char room[ROOM];
	} call;

	memset(&call, 0, sizeof(call));
	if (ioctl(r->fd, SECCOMP_IOCTL_NOTIF_RECV, &call.n) == 0) {
		answer(s, &call.n);
		return true;
	}
	if (errno == ENOENT || errno == EINTR) /* it was interrupted before it was received */
		return true;
	err_set(&r->lost, errno, "refused system calls are no longer told: receive one");
	fd_close(&r->fd);
	return false;
}

void refusals_take(struct start *s, short revents)
{
	struct pollfd fd = {.fd = s->refusals.fd, .events = POLLIN, .revents = revents};

	/* Only behind a POLLIN of its own: to receive would wait. */
	for (int i = 0; i < AT_ONCE && (fd.revents & POLLIN); i++) {
		if (!take_one(s))
			return;
		fd.revents = 0;
		if (poll(&fd, 1, 0) < 0)
			return;
	}
	if (!(fd.revents & POLLIN) && (fd.revents & (POLLHUP | POLLERR)))
		fd_close(&s->refusals.fd); /* nobody has this filter any more */
}

/* ---- those who were sent SIGSYS ---- */

int refusals_timeout(const struct start *s)
{
	const struct refusals *r = &s->refusals;
	int64_t now, first = INT64_MAX;

	if (r->condemned_n == 0)
		return -1;
	now = step_now();
	for (size_t i = 0; i < r->condemned_n; i++)
		if (r->condemned[i].until_ns < first)
			first = r->condemned[i].until_ns;
	return first <= now ? 0 : (int)((first - now) / NS_PER_MS) + 1;
}

void refusals_settle(struct start *s)
{
	struct refusals *r = &s->refusals;
	int64_t now = r->condemned_n > 0 ? step_now() : 0;
	size_t left = 0;

	for (size_t i = 0; i < r->condemned_n; i++) {
		struct condemned *one = &r->condemned[i];
		struct pollfd fd = {.fd = one->pidfd, .events = POLLIN};

		if (poll(&fd, 1, 0) == 0 && one->until_ns > now) {
			r->condemned[left++] = *one;
			continue;
		}
		(void)sys_pidfd_send_signal(one->pidfd, SIGKILL); /* ESRCH: it has ended */
		fd_close(&one->pidfd);
	}
	r->condemned_n = left;
}

/* ---- the end ---- */

void refusals_judge(struct start *s)
{
	struct refusals *r = &s->refusals;
	const struct seccomp_filter *plain = &s->inside.seccomp;

	if (r->listened && r->lost.text[0] == '\0')
		r->not_ours = r->all || !seccomp_may_trap(plain);
	else
		r->not_ours = !seccomp_may_trap(plain) && !seccomp_may_kill(plain);
}

void refusals_add_call(struct text *t, const struct refusal *r)
{
	text_add(t, "%s", seccomp_name_of(r->arch, r->number).text);
	if (!seccomp_arch_is_native(r->arch, r->number))
		text_add(t, " (%s)", seccomp_arch_of(r->arch, r->number));
}

/* "EPERM"; SIGSYS where the filter ends the process, or traps. */
static const char *answer_name(uint32_t answer, char room[16])
{
	const char *name;

	if ((answer & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
		return "SIGSYS";
	name = strerrorname_np((int)(answer & SECCOMP_RET_DATA));
	if (name && (answer & SECCOMP_RET_DATA) != 0)
		return name;
	snprintf(room, 16, "errno %u", answer & SECCOMP_RET_DATA);
	return room;
}

void refusals_add_line(struct text *t, const struct refusal *r)
{
	char room[16];

	refusals_add_call(t, r);
	text_add(t, ", %s, %llu time%s", answer_name(r->answer, room), (unsigned long long)r->count,
		 r->count == 1 ? "" : "s");
	if (r->process[0] != '\0') {
		text_add(t, ", first by ");
		text_add_escaped(t, r->process);
	}
}

bool refusals_add_own(struct text *t, const struct refusals *r)
{
	if (r->own_filters == 0)
		return false;
	text_add(t, "asked for %llu time%s", (unsigned long long)r->own_filters,
		 r->own_filters == 1 ? "" : "s");
	if (r->own_process[0] != '\0') {
		text_add(t, ", first by ");
		text_add_escaped(t, r->own_process);
	}
	text_add(t, "; what they refuse is not seen here");
	return text_ok(t);
}

void refusals_add_json(struct text *t, const struct refusals *r)
{
	text_add(t, "[");
	for (size_t i = 0; i < r->calls_n; i++) {
		const struct refusal *one = &r->calls[i];
		struct seccomp_name name = seccomp_name_of(one->arch, one->number);
		char room[16];

		text_add(t, "%s{\"name\":", i == 0 ? "" : ",");
		text_add_json(t, name.known ? name.text : NULL);
		text_add(t, ",\"number\":%u,\"architecture\":\"%s\",\"answer\":\"%s\",\"count\":%llu",
			 one->number, seccomp_arch_of(one->arch, one->number),
			 answer_name(one->answer, room), (unsigned long long)one->count);
		text_add(t, ",\"process\":");
		text_add_json(t, one->process[0] != '\0' ? one->process : NULL);
		text_add(t, "}");
	}
	text_add(t, "]");
}
