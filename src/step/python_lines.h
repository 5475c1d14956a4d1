/* SPDX-License-Identifier: MIT
 * Which line of the source a place in Python's byte code is of, by the table that its compiler wrote beside it:
 * Objects/lnotab_notes.txt (3.9, 3.10) and Objects/locations.md (3.11 and later) of CPython. Internal to step/. */
#ifndef STEP_PYTHON_LINES_H
#define STEP_PYTHON_LINES_H

#include <stddef.h>
#include <stdint.h>

enum lines_are {
	LINES_STEPS,  /* 3.9: so many bytes on, so many lines on */
	LINES_RANGES, /* 3.10 */
	LINES_PLACES, /* 3.11 and later: with columns */
};

/* The line of the instruction that begins `at` bytes into the code of a function that begins in line `first`; 0: the
 * table tells none for it (the compiler's own instructions), or is none. Any bytes will do. */
int python_line(enum lines_are kind, const unsigned char *table, size_t n, int first, uint32_t at);

#endif
