/*
 * landlock_words.h - how rules of Landlock are spelled, on the command line and in config.json. Portable.
 */
#ifndef CONFIG_LANDLOCK_WORDS_H
#define CONFIG_LANDLOCK_WORDS_H

#include "config/config.h"

#define LANDLOCK_ACCESS_WORDS "ro, w, rw, rx or rwx"

/* "r" or "ro", "w", "rw", "rx", "rwx": LANDLOCK_READ and its like. 0: it is none of these. */
uint32_t landlock_access(const char *word);

/* The word for one of those sets, NULL for any other. */
const char *landlock_access_word(uint32_t access);

/* Appends a port, or says that there is to be none. 0, or -1 where both were said. */
int landlock_port_add(struct config *c, struct config_landlock_ports *ports, uint32_t port,
		      struct error *e);
int landlock_ports_none(struct config_landlock_ports *ports, struct error *e);

/* Whether anything is restricted. */
bool landlock_wanted(const struct config_landlock *l);

#endif
