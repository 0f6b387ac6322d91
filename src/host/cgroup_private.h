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

/* Takes a directory that was there before: it must have no process in it. */
int cgroup_join_check(int fd, struct error *e);

/* cpu.shares and cpu.weight, there and back. */
int64_t cgroup_weight_of_shares(int64_t shares);
int64_t cgroup_shares_of_weight(int64_t weight);

/* Opens the directory @path, of which @mount_length bytes are the mount. -1 with errno. */
int cgroup_open_dir(const char *path, size_t mount_length);

/*
 * While cgroup_update runs, every file that cgroup_put is about to write is noted here first, so that it can be put back.
 * NULL at all other times. One for the whole program: mini-run has one thread, and does one update.
 */
struct cgroup_journal;
extern struct cgroup_journal *cgroup_journal;
void cgroup_journal_note(struct cgroup_journal *j, int dir_fd, const char *file, const char *value);

/* Removes what is nested in @fd, deepest first, and with @kill ends the processes in it and below. The
 * deadline is for what hangs: every directory that goes moves it on. */
int cgroup_clear(int fd, bool v2, bool kill, int64_t deadline_ms, struct error *e);
int64_t cgroup_now_ms(void);

/* ---- cgroup_plan.c ---- */

/* Splits, drops empty parts and ".", and refuses what would lead elsewhere. The result is relative. */
int cgroup_normalise(const char *path, char *ret, size_t size, struct error *e);

/* Plans what @c asks of a container that has its directories already: directories that are missing are added (late, not
 * made yet), and v2 controllers go to @g->need. @names: further v1 controllers to have, parted by spaces; "". */
int cgroup_plan_more(struct cgroup *g, const struct config *c, const char *names, struct error *e);

/* Whether there are device rules to be enforced. An ordinary user may not load any, and needs none: in a user namespace no
 * node can be made, and of the host's there are those that he may open anyway. */
bool cgroup_restricts_devices(const struct config *c);

/* ---- cgroup_freeze.c ---- */

/* The directory by which the processes of the container are found: NULL where there is none any more. */
const struct cgroup_dir *cgroup_process_dir(const struct cgroup *g);

/* Calls @each for @top_fd and every directory nested in it. Ends at the first -1. */
int cgroup_walk(int top_fd, int (*each)(int fd, void *into, struct error *e), void *into,
		struct error *e);

/* The processes in @fd and below, as cgroup_pids has them. */
int cgroup_pids_of(int fd, int32_t **ret, size_t *ret_n, struct error *e);

/* Makes the directories that cgroup_plan_more has added, noted in @state_fd first, and moves the processes there. */
int cgroup_make_late(struct cgroup *g, int state_fd, struct error *e);

/* ---- cgroup_v1.c ---- */

struct cgroup_dir *cgroup_v1_dir(const struct cgroup *g, const char *controller);
int cgroup_v1_make(const struct cgroup *g, struct cgroup_dir *d, struct error *e);
int cgroup_v1_limit(const struct cgroup *g, const struct config *c, struct error *e);
void cgroup_v1_read(const struct cgroup *g, struct cgroup_usage *ret);
int cgroup_v1_empty(int fd, int64_t deadline_ms, struct error *e);

/* v1: whether the directory is frozen; false where it has no freezer. */
bool cgroup_v1_frozen(int fd);

/* Before processes are ended: lets frozen ones die, and forks no more. Files that are not there: fine. */
void cgroup_v1_prepare_end(int fd);

/* ---- cgroup_v2.c ---- */

/* Opens the mount and, where it exists, the parent directory, and reads what that has enabled. */
int cgroup_v2_open(struct cgroup *g, const char *mount, const char *relative, struct error *e);
int cgroup_v2_make(struct cgroup *g, struct cgroup_dir *d, struct error *e);

/* Enables what @g->need names in all directories above @d, where it is not yet. */
int cgroup_v2_enable(struct cgroup *g, struct cgroup_dir *d, struct error *e);
int cgroup_v2_limit(const struct cgroup *g, int fd, const struct config *c, struct error *e);
void cgroup_v2_read(int fd, struct cgroup_usage *ret);
int cgroup_v2_empty(int fd, int64_t deadline_ms, struct error *e);

/* Whether @key may be written by `unified`; its controller goes to @ret, "" for the core files. */
int cgroup_v2_key(const char *key, char *ret, size_t size, struct error *e);

#endif
