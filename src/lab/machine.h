/* SPDX-License-Identifier: MIT
 * Programs in the machine's own network: no hosts, no wire. Their sockets are picked out of the namespace's table,
 * their packets out of a live capture, where one may be made. */
#ifndef LAB_MACHINE_H
#define LAB_MACHINE_H

#include "lab/lab.h"

/* Looks into the network namespace of process `pid` (0: our own) from now on. What cannot be seen is said on the
 * timeline. -1 with `e` filled. */
int machine_open(struct lab *l, pid_t pid, struct err *e);
void machine_close(struct lab *l);

/* One look at the namespace's table, of which each side gets its own: what its programs hold or held, and what waits
 * for accept() at their listeners; and the other ends of those connections, where they are here too. Costs the whole
 * table: 1 to 10 ms where it is large. */
int machine_look(struct lab *l, struct evidence seen[SIDES], struct err *e);

/* A program of this side calls connect() to this address: packets to and from it are its own, until the next look after
 * the call. Its socket may be gone before anybody could look (ECONNREFUSED). */
void machine_connects(struct lab *l, enum side side, const struct endpoint *to);

/* Takes the packets that came and belong to the programs' connections; how many. */
unsigned machine_take_packets(struct lab *l);

#endif
