/*
 * seccomp_cache.c - see seccomp_cache.h; and seccomp_save(), seccomp_restore(). Runs outside.
 *
 *	ROOT/.seccomp/NAME	a program and the key that it was made for; NAME is a hash of the key
 *	ROOT/ID/seccomp		a program without a key
 *
 * A file is a header, the program, the key. It is believed when it is a regular file of this user that nobody else can
 * write, below a state directory of which the same is true; when its length is what the header says; when the sum
 * over program and flags fits; and when the whole key is the one asked for, not its hash alone. Files appear whole, by
 * rename(2), and are not flushed to disk: what a crash leaves of one does not pass. The kernel checks every program
 * once more when it is loaded.
 */
#include "host/seccomp_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "host/seccomp.h"
#include "host/seccomp_compile.h"
#include "host/seccomp_program.h"

#define DIRECTORY      ".seccomp"
#define TEMPORARY      ".new-" /* and the pid: what is being written */
#define TEMPORARY_LIFE 60      /* seconds, after which its writer must have been killed */
#define FILES_MAX      64
#define FILE_MAX       (4 << 20)

/* ---- the key ---- */

#define SUM_START UINT64_C(0xcbf29ce484222325)

/*
 * FNV-1a of @bytes behind what @hash stands for. It only has to spread, and to notice what was not meant: the key itself
 * is compared, and whoever finds two keys with one name gets the second compiled each time.
 */
static uint64_t sum(uint64_t hash, const void *bytes, size_t n)
{
	for (const unsigned char *at = bytes; n > 0; n--)
		hash = (hash ^ *at++) * UINT64_C(0x100000001b3);
	return hash;
}

/* Adds to the key, or, as long as it has no memory, to its length alone. */
static void put(struct seccomp_key *key, const void *bytes, size_t n)
{
	if (key->bytes)
		memcpy(key->bytes + key->length, bytes, n);
	key->length += n;
}

static void put_number(struct seccomp_key *key, uint64_t number)
{
	put(key, &number, sizeof(number));
}

/* With its NUL, which cannot be inside: so the bytes can be read in one way only. */
static void put_string(struct seccomp_key *key, const char *text)
{
	put(key, text, strlen(text) + 1);
}

static void put_strings(struct seccomp_key *key, const struct config_strings *list)
{
	put_number(key, list->n);
	for (size_t i = 0; i < list->n; i++)
		put_string(key, list->v[i]);
}

static void put_errno(struct seccomp_key *key, const struct config_number *number)
{
	put_number(key, number->set);
	put_number(key, number->set ? (uint64_t)number->value : 0);
}

static void put_rule(struct seccomp_key *key, const struct config_seccomp_rule *rule)
{
	put_strings(key, &rule->names);
	put_number(key, rule->action);
	put_errno(key, &rule->errno_ret);
	put_number(key, rule->args_n);
	for (size_t i = 0; i < rule->args_n; i++) {
		put_number(key, rule->args[i].index);
		put_number(key, rule->args[i].op);
		put_number(key, rule->args[i].value);
		put_number(key, rule->args[i].value_two);
	}
}

static void put_all(struct seccomp_key *key, const struct config_seccomp *s)
{
	const struct scmp_version *names = seccomp_version();

	put_number(key, SECCOMP_COMPILER);
	/* Another compiler most likely makes another built-in program: should somebody forget to count. */
	put_number(key,
		   sum(SUM_START, seccomp_program, seccomp_program_n * sizeof(*seccomp_program)));
	put_number(key, names->major);
	put_number(key, names->minor);
	put_number(key, names->micro);
	put_number(key, seccomp_arch_native());
	put_number(key, s->mode);
	put_number(key, s->default_action);
	put_errno(key, &s->default_errno_ret);
	put_strings(key, &s->architectures);
	put_number(key, s->flags);
	put_number(key, s->rules_n);
	for (size_t i = 0; i < s->rules_n; i++)
		put_rule(key, &s->rules[i]);
}

int seccomp_key_make(const struct config_seccomp *s, struct seccomp_key *ret, struct error *e)
{
	struct seccomp_key key = {0};

	put_all(&key, s);
	key.bytes = malloc(key.length);
	if (!key.bytes)
		return err_no_memory(e);
	key.length = 0;
	put_all(&key, s);
	*ret = key;
	return 0;
}

void seccomp_key_end(struct seccomp_key *key)
{
	free(key->bytes);
	*key = (struct seccomp_key){0};
}

/* ---- a file ---- */

struct header {
	char magic[8];
	uint32_t format, flags;
	uint64_t program_n, key_length;
	uint64_t sum; /* of the program and the flags */
};

