/*
 * test_command.c - host/command.c: is the command there, and can this kernel run it?
 *
 * What is sure to fail is an error with the status that execve's own failure would have had; what may work, or what
 * only execve can tell, is none. The programs here are headers without code: nothing is run.
 */
#include "tree_fixture.h"

#include <elf.h>

#include "host/command.h"

#if defined(__x86_64__)
#define HERE  EM_X86_64
#define OTHER EM_AARCH64
#else
#define HERE  EM_AARCH64
#define OTHER EM_X86_64
#endif

static void put_script(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text), 0755);
}

/* A program for @machine that names the loader @loader (NULL: a static one). */
static void put_program(const char *path, unsigned int machine, const char *loader)
{
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr table[2];
		char loader[PATH_MAX];
	} file = {
		.header = {.e_type = ET_DYN,
			   .e_machine = (Elf64_Half)machine,
			   .e_version = EV_CURRENT,
			   .e_phoff = sizeof(Elf64_Ehdr),
			   .e_ehsize = sizeof(Elf64_Ehdr),
			   .e_phentsize = sizeof(Elf64_Phdr),
			   .e_phnum = 2},
		.table = {{.p_type = PT_LOAD}, {.p_type = loader ? PT_INTERP : PT_NOTE}},
	};
	size_t size = offsetof(__typeof__(file), loader);

	memcpy(file.header.e_ident, ELFMAG, SELFMAG);
	file.header.e_ident[EI_CLASS] = ELFCLASS64;
	file.header.e_ident[EI_DATA] = ELFDATA2LSB;
	file.header.e_ident[EI_VERSION] = EV_CURRENT;
	if (loader) {
		file.table[1].p_offset = size;
		file.table[1].p_filesz = strlen(loader) + 1;
		strcpy(file.loader, loader);
		size += strlen(loader) + 1;
	}
	put_bytes(path, &file, size, 0755);
}

/* Writes @bytes into a program at offset @at. */
static void patch(const char *path, size_t at, const void *bytes, size_t n)
{
	OWNED_FD fd = openat(root_fd, path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, bytes, n, (off_t)at), (ssize_t)n);
}

#define PATCH(path, type, field, ...)                                      \
	do {                                                               \
		const __typeof__(((type *)0)->field) value = __VA_ARGS__;  \
		patch(path, offsetof(type, field), &value, sizeof(value)); \
	} while (0)

struct asked {
	const char *command, *path, *cwd; /* @path: "PATH=..."; NULL: not set, and "/" */
	int status;			  /* 0: no objection */
	const char *words;
};

static void check_with(const struct asked *row, const struct config_mount *mounts, size_t mounts_n)
{
	char *args[] = {(char *)row->command, NULL};
	char *env[] = {(char *)"HOME=/", (char *)"XPATH=/x", (char *)row->path, NULL};
	const struct config c = {
		.rootfs = "ROOTFS",
		.process = {.args = {.v = args, .n = 1},
			    .env = {.v = env, .n = row->path ? 3 : 2},
			    .cwd = row->cwd ? row->cwd : "/"},
		.mounts = (struct config_mount *)mounts,
		.mounts_n = mounts_n,
	};

	memset(&e, 0, sizeof(e));
	if (command_check(&c, root_fd, &e) == 0) {
		if (row->status != 0)
			fail_msg("%.80s: no objection", row->command);
		return;
	}
	if (row->status == 0 || e.status != row->status || !strstr(e.text, row->words))
		fail_msg("%.80s: status %d: %s", row->command, e.status, e.text);
}

static void check_all(const struct asked *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_with(&rows[i], NULL, 0);
}

static void fill(void)
{
	put_program("bin/static", HERE, NULL);
	put_program("usr/bin/dynamic", HERE, "/lib/loader");
	put_program("lib/loader", HERE, NULL);
	put_program("bin/lost", HERE, "/lib/no-loader");
	put_program("bin/foreign", OTHER, NULL);
	put("bin/plain", "#!/bin/static\n");
	put_dir("bin/dir");
	put_script("work/tool", "#!/bin/static\n");
	put_script("work/.hidden/tool2", "#!/bin/static\n");
}

