/*
 * terminal.c - the caller's terminal is lent to the container: raw meanwhile, its size passed on, its bytes
 * copied to and from the container's pty. Runs outside.
 *
 * The caller's descriptors are shared with the caller's shell, so they are never made non-blocking: poll(2)
 * says when a read, or a small write into a pipe, will not wait. The pty's master is ours alone, and for output to
 * a terminal we open that once more.
 */
#include "host/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"

/*
 * Remembers how the caller's terminals are. A container without a terminal of its own still has them as plain
 * descriptors, and may change their modes.
 */
static void terminals_save(struct terminal *t)
{
	for (int fd = 0; fd <= 2; fd++)
		t->is_saved[fd] = tcgetattr(fd, &t->saved[fd]) == 0;
}

/*
 * A descriptor of our own for the caller's terminal, which may be made non-blocking: poll(2) promises less than a
 * full write, and a terminal that nobody reads would hold us up with all signals waiting.
 */
static int output_open(void)
{
	if (!isatty(STDOUT_FILENO))
		return -1;
	return open("/proc/self/fd/1", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

int terminal_borrow(struct start *s, struct error *e)
{
	struct terminal *t = &s->terminal;
	struct termios raw;

	if (s->options->mode != RUN_FOREGROUND)
		return 0;
	if (!t->is_saved[0] && !t->is_saved[1] && !t->is_saved[2])
		terminals_save(t);
	if (t->master < 0)
		return 0;
	if (fcntl(t->master, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return err_set(e, errno, "make the pty non-blocking");
	if (t->output < 0)
		t->output = output_open();
	terminal_resize(s);
	if (!t->is_saved[STDIN_FILENO])
		return 0; /* -t with a pipe on stdin: there is no terminal to borrow */
	raw = t->saved[STDIN_FILENO];
	cfmakeraw(&raw);
	t->raw = true;
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0)
		return err_set(e, errno, "put the terminal in raw mode");
	return 0;
}

void terminal_restore(struct start *s)
{
	struct terminal *t = &s->terminal;
	sigset_t stop, before;

	/* The shell may have put us in the background meanwhile; we give back what we borrowed all the same. */
	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	(void)sigprocmask(SIG_BLOCK, &stop, &before);
	for (int fd = 0; fd <= 2; fd++) {
		if (!t->is_saved[fd])
			continue;
		/* What we did not borrow is only put right while it is ours to use: in the background the modes
		 * are those of another program. */
		if (!(fd == STDIN_FILENO && t->raw) && tcgetpgrp(fd) != getpgrp())
			continue;
		/* TCSANOW: a terminal that takes no output (Ctrl-S) must not hold us up. */
		(void)tcsetattr(fd, TCSANOW, &t->saved[fd]);
	}
	t->raw = false;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	fd_close(&t->output);
}

/* Where the container's output goes. */
static int output_fd(const struct start *s)
{
	return s->terminal.output >= 0 ? s->terminal.output : STDOUT_FILENO;
}

void terminal_resize(struct start *s)
{
	struct winsize size = {0};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0)
		return;
	(void)ioctl(s->terminal.master, TIOCSWINSZ, &size);
}

int relay_poll(const struct relay *r, const struct start *s, struct pollfd *fds)
{
	short master = 0;
	int n = 0;

	if (s->terminal.master < 0 || r->out_ended)
		return 0;
	if (r->in.to == 0 && !r->in_ended)
		fds[n++] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	if (r->in.to > 0)
		master |= POLLOUT;
	if (r->out.to == 0)
		master |= POLLIN;
	if (r->out.to > 0)
		fds[n++] = (struct pollfd){.fd = output_fd(s), .events = POLLOUT};
	/* With nothing to ask for, POLLHUP would still wake us: leave the master out until there is. */
	if (master != 0)
		fds[n++] = (struct pollfd){.fd = s->terminal.master, .events = master};
	return n;
}

/* Which signal the pty makes of @byte right now; 0: none. */
static int signal_of_key(int master, char byte)
{
	struct termios modes;

	if (tcgetattr(master, &modes) < 0 || !(modes.c_lflag & ISIG) || byte == '\0')
		return 0;
	if ((cc_t)byte == modes.c_cc[VINTR])
		return SIGINT;
	return (cc_t)byte == modes.c_cc[VQUIT] ? SIGQUIT : 0;
}

/*
 * A key that is a signal reaches the foreground process group of the container's terminal. When that is PID 1's
 * own, and PID 1 has no handler, the kernel drops it there, where an ordinary process would have ended.
 */
static void keys_look(struct start *s, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int number;
		pid_t group;

		if ((unsigned char)bytes[i] >= 0x20) /* keys that make signals are control characters */
			continue;
		number = signal_of_key(s->terminal.master, bytes[i]);
		if (number != 0 && ioctl(s->terminal.master, TIOCGPGRP, &group) == 0 &&
		    group == s->pid)
			wait_end_unless_handled(s, number);
	}
}

static void read_in(struct relay *r, struct start *s)
{
	ssize_t n = read(STDIN_FILENO, r->in.bytes, sizeof(r->in.bytes));
	struct termios modes;

	if (n > 0) {
		r->in.from = 0;
		r->in.to = (size_t)n;
		return;
	}
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	/* The end of a pipe or file is the end-of-file key of the container's terminal. */
	r->in_ended = true;
	r->in.bytes[0] = 4;
	if (tcgetattr(s->terminal.master, &modes) == 0 && modes.c_cc[VEOF] != 0)
		r->in.bytes[0] = (char)modes.c_cc[VEOF];
	r->in.from = 0;
	r->in.to = 1;
}

static void write_in(struct relay *r, struct start *s)
{
	ssize_t n = write(s->terminal.master, r->in.bytes + r->in.from, r->in.to - r->in.from);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0)
		n = (ssize_t)(r->in.to - r->in.from); /* nobody reads it any more */
	keys_look(s, r->in.bytes + r->in.from, (size_t)n);
	r->in.from += (size_t)n;
	if (r->in.from == r->in.to)
		r->in.to = 0;
}

