/* SPDX-License-Identifier: MIT
 * Numbers of a segment beside those before it: sent again, overtaken, captured twice, keep-alive, window … */
#include "tcp/watch_internal.h"

/* A copy in the capture comes at once; a gap that is filled so soon was an overtaking, if no round trip is known. */
#define CAPTURE_COPY INT64_C(1000000)
#define OVERTAKING INT64_C(3000000)

/* So many acknowledged bytes stay known: what comes from further back is a copy. */
enum { SENT_KEPT = 1 << 20 };

/* --- captured twice -------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

uint64_t tcp_fingerprint(const struct segment *s, enum side from)
{
	uint64_t h = mix(from + 1U, (uint64_t)s->seq << 32 | s->ack);

	h = mix(h, (uint64_t)s->flags << 56 | (uint64_t)s->window << 32 | s->len);
	return mix(h, (uint64_t)s->ip_id << 32 | s->ts_val) | 1;
}

/* Without IP identification (IPv6) an ACK that is sent again looks the same; only what takes sequence space counts. */
static bool captured_twice(struct tcp_watch *w, enum side from, const struct segment *s, int64_t now)
{
	uint64_t h = tcp_fingerprint(s, from);

	if (s->ip_id || segment_space(s))
		for (size_t i = 0; i < FINGERPRINTS; i++)
			if (w->seen[i].hash == h && now - w->seen[i].at < CAPTURE_COPY)
				return true;
	w->seen[w->next_seen].hash = h;
	w->seen[w->next_seen].at = now;
	w->next_seen = (w->next_seen + 1) % FINGERPRINTS;
	return false;
}

/* --- one end's sequence numbers ---------------------------------------------------------------------------- */

static bool probes(const struct tcp_end *x, const struct segment *s)
{
	return x->numbered && s->len <= 1 && s->seq == x->next - 1 && (s->flags & ACK) && !(s->flags & (SYN | FIN | RST)) &&
	       !(s->len == 0 && x->sent_fin && s->seq == x->fin);
}

static remarks of_probe(const struct tcp_end *x, const struct tcp_end *p)
{
	if (acked_beyond(p, x->next - 1) && p->window > 0)
		return REMARK_(KEEPALIVE);
	return p->acks && p->window == 0 ? REMARK_(WINDOW_PROBE) : 0;
}

static remarks of_copy(const struct tcp_end *x, const struct tcp_end *p, const struct segment *s)
{
	if (p->acks && seq_at_or_before(segment_end(s), p->acked) && !(s->flags & SYN))
		return REMARK_(RESENT) | REMARK_(SPURIOUS);
	return REMARK_(RESENT) | (p->duplicate_acks >= 3 && p->acked == s->seq && x->numbered ? REMARK_(FAST) : 0);
}

/* Below the highest number, and never seen before. */
static remarks of_filler(const struct tcp_watch *w, enum side from, int64_t now)
{
	int64_t rtt = w->rtt_open[CLIENT] > 0 && w->rtt_open[SERVER] > 0 ? w->rtt_open[CLIENT] + w->rtt_open[SERVER] : OVERTAKING;

	if (now - w->end[from].last_owed < (rtt < OVERTAKING ? OVERTAKING : rtt))
		return REMARK_(OUT_OF_ORDER);
	return REMARK_(RESENT) | REMARK_(FIRST_UNSEEN);
}

static remarks of_numbers(const struct tcp_watch *w, enum side from, const struct segment *s, int64_t now)
{
	const struct tcp_end *x = &w->end[from], *p = &w->end[side_other(from)];
	bool syn = s->flags & SYN;
	uint32_t end = segment_end(s);

	if (!x->numbered || (s->flags & RST))
		return 0;
	if (syn) {
		bool again = s->flags & ACK ? x->sent_synack : x->sent_syn;

		return again && s->seq == x->isn ? of_copy(x, p, s) : 0;
	}
	if (probes(x, s))
		return of_probe(x, p);
	if (!segment_space(s))
		return 0;
	if (seq_before(x->next, s->seq))
		return REMARK_(AFTER_GAP);
	if (seq_before(x->next, end))
		return 0;
	if (p->acks && seq_before(s->seq, p->acked - SENT_KEPT))
		return of_copy(x, p, s);
	if (s->len && !spans_cover(&x->sent, s->seq, s->seq + s->len))
		return of_filler(w, from, now);
	return of_copy(x, p, s);
}

