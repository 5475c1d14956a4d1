/* SPDX-License-Identifier: MIT
 * What a segment says of its sender: what has arrived there, and in which states it may be that sends this. */
#include "tcp/watch_internal.h"

/* The least round trip that is believed. What the peer does two of them after a FIN has passed it does with the FIN
 * there. */
#define ROUND_TRIP INT64_C(25000000)

void watch_prove_fin(struct tcp_end *x, const struct tcp_end *p, int64_t now)
{
	if (x->sent_fin && seq_before(x->fin, p->fin_carries))
		watch_happens(x, IN_ACK_OF_FIN, now);
	watch_happens(x, IN_FIN, now);
	watch_rule_out(x, (state_set) ~(HAS_FIN | IN_STATE(CLOSED)), now);
}

/* Its acknowledgment proves what has arrived at its sender, and what has not. */
static void prove_arrivals(struct tcp_watch *w, enum side from, const struct segment *s, remarks r)
{
	struct tcp_end *x = &w->end[from], *p = &w->end[side_other(from)];

	if (!(s->flags & ACK) || (s->flags & (RST | SYN)) || (r & REMARK_(ACKS_NOTHING)))
		return;
	if (state_set_has(x->may, TCP_SYN_SENT)) /* it acknowledges: the answer to its SYN has come */
		watch_become(x, (x->may & ~IN_STATE(SYN_SENT)) | fsm_step(IN_STATE(SYN_SENT), IN_SYNACK),
		             fsm_usual(x->likely, IN_SYNACK), w->now);
	if (!p->sent_fin)
		return;
	if (seq_before(p->fin, s->ack)) {
		watch_prove_fin(x, p, w->now);
		return;
	}
	watch_rule_out(x, HAS_FIN, w->now);
	p->fin_missed = p->fin_missed || w->now - p->fin_at > 2 * watch_round_trip(w, ROUND_TRIP);
}

static enum tcp_input input_of(const struct tcp_watch *w, enum side from, const struct segment *s, remarks r)
{
	const struct tcp_end *x = &w->end[from];

	if (s->flags & RST)
		return OUT_RST;
	if (s->flags & SYN)
		return s->flags & ACK ? OUT_SYNACK : OUT_SYN;
	if (s->flags & FIN)
		return OUT_FIN;
	if (!s->len || (r & (REMARK_(KEEPALIVE) | REMARK_(WINDOW_PROBE))))
		return OUT_ACK;
	/* With a FIN waiting behind it, new data comes from who has closed, too. */
	if (x->numbered && (!seq_before(x->next, segment_end(s)) || watch_may_hold_back(w, from)))
		return OUT_OLD;
	return OUT_DATA;
}

bool watch_only_answers(const struct tcp_watch *w, enum side from, const struct segment *s)
{
	const struct tcp_end *x = &w->end[from];

	return (s->flags & RST) && !(s->flags & ACK) && x->numbered && s->seq != x->next && (x->may & HALF_OPEN) &&
	       (w->end[side_other(from)].acks || w->older || w->challenged);
}

bool watch_ends_nothing(remarks r)
{
	return (r & REMARK_(RST_OUTSIDE)) ||
	       ((r & REMARK_(RST_NOT_EXACT)) && (r & (REMARK_(RST_BARE) | REMARK_(OTHER_TTL))));
}

/* A half-open end has a voice, too: a challenge ACK, or, after Fast Open, data. */
static state_set half_open_senders(const struct tcp_watch *w, enum side from, const struct segment *s,
                                   enum tcp_input input)
{
	const struct tcp_end *x = &w->end[from], *p = &w->end[side_other(from)];
	bool beyond_syn = p->numbered && seq_before(p->isn + 1, s->ack);

	if ((input == OUT_ACK && !beyond_syn) ||
	    (p->early_data && (input == OUT_ACK || input == OUT_DATA || input == OUT_OLD)))
		return x->may & IN_STATE(SYN_RECV);
	return 0;
}

/* No state of the set sends this: something was not seen. What is known otherwise is kept. */
static state_set any_sender(const struct tcp_watch *w, enum side from, enum tcp_input input)
{
	const struct tcp_end *x = &w->end[from], *p = &w->end[side_other(from)];
	state_set all = fsm_step((state_set)~0, input), some = all;

	if (p->sent_fin && acked_beyond(x, p->fin))
		some &= HAS_FIN | IN_STATE(CLOSED);
	else if (p->sent_fin || w->view.sends[side_other(from)])
		some &= ~HAS_FIN;
	if (!x->sent_fin && input != OUT_FIN)
		some &= ~SENT_FIN;
	return some ? some : all;
}