static void there_or_not(void **state)
{
	static const struct asked rows[] = {
		{"static", NULL, NULL, 0, NULL},
		{"/bin/static", NULL, NULL, 0, NULL},
		{"bin/static", NULL, NULL, 0, NULL},
		{"../../bin/static", NULL, "/work", 0, NULL},
		{"./static", NULL, "/bin", 0, NULL},
		{"/abs", NULL, NULL, 0, NULL},
		{"/far", NULL, NULL, 0, NULL},
		{"none", NULL, NULL, 127, "none: executable file not found in $PATH of ROOTFS"},
		{"/bin/none", NULL, NULL, 127, "/bin/none: no such file or directory in ROOTFS"},
		{"./static", NULL, "/work", 127, "./static: no such file"},
		{"/bin/static/x", NULL, NULL, 127, "no such file"},
		{"/dangling", NULL, NULL, 127, "no such file"},
		{"/loop", NULL, NULL, 127, "/loop"},
		{"/out", NULL, NULL, 127, "no such file"},
		{"/bin/dir", NULL, NULL, 126, "permission denied (a directory)"},
		{"dir", NULL, NULL, 126, "permission denied (a directory)"},
		{"/bin/static/", NULL, NULL, 127, "no such file"},
		{"/", NULL, NULL, 126, "permission denied (a directory)"},
		{"/bin/plain", NULL, NULL, 126,
		 "/bin/plain: permission denied (not executable: chmod +x)"},
		{"plain", NULL, NULL, 126,
		 "ROOTFS: /bin/plain: permission denied (not executable: chmod +x)"},
		{"/fifo", NULL, NULL, 126, "/fifo: permission denied (not a regular file)"},
		{"/socket", NULL, NULL, 126, "/socket: permission denied (not a regular file)"},
	};
	char target[PATH_MAX];

	(void)state;
	fill();
	put_link("abs", "/bin/static");
	put_link("far", "../../../../bin/static");
	put_link("dangling", "/none");
	put_link("loop", "loop");
	put_fifo("fifo");
	put_socket("socket");
	snprintf(target, sizeof(target), "%s/root/bin/static", tree);
	put_link("out", target);
	check_all(rows, COUNT(rows));
}

static void along_path(void **state)
{
	static const struct asked rows[] = {
		{"dynamic", NULL, NULL, 0, NULL}, /* the default PATH has /usr/bin */
		{"dynamic", "PATH=/bin", NULL, 127, "not found in $PATH"},
		{"dynamic", "PATH=/bin:/usr/bin", NULL, 0, NULL},
		{"dynamic", "PATH=/usr/bin/", NULL, 0, NULL},
		{"dynamic", "PATH=/bin/plain:/usr/bin", NULL, 0, NULL}, /* a file is passed over */
		{"static", "PATH=", NULL, 127, "not found in $PATH"},
		/* An empty part, and a relative one, begin at the working directory. */
		{"tool", "PATH=", "/work", 0, NULL},
		{"tool", "PATH=:/bin", "/work", 0, NULL},
		{"tool", "PATH=/bin:", "/work", 0, NULL},
		{"tool", "PATH=/bin::/usr/bin", "/work", 0, NULL},
		{"tool", "PATH=/bin::/usr/bin", "/", 127, "not found in $PATH"},
		{"tool", "PATH=.", "/work", 0, NULL},
		{"tool", "PATH=work", "/", 0, NULL},
		{"tool", "PATH=work", "/work", 127, "not found in $PATH"},
		{"tool2", "PATH=.hidden", "/work", 0, NULL},
		{"tool2", "PATH=../work/.hidden", "/bin", 0, NULL},
		/* What cannot be run is passed over, and told where nothing else is found. */
		{"plain", "PATH=/bin:/second", NULL, 0, NULL},
		{"dir", "PATH=/bin:/second", NULL, 0, NULL},
		{"plain", "PATH=/bin:/none", NULL, 126, "/bin/plain: permission denied"},
	};

	(void)state;
	fill();
	put_script("second/plain", "#!/bin/static\n");
	put_script("second/dir", "#!/bin/static\n");
	check_all(rows, COUNT(rows));
}

