/* SPDX-License-Identifier: MIT
 * The connection as a whole: opening, who closed first, ending. */
#include "tcp/watch_internal.h"

static bool fin_acked(const struct tcp_watch *w, enum side side)
{
	return w->end[side].sent_fin && acked_beyond(&w->end[side_other(side)], w->end[side].fin);
}

/* --- resets ---------------------------------------------------------------------------------------------- */

static enum reset kind_of_reset(const struct tcp_watch *w, enum side from, const struct segment *s, remarks r)
{
	const struct tcp_end *x = &w->end[from], *p = &w->end[side_other(from)];

	if (x->sent_syn && !x->sent_synack && !p->sent_synack && !p->acks)
		return RESET_OF_SYN;
	if (x->asked == REMARK_BIT_KEEPALIVE) /* tcp_keepalive_timer() sends a RST when the last one is not answered */
		return RESET_TIMED_OUT;
	if (p->sent_synack && !(w->proof.ack && w->proof.ack < w->proof.last))
		return RESET_OF_SYNACK;
	if (x->sent_fin)
		return RESET_AFTER_OWN_FIN;
	/* RFC 9293 3.10.7.1: who knows no connection answers an ACK by a RST without one; who aborts sends both
	 * (tcp_send_active_reset). */
	if (!(s->flags & ACK) && !(p->sent_fin && acked_beyond(x, p->fin)))
		return RESET_NO_CONNECTION;
	if (p->sent_fin)
		return RESET_AFTER_PEER_FIN;
	return r & (REMARK_(RST_BARE) | REMARK_(OTHER_TTL)) ? RESET_DOUBTFUL : RESET_PLAIN;
}

void watch_note_reset(struct tcp_watch *w, enum side from, const struct segment *s, remarks r, unsigned number)
{
	struct tcp_end *x = &w->end[from];

	if (watch_only_answers(w, from, s) && state_set_has(HALF_OPEN, x->likely))
		return;
	x->sent_rst = x->sent_rst || !(r & REMARK_(RST_NOT_EXACT));
	x->rst = s->seq;
	x->rst_at = w->now;
	if (w->resetter == from && !w->reset_exact && x->sent_rst) {
		w->reset_exact = true;
		w->proof.rst = number;
	}
	if (w->resetter != NO_SIDE)
		return;
	w->reset_exact = x->sent_rst;
	w->fins_done_before_rst = fin_acked(w, CLIENT) && fin_acked(w, SERVER);
	w->resetter = from;
	w->reset = kind_of_reset(w, from, s, r);
	w->proof.rst = number;
	if (w->reset == RESET_NO_CONNECTION &&
	    w->disowned) { /* because of the RST before, that nobody wants to have sent */
		w->resetter = side_other(from);
		w->reset = RESET_DOUBTFUL;
		w->proof.rst = w->disowned;
	}
}

/* --- opening --------------------------------------------------------------------------------------------- */

static bool only_resets(const struct tcp_watch *w)
{
	return w->proof.rst && !w->end[CLIENT].numbered && !w->end[SERVER].numbered;
}

/* The side that says nothing in this capture, though the other one acknowledges what it says; NO_SIDE. */
static enum side silent_side(const struct tcp_watch *w)
{
	for (int i = 0; i < SIDES; i++) {
		const struct tcp_end *x = &w->end[i], *p = &w->end[side_other((enum side)i)];

		if (x->tale.packets == 0 && p->acks)
			return (enum side)i;
	}
	return NO_SIDE;
}

static enum opening opening_of(const struct tcp_watch *w)
{
	const struct tcp_end *c = &w->end[CLIENT], *s = &w->end[SERVER];

