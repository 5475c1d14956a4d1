/* SPDX-License-Identifier: MIT
 * The observer: segments to inputs of the state machine, for each end. */
#include "tcp/watch_internal.h"

const struct tcp_view tcp_view_client = { .sends = { true, false },
	                                  .arrivals = { true, false },
	                                  .genuine = { true, false } };
const struct tcp_view tcp_view_server = { .sends = { false, true },
	                                  .arrivals = { false, true },
	                                  .genuine = { false, true } };
const struct tcp_view tcp_view_middle = { .sends = { true, true },
	                                  .arrivals = { true, true },
	                                  .genuine = { true, true } };
const struct tcp_view tcp_view_tap = { .sends = { true, true }, .arrivals = { false, false } };

/* --- states -------------------------------------------------------------------------------------------- */

enum tcp_state watch_furthest(state_set may)
{
	static const enum tcp_state order[] = { TCP_TIME_WAIT, TCP_LAST_ACK,  TCP_CLOSING,     TCP_CLOSE_WAIT,
		                                TCP_FIN_WAIT2, TCP_FIN_WAIT1, TCP_ESTABLISHED, TCP_SYN_RECV,
		                                TCP_SYN_SENT,  TCP_LISTEN };

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (state_set_has(may, order[i]))
			return order[i];
	return TCP_CLOSED;
}

void watch_become(struct tcp_end *x, state_set may, enum tcp_state likely, int64_t now)
{
	state_set new = may & ~x->may;

	if (!state_set_has(may, likely))
		likely = state_set_has(may, x->likely) ? x->likely : watch_furthest(may);
	if (new &(IN_STATE(FIN_WAIT2) | IN_STATE(TIME_WAIT)))
		x->waits_since = now;
	if (likely != x->likely)
		x->since = now;
	x->may = may;
	x->likely = likely;
}

void watch_happens(struct tcp_end *x, enum tcp_input input, int64_t now)
{
	watch_become(x, fsm_step(x->may, input), fsm_usual(x->likely, input), now);
}

void watch_might(struct tcp_end *x, enum tcp_input input, bool passed, int64_t now)
{
	watch_become(x, x->may | fsm_step(x->may, input), passed ? fsm_usual(x->likely, input) : x->likely, now);
}

void watch_rule_out(struct tcp_end *x, state_set excluded, int64_t now)
{
	if (x->may & ~excluded)
		watch_become(x, x->may & ~excluded, x->likely, now);
}

/* --- whose segment is it ---------------------------------------------------------------------------------- */

static bool over(const struct tcp_watch *w)
{
	return !((w->end[CLIENT].may | w->end[SERVER].may) & ~(IN_STATE(CLOSED) | IN_STATE(LISTEN)));
}

static bool near_number(uint32_t a, uint32_t b)
{
	return a - b < WATCH_NEAR || b - a < WATCH_NEAR;
}

/* Who seems to have sent the new SYN goes on with the old numbers: the SYN was not its own, or came to nothing. */
static bool goes_on(const struct tcp_watch *w, enum side from, const struct segment *s)
{
	const struct tcp_end *x = &w->end[from];

	return !(s->flags & (SYN | RST)) && !w->end[side_other(from)].sent_synack && !near_number(s->seq, x->next) &&
	       near_number(s->seq, w->older->end[from].next);
}

/* Does it belong to the connection between the same ports before? An end that has not seen the new SYN, or does not
 * take it (RFC 9293 3.5.1), answers with the numbers of the old one. */
bool tcp_watch_is_older(const struct tcp_watch *w, enum side from, const struct segment *s)
{
	const struct tcp_end *x = &w->end[from], *old = w->older ? &w->older->end[from] : NULL;

	if (!w->older || over(w->older) || x->sent_synack)
		return false;
	if (x->sent_syn)
		return goes_on(w, from, s);
	if (s->flags & SYN) /* its SYN+ACK again, not an answer to the new SYN */
		return (s->flags & ACK) && old->sent_synack && s->seq == old->isn &&
		       s->ack != w->end[side_other(from)].isn + 1;
	return !(s->flags & RST) || (s->flags & ACK) == 0 || s->ack != w->end[side_other(from)].next;
}

