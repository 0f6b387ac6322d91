/*
 * overlay.c - a writable layer over the root filesystem (--overlay). Runs inside.
 */
#include "container/steps.h"

int overlay_lay(struct inside *in, struct error *e)
{
	(void)in;
	(void)e;
	return 0;
}
