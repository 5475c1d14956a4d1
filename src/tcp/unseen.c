/* SPDX-License-Identifier: MIT
 * What may have happened though this place does not tell: a segment that passed may have arrived, one may have been
 * sent and lost before it came here, a timer may have run out. */
#include "tcp/watch_internal.h"

#define SECOND INT64_C(1000000000)

/* The shortest retransmission timer (TCP_RTO_MIN); a tail loss probe comes sooner and gives up nothing. */
#define LEAST_GAP INT64_C(200000000)

/* FIN_WAIT2 after close() ends by net.ipv4.tcp_fin_timeout: whole seconds, 60 by default. TIME_WAIT lasts 60 s in Linux
 * (TCP_TIMEWAIT_LEN), two maximum segment lifetimes of 2 minutes in RFC 9293 (3.4.2). */
enum { FIN_WAIT2_LEAST = 1, FIN_WAIT2_USUAL = 60, TIME_WAIT_LEAST = 60, TIME_WAIT_MOST = 240 };

/* Who has sent something that is not acknowledged sends it again: first after 1 s (RFC 6298 2.1; Linux 0.2 s), 3 s in
 * older stacks, then after twice the time. */
enum { PATIENCE = 3 };

/* Segments that may be under way at first (RFC 6928); the least segment size (RFC 9293 3.7.1); the options that make a
 * full segment shorter. */
enum { INITIAL_WINDOW = 10, MSS_LEAST = 536, OPTIONS_MOST = 40 };

/* A FIN that brings the ACK of ours: both or none. */
static void fin_may_have_arrived(struct tcp_end *x, const struct tcp_end *p, int64_t now)
{
	bool with_ack = x->sent_fin && seq_before(x->fin, p->fin_carries);
	state_set from = x->may;
	enum tcp_state likely = x->likely;

	if (with_ack) {
		from = fsm_step(from, IN_ACK_OF_FIN);
		likely = fsm_usual(likely, IN_ACK_OF_FIN);
	}
	watch_become(x, x->may | fsm_step(from, IN_FIN), p->fin_missed ? x->likely : fsm_usual(likely, IN_FIN), now);
}

/* What the peer sent, and passed, may have arrived by now. */
static void add_arrivals(struct tcp_end *x, const struct tcp_end *p, int64_t now)
{
	if (p->sent_syn)
		watch_might(x, IN_SYN, true, now);
	if (p->sent_synack)
		watch_might(x, IN_SYNACK, true, now);
	if (x->numbered && acked_beyond(p, x->isn))
		watch_might(x, IN_ACK_OF_SYN, true, now);
	if (x->sent_fin && acked_beyond(p, x->fin))
		watch_might(x, IN_ACK_OF_FIN, true, now);
	if (p->sent_fin && !acked_beyond(x, p->fin))
		fin_may_have_arrived(x, p, now);
	if (p->sent_rst)
		watch_might(x, IN_RST, true, now);
}

/* What x may have sent and nobody here saw. */
static void add_sends(struct tcp_end *x, const struct tcp_end *p, int64_t now)
{
	if (p->sent_syn)
		watch_might(x, OUT_SYNACK, false, now);
	if (!x->numbered)
		watch_might(x, OUT_SYN, false, now);
	watch_might(x, OUT_FIN, false, now);
	watch_might(x, OUT_RST, false, now);
	watch_might(x, GIVES_UP, false, now);
}

/* The last of p's numbers, which x acknowledged or p went beyond, may have been a FIN that is not in the capture. */
static void add_unseen_fin(struct tcp_end *p, struct tcp_end *x, int64_t now)
{
	watch_might(p, OUT_FIN, false, now);
	if (acked_beyond(x, p->next - 1)) {
		watch_might(x, IN_FIN, false, now);
		watch_might(p, IN_ACK_OF_FIN, false, now);
	}
}

/* The peer's packets are not in the capture: any of them may have arrived. */
static void add_unseen_arrivals(struct tcp_end *x, int64_t now)
{
	watch_might(x, IN_SYNACK, false, now);
	watch_might(x, IN_ACK_OF_SYN, false, now);
	watch_might(x, IN_FIN, false, now);
	if (x->sent_fin)
		watch_might(x, IN_ACK_OF_FIN, false, now);
	watch_might(x, IN_RST, false, now);
}

void watch_add_unseen(struct tcp_watch *w)
{
	state_set before[SIDES];

	do { /* until nothing is added: what one may have sent, the other may have received */
		before[CLIENT] = w->end[CLIENT].may;
		before[SERVER] = w->end[SERVER].may;
		for (int i = 0; i < SIDES; i++) {
			struct tcp_end *x = &w->end[i], *p = &w->end[side_other((enum side)i)];

			if (p->fin_unseen)
				add_unseen_fin(p, x, w->now);
			if (!w->view.arrivals[i])
				add_arrivals(x, p, w->now);
			if (!w->view.arrivals[i] && !w->view.sends[side_other((enum side)i)])
				add_unseen_arrivals(x, w->now);
			if (!w->view.sends[i])
				add_sends(x, p, w->now);
		}
	} while (w->end[CLIENT].may != before[CLIENT] || w->end[SERVER].may != before[SERVER]);
}

