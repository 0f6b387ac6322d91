/*
 * init_program.h - the built-in init (init.c) as bytes; the array is made by scripts/embed at build time.
 */
#ifndef INIT_INIT_PROGRAM_H
#define INIT_INIT_PROGRAM_H

#include <stddef.h>

extern const unsigned char init_program[];
extern const size_t init_program_size;

#endif
