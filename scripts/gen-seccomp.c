/*
 * gen-seccomp.c - prints the C file with the built-in seccomp program (host/seccomp_program.h) to stdout.
 *
 * Runs on the machine that builds, with libseccomp and the same table and compiler that mini-run uses at run time
 * for other sets of capabilities. It needs no privilege, and two runs print the same bytes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/seccomp_default.h"
#include "host/seccomp_compile.h"

int main(void)
{
	struct arena a = {0};
	struct seccomp_filter f;
	struct config_seccomp s;
	struct error e = {0};

	if (seccomp_default(&a, SECCOMP_DEFAULT_CAPS, &s, &e) < 0 || seccomp_compile(&s, &f, &e) < 0) {
		fprintf(stderr, "gen-seccomp: %s\n", e.text);
		return EXIT_FAILURE;
	}
	printf("/* Made by scripts/gen-seccomp.c: the built-in profile for the bounding set "
	       "0x%" PRIx64 ". */\n#include \"host/seccomp_program.h\"\n\n",
	       SECCOMP_DEFAULT_CAPS);
	printf("const struct sock_filter seccomp_program[] = {\n");
	for (size_t i = 0; i < f.n; i++)
		printf("\t{0x%02x, %u, %u, 0x%08x},\n", f.v[i].code, f.v[i].jt, f.v[i].jf, f.v[i].k);
	printf("};\n\nconst unsigned short seccomp_program_n = %u;\n", f.n);
	free(f.owned);
	arena_end(&a);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("gen-seccomp: write");
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
