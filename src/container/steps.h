/*
 * steps.h - the functions that container/init.c lists in its table, by file. All run inside, between clone
 * and execve: no stdio, no name service, no threads.
 */
#ifndef CONTAINER_STEPS_H
#define CONTAINER_STEPS_H

#include "container/init.h"

/* begin.c */
int process_harden(struct inside *in, struct error *e);
int descriptors_close(struct inside *in, struct error *e);
int signals_reset(struct inside *in, struct error *e);

/* go.c */
int id_maps_await(struct inside *in, struct error *e);
int root_become(struct inside *in, struct error *e);
int hooks_before_pivot_run(struct inside *in, struct error *e);
int hooks_start_container_run(struct inside *in, struct error *e);
int go_await(struct inside *in, struct error *e);

/* root.c */
int cgroup_namespace_make(struct inside *in, struct error *e);
int mounts_make_private(struct inside *in, struct error *e);
int root_attach(struct inside *in, struct error *e);
int root_enter(struct inside *in, struct error *e);
int root_propagate(struct inside *in, struct error *e);
int root_make_readonly(struct inside *in, struct error *e);

/* overlay.c */
int overlay_lay(struct inside *in, struct error *e);

/* landlock.c */
int landlock_enter(struct inside *in, struct error *e);

/* mounts.c */
int mounts_attach(struct inside *in, struct error *e);

/* dev.c */
#define DEVICE_FDS_STANDARD 6 /* so many of in->device_fds are the standard nodes */
int dev_populate(struct inside *in, struct error *e);
int dev_open(const struct inside *in); /* the directory /dev, never through a link; -1 with errno */

/* paths.c */
int paths_mask(struct inside *in, struct error *e);
int paths_make_readonly(struct inside *in, struct error *e);

/* console.c */
int session_start(struct inside *in, struct error *e);
int console_open(struct inside *in, struct error *e);

/* kernel.c */
/* Sees to it that in->proc_fd is a procfs of our own making: what is read and written through it cannot have
 * been forged by the root filesystem. */
int proc_open(struct inside *in, struct error *e);
/* Writes @text to the file @path of that procfs, over no mount point and through no link. */
int proc_write(struct inside *in, const char *path, const char *text, struct error *e);
int loopback_up(struct inside *in, struct error *e);
int hostname_set(struct inside *in, struct error *e);
int sysctls_write(struct inside *in, struct error *e);
int rlimits_set(struct inside *in, struct error *e);

/* attributes.c */
int scheduling_set(struct inside *in, struct error *e);
int personality_set(struct inside *in, struct error *e);
int memory_policy_set(struct inside *in, struct error *e);

/* lsm.c */
int labels_set(struct inside *in, struct error *e);
/* Writes @text to the file @path of a procfs of another PID namespace; "self/..." is then our own. */
int host_proc_write(int host_proc_fd, const char *path, const char *text, struct error *e);

/* identity.c */
int keyring_join(struct inside *in, struct error *e);
int privileges_drop(struct inside *in, struct error *e);

/* exec.c */
int workdir_enter(struct inside *in, struct error *e);
int descriptors_arrange(struct inside *in, struct error *e);
int command_find(struct inside *in, struct error *e);
int command_find_again(struct inside *in, struct error *e);
int command_arm(struct inside *in, struct error *e);
int command_exec(struct inside *in, struct error *e);

/* mounts.c, for the others. */
/*
 * Opens @path of the container with O_PATH, through the descriptor of the mount that it lies in: whoever exchanges
 * directories of the root filesystem meanwhile cannot lead it elsewhere. A descriptor, or -1 with errno.
 */
int mounted_open(const struct inside *in, const char *path);

/* A new filesystem of @type, not attached anywhere. @data: "key" or "key=value" each, or NULL. */
int filesystem_make(const char *type, const char *source, const struct config_strings *data,
		    uint32_t super, uint64_t attributes, int *ret_fd, struct error *e);

#endif