/* Has x reason not to send? No room; a window too small for what may wait, unless the last segment, shorter than a full
 * one, was the tail of all there was; more than the first congestion window under way; loss, after which one segment at
 * a time is sent. */
bool watch_may_hold_back(const struct tcp_watch *w, enum side side)
{
	const struct tcp_end *x = &w->end[side], *p = &w->end[side_other(side)];
	uint32_t flight, mss = p->mss ? p->mss : MSS_LEAST;

	if (!x->numbered || !p->acks || x->sent_fin)
		return false;
	flight = x->next - p->acked;
	if (flight >= p->window || flight >= INITIAL_WINDOW * mss || (flight && x->resend_gap))
		return true;
	return flight + mss > p->window && x->last_len + OPTIONS_MOST >= mss;
}

/* --- time ------------------------------------------------------------------------------------------------ */

static void timers(struct tcp_end *x, int64_t now)
{
	int64_t waited = now - x->waits_since;
	state_set may = x->may;
	bool long_enough = false;

	if (state_set_has(may, TCP_FIN_WAIT2) && waited >= FIN_WAIT2_LEAST * SECOND) {
		may |= fsm_step(IN_STATE(FIN_WAIT2), WAITED_ENOUGH);
		long_enough = x->likely == TCP_FIN_WAIT2 && waited >= FIN_WAIT2_USUAL * SECOND;
	}
	if (state_set_has(may, TCP_TIME_WAIT) && waited >= TIME_WAIT_LEAST * SECOND) {
		may |= fsm_step(IN_STATE(TIME_WAIT), WAITED_ENOUGH);
		long_enough = long_enough || x->likely == TCP_TIME_WAIT;
		if (waited >= TIME_WAIT_MOST * SECOND)
			may &= ~IN_STATE(TIME_WAIT);
	}
	watch_become(x, may, long_enough ? TCP_CLOSED : x->likely, now);
}

/* Who owes an ACK its retransmission and is silent has the ACK that was seen, or has given up. */
static void silence(struct tcp_watch *w, enum side side, int64_t now)
{
	struct tcp_end *x = &w->end[side];
	const struct tcp_end *p = &w->end[side_other(side)];
	int64_t quiet = now - x->last_owed, gap = x->resend_gap > LEAST_GAP ? x->resend_gap : LEAST_GAP;
	state_set owes = x->may & OWES;
	bool is_unacked = x->numbered && !(p->acks && seq_at_or_before(x->next, p->acked));

	if (acked_beyond(p,
	                 x->isn)) /* a request that waits for room, for data, or is a cookie: it sends nothing again */
		owes &= ~IN_STATE(SYN_RECV);
	if (x->resend_gap && is_unacked) /* data too: the connection may have timed out */
		owes |= x->may & (IN_STATE(ESTABLISHED) | IN_STATE(CLOSE_WAIT));
	if (!owes)
		return;
	/* The next copy is due twice the last gap after it (RFC 6298 5.5), less a tenth for timers that are early: who
	 * has sent none by then may have given up. */
	if (x->resend_gap && quiet / 9 >= gap / 5)
		watch_become(x, x->may | fsm_step(owes, GIVES_UP), x->likely, now);
	if (quiet < PATIENCE * SECOND || quiet / 3 < x->resend_gap)
		return;
	if (!x->resend_gap && (x->may & ~owes))
		watch_become(x, x->may & ~owes, x->likely, now);
	else
		watch_become(x, x->may | fsm_step(owes, GIVES_UP), TCP_CLOSED, now);
}

/* A FIN that was not seen, and had no reason to wait, was not sent. */
static void no_fin_waits(struct tcp_watch *w, enum side side, int64_t now)
{
	struct tcp_end *x = &w->end[side];
	state_set hidden = IN_STATE(FIN_WAIT1), behind = IN_STATE(CLOSING) | IN_STATE(LAST_ACK);

	if (x->sent_fin || x->fin_unseen || !x->numbered || !w->view.sends[side])
		return;
	if (watch_may_hold_back(w, side))
		watch_become(x,
		             x->may | (x->may & IN_STATE(ESTABLISHED) ? hidden : 0) |
		                     (x->may & IN_STATE(CLOSE_WAIT) ? behind : 0),
		             x->likely, now);
	else if ((x->may & ~SENT_FIN) && w->end[side_other(side)].numbered && x->sent_syn + x->sent_synack)
		watch_become(x, x->may & ~SENT_FIN, x->likely, now);
}

void watch_let_pass(struct tcp_watch *w, int64_t now)
{
	for (int i = 0; i < SIDES; i++) {
		timers(&w->end[i], now);
		no_fin_waits(w, (enum side)i, now);
		if (w->view.sends[i])
			silence(w, (enum side)i, now);
	}
}
