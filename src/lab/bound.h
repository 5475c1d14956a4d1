/* SPDX-License-Identifier: MIT
 * Which looks ask for sockets that are bound and neither connected nor listening. For them the kernel walks the bind
 * hash of the whole machine, which takes twenty times as long as all the rest of a look (DIAG_HASHED of
 * source/diag.h); so a look asks only where one may be there. When in doubt, it asks.
 *
 * One comes by bind(), which built-in actors call for this (the verb `bind`; the one of `listen` is over before a look)
 * and programs are stopped at; it is there from then on in every look, or has become something else, which is. It comes
 * back when that is gone: a reset, a listener that was shut down, connect() to AF_UNSPEC. connect() gives its own port
 * back when it fails, and a connection that accept() returned keeps none (SOCK_BINDPORT_LOCK, net/core/sock.c). */
#ifndef LAB_BOUND_H
#define LAB_BOUND_H

#include "model/evidence.h"
#include "model/filter.h"
#include "model/side.h"

struct lab;

/* All sides of one host are alike: with `loopback` both. */
struct bound {
	bool ever[SIDES];   /* somebody there has called bind() */
	bool unseen[SIDES]; /* what a program there calls is not all seen: it may have */
	bool due[SIDES];    /* the next look asks */
};

/* Somebody there begins to call bind(), and what he does may stay bound. */
void bound_may_come(struct lab *l, enum side side);

/* A program there makes calls that nobody sees (io_uring, 32-bit ones). */
void bound_goes_unseen(struct lab *l, enum side side);

/* The states that a look has to ask for, for diag_look(): 0 (all) or DIAG_HASHED. bound_states(): of a look that comes
 * alone. bound_states_now(): of the next of those that are told of with bound_looked(). */
state_set bound_states(const struct lab *l, enum side side);
state_set bound_states_now(const struct lab *l, enum side side);

/* Is a socket gone from the look `was` to `now`, which asked for DIAG_HASHED, that may be bound again? Then look again,
 * for all. */
bool bound_comes_back(struct lab *l, enum side side, const struct evidence *was, const struct evidence *now);

/* What a look found that asked for all. */
void bound_looked(struct lab *l, enum side side, const struct evidence *now);

#endif
