/*
 * command.c - see command.h. Runs outside, on files that the container's author wrote: everything is opened
 * inside the root, without blocking, and only the first bytes of each are read.
 */
#include "host/command.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"

#define SCRIPT_DEPTH 4 /* a script whose interpreter is a script, and so on (BINPRM: 5 in all) */

#if defined(__x86_64__)
#define THIS_MACHINE EM_X86_64
#define THIS_NAME    "x86-64"
#elif defined(__aarch64__)
#define THIS_MACHINE EM_AARCH64
#define THIS_NAME    "arm64"
#endif

/* What is asked for along the way. */
struct look {
	const struct config *c;
	int root_fd;
	char path[PATH_MAX]; /* of the file at hand, in the container */
	bool refused;	     /* what was found lies below /proc */
	bool mounts;	     /* a mount could bring what is missing */
};

static const char *machine_name(unsigned int machine)
{
	static const struct {
		unsigned int machine;
		const char *name;
	} table[] = {
		{EM_386, "i386"},    {EM_X86_64, "x86-64"}, {EM_AARCH64, "arm64"},
		{EM_ARM, "arm"},     {EM_PPC64, "ppc64"},   {EM_S390, "s390x"},
		{EM_RISCV, "riscv"}, {EM_MIPS, "mips"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].machine == machine)
			return table[i].name;
	return "another architecture";
}

/* Whether the kernel was told of interpreters for foreign binaries (qemu-user): then it decides. */
static bool has_binfmt(void)
{
	DIR *list = opendir("/proc/sys/fs/binfmt_misc");
	struct dirent *entry;
	bool found = false;

	if (!list)
		return false;
	while (!found && (entry = readdir(list)) != NULL)
		found = entry->d_name[0] != '.' && strcmp(entry->d_name, "register") != 0 &&
			strcmp(entry->d_name, "status") != 0;
	closedir(list);
	return found;
}

static bool runs_here(unsigned int machine)
{
#if defined(__x86_64__)
	if (machine == EM_386)
		return true; /* unless the kernel was built without; execve will say */
#elif defined(__aarch64__)
	if (machine == EM_ARM)
		return true; /* likewise */
#endif
	return machine == THIS_MACHINE;
}

/* A file that is named by another one: @what says how. */
static int missing(const struct look *l, const char *path, const char *what, struct error *e)
{
	if (l->mounts)
		return 0;
	return err_status(e, 127, 0, "%s: %s %s is not in %s", l->path, what, path, l->c->rootfs);
}

/* Whether the descriptor, of something in the root filesystem, leads to a place below its /proc. */
static bool is_below_proc(const struct look *l, int fd)
{
	char where[PATH_MAX] = "", root[PATH_MAX] = "", link[40];
	size_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, where, sizeof(where) - 1) < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", l->root_fd);
	if (readlink(link, root, sizeof(root) - 1) < 0)
		return false;
	n = strcmp(root, "/") == 0 ? 0 : strlen(root); /* a detached mount has the name "/" */
	return strncmp(where, root, n) == 0 && strncmp(where + n, "/proc/", 6) == 0;
}

/*
 * /proc/self/exe is the host's binary of mini-run until execve, so nothing below /proc is a command or an interpreter
 * (CVE-2019-5736): neither by its name nor by where a link leads (@fd; -1: it could not be opened). Keeps errno.
 */
static int proc_refused(struct look *l, const char *path, int fd, struct error *e)
{
	int saved = errno;

	l->refused = strncmp(path, "/proc/", 6) == 0 || (fd >= 0 && is_below_proc(l, fd));
	errno = saved;
	if (!l->refused)
		return 0;
	return err_status(e, 126, 0, "%s: nothing below /proc can be a command or its interpreter",
			  path);
}

/* @path as it is seen from the working directory of the container. */
static bool seen_from_cwd(const struct look *l, const char *path, char *ret, size_t size)
{
	const char *cwd = *path == '/' || !*path ? "" : l->c->process.cwd;

	return (size_t)snprintf(ret, size, "%s%s%s", cwd, *cwd ? "/" : "", path) < size;
}

