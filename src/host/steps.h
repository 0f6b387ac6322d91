/*
 * steps.h - the functions that host/start.c lists in its table and that live in files of their own. All run outside.
 */
#ifndef HOST_STEPS_H
#define HOST_STEPS_H

#include "host/start.h"

/* What clone3(2), setns(2) and NS_GET_NSTYPE call each kind of namespace, and what people do. */
struct ns_kind {
	unsigned int flag;
	const char *words;
};
extern const struct ns_kind ns_kinds[NS_KINDS];

/* prepare.c: nothing is made but descriptors and memory. */
int rootfs_open(struct start *s, struct error *e);
void rootfs_close(struct start *s);
int user_lookup(struct start *s, struct error *e);
void user_forget(struct start *s);
int capabilities_look(struct start *s, struct error *e);
int command_look(struct start *s, struct error *e);
int sources_open(struct start *s, struct error *e);
void sources_close(struct start *s);
int stdin_open(struct start *s, struct error *e);
void stdin_close(struct start *s);
int namespaces_open(struct start *s, struct error *e);
void namespaces_close(struct start *s);
int init_program_make(struct start *s, struct error *e);
void init_program_close(struct start *s);
int filter_make(struct start *s, struct error *e);
void filter_free(struct start *s);

/* guard.c: a second process that cleans up when mini-run is killed. */
int guard_start(struct start *s, struct error *e);
/* Once the container has ended and the terminal is restored: what a SIGKILL could still leave is swept by the next
 * command. The guard's own end then takes its time beside the undoing, and guard_dismiss finds it gone. */
void guard_release(const struct start *s);
void guard_dismiss(struct start *s);

#endif