/* A place whose name is too long is one where nothing is, as for execvp. */
static void too_long(void **state)
{
	static char name[301], path[310], part[PATH_MAX + 100], behind_plain[sizeof(part) + 10];
	const struct asked rows[] = {
		{"static", part, NULL, 0, NULL},
		{"none", part, NULL, 127, "not found in $PATH"},
		{"plain", behind_plain, NULL, 126, "/bin/plain: permission denied"},
		{name, NULL, NULL, 127, "not found in $PATH"},
		{path, NULL, NULL, 127, "nnn"},
	};

	(void)state;
	fill();
	memset(name, 'n', sizeof(name) - 1);
	snprintf(path, sizeof(path), "/bin/%s", name);
	memset(part, 'p', sizeof(part) - 1);
	memcpy(part, "PATH=/", 6);
	snprintf(behind_plain, sizeof(behind_plain), "PATH=/bin:%s", part + 5);
	strcpy(part + sizeof(part) - 6, ":/bin");
	check_all(rows, COUNT(rows));
}

/* A "#!" line of which the kernel does not see the end of the interpreter's name is none: ENOEXEC and not ENOENT. */
static void long_interpreter(void **state)
{
	char text[400] = "#!/";

	(void)state;
	memset(text + 3, 'i', sizeof(text) - 5);
	text[sizeof(text) - 2] = '\n';
	for (size_t i = 100; i < sizeof(text); i += 100)
		text[i] = '/'; /* no part of it is too long by itself */
	put_script("script", text);
	check_with(&(struct asked){"/script", NULL, NULL, 0, NULL}, NULL, 0);
	strcpy(text + 200, "\n");
	put_script("script", text);
	check_with(&(struct asked){"/script", NULL, NULL, 127, "its interpreter /iii"}, NULL, 0);
}

/* Where PATH is given twice, the command is run from the first, so the first is what has to be looked at. */
static void path_given_twice(void **state)
{
	static char *one[] = {(char *)"static", NULL};
	static char *good_first[] = {(char *)"PATH=/bin", (char *)"PATH=/none", NULL},
		    *bad_first[] = {(char *)"PATH=/none", (char *)"PATH=/bin", NULL};
	struct config c = {
		.rootfs = "ROOTFS",
		.process = {.args = {.v = one, .n = 1}, .env = {.v = good_first, .n = 2}, .cwd = "/"},
	};

	(void)state;
	fill();
	OK(command_check(&c, root_fd, &e));
	c.process.env.v = bad_first;
	assert_int_equal(command_check(&c, root_fd, &e), -1);
	assert_int_equal(e.status, 127);
}

static void scripts(void **state)
{
	static const char lost[] = "its interpreter /bin/gone is not in ROOTFS";
	static const struct {
		const char *text;
		int status;
		const char *words;
	} rows[] = {
		{"#!/bin/static\n", 0, NULL},
		{"#! /bin/static -e\n", 0, NULL},
		{"#!\t /bin/static\t-e\n", 0, NULL},
		{"#!/bin/static", 0, NULL},
		{"#!/bin/gone\n", 127, lost},
		{"#!  /bin/gone -x\n", 127, lost},
		{"#!/bin/gone", 127, lost},
		{"#!/bin/static\r\n", 127,
		 "has DOS line ends: its interpreter would be \"/bin/static"},
		{"#!/bin/static -e\r\n", 0, NULL}, /* the argument's matter */
		{"#!/bin/dir\n", 0, NULL},	   /* execve will tell */
		{"#!/bin/plain\n", 0, NULL},
		{"#!/bin/foreign\n", 126, "/bin/foreign is a program for"},
		{"#!/bin/lost\n", 127, "/bin/lost: its program loader /lib/no-loader"},
		{"#!\n", 0, NULL},
		{"#!", 0, NULL},
		{"#! \t \n", 0, NULL},
		{"#", 0, NULL},
		{"", 0, NULL},
		{"echo no interpreter\n", 0, NULL},
		{"#!/proc/self/exe\n", 126, "nothing below /proc"},
		{"#! /proc/1/root/bin/sh\n", 126, "nothing below /proc"},
	};

	(void)state;
	fill();
	for (size_t i = 0; i < COUNT(rows); i++) {
		put_script("script", rows[i].text);
		check_with(&(struct asked){"/script", NULL, NULL, rows[i].status, rows[i].words},
			   NULL, 0);
	}
}

