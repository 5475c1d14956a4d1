/* SPDX-License-Identifier: MIT
 * Columns of a table of sockets, from column.def. */
#ifndef MODEL_COLUMN_H
#define MODEL_COLUMN_H

#include "base/err.h"
#include "model/evidence.h"

enum column {
#define COLUMN(name, word, title, side, want, sentence) COL_##name,
#include "model/column.def"
#undef COLUMN
	COLUMNS
};

enum column_side { LEFT, RIGHT };

struct column_info {
	const char *word;  /* "recvq", for -o and --sort */
	const char *title; /* "Recv-Q" */
	enum column_side side;
	unsigned want;        /* WANT_… */
	const char *sentence; /* for the manual page */
};

const struct column_info *column_info(enum column c);

/* Which columns, and in what order. */
struct columns {
	enum column all[COLUMNS];
	size_t n;
};

/* "state,owner,rtt"; with a '+' in front, added to those that are there already. -1 with `e` filled: no such column. */
int columns_parse(struct columns *cs, const char *text, struct err *e);
bool columns_have(const struct columns *cs, enum column c);
void columns_add(struct columns *cs, enum column c); /* unless it is there */
unsigned columns_want(const struct columns *cs);     /* WANT_… of all */

/* The word of a column ("send-q" too); false: there is none. */
bool column_by_word(const char *word, enum column *c);

/* The list for a manual page, in mdoc(7). */
void columns_manual(struct buf *out);

/* Names that the model does not have. A NULL function: numbers. The text is good until the next call; NULL: it has
 * none. */
struct column_names {
	void *ctx;
	const char *(*netns)(void *ctx, uint64_t inode);
	const char *(*cgroup)(void *ctx, uint64_t id);
	const char *(*user)(void *ctx, uint32_t uid);
};

#endif
