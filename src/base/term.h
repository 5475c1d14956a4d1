/* SPDX-License-Identifier: MIT
 * What the output can show: width, colour, characters beyond ASCII. */
#ifndef BASE_TERM_H
#define BASE_TERM_H

#include <stdbool.h>
#include <stddef.h>

enum tint { TINT_NONE, TINT_DIM, TINT_BOLD, TINT_GOOD, TINT_BAD, TINT_HELD, TINT_STATE, TINT_NOTE };

struct term {
	size_t width; /* columns, at least TERM_NARROW */
	bool colour;  /* a terminal, and NO_COLOR is not set */
	bool utf8;    /* the locale's character set */
	bool screen;  /* a terminal: what is too wide for it would be broken within words */
};

#define TERM_NARROW 60
#define TERM_WIDE   100

/* Asks about descriptor `fd`; COLUMNS overrides the width, NO_COLOR the colour. Not a terminal: 100 columns. */
struct term term_of(int fd);

/* Can a line that was written on descriptor `fd` be taken back (TERM_WIPE)? A terminal, and no dumb one: what tells how
 * far long work is goes nowhere else. */
bool term_can_wipe(int fd);
#define TERM_WIPE "\r\033[K"

/* The terminal on standard input is to be as it is now when the process ends, by whatever way it can be told of: exit()
 * and, once interrupt_open() was called, a signal that ends it at once. `leave` (NULL: nothing) is written to standard
 * output before, by the signal's way only: what exit() would have done there. It must outlive the process. */
void term_keep(const char *leave);

/* The bytes that begin and end a tint; "" without colour. */
const char *term_tint(const struct term *t, enum tint tint);
const char *term_plain(const struct term *t);

#endif
