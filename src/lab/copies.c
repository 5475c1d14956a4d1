/* SPDX-License-Identifier: MIT
 * What was delivered, and what is a copy of it: frozen means frozen. */
#include "lab/wire_internal.h"

#include <stdlib.h>

/* What of one connection was delivered to its other side. SYNs are kept apart from bytes and FIN: in a
 * simultaneous open a side's SYN and its later SYN+ACK share a sequence number and are no copies. */
struct flow {
	struct spans delivered[SIDES];
	bool syn[SIDES], synack[SIDES];
	uint32_t acked[SIDES]; /* up to where this side was told that its bytes have come, */
	unsigned heard[SIDES]; /* and which packet told it last, counted over the wire; 0: none yet */
};

static struct flow *flow_of(struct wire *w, const struct conn *c)
{
	while (w->n_flows < c->number) {
		w->flows = grow(w->flows, w->n_flows, &w->cap_flows, sizeof(struct flow *));
		w->flows[w->n_flows++] = xcalloc(1, sizeof(struct flow));
	}
	return w->flows[c->number - 1];
}

static void remember_ack(struct wire *w, struct flow *f, const struct packet *p)
{
	enum side to = side_other(p->from);

	if (!(p->seg.flags & ACK))
		return;
	f->acked[to] = f->heard[to] ? seq_max(f->acked[to], p->seg.ack) : p->seg.ack;
	f->heard[to] = w->handed;
}

bool copies_acknowledged(struct wire *w, const struct packet *p)
{
	const struct flow *f = flow_of(w, p->conn);

	return f->heard[p->from] > p->handed && seq_at_or_before(segment_end(&p->seg), f->acked[p->from]);
}

void copies_remember(struct wire *w, const struct packet *p)
{
	struct flow *f;

	if (!p->conn)
		return;
	f = flow_of(w, p->conn);
	remember_ack(w, f, p);
	if (p->kind == KIND_SYN)
		f->syn[p->from] = true;
	if (p->kind == KIND_SYNACK)
		f->synack[p->from] = true;
	spans_add(&f->delivered[p->from], p->seg.seq + !!(p->seg.flags & SYN), segment_end(&p->seg));
}

static bool frozen(const struct wire *w, const struct conn *c)
{
	const struct packet *h;

	TAILQ_FOREACH (h, &w->held, link)
		if (h->conn == c)
			return true;
	return false;
}

static bool same_numbers(const struct segment *a, const struct segment *b)
{
	return a->seq == b->seq && a->ack == b->ack && a->window == b->window && a->len == b->len &&
	       a->flags == b->flags;
}

/* The held packet that `p` repeats as a whole: a SYN or SYN+ACK again, or the same bare ACK or RST. */
static struct packet *held_twin(struct wire *w, const struct packet *p)
{
	bool syn = p->kind == KIND_SYN || p->kind == KIND_SYNACK;
	struct packet *h;

	TAILQ_FOREACH (h, &w->held, link) {
		if (h->conn != p->conn || h->from != p->from || h->kind != p->kind)
			continue;
		if (syn || same_numbers(&h->seg, &p->seg))
			return h;
	}
	return NULL;
}

/* Data and FIN: the kernel may send what is held in other portions (tcp_retrans_try_collapse), so a copy is
 * whatever brings nothing new. The first held packet that it repeats is returned in `*original`. */
static bool nothing_new(struct wire *w, const struct packet *p, struct packet **original)
{
	struct spans known = { 0 };
	struct packet *h;
	bool covered;

	spans_copy(&known, &flow_of(w, p->conn)->delivered[p->from]);
	TAILQ_FOREACH (h, &w->held, link) {
		if (h->conn != p->conn || h->from != p->from || segment_space(&h->seg) == 0)
			continue;
		spans_add(&known, h->seg.seq, segment_end(&h->seg));
		if (!*original && seq_before(p->seg.seq, segment_end(&h->seg)) &&
		    seq_before(h->seg.seq, segment_end(&p->seg)))
			*original = h;
	}
	covered = spans_cover(&known, p->seg.seq, segment_end(&p->seg));
	spans_free(&known);
	return covered;
}

static bool syn_was_delivered(struct wire *w, const struct packet *p)
{
	const struct flow *f = flow_of(w, p->conn);

	return p->kind == KIND_SYN ? f->syn[p->from] : p->kind == KIND_SYNACK && f->synack[p->from];
}

/* Is this packet a copy that a frozen connection must not see? */
bool copies_contain(struct wire *w, const struct packet *p, struct packet **original)
{
	*original = NULL;
	if (!p->conn || !frozen(w, p->conn))
		return false;
	if (p->kind == KIND_DATA || p->kind == KIND_FIN)
		return nothing_new(w, p, original);
	*original = held_twin(w, p);
	return *original || syn_was_delivered(w, p);
}

/* Up to where everything that `from` sent has arrived. */
uint32_t copies_arrived_up_to(struct wire *w, const struct conn *c, enum side from)
{
	uint32_t next = c->end[from].isn + 1;
	const struct spans *d = &flow_of(w, c)->delivered[from];

	for (size_t i = 0; i < d->n; i++)
		if (seq_at_or_before(d->at[i].from, next) && seq_before(next, d->at[i].to))
			next = d->at[i].to;
	return next;
}

void copies_free(struct wire *w)
{
	for (size_t i = 0; i < w->n_flows; i++) {
		spans_free(&w->flows[i]->delivered[CLIENT]);
		spans_free(&w->flows[i]->delivered[SERVER]);
		free(w->flows[i]);
	}
	free(w->flows);
}
