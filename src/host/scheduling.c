/*
 * scheduling.c - scheduling policy and I/O priority of a process in a user
 * namespace. Runs outside, behind clone: the rights that they take are those of
 * the host's user namespace. Other processes set their own, just before they
 * wait for "go", so that no step of theirs runs at a low priority
 * (container/attributes.c).
 */
#include "container/attributes.h"
#include "host/steps.h"

int scheduling_give(struct start *s, struct error *e)
{
	return s->inside.in_user_ns ? scheduling_apply(&s->config->process, s->pid, e) : 0;
}
