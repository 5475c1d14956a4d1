/* SPDX-License-Identifier: MIT
 * Takes the numbers of a segment in: what its sender has sent, acknowledged and offered; which packet proves what. */
#include "tcp/watch_internal.h"

uint32_t watch_window(const struct tcp_end *x, const struct tcp_end *p, const struct segment *s)
{
	bool scaled = !(s->flags & SYN) && x->wscale >= 0 && p->wscale >= 0;

	return (uint32_t)s->window << (scaled ? x->wscale : 0);
}

/* Numbers of x were passed over, up to this one; the last of them may have been a FIN. */
static void learn_gap(struct tcp_end *x, uint32_t up_to, bool perhaps_fin, int64_t now)
{
	x->tale.unseen += up_to - x->next;
	x->gap_at = now;
	x->next = up_to;
	x->fin_unseen = perhaps_fin;
}

/* Each byte counts once: of a segment that overlaps what was sent only what is beyond it. */
static void count_bytes(struct tcp_end *x, const struct segment *s, remarks r)
{
	bool fills = r & (REMARK_(OUT_OF_ORDER) | REMARK_(FIRST_UNSEEN));
	bool overlaps = !fills && seq_before(s->seq, x->next) && seq_before(x->next, segment_end(s));

	if (fills)
		x->tale.unseen -= x->tale.unseen < s->len ? x->tale.unseen : s->len;
	if (overlaps)
		x->tale.bytes += segment_end(s) - x->next - !!(s->flags & FIN);
	else if (fills || !(r & REMARK_(RESENT)))
		x->tale.bytes += s->len;
}

/* One segment's round trip at a time; what is sent again measures none (Karn). */
static void start_timing(struct tcp_end *x, const struct segment *s, remarks r, int64_t now)
{
	bool again = r & REMARK_(RESENT);

	if (!again && !x->timing && s->len && seq_before(x->next, segment_end(s))) {
		x->timed = segment_end(s);
		x->timed_at = now;
		x->timing = true;
	}
	x->timing = x->timing && !again;
}

static void stop_timing(struct tcp_end *p, uint32_t ack, int64_t now)
{
	if (!p->timing || seq_before(ack, p->timed))
		return;
	if (p->rtt_data < 0 || now - p->timed_at < p->rtt_data)
		p->rtt_data = now - p->timed_at;
	p->timing = false;
}

/* A probe takes no sequence space, unless its byte is a new one. */
static bool only_asks(const struct tcp_end *x, const struct segment *s, remarks r)
{
	return (r & REMARK_(KEEPALIVE)) || ((r & REMARK_(WINDOW_PROBE)) && !seq_before(x->next, segment_end(s)));
}

static void learn_space(struct tcp_end *x, const struct segment *s, remarks r, int64_t now)
{
	uint32_t first = s->seq + !!(s->flags & SYN);

	if (r & REMARK_(AFTER_GAP))
		learn_gap(x, s->seq, s->len == 0, now);
	if (!segment_space(s) || only_asks(x, s, r))
		return;
	if (r & REMARK_(RESENT))
		x->resend_gap = now - x->last_owed;
	x->last_owed = now;
	x->last_len = s->len ? s->len : x->last_len;
	count_bytes(x, s, r);
	spans_add(&x->sent, first, first + s->len);
	spans_limit(&x->sent, WATCH_HOLES_MOST);
	if (x->fin_unseen && x->sent.n && x->sent.at[x->sent.n - 1].to == x->next)
		x->fin_unseen = false; /* its last number is a byte, and here it is */
	start_timing(x, s, r, now);
	x->next = seq_max(x->next, segment_end(s));
}

static void learn_flags(struct tcp_watch *w, enum side from, const struct segment *s, unsigned number)
{
	struct tcp_end *x = &w->end[from];
	bool ack = s->flags & ACK;

	if (s->flags & SYN) {
		x->sent_synack = x->sent_synack || ack;
		x->sent_syn = x->sent_syn || !ack;
		x->early_data = x->early_data || (!ack && s->len);
		x->mss = s->mss ? s->mss : x->mss;
		x->wscale = s->wscale;
	}
	if (!(s->flags & FIN) || (s->flags & RST))
		return;
	if (!x->sent_fin) {
		x->fin_carries = s->ack;
		w->proof.fin[from] = number;
	}
	if (ack && seq_before(s->ack, x->fin_carries))
		x->fin_carries = s->ack;
	x->sent_fin = true;
	x->fin_unseen = x->fin_missed = false;
	x->fin_at = w->now;
	x->fin = s->seq + s->len;
}

/* It acknowledges what was never seen, so far. The number tells where the peer's begin; and where the peer must have
 * spoken before, the capture has only one direction. */
static void learn_of_the_unseen(struct tcp_watch *w, enum side from, const struct segment *s, int64_t now)
{
	struct tcp_end *p = &w->end[side_other(from)];
	state_set may = fsm_step(p->may, OUT_SYNACK);

	if (!p->numbered) {
		p->numbered = true;
		p->isn = s->ack - 1;
		p->next = s->ack;
		if (!w->end[from].sent_syn)
			return;
	}
	w->view.sends[side_other(from)] = false;
	w->view.arrivals[from] = false;
	watch_become(p, may ? may | fsm_step(may, IN_ACK_OF_SYN) : p->may, TCP_ESTABLISHED, now);
}

