/* SPDX-License-Identifier: MIT
 * Gathering the same into groups, and how they grow. */
#include "base/hash.h"
#include "doctor/rule.h"

#include <stdlib.h>

uint64_t gather_service_key(const struct visit *v, const struct evidence *ev, const struct sock *s)
{
	bool serves = visit_serves(v, s);
	uint64_t h = hash_mix(s->key.netns, (uint64_t)first_owner_pid(ev, s) << 1 | serves);

	if (serves)
		return hash_mix(h, s->local.port);
	return hash_mix(addr_hash(h, &s->remote.addr), s->remote.port);
}

void gather_add(struct gather *g, uint64_t key, size_t index)
{
	g->rows = grow(g->rows, g->n, &g->cap, sizeof *g->rows);
	g->rows[g->n++] = (struct sort_key){ key, (uint32_t)index };
}

static void gather_state(const struct visit *v, const struct gathering *how, enum tcp_state state, struct gather *g)
{
	FOR_EACH_IN_STATE(v, state, i, s)
	if (!how->pick || how->pick(v, i))
		gather_add(g, how->key(v, i), i);
}

/* Full sockets of which the kernel, or ss, told no ages. */
static void gather_tell_ageless(struct visit *v, state_set states)
{
	size_t n = 0;

	for (int state = 0; state < TCP_STATES; state++)
		FOR_EACH_IN_STATE(v, state, i, s)
	n += state_set_has(states, s->state) && !s->is_mini && !visit_info(v, i) && (s->owner || !v->o->only);
	if (n)
		visit_tell_unknown(v, "for how long %zu of the sockets that it is about are so is not known", n);
}

void gather_groups(struct visit *v, const struct gathering *how)
{
	struct gather g = { 0 };
	size_t from = 0, to = 0;

	for (int state = 0; state < TCP_STATES; state++)
		if (!how->states || state_set_has(how->states, (enum tcp_state)state))
			gather_state(v, how, (enum tcp_state)state, &g);
	while (gather_next(&g, &from, &to))
		how->judge(v, &g, from, to);
	gather_free(&g);
	if (v->rule->needs & NEED_OWNERS)
		visit_tell_unseen(v, how->states);
	if (v->rule->needs & NEED_INFO)
		gather_tell_ageless(v, how->states);
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

static size_t gather_count_gone(const struct visit *v, enum tcp_state state, uint64_t key)
{
	const struct evidence *ev = &v->o->first;
	size_t n = 0;

	for (size_t i = 0; i < ev->n; i++) {
		const struct sock *is = observation_is(v->o, i);

		if (ev->socks[i].state == state && (!is || is->state != state))
			n += gather_service_key(v, ev, &ev->socks[i]) == key;
	}
	return n;
}

struct growth gather_growth(const struct visit *v, const struct gather *g, size_t from, size_t to)
{
	struct growth growth = { 0 };

	if (!v->o->twice)
		return growth;
	for (size_t i = from; i < to; i++) {
		const struct sock *s = visit_sock(v, g->rows[i].index), *was = observation_was(v->o, g->rows[i].index);

		bool stayed = was && was->state == s->state;

		growth.stayed += stayed;
		growth.came += !stayed;
		growth.ripe += !stayed && s->age_is != AGE_UNKNOWN && s->age.ns >= v->o->window.ns / ON_ITS_WAY;
	}
	growth.went = gather_count_gone(v, visit_sock(v, g->rows[from].index)->state, g->rows[from].key);
	return growth;
}

double gather_rate(const struct visit *v, struct growth g)
{
	return g.came > g.went ? observation_per_second(v->o, (int64_t)(g.came - g.went)) : 0;
}