static void script_chains(void **state)
{
	static const struct asked rows[] = {
		{"/chain0", NULL, NULL, 127, "its interpreter /gone is not in ROOTFS"},
		{"/chain1", NULL, NULL, 127, "/chain0: its interpreter /gone"},
		{"/chain3", NULL, NULL, 127, "/chain0: its interpreter /gone"},
		{"/chain9", NULL, NULL, 0, NULL}, /* deeper than the kernel goes: execve will tell */
		{"/myself", NULL, NULL, 0, NULL},
		{"/linked", NULL, NULL, 127, "/chain0: its interpreter /gone"},
		{"/fifo-script", NULL, NULL, 0, NULL}, /* not waited for */
	};
	char name[32], text[32];

	(void)state;
	put_script("chain0", "#!/gone\n");
	for (int i = 1; i < 10; i++) {
		snprintf(name, sizeof(name), "chain%d", i);
		snprintf(text, sizeof(text), "#!/chain%d\n", i - 1);
		put_script(name, text);
	}
	put_script("myself", "#!/myself\n");
	put_link("link", "chain0");
	put_script("linked", "#!/chain0\n");
	put_fifo("fifo");
	put_script("fifo-script", "#!/fifo\n");
	check_all(rows, COUNT(rows));
}

/* The kernel looks for a relative interpreter in the working directory, as for any relative path. */
static void relative_interpreters(void **state)
{
	static const struct asked rows[] = {
		{"./script", NULL, "/work", 0, NULL},
		{"/work/script", NULL, "/work", 0, NULL},
		{"./program", NULL, "/work", 0, NULL},
		{"/work/script", NULL, "/", 127, "its interpreter sh"},
		{"/work/program", NULL, "/", 127, "its program loader sh"},
	};

	(void)state;
	put_program("work/sh", HERE, NULL);
	put_script("work/script", "#!sh\n");
	put_program("work/program", HERE, "sh");
	check_all(rows, COUNT(rows));
}

static bool has_binfmt(void)
{
	/* register, status and two dots. */
	return entries_of(AT_FDCWD, "/proc/sys/fs/binfmt_misc") > 2;
}

static void foreign_programs(void **state)
{
	static const struct {
		unsigned int machine;
		bool big_endian;
		const char *words;
	} rows[] = {
		{OTHER, false,
		 OTHER == EM_AARCH64 ? "is a program for arm64, and this kernel runs x86-64"
				     : "is a program for x86-64, and this kernel runs arm64"},
		{EM_RISCV, false, "is a program for riscv"},
		{EM_PPC64, false, "is a program for ppc64"},
		{EM_MIPS, false, "is a program for mips"},
		{EM_LOONGARCH, false, "is a program for another architecture"},
		{0xffff, false, "is a program for another architecture"},
		{EM_S390, true, "is a program for s390x"}, /* the numbers are big-endian too */
		{EM_PPC64, true, "is a program for ppc64"},
		{EM_MIPS, true, "is a program for mips"},
	};

	(void)state;
	if (has_binfmt()) {
		print_message("skip: this kernel runs foreign programs (binfmt_misc)\n");
		skip();
	}
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned int machine = rows[i].machine;

		if (rows[i].big_endian)
			machine = (machine & 0xff) << 8 | machine >> 8;
		put_program("program", machine, NULL);
		if (rows[i].big_endian)
			patch("program", EI_DATA, &(char){ELFDATA2MSB}, 1);
		check_with(&(struct asked){"/program", NULL, NULL, 126, rows[i].words}, NULL, 0);
	}
}

static void program_loaders(void **state)
{
	static const struct asked rows[] = {
		{"/usr/bin/dynamic", NULL, NULL, 0, NULL},
		{"/bin/lost", NULL, NULL, 127,
		 "/bin/lost: its program loader /lib/no-loader is not in ROOTFS"},
		{"/by-link", NULL, NULL, 0, NULL},
		{"/by-dangling", NULL, NULL, 127, "its program loader /lib/dangling"},
		{"/by-dir", NULL, NULL, 0, NULL},
		{"/by-proc", NULL, NULL, 126, "nothing below /proc"},
		{"/link-to-lost", NULL, NULL, 127, "its program loader /lib/no-loader"},
	};

	(void)state;
	fill();
	put_link("lib/link", "../../lib/loader");
	put_link("lib/dangling", "/nowhere");
	put_program("by-link", HERE, "/lib/link");
	put_program("by-dangling", HERE, "/lib/dangling");
	put_program("by-dir", HERE, "/lib");
	put_program("by-proc", HERE, "/proc/self/exe");
	put_link("link-to-lost", "bin/lost");
	check_all(rows, COUNT(rows));
}

