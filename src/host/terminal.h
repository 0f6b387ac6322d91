/*
 * terminal.h - bytes between the caller's terminal and the container's.
 */
#ifndef HOST_TERMINAL_H
#define HOST_TERMINAL_H

#include "host/start.h"

/* One direction: what was read and is not written yet. */
struct relay_buffer {
	char bytes[4096]; /* what a tty hands out and takes at once */
	size_t from, to;
};

/* Both directions. All-zero is the beginning. */
struct relay {
	struct relay_buffer in, out;
	bool in_ended;	/* stdin is at its end, and the container has been told */
	bool out_ended; /* nobody has the container's side open any more */
	bool deaf;	/* our stdout takes nothing more: what comes is thrown away */
};

/* The descriptors to poll, for wait.c: fills @fds (room for 3) and returns how many. */
int relay_poll(const struct relay *r, const struct start *s, struct pollfd *fds);

/* Moves what can be moved without waiting. Bytes that are a signal key are looked at on their way in. */
void relay_move(struct relay *r, struct start *s, const struct pollfd *fds, int n);

/* Writes out what the container said last, after its end. */
void relay_drain(struct relay *r, struct start *s);

#endif
