/* SPDX-License-Identifier: MIT
 * The hands of the wire: rules, and what is done to packets that are held. */
#include "lab/wire_internal.h"

#include <stdlib.h>

static bool of_actor(const struct pick *pick, const struct packet *p)
{
	if (!*pick->of)
		return true;
	return p->conn && (streq(p->conn->end[CLIENT].who, pick->of) || streq(p->conn->end[SERVER].who, pick->of));
}

bool pick_fits(const struct pick *pick, const struct packet *p)
{
	if (pick->from != NO_SIDE && pick->from != p->from)
		return false;
	if (pick->kind != KIND_ANY && pick->kind != p->kind)
		return false;
	if (pick->port && p->seg.src.port != pick->port && p->seg.dst.port != pick->port)
		return false;
	return of_actor(pick, p);
}

void wire_add_rule(struct wire *w, enum rule_act act, const struct pick *pick, long limit, struct span delay)
{
	w->rules = grow(w->rules, w->n_rules, &w->cap_rules, sizeof *w->rules);
	w->rules[w->n_rules++] =
		(struct wire_rule){ .id = ++w->last_rule, .act = act, .pick = *pick, .left = limit, .delay = delay };
}

static unsigned pass_rule(struct wire *w, unsigned rule)
{
	struct packet *p = TAILQ_FIRST(&w->held), *next;
	unsigned n = 0;

	for (; p; p = next) {
		next = TAILQ_NEXT(p, link);
		if (p->rule != rule)
			continue;
		wire_pass(w, p);
		n++;
	}
	return n;
}

static void remove_rule(struct wire *w, size_t i)
{
	memmove(&w->rules[i], &w->rules[i + 1], (w->n_rules - i - 1) * sizeof *w->rules);
	w->n_rules--;
}

static bool is_meant(const struct wire_rule *r, const struct pick *pick)
{
	return r->act == RULE_HOLD && (pick->kind == KIND_ANY || r->pick.kind == pick->kind) &&
	       (pick->from == NO_SIDE || r->pick.from == pick->from) && (!pick->port || r->pick.port == pick->port) &&
	       (!*pick->of || streq(r->pick.of, pick->of));
}

unsigned wire_release(struct wire *w, const struct pick *pick)
{
	unsigned lifted = 0;

	for (size_t i = 0; i < w->n_rules;) {
		unsigned id = w->rules[i].id;

		if (!is_meant(&w->rules[i], pick)) {
			i++;
			continue;
		}
		remove_rule(w, i);
		pass_rule(w, id);
		lifted++;
	}
	return lifted;
}

void wire_heal(struct wire *w)
{
	struct packet *p;

	TAILQ_FOREACH (p, &w->delayed, link)
		p->due = p->seen;
	for (size_t i = w->n_rules; i-- > 0;)
		if (w->rules[i].act != RULE_HOLD)
			remove_rule(w, i);
}

unsigned wire_pass_some(struct wire *w, const struct pick *pick)
{
	struct packet *p = TAILQ_FIRST(&w->held), *next;
	unsigned n = 0;

	for (; p; p = next) {
		next = TAILQ_NEXT(p, link);
		if (!pick_fits(pick, p))
			continue;
		wire_pass(w, p);
		n++;
	}
	return n;
}

struct packet *wire_held(struct wire *w, unsigned number)
{
	struct packet *p;

	TAILQ_FOREACH (p, &w->held, link)
		if (p->number == number)
			return p;
	return NULL;
}

/* Packets that are let go together leave in the order in which they came (or were swapped), whatever hold kept them. */
void wire_pass(struct wire *w, struct packet *p)
{
	struct packet *before;

	if (w->paced && p->rule != PACE_RULE) {
		p->rule = PACE_RULE; /* let go by the scenario; now it waits for the person, like every packet */
		return;
	}
	TAILQ_REMOVE(&w->held, p, link);
	TAILQ_FOREACH (before, &w->going, link) {
		if (before->order > p->order) {
			TAILQ_INSERT_BEFORE(before, p, link);
			return;
		}
	}
	TAILQ_INSERT_TAIL(&w->going, p, link);
}

void wire_discard(struct wire *w, struct packet *p)
{
	TAILQ_REMOVE(&w->held, p, link);
	w->hooks.discarded(w->hooks.ctx, p);
	free(p);
}

struct packet *wire_double(struct wire *w, const struct packet *p)
{
	struct packet *copy = xcalloc(1, sizeof *p + p->len);

	memcpy(copy, p, sizeof *p + p->len);
	copy->number = copy->order = ++w->last_number;
	copy->copies = 0;
	TAILQ_INSERT_TAIL(&w->held, copy, link);
	wire_seen(w, copy, FATE_DOUBLED);
	return copy;
}

void wire_swap(struct packet *a, struct packet *b)
{
	unsigned order = a->order;

	a->order = b->order;
	b->order = order;
}

bool wire_expected(struct wire *w, const struct conn *c, enum side from, uint32_t *seq, uint32_t *ack)
{
	enum side receiver = side_other(from);

	if (!c->end[from].isn_known && !c->end[receiver].isn_known)
		return false;
	*seq = copies_arrived_up_to(w, c, from);
	*ack = c->end[receiver].isn_known ? c->end[receiver].next : 0;
	return true;
}

int wire_inject(struct wire *w, enum side from, const uint8_t *bytes, size_t n)
{
	struct packet *p = wire_new_packet(from, NULL, bytes, n);
	int rc;

	/* It teaches nothing about what its supposed sender has sent. */
	p->conn = conns_find(w->conns, from, &p->seg.src, &p->seg.dst);
	if (!p->conn)
		p->conn = conns_of(w->conns, from, &p->seg, &p->resent);

	p->number = p->order = ++w->last_number;
	wire_seen(w, p, FATE_INJECTED);
	rc = wire_deliver_and_free(w, p);
	return rc < 0 ? rc : 0;
}

struct packet *wire_paced(struct wire *w)
{
	struct packet *p;

	TAILQ_FOREACH (p, &w->held, link)
		if (p->rule == PACE_RULE)
			return p;
	return NULL;
}

void wire_describe_holds(const struct wire *w, struct buf *out)
{
	const char *joint = "";

	for (size_t i = 0; i < w->n_rules; i++) {
		if (w->rules[i].act != RULE_HOLD)
			continue;
		buf_addf(out, "%s%s %s", joint, side_name(w->rules[i].pick.from),
		         packet_kind_name(w->rules[i].pick.kind));
		joint = ", ";
	}
	if (!*joint)
		buf_puts(out, "nothing");
}
