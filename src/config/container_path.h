/*
 * container_path.h - paths inside the container, as text. Portable.
 *
 * Only what the text itself says: a root filesystem is full of links, and what a path leads to is
 * decided where it is opened (base/path.h). This is for rules such as "not over /proc".
 */
#ifndef CONFIG_CONTAINER_PATH_H
#define CONFIG_CONTAINER_PATH_H

#include "base/error.h"

/* Absolute, and no ".." in it. @what names it in the error. */
int container_path_check(const char *path, const char *what, struct error *e);

enum container_path_relation { PATH_ELSEWHERE, PATH_SAME, PATH_BELOW };

/* How @path lies to @base (normal: no doubled or trailing slash); "//proc/./" is the same as
 * "/proc". */
enum container_path_relation container_path_to(const char *path, const char *base);

#endif
