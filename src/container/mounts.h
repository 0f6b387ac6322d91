/*
 * mounts.h - what the files about mounts share. All of it runs inside, between clone and execve.
 */
#ifndef CONTAINER_MOUNTS_H
#define CONTAINER_MOUNTS_H

#include "base/sys.h"
#include "container/steps.h"

/* filesystem.c: from the flags of the configuration (enum config_mount_flag) to the kernel's. */
uint64_t mount_attributes(uint32_t flags);

/* What mount_setattr(2) is to do to set and clear these flags. */
struct sys_mount_attr mount_attr_of(uint32_t set, uint32_t clear);

/*
 * New options for the filesystem whose mount @mount_fd is the root of: @data as of a new one, SUPER_* of @super set.
 */
int filesystem_reconfigure(int mount_fd, const struct config_strings *data, uint32_t super,
			   struct error *e);

/*
 * The inode version counter, which only mount(2) can switch on: @mount_fd is attached already, and has the flags
 * @flags (enum config_mount_flag) and @super, which that call would otherwise take away.
 */
int filesystem_set_iversion(int mount_fd, uint32_t flags, uint32_t super, struct error *e);

/* Whether filesystems of this type lie on a block device: /proc/filesystems has them without "nodev". */
int filesystem_has_device(struct inside *in, const char *type, bool *ret, struct error *e);

/* mounts.c: the flags, the propagation and the recursive flags of the detached mount @fd. */
int mount_dress(int fd, const struct config_mount *m, struct error *e);

/* mount_place.c */
/*
 * Opens the place where @m goes with O_PATH, inside the root, and makes it where it is missing: a file for a
 * file, else a directory.
 */
int mount_place_open(const struct inside *in, const struct config_mount *m, int *ret_fd,
		     struct error *e);

/* Whether @m may go there: not over what the container has of the kernel, by way of a link in the image. */
int mount_place_check(const struct inside *in, const struct config_mount *m, int place,
		      struct error *e);

/* mount_cgroup.c: the container's own cgroups at m->destination. */
int mount_cgroup(struct inside *in, const struct config_mount *m, struct error *e);
bool mount_is_cgroup(const struct config_mount *m);

/* mount_remount.c: new flags for what is mounted at m->destination already. */
int mount_again(struct inside *in, const struct config_mount *m, struct error *e);

/* tmpcopyup.c */
/*
 * Copies what is in the directory @from_fd (O_PATH will do) into the directory @to_fd, which nobody else can reach yet:
 * directories, files, links, FIFOs and sockets with their owners, modes, times and extended attributes; device nodes
 * are left out. No link is followed. The two directories themselves get nothing.
 */
int directory_copy(int from_fd, int to_fd, struct error *e);

/* Copies one entry, of a directory nothing but the directory itself; and what a directory has besides its entries. */
int directory_entry_copy(int from_fd, int to_fd, const char *name, struct error *e);
int directory_metadata_copy(int from_fd, int to_fd, struct error *e);

#endif
