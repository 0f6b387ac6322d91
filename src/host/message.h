/*
 * message.h - the one way in which mini-run speaks to a person: a line on stderr, and in the log file where
 * --log names one.
 */
#ifndef HOST_MESSAGE_H
#define HOST_MESSAGE_H

#include "host/run.h"

enum message_level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_DEBUG };

/*
 * Opens the log before anything else is done: by the time of the first message a container may have put something
 * else under its name.
 */
int message_log_open(struct global_options *g, struct error *e);

/*
 * Prints "mini-run: ID: text" (@id may be NULL) as one line, control bytes escaped, on stderr, and appends it
 * to the log: as text with a time, or as {"level":...,"msg":...,"time":...}, the form that engines read.
 * A log that cannot be written is said on stderr, and nothing more: the container matters more than its log.
 */
void message_write(const struct global_options *g, enum message_level level, const char *id,
		   const char *text);

#endif
