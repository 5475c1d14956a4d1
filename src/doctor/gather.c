/* SPDX-License-Identifier: MIT
 * Gathering the same into groups, and how they grow. */
#include "base/hash.h"
#include "doctor/rule.h"

#include <stdlib.h>

/* Where it is not known who was connected to: connections that have one local port came to it, connect() mostly takes a
 * port for each. */
static bool gather_is_served(const struct visit *v, const struct sock *s)
{
	enum truth serves = visit_serves(v, s);

	return serves == TRUTH_YES || (serves == TRUTH_UNKNOWN && visit_shares_port(v, s));
}

/* The service that a socket is of if this process holds it. */
static uint64_t gather_service_of(const struct visit *v, pid_t pid, const struct sock *s)
{
	bool serves = gather_is_served(v, s);
	uint64_t h = hash_mix(s->key.netns, (uint64_t)pid << 1 | serves);

	if (serves)
		return hash_mix(h, s->local.port);
	return hash_mix(addr_hash(h, &s->remote.addr), s->remote.port);
}

uint64_t gather_service_key(const struct visit *v, const struct evidence *ev, const struct sock *s)
{
	return gather_service_of(v, first_owner_pid(ev, s), s);
}

void gather_add(struct gather *g, uint64_t key, size_t index)
{
	g->rows = grow(g->rows, g->n, &g->cap, sizeof *g->rows);
	g->rows[g->n++] = (struct sort_key){ key, (uint32_t)index };
}

/* Of which it is not known whether they belong to it, on which side they were connected to, and who holds them. */
struct gather_unsure {
	size_t picked, served, held;
};

static void gather_state(struct visit *v, const struct gathering *how, enum tcp_state state, struct gather *g,
                         struct gather_unsure *unsure)
{
	FOR_EACH_IN_STATE(v, state, i, s)
	{
		enum truth is = how->pick ? how->pick(v, i) : TRUTH_YES;

		visit_about(v, s);
		unsure->picked += is == TRUTH_UNKNOWN && !v->others;
		if (is != TRUTH_YES)
			continue;
		if (how->key == gather_by_service) {
			unsure->served += visit_serves(v, s) == TRUTH_UNKNOWN && !v->others;
			unsure->held += !s->owner && s->no_owner == NO_OWNER_HIDDEN && !v->others;
		}
		gather_add(g, how->key(v, i), i);
	}
}

static void gather_tell_unsure(struct visit *v, state_set states, const struct gather_unsure *unsure)
{
	if (v->rule->needs & NEED_OWNERS)
		visit_tell_unseen(v, states);
	else if (unsure->held)
		visit_tell_unknown(v, "who holds %zu of the sockets that it is about is not seen from here",
		                   unsure->held);
	if (unsure->picked)
		visit_tell_unknown(v, "what it goes by is not known of %zu of the sockets that it is about",
		                   unsure->picked);
	if (unsure->served)
		visit_tell_unknown(v, "which side was connected to is not known of %zu of the sockets that it is about",
		                   unsure->served);
}

/* A group is others' when each of its sockets is. */
static void gather_about(struct visit *v, const struct gather *g, size_t from, size_t to)
{
	do
		visit_about(v, visit_sock(v, g->rows[from].index));
	while (v->others && ++from < to);
}

void gather_groups(struct visit *v, const struct gathering *how)
{
	struct gather_unsure unsure = { 0 };
	struct gather g = { 0 };
	size_t from = 0, to = 0;

	for (int state = 0; state < TCP_STATES; state++)
		if (!how->states || state_set_has(how->states, (enum tcp_state)state))
			gather_state(v, how, (enum tcp_state)state, &g, &unsure);
	while (gather_next(&g, &from, &to)) {
		gather_about(v, &g, from, to);
		how->judge(v, &g, from, to);
	}
	visit_about(v, NULL);
	gather_free(&g);
	gather_tell_unsure(v, how->states, &unsure);
}

uint64_t gather_by_service(const struct visit *v, size_t index)
{
	return gather_service_key(v, &v->o->last, visit_sock(v, index));
}

uint64_t gather_by_netns(const struct visit *v, size_t index)
{
	return visit_sock(v, index)->key.netns;
}
uint64_t gather_by_pid(const struct visit *v, size_t index)
{
	return (uint64_t)visit_pid(v, visit_sock(v, index));
}

double gather_enough(const struct visit *v, enum threshold t)
{
	return v->o->only ? 1 : visit_limit(v, t);
}

bool gather_next(struct gather *g, size_t *from, size_t *to)
{
	if (!*to)
		sort_by_key(g->rows, g->n);
	*from = *to;
	while (*to < g->n && g->rows[*to].key == g->rows[*from].key)
		++*to;
	return *from < *to;
}

void gather_free(struct gather *g)
{
	free(g->rows);
	*g = (struct gather){ 0 };
}

/* Of what came, the last fifth of the window may be on its way. */
enum { ON_ITS_WAY = 5 };

/* Those that went from a service of `pid`; and those that may have been of it, for who held them was not seen, and the
 * rest of them fits. */
static void gather_count_gone(const struct visit *v, enum tcp_state state, pid_t pid, uint64_t key, struct growth *g)
{
	const struct evidence *ev = &v->o->first;

	for (size_t i = 0; i < ev->n; i++) {
		const struct sock *was = &ev->socks[i], *is = observation_is(v->o, i);

		if (was->state != state || (is && is->state == state))
			continue;
		g->went += gather_service_key(v, ev, was) == key;
		g->unsure += !was->owner && was->no_owner == NO_OWNER_HIDDEN && gather_service_of(v, pid, was) == key;
	}
}

struct growth gather_growth(const struct visit *v, const struct gather *g, size_t from, size_t to)
{
	const struct sock *first = visit_sock(v, g->rows[from].index);
	struct growth growth = { 0 };

	if (!v->o->twice)
		return growth;
	for (size_t i = from; i < to; i++) {
		const struct sock *s = visit_sock(v, g->rows[i].index), *was = observation_was(v->o, g->rows[i].index);

		bool stayed = was && was->state == s->state, aged = s->age_is != AGE_UNKNOWN;

		growth.stayed += stayed;
		growth.came += !stayed;
		growth.ripe += !stayed && aged && s->age.ns >= v->o->window.ns / ON_ITS_WAY;
		growth.unsure += !stayed && !aged;
	}
	gather_count_gone(v, first->state, visit_pid(v, first), g->rows[from].key, &growth);
	return growth;
}

enum truth gather_grows(const struct visit *v, struct growth g)
{
	double limit = visit_limit(v, TH_CLOSE_WAIT_GROWTH);

	if (!v->o->twice)
		return TRUTH_UNKNOWN;
	if (g.went || !g.stayed || (double)(g.ripe + g.unsure) < limit)
		return TRUTH_NO;
	return g.unsure ? TRUTH_UNKNOWN : TRUTH_YES;
}

void gather_tell_growth(struct visit *v, enum truth grows)
{
	if (grows == TRUTH_UNKNOWN)
		visit_tell_unknown(v, v->o->twice ? "whether they become more is not known"
		                                  : "whether they become more takes two looks");
}

double gather_rate(const struct visit *v, struct growth g)
{
	return g.came > g.went ? observation_per_second(v->o, (int64_t)(g.came - g.went)) : 0;
}
