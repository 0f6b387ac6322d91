/*
 * number.h - numbers as people type them. Strict: the whole text must be the number.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdint.h>

#include "base/error.h"

/* Decimal digits only (no sign, no space, no hex), from @min to @max. */
int number_unsigned(const char *text, uint64_t min, uint64_t max, uint64_t *ret, struct error *e);

/* The same with an optional "-" in front. */
int number_signed(const char *text, int64_t min, int64_t max, int64_t *ret, struct error *e);

/* Octal digits, at most @max: "022". */
int number_octal(const char *text, uint32_t max, uint32_t *ret, struct error *e);

/* Bytes: a number, possibly with a fraction, and a suffix b k m g t (any case; binary; "kb", "kib" too). */
int number_size(const char *text, int64_t *ret_bytes, struct error *e);

/* A duration in milliseconds: "10s", "1m30s", "500ms", "1.5h", "90" (seconds). Greater than 0. */
int number_duration(const char *text, int64_t *ret_ms, struct error *e);

/* CPUs as a fraction of one core, "0.5", "2": thousandths, at least 10 (0.01). */
int number_cpus(const char *text, int64_t *ret_thousandths, struct error *e);

/* A list of numbers and ranges, "0-2,4": checked only. */
int number_list_check(const char *text, struct error *e);

#endif
