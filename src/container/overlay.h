/*
 * overlay.h - what the files about --overlay share. All of it runs inside, between clone and execve.
 */
#ifndef CONTAINER_OVERLAY_H
#define CONTAINER_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "container/init.h"

/* Where the layers are put together. Nothing of it but the new root is reachable once "pivot root" is done. */
struct layer {
	const struct inside *in;
	int scratch_fd; /* a tmpfs of our own, attached where the root filesystem is on the host */
	int lower_fd; /* the root filesystem as it is, with all that is mounted below it; attached there */
	int store_fd; /* the directory for what is written: in scratch, or DIR */
	int root_fd;  /* the new root; -1 until it is made */
	bool user_xattrs; /* the kernel's notes in the layer are user.overlay.*, not trusted.overlay.* */
	unsigned int skeletons;	     /* so many are in scratch */
	struct layer_mounts *mounts; /* what is mounted below */
	unsigned int withheld_n; /* files that cannot be shown without giving a way to write to them */
	char withheld[300];	 /* the first of them */
};

/* One mount of the tree that becomes the lower layers. */
struct layer_mount {
	uint32_t id, parent;
	char *path; /* in the container, "" for the root; malloc'ed */
	char *type; /* of the filesystem; malloc'ed */
	bool below; /* it belongs to that tree */
	bool gone;  /* left out, and with it what is mounted below */
};

struct layer_mounts {
	struct layer_mount *v;
	size_t n;
};

/* overlay_mounts.c */
/* Every mount of the tree whose root @fd is, and which is attached; those above others come first. Free with _end. */
int layer_mounts_read(int fd, struct layer_mounts *ret, struct error *e);
void layer_mounts_end(struct layer_mounts *mounts);
/* The mount of that id; NULL: none of the tree. */
struct layer_mount *layer_mounts_find(const struct layer_mounts *mounts, uint32_t id);
/* The id of the mount that @fd lies in, as in mountinfo; 0 with errno. */
uint32_t layer_mount_id(int fd);
/* A filesystem of the kernel's own: its files are switches or views of the kernel, and no data. */
bool layer_is_kernel_type(const char *type);

/* overlay_cover.c */
int layer_tmpfs_make(const char *mode, int64_t size, int *ret_fd, struct error *e);
/* Something empty over the place @path of the new root: a tmpfs, or a file. Nothing where there is no such place. */
int layer_empty_lay(const struct layer *l, const char *path, bool read_only, struct error *e);
/* The same over the place of a mount that is left out: read-only, unless more is to be mounted below. */
int layer_cover(const struct layer *l, const char *path, struct error *e);

/* overlay_skeleton.c */
/*
 * Whether overlayfs takes the directory @lower as a lower layer, as far as mounts are concerned.
 *
 * KERNEL: what is mounted on a directory hides what lies in it. In a user namespace the mounts that came from outside are
 * locked, so that nobody looks below them, and clone_private_mount() refuses a directory that has one below it.
 */
int layer_is_open(int lower, bool *ret, struct error *e);
/*
 * Fills the directory @to with what lies in @lower itself, as far as it can be copied: links, small files, and an empty
 * directory or file for everything else.
 */
int layer_skeleton_fill(int lower, int to, struct error *e);
/*
 * Makes the directories of the layer @upper that lead to where the command works: its working directory, its home,
 * /var/tmp, and where something is mounted.
 *
 * KERNEL: before a file is made, overlayfs copies the directories that lead there, with their owners; and one that has no
 * id in the user namespace cannot be given (EOVERFLOW). In ours they belong to the container's root.
 */
int layer_ways_make(const struct layer *l, const char *path, int lower, int upper, struct error *e);
/* Calls @each for what then is empty there: @path is its place in the container, @fd (O_PATH) what lies there below. */
int layer_skeleton_each(struct layer *l, const char *path, int lower,
			int (*each)(struct layer *l, const char *path, int fd, struct error *e),
			struct error *e);

#endif