/* Whatever the header says, nothing is read past what is there; execve will tell what is wrong with it. */
static void odd_headers(void **state)
{
	static const struct asked lost = {"/lost", NULL, NULL, 127, "its program loader /lib/none"},
				  fine = {"/odd", NULL, NULL, 0, NULL};
	const size_t loader = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr); /* its row of the table */
	static const Elf64_Off offsets[] = {1 << 20, INT64_MAX, (Elf64_Off)INT64_MAX + 1, UINT64_MAX};
	static const Elf64_Xword sizes[] = {0, PATH_MAX, PATH_MAX + 1, UINT32_MAX, UINT64_MAX};

	(void)state;
	put_program("lost", HERE, "/lib/none");
	check_with(&lost, NULL, 0);
	PATCH("lost", Elf64_Ehdr, e_phnum, 0xffff); /* more than are looked at */
	check_with(&lost, NULL, 0);
	for (size_t i = 0; i < COUNT(offsets); i++) {
		put_program("odd", HERE, "/lib/none");
		PATCH("odd", Elf64_Ehdr, e_phoff, offsets[i]);
		check_with(&fine, NULL, 0);
		put_program("odd", HERE, "/lib/none");
		patch("odd", loader + offsetof(Elf64_Phdr, p_offset), &offsets[i],
		      sizeof(offsets[i]));
		check_with(&fine, NULL, 0);
	}
	for (size_t i = 0; i < COUNT(sizes); i++) {
		put_program("odd", HERE, "/lib/none");
		patch("odd", loader + offsetof(Elf64_Phdr, p_filesz), &sizes[i], sizeof(sizes[i]));
		check_with(&fine, NULL, 0);
	}
	put_program("odd", HERE, "/lib/none");
	PATCH("odd", Elf64_Ehdr, e_phnum, 1); /* the row is not part of the table */
	check_with(&fine, NULL, 0);
	put_program("odd", HERE, "/lib/none");
	PATCH("odd", Elf64_Ehdr, e_phentsize, 1);
	check_with(&fine, NULL, 0);
	put_program("odd", HERE, "/lib/none");
	PATCH("odd", Elf64_Ehdr, e_phentsize, 0xffff);
	check_with(&fine, NULL, 0);
	put_program("odd", HERE, "/lib/none");
	patch("odd", EI_CLASS, &(char){ELFCLASS32}, 1);
	check_with(&fine, NULL, 0);
}

/* Cut off after every byte: no crash, and never the claim that it is for another machine where none is named. */
static void truncated_programs(void **state)
{
	const size_t all = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);

	(void)state;
	for (size_t size = 0; size <= all + 8; size++) {
		struct asked row = {"/program", NULL, NULL, 0, NULL};
		char path[sizeof(tree) + 16];

		put_program("program", HERE, "/lib/none");
		snprintf(path, sizeof(path), "%s/root/program", tree);
		assert_int_equal(truncate(path, (off_t)size), 0);
		if (size > all + 1) { /* more of the name than "/" is there */
			row.status = 127;
			row.words = "its program loader /";
		}
		check_with(&row, NULL, 0);
	}
}

static void not_readable(void **state)
{
	(void)state;
	if (geteuid() == 0) {
		/* To root everything is readable: only that the mode does not matter. */
		put_program("program", HERE, NULL);
	} else {
		put_program("program", OTHER, "/lib/none"); /* it cannot be looked at, but may be run */
	}
	assert_int_equal(fchmodat(root_fd, "program", 0111, 0), 0);
	check_with(&(struct asked){"/program", NULL, NULL, 0, NULL}, NULL, 0);
}

