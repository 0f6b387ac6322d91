/*
 * init_file.c - the built-in program (init/init.c) as a file that can be executed. Runs outside; a step of host/start.c.
 */
#include <errno.h>

#include "base/fd.h"
#include "base/file.h"
#include "host/seal.h"
#include "host/sealed_file.h"
#include "host/steps.h"
#include "init/init_program.h"

/*
 * The built-in program, where it executes the command or is PID 1 (--init), in a sealed file. /proc/PID/exe then leads
 * there and not to the host's binary, and nobody can change what is executed (CVE-2019-5736).
 */
int init_program_make(struct start *s, struct error *e)
{
	struct sealed_file f;

	s->inside.by_program = seal_by_program(s->config);
	if (!s->inside.by_program && !s->config->process.builtin_init)
		return 0;
	if (sealed_file_make("mini-run-init", &f, e) < 0)
		return -1;
	if (write_all(f.fd, init_program, init_program_size) < 0) {
		err_set(e, errno, "write the built-in program");
		sealed_file_end(&f);
		return -1;
	}
	return sealed_file_finish(&f, &s->inside.init_fd, e);
}

void init_program_close(struct start *s)
{
	fd_close(&s->inside.init_fd);
}
