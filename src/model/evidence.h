/* SPDX-License-Identifier: MIT
 * What was gathered about a host at one moment, as a value: it can be kept, compared and shown later. */
#ifndef MODEL_EVIDENCE_H
#define MODEL_EVIDENCE_H

#include "model/sock.h"

struct evidence {
	struct instant at; /* when the look began */
	struct sock *socks;
	size_t n, cap;
};

struct sock *evidence_add(struct evidence *ev, const struct sock *s);
/* Counts request sockets into their listeners (half_open), leaves out closed sockets whose connection has gone on as a minisocket of
 * the same cookie, and puts the rows into table order. */
void evidence_finish(struct evidence *ev);
void evidence_clear(struct evidence *ev); /* empty, memory kept */
void evidence_free(struct evidence *ev);

/* Calls `changed` for each socket that is in one look and not in the other (`was` or `is` NULL), or in both
 * with another state, owner, queue or (listeners) half-open count; listeners last. Timers and rtt are no change. */
void evidence_diff(const struct evidence *was, const struct evidence *is,
		   void (*changed)(void *ctx, const struct sock *was, const struct sock *is), void *ctx);

#endif
