/* SPDX-License-Identifier: MIT
 * What came, went and changed between two looks. */
#ifndef MODEL_CHANGES_H
#define MODEL_CHANGES_H

#include "base/sort.h"
#include "model/evidence.h"

/* Rows of a look: indexes in its sockets. changes_tell() puts them into another order. */
struct rows {
	const struct evidence *ev;
	struct sort_key *all;
	size_t n;
};

/* Calls `tell` with the indexes of a socket in both looks, NO_ROW for the one in which it is not. A socket is the same
 * if namespace and addresses are, and the cookies are not known to be different. It has changed if its state, its
 * queues' being empty or full, its half-open count or its first owner have. */
#define NO_ROW ((size_t)-1)
void changes_tell(struct rows *was, struct rows *is, void (*tell)(void *ctx, size_t was, size_t is), void *ctx);

/* The same with every socket, also those that have not changed. */
void changes_pair(struct rows *was, struct rows *is, void (*tell)(void *ctx, size_t was, size_t is), void *ctx);

/* The rows of all sockets of a look, by cookie: of several with one address the same ones then meet, in whatever order
 * the kernel told them. `room` has place for ev->n. */
struct rows rows_of(const struct evidence *ev, struct sort_key *room);

/* The same socket? */
bool sock_is_same(const struct sock *a, const struct sock *b);

#endif
