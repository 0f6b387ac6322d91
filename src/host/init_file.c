/*
 * init_file.c - the built-in init as a file that can be executed. Runs outside; a step of host/start.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "host/steps.h"
#include "init/init_program.h"

/*
 * --init: the built-in init in a sealed memory file. PID 1's /proc/PID/exe then leads there and not to the
 * host's binary, and nobody can change what later containers will run (CVE-2019-5736).
 */
int init_program_make(struct start *s, struct error *e)
{
	OWNED_FD fd = -1;
	char again[40];

	if (!s->config->process.builtin_init)
		return 0;
	fd = memfd_create("mini-run-init", MFD_CLOEXEC | MFD_ALLOW_SEALING | 0x0010U /* MFD_EXEC */);
	if (fd < 0 &&
	    errno == EINVAL) /* KERNEL <6.3: no MFD_EXEC; memory files can always be executed. */
		fd = memfd_create("mini-run-init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return err_set(e, errno, "memfd_create");
	if (write_all(fd, init_program, init_program_size) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return err_set(e, errno, "write the init's memory file");
	/* A file that is open for writing cannot be executed (ETXTBSY), so it is opened once more. */
	snprintf(again, sizeof(again), "/proc/self/fd/%d", fd);
	s->inside.init_fd = open(again, O_RDONLY | O_CLOEXEC);
	if (s->inside.init_fd < 0)
		return err_set(e, errno, "open the init's memory file");
	return 0;
}

void init_program_close(struct start *s)
{
	fd_close(&s->inside.init_fd);
}