static const char magic[8] = {'m', 'r', 'f', 'i', 'l', 't', 'e', 'r'};

#define FORMAT 1

static uint64_t sum_of(const void *program, size_t n, uint32_t flags)
{
	return sum(sum(SUM_START, program, n), &flags, sizeof(flags));
}

/* Nobody but this user writes there. */
static bool ours(const struct stat *st)
{
	return st->st_uid == geteuid() && (st->st_mode & 022) == 0;
}

/* What @bytes hold, of which there are @n: the program in its place for @key. NULL, or why they are not believed. */
static const char *file_judge(const unsigned char *bytes, size_t n, const struct seccomp_key *key,
			      struct seccomp_filter *ret)
{
	struct header h;
	size_t program;

	if (n < sizeof(h))
		return "too short";
	memcpy(&h, bytes, sizeof(h));
	if (memcmp(h.magic, magic, sizeof(magic)) != 0 || h.format != FORMAT)
		return "not a filter of this mini-run";
	if (h.program_n == 0 || h.program_n > BPF_MAXINSNS)
		return "damaged";
	program = (size_t)h.program_n * sizeof(struct sock_filter);
	if (h.key_length != n - sizeof(h) - program || n < sizeof(h) + program ||
	    sum_of(bytes + sizeof(h), program, h.flags) != h.sum)
		return "damaged";
	if (h.key_length != key->length ||
	    (key->length > 0 && memcmp(bytes + sizeof(h) + program, key->bytes, key->length) != 0))
		return "of another profile";
	*ret = (struct seccomp_filter){
		.v = (const struct sock_filter *)(bytes + sizeof(h)),
		.n = (unsigned short)h.program_n,
		.flags = h.flags,
	};
	return NULL;
}

/* Reads the file behind @fd. @name is for errors. */
static int file_take(int fd, const char *name, const struct seccomp_key *key,
		     struct seccomp_filter *ret, struct error *e)
{
	OWNED_MEMORY unsigned char *bytes = NULL;
	struct seccomp_filter found;
	const char *why;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "stat %s", name);
	if (!S_ISREG(st.st_mode) || !ours(&st))
		return err_set(e, 0, "%s is not a file that only this user can write", name);
	if (st.st_size <= 0 || st.st_size > FILE_MAX)
		return err_set(e, 0, "%s has %lld bytes", name, (long long)st.st_size);
	bytes = malloc((size_t)st.st_size);
	if (!bytes)
		return err_no_memory(e);
	n = read(fd, bytes, (size_t)st.st_size);
	if (n < 0)
		return err_set(e, errno, "read %s", name);
	why = file_judge(bytes, (size_t)n, key, &found);
	if (why)
		return err_set(e, 0, "%s is %s", name, why);
	found.owned = bytes;
	bytes = NULL;
	*ret = found;
	return 0;
}

/* Puts @f and @key under @name, at once or not at all. @temporary is its name until then, removed on failure. */
static int file_put(int dir_fd, const char *temporary, const char *name,
		    const struct seccomp_key *key, const struct seccomp_filter *f, struct error *e)
{
	size_t program = f->n * sizeof(*f->v), n = sizeof(struct header) + program + key->length;
	struct header h = {
		.format = FORMAT,
		.flags = f->flags,
		.program_n = f->n,
		.key_length = key->length,
		.sum = sum_of(f->v, program, f->flags),
	};
	OWNED_MEMORY unsigned char *bytes = malloc(n);
	OWNED_FD fd = -1;

	if (!bytes)
		return err_no_memory(e);
	memcpy(h.magic, magic, sizeof(magic));
	memcpy(bytes, &h, sizeof(h));
	memcpy(bytes + sizeof(h), f->v, program);
	if (key->length > 0)
		memcpy(bytes + sizeof(h) + program, key->bytes, key->length);
	fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		/* cppcheck-suppress memleak; OWNED_MEMORY frees it */
		return err_set(e, errno, "make %s", temporary);
	if (write_all(fd, bytes, n) < 0 || renameat(dir_fd, temporary, dir_fd, name) < 0) {
		err_set(e, errno, "write %s", name);
		(void)unlinkat(dir_fd, temporary, 0);
		return -1;
	}
	return 0;
}

/* ---- the cache ---- */

struct name {
	char text[32];
};

static struct name name_of(const struct seccomp_key *key)
{
	struct name name;

	snprintf(name.text, sizeof(name.text), "%016llx",
		 (unsigned long long)sum(SUM_START, key->bytes, key->length));
	return name;
}