/* /proc/self/exe is the host's binary until execve. A file in the image may stand where procfs comes to be. */
static void below_proc(void **state)
{
	static const char no[] = "nothing below /proc";
	static const struct asked rows[] = {
		{"/proc/self/exe", NULL, NULL, 126, no},
		{"/proc/none", NULL, NULL, 126, no},
		{"/proc/self/fd/3", NULL, NULL, 126, no},
		{"//proc/self/exe", NULL, NULL, 126, no},
		{"/./proc/self/exe", NULL, NULL, 126, no},
		{"/bin/../proc/self/exe", NULL, NULL, 126, no},
		{"proc/self/exe", NULL, NULL, 126, no},
		{"./self/exe", NULL, "/proc", 126, no},
		{"exe", "PATH=/proc/self", NULL, 126, no},
		{"exe", "PATH=proc/self", NULL, 126, no},
		{"exe", "PATH=", "/proc/self", 126, no},
		{"/bin/link", NULL, NULL, 126, no},
		{"/dirlink/self/exe", NULL, NULL, 126, no},
		{"/script", NULL, NULL, 126, no},
		{"/script-link", NULL, NULL, 126, no},
		{"/program", NULL, NULL, 126, no},
		{"/procession", NULL, NULL, 0, NULL},
	};
	size_t failed = 0;

	(void)state;
	put_program("proc/self/exe", HERE, NULL);
	put_program("procession", HERE, NULL);
	put_link("bin/link", "/proc/self/exe");
	put_link("dirlink", "proc");
	put_script("script", "#!//proc/self/exe\n");
	put_script("script-link", "#!/bin/link\n");
	put_program("program", HERE, "/bin/../proc/self/exe");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct asked *row = &rows[i];
		char *args[] = {(char *)row->command, NULL}, *env[] = {(char *)row->path, NULL};
		const struct config c = {
			.rootfs = "ROOTFS",
			.process = {.args = {.v = args, .n = 1},
				    .env = {.v = env, .n = row->path != NULL},
				    .cwd = row->cwd ? row->cwd : "/"},
		};

		memset(&e, 0, sizeof(e));
		if ((command_check(&c, root_fd, &e) < 0) == (row->status != 0) &&
		    e.status == row->status)
			continue;
		print_error("%s: status %d\n", row->command, e.status);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* A bind mount or an overlay could bring what is missing; nothing makes /proc/self/exe a command. */
static void with_mounts(void **state)
{
	static const struct config_mount bind = {.destination = "/x", .source = "/x", .bind = true},
					 overlay = {.destination = "/x", .type = "overlay"},
					 tmpfs = {.destination = "/x", .type = "tmpfs"};
	static const struct asked missing[] = {
		{"none", NULL, NULL, 127, "not found in $PATH"},
		{"/bin/none", NULL, NULL, 127, "no such file"},
		{"/bin/lost", NULL, NULL, 127, "its program loader"},
		{"/bin/dir", NULL, NULL, 126, "permission denied (a directory)"},
		{"/script", NULL, NULL, 127, "its interpreter"},
	};
	static const struct asked proc = {"/proc/self/exe", NULL, NULL, 126, "nothing below /proc"},
				  proc_script = {"/proc-script", NULL, NULL, 126, "nothing below"};

	(void)state;
	fill();
	put_script("script", "#!/gone\n");
	put_script("proc-script", "#!/proc/self/exe\n");
	for (size_t i = 0; i < COUNT(missing); i++) {
		const struct config_mount both[] = {tmpfs, bind};
		const struct asked fine = {.command = missing[i].command};

		check_with(&missing[i], NULL, 0);
		check_with(&missing[i], &tmpfs, 1);
		check_with(&fine, &bind, 1);
		check_with(&fine, &overlay, 1);
		check_with(&fine, both, 2);
	}
	check_with(&proc_script, &bind, 1);
	check_with(&proc, &tmpfs, 1);
	check_with(&proc, &bind, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(there_or_not),     TREE_TEST(along_path),
		TREE_TEST(too_long),	     TREE_TEST(long_interpreter),
		TREE_TEST(path_given_twice), TREE_TEST(scripts),
		TREE_TEST(script_chains),    TREE_TEST(relative_interpreters),
		TREE_TEST(foreign_programs), TREE_TEST(program_loaders),
		TREE_TEST(odd_headers),	     TREE_TEST(truncated_programs),
		TREE_TEST(not_readable),     TREE_TEST(below_proc),
		TREE_TEST(with_mounts),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
