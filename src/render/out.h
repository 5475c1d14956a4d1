/* SPDX-License-Identifier: MIT
 * The door: all that lastack prints for people leaves through these functions, and nothing else in the tree prints
 * (tools/layers). A process, a file, a namespace or a packet may be named by somebody else, in bytes that command a
 * terminal or make a line look like another; so the model keeps names as they are, and what does not show is escaped
 * here, once (text_escape()).
 *
 * Whoever puts several lines into one text escapes the names in it itself: here a '\n' in it ends a line. */
#ifndef RENDER_OUT_H
#define RENDER_OUT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/term.h"

#include <stdio.h>

/* A part of a line, and a line. Whatever is in them, they end no other line. */
void out_part(FILE *out, const char *fmt, ...) PRINTF_LIKE(2, 3);
void out_line(FILE *out, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A line that may be longer than the screen is wide: it goes on in the next one, `indent` columns in, and breaks at
 * blanks, which a terminal would not. In a pipe it is as wide as a ladder there. */
void out_wrapped(FILE *out, const struct term *t, enum tint tint, size_t indent, const char *fmt, ...)
	PRINTF_LIKE(5, 6);

void out_end(FILE *out); /* of a line that was put out in parts */

/* Text of several lines; a '\n' is put behind the last one if it has none. "" prints nothing. */
void out_lines(FILE *out, const char *text);

/* The same between two codes of ours. */
void out_tinted(FILE *out, const struct term *t, enum tint tint, const char *text);

/* A command to the terminal: one of ours, written out where this is called. */
void out_code(FILE *out, const char *code);

/* What is no text for people, or was made for another reader: JSON's lines, CSV, a capture. */
void out_bytes(FILE *out, const struct buf *b);

/* What was put out so far is seen now. */
void out_push(FILE *out);

/* The end of standard output: 0, or -1 with `e` filled: also if something could not be written before,
 * with the reason of then. */
int out_flush(struct err *e);

/* Could something not be written to standard output? What prints for long need not go on then. */
bool out_has_failed(void);

/* "lastack lab: WHAT (WHY); TRY", and the lines that belong below it, on standard error. */
void out_error(const char *who, const struct err *e);

#endif
