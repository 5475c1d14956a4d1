/* SPDX-License-Identifier: MIT
 * One connection: two ends of the same shape, known by their addresses. Numbers one connection's packets
 * from its initial sequence numbers. */
#ifndef MODEL_CONN_H
#define MODEL_CONN_H

#include "model/segment.h"
#include "model/side.h"

#define ACTOR_NAME 24

struct conn_end {
	struct endpoint at;
	bool isn_known;
	bool isn_guessed;     /* from what the peer acknowledged */
	uint32_t isn;         /* initial sequence number: that of its SYN, or of the first segment seen */
	uint8_t syn_flags;    /* of its last SYN: SYN, or SYN+ACK */
	uint32_t next;        /* sequence number after the last one it sent */
	char who[ACTOR_NAME]; /* whose it is, when somebody said so; "" otherwise */
	bool one_of;          /* that one has several: they are told apart by their ports */
};

struct conn {
	struct conn_end end[SIDES];
	unsigned number; /* 1, 2, … in order of appearance */
	uint32_t domain; /* the network it is in, where the same addresses may stand for several (VLANs, tunnels); 0 */
	struct conn *next; /* in its bucket, the older ones */
};

struct conns {
	struct conn **all; /* by number */
	size_t n, cap;
	unsigned last_number;  /* how many there ever were */
	struct conn **buckets; /* by both endpoints, in either order */
	size_t n_buckets;
};

/* The connection of a segment that `from` sent; made when it is new (never NULL). A SYN with another ISN on
 * the same addresses begins a new incarnation: the ends' numbers start again. `*resent`: everything in it was sent
 * before (a SYN+ACK after a SYN is new). */
struct conn *conns_of(struct conns *cs, enum side from, const struct segment *s, bool *resent);

/* The same where nobody says who sent it: the client is who sent the first SYN, or, where none is seen, the end with
 * the higher port. `*from` is set. `*older`: the connection between the same ports before, NULL unless this one is new
 * and had one. */
struct conn *conns_of_either(struct conns *cs, uint32_t domain, const struct segment *s, enum side *from,
                             struct conn **older);

/* By the end that has this address on `side`; NULL if there is none. The youngest one counts. */
struct conn *conns_find(const struct conns *cs, enum side side, const struct endpoint *local,
                        const struct endpoint *remote);

/* NULL: there is none of this number, or it is forgotten. */
struct conn *conns_numbered(const struct conns *cs, unsigned number);

/* Forgets those that `is_over` says are over; the others keep their numbers. */
void conns_forget(struct conns *cs, bool (*is_over)(void *ctx, const struct conn *c), void *ctx);

/* Numbers relative to the ISNs, as tcpdump prints them: SYN is 0, the first byte 1. */
uint32_t conn_relative_seq(const struct conn *c, enum side from, uint32_t seq);
uint32_t conn_relative_ack(const struct conn *c, enum side from, uint32_t ack);

/* Is there anything that they relate to? */
bool conn_seq_is_relative(const struct conn *c, enum side from);
bool conn_ack_is_relative(const struct conn *c, enum side from);

/* The port by which people tell it from others: that of who sent the SYN; where none was seen, the higher one. */
uint16_t conn_port(const struct conn *c);

void conns_free(struct conns *cs);

#endif
