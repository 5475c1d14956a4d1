/* SPDX-License-Identifier: MIT
 * The wire between the two hosts: a queue with hands. Every packet passes through here, one at a time, and can be held,
 * let go, or dropped.
 *
 * Frozen means frozen: while a packet is held, copies of it that the sender sends again are counted and not queued, and
 * while anything of a connection is held, copies of what was already delivered are swallowed too. Otherwise a
 * retransmitted FIN, carrying a newer acknowledgment than the one it copies, would end CLOSING behind the user's back
 * (measured: after 200 ms).
 *
 * Writing to a TUN is synchronous: on return the packet has been through the receiver's TCP and its answer is readable
 * (doc/kernel/tun_is_synchronous.c). So an empty wire is a fact and needs no waiting. Where there is no TUN (veth.h) it
 * is proved: echo requests are sent to both hosts, and the wire was empty if nothing came before their answers.
 *
 * Time passes only while the lab waits. A kernel's retransmission timer does not know that: on a busy machine, or under
 * a debugger, it runs out because the lab is late. So what a host sends again while the lab works is put aside until
 * the lab has waited as long as a kernel waits at least. If it is acknowledged by then it was sent only because the lab
 * was late, and is forgotten; else it goes on as any packet. A ladder does not depend on how fast the lab is.
 */
#ifndef LAB_WIRE_H
#define LAB_WIRE_H

#include "base/clock.h"
#include "model/conn.h"
#include "model/event.h"
#include "packet/spans.h"

#include <linux/if_packet.h>
#include <sys/queue.h>
#include <sys/types.h>

enum { OFFLOAD_HEADER = 10 };

struct packet {
	TAILQ_ENTRY(packet) link;
	unsigned number; /* shown as #N, never reused */
	unsigned order;  /* its place among packets that are let go together: its number, unless swapped */
	enum side from;
	enum packet_kind kind;
	struct segment seg;
	struct conn *conn; /* NULL if it is not TCP */
	bool resent;       /* brings nothing that its sender did not send before */
	bool answer;       /* was sent at once when its sender was handed a packet, so no timer sent it */
	bool waited;       /* was put aside, and goes on now */
	unsigned handed;   /* so many packets had been handed over when it was read */
	struct instant seen;
	unsigned copies;                 /* how often the sender sent it again while it was held */
	unsigned rule;                   /* the id of the hold that keeps it */
	struct instant due;              /* of a delayed one, or one put aside: when it goes on; 0: not known yet */
	uint8_t offload[OFFLOAD_HEADER]; /* struct virtio_net_hdr, with 'option offload on' */
	size_t len;
	uint8_t bytes[];
};

TAILQ_HEAD(packets, packet);

enum rule_act { RULE_HOLD, RULE_DROP, RULE_DUP, RULE_DELAY, RULE_CORRUPT, RULE_REORDER };

/* Which packets. */
struct pick {
	enum side from;        /* NO_SIDE: either */
	enum packet_kind kind; /* KIND_ANY fits all */
	uint16_t port;         /* either end's; 0 = any */
	char of[ACTOR_NAME];   /* the actor at either end; "" = any */
};

/* What happens to them. The youngest rule that fits decides. */
struct wire_rule {
	unsigned id;
	enum rule_act act;
	struct pick pick;
	long left;         /* how many more; negative: no limit */
	struct span delay; /* RULE_DELAY */
};

/* What the wire tells its owner. All are called with the packet still whole. */
struct wire_hooks {
	void *ctx;
	/* Both hosts are one and share a device: who sent a segment of a connection that is not known yet? */
	enum side (*sender)(void *ctx, const struct segment *s);
	void (*arrived)(void *ctx, const struct packet *p); /* before anything is decided: who are its ends? */
	void (*seen)(void *ctx, const struct packet *p, enum fate fate); /* before it is delivered */
	void (*released)(void *ctx, const struct packet *p);             /* before it is delivered */
	void (*delivered)(void *ctx, const struct packet *p);
	void (*discarded)(void *ctx, const struct packet *p);
	/* A copy was swallowed; `original` is the held packet, or NULL when it had been delivered. */
	void (*again)(void *ctx, const struct packet *copy, const struct packet *original);
	/* It is about to be handed to its receiver; `delivered` comes when the receiver is done with it. NULL: nobody
	 * asks. */
	void (*handed)(void *ctx, const struct packet *p);
};

struct flow;

/* A packet was handed to a host: when, and its place in the order of all. */
struct handing {
	struct instant at; /* 0: all that it answered has been read */
	unsigned number;
};