/* --- acknowledgments and windows ---------------------------------------------------------------------------- */

static bool repeats_ack(const struct tcp_end *x, const struct tcp_end *p, const struct segment *s)
{
	return x->acks && s->ack == x->acked && !segment_space(s) && p->numbered && seq_before(x->acked, p->next);
}

static remarks of_ack(const struct tcp_end *x, const struct tcp_end *p, const struct segment *s, uint32_t window)
{
	remarks r = 0;

	if (!(s->flags & ACK) || (s->flags & (SYN | RST)))
		return 0;
	if (p->numbered && seq_before(p->next, s->ack))
		r |= REMARK_(ACKS_UNSEEN);
	if (window == 0 && !(s->flags & FIN))
		r |= REMARK_(ZERO_WINDOW);
	else if (x->acks && x->window == 0 && window > 0)
		r |= REMARK_(WINDOW_OPENS);
	if (segment_space(s))
		return r;
	if (p->asked == REMARK_BIT_KEEPALIVE)
		return r | REMARK_(KEEPALIVE_ACK);
	if (p->asked == REMARK_BIT_WINDOW_PROBE && window == 0)
		return r | REMARK_(PROBE_ACK);
	if (repeats_ack(x, p, s) && window == x->window && window)
		r |= REMARK_(DUPLICATE_ACK);
	return r;
}

static uint32_t window_of(const struct tcp_end *x, const struct tcp_end *p, const struct segment *s)
{
	bool scaled = !(s->flags & SYN) && x->wscale >= 0 && p->wscale >= 0;

	return (uint32_t)s->window << (scaled ? x->wscale : 0);
}

/* Is it one that its receiver takes? Where the middle of the connection was joined it is not known. */
static remarks of_reset(const struct tcp_watch *w, enum side from, const struct segment *s)
{
	const struct tcp_end *x = &w->end[from], *p = &w->end[side_other(from)];

	if (!(s->flags & RST))
		return 0;
	if (state_set_single(p->may) && p->likely == TCP_SYN_SENT) /* RFC 9293 3.10.7.3: only with the ACK of its SYN */
		return (s->flags & ACK) && seq_before(p->isn, s->ack) && seq_at_or_before(s->ack, p->next) ? 0 : REMARK_(RST_OUTSIDE);
	if (!x->numbered || !p->acks)
		return 0;
	if (seq_at_or_before(p->acked, s->seq) && seq_at_or_before(s->seq, x->next))
		return 0;
	if (p->acked - 1 == s->seq && x->sent_fin)
		return 0;
	return s->seq - p->acked < p->window ? REMARK_(RST_NOT_EXACT) : REMARK_(RST_OUTSIDE);
}

/* Did the one who seems to have sent it send it? */
static remarks of_origin(const struct tcp_end *x, const struct tcp_end *p, const struct segment *s)
{
	remarks r = 0;

	if (!(s->flags & RST))
		return 0;
	if (x->stamps && p->stamps && !s->has_timestamps)
		r |= REMARK_(RST_BARE);
	if (x->ttl && x->ttl != s->ttl)
		r |= REMARK_(OTHER_TTL);
	return r;
}

/* --- all of it ------------------------------------------------------------------------------------------- */

remarks watch_remarks(struct tcp_watch *w, enum side from, const struct segment *s, int64_t now)
{
	const struct tcp_end *x = &w->end[from], *p = &w->end[side_other(from)];
	remarks r = 0;

	if (captured_twice(w, from, s, now))
		return REMARK_(CAPTURED_TWICE);
	if (!s->checksum_ok && !s->cut)
		return REMARK_(BAD_CHECKSUM);
	if ((s->flags & SYN) && s->len)
		r |= REMARK_(EARLY_DATA);
	return r | of_origin(x, p, s) | of_numbers(w, from, s, now) | of_ack(x, p, s, window_of(x, p, s)) | of_reset(w, from, s);
}

