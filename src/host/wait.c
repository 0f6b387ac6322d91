/*
 * wait.c - from the moment when the command runs to its end. Runs outside; one loop over descriptors.
 *
 * The kernel protects PID 1 of a namespace from signals that it has no handler for, because an init must not
 * die of them. For a container whose PID 1 is an ordinary program that is a trap: Ctrl-C and `kill` do
 * nothing. So a signal whose default is to terminate, and that PID 1 neither catches nor ignores nor blocks,
 * ends it with SIGKILL, and the exit status says the signal that was meant.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/step.h"
#include "base/sys.h"
#include "host/notify.h"
#include "host/terminal.h"

#define GRACE_MS 10000 /* from SIGTERM to SIGKILL when the time is up */

/* Whether the default of signal @number is to terminate (signal(7)). */
static bool terminates(int number)
{
	return number != SIGCHLD && number != SIGCONT && number != SIGURG && number != SIGWINCH &&
	       number != SIGSTOP && number != SIGTSTP && number != SIGTTIN && number != SIGTTOU;
}

/*
 * Whether PID 1 catches, ignores or blocks the signal (a program that waits for it with sigwait(3) or
 * signalfd(2) blocks it). When in doubt, yes: the signal is then sent as it is.
 */
static bool is_handled(pid_t pid, int number)
{
	static const char *const masks[] = {"SigBlk:\t", "SigIgn:\t", "SigCgt:\t"};
	OWNED_MEMORY char *line = NULL;
	bool handled = false;
	char path[40];
	size_t room = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return true;
	while (!handled && getline(&line, &room, f) > 0) /* a line of groups may be very long */
		for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++)
			if (strncmp(line, masks[i], strlen(masks[i])) == 0 &&
			    ((strtoull(line + strlen(masks[i]), NULL, 16) >> (number - 1)) & 1))
				handled = true;
	fclose(f);
	return handled;
}

/*
 * Whether PID 1 sleeps in sigtimedwait(2) or sigwait(3): the kernel then takes the signals that it waits for out of
 * SigBlk, and it would look as if nobody wanted them.
 */
static bool is_waiting(pid_t pid)
{
	char path[40], text[256];

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
	return file_read_at(AT_FDCWD, path, text, sizeof(text), NULL, &(struct error){0}) == 0 &&
	       strtol(text, NULL, 10) == sys_number_of_sigtimedwait();
}

/* Whether PID 1 would end by the signal if it were an ordinary process: only then does it need our help. The built-in
 * init takes every signal. */
static bool ends_by(const struct start *s, int number)
{
	return terminates(number) && s->is_init && !s->config->process.builtin_init &&
	       !is_handled(s->pid, number) && !is_waiting(s->pid);
}

/* A paused container has to be let go to die, on v1. */
static void kill_now(struct start *s)
{
	(void)sys_pidfd_send_signal(s->pidfd, SIGKILL);
	if (!s->record) /* `exec` wakes nobody */
		cgroup_thaw(&s->cgroup, s->state.dir_fd);
}

/* Ends PID 1 by the one signal that it cannot refuse. The first signal that was meant is the one that counts. */
static void end_as(struct start *s, int number)
{
	if (s->end.signal == 0)
		s->end.signal = number;
	kill_now(s);
}

void wait_end_unless_handled(struct start *s, int number)
{
	if (!ends_by(s, number))
		return;
	end_as(s, number);
}

void wait_deliver(struct start *s, int number)
{
	if (ends_by(s, number))
		end_as(s, number);
	else
		(void)sys_pidfd_send_signal(s->pidfd, number); /* ESRCH: it has just ended */
}

/* Stops mini-run as Ctrl-Z would have, with the terminal as the shell wants it meanwhile. */
static void stop_self(struct start *s)
{
	terminal_restore(s);
	(void)raise(SIGSTOP);
	(void)terminal_borrow(s, &(struct error){0}); /* a terminal that went away: SIGHUP tells */
}

static void signal_take(struct start *s, int number)
{
	if (number == SIGTSTP)
		stop_self(s);
	else if (number == SIGWINCH && s->terminal.master >= 0)
		terminal_resize(s); /* the pty sends its own SIGWINCH to whoever it concerns */
	else
		wait_deliver(s, number);
}

static void signals_take(struct start *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		signal_take(s, (int)info.ssi_signo);
}

static int timer_set(int fd, int64_t ms)
{
	struct itimerspec when = {
		.it_value = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000},
	};

	return timerfd_settime(fd, 0, &when, NULL);
}

/* The time is up: first SIGTERM, then, after the grace, SIGKILL. */
static void time_up(struct start *s, int timer_fd)
{
	uint64_t count;

	(void)!read(timer_fd, &count, sizeof(count));
	if (s->timed_out) {
		kill_now(s);
		return;
	}
	s->timed_out = true;
	wait_deliver(s, SIGTERM);
	(void)timer_set(timer_fd, GRACE_MS);
}

/* Takes PID 1's status and its own account of time and memory. */
static int reap(struct start *s, struct error *e)
{
	struct rusage usage;
	pid_t pid;

	do
		pid = wait4(s->pid, &s->end.wait_status, 0, &usage);
	while (pid < 0 && errno == EINTR);
	if (pid < 0)
		return err_set(e, errno, "wait for the container");
	s->end.wall_ns = step_now() - s->exec_ns;
	s->end.user_us = (int64_t)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec;
	s->end.system_us = (int64_t)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec;
	s->end.max_rss_bytes = (int64_t)usage.ru_maxrss * 1024;
	s->pid = 0;
	return 0;
}

int wait_for_end(struct start *s, struct error *e)
{
	static struct relay relay; /* 8 KiB that a container without a terminal never touches */
	OWNED_FD timer = -1;

	if (s->config->timeout_ms > 0) {
		timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
		if (timer < 0 || timer_set(timer, s->config->timeout_ms) < 0)
			return err_set(e, errno, "start the timer");
	}
	for (int number = 1; number < NSIG; number++)
		if (sigismember(&s->early_signals, number) == 1)
			signal_take(s, number);
	for (;;) {
		struct pollfd fds[8] = {
			{.fd = s->pidfd, .events = POLLIN},
			{.fd = s->signal_fd, .events = POLLIN},
			{.fd = timer, .events = POLLIN}, /* -1: poll(2) passes it over */
			{.fd = s->notify_fd, .events = POLLIN},
			{.fd = s->refusals.fd, .events = POLLIN},
		};
		int n = 5 + relay_poll(&relay, s, fds + 5);

		if (poll(fds, (nfds_t)n, refusals_timeout(s)) < 0 && errno != EINTR)
			return err_set(e, errno, "poll");
		if (fds[0].revents != 0)
			break;
		if (fds[1].revents != 0)
			signals_take(s);
		if (fds[2].revents != 0)
			time_up(s, timer);
		if (fds[3].revents != 0)
			notify_relay(s->notify_fd, s->config->notify_socket);
		refusals_settle(s);
		refusals_take(s, fds[4].revents);
		relay_move(&relay, s, fds + 5, n - 5);
	}
	if (reap(s, e) < 0)
		return -1;
	notify_relay(s->notify_fd, s->config->notify_socket);
	fd_close(&s->terminal.peer); /* now the master tells the end */
	relay_drain(&relay, s);
	return 0;
}