struct wire {
	struct packets read[SIDES];          /* of each device: read from it, and nothing decided yet */
	struct packets aside;                /* what was sent again while the lab worked */
	struct handing last[SIDES];          /* what was handed last to the host behind each device */
	unsigned handed;                     /* packets handed over so far */
	bool waiting;                        /* the lab waits since nothing moves */
	unsigned forgotten;                  /* copies that were sent only because the lab was late */
	int fd[SIDES];                       /* non-blocking; reading gives what that side sends. Not owned */
	const struct sockaddr_ll *to[SIDES]; /* where writing goes, of packet sockets; NULL: the fd is a TUN */
	const struct addr
		*fence[SIDES]; /* the hosts' addresses, when an empty wire must be proved (veth.h); NULL otherwise */
	uint16_t fence_number;
	struct wire_hooks hooks;
	struct conns *conns;
	struct packets held;
	struct packets going;   /* let go, delivered first: they were on the wire before any answer */
	struct packets delayed; /* by order of `due` */
	struct span latency;    /* every packet takes so long; 0 */
	struct wire_rule *rules;
	size_t n_rules, cap_rules;
	unsigned last_rule, last_number;
	struct flow **flows; /* what was delivered, by connection number */
	size_t n_flows, cap_flows;
	bool shared;  /* one device for both sides: hooks.sender() tells them apart */
	bool offload; /* the devices speak struct virtio_net_hdr */
	bool paced;   /* every packet that no rule names is held under rule PACE_RULE */
};

/* The rule id of packets that are held only because the wire is paced. */
#define PACE_RULE 0

void wire_init(struct wire *w, const int fd[SIDES], struct conns *conns, struct wire_hooks hooks);
void wire_free(struct wire *w);

/* How long a packet that is to be overtaken waits for another one of its sender before it goes on all the same: from
 * when the lab waits (wire_may_wait()), for until then the scenario has something to do, and it may be slow at that. */
#define REORDER_PATIENCE span_ms(100)

/* Moves one packet: one that was let go, else one whose delay is over, else one that the client sent, else one that the
 * server sent. 1 if something moved, 0 if the wire is empty, -errno if a device failed. */
int wire_step(struct wire *w);

/* The lab is about to wait, because nothing moves any more: false if it must not, for there is something to move. */
bool wire_may_wait(struct wire *w);

/* It waits no longer, whatever it does next. */
void wire_works(struct wire *w);

/* When the next packet that is delayed on purpose goes on; false if none is. */
bool wire_next_due(const struct wire *w, struct instant *due);

/* When there is something to move, even if nothing comes; false if never. */
bool wire_next_move(const struct wire *w, struct instant *due);

/* How many packets were read and are no part of the story: sent again only because the lab was late. */
unsigned wire_left_out(const struct wire *w);

/* From now on; `limit` packets, negative for all. `delay` is RULE_DELAY's. */
void wire_add_rule(struct wire *w, enum rule_act act, const struct pick *pick, long limit, struct span delay);

/* Lifts the holds that are meant (their kind, or KIND_ANY for every one; their side, port and actor where `pick` says
 * any) and lets go what they keep. How many holds were lifted. */
unsigned wire_release(struct wire *w, const struct pick *pick);

/* Lets go the held packets that fit; the hold stays. How many. */
unsigned wire_pass_some(struct wire *w, const struct pick *pick);

/* Ends every rule but the holds; what is delayed goes on now. */
void wire_heal(struct wire *w);

bool pick_fits(const struct pick *pick, const struct packet *p);

/* The held packet #N, or NULL. */
struct packet *wire_held(struct wire *w, unsigned number);
void wire_pass(struct wire *w, struct packet *p);
void wire_discard(struct wire *w, struct packet *p);
struct packet *wire_double(struct wire *w, const struct packet *p); /* a held copy of it, with a number of its own */
void wire_swap(struct packet *a, struct packet *b);                 /* the order in which two held ones leave */

/* What the receiver of this connection expects next from `from`: the sequence number, and the acknowledgment of what it
 * has sent itself. False if nothing of the connection was seen yet. */
bool wire_expected(struct wire *w, const struct conn *c, enum side from, uint32_t *seq, uint32_t *ack);

/* Delivers a packet that nobody sent, as if from `from`. 0 or -errno. */
int wire_inject(struct wire *w, enum side from, const uint8_t *bytes, size_t n);

/* The first packet that is held for its pace alone, or NULL. */
struct packet *wire_paced(struct wire *w);

/* The holds in words, "client FIN, server FIN"; "nothing" if none. */
void wire_describe_holds(const struct wire *w, struct buf *out);

#endif
