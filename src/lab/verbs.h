/* SPDX-License-Identifier: MIT
 * The verbs of a lab, by group; together they are its language. */
#ifndef LAB_VERBS_H
#define LAB_VERBS_H

#include "lab/lab.h"
#include "script/script.h"

extern const struct verb_group verbs_actor, verbs_program, verbs_wire, verbs_look, verbs_other;

/* The language over this lab (NULL: only to be read, for help). A scenario's first command must be its title. */
struct language lab_language(struct lab *l);

/* In verb.flags: does not need the hosts. */
enum { VERB_EARLY = 1 };

/* Makes the hosts, for a verb that needs them; what options say is settled then. */
int verbs_start(struct lab *l, struct err *e);

/* The verb `expect` (expect.c). */
int verb_expect(struct saying *s);

/* The actor or host whose name is nearest to a word that is none; NULL. */
const char *actor_meant(const struct lab *l, const char *word);

/* An actor's name, that of one who may not be born yet. NULL with `e` filled: it can be none, with its neighbour. */
const char *take_actor(struct saying *s, const char *what);

/* FROM of the wire's verbs: bit 0 client, bit 1 server. */
int take_from(struct saying *s, unsigned *sides);

/* FROM KIND [of ACTOR] [port N]; `pick` gets kind, actor and port, its side is NO_SIDE. */
int take_pick(struct saying *s, unsigned *sides, struct pick *pick);

#endif