	if (only_resets(w))
		return OPENING_STRAY;
	if (silent_side(w) != NO_SIDE)
		return OPENING_ONE_DIRECTION;
	if (!c->sent_syn && !s->sent_synack)
		return OPENING_RUNNING;
	if (s->sent_syn && c->sent_syn)
		return s->sent_synack ? OPENING_SIMULTANEOUS : OPENING_SPLIT;
	if (!s->sent_synack && !s->acks)
		return w->resetter == SERVER ? OPENING_REFUSED : OPENING_UNANSWERED;
	if (!w->proof.ack && s->sent_synack)
		return OPENING_HALF_OPEN;
	return c->early_data && w->early_data_taken ? OPENING_FAST_OPEN : OPENING_NORMAL;
}

/* --- ending ---------------------------------------------------------------------------------------------- */

static void ending_with_fins(const struct tcp_watch *w, struct story *st)
{
	enum side first = w->first_closer, second = side_other(first);

	st->closer = first;
	if (!fin_acked(w, first)) {
		st->ending = ENDING_FIN_UNACKED;
	} else if (!w->end[second].sent_fin) {
		st->ending = ENDING_ONE_FIN;
	} else if (!fin_acked(w, second)) {
		st->ending = ENDING_FIN_UNACKED;
		st->closer = second;
	} else {
		st->ending = w->crossed ? ENDING_SIMULTANEOUS : w->data_after_fin ? ENDING_HALF_CLOSE : ENDING_ORDERLY;
		st->closer = w->crossed ? NO_SIDE : first;
	}
}

static enum ending ending_without_fin(enum opening opening)
{
	static const enum ending of_opening[OPENINGS] = {
		[OPENING_NORMAL] = ENDING_OPEN,
		[OPENING_FAST_OPEN] = ENDING_OPEN,
		[OPENING_SIMULTANEOUS] = ENDING_OPEN,
		[OPENING_SPLIT] = ENDING_OPEN,
		[OPENING_REFUSED] = ENDING_REFUSED,
		[OPENING_UNANSWERED] = ENDING_UNANSWERED,
		[OPENING_HALF_OPEN] = ENDING_HALF_OPEN,
		[OPENING_RUNNING] = ENDING_OPEN,
		[OPENING_ONE_DIRECTION] = ENDING_ONE_DIRECTION,
		[OPENING_STRAY] = ENDING_STRAY,
	};

	return of_opening[opening];
}

/* A RST after both FINs are acknowledged ends nothing but TIME_WAIT. */
static bool reset_counts(const struct tcp_watch *w, enum opening opening)
{
	return w->resetter != NO_SIDE && opening != OPENING_REFUSED && opening != OPENING_STRAY &&
	       !(w->fins_done_before_rst);
}

static void ending_of(const struct tcp_watch *w, struct story *st)
{
	if (reset_counts(w, st->opening)) {
		st->ending = ENDING_RESET;
		st->closer = w->resetter;
		st->reset = w->reset;
	} else if (w->first_closer != NO_SIDE && st->opening != OPENING_ONE_DIRECTION) {
		ending_with_fins(w, st);
	} else {
		st->ending = ending_without_fin(st->opening);
		st->closer = st->ending == ENDING_REFUSED ? SERVER : w->first_closer;
	}
}

void tcp_watch_story(const struct tcp_watch *w, struct story *st)
{
	st->opening = opening_of(w);
	st->closer = NO_SIDE;
	st->reset = RESET_NONE;
	st->proof = w->proof;
	st->began = (struct span){ w->began };
	st->ended = (struct span){ w->last };
	st->sides_guessed = !w->proof.syn && !w->proof.synack;
	ending_of(w, st);
	for (int i = 0; i < SIDES; i++) {
		const struct tcp_end *x = &w->end[i];
		struct endpoint at = st->end[i].at;

		st->end[i] = x->tale;
		st->end[i].at = at;
		st->end[i].may = x->may;
		st->end[i].likely = x->likely;
		st->end[i].since = (struct span){ x->since };
		st->end[i].fin_at = (struct span){ x->fin_at };
		st->rtt_open[i] = (struct span){ w->rtt_open[i] };
		st->rtt_data[i] = (struct span){ x->rtt_data };
	}
}
