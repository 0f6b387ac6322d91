/*
 * cgroup_private.h - what the cgroup*.c files share. Nobody else includes it.
 */
#ifndef HOST_CGROUP_PRIVATE_H
#define HOST_CGROUP_PRIVATE_H

#include "host/cgroup.h"

/* How long the end of killed processes is waited for. */
#define CGROUP_REMOVE_MS 10000

/* ---- cgroup.c ---- */

/* Whether @list (parted by spaces, commas or newlines) has @word. */
bool cgroup_has_word(const char *list, const char *word);

/* Appends @word, with @separator in front where the list is not empty, unless it is there. -1: no room. */
int cgroup_add_word(char *list, size_t size, const char *word, char separator);

/* Writes the formatted value to @file; an error begins with @setting, the limit in words. */
int cgroup_put(int dir_fd, const char *setting, const char *file, struct error *e,
	       const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same, with "max" for -1. */
int cgroup_put_max(int dir_fd, const char *setting, const char *file, int64_t value, struct error *e);

/* Reads a short counter file, less than a page, which the kernel gives whole in one read(2): the report reads
 * a dozen of them, and asking each for its end would be a fourth of its system calls. False where there is
 * none, or nothing in it. */
bool cgroup_text(int dir_fd, const char *file, char *ret, size_t size);

/* A file with one number; -1 for "max" and for what cannot be read. */
int64_t cgroup_number(int dir_fd, const char *file);

/* Whether there is a process in the directory itself. */
bool cgroup_has_processes(int dir_fd);

/* cpu.shares and cpu.weight, there and back. */
int64_t cgroup_weight_of_shares(int64_t shares);
int64_t cgroup_shares_of_weight(int64_t weight);

/* Whether the path was given, by an engine or a person, and not chosen by mini-run. */
bool cgroup_path_given(const struct config *c);

/* Removes what is nested in @fd, deepest first, and with @kill ends the processes in it and below. The
 * deadline is for what hangs: every directory that goes moves it on. */
int cgroup_clear(int fd, bool v2, bool kill, int64_t deadline_ms, struct error *e);
int64_t cgroup_now_ms(void);

/* ---- cgroup_plan.c ---- */

/* Splits, drops empty parts and ".", and refuses what would lead elsewhere. The result is relative. */
int cgroup_normalise(const char *path, char *ret, size_t size, struct error *e);

/* ---- cgroup_v1.c ---- */

struct cgroup_dir *cgroup_v1_dir(const struct cgroup *g, const char *controller);
int cgroup_v1_make(struct cgroup_dir *d, const struct config *c, struct error *e);
int cgroup_v1_limit(const struct cgroup *g, const struct config *c, struct error *e);
void cgroup_v1_read(const struct cgroup *g, struct cgroup_usage *ret);
int cgroup_v1_empty(int fd, int64_t deadline_ms, struct error *e);

/* Before processes are ended: lets frozen ones die, and forks no more. Files that are not there: fine. */
void cgroup_v1_prepare_end(int fd);

/* ---- cgroup_v2.c ---- */

/* Opens the mount and, where it exists, the parent directory, and reads what that has enabled. */
int cgroup_v2_open(struct cgroup *g, const char *mount, const char *relative, struct error *e);
int cgroup_v2_make(struct cgroup *g, struct cgroup_dir *d, const struct config *c, struct error *e);
int cgroup_v2_limit(const struct cgroup *g, int fd, const struct config *c, struct error *e);
void cgroup_v2_read(int fd, struct cgroup_usage *ret);
int cgroup_v2_empty(int fd, int64_t deadline_ms, struct error *e);

/* Whether @key may be written by `unified`; its controller goes to @ret, "" for the core files. */
int cgroup_v2_key(const char *key, char *ret, size_t size, struct error *e);

#endif