static void learn_space(struct tcp_end *x, const struct segment *s, remarks r, int64_t now)
{
	uint32_t end = segment_end(s), first = s->seq + !!(s->flags & SYN);

	if (!segment_space(s) || (r & (REMARK_(KEEPALIVE) | REMARK_(WINDOW_PROBE))))
		return;
	if (r & REMARK_(RESENT))
		x->resend_gap = now - x->last_owed;
	x->last_owed = now;
	x->last_len = s->len ? s->len : x->last_len;
	if (r & REMARK_(AFTER_GAP))
		x->tale.unseen += s->seq - x->next;
	if (r & (REMARK_(OUT_OF_ORDER) | REMARK_(FIRST_UNSEEN)))
		x->tale.unseen -= x->tale.unseen < s->len ? x->tale.unseen : s->len;
	if (!(r & REMARK_(RESENT)) || (r & REMARK_(FIRST_UNSEEN)))
		x->tale.bytes += s->len;
	spans_add(&x->sent, first, first + s->len);
	if (seq_before(x->next, end)) {
		if (!x->timing && s->len && !(r & REMARK_(RESENT))) {
			x->timing = true;
			x->timed = end;
			x->timed_at = now;
		}
		x->next = end;
	}
	if (r & REMARK_(RESENT))
		x->timing = false;
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
	x->fin = s->seq + s->len;
}

/* It acknowledges what was never seen, so far. The number tells where the peer's begin; and where the peer must have spoken before,
 * the capture has only one direction. */
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
	watch_become(p, may ? may | fsm_step(may, IN_ACK_OF_SYN) : p->may, TCP_ESTABLISHED, now);
}

static void learn_ack(struct tcp_watch *w, enum side from, const struct segment *s, remarks r, unsigned number, int64_t now)
{
	struct tcp_end *x = &w->end[from], *p = &w->end[side_other(from)];
	bool newer = !x->acks || seq_before(x->acked, s->ack);

	if (!(s->flags & ACK) || (s->flags & RST))
		return;
	if (p->tale.packets == 0 && (!p->numbered || r & REMARK_(ACKS_UNSEEN)))
		learn_of_the_unseen(w, from, s, now);
	if (r & REMARK_(ACKS_UNSEEN)) {
		p->tale.unseen += s->ack - p->next;
		p->next = s->ack;
	}
	x->duplicate_acks = r & REMARK_(DUPLICATE_ACK) ? (uint8_t)(x->duplicate_acks + (x->duplicate_acks < 255)) : 0;
	if (p->timing && seq_at_or_before(p->timed, s->ack)) {
		if (p->rtt_data < 0 || now - p->timed_at < p->rtt_data)
			p->rtt_data = now - p->timed_at;
		p->timing = false;
	}
	if (newer)
		x->acked = s->ack;
	if (newer || s->ack == x->acked)
		x->window = window_of(x, p, s);
	if (newer) {
		p->resend_gap = 0;
		spans_trim(&p->sent, s->ack - SENT_KEPT);
	}
	x->acks = true;
	w->early_data_taken = w->early_data_taken || ((s->flags & SYN) && p->early_data && seq_before(p->isn + 1, s->ack));
	if (p->sent_fin && seq_before(p->fin, s->ack) && !w->proof.fin_acked[side_other(from)])
		w->proof.fin_acked[side_other(from)] = number;
}

/* Packets of the handshake, and its round trips. */
static void learn_handshake(struct tcp_watch *w, enum side from, const struct segment *s, remarks r, unsigned number, int64_t now)
{
	bool syn = s->flags & SYN, ack = s->flags & ACK;

	if (syn && !ack && !w->proof.syn)
		w->proof.syn = number;
	if (syn && !ack)
		w->syn_at = now;
	if (syn && ack && w->syn_at >= 0 && from == SERVER && w->rtt_open[SERVER] < 0 && !(r & REMARK_(RESENT)))
		w->rtt_open[SERVER] = now - w->syn_at;
	if (syn && ack) {
		w->proof.synack = w->proof.synack ? w->proof.synack : number;
		w->synack_at = now;
	}
	if (syn || !ack || (s->flags & RST) || from != CLIENT || w->proof.ack || !w->proof.synack)
		return;
	w->proof.ack = number;
	w->rtt_open[CLIENT] = now - w->synack_at;
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
	w->proof.first = w->proof.first ? w->proof.first : number;
	w->proof.last = number;
	w->last = now;
	if (r & (REMARK_(CAPTURED_TWICE) | REMARK_(BAD_CHECKSUM)))
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
	x->asked = r & REMARK_(KEEPALIVE) ? REMARK_BIT_KEEPALIVE : r & REMARK_(WINDOW_PROBE) ? REMARK_BIT_WINDOW_PROBE : REMARKS;
	w->end[side_other(from)].asked = REMARKS;
}
