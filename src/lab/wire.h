/* SPDX-License-Identifier: MIT
 * The wire between the two hosts: a queue with hands. Every packet passes through here, one at a time, and
 * can be held, let go, or dropped.
 *
 * Frozen means frozen: while a packet is held, copies of it that the sender sends again are counted and not
 * queued, and while anything of a connection is held, copies of what was already delivered are swallowed too.
 * Otherwise a retransmitted FIN, carrying a newer acknowledgment than the one it copies, would end CLOSING
 * behind the user's back (measured: after 200 ms).
 *
 * Writing to a TUN is synchronous: on return the packet has been through the receiver's TCP and its answer is
 * readable (doc/kernel/tun_is_synchronous.c). So an empty wire is a fact and needs no waiting. */
#ifndef LAB_WIRE_H
#define LAB_WIRE_H

#include "base/clock.h"
#include "model/conn.h"
#include "model/event.h"
#include "packet/spans.h"

#include <sys/queue.h>
#include <sys/types.h>

struct packet {
	TAILQ_ENTRY(packet) link;
	unsigned number; /* shown as #N, never reused */
	enum side from;
	enum packet_kind kind;
	struct segment seg;
	struct conn *conn; /* NULL if it is not TCP */
	struct instant seen;
	unsigned copies; /* how often the sender sent it again while it was held */
	unsigned rule;	 /* the id of the hold that keeps it */
	size_t len;
	uint8_t bytes[];
};

TAILQ_HEAD(packets, packet);

enum rule_act { RULE_HOLD, RULE_DROP };

/* Which packets. The youngest rule that fits decides. */
struct rule {
	unsigned id;
	enum rule_act act;
	enum side from;
	enum packet_kind kind; /* KIND_ANY fits all */
	long left;	       /* how many more; negative: no limit */
};

/* What the wire tells its owner. All are called with the packet still whole. */
struct wire_hooks {
	void *ctx;
	void (*seen)(void *ctx, const struct packet *p, enum fate fate); /* before it is delivered */
	void (*released)(void *ctx, const struct packet *p);		 /* before it is delivered */
	void (*delivered)(void *ctx, const struct packet *p);
	void (*discarded)(void *ctx, const struct packet *p);
	/* A copy was swallowed; `original` is the held packet, or NULL when it had been delivered. */
	void (*again)(void *ctx, enum side from, const struct segment *copy, const struct packet *original);
};

struct flow;

struct wire {
	int fd[SIDES]; /* non-blocking; reading gives what that side sends. Not owned */
	struct wire_hooks hooks;
	struct conns *conns;
	struct packets held;
	struct packets going; /* let go, delivered first: they were on the wire before any answer */
	struct rule *rules;
	size_t n_rules, cap_rules;
	unsigned last_rule, last_number;
	struct flow **flows; /* what was delivered, by connection number */
	size_t n_flows, cap_flows;
	unsigned count[SIDES][KINDS]; /* packets seen, copies not counted; KIND_ANY: all */
	bool paced; /* every packet that no rule names is held under rule PACE_RULE */
};

/* The rule id of packets that are held only because the wire is paced. */
#define PACE_RULE 0

void wire_init(struct wire *w, const int fd[SIDES], struct conns *conns, struct wire_hooks hooks);
void wire_free(struct wire *w);

/* Moves one packet: one that was let go, else one that the client sent, else one that the server sent.
 * 1 if something moved, 0 if the wire is empty, -errno if a device failed. */
int wire_step(struct wire *w);

/* Holds or drops, from now on, packets of `kind` that `from` sends; `limit` of them, negative for all. */
void wire_add_rule(struct wire *w, enum rule_act act, enum side from, enum packet_kind kind, long limit);

/* Lifts the holds of `kind` on `from` (NO_SIDE: both; KIND_ANY: every hold) and lets go what they keep. How
 * many holds were lifted. */
unsigned wire_release(struct wire *w, enum side from, enum packet_kind kind);

/* Lets go held packets of a kind (KIND_ANY: all); the hold stays. How many. */
unsigned wire_pass_kind(struct wire *w, enum packet_kind kind);

/* The held packet #N, or NULL. */
struct packet *wire_held(struct wire *w, unsigned number);
void wire_pass(struct wire *w, struct packet *p);
void wire_discard(struct wire *w, struct packet *p);

/* The first packet that is held for its pace alone, or NULL. */
struct packet *wire_paced(struct wire *w);

/* The holds in words, "client FIN, server FIN"; "nothing" if none. */
void wire_describe_holds(const struct wire *w, struct buf *out);

#endif