/* What was believed gone with the new SYN is there: as it was before. */
static void bring_back(struct tcp_watch *older, enum side from)
{
	if (older->end[from].may == IN_STATE(CLOSED) && older->before[from].may)
		watch_become(&older->end[from], older->before[from].may, older->before[from].likely, older->now);
}

/* The RST that answers such a segment: sent by who waits in SYN_SENT, meant for the old connection. */
static bool resets_older(const struct tcp_watch *w, enum side from, const struct segment *s)
{
	return w->older && !over(w->older) && watch_only_answers(w, from, s);
}

/* --- the interface ---------------------------------------------------------------------------------------- */

/* Times are foreign, too: beyond 18 years nothing is counted, so that sums and multiples stay numbers. */
static int64_t believable(int64_t now)
{
	const int64_t most = INT64_C(1) << 59;

	return now < 0 ? 0 : now > most ? most : now;
}

/* Keeps an end's states, for when what comes now turns out to be forged. */
static void remember(struct tcp_watch *w, enum side side)
{
	w->before[side].may = w->end[side].may;
	w->before[side].likely = w->end[side].likely;
}

static void begin(struct tcp_end *x, state_set may, int64_t now)
{
	*x = (struct tcp_end){ .may = may, .likely = watch_furthest(may), .since = now, .wscale = -1, .rtt_data = -1 };
}

/* What both ends may be in before the first packet: nobody has a connection; but who answers a SYN had one from the
 * peer, and who says anything else is in the middle of one. */
static void first_states(struct tcp_watch *w, const struct segment *first, enum side from, int64_t now)
{
	bool running = !(first->flags & (SYN | RST));

	for (int i = 0; i < SIDES; i++) {
		begin(&w->end[i], running ? SYNCHRONIZED : IN_STATE(LISTEN) | IN_STATE(CLOSED), now);
		if (running)
			w->end[i].likely = TCP_ESTABLISHED;
	}
	if ((first->flags & (SYN | ACK)) == SYN)
		begin(&w->end[from], IN_STATE(CLOSED), now);
	else if (first->flags & SYN)
		begin(&w->end[side_other(from)], IN_STATE(SYN_SENT), now);
}

/* The chain is followed for each packet, and a stranger's capture says how long it gets. */
static void bound_chain(struct tcp_watch *older)
{
	for (int i = 1; older && i < TCP_OLDER_MOST; i++)
		older = older->older;
	if (older)
		older->older = NULL;
}

void tcp_watch_init(struct tcp_watch *w, const struct tcp_view *view, struct tcp_watch *older,
                    const struct segment *first, enum side from, int64_t now)
{
	now = believable(now);
	*w = (struct tcp_watch){ .view = *view,
		                 .crowded = true,
		                 .older = older,
		                 .first_closer = NO_SIDE,
		                 .resetter = NO_SIDE,
		                 .began = now,
		                 .now = now,
		                 .rtt_open = { -1, -1 },
		                 .syn_at = -1,
		                 .synack_at = -1 };
	bound_chain(older);
	first_states(w, first, from, now);
	if (!older || (first->flags & (SYN | ACK)) != SYN)
		return;
	remember(older, from); /* who opens anew has nothing left of the old one, if the SYN is its own */
	watch_become(&older->end[from], IN_STATE(CLOSED), TCP_CLOSED, now);
}

void tcp_watch_free(struct tcp_watch *w)
{
	for (int i = 0; i < SIDES; i++) {
		spans_free(&w->end[i].sent);
		spans_free(&w->end[i].ahead);
	}
}

void tcp_watch_until(struct tcp_watch *w, int64_t now)
{
	if (now > w->now)
		w->now = believable(now);
	watch_let_pass(w, w->now);
}

bool tcp_watch_may_wait(const struct tcp_watch *w)
{
	const struct tcp_end *server = &w->end[SERVER];

	return w->proof.synack && w->proof.ack && (server->may & ~(IN_STATE(LISTEN) | IN_STATE(SYN_RECV))) &&
	       server->tale.bytes == 0 && !server->sent_fin;
}

/* Overtaken on its way to the tap by what its sender sent later: says nothing new of it. */
static bool is_stale(const struct tcp_end *x, const struct segment *s)
{
	return (s->flags & ACK) && x->acks && seq_before(s->ack, x->acked) && !(s->flags & SYN);
}