static void learn_ack(struct tcp_watch *w, enum side from, const struct segment *s, remarks r, unsigned number,
                      int64_t now)
{
	struct tcp_end *x = &w->end[from], *p = &w->end[side_other(from)];
	bool newer = !x->acks || seq_before(x->acked, s->ack);

	if (!(s->flags & ACK) || (s->flags & RST) || (r & REMARK_(ACKS_NOTHING)))
		return;
	if (p->tale.packets == 0 && (!p->numbered || r & REMARK_(ACKS_UNSEEN)))
		learn_of_the_unseen(w, from, s, now);
	if (r & REMARK_(ACKS_UNSEEN))
		learn_gap(p, s->ack, !p->sent_fin, now);
	x->duplicate_acks = r & REMARK_(DUPLICATE_ACK) ? (uint8_t)(x->duplicate_acks + (x->duplicate_acks < 255)) : 0;
	stop_timing(p, s->ack, now);
	if (newer)
		x->acked = s->ack;
	if (newer || s->ack == x->acked)
		x->window = watch_window(x, p, s);
	if (newer) {
		p->resend_gap = 0;
		spans_trim(&p->sent, s->ack - WATCH_SENT_KEPT);
	}
	x->acks = true;
	w->early_data_taken =
		w->early_data_taken || ((s->flags & SYN) && p->early_data && seq_before(p->isn + 1, s->ack));
	if (p->sent_fin && seq_before(p->fin, s->ack) && !w->proof.fin_acked[side_other(from)])
		w->proof.fin_acked[side_other(from)] = number;
}

/* Packets of the handshake, and its round trips; what was sent again measures none (Karn). */
static void learn_handshake(struct tcp_watch *w, enum side from, const struct segment *s, remarks r, unsigned number,
                            int64_t now)
{
	bool syn = s->flags & SYN, ack = s->flags & ACK, again = r & REMARK_(RESENT);

	if (syn && !ack && !w->proof.syn)
		w->proof.syn = number;
	if (syn && !ack && from == CLIENT)
		w->syn_at = again ? -1 : now;
	if (syn && ack && w->syn_at >= 0 && from == SERVER && w->rtt_open[SERVER] < 0 && !again)
		w->rtt_open[SERVER] = now - w->syn_at;
	if (syn && ack) {
		w->proof.synack = w->proof.synack ? w->proof.synack : number;
		w->synack_at = again || from == CLIENT ? -1 : now;
	}
	if (syn || !ack || (s->flags & RST) || from != CLIENT || w->proof.ack || !w->proof.synack)
		return;
	if ((r & REMARK_(ACKS_NOTHING)) || seq_at_or_before(s->ack, w->end[SERVER].isn))
		return;
	w->proof.ack = number;
	w->rtt_open[CLIENT] = w->synack_at < 0 ? -1 : now - w->synack_at;
}

static void learn_closing(struct tcp_watch *w, enum side from, const struct segment *s, remarks r)
{
	struct tcp_end *x = &w->end[from], *p = &w->end[side_other(from)];
	bool has_fin = (s->flags & ACK) && p->sent_fin && seq_before(p->fin, s->ack);

	if (s->len && has_fin && !(r & REMARK_(RESENT)) && w->first_closer == side_other(from))
		w->data_after_fin += s->len;
	if (!(s->flags & FIN) || (s->flags & RST) || x->sent_fin)
		return;
	if (w->first_closer == NO_SIDE)
		w->first_closer = from;
	else
		w->crossed = !has_fin;
}

static void count(struct story_end *tale, remarks r)
{
	tale->packets += !(r & REMARK_(CAPTURED_TWICE));
	for (int i = 0; r; i++, r >>= 1)
		tale->remarked[i] += r & 1;
}

void watch_learn(struct tcp_watch *w, enum side from, const struct segment *s, remarks r, unsigned number, int64_t now)
{
	struct tcp_end *x = &w->end[from];

	count(&x->tale, r);
	w->proof.last = number;
	w->last = now;
	w->challenged = w->challenged || r & REMARK_(CHALLENGE);
	if (r & WATCH_NO_NEWS)
		return;
	/* A RST that answers a segment without ACK has number 0: no beginning (RFC 9293 3.10.7.1). */
	if (!x->numbered && !(s->flags & RST)) {
		x->isn = s->flags & SYN ? s->seq : s->seq - 1;
		x->next = s->seq;
		x->numbered = true;
	}
	if (!(s->flags & RST)) {
		x->ttl = s->ttl;
		x->stamps = s->has_timestamps;
	}
	learn_handshake(w, from, s, r, number, now);
	learn_closing(w, from, s, r);
	if (!(s->flags & RST))
		learn_space(x, s, r, now);
	learn_flags(w, from, s, number);
	learn_ack(w, from, s, r, number, now);
	if (s->flags & RST)
		return; /* why it is sent may be that what x asked was not answered */
	x->asked = r & REMARK_(KEEPALIVE)      ? REMARK_BIT_KEEPALIVE
	           : r & REMARK_(WINDOW_PROBE) ? REMARK_BIT_WINDOW_PROBE
	                                       : REMARKS;
	w->end[side_other(from)].asked = REMARKS;
}
