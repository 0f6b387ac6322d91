/*
 * landlock_paths.c - see landlock.h. Runs inside, in the container's root.
 *
 * Paths are walked here and not by the kernel, a component at a time, for the sake of `exec`: it reads the same rules
 * later, when the container has had time to change its files. Where the rules let it write it could put a link in the
 * place of a directory that another rule names, and the process of `exec` would be let into what the link leads to. So a
 * link that lies where the rules let the command write is refused; and always, because one that worked at the start and not
 * later would help nobody.
 */
#include "container/landlock.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

#define LINKS_MOST   40 /* as the kernel has it */
#define SCRIPT_DEPTH 4	/* a script whose interpreter is a script, and so on */
#if defined(__x86_64__)
#define THIS_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define THIS_MACHINE EM_AARCH64
#endif

#define NEEDED_MOST (SCRIPT_DEPTH + 1)

static void place_close(struct landlock_place *p)
{
	fd_close(&p->fd);
	fd_close(&p->dir_fd);
}

void landlock_close(struct landlock_places *p)
{
	for (size_t i = 0; p->v && i < p->n; i++)
		place_close(&p->v[i]);
	free(p->v);
	p->v = NULL;
}

/* ---- what the rules allow ---- */

/* What the rules on this very file or directory grant. */
static uint32_t granted_on(const struct landlock_places *p, const struct stat *st)
{
	uint32_t access = 0;

	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].fd >= 0 && p->v[i].dev == st->st_dev && p->v[i].ino == st->st_ino)
			access |= p->rules[i].access;
	return access;
}

/* What they grant in the directory: the rules on it, and on those above it, as the kernel adds them up. */
static int granted_below(const struct landlock_places *p, int dir_fd, uint32_t *ret_access)
{
	OWNED_FD at = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
	struct stat st, above;

	*ret_access = 0;
	if (at < 0 || fstat(at, &st) < 0)
		return -1;
	for (;;) {
		OWNED_FD up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		*ret_access |= granted_on(p, &st);
		if (up < 0 || fstat(up, &above) < 0)
			return -1;
		if (above.st_dev == st.st_dev && above.st_ino == st.st_ino)
			return 0; /* the root, whose ".." is itself */
		st = above;
		fd_close(&at);
		at = fd_give(&up);
	}
}

/* ---- where a path leads ---- */

struct walk {
	int at;				       /* the directory that has been reached */
	char rest[PATH_MAX];		       /* what is still to be walked */
	int links;			       /* that were followed */
	const struct landlock_places *checked; /* links may not lie where these let write; NULL */
};

/* At the root, which is the container's by now, or at the working directory. */
static int walk_begin(struct walk *w, const char *from, struct error *e)
{
	fd_close(&w->at);
	w->at = open(from, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return w->at < 0 ? err_set(e, errno, "open %s", from) : 0;
}

/* The link @fd in the directory that has been reached: what it says comes in front of the rest. */
static int link_follow(struct walk *w, int fd, struct error *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);
	size_t rest = strlen(w->rest);
	uint32_t access;

	if (n < 0)
		return err_set(e, errno, "read a link");
	if (w->checked && granted_below(w->checked, w->at, &access) < 0)
		return err_set(e, errno, "look where a link lies");
	if (w->checked && (access & LANDLOCK_WRITE))
		return err_set(e, 0,
			       "leads through a link that lies where the rules let the command "
			       "write (name what it leads to)");
	if (++w->links > LINKS_MOST)
		return err_set(e, ELOOP, "walk");
	if ((size_t)n + rest >= sizeof(w->rest))
		return err_set(e, ENAMETOOLONG, "walk");
	/* The rest is empty, or begins with a slash. */
	memmove(w->rest + n, w->rest, rest + 1);
	memcpy(w->rest, target, (size_t)n);
	return target[0] == '/' ? walk_begin(w, "/", e) : 0;
}

/* Takes the first component off the rest; false: there is none. */
static bool component(struct walk *w, char *ret, size_t size)
{
	const char *from = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(from, "/");

	if (n == 0)
		return false;
	snprintf(ret, size, "%.*s", (int)n, from);
	memmove(w->rest, from + n, strlen(from + n) + 1);
	return true;
}

