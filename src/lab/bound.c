/* SPDX-License-Identifier: MIT
 * Is anybody bound? */
#include "lab/bound.h"
#include "lab/lab.h"

static void set(const struct lab *l, bool of[SIDES], enum side side)
{
	of[side] = true;
	if (l->options.loopback)
		of[side_other(side)] = true;
}

void bound_may_come(struct lab *l, enum side side)
{
	set(l, l->bound.ever, side);
	set(l, l->bound.due, side);
}

void bound_goes_unseen(struct lab *l, enum side side)
{
	set(l, l->bound.unseen, side);
}

state_set bound_states(const struct lab *l, enum side side)
{
	return l->bound.ever[side] || l->bound.unseen[side] ? 0 : DIAG_HASHED;
}

state_set bound_states_now(const struct lab *l, enum side side)
{
	return l->bound.due[side] || l->bound.unseen[side] ? 0 : DIAG_HASHED;
}

bool bound_comes_back(struct lab *l, enum side side, const struct evidence *was, const struct evidence *now)
{
	struct cookies there = { 0 };
	bool gone = false;

	if (!l->bound.ever[side])
		return false;
	for (size_t i = 0; i < now->n; i++)
		cookies_add(&there, now->socks[i].key.cookie);
	for (size_t i = 0; i < was->n && !gone; i++)
		gone = !cookies_have(&there, was->socks[i].key.cookie);
	cookies_free(&there);
	if (gone)
		set(l, l->bound.due, side);
	return gone;
}

/* One that had a connection still names its peer, and counts as closed. */
static bool is_bound(const struct sock *s)
{
	return s->state == TCP_BOUND || s->state == TCP_CLOSED;
}

/* The kernel may have bound it already, or not yet. */
static bool is_in_bind(const struct lab *l)
{
	const struct actor *a;
	const struct thread *t;

	TAILQ_FOREACH (a, &l->actors, link)
		if (!a->program && a->now.id && a->now.op == OP_BIND)
			return true;
	TAILQ_FOREACH (t, &l->stepper.threads, link)
		if (t->in_call && t->call.is->role == ROLE_BIND)
			return true;
	return false;
}

void bound_looked(struct lab *l, enum side side, const struct evidence *now)
{
	bool there = false;

	for (size_t i = 0; i < now->n && !there; i++)
		there = is_bound(&now->socks[i]);
	l->bound.due[side] = there || is_in_bind(l);
}