/* A RST inside the window that is not exact: Linux's minisocket of FIN_WAIT2 takes it all the same
 * (tcp_timewait_state_process), a full socket of that state answers by a challenge ACK. Which of them it is depends on
 * whether close() was called. */
static state_set inexact_reset(state_set may)
{
	return fsm_step(may & IN_STATE(FIN_WAIT2), IN_RST);
}

/* The states of both ends after what was sent; what more is to be said of it. */
static remarks judge(struct tcp_watch *w, enum side from, const struct segment *s, remarks r)
{
	struct tcp_end *p = &w->end[side_other(from)];
	remarks more = watch_disown_reset(w, from, s);

	for (int i = 0; i < SIDES && (s->flags & RST) && !w->end[from].sent_rst; i++)
		remember(w, (enum side)i);
	if (!is_stale(&w->end[from], s))
		more |= watch_sender(w, from, s, r);
	if ((s->flags & (SYN | ACK)) == (SYN | ACK) && w->older) /* the old one gave way */
		watch_become(&w->older->end[from], IN_STATE(CLOSED), TCP_CLOSED, w->now);
	if ((r & REMARK_(RST_NOT_EXACT)) && !w->view.arrivals[side_other(from)])
		watch_become(p, p->may | inexact_reset(p->may), p->likely, w->now);
	return more;
}

/* Its numbers, and what they prove. */
static void take_numbers(struct tcp_watch *w, enum side from, const struct segment *s, remarks r, unsigned number)
{
	struct tcp_end *x = &w->end[from], *p = &w->end[side_other(from)];
	unsigned fin = w->proof.fin[from];

	watch_learn(w, from, s, r, number, w->now);
	if (w->proof.fin[from] != fin && acked_beyond(p, x->fin))
		watch_prove_fin(p, x, w->now); /* its ACK overtook it on the way to the tap */
	if ((s->flags & RST) && !(r & WATCH_NO_NEWS) && !watch_ends_nothing(r))
		watch_note_reset(w, from, s, r, number);
}

static remarks pass_to_older(struct tcp_watch *w, enum side from, const struct segment *s, unsigned number, int64_t now)
{
	bool own_syn = w->end[from].sent_syn;

	if (own_syn)
		bring_back(w->older, from);
	return tcp_watch_sent(w->older, from, s, number, now) | (own_syn ? 0 : REMARK_(CHALLENGE));
}

remarks tcp_watch_sent(struct tcp_watch *w, enum side from, const struct segment *s, unsigned number, int64_t now)
{
	remarks r;

	if (tcp_watch_is_older(w, from, s))
		return pass_to_older(w, from, s, number, now);
	if (resets_older(w, from, s))
		tcp_watch_sent(w->older, from, s, number, now);
	tcp_watch_until(w, now);
	r = watch_remarks(w, from, s, w->now);
	if (!(r & WATCH_NO_NEWS))
		r |= judge(w, from, s, r);
	take_numbers(w, from, s, r, number);
	watch_add_unseen(w);
	return r;
}

/* --- what arrives where arrivals are told ------------------------------------------------------------------ */

static void arrived_syn(struct tcp_watch *w, struct tcp_end *x, const struct segment *s)
{
	if (!x->receives)
		x->expects = s->seq + 1;
	x->receives = true;
	if (!(s->flags & ACK))
		watch_happens(x, IN_SYN, w->now);
	else if (x->numbered && seq_before(x->isn, s->ack) && seq_at_or_before(s->ack, x->next))
		watch_happens(x, IN_SYNACK, w->now);
}

static void arrived_ack_of_syn(struct tcp_watch *w, struct tcp_end *x)
{
	watch_happens(x, IN_ACK_OF_SYN, w->now);
	if (!w->crowded)
		watch_rule_out(x, IN_STATE(SYN_RECV), w->now);
}

/* Linux takes a RST, too, that has the FIN's own number (tcp_reset_check()), or that of the edge of what came beyond a
 * gap and was acknowledged by SACK (tcp_validate_incoming()). */
static bool is_sacked_edge(const struct tcp_end *x, uint32_t seq)
{
	return x->ahead.n && x->ahead.at[x->ahead.n - 1].to == seq;
}