/* Whether the "#!" line names its interpreter in full within the bytes that the kernel looks at. */
static bool interpreter_ends(const char *head)
{
	const char *at = head + 2;

	at += strspn(at, " \t");
	return at[strcspn(at, " \t\n")] != '\0';
}

/* Why @path cannot be opened: path_open_regular tells less, and clean-ups have been at errno since. */
static int access_errno(const struct look *l, const char *path)
{
	OWNED_FD fd = path_open_in(l->root_fd, path, O_PATH);

	return fd < 0 ? errno : 0;
}

/* The ELF header and the interpreter that PT_INTERP names. */
static int elf_check(struct look *l, int fd, const Elf64_Ehdr *header, struct error *e)
{
	char interpreter[PATH_MAX], place[PATH_MAX];
	unsigned int machine = header->e_machine;
	Elf64_Phdr table[64]; /* more than any program has */
	ssize_t got;

	if (header->e_ident[EI_DATA] == ELFDATA2MSB)
		machine = (machine & 0xff) << 8 | machine >> 8;
	if (header->e_ident[EI_DATA] != ELFDATA2LSB || !runs_here(machine)) {
		if (has_binfmt())
			return 0;
		return err_status(e, 126, 0, "%s is a program for %s, and this kernel runs %s",
				  l->path, machine_name(machine), THIS_NAME);
	}
	if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_phentsize != sizeof(Elf64_Phdr))
		return 0;
	got = pread(fd, table, sizeof(table), (off_t)header->e_phoff);
	for (size_t i = 0; i < header->e_phnum && (ssize_t)((i + 1) * sizeof(table[0])) <= got; i++) {
		const Elf64_Phdr *p = &table[i];
		OWNED_FD found = -1;
		ssize_t n;

		errno = 0;
		if (p->p_type != PT_INTERP || p->p_filesz == 0 || p->p_filesz >= sizeof(interpreter))
			continue;
		n = pread(fd, interpreter, p->p_filesz, (off_t)p->p_offset);
		if (n <= 0)
			return 0; /* cut short: execve will say */
		interpreter[n] = '\0';
		if (!seen_from_cwd(l, interpreter, place, sizeof(place)))
			return 0;
		found = path_open_in(l->root_fd, place, O_PATH);
		if (proc_refused(l, place, found, e) < 0)
			return -1;
		if (found < 0 && access_errno(l, place) == ENOENT)
			return missing(l, interpreter, "its program loader", e);
	}
	return 0;
}

/* Cuts the interpreter out of a "#!" line in @head; NULL where there is none. */
static char *script_interpreter(char *head)
{
	char *at = head + 2;

	at += strspn(at, " \t");
	at[strcspn(at, " \t\n")] = '\0';
	return *at ? at : NULL;
}

/* Looks at the file that is open in @fd, and at what it needs. */
static int file_check(struct look *l, int fd, struct error *e)
{
	for (int depth = 0; depth < SCRIPT_DEPTH; depth++) {
		union {
			Elf64_Ehdr elf;
			char text[256];
		} head = {0};
		OWNED_FD next = -1;
		char *interpreter, place[PATH_MAX];
		ssize_t n = read(fd, head.text, sizeof(head.text) - 1);

		if (n < 4 ||
		    (memcmp(head.text, ELFMAG, SELFMAG) == 0 && n < (ssize_t)sizeof(head.elf)))
			return 0; /* empty, cut short or unreadable: execve will say */
		if (memcmp(head.text, ELFMAG, SELFMAG) == 0)
			return elf_check(l, fd, &head.elf, e);
		if (memcmp(head.text, "#!", 2) != 0 ||
		    (n == sizeof(head.text) - 1 && !interpreter_ends(head.text)) ||
		    !(interpreter = script_interpreter(head.text)))
			return 0;
		if (interpreter[strlen(interpreter) - 1] == '\r')
			return err_status(e, 127, 0,
					  "%s has DOS line ends: its interpreter would be \"%s\"",
					  l->path, interpreter);
		if (!seen_from_cwd(l, interpreter, place, sizeof(place)))
			return 0;
		next = path_open_regular(l->root_fd, place);
		if (proc_refused(l, place, next, e) < 0)
			return -1;
		if (next < 0)
			return access_errno(l, place) == ENOENT
				       ? missing(l, interpreter, "its interpreter", e)
				       : 0;
		snprintf(l->path, sizeof(l->path), "%s", interpreter);
		if (dup3(next, fd, O_CLOEXEC) < 0)
			return 0;
	}
	return 0;
}