static void read_out(struct relay *r, struct start *s)
{
	ssize_t n = read(s->terminal.master, r->out.bytes, sizeof(r->out.bytes));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) { /* EIO: the last descriptor of the other side is closed */
		r->out_ended = true;
		return;
	}
	r->out.from = 0;
	r->out.to = r->deaf ? 0 : (size_t)n;
}

static void write_out(struct relay *r, const struct start *s)
{
	ssize_t n = write(output_fd(s), r->out.bytes + r->out.from, r->out.to - r->out.from);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0) {
		r->deaf = true; /* the reader is gone; the container goes on, as it would on a real terminal */
		r->out.to = 0;
		return;
	}
	r->out.from += (size_t)n;
	if (r->out.from == r->out.to)
		r->out.to = 0;
}

void relay_move(struct relay *r, struct start *s, const struct pollfd *fds, int n)
{
	for (int i = 0; i < n; i++) {
		short events = fds[i].revents;

		if (events == 0)
			continue;
		if (fds[i].fd == STDIN_FILENO)
			read_in(r, s);
		if (fds[i].fd == output_fd(s))
			write_out(r, s);
		if (fds[i].fd == s->terminal.master) {
			if (r->in.to > 0 && (events & (POLLOUT | POLLHUP | POLLERR)))
				write_in(r, s);
			if (r->out.to == 0 && (events & (POLLIN | POLLHUP | POLLERR)))
				read_out(r, s);
		}
	}
}

void relay_drain(struct relay *r, struct start *s)
{
	if (s->terminal.master < 0)
		return;
	/*
	 * With PID 1 gone every process of the container is dead, so that what can be read now is all there
	 * is. A stdout that takes nothing for a second (a stopped terminal) does not hold up the end.
	 */
	while (!r->deaf) {
		struct pollfd out = {.fd = output_fd(s), .events = POLLOUT};

		if (r->out.to > 0) {
			if (poll(&out, 1, 1000) <= 0)
				return;
			write_out(r, s);
			continue;
		}
		if (r->out_ended)
			return;
		read_out(r, s);
		if (r->out.to == 0)
			return;
	}
}
