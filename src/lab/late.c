/* SPDX-License-Identifier: MIT
 * What a host sends again only because the lab was late. */
#include "lab/wire_internal.h"
#include "model/seq.h"

#include <stdlib.h>

/* The shortest time after which a kernel sends again (TCP_RTO_MIN of include/net/tcp.h). */
#define KERNEL_WAITS span_ms(200)

/* The question of a persist or keepalive timer: a bare ACK that stands before what was sent (net/ipv4/tcp_output.c
 * tcp_xmit_probe_skb()). */
static bool is_probe(const struct packet *p)
{
	const struct conn_end *end = &p->conn->end[p->from];

	return p->kind == KIND_ACK && end->isn_known && seq_before(p->seg.seq, end->next);
}

/* Only a timer sends again what no packet asked for. One that runs out while the lab waits is in time. */
bool late_put_aside(struct wire *w, struct packet *p)
{
	if (!p->conn || p->answer || p->waited || !(p->resent || is_probe(p)))
		return false;
	p->due = w->waiting ? clock_now() : (struct instant){ 0 };
	TAILQ_INSERT_TAIL(&w->aside, p, link);
	return true;
}

static bool is_due(const struct packet *p)
{
	return p->due.ns && instant_reached(p->due, clock_now());
}

struct packet *late_next(struct wire *w)
{
	struct packet *p = TAILQ_FIRST(&w->aside), *next;

	for (; p; p = next) {
		next = TAILQ_NEXT(p, link);
		if (!is_due(p))
			continue;
		TAILQ_REMOVE(&w->aside, p, link);
		if (!copies_acknowledged(w, p)) {
			p->waited = true;
			p->seen = clock_now();
			return p;
		}
		w->forgotten++;
		free(p);
	}
	return NULL;
}

bool wire_may_wait(struct wire *w)
{
	struct packet *p;

	if (!TAILQ_EMPTY(&w->going) || !TAILQ_EMPTY(&w->read[CLIENT]) || !TAILQ_EMPTY(&w->read[SERVER]))
		return false;
	TAILQ_FOREACH (p, &w->aside, link)
		if (!p->due.ns)
			p->due = instant_after(clock_now(), KERNEL_WAITS);
	wire_patience_begins(w);
	w->waiting = true;
	return true;
}

void wire_works(struct wire *w)
{
	w->waiting = false;
}

unsigned wire_left_out(const struct wire *w)
{
	const struct packet *p;
	unsigned n = w->forgotten;

	TAILQ_FOREACH (p, &w->aside, link)
		n++;
	return n;
}

bool wire_next_move(const struct wire *w, struct instant *due)
{
	bool any = wire_next_due(w, due);
	const struct packet *p;

	TAILQ_FOREACH (p, &w->aside, link) {
		if (p->due.ns && (!any || p->due.ns < due->ns))
			*due = p->due;
		any = any || p->due.ns;
	}
	return any;
}
