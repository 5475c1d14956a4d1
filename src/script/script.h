/* SPDX-License-Identifier: MIT
 * Running lines of the scenario language: variables, blocks, dispatch by the table of verbs. It knows no verb of
 * its own; whoever brings the verbs brings the meaning. Tests, scenarios and a prompt all use script_line(). */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include "base/near.h"
#include "script/verb.h"

/* What the language is made of. */
struct language {
	const struct verb_group *const *groups;
	size_t n_groups;
	bool (*is_subject)(void *ctx, const char *word); /* may this word be an actor's name? */
	/* Called before each verb is run (blank lines and comments are not told); -1 with `e` filled refuses it. */
	int (*begins)(void *ctx, const struct verb *verb, const char *line, struct err *e);
	/* Asked now and then while lines run that call no verb for long: true ends the script with an error. */
	bool (*interrupted)(void *ctx);
	void *ctx;
	/* Who is likely to be meant where a verb was said without an actor; and each name that there is, tried against
	 * a word that is none. NULL: nobody is guessed. */
	const char *(*likely)(void *ctx, const struct verb *verb);
	void (*subjects)(void *ctx, struct near *near);
	/* Something went wrong, or the script was stopped, and the lines below VERB_FINALLY come now; false: nothing
	 * was begun, and they are left out. What goes wrong in them beside is told to `also`. NULL: the language has no
	 * such verb. */
	bool (*cleans_up)(void *ctx, bool wrong);
	void (*also)(void *ctx, const struct err *e);
};

struct variable {
	char *name, *value;
};

struct block_line {
	char *text;
	unsigned number;
};

/* A block that is being collected, or run. */
struct block {
	struct block_line *lines;
	size_t n, cap;
	unsigned depth; /* blocks inside it that are not ended yet */
	unsigned began; /* line number */
	long times;
	char *variable; /* counts from 1; NULL for none */
};

enum { LINE_MAX_LEN = 65535, SCRIPT_MAX = 16 << 20, REPEAT_MAX = 1000000, BLOCK_DEPTH = 16, READ_MOST = 100000 };

struct script {
	const struct language *lang;
	const char *name; /* for errors: "close.lab" */
	unsigned line;    /* number of the line that is run */
	unsigned column;  /* where in it something is wrong, after an error; 0: nowhere in particular */
	/* Told of each error, and the script goes on: for reading it to its end. NULL: the first one ends it. */
	void (*wrong)(void *ctx, const struct script *s, const struct err *e);
	void *wrong_ctx;
	unsigned long read;  /* lines that were, then; past READ_MOST of them a block is read once */
	const char *text;    /* and its text */
	unsigned commands;   /* how many were run */
	bool stop;           /* set by a verb to end the script quietly (quit, needs) */
	bool final;          /* set by VERB_FINALLY: the lines below are run one and all */
	bool located;        /* the error already says file and line */
	unsigned depth;      /* of running blocks */
	void *vars;          /* struct variable by name: a tree of tsearch(3) */
	struct block *block; /* being collected; NULL for none */
	bool typed;          /* its lines come from a person, who may have a file written */
	bool recording;      /* keep the lines that ran, for script_save() */
	struct buf record;
	size_t kept; /* bytes of it from before the line, or the open block */
};

void script_init(struct script *s, const struct language *lang, const char *name);
void script_free(struct script *s);

/* Runs one line. 0, or -1 with `e` filled: what is wrong, without file and line. */
int script_line(struct script *s, const char *line, struct err *e);

/* Runs a whole text. The error's first line reads "name:line: what is wrong", the second is the line itself. */
int script_run(struct script *s, const char *text, size_t len, struct err *e);

void script_let(struct script *s, const char *name, const char *value);
bool variable_name_ok(const char *name);

/* For a verb of kind VERB_BLOCK: what follows, up to the matching VERB_END, is run `times` times. */
void script_repeat(struct script *s, long times, const char *variable);

/* The row for a verb's name; NULL. With `kind` VERB_SUBJECT the actors' verbs, else the plain ones. */
const struct verb *language_verb(const struct language *lang, const char *name, enum verb_kind kind);

/* A line whose verb is not known, or has no actor: fills `e` with what may have been meant (advice.c). Always -1. */
int script_advise(const struct script *s, const struct words *ws, const char *line, struct err *e);

/* Is a block open? script_abandon() forgets its lines, also what was recorded of them. */
bool script_in_block(const struct script *s);
void script_abandon(struct script *s);

/* Writes the lines that ran well as a scenario, a title first. 0, or -1 with `e` filled; nothing is overwritten. */
int script_save(const struct script *s, const char *path, struct err *e);

#endif
