/*
 * oom_score.c - how likely the container's process is to be chosen when memory
 * runs out. Runs outside, straight after clone: in a user namespace the inside
 * could not lower its score, whatever mini-run is allowed to.
 *
 * The process is our child and not yet waited for, so its pid is nobody else's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "host/steps.h"

/* Whether the process has been made unlikely to be chosen. */
static bool is_protected(const char *path)
{
	char text[24];

	return file_read_at(AT_FDCWD, path, text, sizeof(text), NULL, &(struct error){0}) == 0 &&
	       text[0] == '-';
}

int oom_score_write(struct start *s, struct error *e)
{
	const struct config_number *score = &s->config->process.oom_score_adj;
	char path[64], value[24];

	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)s->pid);
	/*
   * Not given means "as it is" in the specification (config.md, "oomScoreAdj").
   * The direct form does not pass on the protection that a service may have
   * which starts mini-run.
   */
	if (!score->set && (s->config->oci_version || !is_protected(path)))
		return 0;
	snprintf(value, sizeof(value), "%lld", score->set ? (long long)score->value : 0LL);
	if (file_write_at(AT_FDCWD, path, value, e) < 0)
		return e->no == EACCES || e->no == EPERM
			       ? err_hint(e, "lowering it needs CAP_SYS_RESOURCE, which "
					     "mini-run was not "
					     "given")
			       : -1;
	return 0;
}