static int walk_steps(struct walk *w, struct landlock_place *ret, struct error *e)
{
	char name[NAME_MAX + 2]; /* one too long stays too long */

	while (component(w, name, sizeof(name))) {
		OWNED_FD fd = openat(w->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		struct stat st;

		if (fd < 0 || fstat(fd, &st) < 0)
			return err_set(e, errno, "open %s", name);
		if (S_ISLNK(st.st_mode)) {
			if (link_follow(w, fd, e) < 0)
				return -1;
		} else if (S_ISDIR(st.st_mode)) {
			fd_close(&w->at);
			w->at = fd_give(&fd);
		} else if (w->rest[0] != '\0') {
			return err_set(e, ENOTDIR, "open %s", name);
		} else {
			ret->fd = fd_give(&fd);
			ret->dir_fd = fd_give(&w->at);
			return 0;
		}
	}
	ret->fd = fd_give(&w->at);
	ret->directory = true;
	return 0;
}

/* @path of the container; a relative one is seen from the working directory. */
static int place_find(const char *path, const struct landlock_places *checked,
		      struct landlock_place *ret, struct error *e)
{
	struct landlock_place place = {.fd = -1, .dir_fd = -1};
	struct walk w = {.at = -1, .checked = checked};
	size_t length = strlen(path);
	struct stat st = {0};
	int result;

	if (length >= sizeof(w.rest))
		return err_set(e, ENAMETOOLONG, "%.200s...", path);
	memcpy(w.rest, path, length + 1);
	result = walk_begin(&w, *path == '/' ? "/" : ".", e);
	if (result == 0)
		result = walk_steps(&w, &place, e);
	fd_close(&w.at);
	if (result == 0 && fstat(place.fd, &st) < 0)
		result = err_set(e, errno, "stat");
	if (result != 0) {
		place_close(&place);
		return e->no != 0 ? err_set(e, e->no, "%.400s", path) : err_within(e, "%.400s", path);
	}
	place.dev = st.st_dev;
	place.ino = st.st_ino;
	*ret = place;
	return 0;
}

/*
 * Two passes: the second looks at links, for which it has to know where all the rules let write, and what it finds is what
 * counts. A rule that a link has led elsewhere in the first one does not matter: the link lies where some other rule
 * lets write, and the one of those that no link has led away finds it.
 */
int landlock_resolve(const struct inside *in, struct landlock_places *ret, struct error *e)
{
	const struct config_landlock *l = &in->config->landlock;
	__attribute__((cleanup(landlock_close))) struct landlock_places first = {0};
	struct landlock_places *passes[] = {&first, ret};

	for (size_t pass = 0; pass < 2; pass++) {
		struct landlock_places *p = passes[pass];

		p->v = calloc(l->paths_n, sizeof(*p->v));
		if (!p->v)
			return err_no_memory(e);
		p->rules = l->paths;
		for (; p->n < l->paths_n; p->n++)
			if (place_find(l->paths[p->n].path, pass > 0 ? &first : NULL, &p->v[p->n],
				       e) < 0)
				return e->no == ENOENT ? err_hint(e, "the rules name paths of the "
								     "container")
						       : -1;
	}
	return 0;
}

/* ---- the command under these rules ---- */

/* The files that executing the command takes, as they were named, and those among them that may not be executed. */
struct needs {
	const struct landlock_places *rules;
	char text[2048];   /* "/bin/sh and /lib/ld.so" */
	char remedy[2048]; /* "/bin,/lib" */
};

static void append(char *text, size_t size, const char *separator, const char *more)
{
	size_t at = strlen(text);

	snprintf(text + at, size - at, "%s%s", at > 0 ? separator : "", more);
}

/* The file, or better its directory, for what belongs to it mostly lies beside it: by its real name, where /proc tells. */
static void remedy_add(struct needs *n, const struct landlock_place *place, const char *path)
{
	char link[40], directory[400];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", place->dir_fd);
	length = readlink(link, directory, sizeof(directory) - 1);
	directory[length > 0 ? length : 0] = '\0';
	append(n->remedy, sizeof(n->remedy), ",", directory[0] == '/' ? directory : path);
}

/* Notes the file if it may not be executed. */
static int need_check(struct needs *n, const char *path)
{
	const uint32_t wanted = LANDLOCK_READ | LANDLOCK_EXECUTE;
	struct landlock_place place = {.fd = -1, .dir_fd = -1};
	struct error e;
	struct stat st;
	uint32_t access;

	if (place_find(path, NULL, &place, &e) < 0)
		return -1;
	if (place.directory || fstat(place.fd, &st) < 0 ||
	    granted_below(n->rules, place.dir_fd, &access) < 0) {
		place_close(&place);
		return -1;
	}
	access |= granted_on(n->rules, &st);
	if ((access & wanted) != wanted) {
		append(n->text, sizeof(n->text), " and ", path);
		remedy_add(n, &place, path);
	}
	place_close(&place);
	return 0;
}

/* The program loader that an ELF file names, if it names one. */
static bool elf_loader(int fd, const Elf64_Ehdr *header, char *ret, size_t size)
{
	for (unsigned int i = 0; i < header->e_phnum && i < 64; i++) {
		Elf64_Phdr p;
		off_t at = (off_t)(header->e_phoff + (uint64_t)i * sizeof(p));
		ssize_t n;

		if (header->e_phentsize != sizeof(p) ||
		    pread(fd, &p, sizeof(p), at) != (ssize_t)sizeof(p))
			return false;
		if (p.p_type != PT_INTERP)
			continue;
		n = pread(fd, ret, p.p_filesz < size ? p.p_filesz : size, (off_t)p.p_offset);
		return n > 1 && ret[n - 1] == '\0';
	}
	return false;
}

/* What the file at @path needs to be executed: *ret, or false where it needs nothing more. Of foreign binaries the kernel
 * may know (binfmt_misc) what we do not. */
static bool next_needed(const char *path, char *ret, size_t size)
{
	OWNED_FD fd = sys_openat2(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0,
				  RESOLVE_NO_MAGICLINKS);
	union {
		Elf64_Ehdr elf;
		char text[256];
	} head = {0};
	ssize_t n = fd < 0 ? -1 : read(fd, head.text, sizeof(head.text) - 1);
	char *from = head.text + 2;

	if (n >= (ssize_t)sizeof(head.elf) && memcmp(head.text, ELFMAG, SELFMAG) == 0)
		return head.elf.e_machine == THIS_MACHINE && elf_loader(fd, &head.elf, ret, size);
	if (n < 4 || memcmp(head.text, "#!", 2) != 0)
		return false;
	from += strspn(from, " \t");
	from[strcspn(from, " \t\n")] = '\0';
	snprintf(ret, size, "%s", from);
	return *ret != '\0';
}

/* The place, and what follows from it, a script's interpreter and its loader. 1: all of it may be executed. */
static int place_check(struct needs *n, const char *place)
{
	char path[PATH_MAX], next[PATH_MAX];

	n->text[0] = n->remedy[0] = '\0';
	snprintf(path, sizeof(path), "%s", place);
	for (int depth = 0; depth < NEEDED_MOST && need_check(n, path) == 0 &&
			    next_needed(path, next, sizeof(next));
	     depth++)
		memcpy(path, next, sizeof(path));
	return n->text[0] == '\0';
}

int landlock_look_at_command(const struct inside *in, const struct landlock_places *p,
			     struct error *e)
{
	struct needs first = {.rules = p}, n = first;

	for (size_t i = 0; i < in->places_n; i++)
		if (place_check(i == 0 ? &first : &n, in->places[i]))
			return 0; /* execve tries the next place where one is refused */
	if (in->places_n == 0)
		return 0;
	return err_status(e, 126, 0,
			  "the rules do not let %.400s be executed (add --landlock rx=%.400s)",
			  first.text, first.remedy);
}
