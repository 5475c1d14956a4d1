/* SPDX-License-Identifier: MIT
 * Words whose knowledge is a row of a table: struct lore, and the kinds of them. A new kind is a .def file of rows and
 * a row in kinds.c. Wrong knowledge is worse than none: each row names its source. */
#ifndef WORDS_TABLE_H
#define WORDS_TABLE_H

#include "base/buf.h"

/* A part that a word has not got is "". */
struct lore {
	const char *name;   /* and its other spellings, each behind a '|' */
	const char *means;  /* one sentence, as all these; no full stop */
	const char *fine;   /* when it is harmless */
	const char *with;   /* what it moves with: counters, settings, states, other words; ", " between them */
	const char *look;   /* what to do, or to look at, next */
	const char *source; /* section of an RFC; file and function of the kernel, or another program's manual */
	const char *list;   /* sockets that have it: a filter of lastack list */
};

struct word_kind {
	const char *name; /* "counter", for --list */
	const char *what; /* "a counter of each network namespace", for the title */
	const struct lore *words;
	size_t n;
	bool apart; /* each spelling is a name of its own: SO_TIMESTAMP, SO_TIMESTAMP_OLD */
	bool (*is)(const char *name, const char *typed);            /* is that what `name`, one spelling, is called? */
	void (*add_title)(struct buf *title, const struct lore *w); /* more of the title; NULL: no more */
	/* What is here now, of the name that was typed; NULL: `list` counts. */
	void (*add_here)(struct buf *here, const struct lore *w, const char *name);
	const char *verbs;                            /* of the scenario's lines that show it (say.h); NULL: none do */
	const char *(*shown)(const struct lore *w);   /* what people call it; NULL: its first spelling */
	const char *(*in_labs)(const struct lore *w); /* what those lines call it; NULL: the same */
};

extern const struct word_kind word_kinds[];
extern const size_t word_kinds_n;

/* By its name; NULL: there is none. */
const struct word_kind *word_kind_of(const char *name);

/* The word of that kind that is called so; NULL. */
const struct lore *word_find(const struct word_kind *k, const char *typed);

/* What it is called, for printing; of a kind whose spellings are names of their own the one that was typed (NULL: the
 * first). May be a static buffer, until the next call. */
const char *word_name(const struct word_kind *k, const struct lore *w, const char *typed);

/* Each name of a word: one, or of a kind whose spellings are names of their own all. */
void word_each_name(const struct word_kind *k, const struct lore *w, void (*each)(void *ctx, const char *name),
                    void *ctx);

/* The first kind that has such a word says it, and which others have one; false: none has. */
bool table_word(const char *typed);

#endif
