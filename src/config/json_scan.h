/*
 * json_scan.h - is this text one JSON document that can only be read in one way?
 */
#ifndef CONFIG_JSON_SCAN_H
#define CONFIG_JSON_SCAN_H

#include <stddef.h>

#include "base/error.h"

/*
 * Checks the text by the grammar of RFC 8259 and nothing more, and refuses what that leaves open: invalid UTF-8,
 * NUL and half surrogate pairs in strings, a name twice in one object, numbers that neither 64-bit type nor
 * double can hold, more than JSON_SIZE_MAX bytes or JSON_DEPTH_MAX levels. Errors name the line.
 */
int json_scan(const char *text, size_t length, struct error *e);

#endif
