/* SPDX-License-Identifier: MIT
 * A line of the scenario language to words: blanks separate, "…" quotes, # begins a comment, $name is replaced. */
#ifndef SCRIPT_WORDS_H
#define SCRIPT_WORDS_H

#include "base/buf.h"
#include "base/err.h"

struct word {
	char *text; /* NUL-terminated; a quoted word may hold NULs of its own (\x00) */
	size_t len;
	bool quoted;     /* is text, never a number or a keyword */
	unsigned column; /* of its first character in the line, from 1 */
};

struct words {
	struct word *w;
	size_t n, cap;
	unsigned stopped; /* the column behind the last character that was read; after an error that of the word */
};

/* Splits one line. `lookup` gives a variable's value (NULL: there is none). 0, or -1 with `e` filled. */
int words_split(struct words *ws, const char *line, const char *(*lookup)(void *ctx, const char *name), void *ctx,
                struct err *e);
void words_free(struct words *ws);

#endif
