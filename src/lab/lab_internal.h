/* SPDX-License-Identifier: MIT
 * What the files of the lab know of one another: lab.c runs it, note.c notes what is seen. Nobody else includes
 * this. */
#ifndef LAB_LAB_INTERNAL_H
#define LAB_LAB_INTERNAL_H

#include "lab/lab.h"

/* Packets of one burst that are watched one by one; beyond, a bulk transfer runs freely and the hosts are looked at
 * when it is over. SYN, FIN and RST are always watched. */
enum { BURST_WATCHED = 200 };

/* The processes of both sides: built-in actors', and all of each program. For free(). */
pid_t *lab_processes(struct lab *l, size_t *n);

/* What the wire is to tell. */
struct wire_hooks note_hooks(struct lab *l);

/* Looks at a host and notes what changed; both that something may have happened to. -1 with `e` filled. */
int note_look(struct lab *l, enum side side, struct err *e);
int note_look_where_dirty(struct lab *l, struct err *e);

/* Looks without noting: the sockets of one side, also where both share a namespace. */
int note_evidence(struct lab *l, enum side side, struct evidence *ev, struct err *e);

/* A packet that was seen elsewhere, at that time since 1970. */
void note_seen(struct lab *l, const struct packet *p, int64_t wall_ns);

/* Is it later than `limit`, or than the lab's own deadline, where it has one? */
bool lab_is_late(const struct lab *l, struct instant limit);

/* Takes what actors answered, in the order of their birth, and notes it. */
int note_results(struct lab *l, struct err *e);

#endif
