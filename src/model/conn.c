/* SPDX-License-Identifier: MIT
 * Connections by address, and numbers relative to their start. */
#include "model/conn.h"
#include "model/seq.h"

#include <stdlib.h>

struct conn *conns_find(const struct conns *cs, enum side side, const struct endpoint *local,
			const struct endpoint *remote)
{
	for (size_t i = cs->n; i-- > 0;) {
		struct conn *c = cs->all[i];

		if (endpoint_equal(&c->end[side].at, local) && endpoint_equal(&c->end[side_other(side)].at, remote))
			return c;
	}
	return NULL;
}

static struct conn *add(struct conns *cs, enum side from, const struct segment *s)
{
	struct conn *c = xcalloc(1, sizeof *c);

	c->end[from].at = s->src;
	c->end[side_other(from)].at = s->dst;
	cs->all = grow(cs->all, cs->n, &cs->cap, sizeof(struct conn *));
	cs->all[cs->n++] = c;
	c->number = (unsigned)cs->n;
	return c;
}

static bool new_incarnation(const struct conn *c, enum side from, const struct segment *s)
{
	return (s->flags & (SYN | ACK)) == SYN && c->end[from].isn_known && c->end[from].isn != s->seq;
}

static void learn(struct conn_end *e, const struct segment *s)
{
	uint32_t end = s->seq + segment_space(s);

	if (!e->isn_known) {
		/* A SYN is numbered 0; where the beginning was not seen, the first byte seen is 1, as in tcpdump. */
		e->isn = s->flags & SYN ? s->seq : s->seq - 1;
		e->isn_known = true;
		e->next = end;
	}
	e->next = seq_max(e->next, end);
}

static bool seen_before(const struct conn_end *e, const struct segment *s)
{
	if (!e->isn_known || segment_space(s) == 0)
		return false;
	if (s->flags & SYN)
		return e->syn_flags == (s->flags & (SYN | ACK));
	return seq_at_or_before(s->seq + segment_space(s), e->next);
}

struct conn *conns_of(struct conns *cs, enum side from, const struct segment *s, bool *resent)
{
	struct conn *c = conns_find(cs, from, &s->src, &s->dst);

	if (!c || new_incarnation(c, from, s))
		c = add(cs, from, s);
	*resent = seen_before(&c->end[from], s);
	if (s->flags & SYN)
		c->end[from].syn_flags = s->flags & (SYN | ACK);
	/* The RST that answers a segment without ACK has sequence number 0 (RFC 9293 3.10.7.1): no beginning. */
	if (!(s->flags & RST) || c->end[from].isn_known)
		learn(&c->end[from], s);
	return c;
}

uint32_t conn_relative_seq(const struct conn *c, enum side from, uint32_t seq)
{
	return c->end[from].isn_known ? seq - c->end[from].isn : seq;
}

uint32_t conn_relative_ack(const struct conn *c, enum side from, uint32_t ack)
{
	const struct conn_end *peer = &c->end[side_other(from)];

	return peer->isn_known ? ack - peer->isn : ack;
}

void conns_free(struct conns *cs)
{
	for (size_t i = 0; i < cs->n; i++)
		free(cs->all[i]);
	free(cs->all);
	*cs = (struct conns){ 0 };
}