/*
 * Tries @path in the root filesystem. 1: there and could be run, *ret_fd is open for reading (-1: it can be
 * run and not read); 0: not there; -1: there, and not to be run.
 */
static int try_path(struct look *l, const char *path, int *ret_fd, struct error *e)
{
	OWNED_FD fd = path_open_in(l->root_fd, path, O_PATH);
	struct stat st;

	*ret_fd = -1;
	if (proc_refused(l, path, fd, e) < 0)
		return -1;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG))
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_status(e, 126, errno, "%s", path);
	if (S_ISDIR(st.st_mode))
		return err_status(e, 126, 0, "%s: permission denied (a directory)", path);
	if (!S_ISREG(st.st_mode))
		return err_status(e, 126, 0, "%s: permission denied (not a regular file)", path);
	if (!(st.st_mode & 0111))
		return err_status(e, 126, 0, "%s: permission denied (not executable: chmod +x)",
				  path);
	*ret_fd = path_open_regular(l->root_fd, path);
	return 1;
}

/* @name as it is seen from the working directory of the container: l->path. */
static int path_set(struct look *l, const char *name, struct error *e)
{
	const char *cwd = *name == '/' ? "" : l->c->process.cwd;
	int n = snprintf(l->path, sizeof(l->path), "%s%s%s", cwd, *cwd ? "/" : "", name);

	return n > 0 && (size_t)n < sizeof(l->path) ? 0
						    : err_status(e, 127, ENAMETOOLONG, "%s", name);
}

/* Finds the command as execvp(3) would; what try_path returns. */
static int find(struct look *l, int *ret_fd, struct error *e)
{
	const struct config_process *p = &l->c->process;
	const char *at = CONFIG_DEFAULT_PATH;
	char candidate[PATH_MAX];
	int result = 0;

	if (strchr(p->args.v[0], '/'))
		return path_set(l, p->args.v[0], e) < 0 ? -1 : try_path(l, l->path, ret_fd, e);
	for (size_t i = 0; i < p->env.n; i++)
		if (strncmp(p->env.v[i], "PATH=", 5) == 0) {
			at = p->env.v[i] + 5; /* the first counts, as in exec.c */
			break;
		}
	while (at) {
		int one;

		if (!path_next(&at, p->args.v[0], candidate, sizeof(candidate)) ||
		    path_set(l, candidate, e) < 0)
			continue;
		one = try_path(l, l->path, ret_fd, e);
		if (one > 0)
			return one;
		if (one < 0)
			result = -1; /* execvp goes on, and reports this one in the end */
	}
	return result;
}

/* Whether the configuration mounts anything that could hold programs. */
static bool brings_files(const struct config *c)
{
	for (size_t i = 0; i < c->mounts_n; i++)
		if ((c->mounts[i].bind && !c->mounts[i].notify) ||
		    (c->mounts[i].type && strcmp(c->mounts[i].type, "overlay") == 0))
			return true;
	return false;
}

int command_check(const struct config *c, int root_fd, struct error *e)
{
	struct look l = {.c = c, .root_fd = root_fd, .mounts = brings_files(c)};
	const char *command = c->process.args.v[0];
	OWNED_FD fd = -1;
	int found = find(&l, &fd, e);

	if (found > 0)
		return fd < 0 ? 0 : file_check(&l, fd, e);
	if (l.mounts && !l.refused)
		return 0;
	if (found < 0)
		return err_within(e, "%s", c->rootfs);
	if (strchr(command, '/'))
		return err_status(e, 127, 0, "%s: no such file or directory in %s", command,
				  c->rootfs);
	return err_status(e, 127, 0, "%s: executable file not found in $PATH of %s", command,
			  c->rootfs);
}
