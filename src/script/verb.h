/* SPDX-License-Identifier: MIT
 * A verb is one row of a table: dispatch, help and lastack-scenario(5) come from it. */
#ifndef SCRIPT_VERB_H
#define SCRIPT_VERB_H

#include "base/clock.h"
#include "script/words.h"

struct script;

/* What is being said: the words after the verb, and a cursor over them. */
struct saying {
	struct script *script;
	void *ctx;           /* the language's own (the lab) */
	const char *subject; /* the actor's name, NULL for verbs that need none */
	const struct word *w;
	size_t n, at;
	struct err *e;
};

enum verb_kind {
	VERB_PLAIN,   /* the first word of a line */
	VERB_SUBJECT, /* the second, after an actor's name */
	VERB_BLOCK,   /* begins a block that ends with the VERB_END row */
	VERB_END,
	VERB_FINALLY, /* the lines below it are run in any case */
};

struct verb {
	const char *name;
	enum verb_kind kind;
	const char *usage;            /* what follows the name: "PORT [backlog N]" */
	const char *summary;          /* one sentence, no full stop */
	const char *text;             /* further sentences for the manual page, or NULL */
	int (*run)(struct saying *s); /* 0, or -1 with s->e filled */
	unsigned flags;               /* the language's own */
	bool unrecorded;              /* for a person only: script_save() leaves it out */
};

/* A group of verbs as help and manual show them. */
struct verb_group {
	const char *title;
	const struct verb *verbs;
	size_t n;
};

/* Reading the words. Each take_… moves on when it takes; the word it wants is named in the error. */
bool say_more(const struct saying *s);
const struct word *say_peek(const struct saying *s);
const char *take_word(struct saying *s, const char *what);        /* NULL: missing, `e` filled */
const struct word *take_text(struct saying *s, const char *what); /* a quoted one */
bool take_keyword(struct saying *s, const char *keyword);         /* takes it if it is next */
int take_number(struct saying *s, const char *what, long min, long max, long *n);
int take_span(struct saying *s, const char *what, struct span *d);
int take_nothing(struct saying *s); /* -1 if words are left */

#endif
