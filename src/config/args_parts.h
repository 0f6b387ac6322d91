/*
 * args_parts.h - what the args_*.c files share; nobody else includes it.
 *
 * Each args_*.c holds one topic: its rows for the option tables, and the functions that take the
 * values.
 */
#ifndef CONFIG_ARGS_PARTS_H
#define CONFIG_ARGS_PARTS_H

#include "config/from_args.h"

extern const struct option_row args_rows_limits[];
extern const struct option_row args_rows_process[];
extern const struct option_row args_rows_mounts[];
extern const struct option_row args_rows_security[];
extern const struct option_row args_rows_userns[];
extern const struct option_row args_rows_landlock[];

/* Namespaces, mounts, masks, /dev and device rules of the direct form. */
int args_defaults(struct args *a, struct error *e);

/* Capabilities, no_new_privs and the source of the seccomp filter. */
int args_finish_security(struct args *a, struct error *e);

/* The scopes that hold by default with the host's network. */
void args_finish_landlock(struct args *a);

/* Copies @text into the arena, to *ret. */
int args_keep(struct args *a, const char *text, const char **ret, struct error *e);

/* Splits @text at the first @separator; *ret_rest is what is behind it, or NULL where there is
 * none. */
int args_split(struct args *a, const char *text, char separator, const char **ret_first,
	       const char **ret_rest, struct error *e);

/* "KEY=VALUE", both needed (the value may be empty), appended to the @n pairs of *@pairs. */
int args_pair(struct args *a, const char *text, struct config_pair **pairs, size_t *n,
	      struct error *e);

/* Hands each part of the comma-separated @list to @take. An empty part is an error. */
int args_each(struct args *a, const char *list, void *into,
	      int (*take)(struct args *a, void *into, const char *part, struct error *e),
	      struct error *e);

/* Appends @mount to what was asked for. */
int args_mount_add(struct args *a, const struct config_mount *mount, struct error *e);

#endif
