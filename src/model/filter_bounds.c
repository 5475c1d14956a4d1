/* SPDX-License-Identifier: MIT
 * What can match a filter, without a socket: what must be collected, the states and ports that need not be dumped. */
#include "model/filter_internal.h"

/* Sockets outside of it do not match. The port ranges are not empty: where nothing can match, `states` is. */
struct bounds {
	state_set states;
	struct port_range local, remote;
};

static const struct bounds everything = { ALL_STATES, { 0, UINT16_MAX }, { 0, UINT16_MAX } };
static const struct bounds nothing = { 0, { 0, UINT16_MAX }, { 0, UINT16_MAX } };

static uint16_t least(uint16_t a, uint16_t b)
{
	return a < b ? a : b;
}

static uint16_t most(uint16_t a, uint16_t b)
{
	return a > b ? a : b;
}

static struct port_range common(struct port_range a, struct port_range b)
{
	return (struct port_range){ most(a.from, b.from), least(a.to, b.to) };
}

static struct port_range hull(struct port_range a, struct port_range b)
{
	return (struct port_range){ least(a.from, b.from), most(a.to, b.to) };
}

static struct bounds bounds_both(struct bounds a, struct bounds b)
{
	struct bounds both = { a.states & b.states, common(a.local, b.local), common(a.remote, b.remote) };
	bool empty = !both.states || both.local.from > both.local.to || both.remote.from > both.remote.to;

	return empty ? nothing : both;
}

static struct bounds bounds_either(struct bounds a, struct bounds b)
{
	if (!a.states || !b.states)
		return a.states ? a : b;
	return (struct bounds){ a.states | b.states, hull(a.local, b.local), hull(a.remote, b.remote) };
}

/* What is left without `r`, as a range: only its ends can be cut off. */
static struct port_range without(struct port_range r)
{
	const struct port_range below = { 0, (uint16_t)(r.from - 1) }, above = { (uint16_t)(r.to + 1), UINT16_MAX };

	if (r.from > r.to || (r.from > 0 && r.to < UINT16_MAX))
		return everything.local;
	if (r.from > 0)
		return below;
	return r.to < UINT16_MAX ? above : (struct port_range){ 1, 0 };
}

/* Of an end that is the one meant, or is not: then the address may be what differs. */
static struct port_range ports_of(const struct filter_end *end, bool is)
{
	if (is)
		return end->ports;
	return end->addr.family ? everything.local : without(end->ports);
}

static struct bounds bounds_of_term(const struct filter_node *n, bool is)
{
	struct bounds b = everything;

	if (n->word == FILTER_STATE)
		b.states = is ? n->states : ALL_STATES & (state_set)~n->states;
	else if (n->word == FILTER_SPORT || n->word == FILTER_SRC)
		b.local = ports_of(&n->end, is);
	else if (n->word == FILTER_DPORT || n->word == FILTER_DST)
		b.remote = ports_of(&n->end, is);
	return bounds_both(b, everything);
}

/* Of the sockets for which the node holds, or (`holds` false) does not. */
static struct bounds bounds_of(const struct filter *f, unsigned index, bool holds)
{
	const struct filter_node *n = &f->nodes[index];
	bool is = holds != n->inverted, all = (n->is == NODE_ALL) == is;
	struct bounds sum = all ? everything : nothing;

	if (n->is == NODE_TERM)
		return bounds_of_term(n, is);
	for (unsigned child = n->child; child; child = f->nodes[child].next) {
		struct bounds b = bounds_of(f, child, is);

		sum = all ? bounds_both(sum, b) : bounds_either(sum, b);
	}
	return sum;
}

#define SET(state) (1U << TCP_##state)

/* States of sockets that a word needs for judging others. */
static state_set witnesses(const struct filter *f)
{
	state_set set = 0;

	for (size_t i = 1; i < f->n; i++) {
		const struct filter_node *n = &f->nodes[i];

		if (n->is == NODE_TERM && n->word == FILTER_HALFOPEN)
			set |= SET(NEW_SYN_RECV);
		if (n->is == NODE_TERM && n->word == FILTER_LISTENER)
			set |= SET(LISTEN);
	}
	return set;
}

/* What a connection has become whose descriptor is a husk, for those that are asked for. */
static state_set afterlife(state_set states)
{
	return states & (SET(CLOSED) | SET(BOUND)) ? SET(TIME_WAIT) | SET(FIN_WAIT2) : 0;
}

unsigned filter_wants(const struct filter *f)
{
	unsigned wants = 0;
	size_t words;

	for (size_t i = 1; i < f->n; i++)
		if (f->nodes[i].is == NODE_TERM)
			wants |= filter_words(&words)[f->nodes[i].word].wants;
	return wants;
}

state_set filter_states(const struct filter *f)
{
	state_set states = bounds_of(f, f->root, true).states;

	return states ? states | witnesses(f) | afterlife(states) : 0;
}

static bool is_narrow(const struct port_range *r)
{
	return r->from > 0 || r->to < UINT16_MAX;
}

/* A witness has the same local port, and any remote one: a listener's is 0, a request's its client's. */
bool filter_ports(const struct filter *f, struct port_range *local, struct port_range *remote)
{
	struct bounds b = bounds_of(f, f->root, true);

	if (!b.states)
		b.local = b.remote = (struct port_range){ 1, 0 };
	else if (witnesses(f))
		b.remote = everything.remote;
	*local = b.local;
	*remote = b.remote;
	return is_narrow(local) || is_narrow(remote);
}