/* Of whom does a RST come, and what is he afterwards? */
static state_set senders_of_reset(const struct tcp_watch *w, enum side from, const struct segment *s, remarks r)
{
	const struct tcp_end *x = &w->end[from];
	bool own = w->view.genuine[from] || (w->view.sends[from] && s->has_timestamps);
	state_set set = fsm_step(x->may, OUT_RST);

	if (watch_only_answers(w, from,
	                       s)) /* of a half-open end it says nothing; whoever else sends it has no connection */
		set = fsm_step(x->may & ~HALF_OPEN, OUT_RST) | (x->may & HALF_OPEN);
	return watch_ends_nothing(r) || !own ? set | x->may : set;
}

/* What is likely of the sender of a RST: that it is gone, unless the RST is somebody else's or only an answer. */
static enum tcp_state likely_after_reset(const struct tcp_watch *w, enum side from, const struct segment *s, remarks r)
{
	const struct tcp_end *x = &w->end[from];
	bool answers = watch_only_answers(w, from, s) && state_set_has(HALF_OPEN, x->likely);

	return watch_ends_nothing(r) || answers ? x->likely : TCP_CLOSED;
}

static state_set senders_of(const struct tcp_watch *w, enum side from, const struct segment *s, enum tcp_input input)
{
	const struct tcp_end *x = &w->end[from];
	state_set set = fsm_step(x->may, input) | half_open_senders(w, from, s, input);

	if (watch_may_hold_back(w, from)) /* its FIN may wait behind what it sends here */
		set |= x->may & SENT_FIN & ~(IN_STATE(FIN_WAIT2) | IN_STATE(TIME_WAIT));
	return set;
}

/* No state is left; or it was sent before what ended its sender arrived there, and was seen after it. */
static remarks surprise(struct tcp_watch *w, enum side from, enum tcp_input input)
{
	struct tcp_end *x = &w->end[from];
	state_set set = any_sender(w, from, input), nobody = IN_STATE(CLOSED) | IN_STATE(LISTEN), was = x->may;

	watch_become(x, set | (x->numbered ? was : 0),
	             state_set_has(set, TCP_ESTABLISHED) ? TCP_ESTABLISHED : watch_furthest(set), w->now);
	return (was & ~nobody) && w->end[side_other(from)].tale.packets ? REMARK_(SURPRISE) : 0;
}

remarks watch_sender(struct tcp_watch *w, enum side from, const struct segment *s, remarks r)
{
	struct tcp_end *x = &w->end[from];
	enum tcp_input input = input_of(w, from, s, r);
	state_set set;

	prove_arrivals(w, from, s, r);
	if (input == OUT_RST) {
		watch_become(x, senders_of_reset(w, from, s, r), likely_after_reset(w, from, s, r), w->now);
		return 0;
	}
	set = senders_of(w, from, s, input);
	if (!set)
		return surprise(w, from, input);
	watch_become(x, set, fsm_usual(x->likely, input), w->now);
	if (input == OUT_DATA && !x->sent_fin) { /* nothing is sent behind a FIN */
		x->fin_unseen = false;
		watch_rule_out(&w->end[side_other(from)], HAS_FIN, w->now);
	}
	return 0;
}

remarks watch_disown_reset(struct tcp_watch *w, enum side from, const struct segment *s)
{
	struct tcp_end *x = &w->end[from], *p = &w->end[side_other(from)];

	if (!x->sent_rst || (s->flags & (RST | SYN)) || w->resetter != from)
		return 0;
	if (seq_at_or_before(segment_end(s), x->rst) && (s->seq != x->rst || w->now - x->rst_at < WATCH_OVERTAKING))
		return 0; /* it was under way before */
	x->sent_rst = false;
	w->resetter = NO_SIDE;
	w->reset = RESET_NONE;
	w->disowned = w->proof.rst;
	w->proof.rst = 0;
	watch_become(x, w->before[from].may, w->before[from].likely, w->now);
	watch_become(p, p->may | w->before[side_other(from)].may, w->before[side_other(from)].likely, w->now);
	return REMARK_(RST_DISOWNED);
}
