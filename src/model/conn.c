/* SPDX-License-Identifier: MIT
 * Connections by address, and numbers relative to their start. */
#include "model/conn.h"
#include "model/seq.h"

#include <stdlib.h>

/* FNV-1a; equal for both orders of the endpoints. */
static uint32_t hash_of(const struct endpoint *e)
{
	uint32_t h = 2166136261U ^ e->port;

	for (size_t i = 0; i < sizeof e->addr.bytes; i++)
		h = (h ^ e->addr.bytes[i]) * 16777619U;
	return h * 2654435761U;
}

static struct conn **bucket(const struct conns *cs, const struct endpoint *a, const struct endpoint *b)
{
	return &cs->buckets[(hash_of(a) + hash_of(b)) & (cs->n_buckets - 1)];
}

/* Twice as many buckets as connections, a power of two; in the order of their age, so that the youngest stands
 * first. */
static void index_again(struct conns *cs, size_t n_buckets)
{
	cs->n_buckets = n_buckets;
	free(cs->buckets);
	cs->buckets = xcalloc(cs->n_buckets, sizeof(struct conn *));
	for (size_t i = 0; i < cs->n; i++) {
		struct conn *c = cs->all[i], **head = bucket(cs, &c->end[CLIENT].at, &c->end[SERVER].at);

		c->next = *head;
		*head = c;
	}
}

static bool is_between(const struct conn *c, enum side side, const struct endpoint *local,
                       const struct endpoint *remote)
{
	return endpoint_equal(&c->end[side].at, local) && endpoint_equal(&c->end[side_other(side)].at, remote);
}

struct conn *conns_find(const struct conns *cs, enum side side, const struct endpoint *local,
                        const struct endpoint *remote)
{
	struct conn *c = cs->n_buckets ? *bucket(cs, local, remote) : NULL;

	while (c && !is_between(c, side, local, remote))
		c = c->next;
	return c;
}

static struct conn *add(struct conns *cs, enum side from, const struct segment *s)
{
	struct conn *c = xcalloc(1, sizeof *c), **head;

	c->end[from].at = s->src;
	c->end[side_other(from)].at = s->dst;
	if (cs->n * 2 >= cs->n_buckets)
		index_again(cs, cs->n_buckets ? cs->n_buckets * 2 : 64);
	cs->all = grow(cs->all, cs->n, &cs->cap, sizeof(struct conn *));
	cs->all[cs->n++] = c;
	c->number = ++cs->last_number;
	head = bucket(cs, &s->src, &s->dst);
	c->next = *head;
	*head = c;
	return c;
}

static bool new_incarnation(const struct conn *c, enum side from, const struct segment *s)
{
	return (s->flags & (SYN | ACK)) == SYN && c->end[from].isn_known && !c->end[from].isn_guessed &&
	       c->end[from].isn != s->seq;
}

static void learn(struct conn_end *e, const struct segment *s)
{
	uint32_t end = s->seq + segment_space(s);

	if (e->isn_guessed && (s->flags & SYN || seq_at_or_before(s->seq, e->isn)))
		e->isn_known = false;
	e->isn_guessed = false;
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

static void take_in(struct conn *c, enum side from, const struct segment *s, bool *resent)
{
	if ((s->flags & SYN) && !c->end[from].syn_flags)
		c->end[from].isn_known = false; /* what came before it was another connection's, or a guess */
	*resent = seen_before(&c->end[from], s);
	if (s->flags & SYN)
		c->end[from].syn_flags = s->flags & (SYN | ACK);
	/* The RST that answers a segment without ACK has sequence number 0 (RFC 9293 3.10.7.1): no beginning. */
	if (!(s->flags & RST) || c->end[from].isn_known)
		learn(&c->end[from], s);
}

/* Where nothing of the peer was seen yet, its numbers begin with what is acknowledged. */
static void guess_numbers(struct conn_end *peer, const struct segment *s)
{
	if (peer->isn_known || !(s->flags & ACK) || (s->flags & RST))
		return;
	peer->isn = s->ack - 1;
	peer->next = s->ack;
	peer->isn_known = peer->isn_guessed = true;
}

struct conn *conns_of(struct conns *cs, enum side from, const struct segment *s, bool *resent)
{
	struct conn *c = conns_find(cs, from, &s->src, &s->dst);

	if (!c || new_incarnation(c, from, s))
		c = add(cs, from, s);
	take_in(c, from, s, resent);
	guess_numbers(&c->end[side_other(from)], s);
	return c;
}

/* Who sent the first segment of a connection that is not known yet? */
static enum side guess_side(const struct segment *s)
{
	if (s->flags & SYN)
		return s->flags & ACK ? SERVER : CLIENT;
	return s->src.port >= s->dst.port ? CLIENT : SERVER;
}

struct conn *conns_of_either(struct conns *cs, uint32_t domain, const struct segment *s, enum side *from,
                             struct conn **older)
{
	struct conn *c = cs->n_buckets ? *bucket(cs, &s->src, &s->dst) : NULL;
	bool resent;

	*older = NULL;
	for (; c; c = c->next) {
		*from = is_between(c, CLIENT, &s->src, &s->dst) ? CLIENT : SERVER;
		if (c->domain == domain && is_between(c, *from, &s->src, &s->dst))
			break;
	}
	if (!c || new_incarnation(c, *from, s)) {
		*older = c;
		*from = guess_side(s);
		c = add(cs, *from, s);
		c->domain = domain;
	}
	take_in(c, *from, s, &resent);
	guess_numbers(&c->end[side_other(*from)], s);
	return c;
}

static int by_number(const void *number, const void *conn)
{
	unsigned a = *(const unsigned *)number, b = (*(struct conn *const *)conn)->number;

	return (a > b) - (a < b);
}

struct conn *conns_numbered(const struct conns *cs, unsigned number)
{
	struct conn **at = cs->n ? bsearch(&number, cs->all, cs->n, sizeof *cs->all, by_number) : NULL;

	return at ? *at : NULL;
}

void conns_forget(struct conns *cs, bool (*is_over)(void *ctx, const struct conn *c), void *ctx)
{
	size_t kept = 0;

	for (size_t i = 0; i < cs->n; i++) {
		if (is_over(ctx, cs->all[i]))
			free(cs->all[i]);
		else
			cs->all[kept++] = cs->all[i];
	}
	if (kept == cs->n)
		return;
	cs->n = kept;
	index_again(cs, cs->n_buckets);
}

bool conn_seq_is_relative(const struct conn *c, enum side from)
{
	return c->end[from].isn_known;
}

bool conn_ack_is_relative(const struct conn *c, enum side from)
{
	return c->end[side_other(from)].isn_known;
}

uint16_t conn_port(const struct conn *c)
{
	uint16_t client = c->end[CLIENT].at.port, server = c->end[SERVER].at.port;

	for (int i = 0; i < SIDES; i++)
		if (c->end[i].syn_flags == SYN)
			return c->end[i].at.port;
	return client > server ? client : server;
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
	free(cs->buckets);
	*cs = (struct conns){ 0 };
}