static void arrived_rst(struct tcp_watch *w, struct tcp_end *x, const struct segment *s)
{
	bool opening =
		(s->flags & ACK) && x->numbered && seq_before(x->isn, s->ack) && seq_at_or_before(s->ack, x->next);
	state_set waiting = x->may & IN_STATE(SYN_SENT), rest = x->may & ~waiting;

	if (waiting && opening)
		waiting = fsm_step(waiting, IN_RST);
	if (!x->receives || s->seq == x->expects)
		rest = fsm_step(rest, IN_RST);
	else if ((x->fin_came && s->seq == x->expects - 1) || is_sacked_edge(x, s->seq))
		rest |= fsm_step(rest, IN_RST);
	else if (s->seq - x->expects < x->window)
		rest |= inexact_reset(rest);
	watch_become(x, waiting | rest, state_set_has(waiting | rest, x->likely) ? x->likely : TCP_CLOSED, w->now);
}

/* Linux's tcp_sequence(): nothing before the last acknowledgment sent, nothing beyond the window. */
static bool acceptable(const struct tcp_end *x, const struct segment *s)
{
	if (!x->receives)
		return true;
	if (x->acks && seq_before(segment_end(s), x->acked))
		return false;
	return !x->acks || seq_at_or_before(s->seq, x->acked + x->window) || seq_at_or_before(s->seq, x->expects);
}

/* Puts the bytes where they belong; true when the FIN is next in order. */
static bool take_in(struct tcp_end *x, const struct segment *s)
{
	if (!x->receives)
		x->expects = s->seq;
	x->receives = true;
	spans_add(&x->ahead, s->seq, s->seq + s->len);
	for (size_t i = 0; i < x->ahead.n; i++)
		if (seq_at_or_before(x->ahead.at[i].from, x->expects) && seq_before(x->expects, x->ahead.at[i].to))
			x->expects = x->ahead.at[i].to;
	while (x->ahead.n && seq_at_or_before(x->ahead.at[0].to, x->expects))
		spans_remove_first(&x->ahead);
	if ((s->flags & FIN) && !x->fin_came) {
		x->fin_came = true;
		x->fin_came_at = s->seq + s->len;
	}
	if (!x->fin_came || x->expects != x->fin_came_at)
		return false;
	x->expects++;
	return true;
}

static bool fits_window(const struct tcp_end *x, const struct segment *s)
{
	return !x->acks || seq_at_or_before(segment_end(s), x->acked + x->window);
}

static void arrived_bytes(struct tcp_watch *w, struct tcp_end *x, const struct segment *s)
{
	if (!segment_space(s))
		return;
	if (!fits_window(x, s)) { /* it may be thrown away, or not: the acknowledgment will tell */
		if (s->flags & FIN)
			watch_might(x, IN_FIN, false, w->now);
		return;
	}
	if (take_in(x, s))
		watch_happens(x, IN_FIN, w->now);
}

void tcp_watch_arrived(struct tcp_watch *w, enum side at, const struct segment *s, int64_t now)
{
	struct tcp_end *x = &w->end[at];

	if (tcp_watch_is_older(w, side_other(at), s) || resets_older(w, side_other(at), s)) {
		tcp_watch_arrived(w->older, at, s, now);
		return;
	}
	tcp_watch_until(w, now);
	if (!s->checksum_ok && !s->cut)
		return;
	if (s->flags & SYN) {
		arrived_syn(w, x, s);
	} else if (s->flags & RST) {
		arrived_rst(w, x, s);
	} else if (x->may == IN_STATE(SYN_SENT)) {
		return; /* without SYN or RST it takes nothing (RFC 9293 3.10.7.3) */
	} else if ((s->flags & ACK) && acceptable(x, s) && (!x->numbered || seq_at_or_before(s->ack, x->next))) {
		if (x->numbered && seq_before(x->isn, s->ack))
			arrived_ack_of_syn(w, x);
		if (x->sent_fin && seq_before(x->fin, s->ack))
			watch_happens(x, IN_ACK_OF_FIN, w->now);
		arrived_bytes(w, x, s);
	}
	watch_add_unseen(w);
}
