/* SPDX-License-Identifier: MIT
 * What the files of the observer know of one another: watch.c moves the states, sender.c judges from a segment who
 * sends it, unseen.c adds what may have happened unseen, remark.c compares numbers, learn.c takes them in, story.c sums
 * up. Nobody else includes this. */
#ifndef TCP_WATCH_INTERNAL_H
#define TCP_WATCH_INTERNAL_H

#include "model/seq.h"
#include "tcp/fsm.h"
#include "tcp/watch.h"

#define IN_STATE(name) ((state_set)(1U << TCP_##name))

enum {
	SYNCHRONIZED = IN_STATE(ESTABLISHED) | IN_STATE(FIN_WAIT1) | IN_STATE(FIN_WAIT2) | IN_STATE(CLOSE_WAIT) |
	               IN_STATE(CLOSING) | IN_STATE(LAST_ACK) | IN_STATE(TIME_WAIT),
	HALF_OPEN = IN_STATE(SYN_SENT) | IN_STATE(SYN_RECV) | IN_STATE(LISTEN),
	/* States of an end that has the peer's FIN; that has sent its own; that sends again what is not
	 * acknowledged. */
	HAS_FIN = IN_STATE(CLOSE_WAIT) | IN_STATE(CLOSING) | IN_STATE(LAST_ACK) | IN_STATE(TIME_WAIT),
	SENT_FIN = IN_STATE(FIN_WAIT1) | IN_STATE(FIN_WAIT2) | IN_STATE(CLOSING) | IN_STATE(LAST_ACK) |
	           IN_STATE(TIME_WAIT),
	OWES = IN_STATE(SYN_SENT) | IN_STATE(SYN_RECV) | IN_STATE(FIN_WAIT1) | IN_STATE(CLOSING) | IN_STATE(LAST_ACK),
};

/* A segment of which this is said tells nothing of its sender. */
#define WATCH_NO_NEWS (REMARK_(CAPTURED_TWICE) | REMARK_(BAD_CHECKSUM) | REMARK_(CHALLENGE))

/* Numbers so close belong to one connection. */
#define WATCH_NEAR (1U << 16)

/* Who is overtaken on its way to the tap comes so soon, if no round trip is known. */
#define WATCH_OVERTAKING INT64_C(3000000)

/* Both ways of the handshake, at least `least`. */
static inline int64_t watch_round_trip(const struct tcp_watch *w, int64_t least)
{
	bool known = w->rtt_open[CLIENT] > 0 && w->rtt_open[SERVER] > 0;
	int64_t rtt = known ? w->rtt_open[CLIENT] + w->rtt_open[SERVER] : least;

	return rtt > least ? rtt : least;
}

/* The peer acknowledged this number of x's. */
static inline bool acked_beyond(const struct tcp_end *p, uint32_t number)
{
	return p->acks && seq_before(number, p->acked);
}

/* watch.c: the states are these now. `likely` counts where it is one of them. */
void watch_become(struct tcp_end *x, state_set may, enum tcp_state likely, int64_t now);
/* It happened for certain; or it may have: then the usual arrow is the likely one if `passed`. */
void watch_happens(struct tcp_end *x, enum tcp_input input, int64_t now);
void watch_might(struct tcp_end *x, enum tcp_input input, bool passed, int64_t now);
/* Takes away what is excluded, unless nothing would be left: then what excludes it was misunderstood. */
void watch_rule_out(struct tcp_end *x, state_set excluded, int64_t now);
/* Of several states the one that is furthest on its way; CLOSED only if there is no other. */
enum tcp_state watch_furthest(state_set may);

/* sender.c: the sender's states, after this segment. What is to be said of it. */
remarks watch_sender(struct tcp_watch *w, enum side from, const struct segment *s, remarks r);
/* x has the FIN of p, and the ACK that came with it. */
void watch_prove_fin(struct tcp_end *x, const struct tcp_end *p, int64_t now);
/* Did the end go on as if it had not sent its RST? Then it did not: the remark that says so. */
remarks watch_disown_reset(struct tcp_watch *w, enum side from, const struct segment *s);
/* A RST with a number that its receiver does not take comes from somebody else; unless it carries timestamps: then
 * bytes before it were lost, and its sender is gone. */
bool watch_ends_nothing(remarks r);

/* sender.c: a RST without ACK may be an answer that changes nothing of its sender: to an acknowledgment of what it
 * never sent (RFC 9293 3.10.7.2 to 3.10.7.4). */
bool watch_only_answers(const struct tcp_watch *w, enum side from, const struct segment *s);

/* unseen.c: adds what may have happened where this place does not tell; what time alone does. */
void watch_add_unseen(struct tcp_watch *w);
void watch_let_pass(struct tcp_watch *w, int64_t now);
/* A FIN of x may wait unsent behind data: close() was called and nothing shows it (tcp_send_fin appends it to the
 * queue). */
bool watch_may_hold_back(const struct tcp_watch *w, enum side x);

/* remark.c: what is to be said of the segment, before its numbers are taken in. */
remarks watch_remarks(struct tcp_watch *w, enum side from, const struct segment *s, int64_t now);

/* learn.c: takes them in. The window that x offers with this segment, scaled. So many acknowledged bytes stay known as
 * sent: what comes from further back is a copy. */
enum { WATCH_SENT_KEPT = 1 << 20, WATCH_HOLES_MOST = 256 };
uint32_t watch_window(const struct tcp_end *x, const struct tcp_end *p, const struct segment *s);
void watch_learn(struct tcp_watch *w, enum side from, const struct segment *s, remarks r, unsigned number, int64_t now);

/* story.c: whose RST, and what it ended. */
void watch_note_reset(struct tcp_watch *w, enum side from, const struct segment *s, remarks r, unsigned number);

#endif