/* Opens the state directory, which must be this user's alone: then so is all that is in it. */
static int root_open(const char *root, int *ret_fd, struct error *e)
{
	OWNED_FD fd = open(root, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return err_set(e, errno, "open state directory %s", root);
	if (fstat(fd, &st) < 0 || !ours(&st))
		return err_set(e, 0, "state directory %s is not this user's alone", root);
	*ret_fd = fd_give(&fd);
	return 0;
}

int seccomp_cache_find(const char *root, const struct seccomp_key *key, struct seccomp_filter *ret,
		       struct error *e)
{
	struct name name = name_of(key);
	OWNED_FD root_fd = -1, fd = -1;
	char path[64];

	if (root_open(root, &root_fd, e) < 0) {
		if (e->no == ENOENT)
			e->text[0] = '\0';
		return -1;
	}
	snprintf(path, sizeof(path), DIRECTORY "/%s", name.text);
	fd = sys_openat2(root_fd, path, O_RDONLY | O_NONBLOCK, 0,
			 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd < 0) {
		err_set(e, errno, "open kept filter %s/%s", root, path);
		if (e->no == ENOENT)
			e->text[0] = '\0';
		return -1;
	}
	if (file_take(fd, path, key, ret, e) < 0)
		return err_within(e, "kept filter");
	return 0;
}

static int directory_open(const char *root, int *ret_fd, struct error *e)
{
	OWNED_FD root_fd = -1, fd = -1;
	struct stat st;

	if (mkdir(root, 0700) < 0 && errno != EEXIST) /* the first container makes it in any case */
		return err_set(e, errno, "make state directory %s", root);
	if (root_open(root, &root_fd, e) < 0)
		return -1;
	if (mkdirat(root_fd, DIRECTORY, 0700) < 0 && errno != EEXIST)
		return err_set(e, errno, "make %s/" DIRECTORY, root);
	fd = openat(root_fd, DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "open %s/" DIRECTORY, root);
	if (fstat(fd, &st) < 0 || !ours(&st))
		return err_set(e, 0, "%s/" DIRECTORY " is not this user's alone", root);
	*ret_fd = fd_give(&fd);
	return 0;
}

/* Removes the oldest file when there are too many, and what writers that were killed have left. */
static void directory_prune(int dir_fd)
{
	DIR *list = fdopendir(openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct timespec oldest_time = {0};
	struct dirent *entry;
	char oldest[256] = "";
	size_t n = 0;

	while (list && (entry = readdir(list)) != NULL) {
		bool temporary = strncmp(entry->d_name, TEMPORARY, strlen(TEMPORARY)) == 0;
		struct stat st;

		if (fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		if (temporary && time(NULL) - st.st_mtime > TEMPORARY_LIFE)
			(void)unlinkat(dir_fd, entry->d_name, 0);
		if (temporary)
			continue;
		n++;
		if (n > 1 && (st.st_mtim.tv_sec > oldest_time.tv_sec ||
			      (st.st_mtim.tv_sec == oldest_time.tv_sec &&
			       st.st_mtim.tv_nsec >= oldest_time.tv_nsec)))
			continue;
		oldest_time = st.st_mtim;
		snprintf(oldest, sizeof(oldest), "%s", entry->d_name);
	}
	if (list)
		closedir(list);
	if (n > FILES_MAX)
		(void)unlinkat(dir_fd, oldest, 0);
}

int seccomp_cache_keep(const char *root, const struct seccomp_key *key,
		       const struct seccomp_filter *f, struct error *e)
{
	struct name name = name_of(key);
	char temporary[32];
	OWNED_FD dir_fd = -1;

	snprintf(temporary, sizeof(temporary), TEMPORARY "%d", (int)getpid());
	if (directory_open(root, &dir_fd, e) < 0 ||
	    file_put(dir_fd, temporary, name.text, key, f, e) < 0)
		return err_within(e, "keep filter");
	directory_prune(dir_fd);
	return 0;
}

/* ---- a container's copy ---- */

int seccomp_save(const struct seccomp_filter *f, int dir_fd, struct error *e)
{
	const struct seccomp_key none = {0};

	if (!f->owned)
		return err_set(e, 0, "save filter: it was not made of a profile");
	return file_put(dir_fd, "." SECCOMP_FILE ".new", SECCOMP_FILE, &none, f, e);
}

int seccomp_restore(struct seccomp_filter *ret, int dir_fd, struct error *e)
{
	const struct seccomp_key none = {0};
	OWNED_FD fd = openat(dir_fd, SECCOMP_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno, "open the container's " SECCOMP_FILE " filter");
	if (file_take(fd, SECCOMP_FILE, &none, ret, e) < 0)
		return err_within(e, "the container's filter");
	return 0;
}
