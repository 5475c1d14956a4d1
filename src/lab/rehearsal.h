/* SPDX-License-Identifier: MIT
 * A lab in which lines are read and nothing is done: no host is made, no process is started, nothing is waited for.
 * What can be known of a scenario before it runs is kept (who was made, who listens or may have a connection, which
 * packets are held), so that the verbs' own sentences say what is wrong with a line. What only the kernel decides is
 * taken to go well, and never held against a line: whether a connect() succeeds, a packet is there, an expectation
 * holds. */
#ifndef LAB_REHEARSAL_H
#define LAB_REHEARSAL_H

#include "lab/lab.h"
#include "script/script.h"

/* A name that a line speaks of without making an actor. */
struct mention {
	char *name;
	unsigned line, column;
};

struct rehearsal {
	struct program program; /* stands for every program */
	struct mention *mentions;
	size_t n, cap;
	bool unsure; /* a line was wrong: what it would have done is not known, and held against no other */
};

/* The language over `l`, an empty lab: from now on its lines are rehearsed. `r` is for rehearsal_free(), after
 * lab_close(). */
void rehearsal_init(struct rehearsal *r, struct lab *l);
void rehearsal_free(struct rehearsal *r);

/* A line was wrong: what its actor is, and has, is not known any more. */
void rehearsal_doubt(struct lab *l, const char *line);

/* The i-th mentioned name is nobody's, and no host's: -1 with `e` filled; 0: all is well. */
int rehearsal_nobody(struct lab *l, size_t i, struct err *e);

/* For the files of the lab: what they do instead. */
int rehearsal_start(struct lab *l);
struct actor *rehearsal_actor(struct lab *l, const char *name, enum side side);
int rehearsal_call(struct lab *l, struct actor *a, const struct actor_cmd *cmd);
void rehearsal_mention(struct lab *l, const struct saying *s, const char *name);

static inline bool is_rehearsed(const struct saying *s)
{
	return ((const struct lab *)s->ctx)->rehearsal != NULL;
}

#endif
