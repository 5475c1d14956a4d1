/* SPDX-License-Identifier: MIT
 * Numbers of a segment beside those before it: sent again, overtaken, captured twice, keep-alive, window … */
#include "tcp/watch_internal.h"

/* A copy in the capture comes at once; without an identification two equal packets must come closer to be one. */
#define CAPTURE_COPY        INT64_C(1000000)
#define CAPTURE_COPY_UNSURE INT64_C(100000)

/* TCP_KEEPIDLE and TCP_KEEPINTVL are whole seconds. */
#define IDLE_LEAST INT64_C(1000000000)

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
			if (w->seen[i].hash == h &&
			    now - w->seen[i].at < (s->ip_id ? CAPTURE_COPY : CAPTURE_COPY_UNSURE))
				return true;
	w->seen[w->next_seen].hash = h;
	w->seen[w->next_seen].at = now;
	w->next_seen = (w->next_seen + 1) % FINGERPRINTS;
	return false;
}

/* --- one end's sequence numbers ---------------------------------------------------------------------------- */

static bool probes(const struct tcp_end *x, const struct tcp_end *p, const struct segment *s, int64_t now)
{
	if (!x->numbered || s->seq != x->next - 1 || !(s->flags & ACK) || (s->flags & (SYN | FIN | RST)))
		return false;
	/* With a byte it is a keep-alive only long after that byte was acknowledged; else it is sent again. */
	if (s->len == 1)
		return acked_beyond(p, s->seq) && !(s->flags & PSH) && now - x->last_owed >= IDLE_LEAST;
	return s->len == 0 && (!x->sent_fin || s->seq != x->fin);
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
	if (now - w->end[from].gap_at < watch_round_trip(w, WATCH_OVERTAKING))
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
	if (probes(x, p, s, now))
		return of_probe(x, p);
	if (p->acks && p->window == 0 && s->len == 1 && s->seq == p->acked && !(s->flags & FIN))
		return REMARK_(WINDOW_PROBE); /* a byte into a window that is closed: RFC 9293's own probe */
	if (seq_before(x->next, s->seq))
		return REMARK_(AFTER_GAP);
	if (!segment_space(s))
		return 0;
	if (seq_before(x->next, end))
		return 0;
	if (p->acks && seq_before(s->seq, p->acked - WATCH_SENT_KEPT))
		return of_copy(x, p, s);
	if ((s->len && !spans_cover(&x->sent, s->seq, s->seq + s->len)) || (s->flags & FIN && !x->sent_fin))
		return of_filler(w, from, now);
	return of_copy(x, p, s);
}

/* --- acknowledgments and windows ---------------------------------------------------------------------------- */

static bool repeats_ack(const struct tcp_end *x, const struct tcp_end *p, const struct segment *s)
{
	return x->acks && s->ack == x->acked && !segment_space(s) && p->numbered && seq_before(x->acked, p->next);
}

/* How far p may have sent beyond what was seen: what x offers. Where the scale is not known, any window may be
 * meant. */
static uint32_t room_for(const struct tcp_end *x, const struct tcp_end *p)
{
	bool scale_known = x->sent_syn || x->sent_synack;
	uint32_t offered = x->wscale >= 0 && p->wscale >= 0 ? 65535U << x->wscale : 65535;

	return scale_known ? offered : 65535U << 14;
}

static remarks of_ack(const struct tcp_end *x, const struct tcp_end *p, const struct segment *s, uint32_t window)
{
	remarks r = 0;

	if (!(s->flags & ACK) || (s->flags & (SYN | RST)))
		return 0;
	if (p->numbered && seq_before(p->next, s->ack))
		r |= s->ack - p->next > room_for(x, p) ? REMARK_(ACKS_NOTHING) : REMARK_(ACKS_UNSEEN);
	if (window == 0)
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

/* Is it one that its receiver takes? Where the middle of the connection was joined it is not known. */
static remarks of_reset(const struct tcp_watch *w, enum side from, const struct segment *s)
{
	const struct tcp_end *x = &w->end[from], *p = &w->end[side_other(from)];

	if (!(s->flags & RST))
		return 0;
	if (state_set_single(p->may) && p->likely == TCP_SYN_SENT) /* RFC 9293 3.10.7.3: only with the ACK of its SYN */
		return (s->flags & ACK) && seq_before(p->isn, s->ack) && seq_at_or_before(s->ack, p->next)
		               ? 0
		               : REMARK_(RST_OUTSIDE);
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

/* The first word of x after p's SYN acknowledges neither the SYN nor what may have come soon after it: x has an older
 * connection between these ports, which began before the capture did (RFC 9293 3.5.1). */
static bool is_challenge(const struct tcp_end *x, const struct tcp_end *p, const struct segment *s)
{
	if ((s->flags & (SYN | RST | ACK)) != ACK || x->numbered || !p->sent_syn)
		return false;
	return s->ack - (p->isn + 1) > p->next - (p->isn + 1) + WATCH_NEAR;
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
	if (is_challenge(x, p, s))
		return REMARK_(CHALLENGE);
	if ((s->flags & SYN) && s->len)
		r |= REMARK_(EARLY_DATA);
	return r | of_origin(x, p, s) | of_numbers(w, from, s, now) | of_ack(x, p, s, watch_window(x, p, s)) |
	       of_reset(w, from, s);
}
